/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/atom.h - guards, readers, and the compiled functions of atoms. impl/hazard.h has the drawing and the rules.
 *
 *   guard    version, slot      the version is in the slot, one of seven of the thread; without a slot it is pinned
 *   reader   state, version, h   the version is in slot 0 of a thread record of the reader's own, h; without a record
 *                               (-Datom=locked) it is pinned
 */
#ifndef STET_IMPL_ATOM_H
#define STET_IMPL_ATOM_H

#include <stet/impl/hazard.h>
#include <stet/impl/misuse.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

struct stet_guard {
    struct stet_published *published; /* NULL: the guard holds nothing */
    stet_slot *slot;
};

struct stet_reader {
    struct stet_atom_state *state;
    struct stet_published *published;
    struct stet_thread *h;
};

/* Describes the oldest replaced version that a thread holds, and that thread: atom.h. */
struct stet_holder {
    int32_t thread;   /* the thread that acquired it: gettid() on Linux, GetCurrentThreadId() on Windows, elsewhere
                         a number that the library has given it; 0: unknown (a guard without a slot) */
    uint64_t version; /* the number of that version */
    uint64_t age;     /* ns since that version was published, with a resolution of a few milliseconds */
};

/*
 * Edits a copy of the current version, for which the caller has counted a reference. STET_CHANGED: the copy is
 * published. Other results: the copy is dropped, and the update ends.
 */
typedef stet_result stet_atom_update_fn(void *context, void *handle);

STET_INLINE void *stet_published_handle_(const struct stet_published *published)
{
    return (void *)(uintptr_t)((const char *)published + sizeof *published);
}

STET_STATIC_ASSERT(sizeof(struct stet_published) % 16 == 0, "handles are aligned to 16");

/*
 * Returns the state of an atom that is in use. The memory of an atom that was never initialized may contain anything.
 * The check detects an address that is not an atom state's, if the address can be read at all.
 */
STET_INLINE struct stet_atom_state *stet_atom_state_of_(struct stet_atom_state *state, const char *atom)
{
    STET_CHECK_(state != NULL && (uintptr_t)state % __alignof__(struct stet_atom_state) == 0 &&
                    STET_LOAD_(state->root, RELAXED) != STET_NO_VERSION_,
                atom, STET_RULE_INIT_);
    (void)atom;
    return state;
}

/* ---- guards ---- */

/* Returns whether the guard holds a version: the version is in the guard's slot, or is pinned. */
STET_INLINE bool stet_guard_is_held_(const struct stet_guard *g)
{
    if (g->slot != NULL)
        return STET_LOAD_(*g->slot, RELAXED) == g->published;
    uint32_t pins = g->published != NULL ? STET_LOAD_(g->published->pins, RELAXED) : 0;
    return pins != 0 && pins != STET_POISON_;
}

STET_API struct stet_guard stet_guard_acquire_slow_(struct stet_atom_state *state);
STET_API void stet_guard_release_slow_(struct stet_published *published);

/* Cost: one store, two loads. */
STET_INLINE struct stet_guard stet_guard_acquire_(struct stet_atom_state *state)
{
    struct stet_thread *h = stet_thread_;
    if (STET_ATOM_LOCKED || STET_UNLIKELY(!stet_slot_is_free_(&h->slot[0])))
        return stet_guard_acquire_slow_(state);
    struct stet_guard g;
    g.published = stet_protect_(false, &h->slot[0], state);
    g.slot = &h->slot[0];
    return g;
}

/* Cost: one store, one load. (The address of *g is not passed on, so that the guard can stay in registers.) */
STET_INLINE void stet_guard_release_(struct stet_guard *g)
{
    struct stet_published *published = g->published;
    stet_slot *slot = g->slot;
    g->published = NULL;
    g->slot = NULL;
    if (STET_LIKELY(slot != NULL))
        stet_unprotect_(slot, published);
    else
        stet_guard_release_slow_(published);
}

STET_INLINE const void *stet_guard_view_(const struct stet_guard *g) { return stet_published_handle_(g->published); }

STET_INLINE bool stet_guard_has_(const struct stet_guard *g) { return g->published != NULL; }
STET_INLINE uint64_t stet_guard_version_(const struct stet_guard *g) { return g->published->version; }
STET_INLINE bool stet_guard_is_of_(const struct stet_guard *g, const struct stet_atom_state *state)
{
    return g->published->state == state;
}

/* ---- readers ---- */

