/* SPDX-License-Identifier: MIT */
/*
 * memory/watch.h - where blocks come straight from the allocator, pool.c keeps freed blocks for a while, filled with
 * poison:
 *
 *   | poison, size | next | poison ... |     of a thread, oldest first: its quarantine
 */
#ifndef STET_POOL_WATCH_H
#define STET_POOL_WATCH_H

#include "base/misuse.h"
#include "memory/cache.h"

#define QUARANTINE_BYTES ((size_t)1 << 20)

struct freed {
    uint32_t poison;
    uint32_t units; /* of POOL_UNIT: the block's size */
    struct freed *next;
};

static void quarantine_put(struct quarantine *q, void *block, size_t size)
{
    struct freed *f = block;
    memset(block, STET_POISON_BYTE_, size);
    f->units = (uint32_t)(size / POOL_UNIT);
    f->next = NULL;
    if (q->newest != NULL)
        ((struct freed *)q->newest)->next = f;
    else
        q->oldest = f;
    q->newest = f;
    __atomic_store_n(&q->bytes, q->bytes + size, __ATOMIC_RELAXED); /* read for statistics by other threads */
}

/* The oldest block, if more than `keep` bytes are kept, and its size; else NULL. */
static void *quarantine_take(struct quarantine *q, size_t keep, size_t *size)
{
    struct freed *f = q->oldest;
    if (f == NULL || q->bytes <= keep)
        return NULL;
    *size = (size_t)f->units * POOL_UNIT;
    q->oldest = f->next;
    if (f->next == NULL)
        q->newest = NULL;
    __atomic_store_n(&q->bytes, q->bytes - *size, __ATOMIC_RELAXED);
    return f;
}

#endif
