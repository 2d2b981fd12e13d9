/* SPDX-License-Identifier: MIT */
/*
 * shared/map_order.c - what atom maps of sorted maps have beside other maps that threads share: reads by place and of
 * ranges, deletions of ranges and at the ends. Random calls beside a model, with and without each request to the pool
 * refused; with threads: what is read is of one version, and what is taken is taken once; and in the child of a fork.
 */
#include "support/shared_calls.h"

#include <criterion/criterion.h>

#include <sys/wait.h>

/* ---- the functions as tables ---- */

typedef bool order_run_fn(void *context, const void *keys, const void *values, size_t n);
typedef bool order_load_fn(const void *m, const void *key, void *found, void *value);

enum place { FIRST, LAST, FLOOR, CEILING, BELOW, ABOVE, PLACES };

struct order {
    const struct shared *s;
    order_load_fn *load[PLACES]; /* FIRST and LAST do not read the key */
    bool (*range_each)(const void *m, const void *from, const void *to, order_run_fn *fn, void *context);
    stet_result (*delete_range)(void *m, const void *from, const void *to);
    stet_result (*take[2])(void *m, void *key, void *value); /* FIRST, LAST */
};

#define ORDER_END_(name, end)                                                            \
    static bool name##_o_##end(const void *m, const void *key, void *found, void *value) \
    {                                                                                    \
        (void)key;                                                                       \
        return name##_load_##end(m, found, value);                                       \
    }                                                                                    \
    static stet_result name##_o_take_##end(void *m, void *key, void *value)              \
    {                                                                                    \
        return name##_load_and_delete_##end(m, key, value);                              \
    }
#define ORDER_BY_(name, K, place)                                                          \
    static bool name##_o_##place(const void *m, const void *key, void *found, void *value) \
    {                                                                                      \
        return name##_load_##place(m, *(K const *)key, found, value);                      \
    }
