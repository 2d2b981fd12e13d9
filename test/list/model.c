/* SPDX-License-Identifier: MIT */
/*
 * list/model.c - random programs on several handles, with a plain array as the model of each, for every subject.
 *
 * A program goes through phases that prefer different operations and different places, so that lists grow at both ends
 * and in the middle, shrink to nothing, are cut and joined, and are shared in all ways. Operations come in bursts, so
 * that buffers fill and empty. Short by default; STET_TEST_LONG=1 runs some millions of operations.
 */
#include "support/list_world.h"
#include "support/programs.h"

#include <criterion/criterion.h>

/* How often each operation is chosen, by the kind of phase. */
static const uint8_t weight[][LIST_OPS] = {
    /* grow */
    {[LIST_PUSH_BACK] = 30,
     [LIST_PUSH_FRONT] = 30,
     [LIST_INSERT_AT] = 20,
     [LIST_APPEND_ARRAY] = 8,
     [LIST_INSERT_ARRAY] = 6,
     [LIST_SET] = 6,
     [LIST_POP_BACK] = 4,
     [LIST_POP_FRONT] = 4,
     [LIST_COPY] = 4,
     [LIST_WITH_BACK] = 4,
     [LIST_WITH_FRONT] = 4,
     [LIST_WITH_INSERTED] = 4,
     [LIST_APPEND] = 1,
     [LIST_FROM_ARRAY] = 1},
    /* shrink */
    {[LIST_POP_BACK] = 30,
     [LIST_POP_FRONT] = 30,
     [LIST_ERASE_AT] = 30,
     [LIST_ERASE_RANGE] = 6,
     [LIST_WITHOUT] = 6,
     [LIST_SLICE] = 2,
     [LIST_PUSH_BACK] = 4,
     [LIST_PUSH_FRONT] = 4,
     [LIST_COPY] = 4,
     [LIST_FILTER] = 1,
     [LIST_DROP] = 1},
    /* everything */
    {[LIST_SET] = 10,
     [LIST_SET_SELF] = 2,
     [LIST_EDIT] = 6,
     [LIST_UPDATE] = 4,
     [LIST_PUSH_BACK] = 10,
     [LIST_PUSH_FRONT] = 10,
     [LIST_POP_BACK] = 10,
     [LIST_POP_FRONT] = 10,
     [LIST_INSERT_AT] = 10,
     [LIST_ERASE_AT] = 10,
     [LIST_INSERT_LIST] = 3,
     [LIST_INSERT_ARRAY] = 3,
     [LIST_ERASE_RANGE] = 3,
     [LIST_SPLICE] = 4,
     [LIST_APPEND] = 4,
     [LIST_APPEND_ARRAY] = 3,
     [LIST_CONCAT] = 3,
     [LIST_SLICE] = 6,
     [LIST_SPLIT_AT] = 3,
     [LIST_FROM_ARRAY] = 1,
     [LIST_WITH] = 3,
     [LIST_WITH_BACK] = 3,
     [LIST_WITH_FRONT] = 3,
     [LIST_WITH_INSERTED] = 3,
     [LIST_WITHOUT] = 3,
     [LIST_WITH_INSERTED_LIST] = 2,
     [LIST_WITH_INSERTED_ARRAY] = 2,
     [LIST_WITHOUT_RANGE] = 2,
     [LIST_WITH_SPLICED] = 2,
     [LIST_FILTER] = 3,
     [LIST_MAP] = 2,
     [LIST_SORT] = 1,
     [LIST_REVERSE] = 1,
     [LIST_COPY] = 6,
     [LIST_MOVE] = 1,
     [LIST_SWAP] = 2,
     [LIST_DROP] = 1,
     [LIST_DROP_LATER] = 1,
     [LIST_WALK] = 4,
     [LIST_FIND] = 3,
     [LIST_DIFF] = 4,
     [LIST_COMPARE] = 3},
    /* cut and join */
    {[LIST_CONCAT] = 20,
     [LIST_APPEND] = 20,
     [LIST_SLICE] = 30,
     [LIST_SPLIT_AT] = 20,
     [LIST_SPLICE] = 20,
     [LIST_INSERT_LIST] = 10,
     [LIST_ERASE_RANGE] = 10,
     [LIST_COPY] = 10,
     [LIST_SET] = 10,
     [LIST_ERASE_AT] = 10,
     [LIST_DIFF] = 2,
     [LIST_COMPARE] = 2},
    /* versions of one list, each a few edits from the last */
    {[LIST_SET] = 30,
     [LIST_EDIT] = 10,
     [LIST_WITH] = 20,
     [LIST_PUSH_BACK] = 10,
     [LIST_PUSH_FRONT] = 10,
     [LIST_POP_BACK] = 6,
     [LIST_POP_FRONT] = 6,
     [LIST_INSERT_AT] = 10,
     [LIST_ERASE_AT] = 10,
     [LIST_COPY] = 30,
     [LIST_DIFF] = 10,
     [LIST_COMPARE] = 6,
     [LIST_MAP] = 2},
};

