/* SPDX-License-Identifier: MIT */
/*
 * snippets.c - the code that README.md and the headers show, so that it compiles and does what they say.
 *
 * test/check/snippets tells when they show something that is not here. Run: silent, or the first line that is wrong.
 */
#define _POSIX_C_SOURCE 200809L /* fmemopen */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stet/inspect.h>
#include <stet/list.h>
#include <stet/map.h>
#include <stet/pool.h>
#include <stet/set.h>
#include <stet/sorted_map.h>
#include <stet/sorted_set.h>
#include <stet/str.h>

#define CHECK(condition) check((condition), __LINE__, #condition)

static void check(bool holds, int line, const char *condition)
{
    if (holds)
        return;
    fprintf(stderr, "snippets.c:%d: not so: %s\n", line, condition);
    exit(1);
}

/* ---- a map of pointers: snapshots ---- */

struct conn {
    int fd;
};

STET_MAP(conn_map, int, struct conn *, stet_int, stet_ptr)

static int connections(struct conn *c)
{
    int fd = c->fd;

    conn_map live = {0};
    if (!conn_map_set(&live, c->fd, c))
        return -ENOMEM;                         /* live is as it was */
    conn_map before = conn_map_copy(&live);     /* O(1) */
    bool closed = conn_map_erase(&live, c->fd); /* before still has it; false: no memory */

    CHECK(closed);
    struct conn *old = conn_map_get_or(&before, fd, NULL);

    CHECK(old == c && conn_map_size(&before) == 1);
    CHECK(conn_map_get(&live, fd) == NULL && conn_map_size(&live) == 0);
    conn_map_drop(&live);
    conn_map_drop(&before);
    return 0;
}

/* ---- a map of strings: edit, iterate, fold, functional forms, diff ---- */

STET_MAP(counts, stet_str, long)

static int count(counts *words, const char *word, size_t len)
{
    long *n;
    if (!counts_edit_bytes(words, word, len, &n)) /* absent: added with 0; a key is built only then */
        return -ENOMEM;
    ++*n; /* writable until the next call on words */

    CHECK(*counts_get_bytes(words, word, len) == *n);
    return 0;
}

static long total(const counts *words)
{
    long sum = 0;
    for (counts_cursor it = counts_first(words); it.key != NULL; counts_next(&it))
        sum += *it.value;
    return sum;
}

static int functional(const counts *words)
{
    stet_str word;
    if (!stet_str_from_cstr("let", &word))
        return -ENOMEM;

    counts with = {0}, without = {0};
    bool both = counts_with(words, word, 7, &with) && counts_without(&with, word, &without);

    CHECK(both && counts_get_or(&with, word, 0) == 7 && !counts_has(&without, word));
    CHECK(counts_size(&with) == counts_size(&without) + 1);
    CHECK(counts_with(words, word, counts_get_or(words, word, 0), &with) != STET_NO_MEMORY);
    CHECK(counts_equal(words, &with));

    counts_drop(&with); /* also when there was no memory for both */
    counts_drop(&without);

    stet_str_drop(&word);
    return 0;
}

static bool at_least(void *least, const stet_str *word, const long *n)
{
    (void)word;
    return *n >= *(const long *)least;
}

static void add(void *context, const stet_str *word, const long *a, const long *b, long *sum)
{
    (void)context, (void)word;
    *sum = *a + *b;
}

static int combine(const counts *words)
{
    long least = 2;
    counts often = counts_copy(words);
    if (!counts_filter(&often, at_least, &least)) /* words is as it was */
        return -ENOMEM;

    counts more = {0}, all = {0};
    if (!counts_set_cstr(&more, "let", 40) || !counts_set_cstr(&more, "stet", 1))
        return -ENOMEM;
    if (!counts_merge(words, &more, add, NULL, &all)) /* add: for each word of both */
        return -ENOMEM;

    CHECK(counts_size(&often) == 2 && counts_is_submap(&often, words));
    CHECK(counts_size(&all) == counts_size(words) + 1 && counts_is_subset(words, &all));
    CHECK(*counts_get_cstr(&all, "let") == 42 && *counts_get_cstr(&all, "stet") == 1);
    counts_drop(&often);
    counts_drop(&more);
    counts_drop(&all);
    return 0;
}

static bool print_change(void *out, const stet_str *word, const long *before, const long *after)
{
    fprintf(out, "%s: %ld -> %ld\n", stet_str_bytes(word), before != NULL ? *before : 0, after != NULL ? *after : 0);
    return true; /* go on */
}

