/* SPDX-License-Identifier: MIT */
#include "programs.h"

#include <stet/pool.h>

/* In how many states the root of handle 0 borrowed, or was flattened. */
static unsigned borrowing, flattened;

void note_root(stet_ref root)
{
    if (stet_ref_is_inner_(root)) {
        borrowing += stet_ref_inner_(root)->lender != 0;
        flattened += stet_ref_inner_(root)->flattened != 0;
    }
}

void require_noted(const struct subject *s)
{
    REQUIRE((borrowing != 0) != s->node->exact, "%u states in which it borrows", borrowing);
    REQUIRE((flattened != 0) != s->node->exact, "%u states in which it is flattened", flattened);
}

/* ---- every operation, in each state, each request failing ---- */

/* Drops the handles that are not empty, in the i-th of all possible orders. Returns how many orders there are. */
static unsigned drop_in_order(struct world *w, unsigned i)
{
    unsigned left[MEMORY_HANDLES], n = 0, orders = 1;
    for (unsigned h = 0; h < MEMORY_HANDLES; h++)
        if (w->model[h].size != 0)
            left[n++] = h;
    for (; n > 0; i /= n, orders *= n, n--) {
        unsigned at = i % n;
        world_drop(w, left[at]);
        memmove(&left[at], &left[at + 1], (n - 1 - at) * sizeof left[0]);
    }
    return orders;
}

/* One operation in one state. `persist` requests fail, from the n-th on. */
struct trial {
    const struct memory_kind *kind;
    const struct op *op;
    unsigned state;
    uint64_t persist;
};

/*
 * Enters the state from empty handles, and applies the operation with its n-th request failing. Returns whether there
 * was an n-th request.
 */
static bool attempt(struct world *w, const struct trial *t, uint64_t n, stet_result *result)
{
    w->fill = true;
    w->fault = 0;
    t->kind->enter(w, t->state);
    w->fault = n;
    w->persist = t->persist;
    world_context(w, *t->op, "%s", t->kind->state[t->state]);
    *result = world_apply(w, *t->op);
    w->fault = 0;
    return w->requests >= n;
}

static void check_failed(struct world *w, const struct op *op, stet_result result)
{
    world_check(w);
    if (result != STET_NO_MEMORY)
        return;
    REQUIRE(world_apply(w, *op) != STET_NO_MEMORY, "fails again, with memory");
    world_check(w);
}

static void every_order(struct world *w, const struct trial *t, uint64_t n)
{
    stet_result result;
    for (unsigned i = 0, orders = 1; i < orders; i++) {
        attempt(w, t, n, &result);
        orders = drop_in_order(w, i);
    }
    world_check(w); /* all handles are empty, so nothing may be live */
}

static void fail_each(struct world *w, const struct trial *t)
{
    bool needs_nothing = t->kind->needs_nothing(t->op, t->state);
    stet_result result;
    uint64_t n = 1, last = 0;
    for (; attempt(w, t, n, &result); n += 1 + (test_long() ? 0 : n / 3)) {
        REQUIRE(!needs_nothing || result != STET_NO_MEMORY, "fails where nothing is shared");
        check_failed(w, t->op, result);
        drop_in_order(w, (unsigned)n);
        if (test_long())
            every_order(w, t, n);
        last = n;
    }
    REQUIRE(result != STET_NO_MEMORY, "fails without a request that failed");
    world_check(w);
    drop_in_order(w, (unsigned)n);
    if (last != 0)
        every_order(w, t, last);
}

void each_request_fails(const struct memory_kind *k, const struct subject *s, unsigned limit)
{
    static struct world w;
    test_seed();
    world_begin(&w, s, MEMORY_HANDLES, limit);
    for (unsigned i = 0; i < k->operations; i++)
        for (unsigned state = 0; state < k->states; state++) {
            fail_each(&w, &(struct trial){k, &k->operation[i], state, 1});
            fail_each(&w, &(struct trial){k, &k->operation[i], state, UINT64_MAX});
        }
    world_end(&w);
    test_nothing_live();
}

/* ---- random programs whose every step fails at first ---- */

static struct op choose(const struct memory_kind *k, const struct subject *s, struct rng *random)
{
    struct op op = s->of->op_of(rng_next(random));
    if (rng_below(random, 4) != 0)
        op.code = k->often[rng_below(random, k->often_count)];
    return op;
}

void each_step_fails(const struct memory_kind *k, const struct subject *s, unsigned handles, unsigned limit,
                     unsigned step, unsigned n)
{
    static struct world w;
    struct rng random = {rng_mix(test_seed(), subject_number(s) + 1000)};
    world_begin(&w, s, handles, limit);
    world_fill(&w, 0, 1, step, n);
    for (unsigned i = 0, steps = test_long() ? 2000 : 100; i < steps; i++) {
        struct op op = choose(k, s, &random);
        w.persist = rng_below(&random, 2) == 0 ? 1 : UINT64_MAX;
        /* some from a later request on, as an operation that goes on without its first one asks again */
        w.fault = rng_below(&random, 2) == 0 ? 1 : 2 + rng_below(&random, 8);
        for (;; w.fault += 1 + w.fault / 8) {
            world_context(&w, op, "step %u", i);
            if (world_apply(&w, op) != STET_NO_MEMORY)
                break;
            if (w.fault < 8)
                world_check(&w);
        }
        if (i % 8 == 7)
            world_check(&w);
    }
    world_end(&w);
    test_nothing_live();
}

/* ---- the budget ---- */

void budget_is_spent(const struct memory_kind *k, const struct subject *s, unsigned handles)
{
    static struct world w;
    struct rng random = {rng_mix(test_seed(), subject_number(s) + 2000)};
    unsigned failures = 0;
    world_begin(&w, s, handles, 0);
    world_fill(&w, 0, 0, 1, 8);
    w.may_fail = true;
    stet_pool_trim();
    stet_pool_set_budget(stet_pool_stats().slab_bytes + (STET_POOL ? 0 : 4096)); /* no new slabs */
    for (unsigned step = 0, steps = test_long() ? 20000 : k->budget_steps; step < steps; step++) {
        struct op op = choose(k, s, &random);
        k->only_grow(&op);
        world_context(&w, op, "step %u, on a budget", step);
        failures += world_apply(&w, op) == STET_NO_MEMORY;
        if (step % 128 == 127)
            world_check(&w);
    }
    world_check(&w);
    stet_pool_set_budget(1); /* less than is in use, which stays */
    unsigned growths = k->growths != 0 ? k->growths : w.limit;
    for (unsigned i = 0; i < handles * growths; i++)
        failures += world_apply(&w, k->growth(i, handles)) == STET_NO_MEMORY;
    world_check(&w);
    REQUIRE(failures != 0 || w.limit < 512, "the budget was never spent");
    stet_pool_set_budget(0);
    w.may_fail = false;
    for (unsigned i = 0; i < growths; i++)
        world_apply(&w, k->growth(i, 1));
    world_end(&w);
    test_nothing_live();
}
