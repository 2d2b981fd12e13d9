/* SPDX-License-Identifier: MIT */
/*
 * list/shape.c - the nodes of lists, and which of them are shared: tested by walks over the nodes, and by counting
 * requests and comparisons. Height and fill stay bounded, regular lists stay radix-indexed, and edits cost what list.h
 * says.
 */
#include <stet/list.h>

#include "support/list_check.h"
#include "support/live.h"
#include "support/testing.h"

STET_LIST(words, uint64_t, stet_u64)

#define LEAF (1u << STET_TREE_LEAF_BITS(sizeof(uint64_t)))
#define WIDTH STET_TREE_WIDTH

/* Enough for a tree of several levels. */
#ifdef SANITIZED
enum { BIG = STET_TINY_NODES ? 3001 : 140001 };
#else
enum { BIG = STET_TINY_NODES ? 100001 : 1000001 };
#endif

static words up_to(size_t n)
{
    words l = {0};
    for (uint64_t i = 0; i < n; i++)
        cr_assert_eq(words_push_back(&l, i), STET_CHANGED);
    return l;
}

static void is_sound(const words *l)
{
    const char *error = list_check(&words_list_type_, &l->list_, true);
    cr_assert_null(error, "%s", error);
}

static struct list_shape shape_of(const words *l) { return list_shape(&l->list_); }

/* Returns the number of tables, narrow and wide. */
static size_t tables_of(const words *l)
{
    struct list_shape shape = shape_of(l);
    return shape.kinds[STET_TREE_TABLE] + shape.kinds[STET_TREE_WIDE];
}

/* ---- bounds ---- */

/*
 * Returns how high a tree of n elements may be. The root has three children or more, or two that would not fit into
 * half a node. All nodes but those on the two edges have at least WIDTH / 4 children, and leaves are half full. So
 * below the root there is one node, or nearly two, in which nothing is underfull. (In tiny builds a quarter of the
 * width is 1, and only the mending of seams bounds the height; 2 children were found to be the least.)
 */
static unsigned height_bound(size_t n)
{
    unsigned height = 1, least = STET_TINY_NODES ? 2 : WIDTH / 4;
    for (size_t elements = LEAF / 2 * least; elements <= n; elements *= least)
        height++;
    return height;
}

/* Asserts the height, and, of lists of many leaves, the average fill: leaves are half full, inner nodes a quarter. */
static void is_bounded(const words *l)
{
    is_sound(l);
    struct list_shape shape = shape_of(l);
    cr_assert_leq(shape.height, height_bound(words_size(l)), "height %u of %zu elements", shape.height, words_size(l));
    if (shape.leaves < 8 * WIDTH)
        return;
    cr_assert_geq(l->list_.tree.size * 2, shape.leaves * LEAF, "%zu leaves of %zu", shape.leaves,
                  (size_t)l->list_.tree.size);
    cr_assert_geq(shape.slots * 4, shape.inner * WIDTH, "%zu nodes of %zu slots", shape.inner, shape.slots);
}

/*
 * Concatenates and slices eight lists at random (100,000 times in long tests), with `edits` of one element in between.
 */
static void concats_and_slices(uint64_t salt, unsigned edits)
{
    enum { LISTS = 8 };
    const unsigned limit = STET_TINY_NODES ? 4000 : 60000, steps = test_long() ? 100000 : 2000;
    struct rng random = {rng_mix(test_seed(), salt)};
    words l[LISTS];
    for (unsigned i = 0; i < LISTS; i++)
        l[i] = up_to(limit / (i + 1));
    for (unsigned step = 0; step < steps; step++) {
        words *a = &l[rng_below(&random, LISTS)], *b = &l[rng_below(&random, LISTS)];
        words *out = &l[rng_below(&random, LISTS)];
        unsigned n = (unsigned)words_size(a);
        test_context("step %u", step);
        if (n + words_size(b) <= limit && rng_below(&random, 8) != 0) {
            cr_assert_neq(words_concat(a, b, out), STET_NO_MEMORY);
        } else {
            unsigned from = rng_below(&random, n / 2 + 1), to = n - rng_below(&random, n / 3 + 1);
            cr_assert_neq(words_slice(a, from, to > from ? to : from, out), STET_NO_MEMORY);
        }
        for (unsigned i = 0; i < edits; i++) {
            size_t at = rng_below(&random, (unsigned)words_size(out) + 1);
            if (rng_below(&random, 2) == 0)
                cr_assert_eq(words_insert_at(out, at, i), STET_CHANGED);
            else if (at < words_size(out))
                cr_assert_eq(words_pop_at(out, at, NULL), STET_CHANGED);
        }
        is_bounded(out);
    }
    for (unsigned i = 0; i < LISTS; i++)
        words_drop(&l[i]);
}

