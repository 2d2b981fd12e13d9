/* SPDX-License-Identifier: MIT */
/*
 * node/node.c - who counts whom (R1 - R6 of stet/impl/node.h), on nodes made by hand: a root of leaves, and copies of
 * it. Leaves here are blocks that know nothing but their count.
 */
#include "node/own.h"
#include "memory/cache.h"

#include "support/live.h"

enum { WIDE = 64, LEAF = 64 };

static unsigned freed;

static void free_leaf(const struct stet_node_type *t, stet_ref leaf)
{
    (void)t;
    freed++;
    pool_free(stet_ref_node_(leaf), LEAF);
}

static const struct stet_node_type lazy = {.free_leaf = free_leaf, .spread = true, .name = "lazy"},
                                   prompt = {.free_leaf = free_leaf, .spread = true, .exact = true, .name = "prompt"};

static stet_ref leaf_new(void)
{
    uint32_t *leaf = pool_allocate(LEAF);
    cr_assert_not_null(leaf);
    *leaf = 1;
    return (uintptr_t)leaf;
}

static uint32_t count_of(stet_ref r) { return *(uint32_t *)stet_ref_node_(r); }

/* A root of so many slots, each with a leaf of its own but for pairs: slots 2 and 3 hold one, and so on every eight. */
static stet_ref root_of(unsigned slots)
{
    size_t size = pool_node_size(sizeof(struct stet_inner) + slots * sizeof(stet_ref));
    struct stet_inner *n = pool_allocate(size);
    cr_assert_not_null(n);
    *n = (struct stet_inner){.refcount = 1, .units = (uint16_t)(size / POOL_UNIT), .slots = (uint8_t)slots};
    for (unsigned i = 0; i < slots; i++)
        stet_children_(n)[i] = i % 8 == 3 ? stet_children_(n)[i - 1] : leaf_new();
    return (uintptr_t)n | STET_INNER_TAG;
}

static stet_ref child(stet_ref root, unsigned i) { return stet_children_(stet_ref_inner_(root))[i]; }

/* A second version, made by copying the root: as an update of a shared map does. The old root is held by one less. */
static stet_ref copy_of(const struct stet_node_type *t, stet_ref root)
{
    stet_ref copy = root;
    stet_node_retain_(root);
    cr_assert(stet_own_inner(t, NULL, 0, &copy, true, STET_OWN_BY_BUDGET));
    cr_assert_eq(count_of(copy), 1);
    return copy;
}

/* Puts a new leaf in place of the one in slot i of an exclusive root, which may count exactly from then on. */
static void replace(const struct stet_node_type *t, stet_ref root, unsigned i)
{
    struct stet_inner *n = stet_ref_inner_(root);
    stet_ref old = child(root, i);
    unsigned count = child(root, i ^ 1) == old ? 2 : 1;
    bool counted = stet_parent_counts(t, n, i);
    i &= ~(count - 1);
    stet_children_(n)[i] = stet_children_(n)[i + count - 1] = leaf_new();
    stet_slots_claim(n, i, count);
    if (counted)
        stet_node_release(t, old);
}

/* The i-th slot that has a leaf of its own. */
static unsigned single(unsigned i) { return i / 6 * 8 + i % 6 + (i % 6 < 2 ? 0 : 2); }

static void drop(const struct stet_node_type *t, stet_ref root) { stet_node_drop_(t, root); }

LIVE_TEST(node, masks_of_slots)
{
    cr_assert_eq(stet_slot_mask(0, 1), 1);
    cr_assert_eq(stet_slot_mask(5, 2), 3 << 5);
    cr_assert_eq(stet_slot_mask(0, 64), UINT64_MAX);
    cr_assert_eq(stet_slot_mask(63, 1), UINT64_C(1) << 63);
    cr_assert_eq(stet_slot_mask(32, 32), UINT64_MAX << 32);
}

