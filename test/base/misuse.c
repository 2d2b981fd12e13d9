/* SPDX-License-Identifier: MIT */
/*
 * Mistakes that the checks find (stet/impl/misuse.h): each ends its process with one line on stderr that names the
 * handle's type and the rule. And what must not be taken for a mistake.
 */
#include <stet/atom_map.h>
#include <stet/list.h>
#include <stet/live_map.h>
#include <stet/map.h>
#include <stet/set.h>
#include <stet/sorted_map.h>
#include <stet/sorted_set.h>
#include <stet/str.h>

#include "support/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

STET_MAP(scores, int, int, stet_int, stet_int)
STET_MAP(words, uint64_t, uint64_t, stet_u64, stet_u64)
STET_MAP(tally, int, int, stet_int, stet_int)
STET_SET(names, stet_str, stet_str_type)
STET_LIST(row, int, stet_int)
STET_LIST(page, row, row_type)
STET_ATOM(score_atom, scores)
STET_ATOM_MAP(tally_table, tally)
STET_LIVE_MAP(word_table, words)

/* Equal by the number, hashed with the note. */
struct place {
    int number, note;
};
static uint64_t place_hash(const struct place *p, uint64_t seed) { return stet_hash_bytes(p, sizeof *p, seed); }
static bool place_equal(const struct place *a, const struct place *b) { return a->number == b->number; }
STET_TYPE(place_type, struct place, place_hash, place_equal)
STET_SET(places, struct place, place_type)
STET_MAP(readings, struct place, int, place_type, stet_int)

/* Ordered by the number, and by a word that takes negative numbers for large ones. */
static int place_compare(const struct place *a, const struct place *b)
{
    return (a->number > b->number) - (a->number < b->number);
}
static uint64_t place_word(const struct place *p) { return (uint64_t)p->number; }
STET_TYPE_ORDERED_WORD(height_type, struct place, place_hash, place_equal, place_compare, place_word)
STET_SORTED_MAP(heights, struct place, int, height_type, stet_int)
STET_SORTED_SET(peaks, struct place, height_type)

static volatile int sink;
static volatile stet_result answer;

static scores scores_upto(int n)
{
    scores m = {0};
    for (int i = 0; i < n; i++)
        cr_assert_eq(scores_set(&m, i, i), STET_CHANGED);
    return m;
}

static words words_upto(uint64_t n)
{
    words m = {0};
    for (uint64_t i = 0; i < n; i++)
        cr_assert_eq(words_set(&m, i, i), STET_CHANGED);
    return m;
}

static row row_upto(int n)
{
    row l = {0};
    for (int i = 0; i < n; i++)
        cr_assert_eq(row_push_back(&l, i), STET_CHANGED);
    return l;
}

static stet_str long_string(void)
{
    stet_str s;
    cr_assert_eq(stet_str_from_cstr("a string that is too long to be held in place", &s), STET_CHANGED);
    return s;
}

/* ---- handles that were assigned ---- */

static void map_is_read_after_the_other_was_edited(void)
{
    scores m = scores_upto(3), before = m;
    for (int i = 0; i < 2000; i++)
        answer = scores_set(&m, i, -i);
    sink = scores_get_or(&before, 2, 0);
}

static void map_is_dropped_twice(void)
{
    scores m = scores_upto(100), before = m;
    scores_drop(&m);
    scores_drop(&before);
}

static void small_map_is_dropped_twice(void)
{
    scores m = scores_upto(1), before = m;
    scores_drop(&m);
    scores_drop(&before);
}

static void map_is_copied_after_it_was_dropped(void)
{
    scores m = scores_upto(100), before = m;
    scores_drop(&m);
    m = scores_copy(&before);
}

static void map_is_edited_after_it_was_dropped(void)
{
    scores m = scores_upto(100), before = m;
    scores_drop(&m);
    answer = scores_set(&before, 1, 2);
}