STET_INLINE bool stet_reader_has_(const struct stet_reader *r) { return r->published != NULL; }
STET_INLINE const void *stet_reader_view_(const struct stet_reader *r) { return stet_published_handle_(r->published); }
STET_INLINE uint64_t stet_reader_version_(const struct stet_reader *r) { return r->published->version; }

/* Returns whether the reader holds a version: the version is in the slot of the reader's record. */
STET_INLINE bool stet_reader_is_held_(const struct stet_reader *r)
{
    return r->published != NULL && (r->h == NULL || STET_LOAD_(r->h->slot[0], RELAXED) == r->published);
}

STET_API STET_NODISCARD stet_result stet_reader_init_(struct stet_reader *r, struct stet_atom_state *state);
STET_API void stet_reader_destroy_(struct stet_reader *r);
STET_API void stet_reader_move_(struct stet_reader *r);

/* Cost: one load. */
STET_INLINE const void *stet_reader_refresh_(struct stet_reader *r)
{
    /*
     * Acquire, even if the current version is the one that the reader has: if another thread has told this one of a
     * publication, this thread must see what came before that publication. The address is compared with that of a
     * version that the reader holds, so it cannot have been used again.
     */
    if (STET_UNLIKELY(STET_LOAD_(r->state->root, ACQUIRE) != r->published))
        stet_reader_move_(r);
    return stet_published_handle_(r->published);
}

/* ---- compiled functions ---- */

/*
 * Makes the state of an atom. *first is moved into the atom; if first is NULL, the atom gets a handle of zeros. Returns
 * NULL if there is no memory.
 */
STET_API struct stet_atom_state *stet_atom_new_(const struct stet_handle_type *type, void *first);
STET_API void stet_atom_destroy_(struct stet_atom_state *state);
/* Makes *handle the current version, and zeroes *handle. Then *out gets the version before; out may be handle. */
STET_API stet_result stet_atom_swap_(struct stet_atom_state *state, const struct stet_handle_type *type, void *handle,
                                     void *out);
STET_API stet_result stet_atom_compare_and_swap_(struct stet_atom_state *state, const struct stet_handle_type *type,
                                                 const struct stet_guard *expected, void *handle);
STET_API stet_result stet_atom_update_(struct stet_atom_state *state, const struct stet_handle_type *type,
                                       stet_atom_update_fn *fn, void *context);
STET_API uint64_t stet_atom_version_(struct stet_atom_state *state);
STET_API bool stet_atom_wait_(struct stet_atom_state *state, uint64_t *version, int milliseconds);
STET_API int stet_atom_watch_(struct stet_atom_state *state, struct stet_watch *w);
STET_API void stet_atom_watch_seen_(struct stet_atom_state *state, struct stet_watch *w);
STET_API void stet_atom_unwatch_(struct stet_atom_state *state, struct stet_watch *w);
STET_API void stet_atom_keep_versions_(struct stet_atom_state *state, uint32_t versions);
STET_API struct stet_guard stet_atom_at_(struct stet_atom_state *state, uint64_t version);
STET_API struct stet_guard stet_atom_oldest_(struct stet_atom_state *state, struct stet_holder *holder);
STET_API void stet_atom_reclaim_(struct stet_atom_state *state);
STET_API void stet_atom_reclaim_by_hand_(struct stet_atom_state *state, bool by_hand);

/* An array of edits, for _apply. */
struct stet_edits {
    const void *edits;
    size_t n;
};

/* Calls fn for each edit in order; an edit has `size` bytes. The first that fails ends the call. */
STET_INLINE stet_result stet_edits_run_(const struct stet_edits *all, size_t size,
                                        stet_result (*fn)(const void *edit, void *handle), void *handle)
{
    stet_result result = STET_UNCHANGED;
    for (size_t i = 0; i < all->n; i++) {
        stet_result one = fn((const char *)all->edits + i * size, handle);
        if (one == STET_NO_MEMORY || one == STET_CONFLICT)
            return one;
        result = one == STET_CHANGED ? one : result;
    }
    return result;
}

/* A program does not link if its headers and its library have different layouts. */
#if STET_ATOM_LOCKED
#    define STET_ATOM_LAYOUT_ stet_atom_layout_2_locked
#else
#    define STET_ATOM_LAYOUT_ stet_atom_layout_2
#endif
STET_API extern const char STET_ATOM_LAYOUT_;
__attribute__((__used__)) static const char *const stet_atom_layout_check_ = &STET_ATOM_LAYOUT_;

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
