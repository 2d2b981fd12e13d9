/* SPDX-License-Identifier: MIT */
/* sorted_world.h - the operations on sorted maps and sets in a world (world.h): those of keyed_world.h, and these. */
#ifndef TEST_SORTED_WORLD_H
#define TEST_SORTED_WORLD_H

#include "keyed_world.h"

/* Operations on handle a. A range is [key, j); if more & 1, it has no lower bound, if more & 2, no upper one. */
enum sorted_op_code {
    SORTED_POP_AT = OPS, /* more & 1, & 2: key, value are moved out; the rank is more >> 8, cut to size */
    SORTED_POP_FIRST,
    SORTED_POP_LAST,
    SORTED_SLICE,    /* to c */
    SORTED_SLICE_AT, /* the same by ranks */
    SORTED_ERASE_RANGE,
    SORTED_SPLIT, /* the entries from the key on go to b */
    SORTED_JOIN,  /* joins a and b, if all keys of one are behind those of the other */
    SORTED_APPEND,
    SORTED_FROM_SORTED,
    SORTED_ASK,  /* more & 1: the key is given as bytes, where keys are strings */
    SORTED_RUNS, /* of a range */
    SORTED_FOLD, /* of a range, and the search by folds from its start on; nothing without folds */
    SORTED_OPS
};

static inline const struct stet_tree_type *sorted_type_of(const struct subject *s)
{
    return (const struct stet_tree_type *)s->node;
}

#endif
