/* SPDX-License-Identifier: MIT */
#include "subjects.h"
#include "elements.h"
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- tokens ---- */

static struct token key_tokens[MAX_KEYS], value_tokens[VALUES];

STET_TYPE_REF(prompt_token, token_ptr, token_ref, token_unref)
STET_TYPE_REF_LAZY(lazy_token, token_ptr, token_ref, token_unref)

static bool make_key_token(void *e, unsigned number)
{
    *(token_ptr *)e = token_ref(&key_tokens[number]);
    return true;
}

static bool make_value_token(void *e, unsigned number)
{
    *(token_ptr *)e = number == 0 ? NULL : token_ref(&value_tokens[number]);
    return true;
}

/* A token's number follows from its address; NULL has 0. */
static unsigned token_number(const void *e)
{
    const struct token *t = *(token_ptr const *)e;
    if (t == NULL)
        return 0;
    bool of_key = t >= key_tokens && t < key_tokens + MAX_KEYS;
    return (unsigned)(of_key ? t - key_tokens : t - value_tokens);
}

static void token_hold(struct audit *a, const void *e)
{
    const struct token *t = *(token_ptr const *)e;
    if (t != NULL)
        audit_object(a, t, &t->count, false);
}

/* ---- plain elements of several sizes and alignments ---- */

#define PLAIN(T, field)                                         \
    static bool make_##T(void *e, unsigned number)              \
    {                                                           \
        T made;                                                 \
        memset(&made, 0, sizeof made);                          \
        made field = (__typeof__(made field))number;            \
        memcpy(e, &made, sizeof made);                          \
        return true;                                            \
    }                                                           \
    static unsigned number_##T(const void *e)                   \
    {                                                           \
        REQUIRE((uintptr_t)e % _Alignof(T) == 0, "misaligned"); \
        return (unsigned)(*(const T *)e)field;                  \
    }

typedef unsigned __int128 u128;
typedef struct triple {
    uint64_t number, more[2];
} triple;
typedef struct large {
    uint64_t number, more[29];
} large;
typedef struct huge {
    uint64_t number, more[124];
} huge;

PLAIN(uint64_t, )
PLAIN(int, )
PLAIN(uint8_t, )
PLAIN(double, )
PLAIN(u128, )
PLAIN(triple, .number)
PLAIN(large, .number)
PLAIN(huge, .number)

STET_TYPE_BYTES(u128_type, u128)
STET_TYPE_BYTES(triple_type, triple)
STET_TYPE_BYTES(large_type, large)
STET_TYPE_BYTES(huge_type, huge)

/* ---- strings: one in four is long; 0 is the empty one ---- */

static bool make_string(void *e, unsigned number)
{
    char text[64];
    int n = number == 0 ? 0 : snprintf(text, sizeof text, number % 4 == 1 ? "%u, and then some more" : "%u", number);
    return stet_str_from_bytes(text, (size_t)n, e) != STET_NO_MEMORY;
}

static unsigned string_number(const void *e) { return (unsigned)strtoul(stet_str_bytes(e), NULL, 10); }

static void string_hold(struct audit *a, const void *e)
{
    const stet_str *s = e;
    if (stet_str_is_long_(s))
        audit_object(a, s->heap_, &s->heap_->refcount, true);
}

/* ---- keys whose order is that of their numbers ---- */

/* T: the expression `made` converts a number i to an element, and `read` converts an element e back. */
#define ORDERED(name, T, made, read)                             \
    static bool make_##name(void *at, unsigned i)                \
    {                                                            \
        T e = (T)(made);                                         \
        memcpy(at, &e, sizeof e);                                \
        return true;                                             \
    }                                                            \
    static unsigned number_##name(const void *at)                \
    {                                                            \
        REQUIRE((uintptr_t)at % _Alignof(T) == 0, "misaligned"); \
        T e = *(const T *)at;                                    \
        return (unsigned)(read);                                 \
    }

#define MIDDLE (MAX_KEYS / 2)

