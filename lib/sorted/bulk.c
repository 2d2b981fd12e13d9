/* SPDX-License-Identifier: MIT */
/*
 * sorted/bulk.c - many entries of a sorted collection at once: arrays, filter and map, trim.
 */
#include "sorted/core.h"
#include "tree/node.h"

/* ---- arrays ---- */

static const char *value_in(const struct stet_tree_type *t, const void *values, size_t i)
{
    return t->value_size != 0 ? (const char *)values + i * t->value_size : NULL;
}

stet_result stet_sorted_from_sorted(const struct stet_tree_type *t, struct stet_tree *out, const void *keys,
                                    const void *values, size_t n)
{
    const char *key = keys;
    for (size_t i = 1; i < n; i++) {
        bool ordered = t->element->compare(key + (i - 1) * t->size, key + i * t->size) < 0;
        assert(ordered && "keys ascend");
        if (!ordered)
            return STET_FAILED;
    }
    struct sorted_builder b = {.t = t};
    memset(out, 0, sizeof *out);
    if (n == 0)
        return STET_UNCHANGED;
    return stet_sorted_built_(&b, out, n <= STET_SORTED_MAX && stet_sorted_build_(&b, key, values, n, false));
}

/* Merges the sorted indices from[0, half) and from[half, n) into to. */
static void merge_indices(const struct stet_tree_type *t, const char *keys, const uint32_t *from, size_t half, size_t n,
                          uint32_t *to)
{
    for (size_t i = 0, k = half, at = 0; at < n; at++) {
        bool left = i < half && (k == n || t->element->compare(keys + (size_t)from[i] * t->size,
                                                               keys + (size_t)from[k] * t->size) <= 0);
        to[at] = from[left ? i++ : k++];
    }
}

/*
 * Sorts the indices of n keys by the keys, and those of equal keys by index. spare: room for as many. Returns the
 * sorted array, index or spare.
 */
static uint32_t *sort_indices(const struct stet_tree_type *t, const char *keys, uint32_t *index, size_t n,
                              uint32_t *spare)
{
    for (size_t i = 0; i < n; i++)
        index[i] = (uint32_t)i;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t left = n - at, half = width < left ? width : left, all = 2 * width < left ? 2 * width : left;
            merge_indices(t, keys, index + at, half, all, spare + at);
        }
        uint32_t *other = index;
        index = spare;
        spare = other;
    }
    return index;
}

/* set_many() of an empty collection: sorts the keys first. */
static stet_result build_unordered(const struct stet_tree_type *t, struct stet_tree *m, const char *keys,
                                   const void *values, size_t n)
{
    size_t bytes = 2 * n * sizeof(uint32_t);
    uint32_t *room = pool_allocate(bytes);
    if (room == NULL)
        return STET_NO_MEMORY;
    const uint32_t *index = sort_indices(t, keys, room, n, room + n);
    struct sorted_builder b = {.t = t};
    bool done = true;
    for (size_t i = 0; i < n && done; i++) {
        const char *key = keys + (size_t)index[i] * t->size;
        if (i + 1 == n || t->element->compare(key, keys + (size_t)index[i + 1] * t->size) != 0)
            done = stet_sorted_build_(&b, key, value_in(t, values, index[i]), 1, false);
    }
    pool_free(room, bytes);
    return stet_sorted_built_(&b, m, done);
}

stet_result stet_sorted_set_many(const struct stet_tree_type *t, struct stet_tree *m, const void *keys,
                                 const void *values, size_t n)
{
    stet_node_check_(&t->node, m->root);
    if (n == 0)
        return STET_UNCHANGED;
    if (n > STET_SORTED_MAX)
        return STET_NO_MEMORY;
    if (m->root == 0)
        return build_unordered(t, m, keys, values, n);
    struct stet_tree edited = sorted_copy(m);
    bool changed = false, done = true;
    for (size_t i = 0; i < n && done; i++) {
        stet_result result =
            stet_sorted_put_(t, &edited, NULL, (const char *)keys + i * t->size, value_in(t, values, i), STET_PUT_SET_);
        done = result != STET_NO_MEMORY;
        changed = changed || result == STET_CHANGED;
    }
    if (done && !changed) { /* edited is still m's version */
        stet_node_release(&t->node, edited.root);
        return STET_UNCHANGED;
    }
    return sorted_finish(t, m, &edited, done);
}

