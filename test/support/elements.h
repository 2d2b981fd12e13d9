/* SPDX-License-Identifier: MIT */
/* elements.h - elements that several test programs use: reference-counted objects, and keys that collide. */
#ifndef TEST_ELEMENTS_H
#define TEST_ELEMENTS_H

#include "testing.h"

#include <stet/type.h>

/* A reference-counted object. Only retain and release write to it, so threads may share it. */
struct token {
    uint32_t count;
};
typedef struct token *token_ptr;

static inline token_ptr token_ref(token_ptr t)
{
    __atomic_fetch_add(&t->count, 1, __ATOMIC_RELAXED); /* a holder exists: nothing to order */
    return t;
}

static inline void token_unref(token_ptr t)
{
    REQUIRE(__atomic_fetch_sub(&t->count, 1, __ATOMIC_ACQ_REL) != 0, "a token was released once too often");
}

/* Keys that collide: a quarter of them have the same hash on every level, another quarter on the first level only. */
struct clash {
    unsigned n;
};

static inline uint64_t clash_hash(const struct clash *c, uint64_t seed)
{
    unsigned kind = c->n % 4;
    return kind == 0 || (kind == 1 && seed == stet_hash_seed_at(0)) ? kind : c->n;
}

static inline bool clash_equal(const struct clash *a, const struct clash *b) { return a->n == b->n; }

static inline int clash_compare(const struct clash *a, const struct clash *b) { return (a->n > b->n) - (a->n < b->n); }

STET_TYPE_ORDERED(clash_type, struct clash, clash_hash, clash_equal, clash_compare)

#endif
