/* SPDX-License-Identifier: MIT */
/*
 * gdb/program.c - collections of every kind, and what lib/stet-gdb.py should print of them. The program writes a script
 * for gdb, which prints variables, and the text that gdb should print. It then calls all_shown().
 *
 * usage: program SCRIPT EXPECTED
 */
#include <stet/stet.h>

#include <stdio.h>
#include <stdlib.h>

enum colour { RED, GREEN };
typedef struct point {
    int x, y;
} point;
/* A key of which all hashes are equal, so that maps have rehash and collision leaves. */
typedef struct crowded {
    int number;
} crowded;

static uint64_t point_hash(const point *p, uint64_t seed) { return stet_hash_combine(seed, (uint64_t)(p->x + p->y)); }
static bool point_equal(const point *a, const point *b) { return a->x == b->x && a->y == b->y; }
static uint64_t crowded_hash(const crowded *c, uint64_t seed)
{
    (void)c;
    return seed;
}
static bool crowded_equal(const crowded *a, const crowded *b) { return a->number == b->number; }

STET_TYPE(point_type, point, point_hash, point_equal)
STET_TYPE(crowded_type, crowded, crowded_hash, crowded_equal)
STET_MAP(ages, stet_str, int)
STET_MAP(squares, int, long)
STET_MAP(flags, char, bool)
STET_MAP(crowd, crowded, int)
STET_MAP(places, point, point)
STET_MAP(colours, stet_str, enum colour, stet_str_type, stet_uint)
STET_SET(words, stet_str)
STET_SET(numbers, int)
STET_LIST(ints, int)
STET_LIST(points, point)
STET_LIST(lines, stet_str)
STET_SORTED_MAP(prices, int, double)
STET_SORTED_MAP(aliases, stet_str, char)
STET_SORTED_SET(ids, long)
STET_SORTED_SET(sorted_words, stet_str)
STET_MAP(groups, stet_str, ints)
STET_LIST(tables, ages)
STET_SORTED_MAP(history, int, groups)
STET_ATOM(ages_atom, ages)
STET_ATOM(ids_atom, ids)
STET_ATOM_MAP(colour_table, colours)
STET_LIVE_MAP(live_squares, squares)
STET_RECORD(book, (ages, by_name), (ids, used))

ages no_ages, one_age, two_ages, older_ages;
squares many_squares, fewer_squares;
flags one_flag;
crowd big_crowd;
places one_place;
colours one_colour;
words no_words, one_word;
numbers many_numbers;
ints no_ints, one_int, some_ints, many_ints, cut_ints, joined_ints, front_ints, edited_ints;
points two_points;
lines two_lines;
prices no_prices, one_price, many_prices, fewer_prices;
aliases many_aliases;
ids no_ids, one_id, many_ids;
sorted_words two_sorted_words;
groups one_group;
tables two_tables;
history one_history;
ages_atom atom, no_atom;
ids_atom empty_atom;
ages_guard guard, no_guard;
ages_reader reader;
colour_table table;
live_squares live, cleared_live, empty_live, no_live;
book one_book;
stet_str no_text, short_text, full_text, long_text, odd_text;

static FILE *script, *expected;

__attribute__((__noinline__)) void all_shown(void);
void all_shown(void) { __asm__ volatile("" : : : "memory"); }

static void must(bool done)
{
    if (!done)
        abort();
}

static stet_str text(const char *cstr)
{
    stet_str s;
    must(stet_str_from_cstr(cstr, &s));
    return s;
}

/* ---- what gdb should print ---- */

/* Has gdb print an expression, and begins the line that it should write. */
static FILE *show(const char *expression)
{
    fprintf(script, "echo %s:\noutput %s\necho \\n\n", expression, expression);
    fprintf(expected, "%s:", expression);
    return expected;
}

static void show_as(const char *expression, const char *printed) { fprintf(show(expression), "%s\n", printed); }

/* The most elements that gdb prints; a key and a value are two. 0: all. */
static size_t limit;

static void limit_to(size_t n)
{
    limit = n;
    fprintf(script, "set print elements %zu\n", n);
}

/* Writes what comes before element i. Returns false, after it has written that there are more, behind the limit. */
static bool begins(size_t i, size_t parts)
{
    if (limit != 0 && i * parts >= limit) {
        fputs("...", expected);
        return false;
    }
    fputs(i != 0 ? ", " : "", expected);
    return true;
}

