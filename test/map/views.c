/* SPDX-License-Identifier: MIT */
/*
 * map/views.c - keys of a user's own types that are given in another form (STET_KEY_VIEW), in every collection of keys:
 * random calls beside a model, with each request for memory refused once.
 *
 * The keys of three types: two numbers, small and plain, with a word of their order; numbers whose hashes are few, so
 * that rehash and collision leaves are searched by views; a string and a number, counted, and larger than a key that a
 * map makes where it is inserted.
 */
#include <stet/atom_map.h>
#include <stet/live_map.h>
#include <stet/pool.h>
#include <stet/set.h>
#include <stet/sorted_map.h>
#include <stet/sorted_set.h>

#include "support/testing.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { KEYS = 300, STEPS = 3000 };

/* A view of every kind of key: what it stands for, by its number. */
typedef struct {
    unsigned number;
} nth;

/* ---- two numbers ---- */

struct pair {
    uint32_t high, low;
};
static uint64_t pair_hash(const struct pair *p, uint64_t seed)
{
    return stet_hash_combine(stet_hash_combine(seed, p->high), p->low);
}
static bool pair_equal(const struct pair *a, const struct pair *b) { return a->high == b->high && a->low == b->low; }
static int pair_compare(const struct pair *a, const struct pair *b)
{
    return a->high != b->high ? (a->high < b->high ? -1 : 1) : (a->low > b->low) - (a->low < b->low);
}
static uint64_t pair_word(const struct pair *p) { return p->high; }
STET_TYPE_ORDERED_WORD(pair_type, struct pair, pair_hash, pair_equal, pair_compare, pair_word)

static bool pair_make(const nth *n, struct pair *p) { return *p = (struct pair){n->number / 7, n->number % 7}, true; }
static struct pair pair_of(const nth *n)
{
    struct pair p;
    return (void)pair_make(n, &p), p;
}
static uint64_t pair_nth_hash(const nth *n, uint64_t seed)
{
    struct pair p = pair_of(n);
    return pair_hash(&p, seed);
}
static bool pair_nth_equal(const struct pair *p, const nth *n) { return p->high * 7 + p->low == n->number; }
static int pair_nth_compare(const struct pair *a, const nth *n)
{
    struct pair b = pair_of(n);
    return pair_compare(a, &b);
}
static uint64_t pair_nth_word(const nth *n) { return n->number / 7; }
STET_KEY_VIEW_ORDERED_WORD(pairs_view, pair_type, nth, pair_nth_hash, pair_nth_equal, pair_make, pair_nth_compare,
                           pair_nth_word)

/* ---- numbers with few hashes ---- */

struct few {
    unsigned number;
};
static uint64_t few_hash(const struct few *f, uint64_t seed) { return (void)seed, f->number % 5; }
static bool few_equal(const struct few *a, const struct few *b) { return a->number == b->number; }
static int few_compare(const struct few *a, const struct few *b)
{
    return (a->number > b->number) - (a->number < b->number);
}
STET_TYPE_ORDERED(few_type, struct few, few_hash, few_equal, few_compare)

static uint64_t few_nth_hash(const nth *n, uint64_t seed) { return (void)seed, n->number % 5; }
static bool few_nth_equal(const struct few *f, const nth *n) { return f->number == n->number; }
static bool few_make(const nth *n, struct few *f) { return f->number = n->number, true; }
static int few_nth_compare(const struct few *f, const nth *n)
{
    return (f->number > n->number) - (f->number < n->number);
}
STET_KEY_VIEW_ORDERED(fews_view, few_type, nth, few_nth_hash, few_nth_equal, few_make, few_nth_compare)

/* ---- a string and a number ---- */

struct title {
    stet_str text;
    unsigned number;
};
static uint64_t title_hash(const struct title *t, uint64_t seed)
{
    return stet_hash_combine(stet_type_hash(&stet_str_type, &t->text, seed), t->number);
}
static bool title_equal(const struct title *a, const struct title *b)
{
    return a->number == b->number && stet_str_equal(&a->text, &b->text);
}
static int title_compare(const struct title *a, const struct title *b)
{
    int order = stet_str_compare(&a->text, &b->text);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}
static void title_retain(const struct title *t) { stet_str_retain(&t->text); }
static void title_release(struct title *t) { stet_str_drop(&t->text); }
STET_TYPE_FULL(title_type, struct title, title_hash, title_equal, title_compare, title_retain, title_release, STET_LAZY)

