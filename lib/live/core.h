/* SPDX-License-Identifier: MIT */
/*
 * live/core.h - the live map's reads and writes of one leaf: one text, always-inline over a descriptor, which is
 * compiled for run-time descriptors (live.c) and for words (live/word.c). The structural steps are in live/shape.c.
 *
 * The drawing, the protocol and its rules L1-L9 are in stet/impl/live.h, the reclamation in era.h.
 */
#ifndef STET_LIVE_CORE_H
#define STET_LIVE_CORE_H

#include <stet/impl/live.h>
#include "reclaim/era.h"
#include "map/core.h"

#include "live/protocol.h"

/* A leaf is split when threads have had to wait for it this often. */
#define LIVE_HEAT 16
/* A leaf of this depth or more is not split for that reason: threads collide there at one key. */
#define LIVE_HOT_DEPTH 24

/* The tail of every node of a live map. */
struct live_tail {
    struct stet_retired retired;
    const struct stet_map_type *t;
    stet_ref ref; /* the node */
    uint64_t gen;
    uint32_t lock;  /* of an inner node; a leaf has it in `wide` */
    uint32_t waits; /* of a leaf: how often threads had to wait for it */
};

STET_STATIC_ASSERT(sizeof(struct live_tail) == 64, "as drawn");

/*
 * Keeps an entry that was replaced or removed, or the trie of a rehash leaf, or a node of it, until no thread can be
 * reading it.
 */
struct live_retired_entry {
    struct stet_retired retired;
    const struct stet_map_type *t;
    stet_ref root;                 /* the root of the retired trie, or the retired node; 0: an entry is retired */
    bool shell;                    /* whether to free that node's block alone: other nodes have its contents */
    bool key, value;               /* whether to release the entry's key, and its value */
    STET_ATOMIC_(uint8_t) reserve; /* enum live_reserve */
    /* The entry follows, at offset 64. */
};

/*
 * Each map of reference-counted elements has one retired entry in reserve, so that a removal succeeds when there is no
 * memory for another. When the entry has been freed, it is in reserve again. If the map was destroyed before, its block
 * is freed like any other.
 */
enum live_reserve { LIVE_NO_RESERVE, LIVE_RESERVE, LIVE_RESERVE_IN_USE };

#define RETIRED_ENTRY(s) ((char *)(s) + 64)
#define RETIRED_ENTRY_SIZE(t) (64 + (size_t)(t)->entry_size)

/*
 * The state of a call. Always-inline functions also get t and f as parameters, because these are constants there; the
 * members of this struct are not, because its address is passed to other functions.
 */
struct live_call {
    const struct stet_map_type *t;
    struct stet_live *m;
    const struct stet_key_view *f;
    const void *key;
    uint64_t hash;
    struct stet_thread *h;
    uint64_t era;
    /* The key to be stored, made from the key view f; NULL: not made yet, or f is NULL. */
    void *made;
    struct live_retired_entry *retired_entry; /* memory for what is replaced or removed */
};

/* A step returns one of these, or a stet_result. They say how to begin anew. */
enum {
    LIVE_AGAIN = -1,    /* from the root, after a pause: another thread is in the way */
    LIVE_MAKE_KEY = -2, /* from the root, after a key was made from the key view */
    LIVE_STEP = -3,     /* from the root, at once: the caller or another thread has changed the tree */
};

/*
 * `quick`, below, is a constant. If it is true, the attempt gives up, with nothing done, where more is needed than to
 * read or write one leaf. Such an attempt calls no function, so that the state of the call stays in registers: 4 to 20
 * % faster.
 */

/*
 * Prepares the next attempt from the root. If the clock has advanced, it enters the current era; otherwise it pauses if
 * another thread is in the way.
 */
STET_INLINE void live_retry(struct live_call *c, bool in_the_way, unsigned *attempt)
{
    if (!stet_era_is_(c->era))
        c->era = stet_era_set_(c->h);
    else if (in_the_way)
        stet_relax_((*attempt)++);
}

/* ---- nodes ---- */

STET_INLINE size_t live_leaf_size(const struct stet_map_type *t)
{
    return pool_node_size(16 + (size_t)t->fp_size + (size_t)t->leaf_max * t->entry_size + sizeof(struct live_tail));
}

