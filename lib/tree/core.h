/* SPDX-License-Identifier: MIT */
/*
 * tree/core.h - the counted tree: leaves hold elements; inner nodes hold, for each child, how many elements are below
 * it, and in a sorted collection a bound of its keys.
 *
 *   tree/leaf.c   leaves and buffers: own, open or close an element
 *   tree/skip.c   inner nodes of strings: what their keys have in common
 *   tree/fold.c   folds: their column, the fold of a range, the search by folds
 *   tree/node.h   inner nodes: sizes and kinds, own, move children
 *   tree/node.c   a node and its children: merge or redistribute two, replace a root
 *   tree/tree.c   the tree: push, cut, open or close an element
 *   tree/join.c   joins two trees
 *   tree/part.c   divides a tree in place
 *
 * A file calls only functions of files above it in this list, and tree.c and join.c do not call each other.
 */
#ifndef STET_TREE_CORE_H
#define STET_TREE_CORE_H

#include <stet/impl/tree.h>

#include "node/own.h"
#include "memory/cache.h"

#define TREE_WIDTH STET_TREE_WIDTH
#define TREE_MIN (STET_TREE_WIDTH / 4)

/*
 * The most levels. Full nodes need 10 for 2^48 elements; underfull nodes, such as remain where memory was short, need
 * more.
 */
#define HEIGHT_MAX 32

STET_INLINE void tree_set_size(struct stet_tree *l, size_t size) { l->size = size & STET_TREE_MAX; }

/* ---- leaves (tree/leaf.c) ---- */

STET_INLINE unsigned leaf_max(const struct stet_tree_type *t) { return 1u << t->leaf_bits; }

STET_INLINE stet_ref leaf_ref(const struct stet_tree_leaf *l) { return (uintptr_t)l; }

STET_INLINE struct stet_tree_leaf *ref_leaf(stet_ref r) { return (struct stet_tree_leaf *)(uintptr_t)r; }

/* The first offset from `at` on that is aligned for a value. */
STET_INLINE size_t leaf_align(const struct stet_tree_type *t, size_t at)
{
    return (at + t->value->align - 1) & ~((size_t)t->value->align - 1);
}

STET_INLINE size_t leaf_size_for(const struct stet_tree_type *t, size_t cap)
{
    size_t at = t->data + cap * t->size;
    return t->value_size == 0 ? at : leaf_align(t, at) + cap * t->value_size;
}

STET_INLINE size_t leaf_size(const struct stet_tree_type *t, const struct stet_tree_leaf *l)
{
    return leaf_size_for(t, l->cap);
}

/* Values are moved out of line, so that code of lists, which have no values, saves no registers for this call. */
STET_HIDDEN void stet_tree_values_move_(const struct stet_tree_type *t, const struct stet_tree_leaf *to, unsigned at,
                                        const struct stet_tree_leaf *from, unsigned i, unsigned n);

/* Copies n elements with their values from one leaf to another, and overwrites the elements there. */
STET_INLINE void leaf_copy(const struct stet_tree_type *t, const struct stet_tree_leaf *to, unsigned at,
                           const struct stet_tree_leaf *from, unsigned i, unsigned n)
{
    memcpy(stet_tree_element_(t, to, at), stet_tree_element_(t, from, i), (size_t)n * t->size);
    if (t->value_size != 0)
        stet_tree_values_move_(t, to, at, from, i, n);
}

/* Moves n elements with their values within a leaf. */
STET_INLINE void leaf_move(const struct stet_tree_type *t, const struct stet_tree_leaf *l, unsigned to, unsigned from,
                           unsigned n)
{
    memmove(stet_tree_element_(t, l, to), stet_tree_element_(t, l, from), (size_t)n * t->size);
    if (t->value_size != 0)
        stet_tree_values_move_(t, l, to, l, from, n);
}

/* Adds a holder of the n elements at `from`. */
STET_INLINE void elements_retain(const struct stet_tree_type *t, const char *from, size_t n)
{
    if (t->element->retain != NULL)
        for (; n > 0; n--, from += t->size)
            t->element->retain(from);
}

STET_INLINE void elements_release(const struct stet_tree_type *t, char *from, size_t n)
{
    if (t->element->release != NULL)
        for (; n > 0; n--, from += t->size)
            t->element->release(from);
}

STET_HIDDEN void stet_tree_retain_(const struct stet_tree_type *t, const struct stet_tree_leaf *l, unsigned i,
                                   unsigned n);
STET_HIDDEN void stet_tree_let_go_(const struct stet_tree_type *t, const struct stet_tree_leaf *l, unsigned i,
                                   unsigned n);

