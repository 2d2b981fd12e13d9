/* SPDX-License-Identifier: MIT */
/*
 * memory/labels.h - names for live blocks. Blocks have them if they come straight from the allocator, and a report of
 * leaks or a check needs names:
 *
 *   | block            | label: links, bytes, name |     all of the process, in one list
 */
#ifndef STET_POOL_LABELS_H
#define STET_POOL_LABELS_H

#include "memory/cache.h"
#include "thread/os.h"

/* Links are stored inverted, so that no leak checker counts this list as a holder of its blocks. */
struct label {
    uintptr_t next, previous;
    size_t bytes;
    char name[40]; /* a copy, because the shared object that has the string may be unloaded */
};

/* Each block has a label. This is set before the first block is allocated. */
STET_HIDDEN extern bool stet_pool_labelled_;
/* Guards the list. */
STET_HIDDEN extern pthread_mutex_t stet_labels_lock_;
STET_HIDDEN void stet_label_put_(void *block, size_t size, const char *name);
STET_HIDDEN void stet_label_remove_(void *block, size_t size);
/* Writes the sums of live blocks by name. */
STET_HIDDEN void stet_labels_report_(FILE *out);

#endif