STET_INLINE struct live_tail *live_leaf_tail(const struct stet_map_type *t, const struct stet_leaf *l)
{
    return (struct live_tail *)((uintptr_t)l + live_leaf_size(t) - sizeof(struct live_tail));
}

STET_INLINE struct live_tail *live_inner_tail(const struct stet_inner *n)
{
    return (struct live_tail *)((uintptr_t)n + (size_t)n->units * POOL_UNIT - sizeof(struct live_tail));
}

STET_INLINE struct live_tail *live_tail(const struct stet_map_type *t, stet_ref r)
{
    return stet_ref_is_inner_(r) ? live_inner_tail(stet_ref_inner_(r)) : live_leaf_tail(t, stet_ref_leaf_(r));
}

STET_INLINE uint32_t *live_lock_word(stet_ref r)
{
    return stet_ref_is_inner_(r) ? &live_inner_tail(stet_ref_inner_(r))->lock : &stet_ref_leaf_(r)->wide;
}

/* ---- shared bytes: copied in pieces that are read and written whole ---- */

#define LIVE_COPY_(to, from, n, T, read, write)                                 \
    for (size_t at_ = 0; at_ < (n); at_ += sizeof(T)) {                         \
        const T *from_ = (const T *)(const void *)((const char *)(from) + at_); \
        T *to_ = (T *)(void *)((char *)(to) + at_);                             \
        T one_ = read;                                                          \
        write;                                                                  \
    }

typedef uint64_t __attribute__((__may_alias__)) live_u64;
typedef uint32_t __attribute__((__may_alias__)) live_u32;

STET_INLINE void live_read(void *to, const void *from, size_t n)
{
    if ((((uintptr_t)from | (uintptr_t)to | n) & 7) == 0) {
        LIVE_COPY_(to, from, n, live_u64, STET_LOAD_(*from_, RELAXED), *to_ = one_)
    } else if ((((uintptr_t)from | (uintptr_t)to | n) & 3) == 0) {
        LIVE_COPY_(to, from, n, live_u32, STET_LOAD_(*from_, RELAXED), *to_ = one_)
    } else {
        LIVE_COPY_(to, from, n, unsigned char, STET_LOAD_(*from_, RELAXED), *to_ = one_)
    }
}

STET_INLINE void live_put(void *to, const void *from, size_t n)
{
    if ((((uintptr_t)from | (uintptr_t)to | n) & 7) == 0) {
        LIVE_COPY_(to, from, n, live_u64, *from_, STET_STORE_(*to_, one_, RELAXED))
    } else if ((((uintptr_t)from | (uintptr_t)to | n) & 3) == 0) {
        LIVE_COPY_(to, from, n, live_u32, *from_, STET_STORE_(*to_, one_, RELAXED))
    } else {
        LIVE_COPY_(to, from, n, unsigned char, *from_, STET_STORE_(*to_, one_, RELAXED))
    }
}

STET_INLINE void live_put_element(const struct stet_type *t, char *to, const void *from)
{
    if (t->flags & STET_WORD)
        STET_STORE_(*(live_u64 *)(void *)to, *(const live_u64 *)from, RELAXED);
    else
        live_put(to, from, t->size);
}

STET_INLINE void live_set_fingerprint(const struct stet_leaf *l, unsigned i, uint8_t fingerprint)
{
    STET_STORE_(stet_leaf_fp_(l)[i], fingerprint, RELAXED);
}

/* stet_leaf_match_() for a leaf that other threads may be changing at this moment. */
STET_INLINE uint32_t live_match(const struct stet_leaf *l, unsigned fp_size, uint8_t fingerprint)
{
    const live_u64 *fp = (const live_u64 *)(const void *)stet_leaf_fp_(l);
    uint32_t hits = 0;
    for (unsigned i = 0; i < fp_size / 16; i++) {
        const stet_words_16_ v = {STET_LOAD_(fp[2 * i], RELAXED), STET_LOAD_(fp[2 * i + 1], RELAXED)};
        hits |= stet_bytes_match_(v, fingerprint) << (16 * i);
    }
    return hits;
}

/* ---- walking ---- */

#define LIVE_MOVED ((stet_ref)1) /* no ref: the clock has advanced */

