/* SPDX-License-Identifier: MIT */
/*
 * list/limits.c - the largest list and the largest element; and misuse, which asserts in debug builds and has the
 * result that list.h names in release builds.
 */
#include <stet/list.h>

#include "support/list_check.h"
#include "support/live.h"

STET_LIST(numbers, int, stet_int)

/* ---- the largest list ---- */

#define MAX STET_LIST_MAX
#define HALF ((size_t)MAX / 2 + 1) /* 2^47 */

/* Returns a list of 2^47 elements, 0, 1, 2, 3, 0, 1 ..., in a few dozen nodes. */
static numbers half_of_all(void)
{
    static const int few[] = {0, 1, 2, 3};
    numbers l;
    cr_assert_eq(numbers_from_array(few, 4, &l), STET_CHANGED);
    while (numbers_size(&l) < HALF)
        cr_assert_eq(numbers_append(&l, &l), STET_CHANGED);
    cr_assert_eq(numbers_size(&l), HALF);
    return l;
}

/* Asserts, for a sample, that the elements [from, to) count up from `first`, modulo 4. */
static void counts_up(const numbers *l, size_t from, size_t to, size_t first)
{
    for (size_t i = from; i < to; i += 1 + (to - from) / 3000)
        cr_assert_eq((size_t)*numbers_get(l, i), (first + i - from) % 4, "element %zu", i);
    cr_assert_eq((size_t)*numbers_get(l, to - 1), (first + to - 1 - from) % 4);
}

LIVE_TEST(list_limits, doubling_up_to_the_limit)
{
    numbers l = half_of_all(), copy = numbers_copy(&l), out = {0};
    cr_assert_lt(stet_pool_stats().live_blocks, 2000, "what is joined is shared");
    counts_up(&l, 0, HALF, 0);
    count_requests();
    cr_assert_eq(numbers_append(&l, &l), STET_NO_MEMORY, "2^48 elements");
    cr_assert_eq(numbers_concat(&l, &l, &out), STET_NO_MEMORY);
    cr_assert_eq(numbers_insert_list(&l, 77, &l), STET_NO_MEMORY);
    cr_assert_eq(numbers_splice(&l, 7, 7, &l), STET_NO_MEMORY);
    cr_assert_eq(counted_requests(), 0);
    cr_assert(numbers_identical(&l, &copy));
    cr_assert_eq(numbers_size(&out), 0);
    numbers_drop(&l);
    numbers_drop(&copy);
}

