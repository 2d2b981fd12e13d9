/* SPDX-License-Identifier: MIT */
/*
 * list_tree.c - the tree of a list: sizes, kinds, and the structural updates (stet/impl/list.h has the drawing).
 *
 * Every update first owns its path from the root down, which changes no contents and may end anywhere for want of
 * memory, and then writes, which cannot fail. What needs room on its way down makes it before it goes on (a full child
 * is split, a poor one joined with a sibling: Guibas & Sedgewick 1978), so there is one pass and no repair upwards but
 * that of sizes.
 *
 * Two trees are joined at their roots, as two children of a new one, which is whole and has the right contents at
 * once. What is left is the seam: the last nodes of one and the first of the other may be poor. mend() goes down
 * along the seam and joins or evens out the two nodes beside it on each level; short of memory, it stops.
 */
#include "list_core.h"

#include <limits.h>

#define NODE_SIZE pool_node_size(sizeof(struct stet_inner) + LIST_WIDTH * (sizeof(stet_ref) + sizeof(uint32_t)))

/* ---- sizes and kinds ---- */

/* Elements in a full child of a node on this level; so high up that there can be none, the nodes are tables. */
static uint32_t full_child(const struct stet_list_type *t, unsigned level)
{
    unsigned shift = stet_list_shift(t, level);
    return shift < 31 ? UINT32_C(1) << shift : UINT32_MAX;
}

static stet_ref tagged(const struct stet_inner *n, enum stet_list_kind kind)
{
    return (uintptr_t)n | STET_INNER_TAG | (stet_ref)kind;
}

/* The ref of a node that is no table, by its offset and its last child. */
static stet_ref tagged_radix(const struct stet_inner *n)
{
    stet_ref last = stet_children(n)[n->slots - 1u];
    bool radix = n->aux == 0 && (last & 3) == 0;
    return tagged(n, radix ? STET_LIST_RADIX : STET_LIST_OFFSET);
}

unsigned stet_list_child_(const struct stet_list_type *t, stet_ref r, unsigned level, uint32_t size, uint32_t j,
                          uint32_t *start, uint32_t *child_size)
{
    const struct stet_inner *n = stet_ref_inner(r);
    if (stet_list_kind_of(r) == STET_LIST_TABLE) {
        const uint32_t *sum = stet_list_sums(n);
        unsigned k = stet_list_search(sum, j);
        *start = k != 0 ? sum[k - 1] : 0;
        *child_size = sum[k] - *start;
        return k;
    }
    uint32_t full = full_child(t, level), offset = (uint32_t)n->aux;
    unsigned k = (j + offset) >> stet_list_shift(t, level);
    *start = k != 0 ? k * full - offset : 0;
    *child_size = k + 1 == n->slots ? size - *start : k != 0 ? full : full - offset;
    return k;
}

/* size[i]: of each child. */
static void sizes_read(const struct stet_list_type *t, stet_ref r, unsigned level, uint32_t total, uint32_t *size)
{
    const struct stet_inner *n = stet_ref_inner(r);
    unsigned last = n->slots - 1u;
    if (stet_list_kind_of(r) == STET_LIST_TABLE) {
        const uint32_t *sum = stet_list_sums(n);
        for (unsigned i = 0, before = 0; i <= last; before = sum[i++])
            size[i] = sum[i] - before;
        return;
    }
    uint32_t full = full_child(t, level);
    for (unsigned i = 0; i < last; i++)
        size[i] = full;
    if (last > 0) {
        size[0] = full - (uint32_t)n->aux;
        total -= size[0] + (last - 1) * full;
    }
    size[last] = total;
}

/* The node's kind and what it needs, by the sizes of its children, which are in place. */
static stet_ref sizes_write(const struct stet_list_type *t, struct stet_inner *n, unsigned level, const uint32_t *size)
{
    unsigned last = n->slots - 1u;
    uint32_t full = full_child(t, level), odd = 0;
    for (unsigned i = 1; i < last; i++)
        odd |= size[i] ^ full;
    if (odd == 0 && full != UINT32_MAX) {
        n->aux = last > 0 ? full - size[0] : 0;
        return tagged_radix(n);
    }
    uint32_t *sum = stet_list_sums(n), before = 0;
    for (unsigned i = 0; i < LIST_WIDTH; i++)
        sum[i] = i <= last ? before += size[i] : INT32_MAX;
    return tagged(n, STET_LIST_TABLE);
}

static uint32_t total_of(const uint32_t *size, unsigned n)
{
    uint32_t total = 0;
    for (unsigned i = 0; i < n; i++)
        total += size[i];
    return total;
}

/* A step of a path: the slot of an exclusive inner node, and the child in it that the path goes on with. */
struct step {
    stet_ref *slot;
    unsigned level, child;
    uint32_t size, start, child_size; /* of the node; of the child */
};

/* Levels: full nodes need 7 for STET_LIST_MAX elements; poor ones, and those that want of memory left poor, more. */
#define HEIGHT_MAX 32

static struct step step_to(const struct stet_list_type *t, stet_ref *slot, unsigned level, uint32_t size, uint32_t j)
{
    struct step s = {.slot = slot, .level = level, .size = size};
    s.child = stet_list_child_(t, *slot, level, size, j, &s.start, &s.child_size);
    return s;
}

