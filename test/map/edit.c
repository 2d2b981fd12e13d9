/* SPDX-License-Identifier: MIT */
/*
 * One key at a time: get, set, add, edit, update, pop, del, with, without, each with every answer it has.
 * This file includes itself once for each map of support/maps.h.
 */
#ifndef THEME
#    define THEME "map/edit.c"
#    include "support/each_map.h"
#else

/* ---- the empty map ---- */

THINGS_TEST(MAP, empty_answers_without_memory)
{
    MAP m = {0};
    VALUE value = V(5), *edited = NULL;
    KEY key = K(5);
    count_requests();
    cr_assert_eq(M(size)(&m), 0);
    cr_assert_null(M(get)(&m, key));
    cr_assert_not(M(has)(&m, key));
    VALUE other = M(get_or)(&m, key, V(7)), seven = V(7);
    cr_assert(stet_type_equal(&VTYPE, &other, &seven));
    cr_assert_eq(M(erase)(&m, key), STET_UNCHANGED);
    cr_assert_eq(M(pop)(&m, key, &value), STET_UNCHANGED);
    VALUE five = V(5);
    cr_assert(stet_type_equal(&VTYPE, &value, &five), "pop wrote to *value");
    cr_assert_eq(M(without)(&m, key, &m), STET_UNCHANGED);
    MAP copy = M(copy)(&m), moved = M(move)(&copy);
    M(swap_handles)(&moved, &copy);
    M(drop)(&moved);
    M(drop)(&copy);
    M(drop_later)(&copy);
    cr_assert_eq(counted_requests(), 0);

    cr_assert_null(edited);
    M(holds)(&m, 0, 0, 0);
}

/* ---- set ---- */

THINGS_TEST(MAP, set_inserts_replaces_and_leaves)
{
    MAP m = {0};
    for (unsigned n = 0; n < MANY; n++) {
        cr_assert_eq(M(set)(&m, K(n), V(n)), STET_CHANGED);
        cr_assert_eq(M(size)(&m), n + 1);
    }
    M(holds)(&m, 0, MANY, 0);
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(M(set)(&m, K(i), V(i + 1)), STET_CHANGED);
    M(holds)(&m, 0, MANY, 1);
    M(drop)(&m);
}

THINGS_TEST(MAP, set_of_an_equal_value_keeps_the_version)
{
    for (unsigned n = 1; n <= MANY; n += MANY - 1) {
        MAP m = M(of)(0, n, 0), copy = M(copy)(&m);
        count_requests();
        for (unsigned i = 0; i < n; i++)
            cr_assert_eq(M(set)(&m, K(i), V(i)), STET_UNCHANGED);
        cr_assert_eq(counted_requests(), 0);
        cr_assert(M(identical)(&m, &copy));
        M(drop)(&m);
        M(holds)(&copy, 0, n, 0);
        M(drop)(&copy);
    }
}

THINGS_TEST(MAP, set_of_the_maps_own_element)
{
    MAP m = M(of)(0, MANY, 0), copy = M(copy)(&m);
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(M(set)(&m, K(i), *M(get)(&m, K(i))), STET_UNCHANGED);
    cr_assert(M(identical)(&m, &copy));
    M(drop)(&copy);
    for (unsigned i = 0; i + 1 < MANY; i++) { /* the borrowed value moves or goes while it is being set */
        M(cursor) it = M(first)(&m);
        while (!stet_type_equal(&VTYPE, it.value, M(get)(&m, K(i + 1))))
            M(next)(&it);
        cr_assert_eq(M(set)(&m, K(i), *it.value), STET_CHANGED);
    }
    cr_assert_eq(M(set)(&m, K(MANY - 1), V(MANY)), STET_CHANGED);
    M(holds)(&m, 0, MANY, 1);
    M(drop)(&m);
}

THINGS_TEST(MAP, set_changes_no_other_version)
{
    MAP version[MANY + 1] = {{{0}}};
    for (unsigned n = 0; n < MANY; n++) {
        version[n + 1] = M(copy)(&version[n]);
        cr_assert_eq(M(set)(&version[n + 1], K(n), V(n)), STET_CHANGED);
        cr_assert_not(M(identical)(&version[n], &version[n + 1]));
    }
    for (unsigned n = 0; n <= MANY; n += 7)
        M(holds)(&version[n], 0, n, 0);
    for (unsigned n = 0; n <= MANY; n += 2)
        M(drop)(&version[n]);
    for (unsigned n = 1; n <= MANY; n += 2) {
        M(holds)(&version[n], 0, n, 0);
        M(drop)(&version[n]);
    }
}

