/* SPDX-License-Identifier: MIT */
/*
 * Every macro and every generated function once, in a program outside the tree. Valid C17 and C++17: what a strict
 * compiler of either has to say of the public headers, it says here. What they do is tested elsewhere.
 */
#include <stet/atom.h>
#include <stet/atom_map.h>
#include <stet/inspect.h>
#include <stet/live_map.h>
#include <stet/list.h>
#include <stet/map.h>
#include <stet/pool.h>
#include <stet/set.h>
#include <stet/sorted_fold.h>
#include <stet/sorted_map.h>
#include <stet/sorted_set.h>
#include <stet/str.h>

#include <stdio.h>

/* ---- types ---- */

struct point {
    short x, y;
};
STET_TYPE_BYTES(point_type, struct point)

struct padded {
    char c;
    double d;
};
static uint64_t padded_hash(const struct padded *p, uint64_t seed) { return stet_hash_word((uint64_t)p->d, seed); }
static bool padded_equal(const struct padded *a, const struct padded *b) { return a->c == b->c && a->d >= b->d; }
STET_TYPE(padded_type, struct padded, padded_hash, padded_equal)

struct thing {
    int holders;
};
typedef struct thing *thing_ptr;
static void thing_ref(thing_ptr t) { t->holders++; }
static int thing_unref(thing_ptr t) { return --t->holders; }
STET_TYPE_REF(thing_type, thing_ptr, thing_ref, thing_unref)
STET_TYPE_REF_LAZY(lazy_thing_type, thing_ptr, thing_ref, thing_unref)
STET_TYPE_REF_ACYCLIC(acyclic_thing_type, thing_ptr, thing_ref, thing_unref)

struct holder {
    thing_ptr held;
};
static uint64_t holder_hash(const struct holder *h, uint64_t seed) { return (uint64_t)(uintptr_t)h->held ^ seed; }
static bool holder_equal(const struct holder *a, const struct holder *b) { return a->held == b->held; }
static int holder_compare(const struct holder *a, const struct holder *b)
{
    return (a->held > b->held) - (a->held < b->held);
}
static void holder_retain(const struct holder *h) { thing_ref(h->held); }
static void holder_release(struct holder *h) { (void)thing_unref(h->held); }
static uint64_t holder_word(const struct holder *h) { return (uint64_t)(uintptr_t)h->held; }
STET_TYPE_FULL_WORD(holder_type, struct holder, holder_hash, holder_equal, holder_compare, holder_word, holder_retain,
                    holder_release, 0)

STET_TYPE_VALUE(held_type, struct holder, holder_equal, holder_retain, holder_release, 0)

/* ---- collections ---- */

STET_MAP(held_values, int, struct holder, stet_int, held_type)

STET_MAP(points, struct point, struct padded, point_type, padded_type)
STET_MAP(things, int, thing_ptr, stet_int, thing_type)
STET_MAP(lazy_things, double, thing_ptr, stet_double, lazy_thing_type)
STET_MAP(holders, struct holder, bool, holder_type, stet_bool)
STET_SET(thing_set, thing_ptr, thing_type)
STET_MAP(numbers, int, int, stet_int, stet_int)
STET_MAP(texts, stet_str, stet_str, stet_str_type, stet_str_type)
STET_SET(names, stet_str, stet_str_type)
STET_SET(ids, uint64_t, stet_u64)
STET_MAP(groups, stet_str, ids, stet_str_type, ids_type)
STET_SET(sets, ids, ids_type)

/* types by their names */
typedef struct point point;
STET_MAP(ages, stet_str, int)
STET_MAP(groups_by_name, point, ids)
STET_SET(switches, bool)
STET_LIST(sizes, size_t)
STET_LIST(outlines, point)
STET_SORTED_MAP(readings, int64_t, double)
STET_SORTED_SET(letters, char)
STET_MAP_DECLARE(named_trie)
STET_MAP_DEFINE(named_trie, stet_str, named_trie)
STET_SET_DECLARE(named_set)
STET_SET_DEFINE(named_set, uint8_t)
STET_LIST_DECLARE(named_branch)
STET_LIST_DEFINE(named_branch, named_branch)
STET_SORTED_MAP_DECLARE(named_outline)
STET_SORTED_MAP_DEFINE(named_outline, float, named_outline)
STET_SORTED_SET_DECLARE(named_ranks)
STET_SORTED_SET_DEFINE(named_ranks, unsigned)

STET_MAP_DECLARE(trie)
STET_MAP_DEFINE(trie, stet_str, trie, stet_str_type, trie_type)
STET_MAP_DECLARE_LAZY(lazy_tree)
STET_MAP_DEFINE(lazy_tree, int, lazy_tree, stet_int, lazy_tree_type)
STET_SET_DECLARE(declared_ids)
STET_SET_DEFINE(declared_ids, unsigned, stet_uint)
STET_SET_DECLARE_LAZY(lazy_ids)
STET_SET_DEFINE(lazy_ids, char, stet_char)

STET_SORTED_MAP(log_of, int, double, stet_int, stet_double)
STET_SORTED_MAP(lexicon, stet_str, int, stet_str_type, stet_int)
STET_SORTED_SET(ranks, uint64_t, stet_u64)
STET_SORTED_SET(index_of, stet_str, stet_str_type)
STET_SORTED_MAP_DECLARE(outline)
STET_SORTED_MAP_DEFINE(outline, int, outline, stet_int, outline_type)
STET_SORTED_MAP_DECLARE_LAZY(lazy_outline)
STET_SORTED_MAP_DEFINE(lazy_outline, char, lazy_outline, stet_char, lazy_outline_type)
STET_SORTED_SET_DECLARE(declared_ranks)
STET_SORTED_SET_DEFINE(declared_ranks, double, stet_double)
STET_SORTED_SET_DECLARE_LAZY(lazy_ranks)
STET_SORTED_SET_DEFINE(lazy_ranks, float, stet_float)

STET_LIST(row, int, stet_int)
STET_LIST(table, row, row_type)
STET_LIST(lines, stet_str, stet_str_type)
STET_LIST(queue, thing_ptr, thing_type)
STET_LIST_DECLARE(branch)
STET_LIST_DEFINE(branch, branch, branch_type)
STET_LIST_DECLARE_LAZY(lazy_branch)
STET_LIST_DEFINE(lazy_branch, lazy_branch, lazy_branch_type)

