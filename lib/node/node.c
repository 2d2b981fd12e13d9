/* SPDX-License-Identifier: MIT */
/*
 * node/node.c - own, retain, release: the only place that counts references to nodes (stet/impl/node.h has the drawing
 * and the rules).
 *
 * Dead nodes are not released by recursion but through a work list per thread, linked through the dead nodes
 * themselves, so that a chain of a million one-element collections needs no stack, and can be released in steps:
 *
 *   inner, exact     next in `replaced`, descriptor in `lender`
 *   leaf             next at 16, descriptor at 24
 *   inner, borrowing or of one child: never on the list; the nodes that it counts are released at once
 */
#include "memory/cache.h"
#include "node/own.h"
#include "reclaim/reclaim.h"
#include "thread/nested.h"
#include "thread/process.h"

/* ---- the work list ---- */

struct link {
    stet_ref next;
    const struct stet_node_type *type;
};

struct work {
    stet_ref head;        /* dead nodes */
    stet_ref later;       /* dead nodes that may wait for stet_release_some() */
    struct nested nested; /* the outer call that is working on one of the lists */
};

static _Thread_local struct work work STET_THREAD_LOCAL_MODEL;

static struct link *link_of(stet_ref r)
{
    return (struct link *)((char *)stet_ref_node_(r) +
                           (stet_ref_is_inner_(r) ? offsetof(struct stet_inner, replaced) : 16));
}

static void push(const struct stet_node_type *t, stet_ref r, stet_ref *list)
{
    *link_of(r) = (struct link){*list, t};
    *list = r;
    if (STET_CHECKS_) /* the node is not freed yet, but its count must not change */
        __atomic_store_n((uint32_t *)stet_ref_node_(r), STET_POISON_, __ATOMIC_RELAXED);
}

static void inner_free(struct stet_inner *n) { pool_free(n, (size_t)n->units * POOL_UNIT); }

/*
 * Returns the address of a child's count. Where a child may spread over several slots, leaves are aligned to 64 bytes
 * as inner nodes are, so all six low bits are the tag.
 */
STET_INLINE uint32_t *child_count(bool spread, stet_ref r)
{
    return (uint32_t *)(spread ? (void *)stet_ref_inner_(r) : stet_ref_node_(r));
}

static void dead_inner(const struct stet_node_type *t, stet_ref r, stet_ref *list);

/* Frees r, which has no holder any more, or adds it to the list. */
STET_INLINE void dead(const struct stet_node_type *t, stet_ref r, stet_ref *list)
{
    if (stet_ref_is_inner_(r))
        dead_inner(t, r, list);
    else if (t->has_refs)
        push(t, r, list);
    else
        t->free_leaf(t, r);
}

STET_INLINE void release(const struct stet_node_type *t, stet_ref r, stet_ref *list)
{
    stet_node_check_(t, r);
    if (r != 0 && stet_node_count_down_(r))
        dead(t, r, list);
}

/* Releases each distinct child in the slots of the mask. spread is t's, passed as a constant. */
STET_INLINE void release_children(const struct stet_node_type *t, const stet_ref *child, uint64_t mask, stet_ref *list,
                                  bool spread)
{
    stet_ref previous = 0;
    for (; mask != 0; mask &= mask - 1) {
        stet_ref c = child[__builtin_ctzll(mask)];
        if (c != previous && c != 0) {
            stet_node_check_(t, c);
            if (stet_count_down_(child_count(spread, c)))
                dead(t, c, list); /* recursion is at most as deep as the tree */
        }
        previous = spread ? c : 0;
    }
}

static __attribute__((__noinline__)) void dead_inner(const struct stet_node_type *t, stet_ref r, stet_ref *list)
{
    struct stet_inner *n = stet_ref_inner_(r);
    /* The child is released at once, so that its other holder finds it unshared. */
    if (n->lender == 0 && n->slots == 1) {
        release(t, stet_children_(n)[0], list); /* recursion is at most as deep as the tree */
        inner_free(n);
        return;
    }
    if (n->lender == 0) {
        push(t, r, list);
        return;
    }
    uint64_t replaced = n->replaced & stet_slot_mask(0, n->slots);
    if (t->spread)
        release_children(t, stet_children_(n), replaced, list, true);
    else
        release_children(t, stet_children_(n), replaced, list, false);
    release(t, n->lender, list); /* the lender has no lender itself (R3) */
    inner_free(n);
}

