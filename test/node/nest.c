/* SPDX-License-Identifier: MIT */
/* Collections in collections: as values, as keys, recursive, very deep; and what release callbacks may do. */
#include <stet/map.h>
#include <stet/set.h>

#include "support/live.h"
#include "support/small_stack.h"
#include "support/things.h"

STET_MAP(inner, int, int, stet_int, stet_int)
STET_MAP(outer, int, inner, stet_int, inner_type)
STET_SET(ids, int, stet_int)
STET_MAP(groups, stet_str, ids, stet_str_type, ids_type)

static inner inner_of(int n, int shift)
{
    inner m = {0};
    for (int i = 0; i < n; i++)
        cr_assert_eq(inner_set(&m, i, i + shift), STET_CHANGED);
    return m;
}

THINGS_TEST(nest, a_map_of_maps_keeps_versions_of_its_own)
{
    inner in = inner_of(MANY, 0), same = inner_copy(&in);
    outer out = {0};
    cr_assert_eq(outer_set(&out, 1, in), STET_CHANGED);
    cr_assert_eq(outer_set(&out, 1, in), STET_UNCHANGED, "the same version");
    cr_assert(inner_identical(outer_get(&out, 1), &in), "what is stored is the version");
    cr_assert_eq(inner_set(&in, 0, 99), STET_CHANGED);
    cr_assert_eq(*inner_get(outer_get(&out, 1), 0), 0, "the caller's handle changed, not the stored one");
    inner equal = inner_of(MANY, 0);
    cr_assert_eq(outer_set(&out, 1, equal), STET_UNCHANGED, "another version with the same contents");
    cr_assert(inner_identical(outer_get(&out, 1), &same), "the stored one stays");
    cr_assert_eq(outer_set(&out, 1, in), STET_CHANGED);
    cr_assert_eq(*inner_get(outer_get(&out, 1), 0), 99);
    inner popped;
    cr_assert_eq(outer_pop(&out, 1, &popped), STET_CHANGED);
    cr_assert(inner_identical(&popped, &in));
    inner_drop(&popped);
    inner_drop(&in);
    inner_drop(&same);
    inner_drop(&equal);
}

THINGS_TEST(nest, an_inner_map_is_edited_where_it_is)
{
    outer out = {0};
    inner *in;
    for (int i = 0; i < 100; i++) {
        cr_assert_eq(outer_edit(&out, i, &in), STET_CHANGED);
        cr_assert_eq(inner_size(in), 0, "a new value is an empty map");
        for (int j = 0; j <= i; j++)
            cr_assert_eq(inner_set(in, j, i), STET_CHANGED);
    }
    outer before = outer_copy(&out);
    cr_assert_eq(outer_edit(&out, 50, &in), STET_UNCHANGED);
    cr_assert_eq(inner_set(in, 7, -1), STET_CHANGED);
    cr_assert_eq(*inner_get(outer_get(&out, 50), 7), -1);
    cr_assert_eq(*inner_get(outer_get(&before, 50), 7), 50);
    cr_assert_not(outer_equal(&out, &before));
    outer_drop(&before);
    cr_assert_neq(outer_trim(&out), STET_NO_MEMORY); /* or what it shared may be held a little longer */

    count_requests(); /* alone again: nothing is copied, neither outside nor inside */
    for (int i = 0; i < 100; i++) {
        cr_assert_eq(outer_edit(&out, i, &in), STET_UNCHANGED);
        if (i != 50)
            cr_assert_eq(inner_set(in, i, 1000), STET_CHANGED);
    }
    cr_assert_eq(counted_requests(), 0);
    outer_drop(&out);
}

