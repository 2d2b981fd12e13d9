/* SPDX-License-Identifier: MIT */
/*
 * atom/atom.c - atoms: guards and readers off the fast path, publishing, which versions are kept, and which thread
 * holds them.
 *
 * A change takes these steps: hold the current version, make the next one from it, publish that by one
 * compare-and-swap, release. If another writer was faster, the change begins again. A writer waits a little at the gate
 * before each try but the first, and before the first if another writer has the gate. So of several colliding writers
 * one works at a time. But no writer waits for long: if the thread that has the gate sleeps, the others go on.
 *
 * A writer whose edit takes long loses to quick writers, with or without the gate. After some losses it draws a ticket,
 * and in its turn no other writer publishes (T1-T3 of reclaim/hazard_protocol.h). A thread that has a turn, of whatever
 * atom, neither waits for another turn nor draws a ticket: an edit may update other atoms, and two turns could wait for
 * each other.
 */
#include <stet/impl/atom.h>
#include "atom/watch.h"
#include "reclaim/hazard.h"
#include "reclaim/reclaim.h"
#include "node/own.h"

#define GATE_TIME 20000 /* ns */
#define GATE_SPINS 32   /* attempts at the gate before the clock is read for the first time */

/* A writer draws a ticket when it has lost this often, or has been losing for this many ns. */
#define LOSSES_MAX 8
#define LOSING_MAX UINT64_C(50000000)
/* If others end its turn before it is done, it may draw another ticket after this many ns. */
#define TURN_AGAIN UINT64_C(10000000000)

const char STET_ATOM_LAYOUT_ = 0;

/* For functions that are seldom called: inlined, they would have their callers save registers on every call. */
#define NOINLINE __attribute__((__noinline__))

/* ---- short of memory ---- */

/*
 * Called when there was no memory, and this call holds no guard. It frees garbage of this atom, and may call functions
 * of the user, as after a write. (Garbage of other atoms that calls no user function was freed before the request was
 * refused.) Returns whether another try may succeed.
 */
static NOINLINE bool atom_relieve(struct stet_atom_state *state)
{
    if (!stet_pool_was_short_())
        return false;
    if (state != NULL && !STET_LOAD_(state->by_hand, RELAXED))
        stet_reclaim_state_(state, STET_SCAN_, true);
    stet_reclaim_quietly_();
    return true;
}

/* ---- guards ---- */

/* Returns a guard without a slot: no slot is free, or there is no memory for a thread record. */
static struct stet_guard pin(struct stet_thread *h, struct stet_atom_state *state)
{
    bool missed = false;
    struct stet_published *published = stet_pin_(h, state, &missed);
    if (h == &stet_thread_spare_)
        stet_thread_spare_give_();
    if (missed)
        stet_retired_released_(state, 0);
    return (struct stet_guard){published, NULL};
}

static struct stet_guard pin_locked(struct stet_atom_state *state)
{
    stet_lock_(&state->lock);
    /* The thread that has the lock holds the version: H2. */
    struct stet_published *published = STET_LOAD_(state->root, ACQUIRE);
    stet_pins_up_(published);
    stet_unlock_(&state->lock);
    return (struct stet_guard){published, NULL};
}

struct stet_guard stet_guard_acquire_slow_(struct stet_atom_state *state)
{
    if (STET_ATOM_LOCKED)
        return pin_locked(state);
    struct stet_thread *h = stet_thread_own_();
    if (h == NULL)
        return pin(stet_thread_spare_take_(), state);
    for (unsigned i = 0; i < STET_BRIEF_SLOT; i++)
        if (stet_slot_is_free_(&h->slot[i]))
            return (struct stet_guard){stet_protect_(h->fenced, &h->slot[i], state), &h->slot[i]};
    return pin(h, state);
}

void stet_guard_release_slow_(struct stet_published *published)
{
    if (published != NULL)
        stet_unpin_(published);
}

/* ---- readers ---- */

stet_result stet_reader_init_(struct stet_reader *r, struct stet_atom_state *state)
{
    *r = (struct stet_reader){.state = state};
    if (STET_ATOM_LOCKED) {
        r->published = pin_locked(state).published;
        return STET_CHANGED;
    }
    r->h = stet_thread_take_();
    if (r->h == NULL && atom_relieve(state))
        r->h = stet_thread_take_();
    if (r->h == NULL)
        return STET_NO_MEMORY;
    r->published = stet_protect_(r->h->fenced, &r->h->slot[0], state);
    return STET_CHANGED;
}