LIVE_TEST(list_shape, random_concats_and_slices) { concats_and_slices(1, 0); }
LIVE_TEST(list_shape, random_concats_and_slices_and_edits) { concats_and_slices(2, 4); }

/* A list that shrinks by removals of single elements everywhere is as bounded as one that grew. */
LIVE_TEST(list_shape, random_erasures)
{
    struct rng random = {rng_mix(test_seed(), 3)};
    words l = up_to(BIG / 8);
    while (words_size(&l) > 0) {
        cr_assert_eq(words_pop_at(&l, rng_below(&random, (unsigned)words_size(&l)), NULL), STET_CHANGED);
        if (words_size(&l) % 512 == 0 || words_size(&l) < 64)
            is_bounded(&l);
    }
}

/* A leaf may be underfull while it is the whole tree, but not when there are leaves on both sides of it. */
LIVE_TEST(list_shape, a_poor_leaf_does_not_get_inside)
{
    words l = up_to(2 * LEAF);
    for (unsigned i = 0; i < LEAF; i++)
        cr_assert_eq(words_push_front(&l, i), STET_CHANGED);
    for (unsigned i = 1; i < LEAF; i++)
        cr_assert_eq(words_pop_at(&l, LEAF, NULL), STET_CHANGED);
    cr_assert_eq(l.list_.tree.size, 1);
    for (unsigned i = 0; i < 2; i++) { /* half of a full buffer moves into the tree */
        cr_assert_eq(words_insert_at(&l, i == 0 ? words_size(&l) - LEAF / 2 : LEAF / 2, i), STET_CHANGED);
        is_sound(&l);
    }
    cr_assert_gt(l.list_.tree.size, LEAF);
    words_drop(&l);
}

/* ---- regular ---- */

/* Returns the height of a tree of n elements in which every node but the last of each level is full. */
static unsigned full_height(size_t n)
{
    unsigned height = 0;
    for (size_t of_tree = LEAF; of_tree < n; of_tree *= WIDTH)
        height++;
    return height;
}

/* Asserts that no node is a table, and that all nodes but those of the left edge are radix. */
static void is_regular(const words *l, bool from_the_front)
{
    struct list_shape shape = shape_of(l);
    is_sound(l);
    cr_assert_eq(tables_of(l), 0, "%zu tables", tables_of(l));
    cr_assert_leq(shape.kinds[STET_TREE_OFFSET], from_the_front ? shape.height : 0);
    cr_assert_leq(shape.height, full_height(words_size(l)) + 1);
}

LIVE_TEST(list_shape, what_is_pushed_stays_radix)
{
    words back = {0}, front = {0}, both = {0};
    for (uint64_t i = 0; i < BIG; i++) {
        cr_assert_eq(words_push_back(&back, i), STET_CHANGED);
        cr_assert_eq(words_push_front(&front, i), STET_CHANGED);
        cr_assert_eq(i % 3 == 0 ? words_push_front(&both, i) : words_push_back(&both, i), STET_CHANGED);
        if (i % (BIG / 8) == 7) {
            is_regular(&back, false);
            is_regular(&front, true);
            is_regular(&both, true);
        }
    }
    for (uint64_t i = 0; i < BIG; i++) {
        cr_assert_eq(words_pop_back(&front, NULL), STET_CHANGED);
        cr_assert_eq(words_pop_front(&back, NULL), STET_CHANGED);
        cr_assert_eq(i % 5 < 2 ? words_pop_front(&both, NULL) : words_pop_back(&both, NULL), STET_CHANGED);
        if (i % (BIG / 8) == 7) {
            is_regular(&back, true);
            is_regular(&front, true);
            is_regular(&both, true);
        }
    }
}

