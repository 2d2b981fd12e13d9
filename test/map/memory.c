/* SPDX-License-Identifier: MIT */
/*
 * map/memory.c - out of memory, everywhere: every operation with its n-th pool request failing, n = 1, 2, ... until it
 * succeeds, in every state that sharing can leave a handle in. After each failure contents are as they were, the
 * invariants hold, every count is right, the operation succeeds when asked again, and the handles can be dropped in
 * every order.
 */
#include "support/testing.h"
#include "support/world.h"

#include <stet/pool.h>

#include <criterion/criterion.h>

#define MAPS 4

/* Enough for a root wide enough to borrow. A third of them stays absent. */
static unsigned keys_for(const struct subject *s)
{
    unsigned enough = STET_TINY_NODES ? 48 : 40u * s->type->leaf_max;
    return enough < s->keys / 4 ? enough : s->keys / 4;
}

/* ---- states of handle 0, by what the others have in common with it ---- */

enum state {
    EXCLUSIVE, /* nothing */
    SHARED,    /* the version */
    BORROWING, /* it borrows from theirs */
    LENDING,   /* theirs borrows from it */
    FLATTENED, /* it took over an owner, which others hold as well */
    ORPHANED,  /* the same, and the version that was the owner's is gone */
    ALONE,     /* its owner has no other holder: references can be taken over */
    STATES
};

static const char *const state_names[STATES] = {"exclusive", "shared",   "borrowing", "lending",
                                                "flattened", "orphaned", "alone"};

static void must(struct world *w, enum op_code code, unsigned a, unsigned b, unsigned key)
{
    struct op op = {.code = (uint8_t)code, .a = (uint8_t)a, .b = (uint8_t)b, .key = (uint16_t)key, .value = 7};
    REQUIRE(world_apply(w, op) != STET_NO_MEMORY, "no memory to begin with");
}

/* Little enough to leave a borrowing node what it borrows. */
static void alter(struct world *w, unsigned h, unsigned key)
{
    must(w, w->subject->value->make != NULL ? OP_SET : OP_DEL, h, 0, key);
}

static unsigned borrowing, flattened; /* states entered in which the root of handle 0 is that */

static void enter(struct world *w, enum state state)
{
    static unsigned times; /* a leaf that fills many slots spends what may be owned: not the same one each time */
    unsigned leaves = w->keys < 24 ? 1 : w->keys / 6 - 2, key = 10 + 6 * (times++ % (leaves < 16 ? leaves : 16));
    w->fill = true;
    w->fault = 0;
    for (unsigned offset = 1; offset < 3; offset++)
        world_fill(w, 0, offset, 3, w->keys / 3);
    if (state == EXCLUSIVE)
        return;
    must(w, OP_COPY, 0, 1, 0);
    if (state == SHARED)
        return;
    alter(w, state == LENDING ? 1 : 0, key);
    if (state <= LENDING)
        return;
    must(w, OP_COPY, 0, 2, 0);
    alter(w, 0, key + 6);
    if (state >= ORPHANED)
        world_drop(w, 1);
    if (state == ALONE)
        world_drop(w, 2);
    if (stet_ref_is_inner(w->handle[0].root)) {
        borrowing += stet_ref_inner(w->handle[0].root)->owner != 0;
        flattened += stet_ref_inner(w->handle[0].root)->flattened != 0;
    }
}

/* ---- every operation, in each state, each request failing ---- */