void stet_reader_move_(struct stet_reader *r)
{
    struct stet_published *old = r->published;
    uint64_t version = old->version;
    if (STET_ATOM_LOCKED) {
        r->published = pin_locked(r->state).published;
        stet_unpin_(old);
        return;
    }
    r->published = stet_protect_(r->h->fenced, &r->h->slot[0], r->state);
    stet_retired_released_(r->state, version);
}

void stet_reader_destroy_(struct stet_reader *r)
{
    if (r->published == NULL)
        return;
    if (STET_ATOM_LOCKED) {
        stet_unpin_(r->published);
    } else {
        stet_unprotect_(&r->h->slot[0], r->published);
        stet_thread_give_(r->h);
    }
    *r = (struct stet_reader){0};
}

/* ---- versions ---- */

STET_INLINE struct stet_published *published_begin(struct stet_published *published, struct stet_atom_state *state,
                                                   const struct stet_handle_type *type)
{
    *published = (struct stet_published){.state = state, .type = type};
    return published;
}

/* The slow path of published_new(): the thread's cache has no block of this size. */
static NOINLINE struct stet_published *published_new_slow(struct stet_atom_state *state,
                                                          const struct stet_handle_type *type)
{
    struct stet_published *published = stet_pool_allocate_slow_(stet_published_size_(type), &type->name);
    if (published == NULL && atom_relieve(state))
        published = pool_allocate_for(stet_published_size_(type), &type->name);
    return published != NULL ? published_begin(published, state, type) : NULL;
}

static struct stet_published *published_new(struct stet_atom_state *state, const struct stet_handle_type *type)
{
    struct stet_published *published = pool_allocate_quick(stet_published_size_(type));
    return STET_LIKELY(published != NULL) ? published_begin(published, state, type) : published_new_slow(state, type);
}

static void published_free(struct stet_published *published)
{
    pool_free(published, stet_published_size_(published->type));
}

struct stet_atom_state *stet_atom_new_(const struct stet_handle_type *type, void *first)
{
    struct stet_published *published = published_new(NULL, type);
    struct stet_atom_state *state = published != NULL ? stet_atom_state_take_() : NULL;
    if (published != NULL && state == NULL && atom_relieve(NULL))
        state = stet_atom_state_take_();
    if (state == NULL) {
        if (published != NULL)
            published_free(published);
        return NULL;
    }
    stet_node_has_garbage_();
    if (!type->quiet)
        STET_STORE_(state->calls, 1, RELAXED); /* for good: guards may have versions of this atom after its end */
    published->state = state;
    stet_turns_end_(state);
    /* Goes on where an earlier atom with this state ended. */
    published->version = STET_LOAD_(state->scanned, RELAXED) + 1;
    published->published_at = stet_coarse_time_();
    memset(published + 1, 0, type->size);
    if (first != NULL) {
        memcpy(published + 1, first, type->size);
        memset(first, 0, type->size);
    }
    stet_scanned_(state);
    STET_STORE_(state->root, published, SEQ_CST); /* as stet_publish_() */
    return state;
}

void stet_atom_destroy_(struct stet_atom_state *state)
{
    STET_STORE_(state->keep, 0, RELAXED);
    STET_STORE_(state->by_hand, 0, RELAXED);
    stet_lock_(&state->lock);
    stet_close_(state, STET_LOAD_(state->root, ACQUIRE));
    stet_unlock_(&state->lock);
    stet_reclaim_state_(state, STET_SCAN_, true);
    stet_atom_state_give_(state);
}

/* ---- publishing ---- */

/* Called after a version was replaced: frees replaced versions if it is time to do so. */
static void after_write(struct stet_atom_state *state, uint64_t replaced, uint64_t now, bool at_once)
{
    uint64_t scanned = STET_LOAD_(state->scanned, RELAXED);
    uint64_t pending = replaced > scanned ? replaced - scanned : 0;
    if (STET_UNLIKELY(pending >= RECLAIM_CAP)) {
        stet_lock_(&state->lock); /* waits for the thread that is reclaiming; then this thread reclaims */
        stet_unlock_(&state->lock);
        stet_reclaim_state_(state, STET_SCAN_, true);
    } else if (STET_LOAD_(state->by_hand, RELAXED)) {
        return;
    } else if (at_once) {
        stet_reclaim_state_(state, STET_SCAN_, true);
    } else {
        stet_rescan_(state, replaced);
        uint64_t held = stet_pool_held_(), before = STET_LOAD_(state->held, RELAXED);
        if (pending >= RECLAIM_EACH || now - STET_LOAD_(state->time, RELAXED) > RECLAIM_QUIET ||
            held > before + RECLAIM_BYTES)
            stet_reclaim_state_(state, STET_SCAN_, false);
        else if (held < before) /* growth is counted from here on */
            STET_STORE_(state->held, held, RELAXED);
    }
}

