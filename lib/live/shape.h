/* SPDX-License-Identifier: MIT */
/* live/shape.h - functions that the files of live/ share: new nodes, positions, structural steps, rehash leaves. */
#ifndef STET_LIVE_SHAPE_H
#define STET_LIVE_SHAPE_H

#include "live/core.h"

/*
 * Make a plain leaf without entries, and an inner node whose slots are not written yet, of generation g. NULL: no
 * memory.
 */
STET_HIDDEN struct stet_leaf *stet_live_leaf_new_(const struct stet_map_type *t, unsigned depth, uint64_t g);
STET_HIDDEN struct stet_inner *stet_live_inner_new_(const struct stet_map_type *t, unsigned width, uint64_t g);
/* Sets up the tail of a node that no other thread has seen yet, so that the node is of generation g. */
STET_HIDDEN void stet_live_begin_(const struct stet_map_type *t, stet_ref r, uint64_t g);
/* Makes a rehash leaf over this trie, for entries of this hash. The caller must see to the leaf's count of the trie. */
STET_HIDDEN struct stet_leaf *stet_live_rehash_new_(const struct stet_map_type *t, unsigned depth, uint64_t g,
                                                    stet_ref root, uint64_t hash);
/*
 * Called when there was no memory, with no lock held and outside of a walk: frees garbage of all live maps, and may
 * call functions of the user. Returns whether another attempt may help. `attempt` is the number of attempts so far;
 * there is a limit.
 */
STET_HIDDEN bool stet_live_relieve_(unsigned attempt);
/*
 * A map's reserve (core.h): made with the map (false: no memory), taken by a removal that finds no memory (NULL: it is
 * in use, or there is none), and freed when the map is destroyed. What it keeps then is still released in its time.
 */
STET_HIDDEN bool stet_live_reserve_make_(const struct stet_map_type *t, struct stet_live *m);
STET_HIDDEN struct live_retired_entry *stet_live_reserve_take_(struct stet_live *m);
STET_HIDDEN void stet_live_reserve_free_(struct stet_live *m);

/*
 * A position in a live map, for the write of a call in generation g. It must not be copied, because at.live points to
 * it.
 */
struct live_position {
    struct place at;
    struct live_call *c;
    uint64_t g;
    struct stet_inner *above; /* the parent's parent; NULL: the parent is the root */
};

/* Finds the position that the call's key leads to: a leaf or a gap. False: the clock has advanced. */
STET_HIDDEN bool stet_live_find_position_(struct live_call *c, uint64_t g, struct live_position *s);
/*
 * Locks n. Returns false, and locks nothing, unless all of these hold: n is of the position's generation; that
 * generation is still the current one; this slot of n still has this child. wait: if n is locked, waits for it.
 */
STET_HIDDEN bool stet_live_lock_holder_(const struct live_position *s, struct stet_inner *n, stet_ref *slot,
                                        stet_ref child, bool wait);
/*
 * Called after a change that kept the shape of the tree: joins a small leaf, or a gap, at the call's key with its
 * neighbours, unless another thread is in the way.
 */
STET_HIDDEN void stet_live_tidy_(struct live_call *c, uint64_t g);
/* Does one step to make the gap at the call's key deeper. Returns LIVE_STEP, LIVE_AGAIN or STET_NO_MEMORY. */
STET_HIDDEN int stet_live_deepen_(struct live_call *c, uint64_t g);

/*
 * Returns the trie of a rehash leaf, with one more count, to be edited into the leaf's next trie. Its `size` is 0, so
 * that after the edits it is the difference in size.
 */
STET_HIDDEN struct stet_map stet_live_rehash_next_(const struct stet_leaf *l);
/* Retires the trie that a rehash leaf has held until now. */
STET_HIDDEN void stet_live_retire_trie_(struct live_call *c, const struct stet_leaf *l, stet_ref root,
                                        struct live_retired_entry *s);
/* Kills a locked node that has left the tree, and retires its block alone: other nodes have taken over its contents. */
STET_HIDDEN void stet_live_leave_(struct live_call *c, stet_ref r);
/*
 * Retires a node that has left the tree, with one count of it, which is released when no thread walks the node any
 * more.
 */
STET_HIDDEN void stet_live_retire_(const struct stet_map_type *t, struct stet_thread *h, stet_ref r);

#endif
