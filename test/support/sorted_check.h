/* SPDX-License-Identifier: MIT */
/*
 * sorted_check.h - walks over whole sorted collections that no user pays for: the invariants S1-S3 of
 * stet/impl/sorted.h and T1-T7 of stet/impl/tree.h for one handle, and its part in the audit of all.
 */
#ifndef TEST_SORTED_CHECK_H
#define TEST_SORTED_CHECK_H

#include "audit.h"

#include <stet/impl/sorted.h>

/*
 * What is wrong with this collection by these, or NULL. fill: the fill of T1 and T2 as well, which holds unless memory
 * was short. The text is this thread's until its next check.
 */
const char *sorted_check(const struct stet_tree_type *t, const struct stet_tree *m, bool fill);

/* One holder, a handle, of a sorted collection's nodes. */
void sorted_audit(struct audit *a, const struct stet_tree_type *t, const struct audit_hooks *hooks,
                  const struct stet_tree *m);

#endif
