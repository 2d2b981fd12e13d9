/* SPDX-License-Identifier: MIT */
/*
 * shared/map.c - what each operation of a map that threads share does, answers and leaves alone, in one thread: random
 * calls beside a model, with and without each request to the pool refused; and what a model does not show.
 * test/shared/map_threads.c and shared_map_history.c have the threads.
 */
#include "support/map_check.h"
#include "support/shared_calls.h"
#include "support/sorted_check.h"

#include <criterion/criterion.h>

/* ---- random calls beside a model ---- */

struct model {
    int value[SHARED_KEYS]; /* or NONE */
};

static bool holds(const struct shared *s, union shared_map *m, unsigned i, int value)
{
    union element key = key_of(s, i), out;
    bool found = s->load(m, &key, &out);
    int number = found ? (int)number_out(s, &out) : NONE;
    key_release(s, &key);
    return number == value;
}

static size_t model_size(const struct model *model)
{
    size_t n = 0;
    for (unsigned i = 0; i < SHARED_KEYS; i++)
        n += model->value[i] != NONE;
    return n;
}

/*
 * The call until it succeeds; each time it does not, everything must be as before, but for room that was made already:
 * then it asks for less, and is refused each of that, from the first on. Calls of some keys begin with a later request,
 * because a call may go on without its first one, and ask again.
 */
static stet_result perform_with_refusals(const struct shared *s, union shared_map *m, const struct call *c,
                                         struct arguments *a, const struct model *before)
{
    uint64_t nth = 1 + c->key % 3;
    for (unsigned made = 0;;) {
        shared_settle();
        int64_t live = stet_pool_stats().live_blocks;
        stet_pool_fault(nth, 1);
        stet_result result = perform(s, m, c->kind, a, c->n);
        bool refused = stet_pool_requests() >= nth;
        stet_pool_fault_end();
        REQUIRE(refused || result != STET_NO_MEMORY, "%s, call %d: out of memory without a refusal", s->name, c->kind);
        if (result != STET_NO_MEMORY)
            return result;
        shared_settle();
        REQUIRE(!s->tidy || stet_pool_stats().live_blocks == live, "%s, call %d: left blocks", s->name, c->kind);
        REQUIRE(holds(s, m, c->key, before->value[c->key]) && s->len(m) == model_size(before),
                "%s, call %d: changed something and answered no memory", s->name, c->kind);
        for (unsigned i = 0; i < c->n; i++)
            REQUIRE(holds(s, m, c->keys[i], before->value[c->keys[i]]), "%s: part of a batch is there", s->name);
        bool more = stet_pool_stats().live_blocks > live;
        made += more;
        nth = more ? 1 : nth + 1;
        REQUIRE(made < 500, "%s, call %d: leaves blocks again and again", s->name, c->kind);
    }
}

/* One call; what it answers must be what the model says. */
static void call_and_compare(const struct shared *s, union shared_map *m, struct model *model, const struct call *c,
                             bool refuse)
{
    struct model before = *model;
    struct arguments a = {.had = false};
    struct outcome expected = predict(model->value, SHARED_KEYS, c);
    make_arguments(s, c, &a);
    stet_result result = refuse ? perform_with_refusals(s, m, c, &a, &before) : perform(s, m, c->kind, &a, c->n);
    bool to_and_fro = c->kind == APPLY && memcmp(model, &before, sizeof before) == 0; /* or nothing to do: both do */
    REQUIRE(result == expected.result || (to_and_fro && result == STET_UNCHANGED), "%s, call %d: answered %d, not %d",
            s->name, c->kind, result, expected.result);
    if (c->kind == SWAP)
        REQUIRE(a.had == (expected.out != NONE), "%s, swap: had is wrong", s->name);
    if (c->kind == LOAD_OR_COMPUTE && !refuse)
        REQUIRE(a.computed == (before.value[c->key] == NONE), "%s: computed %u times", s->name, a.computed);
    int out = number_filled(s, &a);
    REQUIRE(out == expected.out, "%s, call %d: filled in %d, not %d", s->name, c->kind, out, expected.out);
    release_arguments(s, c, &a);
}

