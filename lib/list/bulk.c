/* SPDX-License-Identifier: MIT */
/* list/bulk.c - whole lists: chunks, arrays, hash, filter and map, order. */
#include "list/core.h"
#include "type/nest.h"

/* ---- chunks ---- */

struct stet_list_chunk stet_list_find_chunk_(const struct stet_tree_type *t, const struct stet_list *l, size_t i)
{
    if (i < l->head.n)
        return (struct stet_list_chunk){stet_tree_element_(t, l->head.leaf, l->head.lo), 0, l->head.n};
    size_t j = i - l->head.n;
    if (j >= l->tree.size) {
        if (j - l->tree.size >= l->tail.n)
            return (struct stet_list_chunk){NULL, i, 0};
        return (struct stet_list_chunk){stet_tree_element_(t, l->tail.leaf, l->tail.lo),
                                        (size_t)l->head.n + l->tree.size, l->tail.n};
    }
    struct cursor c = cursor_at_root(&l->tree);
    while (c.level > 0) {
        const struct stet_inner *n = stet_ref_inner_(c.node);
        unsigned k = cursor_down(t, &c, j);
        if (c.level == 0 && k + 1u < n->slots) {
            const char *next = (const char *)(uintptr_t)stet_children_(n)[k + 1];
            for (unsigned at = 0; at < STET_TREE_LEAF_BYTES; at += 64)
                __builtin_prefetch(next + at);
        }
    }
    return (struct stet_list_chunk){stet_tree_element_(t, ref_leaf(c.node), 0), (size_t)l->head.n + c.from, c.size};
}

/* ---- hash ---- */

/* The state of a hash: the list, the index of the next element, the hash of the elements before. */
struct list_hashed {
    const struct stet_list *l;
    size_t at;
    uint64_t sum;
};

STET_STATIC_ASSERT(sizeof(struct list_hashed) <= sizeof((struct stet_nest_frame *)0)->place, "it fits a frame");

static struct list_hashed list_hash_from_start(const struct stet_list *l, uint64_t seed)
{
    return (struct list_hashed){l, 0, stet_hash_word(stet_list_size_(l), ~seed)};
}

/*
 * Hashes the elements from h->at on. False: an element must be hashed first, and the next call takes its hash as `one`.
 * If f, a constant, is NULL, the result is true.
 */
STET_INLINE bool list_hash_on(const struct stet_tree_type *t, struct list_hashed *h, uint64_t seed,
                              struct stet_nest_frame *f, uint64_t one)
{
    const struct stet_list *l = h->l;
    uint64_t sum = h->sum;
    size_t size = stet_list_size_(l), i = h->at;
    enum stet_hash_how how = stet_hash_how(t->element, seed);
    while (i < size) {
        struct stet_list_chunk chunk = stet_list_chunk_at_(t, l, i);
        size_t k = i - chunk.from;
        for (const char *e = chunk.first + k * t->size; k < chunk.n; k++, e += t->size) {
            if (f == NULL) {
                one = stet_hash_each(t->element, e, seed, how);
            } else if (!stet_nest_ask(f, t->element, e, &one)) {
                h->at = chunk.from + k;
                h->sum = sum;
                return false;
            }
            /*
             * Not combined as hash ^ ...: the hash of {1} would then be hash(1) ^ hash(1), which is 0 for every seed.
             */
            sum = stet_hash_word(5 * sum + one, seed);
        }
        i = chunk.from + chunk.n;
    }
    h->sum = sum;
    return true;
}

static void list_hash_begin(struct stet_nest_frame *f, const void *collection)
{
    *(struct list_hashed *)(void *)f->place = list_hash_from_start(collection, f->seed);
}

static bool list_hash_step(struct stet_nest_frame *f, uint64_t *hash)
{
    struct list_hashed *h = (struct list_hashed *)(void *)f->place;
    bool done = list_hash_on(f->type, h, f->seed, f, *hash);
    *hash = h->sum;
    return done;
}

