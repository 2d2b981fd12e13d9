/* SPDX-License-Identifier: MIT */
/*
 * list/api.c - the result of each function of list.h: on an empty list, on one element, at both ends and at the limits,
 * with the same list for several arguments, and when it is misused. (model.c tests large lists of every type, in every
 * state.)
 */
#include <stet/list.h>
#include <stet/map.h>

#include "support/list_check.h"
#include "support/things.h"

#include <limits.h>
#include <signal.h>

STET_LIST(numbers, int, stet_int)
STET_LIST(words, uint64_t, stet_u64)
STET_LIST(objects, object_ptr, object_type)
STET_LIST(texts, stet_str, stet_str_type)

/* Sizes around multiples of full leaves and nodes: 128 elements and 32 children, in tiny builds 4 and 4. */
static const int sizes[] = {0, 1, 2, 3, 4, 5, 8, 9, 13, 64, 127, 128, 129, 256, 257, 300, 384, 385, 1000, 4096, 9000};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* Returns the list of from, from + 1, ... of n elements. */
static numbers up_from(int from, int n)
{
    numbers l = {0};
    for (int i = 0; i < n; i++)
        cr_assert_eq(numbers_push_back(&l, from + i), STET_CHANGED);
    return l;
}

static void is_sound(const numbers *l)
{
    const char *error = list_check(&numbers_list_type_, &l->list_, true);
    cr_assert_null(error, "%s", error);
}

/* Asserts that the list is elements[0 .. n - 1]. */
static void holds(const numbers *l, const int *elements, int n)
{
    is_sound(l);
    cr_assert_eq(numbers_size(l), (size_t)n);
    for (int i = 0; i < n; i++)
        cr_assert_eq(*numbers_get(l, (size_t)i), elements[i], "element %d is %d, not %d", i, *numbers_get(l, (size_t)i),
                     elements[i]);
}

static void holds_up_from(const numbers *l, int from, int n)
{
    is_sound(l);
    cr_assert_eq(numbers_size(l), (size_t)n);
    for (int i = 0; i < n; i++)
        cr_assert_eq(*numbers_get(l, (size_t)i), from + i);
}

/* ---- handles ---- */

/* An object with a reference for the caller. */
static object_ptr owned(unsigned i)
{
    object_ptr o = object_of(i);
    stet_element_retain_(&object_type, &o);
    return o;
}

THINGS_TEST(list_api, owned_elements)
{
    objects l = {0};
    for (unsigned i = 0; i < 300; i++) {
        cr_assert_eq(objects_push_back_owned(&l, owned(i)), STET_CHANGED);
        cr_assert_eq(objects_push_front_owned(&l, owned(i)), STET_CHANGED);
        cr_assert_eq(object_of(i)->holders, 2);
    }
    cr_assert_eq(objects_set_owned(&l, 0, owned(299)), STET_UNCHANGED);
    cr_assert_eq(objects_set_owned(&l, 0, owned(0)), STET_CHANGED);
    cr_assert(object_of(299)->holders == 1 && object_of(0)->holders == 3);
    objects copy = objects_copy(&l);
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = objects_set_owned(&l, 5, owned(7));
    while (was_refused(&r, result) && object_of(7)->holders == 2);
    cr_assert_gt(r.count, 0);
    cr_assert_eq(object_of(7)->holders, 3);
    objects_drop(&copy);
    objects_drop(&l);
}

THINGS_TEST(list_api, clear_retain_and_loops)
{
    for (int k = 0; k < SIZES; k++) {
        numbers l = up_from(0, sizes[k]), held = l;
        int i = 0;
        numbers_retain(&l);
        numbers_clear(&l);
        numbers_clear(&l);
        cr_assert(numbers_is_empty(&l) && numbers_is_empty(&held) == (sizes[k] == 0));
        STET_EACH_ELEMENT(numbers, it, &held)
            cr_assert_eq(*it.at, i++);
        cr_assert_eq(i, sizes[k]);
        STET_EACH_ELEMENT(numbers, it, &l)
            cr_assert(false, "nothing is in it: %d", *it.at);
        cr_assert_eq(numbers_push_back(&l, 7), STET_CHANGED);
        holds_up_from(&l, 7, 1);
        holds_up_from(&held, 0, sizes[k]);
        numbers_drop(&l);
        numbers_drop(&held);
    }
}

/* ---- the empty list ---- */