/*
 * Frees the first node of the list, an inner one, and may add its children to the list. It calls no function of the
 * user.
 */
static __attribute__((__noinline__)) void work_inner(stet_ref *list)
{
    stet_ref r = *list;
    struct link link = *link_of(r);
    *list = link.next;
    struct stet_inner *n = stet_ref_inner_(r);
    uint64_t all = stet_slot_mask(0, n->slots);
    if (link.type->spread)
        release_children(link.type, stet_children_(n), all, list, true);
    else
        release_children(link.type, stet_children_(n), all, list, false);
    inner_free(n);
}

/* Frees the first node of the list, a leaf. */
STET_INLINE void work_leaf(stet_ref *list)
{
    stet_ref r = *list;
    struct link link = *link_of(r);
    *list = link.next;
    link.type->free_leaf(link.type, r);
}

static void dead_now(const struct stet_node_type *t, stet_ref r)
{
    if (t->has_refs) {
        dead(t, r, &work.head);
        return;
    }
    stet_ref list = 0; /* no function of the user is called here, so nothing must wait */
    dead(t, r, &list);
    while (list != 0) /* the list has no leaves: they are freed at once */
        work_inner(&list);
}

void stet_node_release(const struct stet_node_type *t, stet_ref r)
{
    stet_node_check_(t, r);
    if (r != 0 && stet_node_count_down_(r))
        dead_now(t, r);
}

void stet_node_free_(const struct stet_node_type *t, stet_ref r)
{
    dead_now(t, r);
    stet_node_drain(t);
}

/*
 * work_head() frees dead nodes up to and including the first leaf; work_later() frees the first of the deferred nodes.
 * False: there is none. Both call back last, because the code may run on another thread after a callback.
 */
static NESTED_NOINLINE bool work_head(uintptr_t frame)
{
    while (stet_ref_is_inner_(work.head))
        work_inner(&work.head);
    if (work.head == 0) {
        work.nested.frame = 0;
        return false;
    }
    nested_note(&work.nested, frame);
    work_leaf(&work.head);
    return true;
}

static NESTED_NOINLINE bool work_later(uintptr_t frame)
{
    while (work.head != 0) { /* nodes that callbacks dropped meanwhile are deferred, too */
        stet_ref r = work.head;
        struct link link = *link_of(r);
        work.head = link.next;
        push(link.type, r, &work.later);
    }
    if (work.later == 0 || frame == 0) {
        work.nested.frame = 0;
        return work.later != 0;
    }
    if (stet_ref_is_inner_(work.later)) {
        work_inner(&work.later);
        return true;
    }
    nested_note(&work.nested, frame);
    work_leaf(&work.later);
    return true;
}

void stet_node_drain_(void)
{
    uintptr_t here = NESTED_HERE();
    if (work.head == 0 || nested_is(&work.nested, here))
        return;
    while (work_head(here))
        ;
}

void stet_node_drop_(const struct stet_node_type *t, stet_ref r)
{
    if (r == 0)
        return;
    stet_node_release(t, r);
    stet_node_drain(t);
}

void stet_node_drop_later_(const struct stet_node_type *t, stet_ref r)
{
    if (r == 0)
        return;
    /*
     * A thread is notified of its end only if there was memory to register for that. If not, the nodes are released
     * now.
     */
    bool at_end = stet_thread_will_end_();
    release(t, r, at_end ? &work.later : &work.head);
    if (!at_end)
        stet_node_drain_();
}

bool stet_release_some(size_t nodes)
{
    uintptr_t here = NESTED_HERE();
    if (nested_is(&work.nested, here))
        return work.later != 0;
    for (; nodes > 0 && work_later(here); nodes--)
        ;
    return work_later(0);
}