uint64_t stet_list_hash_(const struct stet_tree_type *t, const struct stet_list *l, uint64_t seed)
{
    if (stet_type_is_deep_(t->element))
        return stet_nest_hash_(list_hash_step, t, seed, list_hash_begin, l);
    struct list_hashed h = list_hash_from_start(l, seed);
    (void)list_hash_on(t, &h, seed, NULL, 0);
    return h.sum;
}

/* ---- arrays ---- */

void stet_list_to_array_(const struct stet_tree_type *t, const struct stet_list *l, size_t from, size_t n,
                         void *elements)
{
    char *to = elements;
    while (n > 0) {
        struct stet_list_chunk chunk = stet_list_chunk_at_(t, l, from);
        size_t skip = from - chunk.from, some = chunk.n - skip < n ? chunk.n - skip : n;
        memcpy(to, chunk.first + skip * t->size, some * t->size);
        to += some * t->size;
        from += some;
        n -= some;
    }
}

size_t stet_list_iovecs_(const struct stet_tree_type *t, const struct stet_list *l, size_t max, size_t *i,
                         struct iovec *pairs)
{
    size_t filled = 0, size = stet_list_size_(l);
    for (; filled < max && *i < size; filled++) {
        struct stet_list_chunk chunk = stet_list_chunk_at_(t, l, *i);
        size_t skip = *i - chunk.from;
        pairs[filled].iov_base = (void *)(uintptr_t)(chunk.first + skip * t->size);
        pairs[filled].iov_len = (chunk.n - skip) * t->size;
        *i = chunk.from + chunk.n;
    }
    return filled;
}

