/* SPDX-License-Identifier: MIT */
/*
 * Keys given as bytes or as C strings, in maps of stet_str.
 * This file includes itself once for each such map of support/maps.h.
 */
#ifndef THEME
#    define THEME "map/forms.c"
#    define STRING_KEYS_ONLY
#    include "support/each_map.h"
#else

/* The i-th key as bytes that are nobody's string. */
static size_t M(bytes)(unsigned i, char bytes[64])
{
    stet_str s = string_of(i);
    memset(bytes, '?', 64);
    memcpy(bytes, stet_str_bytes(&s), stet_str_size(&s));
    return stet_str_size(&s);
}

/* Those that are C strings: no byte is 0. */
static bool M(is_cstr)(unsigned i) { return i % 3 != 1; }

THINGS_TEST(MAP, forms_find_what_strings_stored)
{
    MAP m = M(of)(0, MANY, 0);
    char bytes[64];
    for (unsigned i = 0; i < 2 * MANY; i++) {
        size_t n = M(bytes)(i, bytes);
        VALUE const *value = M(get)(&m, K(i));
        count_requests();
        cr_assert_eq(M(get_bytes)(&m, bytes, n), value);
        cr_assert_eq(M(cursor_of_bytes)(&m, bytes, n).value, value);
        cr_assert_eq(M(has_bytes)(&m, bytes, n), value != NULL);
        VALUE seven = V(7), got = M(get_or_bytes)(&m, bytes, n, seven);
        cr_assert(stet_type_equal(&VTYPE, &got, value != NULL ? value : &seven));
        cr_assert_not(M(has_bytes)(&m, bytes, n + 1), "a longer key");
        if (M(is_cstr)(i)) {
            bytes[n] = '\0';
            cr_assert_eq(M(get_cstr)(&m, bytes), value);
            cr_assert_eq(M(cursor_of_cstr)(&m, bytes).value, value);
            got = M(get_or_cstr)(&m, bytes, seven);
            cr_assert(stet_type_equal(&VTYPE, &got, value != NULL ? value : &seven));
            cr_assert_eq(M(has_cstr)(&m, bytes), value != NULL);
        }
        cr_assert_eq(counted_requests(), 0);
    }
    M(drop)(&m);
}

static void M(following)(void *context, VALUE const *old, VALUE *value)
{
    *value = V(*(unsigned *)context + (old != NULL));
    stet_element_retain_(&VTYPE, value);
}

THINGS_TEST(MAP, forms_update_and_pop)
{
    MAP m = {0};
    char bytes[64];
    for (unsigned i = 0; i < MANY; i++) {
        size_t n = M(bytes)(i, bytes);
        bytes[n] = '\0';
        for (int again = 0; again < 2; again++)
            cr_assert_eq(M(is_cstr)(i) ? M(update_cstr)(&m, bytes, M(following), &i)
                                       : M(update_bytes)(&m, bytes, n, M(following), &i),
                         STET_CHANGED);
    }
    M(holds)(&m, 0, MANY, 1);
    for (unsigned i = 0; i < MANY; i++) {
        VALUE popped, expected = V(i + 1);
        size_t n = M(bytes)(i, bytes);
        bytes[n] = '\0';
        cr_assert_eq(M(is_cstr)(i) ? M(pop_cstr)(&m, bytes, &popped) : M(pop_bytes)(&m, bytes, n, &popped),
                     STET_CHANGED);
        cr_assert(stet_type_equal(&VTYPE, &popped, &expected));
        stet_element_release_(&VTYPE, &popped);
        cr_assert_eq(M(pop_bytes)(&m, bytes, n, NULL), STET_UNCHANGED);
    }
    cr_assert(M(is_empty)(&m));
}

