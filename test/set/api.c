/* SPDX-License-Identifier: MIT */
/*
 * Sets: single elements, handles, iteration, batches, filter; each with every answer it has.
 * This file includes itself once for each set of support/each_set.h.
 */
#ifndef THEME
#    define THEME "set/api.c"
#    include "support/each_set.h"
#else

#    define EACH(name, it, handle) STET_EACH(name, it, handle)

THINGS_TEST(SET, empty_answers_without_memory)
{
    SET s = {0}, other = {0};
    count_requests();
    cr_assert_eq(S(size)(&s), 0);
    cr_assert_not(S(has)(&s, K(5)));
    cr_assert_null(S(get)(&s, K(5)));
    cr_assert_eq(S(erase)(&s, K(5)), STET_UNCHANGED);
    cr_assert_eq(S(without)(&s, K(5), &other), STET_UNCHANGED);
    cr_assert_eq(S(add_many)(&s, NULL, 0), STET_UNCHANGED);
    cr_assert_eq(S(from_array)(NULL, 0, &other), STET_UNCHANGED);
    cr_assert_eq(S(trim)(&s), STET_UNCHANGED);
    cr_assert(S(identical)(&s, &other));
    cr_assert(S(equal)(&s, &other));
    cr_assert(S(is_subset)(&s, &other));
    SET copy = S(copy)(&s), moved = S(move)(&copy);
    S(swap_handles)(&moved, &copy);
    S(drop)(&moved);
    S(drop_later)(&copy);
    cr_assert_eq(counted_requests(), 0);
    S(holds)(&s, 0, 0);
}

THINGS_TEST(SET, add_and_del)
{
    SET s = {0};
    for (unsigned i = 0; i < MANY; i++) {
        cr_assert_eq(S(add)(&s, K(i)), STET_CHANGED);
        cr_assert_eq(S(size)(&s), i + 1);
    }
    SET copy = S(copy)(&s);
    count_requests();
    for (unsigned i = 0; i < MANY; i++) {
        cr_assert_eq(S(add)(&s, K(i)), STET_UNCHANGED);
        cr_assert_eq(S(erase)(&s, K(MANY + i)), STET_UNCHANGED);
    }
    cr_assert_eq(counted_requests(), 0);
    cr_assert(S(identical)(&s, &copy));
    for (unsigned n = MANY; n-- > 0;) {
        cr_assert_eq(S(erase)(&s, K(n)), STET_CHANGED);
        cr_assert_eq(S(erase)(&s, K(n)), STET_UNCHANGED);
        if (n % 31 == 0)
            S(holds)(&s, 0, n);
    }
    SET empty = {0};
    cr_assert(S(identical)(&s, &empty));
    S(holds)(&copy, 0, MANY);
    S(drop)(&copy);
}

THINGS_TEST(SET, get_gives_the_sets_own_element)
{
    SET s = S(of)(0, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        KEY key = K(i);
        KEY const *own = S(get)(&s, key);
        cr_assert_not_null(own);
        cr_assert_neq(own, &key);
        cr_assert(stet_type_equal(&KTYPE, own, &key));
        cr_assert_null(S(get)(&s, K(MANY + i)));
    }
    S(drop)(&s);
}

THINGS_TEST(SET, refused_changes_nothing)
{
    SET s = S(of)(0, MANY), shared = S(copy)(&s), out = S(of)(3, 7);
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = S(add)(&s, K(MANY));
    while (was_refused(&r, result) && S(holds)(&s, 0, MANY));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    S(holds)(&s, 0, MANY + 1);
    S(holds)(&shared, 0, MANY);
    S(drop)(&shared);

    shared = S(copy)(&s);
    r.count = 0;
    do
        refuse(&r), result = S(erase)(&s, K(MANY));
    while (was_refused(&r, result) && S(holds)(&s, 0, MANY + 1));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    S(holds)(&s, 0, MANY);
    S(drop)(&shared);

    r.count = 0;
    do
        refuse(&r), result = S(with)(&s, K(MANY), &out);
    while (was_refused(&r, result) && S(holds)(&out, 3, 7));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    S(holds)(&out, 0, MANY + 1);
    r.count = 0;
    do
        refuse(&r), result = S(without)(&out, K(MANY), &s);
    while (was_refused(&r, result) && S(holds)(&s, 0, MANY));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    S(holds)(&out, 0, MANY + 1);
    S(holds)(&s, 0, MANY);
    S(drop)(&s);
    S(drop)(&out);
}

