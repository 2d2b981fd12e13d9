/* SPDX-License-Identifier: MIT */
/* sorted_world.h - the operations on sorted maps and sets in a world (world.h): those of keyed_world.h, and these. */
#ifndef TEST_SORTED_WORLD_H
#define TEST_SORTED_WORLD_H

#include "keyed_world.h"

/* On handle a; a range is from `key` on, and ends before `j`, but more & 1, & 2: it has no such bound. */
enum sorted_op_code {
    SORTED_POP_AT = OPS, /* & 1, & 2: key, value are wanted; the rank is more >> 8, cut to size */
    SORTED_POP_FIRST,
    SORTED_POP_LAST,
    SORTED_SLICE,    /* to c */
    SORTED_SLICE_AT, /* the same by ranks */
    SORTED_ERASE_RANGE,
    SORTED_SPLIT, /* from the key on, to b */
    SORTED_JOIN,  /* of a and b, what comes behind is joined to the other; nothing if neither does */
    SORTED_APPEND,
    SORTED_FROM_SORTED,
    SORTED_ASK,  /* & 1: with the key as bytes, where the subject has strings for keys */
    SORTED_RUNS, /* of a range */
    SORTED_FOLD, /* of a range, and the search by folds from its start on; nothing without folds */
    SORTED_OPS
};

static inline const struct stet_tree_type *sorted_type_of(const struct subject *s)
{
    return (const struct stet_tree_type *)s->node;
}

#endif
