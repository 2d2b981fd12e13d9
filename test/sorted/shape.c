/* SPDX-License-Identifier: MIT */
/* sorted/shape.c - trees that random programs seldom make, checked by sorted_check(). */
#include "support/live.h"
#include "support/sorted_check.h"

#include <stet/sorted_map.h>
#include <stet/sorted_set.h>

STET_SORTED_SET(ids, uint64_t, stet_u64)
STET_SORTED_SET(lines, stet_str, stet_str_type)
STET_SORTED_MAP(steps, int64_t, uint64_t, stet_i64, stet_u64)

#define LEAF (1u << STET_SORTED_LEAF_BITS(sizeof(uint64_t), false))

static void is_sound(const ids *s)
{
    const char *error = sorted_check(&ids_sorted_type_, &s->sorted_.tree_, true);
    cr_assert_null(error, "%zu keys: %s", ids_size(s), error);
}

/* Returns n keys from `first` on, appended one by one. */
static ids appended(uint64_t first, size_t n)
{
    ids s = {0};
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(ids_append(&s, first + i), STET_CHANGED);
    return s;
}

/*
 * Keys in order leave a short leaf at the end, sometimes as the last child that its node has room for. A union, a
 * filter or a join that puts entries behind this leaf must not leave it short.
 */
LIVE_TEST(sorted_shape, a_short_leaf_at_the_end_does_not_stay_inside)
{
    size_t node = (LEAF - 1) * STET_TREE_WIDTH;
    for (size_t n = node - 2 * LEAF; n < node + 2 * LEAF; n++) {
        ids s = appended(0, n), few = appended(n, LEAF / 2 + 1), many = appended(n, node), both = {0};
        is_sound(&s);
        cr_assert_eq(ids_union(&s, &few, &both), STET_CHANGED);
        is_sound(&both);
        cr_assert_eq(ids_union(&s, &many, &both), STET_CHANGED);
        is_sound(&both);
        cr_assert_eq(ids_join(&s, &few), STET_CHANGED);
        is_sound(&s);
        ids_drop(&s);
        ids_drop(&few);
        ids_drop(&many);
        ids_drop(&both);
    }
}

/* The same at the front, of keys that descend. */
LIVE_TEST(sorted_shape, a_short_leaf_in_front_does_not_stay_inside)
{
    size_t node = (LEAF - 1) * STET_TREE_WIDTH;
    for (size_t n = node - LEAF; n < node + LEAF; n++) {
        ids s = {0}, few = appended(1000, LEAF / 2 + 1), both = {0};
        for (size_t i = 0; i < n; i++)
            cr_assert_eq(ids_add(&s, 1000000 - i), STET_CHANGED);
        is_sound(&s);
        cr_assert_eq(ids_union(&s, &few, &both), STET_CHANGED);
        is_sound(&both);
        cr_assert_eq(ids_join(&few, &s), STET_CHANGED);
        is_sound(&few);
        ids_drop(&s);
        ids_drop(&few);
        ids_drop(&both);
    }
}

/* Wherever a collection is split, both parts are sound, and so is the collection that is joined of them. */
LIVE_TEST(sorted_shape, every_cut_and_join)
{
    size_t n = STET_TINY_NODES ? 600 : 3000;
    for (size_t at = 0; at <= n; at += STET_TINY_NODES ? 1 : 7) {
        ids s = appended(0, n), back = {0}, part = {0};
        uint64_t from = at / 2, to = at;
        cr_assert_eq(ids_slice(&s, &from, &to, &part), at == n && from == 0 ? STET_UNCHANGED : STET_CHANGED);
        is_sound(&part);
        cr_assert_eq(ids_split(&s, at, &back), at == n ? STET_UNCHANGED : STET_CHANGED);
        is_sound(&s);
        is_sound(&back);
        cr_assert_eq(ids_join(&s, &back), at == n ? STET_UNCHANGED : STET_CHANGED);
        is_sound(&s);
        cr_assert_eq(ids_erase_range(&s, &from, &to), from < to ? STET_CHANGED : STET_UNCHANGED);
        is_sound(&s);
        cr_assert_eq(ids_size(&s), n - (to - from));
        ids_drop(&s);
        ids_drop(&back);
        ids_drop(&part);
    }
}

/* Joins the first x keys and those from the y-th on. */
static void join_parts(const ids *all, size_t x, size_t y)
{
    ids joined = {0}, back = {0};
    cr_assert_eq(ids_slice_at(all, 0, x, &joined), STET_CHANGED);
    cr_assert_eq(ids_slice_at(all, y, ids_size(all), &back), STET_CHANGED);
    cr_assert_eq(ids_join(&joined, &back), STET_CHANGED);
    is_sound(&joined);
    cr_assert_eq(ids_size(&joined), x + ids_size(all) - y);
    ids_drop(&joined);
    ids_drop(&back);
}

