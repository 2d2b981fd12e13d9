/* SPDX-License-Identifier: MIT */
/* keyed_states.h - for memory tests: the states that sharing can leave a collection of keys in. */
#ifndef TEST_KEYED_STATES_H
#define TEST_KEYED_STATES_H

#include "keyed_world.h"
#include "programs.h"

/* Of handle 0, by what the others have in common with it. */
enum state {
    EXCLUSIVE, /* nothing */
    SHARED,    /* the version */
    BORROWING, /* it borrows from theirs */
    LENDING,   /* theirs borrows from it */
    FLATTENED, /* it took over an owner, which others hold as well */
    ORPHANED,  /* the same, and the version that was the owner's is gone */
    ALONE,     /* its owner has no other holder: references can be taken over */
    STATES
};

static const char *const state_names[STATES] = {"exclusive", "shared",   "borrowing", "lending",
                                                "flattened", "orphaned", "alone"};

static void must(struct world *w, enum keyed_op_code code, unsigned a, unsigned b, unsigned key)
{
    struct op op = {.code = (uint8_t)code, .a = (uint8_t)a, .b = (uint8_t)b, .key = (uint16_t)key, .value = 7};
    REQUIRE(world_apply(w, op) != STET_NO_MEMORY, "no memory to begin with");
}

/* Little enough to leave a borrowing node what it borrows. */
static void alter(struct world *w, unsigned h, unsigned key)
{
    must(w, w->subject->value->make != NULL ? OP_SET : OP_DEL, h, 0, key);
}

static void enter(struct world *w, unsigned state)
{
    static unsigned times; /* a leaf that fills many slots spends what may be owned: not the same one each time */
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