THINGS_TEST(MAP, set_refused_changes_nothing)
{
    for (unsigned n = 0; n <= MANY; n = n == 0 ? 1 : 2 * n) {
        MAP m = M(of)(0, n, 0), shared = M(copy)(&m);
        struct refusals r = {0};
        stet_result result;
        do
            refuse(&r), result = M(set)(&m, K(n), V(n));
        while (was_refused(&r, result) && M(holds)(&m, 0, n, 0));
        cr_assert_gt(r.count, 0);
        cr_assert_eq(result, STET_CHANGED);
        M(holds)(&m, 0, n + 1, 0);
        M(drop)(&shared);

        shared = M(copy)(&m);
        r.count = 0;
        do
            refuse(&r), result = M(set)(&m, K(n / 2), V(n + 1));
        while (was_refused(&r, result) && M(holds)(&m, 0, n + 1, 0));
        cr_assert_gt(r.count, 0);
        cr_assert_eq(result, STET_CHANGED);
        M(holds)(&shared, 0, n + 1, 0);
        M(drop)(&m);
        M(drop)(&shared);
    }
}

/* ---- get ---- */

THINGS_TEST(MAP, get_or_gives_the_value_or_the_other)
{
    MAP m = M(of)(0, MANY, 0);
    VALUE there = M(get_or)(&m, K(3), V(9)), three = V(3), absent = M(get_or)(&m, K(MANY), V(9)), nine = V(9);
    cr_assert(stet_type_equal(&VTYPE, &there, &three));
    cr_assert(stet_type_equal(&VTYPE, &absent, &nine));
    M(drop)(&m);
}

THINGS_TEST(MAP, get_borrows_until_the_handle_changes)
{
    MAP m = M(of)(0, MANY, 0), other = M(copy)(&m);
    VALUE const *borrowed = M(get)(&m, K(1));
    VALUE one = V(1);
    for (unsigned i = 0; i < MANY; i++) { /* another handle on the same nodes changes, and goes */
        cr_assert_eq(M(set)(&other, K(i), V(i + 1)), STET_CHANGED);
        cr_assert(stet_type_equal(&VTYPE, borrowed, &one));
    }
    cr_assert_eq(M(erase)(&other, K(1)), STET_CHANGED);
    M(drop)(&other);
    cr_assert_eq(M(get)(&m, K(1)), borrowed, "reading moved the value");
    cr_assert(stet_type_equal(&VTYPE, borrowed, &one));
    M(holds)(&m, 0, MANY, 0);
    M(drop)(&m);
}

/* ---- add ---- */

THINGS_TEST(MAP, add_sets_only_what_is_absent)
{
    MAP m = {0};
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(M(add)(&m, K(i), V(i)), STET_CHANGED);
    MAP copy = M(copy)(&m);
    count_requests();
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(M(add)(&m, K(i), V(i + 1)), STET_UNCHANGED);
    cr_assert_eq(counted_requests(), 0);
    cr_assert(M(identical)(&m, &copy));
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = M(add)(&m, K(MANY), V(MANY));
    while (was_refused(&r, result) && M(holds)(&m, 0, MANY, 0));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    M(holds)(&m, 0, MANY + 1, 0);
    M(holds)(&copy, 0, MANY, 0);
    M(drop)(&m);
    M(drop)(&copy);
}

/* ---- edit ---- */

THINGS_TEST(MAP, replace_sets_only_what_is_there)
{
    MAP m = M(of)(0, MANY, 0), copy = M(copy)(&m), empty = {0};
    count_requests();
    for (unsigned i = 0; i < MANY; i++) {
        cr_assert_eq(M(replace)(&m, K(MANY + i), V(i)), STET_UNCHANGED);
        cr_assert_eq(M(replace)(&m, K(i), V(i)), STET_UNCHANGED);
    }
    cr_assert_eq(M(replace)(&empty, K(0), V(0)), STET_UNCHANGED);
    cr_assert_eq(counted_requests(), 0);
    cr_assert(M(identical)(&m, &copy));
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(M(replace)(&m, K(i), V(i + 3)), STET_CHANGED);
    M(holds)(&m, 0, MANY, 3);
    M(holds)(&copy, 0, MANY, 0);
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = M(replace)(&copy, K(7), V(9));
    while (was_refused(&r, result) && M(holds)(&copy, 0, MANY, 0));
    cr_assert_eq(result, STET_CHANGED);
    M(drop)(&m);
    M(drop)(&copy);
}

/* The i-th value, with a reference for the caller. */
static VALUE M(owned)(unsigned i)
{
    VALUE value = V(i);
    stet_element_retain_(&VTYPE, &value);
    return value;
}

