/* SPDX-License-Identifier: MIT */
/*
 * live/live.c - what only the map that is edited in place has: its nodes grow, shrink and are copied as they must,
 * snapshots are ordinary maps and can be young, and what somebody who is stopped keeps from being freed stays within
 * bounds.
 */
#include "support/map_check.h"
#include "support/testing.h"

#include "live/core.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <stet/live_map.h>
#include <stet/pool.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef SANITIZED
#    define KEYS 3000
#    define STEPS 20000
#else
#    define KEYS 20000
#    define STEPS 200000
#endif

static unsigned steps(void) { return test_long() ? 20 * STEPS : STEPS; }

STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)
STET_LIVE_MAP(live_words, words)

static void nothing_live(void)
{
    stet_reclaim();
    test_nothing_live();
}

/* The snapshot is a map as it should be, of that size. */
static void check(const words *m, size_t size)
{
    const char *wrong = map_check(&words_map_type_, &m->map_, false);
    size_t n = 0;
    REQUIRE(wrong == NULL, "%s", wrong);
    for (words_cursor it = words_first(m); it.key != NULL; words_next(&it))
        n++;
    REQUIRE(n == size && words_size(m) == size, "%zu entries, says %zu, should have %zu", n, words_size(m), size);
}

/* ---- rule L9 of live.h ---- */

static stet_ref leaf_for(const live_words *m, uint64_t hash)
{
    uint64_t era;
    struct stet_inner *above;
    struct stet_thread *h = stet_era_enter_(&era);
    stet_ref r = live_walk(m->live_, hash, era, &above);
    stet_era_leave_(h);
    return r;
}

/* A leaf is full of keys on one side when one comes that is on the other: that side is a gap for a moment. */
Test(live, a_leaf_is_for_no_less_while_it_lives)
{
    enum { PROBES = 64 };
    stet_ref before[PROBES];
    unsigned changes = 0;
    live_words m;
    stet_reclaim(); /* so that nothing is freed in between */
    REQUIRE(live_words_init(&m, NULL), "no memory");
    for (uint64_t key = 0, stored = 0; stored < 100; key++) {
        bool beside = stored % (words_map_type_.leaf_max + 1u) == words_map_type_.leaf_max;
        if ((stet_map_hash_key_(&words_map_type_, NULL, &key, 0) >> 58 != 0) != beside)
            continue;
        for (uint64_t i = 0; i < PROBES; i++)
            before[i] = leaf_for(&m, i << 58);
        REQUIRE(live_words_store(&m, key, ++stored) == STET_CHANGED, "store");
        for (uint64_t i = 0; i < PROBES; i++)
            if (before[i] != 0 && leaf_for(&m, i << 58) != before[i]) {
                REQUIRE(stet_ref_leaf_(before[i])->wide & LIVE_DEAD, "a leaf lives, and somebody waits for it in vain");
                changes++;
            }
    }
    cr_assert_gt(changes, 0);
    live_words_destroy(&m);
    nothing_live();
}

/* ---- one thread, many keys ---- */

struct kept {
    words map;
    uint64_t *value; /* by key; 0: absent */
    size_t size;
};

static void remember(struct kept *kept, const live_words *m, const uint64_t *value, size_t size)
{
    words_drop(&kept->map);
    free(kept->value);
    kept->map = live_words_snapshot(m);
    kept->size = size;
    kept->value = malloc(KEYS * sizeof *value);
    memcpy(kept->value, value, KEYS * sizeof *value);
}

static void compare(const struct kept *kept)
{
    if (kept->value == NULL)
        return;
    check(&kept->map, kept->size);
    for (uint64_t k = 0; k < KEYS; k++)
        REQUIRE(words_get_or(&kept->map, k, 0) == kept->value[k], "key %lu of a snapshot has changed", (long)k);
}

Test(live, snapshots_under_waves)
{
    enum { SNAPSHOTS = 4 };
    struct rng random = {test_seed()};
    struct kept kept[SNAPSHOTS] = {{{{0, 0}}, NULL, 0}};
    uint64_t *value = calloc(KEYS, sizeof *value);
    size_t size = 0;
    live_words m;
    REQUIRE(live_words_init(&m, NULL), "no memory");
    for (unsigned step = 0; step < steps(); step++) {
        uint64_t k = rng_below(&random, KEYS);
        bool grows = step / (STEPS / 8) % 2 == 0; /* mostly fills, mostly empties */
        if (rng_below(&random, 10) < (grows ? 8 : 1)) {
            uint64_t v = 1 + rng_below(&random, 1000);
            stet_result expected = value[k] == v ? STET_UNCHANGED : STET_CHANGED;
            REQUIRE(live_words_store(&m, k, v) == expected, "store");
            size += value[k] == 0;
            value[k] = v;
        } else {
            REQUIRE(live_words_delete(&m, k) == (value[k] != 0 ? STET_CHANGED : STET_UNCHANGED), "delete");
            size -= value[k] != 0;
            value[k] = 0;
        }
        if (rng_below(&random, STEPS / 40) == 0) {
            struct kept *one = &kept[rng_below(&random, SNAPSHOTS)];
            compare(one);
            remember(one, &m, value, size);
            check(&one->map, size);
        }
    }
    for (uint64_t k = 0; k < KEYS; k++) { /* to the end */
        uint64_t v = 0;
        REQUIRE(live_words_load(&m, k, &v) == (value[k] != 0) && v == value[k], "key %lu", (long)k);
        REQUIRE(live_words_delete(&m, k) != STET_NO_MEMORY, "delete");
    }
    cr_assert_eq(live_words_size(&m), 0);
    for (unsigned i = 0; i < SNAPSHOTS; i++) {
        compare(&kept[i]);
        if (i == 1)
            live_words_destroy(&m); /* snapshots outlive their map */
        REQUIRE(words_set(&kept[i].map, KEYS, 1) == STET_CHANGED, "a snapshot is an ordinary map");
        words_drop(&kept[i].map);
        free(kept[i].value);
    }
    free(value);
    nothing_live();
}

static size_t leaves(const live_words *m)
{
    words now = live_words_snapshot(m);
    size_t n = map_shape(&now.map_).leaves;
    words_drop(&now);
    return n;
}

Test(live, leaves_join_when_they_become_small)
{
    live_words m;
    test_seed();
    REQUIRE(live_words_init(&m, NULL), "no memory");
    for (uint64_t k = 0; k < KEYS; k++)
        REQUIRE(live_words_store(&m, k, k) == STET_CHANGED, "store");
    size_t full = leaves(&m);
    for (uint64_t k = 0; k < KEYS - 100; k++)
        REQUIRE(live_words_delete(&m, k) == STET_CHANGED, "delete");
    size_t few = leaves(&m);
    cr_assert_lt(few, STET_TINY_NODES ? 101 : 60, "%zu leaves of %zu for 100 entries", few, full);
    live_words_destroy(&m);
    nothing_live();
}

/* Removes the key, and sees to it that what is there is shared now and then; or removes many at once. */
enum way { ONE_BY_ONE, BETWEEN_SNAPSHOTS, BY_BATCHES, WAYS };

