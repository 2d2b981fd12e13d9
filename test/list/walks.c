/* SPDX-License-Identifier: MIT */
/* list/walks.c - walks over lists: cursors, chunks, callbacks, searches, filter and map, order, differences. */
#include <stet/list.h>

#include "support/list_check.h"
#include "support/testing.h"
#include "support/things.h"

#include <sys/mman.h>
#include <unistd.h>

STET_LIST(numbers, int, stet_int)
STET_LIST(bytes, char, stet_char)
STET_LIST(objects, object_ptr, object_type)
STET_LIST(texts, stet_str, stet_str_type)

static const int sizes[] = {0, 1, 2, 4, 5, 64, 127, 128, 129, 257, 1000, 9000};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* Returns the list of 0, 1, ... n - 1. A large one is made of pieces, so that no part of it is regular. */
static numbers up_to(int n)
{
    numbers l = {0}, piece = {0};
    for (int i = n / 2; i < n; i++)
        cr_assert_eq(numbers_push_back(&l, i), STET_CHANGED);
    for (int i = n / 2; i-- > n / 8;)
        cr_assert_eq(numbers_push_front(&l, i), STET_CHANGED);
    for (int i = 0; i < n / 8; i++)
        cr_assert_eq(numbers_push_back(&piece, i), STET_CHANGED);
    cr_assert_neq(numbers_concat(&piece, &l, &l), STET_NO_MEMORY);
    for (int i = n / 7; i < n; i += n / 7 + 1) {
        cr_assert_eq(numbers_insert_at(&l, (size_t)i, -1), STET_CHANGED);
        cr_assert_eq(numbers_pop_at(&l, (size_t)i + 1 - (i % 2 != 0), NULL), STET_CHANGED);
        cr_assert_eq(numbers_set(&l, (size_t)i, i), i % 2 != 0 ? STET_UNCHANGED : STET_CHANGED);
    }
    numbers_drop(&piece);
    return l;
}

/* ---- cursors ---- */

LIVE_TEST(list_walks, iterators_from_every_place_to_both_ends)
{
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s];
        numbers l = up_to(n);
        count_requests();
        for (int from = 0; from <= n; from += n / 50 + 1) {
            int i = from;
            for (numbers_cursor it = numbers_cursor_at(&l, (size_t)from); it.at != NULL; numbers_next(&it), i++) {
                cr_assert_eq(*it.at, i);
                cr_assert_eq(it.at, numbers_get(&l, (size_t)i));
                cr_assert_eq(numbers_cursor_index(&it), (size_t)i);
            }
            cr_assert_eq(i, n);
            if (from == n)
                continue;
            i = from;
            for (numbers_cursor it = numbers_cursor_at(&l, (size_t)from); it.at != NULL; numbers_previous(&it), i--)
                cr_assert(*it.at == i && numbers_cursor_index(&it) == (size_t)i);
            cr_assert_eq(i, -1);
        }
        cr_assert_eq(counted_requests(), 0);
        numbers_drop(&l);
    }
}

/* From NULL behind the last element a cursor moves back to the last; cursors can be copied as plain data. */
LIVE_TEST(list_walks, iterators_turn_round)
{
    numbers l = up_to(1000);
    numbers_cursor it = numbers_cursor_at(&l, 1000);
    cr_assert_null(it.at);
    numbers_previous(&it);
    cr_assert(it.at != NULL && *it.at == 999);
    numbers_cursor there = it;
    for (int i = 999; i > 0; i--) {
        numbers_previous(&it);
        numbers_next(&it);
        cr_assert_eq(*it.at, i);
        numbers_previous(&it);
    }
    cr_assert_eq(*it.at, 0);
    cr_assert_eq(*there.at, 999);
    numbers_next(&there);
    cr_assert_null(there.at);
    numbers_drop(&l);
}

