/* SPDX-License-Identifier: MIT */
/* That versions share, and that what they share is passed over: by counting hashes, visits and requests. */
#include "map/core.h"
#include "map/diff.h"

#include <stet/map.h>

#include "support/live.h"

/* A key that counts how often it is hashed. */
struct key {
    uint64_t n;
};
static size_t hashed;

static uint64_t key_hash(const struct key *k, uint64_t seed)
{
    (void)seed;
    hashed++;
    return k->n;
}
static bool key_equal(const struct key *a, const struct key *b) { return a->n == b->n; }

STET_TYPE(key_type, struct key, key_hash, key_equal)
STET_MAP(table, struct key, uint64_t, key_type, stet_u64)

#ifdef SANITIZED
enum { BIG = 100000 };
#else
enum { BIG = 1000000 };
#endif

enum {
    APART = 10, /* keys that two versions differ in */
    LEVELS =
        24 / STET_MAP_WIDTH, /* of inner nodes, at most: random hashes of 2^20 keys do not agree in 24 bits a leaf */
};

static table big(void)
{
    table m = {0};
    for (uint64_t i = 0; i < BIG; i++)
        cr_assert_eq(table_set(&m, (struct key){i}, i), STET_CHANGED);
    return m;
}

/* `m` with APART changes: values replaced, keys removed, keys added. */
static table changed(const table *m)
{
    table edited = table_copy(m);
    for (uint64_t i = 0; i < APART; i++) {
        uint64_t key = i * (BIG / APART);
        if (i % 3 == 0)
            cr_assert_eq(table_set(&edited, (struct key){key}, BIG), STET_CHANGED);
        else if (i % 3 == 1)
            cr_assert_eq(table_erase(&edited, (struct key){key}), STET_CHANGED);
        else
            cr_assert_eq(table_set(&edited, (struct key){BIG + key}, 1), STET_CHANGED);
    }
    return edited;
}

static bool count(void *context, struct key const *key, uint64_t const *a, uint64_t const *b)
{
    (void)key, (void)a, (void)b;
    ++*(int *)context;
    return true;
}

static bool count_untyped(void *context, const void *key, const void *a, const void *b)
{
    return count(context, key, a, b);
}

LIVE_TEST(sharing, an_edit_copies_one_path)
{
    table m = big(), copy = table_copy(&m);
    count_requests();
    cr_assert_eq(table_set(&copy, (struct key){7}, BIG), STET_CHANGED);
    cr_assert_leq(counted_requests(), LEVELS + 1);
    table_drop(&copy);
    copy = table_copy(&m);
    count_requests();
    cr_assert_eq(table_erase(&copy, (struct key){7}), STET_CHANGED);
    cr_assert_leq(counted_requests(), LEVELS + 3, "the leaf may join its buddy");
    table_drop(&copy);
    table_drop(&m);
}

/* The bound: a path on each side for each difference, and the neighbours that a split or merge changed on the way. */
LIVE_TEST(sharing, versions_ten_keys_apart)
{
    table a = big(), b = changed(&a), out = {0};
    int differences = 0;
    size_t visited;
    cr_assert(stet_map_diff_visits_(&table_map_type_, &a.map_, &b.map_, count_untyped, &differences, &visited));
    cr_assert_eq(differences, APART);
    cr_assert_leq(visited, APART * 2 * (LEVELS + 2), "%zu nodes", visited);

    differences = 0;
    hashed = 0;
    cr_assert(table_diff(&a, &b, count, &differences));
    cr_assert_eq(differences, APART);
    cr_assert_not(table_equal(&a, &b));
    cr_assert_not(table_is_submap(&a, &b));
    cr_assert_not(table_is_subset(&b, &a));
    size_t per_walk = APART * STET_MAP_LEAF_MAX(16);
    cr_assert_leq(hashed, 4 * per_walk, "%zu hashes", hashed);

    hashed = 0;
    count_requests();
    cr_assert_eq(table_union(&a, &b, &out), STET_CHANGED);
    cr_assert_leq(hashed, 2 * per_walk);
    cr_assert_eq(table_intersection(&a, &b, &out), STET_CHANGED);
    cr_assert_leq(hashed, 4 * per_walk);
    cr_assert_eq(table_difference(&b, &a, &out), STET_CHANGED);
    cr_assert_leq(hashed, 6 * per_walk);
    cr_assert_eq(table_symmetric_difference(&a, &b, &out), STET_CHANGED);
    cr_assert_leq(hashed, 8 * per_walk);
    cr_assert_leq(counted_requests(), APART * (LEVELS + 3));
    cr_assert_eq(table_size(&out), 6, "three removed, three added");
    table_drop(&a);
    table_drop(&b);
    table_drop(&out);
}

LIVE_TEST(sharing, the_same_version_is_not_looked_into)
{
    table a = big(), b = table_copy(&a), out = {0};
    int differences = 0;
    hashed = 0;
    count_requests();
    cr_assert(table_diff(&a, &b, count, &differences));
    cr_assert(table_equal(&a, &b));
    cr_assert(table_is_submap(&a, &b));
    cr_assert(table_is_subset(&a, &b));
    cr_assert_eq(table_union(&a, &b, &out), STET_CHANGED);
    cr_assert(table_identical(&out, &a));
    cr_assert_eq(table_difference(&a, &b, &out), STET_CHANGED);
    cr_assert_eq(table_size(&out), 0);
    cr_assert_eq(hashed, 0);
    cr_assert_eq(counted_requests(), 0);
    table_drop(&a);
    table_drop(&b);
}