THINGS_TEST(MAP, set_owned_takes_the_reference_whatever_comes_of_it)
{
    MAP m = {0};
    for (unsigned i = 0; i < MANY; i++) {
        cr_assert_eq(M(set_owned)(&m, K(i), M(owned)(i)), STET_CHANGED);
        cr_assert_eq(M(set_owned)(&m, K(i), M(owned)(i)), STET_UNCHANGED);
        cr_assert_eq(M(set_owned)(&m, K(i), M(owned)(i + 5)), STET_CHANGED);
    }
    M(holds)(&m, 0, MANY, 5);
    MAP copy = M(copy)(&m);
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = M(set_owned)(&m, K(MANY), M(owned)(MANY + 5));
    while (was_refused(&r, result) && M(holds)(&m, 0, MANY, 5));
    cr_assert_gt(r.count, 0);
    M(holds)(&m, 0, MANY + 1, 5);
    M(drop)(&copy);
    M(drop)(&m); /* no reference is left: all_is_dropped() */
}

THINGS_TEST(MAP, edit_gives_zeros_or_the_value_to_write)
{
    MAP m = {0};
    VALUE zeros, *value;
    memset(&zeros, 0, sizeof zeros);
    for (unsigned i = 0; i < MANY; i++) {
        cr_assert_eq(M(edit)(&m, K(i), &value), STET_CHANGED);
        cr_assert_eq(memcmp(value, &zeros, sizeof zeros), 0);
        *value = OWN(V(i));
    }
    M(holds)(&m, 0, MANY, 0);
    MAP copy = M(copy)(&m);
    for (unsigned i = 0; i < MANY; i++) {
        VALUE old = V(i);
        cr_assert_eq(M(edit)(&m, K(i), &value), STET_UNCHANGED);
        cr_assert(stet_type_equal(&VTYPE, value, &old));
        if (VTYPE.release != NULL)
            VTYPE.release(value);
        *value = OWN(V(i + 1));
        cr_assert_eq(M(get)(&m, K(i)), value);
    }
    M(holds)(&m, 0, MANY, 1);
    M(holds)(&copy, 0, MANY, 0);
    M(drop)(&m);
    M(drop)(&copy);
}

THINGS_TEST(MAP, edit_refused_changes_nothing)
{
    MAP shared = M(of)(0, MANY, 0);
    for (unsigned i = MANY - 1; i <= MANY; i++) { /* a key that is there, one that is not */
        MAP m = M(copy)(&shared);
        struct refusals r = {0};
        stet_result result;
        VALUE *value = NULL;
        do {
            cr_assert_null(value);
            refuse(&r), result = M(edit)(&m, K(i), &value);
        } while (was_refused(&r, result) && M(holds)(&m, 0, MANY, 0));
        cr_assert_gt(r.count, 0);
        cr_assert_eq(result, i < MANY ? STET_UNCHANGED : STET_CHANGED);
        if (i == MANY) {
            *value = OWN(V(MANY));
            M(holds)(&m, 0, MANY + 1, 0);
        }
        M(holds)(&shared, 0, MANY, 0);
        M(drop)(&m);
    }
    M(drop)(&shared);
}

/* ---- update ---- */

struct M(updating) {
    VALUE const *expected; /* of the old value; NULL: absent */
    VALUE next;
    unsigned calls;
};

static void M(give_next)(void *context, VALUE const *old, VALUE *value)
{
    struct M(updating) *u = context;
    u->calls++;
    cr_assert_eq(old == NULL, u->expected == NULL);
    cr_assert(old == NULL || stet_type_equal(&VTYPE, old, u->expected));
    *value = OWN(u->next);
}

THINGS_TEST(MAP, update_is_told_the_old_value)
{
    MAP m = {0};
    for (unsigned i = 0; i < MANY; i++) {
        struct M(updating) u = {NULL, V(i), 0};
        cr_assert_eq(M(update)(&m, K(i), M(give_next), &u), STET_CHANGED);
        cr_assert_eq(u.calls, 1);
    }
    M(holds)(&m, 0, MANY, 0);
    for (unsigned i = 0; i < MANY; i++) {
        VALUE old = V(i);
        struct M(updating) u = {&old, V(i + 1), 0};
        cr_assert_eq(M(update)(&m, K(i), M(give_next), &u), STET_CHANGED);
        cr_assert_eq(u.calls, 1);
    }
    M(holds)(&m, 0, MANY, 1);
    M(drop)(&m);
}

