/* SPDX-License-Identifier: MIT */
#include "sorted_check.h"
#include "tree_check.h"

struct walk {
    const struct stet_tree_type *t;
    bool fill;
    const char *previous; /* the last key that was visited */
};

static const char *check_key(struct walk *w, const char *key)
{
    if (w->previous != NULL && w->t->element->compare(w->previous, key) >= 0)
        return wrong("S1: a key does not come behind the one before it");
    w->previous = key;
    return NULL;
}

static uint64_t word_in(const struct walk *w, const struct stet_inner *n, const void *key)
{
    return stet_tree_skips_(w->t) ? stet_str_word_(key, n->aux) : stet_tree_word_(w->t->element, key);
}

/* Returns the last key below r, or the first. */
static const void *edge_key(const struct walk *w, stet_ref r, bool last)
{
    while (stet_ref_is_inner_(r))
        r = stet_children_(stet_ref_inner_(r))[last ? stet_ref_inner_(r)->slots - 1u : 0];
    const struct stet_tree_leaf *l = stet_tree_ref_leaf_(r);
    return stet_tree_element_(w->t, l, last ? l->hi - 1u : 0);
}

/* Checks the bounds of r. Since keys ascend, only the first and the last key below each child are compared. */
static const char *check_bounds(struct walk *w, stet_ref r)
{
    const struct stet_inner *n = stet_ref_inner_(r);
    const stet_ref *child = stet_children_(n);
    const uint64_t *bound = stet_tree_bounds_(r);
    const void *first = edge_key(w, child[0], false), *last = edge_key(w, child[n->slots - 1u], true);
    if (stet_tree_skips_(w->t) && (stet_str_size(first) < n->aux || stet_str_size(last) < n->aux ||
                                   memcmp(stet_str_bytes(first), stet_str_bytes(last), n->aux) != 0))
        return wrong("T6: keys that do not have %llu bytes in common", (unsigned long long)n->aux);
    bool exact = stet_tree_word_is_exact_(w->t->element);
    for (unsigned i = 0; i + 1u < n->slots; i++) {
        uint64_t before = word_in(w, n, edge_key(w, child[i], true)),
                 behind = word_in(w, n, edge_key(w, child[i + 1], false));
        if (before > bound[i] || (exact ? behind <= bound[i] : behind < bound[i]))
            return wrong("T5: the bound %#llx between the words %#llx and %#llx", (unsigned long long)bound[i],
                         (unsigned long long)before, (unsigned long long)behind);
    }
    return NULL;
}

static const char *check_leaf(struct walk *w, const struct stet_tree_leaf *l, size_t size, unsigned edge)
{
    if (__atomic_load_n(&l->refcount, __ATOMIC_RELAXED) == 0)
        return wrong("leaf with count 0 reached");
    if (l->lo != 0 || l->hi != size || l->hi > l->cap || l->cap > 1u << w->t->leaf_bits || l->zero != 0 || size == 0)
        return wrong("S2: a leaf of cap %u has constructed [%u, %u), and %zu entries", l->cap, l->lo, l->hi, size);
    if (w->fill && edge == 0 && size < w->t->leaf_min)
        return wrong("T1: a leaf of %zu entries", size);
    for (unsigned i = 0; i < size; i++)
        TRY(check_key(w, stet_tree_element_(w->t, l, i)));
    return NULL;
}

/* Adds the fold of all that is below r to *fold. */
static void fold_below(const struct stet_tree_type *t, stet_ref r, char *fold, bool *any)
{
    _Alignas(STET_MAX_ALIGN) char one[STET_FOLD_MAX];
    if (stet_ref_is_inner_(r)) {
        for (unsigned i = 0; i < stet_ref_inner_(r)->slots; i++)
            fold_below(t, stet_children_(stet_ref_inner_(r))[i], fold, any);
        return;
    }
    const struct stet_tree_leaf *l = stet_tree_ref_leaf_(r);
    for (unsigned i = 0; i < l->hi; i++) {
        t->fold->lift(stet_tree_element_(t, l, i), t->value_size != 0 ? stet_tree_value_(t, l, i) : NULL, 1, one);
        if (*any)
            t->fold->combine(fold, one, 1);
        else
            memcpy(fold, one, t->fold->size);
        *any = true;
    }
}