/* The text of a title; of every second it is too long to be held in place. */
static size_t title_text(unsigned number, char text[64])
{
    return (size_t)snprintf(text, 64, number % 2 != 0 ? "%u" : "a title of some length %u", number / 2);
}
static uint64_t title_nth_hash(const nth *n, uint64_t seed)
{
    char text[64];
    size_t size = title_text(n->number, text);
    return stet_hash_combine(stet_str_hash_of(text, size, seed), n->number);
}
static bool title_nth_equal(const struct title *t, const nth *n)
{
    char text[64];
    size_t size = title_text(n->number, text);
    return t->number == n->number && stet_str_equal_to(&t->text, text, size);
}
static bool title_make(const nth *n, struct title *t)
{
    char text[64];
    size_t size = title_text(n->number, text);
    memset(t, 0, sizeof *t);
    t->number = n->number;
    return stet_str_from_bytes(text, size, &t->text) != STET_NO_MEMORY;
}
static int title_nth_compare(const struct title *t, const nth *n)
{
    char text[64];
    size_t size = title_text(n->number, text);
    int order = stet_str_compare_to(&t->text, text, size);
    return order != 0 ? order : (t->number > n->number) - (t->number < n->number);
}
STET_KEY_VIEW_ORDERED(titles_view, title_type, nth, title_nth_hash, title_nth_equal, title_make, title_nth_compare)

/* ---- the collections ---- */

