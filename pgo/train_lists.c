/* SPDX-License-Identifier: MIT */
/* Jobs of train that work on lists. */
#include "train.h"

struct mark {
    uint64_t at;
    uint32_t colour, width;
    double weight;
};
STET_TYPE_BYTES(mark_type, struct mark)

STET_LIST(lines, stet_str, stet_str_type)
STET_LIST(marks, struct mark, mark_type)
STET_MAP(postings, stet_str, numbers, stet_str_type, numbers_type)

/* ---- an editor: lines by number, a cursor that stays near, cut and paste, undo ---- */

static void editor_step(struct chance *c, numbers *text, uint64_t *plain, size_t *size, size_t *cursor)
{
    uint64_t fresh = draw(c);
    *cursor = *cursor < *size && draw(c) % 8 != 0 ? *cursor : below(c, *size);
    size_t from = *cursor, piece = 1 + skewed(c, 60);
    piece = piece > *size - from ? *size - from : piece;
    switch (draw(c) % 8) {
    case 0: /* a line is split */
    case 1:
        must(numbers_insert_at(text, from, fresh));
        memmove(plain + from + 1, plain + from, (*size - from) * sizeof *plain);
        plain[from] = fresh;
        ++*size;
        break;
    case 2: /* joined */
        must(numbers_pop_at(text, from, NULL));
        memmove(plain + from, plain + from + 1, (*size - from - 1) * sizeof *plain);
        --*size;
        break;
    case 3: { /* lines are moved to the end */
        numbers cut = {0};
        must(numbers_slice(text, from, from + piece, &cut));
        must(numbers_erase_range(text, from, from + piece));
        must(numbers_append(text, &cut));
        numbers_drop(&cut);
        uint64_t moved[64];
        memcpy(moved, plain + from, piece * sizeof *plain);
        memmove(plain + from, plain + from + piece, (*size - from - piece) * sizeof *plain);
        memcpy(plain + *size - piece, moved, piece * sizeof *plain);
        break;
    }
    default: /* typed in */
        must(numbers_set(text, from, fresh));
        plain[from] = fresh;
        ++*cursor;
    }
}

/* A chapter of the text, looked at and put aside. */
static uint64_t chapter(struct chance *c, const numbers *text)
{
    numbers part = {0};
    size_t size = numbers_size(text), from = below(c, size), length = below(c, size - from);
    must(numbers_slice(text, from, from + length, &part));
    expect(numbers_size(&part) == length, "a chapter");
    uint64_t sum = numbers_get_or(&part, length / 2, 0);
    numbers_drop(&part);
    return sum;
}

uint64_t editor(double scale, struct chance *c)
{
    enum { undo = 37 };
    size_t steps = (size_t)(30000 * scale) + 100, size = 3100, cursor = 0;
    uint64_t *plain = room(size + steps, sizeof *plain), sum = 0;
    numbers text = {0}, past[undo] = {{{0}}};
    for (size_t i = 0; i < size; i++)
        plain[i] = i;
    must(numbers_from_array(plain, size, &text));
    for (size_t step = 0; step < steps; step++) {
        numbers_drop(&past[step % undo]);
        past[step % undo] = numbers_copy(&text);
        editor_step(c, &text, plain, &size, &cursor);
        if (step % 3 == 0)
            sum += chapter(c, &text);
        if (step % 50 == 49) { /* back, and forth again */
            sum += numbers_size(&past[(step - 20) % undo]) + (numbers_equal(&past[step % undo], &text) ? 1 : 0);
            numbers_swap_handles(&past[step % undo], &text);
            numbers_swap_handles(&past[step % undo], &text);
        }
    }
    size_t i = 0;
    for (numbers_cursor it = numbers_cursor_at(&text, 0); it.at != NULL; numbers_next(&it))
        expect(*it.at == plain[i++], "a line");
    expect(i == size && numbers_size(&text) == size, "the number of lines");
    for (size_t k = 0; k < size; k += 7)
        sum = mix(sum, numbers_get_or(&text, k, 0));
    for (size_t k = 0; k < undo; k++)
        numbers_drop(&past[k]);
    numbers_drop(&text);
    free(plain);
    return sum;
}

/* ---- queues, stacks, windows, short lists; elements that are counted and that are wide ---- */

