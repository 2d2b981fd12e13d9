/* SPDX-License-Identifier: MIT */
/*
 * map/collision.c - hashes as bad as can be: all of one hash, alike in all but the last bits, on both levels; and
 * the plain numbers and addresses that programs use for keys, which must be as fast as random ones: by what a lookup
 * visits and an entry takes.
 */
#include "support/live.h"
#include "support/map_check.h"
#include "support/testing.h"

#include <stet/live_map.h>
#include <stet/map.h>
#include <stet/pool.h>

#include <criterion/criterion.h>
#include <stdlib.h>

/* A key that brings the hashes of both levels along, and is told from others by its number. */
struct chosen {
    uint64_t hash[STET_MAP_LEVELS];
    uint64_t number;
};

static uint64_t chosen_hash(const struct chosen *c, uint64_t seed) { return c->hash[seed != stet_hash_seed_at(0)]; }
static bool chosen_equal(const struct chosen *a, const struct chosen *b) { return a->number == b->number; }
static int chosen_compare(const struct chosen *a, const struct chosen *b) { return (a->number > b->number) ? 1 : -1; }
static void nothing_to_retain(const struct chosen *c) { (void)c; }
static void nothing_to_release(struct chosen *c) { (void)c; }

STET_TYPE_FULL(chosen_type, struct chosen, chosen_hash, chosen_equal, chosen_compare, nothing_to_retain,
               nothing_to_release, STET_LAZY | STET_GOOD_HASH)
STET_MAP(chosen_map, struct chosen, uint64_t, chosen_type, stet_u64)

#define LEAF_MAX (chosen_map_map_type_.leaf_max)
/* Inner nodes under one another on a level: one of full width for each so many of its bits. */
#define LEVEL_HEIGHT (STET_MAP_DEPTH / STET_MAP_WIDTH)

static void require_sound(const chosen_map *m)
{
    const char *error = map_check(&chosen_map_map_type_, &m->map_, true);
    cr_assert(error == NULL, "%s", error);
}

static struct map_shape shape_of(const chosen_map *m) { return map_shape(&m->map_); }

/* Sets the keys, checking now and then that those before are there and others are not. */
static chosen_map filled(const struct chosen *keys, unsigned n)
{
    chosen_map m = {0};
    for (unsigned i = 0; i < n; i++) {
        cr_assert_eq(chosen_map_set(&m, keys[i], i), STET_CHANGED);
        if (i % 64 == 0 || i == n - 1) {
            require_sound(&m);
            for (unsigned j = 0; j < n; j++) {
                const uint64_t *value = chosen_map_get(&m, keys[j]);
                cr_assert(j <= i ? value != NULL && *value == j : value == NULL);
            }
        }
    }
    cr_assert_eq(chosen_map_size(&m), n);
    return m;
}

static void require_iterates(const chosen_map *m, unsigned n)
{
    uint64_t sum = 0;
    unsigned count = 0;
    for (chosen_map_cursor it = chosen_map_first(m); it.key != NULL; chosen_map_next(&it), count++) {
        cr_assert_eq(*it.value, it.key->number);
        sum += *it.value;
    }
    cr_assert_eq(count, n);
    cr_assert_eq(sum, (uint64_t)n * (n - 1) / 2);
}

/* Takes the keys out again; what is left of the trie shrinks with them, down to one leaf, then nothing. */
static void emptied(chosen_map *m, const struct chosen *keys, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        cr_assert_eq(chosen_map_erase(m, keys[i]), STET_CHANGED);
        cr_assert_eq(chosen_map_erase(m, keys[i]), STET_UNCHANGED);
        if (i % 16 == 0 || n - i < 40)
            require_sound(m);
        if (i == n - 2) {
            struct map_shape s = shape_of(m);
            cr_assert(s.leaves == 1 && s.nodes == 0 && s.chains == 0 && s.overflows == 0,
                      "one entry in %zu leaves, %zu nodes, %zu chains", s.leaves, s.nodes, s.chains);
        }
    }
    cr_assert_eq(chosen_map_size(m), 0);
    cr_assert_eq(m->map_.root, 0);
}

