/* SPDX-License-Identifier: MIT */
/*
 * map/instances.h - the descriptors that the library is compiled for, beside those given at run time. Constant, so that
 * the always-inline code folds with them; the same as what STET_MAP and STET_SET generate for such types, but for the
 * name, which is of all of these types (the star: see stet_naming_()).
 */
#ifndef STET_MAP_INSTANCES_H
#define STET_MAP_INSTANCES_H

#include <stet/impl/map.h>
#include <stet/str.h>

#define STET_INSTANCE_(name, counted_, key_, value_, entry, offset, named_)                  \
    __attribute__((__unused__)) static const struct stet_map_type name = {                   \
        .node = {stet_map_free_leaf, stet_map_describe_leaf, false, counted_, true, named_}, \
        .key = (key_),                                                                       \
        .value = (value_),                                                                   \
        .entry_size = (entry),                                                               \
        .value_offset = (offset),                                                            \
        .leaf_max = STET_MAP_LEAF_MAX(entry),                                                \
        .fp_size = STET_MAP_LEAF_MAX(entry) > 16 ? 32 : 16};

__attribute__((__unused__)) static const struct stet_type stet_nothing_ = {.align = 1};

STET_INSTANCE_(stet_word_map, false, &stet_u64, &stet_u64, 16, 8, "*map from words to words")
STET_INSTANCE_(stet_word_set, false, &stet_u64, &stet_nothing_, 8, 8, "*set of words")
STET_INSTANCE_(stet_str_map, true, &stet_str_type, &stet_u64, 24, 16, "*map from strings to words")
STET_INSTANCE_(stet_str_set, true, &stet_str_type, &stet_nothing_, 16, 16, "*set of strings")

#endif
