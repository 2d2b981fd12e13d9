/* SPDX-License-Identifier: MIT */
/*
 * memory/memory.c - memory that is free is to be had: garbage is bounded in bytes, free memory goes back to the system,
 * and no request is refused while a cache or garbage has what it needs.
 */
#include <stet/atom_map.h>
#include <stet/list.h>
#include <stet/live_map.h>
#include <stet/pool.h>
#include <stet/str.h>

#include "support/live.h"
#include "thread/os.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

STET_LIST(roll, char, stet_char)
STET_MAP(rolls, int, roll, stet_int, roll_type)
STET_LIVE_MAP(roll_table, rolls)
STET_MAP(texts, int, stet_str, stet_int, stet_str_type)
STET_LIVE_MAP(text_table, texts)
STET_ATOM_MAP(text_atom, texts)
STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)

enum { KB = 1024, MB = 1024 * KB, MOST = 48 * MB };

static int64_t live(void) { return stet_pool_stats().live_bytes; }
static size_t held(void) { return stet_pool_stats().slab_bytes; }

static void nothing_is_left(void)
{
    stet_reclaim();
    nothing_is_live();
}

/* Also where each block would be watched: in a debug build. */
static void with_a_pool(void)
{
    setenv("STET_POOL", "on", 0);
    seed_from_environment();
}

#define MEMORY_TEST(name) TEST_BETWEEN(memory, name, with_a_pool, nothing_is_left)

static const char *zeros(void)
{
    static char some[MOST];
    return some;
}

static roll roll_of(size_t size)
{
    roll b;
    cr_assert_eq(roll_from_array(zeros(), size, &b), STET_CHANGED);
    return b;
}

static stet_str text_of(size_t size)
{
    stet_str s;
    cr_assert_eq(stet_str_from_bytes(zeros(), size, &s), STET_CHANGED);
    return s;
}

/* ---- garbage of a live map, in bytes ---- */

enum { ROUNDS = STET_TINY_NODES ? 20 : 200, ROLL = 512 * KB };

MEMORY_TEST(replaced_values_are_weighed)
{
    roll_table t;
    int64_t one = 0;
    cr_assert_eq(roll_table_init(&t, NULL), STET_CHANGED);
    for (int i = 0; i < ROUNDS; i++) {
        roll b = roll_of(ROLL + (size_t)i);
        one = i == 0 ? live() : one; /* with tiny nodes, far more than ROLL */
        cr_assert_eq(roll_table_store(&t, i % 2, b), STET_CHANGED);
        roll_drop(&b);
        cr_assert_leq(live(), 6 * one + 4 * MB, "after %d", i);
    }
    roll_table_destroy(&t);
}

MEMORY_TEST(large_blocks_are_weighed)
{
    text_table t;
    cr_assert_eq(text_table_init(&t, NULL), STET_CHANGED);
    for (int i = 0; i < ROUNDS; i++) {
        stet_str s = text_of(ROLL + (size_t)i);
        cr_assert_eq(i % 3 == 2 ? text_table_delete(&t, 1) : text_table_store(&t, 1, s), STET_CHANGED);
        stet_str_drop(&s);
        cr_assert_leq(live(), 8 * MB, "after %d", i);
    }
    text_table_destroy(&t);
}

/* What the pool held once is no excuse: growth counts from the least since. */
MEMORY_TEST(garbage_is_weighed_after_the_pool_has_shrunk)
{
    text_table t;
    text_atom a;
    cr_assert_eq(text_table_init(&t, NULL), STET_CHANGED);
    cr_assert_eq(text_atom_init(&a, NULL), STET_CHANGED);
    stet_str big = text_of(MOST);
    stet_str s = text_of(100);
    cr_assert_eq(text_table_store(&t, 0, s), STET_CHANGED);
    cr_assert_eq(text_atom_store(&a, 0, s), STET_CHANGED);
    stet_str_drop(&s);
    stet_reclaim(); /* a look while much is held */
    stet_str_drop(&big);
    stet_pool_trim();
    for (int i = 0; i < 60; i++) {
        s = text_of(ROLL + (size_t)i);
        cr_assert_eq(text_table_store(&t, 0, s), STET_CHANGED);
        cr_assert_eq(text_atom_store(&a, 0, s), STET_CHANGED);
        stet_str_drop(&s);
        cr_assert_leq(live(), 12 * MB, "after %d", i);
    }
    text_table_destroy(&t);
    text_atom_destroy(&a);
}

