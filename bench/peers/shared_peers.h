/* SPDX-License-Identifier: MIT */
/*
 * shared_peers.h - maps that threads share, as shared_bench.cc measures them: 64-bit keys and values. C, so that peers
 * may be written in C, C++ or Rust. The loop over operations belongs to the peer, so that nobody pays for a call.
 */
#ifndef BENCH_SHARED_PEERS_H
#define BENCH_SHARED_PEERS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum shared_kind {
    SHARED_LOAD,
    SHARED_STORE,
    SHARED_ERASE,
    SHARED_LEN,     /* the number of entries */
    SHARED_VIEW,    /* of one moment: taken, and given up */
    SHARED_RANGE,   /* visits every entry; answers how many */
    SHARED_REPLACE, /* all entries, by `key` others: of the keys shared_key(0) to shared_key(key - 1) */
    SHARED_KINDS,
    SHARED_COPIES = SHARED_KINDS /* can: a write copies everything */
};

/* One to one (splitmix64's finish). */
static inline uint64_t shared_key(uint64_t z)
{
    z += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

struct shared_op {
    uint64_t key;
    uint32_t kind;
    uint32_t value;
};

struct shared_peer {
    const char *name;
    unsigned can;                   /* bits 1 << kind */
    void *(*make)(size_t expected); /* entries: for who cannot grow as fast as it is filled */
    void (*destroy)(void *m);
    void (*begin)(void *m); /* of a thread that uses it; NULL: nothing to do */
    void (*end)(void *m);
    uint64_t (*run)(void *m, const struct shared_op *ops, size_t n); /* a sum over what was found */
    /* Counts from now on, and so: adds what was asked for in at most 128 calls; NULL: the allocator is counted. */
    void (*count)(void *m, int begin, uint64_t *requests, uint64_t *bytes);
};

extern const struct shared_peer shared_urcu_memb, shared_urcu_qsbr;

/* In rust/lib.rs: run only. */
void *shared_dash_make(size_t expected);
void shared_dash_destroy(void *m);
uint64_t shared_dash_run(void *m, const struct shared_op *ops, size_t n);
void *shared_swap_make(size_t expected);
void shared_swap_destroy(void *m);
uint64_t shared_swap_run(void *m, const struct shared_op *ops, size_t n);

#ifdef __cplusplus
}
#endif
#endif