/* The same as one batch, from the bottom up if it is large. */
static void require_builds(const chosen_map *m, const struct chosen *keys, unsigned n)
{
    static uint64_t values[1000];
    chosen_map built;
    for (unsigned i = 0; i < n; i++)
        values[i] = i;
    cr_assert_eq(chosen_map_from_array(keys, values, n, &built), STET_CHANGED);
    require_sound(&built);
    cr_assert(chosen_map_equal(m, &built));
    chosen_map_drop(&built);
}

static void up_and_down(const struct chosen *keys, unsigned n)
{
    chosen_map m = filled(keys, n), before = chosen_map_copy(&m), other = {0};
    require_iterates(&m, n);
    cr_assert_neq(chosen_map_set(&m, keys[n / 2], n), STET_NO_MEMORY);
    cr_assert_eq(*chosen_map_get(&m, keys[n / 2]), n);
    cr_assert_eq(*chosen_map_get(&before, keys[n / 2]), n / 2);
    for (unsigned i = n; i-- > 0;) /* another order, another shape, the same map */
        cr_assert_eq(chosen_map_set(&other, keys[i], i), STET_CHANGED);
    cr_assert(chosen_map_equal(&before, &other));
    require_builds(&before, keys, n);
    cr_assert(!chosen_map_equal(&m, &other));
    emptied(&m, keys, n);
    require_iterates(&before, n);
    emptied(&other, keys, n);
    emptied(&before, keys, n);
    test_nothing_live();
}

Test(map_collision, a_thousand_keys_of_one_hash)
{
    enum { N = 1000 };
    static struct chosen keys[N];
    test_seed();
    for (unsigned i = 0; i < N; i++)
        keys[i] = (struct chosen){{0x123456789ABCDEF0, 0x0FEDCBA987654321}, i};
    chosen_map m = filled(keys, N);
    struct map_shape s = shape_of(&m);
    cr_assert_eq(s.overflows, 1);
    cr_assert_eq(s.chains, 1);
    cr_assert_eq(s.leaves, 0);
    cr_assert_eq(s.height, 0, "what no bit tells apart has no node for any");
    chosen_map_drop(&m);
    up_and_down(keys, N);
}

Test(map_collision, a_thousand_keys_of_one_hash_that_the_next_seed_tells_apart)
{
    enum { N = 1000 };
    static struct chosen keys[N];
    struct rng random = {test_seed()};
    for (unsigned i = 0; i < N; i++)
        keys[i] = (struct chosen){{0, rng_next(&random)}, i};
    chosen_map m = filled(keys, N);
    struct map_shape s = shape_of(&m);
    cr_assert_eq(s.overflows, 0);
    cr_assert_eq(s.chains, 1);
    cr_assert_leq(s.leaves, N);
    chosen_map_drop(&m);
    up_and_down(keys, N);
}

Test(map_collision, hashes_that_differ_in_the_last_bits_make_the_longest_paths)
{
    enum { N = 600 };
    static struct chosen keys[N];
    test_seed();
    for (unsigned i = 0; i < N; i++) /* bits 59, 58 and 57 are the last three used; below them is no use */
        keys[i] = (struct chosen){{UINT64_MAX << 7 | (i % 8) << 4 | i % 16, UINT64_MAX << 7 | (i / 8 % 8) << 4}, i};
    chosen_map m = filled(keys, N);
    struct map_shape s = shape_of(&m);
    cr_assert_eq(s.height, LEVEL_HEIGHT * STET_MAP_LEVELS, "height %u", s.height);
    cr_assert_eq(s.chains, 8);
    cr_assert_eq(s.overflows, 64);
    chosen_map_drop(&m);
    up_and_down(keys, N);
}

Test(map_collision, two_keys_more_than_a_leaf_share_every_bit_but_one)
{
    static struct chosen keys[64];
    unsigned n = LEAF_MAX + 2u;
    test_seed();
    for (unsigned bit = 0; bit < 64; bit++) {
        for (unsigned i = 0; i < n; i++)
            keys[i] = (struct chosen){{i % 2 == 0 ? 0 : UINT64_C(1) << bit, rng_mix(i, bit)}, i};
        up_and_down(keys, n);
    }
}

