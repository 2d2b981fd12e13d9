/* SPDX-License-Identifier: MIT */
/*
 * live/shape.c - the live map's structural steps: copies for a new generation, splits, joins, gaps, chains.
 *
 * Each is done under the locks of the nodes whose slots change and of those that leave the tree, after a look that all
 * of them are still where they were and that the generation is still g; else nothing is done, and the caller begins
 * anew from the root. Locks are waited for upwards, tried downwards (L5).
 */
#include "live/shape.h"

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
    stet_node_drop(&tail->t->node, tail->ref);
    return true;
}

/* What it held went elsewhere. */
static bool free_shell(struct stet_retired *r)
{
    struct live_tail *tail = (struct live_tail *)r;
    void *node = stet_ref_node(tail->ref);
    pool_free(node, (size_t)((const struct stet_inner *)node)->units * POOL_UNIT);
    return true;
}

static bool free_scrap(struct stet_retired *r)
{
    struct live_scrap *s = (struct live_scrap *)r;
    const struct stet_map_type *t = s->t;
    if (t->node.exact && stet_quiet_)
        return false;
    if (s->root != 0)
        stet_node_drop(&t->node, s->root);
    if (s->key)
        t->key->release(SCRAP_ENTRY(s));
    if (s->value)
        t->value->release(SCRAP_ENTRY(s) + t->value_offset);
    pool_free(s, SCRAP_SIZE(t));
    return true;
}

STET_STATIC_ASSERT(sizeof(struct live_scrap) <= 64, "the entry follows at 64");
STET_STATIC_ASSERT(offsetof(struct stet_leaf, units) == offsetof(struct stet_inner, units), "free_shell() takes both");

struct live_scrap *stet_live_scrap_new_(const struct stet_map_type *t)
{
    struct live_scrap *s = pool_allocate_for(SCRAP_SIZE(t), &t->node.name);
    if (s != NULL)
        *s = (struct live_scrap){.retired.free = free_scrap, .t = t};
    return s;
}

void stet_live_weigh_(const struct live_call *c, const struct live_scrap *s)
{
    const struct stet_type *key = c->t->key, *value = c->t->value;
    const char *e = SCRAP_ENTRY(s);
    size_t weight = s->key && key->weight != NULL ? key->weight(e) : 0;
    if (s->value && value->weight != NULL)
        weight += value->weight(e + c->t->value_offset);
    stet_era_weigh_(c->h, weight);
}

void stet_live_retire_(const struct stet_map_type *t, struct stet_hazard *h, stet_ref r)
{
    struct live_tail *tail = live_tail(t, r);
    tail->retired.free = free_counted;
    stet_retire_(h, &tail->retired);
}

/* L6: it has left the tree and is dead. counted: its former parent counted it. */
static void retire_counted(struct live_call *c, stet_ref r, bool counted)
{
    if (!counted)
        stet_node_retain(r);
    stet_live_retire_(c->t, c->h, r);
}

void stet_live_retire_shell_(struct live_call *c, stet_ref r)
{
    struct live_tail *tail = live_tail(c->t, r);
    tail->retired.free = free_shell;
    stet_retire_(c->h, &tail->retired);
}

/* ---- nodes ---- */

static void tail_set(struct live_tail *tail, const struct stet_map_type *t, stet_ref r, uint64_t g)
{
    *tail = (struct live_tail){.retired.born = stet_era_born_(), .t = t, .ref = r, .gen = g};
}

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
    memset(stet_leaf_fp(l), 0, t->fp_size);
    tail_set(live_leaf_tail(t, l), t, (uintptr_t)l, g);
    return l;
}

/* Of locked or new leaves: what was found in `from` may be replaced in `to` while it is still looked at, so its birth
 * is that of the older one (E4). */
static void inherit_birth(const struct stet_map_type *t, struct stet_leaf *to, const struct stet_leaf *from)
{
    uint64_t born = live_leaf_tail(t, from)->retired.born;
    if (born < live_leaf_tail(t, to)->retired.born)
        STET_STORE_(live_leaf_tail(t, to)->retired.born, born, RELAXED); /* pairs with live_is_fresh() */
}