LIVE_TEST(list_limits, a_list_of_as_many_elements_as_there_may_be)
{
    numbers half = half_of_all(), l = numbers_copy(&half), one = {0}, out = {0};
    const int array[] = {8, 9};
    int value;
    cr_assert_eq(numbers_push_back(&one, 5), STET_CHANGED);
    cr_assert_eq(numbers_pop_back(&half, NULL), STET_CHANGED);
    cr_assert_eq(numbers_append(&l, &half), STET_CHANGED);
    cr_assert_eq(numbers_size(&l), (size_t)MAX);
    counts_up(&l, 0, (size_t)MAX, 0);

    numbers full = numbers_copy(&l);
    count_requests();
    cr_assert_eq(numbers_push_back(&l, 1), STET_NO_MEMORY);
    cr_assert_eq(numbers_push_front(&l, 1), STET_NO_MEMORY);
    cr_assert_eq(numbers_insert_at(&l, HALF, 1), STET_NO_MEMORY);
    cr_assert_eq(numbers_insert_at(&l, 0, 1), STET_NO_MEMORY);
    cr_assert_eq(numbers_insert_at(&l, MAX, 1), STET_NO_MEMORY);
    cr_assert_eq(numbers_append(&l, &one), STET_NO_MEMORY);
    cr_assert_eq(numbers_append_array(&l, array, 1), STET_NO_MEMORY);
    cr_assert_eq(numbers_append_array(&l, array, SIZE_MAX), STET_NO_MEMORY);
    cr_assert_eq(numbers_concat(&one, &l, &out), STET_NO_MEMORY);
    cr_assert_eq(numbers_concat(&l, &one, &out), STET_NO_MEMORY);
    cr_assert_eq(numbers_with_back(&l, 1, &out), STET_NO_MEMORY);
    cr_assert_eq(numbers_with_inserted_list(&l, 9, &one, &out), STET_NO_MEMORY);
    cr_assert_eq(numbers_with_spliced(&l, HALF, HALF, &one, &out), STET_NO_MEMORY);
    cr_assert_eq(counted_requests(), 0);
    cr_assert_eq(numbers_with_inserted_array(&l, 9, array, 2, &out), STET_NO_MEMORY);
    cr_assert_eq(numbers_insert_list(&l, 9, &one), STET_NO_MEMORY);
    cr_assert_eq(numbers_insert_array(&l, HALF, array, 1), STET_NO_MEMORY);
    cr_assert_eq(numbers_splice(&l, 5, 6, &l), STET_NO_MEMORY);
    cr_assert(numbers_identical(&l, &full));
    cr_assert_eq(numbers_size(&out), 0);

    cr_assert_eq(numbers_splice(&l, HALF, HALF + 1, &one), STET_CHANGED, "as many as before");
    cr_assert_eq(*numbers_get(&l, HALF), 5);
    cr_assert_eq(numbers_set(&l, MAX - 1, 6), STET_CHANGED);
    cr_assert_eq(numbers_pop_at(&l, HALF / 2, NULL), STET_CHANGED);
    cr_assert_eq(numbers_insert_array(&l, 5, array, 2), STET_NO_MEMORY);
    cr_assert_eq(numbers_insert_array(&l, 5, array, 1), STET_CHANGED);
    cr_assert_eq(*numbers_get(&l, 5), 8);
    cr_assert_eq(numbers_pop_back(&l, &value), STET_CHANGED);
    cr_assert_eq(value, 6);
    cr_assert_eq(numbers_push_front(&l, 7), STET_CHANGED);
    cr_assert_eq(numbers_push_front(&l, 7), STET_NO_MEMORY);
    cr_assert_eq(*numbers_front(&l), 7);
    counts_up(&full, 0, (size_t)MAX, 0);
    cr_assert_eq(numbers_size(&l), (size_t)MAX);
    numbers_drop(&l);
    numbers_drop(&full);
    numbers_drop(&half);
    numbers_drop(&one);
}

LIVE_TEST(list_limits, slices_and_differences_of_the_largest_list)
{
    numbers l = half_of_all(), other = numbers_copy(&l), part = {0};
    cr_assert_eq(numbers_slice(&l, 5, HALF - 6, &part), STET_CHANGED);
    counts_up(&part, 0, HALF - 11, 5);
    cr_assert_eq(numbers_slice(&part, HALF / 3, HALF / 3 + 1000, &part), STET_CHANGED);
    counts_up(&part, 0, 1000, 5 + HALF / 3);
    cr_assert_eq(numbers_erase_range(&l, 1000, HALF - 1000), STET_CHANGED);
    cr_assert_eq(numbers_size(&l), 2000);
    counts_up(&l, 0, 2000, 0);
    cr_assert_null(list_check(&numbers_list_type_, &l.list_, true));
    cr_assert_eq(numbers_set(&other, HALF / 2 + 9, 9), STET_CHANGED);
    cr_assert_eq(*numbers_get(&other, HALF / 2 + 9), 9);
    counts_up(&other, HALF / 2 + 10, HALF, 2);
    numbers_drop(&l);
    numbers_drop(&other);
    numbers_drop(&part);
}

/* ---- the largest element ---- */

struct largest {
    char text[STET_LIST_ELEMENT_MAX];
};
STET_TYPE_BYTES(largest_type, struct largest)
STET_LIST(largest_list, struct largest, largest_type)

