/* SPDX-License-Identifier: MIT */
/*
 * shared/map_threads.c - maps that threads share, with threads: nothing is lost, done twice or seen in part, and what
 * was kept stays as it was. That the whole of a history makes sense is test/shared/map_history.c.
 */
#include "support/shared_calls.h"

#include <criterion/criterion.h>

#define THREADS 4
#ifdef SANITIZED
#    define ROUNDS 2000
#else
#    define ROUNDS 20000
#endif

#define WORD(n) (&(uint64_t){n})

static unsigned rounds(void) { return test_long() ? 50 * ROUNDS : ROUNDS; }

/* What all threads of a test have in common. */
static struct scene {
    const struct shared *s;
    union shared_map m;
    pthread_barrier_t begin;
    unsigned running; /* of those that change something */
    long ticket[THREADS * ROUNDS];
} scene;

struct actor {
    pthread_t thread;
    unsigned index;
    struct rng random;
    void (*act)(struct actor *a);
    uint64_t sum;
};

static void *act(void *argument)
{
    struct actor *a = argument;
    pthread_barrier_wait(&scene.begin);
    a->act(a);
    __atomic_fetch_sub(&scene.running, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static bool all_done(void) { return __atomic_load_n(&scene.running, __ATOMIC_SEQ_CST) == 0; }

static void begin(const struct shared *s)
{
    scene = (struct scene){.s = s};
    shared_start(s, &scene.m);
}

/* Threads of which the i-th does what act[i % kinds] says; `meanwhile` runs here. */
static void play(struct actor actor[THREADS], void (*const *acts)(struct actor *), unsigned kinds,
                 void (*meanwhile)(void))
{
    pthread_barrier_init(&scene.begin, NULL, THREADS + 1);
    scene.running = THREADS;
    for (unsigned i = 0; i < THREADS; i++) {
        actor[i] = (struct actor){0, i, {rng_mix(test_seed(), i)}, acts[i % kinds], 0};
        REQUIRE(pthread_create(&actor[i].thread, NULL, act, &actor[i]) == 0, "no thread");
    }
    pthread_barrier_wait(&scene.begin);
    if (meanwhile != NULL)
        meanwhile();
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(actor[i].thread, NULL);
    pthread_barrier_destroy(&scene.begin);
}

/* ---- counters add up ---- */

enum { COUNTERS = 8 };

/* One more, by compare_and_swap; now and then the counter is removed, and what it had noted. */
static void count_up(struct actor *a)
{
    const struct shared *s = scene.s;
    union shared_map *m = &scene.m;
    for (unsigned i = 0; i < rounds(); i++) {
        uint64_t key = rng_below(&a->random, COUNTERS), old, out;
        if (rng_below(&a->random, 64) == 0) {
            if (s->load_and_delete(m, &key, &out) == STET_CHANGED)
                a->sum += out;
            i--;
            continue;
        }
        for (;;) {
            if (!s->load(m, &key, &old)) {
                if (s->load_or_store(m, &key, WORD(1), &out) == STET_CHANGED)
                    break;
                continue;
            }
            stet_result result = s->compare_and_swap(m, &key, &old, WORD(old + 1));
            REQUIRE(result == STET_CHANGED || result == STET_CONFLICT, "answers %d", result);
            if (result == STET_CHANGED)
                break;
        }
    }
}

SHARED_TEST(shared_map_threads, counters_add_up, words)
{
    static void (*const acts[])(struct actor *) = {count_up};
    struct actor actor[THREADS];
    uint64_t sum = 0, left;
    begin(s);
    play(actor, acts, 1, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        sum += actor[i].sum;
    for (uint64_t key = 0; key < COUNTERS; key++)
        if (s->load(&scene.m, &key, &left))
            sum += left;
    cr_assert_eq(sum, (uint64_t)THREADS * rounds());
    s->destroy(&scene.m);
}

/* ---- each ticket is taken once ---- */

/* Puts tickets in one place; takes back the one that nobody has taken. */
static void offer(struct actor *a)
{
    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t before, ticket = a->index * (uint64_t)ROUNDS + i;
        bool had;
        REQUIRE(scene.s->swap(&scene.m, WORD(7), &ticket, &before, &had) == STET_CHANGED, "the ticket was there");
        if (had)
            __atomic_fetch_add(&scene.ticket[before], 1, __ATOMIC_RELAXED);
    }
}

/* Takes what it sees, if it is still there, until there are no more offers. */
static void take(struct actor *a)
{
    const struct shared *s = scene.s;
    uint64_t value;
    while (__atomic_load_n(&scene.running, __ATOMIC_SEQ_CST) > THREADS / 2) {
        if (rng_below(&a->random, 8) == 0) {
            if (s->load_and_delete(&scene.m, WORD(7), &value) == STET_CHANGED)
                __atomic_fetch_add(&scene.ticket[value], 1, __ATOMIC_RELAXED);
        } else if (s->load(&scene.m, WORD(7), &value) &&
                   s->compare_and_delete(&scene.m, WORD(7), &value) == STET_CHANGED) {
            __atomic_fetch_add(&scene.ticket[value], 1, __ATOMIC_RELAXED);
        }
    }
}

SHARED_TEST(shared_map_threads, each_ticket_is_taken_once, words)
{
    static void (*const acts[])(struct actor *) = {offer, take};
    struct actor actor[THREADS];
    uint64_t value = 0;
    begin(s);
    play(actor, acts, 2, NULL);
    if (s->load_and_delete(&scene.m, WORD(7), &value) == STET_CHANGED)
        scene.ticket[value]++;
    for (unsigned i = 0; i < THREADS; i += 2)
        for (unsigned j = 0; j < ROUNDS; j++)
            cr_assert_eq(scene.ticket[i * ROUNDS + j], 1, "ticket %u was taken %ld times", i * ROUNDS + j,
                         scene.ticket[i * ROUNDS + j]);
    s->destroy(&scene.m);
}

/* ---- one of those that come first is first ---- */

struct computed {
    unsigned calls;
    uint64_t value;
};

static bool compute(void *context, const void *key, void *value)
{
    struct computed *c = context;
    (void)key;
    c->calls++;
    memcpy(value, &c->value, sizeof c->value);
    return true;
}

/* Every thread wants to be the one that stores a key; all must then have the same value. ticket: the value, count. */
static void be_first(struct actor *a)
{
    const struct shared *s = scene.s;
    for (uint64_t key = 0; key < ROUNDS; key++) {
        uint64_t mine = a->index + 1, actual = 0;
        struct computed c = {0, mine};
        stet_result result = rng_below(&a->random, 2) ? s->load_or_store(&scene.m, &key, &mine, &actual)
                                                      : s->load_or_compute(&scene.m, &key, compute, &c, &actual);
        REQUIRE(c.calls <= 1, "computed %u times", c.calls);
        REQUIRE(result == STET_UNCHANGED || (result == STET_CHANGED && actual == mine), "first with another value");
        /* 16 bits: the sum of what they say, above: how many say that they were first */
        __atomic_fetch_add(&scene.ticket[key], (long)actual + (result == STET_CHANGED ? 1L << 16 : 0),
                           __ATOMIC_RELAXED);
    }
}

SHARED_TEST(shared_map_threads, one_is_first, words)
{
    static void (*const acts[])(struct actor *) = {be_first};
    struct actor actor[THREADS];
    begin(s);
    play(actor, acts, 1, NULL);
    for (uint64_t key = 0; key < ROUNDS; key++) {
        uint64_t value;
        cr_assert(s->load(&scene.m, &key, &value));
        cr_assert_eq(scene.ticket[key] >> 16, 1, "%ld were first", scene.ticket[key] >> 16);
        cr_assert_eq(scene.ticket[key] & 0xFFFF, (long)(THREADS * value), "they do not agree");
    }
    s->destroy(&scene.m);
}

/* ---- batches are whole ---- */

/* Gives SHARED_BATCH / 2 keys of a group the same stamp, or removes all of them. */
static void write_batches(struct actor *a)
{
    for (unsigned i = 0; i < rounds() / 4; i++) {
        uint64_t key[SHARED_BATCH], value = (uint64_t)a->index << 32 | i, group = rng_below(&a->random, 3);
        struct shared_map_op ops[SHARED_BATCH];
        bool stores = rng_below(&a->random, 3) != 0;
        unsigned n = SHARED_BATCH / 2;
        for (unsigned j = 0; j < n; j++) {
            key[j] = group * 1000 + j;
            ops[j] = (struct shared_map_op){stores ? STET_OP_STORE : STET_OP_DELETE, &key[j], &value};
        }
        REQUIRE(scene.s->apply(&scene.m, ops, n) != STET_NO_MEMORY, "no memory");
    }
}

struct group {
    uint64_t stamp;
    unsigned n;
};

static bool see_batch(void *context, const void *key, const void *value)
{
    struct group *g = (struct group *)context + *(const uint64_t *)key / 1000;
    uint64_t stamp = *(const uint64_t *)value;
    REQUIRE(g->n == 0 || g->stamp == stamp, "parts of two batches");
    g->stamp = stamp;
    g->n++;
    return true;
}

/* A group by one call, of a form whose get_many is of one moment. */
static void look_at_group(const struct shared *s, uint64_t group)
{
    uint64_t keys[SHARED_BATCH / 2], values[SHARED_BATCH / 2];
    bool found[SHARED_BATCH / 2];
    unsigned n = SHARED_BATCH / 2;
    for (unsigned i = 0; i < n; i++)
        keys[i] = group * 1000 + i;
    size_t count = s->get_many(&scene.m, keys, n, values, found);
    REQUIRE(count == 0 || count == n, "get_many finds %zu entries of a batch", count);
    for (unsigned i = 0; i < count; i++)
        REQUIRE(found[i] && values[i] == values[0], "get_many has parts of two batches");
}

static void look_at_batches(void)
{
    const struct shared *s = scene.s;
    struct rng random = {rng_mix(test_seed(), 99)};
    for (unsigned looks = 0; !all_done() || looks < 100; looks++) {
        struct group group[3] = {{0, 0}};
        if (rng_below(&random, 2)) {
            REQUIRE(s->range(&scene.m, see_batch, group), "stopped");
        } else {
            union version kept = s->snapshot(&scene.m);
            REQUIRE(s->version_each(&kept, see_batch, group), "stopped");
            size_t n = group[0].n + group[1].n + group[2].n, size = s->version_size(&kept);
            REQUIRE(n == size, "a snapshot has %zu entries and says %zu", n, size);
            s->version_drop(&kept);
        }
        if (s->tidy) /* not of the live map */
            look_at_group(s, rng_below(&random, 3));
        for (unsigned i = 0; i < 3; i++)
            REQUIRE(group[i].n == 0 || group[i].n == SHARED_BATCH / 2, "%u entries of a batch", group[i].n);
        if (s->tidy) /* the live map counts thread by thread */
            REQUIRE(s->len(&scene.m) % (SHARED_BATCH / 2) == 0, "len counts part of a batch");
    }
}

SHARED_TEST(shared_map_threads, batches_are_whole, words)
{
    static void (*const acts[])(struct actor *) = {write_batches};
    struct actor actor[THREADS];
    begin(s);
    play(actor, acts, 1, look_at_batches);
    s->destroy(&scene.m);
}

/* ---- what moves is always somewhere ---- */

enum { PIECES = 12, PLACES = SHARED_KEYS / THREADS }; /* of each thread: values, and the keys that they move between */

static void move_pieces(struct actor *a)
{
    const struct shared *s = scene.s;
    unsigned at[PIECES], free_place[PLACES], base = a->index * PLACES;
    for (unsigned i = 0; i < PLACES; i++)
        *(i < PIECES ? &at[i] : &free_place[i - PIECES]) = i;
    for (unsigned i = 0; i < rounds() / 8; i++) {
        union element keys[SHARED_BATCH], values[SHARED_BATCH / 2];
        struct shared_map_op ops[SHARED_BATCH];
        unsigned n = 1 + rng_below(&a->random, SHARED_BATCH / 2), first = rng_below(&a->random, PIECES);
        for (unsigned j = 0; j < n; j++) {
            unsigned piece = (first + j) % PIECES;
            unsigned *to = &free_place[(rng_below(&a->random, PLACES / 2) + j * 11) % (PLACES - PIECES)],
                     from = at[piece];
            keys[2 * j] = key_of(s, base + from);
            keys[2 * j + 1] = key_of(s, base + *to);
            values[j] = value_of(s, a->index * PIECES + piece);
            ops[2 * j] = (struct shared_map_op){STET_OP_DELETE, &keys[2 * j], NULL};
            ops[2 * j + 1] = (struct shared_map_op){STET_OP_STORE, &keys[2 * j + 1], &values[j]};
            at[piece] = *to;
            *to = from; /* a batch may store there again: the last operation on a key is the one that counts */
        }
        REQUIRE(s->apply(&scene.m, ops, 2 * n) == STET_CHANGED, "no memory, or nothing to do");
        for (unsigned j = 0; j < 2 * n; j++)
            key_release(s, &keys[j]);
        for (unsigned j = 0; j < n; j++)
            value_release(s, &values[j]);
    }
}

struct walk {
    const struct shared *s;
    size_t n;
    bool seen[SHARED_VALUES]; /* which values there are */
};

static bool walk_on(void *context, const void *key, const void *value)
{
    struct walk *walk = context;
    (void)key;
    walk->n++;
    walk->seen[walk->s->value_maker->number(value, true)] = true;
    return true;
}

/* A walk over all entries, which must be as many as the version says. */
static struct walk walk_version(const struct shared *s, const union version *v)
{
    struct walk walk = {.s = s};
    REQUIRE(s->version_each(v, walk_on, &walk), "stopped");
    REQUIRE(walk.n == s->version_size(v), "%s: a snapshot has %zu entries and says %zu", s->name, walk.n,
            s->version_size(v));
    return walk;
}

static void look_at_pieces(void)
{
    const struct shared *s = scene.s;
    for (unsigned looks = 0; !all_done() || looks < 100; looks++) {
        union version now = s->snapshot(&scene.m);
        struct walk walk = walk_version(s, &now);
        REQUIRE(walk.n == THREADS * PIECES, "%s: a snapshot has %zu pieces", s->name, walk.n);
        for (unsigned i = 0; i < THREADS * PIECES; i++)
            REQUIRE(walk.seen[i], "%s: a snapshot has not piece %u", s->name, i);
        s->version_drop(&now);
        if (s->tidy) /* the live map counts thread by thread */
            REQUIRE(s->len(&scene.m) == THREADS * PIECES, "%s: len is %zu", s->name, s->len(&scene.m));
    }
}

static void move_and_look(const struct shared *s)
{
    static void (*const acts[])(struct actor *) = {move_pieces};
    struct actor actor[THREADS];
    begin(s);
    for (unsigned i = 0; i < THREADS * PIECES; i++) {
        union element key = key_of(s, i / PIECES * PLACES + i % PIECES), value = value_of(s, i);
        REQUIRE(s->store(&scene.m, &key, &value) == STET_CHANGED, "no memory");
        key_release(s, &key);
        value_release(s, &value);
    }
    play(actor, acts, 1, look_at_pieces);
    cr_assert_eq(s->len(&scene.m), THREADS * PIECES);
    s->destroy(&scene.m);
}

#define MOVED_TEST_(map, ...) \
    SHARED_TEST(shared_map_threads, moves_in_##map##_are_whole, map) { move_and_look(s); }
SHARED_MAPS(MOVED_TEST_, ~)

/* ---- what was kept stays ---- */

static void churn(struct actor *a)
{
    for (unsigned i = 0; i < rounds(); i++) {
        struct call c = random_call(&a->random, i % 4 == 0 ? 8 : SHARED_KEYS);
        struct arguments arguments = {.had = false};
        make_arguments(scene.s, &c, &arguments);
        REQUIRE(perform(scene.s, &scene.m, c.kind, &arguments, c.n) != STET_NO_MEMORY, "no memory");
        number_filled(scene.s, &arguments);
        release_arguments(scene.s, &c, &arguments);
    }
}

/* A number that says what a map has, which is as many entries as it says. */
static uint64_t digest(const struct shared *s, const union version *v)
{
    size_t size = walk_version(s, v).n;
    uint64_t sum = size;
    size_t found = 0;
    for (unsigned i = 0; i < SHARED_KEYS; i++) {
        union element key = key_of(s, i);
        const void *value = stet_keyed_get_(s->type, v, false, &key);
        if (value != NULL)
            sum += rng_mix(i, s->value_maker->number(value, true)), found++;
        key_release(s, &key);
    }
    REQUIRE(found == size, "%s: a snapshot of %zu entries has %zu keys", s->name, size, found);
    return sum;
}

static void keep_some(void)
{
    enum { KEPT = 16 };
    const struct shared *s = scene.s;
    union version kept[KEPT] = {{.map = {0, 0}}};
    uint64_t said[KEPT] = {0};
    for (unsigned i = 0; !all_done() || i < 2 * KEPT; i++) {
        unsigned at = i % KEPT;
        REQUIRE(digest(s, &kept[at]) == said[at], "%s: a snapshot has changed", s->name);
        s->version_drop(&kept[at]);
        kept[at] = s->snapshot(&scene.m);
        said[at] = digest(s, &kept[at]);
    }
    for (unsigned i = 0; i < KEPT; i++) {
        REQUIRE(digest(s, &kept[i]) == said[i], "%s: a snapshot has changed", s->name);
        s->version_drop(&kept[i]);
    }
}

static void churn_and_keep(const struct shared *s)
{
    static void (*const acts[])(struct actor *) = {churn};
    struct actor actor[THREADS];
    begin(s);
    play(actor, acts, 1, keep_some);
    s->destroy(&scene.m);
}

#define KEPT_TEST_(map, ...) \
    SHARED_TEST(shared_map_threads, snapshots_of_##map##_stay, map) { churn_and_keep(s); }
SHARED_MAPS(KEPT_TEST_, ~)