struct seen {
    const struct shared *s;
    const struct model *model;
    bool key[SHARED_KEYS];
    size_t n;
};

static unsigned key_number(const struct shared *s, const void *key)
{
    if (s->key_maker->number != NULL)
        return s->key_maker->number(key, false);
    unsigned i; /* int, struct clash */
    memcpy(&i, key, sizeof i);
    return i;
}

static bool see(void *context, const void *key, const void *value)
{
    struct seen *seen = context;
    unsigned i = key_number(seen->s, key);
    REQUIRE(i < SHARED_KEYS && !seen->key[i], "%s: range shows a key twice", seen->s->name);
    REQUIRE(seen->model->value[i] == (int)seen->s->value_maker->number(value, true), "%s: range shows a wrong value",
            seen->s->name);
    seen->key[i] = true;
    seen->n++;
    return true;
}

static void compare_many(const struct shared *s, union shared_map *m, const struct model *model)
{
    static _Alignas(16) char keys[2 * SHARED_KEYS * 16], values[2 * SHARED_KEYS * 80];
    static bool found[2 * SHARED_KEYS];
    size_t count = 0, key_size = s->type->key->size, value_size = s->type->value->size;
    for (unsigned i = 0; i < 2 * SHARED_KEYS; i++) { /* each of them twice */
        union element key = key_of(s, i % SHARED_KEYS);
        memcpy(keys + i * key_size, &key, key_size);
        count += model->value[i % SHARED_KEYS] != NONE;
    }
    size_t many = s->get_many(m, keys, 2 * SHARED_KEYS, values, found);
    REQUIRE(many == count, "%s: get_many counts %zu, not %zu", s->name, many, count);
    for (unsigned i = 0; i < 2 * SHARED_KEYS; i++) {
        union element value, key;
        memcpy(&key, keys + i * key_size, key_size);
        memcpy(&value, values + i * value_size, value_size);
        int expected = model->value[i % SHARED_KEYS];
        REQUIRE(found[i] == (expected != NONE), "%s: get_many finds what is not there, or not what is", s->name);
        if (found[i])
            REQUIRE(number_out(s, &value) == (unsigned)expected, "%s: get_many has a wrong value", s->name);
        key_release(s, &key);
    }
}

/* Whether a version has what the model has. refuse: memory was short. */
static void compare_version(const struct shared *s, const union version *v, const struct model *model, bool refuse)
{
    const char *wrong = s->type->is_sorted ? sorted_check(s->type->sorted, &v->sorted, !refuse)
                                           : map_check(s->type->map, &v->map, !refuse);
    REQUIRE(wrong == NULL, "%s: %s", s->name, wrong);
    REQUIRE(s->version_size(v) == model_size(model), "%s: a snapshot has %zu entries", s->name, s->version_size(v));
    for (unsigned i = 0; i < SHARED_KEYS; i++) {
        union element key = key_of(s, i);
        const void *value = stet_keyed_get_(s->type, v, false, &key);
        int number = value != NULL ? (int)s->value_maker->number(value, true) : NONE;
        REQUIRE(number == model->value[i], "%s: a snapshot is wrong", s->name);
        key_release(s, &key);
    }
}

/* Nobody but the map, of which there is no snapshot, holds values that are counted. */
static void compare_holders(const struct shared *s, const struct model *model)
{
    uint32_t holders[SHARED_VALUES] = {0};
    if (s->value_maker->make != token_make || !s->tidy)
        return;
    shared_settle();
    for (unsigned i = 0; i < SHARED_KEYS; i++)
        if (model->value[i] != NONE)
            holders[model->value[i]]++;
    for (unsigned i = 0; i < SHARED_VALUES; i++)
        REQUIRE(tokens_[SHARED_KEYS + i].count >= holders[i] &&
                    (s->type->value->flags & STET_LAZY || tokens_[SHARED_KEYS + i].count == holders[i]),
                "%s: value %u has %u holders, not %u", s->name, i, tokens_[SHARED_KEYS + i].count, holders[i]);
}