/* leaf_retain() adds a holder of n elements of a leaf and of their values, leaf_let_go() removes one. */
STET_INLINE void leaf_retain(const struct stet_tree_type *t, const struct stet_tree_leaf *l, unsigned i, unsigned n)
{
    if (t->node.has_refs)
        stet_tree_retain_(t, l, i, n);
}

STET_INLINE void leaf_let_go(const struct stet_tree_type *t, const struct stet_tree_leaf *l, unsigned i, unsigned n)
{
    if (t->node.has_refs)
        stet_tree_let_go_(t, l, i, n);
}

/* Copies one element of a leaf to `out`, and its value behind it. */
STET_INLINE void leaf_read(const struct stet_tree_type *t, const struct stet_tree_leaf *l, unsigned i, char *out)
{
    memcpy(out, stet_tree_element_(t, l, i), t->size);
    if (t->value_size != 0)
        memcpy(out + leaf_align(t, t->size), stet_tree_value_(t, l, i), t->value_size);
}

STET_HIDDEN struct stet_tree_leaf *stet_tree_leaf_new_(const struct stet_tree_type *t, unsigned cap);

/* The capacity of a right-sized leaf for n elements, at most leaf_max. */
STET_HIDDEN unsigned stet_tree_leaf_cap_(const struct stet_tree_type *t, unsigned n);

/*
 * Where a leaf is. In the tree, its elements start at 0. At the back it is a tail, with free room behind its elements;
 * at the front a head, with free room before them.
 */
enum side { IN_TREE, AT_BACK, AT_FRONT };

/*
 * Functions on a view of a leaf, which is the range of elements that the leaf's holder has. `counted`: the holder
 * counts the leaf; if another leaf replaces it, the holder counts that one instead. Each function returns false or NULL
 * if there is no memory, and then nothing has changed.
 *
 *   own     puts the view's elements, and no others, into a leaf of this holder alone, from `at` on, which has room for
 *           at least `cap`
 *   open    adds an uninitialised element before the index-th; a new leaf, if one is needed, has room for `cap`
 *   close   removes the index-th element: it moves, with a reference, to `out`, and its value behind it (leaf_read)
 */
STET_HIDDEN bool stet_tree_leaf_own_(const struct stet_tree_type *t, struct stet_tree_view *b, bool counted,
                                     unsigned cap, unsigned at);
STET_HIDDEN void *stet_tree_leaf_open_(const struct stet_tree_type *t, struct stet_tree_view *b, bool counted,
                                       unsigned index, unsigned cap, enum side side);
STET_HIDDEN bool stet_tree_leaf_close_(const struct stet_tree_type *t, struct stet_tree_view *b, bool counted,
                                       unsigned index, void *out, enum side side);
/* Releases those constructed elements of an exclusive leaf that lie outside of [lo, lo + n). */
STET_HIDDEN void stet_tree_leaf_narrow_(const struct stet_tree_type *t, struct stet_tree_leaf *l, unsigned lo,
                                        unsigned n);

STET_INLINE bool leaf_is_unshared(const struct stet_tree_leaf *l) { return stet_node_is_unshared_((uintptr_t)l); }

STET_INLINE void leaf_release(const struct stet_tree_type *t, struct stet_tree_leaf *l)
{
    stet_node_release(&t->node, leaf_ref(l));
}

/* Updates an exclusive buffer, of which the n elements next to the tree have moved into the tree. */
STET_INLINE void buffer_gave(struct stet_tree_view *b, bool back, unsigned n)
{
    b->lo += back ? n : 0;
    b->n -= n;
    b->leaf->lo = (uint8_t)b->lo;
    b->leaf->hi = (uint8_t)(b->lo + b->n);
}

/* The word of a key in a node that skips `skip` bytes. */
STET_INLINE uint64_t word_behind(const struct stet_tree_type *t, const void *key, size_t skip)
{
    return stet_tree_skips_(t) ? stet_str_word_((const stet_str *)key, skip) : stet_tree_word_(t->element, key);
}

/* The bound, in a node that skips `skip` bytes, of a child whose last leaf is l, if l has n elements. */
STET_INLINE uint64_t leaf_bound(const struct stet_tree_type *t, const struct stet_tree_leaf *l, size_t n, size_t skip)
{
    return t->bounded ? word_behind(t, stet_tree_element_(t, l, n - 1), skip) : 0;
}

/* Returns how many bytes the string s and the bytes b have in common at their start. (tree/skip.c) */
STET_HIDDEN size_t stet_tree_common_(const stet_str *s, const struct stet_bytes *b);
/*
 * Returns how many bytes the n keys of a leaf, which will be behind the tree r (back) or in front of it, all have in
 * common with the nearest key of r. (tree/skip.c)
 */
