/* SPDX-License-Identifier: MIT */
/*
 * Many keys at once: get_many, set_many, from_array, filter, map_values, trim.
 * This file includes itself once for each map of support/maps.h.
 */
#ifndef THEME
#    define THEME "map/many.c"
#    include "support/each_map.h"
#else

/* ---- get_many ---- */

THINGS_TEST(MAP, get_many_is_many_gets)
{
    MAP m = M(of)(0, MANY, 0), empty = {0};
    KEY keys[2 * MANY];
    VALUE const *values[2 * MANY + 1];
    for (unsigned i = 0; i < 2 * MANY; i++)
        keys[i] = K((i * 7) % (2 * MANY)); /* half of them absent */
    for (unsigned n = 0; n <= 2 * MANY; n = n < 70 ? n + 1 : 2 * n) {
        values[n] = (VALUE const *)&m;
        count_requests();
        M(get_many)(&m, keys, n, values);
        cr_assert_eq(counted_requests(), 0);
        for (unsigned i = 0; i < n; i++)
            cr_assert_eq(values[i], M(get)(&m, keys[i]));
        cr_assert_eq(values[n], (VALUE const *)&m, "wrote behind the answers");
    }
    M(get_many)(&empty, keys, 2 * MANY, values);
    for (unsigned i = 0; i < 2 * MANY; i++)
        cr_assert_null(values[i]);
    M(get_many)(&m, NULL, 0, NULL);
    M(drop)(&m);
}

/* ---- set_many, from_array ---- */

enum { M(BATCH) = THINGS - 1 }; /* enough to be taken in hash order */

/* The keys from..to-1 with the values `shift` further on. */
static void M(batch)(unsigned from, unsigned to, unsigned shift, KEY *keys, VALUE *values)
{
    for (unsigned i = from; i < to; i++) {
        keys[i - from] = K(i);
        values[i - from] = V(i + shift);
    }
}

THINGS_TEST(MAP, set_many_and_from_array_take_any_number)
{
    KEY keys[M(BATCH)];
    VALUE values[M(BATCH)];
    const unsigned sizes[] = {0, 1, 2, 5, 33, 150, MANY, 1023, 1024, M(BATCH)};
    M(batch)(0, M(BATCH), 0, keys, values);
    MAP nothing = {0};
    cr_assert_eq(M(set_many)(&nothing, NULL, NULL, 0), STET_UNCHANGED);
    cr_assert_eq(M(from_array)(NULL, NULL, 0, &nothing), STET_UNCHANGED);
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned n = sizes[i];
        MAP m = {0}, fresh;
        memset(&fresh, 0xA5, sizeof fresh); /* what it held is not looked at */
        cr_assert_eq(M(set_many)(&m, keys, values, n), n == 0 ? STET_UNCHANGED : STET_CHANGED);
        cr_assert_eq(M(from_array)(keys, values, n, &fresh), n == 0 ? STET_UNCHANGED : STET_CHANGED);
        M(holds)(&m, 0, n, 0);
        M(holds)(&fresh, 0, n, 0);
        M(drop)(&m);
        M(drop)(&fresh);
    }
}

THINGS_TEST(MAP, set_many_replaces_and_adds)
{
    KEY keys[M(BATCH)];
    VALUE values[M(BATCH)];
    M(batch)(0, M(BATCH), 1, keys, values);
    for (unsigned n = 10; n <= M(BATCH); n += M(BATCH) - 10) { /* in the order given; in hash order */
        unsigned all = n < MANY ? MANY : n;
        MAP m = M(of)(0, MANY, 0), before = M(copy)(&m);
        cr_assert_eq(M(set_many)(&m, keys, values, n), STET_CHANGED);
        cr_assert_eq(M(size)(&m), all);
        for (unsigned i = 0; i < all; i++) {
            VALUE expected = V(i < n ? i + 1 : i);
            cr_assert(stet_type_equal(&VTYPE, M(get)(&m, K(i)), &expected));
        }
        M(holds)(&before, 0, MANY, 0);
        M(drop)(&m);
        M(drop)(&before);
    }
}