/*
 * Walks down to the leaf that this hash leads to. Returns that leaf, or 0 if the hash leads to a gap of *above, or
 * LIVE_MOVED if the clock has advanced.
 */
STET_INLINE stet_ref live_walk(const struct stet_live *m, uint64_t bits, uint64_t era, struct stet_inner **above)
{
    /* Acquire pairs with the release of the thread that put the node there: the node is whole. */
    stet_ref r = STET_LOAD_(m->root, ACQUIRE);
    struct stet_inner *n;
    do {
        if (!stet_era_is_(era))
            return LIVE_MOVED;
        n = stet_ref_inner_(r);
        r = STET_LOAD_(stet_children_(n)[stet_trie_step_(r, &bits)], ACQUIRE);
    } while (stet_ref_is_inner_(r));
    *above = n;
    return stet_era_is_(era) ? r : LIVE_MOVED;
}

/* ---- reading ---- */

/* Prefetches the entries and the tail while the first line, which has the lock and the fingerprints, is on its way. */
STET_INLINE void live_prefetch(const struct stet_leaf *l, size_t end)
{
    for (size_t line = 64; line < end && line <= STET_MAP_LEAF_BYTES; line += 64)
        __builtin_prefetch((const char *)l + line);
}

/* live_read_leaf() for a rehash leaf. */
STET_HIDDEN int stet_live_read_rehash_(const struct live_call *c, const struct stet_leaf *l, uint32_t seen,
                                       void *value);

/*
 * Returns STET_CHANGED if the key is there, STET_UNCHANGED if it is not, or LIVE_AGAIN. seen is from live_read_begin().
 */
STET_INLINE int live_read_leaf(const struct stet_map_type *t, const struct stet_key_view *f, const struct live_call *c,
                               const struct stet_leaf *l, uint32_t seen, void *value, bool quick)
{
    for (uint32_t hits = live_match(l, t->fp_size, stet_leaf_fingerprint_(c->hash)); hits != 0; hits &= hits - 1) {
        const char *e = stet_leaf_entry_(t, l, (size_t)__builtin_ctz(hits));
        if (f == NULL && t->key->flags & STET_WORD) {
            if (STET_LOAD_(*(const live_u64 *)(const void *)e, RELAXED) != *(const live_u64 *)c->key)
                continue;
        } else {
            _Alignas(16) char key[STET_ENTRY_MAX];
            live_read(key, e, t->key->size);
            if (!live_is_still(&l->wide, seen))
                return LIVE_AGAIN;
            if (!stet_map_equal_key_(t, f, key, c->key))
                continue;
        }
        if (t->value->flags & STET_WORD) {
            uint64_t word = STET_LOAD_(*(const live_u64 *)(const void *)(e + t->value_offset), RELAXED);
            if (!live_is_still(&l->wide, seen))
                return LIVE_AGAIN;
            if (value != NULL)
                memcpy(value, &word, sizeof word);
            return STET_CHANGED;
        }
        _Alignas(16) char copy[STET_ENTRY_MAX];
        if (value != NULL)
            live_read(copy, e + t->value_offset, t->value->size);
        if (!live_is_still(&l->wide, seen))
            return LIVE_AGAIN; /* *value is not written yet, because the key may turn out to be absent */
        if (value != NULL)
            memcpy(value, copy, t->value->size);
        if (value != NULL && t->value->retain != NULL)
            t->value->retain(value); /* a thread that removes the value now releases it after this walk has ended */
        return STET_CHANGED;
    }
    if (STET_UNLIKELY(l->kind != STET_LEAF_PLAIN))
        return quick ? LIVE_AGAIN : stet_live_read_rehash_(c, l, seen, value);
    return live_is_still(&l->wide, seen) ? STET_UNCHANGED : LIVE_AGAIN;
}

/* L4: returns whether this hash leads to a gap of n, and n is neither locked nor dead. */
STET_HIDDEN bool stet_live_gap_(const struct stet_inner *n, uint64_t hash, const struct stet_live *m, uint64_t era);

