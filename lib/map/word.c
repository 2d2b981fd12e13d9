/* SPDX-License-Identifier: MIT */
/* map/word.c - updates of maps from words to words, and of sets of words (type.h: STET_WORD). */
#include "map/core.h"
#include "map/instances.h"

STET_MAP_PUT_WORDS(_word_, &stet_word_map)
STET_MAP_EDIT_AND_ERASE(_word_, &stet_word_map, NULL)
STET_MAP_PUT_WORDS(_word_set_, &stet_word_set)
STET_MAP_EDIT_AND_ERASE(_word_set_, &stet_word_set, NULL)
