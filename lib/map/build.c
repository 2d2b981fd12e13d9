/* SPDX-License-Identifier: MIT */
/*
 * map/build.c - batches of updates as one edit.
 *
 * A large batch is applied in the order of hashes, so that neighbouring updates find their nodes in the nearest cache.
 * If the map is empty and no key occurs twice, the nodes are made from the bottom up instead: entries are scattered by
 * their first hash bits, sorted by the next six bits at each level, and every leaf and directory is written once.
 */
#include "map/core.h"
#include "map/instances.h"

#define LARGE 512    /* batches of at least this many entries are ordered, or built from the bottom up */
#define LEVEL_BITS 6 /* the number of hash bits by which one sort() sorts */
/* About how many entries a bucket of the first pass has: they fit the second-level cache. */
#define SCATTER_BUCKET 4096

struct bulk {
    const struct stet_map_type *t;
    const char *keys, *values;
    uint32_t n;
    uint64_t *hash; /* in the scattered order, as `entry` is */
    char *entry;
    uint32_t *order;  /* the indices of the entries, in the order of their hashes */
    uint32_t *sorted; /* scratch memory of sort() */
    unsigned level;   /* the level of these hashes */
    bool has_refs;    /* each entry has a reference, which the leaf that is built with it takes over */
    bool failed;      /* there is no memory, or a key occurs twice, so that building is not possible */
};

/* ---- scatter ---- */

static size_t bulk_size(const struct bulk *b) { return (size_t)b->n * (16 + b->t->entry_size) + 16; }

/*
 * Copies the entries, grouped by their first hash bits; within a group they keep their order. The block holds entry
 * (aligned), hash, order, sorted. NULL: no memory.
 */
STET_INLINE void scatter(struct bulk *b, const struct stet_map_type *t, uint32_t *start, unsigned bits)
{
    /* `order` and `sorted` together are as large as an array of hashes. */
    uint64_t *given = (uint64_t *)(void *)b->order;
    for (uint32_t i = 0; i < b->n; i++) {
        given[i] = stet_map_hash_key_(t, NULL, b->keys + (size_t)i * t->key->size, 0);
        start[given[i] >> (64 - bits)]++;
    }
    for (uint32_t i = 0, sum = 0; i < UINT32_C(1) << bits; i++) {
        uint32_t count = start[i];
        start[i] = sum;
        sum += count;
    }
    for (uint32_t i = 0; i < b->n; i++) {
        uint32_t at = start[given[i] >> (64 - bits)]++;
        char *e = b->entry + (size_t)at * t->entry_size;
        b->hash[at] = given[i];
        copy_bytes(e, b->keys + (size_t)i * t->key->size, t->key->size);
        copy_bytes(e + t->value_offset, b->values + (size_t)i * t->value->size, t->value->size);
        /* Retained here, because in the given order the elements are more likely to lie side by side. */
        if (b->has_refs)
            entry_retain(t, e);
    }
    for (uint32_t i = 0; i < b->n; i++)
        b->order[i] = i;
}

static bool bulk_begin(struct bulk *b)
{
    unsigned bits = 1;
    while (bits < 12 && b->n >> bits > SCATTER_BUCKET)
        bits++;
    size_t start_size = sizeof(uint32_t) << bits;
    uint32_t *start = pool_allocate(start_size);
    b->entry = start != NULL ? pool_allocate(bulk_size(b)) : NULL;
    if (b->entry != NULL) {
        b->hash = (uint64_t *)(void *)(b->entry + (((size_t)b->n * b->t->entry_size + 15) & ~(size_t)15));
        b->order = (uint32_t *)(void *)(b->hash + b->n);
        b->sorted = b->order + b->n;
        memset(start, 0, start_size);
        if (stet_map_is_words_(b->t))
            scatter(b, &stet_word_map, start, bits);
        else
            scatter(b, b->t, start, bits);
    }
    if (start != NULL)
        pool_free(start, start_size);
    return b->entry != NULL;
}

static void bulk_end(struct bulk *b)
{
    if (b->entry == NULL)
        return;
    if (b->has_refs && b->failed) /* no leaf has taken the references over */
        for (uint32_t i = 0; i < b->n; i++)
            entry_release(b->t, b->entry + (size_t)i * b->t->entry_size);
    pool_free(b->entry, bulk_size(b));
}

/* ---- from the bottom up ---- */

/*
 * Makes a leaf of n entries from order[first] on. Returns 0, and sets `failed`, if there is no memory, or two keys are
 * equal.
 */
