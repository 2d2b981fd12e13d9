/* SPDX-License-Identifier: MIT */
/*
 * stet/atom.h - a variable that holds a version of a collection: any number of threads read the current version without
 * waiting, and may replace it.
 *
 *     STET_ATOM(routes_atom, routes)
 *
 *     routes_atom table;
 *     stet_result made = routes_atom_init(&table, &first); // takes over what first holds: first is {0}
 *     routes_drop(&first);                                 // still the caller's if there was no memory
 *     if (!made)
 *         return -ENOMEM;
 *
 *     routes_guard g = routes_atom_acquire(&table); // any thread: about a nanosecond
 *     const long *hop = routes_get_cstr(routes_guard_view(&g), name);
 *
 *     routes_guard_release(&g);                     // until here *hop stays as it is
 *
 * Atom. An atom of zeros is not valid: call init first, and destroy last. It may lie anywhere and be moved; threads
 * share it by address. To publish is to replace the current version by another. Versions are numbered consecutively,
 * from a number that is not specified.
 *
 * Three ways to read:
 *   guard      borrows a version: nothing is counted. Hold it briefly: its version stays in memory until its release.
 *   reader     a guard that a thread keeps, and refreshes now and then: one load if nothing has changed.
 *   snapshot   an ordinary handle, for the caller to keep or edit. It counts one reference, which its drop removes.
 *
 * A guard is a handle: move it by assignment, and use only one copy; {0} holds nothing, and its release does nothing. A
 * guard may be released by another thread. The first seven guards of a thread are cheap; each further one, and each
 * guard of a thread for which there is no memory, costs an atomic operation on shared memory. _acquire never fails.
 *
 * The thread that finds that no thread holds a replaced version frees that version, with _drop of the collection; so
 * release callbacks run in that thread. This happens
 *   - in store and swap, at once;
 *   - in every 256th of the other updates, and when the pool has grown by 1 MiB;
 *   - in an update, or the release of a replaced version, if nothing was reclaimed for 2 ms (measured to some ms);
 *   - when a guard is released that kept a replaced version in memory.
 * So up to 256 replaced versions may remain after a burst of updates. To free them, call _reclaim, or wait with _wait,
 * which does so. See docs/concurrency.md: guarantees by letter, patterns, limits.
 *
 * Fails: STET_NO_MEMORY as everywhere: then nothing is published, and the handle that was to be stored is still the
 * caller's.
 * Callbacks: an edit function may use other atoms and may read this one. It must not wait for the result of another
 * edit. If an edit that takes long has lost too often, other writers wait for it, up to 100 ms: prepare long work
 * outside the edit. The function must return: if it throws, jumps out, or is cancelled, a guard is left behind, whose
 * version stays in memory.
 * Cancellation: _wait is a cancellation point, and holds nothing at that point. No other function here is one.
 * Asynchronous cancellation must be off, as with most of the C library.
 * Threads: all functions but init and destroy may be called on one atom by all threads at once, but not in signal
 * handlers. A guard, reader or watch is used by one thread at a time. Fork: the child has the atoms as they were, and
 * the guards and readers that the forking thread acquired; those of other threads are void there.
 *
 * Collection: any type with `X X_copy(const X *)` and `void X_drop(X *)`, {0} being empty, of any size, aligned to 16
 * at most: maps, sets, lists, records (below).
 */
#ifndef STET_ATOM_H
#define STET_ATOM_H

#include <stet/impl/atom.h>
#include <stet/impl/handle.h>
#include <stet/record.h>

/*
 * Defines the type `name` and its functions, and the types collection_guard and collection_reader. Use it once for a
 * collection: all its atoms are variables of this type.
 */
#define STET_ATOM(name, collection)     \
    STET_ATOM_DECLARE(name, collection) \
    STET_ATOM_DEFINE(name, collection)
/* Does the same as STET_ATOM; quiet says that the collection's drop only frees memory. */
#define STET_ATOM_QUIET_(name, collection, quiet) \
    STET_ATOM_DECLARE(name, collection)           \
    STET_ATOM_DEFINE_(name, collection, quiet)

/*
 * These do what STET_ATOM does, in two steps: STET_ATOM_DECLARE defines the types, and needs only the name of the
 * collection; STET_ATOM_DEFINE defines the functions.
 */
#define STET_ATOM_DECLARE(name, collection)         \
    STET_FILE_SCOPE_(name)                          \
    enum { collection##_has_a_STET_ATOM_already_ }; \
    typedef struct name {                           \
        struct stet_atom_state *state_;             \
    } name;                                         \
    typedef struct collection##_guard {             \
        struct stet_guard guard_;                   \
    } collection##_guard;                           \
    typedef struct collection##_reader {            \
        struct stet_reader reader_;                 \
    } collection##_reader;

