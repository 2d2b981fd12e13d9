/* SPDX-License-Identifier: MIT */
/*
 * atom/atom.c - what atoms do, one thread at a time unless it cannot be helped: reading, publishing, versions, what is
 * kept, when it is freed. test/atom/threads.c has the threads.
 */
#include <stet/list.h>

#include "support/atoms.h"
#include "support/no_membarrier.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* ---- reading ---- */

ATOM_TEST(atom, an_empty_one_reads_as_empty)
{
    number_atom a;
    cr_assert_eq(number_atom_init(&a, NULL), STET_CHANGED);
    numbers_guard g = number_atom_acquire(&a);
    cr_assert_eq(numbers_size(numbers_guard_view(&g)), 0);
    numbers_guard_release(&g);
    number_atom_destroy(&a);
}

ATOM_TEST(atom, init_takes_the_handle_over)
{
    number_atom a;
    numbers first = numbers_upto(100);
    cr_assert_eq(number_atom_init(&a, &first), STET_CHANGED);
    cr_assert_eq(numbers_size(&first), 0);
    cr_assert(reads_upto(&a, 100));
    number_atom_destroy(&a);
}

ATOM_TEST(atom, a_guard_keeps_its_version)
{
    number_atom a = atom_upto(10);
    numbers_guard g = number_atom_acquire(&a);
    uint64_t version = numbers_guard_version(&g);
    for (long i = 10; i < 200; i++)
        add_number(&a, i);
    cr_assert(is_upto(numbers_guard_view(&g), 10));
    cr_assert_eq(numbers_guard_version(&g), version);
    cr_assert_eq(number_atom_version(&a), version + 190);
    numbers_guard_release(&g);
    cr_assert(reads_upto(&a, 200));
    number_atom_destroy(&a);
}

ATOM_TEST(atom, a_released_guard_may_be_released_again)
{
    number_atom a = atom_upto(1);
    numbers_guard g = number_atom_acquire(&a);
    numbers_guard_release(&g);
    numbers_guard_release(&g);
    number_atom_destroy(&a);
}

ATOM_TEST(atom, a_guard_moves)
{
    number_atom a = atom_upto(10);
    numbers_guard g = number_atom_acquire(&a), moved = g;
    memset(&g, 0, sizeof g);
    add_number(&a, 10);
    number_atom_reclaim(&a);
    cr_assert(is_upto(numbers_guard_view(&moved), 10));
    numbers_guard_release(&g);
    numbers_guard_release(&moved);
    number_atom_destroy(&a);
}

static long size_and_return_early(const number_atom *a)
{
    numbers_guard g STET_CLEANUP(numbers_guard_release) = number_atom_acquire(a);
    if (numbers_size(numbers_guard_view(&g)) > 5)
        return 6;
    return (long)numbers_size(numbers_guard_view(&g));
}

ATOM_TEST(atom, a_guard_ends_with_its_scope)
{
    number_atom a = atom_upto(10);
    for (int i = 0; i < 100; i++) /* more than there are slots */
        cr_assert_eq(size_and_return_early(&a), 6);
    add_number(&a, 10);
    number_atom_reclaim(&a);
    struct stet_holder holder;
    numbers_guard g = number_atom_oldest(&a, &holder);
    cr_assert_null(g.guard_.published, "a guard was left");
    number_atom_destroy(&a);
}

/* More guards than slots: each has its version, released in any order. */
static void guards_beyond_slots(const unsigned *order, unsigned n)
{
    number_atom a = atom_upto(1);
    numbers_guard g[40];
    for (unsigned i = 0; i < n; i++) {
        g[i] = number_atom_acquire(&a);
        cr_assert_eq(g[i].guard_.slot == NULL, STET_ATOM_LOCKED || i >= STET_BRIEF_SLOT);
        add_number(&a, (long)i + 1);
    }
    number_atom_reclaim(&a);
    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = i; j < n; j++)
            cr_assert(is_upto(numbers_guard_view(&g[order[j]]), order[j] + 1));
        numbers_guard_release(&g[order[i]]);
    }
    cr_assert(reads_upto(&a, n + 1));
    only_current_is_kept(&a);
    number_atom_destroy(&a);
}

ATOM_TEST(atom, more_guards_than_slots)
{
    unsigned up[40], down[40], mixed[40];
    for (unsigned i = 0; i < 40; i++)
        up[i] = i, down[i] = 39 - i, mixed[i] = i * 17 % 40;
    guards_beyond_slots(up, 40);
    guards_beyond_slots(down, 40);
    guards_beyond_slots(mixed, 40);
}