/* Two groups of keys, each of one hash and more than a leaf has room for; the hashes differ in one bit of a level. */
static unsigned two_groups(struct chosen keys[64], unsigned bit, unsigned level)
{
    unsigned n = LEAF_MAX + 3u;
    for (unsigned i = 0; i < 2 * n; i++) {
        uint64_t hash = i < n ? 0 : UINT64_C(1) << bit;
        keys[i] = (struct chosen){{level == 0 ? hash : 0, level == 0 ? i % 3 : hash}, i};
    }
    return n;
}

/* One hash is a chain, or a collision leaf, at once; the first key of another one finds it in its way. */
Test(map_collision, a_chain_makes_way_for_another_hash)
{
    static struct chosen keys[64];
    test_seed();
    for (unsigned level = 0; level < STET_MAP_LEVELS; level++)
        for (unsigned bit = 0; bit < 64; bit++)
            up_and_down(keys, 2 * two_groups(keys, bit, level));
}

static bool count_one(void *context, const struct chosen *key, const uint64_t *a, const uint64_t *b)
{
    unsigned *count = context;
    (void)key;
    cr_assert(a == NULL || b == NULL);
    count[a == NULL]++;
    return true;
}

static stet_result combined(chosen_map *m, const chosen_map *a, const chosen_map *b, unsigned keep)
{
    return stet_map_combine_(&chosen_map_map_type_, &m->map_, &a->map_, &b->map_, keep, NULL, NULL);
}

/* Chains of different hashes, at different depths, have nothing in common; those of one hash have everything. */
Test(map_collision, chains_of_two_hashes_are_combined)
{
    static struct chosen keys[64];
    test_seed();
    for (unsigned level = 0; level < STET_MAP_LEVELS; level++)
        for (unsigned bit = 64 - STET_MAP_DEPTH; bit < 64; bit++) {
            unsigned n = two_groups(keys, bit, level), count[2] = {0, 0};
            chosen_map a = filled(keys, n), b = {0}, both = filled(keys, 2 * n), m = {0};
            for (unsigned i = n; i < 2 * n; i++)
                cr_assert_eq(chosen_map_set(&b, keys[i], i), STET_CHANGED);
            cr_assert(chosen_map_diff(&a, &b, count_one, count));
            cr_assert(count[0] == n && count[1] == n);
            cr_assert(chosen_map_diff(&both, &b, count_one, count));
            cr_assert(count[0] == 2 * n && count[1] == n);
            cr_assert_eq(combined(&m, &a, &b, STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_), STET_CHANGED);
            require_sound(&m);
            cr_assert(chosen_map_equal(&m, &both));
            cr_assert_eq(combined(&m, &both, &b, STET_BOTH_), STET_CHANGED);
            cr_assert(chosen_map_equal(&m, &b));
            cr_assert_eq(combined(&m, &both, &b, STET_ONLY_A_), STET_CHANGED);
            cr_assert(chosen_map_equal(&m, &a));
            cr_assert_eq(combined(&m, &a, &b, STET_BOTH_), STET_CHANGED);
            cr_assert_eq(chosen_map_size(&m), 0);
            chosen_map *all[] = {&a, &b, &both, &m};
            for (unsigned i = 0; i < 4; i++)
                chosen_map_drop(all[i]);
        }
    test_nothing_live();
}

enum { BUILT = 600 }; /* so many that they are built from the bottom up */

/* Three hashes on the first level, of which one has three on the next. */
static void poor_keys(struct chosen keys[BUILT], uint64_t values[BUILT])
{
    for (unsigned i = 0; i < BUILT; i++) {
        keys[i] = (struct chosen){{rng_mix(i % 3, 1), i % 3 == 0 ? rng_mix(i / 3 % 3, 2) : rng_mix(i, 2)}, i};
        values[i] = i;
    }
}

