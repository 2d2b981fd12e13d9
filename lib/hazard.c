/* SPDX-License-Identifier: MIT */
/*
 * hazard.c - the only place that defers frees: records of threads, the fences, the locks, fork and thread exit.
 */
#include "hazard.h"
#include "era.h"
#include "nested.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TAKEN ((struct stet_box *)16) /* no box is there */

static struct stet_hazard none = {.slot = {TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN}};
__thread struct stet_hazard *stet_hazard_ __attribute__((__tls_model__("initial-exec"))) = &none;
__thread struct stet_hazard *stet_hazard_mine_ __attribute__((__tls_model__("initial-exec")));

struct stet_hazard stet_hazard_spare_;
stet_lock stet_hazard_spare_lock_;
struct stet_hazard *stet_records_ = &stet_hazard_spare_;
uint32_t stet_records_taken_;
stet_lock stet_hazards_lock_;

static struct stet_hazard *free_records;
static struct stet_core *cores, *free_cores;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool fenced;     /* no membarrier */
static int32_t forking; /* the thread that forks */

/* ---- locks: a word and a futex, so that a fork can leave them in order ---- */

static void futex(uint32_t *word, int operation, uint32_t value)
{
    int before = errno;
    syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL, NULL, 0);
    errno = before;
}

void stet_lock_(stet_lock *lock)
{
    if (stet_lock_try_(lock))
        return;
    /* Acquire pairs with stet_unlock_(). */
    while (STET_EXCHANGE_(*lock, 2, ACQUIRE) != 0)
        futex(lock, FUTEX_WAIT, 2);
}

void stet_wake_lock_(stet_lock *lock) { futex(lock, FUTEX_WAKE, 1); }

/* ---- fences ---- */

static bool membarrier(int command)
{
    int before = errno;
    bool done = syscall(SYS_membarrier, command, 0, 0) == 0;
    errno = before;
    return done;
}

bool stet_heavy_fence_(void)
{
    STET_FULL_FENCE_(); /* pairs with the full fences of those who have no light ones */
    return STET_ATOM_LOCKED || fenced || membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

/* ---- fork: nobody else is inside when the process is copied ---- */

static void before_fork(void)
{
    int32_t thread = gettid();
    bool spare = STET_LOAD_(stet_hazard_spare_.thread, RELAXED) == thread; /* nobody else writes that there */
    stet_walks_stop_(spare ? &stet_hazard_spare_ : stet_hazard_mine_); /* before the locks below: walks may take them */
    stet_lock_(&stet_hazards_lock_);
    forking = thread;
    for (struct stet_core *core = cores; core != NULL; core = core->next) {
        stet_lock_(&core->watching);
        stet_lock_(&core->lock);
    }
}

static void open_all(bool in_child)
{
    for (struct stet_core *core = cores; core != NULL; core = core->next) {
        stet_unlock_(&core->lock);
        stet_unlock_(&core->watching);
    }
    stet_walks_go_on_(in_child);
    stet_unlock_(&stet_hazards_lock_);
}

static void after_fork(void) { open_all(false); }

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
    for (struct stet_hazard *h = stet_records_; h != NULL; h = h->next) {
        h->fenced = true;
        stet_gate_set_(h, false);
    }
    stet_hazard_ = &none;
}

