/* SPDX-License-Identifier: MIT */
/*
 * map/model.c - random programs on several handles, beside a model of each, for every subject.
 *
 * A program goes through phases, which differ in what they do most and to how many keys, so that maps grow, shrink to
 * nothing, and are shared in all ways. Short by default; STET_TEST_LONG=1 runs some millions of operations.
 */
#include "support/testing.h"
#include "support/world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

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

static struct op choose(struct rng *random, unsigned phase, unsigned keys)
{
    struct op op = op_of(rng_next(random));
    unsigned total = 0, code = 0;
    for (unsigned i = 0; i < OPS; i++)
        total += weight[phase][i];
    for (unsigned at = rng_below(random, total); at >= weight[phase][code]; code++)
        at -= weight[phase][code];
    op.code = (uint8_t)code;
    op.key = (uint16_t)rng_below(random, keys);
    if (phase != 2 && rng_below(random, 2) == 0) /* mostly one handle, so that it is exclusive at times */
        op.a = 0;
    return op;
}

static void run(struct world *w, struct rng *random, unsigned steps, unsigned interval, bool faults)
{
    unsigned phase = 0, keys = w->keys;
    bool trace = getenv("STET_TEST_TRACE") != NULL;
    for (unsigned step = 0; step < steps; step++) {
        if (step % 256 == 0) {
            static const unsigned part[] = {1, 1, 2, 8, 32};
            phase = rng_below(random, PHASES);
            keys = w->keys / part[rng_below(random, 5)];
            keys = keys < 4 ? 4 : keys;
        }
        struct op op = choose(random, phase, keys);
        bool fault = faults && rng_below(random, 4) == 0;
        w->fault = fault ? 1 + rng_below(random, 6) : 0;
        w->persist = rng_below(random, 2) == 0 ? 1 : UINT64_MAX;
        test_context("%s: step %u: %s a %u b %u c %u key %u value %u more %x%s", w->subject->name, step,
                     op_name(op.code), op.a, op.b, op.c, op.key, op.value, op.more, fault ? ", with faults" : "");
        if (trace)
            fprintf(stderr, "%u: %s a %u b %u c %u key %u value %u more %x fault %llu\n", step, op_name(op.code), op.a,
                    op.b, op.c, op.key, op.value, op.more, (unsigned long long)w->fault);
        world_apply(w, op);
        if (step % interval == interval - 1)
            world_check(w);
    }
}

static void program(const struct subject *s, uint64_t salt, unsigned handles, unsigned keys, unsigned steps,
                    unsigned interval, bool faults)
{
    struct rng random = {rng_mix(test_seed(), salt)};
    static struct world w;
    world_begin(&w, s, handles, keys);
    run(&w, &random, steps, interval, faults);
    world_end(&w);
}

static void programs(const struct subject *s)
{
    uint64_t salt = (uint64_t)(s - subjects) << 8;
    unsigned times = test_long() ? 40 : 1;
    program(s, salt + 1, 4, 12, 600, 1, false); /* few keys, checked after each step */
    program(s, salt + 2, 4, 12, 600, 1, true);
    program(s, salt + 3, HANDLES, 0, 1000 * times, 20 + times, false);
    program(s, salt + 4, HANDLES, 100, 500 * times, 20, false);
    program(s, salt + 5, HANDLES, 0, 300 * times, 20 + times, true);
    test_nothing_live();
}

#define TEST_OF(name, ...) \
    Test(map_model, name) { programs(subject_named(#name)); }

SUBJECTS(TEST_OF, TEST_OF)