static void remove_until(live_words *m, const uint64_t *key, size_t *left, size_t end, enum way way)
{
    while (*left > end) {
        live_words_op ops[20];
        size_t n = 0;
        if (way == BETWEEN_SNAPSHOTS && *left % 20 == 0) {
            words now = live_words_snapshot(m);
            words_drop(&now);
        }
        do
            ops[n++] = (live_words_op){STET_OP_DELETE, key[--*left], 0};
        while (*left > end && way == BY_BATCHES && n < 20);
        REQUIRE((n > 1 ? live_words_apply(m, ops, n) : live_words_delete(m, ops[0].key)) == STET_CHANGED, "delete");
    }
}

/* However it became small: its nodes are as full as L8 says, and there are hardly more of them than it needs. */
Test(live, what_has_shrunk_is_small)
{
    static const size_t ends[] = {KEYS / 20, 30, 1, 0};
    static uint64_t key[KEYS];
    struct rng random = {test_seed()};
    for (uint64_t k = 0; k < KEYS; k++) {
        uint64_t at = rng_below(&random, (unsigned)k + 1);
        key[k] = key[at];
        key[at] = k;
    }
    for (enum way way = 0; way < WAYS; way++) {
        live_words m;
        size_t left = KEYS;
        REQUIRE(live_words_init(&m, NULL), "no memory");
        for (uint64_t k = 0; k < KEYS; k++)
            REQUIRE(live_words_store(&m, k, k) == STET_CHANGED, "store");
        for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
            remove_until(&m, key, &left, ends[i], way);
            words now = live_words_snapshot(&m);
            const char *wrong = map_check(&words_map_type_, &now.map_, true);
            struct map_shape shape = map_shape(&now.map_);
            size_t few = 1 + left / (words_map_type_.leaf_max / 4u + 1u);
            REQUIRE(wrong == NULL, "way %u, down to %zu: %s", way, left, wrong);
            REQUIRE(words_size(&now) == left && shape.nodes <= shape.height * few && shape.leaves <= left,
                    "way %u: %zu nodes, %zu leaves, height %u for %zu entries", way, shape.nodes, shape.leaves,
                    shape.height, left);
            REQUIRE(left > 1 || shape.height <= 1, "way %u: height %u for %zu entries", way, shape.height, left);
            words_drop(&now);
        }
        stet_reclaim();
        /* The root, and one in reserve; what the root was copied from, and a leaf of it. */
        cr_assert_leq(stet_pool_stats().live_blocks, 5, "way %u: %ld blocks of an empty map", way,
                      (long)stet_pool_stats().live_blocks);
        live_words_destroy(&m);
    }
    nothing_live();
}

Test(live, first_write_after_a_snapshot_copies_a_path)
{
    live_words m;
    test_seed();
    REQUIRE(live_words_init(&m, NULL), "no memory");
    for (uint64_t k = 0; k < KEYS; k++)
        REQUIRE(live_words_store(&m, k, k) == STET_CHANGED, "store");
    words before = live_words_snapshot(&m);
    int64_t blocks = stet_pool_stats().live_blocks;
    REQUIRE(live_words_store(&m, 7, 0) == STET_CHANGED, "store");
    int64_t copied = stet_pool_stats().live_blocks - blocks;
    cr_assert(copied >= 2 && copied <= 2 + (int64_t)map_shape(&before.map_).height, "%ld blocks", (long)copied);
    blocks = stet_pool_stats().live_blocks;
    REQUIRE(live_words_store(&m, 7, 1) == STET_CHANGED, "store");
    cr_assert_eq(stet_pool_stats().live_blocks, blocks);
    cr_assert_eq(*words_get(&before, 7), 7);
    words_drop(&before);
    live_words_destroy(&m);
    nothing_live();
}

/* The tag in a leaf's first line comes again; its generation does not. */
Test(live, a_leaf_of_long_ago_is_not_of_this_generation)
{
    live_words m;
    test_seed();
    REQUIRE(live_words_init(&m, NULL), "no memory");
    REQUIRE(live_words_store(&m, 1, 10) == STET_CHANGED, "store");
    for (unsigned rounds = 0; rounds < 2; rounds++) {
        uint64_t then = m.live_->gen, value = 10 + rounds;
        words before = live_words_snapshot(&m);
        while (m.live_->gen < then + LIVE_TAGS) {
            words now = live_words_snapshot(&m);
            words_drop(&now);
        }
        cr_assert_eq(m.live_->gen % LIVE_TAGS, then % LIVE_TAGS);
        REQUIRE(live_words_store(&m, 1, value + 1) == STET_CHANGED, "store");
        cr_assert_eq(*words_get(&before, 1), value);
        words_drop(&before);
    }
    live_words_destroy(&m);
    nothing_live();
}

/* ---- attempts that give up where more is to be done than to look into a leaf or write there ---- */

static uint64_t hash_alike(const uint64_t *k, uint64_t seed) { return *k & seed & 0; }
static bool same(const uint64_t *a, const uint64_t *b) { return *a == *b; }
STET_TYPE(alike_type, uint64_t, hash_alike, same)
STET_MAP(alikes, uint64_t, uint64_t, alike_type, stet_u64)
STET_LIVE_MAP(live_alikes, alikes)

static int quick_load(live_alikes *m, uint64_t key, uint64_t *value)
{
    return live_load_quick(&alikes_map_type_, m->live_, &key, value);
}

static int quick_store(live_alikes *m, uint64_t key, uint64_t value)
{
    struct stet_write w = {.op = STET_WRITE_STORE, .key = &key, .value = &value};
    return live_write_quick(&alikes_map_type_, m->live_, &w);
}

static int quick_delete(live_alikes *m, uint64_t key)
{
    return live_write_quick(&alikes_map_type_, m->live_, &(struct stet_write){.op = STET_WRITE_DELETE, .key = &key});
}

static void quick_gives_up(live_alikes *m, uint64_t key)
{
    uint64_t value;
    cr_assert_eq(quick_load(m, key, &value), LIVE_AGAIN);
    cr_assert_eq(quick_store(m, key, 1), LIVE_AGAIN);
    cr_assert_eq(quick_delete(m, key), LIVE_AGAIN);
}

static void *quick_without_a_record(void *m)
{
    quick_gives_up(m, 0);
    return NULL;
}