/* Joins with nodes of all sizes at the seam. */
LIVE_TEST(sorted_shape, every_front_joined_to_every_back)
{
    size_t n = STET_TINY_NODES ? 600 : 3000, step = n / 50 + 1;
    ids all = appended(0, n);
    for (size_t x = 1; x < n; x += step)
        for (size_t y = x; y < n; y += step + 3)
            join_parts(&all, x, y);
    ids_drop(&all);
}

/* The smallest case: on both sides of the seam a leaf of one key, alone in its node, and full nodes beyond these. */
LIVE_TEST(sorted_shape, a_key_alone_in_its_node_joined_to_another)
{
    enum { NODE = LEAF * STET_TREE_WIDTH, N = (STET_TINY_NODES ? 40 : 4) * NODE };
    static uint64_t keys[N];
    ids all;
    for (uint64_t i = 0; i < N; i++)
        keys[i] = i;
    cr_assert_eq(ids_from_sorted(keys, N, &all), STET_CHANGED);
    is_sound(&all);
    for (size_t x = NODE; x < N; x += NODE)
        for (size_t y = x; y < N; y += NODE)
            for (size_t off = 0; off < 9; off++)
                join_parts(&all, x + off % 3, y + NODE - off / 3 < N ? y + NODE - off / 3 : N - 1);
    ids_drop(&all);
}

/* Removes all entries one by one, from the front, from the back, or from the middle: the collection stays sound. */
LIVE_TEST(sorted_shape, emptied_one_by_one)
{
    for (unsigned way = 0; way < 3; way++) {
        ids s = appended(0, STET_TINY_NODES ? 300 : 2000), shared = {0};
        for (size_t n = ids_size(&s), step = 0; n > 0; n--, step++) {
            uint64_t key;
            if (step % 64 == 0) {
                ids_drop(&shared);
                shared = ids_copy(&s);
            }
            stet_result result = way == 0   ? ids_pop_first(&s, &key)
                                 : way == 1 ? ids_pop_last(&s, &key)
                                            : ids_pop_at(&s, n / 2, &key);
            cr_assert_eq(result, STET_CHANGED);
            if (step % 7 == 0)
                is_sound(&s);
        }
        is_sound(&s);
        cr_assert(ids_size(&s) == 0 && s.sorted_.tree_.root == 0);
        ids_drop(&shared);
    }
}

/* Adds keys all in one place, where each splits the leaf that the last one split. */
LIVE_TEST(sorted_shape, keys_between_two_others)
{
    ids s = {0};
    uint64_t low = 0, high = UINT64_MAX;
    for (unsigned i = 0; low + 1 < high; i++) {
        uint64_t middle = low + (high - low) / 2;
        cr_assert_neq(ids_add(&s, middle), STET_NO_MEMORY);
        for (uint64_t k = 1; k < 40 && middle + k < high && middle > low + k; k++) {
            cr_assert_neq(ids_add(&s, middle + k), STET_NO_MEMORY);
            cr_assert_neq(ids_add(&s, middle - k), STET_NO_MEMORY);
        }
        is_sound(&s);
        if (i % 2)
            low = middle;
        else
            high = middle;
    }
    ids_drop(&s);
}

static void are_sound(const steps *m)
{
    const char *error = sorted_check(&steps_sorted_type_, &m->sorted_.tree_, true);
    cr_assert_null(error, "%zu entries: %s", steps_size(m), error);
}

/* Has the keys 2 * from, 2 * (from + 1) and so on, and those between that were set on the way. */
static void has_steps(const steps *m, int64_t from, size_t n, size_t between)
{
    const uint64_t *value;
    are_sound(m);
    cr_assert_eq(steps_size(m), n + between);
    for (int64_t i = from; i < from + (int64_t)n; i++) {
        cr_assert((value = steps_get(m, 2 * i)) != NULL && *value == (uint64_t)i);
        cr_assert(steps_rank(m, 2 * i) >= (size_t)(i - from));
    }
}