/* It is one thing that is retired, however large. */
MEMORY_TEST(clear_frees_what_was_there)
{
    text_table t;
    cr_assert_eq(text_table_init(&t, NULL), STET_CHANGED);
    for (int k = 0; k < 100000; k++) {
        stet_str s = text_of(8);
        cr_assert_eq(text_table_store(&t, k, s), STET_CHANGED);
        stet_str_drop(&s);
    }
    cr_assert_gt(live(), 2 * MB);
    cr_assert_eq(text_table_clear(&t), STET_CHANGED);
    cr_assert_lt(live(), 256 * KB);
    text_table_destroy(&t);
}

/* ---- before a request is refused ---- */

STET_ATOM(roll_atom, roll)

enum { BUDGET = 4 * MB };

/* How many bytes of strings whose blocks have this size are to be had; they are dropped, from both ends. */
static size_t room_for(size_t size)
{
    static stet_str s[BUDGET / 16];
    size_t n = 0;
    while (n < BUDGET / 16 && stet_str_from_bytes(zeros(), size - 5, &s[n]) != STET_NO_MEMORY)
        n++;
    for (size_t i = 0, j = n; i < j; i++) {
        stet_str_drop(&s[i]);
        if (i < --j)
            stet_str_drop(&s[j]);
    }
    return n * size;
}

MEMORY_TEST(own_cache_goes_first)
{
    stet_pool_set_budget(BUDGET);
    for (size_t size = 16; size <= 1024; size += 112)
        cr_assert_gt(room_for(size), BUDGET - 256 * KB, "blocks of %zu", size);
    for (size_t size = 1024; size > 112; size -= 112)
        cr_assert_gt(room_for(size), BUDGET - 256 * KB, "blocks of %zu, after larger ones", size);
}

MEMORY_TEST(own_cache_goes_for_a_large_block)
{
    stet_pool_set_budget(BUDGET);
    room_for(48);
    stet_str s;
    cr_assert_eq(stet_str_from_bytes(zeros(), BUDGET - 128 * KB, &s), STET_CHANGED);
    stet_str_drop(&s);
}

/* Fills the budget with blocks of all sizes, drops them in disorder, and stays. */
static void *fill_and_stay(void *all_threads)
{
    static stet_str s[BUDGET / 32];
    size_t n = 0;
    for (size_t size = 32; stet_str_from_bytes(zeros(), size - 5, &s[n]) != STET_NO_MEMORY; n++)
        size = size < 1024 ? size + 16 : 32;
    for (size_t step = 61, first = 0; first < step; first++)
        for (size_t i = first; i < n; i += step)
            stet_str_drop(&s[i]);
    pthread_barrier_wait(all_threads);
    pthread_barrier_wait(all_threads);
    return NULL;
}

static void beside_one_who_stays(void (*what)(void))
{
    pthread_barrier_t both;
    pthread_t other;
    stet_pool_set_budget(BUDGET);
    pthread_barrier_init(&both, NULL, 2);
    cr_assert_eq(pthread_create(&other, NULL, fill_and_stay, &both), 0);
    pthread_barrier_wait(&both);
    what();
    pthread_barrier_wait(&both);
    pthread_join(other, NULL);
}

