/* SPDX-License-Identifier: MIT */
/*
 * Two maps: union, intersection, difference, symmetric difference, merge, subset, submap, diff.
 * This file includes itself once for each map of support/maps.h.
 */
#ifndef THEME
#    define THEME "map/algebra.c"
#    include "support/each_map.h"
#else

/* Keys from..to-1; the value of key i is the i-th, of every third key the (i + shift)-th. */
struct M(part) {
    unsigned from, to, shift;
};

static bool M(has_key)(struct M(part) p, unsigned i) { return p.from <= i && i < p.to; }

static VALUE M(value_in)(struct M(part) p, unsigned i) { return V(i + (i % 3 == 0 ? p.shift : 0)); }

static MAP M(make)(struct M(part) p)
{
    MAP m = {0};
    for (unsigned i = p.from; i < p.to; i++)
        cr_assert_eq(M(set)(&m, K(i), M(value_in)(p, i)), STET_CHANGED);
    return m;
}

static bool M(is)(const MAP *m, struct M(part) p)
{
    cr_assert_eq(M(size)(m), p.to - p.from);
    for (unsigned i = p.from; i < p.to; i++) {
        VALUE expected = M(value_in)(p, i);
        cr_assert(stet_type_equal(&VTYPE, M(get)(m, K(i)), &expected));
    }
    return true;
}

/* Where the two overlap, contain each other, are alike, apart, and empty; with equal values and with others. */
static const struct {
    struct M(part) a, b;
} M(pairs)[] = {
    {{0, 0, 0}, {0, 0, 0}},
    {{0, MANY, 0}, {0, 0, 0}},
    {{0, 0, 0}, {0, MANY, 0}},
    {{0, 1, 0}, {0, 1, 0}},
    {{0, 1, 0}, {0, 1, 1}},
    {{0, 1, 0}, {1, 2, 0}},
    {{0, MANY, 0}, {0, MANY, 0}},
    {{0, MANY, 0}, {0, MANY, 1}},
    {{0, MANY, 0}, {MANY / 2, 2 * MANY, 1}},
    {{0, MANY, 0}, {MANY - 9, MANY + 9, 1}},
    {{MANY - 9, MANY + 9, 1}, {0, MANY, 0}},
    {{0, MANY, 0}, {MANY, 2 * MANY, 0}},
    {{0, MANY, 0}, {40, 50, 0}},
    {{40, 50, 0}, {0, MANY, 0}},
    {{0, MANY, 0}, {40, 50, 1}},
    {{0, 12, 0}, {5, 17, 1}},
    {{0, 12, 0}, {MANY, MANY + 3, 0}},
};
#    define EACH_PAIR (size_t at = 0; at < sizeof M(pairs) / sizeof *M(pairs); at++)

/* ---- combinations ---- */

struct M(merging) {
    unsigned calls;
    const MAP *a, *b;
    bool unequal;
};

/* Takes b's value. */
static void M(prefer_b)(void *context, KEY const *key, VALUE const *a, VALUE const *b, VALUE *value)
{
    struct M(merging) *x = context;
    x->calls++;
    cr_assert(stet_type_equal(&VTYPE, a, M(get)(x->a, *key)));
    cr_assert(stet_type_equal(&VTYPE, b, M(get)(x->b, *key)));
    cr_assert_not(x->unequal && stet_type_equal(&VTYPE, a, b), "asked about equal values");
    *value = OWN(*b);
}

static stet_result M(merge_to_b)(const MAP *a, const MAP *b, MAP *out)
{
    struct M(merging) x = {0, a, b, false};
    return M(merge)(a, b, M(prefer_b), &x, out);
}

static stet_result M(merge_unequal_to_b)(const MAP *a, const MAP *b, MAP *out)
{
    struct M(merging) x = {0, a, b, true};
    return M(merge_unequal)(a, b, M(prefer_b), &x, out);
}

static const struct M(operation) {
    const char *name;
    stet_result (*run)(const MAP *a, const MAP *b, MAP *out);
    bool only_a, only_b, both; /* what it keeps */
    bool takes_b;              /* of both: b's value */
} M(operations)[] = {
    {"union", M(union), true, true, true, false},
    {"intersection", M(intersection), false, false, true, false},
    {"difference", M(difference), true, false, false, false},
    {"symmetric difference", M(symmetric_difference), true, true, false, false},
    {"merge", M(merge_to_b), true, true, true, true},
    {"merge of the unequal", M(merge_unequal_to_b), true, true, true, true},
};
#    define EACH_OPERATION \
        (const struct M(operation) *o = M(operations); o < M(operations) + sizeof M(operations) / sizeof *o; o++)

