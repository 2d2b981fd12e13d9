/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/sorted.h - the search of sorted maps and sets (inlined into user code), their cursors, and the compiled
 * functions.
 *
 * A sorted collection is a counted tree (impl/tree.h) whose elements are keys, in ascending order, with bounds. The
 * *word* of a key (stet_tree_word_) is a number that is ordered as keys are, as far as it goes. For numbers and
 * pointers it goes all the way. For strings it is made of 8 bytes, behind the bytes that all keys of a node have in
 * common. For other types it is the type's own word; if a type has only compare, all words are equal. A lookup takes
 * child k if k bounds are below the key's word, and reads no key. Where a bound equals the word, and different keys may
 * have equal words, the first keys under the next children decide.
 *
 * Invariants beside those of the tree; a test walker checks them all:
 *   S1  Keys ascend strictly.
 *   S2  All constructed elements of a leaf are in the collection: lo is 0, hi its size.
 *   S3  The handle's size is the number of entries; size 0 means root 0.
 */
#ifndef STET_IMPL_SORTED_H
#define STET_IMPL_SORTED_H

#include <stet/impl/keyed.h>
#include <stet/impl/tree.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

#define STET_SORTED_MAX STET_TREE_MAX /* entries of a collection */
#define STET_SORTED_DEPTH 33          /* inner nodes on a path, at most */

/*
 * A full leaf has 512 bytes of entries, but at most 32 entries; at most 16 if keys are reference-counted, because a
 * copy of the leaf retains each of them.
 */
#define STET_SORTED_LEAF_BITS(entry, counted) \
    (STET_TREE_LEAF_BITS(entry) > ((counted) ? 4 : 5) ? (counted) ? 4 : 5 : STET_TREE_LEAF_BITS(entry))

/* The key of a lookup. */
struct stet_wanted {
    const struct stet_key_view *view; /* NULL: `key` is a key */
    const void *key;
    uint64_t word;
    /* Of a string: */
    struct stet_bytes bytes;
    size_t skipped; /* the most bytes that a node on the path skips */
    size_t common;  /* how many bytes the string has in common with the keys there; SIZE_MAX: not compared yet */
    bool behind;    /* the string comes behind all keys below a node that skips more than `common` */
};

/* Prepares the search for a key. f NULL: `key` has the element type; else it is a view: of a string, stet_bytes. */
STET_INLINE struct stet_wanted stet_sorted_want_(const struct stet_tree_type *t, const struct stet_key_view *f,
                                                 const void *key)
{
    struct stet_wanted w = {f, key, 0, {"", 0, 0}, 0, SIZE_MAX, false};
    if (stet_tree_skips_(t)) {
        w.bytes = f != NULL ? *(const struct stet_bytes *)key : stet_str_view_((const stet_str *)key);
        w.word = stet_bytes_word_((const char *)w.bytes.bytes, w.bytes.n, 0);
    } else if (f != NULL) {
        STET_CHECK_(f->compare != NULL && (f->word != NULL) == (t->element->word != NULL), t->node.name,
                    "the view has no order, or no word, or one that the keys have not");
        w.word = f->word != NULL ? f->word(key) : 0;
    } else {
        w.word = stet_tree_word_(t->element, key);
    }
    return w;
}

/* Negative, 0, positive: a stored key comes before the wanted key, is equal, comes behind it. */
STET_INLINE int stet_sorted_compare_(const struct stet_tree_type *t, const void *stored, const struct stet_wanted *w)
{
    uint64_t word = stet_tree_word_(t->element, stored);
    if (word != w->word)
        return word < w->word ? -1 : 1;
    if (stet_tree_word_is_exact_(t->element))
        return 0;
    if (stet_tree_skips_(t))
        return stet_str_compare_bytes_((const stet_str *)stored, &w->bytes);
    assert((w->view == NULL || w->view->compare != NULL) && "stet_sorted_want_() has checked this");
    return STET_UNLIKELY(w->view != NULL) ? w->view->compare(stored, w->key) : t->element->compare(stored, w->key);
}

/* ---- find ---- */

/*
 * Returns how many of n ascending words, n <= 32, are below `word`. Comparisons with three of the words choose eight
 * words to compare; without vectors, a fourth comparison chooses four. Words behind the n-th may have any value.
 * has_24: 0 if n is less than 24. flip: the mask that makes the words unsigned.
 */