static void all_is_to_be_had(void)
{
    cr_assert_gt(room_for(512), BUDGET - 256 * KB);
    stet_str s;
    cr_assert_eq(stet_str_from_bytes(zeros(), BUDGET - 128 * KB, &s), STET_CHANGED);
    stet_str_drop(&s);
}

MEMORY_TEST(cache_of_an_idle_thread_is_taken)
{
    if (stet_fences_exist_())
        beside_one_who_stays(all_is_to_be_had);
}

/* Of 256 MiB that an idle thread's cache would keep: without a budget that refuses anything. */
static void little_more_is_taken(void)
{
    stet_pool_set_budget(0);
    words m = {0};
    for (uint64_t i = 0; i < 400000; i++)
        cr_assert_eq(words_set(&m, i, i), STET_CHANGED);
    cr_assert_eq(stet_pool_stats().cached_bytes, stet_pool_stats_thread().cached_bytes, "the idle cache is empty");
    words_drop(&m);
}

MEMORY_TEST(cache_of_an_idle_thread_is_used_before_the_pool_grows)
{
    if (stet_fences_exist_())
        beside_one_who_stays(little_more_is_taken);
}

static void all_is_trimmed(void)
{
    stet_pool_trim();
    cr_assert_eq(held(), 0);
    cr_assert_eq(stet_pool_stats().cached_bytes, 0);
}

MEMORY_TEST(trim_empties_all_caches)
{
    if (stet_fences_exist_())
        beside_one_who_stays(all_is_trimmed);
}

/* Nobody empties the cache of another thread then, so each block in it may keep a slab. */
static void little_is_pinned(void) { cr_assert_leq(stet_pool_stats().cached_bytes, 64 * 2 * 8 * KB); }

Test(memory, without_membarrier_caches_are_small)
{
    setenv("STET_NO_MEMBARRIER", "1", 1);
    with_a_pool();
    beside_one_who_stays(little_is_pinned);
    cr_assert_gt(room_for(512), 2 * MB);
    nothing_is_left();
}

#ifndef SANITIZED /* whose locks are too many at once for it */

