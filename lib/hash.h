/* SPDX-License-Identifier: MIT */
/* hash.h - what hash.c shows to tests. */
#ifndef STET_HASH_H
#define STET_HASH_H

#include <stet/type.h>

/* Whether words may be multiplied by this (type.h: stet_hash_word). */
__attribute__((__visibility__("hidden"))) bool stet_hash_is_strong_(uint64_t multiplier);
__attribute__((__visibility__("hidden"))) uint64_t stet_siphash13_(const void *bytes, size_t n, const uint64_t key[2]);

#endif
