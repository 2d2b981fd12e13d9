/* SPDX-License-Identifier: MIT */
/*
 * live/chain.c - rehash leaves of a live map. Each holds a trie over the next hash, whose nodes are those of an
 * ordinary map: they have no tails. The lock of the rehash leaf is the lock of its trie.
 *
 *   C1  A write changes the trie in place, after it has copied those nodes on its path that have another holder: a
 *       snapshot, an older rehash leaf with the same trie, or the trie before a batch. A batch does not change the
 *       trie, but replaces it.
 *   C2  Readers walk the trie without its lock. A node that leaves the trie is retired, and does not change any more:
 *       it shows what was there at a moment after the reader came.
 *   C3  The entries of a plain leaf are written under the leaf's own lock, which is in `wide`. In a collision leaf
 *       `wide` is the number of entries; its entries are written, and read, as if they were in the rehash leaf.
 *   C4  A node that leaves the trie is retired as if it was born with the rehash leaf; a later birth does no harm (E4).
 *       If the node is older, another rehash leaf has held it, too. C1 says that the other leaf was freed, so no thread
 *       comes to the node from there.
 */
#include "live/shape.h"
#include "map/shape.h"

/* ---- what batches do ---- */

struct stet_map stet_live_rehash_next_(const struct stet_leaf *l)
{
    stet_ref root = *stet_rehash_root_(l);
    stet_node_retain_(root);
    return (struct stet_map){root, 0};
}

void stet_live_retire_trie_(struct live_call *c, const struct stet_leaf *l, stet_ref root, struct live_retired_entry *s)
{
    s->root = root;
    s->retired.born = live_leaf_tail(c->t, l)->retired.born;
    stet_retire_(c->h, &s->retired);
}

/* ---- read ---- */

/*
 * Reads a collision leaf, many entries at a time. What was read is valid only if the rehash leaf, whose lock is `lock`,
 * has not changed meanwhile.
 */
static int read_collision(const struct live_call *c, const struct stet_leaf *l, const live_seq *lock, uint32_t seen,
                          void *value)
{
    const struct stet_map_type *t = c->t;
    _Alignas(16) char copy[STET_ENTRY_MAX];
    uint32_t many = t->entry_size < sizeof copy / 4 ? (uint32_t)sizeof copy / 4 / t->entry_size : 1;
    for (uint32_t i = 0, n = STET_LOAD_(l->wide, RELAXED); i < n; i += many) {
        const char *e = copy, *end = copy + (size_t)(n - i < many ? n - i : many) * t->entry_size;
        live_read(copy, stet_leaf_entry_(t, l, i), (size_t)(end - e));
        if (!live_is_still(lock, seen))
            return LIVE_AGAIN;
        for (; e != end; e += t->entry_size) {
            if (!stet_map_equal_key_(t, c->f, e, c->key))
                continue;
            if (value != NULL)
                memcpy(value, e + t->value_offset, t->value->size);
            if (value != NULL && t->value->retain != NULL)
                t->value->retain(value); /* see live_read_leaf() */
            return STET_CHANGED;
        }
    }
    return live_is_still(lock, seen) ? STET_UNCHANGED : LIVE_AGAIN;
}

int stet_live_read_rehash_(const struct live_call *c, const struct stet_leaf *l, uint32_t seen, void *value)
{
    struct live_call below = *c;
    uint64_t bits = below.hash = stet_map_hash_key_(c->t, c->f, c->key, 1);
    stet_ref r = STET_LOAD_(*stet_rehash_root_(l), ACQUIRE); /* acquire, here and below: see live_walk() */
    if (!live_is_still(&l->wide, seen))
        return LIVE_AGAIN;
    for (; r != 0; r = STET_LOAD_(stet_children_(stet_ref_inner_(r))[stet_trie_step_(r, &bits)], ACQUIRE)) {
        if (!stet_era_is_(c->era))
            return LIVE_AGAIN;
        if (stet_ref_is_inner_(r))
            continue;
        uint32_t one;
        const struct stet_leaf *leaf = stet_ref_leaf_(r);
        if (leaf->kind == STET_LEAF_COLLISION)
            return read_collision(&below, leaf, &l->wide, seen, value);
        return live_read_begin(&leaf->wide, &one) ? live_read_leaf(c->t, c->f, &below, leaf, one, value, false)
                                                  : LIVE_AGAIN;
    }
    return STET_UNCHANGED;
}