STET_INLINE unsigned stet_words_below_(const uint64_t *v, unsigned n, unsigned has_24, uint64_t word, uint64_t flip)
{
    unsigned p = (7 < n) & ((v[7] ^ flip) < word);
    p += (15 < n) & ((v[15] ^ flip) < word);
    p += has_24 & ((v[23] ^ flip) < word);
    p *= 8;
#if defined(__AVX2__)
    const uint64_t sign = UINT64_C(1) << 63;
    uint32_t below = stet_longs_below_8_(v + p, (int64_t)(flip ^ sign), (int64_t)(word ^ sign));
    p += (unsigned)__builtin_ctz(~below);
    return p < n ? p : n;
#else
    p += (unsigned)((p + 3 < n) & ((v[p + 3] ^ flip) < word)) * 4;
    unsigned k = (p < n) & ((v[p] ^ flip) < word);
    k += (p + 1 < n) & ((v[p + 1] ^ flip) < word);
    k += (p + 2 < n) & ((v[p + 2] ^ flip) < word);
    k += (p + 3 < n) & ((v[p + 3] ^ flip) < word);
    return p + k;
#endif
}

/* Chooses among the children k to `end`, which may all have the key, by the first keys below them. */
STET_INLINE unsigned stet_sorted_among_(const struct stet_tree_type *t, const struct stet_inner *n, unsigned k,
                                        unsigned end, const struct stet_wanted *w)
{
    const stet_ref *child = stet_children_(n);
    while (k < end) {
        unsigned middle = (k + end + 1) / 2;
        if (stet_sorted_compare_(t, stet_tree_edge_(t, child[middle], false), w) <= 0)
            k = middle;
        else
            end = middle - 1;
    }
    return k;
}

/* The same for the children from k on, if the bound of child k is the key's word. */
STET_API unsigned stet_sorted_tie_(const struct stet_tree_type *t, stet_ref r, unsigned k, const struct stet_wanted *w);

/*
 * Returns the child that has the key, if any child has it. A string is taken to begin as the keys of the node do (the
 * blind search of Ferragina & Grossi's string B-tree, 1999). If the string does not, the descent may go wrong, but then
 * no key equals the string.
 */
STET_INLINE unsigned stet_sorted_child_(const struct stet_tree_type *t, stet_ref r, struct stet_wanted *w)
{
    const struct stet_inner *n = stet_ref_inner_(r);
    if (!stet_tree_has_words_(t->element))
        return stet_sorted_among_(t, n, 0, n->slots - 1u, w);
    const uint64_t *bound = stet_tree_bounds_(r);
    uint64_t word = w->word;
    if (stet_tree_skips_(t) && n->aux != 0) {
        if (n->aux > w->common)
            return w->behind ? n->slots - 1u : 0;
        w->skipped = n->aux > w->skipped ? n->aux : w->skipped;
        word = stet_bytes_word_((const char *)w->bytes.bytes, w->bytes.n, n->aux);
    }
#if STET_TINY_NODES
    unsigned k = 0;
    while (bound[k] < word)
        k++;
#else
    for (size_t line = 0; line < 4; line++) /* of refs; else their miss would come after that of the bounds */
        __builtin_prefetch(stet_children_(n) + line * 8);
    /*
     * The bounds from the last child on are UINT64_MAX. In a table with room for 16, v[23] is in the next column, and
     * has_24 is 0.
     */
    unsigned k = stet_words_below_(bound, STET_TREE_WIDTH, (unsigned)(r & STET_TREE_CAP_MASK) >> 5, word, 0);
#endif
    if (stet_tree_word_is_exact_(t->element) || bound[k] != word)
        return k;
    return stet_sorted_tie_(t, r, k, w);
}

/*
 * Returns the mask whose exclusive or with the 8 bytes of a number is an unsigned number of the same order;
 * STET_NO_FLIP_: there is none.
 */
#define STET_NO_FLIP_ UINT64_C(1)
STET_INLINE uint64_t stet_sorted_flip_(const struct stet_type *t)
{
    if ((t->flags & STET_ORDER_NUMBER_) == 0 || (t->flags & STET_ORDER_FLOAT_) != 0 || t->size != 8)
        return STET_NO_FLIP_;
    return (t->flags & STET_ORDER_SIGNED_) != 0 ? UINT64_C(1) << 63 : 0;
}

/*
 * Returns the index of the first of a leaf's n keys that is not before the wanted key. *found becomes true if that key
 * equals the wanted key.
 */