static void map_is_walked_after_it_was_dropped(void)
{
    scores m = scores_upto(100), before = m;
    scores_drop(&m);
    for (scores_cursor it = scores_first(&before); it.key != NULL; scores_next(&it))
        sink = *it.key;
}

static void map_is_compared_after_it_was_dropped(void)
{
    scores m = scores_upto(100), before = m, other = scores_upto(100);
    scores_drop(&m);
    sink = scores_equal(&other, &before);
}

static void map_has_many_set_after_it_was_dropped(void)
{
    static const int key[2] = {1, 2}, value[2] = {3, 4};
    scores m = scores_upto(100), before = m;
    scores_drop(&m);
    answer = scores_set_many(&before, key, value, 2);
}

static void map_is_given_with_an_edit_after_it_was_dropped(void)
{
    scores m = scores_upto(100), before = m, out = {0};
    scores_drop(&m);
    answer = scores_with(&before, 1, 2, &out);
}

static void map_is_dropped_later_and_used(void)
{
    scores m = scores_upto(100), before = m;
    scores_drop(&m);
    scores_drop_later(&before);
}

/* What waits to be released is not freed yet, but given up. */
static void map_is_read_after_it_was_dropped_later(void)
{
    scores m = scores_upto(100), before = m;
    scores_drop_later(&m);
    sink = scores_get_or(&before, 5, 0);
}

static void map_of_words_is_edited_after_it_was_dropped(void)
{
    words m = words_upto(100), before = m;
    words_drop(&m);
    answer = words_set(&before, 1, 2);
}

/* The nodes are still shared with a version: it is one of its own nodes that goes too early. */
static void shared_map_of_words_is_dropped_too_often(void)
{
    words kept = words_upto(1000), m = words_copy(&kept), same = m;
    words_drop(&m);
    words_drop(&same);
    words_drop(&kept);
}

static void set_is_read_after_it_was_dropped(void)
{
    names s = {0}, before;
    cr_assert_eq(names_add_cstr(&s, "one"), STET_CHANGED);
    before = s;
    names_drop(&s);
    sink = names_has_cstr(&before, "one");
}

static void list_is_read_after_it_was_dropped(void)
{
    row l = row_upto(3), before = l;
    row_drop(&l);
    sink = *row_get(&before, 0);
}

static void long_list_is_dropped_twice(void)
{
    row l = row_upto(5000), before = l;
    row_drop(&l);
    row_drop(&before);
}

static void list_is_pushed_onto_after_it_was_dropped(void)
{
    row l = row_upto(3), before = l;
    row_drop(&l);
    answer = row_push_back(&before, 1);
}

static void list_is_sliced_after_it_was_dropped(void)
{
    row l = row_upto(500), before = l, out = {0};
    row_drop(&l);
    answer = row_slice(&before, 100, 200, &out);
}

static void list_is_stored_after_it_was_dropped(void)
{
    page p = {0};
    row l = row_upto(3), before = l;
    row_drop(&l);
    answer = page_push_back(&p, before);
}

static void element_is_released_that_was_dropped_before(void)
{
    page p = {0};
    row l = row_upto(3);
    cr_assert_eq(page_push_back(&p, l), STET_CHANGED);
    row first = *page_get(&p, 0); /* borrowed, so not to be dropped */
    row_drop(&l);
    row_drop(&first);
    page_drop(&p);
}

static void string_is_dropped_twice(void)
{
    stet_str s = long_string(), other = s;
    stet_str_drop(&s);
    stet_str_drop(&other);
}

static void string_is_read_after_it_was_dropped(void)
{
    stet_str s = long_string(), other = s;
    stet_str_drop(&s);
    sink = stet_str_bytes(&other)[0];
}

