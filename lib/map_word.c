/* SPDX-License-Identifier: MIT */
/* map_word.c - updates of maps from words to words, and of sets of words (type.h: STET_WORD). */
#include "map_core.h"

#define TYPE(value_type, entry, offset)                                                                            \
    {                                                                                                              \
        .node = {.free_leaf = stet_map_free_leaf}, .key = &stet_u64, .value = (value_type), .entry_size = (entry), \
        .value_offset = (offset), .leaf_max = STET_MAP_LEAF_MAX(entry),                                            \
        .fp_size = STET_MAP_LEAF_MAX(entry) > 16 ? 32 : 16                                                         \
    }

static const struct stet_type unit = {.align = 1};
static const struct stet_map_type word_map = TYPE(&stet_u64, 16, 8);
static const struct stet_map_type word_set = TYPE(&unit, 8, 8);

STET_MAP_INSTANCE(_word, &word_map)
STET_MAP_INSTANCE(_word_set, &word_set)