static void compare_all(const struct shared *s, union shared_map *m, const struct model *model, bool refuse)
{
    struct seen seen = {.s = s, .model = model};
    REQUIRE(s->len(m) == model_size(model), "%s: len is %zu, not %zu", s->name, s->len(m), model_size(model));
    REQUIRE(s->range(m, see, &seen) && seen.n == model_size(model), "%s: range misses something", s->name);
    compare_many(s, m, model);
    union version now = s->snapshot(m);
    compare_version(s, &now, model, refuse);
    s->version_drop(&now);
}

static void random_calls(const struct shared *s, unsigned calls, bool refuse)
{
    struct rng random = {rng_mix(test_seed(), refuse)};
    union shared_map m;
    struct model model, kept_model;
    union version kept = {.map = {0, 0}};
    shared_start(s, &m);
    predict_clear(model.value, SHARED_KEYS);
    kept_model = model;
    for (unsigned i = 0; i < calls; i++) {
        test_context("%s, step %u", s->name, i);
        struct call c = random_call(&random, i % 2 == 0 ? SHARED_KEYS : 20);
        if (rng_below(&random, 2) && model.value[c.key] != NONE) /* or few would meet what they expect */
            c.expected = (unsigned)model.value[c.key];
        call_and_compare(s, &m, &model, &c, refuse);
        if (i % 128 != 127)
            continue;
        compare_all(s, &m, &model, refuse);
        compare_version(s, &kept, &kept_model, refuse);
        s->version_drop(&kept);
        compare_holders(s, &model);
        kept = s->snapshot(&m);
        kept_model = model;
        if (rng_below(&random, 2)) {
            s->version_drop(&kept);
            predict_clear(kept_model.value, SHARED_KEYS);
        }
    }
    s->destroy(&m);
    compare_version(s, &kept, &kept_model, refuse); /* it outlives the map */
    s->version_drop(&kept);
}

#ifdef SANITIZED
#    define CALLS 1000u
#else
#    define CALLS 10000u
#endif

