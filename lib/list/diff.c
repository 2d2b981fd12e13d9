/* SPDX-License-Identifier: MIT */
/* list/diff.c - two lists side by side: equality and difference. A node that both have in the same place is skipped. */
#include "list/core.h"
#include "type/nest.h"

/* ---- shared nodes ---- */

/* The nodes of a list that begin at one index (or that end there), and how many elements each has. */
struct meeting {
    stet_ref node[HEIGHT_MAX + 1];
    size_t size[HEIGHT_MAX + 1];
    unsigned n;
};

/* Finds the nodes that begin with element i (back: that end before element i), the largest first. */
static void meet_subtrees(const struct stet_tree_type *t, const struct stet_list *l, size_t i, bool back,
                          struct meeting *m)
{
    size_t j = i - l->head.n - back;
    m->n = 0;
    if (i < l->head.n + (size_t)back || j >= l->tree.size)
        return;
    for (struct cursor c = cursor_at_root(&l->tree);; (void)cursor_down(t, &c, j)) {
        if ((back ? c.from + c.size - 1 : c.from) == j) {
            m->node[m->n] = c.node;
            m->size[m->n++] = c.size;
        }
        if (c.level == 0)
            return;
    }
}

/*
 * Returns how many elements of a, from i on, and of b, from k on (back: before i and before k) lie in one node that
 * both lists have there. One list may have fewer elements of a leaf than the other.
 */
static size_t shared(const struct stet_tree_type *t, const struct stet_list *a, size_t i, const struct stet_list *b,
                     size_t k, bool back)
{
    struct meeting x, y;
    meet_subtrees(t, a, i, back, &x);
    if (x.n > 0)
        meet_subtrees(t, b, k, back, &y);
    for (unsigned p = 0; p < x.n; p++)
        for (unsigned q = 0; q < y.n; q++)
            if (x.node[p] == y.node[q] && (!back || x.size[p] == y.size[q])) /* a leaf may be cut short */
                return x.size[p] < y.size[q] ? x.size[p] : y.size[q];
    return 0;
}

/*
 * Returns whether two elements are equal. `nested` is a constant, which is true where collections of collections are
 * compared (nest.h).
 */
STET_INLINE bool same_element(const struct stet_type *t, const void *a, const void *b, bool nested)
{
    return nested ? stet_nest_equal(t, a, b) : stet_type_equal(t, a, b);
}

/* Returns how many elements of a, from i on, equal those of b, from k on, at most `max`. */
STET_INLINE size_t equal_by(const struct stet_tree_type *t, const struct stet_list *a, size_t i,
                            const struct stet_list *b, size_t k, size_t max, bool nested)
{
    size_t equal = 0;
    while (equal < max) {
        size_t n = shared(t, a, i + equal, b, k + equal, false);
        if (n > 0) {
            equal += n;
            continue;
        }
        struct stet_list_chunk x = stet_list_chunk_at_(t, a, i + equal), y = stet_list_chunk_at_(t, b, k + equal);
        size_t skip_x = i + equal - x.from, skip_y = k + equal - y.from;
        const char *p = x.first + skip_x * t->size, *q = y.first + skip_y * t->size;
        for (n = x.n - skip_x < y.n - skip_y ? x.n - skip_x : y.n - skip_y; n > 0 && equal < max; n--, equal++) {
            if (p != q && !same_element(t->element, p, q, nested))
                return equal;
            p += t->size;
            q += t->size;
        }
    }
    return max;
}

static size_t equal_from(const struct stet_tree_type *t, const struct stet_list *a, size_t i, const struct stet_list *b,
                         size_t k, size_t max)
{
    return equal_by(t, a, i, b, k, max, false);
}

