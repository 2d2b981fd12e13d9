/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/tree.h - the nodes of the counted tree, which lists and sorted collections are made of.
 *
 * The tree is a counted B+-tree (Comer 1979); that of a list has radix shortcuts, after the relaxed radix trees of
 * Bagwell & Rompf (2011). An inner node has columns with a place for each child: the ref, how many elements are below
 * the children up to this one, and in a sorted collection a bound.
 *
 *   leaf      0          4    5    6     7   8, 16 or 32
 *             | refcount | lo | hi | cap | 0 | element[cap] | value[cap]
 *             room for `cap` elements; [lo, hi) are constructed; the values only where there are any
 *   inner     impl/node.h, with up to WIDTH children; a table has columns behind the room for `cap` children:
 *             bounded   | header 32 | child[cap] | 32 free | u64 bound[cap] | u32 sum[cap] | u64 wide[cap] | folds
 *             else      | header 32 | child[cap] | u32 sum[cap] | u64 wide[cap]
 *             sum[i]: elements in the children up to i, INT32_MAX from `slots` on
 *             wide[i]: the same, in nodes of kind 3 only, where sum is not used
 *             bound[i]: no key under the children up to i has a greater word (stet_tree_word_), and no key behind them
 *             has a smaller one; UINT64_MAX from the last child on
 *             folds: only where the type has them (struct stet_fold), aligned to 16: | u64 state | 8 free | T fold[cap]
 *             fold[i]: the fold of all entries below child i, if bit i of state is set (T7)
 *             aux: where keys are strings, how many bytes all keys of the node have in common; its bounds skip them
 *   ref       address | (cap / (WIDTH / 4) - 1) << 4 | 8 | kind: an inner node; in kinds 0 and 1 the bits of cap are 0
 *             address: a leaf;  0: nothing
 *
 *   kind      how element j of a node's subtree is found, full being what a full child holds (a power of two)
 *   0 radix   child j / full, and so on all the way down: no header is read
 *   1 offset  with v = j + aux: child v / full, and in it element v % full; in child 0 element j
 *   2 table   the first child whose sum is above j; in a bounded tree every node is of kind 2 or 3
 *   3 wide    the first child whose wide sum is above j: a table of more than NARROW_MAX elements
 *
 * Invariants beside R1-R6 of impl/node.h; a test walker checks them all (MIN = WIDTH / 4):
 *   T1  A leaf in the tree holds its elements from 0 on. It has at least leaf_min of them, on the two edges of the tree
 *       at least one.
 *   T2  An inner node has at least MIN children, on the two edges at least one. The root has at least two; if it has
 *       just two inner nodes, they have more than WIDTH / 2 children together.
 *   T3  Kinds 0 and 1: every child but the first and last is full, and if there is more than one child, the first holds
 *       full - aux. Kind 0: aux is 0 and every child is of kind 0 or a leaf. A table is of kind 3 if it has more than
 *       NARROW_MAX elements, else of kind 2.
 *   T4  No node knows its own size, nor the bound of its last child: both travel down from the handle.
 *   T5  A bound need not be the word of a key, and stays when keys are removed. Where words are exact, no key behind a
 *       bound has that word.
 *   T6  All keys under a node of strings begin with the same aux bytes; a new key that does not reduces aux.
 *   T7  If bit i of a node's state is set, fold[i] is the fold of all entries below child i. A reader that needs a fold
 *       which is not set computes and stores it: it first claims bit 32 + i, so that only one thread ever writes
 *       fold[i] of a shared node, and sets bit i last. An update clears both bits of each child that it changes or
 *       enters.
 * Where memory is short, nodes may have less than T1 and T2 ask for; the next structural change there restores both.
 */
#ifndef STET_IMPL_TREE_H
#define STET_IMPL_TREE_H

#include <stet/str.h>
#include <stet/impl/bytes.h>
#include <stet/impl/node.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* ---- geometry ---- */

#if STET_TINY_NODES
#    define STET_TREE_WIDTH_BITS 3
#    define STET_TREE_LEAF_BITS(size) 2
#else
#    define STET_TREE_WIDTH_BITS 5
/* 4 to 128 elements. */
#    define STET_TREE_LEAF_BITS(size)              \
        ((size) <= STET_TREE_LEAF_BYTES / 128  ? 7 \
         : (size) <= STET_TREE_LEAF_BYTES / 64 ? 6 \
         : (size) <= STET_TREE_LEAF_BYTES / 32 ? 5 \
         : (size) <= STET_TREE_LEAF_BYTES / 16 ? 4 \
         : (size) <= STET_TREE_LEAF_BYTES / 8  ? 3 \
                                               : 2)
