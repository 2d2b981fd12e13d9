/* SPDX-License-Identifier: MIT */
/*
 * sorted/versions.c - versions of sorted collections: old versions do not change; versions are values of other
 * collections, and of themselves; they are dropped later, and in a child process.
 */
#include "support/things.h"

#include <stet/atom.h>
#include <stet/list.h>
#include <stet/release.h>
#include <stet/sorted_set.h>

#include <sys/wait.h>
#include <unistd.h>

STET_SORTED_MAP(ages, int, unsigned, stet_int, stet_uint)
STET_SORTED_MAP(texts, stet_str, stet_str, stet_str_type, stet_str_type)
STET_SORTED_SET(names, stet_str, stet_str_type)
STET_SORTED_MAP(holdings, object_ptr, object_ptr, object_type, object_type)

/* Returns {0: 0, 10: 1, 20: 2, ...} of n entries. */
static ages ages_of(int n)
{
    ages m = {0};
    for (int i = 0; i < n; i++)
        cr_assert_eq(ages_append(&m, i * 10, (unsigned)i), STET_CHANGED);
    return m;
}

static bool is_ages_of(const ages *m, int n)
{
    int i = 0;
    for (ages_cursor it = ages_first(m); it.key != NULL; ages_next(&it), i++)
        if (*it.key != i * 10 || *it.value != (unsigned)i)
            return false;
    return i == n && ages_size(m) == (size_t)n;
}

/* ---- old versions ---- */

static bool is_even(void *context, const int *key, const unsigned *value)
{
    (void)context, (void)key;
    return *value % 2 == 0;
}

static void add_one(void *context, const int *key, const unsigned *old, unsigned *value)
{
    (void)context, (void)key;
    *value = *old + 1;
}

static void one_more(void *context, const unsigned *old, unsigned *value)
{
    (void)context;
    *value = old != NULL ? *old + 1 : 0;
}

static void sum_of_both(void *context, const int *key, const unsigned *a, const unsigned *b, unsigned *value)
{
    (void)context, (void)key;
    *value = *a + *b;
}

static const int few[] = {5, 300, 10, 5000};
static const unsigned of_few[] = {1, 2, 3, 4};

static stet_result edit(ages *m)
{
    unsigned *place;
    if (!ages_edit(m, 450, &place))
        return STET_NO_MEMORY;
    *place = 1;
    return STET_CHANGED;
}

/* Splits the map, removes the first entry of the back, and joins the two again. */
static stet_result cut(ages *m, bool join)
{
    ages back = {0};
    stet_result result = ages_split(m, 500, &back);
    if (join)
        result = ages_pop_first(&back, NULL, NULL) ? ages_join(m, &back) : STET_FAILED;
    ages_drop(&back);
    return result;
}

static stet_result merge(ages *m)
{
    ages other;
    stet_result result = ages_from_array(few, of_few, 4, &other);
    if (result)
        result = ages_merge(m, &other, sum_of_both, NULL, m);
    ages_drop(&other);
    return result;
}

/* The number of ways in which change() changes a map. */
enum { WAYS = 17 };

static stet_result change(ages *m, unsigned i)
{
    int from = 310, to = 777;
    switch (i) {
    case 0:
        return ages_set(m, 300, 7777);
    case 1:
        return ages_add(m, 301, 1);
    case 2:
        return ages_erase(m, 440);
    case 3:
        return edit(m);
    case 4:
        return ages_update(m, 460, one_more, NULL);
    case 5:
        return ages_pop_first(m, NULL, NULL);
    case 6:
        return ages_pop_last(m, NULL, NULL);
    case 7:
        return ages_pop_at(m, 77, NULL, NULL);
    case 8:
        return ages_erase_range(m, &from, &to);
    case 9:
        return ages_slice(m, &from, &to, m);
    case 10:
    case 11:
        return cut(m, i == 11);
    case 12:
        return ages_set_many(m, few, of_few, 4);
    case 13:
        return ages_filter(m, is_even, NULL);
    case 14:
        return ages_map_values(m, add_one, NULL);
    case 15:
        return merge(m);
    default:
        return ages_append(m, 100000, 1);
    }
}

