/* SPDX-License-Identifier: MIT */
/*
 * atom_peers.h - ways to share a pointer-sized thing that is replaced now and then, as atom_bench.cc measures them. C
 * and C++: liburcu's flavours are C.
 *
 * What is shared holds a number; a read protects what is current, loads the number from it and lets go.
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
    void (*begin)(void); /* of a thread that reads or publishes; NULL: nothing to do */
    void (*end)(void);
    uint64_t (*read)(size_t times); /* the sum of what was read */
    void (*publish)(uint64_t number);
};

extern const struct atom_peer urcu_memb_peer, urcu_qsbr_peer, immer_peer, arc_swap_peer;

/* Updates of immer::atom of a map of `entries`: each thread sets random keys. */
void immer_updates_begin(size_t entries);
void immer_update(uint64_t key, uint64_t value);
void immer_updates_end(void);

/* In arc_swap/lib.rs. */
void arc_swap_begin(void);
uint64_t arc_swap_read(size_t times);
void arc_swap_publish(uint64_t number);

/* What a read must not be optimised away with. */
#define BENCH_KEEP(x) __asm__ volatile("" : : "r"(x) : "memory")

#ifdef __cplusplus
}
#endif
#endif