Test(live, quick_attempts_give_up)
{
    const unsigned full = alikes_map_type_.leaf_max, few = full / 4 + 1;
    live_alikes m;
    uint64_t value = 0;
    pthread_t thread;
    test_seed();
    REQUIRE(live_alikes_init(&m, NULL) && live_alikes_store(&m, 0, 1), "no memory");
    REQUIRE(live_alikes_delete(&m, 0) == STET_CHANGED, "delete");
    quick_gives_up(&m, 0); /* a gap */
    REQUIRE(live_alikes_store(&m, 0, 1) == STET_CHANGED, "store");
    for (uint64_t k = 1; k < full; k++)
        cr_assert_eq(quick_store(&m, k, k), STET_CHANGED);
    cr_assert_eq(quick_store(&m, full, 1), LIVE_AGAIN); /* no room */
    cr_assert_eq(quick_store(&m, 1, 2), STET_CHANGED);
    cr_assert_eq(quick_store(&m, 1, 2), STET_UNCHANGED);
    cr_assert(quick_load(&m, 1, &value) == STET_CHANGED && value == 2);
    cr_assert_eq(quick_load(&m, full, &value), STET_UNCHANGED);
    cr_assert_eq(live_alikes_size(&m), full);

    uint64_t era;
    struct stet_inner *above;
    struct stet_thread *h = stet_era_enter_(&era);
    struct stet_leaf *leaf = stet_ref_leaf_(live_walk(m.live_, 0, era, &above));
    stet_era_leave_(h);
    REQUIRE(live_try_lock(&leaf->wide), "somebody has the lock");
    quick_gives_up(&m, 1);
    live_unlock_same(&leaf->wide);

    REQUIRE(pthread_create(&thread, NULL, quick_without_a_record, &m) == 0, "no thread");
    pthread_join(thread, NULL);

    alikes before = live_alikes_snapshot(&m);
    cr_assert_eq(quick_store(&m, 1, 3), LIVE_AGAIN); /* the snapshot's leaf */
    cr_assert_eq(quick_delete(&m, 1), LIVE_AGAIN);
    REQUIRE(live_alikes_store(&m, 1, 3) == STET_CHANGED, "store");
    cr_assert_eq(quick_store(&m, 1, 4), STET_CHANGED);
    cr_assert_eq(*alikes_get(&before, 1), 2);

    for (unsigned k = 0; k < full - few; k++)
        cr_assert_eq(quick_delete(&m, k), STET_CHANGED);
    cr_assert_eq(quick_delete(&m, full - 1), LIVE_AGAIN); /* what is left may join what is beside it */
    cr_assert_eq(live_alikes_size(&m), few);
    for (uint64_t k = 0; k < 2 * full; k++)
        REQUIRE(live_alikes_store(&m, k, 5) != STET_NO_MEMORY, "no memory");
    quick_gives_up(&m, 1); /* a chain */
    quick_gives_up(&m, 2 * full);
    cr_assert_eq(live_alikes_size(&m), 2 * full);
    alikes_drop(&before);
    live_alikes_destroy(&m);
    nothing_live();
}

Test(live, young_snapshots)
{
    live_words m;
    test_seed();
    REQUIRE(live_words_init(&m, NULL), "no memory");
    REQUIRE(live_words_store(&m, 1, 10), "store");
    live_words_snapshot_begun first = live_words_snapshot_begin(&m);
    REQUIRE(live_words_store(&m, 2, 20), "store");
    live_words_snapshot_begun second = live_words_snapshot_begin(&m);
    REQUIRE(live_words_store(&m, 3, 30), "store");
    words later = live_words_snapshot(&m);
    words b = live_words_snapshot_finish(&m, &second), a = live_words_snapshot_finish(&m, &first),
          none = live_words_snapshot_finish(&m, &first);
    check(&a, 1);
    check(&b, 2);
    check(&later, 3);
    check(&none, 0);
    live_words_snapshot_begun empty = live_words_snapshot_begin(&m);
    cr_assert_eq(live_words_clear(&m), STET_CHANGED);
    cr_assert_eq(live_words_clear(&m), STET_UNCHANGED);
    words c = live_words_snapshot_finish(&m, &empty);
    check(&c, 3);
    cr_assert_eq(live_words_size(&m), 0);
    words_drop(&a);
    words_drop(&b);
    words_drop(&c);
    words_drop(&later);
    live_words_destroy(&m);
    nothing_live();
}

/* ---- entries of less than four bytes ---- */

STET_MAP(smalls, uint8_t, uint8_t, stet_u8, stet_u8)
STET_LIVE_MAP(live_smalls, smalls)

Test(live, entries_of_two_bytes)
{
    live_smalls m = {NULL};
    uint8_t v;
    test_seed();
    live_smalls_destroy(&m); /* there is none */
    REQUIRE(live_smalls_init(&m, NULL), "no memory");
    for (unsigned k = 0; k < 256; k++)
        REQUIRE(live_smalls_store(&m, (uint8_t)k, (uint8_t)(k / 2)) == STET_CHANGED, "store");
    for (unsigned k = 0; k < 256; k += 3)
        REQUIRE(live_smalls_delete(&m, (uint8_t)k) == STET_CHANGED, "delete");
    for (unsigned k = 0; k < 256; k++) {
        bool there = live_smalls_load(&m, (uint8_t)k, &v);
        cr_assert(there == (k % 3 != 0) && (!there || v == k / 2), "key %u", k);
    }
    live_smalls_destroy(&m);
    nothing_live();
}

/* ---- somebody stops within an operation ---- */

#define STOPPER UINT64_C(0) /* comparing this key waits while it is told to */
static struct {
    bool armed;
    unsigned there;
    sem_t go;
} stop;

static bool equal_or_stop(const uint64_t *a, const uint64_t *b)
{
    if (*a == STOPPER && __atomic_exchange_n(&stop.armed, false, __ATOMIC_SEQ_CST)) {
        __atomic_add_fetch(&stop.there, 1, __ATOMIC_SEQ_CST);
        sem_wait(&stop.go);
        sem_post(&stop.go);
    }
    return *a == *b;
}
static uint64_t hash_plainly(const uint64_t *k, uint64_t seed) { return *k ^ seed; }
STET_TYPE(stopping_type, uint64_t, hash_plainly, equal_or_stop)

