/* SPDX-License-Identifier: MIT */
/*
 * atom/soak.c - an atom under load for as long as it is told: readers of all three kinds, one of them slow, writers of
 * all kinds, threads that come and go.
 *
 * usage: atom-soak [SECONDS]     default 5
 *
 * Reports operations, versions, peak garbage, memory after a tenth of the time and at the end: resident, and what the
 * pool has given out. Exit status 1 if either has grown (resident memory: not under sanitizers), too many versions were
 * ever left, a version was wrong, or anything is live at the end.
 */
#include <stet/atom.h>
#include <stet/map.h>
#include <stet/pool.h>
#include <stet/str.h>

#include "reclaim/hazard.h"
#include "support/threads.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ENTRIES 20000
#define READERS 3
#define WRITERS 2
#define GROWTH ((size_t)16 << 20) /* what memory may grow by, beside a tenth */
#ifdef SANITIZED                  /* what was freed stays resident */
#    define RESIDENT_TELLS false
#else
#    define RESIDENT_TELLS true
#endif
#define LEFT_MOST (RECLAIM_CAP + 64) /* versions at any time: the cap, and those that guards hold */

/* Every value is the key's length, and there are always ENTRIES of them: so a version can be checked. */
STET_MAP(words, stet_str, size_t, stet_str_type, stet_size)
STET_RECORD(book, (words, words), (words, more))
STET_ATOM(book_atom, book)

struct counters {
    _Alignas(128) uint64_t operations;
};

static book_atom shelf;
static unsigned stop;
static struct counters reads[READERS + 1], writes[WRITERS + 1], threads;

static bool stopped(void) { return __atomic_load_n(&stop, __ATOMIC_RELAXED); }
static void count(struct counters *c) { __atomic_store_n(&c->operations, c->operations + 1, __ATOMIC_RELAXED); }
static stet_str key_of(unsigned n)
{
    char text[40];
    stet_str key;
    int length = snprintf(text, sizeof text, n % 3 == 0 ? "%u" : "entry number %u", n);
    REQUIRE(stet_str_from_bytes(text, (size_t)length, &key), "no memory");
    return key;
}

static void set_entry(words *m, unsigned n)
{
    stet_str key = key_of(n);
    REQUIRE(words_set(m, key, stet_str_size(&key)), "no memory");
    stet_str_drop(&key);
}

static book full(void)
{
    book b = {0};
    for (unsigned n = 0; n < ENTRIES; n++)
        set_entry(&b.words, n);
    b.more = words_copy(&b.words);
    return b;
}

static void check(const book *b, struct rng *random)
{
    stet_str key = key_of(rng_below(random, ENTRIES));
    const size_t *n = words_get(&b->words, key), *m = words_get(&b->more, key);
    REQUIRE(words_size(&b->words) == ENTRIES && words_size(&b->more) == ENTRIES, "a version of another size");
    REQUIRE(n != NULL && m != NULL && *n == stet_str_size(&key) && *m == *n, "a wrong value");
    stet_str_drop(&key);
}

