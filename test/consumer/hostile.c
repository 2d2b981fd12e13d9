/* SPDX-License-Identifier: MIT */
/*
 * every.c in a program whose own macros have the names of attributes: the headers spell these with underscores. The
 * headers of the system come first, because what they bear is their affair.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

/* What no compiler takes for anything. */
#define access @access
#define alias @alias
#define aligned @aligned
#define alloc_size @alloc_size
#define always_inline @always_inline
#define artificial @artificial
#define assume_aligned @assume_aligned
#define cleanup @cleanup
#define cold @cold
#define constructor @constructor
#define deprecated @deprecated
#define destructor @destructor
#define error @error
#define fallthrough @fallthrough
#define flatten @flatten
#define format @format
#define gnu_inline @gnu_inline
#define hot @hot
#define may_alias @may_alias
#define naked @naked
#define no_instrument_function @no_instrument_function
#define no_sanitize @no_sanitize
#define noclone @noclone
#define noinline @noinline
#define noipa @noipa
#define nonnull @nonnull
#define nonstring @nonstring
#define noplt @noplt
#define noreturn @noreturn
#define nothrow @nothrow
#define optimize @optimize
#define packed @packed
#define pure @pure
#define returns_nonnull @returns_nonnull
#define section @section
#define sentinel @sentinel
#define target @target
#define tls_model @tls_model
#define transparent_union @transparent_union
#define unused @unused
#define used @used
#define vector_size @vector_size
#define visibility @visibility
#define warn_unused_result @warn_unused_result
#define warning @warning
#define weak @weak

/* Words that generated names are made of. */
#define ATOM @ATOM
#define KEYS @KEYS
#define LIST @LIST
#define MAP @MAP
#define NONE @NONE
#define SET @SET
#define SORTED_MAP @SORTED_MAP
#define SORTED_SET @SORTED_SET
#define STR @STR

/* As functions, these are common. */
#define likely(x) @likely
#define max(a, b) @max
#define min(a, b) @min
#define swap(a, b) @swap
#define unlikely(x) @unlikely

#include "every.c"