STET_INLINE unsigned stet_sorted_lower_(const struct stet_tree_type *t, const struct stet_tree_leaf *l, unsigned n,
                                        const struct stet_wanted *w, bool *found)
{
    uint64_t flip = stet_sorted_flip_(t->element);
    if (flip != STET_NO_FLIP_ && !STET_TINY_NODES && STET_LIKELY(l->cap == 32)) {
        const uint64_t *v = (const uint64_t *)(const void *)stet_tree_element_(t, l, 0);
        unsigned at = stet_words_below_(v, n, 23 < n, w->word, flip);
        *found = at < n && (v[at] ^ flip) == w->word;
        return at;
    }
    unsigned at = 0;
    *found = false;
    if (stet_tree_word_is_exact_(t->element)) {
        for (unsigned left = n; left > 0; left = left / 2) { /* without a branch that depends on keys */
            unsigned half = left - left / 2;
            at += stet_tree_word_(t->element, stet_tree_element_(t, l, at + half - 1)) < w->word ? half : 0;
        }
        *found = at < n && stet_tree_word_(t->element, stet_tree_element_(t, l, at)) == w->word;
        return at;
    }
    for (unsigned end = n; at < end;) {
        unsigned middle = (at + end) / 2;
        int order = stet_sorted_compare_(t, stet_tree_element_(t, l, middle), w);
        *found = *found || order == 0;
        if (order < 0)
            at = middle + 1;
        else
            end = middle;
    }
    return at;
}

/* Finds a string in a leaf by its hash, which reads no bytes of other strings; false: it is absent. */
STET_INLINE bool stet_sorted_find_string_(const struct stet_tree_type *t, const struct stet_tree_leaf *l,
                                          const struct stet_bytes *wanted, unsigned *at)
{
    const stet_str *key = (const stet_str *)(const void *)stet_tree_element_(t, l, 0);
    for (unsigned i = 0; i < l->hi; i++)
        if (STET_UNLIKELY(key[i].hash_ == wanted->hash32) && stet_str_equal_bytes_(&key[i], wanted)) {
            *at = i;
            return true;
        }
    return false;
}

/* Prefetches the values of a full leaf, of which one will be read as soon as its key is found. */
STET_INLINE void stet_sorted_prefetch_values_(const struct stet_tree_type *t, const struct stet_tree_leaf *l)
{
    size_t at = t->data + ((size_t)t->size << t->leaf_bits), bytes = (size_t)t->value_size << t->leaf_bits;
    if (bytes <= 256)
        for (size_t i = 0; i < bytes; i += 64)
            __builtin_prefetch((const char *)l + at + i);
}

/* Finds the leaf of a key and the key's index there; false: the key is absent. */
STET_INLINE bool stet_sorted_find_(const struct stet_tree_type *t, const struct stet_tree *m, struct stet_wanted *w,
                                   const struct stet_tree_leaf **leaf, unsigned *at)
{
    stet_ref r = m->root;
    bool found;
    if (STET_UNLIKELY(r == 0))
        return false;
    while (stet_ref_is_inner_(r))
        r = stet_children_(stet_ref_inner_(r))[stet_sorted_child_(t, r, w)];
    *leaf = stet_tree_ref_leaf_(r);
    stet_sorted_prefetch_values_(t, *leaf);
    if (stet_tree_skips_(t))
        return stet_sorted_find_string_(t, *leaf, &w->bytes, at);
    *at = stet_sorted_lower_(t, *leaf, (*leaf)->hi, w, &found);
    return found;
}

/* Returns the value of a key, or in a set the stored key. NULL: the key is absent. */
STET_INLINE const void *stet_sorted_get_(const struct stet_tree_type *t, const struct stet_tree *m,
                                         const struct stet_key_view *f, const void *key)
{
    stet_node_check_(&t->node, m->root);
    struct stet_wanted w = stet_sorted_want_(t, f, key);
    const struct stet_tree_leaf *leaf;
    unsigned at;
    if (!stet_sorted_find_(t, m, &w, &leaf, &at))
        return NULL;
    return t->value_size != 0 ? stet_tree_value_(t, leaf, at) : stet_tree_element_(t, leaf, at);
}

/* ---- iterate ---- */

/*
 * A place on an entry, or between two. A cursor is plain data, which may be copied, and borrows the nodes of its
 * handle. It has no stack: behind the last leaf of a node it descends from the root to the next leaf, by rank.
 */
