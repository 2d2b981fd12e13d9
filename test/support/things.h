/* SPDX-License-Identifier: MIT */
/*
 * things.h - elements for tests, the i-th of each kind for i < THINGS: strings, counted objects, structs with padding,
 * structs that collide.
 */
#ifndef TEST_THINGS_H
#define TEST_THINGS_H

#include <stet/str.h>

#include "elements.h"
#include "live.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { THINGS = 1200, MANY = 400 /* enough for several levels of every map */ };

/* ---- strings: short, long, and with a 0 inside ---- */

static stet_str strings_[THINGS];

/* Returns the i-th string, borrowed from the table. */
static inline stet_str string_of(unsigned i)
{
    cr_assert_lt(i, THINGS);
    return strings_[i];
}

/* ---- objects: all_is_dropped() checks how many holders each has ---- */

struct object {
    int holders; /* without the table */
    unsigned id;
};
typedef struct object *object_ptr;

static struct object objects_[THINGS];

static inline object_ptr object_of(unsigned i)
{
    cr_assert_lt(i, THINGS);
    return &objects_[i];
}

static inline object_ptr object_ref(object_ptr o)
{
    __atomic_fetch_add(&o->holders, 1, __ATOMIC_RELAXED);
    return o;
}

static inline void object_unref(object_ptr o)
{
    cr_assert_gt(__atomic_fetch_sub(&o->holders, 1, __ATOMIC_RELAXED), 0, "object %u was released too often", o->id);
}

STET_TYPE_REF(object_type, object_ptr, object_ref, object_unref)

/* ---- shy: padding that differs between equal structs, and a weak hash ---- */

struct shy {
    char c;
    int n;
};

static inline struct shy shy_of(unsigned i)
{
    static unsigned char noise;
    struct shy s;
    memset(&s, ++noise, sizeof s);
    s.c = (char)(i % 7);
    s.n = (int)(i / 7);
    return s;
}

static inline uint64_t shy_hash(const struct shy *s, uint64_t seed)
{
    (void)seed;
    return (uint64_t)s->n * 7 + (uint64_t)s->c;
}

static inline bool shy_equal(const struct shy *a, const struct shy *b) { return a->c == b->c && a->n == b->n; }

STET_TYPE(shy_type, struct shy, shy_hash, shy_equal)

/* ---- */

static inline void make_things(void)
{
    seed_from_environment();
    for (unsigned i = 0; i < THINGS; i++) {
        const char *format = i % 3 == 0 ? "s%u" : i % 3 == 1 ? "n%u." : "a rather long string, number %u";
        char text[64];
        int n = snprintf(text, sizeof text, format, i);
        if (i % 3 == 1)
            text[0] = '\0';
        cr_assert_eq(stet_str_from_bytes(text, (size_t)n, &strings_[i]), STET_CHANGED);
        objects_[i].id = i;
    }
}

/* Asserts that only the tables hold strings and objects, and that nothing is live without these. */
static inline void all_is_dropped(void)
{
    for (unsigned i = 0; i < THINGS; i++) {
        cr_assert_eq(objects_[i].holders, 0, "object %u still has %d holders", i, objects_[i].holders);
        stet_str_drop(&strings_[i]);
    }
    nothing_is_live();
}

/* A test with the tables of things, after which nothing is live. */
#define THINGS_TEST(suite, name) TEST_BETWEEN(suite, name, make_things, all_is_dropped)

#endif
