/* SPDX-License-Identifier: MIT */
/*
 * map_check.h - walks over whole maps that no user pays for: the invariants I1-I6 of stet/impl/map.h for one handle,
 * and its part in the audit of all.
 */
#ifndef TEST_MAP_CHECK_H
#define TEST_MAP_CHECK_H

#include "audit.h"

#include <stet/impl/map.h>

/*
 * What is wrong with this map by I1-I6, or NULL. fill: I5 as well, which holds unless memory was short,
 * and of a live map's snapshot, as L8 of stet/impl/live.h has it, unless threads met.
 * The text is this thread's until its next check.
 */
const char *map_check(const struct stet_map_type *t, const struct stet_map *m, bool fill);

/* What a map is made of, seen from one handle. */
struct map_shape {
    size_t nodes, leaves, chains, overflows;
    unsigned height; /* inner nodes on the longest path, through chains */
    size_t visits;   /* inner nodes on the way to each entry, all entries together */
};

struct map_shape map_shape(const struct stet_map *m);

/* One holder, a handle, of a map's root. */
void audit_root(struct audit *a, const struct stet_map_type *t, const struct audit_hooks *hooks, stet_ref root);

#endif