ATOM_TEST(atom, guards_of_many_atoms_at_once)
{
    static number_atom all[1000];
    numbers_guard g[20];
    for (unsigned i = 0; i < 1000; i++)
        all[i] = atom_upto(i % 10);
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned i = 0; i < 20; i++) {
            unsigned at = (round * 20 + i) * 7 % 1000;
            g[i] = number_atom_acquire(&all[at]);
            add_number(&all[at], at % 10);
            cr_assert(is_upto(numbers_guard_view(&g[i]), at % 10));
        }
        for (unsigned i = 0; i < 20; i++)
            numbers_guard_release(&g[(i * 7 + round) % 20]);
    }
    for (unsigned i = 0; i < 1000; i++) {
        cr_assert(reads_upto(&all[i], i % 10 + 1));
        number_atom_destroy(&all[i]);
    }
}

ATOM_TEST(atom, a_snapshot_is_the_callers)
{
    number_atom a = atom_upto(100);
    numbers mine = number_atom_snapshot(&a);
    cr_assert_eq(numbers_add(&mine, 100), STET_CHANGED);
    cr_assert(is_upto(&mine, 101));
    cr_assert(reads_upto(&a, 100));
    number_atom_destroy(&a);
    cr_assert(is_upto(&mine, 101));
    numbers_drop(&mine);
}

ATOM_TEST(atom, a_reader_is_as_old_as_its_last_refresh)
{
    number_atom a = atom_upto(10);
    numbers_reader r;
    cr_assert_eq(numbers_reader_init(&r, &a), STET_CHANGED);
    cr_assert(is_upto(numbers_reader_view(&r), 10));
    add_number(&a, 10);
    number_atom_reclaim(&a);
    cr_assert(is_upto(numbers_reader_view(&r), 10));
    cr_assert(is_upto(numbers_reader_refresh(&r), 11));
    cr_assert_eq(numbers_reader_refresh(&r), numbers_reader_view(&r));
    cr_assert_eq(numbers_reader_version(&r), number_atom_version(&a));
    only_current_is_kept(&a);
    numbers_reader_destroy(&r);
    numbers_reader_destroy(&r);
    number_atom_destroy(&a);
}

/* ---- publishing ---- */

ATOM_TEST(atom, store_moves)
{
    number_atom a = atom_upto(10);
    numbers next = numbers_upto(20);
    cr_assert_eq(number_atom_store(&a, &next), STET_CHANGED);
    cr_assert_eq(numbers_size(&next), 0);
    cr_assert(reads_upto(&a, 20));
    cr_assert_eq(number_atom_store(&a, &next), STET_CHANGED);
    cr_assert(reads_upto(&a, 0));
    number_atom_destroy(&a);
}

ATOM_TEST(atom, store_frees_what_nobody_reads_at_once)
{
    number_atom a = atom_upto(10000);
    numbers next = {0};
    cr_assert_eq(number_atom_store(&a, &next), STET_CHANGED);
    cr_assert_leq(stet_pool_stats().live_blocks, 1, "more than a box is live");
    number_atom_destroy(&a);
}

ATOM_TEST(atom, exchange_gives_the_version_before)
{
    number_atom a = atom_upto(10);
    numbers m = numbers_upto(20);
    cr_assert_eq(number_atom_swap(&a, &m), STET_CHANGED);
    cr_assert(is_upto(&m, 10));
    cr_assert_eq(numbers_add(&m, 10), STET_CHANGED); /* in place, or not: nobody else sees it */
    cr_assert(reads_upto(&a, 20));
    numbers_drop(&m);
    number_atom_destroy(&a);
}

ATOM_TEST(atom, exchange_leaves_what_a_guard_reads)
{
    number_atom a = atom_upto(10);
    numbers_guard g = number_atom_acquire(&a);
    numbers m = {0};
    cr_assert_eq(number_atom_swap(&a, &m), STET_CHANGED);
    for (long i = 10; i < 100; i++)
        cr_assert_eq(numbers_add(&m, i), STET_CHANGED);
    cr_assert(is_upto(numbers_guard_view(&g), 10));
    numbers_drop(&m);
    cr_assert(is_upto(numbers_guard_view(&g), 10));
    numbers_guard_release(&g);
    number_atom_destroy(&a);
}

