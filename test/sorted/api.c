/* SPDX-License-Identifier: MIT */
/* sorted/api.c - each function of sorted maps and sets, in its limiting cases. */
#include "support/things.h"

#include <stet/inspect.h>
#include <stet/sorted_set.h>

STET_SORTED_MAP(ages, int, unsigned, stet_int, stet_uint)
STET_SORTED_MAP(texts, stet_str, int, stet_str_type, stet_int)
STET_SORTED_SET(ids, uint64_t, stet_u64)
STET_SORTED_SET(names, stet_str, stet_str_type)
STET_SORTED_MAP(objects, int, object_ptr, stet_int, object_type)

/* Returns {0: 0, 10: 1, 20: 2, ...} of n entries. */
static ages ages_of(int n)
{
    ages m = {0};
    for (int i = 0; i < n; i++)
        cr_assert_eq(ages_append(&m, i * 10, (unsigned)i), STET_CHANGED);
    return m;
}

THINGS_TEST(sorted_api, empty)
{
    ages m = {0}, other = {0};
    ages_cursor it = ages_first(&m);
    cr_assert_null(it.key);
    ages_next(&it);
    cr_assert_null(it.key);
    ages_previous(&it);
    cr_assert_null(it.key);
    cr_assert_null(ages_last(&m).key);
    cr_assert_null(ages_floor(&m, 3).key);
    cr_assert_null(ages_get(&m, 3));
    cr_assert_eq(ages_size(&m), 0);
    cr_assert_eq(ages_rank(&m, 3), 0);
    cr_assert_eq(ages_count(&m, NULL, NULL), 0);
    cr_assert_eq(ages_erase(&m, 3), STET_UNCHANGED);
    cr_assert_eq(ages_pop_first(&m, NULL, NULL), STET_UNCHANGED);
    cr_assert_eq(ages_pop_last(&m, NULL, NULL), STET_UNCHANGED);
    cr_assert_eq(ages_join(&m, &other), STET_UNCHANGED);
    cr_assert_eq(ages_erase_range(&m, NULL, NULL), STET_UNCHANGED);
    cr_assert_eq(ages_split(&m, 3, &other), STET_UNCHANGED);
    cr_assert_eq(ages_trim(&m), STET_UNCHANGED);
    cr_assert_eq(ages_union(&m, &other, &m), STET_UNCHANGED);
    cr_assert_eq(ages_from_array(NULL, NULL, 0, &m), STET_UNCHANGED);
    cr_assert(ages_equal(&m, &other) && ages_identical(&m, &other));
}

THINGS_TEST(sorted_api, both_ways)
{
    for (int n = 1; n < 200; n += 13) {
        ages m = ages_of(n);
        int i = 0;
        for (ages_cursor it = ages_first(&m); it.key != NULL; ages_next(&it), i++)
            cr_assert(*it.key == i * 10 && *it.value == (unsigned)i);
        cr_assert_eq(i, n);
        for (ages_cursor it = ages_last(&m); it.key != NULL; ages_previous(&it))
            cr_assert_eq(*it.key, --i * 10);
        cr_assert_eq(i, 0);
        ages_cursor it = ages_last(&m);
        ages_next(&it);
        cr_assert_null(it.key);
        ages_next(&it); /* the cursor stays behind the last entry */
        ages_previous(&it);
        cr_assert_eq(*it.key, (n - 1) * 10);
        it = ages_first(&m);
        ages_previous(&it);
        ages_previous(&it);
        cr_assert_null(it.key);
        ages_next(&it);
        cr_assert_eq(*it.key, 0);
        ages_seek(&it, 15);
        cr_assert(n > 2 ? *it.key == 20 : it.key == NULL);
        ages_seek(&it, -5);
        cr_assert_eq(*it.key, 0);
        ages_seek_after(&it, 0);
        cr_assert(n > 1 ? *it.key == 10 : it.key == NULL);
        ages_drop(&m);
    }
}