/* The child of each step, from the lowest up, has become `by` elements larger (or smaller): sizes and kinds follow. */
static void resize_path(const struct stet_list_type *t, const struct step *path, unsigned n, uint32_t by)
{
    while (n-- > 0) {
        const struct step *s = &path[n];
        struct stet_inner *node = stet_ref_inner(*s->slot);
        uint32_t size[STET_LIST_WIDTH], new_size = s->child_size + by, full = full_child(t, s->level);
        if (stet_list_kind_of(*s->slot) == STET_LIST_TABLE && new_size != full) {
            uint32_t *sum = stet_list_sums(node);
            for (unsigned i = s->child; i < node->slots; i++)
                sum[i] += by;
        } else if (s->child + 1u == node->slots && stet_list_kind_of(*s->slot) != STET_LIST_TABLE && new_size <= full) {
            *s->slot = tagged_radix(node);
        } else {
            sizes_read(t, *s->slot, s->level, s->size, size);
            size[s->child] = new_size;
            *s->slot = sizes_write(t, node, s->level, size);
        }
    }
}

/* ---- nodes ---- */

static struct stet_inner *node_new(void)
{
    struct stet_inner *n = pool_allocate(NODE_SIZE);
    if (n != NULL)
        *n = (struct stet_inner){.refcount = 1, .units = (uint16_t)(NODE_SIZE / POOL_UNIT)};
    return n;
}

/* n, if it is not 0, has no children any more. */
static void node_free(const struct stet_list_type *t, struct stet_inner *n)
{
    if (n->owner != 0)
        stet_node_release(&t->node, n->owner);
    pool_free(n, NODE_SIZE);
}

/* Makes of a new node one of `level` with a single child of `size` elements, which it takes over. */
static stet_ref node_of_one(const struct stet_list_type *t, struct stet_inner *n, unsigned level, stet_ref child,
                            uint32_t size)
{
    n->slots = 1;
    stet_children(n)[0] = child;
    return sizes_write(t, n, level, &size);
}

/* The inner node in *slot, exclusive; parent NULL: the root. NULL: no memory. */
static struct stet_inner *own_node_how(const struct stet_list_type *t, struct stet_inner *parent, unsigned i,
                                       stet_ref *slot, enum stet_own how)
{
    bool counted = parent == NULL || stet_slot_counted(&t->node, parent, i), table;
    uint32_t sum[STET_LIST_WIDTH];
    if (counted && stet_node_is_alone(*slot))
        return stet_ref_inner(*slot);
    if ((table = stet_list_kind_of(*slot) == STET_LIST_TABLE)) /* own copies slots, and lets go of the old node */
        memcpy(sum, stet_list_sums(stet_ref_inner(*slot)), sizeof sum);
    if (!stet_own_inner(&t->node, parent, i, slot, counted, how))
        return NULL;
    if (table)
        memcpy(stet_list_sums(stet_ref_inner(*slot)), sum, sizeof sum);
    return stet_ref_inner(*slot);
}

static struct stet_inner *own_node(const struct stet_list_type *t, struct stet_inner *parent, unsigned i,
                                   stet_ref *slot)
{
    return own_node_how(t, parent, i, slot, STET_OWN_BY_BUDGET);
}

/* The child of exclusive n in slot i. */
static struct stet_inner *own_child(const struct stet_list_type *t, struct stet_inner *n, unsigned i)
{
    return own_node(t, n, i, &stet_children(n)[i]);
}

/*
 * A leaf in the tree as a buffer, to be given to the functions of list_leaf.c, and what those made of it put back.
 * parent NULL: the leaf is the root.
 */
static struct stet_list_buffer leaf_in(const struct stet_list_type *t, struct stet_inner *parent, unsigned i,
                                       stet_ref slot, uint32_t n, bool *counted)
{
    *counted = parent == NULL || stet_slot_counted(&t->node, parent, i);
    return (struct stet_list_buffer){ref_leaf(slot), 0, n};
}

static void leaf_put(struct stet_inner *parent, unsigned i, stet_ref *slot, struct stet_list_leaf *leaf)
{
    *slot = leaf_ref(leaf);
    if (parent != NULL)
        stet_slots_claim(parent, i, 1);
}

/* The leaf in slot i of exclusive n, which has `size` elements: exclusive, with room for all it may have. */
static struct stet_list_leaf *own_leaf(const struct stet_list_type *t, struct stet_inner *n, unsigned i, uint32_t size)
{
    bool counted;
    stet_ref *slot = &stet_children(n)[i];
    struct stet_list_buffer b = leaf_in(t, n, i, *slot, size, &counted);
    if (!stet_list_leaf_own_(t, &b, counted, leaf_max(t), 0))
        return NULL;
    leaf_put(n, i, slot, b.leaf);
    return b.leaf;
}

/* Removes `gone` slots from `at` on and puts `count` refs there, which n counts. What was in the slots is the caller's.
 */