/* One after the other, by both functions, beside versions, keys in between, and the last key again. */
LIVE_TEST(sorted_shape, keys_that_ascend)
{
    const int64_t from = -100;
    for (unsigned way = 0; way < 4; way++) {
        steps m = {0}, held = {0};
        size_t between = 0, held_n = 0, held_between = 0;
        for (int64_t i = from; i < (STET_TINY_NODES ? 500 : 2500); i++) {
            size_t n = (size_t)(i - from);
            stet_result result = way & 1 ? steps_append(&m, 2 * i, (uint64_t)i) : steps_set(&m, 2 * i, (uint64_t)i);
            cr_assert_eq(result, STET_CHANGED);
            cr_assert_eq(steps_set(&m, 2 * i, (uint64_t)i), STET_UNCHANGED);
            cr_assert_eq(steps_add(&m, 2 * i, 7), STET_UNCHANGED);
            if (n % 37 == 36 && way & 2) {
                cr_assert_eq(steps_set(&m, 2 * (from + (int64_t)n / 2) + 1, 1), STET_CHANGED);
                between++;
            }
            if (n % 5 == 0 || n % 64 > 60)
                are_sound(&m);
            if (n % 101 == 100) {
                has_steps(&held, from, held_n, held_between);
                steps_drop(&held);
                held = steps_copy(&m);
                held_n = n + 1;
                held_between = between;
            }
        }
        has_steps(&m, from, steps_size(&m) - between, between);
        has_steps(&held, from, held_n, held_between);
        steps_drop(&m);
        steps_drop(&held);
    }
}

/* Of arrays that ascend, of every size about those at which leaves, nodes and what is checked at once are full. */
LIVE_TEST(sorted_shape, from_arrays_that_ascend)
{
    enum { MOST = 2200 };
    static int64_t keys[MOST];
    static uint64_t values[MOST];
    for (int64_t i = 0; i < MOST; i++) {
        keys[i] = 2 * (i - 300);
        values[i] = (uint64_t)(i - 300);
    }
    for (size_t n = 1; n < MOST; n += n % 512 < 500 && n > 40 ? 7 : 1) {
        steps m;
        cr_assert_eq(steps_from_sorted(keys, values, n, &m), STET_CHANGED);
        has_steps(&m, -300, n, 0);
        steps_drop(&m);
    }
}

static void are_in_order(const lines *s)
{
    const char *error = sorted_check(&lines_sorted_type_, &s->sorted_.tree_, true);
    cr_assert_null(error, "%zu strings: %s", lines_size(s), error);
}

/* Puts a string behind all others, by either function. */
static void add_line(lines *s, const char *format, unsigned i, bool append)
{
    char bytes[40];
    stet_str line;
    snprintf(bytes, sizeof bytes, format, i);
    cr_assert_neq(stet_str_from_cstr(bytes, &line), STET_NO_MEMORY);
    cr_assert_eq(append ? lines_append(s, line) : lines_add(s, line), STET_CHANGED);
    stet_str_drop(&line);
}

/* Whatever their number, a string behind them has less in common with them than they have with each other. */
LIVE_TEST(sorted_shape, strings_that_ascend)
{
    for (unsigned n = 1; n < (STET_TINY_NODES ? 60 : 600); n++) {
        for (unsigned way = 0; way < 4; way++) {
            lines s = {0}, held = {0};
            for (unsigned i = 0; i < n; i++)
                add_line(&s, "a/common/start/%06u", i, way & 1);
            if (way & 2)
                held = lines_copy(&s);
            add_line(&s, "a/core/which/is/long/%06u", n, way & 1);
            are_in_order(&s);
            add_line(&s, "b%u", n, way & 1);
            are_in_order(&s);
            cr_assert(lines_has_cstr(&s, "a/common/start/000000") && lines_rank_cstr(&s, "a/core") == n &&
                      lines_rank_cstr(&s, "b") == n + 1 && lines_size(&s) == n + 2);
            lines_drop(&s);
            lines_drop(&held);
        }
    }
}

LIVE_TEST(sorted_shape, from_strings_that_ascend)
{
    enum { MOST = 700 };
    static stet_str keys[MOST];
    for (unsigned i = 0; i < MOST; i++) {
        char bytes[40];
        snprintf(bytes, sizeof bytes, "%s/start/%06u", i < MOST / 2 ? "a/common" : i + 9 < MOST ? "a/core" : "b", i);
        cr_assert_neq(stet_str_from_cstr(bytes, &keys[i]), STET_NO_MEMORY);
    }
    for (unsigned n = 1; n <= MOST; n += n < 40 || n > MOST - 20 ? 1 : 11) {
        for (unsigned from = 0; from < 2; from++) { /* the few last are different from all others */
            lines s;
            unsigned first = from ? MOST - n : 0;
            cr_assert_eq(lines_from_sorted(keys + first, n, &s), STET_CHANGED);
            are_in_order(&s);
            for (unsigned i = 0; i < n; i += 5)
                cr_assert_eq(lines_rank(&s, keys[first + i]), i);
            lines_drop(&s);
        }
    }
    for (unsigned i = 0; i < MOST; i++)
        stet_str_drop(&keys[i]);
}