/* Relaxed: the gate is only a hint, and orders nothing. */
static bool gate_is_taken(struct stet_atom_state *state) { return STET_LOAD_(state->gate, RELAXED) != 0; }
static bool gate_try(struct stet_atom_state *state)
{
    return !gate_is_taken(state) && STET_EXCHANGE_(state->gate, 1, RELAXED) == 0;
}

/*
 * Waits for the gate, but not for long: then the thread that has it is taken to be asleep, and the caller takes the
 * gate. (When that thread wakes up, it opens the gate too early; two writers may then collide once more.)
 */
static void gate_enter(struct stet_atom_state *state)
{
    for (unsigned i = 0; i < GATE_SPINS; i++, stet_relax_(0)) /* most edits take less time than a system call */
        if (gate_try(state))
            return;
    uint64_t start = stet_time_();
    do {
        stet_relax_(RELAX_SPINS);
        if (gate_try(state))
            return;
    } while (stet_time_() - start < GATE_TIME);
    STET_STORE_(state->gate, 1, RELAXED);
}

static void gate_leave(struct stet_atom_state *state, bool entered)
{
    if (entered)
        STET_STORE_(state->gate, 0, RELAXED);
}

/* ---- turns ---- */

/*
 * The turn that a thread has. It is only a copy of the atom's state, and is checked before use: if an edit never
 * returns, the copy stays although the turn is over.
 */
struct turn {
    struct stet_atom_state *state; /* NULL: none */
    uint32_t ticket;
};
static __thread struct turn own_turn STET_THREAD_LOCAL_MODEL;

static NOINLINE bool in_turn(void) { return own_turn.state != NULL && stet_turn_is_(own_turn.state, own_turn.ticket); }

/* Returns whether the caller may publish: T1. */
static bool may_publish(struct stet_atom_state *state)
{
    return STET_LIKELY(!stet_turn_is_on_(stet_turns_(state))) || in_turn();
}

/* The losses of one call of a writer. */
struct losses {
    uint32_t n;
    uint32_t ticket;
    bool drew;         /* the call has the ticket, and its turn has come */
    uint64_t since;    /* the time of the first loss, in ns */
    uint64_t again;    /* no ticket may be drawn before this time */
    struct turn outer; /* the turn that the thread had before this one */
};

/* The other members are written with the first loss, or with a ticket. */
static void losses_begin(struct losses *lost)
{
    lost->n = 0;
    lost->drew = false;
}

/* Ends the turn of this call, if it has one. */
static void end_turn(struct stet_atom_state *state, struct losses *lost)
{
    if (STET_LIKELY(!lost->drew))
        return;
    stet_turn_end_(state, lost->ticket);
    own_turn = lost->outer;
    lost->drew = false;
}

/*
 * Called when the caller has lost to another writer, or is waiting for another writer's turn to end, and holds no
 * version. Returns when the caller may try again; true: it has a turn of its own.
 */
static NOINLINE bool lose(struct stet_atom_state *state, struct losses *lost)
{
    if (in_turn()) /* lost to a writer that had checked before the turn began, or to an edit within the turn */
        return lost->drew;
    uint64_t now = stet_time_();
    if (lost->n++ == 0) {
        lost->since = now;
        lost->again = 0;
    }
    if (lost->drew) { /* other writers have ended the turn, after STET_TURN_TIME */
        end_turn(state, lost);
        lost->again = now + TURN_AGAIN;
    }
    for (uint32_t turns;; now = stet_time_()) {
        bool due = (lost->n >= LOSSES_MAX || now - lost->since >= LOSING_MAX) && now >= lost->again;
        if (due && stet_turn_draw_(state, &lost->ticket)) {
            stet_turn_take_(state, lost->ticket);
            lost->drew = true;
            lost->outer = own_turn;
            own_turn = (struct turn){state, lost->ticket};
            return true;
        }
        if (!stet_turn_is_on_(turns = stet_turns_(state)))
            return false;
        stet_turn_await_(state, stet_turn_of_(turns));
    }
}

