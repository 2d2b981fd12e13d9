/* SPDX-License-Identifier: MIT */
/* era.c - the clock of eras, and freeing what nobody walks any more. See era.h. */
#include "era.h"

#include <sched.h>

#define ERAS_MAX 128 /* walkers that are told apart */

struct stet_clock stet_clock_ = {.era = 1};

struct stet_hazard *stet_era_record_(void)
{
    struct stet_hazard *h = stet_hazard_own_();
    if (h != NULL)
        return h;
    stet_lock_(&stet_hazard_spare_lock_);
    return &stet_hazard_spare_;
}

void stet_relax_(unsigned attempt)
{
    if (attempt >= 64)
        sched_yield();
#if defined(__x86_64__)
    else
        __builtin_ia32_pause();
#endif
}

void stet_write_drain_(void)
{
    STET_FULL_FENCE_(); /* pairs with those in the locks that a write takes */
    for (struct stet_hazard *h = STET_LOAD_(STET_RECORDS_, ACQUIRE); h != NULL; h = h->next) {
        uint64_t busy = STET_LOAD_(h->busy, ACQUIRE); /* pairs with stet_write_end_() */
        for (unsigned i = 0; (busy & 1) != 0 && STET_LOAD_(h->busy, ACQUIRE) == busy; i++)
            stet_relax_(i);
    }
}

/* ---- reclamation ---- */

/* Where walkers are. */
struct walkers {
    uint64_t era[ERAS_MAX];
    unsigned n;
    uint64_t newest; /* of those that found no place: they keep whatever was born until then. 0: none */
};

static void look_at_walkers(struct walkers *w)
{
    w->n = 0;
    w->newest = 0;
    /* Acquire pairs with the push of a record; one that is missed was pushed after the heavy fence. */
    for (struct stet_hazard *h = STET_LOAD_(STET_RECORDS_, ACQUIRE); h != NULL; h = h->next) {
        uint64_t era = STET_LOAD_(h->era, ACQUIRE); /* pairs with the release of who ends */
        if (era == 0)
            continue;
        if (w->n < ERAS_MAX)
            w->era[w->n++] = era;
        else if (era > w->newest)
            w->newest = era;
    }
}

static bool is_walked(const struct walkers *w, const struct stet_retired *r)
{
    if (r->born <= w->newest)
        return true;
    for (unsigned i = 0; i < w->n; i++)
        if (r->born <= w->era[i] && w->era[i] <= r->retired)
            return true;
    return false;
}

static void note_stalled(const struct walkers *w, uint64_t now)
{
    uint64_t stalled = 0;
    for (unsigned i = 0; i < w->n; i++)
        if (w->era[i] + ERA_STALL <= now && w->era[i] > stalled)
            stalled = w->era[i];
    STET_STORE_(stet_clock_.stalled, stalled, RELAXED); /* advice */
}

/* Releasing may call back, and what is called may come here again: that joins the list of who is at it. */
static void free_all(struct stet_retired *dead)
{
    static __thread struct stet_retired *waiting __attribute__((tls_model("initial-exec")));
    static __thread bool at_it __attribute__((tls_model("initial-exec")));
    for (struct stet_retired *next; dead != NULL; dead = next) {
        next = dead->next;
        dead->next = waiting;
        waiting = dead;
    }
    if (at_it)
        return;
    at_it = true;
    while (waiting != NULL) {
        struct stet_retired *r = waiting;
        waiting = r->next;
        r->free(r);
    }
    at_it = false;
}

void stet_era_reclaim_(struct stet_hazard *h)
{
    /* Acquire pairs with stet_retire_(). */
    struct stet_retired *r = STET_EXCHANGE_(h->retired, (struct stet_retired *)NULL, ACQUIRE), *dead = NULL, *next;
    STET_STORE_(h->retired_count, 0, RELAXED);
    if (r == NULL)
        return;
    struct walkers w = {.n = 0};
    (void)STET_ADD_(stet_clock_.era, 1, SEQ_CST);
    bool fenced = stet_heavy_fence_();
    uint64_t now = STET_LOAD_(stet_clock_.era, ACQUIRE); /* E1 */
    if (fenced) {
        look_at_walkers(&w);
        note_stalled(&w, now);
    }
    uint32_t kept = 0;
    for (; r != NULL; r = next) {
        next = r->next;
        if (r->retired == 0 && fenced)
            r->retired = now;
        if (fenced && !is_walked(&w, r)) {
            r->next = dead;
            dead = r;
        } else {
            stet_retire_again_(h, r);
            kept++;
        }
    }
    STET_STORE_(h->retired_kept, kept, RELAXED);
    free_all(dead);
}

void stet_era_reclaim_all_(void)
{
    for (struct stet_hazard *h = STET_LOAD_(STET_RECORDS_, ACQUIRE); h != NULL; h = h->next)
        stet_era_reclaim_(h);
}
