/* SPDX-License-Identifier: MIT */
/*
 * reclaim/record.c - thread records: how they are taken, given back, left with guards in their slots, and treated after
 * a fork. See record.h.
 */
#include "reclaim/record.h"
#include "thread/process.h"

#define TAKEN ((struct stet_published *)16) /* fills a slot, but is not the address of a version */

static struct stet_thread none = {.slot = {TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN}};
__thread struct stet_thread *stet_thread_ STET_THREAD_LOCAL_MODEL = &none;
__thread struct stet_thread *stet_thread_mine_ STET_THREAD_LOCAL_MODEL;
__thread bool stet_quiet_ STET_THREAD_LOCAL_MODEL;

struct stet_thread stet_thread_spare_;
stet_lock stet_thread_spare_lock_;
static struct stet_thread *first_places[16] = {&stet_thread_spare_};
static struct stet_registry first_registry = {.n = 1, .room = 16, .at = first_places};
struct stet_registry *stet_threads_ = &first_registry;
uint64_t stet_threads_taken_;
uint32_t stet_threads_made_;
uint8_t stet_records_gate_;
stet_lock stet_threads_lock_;

static struct stet_thread *free_threads[2]; /* [0]: those with low numbers; [1]: the others */
/* Records that were given back with guards in their slots, oldest first. */
static struct stet_thread *left, **left_end = &left;
static pthread_once_t records_once = PTHREAD_ONCE_INIT;
static bool fenced = true; /* there is no membarrier, or records_start() has not looked for it yet */

bool stet_heavy_fence_(void)
{
    STET_FULL_FENCE_(); /* pairs with the full fences of threads that have no light ones */
    return __atomic_load_n(&fenced, __ATOMIC_RELAXED) || stet_fence_all_();
}

static void records_start(void)
{
    bool with_fences = STET_ATOM_LOCKED || !stet_fences_exist_() || !stet_fences_register_();
    __atomic_store_n(&fenced, with_fences, __ATOMIC_RELAXED);
    stet_lock_(&stet_threads_lock_); /* another thread may be forking already */
    stet_records_gate_ |= with_fences ? STET_GATE_FENCE_ : 0;
    stet_thread_spare_.fenced = with_fences;
    STET_STORE_(stet_thread_spare_.gate, stet_records_gate_, RELEASE);
    stet_unlock_(&stet_threads_lock_);
}

bool stet_threads_started_(void)
{
    pthread_once(&records_once, records_start);
    return stet_thread_will_end_();
}

/*
 * Called with stet_threads_lock_: makes room for one more record in the registry. Old registries are not freed, because
 * another thread may be visiting them.
 */
static bool registry_has_room(void)
{
    const struct stet_registry *registry = stet_threads_;
    uint32_t n = STET_LOAD_(registry->n, RELAXED);
    if (n < registry->room)
        return true;
    struct stet_registry *larger = stet_pool_keep_(sizeof *larger + 2 * (size_t)n * sizeof *larger->at);
    if (larger == NULL)
        return false;
    *larger = (struct stet_registry){.room = 2 * n, .before = registry, .at = (struct stet_thread **)(larger + 1)};
    stet_copy_registry_(larger, registry);
    return true;
}

/* Called with stet_threads_lock_: puts h, which is not in the registry, on a list of free records. */
static void thread_free(struct stet_thread *h)
{
    struct stet_thread **list = &free_threads[h->number > THREADS_LOW];
    h->next_free = *list;
    *list = h;
}

/*
 * Called with stet_threads_lock_: puts h, which is in the registry, on the list of records that were left with guards.
 */
static void thread_abandon(struct stet_thread *h)
{
    h->next_free = NULL;
    *left_end = h;
    left_end = &h->next_free;
}

/*
 * Called with stet_threads_lock_: checks up to `most` of the records that were left with guards, and frees those whose
 * slots are empty now.
 */
static void free_abandoned(uint64_t most)
{
    uint64_t n = STET_LOAD_(stet_threads_taken_, RELAXED) / STET_ONE_ABANDONED_;
    for (n = n < most ? n : most; n > 0 && left != NULL; n--) {
        struct stet_thread *h = left;
        left = h->next_free;
        if (left == NULL)
            left_end = &left;
        if (stet_slots_are_free_(h)) {
            stet_unregister_(stet_threads_, h);
            stet_uncount_abandoned_();
            thread_free(h);
        } else {
            thread_abandon(h);
        }
    }
}

/* Returns a free record, or a new one. NULL: no memory. */
static struct stet_thread *thread_take(void)
{
    if (left != NULL)
        free_abandoned(4);
    struct stet_thread **list = &free_threads[free_threads[0] == NULL], *h = *list;
    if (h != NULL) {
        *list = h->next_free;
    } else if ((h = stet_pool_keep_(sizeof *h)) != NULL) {
        h->number = stet_threads_made_ + 1;
        STET_STORE_(stet_threads_made_, h->number, RELAXED);
    }
    return h;
}