/*
 * For a writer that has only one try, and so can have no turn: if another writer's turn is on, waits until it is over,
 * but does not wait for the next one.
 */
static void await_one_turn(struct stet_atom_state *state)
{
    if (!may_publish(state))
        stet_turn_await_(state, stet_turn_of_(stet_turns_(state)));
}

/*
 * Publishes `published` in place of the version that g holds, releases g, leaves the gate, and ends the turn of this
 * call before anything is freed. False: another writer was faster, or has a turn, and nothing was done.
 */
STET_INLINE bool publish(struct stet_atom_state *state, struct stet_guard *g, struct stet_published *published,
                         bool at_once, bool entered, struct losses *lost)
{
    struct stet_published *before = g->published;
    uint64_t replaced = before->version, now = published->published_at = stet_coarse_time_();
    if (!may_publish(state) || !stet_publish_(state, before, published))
        return false;
    gate_leave(state, entered);
    end_turn(state, lost);
    if (stet_has_listeners_(state))
        stet_atom_notify_(state);
    /* As in stet_unprotect_() and stet_unpin_(); after_write() does the rest of what they do. */
    if (g->slot != NULL) {
        STET_STORE_(*g->slot, STET_NO_VERSION_, RELEASE);
        STET_LIGHT_FENCE_();
    } else {
        stet_pins_down_(before);
        STET_FULL_FENCE_();
    }
    *g = (struct stet_guard){0};
    after_write(state, replaced, now, at_once);
    return true;
}

STET_INLINE stet_result update(struct stet_atom_state *state, const struct stet_handle_type *type,
                               stet_atom_update_fn *fn, void *context)
{
    struct stet_published *published = published_new(state, type);
    if (published == NULL)
        return STET_NO_MEMORY;
    bool entered = gate_is_taken(state); /* a writer that has lost once is at work: do not collide with it */
    if (entered)
        gate_enter(state);
    struct losses lost;
    losses_begin(&lost);
    stet_result result;
    for (;;) {
        struct stet_guard g = stet_guard_acquire_(state);
        type->copy(stet_published_handle_(g.published), published + 1);
        result = fn(context, published + 1);
        if (result == STET_CHANGED && publish(state, &g, published, false, entered, &lost))
            return result;
        stet_guard_release_(&g);
        type->drop(published + 1);
        if (result != STET_CHANGED)
            break;
        if (lose(state, &lost))
            STET_STORE_(state->gate, 1, RELAXED); /* writers that begin now wait for the gate */
        else if (!entered)
            gate_enter(state);
        entered = true;
    }
    published_free(published);
    gate_leave(state, entered);
    end_turn(state, &lost);
    return result;
}

/* Called when there was no memory: tries once more, if that may help. */
static NOINLINE stet_result update_again(struct stet_atom_state *state, const struct stet_handle_type *type,
                                         stet_atom_update_fn *fn, void *context)
{
    return atom_relieve(state) ? update(state, type, fn, context) : STET_NO_MEMORY;
}

stet_result stet_atom_update_(struct stet_atom_state *state, const struct stet_handle_type *type,
                              stet_atom_update_fn *fn, void *context)
{
    stet_result result = update(state, type, fn, context);
    return STET_LIKELY(result != STET_NO_MEMORY) ? result : update_again(state, type, fn, context);
}

stet_result stet_atom_swap_(struct stet_atom_state *state, const struct stet_handle_type *type, void *handle, void *out)
{
    struct stet_published *published = published_new(state, type);
    if (published == NULL)
        return STET_NO_MEMORY;
    memcpy(published + 1, handle, type->size);
    memset(handle, 0, type->size);
    struct losses lost;
    losses_begin(&lost);
    for (;;) {
        struct stet_guard g = stet_guard_acquire_(state);
        if (out != NULL) /* counted before the version is replaced: it may be freed then */
            type->copy(stet_published_handle_(g.published), out);
        if (publish(state, &g, published, true, false, &lost))
            return STET_CHANGED;
        stet_guard_release_(&g);
        if (out != NULL)
            type->drop(out);
        (void)lose(state, &lost);
    }
}

