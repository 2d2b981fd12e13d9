/* SPDX-License-Identifier: MIT */
/* memory/labels.c - see labels.h. */
#include "memory/labels.h"
#include "base/misuse.h"

pthread_mutex_t stet_labels_lock_ = PTHREAD_MUTEX_INITIALIZER;
static struct label *labels;
bool stet_pool_labelled_;

static struct label *label_at(uintptr_t inverted) { return (struct label *)~inverted; }
static uintptr_t inverted(const struct label *l) { return ~(uintptr_t)l; }
static struct label *label_of(void *block, size_t size) { return (struct label *)(void *)((char *)block + size); }

void stet_label_put_(void *block, size_t size, const char *name)
{
    struct label *l = label_of(block, size);
    if (*name == '*')
        name = stet_naming_now_ != NULL ? stet_naming_now_ : name + 1;
    l->bytes = size;
    strncpy(l->name, name, sizeof l->name - 1);
    l->name[sizeof l->name - 1] = '\0';
    l->previous = inverted(NULL);
    pthread_mutex_lock(&stet_labels_lock_);
    l->next = inverted(labels);
    if (labels != NULL)
        labels->previous = inverted(l);
    labels = l;
    pthread_mutex_unlock(&stet_labels_lock_);
}

void stet_label_remove_(void *block, size_t size)
{
    struct label *l = label_of(block, size);
    pthread_mutex_lock(&stet_labels_lock_);
    struct label *next = label_at(l->next), *previous = label_at(l->previous);
    if (previous != NULL)
        previous->next = l->next;
    else
        labels = next;
    if (next != NULL)
        next->previous = l->previous;
    pthread_mutex_unlock(&stet_labels_lock_);
}

struct label_sum {
    char name[sizeof((struct label *)NULL)->name];
    int64_t blocks;
    size_t bytes;
};

#define LABEL_SUMS 64 /* names in a report; the last one sums up all others */

/* Adds up the live blocks by name. Returns the number of names. */
static unsigned labels_sum(struct label_sum sum[LABEL_SUMS])
{
    static const struct label others = {.name = "other types"};
    unsigned n = 0, i;
    pthread_mutex_lock(&stet_labels_lock_);
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
    pthread_mutex_unlock(&stet_labels_lock_);
    return n;
}

void stet_labels_report_(FILE *out)
{
    struct label_sum sum[LABEL_SUMS];
    for (unsigned i = 0, n = labels_sum(sum); i < n; i++)
        fprintf(out, "stet: %8lld of %s, %zu bytes\n", (long long)sum[i].blocks, sum[i].name, sum[i].bytes);
}