/* On handle 0, or from it to 3. Keys of 3n are absent at first, others present. */
static const struct op operations[] = {
    {.code = OP_SET, .key = 4, .value = 9},
    {.code = OP_SET, .key = 9, .value = 9},
    {.code = OP_SET, .key = 30, .value = 9},
    {.code = OP_ADD, .key = 12, .value = 9},
    {.code = OP_ADD, .key = 13, .value = 9},
    {.code = OP_EDIT, .key = 5, .value = 9},
    {.code = OP_EDIT, .key = 24, .value = 9},
    {.code = OP_UPDATE, .key = 8, .value = 9},
    {.code = OP_UPDATE, .key = 27, .value = 9},
    {.code = OP_DEL, .key = 10},
    {.code = OP_DEL, .key = 12},
    {.code = OP_POP, .key = 11},
    {.code = OP_WITH, .b = 3, .key = 4, .value = 9},
    {.code = OP_WITH, .b = 1, .key = 18, .value = 9},
    {.code = OP_WITHOUT, .b = 3, .key = 11},
    {.code = OP_WITHOUT, .b = 0, .key = 11},
    {.code = OP_SET_FORM, .key = 4, .value = 9},
    {.code = OP_SET_FORM, .key = 9, .value = 9},
    {.code = OP_ADD_FORM, .key = 33, .value = 9},
    {.code = OP_EDIT_FORM, .key = 5, .value = 9},
    {.code = OP_EDIT_FORM, .key = 21, .value = 9},
    {.code = OP_DEL_FORM, .key = 10},
    {.code = OP_SET_MANY, .key = 2, .value = 9, .more = 17 << 4 | 1},
    {.code = OP_SET_MANY, .key = 4, .value = 3, .more = 700 << 4},         /* taken in hash order */
    {.code = OP_SET_MANY, .c = 3, .key = 4, .value = 3, .more = 700 << 4}, /* built from the bottom up */
    {.code = OP_FILTER, .more = 0x1230},
    {.code = OP_FILTER, .more = 0x1231},
    {.code = OP_FILTER, .more = 0x1232},
    {.code = OP_FILTER, .more = 0x1233},
    {.code = OP_FILTER, .more = 0x1235},
    {.code = OP_FILTER, .more = 0x1236},
    {.code = OP_MAP_VALUES, .more = 0x100},
    {.code = OP_MAP_VALUES, .more = 0x101},
    {.code = OP_MAP_VALUES, .more = 0x103},
    {.code = OP_TRIM},
    {.code = OP_COMBINE, .b = 1, .c = 0, .more = STET_ONLY_A | STET_ONLY_B | STET_BOTH},
    {.code = OP_COMBINE, .b = 1, .c = 3, .more = STET_ONLY_A | STET_ONLY_B | STET_BOTH | 8},
    {.code = OP_COMBINE, .a = 1, .b = 2, .c = 0, .more = STET_ONLY_A | STET_BOTH},
    {.code = OP_COMBINE, .b = 1, .c = 3, .more = STET_BOTH},
    {.code = OP_COMBINE, .b = 2, .c = 0, .more = STET_ONLY_A},
    {.code = OP_COMBINE, .b = 1, .c = 3, .more = STET_ONLY_A | STET_ONLY_B},
};

#define OPERATIONS (sizeof operations / sizeof operations[0])

/* Drops the handles that are not empty in the i-th of their orders; returns how many orders there are. */
static unsigned drop_in_order(struct world *w, unsigned i)
{
    unsigned left[MAPS], n = 0, orders = 1;
    for (unsigned h = 0; h < MAPS; h++)
        if (w->handle[h].size != 0)
            left[n++] = h;
    for (; n > 0; i /= n, orders *= n, n--) {
        unsigned at = i % n;
        world_drop(w, left[at]);
        memmove(&left[at], &left[at + 1], (n - 1 - at) * sizeof left[0]);
    }
    return orders;
}

/* In a fresh state, with the n-th request failing and `persist` - 1 more. Whether one did. */
static bool attempt(struct world *w, const struct op *op, enum state state, uint64_t n, uint64_t persist,
                    stet_result *result)
{
    enter(w, state);
    test_context("%s, %s: %s key %u more %x, request %llu failing%s", w->subject->name, state_names[state],
                 op_name(op->code), op->key, op->more, (unsigned long long)n, persist == 1 ? "" : " and all after it");
    w->fault = n;
    w->persist = persist;
    *result = world_apply(w, *op);
    w->fault = 0;
    return w->requests >= n;
}

static void check_failed(struct world *w, const struct op *op, stet_result result)
{
    world_check(w);
    if (result != STET_NO_MEMORY)
        return;
    REQUIRE(world_apply(w, *op) != STET_NO_MEMORY, "fails again, with memory");
    world_check(w);
}

static void every_order(struct world *w, const struct op *op, enum state state, uint64_t n, uint64_t persist)
{
    stet_result result;
    for (unsigned i = 0, orders = 1; i < orders; i++) {
        attempt(w, op, state, n, persist, &result);
        orders = drop_in_order(w, i);
    }
    world_check(w); /* all is empty: nothing may be live */
}

static void fail_each(struct world *w, const struct op *op, enum state state, uint64_t persist)
{
    bool deletes = op->code == OP_DEL || op->code == OP_POP || op->code == OP_DEL_FORM;
    stet_result result;
    uint64_t n = 1, last = 0;
    for (; attempt(w, op, state, n, persist, &result); n += 1 + (test_long() ? 0 : n / 3)) {
        REQUIRE(!deletes || state != EXCLUSIVE || result != STET_NO_MEMORY, "deleting fails on an exclusive path");
        check_failed(w, op, result);
        drop_in_order(w, (unsigned)n);
        if (test_long())
            every_order(w, op, state, n, persist);
        last = n;
    }
    REQUIRE(result != STET_NO_MEMORY, "fails without a request that failed");
    world_check(w);
    drop_in_order(w, (unsigned)n);
    if (last != 0)
        every_order(w, op, state, last, persist);
}