LIVE_TEST(list_walks, iterators_of_a_range_keep_within_it)
{
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s], i;
        numbers l = up_to(n);
        count_requests();
        for (int from = 0; from <= n; from += n / 40 + 1)
            for (int to = from; to <= n; to += n / 30 + 1) {
                numbers_cursor it = numbers_cursor_in(&l, (size_t)from, (size_t)to);
                for (i = from; it.at != NULL; numbers_next(&it), i++)
                    cr_assert(*it.at == i && numbers_cursor_index(&it) == (size_t)i);
                cr_assert_eq(i, to);
                numbers_previous(&it); /* from NULL behind the last element to the last one */
                for (i = to - 1; it.at != NULL; numbers_previous(&it), i--)
                    cr_assert(*it.at == i && numbers_cursor_index(&it) == (size_t)i);
                cr_assert_eq(i, from - 1);
                for (int k = 0; k < 10; k++) {
                    i = (k % 2 ? from : to) + k / 2 - 2;
                    numbers_seek(&it, (size_t)i);
                    cr_assert_eq(it.at != NULL, i >= from && i < to, "[%d, %d): element %d", from, to, i);
                    cr_assert(it.at == NULL || (*it.at == i && numbers_cursor_index(&it) == (size_t)i));
                }
            }
        cr_assert_eq(counted_requests(), 0);
        numbers_drop(&l);
    }
}

/* ---- chunks ---- */

LIVE_TEST(list_walks, chunks_cover_all_once)
{
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s], next = 0, runs = 0;
        numbers l = up_to(n);
        for (size_t i = 0, k; i < numbers_size(&l); i += k, runs++) {
            int const *run = numbers_chunk(&l, i, &k);
            cr_assert(run != NULL && k > 0);
            for (size_t j = 0; j < k; j++)
                cr_assert_eq(run[j], next++);
        }
        cr_assert_eq(next, n);
        struct list_shape shape = list_shape(&l.list_);
        cr_assert_eq((size_t)runs, shape.leaves + (l.list_.head.n != 0) + (l.list_.tail.n != 0), "a leaf is one run");
        for (int i = 0; i < n; i++) { /* from an index inside of a chunk, the rest of it */
            size_t k;
            int const *run = numbers_chunk(&l, (size_t)i, &k);
            cr_assert(run == numbers_get(&l, (size_t)i) && run[k - 1] == i + (int)k - 1);
        }
        numbers_drop(&l);
    }
}

/* Writes a list of bytes with writev(). */
LIVE_TEST(list_walks, iovecs_write_a_list_of_bytes)
{
    bytes l = {0};
    static char read_back[5001];
    for (int i = 0; i < 5000; i++)
        cr_assert_eq(i % 3 ? bytes_push_back(&l, (char)(i % 251)) : bytes_push_front(&l, (char)(i % 251)),
                     STET_CHANGED);
    int fd = memfd_create("bytes", 0);
    cr_assert_geq(fd, 0);
    for (unsigned max = 1; max < 8; max++) {
        struct iovec pairs[8];
        cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
        size_t at = 0, told = 0;
        for (size_t k; (k = bytes_iovecs(&l, max, &at, pairs)) != 0;) {
            cr_assert_leq(k, max);
            cr_assert_gt(writev(fd, pairs, (int)k), 0);
            for (size_t i = 0; i < k; i++)
                told += pairs[i].iov_len;
            cr_assert_eq(at, told);
        }
        cr_assert_eq(told, 5000);
        cr_assert_eq(pread(fd, read_back, sizeof read_back, 0), 5000);
        for (size_t i = 0; i < 5000; i++)
            cr_assert_eq(read_back[i], *bytes_get(&l, i));
    }
    close(fd);
    bytes_drop(&l);
}

/* ---- callbacks ---- */

struct visits {
    int next, stop_at;
};

static bool visit(void *context, int const *element)
{
    struct visits *v = context;
    cr_assert_eq(*element, v->next);
    return v->next++ != v->stop_at;
}

