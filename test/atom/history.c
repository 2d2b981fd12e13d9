/* SPDX-License-Identifier: MIT */
/*
 * atom/history.c - linearizability: threads read and write one atom and note what they saw and when; then it is checked
 * that some order of all operations explains it, one that agrees with real time.
 *
 * Each write makes the count in the version one more and puts its own stamp there. So the count is the place of a
 * version in the order, and: no two writes make the same place and none is left out; a read sees the stamp of the write
 * that made its place; and no operation sees, or makes, an earlier place than one that ended before it began.
 *
 * A history in which nothing overlapped would prove nothing, so a minimum of overlaps is asserted; and so that the
 * checker is known to see something, atoms that are used wrongly must be found out.
 */
#include "support/atoms.h"
#include "support/testing.h"

#include <stdlib.h>

enum { COUNT, STAMP };
STET_MAP(cell, int, uint64_t, stet_int, stet_u64)
STET_ATOM(cell_atom, cell)

#define THREADS 4
#ifdef SANITIZED
#    define OPERATIONS 1500
#else
#    define OPERATIONS 5000
#endif

struct op {
    uint64_t begin, end; /* ns */
    uint64_t place, stamp, version;
    unsigned thread;
    bool writes;
};

struct history {
    struct op op[THREADS * OPERATIONS];
    size_t n;
    uint64_t first; /* the number of the version of place 0 */
};

/* ---- what is recorded ---- */

struct write {
    uint64_t place, stamp;
    unsigned pause; /* yields between reading and writing */
};

struct kind {
    const char *name;
    void (*read)(cell_atom *a, cell_reader *r, struct op *op, struct rng *random);
    void (*write)(cell_atom *a, struct write *w, struct rng *random);
};

static stet_result write_edit(void *context, cell *m)
{
    struct write *w = context;
    w->place = cell_get_or(m, COUNT, 0) + 1;
    for (unsigned i = 0; i < w->pause; i++)
        sched_yield();
    if (!cell_set(m, COUNT, w->place) || !cell_set(m, STAMP, w->stamp))
        return STET_NO_MEMORY;
    return STET_CHANGED;
}

static void note(struct op *op, const cell *m, uint64_t version)
{
    op->place = cell_get_or(m, COUNT, 0);
    op->stamp = cell_get_or(m, STAMP, 0);
    op->version = version;
}

static void read_rightly(cell_atom *a, cell_reader *r, struct op *op, struct rng *random)
{
    if (rng_below(random, 2)) {
        const cell *m = cell_reader_refresh(r);
        note(op, m, cell_reader_version(r));
        return;
    }
    cell_guard g = cell_atom_acquire(a);
    if (rng_below(random, 4) == 0)
        sched_yield();
    note(op, cell_guard_view(&g), cell_guard_version(&g));
    cell_guard_release(&g);
}

static void write_rightly(cell_atom *a, struct write *w, struct rng *random)
{
    if (rng_below(random, 4) != 0) {
        REQUIRE(cell_atom_update(a, write_edit, w) == STET_CHANGED, "no memory");
        return;
    }
    for (;;) {
        cell_guard g = cell_atom_acquire(a);
        cell m = cell_copy(cell_guard_view(&g));
        REQUIRE(write_edit(w, &m) == STET_CHANGED, "no memory");
        stet_result result = cell_atom_compare_and_swap(a, &g, &m);
        cell_guard_release(&g);
        cell_drop(&m);
        if (result == STET_CHANGED)
            return;
    }
}

/* Wrong: brings its reader up to date now and then. */
static void read_stale(cell_atom *a, cell_reader *r, struct op *op, struct rng *random)
{
    (void)a;
    const cell *m = rng_below(random, 4) == 0 ? cell_reader_refresh(r) : cell_reader_view(r);
    note(op, m, cell_reader_version(r));
}

/* Wrong: what was written since the snapshot is lost. */
static void write_over(cell_atom *a, struct write *w, struct rng *random)
{
    (void)random;
    cell m = cell_atom_snapshot(a);
    REQUIRE(write_edit(w, &m) == STET_CHANGED && cell_atom_store(a, &m) == STET_CHANGED, "no memory");
}

