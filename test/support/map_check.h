/* SPDX-License-Identifier: MIT */
/*
 * map_check.h - checks of whole maps, which are no part of the library: the invariants I1-I6 of stet/impl/map.h for one
 * handle, and the handle's part in the audit (audit.h).
 */
#ifndef TEST_MAP_CHECK_H
#define TEST_MAP_CHECK_H

#include "audit.h"

#include <stet/impl/map.h>

/*
 * Returns which of I1-I6 the map breaks, or NULL. fill: checks I5 as well, which holds unless memory was short; for a
 * live map's snapshot it holds in the form of L8 of stet/impl/live.h, unless threads met. The text is valid until this
 * thread's next check.
 */
const char *map_check(const struct stet_map_type *t, const struct stet_map *m, bool fill);

/* The nodes of a map, seen from one handle. */
struct map_shape {
    size_t nodes, leaves, chains, overflows;
    unsigned height; /* inner nodes on the longest path, through chains */
    size_t visits;   /* the sum over all entries of the inner nodes on the path to each */
};

struct map_shape map_shape(const struct stet_map *m);

/* Reports a handle as one holder of the map's root. */
void audit_root(struct audit *a, const struct stet_map_type *t, const struct audit_hooks *hooks, stet_ref root);

#endif
