/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/words.h - the forms of the collection macros: STET_MAP(name, K, V), where the descriptors follow from the
 * names of the types, and STET_MAP(name, K, V, ktype, vtype).
 *
 * A macro counts its arguments and continues as STET_MAP_NAMED_, STET_MAP_TYPED_ or STET_MAP_WRONG_. Words that are
 * pasted to a user's end in an underscore or begin with STET_WORD_, so no macro of a user's can stand in for the
 * result.
 */
#ifndef STET_IMPL_WORDS_H
#define STET_IMPL_WORDS_H

#define STET_PASTE_(a, b) STET_PASTED_(a, b)
#define STET_PASTED_(a, b) a##b
#define STET_EXPAND_(macro, ...) macro(__VA_ARGS__)
#define STET_SECOND_(a, b, ...) b
#define STET_SECOND_OF_(...) STET_SECOND_(__VA_ARGS__)
#define STET_EIGHTH_(a, b, c, d, e, f, g, eighth, ...) eighth
#define STET_EIGHTH_OF_(...) STET_EIGHTH_(__VA_ARGS__)

/* By the arguments behind the name: of maps two or four, of others one or two. */
#define STET_FORM_OF_PAIRS_(...) \
    STET_EIGHTH_(__VA_ARGS__, _WRONG_, _WRONG_, _WRONG_, _TYPED_, _WRONG_, _NAMED_, _WRONG_, ~)
#define STET_FORM_OF_ONES_(...) \
    STET_EIGHTH_(__VA_ARGS__, _WRONG_, _WRONG_, _WRONG_, _WRONG_, _WRONG_, _TYPED_, _NAMED_, ~)
/* The same of folded collections, which have three more: of maps five or seven, of sets four or five. */
#define STET_FORM_OF_FOLDED_PAIRS_(...) \
    STET_EIGHTH_(__VA_ARGS__, _TYPED_, _WRONG_, _NAMED_, _WRONG_, _WRONG_, _WRONG_, _WRONG_, ~)
#define STET_FORM_OF_FOLDED_ONES_(...) \
    STET_EIGHTH_(__VA_ARGS__, _WRONG_, _WRONG_, _TYPED_, _NAMED_, _WRONG_, _WRONG_, _WRONG_, ~)
#define STET_WRONG_(name, macro, arguments, more) \
    STET_STATIC_ASSERT(0, #name ": " macro " takes (name, " arguments "), or (name, " arguments ", " more ")");

/*
 * The name of the descriptor of a type. For a word of C, STET_WORD_... has the name; for another word T the name is
 * T_type. STET_WHOLE_ at the end of STET_WORD_... is expanded only if nothing of the type follows: so `char *` is
 * nameless (stet_nameless), and so is any type whose first word cannot stand alone.
 */
#define STET_DESCRIPTOR_OF_(T) STET_DESCRIPTOR_OF_WORD_(STET_WORD_##T, T)
#define STET_DESCRIPTOR_OF_WORD_(...) \
    STET_EIGHTH_OF_(__VA_ARGS__, ~, ~, ~, STET_DESCRIPTOR_READY_, ~, STET_DESCRIPTOR_BY_NAME_, ~, ~)(__VA_ARGS__)
#define STET_DESCRIPTOR_BY_NAME_(word, T) T##_type
#define STET_DESCRIPTOR_READY_(mark, ready, whole, T) STET_SECOND_OF_(whole(ready), stet_nameless, ~)
#define STET_WHOLE_(ready) ~, ready

#ifndef __cplusplus /* where two underscores are reserved */
#    define STET_WORD__Bool ~, stet_bool, STET_WHOLE_
#endif
#define STET_WORD_bool ~, stet_bool, STET_WHOLE_
#define STET_WORD_char ~, stet_char, STET_WHOLE_
#define STET_WORD_double ~, stet_double, STET_WHOLE_
#define STET_WORD_float ~, stet_float, STET_WHOLE_
#define STET_WORD_int ~, stet_int, STET_WHOLE_
#define STET_WORD_int16_t ~, stet_i16, STET_WHOLE_
#define STET_WORD_int32_t ~, stet_i32, STET_WHOLE_
#define STET_WORD_int64_t ~, stet_i64, STET_WHOLE_
#define STET_WORD_int8_t ~, stet_i8, STET_WHOLE_
#define STET_WORD_intptr_t ~, stet_i64, STET_WHOLE_
#define STET_WORD_long ~, stet_long, STET_WHOLE_
#define STET_WORD_ptrdiff_t ~, stet_i64, STET_WHOLE_
#define STET_WORD_short ~, stet_i16, STET_WHOLE_
#define STET_WORD_size_t ~, stet_size, STET_WHOLE_
#define STET_WORD_ssize_t ~, stet_i64, STET_WHOLE_
#define STET_WORD_time_t ~, stet_i64, STET_WHOLE_
#define STET_WORD_uint16_t ~, stet_u16, STET_WHOLE_
#define STET_WORD_uint32_t ~, stet_u32, STET_WHOLE_
#define STET_WORD_uint64_t ~, stet_u64, STET_WHOLE_
#define STET_WORD_uint8_t ~, stet_u8, STET_WHOLE_
#define STET_WORD_uintptr_t ~, stet_u64, STET_WHOLE_
#define STET_WORD_unsigned ~, stet_uint, STET_WHOLE_
#define STET_WORD_const ~, ~, ~
#define STET_WORD_enum ~, ~, ~
#define STET_WORD_signed ~, ~, ~
#define STET_WORD_struct ~, ~, ~
#define STET_WORD_union ~, ~, ~
#define STET_WORD_void ~, ~, ~
#define STET_WORD_volatile ~, ~, ~

#endif
