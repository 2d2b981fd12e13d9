/* SPDX-License-Identifier: MIT */
/* live/shape.h - what live/shape.c has for live.c: nodes that are made for a live map. */
#ifndef STET_LIVE_SHAPE_H
#define STET_LIVE_SHAPE_H

#include "live/core.h"

/* A plain leaf without entries, of generation g; an inner node, its slots not written. NULL: no memory. */
STET_HIDDEN struct stet_leaf *stet_live_leaf_new_(const struct stet_map_type *t, unsigned depth, uint64_t g);
STET_HIDDEN struct stet_inner *stet_live_inner_new_(const struct stet_map_type *t, unsigned width, uint64_t g);
/* A rehash leaf over this trie, which it will count, of entries of this hash. */
STET_HIDDEN struct stet_leaf *stet_live_rehash_new_(const struct stet_map_type *t, unsigned depth, uint64_t g,
                                                    stet_ref root, uint64_t hash);
/* After no memory, with no lock held and outside of a walk: garbage of all live maps is freed, callbacks included.
 * Whether it is worth another try; so often at most. */
STET_HIDDEN bool stet_live_relieve_(unsigned attempt);

/* A place in a live map, for the write of a call in generation g. at.live is this position: it is not copied. */
struct live_position {
    struct place at;
    struct live_call *c;
    uint64_t g;
    struct stet_inner *above; /* of the parent; NULL: that is the root */
};

/* Where the call's key leads to: a leaf or a gap. False: the clock has gone on. */
STET_HIDDEN bool stet_live_find_position_(struct live_call *c, uint64_t g, struct live_position *s);
/* Locks n if it is of the position's generation, which is still the current one, and has child in this slot of its.
 * wait: if it is locked. */
STET_HIDDEN bool stet_live_lock_holder_(const struct live_position *s, struct stet_inner *n, stet_ref *slot,
                                        stet_ref child, bool wait);
/* After a change that left the tree as it was: what is small, or a gap, at the call's key goes together with what is
 * beside it, if that can be had. */
STET_HIDDEN void stet_live_tidy_(struct live_call *c, uint64_t g);
/* One step toward a deeper gap where the call's key has one. LIVE_STEP, LIVE_AGAIN, or no memory. */
STET_HIDDEN int stet_live_deepen_(struct live_call *c, uint64_t g);

/* The trie of a rehash leaf with one more count, to make its next version of; `size` becomes the difference. */
STET_HIDDEN struct stet_map stet_live_rehash_next_(const struct stet_leaf *l);
/* The trie that hung below a rehash leaf goes. */
STET_HIDDEN void stet_live_retire_trie_(struct live_call *c, const struct stet_leaf *l, stet_ref root,
                                        struct live_retired_entry *s);
/* A locked node that has left the tree: it is dead, and its shell goes; what it held went elsewhere. */
STET_HIDDEN void stet_live_leave_(struct live_call *c, stet_ref r);
/* A node that has left the tree goes when nobody walks it any more, with one count of it. */
STET_HIDDEN void stet_live_retire_(const struct stet_map_type *t, struct stet_thread *h, stet_ref r);

#endif
