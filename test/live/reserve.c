/* SPDX-License-Identifier: MIT */
/* reserve.c - a live map that fills all memory can be emptied. */
#include "support/testing.h"

#include <stet/stet.h>

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

STET_MAP(texts, stet_str, stet_str)
STET_LIVE_MAP(live_texts, texts)
STET_MAP(words, uint64_t, uint64_t)
STET_LIVE_MAP(live_words, words)

/* Returns a key, which needs no memory, because it is short enough to be in the stet_str itself. */
static stet_str key(unsigned i)
{
    char bytes[16];
    stet_str made;
    snprintf(bytes, sizeof bytes, "%u", i);
    REQUIRE(stet_str_from_cstr(bytes, &made), "a short string needs no memory");
    return made;
}

static const char *text(unsigned i)
{
    static char buffer[64];
    snprintf(buffer, sizeof buffer, "a text that does not fit into a handle, number %u", i);
    return buffer;
}

/* Sets the pool's budget, and stores texts until there is no memory. Returns how many were stored. */
static unsigned fill(live_texts *m, size_t budget)
{
    unsigned n = 0;
    stet_pool_set_budget(budget);
    for (stet_result result = STET_CHANGED; result != STET_NO_MEMORY; n += result == STET_CHANGED) {
        stet_str value;
        result = stet_str_from_cstr(text(n), &value);
        if (result == STET_NO_MEMORY)
            break;
        result = live_texts_store(m, key(n), value);
        stet_str_drop(&value);
    }
    cr_assert_gt(n, 100);
    return n;
}

static void remove_one(live_texts *m, unsigned i)
{
    stet_str value;
    if (i % 3 == 0) {
        cr_assert_eq(live_texts_delete(m, key(i)), STET_CHANGED, "entry %u", i);
    } else if (i % 3 == 1) {
        cr_assert_eq(live_texts_load_and_delete(m, key(i), &value), STET_CHANGED, "entry %u", i);
        cr_assert(memcmp(stet_str_bytes(&value), text(i), stet_str_size(&value)) == 0);
        stet_str_drop(&value);
    } else {
        cr_assert(live_texts_load(m, key(i), &value));
        cr_assert_eq(live_texts_compare_and_delete(m, key(i), value), STET_CHANGED, "entry %u", i);
        stet_str_drop(&value);
    }
}

Test(live, every_entry_can_be_removed_when_there_is_no_memory)
{
    for (size_t budget = 512 << 10; budget <= 2048 << 10; budget *= 2)
        for (unsigned backwards = 0; backwards < 2; backwards++) {
            live_texts m;
            REQUIRE(live_texts_init(&m, NULL), "no memory");
            unsigned n = fill(&m, budget);
            for (unsigned i = 0; i < n; i++) {
                remove_one(&m, backwards ? n - 1 - i : i);
                cr_assert_eq(live_texts_size(&m), n - 1 - i);
            }
            stet_pool_set_budget(0);
            live_texts_destroy(&m);
            test_nothing_live();
        }
}

Test(live, a_map_can_be_cleared_when_there_is_no_memory)
{
    live_texts m;
    live_words w;
    REQUIRE(live_texts_init(&m, NULL) && live_words_init(&w, NULL), "no memory");
    for (unsigned round = 0; round < 3; round++) {
        REQUIRE(live_texts_store(&m, key(1), key(2)) == STET_CHANGED, "store");
        for (uint64_t i = 0; i < 1000; i++)
            REQUIRE(live_words_store(&w, i, i) == STET_CHANGED, "store");
        stet_pool_fault(1, UINT64_MAX);
        cr_assert_eq(live_texts_clear(&m), STET_CHANGED);
        cr_assert_eq(live_words_clear(&w), STET_CHANGED);
        stet_pool_fault_end();
        cr_assert_eq(live_texts_size(&m), 0);
        cr_assert_eq(live_words_size(&w), 0);
        /* The next clear finds memory, and replaces the reserve that was used. */
        cr_assert_eq(live_texts_clear(&m), STET_UNCHANGED);
        cr_assert_eq(live_words_clear(&w), STET_UNCHANGED);
    }
    live_texts_destroy(&m);
    live_words_destroy(&w);
    test_nothing_live();
}

/* ---- while an operation of another thread is stopped, nothing that is retired can be freed ---- */

static sem_t go;
static bool armed, stopped;

static bool equal_and_stop(const uint64_t *a, const uint64_t *b)
{
    if (__atomic_exchange_n(&armed, false, __ATOMIC_SEQ_CST)) {
        __atomic_store_n(&stopped, true, __ATOMIC_SEQ_CST);
        sem_wait(&go);
    }
    return *a == *b;
}
static uint64_t hash_of_one(const uint64_t *key, uint64_t seed) { return *key ^ seed; }
STET_TYPE(stopping_type, uint64_t, hash_of_one, equal_and_stop)
STET_MAP(stops, uint64_t, uint64_t, stopping_type, stet_u64)
STET_LIVE_MAP(live_stops, stops)

static void *load_and_stop(void *m)
{
    uint64_t value;
    REQUIRE(live_stops_load(m, 1, &value) && value == 2, "load");
    return NULL;
}

Test(live, a_reserve_that_a_stopped_operation_keeps_outlives_its_map)
{
    live_stops other;
    live_texts m;
    pthread_t thread;
    REQUIRE(live_stops_init(&other, NULL) && live_texts_init(&m, NULL), "no memory");
    REQUIRE(live_stops_store(&other, 1, 2) == STET_CHANGED, "store");
    REQUIRE(live_texts_store(&m, key(0), key(5)) == STET_CHANGED, "store");
    REQUIRE(live_texts_store(&m, key(1), key(6)) == STET_CHANGED, "store");
    sem_init(&go, 0, 0);
    __atomic_store_n(&armed, true, __ATOMIC_SEQ_CST);
    REQUIRE(pthread_create(&thread, NULL, load_and_stop, &other) == 0, "no thread");
    while (!__atomic_load_n(&stopped, __ATOMIC_SEQ_CST))
        sched_yield();

    stet_pool_fault(1, UINT64_MAX);
    cr_assert_eq(live_texts_store(&m, key(0), key(7)), STET_NO_MEMORY, "the reserve is there for removals");
    cr_assert_eq(live_texts_delete(&m, key(2)), STET_UNCHANGED, "a key that is absent uses up no reserve");
    cr_assert_eq(live_texts_delete(&m, key(0)), STET_CHANGED);
    cr_assert_eq(live_texts_delete(&m, key(1)), STET_NO_MEMORY, "the reserve is in use");
    stet_pool_fault_end();
    cr_assert_eq(live_texts_size(&m), 1);
    cr_assert_eq(live_texts_delete(&m, key(1)), STET_CHANGED);

    live_texts_destroy(&m);
    sem_post(&go);
    pthread_join(thread, NULL);
    live_stops_destroy(&other);
    stet_reclaim();
    test_nothing_live();
}
