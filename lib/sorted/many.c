/* SPDX-License-Identifier: MIT */
/*
 * sorted/many.c - many keys at once: set_many, get_many.
 *
 * Keys in any order are sorted first, by their words. If the collection is much larger than the array, the keys are
 * then set one by one, in order, so that each leaf is fetched into the cache once; otherwise the collection is combined
 * with one that is built of the array's keys.
 */
#include "sorted/core.h"

/* ---- sort ---- */

/* Whether the key of item a is not greater than that of item b. exact: the words decide that alone. */
STET_INLINE bool items_ordered(const struct stet_tree_type *t, const char *keys, const struct sorted_item *a,
                               const struct sorted_item *b, bool exact)
{
    if (exact || a->word != b->word)
        return a->word <= b->word;
    return t->element->compare(keys + a->index * t->size, keys + b->index * t->size) <= 0;
}

/* Merges the sorted items from[0, half) and from[half, n) into to. */
STET_INLINE void items_merge(const struct stet_tree_type *t, const char *keys, const struct sorted_item *from,
                             size_t half, size_t n, struct sorted_item *to, bool exact)
{
    size_t i = 0, k = half;
    while (i < half && k < n) {
        bool left = items_ordered(t, keys, &from[i], &from[k], exact);
        *to++ = from[left ? i : k];
        i += left;
        k += !left;
    }
    memcpy(to, from + (i < half ? i : k), (i < half ? half - i : n - k) * sizeof *to);
}

/* Sorts n items in place; equal keys stay in the order of their indices. spare: room for n items. */
STET_INLINE void items_sort(const struct stet_tree_type *t, const char *keys, struct sorted_item *item, size_t n,
                            struct sorted_item *spare, bool exact)
{
    struct sorted_item *to = spare, *from = item;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t left = n - at, half = width < left ? width : left, all = 2 * width < left ? 2 * width : left;
            items_merge(t, keys, from + at, half, all, to + at, exact);
        }
        struct sorted_item *other = from;
        from = to;
        to = other;
    }
    if (from != item)
        memcpy(item, from, n * sizeof *item);
}

/* Like items_sort(), but by insertion: faster for a few items. */
STET_INLINE void items_sort_few(const struct stet_tree_type *t, const char *keys, struct sorted_item *item, size_t n,
                                bool exact)
{
    for (size_t i = 1; i < n; i++) {
        struct sorted_item one = item[i];
        size_t k = i;
        for (; k > 0 && !items_ordered(t, keys, &item[k - 1], &one, exact); k--)
            item[k] = item[k - 1];
        item[k] = one;
    }
}

enum { FEW_ITEMS = 12 };

/* The least and the greatest word of several items, and how many buckets the items are distributed to. */
struct words {
    uint64_t least, greatest;
    unsigned shift;
    size_t buckets;
};

/* Chooses at most n / 2 buckets, or two. */
static void choose_buckets(struct words *w, size_t n)
{
    uint64_t span = w->greatest - w->least;
    unsigned bits = span != 0 ? 64 - (unsigned)__builtin_clzll(span) : 0,
             most = n > 3 ? 62 - (unsigned)__builtin_clzll(n) : 1; /* bits of a bucket's number */
    w->shift = bits > most ? bits - most : 0;
    w->buckets = (size_t)(span >> w->shift) + 1;
}

/*
 * Sorts n items into `to`: distributes them by their words' first bits, and sorts each bucket. This takes O(n) where
 * words are evenly distributed; else O(n log n) comparisons. end: room for one number per bucket.
 */
STET_INLINE void items_distribute(const struct stet_tree_type *t, const char *keys, struct sorted_item *item, size_t n,
                                  struct sorted_item *to, const struct words *w, size_t *end, bool exact)
{
    memset(end, 0, w->buckets * sizeof *end);
    for (size_t i = 0; i < n; i++)
        end[(item[i].word - w->least) >> w->shift]++;
    size_t before = 0;
    for (size_t b = 0; b < w->buckets; b++) {
        size_t count = end[b];
        end[b] = before; /* until items are distributed: the bucket's start */
        before += count;
    }
    for (size_t i = 0; i < n; i++)
        to[end[(item[i].word - w->least) >> w->shift]++] = item[i];
    for (size_t b = 0, start = 0; b < w->buckets; start = end[b++]) {
        size_t count = end[b] - start;
        if (count <= FEW_ITEMS)
            items_sort_few(t, keys, to + start, count, exact);
        else
            items_sort(t, keys, to + start, count, item + start, exact);
    }
}

/* Returns the bytes needed for n items, n spare ones, and the buckets. */
static size_t items_size(size_t n) { return 2 * n * sizeof(struct sorted_item) + (n / 2 + 2) * sizeof(size_t); }