static void node_splice(struct stet_inner *n, unsigned at, unsigned gone, const stet_ref *refs, unsigned count)
{
    stet_ref *child = stet_children(n);
    unsigned behind = n->slots - at - gone;
    uint64_t before = stet_slot_mask(0, at);
    uint64_t after = at + gone < 64 ? n->owned >> (at + gone) & stet_slot_mask(0, behind) : 0;
    memmove(child + at + count, child + at + gone, behind * sizeof *child);
    for (unsigned i = 0; i < count; i++)
        child[at + i] = refs[i];
    if (n->owner != 0)
        n->owned = (n->owned & before) | stet_slot_mask(at, count) | after << (at + count);
    n->slots = (uint8_t)(n->slots + count - gone);
}

/* The child in slot i with a count of its own, for elsewhere; the slot is to be spliced out. */
static stet_ref node_take(const struct stet_inner *n, unsigned i)
{
    stet_ref r = stet_children(n)[i];
    if (n->owner != 0 && (n->owned >> i & 1) == 0)
        stet_node_retain(r);
    return r;
}

/* The child in slot i goes; the slot is to be spliced out. */
static void node_let_go(const struct stet_list_type *t, const struct stet_inner *n, unsigned i)
{
    if (n->owner == 0 || (n->owned >> i & 1) != 0)
        stet_node_release(&t->node, stet_children(n)[i]);
}

/*
 * Slots went: n counts exactly if it would otherwise keep much that it does not show. Some children, a quarter of the
 * slots, are no matter, nor are `spare`.
 */
static void node_settle(const struct stet_list_type *t, struct stet_inner *n, unsigned spare)
{
    if (n->owner == 0)
        return;
    unsigned borrowed = n->slots - (unsigned)__builtin_popcountll(n->owned & stet_slot_mask(0, n->slots));
    unsigned kept_in_vain = stet_ref_inner(n->owner)->slots - borrowed;
    if (kept_in_vain <= (spare > LIST_WIDTH / 4 ? spare : LIST_WIDTH / 4) && stet_borrow_budget(n->slots) != 0)
        return;
    if (!(stet_node_is_alone(n->owner) && stet_slot_settle_(&t->node, n)))
        stet_inner_settle(&t->node, n);
}

/* ---- two neighbours ---- */

#define NOWHERE UINT32_MAX

/* A place between two children, where two trees met. */
struct seam {
    unsigned child, at; /* in which child of the node; before which of its slots */
};

/* The leaf in slot i + 1 of n goes into that in slot i. size: of n's children. */
static bool merge_leaves(const struct stet_list_type *t, struct stet_inner *n, unsigned i, uint32_t *size)
{
    struct stet_list_leaf *a = own_leaf(t, n, i, size[i]);
    if (a == NULL)
        return false;
    bool counted;
    struct stet_list_buffer b = leaf_in(t, n, i + 1, stet_children(n)[i + 1], size[i + 1], &counted);
    char *to = stet_list_element(t, a, size[i]);
    memcpy(to, stet_list_element(t, b.leaf, 0), b.n * (size_t)t->size);
    a->hi = (uint8_t)(size[i] += b.n);
    if (counted && leaf_alone(b.leaf)) {
        stet_list_leaf_narrow_(t, b.leaf, 0, b.n);
        pool_free(b.leaf, leaf_size(t, b.leaf));
    } else {
        elements_retain(t, to, b.n);
        if (counted)
            leaf_release(t, b.leaf);
    }
    node_splice(n, i + 1, 1, NULL, 0);
    return true;
}

/*
 * The leaves in slots i and i + 1, of which one is poor, and which do not fit into one, become even. track: an element,
 * counted from the first leaf's start, that is to be in the larger half.
 */
static bool even_leaves(const struct stet_list_type *t, struct stet_inner *n, unsigned i, uint32_t *size,
                        uint32_t track)
{
    uint32_t sum = size[i] + size[i + 1], half = sum / 2 + (sum % 2 != 0 && track <= sum / 2);
    struct stet_list_leaf *a = own_leaf(t, n, i, size[i]), *b = a != NULL ? own_leaf(t, n, i + 1, size[i + 1]) : NULL;
    if (b == NULL)
        return false;
    size_t bytes = t->size;
    if (size[i] < half) {
        unsigned moved = half - size[i];
        memcpy(stet_list_element(t, a, size[i]), stet_list_element(t, b, 0), moved * bytes);
        memmove(stet_list_element(t, b, 0), stet_list_element(t, b, moved), (sum - half) * bytes);
    } else {
        unsigned moved = size[i] - half;
        memmove(stet_list_element(t, b, moved), stet_list_element(t, b, 0), size[i + 1] * bytes);
        memcpy(stet_list_element(t, b, 0), stet_list_element(t, a, half), moved * bytes);
    }
    size[i] = a->hi = (uint8_t)half;
    size[i + 1] = b->hi = (uint8_t)(sum - half);
    return true;
}

