/* SPDX-License-Identifier: MIT */
/* era.c - the clock of eras, and freeing what nobody walks any more. See era.h. */
#include "era.h"
#include "nested.h"

struct stet_clock stet_clock_ = {.era = 1};

struct stet_hazard *stet_era_record_(void)
{
    struct stet_hazard *h = stet_hazard_own_();
    return h != NULL ? h : stet_hazard_spare_take_();
}

void stet_write_drain_(void) { stet_write_await_(); }

/* ---- reclamation ---- */

/* Releasing may call back, and what is called may come here again: that joins the list of who is at it. */
static __thread struct {
    struct stet_retired *waiting;
    struct nested nested;
} freed __attribute__((__tls_model__("initial-exec")));

static NESTED_NOINLINE bool free_one(uintptr_t frame)
{
    struct stet_retired *r = freed.waiting;
    if (r == NULL) {
        freed.nested.frame = 0;
        return false;
    }
    nested_note(&freed.nested, frame);
    freed.waiting = r->next;
    r->free(r);
    return true;
}

static void free_all(struct stet_retired *dead)
{
    uintptr_t here = NESTED_HERE();
    for (struct stet_retired *next; dead != NULL; dead = next) {
        next = dead->next;
        dead->next = freed.waiting;
        freed.waiting = dead;
    }
    if (freed.waiting == NULL || nested_is(&freed.nested, here))
        return;
    while (free_one(here))
        ;
}

void stet_era_thread_ends_(void)
{
    freed.nested.frame = 0;
    free_all(NULL);
}

void stet_era_reclaim_(struct stet_hazard *h)
{
    STET_STORE_(h->due, stet_era_due_(stet_pool_held_()), RELAXED); /* advice */
    free_all(stet_era_sift_(h));
}

void stet_era_reclaim_all_(void)
{
    for (struct stet_hazard *h = STET_LOAD_(STET_RECORDS_, ACQUIRE); h != NULL; h = h->next)
        stet_era_reclaim_(h);
}