static bool never(void *context, int const *element)
{
    (void)element;
    ++*(int *)context;
    return false;
}

static void never_made(void *context, int const *old, int *value)
{
    *value = *old;
    ++*(int *)context;
}

static void never_folded(void *into, int const *element)
{
    (void)element;
    ++*(int *)into;
}

static bool never_told(void *context, size_t a_from, size_t a_to, size_t b_from, size_t b_to)
{
    (void)a_from, (void)a_to, (void)b_from, (void)b_to;
    ++*(int *)context;
    return true;
}

LIVE_TEST(list_api, empty_answers_without_memory)
{
    numbers l = {0}, other = {0}, out = {0};
    int value = 7, calls = 0, array[1];
    size_t n = 9, at = 0;
    struct iovec pair;
    count_requests();
    cr_assert_eq(numbers_size(&l), 0);
    cr_assert_null(numbers_front(&l));
    cr_assert_null(numbers_back(&l));
    cr_assert_eq(numbers_get_or(&l, 0, 5), 5);
    cr_assert_eq(numbers_pop_back(&l, &value), STET_UNCHANGED);
    cr_assert_eq(numbers_pop_front(&l, &value), STET_UNCHANGED);
    cr_assert_eq(numbers_pop_back(&l, NULL), STET_UNCHANGED);
    cr_assert_eq(value, 7, "a pop wrote to *value");
    cr_assert_eq(numbers_insert_list(&l, 0, &other), STET_UNCHANGED);
    cr_assert_eq(numbers_insert_list(&l, 0, &l), STET_UNCHANGED);
    cr_assert_eq(numbers_insert_array(&l, 0, NULL, 0), STET_UNCHANGED);
    cr_assert_eq(numbers_erase_range(&l, 0, 0), STET_UNCHANGED);
    cr_assert_eq(numbers_splice(&l, 0, 0, &l), STET_UNCHANGED);
    cr_assert_eq(numbers_append(&l, &other), STET_UNCHANGED);
    cr_assert_eq(numbers_append_array(&l, NULL, 0), STET_UNCHANGED);
    cr_assert_eq(numbers_concat(&l, &other, &out), STET_UNCHANGED);
    cr_assert_eq(numbers_slice(&l, 0, 0, &out), STET_UNCHANGED);
    cr_assert_neq(numbers_split_at(&l, 0, &l, &out), STET_NO_MEMORY);
    cr_assert_eq(numbers_from_array(NULL, 0, &out), STET_UNCHANGED);
    cr_assert(numbers_to_array(&l, 0, 0, array));
    cr_assert_null(numbers_chunk(&l, 0, &n));
    cr_assert_eq(n, 0);
    cr_assert_eq(numbers_iovecs(&l, 1, &at, &pair), 0);
    numbers_cursor it = numbers_cursor_at(&l, 0);
    cr_assert_null(it.at);
    numbers_previous(&it);
    cr_assert_null(it.at);
    cr_assert(numbers_each(&l, never, &calls));
    cr_assert_eq(numbers_fold(&l, never_folded, &calls), &calls);
    cr_assert_eq(numbers_find(&l, 0, never, &calls), SIZE_MAX);
    cr_assert_eq(numbers_index_of(&l, 0, 0), SIZE_MAX);
    cr_assert_not(numbers_has(&l, 0));
    cr_assert_eq(numbers_lower_bound(&l, 0), 0);
    cr_assert_eq(numbers_binary_search(&l, 0), SIZE_MAX);
    cr_assert_eq(numbers_filter(&l, never, &calls), STET_UNCHANGED);
    cr_assert_eq(numbers_map(&l, never_made, &calls), STET_UNCHANGED);
    cr_assert_eq(numbers_sort(&l), STET_UNCHANGED);
    cr_assert_eq(numbers_reverse(&l), STET_UNCHANGED);
    cr_assert(numbers_diff(&l, &other, never_told, &calls));
    cr_assert(numbers_equal(&l, &other));
    cr_assert(numbers_identical(&l, &other));
    other = numbers_copy(&l);
    out = numbers_move(&other);
    numbers_swap_handles(&l, &out);
    numbers_drop(&l);
    numbers_drop_later(&out);
    cr_assert_eq(calls, 0);
    cr_assert_eq(counted_requests(), 0);
    numbers empty = {0};
    cr_assert_eq(memcmp(&l, &empty, sizeof l), 0);
}

/* ---- one element ---- */

