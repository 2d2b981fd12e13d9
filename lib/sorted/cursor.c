/* SPDX-License-Identifier: MIT */
/*
 * sorted/cursor.c - cursors of sorted collections, and the ranks of keys and ranges.
 */
#include "sorted/core.h"

/* ---- cursors ---- */

/*
 * Prefetches the leaf in slot k of the node above the cursor's leaf, unless the collection is so small that it may be
 * in the nearest caches. The function is inline, because gcc drops calls of a function that only prefetches.
 */
STET_INLINE void prefetch_leaf(const struct stet_sorted_cursor *it, unsigned k)
{
    if (it->tree_.size < 1u << 14 || k >= it->above->slots)
        return;
    const char *leaf = (const char *)(uintptr_t)stet_children_(it->above)[k];
    for (unsigned at = 0; at < STET_TREE_LEAF_BYTES; at += 64)
        __builtin_prefetch(leaf + at);
}

static void iter_enter_leaf(struct stet_sorted_cursor *it, stet_ref r, size_t before)
{
    it->leaf = ref_leaf(r);
    it->n = it->leaf->hi;
    it->before = before;
}

/* Moves the cursor to the entry of this rank, by a descent from the root. */
static void iter_go(const struct stet_tree_type *t, struct stet_sorted_cursor *it, size_t rank)
{
    struct cursor c = {it->tree_.root, it->tree_.height, 0, it->tree_.size};
    it->leaf = NULL;
    it->above = NULL;
    it->child = it->at = it->n = 0;
    it->before = it->tree_.size;
    if (rank >= it->tree_.size)
        return;
    while (c.level > 0) {
        it->above = stet_ref_inner_(c.node);
        it->child = cursor_down(t, &c, rank);
    }
    iter_enter_leaf(it, c.node, c.from);
    it->at = (uint32_t)(rank - c.from);
    if (it->above != NULL)
        prefetch_leaf(it, it->child + 1);
}

void stet_sorted_cursor_at_(const struct stet_tree_type *t, const struct stet_tree *m, size_t rank,
                            struct stet_sorted_cursor *it)
{
    stet_node_check_(&t->node, m->root);
    it->tree_ = *m;
    iter_go(t, it, rank);
}

void stet_sorted_cursor_forth_(const struct stet_tree_type *t, struct stet_sorted_cursor *it)
{
    if (it->leaf == NULL) {
        if (it->before == 0)
            iter_go(t, it, 0);
        return;
    }
    size_t next = it->before + it->n;
    if (it->above == NULL || it->child + 1 >= it->above->slots) {
        iter_go(t, it, next);
        return;
    }
    prefetch_leaf(it, it->child + 2);
    iter_enter_leaf(it, stet_children_(it->above)[++it->child], next);
    it->at = 0;
}

void stet_sorted_cursor_back_(const struct stet_tree_type *t, struct stet_sorted_cursor *it)
{
    if (it->leaf == NULL) {
        if (it->before == it->tree_.size && it->tree_.size > 0)
            iter_go(t, it, it->tree_.size - 1);
        return;
    }
    if (it->before == 0) {
        it->leaf = NULL;
        it->above = NULL;
        return;
    }
    if (it->above == NULL || it->child == 0) {
        iter_go(t, it, it->before - 1);
        return;
    }
    stet_ref r = stet_children_(it->above)[--it->child];
    if (it->child > 0)
        prefetch_leaf(it, it->child - 1);
    iter_enter_leaf(it, r, it->before - ref_leaf(r)->hi);
    it->at = it->n - 1;
}

void stet_sorted_seek_(const struct stet_tree_type *t, const struct stet_tree *m, const struct stet_key_view *f,
                       const void *key, enum stet_sorted_side side, struct stet_sorted_cursor *it)
{
    struct stet_tree tree = *m; /* m may be the cursor's own tree */
    stet_node_check_(&t->node, tree.root);
    struct stet_wanted w = stet_sorted_want_(t, f, key);
    bool found;
    it->tree_ = tree;
    it->above = NULL;
    it->child = it->at = it->n = 0;
    it->before = 0;
    it->leaf = NULL;
    if (tree.root == 0)
        return;
    do {
        stet_ref r = tree.root;
        size_t before = 0;
        while (stet_ref_is_inner_(r)) {
            it->above = stet_ref_inner_(r);
            it->child = stet_sorted_child_(t, r, &w);
            before += stet_tree_before_(t, r, it->child);
            r = stet_children_(it->above)[it->child];
        }
        iter_enter_leaf(it, r, before);
        if (it->above != NULL) { /* most searches read on from here */
            prefetch_leaf(it, it->child);
            prefetch_leaf(it, it->child + 1);
        }
    } while (!sorted_lower(t, it->leaf, &w, &it->at, &found));
    it->at += found && side == STET_SORTED_BEHIND_;
    if (it->at >= it->n)
        stet_sorted_cursor_forth_(t, it);
}

