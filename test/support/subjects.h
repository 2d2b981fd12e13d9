/* SPDX-License-Identifier: MIT */
/*
 * subjects.h - the collections that the random, memory, thread and fuzz tests run on: one for each way that elements
 * can be stored, counted, hashed and ordered. Each element stands for a small number, and can be converted back to it;
 * keys of sorted collections are in the order of their numbers.
 */
#ifndef TEST_SUBJECTS_H
#define TEST_SUBJECTS_H

#include "list_calls.h"
#include "list_check.h"
#include "map_check.h"
#include "sorted_check.h"

#include <stet/map.h>
#include <stet/set.h>
#include <stet/sorted_fold.h>
#include <stet/str.h>

#define MAX_KEYS 2048 /* keys have numbers below this */
#define VALUES 61     /* values, too; a value of zero bytes has number 0 */

/* How the elements of one type are made and read. */
struct element {
    const struct stet_type *type;
    bool (*make)(void *e, unsigned number); /* with a reference that the caller must release; false: no memory */
    unsigned (*number)(const void *e);
    void (*hold)(struct audit *a, const void *e); /* reports one holder of e's object; NULL: not reference-counted */
};

struct subject {
    const char *name;
    const struct collection *of;       /* world.h */
    const struct stet_node_type *node; /* the first member of its descriptor */
    const struct element *key, *value; /* key: a list's elements; value: has size 0 except in maps */
    unsigned keys;                     /* how many keys there are: few where hashes are bad, which takes long */
    const struct list_calls *calls;    /* for a list */
};

extern const struct collection map_collection, list_collection, sorted_collection;

/*
 * M for a map, S for a set: its name, the elements' C types, descriptors and adapters, and how many keys there are.
 * Outside of subjects.c only the names are used: SUBJECTS(TEST_OF, TEST_OF) makes a test of each by TEST_OF(name, ...).
 */
#define SUBJECTS(M, S)                                                                                             \
    M(word_map, uint64_t, uint64_t, stet_u64, stet_u64, of_u64, of_u64, MAX_KEYS)                                  \
    M(int_map, int, int, stet_int, stet_int, of_int, of_int, MAX_KEYS)                                             \
    M(str_map, stet_str, uint64_t, stet_str_type, stet_u64, of_string, of_u64, MAX_KEYS)                           \
    M(str_str_map, stet_str, stet_str, stet_str_type, stet_str_type, of_string, of_string, MAX_KEYS)               \
    M(prompt_map, uint64_t, token_ptr, stet_u64, prompt_token, of_u64, prompt_value, MAX_KEYS)                     \
    M(prompt_both_map, token_ptr, token_ptr, prompt_token, prompt_token, prompt_key, prompt_value, 1024)           \
    M(lazy_map, uint64_t, token_ptr, stet_u64, lazy_token, of_u64, lazy_value, MAX_KEYS)                           \
    M(lazy_both_map, token_ptr, token_ptr, lazy_token, lazy_token, lazy_key, lazy_value, 1024)                     \
    M(wide_map, u128, double, u128_type, stet_double, of_u128, of_double, MAX_KEYS)                                \
    M(large_map, int, large, stet_int, large_type, of_int, of_large, 1024)                                         \
    M(huge_map, huge, uint8_t, huge_type, stet_u8, of_huge, of_u8, 256)                                            \
    S(word_set, uint64_t, stet_u64, of_u64, MAX_KEYS)                                                              \
    S(str_set, stet_str, stet_str_type, of_string, MAX_KEYS)                                                       \
    S(byte_set, uint8_t, stet_u8, of_u8, 256)                                                                      \
    S(token_set, token_ptr, prompt_token, prompt_key, 1024)                                                        \
    M(blind_0_map, dull, uint64_t, blind_plain_0, stet_u64, of_blind_plain_0, of_u64, 160)                         \
    M(blind_4_map, dull, token_ptr, blind_plain_4, lazy_token, of_blind_plain_4, lazy_value, 512)                  \
    M(blind_8_map, dull, uint64_t, blind_plain_8, stet_u64, of_blind_plain_8, of_u64, 1024)                        \
    M(blind_lazy_0_map, dull, token_ptr, blind_lazy_0, lazy_token, of_blind_lazy_0, lazy_value, 160)               \
    M(blind_lazy_8_map, dull, token_ptr, blind_lazy_8, prompt_token, of_blind_lazy_8, prompt_value, 1024)          \
    M(deep_map, dull, token_ptr, deep_lazy, lazy_token, of_deep, lazy_value, 96)                                   \
    S(blind_lazy_4_set, dull, blind_lazy_4, of_blind_lazy_4, 512)                                                  \
    M(seeing_0_map, dull, uint64_t, seeing_plain_0, stet_u64, of_seeing_plain_0, of_u64, 512)                      \
    M(seeing_4_map, dull, uint64_t, seeing_plain_4, stet_u64, of_seeing_plain_4, of_u64, 1024)                     \
    M(seeing_8_map, dull, token_ptr, seeing_plain_8, lazy_token, of_seeing_plain_8, lazy_value, MAX_KEYS)          \
    S(seeing_prompt_0_set, dull, seeing_prompt_0, of_seeing_prompt_0, 512)                                         \
    M(seeing_prompt_4_map, dull, uint64_t, seeing_prompt_4, stet_u64, of_seeing_prompt_4, of_u64, 1024)            \
    M(seeing_prompt_8_map, dull, token_ptr, seeing_prompt_8, prompt_token, of_seeing_prompt_8, prompt_value, 1024) \
    M(map_of_sorted_sets, uint64_t, sorted_tokens, stet_u64, sorted_tokens_type, of_u64, of_sorted_tokens, 512)

