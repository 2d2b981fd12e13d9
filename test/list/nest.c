/* SPDX-License-Identifier: MIT */
/*
 * list/nest.c - lists as elements of lists and maps, and maps as elements of lists; very deep lists; when elements are
 * released, and what release may do.
 */
#include <stet/list.h>
#include <stet/map.h>
#include <stet/set.h>

#include "support/small_stack.h"
#include "support/testing.h"
#include "support/things.h"

STET_LIST(row, int, stet_int)
STET_LIST(table, row, row_type)
STET_LIST(cube, table, table_type)
STET_LIST(objects, object_ptr, object_type)
STET_LIST(object_rows, objects, objects_type)
STET_MAP(word_lines, stet_str, row, stet_str_type, row_type)
STET_MAP(by_row, row, int, row_type, stet_int)
STET_SET(rows, row, row_type)
STET_MAP(fields, int, int, stet_int, stet_int)
STET_LIST(records, fields, fields_type)

static row row_of(int from, int n)
{
    row r = {0};
    for (int i = 0; i < n; i++)
        cr_assert_eq(row_push_back(&r, from + i), STET_CHANGED);
    return r;
}

/* ---- lists in lists ---- */

LIVE_TEST(list_nest, a_list_of_lists_keeps_versions_of_its_own)
{
    row in = row_of(0, 500), same = row_copy(&in), equal = row_of(0, 500), popped;
    table t = {0};
    cr_assert_eq(table_push_back(&t, in), STET_CHANGED);
    cr_assert_eq(table_set(&t, 0, equal), STET_UNCHANGED, "another version, the same contents");
    cr_assert(row_identical(table_get(&t, 0), &same), "the stored one stays");
    cr_assert_eq(row_set(&in, 0, 99), STET_CHANGED);
    cr_assert_eq(*row_get(table_get(&t, 0), 0), 0, "the caller's handle changed, not the stored one");
    cr_assert_eq(table_set(&t, 0, in), STET_CHANGED);
    cr_assert_eq(*row_get(table_get(&t, 0), 0), 99);
    cr_assert_eq(table_index_of(&t, 0, equal), SIZE_MAX);
    cr_assert_eq(table_push_back(&t, equal), STET_CHANGED);
    cr_assert_eq(table_index_of(&t, 0, same), 1);
    cr_assert_eq(table_pop_front(&t, &popped), STET_CHANGED);
    cr_assert(row_identical(&popped, &in));
    row_drop(&popped);
    row_drop(&in);
    row_drop(&same);
    row_drop(&equal);
    table_drop(&t);
}

LIVE_TEST(list_nest, an_inner_list_is_edited_where_it_is)
{
    table t = {0};
    row *r, empty = {0};
    for (int i = 0; i < 300; i++) {
        cr_assert_eq(table_push_back(&t, empty), STET_CHANGED);
        cr_assert_eq(table_edit(&t, (size_t)i, &r), STET_CHANGED);
        for (int j = 0; j <= i; j++)
            cr_assert_eq(row_push_back(r, j), STET_CHANGED);
    }
    table before = table_copy(&t);
    cr_assert_eq(table_edit(&t, 50, &r), STET_CHANGED);
    cr_assert_eq(row_set(r, 7, -1), STET_CHANGED);
    cr_assert_eq(*row_get(table_get(&t, 50), 7), -1);
    cr_assert_eq(*row_get(table_get(&before, 50), 7), 7);
    cr_assert_not(table_equal(&t, &before));
    table_drop(&before);
    for (int i = 0; i < 300; i++)
        cr_assert_eq(table_edit(&t, (size_t)i, &r), STET_CHANGED);
    count_requests(); /* unshared again: no node is copied, neither of the outer list nor of inner ones */
    for (int i = 0; i < 300; i++) {
        cr_assert_eq(table_edit(&t, (size_t)i, &r), STET_CHANGED);
        cr_assert_eq(row_set(r, (size_t)i, 1000), STET_CHANGED);
    }
    cr_assert_eq(counted_requests(), 0);
    table_drop(&t);
}

