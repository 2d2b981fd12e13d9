/* SPDX-License-Identifier: MIT */
/*
 * sorted/memory.c - out of memory, everywhere (support/memory_programs.c): every operation, in every state that sharing
 * can leave a sorted map or set in.
 */
#include "support/keyed_states.h"
#include "support/programs.h"
#include "support/sorted_world.h"

#include <criterion/criterion.h>

/* Returns how many keys are used: the first three quarters of them make a root with enough slots to borrow. */
static unsigned keys_for(const struct subject *s)
{
    unsigned enough = STET_TINY_NODES ? 160 : 36u << sorted_type_of(s)->leaf_bits;
    return enough < s->keys ? enough : s->keys;
}

/* Enters a state as for the other collections; and handle 3 gets entries behind all of these. */
static void enter_in_order(struct world *w, unsigned state)
{
    unsigned keys = w->keys;
    w->keys = keys * 3 / 4;
    enter(w, state);
    w->keys = keys;
    world_fill(w, 3, keys * 3 / 4 + 3, 1, keys / 5);
}

/* ---- every operation, in each state, each request failing ---- */

#define RANK(n) ((uint32_t)(n) << 8)
#define NO_FROM 1
#define NO_TO 2

static const struct op operations[] = {
    KEYED_MEMORY_OPERATIONS,
    {.code = OP_FROM_ARRAY, .key = 2, .value = 9, .more = 200 << 4},
    {.code = OP_COMBINE, .b = 3, .c = 3, .more = STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_},
    {.code = OP_COMBINE, .b = 1, .c = 3, .more = STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_ | STET_ASK_EQUAL_ | 16},
    {.code = OP_COMBINE, .a = 1, .b = 2, .c = 0, .more = STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_ | 16},
    {.code = SORTED_POP_AT, .more = RANK(50) | 3},
    {.code = SORTED_POP_AT, .more = RANK(7)},
    {.code = SORTED_POP_FIRST, .more = 3},
    {.code = SORTED_POP_LAST, .more = 2},
    {.code = SORTED_SLICE, .key = 20, .j = 90, .c = 3},
    {.code = SORTED_SLICE, .key = 17, .j = 81, .c = 0},
    {.code = SORTED_SLICE, .key = 17, .c = 1, .more = NO_TO},
    {.code = SORTED_SLICE, .j = 3, .c = 3, .more = NO_FROM},
    {.code = SORTED_SLICE_AT, .key = 13, .j = 100, .c = 0},
    {.code = SORTED_ERASE_RANGE, .key = 20, .j = 90},
    {.code = SORTED_ERASE_RANGE, .key = 61, .j = 64},
    {.code = SORTED_ERASE_RANGE, .j = 50, .more = NO_FROM},
    {.code = SORTED_ERASE_RANGE, .key = 55, .more = NO_TO},
    {.code = SORTED_SPLIT, .b = 3, .key = 70},
    {.code = SORTED_SPLIT, .b = 1, .key = 5},
    {.code = SORTED_SPLIT, .b = 2, .key = 0},
    {.code = SORTED_JOIN, .b = 3},
    {.code = SORTED_JOIN, .a = 1, .b = 3},
    {.code = SORTED_APPEND, .key = 3, .value = 9},
    {.code = SORTED_FROM_SORTED, .key = 10, .value = 9, .more = 40 * 16 + 5},
    {.code = SORTED_FROM_SORTED, .key = 1, .value = 9, .more = 3},
};

static bool needs_nothing(const struct op *op, unsigned state)
{
    return state == EXCLUSIVE &&
           (op->code == OP_DEL || op->code == OP_POP || op->code == OP_DEL_FORM || op->code == SORTED_POP_AT ||
            op->code == SORTED_POP_FIRST || op->code == SORTED_POP_LAST);
}

/* ---- random programs ---- */

static const uint8_t often[] = {KEYED_OFTEN, SORTED_APPEND, SORTED_JOIN};

static void only_grow(struct op *op)
{
    if (op->code == OP_DROP || op->code == OP_DROP_LATER || op->code == OP_DEL || op->code == SORTED_SLICE ||
        op->code == SORTED_SLICE_AT || op->code == SORTED_ERASE_RANGE || op->code == SORTED_SPLIT)
        op->code = OP_WITH;
}

static const struct memory_kind kind = {.state = state_names,
                                        .states = STATES,
                                        .enter = enter_in_order,
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
    if (s->keys == MAX_KEYS) /* with fewer keys the root has too few slots */
        require_noted(s);
}

#define TEST_OF(name, ...)                                                   \
    Test(sorted_memory_programs, name)                                       \
    {                                                                        \
        const struct subject *s = subject_named(#name);                      \
        each_step_fails(&kind, s, HANDLES, keys_for(s), 3, keys_for(s) / 3); \
    }                                                                        \
    Test(sorted_memory_budget, name) { budget_is_spent(&kind, subject_named(#name), HANDLES); }

SORTED_SUBJECTS(TEST_OF, TEST_OF)
SORTED_NESTS(TEST_OF)
SORTED_FOLDED(TEST_OF, TEST_OF)

#define REQUESTS_OF(name) \
    Test(sorted_memory, name) { requests(subject_named(#name)); }

REQUESTS_OF(sorted_words)
REQUESTS_OF(sorted_chars)
REQUESTS_OF(sorted_pages)
REQUESTS_OF(sorted_strings)
REQUESTS_OF(sorted_prompt)
REQUESTS_OF(sorted_lazy)
REQUESTS_OF(sorted_tokens)
REQUESTS_OF(sorted_of_sets)