#define STET_ATOM_DEFINE(name, collection) STET_ATOM_DEFINE_(name, collection, false)

/* ---- the manual: what STET_ATOM(name, collection) makes ---- */

#ifdef STET_MANUAL_ATOM

/* ---- life ---- */

/* A variable that holds a version of a collection. */
typedef struct name name;
/* A borrowed version; {0} holds none. */
typedef struct collection_guard collection_guard;
/* A borrowed version that a thread keeps and brings up to date; {0} before _init and after _destroy. */
typedef struct collection_reader collection_reader;
/*
 * Makes an atom. Its first version is the one that *first holds, and *first is {0} afterwards. first is NULL: an empty
 * collection.
 * Fails: STET_NO_MEMORY, and then the version is still the caller's.
 */
static stet_result name_init(name *atom, collection *first);
/*
 * Ends the atom. No other thread may use it any more, but guards and readers may still hold versions of it; these stay
 * in memory until they are released. Snapshots are independent of the atom.
 */
static void name_destroy(name *atom);

/* ---- guards ---- */

/* Returns a guard on the current version. Lock-free: it repeats only if another version is published meanwhile. */
static collection_guard name_acquire(const name *atom);
/* Returns the version that the guard holds, always the same one. It is borrowed until the guard's release. */
static const collection *collection_guard_view(const collection_guard *guard);
/* Returns whether the guard holds a version: false if the guard is {0}, or was released. */
static bool collection_guard_holds(const collection_guard *guard);
/* Returns the number of the version that the guard holds. */
static uint64_t collection_guard_version(const collection_guard *guard);
/*
 * Releases the version; the guard is {0} afterwards. If the guard was {0}, nothing is done. Cost: some ns. The release
 * of a replaced version may free versions.
 */
static void collection_guard_release(collection_guard *guard);

/* ---- snapshots ---- */

/* Returns a handle of the current version, which the caller must drop. */
static collection name_snapshot(const name *atom);

/* ---- readers ---- */

/* Makes a reader, which holds the current version. One thread at a time may use it. */
static stet_result collection_reader_init(collection_reader *reader, const name *atom);
/*
 * Returns the current version: borrowed until the next refresh or the end of the reader. If a newer version is
 * returned, the previous pointer becomes invalid.
 */
static const collection *collection_reader_refresh(collection_reader *reader);
/* Returns the version that the last refresh returned. It stays in memory until the next refresh. */
static const collection *collection_reader_view(const collection_reader *reader);
/* Returns the number of the version that the reader holds. */
static uint64_t collection_reader_version(const collection_reader *reader);
/* Releases the version that the reader holds; the reader is {0} afterwards. */
static void collection_reader_destroy(collection_reader *reader);

/* ---- publishing ---- */

/*
 * Publishes the version that *handle holds; *handle is {0} afterwards. The version before is freed at once if no thread
 * holds it. Cost: some 100 ns. If other threads use atoms or live maps, a membarrier comes on top: up to 20 us while
 * they run.
 */
static stet_result name_store(name *atom, collection *handle);
/*
 * Publishes the version that *handle holds. Afterwards *handle holds the version that was current before, which the
 * caller must drop.
 */
static stet_result name_swap(name *atom, collection *handle);
/*
 * Publishes the version that *handle holds, if the guard's version is still the current one; *handle is {0} afterwards.
 * Otherwise it returns STET_CONFLICT, and *handle is as it was. Compare the result with STET_CONFLICT, which is not 0.
 * The guard still holds its version. The guard of another atom, or a guard that holds nothing, is misuse: a program
 * without NDEBUG aborts, others get STET_FAILED.
 */
static stet_result name_compare_and_swap(name *atom, const collection_guard *expected, collection *handle);

/* ---- edits ---- */

/*
 * Edits *handle, which is a copy of the current version. If it returns STET_CHANGED, the copy is published. If it
 * returns STET_NO_MEMORY, STET_UNCHANGED or STET_CONFLICT, the copy is dropped and nothing is published; _update and
 * _apply return the same. Compare their result with STET_CONFLICT, which is not 0. If another writer was faster, the
 * function is called again, with another version: all that it does must be repeatable.
 */
typedef stet_result name_update_fn(void *context, collection *handle);
/* An edit with its context. Its members are fn (name_update_fn *) and context (void *). */
typedef struct name_op name_op;
/*
 * Publishes the results of all these edits, made in order, as one version, or nothing: the first edit that returns
 * STET_NO_MEMORY or STET_CONFLICT (which is not 0) ends the call, which returns the same.
 */
