/* SPDX-License-Identifier: MIT */
/*
 * list_bulk.c - walks over whole lists: runs, equality, hash.
 */
#include "list_core.h"

/* ---- runs ---- */

struct stet_list_run stet_list_run_at(const struct stet_list_type *t, const struct stet_list *l, size_t i)
{
    if (i < l->head.n)
        return (struct stet_list_run){stet_list_element(t, l->head.leaf, l->head.lo), 0, l->head.n};
    size_t j = i - l->head.n;
    if (j >= l->tree_size) {
        if (j - l->tree_size >= l->tail.n)
            return (struct stet_list_run){NULL, i, 0};
        return (struct stet_list_run){stet_list_element(t, l->tail.leaf, l->tail.lo), (size_t)l->head.n + l->tree_size,
                                      l->tail.n};
    }
    stet_ref r = l->root;
    uint32_t size = l->tree_size, from = 0, start;
    for (unsigned h = l->height; h > 0; h--) {
        const struct stet_inner *n = stet_ref_inner(r);
        unsigned k = stet_list_child_(t, r, h, size, (uint32_t)j - from, &start, &size);
        from += start;
        r = stet_children(n)[k];
        if (h == 1 && k + 1u < n->slots) {
            const char *next = (const char *)(uintptr_t)stet_children(n)[k + 1];
            for (unsigned at = 0; at < 512; at += 64)
                __builtin_prefetch(next + at);
        }
    }
    return (struct stet_list_run){stet_list_element(t, ref_leaf(r), 0), (size_t)l->head.n + from, size};
}

/* ---- equality ---- */

#define HEIGHT_MAX 33

/* A walk over two lists meets a node of both: from the front on or, `back`, from the end. */
struct meeting {
    stet_ref node[HEIGHT_MAX];
    uint32_t size[HEIGHT_MAX];
    unsigned n;
};

/* The nodes that begin with element i; back: that end before it. The largest first. */
static void meet(const struct stet_list_type *t, const struct stet_list *l, size_t i, bool back, struct meeting *m)
{
    size_t j = i - l->head.n - back;
    m->n = 0;
    if (i < l->head.n + (size_t)back || j >= l->tree_size)
        return;
    stet_ref r = l->root;
    uint32_t size = l->tree_size, from = 0, start;
    for (unsigned h = l->height;; h--) {
        if ((back ? from + size - 1 : from) == j) {
            m->node[m->n] = r;
            m->size[m->n++] = size;
        }
        if (h == 0)
            return;
        unsigned k = stet_list_child_(t, r, h, size, (uint32_t)j - from, &start, &size);
        from += start;
        r = stet_children(stet_ref_inner(r))[k];
    }
}

/* How many elements from i of a and k of b on (back: before them) are in one node that both have there. */
static size_t shared(const struct stet_list_type *t, const struct stet_list *a, size_t i, const struct stet_list *b,
                     size_t k, bool back)
{
    struct meeting x, y;
    meet(t, a, i, back, &x);
    if (x.n > 0)
        meet(t, b, k, back, &y);
    for (unsigned p = 0; p < x.n; p++)
        for (unsigned q = 0; q < y.n; q++)
            if (x.node[p] == y.node[q] && (!back || x.size[p] == y.size[q])) /* a leaf may be cut short */
                return x.size[p] < y.size[q] ? x.size[p] : y.size[q];
    return 0;
}

/* How many elements from i of a and k of b on, of at most `max`, are equal. */
static size_t equal_from(const struct stet_list_type *t, const struct stet_list *a, size_t i, const struct stet_list *b,
                         size_t k, size_t max)
{
    size_t equal = 0;
    while (equal < max) {
        size_t n = shared(t, a, i + equal, b, k + equal, false);
        if (n > 0) {
            equal += n;
            continue;
        }
        struct stet_list_run x = stet_list_run_at(t, a, i + equal), y = stet_list_run_at(t, b, k + equal);
        size_t skip_x = i + equal - x.from, skip_y = k + equal - y.from;
        const char *p = x.first + skip_x * t->size, *q = y.first + skip_y * t->size;
        for (n = x.n - skip_x < y.n - skip_y ? x.n - skip_x : y.n - skip_y; n > 0 && equal < max; n--, equal++) {
            if (p != q && !stet_type_equal(t->element, p, q))
                return equal;
            p += t->size;
            q += t->size;
        }
    }
    return max;
}

