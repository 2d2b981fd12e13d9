/* SPDX-License-Identifier: MIT */
/*
 * node/deep.c - equality, hashes and what is made of them where collections are nested far deeper than a stack could
 * follow: as elements, as values, as keys, by turns, and with functions of the user's between.
 */
#include "support/live.h"
#include "support/small_stack.h"
#include "support/testing.h"

#include <stet/list.h>
#include <stet/map.h>
#include <stet/set.h>

#include <criterion/criterion.h>

#ifdef SANITIZED
enum { DEPTH = 30000, BY_KEYS = 300 };
#else
enum { DEPTH = 300000, BY_KEYS = 1000 };
#endif

STET_LIST_DECLARE_LAZY(branch)
STET_LIST_DEFINE(branch, branch, branch_type)
STET_MAP_DECLARE_LAZY(tree)
STET_MAP_DEFINE(tree, int, tree, stet_int, tree_type)
STET_SET_DECLARE_LAZY(knot)
STET_SET_DEFINE(knot, knot, knot_type)
STET_LIST_DECLARE_LAZY(row)
STET_MAP_DECLARE_LAZY(rows)
static const struct stet_type row_type; /* each needs the other */
STET_MAP_DEFINE(rows, int, row, stet_int, row_type)
STET_LIST_DEFINE(row, rows, rows_type)
STET_MAP(branches, int, branch, stet_int, branch_type)
STET_MAP(by_branch, branch, int, branch_type, stet_int)
STET_MAP(by_rows, rows, int, rows_type, stet_int)

/* The innermost has so many elements, which are empty. */
static branch branch_of(long depth, unsigned last)
{
    branch inner = {0}, empty = {0};
    for (unsigned i = 0; i < last; i++)
        cr_assert_eq(branch_push_back(&inner, empty), STET_CHANGED);
    for (long i = 0; i < depth; i++) {
        branch next = {0};
        cr_assert_eq(branch_push_back(&next, inner), STET_CHANGED);
        branch_drop(&inner);
        inner = next;
    }
    return inner;
}

static void *lists(void *unused)
{
    branch a = branch_of(DEPTH, 0), b = branch_of(DEPTH, 0), c = branch_of(DEPTH, 1);
    cr_assert(branch_equal(&a, &b));
    cr_assert(!branch_equal(&a, &c) && !branch_equal(&c, &a));
    uint64_t seed = stet_hash_seed_at(0), hash = stet_type_hash(&branch_type, &a, seed);
    cr_assert_eq(stet_type_hash(&branch_type, &b, seed), hash);
    cr_assert_neq(stet_type_hash(&branch_type, &c, seed), hash);
    branches m = {0};
    cr_assert_eq(branches_set(&m, 1, a), STET_CHANGED);
    cr_assert_eq(branches_set(&m, 1, b), STET_UNCHANGED);
    cr_assert_eq(branches_set(&m, 1, c), STET_CHANGED);
    by_branch k = {0};
    cr_assert_eq(by_branch_set(&k, a, 1), STET_CHANGED);
    cr_assert_eq(by_branch_set(&k, b, 2), STET_CHANGED);
    cr_assert_eq(by_branch_size(&k), 1);
    cr_assert(by_branch_has(&k, a) && !by_branch_has(&k, c));
    branch all = {0}, others = {0};
    cr_assert(branch_push_back(&all, a) == STET_CHANGED && branch_push_back(&all, c) == STET_CHANGED);
    cr_assert(branch_push_back(&others, b) == STET_CHANGED && branch_push_back(&others, b) == STET_CHANGED);
    cr_assert_eq(branch_index_of(&all, 0, b), 0);
    cr_assert_eq(branch_index_of(&others, 0, c), SIZE_MAX);
    cr_assert(!branch_equal(&all, &others));
    branch *every[] = {&a, &b, &c, &all, &others};
    for (unsigned i = 0; i < 5; i++)
        branch_drop(every[i]);
    branches_drop(&m);
    by_branch_drop(&k);
    return unused;
}

LIVE_TEST(deep, lists_of_lists) { on_a_small_stack(lists, NULL); }