THINGS_TEST(SET, with_and_without_give_new_versions)
{
    SET in = {0}, out = S(of)(3, 7);
    for (unsigned i = 0; i < MANY; i++) {
        cr_assert_eq(S(with)(&in, K(i), &out), STET_CHANGED);
        S(swap_handles)(&in, &out);
    }
    S(holds)(&in, 0, MANY);
    S(holds)(&out, 0, MANY - 1);
    cr_assert_eq(S(with)(&in, K(0), &out), STET_UNCHANGED);
    cr_assert(S(identical)(&in, &out));
    cr_assert_eq(S(with)(&in, K(MANY), &in), STET_CHANGED);
    cr_assert_eq(S(without)(&in, K(MANY), &in), STET_CHANGED);
    cr_assert_eq(S(without)(&in, K(MANY), &in), STET_UNCHANGED);
    S(holds)(&in, 0, MANY);
    cr_assert_eq(S(without)(&in, K(MANY - 1), &out), STET_CHANGED);
    S(holds)(&in, 0, MANY);
    S(holds)(&out, 0, MANY - 1);
    S(drop)(&in);
    S(drop)(&out);
}

THINGS_TEST(SET, handles)
{
    SET s = S(of)(0, MANY), copy = S(copy)(&s), one = S(of)(3, 4), empty = {0};
    cr_assert(S(identical)(&s, &copy));
    S(swap_handles)(&s, &one);
    S(holds)(&s, 3, 4);
    SET moved = S(move)(&one);
    cr_assert_eq(memcmp(&one, &empty, sizeof one), 0);
    cr_assert(S(identical)(&moved, &copy));
    S(drop)(&copy);
    cr_assert_eq(memcmp(&copy, &empty, sizeof copy), 0);
    S(holds)(&moved, 0, MANY);
    S(drop_later)(&moved);
    cr_assert_eq(memcmp(&moved, &empty, sizeof moved), 0);
    while (stet_release_some(1))
        ;
    S(drop)(&s);
}

THINGS_TEST(SET, same_is_identity_and_equal_is_contents)
{
    SET a = S(of)(0, MANY), b = {0};
    for (unsigned i = MANY; i-- > 0;)
        cr_assert_eq(S(add)(&b, K(i)), STET_CHANGED);
    cr_assert_not(S(identical)(&a, &b));
    cr_assert(S(equal)(&a, &b));
    cr_assert_eq(S(erase)(&b, K(7)), STET_CHANGED);
    cr_assert_not(S(equal)(&a, &b));
    cr_assert(S(is_subset)(&b, &a));
    cr_assert_not(S(is_subset)(&a, &b));
    cr_assert_eq(S(add)(&b, K(MANY)), STET_CHANGED);
    cr_assert_not(S(equal)(&a, &b));
    cr_assert_not(S(is_subset)(&b, &a));
    S(drop)(&a);
    S(drop)(&b);
}

/* ---- going through ---- */

struct S(visits) {
    S(cursor) expected;
    unsigned calls, stop_after;
};

static bool S(visit)(void *context, KEY const *key)
{
    struct S(visits) *v = context;
    cr_assert_eq(v->expected.key, key);
    S(next)(&v->expected);
    return ++v->calls != v->stop_after;
}

static void S(count)(void *into, KEY const *key) { S(visit)(into, key); }

