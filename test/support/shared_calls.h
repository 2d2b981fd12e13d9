/* SPDX-License-Identifier: MIT */
/*
 * shared_calls.h - calls of a shared map's operations as data: chosen at random, performed, and the result that each
 * must have.
 */
#ifndef TEST_SHARED_CALLS_H
#define TEST_SHARED_CALLS_H

#include "shared_maps.h"

#define NONE (-1)

enum kind {
    LOAD,
    HAS,
    STORE,
    LOAD_OR_STORE,
    LOAD_OR_COMPUTE,
    LOAD_AND_DELETE,
    DELETE,
    SWAP,
    COMPARE_AND_SWAP,
    COMPARE_AND_DELETE,
    SINGLE_KINDS, /* the kinds before are about one key */
    APPLY = SINGLE_KINDS,
    CLEAR,
    KINDS
};

struct call {
    enum kind kind;
    unsigned key, value, expected;
    unsigned n; /* the number of changes in a batch, and these: */
    bool stores[SHARED_BATCH];
    unsigned keys[SHARED_BATCH], values[SHARED_BATCH];
};

/*
 * What a call returns: its result (for those that return bool: changed or unchanged), and the value that it fills in.
 */
struct outcome {
    stet_result result;
    int out;
};

/*
 * Returns the outcome that a call on one key must have if the key's value is *there (NONE: it has none), and sets
 * *there to the value afterwards.
 */
static inline struct outcome predict_one(int *there, const struct call *c)
{
    int before = *there;
    bool had = before != NONE, meets = before == (int)c->expected;
    stet_result different = before != (int)c->value ? STET_CHANGED : STET_UNCHANGED;
    switch (c->kind) {
    case LOAD:
        return (struct outcome){had ? STET_CHANGED : STET_UNCHANGED, before};
    case HAS:
        return (struct outcome){had ? STET_CHANGED : STET_UNCHANGED, NONE};
    case STORE:
        *there = (int)c->value;
        return (struct outcome){different, NONE};
    case SWAP:
        *there = (int)c->value;
        return (struct outcome){different, before};
    case LOAD_OR_STORE:
    case LOAD_OR_COMPUTE:
        *there = had ? before : (int)c->value;
        return (struct outcome){had ? STET_UNCHANGED : STET_CHANGED, *there};
    case LOAD_AND_DELETE:
    case DELETE:
        *there = NONE;
        return (struct outcome){had ? STET_CHANGED : STET_UNCHANGED, c->kind == DELETE ? NONE : before};
    case COMPARE_AND_SWAP:
        *there = meets ? (int)c->value : before;
        return (struct outcome){meets ? different : STET_CONFLICT, NONE};
    default: /* COMPARE_AND_DELETE */
        *there = meets ? NONE : before;
        return (struct outcome){meets ? STET_CHANGED : STET_CONFLICT, NONE};
    }
}

static inline struct outcome predict_batch(int *value, const struct call *c)
{
    stet_result result = STET_UNCHANGED;
    for (unsigned i = 0; i < c->n; i++) {
        int *there = &value[c->keys[i]], now = c->stores[i] ? (int)c->values[i] : NONE;
        if (*there != now)
            result = STET_CHANGED;
        *there = now;
    }
    return (struct outcome){result, NONE};
}

static inline struct outcome predict_clear(int *value, unsigned keys)
{
    stet_result result = STET_UNCHANGED;
    for (unsigned i = 0; i < keys; i++) {
        if (value[i] != NONE)
            result = STET_CHANGED;
        value[i] = NONE;
    }
    return (struct outcome){result, NONE};
}

/* The same for any call; value[] has the values of all keys. */
static inline struct outcome predict(int *value, unsigned keys, const struct call *c)
{
    if (c->kind < SINGLE_KINDS)
        return predict_one(&value[c->key], c);
    return c->kind == APPLY ? predict_batch(value, c) : predict_clear(value, keys);
}

/* The arguments of a call, and room for the value that it fills in. */
struct arguments {
    union element key, value, expected, out;
    bool had;
    unsigned computed;
    const struct shared *s;
    union element keys[SHARED_BATCH], values[SHARED_BATCH];
    struct shared_map_op op[SHARED_BATCH];
};