/* Each request of a batch is refused in turn: what was built of it goes, and single updates do the rest, or nothing. */
Test(map_collision, refused_builds_change_nothing)
{
    static struct chosen keys[BUILT];
    static uint64_t values[BUILT];
    test_seed();
    poor_keys(keys, values);
    for (unsigned equal_keys = 0; equal_keys < 2; equal_keys++) {
        if (equal_keys)
            keys[BUILT - 3] = keys[0]; /* of a hash that needs a collision leaf */
        chosen_map m = {0};
        struct refusals r = {0};
        stet_result result;
        do {
            refuse(&r), result = chosen_map_set_many(&m, keys, values, BUILT);
            if (result != STET_NO_MEMORY) { /* also without what was refused */
                require_sound(&m);
                cr_assert_eq(chosen_map_size(&m), BUILT - equal_keys);
                cr_assert_eq(*chosen_map_get(&m, keys[0]), equal_keys ? BUILT - 3 : 0);
                chosen_map_drop(&m);
            }
        } while (any_refused(&r, result) && m.map_.root == 0 && stet_pool_stats().live_blocks == 0);
        cr_assert_eq(result, STET_CHANGED);
        test_nothing_live();
    }
}

/* A level has 60 bits: what the last four would tell apart is for the next one. */
Test(map_collision, hashes_that_differ_in_unused_bits)
{
    enum { N = 600 };
    static struct chosen keys[N];
    test_seed();
    for (unsigned i = 0; i < N; i++)
        keys[i] = (struct chosen){{i < 16 ? i : rng_mix(i, 1), rng_mix(i, 2)}, i};
    chosen_map m = filled(keys, N);
    cr_assert_eq(shape_of(&m).chains, 1);
    chosen_map_drop(&m);
    up_and_down(keys, N);
}

/* What a leaf gains and loses again costs nothing: leaves join only if they are half empty together. */
Test(map_collision, one_key_back_and_forth_moves_no_other)
{
    struct chosen keys[STET_MAP_LEAF_MAX(sizeof(struct chosen) + 8) + 1];
    unsigned small = LEAF_MAX / 4u + 1, n = LEAF_MAX + 1u; /* a leaf that will be small, and a large one */
    chosen_map m = {0};
    test_seed();
    for (unsigned i = 0; i < n; i++) {
        keys[i] = (struct chosen){{i < small ? 0 : UINT64_MAX, 0}, i};
        cr_assert_eq(chosen_map_set(&m, keys[i], i), STET_CHANGED);
    }
    cr_assert_eq(shape_of(&m).leaves, 2);
    count_requests();
    for (unsigned i = 0; i < 3 * small; i++) {
        cr_assert_eq(chosen_map_erase(&m, keys[i % small]), STET_CHANGED);
        cr_assert_eq(shape_of(&m).leaves, 2);
        require_sound(&m);
        cr_assert_eq(chosen_map_set(&m, keys[i % small], i), STET_CHANGED);
    }
    cr_assert_eq(counted_requests(), 0);
    emptied(&m, keys, n);
    test_nothing_live();
}

static void add_one(void *context, const struct chosen *key, const uint64_t *old, uint64_t *value)
{
    (void)context, (void)key;
    *value = *old + 1;
}

static bool is_odd(void *context, const struct chosen *key, const uint64_t *value)
{
    (void)context, (void)value;
    return key->number % 2 != 0;
}

static bool is_as_made(const chosen_map *m, const struct chosen *keys, unsigned n, int64_t live)
{
    cr_assert_eq(chosen_map_size(m), n);
    for (unsigned i = 0; i < n; i++)
        cr_assert_eq(*chosen_map_get(m, keys[i]), i);
    const char *error = map_check(&chosen_map_map_type_, &m->map_, false);
    cr_assert(error == NULL, "%s", error);
    cr_assert(live == 0 || stet_pool_stats().live_blocks == live, "what was made in vain is still there");
    return true;
}

enum { AWKWARD = 60, KINDS = 4 };

/* Keys of one hash, but for some, which the next level tells apart, or not, or by its last bits. */
static void awkward_keys(struct chosen keys[AWKWARD], unsigned kind)
{
    const uint64_t next[KINDS] = {0, 0, 0x10, 0x30};
    for (unsigned i = 0; i < AWKWARD; i++)
        keys[i] =
            (struct chosen){{i % 8 == 0 ? rng_mix(i, 1) : 0, kind == 0 ? rng_mix(i, 2) : i * 0x10 & next[kind]}, i};
}