static void add(void *into, int const *element) { *(long *)into += *element; }

LIVE_TEST(list_walks, each_and_fold)
{
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s];
        numbers l = up_to(n);
        for (int stop_at = 0; stop_at <= n; stop_at += n / 20 + 1) {
            struct visits v = {0, stop_at};
            cr_assert_eq(numbers_each(&l, visit, &v), stop_at >= n);
            cr_assert_eq(v.next, stop_at < n ? stop_at + 1 : n);
        }
        long sum = 0;
        cr_assert_eq(numbers_fold(&l, add, &sum), &sum);
        cr_assert_eq(sum, (long)n * (n - 1) / 2);
        numbers_drop(&l);
    }
}

static bool is_multiple(void *context, int const *element) { return *element % *(const int *)context == 0; }

LIVE_TEST(list_walks, find_index_of_and_contains)
{
    numbers l = up_to(1000);
    for (int by = 3; by < 400; by += 7)
        for (size_t from = 0; from <= 1000; from += 13) {
            size_t expected = (from + (size_t)by - 1) / (size_t)by * (size_t)by;
            cr_assert_eq(numbers_find(&l, from, is_multiple, &by), expected < 1000 ? expected : SIZE_MAX);
        }
    for (int i = -3; i < 1003; i++) {
        bool there = i >= 0 && i < 1000;
        cr_assert_eq(numbers_has(&l, i), there);
        cr_assert_eq(numbers_index_of(&l, 0, i), there ? (size_t)i : SIZE_MAX);
        cr_assert_eq(numbers_index_of(&l, 500, i), there && i >= 500 ? (size_t)i : SIZE_MAX);
    }
    /* Each value is in the list twice now: _index_of() finds the first from an index on. */
    cr_assert_eq(numbers_append(&l, &l), STET_CHANGED);
    cr_assert_eq(numbers_index_of(&l, 0, 7), 7);
    cr_assert_eq(numbers_index_of(&l, 7, 7), 7);
    cr_assert_eq(numbers_index_of(&l, 8, 7), 1007);
    cr_assert_eq(numbers_index_of(&l, 1008, 7), SIZE_MAX);
    cr_assert_eq(numbers_index_of(&l, 2000, 7), SIZE_MAX);
    numbers_drop(&l);
}

LIVE_TEST(list_walks, lower_bound_among_equals)
{
    numbers l = {0};
    for (int i = 0; i < 3000; i++)
        cr_assert_eq(numbers_push_back(&l, i / 7 * 2), STET_CHANGED);
    for (int value = -1; value <= 2 * (3000 / 7) + 3; value++) {
        size_t at = numbers_lower_bound(&l, value), expected = (size_t)(value < 0 ? 0 : (value + 1) / 2 * 7);
        cr_assert_eq(at, expected < 3000 ? expected : 3000, "%d is not at %zu", value, at);
        bool there = value >= 0 && value % 2 == 0 && expected < 3000;
        cr_assert_eq(numbers_binary_search(&l, value), there ? expected : SIZE_MAX);
    }
    numbers_drop(&l);
}

static bool keeps(void *context, int const *element) { return *element % *(const int *)context != 1; }

static void times(void *context, int const *old, int *value) { *value = *old * *(const int *)context; }

LIVE_TEST(list_walks, filter_and_map)
{
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s], by = 3, one = 1, at = 0;
        numbers l = up_to(n), before = numbers_copy(&l);
        cr_assert_eq(numbers_filter(&l, keeps, &by), n > 1 ? STET_CHANGED : STET_UNCHANGED);
        for (int i = 0; i < n; i++)
            if (i % 3 != 1)
                cr_assert_eq(*numbers_get(&l, (size_t)at++), i);
        cr_assert_eq(numbers_size(&l), (size_t)at);
        cr_assert_eq(numbers_map(&l, times, &one), STET_UNCHANGED);
        cr_assert_eq(numbers_map(&l, times, &by), at > 1 ? STET_CHANGED : STET_UNCHANGED, "all but 0 change");
        cr_assert_eq(numbers_get_or(&l, (size_t)at / 2, 0) % 3, 0);
        for (int i = 0; i < n; i++)
            cr_assert_eq(*numbers_get(&before, (size_t)i), i);
        cr_assert_eq(numbers_filter(&l, keeps, &one), STET_UNCHANGED, "nothing is 1 modulo 1");
        numbers_drop(&l);
        numbers_drop(&before);
    }
}