ATOM_TEST(atom, compare_exchange_publishes_over_the_guards_version_only)
{
    number_atom a = atom_upto(10);
    numbers_guard g = number_atom_acquire(&a);
    numbers m = numbers_copy(numbers_guard_view(&g));
    cr_assert_eq(numbers_add(&m, 10), STET_CHANGED);
    cr_assert_eq(number_atom_compare_and_swap(&a, &g, &m), STET_CHANGED);
    cr_assert_eq(numbers_size(&m), 0);
    cr_assert(reads_upto(&a, 11));
    cr_assert(is_upto(numbers_guard_view(&g), 10));

    m = numbers_upto(50);
    cr_assert_eq(number_atom_compare_and_swap(&a, &g, &m), STET_CONFLICT);
    cr_assert(is_upto(&m, 50));
    cr_assert(reads_upto(&a, 11));
    numbers_guard_release(&g);

    g = number_atom_acquire(&a);
    cr_assert_eq(number_atom_compare_and_swap(&a, &g, &m), STET_CHANGED);
    numbers_guard_release(&g);
    cr_assert(reads_upto(&a, 50));
    number_atom_destroy(&a);
}

static void compare_exchange_is_refused(number_atom *a, const numbers_guard *g)
{
    uint64_t version = number_atom_version(a);
    numbers m = numbers_upto(5);
    cr_assert_eq(number_atom_compare_and_swap(a, g, &m), STET_FAILED);
    cr_assert(is_upto(&m, 5));
    cr_assert_eq(number_atom_version(a), version);
    numbers_drop(&m);
}

MISUSE(atom, compare_exchange_with_a_guard_of_nothing)
{
    number_atom a = atom_upto(10);
    numbers_guard nothing = {{0}};
    compare_exchange_is_refused(&a, &nothing);
    number_atom_destroy(&a);
}

MISUSE(atom, compare_exchange_with_a_guard_of_another_atom)
{
    number_atom a = atom_upto(10), other = atom_upto(10);
    numbers_guard g = number_atom_acquire(&other);
    compare_exchange_is_refused(&a, &g);
    numbers_guard_release(&g);
    number_atom_destroy(&a);
    number_atom_destroy(&other);
}

ATOM_TEST(atom, the_same_contents_published_again_are_another_version)
{
    number_atom a = atom_upto(10);
    uint64_t version = number_atom_version(&a);
    numbers m = number_atom_snapshot(&a), other = numbers_upto(5);
    numbers_guard g = number_atom_acquire(&a);
    cr_assert_eq(number_atom_store(&a, &other), STET_CHANGED);
    cr_assert_eq(number_atom_store(&a, &m), STET_CHANGED);
    cr_assert_eq(number_atom_version(&a), version + 2);
    m = number_atom_snapshot(&a);
    cr_assert(numbers_identical(&m, numbers_guard_view(&g)));
    cr_assert_eq(number_atom_compare_and_swap(&a, &g, &m), STET_CONFLICT); /* not that version, though that root */
    numbers_drop(&m);
    numbers_guard_release(&g);
    number_atom_destroy(&a);
}

static stet_result answer_is(void *context, numbers *m)
{
    if (!numbers_add(m, 77))
        return STET_NO_MEMORY;
    return *(stet_result *)context;
}

ATOM_TEST(atom, update_publishes_only_what_is_changed)
{
    number_atom a = atom_upto(10);
    uint64_t version = number_atom_version(&a);
    stet_result answers[] = {STET_NO_MEMORY, STET_UNCHANGED, STET_CONFLICT};
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(number_atom_update(&a, answer_is, &answers[i]), answers[i]);
    cr_assert_eq(number_atom_version(&a), version);
    cr_assert(reads_upto(&a, 10));
    number_atom_destroy(&a);
}

ATOM_TEST(atom, apply_is_one_publication)
{
    number_atom a = atom_upto(10);
    uint64_t version = number_atom_version(&a);
    long n[] = {10, 11, 12};
    number_atom_op edits[] = {{add_edit, &n[0]}, {add_edit, &n[1]}, {add_edit, &n[0]}, {add_edit, &n[2]}};
    cr_assert_eq(number_atom_apply(&a, edits, 4), STET_CHANGED);
    cr_assert_eq(number_atom_version(&a), version + 1);
    cr_assert(reads_upto(&a, 13));
    cr_assert_eq(number_atom_apply(&a, edits, 4), STET_UNCHANGED); /* they are all there */
    cr_assert_eq(number_atom_apply(&a, edits, 0), STET_UNCHANGED);
    stet_result conflict = STET_CONFLICT;
    number_atom_op failing[] = {{add_edit, &(long){99}}, {answer_is, &conflict}, {add_edit, &(long){98}}};
    cr_assert_eq(number_atom_apply(&a, failing, 3), STET_CONFLICT);
    cr_assert_eq(number_atom_version(&a), version + 1);
    cr_assert(reads_upto(&a, 13));
    number_atom_destroy(&a);
}