/* ---- a place in a trie ---- */

/* A write to a trie. */
struct chain {
    struct live_position position;    /* in the trie; the first member, since a place points to it */
    struct stet_leaf *rehash;         /* the rehash leaf, which is locked */
    struct live_retired_entry *spare; /* memory for the next node that leaves the trie, or NULL */
};

/* Makes memory for the next node that leaves the trie. False: there is none. */
static bool spare_make(struct chain *x)
{
    if (x->spare == NULL)
        x->spare = stet_live_retired_entry_new_(x->position.c->t);
    return x->spare != NULL;
}

/*
 * Retires a node that has left the trie. Later one count of the node is released, or, if `shell` is true, its block
 * alone is freed. The caller has made a spare.
 */
static void retire_node(struct chain *x, stet_ref r, bool shell)
{
    x->spare->shell = shell;
    stet_live_retire_trie_(x->position.c, x->rehash, r, x->spare);
    x->spare = NULL;
}

static uint32_t leaf_room(const struct stet_leaf *l)
{
    return l->kind == STET_LEAF_COLLISION ? UINT32_C(1) << l->cap : l->cap;
}

/* Makes a copy of a node. The copy does not count its entries yet. 0: no memory. */
static stet_ref chain_copy(const struct stet_map_type *t, stet_ref r, uint32_t want)
{
    if (stet_ref_is_inner_(r))
        return stet_own_inner(&t->node, NULL, 0, &r, false, STET_OWN_BY_BUDGET) ? r : 0;
    const struct stet_leaf *l = stet_ref_leaf_(r);
    return (uintptr_t)(l->kind == STET_LEAF_COLLISION ? stet_map_overflow_of_(t, l, want)
                                                      : map_leaf_copy(t, l, t->leaf_max));
}

/*
 * C1: replaces the node at p by a copy if it has another holder, or if it is a leaf without room for `want` entries.
 * False: no memory.
 */
static bool own_chain_node(struct chain *x, struct place *p, uint32_t want)
{
    const struct stet_map_type *t = x->position.c->t;
    stet_ref r = *p->slot, copy;
    bool inner = stet_ref_is_inner_(r), unshared = p->parent_counts && stet_map_node_is_unshared_(r);
    if (unshared && (inner || want <= leaf_room(stet_ref_leaf_(r))))
        return true;
    if (!spare_make(x) || (copy = chain_copy(t, r, want)) == 0)
        return false;
    if (!inner && !unshared)
        entries_retain(t, stet_ref_leaf_(copy), stet_leaf_count_(stet_ref_leaf_(copy)));
    place_replace(p, inner ? p->base : stet_ref_leaf_(r)->depth, copy, STORE_RELEASE);
    if (!p->parent_counts)
        stet_node_retain_(r);
    retire_node(x, r, unshared);
    p->parent_counts = true;
    return true;
}

/* Sets the position to that of the call's hash, and owns the path down to the leaf or gap there. False: no memory. */
static bool own_way(struct chain *x)
{
    const struct stet_map_type *t = x->position.c->t;
    struct place *p = &x->position.at;
    uint64_t bits = x->position.c->hash;
    *p = (struct place){
        .slot = stet_rehash_root_(x->rehash), .hash = bits, .level = 1, .parent_counts = true, .live = &x->position};
    while (*p->slot != 0 && own_chain_node(x, p, 0)) {
        if (!stet_ref_is_inner_(*p->slot))
            return true;
        place_enter(p, *p->slot, &bits);
        p->parent_counts = stet_parent_counts(&t->node, p->parent, p->index);
    }
    return *p->slot == 0;
}

