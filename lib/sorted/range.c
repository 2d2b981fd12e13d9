/* SPDX-License-Identifier: MIT */
/*
 * sorted/range.c - ranges of sorted collections: slice, erase, split and join, by ranks; and the builder, which makes
 * collections from the front to the back, of entries and of ranges of other collections.
 */
#include "sorted/core.h"

/* ---- cut ---- */

/* Makes a leaf for the entries [lo, lo + n) of a leaf that was cut off, and releases that leaf. NULL: no memory. */
static struct stet_tree_leaf *part_of(const struct stet_tree_type *t, struct stet_tree_leaf *leaf, unsigned lo,
                                      unsigned n, bool alone_in_tree)
{
    if (lo == 0 && n == leaf->hi)
        return leaf;
    struct stet_tree_view part = {leaf, lo, n};
    bool done = stet_tree_leaf_own_(t, &part, false, alone_in_tree ? stet_tree_leaf_cap_(t, n) : leaf_max(t), 0);
    leaf_release(t, leaf);
    return done ? part.leaf : NULL;
}

/*
 * Keeps the entries [0, at) (back), or [at, size), 0 < at < size. On failure m has lost some of these: the caller works
 * on a copy.
 */
static bool cut_to(const struct stet_tree_type *t, struct stet_tree *m, size_t at, bool back)
{
    struct stet_tree_view whole;
    size_t start;
    if (!stet_tree_cut_(t, m, back ? at - 1 : at, back, &whole, &start))
        return false;
    unsigned lo = back ? 0 : (unsigned)(at - start), n = back ? (unsigned)(at - start) : whole.n - lo;
    struct stet_tree_leaf *part = part_of(t, whole.leaf, lo, n, m->root == 0);
    if (part != NULL && stet_tree_push_(t, m, part, n, back)) {
        stet_tree_collapse_(t, m);
        return true;
    }
    if (part != NULL)
        leaf_release(t, part);
    return false;
}

/* Keeps the entries [first, end) of m, whose nodes may be shared. */
static bool slice_to(const struct stet_tree_type *t, struct stet_tree *m, size_t first, size_t end)
{
    if (first >= end) {
        stet_ref old = m->root;
        *m = (struct stet_tree){0};
        if (old != 0)
            stet_node_release(&t->node, old);
        return true;
    }
    return (end == m->size || cut_to(t, m, end, true)) && (first == 0 || cut_to(t, m, first, false));
}

