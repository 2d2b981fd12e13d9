/* SPDX-License-Identifier: MIT */
/*
 * types/count.c - counts that overflow saturate, and what they count stays: of nodes, of strings, of boxes. Nobody
 * counts to 2^31 here: the counts are set to what so many leaked handles would have made of them.
 */
#include <stet/impl/count.h>
#include <stet/list.h>
#include <stet/str.h>

#include "support/atoms.h"

#include <pthread.h>

enum { LAST = INT32_MAX }; /* the largest count that is one */

STET_MAP(plain, int, int, stet_int, stet_int)
STET_LIST(row, int, stet_int)

static uint32_t *count_of(stet_ref r) { return stet_ref_node_(r); }

static int64_t live_blocks(void) { return stet_pool_stats().live_blocks; }

static plain plain_upto(int n)
{
    plain m = {0};
    for (int i = 0; i < n; i++)
        cr_assert_eq(plain_set(&m, i, i), STET_CHANGED);
    return m;
}

static bool is_plain_upto(const plain *m, int n)
{
    bool right = plain_size(m) == (size_t)n;
    for (int i = 0; i < n && right; i++)
        right = plain_get_or(m, i, -1) == i;
    return right;
}

LIVE_TEST(count, up_and_down)
{
    /* UINT32_MAX itself is 2^30 steps away from where a saturated count is put back to. */
    static const uint32_t beyond[] = {UINT32_C(1) << 31, (UINT32_C(1) << 31) + 1, STET_COUNT_SATURATED - 1,
                                      STET_COUNT_SATURATED, UINT32_MAX - 1};
    uint32_t count = 1;
    stet_count_up_(&count);
    cr_assert_eq(count, 2);
    cr_assert_not(stet_count_down_(&count));
    cr_assert_eq(count, 1);
    cr_assert(stet_count_down_(&count));
    count = LAST - 1;
    stet_count_up_(&count);
    cr_assert_eq(count, LAST);
    cr_assert_not(stet_count_down_(&count));
    cr_assert_eq(count, LAST - 1, "the last count that is one goes down again");
    count = LAST;
    stet_count_up_(&count);
    cr_assert_gt(count, LAST);
    stet_count_up_(&count);
    cr_assert_eq(count, STET_COUNT_SATURATED);
    for (unsigned i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        count = beyond[i];
        stet_count_up_(&count);
        cr_assert_eq(count, STET_COUNT_SATURATED, "%#x and one more is %#x", beyond[i], count);
        count = beyond[i];
        cr_assert_not(stet_count_down_(&count));
        cr_assert_eq(count, STET_COUNT_SATURATED, "%#x and one less is %#x", beyond[i], count);
    }
}

LIVE_TEST(count, a_map_of_which_too_many_handles_were_made_stays)
{
    plain m = plain_upto(300), copies[5];
    uint32_t *count = count_of(m.map_.root);
    int64_t blocks = live_blocks();
    *count = LAST;
    for (unsigned i = 0; i < 5; i++)
        copies[i] = plain_copy(&m);
    cr_assert_eq(*count, STET_COUNT_SATURATED);
    for (unsigned i = 0; i < 5; i++)
        plain_drop(&copies[i]);
    for (unsigned i = 0; i < 5; i++) { /* those that had leaked */
        plain leaked = m;
        plain_drop(&leaked);
    }
    cr_assert_eq(*count, STET_COUNT_SATURATED, "counting down restores it");
    cr_assert_eq(live_blocks(), blocks);
    cr_assert(is_plain_upto(&m, 300));

    plain other = plain_copy(&m); /* it is shared, as ever */
    cr_assert_eq(plain_set(&other, 300, 300), STET_CHANGED);
    cr_assert(is_plain_upto(&other, 301) && is_plain_upto(&m, 300));
    plain_drop(&other);
    cr_assert_eq(live_blocks(), blocks, "of another version its own goes");
    cr_assert(is_plain_upto(&m, 300));
    *count = 1;
    plain_drop(&m);
}

LIVE_TEST(count, a_child_of_too_many_nodes_stays)
{
    plain m = plain_upto(8 * STET_MAP_LEAF_MAX(8));
    cr_assert(stet_ref_is_inner_(m.map_.root));
    int added = -1; /* somewhere else */
    const stet_ref *slot = stet_children_(stet_ref_inner_(m.map_.root));
    stet_ref there = slot[stet_map_hash_key_(&plain_map_type_, NULL, &added, 0) >> (m.map_.root & STET_TAG_BITS)];
    while (*slot == 0 || *slot == there)
        slot++;
    stet_ref child = *slot;
    *count_of(child) = LAST;
    for (int i = 0; i < 3; i++) {
        plain other = plain_copy(&m);
        cr_assert_eq(plain_set(&other, added, i), STET_CHANGED);
        cr_assert_eq(plain_trim(&other), STET_CHANGED); /* counts exactly */
        plain_drop(&other);
    }
    cr_assert_eq(*count_of(child), STET_COUNT_SATURATED);
    plain_drop(&m);
    cr_assert_gt(live_blocks(), 0, "the child is left");
    *count_of(child) = 1;
    stet_node_drop_(&plain_map_type_.node, child);
}