THINGS_TEST(MAP, forms_replace_and_take_over)
{
    MAP m = {0};
    char bytes[64];
    for (unsigned i = 0; i < MANY; i++) {
        size_t n = M(bytes)(i, bytes);
        bytes[n] = '\0';
        VALUE owned = V(i);
        stet_element_retain_(&VTYPE, &owned);
        cr_assert_eq(M(replace_bytes)(&m, bytes, n, V(i)), STET_UNCHANGED);
        cr_assert_eq(M(is_cstr)(i) ? M(set_owned_cstr)(&m, bytes, owned) : M(set_owned_bytes)(&m, bytes, n, owned),
                     STET_CHANGED);
        cr_assert_eq(M(is_cstr)(i) ? M(replace_cstr)(&m, bytes, V(i + 2)) : M(replace_bytes)(&m, bytes, n, V(i + 2)),
                     STET_CHANGED);
    }
    M(holds)(&m, 0, MANY, 2);
    M(drop)(&m);
}

THINGS_TEST(MAP, forms_make_versions)
{
    MAP m = {0}, out = {0};
    char bytes[64];
    for (unsigned i = 0; i < MANY; i++) {
        size_t n = M(bytes)(i, bytes);
        bytes[n] = '\0';
        cr_assert_eq(M(is_cstr)(i) ? M(with_cstr)(&m, bytes, V(i), &out) : M(with_bytes)(&m, bytes, n, V(i), &out),
                     STET_CHANGED);
        cr_assert(!M(has_bytes)(&m, bytes, n) && M(has_bytes)(&out, bytes, n));
        cr_assert_eq(M(is_cstr)(i) ? M(without_cstr)(&out, bytes, &out) : M(without_bytes)(&out, bytes, n, &out),
                     STET_CHANGED);
        cr_assert(M(equal)(&m, &out));
        cr_assert_eq(M(with_bytes)(&m, bytes, n, V(i), &m), STET_CHANGED);
    }
    M(holds)(&m, 0, MANY, 0);
    M(drop)(&m);
    M(drop)(&out);
}

THINGS_TEST(MAP, forms_store_what_strings_find)
{
    MAP m = {0}, added = {0}, edited = {0};
    char bytes[64];
    VALUE *value;
    for (unsigned i = 0; i < MANY; i++) {
        size_t n = M(bytes)(i, bytes);
        bytes[n] = '\0';
        cr_assert_eq(M(is_cstr)(i) ? M(set_cstr)(&m, bytes, V(i)) : M(set_bytes)(&m, bytes, n, V(i)), STET_CHANGED);
        cr_assert_eq(M(is_cstr)(i) ? M(add_cstr)(&added, bytes, V(i)) : M(add_bytes)(&added, bytes, n, V(i)),
                     STET_CHANGED);
        cr_assert_eq(M(is_cstr)(i) ? M(edit_cstr)(&edited, bytes, &value) : M(edit_bytes)(&edited, bytes, n, &value),
                     STET_CHANGED);
        VALUE zeros;
        memset(&zeros, 0, sizeof zeros);
        cr_assert_eq(memcmp(value, &zeros, sizeof zeros), 0);
        *value = OWN(V(i));
    }
    memset(bytes, '?', sizeof bytes); /* nobody kept a pointer to them */
    M(holds)(&m, 0, MANY, 0);
    M(holds)(&added, 0, MANY, 0);
    M(holds)(&edited, 0, MANY, 0);
    M(drop)(&m);
    M(drop)(&added);
    M(drop)(&edited);
}

THINGS_TEST(MAP, forms_replace_and_leave_without_making_a_key)
{
    MAP m = M(of)(0, MANY, 0), copy = M(copy)(&m);
    char bytes[64];
    VALUE *value;
    count_requests();
    for (unsigned i = 0; i < MANY; i++) {
        size_t n = M(bytes)(i, bytes);
        cr_assert_eq(M(set_bytes)(&m, bytes, n, V(i)), STET_UNCHANGED);
        cr_assert_eq(M(add_bytes)(&m, bytes, n, V(i + 1)), STET_UNCHANGED);
    }
    cr_assert_eq(counted_requests(), 0);
    cr_assert(M(identical)(&m, &copy));
    M(drop)(&copy);
    count_requests(); /* alone: what is there is replaced in place */
    for (unsigned i = 0; i < MANY; i++) {
        size_t n = M(bytes)(i, bytes);
        cr_assert_eq(M(set_bytes)(&m, bytes, n, V(i + 1)), STET_CHANGED);
        cr_assert_eq(M(edit_bytes)(&m, bytes, n, &value), STET_UNCHANGED);
        VALUE expected = V(i + 1);
        cr_assert(stet_type_equal(&VTYPE, value, &expected));
    }
    cr_assert_eq(counted_requests(), 0);
    M(holds)(&m, 0, MANY, 1);
    M(drop)(&m);
}