#define ORDER_TABLE_(map, ...) ORDER_TABLE_IN_(map, sorted_##map, ordered_##map##_key_, ordered_##map##_value_)
#define ORDER_TABLE_IN_(map, name, K, V)                                                                              \
    ORDER_END_(name, first)                                                                                           \
    ORDER_END_(name, last)                                                                                            \
    ORDER_BY_(name, K, floor)                                                                                         \
    ORDER_BY_(name, K, ceiling)                                                                                       \
    ORDER_BY_(name, K, below)                                                                                         \
    ORDER_BY_(name, K, above)                                                                                         \
    struct name##_o_runner {                                                                                          \
        order_run_fn *fn;                                                                                             \
        void *context;                                                                                                \
    };                                                                                                                \
    static bool name##_o_run(void *context, K const *keys, V const *values, size_t n)                                 \
    {                                                                                                                 \
        const struct name##_o_runner *runner = context;                                                               \
        return runner->fn(runner->context, keys, values, n);                                                          \
    }                                                                                                                 \
    static bool name##_o_range_each(const void *m, const void *from, const void *to, order_run_fn *fn, void *context) \
    {                                                                                                                 \
        struct name##_o_runner runner = {fn, context};                                                                \
        return name##_range_each(m, from, to, name##_o_run, &runner);                                                 \
    }                                                                                                                 \
    static stet_result name##_o_delete_range(void *m, const void *from, const void *to)                               \
    {                                                                                                                 \
        return name##_delete_range(m, from, to);                                                                      \
    }                                                                                                                 \
    static const struct order name##_order = {                                                                        \
        &name##_table,                                                                                                \
        {name##_o_first, name##_o_last, name##_o_floor, name##_o_ceiling, name##_o_below, name##_o_above},            \
        name##_o_range_each,                                                                                          \
        name##_o_delete_range,                                                                                        \
        {name##_o_take_first, name##_o_take_last}};
SHARED_MAPS(ORDER_TABLE_, ~)

/* ---- a model: the keys in order ---- */

struct model {
    const struct order *o;
    union element key[SHARED_KEYS]; /* ascending */
    int value[SHARED_KEYS];         /* or NONE */
};

static const struct stet_type *sorted_by; /* of by_key() */

static int by_key(const void *a, const void *b) { return sorted_by->compare(a, b); }

static void model_begin(struct model *model, const struct order *o)
{
    model->o = o;
    for (unsigned i = 0; i < SHARED_KEYS; i++) {
        model->key[i] = key_of(o->s, i);
        model->value[i] = NONE;
    }
    sorted_by = o->s->type->key;
    qsort(model->key, SHARED_KEYS, sizeof model->key[0], by_key);
}

static void model_end(struct model *model)
{
    for (unsigned i = 0; i < SHARED_KEYS; i++)
        key_release(model->o->s, &model->key[i]);
}

/* The index of the entry at a place, or NONE. key: an index. */
static int model_at(const struct model *model, enum place place, int key)
{
    bool back = place == LAST || place == FLOOR || place == BELOW;
    int i = place == FIRST     ? 0
            : place == LAST    ? SHARED_KEYS - 1
            : place == CEILING ? key
            : place == FLOOR   ? key
            : place == ABOVE   ? key + 1
                               : key - 1;
    while (i >= 0 && i < SHARED_KEYS && model->value[i] == NONE)
        i += back ? -1 : 1;
    return i >= 0 && i < SHARED_KEYS ? i : NONE;
}

static bool same_key(const struct model *model, int i, const void *key)
{
    return stet_type_equal(model->o->s->type->key, &model->key[i], key);
}

/* What a call has filled in is the entry with this index; its references go. */
static void compare_entry(const struct model *model, int i, union element *key, union element *value)
{
    const struct shared *s = model->o->s;
    if (key != NULL) {
        REQUIRE(same_key(model, i, key), "%s: another key", s->name);
        key_release(s, key);
    }
    if (value != NULL)
        REQUIRE((int)number_out(s, value) == model->value[i], "%s: another value", s->name);
}

static void load_and_compare(const struct model *model, union shared_map *m, struct rng *random)
{
    union element key = {.word = 0}, value = {.word = 0};
    union element *k = rng_below(random, 4) != 0 ? &key : NULL, *v = rng_below(random, 4) != 0 ? &value : NULL;
    enum place place = (enum place)rng_below(random, PLACES);
    int by = (int)rng_below(random, SHARED_KEYS), expected = model_at(model, place, by);
    bool found = model->o->load[place](m, &model->key[by], k, v);
    REQUIRE(found == (expected != NONE), "%s: place %d of key %d: found is %d", model->o->s->name, place, by, found);
    if (found)
        compare_entry(model, expected, k, v);
}

struct walk {
    const struct model *model;
    int at;      /* the index of the next entry, or NONE */
    size_t n;    /* of entries seen */
    size_t most; /* after which the walk ends */
};

static bool walk_on(void *context, const void *keys, const void *values, size_t n)
{
    struct walk *w = context;
    const struct shared *s = w->model->o->s;
    for (size_t i = 0; i < n; i++, w->n++) {
        REQUIRE(w->at != NONE && same_key(w->model, w->at, (const char *)keys + i * s->type->key->size),
                "%s: a range has another key", s->name);
        unsigned number = s->value_maker->number((const char *)values + i * s->type->value->size, true);
        REQUIRE((int)number == w->model->value[w->at], "%s: a range has another value", s->name);
        w->at = model_at(w->model, ABOVE, w->at);
    }
    return w->n < w->most;
}

/* Two bounds, as indices; the first or last with its neighbour: no bound. */
struct bounds {
    int from, to;
};

static struct bounds random_bounds(struct rng *random)
{
    int from = (int)rng_below(random, SHARED_KEYS + 20) - 20;
    return (struct bounds){from, rng_below(random, 8) == 0 ? SHARED_KEYS : from + (int)rng_below(random, 60)};
}

static const void *bound(const struct model *model, int i) { return i >= 0 && i < SHARED_KEYS ? &model->key[i] : NULL; }

static size_t model_count(const struct model *model, struct bounds b)
{
    size_t n = 0;
    for (int i = b.from < 0 ? 0 : b.from; i < b.to && i < SHARED_KEYS; i++)
        n += model->value[i] != NONE;
    return n;
}

static void range_and_compare(const struct model *model, union shared_map *m, struct rng *random)
{
    struct bounds b = random_bounds(random);
    if (b.to < 0)
        b.to = 0;
    size_t n = model_count(model, b), most = rng_below(random, 2) ? 1 + rng_below(random, 40) : SIZE_MAX;
    struct walk w = {model, model_at(model, CEILING, b.from < 0 ? 0 : b.from), 0, most};
    bool all = model->o->range_each(m, bound(model, b.from), bound(model, b.to), walk_on, &w);
    REQUIRE(all == (w.n < most || n == 0), "%s: a range says %d", model->o->s->name, all);
    REQUIRE(w.n == n || (!all && w.n >= most && w.n <= n), "%s: a range has %zu entries, not %zu", model->o->s->name,
            w.n, n);
}

/* Whether the map has as many entries as the model. */
static void compare_size(const struct model *model, union shared_map *m)
{
    size_t n = model_count(model, (struct bounds){0, SHARED_KEYS}), size = model->o->s->len(m);
    REQUIRE(size == n, "%s: %zu entries, not %zu", model->o->s->name, size, n);
}

/*
 * Calls until it succeeds; what failed has changed nothing. Some begin with a later request, because a call may go on
 * without its first one, and ask again.
 */
#define UNTIL_DONE(model, m, refuse, result, call)                                                           \
    for (uint64_t nth_ = (refuse) ? 1 + rng_below(random, 3) : 1;; nth_++) {                                 \
        shared_settle();                                                                                     \
        int64_t live_ = stet_pool_stats().live_blocks;                                                       \
        stet_pool_fault((refuse) ? nth_ : 0, (refuse) ? 1 : 0);                                              \
        (result) = (call);                                                                                   \
        stet_pool_fault_end();                                                                               \
        if ((result) != STET_NO_MEMORY)                                                                      \
            break;                                                                                           \
        shared_settle();                                                                                     \
        REQUIRE((refuse) && stet_pool_stats().live_blocks == live_, "%s: left blocks", (model)->o->s->name); \
        compare_size(model, m);                                                                              \
    }

static void delete_and_compare(struct model *model, union shared_map *m, struct rng *random, bool refuse)
{
    struct bounds b = random_bounds(random);
    if (b.to < 0)
        b.to = 0;
    size_t n = model_count(model, b);
    stet_result result;
    UNTIL_DONE(model, m, refuse, result, model->o->delete_range(m, bound(model, b.from), bound(model, b.to)));
    REQUIRE(result == (n != 0 ? STET_CHANGED : STET_UNCHANGED), "%s: a deletion says %d", model->o->s->name, result);
    for (int i = b.from < 0 ? 0 : b.from; i < b.to && i < SHARED_KEYS; i++)
        model->value[i] = NONE;
    compare_size(model, m);
}

static void take_and_compare(struct model *model, union shared_map *m, struct rng *random, bool refuse)
{
    union element key = {.word = 0}, value = {.word = 0};
    union element *k = rng_below(random, 4) != 0 ? &key : NULL, *v = rng_below(random, 4) != 0 ? &value : NULL;
    enum place end = rng_below(random, 2) ? FIRST : LAST;
    int expected = model_at(model, end, 0);
    stet_result result;
    UNTIL_DONE(model, m, refuse, result, model->o->take[end](m, k, v));
    REQUIRE(result == (expected != NONE ? STET_CHANGED : STET_UNCHANGED), "%s: taking says %d", model->o->s->name,
            result);
    if (expected == NONE)
        return;
    compare_entry(model, expected, k, v);
    model->value[expected] = NONE;
    compare_size(model, m);
}

static void store_some(struct model *model, union shared_map *m, struct rng *random)
{
    const struct shared *s = model->o->s;
    for (unsigned n = rng_below(random, 12); n-- > 0;) {
        unsigned i = rng_below(random, SHARED_KEYS), number = rng_below(random, SHARED_VALUES);
        union element value = value_of(s, number);
        REQUIRE(s->store(m, &model->key[i], &value) != STET_NO_MEMORY, "no memory");
        value_release(s, &value);
        model->value[i] = (int)number;
    }
}

static void random_calls(const struct order *o, unsigned calls, bool refuse)
{
    struct rng random = {rng_mix(test_seed(), refuse)};
    union shared_map m;
    struct model model;
    test_seed();
    shared_start(o->s, &m);
    model_begin(&model, o);
    for (unsigned i = 0; i < calls; i++) {
        test_context("%s, step %u", o->s->name, i);
        store_some(&model, &m, &random);
        load_and_compare(&model, &m, &random);
        range_and_compare(&model, &m, &random);
        take_and_compare(&model, &m, &random, refuse);
        if (rng_below(&random, 4) == 0)
            delete_and_compare(&model, &m, &random, refuse);
    }
    o->s->destroy(&m);
    model_end(&model);
    shared_nothing_live();
}

#ifdef SANITIZED
#    define CALLS 1000u
#else
#    define CALLS 5000u
#endif

#define RANDOM_TESTS_(map, ...)                                                         \
    Test(shared_map_order, random_##map)                                                \
    {                                                                                   \
        random_calls(&sorted_##map##_order, CALLS *(test_long() ? 100 : 1), false);     \
    }                                                                                   \
    Test(shared_map_order, refused_##map)                                               \
    {                                                                                   \
        random_calls(&sorted_##map##_order, CALLS / 5 * (test_long() ? 100 : 1), true); \
    }
SHARED_MAPS(RANDOM_TESTS_, ~)

/* ---- threads: a window that moves ---- */

#define WINDOW 200u
#ifdef SANITIZED
#    define STEPS 3000u
#else
#    define STEPS 30000u
#endif

static sorted_words window; /* key i has the value 3 * i; from some key to another one, all keys are there */
static bool window_ends;

static bool ended(void) { return __atomic_load_n(&window_ends, __ATOMIC_SEQ_CST); }

static bool see_window(void *context, const uint64_t *keys, const uint64_t *values, size_t n)
{
    uint64_t *next = context;
    for (size_t i = 0; i < n; i++, ++*next) {
        REQUIRE(*next == 0 || keys[i] == *next, "there is a gap between two keys");
        REQUIRE(values[i] == 3 * keys[i], "a key has another value");
        *next = keys[i];
    }
    return true;
}

/* Reads, of which each must see a window that is whole. */
static void look_at_window(struct rng *random)
{
    uint64_t first = 0, last = 0, value = 0, next = 0, from, to;
    REQUIRE(sorted_words_load_first(&window, &first, &value) && value == 3 * first, "there is no first entry");
    REQUIRE(sorted_words_load_last(&window, &last, NULL) && last >= first, "the last entry comes before the first");
    from = first + rng_below(random, WINDOW), to = from + rng_below(random, WINDOW);
    REQUIRE(sorted_words_range_each(&window, rng_below(random, 2) ? &from : NULL, rng_below(random, 2) ? &to : NULL,
                                    see_window, &next),
            "stopped");
    ordered_words_guard g = sorted_words_acquire(&window);
    const ordered_words *now = ordered_words_guard_view(&g);
    ordered_words_cursor low = ordered_words_first(now), high = ordered_words_last(now);
    REQUIRE(low.key != NULL && high.key != NULL && *high.key - *low.key + 1 == ordered_words_size(now),
            "a version has gaps");
    REQUIRE(ordered_words_count(now, low.key, high.key) == *high.key - *low.key, "a version counts another number");
    for (next = *low.key; low.key != NULL; next++, ordered_words_next(&low))
        REQUIRE(*low.key == next && *low.value == 3 * next, "a version changes while it is read");
    ordered_words_guard_release(&g);
}

static void *keep_looking(void *argument)
{
    struct rng random = {*(uint64_t *)argument};
    while (!ended())
        look_at_window(&random);
    return NULL;
}

/* Moves the window on: appends in batches, and removes what is old in ranges, or from the front. */
static void *move_window(void *argument)
{
    struct rng random = {*(uint64_t *)argument};
    uint64_t end = WINDOW, first;
    for (unsigned i = 0; i < STEPS * (test_long() ? 20 : 1); i++) {
        sorted_words_op ops[8];
        unsigned n = 1 + rng_below(&random, 8);
        for (unsigned j = 0; j < n; j++, end++)
            ops[j] = (sorted_words_op){STET_OP_STORE, end, 3 * end};
        REQUIRE(sorted_words_apply(&window, ops, n) == STET_CHANGED, "no memory");
        if (rng_below(&random, 4) == 0)
            REQUIRE(sorted_words_load_and_delete_first(&window, &first, NULL) == STET_CHANGED, "no memory");
        if (rng_below(&random, 8) == 0) {
            uint64_t to = end - WINDOW;
            REQUIRE(sorted_words_delete_range(&window, NULL, &to) != STET_NO_MEMORY, "no memory");
        }
    }
    __atomic_store_n(&window_ends, true, __ATOMIC_SEQ_CST);
    return NULL;
}

static void window_begin(void)
{
    window_ends = false;
    REQUIRE(sorted_words_init(&window, NULL) == STET_CHANGED, "no memory");
    for (uint64_t i = 0; i < WINDOW; i++)
        REQUIRE(sorted_words_store(&window, i, 3 * i) == STET_CHANGED, "no memory");
}

Test(shared_map_order, range_reads_see_one_version)
{
    enum { LOOKERS = 2 };
    pthread_t thread[LOOKERS + 1];
    uint64_t seed[LOOKERS + 1];
    test_seed();
    window_begin();
    for (unsigned i = 0; i < LOOKERS + 1; i++) {
        seed[i] = rng_mix(test_seed(), i);
        REQUIRE(pthread_create(&thread[i], NULL, i == 0 ? move_window : keep_looking, &seed[i]) == 0, "no thread");
    }
    for (unsigned i = 0; i < LOOKERS + 1; i++)
        pthread_join(thread[i], NULL);
    sorted_words_destroy(&window);
    shared_nothing_live();
}

#ifdef __SANITIZE_THREAD__
#    define UNDER_TSAN true
#else
#    define UNDER_TSAN false
#endif

/* The child has the window as it was at some moment, and goes on with it. */
Test(shared_map_order, a_child_has_one_version, .disabled = UNDER_TSAN)
{
    pthread_t thread;
    uint64_t seed = test_seed(), first = 0, last = 0;
    struct rng random = {seed};
    window_begin();
    REQUIRE(pthread_create(&thread, NULL, move_window, &seed) == 0, "no thread");
    for (unsigned i = 0; i < 20; i++) {
        pid_t pid = fork();
        REQUIRE(pid >= 0, "no process");
        if (pid == 0) {
            look_at_window(&random);
            bool right = sorted_words_load_and_delete_first(&window, &first, NULL) == STET_CHANGED &&
                         sorted_words_load_last(&window, &last, NULL) &&
                         sorted_words_delete_range(&window, NULL, &last) != STET_NO_MEMORY;
            test_exit(right && sorted_words_size(&window) == 1 ? 0 : 1);
        }
        int status = 0;
        REQUIRE(waitpid(pid, &status, 0) == pid && status == 0, "the child ended with status %#x", (unsigned)status);
    }
    pthread_join(thread, NULL);
    sorted_words_destroy(&window);
    shared_nothing_live();
}

/* ---- threads: a queue ---- */

enum { PRODUCERS = 2, CONSUMERS = 2 };

static sorted_owners queue; /* counted keys and values */
static unsigned producing, taken[SHARED_KEYS];

static void *produce(void *argument)
{
    const struct shared *s = &sorted_owners_table;
    for (unsigned i = *(unsigned *)argument; i < SHARED_KEYS; i += PRODUCERS) {
        union element key = key_of(s, i), value = value_of(s, i % SHARED_VALUES);
        REQUIRE(sorted_owners_store(&queue, key.token, value.token) == STET_CHANGED, "no memory");
        key_release(s, &key);
        value_release(s, &value);
    }
    __atomic_fetch_sub(&producing, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

static void *consume(void *argument)
{
    const struct shared *s = &sorted_owners_table;
    bool first = *(unsigned *)argument % 2 == 0;
    union element key = {.word = 0}, value = {.word = 0};
    for (;;) {
        bool over = __atomic_load_n(&producing, __ATOMIC_SEQ_CST) == 0;
        stet_result result = first ? sorted_owners_load_and_delete_first(&queue, &key.token, &value.token)
                                   : sorted_owners_load_and_delete_last(&queue, &key.token, &value.token);
        REQUIRE(result != STET_NO_MEMORY, "no memory");
        if (result == STET_UNCHANGED && over)
            return NULL;
        if (result == STET_UNCHANGED)
            continue;
        unsigned i = s->key_maker->number(&key, false);
        REQUIRE(number_out(s, &value) == i % SHARED_VALUES, "a key came with another value");
        key_release(s, &key);
        __atomic_fetch_add(&taken[i], 1, __ATOMIC_SEQ_CST);
    }
}

Test(shared_map_order, each_entry_is_taken_once)
{
    pthread_t thread[PRODUCERS + CONSUMERS];
    unsigned index[PRODUCERS + CONSUMERS];
    test_seed();
    for (unsigned round = 0; round < (test_long() ? 500 : 20); round++) {
        memset(taken, 0, sizeof taken);
        producing = PRODUCERS;
        REQUIRE(sorted_owners_init(&queue, NULL) == STET_CHANGED, "no memory");
        for (unsigned i = 0; i < PRODUCERS + CONSUMERS; i++) {
            index[i] = i < PRODUCERS ? i : i - PRODUCERS;
            REQUIRE(pthread_create(&thread[i], NULL, i < PRODUCERS ? produce : consume, &index[i]) == 0, "no thread");
        }
        for (unsigned i = 0; i < PRODUCERS + CONSUMERS; i++)
            pthread_join(thread[i], NULL);
        for (unsigned i = 0; i < SHARED_KEYS; i++)
            REQUIRE(taken[i] == 1, "entry %u was taken %u times", i, taken[i]);
        sorted_owners_destroy(&queue);
        shared_nothing_live();
    }
}