STET_INLINE int live_load_once(const struct stet_map_type *t, const struct stet_key_view *f, const struct live_call *c,
                               void *value, bool quick)
{
    struct stet_inner *above;
    uint32_t seen;
    stet_ref r = live_walk(c->m, c->hash, c->era, &above);
    if (STET_UNLIKELY(r <= LIVE_MOVED))
        return !quick && r == 0 && stet_live_gap_(above, c->hash, c->m, c->era) ? STET_UNCHANGED : LIVE_AGAIN;
    const struct stet_leaf *l = stet_ref_leaf_(r);
    live_prefetch(l, live_leaf_size(t) - sizeof(struct live_tail));
    return live_read_begin(&l->wide, &seen) ? live_read_leaf(t, f, c, l, seen, value, quick) : LIVE_AGAIN;
}

STET_INLINE int live_load_quick(const struct stet_map_type *t, struct stet_live *m, const void *key, void *value)
{
    struct live_call c = {.t = t, .m = m, .h = stet_thread_mine_, .key = key};
    if (STET_UNLIKELY(c.h == NULL))
        return LIVE_AGAIN;
    c.hash = stet_map_hash_key_(t, NULL, key, 0);
    if (STET_UNLIKELY(!stet_era_try_enter_(c.h, &c.era)))
        return LIVE_AGAIN;
    int found = live_load_once(t, NULL, &c, value, true);
    stet_era_end_(c.h);
    return found;
}

STET_INLINE bool live_load(const struct stet_map_type *t, struct stet_live *m, const struct stet_key_view *f,
                           const void *key, void *value)
{
    struct live_call c = {.t = t, .m = m, .f = f, .key = key, .hash = stet_map_hash_key_(t, f, key, 0)};
    c.h = stet_era_enter_(&c.era);
    int found;
    for (unsigned attempt = 0;;) {
        found = live_load_once(t, f, &c, value, false);
        if (STET_LIKELY(found != LIVE_AGAIN))
            break;
        live_retry(&c, true, &attempt);
    }
    stet_era_leave_(c.h);
    return found == STET_CHANGED;
}

/* ---- writing ---- */

/*
 * Structural steps, in live/shape.c. The leaf that a step gets is locked, and of generation g; the step unlocks it. If
 * nothing else is said, a step returns LIVE_AGAIN, LIVE_STEP or STET_NO_MEMORY.
 */
/* Replaces those nodes on the path of the call's key that are not of generation g by copies of generation g. */
STET_HIDDEN int stet_live_freshen_(struct live_call *c, uint64_t g);
/*
 * Does one step to make room for the key at a full leaf, or at a rehash leaf of another hash. alike: all new keys have
 * the call's hash. If the leaf's entries have that hash, too, the step makes a rehash leaf, because splits would not
 * help.
 */
STET_HIDDEN int stet_live_split_(struct live_call *c, struct stet_leaf *l, uint64_t g, bool alike);
/* Joins a leaf that has become small with its neighbours, unless another thread is in the way. */
STET_HIDDEN void stet_live_join_(struct live_call *c, struct stet_leaf *l, uint64_t g);
/*
 * Puts a gap in the place of a leaf whose last entry is about to be removed. STET_CHANGED: this is done, and the leaf's
 * references to the entry belong to the caller.
 */
STET_HIDDEN int stet_live_empty_(struct live_call *c, struct stet_leaf *l, uint64_t g);
/* Do a write at a gap of `above`, and at a rehash leaf. */
STET_HIDDEN int stet_live_write_gap_(struct live_call *c, struct stet_inner *above, struct stet_write *w);
STET_HIDDEN int stet_live_write_rehash_(struct live_call *c, struct stet_leaf *l, uint64_t g, struct stet_write *w);

/* Adds `more` to the number of entries, in generation g. */
STET_INLINE void live_count(const struct live_call *c, uint64_t g, int64_t more)
{
    /* Relaxed: a thread that needs the exact sum has waited until this write was over. */
    uint32_t i = c->h->number - 1;
    if (STET_LIKELY(i < STET_LIVE_OWN_CELLS)) {
        STET_ATOMIC_(int64_t) *own = &c->m->cell[i].entries[g & 1];
        STET_STORE_(*own, STET_LOAD_(*own, RELAXED) + more, RELAXED);
    } else {
        i = STET_LIVE_OWN_CELLS + i % STET_LIVE_SHARED_CELLS;
        (void)STET_ADD_(c->m->cell[i].entries[g & 1], more, RELAXED);
    }
}

