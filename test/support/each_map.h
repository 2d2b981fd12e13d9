/* SPDX-License-Identifier: MIT */
/*
 * each_map.h - includes the tests in file THEME once for each map of maps.h. There MAP is the map, KEY and VALUE its
 * types, M(set) its functions, K(i) and V(i) its elements, OWN(v) a value with a reference to hand over. MAP is also
 * the name of the suite. With STRING_KEYS_ONLY: once for each map whose keys are strings.
 */
#include "maps.h"

#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define M(function) PASTE(MAP, function)
#define K(i) PASTE(MAP, k)(i)
#define V(i) PASTE(MAP, v)(i)
#define OWN(v) PASTE(MAP, own)(v)

#define MAP str_map
#define KEY stet_str
#define KTYPE stet_str_type
#define VALUE long
#define VTYPE stet_long
#include "one_map.h"

#define MAP text_map
#define KEY stet_str
#define KTYPE stet_str_type
#define VALUE stet_str
#define VTYPE stet_str_type
#include "one_map.h"

#ifndef STRING_KEYS_ONLY
#    define MAP word_map
#    define KEY uint64_t
#    define KTYPE stet_u64
#    define VALUE uint64_t
#    define VTYPE stet_u64
#    include "one_map.h"

#    define MAP shy_map
#    define KEY struct shy
#    define KTYPE shy_type
#    define VALUE short
#    define VTYPE stet_i16
#    include "one_map.h"

#    define MAP clash_map
#    define KEY struct clash
#    define KTYPE clash_type
#    define VALUE int
#    define VTYPE stet_int
#    include "one_map.h"

#    define MAP object_map
#    define KEY int
#    define KTYPE stet_int
#    define VALUE object_ptr
#    define VTYPE object_type
#    include "one_map.h"
#endif
