/* SPDX-License-Identifier: MIT */
/*
 * reclaim/hazard.c - the only place that defers frees: records of threads, the fences, the locks, fork and thread exit.
 */
#include "reclaim/hazard.h"
#include "reclaim/era.h"
#include "thread/nested.h"
#include "thread/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TAKEN ((struct stet_box *)16) /* no box is there */

static struct stet_hazard none = {.slot = {TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN}};
__thread struct stet_hazard *stet_hazard_ STET_THREAD_LOCAL_MODEL = &none;
__thread struct stet_hazard *stet_hazard_mine_ STET_THREAD_LOCAL_MODEL;

struct stet_hazard stet_hazard_spare_;
stet_lock stet_hazard_spare_lock_;
static struct stet_hazard *first_places[16] = {&stet_hazard_spare_};
static struct stet_roll first_roll = {.n = 1, .room = 16, .at = first_places};
struct stet_roll *stet_records_ = &first_roll;
uint64_t stet_records_taken_;
uint32_t stet_records_made_;
stet_lock stet_hazards_lock_;

static struct stet_hazard *free_records[2];          /* with low numbers; the others */
static struct stet_hazard *left, **left_end = &left; /* given back with guards in their slots, in that order */
static struct stet_core **cores;                     /* with an atom, or with boxes that are held: there is no order */
uint32_t stet_cores_n_;
static uint32_t cores_room;
static struct stet_core *free_cores;
static uint32_t forks; /* of this process and those before it, since the library was first used */
static pthread_once_t hazard_once = PTHREAD_ONCE_INIT;
static bool fenced;     /* no membarrier */
static int32_t forking; /* the thread that forks */

/* ---- locks: a word and a futex, so that a fork can leave them in order ---- */

void stet_lock_(stet_lock *lock)
{
    if (stet_lock_try_(lock))
        return;
    /* Acquire pairs with stet_unlock_(). */
    while (STET_EXCHANGE_(*lock, 2, ACQUIRE) != 0)
        stet_futex_sleep_(lock, 2, 0);
}

void stet_wake_lock_(stet_lock *lock) { stet_futex_wake_(lock, 1); }

/* ---- fences ---- */

static bool membarrier(int command) { return stet_process_membarrier_(command) == 0; }

