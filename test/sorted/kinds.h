/* SPDX-License-Identifier: MIT */
/* kinds.h - the kinds of keys and values that program.h is made for. */
#ifndef TEST_SORTED_KINDS_H
#define TEST_SORTED_KINDS_H

#include "model.h"

/* ---- numbers to numbers ---- */

STET_SORTED_MAP(words_map, uint64_t, uint64_t, stet_u64, stet_u64)
static uint64_t words_key(unsigned i) { return i * UINT64_C(0x10000000000001); }
static unsigned words_index(const uint64_t *k) { return (unsigned)(*k & 0xFFFFF); }
static uint64_t words_value(unsigned v) { return v * UINT64_C(0x1234567812345); }
static unsigned words_index_of_value(const uint64_t *v) { return (unsigned)(*v / UINT64_C(0x1234567812345)); }
static bool words_is_value(const uint64_t *p, unsigned v) { return *p == words_value(v); }
static void words_hold_value(const uint64_t *p) { (void)p; }
static void words_let_go_value(const uint64_t *p) { (void)p; }
static void words_let_go_key(const uint64_t *p) { (void)p; }
static void words_prepare(void) {}
static void words_finish(void) {}
#define NAME words
#include "program.h"

/* ---- signed ones, of both signs, to bytes ---- */

STET_SORTED_MAP(longs_map, int64_t, uint8_t, stet_i64, stet_u8)
static int64_t longs_key(unsigned i) { return ((int64_t)i - KEYS / 2) * INT64_C(0x4000000000000); }
static unsigned longs_index(const int64_t *k) { return (unsigned)(*k / INT64_C(0x4000000000000) + KEYS / 2); }
static uint8_t longs_value(unsigned v) { return (uint8_t)v; }
static unsigned longs_index_of_value(const uint8_t *v) { return *v; }
static bool longs_is_value(const uint8_t *p, unsigned v) { return *p == v; }
static void longs_hold_value(const uint8_t *p) { (void)p; }
static void longs_let_go_value(const uint8_t *p) { (void)p; }
static void longs_let_go_key(const int64_t *p) { (void)p; }
static void longs_prepare(void) {}
static void longs_finish(void) {}
#define NAME longs
#include "program.h"

/* ---- doubles, of both signs, to shorts ---- */

STET_SORTED_MAP(doubles_map, double, int16_t, stet_double, stet_i16)
static double doubles_key(unsigned i) { return ((double)i - KEYS / 2) * 0.125; }
static unsigned doubles_index(const double *k) { return (unsigned)(*k * 8 + KEYS / 2); }
static int16_t doubles_value(unsigned v) { return (int16_t)-v; }
static unsigned doubles_index_of_value(const int16_t *v) { return (unsigned)-*v; }
static bool doubles_is_value(const int16_t *p, unsigned v) { return *p == -(int)v; }
static void doubles_hold_value(const int16_t *p) { (void)p; }
static void doubles_let_go_value(const int16_t *p) { (void)p; }
static void doubles_let_go_key(const double *p) { (void)p; }
static void doubles_prepare(void) {}
static void doubles_finish(void) {}
#define NAME doubles
#include "program.h"

/* ---- shorts to what is aligned to 16 ---- */

struct wide {
    _Alignas(16) char c;
    uint64_t v;
};

static uint64_t wide_hash(const struct wide *w, uint64_t seed) { return w->v ^ seed; }
static bool wide_equal(const struct wide *a, const struct wide *b) { return a->v == b->v; }
STET_TYPE(wide_type, struct wide, wide_hash, wide_equal)
STET_SORTED_MAP(shorts_map, int16_t, struct wide, stet_i16, wide_type)
static int16_t shorts_key(unsigned i) { return (int16_t)((int)i * 13 - KEYS * 6); }
static unsigned shorts_index(const int16_t *k) { return (unsigned)((*k + KEYS * 6) / 13); }
static struct wide shorts_value(unsigned v) { return (struct wide){.v = v}; }
static unsigned shorts_index_of_value(const struct wide *v) { return (unsigned)v->v; }
static bool shorts_is_value(const struct wide *p, unsigned v) { return p->v == v && ((uintptr_t)p & 15) == 0; }
static void shorts_hold_value(const struct wide *p) { (void)p; }
static void shorts_let_go_value(const struct wide *p) { (void)p; }
static void shorts_let_go_key(const int16_t *p) { (void)p; }
static void shorts_prepare(void) {}
static void shorts_finish(void) {}
#define NAME shorts
#include "program.h"