/* ---- ranks ---- */

size_t stet_sorted_rank_(const struct stet_tree_type *t, const struct stet_tree *m, const struct stet_key_view *f,
                         const void *key, enum stet_sorted_side side)
{
    stet_node_check_(&t->node, m->root);
    struct stet_wanted w = stet_sorted_want_(t, f, key);
    stet_ref r;
    size_t before;
    unsigned at;
    bool found;
    if (m->root == 0)
        return 0;
    do {
        before = 0;
        for (r = m->root; stet_ref_is_inner_(r);) {
            unsigned k = stet_sorted_child_(t, r, &w);
            before += stet_tree_before_(t, r, k);
            r = stet_children_(stet_ref_inner_(r))[k];
        }
    } while (!sorted_lower(t, ref_leaf(r), &w, &at, &found));
    return before + at + (found && side == STET_SORTED_BEHIND_);
}

size_t stet_sorted_range_(const struct stet_tree_type *t, const struct stet_tree *m, const struct stet_key_view *f,
                          const void *from, const void *to, size_t *first)
{
    size_t end = to != NULL ? stet_sorted_rank_(t, m, f, to, STET_SORTED_FROM_) : m->size;
    *first = from != NULL ? stet_sorted_rank_(t, m, f, from, STET_SORTED_FROM_) : 0;
    return end > *first ? end - *first : 0;
}

/* Returns whether a string comes behind all strings that begin with the prefix. */
static bool is_past_prefix(const void *string, const struct stet_bytes *prefix)
{
    struct stet_bytes s = stet_str_view_((const stet_str *)string);
    size_t n = s.n < prefix->n ? s.n : prefix->n;
    return n != 0 && memcmp(s.bytes, prefix->bytes, n) > 0;
}

/* Returns how many strings begin with the prefix, or come before it. */
static size_t rank_behind_prefix(const struct stet_tree_type *t, const struct stet_tree *m,
                                 const struct stet_bytes *prefix)
{
    size_t before = 0;
    stet_ref r = m->root;
    while (stet_ref_is_inner_(r)) {
        const stet_ref *child = stet_children_(stet_ref_inner_(r));
        unsigned k = 0, last = stet_ref_inner_(r)->slots - 1u;
        while (k < last) {
            unsigned middle = (k + last + 1) / 2;
            if (is_past_prefix(stet_tree_edge_(t, child[middle], false), prefix))
                last = middle - 1;
            else
                k = middle;
        }
        before += stet_tree_before_(t, r, k);
        r = child[k];
    }
    unsigned at = 0;
    for (unsigned end = ref_leaf(r)->hi; at < end;) {
        unsigned middle = (at + end) / 2;
        if (is_past_prefix(stet_tree_element_(t, ref_leaf(r), middle), prefix))
            end = middle;
        else
            at = middle + 1;
    }
    return before + at;
}

size_t stet_sorted_prefix_(const struct stet_tree_type *t, const struct stet_tree *m, const struct stet_bytes *prefix,
                           size_t *first)
{
    size_t begin = stet_sorted_rank_(t, m, &stet_bytes_view, prefix, STET_SORTED_FROM_);
    if (first != NULL)
        *first = begin;
    return m->root != 0 ? rank_behind_prefix(t, m, prefix) - begin : 0;
}

bool stet_sorted_runs_(const struct stet_tree_type *t, const struct stet_tree *m, size_t first, size_t end,
                       stet_sorted_run_fn *fn, void *context)
{
    struct stet_sorted_cursor it;
    stet_sorted_cursor_at_(t, m, first, &it);
    while (first < end && it.leaf != NULL) {
        size_t left = it.n - it.at, n = left < end - first ? left : end - first;
        const void *values = t->value_size != 0 ? stet_tree_value_(t, it.leaf, it.at) : NULL;
        if (!fn(context, stet_tree_element_(t, it.leaf, it.at), values, n))
            return false;
        first += n;
        stet_sorted_cursor_forth_(t, &it);
    }
    return true;
}