THINGS_TEST(nest, equal_maps_hash_alike_whatever_their_history)
{
    inner a = inner_of(MANY, 0), b = {0}, other = inner_of(MANY, 1), fewer = inner_of(MANY - 1, 0);
    for (int i = 2 * MANY; i-- > 0;)
        cr_assert_eq(inner_set(&b, i, i), STET_CHANGED);
    for (int i = MANY; i < 2 * MANY; i++)
        cr_assert_eq(inner_erase(&b, i), STET_CHANGED);
    cr_assert(inner_type.equal(&a, &b));
    cr_assert_not(inner_type.equal(&a, &other));
    cr_assert_not(inner_type.equal(&a, &fewer));
    for (uint64_t seed = 0; seed < 3; seed++) {
        uint64_t hash = stet_type_hash(&inner_type, &a, seed);
        cr_assert_eq(stet_type_hash(&inner_type, &b, seed), hash);
        cr_assert_neq(stet_type_hash(&inner_type, &other, seed), hash, "values count");
        cr_assert_neq(stet_type_hash(&inner_type, &fewer, seed), hash);
        cr_assert_neq(stet_type_hash(&inner_type, &a, seed + 1), hash);
    }
    inner_drop(&a);
    inner_drop(&b);
    inner_drop(&other);
    inner_drop(&fewer);
}

STET_SET(sets, ids, ids_type)
STET_MAP(by_map, inner, int, inner_type, stet_int)

THINGS_TEST(nest, collections_as_keys)
{
    sets all = {0};
    by_map named = {0};
    for (int i = 0; i < 200; i++) {
        ids s = {0}, reversed = {0};
        inner m = inner_of(i % 20, i / 20);
        for (int j = 0; j < i; j++)
            cr_assert_eq(ids_add(&s, j), STET_CHANGED);
        for (int j = i; j-- > 0;)
            cr_assert_eq(ids_add(&reversed, j), STET_CHANGED);
        cr_assert_eq(sets_add(&all, s), STET_CHANGED);
        cr_assert_eq(sets_add(&all, reversed), STET_UNCHANGED);
        cr_assert(sets_has(&all, reversed));
        cr_assert(ids_identical(sets_get(&all, reversed), &s));
        cr_assert_eq(by_map_has(&named, m), i > 0 && i % 20 == 0, "of these ten are the empty map");
        cr_assert_eq(by_map_set(&named, m, i), STET_CHANGED);
        cr_assert_eq(by_map_get_or(&named, m, -1), i);
        ids_drop(&s);
        ids_drop(&reversed);
        inner_drop(&m);
    }
    cr_assert_eq(sets_size(&all), 200);
    cr_assert_eq(by_map_size(&named), 200 - 9);
    sets_drop(&all);
    by_map_drop(&named);
}

THINGS_TEST(nest, a_map_of_sets)
{
    groups g = {0};
    ids *members;
    for (int i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "a group with number %d", i % 10);
        cr_assert_neq(groups_edit_cstr(&g, name, &members), STET_NO_MEMORY);
        cr_assert_eq(ids_add(members, i), STET_CHANGED);
    }
    cr_assert_eq(groups_size(&g), 10);
    groups before = groups_copy(&g);
    cr_assert_eq(groups_edit_cstr(&g, "a group with number 3", &members), STET_UNCHANGED);
    cr_assert_eq(ids_erase(members, 13), STET_CHANGED);
    cr_assert(ids_has(groups_get_cstr(&before, "a group with number 3"), 13));
    cr_assert_not(ids_has(groups_get_cstr(&g, "a group with number 3"), 13));
    groups_drop(&g);
    groups_drop(&before);
}

/* ---- recursive ---- */

STET_MAP_DECLARE(tree)
STET_MAP_DEFINE(tree, stet_str, tree, stet_str_type, tree_type)

/* The subtree of a path like "usr/share/doc", made on the way. */
static void tree_make(tree *t, const char *path)
{
    for (const char *end; *path != '\0'; path = *end != '\0' ? end + 1 : end) {
        end = path + strcspn(path, "/");
        tree *child;
        cr_assert_neq(tree_edit_bytes(t, path, (size_t)(end - path), &child), STET_NO_MEMORY);
        t = child;
    }
}