/* A queue: elements are appended at the back and removed at the front. */
LIVE_TEST(list_shape, a_queue_stays_radix)
{
    words l = up_to(BIG / 50);
    for (uint64_t i = 0; i < BIG / 4; i++) {
        uint64_t value;
        cr_assert_eq(words_push_back(&l, BIG / 50 + i), STET_CHANGED);
        cr_assert_eq(words_pop_front(&l, &value), STET_CHANGED);
        cr_assert_eq(value, i);
        if (i % (BIG / 64) == 0)
            is_regular(&l, true);
    }
    words_drop(&l);
}

LIVE_TEST(list_shape, slices_of_radix_are_radix)
{
    struct rng random = {rng_mix(test_seed(), 4)};
    words l = up_to(BIG);
    while (words_size(&l) > 1) {
        unsigned n = (unsigned)words_size(&l), from = rng_below(&random, n / 8 + 1),
                 to = n - rng_below(&random, n / 8 + 1);
        cr_assert_neq(words_slice(&l, from, to - (from == 0 && to == n), &l), STET_NO_MEMORY);
        is_regular(&l, true);
    }
    words_drop(&l);
}

/* A join makes tables only along the seam. */
LIVE_TEST(list_shape, joined_radix_is_radix_but_for_the_seam)
{
    words a = up_to(BIG / 3 + 1), b = up_to(BIG / 2);
    cr_assert_eq(words_append(&a, &b), STET_CHANGED);
    is_sound(&a);
    cr_assert_leq(tables_of(&a), 2 * shape_of(&a).height);
    cr_assert_eq(words_insert_at(&a, BIG / 7, 0), STET_CHANGED);
    cr_assert_leq(tables_of(&a), 3 * shape_of(&a).height);
    words_drop(&a);
    words_drop(&b);
}

/*
 * When an inner leaf loses an element, its node becomes a table; when the leaf is full again, the node is radix again.
 */
LIVE_TEST(list_shape, a_table_becomes_radix_again)
{
    words l = up_to(WIDTH / 2 * LEAF);
    size_t inside = LEAF + 1; /* in the second leaf */
    is_regular(&l, false);
    cr_assert_eq(words_pop_at(&l, inside, NULL), STET_CHANGED);
    is_sound(&l);
    cr_assert_eq(tables_of(&l), 1);
    cr_assert_eq(words_insert_at(&l, inside, 0), STET_CHANGED);
    is_regular(&l, false);
    words_drop(&l);
}

/* ---- small and large ---- */

static bool is_small(const words *l) { return l->list_.tree.root == 0 && l->list_.head.leaf == NULL; }

LIVE_TEST(list_shape, becomes_large_and_small_again)
{
    words l = {0};
    for (unsigned round = 0; round < 8; round++) {
        for (uint64_t i = 0; i < 40 * LEAF; i++) {
            bool back = round % 2 == 0 || (round >= 4 && i % 2 == 0);
            cr_assert_eq(back ? words_push_back(&l, i) : words_push_front(&l, i), STET_CHANGED);
            cr_assert(words_size(&l) > LEAF || is_small(&l), "of %zu elements, but not small", words_size(&l));
        }
        cr_assert_not(is_small(&l));
        for (size_t n = words_size(&l); n > 0; n--) {
            if (round == 0 || round == 5)
                cr_assert_eq(words_pop_back(&l, NULL), STET_CHANGED);
            else if (round == 1 || round == 4)
                cr_assert_eq(words_pop_front(&l, NULL), STET_CHANGED);
            else if (round == 2)
                cr_assert_eq(words_slice(&l, 1, n, &l), STET_CHANGED);
            else if (round == 3)
                cr_assert_eq(words_slice(&l, 0, n - 1, &l), STET_CHANGED);
            else
                cr_assert_eq(words_pop_at(&l, n / 2, NULL), STET_CHANGED);
            is_sound(&l);
            if (n - 1 <= LEAF / 2 && round < 6) /* removals in the middle may leave a leaf on each side */
                cr_assert(is_small(&l) || l.list_.tree.root == 0);
        }
        cr_assert(is_small(&l));
    }
}

