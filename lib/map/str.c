/* SPDX-License-Identifier: MIT */
/* map/str.c - updates of maps from strings to words, and of sets of strings. */
#include "map/core.h"
#include "map/instances.h"

STET_MAP_PUT(_str_, &stet_str_map, f)
STET_MAP_EDIT_AND_ERASE(_str_, &stet_str_map, f)
STET_MAP_PUT(_str_set_, &stet_str_set, f)
STET_MAP_EDIT_AND_ERASE(_str_set_, &stet_str_set, f)
