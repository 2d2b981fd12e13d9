/* SPDX-License-Identifier: MIT */
/* live_shape.h - what live_shape.c has for live.c: nodes that are made for a live map. */
#ifndef STET_LIVE_SHAPE_H
#define STET_LIVE_SHAPE_H

#include "live_core.h"

/* A plain leaf without entries, of generation g; an inner node, its slots not written. NULL: no memory. */
STET_HIDDEN struct stet_leaf *stet_live_leaf_new_(const struct stet_map_type *t, unsigned depth, uint64_t g);
STET_HIDDEN struct stet_inner *stet_live_inner_new_(const struct stet_map_type *t, unsigned width, uint64_t g);
/* A node that has left the tree goes when nobody walks it any more, with one count of it. */
STET_HIDDEN void stet_live_retire_(const struct stet_map_type *t, struct stet_hazard *h, stet_ref r);

#endif
