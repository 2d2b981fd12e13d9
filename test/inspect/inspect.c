/* SPDX-License-Identifier: MIT */
/* inspect/inspect.c - what views count, compare and draw, beside what the pool and the walkers of the tests say. */
#define _POSIX_C_SOURCE 200809L /* fmemopen */

#include "support/map_check.h"
#include "support/testing.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <stet/inspect.h>
#include <stet/list.h>
#include <stet/map.h>
#include <stet/pool.h>
#include <stet/sorted_set.h>

STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)
STET_INSPECT_MAP(words)
STET_LIST(row, uint64_t, stet_u64)
STET_INSPECT_LIST(row)
static uint64_t hash_badly(const unsigned *n, uint64_t seed) { return *n % 2 == 0 ? 0 : *n ^ seed; }
static bool equal_unsigned(const unsigned *a, const unsigned *b) { return *a == *b; }
STET_TYPE(clash_type, unsigned, hash_badly, equal_unsigned)
STET_MAP(clashes, unsigned, uint64_t, clash_type, stet_u64)
STET_INSPECT_MAP(clashes)

static words words_upto(uint64_t n)
{
    words m = {0};
    for (uint64_t k = 0; k < n; k++)
        REQUIRE(words_set(&m, k, k), "no memory");
    return m;
}

Test(inspect, nothing)
{
    words m = {0};
    row l = {0};
    struct stet_roots views[2] = {words_roots(&m), row_roots(&l)};
    struct stet_node_stats c;
    test_seed();
    cr_assert_eq(stet_inspect_count(views, 2, &c), STET_CHANGED);
    cr_assert(c.inner.nodes == 0 && c.leaves.nodes == 0 && c.kept.nodes == 0 && c.elements == 0);
    test_nothing_live();
}

Test(inspect, counts_what_the_pool_has)
{
    enum { N = 5000 };
    test_seed();
    words m = words_upto(N), old = words_copy(&m);
    row l = {0};
    for (uint64_t i = 0; i < N; i++)
        REQUIRE(row_push_front(&l, i), "no memory");
    for (uint64_t k = 0; k < 100; k++)
        REQUIRE(words_set(&m, k * 37, 0), "no memory");
    struct stet_roots views[3] = {words_roots(&m), words_roots(&old), row_roots(&l)};
    struct stet_pool_usage usage = stet_pool_stats();
    struct stet_node_stats c;
    cr_assert_eq(stet_inspect_count(views, 3, &c), STET_CHANGED);
    cr_assert_eq(c.inner.nodes + c.leaves.nodes + c.kept.nodes, (size_t)usage.live_blocks);
    cr_assert_eq(c.inner.bytes + c.leaves.bytes + c.kept.bytes, (size_t)usage.live_bytes);
    cr_assert_eq(stet_inspect_count(views, 1, &c), STET_CHANGED);
    cr_assert_eq(c.elements, N);
    cr_assert_eq(c.leaves.nodes, map_shape(&m.map_).leaves);
    cr_assert_eq(c.inner.nodes, map_shape(&m.map_).nodes);
    size_t below = 0;
    for (unsigned i = 0; i < STET_INSPECT_DEPTHS; i++)
        below += c.leaves_at[i];
    cr_assert_eq(below, c.leaves.nodes);
    cr_assert_eq(stet_inspect_count(&views[2], 1, &c), STET_CHANGED);
    cr_assert_eq(c.elements, N);
    words_drop(&m);
    words_drop(&old);
    row_drop(&l);
    test_nothing_live();
}

Test(inspect, collisions_are_nodes_too)
{
    clashes m = {0};
    test_seed();
    for (unsigned k = 0; k < 400; k++)
        REQUIRE(clashes_set(&m, k, k), "no memory");
    struct stet_roots v = clashes_roots(&m);
    struct stet_node_stats c;
    cr_assert_eq(stet_inspect_count(&v, 1, &c), STET_CHANGED);
    cr_assert_eq(c.elements, 400);
    cr_assert_eq(c.inner.nodes + c.leaves.nodes, (size_t)stet_pool_stats().live_blocks);
    clashes_drop(&m);
    test_nothing_live();
}