bool stet_heavy_fence_(void)
{
    STET_FULL_FENCE_(); /* pairs with the full fences of those who have no light ones */
    return STET_ATOM_LOCKED || fenced || membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

/* ---- fork: nobody else is inside when the process is copied ---- */

/* Whether the caller has the spare record: no other thread writes the caller's number there. */
static bool has_spare(void) { return STET_LOAD_(stet_hazard_spare_.thread, RELAXED) == gettid(); }

static void before_fork(void)
{
    int32_t thread = gettid();
    stet_walks_stop_(has_spare() ? &stet_hazard_spare_
                                 : stet_hazard_mine_); /* before the locks below: walks may take them */
    stet_lock_(&stet_hazards_lock_);
    forking = thread;
    for (uint32_t i = 0; i < stet_cores_n_; i++) {
        stet_lock_(&cores[i]->watching);
        stet_lock_(&cores[i]->lock);
    }
}

static void fork_open_all(bool in_child)
{
    for (uint32_t i = 0; i < stet_cores_n_; i++) {
        stet_unlock_(&cores[i]->lock);
        stet_unlock_(&cores[i]->watching);
    }
    stet_walks_go_on_(in_child);
    stet_unlock_(&stet_hazards_lock_);
}

static void after_fork(void) { fork_open_all(false); }

/*
 * Parent and child share an eventfd, but not what is known of it. The child gets one of its own, under the same number:
 * raised as that was, or -1 if the system has none.
 */
static void renew_watch(struct stet_watch *w)
{
    (void)close(w->fd); /* first: there may be no other number left */
    int fd = eventfd(w->raised, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd >= 0 && fd != w->fd && dup3(fd, w->fd, O_CLOEXEC) == w->fd) {
        (void)close(fd);
        fd = w->fd;
    }
    w->fd = fd;
}

/* The system refuses now what it granted to the parent: nobody else is here who would have to know at once. */
static void do_without_membarrier(void)
{
    fenced = true;
    struct stet_roll_call call = stet_roll_call_();
    for (struct stet_hazard *h; (h = stet_roll_next_(&call)) != NULL;) {
        h->fenced = true;
        stet_gate_set_(h, false);
    }
    stet_hazard_ = &none;
}

static void record_free(struct stet_hazard *h);

/* The other threads are not in the child: what they held, nobody holds. */
static void after_fork_in_child(void)
{
    struct stet_roll *roll = stet_records_;
    int32_t thread = gettid();
    uint32_t n = 0, before_that = roll->n;
    uint64_t taken = 0;
    for (uint32_t i = 0; i < before_that; i++) {
        struct stet_hazard *h = roll->at[i];
        if (h->thread == forking && (h->in_use || h == &stet_hazard_spare_)) {
            h->thread = thread;
            taken++;
        } else {
            memset(h->slot, 0, sizeof h->slot);
            h->era = 0;
            h->busy += h->busy & 1;
            h->in_use = false;
            h->thread = 0;
            if (h != &stet_hazard_spare_) { /* it is the first */
                stet_bequeath_(h, &stet_hazard_spare_);
                record_free(h);
                continue;
            }
        }
        h->place = n;
        roll->at[n++] = h;
    }
    roll->n = n;
    left = NULL; /* they were on the roll */
    left_end = &left;
    STET_STORE_(stet_records_taken_, taken, RELAXED);
    stet_hazard_spare_lock_ = stet_hazard_spare_.thread != 0; /* who waited for it is gone */
    int before = errno, cancel;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    forks++;
    for (uint32_t i = 0; i < stet_cores_n_; i++) {
        struct stet_core *core = cores[i];
        core->forks = forks;
        core->gate = 0;
        stet_turns_end_(core);
        core->listeners = 0; /* threads that slept */
        for (struct stet_watch *w = core->watches; w != NULL; w = w->next) {
            core->listeners++;
            renew_watch(w);
        }
        core->lock = core->watching = 1; /* who waited for them is gone */
    }
    pthread_setcancelstate(cancel, NULL);
    errno = before;
    if (!fenced && !membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED))
        do_without_membarrier();
    fork_open_all(true);
}

/* ---- records ---- */

static void bury_all(void);

static void thread_end(void *h)
{
    stet_hazard_ = &none; /* a later destructor may take another */
    stet_hazard_mine_ = NULL;
    bury_all();
    stet_era_thread_ends_();
    stet_era_tend_(h, ERA_LEFT);
    stet_hazard_give_(h);
    stet_era_tend_(&stet_hazard_spare_, ERA_EACH); /* what threads that have ended have left */
}

static struct stet_process hazard_process = {
    .thread_end = thread_end, .before_fork = before_fork, .in_parent = after_fork, .in_child = after_fork_in_child};

/* The pool's handlers of fork come first: locks are taken in the other order. */
static bool ask(void) { return stet_pool_at_thread_end_() && stet_process_ask_(&hazard_process); }

static void hazard_start(void)
{
    fenced = STET_ATOM_LOCKED || stet_process_flag_("STET_NO_MEMBARRIER") ||
             !membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    stet_hazard_spare_.fenced = fenced;
    stet_hazard_spare_.gate = fenced ? STET_GATE_FENCE_ : 0;
    (void)ask();
}

bool stet_hazards_started_(void)
{
    pthread_once(&hazard_once, hazard_start);
    return __atomic_load_n(&hazard_process.granted, __ATOMIC_ACQUIRE) || ask(); /* pairs with the store in process.c */
}