THINGS_TEST(sorted_versions, an_old_version_stays)
{
    enum { N = STET_TINY_NODES ? 120 : 1500 };
    ages m = ages_of(N), kept[WAYS], again[WAYS];
    for (unsigned i = 0; i < WAYS; i++) { /* makes each change to one version, and to one that others borrow from */
        kept[i] = ages_copy(&m);
        cr_assert_eq(change(&kept[i], i), STET_CHANGED, "way %u", i);
        ages more = ages_copy(&kept[i]);
        cr_assert_eq(ages_set(&more, 12345, i), STET_CHANGED);
        cr_assert(!ages_equal(&more, &kept[i]));
        ages_drop(&more);
        cr_assert(is_ages_of(&m, N), "way %u has changed the version that it began with", i);
    }
    for (unsigned i = 0; i < WAYS; i++) { /* each change has the same result while all the other versions exist */
        again[i] = ages_copy(&m);
        cr_assert_eq(change(&again[i], i), STET_CHANGED);
    }
    ages_drop(&m);
    for (unsigned i = 0; i < WAYS; i++) {
        cr_assert(ages_equal(&again[i], &kept[i]), "version %u", i);
        ages_drop(&again[i]);
        ages_drop(&kept[i]);
    }
}

THINGS_TEST(sorted_versions, entries_go_while_a_copy_is_walked)
{
    for (unsigned way = 0; way < 4; way++) {
        ages m = ages_of(MANY), copy = ages_copy(&m);
        unsigned visited = 0;
        for (ages_cursor it = way % 2 ? ages_last(&copy) : ages_first(&copy); it.key != NULL;
             way % 2 ? ages_previous(&it) : ages_next(&it), visited++) {
            if (way < 2 || *it.value % 3 == 0)
                cr_assert_eq(ages_erase(&m, *it.key), STET_CHANGED);
            if (visited == MANY / 2) /* moves the cursor to another entry of its version */
                ages_seek(&it, *it.key);
        }
        cr_assert_eq(visited, MANY);
        cr_assert(is_ages_of(&copy, MANY));
        cr_assert_eq(ages_size(&m), way < 2 ? 0 : MANY - (MANY + 2) / 3);
        ages_drop(&m);
        ages_drop(&copy);
    }
}

/* ---- elements of themselves ---- */

/* Sets keys to the elements that are there already, borrowed from the map itself. */
THINGS_TEST(sorted_versions, what_is_there_is_put_there)
{
    texts t = {0};
    holdings h = {0};
    names s = {0};
    for (unsigned i = 0; i < 300; i++) {
        cr_assert_eq(texts_set(&t, string_of(i), string_of(i)), STET_CHANGED);
        cr_assert_eq(holdings_set(&h, object_of(i), object_of(i + 1)), STET_CHANGED);
        cr_assert_eq(names_add(&s, string_of(i)), STET_CHANGED);
    }
    for (unsigned shared = 0; shared < 2; shared++) {
        texts t_copy = texts_copy(&t);
        holdings h_copy = holdings_copy(&h);
        if (!shared) {
            texts_drop(&t_copy);
            holdings_drop(&h_copy);
        }
        for (unsigned i = 0; i < 300; i++) {
            cr_assert_eq(texts_set(&t, string_of(i), *texts_get(&t, string_of(i))), STET_UNCHANGED);
            cr_assert_eq(names_add(&s, *names_get(&s, string_of(i))), STET_UNCHANGED);
            /* the element of another key, borrowed from the map that is written */
            const object_ptr *next = holdings_get(&h, object_of((i + 1) % 300));
            cr_assert_eq(holdings_set(&h, object_of(i), *next), STET_CHANGED);
            texts_cursor it = texts_floor(&t, string_of(i));
            cr_assert_neq(texts_set(&t, string_of((i + 7) % 300), *it.key), STET_NO_MEMORY);
            cr_assert_neq(texts_set(&t, string_of((i + 7) % 300), string_of((i + 7) % 300)), STET_NO_MEMORY);
        }
        for (unsigned i = 0; i < 300; i++)
            cr_assert_eq(holdings_set(&h, object_of(i), object_of(i + 1)), STET_CHANGED);
        texts_drop(&t_copy);
        holdings_drop(&h_copy);
    }
    texts_drop(&t);
    holdings_drop(&h);
    names_drop(&s);
}

