/* SPDX-License-Identifier: MIT */
/*
 * list/core.h - declarations that the parts of the list share.
 *
 *   list/list.c   the handle: chooses the buffer or the tree for an operation; concat, splice
 *   list/bulk.c   whole lists: chunks, arrays, filter, order
 *   list/diff.c   two lists: equality, difference
 *   tree/         the tree between the buffers, and the leaves of all three
 */
#ifndef STET_LIST_CORE_H
#define STET_LIST_CORE_H

#include <stet/impl/list.h>

#include "tree/core.h"

/* Appends the elements [from, to) of another list; a large range shares its nodes. (list/list.c) */
STET_HIDDEN bool stet_list_append_slice_(const struct stet_tree_type *t, struct stet_list *l,
                                         const struct stet_list *other, size_t from, size_t to);

#endif
