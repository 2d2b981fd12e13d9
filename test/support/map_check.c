/* SPDX-License-Identifier: MIT */
#include "map_check.h"

static size_t round_up(size_t size) { return (size + 63) & ~(size_t)63; }

/* ---- I1 - I6 ---- */

struct path {
    const struct stet_map_type *t;
    bool fill;
    size_t entries;
    unsigned level;
    uint64_t prefix[STET_MAP_LEVELS]; /* the hash bits of the path so far, on each level; the bits below are 0 */
    unsigned depth[STET_MAP_LEVELS];  /* how many bits these are */
};

static bool agree(uint64_t a, uint64_t b, unsigned bits) { return bits == 0 || (a ^ b) >> (64 - bits) == 0; }

static const char *check_entry(const struct path *p, const struct stet_leaf *l, uint32_t i)
{
    const struct stet_map_type *t = p->t;
    const char *e = stet_leaf_entry_(t, l, i);
    uint64_t hash = 0;
    for (unsigned level = 0; level <= p->level; level++) {
        hash = stet_type_hash(t->key, e, stet_hash_seed_at(level));
        if (!agree(hash, p->prefix[level], p->depth[level]))
            return wrong("I1: entry %u of a leaf of depth %u does not belong there by its hash of level %u", i,
                         l->depth, level);
    }
    if (l->kind == STET_LEAF_PLAIN && stet_leaf_fp_(l)[i] != stet_leaf_fingerprint_(hash))
        return wrong("I4: fingerprint %u of %u in a leaf of depth %u is wrong", i, l->n, l->depth);
    for (uint32_t j = 0; j < i; j++)
        if (stet_type_equal(t->key, e, stet_leaf_entry_(t, l, j)))
            return wrong("I4: entries %u and %u of a leaf have equal keys", j, i);
    return NULL;
}

/* Checks that there is no fingerprint behind those of the n entries; special leaves have none at all (n = 0). */
static const char *check_prints_after(const struct stet_map_type *t, const struct stet_leaf *l, unsigned n)
{
    for (unsigned i = n; i < t->fp_size; i++)
        if (stet_leaf_fp_(l)[i] != 0)
            return wrong("I4: a leaf of kind %u and %u entries has a fingerprint %u", l->kind, n, i);
    return NULL;
}

/* Requires from here on that all entries have this hash on the present level, whatever the depth of their leaf. */
static const char *demand_hash(struct path *p, const struct stet_leaf *l, uint64_t hash)
{
    if (!agree(hash, p->prefix[p->level], p->depth[p->level]))
        return wrong("I1: a leaf of kind %u and depth %u does not belong there by its hash", l->kind, l->depth);
    p->prefix[p->level] = hash & STET_MAP_BITS;
    p->depth[p->level] = STET_MAP_DEPTH;
    return NULL;
}

static const char *check_overflow(const struct path *p, const struct stet_leaf *l)
{
    if (l->depth > STET_MAP_DEPTH || p->level != STET_MAP_LEVELS - 1)
        return wrong("overflow leaf at depth %u of level %u", l->depth, p->level);
    if (l->n != 0 || l->units != 0 || l->wide == 0 || l->wide > UINT32_C(1) << l->cap)
        return wrong("overflow leaf with n %u, units %u, wide %u, cap 2^%u", l->n, l->units, l->wide, l->cap);
    if (p->fill && l->wide <= p->t->leaf_max / 2u)
        return wrong("I5: overflow leaf of %u entries", l->wide);
    return check_prints_after(p->t, l, 0);
}

static const char *check_plain(const struct path *p, const struct stet_leaf *l)
{
    if (l->n == 0)
        return wrong("I2: empty leaf at depth %u", l->depth);
    if (l->n > l->cap || l->cap > p->t->leaf_max) /* `wide` is not checked: live maps have a lock there */
        return wrong("I4: leaf with n %u, cap %u", l->n, l->cap);
    if ((size_t)l->units * 16 < 16 + (size_t)p->t->fp_size + (size_t)l->cap * p->t->entry_size || l->units % 4 != 0)
        return wrong("leaf of %u units for %u entries", l->units, l->cap);
    return check_prints_after(p->t, l, l->n);
}

static const char *check_ref(struct path *p, stet_ref r);
static const char *check_root(struct path *p, stet_ref r);

