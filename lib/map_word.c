/* SPDX-License-Identifier: MIT */
/* map_word.c - updates of maps from words to words, and of sets of words (type.h: STET_WORD). */
#include "map_core.h"
#include "map_instances.h"

STET_MAP_INSTANCE(_word, &stet_word_map, NULL)
STET_MAP_INSTANCE(_word_set, &stet_word_set, NULL)