/* Not one child is counted by the copy; their counts and the old root tell. */
LIVE_TEST(node, a_copy_borrows)
{
    stet_ref old = root_of(WIDE), copy = copy_of(&lazy, old);
    cr_assert_eq(stet_ref_inner_(copy)->lender, old);
    cr_assert_eq(stet_ref_inner_(copy)->replaced, 0);
    cr_assert_eq(count_of(old), 2, "the version and the copy");
    for (unsigned i = 0; i < WIDE; i++) {
        cr_assert_eq(child(copy, i), child(old, i));
        cr_assert_eq(count_of(child(old, i)), 1);
    }
    freed = 0;
    drop(&lazy, old);
    cr_assert_eq(freed, 0, "the copy keeps them");
    drop(&lazy, copy);
    cr_assert_eq(freed, WIDE - WIDE / 8);
}

LIVE_TEST(node, prompt_and_small_nodes_count_exactly)
{
    stet_ref old = root_of(WIDE), copy = copy_of(&prompt, old);
    cr_assert_eq(stet_ref_inner_(copy)->lender, 0);
    for (unsigned i = 0; i < WIDE; i++)
        cr_assert_eq(count_of(child(old, i)), 2);
    cr_assert_eq(count_of(old), 1);
    drop(&prompt, old);
    drop(&prompt, copy);
    for (unsigned slots = 2; slots <= WIDE; slots *= 2) {
        old = root_of(slots), copy = copy_of(&lazy, old);
        cr_assert_eq(stet_ref_inner_(copy)->lender == 0, stet_borrow_budget(&lazy, slots) == 0);
        drop(&lazy, old);
        drop(&lazy, copy);
    }
    cr_assert_eq(stet_borrow_budget(&lazy, WIDE), STET_TINY_NODES ? 32 : 8);
}

/* An eighth of the slots may be replaced; the next one makes it count, once for each distinct child. */
LIVE_TEST(node, a_spent_budget_ends_borrowing)
{
    stet_ref old = root_of(WIDE), copy = copy_of(&lazy, old);
    unsigned budget = stet_borrow_budget(&lazy, WIDE);
    for (unsigned i = 0; i < budget; i++) {
        cr_assert_eq(stet_ref_inner_(copy)->lender, old);
        replace(&lazy, copy, single(i));
    }
    cr_assert_eq(stet_ref_inner_(copy)->lender, old, "%u slots are replaced", budget);
    replace(&lazy, copy, 63);
    cr_assert_eq(stet_ref_inner_(copy)->lender, 0);
    cr_assert_eq(count_of(old), 1);
    for (unsigned i = single(budget); i < 63; i++)
        cr_assert_eq(count_of(child(copy, i)), 2);
    drop(&lazy, old);
    for (unsigned i = 0; i < WIDE; i++)
        cr_assert_eq(count_of(child(copy, i)), 1);
    drop(&lazy, copy);
}

/* A copy of what borrows takes over the lender (R3), and counts the few children that are not the lender's. */
LIVE_TEST(node, a_copy_of_a_copy_takes_over_the_owner)
{
    unsigned budget = stet_borrow_budget(&lazy, WIDE);
    for (unsigned replaced = 1; replaced <= budget; replaced++) {
        stet_ref old = root_of(WIDE), first = copy_of(&lazy, old);
        for (unsigned i = 0; i < replaced; i++)
            replace(&lazy, first, single(i));
        stet_ref second = copy_of(&lazy, first);
        bool borrows = replaced < budget;
        cr_assert_eq(stet_ref_inner_(second)->lender, borrows ? old : 0, "with %u of %u replaced", replaced, budget);
        cr_assert_eq(count_of(old), borrows ? 3 : 2);
        cr_assert_eq(count_of(first), 1);
        cr_assert_eq(count_of(child(second, 0)), 2, "replaced: both versions count it");
        cr_assert_eq(count_of(child(second, 62)), borrows ? 1 : 2);
        freed = 0;
        drop(&lazy, first);
        cr_assert_eq(freed, 0);
        drop(&lazy, old);
        for (unsigned i = 0; i < WIDE; i++)
            cr_assert_geq(count_of(child(second, i)), 1);
        drop(&lazy, second);
    }
}

