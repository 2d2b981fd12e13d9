/* SPDX-License-Identifier: MIT */
/* map_world.h - the operations on maps and sets in a world (world.h): these are those of keyed_world.h. */
#ifndef TEST_MAP_WORLD_H
#define TEST_MAP_WORLD_H

#include "keyed_world.h"

static inline const struct stet_map_type *map_type_of(const struct subject *s)
{
    return (const struct stet_map_type *)s->node;
}

#endif
