/* SPDX-License-Identifier: MIT */
/* thread/work.c - see work.h. */
#include "thread/work.h"

__thread struct stet_works stet_works_ STET_THREAD_LOCAL_MODEL;

static NESTED_NOINLINE bool work_one(uintptr_t frame)
{
    struct stet_work *w = stet_works_.first;
    if (w == NULL) {
        stet_works_.nested.frame = 0;
        return false;
    }
    nested_note(&stet_works_.nested, frame);
    stet_works_.first = w->next;
    w->release(w);
    return true;
}

NESTED_NOINLINE void stet_work_off_(void)
{
    uintptr_t here = NESTED_HERE();
    if (stet_works_.first == NULL || nested_is(&stet_works_.nested, here))
        return;
    while (work_one(here))
        ;
}

void stet_work_end_(void)
{
    stet_works_.nested.frame = 0;
    stet_work_off_();
}