STET_HIDDEN size_t stet_tree_common_beside_(const struct stet_tree_type *t, stet_ref r, const struct stet_tree_leaf *l,
                                            unsigned n, bool back);
/*
 * Restores T5 and T6 in the exclusive nodes on the path to element j, the new key. common: how many bytes the key has
 * in common with the keys beside it. (tree/skip.c)
 */
STET_HIDDEN void stet_tree_fit_(const struct stet_tree_type *t, const struct stet_tree *l, size_t j, const void *key,
                                size_t common);

/* ---- folds (tree/fold.c), of types that have them ---- */

/* Sets the folds of the table `to` to those of `from`, which has as many children. */
STET_HIDDEN void stet_tree_folds_copy_(const struct stet_tree_type *t, stet_ref from, stet_ref to);
/* Read and write the folds of a table, and for each of them whether it is set. */
STET_HIDDEN void stet_tree_folds_read_(const struct stet_tree_type *t, stet_ref r, bool *set, char *fold);
STET_HIDDEN void stet_tree_folds_write_(const struct stet_tree_type *t, stet_ref r, const bool *set, const char *fold);
/* Unsets the fold of child i of the exclusive table r. */
STET_HIDDEN void stet_tree_folds_clear_(const struct stet_tree_type *t, stet_ref r, unsigned i);

/* See stet_sorted_fold_() and stet_sorted_select_(). */
STET_HIDDEN bool stet_tree_fold_(const struct stet_tree_type *t, const struct stet_tree *l, size_t first, size_t end,
                                 void *fold);
STET_HIDDEN size_t stet_tree_select_(const struct stet_tree_type *t, const struct stet_tree *l, size_t first,
                                     stet_tree_reached_fn *reached, void *context);

/* Unsets the fold of child i, below which elements change, if the type has folds. */
STET_INLINE void unfold(const struct stet_tree_type *t, stet_ref r, unsigned i)
{
    if (STET_UNLIKELY(t->fold != NULL))
        stet_tree_folds_clear_(t, r, i);
}

/* ---- the tree (tree/tree.c): of `size` elements under root ---- */

/* Appends (back) or prepends a leaf, whose n elements start at 0. Takes over the leaf's count, unless it fails. */
STET_HIDDEN bool stet_tree_push_(const struct stet_tree_type *t, struct stet_tree *l, struct stet_tree_leaf *leaf,
                                 unsigned n, bool back);
/*
 * Returns how many more elements the tree's last leaf (back), or its first leaf, has room for; 0 if there is no tree.
 */
STET_HIDDEN unsigned stet_tree_room_(const struct stet_tree_type *t, const struct stet_tree *l, bool back);
/* Fills that leaf with elements of the buffer beside it, which has more elements than the leaf has room for. */
STET_HIDDEN bool stet_tree_fill_(const struct stet_tree_type *t, struct stet_tree *l, struct stet_tree_view *b,
                                 bool back);
/*
 * Cuts off the leaf with element j, and all leaves behind it (back), or in front of it. *out becomes a view of the
 * whole leaf with element j, which the caller then counts; *start is the index of its first element.
 */
STET_HIDDEN bool stet_tree_cut_(const struct stet_tree_type *t, struct stet_tree *l, size_t j, bool back,
                                struct stet_tree_view *out, size_t *start);
/* Appends the other tree to l, and takes over that tree's count, unless it fails. (tree/join.c) */
STET_HIDDEN bool stet_tree_join_(const struct stet_tree_type *t, struct stet_tree *l, stet_ref other, unsigned height,
                                 size_t size);
/*
 * The same for two trees of one height, which is less than HEIGHT_MAX: the new node `top` becomes their root. It cannot
 * fail.
 */
STET_HIDDEN void stet_tree_unite_(const struct stet_tree_type *t, struct stet_tree *l, struct stet_inner *top,
                                  stet_ref other, size_t size);
/*
 * Three operations in place, which leave the contents as they were if there is no memory (tree/part.c). Split: l keeps
 * the elements before j, 0 < j < size, and *right becomes the tree of the others. Keep: l keeps the elements [first,
 * end), first < end. Erase: l loses these elements, and must not be empty afterwards.
 */
STET_HIDDEN bool stet_tree_split_(const struct stet_tree_type *t, struct stet_tree *l, size_t j,
                                  struct stet_tree *right);
STET_HIDDEN bool stet_tree_keep_(const struct stet_tree_type *t, struct stet_tree *l, size_t first, size_t end);
STET_HIDDEN bool stet_tree_erase_(const struct stet_tree_type *t, struct stet_tree *l, size_t first, size_t end);
/*
 * Opens an element in the leaf of element j, j < size: before element j, or, with `behind`, behind it. *where: the new
 * element, uninitialised, in an exclusive leaf. NULL: no memory.
 */