/* A short list is one block, at most half of which is free, except for the smallest block. */
LIVE_TEST(list_shape, short_lists_have_the_right_size)
{
    for (unsigned n = 1; n <= LEAF; n++) {
        uint64_t elements[128] = {0};
        words l, pushed = {0};
        int64_t before = stet_pool_stats().live_bytes;
        cr_assert_eq(words_from_array(elements, n, &l), STET_CHANGED);
        int64_t bytes = stet_pool_stats().live_bytes - before, payload = 8 * n;
        cr_assert_leq(bytes, STET_TINY_NODES ? 64 : 2 * payload + 64, "%u elements: %lld bytes", n, (long long)bytes);
        cr_assert_eq(stet_pool_stats().live_blocks, 1);
        words_drop(&l);
        for (unsigned i = 0; i < n; i++)
            cr_assert_eq(words_push_back(&pushed, i), STET_CHANGED);
        cr_assert_eq(stet_pool_stats().live_blocks, 1);
        cr_assert_eq(stet_pool_stats().live_bytes - before, bytes, "pushed one by one, it is no larger");
        words_drop(&pushed);
    }
}

/* ---- requests: the ends ---- */

static uint64_t requests_of_pushes(words *l, unsigned n, bool back)
{
    count_requests();
    for (unsigned i = 0; i < n; i++)
        cr_assert_eq(back ? words_push_back(l, i) : words_push_front(l, i), STET_CHANGED);
    return counted_requests();
}

/* In place, pushes request one leaf for LEAF elements, and one node for WIDTH leaves. */
LIVE_TEST(list_shape, pushes_in_place_ask_for_leaves_only)
{
    for (unsigned back = 0; back < 2; back++) {
        words l = up_to(3 * LEAF);
        uint64_t leaves = BIG / LEAF + 2, inner = leaves / WIDTH * 2 + 8;
        cr_assert_leq(requests_of_pushes(&l, BIG, back), leaves + inner);
        count_requests();
        for (size_t n = words_size(&l); n > 0; n--)
            cr_assert_eq(n % 2 == 0 ? words_pop_back(&l, NULL) : words_pop_front(&l, NULL), STET_CHANGED);
        cr_assert_eq(counted_requests(), 0, "pops of a list that shares nothing");
    }
}

/*
 * If every version is kept, pushes request a leaf for LEAF elements, which grows by a quarter each time that it is
 * full, and a path for each leaf.
 */
LIVE_TEST(list_shape, pushes_to_kept_versions_share_the_leaf)
{
    enum { VERSIONS = 20 * LEAF };
    static words version[VERSIONS + 1];
    for (unsigned back = 0; back < 2; back++) {
        version[0] = up_to(BIG);
        uint64_t growths = STET_TINY_NODES ? 3 : 12, each = growths + shape_of(&version[0]).height + 2;
        count_requests();
        for (unsigned i = 0; i < VERSIONS; i++) {
            version[i + 1] = words_copy(&version[i]);
            cr_assert_eq(back ? words_push_back(&version[i + 1], i) : words_push_front(&version[i + 1], i),
                         STET_CHANGED);
        }
        uint64_t requests = counted_requests();
        cr_assert_leq(requests, (VERSIONS / LEAF + 1) * each, "%llu requests", (unsigned long long)requests);
        for (unsigned i = 0; i <= VERSIONS; i++) {
            cr_assert_eq(words_size(&version[i]), BIG + i);
            cr_assert(i == 0 || (back ? *words_back(&version[i]) : *words_front(&version[i])) == i - 1);
            words_drop(&version[i]);
        }
    }
}

/* Returns the number of nodes from the root to an element. */
static uint64_t path_of(const words *l) { return (uint64_t)shape_of(l).height + 1; }