static bool M(is_result)(const MAP *m, const struct M(operation) * o, struct M(part) a, struct M(part) b)
{
    size_t size = 0;
    for (unsigned i = 0; i < 2 * MANY; i++) {
        bool in_a = M(has_key)(a, i), in_b = M(has_key)(b, i);
        bool kept = in_a && in_b ? o->both : in_a ? o->only_a : in_b && o->only_b;
        VALUE const *value = M(get)(m, K(i));
        cr_assert_eq(value != NULL, kept, "%s: key %u is %s", o->name, i, kept ? "missing" : "too much");
        if (!kept)
            continue;
        VALUE expected = M(value_in)(in_a && in_b ? (o->takes_b ? b : a) : in_a ? a : b, i);
        cr_assert(stet_type_equal(&VTYPE, value, &expected), "%s: key %u has a wrong value", o->name, i);
        size++;
    }
    cr_assert_eq(M(size)(m), size);
    return true;
}

THINGS_TEST(MAP, combinations_keep_the_right_entries)
{
    for
        EACH_PAIR
        {
            struct M(part) pa = M(pairs)[at].a, pb = M(pairs)[at].b;
        for
            EACH_OPERATION
            {
                MAP a = M(make)(pa), b = M(make)(pb), out = M(of)(3, 7, 9);
                cr_assert_eq(o->run(&a, &b, &out), STET_CHANGED);
                M(is_result)(&out, o, pa, pb);
                M(is)(&a, pa);
                M(is)(&b, pb);
                MAP into_a = M(copy)(&a), into_b = M(copy)(&b);
                cr_assert_neq(o->run(&into_a, &b, &into_a), STET_NO_MEMORY);
                cr_assert_neq(o->run(&a, &into_b, &into_b), STET_NO_MEMORY);
                cr_assert(M(equal)(&into_a, &out));
                cr_assert(M(equal)(&into_b, &out));
                M(drop)(&into_a);
                M(drop)(&into_b);
                M(drop)(&a);
                M(drop)(&b);
                M(is_result)(&out, o, pa, pb);
                M(drop)(&out);
            }
        }
}

THINGS_TEST(MAP, combinations_with_itself)
{
    const struct M(part) part = {0, MANY, 0};
    for
        EACH_OPERATION
        {
            MAP a = M(make)(part), copy = M(copy)(&a), out = {0};
            count_requests();
            cr_assert_eq(o->run(&a, &copy, &out), o->both ? STET_CHANGED : STET_UNCHANGED);
            cr_assert_eq(o->run(&a, &a, &a), o->both ? STET_UNCHANGED : STET_CHANGED);
            cr_assert_eq(counted_requests(), 0);
            M(is_result)(&a, o, part, part);
            cr_assert(M(identical)(&a, &out));
            M(drop)(&a);
            M(drop)(&copy);
            M(drop)(&out);
        }
}