size_t stet_list_lower_bound_(const struct stet_tree_type *t, const struct stet_list *l, const void *value)
{
    assert(t->element->compare != NULL && "the element type has no order");
    if (t->element->compare == NULL)
        return SIZE_MAX;
    size_t from = 0, to = stet_list_size_(l);
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (t->element->compare(stet_list_at_(t, l, middle), value) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

size_t stet_list_binary_search_(const struct stet_tree_type *t, const struct stet_list *l, const void *value)
{
    size_t at = stet_list_lower_bound_(t, l, value);
    return at < stet_list_size_(l) && t->element->compare(stet_list_at_(t, l, at), value) == 0 ? at : SIZE_MAX;
}

/* ---- filter and map ---- */

/* Replaces *l by *made (done), or releases *made. */
static stet_result become(const struct stet_tree_type *t, struct stet_list *l, struct stet_list *made, bool done)
{
    struct stet_list old = done ? *l : *made;
    if (done)
        *l = *made;
    stet_list_drop_(t, &old);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

stet_result stet_list_filter_(const struct stet_tree_type *t, struct stet_list *l, stet_list_keep_fn *keep,
                              void *context)
{
    struct stet_list made = {0};
    struct stet_list_chunk chunk;
    size_t size = stet_list_size_(l), kept_from = 0;
    bool done = true;
    for (size_t i = 0; i < size && done; i = chunk.from + chunk.n) {
        chunk = stet_list_chunk_at_(t, l, i);
        for (size_t k = 0; k < chunk.n && done; k++)
            if (!keep(context, chunk.first + k * t->size)) {
                done = stet_list_append_slice_(t, &made, l, kept_from, i + k);
                kept_from = i + k + 1;
            }
    }
    if (kept_from == 0 && done)
        return STET_UNCHANGED;
    done = done && stet_list_append_slice_(t, &made, l, kept_from, size);
    return become(t, l, &made, done);
}

stet_result stet_list_map_(const struct stet_tree_type *t, struct stet_list *l, stet_list_map_fn *fn, void *context)
{
    _Alignas(STET_MAX_ALIGN) char value[STET_LIST_ELEMENT_MAX];
    struct stet_list made = *l;
    stet_list_retain_unchecked_(&made);
    bool done = true, changed = false;
    for (size_t i = 0, size = stet_list_size_(l); i < size && done; i++) {
        const char *old = stet_list_at_(t, l, i);
        fn(context, old, value);
        if (stet_type_equal(t->element, old, value)) {
            if (t->element->release != NULL)
                t->element->release(value);
            continue;
        }
        changed = true;
        done = stet_list_replace_(t, &made, i, value);
    }
    stet_result result = become(t, l, &made, done && changed);
    return done && !changed ? STET_UNCHANGED : result;
}

/* ---- order ---- */

/* What elements are sorted by: a function, or, where that is NULL, the order of their type. */
struct list_order {
    size_t size; /* of an element */
    int (*compare)(const void *a, const void *b);
    stet_list_compare_fn *by;
    void *context;
};

STET_INLINE int list_compare(struct list_order o, const char *a, const char *b)
{
    return o.by != NULL ? o.by(o.context, a, b) : o.compare(a, b);
}

/* Merges sort[0, half) and sort[half, n), both sorted, into to. */
static void merge(struct list_order o, const char *sort, size_t half, size_t n, char *to)
{
    size_t i = 0, k = half, size = o.size;
    for (size_t at = 0; at < n; at++) {
        bool left = i < half && (k == n || list_compare(o, sort + i * size, sort + k * size) <= 0);
        memcpy(to + at * size, sort + (left ? i++ : k++) * size, size);
    }
}

static void sort_elements(const struct list_order *o, char *elements, size_t n, char *spare)
{
    size_t half = n / 2, size = o->size;
    if (n < 2)
        return;
    sort_elements(o, elements, half, spare);
    sort_elements(o, elements + half * size, n - half, spare);
    if (list_compare(*o, elements + (half - 1) * size, elements + half * size) <= 0)
        return;
    merge(*o, elements, half, n, spare);
    memcpy(elements, spare, n * size);
}

static bool is_sorted(const struct stet_tree_type *t, const struct list_order *o, const struct stet_list *l)
{
    const char *previous = NULL;
    for (size_t i = 0, size = stet_list_size_(l); i < size;) {
        struct stet_list_chunk chunk = stet_list_chunk_at_(t, l, i);
        for (size_t k = 0; k < chunk.n; k++) {
            const char *e = chunk.first + k * t->size;
            if (previous != NULL && list_compare(*o, previous, e) > 0)
                return false;
            previous = e;
        }
        i = chunk.from + chunk.n;
    }
    return true;
}

/* Makes l a list of these elements, which are its own in another order. Frees the array. */
static stet_result reorder(const struct stet_tree_type *t, struct stet_list *l, char *elements, size_t n, size_t bytes)
{
    struct stet_list made = {0};
    bool done = elements != NULL && stet_list_append_array_(t, &made, elements, n) != STET_NO_MEMORY;
    if (elements != NULL)
        pool_free(elements, bytes);
    return become(t, l, &made, done);
}

stet_result stet_list_sort_(const struct stet_tree_type *t, struct stet_list *l)
{
    assert(t->element->compare != NULL && "the element type has no order");
    return t->element->compare != NULL ? stet_list_sort_by_(t, l, NULL, NULL) : STET_FAILED;
}

stet_result stet_list_sort_by_(const struct stet_tree_type *t, struct stet_list *l, stet_list_compare_fn *by,
                               void *context)
{
    const struct list_order o = {t->size, t->element->compare, by, context};
    if (is_sorted(t, &o, l))
        return STET_UNCHANGED;
    size_t n = stet_list_size_(l), bytes = 2 * n * t->size;
    char *elements = pool_allocate(bytes);
    if (elements != NULL) {
        stet_list_to_array_(t, l, 0, n, elements);
        sort_elements(&o, elements, n, elements + n * t->size);
    }
    return reorder(t, l, elements, n, bytes);
}

stet_result stet_list_reverse_(const struct stet_tree_type *t, struct stet_list *l)
{
    size_t n = stet_list_size_(l), bytes = n * t->size;
    if (n < 2)
        return STET_UNCHANGED;
    char *elements = pool_allocate(bytes);
    if (elements != NULL)
        for (size_t i = 0; i < n;) {
            struct stet_list_chunk chunk = stet_list_chunk_at_(t, l, i);
            char *to = elements + (n - 1 - i) * t->size;
            for (size_t k = 0; k < chunk.n; k++, to -= t->size)
                memcpy(to, chunk.first + k * t->size, t->size);
            i = chunk.from + chunk.n;
        }
    return reorder(t, l, elements, n, bytes);
}