THINGS_TEST(sorted_api, ranges)
{
    ages m = ages_of(100), part = {0};
    int from = 95, to = 200;
    cr_assert_eq(ages_count(&m, &from, &to), 10);
    cr_assert_eq(ages_count(&m, &to, &from), 0);
    cr_assert_eq(ages_slice(&m, &from, &to, &part), STET_CHANGED);
    cr_assert(ages_size(&part) == 10 && *ages_first(&part).key == 100 && *ages_last(&part).key == 190);
    cr_assert_eq(ages_slice(&m, NULL, NULL, &part), STET_UNCHANGED);
    cr_assert(ages_identical(&m, &part));
    cr_assert_eq(ages_slice_at(&m, 3, 5, &part), STET_CHANGED);
    cr_assert(ages_size(&part) == 2 && *ages_first(&part).key == 30);
    cr_assert_eq(ages_erase_range(&m, &from, &to), STET_CHANGED);
    cr_assert(ages_size(&m) == 90 && !ages_has(&m, 190) && ages_has(&m, 200) && ages_has(&m, 90));
    cr_assert_eq(ages_erase_range(&m, &from, &to), STET_UNCHANGED);
    ages back = {0};
    cr_assert_eq(ages_split(&m, 500, &back), STET_CHANGED);
    cr_assert(ages_size(&m) == 40 && ages_size(&back) == 50 && *ages_first(&back).key == 500);
    cr_assert_eq(ages_join(&m, &back), STET_CHANGED);
    cr_assert_eq(ages_size(&m), 90);
    ages_drop(&m);
    ages_drop(&back);
    ages_drop(&part);
}

/* Returns the number of requests for memory since the last call. */
static size_t requests(void)
{
    size_t n = (size_t)stet_pool_requests();
    stet_pool_fault_end();
    stet_pool_fault(0, 0);
    return n;
}

THINGS_TEST(sorted_api, what_is_one_handles_alone_is_cut_in_place)
{
    enum { N = 20000, LEVELS = STET_TINY_NODES ? 12 : 3 };
    ages m = ages_of(N), back = {0};
    const int *first = ages_first(&m).key, *last = ages_last(&m).key;
    (void)requests();
    for (int i = 1; i < 100; i++) { /* each split makes a node beside each node on the path, and copies none */
        int key = (int)(rng_mix(7, (unsigned)i) % (N * 10 - 600)) + 10, to = key + 300;
        cr_assert_eq(ages_split(&m, key, &back), STET_CHANGED);
        cr_assert_leq(requests(), LEVELS + 1);
        cr_assert(ages_first(&m).key == first && ages_last(&back).key == last);
        ages whole = back;
        back = (ages){0};
        cr_assert_eq(ages_join(&m, &whole), STET_CHANGED);
        ages_drop(&whole);
        (void)requests();
        if (to < *last) {
            cr_assert_geq(ages_erase_range(&m, &key, &to), STET_UNCHANGED);
            cr_assert_leq(requests(), 3 * (LEVELS + 1)); /* a join may also need larger nodes */
        }
        cr_assert(ages_first(&m).key == first);
        last = ages_last(&m).key;
    }
    first = ages_at(&m, 5000, NULL);
    cr_assert_eq(ages_slice_at(&m, 5, ages_size(&m) - 5, &m), STET_CHANGED);
    cr_assert_leq(requests(), 2 * (LEVELS + 1));
    cr_assert_eq(ages_at(&m, 4995, NULL), first);
    stet_pool_fault_end();
    ages_drop(&m);
}

static bool sum_of_run(void *context, const int *keys, const unsigned *values, size_t n)
{
    long *sum = context;
    for (size_t i = 0; i < n; i++)
        *sum += keys[i] + (long)values[i];
    return *sum < 100000;
}

static void add_value(void *into, const int *key, const unsigned *value)
{
    (void)key;
    *(unsigned *)into += *value;
}