/* The inner nodes in slots i and i + 1 of n become one: the children of the smaller go into the larger. */
static bool merge_inner(const struct stet_list_type *t, struct stet_inner *n, unsigned i, unsigned level,
                        uint32_t *size)
{
    stet_ref *child = stet_children(n), moved[STET_LIST_WIDTH];
    uint32_t below[STET_LIST_WIDTH];
    unsigned in_a = stet_ref_inner(child[i])->slots, in_b = stet_ref_inner(child[i + 1])->slots;
    unsigned to = in_a >= in_b ? i : i + 1, from = in_a >= in_b ? i + 1 : i;
    struct stet_inner *a = own_child(t, n, to);
    if (a == NULL)
        return false;
    bool counted = stet_slot_counted(&t->node, n, from), alone = counted && stet_node_is_alone(child[from]);
    stet_ref r = child[from];
    struct stet_inner *b = stet_ref_inner(r);
    sizes_read(t, child[i], level - 1, size[i], below);
    sizes_read(t, child[i + 1], level - 1, size[i + 1], below + in_a);
    unsigned count = b->slots;
    for (unsigned k = 0; k < count; k++)
        __builtin_prefetch(stet_ref_node(stet_children(b)[k]), 1);
    for (unsigned k = 0; k < count; k++) {
        moved[k] = stet_children(b)[k];
        if (!alone || (b->owner != 0 && (b->owned >> k & 1) == 0))
            stet_node_retain(moved[k]);
    }
    node_splice(a, to == i ? in_a : 0, 0, moved, count);
    child[to] = sizes_write(t, a, level - 1, below);
    if (alone)
        node_free(t, b);
    else if (counted)
        stet_node_release(&t->node, r);
    size[i] += size[i + 1];
    node_splice(n, from, 1, NULL, 0);
    return true;
}

/*
 * The inner nodes in slots i and i + 1, which do not fit into one, become even if one is poor. track: a place in what
 * both have together, from 0 to the end; one in the middle gets inside of one node, unless both are full: *first is
 * what the first node has in the end.
 */
static bool even_inner(const struct stet_list_type *t, struct stet_inner *n, unsigned i, unsigned level, uint32_t *size,
                       uint32_t track, unsigned *first)
{
    stet_ref *slot = &stet_children(n)[i], moved[STET_LIST_WIDTH];
    uint32_t below[2 * STET_LIST_WIDTH];
    struct stet_inner *a = own_child(t, n, i), *b = a != NULL ? own_child(t, n, i + 1) : NULL;
    if (b == NULL)
        return false;
    unsigned had = a->slots, sum = had + b->slots, need = LIST_MIN + 2, count;
    unsigned half = had < need || b->slots < need ? sum / 2 : had;
    if (half == track && half < LIST_WIDTH)
        half++;
    else if (half == track && sum - half < LIST_WIDTH)
        half--;
    *first = half;
    sizes_read(t, slot[0], level - 1, size[i], below);
    sizes_read(t, slot[1], level - 1, size[i + 1], below + had);
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
    size[i] = total_of(below, half);
    size[i + 1] = total_of(below + half, sum - half);
    node_settle(t, a, 0);
    node_settle(t, b, 0);
    slot[0] = sizes_write(t, a, level - 1, below);
    slot[1] = sizes_write(t, b, level - 1, below + half);
    return true;
}

/*
 * The children i and i + 1 of the exclusive node in *slot become one, if they fit into one, or else two of which
 * neither is poor. track: see even_leaves, even_inner; *seam: where that is then, of inner nodes.
 */
static bool even_pair(const struct stet_list_type *t, stet_ref *slot, unsigned level, uint32_t total, unsigned i,
                      uint32_t track, struct seam *seam)
{
    struct stet_inner *n = stet_ref_inner(*slot);
    const stet_ref *child = stet_children(n);
    uint32_t size[STET_LIST_WIDTH];
    unsigned first = UINT_MAX;
    bool merge, done;
    sizes_read(t, *slot, level, total, size);
    if (level == 1) {
        merge = size[i] + size[i + 1] <= leaf_max(t);
        done = merge ? merge_leaves(t, n, i, size) : even_leaves(t, n, i, size, track);
    } else {
        merge = (unsigned)stet_ref_inner(child[i])->slots + stet_ref_inner(child[i + 1])->slots <= LIST_WIDTH;
        done = merge ? merge_inner(t, n, i, level, size) : even_inner(t, n, i, level, size, track, &first);
    }
    if (!done)
        return false;
    *seam = track < first ? (struct seam){i, track} : (struct seam){i + 1, track - first};
    if (merge) {
        memmove(&size[i + 1], &size[i + 2], (n->slots - i - 1u) * sizeof *size);
        node_settle(t, n, 0);
    }
    *slot = sizes_write(t, n, level, size);
    return true;
}

/* The child of a step, with element j of the node, may be poor for what comes: joins it with a neighbour. */
static void enrich(const struct stet_list_type *t, const struct step *s, uint32_t j)
{
    struct seam ignored;
    unsigned i = s->child > 0 ? s->child - 1 : 0;
    if (stet_ref_inner(*s->slot)->slots < 2)
        return;
    uint32_t before = s->child > 0 ? step_to(t, s->slot, s->level, s->size, s->start - 1).start : 0;
    (void)even_pair(t, s->slot, s->level, s->size, i, s->level == 1 ? j - before : NOWHERE, &ignored);
}

/* ---- the root ---- */