struct interrupted {
    number_atom *a;
    unsigned calls;
};

/* The first two times another writer is faster: this one, by itself. */
static stet_result interrupted_edit(void *context, numbers *m)
{
    struct interrupted *i = context;
    long n = (long)numbers_size(m);
    if (i->calls++ < 2)
        add_number(i->a, n);
    return numbers_add(m, (long)numbers_size(m));
}

ATOM_TEST(atom, update_tries_again_with_the_newer_version)
{
    number_atom a = atom_upto(10);
    struct interrupted i = {&a, 0};
    cr_assert_eq(number_atom_update(&a, interrupted_edit, &i), STET_CHANGED);
    cr_assert_eq(i.calls, 3);
    cr_assert(reads_upto(&a, 13));
    number_atom_destroy(&a);
}

/* ---- versions: waiting, keeping, who holds ---- */

ATOM_TEST(atom, wait_answers_at_once_when_there_was_a_change)
{
    number_atom a = atom_upto(1);
    uint64_t version = number_atom_version(&a), seen = version;
    cr_assert(!number_atom_wait(&a, &seen, 0));
    cr_assert(!number_atom_wait(&a, &seen, 5));
    cr_assert_eq(seen, version);
    add_number(&a, 1);
    cr_assert(number_atom_wait(&a, &seen, -1));
    cr_assert_eq(seen, version + 1);
    number_atom_destroy(&a);
}

static struct timespec clock_now(void)
{
    struct timespec now;
    cr_assert_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return now;
}

ATOM_TEST(atom, wait_ends_in_time_where_a_second_ends_before)
{
    number_atom a = atom_upto(1);
    uint64_t version = number_atom_version(&a), seen = version;
    struct timespec begin;
    while ((begin = clock_now()).tv_nsec < 970000000)
        sched_yield();
    cr_assert(!number_atom_wait(&a, &seen, 40));
    struct timespec end = clock_now();
    int64_t waited = (int64_t)(end.tv_sec - begin.tv_sec) * 1000000000 + end.tv_nsec - begin.tv_nsec;
    cr_assert(waited >= 40000000 && waited < INT64_C(30000000000), "%lld ns", (long long)waited);
    cr_assert_eq(seen, version);
    number_atom_destroy(&a);
}

static bool readable(int fd) { return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) == 1; }

ATOM_TEST(atom, a_watch_is_readable_after_a_change)
{
    number_atom a = atom_upto(1);
    struct stet_watch w, other;
    int fd = number_atom_watch(&a, &w), other_fd = number_atom_watch(&a, &other);
    cr_assert(fd >= 0 && other_fd >= 0);
    cr_assert(!readable(fd));
    for (long i = 1; i < 4; i++)
        add_number(&a, i);
    cr_assert(readable(fd) && readable(other_fd));
    number_atom_watch_seen(&a, &w);
    cr_assert(!readable(fd) && readable(other_fd));
    number_atom_unwatch(&a, &other);
    numbers m = {0};
    cr_assert_eq(number_atom_store(&a, &m), STET_CHANGED);
    cr_assert(readable(fd));
    number_atom_watch_seen(&a, &w);
    number_atom_watch_seen(&a, &w);
    m = numbers_upto(3);
    numbers_guard g = number_atom_acquire(&a);
    cr_assert_eq(number_atom_compare_and_swap(&a, &g, &m), STET_CHANGED);
    numbers_guard_release(&g);
    cr_assert(readable(fd));
    number_atom_unwatch(&a, &w);
    number_atom_destroy(&a);
}

ATOM_TEST(atom, without_a_descriptor_there_is_no_watch)
{
    number_atom a = atom_upto(1);
    struct stet_watch w;
    struct rlimit before, none;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    errno = 0;
    int fd = number_atom_watch(&a, &w), reason = errno;
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    cr_assert_eq(fd, -1);
    cr_assert_eq(reason, EMFILE);
    cr_assert(a.state_->listeners == 0 && a.state_->watches == NULL, "it is counted among those who wait");
    add_number(&a, 1);
    cr_assert(reads_upto(&a, 2));
    number_atom_destroy(&a);
}