#define UNTOUCHED 0x5A

static inline void make_arguments(const struct shared *s, const struct call *c, struct arguments *a)
{
    a->s = s;
    memset(&a->out, UNTOUCHED, sizeof a->out);
    a->key = key_of(s, c->key);
    a->value = value_of(s, c->value);
    a->expected = value_of(s, c->expected);
    for (unsigned i = 0; i < c->n; i++) {
        a->keys[i] = key_of(s, c->keys[i]);
        a->values[i] = value_of(s, c->values[i]);
        a->op[i] = (struct shared_map_op){STET_OP_DELETE, &a->keys[i], NULL};
        if (c->stores[i])
            a->op[i] = (struct shared_map_op){STET_OP_STORE, &a->keys[i], &a->values[i]};
    }
}

static inline void release_arguments(const struct shared *s, const struct call *c, struct arguments *a)
{
    key_release(s, &a->key);
    value_release(s, &a->value);
    value_release(s, &a->expected);
    for (unsigned i = 0; i < c->n; i++) {
        key_release(s, &a->keys[i]);
        value_release(s, &a->values[i]);
    }
}

/* Returns the number of the value that the call filled in, and releases the value; or NONE. */
static inline int number_filled(const struct shared *s, struct arguments *a)
{
    union element untouched;
    memset(&untouched, UNTOUCHED, sizeof untouched);
    return memcmp(&untouched, &a->out, sizeof untouched) == 0 ? NONE : (int)number_out(s, &a->out);
}

/* The callback of load_or_compute. */
static inline bool hand_over(void *context, const void *key, void *value)
{
    struct arguments *a = context;
    const struct shared *s = a->s;
    REQUIRE(stet_type_equal(s->type->key, key, &a->key), "%s: computes for another key", s->name);
    memcpy(value, &a->value, s->type->value->size);
    stet_element_retain_(s->type->value, value);
    a->computed++;
    return true;
}

static inline stet_result as_result(bool is) { return is ? STET_CHANGED : STET_UNCHANGED; }

static inline stet_result perform(const struct shared *s, union shared_map *m, enum kind kind, struct arguments *a,
                                  unsigned n)
{
    switch (kind) {
    case LOAD:
        return as_result(s->load(m, &a->key, &a->out));
    case HAS:
        return as_result(s->has(m, &a->key));
    case STORE:
        return s->store(m, &a->key, &a->value);
    case SWAP:
        return s->swap(m, &a->key, &a->value, &a->out, &a->had);
    case LOAD_OR_STORE:
        return s->load_or_store(m, &a->key, &a->value, &a->out);
    case LOAD_OR_COMPUTE:
        return s->load_or_compute(m, &a->key, hand_over, a, &a->out);
    case LOAD_AND_DELETE:
        return s->load_and_delete(m, &a->key, &a->out);
    case DELETE:
        return s->delete (m, &a->key);
    case COMPARE_AND_SWAP:
        return s->compare_and_swap(m, &a->key, &a->expected, &a->value);
    case COMPARE_AND_DELETE:
        return s->compare_and_delete(m, &a->key, &a->expected);
    case APPLY:
        return s->apply(m, a->op, n);
    default:
        return s->clear(m);
    }
}

/* Returns a random call on the first `keys` keys. */
static inline struct call random_call(struct rng *random, unsigned keys)
{
    struct call c = {.kind = (enum kind)rng_below(random, KINDS - 1)};
    if (rng_below(random, 200) == 0)
        c.kind = CLEAR;
    c.key = rng_below(random, keys);
    c.value = rng_below(random, SHARED_VALUES);
    c.expected = rng_below(random, SHARED_VALUES);
    if (c.kind == APPLY)
        c.n = rng_below(random, SHARED_BATCH + 1);
    for (unsigned i = 0; i < c.n; i++) {
        c.stores[i] = rng_below(random, 3) != 0;
        c.keys[i] = rng_below(random, keys);
        c.values[i] = rng_below(random, SHARED_VALUES);
    }
    return c;
}

#endif
