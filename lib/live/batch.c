/* SPDX-License-Identifier: MIT */
/*
 * live/batch.c - many changes of a live map at one moment.
 *
 *   sort       by hash, so that the changes of one leaf follow each other; of changes with equal keys the last stays
 *   make room  leaf by leaf, as single writes do: the contents stay the same
 *   lock       all leaves, and the nodes above gaps; allocate all memory; read the map's gen <- the moment of all
 *   edit       in place; nothing can fail any more
 *   tidy       without locks: join leaves that became small with their neighbours, as after a single write
 *
 * If a thread finds in step `lock` that something has changed, it unlocks everything and begins anew. It waits for the
 * locks of leaves, in the order of their hashes; but once it has locked an inner node, it waits for no lock any more
 * (L5).
 */
#include "live/shape.h"

#include <stet/impl/shared_map.h>
#include <stdlib.h>

/* Up to this many changes are kept on the stack, and sorted by insertion: most batches have no more. */
#define FEW_CHANGES 16

struct item {
    uint64_t hash;
    size_t index; /* the change's index in the caller's array */
    const void *key;
    const void *value; /* NULL: remove */
};

/* The items that go to one leaf, or to one gap. */
struct group {
    const struct item *item;
    size_t n;
    struct stet_leaf *leaf;        /* the locked leaf; for a gap: the new leaf, or NULL */
    struct live_position position; /* for a gap, or a leaf that becomes one: the parent is locked */
    bool gap, empties, changed;
    /* The leaf loses entries, or a new one fills a part of a gap: there may be a neighbour to join. */
    bool shrinks;
    struct stet_map next;           /* for a rehash leaf, old or new: its next trie; root 0: not made */
    struct live_retired_entry *old; /* for a rehash leaf: the retired entry for its old trie */
};

struct batch {
    struct live_call c;
    struct item *item;
    struct group *group;
    struct stet_inner **held; /* the inner nodes that are locked */
    size_t items, groups, helds;
    struct live_retired_entry *retired_entries; /* for entries that are replaced or removed */
    uint64_t g;
};

/* ---- the items ---- */

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Sorts by hash. Items of the same hash stay in the order of their indices. */
static void sort_by_hash(struct item *item, size_t n)
{
    if (n > FEW_CHANGES) {
        qsort(item, n, sizeof *item, compare_items);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        struct item moved = item[i];
        size_t at = i;
        for (; at > 0 && item[at - 1].hash > moved.hash; at--)
            item[at] = item[at - 1];
        item[at] = moved;
    }
}

/* Returns whether a later item has the same key. */
static bool is_overruled(const struct batch *b, const struct item *item)
{
    for (const struct item *later = item + 1; later != b->item + b->items && later->hash == item->hash; later++)
        if (stet_type_equal(b->c.t->key, item->key, later->key))
            return true;
    return false;
}

static const enum stet_op *kind_of(const struct stet_batch *ops, size_t i)
{
    return (const enum stet_op *)(const void *)((const char *)ops->ops + i * ops->stride + ops->kind);
}

static bool are_valid(const struct stet_batch *ops)
{
    for (size_t i = 0; i < ops->n; i++)
        if (!stet_op_is_valid_(*kind_of(ops, i)))
            return false;
    return true;
}

static void sort_items(struct batch *b, const struct stet_batch *ops)
{
    for (size_t i = 0; i < ops->n; i++) {
        const char *op = (const char *)ops->ops + i * ops->stride;
        bool store = *kind_of(ops, i) == STET_OP_STORE;
        b->item[i] = (struct item){stet_map_hash_key_(b->c.t, NULL, op + ops->key, 0), i, op + ops->key,
                                   store ? op + ops->value : NULL};
    }
    b->items = ops->n;
    sort_by_hash(b->item, b->items);
    size_t kept = 0;
    for (size_t i = 0; i < b->items; i++)
        if (!is_overruled(b, &b->item[i]))
            b->item[kept++] = b->item[i];
    b->items = kept;
}

/* Returns how many items from i on agree with item i in the first `depth` bits of their hashes. */
static size_t count_alike(const struct batch *b, size_t i, unsigned depth)
{
    size_t n = 1;
    while (i + n < b->items && (depth == 0 || (b->item[i].hash ^ b->item[i + n].hash) >> (64 - depth) == 0))
        n++;
    return n;
}

