/* SPDX-License-Identifier: MIT */
/*
 * sorted/core.h - declarations that the parts of sorted collections share.
 *
 *   sorted/sorted.c   one entry: lookups for updates, updates (sorted/position.h: the position of a key)
 *   sorted/cursor.c   cursors; ranks of keys and ranges
 *   sorted/range.c    ranges: slice, erase, split, join; builds collections from runs
 *   sorted/many.c     many keys: set_many, get_many
 *   sorted/bulk.c     whole collections: from sorted arrays, filter and map, trim
 *   sorted/diff.c     two collections side by side: equality, differences, combinations
 *   tree/             the counted tree
 *
 * Every update first searches by key, and keeps the path and the rank of the position. Nodes on the path that are not
 * this handle's alone are copied. If the leaf is neither full nor minimal, or a full leaf can be split or share its
 * entries out without a change above its parent, the update then writes in place. Otherwise the tree descends once
 * more, by rank, as for lists, and compares no keys.
 */
#ifndef STET_SORTED_CORE_H
#define STET_SORTED_CORE_H

#include <stet/impl/sorted.h>

#include "tree/core.h"

#define SORTED_ENTRY_MAX 4096

/* Size of a buffer for one entry that stet_tree_leaf_close_() removes. */
#define SORTED_ENTRY_ROOM (SORTED_ENTRY_MAX + STET_MAX_ALIGN)

/* A second handle of the same version, for an update of several steps. */
STET_INLINE struct stet_tree sorted_copy(const struct stet_tree *m)
{
    stet_node_retain_(m->root);
    return *m;
}

/* Ends such an update: the copy replaces *m (done), or is released. */
STET_INLINE stet_result sorted_finish(const struct stet_tree_type *t, struct stet_tree *m, const struct stet_tree *copy,
                                      bool done)
{
    struct stet_tree old = done ? *m : *copy;
    if (done)
        *m = *copy;
    if (old.root != 0)
        stet_node_release(&t->node, old.root);
    stet_node_drain(&t->node);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

/* ---- keys in a leaf ---- */

/* stet_sorted_lower_() of strings. False: the descent to this leaf must be repeated, with *w as it is now. */
STET_HIDDEN bool stet_sorted_lower_string_(const struct stet_tree_type *t, const struct stet_tree_leaf *l,
                                           struct stet_wanted *w, unsigned *at, bool *found);

/* Finds *at, the first key of the leaf that is not before the wanted key. False: the descent must be repeated. */
STET_INLINE bool sorted_lower(const struct stet_tree_type *t, const struct stet_tree_leaf *l, struct stet_wanted *w,
                              unsigned *at, bool *found)
{
    if (stet_tree_skips_(t))
        return stet_sorted_lower_string_(t, l, w, at, found);
    *at = stet_sorted_lower_(t, l, l->hi, w, found);
    return true;
}

/* ---- keys that are words ---- */

/* Descriptors for compiled searches of keys that are words, without references. */
__attribute__((__unused__)) static const struct stet_tree_type sorted_unsigned_words = {
    .element = &stet_u64, .size = 8, .data = STET_TREE_DATA(false, 8), .leaf_bits = 5, .bounded = true};
__attribute__((__unused__)) static const struct stet_tree_type sorted_signed_words = {
    .element = &stet_i64, .size = 8, .data = STET_TREE_DATA(false, 8), .leaf_bits = 5, .bounded = true};

/*
 * Returns 0 if the first of these descriptors serves to search collections of this type, STET_NO_FLIP_ if neither does,
 * and another number if the second does.
 */
STET_INLINE uint64_t sorted_word_flip(const struct stet_tree_type *t)
{
    return t->data == STET_TREE_DATA(false, 8) ? stet_sorted_flip_(t->element) : STET_NO_FLIP_;
}

/* A key in an array: its word and its index. */
struct sorted_item {
    uint64_t word;
    size_t index;
};

/*
 * Sets n entries. With items, sets them in the order of the items, in which the keys ascend, so that a key in the same
 * leaf as the key before it is found without a descent; without items, in the order of the arrays. After a failure some
 * entries are set, so m must be a copy. (sorted/sorted.c)
 */
STET_HIDDEN stet_result stet_sorted_put_each_(const struct stet_tree_type *t, struct stet_tree *m, const char *keys,
                                              const char *values, const struct sorted_item *items, size_t n);

/*
 * Puts a leaf behind all entries, in place, if the last leaf is full and the node above it has room. False: nothing was
 * done. (sorted/sorted.c)
 */
STET_HIDDEN bool stet_sorted_push_leaf_(const struct stet_tree_type *t, struct stet_tree *m,
                                        struct stet_tree_leaf *leaf);

/* ---- building collections (sorted/range.c) ---- */

/* An incomplete collection: a tree, and behind it a leaf that grows. {0} is empty. */
struct sorted_builder {
    const struct stet_tree_type *t;
    struct stet_tree tree;
    struct stet_tree_leaf *leaf;
};

/* Appends n entries that come behind all others. held: takes their references over, even on failure. */
STET_HIDDEN bool stet_sorted_build_(struct sorted_builder *b, const char *keys, const char *values, size_t n,
                                    bool held);
/* Appends the n entries from a cursor of another collection on; a large range shares its nodes. */
STET_HIDDEN bool stet_sorted_build_from_(struct sorted_builder *b, const struct stet_sorted_cursor *from, size_t n);
/*
 * Ends building: if `done`, *m becomes the new collection, and its old nodes are released; otherwise, or without
 * memory, the new nodes are released.
 */
STET_HIDDEN stet_result stet_sorted_built_(struct sorted_builder *b, struct stet_tree *m, bool done);

#endif