STET_HIDDEN void *stet_tree_open_(const struct stet_tree_type *t, struct stet_tree *l, size_t j, bool behind,
                                  struct stet_tree_view *where);
/*
 * The leaf in slot i of the exclusive node r is full. If a neighbour has room for 3/8 of a leaf, evens out the two
 * leaves. Returns the slot of the first of the two; -1: no neighbour has so much room, or r is no table of 32-bit sums;
 * TREE_REFUSED: there is no memory. (tree/node.c)
 */
#define TREE_REFUSED (-2)
STET_HIDDEN int stet_tree_give_(const struct stet_tree_type *t, stet_ref r, unsigned i);
/*
 * Splits the leaf in slot i of r into two halves, if r, an exclusive table of 32-bit sums with bounds and without
 * folds, has room for one child more. Returns i; -1: r has no room; TREE_REFUSED: there is no memory. (tree/node.c)
 */
STET_HIDDEN int stet_tree_halve_(const struct stet_tree_type *t, stet_ref r, unsigned i);
/*
 * Makes a leaf the last child of r, an exclusive table of 32-bit sums with room for it, whose children are leaves. The
 * caller adds the leaf's elements to the sums. (tree/node.c)
 */
STET_HIDDEN void stet_tree_extend_(const struct stet_tree_type *t, stet_ref r, const struct stet_tree_leaf *leaf);
/* Closes element j, as stet_tree_leaf_close_() does. */
STET_HIDDEN bool stet_tree_close_(const struct stet_tree_type *t, struct stet_tree *l, size_t j, void *out);
/* Makes element j writable, and returns it. *where: the element, in an exclusive leaf. NULL: no memory. */
STET_HIDDEN void *stet_tree_edit_(const struct stet_tree_type *t, struct stet_tree *l, size_t j,
                                  struct stet_tree_view *where);

/* Elements in a full child of a node on this level; SIZE_MAX where no child can be full, and all nodes are tables. */
STET_INLINE size_t full_child(const struct stet_tree_type *t, unsigned level)
{
    unsigned shift = stet_tree_shift_(t, level);
    return shift < 48 ? (size_t)1 << shift : SIZE_MAX;
}

/*
 * Returns the child that has element j of the inner node r, which is of `level` and has `size` elements. *start: the
 * index of the child's first element; *child_size: the child's size.
 */
STET_INLINE unsigned tree_child(const struct stet_tree_type *t, stet_ref r, unsigned level, size_t size, size_t j,
                                size_t *start, size_t *child_size)
{
    const struct stet_inner *n = stet_ref_inner_(r);
    if (stet_tree_kind_of_(r) >= STET_TREE_TABLE) {
        size_t end;
        unsigned k = stet_tree_search_(t, r, j, start, &end);
        *child_size = end - *start;
        return k;
    }
    size_t full = full_child(t, level), offset = (size_t)n->aux;
    unsigned k = (unsigned)((j + offset) >> stet_tree_shift_(t, level));
    *start = k != 0 ? k * full - offset : 0;
    *child_size = k + 1 == n->slots ? size - *start : k != 0 ? full : full - offset;
    return k;
}

/* The position of a descent: a node of `level`, or a leaf, its size, and the index of its first element. */
struct cursor {
    stet_ref node;
    unsigned level;
    size_t from, size;
};

STET_INLINE struct cursor cursor_at_root(const struct stet_tree *l)
{
    return (struct cursor){l->root, l->height, 0, l->size};
}

/* Moves the cursor to the child with element j of the tree. Returns that child's slot. */
STET_INLINE unsigned cursor_down(const struct stet_tree_type *t, struct cursor *c, size_t j)
{
    size_t start;
    unsigned k = tree_child(t, c->node, c->level--, c->size, j - c->from, &start, &c->size);
    c->from += start;
    c->node = stet_children_(stet_ref_inner_(c->node))[k];
    return k;
}

/* Returns a cursor at the leaf with element j of the tree. */
STET_INLINE struct cursor cursor_at_leaf(const struct stet_tree_type *t, const struct stet_tree *l, size_t j)
{
    struct cursor c = cursor_at_root(l);
    while (c.level > 0)
        (void)cursor_down(t, &c, j);
    return c;
}

/*
 * Gives the tree a root as T2 asks for, as far as there is memory: merges two small children of the root, and replaces
 * a root that has one child by that child. (tree/node.c)
 */
STET_HIDDEN void stet_tree_collapse_(const struct stet_tree_type *t, struct stet_tree *l);

#endif