/* With more keys than a leaf has room for on every 16th level. */
static tree tree_of(long depth, int last)
{
    tree inner = {0}, empty = {0};
    cr_assert_eq(tree_set(&inner, last, empty), STET_CHANGED);
    for (long i = 0; i < depth; i++) {
        tree next = {0};
        for (int k = 1; i % 16 == 0 && k < 20; k++)
            cr_assert_eq(tree_set(&next, k, empty), STET_CHANGED);
        cr_assert_eq(tree_set(&next, 0, inner), STET_CHANGED);
        tree_drop(&inner);
        inner = next;
    }
    return inner;
}

static void *maps(void *unused)
{
    tree a = tree_of(DEPTH / 10, 1), b = tree_of(DEPTH / 10, 1), c = tree_of(DEPTH / 10, 2);
    cr_assert(tree_equal(&a, &b));
    cr_assert(!tree_equal(&a, &c) && !tree_equal(&c, &a));
    uint64_t seed = stet_hash_seed_at(1), hash = stet_type_hash(&tree_type, &a, seed);
    cr_assert_eq(stet_type_hash(&tree_type, &b, seed), hash);
    cr_assert_neq(stet_type_hash(&tree_type, &c, seed), hash);
    tree m = {0};
    cr_assert_eq(tree_set(&m, 7, a), STET_CHANGED);
    cr_assert_eq(tree_set(&m, 7, b), STET_UNCHANGED);
    cr_assert_eq(tree_set(&m, 7, c), STET_CHANGED);
    tree *every[] = {&a, &b, &c, &m};
    for (unsigned i = 0; i < 4; i++)
        tree_drop(every[i]);
    return unused;
}

LIVE_TEST(deep, maps_of_maps) { on_a_small_stack(maps, NULL); }

static row row_of(long depth, int last)
{
    row inner = {0};
    rows empty = {0};
    for (long i = 0; i < depth; i++) {
        rows map = {0};
        row next = {0};
        cr_assert_eq(rows_set(&map, i == 0 ? last : 0, inner), STET_CHANGED);
        cr_assert(row_push_back(&next, empty) == STET_CHANGED && row_push_back(&next, map) == STET_CHANGED);
        rows_drop(&map);
        row_drop(&inner);
        inner = next;
    }
    return inner;
}

static void *by_turns(void *unused)
{
    row a = row_of(DEPTH / 10, 1), b = row_of(DEPTH / 10, 1), c = row_of(DEPTH / 10, 2);
    cr_assert(row_equal(&a, &b));
    cr_assert(!row_equal(&a, &c) && !row_equal(&c, &a));
    by_rows m = {0};
    cr_assert_eq(by_rows_set(&m, *row_get(&a, 1), 1), STET_CHANGED);
    cr_assert_eq(by_rows_set(&m, *row_get(&b, 1), 1), STET_UNCHANGED);
    cr_assert_eq(by_rows_set(&m, *row_get(&c, 1), 1), STET_CHANGED);
    by_rows_drop(&m);
    row_drop(&a);
    row_drop(&b);
    row_drop(&c);
    return unused;
}

LIVE_TEST(deep, lists_and_maps_by_turns) { on_a_small_stack(by_turns, NULL); }

/* Sets of sets: to put one into another takes its hash, so that depth is paid for by its square. */
static knot knot_of(unsigned depth, unsigned others)
{
    knot inner = {0};
    for (unsigned i = 0; i < depth; i++) {
        knot next = {0}, other = {0};
        for (unsigned k = 0; k < others; k++) {
            knot around = {0};
            cr_assert_eq(knot_add(&around, other), STET_CHANGED);
            knot_drop(&other);
            other = around;
            cr_assert_neq(knot_add(&next, other), STET_NO_MEMORY);
        }
        knot_drop(&other);
        cr_assert_neq(knot_add(&next, inner), STET_NO_MEMORY);
        knot_drop(&inner);
        inner = next;
    }
    return inner;
}