STET_ATOM(number_atom, numbers)
STET_RECORD(both, (numbers, n), (names, s))
STET_LIST(both_row, both)
STET_ATOM_DECLARE(both_atom, both)
STET_ATOM_DEFINE(both_atom, both)
STET_ATOM_MAP(shared_things, things)
STET_ATOM_MAP(shared_texts, texts)
STET_SORTED_MAP(sorted_things, int, thing_ptr, stet_int, thing_type)
STET_ATOM_MAP(shared_sorted_things, sorted_things)
STET_ATOM_MAP(shared_lexicon, lexicon)
STET_LIVE_MAP(live_things, things)
STET_LIVE_MAP(live_texts, texts)
STET_INSPECT_MAP(things)

static int failures;

static void check(bool right, int line)
{
    if (!right) {
        printf("line %d\n", line);
        failures++;
    }
}
#define CHECK(condition) check(condition, __LINE__)

/* ---- callbacks ---- */

static void twice(void *context, int const *old, int *value)
{
    (void)context;
    *value = old != NULL ? 2 * *old : -1;
}
static bool is_odd(void *context, int const *key, int const *value)
{
    (void)context, (void)value;
    return *key % 2 != 0;
}
static void negate(void *context, int const *key, int const *old, int *value)
{
    (void)context, (void)key;
    *value = -*old;
}
static void sum(void *into, int const *key, int const *value)
{
    (void)key;
    *(int *)into += *value;
}
static bool count_change(void *context, int const *key, int const *a, int const *b)
{
    (void)key, (void)a, (void)b;
    ++*(int *)context;
    return true;
}
static void larger(void *context, int const *key, int const *a, int const *b, int *value)
{
    (void)context, (void)key;
    *value = *a > *b ? *a : *b;
}

static void maps(void)
{
    numbers m = {{0, 0}}, copy, other = {{0, 0}}, out = {{0, 0}};
    const int keys[] = {1, 2, 3, 2}, values[] = {10, 20, 30, 21};
    int const *found[4];
    int *value, popped, total = 0, changes = 0;
    CHECK(numbers_from_array(keys, values, 4, &m) == STET_CHANGED);
    CHECK(numbers_set_many(&m, keys + 3, values + 3, 1) == STET_UNCHANGED);
    CHECK(numbers_size(&m) == 3 && numbers_has(&m, 2) && *numbers_get(&m, 2) == 21 && numbers_get_or(&m, 9, 7) == 7);
    numbers_get_many(&m, keys, 4, found);
    CHECK(*found[0] == 10 && found[1] == found[3]);
    CHECK(numbers_set(&m, 4, 40) == STET_CHANGED && numbers_add(&m, 4, 41) == STET_UNCHANGED);
    CHECK(numbers_edit(&m, 5, &value) == STET_CHANGED && *value == 0);
    *value = 50;
    CHECK(numbers_update(&m, 5, twice, NULL) == STET_CHANGED);
    copy = numbers_copy(&m);
    CHECK(numbers_pop(&m, 5, &popped) == STET_CHANGED && popped == 100);
    CHECK(numbers_erase(&m, 5) == STET_UNCHANGED && !numbers_identical(&m, &copy) && !numbers_equal(&m, &copy));
    CHECK(numbers_with(&m, 5, 100, &out) == STET_CHANGED && numbers_equal(&out, &copy));
    CHECK(numbers_without(&out, 5, &out) == STET_CHANGED && numbers_equal(&out, &m));
    for (numbers_cursor it = numbers_first(&m); it.key != NULL; numbers_next(&it))
        total += *it.value;
    CHECK(*(int *)numbers_fold(&m, sum, &changes) == total);
    CHECK(!numbers_each(&m, is_odd, NULL));
    CHECK(numbers_filter(&out, is_odd, NULL) == STET_CHANGED && numbers_is_submap(&out, &m));
    CHECK(numbers_map_values(&out, negate, NULL) == STET_CHANGED && numbers_is_subset(&out, &m));
    changes = 0;
    CHECK(numbers_diff(&m, &out, count_change, &changes) && changes == 4);
    CHECK(numbers_merge(&m, &out, larger, NULL, &other) == STET_CHANGED && numbers_equal(&other, &m));
    CHECK(numbers_merge_unequal(&m, &out, larger, NULL, &other) == STET_UNCHANGED && numbers_equal(&other, &m));
    CHECK(numbers_union(&m, &copy, &other) == STET_CHANGED && numbers_equal(&other, &copy));
    CHECK(numbers_intersection(&m, &copy, &other) == STET_CHANGED && numbers_equal(&other, &m));
    CHECK(numbers_difference(&copy, &m, &other) == STET_CHANGED && numbers_size(&other) == 1);
    CHECK(numbers_symmetric_difference(&copy, &m, &other) != STET_NO_MEMORY && numbers_size(&other) == 1);
    CHECK(numbers_trim(&m) != STET_NO_MEMORY);
    CHECK(*numbers_cursor_of(&m, 2).value == 21 && numbers_cursor_of(&m, 77).key == NULL);
    CHECK(numbers_replace(&m, 77, 1) == STET_UNCHANGED && numbers_set_owned(&m, 4, 40) == STET_UNCHANGED);
    int all[5];
    numbers_to_array(&m, all, NULL);
    total = 0;
    STET_EACH(numbers, it, &m)
        total += *it.key == all[total];
    CHECK(total == 4 && !numbers_is_empty(&m));
    numbers_retain(&m);
    numbers_clear(&other);
    other = m;
    numbers_swap_handles(&m, &copy);
    numbers_drop(&copy);
    copy = numbers_move(&m);
    numbers_drop_later(&copy);
    numbers_drop(&other);
    numbers_drop(&out);
}