static void show_squares(const char *expression, const char *type, const squares *m)
{
    size_t i = 0;
    fprintf(show(expression), "%s with %zu entries = {", type, squares_size(m));
    STET_EACH(squares, it, m) {
        if (!begins(i++, 2))
            break;
        fprintf(expected, "[%d] = %ld", *it.key, *it.value);
    }
    fputs("}\n", expected);
}

static void show_crowd(const char *expression, const crowd *m)
{
    size_t i = 0;
    fprintf(show(expression), "crowd with %zu entries = {", crowd_size(m));
    STET_EACH(crowd, it, m) {
        if (!begins(i++, 2))
            break;
        fprintf(expected, "[{number = %d}] = %d", it.key->number, *it.value);
    }
    fputs("}\n", expected);
}

static void show_numbers(const char *expression, const numbers *s)
{
    size_t i = 0;
    fprintf(show(expression), "numbers with %zu entries = {", numbers_size(s));
    STET_EACH(numbers, it, s) {
        if (!begins(i++, 1))
            break;
        fprintf(expected, "%d", *it.key);
    }
    fputs("}\n", expected);
}

static void show_ints(const char *expression, const ints *l)
{
    size_t i = 0;
    fprintf(show(expression), "ints with %zu elements = {", ints_size(l));
    STET_EACH_ELEMENT(ints, it, l) {
        if (!begins(i++, 1))
            break;
        fprintf(expected, "%d", *it.at);
    }
    fputs("}\n", expected);
}

static void show_prices(const char *expression, const prices *m)
{
    size_t i = 0;
    fprintf(show(expression), "prices with %zu entries = {", prices_size(m));
    STET_EACH(prices, it, m) {
        if (!begins(i++, 2))
            break;
        fprintf(expected, "[%d] = %.17g", *it.key, *it.value);
    }
    fputs("}\n", expected);
}

static void show_ids(const char *expression, const ids *s)
{
    size_t i = 0;
    fprintf(show(expression), "ids with %zu entries = {", ids_size(s));
    STET_EACH(ids, it, s) {
        if (!begins(i++, 1))
            break;
        fprintf(expected, "%ld", *it.key);
    }
    fputs("}\n", expected);
}

static void show_aliases(const char *expression, const aliases *m)
{
    size_t i = 0;
    fprintf(show(expression), "aliases with %zu entries = {", aliases_size(m));
    STET_EACH(aliases, it, m) {
        if (!begins(i++, 2))
            break;
        fprintf(expected, "[\"%s\"] = %d '%c'", stet_str_bytes(it.key), *it.value, *it.value);
    }
    fputs("}\n", expected);
}

/* ---- the collections ---- */

static void strings(void)
{
    short_text = text("short");
    full_text = text("ten bytes.");
    long_text = text("a string of more than ten bytes");
    must(stet_str_from_bytes("a\0b\"\n", 5, &odd_text));
    show_as("no_text", "\"\"");
    show_as("short_text", "\"short\"");
    show_as("full_text", "\"ten bytes.\"");
    show_as("long_text", "\"a string of more than ten bytes\"");
    show_as("odd_text", "\"a\\000b\\\"\\n\"");
    limit_to(4);
    show_as("long_text", "\"a st\"...");
    limit_to(0);
}

