/* SPDX-License-Identifier: MIT */
/*
 * list/memory.c - out of memory, everywhere (support/memory_programs.c): every operation, in every state that sharing
 * can leave a list in; pops that need no memory; and nodes that a join leaves underfull when memory runs out.
 */
#include "support/list_world.h"
#include "support/programs.h"

#include <stet/list.h>
#include <stet/pool.h>

#include <criterion/criterion.h>

/* Returns a size at which the root has enough slots to borrow; in tiny builds five slots, or eight. */
static unsigned size_for(const struct subject *s)
{
    return !STET_TINY_NODES ? 22u << list_type_of(s)->leaf_bits : test_long() ? 248 : 150;
}

/* ---- states of handle 0: the nodes that it shares with handles 1 and 2 ---- */

enum state {
    SMALL,     /* a tail and nothing else */
    EXCLUSIVE, /* they have nothing in common */
    RELAXED,   /* the same, and all inner nodes of its tree are tables */
    SHARED,    /* they have the same version */
    BORROWING, /* its root borrows from theirs */
    LENDING,   /* their root borrows from its root */
    FLATTENED, /* it took over its root's lender, which others hold as well */
    ORPHANED,  /* the same, and the version that had the lender is gone */
    ALONE,     /* its root's lender has no other holder: references can be taken over */
    PULLED,    /* shared; both buffers were leaves of the tree, and are full: half of one moves back */
    HALVED,    /* shared; both buffers are full, and the leaves beside them half full */
    STATES
};

static const char *const state_names[STATES] = {"small",     "exclusive", "relaxed", "shared", "borrowing", "lending",
                                                "flattened", "orphaned",  "alone",   "pulled", "halved"};

static void must(struct world *w, struct op op)
{
    REQUIRE(world_apply(w, op) != STET_NO_MEMORY, "no memory to begin with");
}

/* Changes so little that a borrowing node goes on borrowing. */
static void alter(struct world *w, unsigned h, unsigned where)
{
    must(w, (struct op){.code = LIST_SET, .a = (uint8_t)h, .i = (uint16_t)where, .value = 7});
}

/* Empties one buffer of handle 0, so that the leaf beside it becomes the buffer, and fills this one. */
static void pull(struct world *w, bool back, bool halved)
{
    const struct stet_tree_view *b = back ? &w->handle[0].list.tail : &w->handle[0].list.head;
    const struct op push = {.code = back ? LIST_PUSH_BACK : LIST_PUSH_FRONT, .value = 60};
    const struct op pop = {.code = back ? LIST_POP_BACK : LIST_POP_FRONT};
    unsigned full = 1u << list_type_of(w->subject)->leaf_bits;
    while (b->n > 0)
        must(w, pop);
    must(w, pop);
    for (unsigned times = 0; times <= halved; times++) {
        if (times > 0)
            must(w, push);
        while (b->n < full)
            must(w, push);
    }
}

static void enter(struct world *w, unsigned state)
{
    unsigned n = size_for(w->subject);
    world_fill(w, 0, 100, 1, state == SMALL ? 3 : n);
    if (state == SMALL)
        return;
    for (unsigned i = 0; i < 3; i++) /* so that there is a head */
        must(w, (struct op){.code = LIST_PUSH_FRONT, .value = (uint16_t)(50 + i)});
    for (unsigned i = 0; i < 24 && state == RELAXED; i++)
        must(w, (struct op){.code = i % 3 ? LIST_INSERT_AT : LIST_ERASE_AT, .i = (uint16_t)(i * 2731)});
    if (state <= RELAXED)
        return;
    for (unsigned back = 0; back < 2 && state >= PULLED; back++)
        pull(w, back, state == HALVED);
    must(w, (struct op){.code = LIST_COPY, .b = 1});
    if (state == SHARED || state >= PULLED)
        return;
    alter(w, state == LENDING ? 1 : 0, 0x3000);
    if (state <= LENDING)
        return;
    must(w, (struct op){.code = LIST_COPY, .b = 2});
    alter(w, 0, 0x9000);
    if (state >= ORPHANED)
        world_drop(w, 1);
    if (state == ALONE)
        world_drop(w, 2);
    note_root(w->handle[0].list.tree.root);
}