static int changes(const counts *words, FILE *out)
{
    counts now = counts_copy(words);
    if (!counts_set_cstr(&now, "stet", 1) || count(&now, "stand", 5) != 0)
        return -ENOMEM;

    counts_diff(words, &now, print_change, out); /* visits what differs, not the maps */

    counts_drop(&now);
    return 0;
}

static int words(void)
{
    static const char *const text[] = {"let", "it", "be", "let", "it", "stand"};
    counts words = {0};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        if (count(&words, text[i], strlen(text[i])) != 0)
            return -ENOMEM;
    CHECK(counts_size(&words) == 4 && total(&words) == 6);
    if (functional(&words) != 0 || combine(&words) != 0)
        return -ENOMEM;
    CHECK(counts_size(&words) == 4 && total(&words) == 6);

    char shown[64] = "";
    FILE *out = fmemopen(shown, sizeof shown, "w");
    if (out == NULL || changes(&words, out) != 0)
        return -ENOMEM;
    fclose(out);
    CHECK(strcmp(shown, "stet: 0 -> 1\nstand: 1 -> 2\n") == 0 || strcmp(shown, "stand: 1 -> 2\nstet: 0 -> 1\n") == 0);
    counts_drop(&words);
    return 0;
}

/* ---- what versions share ---- */

STET_MAP(numbered, uint64_t, long)
STET_INSPECT_MAP(numbered)

static int shared(FILE *out)
{
    numbered m = {0};
    for (uint64_t i = 0; i < 1000; i++)
        if (!numbered_set(&m, i, 1))
            return -ENOMEM;
    numbered old = numbered_copy(&m);
    if (!numbered_set(&m, 7, 2))
        return -ENOMEM;

    struct stet_roots now = numbered_roots(&m), before = numbered_roots(&old);
    struct stet_sharing s;
    if (stet_inspect_compare(&before, &now, &s))
        fprintf(out, "%zu bytes are this version's alone\n", s.only_b.bytes);

    numbered_drop(&m);
    numbered_drop(&old);
    return 0;
}

/* ---- a set ---- */

STET_SET(ids, uint64_t)

static int set(void)
{
    ids seen = {0};
    if (!ids_add(&seen, 7))
        return -ENOMEM;
    bool again = ids_has(&seen, 7);

    CHECK(again && !ids_has(&seen, 8) && ids_add(&seen, 7) == STET_UNCHANGED);
    ids_drop(&seen);
    return 0;
}

/* ---- a sorted map: ranges, ranks, versions by the hour ---- */

struct event {
    long bytes;
};

STET_SORTED_MAP(events, int64_t, struct event *, stet_i64, stet_ptr)

static int64_t seen;

static void show(int64_t when, const struct event *e) { seen += when + e->bytes; }

static int ordered(int64_t now, struct event *e)
{
    int64_t old = now - 10, morning = now - 5;

    events log = {0};
    if (!events_set(&log, now, e))
        return -ENOMEM;                               /* log is as it was */
    events before = events_copy(&log);                /* O(1) */
    bool done = events_erase_range(&log, NULL, &old); /* before still has them; false: no memory */

    for (events_cursor it = events_ceiling(&log, morning); it.key != NULL; events_next(&it))
        show(*it.key, *it.value);

    CHECK(done && events_identical(&log, &before) && seen == now + e->bytes);
    events_drop(&log);
    events_drop(&before);
    return 0;
}

STET_SORTED_MAP(traffic, int64_t, long)
STET_SORTED_MAP(history, int64_t, traffic)

static bool add_run(void *sum, const int64_t *when, const long *bytes, size_t n)
{
    (void)when;
    for (size_t i = 0; i < n; i++)
        *(long *)sum += bytes[i];
    return true; /* go on */
}

static bool print_traffic(void *out, const int64_t *when, const long *before, const long *after)
{
    fprintf(out, "%ld: %ld -> %ld\n", (long)*when, before != NULL ? *before : 0, after != NULL ? *after : 0);
    return true;
}

