/* SPDX-License-Identifier: MIT */
/*
 * shared_maps.h - the maps that threads share, for the tests: each form, over maps of several kinds of elements, as a
 * table of functions that take keys and values by address. So each test is written once, and a form that is wrong on
 * purpose is a copy of a table with another function in it.
 *
 * Each element stands for a small number, and can be converted back to it.
 */
#ifndef TEST_SHARED_MAPS_H
#define TEST_SHARED_MAPS_H

#include <stet/atom_map.h>
#include <stet/live_map.h>
#include <stet/sorted_map.h>

#include "elements.h"
#include "live.h"
#include "testing.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

/*
 * Every form: its name, the macro that defines a map of it, whether that is over the hash map or the sorted one, and
 * whether a call that fails leaves no more blocks than before.
 */
#define SHARED_FORMS(M, ...)                                   \
    M(atom, STET_ATOM_MAP, SHARED_HASHED_, true, __VA_ARGS__)  \
    M(live, STET_LIVE_MAP, SHARED_HASHED_, false, __VA_ARGS__) \
    M(sorted, STET_ATOM_MAP, SHARED_SORTED_, true, __VA_ARGS__)
#define SHARED_HASHED_(map) map
#define SHARED_SORTED_(map) ordered_##map

/* Every map that exists in these forms; they are defined below. The sorted map of the same elements is ordered_MAP. */
#define SHARED_MAPS(M, ...) \
    M(words, __VA_ARGS__)   \
    M(tokens, __VA_ARGS__)  \
    M(owners, __VA_ARGS__)  \
    M(texts, __VA_ARGS__)   \
    M(clashes, __VA_ARGS__) \
    M(knots, __VA_ARGS__)   \
    M(larges, __VA_ARGS__)

enum { SHARED_KEYS = 400, SHARED_VALUES = 50 };

/* ---- elements ---- */

/* Token i is the key of number i, token SHARED_KEYS + i the value of number i. */
static struct token tokens_[SHARED_KEYS + SHARED_VALUES];

STET_TYPE_REF(token_type, token_ptr, token_ref, token_unref)
STET_TYPE_REF_LAZY(lazy_token_type, token_ptr, token_ref, token_unref)

/* Reference-counted keys with the hashes of struct clash. */
static inline uint64_t knot_hash(const token_ptr *k, uint64_t seed)
{
    struct clash c = {(unsigned)(*k - tokens_)};
    return clash_hash(&c, seed);
}
static inline bool knot_equal(const token_ptr *a, const token_ptr *b) { return *a == *b; }
static inline int knot_compare(const token_ptr *a, const token_ptr *b) { return (*a > *b) - (*a < *b); }
static inline void knot_retain(const token_ptr *k) { token_ref(*k); }
static inline void knot_release(token_ptr *k) { token_unref(*k); }
STET_TYPE_FULL(knot_type, token_ptr, knot_hash, knot_equal, knot_compare, knot_retain, knot_release, STET_LAZY)

/* A value that takes several loads to read. All its fields must be equal. */
struct large {
    unsigned n[19];
};
STET_TYPE_BYTES(large_type, struct large)

