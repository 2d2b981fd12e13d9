/* SPDX-License-Identifier: MIT */
/*
 * What handles do: copy, move, swap, drop, drop_later, same, equal; and going through what they hold.
 * This file includes itself once for each map of support/maps.h.
 */
#ifndef THEME
#    define THEME "map/handle.c"
#    include "support/each_map.h"
#else

THINGS_TEST(MAP, copy_is_the_same_version_for_nothing)
{
    MAP m = M(of)(0, MANY, 0);
    count_requests();
    MAP copy = M(copy)(&m), again = M(copy)(&copy);
    cr_assert_eq(counted_requests(), 0);
    cr_assert(M(identical)(&m, &copy));
    cr_assert(M(identical)(&m, &again));
    M(drop)(&m);
    M(drop)(&again);
    M(holds)(&copy, 0, MANY, 0);
    M(drop)(&copy);
}

THINGS_TEST(MAP, move_leaves_an_empty_handle)
{
    MAP m = M(of)(0, MANY, 0), copy = M(copy)(&m), empty = {0};
    MAP moved = M(move)(&m);
    cr_assert_eq(memcmp(&m, &empty, sizeof m), 0);
    cr_assert(M(identical)(&moved, &copy));
    M(drop)(&copy);
    M(holds)(&moved, 0, MANY, 0);
    M(drop)(&moved);
}

THINGS_TEST(MAP, swap_exchanges_versions)
{
    MAP a = M(of)(0, MANY, 0), b = M(of)(0, 1, 3), empty = {0};
    M(swap_handles)(&a, &b);
    M(holds)(&a, 0, 1, 3);
    M(holds)(&b, 0, MANY, 0);
    M(swap_handles)(&a, &empty);
    M(holds)(&a, 0, 0, 0);
    M(swap_handles)(&b, &b);
    M(holds)(&b, 0, MANY, 0);
    M(drop)(&b);
    M(drop)(&empty);
}

THINGS_TEST(MAP, drop_leaves_an_empty_handle)
{
    MAP m = M(of)(0, MANY, 0), empty = {0};
    M(drop)(&m);
    cr_assert_eq(memcmp(&m, &empty, sizeof m), 0);
    M(drop)(&m); /* again: nothing */
    cr_assert_eq(M(set)(&m, K(0), V(0)), STET_CHANGED);
    M(holds)(&m, 0, 1, 0);
    M(drop)(&m);
}

THINGS_TEST(MAP, clear_leaves_an_empty_map_and_other_handles)
{
    MAP m = M(of)(0, MANY, 0), copy = M(copy)(&m), empty = {0};
    cr_assert(M(is_empty)(&empty));
    cr_assert_not(M(is_empty)(&m));
    M(clear)(&m);
    M(clear)(&empty);
    cr_assert(M(is_empty)(&m));
    cr_assert_eq(memcmp(&m, &empty, sizeof m), 0);
    cr_assert_eq(M(set)(&m, K(0), V(1)), STET_CHANGED);
    M(holds)(&m, 0, 1, 1);
    M(holds)(&copy, 0, MANY, 0);
    M(clear)(&m);
    M(drop)(&copy);
}

THINGS_TEST(MAP, retain_is_a_holder_without_a_handle)
{
    MAP m = M(of)(0, MANY, 0), held = m, empty = {0};
    count_requests();
    M(retain)(&m);
    M(retain)(&empty);
    cr_assert_eq(counted_requests(), 0);
    M(drop)(&m);
    M(holds)(&held, 0, MANY, 0);
    M(drop)(&held);
}

THINGS_TEST(MAP, drop_later_waits_for_release_some)
{
    MAP m = M(of)(0, MANY, 0), shared = M(copy)(&m), empty = {0};
    int64_t live = stet_pool_stats().live_blocks;
    cr_assert_not(stet_release_some(1), "nothing was left for later");
    M(drop_later)(&m); /* not the last holder: nothing is left over */
    cr_assert_eq(memcmp(&m, &empty, sizeof m), 0);
    cr_assert_not(stet_release_some(1));
    cr_assert_eq(stet_pool_stats().live_blocks, live);
    M(holds)(&shared, 0, MANY, 0);
    M(drop_later)(&shared);
    cr_assert_eq(stet_pool_stats().live_blocks, live);
    cr_assert(stet_release_some(0));
    cr_assert_eq(stet_pool_stats().live_blocks, live);
    while (stet_release_some(1)) {
        cr_assert_lt(stet_pool_stats().live_blocks, live);
        live = stet_pool_stats().live_blocks;
    }
    cr_assert_not(stet_release_some(1));
}

