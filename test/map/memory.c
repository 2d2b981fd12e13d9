/* SPDX-License-Identifier: MIT */
/*
 * map/memory.c - out of memory, everywhere (support/memory_programs.c): every operation, in every state that sharing
 * can leave a map in.
 */
#include "support/keyed_states.h"
#include "support/map_world.h"
#include "support/programs.h"

#include <criterion/criterion.h>

/* Enough for a root wide enough to borrow. A third of them stays absent. */
static unsigned keys_for(const struct subject *s)
{
    unsigned enough = STET_TINY_NODES ? 48 : 40u * map_type_of(s)->leaf_max;
    return enough < s->keys / 4 ? enough : s->keys / 4;
}

/* ---- every operation, in each state, each request failing ---- */

static const struct op operations[] = {KEYED_MEMORY_OPERATIONS};

static bool needs_nothing(const struct op *op, unsigned state)
{
    return state == EXCLUSIVE && (op->code == OP_DEL || op->code == OP_POP || op->code == OP_DEL_FORM);
}

/* ---- random programs ---- */

static const uint8_t often[] = {KEYED_OFTEN};

static void only_grow(struct op *op)
{
    if (op->code == OP_DROP || op->code == OP_DROP_LATER || op->code == OP_DEL)
        op->code = OP_WITH;
}

static const struct memory_kind kind = {.state = state_names,
                                        .states = STATES,
                                        .enter = enter,
                                        .operation = operations,
                                        .operations = sizeof operations / sizeof operations[0],
                                        .needs_nothing = needs_nothing,
                                        .often = often,
                                        .often_count = sizeof often,
                                        .only_grow = only_grow,
                                        .budget_steps = 2000,
                                        .growth = keyed_growth};

static void requests(const struct subject *s)
{
    each_request_fails(&kind, s, keys_for(s));
    if (s->keys == MAX_KEYS) /* else too few, or of too few hashes, for a wide root */
        require_noted(s);
}

#define TEST_OF(name, ...)                                                   \
    Test(map_memory, name) { requests(subject_named(#name)); }               \
    Test(map_memory_programs, name)                                          \
    {                                                                        \
        const struct subject *s = subject_named(#name);                      \
        each_step_fails(&kind, s, HANDLES, keys_for(s), 3, keys_for(s) / 3); \
    }                                                                        \
    Test(map_memory_budget, name) { budget_is_spent(&kind, subject_named(#name), HANDLES); }

SUBJECTS(TEST_OF, TEST_OF)