static void maps(void)
{
    must(ages_set_cstr(&one_age, "ann", 30));
    older_ages = ages_copy(&one_age);
    must(ages_set_cstr(&older_ages, "ann", 31));
    two_ages = ages_copy(&one_age);
    must(ages_set_cstr(&two_ages, "bob", 40));
    must(ages_erase_cstr(&two_ages, "ann"));
    must(flags_set(&one_flag, 'x', true));
    must(places_set(&one_place, (point){1, 2}, (point){-3, 4}));
    must(colours_set_cstr(&one_colour, "grass", GREEN));
    show_as("no_ages", "ages with 0 entries");
    show_as("one_age", "ages with 1 entry = {[\"ann\"] = 30}");
    show_as("older_ages", "ages with 1 entry = {[\"ann\"] = 31}");
    show_as("two_ages", "ages with 1 entry = {[\"bob\"] = 40}");
    show_as("one_flag", "flags with 1 entry = {[120 'x'] = true}");
    show_as("one_place", "places with 1 entry = {[{x = 1, y = 2}] = {x = -3, y = 4}}");
    show_as("one_colour", "colours with 1 entry = {[\"grass\"] = GREEN}");
    for (int i = 0; i < 2000; i++)
        must(squares_set(&many_squares, i, (long)i * i));
    fewer_squares = squares_copy(&many_squares);
    for (int i = 0; i < 1500; i++)
        must(squares_erase(&fewer_squares, i));
    must(squares_set(&fewer_squares, 1700, -1) && squares_set(&fewer_squares, -5, 25));
    for (int i = 0; i < 100; i++)
        must(crowd_set(&big_crowd, (crowded){i}, -i));
    must(words_add_cstr(&one_word, "word"));
    for (int i = 0; i < 500; i++)
        must(numbers_add(&many_numbers, i * 7));
    show_squares("many_squares", "squares", &many_squares);
    show_squares("fewer_squares", "squares", &fewer_squares);
    show_crowd("big_crowd", &big_crowd);
    show_as("no_words", "words with 0 entries");
    show_as("one_word", "words with 1 entry = {\"word\"}");
    show_numbers("many_numbers", &many_numbers);
    limit_to(10);
    show_squares("many_squares", "squares", &many_squares);
    show_numbers("many_numbers", &many_numbers);
    limit_to(0);
}

static void lists(void)
{
    must(ints_push_back(&one_int, 1));
    for (int i = 0; i < 5; i++)
        must(ints_push_back(&some_ints, i));
    for (int i = 0; i < 6000; i++)
        must(ints_push_back(&many_ints, i));
    must(ints_slice(&many_ints, 77, 5777, &cut_ints) && ints_concat(&cut_ints, &many_ints, &joined_ints));
    for (int i = 0; i < 1000; i++)
        must(ints_push_front(&front_ints, i));
    must(ints_append(&front_ints, &some_ints));
    edited_ints = ints_copy(&joined_ints);
    must(ints_erase_range(&edited_ints, 1000, 9000) && ints_insert_at(&edited_ints, 500, -1));
    must(points_push_back(&two_points, (point){1, 2}) && points_push_back(&two_points, (point){3, 4}));
    must(lines_push_back_owned(&two_lines, text("first")));
    must(lines_push_back_owned(&two_lines, text("a line of many bytes")));
    show_as("no_ints", "ints with 0 elements");
    show_as("one_int", "ints with 1 element = {1}");
    show_as("some_ints", "ints with 5 elements = {0, 1, 2, 3, 4}");
    show_ints("many_ints", &many_ints);
    show_ints("cut_ints", &cut_ints);
    show_ints("joined_ints", &joined_ints);
    show_ints("front_ints", &front_ints);
    show_ints("edited_ints", &edited_ints);
    show_as("two_points", "points with 2 elements = {{x = 1, y = 2}, {x = 3, y = 4}}");
    show_as("two_lines", "lines with 2 elements = {\"first\", \"a line of many bytes\"}");
    limit_to(200);
    show_ints("edited_ints", &edited_ints);
    limit_to(0);
}

static void sorted(void)
{
    must(prices_set(&one_price, 7, 0.5));
    for (int i = 0; i < 3000; i++)
        must(prices_set(&many_prices, i * 17 % 3001, i + 0.25));
    fewer_prices = prices_copy(&many_prices);
    for (int i = 100; i < 2900; i++)
        must(prices_erase(&fewer_prices, i) != STET_NO_MEMORY);
    must(prices_set(&fewer_prices, 3, -1.5));
    must(ids_add(&one_id, 9));
    for (long i = 0; i < 3000; i++)
        must(ids_add(&many_ids, i * 13 % 3001));
    for (int i = 0; i < 200; i++) {
        char name[32];
        snprintf(name, sizeof name, "a name of many bytes, %03d", i);
        must(aliases_set_cstr(&many_aliases, name, (char)('a' + i % 26)));
    }
    must(sorted_words_add_cstr(&two_sorted_words, "pear") && sorted_words_add_cstr(&two_sorted_words, "apple"));
    show_as("no_prices", "prices with 0 entries");
    show_as("one_price", "prices with 1 entry = {[7] = 0.5}");
    show_prices("many_prices", &many_prices);
    show_prices("fewer_prices", &fewer_prices);
    show_as("no_ids", "ids with 0 entries");
    show_as("one_id", "ids with 1 entry = {9}");
    show_ids("many_ids", &many_ids);
    show_aliases("many_aliases", &many_aliases);
    show_as("two_sorted_words", "sorted_words with 2 entries = {\"apple\", \"pear\"}");
    limit_to(8);
    show_prices("many_prices", &many_prices);
    show_ids("many_ids", &many_ids);
    limit_to(0);
}

