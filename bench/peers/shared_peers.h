/* SPDX-License-Identifier: MIT */
/*
 * shared_peers.h - maps that threads share, as shared_bench.cc measures them: 64-bit keys and values. This is C, so
 * that peers may be written in C, C++ or Rust. The loop over operations is the peer's, so that no peer pays for a call
 * per operation.
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
    SHARED_VIEW,    /* takes a view of one moment, and releases it */
    SHARED_RANGE,   /* visits every entry; returns how many there are */
    SHARED_REPLACE, /* replaces all entries by those of the keys shared_key(0) to shared_key(key - 1) */
    SHARED_KINDS,
    SHARED_COPIES = SHARED_KINDS /* no operation, but a bit of `can`: a write copies the map */
};

/* Returns a different key for each number (splitmix64's finish). */
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
    void *(*make)(size_t expected); /* expected entries: for peers that cannot grow as fast as they are filled */
    void (*destroy)(void *m);
    void (*begin)(void *m); /* called by each thread that uses it, first; NULL: nothing to do */
    void (*end)(void *m);
    uint64_t (*run)(void *m, const struct shared_op *ops, size_t n); /* returns a sum over the values found */
    /*
     * begin: starts to count; else adds what was requested in the calls since, at most 128. NULL: the allocator counts.
     */
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