/* A map whose values are its own earlier versions, which is then cut, joined and combined. */
STET_SORTED_MAP_DECLARE_LAZY(nest)
STET_SORTED_MAP_DEFINE(nest, int, nest, stet_int, nest_type)

THINGS_TEST(sorted_versions, a_map_of_itself_is_cut_and_joined)
{
    nest m = {0}, back = {0}, both = {0};
    for (int i = 0; i < 200; i++)
        cr_assert_eq(nest_set(&m, i * 7919 % 200, m), STET_CHANGED);
    for (int i = 0; i < 200; i += 10) {
        cr_assert_eq(nest_split(&m, i, &back), STET_CHANGED);
        cr_assert_eq(nest_set(&m, i - 1, back), STET_CHANGED); /* the back becomes a value in front */
        cr_assert_eq(nest_join(&m, &back), STET_CHANGED);
        cr_assert_eq(nest_size(&m), 200u + (i == 0));
        cr_assert_eq(nest_union(&m, nest_get(&m, i + 5), &both), STET_CHANGED);
        cr_assert_geq(nest_size(&both), nest_size(&m));
        if (i == 0)
            cr_assert_eq(nest_erase(&m, -1), STET_CHANGED);
    }
    nest popped = {0};
    cr_assert_eq(nest_pop_last(&m, NULL, &popped), STET_CHANGED);
    nest_swap_handles(&popped, &m);
    nest_drop(&popped);
    nest_drop(&back);
    nest_drop(&both);
    nest_drop(&m);
}

/* ---- elements of other collections ---- */

STET_SORTED_MAP(shelf, stet_str, names, stet_str_type, names_type)
STET_MAP(groups, stet_str, names, stet_str_type, names_type)
STET_LIST(history, ages, ages_type)
STET_SORTED_SET(handles, int, stet_int)
STET_RECORD(library, (shelf, by_title), (groups, by_group), (history, all), (handles, open))

/*
 * The i-th element of each collection has i names. Each is edited in place, while a copy of the collection keeps it as
 * it was.
 */
THINGS_TEST(sorted_versions, values_are_edited_in_their_collections)
{
    library l = {0};
    for (unsigned i = 0; i < 60; i++) {
        names s = {0};
        for (unsigned k = 0; k < i; k++)
            cr_assert_eq(names_add(&s, string_of(k)), STET_CHANGED);
        ages m = ages_of((int)i);
        cr_assert_eq(shelf_set(&l.by_title, string_of(i), s), STET_CHANGED);
        cr_assert_eq(groups_set(&l.by_group, string_of(i), s), STET_CHANGED);
        cr_assert_eq(history_push_back(&l.all, m), STET_CHANGED);
        cr_assert_eq(handles_add(&l.open, (int)i), STET_CHANGED);
        names_drop(&s);
        ages_drop(&m);
    }
    library copy = library_copy(&l);
    for (unsigned i = 0; i < 60; i++) {
        names *on_shelf, *in_group;
        ages *m;
        cr_assert_eq(shelf_edit(&l.by_title, string_of(i), &on_shelf), STET_UNCHANGED);
        cr_assert_eq(names_add(on_shelf, string_of(100 + i)), STET_CHANGED);
        cr_assert_eq(groups_edit(&l.by_group, string_of(i), &in_group), STET_UNCHANGED);
        cr_assert_eq(names_union(in_group, on_shelf, in_group), STET_CHANGED);
        cr_assert_eq(history_edit(&l.all, i, &m), STET_CHANGED);
        cr_assert_eq(ages_append(m, 100000, i), STET_CHANGED);
    }
    for (unsigned i = 0; i < 60; i++) {
        cr_assert_eq(names_size(shelf_get(&l.by_title, string_of(i))), i + 1);
        cr_assert(names_equal(groups_get(&l.by_group, string_of(i)), shelf_get(&l.by_title, string_of(i))));
        cr_assert_eq(names_size(shelf_get(&copy.by_title, string_of(i))), i);
        cr_assert_eq(names_size(groups_get(&copy.by_group, string_of(i))), i);
        cr_assert(is_ages_of(history_get(&copy.all, i), (int)i));
        cr_assert_eq(ages_size(history_get(&l.all, i)), i + 1);
    }
    library_drop(&l);
    cr_assert(names_has(shelf_get(&copy.by_title, string_of(59)), string_of(58)));
    library_drop(&copy);
}