/* With stet_hazards_lock_: room for one more on the roll. Rolls are not freed: somebody may be going through them. */
static bool roll_has_room(void)
{
    const struct stet_roll *roll = stet_records_;
    uint32_t n = STET_LOAD_(roll->n, RELAXED);
    if (n < roll->room)
        return true;
    struct stet_roll *larger = stet_pool_keep_(sizeof *larger + 2 * (size_t)n * sizeof *larger->at);
    if (larger == NULL)
        return false;
    *larger = (struct stet_roll){.room = 2 * n, .before = roll, .at = (struct stet_hazard **)(larger + 1)};
    stet_copy_roll_(larger, roll);
    return true;
}

/* With stet_hazards_lock_; it is not on the roll. */
static void record_free(struct stet_hazard *h)
{
    struct stet_hazard **list = &free_records[h->number > HAZARD_LOW];
    h->next_free = *list;
    *list = h;
}

/* With stet_hazards_lock_; it is on the roll. */
static void record_left(struct stet_hazard *h)
{
    h->next_free = NULL;
    *left_end = h;
    left_end = &h->next_free;
}

/* With stet_hazards_lock_: of the next so many that were left, those whose slots are empty now are free. */
static void free_left(uint64_t most)
{
    uint64_t n = STET_LOAD_(stet_records_taken_, RELAXED) / STET_ONE_LEFT_;
    for (n = n < most ? n : most; n > 0 && left != NULL; n--) {
        struct stet_hazard *h = left;
        left = h->next_free;
        if (left == NULL)
            left_end = &left;
        if (stet_slots_are_free_(h)) {
            stet_strike_off_(stet_records_, h);
            stet_uncount_left_();
            record_free(h);
        } else {
            record_left(h);
        }
    }
}

/* A record that is free, or a new one. NULL: no memory. */
static struct stet_hazard *record_take(void)
{
    if (left != NULL)
        free_left(4);
    struct stet_hazard **list = &free_records[free_records[0] == NULL], *h = *list;
    if (h != NULL) {
        *list = h->next_free;
    } else if ((h = stet_pool_keep_(sizeof *h)) != NULL) {
        h->number = stet_records_made_ + 1;
        STET_STORE_(stet_records_made_, h->number, RELAXED);
    }
    return h;
}

struct stet_hazard *stet_hazard_take_(void)
{
    if (!stet_hazards_started_())
        return NULL;
    stet_lock_(&stet_hazards_lock_);
    struct stet_hazard *h = roll_has_room() ? record_take() : NULL;
    if (h != NULL) {
        h->fenced = fenced;
        stet_gate_set_(h, stet_walks_stopped_);
        h->in_use = true;
        h->thread = gettid();
        stet_enrol_(stet_records_, h);
        stet_count_record_();
        STET_STORE_(h->due, stet_era_due_(stet_pool_held_()), RELAXED);
    }
    stet_unlock_(&stet_hazards_lock_);
    return h;
}

void stet_hazard_give_(struct stet_hazard *h)
{
    if (STET_LOAD_(h->retired, RELAXED) != NULL) {
        if (STET_LOAD_(h->due, RELAXED) < STET_LOAD_(stet_hazard_spare_.due, RELAXED))
            STET_STORE_(stet_hazard_spare_.due, STET_LOAD_(h->due, RELAXED), RELAXED);
        stet_bequeath_(h, &stet_hazard_spare_);
    }
    bool is_left = !stet_slots_are_free_(h);
    stet_uncount_record_(is_left);
    stet_lock_(&stet_hazards_lock_);
    h->in_use = false;
    if (is_left) {
        record_left(h);
    } else {
        stet_strike_off_(stet_records_, h);
        record_free(h);
    }
    stet_unlock_(&stet_hazards_lock_);
}

struct stet_hazard *stet_hazard_own_(void)
{
    if (STET_LIKELY(stet_hazard_mine_ != NULL))
        return stet_hazard_mine_;
    struct stet_hazard *h = stet_hazard_take_();
    if (h == NULL)
        return NULL;
    if (!stet_process_tell_at_end_(&hazard_process, h)) {
        stet_hazard_give_(h);
        return NULL;
    }
    stet_hazard_ = h->fenced ? &none : h;
    return stet_hazard_mine_ = h;
}