static void each_request_fails(const struct subject *s)
{
    static struct world w;
    test_seed();
    world_begin(&w, s, MAPS, keys_for(s));
    for (unsigned i = 0; i < OPERATIONS; i++)
        for (enum state state = 0; state < STATES; state++) {
            fail_each(&w, &operations[i], state, 1);
            fail_each(&w, &operations[i], state, UINT64_MAX);
        }
    world_end(&w);
    test_nothing_live();
    if (s->keys < MAX_KEYS)
        return; /* too few, or of too few hashes, for a wide root */
    REQUIRE((borrowing != 0) != s->type->node.exact, "%u states in which it borrows", borrowing);
    REQUIRE((flattened != 0) != s->type->node.exact, "%u states in which it is flattened", flattened);
}

/* ---- random programs whose every step fails at first ---- */

/* Mostly edits of one key, so that maps have time to grow. */
static struct op choose(struct rng *random)
{
    static const uint8_t often[] = {OP_SET, OP_SET, OP_ADD, OP_EDIT, OP_DEL, OP_WITH, OP_WITHOUT, OP_COPY};
    struct op op = op_of(rng_next(random));
    if (rng_below(random, 4) != 0)
        op.code = often[rng_below(random, sizeof often)];
    return op;
}

static void each_step_fails(const struct subject *s)
{
    static struct world w;
    struct rng random = {rng_mix(test_seed(), (uint64_t)(s - subjects) + 1000)};
    world_begin(&w, s, HANDLES, keys_for(s));
    world_fill(&w, 0, 1, 3, w.keys / 3);
    for (unsigned step = 0, steps = test_long() ? 2000 : 100; step < steps; step++) {
        struct op op = choose(&random);
        w.persist = rng_below(&random, 2) == 0 ? 1 : UINT64_MAX;
        for (w.fault = 1;; w.fault += 1 + w.fault / 8) {
            test_context("%s: step %u: %s a %u b %u c %u key %u value %u more %x, request %llu failing", s->name, step,
                         op_name(op.code), op.a, op.b, op.c, op.key, op.value, op.more, (unsigned long long)w.fault);
            if (world_apply(&w, op) != STET_NO_MEMORY)
                break;
            if (w.fault < 8)
                world_check(&w);
        }
        if (step % 8 == 7)
            world_check(&w);
    }
    world_end(&w);
    test_nothing_live();
}

/* ---- the budget ---- */

/* Grows until the budget is spent, goes on within it, and grows again when it is lifted. */
static void budget_is_spent(const struct subject *s)
{
    static struct world w;
    struct rng random = {rng_mix(test_seed(), (uint64_t)(s - subjects) + 2000)};
    unsigned failures = 0;
    world_begin(&w, s, HANDLES, 0);
    world_fill(&w, 0, 0, 1, 8);
    w.may_fail = true;
    stet_pool_trim();
    stet_pool_set_budget(stet_pool_stats().slab_bytes + (STET_POOL ? 0 : 4096)); /* what is in slabs can be used up */
    for (unsigned step = 0, steps = test_long() ? 20000 : 2000; step < steps; step++) {
        struct op op = choose(&random);
        if (op.code == OP_DROP || op.code == OP_DROP_LATER || op.code == OP_DEL)
            op.code = OP_WITH;
        test_context("%s: step %u: %s a %u b %u c %u key %u value %u more %x, on a budget", s->name, step,
                     op_name(op.code), op.a, op.b, op.c, op.key, op.value, op.more);
        failures += world_apply(&w, op) == STET_NO_MEMORY;
        if (step % 128 == 127)
            world_check(&w);
    }
    world_check(&w);
    stet_pool_set_budget(1); /* less than is held: that stays */
    for (unsigned i = 0; i < HANDLES * w.keys; i++) {
        struct op op = {.code = OP_ADD, .a = (uint8_t)(i % HANDLES), .key = (uint16_t)(i / HANDLES)};
        failures += world_apply(&w, op) == STET_NO_MEMORY;
    }
    world_check(&w);
    REQUIRE(failures != 0 || w.keys < 512, "the budget was never spent");
    stet_pool_set_budget(0);
    w.may_fail = false;
    for (unsigned key = 0; key < w.keys; key++)
        world_apply(&w, (struct op){.code = OP_ADD, .key = (uint16_t)key});
    world_end(&w);
    test_nothing_live();
}

#define TEST_OF(name, ...)                                                     \
    Test(map_memory, name) { each_request_fails(subject_named(#name)); }       \
    Test(map_memory_programs, name) { each_step_fails(subject_named(#name)); } \
    Test(map_memory_budget, name) { budget_is_spent(subject_named(#name)); }

SUBJECTS(TEST_OF, TEST_OF)
