/* SPDX-License-Identifier: MIT */
/*
 * sorted/model.c - random programs on several handles of a sorted map or set, with a model of each, for every subject.
 *
 * A program goes through phases that prefer different operations and different numbers of keys, so that collections
 * grow in order and at random, shrink to nothing, are cut and joined, and are shared in all ways. Short by default;
 * STET_TEST_LONG=1 runs some millions of operations.
 */
#include "support/sorted_world.h"
#include "support/programs.h"

#include <criterion/criterion.h>

/* How often each operation is chosen, by the kind of phase. */
static const uint8_t weight[][SORTED_OPS] = {
    /* grow */
    {[OP_SET] = 40,
     [OP_ADD] = 20,
     [OP_EDIT] = 10,
     [OP_UPDATE] = 10,
     [OP_DEL] = 6,
     [OP_WITH] = 6,
     [OP_SET_FORM] = 10,
     [OP_ADD_FORM] = 6,
     [OP_EDIT_FORM] = 6,
     [OP_COPY] = 4,
     [OP_SET_MANY] = 2,
     [OP_COMBINE] = 1,
     [SORTED_APPEND] = 10,
     [SORTED_FROM_SORTED] = 1,
     [SORTED_JOIN] = 2,
     [SORTED_FOLD] = 10},
    /* shrink */
    {[OP_DEL] = 50,
     [SORTED_FOLD] = 20,
     [OP_POP] = 20,
     [OP_WITHOUT] = 8,
     [OP_DEL_FORM] = 20,
     [SORTED_POP_AT] = 20,
     [SORTED_POP_FIRST] = 20,
     [SORTED_POP_LAST] = 20,
     [OP_SET] = 6,
     [OP_COPY] = 4,
     [OP_FILTER] = 1,
     [SORTED_ERASE_RANGE] = 2,
     [SORTED_SLICE] = 1,
     [OP_DROP] = 1},
    /* everything */
    {[OP_SET] = 20,         [OP_ADD] = 8,       [OP_EDIT] = 8,         [OP_UPDATE] = 8,
     [OP_DEL] = 20,         [OP_POP] = 8,       [OP_WITH] = 6,         [OP_WITHOUT] = 6,
     [OP_SET_FORM] = 4,     [OP_ADD_FORM] = 4,  [OP_EDIT_FORM] = 4,    [OP_DEL_FORM] = 4,
     [OP_COPY] = 10,        [OP_MOVE] = 2,      [OP_SWAP] = 4,         [OP_DROP] = 2,
     [OP_DROP_LATER] = 2,   [OP_SET_MANY] = 3,  [OP_FROM_ARRAY] = 1,   [OP_FILTER] = 3,
     [OP_MAP_VALUES] = 3,   [OP_COMBINE] = 6,   [OP_TRIM] = 2,         [OP_GET_MANY] = 2,
     [OP_DIFF] = 4,         [OP_COMPARE] = 4,   [SORTED_POP_AT] = 4,   [SORTED_POP_FIRST] = 3,
     [SORTED_POP_LAST] = 3, [SORTED_SLICE] = 3, [SORTED_SLICE_AT] = 3, [SORTED_ERASE_RANGE] = 4,
     [SORTED_SPLIT] = 4,    [SORTED_JOIN] = 8,  [SORTED_APPEND] = 6,   [SORTED_FROM_SORTED] = 2,
     [SORTED_ASK] = 20,     [SORTED_RUNS] = 8,  [SORTED_FOLD] = 12},
    /* cut and join */
    {[SORTED_SPLIT] = 30,
     [SORTED_JOIN] = 60,
     [SORTED_FOLD] = 12,
     [SORTED_ERASE_RANGE] = 10,
     [SORTED_SLICE] = 10,
     [SORTED_SLICE_AT] = 6,
     [SORTED_FROM_SORTED] = 6,
     [SORTED_APPEND] = 6,
     [OP_COMBINE] = 10,
     [OP_FILTER] = 4,
     [OP_SET] = 20,
     [OP_DEL] = 20,
     [OP_COPY] = 10,
     [SORTED_ASK] = 4},
    /* versions of one collection, each a few edits from the last */
    {[OP_SET] = 30,
     [OP_DEL] = 20,
     [OP_WITH] = 20,
     [OP_WITHOUT] = 10,
     [OP_COPY] = 30,
     [OP_DROP] = 2,
     [OP_TRIM] = 2,
     [OP_COMBINE] = 6,
     [OP_DIFF] = 6,
     [OP_COMPARE] = 4,
     [OP_MAP_VALUES] = 2,
     [OP_FILTER] = 1},
};

#define PHASES (sizeof weight / sizeof weight[0])
enum { EVERYTHING = 2, CUT_AND_JOIN = 3 };

static void begin_phase(struct program *p)
{
    static const unsigned part[] = {1, 1, 2, 8, 32};
    p->keys = p->w->keys / part[rng_below(&p->random, 5)];
    p->keys = p->keys < 4 ? 4 : p->keys;
    p->hot = rng_below(&p->random, 3); /* 1, 2: keys ascend, descend */
}

static struct op choose(struct program *p);

static const struct program_kind kind = {
    .weight = weight[0], .phases = PHASES, .phase_steps = 256, .begin_phase = begin_phase, .choose = choose};

static struct op choose(struct program *p)
{
    struct op op = sorted_collection.op_of(rng_next(&p->random));
    op.code = choose_code(&kind, p);
    op.key = (uint16_t)rng_below(&p->random, p->keys);
    op.j = (uint16_t)rng_below(&p->random, p->keys);
    if (p->hot != 0 && p->phase < EVERYTHING && rng_below(&p->random, 8) != 0) {
        op.key = (uint16_t)((p->last.key + (p->hot == 1 ? 1 : p->keys - 1)) % p->keys);
        p->last.key = op.key;
    }
    if (p->phase != EVERYTHING && p->phase != CUT_AND_JOIN && rng_below(&p->random, 2) == 0)
        op.a = 0;                  /* mostly one handle, so that it is sometimes exclusive */
    if (op.code == SORTED_SPLIT) { /* a split is followed by a join of the parts */
        p->last.a = op.a;
        p->last.b = op.b;
    } else if (op.code == SORTED_JOIN && rng_below(&p->random, 2) == 0) {
        op.a = p->last.a;
        op.b = p->last.b;
    }
    return op;
}

static void programs(const struct subject *s)
{
    unsigned times = test_long() ? 40 : 1;
    run_program(&kind, s, 1, 4, 12, 600, 1, false); /* few keys, all checked after each step */
    run_program(&kind, s, 2, 4, 12, 600, 1, true);
    run_program(&kind, s, 3, HANDLES, 0, 1000 * times, 20 + times, false);
    run_program(&kind, s, 4, HANDLES, 100, 800 * times, 5 + times, false);
    run_program(&kind, s, 5, HANDLES, 0, 300 * times, 20 + times, true);
    test_nothing_live();
}

#define TEST_OF(name, ...) \
    Test(sorted_model, name) { programs(subject_named(#name)); }

SORTED_SUBJECTS(TEST_OF, TEST_OF)
SORTED_NESTS(TEST_OF)
SORTED_FOLDED(TEST_OF, TEST_OF)