THINGS_TEST(MAP, of_equal_keys_the_last_wins)
{
    KEY keys[M(BATCH)];
    VALUE values[M(BATCH)];
    for (unsigned n = 70; n <= M(BATCH); n += M(BATCH) - 70) /* in the order given; in hash order */
        for (unsigned distinct = n / 4; distinct < n; distinct = distinct < n - 1 ? n - 1 : n) {
            for (unsigned i = 0; i < n; i++) {
                keys[i] = K(i % distinct);
                values[i] = V(i);
            }
            MAP m;
            cr_assert_eq(M(from_array)(keys, values, n, &m), STET_CHANGED);
            cr_assert_eq(M(size)(&m), distinct);
            for (unsigned i = 0; i < distinct; i++) {
                VALUE expected = V(i + (n - 1 - i) / distinct * distinct);
                cr_assert(stet_type_equal(&VTYPE, M(get)(&m, K(i)), &expected));
            }
            M(drop)(&m);
        }
}

THINGS_TEST(MAP, set_many_of_what_is_there_keeps_the_version)
{
    KEY keys[M(BATCH)];
    VALUE values[M(BATCH)];
    M(batch)(0, M(BATCH), 0, keys, values);
    MAP m, copy;
    cr_assert_eq(M(from_array)(keys, values, M(BATCH), &m), STET_CHANGED);
    copy = M(copy)(&m);
    cr_assert_eq(M(set_many)(&m, keys, values, M(BATCH)), STET_UNCHANGED);
    cr_assert(M(identical)(&m, &copy));
    count_requests();
    cr_assert_eq(M(set_many)(&m, keys, values, MANY), STET_UNCHANGED);
    cr_assert_eq(counted_requests(), 0);
    cr_assert(M(identical)(&m, &copy));
    M(drop)(&m);
    M(holds)(&copy, 0, M(BATCH), 0);
    M(drop)(&copy);
}

/* One edit: an inner node or leaf is copied once, however many keys change below it. */
THINGS_TEST(MAP, set_many_copies_each_node_once)
{
    KEY keys[MANY];
    VALUE values[MANY];
    M(batch)(0, MANY, 1, keys, values);
    MAP m = M(of)(0, MANY, 0), before = M(copy)(&m);
    int64_t nodes = stet_pool_stats().live_blocks;
    count_requests();
    cr_assert_eq(M(set_many)(&m, keys, values, MANY), STET_CHANGED);
    uint64_t requests = counted_requests();
    M(holds)(&m, 0, MANY, 1);
    M(drop)(&m);
    M(drop)(&before);
    uint64_t of_the_map = (uint64_t)(nodes - stet_pool_stats().live_blocks);
    cr_assert_eq(requests, of_the_map, "%" PRIu64 " requests for %" PRIu64 " nodes", requests, of_the_map);
}

THINGS_TEST(MAP, set_many_refused_changes_nothing)
{
    KEY keys[M(BATCH)];
    VALUE values[M(BATCH)];
    M(batch)(0, M(BATCH), 1, keys, values);
    MAP m = M(of)(0, MANY, 0), shared = M(copy)(&m);
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = M(set_many)(&m, keys, values, MANY);
    while (was_refused(&r, result) && M(holds)(&m, 0, MANY, 0));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    M(holds)(&m, 0, MANY, 1);
    M(holds)(&shared, 0, MANY, 0);
    M(drop)(&m);
    M(drop)(&shared);
}