/* ---- order ---- */

/* Cards are ordered by rank; the suit distinguishes equal ones. */
struct card {
    int rank, suit;
};
static uint64_t card_hash(const struct card *c, uint64_t seed) { return (uint64_t)c->rank ^ seed; }
static bool card_equal(const struct card *a, const struct card *b) { return a->rank == b->rank && a->suit == b->suit; }
static int card_compare(const struct card *a, const struct card *b)
{
    return (a->rank > b->rank) - (a->rank < b->rank);
}
static void card_retain(const struct card *c) { (void)c; }
static void card_release(struct card *c) { (void)c; }
STET_TYPE_FULL(card_type, struct card, card_hash, card_equal, card_compare, card_retain, card_release, STET_LAZY)
STET_LIST(deck, struct card, card_type)

LIVE_TEST(list_walks, sort_leaves_equal_elements_in_their_order)
{
    struct rng random = {rng_mix(test_seed(), 1)};
    for (int s = 0; s < SIZES; s++)
        for (int ranks = 1; ranks < 1000; ranks *= 6) {
            deck d = {0};
            for (int i = 0; i < sizes[s]; i++)
                cr_assert_eq(deck_push_back(&d, (struct card){(int)rng_below(&random, (unsigned)ranks), i}),
                             STET_CHANGED);
            deck before = deck_copy(&d);
            bool sorted = true;
            for (int i = 1; i < sizes[s]; i++)
                sorted &= deck_get(&d, (size_t)i - 1)->rank <= deck_get(&d, (size_t)i)->rank;
            cr_assert_eq(deck_sort(&d), sorted ? STET_UNCHANGED : STET_CHANGED);
            cr_assert_eq(deck_identical(&d, &before), sorted);
            for (int i = 1; i < sizes[s]; i++) {
                const struct card *a = deck_get(&d, (size_t)i - 1), *b = deck_get(&d, (size_t)i);
                cr_assert(a->rank < b->rank || (a->rank == b->rank && a->suit < b->suit));
            }
            cr_assert_eq(deck_size(&d), (size_t)sizes[s]);
            for (int i = 0; i < sizes[s]; i++)
                cr_assert_eq(deck_get(&before, (size_t)i)->suit, i);
            cr_assert_eq(deck_sort(&d), STET_UNCHANGED);
            deck_drop(&d);
            deck_drop(&before);
        }
}

/* By suit modulo *context, downwards. */
static int by_suit(void *context, const struct card *a, const struct card *b)
{
    int x = a->suit % *(int *)context, y = b->suit % *(int *)context;
    return (x < y) - (x > y);
}

LIVE_TEST(list_walks, sort_by_a_function_is_stable_and_all_or_nothing)
{
    for (int s = 0; s < SIZES; s++)
        for (int suits = 1; suits < 1000; suits *= 6) {
            deck before = {0}, sorted = {0};
            for (int i = 0; i < sizes[s]; i++)
                cr_assert_eq(deck_push_back(&before, (struct card){i, i % 64 * 5}), STET_CHANGED);
            struct refusals r = {0};
            stet_result result;
            do {
                deck_drop(&sorted);
                sorted = deck_copy(&before);
                refuse(&r), result = deck_sort_by(&sorted, by_suit, &suits);
            } while (any_refused(&r, result) && (result != STET_NO_MEMORY || deck_identical(&sorted, &before)));
            cr_assert_neq(result, STET_NO_MEMORY);
            cr_assert_eq(result == STET_UNCHANGED, deck_identical(&sorted, &before));
            cr_assert_eq(deck_size(&sorted), (size_t)sizes[s]);
            for (int i = 1; i < sizes[s]; i++) {
                const struct card *a = deck_get(&sorted, (size_t)i - 1), *b = deck_get(&sorted, (size_t)i);
                cr_assert(by_suit(&suits, a, b) < 0 || (by_suit(&suits, a, b) == 0 && a->rank < b->rank));
            }
            cr_assert_eq(deck_sort_by(&sorted, by_suit, &suits), STET_UNCHANGED);
            deck_drop(&sorted);
            deck_drop(&before);
        }
}

