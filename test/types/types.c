/* SPDX-License-Identifier: MIT */
/* Element types: the ready-made ones, and what a user declares; as keys and as values. */
#include <stet/list.h>
#include <stet/map.h>
#include <stet/record.h>
#include <stet/set.h>

#include "support/live.h"
#include "support/things.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdalign.h>

/* ---- ready made ---- */

/*
 * NAME_holds(): a map of T with these elements, ascending and distinct, as keys and as values; each is found, compares
 * as its neighbours say, and goes.
 */
#define TYPE_TEST(name, T, type, ...)                                                             \
    STET_MAP(name##_map, T, T, type, type)                                                        \
    THINGS_TEST(types, name)                                                                      \
    {                                                                                             \
        static const T ascending[] = {__VA_ARGS__};                                               \
        enum { N = sizeof ascending / sizeof *ascending };                                        \
        name##_map m = {0};                                                                       \
        for (unsigned i = 0; i < N; i++)                                                          \
            cr_assert_eq(name##_map_set(&m, ascending[i], ascending[N - 1 - i]), STET_CHANGED);   \
        cr_assert_eq(name##_map_size(&m), N);                                                     \
        for (unsigned i = 0; i < N; i++) {                                                        \
            cr_assert_eq(*name##_map_get(&m, ascending[i]), ascending[N - 1 - i]);                \
            cr_assert_eq(name##_map_set(&m, ascending[i], ascending[N - 1 - i]), STET_UNCHANGED); \
            for (unsigned j = 0; j < N; j++) {                                                    \
                int order = type.compare(&ascending[i], &ascending[j]);                           \
                cr_assert_eq((order > 0) - (order < 0), (i > j) - (i < j));                       \
                cr_assert_eq(stet_type_equal(&type, &ascending[i], &ascending[j]), i == j);       \
            }                                                                                     \
        }                                                                                         \
        for (unsigned i = 0; i < N; i++) {                                                        \
            T value;                                                                              \
            cr_assert_eq(name##_map_pop(&m, ascending[i], &value), STET_CHANGED);                 \
            cr_assert_eq(value, ascending[N - 1 - i]);                                            \
            cr_assert_not(name##_map_has(&m, ascending[i]));                                      \
        }                                                                                         \
        cr_assert_eq(name##_map_size(&m), 0);                                                     \
    }

typedef void *any_ptr;
static char row[3];

TYPE_TEST(bools, bool, stet_bool, false, true)
TYPE_TEST(chars, char, stet_char, CHAR_MIN, 1, 'a', 'b', CHAR_MAX)
TYPE_TEST(i8s, int8_t, stet_i8, INT8_MIN, -1, 0, 1, INT8_MAX)
TYPE_TEST(u8s, uint8_t, stet_u8, 0, 1, 127, 128, UINT8_MAX)
TYPE_TEST(i16s, int16_t, stet_i16, INT16_MIN, -256, -1, 0, 1, 256, INT16_MAX)
TYPE_TEST(u16s, uint16_t, stet_u16, 0, 1, 255, 256, UINT16_MAX)
TYPE_TEST(i32s, int32_t, stet_i32, INT32_MIN, -1, 0, 1, INT32_MAX)
TYPE_TEST(u32s, uint32_t, stet_u32, 0, 1, INT32_MAX, UINT32_MAX)
TYPE_TEST(i64s, int64_t, stet_i64, INT64_MIN, INT32_MIN, -1, 0, 1, INT32_MAX, INT64_MAX)
TYPE_TEST(u64s, uint64_t, stet_u64, 0, 1, UINT32_MAX, (uint64_t)UINT32_MAX + 1, UINT64_MAX)
TYPE_TEST(ints, int, stet_int, INT_MIN, -1, 0, 1, INT_MAX)
TYPE_TEST(uints, unsigned, stet_uint, 0, 1, INT_MAX, UINT_MAX)
TYPE_TEST(longs, long, stet_long, LONG_MIN, INT_MIN + 1, -1, 0, 1, LONG_MAX)
TYPE_TEST(ulongs, unsigned long, stet_ulong, 0, 1, LONG_MAX, ULONG_MAX)
TYPE_TEST(sizes, size_t, stet_size, 0, 1, SIZE_MAX)
TYPE_TEST(floats, float, stet_float, -INFINITY, -1.5F, -FLT_MIN, 0.0F, FLT_TRUE_MIN, 1.0F, FLT_MAX, INFINITY)
TYPE_TEST(doubles, double, stet_double, -INFINITY, -1.5, -DBL_MIN, 0.0, DBL_TRUE_MIN, 1.0, DBL_MAX, INFINITY)
TYPE_TEST(pointers, any_ptr, stet_ptr, NULL, &row[0], &row[1], &row[2])

/* As Java's Double.equals(): what differs in a bit is another key. */
THINGS_TEST(types, floating_point_is_compared_by_bits)
{
    double nan = (double)NAN, other_nan;
    uint64_t bits;
    memcpy(&bits, &nan, sizeof bits);
    bits ^= 1;
    memcpy(&other_nan, &bits, sizeof bits);
    doubles_map m = {0};
    cr_assert_eq(doubles_map_set(&m, nan, 1), STET_CHANGED);
    cr_assert_eq(doubles_map_set(&m, nan, 1), STET_UNCHANGED);
    cr_assert_eq(doubles_map_set(&m, other_nan, 2), STET_CHANGED);
    cr_assert_eq(doubles_map_set(&m, 0.0, 3), STET_CHANGED);
    cr_assert_eq(doubles_map_set(&m, -0.0, 4), STET_CHANGED);
    cr_assert_eq(doubles_map_size(&m), 4);
    cr_assert_eq(doubles_map_get_or(&m, nan, 0), 1);
    cr_assert_eq(doubles_map_get_or(&m, other_nan, 0), 2);
    cr_assert_eq(doubles_map_get_or(&m, 0.0, 0), 3);
    cr_assert_eq(doubles_map_get_or(&m, -0.0, 0), 4);
    cr_assert_eq(doubles_map_set(&m, 7, nan), STET_CHANGED);
    cr_assert_eq(doubles_map_set(&m, 7, nan), STET_UNCHANGED, "as a value, too");
    cr_assert_eq(doubles_map_set(&m, 7, 0.0), STET_CHANGED);
    cr_assert_eq(doubles_map_set(&m, 7, -0.0), STET_CHANGED);
    cr_assert(signbit(*doubles_map_get(&m, 7)));
    doubles_map_drop(&m);

    floats_map f = {0};
    cr_assert_eq(floats_map_set(&f, NAN, NAN), STET_CHANGED);
    cr_assert_eq(floats_map_set(&f, NAN, NAN), STET_UNCHANGED);
    cr_assert_eq(floats_map_set(&f, 0.0F, 3), STET_CHANGED);
    cr_assert_eq(floats_map_set(&f, -0.0F, 4), STET_CHANGED);
    cr_assert_eq(floats_map_size(&f), 3);
    floats_map_drop(&f);
}

STET_LIST(double_list, double, stet_double)
STET_LIST(float_list, float, stet_float)

static double double_of(uint64_t bits)
{
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

static float float_of(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* As Java's Double.compare(): a total order, -0.0 before 0.0, NaNs behind infinity; 0 exactly for what is equal. */
THINGS_TEST(types, floating_point_has_a_total_order)
{
    const double ascending[] = {-INFINITY,
                                -DBL_MAX,
                                -1.5,
                                -1,
                                -DBL_MIN,
                                -DBL_TRUE_MIN,
                                -0.0,
                                0.0,
                                DBL_TRUE_MIN,
                                DBL_MIN,
                                1,
                                1.5,
                                DBL_MAX,
                                INFINITY,
                                double_of(0x7FF0000000000001),
                                double_of(0x7FF8000000000000),
                                double_of(0x7FFFFFFFFFFFFFFF),
                                double_of(0xFFFFFFFFFFFFFFFF),
                                double_of(0xFFF8000000000000),
                                double_of(0xFFF0000000000001)};
    const float floats[] = {-INFINITY,
                            -FLT_MAX,
                            -1.5F,
                            -FLT_MIN,
                            -FLT_TRUE_MIN,
                            -0.0F,
                            0.0F,
                            FLT_TRUE_MIN,
                            FLT_MIN,
                            1.5F,
                            FLT_MAX,
                            INFINITY,
                            float_of(0x7F800001),
                            float_of(0x7FFFFFFF),
                            float_of(0xFFFFFFFF),
                            float_of(0xFF800001)};
    enum { N = sizeof ascending / sizeof *ascending, M = sizeof floats / sizeof *floats, NUMBERS = 14 };
    for (unsigned i = 0; i < N; i++)
        for (unsigned j = 0; j < N; j++) {
            int order = stet_double.compare(&ascending[i], &ascending[j]);
            bool is_nan = isnan(ascending[i]) && isnan(ascending[j]); /* those are ordered, but it is not said how */
            cr_assert_eq(order == 0, i == j);
            cr_assert(is_nan || (order > 0) - (order < 0) == (i > j) - (i < j), "%u, %u", i, j);
            cr_assert_eq(order > 0, stet_double.compare(&ascending[j], &ascending[i]) < 0);
            cr_assert_eq(order == 0, stet_type_equal(&stet_double, &ascending[i], &ascending[j]));
        }
    for (unsigned i = 0; i < M; i++)
        for (unsigned j = 0; j < M; j++) {
            int order = stet_float.compare(&floats[i], &floats[j]);
            bool is_nan = isnan(floats[i]) && isnan(floats[j]);
            cr_assert(is_nan || (order > 0) - (order < 0) == (i > j) - (i < j), "%u, %u", i, j);
            cr_assert_eq(order > 0, stet_float.compare(&floats[j], &floats[i]) < 0);
            cr_assert_eq(order == 0, stet_type_equal(&stet_float, &floats[i], &floats[j]));
        }

    double_list l = {0};
    for (unsigned i = 0; i < 3 * N; i++) /* each three times, shuffled */
        cr_assert_eq(double_list_push_back(&l, ascending[i * 7 % N]), STET_CHANGED);
    cr_assert_eq(double_list_sort(&l), STET_CHANGED);
    for (unsigned i = 0; i < 3 * NUMBERS; i++)
        cr_assert(stet_type_equal(&stet_double, double_list_get(&l, i), &ascending[i / 3]), "%u", i);
    for (unsigned i = 0; i < N; i++) { /* all are found, NaNs, too, where a search from the front finds them */
        size_t at = double_list_lower_bound(&l, ascending[i]);
        cr_assert(at < 3 * N && at == double_list_index_of(&l, 0, ascending[i]), "%u", i);
    }
    double_list_drop(&l);

    float_list f = {0};
    for (unsigned i = 0; i < M; i++)
        cr_assert_eq(float_list_push_front(&f, floats[i]), STET_CHANGED);
    cr_assert_eq(float_list_sort(&f), STET_CHANGED);
    for (unsigned i = 0; i < M; i++)
        cr_assert_eq(float_list_lower_bound(&f, floats[i]), float_list_index_of(&f, 0, floats[i]));
    float_list_drop(&f);
}

THINGS_TEST(types, hashes_depend_on_the_seed_and_the_element)
{
    static const struct stet_type *const types[] = {&stet_bool, &stet_char,  &stet_i16,    &stet_u32,
                                                    &stet_i64,  &stet_float, &stet_double, &stet_ptr};
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
        uint64_t zero = 0, one = UINT64_C(0x0101010101010101); /* the first bytes of each are the value */
        cr_assert_neq(stet_type_hash(types[i], &zero, 1), stet_type_hash(types[i], &zero, 2));
        cr_assert_neq(stet_type_hash(types[i], &zero, 1), stet_type_hash(types[i], &one, 1));
        cr_assert_eq(stet_type_hash(types[i], &one, 1), stet_type_hash(types[i], &one, 1));
    }
}

/* Small types look at their own bytes only. */
THINGS_TEST(types, hashes_ignore_what_is_behind)
{
    unsigned char a[8] = {1, 2, 3, 4, 5, 6, 7, 8}, b[8] = {1, 2, 3, 4, 9, 9, 9, 9};
    static const struct stet_type *const types[] = {&stet_bool, &stet_char, &stet_i8,
                                                    &stet_i16,  &stet_int,  &stet_float};
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
        cr_assert_eq(stet_type_hash(types[i], a, 3), stet_type_hash(types[i], b, 3));
        cr_assert(stet_type_equal(types[i], a, b));
    }
}

/* ---- a user's own, plain ---- */

STET_MAP(shies, struct shy, struct shy, shy_type, shy_type)

THINGS_TEST(types, padding_does_not_count)
{
    shies m = {0};
    for (unsigned i = 0; i < 100; i++)
        cr_assert_eq(shies_set(&m, shy_of(i), shy_of(i + 1)), STET_CHANGED);
    shies copy = shies_copy(&m);
    for (unsigned i = 0; i < 100; i++) /* other padding: the same key, the same value */
        cr_assert_eq(shies_set(&m, shy_of(i), shy_of(i + 1)), STET_UNCHANGED);
    cr_assert(shies_identical(&m, &copy));
    shies_drop(&m);
    shies_drop(&copy);
}

struct pair {
    int32_t x, y;
};
STET_TYPE_BYTES(pair_type, struct pair)
STET_MAP(pairs, struct pair, struct pair, pair_type, pair_type)

THINGS_TEST(types, bytes)
{
    pairs m = {0};
    for (int x = -20; x < 20; x++)
        for (int y = -20; y < 20; y++)
            cr_assert_eq(pairs_set(&m, (struct pair){x, y}, (struct pair){y, x}), STET_CHANGED);
    cr_assert_eq(pairs_size(&m), 1600);
    for (int x = -20; x < 20; x++)
        for (int y = -20; y < 20; y++) {
            const struct pair *swapped = pairs_get(&m, (struct pair){x, y});
            cr_assert(swapped->x == y && swapped->y == x);
            cr_assert_eq(pairs_set(&m, (struct pair){x, y}, (struct pair){y, x}), STET_UNCHANGED);
        }
    pairs_drop(&m);
}

/* ---- a plain one with an order ---- */

struct version {
    unsigned char major, minor;
    char *name; /* does not count */
};
static uint64_t version_hash(const struct version *v, uint64_t seed)
{
    return stet_hash_word((uint64_t)v->major << 8 | v->minor, seed);
}
static bool version_equal(const struct version *a, const struct version *b)
{
    return a->major == b->major && a->minor == b->minor;
}
static int version_compare(const struct version *a, const struct version *b)
{
    return a->major != b->major ? a->major - b->major : a->minor - b->minor;
}
STET_TYPE_ORDERED(version_type, struct version, version_hash, version_equal, version_compare)
STET_LIST(releases, struct version, version_type)
STET_SET(released, struct version, version_type)

/* It needs no retain and release, and is as plain as without an order. */
THINGS_TEST(types, a_plain_struct_with_an_order)
{
    static char first[] = "first", second[] = "second";
    cr_assert(version_type.retain == NULL && version_type.release == NULL);
    cr_assert_eq((int)version_type_flags_, STET_ORDERED);
    cr_assert_eq((int)releases_type_flags_,
                 STET_REFCOUNTED | STET_LAZY | STET_COLLECTION_ | STET_KIND_list_ | STET_ACYCLIC,
                 "it is lazy, and has no order");
    releases l = {0};
    for (unsigned i = 0; i < 200; i++) {
        struct version v = {(unsigned char)(i * 7 % 10), (unsigned char)(i * 3 % 20), i < 100 ? first : second};
        cr_assert_eq(releases_push_back(&l, v), STET_CHANGED);
    }
    cr_assert_eq(releases_sort(&l), STET_CHANGED);
    cr_assert_eq(releases_sort(&l), STET_UNCHANGED);
    for (unsigned i = 1; i < 200; i++) {
        const struct version *a = releases_get(&l, i - 1), *b = releases_get(&l, i);
        int order = version_compare(a, b);
        cr_assert(order < 0 || (order == 0 && (a->name == b->name || a->name == first)));
        cr_assert_eq(releases_lower_bound(&l, *b), order < 0 ? i : releases_lower_bound(&l, *a));
    }
    released s = {0};
    for (unsigned i = 0; i < 200; i++)
        cr_assert_neq(released_add(&s, *releases_get(&l, i)), STET_FAILED);
    cr_assert(released_has(&s, (struct version){0, 0, NULL}));
    releases_drop(&l);
    released_drop(&s);
}

/* ---- a value: an equality, and holders ---- */

struct holding {
    object_ptr object;
    stet_str name;
};
static bool holding_equal(const struct holding *a, const struct holding *b)
{
    return a->object == b->object && stet_str_equal(&a->name, &b->name);
}
static void holding_retain(const struct holding *h)
{
    stet_element_retain_(&object_type, &h->object);
    stet_element_retain_(&stet_str_type, &h->name);
}
static void holding_release(struct holding *h)
{
    stet_element_release_(&object_type, &h->object);
    stet_str_drop(&h->name);
}
STET_TYPE_VALUE(holding_type, struct holding, holding_equal, holding_retain, holding_release, 0)
STET_MAP(holdings, int, struct holding, stet_int, holding_type)
STET_SET(sets_of_holdings, holdings, holdings_type)

THINGS_TEST(types, a_value_needs_no_hash_and_no_order)
{
    holdings m = {0}, other = {0};
    sets_of_holdings s = {0};
    for (int i = 0; i < 300; i++) {
        struct holding h = {object_of((unsigned)i), string_of((unsigned)i)};
        cr_assert_eq(holdings_set(&m, i, h), STET_CHANGED);
        cr_assert_eq(holdings_set(&m, i, h), STET_UNCHANGED);
        cr_assert_eq(holdings_set(&other, 299 - i,
                                  (struct holding){object_of(299u - (unsigned)i), string_of(299u - (unsigned)i)}),
                     STET_CHANGED);
        cr_assert_eq(object_of((unsigned)i)->holders, i < 150 ? 1 : 2);
    }
    cr_assert(holdings_equal(&m, &other));
    cr_assert_eq(stet_type_hash(&holdings_type, &m, 5), stet_type_hash(&holdings_type, &other, 5));
    cr_assert_eq(sets_of_holdings_add(&s, m), STET_CHANGED);
    cr_assert_eq(sets_of_holdings_add(&s, other), STET_UNCHANGED);
    cr_assert_eq(holdings_erase(&other, 7), STET_CHANGED);
    cr_assert_eq(sets_of_holdings_add(&s, other), STET_CHANGED);
    holdings_drop(&m);
    holdings_drop(&other);
    sets_of_holdings_drop(&s);
}

/* ---- records ---- */

STET_LIST(object_list, object_ptr, object_type)
STET_LIST(text_list, stet_str)
STET_RECORD(document, (text_list, lines), (object_list, marks), (stet_str, title))
STET_RECORD(plain_document, (text_list, lines), (stet_str, title))
STET_LIST(documents, document)
STET_SET(plain_documents, plain_document)
STET_RECORD(archive, (documents, all), (plain_document, last))
STET_LIST(archives, archive)

THINGS_TEST(types, a_record_is_an_element)
{
    document d = {0};
    documents all = {0};
    cr_assert((document_type_flags_ & STET_LAZY) == 0, "objects are prompt");
    cr_assert((plain_document_type_flags_ & STET_LAZY) != 0);
    cr_assert((archive_type_flags_ & STET_LAZY) == 0);
    for (unsigned i = 0; i < 300; i++) {
        d.title = string_of(i);
        cr_assert_eq(text_list_push_back(&d.lines, string_of(i)), STET_CHANGED);
        cr_assert_eq(object_list_push_back(&d.marks, object_of(i)), STET_CHANGED);
        cr_assert_eq(documents_push_back(&all, d), STET_CHANGED);
    }
    for (unsigned i = 0; i < 300; i++) {
        const document *old = documents_get(&all, i);
        cr_assert_eq(text_list_size(&old->lines), i + 1);
        cr_assert_eq(documents_index_of(&all, 0, *old), i);
    }
    d.title = (stet_str){0}; /* it is the test's, and borrowed */
    cr_assert_not(documents_has(&all, d));
    archives two = {0};
    archive a = {.all = all, .last = {.lines = d.lines}};
    cr_assert_eq(archives_push_back(&two, a), STET_CHANGED);
    cr_assert_eq(archives_push_back(&two, a), STET_CHANGED);
    plain_documents seen = {0};
    plain_document same = {.lines = text_list_copy(&d.lines)};
    cr_assert_eq(plain_documents_add(&seen, a.last), STET_CHANGED);
    cr_assert_eq(plain_documents_add(&seen, same), STET_UNCHANGED);
    cr_assert_eq(text_list_set(&same.lines, 0, string_of(9)), STET_CHANGED);
    cr_assert_eq(plain_documents_add(&seen, same), STET_CHANGED);
    plain_document_drop(&same);
    plain_documents_drop(&seen);
    document_drop(&d);
    documents_drop(&all);
    cr_assert_gt(object_of(0)->holders, 0);
    archives_drop(&two);
    cr_assert_eq(object_of(0)->holders, 0);
}

static stet_result write_line(document *d, unsigned i)
{
    document draft = document_copy(d);
    stet_result result = text_list_push_back(&draft.lines, string_of(i));
    if (result == STET_CHANGED && (result = object_list_push_back(&draft.marks, object_of(i))) == STET_CHANGED)
        document_swap_handles(d, &draft);
    document_drop(&draft);
    return result;
}

THINGS_TEST(types, a_record_is_edited_whole_or_not)
{
    document d = {0}, before = {0};
    unsigned refusals = 0;
    for (unsigned i = 0; i < 100; i++) {
        bool refused = true;
        for (uint64_t nth = 1; refused; nth++) {
            document_drop(&d);
            d = document_copy(&before);
            stet_pool_fault(nth, 1);
            stet_result result = write_line(&d, i);
            refused = stet_pool_requests() >= nth;
            stet_pool_fault_end();
            refusals += result == STET_NO_MEMORY;
            cr_assert_eq(document_identical(&d, &before), result == STET_NO_MEMORY);
            cr_assert_eq(document_equal(&d, &before), result == STET_NO_MEMORY);
        }
        document_drop(&before);
        before = document_copy(&d);
    }
    cr_assert_gt(refusals, 100);
    cr_assert(text_list_size(&d.lines) == 100 && object_list_size(&d.marks) == 100);
    document_drop(&d);
    document_drop(&before);
}

THINGS_TEST(types, records_are_compared_field_by_field)
{
    document a = {0}, b = {0};
    cr_assert(document_identical(&a, &b) && document_equal(&a, &b));
    cr_assert_eq(write_line(&a, 1), STET_CHANGED);
    cr_assert_eq(write_line(&b, 1), STET_CHANGED);
    cr_assert(document_equal(&a, &b) && !document_identical(&a, &b));
    b.title = stet_str_copy(&(stet_str[]){string_of(2)}[0]);
    cr_assert_not(document_equal(&a, &b));
    document c = document_copy(&b);
    cr_assert(document_identical(&b, &c));
    stet_str_drop(&c.title);
    cr_assert(!document_identical(&b, &c) && document_equal(&a, &c));
    document held = b; /* a second holder without a handle */
    document_retain(&b);
    document_drop(&b);
    cr_assert(text_list_size(&held.lines) == 1 && object_of(1)->holders != 0);
    document_drop(&held);
    document_drop(&a);
    document_drop(&c);
    cr_assert_eq(object_of(1)->holders, 0);
    archive x = {0}, y = {0};
    x.last.lines = text_list_copy(&y.last.lines);
    cr_assert_eq(text_list_push_back(&x.last.lines, string_of(3)), STET_CHANGED);
    archive_swap_handles(&x, &y);
    cr_assert(text_list_is_empty(&x.last.lines) && text_list_size(&y.last.lines) == 1);
    cr_assert(!archive_identical(&x, &y) && !archive_equal(&x, &y));
    archive_drop(&y);
    cr_assert(archive_identical(&x, &y));
}

/* ---- alignment ---- */

struct wide {
    alignas(16) uint64_t part[2];
};
STET_TYPE_BYTES(wide_type, struct wide)

struct odd {
    char bytes[3];
};
STET_TYPE_BYTES(odd_type, struct odd)

STET_MAP(wide_by_char, char, struct wide, stet_char, wide_type)
STET_MAP(char_by_wide, struct wide, char, wide_type, stet_char)
STET_MAP(long_by_odd, struct odd, long, odd_type, stet_long)
STET_SET(wides, struct wide, wide_type)
STET_SET(odds, struct odd, odd_type)

static bool is_aligned(const void *p, size_t align) { return (uintptr_t)p % align == 0; }

THINGS_TEST(types, entries_are_aligned)
{
    wide_by_char a = {0};
    char_by_wide b = {0};
    long_by_odd c = {0};
    wides d = {0};
    odds e = {0};
    for (unsigned i = 0; i < 100; i++) {
        struct wide wide = {{i, ~(uint64_t)i}};
        struct odd odd = {{(char)i, 1, 2}};
        struct wide *edited;
        cr_assert_eq(wide_by_char_edit(&a, (char)i, &edited), STET_CHANGED);
        cr_assert(is_aligned(edited, 16));
        *edited = wide;
        cr_assert_eq(char_by_wide_set(&b, wide, (char)i), STET_CHANGED);
        cr_assert_eq(long_by_odd_set(&c, odd, -(long)i), STET_CHANGED);
        cr_assert_eq(wides_add(&d, wide), STET_CHANGED);
        cr_assert_eq(odds_add(&e, odd), STET_CHANGED);
    }
    for (wide_by_char_cursor it = wide_by_char_first(&a); it.key != NULL; wide_by_char_next(&it))
        cr_assert(is_aligned(it.value, 16) && it.value->part[0] == (unsigned char)*it.key);
    for (char_by_wide_cursor it = char_by_wide_first(&b); it.key != NULL; char_by_wide_next(&it))
        cr_assert(is_aligned(it.key, 16) && it.key->part[0] == (unsigned char)*it.value);
    for (long_by_odd_cursor it = long_by_odd_first(&c); it.key != NULL; long_by_odd_next(&it))
        cr_assert(is_aligned(it.value, alignof(long)) && it.key->bytes[0] == -*it.value);
    for (wides_cursor it = wides_first(&d); it.key != NULL; wides_next(&it))
        cr_assert(is_aligned(it.key, 16) && it.key->part[1] == ~it.key->part[0]);
    cr_assert_eq(odds_size(&e), 100);
    wide_by_char_drop(&a);
    char_by_wide_drop(&b);
    long_by_odd_drop(&c);
    wides_drop(&d);
    odds_drop(&e);
}

/* The largest entry there may be, and one between. */
struct page {
    int n;
    char text[4088];
};
static uint64_t page_hash(const struct page *p, uint64_t seed) { return (uint64_t)p->n ^ seed; }
static bool page_equal(const struct page *a, const struct page *b) { return a->n == b->n; }
STET_TYPE(page_type, struct page, page_hash, page_equal)
STET_MAP(page_map, int, struct page, stet_int, page_type)

struct line {
    char text[100];
};
STET_TYPE_BYTES(line_type, struct line)
STET_MAP(line_map, struct line, struct line, line_type, line_type)

THINGS_TEST(types, large_elements)
{
    page_map pages = {0};
    line_map lines = {0};
    cr_assert_eq(sizeof(struct page_map_entry_), 4096);
    for (int i = 0; i < 200; i++) {
        struct page page = {.n = i};
        memset(page.text, i, sizeof page.text);
        cr_assert_eq(page_map_set(&pages, i, page), STET_CHANGED);
        struct line line;
        memset(&line, i, sizeof line);
        cr_assert_eq(line_map_set(&lines, line, line), STET_CHANGED);
    }
    page_map before = page_map_copy(&pages);
    for (int i = 0; i < 200; i++) {
        struct page page;
        cr_assert_eq(page_map_pop(&pages, i, &page), STET_CHANGED);
        for (size_t j = 0; j < sizeof page.text; j++)
            cr_assert_eq(page.text[j], (char)i);
        cr_assert_eq(page_map_get(&before, i)->text[4087], (char)i);
    }
    for (line_map_cursor it = line_map_first(&lines); it.key != NULL; line_map_next(&it))
        cr_assert_eq(memcmp(it.key, it.value, sizeof *it.key), 0);
    cr_assert_eq(line_map_size(&lines), 200);
    page_map_drop(&before);
    line_map_drop(&lines);
}

/* ---- counted ---- */

STET_MAP(object_by_int, int, object_ptr, stet_int, object_type)
STET_SET(object_set, object_ptr, object_type)

THINGS_TEST(types, ref_keeps_objects)
{
    object_by_int m = {0};
    object_ptr a = object_of(1), b = object_of(2);
    cr_assert_eq(object_by_int_set(&m, 1, a), STET_CHANGED);
    cr_assert_eq(a->holders, 1);
    cr_assert_eq(object_by_int_set(&m, 1, a), STET_UNCHANGED);
    cr_assert_eq(a->holders, 1);
    cr_assert_eq(object_by_int_set(&m, 1, b), STET_CHANGED);
    cr_assert_eq(a->holders, 0);
    cr_assert_eq(b->holders, 1);
    cr_assert_eq(object_by_int_get_or(&m, 1, a), b);
    cr_assert_eq(b->holders, 1, "get_or retains nothing");
    object_by_int copy = object_by_int_copy(&m);
    cr_assert_eq(b->holders, 1, "a second handle of the same nodes");
    cr_assert_eq(object_by_int_set(&copy, 2, b), STET_CHANGED);
    cr_assert_eq(b->holders, 3, "a second leaf");
    object_by_int_drop(&m);
    cr_assert_eq(b->holders, 2);
    object_ptr popped;
    cr_assert_eq(object_by_int_pop(&copy, 2, &popped), STET_CHANGED);
    cr_assert_eq(popped, b);
    cr_assert_eq(b->holders, 2, "its reference came along");
    object_unref(popped);
    cr_assert_eq(object_by_int_erase(&copy, 1), STET_CHANGED);
    cr_assert_eq(b->holders, 0);
}

THINGS_TEST(types, ref_is_not_called_with_null)
{
    object_by_int m = {0};
    object_set s = {0};
    object_ptr *value, popped = object_of(0);
    cr_assert_eq(object_by_int_set(&m, 1, NULL), STET_CHANGED);
    cr_assert_eq(object_by_int_set(&m, 1, NULL), STET_UNCHANGED);
    cr_assert_not_null(object_by_int_get(&m, 1), "a NULL that is there");
    cr_assert_null(*object_by_int_get(&m, 1));
    cr_assert_eq(object_by_int_set(&m, 1, object_of(1)), STET_CHANGED);
    cr_assert_eq(object_by_int_set(&m, 1, NULL), STET_CHANGED);
    cr_assert_eq(object_by_int_edit(&m, 2, &value), STET_CHANGED);
    cr_assert_null(*value);
    cr_assert_eq(object_by_int_pop(&m, 1, &popped), STET_CHANGED);
    cr_assert_null(popped);
    cr_assert_eq(object_set_add(&s, NULL), STET_CHANGED);
    cr_assert(object_set_has(&s, NULL));
    cr_assert_eq(object_set_erase(&s, NULL), STET_CHANGED);
    object_by_int_drop(&m);
    object_set_drop(&s);
}

/* A prompt element goes with the call that takes away its last holder, whatever older versions shared with it. */
THINGS_TEST(types, prompt_release_is_seen_at_once)
{
    object_by_int m = {0};
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(object_by_int_set(&m, i, object_of((unsigned)i)), STET_CHANGED);
    for (int i = 0; i < MANY; i++) {
        object_ptr o = object_of((unsigned)i);
        object_by_int older = object_by_int_copy(&m);
        cr_assert_eq(object_by_int_erase(&m, i), STET_CHANGED);
        cr_assert_gt(o->holders, 0, "the older version still has it");
        cr_assert_eq(*object_by_int_get(&older, i), o);
        object_by_int_drop(&older);
        cr_assert_eq(o->holders, 0);
        for (int j = i + 1; j < MANY; j += 37)
            cr_assert_eq(object_of((unsigned)j)->holders, 1);
    }
    cr_assert_eq(object_by_int_size(&m), 0);
}

/* A struct that holds two objects. */
struct couple {
    object_ptr one, two;
};
static uint64_t couple_hash(const struct couple *c, uint64_t seed)
{
    return stet_hash_word(c->one->id, seed) + c->two->id;
}
static bool couple_equal(const struct couple *a, const struct couple *b)
{
    return a->one == b->one && a->two == b->two;
}
static int couple_compare(const struct couple *a, const struct couple *b)
{
    unsigned x = a->one->id * THINGS + a->two->id, y = b->one->id * THINGS + b->two->id;
    return (x > y) - (x < y);
}
static void couple_retain(const struct couple *c)
{
    object_ref(c->one);
    object_ref(c->two);
}
static void couple_release(struct couple *c)
{
    object_unref(c->one);
    object_unref(c->two);
    memset(c, 0xA5, sizeof *c); /* it is ours to ruin */
}
STET_TYPE_FULL(prompt_couple, struct couple, couple_hash, couple_equal, couple_compare, couple_retain, couple_release,
               0)
STET_TYPE_FULL(lazy_couple, struct couple, couple_hash, couple_equal, couple_compare, couple_retain, couple_release,
               STET_LAZY)
STET_MAP(prompt_map, struct couple, struct couple, prompt_couple, prompt_couple)
STET_MAP(lazy_map, struct couple, struct couple, lazy_couple, lazy_couple)

static struct couple couple_of(unsigned i) { return (struct couple){object_of(i), object_of(i + 1)}; }

/* Keys and values that are released; edits of shared versions; what is counted in the end is checked by .fini. */
#define COUPLE_TEST(name)                                                                 \
    THINGS_TEST(types, name##_counts_exactly)                                             \
    {                                                                                     \
        name m = {0}, kept;                                                               \
        for (unsigned i = 0; i < MANY; i++)                                               \
            cr_assert_eq(name##_set(&m, couple_of(i), couple_of(i + 100)), STET_CHANGED); \
        kept = name##_copy(&m);                                                           \
        for (unsigned i = 0; i < MANY; i += 3)                                            \
            cr_assert_eq(name##_set(&m, couple_of(i), couple_of(i + 200)), STET_CHANGED); \
        for (unsigned i = 1; i < MANY; i += 3)                                            \
            cr_assert_eq(name##_erase(&m, couple_of(i)), STET_CHANGED);                   \
        for (unsigned i = 2; i < MANY; i += 3) {                                          \
            struct couple popped;                                                         \
            cr_assert_eq(name##_pop(&m, couple_of(i), &popped), STET_CHANGED);            \
            cr_assert_eq(popped.one, object_of(i + 100));                                 \
            couple_release(&popped);                                                      \
        }                                                                                 \
        for (unsigned i = 0; i < MANY; i++)                                               \
            cr_assert_eq(name##_get(&kept, couple_of(i))->two, object_of(i + 101));       \
        name##_drop(&kept);                                                               \
        for (unsigned i = 0; i < MANY; i += 3)                                            \
            cr_assert_eq(name##_get(&m, couple_of(i))->two, object_of(i + 201));          \
        cr_assert_eq(name##_size(&m), (MANY + 2) / 3);                                    \
        name##_drop(&m);                                                                  \
    }

COUPLE_TEST(prompt_map)
COUPLE_TEST(lazy_map)

THINGS_TEST(types, full_has_an_order)
{
    struct couple a = couple_of(3), b = couple_of(4);
    cr_assert_lt(prompt_couple.compare(&a, &b), 0);
    cr_assert_gt(prompt_couple.compare(&b, &a), 0);
    cr_assert_eq(prompt_couple.compare(&b, &b), 0);
}

STET_TYPE_REF_LAZY(lazy_object, object_ptr, object_ref, object_unref)
STET_MAP(lazy_objects, int, object_ptr, stet_int, lazy_object)
STET_TYPE_REF_ACYCLIC(acyclic_object, object_ptr, object_ref, object_unref)
STET_MAP(acyclic_objects, int, object_ptr, stet_int, acyclic_object)
STET_MAP(of_acyclic, int, acyclic_objects, stet_int, acyclic_objects_type)
STET_MAP(of_prompt, int, object_by_int, stet_int, object_by_int_type)
STET_MAP(of_lazy, int, lazy_objects, stet_int, lazy_objects_type)
STET_MAP_DECLARE(declared)
STET_MAP_DEFINE(declared, int, int, stet_int, stet_int)
STET_MAP_DECLARE_LAZY(declared_lazy)
STET_MAP_DEFINE(declared_lazy, int, int, stet_int, stet_int)
STET_SET_DECLARE(names)
STET_SET_DEFINE(names, int, stet_int)
STET_SET_DECLARE_LAZY(lazy_names)
STET_SET_DEFINE(lazy_names, stet_str, stet_str_type)

/* What leads to no collections follows from the elements, too; what is only declared may lead to itself. */
THINGS_TEST(types, collections_that_lead_nowhere_are_acyclic)
{
    cr_assert_eq(object_type.flags & STET_ACYCLIC, 0);
    cr_assert_eq(lazy_object.flags & STET_ACYCLIC, 0);
    cr_assert_eq(lazy_objects_type.flags & STET_ACYCLIC, 0);
    cr_assert_eq(of_lazy_type.flags & STET_ACYCLIC, 0);
    cr_assert_eq(acyclic_object.flags & (STET_LAZY | STET_ACYCLIC), STET_LAZY | STET_ACYCLIC);
    cr_assert_eq(acyclic_objects_type.flags & STET_ACYCLIC, STET_ACYCLIC);
    cr_assert_eq(of_acyclic_type.flags & STET_ACYCLIC, STET_ACYCLIC);
    cr_assert_eq(pairs_type.flags & STET_ACYCLIC, STET_ACYCLIC);
    cr_assert_eq(wides_type.flags & STET_ACYCLIC, STET_ACYCLIC);
    cr_assert_eq(declared_lazy_type.flags & STET_ACYCLIC, 0);
}

/* Whether a collection is prompt follows from its elements, or from its declaration. */
THINGS_TEST(types, laziness_is_inherited)
{
    cr_assert_eq(object_type.flags & STET_LAZY, 0);
    cr_assert_eq(lazy_object.flags & STET_LAZY, STET_LAZY);
    cr_assert_eq(object_by_int_type.flags & STET_LAZY, 0);
    cr_assert_eq(lazy_objects_type.flags & STET_LAZY, STET_LAZY);
    cr_assert_eq(of_prompt_type.flags & STET_LAZY, 0);
    cr_assert_eq(of_lazy_type.flags & STET_LAZY, STET_LAZY);
    cr_assert_eq(pairs_type.flags & STET_LAZY, STET_LAZY);
    cr_assert_eq(object_set_type.flags & STET_LAZY, 0);
    cr_assert_eq(wides_type.flags & STET_LAZY, STET_LAZY);
    cr_assert_eq(declared_type.flags & STET_LAZY, 0);
    cr_assert_eq(declared_lazy_type.flags & STET_LAZY, STET_LAZY);
    cr_assert_eq(names_type.flags & STET_LAZY, 0);
    cr_assert_eq(lazy_names_type.flags & STET_LAZY, STET_LAZY);
}

THINGS_TEST(types, lazy_objects_go_with_the_last_version)
{
    lazy_objects m = {0};
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(lazy_objects_set(&m, i, object_of((unsigned)i)), STET_CHANGED);
    lazy_objects older = lazy_objects_copy(&m);
    for (int i = 0; i < MANY; i += 50)
        cr_assert_eq(lazy_objects_set(&m, i, NULL), STET_CHANGED);
    lazy_objects_drop(&older);
    cr_assert_neq(lazy_objects_trim(&m), STET_NO_MEMORY); /* now what was replaced is gone */
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(object_of((unsigned)i)->holders, i % 50 != 0);
    lazy_objects_drop(&m);
}