bool stet_list_equal(const struct stet_list_type *t, const struct stet_list *a, const struct stet_list *b)
{
    size_t size = stet_list_size_(a);
    return size == stet_list_size_(b) && equal_from(t, a, 0, b, 0, size) == size;
}

uint64_t stet_list_hash(const struct stet_list_type *t, const struct stet_list *l, uint64_t seed)
{
    size_t size = stet_list_size_(l);
    uint64_t hash = stet_hash_word(size, seed);
    for (size_t i = 0; i < size;) {
        struct stet_list_run run = stet_list_run_at(t, l, i);
        const char *e = run.first;
        for (size_t k = 0; k < run.n; k++, e += t->size)
            hash = stet_hash_word(hash ^ stet_type_hash(t->element, e, seed), seed);
        i = run.from + run.n;
    }
    return hash;
}

/* ---- arrays ---- */

void stet_list_to_array(const struct stet_list_type *t, const struct stet_list *l, size_t from, void *elements,
                        size_t n)
{
    char *to = elements;
    while (n > 0) {
        struct stet_list_run run = stet_list_run_at(t, l, from);
        size_t skip = from - run.from, some = run.n - skip < n ? run.n - skip : n;
        memcpy(to, run.first + skip * t->size, some * t->size);
        to += some * t->size;
        from += some;
        n -= some;
    }
}

size_t stet_list_iovecs(const struct stet_list_type *t, const struct stet_list *l, size_t *i, struct iovec *pairs,
                        size_t max)
{
    size_t filled = 0, size = stet_list_size_(l);
    for (; filled < max && *i < size; filled++) {
        struct stet_list_run run = stet_list_run_at(t, l, *i);
        size_t skip = *i - run.from;
        pairs[filled].iov_base = (void *)(uintptr_t)(run.first + skip * t->size);
        pairs[filled].iov_len = (run.n - skip) * t->size;
        *i = run.from + run.n;
    }
    return filled;
}

