/* SPDX-License-Identifier: MIT */
/*
 * crowd_bench.c - the cost of publishing, exchanging, snapshots, reclamation and forks after many threads have existed
 * at once, or many atoms, and have ended. Besides the time, prints how many records each operation goes through.
 *
 * usage: crowd_bench [ROUNDS]
 *
 * Each measurement is a process of its own, in which one other thread with a record is left. Prints tables in Markdown:
 * medians of the rounds, and the whole range, in thread CPU time.
 */
#include "reclaim/hazard.h"

#include <stet/atom.h>
#include <stet/live_map.h>
#include <stet/map.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)
STET_ATOM(words_atom, words)
STET_LIVE_MAP(word_table, words)

enum { PUBLISH, EXCHANGE, SNAPSHOT, RECLAIM, ROWS, FORK, ROUNDS_MAX = 101, TIMES = 5000 };
static const char *const row_name[] = {"publish (update)", "exchange", "snapshot of a live map", "stet_reclaim()"};

struct result {
    double ns[ROWS];
    unsigned records;
};

static words_atom atom;
static word_table table;
static pthread_barrier_t all;

static void must(bool right, const char *what)
{
    if (right)
        return;
    fprintf(stderr, "crowd_bench: %s\n", what);
    exit(1);
}

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static stet_result edit(void *value, words *m) { return words_set(m, 1, ++*(uint64_t *)value); }

static void *look(void *barriers)
{
    words_guard g = words_atom_acquire(&atom);
    words_guard_release(&g);
    for (uintptr_t n = (uintptr_t)barriers; n > 0; n--)
        pthread_barrier_wait(&all);
    return NULL;
}

static void one(unsigned row, uint64_t *value)
{
    words m = {0};
    if (row == PUBLISH) {
        must(words_atom_update(&atom, edit, value), "no memory");
        words_atom_reclaim(&atom);
    } else if (row == EXCHANGE) {
        must(words_set(&m, 1, ++*value), "no memory");
        must(words_atom_swap(&atom, &m), "no memory");
        words_drop(&m);
    } else if (row == SNAPSHOT) {
        m = word_table_snapshot(&table);
        words_drop(&m);
    } else {
        stet_reclaim();
    }
}

static void crowd(unsigned n)
{
    pthread_t *thread = calloc(n, sizeof *thread);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    pthread_barrier_init(&all, NULL, n);
    for (unsigned i = 0; i < n; i++)
        must(pthread_create(&thread[i], &small, look, (void *)1) == 0, "so many threads are not to be had");
    for (unsigned i = 0; i < n; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&all);
    free(thread);
}

static void measure(unsigned n, struct result *r)
{
    pthread_t other;
    uint64_t value = 0;
    must(words_atom_init(&atom, NULL) && word_table_init(&table, NULL), "no memory");
    for (uint64_t k = 0; k < 100; k++)
        must(word_table_store(&table, k, k), "no memory");
    crowd(n);
    pthread_barrier_init(&all, NULL, 2);
    must(pthread_create(&other, NULL, look, (void *)2) == 0, "no thread");
    pthread_barrier_wait(&all);
    for (unsigned row = 0; row < ROWS; row++) {
        for (unsigned i = 0; i < TIMES / 10; i++)
            one(row, &value);
        double start = now(CLOCK_THREAD_CPUTIME_ID);
        for (unsigned i = 0; i < TIMES; i++)
            one(row, &value);
        r->ns[row] = (now(CLOCK_THREAD_CPUTIME_ID) - start) / TIMES;
    }
    struct stet_registry_visit visit = stet_registry_visit_();
    r->records = visit.n;
    pthread_barrier_wait(&all);
    pthread_join(other, NULL);
}

static void measure_forks(unsigned n, struct result *r)
{
    words_atom *a = calloc(n, sizeof *a);
    must(words_atom_init(&atom, NULL), "no memory");
    for (unsigned i = 0; i < n; i++)
        must(words_atom_init(&a[i], NULL), "no memory");
    for (unsigned i = 0; i < n; i++)
        words_atom_destroy(&a[i]);
    enum { FORKS = 40 };
    for (unsigned i = 0; i < FORKS; i++) {
        double start = now(CLOCK_THREAD_CPUTIME_ID);
        pid_t child = i % 2 == 0 ? fork() : _Fork(); /* with the library's handlers, and without */
        if (child == 0)
            _exit(0);
        r->ns[i % 2] += (now(CLOCK_THREAD_CPUTIME_ID) - start) / (FORKS / 2);
        waitpid(child, NULL, 0);
    }
    r->records = stet_atom_states_n_;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print(struct result (*r)[ROUNDS_MAX], unsigned sizes, unsigned row, unsigned rounds)
{
    for (unsigned s = 0; s < sizes; s++) {
        double ns[ROUNDS_MAX];
        for (unsigned i = 0; i < rounds; i++)
            ns[i] = r[s][i].ns[row];
        qsort(ns, rounds, sizeof *ns, compare);
        printf(" %.0f (%.0f-%.0f) ns, %u |", ns[rounds / 2], ns[0], ns[rounds - 1], r[s][0].records);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    static const unsigned threads[] = {1, 100, 10000}, atoms[] = {0, 200000};
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 5;
    struct result(*r)[ROUNDS_MAX] =
        mmap(NULL, 5 * sizeof *r, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(r != MAP_FAILED && rounds > 0 && rounds <= ROUNDS_MAX, "no memory, or a number of rounds that is too large");
    for (unsigned i = 0; i < rounds; i++)
        for (unsigned s = 0; s < 5; s++) {
            int status = 0;
            pid_t child = fork();
            if (child == 0) {
                if (s < 3)
                    measure(threads[s], &r[s][i]);
                else
                    measure_forks(atoms[s - 3], &r[s][i]);
                exit(0);
            }
            must(waitpid(child, &status, 0) == child && status == 0, "a measurement failed");
        }
    printf("| time, records gone through, after | 1 thread | 100 threads | 10,000 threads |\n|---|---|---|---|\n");
    for (unsigned row = 0; row < ROWS; row++) {
        printf("| %s |", row_name[row]);
        print(r, 3, row, rounds);
    }
    printf("\n| time, atoms gone through, after | 0 atoms | 200,000 atoms that are no more |\n|---|---|---|\n| fork |");
    print(r + 3, 2, 0, rounds);
    printf("| the system's part of it |");
    print(r + 3, 2, 1, rounds);
    return 0;
}