static void leaf_free(const struct stet_map_type *t, struct stet_leaf *l)
{
    if (l != NULL)
        pool_free(l, live_leaf_size(t));
}

struct stet_leaf *stet_live_chain_new_(const struct stet_map_type *t, unsigned depth, uint64_t g, stet_ref root,
                                       uint64_t hash)
{
    struct stet_leaf *l = stet_live_leaf_new_(t, depth, g);
    if (l == NULL)
        return NULL;
    l->kind = STET_LEAF_CHAIN;
    l->cap = 0;
    memset(stet_leaf_fp(l), 0, 32);
    *stet_chain_root(l) = root;
    *stet_chain_hash(l) = hash;
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

/* Into the slots of a locked node, or one that is not published; the node counts it. */
void stet_live_fill_slots_(struct stet_inner *n, unsigned first, unsigned count, stet_ref r)
{
    for (unsigned i = first; i < first + count; i++)
        STET_STORE_(stet_children(n)[i], r, RELEASE); /* pairs with the acquire of those who walk */
    stet_slots_claim(n, first, count);
}

/* ---- where a leaf hangs ---- */

/* False: the clock has gone on. */
bool stet_live_find_spot_(const struct live_call *c, struct live_spot *s)
{
    *s = (struct live_spot){0};
    uint64_t bits = c->hash;
    stet_ref r = STET_LOAD_(c->m->root, ACQUIRE);
    do {
        if (!stet_era_is_(c->era))
            return false;
        unsigned tag = (unsigned)(r & STET_TAG_BITS);
        s->above = s->parent;
        s->above_index = s->index;
        s->parent = stet_ref_inner(r);
        s->parent_ref = r;
        s->index = (unsigned)(bits >> tag);
        s->base += 64 - tag;
        bits <<= 64 - tag;
        r = STET_LOAD_(stet_children(s->parent)[s->index], ACQUIRE);
    } while (stet_ref_is_inner(r));
    return true;
}

bool stet_live_lock_holder_(const struct live_call *c, struct stet_inner *n, unsigned i, stet_ref child, uint64_t g,
                            bool wait)
{
    struct live_tail *tail = live_inner_tail(n);
    return live_lock_slot(&tail->lock, &stet_children(n)[i], child, tail->gen, &c->m->gen, g, wait);
}

/* The spot of a leaf, its parent locked. */
static bool lock_parent(const struct live_call *c, const struct stet_leaf *l, uint64_t g, struct live_spot *s)
{
    return stet_live_find_spot_(c, s) && stet_live_lock_holder_(c, s->parent, s->index, (uintptr_t)l, g, true);
}

/* Puts r where the locked parent is; what is above is locked, too, or the parent is the root. */
static void replace_parent(const struct live_call *c, const struct live_spot *s, stet_ref r)
{
    if (s->above != NULL)
        stet_live_fill_slots_(s->above, s->above_index, 1, r);
    else
        STET_STORE_(c->m->root, r, RELEASE);
}

/* The locked parent is locked from above, too, that it can be replaced. */
static bool lock_above(const struct live_call *c, const struct live_spot *s, uint64_t g)
{
    return s->above == NULL || stet_live_lock_holder_(c, s->above, s->above_index, s->parent_ref, g, true);
}

/* The slots that a leaf of this depth fills there. */
unsigned stet_live_range_of_(const struct live_spot *s, unsigned depth, unsigned *first)
{
    unsigned count = 1u << (s->base - depth);
    *first = s->index & ~(count - 1);
    return count;
}

/* ---- a new generation ---- */

/* A copy of a locked node that g may write to, but for what hangs below; 0: no memory. */
static stet_ref copy_node(struct live_call *c, stet_ref r, uint64_t g)
{
    const struct stet_map_type *t = c->t;
    if (stet_ref_is_inner(r)) {
        stet_ref copy = r;
        if (!stet_own_inner(&t->node, NULL, 0, &copy, false, STET_OWN_BY_BUDGET))
            return 0;
        tail_set(live_tail(t, copy), t, copy, g);
        return copy;
    }
    const struct stet_leaf *l = stet_ref_leaf(r);
    if (l->kind == STET_LEAF_CHAIN) {
        struct stet_leaf *chain = stet_live_chain_new_(t, l->depth, g, *stet_chain_root(l), *stet_chain_hash(l));
        if (chain != NULL)
            stet_node_retain(*stet_chain_root(l));
        return (uintptr_t)chain;
    }
    struct stet_leaf *copy = stet_live_leaf_new_(t, l->depth, g);
    if (copy == NULL)
        return 0;
    copy->n = l->n;
    copy_many(stet_leaf_fp(copy), stet_leaf_fp(l), (size_t)t->fp_size + (size_t)l->n * t->entry_size);
    entries_retain(t, copy, copy->n);
    return (uintptr_t)copy;
}

/* A copy of the locked node in slot i of a locked one takes its place, NULL: the root's. 0: no memory. */
static stet_ref replace_by_copy(struct live_call *c, struct stet_inner *holder, unsigned i, stet_ref r, uint64_t g)
{
    bool counted = holder == NULL || stet_slot_counted(&c->t->node, holder, i);
    stet_ref copy = copy_node(c, r, g);
    if (copy == 0)
        return 0;
    if (holder == NULL) {
        STET_STORE_(c->m->root, copy, RELEASE);
    } else {
        unsigned first = i, count = 1;
        while (first > 0 && stet_children(holder)[first - 1] == r)
            first--, count++;
        while (first + count < holder->slots && stet_children(holder)[first + count] == r)
            count++;
        stet_live_fill_slots_(holder, first, count, copy);
    }
    live_kill(live_lock_word(r));
    retire_counted(c, r, counted);
    return copy;
}

/* The same for a node that is not locked yet, in one of generation g. 0: no memory; r: begin anew. */
static stet_ref freshen_one(struct live_call *c, struct stet_inner *holder, unsigned i, stet_ref r, uint64_t g)
{
    uint32_t *lock = live_lock_word(r);
    if (holder != NULL) {
        if (!stet_live_lock_holder_(c, holder, i, r, g, true))
            return r;
        if (!live_try_lock(lock)) {
            unlock_inner_same(holder);
            return r;
        }
    } else {
        if (!live_lock_root(lock, &c->m->root, r))
            return r;
        if (live_now(&c->m->gen) != g) {
            live_unlock_same(lock);
            return r;
        }
    }
    stet_ref copy = replace_by_copy(c, holder, i, r, g);
    if (copy == 0)
        live_unlock_same(lock);
    if (holder != NULL)
        (copy == 0 ? unlock_inner_same : unlock_inner)(holder);
    return copy;
}

int stet_live_freshen_(struct live_call *c, uint64_t g)
{
    struct stet_inner *holder = NULL;
    unsigned i = 0;
    uint64_t bits = c->hash;
    for (stet_ref r = STET_LOAD_(c->m->root, ACQUIRE); r != 0;) {
        if (!stet_era_is_(c->era))
            return LIVE_AGAIN;
        bool inner = stet_ref_is_inner(r);
        bool fresh = inner ? live_tail(c->t, r)->gen == g : live_is_fresh(c->t, stet_ref_leaf(r), g);
        if (!fresh) {
            stet_ref copy = freshen_one(c, holder, i, r, g);
            if (copy == 0)
                return STET_NO_MEMORY;
            if (copy == r)
                return LIVE_AGAIN;
            r = copy;
        }
        if (!inner)
            break;
        unsigned tag = (unsigned)(r & STET_TAG_BITS);
        holder = stet_ref_inner(r);
        i = (unsigned)(bits >> tag);
        bits <<= 64 - tag;
        r = STET_LOAD_(stet_children(holder)[i], ACQUIRE);
    }
    return LIVE_STEP;
}

/* ---- growth ---- */

/* The leaf's entries by their next hash bit into two, in its range. */
static bool live_split_leaf(struct live_call *c, const struct live_spot *s, struct stet_leaf *l, uint64_t g)
{
    const struct stet_map_type *t = c->t;
    unsigned first, count = stet_live_range_of_(s, l->depth, &first);
    struct stet_leaf *half[2] = {stet_live_leaf_new_(t, l->depth + 1u, g), stet_live_leaf_new_(t, l->depth + 1u, g)};
    if (half[0] == NULL || half[1] == NULL) {
        leaf_free(t, half[0]);
        leaf_free(t, half[1]);
        return false;
    }
    leaf_deal(t, half, l, hash_bits(t, l, l->depth, 0));
    for (unsigned side = 0; side < 2; side++) {
        if (half[side]->n == 0) { /* a gap; the other half is a new leaf even so: L9 */
            leaf_free(t, half[side]);
            half[side] = NULL;
        } else {
            inherit_birth(t, half[side], l);
        }
        stet_live_fill_slots_(s->parent, first + side * (count / 2), count / 2, (uintptr_t)half[side]);
    }
    live_kill(&l->wide);
    stet_live_retire_shell_(c, (uintptr_t)l);
    return true;
}

/* A chain leaf, which fills at least two slots, as one for the half of them that its hash leads to: L9. */
static bool split_chain(struct live_call *c, const struct live_spot *s, struct stet_leaf *l, uint64_t g)
{
    unsigned first, count = stet_live_range_of_(s, l->depth, &first) / 2;
    struct stet_leaf *narrow = stet_live_chain_new_(c->t, l->depth + 1u, g, *stet_chain_root(l), *stet_chain_hash(l));
    if (narrow == NULL)
        return false;
    inherit_birth(c->t, narrow, l);
    unsigned bit = hash_bit(*stet_chain_hash(l), l->depth);
    stet_live_fill_slots_(s->parent, first + bit * count, count, (uintptr_t)narrow);
    stet_live_fill_slots_(s->parent, first + (1 - bit) * count, count, 0);
    live_kill(&l->wide);
    stet_live_retire_shell_(c, (uintptr_t)l);
    return true;
}

/* All hash bits agree: a chain leaf with a trie over the next hash. */
static bool split_odd(struct live_call *c, const struct live_spot *s, struct stet_leaf *l, uint64_t g)
{
    const struct stet_map_type *t = c->t;
    struct stet_leaf *below = leaf_new(t, l->n, 0);
    struct stet_leaf *chain = stet_live_chain_new_(t, l->depth, g, (uintptr_t)below, c->hash);
    if (below == NULL || chain == NULL) {
        leaf_free(t, chain);
        if (below != NULL)
            pool_free(below, map_leaf_size(below, t));
        return false;
    }
    for (unsigned i = 0; i < l->n; i++) {
        leaf_take(t, below, l, i);
        stet_leaf_fp(below)[i] = stet_leaf_print(stet_map_hash_form(t, NULL, stet_leaf_entry(t, below, i), 1));
    }
    inherit_birth(t, chain, l);
    unsigned first, count = stet_live_range_of_(s, l->depth, &first);
    stet_live_fill_slots_(s->parent, first, count, (uintptr_t)chain);
    live_kill(&l->wide);
    stet_live_retire_shell_(c, (uintptr_t)l);
    return true;
}

/* A node of two slots, both the leaf, in the leaf's one slot. */
static bool live_grow_down(struct live_call *c, const struct live_spot *s, struct stet_leaf *l, uint64_t g)
{
    struct stet_inner *n = stet_live_inner_new_(c->t, 1, g);
    if (n == NULL)
        return false;
    stet_live_fill_slots_(n, 0, 2, (uintptr_t)l);
    stet_live_fill_slots_(s->parent, s->index, 1, inner_ref(n));
    live_unlock_same(&l->wide);
    return true;
}

/* Doubles the parent. LIVE_STEP, LIVE_AGAIN, or no memory; leaves the parent dead, or open. */
static int live_grow_wide(struct live_call *c, const struct live_spot *s, uint64_t g)
{
    struct stet_inner *n = s->parent;
    if (!lock_above(c, s, g)) {
        unlock_inner_same(n);
        return LIVE_AGAIN;
    }
    struct stet_inner *wide = stet_live_inner_new_(c->t, inner_width(n) + 1, g);
    if (wide != NULL) {
        wide->owner = n->owner;
        wide->flattened = n->flattened;
        for (unsigned i = 0; i < n->slots; i++) {
            stet_children(wide)[2 * i] = stet_children(wide)[2 * i + 1] = stet_children(n)[i];
            if (n->owned >> i & 1)
                stet_slots_claim(wide, 2 * i, 2);
        }
        replace_parent(c, s, inner_ref(wide));
        live_kill(&live_inner_tail(n)->lock);
        stet_live_retire_shell_(c, s->parent_ref);
    } else {
        unlock_inner_same(n);
    }
    if (s->above != NULL)
        unlock_inner(s->above);
    return wide != NULL ? LIVE_STEP : STET_NO_MEMORY;
}

int stet_live_split_(struct live_call *c, struct stet_leaf *l, uint64_t g, bool alike)
{
    struct live_spot s;
    if (!lock_parent(c, l, g, &s)) {
        live_unlock_same(&l->wide);
        return LIVE_AGAIN;
    }
    bool plain = l->kind == STET_LEAF_PLAIN, odd = plain && alike && stet_leaf_agrees_(c->t, l, c->hash, 0);
    if (!odd && l->depth == s.base && inner_width(s.parent) < STET_MAP_WIDTH) {
        int done = live_grow_wide(c, &s, g);
        live_unlock_same(&l->wide);
        return done;
    }
    bool done = odd                  ? split_odd(c, &s, l, g)
                : l->depth == s.base ? live_grow_down(c, &s, l, g)
                : plain              ? live_split_leaf(c, &s, l, g)
                                     : split_chain(c, &s, l, g);
    unlock_inner(s.parent);
    if (!done)
        live_unlock_same(&l->wide);
    return done ? LIVE_STEP : STET_NO_MEMORY;
}

int stet_live_deepen_(struct live_call *c, uint64_t g)
{
    struct live_spot s;
    if (!stet_live_find_spot_(c, &s) || !stet_live_lock_holder_(c, s.parent, s.index, 0, g, true))
        return LIVE_AGAIN;
    if (inner_width(s.parent) < STET_MAP_WIDTH)
        return live_grow_wide(c, &s, g);
    struct stet_inner *n = stet_live_inner_new_(c->t, 1, g);
    if (n != NULL) {
        stet_children(n)[0] = stet_children(n)[1] = 0;
        stet_live_fill_slots_(s.parent, s.index, 1, inner_ref(n));
    }
    unlock_inner(s.parent);
    return n != NULL ? LIVE_STEP : STET_NO_MEMORY;
}

/* ---- shrinking ---- */

/* The range beside another one of the locked parent; false: there is none, or it has more than a leaf or a gap. */
static bool buddy_of(const struct live_spot *s, unsigned depth, unsigned *first, unsigned *count)
{
    *count = stet_live_range_of_(s, depth, first);
    if (*count >= s->parent->slots)
        return false;
    *first ^= *count;
    for (unsigned i = *first + 1; i < *first + *count; i++)
        if (stet_children(s->parent)[i] != stet_children(s->parent)[*first])
            return false;
    return !stet_ref_is_inner(stet_children(s->parent)[*first]);
}

/* The leaf in the slots from `first` of the locked parent, locked and such as g may write, if it is of that depth and
 * has so many entries at most. NULL: it is not so, or it is not to be had. */
static struct stet_leaf *lock_buddy(struct live_call *c, const struct live_spot *s, unsigned first, unsigned depth,
                                    unsigned most, uint64_t g)
{
    stet_ref r = stet_children(s->parent)[first];
    struct stet_leaf *b = stet_ref_leaf(r);
    if (b->depth != depth || b->kind != STET_LEAF_PLAIN || !live_try_lock(&b->wide))
        return NULL;
    if (b->n <= most && live_is_fresh(c->t, b, g))
        return b;
    stet_ref copy = b->n <= most ? replace_by_copy(c, s->parent, first, r, g) : 0;
    if (copy == 0) {
        live_unlock_same(&b->wide);
        return NULL;
    }
    b = stet_ref_leaf(copy);
    return live_try_lock(&b->wide) ? b : NULL;
}

/* One step: the locked leaf takes over the range beside it, a gap or a small leaf. */
static bool join_buddy(struct live_call *c, const struct live_spot *s, struct stet_leaf *l, uint64_t g)
{
    const struct stet_map_type *t = c->t;
    unsigned first, count;
    if (l->depth == 0 || !buddy_of(s, l->depth, &first, &count))
        return false;
    struct stet_leaf *b = NULL;
    if (stet_children(s->parent)[first] != 0) {
        if (l->n > t->leaf_max / 4u || (b = lock_buddy(c, s, first, l->depth, t->leaf_max / 2u - l->n, g)) == NULL)
            return false;
        inherit_birth(t, l, b);
        for (unsigned i = 0; i < b->n; i++) {
            live_put(stet_leaf_entry(t, l, l->n), stet_leaf_entry(t, b, i), t->entry_size);
            live_print(l, l->n++, stet_leaf_fp(b)[i]);
        }
    }
    l->depth--;
    stet_live_fill_slots_(s->parent, first, count, (uintptr_t)l);
    if (b != NULL) {
        live_kill(&b->wide);
        stet_live_retire_shell_(c, (uintptr_t)b);
    }
    return true;
}

/* One leaf, or nothing, fills the locked parent, which is not the root: it takes the parent's place. False: not so. The
 * parent is dead then, or open. */
static bool live_collapse(struct live_call *c, const struct live_spot *s, uint64_t g)
{
    stet_ref only = stet_children(s->parent)[0];
    bool uniform = s->above != NULL && !stet_ref_is_inner(only);
    for (unsigned i = 1; i < s->parent->slots && uniform; i++)
        uniform = stet_children(s->parent)[i] == only;
    if (!uniform || !lock_above(c, s, g)) {
        unlock_inner(s->parent);
        return false;
    }
    stet_inner_settle(&c->t->node, s->parent); /* so the count of what it holds can go up with it */
    replace_parent(c, s, only);
    live_kill(&live_inner_tail(s->parent)->lock);
    unlock_inner(s->above);
    stet_live_retire_shell_(c, s->parent_ref);
    return true;
}

/* Joins the locked leaf with what is beside it in the locked parent, and goes up with it as far as it fills its parent.
 * Both are open afterwards. */
static void join_upwards(struct live_call *c, struct live_spot *s, struct stet_leaf *l, uint64_t g)
{
    do
        while (join_buddy(c, s, l, g))
            ;
    while (live_collapse(c, s, g) && lock_parent(c, l, g, s));
    live_unlock(&l->wide);
}

void stet_live_join_(struct live_call *c, struct stet_leaf *l, uint64_t g)
{
    struct live_spot s;
    if (lock_parent(c, l, g, &s))
        join_upwards(c, &s, l, g);
    else
        live_unlock(&l->wide);
}

/* The widest range of gaps around a gap, one below which all bits of its depth are used; its depth. */
static unsigned widest_gap(const struct live_spot *s, unsigned *first, unsigned *count)
{
    unsigned depth = s->base, buddy, n;
    while (depth > 0 && buddy_of(s, depth, &buddy, &n) && stet_children(s->parent)[buddy] == 0)
        depth--;
    *count = stet_live_range_of_(s, depth, first);
    return depth;
}

/* The leaf beside a gap of the locked parent, locked, which is for both now. NULL: there is none to be had. */
static struct stet_leaf *spread_buddy(struct live_call *c, const struct live_spot *s, uint64_t g)
{
    unsigned first, count, buddy, depth = widest_gap(s, &first, &count);
    if (depth == 0 || !buddy_of(s, depth, &buddy, &count))
        return NULL;
    struct stet_leaf *b = lock_buddy(c, s, buddy, depth, c->t->leaf_max, g);
    if (b != NULL) {
        b->depth--;
        stet_live_fill_slots_(s->parent, first, count, (uintptr_t)b);
    }
    return b;
}

/* A gap of the locked parent goes to the leaf beside it, and up as far as it fills its parent. */
static void close_gap(struct live_call *c, struct live_spot *s, uint64_t g)
{
    do {
        struct stet_leaf *b = spread_buddy(c, s, g);
        if (b != NULL) {
            join_upwards(c, s, b, g);
            return;
        }
    } while (live_collapse(c, s, g) && stet_live_find_spot_(c, s) &&
             stet_live_lock_holder_(c, s->parent, s->index, 0, g, true));
}

int stet_live_empty_(struct live_call *c, struct stet_leaf *l, uint64_t g)
{
    struct live_spot s;
    if (!lock_parent(c, l, g, &s)) {
        live_unlock_same(&l->wide);
        return LIVE_AGAIN;
    }
    unsigned first, count = stet_live_range_of_(&s, l->depth, &first);
    stet_live_fill_slots_(s.parent, first, count, 0);
    live_kill(&l->wide);
    stet_live_retire_shell_(c, (uintptr_t)l);
    close_gap(c, &s, g);
    return STET_CHANGED;
}

void stet_live_tidy_(struct live_call *c, uint64_t g)
{
    const struct stet_map_type *t = c->t;
    struct stet_inner *above;
    struct live_spot s;
    uint64_t now;
    bool waited;
    stet_ref r = live_walk(c->m, c->hash, c->era, &above);
    struct stet_leaf *l = stet_ref_leaf(r);
    if (r == 0) {
        if (stet_live_find_spot_(c, &s) && stet_live_lock_holder_(c, s.parent, s.index, 0, g, true))
            close_gap(c, &s, g);
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
    if (!live_look(lock, &seen))
        return false;
    struct stet_inner *above;
    if (live_walk(m, hash, era, &above) != 0 || above != n)
        return false;
    return live_is_still(lock, seen);
}

int stet_live_write_gap_(struct live_call *c, struct stet_inner *above, struct stet_write *w)
{
    const struct stet_map_type *t = c->t;
    struct live_spot s;
    uint64_t g = live_now(&c->m->gen);
    if (live_inner_tail(above)->gen != g)
        return stet_live_freshen_(c, g);
    if (!stet_live_find_spot_(c, &s) || s.parent != above || !stet_live_lock_holder_(c, above, s.index, 0, g, true))
        return LIVE_AGAIN;
    enum stet_verdict verdict = stet_write_judge_(t->value, w, NULL);
    if (verdict != STET_VERDICT_PUT) {
        unlock_inner_same(above);
        return (int)verdict;
    }
    unsigned first, count, depth = widest_gap(&s, &first, &count);
    struct stet_leaf *l = c->f != NULL && c->made == NULL ? NULL : stet_live_leaf_new_(t, depth, g);
    if (l == NULL) {
        unlock_inner_same(above);
        return c->f != NULL && c->made == NULL ? LIVE_MAKE_KEY : STET_NO_MEMORY;
    }
    live_fill(t, c->f, c, stet_leaf_entry(t, l, 0), w->value);
    live_print(l, 0, stet_leaf_print(c->hash));
    l->n = 1;
    live_count(c, g, 1);
    stet_live_fill_slots_(above, first, count, (uintptr_t)l);
    unlock_inner(above);
    return STET_CHANGED;
}