static void strings(void)
{
    texts m = {{0, 0}};
    names s = {{0, 0}};
    stet_str hello, copy, *value;
    CHECK(stet_str_from_cstr("hello, this is long", &hello) == STET_CHANGED && stet_str_size(&hello) == 19);
    CHECK(stet_str_from_bytes("hello", 5, &copy) == STET_CHANGED && stet_str_compare(&copy, &hello) < 0);
    stet_str_drop(&copy);
    copy = stet_str_copy(&hello);
    CHECK(stet_str_equal(&copy, &hello) && stet_str_bytes(&copy)[19] == '\0');
    CHECK(texts_set_cstr(&m, "a", hello) && texts_set_bytes(&m, "b", 1, hello) && texts_set(&m, hello, hello));
    CHECK(texts_add_cstr(&m, "a", hello) == STET_UNCHANGED && texts_add_bytes(&m, "b", 1, hello) == STET_UNCHANGED);
    CHECK(texts_edit_cstr(&m, "c", &value) == STET_CHANGED && texts_edit_bytes(&m, "c", 1, &value) == STET_UNCHANGED);
    CHECK(texts_get_cstr(&m, "a") != NULL && texts_get_bytes(&m, "z", 1) == NULL);
    copy = texts_get_or_cstr(&m, "z", texts_get_or_bytes(&m, "a", 1, copy)); /* the same bytes as before */
    CHECK(texts_has_cstr(&m, "a") && !texts_has_bytes(&m, "z", 1));
    CHECK(texts_erase_cstr(&m, "a") == STET_CHANGED && texts_erase_bytes(&m, "b", 1) == STET_CHANGED);
    CHECK(names_add(&s, hello) && names_add_cstr(&s, "a") && names_add_bytes(&s, "b", 1) && names_size(&s) == 3);
    CHECK(names_has_cstr(&s, "a") && names_has_bytes(&s, "b", 1) && names_get(&s, hello) != NULL);
    CHECK(names_get_cstr(&s, "a") != NULL && names_get_bytes(&s, "z", 1) == NULL);
    CHECK(names_erase_cstr(&s, "a") == STET_CHANGED && names_erase_bytes(&s, "b", 1) == STET_CHANGED);
    texts_drop(&m);
    names_drop(&s);
    stet_str_drop(&hello);
    stet_str_drop(&copy);
}

static bool is_small(void *context, uint64_t const *id) { return *id < *(const uint64_t *)context; }
static void add_up(void *into, uint64_t const *id) { *(uint64_t *)into += *id; }
static bool is_in_a(void *context, uint64_t const *id, bool in_a)
{
    (void)context, (void)id;
    return in_a;
}

static void sets_of(void)
{
    ids s = {{0, 0}}, t = {{0, 0}}, out;
    const uint64_t keys[] = {1, 2, 3};
    uint64_t two = 2, total = 0;
    sets all = {{0, 0}};
    CHECK(ids_from_array(keys, 3, &s) && ids_add_many(&t, keys, 2) && ids_add(&t, 9) && ids_size(&s) == 3);
    CHECK(ids_with(&s, 4, &s) == STET_CHANGED && ids_without(&s, 4, &s) == STET_CHANGED && !ids_has(&s, 4));
    for (ids_cursor it = ids_first(&s); it.key != NULL; ids_next(&it))
        total += *it.key;
    CHECK(*(uint64_t *)ids_fold(&s, add_up, &total) == 12 && !ids_each(&s, is_small, &two));
    CHECK(!ids_diff(&s, &t, is_in_a, NULL) && !ids_is_subset(&s, &t) && !ids_identical(&s, &t) && !ids_equal(&s, &t));
    out = ids_copy(&s);
    CHECK(ids_union(&s, &t, &out) && ids_intersection(&s, &t, &out) && ids_difference(&s, &t, &out));
    CHECK(ids_symmetric_difference(&s, &t, &out) && ids_size(&out) == 2);
    CHECK(ids_filter(&s, is_small, &two) == STET_CHANGED && ids_erase(&s, 1) == STET_CHANGED && ids_trim(&s));
    CHECK(sets_add(&all, out) && sets_has(&all, out) && ids_cursor_of(&s, 2).key == NULL);
    ids_swap_handles(&s, &t);
    ids_drop(&t);
    t = ids_move(&s);
    ids_drop(&t);
    ids_drop_later(&out);
    sets_drop(&all);
}

static bool log_run(void *context, int const *keys, double const *values, size_t count)
{
    *(double *)context += keys[count - 1] + values[0];
    return true;
}
static bool log_is_small(void *context, int const *key, double const *value)
{
    (void)value;
    return *key < *(int *)context;
}
static void log_add_up(void *into, int const *key, double const *value) { *(double *)into += *key + *value; }
static void log_more(void *context, double const *old, double *value)
{
    (void)context;
    *value = old != NULL ? *old + 1 : 1;
}
static void log_other(void *context, int const *key, double const *old, double *value)
{
    (void)context, (void)key;
    *value = *old + 1;
}
static bool log_differs(void *context, int const *key, double const *a, double const *b)
{
    (void)context, (void)key, (void)a, (void)b;
    return false;
}
static void log_both(void *context, int const *key, double const *a, double const *b, double *value)
{
    (void)context, (void)key;
    *value = *a + *b;
}

static log_of no_log; /* {0}, which not every compiler of C++ likes */
static lexicon no_lexicon;
static ranks no_ranks;
static index_of no_index;