/* The copy that retain should have kept was not made, so both structs have the one handle. */
struct chapter {
    row lines;
};
static uint64_t chapter_hash(const struct chapter *c, uint64_t seed)
{
    return stet_type_hash(&row_type, &c->lines, seed);
}
static bool chapter_equal(const struct chapter *a, const struct chapter *b) { return row_equal(&a->lines, &b->lines); }
static int chapter_compare(const struct chapter *a, const struct chapter *b)
{
    return (row_size(&a->lines) > row_size(&b->lines)) - (row_size(&a->lines) < row_size(&b->lines));
}
static void chapter_does_not_retain(const struct chapter *c) { (void)c; }
static void chapter_release(struct chapter *c) { row_drop(&c->lines); }
STET_TYPE_FULL(chapter_type, struct chapter, chapter_hash, chapter_equal, chapter_compare, chapter_does_not_retain,
               chapter_release, STET_LAZY)
STET_LIST(book, struct chapter, chapter_type)

static void type_releases_what_it_does_not_retain(void)
{
    book b = {0};
    struct chapter c = {row_upto(3)};
    cr_assert_eq(book_push_back(&b, c), STET_CHANGED);
    book_drop(&b);
    row_drop(&c.lines);
}

/* ---- iterators at their end ---- */

static void map_iterator_goes_on_at_its_end(void)
{
    scores m = {0};
    scores_cursor it = scores_first(&m);
    scores_next(&it);
}

static void set_iterator_goes_on_at_its_end(void)
{
    names s = {0};
    names_cursor it = names_first(&s);
    names_next(&it);
}

static void list_iterator_goes_on_at_its_end(void)
{
    row l = row_upto(1);
    row_cursor it = row_cursor_at(&l, 0);
    row_next(&it);
    row_next(&it);
}

/* ---- guards and readers ---- */

static score_atom atom_of_scores(void)
{
    score_atom a;
    scores m = scores_upto(10);
    cr_assert_eq(score_atom_init(&a, &m), STET_CHANGED);
    return a;
}

static void guard_is_released_twice(void)
{
    score_atom a = atom_of_scores();
    scores_guard g = score_atom_acquire(&a), other = g;
    scores_guard_release(&g);
    scores_guard_release(&other);
}

static void guard_is_read_after_its_release(void)
{
    score_atom a = atom_of_scores();
    scores_guard g = score_atom_acquire(&a), other = g;
    scores_guard_release(&g);
    sink = (int)scores_size(scores_guard_view(&other));
}

static void guard_without_a_slot_is_released_twice(void)
{
    score_atom a = atom_of_scores();
    scores_guard g[8], other;
    for (int i = 0; i < 8; i++)
        g[i] = score_atom_acquire(&a);
    other = g[7];
    scores_guard_release(&g[7]);
    scores_guard_release(&other);
}

static void guard_on_a_version_that_went_is_released_twice(void)
{
    score_atom a = atom_of_scores();
    scores m = scores_upto(20);
    scores_guard g = score_atom_acquire(&a), other = g;
    cr_assert_eq(score_atom_store(&a, &m), STET_CHANGED);
    scores_guard_release(&g);
    scores_guard_release(&other);
}

static void guard_of_nothing_is_read(void)
{
    scores_guard g = {0};
    sink = (int)scores_size(scores_guard_view(&g));
}

static void guard_of_another_atom_is_compared_with(void)
{
    score_atom a = atom_of_scores(), other = atom_of_scores();
    scores m = scores_upto(3);
    scores_guard g = score_atom_acquire(&other);
    answer = score_atom_compare_and_swap(&a, &g, &m);
}

static void reader_of_nothing_is_read(void)
{
    scores_reader r = {0};
    sink = (int)scores_size(scores_reader_refresh(&r));
}

static void reader_ends_twice(void)
{
    score_atom a = atom_of_scores();
    scores_reader r, other;
    cr_assert_eq(scores_reader_init(&r, &a), STET_CHANGED);
    other = r;
    scores_reader_destroy(&r);
    scores_reader_destroy(&other);
}

/* ---- what was never initialised ---- */

static void atom_of_zeros_is_read(void)
{
    score_atom a = {0};
    scores_guard g = score_atom_acquire(&a);
    scores_guard_release(&g);
}