/* Counts the weights of those elements that this retired entry will release (STET_TYPE_REF_WEIGHED). */
STET_HIDDEN void stet_live_weigh_(const struct live_call *c, const struct live_retired_entry *s);

/*
 * Moves the bytes of an entry to the call's retired entry, which will release the value and, if `key` is true, the key.
 */
STET_INLINE void live_discard(const struct stet_map_type *t, struct live_call *c, const struct stet_leaf *l,
                              const char *e, bool key)
{
    struct live_retired_entry *s = t->node.has_refs ? c->retired_entry : NULL;
    if (s == NULL)
        return;
    c->retired_entry = NULL;
    s->key = key && t->key->release != NULL;
    s->value = t->value->release != NULL;
    memcpy(RETIRED_ENTRY(s), e, t->entry_size);
    if (STET_UNLIKELY(t->value->weight != NULL || (key && t->key->weight != NULL)))
        stet_live_weigh_(c, s);
    s->retired.born = live_leaf_tail(t, l)->retired.born;
    stet_retire_(c->h, &s->retired);
}

/* Writes a new entry and retains its elements. A key that was made from a key view is moved instead. */
STET_INLINE void live_fill(const struct stet_map_type *t, const struct stet_key_view *f, struct live_call *c, char *e,
                           const void *value)
{
    live_put_element(t->key, e, f != NULL ? c->made : c->key);
    if (f != NULL)
        c->made = NULL;
    else if (t->key->retain != NULL)
        t->key->retain(c->key);
    live_put_element(t->value, e + t->value_offset, value);
    if (t->value->retain != NULL)
        t->value->retain(value);
}

/* Removes entry i of a locked leaf of this generation: the last entry takes its place. */
STET_INLINE void live_take_out(const struct stet_map_type *t, struct stet_leaf *l, unsigned i)
{
    unsigned last = l->n - 1u;
    if (i != last)
        live_put(stet_leaf_entry_(t, l, i), stet_leaf_entry_(t, l, last), t->entry_size);
    live_set_fingerprint(l, i, stet_leaf_fp_(l)[last]);
    live_set_fingerprint(l, last, 0);
    l->n = (uint8_t)last;
}

/* ---- edits of a locked leaf of generation g: what is removed or replaced goes to the call's retired entry ---- */

/* Adds an entry, for which there is room. */
STET_INLINE void live_add(const struct stet_map_type *t, const struct stet_key_view *f, struct live_call *c,
                          struct stet_leaf *l, uint64_t g, const void *value)
{
    live_fill(t, f, c, stet_leaf_entry_(t, l, l->n), value);
    live_set_fingerprint(l, l->n, stet_leaf_fingerprint_(c->hash));
    l->n++;
    live_count(c, g, 1);
}

STET_INLINE void live_delete(const struct stet_map_type *t, struct live_call *c, struct stet_leaf *l, uint64_t g,
                             unsigned i)
{
    live_discard(t, c, l, stet_leaf_entry_(t, l, i), true);
    live_take_out(t, l, i);
    live_count(c, g, -1);
}

/* Replaces the value of this entry. */
STET_INLINE void live_replace(const struct stet_map_type *t, struct live_call *c, const struct stet_leaf *l, char *e,
                              const void *value)
{
    live_discard(t, c, l, e, false);
    live_put_element(t->value, e + t->value_offset, value);
    if (t->value->retain != NULL)
        t->value->retain(value);
}

/* ---- generations of leaves ---- */

/* While generations are below this, the tag in a leaf's first line is the leaf's whole generation. */
#define LIVE_TAGS ((uint64_t)UINT16_MAX + 1)

/* Returns whether the locked leaf may be written in generation g. */
STET_INLINE bool live_is_fresh(const struct stet_map_type *t, const struct stet_leaf *l, uint64_t g)
{
    const struct live_tail *tail = live_leaf_tail(t, l);
    return STET_LIKELY(l->tag == g % LIVE_TAGS) && (STET_LIKELY(g < LIVE_TAGS) || tail->gen == g) &&
           (!t->node.has_refs || STET_LIKELY(STET_LOAD_(tail->retired.born, RELAXED) > stet_era_stalled_()));
}