/* More than a batch may have, and more than there is room for: answered before anything is looked at. */
THINGS_TEST(MAP, set_many_of_too_many_is_refused)
{
    const size_t numbers[] = {UINT32_MAX, (size_t)UINT32_MAX + 1, SIZE_MAX / sizeof(KEY), SIZE_MAX};
    KEY key = K(1);
    VALUE value = V(1);
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        MAP m = M(of)(0, 9, 0), fresh, before = M(copy)(&m);
        count_requests();
        cr_assert_eq(M(set_many)(&m, &key, &value, numbers[i]), STET_NO_MEMORY);
        cr_assert_eq(M(from_array)(&key, &value, numbers[i], &fresh), STET_NO_MEMORY);
        cr_assert_eq(counted_requests(), 0);
        cr_assert(M(identical)(&m, &before));
        M(holds)(&m, 0, 9, 0);
        M(holds)(&fresh, 0, 0, 0);
        M(drop)(&m);
        M(drop)(&before);
    }
}

THINGS_TEST(MAP, large_batches_go_on_by_single_updates_when_refused)
{
    KEY keys[M(BATCH)];
    VALUE values[M(BATCH)];
    M(batch)(0, M(BATCH), 1, keys, values);
    for (uint64_t nth = 1; nth <= 20; nth++) { /* ordering and building: one request less is survived, all are not */
        for (uint64_t count = 1; count != 0; count = count == 1 ? UINT64_MAX : 0) {
            MAP m;
            stet_pool_fault(nth, count);
            stet_result result = M(from_array)(keys, values, M(BATCH), &m);
            stet_pool_fault_end();
            cr_assert_eq(result, count == 1 ? STET_CHANGED : STET_NO_MEMORY);
            M(holds)(&m, 0, count == 1 ? M(BATCH) : 0, 1);
            M(drop)(&m);
        }
    }
}

/* ---- filter ---- */

struct M(sieve) {
    MAP const *of;    /* the map that is filtered, as it was */
    unsigned divisor; /* removes every divisor-th; 0: all */
    unsigned calls;
};

static bool M(keep)(void *context, KEY const *key, VALUE const *value)
{
    struct M(sieve) *s = context;
    s->calls++;
    cr_assert_eq(M(get)(s->of, *key), value);
    if (s->divisor == 0)
        return false;
    for (unsigned i = 0; i < MANY; i += s->divisor) {
        KEY other = K(i);
        if (stet_type_equal(&KTYPE, key, &other))
            return false;
    }
    return true;
}

THINGS_TEST(MAP, filter_removes)
{
    for (unsigned divisor = 0; divisor < 100; divisor = 3 * divisor + 1) {
        MAP m = M(of)(0, MANY, 0), before = M(copy)(&m);
        struct M(sieve) s = {.of = &before, .divisor = divisor};
        cr_assert_eq(M(filter)(&m, M(keep), &s), STET_CHANGED);
        cr_assert_eq(s.calls, MANY);
        unsigned left = 0;
        for (unsigned i = 0; i < MANY; i++) {
            bool kept = divisor != 0 && i % divisor != 0;
            cr_assert_eq(M(has)(&m, K(i)), kept);
            left += kept;
        }
        cr_assert_eq(M(size)(&m), left);
        M(holds)(&before, 0, MANY, 0);
        M(drop)(&before);
        for (unsigned i = 0; i < MANY; i++) /* as good as any other map */
            cr_assert_neq(M(set)(&m, K(i), V(i)), STET_NO_MEMORY);
        M(holds)(&m, 0, MANY, 0);
        M(drop)(&m);
    }
}

THINGS_TEST(MAP, filter_that_keeps_all_keeps_the_version)
{
    MAP m = M(of)(0, MANY, 0), copy = M(copy)(&m), empty = {0};
    struct M(sieve) s = {.of = &copy, .divisor = MANY};
    cr_assert_eq(M(erase)(&m, K(0)), STET_CHANGED);
    M(drop)(&copy);
    copy = M(copy)(&m);
    count_requests();
    cr_assert_eq(M(filter)(&m, M(keep), &s), STET_UNCHANGED);
    cr_assert_eq(M(filter)(&empty, M(keep), &s), STET_UNCHANGED);
    cr_assert_eq(counted_requests(), 0);
    cr_assert_eq(s.calls, MANY - 1);
    cr_assert(M(identical)(&m, &copy));
    M(drop)(&m);
    M(holds)(&copy, 1, MANY, 0);
    M(drop)(&copy);
}