static const tree *tree_at(const tree *t, const char *path)
{
    for (const char *end; t != NULL && *path != '\0'; path = *end != '\0' ? end + 1 : end) {
        end = path + strcspn(path, "/");
        t = tree_get_bytes(t, path, (size_t)(end - path));
    }
    return t;
}

THINGS_TEST(nest, a_tree_of_its_own_type)
{
    tree root = {0};
    char path[64];
    for (int i = 0; i < 1000; i++) {
        snprintf(path, sizeof path, "directory %d/directory %d/%d", i % 10, i / 10 % 10, i / 100);
        tree_make(&root, path);
    }
    cr_assert_eq(tree_size(&root), 10);
    cr_assert_eq(tree_size(tree_at(&root, "directory 3/directory 4")), 10);
    tree before = tree_copy(&root);
    tree_make(&root, "directory 3/directory 4/new");
    cr_assert_not_null(tree_at(&root, "directory 3/directory 4/new"));
    cr_assert_null(tree_at(&before, "directory 3/directory 4/new"));
    cr_assert(tree_identical(tree_at(&root, "directory 3/directory 5"), tree_at(&before, "directory 3/directory 5")));
    cr_assert_not(tree_equal(&root, &before));
    tree_make(&before, "directory 3/directory 4/new");
    cr_assert(tree_equal(&root, &before), "equal all the way down");
    cr_assert_eq(stet_type_hash(&tree_type, &root, 1), stet_type_hash(&tree_type, &before, 1));
    tree grafted = tree_copy(tree_at(&before, "directory 3"));
    tree_drop(&before);
    cr_assert_eq(tree_set(&grafted, string_of(0), root), STET_CHANGED);
    tree_drop(&root);
    cr_assert_eq(tree_size(&grafted), 11);
    tree_drop(&grafted);
}

/* ---- deep ---- */

enum { DEEP = 1000000 };

STET_MAP_DECLARE(chain)
STET_MAP_DEFINE(chain, int, chain, stet_int, chain_type)
STET_MAP_DECLARE_LAZY(lazy_chain)
STET_MAP_DEFINE(lazy_chain, int, lazy_chain, stet_int, lazy_chain_type)