LIVE_TEST(list_api, get_reads_and_set_writes)
{
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s];
        numbers l = up_from(0, n), before = numbers_copy(&l);
        cr_assert_eq(numbers_get_or(&l, (size_t)n, -1), -1);
        cr_assert_eq(numbers_get_or(&l, SIZE_MAX, -1), -1);
        for (int i = 0; i < n; i++) {
            cr_assert_eq(numbers_get_or(&l, (size_t)i, -1), i);
            cr_assert_eq(numbers_set(&l, (size_t)i, i), STET_UNCHANGED);
            cr_assert_eq(numbers_set(&l, (size_t)i, *numbers_get(&l, (size_t)i) + 10), STET_CHANGED);
            cr_assert_eq(numbers_set(&l, (size_t)i, i + 10), STET_UNCHANGED);
        }
        holds_up_from(&l, 10, n);
        holds_up_from(&before, 0, n);
        if (n > 0) {
            cr_assert_eq(*numbers_front(&l), 10);
            cr_assert_eq(*numbers_back(&l), n + 9);
        }
        numbers_drop(&l);
        numbers_drop(&before);
    }
}

static void plus(void *context, int const *old, int *value) { *value = *old + *(const int *)context; }

LIVE_TEST(list_api, edit_and_update_replace_where_it_is)
{
    for (int s = 1; s < SIZES; s++) {
        int n = sizes[s], by = 5, *element;
        numbers l = up_from(0, n), before = numbers_copy(&l);
        for (int i = 0; i < n; i++) {
            cr_assert_eq(numbers_edit(&l, (size_t)i, &element), STET_CHANGED);
            cr_assert_eq(*element, i);
            *element += 10;
            cr_assert_eq(numbers_get(&l, (size_t)i), element, "it is the element itself");
            cr_assert_eq(numbers_update(&l, (size_t)i, plus, &by), STET_CHANGED);
        }
        holds_up_from(&l, 15, n);
        holds_up_from(&before, 0, n);
        numbers_drop(&l);
        numbers_drop(&before);
    }
}

/* ---- ends ---- */

LIVE_TEST(list_api, pushes_and_pops_at_both_ends)
{
    numbers l = {0};
    int value;
    for (int i = 0; i < 3000; i++) {
        cr_assert_eq(numbers_push_back(&l, i), STET_CHANGED);
        cr_assert_eq(numbers_push_front(&l, -1 - i), STET_CHANGED);
    }
    holds_up_from(&l, -3000, 6000);
    numbers copy = numbers_copy(&l);
    for (int i = 3000; i-- > 0;) {
        cr_assert_eq(numbers_pop_back(&l, &value), STET_CHANGED);
        cr_assert_eq(value, i);
        cr_assert_eq(numbers_pop_front(&l, i % 2 ? &value : NULL), STET_CHANGED);
        cr_assert_eq(value, i % 2 ? -1 - i : i);
    }
    cr_assert_eq(numbers_size(&l), 0);
    cr_assert_eq(numbers_pop_front(&l, &value), STET_UNCHANGED);
    holds_up_from(&copy, -3000, 6000);
    numbers_drop(&copy);
}

/* Queues in both directions: each element passes through the whole list. */
LIVE_TEST(list_api, a_queue_in_both_directions)
{
    for (int back = 0; back < 2; back++) {
        numbers l = {0};
        int in = 0, out = 0, value;
        for (int round = 0; round < 40; round++) {
            for (int i = 0; i < round * 7 % 211; i++, in++)
                cr_assert_eq(back ? numbers_push_back(&l, in) : numbers_push_front(&l, in), STET_CHANGED);
            for (int i = 0; i < round * 5 % 187 && out < in; i++, out++) {
                cr_assert_eq(back ? numbers_pop_front(&l, &value) : numbers_pop_back(&l, &value), STET_CHANGED);
                cr_assert_eq(value, out);
            }
            cr_assert_eq(numbers_size(&l), (size_t)(in - out));
            is_sound(&l);
        }
        numbers_drop(&l);
    }
}

/* ---- the middle ---- */

