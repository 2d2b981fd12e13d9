/* SPDX-License-Identifier: MIT */
/*
 * live.c - what only the map that is edited in place has: its nodes grow, shrink and are copied as they must, snapshots
 * are ordinary maps and can be young, and what somebody who is stopped keeps from being freed stays within bounds.
 */
#include "support/map_check.h"
#include "support/testing.h"

#include "live_core.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
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
    for (words_iter it = words_first(m); it.key != NULL; words_next(&it))
        n++;
    REQUIRE(n == size && words_size(m) == size, "%zu entries, says %zu, should have %zu", n, words_size(m), size);
}

/* ---- rule L9 of live.h ---- */

static stet_ref leaf_for(const live_words *m, uint64_t hash)
{
    uint64_t era;
    struct stet_inner *above;
    struct stet_hazard *h = stet_era_enter_(&era);
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
        if ((stet_map_hash_form(&words_map_type_, NULL, &key, 0) >> 58 != 0) != beside)
            continue;
        for (uint64_t i = 0; i < PROBES; i++)
            before[i] = leaf_for(&m, i << 58);
        REQUIRE(live_words_store(&m, key, ++stored) == STET_CHANGED, "store");
        for (uint64_t i = 0; i < PROBES; i++)
            if (before[i] != 0 && leaf_for(&m, i << 58) != before[i]) {
                REQUIRE(stet_ref_leaf(before[i])->wide & LIVE_DEAD, "a leaf lives, and somebody waits for it in vain");
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
    cr_assert_eq(live_words_len(&m), 0);
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

Test(live, young_snapshots)
{
    live_words m;
    test_seed();
    REQUIRE(live_words_init(&m, NULL), "no memory");
    REQUIRE(live_words_store(&m, 1, 10), "store");
    live_words_young first = live_words_young_snapshot(&m);
    REQUIRE(live_words_store(&m, 2, 20), "store");
    live_words_young second = live_words_young_snapshot(&m);
    REQUIRE(live_words_store(&m, 3, 30), "store");
    words later = live_words_snapshot(&m);
    words b = live_words_settle(&m, &second), a = live_words_settle(&m, &first), none = live_words_settle(&m, &first);
    check(&a, 1);
    check(&b, 2);
    check(&later, 3);
    check(&none, 0);
    live_words_young empty = live_words_young_snapshot(&m);
    cr_assert_eq(live_words_clear(&m), STET_CHANGED);
    cr_assert_eq(live_words_clear(&m), STET_UNCHANGED);
    words c = live_words_settle(&m, &empty);
    check(&c, 3);
    cr_assert_eq(live_words_len(&m), 0);
    words_drop(&a);
    words_drop(&b);
    words_drop(&c);
    words_drop(&later);
    live_words_destroy(&m);
    nothing_live();
}

/* ---- somebody stops within an operation ---- */

#define STOPPER UINT64_C(0) /* comparing this key waits while it is told to */
static struct {
    bool armed, there, go;
} stop;

static bool equal_or_stop(const uint64_t *a, const uint64_t *b)
{
    if (*a == STOPPER && __atomic_exchange_n(&stop.armed, false, __ATOMIC_SEQ_CST)) {
        __atomic_store_n(&stop.there, true, __ATOMIC_SEQ_CST);
        while (!__atomic_load_n(&stop.go, __ATOMIC_SEQ_CST))
            sched_yield();
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
    if (__atomic_fetch_sub(&o->holders, 1, __ATOMIC_ACQ_REL) == 1) {
        free(o);
        __atomic_fetch_sub(&objects, 1, __ATOMIC_RELAXED);
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
    __atomic_store_n(&stop.armed, true, __ATOMIC_SEQ_CST);
    REQUIRE(pthread_create(&thread, NULL, look_and_stop, &m) == 0, "no thread");
    while (!__atomic_load_n(&stop.there, __ATOMIC_SEQ_CST))
        sched_yield();
    churn(&m, OBJECTS, steps(), &most, &blocks);
    /* What was there when it stopped, the map, what is under way in batches of 512 while it is noticed. */
    cr_assert_lt(most, 2 * OBJECTS + 8 * 512, "%ld objects", most);
    cr_assert_lt(blocks, 8 * 512 + 8 * OBJECTS, "%ld blocks", (long)blocks);
    __atomic_store_n(&stop.go, true, __ATOMIC_SEQ_CST);
    pthread_join(thread, NULL);
    stet_reclaim();
    cr_assert_eq((size_t)objects, slow_live_len(&m), "all garbage is gone");
    slow_live_destroy(&m);
    stet_reclaim();
    cr_assert_eq(objects, 0);
    nothing_live();
}

static void *churn_and_end(void *m)
{
    long most = 0;
    int64_t blocks = 0;
    churn(m, 50, 300, &most, &blocks);
    return NULL;
}

Test(live, threads_that_end_leave_nothing)
{
    slow_live m;
    test_seed();
    REQUIRE(slow_live_init(&m, NULL), "no memory");
    for (unsigned i = 0; i < 200; i++) {
        pthread_t thread;
        REQUIRE(pthread_create(&thread, NULL, churn_and_end, &m) == 0, "no thread");
        pthread_join(thread, NULL);
    }
    cr_assert_eq((size_t)objects, slow_live_len(&m));
    slow_live_destroy(&m);
    nothing_live();
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
        _exit(0);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    cr_assert_eq(live_words_len(&m), 1);
    live_words_destroy(&m);
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
        live_words_young young = live_words_young_snapshot(&shared.m);
        check(&one, words_size(&one));
        copy = words_copy(&one);
        sched_yield();
        words other = live_words_settle(&shared.m, &young);
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
    check(&last, live_words_len(&shared.m));
    words_drop(&last);
    live_words_destroy(&shared.m);
    nothing_live();
}