LIVE_TEST(list_walks, reverse_twice_is_the_same_again)
{
    for (int s = 0; s < SIZES; s++) {
        int n = sizes[s];
        numbers l = up_to(n), before = numbers_copy(&l);
        cr_assert_eq(numbers_reverse(&l), n > 1 ? STET_CHANGED : STET_UNCHANGED);
        for (int i = 0; i < n; i++)
            cr_assert_eq(*numbers_get(&l, (size_t)i), n - 1 - i);
        cr_assert_eq(numbers_reverse(&l), n > 1 ? STET_CHANGED : STET_UNCHANGED);
        cr_assert(numbers_equal(&l, &before));
        cr_assert_null(list_check(&numbers_list_type_, &l.list_, true));
        numbers_drop(&l);
        numbers_drop(&before);
    }
}

static int downwards(void *context, object_ptr const *a, object_ptr const *b)
{
    ++*(unsigned *)context;
    return ((*a)->id < (*b)->id) - ((*a)->id > (*b)->id);
}

static int longest_first(void *context, const stet_str *a, const stet_str *b)
{
    (void)context;
    return (stet_str_size(a) < stet_str_size(b)) - (stet_str_size(a) > stet_str_size(b));
}

/* Sorting and reversing move references: no element has gained or lost a holder afterwards. */
THINGS_TEST(list_walks, order_moves_references)
{
    objects o = {0};
    texts t = {0};
    for (unsigned i = 0; i < 3 * MANY; i++) {
        cr_assert_eq(objects_push_front(&o, object_of(i * 7 % MANY)), STET_CHANGED);
        cr_assert_eq(texts_push_front(&t, string_of(i * 7 % MANY)), STET_CHANGED);
    }
    cr_assert_eq(objects_sort(&o), STET_CHANGED);
    cr_assert_eq(texts_sort(&t), STET_CHANGED);
    for (unsigned i = 0; i < 3 * MANY; i++)
        cr_assert_eq(*objects_get(&o, i), object_of(i / 3));
    for (unsigned i = 1; i < 3 * MANY; i++)
        cr_assert_leq(stet_str_compare(texts_get(&t, i - 1), texts_get(&t, i)), 0);
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(object_of(i)->holders, 3);
    unsigned calls = 0;
    cr_assert_eq(objects_sort_by(&o, downwards, &calls), STET_CHANGED);
    cr_assert_gt(calls, 3 * MANY);
    for (unsigned i = 0; i < 3 * MANY; i++)
        cr_assert_eq(*objects_get(&o, i), object_of(MANY - 1 - i / 3));
    cr_assert_eq(objects_sort(&o), STET_CHANGED);
    cr_assert_neq(texts_sort_by(&t, longest_first, NULL), STET_NO_MEMORY);
    for (unsigned i = 1; i < 3 * MANY; i++)
        cr_assert_leq(longest_first(NULL, texts_get(&t, i - 1), texts_get(&t, i)), 0);
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(object_of(i)->holders, 3);
    cr_assert_eq(objects_reverse(&o), STET_CHANGED);
    cr_assert_eq(texts_reverse(&t), STET_CHANGED);
    cr_assert_eq(*objects_front(&o), object_of(MANY - 1));
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(object_of(i)->holders, 3);
    objects_drop(&o);
    texts_drop(&t);
}