/*
 * Called for a locked leaf for which the caller had to wait. Returns whether this happens often, and a split may help.
 */
STET_INLINE bool live_is_hot(const struct stet_map_type *t, const struct stet_leaf *l)
{
    struct live_tail *tail = live_leaf_tail(t, l);
    if (++tail->waits < LIVE_HEAT || l->n == 1 || l->depth >= LIVE_HOT_DEPTH)
        return false;
    tail->waits = 0;
    return true;
}

STET_INLINE int live_give_up(struct stet_leaf *l)
{
    live_unlock_same(&l->wide);
    return LIVE_AGAIN;
}

STET_INLINE int live_insert(const struct stet_map_type *t, const struct stet_key_view *f, struct live_call *c,
                            struct stet_leaf *l, uint64_t g, const void *value, bool quick)
{
    if (STET_UNLIKELY(l->n == t->leaf_max))
        return quick ? live_give_up(l) : stet_live_split_(c, l, g, true);
    if (f != NULL && c->made == NULL) {
        live_unlock_same(&l->wide);
        return LIVE_MAKE_KEY;
    }
    live_add(t, f, c, l, g, value);
    live_unlock(&l->wide);
    return STET_CHANGED;
}

STET_INLINE int live_remove(const struct stet_map_type *t, struct live_call *c, struct stet_leaf *l, uint64_t g,
                            unsigned i, struct stet_write *w, bool quick)
{
    if (!quick && STET_UNLIKELY(l->n == 1)) {
        int emptied = stet_live_empty_(c, l, g);
        if (emptied == STET_CHANGED) {
            live_discard(t, c, l, stet_leaf_entry_(t, l, 0), true);
            live_count(c, g, -1);
        } else {
            stet_write_undo_(t->value, w);
        }
        return emptied;
    }
    live_delete(t, c, l, g, i);
    if (!quick && STET_UNLIKELY(l->n <= t->leaf_max / 4u))
        stet_live_join_(c, l, g);
    else
        live_unlock(&l->wide);
    return STET_CHANGED;
}

/* Does a write at a leaf. */
STET_INLINE int live_write_leaf(const struct stet_map_type *t, const struct stet_key_view *f, struct live_call *c,
                                struct stet_leaf *l, struct stet_write *w, bool quick)
{
    bool waited = false;
    uint64_t g;
    live_prefetch(l, live_leaf_size(t) - (t->node.has_refs ? 0 : sizeof(struct live_tail)));
    if (STET_UNLIKELY(quick ? !live_try_lock_leaf(&l->wide, &c->m->gen, &g)
                            : !live_lock_leaf(&l->wide, &c->m->gen, &g, &waited)))
        return quick ? LIVE_AGAIN : LIVE_STEP;
    if (STET_UNLIKELY(!live_is_fresh(t, l, g))) {
        live_unlock_same(&l->wide);
        return quick ? LIVE_AGAIN : stet_live_freshen_(c, g);
    }
    if (quick && STET_UNLIKELY(l->kind != STET_LEAF_PLAIN || (stet_write_removes_(w) && l->n <= t->leaf_max / 4u + 1)))
        return live_give_up(l);
    if (STET_UNLIKELY(l->kind != STET_LEAF_PLAIN))
        return stet_live_write_rehash_(c, l, g, w);
    if (STET_UNLIKELY(waited) && live_is_hot(t, l)) {
        (void)stet_live_split_(c, l, g, false); /* if there is no memory, the leaf stays as it is */
        return LIVE_STEP;
    }
    int i = stet_leaf_find_(t, f, l, c->hash, c->key);
    char *e = i >= 0 ? stet_leaf_entry_(t, l, (size_t)i) : NULL;
    enum stet_verdict verdict = stet_write_decide_(t->value, w, e != NULL ? e + t->value_offset : NULL);
    if (verdict < STET_VERDICT_PUT) {
        live_unlock_same(&l->wide);
        return (int)verdict;
    }
    if (verdict == STET_VERDICT_REMOVE)
        return live_remove(t, c, l, g, (unsigned)i, w, quick);
    if (e == NULL)
        return live_insert(t, f, c, l, g, w->value, quick);
    live_replace(t, c, l, e, w->value);
    live_unlock(&l->wide);
    return STET_CHANGED;
}