struct stet_sorted_cursor {
    const struct stet_tree_leaf *leaf; /* NULL: in front of all entries, or behind them */
    uint32_t at, n;                    /* the entry in the leaf, and how many the leaf has */
    size_t before;                     /* entries in front of the leaf; without a leaf: 0, or all */
    unsigned child;                    /* the leaf's slot in the node above */
    const struct stet_inner *above;    /* NULL: none */
    struct stet_tree tree_;
};

/* Moves to the entry of this rank; behind all entries if there is none. */
STET_API void stet_sorted_cursor_at_(const struct stet_tree_type *t, const struct stet_tree *m, size_t rank,
                                     struct stet_sorted_cursor *it);
/*
 * _forth moves from the last entry of a leaf, or from before all entries, to the next entry; _back from the first entry
 * of a leaf, or from behind all, to the one before.
 */
STET_API void stet_sorted_cursor_forth_(const struct stet_tree_type *t, struct stet_sorted_cursor *it);
STET_API void stet_sorted_cursor_back_(const struct stet_tree_type *t, struct stet_sorted_cursor *it);

STET_INLINE void stet_sorted_cursor_next_(const struct stet_tree_type *t, struct stet_sorted_cursor *it)
{
    if (STET_LIKELY(it->leaf != NULL && it->at + 1 < it->n))
        it->at++;
    else
        stet_sorted_cursor_forth_(t, it);
}

STET_INLINE void stet_sorted_cursor_previous_(const struct stet_tree_type *t, struct stet_sorted_cursor *it)
{
    if (STET_LIKELY(it->leaf != NULL && it->at > 0))
        it->at--;
    else
        stet_sorted_cursor_back_(t, it);
}

STET_INLINE const void *stet_sorted_cursor_key_(const struct stet_tree_type *t, const struct stet_sorted_cursor *it)
{
    return it->leaf != NULL ? stet_tree_element_(t, it->leaf, it->at) : NULL;
}

STET_INLINE const void *stet_sorted_cursor_value_(const struct stet_tree_type *t, const struct stet_sorted_cursor *it)
{
    return it->leaf != NULL ? stet_tree_value_(t, it->leaf, it->at) : NULL;
}

/* ---- compiled ---- */

/* A position by a key: at the first entry not before the key, or at the first behind it. */
enum stet_sorted_side { STET_SORTED_FROM_ = 0, STET_SORTED_BEHIND_ = 1 };

typedef void stet_sorted_update_fn(void *context, const void *old_value, void *new_value);
typedef bool stet_sorted_run_fn(void *context, const void *keys, const void *values, size_t n);

STET_API stet_result stet_sorted_put_any_(const struct stet_tree_type *t, struct stet_tree *m,
                                          const struct stet_key_view *f, const void *key, const void *value,
                                          enum stet_put_mode_ mode);
STET_API stet_result stet_sorted_edit_any_(const struct stet_tree_type *t, struct stet_tree *m,
                                           const struct stet_key_view *f, const void *key, void **value);
STET_API stet_result stet_sorted_update_any_(const struct stet_tree_type *t, struct stet_tree *m,
                                             const struct stet_key_view *f, const void *key, stet_sorted_update_fn *fn,
                                             void *context);
/*
 * Move the removed key and value, with their references, to *key_out and *value_out; if one of these pointers is NULL,
 * release that key or value.
 */
STET_API stet_result stet_sorted_erase_(const struct stet_tree_type *t, struct stet_tree *m,
                                        const struct stet_key_view *f, const void *key, void *value_out);
STET_API stet_result stet_sorted_pop_at_(const struct stet_tree_type *t, struct stet_tree *m, size_t rank,
                                         void *key_out, void *value_out);
/* Returns the number of entries before the key; with STET_SORTED_BEHIND_, it includes the entry of the key. */
STET_API size_t stet_sorted_rank_(const struct stet_tree_type *t, const struct stet_tree *m,
                                  const struct stet_key_view *f, const void *key, enum stet_sorted_side side);
/* Returns the number of entries in [from, to); NULL: no bound. *first: the rank of the first of them. */
STET_API size_t stet_sorted_range_(const struct stet_tree_type *t, const struct stet_tree *m,
                                   const struct stet_key_view *f, const void *from, const void *to, size_t *first);