stet_result stet_atom_compare_and_swap_(struct stet_atom_state *state, const struct stet_handle_type *type,
                                        const struct stet_guard *expected, void *handle)
{
    assert(expected->published != NULL && expected->published->state == state &&
           "the guard holds no version of this atom");
    if (expected->published == NULL || expected->published->state != state)
        return STET_FAILED; /* if this were a conflict, the caller would retry for ever */
    struct stet_published *published = published_new(state, type);
    if (published == NULL)
        return STET_NO_MEMORY;
    memcpy(published + 1, handle, type->size);
    await_one_turn(state);
    uint64_t replaced = expected->published->version, now = published->published_at = stet_coarse_time_();
    if (!stet_publish_(state, expected->published, published)) {
        published_free(published);
        return STET_CONFLICT;
    }
    memset(handle, 0, type->size);
    if (stet_has_listeners_(state))
        stet_atom_notify_(state);
    after_write(state, replaced, now, false);
    return STET_CHANGED;
}

uint64_t stet_atom_version_(struct stet_atom_state *state)
{
    struct stet_guard g = stet_guard_acquire_(state);
    uint64_t version = g.published->version;
    stet_guard_release_(&g);
    return version;
}

/* ---- kept versions ---- */

void stet_atom_reclaim_(struct stet_atom_state *state) { stet_reclaim_state_(state, STET_SCAN_, true); }

void stet_atom_reclaim_by_hand_(struct stet_atom_state *state, bool by_hand)
{
    STET_STORE_(state->by_hand, by_hand, RELAXED);
}

void stet_atom_keep_versions_(struct stet_atom_state *state, uint32_t versions)
{
    STET_STORE_(state->keep, versions, RELAXED);
    stet_reclaim_state_(state, STET_SCAN_, true);
}

/* Called with the lock: returns a guard on a version that has not been freed. */
static struct stet_guard atom_hold(struct stet_published *published)
{
    stet_pins_up_(published); /* a thread that frees the version must take the lock first, which this thread has */
    return (struct stet_guard){published, NULL};
}

struct stet_guard stet_atom_at_(struct stet_atom_state *state, uint64_t version)
{
    struct stet_guard g = {0};
    stet_lock_(&state->lock);
    struct stet_published *published = STET_LOAD_(state->root, ACQUIRE); /* as in stet_scan_() */
    while (published != NULL && published->version != version)
        published = published->previous;
    if (published != NULL)
        g = atom_hold(published);
    stet_unlock_(&state->lock);
    return g;
}

/*
 * Returns the oldest version in `list` that is held, or `oldest` if that is older. *by is the thread record that has
 * the version in a slot, or NULL.
 */
static struct stet_published *oldest_of(struct stet_published *list, struct stet_published *oldest,
                                        struct stet_thread **by)
{
    for (struct stet_published *b = list; b != NULL; b = b->previous) {
        if (oldest != NULL && b->version >= oldest->version)
            continue;
        struct stet_thread *holder = NULL;
        struct stet_registry_visit visit = stet_registry_visit_();
        for (struct stet_thread *h; (h = stet_registry_next_(&visit)) != NULL;)
            for (unsigned i = 0; i < STET_SLOTS; i++)
                if (STET_LOAD_(h->slot[i], RELAXED) == b) /* only a hint: the slot may change at any time */
                    holder = h;
        if (holder == NULL && STET_LOAD_(b->pins, RELAXED) == 0)
            continue;
        oldest = b;
        *by = holder;
    }
    return oldest;
}

struct stet_guard stet_atom_oldest_(struct stet_atom_state *state, struct stet_holder *holder)
{
    struct stet_guard g = {0};
    struct stet_thread *by = NULL;
    *holder = (struct stet_holder){0};
    stet_lock_(&stet_threads_lock_);
    stet_lock_(&state->lock);
    struct stet_published *oldest = oldest_of(state->kept, NULL, &by);
    oldest = oldest_of(state->pending, oldest, &by);
    oldest = oldest_of(STET_LOAD_(state->root, ACQUIRE)->previous, oldest, &by); /* as in stet_scan_() */
    if (oldest != NULL) {
        *holder = (struct stet_holder){by != NULL ? by->thread : 0, oldest->version,
                                       stet_coarse_time_() - oldest->published_at};
        g = atom_hold(oldest);
    }
    stet_unlock_(&state->lock);
    stet_unlock_(&stet_threads_lock_);
    return g;
}