LIVE_TEST(list_api, insert_at_and_erase_at_every_place)
{
    static int model[9001];
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s], value = 0;
        numbers l = up_from(0, n);
        for (int at = 0; at <= n; at += n < 400 ? 1 : 61) {
            numbers more = numbers_copy(&l), less = numbers_copy(&l);
            for (int i = 0; i <= n; i++)
                model[i] = i - (i > at);
            model[at] = -1;
            cr_assert_eq(numbers_insert_at(&more, (size_t)at, -1), STET_CHANGED);
            holds(&more, model, n + 1);
            cr_assert_eq(numbers_pop_at(&more, (size_t)at, &value), STET_CHANGED);
            cr_assert_eq(value, -1);
            holds_up_from(&more, 0, n);
            cr_assert(numbers_equal(&more, &l));
            if (at < n) {
                cr_assert_eq(numbers_pop_at(&less, (size_t)at, at % 2 ? &value : NULL), STET_CHANGED);
                cr_assert(at % 2 == 0 || value == at);
                cr_assert_eq(numbers_size(&less), (size_t)n - 1);
                cr_assert_eq(numbers_get_or(&less, (size_t)at, n), at + 1);
                cr_assert_eq(numbers_insert_at(&less, (size_t)at, at), STET_CHANGED);
                holds_up_from(&less, 0, n);
                cr_assert_eq(numbers_erase(&less, (size_t)at), STET_CHANGED);
                cr_assert_eq(numbers_without(&l, (size_t)at, &more), STET_CHANGED);
                cr_assert(numbers_equal(&less, &more) && numbers_size(&less) == (size_t)n - 1);
            }
            numbers_drop(&more);
            numbers_drop(&less);
        }
        holds_up_from(&l, 0, n);
        numbers_drop(&l);
    }
}

/*
 * For each pair of sizes, replaces the middle third of a list: by insert, erase, splice, with a list and with an array.
 */
LIVE_TEST(list_api, ranges_are_replaced)
{
    static int model[20000], array[9000];
    for (int i = 0; i < 9000; i++)
        array[i] = -i;
    for (int s = 0; s < SIZES; s++)
        for (int k = 0; k < SIZES; k++) {
            int n = sizes[s], m = sizes[k], from = n / 3, to = n - n / 4;
            numbers l = up_from(0, n), other, spliced = numbers_copy(&l), inserted = numbers_copy(&l), erased;
            cr_assert_neq(numbers_from_array(array, (size_t)m, &other), STET_NO_MEMORY);
            for (int i = 0; i < from; i++)
                model[i] = i;
            memcpy(model + from, array, (size_t)m * sizeof *array);
            for (int i = to; i < n; i++)
                model[from + m + i - to] = i;
            stet_result expected = from == to && m == 0 ? STET_UNCHANGED : STET_CHANGED;
            cr_assert_eq(numbers_splice(&spliced, (size_t)from, (size_t)to, &other), expected);
            holds(&spliced, model, n - (to - from) + m);

            erased = numbers_copy(&spliced);
            cr_assert_eq(numbers_erase_range(&erased, (size_t)from, (size_t)(from + m)),
                         m == 0 ? STET_UNCHANGED : STET_CHANGED);
            cr_assert_eq(numbers_insert_array(&erased, (size_t)from, array, (size_t)m),
                         m == 0 ? STET_UNCHANGED : STET_CHANGED);
            cr_assert(numbers_equal(&erased, &spliced));

            cr_assert_eq(numbers_insert_list(&inserted, (size_t)from, &other), m == 0 ? STET_UNCHANGED : STET_CHANGED);
            cr_assert_eq(numbers_erase_range(&inserted, (size_t)(from + m), (size_t)(to + m)),
                         from == to ? STET_UNCHANGED : STET_CHANGED);
            cr_assert(numbers_equal(&inserted, &spliced));
            holds_up_from(&l, 0, n);
            holds(&other, array, m);
            numbers_drop(&l);
            numbers_drop(&other);
            numbers_drop(&spliced);
            numbers_drop(&inserted);
            numbers_drop(&erased);
        }
}