static void nested(void)
{
    must(groups_set_cstr(&one_group, "few", some_ints));
    must(tables_push_back(&two_tables, one_age) && tables_push_back(&two_tables, no_ages));
    must(history_set(&one_history, 1, one_group));
    one_book.by_name = ages_copy(&one_age);
    one_book.used = ids_copy(&one_id);
    show_as("one_group", "groups with 1 entry = {[\"few\"] = ints with 5 elements = {0, 1, 2, 3, 4}}");
    show_as("two_tables", "tables with 2 elements = {ages with 1 entry = {[\"ann\"] = 30}, ages with 0 entries}");
    show_as("one_history", "history with 1 entry = {[1] = groups with 1 entry = {"
                           "[\"few\"] = ints with 5 elements = {0, 1, 2, 3, 4}}}");
    show_as("one_book", "{by_name = ages with 1 entry = {[\"ann\"] = 30}, used = ids with 1 entry = {9}}");
}

static void shared(void)
{
    ages first = ages_copy(&one_age);
    squares begun = squares_copy(&many_squares);
    must(ages_atom_init(&atom, &first) && ids_atom_init(&empty_atom, NULL));
    guard = ages_atom_acquire(&atom);
    must(ages_reader_init(&reader, &atom));
    ages next = ages_copy(&two_ages);
    must(ages_atom_store(&atom, &next));
    must(colour_table_init(&table, NULL) && colour_table_store_cstr(&table, "sky", GREEN));
    must(live_squares_init(&live, &begun) && live_squares_init(&empty_live, NULL));
    must(live_squares_init(&cleared_live, NULL) && live_squares_store(&cleared_live, 1, 1));
    must(live_squares_clear(&cleared_live) && live_squares_store(&cleared_live, 2, 4));
    for (int i = 0; i < 1000; i++)
        must(live_squares_delete(&live, i));
    squares_drop(&begun);
    begun = live_squares_snapshot(&live);
    must(live_squares_store(&live, 1, 1) && live_squares_store(&live, 1500, 0));
    squares_drop(&begun);
    begun = live_squares_snapshot(&live);
    show_as("atom", "ages_atom of version 2 = {version = ages with 1 entry = {[\"bob\"] = 40}}");
    show_as("guard", "ages_guard of version 1 = {version = ages with 1 entry = {[\"ann\"] = 30}}");
    show_as("reader", "ages_reader of version 1 = {version = ages with 1 entry = {[\"ann\"] = 30}}");
    show_as("no_atom", "ages_atom of no version");
    show_as("no_guard", "ages_guard of no version");
    show_as("empty_atom", "ids_atom of version 1 = {version = ids with 0 entries}");
    show_as("table",
            "{atom = colour_table_atom of version 2 = {version = colours with 1 entry = {[\"sky\"] = GREEN}}}");
    show_as("no_live", "live_squares with 0 entries");
    show_as("empty_live", "live_squares with 0 entries");
    show_as("cleared_live", "live_squares with 1 entry = {[2] = 4}");
    show_squares("live", "live_squares", &begun);
    limit_to(6);
    show_squares("live", "live_squares", &begun);
    squares_drop(&begun);
}

int main(int argc, char **argv)
{
    script = fopen(argc > 2 ? argv[1] : "/dev/null", "w");
    expected = fopen(argc > 2 ? argv[2] : "/dev/null", "w");
    must(script != NULL && expected != NULL);
    fputs("echo begin\\n\n", script);
    limit_to(0);
    strings();
    maps();
    lists();
    sorted();
    nested();
    shared();
    must(fclose(script) == 0 && fclose(expected) == 0);
    all_shown();
    return 0;
}
