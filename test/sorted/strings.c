/* SPDX-License-Identifier: MIT */
/* sorted/strings.c - keys, bounds and prefixes that are given as bytes and as C strings. */
#include "support/things.h"

#include <stet/sorted_set.h>

STET_SORTED_MAP(texts, stet_str, int, stet_str_type, stet_int)
STET_SORTED_SET(names, stet_str, stet_str_type)

/* ---- strings of few letters, of which many begin alike ---- */

enum { LETTERS = 5, MOST = 40 };

struct word {
    char bytes[MOST];
    size_t n;
};

/* The i-th string of up to five letters, the greatest of which has no successor; behind so many bytes that all have. */
static struct word word_of(unsigned i, size_t common)
{
    static const char letters[LETTERS] = {'\0', 'a', 'b', (char)0xFE, (char)0xFF};
    struct word w = {.n = common};
    memset(w.bytes, 'x', common);
    for (; i > 0; i = (i - 1) / LETTERS)
        w.bytes[w.n++] = letters[(i - 1) % LETTERS];
    return w;
}

/* n of them, drawn from the first `of`. */
static names some_names(struct rng *random, unsigned n, unsigned of, size_t common)
{
    names s = {0};
    for (size_t i = 0; i < n; i++) {
        struct word w = word_of(rng_below(random, of), common);
        cr_assert_neq(names_add_bytes(&s, w.bytes, w.n), STET_NO_MEMORY);
    }
    return s;
}

static bool begins_with(const stet_str *s, const struct word *w)
{
    return stet_str_size(s) >= w->n && memcmp(stet_str_bytes(s), w->bytes, w->n) == 0;
}

struct counted {
    const struct word *prefix;
    size_t n;
};

static bool count_those(void *context, const stet_str *keys, size_t n)
{
    struct counted *c = context;
    for (size_t i = 0; i < n; i++)
        cr_assert(begins_with(&keys[i], c->prefix));
    c->n += n;
    return true;
}

static void check_prefix(const names *s, const struct word *w)
{
    size_t before = 0, with = 0, first = SIZE_MAX, i = 0;
    for (names_cursor it = names_first(s); it.key != NULL; names_next(&it)) {
        with += begins_with(it.key, w);
        before += with == 0 && stet_str_compare_bytes_(it.key, &(struct stet_bytes){w->bytes, w->n, 0}) < 0;
    }
    cr_assert_eq(names_prefix_bytes(s, w->bytes, w->n, &first), with);
    cr_assert_eq(first, before);
    cr_assert_eq(names_prefix_bytes(s, w->bytes, w->n, NULL), with);
    for (names_cursor it = names_cursor_at(s, first); i < with; names_next(&it), i++)
        cr_assert(it.key != NULL && begins_with(it.key, w));
    struct counted c = {w, 0};
    cr_assert(names_range_each_at(s, first, first + with, count_those, &c) && c.n == with);
    names part = {0}, rest = names_copy(s);
    cr_assert_neq(names_slice_at(s, first, first + with, &part), STET_NO_MEMORY);
    cr_assert_eq(names_erase_range_at(&rest, first, first + with), with != 0 ? STET_CHANGED : STET_UNCHANGED);
    cr_assert(names_size(&part) == with && names_size(&rest) + with == names_size(s));
    cr_assert_eq(names_prefix_bytes(&part, w->bytes, w->n, &first), with);
    cr_assert_eq(names_prefix_bytes(&rest, w->bytes, w->n, NULL), 0);
    names_drop(&part);
    names_drop(&rest);
}

THINGS_TEST(sorted_strings, every_prefix)
{
    struct rng random = {7};
    static const unsigned sizes[] = {0, 1, 2, 5, 17, 100, 700};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t common = 0; common < 30; common += 9) {
            names s = some_names(&random, sizes[i], sizes[i] * 2 + 30, common);
            for (unsigned p = 0; p < 200; p++) {
                struct word w = word_of(p < 31 ? p : rng_below(&random, 800), common), other = word_of(p, 0);
                check_prefix(&s, &w);
                check_prefix(&s, &other);
            }
            names_drop(&s);
        }
    }
}