STET_HIDDEN struct live_retired_entry *stet_live_retired_entry_new_(const struct stet_map_type *t);
STET_HIDDEN void stet_live_retired_entry_free_(struct live_retired_entry *s);

/* Frees the retired entry and the key if the call has not used them. */
STET_INLINE void live_spares_free(const struct stet_map_type *t, const struct live_call *c)
{
    if (c->retired_entry != NULL)
        stet_live_retired_entry_free_(c->retired_entry);
    if (c->made != NULL && t->key->release != NULL)
        t->key->release(c->made);
}

STET_INLINE int live_write_once(const struct stet_map_type *t, const struct stet_key_view *f, struct live_call *c,
                                struct stet_write *w, bool quick)
{
    struct stet_inner *above;
    stet_ref r = live_walk(c->m, c->hash, c->era, &above);
    if (STET_UNLIKELY(r == LIVE_MOVED || (quick && r == 0)))
        return LIVE_AGAIN;
    stet_write_begin_(c->h);
    int result =
        STET_LIKELY(r != 0) ? live_write_leaf(t, f, c, stet_ref_leaf_(r), w, quick) : stet_live_write_gap_(c, above, w);
    stet_write_end_(c->h);
    return result;
}

/* A quick attempt, for types that are not reference-counted: nothing is retired. */
STET_INLINE int live_write_quick(const struct stet_map_type *t, struct stet_live *m, struct stet_write *w)
{
    struct live_call c = {.t = t, .m = m, .h = stet_thread_mine_, .key = w->key};
    if (STET_UNLIKELY(c.h == NULL))
        return LIVE_AGAIN;
    c.hash = stet_map_hash_key_(t, NULL, w->key, 0);
    if (STET_UNLIKELY(!stet_era_try_enter_(c.h, &c.era)))
        return LIVE_AGAIN;
    int result = live_write_once(t, NULL, &c, w, true);
    stet_era_end_(c.h);
    return result;
}

/* Called when live_write() found no memory: tries again. */
STET_HIDDEN stet_result stet_live_write_again_(const struct stet_map_type *t, struct stet_live *m,
                                               struct stet_write *w);

/* `retired_entry`: NULL, or one that the call may use, and frees if it does not. */
STET_INLINE stet_result live_try_write(const struct stet_map_type *t, struct stet_live *m, struct stet_write *w,
                                       struct live_retired_entry *retired_entry)
{
    _Alignas(STET_MAX_ALIGN) char made[STET_ENTRY_MAX]; /* memory for a key that is made from a key view */
    const struct stet_key_view *f = stet_view_of_(t->key, w->view);
    struct live_call c = {.t = t, .m = m, .f = f, .key = w->key, .hash = stet_map_hash_key_(t, f, w->key, 0)};
    c.retired_entry = retired_entry;
    if (retired_entry == NULL &&
        (stet_write_removes_(w) ? t->node.has_refs : t->value->release != NULL && w->op != STET_WRITE_ADD) &&
        (c.retired_entry = stet_live_retired_entry_new_(t)) == NULL)
        return STET_NO_MEMORY;
    c.h = stet_era_enter_(&c.era);
    int result;
    for (unsigned attempt = 0;;) {
        result = live_write_once(t, f, &c, w, false);
        if (STET_LIKELY(result >= 0))
            break;
        if (f != NULL && result == LIVE_MAKE_KEY) {
            if (!f->make(made, w->key)) {
                result = STET_NO_MEMORY;
                break;
            }
            c.made = made;
        }
        live_retry(&c, result == LIVE_AGAIN, &attempt);
    }
    stet_era_leave_(c.h);
    live_spares_free(t, &c);
    stet_node_drain(&t->node);
    stet_era_reclaim_if_due_(c.h, ERA_EACH);
    return (stet_result)result;
}

STET_INLINE stet_result live_write(const struct stet_map_type *t, struct stet_live *m, struct stet_write *w)
{
    stet_result result = live_try_write(t, m, w, NULL);
    return STET_LIKELY(result != STET_NO_MEMORY) ? result : stet_live_write_again_(t, m, w);
}

#endif