STET_INLINE stet_ref build_leaf(struct bulk *b, const struct stet_map_type *t, uint32_t first, uint32_t n,
                                unsigned depth)
{
    struct stet_leaf *l = leaf_new(t, n, depth);
    b->failed |= l == NULL;
    for (uint32_t i = first; i < first + n && !b->failed; i++) {
        uint32_t at = b->order[i];
        const char *e = b->entry + (size_t)at * t->entry_size;
        b->failed = stet_leaf_find_(t, NULL, l, b->hash[at], e) >= 0;
        stet_leaf_fp_(l)[l->n] = stet_leaf_fingerprint_(b->hash[at]);
        copy_bytes(stet_leaf_entry_(t, l, l->n++), e, t->entry_size);
    }
    if (b->failed) {
        if (l != NULL)
            pool_free(l, map_leaf_size(l, t));
        return 0;
    }
    return (uintptr_t)l;
}

/* Returns whether the hashes of n entries from order[first] on agree in all bits of the level. */
STET_INLINE bool all_agree(const struct bulk *b, uint32_t first, uint32_t n)
{
    for (uint32_t i = first + 1; i < first + n; i++)
        if (((b->hash[b->order[i]] ^ b->hash[b->order[first]]) & STET_MAP_BITS) != 0)
            return false;
    return true;
}

static stet_ref build_any(struct bulk *b, uint32_t first, uint32_t n, unsigned depth);
static stet_ref build(struct bulk *b, uint32_t first, uint32_t n, unsigned depth);

/*
 * Makes a collision leaf of entries whose hashes agree on both levels. Returns 0, and sets `failed`, if there is no
 * memory, or two keys are equal.
 */
static stet_ref build_collision(struct bulk *b, uint32_t first, uint32_t n, unsigned depth)
{
    const struct stet_map_type *t = b->t;
    struct stet_leaf *l = stet_collision_new_(t, depth, n);
    b->failed |= l == NULL;
    for (uint32_t i = 0; i < n && !b->failed; i++) {
        const char *e = b->entry + (size_t)b->order[first + i] * t->entry_size;
        for (uint32_t j = 0; j < i && !b->failed; j++)
            b->failed = stet_type_equal(t->key, stet_leaf_entry_(t, l, j), e);
        memcpy(stet_leaf_entry_(t, l, l->wide++), e, t->entry_size);
    }
    if (b->failed && l != NULL)
        pool_free(l, map_leaf_size(l, t));
    return b->failed ? 0 : (uintptr_t)l;
}

static void build_give_up(const struct bulk *b, stet_ref root);

/*
 * Makes a rehash leaf of entries whose hashes agree on the first level. Their hashes in b->hash become those of the
 * next level.
 */
static stet_ref build_rehash(struct bulk *b, uint32_t first, uint32_t n, unsigned depth)
{
    uint64_t hash = b->hash[b->order[first]];
    for (uint32_t i = first; i < first + n; i++) {
        uint32_t at = b->order[i];
        b->hash[at] = stet_map_hash_key_(b->t, NULL, b->entry + (size_t)at * b->t->entry_size, 1);
    }
    b->level = 1;
    stet_ref root = build_any(b, first, n, 0);
    b->level = 0;
    struct stet_leaf *l = root != 0 ? stet_rehash_new_(b->t, depth, root, hash) : NULL;
    if (l == NULL) {
        build_give_up(b, root);
        b->failed = true;
    }
    return (uintptr_t)l;
}

/* Builds the node for entries that are too many for a leaf, and whose hashes agree in the first `depth` bits. */
static stet_ref build_any(struct bulk *b, uint32_t first, uint32_t n, unsigned depth)
{
    if (!all_agree(b, first, n))
        return build(b, first, n, depth);
    return b->level == 0 ? build_rehash(b, first, n, depth) : build_collision(b, first, n, depth);
}

/*
 * Fills `count` slots from `slot` with the entries whose hash bits at `depth` lead there. start[i] is the place in
 * `order` of the first entry whose next six hash bits are i. If the entries fit into one leaf, it builds that leaf;
 * otherwise it fills the two halves of the slots one after the other. A single slot gets a node of its own.
 */
static void build_slots(struct bulk *b, struct stet_inner *g, unsigned slot, unsigned count, const uint32_t *start,
                        unsigned depth)
{
    unsigned width = inner_width(g), spread = LEVEL_BITS - width;
    uint32_t first = start[slot << spread], n = start[(slot + count) << spread] - first;
    unsigned common = depth + width - (unsigned)__builtin_ctz(count);
    if (count > 1 && n > b->t->leaf_max && !all_agree(b, first, n)) {
        build_slots(b, g, slot, count / 2, start, depth);
        build_slots(b, g, slot + count / 2, count / 2, start, depth);
        return;
    }
    stet_ref r = 0;
    if (n > b->t->leaf_max)
        r = build_any(b, first, n, common);
    else if (n > 0 && stet_map_is_words_(b->t))
        r = build_leaf(b, &stet_word_map, first, n, common);
    else if (n > 0)
        r = build_leaf(b, b->t, first, n, common);
    for (unsigned i = slot; i < slot + count; i++)
        stet_children_(g)[i] = r;
}

/*
 * Sorts the entries by the six hash bits at this depth. start[i] becomes the place of the first entry whose six bits
 * are i.
 */
