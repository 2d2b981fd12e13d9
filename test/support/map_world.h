/* SPDX-License-Identifier: MIT */
/* map_world.h - the operations on maps and sets in a world (world.h). */
#ifndef TEST_MAP_WORLD_H
#define TEST_MAP_WORLD_H

#include "world.h"

enum map_op_code {
    OP_SET,
    OP_ADD,
    OP_EDIT,
    OP_UPDATE,
    OP_DEL,
    OP_POP,
    OP_WITH,
    OP_WITHOUT,
    OP_SET_FORM, /* the key given as bytes, where the subject has strings for keys; else as OP_SET ... */
    OP_ADD_FORM,
    OP_EDIT_FORM,
    OP_DEL_FORM,
    OP_COPY,
    OP_MOVE,
    OP_SWAP,
    OP_DROP,
    OP_DROP_LATER,
    OP_SET_MANY,
    OP_FILTER,
    OP_MAP_VALUES,
    OP_COMBINE,
    OP_TRIM,
    OP_GET_MANY,
    OP_DIFF,
    OP_COMPARE, /* equal, within, hash */
    OPS
};

static inline const struct stet_map_type *map_type_of(const struct subject *s)
{
    return (const struct stet_map_type *)s->node;
}

#endif