/* What is small is looked up in what is large, and what is large is not gone through. */
LIVE_TEST(sharing, a_small_map_and_a_large_one)
{
    table large = big(), small = {0}, out = {0};
    for (uint64_t i = 0; i < APART; i++)
        cr_assert_eq(table_set(&small, (struct key){BIG - 5 + i}, 1), STET_CHANGED);
    size_t each = APART * (2 + STET_MAP_LEAF_MAX(16)); /* a lookup, and what is edited, which may split */
    hashed = 0;
    count_requests();
    cr_assert_eq(table_union(&small, &large, &out), STET_CHANGED);
    cr_assert_eq(table_size(&out), BIG + 5);
    cr_assert_leq(hashed, each, "%zu hashes", hashed);
    cr_assert_eq(table_intersection(&large, &small, &out), STET_CHANGED);
    cr_assert_eq(table_size(&out), 5);
    cr_assert_eq(table_difference(&large, &small, &out), STET_CHANGED);
    cr_assert_eq(table_size(&out), BIG - 5);
    cr_assert_eq(table_difference(&small, &large, &out), STET_CHANGED);
    cr_assert_eq(table_size(&out), 5);
    cr_assert_eq(table_symmetric_difference(&large, &small, &out), STET_CHANGED);
    cr_assert_eq(table_size(&out), BIG);
    cr_assert_leq(hashed, 5 * each);
    cr_assert_not(table_is_subset(&small, &large));
    cr_assert_not(table_is_submap(&small, &large));
    cr_assert_not(table_is_subset(&large, &small));
    cr_assert_leq(hashed, 7 * each);
    cr_assert_leq(counted_requests(), 3 * APART * (LEVELS + 2));
    table_drop(&large);
    table_drop(&small);
    table_drop(&out);
}

/* One edit: whatever is made is there at the end, so no node was copied twice. Large batches ask for room to sort in.
 */
LIVE_TEST(sharing, set_many_copies_a_touched_node_once)
{
    enum { MOST = 2000 };
    static struct key keys[MOST];
    static uint64_t values[MOST];
    table before = big();
    for (unsigned n = 1; n <= MOST; n = n == 1 ? 100 : 20 * n) {
        uint64_t spread = BIG / MOST, scratch = n < 512 ? 0 : 2;
        for (unsigned i = 0; i < n; i++) {
            keys[i].n = n == 100 ? i : i * spread;
            values[i] = BIG;
        }
        table m = table_copy(&before);
        int64_t nodes = stet_pool_stats().live_blocks;
        count_requests();
        cr_assert_eq(table_set_many(&m, keys, values, n), STET_CHANGED);
        cr_assert_eq(counted_requests(), (uint64_t)(stet_pool_stats().live_blocks - nodes) + scratch);
        cr_assert_leq(stet_pool_stats().live_blocks - nodes, (int64_t)n * (LEVELS + 1));
        table_drop(&m);
    }
    table_drop(&before);
}

/* ---- transformations ---- */

static void add_one(void *context, struct key const *key, uint64_t const *old, uint64_t *value)
{
    (void)context, (void)key;
    *value = *old + 1;
}

static void keep_but_one(void *context, struct key const *key, uint64_t const *old, uint64_t *value)
{
    (void)context;
    *value = *old + (key->n == 77);
}

static bool keep_all(void *context, struct key const *key, uint64_t const *value)
{
    (void)key, (void)value;
    ++*(size_t *)context;
    return true;
}

static bool keep_odd(void *context, struct key const *key, uint64_t const *value)
{
    (void)context, (void)value;
    return key->n % 2 != 0;
}

LIVE_TEST(sharing, map_values_hashes_no_key)
{
    table m = big(), before = table_copy(&m);
    int64_t nodes = stet_pool_stats().live_blocks;
    hashed = 0;
    count_requests();
    cr_assert_eq(table_map_values(&m, add_one, NULL), STET_CHANGED);
    cr_assert_eq(hashed, 0);
    cr_assert_eq(counted_requests(), (uint64_t)nodes, "each node once");
    cr_assert_eq(*table_get(&m, (struct key){5}), 6);
    table_drop(&m);

    m = table_copy(&before);
    hashed = 0;
    count_requests();
    cr_assert_eq(table_map_values(&m, keep_but_one, NULL), STET_CHANGED);
    cr_assert_eq(hashed, 0);
    cr_assert_leq(counted_requests(), LEVELS + 1, "the path to the one that changed");
    table_drop(&m);
    table_drop(&before);
}

LIVE_TEST(sharing, filter_that_removes_nothing_makes_nothing)
{
    table m = big(), before = table_copy(&m);
    size_t asked = 0;
    hashed = 0;
    count_requests();
    cr_assert_eq(table_filter(&m, keep_all, &asked), STET_UNCHANGED);
    cr_assert_eq(counted_requests(), 0);
    cr_assert_eq(hashed, 0);
    cr_assert_eq(asked, BIG);
    cr_assert(table_identical(&m, &before));
    cr_assert_eq(table_filter(&m, keep_odd, NULL), STET_CHANGED);
    cr_assert_eq(hashed, 0, "nor does one that removes half hash a key");
    cr_assert_eq(table_size(&m), BIG / 2);
    table_drop(&m);
    table_drop(&before);
}

LIVE_TEST(sharing, iteration_and_copies_hash_nothing)
{
    table m = big();
    uint64_t sum = 0;
    hashed = 0;
    for (table_cursor it = table_first(&m); it.key != NULL; table_next(&it))
        sum += *it.value;
    table copy = table_copy(&m);
    cr_assert_eq(sum, (uint64_t)BIG * (BIG - 1) / 2);
    cr_assert_eq(hashed, 0);
    table_drop(&copy);
    table_drop(&m);
}
