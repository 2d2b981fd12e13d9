/* SPDX-License-Identifier: MIT */
/*
 * tree/node.c - an inner node and its children: merges or redistributes two of them, replaces a root by them.
 */
#include "tree/node.h"

#include <limits.h>

/* ---- room ---- */

/* Moves the exclusive node in *slot to a larger block. */
static struct stet_inner *enlarge(const struct stet_tree_type *t, stet_ref *slot, bool wide)
{
    struct stet_inner *n = stet_ref_inner_(*slot), *larger = block_new(t, table_bytes(t, TREE_WIDTH, wide));
    if (larger == NULL)
        return NULL;
    uint16_t units = larger->units;
    stet_ref r =
        is_table(*slot) ? columns_copy(t, *slot, larger, TREE_WIDTH) : tagged(larger, stet_tree_kind_of_(*slot));
    memcpy(larger, n, sizeof *n + n->slots * sizeof(stet_ref));
    larger->units = units;
    pool_free(n, node_bytes(n));
    *slot = r;
    return larger;
}

struct stet_inner *stet_tree_node_move_(const struct stet_tree_type *t, struct stet_inner *parent, unsigned i,
                                        stet_ref *slot, struct room room, enum stet_own how, bool counted)
{
    if (counted && stet_node_is_unshared_(*slot)) { /* perhaps since its other holder, another thread, released it */
        bool fits = room.slots == 0 || has_room(t, *slot, room);
        return fits ? stet_ref_inner_(*slot) : enlarge(t, slot, is_wide(room.total + leaf_max(t)));
    }
    struct stet_inner *copy = block_new(t, room_bytes(t, *slot, room));
    if (copy == NULL)
        return NULL;
    stet_ref r = is_table(*slot) ? columns_copy(t, *slot, copy, room_cap(t, *slot, room))
                                 : tagged(copy, stet_tree_kind_of_(*slot));
    stet_own_into(&t->node, parent, i, slot, counted, how, r);
    return copy;
}

struct stet_inner *stet_tree_table_copy_(const struct stet_tree_type *t, struct stet_inner *parent, unsigned i,
                                         stet_ref *slot, bool counted)
{
    static const struct stet_tree_type layout = {.bounded = true};
    stet_ref r = *slot;
    const struct stet_inner *n = stet_ref_inner_(r);
    size_t had = stet_tree_cap_(r), cap = cap_for(&layout, n->slots), bytes = table_bytes(&layout, cap, false);
    struct stet_inner *copy = block_new(t, bytes);
    if (copy == NULL)
        return NULL;
    copy->refcount = 1; /* n's own count is not read, because other threads may change it */
    copy->slots = n->slots;
    copy->flattened = n->flattened;
    stet_ref ref = tagged_table(copy, cap, false);
    size_t skip = offsetof(struct stet_inner, replaced);
    if (STET_LIKELY(cap == had)) {
        copy_many(&copy->replaced, &n->replaced, bytes - skip);
    } else {
        copy_many(&copy->replaced, &n->replaced, sizeof *n + cap * sizeof(stet_ref) - skip);
        copy_many(stet_tree_bounds_(ref), stet_tree_bounds_(r), cap * sizeof(uint64_t));
        copy_many(stet_tree_sums_(&layout, ref), stet_tree_sums_(&layout, r), cap * sizeof(uint32_t));
    }
    stet_own_copied(&t->node, parent, i, slot, counted, ref);
    return copy;
}

/* ---- two neighbours ---- */

/* Updates the columns after the children i and i + 1 were merged into child i. */
static void columns_join(const struct stet_tree_type *t, struct columns *c, unsigned i)
{
    column_resize(c, i, c->size[i] + c->size[i + 1]);
    if (t->bounded)
        c->bound[i] = c->bound[i + 1];
}

