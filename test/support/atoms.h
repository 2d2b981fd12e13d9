/* SPDX-License-Identifier: MIT */
/* atoms.h - an atom of a set of numbers, for the tests of atoms. Each version is the numbers 0 to n - 1. */
#ifndef TEST_ATOMS_H
#define TEST_ATOMS_H

#include <stet/atom.h>
#include <stet/map.h>
#include <stet/set.h>
#include <stet/str.h>

#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "reclaim/hazard.h"
#include "live.h"

STET_SET(numbers, long, stet_long)
STET_ATOM(number_atom, numbers)

/* A test after which nothing is live, so no replaced version is left. */
#define ATOM_TEST(suite, name) TEST_BETWEEN(suite, name, seed_from_environment, nothing_is_live)

static inline numbers numbers_upto(size_t n)
{
    numbers m = {0};
    for (size_t i = 0; i < n; i++)
        cr_assert_eq(numbers_add(&m, (long)i), STET_CHANGED);
    return m;
}

static inline number_atom atom_upto(size_t n)
{
    number_atom a;
    numbers m = numbers_upto(n);
    cr_assert_eq(number_atom_init(&a, &m), STET_CHANGED);
    return a;
}

static inline bool is_upto(const numbers *m, size_t n)
{
    if (numbers_size(m) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!numbers_has(m, (long)i))
            return false;
    return true;
}

static inline bool reads_upto(const number_atom *a, size_t n)
{
    numbers_guard g = number_atom_acquire(a);
    bool right = is_upto(numbers_guard_view(&g), n);
    numbers_guard_release(&g);
    return right;
}

static inline stet_result add_edit(void *context, numbers *m) { return numbers_add(m, *(long *)context); }
static inline stet_result remove_edit(void *context, numbers *m) { return numbers_erase(m, *(long *)context); }

static inline void add_number(number_atom *a, long n)
{
    cr_assert_eq(number_atom_update(a, add_edit, &n), STET_CHANGED);
}

static inline void remove_number(number_atom *a, long n)
{
    cr_assert_eq(number_atom_update(a, remove_edit, &n), STET_CHANGED);
}

/* Asserts that no replaced version waits to be freed, or is held. */
static inline void only_current_is_kept(const number_atom *a)
{
    cr_assert_null(a->state_->root->previous, "the current version has a predecessor");
    cr_assert_null(a->state_->pending, "versions wait for a heavy fence");
    cr_assert_null(a->state_->kept, "versions are held");
}

#endif
