/* SPDX-License-Identifier: MIT */
/*
 * sorted/citizens.c - sorted maps and sets in all other parts of the library that take collections: atoms, records,
 * elements of lists, maps and sorted maps, inspection, trim and release in steps. The tests of atom maps are in
 * test/shared, that of the report of leaks in pool.c.
 */
#include "support/things.h"

#include <stet/atom.h>
#include <stet/inspect.h>
#include <stet/list.h>
#include <stet/release.h>
#include <stet/sorted_set.h>

#include <stdlib.h>

STET_SORTED_MAP(objects, int, object_ptr, stet_int, object_type)
STET_SORTED_SET(ids, uint64_t, stet_u64)
STET_SORTED_SET(names, stet_str, stet_str_type)
STET_INSPECT_SORTED(objects)

/* Returns {0: object 0, 1: object 1, ...} of n entries. */
static objects objects_upto(unsigned n)
{
    objects m = {0};
    for (unsigned i = 0; i < n; i++)
        cr_assert_eq(objects_append(&m, (int)i, object_of(i)), STET_CHANGED);
    return m;
}

/* Asserts that each of the first n objects has this many holders. */
static void have_holders(unsigned n, int holders)
{
    for (unsigned i = 0; i < n; i++)
        cr_assert_eq(objects_[i].holders, holders, "object %u has %d holders, not %d", i, objects_[i].holders, holders);
}

/* ---- atoms ---- */

STET_ATOM(objects_atom, objects)

/* Removes the entries below *context, and adds none. */
static stet_result expire(void *context, objects *m) { return objects_erase_range(m, NULL, context); }

THINGS_TEST(sorted_citizens, behind_an_atom)
{
    objects first = objects_upto(MANY);
    objects_atom a;
    objects_reader reader;
    cr_assert_eq(objects_atom_init(&a, &first), STET_CHANGED);
    cr_assert_eq(objects_reader_init(&reader, &a), STET_CHANGED);
    objects_guard g = objects_atom_acquire(&a);
    objects kept = objects_atom_snapshot(&a);
    int old = MANY / 2;
    cr_assert_eq(objects_atom_update(&a, expire, &old), STET_CHANGED);
    cr_assert_eq(objects_atom_update(&a, expire, &old), STET_UNCHANGED);
    cr_assert_eq(objects_size(objects_reader_view(&reader)), MANY);
    cr_assert_eq(*objects_first(objects_reader_refresh(&reader)).key, old);
    cr_assert_eq(objects_count(objects_guard_view(&g), NULL, &old), (size_t)old);
    cr_assert(objects_identical(objects_guard_view(&g), &kept));
    objects_guard_release(&g);
    objects_drop(&kept);
    objects_reader_destroy(&reader);
    objects_atom_reclaim(&a);
    cr_assert(objects_[0].holders == 0 && objects_[MANY - 1].holders == 1);
    objects_atom_destroy(&a);
}

/* ---- records ---- */

STET_RECORD(register_of, (objects, by_number), (names, known))
STET_ATOM(register_atom, register_of)

static stet_result enter(void *context, register_of *r)
{
    if (!objects_set(&r->by_number, 7, object_of(7)))
        return STET_NO_MEMORY;
    return names_add(&r->known, *(const stet_str *)context);
}

THINGS_TEST(sorted_citizens, in_a_record)
{
    register_of r = {.by_number = objects_upto(5)}, other = register_of_copy(&r);
    have_holders(5, 1);
    cr_assert_eq(objects_erase(&other.by_number, 0), STET_CHANGED);
    cr_assert(objects_size(&r.by_number) == 5 && objects_size(&other.by_number) == 4);
    register_atom a;
    cr_assert_eq(register_atom_init(&a, &other), STET_CHANGED);
    stet_str name = string_of(3);
    cr_assert_eq(register_atom_update(&a, enter, &name), STET_CHANGED);
    register_of_guard g = register_atom_acquire(&a);
    const register_of *now = register_of_guard_view(&g);
    cr_assert(objects_has(&now->by_number, 7) && names_has(&now->known, name));
    register_of_guard_release(&g);
    register_atom_destroy(&a);
    register_of moved = register_of_move(&r);
    cr_assert(objects_size(&r.by_number) == 0 && objects_size(&moved.by_number) == 5);
    register_of_drop(&moved);
    have_holders(MANY, 0);
}