#define COLLECTIONS(kind, K, ktype)                                             \
    STET_MAP(kind##_map, K, int, ktype, stet_int)                               \
    STET_MAP_VIEW(kind##_map, kind##s_view)                                     \
    STET_SET(kind##_set, K, ktype)                                              \
    STET_SET_VIEW(kind##_set, kind##s_view)                                     \
    STET_SORTED_MAP(kind##_sorted, K, int, ktype, stet_int)                     \
    STET_SORTED_MAP_VIEW(kind##_sorted, kind##s_view)                           \
    STET_SORTED_SET(kind##_ordered, K, ktype)                                   \
    STET_SORTED_SET_VIEW(kind##_ordered, kind##s_view)                          \
    STET_ATOM_MAP(kind##_atom, kind##_map)                                      \
    STET_ATOM_MAP_VIEW(kind##_atom, kind##_map, kind##s_view)                   \
    STET_ATOM_MAP(kind##_atom_sorted, kind##_sorted)                            \
    STET_ATOM_MAP_VIEW_ORDERED(kind##_atom_sorted, kind##_sorted, kind##s_view) \
    STET_LIVE_MAP(kind##_live, kind##_map)                                      \
    STET_LIVE_MAP_VIEW(kind##_live, kind##_map, kind##s_view)
COLLECTIONS(pair, struct pair, pair_type)
COLLECTIONS(few, struct few, few_type)
COLLECTIONS(title, struct title, title_type)

/* Makes the call until it gets the memory that it asks for. */
#define UNTIL_THERE_IS_MEMORY(result, call)                     \
    for (uint64_t nth_ = 1;; nth_++) {                          \
        stet_pool_fault(nth_, 1);                               \
        (result) = (call);                                      \
        bool refused_ = stet_pool_requests() >= nth_;           \
        stet_pool_fault_end();                                  \
        if ((result) != STET_NO_MEMORY)                         \
            break;                                              \
        cr_assert(refused_, "out of memory without a refusal"); \
    }

static void add_one(void *context, const int *old, int *value) { *value = (old != NULL ? *old : *(int *)context) + 1; }

/* Calls of a map, hashed or sorted, beside a model. */
#define MAP_TEST(map, K, key_make, key_release)                                                              \
    Test(views, map)                                                                                         \
    {                                                                                                        \
        struct rng rng = {test_seed()};                                                                      \
        int model[KEYS];                                                                                     \
        memset(model, -1, sizeof model);                                                                     \
        map m = {0}, kept = {0};                                                                             \
        for (int step = 0; step < STEPS; step++) {                                                           \
            nth n = {rng_below(&rng, KEYS)};                                                                 \
            int *slot = &model[n.number], value = (int)rng_below(&rng, 50), was = -2, *at;                   \
            bool there = *slot >= 0;                                                                         \
            stet_result result;                                                                              \
            map out = {0};                                                                                   \
            if (step % 40 == 0) {                                                                            \
                map##_drop(&kept);                                                                           \
                kept = map##_copy(&m);                                                                       \
            }                                                                                                \
            switch (rng_below(&rng, 8)) {                                                                    \
            case 0:                                                                                          \
                UNTIL_THERE_IS_MEMORY(result, map##_set_view(&m, n, value))                                  \
                cr_assert_eq(result, there &&*slot == value ? STET_UNCHANGED : STET_CHANGED);                \
                *slot = value;                                                                               \
                break;                                                                                       \
            case 1:                                                                                          \
                UNTIL_THERE_IS_MEMORY(result, map##_add_view(&m, n, value))                                  \
                cr_assert_eq(result, there ? STET_UNCHANGED : STET_CHANGED);                                 \
                *slot = there ? *slot : value;                                                               \
                break;                                                                                       \
            case 2:                                                                                          \
                UNTIL_THERE_IS_MEMORY(result, map##_edit_view(&m, n, &at))                                   \
                cr_assert(result == (there ? STET_UNCHANGED : STET_CHANGED) && *at == (there ? *slot : 0));  \
                *at = *slot = value;                                                                         \
                break;                                                                                       \
            case 3:                                                                                          \
                UNTIL_THERE_IS_MEMORY(result, map##_update_view(&m, n, add_one, &value))                     \
                cr_assert_eq(result, STET_CHANGED);                                                          \
                *slot = (there ? *slot : value) + 1;                                                         \
                break;                                                                                       \
            case 4:                                                                                          \
                UNTIL_THERE_IS_MEMORY(result, map##_pop_view(&m, n, &was))                                   \
                cr_assert(result == (there ? STET_CHANGED : STET_UNCHANGED) && was == (there ? *slot : -2)); \
                *slot = -1;                                                                                  \
                break;                                                                                       \
            case 5:                                                                                          \
                UNTIL_THERE_IS_MEMORY(result, map##_with_view(&m, n, value, &out))                           \
                cr_assert(*map##_get_view(&out, n) == value && map##_has_view(&m, n) == there);              \
                break;                                                                                       \
            case 6:                                                                                          \
                UNTIL_THERE_IS_MEMORY(result, map##_without_view(&m, n, &out))                               \
                cr_assert(!map##_has_view(&out, n) && map##_size(&out) == map##_size(&m) - there);           \
                break;                                                                                       \
            default:                                                                                         \
                UNTIL_THERE_IS_MEMORY(result, map##_replace_view(&m, n, value))                              \
                *slot = there ? value : -1;                                                                  \
            }                                                                                                \
            map##_drop(&out);                                                                                \
            K key;                                                                                           \
            cr_assert(key_make(&n, &key));                                                                   \
            const int *found = map##_get_view(&m, n);                                                        \
            cr_assert(found == map##_get(&m, key) && map##_cursor_of_view(&m, n).value == found);            \
            cr_assert(*slot < 0 ? found == NULL : *found == *slot);                                          \
            cr_assert_eq(map##_get_or_view(&m, n, -5), *slot < 0 ? -5 : *slot);                              \
            key_release(&key);                                                                               \
        }                                                                                                    \
        map##_drop(&kept);                                                                                   \
        for (unsigned i = 0; i < KEYS; i++)                                                                  \
            cr_assert_eq(map##_erase_view(&m, (nth){i}), model[i] >= 0 ? STET_CHANGED : STET_UNCHANGED);     \
        cr_assert(map##_is_empty(&m));                                                                       \
        map##_drop(&m);                                                                                      \
        test_nothing_live();                                                                                 \
    }

/* Calls of a set. */
#define SET_TEST(set)                                                                                          \
    Test(views, set)                                                                                           \
    {                                                                                                          \
        set s = {0}, out = {0};                                                                                \
        for (unsigned i = 0; i < KEYS; i++) {                                                                  \
            stet_result result;                                                                                \
            nth n = {i * 7 % KEYS};                                                                            \
            UNTIL_THERE_IS_MEMORY(result, set##_with_view(&s, n, &out))                                        \
            cr_assert(result == STET_CHANGED && !set##_has_view(&s, n) && set##_has_view(&out, n));            \
            UNTIL_THERE_IS_MEMORY(result, set##_add_view(&s, n))                                               \
            cr_assert(result == STET_CHANGED && set##_add_view(&s, n) == STET_UNCHANGED);                      \
            cr_assert(set##_equal(&s, &out) && set##_get_view(&s, n) == set##_cursor_of_view(&s, n).key);      \
            UNTIL_THERE_IS_MEMORY(result, set##_without_view(&s, n, &out))                                     \
            cr_assert(result == STET_CHANGED && set##_size(&out) == i);                                        \
        }                                                                                                      \
        for (unsigned i = 0; i < KEYS; i++)                                                                    \
            cr_assert(set##_erase_view(&s, (nth){i}) == STET_CHANGED && set##_get_view(&s, (nth){i}) == NULL); \
        set##_drop(&s);                                                                                        \
        set##_drop(&out);                                                                                      \
        test_nothing_live();                                                                                   \
    }

/* The operations of a map that threads share. number_of(key) is the number of a key. */
#define SHARED_TEST(shared, K, number_of)                                                                           \
    static bool shared##_compute(void *context, K const *key, int *value)                                           \
    {                                                                                                               \
        *value = *(int *)context + (int)number_of(key);                                                             \
        return true;                                                                                                \
    }                                                                                                               \
    Test(views, shared)                                                                                             \
    {                                                                                                               \
        struct rng rng = {test_seed()};                                                                             \
        int model[KEYS];                                                                                            \
        memset(model, -1, sizeof model);                                                                            \
        shared m;                                                                                                   \
        cr_assert(shared##_init(&m, NULL));                                                                         \
        for (int step = 0; step < STEPS; step++) {                                                                  \
            nth n = {rng_below(&rng, KEYS)};                                                                        \
            int *slot = &model[n.number], value = (int)rng_below(&rng, 50), was = -2;                               \
            int expected = rng_below(&rng, 2) ? *slot : value;                                                      \
            bool there = *slot >= 0, same = there && *slot == value, right = there && *slot == expected, had;       \
            stet_result result;                                                                                     \
            switch (rng_below(&rng, 8)) {                                                                           \
            case 0:                                                                                                 \
                UNTIL_THERE_IS_MEMORY(result, shared##_store_view(&m, n, value))                                    \
                cr_assert_eq(result, same ? STET_UNCHANGED : STET_CHANGED);                                         \
                *slot = value;                                                                                      \
                break;                                                                                              \
            case 1:                                                                                                 \
                UNTIL_THERE_IS_MEMORY(result, shared##_swap_view(&m, n, value, &was, &had))                         \
                cr_assert(had == there && was == (there ? *slot : -2));                                             \
                *slot = value;                                                                                      \
                break;                                                                                              \
            case 2:                                                                                                 \
                UNTIL_THERE_IS_MEMORY(result, shared##_load_or_store_view(&m, n, value, &was))                      \
                *slot = there ? *slot : value;                                                                      \
                cr_assert(result == (there ? STET_UNCHANGED : STET_CHANGED) && was == *slot);                       \
                break;                                                                                              \
            case 3:                                                                                                 \
                UNTIL_THERE_IS_MEMORY(result, shared##_load_or_compute_view(&m, n, shared##_compute, &value, &was)) \
                *slot = there ? *slot : value + (int)n.number;                                                      \
                cr_assert(result == (there ? STET_UNCHANGED : STET_CHANGED) && was == *slot);                       \
                break;                                                                                              \
            case 4:                                                                                                 \
                UNTIL_THERE_IS_MEMORY(result, shared##_compare_and_swap_view(&m, n, expected, value))               \
                cr_assert_eq(result, !right ? STET_CONFLICT : same ? STET_UNCHANGED : STET_CHANGED);                \
                *slot = right ? value : *slot;                                                                      \
                break;                                                                                              \
            case 5:                                                                                                 \
                UNTIL_THERE_IS_MEMORY(result, shared##_compare_and_delete_view(&m, n, expected))                    \
                cr_assert_eq(result, right ? STET_CHANGED : STET_CONFLICT);                                         \
                *slot = right ? -1 : *slot;                                                                         \
                break;                                                                                              \
            case 6:                                                                                                 \
                UNTIL_THERE_IS_MEMORY(result, shared##_load_and_delete_view(&m, n, &was))                           \
                cr_assert(result == (there ? STET_CHANGED : STET_UNCHANGED) && was == (there ? *slot : -2));        \
                *slot = -1;                                                                                         \
                break;                                                                                              \
            default:                                                                                                \
                UNTIL_THERE_IS_MEMORY(result, shared##_delete_view(&m, n))                                          \
                cr_assert_eq(result, there ? STET_CHANGED : STET_UNCHANGED);                                        \
                *slot = -1;                                                                                         \
            }                                                                                                       \
            cr_assert(shared##_has_view(&m, n) == (*slot >= 0));                                                    \
            cr_assert(shared##_load_view(&m, n, &was) == (*slot >= 0) && (*slot < 0 || was == *slot));              \
        }                                                                                                           \
        shared##_destroy(&m);                                                                                       \
        stet_reclaim();                                                                                             \
        test_nothing_live();                                                                                        \
    }

static void pair_release(struct pair *p) { (void)p; }
static void few_release(struct few *f) { (void)f; }
static unsigned pair_number(const struct pair *p) { return p->high * 7 + p->low; }
static unsigned few_number(const struct few *f) { return f->number; }
static unsigned title_number(const struct title *t) { return t->number; }

#define TESTS(kind, K)                                      \
    MAP_TEST(kind##_map, K, kind##_make, kind##_release)    \
    MAP_TEST(kind##_sorted, K, kind##_make, kind##_release) \
    SET_TEST(kind##_set)                                    \
    SET_TEST(kind##_ordered)                                \
    SHARED_TEST(kind##_atom, K, kind##_number)              \
    SHARED_TEST(kind##_atom_sorted, K, kind##_number)       \
    SHARED_TEST(kind##_live, K, kind##_number)
TESTS(pair, struct pair)
TESTS(few, struct few)
TESTS(title, struct title)

/* ---- order ---- */

static bool count_run(void *context, const struct pair *keys, const int *values, size_t n)
{
    (void)keys, (void)values;
    *(size_t *)context += n;
    return true;
}

/* Pair i has the value i; the pairs are in the order of their numbers. */
Test(views, order)
{
    pair_sorted m = {0}, back = {0}, slice = {0};
    pair_atom_sorted shared;
    struct pair found;
    int value;
    for (unsigned i = 0; i < KEYS; i += 2)
        cr_assert_eq(pair_sorted_append_view(&m, (nth){i}, (int)i), STET_CHANGED);
    pair_sorted copy = pair_sorted_copy(&m);
    cr_assert(pair_atom_sorted_init(&shared, &copy));
    for (unsigned i = 1; i < KEYS - 1; i++) {
        nth n = {i}, to = {i + 10};
        int before = (int)(i - 1) / 2 * 2, at_or_before = (int)i / 2 * 2, behind = (int)(i + 2) / 2 * 2;
        cr_assert_eq(*pair_sorted_floor_view(&m, n).value, at_or_before);
        cr_assert_eq(*pair_sorted_below_view(&m, n).value, before);
        cr_assert_eq(pair_sorted_rank_view(&m, n), (i + 1) / 2);
        if (behind < KEYS) {
            cr_assert_eq(*pair_sorted_above_view(&m, n).value, behind);
            pair_sorted_cursor it = pair_sorted_first(&m);
            pair_sorted_seek_after_view(&it, n);
            cr_assert_eq(*it.value, behind);
            pair_sorted_seek_view(&it, n);
            cr_assert_eq(it.value, pair_sorted_ceiling_view(&m, n).value);
            cr_assert(pair_atom_sorted_load_above_view(&shared, n, &found, &value) && value == behind);
            cr_assert(pair_atom_sorted_load_ceiling_view(&shared, n, NULL, &value) && value == *it.value);
        }
        cr_assert(pair_atom_sorted_load_floor_view(&shared, n, &found, &value) && value == at_or_before);
        cr_assert(pair_atom_sorted_load_below_view(&shared, n, NULL, &value) && value == before);
        size_t counted = pair_sorted_count_view(&m, &n, &to), seen = 0, published = 0;
        cr_assert_eq(counted, pair_sorted_rank_view(&m, to) - pair_sorted_rank_view(&m, n));
        cr_assert(pair_sorted_range_each_view(&m, &n, &to, count_run, &seen) && seen == counted);
        cr_assert(pair_atom_sorted_range_each_view(&shared, &n, NULL, count_run, &published));
        cr_assert_eq(published, pair_sorted_count_view(&m, &n, NULL));
        cr_assert(pair_sorted_slice_view(&m, &n, &to, &slice) && pair_sorted_size(&slice) == counted);
    }
    nth from = {100}, to = {110};
    cr_assert_eq(pair_atom_sorted_delete_range_view(&shared, &from, &to), STET_CHANGED);
    cr_assert_eq(pair_atom_sorted_size(&shared), KEYS / 2 - 5);
    cr_assert_eq(pair_sorted_erase_range_view(&m, &from, &to), STET_CHANGED);
    cr_assert_eq(pair_sorted_split_view(&m, from, &back), STET_CHANGED);
    cr_assert(pair_sorted_size(&m) == 50 && *pair_sorted_first(&back).value == 110);
    pair_sorted_drop(&m);
    pair_sorted_drop(&back);
    pair_sorted_drop(&slice);
    pair_atom_sorted_destroy(&shared);
    stet_reclaim();
    test_nothing_live();
}