static void atom_of_zeros_is_stored_to(void)
{
    score_atom a = {0};
    scores m = {0};
    answer = score_atom_store(&a, &m);
}

static void atom_of_garbage_is_read(void)
{
    score_atom a;
    memset(&a, 0x55, sizeof a);
    scores m = score_atom_snapshot(&a);
    scores_drop(&m);
}

static void atom_is_read_after_its_end(void)
{
    score_atom a = atom_of_scores(), other = a;
    score_atom_destroy(&a);
    sink = (int)score_atom_version(&other);
}

static void atom_is_destroyed_twice(void)
{
    score_atom a = atom_of_scores();
    score_atom_destroy(&a);
    score_atom_destroy(&a);
}

static void atom_map_of_zeros_is_stored_to(void)
{
    tally_table t = {0};
    answer = tally_table_store(&t, 1, 2);
}

static void live_map_of_zeros_is_stored_to(void)
{
    word_table t = {0};
    answer = word_table_store(&t, 1, 2);
}

static void live_map_is_read_after_its_end(void)
{
    word_table t, other;
    cr_assert_eq(word_table_init(&t, NULL), STET_CHANGED);
    other = t;
    word_table_destroy(&t);
    sink = word_table_has(&other, 1);
}

/* ---- equal keys that hash differently ---- */

static readings one_reading(void)
{
    readings m = {0};
    answer = readings_set(&m, (struct place){1, 1}, 10);
    return m;
}
static void equal_keys_are_set(void)
{
    readings m = one_reading();
    answer = readings_set(&m, (struct place){1, 2}, 20);
}
static void equal_keys_are_edited(void)
{
    readings m = one_reading();
    int *value;
    answer = readings_edit(&m, (struct place){1, 2}, &value);
}
static void double_reading(void *context, int const *old, int *value)
{
    (void)context;
    *value = old != NULL ? 2 * *old : 0;
}
static void equal_keys_are_updated(void)
{
    readings m = one_reading();
    answer = readings_update(&m, (struct place){1, 2}, double_reading, NULL);
}
static void equal_keys_are_added(void)
{
    places s = {0};
    answer = places_add(&s, (struct place){1, 1});
    answer = places_add(&s, (struct place){1, 2});
}

/* ---- a word that is ordered otherwise than its keys ---- */

static heights one_height(void)
{
    heights m = {0};
    answer = heights_set(&m, (struct place){1, 0}, 10);
    answer = heights_set(&m, (struct place){5, 0}, 50);
    return m;
}
static void negative_height_is_set(void)
{
    heights m = one_height();
    answer = heights_set(&m, (struct place){-1, 0}, 20);
}
static void negative_height_is_edited(void)
{
    heights m = one_height();
    int *value;
    answer = heights_edit(&m, (struct place){-1, 0}, &value);
}
static void negative_height_is_updated(void)
{
    heights m = one_height();
    answer = heights_update(&m, (struct place){-1, 0}, double_reading, NULL);
}
static void negative_height_is_given_with(void)
{
    heights m = one_height(), out = {0};
    answer = heights_with(&m, (struct place){-1, 0}, 1, &out);
}
static void negative_heights_are_set(void)
{
    heights m = {0};
    struct place keys[] = {{2, 0}, {-1, 0}};
    int values[] = {1, 2};
    answer = heights_set_many(&m, keys, values, 2);
}
static void negative_heights_are_sorted(void)
{
    peaks s;
    struct place keys[] = {{-1, 0}, {2, 0}};
    answer = peaks_from_sorted(keys, 2, &s);
}
static void negative_peak_is_added(void)
{
    peaks s = {0};
    answer = peaks_add(&s, (struct place){2, 0});
    answer = peaks_add(&s, (struct place){-2, 0});
}

/* ---- each is told by one line ---- */