/* Returns the number of strings that begin with the prefix. *first: the rank of the first of them; NULL: not wanted. */
STET_API size_t stet_sorted_prefix_(const struct stet_tree_type *t, const struct stet_tree *m,
                                    const struct stet_bytes *prefix, size_t *first);
/* Moves to the first entry not before the key, or to the first behind it, by `side`. */
STET_API void stet_sorted_seek_(const struct stet_tree_type *t, const struct stet_tree *m,
                                const struct stet_key_view *f, const void *key, enum stet_sorted_side side,
                                struct stet_sorted_cursor *it);
/* Calls fn for runs of the entries with ranks [first, end), until fn returns false. */
STET_API bool stet_sorted_runs_(const struct stet_tree_type *t, const struct stet_tree *m, size_t first, size_t end,
                                stet_sorted_run_fn *fn, void *context);
/* *out = the entries with ranks [first, end) of *in; out may be in. */
STET_API stet_result stet_sorted_slice_(const struct stet_tree_type *t, const struct stet_tree *in, size_t first,
                                        size_t end, struct stet_tree *out);
STET_API stet_result stet_sorted_erase_ranks_(const struct stet_tree_type *t, struct stet_tree *m, size_t first,
                                              size_t end);
STET_API stet_result stet_sorted_split_(const struct stet_tree_type *t, struct stet_tree *m,
                                        const struct stet_key_view *f, const void *key, struct stet_tree *back);
STET_API stet_result stet_sorted_join_(const struct stet_tree_type *t, struct stet_tree *m, const struct stet_tree *b);
STET_API stet_result stet_sorted_append_(const struct stet_tree_type *t, struct stet_tree *m,
                                         const struct stet_key_view *f, const void *key, const void *value);
STET_API stet_result stet_sorted_from_sorted_any_(const struct stet_tree_type *t, struct stet_tree *out,
                                                  const void *keys, const void *values, size_t n);
STET_API stet_result stet_sorted_set_many_any_(const struct stet_tree_type *t, struct stet_tree *m, const void *keys,
                                               const void *values, size_t n);
STET_API void stet_sorted_get_many_(const struct stet_tree_type *t, const struct stet_tree *m, const void *keys,
                                    size_t n, const void **values);
/*
 * Where found[i] is true afterwards, values[i] is a copy with a reference; elsewhere it is untouched. Returns how many
 * were found.
 */
STET_API size_t stet_sorted_load_many_(const struct stet_tree_type *t, const struct stet_tree *m, const void *keys,
                                       size_t n, void *values, bool *found);

/* In programs with checks: checks that the order of two keys does not contradict that of their words. */
STET_LOCAL_ void stet_sorted_check_pair_(const struct stet_tree_type *t, const void *a, const void *b)
{
    uint64_t x = t->element->word(a), y = t->element->word(b);
    int order = x != y ? t->element->compare(a, b) : 0;
    STET_CHECK_(x == y || (x < y ? order < 0 : order > 0), t->node.name, STET_RULE_WORD_);
}

/* The same for each two keys in a row; and for a new key and the keys that will be beside it in its leaf. */
STET_LOCAL_ void stet_sorted_check_words_(const struct stet_tree_type *t, const void *keys, size_t n)
{
    if (!STET_CHECKS_ || t->element->word == NULL)
        return;
    for (const char *key = (const char *)keys; n > 1; n--, key += t->size)
        stet_sorted_check_pair_(t, key, key + t->size);
}

STET_LOCAL_ void stet_sorted_check_word_(const struct stet_tree_type *t, const struct stet_tree *m,
                                         const struct stet_key_view *f, const void *key)
{
    const struct stet_tree_leaf *leaf = NULL;
    unsigned at = 0;
    if (!STET_CHECKS_ || f != NULL || t->element->word == NULL || m->root == 0)
        return;
    struct stet_wanted w = stet_sorted_want_(t, NULL, key);
    bool found = stet_sorted_find_(t, m, &w, &leaf, &at);
    if (at > 0)
        stet_sorted_check_pair_(t, stet_tree_element_(t, leaf, at - 1), key);
    if (!found && at < leaf->hi)
        stet_sorted_check_pair_(t, key, stet_tree_element_(t, leaf, at));
}