/* Each request of each insertion fails in turn, while another version has all that is there. */
Test(map_collision, refused_insertions_change_nothing)
{
    struct chosen keys[AWKWARD];
    test_seed();
    for (unsigned kind = 0; kind < KINDS; kind++) {
        awkward_keys(keys, kind);
        chosen_map m = {0}, shared = {0};
        for (unsigned i = 0; i < AWKWARD; i++) {
            struct refusals r = {0};
            stet_result result;
            do {
                chosen_map_drop(&m); /* it may have gone on without what was refused */
                m = chosen_map_copy(&shared);
                refuse(&r), result = chosen_map_set(&m, keys[i], i);
            } while (any_refused(&r, result) && is_as_made(&m, keys, i + (result != STET_NO_MEMORY), 0));
            is_as_made(&shared, keys, i, 0);
            chosen_map_drop(&shared);
            shared = chosen_map_copy(&m);
        }
        for (unsigned i = AWKWARD; i-- > 0;) {
            struct refusals r = {0};
            stet_result result;
            do {
                chosen_map_drop(&m);
                m = chosen_map_copy(&shared);
                refuse(&r), result = chosen_map_erase(&m, keys[i]);
            } while (any_refused(&r, result) && is_as_made(&m, keys, i + (result == STET_NO_MEMORY), 0));
            is_as_made(&shared, keys, i + 1, 0);
            chosen_map_drop(&shared);
            shared = chosen_map_copy(&m);
        }
        cr_assert_eq(m.map_.root, 0);
    }
    test_nothing_live();
}

static bool is_last(void *context, const struct chosen *key, const uint64_t *value)
{
    (void)value;
    return key->number == *(uint64_t *)context;
}

/* A filter that could not tidy up leaves one entry below a node, with nothing beside it; the node goes with it. */
Test(map_collision, what_was_not_tidied_goes_with_its_last_entry)
{
    struct chosen keys[STET_MAP_LEAF_MAX(sizeof(struct chosen) + 8) + 1];
    uint64_t last = LEAF_MAX;
    chosen_map m = {0};
    test_seed();
    for (unsigned i = 0; i <= last; i++) {
        keys[i] = (struct chosen){{i < last ? 0 : UINT64_MAX, 0}, i};
        cr_assert_eq(chosen_map_set(&m, keys[i], i), STET_CHANGED);
    }
    chosen_map shared = chosen_map_copy(&m);
    stet_result result = STET_NO_MEMORY;
    for (uint64_t nth = 1; result == STET_NO_MEMORY; nth++) { /* only then: tidying does less, and does not fail */
        stet_pool_fault(nth, UINT64_MAX);
        result = chosen_map_filter(&m, is_last, &last);
        stet_pool_fault_end();
    }
    struct map_shape s = shape_of(&m);
    cr_assert(s.nodes == 1 && s.leaves == 1);
    cr_assert_eq(chosen_map_erase(&m, keys[last]), STET_CHANGED);
    cr_assert_eq(m.map_.root, 0);
    cr_assert_eq(chosen_map_size(&shared), last + 1);
    chosen_map_drop(&shared);
    test_nothing_live();
}

/* Each request of a transformation fails in turn, through chains, overflow leaves and what is below and above them. */
Test(map_collision, refused_transformations_leave_nothing)
{
    struct chosen keys[AWKWARD];
    test_seed();
    for (unsigned kind = 0; kind < KINDS; kind++) {
        awkward_keys(keys, kind);
        chosen_map m = filled(keys, AWKWARD), shared = chosen_map_copy(&m);
        int64_t live = stet_pool_stats().live_blocks;
        struct refusals r = {0};
        stet_result result;
        do
            refuse(&r), result = chosen_map_map_values(&m, add_one, NULL);
        while (was_refused(&r, result) && is_as_made(&m, keys, AWKWARD, live));
        cr_assert_gt(r.count, 3);
        require_sound(&m);
        chosen_map_drop(&m);
        m = chosen_map_copy(&shared);
        r.count = 0;
        do
            refuse(&r), result = chosen_map_filter(&m, is_odd, NULL);
        while (was_refused(&r, result) && is_as_made(&m, keys, AWKWARD, live));
        cr_assert_gt(r.count, 3);
        cr_assert_eq(chosen_map_size(&m), AWKWARD / 2);
        chosen_map_drop(&m);
        is_as_made(&shared, keys, AWKWARD, live);
        chosen_map_drop(&shared);
    }
    test_nothing_live();
}

