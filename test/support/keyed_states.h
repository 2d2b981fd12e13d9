/* SPDX-License-Identifier: MIT */
/* keyed_states.h - for memory tests: the states that sharing can leave a collection of keys in. */
#ifndef TEST_KEYED_STATES_H
#define TEST_KEYED_STATES_H

#include "keyed_world.h"
#include "programs.h"

/* States of handle 0, by what handles 1 and 2 have in common with it. */
enum state {
    EXCLUSIVE, /* they have nothing in common */
    SHARED,    /* they have the same version */
    BORROWING, /* its root borrows from theirs */
    LENDING,   /* their root borrows from its root */
    FLATTENED, /* it took over its root's owner, which others hold as well */
    ORPHANED,  /* the same, and the version that had the owner is gone */
    ALONE,     /* its root's owner has no other holder: references can be taken over */
    STATES
};

static const char *const state_names[STATES] = {"exclusive", "shared",   "borrowing", "lending",
                                                "flattened", "orphaned", "alone"};

/*
 * Operations on handle 0, or from handle 0 to 3. Keys that are multiples of 3 are absent at first, the others present.
 */
/* clang-format off */
#define KEYED_MEMORY_OPERATIONS \
    {.code = OP_SET, .key = 4, .value = 9}, {.code = OP_SET, .key = 9, .value = 9}, \
    {.code = OP_SET, .key = 30, .value = 9}, \
    {.code = OP_ADD, .key = 12, .value = 9}, {.code = OP_ADD, .key = 13, .value = 9}, \
    {.code = OP_EDIT, .key = 5, .value = 9}, {.code = OP_EDIT, .key = 24, .value = 9}, \
    {.code = OP_UPDATE, .key = 8, .value = 9}, {.code = OP_UPDATE, .key = 27, .value = 9}, \
    {.code = OP_DEL, .key = 10}, {.code = OP_DEL, .key = 12}, \
    {.code = OP_POP, .key = 11}, \
    {.code = OP_WITH, .b = 3, .key = 4, .value = 9}, {.code = OP_WITH, .b = 1, .key = 18, .value = 9}, \
    {.code = OP_WITHOUT, .b = 3, .key = 11}, {.code = OP_WITHOUT, .b = 0, .key = 11}, \
    {.code = OP_SET_FORM, .key = 4, .value = 9}, {.code = OP_SET_FORM, .key = 9, .value = 9}, \
    {.code = OP_ADD_FORM, .key = 33, .value = 9}, \
    {.code = OP_EDIT_FORM, .key = 5, .value = 9}, {.code = OP_EDIT_FORM, .key = 21, .value = 9}, \
    {.code = OP_DEL_FORM, .key = 10}, \
    {.code = OP_SET_MANY, .key = 2, .value = 9, .more = 17 << 4 | 1}, \
    {.code = OP_SET_MANY, .key = 4, .value = 3, .more = 700 << 4}, \
    {.code = OP_SET_MANY, .c = 3, .key = 4, .value = 3, .more = 700 << 4}, \
    {.code = OP_FILTER, .more = 0x1230}, {.code = OP_FILTER, .more = 0x1231}, \
    {.code = OP_FILTER, .more = 0x1232}, {.code = OP_FILTER, .more = 0x1233}, \
    {.code = OP_FILTER, .more = 0x1235}, {.code = OP_FILTER, .more = 0x1236}, \
    {.code = OP_MAP_VALUES, .more = 0x100}, {.code = OP_MAP_VALUES, .more = 0x101}, \
    {.code = OP_MAP_VALUES, .more = 0x103}, \
    {.code = OP_TRIM}, \
    {.code = OP_COMBINE, .b = 1, .c = 0, .more = STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_}, \
    {.code = OP_COMBINE, .b = 1, .c = 3, .more = STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_ | 8}, \
    {.code = OP_COMBINE, .a = 1, .b = 2, .c = 0, .more = STET_ONLY_A_ | STET_BOTH_}, \
    {.code = OP_COMBINE, .b = 1, .c = 3, .more = STET_BOTH_}, \
    {.code = OP_COMBINE, .b = 2, .c = 0, .more = STET_ONLY_A_}, \
    {.code = OP_COMBINE, .b = 1, .c = 3, .more = STET_ONLY_A_ | STET_ONLY_B_}
/* clang-format on */

/* Mostly edits of one key, so that collections can grow between the operations that shrink them. */
#define KEYED_OFTEN OP_SET, OP_SET, OP_ADD, OP_EDIT, OP_DEL, OP_WITH, OP_WITHOUT, OP_COPY

static struct op keyed_growth(unsigned i, unsigned handles)
{
    return (struct op){.code = OP_ADD, .a = (uint8_t)(i % handles), .key = (uint16_t)(i / handles)};
}

static void must(struct world *w, enum keyed_op_code code, unsigned a, unsigned b, unsigned key)
{
    struct op op = {.code = (uint8_t)code, .a = (uint8_t)a, .b = (uint8_t)b, .key = (uint16_t)key, .value = 7};
    REQUIRE(world_apply(w, op) != STET_NO_MEMORY, "no memory to begin with");
}

/* Changes so little that a borrowing node goes on borrowing. */
static void alter(struct world *w, unsigned h, unsigned key)
{
    must(w, w->subject->value->make != NULL ? OP_SET : OP_DEL, h, 0, key);
}

static void enter(struct world *w, unsigned state)
{
    /* Edits another leaf each time: a replaced leaf that fills many slots can make its node count. */
    static unsigned times;
    unsigned leaves = w->keys < 24 ? 1 : w->keys / 6 - 2, key = 10 + 6 * (times++ % (leaves < 16 ? leaves : 16));
    for (unsigned offset = 1; offset < 3; offset++)
        world_fill(w, 0, offset, 3, w->keys / 3);
    if (state == EXCLUSIVE)
        return;
    must(w, OP_COPY, 0, 1, 0);
    if (state == SHARED)
        return;
    alter(w, state == LENDING ? 1 : 0, key);
    if (state <= LENDING)
        return;
    must(w, OP_COPY, 0, 2, 0);
    alter(w, 0, key + 6);
    if (state >= ORPHANED)
        world_drop(w, 1);
    if (state == ALONE)
        world_drop(w, 2);
    note_root(w->of->keyed->root(&w->handle[0]));
}

#endif
