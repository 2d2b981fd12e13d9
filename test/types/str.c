/* SPDX-License-Identifier: MIT */
/* stet_str: any bytes, short and long; equality, order, hash; holders; refusals; strings in sets. */
#include <stet/set.h>
#include <stet/str.h>

#include "support/live.h"

enum { LONGEST = 300 };

/* The byte at a place of test string `kind`; every value comes, 0 included, and high ones. */
static char byte_at(unsigned kind, size_t i) { return (char)(kind * 31 + i * 7); }

static stet_str make(unsigned kind, size_t n)
{
    char bytes[LONGEST];
    for (size_t i = 0; i < n; i++)
        bytes[i] = byte_at(kind, i);
    stet_str s;
    memset(&s, 0xA5, sizeof s); /* what it held is not looked at */
    cr_assert_eq(stet_str_from_bytes(bytes, n, &s), STET_CHANGED);
    memset(bytes, 0, sizeof bytes); /* nor kept */
    return s;
}

LIVE_TEST(str, holds_any_bytes_of_any_length)
{
    for (size_t n = 0; n <= LONGEST; n++) {
        stet_str s = make(1, n);
        cr_assert_eq(stet_str_size(&s), n);
        for (size_t i = 0; i < n; i++)
            cr_assert_eq(stet_str_bytes(&s)[i], byte_at(1, i));
        cr_assert_eq(stet_str_bytes(&s)[n], '\0', "followed by a 0");
        stet_str_drop(&s);
    }
}

LIVE_TEST(str, empty_is_all_zeros)
{
    stet_str zero = {0}, s;
    cr_assert_eq(stet_str_from_bytes(NULL, 0, &s), STET_CHANGED);
    cr_assert_eq(memcmp(&s, &zero, sizeof s), 0);
    cr_assert_eq(stet_str_size(&zero), 0);
    cr_assert_str_eq(stet_str_bytes(&zero), "");
    cr_assert(stet_str_equal(&s, &zero));
    stet_str_drop(&zero);
    stet_str long_one = make(1, 50);
    stet_str_drop(&long_one);
    cr_assert_eq(memcmp(&long_one, &zero, sizeof zero), 0, "dropped: empty");
    stet_str_drop(&long_one);
}

LIVE_TEST(str, ten_bytes_need_no_memory)
{
    for (size_t n = 0; n <= 2 * STET_STR_SHORT; n++) {
        count_requests();
        stet_str s = make(2, n);
        cr_assert_eq(counted_requests(), n > STET_STR_SHORT);
        stet_str_drop(&s);
    }
}

LIVE_TEST(str, from_a_c_string)
{
    const char *texts[] = {"", "a", "ten bytes.", "now eleven.", "\xff\x80", "a string too long to be held in place"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        stet_str s, same;
        cr_assert_eq(stet_str_from_cstr(texts[i], &s), STET_CHANGED);
        cr_assert_str_eq(stet_str_bytes(&s), texts[i]);
        cr_assert_eq(stet_str_size(&s), strlen(texts[i]));
        cr_assert_eq(stet_str_from_bytes(texts[i], strlen(texts[i]), &same), STET_CHANGED);
        cr_assert(stet_str_equal(&s, &same));
        stet_str_drop(&s);
        stet_str_drop(&same);
    }
}

/* What a part of a string is made of may be the string that is replaced. */
LIVE_TEST(str, made_of_its_own_bytes)
{
    for (size_t n = 1; n < 40; n++) {
        stet_str s = make(3, n), old = s, expected;
        char rest[LONGEST];
        memcpy(rest, stet_str_bytes(&s) + 1, n - 1);
        cr_assert_eq(stet_str_from_bytes(rest, n - 1, &expected), STET_CHANGED);
        cr_assert_eq(stet_str_from_bytes(stet_str_bytes(&s) + 1, n - 1, &s), STET_CHANGED);
        cr_assert(stet_str_equal(&s, &expected));
        stet_str_drop(&old);
        stet_str_drop(&s);
        stet_str_drop(&expected);
    }
}

LIVE_TEST(str, equal_is_of_length_and_bytes)
{
    for (size_t n = 0; n <= LONGEST; n += n < 20 ? 1 : 35) {
        stet_str a = make(1, n), b = make(1, n), shared = stet_str_copy(&a);
        cr_assert(stet_str_equal(&a, &b));
        cr_assert(stet_str_equal(&a, &shared));
        for (size_t m = 0; m <= LONGEST; m += m < 20 ? 1 : 35) {
            stet_str other = make(1, m), another = make(2, m);
            cr_assert_eq(stet_str_equal(&a, &other), n == m);
            cr_assert_eq(stet_str_equal(&a, &another), n == 0 && m == 0);
            stet_str_drop(&other);
            stet_str_drop(&another);
        }
        for (size_t i = 0; i < n; i++) { /* one byte */
            char bytes[LONGEST];
            memcpy(bytes, stet_str_bytes(&a), n);
            bytes[i] ^= (char)0x80;
            stet_str other;
            cr_assert_eq(stet_str_from_bytes(bytes, n, &other), STET_CHANGED);
            cr_assert_not(stet_str_equal(&a, &other));
            stet_str_drop(&other);
        }
        stet_str_drop(&a);
        stet_str_drop(&b);
        stet_str_drop(&shared);
    }
}

