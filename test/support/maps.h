/* SPDX-License-Identifier: MIT */
/*
 * maps.h - the maps on which each_map.h runs the same tests, one for every path through the library:
 *
 *   word_map     uint64_t -> uint64_t            the compiled instance for words
 *   str_map      stet_str -> long                the compiled instance for strings; lazy keys
 *   shy_map      struct with padding -> short    a run-time descriptor, nothing counted, a weak hash
 *   clash_map    struct that collides -> int  rehash and collision leaves
 *   text_map     stet_str -> stet_str            counted, lazy: borrows
 *   object_map   int -> struct object *          counted, prompt: exact
 *
 * For each, NAME_k(i) and NAME_v(i) are its keys and values, distinct for distinct i < THINGS and never all zeros;
 * strings and objects are borrowed from the tables of things.h. NAME_own(v) is v with one more reference, to be handed
 * over.
 */
#ifndef TEST_MAPS_H
#define TEST_MAPS_H

#include <stet/map.h>
#include <stet/str.h>

#include "live.h"
#include "things.h"

STET_MAP(word_map, uint64_t, uint64_t, stet_u64, stet_u64)
static inline uint64_t word_map_k(unsigned i) { return UINT64_C(64) * i; } /* like aligned addresses */
static inline uint64_t word_map_v(unsigned i) { return ~(uint64_t)i; }
static inline uint64_t word_map_own(uint64_t v) { return v; }

STET_MAP(str_map, stet_str, long, stet_str_type, stet_long)
static inline stet_str str_map_k(unsigned i) { return string_of(i); }
static inline long str_map_v(unsigned i) { return -1L - (long)i; }
static inline long str_map_own(long v) { return v; }

STET_MAP(shy_map, struct shy, short, shy_type, stet_i16)
static inline struct shy shy_map_k(unsigned i) { return shy_of(i); }
static inline short shy_map_v(unsigned i) { return (short)(i + 1); }
static inline short shy_map_own(short v) { return v; }

STET_MAP(clash_map, struct clash, int, clash_type, stet_int)
static inline struct clash clash_map_k(unsigned i) { return (struct clash){i}; }
static inline int clash_map_v(unsigned i) { return -1 - (int)i; }
static inline int clash_map_own(int v) { return v; }

STET_MAP(text_map, stet_str, stet_str, stet_str_type, stet_str_type)
static inline stet_str text_map_k(unsigned i) { return string_of(i); }
static inline stet_str text_map_v(unsigned i) { return string_of(THINGS - 1 - i); }
static inline stet_str text_map_own(stet_str v) { return stet_str_copy(&v); }

STET_MAP(object_map, int, object_ptr, stet_int, object_type)
static inline int object_map_k(unsigned i) { return (int)i - THINGS / 2; }
static inline object_ptr object_map_v(unsigned i) { return object_of(i); }
static inline object_ptr object_map_own(object_ptr v) { return object_ref(v); }

#endif
