/* SPDX-License-Identifier: MIT */
/*
 * programs.h - what the model, thread and memory tests of every collection do, in a world of its own (world.h). What is
 * special in a collection is in the tables that its tests hand over.
 */
#ifndef TEST_PROGRAMS_H
#define TEST_PROGRAMS_H

#include "testing.h"
#include "world.h"

/* ---- random programs: programs.c ---- */

/* A program goes through phases, which differ in what they do most and where. */
struct program {
    struct world *w;
    struct rng random;
    unsigned phase;
    unsigned hot, keys, burst; /* for begin_phase() and choose(), as they like */
    struct op last;
};

struct program_kind {
    const uint8_t *weight; /* how often each operation is chosen: a row for each phase */
    unsigned phases, phase_steps;
    void (*begin_phase)(struct program *p);
    struct op (*choose)(struct program *p);
    unsigned fill; /* elements of handle 0 at first, where there is no limit */
};

/* The code of an operation, by the weights of the phase. */
uint8_t choose_code(const struct program_kind *k, struct program *p);

/* Random steps from the seed and the salt; all is checked each `interval` steps. faults: every fourth has some. */
void run_program(const struct program_kind *k, const struct subject *s, uint64_t salt, unsigned handles, unsigned limit,
                 unsigned steps, unsigned interval, bool faults);

/* ---- versions of one collection on several threads: thread_programs.c ---- */

struct thread_kind {
    struct op (*choose)(struct rng *random, unsigned step);
    unsigned steps;
    unsigned limit; /* of a worker's handles; 0: none */
    unsigned full;  /* what all begin with has 1/full of the limit */
    unsigned few;   /* a handle with less than 1/few of it is made a copy of that again */
};

void run_threads(const struct thread_kind *k, const struct subject *s);

/* ---- out of memory, everywhere: memory_programs.c ---- */

struct memory_kind {
    const char *const *state; /* of handle 0, by what the others have in common with it */
    unsigned states;
    void (*enter)(struct world *w, unsigned state); /* from empty handles */
    const struct op *operation;                     /* on handle 0, or from it to 3 */
    unsigned operations;
    bool (*needs_nothing)(const struct op *op, unsigned state); /* it must not fail */
    const uint8_t *often;                                       /* three in four operations of random programs */
    unsigned often_count;
    void (*only_grow)(struct op *op); /* another operation in place of one that shrinks */
    unsigned budget_steps;
    struct op (*growth)(unsigned i, unsigned handles); /* the i-th of operations that add to all of them by turns */
    unsigned growths;                                  /* of a handle; 0: as many as it may have elements */
};

#define MEMORY_HANDLES 4

/*
 * Every operation with its n-th pool request failing, n = 1, 2, ... until it succeeds, in every state. After each
 * failure contents are as they were, the invariants hold, every count is right, the operation succeeds when asked
 * again, and the handles can be dropped in every order.
 */
void each_request_fails(const struct memory_kind *k, const struct subject *s, unsigned limit);

/* A random program whose every step fails at first, from n elements in handle 0, each `step` after the last. */
void each_step_fails(const struct memory_kind *k, const struct subject *s, unsigned handles, unsigned limit,
                     unsigned step, unsigned n);

/* Grows until the budget is spent, goes on within it, and grows again when it is lifted. */
void budget_is_spent(const struct memory_kind *k, const struct subject *s, unsigned handles);

/* For enter(): notes whether the root of handle 0 borrows or was flattened. */
void note_root(stet_ref root);

/* States in which it does were entered, unless the subject's nodes are exact. */
void require_noted(const struct subject *s);

#endif