THINGS_TEST(MAP, update_to_an_equal_value_keeps_the_version)
{
    MAP m = M(of)(0, MANY, 0), copy = M(copy)(&m);
    VALUE four = V(4);
    struct M(updating) u = {&four, four, 0};
    count_requests();
    cr_assert_eq(M(update)(&m, K(4), M(give_next), &u), STET_UNCHANGED);
    cr_assert_eq(counted_requests(), 0);
    cr_assert(M(identical)(&m, &copy));
    M(drop)(&copy);
    M(holds)(&m, 0, MANY, 0);
    M(drop)(&m);
}

struct M(copying) {
    MAP const *of;
    MAP copy;
    VALUE next;
};

static void M(copy_and_give)(void *context, VALUE const *old, VALUE *value)
{
    struct M(copying) *c = context;
    (void)old;
    c->copy = M(copy)(c->of);
    *value = OWN(c->next);
}

/* It runs before anything is changed: what it copies is the old version, and stays that. */
THINGS_TEST(MAP, update_may_copy_the_map)
{
    MAP m = {0};
    for (unsigned i = 0; i < MANY; i++) { /* absent, then there */
        struct M(copying) c = {.of = &m, .next = V(i + 1)};
        cr_assert_eq(M(update)(&m, K(i), M(copy_and_give), &c), STET_CHANGED);
        M(holds)(&c.copy, 0, i, 0);
        M(drop)(&c.copy);
        c.next = V(i);
        cr_assert_eq(M(update)(&m, K(i), M(copy_and_give), &c), STET_CHANGED);
        VALUE before = V(i + 1), now = V(i);
        cr_assert(stet_type_equal(&VTYPE, M(get)(&c.copy, K(i)), &before));
        cr_assert(stet_type_equal(&VTYPE, M(get)(&m, K(i)), &now));
        M(drop)(&c.copy);
    }
    M(holds)(&m, 0, MANY, 0);
    M(drop)(&m);
}

THINGS_TEST(MAP, update_refused_changes_nothing)
{
    MAP m = M(of)(0, MANY, 0), shared = M(copy)(&m);
    VALUE four = V(4);
    struct M(updating) u = {&four, V(5), 0};
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = M(update)(&m, K(4), M(give_next), &u);
    while (was_refused(&r, result) && M(holds)(&m, 0, MANY, 0));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(u.calls, r.count + 1);
    cr_assert_eq(result, STET_CHANGED);
    M(holds)(&shared, 0, MANY, 0);
    M(drop)(&m);
    M(drop)(&shared);
}

/* ---- pop, del ---- */

THINGS_TEST(MAP, pop_hands_the_value_over)
{
    MAP m = M(of)(0, MANY, 0), copy = M(copy)(&m);
    for (unsigned i = 0; i < MANY; i++) {
        VALUE value, expected = V(i);
        cr_assert_eq(M(pop)(&m, K(i), &value), STET_CHANGED);
        cr_assert(stet_type_equal(&VTYPE, &value, &expected));
        if (VTYPE.release != NULL)
            VTYPE.release(&value);
        cr_assert_eq(M(pop)(&m, K(i), &value), STET_UNCHANGED);
        cr_assert_eq(M(size)(&m), MANY - 1 - i);
    }
    M(holds)(&copy, 0, MANY, 0);
    M(drop)(&copy);
    M(drop)(&m);
}

THINGS_TEST(MAP, del_removes_what_is_there)
{
    MAP m = M(of)(0, MANY, 0), copy = M(copy)(&m);
    for (unsigned n = MANY; n-- > 0;) {
        cr_assert_eq(M(erase)(&m, K(n)), STET_CHANGED);
        cr_assert_eq(M(erase)(&m, K(n)), STET_UNCHANGED);
        cr_assert_not(M(has)(&m, K(n)));
        if (n % 31 == 0)
            M(holds)(&m, 0, n, 0);
    }
    MAP empty = {0};
    cr_assert(M(identical)(&m, &empty), "what is emptied is as {0}");
    M(holds)(&copy, 0, MANY, 0);
    for (unsigned i = 0; i < MANY; i++) /* alone now, and from the other end */
        cr_assert_eq(M(erase)(&copy, K(i)), STET_CHANGED);
    cr_assert(M(identical)(&copy, &empty));
}

THINGS_TEST(MAP, del_of_what_is_absent_keeps_the_version)
{
    MAP m = M(of)(0, MANY, 0), copy = M(copy)(&m);
    VALUE value = V(1), one = V(1);
    count_requests();
    for (unsigned i = MANY; i < MANY + 100; i++) {
        cr_assert_eq(M(erase)(&m, K(i)), STET_UNCHANGED);
        cr_assert_eq(M(pop)(&m, K(i), &value), STET_UNCHANGED);
        cr_assert_not(M(has)(&m, K(i)));
    }
    cr_assert_eq(counted_requests(), 0);
    cr_assert(stet_type_equal(&VTYPE, &value, &one));
    cr_assert(M(identical)(&m, &copy));
    M(drop)(&m);
    M(drop)(&copy);
}