/* Called when the thread ends. It also releases nodes that wait for an outer call that has not returned. */
static void release_all(void)
{
    work.nested.frame = 0;
    while (stet_release_some(SIZE_MAX)) /* a release may defer more releases */
        ;
}

static const struct stet_hooks node_hooks = {.thread_end = release_all};

__attribute__((__constructor__(102))) static void nodes_loaded(void) { stet_hooks_[STET_NODES_] = &node_hooks; }

/*
 * Reclaims with a work list of its own. The nodes in the thread's list must wait for the end of the current update,
 * because their release may call back.
 */
static void reclaim_outside(void)
{
    struct work outer = work;
    work = (struct work){.later = outer.later};
    stet_reclaim_quietly_();
    outer.later = work.later;
    work = outer;
}

void stet_node_has_garbage_(void) { stet_pool_on_shortage_(reclaim_outside); }

size_t stet_node_unshared_bytes_(const struct stet_node_type *t, stet_ref r)
{
    if (r == 0 || !stet_node_is_unshared_(r))
        return 0;
    if (!stet_ref_is_inner_(r)) {
        struct stet_leaf_shape leaf = t->describe_leaf(t, r);
        return (leaf.bytes + POOL_UNIT - 1) / POOL_UNIT * POOL_UNIT + stet_node_unshared_bytes_(t, leaf.below);
    }
    const struct stet_inner *n = stet_ref_inner_(r);
    const stet_ref *child = stet_children_(n);
    size_t bytes = (size_t)n->units * POOL_UNIT + stet_node_unshared_bytes_(t, n->lender);
    for (unsigned i = 0; i < n->slots; i++)
        if (stet_counts_child_(n, i) && (i == 0 || child[i] != child[i - 1]))
            bytes += stet_node_unshared_bytes_(t, child[i]); /* recursion is at most as deep as the tree */
    return bytes;
}

/* ---- own ---- */

/* Retains each distinct child in the slots of the mask. spread is t's, passed as a constant. */
STET_INLINE void retain_each(const struct stet_node_type *t, const stet_ref *child, uint64_t mask, bool spread)
{
    /* Many counts are not in the processor's cache; in a loop of their own these misses overlap. */
    for (uint64_t left = mask; left != 0; left &= left - 1)
        __builtin_prefetch(child_count(spread, child[__builtin_ctzll(left)]), 1);
    stet_ref previous = 0;
    for (; mask != 0; mask &= mask - 1) {
        stet_ref c = child[__builtin_ctzll(mask)];
        if (c != previous && c != 0) {
            stet_node_check_(t, c);
            stet_count_up_(child_count(spread, c));
        }
        previous = spread ? c : 0;
    }
}

static void retain_children(const struct stet_node_type *t, const struct stet_inner *n, uint64_t mask)
{
    mask &= stet_slot_mask(0, n->slots);
    if (t->spread)
        retain_each(t, stet_children_(n), mask, true);
    else
        retain_each(t, stet_children_(n), mask, false);
}

void stet_inner_flatten(const struct stet_node_type *t, struct stet_inner *n)
{
    stet_ref lender = n->lender;
    if (lender == 0)
        return;
    retain_children(t, n, ~n->replaced);
    n->lender = 0;
    n->replaced = 0;
    stet_node_release(t, lender);
}

/*
 * n's lender has no other holder: n takes over the lender's references to borrowed children, and releases the lender's
 * references to the children that n has replaced. The borrowed children are a subsequence of the lender's children, so
 * one pass over both nodes finds the replaced ones.
 */
