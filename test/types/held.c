/* SPDX-License-Identifier: MIT */
/*
 * types/held.c - elements that hold the very collection that they are stored in, lie in it, or are borrowed from it:
 * they are counted before anything of it is written.
 */
#include <stet/atom_map.h>
#include <stet/list.h>
#include <stet/live_map.h>
#include <stet/map.h>
#include <stet/set.h>

#include "support/list_check.h"
#include "support/live.h"
#include "support/map_check.h"
#include "support/testing.h"

/* ---- nodes that hold collections of nodes ---- */

static long self_retained, self_released;

enum self_into { INTO_LIST, INTO_MAP, INTO_INDEX, INTO_SET };

enum self_kind {
    SELF_ORDINARY,
    SELF_HOLDS,      /* the collections that it is stored in */
    SELF_REPLACES,   /* the same, in the place of the element that is called like it */
    SELF_DEEP,       /* a list whose element does */
    SELF_LIES_IN,    /* is an element of the collection */
    SELF_LIES_BELOW, /* is in an element of the collection */
    SELF_KINDS
};

/* A fourth of them have one hash and the same on every level, a fourth the same on the first only. */
static uint64_t self_hash(int tag, uint64_t seed)
{
    unsigned kind = (unsigned)tag % 4;
    return kind == 0 || (kind == 1 && seed == stet_hash_seed_at(0)) ? kind : stet_hash_word((uint64_t)tag, seed);
}