LIVE_TEST(list_nest, lists_of_lists_of_lists)
{
    cube c = {0};
    for (int i = 0; i < 30; i++) {
        table t = {0};
        for (int j = 0; j < 30; j++) {
            row r = row_of(i, j);
            cr_assert_eq(table_push_front(&t, r), STET_CHANGED);
            row_drop(&r);
        }
        cr_assert_eq(i % 2 ? cube_push_front(&c, t) : cube_push_back(&c, t), STET_CHANGED);
        table_drop(&t);
    }
    cube other = cube_copy(&c);
    cr_assert_eq(cube_append(&c, &other), STET_CHANGED);
    cr_assert_eq(cube_reverse(&c), STET_CHANGED);
    cr_assert(table_equal(cube_get(&c, 0), cube_get(&c, 30)));
    cr_assert_eq(*row_get(table_get(cube_get(&c, 0), 0), 0), 28);
    cube_drop(&c);
    cr_assert_eq(row_size(table_get(cube_get(&other, 15), 29)), 0);
    cube_drop(&other);
}

/* ---- lists and maps ---- */

LIVE_TEST(list_nest, equal_lists_hash_alike_whatever_their_history)
{
    row a = row_of(0, 3000), b = {0}, other = row_of(1, 3000), fewer = row_of(0, 2999), swapped = row_copy(&a);
    for (int i = 3000; i-- > 0;)
        cr_assert_eq(row_push_front(&b, i), STET_CHANGED);
    cr_assert_eq(row_insert_at(&b, 1234, 7), STET_CHANGED);
    cr_assert_eq(row_pop_at(&b, 1234, NULL), STET_CHANGED);
    cr_assert(row_set(&swapped, 0, 1) == STET_CHANGED && row_set(&swapped, 1, 0) == STET_CHANGED);
    for (uint64_t seed = 0; seed < 3; seed++) {
        uint64_t hash = stet_type_hash(&row_type, &a, seed);
        cr_assert_eq(stet_type_hash(&row_type, &b, seed), hash);
        cr_assert_neq(stet_type_hash(&row_type, &other, seed), hash);
        cr_assert_neq(stet_type_hash(&row_type, &fewer, seed), hash);
        cr_assert_neq(stet_type_hash(&row_type, &swapped, seed), hash, "order counts");
        cr_assert_neq(stet_type_hash(&row_type, &a, seed + 1), hash);
    }
    row_drop(&a);
    row_drop(&b);
    row_drop(&other);
    row_drop(&fewer);
    row_drop(&swapped);
}

/* Different lists of up to four small numbers have different hashes. */
LIVE_TEST(list_nest, short_lists_hash_apart)
{
    enum { LISTS = 1 + 5 + 25 + 125 + 625 };
    static uint64_t hash[LISTS];
    for (uint64_t seed = 0; seed < 3; seed++) {
        int lists = 0;
        for (int n = 0, power = 1; n <= 4; n++, power *= 5)
            for (int which = 0; which < power; which++) {
                row r = {0};
                for (int i = 0, digits = which; i < n; i++, digits /= 5)
                    cr_assert_eq(row_push_back(&r, digits % 5), STET_CHANGED);
                hash[lists] = stet_type_hash(&row_type, &r, seed);
                for (int k = 0; k < lists; k++)
                    cr_assert_neq(hash[k], hash[lists], "lists %d and %d, seed %d", k, lists, (int)seed);
                lists++;
                row_drop(&r);
            }
        cr_assert_eq(lists, LISTS);
    }
}

