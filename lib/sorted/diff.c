/* SPDX-License-Identifier: MIT */
/*
 * sorted/diff.c - two sorted collections side by side: equality, hash, differences, and the combinations made of them.
 *
 * A single walk by keys does all of these. Where both are at the same leaf, the walk skips the highest nodes that both
 * have there, so that versions of one collection that differ in k entries cost O(k log n). Combinations are built from
 * the front to the back: a stretch of consecutive entries of one side shares its nodes. Once a stretch is four entries
 * long, its end is found by a search for the other side's next key, so that collections whose keys lie in k blocks of
 * either cost O(k log n), too (the bound of Blelloch, Ferizovic & Sun 2016).
 */
#include "sorted/core.h"
#include "type/nest.h"

/* ---- shared nodes ---- */

/* Returns how many entries are below the children of `node` from slot k on that `other` has, too, from slot i on. */
static size_t shared_run(const struct stet_tree_type *t, stet_ref node, unsigned k, stet_ref other, unsigned i)
{
    const struct stet_inner *a = stet_ref_inner_(node), *b = stet_ref_inner_(other);
    unsigned end = k;
    while (end < a->slots && i < b->slots && stet_children_(a)[end] == stet_children_(b)[i])
        end++, i++;
    return stet_tree_before_(t, node, end) - stet_tree_before_(t, node, k);
}

/*
 * Returns how many entries, from the cursors on, the two collections share; 0: none. Counts those below consecutive
 * children that a node of either collection has, on the highest level on which the first of these children begins at
 * both cursors.
 */
static size_t sorted_shared(const struct stet_tree_type *t, const struct stet_sorted_cursor *x,
                            const struct stet_sorted_cursor *y)
{
    if (x->leaf != y->leaf || x->at != y->at || x->leaf == NULL)
        return 0;
    size_t most = x->n - x->at;
    if (x->at != 0)
        return most;
    struct {
        stet_ref node;
        unsigned child;
    } above[HEIGHT_MAX + 1]; /* the path to x's leaf */
    unsigned n = 0;
    for (struct cursor c = cursor_at_root(&x->tree_); c.level > 0; n++) {
        above[n].node = c.node;
        above[n].child = cursor_down(t, &c, x->before);
    }
    for (struct cursor c = cursor_at_root(&y->tree_); c.level > 0;) {
        stet_ref node = c.node;
        unsigned k = cursor_down(t, &c, y->before);
        for (unsigned i = 0; i < n && c.from == y->before; i++) /* a shared child that begins at y begins at x, too */
            if (stet_children_(stet_ref_inner_(above[i].node))[above[i].child] == c.node)
                return shared_run(t, node, k, above[i].node, above[i].child);
    }
    return most;
}

/* Moves the cursor forwards by `by` entries. */
static void iter_skip(const struct stet_tree_type *t, struct stet_sorted_cursor *it, size_t by)
{
    struct stet_tree tree = it->tree_;
    if (by <= it->n - it->at) {
        it->at += (uint32_t)by - 1;
        stet_sorted_cursor_next_(t, it);
    } else {
        stet_sorted_cursor_at_(t, &tree, it->before + it->at + by, it);
    }
}

static const char *iter_key(const struct stet_tree_type *t, const struct stet_sorted_cursor *it)
{
    return stet_tree_element_(t, it->leaf, it->at);
}

static const char *iter_value(const struct stet_tree_type *t, const struct stet_sorted_cursor *it)
{
    return t->value_size != 0 ? stet_tree_value_(t, it->leaf, it->at) : iter_key(t, it);
}

static int iter_order(const struct stet_tree_type *t, const struct stet_sorted_cursor *x,
                      const struct stet_sorted_cursor *y)
{
    if (x->leaf == NULL || y->leaf == NULL)
        return x->leaf == NULL ? 1 : -1;
    return t->element->compare(iter_key(t, x), iter_key(t, y));
}

/*
 * Returns how many entries of both leaves, from the cursors on, have the same bytes; these are equal. Entries with
 * other bytes may be equal, too.
 */