/* The list that is inserted is the list itself. */
LIVE_TEST(list_api, a_list_is_put_into_itself)
{
    static int model[18000];
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s], at = n * 2 / 3;
        for (int shared = 0; shared < 2; shared++) {
            numbers l = up_from(0, n), other = shared ? numbers_copy(&l) : (numbers){0};
            stet_result expected = n == 0 ? STET_UNCHANGED : STET_CHANGED;
            for (int i = 0; i < n; i++)
                model[i] = model[n + i] = i;
            cr_assert_eq(numbers_append(&l, &l), expected);
            holds(&l, model, 2 * n);
            numbers_drop(&l);

            l = up_from(0, n);
            for (int i = 0; i < 2 * n; i++)
                model[i] = i < at ? i : i < at + n ? i - at : i - n;
            cr_assert_eq(numbers_insert_list(&l, (size_t)at, &l), expected);
            holds(&l, model, 2 * n);
            numbers_drop(&l);

            l = up_from(0, n);
            cr_assert_eq(numbers_splice(&l, 0, (size_t)n, &l), expected); /* replaces the whole list by itself */
            holds_up_from(&l, 0, n);
            cr_assert_eq(numbers_concat(&l, &l, &l), expected);
            cr_assert_eq(numbers_size(&l), 2 * (size_t)n);
            cr_assert_neq(numbers_slice(&l, (size_t)n, 2 * (size_t)n, &l), STET_NO_MEMORY);
            holds_up_from(&l, 0, n);
            cr_assert(numbers_equal(&l, &other) == (shared || n == 0));
            numbers_drop(&l);
            numbers_drop(&other);
        }
    }
}

/* ---- whole lists ---- */

LIVE_TEST(list_api, concat_joins_every_two_sizes)
{
    for (int s = 0; s < SIZES; s++)
        for (int k = 0; k < SIZES; k++) {
            int n = sizes[s], m = sizes[k];
            numbers a = up_from(0, n), b = up_from(n, m), out = up_from(5, 5), in_a = numbers_copy(&a),
                    in_b = numbers_copy(&b);
            stet_result expected = m == 0 ? STET_UNCHANGED : STET_CHANGED;
            cr_assert_eq(numbers_concat(&a, &b, &out), expected);
            cr_assert_eq(numbers_concat(&in_a, &b, &in_a), expected);
            cr_assert_eq(numbers_concat(&a, &in_b, &in_b), expected);
            holds_up_from(&out, 0, n + m);
            holds_up_from(&in_a, 0, n + m);
            holds_up_from(&in_b, 0, n + m);
            holds_up_from(&a, 0, n);
            holds_up_from(&b, n, m);
            numbers_drop(&a);
            numbers_drop(&b);
            numbers_drop(&out);
            numbers_drop(&in_a);
            numbers_drop(&in_b);
        }
}

LIVE_TEST(list_api, slices_of_slices)
{
    for (int s = 1; s < SIZES; s++) {
        int n = sizes[s], from = 0, to = n;
        numbers l = up_from(0, n), part = numbers_copy(&l);
        for (int step = 1; to > from; step = step * 2 % 61 + 1) {
            int cut_from = (to - from) / 9 % step, cut_to = (to - from) - (step * 7 % ((to - from) / 5 + 2));
            cut_to = cut_to <= cut_from ? cut_from : cut_to;
            bool all = cut_from == 0 && cut_to == to - from;
            cr_assert_eq(numbers_slice(&part, (size_t)cut_from, (size_t)cut_to, &part),
                         all ? STET_UNCHANGED : STET_CHANGED);
            to = from + cut_to;
            from += cut_from;
            holds_up_from(&part, from, to - from);
            numbers again = {0};
            cr_assert_eq(numbers_slice(&l, (size_t)from, (size_t)to, &again),
                         to - from == n ? STET_UNCHANGED : STET_CHANGED);
            cr_assert(numbers_equal(&again, &part));
            numbers_drop(&again);
            if (all) { /* nothing was cut off: removes one */
                cr_assert_eq(numbers_pop_back(&part, NULL), STET_CHANGED);
                to--;
            }
        }
        cr_assert_eq(numbers_size(&part), 0);
        holds_up_from(&l, 0, n);
        numbers_drop(&l);
        numbers_drop(&part);
    }
}

LIVE_TEST(list_api, split_at_gives_both_sides_to_any_handles)
{
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s], step = n < 400 ? 1 : 61;
        for (int at = 0; at <= n; at += step) {
            numbers l = up_from(0, n), left = up_from(7, 3), right = up_from(7, 300);
            cr_assert_eq(numbers_split_at(&l, (size_t)at, &left, &right), STET_CHANGED);
            holds_up_from(&left, 0, at);
            holds_up_from(&right, at, n - at);
            holds_up_from(&l, 0, n);
            numbers copy = numbers_copy(&l);
            cr_assert_eq(numbers_split_at(&copy, (size_t)at, &copy, &right), STET_CHANGED);
            holds_up_from(&copy, 0, at);
            holds_up_from(&right, at, n - at);
            cr_assert_eq(numbers_split_at(&l, (size_t)at, &left, &l), STET_CHANGED);
            holds_up_from(&left, 0, at);
            holds_up_from(&l, at, n - at);
            numbers_drop(&copy);
            numbers_drop(&l);
            numbers_drop(&left);
            numbers_drop(&right);
        }
    }
}