/* The list's name, the elements' C type, descriptor and adapter, and how many different ones there are. */
#define LIST_SUBJECTS(L)                                                  \
    L(words, uint64_t, stet_u64, of_u64, MAX_KEYS)                        \
    L(bytes, uint8_t, stet_u8, of_u8, 256)                                \
    L(ints, int, stet_int, of_int, MAX_KEYS)                              \
    L(triples, triple, triple_type, of_triple, MAX_KEYS)                  \
    L(quads, u128, u128_type, of_u128, MAX_KEYS)                          \
    L(larges, large, large_type, of_large, 512)                           \
    L(texts, stet_str, stet_str_type, of_string, MAX_KEYS)                \
    L(prompt_tokens, token_ptr, prompt_token, prompt_key, 1024)           \
    L(lazy_tokens, token_ptr, lazy_token, lazy_key, 1024)                 \
    L(lists_of_words, words, words_type, of_words, 512)                   \
    L(lists_of_tokens, prompt_tokens, prompt_tokens_type, of_tokens, 512) \
    L(lists_of_sorted_maps, sorted_words, sorted_words_type, of_sorted_words, 512)

/* Sorted maps and sets, in the same form as SUBJECTS; and those whose values are other collections. */
#define SORTED_SUBJECTS(M, S)                                                                              \
    M(sorted_words, uint64_t, uint64_t, stet_u64, stet_u64, far_u64, of_u64, MAX_KEYS)                     \
    M(sorted_longs, int64_t, uint8_t, stet_i64, stet_u8, far_i64, of_u8, MAX_KEYS)                         \
    M(sorted_doubles, double, int, stet_double, stet_int, all_doubles, of_int, MAX_KEYS)                   \
    M(sorted_floats, float, u128, stet_float, u128_type, far_float, of_u128, MAX_KEYS)                     \
    M(sorted_shorts, int16_t, uint8_t, stet_i16, stet_u8, far_i16, of_u8, MAX_KEYS)                        \
    M(sorted_chars, int8_t, uint8_t, stet_i8, stet_u8, far_i8, of_u8, 256)                                 \
    S(sorted_bytes, uint8_t, stet_u8, of_u8, 256)                                                          \
    M(sorted_padded, padded, triple, padded_type, triple_type, of_padded, of_triple, MAX_KEYS)             \
    S(sorted_worded, padded, worded_type, of_worded, MAX_KEYS)                                             \
    M(sorted_wide, wide, uint8_t, wide_type, stet_u8, of_wide, of_u8, MAX_KEYS)                            \
    M(sorted_pages, uint32_t, page, stet_u32, page_type, far_u32, of_page, 300)                            \
    S(sorted_blocks, block, block_type, of_block, 300)                                                     \
    M(sorted_strings, stet_str, stet_str, stet_str_type, stet_str_type, of_name, of_string, MAX_KEYS)      \
    M(sorted_paths, stet_str, uint32_t, stet_str_type, stet_u32, of_path, far_u32, MAX_KEYS)               \
    S(sorted_names, stet_str, stet_str_type, of_name, MAX_KEYS)                                            \
    M(sorted_prompt, token_ptr, token_ptr, prompt_token, prompt_token, prompt_key, prompt_value, MAX_KEYS) \
    M(sorted_lazy, token_ptr, token_ptr, lazy_token, lazy_token, lazy_key, lazy_value, MAX_KEYS)           \
    S(sorted_tokens, token_ptr, prompt_token, prompt_key, MAX_KEYS)

#define SORTED_NESTS(M)                                                                                      \
    M(sorted_of_maps, int, sorted_words, stet_int, sorted_words_type, of_int, of_sorted_words, 512)          \
    M(sorted_of_sets, uint16_t, sorted_tokens, stet_u16, sorted_tokens_type, far_u16, of_sorted_tokens, 512) \
    M(sorted_of_lists, uint32_t, words, stet_u32, words_type, far_u32, of_words, 512)

/* Sorted collections that keep folds: an element is a struct span. */
#define SORTED_FOLDED(M, S)                                                                            \
    M(folded_words, uint64_t, uint64_t, stet_u64, stet_u64, far_u64, of_u64, MAX_KEYS)                 \
    M(folded_paths, stet_str, token_ptr, stet_str_type, prompt_token, of_path, prompt_value, MAX_KEYS) \
    S(folded_shorts, int16_t, stet_i16, far_i16, MAX_KEYS)

/*
 * What these collections fold: the number of elements, and a hash that depends on their order, in 24 bytes without
 * padding.
 */
struct span {
    uint64_t count, hash, power;
};

extern const struct subject subjects[]; /* maps and sets first, then lists, then sorted ones */
extern const unsigned map_count, list_count, subject_count;

/* Returns the subject of this name, which must exist. */
const struct subject *subject_named(const char *name);

/* Returns the subject's number among those of its collection. */
unsigned subject_number(const struct subject *s);

#endif
