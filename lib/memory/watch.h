/* SPDX-License-Identifier: MIT */
/*
 * memory/watch.h - the quarantine: where blocks come straight from the allocator, pool.c keeps freed blocks for a
 * while, filled with poison:
 *
 *   | poison, size | next | poison ... |     each thread has a list of these, the oldest first
 */
#ifndef STET_POOL_WATCH_H
#define STET_POOL_WATCH_H

#include "base/misuse.h"
#include "memory/cache.h"

#define QUARANTINE_BYTES ((size_t)1 << 20)

struct freed {
    uint32_t poison;
    uint32_t units; /* the block's size, in units of POOL_UNIT */
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
    __atomic_store_n(&q->bytes, q->bytes + size, __ATOMIC_RELAXED); /* other threads read it for statistics */
}

/* Takes the oldest block out, and reports its size, if more than `keep` bytes are kept; else returns NULL. */
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