struct stet_hazard *stet_hazard_spare_take_(void)
{
    stet_lock_(&stet_hazard_spare_lock_);
    STET_STORE_(stet_hazard_spare_.thread, gettid(), RELAXED); /* for has_spare() */
    stet_count_record_();
    return &stet_hazard_spare_;
}

void stet_hazard_spare_give_(void)
{
    stet_uncount_record_(false);
    STET_STORE_(stet_hazard_spare_.thread, 0, RELAXED);
    stet_unlock_(&stet_hazard_spare_lock_);
}

/* ---- cores ---- */

/* With stet_hazards_lock_: on the list of those that are looked at. False: no memory. */
static bool core_list(struct stet_core *core)
{
    if (core->is_listed)
        return true;
    if (stet_cores_n_ == cores_room) {
        uint32_t room = cores_room == 0 ? 16 : 2 * cores_room;
        struct stet_core **larger = stet_pool_keep_((room + 1) * sizeof(struct stet_core *));
        if (larger == NULL)
            return false;
        if (stet_cores_n_ != 0)
            memcpy(larger, cores, stet_cores_n_ * sizeof(struct stet_core *));
        larger[room] = (struct stet_core *)(void *)cores; /* not used again; LeakSanitizer finds it there */
        cores = larger;
        cores_room = room;
    }
    core->is_listed = true;
    core->place = stet_cores_n_;
    cores[stet_cores_n_++] = core;
    return true;
}

/* With stet_hazards_lock_: a core without an atom of which no box is held need not be looked at. */
static void core_unlist(struct stet_core *core)
{
    if (!core->is_listed || !core->is_free || !stet_lock_try_(&core->lock))
        return;
    bool empty = core->pending == NULL && core->kept == NULL;
    stet_unlock_(&core->lock);
    if (!empty)
        return;
    cores[core->place] = cores[--stet_cores_n_];
    cores[core->place]->place = core->place;
    core->is_listed = false;
}

/* The process was forked while this one was not listed: who was at it, about to find nothing there, is gone. */
static void core_after_fork(struct stet_core *core)
{
    if (core->forks == forks)
        return;
    core->forks = forks;
    if (core->lock != 0)
        core->pending = core->kept = NULL;
    core->lock = core->watching = 0;
    core->wanted = core->gate = core->listeners = 0;
}

struct stet_core *stet_core_take_(void)
{
    if (!stet_hazards_started_())
        return NULL;
    stet_lock_(&stet_hazards_lock_);
    struct stet_core *core = free_cores;
    if (core == NULL && (core = stet_pool_keep_(sizeof *core)) != NULL)
        core->forks = forks;
    else if (core != NULL)
        free_cores = core->next_free;
    if (core != NULL && !core_list(core)) {
        core->next_free = free_cores;
        free_cores = core;
        core = NULL;
    }
    if (core != NULL) {
        core_after_fork(core);
        core->is_free = false;
    }
    stet_unlock_(&stet_hazards_lock_);
    return core;
}

void stet_core_give_(struct stet_core *core)
{
    stet_lock_(&stet_hazards_lock_);
    core->is_free = true;
    core->next_free = free_cores;
    free_cores = core;
    core_unlist(core);
    stet_unlock_(&stet_hazards_lock_);
    if (STET_LOAD_(core->wanted, SEQ_CST) != 0) /* by who met the lock taken there */
        stet_tend_(core, STET_RESCAN_, false);
}

/* ---- reclamation ---- */

/* A good time for those that were left, too. The lock comes before that of the core, which may be the caller's: so it
 * is tried. Not inlined: seldom called, and what it needs is not saved each time then. */
static __attribute__((__noinline__)) void try_free_left(void)
{
    if (stet_lock_try_(&stet_hazards_lock_)) {
        free_left(UINT64_MAX);
        stet_unlock_(&stet_hazards_lock_);
    }
}

