/* SPDX-License-Identifier: MIT */
/*
 * list_check.h - walks over whole lists that no user pays for: the invariants I1, I2 of stet/impl/list.h and T1-T4 of
 * stet/impl/tree.h for one handle, and its part in the audit of all.
 */
#ifndef TEST_LIST_CHECK_H
#define TEST_LIST_CHECK_H

#include "audit.h"

#include <stet/impl/list.h>

/*
 * What is wrong with this list by these, or NULL. fill: the fill of T1 and T2 as well, which holds unless memory was
 * short. The text is this thread's until its next check.
 */
const char *list_check(const struct stet_tree_type *t, const struct stet_list *l, bool fill);

/* What the tree of a list is made of; a node counts once for each place that it is in. */
struct list_shape {
    size_t leaves, inner;
    size_t slots; /* of all inner nodes together */
    size_t kinds[4];
    unsigned height;
};

struct list_shape list_shape(const struct stet_list *l);

/* One holder, a handle, of a list's nodes. hold: tells the audit what an element holds; NULL: nothing. */
void list_audit(struct audit *a, const struct stet_tree_type *t, void (*hold)(struct audit *a, const void *element),
                const struct stet_list *l);

#endif