/* Returns how many elements of a, from i - 1 backwards, equal those of b, from k - 1 backwards, at most `max`. */
static size_t equal_before(const struct stet_tree_type *t, const struct stet_list *a, size_t i,
                           const struct stet_list *b, size_t k, size_t max)
{
    size_t equal = 0;
    while (equal < max) {
        size_t n = shared(t, a, i - equal, b, k - equal, true);
        if (n == 0) {
            const char *p = stet_list_at_(t, a, i - equal - 1), *q = stet_list_at_(t, b, k - equal - 1);
            if (p != q && !stet_type_equal(t->element, p, q))
                break;
            n = 1;
        }
        equal += n;
    }
    return equal < max ? equal : max;
}

/* ---- equality ---- */

static bool list_walk_nested(const void *type, const void *a, const void *b)
{
    size_t size = stet_list_size_(a);
    return equal_by(type, a, 0, b, 0, size, true) == size;
}

bool stet_list_equal_(const struct stet_tree_type *t, const struct stet_list *a, const struct stet_list *b)
{
    stet_list_check_(t, a);
    stet_list_check_(t, b);
    size_t size = stet_list_size_(a);
    if (size != stet_list_size_(b))
        return false;
    if (stet_type_is_deep_(t->element))
        return stet_nest_walk_(list_walk_nested, t, a, b);
    return equal_from(t, a, 0, b, 0, size) == size;
}

/* ---- leaves that both have in different places ---- */

/* A hash table of the leaves of b, by address: at which index each begins. */
struct places {
    struct leaf_place {
        const char *leaf;
        size_t at;
    } * place;
    size_t mask, bytes;
};

static struct leaf_place *place_of(const struct places *p, const char *leaf)
{
    size_t i = stet_hash_word((uintptr_t)leaf, 0) & p->mask;
    while (p->place[i].leaf != NULL && p->place[i].leaf != leaf)
        i = (i + 1) & p->mask;
    return &p->place[i];
}

/* Returns the places of the leaves of l in [from, to). If there is no memory, `place` is NULL. */
static struct places places_of(const struct stet_tree_type *t, const struct stet_list *l, size_t from, size_t to)
{
    size_t leaves = 0, room = 16;
    struct stet_list_chunk chunk;
    for (size_t i = from; i < to; i = chunk.from + chunk.n, leaves++)
        chunk = stet_list_chunk_at_(t, l, i);
    while (room < 2 * leaves)
        room *= 2;
    struct places p = {.mask = room - 1, .bytes = room * sizeof *p.place};
    if ((p.place = pool_allocate(p.bytes)) == NULL)
        return p;
    memset(p.place, 0, p.bytes);
    for (size_t i = from; i < to; i = chunk.from + chunk.n) {
        chunk = stet_list_chunk_at_(t, l, i);
        struct leaf_place *place = place_of(&p, chunk.first);
        if (chunk.from >= from && place->leaf == NULL)
            *place = (struct leaf_place){chunk.first, chunk.from};
    }
    return p;
}

struct anchor {
    size_t a, b; /* where the leaf begins in both */
};

struct anchors {
    struct anchor *anchor;
    size_t n, bytes;
};

/* Keeps the longest sequence of anchors that are in the same order in both lists (patience sorting). */
static void in_order(struct anchors *s, size_t *previous, size_t *pile)
{
    size_t piles = 0;
    for (size_t i = 0; i < s->n; i++) {
        size_t from = 0, to = piles;
        while (from < to) {
            size_t middle = from + (to - from) / 2;
            if (s->anchor[pile[middle]].b < s->anchor[i].b)
                from = middle + 1;
            else
                to = middle;
        }
        previous[i] = from > 0 ? pile[from - 1] : SIZE_MAX;
        pile[from] = i;
        piles += from == piles;
    }
    size_t last = piles > 0 ? pile[piles - 1] : 0;
    for (size_t at = piles; at-- > 0; last = previous[last])
        pile[at] = last;
    for (size_t at = 0; at < piles; at++)
        s->anchor[at] = s->anchor[pile[at]];
    s->n = piles;
}