LIVE_TEST(list_limits, the_largest_element)
{
    largest_list l = {0};
    struct largest e;
    for (int i = 0; i < 300; i++) {
        memset(&e, i % 256, sizeof e);
        cr_assert_eq(i % 2 ? largest_list_push_back(&l, e) : largest_list_insert_at(&l, (size_t)i / 2, e),
                     STET_CHANGED);
    }
    cr_assert_null(list_check(&largest_list_list_type_, &l.list_, true));
    largest_list copy = largest_list_copy(&l);
    memset(&e, 77, sizeof e);
    for (size_t i = 0; i < 300; i += 3)
        cr_assert_neq(largest_list_set(&l, i, e), STET_NO_MEMORY);
    cr_assert_eq(largest_list_get(&l, 297)->text[4095], 77);
    cr_assert_not(largest_list_equal(&l, &copy));
    for (size_t i = 300; i-- > 0;) {
        cr_assert_eq(largest_list_pop_at(&copy, i / 2, &e), STET_CHANGED);
        cr_assert_eq(e.text[0], e.text[STET_LIST_ELEMENT_MAX - 1]);
    }
    largest_list_drop(&l);
}

/* ---- misuse ---- */

/* A list of three elements and a large list, and copies, with which end() checks that neither has changed. */
static numbers three, large, three_before, large_before;

static void begin(void)
{
    const int few[] = {1, 2, 3};
    cr_assert_eq(numbers_from_array(few, 3, &three), STET_CHANGED);
    for (int i = 0; i < 5000; i++)
        cr_assert_eq(numbers_push_back(&large, i), STET_CHANGED);
    three_before = numbers_copy(&three);
    large_before = numbers_copy(&large);
    count_requests();
}

static void end(void)
{
    cr_assert_eq(counted_requests(), 0, "it was done, or nearly");
    cr_assert(numbers_identical(&three, &three_before));
    cr_assert(numbers_identical(&large, &large_before));
    numbers_drop(&three);
    numbers_drop(&large);
    numbers_drop(&three_before);
    numbers_drop(&large_before);
}

#define MISUSE_OF(name, ...)  \
    MISUSE(list_misuse, name) \
    {                         \
        begin();              \
        __VA_ARGS__;          \
        end();                \
    }

static int value, array[4], *element = &value;

static void into(void *context, int const *old, int *made)
{
    (void)old;
    *made = 0;
    ++*(int *)context;
}

MISUSE_OF(get_behind_the_end, cr_assert_null(numbers_get(&three, 3)))
MISUSE_OF(get_behind_the_end_of_a_large_list, cr_assert_null(numbers_get(&large, 5000)))
MISUSE_OF(get_far_behind, cr_assert_null(numbers_get(&large, SIZE_MAX)))
MISUSE_OF(get_where_32_bits_wrap, cr_assert_null(numbers_get(&large, (size_t)1 << 32)))
MISUSE_OF(set_behind_the_end, cr_assert_eq(numbers_set(&three, 3, 9), STET_FAILED))
MISUSE_OF(edit_behind_the_end, cr_assert(numbers_edit(&large, 5000, &element) == STET_FAILED && element == NULL))
MISUSE_OF(update_behind_the_end, cr_assert(numbers_update(&large, 5000, into, &value) == STET_FAILED && value == 0))
MISUSE_OF(insert_at_behind_the_end, cr_assert_eq(numbers_insert_at(&large, 5001, 9), STET_FAILED))
MISUSE_OF(erase_at_behind_the_end, cr_assert(numbers_pop_at(&three, 3, &value) == STET_FAILED && value == 0))
MISUSE_OF(insert_list_behind_the_end, cr_assert_eq(numbers_insert_list(&three, 4, &large), STET_FAILED))
MISUSE_OF(insert_array_behind_the_end, cr_assert_eq(numbers_insert_array(&large, 5001, array, 4), STET_FAILED))
MISUSE_OF(erase_behind_the_end, cr_assert_eq(numbers_erase(&three, 3), STET_FAILED))
MISUSE_OF(erase_range_behind_the_end, cr_assert_eq(numbers_erase_range(&large, 4999, 5001), STET_FAILED))
MISUSE_OF(erase_range_backward, cr_assert_eq(numbers_erase_range(&large, 7, 6), STET_FAILED))
MISUSE_OF(splice_behind_the_end, cr_assert_eq(numbers_splice(&large, 5001, 5001, &three), STET_FAILED))
MISUSE_OF(splice_backward, cr_assert_eq(numbers_splice(&large, SIZE_MAX, 0, &three), STET_FAILED))
MISUSE_OF(slice_behind_the_end, cr_assert_eq(numbers_slice(&large, 0, 5001, &three), STET_FAILED))
MISUSE_OF(slice_backward, cr_assert_eq(numbers_slice(&large, 3, 2, &large), STET_FAILED))
MISUSE_OF(split_at_behind_the_end, cr_assert_eq(numbers_split_at(&large, 5001, &large, &three), STET_FAILED))
MISUSE_OF(to_array_behind_the_end, cr_assert(!numbers_to_array(&three, 2, 2, array) && array[0] == 0))
MISUSE_OF(to_array_far_behind, cr_assert(!numbers_to_array(&three, SIZE_MAX, 2, array) && array[0] == 0))
MISUSE_OF(iter_in_behind_the_end, cr_assert_null(numbers_cursor_in(&large, 4999, 5001).at))
MISUSE_OF(iter_in_backward, numbers_cursor it = numbers_cursor_in(&large, 7, 6); cr_assert_null(it.at);
          numbers_previous(&it); cr_assert_null(it.at))