static void holds_all(const chosen_map *m, const struct chosen *keys, unsigned n, uint64_t first)
{
    cr_assert_eq(chosen_map_size(m), n);
    for (unsigned i = 0; i < n; i++) {
        const uint64_t *value = chosen_map_get(m, keys[i]);
        cr_assert(value != NULL && *value == (i == 0 ? first : i));
    }
}

/* Below a chain that two versions share, a node borrows from a third: each request on the way there fails in turn. */
Test(map_collision, refused_trims_change_nothing)
{
    enum { N = 1000 };
    static struct chosen keys[N];
    struct rng random = {test_seed()};
    for (unsigned i = 0; i < N; i++)
        keys[i] = (struct chosen){{0, rng_next(&random)}, i};
    chosen_map old = filled(keys, N), m = chosen_map_copy(&old);
    int64_t live = stet_pool_stats().live_blocks;
    cr_assert_eq(chosen_map_set(&m, keys[0], N), STET_CHANGED);
    chosen_map shared = chosen_map_copy(&m);
    struct refusals r = {0};
    stet_result result;
    do {
        refuse(&r), result = chosen_map_trim(&m);
        require_sound(&m);
        holds_all(&m, keys, N, N);
    } while (was_refused(&r, result));
    cr_assert_eq(result, STET_CHANGED);
    cr_assert_gt(r.count, 1);
    holds_all(&shared, keys, N, N);
    holds_all(&old, keys, N, 0);
    chosen_map_drop(&shared);
    chosen_map_drop(&old);
    cr_assert_eq(stet_pool_stats().live_blocks, live, "it keeps nothing of the others");
    chosen_map_drop(&m);
    test_nothing_live();
}

/* ---- plain keys ---- */

#ifdef SANITIZED
enum { LARGEST = 20000 };
#else
enum { LARGEST = 100000 };
#endif

STET_TYPE_BYTES(bytes_type, uint64_t)
static uint64_t identity(const uint64_t *word, uint64_t seed) { return (void)seed, *word; }
static bool same_word(const uint64_t *a, const uint64_t *b) { return *a == *b; }
STET_TYPE(identity_type, uint64_t, identity, same_word)
STET_MAP(plain_map, uint64_t, uint64_t, identity_type, stet_u64) /* the user's own hash */
STET_MAP(word_map, uint64_t, uint64_t, stet_u64, stet_u64)       /* ours */
STET_MAP(bytes_map, uint64_t, uint64_t, bytes_type, stet_u64)

/* What a map of n keys costs to look up and to keep. */
struct cost {
    double visits, bytes; /* of an entry: inner nodes on the way to it, its part of the memory */
    unsigned height;
};

static struct cost cost_of_keys(const struct stet_map_type *t, uint64_t (*key_of)(uint64_t), unsigned n)
{
    struct stet_map m = {0};
    int64_t before = stet_pool_stats().live_bytes;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t key = key_of(i);
        cr_assert_eq(stet_map_put_(t, &m, NULL, &key, &i, STET_PUT_SET_), STET_CHANGED);
    }
    const char *error = map_check(t, &m, true);
    cr_assert(error == NULL, "%s", error);
    struct map_shape s = map_shape(&m);
    cr_assert_eq(s.chains + s.overflows, 0);
    struct cost c = {(double)s.visits / n, (double)(stet_pool_stats().live_bytes - before) / n, s.height};
    stet_node_drop_(&t->node, m.root);
    return c;
}

static uint64_t random_key(uint64_t i) { return rng_mix(test_seed(), i); }
static uint64_t sequential(uint64_t i) { return i; }
static uint64_t descending(uint64_t i) { return UINT64_MAX - i; }
static uint64_t cache_lines(uint64_t i) { return UINT64_C(0x7F0000000000) + i * 64; }
static uint64_t pages(uint64_t i) { return UINT64_C(0x7F0000000000) + i * 4096; }
static uint64_t high_half(uint64_t i) { return i << 32; }
static uint64_t highest_bits(uint64_t i) { return i << 47; }
static uint64_t strided(uint64_t i) { return i * 1000003; }