void stet_examined_(struct stet_core *core)
{
    /* Relaxed: hints for when to do it again. */
    STET_STORE_(core->held, stet_pool_held_(), RELAXED);
    STET_STORE_(core->time, stet_coarse_time_(), RELAXED);
    if (STET_UNLIKELY(STET_LOAD_(stet_records_taken_, RELAXED) >= STET_ONE_LEFT_))
        try_free_left();
}

/* Dropping a version may call back, and what is called may reclaim: that joins the list of who is at it. */
static __thread struct {
    struct stet_box *waiting;
    struct nested nested;
} burial STET_THREAD_LOCAL_MODEL;

__thread bool stet_quiet_ STET_THREAD_LOCAL_MODEL;

/* Not inlined into what has looked at the thread before: the pool's cache is that of the thread after the callback. */
static NESTED_NOINLINE void box_release(struct stet_box *box)
{
    box->type->drop(box + 1);
    pool_free(box, stet_box_size_(box->type));
}

static NESTED_NOINLINE bool bury_one(uintptr_t frame)
{
    struct stet_box *box = burial.waiting;
    if (box == NULL) {
        burial.nested.frame = 0;
        return false;
    }
    nested_note(&burial.nested, frame);
    burial.waiting = box->previous;
    box_release(box);
    return true;
}

/* Not what waits: that may call back. */
static __attribute__((__noinline__)) void bury_quietly(struct stet_box *dead)
{
    for (struct stet_box *next; dead != NULL; dead = next) {
        next = dead->previous;
        box_release(dead);
    }
}

void stet_bury_(struct stet_box *dead)
{
    uintptr_t here = NESTED_HERE();
    if (STET_UNLIKELY(stet_quiet_)) {
        bury_quietly(dead);
        return;
    }
    for (struct stet_box *next; dead != NULL; dead = next) {
        next = dead->previous;
        dead->previous = burial.waiting;
        burial.waiting = dead;
    }
    if (burial.waiting == NULL || nested_is(&burial.nested, here))
        return;
    while (bury_one(here))
        ;
}

/* Of a thread that ends: what waits for a call that has not returned. */
static void bury_all(void)
{
    burial.nested.frame = 0;
    stet_bury_(NULL);
}

void stet_left_(struct stet_core *core, uint64_t version)
{
    if (STET_LOAD_(core->by_hand, RELAXED))
        return;
    if (!stet_look_again_(core, version) && stet_coarse_time_() - STET_LOAD_(core->time, RELAXED) > RECLAIM_QUIET)
        stet_tend_(core, STET_EXAMINE_, false);
}

struct stet_box *stet_protect_again_(bool full, stet_slot *slot, struct stet_core *core)
{
    return stet_protect_and_look_(full, slot, core);
}

/* The next of those that are listed, downwards from *i: where one is taken off the list, the last one takes its place.
 * NULL: there is none left. */
static struct stet_core *next_core(uint32_t *i)
{
    if (*i == UINT32_MAX && !stet_hazards_started_())
        return NULL; /* there is no atom, and no live map */
    stet_lock_(&stet_hazards_lock_);
    *i = *i < stet_cores_n_ ? *i : stet_cores_n_;
    struct stet_core *core = *i > 0 ? cores[--*i] : NULL;
    if (core != NULL)
        core_unlist(core);
    stet_unlock_(&stet_hazards_lock_);
    return core;
}

void stet_reclaim(void)
{
    struct stet_core *core;
    for (uint32_t i = UINT32_MAX; (core = next_core(&i)) != NULL;)
        stet_tend_(core, STET_EXAMINE_, true);
    stet_era_reclaim_all_();
}

void stet_reclaim_quietly_(void)
{
    if (stet_quiet_ || has_spare() || (stet_hazard_mine_ != NULL && STET_LOAD_(stet_hazard_mine_->era, RELAXED) != 0))
        return;
    stet_quiet_ = true;
    struct stet_core *core;
    for (uint32_t i = UINT32_MAX; (core = next_core(&i)) != NULL;)
        if (STET_LOAD_(core->calls, RELAXED) == 0)
            stet_tend_(core, STET_EXAMINE_, false);
    stet_era_reclaim_all_();
    stet_quiet_ = false;
}