/*
 * Lists the n keys in ascending order, of equal keys only the last, and returns how many it lists. item: room of
 * items_size(n) bytes, which begins with the list afterwards. *overwritten: some key is in the array with two different
 * values, so setting them one after the other is a change.
 */
static size_t list_keys(const struct stet_tree_type *t, const char *keys, const char *values, size_t n,
                        struct sorted_item *item, bool *overwritten)
{
    bool exact = stet_tree_word_is_exact_(t->element), ascending = true;
    struct words w = {.least = UINT64_MAX};
    for (size_t i = 0; i < n; i++) {
        uint64_t word = stet_tree_word_(t->element, keys + i * t->size);
        item[i] = (struct sorted_item){word, i};
        w.least = word < w.least ? word : w.least;
        w.greatest = word > w.greatest ? word : w.greatest;
        ascending = ascending && (i == 0 || items_ordered(t, keys, &item[i - 1], &item[i], exact));
    }
    struct sorted_item *from = item;
    if (!ascending) {
        from = item + n;
        choose_buckets(&w, n);
        if (exact)
            items_distribute(t, keys, item, n, from, &w, (size_t *)(void *)(item + 2 * n), true);
        else
            items_distribute(t, keys, item, n, from, &w, (size_t *)(void *)(item + 2 * n), false);
    }
    size_t kept = 0;
    *overwritten = false;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 == n || !items_ordered(t, keys, &from[i + 1], &from[i], exact))
            item[kept++] = from[i];
        else if (t->value_size != 0 && !*overwritten)
            *overwritten = !stet_type_equal(t->value, values + from[i].index * t->value_size,
                                            values + from[i + 1].index * t->value_size);
    }
    return kept;
}

/* ---- set_many ---- */

/*
 * If the collection has more than FAR_APART times as many entries as there are keys to set, the keys are set one by
 * one. If there are also fewer than SORTED_FROM keys, they are not sorted first, since hardly any two of them share a
 * leaf.
 */
enum { FAR_APART = 8, SORTED_FROM = STET_TINY_NODES ? 4 : 512 };

/* Builds a collection of the items. */
static stet_result build_items(const struct stet_tree_type *t, struct stet_tree *m, const char *keys,
                               const char *values, const struct sorted_item *items, size_t n)
{
    struct sorted_builder b = {.t = t};
    bool done = true;
    for (size_t i = 0; i < n && done; i++) {
        const char *value = t->value_size != 0 ? values + items[i].index * t->value_size : NULL;
        done = stet_sorted_build_(&b, keys + items[i].index * t->size, value, 1, false);
    }
    return stet_sorted_built_(&b, m, done);
}

/* Takes the second of two values for a key. */
static void take_second(void *type, const void *key, const void *a, const void *b, void *value)
{
    const struct stet_tree_type *t = type;
    (void)key;
    (void)a;
    memcpy(value, b, t->value_size);
    if (t->value->retain != NULL)
        t->value->retain(value);
}

/* Sets the items in a collection that is not much larger than the array, by a combination. */
static stet_result set_by_union(const struct stet_tree_type *t, struct stet_tree *m, const char *keys,
                                const char *values, const struct sorted_item *items, size_t n)
{
    struct stet_tree all = {0};
    if (!build_items(t, &all, keys, values, items, n))
        return STET_NO_MEMORY;
    stet_result result = stet_sorted_combine_(t, m, m, &all, STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_,
                                              t->value_size != 0 ? take_second : NULL, (void *)(uintptr_t)t);
    stet_node_drop_(&t->node, all.root);
    return result;
}

/*
 * Sets the items in a collection that is much larger than the array. If items is NULL, sets all keys in the array's
 * order.
 */
static stet_result set_one_by_one(const struct stet_tree_type *t, struct stet_tree *m, const char *keys,
                                  const char *values, const struct sorted_item *items, size_t n)
{
    struct stet_tree edited = sorted_copy(m);
    stet_result result = stet_sorted_put_each_(t, &edited, keys, values, items, n);
    if (result != STET_UNCHANGED)
        return sorted_finish(t, m, &edited, result != STET_NO_MEMORY);
    stet_node_release(&t->node, edited.root); /* the version of m */
    return STET_UNCHANGED;
}

