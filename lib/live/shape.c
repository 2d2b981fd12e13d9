/* SPDX-License-Identifier: MIT */
/*
 * live/shape.c - the live map's structural steps: copies for a new generation, splits, joins, gaps, rehash leaves.
 *
 * Each step locks the nodes whose slots change and the nodes that leave the tree, and then checks that all of them are
 * still in their places and that the generation is still g. If not, nothing is done, and the caller begins anew from
 * the root. When a step goes up, it waits for locks; when it goes down, it only tries them (L5).
 */
#include "live/shape.h"
#include "map/shape.h"

/* ---- locks ---- */

bool stet_live_lock_slow_(live_seq *lock) { return live_lock_waiting(lock); }

static void unlock_inner(struct stet_inner *n) { live_unlock(&live_inner_tail(n)->lock); }
static void unlock_inner_same(struct stet_inner *n) { live_unlock_same(&live_inner_tail(n)->lock); }

/* ---- what is retired ---- */

static bool free_counted(struct stet_retired *r)
{
    struct live_tail *tail = (struct live_tail *)r;
    if (tail->t->node.exact && stet_quiet_)
        return false;
    stet_node_drop_(&tail->t->node, tail->ref);
    return true;
}

static void free_block(const struct stet_map_type *t, stet_ref r)
{
    pool_free(stet_ref_node_(r), stet_ref_is_inner_(r) ? (size_t)stet_ref_inner_(r)->units * POOL_UNIT
                                                       : map_leaf_size(stet_ref_leaf_(r), t));
}

/* Frees the node's block alone: other nodes have taken over its contents. */
static bool free_shell(struct stet_retired *r)
{
    struct live_tail *tail = (struct live_tail *)r;
    free_block(tail->t, tail->ref);
    return true;
}

static bool free_retired_entry(struct stet_retired *r)
{
    struct live_retired_entry *s = (struct live_retired_entry *)r;
    const struct stet_map_type *t = s->t;
    if (t->node.exact && stet_quiet_)
        return false;
    if (s->root != 0 && s->shell)
        free_block(t, s->root);
    else if (s->root != 0)
        stet_node_drop_(&t->node, s->root);
    if (s->key)
        t->key->release(RETIRED_ENTRY(s));
    if (s->value)
        t->value->release(RETIRED_ENTRY(s) + t->value_offset);
    stet_live_retired_entry_free_(s);
    return true;
}

STET_STATIC_ASSERT(sizeof(struct live_retired_entry) <= 64, "the entry follows at 64");

struct live_retired_entry *stet_live_retired_entry_new_(const struct stet_map_type *t)
{
    struct live_retired_entry *s = pool_allocate_for(RETIRED_ENTRY_SIZE(t), &t->node.name);
    if (s != NULL)
        *s = (struct live_retired_entry){.retired.free = free_retired_entry, .t = t};
    return s;
}

void stet_live_retired_entry_free_(struct live_retired_entry *s)
{
    uint8_t in_use = LIVE_RESERVE_IN_USE;
    /* Release: the next call that takes the reserve writes to it. */
    if (STET_LOAD_(s->reserve, RELAXED) != LIVE_RESERVE_IN_USE ||
        !STET_CAS_(s->reserve, &in_use, LIVE_RESERVE, ACQ_REL))
        pool_free(s, RETIRED_ENTRY_SIZE(s->t));
}

bool stet_live_reserve_make_(const struct stet_map_type *t, struct stet_live *m)
{
    if (t->node.has_refs && (m->reserve = stet_live_retired_entry_new_(t)) != NULL)
        m->reserve->reserve = LIVE_RESERVE;
    return !t->node.has_refs || m->reserve != NULL;
}

struct live_retired_entry *stet_live_reserve_take_(struct stet_live *m)
{
    struct live_retired_entry *s = m->reserve;
    uint8_t there = LIVE_RESERVE;
    if (s == NULL || !STET_CAS_(s->reserve, &there, LIVE_RESERVE_IN_USE, ACQUIRE)) /* pairs with the release above */
        return NULL;
    s->retired = (struct stet_retired){.free = free_retired_entry};
    s->root = 0;
    s->shell = s->key = s->value = false;
    return s;
}

