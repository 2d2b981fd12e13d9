/* SPDX-License-Identifier: MIT */
/*
 * list_world_parts.h - declarations that list_world.c (operations that change lists) and list_world_ask.c (operations
 * that read them) share.
 */
#ifndef TEST_LIST_WORLD_PARTS_H
#define TEST_LIST_WORLD_PARTS_H

#include "list_world.h"

apply_fn list_ask_walk, list_ask_find, list_ask_diff, list_ask_compare;

static inline const struct stet_type *type_of(const struct world *w) { return w->subject->key->type; }

static inline unsigned number_of(const struct world *w, const void *element)
{
    return w->subject->key->number(element);
}

/* The context of the callbacks. */
struct call {
    const struct world *w;
    const struct model *model; /* of the handle, before the call */
    uint32_t more;
    unsigned i, value, calls;
};

/* Requires that this element, of index i, is what c->model has there. */
void list_shown(const struct call *c, unsigned i, const void *element);

/* Compare the elements of two numbers, for qsort_r(), and return whether a model is in this order. */
int list_by_element(const void *a, const void *b, void *context);
bool list_is_sorted(const struct world *w, const struct model *m);

#endif