LIVE_TEST(str, identical_is_of_copies_and_of_short_ones)
{
    for (size_t n = 0; n <= LONGEST; n += n < 20 ? 1 : 35) {
        stet_str a = make(1, n), b = make(1, n), c = make(2, n), copy = stet_str_copy(&a);
        cr_assert(stet_str_identical(&a, &copy));
        cr_assert_eq(stet_str_identical(&a, &b), n <= STET_STR_SHORT);
        cr_assert_eq(stet_str_identical(&a, &c), n == 0);
        stet_str_drop(&a);
        stet_str_drop(&b);
        stet_str_drop(&c);
        stet_str_drop(&copy);
    }
}

LIVE_TEST(str, retained_without_a_handle)
{
    for (size_t n = 0; n <= LONGEST; n += n < 20 ? 1 : 35) {
        stet_str a = make(1, n), held = a, same = make(1, n);
        stet_str_retain(&a);
        stet_str_drop(&a);
        cr_assert(stet_str_equal(&held, &same));
        stet_str_drop(&held);
        stet_str_drop(&same);
    }
}

/* A hash of 32 bits is no proof: bytes decide. */
LIVE_TEST(str, equal_hashes_are_not_enough)
{
    stet_str a = make(1, 40), b = make(2, 40);
    b.hash_ = a.hash_;
    cr_assert_not(stet_str_equal(&a, &b));
    struct stet_bytes form = stet_bytes_of(stet_str_bytes(&b), 40);
    form.hash32 = a.hash_;
    cr_assert_not(stet_bytes_view.equal(&a, &form));
    stet_str_drop(&a);
    stet_str_drop(&b);
}

LIVE_TEST(str, compare_orders_as_memcmp_with_prefixes_first)
{
    static const struct {
        const char *bytes;
        size_t n;
    } ascending[] = {
        {"", 0},
        {"\0", 1},
        {"\0\0", 2},
        {"\0a", 2},
        {"a", 1},
        {"a\0", 2},
        {"aa", 2},
        {"ab", 2},
        {"abcdefghij", 10},
        {"abcdefghijk", 11},
        {"abd", 3},
        {"abdefghijklmnopq", 16},
        {"abdefghijklmnopr", 16},
        {"\x7f", 1},
        {"\x80", 1},
        {"\xff", 1},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12},
    };
    enum { N = sizeof ascending / sizeof *ascending };
    stet_str s[N];
    for (size_t i = 0; i < N; i++)
        cr_assert_eq(stet_str_from_bytes(ascending[i].bytes, ascending[i].n, &s[i]), STET_CHANGED);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            int order = stet_str_compare(&s[i], &s[j]);
            cr_assert_eq((order > 0) - (order < 0), (i > j) - (i < j), "%zu and %zu", i, j);
            cr_assert_eq(stet_str_type.compare(&s[i], &s[j]), order);
            cr_assert_eq(stet_str_equal(&s[i], &s[j]), i == j);
        }
    for (size_t i = 0; i < N; i++)
        stet_str_drop(&s[i]);
}

LIVE_TEST(str, hash_is_that_of_the_bytes_on_every_level)
{
    for (size_t n = 0; n <= LONGEST; n += n < 20 ? 1 : 35) {
        stet_str a = make(1, n), b = make(2, n);
        struct stet_bytes form = stet_bytes_of(stet_str_bytes(&a), n);
        cr_assert(stet_bytes_view.equal(&a, &form));
        cr_assert_eq(stet_bytes_view.equal(&b, &form), n == 0);
        uint64_t hash[3];
        for (unsigned level = 0; level < 3; level++) {
            hash[level] = stet_type_hash(&stet_str_type, &a, stet_hash_seed_at(level));
            cr_assert_eq(stet_bytes_view.hash(&form, level), hash[level]);
            if (n > 0)
                cr_assert_neq(stet_type_hash(&stet_str_type, &b, stet_hash_seed_at(level)), hash[level]);
        }
        if (n > 0)
            cr_assert(hash[0] != hash[1] && hash[1] != hash[2]);
        stet_str made;
        cr_assert(stet_bytes_view.make(&made, &form));
        cr_assert(stet_str_equal(&made, &a));
        stet_str_drop(&a);
        stet_str_drop(&b);
        stet_str_drop(&made);
    }
}