static stet_result count_edit(void *context, cell *m)
{
    struct write *w = context;
    w->place = cell_get_or(m, COUNT, 0) + 1;
    return cell_set(m, COUNT, w->place);
}

static stet_result stamp_edit(void *context, cell *m)
{
    return cell_set(m, STAMP, ((const struct write *)context)->stamp);
}

/* Wrong: two publications for what belongs together. */
static void write_torn(cell_atom *a, struct write *w, struct rng *random)
{
    (void)random;
    REQUIRE(cell_atom_update(a, count_edit, w) == STET_CHANGED, "no memory");
    sched_yield();
    REQUIRE(cell_atom_update(a, stamp_edit, w) == STET_CHANGED, "no memory");
}

/* ---- recording ---- */

struct recorder {
    pthread_t thread;
    cell_atom *a;
    const struct kind *kind;
    struct op *op;
    unsigned index;
    uint64_t salt;
};

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void *record(void *argument)
{
    struct recorder *r = argument;
    struct rng random = {rng_mix(test_seed(), r->salt)};
    cell_reader reader;
    REQUIRE(cell_reader_init(&reader, r->a) != STET_NO_MEMORY, "no memory");
    for (size_t i = 0; i < OPERATIONS; i++) {
        struct op *op = &r->op[i];
        struct write w = {.stamp = (uint64_t)r->index << 32 | (i + 1), .pause = rng_below(&random, 16) == 0};
        op->thread = r->index;
        op->writes = rng_below(&random, 3) == 0;
        op->begin = nanoseconds();
        if (op->writes)
            r->kind->write(r->a, &w, &random);
        else
            r->kind->read(r->a, &reader, op, &random);
        op->end = nanoseconds();
        if (op->writes)
            op->place = w.place, op->stamp = w.stamp;
    }
    cell_reader_destroy(&reader);
    return NULL;
}