LIVE_TEST(list_nest, lists_as_keys_and_values)
{
    rows all = {0};
    by_row named = {0};
    word_lines lines = {0};
    for (int i = 0; i < 300; i++) {
        row r = row_of(i / 20, i % 20), again = {0}, *of_word;
        char word[40];
        for (int j = i % 20; j-- > 0;)
            cr_assert_eq(row_push_front(&again, i / 20 + j), STET_CHANGED);
        bool is_new = i % 20 != 0 || i == 0; /* row_of(k, 0) is the empty list for every k */
        cr_assert_eq(rows_add(&all, r), is_new ? STET_CHANGED : STET_UNCHANGED);
        cr_assert_eq(rows_add(&all, again), STET_UNCHANGED);
        cr_assert(rows_has(&all, again));
        cr_assert_eq(by_row_set(&named, again, i), STET_CHANGED);
        cr_assert_eq(by_row_get_or(&named, r, -1), i);
        snprintf(word, sizeof word, "a word that is long, of kind %d", i % 7);
        cr_assert_neq(word_lines_edit_cstr(&lines, word, &of_word), STET_NO_MEMORY);
        cr_assert_eq(row_push_back(of_word, i), STET_CHANGED);
        row_drop(&r);
        row_drop(&again);
    }
    cr_assert_eq(rows_size(&all), 300 - 14);
    cr_assert_eq(word_lines_size(&lines), 7);
    word_lines before = word_lines_copy(&lines);
    row *of_word;
    cr_assert_eq(word_lines_edit_cstr(&lines, "a word that is long, of kind 3", &of_word), STET_UNCHANGED);
    cr_assert_eq(row_pop_front(of_word, NULL), STET_CHANGED);
    cr_assert_eq(*row_front(word_lines_get_cstr(&before, "a word that is long, of kind 3")), 3);
    cr_assert_eq(*row_front(word_lines_get_cstr(&lines, "a word that is long, of kind 3")), 10);
    rows_drop(&all);
    by_row_drop(&named);
    word_lines_drop(&lines);
    word_lines_drop(&before);
}

LIVE_TEST(list_nest, maps_in_a_list)
{
    records r = {0};
    for (int i = 0; i < 1000; i++) {
        fields f = {0};
        cr_assert_eq(fields_set(&f, i, i), STET_CHANGED);
        cr_assert_eq(records_insert_at(&r, (size_t)i / 2, f), STET_CHANGED);
        fields_drop(&f);
    }
    records before = records_copy(&r);
    for (size_t i = 0; i < 1000; i++) {
        fields *f;
        cr_assert_eq(records_edit(&r, i, &f), STET_CHANGED);
        cr_assert_eq(fields_set(f, -1, (int)i), STET_CHANGED);
    }
    for (size_t i = 0; i < 1000; i++)
        cr_assert(fields_size(records_get(&r, i)) == 2 && fields_size(records_get(&before, i)) == 1);
    records_drop(&r);
    records_drop(&before);
}

/* ---- recursive, and deep ---- */

enum { DEEP = 1000000 };

STET_LIST_DECLARE(chain)
STET_LIST_DEFINE(chain, chain, chain_type)
STET_LIST_DECLARE_LAZY(lazy_chain)
STET_LIST_DEFINE(lazy_chain, lazy_chain, lazy_chain_type)

