/* SPDX-License-Identifier: MIT */
/*
 * list/memory.c - out of memory, everywhere: every operation with its n-th pool request failing, n = 1, 2, ... until it
 * succeeds, in every state that sharing can leave a handle in. After each failure contents are as they were, the
 * invariants hold but for the fill, every count is right, the operation succeeds when asked again, and the handles can
 * be dropped in every order.
 */
#include "support/list_world.h"
#include "support/testing.h"

#include <stet/list.h>
#include <stet/pool.h>

#include <criterion/criterion.h>

#define LISTS 4

/* Enough for a root wide enough to borrow; in tiny builds one of five slots, or of eight. */
static unsigned size_for(const struct list_subject *s)
{
    return !STET_TINY_NODES ? 22u << s->type->leaf_bits : test_long() ? 248 : 150;
}

/* ---- states of handle 0, by what the others have in common with it ---- */

enum state {
    SMALL,     /* a tail and nothing else */
    EXCLUSIVE, /* nothing in common */
    RELAXED,   /* the same, and its tree is full of tables */
    SHARED,    /* the version */
    BORROWING, /* it borrows from theirs */
    LENDING,   /* theirs borrows from it */
    FLATTENED, /* it took over an owner, which others hold as well */
    ORPHANED,  /* the same, and the version that was the owner's is gone */
    ALONE,     /* its owner has no other holder: references can be taken over */
    PULLED,    /* shared; both buffers were leaves of the tree, and are full: half of one goes back */
    HALVED,    /* shared; both buffers are full, and the leaves beside them half full */
    STATES
};

static const char *const state_names[STATES] = {"small",     "exclusive", "relaxed", "shared", "borrowing", "lending",
                                                "flattened", "orphaned",  "alone",   "pulled", "halved"};

static void must(struct list_world *w, struct list_op op)
{
    REQUIRE(list_world_apply(w, op) != STET_NO_MEMORY, "no memory to begin with");
}

/* Little enough to leave a borrowing node what it borrows. */
static void alter(struct list_world *w, unsigned h, unsigned where)
{
    must(w, (struct list_op){.code = LIST_SET, .a = (uint8_t)h, .i = (uint16_t)where, .value = 7});
}