/* An entry goes and comes back, in both maps. */
static stet_result edit(void *context, book *b)
{
    stet_str key = key_of(*(const unsigned *)context);
    size_t size = stet_str_size(&key);
    bool done = words_erase(&b->words, key) && words_set(&b->words, key, size) && words_erase(&b->more, key) &&
                words_set(&b->more, key, size);
    stet_str_drop(&key);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

static void *read_on(void *argument)
{
    struct counters *mine = argument;
    struct rng random = {rng_mix(test_seed(), (uint64_t)(mine - reads))};
    book_reader r;
    REQUIRE(book_reader_init(&r, &shelf), "no memory");
    while (!stopped()) {
        if (rng_below(&random, 8) == 0) {
            book b = book_atom_snapshot(&shelf);
            check(&b, &random);
            book_drop(&b);
        } else if (rng_below(&random, 2)) {
            check(book_reader_refresh(&r), &random);
        } else {
            book_guard g[2] = {book_atom_acquire(&shelf), book_atom_acquire(&shelf)};
            check(book_guard_view(&g[0]), &random);
            check(book_guard_view(&g[1]), &random);
            book_guard_release(&g[0]);
            book_guard_release(&g[1]);
        }
        count(mine);
    }
    book_reader_destroy(&r);
    return NULL;
}

static void *read_slowly(void *argument)
{
    struct rng random = {rng_mix(test_seed(), 99)};
    while (!stopped()) {
        book_guard g = book_atom_acquire(&shelf);
        wait_ms(rng_below(&random, 200));
        check(book_guard_view(&g), &random);
        book_guard_release(&g);
        count(argument);
    }
    return NULL;
}

static void *write_on(void *argument)
{
    struct counters *mine = argument;
    struct rng random = {rng_mix(test_seed(), 100 + (uint64_t)(mine - writes))};
    while (!stopped()) {
        unsigned n = rng_below(&random, ENTRIES);
        if (rng_below(&random, 64) == 0) {
            book b = book_atom_snapshot(&shelf);
            REQUIRE(edit(&n, &b) && book_atom_swap(&shelf, &b), "no memory");
            check(&b, &random);
            book_drop(&b);
        } else {
            REQUIRE(book_atom_update(&shelf, edit, &n) == STET_CHANGED, "no memory");
        }
        count(mine);
    }
    return NULL;
}

/* All of it anew, as a reloaded configuration. */
static void *reload(void *argument)
{
    while (!stopped()) {
        book b = full();
        REQUIRE(book_atom_store(&shelf, &b), "no memory");
        count(argument);
        wait_ms(100);
    }
    return NULL;
}

static void *read_once(void *argument)
{
    struct rng random = {rng_mix(test_seed(), 200)};
    book_guard g = book_atom_acquire(&shelf);
    check(book_guard_view(&g), &random);
    book_guard_release(&g);
    return argument;
}

static void *come_and_go(void *argument)
{
    while (!stopped()) {
        pthread_t one;
        REQUIRE(pthread_create(&one, NULL, read_once, NULL) == 0, "no thread");
        pthread_join(one, NULL);
        count(argument);
        wait_ms(2);
    }
    return NULL;
}

static size_t resident(void)
{
    unsigned long pages = 0, all;
    FILE *file = fopen("/proc/self/statm", "r");
    REQUIRE(file != NULL && fscanf(file, "%lu %lu", &all, &pages) == 2, "no /proc/self/statm");
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

struct memory {
    size_t resident, pool;
};

static struct memory memory(void) { return (struct memory){resident(), (size_t)stet_pool_stats().live_bytes}; }

static bool has_grown(size_t start, size_t end) { return end > start + start / 10 + GROWTH; }

static double mib(size_t bytes) { return (double)bytes / 1048576; }

static size_t versions_left(void)
{
    struct stet_atom_state *state = shelf.state_;
    stet_lock_(&state->lock);
    size_t n = 0;
    for (const struct stet_published *b = state->kept; b != NULL; b = b->previous)
        n++;
    for (const struct stet_published *b = state->pending; b != NULL; b = b->previous)
        n++;
    for (const struct stet_published *b = __atomic_load_n(&state->root, __ATOMIC_ACQUIRE)->previous; b != NULL;
         b = b->previous)
        n++;
    stet_unlock_(&state->lock);
    return n;
}

/* Waits for so many seconds and keeps looking at what is left. */
static void watch(double seconds, size_t *most_left)
{
    for (double waited = 0; waited < seconds; waited += 0.01) {
        size_t left = versions_left();
        *most_left = left > *most_left ? left : *most_left;
        wait_ms(10);
    }
}

static uint64_t total(const struct counters *c, unsigned n)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += c[i].operations;
    return sum;
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 5;
    pthread_t all[READERS + WRITERS + 3];
    unsigned n = 0;
    size_t most_left = 0;
    test_seed();
    book b = full();
    REQUIRE(book_atom_init(&shelf, &b), "no memory");
    uint64_t first = book_atom_version(&shelf);
    for (unsigned i = 0; i < READERS; i++)
        pthread_create(&all[n++], NULL, read_on, &reads[i]);
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_create(&all[n++], NULL, write_on, &writes[i]);
    pthread_create(&all[n++], NULL, read_slowly, &reads[READERS]);
    pthread_create(&all[n++], NULL, reload, &writes[WRITERS]);
    pthread_create(&all[n++], NULL, come_and_go, &threads);

    watch(seconds / 10, &most_left);
    struct memory start = memory();
    watch(seconds - seconds / 10, &most_left);
    struct memory end = memory();
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < n; i++)
        pthread_join(all[i], NULL);
    uint64_t versions = book_atom_version(&shelf) - first;
    book_atom_reclaim(&shelf);
    size_t left = versions_left();
    book_atom_destroy(&shelf);

    printf("%.0f s: %llu reads, %llu writes, %llu versions, %llu threads\n", seconds,
           (unsigned long long)total(reads, READERS + 1), (unsigned long long)total(writes, WRITERS + 1),
           (unsigned long long)versions, (unsigned long long)threads.operations);
    printf("versions not freed: %zu at most, %zu in the end\n", most_left, left);
    printf("MiB after a tenth, and in the end: resident %.1f, %.1f; in nodes and strings %.1f, %.1f\n",
           mib(start.resident), mib(end.resident), mib(start.pool), mib(end.pool));
    REQUIRE(versions == total(writes, WRITERS + 1), "versions and writes differ");
    REQUIRE(left == 0, "versions are left");
    REQUIRE(most_left <= LEFT_MOST, "more versions than the bound were left");
    REQUIRE(!has_grown(start.pool, end.pool), "what is in use has grown");
    REQUIRE(!RESIDENT_TELLS || !has_grown(start.resident, end.resident), "memory has grown");
    test_nothing_live();
    puts("ok");
    return 0;
}