void stet_live_reserve_free_(struct stet_live *m)
{
    uint8_t in_use = LIVE_RESERVE_IN_USE;
    if (m->reserve != NULL && !STET_CAS_(m->reserve->reserve, &in_use, LIVE_NO_RESERVE, ACQ_REL))
        pool_free(m->reserve, RETIRED_ENTRY_SIZE(m->reserve->t));
}

void stet_live_weigh_(const struct live_call *c, const struct live_retired_entry *s)
{
    const struct stet_type *key = c->t->key, *value = c->t->value;
    const char *e = RETIRED_ENTRY(s);
    size_t weight = s->key && key->weight != NULL ? key->weight(e) : 0;
    if (s->value && value->weight != NULL)
        weight += value->weight(e + c->t->value_offset);
    stet_era_weigh_(c->h, weight);
}

void stet_live_retire_(const struct stet_map_type *t, struct stet_thread *h, stet_ref r)
{
    struct live_tail *tail = live_tail(t, r);
    tail->retired.free = free_counted;
    stet_retire_(h, &tail->retired);
}

/* L6: retires a dead node that has left the tree. parent_counts says that its former parent counted it. */
static void retire_counted(struct live_call *c, stet_ref r, bool parent_counts)
{
    if (!parent_counts)
        stet_node_retain_(r);
    stet_live_retire_(c->t, c->h, r);
}

void stet_live_leave_(struct live_call *c, stet_ref r)
{
    struct live_tail *tail = live_tail(c->t, r);
    live_kill(live_lock_word(r));
    tail->retired.free = free_shell;
    stet_retire_(c->h, &tail->retired);
}

/* ---- nodes ---- */

static void tail_set(struct live_tail *tail, const struct stet_map_type *t, stet_ref r, uint64_t g)
{
    *tail = (struct live_tail){.retired.born = stet_era_born_(), .t = t, .ref = r, .gen = g};
}

void stet_live_begin_(const struct stet_map_type *t, stet_ref r, uint64_t g) { tail_set(live_tail(t, r), t, r, g); }

struct stet_leaf *stet_live_leaf_new_(const struct stet_map_type *t, unsigned depth, uint64_t g)
{
    size_t size = live_leaf_size(t);
    struct stet_leaf *l = pool_allocate_for(size, &t->node.name);
    if (l == NULL)
        return NULL;
    *l = (struct stet_leaf){.refcount = 1,
                            .units = (uint16_t)(size / POOL_UNIT),
                            .depth = (uint8_t)depth,
                            .cap = t->leaf_max,
                            .tag = (uint16_t)(g % LIVE_TAGS)};
    memset(stet_leaf_fp_(l), 0, t->fp_size);
    tail_set(live_leaf_tail(t, l), t, (uintptr_t)l, g);
    return l;
}

/*
 * Called for locked or new leaves. `to` gets the earlier of both births (E4), because an entry that a thread found in
 * `from`, and is still reading, may be replaced in `to`.
 */
static void inherit_birth(const struct stet_map_type *t, struct stet_leaf *to, const struct stet_leaf *from)
{
    uint64_t born = live_leaf_tail(t, from)->retired.born;
    if (born < live_leaf_tail(t, to)->retired.born)
        STET_STORE_(live_leaf_tail(t, to)->retired.born, born, RELAXED); /* pairs with live_is_fresh() */
}

struct stet_leaf *stet_live_rehash_new_(const struct stet_map_type *t, unsigned depth, uint64_t g, stet_ref root,
                                        uint64_t hash)
{
    struct stet_leaf *l = stet_live_leaf_new_(t, depth, g);
    if (l == NULL)
        return NULL;
    l->kind = STET_LEAF_REHASH;
    l->cap = 0;
    memset(stet_leaf_fp_(l), 0, 32);
    *stet_rehash_root_(l) = root;
    *stet_rehash_common_hash_(l) = hash;
    return l;
}