stet_result stet_sorted_set_many_any_(const struct stet_tree_type *t, struct stet_tree *m, const void *keys,
                                      const void *values, size_t n)
{
    stet_node_check_(&t->node, m->root);
    if (n == 0)
        return STET_UNCHANGED;
    bool far_apart = n < m->size / FAR_APART;
    if (far_apart && n < SORTED_FROM)
        return set_one_by_one(t, m, keys, values, NULL, n);
    size_t bytes = items_size(n);
    struct sorted_item *items = n <= STET_SORTED_MAX ? pool_allocate(bytes) : NULL;
    if (items == NULL)
        return STET_NO_MEMORY;
    bool overwritten;
    size_t count = list_keys(t, keys, values, n, items, &overwritten);
    stet_result result = m->root == 0 ? build_items(t, m, keys, values, items, count)
                         : far_apart  ? set_one_by_one(t, m, keys, values, items, count)
                                      : set_by_union(t, m, keys, values, items, count);
    pool_free(items, bytes);
    return result == STET_UNCHANGED && overwritten ? STET_CHANGED : result;
}

/* ---- get_many ---- */

/* How many keys are looked up side by side, level by level, so that their cache misses overlap. */
enum { GET_GROUP = 8 };

/* Prefetches what a search reads of the node r. */
STET_INLINE void prefetch_node(stet_ref r)
{
    const char *bounds = (const char *)stet_tree_bounds_(r);
    for (size_t at = 0; at < stet_tree_cap_(r) * sizeof(uint64_t); at += 64)
        __builtin_prefetch(bounds + at);
}

STET_INLINE void prefetch_keys(const struct stet_tree_type *t, stet_ref r)
{
    for (size_t at = 0; at < STET_TREE_LEAF_BYTES / 2u + t->data; at += 64)
        __builtin_prefetch((const char *)(uintptr_t)r + at);
}

/* `search` is t, or a constant descriptor that is good enough for a search. */
STET_INLINE void sorted_get_group(const struct stet_tree_type *t, const struct stet_tree_type *search,
                                  const struct stet_tree *m, const char *keys, unsigned n, const void **values)
{
    struct stet_wanted w[GET_GROUP];
    stet_ref r[GET_GROUP];
    for (unsigned i = 0; i < n; i++) {
        w[i] = stet_sorted_want_(search, NULL, keys + i * t->size);
        r[i] = m->root;
    }
    for (unsigned level = (unsigned)m->height; level > 0; level--) {
        for (unsigned i = 0; i < n; i++) {
            r[i] = stet_children_(stet_ref_inner_(r[i]))[stet_sorted_child_(search, r[i], &w[i])];
            if (level > 1)
                prefetch_node(r[i]);
            else
                prefetch_keys(search, r[i]);
        }
    }
    for (unsigned i = 0; i < n; i++) {
        const struct stet_tree_leaf *l = ref_leaf(r[i]);
        bool found;
        unsigned at = stet_sorted_lower_(search, l, l->hi, &w[i], &found);
        values[i] = !found ? NULL : t->value_size != 0 ? stet_tree_value_(t, l, at) : stet_tree_element_(t, l, at);
    }
}

STET_INLINE void sorted_get_groups(const struct stet_tree_type *t, const struct stet_tree_type *search,
                                   const struct stet_tree *m, const char *keys, size_t n, const void **values)
{
    for (; n > GET_GROUP; n -= GET_GROUP, keys += (size_t)GET_GROUP * t->size, values += GET_GROUP)
        sorted_get_group(t, search, m, keys, GET_GROUP, values);
    sorted_get_group(t, search, m, keys, (unsigned)n, values);
}

void stet_sorted_get_many_(const struct stet_tree_type *t, const struct stet_tree *m, const void *keys, size_t n,
                           const void **values)
{
    stet_node_check_(&t->node, m->root);
    uint64_t flip = sorted_word_flip(t);
    if (m->root == 0)
        for (size_t i = 0; i < n; i++)
            values[i] = NULL;
    else if (flip == 0)
        sorted_get_groups(t, &sorted_unsigned_words, m, keys, n, values);
    else if (flip != STET_NO_FLIP_)
        sorted_get_groups(t, &sorted_signed_words, m, keys, n, values);
    else
        sorted_get_groups(t, t, m, keys, n, values);
}

size_t stet_sorted_load_many_(const struct stet_tree_type *t, const struct stet_tree *m, const void *keys, size_t n,
                              void *values, bool *found)
{
    enum { AT_ONCE = 8 * GET_GROUP };
    const void *value[AT_ONCE];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t left = n - i;
        if (i % AT_ONCE == 0)
            stet_sorted_get_many_(t, m, (const char *)keys + i * t->size, left < AT_ONCE ? left : AT_ONCE, value);
        const void *one = value[i % AT_ONCE];
        found[i] = one != NULL;
        if (one == NULL)
            continue;
        memcpy((char *)values + i * t->value_size, one, t->value_size);
        if (t->value->retain != NULL)
            t->value->retain(one);
        count++;
    }
    return count;
}
