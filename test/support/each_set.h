/* SPDX-License-Identifier: MIT */
/*
 * each_set.h - includes the tests in file THEME once for each of these sets:
 *
 *   word_set     uint64_t               the compiled instance for words
 *   str_set      stet_str               the compiled instance for strings; lazy
 *   shy_set      struct with padding    a run-time descriptor, nothing counted, a weak hash
 *   clash_set    struct that collides   rehash and collision leaves
 *   object_set   struct object *        counted, prompt: exact
 *
 * There SET is the set, KEY its element type, S(add) its functions, K(i) its elements; SET is also the name of the
 * suite. With STRING_KEYS_ONLY: once for the set of strings.
 */
#include <stet/set.h>

#include "things.h"

STET_SET(word_set, uint64_t, stet_u64)
static inline uint64_t word_set_k(unsigned i) { return UINT64_C(64) * i; }

STET_SET(str_set, stet_str, stet_str_type)
static inline stet_str str_set_k(unsigned i) { return string_of(i); }

STET_SET(shy_set, struct shy, shy_type)
static inline struct shy shy_set_k(unsigned i) { return shy_of(i); }

STET_SET(clash_set, struct clash, clash_type)
static inline struct clash clash_set_k(unsigned i) { return (struct clash){i}; }

STET_SET(object_set, object_ptr, object_type)
static inline object_ptr object_set_k(unsigned i) { return object_of(i); }

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define S(function) PASTE(SET, function)
#define K(i) PASTE(SET, k)(i)

#define SET str_set
#define KEY stet_str
#define KTYPE stet_str_type
#include "one_set.h"

#ifndef STRING_KEYS_ONLY
#    define SET word_set
#    define KEY uint64_t
#    define KTYPE stet_u64
#    include "one_set.h"

#    define SET shy_set
#    define KEY struct shy
#    define KTYPE shy_type
#    include "one_set.h"

#    define SET clash_set
#    define KEY struct clash
#    define KTYPE clash_type
#    include "one_set.h"

#    define SET object_set
#    define KEY object_ptr
#    define KTYPE object_type
#    include "one_set.h"
#endif