static const char *check_chain(struct path *p, const struct stet_leaf *l)
{
    if (l->depth > STET_MAP_DEPTH || l->n != 0 || l->units < 4 || p->level + 1 >= STET_MAP_LEVELS)
        return wrong("chain leaf at depth %u of level %u, n %u, units %u", l->depth, p->level, l->n, l->units);
    if (*stet_rehash_root_(l) == 0)
        return wrong("I2: empty chain");
    TRY(check_prints_after(p->t, l, 0));
    TRY(demand_hash(p, l, *stet_rehash_common_hash_(l)));
    p->level++;
    p->prefix[p->level] = 0;
    p->depth[p->level] = 0;
    TRY(check_root(p, *stet_rehash_root_(l)));
    p->level--;
    return NULL;
}

/* Checks a leaf whose depth is that of the path; the caller has checked this. */
static const char *check_leaf(struct path *p, const struct stet_leaf *l)
{
    if (__atomic_load_n(&l->refcount, __ATOMIC_RELAXED) == 0) /* atomic: other threads may change the count */
        return wrong("leaf with count 0 reached");
    switch (l->kind) {
    case STET_LEAF_REHASH:
        return check_chain(p, l);
    case STET_LEAF_COLLISION:
        TRY(check_overflow(p, l));
        TRY(demand_hash(p, l, stet_type_hash(p->t->key, stet_leaf_entry_(p->t, l, 0), stet_hash_seed_at(p->level))));
        break;
    case STET_LEAF_PLAIN:
        TRY(check_plain(p, l));
        break;
    default:
        return wrong("leaf of kind %u", l->kind);
    }
    for (uint32_t i = 0; i < stet_leaf_count_(l); i++)
        TRY(check_entry(p, l, i));
    p->entries += stet_leaf_count_(l);
    return NULL;
}

static bool all_slots_are(const struct stet_inner *n, unsigned first, unsigned count, stet_ref r)
{
    for (unsigned i = first; i < first + count; i++)
        if (stet_children_(n)[i] != r)
            return false;
    return true;
}

/* Checks I5 for the leaf that fills `count` slots from `first` on, if it is plain. */
static const char *check_buddy(const struct path *p, const struct stet_inner *n, unsigned first, unsigned count)
{
    const struct stet_leaf *l = stet_ref_leaf_(stet_children_(n)[first]);
    unsigned buddy = first ^ count, max = p->t->leaf_max;
    stet_ref r = stet_children_(n)[buddy & ~(count - 1)];
    if (l->kind != STET_LEAF_PLAIN || l->n > max / 4 || count == n->slots || !all_slots_are(n, buddy, count, r) ||
        stet_ref_is_inner_(r))
        return NULL;
    const struct stet_leaf *b = stet_ref_leaf_(r);
    if (b == NULL)
        return wrong("I5: leaf of %u entries beside a gap", l->n);
    if (b->kind == STET_LEAF_PLAIN && b->depth == l->depth && l->n <= max / 4 && b->n <= max / 4)
        return wrong("I5: leaves of %u and %u entries are buddies", l->n, b->n);
    return NULL;
}

/* Checks I5 for a node. live: the map is a live one, so L8 holds instead. */
static const char *check_halves(const struct stet_inner *n, bool live, bool root)
{
    if (!(live && root) && all_slots_are(n, 0, n->slots, stet_children_(n)[0]))
        return wrong("I5: all %u slots of a node are one", n->slots);
    if (live)
        return NULL;
    for (unsigned i = 0; i < n->slots; i += 2)
        if (n->slots == 2 || stet_children_(n)[i] != stet_children_(n)[i + 1])
            return NULL;
    return wrong("I5: the %u slots of a node are alike in pairs", n->slots);
}

/*
 * Checks the child in the `count` slots from `first` on. Hash bits up to `below` are used by this node and those above.
 */
static const char *check_slots(struct path *p, const struct stet_inner *n, unsigned first, unsigned count,
                               unsigned below)
{
    stet_ref r = stet_children_(n)[first];
    unsigned level = p->level, bits = below;
    uint64_t before = p->prefix[level];
    if (r == 0)
        return NULL;
    if (stet_ref_is_inner_(r)) {
        if (n->slots != 1u << STET_MAP_WIDTH || count != 1)
            return wrong("I3: a node of %u slots holds a node in %u", n->slots, count);
    } else {
        bits = stet_ref_leaf_(r)->depth;
        if (bits > below || below - bits > 6 || 1u << (below - bits) != count || first % count != 0)
            return wrong("I2: leaf of depth %u in %u slots from %u, where %u bits are used", bits, count, first, below);
        if (p->fill)
            TRY(check_buddy(p, n, first, count));
    }
    p->prefix[level] |= (uint64_t)first << (64 - below);
    p->depth[level] = bits;
    TRY(check_ref(p, r));
    p->prefix[level] = before;
    return NULL;
}