#endif
#define STET_TREE_LEAF_BYTES 512 /* of elements in a full leaf */
#define STET_TREE_WIDTH (1u << STET_TREE_WIDTH_BITS)
/*
 * Tables have room for a multiple of CAP_STEP children: in a list for 1 or 4 steps, in a sorted collection for 2 to 4.
 */
#define STET_TREE_CAP_STEP (STET_TREE_WIDTH / 4)
/* The most elements of a table whose sums have 32 bits. */
#define STET_TREE_NARROW_MAX (STET_TINY_NODES ? 200 : INT32_MAX)

#define STET_TREE_CAP_MASK UINT64_C(0x30) /* of a ref */

enum stet_tree_kind { STET_TREE_RADIX = 0, STET_TREE_OFFSET = 1, STET_TREE_TABLE = 2, STET_TREE_WIDE = 3 };

struct stet_tree_leaf {
    uint32_t refcount;
    uint8_t lo, hi, cap;
    uint8_t zero;
};

STET_STATIC_ASSERT(sizeof(struct stet_tree_leaf) == 8, "words start at 8");

/*
 * How entries are folded: by an associative operation, which need not be commutative, on values of a type T. A node
 * keeps the fold of each of its children. (Cormen et al., Augmenting Data Structures; Hinze & Paterson 2006)
 */
struct stet_fold {
    uint32_t size; /* of T */
    /* *fold = the fold of n > 0 entries. */
    void (*lift)(const void *keys, const void *values, size_t n, void *fold);
    /* *fold = *fold combined with n folds, which come behind it. */
    void (*combine)(void *fold, const void *folds, size_t n);
};

typedef bool stet_tree_reached_fn(void *context, const void *fold);

#define STET_FOLD_MAX 64 /* bytes of T, at most */

/*
 * The descriptor of a tree: static const, one per generated type and translation unit. The first column of its leaves
 * has the elements of a list, or keys; the second one values.
 */
struct stet_tree_type {
    struct stet_node_type node;
    const struct stet_type *element;
    const struct stet_type *value; /* NULL: there is no second column */
    uint32_t size;                 /* of an element */
    uint32_t value_size;           /* 0: there is no second column */
    uint8_t data;      /* where a leaf's elements start: behind its header, or the links of dead leaves (node/node.c) */
    uint8_t leaf_bits; /* a leaf in the tree has room for 2^leaf_bits */
    uint8_t leaf_min;  /* T1 */
    bool bounded;      /* children have bounds */
    const struct stet_fold *fold; /* NULL: nodes keep no folds */
};

#define STET_TREE_DATA(counted, align) ((counted) ? 32 : (align) > 8 ? 16 : 8)

/* A range of the elements of a leaf. */
struct stet_tree_view {
    struct stet_tree_leaf *leaf;
    uint32_t lo, n;
};

#define STET_TREE_MAX (SIZE_MAX >> 16) /* elements of a tree */

/* {0} is empty. */
struct stet_tree {
    uint64_t height : 8; /* levels of inner nodes */
    uint64_t hint : 8;   /* of a list: see impl/list.h; of a sorted collection: the last new entry came at the end */
    uint64_t size : 48;
    stet_ref root;
};

STET_STATIC_ASSERT(sizeof(struct stet_tree) == 16, "a handle is two words");

STET_INLINE char *stet_tree_element_(const struct stet_tree_type *t, const struct stet_tree_leaf *leaf, size_t i)
{
    return (char *)(uintptr_t)leaf + t->data + i * t->size;
}

/* The i-th value: values follow the room for `cap` elements. */
STET_INLINE char *stet_tree_value_(const struct stet_tree_type *t, const struct stet_tree_leaf *leaf, size_t i)
{
    size_t at = t->data + (size_t)leaf->cap * t->size, align = t->value->align;
    return (char *)(uintptr_t)leaf + ((at + align - 1) & ~(align - 1)) + i * t->value_size;
}

STET_INLINE struct stet_tree_leaf *stet_tree_ref_leaf_(stet_ref r) { return (struct stet_tree_leaf *)(uintptr_t)r; }