THINGS_TEST(sorted_api, replace_and_owned)
{
    objects m = {0};
    names s = {0};
    for (int i = 0; i < 300; i++) {
        object_ptr o = object_of((unsigned)i);
        cr_assert_eq(objects_replace(&m, i, o), STET_UNCHANGED);
        stet_element_retain_(&object_type, &o);
        cr_assert_eq(objects_set_owned(&m, i, o), STET_CHANGED);
        cr_assert_eq(o->holders, i == 0 ? 1 : 2); /* what replaced the one before, and this */
        cr_assert_eq(objects_replace(&m, i, object_of((unsigned)i + 1)), STET_CHANGED);
        cr_assert_eq(*objects_get(&m, i), object_of((unsigned)i + 1));
        stet_str name = string_of((unsigned)i), own = stet_str_copy(&name);
        cr_assert_eq(names_add_owned(&s, own), STET_CHANGED);
        own = stet_str_copy(&name);
        cr_assert_eq(names_add_owned(&s, own), STET_UNCHANGED);
        size_t size = stet_str_size(&name);
        cr_assert_eq(names_cursor_of_bytes(&s, stet_str_bytes(&name), size).key, names_get(&s, name));
        cr_assert_null(names_cursor_of_bytes(&s, stet_str_bytes(&name), size + 1).key, "a longer string");
    }
    cr_assert_eq(objects_size(&m), 300);
    cr_assert_eq(names_size(&s), 300);
    objects_drop(&m);
    names_drop(&s);
}

THINGS_TEST(sorted_api, clear_retain_and_arrays)
{
    static int keys[300];
    static unsigned values[300];
    static uint64_t elements[300];
    for (int n = 0; n < 300; n += 23) {
        ages m = ages_of(n), held = m;
        ids s = {0};
        int i = 0;
        ages_retain(&m);
        ages_to_array(&m, keys, values);
        ages_to_array(&m, NULL, NULL);
        ages_clear(&m);
        cr_assert(ages_is_empty(&m) && ages_is_empty(&held) == (n == 0));
        STET_EACH(ages, it, &held) {
            cr_assert(keys[i] == *it.key && values[i] == *it.value && keys[i] == i * 10);
            i++;
        }
        cr_assert_eq(i, n);
        cr_assert_null(ages_cursor_of(&held, 5).key);
        for (i = 0; i < n; i++) {
            ages_cursor it = ages_cursor_of(&held, i * 10);
            cr_assert(it.key != NULL && *it.key == i * 10 && it.value == ages_get(&held, i * 10));
            ages_next(&it);
            cr_assert(i + 1 < n ? *it.key == i * 10 + 10 : it.key == NULL);
        }
        for (i = n; i-- > 0;)
            cr_assert_eq(ids_add(&s, (uint64_t)i), STET_CHANGED);
        ids_to_array(&s, elements);
        STET_EACH(ids, it, &s)
            cr_assert(*it.key == (uint64_t)++i && elements[i] == *it.key);
        cr_assert_eq(i, n - 1);
        ages_drop(&held);
        ids_clear(&s);
        cr_assert(ids_is_empty(&s));
    }
}

THINGS_TEST(sorted_api, runs_and_folds)
{
    ages m = ages_of(100);
    long sum = 0;
    int from = 500;
    cr_assert(ages_range_each(&m, NULL, &from, sum_of_run, &sum));
    cr_assert_eq(sum, 11 * (49 * 50 / 2));
    unsigned total = 0;
    cr_assert_eq(*(unsigned *)ages_fold(&m, add_value, &total), 99 * 100 / 2);
    const unsigned *value = NULL;
    cr_assert(*ages_at(&m, 42, &value) == 420 && *value == 42);
    ages_drop(&m);
}

THINGS_TEST(sorted_api, set_and_its_like)
{
    ages m = {0}, before = {0};
    cr_assert_eq(ages_set(&m, 1, 5), STET_CHANGED);
    cr_assert_eq(ages_set(&m, 1, 5), STET_UNCHANGED);
    cr_assert_eq(ages_add(&m, 1, 6), STET_UNCHANGED);
    cr_assert_eq(ages_get_or(&m, 1, 0), 5);
    cr_assert_eq(ages_get_or(&m, 2, 7), 7);
    before = ages_copy(&m);
    unsigned *value = NULL;
    cr_assert_eq(ages_edit(&m, 1, &value), STET_UNCHANGED);
    *value = 9;
    cr_assert_eq(ages_edit(&m, 2, &value), STET_CHANGED);
    cr_assert_eq(*value, 0);
    cr_assert(*ages_get(&before, 1) == 5 && *ages_get(&m, 1) == 9 && ages_size(&before) == 1);
    unsigned popped = 0;
    cr_assert_eq(ages_pop(&m, 1, &popped), STET_CHANGED);
    cr_assert_eq(popped, 9);
    cr_assert_eq(ages_with(&before, 3, 4, &m), STET_CHANGED);
    cr_assert(ages_size(&m) == 2 && ages_size(&before) == 1);
    cr_assert_eq(ages_without(&m, 3, &m), STET_CHANGED);
    cr_assert_eq(ages_without(&m, 3, &before), STET_UNCHANGED);
    cr_assert(ages_identical(&m, &before));
    ages_drop(&m);
    ages_drop(&before);
}