static int hours(int64_t now, FILE *out)
{
    traffic log = {0};
    history hours = {0};
    int64_t hour = now / 3600, old = now - 2, from = old, to = now;
    for (int64_t when = now - 3; when < now; when++)
        if (!traffic_append(&log, when, 1))
            return -ENOMEM;

    if (!traffic_append(&log, now, 512)) /* behind all others; _set anywhere */
        return -ENOMEM;
    if (!history_set(&hours, hour, log)) /* keeps this version */
        return -ENOMEM;
    if (!traffic_erase_range(&log, NULL,
                             &old)) /* what is before it, in O(log n); the version that is kept has it still */
        return -ENOMEM;

    long sum = 0;
    traffic_range_each(&log, &from, &to, add_run, &sum);              /* from <= when < to, run by run */
    size_t later = traffic_count(&log, &from, NULL);                  /* NULL: no bound */
    int64_t median = *traffic_at(&log, traffic_size(&log) / 2, NULL); /* by rank */

    CHECK(sum == 2 && later == 3 && median == now - 1);
    hour += 5;

    history_cursor then = history_floor(&hours, hour); /* of that hour, or of the last one before it */
    if (then.key != NULL)
        traffic_diff(then.value, &log, print_traffic, out);

    CHECK(then.key != NULL && traffic_size(then.value) == 4);
    traffic_drop(&log);
    history_drop(&hours);
    return 0;
}

static int log_of_hours(void)
{
    char printed[64] = "";
    struct event e = {1};
    FILE *out = fmemopen(printed, sizeof printed, "w");
    if (out == NULL || ordered(5000, &e) != 0 || hours(7200, out) != 0)
        return -ENOMEM;
    fclose(out);
    CHECK(strcmp(printed, "7197: 1 -> 0\n") == 0);
    return 0;
}

/* ---- a sorted set of strings: what begins with a prefix ---- */

STET_SORTED_SET(names, stet_str)

static size_t offered;

static void offer(const char *name) { offered += *name == 'a'; }

static int prefixes(void)
{
    names known = {0};
    if (!names_add_cstr(&known, "ada"))
        return -ENOMEM;
    if (!names_add_cstr(&known, "aeon") || !names_add_cstr(&known, "ad") || !names_add_cstr(&known, "ac"))
        return -ENOMEM;

    size_t first, n = names_prefix_cstr(&known, "ad", &first); /* as many begin with "ad" */
    names_cursor it = names_cursor_at(&known, first);
    for (size_t i = 0; i < n && it.key != NULL; i++, names_next(&it))
        offer(stet_str_bytes(it.key));

    CHECK(n == 2 && offered == 2);
    names_drop(&known);
    return 0;
}

/* ---- a collection as an element of another ---- */

STET_MAP(lines_of, stet_str, ids)

static int nested(void)
{
    lines_of lines = {0}, before = {0};
    ids *of_word;
    if (!lines_of_edit_cstr(&lines, "stet", &of_word) || !ids_add(of_word, 7))
        return -ENOMEM;
    before = lines_of_copy(&lines);
    if (!lines_of_edit_cstr(&lines, "stet", &of_word) || !ids_add(of_word, 8))
        return -ENOMEM;

    CHECK(ids_size(lines_of_get_cstr(&lines, "stet")) == 2);
    CHECK(ids_size(lines_of_get_cstr(&before, "stet")) == 1);
    lines_of_drop(&lines);
    lines_of_drop(&before);
    return 0;
}

/* ---- a list: both ends, runs of elements ---- */

STET_LIST(samples, double)

static int ends(void)
{
    double total = 0;

    samples s = {0};
    if (!samples_push_back(&s, 0.5))
        return -ENOMEM;                        /* s is as it was */
    samples before = samples_copy(&s);         /* O(1) */
    bool popped = samples_pop_front(&s, NULL); /* before still has it; false: no memory */

    CHECK(popped);
    for (samples_cursor it = samples_cursor_at(&s, 0); it.at != NULL; samples_next(&it))
        total += *it.at;

    CHECK(samples_size(&s) == 0 && total == 0 && *samples_get(&before, 0) == 0.5);
    for (int i = 0; i < 1000; i++)
        if (!samples_push_front(&s, i))
            return -ENOMEM;

    for (size_t i = 0, n; i < samples_size(&s); i += n) {
        const double *run = samples_chunk(&s, i, &n); /* n elements side by side */
        for (size_t j = 0; j < n; j++)
            total += run[j];
    }

    CHECK(total == 499500 && *samples_front(&s) == 999 && *samples_back(&s) == 0);
    samples_drop(&s);
    samples_drop(&before);
    return 0;
}

/* ---- a list: the middle, ranges, a list of lists ---- */

STET_LIST(lines, stet_str)
STET_LIST(versions, lines)