THINGS_TEST(MAP, same_is_identity_and_equal_is_contents)
{
    MAP a = M(of)(0, MANY, 0), b = {0}, empty = {0};
    for (unsigned i = MANY; i-- > 0;) /* another history, so perhaps another shape */
        cr_assert_eq(M(set)(&b, K(i), V(i)), STET_CHANGED);
    for (unsigned i = MANY; i < 2 * MANY; i++)
        cr_assert_eq(M(set)(&b, K(i), V(i)), STET_CHANGED);
    cr_assert_not(M(equal)(&a, &b));
    for (unsigned i = MANY; i < 2 * MANY; i++)
        cr_assert_eq(M(erase)(&b, K(i)), STET_CHANGED);
    cr_assert_not(M(identical)(&a, &b));
    cr_assert(M(equal)(&a, &b));
    cr_assert(M(equal)(&b, &a));
    cr_assert(M(equal)(&a, &a));
    cr_assert(M(equal)(&empty, &empty));
    cr_assert_not(M(equal)(&empty, &b));
    cr_assert_not(M(equal)(&b, &empty));

    for (unsigned i = 0; i < MANY; i += 11) {
        MAP other = M(copy)(&a);
        cr_assert_eq(M(set)(&other, K(i), V(i + 1)), STET_CHANGED);
        cr_assert_not(M(equal)(&other, &b), "key %u has another value", i);
        cr_assert_not(M(equal)(&b, &other));
        cr_assert_eq(M(set)(&other, K(i), V(i)), STET_CHANGED);
        cr_assert(M(equal)(&other, &b));
        cr_assert_not(M(identical)(&other, &a));
        cr_assert_eq(M(erase)(&other, K(i)), STET_CHANGED);
        cr_assert_eq(M(set)(&other, K(MANY), V(i)), STET_CHANGED);
        cr_assert_not(M(equal)(&other, &b), "key %u is another one", i);
        M(drop)(&other);
    }
    M(drop)(&a);
    M(drop)(&b);
}

/* ---- going through ---- */

#    define EACH(name, it, handle) STET_EACH(name, it, handle)

THINGS_TEST(MAP, iteration_visits_each_entry_once)
{
    for (unsigned n = 0; n <= MANY; n = n < 40 ? n + 1 : n + 90) {
        MAP m = M(of)(0, n, 0);
        bool seen[MANY] = {false};
        count_requests();
        for (M(cursor) it = M(first)(&m); it.key != NULL; M(next)(&it)) {
            unsigned i = 0;
            for (VALUE v = V(0); !stet_type_equal(&VTYPE, it.value, &v); v = V(++i))
                ;
            KEY key = K(i);
            cr_assert(stet_type_equal(&KTYPE, it.key, &key));
            cr_assert_not(seen[i]);
            seen[i] = true;
        }
        cr_assert_eq(counted_requests(), 0);
        for (unsigned i = 0; i < MANY; i++)
            cr_assert_eq(seen[i], i < n);
        M(cursor) end = M(first)(&m);
        while (end.key != NULL)
            M(next)(&end);
        cr_assert_null(end.value);
        M(drop)(&m);
    }
}

THINGS_TEST(MAP, iteration_has_one_order_in_all_copies)
{
    MAP m = M(of)(0, MANY, 0), copy = M(copy)(&m), changed = M(copy)(&m);
    for (unsigned i = 0; i < MANY; i += 5)
        cr_assert_eq(M(set)(&changed, K(i), V(i + 1)), STET_CHANGED);
    M(cursor) it = M(first)(&m), paused = it; /* an iterator is plain data */
    for (M(cursor) other = M(first)(&copy); other.key != NULL; M(next)(&other), M(next)(&it)) {
        cr_assert_eq(it.key, other.key);
        cr_assert_eq(it.value, other.value);
    }
    cr_assert_null(it.key);
    for (it = M(first)(&m); it.key != NULL; M(next)(&it), M(next)(&paused))
        cr_assert_eq(it.key, paused.key);
    it = M(first)(&m); /* values replaced: the order stays */
    for (M(cursor) other = M(first)(&changed); other.key != NULL; M(next)(&other), M(next)(&it))
        cr_assert(stet_type_equal(&KTYPE, it.key, other.key));
    M(drop)(&changed);
    M(drop)(&copy);
    M(drop)(&m);
}