THINGS_TEST(sorted_api, strings_as_bytes)
{
    texts m = {0};
    cr_assert_eq(texts_set_cstr(&m, "cherry", 3), STET_CHANGED);
    cr_assert_eq(texts_set_cstr(&m, "apple", 1), STET_CHANGED);
    cr_assert_eq(texts_add_bytes(&m, "banana split, a long one", 6, 2), STET_CHANGED);
    cr_assert_eq(texts_add_cstr(&m, "banana", 9), STET_UNCHANGED);
    cr_assert_eq(texts_get_or_cstr(&m, "banana", 0), 2);
    cr_assert_str_eq(stet_str_bytes(texts_ceiling_cstr(&m, "b").key), "banana");
    cr_assert_str_eq(stet_str_bytes(texts_below_cstr(&m, "banana").key), "apple");
    cr_assert_eq(texts_rank_cstr(&m, "zebra"), 3);
    int *value = NULL;
    cr_assert_eq(texts_edit_cstr(&m, "date, the fruit", &value), STET_CHANGED);
    *value = 4;
    cr_assert_eq(texts_erase_cstr(&m, "cherry"), STET_CHANGED);
    cr_assert(!texts_has_cstr(&m, "cherry") && texts_has_cstr(&m, "date, the fruit"));
    texts_drop(&m);
    names s = {0};
    cr_assert_eq(names_add_cstr(&s, "a longer name than fits"), STET_CHANGED);
    cr_assert_eq(names_add_cstr(&s, "a longer name than fits"), STET_UNCHANGED);
    cr_assert_eq(names_size(&s), 1);
    names_drop(&s);
}

static bool sum_up_to_1000(void *context, const uint64_t *key) { return (*(uint64_t *)context += *key) < 1000; }

static void add_id(void *into, const uint64_t *key) { *(uint64_t *)into += *key; }

THINGS_TEST(sorted_api, sets)
{
    ids a = {0}, b = {0}, c = {0};
    for (uint64_t i = 0; i < 500; i++) {
        cr_assert_eq(ids_add(&a, i * 2), STET_CHANGED);
        cr_assert_eq(ids_add(&b, i * 3), STET_CHANGED);
    }
    cr_assert_eq(ids_union(&a, &b, &c), STET_CHANGED);
    cr_assert_eq(ids_size(&c), 500 + 500 - 167);
    cr_assert(ids_is_subset(&a, &c) && !ids_is_subset(&c, &a));
    cr_assert_eq(ids_intersection(&a, &b, &c), STET_CHANGED);
    cr_assert_eq(ids_size(&c), 167);
    cr_assert_eq(ids_difference(&a, &c, &a), STET_CHANGED);
    cr_assert_eq(ids_size(&a), 333);
    cr_assert_eq(ids_union(&a, &c, &a), STET_CHANGED);
    cr_assert_eq(ids_union(&a, &c, &a), STET_UNCHANGED);
    uint64_t id = 1;
    cr_assert_eq(ids_pop_last(&a, &id), STET_CHANGED);
    cr_assert_eq(id, 998);
    cr_assert_eq(*ids_at(&a, 3), 6);
    uint64_t sum = 0, same = 0;
    cr_assert(!ids_each(&a, sum_up_to_1000, &sum) && sum >= 1000);
    for (ids_cursor it = ids_first(&a); it.key != NULL; ids_next(&it))
        same += *it.key;
    sum = 0;
    cr_assert_eq(*(uint64_t *)ids_fold(&a, add_id, &sum), same);
    ids_drop(&a);
    ids_drop(&b);
    ids_drop(&c);
}