THINGS_TEST(MAP, del_refused_changes_nothing)
{
    MAP m = M(of)(0, MANY, 0), shared = M(copy)(&m);
    struct refusals r = {0};
    stet_result result;
    VALUE value = V(1), expected = V(MANY - 2);
    do
        refuse(&r), result = M(erase)(&m, K(MANY - 1));
    while (was_refused(&r, result) && M(holds)(&m, 0, MANY, 0));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    M(holds)(&m, 0, MANY - 1, 0);
    M(drop)(&shared);

    shared = M(copy)(&m);
    r.count = 0;
    do
        refuse(&r), result = M(pop)(&m, K(MANY - 2), &value);
    while (was_refused(&r, result) && M(holds)(&m, 0, MANY - 1, 0));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    cr_assert(stet_type_equal(&VTYPE, &value, &expected));
    if (VTYPE.release != NULL)
        VTYPE.release(&value);
    M(holds)(&m, 0, MANY - 2, 0);
    M(holds)(&shared, 0, MANY - 1, 0);
    M(drop)(&m);
    M(drop)(&shared);
}

THINGS_TEST(MAP, del_needs_no_memory_on_a_map_of_its_own)
{
    MAP m = M(of)(0, MANY, 0);
    stet_pool_fault(1, UINT64_MAX);
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(M(erase)(&m, K(i)), STET_CHANGED);
    stet_pool_fault_end();
    M(holds)(&m, 0, 0, 0);
    M(drop)(&m);
}

/* ---- with, without ---- */

THINGS_TEST(MAP, with_gives_a_new_version)
{
    MAP in = {0}, out = M(of)(0, 3, 5); /* what out held goes */
    for (unsigned i = 0; i < MANY; i++) {
        cr_assert_eq(M(with)(&in, K(i), V(i), &out), STET_CHANGED);
        M(swap_handles)(&in, &out);
    }
    M(holds)(&in, 0, MANY, 0);
    M(holds)(&out, 0, MANY - 1, 0);
    cr_assert_eq(M(with)(&in, K(0), V(1), &in), STET_CHANGED);
    cr_assert_eq(M(with)(&in, K(0), V(0), &in), STET_CHANGED);
    M(holds)(&in, 0, MANY, 0);
    cr_assert_eq(M(with)(&in, K(0), V(0), &in), STET_UNCHANGED);
    cr_assert_eq(M(with)(&in, K(0), V(0), &out), STET_UNCHANGED);
    cr_assert(M(identical)(&in, &out), "nothing to change: *out is the version *in");
    M(drop)(&in);
    M(drop)(&out);
}

THINGS_TEST(MAP, without_gives_a_new_version)
{
    MAP in = M(of)(0, MANY, 0), out = M(of)(0, 3, 5);
    cr_assert_eq(M(without)(&in, K(MANY - 1), &out), STET_CHANGED);
    M(holds)(&in, 0, MANY, 0);
    M(holds)(&out, 0, MANY - 1, 0);
    cr_assert_eq(M(without)(&in, K(MANY), &out), STET_UNCHANGED);
    cr_assert(M(identical)(&in, &out));
    for (unsigned n = MANY; n-- > 0;) {
        cr_assert_eq(M(without)(&in, K(n), &in), STET_CHANGED);
        cr_assert_eq(M(without)(&in, K(n), &in), STET_UNCHANGED);
    }
    M(holds)(&in, 0, 0, 0);
    M(holds)(&out, 0, MANY, 0);
    M(drop)(&out);
}

THINGS_TEST(MAP, with_and_without_refused_change_nothing)
{
    MAP in = M(of)(0, MANY, 0), out = M(of)(0, 3, 5);
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = M(with)(&in, K(MANY), V(MANY), &out);
    while (was_refused(&r, result) && M(holds)(&in, 0, MANY, 0) && M(holds)(&out, 0, 3, 5));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    M(holds)(&out, 0, MANY + 1, 0);
    r.count = 0;
    do
        refuse(&r), result = M(without)(&out, K(MANY), &in);
    while (was_refused(&r, result) && M(holds)(&in, 0, MANY, 0) && M(holds)(&out, 0, MANY + 1, 0));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    M(holds)(&in, 0, MANY, 0);
    M(drop)(&in);
    M(drop)(&out);
}

#endif