THINGS_TEST(sorted_strings, prefixes_by_other_forms)
{
    names s = {0};
    size_t first = 7;
    stet_str prefix;
    cr_assert_eq(names_prefix_cstr(&s, "ad", &first), 0);
    cr_assert_eq(first, 0);
    static const char *const all[] = {"ac", "ad", "ada", "adam, whose name does not fit in place", "ae"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        cr_assert_eq(names_append_cstr(&s, all[i]), STET_CHANGED);
    cr_assert_eq(names_prefix_cstr(&s, "ad", &first), 3);
    cr_assert_eq(first, 1);
    cr_assert_eq(stet_str_from_cstr("adam, whose name does", &prefix), STET_CHANGED);
    cr_assert_eq(names_prefix(&s, prefix, &first), 1);
    cr_assert_eq(first, 3);
    stet_str_drop(&prefix);
    cr_assert_eq(names_prefix_cstr(&s, "", &first), 5);
    cr_assert_eq(first, 0);
    cr_assert_eq(names_prefix_cstr(&s, "\xFF", &first), 0);
    cr_assert_eq(first, 5);
    names_drop(&s);
}

/* ---- ranges ---- */

/* The forms do what those do that take keys. */
static bool count_pairs(void *context, const stet_str *keys, const int *values, size_t n)
{
    size_t *sum = context;
    for (size_t i = 0; i < n; i++)
        *sum = *sum * 31 + stet_str_size(&keys[i]) + (size_t)values[i];
    return true;
}

static void check_range(const texts *m, const struct word *from, const struct word *to)
{
    stet_str a = {0}, b = {0};
    const stet_str *x = from != NULL ? &a : NULL, *y = to != NULL ? &b : NULL;
    const void *from_bytes = from != NULL ? from->bytes : NULL, *to_bytes = to != NULL ? to->bytes : NULL;
    size_t from_n = from != NULL ? from->n : 3, to_n = to != NULL ? to->n : 3; /* not read without a bound */
    cr_assert(from == NULL || stet_str_from_bytes(from->bytes, from->n, &a) != STET_NO_MEMORY);
    cr_assert(to == NULL || stet_str_from_bytes(to->bytes, to->n, &b) != STET_NO_MEMORY);
    cr_assert_eq(texts_count_bytes(m, from_bytes, from_n, to_bytes, to_n), texts_count(m, x, y));
    size_t sum = 0, expected = 0;
    cr_assert(texts_range_each_bytes(m, from_bytes, from_n, to_bytes, to_n, count_pairs, &sum));
    cr_assert(texts_range_each(m, x, y, count_pairs, &expected) && sum == expected);
    texts one = {0}, other = {0}, rest = texts_copy(m), other_rest = texts_copy(m);
    cr_assert_eq(texts_slice_bytes(m, from_bytes, from_n, to_bytes, to_n, &one), texts_slice(m, x, y, &other));
    cr_assert(texts_equal(&one, &other));
    cr_assert_eq(texts_erase_range_bytes(&rest, from_bytes, from_n, to_bytes, to_n),
                 texts_erase_range(&other_rest, x, y));
    cr_assert(texts_equal(&rest, &other_rest));
    if (from != NULL) {
        cr_assert_eq(texts_split_bytes(&rest, from_bytes, from_n, &one), texts_split(&other_rest, a, &other));
        cr_assert(texts_equal(&rest, &other_rest) && texts_equal(&one, &other));
        texts_cursor it = texts_first(m), same = it;
        texts_seek_bytes(&it, from_bytes, from_n);
        cr_assert_eq(it.key, texts_ceiling(m, a).key);
        texts_seek_after_bytes(&it, from_bytes, from_n);
        texts_seek_after(&same, a);
        cr_assert(it.key == same.key && it.value == same.value);
        cr_assert_eq(it.key, texts_above(m, a).key);
    }
    texts *drop[] = {&one, &other, &rest, &other_rest};
    for (size_t i = 0; i < sizeof drop / sizeof *drop; i++)
        texts_drop(drop[i]);
    stet_str_drop(&a);
    stet_str_drop(&b);
}

THINGS_TEST(sorted_strings, ranges_of_bytes)
{
    struct rng random = {7};
    static const unsigned sizes[] = {0, 1, 6, 40, 300};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (size_t common = 0; common < 30; common += 14) {
            texts m = {0};
            for (size_t k = 0; k < sizes[i]; k++) {
                struct word w = word_of(rng_below(&random, sizes[i] * 2), common);
                cr_assert_neq(texts_set_bytes(&m, w.bytes, w.n, (int)k), STET_NO_MEMORY);
            }
            for (size_t k = 0; k < 60; k++) {
                struct word from = word_of(rng_below(&random, sizes[i] * 3 + 9), k % 3 ? common : 0),
                            to = word_of(rng_below(&random, sizes[i] * 3 + 9), common);
                check_range(&m, k % 5 ? &from : NULL, k % 7 ? &to : NULL);
            }
            texts_drop(&m);
        }
    }
}