THINGS_TEST(MAP, filter_refused_changes_nothing)
{
    MAP m = M(of)(0, MANY, 0), before = M(copy)(&m);
    struct M(sieve) s = {.of = &before, .divisor = 3};
    struct refusals r = {0};
    stet_result result;
    do { /* nodes that could become smaller stay as they are if that is refused */
        M(drop)(&m);
        m = M(copy)(&before);
        refuse(&r), result = M(filter)(&m, M(keep), &s);
        cr_assert_eq(M(size)(&m), result == STET_NO_MEMORY ? MANY : MANY - (MANY + 2) / 3);
    } while (any_refused(&r, result) && (result != STET_NO_MEMORY || M(holds)(&m, 0, MANY, 0)));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    M(holds)(&before, 0, MANY, 0);
    M(drop)(&m);
    M(drop)(&before);
}

/* ---- map_values ---- */

struct M(mapping) {
    MAP const *of; /* the map whose values are mapped, as it was */
    MAP const *to; /* the new values; a key that is not there keeps its own */
    unsigned calls;
};

static void M(to_value)(void *context, KEY const *key, VALUE const *old, VALUE *value)
{
    struct M(mapping) *x = context;
    x->calls++;
    cr_assert_eq(M(get)(x->of, *key), old);
    VALUE const *to = M(get)(x->to, *key);
    *value = OWN(to != NULL ? *to : *old);
}

THINGS_TEST(MAP, map_values_replaces_each)
{
    MAP m = M(of)(0, MANY, 0), before = M(copy)(&m), to = M(of)(0, MANY, 1), empty = {0};
    struct M(mapping) x = {&before, &to, 0};
    cr_assert_eq(M(map_values)(&empty, M(to_value), &x), STET_UNCHANGED);
    cr_assert_eq(M(map_values)(&m, M(to_value), &x), STET_CHANGED);
    cr_assert_eq(x.calls, MANY);
    M(holds)(&m, 0, MANY, 1);
    M(holds)(&before, 0, MANY, 0);
    M(cursor) it = M(first)(&m);
    for (M(cursor) other = M(first)(&before); other.key != NULL; M(next)(&other), M(next)(&it))
        cr_assert(stet_type_equal(&KTYPE, it.key, other.key), "the order of iteration changed");
    M(drop)(&before);
    M(holds)(&m, 0, MANY, 1);
    M(drop)(&m);
    M(drop)(&to);
}

THINGS_TEST(MAP, map_values_to_equal_ones_keeps_the_version)
{
    MAP m = M(of)(0, MANY, 0), copy = M(copy)(&m), to = {0};
    struct M(mapping) x = {&copy, &to, 0};
    count_requests();
    cr_assert_eq(M(map_values)(&m, M(to_value), &x), STET_UNCHANGED);
    cr_assert_eq(counted_requests(), 0);
    cr_assert_eq(x.calls, MANY);
    cr_assert(M(identical)(&m, &copy));
    M(drop)(&copy);
    M(holds)(&m, 0, MANY, 0);
    M(drop)(&m);
}

THINGS_TEST(MAP, map_values_shares_what_it_leaves_alone)
{
    MAP m = M(of)(0, MANY, 0), before = M(copy)(&m), to = M(of)(MANY / 2, MANY / 2 + 1, 1);
    struct M(mapping) x = {&before, &to, 0};
    cr_assert_eq(M(map_values)(&m, M(to_value), &x), STET_CHANGED);
    unsigned moved = 0, not_moved = 0;
    for (unsigned i = 0; i < MANY; i++)
        if (M(get)(&m, K(i)) == M(get)(&before, K(i)))
            not_moved++;
        else
            moved++;
    cr_assert_gt(moved, 0);
    cr_assert_gt(not_moved, moved, "only the leaf of the changed value was to be copied");
    M(drop)(&m);
    M(holds)(&before, 0, MANY, 0);
    M(drop)(&before);
    M(drop)(&to);
}

