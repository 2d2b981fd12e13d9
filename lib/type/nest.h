/* SPDX-License-Identifier: MIT */
/*
 * type/nest.h - equality and hashes of collections whose elements are collections (STET_COLLECTION_), however deep they
 * are nested, on a stack of bounded size. Elements that have no collections as elements (STET_FLAT_) are compared and
 * hashed like all other elements.
 *
 * To compare or hash an element that is a collection, an operation calls the function of the element's type, which
 * calls list.c or map/diff.c with the collection's descriptor. Before that, the operation stores the element's address
 * in this thread's state (`direct`). So the call for this handle is known to be a part of the operation. Any other
 * call, which a user's function makes in between, begins an operation of its own.
 *
 *   equality  is a conjunction. Two elements that are too deep for the stack are assumed to be equal, and the outermost
 *             call compares them later, as a part of its result.
 *   hash      continues where it stopped: if an element of a collection must be hashed first, the place in the
 *             collection is kept in a frame.
 *
 * Frames and the list of elements to be compared later come from the pool. If there is no memory for them, the stack is
 * used.
 */
#ifndef STET_NEST_H
#define STET_NEST_H

#include <stet/str.h>

#include "base/hidden.h"

/* This many levels of nested collections are compared on the stack. They take some 3 KiB, or 20 KiB in debug builds. */
#define STET_NEST_DEEP 4

struct stet_nest_frame;
struct stet_nest_later;

/* The state of a thread. */
struct stet_nest {
    const void *direct;            /* the element of the current call; NULL: none */
    unsigned depth;                /* for equality: the number of calls on the stack */
    unsigned used;                 /* how many of `few` are in use */
    struct stet_nest_later *later; /* elements that equality left to the outermost call */
    struct stet_nest_frame *top;   /* the top frame of the current hash */
    struct stet_nest_frame *few;   /* frames on the stack of the outermost call */
};

STET_HIDDEN extern _Thread_local struct stet_nest stet_nest_ STET_THREAD_LOCAL_MODEL;

/* ---- equality ---- */

/* Leaves the comparison of a and b to the outermost call. False: no memory. */
STET_HIDDEN bool stet_nest_leave_(const struct stet_type *t, const void *a, const void *b);

/*
 * Called in a walk: returns whether two elements that are collections are equal. They may be assumed to be equal for
 * now.
 */
STET_INLINE bool stet_nest_equal(const struct stet_type *t, const void *a, const void *b)
{
    if (STET_UNLIKELY(stet_nest_.depth >= STET_NEST_DEEP) && stet_nest_leave_(t, a, b))
        return true;
    stet_nest_.direct = a;
    bool equal = t->equal(a, b);
    stet_nest_.direct = NULL; /* a collection without nested elements does not reset it */
    return equal;
}

/* Compares two collections whose type is `type`, and their elements by stet_nest_equal(). */
typedef bool stet_nest_walk_fn(const void *type, const void *a, const void *b);
/* Returns whether the collections a and b are equal. This is an outermost call, or a part of one. */
STET_HIDDEN bool stet_nest_walk_(stet_nest_walk_fn *walk, const void *type, const void *a, const void *b);

/* ---- hash ---- */

/* How elements are hashed with a certain seed, if their type is known only at run time: inline, or by a call. */
enum stet_hash_how { STET_HASH_CALL, STET_HASH_WORD, STET_HASH_STRING, STET_HASH_BYTES, STET_HASH_MIXED };

STET_INLINE enum stet_hash_how stet_hash_how(const struct stet_type *t, uint64_t seed)
{
    if (STET_UNLIKELY(seed != stet_hash_seed_at(0)))
        return STET_HASH_CALL;
    if (STET_LIKELY((t->flags & (STET_WORD | STET_WORD_HASH_)) != 0))
        return STET_HASH_WORD;
    if ((t->flags & STET_STRING) != 0)
        return STET_HASH_STRING;
    return t->hash == NULL ? STET_HASH_BYTES : (t->flags & STET_GOOD_HASH) == 0 ? STET_HASH_MIXED : STET_HASH_CALL;
}

/* stet_type_hash(), for use in a loop. how is the result of stet_hash_how(), which is called before the loop. */
STET_INLINE uint64_t stet_hash_each(const struct stet_type *t, const void *element, uint64_t seed,
                                    enum stet_hash_how how)
{
    if (how == STET_HASH_WORD) {
        uint64_t word;
        memcpy(&word, element, sizeof word);
        return stet_hash_word(word, seed);
    }
    if (how == STET_HASH_STRING)
        return stet_str_spread_(((const stet_str *)element)->hash_);
    if (how == STET_HASH_MIXED)
        return stet_hash_word(t->hash(element, seed), seed);
    return how == STET_HASH_BYTES ? stet_hash_bytes_fast_(element, t->size, seed) : stet_type_hash(t, element, seed);
}

/*
 * Continues the hash of a collection. True: the hash is complete, and *hash is the result. False: an element must be
 * hashed first; in the next call of this function *hash is the hash of that element.
 */
typedef bool stet_nest_step_fn(struct stet_nest_frame *f, uint64_t *hash);
/* Initialises the `place` of a frame. */
typedef void stet_nest_begin_fn(struct stet_nest_frame *f, const void *collection);

struct stet_nest_frame {
    stet_nest_step_fn *step;
    const void *type;
    uint64_t seed;
    struct stet_nest_frame *below;
    bool waits;                 /* for the hash of an element */
    _Alignas(8) char place[96]; /* the state of the step; bytes, so that it may be any struct */
};

/*
 * Called in a step: computes the hash, as collections use it, of an element that is a collection. False: the element
 * must be hashed first, so the step must return false. *hash is the argument of the step.
 */
STET_INLINE bool stet_nest_ask(struct stet_nest_frame *f, const struct stet_type *t, const void *element,
                               uint64_t *hash)
{
    if (!f->waits) {
        stet_nest_.direct = element;
        *hash = t->hash(element, f->seed);
        stet_nest_.direct = NULL;
        if (stet_nest_.top != f) { /* before the call f was the top */
            f->waits = true;
            return false;
        }
    }
    f->waits = false;
    *hash = stet_hash_word(*hash, f->seed); /* as stet_type_hash() does */
    return true;
}

/* Returns the hash of the collection. This is an outermost call, or a part of one. */
STET_HIDDEN uint64_t stet_nest_hash_(stet_nest_step_fn *step, const void *type, uint64_t seed,
                                     stet_nest_begin_fn *begin, const void *collection);

#endif
