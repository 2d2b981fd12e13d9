/* SPDX-License-Identifier: MIT */
/*
 * model.h - what random programs over sorted maps are checked against: sorted arrays of the indices of keys and values;
 * and their operations. Independent of Criterion.
 */
#ifndef TEST_SORTED_MODEL_H
#define TEST_SORTED_MODEL_H

#include "support/sorted_check.h"
#include "support/testing.h"

#include <stet/list.h>
#include <stet/pool.h>
#include <stet/release.h>
#include <stet/sorted_map.h>

#include <stdio.h>

enum { HANDLES = 5, KEYS = STET_TINY_NODES ? 300 : 2500, VALUES = 7, MANY_KEYS = KEYS / 2 };

#define P_TEXT_(name) #name
#define P_TEXT(name) P_TEXT_(name)

/* ---- the model: indices of keys, ascending, and of values ---- */

struct model {
    unsigned n;
    unsigned key[KEYS], value[KEYS];
};

static unsigned model_rank(const struct model *x, unsigned k)
{
    unsigned from = 0, to = x->n;
    while (from < to) {
        unsigned middle = (from + to) / 2;
        if (x->key[middle] < k)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static bool model_has(const struct model *x, unsigned k)
{
    unsigned at = model_rank(x, k);
    return at < x->n && x->key[at] == k;
}

static stet_result model_set(struct model *x, unsigned k, unsigned v)
{
    unsigned at = model_rank(x, k);
    if (at < x->n && x->key[at] == k) {
        stet_result result = x->value[at] == v ? STET_UNCHANGED : STET_CHANGED;
        x->value[at] = v;
        return result;
    }
    memmove(x->key + at + 1, x->key + at, (x->n - at) * sizeof *x->key);
    memmove(x->value + at + 1, x->value + at, (x->n - at) * sizeof *x->value);
    x->key[at] = k;
    x->value[at] = v;
    x->n++;
    return STET_CHANGED;
}

/* Without the entries of the ranks [first, end). */
static void model_cut(struct model *x, unsigned first, unsigned end)
{
    if (first >= end)
        return;
    memmove(x->key + first, x->key + end, (x->n - end) * sizeof *x->key);
    memmove(x->value + first, x->value + end, (x->n - end) * sizeof *x->value);
    x->n -= end - first;
}

static stet_result model_del(struct model *x, unsigned k)
{
    unsigned at = model_rank(x, k);
    if (!model_has(x, k))
        return STET_UNCHANGED;
    model_cut(x, at, at + 1);
    return STET_CHANGED;
}

static bool model_keeps(unsigned seed, unsigned k)
{
    return seed % 4 == 0 ? rng_mix(seed, k / 100) % 4 != 0 : rng_mix(seed, k) % (seed % 4 == 1 ? 2 : 50) != 0;
}

static unsigned model_other(unsigned seed, unsigned k, unsigned v)
{
    return rng_mix(seed, k) % (seed % 2 ? 2 : 40) == 0 ? (v + 1) % VALUES : v;
}

struct differences {
    const struct model *a, *b;
    unsigned n, last;
};

static unsigned model_differences(const struct model *x, const struct model *y)
{
    unsigned n = 0, i = 0, k = 0;
    while (i < x->n || k < y->n) {
        bool only_x = k == y->n || (i < x->n && x->key[i] < y->key[k]);
        bool only_y = i == x->n || (k < y->n && y->key[k] < x->key[i]);
        n += only_x || only_y || x->value[i] != y->value[k];
        i += !only_y;
        k += !only_x;
    }
    return n;
}

static bool model_within(const struct model *x, const struct model *y, bool values)
{
    for (unsigned i = 0; i < x->n; i++)
        if (!model_has(y, x->key[i]) || (values && y->value[model_rank(y, x->key[i])] != x->value[i]))
            return false;
    return true;
}

/* ---- operations ---- */

enum code {
    SET,
    ADD,
    EDIT,
    UPDATE,
    DEL,
    POP,
    WITH,
    WITHOUT,
    COPY,
    DROP,
    ERASE_AT,
    POP_FIRST,
    POP_LAST,
    SLICE,
    ERASE_RANGE,
    SPLIT,
    JOIN,
    FROM_ARRAY,
    FROM_SORTED,
    SET_MANY,
    APPEND,
    FILTER,
    MAP_VALUES,
    UNION,
    INTERSECTION,
    DIFFERENCE,
    SYMMETRIC,
    MERGE,
    MERGE_UNEQUAL,
    TRIM,
    ASK,
    DIFF,
    CODES
};

struct op {
    enum code code;
    unsigned a, b, c, k, k2, v, seed;
};

static void model_combine(struct model *next, const struct model *x, const struct model *y, enum code code)
{
    struct model made = {0};
    unsigned i = 0, k = 0;
    while (i < x->n || k < y->n) {
        bool only_x = k == y->n || (i < x->n && x->key[i] < y->key[k]);
        bool only_y = i == x->n || (k < y->n && y->key[k] < x->key[i]);
        bool keep = only_x   ? code != INTERSECTION
                    : only_y ? code != INTERSECTION && code != DIFFERENCE
                             : code != DIFFERENCE && code != SYMMETRIC;
        unsigned value = only_y ? y->value[k] : x->value[i];
        if (!only_x && !only_y && (code == MERGE || (code == MERGE_UNEQUAL && x->value[i] != y->value[k])))
            value = (x->value[i] + y->value[k]) % VALUES;
        if (keep) {
            made.key[made.n] = only_y ? y->key[k] : x->key[i];
            made.value[made.n++] = value;
        }
        i += !only_y;
        k += !only_x;
    }
    *next = made;
}

static struct op op_random(struct rng *r, unsigned keys)
{
    static const uint8_t weight[CODES] = {
        [SET] = 40,         [ADD] = 10,       [EDIT] = 8,        [UPDATE] = 6, [DEL] = 30,          [POP] = 6,
        [WITH] = 10,        [WITHOUT] = 8,    [COPY] = 12,       [DROP] = 1,   [ERASE_AT] = 6,      [POP_FIRST] = 4,
        [POP_LAST] = 4,     [SLICE] = 3,      [ERASE_RANGE] = 3, [SPLIT] = 3,  [JOIN] = 12,         [FROM_ARRAY] = 2,
        [FROM_SORTED] = 3,  [SET_MANY] = 3,   [APPEND] = 6,      [FILTER] = 3, [MAP_VALUES] = 3,    [UNION] = 4,
        [INTERSECTION] = 2, [DIFFERENCE] = 2, [SYMMETRIC] = 2,   [MERGE] = 3,  [MERGE_UNEQUAL] = 2, [TRIM] = 2,
        [ASK] = 30,         [DIFF] = 8};
    static unsigned total;
    if (total == 0)
        for (unsigned i = 0; i < CODES; i++)
            total += weight[i];
    unsigned pick = rng_below(r, total), code = 0;
    while (pick >= weight[code])
        pick -= weight[code++];
    return (struct op){(enum code)code,    rng_below(r, HANDLES), rng_below(r, HANDLES), rng_below(r, HANDLES),
                       rng_below(r, keys), rng_below(r, keys),    rng_below(r, VALUES),  (unsigned)rng_next(r) >> 1};
}

#endif