static stet_result name_apply(name *atom, const name_op *edits, size_t count);
/*
 * Calls fn on a copy of the current version, and publishes the result. If another writer has published meanwhile, it
 * calls fn again, on the new version. If fn takes less than 100 ms, it is called at most 9 times, and once more for
 * each other writer. After a loss, the call waits up to 20 us. After 8 losses, or 50 ms, it gets a turn, in which other
 * writers wait for it, up to 100 ms (docs/concurrency.md: B3, B5). STET_CONFLICT is returned only if fn returns it;
 * compare with it by name, because it is not 0.
 */
static stet_result name_update(name *atom, name_update_fn *fn, void *context);

/* ---- waiting ---- */

/* Returns the number of the current version. If a guard's version has another number, it is not current any more. */
static uint64_t name_version(const name *atom);
/*
 * Sleeps until the number of the current version differs from *version, stores that number in *version, and returns
 * true. Returns false if that has not happened after this many milliseconds (negative: it sleeps without end). It is a
 * cancellation point.
 */
static bool name_wait(const name *atom, uint64_t *version, int milliseconds);
/*
 * Returns a descriptor for poll and epoll: on Linux an eventfd, on other systems the end of a pipe. It is readable once
 * a version was published after this call, or after the last _watch_seen. *watch must stay where it is until _unwatch.
 * Returns -1 if that failed, as it always does on Windows; errno says why. Cost: while a watch exists, each publication
 * takes a lock. Fork: the child has the watch, too, with a descriptor of its own that has the same number.
 */
static int name_watch(const name *atom, struct stet_watch *watch);
/* Makes the descriptor unreadable until the next publication. Call it before you read the atom. */
static void name_watch_seen(const name *atom, struct stet_watch *watch);
/* Closes the descriptor. */
static void name_unwatch(const name *atom, struct stet_watch *watch);

/* ---- replaced versions ---- */

/* Keeps from now on this many versions before the current one in memory. The initial value is 0. */
static void name_keep_versions(name *atom, uint32_t versions);
/*
 * Returns a guard on the version with this number, or {0} if that version is no longer in memory, or not yet published.
 * Cost: a lock, O(versions kept).
 */
static collection_guard name_at(const name *atom, uint64_t version);
/*
 * Returns a guard on the oldest replaced version that a thread holds, so that you can see what it costs
 * (_unshared_bytes), or {0} if none is held. *holder describes that version and the thread that holds it. Other threads
 * may hold that version, too, and the holder may have released it meanwhile. Cost: locks, O(versions held * threads).
 */
static collection_guard name_oldest(const name *atom, struct stet_holder *holder);
/* Frees every replaced version that no thread holds. If another thread is reclaiming already, that thread does it. */
static void name_reclaim(name *atom);
/*
 * Sets who frees replaced versions. true: only a thread that calls _reclaim, until 4096 of them wait; then writers free
 * them as well. false, the initial state: see above.
 */
static void name_reclaim_by_hand(name *atom, bool by_hand);

#endif

/* ---- what makes them ---- */

#define STET_ATOM_DEFINE_(name, collection, quiet)                                                                \
    STET_WRAPPER void name##_copy_thunk_(const void *from_, void *to_)                                            \
    {                                                                                                             \
        *STET_CAST_(collection *, to_) = collection##_copy(STET_CAST_(const collection *, from_));                \
    }                                                                                                             \
    STET_WRAPPER void name##_drop_thunk_(void *handle_) { collection##_drop(STET_CAST_(collection *, handle_)); } \
    __attribute__((__unused__)) static const struct stet_handle_type name##_handle_type_ = {                      \
        sizeof(collection), name##_copy_thunk_, name##_drop_thunk_, #collection, quiet};                          \
    STET_ATOM_READ_(name, collection)                                                                             \
    STET_ATOM_WRITE_(name, collection)                                                                            \
    STET_ATOM_EDIT_(name, collection)                                                                             \
    STET_ATOM_VERSIONS_(name, collection)