LIVE_TEST(count, a_list_of_which_too_many_handles_were_made_stays)
{
    row l = {0};
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(i % 2 ? row_push_front(&l, i) : row_push_back(&l, i), STET_CHANGED);
    cr_assert(l.list_.tree.root != 0 && l.list_.head.leaf != NULL && l.list_.tail.leaf != NULL);
    uint32_t *count[] = {count_of(l.list_.tree.root), &l.list_.head.leaf->refcount, &l.list_.tail.leaf->refcount};
    int64_t blocks = live_blocks();
    for (unsigned k = 0; k < 3; k++)
        *count[k] = LAST;
    for (unsigned i = 0; i < 4; i++) {
        row copy = row_copy(&l), another = row_copy(&l), leaked = copy;
        row_drop(&copy);
        row_drop(&another);
        row_drop(&leaked);
    }
    for (unsigned k = 0; k < 3; k++) {
        cr_assert_eq(*count[k], STET_COUNT_SATURATED);
        *count[k] = 1;
    }
    cr_assert_eq(live_blocks(), blocks);
    cr_assert_eq(row_size(&l), 1000);
    cr_assert(*row_front(&l) == 999 && *row_back(&l) == 998);
    row_drop(&l);
}

LIVE_TEST(count, a_string_of_which_too_many_handles_were_made_stays)
{
    stet_str s, copies[4];
    cr_assert_eq(stet_str_from_cstr("a string that is too long to be held in place", &s), STET_CHANGED);
    uint32_t *count = &s.heap_->refcount;
    *count = LAST;
    for (unsigned i = 0; i < 4; i++)
        copies[i] = stet_str_copy(&s);
    for (unsigned i = 0; i < 4; i++) {
        stet_str leaked = copies[i];
        stet_str_drop(&copies[i]);
        stet_str_drop(&leaked);
    }
    cr_assert_eq(*count, STET_COUNT_SATURATED);
    cr_assert_eq(live_blocks(), 1);
    cr_assert_str_eq(stet_str_bytes(&s), "a string that is too long to be held in place");
    *count = 1;
    stet_str_drop(&s);
}

/* More guards than a thread has slots: the last ones are pins. */
ATOM_TEST(count, a_version_with_too_many_pins_stays)
{
    enum { GUARDS = 12 };
    number_atom a = atom_upto(10);
    numbers_guard g[GUARDS];
    for (unsigned i = 0; i < GUARDS; i++)
        g[i] = number_atom_acquire(&a);
    struct stet_published *published = g[0].guard_.published;
    uint32_t pins = published->pins;
    cr_assert(pins > 1 && pins <= GUARDS);
    published->pins = LAST;
    for (unsigned i = 0; i < 3; i++) {
        numbers_guard more = number_atom_acquire(&a), leaked = more;
        numbers_guard_release(&more);
        if (i > 0)
            numbers_guard_release(&leaked);
    }
    published->pins = UINT32_MAX - 1;
    numbers_guard more = number_atom_acquire(&a);
    cr_assert_eq(published->pins, STET_COUNT_SATURATED);
    add_number(&a, 10);
    numbers_guard_release(&more);
    cr_assert_eq(published->pins, STET_COUNT_SATURATED);
    number_atom_reclaim(&a);
    cr_assert(is_upto(numbers_guard_view(&g[GUARDS - 1]), 10));
    published->pins = pins;
    for (unsigned i = 0; i < GUARDS; i++)
        numbers_guard_release(&g[i]);
    number_atom_reclaim(&a);
    number_atom_destroy(&a);
}

/* Threads that meet where a count saturates: whatever each has seen of it, it stays. */
static void *copy_and_drop(void *context)
{
    plain *m = context;
    for (int i = 0; i < 20000; i++) {
        plain leaked = plain_copy(m), copy = plain_copy(m);
        plain_drop(&copy);
        if (i % 4 == 0)
            plain_drop(&leaked);
    }
    return NULL;
}

LIVE_TEST(count, threads_that_saturate_it_at_a_time)
{
    plain m = plain_upto(100);
    pthread_t thread[4];
    *count_of(m.map_.root) = LAST - 10000;
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, copy_and_drop, &m), 0);
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(pthread_join(thread[i], NULL), 0);
    uint32_t count = *count_of(m.map_.root), drift = STET_COUNT_SATURATED - count + 4;
    cr_assert_leq(drift, 8, "the count is %#x", count);
    cr_assert(is_plain_upto(&m, 100));
    *count_of(m.map_.root) = 1;
    plain_drop(&m);
}