/*
 * Keys in a row fill leaves more evenly than random ones: their maps take a step as a whole where those of random keys
 * are between two. At these sizes that leaves 6 % of the visits and 13 % of the bytes to differ, by 400 seeds.
 */
static void require_like(const char *name, struct cost c, struct cost random)
{
    cr_assert_leq(c.visits, random.visits * 1.1, "%s: %f nodes to visit, random keys %f", name, c.visits,
                  random.visits);
    cr_assert_leq(c.bytes, random.bytes * 1.2, "%s: %f bytes an entry, random keys %f", name, c.bytes, random.bytes);
    cr_assert_leq(c.height, random.height + 1 + STET_TINY_NODES, "%s: height %u, random keys %u", name, c.height,
                  random.height);
}

Test(map_collision, plain_keys_cost_what_random_ones_do)
{
    static const struct {
        const char *name;
        uint64_t (*key_of)(uint64_t);
    } kinds[] = {{"sequential", sequential}, {"descending", descending}, {"cache lines", cache_lines},
                 {"pages", pages},           {"high half", high_half},   {"highest bits", highest_bits},
                 {"strided", strided}};
    static const struct stet_map_type *const types[] = {&plain_map_map_type_, &word_map_map_type_,
                                                        &bytes_map_map_type_};
    for (unsigned t = 0; t < 3; t++) {
        for (unsigned n = 20000; n <= LARGEST; n *= 5) {
            struct cost random = cost_of_keys(types[t], random_key, n);
            for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
                require_like(kinds[i].name, cost_of_keys(types[t], kinds[i].key_of, n), random);
        }
    }
    test_nothing_live();
}

/* ---- hashes of few values ---- */

/* A number, whose hash has so many bits: on the first level only, or on both. */
typedef struct poor {
    uint64_t number;
} poor;

static uint64_t low_bits(const poor *p, unsigned bits) { return p->number & ((UINT64_C(1) << bits) - 1); }
static bool same_number(const poor *a, const poor *b) { return a->number == b->number; }