static void sorted_maps(void)
{
    log_of m, n = no_log, out = no_log;
    int keys[] = {1, 2, 3}, limit = 3, key = 0;
    double values[] = {1, 2, 3}, value = 0, *place, total = 0;
    double const *found[3];
    CHECK(log_of_from_sorted(keys, values, 3, &m) && log_of_from_array(keys, values, 2, &n) && log_of_size(&m) == 3);
    CHECK(log_of_set(&m, 4, 4) && log_of_add(&m, 4, 5) == STET_UNCHANGED && log_of_append(&m, 9, 9));
    CHECK(log_of_edit(&m, 5, &place) && log_of_update(&m, 5, log_more, NULL) && log_of_pop(&m, 5, &value));
    CHECK(log_of_get(&m, 1) != NULL && log_of_get_or(&m, 7, 0) < 1 && log_of_has(&m, 1) && log_of_erase(&m, 1));
    CHECK(log_of_with(&m, 1, 1, &m) && log_of_without(&m, 1, &out) && log_of_set_many(&m, keys, values, 3));
    log_of_get_many(&m, keys, 3, found);
    CHECK(*log_of_first(&m).key == 1 && *log_of_last(&m).key == 9 && *log_of_cursor_at(&m, 1).key == 2);
    CHECK(*log_of_floor(&m, 8).key == 4 && *log_of_ceiling(&m, 8).key == 9 && *log_of_below(&m, 2).key == 1);
    log_of_cursor it = log_of_above(&m, 2);
    log_of_next(&it);
    log_of_previous(&it);
    CHECK(*it.key == 3 && log_of_rank(&m, 3) == 2 && log_of_count(&m, &keys[0], &keys[2]) == 2);
    log_of_seek(&it, 4);
    log_of_seek_after(&it, 4);
    CHECK(*it.key == 9 && *log_of_at(&m, 0, NULL) == 1);
    CHECK(log_of_range_each(&m, NULL, NULL, log_run, &total) && log_of_each(&n, log_is_small, &limit));
    CHECK(log_of_range_each_at(&m, 1, 2, log_run, &total) && log_of_erase_range_at(&m, 0, 0) == STET_UNCHANGED);
    CHECK(log_of_fold(&m, log_add_up, &total) == &total);
    CHECK(log_of_slice(&m, &keys[1], NULL, &out) && log_of_slice_at(&m, 1, 2, &out) && log_of_split(&m, 3, &out));
    CHECK(log_of_join(&m, &out) && log_of_erase_range(&m, &keys[0], &keys[1]) && log_of_pop_at(&m, 0, &key, &value));
    CHECK(log_of_pop_first(&m, &key, NULL) && log_of_pop_last(&m, NULL, &value));
    CHECK(log_of_map_values(&m, log_other, NULL) && log_of_filter(&n, log_is_small, &limit) && log_of_trim(&n));
    CHECK(!log_of_diff(&m, &n, log_differs, NULL) && log_of_merge(&m, &n, log_both, NULL, &out));
    CHECK(log_of_merge_unequal(&m, &n, log_both, NULL, &out) && !log_of_is_submap(&m, &n) && !log_of_is_subset(&m, &n));
    CHECK(log_of_union(&m, &n, &out) && log_of_intersection(&m, &n, &out) && log_of_difference(&m, &n, &out));
    CHECK(log_of_symmetric_difference(&m, &n, &out) && !log_of_equal(&m, &n) && !log_of_identical(&m, &n));
    log_of_swap_handles(&m, &n);
    log_of_drop(&n);
    n = log_of_move(&m);
    log_of_drop_later(&out);
    CHECK(log_of_unshared_bytes(&n) > 0);
    log_of_drop(&n);
}

static bool count_lexicon(void *context, stet_str const *keys, int const *values, size_t n)
{
    (void)keys, (void)values;
    *(size_t *)context += n;
    return true;
}

static bool count_index(void *context, stet_str const *keys, size_t n)
{
    (void)keys;
    *(size_t *)context += n;
    return true;
}

/* m has b to f, s nothing; afterwards as before. */
static void ranges_of_strings(lexicon *m, index_of *s)
{
    lexicon part = no_lexicon;
    size_t n = 0, first = 0;
    lexicon_cursor it = lexicon_first(m);
    lexicon_seek_cstr(&it, "c");
    lexicon_seek_bytes(&it, "c", 1);
    CHECK(*it.value == 2);
    lexicon_seek_after_cstr(&it, "b");
    lexicon_seek_after_bytes(&it, "b", 1);
    CHECK(*it.value == 2 && lexicon_count_cstr(m, "c", NULL) == 4 && lexicon_count_bytes(m, NULL, 0, "c", 1) == 1);
    CHECK(lexicon_slice_cstr(m, "c", "d", &part) && lexicon_slice_bytes(m, "c", 1, "d", 1, &part));
    CHECK(lexicon_size(&part) == 1 && lexicon_append_cstr(&part, "x", 1) && lexicon_append_bytes(&part, "y", 1, 1));
    CHECK(lexicon_erase_range_cstr(&part, "x", "y") && lexicon_erase_range_bytes(&part, "y", 1, NULL, 0));
    lexicon_drop(&part);
    CHECK(lexicon_split_cstr(m, "d", &part) && lexicon_join(m, &part) && lexicon_split_bytes(m, "d", 1, &part) &&
          lexicon_join(m, &part));
    CHECK(lexicon_range_each_cstr(m, "c", "e", count_lexicon, &n) && n == 2);
    CHECK(lexicon_range_each_bytes(m, "c", 1, "e", 1, count_lexicon, &n) && n == 4);
    CHECK(lexicon_prefix_cstr(m, "c", &first) == 1 && first == 1 && lexicon_prefix_bytes(m, "", 0, &first) == 5);
    CHECK(lexicon_prefix(m, *lexicon_last(m).key, NULL) == 1);
    lexicon_drop(&part);
    CHECK(index_of_append_cstr(s, "x") && index_of_append_bytes(s, "y", 1));
    CHECK(index_of_range_each_cstr(s, NULL, "y", count_index, &n) &&
          index_of_range_each_bytes(s, "y", 1, NULL, 0, count_index, &n));
    CHECK(n == 6 && index_of_range_each_at(s, 0, 2, count_index, &n) && n == 8);
    CHECK(index_of_prefix_cstr(s, "x", &first) == 1 && index_of_erase_range_at(s, 0, 2) == STET_CHANGED);
}