/* ---- structs with padding, by their comparator alone, to 1 kB ---- */

struct padded {
    char c;
    int n;
};

static uint64_t padded_hash(const struct padded *s, uint64_t seed) { return (uint64_t)s->n ^ seed; }
static bool padded_equal(const struct padded *a, const struct padded *b) { return a->c == b->c && a->n == b->n; }
static int padded_compare(const struct padded *a, const struct padded *b)
{
    return a->c != b->c ? (a->c > b->c) - (a->c < b->c) : (a->n > b->n) - (a->n < b->n);
}
STET_TYPE_ORDERED(padded_type, struct padded, padded_hash, padded_equal, padded_compare)
struct large {
    uint64_t word[120];
};
static uint64_t large_hash(const struct large *l, uint64_t seed) { return l->word[119] ^ seed; }
static bool large_equal(const struct large *a, const struct large *b) { return memcmp(a, b, sizeof *a) == 0; }
STET_TYPE(large_type, struct large, large_hash, large_equal)
STET_SORTED_MAP(structs_map, struct padded, struct large, padded_type, large_type)
static struct padded structs_key(unsigned i)
{
    static unsigned char noise;
    struct padded s;
    memset(&s, ++noise, sizeof s);
    s.c = (char)(i / 50);
    s.n = (int)(i % 50) * 7 - 20;
    return s;
}
static unsigned structs_index(const struct padded *k) { return (unsigned)k->c * 50 + (unsigned)(k->n + 20) / 7; }
static struct large structs_value(unsigned v)
{
    struct large l = {{v}};
    l.word[119] = v;
    return l;
}
static unsigned structs_index_of_value(const struct large *v) { return (unsigned)v->word[119]; }
static bool structs_is_value(const struct large *p, unsigned v) { return p->word[0] == v && p->word[119] == v; }
static void structs_hold_value(const struct large *p) { (void)p; }
static void structs_let_go_value(const struct large *p) { (void)p; }
static void structs_let_go_key(const struct padded *p) { (void)p; }
static void structs_prepare(void) {}
static void structs_finish(void) {}
#define NAME structs
#include "program.h"

/* ---- strings: short ones, long ones that begin alike, ones that differ in zeros only; to strings ---- */

static stet_str string_table[KEYS], text_table[VALUES];

static void strings_prepare(void)
{
    char text[KEYS + 64];
    for (unsigned i = 0; i < KEYS; i++) {
        unsigned group = i / 60;
        int n = group % 3 == 0   ? sprintf(text, "%04u-%02u", group, i % 60)
                : group % 3 == 1 ? sprintf(text, "%04u-all-of-these-begin-alike-%02u", group, i % 60)
                                 : sprintf(text, "%04u-zeros", group) + (int)(i % 60);
        if (group % 3 == 2)
            memset(text + 10, 0, i % 60);
        REQUIRE(stet_str_from_bytes(text, (size_t)n, &string_table[i]) != STET_NO_MEMORY, "no memory");
    }
    for (unsigned v = 0; v < VALUES; v++) {
        sprintf(text, v % 2 ? "%u" : "a value that is long enough, %u", v);
        REQUIRE(stet_str_from_cstr(text, &text_table[v]) != STET_NO_MEMORY, "no memory");
    }
}

static void strings_finish(void)
{
    for (unsigned i = 0; i < KEYS; i++)
        stet_str_drop(&string_table[i]);
    for (unsigned v = 0; v < VALUES; v++)
        stet_str_drop(&text_table[v]);
}

