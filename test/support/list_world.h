/* SPDX-License-Identifier: MIT */
/*
 * list_world.h - the operations on lists in a world (world.h).
 *
 * Indices are fractions of the size, in units of 2^-16, so that they mean the same in a list of any size: 0 is the
 * first element, 0xffff the last (or the end). A range begins at i. If bit 0 of `more` is set, it has the fraction j of
 * the elements that follow; else up to 40, by j.
 */
#ifndef TEST_LIST_WORLD_H
#define TEST_LIST_WORLD_H

#include "world.h"

#define LIST_HANDLES 6

/* Operations on handle a; b is the other list; functional forms put their result into c. */
enum list_op_code {
    LIST_SET,
    LIST_SET_SELF,
    LIST_EDIT,
    LIST_UPDATE,
    LIST_PUSH_BACK,
    LIST_PUSH_FRONT,
    LIST_POP_BACK, /* bit 1 of more: the element is moved out, not released */
    LIST_POP_FRONT,
    LIST_INSERT_AT,
    LIST_ERASE_AT,
    LIST_INSERT_LIST,
    LIST_INSERT_ARRAY,
    LIST_ERASE_RANGE,
    LIST_SPLICE,
    LIST_APPEND,
    LIST_APPEND_ARRAY,
    LIST_CONCAT,
    LIST_SLICE,
    LIST_SPLIT_AT, /* to b and c */
    LIST_FROM_ARRAY,
    LIST_WITH,
    LIST_WITH_BACK,
    LIST_WITH_FRONT,
    LIST_WITH_INSERTED,
    LIST_WITHOUT,
    LIST_WITH_INSERTED_LIST,
    LIST_WITH_INSERTED_ARRAY,
    LIST_WITHOUT_RANGE,
    LIST_WITH_SPLICED,
    LIST_FILTER,
    LIST_MAP,
    LIST_SORT,
    LIST_REVERSE,
    LIST_COPY, /* to b; so do the next two */
    LIST_MOVE,
    LIST_SWAP,
    LIST_DROP,
    LIST_DROP_LATER,
    LIST_WALK, /* iterators, chunks, iovecs, to_array */
    LIST_FIND, /* index_of, contains, find, lower_bound */
    LIST_DIFF,
    LIST_COMPARE, /* equal, same, hash */
    LIST_OPS
};

static inline const struct stet_tree_type *list_type_of(const struct subject *s)
{
    return (const struct stet_tree_type *)s->node;
}

#endif