struct stet_inner *stet_live_inner_new_(const struct stet_map_type *t, unsigned width, uint64_t g)
{
    size_t size = pool_node_size(sizeof(struct stet_inner) + ((size_t)8 << width) + sizeof(struct live_tail));
    struct stet_inner *n = pool_allocate_for(size, &t->node.name);
    if (n == NULL)
        return NULL;
    *n = (struct stet_inner){.refcount = 1, .units = (uint16_t)(size / POOL_UNIT), .slots = (uint8_t)(1u << width)};
    tail_set(live_inner_tail(n), t, inner_ref(n), g);
    return n;
}

/* ---- where a leaf hangs ---- */

/* Makes a position at the root of the map. */
static void position_begin(struct live_call *c, uint64_t g, struct live_position *s)
{
    *s = (struct live_position){.c = c, .g = g};
    s->at = (struct place){.slot = &c->m->root, .hash = c->hash, .parent_counts = true, .live = s}; /* L7 */
}

bool stet_live_find_position_(struct live_call *c, uint64_t g, struct live_position *s)
{
    uint64_t bits = c->hash;
    position_begin(c, g, s);
    stet_ref r = STET_LOAD_(c->m->root, ACQUIRE);
    do {
        if (!stet_era_is_(c->era))
            return false;
        s->above = s->at.parent;
        place_enter(&s->at, r, &bits);
        r = STET_LOAD_(*s->at.slot, ACQUIRE);
    } while (stet_ref_is_inner_(r));
    return true;
}

bool stet_live_lock_holder_(const struct live_position *s, struct stet_inner *n, stet_ref *slot, stet_ref child,
                            bool wait)
{
    struct live_tail *tail = live_inner_tail(n);
    return live_lock_slot(&tail->lock, slot, child, tail->gen, &s->c->m->gen, s->g, wait);
}

/* Finds the position of a leaf, or of a gap (r is 0), and locks its parent. */
static bool lock_position(struct live_call *c, uint64_t g, stet_ref r, struct live_position *s)
{
    return stet_live_find_position_(c, g, s) && stet_live_lock_holder_(s, s->at.parent, s->at.slot, r, true);
}

/* Locks also the node above the locked parent, so that the parent can be replaced. */
static bool lock_above(const struct live_position *s)
{
    return s->above == NULL || stet_live_lock_holder_(s, s->above, s->at.parent_slot, inner_ref(s->at.parent), true);
}

/* ---- a new generation ---- */

/* Makes a copy, of generation g, of a locked leaf. The copy does not count its contents yet. NULL: no memory. */
static struct stet_leaf *copy_leaf(const struct stet_map_type *t, const struct stet_leaf *l, uint64_t g)
{
    if (l->kind == STET_LEAF_REHASH)
        return stet_live_rehash_new_(t, l->depth, g, *stet_rehash_root_(l), *stet_rehash_common_hash_(l));
    struct stet_leaf *copy = stet_live_leaf_new_(t, l->depth, g);
    if (copy == NULL)
        return NULL;
    copy->n = l->n;
    copy_many(stet_leaf_fp_(copy), stet_leaf_fp_(l), (size_t)t->fp_size + (size_t)l->n * t->entry_size);
    return copy;
}

/* Makes a copy, of generation g, of a locked node, but not of the nodes below it. 0: no memory. */
static stet_ref copy_node(struct live_call *c, stet_ref r, uint64_t g)
{
    const struct stet_map_type *t = c->t;
    if (stet_ref_is_inner_(r)) {
        stet_ref copy = r;
        if (!stet_own_inner(&t->node, NULL, 0, &copy, false, STET_OWN_BY_BUDGET))
            return 0;
        tail_set(live_tail(t, copy), t, copy, g);
        return copy;
    }
    struct stet_leaf *copy = copy_leaf(t, stet_ref_leaf_(r), g);
    if (copy != NULL && copy->kind == STET_LEAF_REHASH)
        stet_node_retain_(*stet_rehash_root_(copy));
    else if (copy != NULL)
        entries_retain(t, copy, copy->n);
    return (uintptr_t)copy;
}

/* Replaces the locked node r, whose parent is locked, too, by a copy. Returns the copy, or 0 if there is no memory. */
static stet_ref replace_by_copy(struct place *p, stet_ref r)
{
    struct live_call *c = p->live->c;
    bool parent_counts = p->parent == NULL || stet_parent_counts(&c->t->node, p->parent, p->index);
    stet_ref copy = copy_node(c, r, p->live->g);
    if (copy == 0)
        return 0;
    place_replace(p, stet_ref_is_inner_(r) ? p->base : stet_ref_leaf_(r)->depth, copy, STORE_RELEASE);
    live_kill(live_lock_word(r));
    retire_counted(c, r, parent_counts);
    return copy;
}