static void steal(const struct stet_node_type *t, struct stet_inner *n)
{
    struct stet_inner *lender = stet_ref_inner_(n->lender);
    const stet_ref *theirs = stet_children_(lender), *ours = stet_children_(n);
    unsigned at = 0;
    stet_ref previous = 0;
    for (unsigned i = 0; i < lender->slots; i++) {
        stet_ref c = theirs[i];
        if (c == previous || c == 0)
            continue;
        previous = t->spread ? c : 0;
        while (at < n->slots && ((n->replaced >> at & 1) != 0 || ours[at] == 0))
            at++;
        if (at < n->slots && ours[at] == c)
            do
                at++;
            while (t->spread && at < n->slots && (n->replaced >> at & 1) == 0 && ours[at] == c);
        else
            stet_node_release(t, c);
    }
    n->lender = 0;
    n->replaced = 0;
    inner_free(lender);
}

/*
 * Returns whether at least `n` bits of the mask are set. The loop is fast for a small n; where the processor has no
 * popcnt, the builtin would be a function call.
 */
static bool has_bits(uint64_t mask, unsigned n)
{
    for (; n > 0 && mask != 0; n--)
        mask &= mask - 1;
    return n == 0;
}

bool stet_slot_flatten_(const struct stet_node_type *t, struct stet_inner *n)
{
    if (stet_node_is_unshared_(n->lender))
        steal(t, n);
    else if (has_bits(n->replaced, stet_borrow_budget(t, n->slots)))
        stet_inner_flatten(t, n);
    else
        return false;
    return true;
}

STET_INLINE void own_copied(const struct stet_node_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot,
                            bool parent_counts, enum stet_own how, stet_ref ref)
{
    stet_ref r = *slot;
    struct stet_inner *n = stet_ref_inner_(r), *copy = stet_ref_inner_(ref);
    unsigned budget = t->exact ? 0 : how == STET_OWN_FOR_CUT ? n->slots + 1u : stet_borrow_budget(t, n->slots);
    bool keeps_old = false; /* the copy borrows: a count of the holder on the old node becomes the copy's */
    if (budget != 0 && n->lender == 0) {
        copy->lender = r;
        copy->replaced = 0;
        keeps_old = true;
    } else if (n->lender != 0 && !has_bits(n->replaced, budget) && n->flattened < STET_FLATTEN_MAX) {
        stet_node_retain_(n->lender);
        retain_children(t, n, n->replaced);
        copy->flattened++;
    } else {
        retain_children(t, n, ~UINT64_C(0));
        copy->lender = 0;
        copy->replaced = 0;
        copy->flattened = 0;
    }
    if (keeps_old && !parent_counts)
        stet_node_retain_(r);
    *slot = ref;
    if (parent != NULL)
        stet_slots_claim(parent, i, 1);
    if (!keeps_old && parent_counts)
        stet_node_release(t, r);
}

void stet_own_copied_(const struct stet_node_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot,
                      bool parent_counts, enum stet_own how, stet_ref ref)
{
    own_copied(t, parent, i, slot, parent_counts, how, ref);
}

STET_INLINE void own_into(const struct stet_node_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot,
                          bool parent_counts, enum stet_own how, stet_ref ref)
{
    struct stet_inner *n = stet_ref_inner_(*slot), *copy = stet_ref_inner_(ref);
    copy->refcount = 1; /* n's own count is not read, because other threads may change it */
    copy->slots = n->slots;
    copy->flattened = n->flattened;
    size_t used = sizeof *n + n->slots * sizeof(stet_ref);
    copy_many(&copy->replaced, &n->replaced, used - offsetof(struct stet_inner, replaced));
    own_copied(t, parent, i, slot, parent_counts, how, ref);
}

void stet_own_into(const struct stet_node_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot,
                   bool parent_counts, enum stet_own how, stet_ref ref)
{
    own_into(t, parent, i, slot, parent_counts, how, ref);
}

bool stet_own_inner(const struct stet_node_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot,
                    bool parent_counts, enum stet_own how)
{
    const struct stet_inner *n = stet_ref_inner_(*slot);
    struct stet_inner *copy = pool_allocate_for((size_t)n->units * POOL_UNIT, &t->name);
    if (copy == NULL)
        return false;
    copy->units = n->units;
    own_into(t, parent, i, slot, parent_counts, how, (uintptr_t)copy | (*slot & STET_TAG_BITS));
    return true;
}