THINGS_TEST(MAP, map_values_refused_changes_nothing)
{
    MAP m = M(of)(0, MANY, 0), before = M(copy)(&m), to = M(of)(0, MANY, 1);
    struct M(mapping) x = {&before, &to, 0};
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = M(map_values)(&m, M(to_value), &x);
    while (was_refused(&r, result) && M(holds)(&m, 0, MANY, 0));
    cr_assert_gt(r.count, 0);
    cr_assert_eq(result, STET_CHANGED);
    M(holds)(&m, 0, MANY, 1);
    M(holds)(&before, 0, MANY, 0);
    M(drop)(&m);
    M(drop)(&before);
    M(drop)(&to);
}

/* ---- trim ---- */

/* Leaves come in several sizes; not so where a full one is 64 bytes. */
enum { M(leaves_vary) = STET_MAP_LEAF_MAX(sizeof(struct M(entry_))) * sizeof(struct M(entry_)) > 32 };

THINGS_TEST(MAP, trim_keeps_contents_and_order)
{
    MAP m = M(of)(0, MANY, 0), empty = {0};
    for (unsigned i = MANY / 2; i < MANY; i++)
        cr_assert_eq(M(erase)(&m, K(i)), STET_CHANGED);
    KEY order[MANY / 2];
    unsigned n = 0;
    for (M(cursor) it = M(first)(&m); it.key != NULL; M(next)(&it))
        order[n++] = *it.key;
    int64_t bytes = stet_pool_stats().live_bytes;
    cr_assert_eq(M(trim)(&m), M(leaves_vary) ? STET_CHANGED : STET_UNCHANGED);
    cr_assert_eq(stet_pool_stats().live_bytes < bytes, M(leaves_vary));
    M(holds)(&m, 0, MANY / 2, 0);
    n = 0;
    for (M(cursor) it = M(first)(&m); it.key != NULL; M(next)(&it), n++)
        cr_assert(stet_type_equal(&KTYPE, it.key, &order[n]));
    MAP copy = M(copy)(&m);
    count_requests();
    cr_assert_eq(M(trim)(&m), STET_UNCHANGED, "a second time there is nothing to do");
    cr_assert_eq(M(trim)(&empty), STET_UNCHANGED);
    cr_assert_eq(counted_requests(), 0);
    cr_assert(M(identical)(&m, &copy));
    M(drop)(&copy);
    M(drop)(&m);
}

/* Nodes of an old version that are kept only because a newer one borrows from them. */
THINGS_TEST(MAP, trim_lets_old_versions_go)
{
    MAP old = M(of)(0, MANY, 0);
    int64_t nodes = stet_pool_stats().live_blocks;
    for (unsigned i = 0; i < MANY; i += MANY / 3) {
        MAP m = M(copy)(&old);
        cr_assert_eq(M(set)(&m, K(i), V(i + 1)), STET_CHANGED);
        cr_assert_gt(stet_pool_stats().live_blocks, nodes);
        M(drop)(&old);
        cr_assert_neq(M(trim)(&m), STET_NO_MEMORY);
        cr_assert_eq(stet_pool_stats().live_blocks, nodes);
        cr_assert_eq(M(set)(&m, K(i), V(i)), STET_CHANGED);
        M(holds)(&m, 0, MANY, 0);
        old = M(move)(&m);
    }
    M(drop)(&old);
}

THINGS_TEST(MAP, trim_refused_keeps_contents)
{
    MAP m = M(of)(0, MANY, 0);
    for (unsigned i = MANY / 2; i < MANY; i++)
        cr_assert_eq(M(erase)(&m, K(i)), STET_CHANGED);
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = M(trim)(&m);
    while (was_refused(&r, result) && M(holds)(&m, 0, MANY / 2, 0));
    cr_assert_eq(r.count > 0, M(leaves_vary));
    cr_assert_eq(result, M(leaves_vary) ? STET_CHANGED : STET_UNCHANGED);
    M(holds)(&m, 0, MANY / 2, 0);
    M(drop)(&m);
}

#endif