THINGS_TEST(MAP, forms_delete)
{
    MAP m = M(of)(0, MANY, 0), shared = M(copy)(&m);
    char bytes[64];
    for (unsigned i = MANY; i-- > 0;) {
        size_t n = M(bytes)(i, bytes);
        bytes[n] = '\0';
        cr_assert_eq(M(is_cstr)(i) ? M(erase_cstr)(&m, bytes) : M(erase_bytes)(&m, bytes, n), STET_CHANGED);
        cr_assert_eq(M(is_cstr)(i) ? M(erase_cstr)(&m, bytes) : M(erase_bytes)(&m, bytes, n), STET_UNCHANGED);
        cr_assert_not(M(has)(&m, K(i)));
    }
    cr_assert_eq(M(size)(&m), 0);
    M(holds)(&shared, 0, MANY, 0);
    M(drop)(&shared);
}

THINGS_TEST(MAP, forms_of_the_empty_string)
{
    MAP m = {0};
    stet_str empty = {0};
    VALUE three = V(3);
    cr_assert_null(M(get_bytes)(&m, NULL, 0));
    cr_assert_eq(M(set_bytes)(&m, NULL, 0, V(1)), STET_CHANGED);
    cr_assert_eq(M(set_cstr)(&m, "", V(2)), STET_CHANGED);
    cr_assert_eq(M(set)(&m, empty, V(3)), STET_CHANGED);
    cr_assert_eq(M(size)(&m), 1);
    cr_assert(stet_type_equal(&VTYPE, M(get_cstr)(&m, ""), &three));
    cr_assert_not(M(has_bytes)(&m, "", 1), "one 0 is not nothing");
    cr_assert_eq(M(erase_bytes)(&m, NULL, 0), STET_CHANGED);
    cr_assert_eq(M(size)(&m), 0);
}

/* Long keys, so that one is allocated; it goes when the rest is refused. */
THINGS_TEST(MAP, forms_refused_change_nothing)
{
    MAP m = M(of)(0, MANY, 0), shared = M(copy)(&m);
    char bytes[64];
    size_t n = M(bytes)(MANY + 1, bytes);
    cr_assert_eq((MANY + 1) % 3, 2, "a long string");
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = M(set_bytes)(&m, bytes, n, V(0));
    while (was_refused(&r, result) && M(holds)(&m, 0, MANY, 0));
    cr_assert_gt(r.count, 1);
    cr_assert_eq(result, STET_CHANGED);
    cr_assert(M(has)(&m, K(MANY + 1)));
    M(drop)(&m);

    m = M(copy)(&shared);
    r.count = 0;
    do
        refuse(&r), result = M(add_bytes)(&m, bytes, n, V(0));
    while (was_refused(&r, result) && M(holds)(&m, 0, MANY, 0));
    cr_assert_gt(r.count, 1);
    cr_assert(M(has)(&m, K(MANY + 1)));

    VALUE *value;
    r.count = 0;
    n = M(bytes)(MANY + 4, bytes);
    M(drop)(&m);
    m = M(copy)(&shared);
    do
        refuse(&r), result = M(edit_bytes)(&m, bytes, n, &value);
    while (was_refused(&r, result) && M(holds)(&m, 0, MANY, 0));
    cr_assert_gt(r.count, 1);
    cr_assert(M(has)(&m, K(MANY + 4)));

    r.count = 0;
    do
        refuse(&r), result = M(erase_bytes)(&shared, bytes, M(bytes)(2, bytes));
    while (was_refused(&r, result) && M(holds)(&shared, 0, MANY, 0));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    cr_assert_not(M(has)(&shared, K(2)));
    M(drop)(&m);
    M(drop)(&shared);
}

#endif
