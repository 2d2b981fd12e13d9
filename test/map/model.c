/* SPDX-License-Identifier: MIT */
/*
 * map/model.c - random programs on several handles, beside a model of each, for every subject.
 *
 * A program goes through phases, which differ in what they do most and to how many keys, so that maps grow, shrink to
 * nothing, and are shared in all ways. Short by default; STET_TEST_LONG=1 runs some millions of operations.
 */
#include "support/map_world.h"
#include "support/programs.h"

#include <criterion/criterion.h>

/* How often each operation is chosen, by the kind of phase. */
static const uint8_t weight[][OPS] = {
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
     [OP_SET_MANY] = 3,
     [OP_COMBINE] = 1,
     [OP_DROP] = 1},
    /* shrink */
    {[OP_DEL] = 50,
     [OP_POP] = 20,
     [OP_WITHOUT] = 8,
     [OP_DEL_FORM] = 20,
     [OP_SET] = 6,
     [OP_COPY] = 4,
     [OP_FILTER] = 1,
     [OP_DROP] = 1},
    /* everything */
    {[OP_SET] = 20,      [OP_ADD] = 8,        [OP_EDIT] = 8,     [OP_UPDATE] = 8,   [OP_DEL] = 20,
     [OP_POP] = 8,       [OP_WITH] = 6,       [OP_WITHOUT] = 6,  [OP_SET_FORM] = 4, [OP_ADD_FORM] = 4,
     [OP_EDIT_FORM] = 4, [OP_DEL_FORM] = 4,   [OP_COPY] = 10,    [OP_MOVE] = 2,     [OP_SWAP] = 4,
     [OP_DROP] = 2,      [OP_DROP_LATER] = 2, [OP_SET_MANY] = 3, [OP_FILTER] = 3,   [OP_MAP_VALUES] = 3,
     [OP_COMBINE] = 6,   [OP_TRIM] = 2,       [OP_GET_MANY] = 2, [OP_DIFF] = 4,     [OP_COMPARE] = 4},
    /* versions of one map, each a few edits from the last */
    {[OP_SET] = 30,
     [OP_DEL] = 20,
     [OP_WITH] = 20,
     [OP_WITHOUT] = 10,
     [OP_COPY] = 30,
     [OP_DROP] = 4,
     [OP_TRIM] = 2,
     [OP_COMBINE] = 4,
     [OP_DIFF] = 6,
     [OP_COMPARE] = 4,
     [OP_MAP_VALUES] = 2,
     [OP_FILTER] = 1},
};

#define PHASES (sizeof weight / sizeof weight[0])

static void begin_phase(struct program *p)
{
    static const unsigned part[] = {1, 1, 2, 8, 32};
    p->keys = p->w->keys / part[rng_below(&p->random, 5)];
    p->keys = p->keys < 4 ? 4 : p->keys;
}

static struct op choose(struct program *p);

static const struct program_kind kind = {
    .weight = weight[0], .phases = PHASES, .phase_steps = 256, .begin_phase = begin_phase, .choose = choose};

static struct op choose(struct program *p)
{
    struct op op = map_collection.op_of(rng_next(&p->random));
    op.code = choose_code(&kind, p);
    op.key = (uint16_t)rng_below(&p->random, p->keys);
    if (p->phase != 2 && rng_below(&p->random, 2) == 0) /* mostly one handle, so that it is exclusive at times */
        op.a = 0;
    return op;
}

static void programs(const struct subject *s)
{
    unsigned times = test_long() ? 40 : 1;
    run_program(&kind, s, 1, 4, 12, 600, 1, false); /* few keys, checked after each step */
    run_program(&kind, s, 2, 4, 12, 600, 1, true);
    run_program(&kind, s, 3, HANDLES, 0, 1000 * times, 20 + times, false);
    run_program(&kind, s, 4, HANDLES, 100, 500 * times, 20, false);
    run_program(&kind, s, 5, HANDLES, 0, 300 * times, 20 + times, true);
    test_nothing_live();
}

#define TEST_OF(name, ...) \
    Test(map_model, name) { programs(subject_named(#name)); }

SUBJECTS(TEST_OF, TEST_OF)