ATOM_TEST(atom, the_last_versions_are_kept_on_request)
{
    number_atom a = atom_upto(1);
    number_atom_keep_versions(&a, 3);
    uint64_t first = number_atom_version(&a);
    for (long i = 1; i < 300; i++) {
        add_number(&a, i);
        number_atom_reclaim(&a);
        for (long back = 0; back < 4 && back <= i; back++) {
            numbers_guard g = number_atom_at(&a, first + (uint64_t)(i - back));
            cr_assert_not_null(g.guard_.published);
            cr_assert(is_upto(numbers_guard_view(&g), (size_t)(i + 1 - back)));
            numbers_guard_release(&g);
        }
        numbers_guard g = number_atom_at(&a, first + (uint64_t)i - 4);
        cr_assert_null(g.guard_.published);
        g = number_atom_at(&a, first + (uint64_t)i + 1);
        cr_assert_null(g.guard_.published);
    }
    numbers_guard g = number_atom_at(&a, first + 297);
    number_atom_keep_versions(&a, 0);
    cr_assert(is_upto(numbers_guard_view(&g), 298));
    numbers_guard_release(&g);
    only_current_is_kept(&a);
    number_atom_destroy(&a);
}

ATOM_TEST(atom, who_holds_the_oldest_version)
{
    number_atom a = atom_upto(1000);
    struct stet_holder holder;
    uint64_t version = number_atom_version(&a);
    numbers_guard oldest = number_atom_oldest(&a, &holder);
    cr_assert_null(oldest.guard_.published);
    numbers_guard g = number_atom_acquire(&a);
    oldest = number_atom_oldest(&a, &holder);
    cr_assert_null(oldest.guard_.published, "the current version is not an old one");
    for (long i = 1000; i < 1200; i++)
        add_number(&a, i);
    numbers_guard later = number_atom_acquire(&a);
    numbers m = numbers_upto(2000);
    cr_assert_eq(number_atom_store(&a, &m), STET_CHANGED);

    oldest = number_atom_oldest(&a, &holder);
    cr_assert_eq(holder.version, version);
    cr_assert_eq(holder.thread, STET_ATOM_LOCKED ? 0 : stet_os_thread_());
    cr_assert_lt(holder.age, UINT64_C(600000000000));
    cr_assert(is_upto(numbers_guard_view(&oldest), 1000));
    size_t alone = numbers_unshared_bytes(numbers_guard_view(&oldest));
    cr_assert_gt(alone, 0);
    numbers_guard_release(&g);
    int64_t before = stet_pool_stats().live_bytes;
    numbers_guard_release(&oldest);
    int64_t freed = before - stet_pool_stats().live_bytes;
    cr_assert_geq(freed, (int64_t)alone, "said it alone keeps %zu, freed %lld", alone, (long long)freed);
    cr_assert_leq(freed, (int64_t)alone + 64, "said it alone keeps %zu, freed %lld", alone, (long long)freed);

    oldest = number_atom_oldest(&a, &holder);
    cr_assert_eq(holder.version, version + 200);
    numbers_guard_release(&oldest);
    numbers_guard_release(&later);
    oldest = number_atom_oldest(&a, &holder);
    cr_assert_null(oldest.guard_.published);
    number_atom_destroy(&a);
}

/* ---- what is freed, and when ---- */

ATOM_TEST(atom, a_released_guard_frees_its_version_without_a_further_write)
{
    number_atom a = atom_upto(1000);
    numbers_guard g = number_atom_acquire(&a);
    numbers m = {0};
    cr_assert_eq(number_atom_store(&a, &m), STET_CHANGED);
    cr_assert_gt(stet_pool_stats().live_blocks, 10);
    numbers_guard_release(&g);
    cr_assert_eq(stet_pool_stats().live_blocks, 1);
    number_atom_destroy(&a);
}

