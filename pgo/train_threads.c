/* SPDX-License-Identifier: MIT */
/* Jobs of train that work on several threads. */
#include <pthread.h>
#include <stet/atom.h>
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

enum { worker_names = 1900, atom_names = 770, workers = 3 };

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

/* ---- an atom: threads count into one map by updates, and between them read it in all three ways ---- */

STET_ATOM(counts_atom, counts)

struct client {
    pthread_t thread;
    struct chance chance;
    counts_atom *atom;
    size_t rounds;
    size_t used[atom_names];
    uint64_t seen;
};

static stet_result count_one(void *context, counts *m)
{
    char name[NAME_MAX_LENGTH];
    size_t length = name_of(*(const size_t *)context, name);
    long *n;
    stet_result result = counts_edit_bytes(m, name, length, &n);
    if (result == STET_NO_MEMORY)
        return result;
    ++*n;
    return STET_CHANGED;
}

static uint64_t look_up(struct client *c, const counts *m)
{
    char name[NAME_MAX_LENGTH];
    size_t length = name_of(skewed(&c->chance, atom_names), name);
    return (uint64_t)counts_get_or_bytes(m, name, length, 0);
}

static void *be_client(void *argument)
{
    struct client *c = argument;
    counts_reader reader;
    must(counts_reader_init(&reader, c->atom));
    for (size_t round = 0; round < c->rounds; round++) {
        size_t i = skewed(&c->chance, atom_names);
        must(counts_atom_update(c->atom, count_one, &i));
        c->used[i]++;
        for (size_t read = 0; read < 8; read++) {
            c->seen += look_up(c, counts_reader_refresh(&reader));
            counts_guard guard = counts_atom_acquire(c->atom);
            c->seen += look_up(c, counts_guard_view(&guard));
            counts_guard_release(&guard);
        }
        if (round % 24 == 0) {
            counts mine = counts_atom_snapshot(c->atom);
            c->seen += look_up(c, &mine);
            counts_drop(&mine);
        }
    }
    counts_reader_end(&reader);
    return NULL;
}

uint64_t clients(double scale, struct chance *c)
{
    struct client *all = room(workers, sizeof *all);
    counts_atom atom;
    must(counts_atom_init(&atom, NULL));
    for (size_t w = 0; w < workers; w++) {
        all[w].chance = (struct chance){draw(c)};
        all[w].atom = &atom;
        all[w].rounds = (size_t)(9000 * scale) + 60;
        expect(pthread_create(&all[w].thread, NULL, be_client, &all[w]) == 0, "a thread");
    }
    for (size_t w = 0; w < workers; w++)
        pthread_join(all[w].thread, NULL);
    counts_guard end = counts_atom_acquire(&atom);
    uint64_t sum = 0;
    for (size_t i = 0; i < atom_names; i++) {
        size_t expected = 0;
        for (size_t w = 0; w < workers; w++)
            expected += all[w].used[i];
        char name[NAME_MAX_LENGTH];
        size_t length = name_of(i, name);
        expect(counts_get_or_bytes(counts_guard_view(&end), name, length, 0) == (long)expected, "an atom's count");
        sum = mix(sum, expected);
    }
    counts_guard_release(&end);
    counts_atom_reclaim(&atom);
    counts_atom_destroy(&atom);
    free(all);
    return sum;
}