#define RANDOM_TESTS_(map, ...)                                                                               \
    SHARED_TEST(shared_map, random_##map, map) { random_calls(s, test_long() ? 100 * CALLS : CALLS, false); } \
    SHARED_TEST(shared_map, refused_##map, map) { random_calls(s, (test_long() ? 100U * CALLS : CALLS) / 10, true); }
SHARED_MAPS(RANDOM_TESTS_, ~)

/* ---- what the model does not show ---- */

#define WORD(n) (&(uint64_t){n})

SHARED_TEST(shared_map, init_takes_the_handle_over, words)
{
    union shared_map m;
    union version first = {.map = {0, 0}};
    uint64_t value;
    shared_start(s, &m); /* the thread has its record: to be refused that one does not stop init */
    cr_assert_eq(s->store(&m, WORD(1), WORD(1)), STET_CHANGED);
    s->destroy(&m);
    for (uint64_t i = 0; i < 1000; i++)
        cr_assert_eq(stet_keyed_put_(s->type, &first, false, &i, WORD(i * 3)), STET_CHANGED);
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = s->init(&m, &first);
    while (was_refused(&r, result) && s->version_size(&first) == 1000);
    cr_assert_gt(r.count, 0);
    cr_assert_eq(s->version_size(&first), 0);
    cr_assert_eq(s->len(&m), 1000);
    cr_assert(s->load(&m, WORD(77), &value) && value == 231);
    s->destroy(&m);
}

/* fn of load_or_compute that stores the key itself, so that another one was faster. */
struct overtaken {
    const struct shared *s;
    union shared_map *m;
    unsigned calls;
};

static bool overtake(void *context, const void *key, void *value)
{
    struct overtaken *o = context;
    union element faster = value_of(o->s, 1), made = value_of(o->s, 2);
    o->calls++;
    cr_assert_eq(o->s->store(o->m, key, &faster), STET_CHANGED);
    value_release(o->s, &faster);
    memcpy(value, &made, o->s->type->value->size);
    return true;
}

SHARED_TEST(shared_map, what_was_computed_too_late_is_released, tokens)
{
    union shared_map m;
    union element out;
    shared_start(s, &m);
    struct overtaken o = {s, &m, 0};
    cr_assert_eq(s->load_or_compute(&m, WORD(7), overtake, &o, &out), STET_UNCHANGED);
    cr_assert_eq(number_out(s, &out), 1);
    cr_assert_eq(o.calls, 1);
    cr_assert_eq(tokens_[SHARED_KEYS + 2].count, 0);
    s->destroy(&m);
}

static bool refuse_to_make(void *context, const void *key, void *value)
{
    (void)key, (void)value;
    ++*(unsigned *)context;
    return false;
}

SHARED_TEST(shared_map, what_cannot_be_computed_is_not_stored, words)
{
    union shared_map m;
    uint64_t out = 123;
    unsigned calls = 0;
    shared_start(s, &m);
    cr_assert_eq(s->load_or_compute(&m, WORD(7), refuse_to_make, &calls, &out), STET_NO_MEMORY);
    cr_assert(calls == 1 && out == 123 && !s->has(&m, WORD(7)));
    cr_assert_eq(s->store(&m, WORD(7), WORD(8)), STET_CHANGED);
    cr_assert_eq(s->load_or_compute(&m, WORD(7), refuse_to_make, &calls, &out), STET_UNCHANGED);
    cr_assert(calls == 1 && out == 8);
    s->destroy(&m);
}

struct changer {
    const struct shared *s;
    union shared_map *m;
    uint64_t seen, stop;
};

/* Removes what it sees, stores something else, and sees neither. */
static bool change_all(void *context, const void *key, const void *value)
{
    struct changer *c = context;
    uint64_t k = *(const uint64_t *)key;
    cr_assert(k < 1000 && *(const uint64_t *)value == k + 1, "shows what it was changed to");
    cr_assert_eq(c->s->delete (c->m, &k), STET_CHANGED);
    cr_assert_eq(c->s->store(c->m, WORD(k + 5000), &k), STET_CHANGED);
    cr_assert_eq(c->s->store(c->m, WORD((k + 1) % 1000 + 9000), &k), STET_CHANGED);
    return ++c->seen != c->stop;
}

SHARED_TEST(shared_map, range_shows_one_moment, words)
{
    union shared_map m;
    shared_start(s, &m);
    for (uint64_t i = 0; i < 1000; i++)
        cr_assert_eq(s->store(&m, &i, WORD(i + 1)), STET_CHANGED);
    struct changer c = {s, &m, 0, 10000};
    cr_assert(s->range(&m, change_all, &c));
    cr_assert_eq(c.seen, 1000);
    cr_assert_eq(s->len(&m), 2000);
    s->destroy(&m);
}

SHARED_TEST(shared_map, range_stops, words)
{
    union shared_map m;
    shared_start(s, &m);
    for (uint64_t i = 0; i < 1000; i++)
        cr_assert_eq(s->store(&m, &i, WORD(i + 1)), STET_CHANGED);
    struct changer c = {s, &m, 0, 10};
    cr_assert(!s->range(&m, change_all, &c));
    cr_assert_eq(c.seen, 10);
    cr_assert_eq(s->len(&m), 1010);
    s->destroy(&m);
}

/* All bits of their hashes are the same, and one leaf has no room for them. */
SHARED_TEST(shared_map, a_batch_collides, clashes)
{
    union shared_map m;
    struct call all = {.kind = APPLY, .n = SHARED_BATCH}, *c = &all;
    struct model model, empty;
    shared_start(s, &m);
    predict_clear(model.value, SHARED_KEYS);
    empty = model;
    for (unsigned kind = 0; kind < 2; kind++)
        for (unsigned stores = SHARED_BATCH + 1; stores-- > 0;) {
            for (unsigned i = 0; i < SHARED_BATCH; i++) {
                c->keys[i] = 4 * i + kind;
                c->values[i] = i;
                c->stores[i] = i >= SHARED_BATCH - stores;
            }
            call_and_compare(s, &m, &model, c, false);
            compare_all(s, &m, &model, true);
            cr_assert_eq(s->clear(&m), stores != 0 ? STET_CHANGED : STET_UNCHANGED);
            model = empty;
            call_and_compare(s, &m, &model, c, true);
            compare_all(s, &m, &model, true);
            cr_assert_eq(s->clear(&m), stores != 0 ? STET_CHANGED : STET_UNCHANGED);
            model = empty;
        }
    s->destroy(&m);
}

/* ---- keys that collide come and go ---- */

enum { WAVE_KEYS = SHARED_BATCH + 4 }; /* more than a leaf has room for, and little more than a batch */
#define WAVES 80u

/* A key of that kind (see struct clash): mostly one that is there, or one that is not. */
static unsigned wave_key(struct rng *random, const struct model *model, unsigned kind, bool there)
{
    unsigned i = rng_below(random, WAVE_KEYS), tries = rng_below(random, 8) != 0 ? WAVE_KEYS : 0;
    while (tries-- > 0 && (model->value[4 * i + kind] != NONE) != there)
        i = (i + 1) % WAVE_KEYS;
    return 4 * i + kind;
}

/* Something that has the wave rise, or fall. */
static struct call wave_call(struct rng *random, const struct model *model, unsigned kind, bool rises)
{
    static const enum kind rise[] = {STORE, SWAP, LOAD_OR_STORE, APPLY},
                           fall[] = {DELETE, LOAD_AND_DELETE, COMPARE_AND_DELETE, APPLY};
    struct call c = {.kind = (rises ? rise : fall)[rng_below(random, 4)]};
    c.key = wave_key(random, model, kind, !rises);
    c.value = rng_below(random, SHARED_VALUES);
    if (model->value[c.key] != NONE)
        c.expected = (unsigned)model->value[c.key];
    if (c.kind == APPLY)
        c.n = rng_below(random, 3) != 0 ? 1 + rng_below(random, 3) : (unsigned)SHARED_BATCH;
    for (unsigned i = 0; i < c.n; i++) {
        c.stores[i] = rng_below(random, 16) != 0 ? rises : !rises;
        c.keys[i] = wave_key(random, model, kind, !c.stores[i]);
        c.values[i] = rng_below(random, SHARED_VALUES);
    }
    return c;
}

/* Until all keys of the kind are there, or none is. */
static void wave(const struct shared *s, union shared_map *m, struct rng *random, struct model *model, unsigned kind,
                 bool rises, bool refuse)
{
    bool looks = rng_below(random, 2); /* then what is written is always of a generation that has ended */
    for (unsigned calls = 0; model_size(model) != (rises ? (size_t)WAVE_KEYS : 0); calls++) {
        struct call c = wave_call(random, model, kind, rises);
        REQUIRE(calls < 100 * WAVE_KEYS, "%s: a wave does not end", s->name);
        call_and_compare(s, m, model, &c, refuse);
        if (looks)
            compare_all(s, m, model, refuse);
    }
    compare_all(s, m, model, refuse);
}

static void waves(const struct shared *s, unsigned count, bool refuse)
{
    struct rng random = {rng_mix(test_seed(), refuse)};
    union shared_map m;
    struct model model, kept_model;
    union version kept = {.map = {0, 0}};
    shared_start(s, &m);
    predict_clear(model.value, SHARED_KEYS);
    kept_model = model;
    for (unsigned i = 0; i < count; i++) {
        test_context("%s, wave %u", s->name, i);
        wave(s, &m, &random, &model, i / 2 % 4, i % 2 == 0, refuse);
        if (rng_below(&random, 2))
            continue;
        compare_version(s, &kept, &kept_model, refuse);
        s->version_drop(&kept);
        kept = s->snapshot(&m);
        kept_model = model;
    }
    s->destroy(&m);
    compare_version(s, &kept, &kept_model, refuse);
    s->version_drop(&kept);
}

#define WAVE_TESTS_(map)                                                                           \
    SHARED_TEST(shared_map, waves_of_##map, map) { waves(s, test_long() ? 20000 : WAVES, false); } \
    SHARED_TEST(shared_map, refused_waves_of_##map, map) { waves(s, test_long() ? 2000 : WAVES / 5, true); }
WAVE_TESTS_(clashes)
WAVE_TESTS_(knots)

SHARED_TEST(shared_map, memory_stays_flat, texts)
{
    union shared_map m;
    int64_t bytes = 0;
    unsigned rounds = test_long() ? 1000000 : 2 * CALLS;
    shared_start(s, &m);
    for (unsigned i = 0; i < rounds; i++) {
        union element key = key_of(s, i % SHARED_KEYS), value = value_of(s, i % SHARED_VALUES);
        REQUIRE(s->store(&m, &key, &value) == STET_CHANGED && s->delete (&m, &key) == STET_CHANGED, "no memory");
        key_release(s, &key);
        value_release(s, &value);
        if (i == rounds / 10) {
            shared_settle();
            bytes = stet_pool_stats().live_bytes;
        }
    }
    shared_settle();
    cr_assert_leq(stet_pool_stats().live_bytes, bytes);
    s->destroy(&m);
}

/* ---- keys as bytes ---- */

/* The key as value. */
static bool named_by_key(void *context, const stet_str *key, stet_str *value)
{
    (void)context;
    *value = stet_str_copy(key);
    return true;
}

#define BYTES_TEST_(form, macro, of, tidy, ...)                                                                     \
    static void form##_takes_bytes(void)                                                                            \
    {                                                                                                               \
        form##_texts m;                                                                                             \
        stet_str a, long_key, out;                                                                                  \
        static const char name[] = "a key that is longer than what fits";                                           \
        cr_assert(stet_str_from_cstr("a", &a) && stet_str_from_cstr(name, &long_key));                              \
        cr_assert_eq(form##_texts_init(&m, NULL), STET_CHANGED);                                                    \
        cr_assert_eq(form##_texts_store_cstr(&m, name, a), STET_CHANGED);                                           \
        cr_assert_eq(form##_texts_store_cstr(&m, name, a), STET_UNCHANGED);                                         \
        cr_assert_eq(form##_texts_store_bytes(&m, "x\0y", 3, long_key), STET_CHANGED);                              \
        cr_assert(form##_texts_has_cstr(&m, name) && form##_texts_has(&m, long_key));                               \
        cr_assert(!form##_texts_has_cstr(&m, "x") && form##_texts_has_bytes(&m, "x\0y", 3));                        \
        cr_assert(form##_texts_load_bytes(&m, "x\0y", 3, &out) && stet_str_equal(&out, &long_key));                 \
        stet_str_drop(&out);                                                                                        \
        cr_assert(form##_texts_load_cstr(&m, name, &out) && stet_str_equal(&out, &a));                              \
        stet_str_drop(&out);                                                                                        \
        cr_assert(!form##_texts_load_cstr(&m, "none", &out));                                                       \
        cr_assert_eq(form##_texts_delete_cstr(&m, name), STET_CHANGED);                                             \
        cr_assert_eq(form##_texts_delete_cstr(&m, name), STET_UNCHANGED);                                           \
        cr_assert_eq(form##_texts_delete_bytes(&m, "x\0y", 3), STET_CHANGED);                                       \
        struct refusals r = {0}; /* the key is made, and there is no room for it */                                 \
        stet_result result;                                                                                         \
        do                                                                                                          \
            refuse(&r), result = form##_texts_store_cstr(&m, name, a);                                              \
        while (was_refused(&r, result));                                                                            \
        cr_assert(result == STET_CHANGED && form##_texts_delete_cstr(&m, name) == STET_CHANGED);                    \
        bool had;                                                                                                   \
        cr_assert_eq(form##_texts_swap_cstr(&m, name, a, &out, &had), STET_CHANGED);                                \
        cr_assert(!had && form##_texts_swap_bytes(&m, name, strlen(name), long_key, &out, &had) == STET_CHANGED &&  \
                  had);                                                                                             \
        cr_assert_eq(form##_texts_compare_and_swap_cstr(&m, name, a, a), STET_CONFLICT);                            \
        cr_assert_eq(form##_texts_compare_and_swap_cstr(&m, name, long_key, a), STET_CHANGED);                      \
        cr_assert_eq(form##_texts_compare_and_delete_cstr(&m, name, long_key), STET_CONFLICT);                      \
        cr_assert_eq(form##_texts_compare_and_delete_bytes(&m, name, strlen(name), a), STET_CHANGED);               \
        cr_assert_eq(form##_texts_load_or_store_cstr(&m, name, a, &out), STET_CHANGED);                             \
        cr_assert_eq(form##_texts_load_or_store_bytes(&m, name, strlen(name), long_key, &out), STET_UNCHANGED);     \
        cr_assert(stet_str_equal(&out, &a));                                                                        \
        cr_assert_eq(form##_texts_load_and_delete_cstr(&m, name, &out), STET_CHANGED);                              \
        cr_assert_eq(form##_texts_load_and_delete_bytes(&m, name, strlen(name), &out), STET_UNCHANGED);             \
        r = (struct refusals){0};                                                                                   \
        do                                                                                                          \
            refuse(&r), result = form##_texts_load_or_compute_cstr(&m, name, named_by_key, NULL, &out);             \
        while (was_refused(&r, result));                                                                            \
        cr_assert(result == STET_CHANGED && stet_str_equal(&out, &long_key));                                       \
        stet_str_drop(&out);                                                                                        \
        cr_assert_eq(form##_texts_load_or_compute_bytes(&m, name, strlen(name), NULL, NULL, &out), STET_UNCHANGED); \
        stet_str_drop(&out);                                                                                        \
        cr_assert_eq(form##_texts_delete_cstr(&m, name), STET_CHANGED);                                             \
        cr_assert_eq(form##_texts_size(&m), 0);                                                                     \
        form##_texts_destroy(&m);                                                                                   \
        stet_str_drop(&a);                                                                                          \
        stet_str_drop(&long_key);                                                                                   \
    }                                                                                                               \
    Test(shared_map, form##_keys_as_bytes)                                                                          \
    {                                                                                                               \
        test_seed();                                                                                                \
        form##_takes_bytes();                                                                                       \
        shared_nothing_live();                                                                                      \
    }
SHARED_FORMS(BYTES_TEST_, ~)

/* ---- misuse ---- */

/* The kind of an operation that is neither: nothing of the batch is done, not even what comes before it. */
#define KIND_TEST_(form, macro, of, tidy, ...)                                          \
    MISUSE(shared_map, form##_kind_of_an_operation)                                     \
    {                                                                                   \
        form##_texts m;                                                                 \
        stet_str a = {0};                                                               \
        const form##_texts_op ops[] = {{STET_OP_STORE, a, a}, {(enum stet_op)2, a, a}}; \
        cr_assert_eq(form##_texts_init(&m, NULL), STET_CHANGED);                        \
        cr_assert_eq(form##_texts_apply(&m, ops, 2), STET_FAILED);                      \
        cr_assert_eq(form##_texts_size(&m), 0);                                         \
        form##_texts_destroy(&m);                                                       \
        shared_settle();                                                                \
    }
SHARED_FORMS(KIND_TEST_, ~)
