/* SPDX-License-Identifier: MIT */
/*
 * tree/skip.c - inner nodes of strings: the bytes that all keys of a node have in common, which its bounds skip.
 *
 * Only the number of these bytes is stored. The bytes themselves are in every key below, and a search does not compare
 * them until it has found a leaf. Splits and joins of nodes compute the number and the bounds again, from the first and
 * the last key below each child; a new key can only reduce the number, in nodes that are exclusive to this handle.
 */
#include "tree/node.h"

uint64_t stet_tree_last_bound_(const struct stet_tree_type *t, stet_ref r, size_t skip)
{
    return t->bounded ? word_behind(t, stet_tree_edge_(t, r, true), skip) : NO_BOUND;
}

size_t stet_tree_common_(const stet_str *s, const struct stet_bytes *b)
{
    const char *x = stet_str_bytes(s), *y = b->bytes;
    size_t n = stet_str_size(s) < b->n ? stet_str_size(s) : b->n, i = 0;
    for (; i + 8 <= n; i += 8)
        if (memcmp(x + i, y + i, 8) != 0)
            break;
    while (i < n && x[i] == y[i])
        i++;
    return i;
}

size_t stet_tree_common_beside_(const struct stet_tree_type *t, stet_ref r, const struct stet_tree_leaf *l, unsigned n,
                                bool back)
{
    struct stet_bytes far = stet_str_view_((const stet_str *)(const void *)stet_tree_element_(t, l, back ? n - 1 : 0));
    return stet_tree_common_(stet_tree_edge_(t, r, back), &far);
}

void stet_tree_skip_anew_(const struct stet_tree_type *t, stet_ref r)
{
    struct stet_inner *n = stet_ref_inner_(r);
    if (!stet_tree_skips_(t))
        return;
    const stet_ref *child = stet_children_(n);
    struct stet_bytes last = stet_str_view_(stet_tree_edge_(t, child[n->slots - 1u], true));
    n->aux = stet_tree_common_(stet_tree_edge_(t, child[0], false), &last);
    for (unsigned i = 0; i + 1 < n->slots; i++)
        stet_tree_bounds_(r)[i] = stet_tree_last_bound_(t, child[i], n->aux);
}

void stet_tree_fit_(const struct stet_tree_type *t, const struct stet_tree *l, size_t j, const void *key, size_t common)
{
    for (struct cursor c = cursor_at_root(l); c.level > 0;) {
        stet_ref r = c.node;
        struct stet_inner *n = stet_ref_inner_(r);
        unsigned k = cursor_down(t, &c, j);
        if (n->aux > common)
            stet_tree_skip_anew_(t, r);
        uint64_t word = word_behind(t, key, n->aux), *bound = stet_tree_bounds_(r);
        if (k + 1 < n->slots && bound[k] < word)
            bound[k] = word;
        if (k > 0 && bound[k - 1] > word)
            bound[k - 1] = word;
    }
}