/* ---- differences ---- */

/*
 * The hunks of a diff. They are applied to a copy of a from the last to the first, so that indices of earlier ones stay
 * valid.
 */
struct hunks {
    size_t n, stop_after;
    struct {
        size_t a_from, a_to, b_from, b_to;
    } hunk[64];
};

static bool note(void *context, size_t a_from, size_t a_to, size_t b_from, size_t b_to)
{
    struct hunks *h = context;
    cr_assert_lt(h->n, 64);
    h->hunk[h->n].a_from = a_from;
    h->hunk[h->n].a_to = a_to;
    h->hunk[h->n].b_from = b_from;
    h->hunk[h->n].b_to = b_to;
    return ++h->n != h->stop_after;
}

static struct hunks diff_of(const numbers *a, const numbers *b)
{
    struct hunks h = {0};
    cr_assert(numbers_diff(a, b, note, &h));
    numbers made = numbers_copy(a);
    for (size_t i = h.n; i-- > 0;) {
        numbers piece = {0};
        cr_assert_neq(numbers_slice(b, h.hunk[i].b_from, h.hunk[i].b_to, &piece), STET_NO_MEMORY);
        cr_assert_eq(numbers_splice(&made, h.hunk[i].a_from, h.hunk[i].a_to, &piece), STET_CHANGED);
        numbers_drop(&piece);
    }
    cr_assert(numbers_equal(&made, b), "a with its stretches replaced is not b");
    numbers_drop(&made);
    return h;
}

static bool is_hunk(const struct hunks *h, size_t i, size_t a_from, size_t a_to, size_t b_from, size_t b_to)
{
    return i < h->n && h->hunk[i].a_from == a_from && h->hunk[i].a_to == a_to && h->hunk[i].b_from == b_from &&
           h->hunk[i].b_to == b_to;
}

LIVE_TEST(list_walks, diff_tells_single_edits_exactly)
{
    for (int s = 1; s < SIZES; s++) {
        size_t n = (size_t)sizes[s];
        numbers a = up_to((int)n), b = {0}, empty = {0};
        struct hunks h = diff_of(&a, &a);
        cr_assert_eq(h.n, 0);
        h = diff_of(&a, &empty);
        cr_assert(h.n == 1 && is_hunk(&h, 0, 0, n, 0, 0));
        h = diff_of(&empty, &a);
        cr_assert(h.n == 1 && is_hunk(&h, 0, 0, 0, 0, n));
        for (size_t at = 0; at < n; at += n / 30 + 1) {
            cr_assert_eq(numbers_with(&a, at, -1, &b), STET_CHANGED);
            h = diff_of(&a, &b);
            cr_assert(h.n == 1 && is_hunk(&h, 0, at, at + 1, at, at + 1));
            cr_assert_eq(numbers_with_inserted(&a, at, -1, &b), STET_CHANGED);
            h = diff_of(&a, &b);
            cr_assert(h.n == 1 && is_hunk(&h, 0, at, at, at, at + 1));
            cr_assert_eq(numbers_without(&a, at, &b), STET_CHANGED);
            h = diff_of(&a, &b);
            cr_assert(h.n == 1 && is_hunk(&h, 0, at, at + 1, at, at));
            h = diff_of(&b, &a);
            cr_assert(h.n == 1 && is_hunk(&h, 0, at, at, at, at + 1));
        }
        cr_assert_neq(numbers_slice(&a, n / 3, n - n / 3, &b), STET_NO_MEMORY);
        diff_of(&a, &b);
        diff_of(&b, &a);
        numbers_drop(&a);
        numbers_drop(&b);
    }
}

/*
 * Both lists have the same leaf, but a has fewer of its elements: b pushed one to the tail that they shared, before the
 * leaf moved into the tree.
 */