#define CHAIN_TESTS(name)                                                                                      \
    /* Each holds the one before. */                                                                           \
    static name name##_of(int length)                                                                          \
    {                                                                                                          \
        name link = {0};                                                                                       \
        for (int i = 0; i < length; i++) {                                                                     \
            name next = {0};                                                                                   \
            cr_assert_eq(name##_set(&next, i, link), STET_CHANGED);                                            \
            name##_drop(&link);                                                                                \
            link = name##_move(&next);                                                                         \
        }                                                                                                      \
        return link;                                                                                           \
    }                                                                                                          \
    static void *name##_drop_deep(void *unused)                                                                \
    {                                                                                                          \
        name link = name##_of(DEEP);                                                                           \
        name##_drop(&link);                                                                                    \
        return unused;                                                                                         \
    }                                                                                                          \
    LIVE_TEST(nest, name##_of_a_million_is_dropped) { on_a_small_stack(name##_drop_deep, NULL); }              \
    static void *name##_drop_in_steps(void *unused)                                                            \
    {                                                                                                          \
        name link = name##_of(DEEP);                                                                           \
        name##_drop_later(&link);                                                                              \
        int64_t left = DEEP;                                                                                   \
        cr_assert_eq(stet_pool_stats().live_blocks, left);                                                     \
        for (bool more = true; more;) {                                                                        \
            more = stet_release_some(1000);                                                                    \
            int64_t now = stet_pool_stats_thread().live_blocks;                                                \
            cr_assert_eq(left - now, 1000);                                                                    \
            left = now;                                                                                        \
        }                                                                                                      \
        cr_assert_eq(left, 0);                                                                                 \
        return unused;                                                                                         \
    }                                                                                                          \
    LIVE_TEST(nest, name##_of_a_million_is_dropped_in_steps) { on_a_small_stack(name##_drop_in_steps, NULL); } \
    static void *name##_leave(void *unused)                                                                    \
    {                                                                                                          \
        name link = name##_of(DEEP / 10);                                                                      \
        name##_drop_later(&link);                                                                              \
        return unused; /* the end of the thread does the rest */                                               \
    }                                                                                                          \
    LIVE_TEST(nest, name##_left_for_later_goes_with_its_thread) { on_a_small_stack(name##_leave, NULL); }

CHAIN_TESTS(chain)
CHAIN_TESTS(lazy_chain)

/* ---- release calls the library ---- */

/* A session whose last reference writes to a log, a map of its own, and lets go of other things. */
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
STET_MAP(session_map, int, session_ptr, stet_int, session_type)

static inner log_of_ends;
static session_map others; /* what sessions let go of in turn */

/* The i-th session calls this at its end. */
static session_ptr session_of(int i, void (*at_end)(struct session *))
{
    sessions[i].id = i;
    sessions[i].at_end = at_end;
    return &sessions[i];
}

static void log_it(session_ptr s) { cr_assert_eq(inner_set(&log_of_ends, s->id, s->id), STET_CHANGED); }

THINGS_TEST(nest, release_may_edit_another_map)
{
    session_map m = {0};
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(session_map_set(&m, i, session_of(i, log_it)), STET_CHANGED);
    cr_assert_eq(inner_size(&log_of_ends), 0);
    cr_assert_eq(session_map_erase(&m, 7), STET_CHANGED);
    cr_assert_eq(inner_size(&log_of_ends), 1, "at once");
    cr_assert_eq(session_map_set(&m, 8, NULL), STET_CHANGED);
    cr_assert_eq(inner_size(&log_of_ends), 2);
    session_map_drop(&m);
    cr_assert_eq(inner_size(&log_of_ends), MANY);
    inner_drop(&log_of_ends);
}

static session_map *edited;

/* Handle and size are final when callbacks run: what was removed is gone, and the map may be edited further. */
static void look_and_edit(session_ptr s)
{
    cr_assert_not(session_map_has(edited, s->id));
    cr_assert_eq(session_map_erase(edited, s->id + 1), s->id + 1 < MANY ? STET_CHANGED : STET_UNCHANGED);
    log_it(s);
}

THINGS_TEST(nest, release_may_edit_the_very_map)
{
    session_map m = {0};
    edited = &m;
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(session_map_set(&m, i, session_of(i, look_and_edit)), STET_CHANGED);
    cr_assert_eq(session_map_erase(&m, MANY - 20), STET_CHANGED); /* one by one, those behind it go, too */
    cr_assert_eq(session_map_size(&m), MANY - 20);
    cr_assert_eq(inner_size(&log_of_ends), 20);
    for (int i = 0; i < MANY - 20; i++)
        sessions[i].at_end = log_it;
    session_map_drop(&m);
    cr_assert_eq(inner_size(&log_of_ends), MANY);
    inner_drop(&log_of_ends);
}

/* Here the callback takes away the very leaf that the removal under way has made smaller. */
THINGS_TEST(nest, release_may_edit_the_very_leaf)
{
    for (int n = 1; n < 40; n++) {
        session_map m = {0};
        edited = &m;
        for (int i = MANY - n; i < MANY; i++)
            cr_assert_eq(session_map_set(&m, i, session_of(i, look_and_edit)), STET_CHANGED);
        cr_assert_eq(session_map_erase(&m, MANY - n), STET_CHANGED);
        cr_assert_eq(session_map_size(&m), 0);
        cr_assert_eq(inner_size(&log_of_ends), (size_t)n);
        inner_drop(&log_of_ends);
    }
}

static void look_at_the_new(session_ptr s)
{
    session_ptr const *value = session_map_get(edited, s->id);
    cr_assert(value != NULL && *value != s, "the new value is not there yet");
    log_it(s);
}

/* The same for a value that is replaced: by _set, _update and _set_many. */
static void next_session(void *context, session_ptr const *old, session_ptr *value)
{
    (void)context;
    cr_assert_not_null(old);
    *value = session_ref(&sessions[(*old)->id + MANY]);
}

THINGS_TEST(nest, release_sees_the_new_value)
{
    for (int way = 0; way < 3; way++) {
        session_map m = {0};
        edited = &m;
        for (int i = 0; i < MANY; i++) {
            cr_assert_eq(session_map_set(&m, i, session_of(i, look_at_the_new)), STET_CHANGED);
            session_of(i + MANY, log_it);
        }
        for (int i = 0; i < MANY; i++) {
            session_ptr next = &sessions[i + MANY];
            cr_assert_eq(way == 0   ? session_map_set(&m, i, next)
                         : way == 1 ? session_map_update(&m, i, next_session, NULL)
                                    : session_map_set_many(&m, &i, &next, 1),
                         STET_CHANGED);
            cr_assert_eq(inner_size(&log_of_ends), (size_t)i + 1);
        }
        session_map_drop(&m);
        cr_assert_eq(inner_size(&log_of_ends), 2 * MANY);
        inner_drop(&log_of_ends);
    }
}

/* Each end drops the map that holds the next: no deeper a stack for it. */
enum { HELD = 20000 };
static struct session held_session[HELD];
static session_map held[HELD];

static void drop_the_next(session_ptr s)
{
    log_it(s);
    session_map_drop(&held[s->id]);
}

static void *drop_first(void *unused)
{
    for (int i = 0; i < HELD; i++)
        held_session[i] = (struct session){.id = i, .at_end = drop_the_next};
    for (int i = 0; i + 1 < HELD; i++)
        cr_assert_eq(session_map_set(&held[i], 0, &held_session[i + 1]), STET_CHANGED);
    session_map first = {0};
    cr_assert_eq(session_map_set(&first, 0, &held_session[0]), STET_CHANGED);
    session_map_drop(&first);
    cr_assert_eq(inner_size(&log_of_ends), HELD, "all is done when the drop returns");
    inner_drop(&log_of_ends);
    return unused;
}

THINGS_TEST(nest, release_may_drop_others) { on_a_small_stack(drop_first, NULL); }

static void drop_others_later(session_ptr s)
{
    log_it(s);
    session_map_drop_later(&others);
    cr_assert(stet_release_some(0), "some remain");
}

/* What is left for later by a callback is not lost, whether that callback ran early or late. */
THINGS_TEST(nest, release_may_leave_for_later)
{
    for (int late = 0; late < 2; late++) {
        session_map m = {0};
        for (int i = 0; i < MANY; i++)
            cr_assert_eq(session_map_set(&m, i, session_of(i, i == 5 ? drop_others_later : log_it)), STET_CHANGED);
        for (int i = MANY; i < 2 * MANY; i++)
            cr_assert_eq(session_map_set(&others, i, session_of(i, log_it)), STET_CHANGED);
        if (late) {
            session_map_drop_later(&m);
            cr_assert_eq(inner_size(&log_of_ends), 0);
        } else {
            session_map_drop(&m);
            cr_assert_eq(inner_size(&log_of_ends), MANY);
        }
        while (stet_release_some(1))
            ;
        cr_assert_eq(inner_size(&log_of_ends), 2 * MANY);
        inner_drop(&log_of_ends);
        cr_assert_eq(stet_pool_stats().live_blocks, (THINGS + 1) / 3, "the strings of things.h");
    }
}

STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)

/* A thread that only lets go of what others made. */
static void *only_drop_later(void *m)
{
    words_drop_later(m);
    return NULL;
}

LIVE_TEST(nest, left_for_later_by_a_thread_that_made_nothing)
{
    words m = {0};
    for (uint64_t i = 0; i < MANY; i++)
        cr_assert_eq(words_set(&m, i, i), STET_CHANGED);
    on_a_small_stack(only_drop_later, &m);
    cr_assert_eq(words_size(&m), 0);
}
