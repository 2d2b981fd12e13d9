/* SPDX-License-Identifier: MIT */
/*
 * map/instances.h - the constant descriptors with which the library compiles instances, so that the always-inline code
 * folds. They equal what STET_MAP and STET_SET generate for such types, except for the name, which stands for all of
 * these types (because of the star: see stet_naming_()).
 */
#ifndef STET_MAP_INSTANCES_H
#define STET_MAP_INSTANCES_H

#include <stet/impl/map.h>
#include <stet/str.h>

#define STET_INSTANCE_(name, counted, key, value, entry, offset, named)  \
    __attribute__((__unused__)) static const struct stet_map_type name = \
        STET_MAP_TYPE_(named, false, counted, key, value, entry, offset);

STET_INSTANCE_(stet_word_map, false, &stet_u64, &stet_u64, 16, 8, "*map from words to words")
STET_INSTANCE_(stet_word_set, false, &stet_u64, &stet_unit_, 8, 8, "*set of words")
STET_INSTANCE_(stet_str_map, true, &stet_str_type, &stet_u64, 24, 16, "*map from strings to words")
STET_INSTANCE_(stet_str_set, true, &stet_str_type, &stet_unit_, 16, 16, "*set of strings")

#endif