THINGS_TEST(sorted_api, many)
{
    int keys[400];
    unsigned values[400];
    const unsigned *got[400];
    for (int i = 0; i < 400; i++) {
        keys[i] = i * 7919 % 200;
        values[i] = (unsigned)i;
    }
    ages m, other;
    cr_assert_eq(ages_from_array(keys, values, 400, &m), STET_CHANGED);
    cr_assert_eq(ages_size(&m), 200);
    ages_get_many(&m, keys, 400, got);
    for (int i = 0; i < 400; i++)
        cr_assert_eq(*got[i], values[i < 200 ? i + 200 : i], "of equal keys the last wins");
    cr_assert_eq(ages_set_many(&m, keys, values, 400), STET_CHANGED, "each key to another value, and back");
    cr_assert_eq(ages_set_many(&m, keys + 200, values + 200, 200), STET_UNCHANGED);
    for (int i = 0; i < 400; i++)
        keys[i] = i;
    cr_assert_eq(ages_from_sorted(keys, values, 400, &other), STET_CHANGED);
    cr_assert_eq(ages_size(&other), 400);
    ages_drop(&m);
    ages_drop(&other);
}

THINGS_TEST(sorted_api, a_map_as_a_value_of_itself_stays_as_it_was)
{
    for (unsigned i = 0; i < 50; i++) {
        objects m = {0};
        for (unsigned k = 0; k < i; k++)
            cr_assert_eq(objects_set(&m, (int)k, object_of(k)), STET_CHANGED);
        objects copy = objects_copy(&m);
        for (unsigned k = 0; k < i; k += 2)
            cr_assert_eq(objects_erase(&m, (int)k), STET_CHANGED);
        cr_assert_eq(objects_size(&copy), i);
        objects_drop(&copy);
        for (unsigned k = 0; k < i; k++)
            cr_assert_eq(object_of(k)->holders, k % 2, "a prompt value is released by who removes it last");
        objects_drop(&m);
    }
}

/* ---- maps that hold themselves ---- */

STET_SORTED_MAP_DECLARE_LAZY(outline)
STET_SORTED_MAP_DEFINE(outline, int, outline, stet_int, outline_type)

/* The value of each call is the handle of the map itself: the map as it was before the call. */
THINGS_TEST(sorted_api, a_value_may_be_the_map_itself)
{
    outline m = {0};
    for (int i = 0; i < 150; i++) {
        int key = i * 7919 % 150;
        cr_assert_eq(outline_set(&m, key, m), STET_CHANGED);
        cr_assert_eq(outline_size(outline_get(&m, key)), (size_t)i);
    }
    for (int i = 0; i < 150; i += 2) {
        int key = i * 7919 % 150;
        cr_assert_eq(outline_set(&m, key, m), STET_CHANGED);
        cr_assert_eq(outline_size(outline_get(&m, key)), 150);
    }
    outline copy = outline_copy(&m), popped = {0};
    cr_assert(outline_equal(&copy, &m));
    cr_assert_eq(outline_pop(&m, 7, &popped), STET_CHANGED);
    cr_assert(!outline_equal(&copy, &m) && outline_size(&copy) == 150);
    outline_drop(&m);
    outline_drop(&copy);
    outline_drop(&popped);
}

/* Chains of maps in maps are compared, hashed and dropped on a small stack. */
THINGS_TEST(sorted_api, a_chain_of_a_hundred_thousand)
{
    outline a = {0}, b = {0};
    for (int i = 0; i < 100000; i++) {
        outline outer_a = {0}, outer_b = {0};
        cr_assert_eq(outline_set(&outer_a, 1, a), STET_CHANGED);
        cr_assert_eq(outline_set(&outer_b, 1, b), STET_CHANGED);
        outline_drop(&a);
        outline_drop(&b);
        a = outer_a;
        b = outer_b;
    }
    cr_assert(outline_equal(&a, &b));
    cr_assert_eq(outline_type.hash(&a, 1), outline_type.hash(&b, 1));
    outline_drop(&a);
    outline_drop(&b);
}

/* ---- memory ---- */