/* Merges the leaf in slot i + 1 of n into the leaf in slot i, and updates c, the columns of n. */
static bool merge_leaves(const struct stet_tree_type *t, struct stet_inner *n, unsigned i, struct columns *c)
{
    struct stet_tree_leaf *a = own_tree_leaf(t, n, i, c->size[i]);
    if (a == NULL)
        return false;
    bool counted;
    unsigned had = (unsigned)c->size[i];
    struct stet_tree_view b = leaf_in(t, n, i + 1, stet_children_(n)[i + 1], c->size[i + 1], &counted);
    leaf_copy(t, a, had, b.leaf, 0, b.n);
    a->hi = (uint8_t)(had + b.n);
    if (counted && leaf_is_unshared(b.leaf)) {
        stet_tree_leaf_narrow_(t, b.leaf, 0, b.n);
        pool_free(b.leaf, leaf_size(t, b.leaf));
    } else {
        leaf_retain(t, a, had, b.n);
        if (counted)
            leaf_release(t, b.leaf);
    }
    node_splice(n, i + 1, 1, NULL, 0);
    columns_join(t, c, i);
    return true;
}

/*
 * Moves elements between the leaves in slots i and i + 1 of n, which have a_size and b_size elements, so that the first
 * has `half`. *bound: the new bound between the two leaves. False: no memory.
 */
static bool divide_leaves(const struct stet_tree_type *t, struct stet_inner *n, unsigned i, unsigned a_size,
                          unsigned b_size, unsigned half, uint64_t *bound)
{
    struct stet_tree_leaf *a = own_tree_leaf(t, n, i, a_size),
                          *b = a != NULL ? own_tree_leaf(t, n, i + 1, b_size) : NULL;
    if (b == NULL)
        return false;
    unsigned rest = a_size + b_size - half;
    if (a_size < half) {
        leaf_copy(t, a, a_size, b, 0, half - a_size);
        leaf_move(t, b, 0, half - a_size, rest);
    } else {
        leaf_move(t, b, a_size - half, 0, b_size);
        leaf_copy(t, b, 0, a, half, a_size - half);
    }
    a->hi = (uint8_t)half;
    b->hi = (uint8_t)rest;
    *bound = leaf_bound(t, a, half, n->aux);
    return true;
}

/*
 * Redistributes the leaves in slots i and i + 1, of which one is underfull, and which do not fit into one. track: an
 * element, counted from the start of the first leaf, that will be in the larger half.
 */
static bool redistribute_leaves(const struct stet_tree_type *t, struct stet_inner *n, unsigned i, struct columns *c,
                                size_t track)
{
    size_t *size = c->size;
    unsigned sum = (unsigned)(size[i] + size[i + 1]), half = sum / 2 + (sum % 2 != 0 && track <= sum / 2);
    if (!divide_leaves(t, n, i, (unsigned)size[i], (unsigned)size[i + 1], half, &c->bound[i]))
        return false;
    column_resize(c, i, half);
    column_resize(c, i + 1, sum - half);
    return true;
}

int stet_tree_give_(const struct stet_tree_type *t, stet_ref r, unsigned i)
{
    if (stet_tree_kind_of_(r) != STET_TREE_TABLE)
        return -1;
    struct stet_inner *n = stet_ref_inner_(r);
    uint32_t *sum = stet_tree_sums_(t, r), most = leaf_max(t) - (leaf_max(t) > 4 ? leaf_max(t) * 3 / 8 : 2);
    uint32_t start = i > 0 ? sum[i - 1] : 0, left = i > 1 ? start - sum[i - 2] : i > 0 ? start : UINT32_MAX;
    uint32_t right = i + 1u < n->slots ? sum[i + 1] - sum[i] : UINT32_MAX;
    if (left > most && right > most)
        return -1;
    unsigned k = i > 0 && left <= right ? i - 1 : i;
    uint32_t a_size = k < i ? left : sum[i] - start, b_size = k < i ? sum[i] - start : right;
    uint32_t half = (a_size + b_size) / 2;
    uint64_t bound;
    if (!divide_leaves(t, n, k, a_size, b_size, half, &bound))
        return TREE_REFUSED;
    sum[k] += half - a_size;
    if (t->bounded)
        stet_tree_bounds_(r)[k] = bound;
    unfold(t, r, k);
    unfold(t, r, k + 1);
    return (int)k;
}