STET_INLINE stet_result stet_sorted_put_(const struct stet_tree_type *t, struct stet_tree *m,
                                         const struct stet_key_view *f, const void *key, const void *value,
                                         enum stet_put_mode_ mode)
{
    stet_node_check_(&t->node, m->root);
    stet_sorted_check_word_(t, m, f, key);
    return stet_sorted_put_any_(t, m, f, key, value, mode);
}

STET_INLINE stet_result stet_sorted_edit_(const struct stet_tree_type *t, struct stet_tree *m,
                                          const struct stet_key_view *f, const void *key, void **value)
{
    stet_node_check_(&t->node, m->root);
    stet_sorted_check_word_(t, m, f, key);
    return stet_sorted_edit_any_(t, m, f, key, value);
}

STET_INLINE stet_result stet_sorted_update_(const struct stet_tree_type *t, struct stet_tree *m,
                                            const struct stet_key_view *f, const void *key, stet_sorted_update_fn *fn,
                                            void *context)
{
    stet_node_check_(&t->node, m->root);
    stet_sorted_check_word_(t, m, f, key);
    return stet_sorted_update_any_(t, m, f, key, fn, context);
}

STET_INLINE stet_result stet_sorted_set_many_(const struct stet_tree_type *t, struct stet_tree *m, const void *keys,
                                              const void *values, size_t n)
{
    stet_sorted_check_words_(t, keys, n);
    return stet_sorted_set_many_any_(t, m, keys, values, n);
}

/* ---- folds (impl/tree.h), of types that have them ---- */

/* *fold = the fold of the entries with ranks [first, end). False: there are none. */
STET_API bool stet_sorted_fold_(const struct stet_tree_type *t, const struct stet_tree *m, size_t first, size_t end,
                                void *fold);
/*
 * Returns the rank of the first entry, from rank `first` on, at which `reached` returns true. `reached` gets the fold
 * of the entries from `first` on up to and including that entry. Returns the size if there is no such entry.
 */
STET_API size_t stet_sorted_select_(const struct stet_tree_type *t, const struct stet_tree *m, size_t first,
                                    stet_tree_reached_fn *reached, void *context);

/* fn returns the fate of an entry. STET_REPLACE_: fn has filled in *new_value. */
typedef enum stet_fate_ stet_sorted_transform_fn(void *context, const void *key, const void *value, void *new_value);
STET_API stet_result stet_sorted_transform_(const struct stet_tree_type *t, struct stet_tree *m,
                                            stet_sorted_transform_fn *fn, void *context);

/*
 * fn is called in order. a NULL: only b has the key; b NULL: only a has it; neither: the values differ. fn stops the
 * walk by returning false.
 */
typedef bool stet_sorted_diff_fn(void *context, const void *key, const void *a, const void *b);
STET_API bool stet_sorted_diff_(const struct stet_tree_type *t, const struct stet_tree *a, const struct stet_tree *b,
                                stet_sorted_diff_fn *fn, void *context);
/* Returns whether every key of a is in b, and, with `values`, whether it has an equal value there. */
STET_API bool stet_sorted_within_(const struct stet_tree_type *t, const struct stet_tree *a, const struct stet_tree *b,
                                  bool values);
typedef void stet_sorted_conflict_fn(void *context, const void *key, const void *a, const void *b, void *value);
/*
 * *m = the combination of a and b with the entries that `keep` names (enum stet_keep_); m may be a or b. fn NULL: a key
 * that both have gets its value in a.
 */
STET_API stet_result stet_sorted_combine_(const struct stet_tree_type *t, struct stet_tree *m,
                                          const struct stet_tree *a, const struct stet_tree *b, unsigned keep,
                                          stet_sorted_conflict_fn *fn, void *context);
STET_API stet_result stet_sorted_trim_(const struct stet_tree_type *t, struct stet_tree *m);

/* ---- handles ---- */

/* The handle that every generated sorted map and set wraps. {0} is empty. */
struct stet_sorted {
    struct stet_tree tree_;
};

STET_INLINE size_t stet_sorted_size_(const struct stet_sorted *m) { return m->tree_.size; }

STET_INLINE bool stet_sorted_identical_(const struct stet_sorted *a, const struct stet_sorted *b)
{
    return a->tree_.root == b->tree_.root;
}

STET_INLINE void stet_sorted_retain_(const struct stet_tree_type *t, const struct stet_sorted *m)
{
    stet_node_check_(&t->node, m->tree_.root);
    stet_node_retain_(m->tree_.root);
}