/* ---- the steps, which see to it that there is a spare before they begin ---- */

static struct stet_leaf *chain_half(const struct stet_map_type *t, const struct place *p, unsigned want, unsigned depth)
{
    (void)p;
    (void)want;
    return leaf_new(t, t->leaf_max, depth);
}

/* The leaf itself may become narrower, because no thread waits for its lock. */
static struct stet_leaf *chain_narrow(const struct stet_map_type *t, struct place *p)
{
    (void)t;
    return stet_ref_leaf_(*p->slot);
}

static struct stet_leaf *chain_own(const struct stet_map_type *t, struct place *p, unsigned most, unsigned want)
{
    struct chain *x = (struct chain *)(void *)p->live;
    struct stet_leaf *l = stet_ref_leaf_(*p->slot);
    if (l->kind != STET_LEAF_PLAIN || l->n > most)
        return NULL;
    p->parent_counts = p->parent == NULL || stet_parent_counts(&t->node, p->parent, p->index);
    return own_chain_node(x, p, want) && spare_make(x) ? stet_ref_leaf_(*p->slot) : NULL;
}

static void chain_take(const struct stet_map_type *t, struct stet_leaf *to, const struct stet_leaf *from)
{
    (void)live_try_lock(&to->wide); /* C3: the lock is free */
    for (unsigned i = 0; i < from->n; i++) {
        live_put(stet_leaf_entry_(t, to, to->n), stet_leaf_entry_(t, from, i), t->entry_size);
        live_set_fingerprint(to, to->n++, stet_leaf_fp_(from)[i]);
    }
    live_unlock(&to->wide);
}

static void chain_leave(const struct stet_map_type *t, struct place *p, stet_ref r)
{
    (void)t;
    retire_node((struct chain *)(void *)p->live, r, true);
}

static const struct shape chain_shape = {STORE_RELEASE, chain_half, chain_narrow, chain_own, chain_take, chain_leave};

/*
 * Replaces the leaf at the position by `to`, which has the same entries. False: `to` is NULL, as there was no memory.
 */
static bool change_leaf(struct chain *x, struct stet_leaf *to)
{
    stet_ref r = *x->position.at.slot;
    if (to == NULL)
        return false;
    place_replace(&x->position.at, stet_ref_leaf_(r)->depth, (uintptr_t)to, STORE_RELEASE);
    retire_node(x, r, true);
    return true;
}

/*
 * Takes one step to make room for the key. The leaf at the position is full, or it is a collision leaf whose entries
 * have another hash than the key. False: no memory.
 */
static bool make_deeper(struct chain *x)
{
    const struct stet_map_type *t = x->position.c->t;
    struct place *p = &x->position.at;
    struct stet_leaf *l = stet_ref_leaf_(*p->slot);
    bool plain = l->kind == STET_LEAF_PLAIN;
    if (!spare_make(x))
        return false;
    if (plain && stet_leaf_agrees_(t, l, p->hash, p->level))
        return change_leaf(x, stet_map_overflow_of_(t, l, l->n + 1u));
    if (p->parent == NULL || l->depth == p->base)
        return shape_grow(&chain_shape, t, p, stet_inner_new_(t, shape_width(p)));
    return plain ? shape_split(&chain_shape, t, p)
                 : shape_narrow(&chain_shape, t, p, hash_bit(stet_special_hash_(t, l, p->level), l->depth));
}

/* Joins the small leaf, or the gap, at the position with its neighbours, as far as there is memory. */
static void make_flatter(struct chain *x)
{
    const struct stet_map_type *t = x->position.c->t;
    struct place *p = &x->position.at;
    for (bool all = true; all && p->parent != NULL;) {
        unsigned depth = *p->slot != 0 ? stet_ref_leaf_(*p->slot)->depth : p->base;
        while (spare_make(x) && shape_join(&chain_shape, t, p, depth))
            depth--;
        while (!place_is_all(p) && place_is_paired(p) && spare_make(x) &&
               shape_halve_node(&chain_shape, t, p, stet_inner_new_(t, inner_width(p->parent) - 1)))
            ;
        all = place_is_all(p) && spare_make(x);
        if (all)
            shape_collapse(&chain_shape, t, p);
        all = all && own_way(x);
    }
}

