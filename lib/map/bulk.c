/* SPDX-License-Identifier: MIT */
/*
 * map/bulk.c - many entries at once: lookups whose cache misses overlap, and transformations and trims that share
 * unchanged nodes.
 */
#include "map/core.h"
#include "map/instances.h"

/* ---- get many ---- */

/* Looks up a group of keys level by level, so that the cache misses of the lookups overlap. */
STET_INLINE void get_group(const struct stet_map_type *t, stet_ref root, const char *keys, unsigned n,
                           const void **values)
{
    stet_ref r[LOOKUP_GROUP];
    uint64_t hash[LOOKUP_GROUP], bits[LOOKUP_GROUP];
    for (unsigned i = 0; i < n; i++) {
        hash[i] = bits[i] = stet_map_hash_key_(t, NULL, keys + i * t->key->size, 0);
        r[i] = root;
    }
    for (bool deeper = true; deeper;) {
        deeper = false;
        for (unsigned i = 0; i < n; i++) {
            if (!stet_ref_is_inner_(r[i]))
                continue;
            r[i] = stet_children_(stet_ref_inner_(r[i]))[stet_trie_step_(r[i], &bits[i])];
            if (stet_ref_is_inner_(r[i])) {
                deeper = true;
                __builtin_prefetch(&stet_children_(stet_ref_inner_(r[i]))[bits[i] >> (r[i] & STET_TAG_BITS)]);
            } else {
                for (size_t at = 0; at < STET_MAP_LEAF_BYTES; at += 64)
                    __builtin_prefetch((const void *)(uintptr_t)(r[i] + at)); /* this may be a gap */
            }
        }
    }
    for (unsigned i = 0; i < n; i++) {
        const char *e = stet_map_find_(t, NULL, r[i], hash[i], keys + i * t->key->size);
        values[i] = e != NULL ? e + t->value_offset : NULL;
    }
}

STET_INLINE void get_many(const struct stet_map_type *t, const struct stet_map *m, const char *keys, size_t n,
                          const void **values)
{
    stet_ref root = m->root;
    if (!worth_groups(t, m)) {
        for (size_t i = 0; i < n; i++)
            values[i] = stet_map_get_(t, m, NULL, keys + i * t->key->size);
        return;
    }
    for (; n > LOOKUP_GROUP; n -= LOOKUP_GROUP, keys += (size_t)LOOKUP_GROUP * t->key->size, values += LOOKUP_GROUP)
        get_group(t, root, keys, LOOKUP_GROUP, values);
    get_group(t, root, keys, (unsigned)n, values);
}

void stet_map_get_many_(const struct stet_map_type *t, const struct stet_map *m, const void *keys, size_t n,
                        const void **values)
{
    stet_node_check_(&t->node, m->root);
    if (stet_map_is_words_(t))
        get_many(&stet_word_map, m, keys, n, values);
    else if (stet_map_is_strings_(t))
        get_many(&stet_str_map, m, keys, n, values);
    else
        get_many(t, m, keys, n, values);
}

size_t stet_map_load_many_(const struct stet_map_type *t, const struct stet_map *m, const void *keys, size_t n,
                           void *values, bool *found)
{
    stet_node_check_(&t->node, m->root);
    const void *group[4 * LOOKUP_GROUP];
    size_t most = sizeof group / sizeof *group, count = 0;
    for (size_t i = 0; i < n; i++) {
        if (i % most == 0)
            stet_map_get_many_(t, m, (const char *)keys + i * t->key->size, n - i < most ? n - i : most, group);
        const void *value = group[i % most];
        found[i] = value != NULL;
        if (!found[i])
            continue;
        memcpy((char *)values + i * t->value->size, value, t->value->size);
        if (t->value->retain != NULL)
            t->value->retain(value);
        count++;
    }
    return count;
}

/* ---- transform ---- */

struct transform {
    const struct stet_map_type *t;
    stet_map_transform_fn *fn;
    void *context;
    size_t removed;
    bool failed;
};

/* Makes a leaf like l with its first n entries, which get one more reference. */
static struct stet_leaf *leaf_begin(const struct stet_map_type *t, const struct stet_leaf *l, uint32_t n)
{
    struct stet_leaf *c = l->kind == STET_LEAF_COLLISION ? pool_allocate_for(map_leaf_size(l, t), &t->node.name)
                                                         : leaf_new(t, l->n, l->depth);
    if (c == NULL)
        return NULL;
    if (l->kind == STET_LEAF_COLLISION)
        *c = (struct stet_leaf){.refcount = 1, .kind = l->kind, .depth = l->depth, .cap = l->cap, .wide = n};
    else
        c->n = (uint8_t)n;
    memset(stet_leaf_fp_(c), 0, t->fp_size);
    memcpy(stet_leaf_fp_(c), stet_leaf_fp_(l), l->kind == STET_LEAF_PLAIN ? n : 0);
    memcpy(stet_leaf_entry_(t, c, 0), stet_leaf_entry_(t, l, 0), (size_t)n * t->entry_size);
    entries_retain(t, c, n);
    return c;
}