/* ---- every operation, in each state, each request failing ---- */

#define FRONT 0
#define MIDDLE 0x8000
#define END 0xffff
#define LONG(n) ((uint32_t)(n) << 5)       /* an array of n < 48 elements */
#define LONGER(n) ((uint32_t)(n) << 5 | 1) /* an array of n elements */

/* Operations on handle 0, or from it to 3; 1 and 2 may be empty. Elements have numbers from 50 on. */
static const struct op operations[] = {
    {.code = LIST_SET, .i = FRONT, .value = 9},
    {.code = LIST_SET, .i = MIDDLE, .value = 9},
    {.code = LIST_SET, .i = END, .value = 9},
    {.code = LIST_SET_SELF, .i = MIDDLE},
    {.code = LIST_EDIT, .i = 0x4000, .value = 9},
    {.code = LIST_UPDATE, .i = 0xc000, .value = 9},
    {.code = LIST_PUSH_BACK, .value = 9},
    {.code = LIST_PUSH_FRONT, .value = 9},
    {.code = LIST_POP_BACK, .more = 2},
    {.code = LIST_POP_BACK},
    {.code = LIST_POP_FRONT, .more = 2},
    {.code = LIST_POP_FRONT},
    {.code = LIST_INSERT_AT, .i = 0x500, .value = 9},
    {.code = LIST_INSERT_AT, .i = MIDDLE, .value = 9},
    {.code = LIST_INSERT_AT, .i = 0xff00, .value = 9},
    {.code = LIST_ERASE_AT, .i = 0x500, .more = 2},
    {.code = LIST_ERASE_AT, .i = MIDDLE},
    {.code = LIST_ERASE_AT, .i = 0xff00},
    {.code = LIST_INSERT_LIST, .b = 0, .i = MIDDLE},
    {.code = LIST_INSERT_LIST, .b = 1, .i = 0x1000},
    {.code = LIST_INSERT_ARRAY, .i = MIDDLE, .more = LONG(5)},
    {.code = LIST_INSERT_ARRAY, .i = 0xc000, .more = LONGER(300)},
    {.code = LIST_ERASE_RANGE, .i = FRONT, .j = 20},
    {.code = LIST_ERASE_RANGE, .i = 0x4000, .j = MIDDLE, .more = 1},
    {.code = LIST_ERASE_RANGE, .i = MIDDLE, .j = END, .more = 1},
    {.code = LIST_SPLICE, .b = 0, .i = 0x3000, .j = 0x4000, .more = 1},
    {.code = LIST_SPLICE, .b = 2, .i = 0x3000, .j = 17},
    {.code = LIST_APPEND, .b = 0},
    {.code = LIST_APPEND, .b = 1},
    {.code = LIST_APPEND_ARRAY, .more = LONG(3)},
    {.code = LIST_APPEND_ARRAY, .more = LONGER(200)},
    {.code = LIST_CONCAT, .b = 0, .c = 3},
    {.code = LIST_CONCAT, .b = 1, .c = 0},
    {.code = LIST_SLICE, .c = 3, .i = 0x3000, .j = MIDDLE, .more = 1},
    {.code = LIST_SLICE, .c = 0, .i = 0x3010, .j = 0x9000, .more = 1},
    {.code = LIST_SLICE, .c = 0, .i = 0x3010, .j = END, .more = 1},
    {.code = LIST_SLICE, .c = 3, .i = 0x2000, .j = 30},
    {.code = LIST_SPLIT_AT, .b = 0, .c = 3, .i = 0x6000},
    {.code = LIST_SPLIT_AT, .b = 3, .c = 1, .i = 0xc123},
    {.code = LIST_FROM_ARRAY, .a = 3, .more = LONG(40)},
    {.code = LIST_FROM_ARRAY, .a = 0, .more = LONGER(400)},
    {.code = LIST_WITH, .c = 3, .i = MIDDLE, .value = 9},
    {.code = LIST_WITH, .c = 0, .i = 0x1234, .value = 9},
    {.code = LIST_WITH_BACK, .c = 3, .value = 9},
    {.code = LIST_WITH_FRONT, .c = 3, .value = 9},
    {.code = LIST_WITH_INSERTED, .c = 3, .i = MIDDLE, .value = 9},
    {.code = LIST_WITHOUT, .c = 3, .i = MIDDLE},
    {.code = LIST_WITH_INSERTED_LIST, .b = 0, .c = 3, .i = MIDDLE},
    {.code = LIST_WITH_INSERTED_ARRAY, .c = 0, .i = 0xc000, .more = LONGER(300)},
    {.code = LIST_WITHOUT_RANGE, .c = 3, .i = 0x4000, .j = MIDDLE, .more = 1},
    {.code = LIST_WITH_SPLICED, .b = 2, .c = 2, .i = 0x3000, .j = 17},
    {.code = LIST_FILTER, .more = 0},
    {.code = LIST_FILTER, .more = 1 | 8},
    {.code = LIST_FILTER, .more = 2 | 70 * 8},
    {.code = LIST_FILTER, .more = 3},
    {.code = LIST_FILTER, .more = 7},
    {.code = LIST_MAP, .more = 0},
    {.code = LIST_MAP, .more = 1},
    {.code = LIST_MAP, .more = 2 | 60 * 8},
    {.code = LIST_MAP, .more = 3},
    {.code = LIST_SORT},
    {.code = LIST_REVERSE},
    {.code = LIST_DIFF, .b = 1, .more = 1},
    {.code = LIST_DIFF, .a = 1, .b = 0, .more = 1},
};