/* Returns leaves of a in [i, end_a) that b has in [k, end_b), in the same order in both; none if there is no memory. */
static struct anchors anchors_of(const struct stet_tree_type *t, const struct stet_list *a, size_t i, size_t end_a,
                                 const struct stet_list *b, size_t k, size_t end_b)
{
    struct places there = places_of(t, b, k, end_b);
    struct stet_list_chunk chunk;
    size_t leaves = 0;
    for (size_t x = i; x < end_a; x = chunk.from + chunk.n, leaves++)
        chunk = stet_list_chunk_at_(t, a, x);
    struct anchors s = {.bytes = leaves * (sizeof *s.anchor + 2 * sizeof(size_t))};
    s.anchor = there.place != NULL && leaves > 0 ? pool_allocate(s.bytes) : NULL;
    if (s.anchor != NULL) {
        for (size_t x = i; x < end_a; x = chunk.from + chunk.n) {
            chunk = stet_list_chunk_at_(t, a, x);
            const struct leaf_place *place = place_of(&there, chunk.first);
            if (chunk.from >= i && place->leaf != NULL)
                s.anchor[s.n++] = (struct anchor){chunk.from, place->at};
        }
        size_t *previous = (size_t *)(void *)(s.anchor + leaves);
        in_order(&s, previous, previous + leaves);
    }
    if (there.place != NULL)
        pool_free(there.place, there.bytes);
    return s;
}

/* ---- difference ---- */

struct diff {
    const struct stet_tree_type *t;
    const struct stet_list *a, *b;
    stet_list_diff_fn *fn;
    void *context;
};

/*
 * Reports the hunk [i, x) of a and [k, y) of b without equal elements at its end. If both sides then have the same
 * number of elements, reports only those that differ.
 */
static bool report_hunk(const struct diff *d, size_t i, size_t x, size_t k, size_t y)
{
    size_t same = equal_before(d->t, d->a, x, d->b, y, x - i < y - k ? x - i : y - k);
    x -= same;
    y -= same;
    if (x - i != y - k)
        return d->fn(d->context, i, x, k, y);
    for (;;) {
        size_t equal = equal_from(d->t, d->a, i, d->b, k, x - i), n = 0;
        i += equal;
        k += equal;
        if (i == x)
            return true;
        while (i + n < x &&
               !stet_type_equal(d->t->element, stet_list_at_(d->t, d->a, i + n), stet_list_at_(d->t, d->b, k + n)))
            n++;
        if (!d->fn(d->context, i, i + n, k, k + n))
            return false;
        i += n;
        k += n;
    }
}

/*
 * Equal elements in front and at the end are skipped. If the same number is left on both sides, elements are compared
 * place by place; otherwise a hunk ends where both lists continue with the same leaf.
 */
bool stet_list_diff_(const struct stet_tree_type *t, const struct stet_list *a, const struct stet_list *b,
                     stet_list_diff_fn *fn, void *context)
{
    stet_list_check_(t, a);
    stet_list_check_(t, b);
    struct diff d = {t, a, b, fn, context};
    size_t end_a = stet_list_size_(a), end_b = stet_list_size_(b), smaller = end_a < end_b ? end_a : end_b;
    size_t i = equal_from(t, a, 0, b, 0, smaller), k = i;
    size_t behind = equal_before(t, a, end_a, b, end_b, smaller - i);
    end_a -= behind;
    end_b -= behind;
    if (end_a - i == end_b - k)
        return report_hunk(&d, i, end_a, k, end_b);
    struct anchors s = anchors_of(t, a, i, end_a, b, k, end_b);
    bool going = true;
    for (size_t next = 0; going && (i < end_a || k < end_b);) {
        while (next < s.n && (s.anchor[next].a < i || s.anchor[next].b < k))
            next++;
        size_t x = next < s.n ? s.anchor[next].a : end_a, y = next < s.n ? s.anchor[next].b : end_b;
        going = report_hunk(&d, i, x, k, y);
        size_t equal = equal_from(t, a, x, b, y, end_a - x < end_b - y ? end_a - x : end_b - y);
        i = x + equal;
        k = y + equal;
    }
    if (s.anchor != NULL)
        pool_free(s.anchor, s.bytes);
    return going;
}