/* Returns whether the hashes of n items from i on agree in all bits of a level. */
static bool all_alike(const struct batch *b, size_t i, size_t n) { return count_alike(b, i, STET_MAP_DEPTH) >= n; }

/*
 * Returns the index of an item that is to be stored and whose hash is not that of this rehash leaf, or n if there is
 * none.
 */
static size_t find_foreign(const struct batch *b, const struct stet_leaf *l, const struct item *item, size_t n)
{
    size_t k = 0;
    while (k < n && (item[k].value == NULL || !special_is_foreign(b->c.t, l, item[k].hash, 0)))
        k++;
    return k;
}

/*
 * What the items do to a locked plain leaf: how many keys they add, how many they remove, and whether anything changes.
 */
struct effect {
    size_t added, removed;
    bool changes;
};

static struct effect effect_of(const struct stet_map_type *t, const struct stet_leaf *l, const struct item *item,
                               size_t n)
{
    struct effect e = {0, 0, false};
    for (size_t k = 0; k < n; k++) {
        int i = l != NULL ? stet_leaf_find_(t, NULL, l, item[k].hash, item[k].key) : -1;
        e.added += i < 0 && item[k].value != NULL;
        e.removed += i >= 0 && item[k].value == NULL;
        if (i >= 0 && item[k].value != NULL)
            e.changes |= !stet_type_equal(t->value, stet_leaf_entry_(t, l, (size_t)i) + t->value_offset, item[k].value);
    }
    e.changes |= e.added + e.removed != 0;
    return e;
}

/* ---- make room ---- */

/*
 * Does a step to make room for those items from i on that go to one place; *n is their number. Returns STET_CHANGED if
 * there is room, or LIVE_AGAIN, LIVE_STEP or STET_NO_MEMORY.
 */
static int make_room_at(struct batch *b, size_t i, size_t *n)
{
    struct live_call *c = &b->c;
    struct stet_inner *above;
    bool waited;
    stet_ref r = live_walk(c->m, c->hash, c->era, &above);
    if (r == LIVE_MOVED)
        return LIVE_AGAIN;
    uint64_t g = live_now(&c->m->gen);
    if (r == 0) {
        struct live_position s;
        if (live_inner_tail(above)->gen != g)
            return stet_live_freshen_(c, g);
        if (!stet_live_find_position_(c, g, &s) || s.at.parent != above)
            return LIVE_AGAIN;
        *n = count_alike(b, i, s.at.base);
        return effect_of(c->t, NULL, &b->item[i], *n).added > c->t->leaf_max && !all_alike(b, i, *n)
                   ? stet_live_deepen_(c, g)
                   : STET_CHANGED;
    }
    struct stet_leaf *l = stet_ref_leaf_(r);
    if (!live_lock_leaf(&l->wide, &c->m->gen, &g, &waited))
        return LIVE_STEP;
    if (!live_is_fresh(c->t, l, g)) {
        live_unlock_same(&l->wide);
        return stet_live_freshen_(c, g);
    }
    *n = count_alike(b, i, l->depth);
    if (l->kind == STET_LEAF_PLAIN && l->n + effect_of(c->t, l, &b->item[i], *n).added > c->t->leaf_max)
        return stet_live_split_(c, l, g, all_alike(b, i, *n));
    if (l->kind == STET_LEAF_REHASH && find_foreign(b, l, &b->item[i], *n) < *n)
        return stet_live_split_(c, l, g, false);
    live_unlock_same(&l->wide);
    return STET_CHANGED;
}

static bool make_all_room(struct batch *b)
{
    for (size_t i = 0, n = 0; i < b->items; i += n)
        for (unsigned attempt = 0;;) {
            b->c.hash = b->item[i].hash;
            stet_write_begin_(b->c.h);
            int done = make_room_at(b, i, &n);
            stet_write_end_(b->c.h);
            if (done == STET_NO_MEMORY)
                return false;
            if (done == STET_CHANGED)
                break;
            live_retry(&b->c, done == LIVE_AGAIN, &attempt);
        }
    return true;
}