static bool needs_nothing(const struct op *op, unsigned state)
{
    return state <= RELAXED && (op->code == LIST_POP_BACK || op->code == LIST_POP_FRONT);
}

/* ---- pops on a handle that shares nothing ---- */

/* Pops all elements of lists that were made in several ways, while every request for memory would fail. */
static void pops_never_fail(const struct subject *s)
{
    static struct world w;
    struct rng random = {rng_mix(test_seed(), 77)};
    unsigned n = size_for(s);
    world_begin(&w, s, 2, 0);
    for (unsigned round = 0; round < 24; round++) {
        world_fill(&w, 0, round, 1, rng_below(&random, n));
        for (unsigned i = 0, inserts = round % 3 * n / 4; i < inserts; i++) {
            struct op op = {.code = round % 2 ? LIST_INSERT_AT : LIST_PUSH_FRONT, .i = (uint16_t)rng_next(&random)};
            must(&w, op);
        }
        if (round % 4 == 3)
            must(&w, (struct op){.code = LIST_APPEND});
        if (round % 8 >= 6) /* slices of itself: the rest shares no nodes */
            must(&w, (struct op){.code = LIST_SLICE, .i = 0x2000, .j = 0xd000, .more = 1});
        if (round % 4 == 3) /* a list that was appended to itself has shared nodes: map copies each of these */
            must(&w, (struct op){.code = LIST_MAP});
        while (w.model[0].size != 0) {
            bool back = round % 3 == 2 ? rng_below(&random, 2) : round % 3;
            struct op op = {.code = back ? LIST_POP_BACK : LIST_POP_FRONT, .more = rng_below(&random, 4)};
            w.fault = 1;
            w.persist = UINT64_MAX;
            world_context(&w, op, "round %u", round);
            REQUIRE(world_apply(&w, op) == STET_CHANGED, "popping fails where nothing is shared");
            if (w.model[0].size % 16 == 0)
                world_check(&w);
        }
        w.fault = 0;
    }
    world_end(&w);
    test_nothing_live();
}

/* ---- random programs ---- */