struct object {
    long holders;
};
typedef struct object *object_ptr;
static long objects;
static live_words *told; /* the release of an object uses this map */
static object_ptr object_new(void)
{
    object_ptr o = malloc(sizeof *o);
    o->holders = 1;
    __atomic_fetch_add(&objects, 1, __ATOMIC_RELAXED);
    return o;
}
static void object_ref(object_ptr o) { __atomic_fetch_add(&o->holders, 1, __ATOMIC_RELAXED); }
static void object_unref(object_ptr o)
{
    if (__atomic_fetch_sub(&o->holders, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    free(o);
    uint64_t left = (uint64_t)__atomic_sub_fetch(&objects, 1, __ATOMIC_RELAXED);
    if (told != NULL) {
        static unsigned depth;
        REQUIRE(depth++ == 0, "a release within another one's: there may be as many as objects");
        REQUIRE(live_words_store(told, left, left) == STET_CHANGED, "store");
        REQUIRE(live_words_delete(told, left) == STET_CHANGED, "delete");
        stet_reclaim();
        depth--;
    }
}
STET_TYPE_REF(object_type, object_ptr, object_ref, object_unref)
STET_MAP(slow_map, uint64_t, object_ptr, stopping_type, object_type)
STET_LIVE_MAP(slow_live, slow_map)

static void *look_and_stop(void *m)
{
    object_ptr found = NULL;
    REQUIRE(slow_live_load(m, STOPPER, &found), "it was there all the time");
    object_unref(found);
    return NULL;
}

static void *delete_and_stop(void *m)
{
    REQUIRE(slow_live_delete(m, STOPPER) == STET_CHANGED, "delete");
    return NULL;
}

/* The nth that stands there. */
static pthread_t start_and_stop(void *(*work)(void *m), void *m, unsigned nth)
{
    pthread_t thread;
    if (nth == 1)
        sem_init(&stop.go, 0, 0);
    __atomic_store_n(&stop.armed, true, __ATOMIC_SEQ_CST);
    REQUIRE(pthread_create(&thread, NULL, work, m) == 0, "no thread");
    while (__atomic_load_n(&stop.there, __ATOMIC_SEQ_CST) != nth)
        sched_yield();
    return thread;
}

static void put(slow_live *m, uint64_t key)
{
    object_ptr o = object_new();
    REQUIRE(slow_live_store(m, key, o) == STET_CHANGED, "store");
    object_unref(o);
}

/* Everything is replaced over and over, comes and goes: what is not freed stays bounded. */
static void churn(slow_live *m, unsigned keys, unsigned rounds, long *most_objects, int64_t *most_blocks)
{
    struct rng random = {1};
    for (unsigned i = 0; i < rounds; i++) {
        uint64_t k = 1 + rng_below(&random, keys);
        if (rng_below(&random, 3) == 0)
            (void)!slow_live_delete(m, k);
        else
            put(m, k);
        if (i % 64 == 0) {
            int64_t blocks = stet_pool_stats().live_blocks;
            *most_objects = objects > *most_objects ? objects : *most_objects;
            *most_blocks = blocks > *most_blocks ? blocks : *most_blocks;
        }
    }
}

static slow_map taken;
static void *take_snapshot(void *m)
{
    taken = slow_live_snapshot(m);
    return NULL;
}

/* A removal is under way, and not counted yet, when the snapshot ends its generation. */
Test(live, a_snapshot_counts_what_was_under_way)
{
    enum { OBJECTS = 10 };
    slow_live m;
    pthread_t deletes, takes;
    size_t n = 0;
    test_seed();
    REQUIRE(slow_live_init(&m, NULL), "no memory");
    for (uint64_t k = 0; k < OBJECTS; k++)
        put(&m, k);
    uint64_t before = __atomic_load_n(&m.live_->gen, __ATOMIC_SEQ_CST);
    deletes = start_and_stop(delete_and_stop, &m, 1);
    REQUIRE(pthread_create(&takes, NULL, take_snapshot, &m) == 0, "no thread");
    while (__atomic_load_n(&m.live_->gen, __ATOMIC_SEQ_CST) == before)
        sched_yield();
    usleep(30000); /* it would be counting now if it did not wait */
    sem_post(&stop.go);
    pthread_join(deletes, NULL);
    pthread_join(takes, NULL);
    for (slow_map_cursor it = slow_map_first(&taken); it.key != NULL; slow_map_next(&it))
        n++;
    cr_assert(n == OBJECTS - 1 && slow_map_size(&taken) == n, "%zu entries of %zu", n, slow_map_size(&taken));
    slow_map_drop(&taken);
    slow_live_destroy(&m);
    stet_reclaim();
    cr_assert_eq(objects, 0);
    nothing_live();
}

Test(live, garbage_is_bounded_while_somebody_stops)
{
    enum { OBJECTS = 500 };
    slow_live m;
    pthread_t thread;
    long most = 0;
    int64_t blocks = 0;
    test_seed();
    REQUIRE(slow_live_init(&m, NULL), "no memory");
    for (uint64_t k = 0; k <= OBJECTS; k++)
        put(&m, k);
    thread = start_and_stop(look_and_stop, &m, 1);
    churn(&m, OBJECTS, steps(), &most, &blocks);
    /* What was there when it stopped, the map, what is under way in batches of 512 while it is noticed. */
    cr_assert_lt(most, 2 * OBJECTS + 8 * 512, "%ld objects", most);
    cr_assert_lt(blocks, 8 * 512 + 8 * OBJECTS, "%ld blocks", (long)blocks);
    sem_post(&stop.go);
    pthread_join(thread, NULL);
    stet_reclaim();
    cr_assert_eq((size_t)objects, slow_live_size(&m), "all garbage is gone");
    slow_live_destroy(&m);
    stet_reclaim();
    cr_assert_eq(objects, 0);
    nothing_live();
}

/* What the first of them is at was retired in its era, and not in that of any other. */
Test(live, what_many_stop_at_stays)
{
    enum { READERS = 140 }; /* more than are told apart */
    pthread_t thread[READERS];
    slow_live m;
    live_words other;
    test_seed();
    REQUIRE(slow_live_init(&m, NULL) && live_words_init(&other, NULL), "no memory");
    put(&m, STOPPER);
    for (unsigned i = 0; i < READERS; i++) {
        thread[i] = start_and_stop(look_and_stop, &m, i + 1);
        if (i == 0) {
            REQUIRE(slow_live_delete(&m, STOPPER) == STET_CHANGED, "delete");
            stet_reclaim();
            put(&m, STOPPER);
        }
        cr_assert_eq(objects, 2, "the first one may be about to count its value");
        REQUIRE(live_words_store(&other, 1, 1) && live_words_delete(&other, 1), "its leaf has the clock go on");
        stet_reclaim();
    }
    sem_post(&stop.go);
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(thread[i], NULL);
    stet_reclaim();
    cr_assert_eq(objects, 1);
    slow_live_destroy(&m);
    live_words_destroy(&other);
    nothing_live();
}

Test(live, without_membarrier)
{
    slow_live m;
    long most = 0;
    int64_t blocks = 0;
    REQUIRE(setenv("STET_NO_MEMBARRIER", "1", 1) == 0, "no environment");
    test_seed();
    REQUIRE(slow_live_init(&m, NULL), "no memory");
    churn(&m, 50, 3000, &most, &blocks);
    stet_reclaim();
    cr_assert_eq((size_t)objects, slow_live_size(&m), "all garbage is gone");
    slow_live_destroy(&m);
    nothing_live();
}

Test(live, release_may_use_another_map)
{
    enum { OBJECTS = 2000 };
    slow_live m;
    live_words other;
    test_seed();
    REQUIRE(slow_live_init(&m, NULL) && live_words_init(&other, NULL), "no memory");
    told = &other;
    for (uint64_t k = 0; k < OBJECTS; k++)
        put(&m, k);
    for (uint64_t k = 0; k < OBJECTS; k++)
        REQUIRE(slow_live_delete(&m, k) == STET_CHANGED, "delete");
    stet_reclaim();
    cr_assert_eq(objects, 0);
    told = NULL;
    slow_live_destroy(&m);
    live_words_destroy(&other);
    nothing_live();
}

static void *churn_and_end(void *m)
{
    long most = 0;
    int64_t blocks = 0;
    churn(m, 50, 300, &most, &blocks);
    return NULL;
}

/* One after the other: the next one goes on with what the last one left. */
Test(live, threads_that_end_leave_little)
{
    enum { LEFT = 128 };
    slow_live m;
    test_seed();
    REQUIRE(slow_live_init(&m, NULL), "no memory");
    for (unsigned i = 0; i < 200; i++) {
        pthread_t thread;
        REQUIRE(pthread_create(&thread, NULL, churn_and_end, &m) == 0, "no thread");
        pthread_join(thread, NULL);
        cr_assert_leq((size_t)objects, slow_live_size(&m) + LEFT);
    }
    stet_reclaim();
    cr_assert_eq((size_t)objects, slow_live_size(&m), "anyone frees what is left");
    slow_live_destroy(&m);
    nothing_live();
}

/* ---- who counts where ---- */

struct counted {
    live_words *m;
    uint64_t first;
    bool without_record;
    pthread_barrier_t *all;
};
enum { COUNTED_EACH = 10, COUNTED_THREADS = 40 };

static void *store_some(void *argument)
{
    struct counted *c = argument;
    pthread_barrier_wait(c->all); /* all of them live, so each has a record of its own */
    if (c->without_record)
        stet_pool_fault(1, 1);
    for (uint64_t k = c->first; k < c->first + COUNTED_EACH; k++)
        REQUIRE(live_words_store(c->m, k, k) == STET_CHANGED, "store");
    stet_pool_fault_end();
    pthread_barrier_wait(c->all);
    return NULL;
}

/* Of one thread, of more than have counters of their own, of one that has no record. */
Test(live, snapshots_count_what_any_thread_stored)
{
    live_words m;
    size_t size = 0;
    test_seed();
    REQUIRE(live_words_init(&m, NULL), "no memory");
    for (unsigned threads = 1; threads <= COUNTED_THREADS; threads += 13) {
        pthread_t thread[COUNTED_THREADS];
        struct counted each[COUNTED_THREADS];
        pthread_barrier_t all;
        pthread_barrier_init(&all, NULL, threads);
        for (unsigned i = 0; i < threads; i++) {
            each[i] = (struct counted){&m, size, size == 0, &all};
            size += COUNTED_EACH;
            REQUIRE(pthread_create(&thread[i], NULL, store_some, &each[i]) == 0, "no thread");
        }
        for (unsigned i = 0; i < threads; i++)
            pthread_join(thread[i], NULL);
        pthread_barrier_destroy(&all);
        words now = live_words_snapshot(&m);
        check(&now, size);
        cr_assert_eq(live_words_size(&m), size);
        words_drop(&now);
    }
    live_words_destroy(&m);
    nothing_live();
}

/* ---- a batch, and something between its steps ---- */

/* Another thread does something when this key is compared for the nth time, from 0; then the comparison goes on. */
static struct {
    uint64_t key;
    unsigned compared, at;
    void *(*meanwhile)(void *);
} between;

static bool equal_and_meanwhile(const uint64_t *a, const uint64_t *b)
{
    pthread_t thread;
    if (*a == between.key && between.meanwhile != NULL && between.compared++ == between.at) {
        REQUIRE(pthread_create(&thread, NULL, between.meanwhile, NULL) == 0, "no thread");
        pthread_join(thread, NULL);
    }
    return *a == *b;
}
/* Its upper bits on every level: 256 keys are alike. */
static uint64_t hash_not(const uint64_t *k, uint64_t seed)
{
    (void)seed;
    return *k & ~UINT64_C(255);
}
static int compare_keys(const uint64_t *a, const uint64_t *b) { return (*a > *b) - (*a < *b); }
static void leave(const uint64_t *k) { (void)k; }
static void let_go(uint64_t *k) { (void)k; }
STET_TYPE_FULL(spread_key_type, uint64_t, hash_not, equal_and_meanwhile, compare_keys, leave, let_go,
               STET_LAZY | STET_GOOD_HASH)
STET_MAP(ordered, uint64_t, uint64_t, spread_key_type, stet_u64)
STET_LIVE_MAP(live_ordered, ordered)

static uint64_t hash_exactly(const uint64_t *k, uint64_t seed)
{
    (void)seed;
    return *k;
}
STET_TYPE_FULL(exact_stopping_type, uint64_t, hash_exactly, equal_or_stop, compare_keys, leave, let_go,
               STET_LAZY | STET_GOOD_HASH)
STET_MAP(exact_map, uint64_t, object_ptr, exact_stopping_type, object_type)
STET_LIVE_MAP(exact_live, exact_map)

static void *exact_look_and_stop(void *m)
{
    object_ptr found = NULL;
    if (exact_live_load(m, STOPPER, &found))
        object_unref(found);
    return NULL;
}

static void exact_put(exact_live *m, uint64_t key)
{
    object_ptr o = object_new();
    REQUIRE(exact_live_store(m, key, o) == STET_CHANGED, "store");
    object_unref(o);
}

static void exact_del(exact_live *m, uint64_t key) { REQUIRE(exact_live_delete(m, key) == STET_CHANGED, "delete"); }

/* E4: somebody stops at an entry; a leaf that was made later takes over its leaf; then the entry goes. */
Test(live, who_stops_keeps_what_has_moved_to_a_younger_leaf)
{
    exact_live m;
    const unsigned full = exact_map_map_type_.leaf_max, young = full / 2;
    const uint64_t side = UINT64_C(1) << 63, half = UINT64_C(1) << 62, step = UINT64_C(1) << 50;
    test_seed();
    REQUIRE(exact_live_init(&m, NULL), "no memory");
    object_ptr watched = object_new();
    REQUIRE(exact_live_store(&m, STOPPER, watched) == STET_CHANGED, "store");
    for (uint64_t i = 1; i <= full; i++) /* two leaves, and a gap beside them */
        exact_put(&m, (i & 1) * half + i * step);
    pthread_t thread = start_and_stop(exact_look_and_stop, &m, 1);
    exact_del(&m, half + step); /* something is retired, and the clock goes on */
    stet_reclaim();
    for (uint64_t i = 0; i < young; i++)
        exact_put(&m, side + i * step);
    for (uint64_t i = 2; i <= full; i++) /* the stopper's leaf is for all of that side, and small */
        exact_del(&m, (i & 1) * half + i * step);
    for (uint64_t i = 1; i < young; i++)
        exact_del(&m, side + i * step);
    exact_del(&m, STOPPER);
    stet_reclaim();
    cr_assert_eq(watched->holders, 2, "we, and what waits for who stopped");
    sem_post(&stop.go);
    REQUIRE(pthread_join(thread, NULL) == 0, "no end");
    stet_reclaim();
    cr_assert_eq(watched->holders, 1);
    object_unref(watched);
    exact_live_destroy(&m);
    stet_reclaim();
    cr_assert_eq(objects, 0);
    nothing_live();
}

/* The n-th of 64 keys by their hashes; neighbours may share a leaf, the first and the last do not. */
static uint64_t nth_key(uint64_t n) { return n << 58; }

static struct {
    live_ordered m;
    live_ordered_snapshot_begun young;
    uint64_t last;
} moment;

static void *snapshot_then_look(void *nothing)
{
    moment.young = live_ordered_snapshot_begin(&moment.m);
    REQUIRE(live_ordered_load(&moment.m, nth_key(63), &moment.last), "it was there all the time");
    return nothing;
}

/* Stores 2 for two keys that have 1. The first one is compared as it is locked, and the second one can be read then;
 * who has read 1 has done so before the batch, and so had the snapshot. */
Test(live, a_snapshot_while_a_batch_takes_its_locks)
{
    test_seed();
    REQUIRE(live_ordered_init(&moment.m, NULL), "no memory");
    for (uint64_t i = 0; i < 64; i++)
        REQUIRE(live_ordered_store(&moment.m, nth_key(i), 1) == STET_CHANGED, "store");
    live_ordered_op both[] = {{STET_OP_STORE, nth_key(0), 2}, {STET_OP_STORE, nth_key(63), 2}};
    between.compared = between.at = 0;
    between.meanwhile = snapshot_then_look;
    cr_assert_eq(live_ordered_apply(&moment.m, both, 2), STET_CHANGED);
    between.meanwhile = NULL;
    cr_assert_gt(between.compared, 0);
    ordered then = live_ordered_snapshot_finish(&moment.m, &moment.young);
    cr_assert_eq(moment.last, 1);
    cr_assert_eq(*ordered_get(&then, nth_key(63)), 1, "a snapshot shows what was not there afterwards");
    cr_assert_eq(*ordered_get(&then, nth_key(0)), 1, "a snapshot shows a part of a batch");
    cr_assert(live_ordered_load(&moment.m, nth_key(63), &moment.last) && moment.last == 2);
    ordered_drop(&then);
    live_ordered_destroy(&moment.m);
    nothing_live();
}

/*
 * A chain is below a column of nodes, for the bits that its hash and another one have in common. The column goes with
 * the chain, if the other key went before, or is joined.
 */
Test(live, above_a_chain_that_is_empty_nothing_is_left)
{
    const uint64_t beside = 256, apart = UINT64_C(1) << 63; /* a hash that differs in the last bits, and in the first */
    test_seed();
    for (unsigned alone = 0; alone < 2; alone++) {
        live_ordered m;
        REQUIRE(live_ordered_init(&m, NULL), "no memory");
        for (uint64_t k = 0; k < 40; k++)
            REQUIRE(live_ordered_store(&m, k, 1) == STET_CHANGED, "store");
        REQUIRE(live_ordered_store(&m, beside, 1) == STET_CHANGED, "store");
        REQUIRE(live_ordered_store(&m, apart, 1) == STET_CHANGED, "store");
        ordered now = live_ordered_snapshot(&m);
        struct map_shape before = map_shape(&now.map_);
        ordered_drop(&now);
        if (alone)
            REQUIRE(live_ordered_delete(&m, beside) == STET_CHANGED, "delete");
        for (uint64_t k = 0; k < 40; k++)
            REQUIRE(live_ordered_delete(&m, k) == STET_CHANGED, "delete");
        now = live_ordered_snapshot(&m);
        struct map_shape after = map_shape(&now.map_);
        cr_assert(before.chains == 1 && before.height > 5, "%zu chains, height %u", before.chains, before.height);
        cr_assert(after.nodes == 1 && after.leaves == 1, "%zu nodes, %zu leaves", after.nodes, after.leaves);
        ordered_drop(&now);
        live_ordered_destroy(&m);
    }
    nothing_live();
}

/* All of these keys are there with these values, one by one and in a sound snapshot, and no more. */
static void ordered_is_sound(live_ordered *m, const uint64_t *keys, size_t n)
{
    uint64_t value;
    ordered now = live_ordered_snapshot(m);
    const char *wrong = map_check(&ordered_map_type_, &now.map_, true);
    cr_assert(wrong == NULL, "%s", wrong);
    cr_assert(ordered_size(&now) == n && live_ordered_size(m) == n);
    for (size_t i = 0; i < n; i++)
        cr_assert(live_ordered_load(m, keys[i], &value) && value == keys[i] && *ordered_get(&now, keys[i]) == keys[i]);
    ordered_drop(&now);
}

/* A chain meets a key of another hash, whatever bit it differs in: in a write, or in a batch, which has some of both.
 */
Test(live, a_chain_makes_way_for_another_hash)
{
    const unsigned n = ordered_map_type_.leaf_max + 2u;
    uint64_t keys[2 * 64];
    live_ordered_op ops[2 * 64];
    test_seed();
    for (unsigned bit = 8; bit < 64; bit++)
        for (unsigned in_batch = 0; in_batch < 3; in_batch++) {
            live_ordered m;
            REQUIRE(live_ordered_init(&m, NULL), "no memory");
            for (unsigned i = 0; i < 2 * n; i++) {
                keys[i] = i % n + (i < n ? 0 : UINT64_C(1) << bit);
                ops[i] = (live_ordered_op){STET_OP_STORE, keys[i], keys[i]};
            }
            unsigned singly = in_batch == 0 ? 2 * n : in_batch == 1 ? n : 0;
            for (unsigned i = 0; i < singly; i++)
                REQUIRE(live_ordered_store(&m, keys[i], keys[i]) == STET_CHANGED, "store");
            cr_assert_eq(live_ordered_apply(&m, ops, 2 * n), singly < 2 * n ? STET_CHANGED : STET_UNCHANGED);
            ordered_is_sound(&m, keys, 2 * n);
            for (unsigned i = 0; i < n; i++)
                ops[i].kind = STET_OP_DELETE;
            cr_assert_eq(live_ordered_apply(&m, ops, 2 * n), STET_CHANGED);
            ordered_is_sound(&m, keys + n, n);
            live_ordered_destroy(&m);
            nothing_live();
        }
}

/* Each request on the way to a key of another hash than a chain's fails in turn, with a snapshot and without. */
Test(live, refused_ways_past_a_chain_change_nothing)
{
    const unsigned n = ordered_map_type_.leaf_max + 2u;
    uint64_t keys[64];
    test_seed();
    for (unsigned bit = 8; bit < 64; bit += 11)
        for (unsigned shared = 0; shared < 2; shared++) {
            bool refused = true;
            for (uint64_t nth = 1; refused; nth++) {
                live_ordered m;
                ordered before = {0};
                REQUIRE(live_ordered_init(&m, NULL), "no memory");
                for (unsigned i = 0; i < n; i++) {
                    keys[i] = i;
                    REQUIRE(live_ordered_store(&m, i, i) == STET_CHANGED, "store");
                }
                keys[n] = UINT64_C(1) << bit;
                if (shared)
                    before = live_ordered_snapshot(&m);
                stet_pool_fault(nth, 1);
                stet_result result = live_ordered_store(&m, keys[n], keys[n]);
                refused = stet_pool_requests() >= nth;
                stet_pool_fault_end();
                cr_assert_eq(result, refused ? STET_NO_MEMORY : STET_CHANGED);
                cr_assert_eq(live_ordered_has(&m, keys[n]), !refused);
                if (refused)
                    REQUIRE(live_ordered_store(&m, keys[n], keys[n]) == STET_CHANGED, "store");
                ordered_is_sound(&m, keys, n + 1);
                cr_assert_eq(ordered_size(&before), shared ? n : 0);
                ordered_drop(&before);
                live_ordered_destroy(&m);
                nothing_live();
            }
        }
}

/* A full leaf of keys of one hash, and one more: the leaf becomes a chain. */
Test(live, refused_chains_change_nothing)
{
    const uint64_t full = ordered_map_type_.leaf_max;
    bool refused = true;
    uint64_t value;
    test_seed();
    for (uint64_t nth = 1; refused; nth++) {
        live_ordered m;
        REQUIRE(live_ordered_init(&m, NULL), "no memory");
        for (uint64_t i = 0; i < full; i++)
            REQUIRE(live_ordered_store(&m, nth_key(5) + i, i) == STET_CHANGED, "store");
        stet_pool_fault(nth, 1);
        stet_result result = live_ordered_store(&m, nth_key(5) + full, full);
        refused = stet_pool_requests() >= nth;
        stet_pool_fault_end();
        cr_assert_eq(result, refused ? STET_NO_MEMORY : STET_CHANGED);
        for (unsigned again = 0; again < 2; again++) {
            size_t size = full + (result != STET_NO_MEMORY);
            ordered now = live_ordered_snapshot(&m);
            const char *wrong = map_check(&ordered_map_type_, &now.map_, false);
            cr_assert(wrong == NULL, "%s", wrong);
            cr_assert(map_shape(&now.map_).chains == 1 || size == full);
            cr_assert(ordered_size(&now) == size && live_ordered_size(&m) == size);
            for (uint64_t i = 0; i < size; i++)
                cr_assert(live_ordered_load(&m, nth_key(5) + i, &value) && value == i);
            cr_assert_eq(live_ordered_has(&m, nth_key(5) + full), size > full);
            ordered_drop(&now);
            if (result == STET_NO_MEMORY)
                result = live_ordered_store(&m, nth_key(5) + full, full);
            cr_assert_neq(result, STET_NO_MEMORY);
        }
        live_ordered_destroy(&m);
        nothing_live();
    }
}

/* A batch takes out all that a chain has, and then puts in more keys of that hash than a leaf has room for. */
Test(live, a_batch_empties_a_chain_and_fills_it)
{
    const uint64_t n = ordered_map_type_.leaf_max + 1u;
    live_ordered m;
    uint64_t value;
    test_seed();
    REQUIRE(live_ordered_init(&m, NULL) && 2 * n <= 256, "no memory");
    live_ordered_op *ops = calloc(2 * n, sizeof *ops);
    for (uint64_t i = 0; i < n; i++) {
        REQUIRE(live_ordered_store(&m, nth_key(5) + i, i) == STET_CHANGED, "store");
        ops[i] = (live_ordered_op){STET_OP_DELETE, nth_key(5) + i, 0};
        ops[n + i] = (live_ordered_op){STET_OP_STORE, nth_key(5) + n + i, n + i};
    }
    cr_assert_eq(live_ordered_apply(&m, ops, 2 * n), STET_CHANGED);
    free(ops);
    ordered now = live_ordered_snapshot(&m);
    const char *wrong = map_check(&ordered_map_type_, &now.map_, false);
    cr_assert(wrong == NULL, "%s", wrong);
    cr_assert(ordered_size(&now) == n && live_ordered_size(&m) == n);
    for (uint64_t i = 0; i < 2 * n; i++)
        cr_assert_eq(live_ordered_load(&m, nth_key(5) + i, &value) && value == i, i >= n, "key %lu", (long)i);
    ordered_drop(&now);
    live_ordered_destroy(&m);
    nothing_live();
}

STET_MAP(owned, uint64_t, object_ptr, spread_key_type, object_type)
STET_LIVE_MAP(live_owned, owned)

static struct {
    live_owned m;
    live_owned_snapshot_begun young;
} departing;

static void *snapshot_meanwhile(void *nothing)
{
    departing.young = live_owned_snapshot_begin(&departing.m);
    return nothing;
}

/* The entry was found, and its value told, when the generation ends: it is found and told anew. */
Test(live, a_snapshot_while_the_last_entry_goes)
{
    test_seed();
    for (unsigned most = 1; most <= 40; most += 39) { /* of one hash: they need a chain */
        REQUIRE(live_owned_init(&departing.m, NULL), "no memory");
        for (uint64_t i = 0; i < most; i++) {
            object_ptr o = object_new();
            REQUIRE(live_owned_store(&departing.m, nth_key(5) + i, o) == STET_CHANGED, "store");
            object_unref(o);
        }
        for (uint64_t i = 1; i < most; i++)
            REQUIRE(live_owned_delete(&departing.m, nth_key(5) + i) == STET_CHANGED, "delete");
        between.key = nth_key(5);
        between.compared = between.at = 0;
        between.meanwhile = snapshot_meanwhile;
        object_ptr last = NULL;
        cr_assert_eq(live_owned_load_and_delete(&departing.m, nth_key(5), &last), STET_CHANGED);
        between.meanwhile = NULL;
        cr_assert_gt(between.compared, 1);
        owned then = live_owned_snapshot_finish(&departing.m, &departing.young);
        cr_assert(owned_size(&then) == 1 && *owned_get(&then, nth_key(5)) == last);
        owned_drop(&then);
        cr_assert_eq(live_owned_size(&departing.m), 0);
        live_owned_destroy(&departing.m);
        stet_reclaim();
        cr_assert_eq(last->holders, 1, "%ld hold it", last->holders);
        object_unref(last);
        nothing_live();
    }
}

/* ThreadSanitizer's deadlock detector cannot count the locks that the pool takes for a fork. */
#ifdef __SANITIZE_THREAD__
#    define NOT_UNDER_TSAN true
#else
#    define NOT_UNDER_TSAN false
#endif

Test(live, a_child_goes_on_alone, .disabled = NOT_UNDER_TSAN)
{
    live_words m;
    test_seed();
    REQUIRE(live_words_init(&m, NULL), "no memory");
    REQUIRE(live_words_store(&m, 1, 1), "store");
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        for (uint64_t k = 0; k < 2000; k++)
            REQUIRE(live_words_store(&m, k, k + 5), "store");
        words now = live_words_snapshot(&m);
        check(&now, 2000);
        words_drop(&now);
        live_words_destroy(&m);
        nothing_live();
        test_exit(0);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    cr_assert_eq(live_words_size(&m), 1);
    live_words_destroy(&m);
    nothing_live();
}

#ifdef SANITIZED /* their allocators do not survive a fork while other threads allocate */
#    define NOT_UNDER_SANITIZERS true
#else
#    define NOT_UNDER_SANITIZERS false
#endif

/* What others do while one forks. Keys are in pairs, both of which a batch gives the same value. */
static struct {
    live_words m, other;
    bool done;
} busy;

static bool is_done(void) { return __atomic_load_n(&busy.done, __ATOMIC_RELAXED); }

static void *write_pairs(void *seed)
{
    struct rng random = {(uint64_t)(uintptr_t)seed};
    while (!is_done()) {
        uint64_t k = 2 * rng_below(&random, 1000), v = rng_next(&random);
        live_words_op both[] = {{STET_OP_STORE, k, v}, {STET_OP_STORE, k + 1, v}};
        REQUIRE(live_words_apply(&busy.m, both, 2), "no memory");
        REQUIRE(live_words_store(&busy.other, rng_below(&random, 100000), v), "no memory");
        REQUIRE(live_words_delete(&busy.other, rng_below(&random, 100000)), "no memory");
    }
    return NULL;
}

static void *take_snapshots(void *unused)
{
    while (!is_done()) {
        words now = live_words_snapshot(&busy.m);
        words_drop(&now);
        live_words_snapshot_begun young = live_words_snapshot_begin(&busy.other);
        now = live_words_snapshot_finish(&busy.other, &young);
        words_drop(&now);
    }
    return unused;
}

/* In the child: all of a batch or nothing, sizes that are right, and everything goes on. */
static void check_child(void)
{
    words now = live_words_snapshot(&busy.m);
    size_t n = 0;
    for (uint64_t k = 0; k < 2000; k += 2) {
        const uint64_t *a = words_get(&now, k), *b = words_get(&now, k + 1);
        REQUIRE((a != NULL) == (b != NULL) && (a == NULL || *a == *b), "half a batch");
        n += a != NULL ? 2 : 0;
    }
    REQUIRE(words_size(&now) == n && live_words_size(&busy.m) == n, "%zu entries, but %zu", n, words_size(&now));
    words_drop(&now);
    for (uint64_t k = 0; k < 2000; k++)
        REQUIRE(live_words_store(&busy.m, k, k + 1), "no memory");
    now = live_words_snapshot(&busy.m);
    check(&now, 2000);
    words_drop(&now);
    now = live_words_snapshot(&busy.other);
    check(&now, live_words_size(&busy.other));
    words_drop(&now);
    REQUIRE(live_words_clear(&busy.m) == STET_CHANGED, "clear");
    stet_reclaim();
    live_words_destroy(&busy.m);
    live_words_destroy(&busy.other);
}

Test(live, fork_waits_for_writes_and_snapshots, .disabled = NOT_UNDER_SANITIZERS)
{
    pthread_t thread[4];
    test_seed();
    REQUIRE(live_words_init(&busy.m, NULL) && live_words_init(&busy.other, NULL), "no memory");
    for (uintptr_t i = 0; i < 3; i++)
        REQUIRE(pthread_create(&thread[i], NULL, write_pairs, (void *)(rng_mix(test_seed(), i))) == 0, "thread");
    REQUIRE(pthread_create(&thread[3], NULL, take_snapshots, NULL) == 0, "thread");
    for (unsigned i = 0; i < (test_long() ? 1000 : 40); i++) {
        fflush(NULL);
        pid_t child = fork();
        REQUIRE(child >= 0, "no process");
        if (child == 0) {
            alarm(30); /* its end, if it waits for who is gone */
            check_child();
            test_exit(0);
        }
        int status;
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert_eq(status, 0, "round %u: the child ended with status %#x", i, (unsigned)status);
        if (i % 8 == 0)
            REQUIRE(live_words_clear(&busy.m), "no memory");
    }
    __atomic_store_n(&busy.done, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    live_words_destroy(&busy.m);
    live_words_destroy(&busy.other);
    nothing_live();
}

/* A callback of a write that forks, which it should not: others wait for its leaf, and a snapshot for its write. */
struct forker {
    int holders;
    bool forks;
};
typedef struct forker *forker_ptr;
static unsigned forked;

static void forker_ref(forker_ptr f)
{
    __atomic_fetch_add(&f->holders, 1, __ATOMIC_RELAXED);
    if (!__atomic_exchange_n(&f->forks, false, __ATOMIC_RELAXED))
        return;
    nanosleep(&(struct timespec){0, 20000000}, NULL); /* until others wait */
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    int status;
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child && status == 0, "no child");
    __atomic_fetch_add(&forked, 1, __ATOMIC_RELAXED);
}
static void forker_unref(forker_ptr f) { __atomic_fetch_sub(&f->holders, 1, __ATOMIC_RELAXED); }
STET_TYPE_REF(forker_type, forker_ptr, forker_ref, forker_unref)
STET_MAP(forkers, int, forker_ptr, stet_int, forker_type)
STET_LIVE_MAP(live_forkers, forkers)

static live_forkers forking_map;
static struct forker quiet;

static void *write_same_leaf(void *unused)
{
    for (int i = 0; !is_done(); i++)
        REQUIRE(live_forkers_store(&forking_map, i % 8, &quiet), "no memory");
    return unused;
}

static void *snapshot_same(void *unused)
{
    while (!is_done()) {
        forkers now = live_forkers_snapshot(&forking_map);
        forkers_drop(&now);
    }
    return unused;
}

static void *fork_all_the_time(void *unused)
{
    while (!is_done()) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        int status;
        REQUIRE(child > 0 && waitpid(child, &status, 0) == child && status == 0, "no child");
    }
    return unused;
}

Test(live, a_callback_of_a_write_forks, .disabled = NOT_UNDER_SANITIZERS)
{
    static void *(*const others[])(void *) = {snapshot_same, write_same_leaf, write_same_leaf, fork_all_the_time};
    pthread_t thread[4];
    test_seed();
    alarm(120);
    REQUIRE(live_forkers_init(&forking_map, NULL), "no memory");
    for (unsigned i = 0; i < 4; i++)
        REQUIRE(pthread_create(&thread[i], NULL, others[i], NULL) == 0, "thread");
    for (int i = 0; i < 10; i++) {
        struct forker f = {1, true};
        REQUIRE(live_forkers_store(&forking_map, i % 8, &f), "no memory");
        REQUIRE(live_forkers_delete(&forking_map, i % 8), "no memory");
        while (__atomic_load_n(&f.holders, __ATOMIC_RELAXED) > 1)
            stet_reclaim();
    }
    cr_assert_eq(forked, 10);
    __atomic_store_n(&busy.done, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    live_forkers_destroy(&forking_map);
    nothing_live();
}

/* ---- snapshots while others write ---- */

static struct {
    live_words m;
    bool done;
} shared;

static void *write_everywhere(void *seed)
{
    struct rng random = {(uint64_t)(uintptr_t)seed};
    for (unsigned i = 0; i < steps() / 2; i++) {
        uint64_t k = rng_below(&random, 2000);
        if (rng_below(&random, 2))
            REQUIRE(live_words_store(&shared.m, k, i), "store");
        else
            REQUIRE(live_words_delete(&shared.m, k), "delete");
    }
    return NULL;
}

Test(live, snapshots_of_what_others_write)
{
    pthread_t thread[4];
    test_seed();
    REQUIRE(live_words_init(&shared.m, NULL), "no memory");
    for (uintptr_t i = 0; i < 4; i++)
        REQUIRE(pthread_create(&thread[i], NULL, write_everywhere, (void *)(rng_mix(test_seed(), i))) == 0, "thread");
    for (unsigned i = 0; i < 100; i++) {
        words one = live_words_snapshot(&shared.m), copy;
        live_words_snapshot_begun young = live_words_snapshot_begin(&shared.m);
        check(&one, words_size(&one));
        copy = words_copy(&one);
        sched_yield();
        words other = live_words_snapshot_finish(&shared.m, &young);
        check(&other, words_size(&other));
        cr_assert(words_equal(&one, &copy));
        check(&copy, words_size(&one));
        words_drop(&one);
        words_drop(&copy);
        words_drop(&other);
    }
    for (unsigned i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    words last = live_words_snapshot(&shared.m);
    check(&last, live_words_size(&shared.m));
    words_drop(&last);
    live_words_destroy(&shared.m);
    nothing_live();
}
