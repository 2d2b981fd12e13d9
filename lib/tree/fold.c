/* SPDX-License-Identifier: MIT */
/*
 * tree/fold.c - folds: the column of a node that caches them, the fold of a range, and the search by folds.
 *
 * Folds are cached when they are first wanted, not when the tree changes: an update clears a bit for each node of its
 * path, and calls no function of the user's. So the first fold after an update folds one leaf anew, and on each level
 * above it the children of one node. If a fold follows every update, this costs as much as keeping folds up to date; an
 * update that another update follows costs nothing more.
 */
#include "tree/core.h"

/* ---- the column ---- */

#define FOLD_CLAIMED(bits) ((uint64_t)(bits) << 32)
#define FOLD_SET(state) ((uint32_t)(state))

struct fold_column {
    uint64_t *state;
    char *fold;
};

static struct fold_column column_of(const struct stet_tree_type *t, stet_ref r)
{
    size_t start = stet_tree_folds_start_(t, stet_tree_cap_(r), stet_tree_kind_of_(r) == STET_TREE_WIDE);
    char *column = (char *)stet_ref_inner_(r) + start;
    return (struct fold_column){(uint64_t *)(void *)column, column + 16};
}

/* Returns which folds are set. Acquire is the partner of the release in fold_store(): these folds can be read. */
static uint32_t column_set(const struct fold_column *c)
{
    return FOLD_SET(__atomic_load_n(c->state, __ATOMIC_ACQUIRE));
}

void stet_tree_folds_copy_(const struct stet_tree_type *t, stet_ref from, stet_ref to)
{
    struct fold_column a = column_of(t, from), b = column_of(t, to);
    uint32_t set = column_set(&a);
    size_t size = t->fold->size;
    for (uint64_t left = set; left != 0;) { /* run by run */
        unsigned i = (unsigned)__builtin_ctzll(left), n = (unsigned)__builtin_ctzll(~(left >> i));
        memcpy(b.fold + i * size, a.fold + i * size, n * size);
        left &= ~stet_slot_mask(i, n);
    }
    *b.state = set | FOLD_CLAIMED(set);
}

void stet_tree_folds_read_(const struct stet_tree_type *t, stet_ref r, bool *set, char *fold)
{
    struct fold_column c = column_of(t, r);
    uint32_t bits = column_set(&c);
    size_t size = t->fold->size;
    for (unsigned i = 0; i < stet_ref_inner_(r)->slots; i++)
        if ((set[i] = (bits >> i & 1) != 0))
            memcpy(fold + i * size, c.fold + i * size, size);
}

void stet_tree_folds_write_(const struct stet_tree_type *t, stet_ref r, const bool *set, const char *fold)
{
    struct fold_column c = column_of(t, r);
    uint32_t bits = 0;
    size_t size = t->fold->size;
    for (unsigned i = 0; i < stet_ref_inner_(r)->slots; i++)
        if (set[i]) {
            bits |= 1u << i;
            memcpy(c.fold + i * size, fold + i * size, size);
        }
    *c.state = bits | FOLD_CLAIMED(bits);
}

void stet_tree_folds_clear_(const struct stet_tree_type *t, stet_ref r, unsigned i)
{
    struct fold_column c = column_of(t, r);
    *c.state &= ~(UINT64_C(1) << i | FOLD_CLAIMED(1u << i));
}

/* Stores the fold of child i, unless another thread does. Release is the partner of the acquire in column_set(). */
static void fold_store(const struct stet_tree_type *t, const struct fold_column *c, unsigned i, const char *fold)
{
    uint64_t claim = FOLD_CLAIMED(1u << i);
    if ((__atomic_fetch_or(c->state, claim, __ATOMIC_RELAXED) & claim) != 0)
        return;
    memcpy(c->fold + i * (size_t)t->fold->size, fold, t->fold->size);
    __atomic_fetch_or(c->state, UINT64_C(1) << i, __ATOMIC_RELEASE);
}

/* ---- the fold of a range ---- */

/* The fold of the entries so far. */
struct fold_sum {
    const struct stet_tree_type *t;
    char *fold;
    bool any;
};

/* Combines a sum with n folds behind it. */
static void sum_add(struct fold_sum *s, const char *folds, size_t n)
{
    if (!s->any && n > 0) {
        s->any = true;
        memcpy(s->fold, folds, s->t->fold->size);
        folds += s->t->fold->size;
        n--;
    }
    if (n > 0)
        s->t->fold->combine(s->fold, folds, n);
}

/* Combines a sum with n > 0 entries of a leaf. */
static void sum_lift(struct fold_sum *s, const struct stet_tree_leaf *l, size_t first, size_t n)
{
    _Alignas(STET_MAX_ALIGN) char fold[STET_FOLD_MAX];
    const struct stet_tree_type *t = s->t;
    t->fold->lift(stet_tree_element_(t, l, first), t->value_size != 0 ? stet_tree_value_(t, l, first) : NULL, n, fold);
    sum_add(s, fold, 1);
}

