/* SPDX-License-Identifier: MIT */
/*
 * shared/map_history.c - linearizability: threads use one map and note what they asked, what was answered, and when;
 * then it is checked that some order of all operations explains the answers, one that agrees with real time.
 *
 * The check is a search (Wing & Gong 1993): which operation may come next, given what the map has? One of those that
 * began before the first of the rest ended; so there are never more to choose from than there are threads. States that
 * led nowhere are remembered (Lowe 2017). There are few keys, so that all of them are one state: a snapshot or a batch
 * is an operation as any other.
 *
 * A history in which nothing overlapped would prove nothing, so a minimum of overlaps is asserted; and so that the
 * checker is known to see something, forms that are wrong on purpose must be found out.
 */
#include "support/shared_calls.h"

#include <criterion/criterion.h>

#include <stdlib.h>

#define THREADS 4
#define HOT 3 /* keys */
#ifdef SANITIZED
#    define OPERATIONS 800
#else
#    define OPERATIONS 2500
#endif

struct op {
    uint64_t begin, end; /* ns */
    struct call call;
    struct outcome outcome;
    int seen[HOT]; /* by a snapshot */
    unsigned thread;
    bool looks; /* it is a snapshot */
};

static struct op history[THREADS * OPERATIONS];

/* ---- recording ---- */

struct recorder {
    pthread_t thread;
    const struct shared *s;
    union shared_map *m;
    pthread_barrier_t *begin;
    unsigned index;
    uint64_t salt;
};

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void look_at_everything(const struct shared *s, union shared_map *m, struct op *op)
{
    union version now = s->snapshot(m);
    op->end = nanoseconds();
    for (unsigned i = 0; i < HOT; i++) {
        union element key = key_of(s, i);
        const void *value = stet_keyed_get_(s->type, &now, false, &key);
        op->seen[i] = value != NULL ? (int)s->value_maker->number(value, true) : NONE;
    }
    s->version_drop(&now);
}

static struct call hot_call(struct rng *random)
{
    struct call c = random_call(random, HOT);
    c.value %= 4;
    c.expected %= 4;
    c.n = c.n < 4 ? c.n : 4;
    for (unsigned i = 0; i < c.n; i++)
        c.values[i] %= 4;
    return c;
}

static void *record(void *argument)
{
    struct recorder *r = argument;
    struct rng random = {rng_mix(test_seed(), r->salt)};
    pthread_barrier_wait(r->begin);
    for (unsigned i = 0; i < OPERATIONS; i++) {
        struct op *op = &history[r->index * OPERATIONS + i];
        struct arguments a = {.had = false};
        *op = (struct op){.thread = r->index, .looks = rng_below(&random, 8) == 0, .call = hot_call(&random)};
        make_arguments(r->s, &op->call, &a);
        op->begin = nanoseconds();
        if (op->looks) {
            look_at_everything(r->s, r->m, op);
        } else {
            op->outcome.result = perform(r->s, r->m, op->call.kind, &a, op->call.n);
            op->end = nanoseconds();
            op->outcome.out = number_filled(r->s, &a);
        }
        release_arguments(r->s, &op->call, &a);
        if (rng_below(&random, 16) == 0)
            sched_yield();
    }
    return NULL;
}