STET_INLINE void stet_sorted_drop_(const struct stet_tree_type *t, struct stet_sorted *m)
{
    stet_node_check_(&t->node, m->tree_.root);
    stet_ref old = m->tree_.root;
    memset(m, 0, sizeof *m);
    stet_node_drop_(&t->node, old);
}

STET_INLINE void stet_sorted_drop_later_(const struct stet_tree_type *t, struct stet_sorted *m)
{
    stet_node_check_(&t->node, m->tree_.root);
    stet_ref old = m->tree_.root;
    memset(m, 0, sizeof *m);
    stet_node_drop_later_(&t->node, old);
}

STET_INLINE size_t stet_sorted_unshared_bytes_(const struct stet_tree_type *t, const struct stet_sorted *m)
{
    return stet_node_unshared_bytes_(&t->node, m->tree_.root);
}

STET_API bool stet_sorted_equal_(const struct stet_tree_type *t, const struct stet_sorted *a,
                                 const struct stet_sorted *b);
STET_API uint64_t stet_sorted_hash_(const struct stet_tree_type *t, const struct stet_sorted *m, uint64_t seed);

/*
 * Ends a call of name_with() or its like: *out becomes *edited, and the old *out is dropped. After STET_NO_MEMORY *out
 * stays, and *edited is dropped.
 */
STET_INLINE stet_result stet_sorted_copy_out_(const struct stet_tree_type *t, stet_result result,
                                              struct stet_tree *edited, struct stet_tree *out)
{
    struct stet_tree old = result != STET_NO_MEMORY ? *out : *edited;
    if (result != STET_NO_MEMORY)
        *out = *edited;
    stet_node_drop_(&t->node, old.root);
    return result;
}

STET_INLINE stet_result stet_sorted_with_(const struct stet_tree_type *t, const struct stet_tree *in,
                                          struct stet_tree *out, const struct stet_key_view *f, const void *key,
                                          const void *value)
{
    if (in == out)
        return stet_sorted_put_(t, out, f, key, value, STET_PUT_SET_);
    stet_node_check_(&t->node, in->root);
    stet_node_retain_(in->root);
    struct stet_tree copy = *in;
    stet_result result = stet_sorted_put_(t, &copy, f, key, value, STET_PUT_SET_);
    return stet_sorted_copy_out_(t, result, &copy, out);
}

STET_INLINE stet_result stet_sorted_without_(const struct stet_tree_type *t, const struct stet_tree *in,
                                             struct stet_tree *out, const struct stet_key_view *f, const void *key)
{
    if (in == out)
        return stet_sorted_erase_(t, out, f, key, NULL);
    stet_node_check_(&t->node, in->root);
    stet_node_retain_(in->root);
    struct stet_tree copy = *in;
    stet_result result = stet_sorted_erase_(t, &copy, f, key, NULL);
    return stet_sorted_copy_out_(t, result, &copy, out);
}

/*
 * Makes *out a collection of these entries. The old *out is overwritten without a drop; *out may be one of the keys or
 * values.
 */
STET_INLINE stet_result stet_sorted_from_array_(const struct stet_tree_type *t, struct stet_tree *out, const void *keys,
                                                const void *values, size_t n)
{
    struct stet_tree made;
    memset(&made, 0, sizeof made);
    stet_result result = stet_sorted_set_many_(t, &made, keys, values, n);
    *out = made;
    return result;
}

STET_INLINE stet_result stet_sorted_from_sorted_(const struct stet_tree_type *t, struct stet_tree *out,
                                                 const void *keys, const void *values, size_t n)
{
    struct stet_tree made;
    memset(&made, 0, sizeof made);
    stet_sorted_check_words_(t, keys, n);
    stet_result result = stet_sorted_from_sorted_any_(t, &made, keys, values, n);
    *out = made;
    return result;
}

/* Calls fn for each entry until fn returns false. Returns false if fn did, else true. */
STET_INLINE bool stet_sorted_each_(const struct stet_tree_type *t, const struct stet_tree *m,
                                   bool (*fn)(void *call, const void *key, const void *value), void *call)
{
    struct stet_sorted_cursor it;
    for (stet_sorted_cursor_at_(t, m, 0, &it); it.leaf != NULL; stet_sorted_cursor_forth_(t, &it)) {
        const char *key = (const char *)stet_tree_element_(t, it.leaf, 0);
        const char *value = t->value_size != 0 ? stet_tree_value_(t, it.leaf, 0) : key;
        for (const char *end = key + (size_t)it.n * t->size; key != end; key += t->size, value += t->value_size)
            if (!fn(call, key, value))
                return false;
    }
    return true;
}