/* ---- write ---- */

/* Adds the call's key, which is absent, at the position. */
static stet_result add_entry(struct chain *x, const void *value)
{
    struct live_call *c = x->position.c;
    const struct stet_map_type *t = c->t;
    struct place *p = &x->position.at;
    for (;;) {
        struct stet_leaf *l = stet_ref_leaf_(*p->slot);
        if (l == NULL) {
            unsigned first, count, depth = place_gap(p, &first, &count);
            if ((l = leaf_new(t, t->leaf_max, depth)) == NULL)
                return STET_NO_MEMORY;
            live_add(t, c->f, c, l, x->position.g, value);
            place_fill(p, first, count, (uintptr_t)l, STORE_RELEASE);
            return STET_CHANGED;
        }
        bool plain = l->kind == STET_LEAF_PLAIN;
        if (plain ? l->n == t->leaf_max : special_is_foreign(t, l, p->hash, p->level)) {
            if (!make_deeper(x))
                return STET_NO_MEMORY;
            continue;
        }
        if (!own_chain_node(x, p, stet_leaf_count_(l) + 1))
            return STET_NO_MEMORY;
        l = stet_ref_leaf_(*p->slot);
        if (plain) {
            (void)live_try_lock(&l->wide);
            live_add(t, c->f, c, l, x->position.g, value);
            live_unlock(&l->wide);
        } else {
            live_fill(t, c->f, c, stet_leaf_entry_(t, l, l->wide), value);
            STET_STORE_(l->wide, l->wide + 1, RELAXED);
            live_count(c, x->position.g, 1);
        }
        return STET_CHANGED;
    }
}

/* Replaces the value of entry i of the leaf at the position. */
static stet_result replace_entry(struct chain *x, size_t i, const void *value)
{
    const struct stet_map_type *t = x->position.c->t;
    struct stet_leaf *l = stet_ref_leaf_(*x->position.at.slot);
    bool plain = l->kind == STET_LEAF_PLAIN;
    if (plain)
        (void)live_try_lock(&l->wide);
    live_replace(t, x->position.c, x->rehash, stet_leaf_entry_(t, l, i), value);
    if (plain)
        live_unlock(&l->wide);
    return STET_CHANGED;
}

/* Makes a plain leaf of the entries of a collision leaf. NULL: no memory. */
static struct stet_leaf *plain_of(const struct stet_map_type *t, const struct stet_leaf *l)
{
    struct stet_leaf *plain = leaf_new(t, t->leaf_max, l->depth);
    if (plain == NULL)
        return NULL;
    plain->n = (uint8_t)l->wide;
    memcpy(stet_leaf_entry_(t, plain, 0), stet_leaf_entry_(t, l, 0), (size_t)l->wide * t->entry_size);
    stet_leaf_prints_(t, plain, 1);
    return plain;
}

/* Removes entry i of the leaf at the position. The trie has other entries. */
static stet_result remove_entry(struct chain *x, size_t i)
{
    struct live_call *c = x->position.c;
    const struct stet_map_type *t = c->t;
    struct place *p = &x->position.at;
    struct stet_leaf *l = stet_ref_leaf_(*p->slot);
    uint32_t left = stet_leaf_count_(l) - 1;
    if (left == 0 && !spare_make(x))
        return STET_NO_MEMORY;
    live_discard(t, c, x->rehash, stet_leaf_entry_(t, l, i), true);
    live_count(c, x->position.g, -1);
    if (l->kind == STET_LEAF_PLAIN) {
        (void)live_try_lock(&l->wide);
        live_take_out(t, l, (unsigned)i);
        live_unlock(&l->wide);
    } else {
        if (i != left)
            live_put(stet_leaf_entry_(t, l, i), stet_leaf_entry_(t, l, left), t->entry_size);
        STET_STORE_(l->wide, left, RELAXED);
        if (left > t->leaf_max / 2u || !spare_make(x) || !change_leaf(x, plain_of(t, l)))
            return STET_CHANGED;
    }
    if (left == 0) {
        place_replace(p, l->depth, 0, STORE_RELEASE);
        retire_node(x, (uintptr_t)l, true);
    }
    if (left <= t->leaf_max / 4u)
        make_flatter(x);
    return STET_CHANGED;
}