MISUSE_OF(with_behind_the_end, cr_assert_eq(numbers_with(&three, 3, 9, &three), STET_FAILED))
MISUSE_OF(with_inserted_behind_the_end, cr_assert_eq(numbers_with_inserted(&large, 5001, 9, &large), STET_FAILED))
MISUSE_OF(without_behind_the_end, cr_assert_eq(numbers_without(&large, 5000, &large), STET_FAILED))
MISUSE_OF(with_list_behind_the_end, cr_assert_eq(numbers_with_inserted_list(&three, 4, &large, &three), STET_FAILED))
MISUSE_OF(with_array_behind_the_end,
          cr_assert_eq(numbers_with_inserted_array(&large, 5001, array, 4, &large), STET_FAILED))
MISUSE_OF(without_range_backward, cr_assert_eq(numbers_without_range(&large, 7, 6, &large), STET_FAILED))
MISUSE_OF(with_spliced_behind_the_end, cr_assert_eq(numbers_with_spliced(&large, 0, 5001, &three, &large), STET_FAILED))

/* Calls for such an element type do not compile (test/check/refused), but a descriptor can be made at run time. */
static const struct stet_type *without_order(void)
{
    static struct stet_type type;
    type = stet_int;
    type.compare = NULL;
    return &type;
}

static struct stet_tree_type list_without_order(void)
{
    struct stet_tree_type t = numbers_list_type_;
    t.element = without_order();
    return t;
}

MISUSE_OF(sort_without_order, struct stet_tree_type t = list_without_order();
          cr_assert_eq(stet_list_sort_(&t, &large.list_), STET_FAILED))
MISUSE_OF(lower_bound_without_order, struct stet_tree_type t = list_without_order();
          cr_assert_eq(stet_list_lower_bound_(&t, &large.list_, &value), SIZE_MAX))
MISUSE_OF(binary_search_without_order, struct stet_tree_type t = list_without_order();
          cr_assert_eq(stet_list_binary_search_(&t, &large.list_, &value), SIZE_MAX))

/* Functions that only read accept an index behind the end. */
LIVE_TEST(list_limits, questions_behind_the_end)
{
    numbers l = {0};
    size_t n, at = 7;
    struct iovec pair;
    for (int i = 0; i < 5; i++)
        cr_assert_eq(numbers_push_back(&l, i), STET_CHANGED);
    cr_assert_eq(numbers_get_or(&l, 5, 9), 9);
    cr_assert_null(numbers_chunk(&l, 6, &n));
    cr_assert_eq(n, 0);
    cr_assert_eq(numbers_iovecs(&l, 1, &at, &pair), 0);
    cr_assert_eq(at, 7);
    cr_assert_null(numbers_cursor_at(&l, 6).at);
    cr_assert_eq(numbers_index_of(&l, 6, 1), SIZE_MAX);
    numbers_drop(&l);
}
