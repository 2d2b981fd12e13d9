/* SPDX-License-Identifier: MIT */
/*
 * programs.h - the model, thread and memory tests of every collection, on a world (world.h). The tests of a collection
 * pass tables of its operations.
 */
#ifndef TEST_PROGRAMS_H
#define TEST_PROGRAMS_H

#include "testing.h"
#include "world.h"

/* ---- random programs: programs.c ---- */

/* A random program. It goes through phases that prefer different operations and different places. */
struct program {
    struct world *w;
    struct rng random;
    unsigned phase;
    unsigned hot, keys, burst; /* used by begin_phase() and choose() alone */
    struct op last;
};

struct program_kind {
    const uint8_t *weight; /* how often each operation is chosen: a row for each phase */
    unsigned phases, phase_steps;
    void (*begin_phase)(struct program *p);
    struct op (*choose)(struct program *p);
    unsigned fill; /* number of elements of handle 0 at first, if the program has no limit */
};

/* Chooses the code of an operation at random, by the weights of the phase. */
uint8_t choose_code(const struct program_kind *k, struct program *p);

/*
 * Runs random steps, from the seed and the salt, and checks everything each `interval` steps. faults: in one step of
 * four, chosen at random, requests for memory fail.
 */
void run_program(const struct program_kind *k, const struct subject *s, uint64_t salt, unsigned handles, unsigned limit,
                 unsigned steps, unsigned interval, bool faults);

/* ---- versions of one collection on several threads: thread_programs.c ---- */

struct thread_kind {
    struct op (*choose)(struct rng *random, unsigned step);
    unsigned steps;
    unsigned limit; /* elements of a worker's handle; 0: no limit */
    unsigned full;  /* the first version has 1/full of the limit */
    unsigned few;   /* a handle with less than 1/few of the limit becomes a copy of the first version again */
};

void run_threads(const struct thread_kind *k, const struct subject *s);

/* ---- out of memory, everywhere: memory_programs.c ---- */

struct memory_kind {
    const char *const *state; /* names of the states of handle 0 */
    unsigned states;
    void (*enter)(struct world *w, unsigned state); /* brings handle 0 into the state; all handles are empty before */
    const struct op *operation;                     /* operations on handle 0, or from it to 3 */
    unsigned operations;
    bool (*needs_nothing)(const struct op *op, unsigned state); /* whether it must not fail */
    const uint8_t *often; /* the codes of three in four operations of random programs */
    unsigned often_count;
    void (*only_grow)(struct op *op); /* replaces an operation that shrinks by one that does not */
    unsigned budget_steps;
    struct op (*growth)(unsigned i, unsigned handles); /* the i-th of operations that add to all handles by turns */
    unsigned growths; /* how many of these for a handle; 0: as many as it may have elements */
};

#define MEMORY_HANDLES 4

/*
 * Tries every operation in every state, with its n-th pool request failing, n = 1, 2, ... until it succeeds. After each
 * failure contents must be as before, the invariants hold, every count is right, the operation succeeds when it is
 * repeated, and the handles can be dropped in every order.
 */
void each_request_fails(const struct memory_kind *k, const struct subject *s, unsigned limit);

/*
 * Runs a random program in which requests of every step fail at first. Handle 0 begins with n elements, whose numbers
 * are `step` apart.
 */
void each_step_fails(const struct memory_kind *k, const struct subject *s, unsigned handles, unsigned limit,
                     unsigned step, unsigned n);

/* Grows until the budget is spent, continues within the budget, and grows again after it is lifted. */
void budget_is_spent(const struct memory_kind *k, const struct subject *s, unsigned handles);

/* For enter(): notes whether the root of handle 0 borrows or was flattened. */
void note_root(stet_ref root);

/* Requires that note_root() has seen both, unless the subject's nodes are exact. */
void require_noted(const struct subject *s);

#endif