/*
 * The same for a node that is not locked yet, and whose parent is of generation g. Returns the copy, or 0 if there is
 * no memory, or r if the caller must begin anew.
 */
static stet_ref freshen_one(struct live_position *s, stet_ref r)
{
    uint32_t *lock = live_lock_word(r);
    struct stet_inner *holder = s->at.parent;
    if (holder != NULL) {
        if (!stet_live_lock_holder_(s, holder, s->at.slot, r, true))
            return r;
        if (!live_try_lock(lock)) {
            unlock_inner_same(holder);
            return r;
        }
    } else {
        if (!live_lock_root(lock, &s->c->m->root, r))
            return r;
        if (live_now(&s->c->m->gen) != s->g) {
            live_unlock_same(lock);
            return r;
        }
    }
    stet_ref copy = replace_by_copy(&s->at, r);
    if (copy == 0)
        live_unlock_same(lock);
    if (holder != NULL)
        (copy == 0 ? unlock_inner_same : unlock_inner)(holder);
    return copy;
}

int stet_live_freshen_(struct live_call *c, uint64_t g)
{
    struct live_position s;
    uint64_t bits = c->hash;
    position_begin(c, g, &s);
    for (stet_ref r = STET_LOAD_(c->m->root, ACQUIRE); r != 0; r = STET_LOAD_(*s.at.slot, ACQUIRE)) {
        if (!stet_era_is_(c->era))
            return LIVE_AGAIN;
        bool inner = stet_ref_is_inner_(r);
        bool fresh = inner ? live_tail(c->t, r)->gen == g : live_is_fresh(c->t, stet_ref_leaf_(r), g);
        if (!fresh) {
            stet_ref copy = freshen_one(&s, r);
            if (copy == 0)
                return STET_NO_MEMORY;
            if (copy == r)
                return LIVE_AGAIN;
            r = copy;
        }
        if (!inner)
            break;
        place_enter(&s.at, r, &bits);
    }
    return LIVE_STEP;
}

/* ---- the steps ---- */

static struct stet_leaf *live_half(const struct stet_map_type *t, const struct place *p, unsigned want, unsigned depth)
{
    (void)want;
    struct stet_leaf *half = stet_live_leaf_new_(t, depth, p->live->g);
    if (half != NULL)
        inherit_birth(t, half, stet_ref_leaf_(*p->slot));
    return half;
}

/* Makes a copy, because the range of the leaf that is in its place must not shrink: L9. */
static struct stet_leaf *live_copy(const struct stet_map_type *t, struct place *p)
{
    struct stet_leaf *l = stet_ref_leaf_(*p->slot), *copy = copy_leaf(t, l, p->live->g);
    if (copy != NULL)
        inherit_birth(t, copy, l);
    return copy;
}

/*
 * Returns the leaf at p after it was locked and, if it is of an older generation, replaced by a copy. The position's
 * own leaf is locked and of the right generation already. NULL: the leaf cannot be locked, copied, or joined.
 */
static struct stet_leaf *live_own(const struct stet_map_type *t, struct place *p, unsigned most, unsigned want)
{
    (void)want;
    struct stet_leaf *l = stet_ref_leaf_(*p->slot);
    if (p == &p->live->at)
        return l;
    if (l->kind != STET_LEAF_PLAIN || !live_try_lock(&l->wide))
        return NULL;
    if (l->n <= most && live_is_fresh(t, l, p->live->g))
        return l;
    stet_ref copy = l->n <= most ? replace_by_copy(p, (uintptr_t)l) : 0;
    if (copy == 0)
        live_unlock_same(&l->wide);
    return copy != 0 && live_try_lock(live_lock_word(copy)) ? stet_ref_leaf_(copy) : NULL;
}

