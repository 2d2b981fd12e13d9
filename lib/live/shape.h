/* SPDX-License-Identifier: MIT */
/* live/shape.h - what live/shape.c has for live.c: nodes that are made for a live map. */
#ifndef STET_LIVE_SHAPE_H
#define STET_LIVE_SHAPE_H

#include "live/core.h"

/* A plain leaf without entries, of generation g; an inner node, its slots not written. NULL: no memory. */
STET_HIDDEN struct stet_leaf *stet_live_leaf_new_(const struct stet_map_type *t, unsigned depth, uint64_t g);
STET_HIDDEN struct stet_inner *stet_live_inner_new_(const struct stet_map_type *t, unsigned width, uint64_t g);
/* A chain leaf over this trie, which it will count, of entries of this hash. */
STET_HIDDEN struct stet_leaf *stet_live_chain_new_(const struct stet_map_type *t, unsigned depth, uint64_t g,
                                                   stet_ref root, uint64_t hash);
/* After no memory, with no lock held and outside of a walk: garbage of all live maps is freed, callbacks included.
 * Whether it is worth another try; so often at most. */
STET_HIDDEN bool stet_live_relieve_(unsigned attempt);

/* Where a leaf hangs, or a gap is. */
struct live_spot {
    struct stet_inner *parent, *above; /* above NULL: the parent is the root */
    stet_ref parent_ref;
    unsigned index, above_index;
    unsigned base; /* hash bits used down to the slot */
};

/* Of the call's key. False: the clock has gone on. */
STET_HIDDEN bool stet_live_find_spot_(const struct live_call *c, struct live_spot *s);
/* The slots that a leaf of this depth fills there: how many, and the first. */
STET_HIDDEN unsigned stet_live_range_of_(const struct live_spot *s, unsigned depth, unsigned *first);
/* Locks n if it is of generation g, which is still the current one, and has child in slot i. wait: if it is locked. */
STET_HIDDEN bool stet_live_lock_holder_(const struct live_call *c, struct stet_inner *n, unsigned i, stet_ref child,
                                        uint64_t g, bool wait);
/* Into the slots of a locked node, or one that is not published; the node counts it. */
STET_HIDDEN void stet_live_fill_slots_(struct stet_inner *n, unsigned first, unsigned count, stet_ref r);
/* After a change that left the tree as it was: what is small, or a gap, at the call's key goes together with what is
 * beside it, if that can be had. */
STET_HIDDEN void stet_live_tidy_(struct live_call *c, uint64_t g);
/* One step toward a deeper gap where the call's key has one. LIVE_STEP, LIVE_AGAIN, or no memory. */
STET_HIDDEN int stet_live_deepen_(struct live_call *c, uint64_t g);

/* The trie of a chain leaf with one more count, to make its next version of; `size` becomes the difference. */
STET_HIDDEN struct stet_map stet_live_chain_next_(const struct stet_leaf *l);
/* The trie that hung below a chain leaf goes. */
STET_HIDDEN void stet_live_retire_trie_(struct live_call *c, const struct stet_leaf *l, stet_ref root,
                                        struct live_scrap *s);
/* A node that has left the tree goes; what it held went elsewhere. */
STET_HIDDEN void stet_live_retire_shell_(struct live_call *c, stet_ref r);
/* A node that has left the tree goes when nobody walks it any more, with one count of it. */
STET_HIDDEN void stet_live_retire_(const struct stet_map_type *t, struct stet_hazard *h, stet_ref r);

#endif