Test(inspect, what_versions_share)
{
    test_seed();
    words a = words_upto(5000), b = words_copy(&a), other = words_upto(10);
    struct stet_roots of_a = words_roots(&a), of_b = words_roots(&b), of_other = words_roots(&other);
    struct stet_sharing s;
    cr_assert_eq(stet_inspect_compare(&of_a, &of_b, &s), STET_CHANGED);
    cr_assert(s.only_a.nodes == 0 && s.only_b.nodes == 0 && s.both.nodes > 0);
    size_t all = s.both.bytes;
    REQUIRE(words_set(&b, 7, 0), "no memory");
    of_b = words_roots(&b);
    cr_assert_eq(stet_inspect_compare(&of_a, &of_b, &s), STET_CHANGED);
    cr_assert_eq(s.only_a.bytes + s.both.bytes, all);
    cr_assert(s.only_b.nodes > 0 && s.only_b.nodes <= 1 + map_shape(&b.map_).height);
    cr_assert_eq(stet_inspect_compare(&of_a, &of_other, &s), STET_CHANGED);
    cr_assert(s.both.nodes == 0 && s.only_a.bytes == all);
    words_drop(&a);
    words_drop(&b);
    words_drop(&other);
    test_nothing_live();
}

/* What a version alone keeps is what the other one does not show, and what is freed when it goes. */
Test(inspect, what_a_version_alone_keeps)
{
    test_seed();
    clashes m = {0};
    for (unsigned k = 0; k < 4000; k++)
        REQUIRE(clashes_set(&m, k, k), "no memory");
    int64_t all = stet_pool_stats().live_bytes;
    cr_assert_eq(clashes_unshared_bytes(&m), (size_t)all);
    clashes old = clashes_copy(&m), none = {0};
    cr_assert(clashes_unshared_bytes(&m) == 0 && clashes_unshared_bytes(&old) == 0 &&
              clashes_unshared_bytes(&none) == 0);
    for (unsigned k = 0; k < 2; k++) { /* below a chain, and beside it */
        REQUIRE(clashes_set(&m, 1000 + k, 0), "no memory");
        struct stet_roots of_m = clashes_roots(&m), of_old = clashes_roots(&old);
        struct stet_sharing s;
        cr_assert_eq(stet_inspect_compare(&of_old, &of_m, &s), STET_CHANGED);
        cr_assert_eq(clashes_unshared_bytes(&m), s.only_b.bytes);
        cr_assert_eq(clashes_unshared_bytes(&m), (size_t)(stet_pool_stats().live_bytes - all));
    }
    int64_t before = stet_pool_stats().live_bytes;
    size_t alone = clashes_unshared_bytes(&m);
    clashes_drop(&m);
    cr_assert_eq(before - stet_pool_stats().live_bytes, (int64_t)alone);
    cr_assert_eq(clashes_unshared_bytes(&old), (size_t)all);
    clashes_drop(&old);
    test_nothing_live();
}

static unsigned times(const char *text, const char *word)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        n++;
    return n;
}

Test(inspect, drawings)
{
    test_seed();
    words a = words_upto(200), b = words_copy(&a);
    REQUIRE(words_set(&b, 7, 0), "no memory");
    struct stet_roots of_a = words_roots(&a), of_b = words_roots(&b);
    struct stet_sharing s;
    cr_assert_eq(stet_inspect_compare(&of_a, &of_b, &s), STET_CHANGED);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(stet_inspect_draw(&of_a, &of_b, 1000, out), STET_CHANGED);
    fclose(out);
    cr_assert_eq(times(text, "fillcolor"), s.both.nodes + s.only_a.nodes + s.only_b.nodes);
    cr_assert_eq(times(text, "label=\"a\"") + times(text, "label=\"b\""), 2);
    cr_assert(strncmp(text, "digraph", 7) == 0 && strcmp(text + size - 2, "}\n") == 0);
    free(text);
    out = open_memstream(&text, &size);
    cr_assert_eq(stet_inspect_draw(&of_a, NULL, 5, out), STET_UNCHANGED, "some are left out");
    fclose(out);
    cr_assert_eq(times(text, "fillcolor"), 5);
    free(text);
    words_drop(&a);
    words_drop(&b);
    test_nothing_live();
}