/* One buffer of handle 0 goes, the leaf beside it is the buffer, and it is filled. */
static void pull(struct list_world *w, bool back, bool halved)
{
    const struct stet_tree_view *b = back ? &w->handle[0].tail : &w->handle[0].head;
    const struct list_op push = {.code = back ? LIST_PUSH_BACK : LIST_PUSH_FRONT, .value = 60};
    const struct list_op pop = {.code = back ? LIST_POP_BACK : LIST_POP_FRONT};
    unsigned full = 1u << w->subject->type->leaf_bits;
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

static unsigned borrowing, flattened; /* states entered in which the root of handle 0 is that */

static void enter(struct list_world *w, enum state state)
{
    unsigned n = size_for(w->subject);
    w->fill = true;
    w->fault = 0;
    list_world_fill(w, 0, 100, state == SMALL ? 3 : n);
    if (state == SMALL)
        return;
    for (unsigned i = 0; i < 3; i++) /* a head */
        must(w, (struct list_op){.code = LIST_PUSH_FRONT, .value = (uint16_t)(50 + i)});
    for (unsigned i = 0; i < 24 && state == RELAXED; i++)
        must(w, (struct list_op){.code = i % 3 ? LIST_INSERT_AT : LIST_ERASE_AT, .i = (uint16_t)(i * 2731)});
    if (state <= RELAXED)
        return;
    for (unsigned back = 0; back < 2 && state >= PULLED; back++)
        pull(w, back, state == HALVED);
    must(w, (struct list_op){.code = LIST_COPY, .b = 1});
    if (state == SHARED || state >= PULLED)
        return;
    alter(w, state == LENDING ? 1 : 0, 0x3000);
    if (state <= LENDING)
        return;
    must(w, (struct list_op){.code = LIST_COPY, .b = 2});
    alter(w, 0, 0x9000);
    if (state >= ORPHANED)
        list_world_drop(w, 1);
    if (state == ALONE)
        list_world_drop(w, 2);
    if (stet_ref_is_inner(w->handle[0].tree.root)) {
        borrowing += stet_ref_inner(w->handle[0].tree.root)->owner != 0;
        flattened += stet_ref_inner(w->handle[0].tree.root)->flattened != 0;
    }
}

/* ---- every operation, in each state, each request failing ---- */

#define FRONT 0
#define MIDDLE 0x8000
#define END 0xffff
#define LONG(n) ((uint32_t)(n) << 5)       /* an array of n < 48 elements */
#define LONGER(n) ((uint32_t)(n) << 5 | 1) /* an array of n elements */

/* On handle 0, or from it to 3; 1 and 2 may be empty. Elements have numbers from 50 on. */
static const struct list_op operations[] = {
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

#define OPERATIONS (sizeof operations / sizeof operations[0])

/* Drops the handles that are not empty in the i-th of their orders; returns how many orders there are. */
static unsigned drop_in_order(struct list_world *w, unsigned i)
{
    unsigned left[LISTS], n = 0, orders = 1;
    for (unsigned h = 0; h < LISTS; h++)
        if (w->model[h].size != 0)
            left[n++] = h;
    for (; n > 0; i /= n, orders *= n, n--) {
        unsigned at = i % n;
        list_world_drop(w, left[at]);
        memmove(&left[at], &left[at + 1], (n - 1 - at) * sizeof left[0]);
    }
    return orders;
}

/* In a fresh state, with the n-th request failing and `persist` - 1 more. Whether one did. */
static bool attempt(struct list_world *w, const struct list_op *op, enum state state, uint64_t n, uint64_t persist,
                    stet_result *result)
{
    enter(w, state);
    test_context("%s, %s: %s a %u b %u c %u i %x j %x more %x, request %llu failing%s", w->subject->name,
                 state_names[state], list_op_name(op->code), op->a, op->b, op->c, op->i, op->j, op->more,
                 (unsigned long long)n, persist == 1 ? "" : " and all after it");
    w->fault = n;
    w->persist = persist;
    *result = list_world_apply(w, *op);
    w->fault = 0;
    return w->requests >= n;
}

static void check_failed(struct list_world *w, const struct list_op *op, stet_result result)
{
    list_world_check(w);
    if (result != STET_NO_MEMORY)
        return;
    REQUIRE(list_world_apply(w, *op) != STET_NO_MEMORY, "fails again, with memory");
    list_world_check(w);
}

static void every_order(struct list_world *w, const struct list_op *op, enum state state, uint64_t n, uint64_t persist)
{
    stet_result result;
    for (unsigned i = 0, orders = 1; i < orders; i++) {
        attempt(w, op, state, n, persist, &result);
        orders = drop_in_order(w, i);
    }
    list_world_check(w); /* all is empty: nothing may be live */
}

static bool pops(unsigned code) { return code == LIST_POP_BACK || code == LIST_POP_FRONT; }

static void fail_each(struct list_world *w, const struct list_op *op, enum state state, uint64_t persist)
{
    stet_result result;
    uint64_t n = 1, last = 0;
    for (; attempt(w, op, state, n, persist, &result); n += 1 + (test_long() ? 0 : n / 3)) {
        REQUIRE(!pops(op->code) || state > RELAXED || result != STET_NO_MEMORY,
                "popping fails where nothing is shared");
        check_failed(w, op, result);
        drop_in_order(w, (unsigned)n);
        if (test_long())
            every_order(w, op, state, n, persist);
        last = n;
    }
    REQUIRE(result != STET_NO_MEMORY, "fails without a request that failed");
    list_world_check(w);
    drop_in_order(w, (unsigned)n);
    if (last != 0)
        every_order(w, op, state, last, persist);
}

static void each_request_fails(const struct list_subject *s)
{
    static struct list_world w;
    test_seed();
    list_world_begin(&w, s, LISTS, 0);
    for (unsigned i = 0; i < OPERATIONS; i++)
        for (enum state state = 0; state < STATES; state++) {
            fail_each(&w, &operations[i], state, 1);
            fail_each(&w, &operations[i], state, UINT64_MAX);
        }
    list_world_end(&w);
    test_nothing_live();
    REQUIRE((borrowing != 0) != s->type->node.exact, "%u states in which it borrows", borrowing);
    REQUIRE((flattened != 0) != s->type->node.exact, "%u states in which it is flattened", flattened);
}

/* ---- pops on a handle that shares nothing ---- */

/* A list that was made in one way or another loses all its elements, and no request would be granted. */
static void pops_never_fail(const struct list_subject *s)
{
    static struct list_world w;
    struct rng random = {rng_mix(test_seed(), 77)};
    unsigned n = size_for(s);
    list_world_begin(&w, s, 2, 0);
    for (unsigned round = 0; round < 24; round++) {
        list_world_fill(&w, 0, round, rng_below(&random, n));
        for (unsigned i = 0, inserts = round % 3 * n / 4; i < inserts; i++) {
            struct list_op op = {.code = round % 2 ? LIST_INSERT_AT : LIST_PUSH_FRONT,
                                 .i = (uint16_t)rng_next(&random)};
            must(&w, op);
        }
        if (round % 4 == 3)
            must(&w, (struct list_op){.code = LIST_APPEND});
        if (round % 8 >= 6) /* what is left of a slice is shared with nobody */
            must(&w, (struct list_op){.code = LIST_SLICE, .i = 0x2000, .j = 0xd000, .more = 1});
        if (round % 4 == 3) /* a list that is joined with itself shares with itself: one copy of each, once */
            must(&w, (struct list_op){.code = LIST_MAP});
        while (w.model[0].size != 0) {
            bool back = round % 3 == 2 ? rng_below(&random, 2) : round % 3;
            struct list_op op = {.code = back ? LIST_POP_BACK : LIST_POP_FRONT, .more = rng_below(&random, 4)};
            test_context("%s: round %u: %s of %u", s->name, round, list_op_name(op.code), w.model[0].size);
            w.fault = 1;
            w.persist = UINT64_MAX;
            REQUIRE(list_world_apply(&w, op) == STET_CHANGED, "popping fails where nothing is shared");
            if (w.model[0].size % 16 == 0)
                list_world_check(&w);
        }
        w.fault = 0;
    }
    list_world_end(&w);
    test_nothing_live();
}

/* ---- random programs whose every step fails at first ---- */

/* Mostly edits in one place, so that lists have time to grow. */
static struct list_op choose(struct rng *random)
{
    static const uint8_t often[] = {LIST_SET,         LIST_PUSH_BACK, LIST_PUSH_FRONT, LIST_POP_BACK,
                                    LIST_POP_FRONT,   LIST_INSERT_AT, LIST_ERASE_AT,   LIST_WITH,
                                    LIST_ERASE_RANGE, LIST_COPY,      LIST_SPLICE,     LIST_SLICE};
    struct list_op op = list_op_of(rng_next(random));
    if (rng_below(random, 4) != 0)
        op.code = often[rng_below(random, sizeof often)];
    return op;
}

static void each_step_fails(const struct list_subject *s)
{
    static struct list_world w;
    struct rng random = {rng_mix(test_seed(), (uint64_t)(s - list_subjects) + 1000)};
    list_world_begin(&w, s, LIST_HANDLES, 3 * size_for(s));
    list_world_fill(&w, 0, 1, size_for(s));
    for (unsigned step = 0, steps = test_long() ? 2000 : 100; step < steps; step++) {
        struct list_op op = choose(&random);
        w.persist = rng_below(&random, 2) == 0 ? 1 : UINT64_MAX;
        for (w.fault = 1;; w.fault += 1 + w.fault / 8) {
            test_context("%s: step %u: %s a %u b %u c %u i %u j %u value %u more %x, request %llu failing", s->name,
                         step, list_op_name(op.code), op.a, op.b, op.c, op.i, op.j, op.value, op.more,
                         (unsigned long long)w.fault);
            if (list_world_apply(&w, op) != STET_NO_MEMORY)
                break;
            if (w.fault < 8)
                list_world_check(&w);
        }
        if (step % 8 == 7)
            list_world_check(&w);
    }
    list_world_end(&w);
    test_nothing_live();
}

/* ---- the budget ---- */

/* Grows until the budget is spent, goes on within it, and grows again when it is lifted. */
static void budget_is_spent(const struct list_subject *s)
{
    static struct list_world w;
    struct rng random = {rng_mix(test_seed(), (uint64_t)(s - list_subjects) + 2000)};
    unsigned failures = 0;
    list_world_begin(&w, s, LIST_HANDLES, 0);
    list_world_fill(&w, 0, 0, 8);
    w.may_fail = true;
    stet_pool_trim();
    stet_pool_set_budget(stet_pool_stats().slab_bytes + (STET_POOL ? 0 : 4096)); /* what is in slabs can be used up */
    for (unsigned step = 0, steps = test_long() ? 20000 : 1500; step < steps; step++) {
        struct list_op op = choose(&random);
        if (op.code == LIST_DROP || op.code == LIST_DROP_LATER || op.code == LIST_ERASE_RANGE || op.code == LIST_SLICE)
            op.code = LIST_APPEND_ARRAY;
        test_context("%s: step %u: %s a %u b %u c %u i %u j %u value %u more %x, on a budget", s->name, step,
                     list_op_name(op.code), op.a, op.b, op.c, op.i, op.j, op.value, op.more);
        failures += list_world_apply(&w, op) == STET_NO_MEMORY;
        if (step % 128 == 127)
            list_world_check(&w);
    }
    list_world_check(&w);
    stet_pool_set_budget(1); /* less than is held: that stays */
    for (unsigned i = 0; i < 4000; i++)
        failures += list_world_apply(&w, (struct list_op){.code = i % 2 ? LIST_PUSH_BACK : LIST_PUSH_FRONT,
                                                          .a = (uint8_t)(i / 2)}) == STET_NO_MEMORY;
    list_world_check(&w);
    REQUIRE(failures != 0, "the budget was never spent");
    stet_pool_set_budget(0);
    w.may_fail = false;
    for (unsigned i = 0; i < 1000; i++)
        list_world_apply(&w, (struct list_op){.code = i % 2 ? LIST_PUSH_BACK : LIST_PUSH_FRONT});
    list_world_end(&w);
    test_nothing_live();
}

/* ---- what is left poor for want of memory ---- */

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
 * Appends with each request failing, and with all after it: until the trees are one, nothing has changed; from then on
 * the answer is that it is done, however little of the seam is mended. How often that was so.
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
            cr_assert_eq(numbers_erase_at(&l, numbers_size(left) - 1, NULL), STET_CHANGED);
            require_sound(&l, false);
            numbers_drop(&l);
        }
    }
    cr_assert_gt(refused, 0);
    numbers_drop(&expected);
    return half_mended;
}

