/* SPDX-License-Identifier: MIT */
/* type/hash.h - functions of hash.c that tests use, and the flag of str.c that hash.c reads. */
#ifndef STET_HASH_H
#define STET_HASH_H

#include <stet/type.h>

#include "base/hidden.h"

/* Returns whether this number may be the multiplier of words (type.h: stet_hash_word). */
STET_HIDDEN bool stet_hash_is_strong_(uint64_t multiplier);
/*
 * Whether a string was ever made. A short string allocates nothing, but keeps its hash; so from then on the seed is
 * final.
 */
STET_HIDDEN extern bool stet_str_in_use_;
STET_HIDDEN uint64_t stet_siphash13_(const void *bytes, size_t n, const uint64_t key[2]);

#endif