static void sorted_strings(void)
{
    lexicon m = no_lexicon;
    index_of s = no_index;
    ranks r = no_ranks;
    uint64_t rank = 0;
    int *place;
    CHECK(lexicon_set_cstr(&m, "b", 1) && lexicon_set_bytes(&m, "c", 1, 2) && lexicon_add_cstr(&m, "d", 3));
    CHECK(lexicon_add_bytes(&m, "e", 1, 3) && lexicon_edit_cstr(&m, "f", &place) &&
          lexicon_edit_bytes(&m, "f", 1, &place));
    CHECK(*lexicon_get_cstr(&m, "b") == 1 && lexicon_get_or_cstr(&m, "z", 7) == 7 && lexicon_has_cstr(&m, "c"));
    CHECK(*lexicon_get_bytes(&m, "b", 1) == 1 && lexicon_get_or_bytes(&m, "z", 1, 7) == 7 &&
          lexicon_has_bytes(&m, "c", 1));
    CHECK(lexicon_floor_cstr(&m, "b").key != NULL && lexicon_ceiling_cstr(&m, "b").key != NULL);
    CHECK(lexicon_below_cstr(&m, "b").key == NULL && lexicon_above_cstr(&m, "b").key != NULL);
    CHECK(lexicon_floor_bytes(&m, "b", 1).key != NULL && lexicon_ceiling_bytes(&m, "b", 1).key != NULL);
    CHECK(lexicon_below_bytes(&m, "b", 1).key == NULL && lexicon_above_bytes(&m, "b", 1).key != NULL);
    CHECK(lexicon_rank_cstr(&m, "c") == 1 && lexicon_rank_bytes(&m, "c", 1) == 1);
    ranges_of_strings(&m, &s);
    CHECK(lexicon_erase_cstr(&m, "b") && lexicon_erase_bytes(&m, "c", 1));
    CHECK(index_of_add_cstr(&s, "x") && index_of_add_bytes(&s, "y", 1) && index_of_get_cstr(&s, "x") != NULL);
    CHECK(index_of_get_bytes(&s, "y", 1) != NULL && ranks_add(&r, 7) && ranks_append(&r, 8) &&
          ranks_pop_last(&r, &rank));
    lexicon_drop(&m);
    index_of_drop(&s);
    ranks_drop(&r);
}

static void elements(void)
{
    struct thing a = {0}, b = {0};
    struct holder h = {&a};
    struct point p = {1, 2};
    struct padded v = {'x', 0.5};
    things m = {{0, 0}};
    lazy_things l = {{0, 0}};
    holders o = {{0, 0}};
    thing_set s = {{0, 0}};
    points q = {{0, 0}};
    CHECK(things_set(&m, 1, &a) && things_set(&m, 1, &b) && a.holders == 0 && b.holders == 1);
    CHECK(lazy_things_set(&l, 0.5, &a) && holders_set(&o, h, true) && thing_set_add(&s, &a) && points_set(&q, p, v));
    CHECK(points_get(&q, p) != NULL && holders_has(&o, h) && holder_type.compare(&h, &h) == 0);
    things_drop(&m);
    lazy_things_drop(&l);
    holders_drop(&o);
    thing_set_drop(&s);
    points_drop(&q);
    CHECK(a.holders == 0 && b.holders == 0);

    trie root = {{0, 0}}, *child;
    lazy_tree lazy = {{0, 0}}, *lazy_child;
    groups g = {{0, 0}};
    ids *group;
    declared_ids d = {{0, 0}};
    lazy_ids e = {{0, 0}};
    CHECK(trie_edit_cstr(&root, "usr", &child) && trie_edit_cstr(child, "share", &child));
    CHECK(lazy_tree_edit(&lazy, 1, &lazy_child) && lazy_tree_edit(lazy_child, 2, &lazy_child));
    CHECK(groups_edit_cstr(&g, "staff", &group) && ids_add(group, 1));
    CHECK(declared_ids_add(&d, 1u) && lazy_ids_add(&e, 'e'));
    trie_drop(&root);
    lazy_tree_drop(&lazy);
    groups_drop(&g);
    declared_ids_drop(&d);
    lazy_ids_drop(&e);
}

static row no_row; /* {0}, which not every compiler of C++ likes */
static table no_table;
static lines no_lines;
static queue no_queue;
static branch no_branch;
static lazy_branch no_lazy_branch;

static bool is_even(void *context, int const *element)
{
    (void)context;
    return *element % 2 == 0;
}
static void negated(void *context, int const *old, int *value)
{
    (void)context;
    *value = -*old;
}
static int descending(void *context, int const *a, int const *b)
{
    (void)context;
    return (*a < *b) - (*a > *b);
}
static void add_to(void *into, int const *element) { *(int *)into += *element; }
static bool count_stretch(void *context, size_t a_from, size_t a_to, size_t b_from, size_t b_to)
{
    (void)a_from, (void)a_to, (void)b_from, (void)b_to;
    ++*(int *)context;
    return true;
}