/* Compares set_many() and get_many(), of n keys less than `below`, in a map of `size` entries, with single calls. */
static void check_many(int size, size_t n, uint64_t below)
{
    int *keys = malloc(n * sizeof *keys);
    unsigned *values = malloc(n * sizeof *values);
    const unsigned **got = malloc(n * sizeof *got);
    cr_assert(keys != NULL && values != NULL && got != NULL);
    ages m = ages_of(size), other = ages_copy(&m), before = ages_copy(&m);
    for (size_t i = 0; i < n; i++) {
        keys[i] = (int)(rng_mix(n, i) % below) - 100;
        values[i] = (unsigned)i;
        cr_assert_geq(ages_set(&other, keys[i], values[i]), STET_UNCHANGED);
    }
    cr_assert_eq(ages_set_many(&m, keys, values, n), STET_CHANGED);
    cr_assert(ages_equal(&m, &other), "%zu keys in %d", n, size);
    cr_assert_eq(ages_size(&before), (size_t)size);
    stet_result again = STET_UNCHANGED;
    for (size_t i = 0; i < n; i++)
        again = ages_set(&other, keys[i], values[i]) == STET_CHANGED ? STET_CHANGED : again;
    cr_assert_eq(ages_set_many(&m, keys, values, n), again, "%zu keys in %d", n, size);
    cr_assert(ages_equal(&m, &other));
    for (size_t i = 0; i < n; i++)
        keys[i] += (int)(i % 3) - 1;
    ages_get_many(&m, keys, n, got);
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(got[i], ages_get(&m, keys[i]));
    ages_drop(&m);
    ages_drop(&other);
    ages_drop(&before);
    free(keys);
    free(values);
    free(got);
}

THINGS_TEST(sorted_api, many_keys_as_one_by_one)
{
    static const size_t n[] = {1, 2, 7, 13, 100, 600, 1000, 5000};
    for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
        check_many(8000, n[i], 90000);
        check_many(8000, n[i], 500);
        check_many(8000, n[i], INT32_MAX);
        check_many(10, n[i], 90000);
    }
    for (size_t few = 4; few < 24; few++) /* with tiny nodes these are sorted, and set one by one */
        for (uint64_t below = 110; below < 300; below += 20)
            check_many(195, few, below);
}

STET_SORTED_MAP(measures, double, int, stet_double, stet_int)

THINGS_TEST(sorted_api, few_keys_far_apart)
{
    const double keys[] = {1e300, -1e300, 0.0, 1e-300};
    const int values[] = {1, 2, 3, 4};
    for (size_t n = 2; n <= 4; n++) {
        measures m;
        cr_assert_eq(measures_from_array(keys, values, n, &m), STET_CHANGED);
        cr_assert_eq(measures_size(&m), n);
        for (size_t i = 0; i < n; i++)
            cr_assert_eq(measures_get_or(&m, keys[i], 0), values[i]);
        measures_drop(&m);
    }
}

/* However set_many() works, its result is that of setting the keys one after the other. */
THINGS_TEST(sorted_api, a_key_set_and_set_back_is_a_change)
{
    enum { MOST = 3000 };
    static double keys[MOST];
    static int values[MOST];
    for (int size = 1; size <= MOST; size *= 3) {
        for (int i = 0; i < size; i++) {
            keys[i] = i;
            values[i] = 7;
        }
        measures m;
        cr_assert_eq(measures_from_array(keys, values, (size_t)size, &m), STET_CHANGED);
        for (int n = 2; n < 1000; n *= 5) { /* sets the key 0 n times, in between to another value */
            memset(keys, 0, (size_t)n * sizeof *keys);
            for (int i = 0; i < n; i++)
                values[i] = 7;
            cr_assert_eq(measures_set_many(&m, keys, values, (size_t)n), STET_UNCHANGED, "%d of %d", n, size);
            values[n / 2 - 1] = 8;
            cr_assert_eq(measures_set_many(&m, keys, values, (size_t)n), STET_CHANGED, "%d of %d", n, size);
            cr_assert_eq(measures_get_or(&m, 0, 0), 7);
        }
        measures_drop(&m);
    }
}

