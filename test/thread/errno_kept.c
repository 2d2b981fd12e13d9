/* SPDX-License-Identifier: MIT */
/*
 * thread/errno_kept.c - a call that succeeds leaves errno as it was, on the slow paths, too: where the allocator, a
 * fence, a futex, advice about pages or a stream has set it on the way. The allocator here always does.
 */
#include "support/testing.h"
#include "thread/os.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <stet/stet.h>

#define MARK 4711 /* no error has this number */

/* The call succeeds, and errno is what it was. */
#define KEPT(call)                                                     \
    do {                                                               \
        errno = MARK;                                                  \
        bool done_ = (call);                                           \
        int after_ = errno;                                            \
        REQUIRE(done_, "failed: %s", #call);                           \
        REQUIRE(after_ == MARK, "%s: errno became %d", #call, after_); \
    } while (0)
#define KEPT_BY(statement) KEPT(((void)(statement), true))

struct page {
    char c[4096];
};
STET_TYPE_BYTES(page_type, struct page)
STET_LIST(pages, struct page, page_type)
STET_LIST(row, uint64_t, stet_u64)
STET_INSPECT_LIST(row)
STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)
STET_INSPECT_MAP(words)
STET_SET(names, stet_str, stet_str_type)
STET_ATOM(words_atom, words)
STET_MAP(shared_words, uint64_t, uint64_t, stet_u64, stet_u64)
STET_ATOM_MAP(behind_atom, shared_words)
STET_LIVE_MAP(live, shared_words)

static void *allocate_loudly(size_t size, size_t align, void *context)
{
    (void)context;
    void *block = os_allocate(size, align);
    errno = EAGAIN;
    return block;
}

static void deallocate_loudly(void *block, size_t size, size_t align, void *context)
{
    (void)size, (void)align, (void)context;
    os_free(block);
    errno = EBUSY;
}

static void loudly(void)
{
    static const struct stet_allocator loud = {allocate_loudly, deallocate_loudly, NULL};
    KEPT(stet_pool_set_allocator(&loud));
    test_seed();
}

/* Enough that regions are taken, become full, and go. */
Test(errno_kept, collections)
{
    loudly();
    words m = {0}, other = {0};
    row l = {0};
    pages p = {0};
    names s = {0};
    char text[32];
    static struct page page;
    for (uint64_t i = 0; i < 200000; i++)
        KEPT(words_set(&m, i, i) && row_push_back(&l, i));
    for (unsigned i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "a name that is long: %u", i);
        KEPT(pages_push_back(&p, page) && names_add_cstr(&s, text));
    }
    other = words_copy(&m);
    for (uint64_t i = 0; i < 50000; i++)
        KEPT(words_erase(&other, i * 3));
    KEPT(words_union(&m, &other, &other) && words_trim(&m) && row_reverse(&l) && row_sort(&l));
    KEPT_BY(words_drop(&m));
    KEPT_BY(words_drop_later(&other));
    while (stet_release_some(1000))
        KEPT_BY(0);
    KEPT_BY(row_drop(&l));
    KEPT_BY(pages_drop(&p));
    KEPT_BY(names_drop(&s));
    KEPT_BY(stet_pool_trim());
    KEPT_BY(stet_pool_stats());
    test_nothing_live();
}

static stet_result add_one(void *key, words *m) { return words_set(m, *(uint64_t *)key, 1); }