#define STET_ATOM_READ_(name, collection)                                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_init(name *atom_, collection *first_)            \
    {                                                                                                                \
        atom_->state_ = stet_atom_new_(&name##_handle_type_, first_);                                                \
        return atom_->state_ != NULL ? STET_CHANGED : STET_NO_MEMORY;                                                \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) void name##_destroy(name *atom_)                                                   \
    {                                                                                                                \
        stet_atom_destroy_(stet_atom_state_of_(atom_->state_, #name));                                               \
        atom_->state_ = NULL;                                                                                        \
    }                                                                                                                \
    STET_INLINE STET_NONNULL_(1) STET_NODISCARD collection##_guard name##_acquire(const name *atom_)                 \
    {                                                                                                                \
        collection##_guard guard_ = {stet_guard_acquire_(stet_atom_state_of_(atom_->state_, #name))};                \
        return guard_;                                                                                               \
    }                                                                                                                \
    STET_INLINE STET_NONNULL_(1) const collection *collection##_guard_view(const collection##_guard *guard_)         \
    {                                                                                                                \
        STET_CHECK_(stet_guard_is_held_(&guard_->guard_), #collection "_guard", STET_RULE_GUARD_);                   \
        return STET_CAST_(const collection *, stet_guard_view_(&guard_->guard_));                                    \
    }                                                                                                                \
    STET_INLINE STET_NONNULL_(1) bool collection##_guard_holds(const collection##_guard *guard_)                     \
    {                                                                                                                \
        return stet_guard_has_(&guard_->guard_);                                                                     \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) uint64_t collection##_guard_version(const collection##_guard *guard_)              \
    {                                                                                                                \
        STET_CHECK_(stet_guard_is_held_(&guard_->guard_), #collection "_guard", STET_RULE_GUARD_);                   \
        return stet_guard_version_(&guard_->guard_);                                                                 \
    }                                                                                                                \
    STET_INLINE STET_NONNULL_(1) void collection##_guard_release(collection##_guard *guard_)                         \
    {                                                                                                                \
        STET_CHECK_(!stet_guard_has_(&guard_->guard_) || stet_guard_is_held_(&guard_->guard_), #collection "_guard", \
                    STET_RULE_GUARD_);                                                                               \
        stet_guard_release_(&guard_->guard_);                                                                        \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD collection name##_snapshot(const name *atom_)                       \
    {                                                                                                                \
        collection##_guard guard_ = name##_acquire(atom_);                                                           \
        collection copy_ = collection##_copy(collection##_guard_view(&guard_));                                      \
        collection##_guard_release(&guard_);                                                                         \
        return copy_;                                                                                                \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1, 2)                                                                                 \
        STET_NODISCARD stet_result collection##_reader_init(collection##_reader *reader_, const name *atom_)         \
    {                                                                                                                \
        return stet_reader_init_(&reader_->reader_, stet_atom_state_of_(atom_->state_, #name));                      \
    }                                                                                                                \
    STET_INLINE STET_NONNULL_(1) const collection *collection##_reader_refresh(collection##_reader *reader_)         \
    {                                                                                                                \
        STET_CHECK_(stet_reader_is_held_(&reader_->reader_), #collection "_reader", STET_RULE_READER_);              \
        return STET_CAST_(const collection *, stet_reader_refresh_(&reader_->reader_));                              \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) const collection *collection##_reader_view(const collection##_reader *reader_)     \
    {                                                                                                                \
        STET_CHECK_(stet_reader_is_held_(&reader_->reader_), #collection "_reader", STET_RULE_READER_);              \
        return STET_CAST_(const collection *, stet_reader_view_(&reader_->reader_));                                 \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) uint64_t collection##_reader_version(const collection##_reader *reader_)           \
    {                                                                                                                \
        STET_CHECK_(stet_reader_is_held_(&reader_->reader_), #collection "_reader", STET_RULE_READER_);              \
        return stet_reader_version_(&reader_->reader_);                                                              \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) void collection##_reader_destroy(collection##_reader *reader_)                     \
    {                                                                                                                \
        STET_CHECK_(!stet_reader_has_(&reader_->reader_) || stet_reader_is_held_(&reader_->reader_),                 \
                    #collection "_reader", STET_RULE_READER_);                                                       \
        stet_reader_destroy_(&reader_->reader_);                                                                     \
    }

#define STET_ATOM_WRITE_(name, collection)                                                                         \
    STET_WRAPPER STET_NONNULL_(1, 2) STET_NODISCARD stet_result name##_store(name *atom_, collection *handle_)     \
    {                                                                                                              \
        return stet_atom_swap_(stet_atom_state_of_(atom_->state_, #name), &name##_handle_type_, handle_, NULL);    \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1, 2) STET_NODISCARD stet_result name##_swap(name *atom_, collection *handle_)      \
    {                                                                                                              \
        return stet_atom_swap_(stet_atom_state_of_(atom_->state_, #name), &name##_handle_type_, handle_, handle_); \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1, 2, 3) STET_NODISCARD stet_result name##_compare_and_swap(                        \
        name *atom_, const collection##_guard *expected_, collection *handle_)                                     \
    {                                                                                                              \
        STET_CHECK_(stet_guard_is_held_(&expected_->guard_), #collection "_guard", STET_RULE_GUARD_);              \
        STET_CHECK_(stet_guard_is_of_(&expected_->guard_, atom_->state_), #collection "_guard",                    \
                    STET_RULE_OTHER_ATOM_);                                                                        \
        return stet_atom_compare_and_swap_(stet_atom_state_of_(atom_->state_, #name), &name##_handle_type_,        \
                                           &expected_->guard_, handle_);                                           \
    }

#define STET_ATOM_EDIT_(name, collection)                                                                             \
    typedef stet_result name##_update_fn(void *context_, collection *handle_);                                        \
    typedef struct name##_op {                                                                                        \
        name##_update_fn *fn;                                                                                         \
        void *context;                                                                                                \
    } name##_op;                                                                                                      \
    STET_INLINE stet_result name##_edit_one_(const void *edit_, void *handle_)                                        \
    {                                                                                                                 \
        const name##_op *call_ = STET_CAST_(const name##_op *, edit_);                                                \
        return call_->fn(call_->context, STET_CAST_(collection *, handle_));                                          \
    }                                                                                                                 \
    STET_WRAPPER stet_result name##_edit_thunk_(void *edits_, void *handle_)                                          \
    {                                                                                                                 \
        return stet_edits_run_(STET_CAST_(const struct stet_edits *, edits_), sizeof(name##_op), name##_edit_one_,    \
                               handle_);                                                                              \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_apply(name *atom_, const name##_op *edits_, size_t count_)                  \
    {                                                                                                                 \
        struct stet_edits all_ = {edits_, count_};                                                                    \
        return stet_atom_update_(stet_atom_state_of_(atom_->state_, #name), &name##_handle_type_, name##_edit_thunk_, \
                                 &all_);                                                                              \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_update(name *atom_, name##_update_fn *fn_, void *context_)                  \
    {                                                                                                                 \
        name##_op edit_ = {fn_, context_};                                                                            \
        return name##_apply(atom_, &edit_, 1);                                                                        \
    }

#define STET_ATOM_VERSIONS_(name, collection)                                                                       \
    STET_WRAPPER STET_NONNULL_(1) uint64_t name##_version(const name *atom_)                                        \
    {                                                                                                               \
        return stet_atom_version_(stet_atom_state_of_(atom_->state_, #name));                                       \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) bool name##_wait(const name *atom_, uint64_t *version_, int milliseconds_)        \
    {                                                                                                               \
        return stet_atom_wait_(stet_atom_state_of_(atom_->state_, #name), version_, milliseconds_);                 \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD int name##_watch(const name *atom_, struct stet_watch *watch_)     \
    {                                                                                                               \
        return stet_atom_watch_(stet_atom_state_of_(atom_->state_, #name), watch_);                                 \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) void name##_watch_seen(const name *atom_, struct stet_watch *watch_)              \
    {                                                                                                               \
        stet_atom_watch_seen_(stet_atom_state_of_(atom_->state_, #name), watch_);                                   \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) void name##_unwatch(const name *atom_, struct stet_watch *watch_)                 \
    {                                                                                                               \
        stet_atom_unwatch_(stet_atom_state_of_(atom_->state_, #name), watch_);                                      \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) void name##_keep_versions(name *atom_, uint32_t versions_)                        \
    {                                                                                                               \
        stet_atom_keep_versions_(stet_atom_state_of_(atom_->state_, #name), versions_);                             \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD collection##_guard name##_at(const name *atom_, uint64_t version_) \
    {                                                                                                               \
        collection##_guard guard_ = {stet_atom_at_(stet_atom_state_of_(atom_->state_, #name), version_)};           \
        return guard_;                                                                                              \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1)                                                                                   \
        STET_NODISCARD collection##_guard name##_oldest(const name *atom_, struct stet_holder *holder_)             \
    {                                                                                                               \
        collection##_guard guard_ = {stet_atom_oldest_(stet_atom_state_of_(atom_->state_, #name), holder_)};        \
        return guard_;                                                                                              \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) void name##_reclaim(name *atom_)                                                  \
    {                                                                                                               \
        stet_atom_reclaim_(stet_atom_state_of_(atom_->state_, #name));                                              \
    }                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) void name##_reclaim_by_hand(name *atom_, bool by_hand_)                           \
    {                                                                                                               \
        stet_atom_reclaim_by_hand_(stet_atom_state_of_(atom_->state_, #name), by_hand_);                            \
    }

#endif