/* The first leaf has a node to itself, and what is beside that is shared: there is nobody to take elements from. */
Test(list_memory, a_lonely_leaf_does_not_become_empty)
{
    test_seed();
    numbers l = numbers_upto(2 * WIDTH * LEAF + 1), shared = numbers_copy(&l);
    for (uint64_t i = 0; i <= LEAF; i++) /* a leaf in front of full nodes, and one element in front of it */
        REQUIRE(numbers_push_front(&l, i) == STET_CHANGED, "no memory to begin with");
    size_t size = numbers_size(&l);
    cr_assert(l.list_.head.n == 1 && stet_ref_inner(stet_children(stet_ref_inner(l.list_.tree.root))[0])->slots == 1);
    stet_pool_fault(1, UINT64_MAX);
    for (uint64_t i = LEAF, out; i-- > 1;) {
        cr_assert_eq(numbers_erase_at(&l, 1, &out), STET_CHANGED);
        cr_assert_eq(out, i);
        require_sound(&l, false);
    }
    cr_assert_gt(stet_pool_requests(), 0, "it did not even ask");
    cr_assert_eq(numbers_erase_at(&l, 1, NULL), STET_NO_MEMORY);
    stet_pool_fault_end();
    require_sound(&l, false);
    cr_assert_eq(numbers_size(&l), size - (LEAF - 1));
    cr_assert(*numbers_get(&l, 0) == LEAF && *numbers_get(&l, 1) == 0 && *numbers_get(&l, 2) == 0);
    refused_joins(&shared, &l); /* it is at the seam then, and may stay as it is */
    cr_assert_eq(numbers_erase_at(&l, 1, NULL), STET_CHANGED);
    require_sound(&l, true);
    cr_assert(*numbers_get(&l, 0) == LEAF && *numbers_get(&l, 1) == 0 && *numbers_get(&l, 2) == 1);
    numbers_drop(&l);
    numbers_drop(&shared);
    test_nothing_live();
}

