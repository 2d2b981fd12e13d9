/* SPDX-License-Identifier: MIT */
/*
 * sorted/position.h - the position of a key, with the path to it, for updates of one entry (sorted/sorted.c).
 */
#ifndef STET_SORTED_POSITION_H
#define STET_SORTED_POSITION_H

#include "sorted/core.h"

/* The position of a key, or where the key would be. */
struct sorted_position {
    struct stet_tree_leaf *leaf; /* NULL: the collection is empty */
    size_t before;               /* how many entries are in front of the leaf */
    unsigned at;                 /* the first entry in the leaf that is not before the key */
    bool found;                  /* that entry has the key */
    bool exclusive;              /* the leaf and all nodes above it are this handle's alone */
    bool foreign;                /* nodes on the way may skip bytes that the key does not have */
    unsigned depth;
    struct {
        stet_ref node;
        unsigned child;
    } step[STET_SORTED_DEPTH];
};

/* Makes *s a position without a path, at the root. Returns whether the root is this handle's alone. */
STET_INLINE bool sorted_begin(const struct stet_tree *m, struct sorted_position *s)
{
    s->leaf = NULL;
    s->before = s->at = s->depth = 0;
    s->found = s->exclusive = s->foreign = false;
    return m->root != 0 && stet_node_is_unshared_(m->root);
}

/* Adds child k of the inner node r to the path, and returns it. *alone: it is this handle's alone, as r was. */
STET_INLINE stet_ref sorted_enter(struct sorted_position *s, stet_ref r, unsigned k, bool *alone)
{
    const struct stet_inner *n = stet_ref_inner_(r);
    stet_ref child = stet_children_(n)[k];
    s->step[s->depth].node = r;
    s->step[s->depth++].child = k;
    *alone = *alone && stet_counts_child_(n, k) && stet_node_is_unshared_(child);
    return child;
}

/* Finds the position of the key. False: the search must be repeated, with *w as it is now. */
STET_INLINE bool sorted_seek(const struct stet_tree_type *t, const struct stet_tree *m, struct stet_wanted *w,
                             struct sorted_position *s)
{
    stet_ref r = m->root;
    bool alone = sorted_begin(m, s);
    if (r == 0)
        return true;
    while (stet_ref_is_inner_(r)) {
        unsigned k = stet_sorted_child_(t, r, w);
        s->before += stet_tree_before_(t, r, k);
        r = sorted_enter(s, r, k, &alone);
    }
    s->leaf = ref_leaf(r);
    for (size_t line = 64; line <= STET_TREE_LEAF_BYTES; line += 64) /* an update moves or copies much of the leaf */
        __builtin_prefetch((const char *)s->leaf + line);
    s->exclusive = alone;
    s->foreign = w->common != SIZE_MAX;
    return sorted_lower(t, s->leaf, w, &s->at, &s->found);
}

/* Makes *s the position behind all entries. */
static void sorted_end(const struct stet_tree *m, struct sorted_position *s)
{
    stet_ref r = m->root;
    bool alone = sorted_begin(m, s);
    if (r == 0)
        return;
    while (stet_ref_is_inner_(r))
        r = sorted_enter(s, r, stet_ref_inner_(r)->slots - 1u, &alone);
    s->leaf = ref_leaf(r);
    s->at = s->leaf->hi;
    s->before = m->size - s->at;
    s->exclusive = alone;
}

/*
 * Repeats sorted_seek() until it succeeds. The search is compiled three times: for unsigned words, for signed words,
 * and for all other keys.
 */
static void sorted_look(const struct stet_tree_type *t, const struct stet_tree *m, struct stet_wanted *w,
                        struct sorted_position *s)
{
    uint64_t flip = sorted_word_flip(t);
    if (flip == 0)
        (void)sorted_seek(&sorted_unsigned_words, m, w, s);
    else if (flip != STET_NO_FLIP_)
        (void)sorted_seek(&sorted_signed_words, m, w, s);
    else
        while (!sorted_seek(t, m, w, s))
            ;
}

/* Returns whether an entry can be added or removed in place: no node on the path is wide, or will become wide. */
STET_INLINE bool sorted_is_narrow(const struct stet_tree *m) { return m->size < STET_TREE_NARROW_MAX; }

/* Unsets the folds on the path of an exclusive position, whose entries change. */
STET_INLINE void sorted_unfold(const struct stet_tree_type *t, const struct sorted_position *s)
{
    if (STET_UNLIKELY(t->fold != NULL))
        for (unsigned i = 0; i < s->depth; i++)
            unfold(t, s->step[i].node, s->step[i].child);
}

/* Adds `by` to the sizes on the path of an exclusive position in a narrow tree. */
STET_INLINE void sorted_resize(const struct stet_tree_type *t, const struct sorted_position *s, struct stet_tree *m,
                               int by)
{
    sorted_unfold(t, s);
    for (unsigned i = 0; i < s->depth; i++) {
        stet_ref r = s->step[i].node;
        uint32_t *sum = stet_tree_sums_(t, r);
        unsigned k = s->step[i].child, slots = stet_ref_inner_(r)->slots;
        sum[k] += (uint32_t)by;
        while (STET_LIKELY(++k < slots)) /* not for entries behind all others */
            sum[k] += (uint32_t)by;
    }
    tree_set_size(m, m->size + (size_t)by);
}

#endif
