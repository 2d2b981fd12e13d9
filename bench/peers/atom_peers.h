/* SPDX-License-Identifier: MIT */
/*
 * atom_peers.h - ways to share an object by a pointer that is replaced now and then, as atom_bench.cc measures them. In
 * C and C++: liburcu's flavours are C.
 *
 * The shared object holds a number; a read protects the current object, loads the number from it, and ends the
 * protection.
 */
#ifndef BENCH_ATOM_PEERS_H
#define BENCH_ATOM_PEERS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct atom_peer {
    const char *name;
    void (*begin)(void); /* called by each thread that reads or publishes, first; NULL: nothing to do */
    void (*end)(void);
    uint64_t (*read)(size_t times); /* returns the sum of the numbers read */
    void (*publish)(uint64_t number);
};

extern const struct atom_peer urcu_memb_peer, urcu_qsbr_peer, immer_peer, arc_swap_peer;

/* Updates of an immer::atom with a map of `entries` entries: each thread sets random keys. */
void immer_updates_begin(size_t entries);
void immer_update(uint64_t key, uint64_t value);
void immer_updates_end(void);

/* In arc_swap/lib.rs. */
void arc_swap_begin(void);
uint64_t arc_swap_read(size_t times);
void arc_swap_publish(uint64_t number);

/* Keeps the compiler from removing the computation of x. */
#define BENCH_KEEP(x) __asm__ volatile("" : : "r"(x) : "memory")

#ifdef __cplusplus
}
#endif
#endif