static void live_take(const struct stet_map_type *t, struct stet_leaf *to, const struct stet_leaf *from)
{
    inherit_birth(t, to, from);
    for (unsigned i = 0; i < from->n; i++) {
        live_put(stet_leaf_entry_(t, to, to->n), stet_leaf_entry_(t, from, i), t->entry_size);
        live_set_fingerprint(to, to->n++, stet_leaf_fp_(from)[i]);
    }
}

static void live_leave(const struct stet_map_type *t, struct place *p, stet_ref r)
{
    (void)t;
    stet_live_leave_(p->live->c, r);
}

static const struct shape live_shape = {STORE_RELEASE, live_half, live_copy, live_own, live_take, live_leave};

/* ---- growth ---- */

/*
 * Called when the hashes of all entries agree in all bits: replaces the leaf by a rehash leaf, with a trie over the
 * next hash.
 */
static bool split_special(struct live_position *s, struct stet_leaf *l)
{
    const struct stet_map_type *t = s->c->t;
    struct stet_leaf *below = leaf_new(t, t->leaf_max, 0), *rehash = NULL;
    if (below != NULL)
        rehash = stet_live_rehash_new_(t, l->depth, s->g, (uintptr_t)below, s->c->hash);
    if (rehash == NULL) {
        if (below != NULL)
            pool_free(below, map_leaf_size(below, t));
        return false;
    }
    for (unsigned i = 0; i < l->n; i++)
        leaf_take(t, below, l, i);
    stet_leaf_prints_(t, below, 1);
    inherit_birth(t, rehash, l);
    place_replace(&s->at, l->depth, (uintptr_t)rehash, STORE_RELEASE);
    stet_live_leave_(s->c, (uintptr_t)l);
    return true;
}

/*
 * Makes two slots out of the one slot of a leaf or a gap: the locked parent doubles, or pushes the leaf or gap down.
 * Returns LIVE_STEP, LIVE_AGAIN or STET_NO_MEMORY; then the parent is dead, or unlocked.
 */
static int live_grow(struct live_position *s)
{
    const struct stet_map_type *t = s->c->t;
    struct stet_inner *n = s->at.parent;
    unsigned width = shape_width(&s->at);
    if (width > 1 && !lock_above(s)) {
        unlock_inner_same(n);
        return LIVE_AGAIN;
    }
    bool done = shape_grow(&live_shape, t, &s->at, stet_live_inner_new_(t, width, s->g));
    if (!done)
        unlock_inner_same(n);
    else if (width == 1)
        unlock_inner(n);
    if (width > 1 && s->above != NULL)
        unlock_inner(s->above);
    return done ? LIVE_STEP : STET_NO_MEMORY;
}

int stet_live_split_(struct live_call *c, struct stet_leaf *l, uint64_t g, bool alike)
{
    const struct stet_map_type *t = c->t;
    struct live_position s;
    if (!lock_position(c, g, (uintptr_t)l, &s)) {
        live_unlock_same(&l->wide);
        return LIVE_AGAIN;
    }
    bool plain = l->kind == STET_LEAF_PLAIN, special = plain && alike && stet_leaf_agrees_(t, l, c->hash, 0);
    if (!special && l->depth == s.at.base) {
        int grown = live_grow(&s);
        live_unlock_same(&l->wide);
        return grown;
    }
    bool done = special ? split_special(&s, l)
                : plain ? shape_split(&live_shape, t, &s.at)
                        : shape_narrow(&live_shape, t, &s.at, hash_bit(*stet_rehash_common_hash_(l), l->depth));
    unlock_inner(s.at.parent);
    if (!done)
        live_unlock_same(&l->wide);
    return done ? LIVE_STEP : STET_NO_MEMORY;
}

int stet_live_deepen_(struct live_call *c, uint64_t g)
{
    struct live_position s;
    return lock_position(c, g, 0, &s) ? live_grow(&s) : LIVE_AGAIN;
}

/* ---- shrinking ---- */

/*
 * If one leaf, or one gap, fills the locked parent, and the parent is not the root, then the leaf or gap takes the
 * parent's place. False: nothing was done. In either case the parent is dead afterwards, or unlocked.
 */
static bool live_collapse(struct live_position *s)
{
    if (s->above == NULL || !place_is_all(&s->at) || !lock_above(s)) {
        unlock_inner(s->at.parent);
        return false;
    }
    shape_collapse(&live_shape, s->c->t, &s->at);
    unlock_inner(s->above);
    return true;
}