static void sort(struct bulk *b, uint32_t first, uint32_t n, unsigned depth, uint32_t start[])
{
    uint32_t next[1 << LEVEL_BITS] = {0};
    for (uint32_t i = first; i < first + n; i++)
        next[b->hash[b->order[i]] << depth >> (64 - LEVEL_BITS)]++;
    for (uint32_t i = 0, sum = first; i < 1 << LEVEL_BITS; i++) {
        start[i] = sum;
        sum += next[i];
        next[i] = start[i];
    }
    start[1 << LEVEL_BITS] = first + n;
    for (uint32_t i = first; i < first + n; i++)
        b->sorted[next[b->hash[b->order[i]] << depth >> (64 - LEVEL_BITS)]++] = b->order[i];
    memcpy(b->order + first, b->sorted + first, n * sizeof *b->order);
}

/*
 * Returns the least width at which the entries of each slot fit into a leaf or a rehash leaf, or the full width if
 * there is none.
 */
static unsigned width_for(const struct bulk *b, const uint32_t start[])
{
    unsigned width = 1;
    for (unsigned i = 0; width < STET_MAP_WIDTH && i < 1u << LEVEL_BITS;) {
        unsigned step = 1u << (LEVEL_BITS - width);
        uint32_t n = start[i + step] - start[i];
        if (n <= b->t->leaf_max || all_agree(b, start[i], n))
            i += step;
        else
            width++; /* the slots before i become half as wide, so their entries still fit */
    }
    return width;
}

/*
 * Builds an inner node of these entries, which are too many for a leaf. If `failed` is set afterwards, the result is
 * whole, and must be released.
 */
static stet_ref build(struct bulk *b, uint32_t first, uint32_t n, unsigned depth)
{
    uint32_t start[(1 << LEVEL_BITS) + 1];
    sort(b, first, n, depth, start);
    struct stet_inner *g = stet_inner_new_(b->t, width_for(b, start));
    if (g == NULL) {
        b->failed = true;
        return 0;
    }
    memset(stet_children_(g), 0, g->slots * sizeof(stet_ref));
    build_slots(b, g, 0, g->slots, start, depth);
    return inner_ref(g);
}

/* Releases an incomplete result, and keeps the references of all entries. */
static void build_give_up(const struct bulk *b, stet_ref root)
{
    struct stet_map_cursor it;
    if (b->has_refs && root != 0)
        for (stet_map_cursor_start_(b->t, root, &it); it.entry != NULL; stet_map_cursor_next_(b->t, &it))
            entry_retain(b->t, it.entry);
    stet_node_release(&b->t->node, root);
}

/* ---- the batch ---- */

/* Puts all entries by single updates, in the order of their hashes if b has been scattered. */
static stet_result put_all(const struct bulk *b, struct stet_map *m)
{
    const struct stet_map_type *t = b->t;
    stet_result result = STET_UNCHANGED;
    bool scattered = b->entry != NULL, far = !scattered && worth_groups(t, m);
    for (uint32_t i = 0; i < b->n && result != STET_NO_MEMORY; i++) {
        if (far && i % LOOKUP_GROUP == 0) { /* only to fetch the paths into the cache */
            const void *values[LOOKUP_GROUP];
            size_t left = b->n - i;
            stet_map_get_many_(t, m, b->keys + (size_t)i * t->key->size, left < LOOKUP_GROUP ? left : LOOKUP_GROUP,
                               values);
        }
        const char *e = scattered ? b->entry + (size_t)i * t->entry_size : NULL;
        const void *key = e != NULL ? e : b->keys + (size_t)i * t->key->size;
        const void *value = e != NULL ? e + t->value_offset : b->values + (size_t)i * t->value->size;
        stet_result one = stet_map_put_(t, m, NULL, key, value, STET_PUT_SET_);
        if (one != STET_UNCHANGED)
            result = one;
    }
    return result;
}

stet_result stet_map_set_many_(const struct stet_map_type *t, struct stet_map *m, const void *keys, const void *values,
                               size_t n)
{
    stet_node_check_(&t->node, m->root);
    if (n >= UINT32_MAX) /* a batch cannot have more entries */
        return STET_NO_MEMORY;
    bool empty = m->root == 0;
    struct bulk b = {.t = t, .keys = keys, .values = values, .n = (uint32_t)n, .has_refs = empty && t->node.has_refs};
    struct stet_map edited = stet_map_copy_(m);
    stet_result result = STET_NO_MEMORY;
    if (n >= LARGE && bulk_begin(&b) && empty) {
        edited.root = build_any(&b, 0, b.n, 0);
        edited.size = n;
        result = STET_CHANGED;
        if (b.failed) {
            build_give_up(&b, edited.root);
            edited = (struct stet_map){0};
        }
    }
    if (result == STET_NO_MEMORY || b.failed)
        result = put_all(&b, &edited);
    bulk_end(&b);
    stet_node_drain(&t->node);
    return stet_map_copy_out_(t, result, &edited, m);
}
