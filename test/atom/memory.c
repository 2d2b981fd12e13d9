/* SPDX-License-Identifier: MIT */
/*
 * atom/memory.c - atoms out of memory: every operation with its n-th pool request failing, n = 1, 2, ... until it
 * succeeds. What fails has published nothing and keeps nothing; acquiring never fails.
 */
#include "support/atoms.h"

#include <errno.h>

/* On the atom with 0 to 99, and m = 0 to 9; the answer, and what *m holds if it failed, is checked by the caller. */
typedef stet_result operation(number_atom *a, numbers *m);

static stet_result do_store(number_atom *a, numbers *m) { return number_atom_store(a, m); }
static stet_result do_exchange(number_atom *a, numbers *m) { return number_atom_swap(a, m); }
static stet_result do_compare_exchange(number_atom *a, numbers *m)
{
    numbers_guard g = number_atom_acquire(a);
    stet_result result = number_atom_compare_and_swap(a, &g, m);
    numbers_guard_release(&g);
    return result;
}
static stet_result do_update(number_atom *a, numbers *m)
{
    (void)m;
    return number_atom_update(a, add_edit, &(long){1000});
}
static stet_result do_apply(number_atom *a, numbers *m)
{
    (void)m;
    number_atom_op edits[] = {{add_edit, &(long){1000}}, {remove_edit, &(long){7}}, {add_edit, &(long){1001}}};
    return number_atom_apply(a, edits, 3);
}

static operation *const operations[] = {do_store, do_exchange, do_compare_exchange, do_update, do_apply};

static bool as_before(number_atom *a, uint64_t version, const numbers *m)
{
    only_current_is_kept(a);
    return number_atom_version(a) == version && reads_upto(a, 100) && is_upto(m, 10);
}

ATOM_TEST(atom_memory, each_request_of_each_operation)
{
    for (unsigned i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        number_atom a = atom_upto(100);
        numbers m = numbers_upto(10);
        uint64_t version = number_atom_version(&a);
        int64_t live = stet_pool_stats().live_blocks;
        struct refusals r = {0};
        stet_result result;
        do
            refuse(&r), result = operations[i](&a, &m);
        while (was_refused(&r, result) && as_before(&a, version, &m) && stet_pool_stats().live_blocks == live);
        cr_assert_eq(result, STET_CHANGED);
        cr_assert_eq(number_atom_version(&a), version + 1);
        cr_assert_gt(r.count, 0);
        numbers_drop(&m);
        number_atom_destroy(&a);
    }
}

ATOM_TEST(atom_memory, init_takes_nothing_when_it_fails)
{
    numbers first = numbers_upto(10);
    number_atom a, other;
    struct refusals r = {0};
    stet_result result;
    do
        refuse(&r), result = number_atom_init(&a, &first);
    while (was_refused(&r, result) && is_upto(&first, 10));
    cr_assert_geq(r.count, 2); /* a version, an atom state */
    cr_assert(reads_upto(&a, 10));
    cr_assert_eq(number_atom_init(&other, NULL), STET_CHANGED);
    number_atom_destroy(&other);
    number_atom_destroy(&a);
}

ATOM_TEST(atom_memory, a_reader_needs_memory_once)
{
    number_atom a = atom_upto(10);
    numbers_reader r;
    struct refusals refusals = {0};
    stet_result result;
    do
        refuse(&refusals), result = numbers_reader_init(&r, &a);
    while (was_refused(&refusals, result));
    cr_assert_eq(refusals.count, STET_ATOM_LOCKED ? 0 : 1);
    stet_pool_fault(1, UINT64_MAX);
    cr_assert(is_upto(numbers_reader_refresh(&r), 10));
    numbers_reader_destroy(&r);
    cr_assert_eq(numbers_reader_init(&r, &a), STET_CHANGED, "a record is used again");
    stet_pool_fault_end();
    numbers_reader_destroy(&r);
    number_atom_destroy(&a);
}

/* ---- a thread that gets no memory at all ---- */

static void *read_without_memory(void *argument)
{
    number_atom *a = argument;
    stet_pool_fault(1, UINT64_MAX);
    numbers_guard g[20], old = number_atom_acquire(a);
    cr_assert_null(old.guard_.slot, "it got a record");
    for (unsigned i = 0; i < 20; i++)
        g[i] = number_atom_acquire(a);
    numbers mine = number_atom_snapshot(a);
    cr_assert(is_upto(&mine, 100));
    cr_assert_eq(number_atom_update(a, add_edit, &(long){100}), STET_NO_MEMORY);
    stet_pool_fault_end();
    cr_assert_eq(number_atom_update(a, add_edit, &(long){100}), STET_CHANGED);
    numbers next = numbers_upto(3);
    cr_assert_eq(number_atom_store(a, &next), STET_CHANGED);
    for (unsigned i = 0; i < 20; i++) {
        cr_assert(is_upto(numbers_guard_view(&g[i]), 100));
        numbers_guard_release(&g[i]);
    }
    cr_assert(is_upto(numbers_guard_view(&old), 100));
    numbers_guard_release(&old);
    numbers_drop(&mine);
    return NULL;
}

ATOM_TEST(atom_memory, a_thread_without_memory_reads_all_the_same)
{
    number_atom a = atom_upto(100);
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, read_without_memory, &a), 0);
    pthread_join(thread, NULL);
    cr_assert(reads_upto(&a, 3));
    only_current_is_kept(&a);
    number_atom_destroy(&a);
}

ATOM_TEST(atom_memory, the_budget_refuses_publications)
{
    number_atom a = atom_upto(100);
    stet_pool_set_budget(1);
    long n = 100;
    while (number_atom_update(&a, add_edit, &n) != STET_NO_MEMORY && n < 1000000)
        n++;
    stet_pool_set_budget(0);
    cr_assert_lt(n, 1000000);
    cr_assert(reads_upto(&a, (size_t)n));
    cr_assert_eq(number_atom_update(&a, add_edit, &n), STET_CHANGED);
    number_atom_destroy(&a);
}