int stet_tree_halve_(const struct stet_tree_type *t, stet_ref r, unsigned i)
{
    struct stet_inner *n = stet_ref_inner_(r);
    unsigned slots = n->slots;
    if (stet_tree_kind_of_(r) != STET_TREE_TABLE || slots == stet_tree_cap_(r) || t->fold != NULL)
        return -1;
    uint32_t *sum = stet_tree_sums_(t, r), start = i > 0 ? sum[i - 1] : 0, size = sum[i] - start, half = size / 2;
    struct stet_tree_leaf *b = stet_tree_leaf_new_(t, leaf_max(t)),
                          *a = b != NULL ? own_tree_leaf(t, n, i, size) : NULL;
    if (a == NULL) {
        if (b != NULL)
            pool_free(b, leaf_size(t, b));
        return TREE_REFUSED;
    }
    a->hi = (uint8_t)half;
    b->hi = (uint8_t)(size - half);
    leaf_copy(t, b, 0, a, half, b->hi);
    stet_ref right = leaf_ref(b);
    node_splice(n, i + 1, 0, &right, 1);
    memmove(sum + i + 1, sum + i, (slots - i) * sizeof *sum);
    sum[i] = start + half;
    uint64_t *bound = stet_tree_bounds_(r);
    memmove(bound + i + 1, bound + i, (slots - i) * sizeof *bound);
    bound[i] = leaf_bound(t, a, half, n->aux);
    return (int)i;
}

void stet_tree_extend_(const struct stet_tree_type *t, stet_ref r, const struct stet_tree_leaf *leaf)
{
    struct stet_inner *n = stet_ref_inner_(r);
    const struct stet_tree_leaf *last = ref_leaf(stet_children_(n)[n->slots - 1u]);
    stet_ref ref = leaf_ref(leaf);
    stet_tree_sums_(t, r)[n->slots] = stet_tree_sums_(t, r)[n->slots - 1u];
    if (t->bounded)
        stet_tree_bounds_(r)[n->slots - 1u] = leaf_bound(t, last, last->hi, n->aux);
    node_splice(n, n->slots, 0, &ref, 1);
}

/* Merges the inner nodes in slots i and i + 1 of n: the children of the smaller move into the larger. */
static bool merge_inner(const struct stet_tree_type *t, struct stet_inner *n, unsigned i, unsigned level,
                        struct columns *c)
{
    stet_ref *child = stet_children_(n), moved[STET_TREE_WIDTH];
    struct columns below;
    unsigned in_a = stet_ref_inner_(child[i])->slots, in_b = stet_ref_inner_(child[i + 1])->slots;
    unsigned to = in_a >= in_b ? i : i + 1, from = in_a >= in_b ? i + 1 : i;
    struct stet_inner *a = own_child(t, n, to, (struct room){in_a + in_b, c->size[i] + c->size[i + 1]});
    if (a == NULL)
        return false;
    bool counted = stet_parent_counts(&t->node, n, from), unshared = counted && stet_node_is_unshared_(child[from]);
    stet_ref r = child[from];
    struct stet_inner *b = stet_ref_inner_(r);
    columns_read(t, child[i], level - 1, c->size[i], c->bound[i], &below, 0);
    columns_read(t, child[i + 1], level - 1, c->size[i + 1], NO_BOUND, &below, in_a);
    unsigned count = b->slots;
    for (unsigned k = 0; k < count; k++)
        __builtin_prefetch(stet_ref_node_(stet_children_(b)[k]), 1);
    for (unsigned k = 0; k < count; k++) {
        moved[k] = stet_children_(b)[k];
        if (!unshared || !stet_counts_child_(b, k))
            stet_node_retain_(moved[k]);
    }
    node_splice(a, to == i ? in_a : 0, 0, moved, count);
    child[to] = columns_write(t, a, level - 1, &below, 0);
    if (unshared)
        node_free(t, b);
    else if (counted)
        stet_node_release(&t->node, r);
    node_splice(n, from, 1, NULL, 0);
    columns_join(t, c, i);
    return true;
}

/*
 * Redistributes the inner nodes in slots i and i + 1, which do not fit into one, if one is underfull. track: a place
 * among the children of both, from 0 to the end; afterwards a place in the middle is inside of one node, unless both
 * are full. *first: the final number of children of the first node.
 */