/* ---- pointers, written out ---- */

STET_SORTED_MAP(places, const struct object *, const char *, stet_ptr, stet_ptr)
STET_SORTED_SET(addresses, struct object *const *, stet_ptr)

THINGS_TEST(sorted_versions, pointers_are_in_the_order_of_addresses)
{
    static const char *const words[] = {"some", "words", "elsewhere"};
    static struct object *table[THINGS];
    places m = {0};
    addresses s = {0};
    for (unsigned i = 0; i < THINGS; i++) {
        unsigned k = i * 7919 % THINGS;
        cr_assert_eq(places_set(&m, object_of(k), words[k % 3]), STET_CHANGED);
        cr_assert_eq(addresses_add(&s, &table[k]), STET_CHANGED);
    }
    for (unsigned i = 0; i < THINGS; i++) {
        const char *const *word;
        cr_assert_eq(*places_at(&m, i, &word), object_of(i));
        cr_assert_eq(*word, words[i % 3]);
        cr_assert_eq(*addresses_at(&s, i), &table[i]);
    }
    cr_assert_eq(*places_above(&m, object_of(3)).key, object_of(4));
    cr_assert_eq(addresses_rank(&s, &table[77]), 77);
    places_drop(&m);
    addresses_drop(&s);
}

/* ---- numbers ---- */

STET_SORTED_SET(floats, float, stet_float)
STET_SORTED_SET(doubles, double, stet_double)