THINGS_TEST(MAP, combinations_that_change_nothing_keep_the_version)
{
    MAP a = M(of)(0, MANY, 0), less = M(of)(30, 40, 0), apart = M(of)(MANY, 2 * MANY, 0), empty = {0};
    MAP copy = M(copy)(&a), half = M(of)(0, MANY / 2, 0); /* too many to be looked up one by one */
    count_requests();
    cr_assert_eq(M(union)(&a, &less, &a), STET_UNCHANGED);
    cr_assert_eq(M(union)(&less, &a, &a), STET_UNCHANGED);
    cr_assert_eq(M(union)(&a, &half, &a), STET_UNCHANGED);
    cr_assert_eq(M(union)(&half, &a, &a), STET_UNCHANGED);
    cr_assert_eq(M(intersection)(&a, &half, &half), STET_UNCHANGED);
    cr_assert_eq(M(intersection)(&half, &a, &half), STET_UNCHANGED);
    cr_assert_eq(M(union)(&a, &empty, &a), STET_UNCHANGED);
    cr_assert_eq(M(union)(&empty, &a, &a), STET_UNCHANGED);
    cr_assert_eq(M(merge_to_b)(&a, &less, &a), STET_UNCHANGED);
    cr_assert_eq(M(merge_unequal_to_b)(&a, &less, &a), STET_UNCHANGED);
    cr_assert_eq(M(intersection)(&a, &less, &less), STET_UNCHANGED);
    cr_assert_eq(M(intersection)(&less, &a, &less), STET_UNCHANGED);
    cr_assert_eq(M(difference)(&a, &empty, &a), STET_UNCHANGED);
    cr_assert_eq(M(symmetric_difference)(&a, &empty, &a), STET_UNCHANGED);
    cr_assert_eq(M(symmetric_difference)(&empty, &a, &a), STET_UNCHANGED);
    cr_assert_eq(counted_requests(), 0);
    cr_assert_eq(M(difference)(&a, &apart, &a), STET_UNCHANGED);
    cr_assert(M(identical)(&a, &copy));
    M(holds)(&less, 30, 40, 0);
    M(drop)(&a);
    M(drop)(&copy);
    M(drop)(&half);
    M(drop)(&less);
    M(drop)(&apart);
}

THINGS_TEST(MAP, combinations_refused_change_nothing)
{
    const struct M(part) pa = {0, MANY, 0}, pb = {MANY - 40, MANY + 40, 1};
    for
        EACH_OPERATION
        {
            MAP a = M(make)(pa), b = M(make)(pb), out = {0}, both = {0};
            struct refusals r = {0};
            stet_result result;
            do {
                M(drop)(&out);
                out = M(of)(3, 7, 9);
                refuse(&r), result = o->run(&a, &b, &out);
            } while (any_refused(&r, result) && (result != STET_NO_MEMORY || M(holds)(&out, 3, 7, 9)) &&
                     M(is)(&a, pa) && M(is)(&b, pb));
            cr_assert_gt(r.count, 0);
            cr_assert_eq(result, STET_CHANGED);
            M(is_result)(&out, o, pa, pb);
            M(drop)(&out);
            r.count = 0;
            do { /* out is an operand */
                M(drop)(&both);
                both = M(copy)(&b);
                refuse(&r), result = o->run(&a, &both, &both);
            } while (any_refused(&r, result) && (result != STET_NO_MEMORY || M(is)(&both, pb)) && M(is)(&a, pa) &&
                     M(is)(&b, pb));
            cr_assert_gt(r.count, 0);
            cr_assert_eq(result, STET_CHANGED);
            M(is_result)(&both, o, pa, pb);
            M(is)(&a, pa);
            M(drop)(&both);
            M(drop)(&a);
            M(drop)(&b);
        }
}

THINGS_TEST(MAP, merge_asks_once_for_each_key_of_both)
{
    for
        EACH_PAIR
        {
            struct M(part) pa = M(pairs)[at].a, pb = M(pairs)[at].b;
            MAP a = M(make)(pa), b = M(make)(pb), out = {0};
            unsigned both = 0, conflicts = 0;
            for (unsigned i = 0; i < 2 * MANY; i++)
                if (M(has_key)(pa, i) && M(has_key)(pb, i))
                    both++, conflicts += i % 3 == 0 && pa.shift != pb.shift;
            struct M(merging) all = {0, &a, &b, false}, unequal = {0, &a, &b, true};
            cr_assert_neq(M(merge)(&a, &b, M(prefer_b), &all, &out), STET_NO_MEMORY);
            cr_assert_eq(all.calls, both);
            cr_assert_neq(M(merge_unequal)(&a, &b, M(prefer_b), &unequal, &out), STET_NO_MEMORY);
            cr_assert_eq(unequal.calls, conflicts);
            M(drop)(&a);
            M(drop)(&b);
            M(drop)(&out);
        }
}

/* What versions share is no exception: a shared subtree, a shared leaf, and everything. */
THINGS_TEST(MAP, merge_asks_about_what_versions_share)
{
    MAP a = M(of)(0, MANY, 0), b = M(copy)(&a), out = {0};
    for (unsigned edits = 0; edits < 4; edits++) {
        struct M(merging) x = {0, &a, &b, false};
        cr_assert_eq(M(merge)(&a, &b, M(prefer_b), &x, &out), STET_CHANGED);
        cr_assert_eq(x.calls, MANY);
        cr_assert(M(equal)(&out, &b));
        cr_assert_eq(M(set)(&b, K(edits * 37), V(MANY)), STET_CHANGED);
    }
    M(drop)(&a);
    M(drop)(&b);
    M(drop)(&out);
}