/* Moves to the first entry not before a key, or to the first behind it; back: to the entry in front of that. */
STET_INLINE void stet_sorted_place_(const struct stet_tree_type *t, const struct stet_tree *m,
                                    const struct stet_key_view *f, const void *key, enum stet_sorted_side side,
                                    bool back, struct stet_sorted_cursor *it)
{
    stet_sorted_seek_(t, m, f, key, side, it);
    if (back)
        stet_sorted_cursor_previous_(t, it);
}

STET_INLINE stet_result stet_sorted_erase_at_(const struct stet_tree_type *t, struct stet_tree *m, size_t rank,
                                              void *key_out, void *value_out)
{
    assert(rank < m->size);
    return rank < m->size ? stet_sorted_pop_at_(t, m, rank, key_out, value_out) : STET_FAILED;
}

/* Removes the entry of this rank, which exists unless the collection is empty. */
STET_INLINE stet_result stet_sorted_pop_(const struct stet_tree_type *t, struct stet_tree *m, size_t rank,
                                         void *key_out, void *value_out)
{
    return m->size > 0 ? stet_sorted_pop_at_(t, m, rank, key_out, value_out) : STET_UNCHANGED;
}

/* These have ranges by keys. from, to NULL: there is no bound. */
STET_INLINE size_t stet_sorted_count_(const struct stet_tree_type *t, const struct stet_tree *m,
                                      const struct stet_key_view *f, const void *from, const void *to)
{
    size_t first;
    return stet_sorted_range_(t, m, f, from, to, &first);
}

STET_INLINE stet_result stet_sorted_slice_range_(const struct stet_tree_type *t, const struct stet_tree *in,
                                                 struct stet_tree *out, const struct stet_key_view *f, const void *from,
                                                 const void *to)
{
    size_t first, n = stet_sorted_range_(t, in, f, from, to, &first);
    return stet_sorted_slice_(t, in, first, first + n, out);
}

STET_INLINE stet_result stet_sorted_slice_at_(const struct stet_tree_type *t, const struct stet_tree *in,
                                              struct stet_tree *out, size_t first, size_t end)
{
    assert(first <= end && end <= in->size);
    return first <= end && end <= in->size ? stet_sorted_slice_(t, in, first, end, out) : STET_FAILED;
}

STET_INLINE stet_result stet_sorted_erase_range_at_(const struct stet_tree_type *t, struct stet_tree *m, size_t first,
                                                    size_t end)
{
    assert(first <= end && end <= m->size);
    return first <= end && end <= m->size ? stet_sorted_erase_ranks_(t, m, first, end) : STET_FAILED;
}

STET_INLINE bool stet_sorted_range_each_at_(const struct stet_tree_type *t, const struct stet_tree *m, size_t first,
                                            size_t end, stet_sorted_run_fn *fn, void *context)
{
    assert(first <= end && end <= m->size);
    return first <= end && end <= m->size && stet_sorted_runs_(t, m, first, end, fn, context);
}

STET_INLINE stet_result stet_sorted_erase_range_(const struct stet_tree_type *t, struct stet_tree *m,
                                                 const struct stet_key_view *f, const void *from, const void *to)
{
    size_t first, n = stet_sorted_range_(t, m, f, from, to, &first);
    return stet_sorted_erase_ranks_(t, m, first, first + n);
}

STET_INLINE bool stet_sorted_range_each_(const struct stet_tree_type *t, const struct stet_tree *m,
                                         const struct stet_key_view *f, const void *from, const void *to,
                                         stet_sorted_run_fn *fn, void *context)
{
    size_t first, n = stet_sorted_range_(t, m, f, from, to, &first);
    return stet_sorted_runs_(t, m, first, first + n, fn, context);
}

/* Refers to a symbol named after the layout, so that a header does not link with a library of another layout. */
#if STET_TINY_NODES
#    define STET_SORTED_LAYOUT_ stet_sorted_layout_1_tiny
#else
#    define STET_SORTED_LAYOUT_ stet_sorted_layout_1
#endif
STET_API extern const char STET_SORTED_LAYOUT_;
__attribute__((__used__)) static const char *const stet_sorted_layout_check_ = &STET_SORTED_LAYOUT_;

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