static __attribute__((__noinline__)) size_t
sorted_alike(const struct stet_tree_type *t, const struct stet_sorted_cursor *x, const struct stet_sorted_cursor *y)
{
    size_t n = x->n - x->at < y->n - y->at ? x->n - x->at : y->n - y->at, i = 0;
    const char *a = iter_key(t, x), *b = iter_key(t, y), *v = iter_value(t, x), *w = iter_value(t, y);
    if (t->size == 8 && t->value_size == 8)
        while (i < n && memcmp(a + 8 * i, b + 8 * i, 8) == 0 && memcmp(v + 8 * i, w + 8 * i, 8) == 0)
            i++;
    else
        while (i < n && memcmp(a + i * t->size, b + i * t->size, t->size) == 0 &&
               memcmp(v + i * t->value_size, w + i * t->value_size, t->value_size) == 0)
            i++;
    return i;
}

/* A walk over two collections: both cursors, and which of them has the next entry. */
struct sorted_walk {
    const struct stet_tree_type *t;
    struct stet_sorted_cursor x, y;
    int order;       /* negative: only a has the next entry, x's; positive: only b has y's; 0: both have it */
    size_t same;     /* if not 0: how many entries from here on are shared, or have the same bytes */
    size_t n;        /* entries of this step: 1, or more that are all shared, or all of one side */
    unsigned streak; /* how many steps before this one, without a break, were of the same side */
};

enum { LONG_STREAK = 4 };

static void sorted_walk_begin(struct sorted_walk *w, const struct stet_tree_type *t, const struct stet_tree *a,
                              const struct stet_tree *b)
{
    w->t = t;
    w->order = 0;
    w->streak = 0;
    stet_sorted_cursor_at_(t, a, 0, &w->x);
    stet_sorted_cursor_at_(t, b, 0, &w->y);
}

/* Determines the next step. False: both cursors are at their ends. */
static bool sorted_walk_at(struct sorted_walk *w)
{
    if (w->x.leaf == NULL && w->y.leaf == NULL)
        return false;
    int before = w->order;
    w->same = sorted_shared(w->t, &w->x, &w->y);
    w->order = w->same > 0 ? 0 : iter_order(w->t, &w->x, &w->y);
    if (w->order == 0 && w->same == 0)
        w->same = sorted_alike(w->t, &w->x, &w->y);
    w->n = w->same > 0 ? w->same : 1;
    w->streak = (before < 0 && w->order < 0) || (before > 0 && w->order > 0) ? w->streak + 1 : 0;
    return true;
}

static size_t iter_rank(const struct stet_sorted_cursor *it) { return it->before + it->at; }

/*
 * Returns how many entries, from the cursor `it` on, have keys before the key at `other`; at least the entry at `it`
 * has.
 */
static size_t iter_run(const struct stet_tree_type *t, const struct stet_sorted_cursor *it,
                       const struct stet_sorted_cursor *other)
{
    bool found;
    if (other->leaf == NULL)
        return it->tree_.size - iter_rank(it);
    struct stet_wanted w = stet_sorted_want_(t, NULL, iter_key(t, other));
    unsigned at = stet_sorted_lower_(t, it->leaf, it->n, &w, &found);
    return at < it->n ? at - it->at : stet_sorted_rank_(t, &it->tree_, NULL, w.key, STET_SORTED_FROM_) - iter_rank(it);
}

/*
 * Extends a step of one side to all entries that come before the other side's next one, if the streak suggests that
 * there are many.
 */
static void sorted_walk_extend(struct sorted_walk *w)
{
    if (w->streak >= LONG_STREAK)
        w->n = w->order < 0 ? iter_run(w->t, &w->x, &w->y) : iter_run(w->t, &w->y, &w->x);
}

static void sorted_walk_on(struct sorted_walk *w)
{
    if (w->order <= 0)
        iter_skip(w->t, &w->x, w->n);
    if (w->order >= 0)
        iter_skip(w->t, &w->y, w->n);
}

/* ---- differences ---- */

static bool values_equal(const struct stet_tree_type *t, const struct sorted_walk *w, bool nested)
{
    if (t->value_size == 0)
        return true;
    const char *x = iter_value(t, &w->x), *y = iter_value(t, &w->y);
    return nested && stet_type_is_deep_(t->value) ? stet_nest_equal(t->value, x, y) : stet_type_equal(t->value, x, y);
}