static void *sets(void *unused)
{
    for (unsigned others = 0; others < 6; others += 5) {
        knot a = knot_of(BY_KEYS, others), b = knot_of(BY_KEYS, others), c = knot_of(BY_KEYS + 1, others);
        cr_assert(knot_equal(&a, &b));
        cr_assert(!knot_equal(&a, &c) && !knot_equal(&c, &a));
        knot s = {0};
        cr_assert_eq(knot_add(&s, a), STET_CHANGED);
        cr_assert_eq(knot_add(&s, b), STET_UNCHANGED);
        cr_assert_eq(knot_add(&s, c), STET_CHANGED);
        knot *every[] = {&a, &b, &c, &s};
        for (unsigned i = 0; i < 4; i++)
            knot_drop(every[i]);
    }
    return unused;
}

LIVE_TEST(deep, sets_of_sets) { on_a_small_stack(sets, NULL); }

/* A list's hash is made of its elements' in one way, whether one is a collection that has to be waited for or not. */
LIVE_TEST(deep, a_hash_that_waits_is_the_same)
{
    branch b = {0};
    uint64_t seed = stet_hash_seed_at(0), hash = stet_hash_word(0, ~seed);
    for (unsigned i = 0; i < 20; i++) {
        cr_assert_eq(stet_type_hash(&branch_type, &b, seed), stet_hash_word(hash, seed), "%u levels", i);
        branch next = {0};
        cr_assert_eq(branch_push_back(&next, b), STET_CHANGED);
        branch_drop(&b);
        b = next;
        hash = stet_hash_word(5 * stet_hash_word(1, ~seed) + stet_hash_word(hash, seed), seed);
    }
    branch_drop(&b);
}

/* Without memory for what is left for later, and for where a hash stands, the answers are the same. */
LIVE_TEST(deep, without_memory_the_stack_is_used)
{
    branch a = branch_of(1000, 0), b = branch_of(1000, 0), c = branch_of(1000, 1);
    tree x = tree_of(1000, 1), y = tree_of(1000, 1), z = tree_of(1000, 2);
    uint64_t seed = stet_hash_seed_at(0), of_a = stet_type_hash(&branch_type, &a, seed);
    uint64_t of_x = stet_type_hash(&tree_type, &x, seed);
    for (uint64_t nth = 1; nth < 50; nth++) {
        stet_pool_fault(nth, nth % 2 ? UINT64_MAX : 1);
        cr_assert(branch_equal(&a, &b) && !branch_equal(&a, &c));
        cr_assert(tree_equal(&x, &y) && !tree_equal(&x, &z));
        cr_assert_eq(stet_type_hash(&branch_type, &b, seed), of_a);
        cr_assert_eq(stet_type_hash(&tree_type, &y, seed), of_x);
        stet_pool_fault_end();
    }
    branch *lists[] = {&a, &b, &c};
    tree *trees[] = {&x, &y, &z};
    for (unsigned i = 0; i < 3; i++) {
        branch_drop(lists[i]);
        tree_drop(trees[i]);
    }
}

/* ---- the user's functions between ---- */

/* One that is equal when its list is not: what has been left for later must not be its answer. */
typedef struct contrary {
    branch list;
} contrary;

static bool contrary_equal(const contrary *a, const contrary *b) { return !branch_equal(&a->list, &b->list); }
static uint64_t contrary_hash(const contrary *c, uint64_t seed)
{
    return ~stet_type_hash(&branch_type, &c->list, seed);
}
static int contrary_compare(const contrary *a, const contrary *b) { return (a > b) - (a < b); }
static void contrary_retain(const contrary *c)
{
    branch held = branch_copy(&c->list); /* the element's from now on */
    (void)held;
}
static void contrary_release(contrary *c) { branch_drop(&c->list); }
STET_TYPE_FULL(contrary_type, contrary, contrary_hash, contrary_equal, contrary_compare, contrary_retain,
               contrary_release, STET_LAZY)
STET_LIST(contraries, contrary, contrary_type)
STET_LIST(groups, contraries, contraries_type)
STET_LIST(of_contraries, groups, groups_type) /* of two levels above, so that the asker is itself an element */