LIVE_TEST(list_walks, diff_where_a_leaf_is_shown_to_different_lengths)
{
    enum { LEAF = 1 << STET_TREE_LEAF_BITS(sizeof(int)) };
    numbers a = {0}, b, other = up_to(9000);
    for (int i = 0; i < 21 * LEAF - 1; i++)
        cr_assert_eq(numbers_push_back(&a, i), STET_CHANGED);
    b = numbers_copy(&a);
    cr_assert_eq(numbers_push_back(&b, -1), STET_CHANGED);
    cr_assert_eq(numbers_append(&a, &other), STET_CHANGED);
    cr_assert_eq(numbers_append(&b, &other), STET_CHANGED);
    cr_assert_eq(numbers_get(&a, 20 * LEAF), numbers_get(&b, 20 * LEAF), "one leaf");
    struct hunks h = diff_of(&a, &b);
    cr_assert(h.n == 1 && is_hunk(&h, 0, 21 * LEAF - 1, 21 * LEAF - 1, 21 * LEAF - 1, 21 * LEAF));
    cr_assert_eq(numbers_set(&b, 0, -2), STET_CHANGED); /* so that the walk comes to the leaf from behind */
    diff_of(&a, &b);
    diff_of(&b, &a);
    numbers_drop(&a);
    numbers_drop(&b);
    numbers_drop(&other);
}

LIVE_TEST(list_walks, diff_of_many_edits_can_be_applied_and_stopped)
{
    struct rng random = {rng_mix(test_seed(), 2)};
    for (unsigned round = 0; round < 200; round++) {
        numbers a = up_to(1 + (int)rng_below(&random, 4000)), b = numbers_copy(&a);
        for (unsigned i = rng_below(&random, 12); i-- > 0 && numbers_size(&b) > 0;) {
            size_t n = numbers_size(&b), at = rng_below(&random, (unsigned)n);
            size_t to = at + rng_below(&random, (unsigned)(n - at < 500 ? n - at : 500));
            int kind = (int)rng_below(&random, 5);
            if (kind == 0)
                cr_assert_neq(numbers_set(&b, at, -1), STET_NO_MEMORY);
            else if (kind == 1)
                cr_assert_eq(numbers_insert_at(&b, at, -2), STET_CHANGED);
            else if (kind == 2)
                cr_assert_eq(numbers_pop_at(&b, at, NULL), STET_CHANGED);
            else if (kind == 3)
                cr_assert_neq(numbers_erase_range(&b, at, to), STET_NO_MEMORY);
            else
                cr_assert_eq(numbers_splice(&b, at, to, &a), STET_CHANGED);
            if (numbers_size(&b) > 20000)
                break;
        }
        struct hunks h = diff_of(&a, &b);
        diff_of(&b, &a);
        for (size_t stop = 1; stop <= h.n; stop++) {
            struct hunks some = {.stop_after = stop};
            cr_assert_not(numbers_diff(&a, &b, note, &some));
            cr_assert_eq(some.n, stop);
        }
        numbers_drop(&a);
        numbers_drop(&b);
    }
}

/* If there is no memory for the table of leaves, the hunks are larger, but still correct. */
LIVE_TEST(list_walks, diff_without_memory_is_right)
{
    numbers a = up_to(9000), b = numbers_copy(&a);
    cr_assert_eq(numbers_insert_at(&b, 100, -1), STET_CHANGED);
    cr_assert_eq(numbers_pop_at(&b, 8000, NULL), STET_CHANGED);
    cr_assert_eq(numbers_set(&b, 4000, -2), STET_CHANGED);
    struct hunks h = {0};
    stet_pool_fault(1, UINT64_MAX);
    cr_assert(numbers_diff(&a, &b, note, &h));
    stet_pool_fault_end();
    cr_assert_geq(h.n, 1);
    cr_assert(h.hunk[0].a_from == 100 && h.hunk[h.n - 1].a_to <= 8000);
    numbers_drop(&a);
    numbers_drop(&b);
}
