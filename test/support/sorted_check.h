/* SPDX-License-Identifier: MIT */
/*
 * sorted_check.h - checks of whole sorted collections, which are no part of the library: the invariants S1-S3 of
 * stet/impl/sorted.h and T1-T7 of stet/impl/tree.h for one handle, and the handle's part in the audit (audit.h).
 */
#ifndef TEST_SORTED_CHECK_H
#define TEST_SORTED_CHECK_H

#include "audit.h"

#include <stet/impl/sorted.h>

/*
 * Returns which of these the collection breaks, or NULL. fill: checks the fill of T1 and T2 as well, which holds unless
 * memory was short. The text is valid until this thread's next check.
 */
const char *sorted_check(const struct stet_tree_type *t, const struct stet_tree *m, bool fill);

/* Reports a handle as one holder of the collection's nodes. */
void sorted_audit(struct audit *a, const struct stet_tree_type *t, const struct audit_hooks *hooks,
                  const struct stet_tree *m);

#endif
