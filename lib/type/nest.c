/* SPDX-License-Identifier: MIT */
/* type/nest.c - equality and hashes of nested collections; nest.h explains them. */
#include "type/nest.h"
#include "memory/cache.h"

/* This many frames of a hash are on the stack; further ones are allocated. */
#define FEW_FRAMES 8

/* Two elements that were assumed to be equal, and will be compared later. */
struct stet_nest_later {
    struct stet_nest_later *next;
    const struct stet_type *t;
    const void *a, *b;
};

_Thread_local struct stet_nest stet_nest_;

/* ---- equality ---- */

bool stet_nest_leave_(const struct stet_type *t, const void *a, const void *b)
{
    struct stet_nest_later *l = pool_allocate(sizeof *l);
    if (l == NULL)
        return false;
    *l = (struct stet_nest_later){stet_nest_.later, t, a, b};
    stet_nest_.later = l;
    return true;
}

bool stet_nest_walk_(stet_nest_walk_fn *walk, const void *type, const void *a, const void *b)
{
    if (stet_nest_.direct == a) {
        stet_nest_.direct = NULL;
        stet_nest_.depth++;
        bool equal = walk(type, a, b);
        stet_nest_.depth--;
        return equal;
    }
    struct stet_nest outer = stet_nest_;
    stet_nest_ = (struct stet_nest){0};
    bool equal = walk(type, a, b);
    for (struct stet_nest_later *l; (l = stet_nest_.later) != NULL; pool_free(l, sizeof *l)) {
        stet_nest_.later = l->next;
        equal = equal && stet_nest_equal(l->t, l->a, l->b);
    }
    stet_nest_ = outer;
    return equal;
}

/* ---- hash ---- */

static struct stet_nest_frame *frame_new(void)
{
    return stet_nest_.used < FEW_FRAMES ? &stet_nest_.few[stet_nest_.used++]
                                        : pool_allocate(sizeof(struct stet_nest_frame));
}

static void frame_free(struct stet_nest_frame *f)
{
    if (f >= stet_nest_.few && f < stet_nest_.few + FEW_FRAMES)
        stet_nest_.used--; /* frames from the pool are above, and are freed already */
    else
        pool_free(f, sizeof *f);
}

static void begin_frame(struct stet_nest_frame *f, stet_nest_step_fn *step, const void *type, uint64_t seed,
                        stet_nest_begin_fn *begin, const void *collection)
{
    f->step = step;
    f->type = type;
    f->seed = seed;
    f->below = stet_nest_.top;
    f->waits = false;
    begin(f, collection);
    stet_nest_.top = f;
}

uint64_t stet_nest_hash_(stet_nest_step_fn *step, const void *type, uint64_t seed, stet_nest_begin_fn *begin,
                         const void *collection)
{
    struct stet_nest_frame few[FEW_FRAMES], *f;
    uint64_t hash = 0;
    if (stet_nest_.direct == collection && (f = frame_new()) != NULL) {
        begin_frame(f, step, type, seed, begin, collection);
        return 0;
    }
    struct stet_nest outer = stet_nest_;
    stet_nest_ = (struct stet_nest){.few = few};
    begin_frame(frame_new(), step, type, seed, begin, collection);
    while ((f = stet_nest_.top) != NULL)
        if (f->step(f, &hash)) {
            stet_nest_.top = f->below;
            frame_free(f);
        }
    stet_nest_ = outer;
    return hash;
}