static void lists(void)
{
    const int four[] = {1, 2, 3, 4};
    int out[4], *element, popped, total = 0, stretches = 0;
    size_t n, at = 0;
    struct iovec pair;
    row l, copy, left = no_row, right = no_row, other = no_row;
    CHECK(row_from_array(four, 4, &l) == STET_CHANGED && row_size(&l) == 4 && *row_get(&l, 2) == 3);
    CHECK(row_get_or(&l, 9, 7) == 7 && *row_front(&l) == 1 && *row_back(&l) == 4);
    copy = row_copy(&l);
    CHECK(row_edit(&l, 1, &element) == STET_CHANGED);
    *element = 6;
    CHECK(row_set(&l, 0, 5) && row_update(&l, 2, negated, NULL) && !row_identical(&l, &copy));
    CHECK(row_push_back(&l, 8) && row_push_front(&l, 9) && !row_equal(&l, &copy)); /* 9 5 6 -3 4 8 */
    CHECK(row_pop_back(&l, &popped) == STET_CHANGED && popped == 8 && row_pop_front(&l, NULL) == STET_CHANGED);
    CHECK(row_insert_at(&l, 1, 7) == STET_CHANGED && row_pop_at(&l, 2, &popped) == STET_CHANGED && popped == 6);
    CHECK(row_insert_list(&l, 0, &copy) && row_insert_array(&l, 2, four, 3) && row_size(&l) == 11);
    CHECK(row_erase_range(&l, 1, 8) == STET_CHANGED && row_splice(&l, 0, 2, &copy) == STET_CHANGED);
    CHECK(row_append(&l, &l) && row_append_array(&l, four, 4) && row_concat(&l, &copy, &other) &&
          row_size(&other) == 20);
    CHECK(row_slice(&other, 1, 19, &other) == STET_CHANGED && row_split_at(&other, 3, &left, &right) == STET_CHANGED);
    row_to_array(&copy, 0, 4, out);
    CHECK(out[3] == 4 && row_chunk(&copy, 1, &n) == row_get(&copy, 1) && n == 3);
    CHECK(row_iovecs(&copy, 1, &at, &pair) == 1 && at == 4 && pair.iov_len == sizeof four);
    for (row_cursor it = row_cursor_at(&copy, 0); it.at != NULL; row_next(&it))
        total += *it.at;
    row_cursor it = row_cursor_in(&copy, 1, 4);
    row_seek(&it, 3);
    CHECK(row_cursor_index(&it) == 3);
    for (; it.at != NULL; row_previous(&it))
        total -= *it.at;
    CHECK(total == 1 && *(int *)row_fold(&copy, add_to, &total) == 11 && !row_each(&copy, is_even, NULL));
    CHECK(row_find(&copy, 0, is_even, NULL) == 1 && row_index_of(&copy, 2, 2) == SIZE_MAX && row_has(&copy, 4));
    CHECK(row_lower_bound(&copy, 3) == 2 && row_binary_search(&copy, 9) == SIZE_MAX &&
          row_filter(&other, is_even, NULL) == STET_CHANGED);
    CHECK(row_map(&other, negated, NULL) == STET_CHANGED && row_reverse(&copy) && row_sort(&copy) == STET_CHANGED);
    CHECK(row_sort_by(&copy, descending, NULL) == STET_CHANGED && *row_front(&copy) == 4 && row_sort(&copy));
    CHECK(row_push_back(&copy, 9) == STET_CHANGED && row_erase(&copy, 4) == STET_CHANGED && *row_back(&copy) == 4);
    CHECK(row_with(&copy, 0, 9, &left) && row_with_back(&copy, 5, &left) && row_with_front(&copy, 0, &left));
    CHECK(row_with_inserted(&copy, 2, 9, &left) == STET_CHANGED && row_without(&left, 2, &left) == STET_CHANGED);
    CHECK(row_equal(&left, &copy) && row_without_range(&copy, 1, 3, &left) == STET_CHANGED);
    CHECK(row_with_inserted_array(&left, 1, four + 1, 2, &left) == STET_CHANGED && row_equal(&left, &copy));
    CHECK(row_with_inserted_list(&copy, 4, &copy, &left) && row_with_spliced(&left, 0, 4, &no_row, &left));
    CHECK(row_equal(&left, &copy) && row_set(&left, 2, 0) == STET_CHANGED);
    CHECK(row_diff(&left, &copy, count_stretch, &stretches) && stretches == 1 && row_unshared_bytes(&left) > 0);
    row_swap_handles(&left, &copy);
    row_drop(&left);
    left = row_move(&right);
    row_drop(&left);
    row_drop(&l);
    row_drop_later(&copy);
    row_drop(&other);
}

static void lists_of(void)
{
    struct thing a = {0};
    stet_str word;
    table t = no_table;
    lines text = no_lines;
    queue q = no_queue;
    branch b = no_branch, *child;
    lazy_branch lazy = no_lazy_branch;
    CHECK(table_push_back(&t, no_row) && table_has(&t, no_row) && row_type.hash(&no_row, 1) != 0);
    CHECK(stet_str_from_cstr("a line that is long", &word) && lines_push_back(&text, word) && lines_sort(&text));
    CHECK(queue_push_back(&q, &a) && a.holders == 1 && queue_pop_front(&q, NULL) == STET_CHANGED && a.holders == 0);
    CHECK(branch_push_back(&b, no_branch) && branch_edit(&b, 0, &child) && branch_push_back(child, no_branch));
    CHECK(lazy_branch_push_front(&lazy, no_lazy_branch) == STET_CHANGED);
    table_drop(&t);
    lines_drop(&text);
    stet_str_drop(&word);
    branch_drop(&b);
    lazy_branch_drop(&lazy);
}

static stet_result add_seven(void *context, numbers *m)
{
    (void)context;
    return numbers_set(m, 7, 77);
}

static numbers snapshot_in_scope(const number_atom *a)
{
    numbers_guard g STET_CLEANUP(numbers_guard_release) = number_atom_acquire(a);
    return numbers_copy(numbers_guard_view(&g));
}

static void atoms(void)
{
    number_atom a;
    numbers m = {{0, 0}};
    numbers_reader r;
    struct stet_watch w;
    struct stet_holder holder;
    number_atom_op seven = {add_seven, NULL};
    CHECK(numbers_set(&m, 1, 10) && numbers_unshared_bytes(&m) > 0);
    CHECK(number_atom_init(&a, &m) == STET_CHANGED && numbers_size(&m) == 0);
    numbers_guard g = number_atom_acquire(&a), at;
    uint64_t version = numbers_guard_version(&g);
    number_atom_keep_versions(&a, 2);
    CHECK(numbers_guard_holds(&g) && numbers_size(numbers_guard_view(&g)) == 1 && number_atom_version(&a) == version);
    CHECK(numbers_reader_init(&r, &a) && numbers_size(numbers_reader_view(&r)) == 1);
    CHECK(number_atom_watch(&a, &w) >= 0);
    CHECK(number_atom_store(&a, &m) == STET_CHANGED && number_atom_wait(&a, &version, -1));
    number_atom_watch_seen(&a, &w);
    number_atom_unwatch(&a, &w);
    CHECK(number_atom_update(&a, add_seven, NULL) == STET_CHANGED &&
          number_atom_apply(&a, &seven, 1) == STET_UNCHANGED);
    CHECK(number_atom_compare_and_swap(&a, &g, &m) == STET_CONFLICT);
    at = number_atom_at(&a, version);
    CHECK(numbers_size(numbers_guard_view(&at)) == 0);
    numbers_guard_release(&at);
    at = number_atom_oldest(&a, &holder);
    CHECK(holder.version == version - 1);
    numbers_guard_release(&at);
    CHECK(numbers_size(numbers_reader_refresh(&r)) == 1 && numbers_reader_version(&r) == version + 1);
    numbers_reader_destroy(&r);
    numbers_guard_release(&g);
    m = snapshot_in_scope(&a);
    CHECK(number_atom_swap(&a, &m) == STET_CHANGED && *numbers_get(&m, 7) == 77);
    numbers_drop(&m);
    m = number_atom_snapshot(&a);
    numbers_drop(&m);
    number_atom_reclaim_by_hand(&a, false);
    number_atom_reclaim(&a);
    stet_reclaim();
    number_atom_destroy(&a);

    both_atom b;
    CHECK(both_atom_init(&b, NULL) == STET_CHANGED);
    both pair = both_atom_snapshot(&b), other = both_copy(&pair), moved = both_move(&other), held = both_copy(&pair);
    both_swap_handles(&pair, &moved);
    CHECK(both_identical(&pair, &moved) && both_equal(&pair, &moved));
    both_retain(&held);
    other = held;
    both_drop(&other);
    both_drop(&held);
    both_drop(&pair);
    both_drop(&moved);
    both_atom_destroy(&b);
}