THINGS_TEST(sorted_api, keys_in_order_fill_their_leaves)
{
    ids up = {0}, down = {0}, built;
    uint64_t keys[4000];
    for (uint64_t i = 0; i < 4000; i++) {
        keys[i] = i;
        cr_assert_eq(ids_add(&up, i), STET_CHANGED);
        cr_assert_eq(ids_add(&down, 4000 - i), STET_CHANGED);
    }
    cr_assert_eq(ids_from_sorted(keys, 4000, &built), STET_CHANGED);
    size_t best = ids_unshared_bytes(&built);
    cr_assert_lt(ids_unshared_bytes(&up) * 10, best * (STET_TINY_NODES ? 15 : 11));
    cr_assert_lt(ids_unshared_bytes(&down) * 10, best * (STET_TINY_NODES ? 15 : 11));
    ids mixed = {0};
    for (uint64_t i = 0; i < 4000; i++)
        cr_assert_eq(ids_add(&mixed, rng_mix(i, 5)), STET_CHANGED);
    cr_assert_lt(ids_unshared_bytes(&mixed) * 10, best * (STET_TINY_NODES ? 16 : 14));
    ids_drop(&mixed);
    ids copy = ids_copy(&up);
    for (uint64_t i = 0; i < 4000; i += 2)
        cr_assert_eq(ids_erase(&up, i), STET_CHANGED);
    ids_drop(&copy);
    size_t before = ids_unshared_bytes(&up);
    cr_assert_eq(ids_trim(&up), STET_CHANGED);
    cr_assert_leq(ids_unshared_bytes(&up), before);
    cr_assert_eq(ids_size(&up), 2000);
    ids_drop(&up);
    ids_drop(&down);
    ids_drop(&built);
}

STET_INSPECT_SORTED(ids)

THINGS_TEST(sorted_api, inspected)
{
    ids s = {0};
    for (uint64_t i = 0; i < 1000; i++)
        cr_assert_eq(ids_add(&s, i * 7919 % 1000), STET_CHANGED);
    struct stet_roots view = ids_roots(&s);
    struct stet_node_stats census;
    cr_assert_eq(stet_inspect_count(&view, 1, &census), STET_CHANGED);
    cr_assert(census.elements == 1000 && census.room >= 1000 && census.inner.nodes > 0);
    cr_assert_geq(census.inner.bytes + census.leaves.bytes, ids_unshared_bytes(&s));
    ids_drop(&s);
}

/* ---- combinations, counted ---- */

struct serial {
    int n;
};
static size_t comparisons;
static uint64_t serial_hash(const struct serial *s, uint64_t seed) { return (uint64_t)s->n ^ seed; }
static bool serial_equal(const struct serial *a, const struct serial *b) { return a->n == b->n; }
static int serial_compare(const struct serial *a, const struct serial *b)
{
    comparisons++;
    return (a->n > b->n) - (a->n < b->n);
}
STET_TYPE_ORDERED(serial_type, struct serial, serial_hash, serial_equal, serial_compare)
STET_SORTED_SET(serials, struct serial, serial_type)

/* Returns {from, from + 1, ...} of n elements. */
static serials serials_of(int from, int n)
{
    serials s = {0};
    for (int i = 0; i < n; i++)
        cr_assert_eq(serials_append(&s, (struct serial){from + i}), STET_CHANGED);
    return s;
}

/* Checks the result of a combination, its size, and that it took at most `most` requests and comparisons. */
static void count(stet_result result, const serials *out, size_t size, size_t most)
{
    cr_assert_eq(result, STET_CHANGED);
    cr_assert_eq(serials_size(out), size);
    cr_assert_leq(comparisons, most * (STET_TINY_NODES ? 3 : 1), "%zu comparisons", comparisons);
    size_t asked = requests();
    cr_assert_leq(asked, most, "%zu requests", asked);
    comparisons = 0;
}