ATOM_TEST(atom, a_held_guard_keeps_no_more_than_its_version)
{
    number_atom a = atom_upto(100);
    numbers_guard g = number_atom_acquire(&a);
    int64_t most = 0;
    for (long i = 100; i < 20100; i++) {
        add_number(&a, i % 100 + 100);
        remove_number(&a, i % 100 + 100);
        int64_t live = stet_pool_stats().live_blocks;
        most = live > most ? live : most;
    }
    cr_assert_lt(most, 4 * RECLAIM_EACH + 1000, "%lld blocks were live", (long long)most);
    numbers_guard_release(&g);
    number_atom_reclaim(&a);
    only_current_is_kept(&a);
    number_atom_destroy(&a);
}

ATOM_TEST(atom, by_hand_nothing_is_freed_until_asked)
{
    number_atom a = atom_upto(100);
    number_atom_reclaim_by_hand(&a, true);
    for (long i = 100; i < 400; i++)
        add_number(&a, i);
    numbers_guard g = number_atom_acquire(&a);
    numbers m = {0};
    cr_assert_eq(number_atom_store(&a, &m), STET_CHANGED);
    cr_assert_gt(stet_pool_stats().live_blocks, 301);
    number_atom_reclaim(&a);
    int64_t held = stet_pool_stats().live_blocks;
    cr_assert_gt(held, 1);
    numbers_guard_release(&g); /* who lets go of a version frees it as little as who replaces one */
    cr_assert_eq(stet_pool_stats().live_blocks, held);
    number_atom_reclaim(&a);
    cr_assert_eq(stet_pool_stats().live_blocks, 1);
    for (long i = 0; i < 3 * 4096; i++) {
        add_number(&a, i % 100);
        remove_number(&a, i % 100);
        cr_assert_lt(stet_pool_stats().live_blocks, 3 * 4200, "no cap");
    }
    number_atom_reclaim_by_hand(&a, false);
    number_atom_destroy(&a);
}

ATOM_TEST(atom, reclaim_of_all)
{
    number_atom a = atom_upto(10), b = atom_upto(20);
    for (long i = 20; i < 40; i++)
        add_number(&a, i), add_number(&b, i);
    stet_reclaim();
    only_current_is_kept(&a);
    only_current_is_kept(&b);
    number_atom_destroy(&a);
    number_atom_destroy(&b);
}

ATOM_TEST(atom, guards_and_readers_outlive_the_atom)
{
    number_atom a = atom_upto(100);
    numbers_guard old = number_atom_acquire(&a);
    add_number(&a, 100);
    numbers_guard current = number_atom_acquire(&a), many[20];
    for (unsigned i = 0; i < 20; i++)
        many[i] = number_atom_acquire(&a);
    numbers_reader r;
    cr_assert_eq(numbers_reader_init(&r, &a), STET_CHANGED);
    uint64_t last = number_atom_version(&a);
    number_atom_destroy(&a);
    number_atom next = atom_upto(5); /* has the same state */
    cr_assert_gt(number_atom_version(&next), last, "what a guard of the old atom asks of the state is not answered");
    for (unsigned i = 0; i < 20; i++)
        numbers_guard_release(&many[i]);
    cr_assert(is_upto(numbers_guard_view(&old), 100));
    numbers_guard_release(&old);
    cr_assert(is_upto(numbers_guard_view(&current), 101));
    numbers_guard_release(&current);
    cr_assert(is_upto(numbers_reader_view(&r), 101));
    numbers_reader_destroy(&r);
    cr_assert(reads_upto(&next, 5));
    only_current_is_kept(&next);
    number_atom_destroy(&next);
}

/* ---- membarrier(2) that is not there, or not any more ---- */

/* Readers fence, and have no slot that is filled without. */
ATOM_TEST(atom, without_membarrier)
{
    unsigned order[40];
    for (unsigned i = 0; i < 40; i++)
        order[i] = i * 17 % 40;
    cr_assert_eq(setenv("STET_NO_MEMBARRIER", "1", 1), 0);
    guards_beyond_slots(order, 40);
    cr_assert(STET_ATOM_LOCKED || (stet_thread_mine_->fenced && stet_thread_ != stet_thread_mine_));
    number_atom a = atom_upto(10);
    numbers_reader r;
    cr_assert_eq(numbers_reader_init(&r, &a), STET_CHANGED);
    add_number(&a, 10);
    number_atom_reclaim(&a);
    cr_assert(is_upto(numbers_reader_view(&r), 10));
    cr_assert(is_upto(numbers_reader_refresh(&r), 11));
    only_current_is_kept(&a);
    numbers_reader_destroy(&r);
    number_atom_destroy(&a);
}