size_t stet_list_lower_bound(const struct stet_list_type *t, const struct stet_list *l, const void *value)
{
    assert(t->element->compare != NULL);
    size_t from = 0, to = stet_list_size_(l);
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (t->element->compare(stet_list_at(t, l, middle), value) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* ---- made anew ---- */

/* `made` takes l's place. */
static stet_result become(const struct stet_list_type *t, struct stet_list *l, struct stet_list *made, bool done)
{
    struct stet_list old = done ? *l : *made;
    if (done)
        *l = *made;
    stet_list_drop(t, &old);
    return done ? STET_CHANGED : STET_NO_MEMORY;
}

stet_result stet_list_filter(const struct stet_list_type *t, struct stet_list *l, stet_list_keep_fn *keep,
                             void *context)
{
    struct stet_list made = {0};
    struct stet_list_run run;
    size_t size = stet_list_size_(l), kept_from = 0;
    bool done = true;
    for (size_t i = 0; i < size && done; i = run.from + run.n) {
        run = stet_list_run_at(t, l, i);
        for (size_t k = 0; k < run.n && done; k++)
            if (!keep(context, run.first + k * t->size)) {
                done = stet_list_append_slice_(t, &made, l, kept_from, i + k);
                kept_from = i + k + 1;
            }
    }
    if (kept_from == 0 && done)
        return STET_UNCHANGED;
    done = done && stet_list_append_slice_(t, &made, l, kept_from, size);
    return become(t, l, &made, done);
}

stet_result stet_list_map(const struct stet_list_type *t, struct stet_list *l, stet_list_map_fn *fn, void *context)
{
    _Alignas(STET_MAX_ALIGN) char value[STET_LIST_ELEMENT_MAX];
    struct stet_list made = *l;
    stet_list_retain(&made);
    bool done = true, changed = false;
    for (size_t i = 0, size = stet_list_size_(l); i < size && done; i++) {
        const char *old = stet_list_at(t, l, i);
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

/* Merges sort[0, half) and sort[half, n), both sorted, into to. */
static void merge(const struct stet_list_type *t, const char *sort, size_t half, size_t n, char *to)
{
    size_t i = 0, k = half, size = t->size;
    for (size_t at = 0; at < n; at++) {
        bool left = i < half && (k == n || t->element->compare(sort + i * size, sort + k * size) <= 0);
        memcpy(to + at * size, sort + (left ? i++ : k++) * size, size);
    }
}

static void sort_elements(const struct stet_list_type *t, char *elements, size_t n, char *spare)
{
    size_t half = n / 2;
    if (n < 2)
        return;
    sort_elements(t, elements, half, spare);
    sort_elements(t, elements + half * t->size, n - half, spare);
    if (t->element->compare(elements + (half - 1) * t->size, elements + half * t->size) <= 0)
        return;
    merge(t, elements, half, n, spare);
    memcpy(elements, spare, n * t->size);
}

static bool is_sorted(const struct stet_list_type *t, const struct stet_list *l)
{
    const char *previous = NULL;
    for (size_t i = 0, size = stet_list_size_(l); i < size;) {
        struct stet_list_run run = stet_list_run_at(t, l, i);
        for (size_t k = 0; k < run.n; k++) {
            const char *e = run.first + k * t->size;
            if (previous != NULL && t->element->compare(previous, e) > 0)
                return false;
            previous = e;
        }
        i = run.from + run.n;
    }
    return true;
}

/* l becomes a list of these elements, which it has now in another order. The array is freed. */
static stet_result reorder(const struct stet_list_type *t, struct stet_list *l, char *elements, size_t n, size_t bytes)
{
    struct stet_list made = {0};
    bool done = elements != NULL && stet_list_append_array(t, &made, elements, n) != STET_NO_MEMORY;
    if (elements != NULL)
        pool_free(elements, bytes);
    return become(t, l, &made, done);
}

stet_result stet_list_sort(const struct stet_list_type *t, struct stet_list *l)
{
    assert(t->element->compare != NULL);
    if (is_sorted(t, l))
        return STET_UNCHANGED;
    size_t n = stet_list_size_(l), bytes = 2 * n * t->size;
    char *elements = pool_allocate(bytes);
    if (elements != NULL) {
        stet_list_to_array(t, l, 0, elements, n);
        sort_elements(t, elements, n, elements + n * t->size);
    }
    return reorder(t, l, elements, n, bytes);
}

stet_result stet_list_reverse(const struct stet_list_type *t, struct stet_list *l)
{
    size_t n = stet_list_size_(l), bytes = n * t->size;
    if (n < 2)
        return STET_UNCHANGED;
    char *elements = pool_allocate(bytes);
    if (elements != NULL)
        for (size_t i = 0; i < n;) {
            struct stet_list_run run = stet_list_run_at(t, l, i);
            char *to = elements + (n - 1 - i) * t->size;
            for (size_t k = 0; k < run.n; k++, to -= t->size)
                memcpy(to, run.first + k * t->size, t->size);
            i = run.from + run.n;
        }
    return reorder(t, l, elements, n, bytes);
}

/* ---- difference ---- */

/* How many elements before i of a and k of b, but not more than max, are equal. */
static size_t equal_before(const struct stet_list_type *t, const struct stet_list *a, size_t i,
                           const struct stet_list *b, size_t k, size_t max)
{
    size_t equal = 0;
    while (equal < max) {
        size_t n = shared(t, a, i - equal, b, k - equal, true);
        if (n == 0) {
            const char *p = stet_list_at(t, a, i - equal - 1), *q = stet_list_at(t, b, k - equal - 1);
            if (p != q && !stet_type_equal(t->element, p, q))
                break;
            n = 1;
        }
        equal += n;
    }
    return equal < max ? equal : max;
}

/* Where leaves of b are, by their address. */
struct places {
    struct place {
        const char *leaf;
        size_t at;
    } * place;
    size_t mask, bytes;
};

static struct place *place_of(const struct places *p, const char *leaf)
{
    size_t i = stet_hash_word((uintptr_t)leaf, 0) & p->mask;
    while (p->place[i].leaf != NULL && p->place[i].leaf != leaf)
        i = (i + 1) & p->mask;
    return &p->place[i];
}

/* The leaves of l in [from, to). Without memory for it, none. */
static struct places places_of(const struct stet_list_type *t, const struct stet_list *l, size_t from, size_t to)
{
    size_t leaves = 0, room = 16;
    struct stet_list_run run;
    for (size_t i = from; i < to; i = run.from + run.n, leaves++)
        run = stet_list_run_at(t, l, i);
    while (room < 2 * leaves)
        room *= 2;
    struct places p = {.mask = room - 1, .bytes = room * sizeof *p.place};
    if ((p.place = pool_allocate(p.bytes)) == NULL)
        return p;
    memset(p.place, 0, p.bytes);
    for (size_t i = from; i < to; i = run.from + run.n) {
        run = stet_list_run_at(t, l, i);
        struct place *place = place_of(&p, run.first);
        if (run.from >= from && place->leaf == NULL)
            *place = (struct place){run.first, run.from};
    }
    return p;
}

/* The first element of a in [i, end) with whose leaf b goes on in [k, end_b), at *y; without one, both ends. */
static size_t same_leaf(const struct stet_list_type *t, const struct stet_list *a, size_t i, size_t end,
                        const struct places *places, size_t k, size_t end_b, size_t *y)
{
    struct stet_list_run run;
    for (size_t x = i; places->place != NULL && x < end; x = run.from + run.n) {
        run = stet_list_run_at(t, a, x);
        const struct place *there = place_of(places, run.first);
        if (run.from >= i && there->leaf != NULL && there->at >= k) {
            *y = there->at;
            return run.from;
        }
    }
    *y = end_b;
    return end;
}

/*
 * What is equal in front and at the end is passed over. Between, a stretch ends where both go on with the same leaf,
 * or, if it is the same number of elements on both sides, with an equal element.
 */
bool stet_list_diff(const struct stet_list_type *t, const struct stet_list *a, const struct stet_list *b,
                    stet_list_diff_fn *fn, void *context)
{
    size_t end_a = stet_list_size_(a), end_b = stet_list_size_(b), smaller = end_a < end_b ? end_a : end_b;
    size_t i = equal_from(t, a, 0, b, 0, smaller), k = i;
    size_t behind = equal_before(t, a, end_a, b, end_b, smaller - i);
    struct places places = {0};
    bool going = true;
    end_a -= behind;
    end_b -= behind;
    while (going && (i < end_a || k < end_b)) {
        size_t x = i, y = k;
        if (end_a - i == end_b - k) {
            while (x < end_a && !stet_type_equal(t->element, stet_list_at(t, a, x), stet_list_at(t, b, y)))
                x++, y++;
        } else {
            if (places.bytes == 0)
                places = places_of(t, b, k, end_b);
            x = same_leaf(t, a, i, end_a, &places, k, end_b, &y);
        }
        going = fn(context, i, x, k, y);
        size_t equal = equal_from(t, a, x, b, y, end_a - x < end_b - y ? end_a - x : end_b - y);
        i = x + equal;
        k = y + equal;
    }
    if (places.place != NULL)
        pool_free(places.place, places.bytes);
    return going;
}