static of_contraries nested_contrary(branch b)
{
    contraries inner = {0};
    groups middle = {0};
    of_contraries outer = {0};
    cr_assert_eq(contraries_push_back(&inner, (contrary){b}), STET_CHANGED);
    cr_assert_eq(groups_push_back(&middle, inner), STET_CHANGED);
    cr_assert_eq(of_contraries_push_back(&outer, middle), STET_CHANGED);
    contraries_drop(&inner);
    groups_drop(&middle);
    return outer;
}

LIVE_TEST(deep, a_users_function_gets_the_answer_itself)
{
    branch a = branch_of(100, 0), b = branch_of(100, 0), c = branch_of(100, 1);
    of_contraries x = nested_contrary(a), y = nested_contrary(b), z = nested_contrary(c);
    cr_assert_not(of_contraries_equal(&x, &y));
    cr_assert(of_contraries_equal(&x, &z));
    uint64_t seed = stet_hash_seed_at(0);
    cr_assert_eq(stet_type_hash(&of_contraries_type, &x, seed), stet_type_hash(&of_contraries_type, &y, seed));
    cr_assert_neq(stet_type_hash(&of_contraries_type, &x, seed), stet_type_hash(&of_contraries_type, &z, seed));
    branch *lists[] = {&a, &b, &c};
    of_contraries *all[] = {&x, &y, &z};
    for (unsigned i = 0; i < 3; i++) {
        branch_drop(lists[i]);
        of_contraries_drop(all[i]);
    }
}

/* Through a user's functions the stack is used: how much of it a level takes, as type.h tells. */
STET_LIST_DECLARE_LAZY(people)
STET_MAP_DECLARE_LAZY(offices)
typedef struct person {
    people reports;
    offices places;
} person;

static const char *lowest;

static void measure(void)
{
    const char *here = __builtin_frame_address(0);
    lowest = lowest == NULL || here < lowest ? here : lowest;
}

static bool person_equal(const person *a, const person *b);
static uint64_t person_hash(const person *p, uint64_t seed);
static int person_compare(const person *a, const person *b) { return (a > b) - (a < b); }
static void person_retain(const person *p);
static void person_release(person *p);
STET_TYPE_FULL(person_type, person, person_hash, person_equal, person_compare, person_retain, person_release, STET_LAZY)
STET_LIST_DEFINE(people, person, person_type)
STET_MAP_DEFINE(offices, int, person, stet_int, person_type)

static bool person_equal(const person *a, const person *b)
{
    measure();
    return people_equal(&a->reports, &b->reports) && offices_equal(&a->places, &b->places);
}

static uint64_t person_hash(const person *p, uint64_t seed)
{
    measure();
    return stet_type_hash(&people_type, &p->reports, seed) + 3 * stet_type_hash(&offices_type, &p->places, seed);
}

static void person_retain(const person *p)
{
    person held = {people_copy(&p->reports), offices_copy(&p->places)};
    (void)held;
}

static void person_release(person *p)
{
    people_drop(&p->reports);
    offices_drop(&p->places);
}

static person person_of(unsigned depth, bool in_maps)
{
    person inner = {0};
    for (unsigned i = 0; i < depth; i++) {
        person next = {0};
        cr_assert_eq(in_maps ? offices_set(&next.places, 1, inner) : people_push_back(&next.reports, inner),
                     STET_CHANGED);
        person_release(&inner);
        inner = next;
    }
    return inner;
}

enum { LEVELS = 1000, OF_A_LEVEL = 1024 };

LIVE_TEST(deep, a_level_through_users_functions_takes_a_kilobyte)
{
    for (unsigned in_maps = 0; in_maps < 2; in_maps++) {
        person a = person_of(LEVELS, in_maps), b = person_of(LEVELS, in_maps);
        const char *top = __builtin_frame_address(0);
        lowest = NULL;
        cr_assert(person_equal(&a, &b));
        cr_assert_eq(person_hash(&a, 1), person_hash(&b, 1));
#if defined(__OPTIMIZE__) && !defined(SANITIZED)
        cr_assert_leq((top - lowest) / LEVELS, OF_A_LEVEL);
#else
        cr_assert_lt(lowest, top);
#endif
        person_release(&a);
        person_release(&b);
    }
}