/* Returns a bound for the few steps that cost a path each; the many steps after these cost none. */
static uint64_t few_paths(const words *l) { return 4 * (path_of(l) + 2); }

static void step_at(words *l, bool back, bool push)
{
    if (push)
        cr_assert_eq(back ? words_push_back(l, 7) : words_push_front(l, 7), STET_CHANGED);
    else
        cr_assert_eq(back ? words_pop_back(l, NULL) : words_pop_front(l, NULL), STET_CHANGED);
}

/*
 * Alternates between `depth` pushes and `depth` pops, after `offset` pushes. Each turn may request one new leaf, and
 * only one or two turns a path. If each version is kept, each turn may also copy the leaf, whose room grows by a
 * quarter.
 */
static void to_and_fro(unsigned offset, unsigned depth, bool back, bool kept, bool pushes_first)
{
    enum { STEPS = 128 };
    words version[STEPS], l = up_to(3 * WIDTH * LEAF);
    for (unsigned i = 0; i < offset; i++)
        step_at(&l, back, true);
    unsigned versions = 0, times = STEPS / (2 * depth);
    uint64_t bound = (kept ? 2 : 1) * times + few_paths(&l);
    count_requests();
    for (unsigned i = 0; i < STEPS; i++) {
        if (kept)
            version[versions++] = words_copy(&l);
        step_at(&l, back, (i / depth % 2 == 0) == pushes_first);
    }
    cr_assert_leq(counted_requests(), bound, "offset %u, depth %u, versions kept: %d", offset, depth, kept);
    is_regular(&l, true);
    words_drop(&l);
    while (versions > 0)
        words_drop(&version[--versions]);
}

LIVE_TEST(list_shape, to_and_fro_at_the_edge_of_a_buffer)
{
    for (unsigned offset = 0; offset < 2 * LEAF; offset++) /* reaches the edge of a node, too */
        for (unsigned kind = 0; kind < 8; kind++)
            for (unsigned depth = 1; depth <= LEAF / 2; depth *= 2)
                to_and_fro(offset, depth, kind & 1, kind & 2, kind & 4);
}

/*
 * Any mix of pushes and pops at both ends makes only a few requests for half a leaf of steps, in place or with versions
 * kept.
 */
LIVE_TEST(list_shape, any_mix_at_both_ends)
{
    enum { STEPS = 100 * LEAF };
    static words version[STEPS];
    struct rng random = {rng_mix(test_seed(), 7)};
    for (unsigned kept = 0; kept < 2; kept++) {
        words l = up_to(BIG / 8);
        unsigned versions = 0, bursts = 0;
        uint64_t paths = STEPS / (LEAF / 2) * few_paths(&l);
        count_requests();
        for (unsigned step = 0; step < STEPS; bursts++) {
            bool back = rng_below(&random, 2), push = rng_below(&random, 2);
            for (unsigned n = 1 + rng_below(&random, rng_below(&random, 2) ? 2 : LEAF); n > 0 && step < STEPS; n--) {
                if (kept)
                    version[versions++] = words_copy(&l);
                step_at(&l, back, push);
                step++;
            }
        }
        cr_assert_leq(counted_requests(), (kept ? 4 : 1) * bursts + paths, "versions kept: %u", kept);
        is_regular(&l, true);
        words_drop(&l);
        while (versions > 0)
            words_drop(&version[--versions]);
    }
}

/* ---- requests: the middle ---- */

#define AT_MOST(bound, call)                                                                                    \
    do {                                                                                                        \
        count_requests();                                                                                       \
        cr_assert_eq(call, STET_CHANGED);                                                                       \
        uint64_t requests_ = counted_requests();                                                                \
        cr_assert_leq(requests_, (bound), "%llu requests, at most %llu: " #call, (unsigned long long)requests_, \
                      (unsigned long long)(bound));                                                             \
    } while (0)