/* The other threads are not in the child: what they held, nobody holds. */
static void after_fork_in_child(void)
{
    int32_t thread = gettid();
    uint32_t taken = 0;
    for (struct stet_hazard *h = stet_records_; h != NULL; h = h->next) {
        if (h->thread == forking) {
            h->thread = thread;
            taken += h->in_use || h == &stet_hazard_spare_;
            continue;
        }
        memset(h->slot, 0, sizeof h->slot);
        h->era = 0;
        h->busy += h->busy & 1;
        h->thread = 0;
        if (h->in_use) {
            h->in_use = false;
            h->next_free = free_records;
            free_records = h;
        }
    }
    STET_STORE_(stet_records_taken_, taken, RELAXED);
    stet_hazard_spare_lock_ = stet_hazard_spare_.thread != 0; /* who waited for it is gone */
    int before = errno, cancel;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    for (struct stet_core *core = cores; core != NULL; core = core->next) {
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
    open_all(true);
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
}

static struct stet_process process = {
    .thread_end = thread_end, .before_fork = before_fork, .in_parent = after_fork, .in_child = after_fork_in_child};

/* The pool's handlers of fork come first: locks are taken in the other order. */
static bool ask(void) { return stet_pool_at_thread_end_() && stet_process_ask_(&process); }

static void start(void)
{
    const char *forced = getenv("STET_NO_MEMBARRIER");
    fenced = STET_ATOM_LOCKED || (forced != NULL && *forced != '\0' && *forced != '0') ||
             !membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
    stet_hazard_spare_.fenced = fenced;
    stet_hazard_spare_.gate = fenced ? STET_GATE_FENCE_ : 0;
    (void)ask();
}

bool stet_hazards_started_(void)
{
    pthread_once(&once, start);
    return __atomic_load_n(&process.granted, __ATOMIC_ACQUIRE) || ask(); /* pairs with the store in process.c */
}

struct stet_hazard *stet_hazard_take_(void)
{
    if (!stet_hazards_started_())
        return NULL;
    stet_lock_(&stet_hazards_lock_);
    /* A thread may have left guards in its record: others have them now. */
    struct stet_hazard **at = &free_records;
    while (*at != NULL && !stet_slot_is_free_(&(*at)->slot[0]))
        at = &(*at)->next_free;
    struct stet_hazard *h = *at;
    if (h != NULL) {
        *at = h->next_free;
    } else if ((h = stet_pool_keep_(sizeof *h)) != NULL) {
        h->fenced = fenced;
        h->number = stet_records_->number + 1;
        stet_push_record_(h);
    }
    if (h != NULL) {
        stet_count_record_();
        stet_gate_set_(h, stet_walks_stopped_);
        h->in_use = true;
        h->thread = gettid();
        STET_STORE_(h->due, stet_era_due_(stet_pool_held_()), RELAXED);
    }
    stet_unlock_(&stet_hazards_lock_);
    return h;
}

void stet_hazard_give_(struct stet_hazard *h)
{
    if (stet_slots_are_free_(h)) /* else it stays counted: guards are left */
        stet_uncount_record_();
    stet_lock_(&stet_hazards_lock_);
    h->in_use = false;
    h->next_free = free_records;
    free_records = h;
    stet_unlock_(&stet_hazards_lock_);
}

struct stet_hazard *stet_hazard_own_(void)
{
    if (STET_LIKELY(stet_hazard_mine_ != NULL))
        return stet_hazard_mine_;
    struct stet_hazard *h = stet_hazard_take_();
    if (h == NULL)
        return NULL;
    if (!stet_process_tell_at_end_(&process, h)) {
        stet_hazard_give_(h);
        return NULL;
    }
    stet_hazard_ = h->fenced ? &none : h;
    return stet_hazard_mine_ = h;
}

static __thread bool has_spare __attribute__((__tls_model__("initial-exec")));

struct stet_hazard *stet_hazard_spare_take_(void)
{
    stet_lock_(&stet_hazard_spare_lock_);
    STET_STORE_(stet_hazard_spare_.thread, gettid(), RELAXED); /* for before_fork() */
    has_spare = true;
    stet_count_record_();
    return &stet_hazard_spare_;
}

void stet_hazard_spare_give_(void)
{
    stet_uncount_record_();
    STET_STORE_(stet_hazard_spare_.thread, 0, RELAXED);
    has_spare = false;
    stet_unlock_(&stet_hazard_spare_lock_);
}

/* ---- cores ---- */

struct stet_core *stet_core_take_(void)
{
    if (!stet_hazards_started_())
        return NULL;
    stet_lock_(&stet_hazards_lock_);
    struct stet_core *core = free_cores;
    if (core != NULL) {
        free_cores = core->next_free;
    } else if ((core = stet_pool_keep_(sizeof *core)) != NULL) {
        core->next = cores;
        cores = core;
    }
    stet_unlock_(&stet_hazards_lock_);
    return core;
}

void stet_core_give_(struct stet_core *core)
{
    stet_lock_(&stet_hazards_lock_);
    core->next_free = free_cores;
    free_cores = core;
    stet_unlock_(&stet_hazards_lock_);
}

/* ---- reclamation ---- */

void stet_examined_(struct stet_core *core)
{
    /* Relaxed: hints for when to do it again. */
    STET_STORE_(core->held, stet_pool_held_(), RELAXED);
    STET_STORE_(core->time, stet_coarse_time_(), RELAXED);
}

/* Dropping a version may call back, and what is called may reclaim: that joins the list of who is at it. */
static __thread struct {
    struct stet_box *waiting;
    struct nested nested;
} burial __attribute__((__tls_model__("initial-exec")));

__thread bool stet_quiet_ __attribute__((__tls_model__("initial-exec")));

static void box_free(struct stet_box *box)
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
    box_free(box);
    return true;
}

void stet_bury_(struct stet_box *dead)
{
    uintptr_t here = NESTED_HERE();
    for (struct stet_box *next; stet_quiet_ && dead != NULL; dead = next) { /* what waits may call back */
        next = dead->previous;
        box_free(dead);
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

static struct stet_core *all_cores(void)
{
    if (!stet_hazards_started_())
        return NULL;                 /* there is no atom, and no live map */
    stet_lock_(&stet_hazards_lock_); /* the list only grows at its head: no need of the lock to walk it */
    struct stet_core *core = cores;
    stet_unlock_(&stet_hazards_lock_);
    return core;
}

void stet_reclaim(void)
{
    for (struct stet_core *core = all_cores(); core != NULL; core = core->next)
        stet_tend_(core, STET_EXAMINE_, true);
    stet_era_reclaim_all_();
}

void stet_reclaim_quietly_(void)
{
    if (stet_quiet_ || has_spare || (stet_hazard_mine_ != NULL && STET_LOAD_(stet_hazard_mine_->era, RELAXED) != 0))
        return;
    stet_quiet_ = true;
    for (struct stet_core *core = all_cores(); core != NULL; core = core->next)
        if (STET_LOAD_(core->calls, RELAXED) == 0)
            stet_tend_(core, STET_EXAMINE_, false);
    stet_era_reclaim_all_();
    stet_quiet_ = false;
}