void stet_sorted_get_many(const struct stet_tree_type *t, const struct stet_tree *m, const void *keys, size_t n,
                          const void **values)
{
    for (size_t i = 0; i < n; i++)
        values[i] = stet_sorted_get_(t, m, NULL, (const char *)keys + i * t->size);
}

/* ---- filter and map ---- */

stet_result stet_sorted_transform(const struct stet_tree_type *t, struct stet_tree *m, stet_sorted_transform_fn *fn,
                                  void *context)
{
    _Alignas(STET_MAX_ALIGN) char fresh[SORTED_ENTRY_MAX];
    struct sorted_builder b = {.t = t};
    struct stet_sorted_cursor it;
    size_t at = 0, kept_from = 0;
    bool done = true, changed = false;
    stet_sorted_cursor_at(t, m, 0, &it);
    for (; it.leaf != NULL && done; stet_sorted_cursor_next(t, &it), at++) {
        const char *key = stet_tree_element(t, it.leaf, it.at);
        const char *old = t->value_size != 0 ? stet_tree_value(t, it.leaf, it.at) : NULL;
        enum stet_fate_ fate = fn(context, key, old, fresh);
        bool replace = fate == STET_REPLACE_ && old != NULL && !stet_type_equal(t->value, old, fresh);
        if (fate == STET_REPLACE_ && !replace && t->value->release != NULL)
            t->value->release(fresh);
        if (!replace && fate != STET_REMOVE_)
            continue;
        changed = true;
        done = stet_sorted_build_slice_(&b, m, kept_from, at);
        if (replace && !done && t->value->release != NULL)
            t->value->release(fresh);
        if (replace && done) {
            if (t->element->retain != NULL)
                t->element->retain(key);
            done = stet_sorted_build_(&b, key, fresh, 1, true);
        }
        kept_from = at + 1;
    }
    if (!changed)
        return STET_UNCHANGED;
    return stet_sorted_built_(&b, m, done && stet_sorted_build_slice_(&b, m, kept_from, m->size));
}

/* ---- trim ---- */

/*
 * Whether trimming frees anything: there is an owner, or a leaf of this version alone whose elements fit into a smaller
 * one.
 */
static bool sorted_is_loose(const struct stet_tree_type *t, stet_ref r, bool alone)
{
    if (r == 0)
        return false;
    alone = alone && stet_node_is_unshared(r);
    if (!stet_ref_is_inner(r))
        return alone && leaf_size_for(t, stet_tree_cap_(t, ref_leaf(r)->hi)) < leaf_size(t, ref_leaf(r));
    const struct stet_inner *n = stet_ref_inner(r);
    bool loose = n->owner != 0;
    for (unsigned i = 0; i < n->slots && !loose; i++)
        loose = sorted_is_loose(t, stet_children(n)[i], alone);
    return loose;
}

/* Trims the node in slot i of exclusive `parent` (NULL: the root). False: no memory. */
static bool trim_slot(const struct stet_tree_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot)
{
    bool counted = parent == NULL || stet_parent_counts(&t->node, parent, i);
    if (!sorted_is_loose(t, *slot, counted))
        return true;
    if (!stet_ref_is_inner(*slot)) {
        struct stet_tree_leaf *l = ref_leaf(*slot), *c = stet_tree_leaf_new_(t, stet_tree_cap_(t, l->hi));
        if (c == NULL)
            return false;
        leaf_copy(t, c, 0, l, 0, l->hi);
        c->hi = l->hi;
        pool_free(l, leaf_size(t, l));
        *slot = leaf_ref(c);
        return true;
    }
    struct stet_inner *n = own_node(t, parent, i, slot, AS_IT_IS);
    if (n == NULL)
        return false;
    if (n->owner != 0 && !(stet_node_is_unshared(n->owner) && stet_slot_flatten_(&t->node, n)))
        stet_inner_flatten(&t->node, n);
    for (unsigned k = 0; k < n->slots; k++)
        if (!trim_slot(t, n, k, &stet_children(n)[k]))
            return false;
    return true;
}

stet_result stet_sorted_trim(const struct stet_tree_type *t, struct stet_tree *m)
{
    stet_node_check_(&t->node, m->root);
    if (!sorted_is_loose(t, m->root, true))
        return STET_UNCHANGED;
    bool done = trim_slot(t, NULL, 0, &m->root);
    stet_node_drain(&t->node);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}