/* Mostly edits in one place, so that lists can grow between the operations that shrink them. */
static const uint8_t often[] = {LIST_SET,         LIST_PUSH_BACK, LIST_PUSH_FRONT, LIST_POP_BACK,
                                LIST_POP_FRONT,   LIST_INSERT_AT, LIST_ERASE_AT,   LIST_WITH,
                                LIST_ERASE_RANGE, LIST_COPY,      LIST_SPLICE,     LIST_SLICE};

static void only_grow(struct op *op)
{
    if (op->code == LIST_DROP || op->code == LIST_DROP_LATER || op->code == LIST_ERASE_RANGE || op->code == LIST_SLICE)
        op->code = LIST_APPEND_ARRAY;
}

static struct op growth(unsigned i, unsigned handles)
{
    return (struct op){.code = i % 2 ? LIST_PUSH_BACK : LIST_PUSH_FRONT, .a = (uint8_t)(i / 2 % handles)};
}

static const struct memory_kind kind = {.state = state_names,
                                        .states = STATES,
                                        .enter = enter,
                                        .operation = operations,
                                        .operations = sizeof operations / sizeof operations[0],
                                        .needs_nothing = needs_nothing,
                                        .often = often,
                                        .often_count = sizeof often,
                                        .only_grow = only_grow,
                                        .budget_steps = 1500,
                                        .growth = growth,
                                        .growths = 1000};

static void requests(const struct subject *s)
{
    each_request_fails(&kind, s, 0);
    require_noted(s);
}

/* ---- nodes that stay underfull when memory runs out ---- */

STET_LIST(numbers, uint64_t, stet_u64)

#define LEAF (1u << STET_TREE_LEAF_BITS(sizeof(uint64_t)))
#define WIDTH STET_TREE_WIDTH

static numbers numbers_upto(size_t n)
{
    numbers l = {0};
    for (uint64_t i = 0; i < n; i++)
        REQUIRE(numbers_push_back(&l, i) == STET_CHANGED, "no memory to begin with");
    return l;
}

static void require_sound(const numbers *l, bool fill)
{
    const char *error = list_check(&numbers_list_type_, &l->list_, fill);
    REQUIRE(error == NULL, "%s", error);
}

/*
 * Appends `right` to `left` with the n-th request failing, and with all from the n-th on. If a request fails before the
 * trees are one, nothing may have changed; afterwards the result must be STET_CHANGED, even if the seam is not mended.
 * Returns how often the latter happened.
 */
static unsigned refused_joins(const numbers *left, const numbers *right)
{
    numbers expected = {0};
    unsigned refused = 0, half_mended = 0;
    REQUIRE(numbers_concat(left, right, &expected) == STET_CHANGED, "no memory to begin with");
    require_sound(&expected, true);
    for (unsigned persist = 0; persist < 2; persist++) {
        bool short_of_memory = true;
        for (uint64_t nth = 1; short_of_memory; nth++) {
            numbers l = numbers_copy(left);
            stet_pool_fault(nth, persist != 0 ? UINT64_MAX : 1);
            stet_result result = numbers_append(&l, right);
            short_of_memory = stet_pool_requests() >= nth;
            stet_pool_fault_end();
            REQUIRE(short_of_memory || result == STET_CHANGED, "fails without a request that failed");
            refused += result == STET_NO_MEMORY;
            half_mended += result == STET_CHANGED && short_of_memory;
            require_sound(&l, !short_of_memory);
            cr_assert(numbers_equal(&l, result == STET_CHANGED ? &expected : left));
            cr_assert_eq(numbers_pop_at(&l, numbers_size(left) - 1, NULL), STET_CHANGED);
            require_sound(&l, false);
            numbers_drop(&l);
        }
    }
    cr_assert_gt(refused, 0);
    numbers_drop(&expected);
    return half_mended;
}

/*
 * The first leaf is alone in its node, and the node beside that is shared: without memory no neighbour can give
 * elements to the leaf.
 */