#define SHARED_MAP_(name, ...)  \
    STET_MAP(name, __VA_ARGS__) \
    STET_SORTED_MAP(ordered_##name, __VA_ARGS__)
SHARED_MAP_(words, uint64_t, uint64_t, stet_u64, stet_u64)
SHARED_MAP_(tokens, uint64_t, token_ptr, stet_u64, token_type)
SHARED_MAP_(owners, token_ptr, token_ptr, token_type, lazy_token_type)
SHARED_MAP_(texts, stet_str, stet_str, stet_str_type, stet_str_type)
SHARED_MAP_(clashes, struct clash, uint64_t, clash_type, stet_u64)
SHARED_MAP_(knots, token_ptr, token_ptr, knot_type, lazy_token_type)
SHARED_MAP_(larges, int, struct large, stet_int, large_type)

static inline void word_make(void *e, unsigned i, bool value)
{
    (void)value;
    *(uint64_t *)e = i;
}
static inline unsigned word_number(const void *e, bool value)
{
    (void)value;
    return (unsigned)*(const uint64_t *)e;
}
static inline void token_make(void *e, unsigned i, bool value)
{
    *(token_ptr *)e = &tokens_[value ? SHARED_KEYS + i : i];
    token_ref(*(token_ptr *)e);
}
static inline unsigned token_number(const void *e, bool value)
{
    return (unsigned)(*(const token_ptr *)e - tokens_) - (value ? SHARED_KEYS : 0u);
}
static inline void text_make(void *e, unsigned i, bool value)
{
    char text[64];
    int n = snprintf(text, sizeof text, i % 2 == 0 ? "%u" : "%u is the number of a rather long text", i);
    (void)value;
    REQUIRE(stet_str_from_bytes(text, (size_t)n, e) == STET_CHANGED, "no memory");
}
static inline unsigned text_number(const void *e, bool value)
{
    (void)value;
    return (unsigned)strtoul(stet_str_bytes(e), NULL, 10);
}
static inline void clash_make(void *e, unsigned i, bool value)
{
    (void)value;
    ((struct clash *)e)->n = i;
}
static inline void large_make(void *e, unsigned i, bool value)
{
    (void)value;
    for (size_t j = 0; j < 19; j++)
        ((struct large *)e)->n[j] = i;
}
static inline unsigned large_number(const void *e, bool value)
{
    const struct large *l = e;
    (void)value;
    for (size_t j = 1; j < 19; j++)
        REQUIRE(l->n[j] == l->n[0], "a value is torn");
    return l->n[0];
}
static inline void int_make(void *e, unsigned i, bool value)
{
    (void)value;
    *(int *)e = (int)i;
}

/*
 * How the elements of one type are made and read. `value`: it is a value, not a key, of a map that has this type for
 * both.
 */
struct maker {
    void (*make)(void *e, unsigned i, bool value); /* with a reference that the caller must release */
    unsigned (*number)(const void *e, bool value);
};
static const struct maker of_word = {word_make, word_number}, of_token = {token_make, token_number},
                          of_text = {text_make, text_number}, of_clash = {clash_make, NULL}, of_int = {int_make, NULL},
                          of_large = {large_make, large_number};

#define words_of_ &of_word, &of_word
#define tokens_of_ &of_word, &of_token
#define owners_of_ &of_token, &of_token
#define texts_of_ &of_text, &of_text
#define clashes_of_ &of_clash, &of_word
#define knots_of_ &of_token, &of_token
#define larges_of_ &of_int, &of_large

/* ---- forms as tables ---- */

union shared_map {
    void *pointer; /* the union is large enough for a map of any form */
    char bytes[256];
};
union element {
    uint64_t word;
    stet_str text;
    token_ptr token;
    struct clash clash;
    struct large large;
    int number;
    _Alignas(16) char bytes[128];
};
/* The contents of a handle; zeros: an empty version. */
union version {
    struct stet_map map;
    struct stet_tree sorted;
};

typedef bool shared_see_fn(void *context, const void *key, const void *value);

struct shared_map_op {
    enum stet_op kind;
    const void *key, *value;
};

struct shared {
    const char *name;
    const struct stet_keyed_type *type;
    const struct maker *key_maker, *value_maker;
    bool tidy; /* a call that fails leaves no more blocks than before */
    size_t (*version_size)(const union version *v);
    bool (*version_each)(const union version *v, shared_see_fn *fn, void *context);
    void (*version_drop)(union version *v);
    stet_result (*init)(void *m, union version *first);
    void (*destroy)(void *m);
    bool (*load)(const void *m, const void *key, void *value);
    bool (*has)(const void *m, const void *key);
    stet_result (*store)(void *m, const void *key, const void *value);
    stet_result (*load_or_store)(void *m, const void *key, const void *value, void *actual);
    stet_result (*load_or_compute)(void *m, const void *key, bool (*fn)(void *, const void *, void *), void *context,
                                   void *actual);
    stet_result (*load_and_delete)(void *m, const void *key, void *value);
    stet_result (*delete)(void *m, const void *key);
    stet_result (*swap)(void *m, const void *key, const void *value, void *before, bool *had);
    stet_result (*compare_and_swap)(void *m, const void *key, const void *expected, const void *value);
    stet_result (*compare_and_delete)(void *m, const void *key, const void *expected);
    bool (*range)(const void *m, shared_see_fn *fn, void *context);
    stet_result (*clear)(void *m);
    size_t (*len)(const void *m);
    union version (*snapshot)(const void *m);
    stet_result (*apply)(void *m, const struct shared_map_op *ops, size_t n);
    size_t (*get_many)(const void *m, const void *keys, size_t n, void *values, bool *found);
};

#define SHARED_BATCH 24 /* the largest batch: more than the live map has room for on the stack */

/* A form's functions by address. */
#define SHARED_THUNKS_(name, map, K, V)                                                                           \
    STET_STATIC_ASSERT(sizeof(map) == sizeof(union version), "another handle");                                   \
    static size_t name##_t_version_size(const union version *v) { return map##_size((const map *)v); }            \
    static void name##_t_version_drop(union version *v) { map##_drop((map *)v); }                                 \
    static stet_result name##_t_init(void *m, union version *first) { return name##_init(m, (map *)first); }      \
    static void name##_t_destroy(void *m) { name##_destroy(m); }                                                  \
    static bool name##_t_load(const void *m, const void *k, void *v) { return name##_load(m, *(K const *)k, v); } \
    static bool name##_t_has(const void *m, const void *k) { return name##_has(m, *(K const *)k); }               \
    static stet_result name##_t_store(void *m, const void *k, const void *v)                                      \
    {                                                                                                             \
        return name##_store(m, *(K const *)k, *(V const *)v);                                                     \
    }                                                                                                             \
    static stet_result name##_t_load_or_store(void *m, const void *k, const void *v, void *actual)                \
    {                                                                                                             \
        return name##_load_or_store(m, *(K const *)k, *(V const *)v, actual);                                     \
    }                                                                                                             \
    struct name##_t_maker {                                                                                       \
        bool (*fn)(void *, const void *, void *);                                                                 \
        void *context;                                                                                            \
    };                                                                                                            \
    static bool name##_t_make(void *context, K const *k, V *v)                                                    \
    {                                                                                                             \
        const struct name##_t_maker *maker = context;                                                             \
        return maker->fn(maker->context, k, v);                                                                   \
    }                                                                                                             \
    static stet_result name##_t_load_or_compute(void *m, const void *k, bool (*fn)(void *, const void *, void *), \
                                                void *context, void *actual)                                      \
    {                                                                                                             \
        struct name##_t_maker maker = {fn, context};                                                              \
        return name##_load_or_compute(m, *(K const *)k, name##_t_make, &maker, actual);                           \
    }                                                                                                             \
    static stet_result name##_t_load_and_delete(void *m, const void *k, void *v)                                  \
    {                                                                                                             \
        return name##_load_and_delete(m, *(K const *)k, v);                                                       \
    }                                                                                                             \
    static stet_result name##_t_delete(void *m, const void *k) { return name##_delete(m, *(K const *)k); }        \
    static stet_result name##_t_swap(void *m, const void *k, const void *v, void *before, bool *had)              \
    {                                                                                                             \
        return name##_swap(m, *(K const *)k, *(V const *)v, before, had);                                         \
    }                                                                                                             \
    static stet_result name##_t_compare_and_swap(void *m, const void *k, const void *e, const void *v)            \
    {                                                                                                             \
        return name##_compare_and_swap(m, *(K const *)k, *(V const *)e, *(V const *)v);                           \
    }                                                                                                             \
    static stet_result name##_t_compare_and_delete(void *m, const void *k, const void *e)                         \
    {                                                                                                             \
        return name##_compare_and_delete(m, *(K const *)k, *(V const *)e);                                        \
    }                                                                                                             \
    struct name##_t_seer {                                                                                        \
        shared_see_fn *fn;                                                                                        \
        void *context;                                                                                            \
    };                                                                                                            \
    static bool name##_t_see(void *context, K const *k, V const *v)                                               \
    {                                                                                                             \
        const struct name##_t_seer *seer = context;                                                               \
        return seer->fn(seer->context, k, v);                                                                     \
    }                                                                                                             \
    static bool name##_t_version_each(const union version *v, shared_see_fn *fn, void *context)                   \
    {                                                                                                             \
        struct name##_t_seer seer = {fn, context};                                                                \
        return map##_each((const map *)v, name##_t_see, &seer);                                                   \
    }                                                                                                             \
    static bool name##_t_range(const void *m, shared_see_fn *fn, void *context)                                   \
    {                                                                                                             \
        struct name##_t_seer seer = {fn, context};                                                                \
        return name##_range(m, name##_t_see, &seer);                                                              \
    }                                                                                                             \
    static stet_result name##_t_clear(void *m) { return name##_clear(m); }                                        \
    static size_t name##_t_len(const void *m) { return name##_size(m); }                                          \
    static union version name##_t_snapshot(const void *m)                                                         \
    {                                                                                                             \
        map now = name##_snapshot(m);                                                                             \
        union version v;                                                                                          \
        memcpy(&v, &now, sizeof v);                                                                               \
        return v;                                                                                                 \
    }                                                                                                             \
    static stet_result name##_t_apply(void *m, const struct shared_map_op *ops, size_t n)                         \
    {                                                                                                             \
        name##_op all[SHARED_BATCH];                                                                              \
        REQUIRE(n <= SHARED_BATCH, "a large batch");                                                              \
        memset(all, 0, sizeof all);                                                                               \
        for (size_t i = 0; i < n; i++) {                                                                          \
            all[i].kind = ops[i].kind;                                                                            \
            memcpy(&all[i].key, ops[i].key, sizeof(K));                                                           \
            if (ops[i].value != NULL)                                                                             \
                memcpy(&all[i].value, ops[i].value, sizeof(V));                                                   \
        }                                                                                                         \
        return name##_apply(m, all, n);                                                                           \
    }                                                                                                             \
    static size_t name##_t_get_many(const void *m, const void *keys, size_t n, void *values, bool *found)         \
    {                                                                                                             \
        return name##_load_many(m, keys, n, values, found);                                                       \
    }