THINGS_TEST(SET, add_owned_takes_the_reference_whatever_comes_of_it)
{
    SET s = {0};
    for (unsigned i = 0; i < MANY; i++) {
        for (int again = 0; again < 2; again++) {
            KEY key = K(i);
            stet_element_retain_(&KTYPE, &key);
            cr_assert_eq(S(add_owned)(&s, key), again ? STET_UNCHANGED : STET_CHANGED);
        }
    }
    S(holds)(&s, 0, MANY);
    S(drop)(&s); /* no reference is left: all_is_dropped() */
}

THINGS_TEST(SET, clear_retain_and_arrays)
{
    static KEY keys[MANY];
    SET s = S(of)(0, MANY), held = s, made = {0};
    size_t i = 0;
    count_requests();
    S(retain)(&s);
    S(to_array)(&s, keys);
    S(to_array)(&made, NULL);
    S(clear)(&s);
    cr_assert(S(is_empty)(&s) && !S(is_empty)(&held));
    cr_assert_null(S(cursor_of)(&held, K(MANY)).key);
    cr_assert_eq(S(cursor_of)(&held, K(7)).key, S(get)(&held, K(7)));
    EACH(SET, it, &held)
    cr_assert(stet_type_equal(&KTYPE, it.key, &keys[i++]));
    EACH(SET, it, &made)
    cr_assert(false, "nothing is in it: %p", (const void *)it.key);
    cr_assert_eq(counted_requests(), 0);
    cr_assert_eq(i, MANY);
    cr_assert_eq(S(from_array)(keys, MANY, &made), STET_CHANGED);
    cr_assert(S(equal)(&held, &made));
    S(holds)(&held, 0, MANY);
    S(drop)(&held);
    S(clear)(&made);
    S(holds)(&made, 0, 0);
}

THINGS_TEST(SET, iteration_each_and_fold)
{
    SET s = S(of)(0, MANY), copy = S(copy)(&s), empty = {0};
    S(cursor) it = S(first)(&s);
    for (S(cursor) other = S(first)(&copy); other.key != NULL; S(next)(&other), S(next)(&it))
        cr_assert_eq(it.key, other.key);
    cr_assert_null(it.key);
    cr_assert_null(S(first)(&empty).key);
    for (unsigned stop_after = 0; stop_after <= MANY + 1; stop_after += 1 + stop_after / 4) {
        struct S(visits) v = {S(first)(&s), 0, stop_after};
        bool stopped = stop_after > 0 && stop_after <= MANY;
        cr_assert_eq(S(each)(&s, S(visit), &v), !stopped);
        cr_assert_eq(v.calls, stopped ? stop_after : MANY);
    }
    struct S(visits) v = {S(first)(&s), 0, 0};
    cr_assert(S(each)(&empty, S(visit), &v));
    cr_assert_eq(S(fold)(&empty, S(count), &v), &v);
    cr_assert_eq(v.calls, 0);
    cr_assert_eq(S(fold)(&s, S(count), &v), &v);
    cr_assert_eq(v.calls, MANY);
    S(drop)(&s);
    S(drop)(&copy);
}

/* ---- many ---- */

THINGS_TEST(SET, add_many_and_from_array)
{
    enum { N = THINGS };
    KEY keys[2 * N];
    for (unsigned i = 0; i < 2 * N; i++)
        keys[i] = K(i % N); /* each twice */
    const unsigned sizes[] = {0, 1, 2, 33, MANY, 1023, 1024, N, 2 * N};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned n = sizes[i], distinct = n < N ? n : N;
        SET s = S(of)(0, n < 5 ? n : 5), fresh;
        memset(&fresh, 0xA5, sizeof fresh); /* what it held is not looked at */
        cr_assert_eq(S(add_many)(&s, keys, n), n > 5 ? STET_CHANGED : STET_UNCHANGED);
        cr_assert_eq(S(from_array)(keys, n, &fresh), n == 0 ? STET_UNCHANGED : STET_CHANGED);
        S(holds)(&s, 0, distinct);
        S(holds)(&fresh, 0, distinct);
        S(drop)(&s);
        S(drop)(&fresh);
    }
    SET s = S(of)(0, 10), shared = S(copy)(&s);
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = S(add_many)(&s, keys, MANY);
    while (was_refused(&r, result) && S(holds)(&s, 0, 10));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    S(holds)(&s, 0, MANY);
    S(holds)(&shared, 0, 10);
    S(drop)(&s);
    S(drop)(&shared);
}