ORDERED(far_u64, uint64_t, i *UINT64_C(0x10000000000001), e & 0xFFFFF)
ORDERED(far_i64, int64_t, ((int64_t)i - MIDDLE) * (INT64_C(1) << 52), e / (INT64_C(1) << 52) + MIDDLE)
ORDERED(far_u32, uint32_t, i * 0x100001u, e & 0xFFFFF)
ORDERED(far_i16, int16_t, ((int)i - MIDDLE) * 13, e / 13 + MIDDLE)
ORDERED(far_u16, uint16_t, i * 31, e / 31)
ORDERED(far_i8, int8_t, (int)i - 128, e + 128)
ORDERED(far_float, float, ((float)i - MIDDLE) * 0.125F, e * 8 + MIDDLE)

/* Returns the i-th number in order: from the most negative one to infinity and a NaN; -0.0 is before 0.0. */
static double double_of(unsigned i)
{
    double magnitude = i < MIDDLE ? MIDDLE - 1 - i : i - MIDDLE;
    if (magnitude == MIDDLE - 1)
        magnitude = i < MIDDLE ? __builtin_inf() : __builtin_nan("");
    else if (magnitude == MIDDLE - 2)
        magnitude = i < MIDDLE ? 1e300 : __builtin_inf();
    return i < MIDDLE ? -magnitude : magnitude;
}

static unsigned double_number(double e)
{
    unsigned from = __builtin_signbit(e) ? MIDDLE - 1 : MIDDLE, magnitude;
    if (__builtin_isnan(e) || (__builtin_isinf(e) && e < 0))
        magnitude = MIDDLE - 1;
    else
        magnitude = __builtin_isinf(e) || e == -1e300 ? MIDDLE - 2 : (unsigned)__builtin_fabs(e);
    return from == MIDDLE ? from + magnitude : from - magnitude;
}

ORDERED(all_doubles, double, double_of(i), double_number(e))

/* Structs that are ordered by their comparator alone, with padding that differs from one to the next. */
typedef struct padded {
    char c;
    int n;
} padded;

static padded padded_of(unsigned i)
{
    static _Thread_local unsigned char noise;
    padded p;
    memset(&p, ++noise, sizeof p);
    p.c = (char)(i / 50);
    p.n = (int)(i % 50) * 7 - 20;
    return p;
}

static uint64_t padded_hash(const padded *p, uint64_t seed) { return (uint64_t)(p->c * 64 + p->n) ^ seed; }
static bool padded_equal(const padded *a, const padded *b) { return a->c == b->c && a->n == b->n; }
static int padded_compare(const padded *a, const padded *b)
{
    return a->c != b->c ? (a->c > b->c) - (a->c < b->c) : (a->n > b->n) - (a->n < b->n);
}

STET_TYPE_ORDERED(padded_type, padded, padded_hash, padded_equal, padded_compare)
/* The same with a word that does not decide between all keys. */
static uint64_t padded_word(const padded *p) { return (uint64_t)(p->c / 2); }
STET_TYPE_ORDERED_WORD(worded_type, padded, padded_hash, padded_equal, padded_compare, padded_word)
static bool make_padded(void *at, unsigned i)
{
    memcpy(at, &(padded[1]){padded_of(i)}, sizeof(padded));
    return true;
}
static unsigned number_padded(const void *at)
{
    const padded *p = at;
    return (unsigned)(p->c * 50 + (p->n + 20) / 7);
}

/* An element that is aligned to 16; and the largest entries: a key alone, and a value beside a key of 4 bytes. */
typedef struct wide {
    _Alignas(16) char c;
    uint64_t number;
} wide;
typedef struct block {
    uint64_t number, more[511];
} block;
typedef struct page {
    uint32_t number, more[1022];
} page;