static const struct mistake {
    const char *of, *rule;
    void (*make)(void);
} mistakes[] = {
    {"scores", STET_RULE_HANDLE_, map_is_read_after_the_other_was_edited},
    {"scores", STET_RULE_HANDLE_, map_is_dropped_twice},
    {"scores", STET_RULE_HANDLE_, small_map_is_dropped_twice},
    {"scores", STET_RULE_HANDLE_, map_is_copied_after_it_was_dropped},
    {"scores", STET_RULE_HANDLE_, map_is_edited_after_it_was_dropped},
    {"scores", STET_RULE_HANDLE_, map_is_walked_after_it_was_dropped},
    {"scores", STET_RULE_HANDLE_, map_is_compared_after_it_was_dropped},
    {"scores", STET_RULE_HANDLE_, map_has_many_set_after_it_was_dropped},
    {"scores", STET_RULE_HANDLE_, map_is_given_with_an_edit_after_it_was_dropped},
    {"scores", STET_RULE_HANDLE_, map_is_dropped_later_and_used},
    {"scores", STET_RULE_HANDLE_, map_is_read_after_it_was_dropped_later},
    {"words", STET_RULE_HANDLE_, map_of_words_is_edited_after_it_was_dropped},
    {"words", STET_RULE_HANDLE_, shared_map_of_words_is_dropped_too_often},
    {"names", STET_RULE_HANDLE_, set_is_read_after_it_was_dropped},
    {"row", STET_RULE_HANDLE_, list_is_read_after_it_was_dropped},
    {"row", STET_RULE_HANDLE_, long_list_is_dropped_twice},
    {"row", STET_RULE_HANDLE_, list_is_pushed_onto_after_it_was_dropped},
    {"row", STET_RULE_HANDLE_, list_is_sliced_after_it_was_dropped},
    {"row", STET_RULE_HANDLE_, list_is_stored_after_it_was_dropped},
    {"row", STET_RULE_HANDLE_, element_is_released_that_was_dropped_before},
    {"stet_str", STET_RULE_HANDLE_, string_is_dropped_twice},
    {"stet_str", STET_RULE_HANDLE_, string_is_read_after_it_was_dropped},
    {"row", STET_RULE_HANDLE_, type_releases_what_it_does_not_retain},
    {"scores_cursor", STET_RULE_END_, map_iterator_goes_on_at_its_end},
    {"names_cursor", STET_RULE_END_, set_iterator_goes_on_at_its_end},
    {"row_cursor", STET_RULE_END_, list_iterator_goes_on_at_its_end},
    {"scores_guard", STET_RULE_GUARD_, guard_is_released_twice},
    {"scores_guard", STET_RULE_GUARD_, guard_is_read_after_its_release},
    {"scores_guard", STET_RULE_GUARD_, guard_without_a_slot_is_released_twice},
    {"scores_guard", STET_RULE_GUARD_, guard_on_a_version_that_went_is_released_twice},
    {"scores_guard", STET_RULE_GUARD_, guard_of_nothing_is_read},
    {"scores_guard", STET_RULE_OTHER_ATOM_, guard_of_another_atom_is_compared_with},
    {"scores_reader", STET_RULE_READER_, reader_of_nothing_is_read},
    {"scores_reader", STET_RULE_READER_, reader_ends_twice},
    {"readings", STET_RULE_HASH_, equal_keys_are_set},
    {"readings", STET_RULE_HASH_, equal_keys_are_edited},
    {"readings", STET_RULE_HASH_, equal_keys_are_updated},
    {"places", STET_RULE_HASH_, equal_keys_are_added},
    {"heights", STET_RULE_WORD_, negative_height_is_set},
    {"heights", STET_RULE_WORD_, negative_height_is_edited},
    {"heights", STET_RULE_WORD_, negative_height_is_updated},
    {"heights", STET_RULE_WORD_, negative_height_is_given_with},
    {"heights", STET_RULE_WORD_, negative_heights_are_set},
    {"peaks", STET_RULE_WORD_, negative_heights_are_sorted},
    {"peaks", STET_RULE_WORD_, negative_peak_is_added},
    {"score_atom", STET_RULE_INIT_, atom_of_zeros_is_read},
    {"score_atom", STET_RULE_INIT_, atom_of_zeros_is_stored_to},
    {"score_atom", STET_RULE_INIT_, atom_of_garbage_is_read},
    {"score_atom", STET_RULE_INIT_, atom_is_read_after_its_end},
    {"score_atom", STET_RULE_INIT_, atom_is_destroyed_twice},
    {"tally_table", STET_RULE_INIT_, atom_map_of_zeros_is_stored_to},
    {"word_table", STET_RULE_INIT_, live_map_of_zeros_is_stored_to},
    {"word_table", STET_RULE_INIT_, live_map_is_read_after_its_end},
};

