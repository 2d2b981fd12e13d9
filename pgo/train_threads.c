/* SPDX-License-Identifier: MIT */
/* Jobs of train that work on several threads. */
#include <pthread.h>
#include <stet/atom.h>
#include <stet/live_map.h>
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
        must(counts_merge(&all, &crew[w].mine, add_both, NULL, &all));
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
    counts_reader_destroy(&reader);
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

/* ---- live maps: operators connect and disconnect their own lines, ask for everybody's, and mark whom they met ---- */

STET_LIVE_MAP(line_table, sessions)
STET_LIVE_MAP(mark_table, counts)

enum { operators = 3, mark_names = 610 };

struct operator
{
    pthread_t thread;
    struct chance chance;
    line_table *lines;
    mark_table *marks;
    size_t number, own, calls;
    uint64_t *talk; /* what each of its lines should have; 0: absent */
    uint64_t seen;
};

static uint64_t line_of(const struct operator* o, size_t i) { return (i * operators + o->number) * 7; }

static void ring(struct operator* o, size_t i, uint64_t call)
{
    uint64_t line = line_of(o, i), value;
    switch (draw(&o->chance) % 16) {
    case 0:
    case 1:
    case 2: /* one that may be away */
        must(line_table_delete(o->lines, line));
        o->talk[i] = 0;
        break;
    case 3:
        must(line_table_load_or_store(o->lines, line, call, &value));
        o->talk[i] = value;
        break;
    case 4:
        if (line_table_compare_and_swap(o->lines, line, o->talk[i], call) == STET_CHANGED)
            o->talk[i] = call;
        break;
    case 5:
    case 6:
    case 7:
    case 8:
        must(line_table_store(o->lines, line, call));
        o->talk[i] = call;
        break;
    default: /* anybody's */
        if (line_table_load(o->lines, below(&o->chance, o->own * operators) * 7, &value))
            o->seen += value;
    }
}

static void transfer(struct operator* o, uint64_t call)
{
    line_table_op ops[6];
    size_t from = below(&o->chance, o->own - 6);
    for (size_t k = 0; k < 6; k++) {
        ops[k] = (line_table_op){k % 3 == 0 ? STET_OP_DELETE : STET_OP_STORE, line_of(o, from + k), call + k};
        o->talk[from + k] = k % 3 == 0 ? 0 : call + k;
    }
    must(line_table_apply(o->lines, ops, 6));
}

static void *operate(void *argument)
{
    struct operator* o = argument;
    char name[NAME_MAX_LENGTH];
    for (size_t call = 1; call <= o->calls; call++) {
        ring(o, skewed(&o->chance, o->own), call);
        if (call % 4 == 0) {
            size_t i = below(&o->chance, mark_names), length = name_of(i, name);
            long n;
            must(mark_table_store_bytes(o->marks, name, length, (long)i));
            if (mark_table_load_bytes(o->marks, name, length, &n))
                expect(n == (long)i, "a mark");
        }
        if (call % 190 == 0)
            transfer(o, call);
        if (call % 1500 == 0) {
            sessions now = line_table_snapshot(o->lines);
            o->seen += sessions_get_or(&now, line_of(o, 1), 0) + sessions_size(&now);
            sessions_drop(&now);
        }
    }
    return NULL;
}

uint64_t switchboard(double scale, struct chance *c)
{
    struct operator* all = room(operators, sizeof *all);
    line_table lines;
    mark_table marks;
    must(line_table_init(&lines, NULL));
    must(mark_table_init(&marks, NULL));
    for (size_t w = 0; w < operators; w++) {
        all[w] = (struct operator){.chance = {draw(c)}, .lines = &lines, .marks = &marks, .number = w, .own = 2700};
        all[w].calls = (size_t)(90000 * scale) + 300;
        all[w].talk = room(all[w].own, sizeof *all[w].talk);
        expect(pthread_create(&all[w].thread, NULL, operate, &all[w]) == 0, "a thread");
    }
    for (size_t w = 0; w < operators; w++)
        pthread_join(all[w].thread, NULL);
    uint64_t sum = 0;
    size_t connected = 0;
    for (size_t w = 0; w < operators; w++) {
        for (size_t i = 0; i < all[w].own; i++) {
            uint64_t value = 0;
            bool there = line_table_load(&lines, line_of(&all[w], i), &value);
            expect(there == (all[w].talk[i] != 0) && value == all[w].talk[i], "a line");
            connected += there;
            sum = mix(sum, value);
        }
        free(all[w].talk);
    }
    expect(line_table_size(&lines) == connected, "the number of lines");
    must(line_table_clear(&lines));
    line_table_destroy(&lines);
    mark_table_destroy(&marks);
    free(all);
    return sum;
}