#define SHARED_TABLE_(form, macro, of, tidy, map) SHARED_TABLE_OF_(form, macro, tidy, map, of(map))
#define SHARED_TABLE_OF_(form, macro, tidy, map, collection) SHARED_TABLE_IN_(form, macro, tidy, map, collection)
#define SHARED_TABLE_IN_(form, macro, tidy, map, collection)                                                         \
    macro(form##_##map, collection) SHARED_THUNKS_(form##_##map, collection, collection##_key_, collection##_value_) \
        STET_STATIC_ASSERT(sizeof(form##_##map) <= sizeof(union shared_map), "a form is large");                     \
    static const struct shared form##_##map##_table = {#form "/" #map,                                               \
                                                       &collection##_keyed_type_,                                    \
                                                       map##_of_,                                                    \
                                                       tidy,                                                         \
                                                       form##_##map##_t_version_size,                                \
                                                       form##_##map##_t_version_each,                                \
                                                       form##_##map##_t_version_drop,                                \
                                                       form##_##map##_t_init,                                        \
                                                       form##_##map##_t_destroy,                                     \
                                                       form##_##map##_t_load,                                        \
                                                       form##_##map##_t_has,                                         \
                                                       form##_##map##_t_store,                                       \
                                                       form##_##map##_t_load_or_store,                               \
                                                       form##_##map##_t_load_or_compute,                             \
                                                       form##_##map##_t_load_and_delete,                             \
                                                       form##_##map##_t_delete,                                      \
                                                       form##_##map##_t_swap,                                        \
                                                       form##_##map##_t_compare_and_swap,                            \
                                                       form##_##map##_t_compare_and_delete,                          \
                                                       form##_##map##_t_range,                                       \
                                                       form##_##map##_t_clear,                                       \
                                                       form##_##map##_t_len,                                         \
                                                       form##_##map##_t_snapshot,                                    \
                                                       form##_##map##_t_apply,                                       \
                                                       form##_##map##_t_get_many};

#define SHARED_FORMS_OF_(map, ...) SHARED_FORMS(SHARED_TABLE_, map)
SHARED_MAPS(SHARED_FORMS_OF_, ~)

/*
 * A test of each form, with a seed, after which nothing is live. Its body is called with the table of the form on
 * `map`.
 */
#define SHARED_TEST(suite, name, map)                        \
    static void suite##_##name##_on(const struct shared *s); \
    SHARED_FORMS(SHARED_TEST_, suite, name, map)             \
    static void suite##_##name##_on(const struct shared *s)
#define SHARED_TEST_(form, macro, of, tidy, suite, name, map) \
    Test(suite, form##_##name)                                \
    {                                                         \
        test_seed();                                          \
        suite##_##name##_on(&form##_##map##_table);           \
        shared_nothing_live();                                \
    }

/* ---- used by the tests ---- */

/* Frees everything that the maps have replaced. */
static inline void shared_settle(void) { stet_reclaim(); }

static inline void shared_nothing_live(void)
{
    shared_settle();
    for (unsigned i = 0; i < SHARED_KEYS + SHARED_VALUES; i++)
        REQUIRE(tokens_[i].count == 0, "token %u has %u holders", i, tokens_[i].count);
    test_nothing_live();
}

static inline void shared_start(const struct shared *s, union shared_map *m)
{
    test_context("%s", s->name);
    REQUIRE(s->init(m, NULL) == STET_CHANGED, "no memory");
}

static inline union element key_of(const struct shared *s, unsigned i)
{
    union element e;
    memset(&e, 0, sizeof e);
    s->key_maker->make(&e, i, false);
    return e;
}

static inline union element value_of(const struct shared *s, unsigned i)
{
    union element e;
    memset(&e, 0, sizeof e);
    s->value_maker->make(&e, i, true);
    return e;
}

static inline void key_release(const struct shared *s, union element *e) { stet_element_release_(s->type->key, e); }
static inline void value_release(const struct shared *s, union element *e) { stet_element_release_(s->type->value, e); }

/* Returns the number of a value that a call filled in, and releases the value. */
static inline unsigned number_out(const struct shared *s, union element *e)
{
    unsigned number = s->value_maker->number(e, true);
    value_release(s, e);
    return number;
}

#endif