/* Combines a sum with the folds of the children [i, end) of r, and stores those that are not set. */
static void sum_children(struct fold_sum *s, stet_ref r, unsigned i, unsigned end)
{
    _Alignas(STET_MAX_ALIGN) char fold[STET_FOLD_MAX];
    const struct stet_tree_type *t = s->t;
    struct fold_column c = column_of(t, r);
    uint32_t set = column_set(&c);
    while (i < end) {
        unsigned n = 0;
        while (i + n < end && (set >> (i + n) & 1) != 0)
            n++;
        sum_add(s, c.fold + i * (size_t)t->fold->size, n);
        if ((i += n) == end)
            return;
        stet_ref child = stet_children_(stet_ref_inner_(r))[i];
        struct fold_sum below = {t, fold, false};
        if (stet_ref_is_inner_(child))
            sum_children(&below, child, 0, stet_ref_inner_(child)->slots);
        else
            sum_lift(&below, ref_leaf(child), 0, ref_leaf(child)->hi);
        fold_store(t, &c, i++, fold);
        sum_add(s, fold, 1);
    }
}

/* Combines a sum with the elements [first, end) below r, first < end. */
static void sum_range(struct fold_sum *s, stet_ref r, size_t first, size_t end)
{
    const struct stet_tree_type *t = s->t;
    size_t start, behind;
    if (!stet_ref_is_inner_(r)) {
        sum_lift(s, ref_leaf(r), first, end - first);
        return;
    }
    const stet_ref *child = stet_children_(stet_ref_inner_(r));
    unsigned i = stet_tree_search_(t, r, first, &start, &behind);
    if (first > start || end < behind) {
        sum_range(s, child[i], first - start, (end < behind ? end : behind) - start);
        first = behind;
        i++;
    }
    if (first >= end)
        return;
    unsigned last = stet_tree_search_(t, r, end - 1, &start, &behind);
    sum_children(s, r, i, last + (end == behind));
    if (end < behind)
        sum_range(s, child[last], 0, end - start);
}

bool stet_tree_fold_(const struct stet_tree_type *t, const struct stet_tree *l, size_t first, size_t end, void *fold)
{
    struct fold_sum s = {t, fold, false};
    if (first < end)
        sum_range(&s, l->root, first, end);
    return first < end;
}

/* ---- search by folds ---- */

/* A search for the first element with which a sum reaches what is wanted. */
struct fold_search {
    struct fold_sum sum; /* of the elements before the current one */
    stet_tree_reached_fn *reached;
    void *context;
};

/* Returns whether the sum and the fold behind it reach what is wanted. If they do not, adds the fold to the sum. */
static bool search_reaches(struct fold_search *f, const char *fold)
{
    _Alignas(STET_MAX_ALIGN) char sum[STET_FOLD_MAX];
    struct fold_sum with = {f->sum.t, sum, f->sum.any};
    if (with.any)
        memcpy(sum, f->sum.fold, with.t->fold->size);
    sum_add(&with, fold, 1);
    if (f->reached(f->context, sum))
        return true;
    f->sum.any = true;
    memcpy(f->sum.fold, sum, with.t->fold->size);
    return false;
}

/*
 * Searches the elements below r, from index `first` on, for the first one with which the sum reaches what is wanted.
 * Returns whether there is one; *at is then its index among the elements below r.
 */
static bool search(struct fold_search *f, stet_ref r, size_t first, size_t *at)
{
    _Alignas(STET_MAX_ALIGN) char fold[STET_FOLD_MAX];
    const struct stet_tree_type *t = f->sum.t;
    if (!stet_ref_is_inner_(r)) {
        const struct stet_tree_leaf *l = ref_leaf(r);
        for (*at = first; *at < l->hi; ++*at) {
            struct fold_sum one = {t, fold, false};
            sum_lift(&one, l, *at, 1);
            if (search_reaches(f, fold))
                return true;
        }
        return false;
    }
    size_t start, behind;
    unsigned i = stet_tree_search_(t, r, first, &start, &behind);
    for (; i < stet_ref_inner_(r)->slots; i++, first = start) {
        struct fold_sum one = {t, fold, false};
        start = stet_tree_before_(t, r, i);
        if (first <= start)
            sum_children(&one, r, i, i + 1);
        if ((first > start || search_reaches(f, fold)) &&
            search(f, stet_children_(stet_ref_inner_(r))[i], first > start ? first - start : 0, at)) {
            *at += start;
            return true;
        }
    }
    return false;
}

size_t stet_tree_select_(const struct stet_tree_type *t, const struct stet_tree *l, size_t first,
                         stet_tree_reached_fn *reached, void *context)
{
    _Alignas(STET_MAX_ALIGN) char sum[STET_FOLD_MAX];
    struct fold_search f = {{t, sum, false}, reached, context};
    size_t at;
    return first < l->size && search(&f, l->root, first, &at) ? at : l->size;
}