bool stet_sorted_diff_(const struct stet_tree_type *t, const struct stet_tree *a, const struct stet_tree *b,
                       stet_sorted_diff_fn *fn, void *context)
{
    struct sorted_walk w;
    for (sorted_walk_begin(&w, t, a, b); sorted_walk_at(&w); sorted_walk_on(&w)) {
        if (w.same > 0 || (w.order == 0 && values_equal(t, &w, false)))
            continue;
        const struct stet_sorted_cursor *it = w.order <= 0 ? &w.x : &w.y;
        if (!fn(context, iter_key(t, it), w.order <= 0 ? iter_value(t, &w.x) : NULL,
                w.order >= 0 ? iter_value(t, &w.y) : NULL))
            return false;
    }
    return true;
}

static bool sorted_walk_nested(const void *type, const void *a, const void *b)
{
    const struct stet_tree_type *t = type;
    const struct stet_sorted *x = a, *y = b;
    struct sorted_walk w;
    for (sorted_walk_begin(&w, t, &x->tree_, &y->tree_); sorted_walk_at(&w); sorted_walk_on(&w))
        if (w.same == 0 && (w.order != 0 || !values_equal(t, &w, true)))
            return false;
    return true;
}

bool stet_sorted_equal_(const struct stet_tree_type *t, const struct stet_sorted *a, const struct stet_sorted *b)
{
    stet_node_check_(&t->node, a->tree_.root);
    stet_node_check_(&t->node, b->tree_.root);
    if (a->tree_.root == b->tree_.root || a->tree_.size != b->tree_.size)
        return a->tree_.root == b->tree_.root;
    if (t->value_size != 0 && stet_type_is_deep_(t->value))
        return stet_nest_walk_(sorted_walk_nested, t, a, b);
    return sorted_walk_nested(t, a, b);
}

bool stet_sorted_within_(const struct stet_tree_type *t, const struct stet_tree *a, const struct stet_tree *b,
                         bool values)
{
    struct sorted_walk w;
    if (a->size > b->size)
        return false;
    for (sorted_walk_begin(&w, t, a, b); sorted_walk_at(&w); sorted_walk_extend(&w), sorted_walk_on(&w))
        if (w.same == 0 && (w.order < 0 || (w.order == 0 && values && !values_equal(t, &w, false))))
            return false;
    return true;
}

/* ---- hash ---- */

/* The state of a hash: the collection, the rank of the next entry, the hash of the entries before. */
struct sorted_hashed {
    const struct stet_tree *m;
    size_t at;
    uint64_t sum;
};

STET_STATIC_ASSERT(sizeof(struct sorted_hashed) <= sizeof((struct stet_nest_frame *)0)->place, "it fits a frame");

/*
 * Hashes the entries from h->at on. False: a value must be hashed first, and the next call takes its hash as `one`. If
 * f is NULL, the result is true.
 */
static bool sorted_hash_on(const struct stet_tree_type *t, struct sorted_hashed *h, uint64_t seed,
                           struct stet_nest_frame *f, uint64_t one)
{
    struct stet_sorted_cursor it;
    stet_sorted_cursor_at_(t, h->m, h->at, &it);
    for (; it.leaf != NULL; stet_sorted_cursor_next_(t, &it), h->at++) {
        const char *value = iter_value(t, &it);
        if (t->value_size == 0)
            one = 0;
        else if (f == NULL)
            one = stet_type_hash(t->value, value, seed);
        else if (!stet_nest_ask(f, t->value, value, &one))
            return false;
        h->sum = stet_hash_word(5 * h->sum + stet_type_hash(t->element, iter_key(t, &it), seed), seed);
        h->sum = t->value_size == 0 ? h->sum : stet_hash_word(5 * h->sum + one, seed);
    }
    return true;
}

static struct sorted_hashed sorted_hash_from_start(const struct stet_tree *m, uint64_t seed)
{
    return (struct sorted_hashed){m, 0, stet_hash_word(m->size, ~seed)};
}

static void sorted_hash_begin(struct stet_nest_frame *f, const void *collection)
{
    *(struct sorted_hashed *)(void *)f->place =
        sorted_hash_from_start(&((const struct stet_sorted *)collection)->tree_, f->seed);
}

static bool sorted_hash_step(struct stet_nest_frame *f, uint64_t *hash)
{
    struct sorted_hashed *h = (struct sorted_hashed *)(void *)f->place;
    bool done = sorted_hash_on(f->type, h, f->seed, f, *hash);
    *hash = h->sum;
    return done;
}

