/* SPDX-License-Identifier: MIT */
/* map_str.c - updates of maps from strings to words, and of sets of strings. */
#include <stet/str.h>
#include "map_core.h"

#define TYPE(value_type, entry, offset)                                                                           \
    {                                                                                                             \
        .node = {.free_leaf = stet_map_free_leaf, .counted = true}, .key = &stet_str_type, .value = (value_type), \
        .entry_size = (entry), .value_offset = (offset), .leaf_max = STET_MAP_LEAF_MAX(entry),                    \
        .fp_size = STET_MAP_LEAF_MAX(entry) > 16 ? 32 : 16                                                        \
    }

static const struct stet_type unit = {.align = 1};
static const struct stet_map_type str_map = TYPE(&stet_u64, 24, 16);
static const struct stet_map_type str_set = TYPE(&unit, 16, 16);

STET_MAP_INSTANCE(_str, &str_map)
STET_MAP_INSTANCE(_str_set, &str_set)