#define CHAIN_TESTS(name)                                                                                           \
    /* Makes a chain of lists, each of which holds the one before. */                                               \
    static name name##_of(int length)                                                                               \
    {                                                                                                               \
        name link = {0};                                                                                            \
        for (int i = 0; i < length; i++) {                                                                          \
            name next = {0};                                                                                        \
            cr_assert_eq(name##_push_back(&next, link), STET_CHANGED);                                              \
            name##_drop(&link);                                                                                     \
            link = name##_move(&next);                                                                              \
        }                                                                                                           \
        return link;                                                                                                \
    }                                                                                                               \
    static void *name##_drop_deep(void *unused)                                                                     \
    {                                                                                                               \
        name link = name##_of(DEEP);                                                                                \
        name##_drop(&link);                                                                                         \
        return unused;                                                                                              \
    }                                                                                                               \
    LIVE_TEST(list_nest, name##_of_a_million_is_dropped) { on_a_small_stack(name##_drop_deep, NULL); }              \
    static void *name##_drop_in_steps(void *unused)                                                                 \
    {                                                                                                               \
        name link = name##_of(DEEP);                                                                                \
        name##_drop_later(&link);                                                                                   \
        int64_t left = DEEP;                                                                                        \
        cr_assert_eq(stet_pool_stats().live_blocks, left);                                                          \
        for (bool more = true; more;) {                                                                             \
            more = stet_release_some(1000);                                                                         \
            int64_t now = stet_pool_stats_thread().live_blocks;                                                     \
            cr_assert_eq(left - now, 1000);                                                                         \
            left = now;                                                                                             \
        }                                                                                                           \
        cr_assert_eq(left, 0);                                                                                      \
        return unused;                                                                                              \
    }                                                                                                               \
    LIVE_TEST(list_nest, name##_of_a_million_is_dropped_in_steps) { on_a_small_stack(name##_drop_in_steps, NULL); } \
    static void *name##_pop_deep(void *unused)                                                                      \
    {                                                                                                               \
        name link = name##_of(DEEP);                                                                                \
        cr_assert_eq(name##_pop_back(&link, NULL), STET_CHANGED);                                                   \
        cr_assert_eq(name##_size(&link), 0);                                                                        \
        return unused;                                                                                              \
    }                                                                                                               \
    LIVE_TEST(list_nest, name##_of_a_million_is_popped) { on_a_small_stack(name##_pop_deep, NULL); }                \
    static void *name##_leave(void *unused)                                                                         \
    {                                                                                                               \
        name link = name##_of(DEEP / 10);                                                                           \
        name##_drop_later(&link);                                                                                   \
        return unused; /* the end of the thread does the rest */                                                    \
    }                                                                                                               \
    LIVE_TEST(list_nest, name##_left_for_later_goes_with_its_thread) { on_a_small_stack(name##_leave, NULL); }

CHAIN_TESTS(chain)
CHAIN_TESTS(lazy_chain)

/* A thousand nested trees, each of many leaves, and shared. */
LIVE_TEST(list_nest, wide_and_deep_and_shared)
{
    chain link = {0}, kept = {0};
    for (int i = 0; i < 1000; i++) {
        chain next = {0};
        for (int j = 0; j < 60; j++)
            cr_assert_eq(j % 3 ? chain_push_back(&next, link) : chain_push_front(&next, link), STET_CHANGED);
        if (i == 500)
            kept = chain_copy(&next);
        chain_drop(&link);
        link = chain_move(&next);
    }
    chain_drop(&link);
    for (int i = 0; i < 501; i++) {
        chain next = chain_copy(chain_get(&kept, (size_t)i % 60));
        cr_assert_eq(chain_size(&next), i < 500 ? 60 : 0);
        chain_drop(&kept);
        kept = next;
    }
    chain_drop(&kept);
}

/* Where nothing is borrowed, releasing one node frees at most the node and its children that are leaves. */
LIVE_TEST(list_nest, a_big_list_is_dropped_in_bounded_steps)
{
    row r = row_of(0, 300000);
    row_drop_later(&r);
    int64_t left = stet_pool_stats().live_blocks;
    for (bool more = true; more;) {
        more = stet_release_some(3);
        int64_t now = stet_pool_stats().live_blocks;
        cr_assert_lt(now, left);
        cr_assert_leq(left - now, 3 * (1 + STET_TREE_WIDTH));
        left = now;
    }
    cr_assert_eq(left, 0);
}

/* ---- prompt elements ---- */

/* Asserts that an object has holders exactly if it is in one of these lists. */
static void are_held(const objects *l, size_t lists)
{
    static bool in[THINGS];
    memset(in, 0, sizeof in);
    for (size_t k = 0; k < lists; k++)
        for (size_t i = 0; i < objects_size(&l[k]); i++)
            in[(*objects_get(&l[k], i))->id] = true;
    for (unsigned i = 0; i < THINGS; i++)
        cr_assert_eq(object_of(i)->holders > 0, in[i], "object %u: %d holders, but shown: %d", i, object_of(i)->holders,
                     in[i]);
}

/* After any operations on versions, an object is held exactly if it is in some version. */
THINGS_TEST(list_nest, what_no_version_shows_is_released_at_once)
{
    enum { LISTS = 4 };
    struct rng random = {stet_hash_seed_at(0)};
    objects l[LISTS];
    memset(l, 0, sizeof l);
    for (unsigned step = 0; step < 4000; step++) {
        objects *a = &l[rng_below(&random, LISTS)], *b = &l[rng_below(&random, LISTS)];
        size_t n = objects_size(a), at = n == 0 ? 0 : rng_below(&random, (unsigned)n);
        object_ptr o = object_of(rng_below(&random, THINGS)), out = NULL;
        switch (rng_below(&random, 11)) {
        case 0:
        case 1:
            for (unsigned i = 0; i < 50 && n < 600; i++)
                cr_assert_eq(objects_push_back(a, object_of(rng_below(&random, THINGS))), STET_CHANGED);
            break;
        case 2:
            for (unsigned i = 0; i < 50 && n < 600; i++)
                cr_assert_eq(objects_push_front(a, object_of(rng_below(&random, THINGS))), STET_CHANGED);
            break;
        case 3:
            cr_assert_eq(objects_insert_at(a, at, o), STET_CHANGED);
            break;
        case 4:
            for (unsigned i = 0; i < 20 && objects_size(a) > 0; i++) {
                cr_assert_eq(i % 3 ? objects_pop_back(a, &out) : objects_pop_front(a, &out), STET_CHANGED);
                object_unref(out);
            }
            break;
        case 5:
            if (n > 0)
                cr_assert_eq(objects_pop_at(a, at, NULL), STET_CHANGED);
            break;
        case 6:
            if (n > 0)
                cr_assert_neq(objects_set(a, at, o), STET_NO_MEMORY);
            break;
        case 7:
            cr_assert_neq(objects_slice(a, at / 2, n - at / 3, b), STET_NO_MEMORY);
            break;
        case 8:
            if (n + objects_size(b) < 600)
                cr_assert_neq(objects_append(a, b), STET_NO_MEMORY);
            break;
        case 9:
            if (n + objects_size(b) < 600)
                cr_assert_neq(objects_splice(a, at / 2, n - at / 3, b), STET_NO_MEMORY);
            break;
        default:
            if (a != b) {
                objects_drop(b);
                *b = objects_copy(a);
            }
        }
        are_held(l, LISTS);
    }
    for (unsigned k = 0; k < LISTS; k++)
        objects_drop(&l[k]);
}

/* A list of prompt elements is itself a prompt element. */
THINGS_TEST(list_nest, promptness_goes_through_lists_of_lists)
{
    object_rows r = {0};
    for (unsigned i = 0; i < 300; i++) {
        objects o = {0};
        for (unsigned j = 0; j < 3; j++)
            cr_assert_eq(objects_push_back(&o, object_of(i + j * 300)), STET_CHANGED);
        cr_assert_eq(object_rows_push_back(&r, o), STET_CHANGED);
        objects_drop(&o);
    }
    object_rows before = object_rows_copy(&r);
    for (unsigned i = 0; i < 300; i++) {
        cr_assert_eq(object_rows_pop_back(&r, NULL), STET_CHANGED);
        cr_assert_eq(object_of(299 - i)->holders, 1);
    }
    for (unsigned i = 0; i < 300; i++) {
        cr_assert_eq(object_rows_pop_front(&before, NULL), STET_CHANGED);
        cr_assert(object_of(i)->holders == 0 && object_of(i + 600)->holders == 0);
    }
}

STET_TYPE_REF_ACYCLIC(acyclic_object_type, object_ptr, object_ref, object_unref)
STET_LIST(acyclic_objects, object_ptr, acyclic_object_type)

/* Pushes onto versions that are kept share leaves where elements cannot hold a version; each version has its own. */
#define VERSIONS_SHARE(list, make, number)                                                                \
    {                                                                                                     \
        enum { KEPT = 12 };                                                                               \
        list kept[KEPT + 1], other[KEPT + 1];                                                             \
        kept[0] = (list){0};                                                                              \
        count_requests();                                                                                 \
        for (unsigned k = 0; k < KEPT; k++) {                                                             \
            kept[k + 1] = list##_copy(&kept[k]);                                                          \
            cr_assert_eq(list##_push_back_owned(&kept[k + 1], make(k)), STET_CHANGED);                    \
        }                                                                                                 \
        cr_assert(STET_TINY_NODES || counted_requests() < KEPT + (int)COST_OF_##list);                    \
        for (unsigned k = 0; k <= KEPT; k++) { /* the places behind these versions are claimed */         \
            other[k] = list##_copy(&kept[k]);                                                             \
            cr_assert_eq(list##_push_back_owned(&other[k], make(100 + k)), STET_CHANGED);                 \
        }                                                                                                 \
        for (unsigned k = 0; k <= KEPT; k++) {                                                            \
            cr_assert(list##_size(&kept[k]) == k && list##_size(&other[k]) == k + 1);                     \
            for (unsigned i = 0; i < k; i++)                                                              \
                cr_assert(number(list##_get(&kept[k], i)) == i && number(list##_get(&other[k], i)) == i); \
            cr_assert_eq(number(list##_get(&other[k], k)), 100 + k);                                      \
            list##_drop(&kept[k]);                                                                        \
            list##_drop(&other[k]);                                                                       \
        }                                                                                                 \
    }
enum { COST_OF_acyclic_objects = 0, COST_OF_table = 12 }; /* each row is a block */

static row one_row(unsigned i) { return row_of((int)i, 1); }
static unsigned number_of_row(const row *r) { return (unsigned)*row_get(r, 0); }
static object_ptr one_object(unsigned i)
{
    object_ref(object_of(i));
    return object_of(i);
}
static unsigned number_of_object(object_ptr const *o) { return (unsigned)(*o - object_of(0)); }

THINGS_TEST(list_nest, versions_without_cycles_share_leaves)
{
    VERSIONS_SHARE(acyclic_objects, one_object, number_of_object)
    VERSIONS_SHARE(table, one_row, number_of_row)
    for (unsigned i = 0; i < 120; i++)
        cr_assert_eq(object_of(i)->holders, 0);
}

/* A leaf that a pop empties is freed at once, not by a later update. */
THINGS_TEST(list_nest, a_pop_frees_what_it_empties)
{
    for (unsigned front = 0; front < 2; front++) {
        objects l = {0};
        object_ptr out = NULL;
        int64_t live = stet_pool_stats().live_blocks;
        cr_assert_eq(objects_push_back(&l, object_of(front)), STET_CHANGED);
        cr_assert_eq(stet_pool_stats().live_blocks, live + 1);
        cr_assert_eq(front ? objects_pop_front(&l, &out) : objects_pop_back(&l, &out), STET_CHANGED);
        cr_assert_eq(stet_pool_stats().live_blocks, live);
        object_unref(out);
    }
}

/* ---- release calls the library ---- */

/* A session. The release of its last reference calls at_end(), which edits lists. */
struct session {
    int holders, id;
    void (*at_end)(struct session *s);
};
typedef struct session *session_ptr;
static struct session sessions[THINGS];

static session_ptr session_ref(session_ptr s)
{
    s->holders++;
    return s;
}
static void session_unref(session_ptr s)
{
    if (--s->holders == 0)
        s->at_end(s);
}
STET_TYPE_REF(session_type, session_ptr, session_ref, session_unref)
STET_LIST(session_list, session_ptr, session_type)

static row log_of_ends;
static session_list *edited;

/* Returns the i-th session, which calls at_end at its end. */
static session_ptr session_of(int i, void (*at_end)(struct session *))
{
    sessions[i].id = i;
    sessions[i].at_end = at_end;
    return &sessions[i];
}

static void log_it(session_ptr s) { cr_assert_eq(row_push_back(&log_of_ends, s->id), STET_CHANGED); }

static session_list list_of_sessions(int from, int n, void (*at_end)(struct session *))
{
    session_list l = {0};
    for (int i = from; i < from + n; i++)
        cr_assert_eq(session_list_push_back(&l, session_of(i, at_end)), STET_CHANGED);
    return l;
}

static bool is_even(void *context, session_ptr const *s)
{
    (void)context;
    return (*s)->id % 2 == 0;
}

LIVE_TEST(list_nest, release_may_edit_another_list)
{
    session_list l = list_of_sessions(0, MANY, log_it);
    cr_assert_eq(row_size(&log_of_ends), 0);
    cr_assert_eq(session_list_pop_at(&l, 7, NULL), STET_CHANGED);
    cr_assert_eq(row_size(&log_of_ends), 1, "at once");
    cr_assert_eq(session_list_set(&l, 8, NULL), STET_CHANGED);
    cr_assert_eq(session_list_pop_back(&l, NULL), STET_CHANGED);
    cr_assert_eq(session_list_pop_front(&l, NULL), STET_CHANGED);
    cr_assert_eq(row_size(&log_of_ends), 4);
    cr_assert_eq(session_list_erase_range(&l, 100, 120), STET_CHANGED);
    cr_assert_eq(row_size(&log_of_ends), 24);
    cr_assert_eq(session_list_set(&l, 7, session_of(8, log_it)), STET_CHANGED); /* session 8 is in the list twice now */
    cr_assert_eq(session_list_filter(&l, is_even, NULL), STET_CHANGED);
    cr_assert_eq(session_list_slice(&l, 10, 20, &l), STET_CHANGED);
    cr_assert_eq(row_size(&log_of_ends), MANY - 10);
    session_list_drop(&l);
    cr_assert_eq(row_size(&log_of_ends), MANY);
    row_drop(&log_of_ends);
}

/* When callbacks run, the list is in its final state: removed elements are gone, and the list may be edited. */
static void look_and_edit(session_ptr s)
{
    cr_assert_eq(session_list_index_of(edited, 0, s), SIZE_MAX);
    if (s->id + 1 < MANY)
        cr_assert_eq(session_list_pop_back(edited, NULL), STET_CHANGED);
    log_it(s);
}

LIVE_TEST(list_nest, release_may_edit_the_very_list)
{
    for (int way = 0; way < 4; way++) {
        session_list l = list_of_sessions(0, MANY, look_and_edit);
        edited = &l;
        sessions[MANY / 2 + 9].at_end = log_it; /* this one does not edit the list further */
        if (way == 0)
            cr_assert_eq(session_list_pop_front(&l, NULL), STET_CHANGED);
        else if (way == 1)
            cr_assert_eq(session_list_set(&l, 0, NULL), STET_CHANGED);
        else if (way == 2)
            cr_assert_eq(session_list_pop_at(&l, 0, NULL), STET_CHANGED);
        else
            cr_assert_eq(session_list_slice(&l, 1, MANY, &l), STET_CHANGED);
        int ended = (int)row_size(&log_of_ends);
        cr_assert_geq(ended, 2);
        cr_assert_eq((int)session_list_size(&l), MANY - ended + (way == 1));
        for (int i = 0; i < MANY; i++)
            sessions[i].at_end = log_it;
        session_list_drop(&l);
        cr_assert_eq(row_size(&log_of_ends), MANY);
        row_drop(&log_of_ends);
    }
}

/* The end of each session drops the list that holds the next one; the stack must not grow with that. */
static session_list others[THINGS];

static void drop_the_next(session_ptr s)
{
    log_it(s);
    session_list_drop(&others[s->id]);
}

static void *drop_first(void *unused)
{
    for (int i = 0; i + 1 < THINGS; i++)
        cr_assert_eq(session_list_push_back(&others[i], session_of(i + 1, drop_the_next)), STET_CHANGED);
    session_list first = {0};
    cr_assert_eq(session_list_push_back(&first, session_of(0, drop_the_next)), STET_CHANGED);
    session_list_drop(&first);
    cr_assert_eq(row_size(&log_of_ends), THINGS, "all is done when the drop returns");
    row_drop(&log_of_ends);
    return unused;
}

LIVE_TEST(list_nest, release_may_drop_others) { on_a_small_stack(drop_first, NULL); }