/* Returns the last element below r (back), or the first; for leaves that hold no elements of other versions. */
STET_INLINE const void *stet_tree_edge_(const struct stet_tree_type *t, stet_ref r, bool back)
{
    while (stet_ref_is_inner_(r))
        r = stet_children_(stet_ref_inner_(r))[back ? stet_ref_inner_(r)->slots - 1u : 0];
    const struct stet_tree_leaf *l = stet_tree_ref_leaf_(r);
    return stet_tree_element_(t, l, back ? l->hi - 1u : 0);
}

STET_INLINE enum stet_tree_kind stet_tree_kind_of_(stet_ref r) { return (enum stet_tree_kind)(r & 3); }

/* Returns how many children the table r has room for. The ref has this number, so that a lookup reads no header. */
STET_INLINE size_t stet_tree_cap_(stet_ref r)
{
    return ((size_t)(r & STET_TREE_CAP_MASK) / 16 + 1) * STET_TREE_CAP_STEP;
}

/* Where columns start, in a table with room for `cap` children. */
STET_INLINE size_t stet_tree_bounds_start_(size_t cap) { return 64 + cap * sizeof(stet_ref); }

STET_INLINE size_t stet_tree_sums_start_(const struct stet_tree_type *t, size_t cap)
{
    return t->bounded ? stet_tree_bounds_start_(cap) + cap * sizeof(uint64_t)
                      : sizeof(struct stet_inner) + cap * sizeof(stet_ref);
}

/* The columns of the table r. */
STET_INLINE uint64_t *stet_tree_bounds_(stet_ref r)
{
    return (uint64_t *)(void *)((char *)stet_ref_inner_(r) + stet_tree_bounds_start_(stet_tree_cap_(r)));
}

STET_INLINE uint32_t *stet_tree_sums_(const struct stet_tree_type *t, stet_ref r)
{
    return (uint32_t *)(void *)((char *)stet_ref_inner_(r) + stet_tree_sums_start_(t, stet_tree_cap_(r)));
}

STET_INLINE uint64_t *stet_tree_wide_sums_(const struct stet_tree_type *t, stet_ref r)
{
    return (uint64_t *)(void *)(stet_tree_sums_(t, r) + stet_tree_cap_(r));
}

/* Where folds start in a table with room for `cap` children; in a type without folds, where its columns end. */
STET_INLINE size_t stet_tree_folds_start_(const struct stet_tree_type *t, size_t cap, bool wide)
{
    size_t sums_end =
        stet_tree_sums_start_(t, cap) + cap * (wide ? sizeof(uint32_t) + sizeof(uint64_t) : sizeof(uint32_t));
    return (sums_end + 15) & ~(size_t)15;
}

/* Returns how many elements are in front of child k of the table r. */
STET_INLINE size_t stet_tree_before_(const struct stet_tree_type *t, stet_ref r, unsigned k)
{
    if (k == 0)
        return 0;
    return STET_LIKELY(stet_tree_kind_of_(r) == STET_TREE_TABLE) ? stet_tree_sums_(t, r)[k - 1]
                                                                 : (size_t)stet_tree_wide_sums_(t, r)[k - 1];
}

/* log2 of the elements that a full child of a node on `level` (from 1, just above the leaves) holds. */
STET_INLINE unsigned stet_tree_shift_(const struct stet_tree_type *t, unsigned level)
{
    return t->leaf_bits + STET_TREE_WIDTH_BITS * (level - 1);
}

STET_INLINE const struct stet_type *stet_tree_element_type_(const struct stet_tree_type *t) { return t->element; }

/* ---- order ---- */

/* The part of an element that can be compared as a number: word(a) < word(b) only if a is before b. */
STET_INLINE uint64_t stet_tree_word_(const struct stet_type *t, const void *element)
{
    const uint64_t sign = UINT64_C(1) << 63;
    if ((t->flags & STET_STRING) != 0)
        return stet_str_word_((const stet_str *)element, 0);
    if ((t->flags & STET_ORDER_NUMBER_) == 0)
        return t->word != NULL ? t->word(element) : 0;
    if ((t->flags & STET_ORDER_FLOAT_) != 0)
        return t->size == 8 ? stet_double_rank_(element) : stet_float_rank_(element);
    bool is_signed = (t->flags & STET_ORDER_SIGNED_) != 0;
    if (t->size == 8) {
        uint64_t word;
        memcpy(&word, element, 8);
        return is_signed ? word ^ sign : word;
    }
    if (t->size == 4) {
        uint32_t word;
        memcpy(&word, element, 4);
        return is_signed ? (uint64_t)(int64_t)(int32_t)word ^ sign : word;
    }
    if (t->size == 2) {
        uint16_t word;
        memcpy(&word, element, 2);
        return is_signed ? (uint64_t)(int64_t)(int16_t)word ^ sign : word;
    }
    uint8_t word = *(const uint8_t *)element;
    return is_signed ? (uint64_t)(int64_t)(int8_t)word ^ sign : word;
}