/* Full roots; on one side of the seam nodes are well filled, on the other there is one of a single leaf. */
Test(list_memory, a_seam_is_mended_as_far_as_memory_goes)
{
    test_seed();
    numbers left = numbers_upto(((WIDTH - 1) * WIDTH + WIDTH / 2) * LEAF + 1), right = {0};
    numbers all = numbers_upto((WIDTH * WIDTH + 1) * LEAF);
    REQUIRE(numbers_pop_back(&left, NULL) == STET_CHANGED, "no memory to begin with"); /* no tail */
    REQUIRE(numbers_slice(&all, (WIDTH - 1) * LEAF, numbers_size(&all), &right) == STET_CHANGED, "no memory");
    cr_assert_gt(refused_joins(&left, &right), 0);
    numbers_drop(&left);
    numbers_drop(&right);
    numbers_drop(&all);
    test_nothing_live();
}

/* A tree of two leaves gets as many levels as the other one has, or none. */
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

#define TEST_OF(name, ...)                                                           \
    Test(list_memory, name) { each_request_fails(list_subject_named(#name)); }       \
    Test(list_memory_pops, name) { pops_never_fail(list_subject_named(#name)); }     \
    Test(list_memory_programs, name) { each_step_fails(list_subject_named(#name)); } \
    Test(list_memory_budget, name) { budget_is_spent(list_subject_named(#name)); }

LIST_SUBJECTS(TEST_OF)