static void thread_all(const struct shared *s, uint64_t salt)
{
    union shared_map m;
    pthread_barrier_t begin;
    struct recorder r[THREADS];
    shared_start(s, &m);
    pthread_barrier_init(&begin, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++) {
        r[i] = (struct recorder){0, s, &m, &begin, i, salt * THREADS + i};
        REQUIRE(pthread_create(&r[i].thread, NULL, record, &r[i]) == 0, "no thread");
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(r[i].thread, NULL);
    pthread_barrier_destroy(&begin);
    s->destroy(&m);
}

/* ---- checking ---- */

/* How far each thread is, and what is there. */
struct state {
    uint16_t at[THREADS];
    int8_t value[HOT];
    bool used;
};
#define STATES (1u << 20)
static struct state tried[STATES];

static bool is_new(const struct state *s)
{
    uint64_t at, value = 0;
    memcpy(&at, s->at, sizeof at);
    memcpy(&value, s->value, sizeof s->value);
    for (unsigned i = (unsigned)rng_mix(at, value) % STATES, n = 0; n < STATES / 2; i = (i + 1) % STATES, n++) {
        if (!tried[i].used) {
            tried[i] = *s;
            tried[i].used = true;
            return true;
        }
        if (memcmp(tried[i].at, s->at, sizeof s->at) == 0 && memcmp(tried[i].value, s->value, sizeof s->value) == 0)
            return false;
    }
    test_fail("a history with too many states");
}

/* Whether the operation may come next; *s is the state after it, but for the thread's place. */
static bool explains(struct state *s, const struct op *op)
{
    int value[HOT], before[HOT];
    for (unsigned i = 0; i < HOT; i++)
        value[i] = before[i] = s->value[i];
    if (op->looks)
        return memcmp(op->seen, value, sizeof value) == 0;
    struct outcome expected = predict(value, HOT, &op->call);
    bool to_and_fro = op->call.kind == APPLY && memcmp(value, before, sizeof value) == 0;
    for (unsigned i = 0; i < HOT; i++)
        s->value[i] = (int8_t)value[i];
    return expected.out == op->outcome.out &&
           (expected.result == op->outcome.result || (to_and_fro && op->outcome.result == STET_UNCHANGED));
}

static const struct op *next_of(const struct state *s, unsigned thread)
{
    return s->at[thread] < OPERATIONS ? &history[thread * OPERATIONS + s->at[thread]] : NULL;
}

/* Puts the states that may follow on the stack; false: nothing is left to be done. */
static bool go_on(const struct state *now, struct state *stack, unsigned *depth)
{
    uint64_t first_end = UINT64_MAX;
    for (unsigned t = 0; t < THREADS; t++) {
        const struct op *op = next_of(now, t);
        if (op != NULL && op->end < first_end)
            first_end = op->end;
    }
    for (unsigned t = 0; t < THREADS; t++) {
        const struct op *op = next_of(now, t);
        struct state next = *now;
        if (op == NULL || op->begin > first_end || !explains(&next, op))
            continue;
        next.at[t]++;
        if (is_new(&next)) {
            REQUIRE(*depth < STATES, "a history with too many states");
            stack[(*depth)++] = next;
        }
    }
    return first_end != UINT64_MAX;
}

/* Whether all operations can be put in order: depth first. */
static bool in_order(void)
{
    static struct state stack[STATES];
    unsigned depth = 1;
    memset(tried, 0, sizeof tried);
    memset(stack, 0, sizeof stack[0]);
    memset(stack[0].value, NONE, sizeof stack[0].value);
    while (depth > 0) {
        struct state now = stack[--depth];
        if (!go_on(&now, stack, &depth))
            return true;
    }
    return false;
}

static int by_begin(const void *a, const void *b)
{
    const struct op *const *x = a, *const *y = b;
    return ((*x)->begin > (*y)->begin) - ((*x)->begin < (*y)->begin);
}

/* How many operations began while one of another thread was under way. */
static size_t overlaps(void)
{
    static const struct op *all[THREADS * OPERATIONS];
    uint64_t last_end[THREADS] = {0};
    size_t n = 0;
    for (size_t i = 0; i < THREADS * OPERATIONS; i++)
        all[i] = &history[i];
    qsort(all, THREADS * OPERATIONS, sizeof all[0], by_begin);
    for (size_t i = 0; i < THREADS * OPERATIONS; i++) {
        bool overlap = false;
        for (unsigned t = 0; t < THREADS; t++)
            overlap = overlap || (t != all[i]->thread && last_end[t] >= all[i]->begin);
        n += overlap;
        last_end[all[i]->thread] = all[i]->end;
    }
    return n;
}

static bool is_linearizable(const struct shared *s, uint64_t salt, size_t *overlapped)
{
    thread_all(s, salt);
    *overlapped += overlaps();
    return in_order();
}

/* On a busy machine threads take turns, and little overlaps: then there are more rounds. */
static void all_linearizable(const struct shared *s)
{
    enum { ENOUGH = 1000, MOST = 1000 };
    unsigned rounds = test_long() ? 200 : 8;
    size_t overlapped = 0;
    for (unsigned round = 0; round < rounds || (overlapped < ENOUGH && round < MOST); round++) {
        bool right = is_linearizable(s, round, &overlapped);
        test_context("%s, round %u", s->name, round);
        REQUIRE(right, "no order explains what the operations answered");
    }
    REQUIRE(overlapped >= ENOUGH, "only %zu operations overlapped", overlapped);
}

SHARED_TEST(shared_map_history, of_words, words) { all_linearizable(s); }
SHARED_TEST(shared_map_history, of_tokens, tokens) { all_linearizable(s); }
SHARED_TEST(shared_map_history, of_larges, larges) { all_linearizable(s); }

/* ---- forms that are wrong on purpose ---- */

static const struct shared *right_one;

/* Lets others come between what should be one step. */
static void dawdle(void)
{
    static _Thread_local unsigned n;
    if (++n % 4 == 0)
        sched_yield();
}

static stet_result swap_in_two_steps(void *m, const void *key, const void *expected, const void *value)
{
    union element there;
    if (!right_one->load(m, key, &there))
        return STET_CONFLICT;
    bool meets = stet_type_equal(right_one->type->value, &there, expected);
    value_release(right_one, &there);
    dawdle();
    return meets ? right_one->store(m, key, value) : STET_CONFLICT;
}

static stet_result delete_in_two_steps(void *m, const void *key, void *value)
{
    if (!right_one->load(m, key, value))
        return STET_UNCHANGED;
    dawdle();
    (void)right_one->delete (m, key);
    return STET_CHANGED;
}

static stet_result add_in_two_steps(void *m, const void *key, const void *value, void *actual)
{
    if (right_one->load(m, key, actual))
        return STET_UNCHANGED;
    dawdle();
    memcpy(actual, value, sizeof(uint64_t));
    (void)right_one->store(m, key, value);
    return STET_CHANGED;
}

/* Every other time, what it has found the time before. */
static bool load_from_a_cache(const void *m, const void *key, void *value)
{
    static _Thread_local struct {
        uint64_t value;
        bool found, filled;
    } cache[HOT];
    uint64_t k = *(const uint64_t *)key;
    cache[k].filled = !cache[k].filled;
    if (cache[k].filled)
        cache[k].found = right_one->load(m, key, &cache[k].value);
    if (cache[k].found)
        memcpy(value, &cache[k].value, sizeof cache[k].value);
    return cache[k].found;
}

static stet_result apply_one_by_one(void *m, const struct shared_map_op *ops, size_t n)
{
    stet_result result = STET_UNCHANGED;
    for (size_t i = 0; i < n; i++, dawdle())
        if (right_one->apply(m, &ops[i], 1) == STET_CHANGED)
            result = STET_CHANGED;
    return result;
}

/* A snapshot that is put together from two. */
static union version snapshot_in_parts(const void *m)
{
    const struct stet_keyed_type *t = right_one->type;
    union version first = right_one->snapshot(m);
    dawdle();
    union version second = right_one->snapshot(m);
    uint64_t key = 0;
    const void *value = stet_keyed_get_(t, &second, false, &key);
    stet_result result = value != NULL ? stet_keyed_put_(t, &first, false, &key, value)
                                       : stet_keyed_erase_(t, &first, false, &key, NULL);
    REQUIRE(result != STET_NO_MEMORY, "no memory");
    right_one->version_drop(&second);
    return first;
}

/* Such a form is found out, if not at once. */
static void found_out(const struct shared *right, struct shared wrong, const char *what)
{
    size_t overlapped = 0;
    right_one = right;
    wrong.name = what;
    for (unsigned round = 0; round < 50; round++)
        if (!is_linearizable(&wrong, 1000 + round, &overlapped)) {
            shared_settle();
            return;
        }
    test_fail("%s: not found out", what);
}

#define WRONG_TEST(name, operation, function)    \
    SHARED_TEST(shared_map_history, name, words) \
    {                                            \
        struct shared wrong = *s;                \
        wrong.operation = function;              \
        found_out(s, wrong, #function);          \
    }
WRONG_TEST(compare_and_swap_in_two_steps, compare_and_swap, swap_in_two_steps)
WRONG_TEST(load_and_delete_in_two_steps, load_and_delete, delete_in_two_steps)
WRONG_TEST(load_or_store_in_two_steps, load_or_store, add_in_two_steps)
WRONG_TEST(stale_loads, load, load_from_a_cache)
WRONG_TEST(batches_one_by_one, apply, apply_one_by_one)
WRONG_TEST(snapshots_in_parts, snapshot, snapshot_in_parts)