/* Returns whether the keys are strings, so that a node skips the bytes that its keys have in common. */
STET_INLINE bool stet_tree_skips_(const struct stet_tree_type *t)
{
    return t->bounded && (t->element->flags & STET_STRING) != 0;
}

/* Returns whether elements have words; if they have none, all words are 0. */
STET_INLINE bool stet_tree_has_words_(const struct stet_type *t)
{
    return (t->flags & (STET_STRING | STET_ORDER_NUMBER_)) != 0 || t->word != NULL;
}

/* Returns whether elements with equal words are equal. */
STET_INLINE bool stet_tree_word_is_exact_(const struct stet_type *t) { return (t->flags & STET_ORDER_NUMBER_) != 0; }

/* ---- find ---- */

/* Returns how many of the WIDTH sums are at most j, which must be below one of them. */
STET_INLINE unsigned stet_sums_below_(const uint32_t *sum, uint32_t j)
{
#if defined(__AVX2__) && !STET_TINY_NODES
    return STET_TREE_WIDTH - stet_ints_above_32_(sum, (int)j);
#elif defined(__SSE2__) && !STET_TINY_NODES
    uint32_t above = stet_ints_above_(sum, sum + 8, (int)j) | stet_ints_above_(sum + 16, sum + 24, (int)j) << 16;
    return (unsigned)__builtin_ctz(above); /* sums ascend */
#else
    unsigned k = 0;
    while (k < STET_TREE_WIDTH && sum[k] <= j)
        k++;
    return k;
#endif
}

/*
 * The same for a table with room for 16 or 24 children. It reads no word behind these sums: folds may follow, which
 * other threads store at that time.
 */
STET_INLINE unsigned stet_sums_below_part_(const uint32_t *sum, size_t cap, uint32_t j)
{
#if defined(__SSE2__) && !STET_TINY_NODES
    uint32_t above = stet_ints_above_(sum, sum + 8, (int)j);
    if (cap > 16)
        above |= stet_ints_above_(sum + 16, sum + 16, (int)j) << 16;
    return (unsigned)__builtin_ctz(above); /* the sum of the last child is above j */
#else
    (void)cap;
    unsigned k = 0;
    while (sum[k] <= j)
        k++;
    return k;
#endif
}

/* Returns the child of the table r that has element j of r. *start, *end: the range of elements of that child. */
STET_INLINE unsigned stet_tree_search_(const struct stet_tree_type *t, stet_ref r, size_t j, size_t *start, size_t *end)
{
    unsigned k = 0;
    if (STET_LIKELY((r & (STET_TREE_CAP_MASK | 3)) == (STET_TREE_CAP_MASK | STET_TREE_TABLE))) {
        const char *n = (const char *)stet_ref_inner_(r) + stet_tree_sums_start_(t, STET_TREE_WIDTH);
        const uint32_t *sum = (const uint32_t *)(const void *)n;
        k = stet_sums_below_(sum, (uint32_t)j);
        *start = k != 0 ? sum[k - 1] : 0;
        *end = sum[k];
        return k;
    }
    if (t->bounded && stet_tree_kind_of_(r) == STET_TREE_TABLE)
        k = stet_sums_below_part_(stet_tree_sums_(t, r), stet_tree_cap_(r), (uint32_t)j);
    else
        while (stet_tree_before_(t, r, k + 1) <= j)
            k++;
    *start = stet_tree_before_(t, r, k);
    *end = stet_tree_before_(t, r, k + 1);
    return k;
}

/* ---- compiled ---- */

STET_API void stet_tree_free_leaf_(const struct stet_node_type *t, stet_ref leaf);
STET_API struct stet_leaf_shape stet_tree_describe_leaf_(const struct stet_node_type *t, stet_ref leaf);

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