LIVE_TEST(str, copies_share_the_bytes)
{
    for (size_t n = 0; n <= LONGEST; n += n < 20 ? 1 : 35) {
        stet_str s = make(1, n);
        int64_t live = stet_pool_stats().live_blocks;
        cr_assert_eq(live, n > STET_STR_SHORT);
        count_requests();
        stet_str copies[10];
        for (unsigned i = 0; i < 10; i++)
            copies[i] = stet_str_copy(i % 2 == 0 ? &s : &copies[i - 1]);
        cr_assert_eq(counted_requests(), 0);
        stet_str_drop(&s);
        for (unsigned i = 0; i < 10; i++) {
            cr_assert_eq(stet_pool_stats().live_blocks, live);
            cr_assert_eq(stet_str_size(&copies[i]), n);
            for (size_t j = 0; j < n; j++)
                cr_assert_eq(stet_str_bytes(&copies[i])[j], byte_at(1, j));
            cr_assert_eq(stet_str_bytes(&copies[i])[n], '\0');
            stet_str_drop(&copies[i]);
        }
        cr_assert_eq(stet_pool_stats().live_blocks, 0);
    }
}

LIVE_TEST(str, too_long_is_refused_without_an_attempt)
{
    const size_t lengths[] = {(size_t)STET_STR_MAX + 1, UINT32_MAX, (size_t)UINT32_MAX + 1, SIZE_MAX};
    for (unsigned i = 0; i < 4; i++) {
        stet_str s, zero = {0};
        memset(&s, 0xA5, sizeof s);
        count_requests();
        cr_assert_eq(stet_str_from_bytes("these bytes are not read", lengths[i], &s), STET_NO_MEMORY);
        cr_assert_eq(counted_requests(), 0);
        cr_assert_eq(memcmp(&s, &zero, sizeof s), 0);
    }
}

LIVE_TEST(str, refused_is_empty)
{
    stet_str s, zero = {0};
    memset(&s, 0xA5, sizeof s);
    stet_pool_fault(1, 1);
    cr_assert_eq(stet_str_from_bytes("longer than ten bytes", 21, &s), STET_NO_MEMORY);
    stet_pool_fault_end();
    cr_assert_eq(memcmp(&s, &zero, sizeof s), 0);
    memset(&s, 0xA5, sizeof s);
    stet_pool_fault(1, 1);
    cr_assert_eq(stet_str_from_cstr("longer than ten bytes", &s), STET_NO_MEMORY);
    stet_pool_fault_end();
    cr_assert_eq(memcmp(&s, &zero, sizeof s), 0);
}

/* ---- in sets: elements given as bytes ---- */

STET_SET(names, stet_str, stet_str_type)

LIVE_TEST(str, sets_take_bytes_and_c_strings)
{
    names s = {0};
    cr_assert_eq(names_add_bytes(&s, "nul\0inside", 10), STET_CHANGED);
    cr_assert_eq(names_add_bytes(&s, "nul\0inside", 10), STET_UNCHANGED);
    cr_assert_eq(names_add_cstr(&s, "nul"), STET_CHANGED);
    cr_assert_eq(names_add_bytes(&s, "nul", 3), STET_UNCHANGED);
    cr_assert_eq(names_add_cstr(&s, ""), STET_CHANGED);
    cr_assert_eq(names_add_bytes(&s, NULL, 0), STET_UNCHANGED);
    cr_assert_eq(names_add_cstr(&s, "something long enough"), STET_CHANGED);
    cr_assert_eq(names_size(&s), 4);
    count_requests();
    cr_assert(names_has_bytes(&s, "nul\0inside", 10));
    cr_assert_not(names_has_bytes(&s, "nul\0", 4));
    cr_assert(names_has_cstr(&s, "something long enough"));
    cr_assert_not(names_has_cstr(&s, "something long"));
    cr_assert_eq(names_add_cstr(&s, "something long enough"), STET_UNCHANGED);
    cr_assert_eq(names_erase_cstr(&s, "something else"), STET_UNCHANGED);
    cr_assert_eq(counted_requests(), 0);

    names shared = names_copy(&s);
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = names_add_cstr(&s, "something that is not there");
    while (was_refused(&r, result) && names_equal(&s, &shared));
    cr_assert_gt(r.count, 1);
    cr_assert_eq(result, STET_CHANGED);
    cr_assert_eq(names_erase_cstr(&s, "something that is not there"), STET_CHANGED);
    cr_assert(names_equal(&s, &shared));
    names_drop(&shared);

    cr_assert_eq(names_erase_bytes(&s, "nul\0inside", 10), STET_CHANGED);
    cr_assert_eq(names_erase_bytes(&s, "nul\0inside", 10), STET_UNCHANGED);
    cr_assert_eq(names_erase_cstr(&s, "nul"), STET_CHANGED);
    cr_assert_eq(names_erase_bytes(&s, NULL, 0), STET_CHANGED);
    cr_assert_eq(names_erase_cstr(&s, "something long enough"), STET_CHANGED);
    cr_assert_eq(names_size(&s), 0);
}