enum { ABORTED = 34 };

static void aborted(int signal)
{
    (void)signal;
    test_exit(ABORTED); /* so that what was executed is counted */
}

/* What a process that does this writes to stderr, and its exit status; ABORTED: it was aborted. */
static int end_of(void (*run)(void), char *text, size_t size)
{
    int ends[2], status;
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        setenv("STET_POOL", "check", 1);
        signal(SIGABRT, aborted);
        run();
        test_exit(0);
    }
    close(ends[1]);
    test_read_all(ends[0], text, size);
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(misuse, each_mistake_is_told_by_one_line)
{
    if (!STET_CHECKS_)
        return;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        char text[4096], expected[500];
        int status = end_of(mistakes[i].make, text, sizeof text);
        snprintf(expected, sizeof expected, "stet: %s: %s\n", mistakes[i].of, mistakes[i].rule);
        cr_assert_str_eq(text, expected, "case %zu:\n%sinstead of\n%s", i, text, expected);
        cr_assert_eq(status, ABORTED, "case %zu", i);
    }
}

/* ---- what is right ---- */

static void handles_that_were_moved(void)
{
    scores m = scores_upto(100), moved = m; /* m is dead */
    m = scores_copy(&moved);
    scores_drop(&moved);
    scores_drop(&moved); /* it is {0} */
    sink = *scores_get(&m, 5);
    scores none = {0};
    m = scores_move(&m);
    scores_swap_handles(&m, &none);
    scores_drop(&none);
    scores_drop(&m);
}

static void blocks_that_come_again(void)
{
    for (int i = 0; i < 20000; i++) { /* more than is kept of what was freed */
        row l = row_upto(20), copy = row_copy(&l);
        row_drop(&l);
        sink = *row_get(&copy, 19);
        row_drop_later(&copy);
        stet_release_some(1);
    }
    uint64_t kept = stet_pool_stats().cached_bytes;
    cr_assert(kept > 900 << 10 && kept <= 1 << 20, "%" PRIu64 " bytes are kept", kept);
    stet_pool_trim();
    cr_assert_eq(stet_pool_stats().slab_bytes, 0);
}

static void guards_that_were_moved(void)
{
    score_atom a = atom_of_scores();
    scores m = scores_upto(3);
    scores_guard g[10], none = {0};
    for (int i = 0; i < 10; i++)
        g[i] = score_atom_acquire(&a);
    cr_assert_eq(score_atom_compare_and_swap(&a, &g[3], &m), STET_CHANGED);
    for (int i = 9; i >= 0; i--) {
        scores_guard moved = g[i];
        cr_assert_eq(scores_size(scores_guard_view(&moved)), 10);
        scores_guard_release(&moved);
        scores_guard_release(&moved);
    }
    scores_guard_release(&none);
    score_atom_destroy(&a);
    word_table t = {NULL};
    word_table_destroy(&t); /* as after an init that failed */
}

Test(misuse, what_is_right_is_no_mistake)
{
    void (*const right[])(void) = {handles_that_were_moved, blocks_that_come_again, guards_that_were_moved};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        char text[4096];
        int status = end_of(right[i], text, sizeof text);
        cr_assert_str_empty(text, "case %zu: %s", i, text);
        cr_assert_eq(status, 0, "case %zu", i);
    }
}
