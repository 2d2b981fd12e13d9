/* SPDX-License-Identifier: MIT */
/*
 * memory_workload.c - the program that tools/memory_report measures if no other is given: a map of words and a list of
 * words of SIZE elements (100,000), of which ten versions each are kept, with a tenth of the elements changed from one
 * to the next; and a drawing of two versions of a small map.
 *
 * usage: memory_workload [--requests] [SIZE] [DRAWING]
 */
#include <stdlib.h>
#include <stet/inspect.h>
#include <stet/list.h>
#include <stet/map.h>
#include <stet/pool.h>
#include <unistd.h>

STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)
STET_INSPECT_MAP(words)
STET_LIST(row, uint64_t, stet_u64)
STET_INSPECT_LIST(row)

enum { VERSIONS = 10 };

static void check(stet_result r)
{
    if (r == STET_NO_MEMORY) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
}

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *state >> 33;
}

static void write_sharing(const char *what, const struct stet_roots *a, const struct stet_roots *b)
{
    struct stet_sharing s;
    check(stet_inspect_compare(a, b, &s));
    printf("%s: %zu bytes in both, %zu the older's alone, %zu the newer's\n", what, s.both.bytes, s.only_a.bytes,
           s.only_b.bytes);
}

static void write_versions(const char *title, const struct stet_roots *views)
{
    struct stet_node_stats c;
    check(stet_inspect_count(&views[VERSIONS - 1], 1, &c));
    printf("\n%s: the last version\n", title);
    stet_node_stats_write(&c, stdout);
    check(stet_inspect_count(views, VERSIONS, &c));
    printf("\n%s: all %d versions together, their nodes once\n", title, VERSIONS);
    stet_node_stats_write(&c, stdout);
    write_sharing("one version and the next", &views[VERSIONS - 2], &views[VERSIONS - 1]);
    write_sharing("the first and the last", &views[0], &views[VERSIONS - 1]);
}

/* Writes how much of the memory that the pool has set aside is in use, and the resident size of the process. */
static void write_pool(void)
{
    struct stet_pool_usage u = stet_pool_stats();
    long pages = 0, all;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm != NULL && fscanf(statm, "%ld %ld", &all, &pages) != 2)
        pages = 0;
    if (statm != NULL)
        fclose(statm);
    printf("\npool: %lld blocks live, %lld bytes; %llu in threads' lists, %llu set aside, %llu at the peak; resident "
           "%ld\n",
           (long long)u.live_blocks, (long long)u.live_bytes, (unsigned long long)u.cached_bytes,
           (unsigned long long)u.slab_bytes, (unsigned long long)u.peak_bytes, pages * sysconf(_SC_PAGESIZE));
}

static void maps(size_t size, uint64_t *state)
{
    words version[VERSIONS] = {{{0, 0}}};
    struct stet_roots views[VERSIONS];
    for (size_t i = 0; i < size; i++)
        check(words_set(&version[0], next(state), i));
    for (unsigned v = 1; v < VERSIONS; v++) {
        version[v] = words_copy(&version[v - 1]);
        for (size_t i = 0; i < size / 10; i++)
            check(words_set(&version[v], next(state), i));
    }
    for (unsigned v = 0; v < VERSIONS; v++)
        views[v] = words_roots(&version[v]);
    write_versions("map of words", views);
    write_pool();
    for (unsigned v = 0; v < VERSIONS; v++)
        words_drop(&version[v]);
}

static void lists(size_t size, uint64_t *state)
{
    row version[VERSIONS] = {0};
    struct stet_roots views[VERSIONS];
    for (size_t i = 0; i < size; i++)
        check(row_push_back(&version[0], i));
    for (unsigned v = 1; v < VERSIONS; v++) {
        version[v] = row_copy(&version[v - 1]);
        for (size_t i = 0; i < size / 10; i++)
            check(row_set(&version[v], next(state) % size, i));
    }
    for (unsigned v = 0; v < VERSIONS; v++)
        views[v] = row_roots(&version[v]);
    write_versions("list of words", views);
    write_pool();
    for (unsigned v = 0; v < VERSIONS; v++)
        row_drop(&version[v]);
}

/* Draws two versions of a small map: 300 keys, three of them changed. */
static void draw(const char *path, uint64_t *state)
{
    words a = {0}, b;
    for (unsigned i = 0; i < 300; i++)
        check(words_set(&a, i, i));
    b = words_copy(&a);
    for (unsigned i = 0; i < 3; i++)
        check(words_set(&b, next(state) % 300, 0));
    FILE *out = fopen(path, "w");
    struct stet_roots from = words_roots(&a), to = words_roots(&b);
    if (out == NULL) {
        perror(path);
        exit(1);
    }
    check(stet_inspect_draw(&from, &to, 500, out));
    fclose(out);
    words_drop(&a);
    words_drop(&b);
}

int main(int argc, char **argv)
{
    bool requests = argc > 1 && strcmp(argv[1], "--requests") == 0;
    size_t size = argc > 1 + requests ? strtoul(argv[1 + requests], NULL, 10) : 100000;
    uint64_t state = 1;
    if (size < 10) {
        fprintf(stderr, "usage: memory_workload [--requests] [SIZE] [DRAWING]\n");
        return 2;
    }
    if (requests)
        stet_pool_fault(0, 0); /* only counts requests */
    maps(size, &state);
    lists(size, &state);
    if (argc > 2 + requests)
        draw(argv[2 + requests], &state);
    if (requests)
        printf("requests: %llu\n", (unsigned long long)stet_pool_requests());
    return 0;
}