static double quiet_nan(uint64_t payload, bool negative)
{
    uint64_t bits = UINT64_C(0x7FF8000000000000) | payload | (uint64_t)negative << 63;
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static bool same_double(const double *a, const double *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x == y;
}

static bool same_float(const float *a, const float *b)
{
    uint32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x == y;
}

/* -0.0 is before 0.0, NaNs are behind infinity; each is a key of its own, and is found. */
THINGS_TEST(sorted_versions, every_number_is_a_key)
{
    const double all[] = {-__builtin_inf(),
                          -1e300,
                          -1.0,
                          -5e-324,
                          -0.0,
                          0.0,
                          5e-324,
                          1.0,
                          1e300,
                          __builtin_inf(),
                          quiet_nan(0, false),
                          quiet_nan(7, false),
                          quiet_nan(0, true)};
    enum { NUMBERS = sizeof all / sizeof all[0] };
    doubles d = {0}, sorted = {0};
    floats f = {0};
    for (unsigned i = 0; i < NUMBERS; i++) {
        unsigned k = i * 5 % NUMBERS;
        cr_assert_eq(doubles_add(&d, all[k]), STET_CHANGED, "number %u", k);
        cr_assert_eq(doubles_add(&d, all[k]), STET_UNCHANGED, "number %u", k);
    }
    cr_assert_eq(doubles_from_sorted(all, NUMBERS, &sorted), STET_CHANGED);
    cr_assert(doubles_equal(&d, &sorted));
    for (unsigned i = 0; i < NUMBERS; i++) {
        cr_assert(doubles_has(&d, all[i]) && doubles_rank(&d, all[i]) == i, "number %u", i);
        cr_assert(same_double(doubles_at(&d, i), &all[i]));
        doubles_cursor it = doubles_below(&d, all[i]);
        cr_assert(i == 0 ? it.key == NULL : same_double(it.key, &all[i - 1]));
    }
    double low = -0.0, high = __builtin_inf();
    cr_assert_eq(doubles_count(&d, &low, &high), 5);
    const float some[] = {-__builtin_inff(), -1.5F, -0.0F, 0.0F, 1.5F, __builtin_inff(), __builtin_nanf("")};
    for (unsigned i = 7; i-- > 0;)
        cr_assert_eq(floats_add(&f, some[i]), STET_CHANGED);
    for (unsigned i = 0; i < 7; i++)
        cr_assert(same_float(floats_at(&f, i), &some[i]) && floats_rank(&f, some[i]) == i);
    doubles_drop(&d);
    doubles_drop(&sorted);
    floats_drop(&f);
}

/* ---- strings ---- */

/* Strings of zeros, and strings with a long common prefix, as keys in every form. */
THINGS_TEST(sorted_versions, strings_that_tie)
{
    enum { PREFIX = 48, STRINGS = 200 };
    char bytes[PREFIX + STRINGS] = {0};
    names s = {0};
    memset(bytes, 'x', PREFIX);
    for (unsigned part = 0; part < 2; part++) /* strings of zeros alone; then zeros behind a prefix */
        for (unsigned i = 0; i < STRINGS; i++) {
            const char *from = part == 0 ? bytes + PREFIX : bytes;
            size_t size = (part == 0 ? 0 : PREFIX) + i * 77 % STRINGS;
            cr_assert_eq(names_add_bytes(&s, from, size), STET_CHANGED);
        }
    for (unsigned i = 0; i < 2 * STRINGS; i++) {
        const char *from = i < STRINGS ? bytes + PREFIX : bytes;
        size_t size = i < STRINGS ? i : PREFIX + i - STRINGS;
        cr_assert(names_has_bytes(&s, from, size) && names_rank_bytes(&s, from, size) == i, "string %u", i);
        cr_assert_eq(stet_str_size(names_at(&s, i)), size);
        cr_assert_eq(names_floor_bytes(&s, from, size).key, names_at(&s, i));
        cr_assert_eq(names_ceiling_bytes(&s, from, size).key, names_at(&s, i));
        cr_assert_eq(names_above_bytes(&s, from, size).key, i + 1 < 2 * STRINGS ? names_at(&s, i + 1) : NULL);
        cr_assert_eq(names_below_bytes(&s, from, size).key, i > 0 ? names_at(&s, i - 1) : NULL);
    }
    cr_assert_eq(names_rank_cstr(&s, "x"), STRINGS);
    cr_assert_eq(names_rank_cstr(&s, "y"), 2 * STRINGS);
    cr_assert_null(names_get_cstr(&s, "x"));
    for (unsigned i = 0; i < STRINGS; i += 2)
        cr_assert_eq(names_erase_bytes(&s, bytes, PREFIX + i), STET_CHANGED);
    for (unsigned i = 0; i < STRINGS; i++)
        cr_assert_eq(names_has_bytes(&s, bytes, PREFIX + i), i % 2 == 1);
    names_drop(&s);
}

/* ---- later, and elsewhere ---- */

THINGS_TEST(sorted_versions, dropped_later)
{
    holdings versions[20] = {0}, m = {0};
    for (unsigned i = 0; i < 1000; i++) {
        cr_assert_eq(holdings_set(&m, object_of(i), object_of(i / 2)), STET_CHANGED);
        if (i % 50 == 49)
            versions[i / 50] = holdings_copy(&m);
    }
    holdings_drop_later(&m);
    cr_assert_eq(holdings_size(&m), 0);
    for (unsigned i = 0; i < 20; i++) {
        unsigned k = i * 7 % 20;
        cr_assert_eq(holdings_size(&versions[k]), (k + 1) * 50);
        holdings_drop_later(&versions[k]);
        stet_release_some(10);
    }
    while (stet_release_some(100))
        ;
}

THINGS_TEST(sorted_versions, a_child_goes_on_with_what_it_has)
{
    texts m = {0};
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(texts_set(&m, string_of(i), string_of(i)), STET_CHANGED);
    texts copy = texts_copy(&m);
    unsigned step = 0;
    for (texts_cursor it = texts_first(&copy); it.key != NULL; texts_next(&it), step++) {
        cr_assert_eq(texts_erase(&m, *it.key), STET_CHANGED);
        if (step % (MANY / 4) != MANY / 8)
            continue;
        pid_t child = fork();
        if (child == 0) {
            bool right = true;
            for (texts_next(&it); it.key != NULL; texts_next(&it))
                right = texts_erase(&m, *it.key) == STET_CHANGED && right;
            right = right && texts_size(&m) == 0 && texts_union(&copy, &m, &m) && texts_identical(&m, &copy);
            texts_drop(&m);
            texts_drop(&copy);
            test_exit(right ? 0 : 1);
        }
        int status = 1;
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert_eq(status, 0);
    }
    cr_assert(texts_size(&m) == 0 && texts_size(&copy) == MANY);
    texts_drop(&m);
    texts_drop(&copy);
}