static const char *check_inner(struct path *p, stet_ref r)
{
    const struct stet_inner *n = stet_ref_inner_(r);
    unsigned width = 64 - (unsigned)(r & STET_TAG_BITS), base = p->depth[p->level], below = base + width;
    if (__atomic_load_n(&n->refcount, __ATOMIC_RELAXED) == 0)
        return wrong("node with count 0 reached");
    if (width < 1 || width > STET_MAP_WIDTH || n->slots != 1u << width || below > STET_MAP_DEPTH)
        return wrong("node of %u slots under a tag of width %u at %u bits", n->slots, width, base);
    size_t size = round_up(sizeof *n + n->slots * sizeof(stet_ref));
    bool live = (size_t)n->units * 16 == size + 64; /* with the tail of a live map's node */
    if ((size_t)n->units * 16 != size && !live)
        return wrong("node of %u slots has %u units", n->slots, n->units);
    if (p->fill)
        TRY(check_halves(n, live, p->level == 0 && base == 0));
    for (unsigned i = 0, run; i < n->slots; i += run) {
        for (run = 1; i + run < n->slots && stet_children_(n)[i + run] == stet_children_(n)[i]; run++)
            ;
        TRY(check_slots(p, n, i, run, below));
    }
    p->depth[p->level] = base;
    return NULL;
}

static const char *check_ref(struct path *p, stet_ref r)
{
    return stet_ref_is_inner_(r) ? check_inner(p, r) : check_leaf(p, stet_ref_leaf_(r));
}

/* Checks the root of a map, or of a rehash leaf's trie: no hash bit is used yet. */
static const char *check_root(struct path *p, stet_ref r)
{
    if (!stet_ref_is_inner_(r) && stet_ref_leaf_(r)->depth != 0)
        return wrong("I2: the root is a leaf of depth %u", stet_ref_leaf_(r)->depth);
    return check_ref(p, r);
}

const char *map_check(const struct stet_map_type *t, const struct stet_map *m, bool fill)
{
    struct path p = {.t = t, .fill = fill};
    if (m->root == 0 || m->size == 0)
        return m->root == 0 && m->size == 0 ? NULL : wrong("I6: size %zu, %s root", m->size, m->root ? "a" : "no");
    TRY(check_root(&p, m->root));
    if (p.entries != m->size)
        return wrong("I6: size %zu, but %zu entries", m->size, p.entries);
    return NULL;
}

/* ---- shape ---- */

static void measure(struct map_shape *shape, stet_ref r, unsigned height)
{
    if (stet_ref_is_inner_(r)) {
        const struct stet_inner *n = stet_ref_inner_(r);
        shape->nodes++;
        for (unsigned i = 0; i < n->slots; i++)
            if (i == 0 || stet_children_(n)[i] != stet_children_(n)[i - 1])
                measure(shape, stet_children_(n)[i], height + 1);
    } else if (r != 0) {
        const struct stet_leaf *l = stet_ref_leaf_(r);
        shape->visits += (size_t)stet_leaf_count_(l) * height;
        shape->leaves += l->kind == STET_LEAF_PLAIN;
        shape->chains += l->kind == STET_LEAF_REHASH;
        shape->overflows += l->kind == STET_LEAF_COLLISION;
        if (l->kind == STET_LEAF_REHASH)
            measure(shape, *stet_rehash_root_(l), height);
    }
    if (height > shape->height)
        shape->height = height;
}

struct map_shape map_shape(const struct stet_map *m)
{
    struct map_shape shape = {0};
    measure(&shape, m->root, 0);
    return shape;
}

/* ---- the audit ---- */

/* An audit_kind with the map's descriptor, and with hooks that report what entries hold. */
struct map_kind {
    struct audit_kind kind;
    const struct stet_map_type *t;
    const struct audit_hooks *hooks;
};

static void audit_leaf(struct audit *a, const struct audit_kind *kind, stet_ref leaf)
{
    const struct map_kind *map = (const struct map_kind *)kind;
    const struct stet_leaf *l = stet_ref_leaf_(leaf);
    if (l->kind == STET_LEAF_REHASH) {
        audit_node(a, kind, *stet_rehash_root_(l));
        return;
    }
    for (uint32_t i = 0; i < stet_leaf_count_(l); i++) {
        if (map->hooks->key != NULL)
            map->hooks->key(a, stet_leaf_entry_(map->t, l, i));
        if (map->hooks->value != NULL)
            map->hooks->value(a, stet_leaf_entry_(map->t, l, i) + map->t->value_offset);
    }
}

void audit_root(struct audit *a, const struct stet_map_type *t, const struct audit_hooks *hooks, stet_ref root)
{
    struct map_kind map = {{&t->node, audit_leaf}, t, hooks};
    audit_node(a, &map.kind, root);
}