/* ---- elements ---- */

STET_LIST(rows, objects, objects_type)
STET_MAP(by_name, stet_str, objects, stet_str_type, objects_type)
STET_MAP(by_objects, objects, int, objects_type, stet_int)
STET_SET(sets, ids, ids_type)
STET_SORTED_MAP(series, int, objects, stet_int, objects_type)
STET_SORTED_MAP(groups, int, rows, stet_int, rows_type)

/* Each collection is one more holder of its element's version, but not of what that version holds. */
THINGS_TEST(sorted_citizens, as_elements)
{
    objects m = objects_upto(MANY), changed = objects_copy(&m);
    rows list = {0};
    by_name map = {0};
    series sorted = {0};
    cr_assert_eq(rows_push_back(&list, m), STET_CHANGED);
    cr_assert_eq(by_name_set(&map, string_of(1), m), STET_CHANGED);
    cr_assert_eq(series_set(&sorted, 1, m), STET_CHANGED);
    have_holders(MANY, 1);
    cr_assert_eq(objects_erase(&changed, 0), STET_CHANGED); /* copies the leaf that has entry 0 */
    cr_assert(objects_[0].holders == 1 && objects_[MANY - 1].holders == 1);
    objects_drop(&m);
    have_holders(1, 1);
    objects *in_place;
    cr_assert_eq(series_edit(&sorted, 1, &in_place), STET_UNCHANGED);
    cr_assert_eq(objects_erase(in_place, 0), STET_CHANGED);
    cr_assert(objects_equal(in_place, &changed) && !objects_equal(rows_get(&list, 0), &changed));
    cr_assert(objects_equal(rows_get(&list, 0), by_name_get(&map, string_of(1))));
    objects_drop(&changed);
    by_name_drop(&map);
    have_holders(1, 1);
    rows_drop(&list);
    have_holders(1, 0);
    series_drop(&sorted);
    have_holders(MANY, 0);
}

/* Equal keys have equal hashes, even if their nodes differ. */
THINGS_TEST(sorted_citizens, as_keys)
{
    objects up = objects_upto(MANY), down = {0};
    for (unsigned i = MANY; i-- > 0;)
        cr_assert_eq(objects_set(&down, (int)i, object_of(i)), STET_CHANGED);
    by_objects map = {0};
    cr_assert_eq(by_objects_set(&map, up, 1), STET_CHANGED);
    cr_assert_eq(by_objects_set(&map, down, 2), STET_CHANGED);
    cr_assert(by_objects_size(&map) == 1 && *by_objects_get(&map, up) == 2);
    cr_assert_eq(objects_erase(&down, 3), STET_CHANGED);
    cr_assert_not(by_objects_has(&map, down));
    sets all = {0};
    for (uint64_t i = 0; i < 20; i++) {
        ids s = {0};
        cr_assert(ids_add(&s, i % 5) && ids_add(&s, 1000) && sets_add(&all, s));
        ids_drop(&s);
    }
    cr_assert_eq(sets_size(&all), 5);
    sets_drop(&all);
    by_objects_drop(&map);
    objects_drop(&up);
    objects_drop(&down);
}

