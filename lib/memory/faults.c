/* SPDX-License-Identifier: MIT */
/* memory/faults.c - fault injection: makes chosen requests fail, for tests. */
#include "memory/caches.h"

bool stet_pool_refuses_(struct thread_cache *cache)
{
    if (!cache->faulting)
        return false;
    uint64_t nth = ++cache->requests;
    bool fails = cache->fail_first != 0 && nth >= cache->fail_first && nth - cache->fail_first < cache->fail_count;
    cache->was_short &= !fails;
    return fails;
}

void stet_pool_fault(uint64_t nth, uint64_t count)
{
    struct thread_cache *cache = stet_cache_get_();
    if (cache == NULL)
        return;
    stet_cache_flush_(cache, true);
    stet_cache_limits_(cache, false);
    cache->faulting = true;
    cache->requests = 0;
    cache->fail_first = nth;
    cache->fail_count = count;
}

uint64_t stet_pool_requests(void) { return stet_cache_->requests; }

void stet_pool_fault_end(void)
{
    struct thread_cache *cache = pool_own_cache();
    if (cache == NULL)
        return;
    cache->faulting = false;
    stet_cache_limits_(cache, true);
}