/* ---- lock ---- */

/* Locks the parent of a group's leaf, or gap (0), unless this batch has locked the parent already. */
static bool hold_parent(struct batch *b, struct live_position *s, stet_ref child)
{
    if (!stet_live_find_position_(&b->c, b->g, s))
        return false;
    for (size_t i = b->helds; i > 0; i--)
        if (b->held[i - 1] == s->at.parent)
            return *s->at.slot == child;
    if (!stet_live_lock_holder_(s, s->at.parent, s->at.slot, child, b->helds == 0))
        return false;
    b->held[b->helds++] = s->at.parent;
    return true;
}

/*
 * Applies the group's items to the next trie of a rehash leaf. No two items have the same key, so their order does not
 * matter. Returns STET_CHANGED or STET_NO_MEMORY.
 */
static int change_next(const struct batch *b, struct group *group)
{
    const struct stet_map_type *t = b->c.t;
    for (size_t k = 0; k < group->n; k++) {
        const struct item *item = &group->item[k];
        stet_result done = item->value != NULL ? stet_trie_put_(t, &group->next, NULL, item->key, item->value)
                                               : stet_trie_erase_(t, &group->next, NULL, item->key);
        if (done == STET_NO_MEMORY)
            return STET_NO_MEMORY;
        group->changed |= done == STET_CHANGED;
    }
    return STET_CHANGED;
}

/* Makes the next trie of a rehash leaf. */
static int prepare_rehash(struct batch *b, struct group *group)
{
    if ((group->old = stet_live_retired_entry_new_(b->c.t)) == NULL)
        return STET_NO_MEMORY;
    group->next = stet_live_rehash_next_(group->leaf);
    if (change_next(b, group) == STET_NO_MEMORY)
        return STET_NO_MEMORY;
    group->empties = group->shrinks = group->next.root == 0;
    return STET_CHANGED;
}

/*
 * Makes a rehash leaf for a gap, because a plain leaf has too little room for the items. At least one item is stored.
 */
static int prepare_new_rehash(struct batch *b, struct group *group)
{
    group->leaf = stet_live_rehash_new_(b->c.t, group->position.at.base, b->g, 0, group->item->hash);
    return group->leaf != NULL ? change_next(b, group) : STET_NO_MEMORY;
}

static int lock_gap(struct batch *b, struct group *group)
{
    if (!hold_parent(b, &group->position, 0))
        return LIVE_AGAIN;
    group->gap = true;
    group->n = count_alike(b, (size_t)(group->item - b->item), group->position.at.base);
    size_t added = effect_of(b->c.t, NULL, group->item, group->n).added;
    group->changed = group->shrinks = added != 0;
    if (added > b->c.t->leaf_max)
        return all_alike(b, (size_t)(group->item - b->item), group->n) ? prepare_new_rehash(b, group) : LIVE_STEP;
    if (added != 0 && (group->leaf = stet_live_leaf_new_(b->c.t, group->position.at.base, b->g)) == NULL)
        return STET_NO_MEMORY;
    return STET_CHANGED;
}

/*
 * Locks and prepares the place that the group's items go to. LIVE_STEP: the place has no room for them, or may not be
 * written in generation b->g.
 */
static int lock_group(struct batch *b, struct group *group)
{
    struct live_call *c = &b->c;
    struct stet_inner *above;
    bool waited;
    stet_ref r = live_walk(c->m, c->hash, c->era, &above);
    if (r == LIVE_MOVED)
        return LIVE_AGAIN;
    if (r == 0)
        return lock_gap(b, group);
    struct stet_leaf *l = stet_ref_leaf_(r);
    if (b->helds == 0 ? !live_lock(&l->wide, &waited) : !live_try_lock(&l->wide))
        return LIVE_AGAIN;
    group->leaf = l;
    if (!live_is_fresh(c->t, l, b->g))
        return LIVE_STEP;
    group->n = count_alike(b, (size_t)(group->item - b->item), l->depth);
    if (l->kind == STET_LEAF_PLAIN) {
        struct effect e = effect_of(c->t, l, group->item, group->n);
        if (l->n + e.added > c->t->leaf_max)
            return LIVE_STEP;
        group->changed = e.changes;
        group->shrinks = e.removed != 0;
        group->empties = e.added == 0 && e.removed == l->n;
    } else if (find_foreign(b, l, group->item, group->n) < group->n) {
        return LIVE_AGAIN;
    } else if (prepare_rehash(b, group) == STET_NO_MEMORY) {
        return STET_NO_MEMORY;
    }
    if (!group->empties)
        return STET_CHANGED;
    return hold_parent(b, &group->position, r) ? STET_CHANGED : LIVE_AGAIN;
}