static bool make_thing(void *context, const int *key, thing_ptr *value)
{
    (void)key;
    *value = (thing_ptr)context;
    thing_ref(*value);
    return true;
}

static bool count_things(void *context, const int *key, thing_ptr const *value)
{
    *(int *)context += *key * (*value)->holders;
    return true;
}

/* Every function of a form of maps that threads share. */
#define SHARED_MAPS(name, map, things_, texts_, text_, none)                                                         \
    static void name(void)                                                                                           \
    {                                                                                                                \
        struct thing a = {0}, b = {0};                                                                               \
        thing_ptr value, values[2];                                                                                  \
        const int keys[2] = {1, 2};                                                                                  \
        const things_##_op ops[2] = {{STET_OP_STORE, 2, &a}, {STET_OP_DELETE, 3, NULL}};                             \
        bool had, found[2];                                                                                          \
        int sum = 0;                                                                                                 \
        things_ m;                                                                                                   \
        CHECK(things_##_init(&m, NULL) == STET_CHANGED && things_##_store(&m, 1, &a) == STET_CHANGED);               \
        CHECK(things_##_load(&m, 1, &value) && value == &a && things_##_has(&m, 1) && things_##_size(&m) == 1);      \
        CHECK(things_##_swap(&m, 1, &b, &value, &had) == STET_CHANGED && had && value == &a);                        \
        CHECK(things_##_load_or_store(&m, 1, &a, &value) == STET_UNCHANGED && value == &b);                          \
        CHECK(things_##_load_or_compute(&m, 3, make_thing, &a, &value) == STET_CHANGED && value == &a);              \
        CHECK(things_##_compare_and_swap(&m, 1, &a, &b) == STET_CONFLICT);                                           \
        CHECK(things_##_apply(&m, ops, 2) == STET_CHANGED);                                                          \
        CHECK(things_##_load_many(&m, keys, 2, values, found) == 2 && values[0] == &b && values[1] == &a);           \
        CHECK(things_##_range(&m, count_things, &sum) && sum > 0);                                                   \
        CHECK(things_##_compare_and_delete(&m, 1, &b) == STET_CHANGED && things_##_delete(&m, 1) == STET_UNCHANGED); \
        CHECK(things_##_load_and_delete(&m, 2, &value) == STET_CHANGED && value == &a);                              \
        CHECK(things_##_clear(&m) == STET_UNCHANGED);                                                                \
        map now = things_##_snapshot(&m);                                                                            \
        CHECK(map##_size(&now) == 0);                                                                                \
        map##_drop(&now);                                                                                            \
        things_##_destroy(&m);                                                                                       \
        CHECK(a.holders == 5 && b.holders == 2);                                                                     \
        texts_ t;                                                                                                    \
        text_ text;                                                                                                  \
        CHECK(texts_##_init(&t, NULL) && texts_##_store_bytes(&t, "a", 1, none) == STET_CHANGED);                    \
        CHECK(texts_##_store_cstr(&t, "b", none) && texts_##_load_cstr(&t, "a", &text));                             \
        CHECK(texts_##_load_bytes(&t, "b", 1, &text) && texts_##_has_cstr(&t, "a"));                                 \
        CHECK(texts_##_has_bytes(&t, "a", 1) && texts_##_delete_cstr(&t, "a") == STET_CHANGED);                      \
        CHECK(texts_##_delete_bytes(&t, "a", 1) == STET_UNCHANGED);                                                  \
        texts_##_destroy(&t);                                                                                        \
    }
static const stet_str no_text = {0, 0, {NULL}};
SHARED_MAPS(atom_maps, things, shared_things, shared_texts, stet_str, no_text)
SHARED_MAPS(live_maps, things, live_things, live_texts, stet_str, no_text)
SHARED_MAPS(sorted_atom_maps, sorted_things, shared_sorted_things, shared_lexicon, int, 7)

static bool count_runs(void *context, const int *keys, thing_ptr const *values, size_t n)
{
    (void)keys, (void)values;
    *(size_t *)context += n;
    return true;
}

struct sum_of {
    double sum;
};
static struct sum_of sum_entry(const int *key, const double *value)
{
    struct sum_of s = {*key + *value};
    return s;
}
static struct sum_of sum_key(const double *key)
{
    struct sum_of s = {*key};
    return s;
}
static struct sum_of sum_both(struct sum_of a, struct sum_of b)
{
    a.sum += b.sum;
    return a;
}
STET_SORTED_MAP_FOLDED(folded, int, double, struct sum_of, sum_entry, sum_both)
STET_SORTED_MAP_DECLARE(declared_folded)
STET_SORTED_MAP_FOLDED_DEFINE(declared_folded, int, double, stet_int, stet_double, struct sum_of, sum_entry, sum_both)
STET_SORTED_SET_FOLDED(folded_ranks, double, stet_double, struct sum_of, sum_key, sum_both)
STET_SORTED_SET_DECLARE_LAZY(lazy_folded)
STET_SORTED_SET_FOLDED_DEFINE(lazy_folded, double, struct sum_of, sum_key, sum_both)
STET_ATOM_MAP(shared_folded, folded)

static bool is_sum(void *context, const struct sum_of *s) { return s->sum >= *(double *)context; }

static void folds(void)
{
    folded m = {{{0, 0, 0, 0}}};
    folded_ranks r = {{{0, 0, 0, 0}}};
    struct sum_of s;
    int from = 1;
    double wanted = 4;
    for (int i = 0; i < 5; i++)
        CHECK(folded_set(&m, i, 0.5) == STET_CHANGED && folded_ranks_add(&r, i) == STET_CHANGED);
    CHECK(folded_fold_range(&m, &from, NULL, &s) && s.sum == 12);
    CHECK(folded_fold_at(&m, 0, 2, &s) && s.sum == 2);
    CHECK(*folded_select(&m, &from, is_sum, &wanted).key == 2);
    CHECK(folded_ranks_fold_range(&r, NULL, &wanted, &s) && s.sum == 6);
    CHECK(folded_ranks_select(&r, NULL, is_sum, &wanted).key != NULL && !folded_ranks_fold_at(&r, 1, 1, &s));
    folded_drop(&m);
    folded_ranks_drop(&r);
}

static void sorted_atom_map_order(void)
{
    struct thing a = {0};
    thing_ptr value;
    shared_sorted_things m;
    size_t n = 0;
    int key, from = 2, to = 4;
    CHECK(shared_sorted_things_init(&m, NULL));
    for (int i = 0; i < 6; i++)
        CHECK(shared_sorted_things_store(&m, i, &a) == STET_CHANGED);
    CHECK(shared_sorted_things_load_first(&m, &key, NULL) && key == 0);
    CHECK(shared_sorted_things_load_last(&m, &key, NULL) && key == 5);
    CHECK(shared_sorted_things_load_floor(&m, 9, &key, &value) && key == 5 && value == &a);
    CHECK(shared_sorted_things_load_ceiling(&m, -9, &key, NULL) && key == 0);
    CHECK(shared_sorted_things_load_below(&m, 3, &key, NULL) && key == 2);
    CHECK(shared_sorted_things_load_above(&m, 3, &key, NULL) && key == 4);
    CHECK(shared_sorted_things_range_each(&m, &from, &to, count_runs, &n) && n == 2);
    CHECK(shared_sorted_things_delete_range(&m, &from, &to) == STET_CHANGED);
    CHECK(shared_sorted_things_load_and_delete_first(&m, &key, NULL) == STET_CHANGED && key == 0);
    CHECK(shared_sorted_things_load_and_delete_last(&m, NULL, &value) == STET_CHANGED && value == &a);
    sorted_things_guard g = shared_sorted_things_acquire(&m);
    CHECK(*sorted_things_above(sorted_things_guard_view(&g), 1).key == 4);
    sorted_things_guard_release(&g);
    shared_sorted_things_destroy(&m);
}

static void sorted_atom_map_order_of_strings(void)
{
    shared_lexicon m;
    size_t n = 0;
    int value;
    stet_str key;
    CHECK(shared_lexicon_init(&m, NULL) && shared_lexicon_store_cstr(&m, "b", 1) &&
          shared_lexicon_store_cstr(&m, "d", 2));
    CHECK(shared_lexicon_load_floor_cstr(&m, "c", NULL, &value) && value == 1);
    CHECK(shared_lexicon_load_floor_bytes(&m, "d", 1, &key, NULL) && stet_str_size(&key) == 1);
    stet_str_drop(&key);
    CHECK(shared_lexicon_load_ceiling_cstr(&m, "c", NULL, &value) && value == 2);
    CHECK(shared_lexicon_load_ceiling_bytes(&m, "b", 1, NULL, &value) && value == 1);
    CHECK(shared_lexicon_load_below_cstr(&m, "d", NULL, &value) && value == 1);
    CHECK(!shared_lexicon_load_below_bytes(&m, "b", 1, NULL, &value));
    CHECK(shared_lexicon_load_above_cstr(&m, "b", NULL, &value) && value == 2);
    CHECK(!shared_lexicon_load_above_bytes(&m, "d", 1, NULL, &value));
    CHECK(shared_lexicon_range_each_cstr(&m, "b", "d", count_lexicon, &n) && n == 1);
    CHECK(shared_lexicon_range_each_bytes(&m, "c", 1, NULL, 0, count_lexicon, &n) && n == 2);
    CHECK(shared_lexicon_delete_range_cstr(&m, "bb", "d") == STET_UNCHANGED);
    CHECK(shared_lexicon_delete_range_cstr(&m, NULL, "c") == STET_CHANGED);
    CHECK(shared_lexicon_delete_range_bytes(&m, "c", 1, "e", 1) == STET_CHANGED && shared_lexicon_size(&m) == 0);
    shared_lexicon_destroy(&m);
}

static void forms_of_their_own(void)
{
    shared_things m;
    live_things l;
    CHECK(shared_things_init(&m, NULL) && live_things_init(&l, NULL));
    things_guard g = shared_things_acquire(&m);
    CHECK(things_size(things_guard_view(&g)) == 0);
    things_guard_release(&g);
    live_things_snapshot_begun young = live_things_snapshot_begin(&l);
    things then = live_things_snapshot_finish(&l, &young);
    struct stet_roots view = things_roots(&then);
    struct stet_node_stats census;
    struct stet_sharing sharing;
    CHECK(stet_inspect_count(&view, 1, &census) && stet_inspect_compare(&view, &view, &sharing));
    things_drop(&then);
    live_things_destroy(&l);
    shared_things_destroy(&m);
}

int main(void)
{
    CHECK(stet_set_hash_seed(1));
    maps();
    strings();
    sets_of();
    elements();
    sorted_maps();
    sorted_strings();
    lists();
    lists_of();
    atoms();
    atom_maps();
    live_maps();
    sorted_atom_maps();
    sorted_atom_map_order();
    folds();
    sorted_atom_map_order_of_strings();
    forms_of_their_own();
    while (stet_release_some(100))
        ;
    stet_pool_set_budget(0);
    stet_pool_fault(0, 0);
    CHECK(stet_pool_requests() == 0);
    stet_pool_fault_end();
    stet_pool_trim();
    CHECK(stet_pool_stats_thread().live_blocks == 0 && stet_pool_stats().live_blocks == 0);
    puts(failures == 0 ? "ok" : "WRONG");
    return failures != 0;
}