/* Edits versions that another handle has, too, so that nothing happens in place. */
static void edits_ask_for_paths(const words *l, struct rng *random)
{
    static uint64_t array[40 * LEAF];
    unsigned n = (unsigned)words_size(l);
    uint64_t path = path_of(l);
    for (unsigned i = 0; i < 100; i++) {
        unsigned from = rng_below(random, n - 1), to = from + 1 + rng_below(random, n - from - 1);
        unsigned k = 1 + rng_below(random, 40 * LEAF);
        words copy = words_copy(l), part = {0}, other = {0};
        AT_MOST(path, words_with(l, from, UINT64_MAX, &part));
        AT_MOST(2 * path + 1, words_with_inserted(l, from, UINT64_MAX, &part)); /* each node may split */
        AT_MOST(2 * path + 1, words_without(l, from, &part));                   /* or merge with a neighbour */
        AT_MOST(2 * path + 1,
                words_slice(l, from, to, &part)); /* two cuts, and a root that takes in its two children */
        is_bounded(&part);
        AT_MOST(4 * path + 2, words_concat(l, &part, &other)); /* a seam, and a neighbour of each node at the seam */
        is_bounded(&other);
        AT_MOST(4 * path + 2, words_concat(&part, l, &other));
        AT_MOST(4 * path + 2, words_concat(l, l, &other));
        AT_MOST(2 * path + 2, words_split_at(l, to, &part, &other)); /* for each part, a cut and a root */
        AT_MOST(8 * path + 2, words_splice(&copy, from, to, &part)); /* two cuts, two seams */
        is_bounded(&copy);
        words_drop(&copy);
        copy = words_copy(l);
        AT_MOST(5 * path + 2, words_erase_range(&copy, from, to));
        words_drop(&copy);
        copy = words_copy(l);
        AT_MOST(8 * path + 2 + k / LEAF * 4 / 3, words_insert_array(&copy, from, array, k));
        is_bounded(&copy);
        words_drop(&copy);
        copy = words_copy(l);
        AT_MOST(2 * path + k / LEAF * 4 / 3, words_append_array(&copy, array, k));
        words_drop(&copy);
        words_drop(&part);
        words_drop(&other);
    }
}

LIVE_TEST(list_shape, edits_ask_for_a_path_and_ranges_for_a_few)
{
    struct rng random = {rng_mix(test_seed(), 5)};
    for (unsigned n = 20 * LEAF; n <= BIG; n *= 7) {
        words l = up_to(n);
        edits_ask_for_paths(&l, &random);
        for (unsigned i = 0; i < 200; i++) { /* so that the list is no longer regular */
            size_t from = rng_below(&random, n / 2), to = from + n / 2;
            words part = {0};
            cr_assert_eq(words_slice(&l, from, to, &part), STET_CHANGED);
            cr_assert_eq(words_slice(&l, from / 2, from / 2 + n - n / 2, &l), STET_CHANGED);
            cr_assert_eq(words_append(&l, &part), STET_CHANGED);
            cr_assert_eq(words_pop_at(&l, from, NULL), STET_CHANGED);
            cr_assert_eq(words_insert_at(&l, to, i), STET_CHANGED);
            words_drop(&part);
        }
        edits_ask_for_paths(&l, &random);
        words_drop(&l);
    }
}

/* An exclusive path is not copied. */
LIVE_TEST(list_shape, edits_in_place_ask_for_nothing)
{
    struct rng random = {rng_mix(test_seed(), 6)};
    words l = up_to(BIG);
    uint64_t *element;
    count_requests();
    for (unsigned i = 0; i < 1000; i++) {
        size_t at = rng_below(&random, BIG);
        cr_assert_eq(words_set(&l, at, UINT64_MAX - i), STET_CHANGED);
        cr_assert_eq(words_edit(&l, at, &element), STET_CHANGED);
        cr_assert_eq(*element, UINT64_MAX - i);
    }
    cr_assert_eq(counted_requests(), 0);
    words_drop(&l);
}

/* ---- nothing changes ---- */

static bool is_any(void *context, uint64_t const *element)
{
    (void)context, (void)element;
    return true;
}

static void as_it_was(void *context, uint64_t const *old, uint64_t *value)
{
    (void)context;
    *value = *old;
}