/* Else a lender, and what it alone holds, could be kept by ever newer copies. */
LIVE_TEST(node, an_owner_is_taken_over_so_often_only)
{
    stet_ref old = root_of(WIDE), version = copy_of(&lazy, old);
    for (unsigned i = 0; i < STET_FLATTEN_MAX; i++) {
        cr_assert_eq(stet_ref_inner_(version)->flattened, i);
        stet_ref next = copy_of(&lazy, version);
        drop(&lazy, version);
        version = next;
        cr_assert_eq(stet_ref_inner_(version)->lender, old, "after %u copies", i + 1);
    }
    stet_ref exact = copy_of(&lazy, version);
    cr_assert_eq(stet_ref_inner_(exact)->lender, 0);
    cr_assert_eq(stet_ref_inner_(exact)->flattened, 0);
    drop(&lazy, version);
    cr_assert_eq(count_of(old), 1);
    drop(&lazy, old);
    version = copy_of(&lazy, exact); /* and from then on it goes as before */
    cr_assert_eq(stet_ref_inner_(version)->lender, exact);
    stet_ref again = copy_of(&lazy, version);
    cr_assert_eq(stet_ref_inner_(again)->lender, exact);
    drop(&lazy, exact);
    drop(&lazy, version);
    drop(&lazy, again);
}

/* A lender that nobody else holds hands its references over; those to what was replaced go. */
LIVE_TEST(node, references_of_a_lonely_owner_are_taken_over)
{
    stet_ref old = root_of(WIDE), copy = copy_of(&lazy, old);
    replace(&lazy, copy, 10);
    replace(&lazy, copy, 63);
    drop(&lazy, old);
    cr_assert_eq(stet_ref_inner_(copy)->lender, old, "it is kept, for the copy");
    int64_t live = stet_pool_stats().live_blocks;
    freed = 0;
    cr_assert(stet_parent_counts(&lazy, stet_ref_inner_(copy), 7));
    cr_assert_eq(stet_ref_inner_(copy)->lender, 0);
    cr_assert_eq(freed, 2);
    cr_assert_eq(live - stet_pool_stats().live_blocks, 3, "and the lender");
    for (unsigned i = 0; i < WIDE; i++)
        cr_assert_eq(count_of(child(copy, i)), 1);
    drop(&lazy, copy);
}

/* Settling asks for no holder of the lender but the node itself: another thread may have dropped the last one. */
LIVE_TEST(node, children_are_counted_before_the_owner_goes)
{
    stet_ref old = root_of(WIDE), copy = copy_of(&lazy, old);
    replace(&lazy, copy, 5);
    drop(&lazy, old);
    stet_inner_flatten(&lazy, stet_ref_inner_(copy));
    stet_inner_flatten(&lazy, stet_ref_inner_(copy)); /* again: nothing */
    cr_assert_eq(stet_ref_inner_(copy)->lender, 0);
    for (unsigned i = 0; i < WIDE; i++)
        cr_assert_eq(count_of(child(copy, i)), 1);
    drop(&lazy, copy);
}

/* A node below a root that borrows it: its copy leaves the old one's count alone, and the root's slot is owned. */
LIVE_TEST(node, a_borrowed_node_is_copied_in_its_slot)
{
    stet_ref old = root_of(WIDE), inner = root_of(WIDE);
    stet_node_release(&lazy, child(old, 9));
    stet_children_(stet_ref_inner_(old))[9] = inner;
    stet_ref copy = copy_of(&lazy, old);
    struct stet_inner *n = stet_ref_inner_(copy);
    cr_assert_not(stet_parent_counts(&lazy, n, 9));
    stet_pool_fault(1, 1);
    cr_assert_not(stet_own_inner(&lazy, n, 9, &stet_children_(n)[9], false, STET_OWN_BY_BUDGET));
    stet_pool_fault_end();
    cr_assert(child(copy, 9) == inner && n->replaced == 0, "refused: nothing changed");
    cr_assert(stet_own_inner(&lazy, n, 9, &stet_children_(n)[9], false, STET_OWN_BY_BUDGET));
    cr_assert_eq(n->replaced, UINT64_C(1) << 9);
    cr_assert_eq(stet_ref_inner_(child(copy, 9))->lender, inner);
    cr_assert_eq(count_of(inner), 2, "the old root, and the copy that borrows from it");
    drop(&lazy, old);
    cr_assert_eq(count_of(child(inner, 0)), 1);
    drop(&lazy, copy);
}