/* Appends entry i of l. `value`, whose reference is taken over, replaces the entry's value unless it is NULL. */
static void leaf_append(const struct stet_map_type *t, struct stet_leaf *c, const struct stet_leaf *l, uint32_t i,
                        const void *value)
{
    uint32_t at = stet_leaf_count_(c);
    char *e = stet_leaf_entry_(t, c, at);
    const char *from = stet_leaf_entry_(t, l, i);
    memcpy(e, from, t->entry_size);
    if (t->key->retain != NULL)
        t->key->retain(e);
    if (value != NULL)
        memcpy(e + t->value_offset, value, t->value->size);
    else if (t->value->retain != NULL)
        t->value->retain(e + t->value_offset);
    if (c->kind == STET_LEAF_PLAIN) {
        stet_leaf_fp_(c)[at] = stet_leaf_fp_(l)[i];
        c->n++;
    } else {
        c->wide++;
    }
}

/*
 * Returns the leaf that replaces l, with a count; or l itself, without one more count, if nothing changes; or 0 if no
 * entry is left.
 */
static stet_ref transform_leaf(struct transform *x, struct stet_leaf *l, unsigned level)
{
    const struct stet_map_type *t = x->t;
    _Alignas(16) char value[STET_ENTRY_MAX];
    struct stet_leaf *c = NULL;
    uint32_t n = stet_leaf_count_(l);
    for (uint32_t i = 0; i < n; i++) {
        const char *e = stet_leaf_entry_(t, l, i);
        enum stet_fate_ fate = x->fn(x->context, e, e + t->value_offset, value);
        bool replace = fate == STET_REPLACE_ && !stet_type_equal(t->value, e + t->value_offset, value);
        if (c == NULL && (replace || fate == STET_REMOVE_) && (c = leaf_begin(t, l, i)) == NULL)
            x->failed = true;
        if (c != NULL && fate != STET_REMOVE_)
            leaf_append(t, c, l, i, replace ? value : NULL);
        if (fate == STET_REPLACE_ && (!replace || x->failed) && t->value->release != NULL)
            t->value->release(value);
        if (x->failed)
            return (uintptr_t)l;
    }
    if (c == NULL)
        return (uintptr_t)l;
    stet_ref r = (uintptr_t)c;
    x->removed += n - stet_leaf_count_(c);
    stet_map_shrink_(t, &r, level);
    return r;
}

static stet_ref transform_ref(struct transform *x, stet_ref r, unsigned base, unsigned level);

static stet_ref transform_rehash(struct transform *x, struct stet_leaf *rehash, unsigned level)
{
    stet_ref root = *stet_rehash_root_(rehash), changed = transform_ref(x, root, 0, level + 1);
    if (changed == root || changed == 0)
        return changed == 0 ? 0 : (uintptr_t)rehash;
    struct stet_leaf *c = stet_rehash_new_(x->t, rehash->depth, changed, *stet_rehash_common_hash_(rehash));
    if (c == NULL) {
        x->failed = true;
        stet_node_release(&x->t->node, changed);
        return (uintptr_t)rehash;
    }
    return (uintptr_t)c;
}

/* Does what transform_leaf() does for a whole subtree: own, then write. */
static stet_ref transform_ref(struct transform *x, stet_ref r, unsigned base, unsigned level)
{
    const struct stet_map_type *t = x->t;
    if (r == 0)
        return 0;
    if (!stet_ref_is_inner_(r)) {
        struct stet_leaf *l = stet_ref_leaf_(r);
        return l->kind == STET_LEAF_REHASH ? transform_rehash(x, l, level) : transform_leaf(x, l, level);
    }
    stet_ref own = r;
    size_t removed = x->removed;
    unsigned below = base + 64 - (unsigned)(r & STET_TAG_BITS);
    for (unsigned i = 0, run; i < stet_ref_inner_(own)->slots; i += run) {
        const stet_ref *child = stet_children_(stet_ref_inner_(own));
        stet_ref old = child[i];
        for (run = 1; i + run < stet_ref_inner_(own)->slots && child[i + run] == old; run++)
            ;
        stet_ref changed = transform_ref(x, old, below, level);
        if (changed != old && own == r && !stet_own_inner(&t->node, NULL, 0, &own, false, STET_OWN_BY_BUDGET)) {
            x->failed = true;
            stet_node_release(&t->node, changed);
        }
        if (x->failed)
            break;
        if (changed == old)
            continue;
        struct stet_inner *n = stet_ref_inner_(own);
        bool parent_counts = stet_parent_counts(&t->node, n, i);
        for (unsigned j = i; j < i + run; j++)
            stet_children_(n)[j] = changed;
        stet_slots_claim(n, i, run);
        if (parent_counts)
            stet_node_release(&t->node, old);
    }
    if (x->failed) {
        if (own != r)
            stet_node_release(&t->node, own);
        return r;
    }
    if (x->removed != removed)
        stet_map_tidy_inner_(t, &own, below, level);
    return own;
}

