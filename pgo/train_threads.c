/* SPDX-License-Identifier: MIT */
/* Jobs of train that work on several threads. */
#include <pthread.h>
#include "train.h"

/* ---- threads: each counts its part from one common version on, reads what others made, and all is merged ---- */

struct worker {
    pthread_t thread;
    struct chance chance;
    counts common, mine;
    sessions shared;
    size_t tokens, first;
    long *used;
    uint64_t read;
};

enum { worker_names = 1900, workers = 3 };

static void *work(void *argument)
{
    struct worker *w = argument;
    char name[NAME_MAX_LENGTH];
    for (size_t token = 0; token < w->tokens; token++) {
        size_t i = (w->first + skewed(&w->chance, worker_names)) % worker_names;
        long *n;
        must(counts_edit_bytes(&w->mine, name, name_of(i, name), &n));
        ++*n;
        w->used[i]++;
        w->read += sessions_get_or(&w->shared, below(&w->chance, 2200) * 3, 1);
        if (token % 64 == 0)
            must(sessions_set(&w->shared, below(&w->chance, 2200) * 3, 4));
        if (token % 512 == 0) {
            counts_drop(&w->common);
            w->common = counts_copy(&w->mine);
        }
    }
    counts_drop(&w->common);
    sessions_drop(&w->shared);
    return NULL;
}

static void add_both(void *context, const stet_str *key, const long *a, const long *b, long *value)
{
    (void)context, (void)key;
    *value = *a + *b;
}

uint64_t crew(double scale, struct chance *c)
{
    struct worker crew[workers] = {0};
    sessions shared = {0};
    for (uint64_t i = 0; i < 2200; i++)
        must(sessions_set(&shared, i * 3, i % 4));
    for (size_t w = 0; w < workers; w++) {
        crew[w].chance = (struct chance){draw(c)};
        crew[w].shared = sessions_copy(&shared);
        crew[w].tokens = (size_t)(60000 * scale) + 200;
        crew[w].first = w * 500;
        crew[w].used = room(worker_names, sizeof *crew[w].used);
        expect(pthread_create(&crew[w].thread, NULL, work, &crew[w]) == 0, "a thread");
    }
    sessions_drop(&shared);
    counts all = {0};
    uint64_t sum = 0;
    for (size_t w = 0; w < workers; w++) {
        pthread_join(crew[w].thread, NULL);
        must(counts_merge(&all, &crew[w].mine, &all, add_both, NULL));
        counts_drop(&crew[w].mine); /* made by another thread */
    }
    char name[NAME_MAX_LENGTH];
    for (size_t i = 0; i < worker_names; i++) {
        long expected = crew[0].used[i] + crew[1].used[i] + crew[2].used[i];
        const long *n = counts_get_bytes(&all, name, name_of(i, name));
        expect((n != NULL ? *n : 0) == expected, "a merged count");
        sum = mix(sum, (uint64_t)expected);
    }
    for (size_t w = 0; w < workers; w++)
        free(crew[w].used);
    counts_drop(&all);
    return sum;
}

/* ---- readers of an atom: to be a job here, and a line in the table, once the library has atoms ---- */