/* A root with one child gives its place to it; one with two that half fill a node, too. */
void stet_list_collapse_(const struct stet_list_type *t, struct stet_list *l)
{
    struct seam ignored;
    while (l->height > 0) {
        struct stet_inner *n = stet_ref_inner(l->root);
        const stet_ref *child = stet_children(n);
        if (n->slots == 2 && l->height > 1 &&
            (unsigned)stet_ref_inner(child[0])->slots + stet_ref_inner(child[1])->slots <= LIST_WIDTH / 2) {
            if ((n = own_node(t, NULL, 0, &l->root)) == NULL ||
                !even_pair(t, &l->root, l->height, l->tree_size, 0, NOWHERE, &ignored))
                return;
        }
        if (n->slots > 1)
            break;
        stet_ref only = child[0];
        if (stet_node_is_alone(l->root)) {
            only = node_take(n, 0);
            node_free(t, n);
        } else {
            stet_node_retain(only);
            stet_node_release(&t->node, l->root);
        }
        l->root = only;
        l->height--;
    }
}

/* A new root above the old one. */
static bool grow(const struct stet_list_type *t, struct stet_list *l)
{
    struct stet_inner *n = l->height < HEIGHT_MAX ? node_new() : NULL;
    if (n == NULL)
        return false;
    l->root = node_of_one(t, n, l->height + 1, l->root, l->tree_size);
    l->height++;
    return true;
}

/* ---- push ---- */

/* The lowest level on this edge where a node has room; 0: none. */
static unsigned level_with_room(const struct stet_list *l, bool back)
{
    unsigned level = 0;
    stet_ref r = l->root;
    for (unsigned h = l->height; h > 0; h--) {
        const struct stet_inner *n = stet_ref_inner(r);
        if (n->slots < LIST_WIDTH)
            level = h;
        r = stet_children(n)[back ? n->slots - 1u : 0];
    }
    return level;
}

/* Makes exclusive the nodes along an edge from the root down to `level`. The steps' number, or -1: no memory. */
static int own_edge(const struct stet_list_type *t, struct stet_list *l, unsigned level, bool back, struct step *path)
{
    stet_ref *slot = &l->root;
    struct stet_inner *parent = NULL;
    uint32_t size = l->tree_size;
    int n = 0;
    for (unsigned h = l->height, i = 0; h >= level; h--) {
        parent = own_node(t, parent, i, slot);
        if (parent == NULL)
            return -1;
        path[n] = step_to(t, slot, h, size, back ? size - 1 : 0);
        i = path[n].child;
        size = path[n++].child_size;
        slot = &stet_children(parent)[i];
    }
    return n;
}

bool stet_list_tree_push_(const struct stet_list_type *t, struct stet_list *l, struct stet_list_leaf *leaf, unsigned n,
                          bool back)
{
    if (l->root == 0) {
        l->root = leaf_ref(leaf);
        l->tree_size = n;
        return true;
    }
    struct step path[HEIGHT_MAX + 1];
    stet_ref r = leaf_ref(leaf);
    unsigned level = level_with_room(l, back), chain = 1;
    if (level == 0) {
        if (!grow(t, l))
            return false;
        level = l->height;
    }
    int steps = own_edge(t, l, level, back, path);
    bool failed = steps < 0;
    for (; !failed && chain < level; chain++) {
        struct stet_inner *above = node_new();
        failed = above == NULL;
        if (!failed)
            r = node_of_one(t, above, chain, r, n);
    }
    if (failed) {
        while (stet_ref_is_inner(r)) {
            struct stet_inner *above = stet_ref_inner(r);
            r = stet_children(above)[0];
            pool_free(above, NODE_SIZE);
        }
        stet_list_collapse_(t, l);
        return false;
    }
    const struct step *s = &path[steps - 1];
    struct stet_inner *node = stet_ref_inner(*s->slot);
    uint32_t size[STET_LIST_WIDTH + 1];
    sizes_read(t, *s->slot, level, s->size, back ? size : size + 1);
    size[back ? node->slots : 0] = n;
    node_splice(node, back ? node->slots : 0, 0, &r, 1);
    *s->slot = sizes_write(t, node, level, size);
    unsigned i = back ? node->slots - 2u : 0;
    if (level == 1 && (size[i] < leaf_max(t) / 2 || size[i + 1] < leaf_max(t) / 2)) { /* one was all, or is poor */
        struct seam ignored;
        (void)even_pair(t, s->slot, level, s->size + n, i, NOWHERE, &ignored);
    }
    resize_path(t, path, (unsigned)steps - 1, n);
    l->tree_size += n;
    if (node->slots == 1)
        stet_list_collapse_(t, l);
    return true;
}

/* ---- cut ---- */

/* Drops what is behind the child of a step, or in front of it; the child and what is left have so many elements now. */
static void cut_step(const struct stet_list_type *t, const struct step *s, bool back, uint32_t child_size,
                     uint32_t left)
{
    struct stet_inner *n = stet_ref_inner(*s->slot);
    uint32_t size[STET_LIST_WIDTH];
    sizes_read(t, *s->slot, s->level, s->size, size);
    size[s->child] = child_size;
    unsigned first = back ? s->child + 1 : 0, end = back ? n->slots : s->child;
    for (unsigned i = first; i < end; i++)
        node_let_go(t, n, i);
    node_splice(n, first, end - first, NULL, 0);
    node_settle(t, n, left / 16 >> stet_list_shift(t, s->level)); /* kept in vain on a level: a sixteenth of the list */
    *s->slot = sizes_write(t, n, s->level, back ? size : size + end);
}