/* Returns whether this leaf is the only one below the root. */
static bool is_only_leaf(stet_ref r, stet_ref leaf)
{
    while (stet_ref_is_inner_(r)) {
        const struct stet_inner *n = stet_ref_inner_(r);
        r = 0;
        for (unsigned i = 0; i < n->slots; i++) {
            stet_ref child = stet_children_(n)[i];
            if (child != 0 && r != 0 && child != r)
                return false;
            r = child != 0 ? child : r;
        }
    }
    return r == leaf;
}

/* Removes the last entry of a locked rehash leaf, and so the leaf itself. */
static int rehash_empty(struct live_call *c, struct stet_leaf *l, uint64_t g, struct stet_write *w)
{
    stet_ref before = *stet_rehash_root_(l);
    struct live_retired_entry *old = stet_live_retired_entry_new_(c->t);
    int emptied = STET_NO_MEMORY;
    if (old == NULL)
        live_unlock_same(&l->wide);
    else
        emptied = stet_live_empty_(c, l, g); /* retires the leaf's block alone; the trie is retired below */
    if (emptied == STET_CHANGED) {
        stet_live_retire_trie_(c, l, before, old);
        live_count(c, g, -1);
        return emptied;
    }
    if (old != NULL)
        stet_live_retired_entry_free_(old);
    stet_write_undo_(c->t->value, w);
    return emptied;
}

int stet_live_write_rehash_(struct live_call *c, struct stet_leaf *l, uint64_t g, struct stet_write *w)
{
    const struct stet_map_type *t = c->t;
    struct chain x = {.position = {.c = c, .g = g}, .rehash = l};
    stet_ref root = *stet_rehash_root_(l);
    uint64_t hash = stet_map_hash_key_(t, c->f, c->key, 1), outer = c->hash;
    struct stet_leaf *below = stet_ref_leaf_(stet_map_descend_(root, hash));
    const char *e = below != NULL ? (const char *)stet_leaf_find_entry_(t, c->f, below, hash, c->key) : NULL;
    enum stet_verdict verdict = stet_write_decide_(t->value, w, e != NULL ? e + t->value_offset : NULL);
    if (verdict < STET_VERDICT_PUT) {
        live_unlock_same(&l->wide);
        return (int)verdict;
    }
    if (e == NULL && special_is_foreign(t, l, c->hash, 0))
        return stet_live_split_(c, l, g, false);
    if (e == NULL && c->f != NULL && c->made == NULL) {
        live_unlock_same(&l->wide);
        return LIVE_MAKE_KEY;
    }
    bool removes = verdict == STET_VERDICT_REMOVE;
    if (removes && stet_leaf_count_(below) == 1 && is_only_leaf(root, (uintptr_t)below))
        return rehash_empty(c, l, g, w);
    /* own_way() may copy the leaf; the copy has the entries in the same places. */
    size_t i = e != NULL ? (size_t)(e - stet_leaf_entry_(t, below, 0)) / t->entry_size : 0;
    stet_result done = STET_NO_MEMORY;
    c->hash = hash;
    if (own_way(&x))
        done = removes ? remove_entry(&x, i) : e != NULL ? replace_entry(&x, i, w->value) : add_entry(&x, w->value);
    c->hash = outer;
    if (x.spare != NULL)
        stet_live_retired_entry_free_(x.spare);
    if (done == STET_NO_MEMORY)
        stet_write_undo_(t->value, w);
    (done == STET_NO_MEMORY ? live_unlock_same : live_unlock)(&l->wide);
    return (int)done;
}