/* Keeps what is not in the set of the context; NULL: all. */
static bool S(keep)(void *context, KEY const *key) { return context == NULL || !S(has)(context, *key); }

THINGS_TEST(SET, filter)
{
    SET s = S(of)(0, MANY), copy = S(copy)(&s), third = {0}, rest = {0}, empty = {0};
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(S(add)(i % 3 == 0 ? &third : &rest, K(i)), STET_CHANGED);
    count_requests();
    cr_assert_eq(S(filter)(&s, S(keep), NULL), STET_UNCHANGED);
    cr_assert_eq(S(filter)(&empty, S(keep), NULL), STET_UNCHANGED);
    cr_assert_eq(counted_requests(), 0);
    cr_assert(S(identical)(&s, &copy));
    struct refusals r = {0};
    stet_result result;
    do {
        S(drop)(&s);
        s = S(copy)(&copy);
        refuse(&r), result = S(filter)(&s, S(keep), &third);
    } while (any_refused(&r, result) && (result != STET_NO_MEMORY || S(holds)(&s, 0, MANY)));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    cr_assert(S(equal)(&s, &rest));
    cr_assert_eq(S(filter)(&s, S(keep), &rest), STET_CHANGED);
    cr_assert(S(identical)(&s, &empty), "nothing is left");
    S(holds)(&copy, 0, MANY);
    S(drop)(&copy);
    S(drop)(&third);
    S(drop)(&rest);
}

THINGS_TEST(SET, trim)
{
    SET s = S(of)(0, MANY);
    for (unsigned i = MANY / 2; i < MANY; i++)
        cr_assert_eq(S(erase)(&s, K(i)), STET_CHANGED);
    int64_t bytes = stet_pool_stats().live_bytes;
    bool leaves_vary = STET_MAP_LEAF_MAX(sizeof(KEY)) * sizeof(KEY) > 32;
    cr_assert_eq(S(trim)(&s), leaves_vary ? STET_CHANGED : STET_UNCHANGED);
    cr_assert_eq(stet_pool_stats().live_bytes < bytes, leaves_vary);
    S(holds)(&s, 0, MANY / 2);
    S(drop)(&s);
}

/* ---- two sets ---- */

struct S(changes) {
    unsigned in_a, in_b, stop_after;
    const SET *a, *b;
};

static bool S(change)(void *context, KEY const *key, bool in_a)
{
    struct S(changes) *c = context;
    cr_assert_eq(S(has)(c->a, *key), in_a);
    cr_assert_eq(S(has)(c->b, *key), !in_a);
    if (in_a)
        c->in_a++;
    else
        c->in_b++;
    return c->in_a + c->in_b != c->stop_after;
}

