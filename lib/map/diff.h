/* SPDX-License-Identifier: MIT */
/* map/diff.h - for tests: how many nodes of two maps a diff visits. */
#ifndef STET_MAP_DIFF_H
#define STET_MAP_DIFF_H

#include <stet/impl/map.h>

#include "base/hidden.h"

/* Does what stet_map_diff_() does. *visited is the number of nodes of both maps that it visited. */
STET_HIDDEN bool stet_map_diff_visits_(const struct stet_map_type *t, const struct stet_map *a,
                                       const struct stet_map *b, stet_map_diff_fn *fn, void *context, size_t *visited);

#endif