static bool redistribute_inner(const struct stet_tree_type *t, struct stet_inner *n, unsigned i, unsigned level,
                               struct columns *c, size_t track, unsigned *first)
{
    stet_ref *slot = &stet_children_(n)[i], moved[STET_TREE_WIDTH];
    struct columns below;
    unsigned had = stet_ref_inner_(slot[0])->slots, sum = had + stet_ref_inner_(slot[1])->slots, need = TREE_MIN + 2;
    unsigned half = had < need || sum - had < need ? sum / 2 : had, count;
    if (half == track && half < TREE_WIDTH)
        half++;
    else if (half == track && sum - half < TREE_WIDTH)
        half--;
    struct room room_a = {half > had ? half : had, c->size[i] + c->size[i + 1]},
                room_b = {sum - (half < had ? half : had), room_a.total};
    struct stet_inner *a = own_child(t, n, i, room_a), *b = a != NULL ? own_child(t, n, i + 1, room_b) : NULL;
    if (b == NULL)
        return false;
    *first = half;
    columns_read(t, slot[0], level - 1, c->size[i], c->bound[i], &below, 0);
    columns_read(t, slot[1], level - 1, c->size[i + 1], NO_BOUND, &below, had);
    if (had < half) {
        for (count = 0; count < half - had; count++)
            moved[count] = node_take(b, count);
        node_splice(b, 0, count, NULL, 0);
        node_splice(a, had, 0, moved, count);
    } else {
        for (count = 0; count < had - half; count++)
            moved[count] = node_take(a, half + count);
        node_splice(a, half, count, NULL, 0);
        node_splice(b, 0, 0, moved, count);
    }
    column_resize(c, i, total_of(below.size, half));
    column_resize(c, i + 1, total_of(below.size + half, sum - half));
    node_flatten(t, a, 0);
    node_flatten(t, b, 0);
    slot[0] = columns_write(t, a, level - 1, &below, 0);
    slot[1] = columns_write(t, b, level - 1, &below, half);
    c->bound[i] = bound_above(t, n, slot[0], below.bound[half - 1]);
    return true;
}

bool stet_tree_even_pair_(const struct stet_tree_type *t, stet_ref *slot, unsigned level, size_t total, unsigned i,
                          size_t track, struct seam *seam)
{
    struct stet_inner *n = stet_ref_inner_(*slot);
    const stet_ref *child = stet_children_(n);
    struct columns c;
    unsigned first = UINT_MAX;
    bool merge, done;
    memset(c.size, 0, TREE_WIDTH * sizeof *c.size);
    columns_read(t, *slot, level, total, NO_BOUND, &c, 0);
    if (level == 1) {
        merge = c.size[i] + c.size[i + 1] <= leaf_max(t);
        done = merge ? merge_leaves(t, n, i, &c) : redistribute_leaves(t, n, i, &c, track);
    } else {
        merge = (unsigned)stet_ref_inner_(child[i])->slots + stet_ref_inner_(child[i + 1])->slots <= TREE_WIDTH;
        done = merge ? merge_inner(t, n, i, level, &c) : redistribute_inner(t, n, i, level, &c, track, &first);
    }
    if (!done)
        return false;
    *seam = track < first ? (struct seam){i, track} : (struct seam){i + 1, track - first};
    if (merge) {
        columns_move(t, &c, i + 1, i + 2, n->slots - i - 1u);
        node_flatten(t, n, 0);
    }
    *slot = columns_write(t, n, level, &c, 0);
    return true;
}

/* ---- the root ---- */

/*
 * Replaces a root with one child by that child. If the root has two inner nodes whose children fit into half a node,
 * merges these two first.
 */
void stet_tree_collapse_(const struct stet_tree_type *t, struct stet_tree *l)
{
    struct seam ignored;
    while (l->height > 0) {
        struct stet_inner *n = stet_ref_inner_(l->root);
        const stet_ref *child = stet_children_(n);
        if (n->slots == 2 && l->height > 1 &&
            (unsigned)stet_ref_inner_(child[0])->slots + stet_ref_inner_(child[1])->slots <= TREE_WIDTH / 2) {
            if ((n = own_node(t, NULL, 0, &l->root, (struct room){2, l->size})) == NULL ||
                !stet_tree_even_pair_(t, &l->root, l->height, l->size, 0, NOWHERE, &ignored))
                return;
        }
        if (n->slots > 1)
            break;
        stet_ref only = stet_children_(n)[0]; /* n may be another node now */
        if (stet_node_is_unshared_(l->root)) {
            only = node_take(n, 0);
            node_free(t, n);
        } else {
            stet_node_retain_(only);
            stet_node_release(&t->node, l->root);
        }
        l->root = only;
        l->height--;
    }
}