/* a: 0..n-1, b: from..to-1 */
static void S(combine)(unsigned n, unsigned from, unsigned to)
{
    SET a = S(of)(0, n), b = S(of)(from, to), out = S(of)(1, 3), into;
    unsigned both = from < n ? (to < n ? to : n) - from : 0;

    cr_assert_eq(S(union)(&a, &b, &out), STET_CHANGED);
    cr_assert_eq(S(size)(&out), n + (to - from) - both);
    cr_assert(S(is_subset)(&a, &out));
    cr_assert(S(is_subset)(&b, &out));
    into = S(copy)(&b);
    cr_assert_neq(S(union)(&a, &into, &into), STET_NO_MEMORY);
    cr_assert(S(equal)(&into, &out));
    S(drop)(&into);

    cr_assert_neq(S(intersection)(&a, &b, &out), STET_NO_MEMORY);
    cr_assert_eq(S(size)(&out), both);
    cr_assert(S(is_subset)(&out, &a));
    cr_assert(S(is_subset)(&out, &b));
    into = S(copy)(&a);
    cr_assert_neq(S(intersection)(&into, &b, &into), STET_NO_MEMORY);
    cr_assert(S(equal)(&into, &out));
    S(drop)(&into);

    S(drop)(&out);
    cr_assert_neq(S(difference)(&a, &b, &out), STET_NO_MEMORY);
    cr_assert_eq(S(size)(&out), n - both);
    cr_assert(S(is_subset)(&out, &a));
    into = S(copy)(&b);
    cr_assert_neq(S(difference)(&a, &into, &into), STET_NO_MEMORY);
    cr_assert(S(equal)(&into, &out));
    cr_assert_neq(S(intersection)(&out, &b, &out), STET_NO_MEMORY);
    cr_assert_eq(S(size)(&out), 0);
    S(drop)(&into);

    cr_assert_neq(S(symmetric_difference)(&a, &b, &out), STET_NO_MEMORY);
    cr_assert_eq(S(size)(&out), n + (to - from) - 2 * both);
    cr_assert_neq(S(symmetric_difference)(&out, &b, &out), STET_NO_MEMORY);
    cr_assert(S(equal)(&out, &a), "twice: as it was");
    S(drop)(&out);

    struct S(changes) c = {.a = &a, .b = &b};
    cr_assert(S(diff)(&a, &b, S(change), &c));
    cr_assert_eq(c.in_a, n - both);
    cr_assert_eq(c.in_b, to - from - both);
    for (unsigned stop_after = 1; stop_after <= c.in_a + c.in_b; stop_after += stop_after) {
        struct S(changes) stopping = {.a = &a, .b = &b, .stop_after = stop_after};
        cr_assert_not(S(diff)(&a, &b, S(change), &stopping));
        cr_assert_eq(stopping.in_a + stopping.in_b, stop_after);
    }
    S(holds)(&a, 0, n);
    S(holds)(&b, from, to);
    S(drop)(&a);
    S(drop)(&b);
}

THINGS_TEST(SET, combinations_and_diff)
{
    S(combine)(MANY, MANY / 2, 2 * MANY);
    S(combine)(MANY, MANY, 2 * MANY);
    S(combine)(MANY, 0, MANY);
    S(combine)(MANY, 20, 30);
    S(combine)(30, 20, MANY);
    S(combine)(MANY, 5, 5);
    S(combine)(12, 5, 17);
}

THINGS_TEST(SET, combinations_refused_change_nothing)
{
    static stet_result (*const operations[])(const SET *, const SET *, SET *) = {
        S(union), S(intersection), S(difference), S(symmetric_difference)};
    for (unsigned i = 0; i < 4; i++) {
        SET a = S(of)(0, MANY), b = S(of)(MANY / 2, MANY + MANY / 2), out = S(of)(3, 7);
        struct refusals r = {0};
        stet_result result;
        do {
            S(drop)(&out); /* some go on without what was refused */
            out = S(of)(3, 7);
            refuse(&r), result = operations[i](&a, &b, &out);
        } while (any_refused(&r, result) && (result != STET_NO_MEMORY || S(holds)(&out, 3, 7)));
        cr_assert_gt(r.count, 0);
        cr_assert_eq(result, STET_CHANGED);
        S(holds)(&a, 0, MANY);
        S(holds)(&b, MANY / 2, MANY + MANY / 2);
        S(drop)(&a);
        S(drop)(&b);
        S(drop)(&out);
    }
}

#endif
