/* SPDX-License-Identifier: MIT */
/*
 * list_check.h - checks of whole lists, which are no part of the library: the invariants I1, I2 of stet/impl/list.h and
 * T1-T4 of stet/impl/tree.h for one handle, and the handle's part in the audit (audit.h).
 */
#ifndef TEST_LIST_CHECK_H
#define TEST_LIST_CHECK_H

#include "audit.h"

#include <stet/impl/list.h>

/*
 * Returns which of these the list breaks, or NULL. fill: checks the fill of T1 and T2 as well, which holds unless
 * memory was short. The text is valid until this thread's next check.
 */
const char *list_check(const struct stet_tree_type *t, const struct stet_list *l, bool fill);

/* The nodes of a list's tree. A node that is in several places is counted for each of them. */
struct list_shape {
    size_t leaves, inner;
    size_t slots; /* of all inner nodes together */
    size_t kinds[4];
    unsigned height;
};

struct list_shape list_shape(const struct stet_list *l);

/*
 * Reports a handle as one holder of the list's nodes. hold: reports what an element holds; NULL: elements hold nothing.
 */
void list_audit(struct audit *a, const struct stet_tree_type *t, void (*hold)(struct audit *a, const void *element),
                const struct stet_list *l);

#endif