Test(list_memory, a_lonely_leaf_does_not_become_empty)
{
    test_seed();
    numbers l = numbers_upto(2 * WIDTH * LEAF + 1), shared = numbers_copy(&l);
    for (uint64_t i = 0; i <= LEAF; i++) /* puts a leaf in front of full nodes, and one element in front of that leaf */
        REQUIRE(numbers_push_front(&l, i) == STET_CHANGED, "no memory to begin with");
    size_t size = numbers_size(&l);
    cr_assert(l.list_.head.n == 1 &&
              stet_ref_inner_(stet_children_(stet_ref_inner_(l.list_.tree.root))[0])->slots == 1);
    stet_pool_fault(1, UINT64_MAX);
    for (uint64_t i = LEAF, out; i-- > 1;) {
        cr_assert_eq(numbers_pop_at(&l, 1, &out), STET_CHANGED);
        cr_assert_eq(out, i);
        require_sound(&l, false);
    }
    cr_assert_gt(stet_pool_requests(), 0, "it did not even ask");
    cr_assert_eq(numbers_pop_at(&l, 1, NULL), STET_NO_MEMORY);
    stet_pool_fault_end();
    require_sound(&l, false);
    cr_assert_eq(numbers_size(&l), size - (LEAF - 1));
    cr_assert(*numbers_get(&l, 0) == LEAF && *numbers_get(&l, 1) == 0 && *numbers_get(&l, 2) == 0);
    refused_joins(&shared, &l); /* the lonely leaf is at the seam then, and may stay as it is */
    cr_assert_eq(numbers_pop_at(&l, 1, NULL), STET_CHANGED);
    require_sound(&l, true);
    cr_assert(*numbers_get(&l, 0) == LEAF && *numbers_get(&l, 1) == 0 && *numbers_get(&l, 2) == 1);
    numbers_drop(&l);
    numbers_drop(&shared);
    test_nothing_live();
}

/* Both roots are full. On one side of the seam nodes are well filled, on the other there is a node of a single leaf. */
Test(list_memory, a_seam_is_mended_as_far_as_memory_goes)
{
    test_seed();
    numbers left = numbers_upto(((WIDTH - 1) * WIDTH + WIDTH / 2) * LEAF + 1), right = {0};
    numbers all = numbers_upto((WIDTH * WIDTH + 1) * LEAF);
    REQUIRE(numbers_pop_back(&left, NULL) == STET_CHANGED, "no memory to begin with"); /* so that there is no tail */
    REQUIRE(numbers_slice(&all, (WIDTH - 1) * LEAF, numbers_size(&all), &right) == STET_CHANGED, "no memory");
    cr_assert_gt(refused_joins(&left, &right), 0);
    numbers_drop(&left);
    numbers_drop(&right);
    numbers_drop(&all);
    test_nothing_live();
}

/* A tree of two leaves is raised to the height of the other one, or not at all. */
Test(list_memory, a_low_tree_is_raised_as_a_whole)
{
    test_seed();
    numbers left = numbers_upto(2 * LEAF + 1), right = numbers_upto(WIDTH * WIDTH * LEAF + WIDTH * LEAF);
    cr_assert(left.list_.tree.height == 1 && right.list_.tree.height == 3);
    refused_joins(&left, &right);
    numbers_drop(&left);
    numbers_drop(&right);
    test_nothing_live();
}

#define TEST_OF(name, ...)                                                        \
    Test(list_memory, name) { requests(subject_named(#name)); }                   \
    Test(list_memory_pops, name) { pops_never_fail(subject_named(#name)); }       \
    Test(list_memory_programs, name)                                              \
    {                                                                             \
        const struct subject *s = subject_named(#name);                           \
        each_step_fails(&kind, s, LIST_HANDLES, 3 * size_for(s), 1, size_for(s)); \
    }                                                                             \
    Test(list_memory_budget, name) { budget_is_spent(&kind, subject_named(#name), LIST_HANDLES); }

LIST_SUBJECTS(TEST_OF)