uint64_t queues(double scale, struct chance *c)
{
    size_t steps = (size_t)(110000 * scale) + 500;
    uint64_t in = 0, out = 0, sum = 0, got;
    numbers queue = {0}, past = {0};
    for (size_t step = 0; step < steps; step++) {
        bool more = numbers_size(&queue) < 40 + step / 64 % 900;
        if (more || draw(c) % 4 == 0) {
            must(numbers_push_back(&queue, in++));
        } else {
            expect(numbers_pop_front(&queue, &got) != STET_NO_MEMORY && got == out++, "the head of the queue");
        }
        if (step % 777 == 0) {
            numbers_drop(&past);
            past = numbers_copy(&queue);
        }
        if (step % 5 == 0) { /* looked at from both ends */
            sum += *numbers_back(&queue) - *numbers_front(&queue);
        }
    }
    expect(numbers_size(&queue) == in - out, "the queue's length");
    numbers_drop(&past);
    numbers_drop(&queue);

    for (size_t list = 0; list < steps / 30; list++) { /* the arguments of calls */
        numbers few = {0}, rest = {0}, all = {0};
        size_t n = skewed(c, 18);
        for (size_t i = 0; i < n; i++)
            must(i % 4 == 3 ? numbers_push_front(&few, i) : numbers_push_back(&few, i));
        must(numbers_slice(&few, n / 2, n, &rest));
        must(numbers_concat(&rest, &few, &all));
        expect(numbers_size(&all) == n + (n - n / 2), "short lists");
        sum += numbers_get_or(&all, n / 2, 0) + numbers_has(&all, 3);
        numbers_drop(&few);
        numbers_drop(&rest);
        numbers_drop(&all);
    }
    return mix(sum, out);
}

static bool is_dark(void *context, const struct mark *m)
{
    (void)context;
    return m->colour % 3 == 0;
}

uint64_t drawings(double scale, struct chance *c)
{
    size_t n = (size_t)(7000 * scale) + 60, dark = 0;
    uint64_t sum = 0;
    marks plan = {0}, shown = {0};
    for (size_t i = 0; i < n; i++) {
        struct mark m = {i, draw(c) % 30, 2, 0.5};
        dark += m.colour % 3 == 0;
        must(marks_push_back(&plan, m));
    }
    shown = marks_copy(&plan);
    must(marks_filter(&shown, is_dark, NULL));
    expect(marks_size(&shown) == dark, "what is filtered");
    for (size_t round = 0; round < 30; round++) {
        marks part = {0}, joined = {0};
        size_t from = below(c, n / 2), to = from + below(c, n / 2);
        must(marks_slice(&plan, from, to, &part));
        must(marks_concat(&part, &shown, &joined));
        expect(marks_size(&joined) == to - from + dark, "a drawing put together");
        marks_cursor it = marks_cursor_at(&joined, 0);
        for (; it.at != NULL; marks_next(&it))
            sum += it.at->at;
        marks_swap_handles(&joined, round % 8 == 0 ? &plan : &part);
        n = marks_size(&plan);
        marks_drop(&part);
        marks_drop(&joined);
    }
    marks_drop(&plan);
    marks_drop(&shown);

    lines text = {0}, other = {0};
    for (size_t i = 0; i < 900; i++) {
        stet_str line = name_str(below(c, 5000));
        must(lines_push_back(&text, line));
        stet_str_drop(&line);
        if (i % 40 == 0) {
            lines_drop(&other);
            other = lines_copy(&text);
        }
    }
    must(lines_append(&other, &text));
    must(lines_sort(&other));
    for (size_t i = 1; i < lines_size(&other); i++)
        expect(stet_str_compare(lines_get(&other, i - 1), lines_get(&other, i)) <= 0, "sorted lines");
    sum = mix(sum, lines_size(&other));
    lines_drop(&text);
    lines_drop(&other);
    return sum;
}

/* ---- an index: by word the list of the pages it is on ---- */

uint64_t pages(double scale, struct chance *c)
{
    enum { words = 1100 };
    size_t n = (size_t)(1200 * scale) + 20;
    size_t *uses = room(words, sizeof *uses);
    postings index = {0}, published = {0};
    char name[NAME_MAX_LENGTH];
    for (size_t page = 0; page < n; page++) {
        for (size_t w = 0; w < 30; w++) {
            size_t i = skewed(c, words);
            numbers *on;
            must(postings_edit_bytes(&index, name, name_of(i, name), &on));
            must(numbers_push_back(on, page));
            uses[i]++;
        }
        if (page % 16 == 0) {
            postings_drop(&published);
            published = postings_copy(&index);
        }
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < words; i++) {
        const numbers *on = postings_get_bytes(&index, name, name_of(i, name));
        expect((on != NULL ? numbers_size(on) : 0) == uses[i], "a word's pages");
        sum = mix(sum, uses[i]);
    }
    postings_drop(&published);
    postings_drop(&index);
    free(uses);
    return sum;
}