struct stet_thread *stet_thread_take_(void)
{
    if (!stet_threads_started_())
        return NULL;
    stet_lock_(&stet_threads_lock_);
    struct stet_thread *h = registry_has_room() ? thread_take() : NULL;
    if (h != NULL) {
        h->fenced = fenced;
        STET_STORE_(h->gate, stet_records_gate_, RELEASE); /* as in stet_gate_set_() */
        h->in_use = true;
        h->thread = stet_os_thread_();
        stet_register_(stet_threads_, h);
        stet_count_thread_();
        STET_STORE_(h->due, stet_look_due_(stet_pool_held_()), RELAXED);
    }
    stet_unlock_(&stet_threads_lock_);
    return h;
}

void stet_thread_give_(struct stet_thread *h)
{
    bool is_abandoned = !stet_slots_are_free_(h);
    stet_uncount_thread_(is_abandoned);
    stet_lock_(&stet_threads_lock_);
    h->in_use = false;
    if (is_abandoned) {
        thread_abandon(h);
    } else {
        stet_unregister_(stet_threads_, h);
        thread_free(h);
    }
    stet_unlock_(&stet_threads_lock_);
}

struct stet_thread *stet_thread_own_(void)
{
    if (STET_LIKELY(stet_thread_mine_ != NULL))
        return stet_thread_mine_;
    struct stet_thread *h = stet_thread_take_();
    if (h == NULL)
        return NULL;
    stet_thread_ = h->fenced ? &none : h;
    return stet_thread_mine_ = h;
}

struct stet_thread *stet_hazard_disown_(void)
{
    struct stet_thread *h = stet_thread_mine_;
    stet_thread_ = &none; /* a destructor that runs later may take another record */
    stet_thread_mine_ = NULL;
    return h;
}

struct stet_thread *stet_thread_spare_take_(void)
{
    stet_lock_(&stet_thread_spare_lock_);
    /* stet_hazard_spare_is_mine_() reads the id without the lock. */
    STET_STORE_(stet_thread_spare_.thread, stet_os_thread_(), RELAXED);
    stet_count_thread_();
    return &stet_thread_spare_;
}

void stet_thread_spare_give_(void)
{
    stet_uncount_thread_(false);
    STET_STORE_(stet_thread_spare_.thread, 0, RELAXED);
    stet_unlock_(&stet_thread_spare_lock_);
}

bool stet_hazard_spare_is_mine_(void)
{
    return STET_LOAD_(stet_thread_spare_.thread, RELAXED) ==
           stet_os_thread_(); /* no other thread writes the caller's id */
}

void stet_records_tidy_(void)
{
    if (STET_LIKELY(STET_LOAD_(stet_threads_taken_, RELAXED) < STET_ONE_ABANDONED_) ||
        !stet_lock_try_(&stet_threads_lock_))
        return;
    free_abandoned(UINT64_MAX);
    stet_unlock_(&stet_threads_lock_);
}

/* ---- fork ---- */

/*
 * Called in the child if the system refuses there what it granted to the parent. No other thread exists that would have
 * to learn of this at once.
 */
static void do_without_membarrier(void)
{
    fenced = true;
    stet_records_gate_ |= STET_GATE_FENCE_;
    struct stet_registry_visit visit = stet_registry_visit_();
    for (struct stet_thread *h; (h = stet_registry_next_(&visit)) != NULL;)
        h->fenced = true;
    stet_thread_ = &none;
}

void stet_records_in_child_(int32_t forking)
{
    struct stet_registry *registry = stet_threads_;
    int32_t thread = stet_os_thread_();
    uint32_t n = 0, before_that = registry->n;
    uint64_t taken = 0;
    for (uint32_t i = 0; i < before_that; i++) {
        struct stet_thread *h = registry->at[i];
        if (stet_record_survives_(h, forking)) {
            h->thread = thread;
            taken++;
        } else {
            memset(h->slot, 0, sizeof h->slot);
            h->era = 0;
            h->busy += h->busy & 1;
            h->in_use = false;
            h->thread = 0;
            if (h != &stet_thread_spare_) { /* the spare record stays in the registry, as the first */
                thread_free(h);
                continue;
            }
        }
        h->place = n;
        registry->at[n++] = h;
    }
    registry->n = n;
    left = NULL; /* these records were in the registry, so the loop has freed them */
    left_end = &left;
    STET_STORE_(stet_threads_taken_, taken, RELAXED);
    /* Threads that waited for this lock are not in the child. */
    stet_thread_spare_lock_ = stet_thread_spare_.thread != 0;
    if (!fenced && !stet_fences_register_())
        do_without_membarrier();
}
