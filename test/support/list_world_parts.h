/* SPDX-License-Identifier: MIT */
/* list_world_parts.h - what list_world.c, which changes lists, and list_world_ask.c, which asks them, share. */
#ifndef TEST_LIST_WORLD_PARTS_H
#define TEST_LIST_WORLD_PARTS_H

#include "list_world.h"

apply_fn list_ask_walk, list_ask_find, list_ask_diff, list_ask_compare;

static inline const struct stet_type *type_of(const struct world *w) { return w->subject->key->type; }

static inline unsigned number_of(const struct world *w, const void *element)
{
    return w->subject->key->number(element);
}

/* What callbacks need. */
struct call {
    const struct world *w;
    const struct model *model; /* of the handle, before */
    uint32_t more;
    unsigned i, value, calls;
};

/* Element i is what c->model has there. */
void list_shown(const struct call *c, unsigned i, const void *element);

/* The order of two numbers' elements, for qsort_r(); whether a model is in it. */
int list_by_element(const void *a, const void *b, void *context);
bool list_is_sorted(const struct world *w, const struct model *m);

#endif