/* Keeps the first `at` elements of the tree, or drops them; a boundary of leaves, inside. False: no memory. */
static bool cut_at(const struct stet_list_type *t, struct stet_list *l, uint32_t at, bool back)
{
    struct step path[HEIGHT_MAX];
    struct stet_inner *parent = NULL;
    stet_ref *slot = &l->root;
    uint32_t size = l->tree_size, j = at;
    unsigned n = 0;
    for (unsigned h = l->height, i = 0;; h--) {
        parent = own_node_how(t, parent, i, slot, STET_OWN_FOR_CUT);
        if (parent == NULL)
            return false;
        struct step *s = &path[n++];
        *s = step_to(t, slot, h, size, back ? j - 1 : j);
        i = s->child;
        j -= s->start;
        if (j == (back ? s->child_size : 0)) /* between two children */
            break;
        slot = &stet_children(parent)[i];
        size = s->child_size;
    }
    uint32_t kept = path[n - 1].child_size;
    while (n-- > 0) {
        const struct step *s = &path[n];
        uint32_t gone_in_child = s->child_size - kept;
        cut_step(t, s, back, kept, back ? at : l->tree_size - at);
        kept = back ? s->start + kept : s->size - s->start - gone_in_child;
    }
    l->tree_size = kept;
    return true;
}

bool stet_list_tree_cut_(const struct stet_list_type *t, struct stet_list *l, uint32_t j, bool back,
                         struct stet_list_buffer *out, uint32_t *start)
{
    stet_ref r = l->root;
    uint32_t size = l->tree_size, from = 0, first;
    for (unsigned h = l->height; h > 0; h--) {
        unsigned k = stet_list_child_(t, r, h, size, j - from, &first, &size);
        from += first;
        r = stet_children(stet_ref_inner(r))[k];
    }
    uint32_t at = back ? from : from + size;
    struct stet_list_leaf *leaf = ref_leaf(r);
    stet_node_retain(r); /* before the tree lets go of it */
    if (at > 0 && at < l->tree_size) {
        if (!cut_at(t, l, at, back)) {
            leaf_release(t, leaf);
            return false;
        }
    } else {
        stet_ref old = l->root;
        l->root = 0;
        l->tree_size = 0;
        l->height = 0;
        stet_node_release(&t->node, old);
    }
    *out = (struct stet_list_buffer){leaf, 0, size};
    *start = from;
    return true;
}

/* ---- join ---- */

static void mend(const struct stet_list_type *t, stet_ref *slot, unsigned level, uint32_t total, unsigned at);

/* The same for the child i of the node in *slot, which has the seam before its slot `at`, or behind its last. */
static void mend_child(const struct stet_list_type *t, stet_ref *slot, unsigned level, uint32_t total, unsigned i,
                       unsigned at)
{
    struct stet_inner *n = stet_ref_inner(*slot);
    uint32_t size[STET_LIST_WIDTH];
    sizes_read(t, *slot, level, total, size);
    if (own_child(t, n, i) == NULL)
        return;
    mend(t, &stet_children(n)[i], level - 1, size[i], at);
    if (stet_list_kind_of(*slot) != STET_LIST_TABLE)
        *slot = tagged_radix(n); /* the child's kind may have changed */
}

/* mend() on the lowest level: a poor leaf beside the seam is joined with one neighbour, or the other. */
static void mend_leaves(const struct stet_list_type *t, stet_ref *slot, uint32_t total, unsigned at)
{
    struct stet_inner *n = stet_ref_inner(*slot);
    uint32_t size[STET_LIST_WIDTH], half = leaf_max(t) / 2;
    struct seam ignored;
    for (unsigned tries = 0; tries < 2 && n->slots > 1; tries++) {
        unsigned i = at == 0 ? 0 : at >= n->slots ? n->slots - 2u : at - 1;
        sizes_read(t, *slot, 1, total, size);
        if (size[i] >= half && size[i + 1] >= half)
            return;
        if (!even_pair(t, slot, 1, total, i, NOWHERE, &ignored))
            return;
    }
}

/* Whether a node beside the seam before slot `at` of the node r, or one below it along the seam, is poor. */
static bool is_poor(const struct stet_list_type *t, stet_ref r, unsigned level, uint32_t total, unsigned at)
{
    uint32_t size[STET_LIST_WIDTH], start;
    sizes_read(t, r, level, total, size);
    stet_ref a = stet_children(stet_ref_inner(r))[at - 1], b = stet_children(stet_ref_inner(r))[at];
    uint32_t in_a = size[at - 1], in_b = size[at];
    while (--level > 0) {
        const struct stet_inner *x = stet_ref_inner(a), *y = stet_ref_inner(b);
        if (x->slots < LIST_MIN || y->slots < LIST_MIN)
            return true;
        (void)stet_list_child_(t, a, level, in_a, in_a - 1, &start, &in_a);
        (void)stet_list_child_(t, b, level, in_b, 0, &start, &in_b);
        a = stet_children(x)[x->slots - 1u];
        b = stet_children(y)[0];
    }
    return in_a < leaf_max(t) / 2 || in_b < leaf_max(t) / 2;
}