#define BY_NUMBER(T)                                                                                             \
    static uint64_t T##_hash(const T *e, uint64_t seed) { return e->number ^ seed; }                             \
    static bool T##_equal(const T *a, const T *b) { return a->number == b->number; }                             \
    static int T##_compare(const T *a, const T *b) { return (a->number > b->number) - (a->number < b->number); } \
    STET_TYPE_ORDERED(T##_type, T, T##_hash, T##_equal, T##_compare)                                             \
    PLAIN(T, .number)

BY_NUMBER(wide)
BY_NUMBER(block)
BY_NUMBER(page)

/*
 * Strings: first some of zeros alone; then, by turns, short ones, ones that are alike in their first 44 bytes, and ones
 * with zeros at the end.
 */
#define ALIKE "-all of these are alike in what comes first"

static bool make_name(void *at, unsigned i)
{
    char text[128];
    unsigned group = i / 60, rest = i % 60;
    int n = group % 3 == 0   ? snprintf(text, sizeof text, "%04u-%02u", group, rest)
            : group % 3 == 1 ? snprintf(text, sizeof text, "%04u" ALIKE "%02u", group, rest)
                             : snprintf(text, sizeof text, "%04u-zeros", group) + (int)rest;
    if (group == 0)
        n = (int)rest;
    if (group % 3 == 2 || group == 0)
        memset(text + (group == 0 ? 0 : 10), 0, rest);
    return stet_str_from_bytes(text, (size_t)n, at) != STET_NO_MEMORY;
}

static unsigned number_name(const void *at)
{
    const char *text = stet_str_bytes(at);
    unsigned size = (unsigned)stet_str_size(at), group;
    if (size == 0 || text[0] == 0)
        return size;
    group = (unsigned)strtoul(text, NULL, 10);
    return group * 60 + (group % 3 == 2 ? size - 10 : (unsigned)strtoul(text + size - 2, NULL, 10));
}

/* Paths whose components are the digits of the number to the base 5. Some are prefixes of others. */
static bool make_path(void *at, unsigned i)
{
    char text[256] = "";
    int n = 0;
    for (unsigned power = 625; power > (i % 5 == 0 ? 1 : 0); power /= 5)
        n += snprintf(text + n, sizeof text - (size_t)n, "/component-%u%s", i / power % 5,
                      i / power % 2 ? "-with-a-longer-name" : "");
    return stet_str_from_bytes(text, (size_t)n, at) != STET_NO_MEMORY;
}

static unsigned number_path(const void *at)
{
    unsigned number = 0, power = 625;
    for (const char *digit = stet_str_bytes(at); (digit = strstr(digit, "/component-")) != NULL; power /= 5)
        number += (unsigned)strtoul(digit += strlen("/component-"), NULL, 10) * power;
    return number;
}

/* ---- keys of a chosen hash ---- */

/*
 * Keys whose hash has `bits` bits. Blind keys have the same hash for every seed, so that a trie of the next level does
 * not separate them, and a collision leaf is needed; the others are separated there.
 */
typedef struct dull {
    struct token *token;
    uint64_t number;
} dull;

static bool make_dull(void *e, unsigned number)
{
    dull *d = e;
    make_key_token(&d->token, number);
    d->number = number;
    return true;
}

/* Makes one without a reference, for a type that is not reference-counted. */
static bool make_dull_plain(void *e, unsigned number)
{
    *(dull *)e = (dull){&key_tokens[number], number};
    return true;
}

static unsigned dull_number(const void *e) { return (unsigned)((const dull *)e)->number; }
static void dull_hold(struct audit *a, const void *e) { token_hold(a, &((const dull *)e)->token); }
static void dull_retain(const dull *d) { token_ref(d->token); }
static void dull_release(dull *d) { token_unref(d->token); }
static bool dull_equal(const dull *a, const dull *b) { return a->number == b->number; }
static int dull_compare(const dull *a, const dull *b) { return (a->number > b->number) - (a->number < b->number); }

#define DULL_HASHES(bits)                                                                                      \
    static uint64_t blind_##bits(const dull *d, uint64_t seed)                                                 \
    {                                                                                                          \
        (void)seed;                                                                                            \
        return d->number & ((1u << bits) - 1);                                                                 \
    }                                                                                                          \
    static uint64_t seeing_##bits(const dull *d, uint64_t seed)                                                \
    {                                                                                                          \
        return seed == stet_hash_seed_at(0) ? d->number & ((1u << bits) - 1) : d->number;                      \
    }                                                                                                          \
    STET_TYPE(blind_plain_##bits, dull, blind_##bits, dull_equal)                                              \
    STET_TYPE(seeing_plain_##bits, dull, seeing_##bits, dull_equal)                                            \
    STET_TYPE_FULL(blind_lazy_##bits, dull, blind_##bits, dull_equal, dull_compare, dull_retain, dull_release, \
                   STET_LAZY)                                                                                  \
    STET_TYPE_FULL(seeing_prompt_##bits, dull, seeing_##bits, dull_equal, dull_compare, dull_retain, dull_release, 0)

DULL_HASHES(0)
DULL_HASHES(4)
DULL_HASHES(8)

/* Hashes that differ only in the last bits that a level uses, so that paths are as long as possible. */
static uint64_t deep_hash(const dull *d, uint64_t seed)
{
    uint64_t last = (seed == stet_hash_seed_at(0) ? d->number : d->number / 4) % 4;
    return UINT64_MAX << (66 - STET_MAP_DEPTH) | last << (64 - STET_MAP_DEPTH);
}
STET_TYPE_FULL(deep_lazy, dull, deep_hash, dull_equal, dull_compare, dull_retain, dull_release,
               STET_LAZY | STET_GOOD_HASH)

/* ---- the elements ---- */

#define ELEMENT(name, type, make, number, hold) \
    __attribute__((unused)) static const struct element name = {&type, make, number, hold};

ELEMENT(of_u64, stet_u64, make_uint64_t, number_uint64_t, NULL)
ELEMENT(of_int, stet_int, make_int, number_int, NULL)
ELEMENT(of_u8, stet_u8, make_uint8_t, number_uint8_t, NULL)
ELEMENT(of_double, stet_double, make_double, number_double, NULL)
ELEMENT(of_u128, u128_type, make_u128, number_u128, NULL)
ELEMENT(of_triple, triple_type, make_triple, number_triple, NULL)
ELEMENT(of_large, large_type, make_large, number_large, NULL)
ELEMENT(of_huge, huge_type, make_huge, number_huge, NULL)
ELEMENT(of_string, stet_str_type, make_string, string_number, string_hold)
ELEMENT(prompt_key, prompt_token, make_key_token, token_number, token_hold)
ELEMENT(prompt_value, prompt_token, make_value_token, token_number, token_hold)
ELEMENT(lazy_key, lazy_token, make_key_token, token_number, token_hold)
ELEMENT(lazy_value, lazy_token, make_value_token, token_number, token_hold)
ELEMENT(of_deep, deep_lazy, make_dull, dull_number, dull_hold)
ELEMENT(far_u64, stet_u64, make_far_u64, number_far_u64, NULL)
ELEMENT(far_i64, stet_i64, make_far_i64, number_far_i64, NULL)
ELEMENT(far_u32, stet_u32, make_far_u32, number_far_u32, NULL)
ELEMENT(far_i16, stet_i16, make_far_i16, number_far_i16, NULL)
ELEMENT(far_u16, stet_u16, make_far_u16, number_far_u16, NULL)
ELEMENT(far_i8, stet_i8, make_far_i8, number_far_i8, NULL)
ELEMENT(far_float, stet_float, make_far_float, number_far_float, NULL)
ELEMENT(all_doubles, stet_double, make_all_doubles, number_all_doubles, NULL)
ELEMENT(of_padded, padded_type, make_padded, number_padded, NULL)
ELEMENT(of_worded, worded_type, make_padded, number_padded, NULL)
ELEMENT(of_wide, wide_type, make_wide, number_wide, NULL)
ELEMENT(of_block, block_type, make_block, number_block, NULL)
ELEMENT(of_page, page_type, make_page, number_page, NULL)
ELEMENT(of_name, stet_str_type, make_name, number_name, string_hold)
ELEMENT(of_path, stet_str_type, make_path, number_path, string_hold)
ELEMENT(nothing, stet_unit_, NULL, NULL, NULL)

#define DULL_ELEMENTS(bits)                                                                  \
    ELEMENT(of_blind_plain_##bits, blind_plain_##bits, make_dull_plain, dull_number, NULL)   \
    ELEMENT(of_seeing_plain_##bits, seeing_plain_##bits, make_dull_plain, dull_number, NULL) \
    ELEMENT(of_blind_lazy_##bits, blind_lazy_##bits, make_dull, dull_number, dull_hold)      \
    ELEMENT(of_seeing_prompt_##bits, seeing_prompt_##bits, make_dull, dull_number, dull_hold)

DULL_ELEMENTS(0)
DULL_ELEMENTS(4)
DULL_ELEMENTS(8)

/* ---- sorted collections ---- */

#define DEFINE_SORTED_MAP(name, K, V, ktype, vtype, key, value, keys) STET_SORTED_MAP(name, K, V, ktype, vtype)
#define DEFINE_SORTED_SET(name, K, ktype, key, keys) STET_SORTED_SET(name, K, ktype)
#define SORTED_MAP_ROW(name, K, V, ktype, vtype, key, value, keys) \
    {#name, &sorted_collection, &name##_sorted_type_.node, &key, &value, keys, NULL},
#define SORTED_SET_ROW(name, K, ktype, key, keys) \
    {#name, &sorted_collection, &name##_sorted_type_.node, &key, &nothing, keys, NULL},

SORTED_SUBJECTS(DEFINE_SORTED_MAP, DEFINE_SORTED_SET)

static struct span span_of(const struct stet_type *t, const void *element)
{
    return (struct span){1, stet_type_hash(t, element, 1), UINT64_C(0x9E3779B97F4A7C15)};
}
static struct span span_both(struct span a, struct span b)
{
    return (struct span){a.count + b.count, a.hash * b.power + b.hash, a.power * b.power};
}
static struct span span_entry(struct span key, struct span value)
{
    key.hash ^= value.hash * 3;
    return key;
}

#define DEFINE_FOLDED_MAP(name, K, V, ktype, vtype, key, value, keys) \
    static struct span name##_span(const K *k, const V *v)            \
    {                                                                 \
        return span_entry(span_of(&ktype, k), span_of(&vtype, v));    \
    }                                                                 \
    STET_SORTED_MAP_FOLDED(name, K, V, ktype, vtype, struct span, name##_span, span_both)
#define DEFINE_FOLDED_SET(name, K, ktype, key, keys)                          \
    static struct span name##_span(const K *k) { return span_of(&ktype, k); } \
    STET_SORTED_SET_FOLDED(name, K, ktype, struct span, name##_span, span_both)

SORTED_FOLDED(DEFINE_FOLDED_MAP, DEFINE_FOLDED_SET)

/*
 * A sorted set, or a map of keys to values of the same number, as an element: element n has up to 40 elements, of the
 * numbers from n on. Each is a version of its own.
 */
#define SORTED_ELEMENT(name, inner, hold_inner)                                            \
    static bool make_##name(void *e, unsigned number)                                      \
    {                                                                                      \
        struct stet_tree *m = &((name *)e)->sorted_.tree_;                                 \
        memset(m, 0, sizeof *m);                                                           \
        for (unsigned i = 0, n = number == 0 ? 0 : number % 40 + 1; i < n; i++) {          \
            _Alignas(16) char key[64];                                                     \
            if (!(inner).make(key, number + i) ||                                          \
                !stet_sorted_put_(&name##_sorted_type_, m, NULL, key, key, STET_PUT_SET_)) \
                return false;                                                              \
            if ((inner).type->release != NULL)                                             \
                (inner).type->release(key);                                                \
        }                                                                                  \
        return true;                                                                       \
    }                                                                                      \
    static unsigned number_##name(const void *e)                                           \
    {                                                                                      \
        name##_cursor first = name##_first((const name *)e);                               \
        return first.key != NULL ? (inner).number(first.key) : 0;                          \
    }                                                                                      \
    static void hold_##name(struct audit *a, const void *e)                                \
    {                                                                                      \
        const struct audit_hooks hooks = {hold_inner, NULL};                               \
        sorted_audit(a, &name##_sorted_type_, &hooks, &((const name *)e)->sorted_.tree_);  \
    }                                                                                      \
    ELEMENT(of_##name, name##_type, make_##name, number_##name, hold_##name)

SORTED_ELEMENT(sorted_words, far_u64, NULL)
SORTED_ELEMENT(sorted_tokens, prompt_key, token_hold)

/* ---- maps and sets ---- */

#define DEFINE_MAP(name, K, V, ktype, vtype, key, value, keys) STET_MAP(name, K, V, ktype, vtype)
#define DEFINE_SET(name, K, ktype, key, keys) STET_SET(name, K, ktype)
#define MAP_ROW(name, K, V, ktype, vtype, key, value, keys) \
    {#name, &map_collection, &name##_map_type_.node, &key, &value, keys, NULL},
#define SET_ROW(name, K, ktype, key, keys) {#name, &map_collection, &name##_map_type_.node, &key, &nothing, keys, NULL},

SUBJECTS(DEFINE_MAP, DEFINE_SET)

/* ---- lists ---- */

/*
 * A list as an element: element n is a list of elements of the numbers from n on, of one of 40 lengths. Each is a
 * version of its own.
 */
#define LIST_ELEMENT(list, inner, hold_inner)                                          \
    static bool make_##list(void *e, unsigned number)                                  \
    {                                                                                  \
        struct stet_list *l = (struct stet_list *)e;                                   \
        memset(l, 0, sizeof *l);                                                       \
        for (unsigned i = 0, n = number == 0 ? 0 : number % 40 + 1; i < n; i++) {      \
            _Alignas(16) char value[64];                                               \
            if (!(inner).make(value, number + i) || !list##_calls.push_back(l, value)) \
                return false;                                                          \
            if ((inner).type->release != NULL)                                         \
                (inner).type->release(value);                                          \
        }                                                                              \
        return true;                                                                   \
    }                                                                                  \
    static unsigned number_##list(const void *e)                                       \
    {                                                                                  \
        const void *first = list##_calls.first((const struct stet_list *)e);           \
        return first != NULL ? (inner).number(first) : 0;                              \
    }                                                                                  \
    static void hold_##list(struct audit *a, const void *e)                            \
    {                                                                                  \
        list_audit(a, &list##_list_type_, hold_inner, (const struct stet_list *)e);    \
    }

#define DEFINE_LIST(name, T, type, element, numbers) STET_LIST(name, T, type) LIST_CALLS(name, T)
#define LIST_ROW(name, T, type, element, numbers) \
    {#name, &list_collection, &name##_list_type_.node, &element, &nothing, numbers, &name##_calls},

LIST_SUBJECTS(DEFINE_LIST)

LIST_ELEMENT(words, of_u64, NULL)
LIST_ELEMENT(prompt_tokens, prompt_key, token_hold)
ELEMENT(of_words, words_type, make_words, number_words, hold_words)
ELEMENT(of_tokens, prompt_tokens_type, make_prompt_tokens, number_prompt_tokens, hold_prompt_tokens)

/* ---- all of them ---- */

SORTED_NESTS(DEFINE_SORTED_MAP)

#define ONE(...) +1

const struct subject subjects[] = {SUBJECTS(MAP_ROW, SET_ROW) LIST_SUBJECTS(LIST_ROW) SORTED_SUBJECTS(
    SORTED_MAP_ROW, SORTED_SET_ROW) SORTED_NESTS(SORTED_MAP_ROW) SORTED_FOLDED(SORTED_MAP_ROW, SORTED_SET_ROW)};
const unsigned map_count = SUBJECTS(ONE, ONE), list_count = LIST_SUBJECTS(ONE),
               subject_count = sizeof subjects / sizeof subjects[0];

const struct subject *subject_named(const char *name)
{
    for (unsigned i = 0; i < subject_count; i++)
        if (strcmp(subjects[i].name, name) == 0)
            return &subjects[i];
    test_fail("no subject %s", name);
}

unsigned subject_number(const struct subject *s)
{
    unsigned number = 0;
    while (s - number > subjects && s[-1 - (int)number].of == s->of)
        number++;
    return number;
}