ATOM_TEST(atom, membarrier_that_is_taken_away)
{
    number_atom a = atom_upto(100);
    numbers_reader r;
    cr_assert(reads_upto(&a, 100));
    cr_assert_eq(numbers_reader_init(&r, &a), STET_CHANGED); /* or this thread would be alone, and need none */
    bool refused = refuse_membarrier() && !STET_ATOM_LOCKED && !stet_thread_mine_->fenced;
    for (long n = 100; n < 1000; n++)
        add_number(&a, n);
    number_atom_reclaim(&a);
    cr_assert(is_upto(numbers_reader_view(&r), 100));
    cr_assert(reads_upto(&a, 1000));
    if (refused) {
        size_t n = 0;
        for (const struct stet_published *b = a.state_->pending; b != NULL; b = b->previous)
            n++;
        cr_assert_eq(n, 900, "of 900 versions %zu are left: who may hold them is not known", n);
    }
    cr_assert(is_upto(numbers_reader_refresh(&r), 1000));
    numbers_reader_destroy(&r);
    number_atom_reclaim(&a); /* alone again */
    only_current_is_kept(&a);
    number_atom_destroy(&a);
}

/* The child, alone at first, does without from then on. (ThreadSanitizer cannot count the locks that the pool takes.)
 */
#ifndef __SANITIZE_THREAD__
ATOM_TEST(atom, membarrier_that_a_child_is_refused)
{
    number_atom a = atom_upto(100);
    numbers_reader r;
    cr_assert(reads_upto(&a, 100));
    cr_assert_eq(numbers_reader_init(&r, &a), STET_CHANGED);
    bool refused = refuse_membarrier() && !STET_ATOM_LOCKED && !stet_thread_mine_->fenced;
    for (long n = 100; n < 200; n++)
        add_number(&a, n);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        bool right =
            !refused || (stet_thread_mine_->fenced && r.reader_.h->fenced && stet_thread_ != stet_thread_mine_);
        right &= reads_upto(&a, 200) && is_upto(numbers_reader_view(&r), 100);
        number_atom_reclaim(&a);
        right &= a.state_->pending == NULL && is_upto(numbers_reader_refresh(&r), 200);
        number_atom_reclaim(&a);
        test_exit(right && a.state_->kept == NULL ? 0 : 1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
    numbers_reader_destroy(&r);
    number_atom_destroy(&a);
}
#endif

/* ---- release callbacks ---- */

static number_atom *from_release;
static unsigned released;

struct noisy {
    int n;
};
typedef struct noisy *noisy_ptr;
static void noisy_ref(noisy_ptr p) { p->n++; }
static void noisy_unref(noisy_ptr p)
{
    p->n--;
    released++;
    if (from_release != NULL) { /* calls back: publishes, and so may reclaim */
        numbers m = {0};
        cr_assert_eq(number_atom_store(from_release, &m), STET_CHANGED);
    }
}
STET_TYPE_REF(noisy_type, noisy_ptr, noisy_ref, noisy_unref)
STET_MAP(noises, int, noisy_ptr, stet_int, noisy_type)
STET_ATOM(noise_atom, noises)

ATOM_TEST(atom, release_callbacks_may_publish)
{
    number_atom a = atom_upto(10);
    from_release = &a;
    noise_atom b;
    struct noisy noise = {0};
    noises m = {0};
    for (int i = 0; i < 100; i++)
        cr_assert_eq(noises_set(&m, i, &noise), STET_CHANGED);
    cr_assert_eq(noise_atom_init(&b, &m), STET_CHANGED);
    released = 0;
    cr_assert_eq(noise_atom_store(&b, &m), STET_CHANGED);
    cr_assert_eq(noise.n, 0);
    cr_assert_eq(released, 100);
    from_release = NULL;
    noise_atom_destroy(&b);
    number_atom_destroy(&a);
}

/* ---- records ---- */

STET_MAP(names, long, stet_str, stet_long, stet_str_type)
STET_RECORD(catalogue, (numbers, ids), (names, by_id))
STET_ATOM(catalogue_atom, catalogue)
STET_RECORD(alone, (catalogue, one))
STET_RECORD(eight, (numbers, a), (numbers, b), (numbers, c), (numbers, d), (numbers, e), (numbers, f), (numbers, g),
            (alone, h))
STET_ATOM(eight_atom, eight)

static stet_result add_named(void *context, catalogue *c)
{
    stet_str name;
    long n = *(long *)context;
    if (!stet_str_from_cstr("a name that is not short", &name))
        return STET_NO_MEMORY;
    stet_result result = numbers_add(&c->ids, n);
    if (result != STET_NO_MEMORY && names_set(&c->by_id, n, name) == STET_NO_MEMORY)
        result = STET_NO_MEMORY;
    stet_str_drop(&name);
    return result;
}

ATOM_TEST(atom, a_record_is_published_whole)
{
    catalogue_atom a;
    cr_assert_eq(catalogue_atom_init(&a, NULL), STET_CHANGED);
    catalogue_guard empty = catalogue_atom_acquire(&a);
    for (long n = 0; n < 100; n++)
        cr_assert_eq(catalogue_atom_update(&a, add_named, &n), STET_CHANGED);
    cr_assert_eq(numbers_size(&catalogue_guard_view(&empty)->ids), 0);
    catalogue_guard_release(&empty);
    catalogue c = catalogue_atom_snapshot(&a), moved = catalogue_move(&c);
    cr_assert_eq(numbers_size(&c.ids), 0);
    cr_assert(is_upto(&moved.ids, 100));
    cr_assert_eq(names_size(&moved.by_id), 100);
    catalogue_drop(&moved);
    cr_assert_eq(names_size(&moved.by_id), 0);
    catalogue_atom_destroy(&a);
}

ATOM_TEST(atom, records_of_one_to_eight)
{
    eight e = {0};
    e.a = numbers_upto(1);
    e.g = numbers_upto(7);
    e.h.one.ids = numbers_upto(8);
    eight_atom a;
    cr_assert_eq(eight_atom_init(&a, &e), STET_CHANGED);
    e = eight_atom_snapshot(&a);
    cr_assert(is_upto(&e.a, 1) && is_upto(&e.b, 0) && is_upto(&e.g, 7) && is_upto(&e.h.one.ids, 8));
    eight_drop(&e);
    eight_atom_destroy(&a);
}

/* ---- a handle of another shape ---- */

STET_LIST(line, long, stet_long)
STET_ATOM(line_atom, line)

static stet_result push_next(void *context, line *l)
{
    (void)context;
    return line_push_back(l, (long)line_size(l));
}

ATOM_TEST(atom, lists_too)
{
    line_atom a;
    cr_assert_eq(line_atom_init(&a, NULL), STET_CHANGED);
    line_guard g = {{0}};
    for (long n = 0; n < 3000; n++) {
        if (n == 1000)
            g = line_atom_acquire(&a);
        cr_assert_eq(line_atom_update(&a, push_next, NULL), STET_CHANGED);
    }
    line all = line_atom_snapshot(&a);
    cr_assert_eq(line_size(line_guard_view(&g)), 1000);
    cr_assert_eq(line_size(&all), 3000);
    for (size_t n = 0; n < 3000; n++)
        cr_assert_eq(*line_get(&all, n), (long)n);
    cr_assert_eq(*line_get(line_guard_view(&g), 999), 999);
    line_drop(&all);
    line_guard_release(&g);
    line_atom_destroy(&a);
}

/* ---- a collection of one's own: whose drop publishes, which frees, which drops ... ---- */

typedef struct token {
    unsigned level;
} token;
static void drop_token(unsigned level);
static token token_copy(const token *t) { return *t; }
static void token_drop(token *t)
{
    drop_token(t->level);
    t->level = 0;
}
STET_ATOM(token_atom, token)

#define TOKENS 2000

static token_atom *tokens;
static unsigned depth, deepest, dropped;

static void drop_token(unsigned level)
{
    token none = {0};
    if (level == 0)
        return;
    deepest = ++depth > deepest ? depth : deepest;
    dropped++;
    if (level < TOKENS)
        cr_assert_eq(token_atom_store(&tokens[level], &none), STET_CHANGED);
    depth--;
}

ATOM_TEST(atom, a_chain_of_drops_needs_no_stack)
{
    tokens = calloc(TOKENS, sizeof *tokens);
    for (unsigned i = 0; i < TOKENS; i++)
        cr_assert_eq(token_atom_init(&tokens[i], &(token){i + 1}), STET_CHANGED);
    token none = {0};
    cr_assert_eq(token_atom_store(&tokens[0], &none), STET_CHANGED);
    cr_assert_eq(dropped, TOKENS);
    cr_assert_eq(deepest, 1);
    for (unsigned i = 0; i < TOKENS; i++)
        token_atom_destroy(&tokens[i]);
    free(tokens);
}