LIVE_TEST(list_api, arrays_in_and_out)
{
    static int array[9000], out[9002];
    for (int i = 0; i < 9000; i++)
        array[i] = 3 * i;
    for (int s = 0; s < SIZES; s++) {
        size_t n = (size_t)sizes[s];
        numbers l;
        cr_assert_eq(numbers_from_array(array, n, &l), n == 0 ? STET_UNCHANGED : STET_CHANGED);
        holds(&l, array, (int)n);
        for (size_t from = 0; from <= n; from += n / 7 + 1) {
            memset(out, -1, sizeof out);
            cr_assert(numbers_to_array(&l, from, n - from, out + 1));
            cr_assert_eq(memcmp(out + 1, array + from, (n - from) * sizeof *out), 0);
            cr_assert(out[0] == -1 && out[n - from + 1] == -1);
        }
        for (int k = 0; k < SIZES; k++) {
            numbers longer = numbers_copy(&l);
            size_t m = (size_t)sizes[k];
            cr_assert_eq(numbers_append_array(&longer, array, m), m == 0 ? STET_UNCHANGED : STET_CHANGED);
            is_sound(&longer);
            cr_assert_eq(numbers_size(&longer), n + m);
            numbers_to_array(&longer, n, m, out);
            cr_assert_eq(memcmp(out, array, m * sizeof *out), 0);
            numbers_to_array(&longer, 0, n, out);
            cr_assert_eq(memcmp(out, array, n * sizeof *out), 0);
            numbers_drop(&longer);
        }
        numbers_drop(&l);
    }
}

/* ---- handles ---- */

LIVE_TEST(list_api, copy_move_swap_drop)
{
    numbers l = up_from(0, 1000), empty = {0};
    count_requests();
    numbers copy = numbers_copy(&l), moved = numbers_move(&l);
    cr_assert_eq(counted_requests(), 0);
    cr_assert_eq(memcmp(&l, &empty, sizeof l), 0);
    cr_assert(numbers_identical(&copy, &moved));
    cr_assert_not(numbers_identical(&copy, &l));
    numbers other = up_from(5, 7);
    numbers_swap_handles(&other, &moved);
    holds_up_from(&moved, 5, 7);
    holds_up_from(&other, 0, 1000);
    numbers_swap_handles(&other, &other);
    numbers_drop(&other);
    cr_assert_eq(memcmp(&other, &empty, sizeof other), 0);
    numbers_drop(&other);
    holds_up_from(&copy, 0, 1000);
    numbers_drop(&moved);
    numbers_drop(&copy);
}

LIVE_TEST(list_api, drop_later_waits_for_release_some)
{
    numbers l = up_from(0, 9000), shared = numbers_copy(&l), empty = {0};
    cr_assert_eq(numbers_push_front(&l, -1), STET_CHANGED);
    numbers_drop(&shared);
    int64_t live = stet_pool_stats().live_blocks;
    shared = numbers_copy(&l);
    numbers_drop_later(&l); /* l is not the last holder */
    cr_assert_eq(memcmp(&l, &empty, sizeof l), 0);
    cr_assert_not(stet_release_some(1));
    cr_assert_eq(stet_pool_stats().live_blocks, live);
    numbers_drop_later(&shared);
    cr_assert(stet_release_some(0));
    unsigned steps = 0;
    while (stet_release_some(1))
        steps++;
    cr_assert_eq(stet_pool_stats().live_blocks, 0);
    cr_assert_geq(steps, STET_TINY_NODES ? 100 : 2, "it was in steps");
}