uint64_t stet_sorted_hash_(const struct stet_tree_type *t, const struct stet_sorted *m, uint64_t seed)
{
    if (t->value_size != 0 && stet_type_is_deep_(t->value))
        return stet_nest_hash_(sorted_hash_step, t, seed, sorted_hash_begin, m);
    struct sorted_hashed h = sorted_hash_from_start(&m->tree_, seed);
    (void)sorted_hash_on(t, &h, seed, NULL, 0);
    return h.sum;
}

/* ---- combinations ---- */

/* Consecutive entries of one of the two collections, which the result will share. */
struct stretch {
    const struct stet_tree *from;
    size_t first, end;
    struct stet_sorted_cursor at; /* at the first of them */
};

static bool stretch_flush(struct sorted_builder *b, struct stretch *s)
{
    size_t n = s->end - s->first;
    s->first = s->end;
    return stet_sorted_build_from_(b, &s->at, n);
}

/* Adds the n entries from a cursor on; if they do not continue the stretch, they begin a new one. */
static bool stretch_add(struct sorted_builder *b, struct stretch *s, const struct stet_tree *from,
                        const struct stet_sorted_cursor *at, size_t n)
{
    size_t first = iter_rank(at);
    if (s->from == from && s->end == first) {
        s->end += n;
        return true;
    }
    bool done = stretch_flush(b, s);
    *s = (struct stretch){from, first, first + n, *at};
    return done;
}

/* Adds one entry that both have, with the value that fn fills in. */
static bool combine_conflict(struct sorted_builder *b, struct stretch *s, const struct stet_tree *a,
                             const struct sorted_walk *w, stet_sorted_conflict_fn *fn, void *context)
{
    _Alignas(STET_MAX_ALIGN) char value[SORTED_ENTRY_MAX];
    const struct stet_tree_type *t = w->t;
    fn(context, iter_key(t, &w->x), iter_value(t, &w->x), iter_value(t, &w->y), value);
    if (stet_type_equal(t->value, iter_value(t, &w->x), value)) {
        if (t->value->release != NULL)
            t->value->release(value);
        return stretch_add(b, s, a, &w->x, 1);
    }
    if (!stretch_flush(b, s)) {
        if (t->value->release != NULL)
            t->value->release(value);
        return false;
    }
    s->from = NULL;
    if (t->element->retain != NULL)
        t->element->retain(iter_key(t, &w->x));
    return stet_sorted_build_(b, iter_key(t, &w->x), value, 1, true);
}

stet_result stet_sorted_combine_(const struct stet_tree_type *t, struct stet_tree *m, const struct stet_tree *a,
                                 const struct stet_tree *b, unsigned keep, stet_sorted_conflict_fn *fn, void *context)
{
    stet_node_check_(&t->node, a->root);
    stet_node_check_(&t->node, b->root);
    const struct stet_tree x = *a, y = *b; /* m may be one of them */
    struct sorted_builder built = {.t = t};
    struct stretch s = {.from = NULL};
    struct sorted_walk w;
    bool done = true;
    for (sorted_walk_begin(&w, t, &x, &y); done && sorted_walk_at(&w); sorted_walk_on(&w)) {
        if ((keep & STET_ASK_EQUAL_) && w.same > 0) {
            w.same = 0;
            w.n = 1;
        }
        sorted_walk_extend(&w);
        unsigned which = w.order < 0 ? STET_ONLY_A_ : w.order > 0 ? STET_ONLY_B_ : STET_BOTH_;
        if (!(keep & which))
            continue;
        if (w.order == 0 && w.same == 0 && fn != NULL && ((keep & STET_ASK_EQUAL_) || !values_equal(t, &w, false)))
            done = combine_conflict(&built, &s, &x, &w, fn, context);
        else
            done = stretch_add(&built, &s, w.order > 0 ? &y : &x, w.order > 0 ? &w.y : &w.x, w.n);
    }
    if (done && s.from != NULL && s.first == 0 && s.end == s.from->size && built.leaf == NULL &&
        built.tree.root == 0) { /* the result is one of the two */
        if (m->root == s.from->root)
            return STET_UNCHANGED;
        struct stet_tree copy = sorted_copy(s.from);
        return sorted_finish(t, m, &copy, true);
    }
    if (done && s.from == NULL && built.leaf == NULL && m->root == 0)
        return STET_UNCHANGED;
    return stet_sorted_built_(&built, m, done && stretch_flush(&built, &s));
}