#define SELF_TYPES(p, lazy, flags)                                                                                   \
    STET_LIST_DECLARE##lazy(p##_list) STET_MAP_DECLARE##lazy(p##_map) STET_MAP_DECLARE##lazy(p##_index)              \
        STET_SET_DECLARE##lazy(p##_set) struct p##_node {                                                            \
        int tag;                                                                                                     \
        p##_list list;                                                                                               \
        p##_map map;                                                                                                 \
        p##_index index;                                                                                             \
        p##_set set;                                                                                                 \
    };                                                                                                               \
    static uint64_t p##_hash(const struct p##_node *n, uint64_t seed) { return self_hash(n->tag, seed); }            \
    static bool p##_equal(const struct p##_node *a, const struct p##_node *b);                                       \
    static int p##_compare(const struct p##_node *a, const struct p##_node *b) { return a->tag - b->tag; }           \
    static void p##_retain(const struct p##_node *n);                                                                \
    static void p##_release(struct p##_node *n);                                                                     \
    STET_TYPE_FULL(p##_node_type, struct p##_node, p##_hash, p##_equal, p##_compare, p##_retain, p##_release, flags) \
    STET_LIST_DEFINE(p##_list, struct p##_node, p##_node_type)                                                       \
    STET_MAP_DEFINE(p##_map, int, struct p##_node, stet_int, p##_node_type)                                          \
    STET_MAP_DEFINE(p##_index, struct p##_node, int, p##_node_type, stet_int)                                        \
    STET_SET_DEFINE(p##_set, struct p##_node, p##_node_type)                                                         \
    static bool p##_equal(const struct p##_node *a, const struct p##_node *b)                                        \
    {                                                                                                                \
        return a->tag == b->tag && p##_list_equal(&a->list, &b->list) && p##_map_equal(&a->map, &b->map) &&          \
               p##_index_equal(&a->index, &b->index) && p##_set_equal(&a->set, &b->set);                             \
    }                                                                                                                \
    static void p##_retain(const struct p##_node *n)                                                                 \
    {                                                                                                                \
        struct p##_node held = {n->tag, p##_list_copy(&n->list), p##_map_copy(&n->map), p##_index_copy(&n->index),   \
                                p##_set_copy(&n->set)};                                                              \
        (void)held;                                                                                                  \
        self_retained++;                                                                                             \
    }                                                                                                                \
    static void p##_release(struct p##_node *n)                                                                      \
    {                                                                                                                \
        self_released += n->tag >= 0; /* below: what a test owns */                                                  \
        p##_list_drop(&n->list);                                                                                     \
        p##_map_drop(&n->map);                                                                                       \
        p##_index_drop(&n->index);                                                                                   \
        p##_set_drop(&n->set);                                                                                       \
    }                                                                                                                \
    STET_ATOM_MAP(p##_atom, p##_map)                                                                                 \
    STET_LIVE_MAP(p##_live, p##_map)

SELF_TYPES(prompt, , 0)
SELF_TYPES(lazy, _LAZY, STET_LAZY)

/* Every way that an element comes into a collection: what is called then, and what it is called with in self.h. */
#define SELF_WAYS(LIST, MAP, INDEX, SET)                                                             \
    LIST(push_back, S(list_push_back)(l, e))                                                         \
    LIST(push_front, S(list_push_front)(l, e))                                                       \
    LIST(insert_at, S(list_insert_at)(l, middle, e))                                                 \
    LIST(insert_last, S(list_insert_at)(l, size, e))                                                 \
    LIST(set_first, size == 0 ? STET_UNCHANGED : S(list_set)(l, 0, e))                               \
    LIST(set, size == 0 ? STET_UNCHANGED : S(list_set)(l, middle, e))                                \
    LIST(update, size == 0 ? STET_UNCHANGED : S(list_update)(l, middle, S(give), &e))                \
    LIST(append_array, S(list_append_array)(l, three, 3))                                            \
    LIST(append_one, S(list_append_array)(l, &e, 1))                                                 \
    LIST(insert_array, S(list_insert_array)(l, middle, three, 3))                                    \
    LIST(from_array, S(list_from_array)(three, 3, &out))                                             \
    LIST(append, S(list_append)(l, l))                                                               \
    LIST(append_inner, S(list_append)(l, size == 0 ? l : &S(list_get)(l, 0)->list))                  \
    LIST(append_held, S(list_append)(l, &e.list))                                                    \
    LIST(insert_list, S(list_insert_list)(l, middle, l))                                             \
    LIST(insert_inner, S(list_insert_list)(l, middle, size == 0 ? l : &S(list_get)(l, 0)->list))     \
    LIST(splice, S(list_splice)(l, middle, size, l))                                                 \
    LIST(splice_inner, S(list_splice)(l, 0, middle, size == 0 ? l : &S(list_get)(l, 0)->list))       \
    LIST(concat, S(list_concat)(l, l, l))                                                            \
    LIST(slice_inner, size == 0 ? STET_UNCHANGED : S(list_slice)(&S(list_get)(l, 0)->list, 0, 1, l)) \
    LIST(map, S(list_map)(l, S(give), &e))                                                           \
    LIST(with, size == 0 ? STET_UNCHANGED : S(list_with)(l, middle, e, l))                           \
    LIST(with_back, S(list_with_back)(l, e, l))                                                      \
    LIST(with_back_out, S(list_with_back)(l, e, &out))                                               \
    LIST(with_front, S(list_with_front)(l, e, l))                                                    \
    LIST(with_inserted, S(list_with_inserted)(l, middle, e, l))                                      \
    LIST(with_inserted_array, S(list_with_inserted_array)(l, middle, three, 3, l))                   \
    MAP(set_new, S(map_set)(m, size, e))                                                             \
    MAP(set_old, S(map_set)(m, 0, e))                                                                \
    MAP(add, S(map_add)(m, size, e))                                                                 \
    MAP(update_new, S(map_update)(m, size, S(give), &e))                                             \
    MAP(update_old, S(map_update)(m, 0, S(give), &e))                                                \
    MAP(set_many, S(map_set_many)(m, keys, three, 3))                                                \
    MAP(from_array, S(map_from_array)(keys, three, 3, &out))                                         \
    MAP(with, S(map_with)(m, size, e, m))                                                            \
    MAP(with_old, S(map_with)(m, 0, e, m))                                                           \
    MAP(with_out, S(map_with)(m, 0, e, &out))                                                        \
    MAP(map_values, S(map_map_values)(m, S(give_for), &e))                                           \
    MAP(merge, S(map_merge)(m, m, S(give_merged), &e, m))                                            \
    MAP(union_inner, S(map_union)(m, size == 0 ? m : &S(map_get)(m, 0)->map, m))                     \
    INDEX(set, S(index_set)(m, e, 5))                                                                \
    INDEX(add, S(index_add)(m, e, 5))                                                                \
    INDEX(edit, S(index_edit)(m, e, &value))                                                         \
    INDEX(set_many, S(index_set_many)(m, three, values, 3))                                          \
    INDEX(from_array, S(index_from_array)(three, values, 3, &out))                                   \
    INDEX(with, S(index_with)(m, e, 5, m))                                                           \
    INDEX(del, S(index_erase)(m, e))                                                                 \
    SET(add, S(set_add)(s, e))                                                                       \
    SET(add_many, S(set_add_many)(s, three, 3))                                                      \
    SET(from_array, S(set_from_array)(three, 3, &out))                                               \
    SET(with, S(set_with)(s, e, s))                                                                  \
    SET(del, S(set_erase)(s, e))

#define FAMILY prompt
#include "support/self.h"
#undef FAMILY
#define FAMILY lazy
#include "support/self.h"
#undef FAMILY

/* ---- a collection whose elements are of its own kind ---- */

STET_LIST_DECLARE(nest)
STET_LIST_DEFINE(nest, nest, nest_type)
STET_LIST_DECLARE_LAZY(lazy_nest)
STET_LIST_DEFINE(lazy_nest, lazy_nest, lazy_nest_type)

#define NEST_TEST(nest)                                                                      \
    LIVE_TEST(held, a_##nest##_is_an_element_of_itself)                                      \
    {                                                                                        \
        nest l = {0}, empty = {0};                                                           \
        cr_assert_eq(nest##_push_back(&l, empty), STET_CHANGED);                             \
        for (size_t i = 1; i < 60; i++) {                                                    \
            stet_result result = i % 4 == 0   ? nest##_push_front(&l, l)                     \
                                 : i % 4 == 1 ? nest##_push_back(&l, l)                      \
                                 : i % 4 == 2 ? nest##_insert_at(&l, i / 2, l)               \
                                              : nest##_append_array(&l, &l, 1);              \
            size_t at = i % 4 == 0 ? 0 : i % 4 == 2 ? i / 2 : i;                             \
            cr_assert_eq(result, STET_CHANGED);                                              \
            cr_assert_eq(nest##_size(&l), i + 1);                                            \
            cr_assert_eq(nest##_size(nest##_get(&l, at)), i, "it holds the version before"); \
            const char *error = list_check(&nest##_list_type_, &l.list_, true);              \
            cr_assert_null(error, "%s", error);                                              \
        }                                                                                    \
        cr_assert_eq(nest##_set(&l, 5, l), STET_CHANGED);                                    \
        cr_assert_eq(nest##_size(nest##_get(&l, 5)), 60);                                    \
        nest inner = nest##_copy(nest##_get(&l, 5)); /* with what it was before */           \
        cr_assert_neq(nest##_size(nest##_get(&inner, 5)), 60);                               \
        nest##_drop(&inner);                                                                 \
        inner = nest##_copy(&l);                                                             \
        cr_assert_eq(nest##_from_array(&l, 1, &l), STET_CHANGED);                            \
        cr_assert(nest##_size(&l) == 1 && nest##_identical(nest##_front(&l), &inner));       \
        nest leaked = inner; /* *out is not dropped */                                       \
        nest##_drop(&leaked);                                                                \
        nest##_drop(&inner);                                                                 \
        nest##_drop(&l);                                                                     \
    }
NEST_TEST(nest)
NEST_TEST(lazy_nest)

/* The handle of what is appended is in an element, which may move. */
LIVE_TEST(held, what_an_element_holds_is_appended)
{
    for (size_t n = 1; n < 40; n++)
        for (size_t more = 1; more < 6; more++) {
            nest l = {0}, inner = {0}, empty = {0};
            for (size_t i = 0; i < more; i++)
                cr_assert_eq(nest_push_back(&inner, empty), STET_CHANGED);
            for (size_t i = 1; i < n; i++)
                cr_assert_eq(nest_push_back(&l, empty), STET_CHANGED);
            cr_assert_eq(nest_push_back(&l, inner), STET_CHANGED);
            nest_drop(&inner);
            cr_assert_eq(nest_append(&l, nest_back(&l)), STET_CHANGED);
            cr_assert_eq(nest_size(&l), n + more);
            cr_assert_eq(nest_size(nest_get(&l, n - 1)), more);
            for (size_t i = n; i < n + more; i++)
                cr_assert_eq(nest_size(nest_get(&l, i)), 0);
            nest_drop(&l);
        }
}

STET_SET_DECLARE(ordinal)
STET_SET_DEFINE(ordinal, ordinal, ordinal_type)
STET_MAP_DECLARE(atlas)
STET_MAP_DEFINE(atlas, atlas, atlas, atlas_type, atlas_type)

/* Sets and maps of this kind hash all that they hold: twice as much with each element. */
enum { ORDINALS = 12, ATLASES = 6 };

LIVE_TEST(held, a_set_is_an_element_of_itself)
{
    ordinal s = {0}, smaller[ORDINALS];
    for (unsigned i = 0; i < ORDINALS; i++) {
        smaller[i] = i % 3 == 0 ? ordinal_copy(&s) : (ordinal){0};
        cr_assert_eq(ordinal_add(&s, s), STET_CHANGED);
        cr_assert_eq(ordinal_size(&s), i + 1);
    }
    unsigned sizes = 0;
    for (ordinal_cursor it = ordinal_first(&s); it.key != NULL; ordinal_next(&it))
        sizes |= 1u << ordinal_size(it.key);
    cr_assert_eq(sizes, (1u << ORDINALS) - 1, "it has all that it was");
    for (unsigned i = 0; i < ORDINALS; i++)
        ordinal_drop(&smaller[i]);
    ordinal_drop(&s);
}

LIVE_TEST(held, a_map_is_its_own_key_and_value)
{
    atlas m = {0}, *value;
    for (unsigned i = 0; i < ATLASES; i++) {
        cr_assert_eq(i % 2 ? atlas_edit(&m, m, &value) : atlas_set(&m, m, m), STET_CHANGED);
        cr_assert_eq(atlas_size(&m), i + 1);
    }
    unsigned sizes = 0;
    for (atlas_cursor it = atlas_first(&m); it.key != NULL; atlas_next(&it)) {
        sizes |= 1u << atlas_size(it.key);
        cr_assert_eq(atlas_size(it.value), atlas_size(it.key) % 2 ? 0 : atlas_size(it.key));
    }
    cr_assert_eq(sizes, (1u << ATLASES) - 1);
    atlas empty = {0}, held = *atlas_get(&m, empty);
    cr_assert_eq(atlas_set(&m, held, m), STET_CHANGED, "in the place of the empty one");
    cr_assert_eq(atlas_size(atlas_get(&m, empty)), ATLASES);
    atlas_drop(&m);
}

/* ---- how often it is counted ---- */

static void counted_so_often(long retains, long releases)
{
    cr_assert(self_retained == retains && self_released == releases, "%ld times retained, %ld times released",
              self_retained, self_released);
    self_retained = self_released = 0;
}

LIVE_TEST(held, what_comes_in_is_counted_once)
{
    struct prompt_node e = {.tag = 1}, other = {.tag = 2};
    prompt_list l = {0};
    prompt_map m = {0};
    prompt_index x = {0};
    prompt_set s = {0};
    int *value;
    self_retained = self_released = 0;
    for (int i = 0; i < 3; i++)
        cr_assert(prompt_list_push_back(&l, e) && prompt_map_set(&m, i, e));
    counted_so_often(6, 0);
    cr_assert_eq(prompt_list_set(&l, 1, e), STET_UNCHANGED);
    cr_assert_eq(prompt_map_set(&m, 1, e), STET_UNCHANGED);
    counted_so_often(0, 0);
    cr_assert(prompt_list_set(&l, 1, other) && prompt_map_set(&m, 1, other));
    counted_so_often(2, 2);
    cr_assert_eq(prompt_index_set(&x, e, 1), STET_CHANGED);
    cr_assert_eq(prompt_index_edit(&x, other, &value), STET_CHANGED);
    cr_assert_eq(prompt_set_add(&s, e), STET_CHANGED);
    counted_so_often(3, 0);
    cr_assert_eq(prompt_index_set(&x, e, 2), STET_CHANGED);
    cr_assert_eq(prompt_index_edit(&x, other, &value), STET_UNCHANGED);
    cr_assert_eq(prompt_set_add(&s, e), STET_UNCHANGED);
    counted_so_often(0, 0);

    for (int i = 0; i < 50; i++) /* room for more, and nobody else */
        cr_assert(prompt_list_push_front(&l, other) && prompt_map_set(&m, 100 + i, other));
    self_retained = self_released = 0;
    count_requests();
    cr_assert(prompt_list_set(&l, 20, e) && prompt_map_set(&m, 120, e));
    cr_assert_eq(counted_requests(), 0, "what is alone is written in place");
    counted_so_often(2, 2);
    prompt_list_drop(&l);
    prompt_map_drop(&m);
    prompt_index_drop(&x);
    prompt_set_drop(&s);
    counted_so_often(0, 57 + 53 + 3 - 4);
}

/* ---- runs of a list, at its own end ---- */

STET_LIST(ints, int, stet_int)
STET_LIST(texts, stet_str, stet_str_type)

static stet_str text_of(int i)
{
    char text[64];
    stet_str s;
    snprintf(text, sizeof text, i % 2 ? "%d" : "the text number %d, which is long", i);
    cr_assert_neq(stet_str_from_cstr(text, &s), STET_NO_MEMORY);
    return s;
}

#define RUN_TEST(list, T, make, drop, differ)                                                                        \
    static list list##_upto(int n, int front)                                                                        \
    {                                                                                                                \
        list l = {0};                                                                                                \
        for (int i = 0; i < n; i++) {                                                                                \
            T e = make;                                                                                              \
            cr_assert_eq(i < front ? list##_push_front(&l, e) : list##_push_back(&l, e), STET_CHANGED);              \
            drop;                                                                                                    \
        }                                                                                                            \
        return l;                                                                                                    \
    }                                                                                                                \
    /* The run that begins at element i, or behind it, at the end; and what that is if an array of its own is added. \
     */                                                                                                              \
    static void list##_try_run(int n, int front, size_t i, size_t skip, bool shared, bool refusing)                  \
    {                                                                                                                \
        struct refusals r = {0};                                                                                     \
        bool again = false;                                                                                          \
        stet_result result;                                                                                          \
        do {                                                                                                         \
            list l = list##_upto(n, front), before = list##_copy(&l), expected = list##_copy(&l), other = {0};       \
            size_t run;                                                                                              \
            T const *array = list##_chunk(&l, i, &run);                                                              \
            skip = skip < run ? skip : run - 1;                                                                      \
            T copy[256];                                                                                             \
            cr_assert_leq(run, 256);                                                                                 \
            memcpy(copy, array, run * sizeof *array);                                                                \
            cr_assert_eq(list##_append_array(&expected, copy + skip, run - skip), STET_CHANGED);                     \
            list##_drop(&before);                                                                                    \
            before = list##_upto(n, front);                                                                          \
            if (shared)                                                                                              \
                other = list##_copy(&l);                                                                             \
            else { /* alone again: the copy has let go of it */                                                      \
                list##_drop(&expected);                                                                              \
                expected = list##_upto(n, front);                                                                    \
                cr_assert_eq(list##_append_array(&expected, copy + skip, run - skip), STET_CHANGED);                 \
            }                                                                                                        \
            if (refusing)                                                                                            \
                refuse(&r);                                                                                          \
            result = list##_append_array(&l, array + skip, run - skip);                                              \
            if (refusing)                                                                                            \
                again = any_refused(&r, result);                                                                     \
            cr_assert(list##_equal(&l, result == STET_NO_MEMORY ? &before : &expected),                              \
                      "%d elements, %d of them in front, the run at %zu from %zu on", n, front, i, skip);            \
            const char *error = list_check(&list##_list_type_, &l.list_, !refusing);                                 \
            cr_assert_null(error, "%s", error);                                                                      \
            list##_drop(&l);                                                                                         \
            list##_drop(&before);                                                                                    \
            list##_drop(&expected);                                                                                  \
            list##_drop(&other);                                                                                     \
        } while (again);                                                                                             \
    }                                                                                                                \
    LIVE_TEST(held, list##_get_a_run_of_their_own)                                                                   \
    {                                                                                                                \
        unsigned whole = 1u << list##_list_type_.leaf_bits;                                                          \
        for (int n = 1; n < (int)(6 * whole); n += whole < 8 ? 1 : whole > 100 && n > 3 ? 17 : 3)                    \
            for (int front = 0; front <= n; front += (n + 1) / 2) {                                                  \
                list l = list##_upto(n, front);                                                                      \
                size_t runs[64], k = 0;                                                                              \
                for (size_t i = 0, run; i < (size_t)n && k < 64; i += run, k++) {                                    \
                    runs[k] = i;                                                                                     \
                    (void)list##_chunk(&l, i, &run);                                                                 \
                }                                                                                                    \
                list##_drop(&l);                                                                                     \
                for (size_t at = k > 4 ? k - 4 : 0; at < k; at++)                                                    \
                    for (unsigned shared = 0; shared < 2; shared++) {                                                \
                        list##_try_run(n, front, runs[at], 0, shared != 0, false);                                   \
                        list##_try_run(n, front, runs[at], 1, shared != 0, n % 9 == 1);                              \
                    }                                                                                                \
            }                                                                                                        \
    }
RUN_TEST(ints, int, i, (void)e, a != b)
RUN_TEST(texts, stet_str, text_of(i), stet_str_drop(&e), !stet_str_equal(&a, &b))

/* ---- keys given as bytes of a key that is there ---- */

STET_SET(names, stet_str, stet_str_type)
STET_MAP(numbers, stet_str, long, stet_str_type, stet_long)
STET_MAP(dictionary, stet_str, stet_str, stet_str_type, stet_str_type)

/* As stet_bytes_view, of strings that all have one hash: they are told apart on the second level only. */
enum { ONE_HASH = 7 };

static uint64_t alike_hash(const void *form, unsigned level)
{
    struct stet_bytes b = *(const struct stet_bytes *)form;
    b.hash32 = ONE_HASH;
    return stet_bytes_hash_(&b, level);
}

static bool alike_equal(const void *key, const void *form)
{
    const stet_str *s = key;
    const struct stet_bytes *b = form;
    return stet_str_size(s) == b->n && memcmp(stet_str_bytes(s), b->bytes, b->n) == 0;
}

static bool alike_make(void *key, const void *form)
{
    if (!stet_str_make_from_(key, form))
        return false;
    ((stet_str *)key)->hash_ = ONE_HASH;
    return true;
}

static const struct stet_key_view alike_form = {alike_hash, alike_equal, alike_make, NULL, NULL};

/* What is in the set: strings of up to ten bytes lie in the leaf itself. */
struct views {
    names all, other;
    const struct stet_key_view *form;
    char text[400][32];
    size_t n[400], texts;
};

static void views_add(struct views *v, const char *text, size_t n)
{
    for (size_t i = 0; i < v->texts; i++)
        if (v->n[i] == n && memcmp(v->text[i], text, n) == 0)
            return;
    memcpy(v->text[v->texts], text, n);
    v->n[v->texts++] = n;
}

/* The same bytes, in the set. */
static const char *view_of(struct views *v, size_t i)
{
    struct stet_bytes key = stet_bytes_of(v->text[i], v->n[i]);
    const stet_str *s = stet_map_find_(&names_map_type_, v->form, v->all.map_.root, v->form->hash(&key, 0), &key);
    cr_assert_not_null(s, "%.*s is not there", (int)v->n[i], v->text[i]);
    return stet_str_bytes(s);
}

static void views_check(struct views *v)
{
    cr_assert_eq(names_size(&v->all), v->texts);
    for (size_t i = 0; i < v->texts; i++)
        (void)view_of(v, i);
    if (v->form == &stet_bytes_view) {
        const char *error = map_check(&names_map_type_, &v->all.map_, true);
        cr_assert_null(error, "%s", error);
    }
}

/* Beginnings of keys are added, then all removed, by views of what is there. */
static void try_views(const struct stet_key_view *form, bool share, uint64_t seed)
{
    struct rng rng = {seed};
    static struct views v;
    v = (struct views){.form = form};
    for (unsigned step = 0; step < 900; step++) {
        char text[32];
        bool grow = v.texts < 2 || (step < 600 && v.texts < 300 && rng_below(&rng, 4) != 0);
        if (share && step % 3 == 0) {
            names_drop(&v.other);
            v.other = names_copy(&v.all);
        }
        if (v.texts < 2 || (grow && rng_below(&rng, 3) == 0)) {
            int n = snprintf(text, sizeof text, step % 5 == 0 ? "%x, and long enough" : "%x", (unsigned)rng_next(&rng));
            struct stet_bytes key = stet_bytes_of(text, (size_t)n);
            cr_assert_neq(stet_map_put_(&names_map_type_, &v.all.map_, form, &key, &key, STET_PUT_ADD_),
                          STET_NO_MEMORY);
            views_add(&v, text, (size_t)n);
        } else {
            size_t i = rng_below(&rng, (unsigned)v.texts);
            const char *view = view_of(&v, i);
            size_t n = grow ? 1 + rng_below(&rng, (unsigned)v.n[i]) : v.n[i];
            struct stet_bytes key = stet_bytes_of(view, n);
            memcpy(text, v.text[i], n);
            if (grow) {
                cr_assert_neq(stet_map_put_(&names_map_type_, &v.all.map_, form, &key, &key, STET_PUT_ADD_),
                              STET_NO_MEMORY);
                views_add(&v, text, n);
            } else {
                cr_assert_eq(stet_map_erase_(&names_map_type_, &v.all.map_, form, &key, NULL), STET_CHANGED);
                v.texts--;
                memcpy(v.text[i], v.text[v.texts], sizeof text);
                v.n[i] = v.n[v.texts];
            }
        }
        if (step % 7 == 0 || v.texts < 20)
            views_check(&v);
    }
    names_drop(&v.other);
    names_drop(&v.all);
}

LIVE_TEST(held, keys_are_views_of_keys)
{
    for (uint64_t seed = 1; seed < (test_long() ? 200 : 12); seed++) {
        try_views(&stet_bytes_view, seed % 2, seed);
        try_views(&alike_form, seed % 2, seed);
    }
}

/* What a map has, stored under another key, or in the place of itself. */
LIVE_TEST(held, strings_of_a_map_are_borrowed_for_it)
{
    enum { KEYS = 300 };
    dictionary d = {0}, other = {0};
    numbers m = {0};
    char key[32];
    for (int i = 0; i < KEYS; i++) {
        stet_str text = text_of(i);
        snprintf(key, sizeof key, "%d", i);
        if (i % 50 == 49) {
            dictionary_drop(&other);
            other = dictionary_copy(&d);
        }
        cr_assert_eq(dictionary_set_cstr(&d, key, text), STET_CHANGED);
        cr_assert_eq(numbers_set(&m, text, i), STET_CHANGED);
        stet_str_drop(&text); /* what is there now, is the maps' */
        cr_assert_eq(dictionary_set(&d, *dictionary_get_cstr(&d, key), *dictionary_get_cstr(&d, key)),
                     i % 2 ? STET_UNCHANGED : STET_CHANGED);
        const stet_str *there = dictionary_get(&d, *dictionary_get_cstr(&d, key));
        cr_assert_neq(dictionary_set_bytes(&d, stet_str_bytes(there), stet_str_size(there) - 1, *there),
                      STET_NO_MEMORY);
        dictionary_cursor first = dictionary_first(&d);
        cr_assert_neq(dictionary_set(&d, *first.value, *first.key), STET_NO_MEMORY);
        numbers_cursor any = numbers_first(&m);
        cr_assert_eq(numbers_set_bytes(&m, stet_str_bytes(any.key), stet_str_size(any.key), -1), STET_CHANGED);
        cr_assert_eq(numbers_erase_bytes(&m, stet_str_bytes(any.key), stet_str_size(any.key)), STET_CHANGED);
    }
    const char *error = map_check(&dictionary_map_type_, &d.map_, true);
    cr_assert_null(error, "%s", error);
    cr_assert_eq(numbers_size(&m), 0);
    dictionary_drop(&d);
    dictionary_drop(&other);
    numbers_drop(&m);
}