/* Unlocks everything. What was prepared is freed if it was not used. */
static void batch_open_all(struct batch *b, bool used)
{
    const struct stet_map_type *t = b->c.t;
    for (size_t i = 0; i < b->groups; i++) {
        struct group *group = &b->group[i];
        if (!group->gap && group->leaf != NULL && !(used && group->empties))
            (used && group->changed ? live_unlock : live_unlock_same)(&group->leaf->wide);
        if (used && group->changed)
            continue;
        if (group->gap && group->leaf != NULL)
            pool_free(group->leaf, live_leaf_size(t));
        if (group->old != NULL)
            stet_live_retired_entry_free_(group->old);
        stet_node_release(&t->node, group->next.root);
    }
    for (size_t i = 0; i < b->helds; i++)
        (used ? live_unlock : live_unlock_same)(&live_inner_tail(b->held[i])->lock);
}

/* Locks and prepares everything. STET_CHANGED: this is done. */
static int batch_lock_all(struct batch *b)
{
    b->g = live_now(&b->c.m->gen);
    b->groups = b->helds = 0;
    for (size_t i = 0; i < b->items;) {
        struct group *group = &b->group[b->groups++];
        *group = (struct group){.item = &b->item[i]};
        b->c.hash = b->item[i].hash;
        int done = lock_group(b, group);
        if (done != STET_CHANGED)
            return done;
        i += group->n;
    }
    /* If gen is still b->g, this is the moment of all changes. */
    return live_now(&b->c.m->gen) == b->g ? STET_CHANGED : LIVE_AGAIN;
}

/* ---- edit ---- */

static void edit_leaf(struct batch *b, struct stet_leaf *l, const struct item *item)
{
    struct live_call *c = &b->c;
    const struct stet_map_type *t = c->t;
    int i = stet_leaf_find_(t, NULL, l, item->hash, item->key);
    char *e = i >= 0 ? stet_leaf_entry_(t, l, (size_t)i) : NULL;
    c->key = item->key;
    c->hash = item->hash;
    if (c->retired_entry == NULL && b->retired_entries != NULL) {
        c->retired_entry = b->retired_entries;
        b->retired_entries = (struct live_retired_entry *)c->retired_entry->retired.next;
    }
    if (item->value == NULL && e != NULL)
        live_delete(t, c, l, b->g, (unsigned)i);
    else if (item->value != NULL && e == NULL)
        live_add(t, NULL, c, l, b->g, item->value);
    else if (e != NULL && !stet_type_equal(t->value, e + t->value_offset, item->value))
        live_replace(t, c, l, e, item->value);
}

static void edit_rehash(struct batch *b, struct group *group)
{
    struct stet_leaf *l = group->leaf;
    stet_ref before = *stet_rehash_root_(l);
    int64_t more = (int64_t)group->next.size;
    if (!group->empties)
        STET_STORE_(*stet_rehash_root_(l), group->next.root, RELEASE);
    if (before != 0)
        stet_live_retire_trie_(&b->c, l, before, group->old);
    live_count(&b->c, b->g, more);
}

static void edit(struct batch *b, struct group *group)
{
    if (group->next.root != 0 || group->old != NULL)
        edit_rehash(b, group);
    else if (group->leaf != NULL)
        for (size_t k = 0; k < group->n; k++)
            edit_leaf(b, group->leaf, &group->item[k]);
    if (group->gap && group->leaf != NULL)
        place_replace(&group->position.at, group->leaf->depth, (uintptr_t)group->leaf, STORE_RELEASE);
    if (group->empties && group->leaf != NULL) { /* a gap does not become empty */
        place_replace(&group->position.at, group->leaf->depth, 0, STORE_RELEASE);
        stet_live_leave_(&b->c, (uintptr_t)group->leaf);
    }
}

