/* SPDX-License-Identifier: MIT */
/*
 * sorted/bulk.c - whole sorted collections: from sorted arrays, filter and map, trim.
 */
#include "sorted/core.h"
#include "tree/node.h"

/* ---- arrays in order ---- */

/* Whether n keys ascend strictly. */
static bool ascends(const struct stet_tree_type *t, const char *key, size_t n)
{
    uint64_t flip = stet_sorted_flip_(t->element), before = 0, word;
    if (flip == STET_NO_FLIP_) {
        for (; n > 1; n--, key += t->size)
            if (t->element->compare(key, key + t->size) >= 0)
                return false;
        return true;
    }
    size_t steps = 0; /* without a branch, two instructions for each */
    memcpy(&before, key, 8);
    before ^= flip;
    for (size_t i = 1; i < n; i++, before = word) {
        memcpy(&word, key + i * 8, 8);
        word ^= flip;
#ifdef __AVX2__ /* has comparisons of words in vectors, which need each key on its own: 2.3 instructions for 7 */
        memcpy(&before, key + (i - 1) * 8, 8);
        before ^= flip;
#endif
        steps += before < word;
    }
    return steps == n - 1;
}

stet_result stet_sorted_from_sorted_any_(const struct stet_tree_type *t, struct stet_tree *out, const void *keys,
                                         const void *values, size_t n)
{
    const char *key = keys, *value = values;
    const size_t most = 512; /* keys that stay in the nearest cache until they are copied */
    bool ordered = true, done = n <= STET_SORTED_MAX;
    struct sorted_builder b = {.t = t};
    memset(out, 0, sizeof *out);
    if (n == 0)
        return STET_UNCHANGED;
    for (size_t some; n > 0 && ordered && done; n -= some) {
        some = n < most ? n : most;
        ordered = ascends(t, key, some < n ? some + 1 : some);
        done = ordered && stet_sorted_build_(&b, key, value, some, false);
        key += some * t->size;
        value = t->value_size != 0 ? value + some * t->value_size : NULL;
    }
    stet_result result = stet_sorted_built_(&b, out, done);
    assert(ordered && "keys ascend");
    return result;
}

/* ---- filter and map ---- */

stet_result stet_sorted_transform_(const struct stet_tree_type *t, struct stet_tree *m, stet_sorted_transform_fn *fn,
                                   void *context)
{
    _Alignas(STET_MAX_ALIGN) char fresh[SORTED_ENTRY_MAX];
    struct sorted_builder b = {.t = t};
    struct stet_sorted_cursor it, kept; /* kept: at the rank kept_from; all entries from there to `it` are kept */
    size_t at = 0, kept_from = 0;
    bool done = true, changed = false;
    stet_sorted_cursor_at_(t, m, 0, &it);
    kept = it;
    for (; it.leaf != NULL && done; stet_sorted_cursor_next_(t, &it), at++) {
        const char *key = stet_tree_element_(t, it.leaf, it.at);
        const char *old = t->value_size != 0 ? stet_tree_value_(t, it.leaf, it.at) : NULL;
        if (at == kept_from)
            kept = it;
        enum stet_fate_ fate = fn(context, key, old, fresh);
        bool replace = fate == STET_REPLACE_ && old != NULL && !stet_type_equal(t->value, old, fresh);
        if (fate == STET_REPLACE_ && !replace && t->value->release != NULL)
            t->value->release(fresh);
        if (!replace && fate != STET_REMOVE_)
            continue;
        changed = true;
        done = stet_sorted_build_from_(&b, &kept, at - kept_from);
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
    return stet_sorted_built_(&b, m, done && stet_sorted_build_from_(&b, &kept, at - kept_from));
}

/* ---- trim ---- */

/*
 * Whether trimming r frees anything: an inner node has a lender, or a leaf of this version alone would fit into a
 * smaller block.
 */
static bool sorted_is_loose(const struct stet_tree_type *t, stet_ref r, bool alone)
{
    if (r == 0)
        return false;
    alone = alone && stet_node_is_unshared_(r);
    if (!stet_ref_is_inner_(r))
        return alone && leaf_size_for(t, stet_tree_leaf_cap_(t, ref_leaf(r)->hi)) < leaf_size(t, ref_leaf(r));
    const struct stet_inner *n = stet_ref_inner_(r);
    bool loose = n->lender != 0;
    for (unsigned i = 0; i < n->slots && !loose; i++)
        loose = sorted_is_loose(t, stet_children_(n)[i], alone);
    return loose;
}

/* Trims the node in slot i of exclusive `parent` (NULL: the root). False: no memory. */
static bool trim_slot(const struct stet_tree_type *t, struct stet_inner *parent, unsigned i, stet_ref *slot)
{
    bool counted = parent == NULL || stet_parent_counts(&t->node, parent, i);
    if (!sorted_is_loose(t, *slot, counted))
        return true;
    if (!stet_ref_is_inner_(*slot)) {
        struct stet_tree_leaf *l = ref_leaf(*slot), *c = stet_tree_leaf_new_(t, stet_tree_leaf_cap_(t, l->hi));
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
    if (n->lender != 0 && !(stet_node_is_unshared_(n->lender) && stet_slot_flatten_(&t->node, n)))
        stet_inner_flatten(&t->node, n);
    for (unsigned k = 0; k < n->slots; k++)
        if (!trim_slot(t, n, k, &stet_children_(n)[k]))
            return false;
    return true;
}

stet_result stet_sorted_trim_(const struct stet_tree_type *t, struct stet_tree *m)
{
    stet_node_check_(&t->node, m->root);
    if (!sorted_is_loose(t, m->root, true))
        return STET_UNCHANGED;
    bool done = trim_slot(t, NULL, 0, &m->root);
    stet_node_drain(&t->node);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}
