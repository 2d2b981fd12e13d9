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

/* On handle 0, or from it to 3. Keys of 3n are absent at first, others present. */
static const struct op operations[] = {
    {.code = OP_SET, .key = 4, .value = 9},
    {.code = OP_SET, .key = 9, .value = 9},
    {.code = OP_SET, .key = 30, .value = 9},
    {.code = OP_ADD, .key = 12, .value = 9},
    {.code = OP_ADD, .key = 13, .value = 9},
    {.code = OP_EDIT, .key = 5, .value = 9},
    {.code = OP_EDIT, .key = 24, .value = 9},
    {.code = OP_UPDATE, .key = 8, .value = 9},
    {.code = OP_UPDATE, .key = 27, .value = 9},
    {.code = OP_DEL, .key = 10},
    {.code = OP_DEL, .key = 12},
    {.code = OP_POP, .key = 11},
    {.code = OP_WITH, .b = 3, .key = 4, .value = 9},
    {.code = OP_WITH, .b = 1, .key = 18, .value = 9},
    {.code = OP_WITHOUT, .b = 3, .key = 11},
    {.code = OP_WITHOUT, .b = 0, .key = 11},
    {.code = OP_SET_FORM, .key = 4, .value = 9},
    {.code = OP_SET_FORM, .key = 9, .value = 9},
    {.code = OP_ADD_FORM, .key = 33, .value = 9},
    {.code = OP_EDIT_FORM, .key = 5, .value = 9},
    {.code = OP_EDIT_FORM, .key = 21, .value = 9},
    {.code = OP_DEL_FORM, .key = 10},
    {.code = OP_SET_MANY, .key = 2, .value = 9, .more = 17 << 4 | 1},
    {.code = OP_SET_MANY, .key = 4, .value = 3, .more = 700 << 4},         /* taken in hash order */
    {.code = OP_SET_MANY, .c = 3, .key = 4, .value = 3, .more = 700 << 4}, /* built from the bottom up */
    {.code = OP_FILTER, .more = 0x1230},
    {.code = OP_FILTER, .more = 0x1231},
    {.code = OP_FILTER, .more = 0x1232},
    {.code = OP_FILTER, .more = 0x1233},
    {.code = OP_FILTER, .more = 0x1235},
    {.code = OP_FILTER, .more = 0x1236},
    {.code = OP_MAP_VALUES, .more = 0x100},
    {.code = OP_MAP_VALUES, .more = 0x101},
    {.code = OP_MAP_VALUES, .more = 0x103},
    {.code = OP_TRIM},
    {.code = OP_COMBINE, .b = 1, .c = 0, .more = STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_},
    {.code = OP_COMBINE, .b = 1, .c = 3, .more = STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_ | 8},
    {.code = OP_COMBINE, .a = 1, .b = 2, .c = 0, .more = STET_ONLY_A_ | STET_BOTH_},
    {.code = OP_COMBINE, .b = 1, .c = 3, .more = STET_BOTH_},
    {.code = OP_COMBINE, .b = 2, .c = 0, .more = STET_ONLY_A_},
    {.code = OP_COMBINE, .b = 1, .c = 3, .more = STET_ONLY_A_ | STET_ONLY_B_},
};

static bool needs_nothing(const struct op *op, unsigned state)
{
    return state == EXCLUSIVE && (op->code == OP_DEL || op->code == OP_POP || op->code == OP_DEL_FORM);
}

/* ---- random programs ---- */

/* Mostly edits of one key, so that maps have time to grow. */
static const uint8_t often[] = {OP_SET, OP_SET, OP_ADD, OP_EDIT, OP_DEL, OP_WITH, OP_WITHOUT, OP_COPY};

static void only_grow(struct op *op)
{
    if (op->code == OP_DROP || op->code == OP_DROP_LATER || op->code == OP_DEL)
        op->code = OP_WITH;
}

static struct op growth(unsigned i, unsigned handles)
{
    return (struct op){.code = OP_ADD, .a = (uint8_t)(i % handles), .key = (uint16_t)(i / handles)};
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
                                        .growth = growth};

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