LIVE_TEST(list_api, same_is_identity_and_equal_is_contents)
{
    for (int s = 1; s < SIZES; s++) {
        int n = sizes[s];
        numbers a = up_from(0, n), b = {0};
        for (int i = n; i-- > 0;) /* built in another way, so its shape may differ */
            cr_assert_eq(numbers_push_front(&b, i), STET_CHANGED);
        cr_assert_not(numbers_identical(&a, &b));
        cr_assert(numbers_equal(&a, &b) && numbers_equal(&b, &a) && numbers_equal(&a, &a));
        for (int i = 0; i < n; i += n / 9 + 1) {
            numbers c = numbers_copy(&b);
            cr_assert_eq(numbers_set(&c, (size_t)i, -1), STET_CHANGED);
            cr_assert_not(numbers_equal(&a, &c) || numbers_equal(&c, &b));
            cr_assert_eq(numbers_set(&c, (size_t)i, i), STET_CHANGED);
            cr_assert(numbers_equal(&a, &c) && numbers_equal(&c, &b));
            numbers_drop(&c);
        }
        cr_assert_eq(numbers_pop_back(&b, NULL), STET_CHANGED);
        cr_assert_not(numbers_equal(&a, &b) || numbers_equal(&b, &a));
        numbers_drop(&a);
        numbers_drop(&b);
    }
}

/* ---- functional forms ---- */

LIVE_TEST(list_api, functional_forms_leave_what_they_read)
{
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s];
        numbers l = up_from(0, n), out = up_from(9, 9);
        cr_assert_eq(numbers_with_back(&l, n, &out), STET_CHANGED);
        holds_up_from(&out, 0, n + 1);
        cr_assert_eq(numbers_with_front(&l, -1, &out), STET_CHANGED);
        holds_up_from(&out, -1, n + 1);
        cr_assert_eq(numbers_with_inserted(&l, (size_t)n / 2, 7, &out), STET_CHANGED);
        cr_assert_eq(*numbers_get(&out, (size_t)n / 2), 7);
        cr_assert_eq(numbers_without(&out, (size_t)n / 2, &out), STET_CHANGED);
        holds_up_from(&out, 0, n);
        holds_up_from(&l, 0, n);
        if (n > 0) {
            cr_assert_eq(numbers_with(&l, 0, 0, &out), STET_UNCHANGED);
            cr_assert(numbers_identical(&l, &out), "the same version, in both");
            cr_assert_eq(numbers_with(&l, (size_t)n - 1, -1, &out), STET_CHANGED);
            cr_assert_eq(*numbers_back(&out), -1);
            cr_assert_eq(numbers_with(&out, (size_t)n - 1, n - 1, &out), STET_CHANGED);
            holds_up_from(&out, 0, n);
        }
        holds_up_from(&l, 0, n);
        numbers_drop(&l);
        numbers_drop(&out);
    }
}

/* out may be in, and the inserted list may be out. */
LIVE_TEST(list_api, functional_forms_of_ranges_leave_what_they_read)
{
    static int array[9000];
    for (int i = 0; i < 9000; i++)
        array[i] = i;
    for (int s = 1; s < SIZES; s++) {
        int n = sizes[s], from = n / 3, to = n - n / 4;
        numbers l = up_from(0, n), out = up_from(9, 9), gap = {0};
        cr_assert_eq(numbers_without_range(&l, (size_t)from, (size_t)to, &gap), STET_CHANGED);
        cr_assert_eq(numbers_size(&gap), (size_t)(n - (to - from)));
        cr_assert_eq(numbers_get_or(&gap, (size_t)from, to), to);
        cr_assert_eq(numbers_with_inserted_array(&gap, (size_t)from, array + from, (size_t)(to - from), &out),
                     STET_CHANGED);
        holds_up_from(&out, 0, n);
        cr_assert_neq(numbers_slice(&l, (size_t)from, (size_t)to, &out), STET_NO_MEMORY);
        cr_assert_eq(numbers_with_inserted_list(&gap, (size_t)from, &out, &out), STET_CHANGED);
        holds_up_from(&out, 0, n);
        cr_assert_neq(numbers_slice(&l, (size_t)from, (size_t)to, &out), STET_NO_MEMORY);
        cr_assert_eq(numbers_with_spliced(&l, (size_t)from, (size_t)to, &out, &out), STET_CHANGED);
        holds_up_from(&out, 0, n);
        cr_assert_eq(numbers_with_inserted_list(&out, 0, &out, &out), STET_CHANGED);
        cr_assert_eq(numbers_without_range(&out, 0, (size_t)n, &out), STET_CHANGED);
        holds_up_from(&out, 0, n);
        cr_assert_eq(numbers_without_range(&l, 1, 1, &out), STET_UNCHANGED);
        cr_assert(numbers_identical(&l, &out), "the same version, in both");
        holds_up_from(&l, 0, n);
        numbers_drop(&l);
        numbers_drop(&out);
        numbers_drop(&gap);
    }
}