/* ---- questions ---- */

THINGS_TEST(MAP, subset_is_of_keys_and_submap_of_entries)
{
    for
        EACH_PAIR
        {
            struct M(part) pa = M(pairs)[at].a, pb = M(pairs)[at].b;
            MAP a = M(make)(pa), b = M(make)(pb);
            bool subset = true, submap = true;
            for (unsigned i = pa.from; i < pa.to; i++) {
                subset &= M(has_key)(pb, i);
                submap &= M(has_key)(pb, i) && (i % 3 != 0 || pa.shift == pb.shift);
            }
            cr_assert_eq(M(is_subset)(&a, &b), subset);
            cr_assert_eq(M(is_submap)(&a, &b), submap);
            cr_assert(M(is_subset)(&a, &a));
            cr_assert(M(is_submap)(&a, &a));
            M(drop)(&a);
            M(drop)(&b);
        }
}

THINGS_TEST(MAP, subset_by_one_key)
{
    MAP a = M(of)(0, MANY, 0), b = M(copy)(&a);
    for (unsigned i = 0; i < MANY; i += 13) {
        MAP less = M(copy)(&b);
        cr_assert_eq(M(erase)(&less, K(i)), STET_CHANGED);
        cr_assert(M(is_submap)(&less, &a));
        cr_assert_not(M(is_subset)(&a, &less));
        cr_assert_eq(M(set)(&less, K(MANY + i), V(i)), STET_CHANGED);
        cr_assert_not(M(is_subset)(&less, &a));
        cr_assert_not(M(is_subset)(&a, &less));
        M(drop)(&less);
    }
    M(drop)(&a);
    M(drop)(&b);
}

struct M(changes) {
    struct M(part) a, b;
    bool seen[2 * MANY];
    unsigned calls, stop_after;
};

static bool M(change)(void *context, KEY const *key, VALUE const *a, VALUE const *b)
{
    struct M(changes) *c = context;
    unsigned i = 0;
    for (KEY k = K(0); !stet_type_equal(&KTYPE, key, &k); k = K(++i))
        ;
    cr_assert_not(c->seen[i], "key %u comes twice", i);
    c->seen[i] = true;
    cr_assert_eq(a != NULL, M(has_key)(c->a, i));
    cr_assert_eq(b != NULL, M(has_key)(c->b, i));
    VALUE in_a = M(value_in)(c->a, i), in_b = M(value_in)(c->b, i);
    cr_assert(a == NULL || stet_type_equal(&VTYPE, a, &in_a));
    cr_assert(b == NULL || stet_type_equal(&VTYPE, b, &in_b));
    return ++c->calls != c->stop_after;
}

THINGS_TEST(MAP, diff_tells_added_removed_and_changed)
{
    for
        EACH_PAIR
        {
            struct M(changes) c = {.a = M(pairs)[at].a, .b = M(pairs)[at].b};
            MAP a = M(make)(c.a), b = M(make)(c.b);
            unsigned differences = 0;
            for (unsigned i = 0; i < 2 * MANY; i++) {
                bool in_a = M(has_key)(c.a, i), in_b = M(has_key)(c.b, i);
                differences += in_a != in_b || (in_a && in_b && i % 3 == 0 && c.a.shift != c.b.shift);
            }
            count_requests();
            cr_assert(M(diff)(&a, &b, M(change), &c));
            cr_assert_eq(c.calls, differences);
            cr_assert_eq(M(equal)(&a, &b), differences == 0);
            for (unsigned stop_after = 1; stop_after <= differences; stop_after += 1 + stop_after / 3) {
                struct M(changes) stopping = {.a = c.a, .b = c.b, .stop_after = stop_after};
                cr_assert_not(M(diff)(&a, &b, M(change), &stopping));
                cr_assert_eq(stopping.calls, stop_after);
            }
            cr_assert_eq(counted_requests(), 0);
            M(drop)(&a);
            M(drop)(&b);
        }
}

#    undef EACH_PAIR
#    undef EACH_OPERATION
#endif
