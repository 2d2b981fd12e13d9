/* SPDX-License-Identifier: MIT */
/* map/threads.c - versions of one map on several threads (support/thread_programs.c), and a map whose thread ended. */
#include "support/map_world.h"
#include "support/programs.h"
#include "support/threads.h"

#include <criterion/criterion.h>

/* Half of them edits; and the others shall leave most of a map as it is. */
static struct op choose(struct rng *random, unsigned step)
{
    (void)step;
    struct op op = map_collection.op_of(rng_next(random));
    if (rng_below(random, 2) == 0)
        op.code = op.code & 1 ? OP_SET : OP_DEL;
    else if (op.code == OP_FILTER)
        op.more = op.more / 8 * 8 + 2;
    else if (op.code == OP_COMBINE)
        op.more |= STET_ONLY_A_ | STET_BOTH_;
    return op;
}

static const struct thread_kind kind = {.choose = choose, .steps = 3000, .full = 2, .few = 4};

/* A thread makes versions that borrow from each other, and ends; what it made is as good as ever. */
static void *make_versions(void *world)
{
    struct world *w = world;
    world_fill(w, 0, 0, 1, w->keys / 2);
    for (unsigned h = 1; h < w->handles; h++) {
        world_apply(w, (struct op){.code = OP_COPY, .a = (uint8_t)(h - 1), .b = (uint8_t)h});
        world_apply(w, (struct op){.code = OP_DEL, .a = (uint8_t)h, .key = (uint16_t)h});
    }
    return NULL;
}

static void handles_outlive_a_thread(const struct subject *s)
{
    static struct world w;
    test_seed();
    world_begin(&w, s, 4, 0);
    pthread_join(start(make_versions, &w), NULL);
    world_check(&w);
    for (unsigned i = 0; i < 200; i++)
        world_apply(&w, (struct op){.code = i % 3 == 0 ? OP_DEL : OP_SET,
                                    .a = (uint8_t)(i % w.handles),
                                    .key = (uint16_t)(i * 7 % w.keys),
                                    .value = (uint16_t)(i % VALUES)});
    world_check(&w);
    world_end(&w);
    test_nothing_live();
}

#define TEST_OF(name)                                                               \
    Test(map_threads_end, name) { handles_outlive_a_thread(subject_named(#name)); } \
    Test(map_threads, name) { run_threads(&kind, subject_named(#name)); }

TEST_OF(word_map)
TEST_OF(str_map)
TEST_OF(prompt_both_map)
TEST_OF(lazy_both_map)
TEST_OF(blind_lazy_4_set)
TEST_OF(seeing_prompt_8_map)