/* Ends an operation that worked in place. If it was not done, it left the collection as it was. */
static stet_result end_in_place(const struct stet_tree_type *t, bool done)
{
    stet_node_drain(&t->node);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

stet_result stet_sorted_slice_(const struct stet_tree_type *t, const struct stet_tree *in, size_t first, size_t end,
                               struct stet_tree *out)
{
    stet_node_check_(&t->node, in->root);
    end = end < in->size ? end : in->size;
    bool whole = first == 0 && end == in->size;
    if (whole && in == out)
        return STET_UNCHANGED;
    if (in == out && first < end)
        return end_in_place(t, stet_tree_keep_(t, out, first, end));
    struct stet_tree cut = sorted_copy(in);
    bool done = slice_to(t, &cut, first, end);
    stet_result result = sorted_finish(t, out, &cut, done);
    return whole ? STET_UNCHANGED : result;
}

/* ---- join ---- */

/* Appends the entries of b, and takes over b's reference. False: no memory; the caller keeps the reference. */
static bool join_to(const struct stet_tree_type *t, struct stet_tree *m, const struct stet_tree *b)
{
    if (b->root == 0)
        return true;
    if (m->root == 0) {
        *m = *b;
        return true;
    }
    return stet_tree_join_(t, m, b->root, b->height, b->size);
}

stet_result stet_sorted_erase_ranks_(const struct stet_tree_type *t, struct stet_tree *m, size_t first, size_t end)
{
    stet_node_check_(&t->node, m->root);
    if (first >= end)
        return STET_UNCHANGED;
    if (end - first < m->size)
        return end_in_place(t, stet_tree_erase_(t, m, first, end));
    struct stet_tree none = {0};
    return sorted_finish(t, m, &none, true);
}

bool stet_sorted_fold_(const struct stet_tree_type *t, const struct stet_tree *m, size_t first, size_t end, void *fold)
{
    stet_node_check_(&t->node, m->root);
    assert(first <= end && end <= m->size);
    return first < end && end <= m->size && stet_tree_fold_(t, m, first, end, fold);
}

size_t stet_sorted_select_(const struct stet_tree_type *t, const struct stet_tree *m, size_t first,
                           stet_tree_reached_fn *reached, void *context)
{
    stet_node_check_(&t->node, m->root);
    return stet_tree_select_(t, m, first, reached, context);
}

stet_result stet_sorted_split_(const struct stet_tree_type *t, struct stet_tree *m, const struct stet_key_view *f,
                               const void *key, struct stet_tree *back)
{
    size_t at = stet_sorted_rank_(t, m, f, key, STET_SORTED_FROM_);
    struct stet_tree right = {0};
    if (at == 0) {
        right = *m;
        *m = (struct stet_tree){0};
    } else if (at < m->size && !stet_tree_split_(t, m, at, &right)) {
        return end_in_place(t, false);
    }
    stet_result result = right.root != 0 ? STET_CHANGED : STET_UNCHANGED;
    (void)sorted_finish(t, back, &right, true);
    return result;
}

/* Returns whether a key comes behind all keys of m. */
static bool is_behind(const struct stet_tree_type *t, const struct stet_tree *m, const void *key)
{
    if (m->root == 0)
        return true;
    struct cursor c = cursor_at_leaf(t, m, m->size - 1);
    struct stet_wanted w = stet_sorted_want_(t, NULL, key);
    return stet_sorted_compare_(t, stet_tree_element_(t, ref_leaf(c.node), c.size - 1), &w) < 0;
}

stet_result stet_sorted_join_(const struct stet_tree_type *t, struct stet_tree *m, const struct stet_tree *b)
{
    stet_node_check_(&t->node, m->root);
    stet_node_check_(&t->node, b->root);
    if (b->root == 0)
        return STET_UNCHANGED;
    const void *first = stet_tree_element_(t, ref_leaf(cursor_at_leaf(t, b, 0).node), 0);
    bool ordered = is_behind(t, m, first);
    assert(ordered && "every key comes behind those of the first");
    if (!ordered)
        return STET_FAILED;
    if (b->size > STET_SORTED_MAX - m->size)
        return STET_NO_MEMORY;
    struct stet_tree right = sorted_copy(b);
    bool done = join_to(t, m, &right);
    if (!done)
        stet_node_release(&t->node, right.root);
    stet_node_drain(&t->node);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

/* ---- building collections ---- */

/*
 * Moves the growing leaf to the end of the tree. No leaf may come behind an underfull one: if the tree's last leaf is
 * not full, the growing leaf is joined to the tree, which merges or redistributes the two. False: no memory, and the
 * growing leaf stays.
 */
static bool builder_flush(struct sorted_builder *b)
{
    struct stet_tree last = {.root = leaf_ref(b->leaf)};
    if (b->leaf == NULL)
        return true;
    last.size = b->leaf->hi;
    bool done =
        stet_sorted_push_leaf_(b->t, &b->tree, b->leaf) ||
        (stet_tree_room_(b->t, &b->tree, true) > 0 ? join_to(b->t, &b->tree, &last)
                                                   : stet_tree_push_(b->t, &b->tree, b->leaf, b->leaf->hi, true));
    if (!done)
        return false;
    b->leaf = NULL;
    return true;
}

/* Fits the growing leaf's capacity to its entries, if the collection has no other leaf. False: no memory. */
static bool builder_fit(struct sorted_builder *b)
{
    const struct stet_tree_type *t = b->t;
    struct stet_tree_leaf *l = b->leaf;
    unsigned cap = l != NULL && b->tree.root == 0 ? stet_tree_leaf_cap_(t, l->hi) : leaf_max(t);
    if (cap == leaf_max(t))
        return true;
    if ((b->leaf = stet_tree_leaf_new_(t, cap)) != NULL) {
        leaf_copy(t, b->leaf, 0, l, 0, l->hi);
        b->leaf->hi = l->hi;
        pool_free(l, leaf_size(t, l));
        return true;
    }
    b->leaf = l;
    return false;
}

/* Makes room for at least one more entry. */
static bool builder_make_room(struct sorted_builder *b)
{
    if (b->leaf != NULL && b->leaf->hi == leaf_max(b->t) && !builder_flush(b))
        return false;
    return b->leaf != NULL || (b->leaf = stet_tree_leaf_new_(b->t, leaf_max(b->t))) != NULL;
}

/* Releases elements whose references were taken over. Each is copied first: release may write to its argument. */
static void builder_refuse(const struct stet_type *t, const char *from, size_t n)
{
    _Alignas(STET_MAX_ALIGN) char copy[SORTED_ENTRY_MAX];
    if (t == NULL || t->release == NULL)
        return;
    for (; n > 0; n--, from += t->size) {
        memcpy(copy, from, t->size);
        t->release(copy);
    }
}

bool stet_sorted_build_(struct sorted_builder *b, const char *keys, const char *values, size_t n, bool held)
{
    const struct stet_tree_type *t = b->t;
    while (n > 0) {
        if (!builder_make_room(b)) {
            if (held) {
                builder_refuse(t->element, keys, n);
                builder_refuse(t->value, values, n);
            }
            return false;
        }
        struct stet_tree_leaf *l = b->leaf;
        unsigned room = leaf_max(t) - l->hi, some = n < room ? (unsigned)n : room;
        memcpy(stet_tree_element_(t, l, l->hi), keys, (size_t)some * t->size);
        if (t->value_size != 0)
            memcpy(stet_tree_value_(t, l, l->hi), values, (size_t)some * t->value_size);
        if (!held)
            leaf_retain(t, l, l->hi, some);
        l->hi = (uint8_t)(l->hi + some);
        keys += (size_t)some * t->size;
        values = t->value_size != 0 ? values + (size_t)some * t->value_size : NULL;
        n -= some;
    }
    return true;
}

/* Appends a slice of another collection, and shares its nodes. */
static bool build_slice(struct sorted_builder *b, const struct stet_tree *other, size_t first, size_t end)
{
    struct stet_tree part = sorted_copy(other);
    bool done = slice_to(b->t, &part, first, end) && builder_flush(b) && join_to(b->t, &b->tree, &part);
    if (!done && part.root != 0)
        stet_node_release(&b->t->node, part.root);
    return done;
}

bool stet_sorted_build_from_(struct sorted_builder *b, const struct stet_sorted_cursor *from, size_t n)
{
    const struct stet_tree_type *t = b->t;
    if (n > 2 * (size_t)leaf_max(t)) {
        size_t first = from->before + from->at;
        return build_slice(b, &from->tree_, first, first + n);
    }
    struct stet_sorted_cursor it = *from;
    while (n > 0) {
        size_t some = it.n - it.at < n ? it.n - it.at : n;
        const char *values = t->value_size != 0 ? stet_tree_value_(t, it.leaf, it.at) : NULL;
        if (!stet_sorted_build_(b, stet_tree_element_(t, it.leaf, it.at), values, some, false))
            return false;
        if ((n -= some) > 0)
            stet_sorted_cursor_forth_(t, &it);
    }
    return true;
}

stet_result stet_sorted_built_(struct sorted_builder *b, struct stet_tree *m, bool done)
{
    done = done && builder_fit(b) && builder_flush(b);
    if (b->leaf != NULL)
        leaf_release(b->t, b->leaf);
    b->leaf = NULL;
    return sorted_finish(b->t, m, &b->tree, done);
}