struct M(visits) {
    M(cursor) expected;
    unsigned calls, stop_after;
};

static bool M(visit)(void *context, KEY const *key, VALUE const *value)
{
    struct M(visits) *v = context;
    cr_assert_eq(v->expected.key, key);
    cr_assert_eq(v->expected.value, value);
    M(next)(&v->expected);
    return ++v->calls != v->stop_after;
}

THINGS_TEST(MAP, each_stops_when_told)
{
    MAP empty = {0}, m = M(of)(0, MANY, 0);
    struct M(visits) none = {M(first)(&empty), 0, 0};
    cr_assert(M(each)(&empty, M(visit), &none));
    cr_assert_eq(none.calls, 0);
    for (unsigned stop_after = 0; stop_after <= MANY + 1; stop_after++) {
        struct M(visits) v = {M(first)(&m), 0, stop_after};
        bool stopped = stop_after > 0 && stop_after <= MANY;
        cr_assert_eq(M(each)(&m, M(visit), &v), !stopped);
        cr_assert_eq(v.calls, stopped ? stop_after : MANY);
    }
    M(drop)(&m);
}

static void M(count)(void *into, KEY const *key, VALUE const *value)
{
    struct M(visits) *v = into;
    M(visit)(v, key, value);
}

THINGS_TEST(MAP, a_cursor_of_a_key_goes_on_behind_it)
{
    for (unsigned n = 0; n <= MANY; n = n < 40 ? n + 1 : n + 90) {
        MAP m = M(of)(0, n, 0);
        count_requests();
        cr_assert_null(M(cursor_of)(&m, K(n)).key);
        cr_assert_null(M(cursor_of)(&m, K(n)).value);
        size_t i = 0;
        EACH(MAP, it, &m)
        {
            M(cursor) rest = it, same = M(cursor_of)(&m, *it.key);
            cr_assert(same.key == it.key && same.value == it.value);
            for (int steps = i++ % 50 == 0 ? -1 : 20; rest.key != NULL && steps != 0; steps--) {
                M(next)(&rest);
                M(next)(&same);
                cr_assert(same.key == rest.key && same.value == rest.value);
            }
        }
        cr_assert_eq(i, n);
        cr_assert_eq(counted_requests(), 0);
        M(drop)(&m);
    }
}

THINGS_TEST(MAP, loops_and_arrays_have_the_order_of_iteration)
{
    static KEY keys[MANY];
    static VALUE values[MANY];
    for (unsigned n = 0; n <= MANY; n = n < 40 ? n + 1 : n + 90) {
        MAP m = M(of)(0, n, 0), made = {0};
        size_t i = 0;
        count_requests();
        M(to_array)(&m, keys, NULL);
        M(to_array)(&m, NULL, values);
        EACH(MAP, it, &m)
        {
            cr_assert(i < n && stet_type_equal(&KTYPE, it.key, &keys[i]) &&
                      stet_type_equal(&VTYPE, it.value, &values[i]));
            i++;
        }
        cr_assert_eq(counted_requests(), 0);
        cr_assert_eq(i, n);
        cr_assert_eq(M(from_array)(keys, values, n, &made), n != 0 ? STET_CHANGED : STET_UNCHANGED);
        cr_assert(M(equal)(&m, &made));
        M(drop)(&m);
        M(drop)(&made);
    }
}

THINGS_TEST(MAP, fold_goes_through_all)
{
    MAP empty = {0}, m = M(of)(0, MANY, 0);
    struct M(visits) v = {M(first)(&empty), 0, 0};
    cr_assert_eq(M(fold)(&empty, M(count), &v), &v);
    cr_assert_eq(v.calls, 0);
    v.expected = M(first)(&m);
    cr_assert_eq(M(fold)(&m, M(count), &v), &v);
    cr_assert_eq(v.calls, MANY);
    M(drop)(&m);
}

#endif