STET_SORTED_MAP(strings_map, stet_str, stet_str, stet_str_type, stet_str_type)
static stet_str strings_key(unsigned i) { return string_table[i]; }
static unsigned strings_index(const stet_str *k)
{
    unsigned from = 0, to = KEYS;
    while (from < to) {
        unsigned middle = (from + to) / 2;
        if (stet_str_compare(&string_table[middle], k) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}
static stet_str strings_value(unsigned v) { return text_table[v]; }
static unsigned strings_index_of_value(const stet_str *s)
{
    unsigned v = 0;
    while (!stet_str_equal(s, &text_table[v]))
        v++;
    return v;
}
static bool strings_is_value(const stet_str *p, unsigned v) { return stet_str_equal(p, &text_table[v]); }
static void strings_hold_value(const stet_str *p) { stet_str_retain_(p); }
static void strings_let_go_value(stet_str *p) { stet_str_drop(p); }
static void strings_let_go_key(stet_str *p) { stet_str_drop(p); }
#define NAME strings
#include "program.h"

/* ---- counted objects, prompt, to counted objects ---- */

struct counted {
    int holders;
};
typedef struct counted *counted_ptr;
static struct counted counted_table[KEYS], counted_values[VALUES];

static counted_ptr counted_ref(counted_ptr o)
{
    __atomic_fetch_add(&o->holders, 1, __ATOMIC_RELAXED);
    return o;
}

static void counted_unref(counted_ptr o)
{
    REQUIRE(__atomic_fetch_sub(&o->holders, 1, __ATOMIC_RELAXED) > 0, "released too often");
}

STET_TYPE_REF(counted_type, counted_ptr, counted_ref, counted_unref)
STET_SORTED_MAP(objects_map, counted_ptr, counted_ptr, counted_type, counted_type)
static counted_ptr objects_key(unsigned i) { return &counted_table[i]; }
static unsigned objects_index(const counted_ptr *k) { return (unsigned)(*k - counted_table); }
static counted_ptr objects_value(unsigned v) { return &counted_values[v]; }
static unsigned objects_index_of_value(const counted_ptr *v)
{
    return *v != NULL ? (unsigned)(*v - counted_values) : 0;
}
static bool objects_is_value(const counted_ptr *p, unsigned v) { return *p == &counted_values[v]; }
static void objects_hold_value(const counted_ptr *p) { counted_ref(*p); }
static void objects_let_go_value(const counted_ptr *p)
{
    if (*p != NULL)
        counted_unref(*p);
}
static void objects_let_go_key(const counted_ptr *p) { counted_unref(*p); }
static void objects_prepare(void) {}
static void objects_finish(void)
{
    for (unsigned i = 0; i < KEYS; i++)
        REQUIRE(counted_table[i].holders == 0, "key %u has %d holders", i, counted_table[i].holders);
    for (unsigned v = 0; v < VALUES; v++)
        REQUIRE(counted_values[v].holders == 0, "value %u has %d holders", v, counted_values[v].holders);
}
#define NAME objects
#include "program.h"

/* ---- to lists: collections as values ---- */

STET_LIST(numbers, int, stet_int)
static numbers list_table[VALUES];

static void lists_prepare(void)
{
    for (unsigned v = 0; v < VALUES; v++)
        for (unsigned i = 0; i < v * 40; i++)
            REQUIRE(numbers_push_back(&list_table[v], (int)v) == STET_CHANGED, "no memory");
}

static void lists_finish(void)
{
    for (unsigned v = 0; v < VALUES; v++)
        numbers_drop(&list_table[v]);
}

STET_SORTED_MAP(lists_map, uint32_t, numbers, stet_u32, numbers_type)
static uint32_t lists_key(unsigned i) { return i * 0x10001u; }
static unsigned lists_index(const uint32_t *k) { return *k & 0xFFFF; }
static numbers lists_value(unsigned v) { return list_table[v]; }
static unsigned lists_index_of_value(const numbers *v) { return (unsigned)(numbers_size(v) / 40); }
static bool lists_is_value(const numbers *p, unsigned v) { return numbers_size(p) == v * 40u; }
static void lists_hold_value(const numbers *p)
{
    numbers held = numbers_copy(p);
    (void)held;
}
static void lists_let_go_value(numbers *p) { numbers_drop(p); }
static void lists_let_go_key(const uint32_t *p) { (void)p; }
#define NAME lists
#include "program.h"

#endif