LIVE_TEST(list_shape, what_changes_nothing_makes_nothing)
{
    words l = up_to(BIG), before = words_copy(&l), empty = {0}, out = {0};
    count_requests();
    for (size_t i = 0; i < BIG; i += 99)
        cr_assert_eq(words_set(&l, i, i), STET_UNCHANGED);
    cr_assert_eq(words_filter(&l, is_any, NULL), STET_UNCHANGED);
    cr_assert_eq(words_map(&l, as_it_was, NULL), STET_UNCHANGED);
    cr_assert_eq(words_sort(&l), STET_UNCHANGED);
    cr_assert_eq(words_append(&l, &empty), STET_UNCHANGED);
    cr_assert_eq(words_append_array(&l, NULL, 0), STET_UNCHANGED);
    cr_assert_eq(words_insert_list(&l, 7, &empty), STET_UNCHANGED);
    cr_assert_eq(words_insert_array(&l, 7, NULL, 0), STET_UNCHANGED);
    cr_assert_eq(words_erase_range(&l, 7, 7), STET_UNCHANGED);
    cr_assert_eq(words_splice(&l, 7, 7, &empty), STET_UNCHANGED);
    cr_assert(words_identical(&l, &before));
    cr_assert_eq(words_concat(&l, &empty, &out), STET_UNCHANGED);
    cr_assert(words_identical(&out, &l));
    cr_assert_eq(words_concat(&empty, &l, &out), STET_CHANGED);
    cr_assert(words_identical(&out, &l));
    cr_assert_eq(words_slice(&l, 0, BIG, &out), STET_UNCHANGED);
    cr_assert(words_identical(&out, &l));
    cr_assert_eq(words_with(&l, 5, 5, &out), STET_UNCHANGED);
    cr_assert(words_identical(&out, &l));
    cr_assert_eq(counted_requests(), 0);
    words_drop(&l);
    words_drop(&before);
    words_drop(&out);
}

/* ---- shared nodes are skipped ---- */

/* An element whose comparisons are counted. */
struct counting {
    uint64_t n;
};
static size_t compared;

static uint64_t counting_hash(const struct counting *c, uint64_t seed) { return c->n ^ seed; }
static bool counting_equal(const struct counting *a, const struct counting *b)
{
    compared++;
    return a->n == b->n;
}
STET_TYPE(counting_type, struct counting, counting_hash, counting_equal)
STET_LIST(counted, struct counting, counting_type)

static counted counted_up_to(size_t n)
{
    counted l = {0};
    for (uint64_t i = 0; i < n; i++)
        cr_assert_eq(counted_push_back(&l, (struct counting){i}), STET_CHANGED);
    compared = 0;
    return l;
}

static bool count_hunk(void *context, size_t a_from, size_t a_to, size_t b_from, size_t b_to)
{
    size_t *sums = context;
    sums[0]++;
    sums[1] += a_to - a_from;
    sums[2] += b_to - b_from;
    return true;
}

/* A bound for the elements in leaves near `edits` differences, which the versions do not share. */
#define NEAR(edits) ((edits)*8 * LEAF)