/*
 * The exclusive node in *slot has a seam before its slot `at`, or behind its last: on the levels below, what is poor
 * beside it is joined with a neighbour.
 */
static void mend(const struct stet_list_type *t, stet_ref *slot, unsigned level, uint32_t total, unsigned at)
{
    if (level == 1) {
        mend_leaves(t, slot, total, at);
        return;
    }
    struct stet_inner *n = stet_ref_inner(*slot);
    const stet_ref *child = stet_children(n);
    struct seam seam = {at == 0 ? 0 : at - 1, at == 0 ? 0 : stet_ref_inner(child[at - 1])->slots};
    if (at > 0 && at < n->slots) {
        if (!is_poor(t, *slot, level, total, at))
            return;
        if (!even_pair(t, slot, level, total, at - 1, seam.at, &seam))
            return;
        if (seam.at == 0) { /* still between two: both are full, but what is below may be poor */
            mend_child(t, slot, level, total, seam.child - 1, LIST_WIDTH);
            mend_child(t, slot, level, total, seam.child, 0);
            return;
        }
    }
    if (stet_ref_inner(child[seam.child])->slots < LIST_MIN + 2 && n->slots > 1) {
        unsigned left = seam.child > 0 ? seam.child - 1 : 0;
        uint32_t track = seam.at + (left < seam.child ? stet_ref_inner(child[left])->slots : 0);
        if (!even_pair(t, slot, level, total, left, track, &seam))
            return;
    }
    mend_child(t, slot, level, total, seam.child, seam.at);
}

/* Levels of single nodes above *r, a tree of `size` elements, until it is `to` high. */
static bool raise_tree(const struct stet_list_type *t, stet_ref *r, uint32_t size, unsigned height, unsigned to)
{
    stet_ref top = *r;
    unsigned h = height;
    for (; h < to; h++) {
        struct stet_inner *n = node_new();
        if (n == NULL)
            break;
        top = node_of_one(t, n, h + 1, top, size);
    }
    if (h == to) {
        *r = top;
        return true;
    }
    for (; h > height; h--) {
        struct stet_inner *n = stet_ref_inner(top);
        top = stet_children(n)[0];
        node_free(t, n);
    }
    return false;
}

bool stet_list_tree_join_(const struct stet_list_type *t, struct stet_list *l, stet_ref other, unsigned height,
                          uint32_t size)
{
    if (l->root == 0) {
        l->root = other;
        l->height = height;
        l->tree_size = size;
        return true;
    }
    unsigned to = l->height > height ? l->height : height;
    struct stet_inner *top = to < HEIGHT_MAX ? node_new() : NULL;
    stet_ref left = l->root;
    if (top == NULL)
        return false;
    if (!raise_tree(t, &left, l->tree_size, l->height, to) || !raise_tree(t, &other, size, height, to)) {
        pool_free(top, NODE_SIZE); /* only one of them is lower, so neither was raised */
        return false;
    }
    uint32_t sizes[2] = {l->tree_size, size};
    top->slots = 2;
    stet_children(top)[0] = left;
    stet_children(top)[1] = other;
    l->height = to + 1;
    l->root = sizes_write(t, top, l->height, sizes);
    l->tree_size += size;
    mend(t, &l->root, l->height, l->tree_size, 1);
    stet_list_collapse_(t, l);
    return true;
}

/* ---- one element ---- */

/* The full child of a step is split in two, of which neither is full; the node has room. False: no memory. */
static bool split(const struct stet_list_type *t, const struct step *s)
{
    struct stet_inner *n = stet_ref_inner(*s->slot);
    uint32_t size[STET_LIST_WIDTH], below[STET_LIST_WIDTH];
    sizes_read(t, *s->slot, s->level, s->size, size);
    memmove(&size[s->child + 2], &size[s->child + 1], (n->slots - s->child - 1u) * sizeof *size);
    stet_ref *child = &stet_children(n)[s->child], right;
    if (s->level == 1) {
        unsigned half = leaf_max(t) / 2;
        struct stet_list_leaf *b = stet_list_leaf_new_(t, leaf_max(t));
        struct stet_list_leaf *a = b != NULL ? own_leaf(t, n, s->child, s->child_size) : NULL;
        if (a == NULL) {
            if (b != NULL)
                pool_free(b, leaf_size(t, b));
            return false;
        }
        a->hi = (uint8_t)half;
        b->hi = (uint8_t)(s->child_size - half);
        memcpy(stet_list_element(t, b, 0), stet_list_element(t, a, half), b->hi * (size_t)t->size);
        size[s->child] = half;
        size[s->child + 1] = b->hi;
        right = leaf_ref(b);
    } else {
        struct stet_inner *b = node_new(), *a = b != NULL ? own_child(t, n, s->child) : NULL;
        if (a == NULL) {
            if (b != NULL)
                pool_free(b, NODE_SIZE);
            return false;
        }
        unsigned half = LIST_WIDTH / 2;
        sizes_read(t, *child, s->level - 1, s->child_size, below);
        memcpy(stet_children(b), stet_children(a) + half, half * sizeof(stet_ref));
        a->slots = b->slots = (uint8_t)half;
        if (a->owner != 0) { /* both borrow from it */
            stet_node_retain(b->owner = a->owner);
            b->owned = a->owned >> half & stet_slot_mask(0, half);
            b->flattened = a->flattened;
            a->owned &= stet_slot_mask(0, half);
        }
        *child = sizes_write(t, a, s->level - 1, below);
        right = sizes_write(t, b, s->level - 1, below + half);
        size[s->child] = total_of(below, half);
        size[s->child + 1] = s->child_size - size[s->child];
    }
    node_splice(n, s->child + 1, 0, &right, 1);
    *s->slot = sizes_write(t, n, s->level, size);
    return true;
}