static void child_has_it_all(void)
{
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        bool found = room_for(512) > BUDGET - 256 * KB && stet_pool_stats().live_blocks == 0;
        stet_pool_trim();
        _exit(found && held() == 0 ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}

MEMORY_TEST(a_child_has_what_was_in_caches)
{
    if (stet_fences_exist_())
        beside_one_who_stays(child_has_it_all);
}

#endif

/* ---- threads that end without a word ---- */

#ifndef __SANITIZE_THREAD__ /* whose own state of the thread is gone by then */

static pthread_key_t last_key;
static __thread int rounds_left;

/* In the last round of destructors: no further one tells the library that the thread has ended. */
static void use_it_at_last(void *value)
{
    if (--rounds_left > 0) {
        (void)pthread_setspecific(last_key, value);
        return;
    }
    stet_str s = text_of(100);
    stet_str_drop(&s);
}

static void *wait_for_the_last_round(void *value)
{
    rounds_left = PTHREAD_DESTRUCTOR_ITERATIONS;
    (void)pthread_setspecific(last_key, value);
    return NULL;
}

/* What is left of it is its cache; the thread's own memory is gone, with the stack that it lies on. */
TEST_BETWEEN(memory, first_use_in_the_last_round, with_a_pool, test_nothing_live)
{
    size_t size = 1 << 20;
    stet_str s = text_of(100); /* the library's keys come before the one below */
    stet_str_drop(&s);
    cr_assert_eq(pthread_key_create(&last_key, use_it_at_last), 0);
    for (unsigned i = 0; i < 3; i++) {
        pthread_attr_t attributes;
        pthread_t thread;
        void *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        cr_assert_neq(stack, MAP_FAILED);
        pthread_attr_init(&attributes);
        cr_assert_eq(pthread_attr_setstack(&attributes, stack, size), 0);
        cr_assert_eq(pthread_create(&thread, &attributes, wait_for_the_last_round, &last_key), 0);
        pthread_join(thread, NULL);
        munmap(stack, size);
        stet_pool_trim();
        (void)stet_pool_stats();
    }
}

#endif

/* ---- garbage ---- */

static int released;
struct thing {
    int holders;
    char weight[100];
};
typedef struct thing *thing_ptr;
static void thing_ref(thing_ptr t) { __atomic_fetch_add(&t->holders, 1, __ATOMIC_RELAXED); }
static void thing_unref(thing_ptr t)
{
    if (__atomic_fetch_sub(&t->holders, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    __atomic_fetch_add(&released, 1, __ATOMIC_RELAXED);
    free(t);
}
STET_TYPE_REF(thing_type, thing_ptr, thing_ref, thing_unref)
STET_MAP(things, int, thing_ptr, stet_int, thing_type)
STET_LIVE_MAP(thing_table, things)
STET_ATOM_MAP(thing_atom, things)

static uint64_t key_hash(const thing_ptr *t, uint64_t seed) { return stet_hash_word((uintptr_t)*t, seed); }
static bool key_equal(const thing_ptr *a, const thing_ptr *b) { return *a == *b; }
static int key_compare(const thing_ptr *a, const thing_ptr *b) { return (*a > *b) - (*a < *b); }
static void key_retain(thing_ptr const *t) { thing_ref(*t); }
static void key_release(thing_ptr *t) { thing_unref(*t); }

static thing_ptr thing_new(void)
{
    thing_ptr t = calloc(1, sizeof *t);
    cr_assert_not_null(t);
    t->holders = 1;
    return t;
}

static size_t thing_weight(thing_ptr t) { return t->weight[0] == 'x' ? 256 * KB : 0; }
static size_t key_weight(thing_ptr const *t) { return thing_weight(*t); }
STET_TYPE_REF_WEIGHED(heavy_type, thing_ptr, thing_ref, thing_unref, thing_weight)
STET_MAP(heavies, int, thing_ptr, stet_int, heavy_type)
STET_LIVE_MAP(heavy_table, heavies)
STET_TYPE_FULL_WEIGHED(key_type, thing_ptr, key_hash, key_equal, key_compare, key_retain, key_release, 0, key_weight)
STET_MAP(heavy_keys, thing_ptr, int, key_type, stet_int)
STET_LIVE_MAP(heavy_key_table, heavy_keys)

/* What the pool does not know of: four are as much as a mebibyte. */
MEMORY_TEST(weights_are_counted)
{
    heavy_table t;
    heavy_key_table by_thing;
    cr_assert_eq(heavy_table_init(&t, NULL), STET_CHANGED);
    cr_assert_eq(heavy_key_table_init(&by_thing, NULL), STET_CHANGED);
    thing_ptr last = NULL;
    for (int i = 0; i < 200; i++) {
        thing_ptr thing = thing_new();
        thing->weight[0] = 'x';
        cr_assert_eq(heavy_table_store(&t, 1, thing), STET_CHANGED);
        cr_assert_eq(heavy_key_table_store(&by_thing, thing, i), STET_CHANGED);
        cr_assert(last == NULL || heavy_key_table_delete(&by_thing, last) == STET_CHANGED);
        cr_assert_leq(i - released, 8);
        last = thing;
        thing_unref(thing);
    }
    cr_assert_eq(heavy_table_store(&t, 2, NULL), STET_CHANGED);
    cr_assert_eq(heavy_table_delete(&t, 2), STET_CHANGED);
    heavy_table_destroy(&t);
    heavy_key_table_destroy(&by_thing);
}

/* No more than what is there now, and so much. */
static void budget_is_now(size_t more)
{
    stet_pool_trim();
    stet_pool_set_budget(held() + more);
}

static stet_result text_store(text_table *t, int key, size_t size)
{
    stet_str s;
    if (stet_str_from_bytes(zeros(), size, &s) == STET_NO_MEMORY)
        return STET_NO_MEMORY;
    stet_result result = text_table_store(t, key, s);
    stet_str_drop(&s);
    return result;
}

static void *replace_all(void *t)
{
    for (int k = 0; k < 400; k++)
        cr_assert_eq(text_store(t, k, 400), STET_CHANGED);
    for (int k = 0; k < 400; k++)
        cr_assert_eq(text_store(t, k, 16), STET_CHANGED);
    return NULL;
}

/* A thread that retires, and then does nothing for a while. */
struct idler {
    text_table *table;
    pthread_barrier_t both;
};

static void *replace_and_stay(void *idler)
{
    struct idler *i = idler;
    replace_all(i->table);
    pthread_barrier_wait(&i->both);
    pthread_barrier_wait(&i->both);
    return NULL;
}

/* A reader of an atom that is guarded by a lock has no record. */
#define NEEDS_NO_MEMORY(kind) (STET_ATOM_LOCKED && (kind) == 4)

/* Of several kinds, as many as there is memory for, until something else is freed. False: refused before. */
static bool something_is_freed_for(unsigned kind, const roll_atom *of)
{
    enum { MANY = 20000 };
    static stet_str s[MANY];
    static roll_atom a[MANY];
    static roll_reader r[MANY];
    roll l = {0};
    words m = {0};
    int64_t before = live();
    stet_result result = STET_CHANGED;
    int n = 0;
    bool freed = false;
    for (; n < MANY && result != STET_NO_MEMORY && !freed; n++) {
        result = kind == 0   ? stet_str_from_bytes(zeros(), 50, &s[n])
                 : kind == 1 ? stet_str_from_bytes(zeros(), 8 * KB, &s[n])
                 : kind == 2 ? words_set(&m, (uint64_t)n, 1)
                 : kind == 3 ? roll_atom_init(&a[n], NULL)
                 : kind == 4 ? roll_reader_init(&r[n], of)
                             : roll_push_back(&l, 'x');
        freed = live() < before;
    }
    n -= result == STET_NO_MEMORY;
    for (int i = 0; i < n && kind <= 1; i++)
        stet_str_drop(&s[i]);
    for (int i = 0; i < n && kind == 4; i++)
        roll_reader_destroy(&r[i]);
    for (int i = 0; i < n && kind == 3; i++)
        roll_atom_destroy(&a[i]);
    words_drop(&m);
    roll_drop(&l);
    return freed && result != STET_NO_MEMORY;
}

/* Requests of every kind, which have nothing to do with the map whose garbage is in the way. */
MEMORY_TEST(garbage_of_a_live_map_goes_before_anything_is_refused)
{
    text_table t;
    cr_assert_eq(text_table_init(&t, NULL), STET_CHANGED);
    roll_atom other = {0};
    for (unsigned kind = 0; kind < 12; kind++) {
        struct idler idler = {.table = &t};
        pthread_t thread;
        stet_pool_set_budget(0);
        if (kind == 6) /* until then there is no atom */
            cr_assert_eq(roll_atom_init(&other, NULL), STET_CHANGED);
        if (kind % 2 == 0) {
            replace_all(&t);
        } else {
            pthread_barrier_init(&idler.both, NULL, 2);
            cr_assert_eq(pthread_create(&thread, NULL, replace_and_stay, &idler), 0);
            pthread_barrier_wait(&idler.both);
        }
        budget_is_now(0);
        cr_assert(NEEDS_NO_MEMORY(kind / 2) || something_is_freed_for(kind / 2, &other), "kind %u", kind);
        if (kind % 2 != 0) {
            pthread_barrier_wait(&idler.both);
            pthread_join(thread, NULL);
        }
    }
    stet_pool_set_budget(0);
    roll_atom_destroy(&other);
    text_table_destroy(&t);
}

MEMORY_TEST(garbage_of_an_atom_map_goes_before_anything_is_refused)
{
    text_atom a;
    cr_assert_eq(text_atom_init(&a, NULL), STET_CHANGED);
    roll_atom other;
    cr_assert_eq(roll_atom_init(&other, NULL), STET_CHANGED);
    text_atom_atom_reclaim_by_hand(&a.atom, true); /* so that nothing goes before */
    for (unsigned kind = 0; kind < 6; kind++) {
        stet_pool_set_budget(0);
        for (size_t i = 0; i < 200; i++) {
            stet_str s = text_of(400 + i);
            cr_assert_eq(text_atom_store(&a, 1, s), STET_CHANGED);
            stet_str_drop(&s);
        }
        budget_is_now(0);
        cr_assert(NEEDS_NO_MEMORY(kind) || something_is_freed_for(kind, &other), "kind %u", kind);
    }
    stet_pool_set_budget(0);
    roll_atom_destroy(&other);
    text_atom_destroy(&a);
}

/* Of blocks of every size, all there are; how many they were. */
static size_t take_all(stet_str *s, size_t most)
{
    size_t n = 0;
    for (size_t size = 32; size <= 1024 && n < most; size += 16)
        while (n < most && stet_str_from_bytes(zeros(), size - 5, &s[n]) != STET_NO_MEMORY)
            n++;
    return n;
}

static stet_result append_edit(void *context, roll *r)
{
    (void)context;
    return roll_push_back(r, 'x');
}

/* Lists, records, what a user defined: it is not known whom their drop calls, so only a write to the atom frees them.
 */
MEMORY_TEST(garbage_of_an_atom_goes_before_a_write_to_it_is_refused)
{
    enum { ALL = 20000, KINDS = STET_ATOM_LOCKED ? 0 : 3 }; /* an atom with a lock leaves no garbage */
    static stet_str s[ALL];
    roll_atom a;
    cr_assert_eq(roll_atom_init(&a, NULL), STET_CHANGED);
    for (int kind = 0; kind < KINDS; kind++) {
        int64_t before = live();
        for (int i = 0; i < 10000 && live() < before + 128 * KB; i++) {
            roll next = roll_of(8 * KB);
            roll_guard g = roll_atom_acquire(&a);
            cr_assert_eq(roll_atom_compare_and_swap(&a, &g, &next), STET_CHANGED);
            roll_guard_release(&g);
        }
        cr_assert_geq(live(), before + 128 * KB, "compare_exchange leaves garbage, as it is documented to");
        roll next = roll_of(100);
        roll_guard g = roll_atom_acquire(&a);
        budget_is_now(0);
        size_t n = take_all(s, ALL);
        cr_assert_geq(live(), before + 128 * KB, "it was freed by who does not know what it calls");
        cr_assert_eq(kind == 0   ? roll_atom_compare_and_swap(&a, &g, &next)
                     : kind == 1 ? roll_atom_store(&a, &next)
                                 : roll_atom_update(&a, append_edit, NULL),
                     STET_CHANGED);
        roll_guard_release(&g);
        stet_pool_set_budget(0);
        roll_drop(&next);
        for (size_t i = 0; i < n; i++)
            stet_str_drop(&s[i]);
    }
    roll_atom_destroy(&a);
}

static void *store_things(void *t)
{
    for (int i = 0; i < 300; i++) {
        thing_ptr thing = thing_new();
        cr_assert_eq(thing_table_store(t, i % 100, thing), STET_CHANGED);
        thing_unref(thing);
    }
    return NULL;
}

/* Callbacks run where they may anyway: at the end of a write to a live map, not in the middle of anything. */
MEMORY_TEST(prompt_garbage_waits_for_a_call_that_may_call_back)
{
    thing_table t;
    words m = {0};
    cr_assert_eq(thing_table_init(&t, NULL), STET_CHANGED);
    store_things(&t);
    int before = released;
    cr_assert_gt(thing_table_size(&t), (size_t)released, "there is garbage");
    budget_is_now(0);
    for (uint64_t i = 0; words_set(&m, i, i) != STET_NO_MEMORY; i++)
        ;
    cr_assert_eq(released, before, "called back in the middle of an edit of something else");
    stet_result result = STET_CHANGED;
    for (int k = 100; result != STET_NO_MEMORY && released == before; k++) {
        thing_ptr thing = thing_new();
        result = thing_table_store(&t, k, thing); /* in the end it may find too little all the same */
        thing_unref(thing);
    }
    cr_assert_geq(released, before + 200);
    stet_pool_set_budget(0);
    words_drop(&m);
    thing_table_destroy(&t);
}

/* What somebody holds, is refused; and to be had when it is given up. */
MEMORY_TEST(what_is_held_stays)
{
    text_atom a;
    cr_assert_eq(text_atom_init(&a, NULL), STET_CHANGED);
    stet_str s = text_of(256 * KB);
    cr_assert_eq(text_atom_store(&a, 1, s), STET_CHANGED);
    stet_str_drop(&s);
    texts_guard g = text_atom_atom_acquire(&a.atom);
    cr_assert_eq(text_atom_delete(&a, 1), STET_CHANGED);
    budget_is_now(64 * KB);
    cr_assert_eq(stet_str_from_bytes(zeros(), 256 * KB, &s), STET_NO_MEMORY);
    cr_assert_eq(stet_str_size(texts_get(texts_guard_view(&g), 1)), 256 * KB);
    texts_guard_release(&g);
    cr_assert_eq(stet_str_from_bytes(zeros(), 256 * KB, &s), STET_CHANGED);
    stet_str_drop(&s);
    stet_pool_set_budget(0);
    text_atom_destroy(&a);
}

/* A fault is a fault, whatever could be given back. */
MEMORY_TEST(faults_are_not_helped)
{
    text_table t;
    text_atom a;
    cr_assert_eq(text_table_init(&t, NULL), STET_CHANGED);
    cr_assert_eq(text_atom_init(&a, NULL), STET_CHANGED);
    replace_all(&t);
    stet_str s = text_of(100), none;
    cr_assert_eq(text_atom_store(&a, 1, s), STET_CHANGED);
    stet_pool_set_budget(1);
    cr_assert_eq(stet_str_from_bytes(zeros(), 100 * KB, &none), STET_NO_MEMORY, "short of memory before");
    stet_pool_set_budget(0);
    replace_all(&t);
    int64_t before = live();
    for (uint64_t nth = 1; nth <= 2; nth++) {
        stet_pool_fault(nth, 1);
        stet_result result = text_table_store(&t, 1000 + (int)nth, s);
        cr_assert_eq(stet_pool_requests(), result == STET_NO_MEMORY ? nth : stet_pool_requests());
        if (nth == 1)
            cr_assert_eq(result, STET_NO_MEMORY);
        stet_pool_fault(1, 1);
        cr_assert_eq(text_atom_store(&a, 5, s), STET_NO_MEMORY);
        cr_assert_eq(stet_pool_requests(), 1);
        stet_pool_fault_end();
    }
    cr_assert_geq(live(), before, "garbage was freed for a fault");
    stet_str_drop(&s);
    text_table_destroy(&t);
    text_atom_destroy(&a);
}

/* ---- many threads with too little ---- */

enum { WORKERS = 4 };

static text_table shared;
static int finished;

/* Strings of many sizes come and go; each one's first byte is looked at when it goes. */
static void *work_with_too_little(void *number)
{
    enum { KEPT = 64 };
    stet_str s[KEPT] = {{0}};
    uint64_t x = (uint64_t)(uintptr_t)number * 977 + 1;
    int had = 0;
    for (int i = 0; i < 20000; i++) {
        x = x * UINT64_C(6364136223846793005) + 1442695040888963407;
        unsigned at = (unsigned)(x >> 40) % KEPT;
        size_t size = 16 + (x >> 50) % 1400;
        cr_assert(stet_str_size(&s[at]) == 0 || stet_str_bytes(&s[at])[0] == 0);
        stet_str_drop(&s[at]);
        s[at] = (stet_str){0};
        if (stet_str_from_bytes(zeros(), size, &s[at]) != STET_NO_MEMORY) {
            had++;
            (void)!text_table_store(&shared, (int)at, s[at]);
        } else {
            s[at] = (stet_str){0};
        }
    }
    for (int i = 0; i < KEPT; i++)
        stet_str_drop(&s[i]);
    __atomic_fetch_add(&finished, had > 0, __ATOMIC_RELAXED);
    return NULL;
}

MEMORY_TEST(threads_take_from_each_other)
{
    pthread_t worker[WORKERS];
    cr_assert_eq(text_table_init(&shared, NULL), STET_CHANGED);
    stet_pool_set_budget(2 * MB);
    for (uintptr_t i = 0; i < WORKERS; i++)
        cr_assert_eq(pthread_create(&worker[i], NULL, work_with_too_little, (void *)i), 0);
    for (int i = 0; i < WORKERS; i++)
        pthread_join(worker[i], NULL);
    cr_assert_eq(finished, WORKERS);
    cr_assert_leq(stet_pool_stats().peak_bytes, 2 * MB);
    stet_pool_set_budget(0);
    text_table_destroy(&shared);
}

/* ---- back to the system ---- */

/* Sanitizers keep what is freed; without a pool it is the allocator's affair; POSIX has no call for it. */
#if STET_POOL && !defined(SANITIZED) && !defined(TEST_OS_POSIX)

static size_t resident(void)
{
    unsigned long size, pages;
    FILE *f = fopen("/proc/self/statm", "r");
    cr_assert_not_null(f);
    cr_assert_eq(fscanf(f, "%lu %lu", &size, &pages), 2);
    fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static words many;
static pthread_barrier_t step;

static void *build_and_stay(void *unused)
{
    for (uint64_t i = 0; i < 2000000; i++)
        cr_assert_eq(words_set(&many, i, i), STET_CHANGED);
    pthread_barrier_wait(&step);
    pthread_barrier_wait(&step);
    return unused;
}

/* One thread builds, and goes on to live; another one drops. */
MEMORY_TEST(what_is_dropped_goes_back_to_the_system)
{
    pthread_t builder;
    size_t before = resident();
    pthread_barrier_init(&step, NULL, 2);
    cr_assert_eq(pthread_create(&builder, NULL, build_and_stay, NULL), 0);
    pthread_barrier_wait(&step);
    size_t full = resident();
    cr_assert_gt(full - before, 32 * MB);
    words_drop(&many);
    size_t dropped = resident();
    stet_pool_trim();
    size_t trimmed = resident();
    cr_assert_lt(dropped - before, (full - before) / 2, "without another call");
    cr_assert_lt(trimmed - before, (full - before) / 8);
    pthread_barrier_wait(&step);
    pthread_join(builder, NULL);
}

/* Of regions that are in use, too. */
MEMORY_TEST(trim_gives_back_pages_between_those_in_use)
{
    enum { N = 400000, KEPT = 1000 };
    stet_str *s = malloc(N * sizeof *s);
    cr_assert_not_null(s);
    for (size_t i = 0; i < N; i++)
        s[i] = text_of(100);
    size_t full = resident();
    for (size_t i = 0; i < N; i++)
        if (i % (N / 2) > KEPT)
            stet_str_drop(&s[i]);
    stet_pool_trim();
    cr_assert_lt(resident(), full - 30 * MB);
    for (size_t i = 0; i < N; i++)
        if (i % (N / 2) > KEPT)
            s[i] = text_of(100); /* and they are used again */
    cr_assert_geq(resident(), full - 4 * MB);
    for (size_t i = 0; i < N; i++)
        stet_str_drop(&s[i]);
    free(s);
}

#endif