Test(errno_kept, atoms)
{
    loudly();
    words m = {0};
    words_atom a;
    words_reader r;
    words_guard g[9];
    struct stet_watch w;
    struct stet_holder holder;
    KEPT(words_atom_init(&a, &m));
    KEPT_BY(words_atom_keep_versions(&a, 3));
    uint64_t version = words_atom_version(&a);
#ifdef TEST_OS_WINDOWS /* which has no watches */
    REQUIRE(words_atom_watch(&a, &w) == -1 && errno == ENOSYS, "there is a watch");
#else
    KEPT(words_atom_watch(&a, &w) >= 0);
#endif
    KEPT(words_reader_init(&r, &a));
    for (uint64_t i = 0; i < 1000; i++)
        KEPT(words_atom_update(&a, add_one, &i) == STET_CHANGED);
    KEPT(words_atom_wait(&a, &version, -1));
    KEPT(!words_atom_wait(&a, &version, 2));
    KEPT_BY(words_atom_watch_seen(&a, &w));
    for (unsigned i = 0; i < 9; i++)
        KEPT_BY(g[i] = words_atom_acquire(&a));
    KEPT_BY(words_reader_refresh(&r));
    KEPT(words_atom_store(&a, &m));
    words_guard held = words_atom_oldest(&a, &holder), kept;
    KEPT_BY(kept = words_atom_at(&a, version));
    KEPT_BY(words_guard_release(&held));
    KEPT_BY(words_guard_release(&kept));
    for (unsigned i = 0; i < 9; i++)
        KEPT_BY(words_guard_release(&g[i]));
    KEPT_BY(words_reader_destroy(&r));
    KEPT_BY(words_atom_reclaim(&a));
    KEPT_BY(words_atom_unwatch(&a, &w));
    KEPT_BY(words_atom_destroy(&a));
    stet_pool_trim();
}

/* What a thread does first and last has paths of its own; others make fences heavy and locks contended. */
static void *work(void *arg)
{
    live *m = (live *)arg;
    uint64_t value;
    for (uint64_t i = 0; i < 20000; i++) {
        KEPT(live_store(m, i % 3000, i) != STET_NO_MEMORY);
        KEPT_BY(live_load(m, i * 7 % 3000, &value));
        KEPT(live_delete(m, (i + 1500) % 3000) != STET_NO_MEMORY);
        if (i % 64 == 0) {
            shared_words now;
            KEPT_BY(now = live_snapshot(m));
            KEPT_BY(shared_words_drop(&now));
        }
    }
    KEPT_BY(stet_reclaim());
    return NULL;
}

static void *store_and_clear(void *arg)
{
    behind_atom *m = (behind_atom *)arg;
    for (uint64_t i = 0; i < 3000; i++) {
        KEPT(behind_atom_store(m, i % 300, i) != STET_NO_MEMORY);
        if (i % 100 == 0)
            KEPT(behind_atom_clear(m) != STET_NO_MEMORY);
    }
    return NULL;
}

Test(errno_kept, maps_that_threads_share)
{
    loudly();
    live m;
    behind_atom a;
    pthread_t thread[4];
    KEPT(live_init(&m, NULL) && behind_atom_init(&a, NULL));
    for (unsigned i = 0; i < 4; i++)
        REQUIRE(pthread_create(&thread[i], NULL, i < 2 ? work : store_and_clear, i < 2 ? (void *)&m : (void *)&a) == 0,
                "a thread");
    for (unsigned i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    KEPT(live_clear(&m) != STET_NO_MEMORY);
    KEPT_BY(live_destroy(&m));
    KEPT_BY(behind_atom_destroy(&a));
}

/* A stream asks, before its first write, whether it is a terminal. */
Test(errno_kept, reports)
{
    loudly();
    words m = {0};
    row l = {0};
    for (uint64_t i = 0; i < 1000; i++)
        REQUIRE(words_set(&m, i, i) && row_push_back(&l, i), "no memory");
    struct stet_roots views[2] = {words_roots(&m), row_roots(&l)};
    struct stet_node_stats census;
    FILE *out[3];
    for (unsigned i = 0; i < 3; i++)
        REQUIRE((out[i] = tmpfile()) != NULL, "no file");
    KEPT(stet_inspect_count(views, 2, &census));
    KEPT_BY(stet_node_stats_write(&census, out[0]));
    KEPT(stet_inspect_draw(&views[0], NULL, 100, out[1]));
    KEPT_BY(stet_pool_report(out[2]));
    for (unsigned i = 0; i < 3; i++)
        fclose(out[i]);
    words_drop(&m);
    row_drop(&l);
}