/* Joins each leaf that has become small, and each gap, with its neighbours. The contents stay the same. */
static void tidy_all(struct batch *b)
{
    for (size_t i = 0; i < b->groups; i++) {
        if (!b->group[i].shrinks)
            continue;
        if (!stet_era_is_(b->c.era))
            b->c.era = stet_era_set_(b->c.h);
        b->c.hash = b->group[i].item->hash;
        stet_live_tidy_(&b->c, b->g);
    }
}

/* Does all changes at one moment. */
static stet_result perform(struct batch *b)
{
    unsigned attempt = 0;
    for (bool first = true;; first = false) {
        if (!first && !make_all_room(b)) /* the first attempt assumes that there is room */
            return STET_NO_MEMORY;
        stet_write_begin_(b->c.h);
        int locked = batch_lock_all(b);
        stet_result result = locked == STET_NO_MEMORY ? STET_NO_MEMORY : STET_UNCHANGED;
        if (locked == STET_CHANGED)
            for (size_t i = 0; i < b->groups; i++)
                if (b->group[i].changed) {
                    edit(b, &b->group[i]);
                    result = STET_CHANGED;
                }
        batch_open_all(b, locked == STET_CHANGED);
        if (result == STET_CHANGED)
            tidy_all(b);
        stet_write_end_(b->c.h);
        if (locked >= 0)
            return result;
        live_retry(&b->c, locked == LIVE_AGAIN, &attempt);
    }
}

/* ---- memory ---- */

static bool make_retired_entries(struct batch *b)
{
    if (b->c.t->node.has_refs)
        for (size_t i = 0; i < b->items; i++) {
            struct live_retired_entry *s = stet_live_retired_entry_new_(b->c.t);
            if (s == NULL)
                return false;
            s->retired.next = (struct stet_retired *)b->retired_entries;
            b->retired_entries = s;
        }
    return true;
}

static void free_retired_entries(struct batch *b)
{
    live_spares_free(b->c.t, &b->c);
    while (b->retired_entries != NULL) {
        struct live_retired_entry *s = b->retired_entries;
        b->retired_entries = (struct live_retired_entry *)s->retired.next;
        stet_live_retired_entry_free_(s);
    }
}

static stet_result apply(const struct stet_map_type *t, struct stet_live *m, const struct stet_batch *ops)
{
    struct batch b = {.c = {.t = t, .m = m}};
    size_t n = ops->n;
    enum { EACH = sizeof *b.item + sizeof *b.group + sizeof *b.held };
    _Alignas(16) char few[FEW_CHANGES * EACH];
    if (n == 0)
        return STET_UNCHANGED;
    if (!are_valid(ops))
        return STET_FAILED;
    char *memory = n <= FEW_CHANGES ? few : n <= SIZE_MAX / EACH ? pool_allocate(n * EACH) : NULL;
    if (memory == NULL)
        return STET_NO_MEMORY;
    b.item = (struct item *)(void *)memory;
    b.group = (struct group *)(void *)(memory + n * sizeof *b.item);
    b.held = (struct stet_inner **)(void *)(memory + n * (sizeof *b.item + sizeof *b.group));
    sort_items(&b, ops);
    stet_result result = STET_NO_MEMORY;
    if (make_retired_entries(&b)) {
        b.c.h = stet_era_enter_(&b.c.era);
        result = perform(&b);
        stet_era_leave_(b.c.h);
    }
    free_retired_entries(&b);
    if (memory != few)
        pool_free(memory, n * EACH);
    stet_node_drain(&t->node);
    if (b.c.h != NULL)
        stet_era_reclaim_if_due_(b.c.h, ERA_EACH);
    return result;
}

stet_result stet_live_apply_(const struct stet_map_type *t, struct stet_live *m, const struct stet_batch *ops)
{
    stet_result result = apply(t, m, ops);
    for (unsigned attempt = 0; result == STET_NO_MEMORY && stet_live_relieve_(attempt); attempt++)
        result = apply(t, m, ops);
    return result;
}