static bool is_full(const struct stet_list_type *t, stet_ref r, uint32_t size)
{
    return stet_ref_is_inner(r) ? stet_ref_inner(r)->slots == LIST_WIDTH : size == leaf_max(t);
}

void *stet_list_tree_open_(const struct stet_list_type *t, struct stet_list *l, uint32_t j)
{
    struct step path[HEIGHT_MAX + 1];
    unsigned n = 0;
    if (is_full(t, l->root, l->tree_size) && !grow(t, l))
        return NULL;
    struct stet_inner *parent = NULL;
    stet_ref *slot = &l->root;
    uint32_t size = l->tree_size, i = 0;
    for (unsigned h = l->height; h > 0; h--) {
        parent = own_node(t, parent, i, slot);
        if (parent == NULL)
            goto no_memory;
        path[n] = step_to(t, slot, h, size, j);
        if (is_full(t, stet_children(parent)[path[n].child], path[n].child_size)) {
            if (!split(t, &path[n]))
                goto no_memory;
            path[n] = step_to(t, slot, h, size, j);
        }
        i = path[n].child;
        j -= path[n].start;
        size = path[n++].child_size;
        slot = &stet_children(parent)[i];
    }
    bool counted;
    struct stet_list_buffer b = leaf_in(t, parent, i, *slot, size, &counted);
    void *e = stet_list_leaf_open_(t, &b, counted, j, leaf_max(t), IN_TREE);
    if (e == NULL)
        goto no_memory;
    leaf_put(parent, i, slot, b.leaf);
    resize_path(t, path, n, 1);
    l->tree_size++;
    return e;
no_memory:
    resize_path(t, path, n, 0); /* the kinds of children may have changed */
    stet_list_collapse_(t, l);
    return NULL;
}

bool stet_list_tree_close_(const struct stet_list_type *t, struct stet_list *l, uint32_t j, void *out)
{
    struct step path[HEIGHT_MAX];
    struct stet_inner *parent = NULL;
    stet_ref *slot = &l->root;
    uint32_t size = l->tree_size, i = 0;
    unsigned n = 0;
    bool done = false;
    for (unsigned h = l->height; h > 0; h--) {
        parent = own_node(t, parent, i, slot);
        if (parent == NULL)
            goto end;
        struct step *s = &path[n];
        *s = step_to(t, slot, h, size, j);
        stet_ref child = stet_children(parent)[s->child];
        if (stet_ref_is_inner(child) ? stet_ref_inner(child)->slots <= LIST_MIN : s->child_size <= leaf_max(t) / 2) {
            enrich(t, s, j); /* short of memory, it goes on with less */
            *s = step_to(t, slot, h, size, j);
        }
        n++;
        if (h == 1 && s->child_size < 2) /* for want of memory: a leaf must not become empty */
            goto end;
        i = s->child;
        j -= s->start;
        size = s->child_size;
        slot = &stet_children(parent)[i];
    }
    bool counted;
    struct stet_list_buffer b = leaf_in(t, parent, i, *slot, size, &counted);
    if (!stet_list_leaf_close_(t, &b, counted, j, out, IN_TREE))
        goto end;
    leaf_put(parent, i, slot, b.leaf);
    l->tree_size--;
    done = true;
end:
    resize_path(t, path, n, done ? UINT32_MAX : 0);
    if (done && l->tree_size == 0) { /* it was a single leaf, and all its elements are gone */
        pool_free(ref_leaf(l->root), leaf_size(t, ref_leaf(l->root)));
        l->root = 0;
    }
    stet_list_collapse_(t, l);
    return done;
}

void *stet_list_tree_edit_(const struct stet_list_type *t, struct stet_list *l, uint32_t j)
{
    struct stet_inner *parent = NULL;
    stet_ref *slot = &l->root;
    uint32_t size = l->tree_size, start;
    unsigned i = 0;
    for (unsigned h = l->height; h > 0; h--) {
        parent = own_node(t, parent, i, slot);
        if (parent == NULL)
            return NULL;
        i = stet_list_child_(t, *slot, h, size, j, &start, &size);
        j -= start;
        slot = &stet_children(parent)[i];
    }
    bool counted;
    struct stet_list_buffer b = leaf_in(t, parent, i, *slot, size, &counted);
    if (!stet_list_leaf_own_(t, &b, counted, size, 0))
        return NULL;
    leaf_put(parent, i, slot, b.leaf);
    return stet_list_element(t, b.leaf, j);
}