/* What the view is drawn like, to be freed. */
static char *drawing_of(const struct stet_roots *v)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(stet_inspect_draw(v, NULL, 1000, out), STET_CHANGED);
    fclose(out);
    return text;
}

Test(inspect, drawings_of_chains_and_lists)
{
    clashes m = {0};
    row l = {0};
    test_seed();
    for (unsigned k = 0; k < 80; k++)
        REQUIRE(clashes_set(&m, k, k) && row_push_back(&l, k), "no memory");
    struct stet_roots of_map = clashes_roots(&m), of_list = row_roots(&l);
    char *map_text = drawing_of(&of_map), *list_text = drawing_of(&of_list);
    cr_assert_eq(times(map_text, "label=\"rehash leaf\""), map_shape(&m.map_).chains);
    cr_assert_gt(map_shape(&m.map_).chains, 0);
    /* A tree, and the line at its root. */
    cr_assert_eq(times(map_text, " -> ") - times(map_text, "style=dashed]"), times(map_text, "fillcolor"));
    cr_assert_eq(times(list_text, "label=\"a tail\""), 1);
    free(map_text);
    free(list_text);
    clashes_drop(&m);
    row_drop(&l);
    test_nothing_live();
}

Test(inspect, a_census_in_words)
{
    test_seed();
    words m = words_upto(1000), none = {0};
    struct stet_roots views[] = {words_roots(&m), words_roots(&none)};
    for (unsigned i = 0; i < 2; i++) {
        struct stet_node_stats c;
        char *text = NULL, line[64];
        size_t size;
        unsigned depths = 0;
        cr_assert_neq(stet_inspect_count(&views[i], 1, &c), STET_NO_MEMORY);
        for (unsigned depth = 0; depth < STET_INSPECT_DEPTHS; depth++)
            depths += c.leaves_at[depth] != 0;
        FILE *out = open_memstream(&text, &size);
        stet_node_stats_write(&c, out);
        fclose(out);
        cr_assert_eq(times(text, "\n"), 4 + depths);
        (void)snprintf(line, sizeof line, "leaves           %10zu  %12zu bytes", c.leaves.nodes, c.leaves.bytes);
        cr_assert_eq(times(text, line), 1);
        cr_assert_eq(times(text, "nan") + times(text, "inf"), 0);
        free(text);
    }
    words_drop(&m);
    test_nothing_live();
}

Test(inspect, without_memory)
{
    test_seed();
    words m = words_upto(3000);
    struct stet_roots v = words_roots(&m);
    int64_t live = stet_pool_stats().live_blocks;
    for (uint64_t nth = 1;; nth++) {
        struct stet_node_stats c;
        stet_pool_fault(nth, 1);
        stet_result result = stet_inspect_count(&v, 1, &c);
        bool refused = stet_pool_requests() >= nth;
        stet_pool_fault_end();
        cr_assert_eq(stet_pool_stats().live_blocks, live);
        cr_assert_eq(result, refused ? STET_NO_MEMORY : STET_CHANGED);
        if (!refused)
            break;
        nth += nth / 4;
    }
    words_drop(&m);
    test_nothing_live();
}

/* ---- contents ---- */

STET_MAP(prices, stet_str, double, stet_str_type, stet_double)
STET_INSPECT_MAP(prices)
STET_SET(signs, bool, stet_bool)
STET_INSPECT_MAP(signs)
STET_SORTED_MAP(levels, short, row, stet_i16, row_type)
STET_INSPECT_SORTED(levels)
STET_SORTED_SET(marks, int64_t, stet_i64)
STET_INSPECT_SORTED(marks)
STET_LIST(ratios, float, stet_float)
STET_INSPECT_LIST(ratios)
struct code {
    unsigned char byte[20];
};
STET_TYPE_BYTES(code_type, struct code)
STET_LIST(codes, struct code, code_type)
STET_INSPECT_LIST(codes)
STET_LIST(texts, stet_str, stet_str_type)
STET_INSPECT_LIST(texts)

static char dumped[400];

/* What is written to the file that `call` names as out. */
#define DUMPS(text, call)                                 \
    do {                                                  \
        FILE *out = fmemopen(dumped, sizeof dumped, "w"); \
        cr_assert_not_null(out);                          \
        call;                                             \
        cr_assert_eq(fclose(out), 0);                     \
        cr_assert_str_eq(dumped, text "\n");              \
    } while (0)