THINGS_TEST(sorted_api, blocks_of_keys_are_taken_over_as_they_are)
{
    enum { N = 5000, COST = 150 }; /* a few times log n for each block */
    serials low = serials_of(0, N), middle = serials_of(N, N), high = serials_of(2 * N, N), out = {0}, all = {0};
    (void)requests();
    comparisons = 0;
    count(serials_union(&low, &high, &all), &all, 2 * N, COST);
    count(serials_union(&high, &low, &out), &out, 2 * N, COST);
    count(serials_union(&all, &middle, &out), &out, 3 * N, COST); /* the second is within a gap of the first */
    count(serials_union(&middle, &all, &out), &out, 3 * N, COST);
    count(serials_difference(&all, &middle, &out), &out, 2 * N, COST);
    cr_assert(serials_identical(&all, &out));
    count(serials_intersection(&all, &middle, &out), &out, 0, COST);
    serials blocks[2];
    memset(blocks, 0, sizeof blocks);
    for (int i = 0; i < 20; i++) {
        serials block = serials_of(i * 1000, 1000);
        cr_assert_eq(serials_join(&blocks[i % 2], &block), STET_CHANGED);
        serials_drop(&block);
    }
    comparisons = 0;
    (void)requests();
    count(serials_union(&blocks[0], &blocks[1], &out), &out, 20000, 20 * COST);
    count(serials_difference(&out, &blocks[1], &out), &out, 10000, 20 * COST);
    serials *drop[] = {&low, &middle, &high, &all, &out, &blocks[0], &blocks[1]};
    stet_pool_fault_end();
    for (size_t i = 0; i < sizeof drop / sizeof *drop; i++)
        serials_drop(drop[i]);
}

/* ---- misuse ---- */

#define SORTED_MISUSE(name, call)                                 \
    MISUSE(sorted_misuse, name)                                   \
    {                                                             \
        ages m = ages_of(40), other = ages_of(3);                 \
        cr_assert_eq(call, STET_FAILED);                          \
        cr_assert(ages_size(&m) == 40 && ages_size(&other) == 3); \
        ages_drop(&m);                                            \
        ages_drop(&other);                                        \
    }

SORTED_MISUSE(erase_at_the_size, ages_pop_at(&m, 40, NULL, NULL))
SORTED_MISUSE(slice_beyond_the_end, ages_slice_at(&m, 3, 41, &other))
SORTED_MISUSE(slice_that_ends_before_it_begins, ages_slice_at(&m, 4, 3, &other))
SORTED_MISUSE(join_of_keys_in_front, ages_join(&m, &other))
SORTED_MISUSE(join_with_itself, ages_join(&m, &m))
SORTED_MISUSE(append_of_a_key_in_front, ages_append(&m, 5, 5))
SORTED_MISUSE(append_of_the_last_key, ages_append(&m, 390, 5))

MISUSE(sorted_misuse, join_of_an_equal_key)
{
    ages m = ages_of(40), other = {0};
    cr_assert_eq(ages_set(&other, 390, 1), STET_CHANGED);
    cr_assert_eq(ages_set(&other, 400, 2), STET_CHANGED);
    cr_assert_eq(ages_join(&m, &other), STET_FAILED);
    cr_assert(ages_size(&m) == 40 && *ages_get(&m, 390) == 39);
    ages_drop(&m);
    ages_drop(&other);
}

MISUSE(sorted_misuse, an_entry_behind_the_last)
{
    ages m = ages_of(40);
    const unsigned *value = NULL;
    cr_assert_null(ages_at(&m, 40, &value));
    ages_drop(&m);
}

#define FROM_SORTED_MISUSE(name, ...)                                     \
    MISUSE(sorted_misuse, name)                                           \
    {                                                                     \
        const int keys[] = {__VA_ARGS__};                                 \
        const unsigned values[] = {1, 2, 3};                              \
        ages m;                                                           \
        cr_assert_eq(ages_from_sorted(keys, values, 3, &m), STET_FAILED); \
        cr_assert_eq(ages_size(&m), 0);                                   \
    }

FROM_SORTED_MISUSE(from_keys_that_descend, 1, 3, 2)
FROM_SORTED_MISUSE(from_keys_that_are_equal, 1, 2, 2)

#define FROM_WORDS_MISUSE(name, n, twice)                          \
    MISUSE(sorted_misuse, name)                                    \
    {                                                              \
        static uint64_t keys[n];                                   \
        ids s;                                                     \
        for (size_t i = 0; i < n; i++)                             \
            keys[i] = i;                                           \
        keys[twice] = keys[(twice)-1];                             \
        cr_assert_eq(ids_from_sorted(keys, n, &s), STET_FAILED);   \
        cr_assert(ids_size(&s) == 0 && s.sorted_.tree_.root == 0); \
    }

FROM_WORDS_MISUSE(from_words_that_are_equal, 100, 7)
FROM_WORDS_MISUSE(from_words_of_which_the_last_two_are_equal, 100, 99)
FROM_WORDS_MISUSE(from_words_that_are_equal_far_behind, 2000, 1024)
