/* SPDX-License-Identifier: MIT */
/*
 * memory/watch.h - what pool.c does with blocks while they are watched, each straight from the allocator: it knows what
 * those that are live are for, and keeps those that were freed, poisoned, for a while.
 *
 *   live      | block            | label: links, bytes, name |     all of the process, in one list
 *   freed     | poison, size | next | poison ...             |     of a thread, oldest first: its quarantine
 */
#ifndef STET_POOL_WATCH_H
#define STET_POOL_WATCH_H

#include "base/misuse.h"
#include "memory/cache.h"

#include <pthread.h>

#define QUARANTINE_BYTES ((size_t)1 << 20)

/* ---- what live blocks are for ---- */

/* Links are stored inverted, so that no leak checker takes this list for a holder of what is in it. */
struct label {
    uintptr_t next, previous;
    size_t bytes;
    char name[40]; /* a copy: the object that has the string may be unloaded */
};

static pthread_mutex_t labels_lock = PTHREAD_MUTEX_INITIALIZER;
static struct label *labels;

static struct label *label_at(uintptr_t inverted) { return (struct label *)~inverted; }
static uintptr_t inverted(const struct label *l) { return ~(uintptr_t)l; }
static struct label *label_of(void *block, size_t size) { return (struct label *)(void *)((char *)block + size); }

static void label_put(void *block, size_t size, const char *name)
{
    struct label *l = label_of(block, size);
    if (*name == '*')
        name = stet_naming_now_ != NULL ? stet_naming_now_ : name + 1;
    l->bytes = size;
    strncpy(l->name, name, sizeof l->name - 1);
    l->name[sizeof l->name - 1] = '\0';
    l->previous = inverted(NULL);
    pthread_mutex_lock(&labels_lock);
    l->next = inverted(labels);
    if (labels != NULL)
        labels->previous = inverted(l);
    labels = l;
    pthread_mutex_unlock(&labels_lock);
}

static void label_remove(void *block, size_t size)
{
    struct label *l = label_of(block, size);
    pthread_mutex_lock(&labels_lock);
    struct label *next = label_at(l->next), *previous = label_at(l->previous);
    if (previous != NULL)
        previous->next = l->next;
    else
        labels = next;
    if (next != NULL)
        next->previous = l->previous;
    pthread_mutex_unlock(&labels_lock);
}

struct label_sum {
    char name[sizeof((struct label *)NULL)->name];
    int64_t blocks;
    size_t bytes;
};

#define LABEL_SUMS 64 /* names that a report tells apart; the last one is of all others */

/* The sums of live blocks by name; returns how many there are. */
static unsigned labels_sum(struct label_sum sum[LABEL_SUMS])
{
    static const struct label others = {.name = "other types"};
    unsigned n = 0, i;
    pthread_mutex_lock(&labels_lock);
    for (const struct label *l = labels; l != NULL; l = label_at(l->next)) {
        for (i = 0; i < n && i < LABEL_SUMS - 1 && strcmp(sum[i].name, l->name) != 0; i++)
            ;
        if (i == n) {
            sum[n] = (struct label_sum){.blocks = 0};
            memcpy(sum[n++].name, i < LABEL_SUMS - 1 ? l->name : others.name, sizeof l->name);
        }
        sum[i].blocks++;
        sum[i].bytes += l->bytes;
    }
    pthread_mutex_unlock(&labels_lock);
    return n;
}

/* ---- what freed blocks are kept for ---- */

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