/* Folds that are set. Their type has no padding. */
static const char *check_folds(struct walk *w, stet_ref r)
{
    size_t start = stet_tree_folds_start_(w->t, stet_tree_cap_(r), stet_tree_kind_of_(r) == STET_TREE_WIDE),
           size = w->t->fold->size;
    const char *column = (const char *)stet_ref_inner_(r) + start;
    uint64_t state = __atomic_load_n((const uint64_t *)(const void *)column, __ATOMIC_ACQUIRE);
    if (column + 16 + stet_tree_cap_(r) * size > (const char *)stet_ref_inner_(r) + stet_ref_inner_(r)->units * 16)
        return wrong("T7: no room for %zu folds", stet_tree_cap_(r));
    for (unsigned i = 0; i < stet_ref_inner_(r)->slots; i++) {
        _Alignas(STET_MAX_ALIGN) char fold[STET_FOLD_MAX];
        bool any = false;
        if ((state >> i & 1) == 0)
            continue;
        fold_below(w->t, stet_children_(stet_ref_inner_(r))[i], fold, &any);
        if (memcmp(column + 16 + i * size, fold, size) != 0)
            return wrong("T7: the fold of child %u of %u is not that of its elements", i, stet_ref_inner_(r)->slots);
    }
    return NULL;
}

static const char *check_ref(struct walk *w, stet_ref r, unsigned level, size_t size, unsigned edge)
{
    if (!stet_ref_is_inner_(r)) {
        if (level != 0)
            return wrong("leaf %#llx on level %u", (unsigned long long)r, level);
        return check_leaf(w, stet_tree_ref_leaf_(r), size, edge);
    }
    const struct stet_inner *n = stet_ref_inner_(r);
    const uint64_t *bound = stet_tree_bounds_(r);
    size_t sizes[STET_TREE_WIDTH];
    if (level == 0 || stet_tree_kind_of_(r) < STET_TREE_TABLE)
        return wrong("inner node %#llx on level %u", (unsigned long long)r, level);
    TRY(check_tree_slots(n, level, edge, w->fill));
    unsigned last = n->slots - 1u;
    TRY(check_tree_sums(w->t, r, size, sizes));
    for (unsigned i = last; i < stet_tree_cap_(r); i++)
        if (bound[i] != UINT64_MAX)
            return wrong("T4: a bound behind the last but one child");
    for (unsigned i = 0; i <= last; i++) {
        unsigned below = (i == 0 ? edge & LEFT_EDGE : 0) | (i == last ? edge & RIGHT_EDGE : 0);
        TRY(check_ref(w, stet_children_(n)[i], level - 1, sizes[i], below));
    }
    if (w->t->fold != NULL)
        TRY(check_folds(w, r));
    return check_bounds(w, r);
}

const char *sorted_check(const struct stet_tree_type *t, const struct stet_tree *m, bool fill)
{
    struct walk w = {t, fill, NULL};
    if ((m->root == 0) != (m->size == 0) || (m->root == 0 && m->height != 0))
        return wrong("S3: %s root, %zu entries, height %u", m->root ? "a" : "no", (size_t)m->size, m->height);
    if (m->root == 0)
        return NULL;
    return check_ref(&w, m->root, m->height, m->size, LEFT_EDGE | RIGHT_EDGE | ROOT);
}

/* ---- the audit ---- */

struct sorted_kind {
    struct audit_kind kind;
    const struct stet_tree_type *t;
    const struct audit_hooks *hooks;
};

static void audit_leaf(struct audit *a, const struct audit_kind *kind, stet_ref leaf)
{
    const struct sorted_kind *s = (const struct sorted_kind *)kind;
    const struct stet_tree_leaf *l = stet_tree_ref_leaf_(leaf);
    for (unsigned i = 0; i < l->hi; i++) {
        if (s->hooks->key != NULL)
            s->hooks->key(a, stet_tree_element_(s->t, l, i));
        if (s->hooks->value != NULL)
            s->hooks->value(a, stet_tree_value_(s->t, l, i));
    }
}

void sorted_audit(struct audit *a, const struct stet_tree_type *t, const struct audit_hooks *hooks,
                  const struct stet_tree *m)
{
    struct sorted_kind s = {{&t->node, audit_leaf}, t, hooks};
    audit_node(a, &s.kind, m->root);
}