LIVE_TEST(list_shape, equal_and_diff_pass_over_what_is_shared)
{
    enum { EDITS = 10 };
    counted a = counted_up_to(BIG), b = counted_copy(&a);
    size_t sums[3] = {0};
    cr_assert(counted_equal(&a, &b));
    cr_assert(counted_diff(&a, &b, count_hunk, sums));
    cr_assert_eq(compared, 0);
    cr_assert_eq(sums[0], 0);

    for (size_t i = 0; i < EDITS; i++) /* the first edit is behind nine tenths of the list, so equal has to find it */
        cr_assert_eq(counted_set(&b, BIG / 10 * 9 + i * (BIG / 200), (struct counting){BIG + i}), STET_CHANGED);
    compared = 0;
    cr_assert_not(counted_equal(&a, &b));
    cr_assert_leq(compared, NEAR(1), "%zu compared", compared);
    compared = 0;
    cr_assert(counted_diff(&a, &b, count_hunk, sums));
    cr_assert_leq(compared, NEAR(EDITS), "%zu compared", compared);
    cr_assert_eq(sums[0], EDITS);
    cr_assert_eq(sums[1], EDITS);
    cr_assert_eq(sums[2], EDITS);
    counted_drop(&b);

    b = counted_copy(&a); /* leaves behind an insertion are shared, but at other indices */
    for (size_t i = 0; i < EDITS; i++)
        cr_assert_eq(counted_insert_at(&b, BIG / EDITS * i + 1000 / EDITS, (struct counting){BIG + i}), STET_CHANGED);
    memset(sums, 0, sizeof sums);
    compared = 0;
    cr_assert_not(counted_equal(&a, &b));
    cr_assert(counted_diff(&a, &b, count_hunk, sums));
    cr_assert_leq(compared, NEAR(EDITS), "%zu compared", compared);
    cr_assert_leq(sums[2], NEAR(EDITS));
    cr_assert_eq(sums[2] - sums[1], EDITS);
    counted_drop(&b);

    cr_assert_eq(counted_slice(&a, BIG / 4, BIG, &b), STET_CHANGED); /* b is the end of a: one hunk is missing */
    memset(sums, 0, sizeof sums);
    compared = 0;
    cr_assert(counted_diff(&a, &b, count_hunk, sums));
    cr_assert_leq(compared, NEAR(2), "%zu compared", compared);
    cr_assert_eq(sums[0], 1);
    cr_assert_eq(sums[1], BIG / 4);
    cr_assert_eq(sums[2], 0);
    counted_drop(&a);
    counted_drop(&b);
}

/* Elements that moved are reported as missing in one place and new in another; the larger part is not reported. */
LIVE_TEST(list_shape, diff_keeps_the_longest_common_order)
{
    enum { MOVED = 8 * LEAF };
    counted a = counted_up_to(BIG), front = {0}, b = {0};
    size_t sums[3] = {0};
    cr_assert_eq(counted_slice(&a, 0, MOVED, &front), STET_CHANGED);
    cr_assert_eq(counted_slice(&a, MOVED, BIG, &b), STET_CHANGED);
    cr_assert_eq(counted_append(&b, &front), STET_CHANGED);
    cr_assert_eq(counted_pop_back(&b, NULL), STET_CHANGED); /* equal sizes would be compared place by place */
    cr_assert(counted_diff(&a, &b, count_hunk, sums));
    cr_assert_leq(sums[1], MOVED + 2 * LEAF, "%zu elements gone", sums[1]);
    counted_drop(&a);
    counted_drop(&front);
    counted_drop(&b);
}

/* Lists that were made separately share nothing; each pair of elements is compared, once. */
LIVE_TEST(list_shape, equal_compares_what_is_not_shared_once)
{
    counted a = counted_up_to(BIG / 8), b = counted_up_to(BIG / 8);
    cr_assert(counted_equal(&a, &b));
    cr_assert_eq(compared, BIG / 8);
    cr_assert_eq(counted_push_back(&b, (struct counting){0}), STET_CHANGED);
    compared = 0;
    cr_assert_not(counted_equal(&a, &b));
    cr_assert_eq(compared, 0, "the sizes tell");
    counted_drop(&a);
    counted_drop(&b);
}

static void but_one(void *context, uint64_t const *old, uint64_t *value)
{
    *value = *old + (*old == *(const uint64_t *)context);
}

static bool is_not_one(void *context, uint64_t const *element) { return *element != *(const uint64_t *)context; }

LIVE_TEST(list_shape, map_and_filter_keep_what_stays)
{
    words l = up_to(BIG), before = words_copy(&l);
    uint64_t one = BIG / 2;
    AT_MOST(path_of(&l), words_map(&l, but_one, &one));
    words_drop(&l);
    l = words_copy(&before);
    AT_MOST(6 * path_of(&l), words_filter(&l, is_not_one, &one));
    is_bounded(&l);
    cr_assert_eq(words_size(&l), BIG - 1);
    words_drop(&l);
    words_drop(&before);
}