static void thread_all(struct history *h, const struct kind *kind, uint64_t salt)
{
    cell_atom a;
    struct recorder r[THREADS];
    REQUIRE(cell_atom_init(&a, NULL) == STET_CHANGED, "no memory");
    h->first = cell_atom_version(&a);
    h->n = THREADS * OPERATIONS;
    for (unsigned i = 0; i < THREADS; i++) {
        r[i] = (struct recorder){0, &a, kind, &h->op[i * OPERATIONS], i, salt * THREADS + i};
        REQUIRE(pthread_create(&r[i].thread, NULL, record, &r[i]) == 0, "no thread");
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(r[i].thread, NULL);
    cell_atom_destroy(&a);
}

/* ---- checking ---- */

static int by_begin(const void *a, const void *b)
{
    const struct op *x = a, *y = b;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

static int by_end(const void *a, const void *b)
{
    const struct op *const *x = a, *const *y = b;
    return ((*x)->end > (*y)->end) - ((*x)->end < (*y)->end);
}

/* What is wrong with the places and stamps; NULL: nothing. */
static const char *wrong_places(const struct history *h, bool numbered)
{
    static uint64_t stamp[THREADS * OPERATIONS + 1];
    memset(stamp, 0, sizeof stamp);
    size_t writes = 0;
    for (size_t i = 0; i < h->n; i++)
        writes += h->op[i].writes;
    for (size_t i = 0; i < h->n; i++) {
        const struct op *op = &h->op[i];
        if (op->place > writes)
            return "a place beyond the last write";
        if (op->writes && stamp[op->place] != 0)
            return "two writes made the same version";
        if (op->writes)
            stamp[op->place] = op->stamp;
    }
    for (size_t i = 0; i < h->n; i++) {
        const struct op *op = &h->op[i];
        if (!op->writes && op->stamp != stamp[op->place])
            return "a version has parts of two writes";
        if (!op->writes && numbered && op->version != h->first + op->place)
            return "a version has a wrong number";
    }
    return NULL;
}

/* Whether places agree with real time; counts operations that began while one of another thread was under way. */
static const char *wrong_times(struct history *h, size_t *overlaps)
{
    static const struct op *ended[THREADS * OPERATIONS];
    uint64_t last_end[THREADS] = {0}, reached = 0;
    qsort(h->op, h->n, sizeof h->op[0], by_begin);
    for (size_t i = 0; i < h->n; i++)
        ended[i] = &h->op[i];
    qsort(ended, h->n, sizeof ended[0], by_end);
    *overlaps = 0;
    size_t e = 0;
    for (size_t i = 0; i < h->n; i++) {
        const struct op *op = &h->op[i];
        for (; ended[e]->end < op->begin; e++)
            reached = ended[e]->place > reached ? ended[e]->place : reached;
        if (op->writes ? op->place <= reached : op->place < reached)
            return "an operation came to an earlier version than one that was over before it began";
        bool overlap = false;
        for (unsigned t = 0; t < THREADS; t++)
            overlap = overlap || (t != op->thread && last_end[t] >= op->begin);
        *overlaps += overlap;
        last_end[op->thread] = op->end;
    }
    return NULL;
}

static const char *wrong(struct history *h, bool numbered, size_t *overlaps)
{
    const char *times = wrong_times(h, overlaps), *places = wrong_places(h, numbered);
    return places != NULL ? places : times;
}

static struct history history;

Test(atom_history, is_linearizable)
{
    static const struct kind right = {"right", read_rightly, write_rightly};
    size_t overlaps, all = 0;
    test_seed();
    unsigned rounds = test_long() ? 200 : 5;
    for (unsigned round = 0; round < rounds; round++) {
        thread_all(&history, &right, round);
        test_context("round %u", round);
        const char *error = wrong(&history, true, &overlaps);
        REQUIRE(error == NULL, "%s", error);
        all += overlaps;
    }
    REQUIRE(all >= rounds * 100, "only %zu operations overlapped", all);
    test_nothing_live();
}

/* A wrong use is found out, if not at once. */
static void found_out(const struct kind *kind, const char *expected)
{
    size_t overlaps;
    test_seed();
    for (unsigned round = 0; round < 50; round++) {
        thread_all(&history, kind, 1000 + round);
        const char *error = wrong(&history, false, &overlaps);
        if (error == NULL)
            continue;
        REQUIRE(strcmp(error, expected) == 0, "%s: found that %s", kind->name, error);
        return;
    }
    test_fail("%s: not found out", kind->name);
}

Test(atom_history, stale_reads_are_found)
{
    static const struct kind stale = {"stale reads", read_stale, write_rightly};
    found_out(&stale, "an operation came to an earlier version than one that was over before it began");
}

Test(atom_history, lost_updates_are_found)
{
    static const struct kind lost = {"lost updates", read_rightly, write_over};
    found_out(&lost, "two writes made the same version");
}

Test(atom_history, torn_writes_are_found)
{
    static const struct kind torn = {"torn writes", read_rightly, write_torn};
    found_out(&torn, "a version has parts of two writes");
}

/* What the checker is told of an atom that forgets to publish in order: an honest history with one lie in it. */
Test(atom_history, one_lie_is_found)
{
    static const struct kind right = {"right", read_rightly, write_rightly};
    struct rng random = {rng_mix(test_seed(), 77)};
    size_t overlaps;
    thread_all(&history, &right, 2000);
    REQUIRE(wrong(&history, true, &overlaps) == NULL, "wrong to begin with");
    for (unsigned lie = 0; lie < 20; lie++) {
        struct op *op;
        do
            op = &history.op[history.n / 2 + rng_below(&random, (unsigned)history.n / 2)];
        while (op->writes || op->place < 100);
        struct op honest = *op;
        for (size_t i = 0; i < history.n; i++) /* it says it saw a version of long before, in all detail */
            if (!history.op[i].writes && history.op[i].place + 50 < op->place) {
                op->place = history.op[i].place, op->stamp = history.op[i].stamp, op->version = history.op[i].version;
                break;
            }
        bool lied = op->place != honest.place;
        REQUIRE(!lied || wrong_times(&history, &overlaps) != NULL, "the lie was believed");
        for (size_t i = 0; i < history.n; i++) /* sorting may have moved it */
            if (history.op[i].begin == honest.begin && history.op[i].thread == honest.thread)
                history.op[i] = honest;
    }
}