#define PHASES (sizeof weight / sizeof weight[0])
#define VERSIONS (PHASES - 1)

/* Chooses the handle for most operations of the phase. */
static void begin_phase(struct program *p) { p->hot = rng_below(&p->random, p->w->handles); }

static struct op choose(struct program *p);

static const struct program_kind kind = {.weight = weight[0],
                                         .phases = PHASES,
                                         .phase_steps = 512,
                                         .begin_phase = begin_phase,
                                         .choose = choose,
                                         .fill = LIST_MODEL_MAX * 3 / 4};

/* Whether an operation comes in bursts: pushes, pops, and those on one element do. */
static bool repeats(unsigned code)
{
    return code == LIST_PUSH_BACK || code == LIST_PUSH_FRONT || code == LIST_POP_BACK || code == LIST_POP_FRONT ||
           code == LIST_INSERT_AT || code == LIST_ERASE_AT || code == LIST_SET;
}

static struct op choose(struct program *p)
{
    struct op op = list_collection.op_of(rng_next(&p->random));
    if (p->burst > 0) {
        p->burst--;
        p->last.value = op.value;
        if (p->burst % 2 == 0) /* half of them at the last place again, half anywhere */
            p->last.i = op.i;
        return p->last;
    }
    op.code = choose_code(&kind, p);
    if (rng_below(&p->random, 4) == 0) /* near an end */
        op.i = rng_below(&p->random, 2) == 0 ? op.i / 64 : UINT16_MAX - op.i / 64;
    if (rng_below(&p->random, 2) == 0)
        op.a = (uint8_t)p->hot;
    if (op.code == LIST_SLICE && rng_below(&p->random, 2) == 0) { /* keeps most of the list */
        op.i /= 16;
        op.j = UINT16_MAX - op.j / 16;
        op.more |= 1;
    }
    if (repeats(op.code) && p->phase != VERSIONS) {
        p->burst = rng_below(&p->random, 2) == 0 ? 0 : rng_below(&p->random, 90);
        p->last = op;
    }
    return op;
}

static void programs(const struct subject *s)
{
    unsigned times = test_long() ? 60 : 1;
    run_program(&kind, s, 1, 3, 150, 1000 * times, 1, false); /* checked after each step */
    run_program(&kind, s, 2, 3, 150, 1000 * times, 1, true);
    run_program(&kind, s, 3, LIST_HANDLES, 0, 2000 * times, 50 + times, false);
    run_program(&kind, s, 4, 4, 900, 2000 * times, 20, false);
    run_program(&kind, s, 5, 4, 900, 1000 * times, 20, true);
    run_program(&kind, s, 6, LIST_HANDLES, 0, 500 * times, 50 + times, true);
    test_nothing_live();
}

#define TEST_OF(name, ...) \
    Test(list_model, name) { programs(subject_named(#name)); }

LIST_SUBJECTS(TEST_OF)