/*
 * Joins the locked leaf, or the gap, with its neighbours in the locked parent. As long as the result fills the parent,
 * it takes the parent's place, and is joined with its neighbours there. All these nodes are unlocked afterwards.
 */
static void join_upwards(struct live_position *s)
{
    struct live_call *c = s->c;
    stet_ref r;
    do {
        r = *s->at.slot;
        unsigned depth = r != 0 ? stet_ref_leaf_(r)->depth : s->at.base;
        while (shape_join(&live_shape, c->t, &s->at, depth))
            depth--;
        r = *s->at.slot;
    } while (live_collapse(s) && lock_position(c, s->g, r, s));
    if (r != 0)
        live_unlock(&stet_ref_leaf_(r)->wide);
}

void stet_live_join_(struct live_call *c, struct stet_leaf *l, uint64_t g)
{
    struct live_position s;
    if (lock_position(c, g, (uintptr_t)l, &s))
        join_upwards(&s);
    else
        live_unlock(&l->wide);
}

int stet_live_empty_(struct live_call *c, struct stet_leaf *l, uint64_t g)
{
    struct live_position s;
    if (!lock_position(c, g, (uintptr_t)l, &s)) {
        live_unlock_same(&l->wide);
        return LIVE_AGAIN;
    }
    place_replace(&s.at, l->depth, 0, STORE_RELEASE);
    stet_live_leave_(c, (uintptr_t)l);
    join_upwards(&s);
    return STET_CHANGED;
}

void stet_live_tidy_(struct live_call *c, uint64_t g)
{
    const struct stet_map_type *t = c->t;
    struct stet_inner *above;
    struct live_position s;
    uint64_t now;
    bool waited;
    stet_ref r = live_walk(c->m, c->hash, c->era, &above);
    struct stet_leaf *l = stet_ref_leaf_(r);
    if (r == 0) {
        if (lock_position(c, g, 0, &s))
            join_upwards(&s);
    } else if (r != LIVE_MOVED && live_lock_leaf(&l->wide, &c->m->gen, &now, &waited)) {
        if (now == g && l->kind == STET_LEAF_PLAIN && l->n <= t->leaf_max / 4u && live_is_fresh(t, l, g))
            stet_live_join_(c, l, g);
        else
            live_unlock_same(&l->wide);
    }
}

/* ---- gaps ---- */

bool stet_live_gap_(const struct stet_inner *n, uint64_t hash, const struct stet_live *m, uint64_t era)
{
    const live_seq *lock = &live_inner_tail(n)->lock;
    uint32_t seen;
    if (!live_read_begin(lock, &seen))
        return false;
    struct stet_inner *above;
    if (live_walk(m, hash, era, &above) != 0 || above != n)
        return false;
    return live_is_still(lock, seen);
}

int stet_live_write_gap_(struct live_call *c, struct stet_inner *above, struct stet_write *w)
{
    const struct stet_map_type *t = c->t;
    struct live_position s;
    uint64_t g = live_now(&c->m->gen);
    if (live_inner_tail(above)->gen != g)
        return stet_live_freshen_(c, g);
    if (!stet_live_find_position_(c, g, &s) || s.at.parent != above ||
        !stet_live_lock_holder_(&s, above, s.at.slot, 0, true))
        return LIVE_AGAIN;
    enum stet_verdict verdict = stet_write_decide_(t->value, w, NULL);
    if (verdict != STET_VERDICT_PUT) {
        unlock_inner_same(above);
        return (int)verdict;
    }
    unsigned first, count, depth = place_gap(&s.at, &first, &count);
    struct stet_leaf *l = c->f != NULL && c->made == NULL ? NULL : stet_live_leaf_new_(t, depth, g);
    if (l == NULL) {
        unlock_inner_same(above);
        return c->f != NULL && c->made == NULL ? LIVE_MAKE_KEY : STET_NO_MEMORY;
    }
    live_add(t, c->f, c, l, g, w->value);
    place_fill(&s.at, first, count, (uintptr_t)l, STORE_RELEASE);
    unlock_inner(above);
    return STET_CHANGED;
}