#define POOR_MAP(bits)                                                          \
    static uint64_t blind_##bits##_hash(const poor *p, uint64_t seed)           \
    {                                                                           \
        (void)seed;                                                             \
        return low_bits(p, bits);                                               \
    }                                                                           \
    static uint64_t seeing_##bits##_hash(const poor *p, uint64_t seed)          \
    {                                                                           \
        return seed == stet_hash_seed_at(0) ? low_bits(p, bits) : p->number;    \
    }                                                                           \
    STET_TYPE(blind_##bits##_type, poor, blind_##bits##_hash, same_number)      \
    STET_TYPE(seeing_##bits##_type, poor, seeing_##bits##_hash, same_number)    \
    STET_MAP(blind_##bits##_map, poor, uint64_t, blind_##bits##_type, stet_u64) \
    STET_MAP(seeing_##bits##_map, poor, uint64_t, seeing_##bits##_type, stet_u64)

POOR_MAP(4)
POOR_MAP(8)
POOR_MAP(14)

static const struct {
    const char *name;
    const struct stet_map_type *type;
    unsigned values;
} poor_maps[] = {
    {"4 bits, blind", &blind_4_map_map_type_, 1 << 4},    {"4 bits, seeing", &seeing_4_map_map_type_, 1 << 4},
    {"8 bits, blind", &blind_8_map_map_type_, 1 << 8},    {"8 bits, seeing", &seeing_8_map_map_type_, 1 << 8},
    {"14 bits, blind", &blind_14_map_map_type_, 1 << 14}, {"14 bits, seeing", &seeing_14_map_map_type_, 1 << 14},
};

/* What an entry takes, in bytes, and in blocks that were asked for. */
struct price {
    double bytes, requests;
};

static struct price price_one_by_one(const struct stet_map_type *t, uint64_t n)
{
    struct stet_map m = {0};
    struct stet_pool_usage before = stet_pool_stats();
    count_requests();
    for (uint64_t i = 0; i < n; i++)
        cr_assert_eq(stet_map_put_(t, &m, NULL, &i, &i, STET_PUT_SET_), STET_CHANGED);
    double requests = (double)counted_requests();
    const char *error = map_check(t, &m, true);
    cr_assert(error == NULL, "%s", error);
    struct price p = {(double)(stet_pool_stats().live_bytes - before.live_bytes) / (double)n, requests / (double)n};
    for (uint64_t i = 0; i < n; i++)
        cr_assert_eq(*(const uint64_t *)stet_map_get_(t, &m, NULL, &i), i);
    for (uint64_t i = 0; i < n; i++)
        cr_assert_eq(stet_map_erase_(t, &m, NULL, &i, NULL), STET_CHANGED);
    cr_assert_eq(m.root, 0);
    return p;
}

static struct price price_at_once(const struct stet_map_type *t, uint64_t n)
{
    struct stet_map m = {0};
    uint64_t *numbers = malloc(n * sizeof *numbers);
    for (uint64_t i = 0; i < n; i++)
        numbers[i] = i;
    struct stet_pool_usage before = stet_pool_stats();
    count_requests();
    cr_assert_eq(stet_map_set_many_(t, &m, numbers, numbers, n), STET_CHANGED);
    double requests = (double)counted_requests();
    const char *error = map_check(t, &m, true);
    cr_assert(error == NULL, "%s", error);
    struct price p = {(double)(stet_pool_stats().live_bytes - before.live_bytes) / (double)n, requests / (double)n};
    stet_node_drop_(&t->node, m.root);
    free(numbers);
    return p;
}

static struct price price_live(const struct stet_map_type *t, uint64_t n)
{
    struct stet_pool_usage before = stet_pool_stats();
    struct stet_live *m = stet_live_new_(t, NULL);
    count_requests();
    for (uint64_t i = 0; i < n; i++) {
        struct stet_write w = {.op = STET_WRITE_STORE, .key = &i, .value = &i};
        cr_assert_eq(stet_live_write_(t, m, &w), STET_CHANGED);
    }
    double requests = (double)counted_requests();
    stet_reclaim();
    struct price p = {(double)(stet_pool_stats().live_bytes - before.live_bytes) / (double)n, requests / (double)n};
    count_requests();
    for (uint64_t i = 0; i < n; i++) {
        uint64_t value = i + 1;
        struct stet_write w = {.op = STET_WRITE_STORE, .key = &i, .value = &value};
        cr_assert_eq(stet_live_write_(t, m, &w), STET_CHANGED);
    }
    cr_assert_eq(counted_requests(), 0, "entries are written in place, those below a rehash leaf as well");
    struct stet_map now = stet_live_snapshot_(t, m);
    const char *error = map_check(t, &now, true);
    cr_assert(error == NULL, "%s", error);
    cr_assert_eq(now.size, n);
    stet_node_drop_(&t->node, now.root);
    stet_live_destroy_(t, m);
    stet_reclaim();
    return p;
}

/* At most twice the bytes of a good hash, and 2.5 times as many blocks asked for; from values that a leaf has room for
 * to such that it has not. */
Test(map_collision, poor_hashes_cost_at_most_twice_as_much)
{
    static const struct {
        const char *name;
        struct price (*price)(const struct stet_map_type *t, uint64_t n);
    } ways[] = {{"one by one", price_one_by_one}, {"at once", price_at_once}, {"live", price_live}};
    test_seed();
    for (unsigned i = 0; i < sizeof poor_maps / sizeof poor_maps[0]; i++)
        for (unsigned each = 2; each <= 40; each = each * 3 / 2 + 1)
            for (unsigned way = 0; way < 3; way++) {
                uint64_t n = (uint64_t)poor_maps[i].values * each;
                if (n < 512 || n > LARGEST * UINT64_C(5)) /* of few entries, one leaf more is much */
                    continue;
                struct price good = ways[way].price(&plain_map_map_type_, n);
                struct price bad = ways[way].price(poor_maps[i].type, n);
                cr_assert_leq(bad.bytes, 2 * good.bytes, "%s, %s, %u each: %.1f bytes an entry, usual %.1f",
                              poor_maps[i].name, ways[way].name, each, bad.bytes, good.bytes);
                cr_assert_leq(bad.requests, 2.5 * good.requests + 0.01, "%s, %s, %u each: %.3f requests, usual %.3f",
                              poor_maps[i].name, ways[way].name, each, bad.requests, good.requests);
            }
    test_nothing_live();
}