stet_result stet_map_transform_(const struct stet_map_type *t, struct stet_map *m, stet_map_transform_fn *fn,
                                void *context)
{
    stet_node_check_(&t->node, m->root);
    struct transform x = {t, fn, context, 0, false};
    stet_ref root = transform_ref(&x, m->root, 0, 0), old = m->root;
    stet_result result = x.failed ? STET_NO_MEMORY : root == old ? STET_UNCHANGED : STET_CHANGED;
    if (result == STET_CHANGED) {
        m->root = root;
        m->size -= x.removed;
        stet_node_release(&t->node, old);
    }
    stet_node_drain(&t->node);
    return result;
}

/* ---- trim ---- */

/*
 * Returns whether trimming frees anything: some node has a lender, or a leaf of this version alone has 64 bytes unused.
 */
static bool is_loose(const struct stet_map_type *t, stet_ref r, bool unshared)
{
    if (r == 0)
        return false;
    unshared = unshared && stet_map_node_is_unshared_(r);
    if (!stet_ref_is_inner_(r)) {
        const struct stet_leaf *l = stet_ref_leaf_(r);
        if (l->kind == STET_LEAF_REHASH)
            return is_loose(t, *stet_rehash_root_(l), unshared);
        return unshared && l->kind == STET_LEAF_PLAIN &&
               pool_node_size(16 + (size_t)t->fp_size + (size_t)l->n * t->entry_size) < map_leaf_size(l, t);
    }
    const struct stet_inner *n = stet_ref_inner_(r);
    if (n->lender != 0)
        return true;
    stet_ref previous = 0;
    for (unsigned i = 0; i < n->slots; i++) {
        stet_ref c = stet_children_(n)[i];
        if (c != previous && is_loose(t, c, unshared))
            return true;
        previous = c;
    }
    return false;
}

/* Trims what is below a place whose path is exclusive. */
static bool trim_place(const struct stet_map_type *t, struct place *p)
{
    stet_ref r = *p->slot;
    if (!is_loose(t, r, p->parent_counts))
        return true;
    if (!stet_ref_is_inner_(r)) {
        struct stet_leaf *l = stet_ref_leaf_(r);
        if (l->kind == STET_LEAF_REHASH) {
            if ((l = stet_map_own_special_(t, p, 0)) == NULL)
                return false;
            struct place below = {.slot = stet_rehash_root_(l), .level = p->level + 1, .parent_counts = true};
            return trim_place(t, &below);
        }
        return leaf_exchange(t, p, map_leaf_copy(t, l, l->n), true) != NULL;
    }
    if (!map_leaf_is_unshared(p) &&
        !stet_own_inner(&t->node, p->parent, p->index, p->slot, p->parent_counts, STET_OWN_BY_BUDGET))
        return false;
    p->parent_counts = true;
    struct stet_inner *n = stet_ref_inner_(*p->slot);
    if (n->lender != 0 && !(stet_node_is_unshared_(n->lender) && stet_slot_flatten_(&t->node, n)))
        stet_inner_flatten(&t->node, n);
    stet_ref previous = 0;
    for (unsigned i = 0; i < n->slots; i++) {
        struct place below = {.slot = &stet_children_(n)[i],
                              .parent = n,
                              .index = i,
                              .base = p->base + 64 - (unsigned)(r & STET_TAG_BITS),
                              .level = p->level,
                              .parent_counts = true};
        if (*below.slot != previous && !trim_place(t, &below))
            return false;
        previous = *below.slot;
    }
    return true;
}

stet_result stet_map_trim_(const struct stet_map_type *t, struct stet_map *m)
{
    stet_node_check_(&t->node, m->root);
    if (!is_loose(t, m->root, true))
        return STET_UNCHANGED;
    struct place root = {.slot = &m->root, .parent_counts = true};
    bool done = trim_place(t, &root);
    stet_node_drain(&t->node);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}