/* Sorted maps of lists of sorted maps. */
THINGS_TEST(sorted_citizens, nested)
{
    groups g = {0};
    for (int i = 0; i < 20; i++) {
        rows list = {0};
        for (unsigned n = 0; n < 20; n++) {
            objects m = objects_upto(n);
            cr_assert_eq(rows_push_back(&list, m), STET_CHANGED);
            objects_drop(&m);
        }
        cr_assert_eq(groups_set(&g, i, list), STET_CHANGED);
        rows_drop(&list);
    }
    cr_assert(objects_[0].holders == 20 * 19 && objects_[18].holders == 20);
    groups before = groups_copy(&g);
    int from = 5, to = 15;
    cr_assert_eq(groups_erase_range(&g, &from, &to), STET_CHANGED);
    cr_assert(groups_equal(&before, &before) && !groups_equal(&before, &g));
    groups_drop(&before);
    cr_assert(objects_[0].holders == 10 * 19 && objects_[18].holders == 10);
    groups_drop(&g);
}

/* ---- inspect, trim, release in steps ---- */

THINGS_TEST(sorted_citizens, inspected)
{
    objects a = objects_upto(MANY), b = objects_copy(&a);
    int64_t bytes = stet_pool_stats().live_bytes;
    cr_assert_eq(objects_set(&b, 0, object_of(1)), STET_CHANGED);
    bytes = stet_pool_stats().live_bytes - bytes;
    struct stet_roots old = objects_roots(&a), now = objects_roots(&b);
    struct stet_node_stats census;
    struct stet_sharing sharing;
    cr_assert_eq(stet_inspect_count(&old, 1, &census), STET_CHANGED);
    cr_assert_eq(census.elements, MANY);
    cr_assert_eq(stet_inspect_compare(&old, &now, &sharing), STET_CHANGED);
    cr_assert(sharing.both.nodes > 0 && sharing.only_b.nodes == sharing.only_a.nodes);
    cr_assert_lt(sharing.only_b.nodes, sharing.both.nodes);
    cr_assert(sharing.only_b.bytes == (size_t)bytes && objects_unshared_bytes(&b) == (size_t)bytes);
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(stet_inspect_draw(&old, &now, 1000, out), STET_CHANGED);
    stet_node_stats_write(&census, out);
    fclose(out);
    cr_assert(strstr(text, "digraph") != NULL && strstr(text, "leaves") != NULL, "%s", text);
    free(text);
    objects_drop(&a);
    objects_drop(&b);
}

/* A version that shares nodes is trimmed, and the other one stays as it was. */
THINGS_TEST(sorted_citizens, trimmed)
{
    objects a = objects_upto(MANY);
    objects before = objects_copy(&a);
    for (int i = 0; i < MANY; i += 2)
        cr_assert_eq(objects_erase(&a, i), STET_CHANGED);
    size_t bytes = objects_unshared_bytes(&a);
    cr_assert_eq(objects_trim(&a), STET_CHANGED);
    cr_assert_lt(objects_unshared_bytes(&a), bytes);
    cr_assert(objects_size(&before) == MANY && objects_size(&a) == MANY / 2);
    for (int i = 0; i < MANY; i++)
        cr_assert(*objects_get(&before, i) == object_of((unsigned)i) && objects_has(&a, i) == (i % 2 != 0));
    objects_drop(&before);
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(objects_[i].holders, (int)(i % 2));
    objects_drop(&a);
}

/* A version that is dropped later is released in steps; versions that share its nodes stay. */
THINGS_TEST(sorted_citizens, dropped_later)
{
    objects a = objects_upto(THINGS), shared = objects_upto(THINGS), copy = objects_copy(&shared);
    rows list = {0};
    cr_assert_eq(rows_push_back(&list, a), STET_CHANGED);
    objects_drop(&a);
    have_holders(THINGS, 2);
    rows_drop_later(&list);
    objects_drop_later(&shared);
    cr_assert(rows_size(&list) == 0 && objects_size(&shared) == 0);
    have_holders(THINGS, 2);
    unsigned steps = 0;
    while (stet_release_some(1))
        steps++;
    cr_assert_gt(steps, 10);
    have_holders(THINGS, 1);
    cr_assert_eq(objects_size(&copy), THINGS);
    objects_drop(&copy);
}