THINGS_TEST(sorted_strings, ranges_of_c_strings)
{
    texts m = {0}, part = {0};
    static const char *const all[] = {"a", "b", "c", "d", "e"};
    for (int i = 0; i < 5; i++)
        cr_assert_eq(texts_append_cstr(&m, all[i], i), STET_CHANGED);
    cr_assert_eq(texts_count_cstr(&m, "b", "d"), 2);
    cr_assert_eq(texts_count_cstr(&m, NULL, "d"), 3);
    cr_assert_eq(texts_count_cstr(&m, "b", NULL), 4);
    cr_assert_eq(texts_count_cstr(&m, NULL, NULL), 5);
    cr_assert_eq(texts_count_cstr(&m, "", ""), 0);
    cr_assert_eq(texts_count_cstr(&m, NULL, ""), 0);
    cr_assert_eq(texts_slice_cstr(&m, "bb", NULL, &part), STET_CHANGED);
    cr_assert(texts_size(&part) == 3 && texts_has_cstr(&part, "c"));
    cr_assert_eq(texts_erase_range_cstr(&part, "d", "e"), STET_CHANGED);
    cr_assert(texts_size(&part) == 2 && !texts_has_cstr(&part, "d"));
    cr_assert_eq(texts_split_cstr(&m, "b", &part), STET_CHANGED);
    cr_assert(texts_size(&m) == 1 && texts_size(&part) == 4);
    texts_cursor it = texts_first(&part);
    texts_seek_cstr(&it, "cc");
    cr_assert_str_eq(stet_str_bytes(it.key), "d");
    texts_seek_after_cstr(&it, "d");
    cr_assert(strcmp(stet_str_bytes(it.key), "e") == 0 && *it.value == 4);
    size_t sum = 0;
    cr_assert(texts_range_each_cstr(&part, NULL, "c", count_pairs, &sum) && sum == 2);
    texts_drop(&m);
    texts_drop(&part);
}

/* Appended bytes become a string only if they come behind all others. */
THINGS_TEST(sorted_strings, appended_bytes)
{
    names s = {0}, before = {0};
    for (unsigned i = 0; i < 1000; i++) {
        char bytes[40];
        int n = snprintf(bytes, sizeof bytes, "%s/%06u", i < 500 ? "the/same/for/many" : "two", i);
        cr_assert_eq(names_append_bytes(&s, bytes, (size_t)n), STET_CHANGED);
        cr_assert(names_has_bytes(&s, bytes, (size_t)n) && names_size(&s) == i + 1);
        if (i % 100 == 50) {
            names_drop(&before);
            before = names_copy(&s);
        }
    }
    cr_assert_eq(names_size(&before), 951);
    names_drop(&s);
    names_drop(&before);
}

/* ---- misuse ---- */

#define STRINGS_MISUSE(name, call)                           \
    MISUSE(sorted_strings_misuse, name)                      \
    {                                                        \
        names s = {0};                                       \
        cr_assert_eq(names_add_cstr(&s, "b"), STET_CHANGED); \
        cr_assert_eq(call, 0);                               \
        cr_assert_eq(names_size(&s), 1);                     \
        names_drop(&s);                                      \
    }

STRINGS_MISUSE(append_of_equal_bytes, names_append_bytes(&s, "b", 1))
STRINGS_MISUSE(append_of_bytes_in_front, names_append_cstr(&s, "a"))
STRINGS_MISUSE(erase_beyond_the_end, names_erase_range_at(&s, 0, 2))
STRINGS_MISUSE(erase_that_ends_before_it_begins, names_erase_range_at(&s, 1, 0))
STRINGS_MISUSE(runs_beyond_the_end, names_range_each_at(&s, 1, 2, count_those, NULL))