STET_LIST(rows, row)
STET_MAP(tables, stet_str, rows)
STET_SORTED_MAP(atlas, int, tables)
STET_INSPECT_SORTED(atlas)
STET_SET(groups, atlas)
STET_INSPECT_MAP(groups)

/* A set of maps of maps of lists of lists of numbers: each level has a bound, and so has the depth. */
Test(inspect, dumps_collections_in_collections)
{
    test_seed();
    row numbers = {0};
    rows r = {0};
    tables t = {0};
    atlas a = {0};
    groups g = {0};
    for (unsigned i = 0; i < 12; i++)
        REQUIRE(row_push_back(&numbers, i), "no memory");
    REQUIRE(rows_push_back(&r, numbers) && rows_push_back(&r, (row){0}), "no memory");
    REQUIRE(tables_set_cstr(&t, "a", r) && atlas_set(&a, 1, t) && atlas_set(&a, 2, (tables){0}), "no memory");
    REQUIRE(groups_add(&g, a), "no memory");
    DUMPS("1: {\"a\": [[0, 1, 2, 3, 4, 5, 6, 7, ... 4 more], []]}, 2: {}", atlas_dump(&a, 9, out));
    DUMPS("1: {\"a\": [[0, 1, 2, 3, 4, 5, 6, 7, ... 4 more], []]}, ... 1 more", atlas_dump(&a, 1, out));
    DUMPS("{1: {\"a\": [..., ...]}, 2: {}}", groups_dump(&g, 9, out));
    groups_drop(&g);
    atlas_drop(&a);
    tables_drop(&t);
    rows_drop(&r);
    row_drop(&numbers);
    test_nothing_live();
}

Test(inspect, dumps_contents)
{
    test_seed();
    prices p = {0};
    signs s = {0};
    levels v = {0};
    marks m = {0};
    ratios r = {0};
    codes c = {0};
    texts t = {0};
    stet_str text;
    char bytes[70];
    DUMPS("", prices_dump(&p, 9, out));
    DUMPS("", ratios_dump(&r, 0, out));
    REQUIRE(prices_set_cstr(&p, "a\"b\\\n\xc3\xa9", 0.1), "no memory");
    DUMPS("\"a\\\"b\\\\\\x0a\xc3\xa9\": 0.10000000000000001", prices_dump(&p, 9, out));
    DUMPS("... 1 more", prices_dump(&p, 0, out));
    REQUIRE(signs_add(&s, true), "no memory");
    DUMPS("1", signs_dump(&s, 1, out));
    for (int i = 0; i < 4; i++) {
        REQUIRE(levels_set(&v, (short)(i - 2), (row){0}), "no memory");
        REQUIRE(marks_add(&m, i % 2 == 0 ? INT64_MIN + i : INT64_MAX - i), "no memory");
        REQUIRE(ratios_push_back(&r, 1.5F * (float)i), "no memory");
        REQUIRE(codes_push_back(&c, (struct code){{(unsigned char)(16 * i), 255}}), "no memory");
    }
    DUMPS("-2: [], -1: [], ... 2 more", levels_dump(&v, 2, out));
    DUMPS("-9223372036854775808, -9223372036854775806, 9223372036854775804, 9223372036854775806",
          marks_dump(&m, 4, out));
    DUMPS("0, 1.5, 3, 4.5", ratios_dump(&r, SIZE_MAX, out));
    DUMPS("<00ff0000000000000000000000000000...>, ... 3 more", codes_dump(&c, 1, out));
    memset(bytes, 'x', sizeof bytes);
    REQUIRE(stet_str_from_bytes(bytes, sizeof bytes, &text), "no memory");
    REQUIRE(texts_push_back_owned(&t, text), "no memory");
    DUMPS("\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"... of 70", texts_dump(&t, 1, out));
    prices_drop(&p);
    signs_drop(&s);
    levels_drop(&v);
    marks_drop(&m);
    ratios_drop(&r);
    codes_drop(&c);
    texts_drop(&t);
    test_nothing_live();
}