static int move_lines(lines *text, size_t from, size_t to, size_t at)
{
    lines cut = {0}, edited = lines_copy(text);
    bool fits = lines_slice(text, from, to, &cut) && lines_erase_range(&edited, from, to) &&
                lines_insert_list(&edited, at, &cut); /* O(log n), whatever is cut */
    if (fits)
        lines_swap_handles(text, &edited); /* all of it or nothing */
    lines_drop(&edited);
    lines_drop(&cut);
    return fits ? 0 : -ENOMEM;
}

static int undone(lines *text, stet_str line)
{
    versions undo = {0};
    lines last;

    if (!versions_push_back(&undo, *text)) /* keeps the version as it is, not a copy of the lines */
        return -ENOMEM;
    if (!lines_set(text, 0, line) || !lines_insert_at(text, 7, line))
        return -ENOMEM;

    CHECK(stet_str_equal(lines_get(text, 7), &line));
    if (versions_pop_back(&undo, &last) == STET_CHANGED) {
        lines_swap_handles(text, &last);
        lines_drop(&last);
    }

    CHECK(!lines_has(text, line));
    versions_drop(&undo);
    return 0;
}

static int text(void)
{
    lines text = {0};
    stet_str line;
    for (const char *name = "abcdefghijklmnopqrstuvwxyz"; *name != '\0'; name++) {
        bool fits = stet_str_from_bytes(name, 1, &line) && lines_push_back(&text, line);
        stet_str_drop(&line);
        if (!fits)
            return -ENOMEM;
    }
    if (!stet_str_from_cstr("another", &line) || move_lines(&text, 1, 3, 0) != 0 || undone(&text, line) != 0)
        return -ENOMEM;
    CHECK(lines_size(&text) == 26 && *stet_str_bytes(lines_get(&text, 0)) == 'b');
    CHECK(*stet_str_bytes(lines_get(&text, 2)) == 'a' && *stet_str_bytes(lines_get(&text, 3)) == 'd');
    stet_str_drop(&line);
    lines_drop(&text);
    return 0;
}

/* ---- a struct that holds a collection, as an element ---- */

STET_LIST(pages, stet_str)

struct chapter {
    int number;
    pages list;
};
static uint64_t chapter_hash(const struct chapter *c, uint64_t seed)
{
    return stet_type_hash(&pages_type, &c->list, seed) ^ (uint64_t)c->number; /* it is mixed afterwards */
}
static bool chapter_equal(const struct chapter *a, const struct chapter *b)
{
    return a->number == b->number && pages_equal(&a->list, &b->list);
}
static int chapter_compare(const struct chapter *a, const struct chapter *b)
{
    return (a->number > b->number) - (a->number < b->number);
}
static void chapter_retain(const struct chapter *c) { pages_retain(&c->list); }
static void chapter_release(struct chapter *c) { pages_drop(&c->list); }
STET_TYPE_FULL(chapter_type, struct chapter, chapter_hash, chapter_equal, chapter_compare, chapter_retain,
               chapter_release, STET_LAZY)
STET_LIST(chapters, struct chapter, chapter_type)

static int chapter(void)
{
    chapters book = {0}, before;
    struct chapter c = {.number = 1};
    if (!pages_push_back(&c.list, (stet_str){0}) || !chapters_push_back(&book, c))
        return -ENOMEM;
    before = chapters_copy(&book);
    if (!pages_push_back(&c.list, (stet_str){0}) || !chapters_set(&book, 0, c))
        return -ENOMEM;
    pages_drop(&c.list); /* the caller's; the lists have their own */

    CHECK(pages_size(&chapters_get(&book, 0)->list) == 2);
    CHECK(pages_size(&chapters_get(&before, 0)->list) == 1 && !chapters_equal(&book, &before));
    chapters_drop(&book);
    chapters_drop(&before);
    return 0;
}

/* What it writes: a path of nodes, not the map. */
static int sharing(void)
{
    char shown[64] = "";
    size_t bytes;
    FILE *out = fmemopen(shown, sizeof shown, "w");
    if (out == NULL || shared(out) != 0)
        return -ENOMEM;
    fclose(out);
    CHECK(sscanf(shown, "%zu bytes are", &bytes) == 1 && bytes > 0 && bytes < 4096);
    return 0;
}

int main(void)
{
    struct conn c = {3};
    CHECK(connections(&c) == 0 && words() == 0 && set() == 0 && nested() == 0);
    CHECK(log_of_hours() == 0 && prefixes() == 0);
    CHECK(ends() == 0 && text() == 0 && chapter() == 0 && sharing() == 0);
    CHECK(stet_pool_stats().live_blocks == 0);
    return 0;
}
