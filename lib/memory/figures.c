/* SPDX-License-Identifier: MIT */
/* memory/figures.c - statistics of the pool, and reports of what is live. */
#include "memory/caches.h"
#include "memory/labels.h"

#include <errno.h>

static void add_stats(struct stet_pool_usage *stats, const struct thread_cache *cache)
{
    for (unsigned c = 1; c < POOL_CLASSES; c++) {
        const struct magazine *m = &cache->magazine[c];
        int64_t cached = magazine_blocks(c, m);
        int64_t live = counter_get(&cache->taken[c]) + counter_get(&cache->lost[c]) - cached;
        stats->live_blocks += live;
        stats->live_bytes += live * (int64_t)class_size(c);
        stats->cached_bytes += (uint64_t)cached * class_size(c);
    }
    stats->cached_bytes += __atomic_load_n(&cache->quarantine.bytes, __ATOMIC_RELAXED);
    stats->live_blocks += counter_get(&cache->large_blocks);
    stats->live_bytes += counter_get(&cache->large_bytes);
}

struct stet_pool_usage stet_pool_stats_thread(void)
{
    struct stet_pool_usage stats = {0};
    if (pool_own_cache() != NULL)
        add_stats(&stats, pool_own_cache());
    return stats;
}

struct stet_pool_usage stet_pool_stats(void)
{
    struct stet_pool_usage stats = {0};
    pthread_mutex_lock(&stet_caches_.lock);
    add_stats(&stats, &stet_caches_.ended);
    for (const struct thread_cache *cache = stet_caches_.all; cache != NULL; cache = cache->next)
        add_stats(&stats, cache);
    pthread_mutex_unlock(&stet_caches_.lock);
    stats.slab_bytes = stet_pool_held_();
    stats.peak_bytes = __atomic_load_n(&stet_pool_peak_bytes_, __ATOMIC_RELAXED);
    return stats;
}

static void report_sizes(const struct stet_pool_usage *stats, FILE *out)
{
    int64_t larger = stats->live_blocks;
    for (unsigned c = 1; c < POOL_CLASSES; c++) {
        pthread_mutex_lock(&stet_caches_.lock);
        struct thread_cache *all = &stet_caches_.ended;
        int64_t live = all->taken[c];
        for (const struct thread_cache *cache = stet_caches_.all; cache != NULL; cache = cache->next) {
            live += counter_get(&cache->taken[c]) + counter_get(&cache->lost[c]);
            live -= magazine_blocks(c, &cache->magazine[c]);
        }
        pthread_mutex_unlock(&stet_caches_.lock);
        if (live != 0)
            fprintf(out, "stet: %8lld of %zu bytes\n", (long long)live, class_size(c));
        larger -= live;
    }
    if (larger != 0)
        fprintf(out, "stet: %8lld straight from the allocator\n", (long long)larger);
}

int64_t stet_pool_report(FILE *out)
{
    struct stet_pool_usage stats = stet_pool_stats();
    int before = errno; /* the first write to a stream may change it */
    fprintf(out, "stet: %lld blocks live, %lld bytes; %llu cached, %llu held, at most %llu\n",
            (long long)stats.live_blocks, (long long)stats.live_bytes, (unsigned long long)stats.cached_bytes,
            (unsigned long long)stats.slab_bytes, (unsigned long long)stats.peak_bytes);
    if (stet_pool_labelled_)
        stet_labels_report_(out);
    else
        report_sizes(&stats, out);
    errno = before;
    return stats.live_blocks;
}
