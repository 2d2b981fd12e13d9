/* SPDX-License-Identifier: MIT */
/*
 * faults.c - the core of examples/editor when memory fails: at every request of every operation in turn, and at all
 * from there on. Then nothing has changed; and in the end all that was asked for has.
 *
 * Run: silent, or the first thing that is wrong.
 */
#include "../../examples/editor_core.h"

#include <stdio.h>
#include <stdlib.h>

#include <stet/pool.h>

#define CHECK(condition) check((condition), __LINE__, #condition)

static void check(bool holds, int line, const char *condition)
{
    if (holds)
        return;
    fprintf(stderr, "faults.c:%d: not so: %s\n", line, condition);
    exit(1);
}

enum {
    LINES = 1000,
    TOO_LONG = 20, /* of a line: with a block of its own */
    EDITS = 30,    /* with what else there is, the versions fill whole leaves: the next needs memory */
};

/* How many edits are undone: the leaf of one stack or the other is full as well. */
static const unsigned undone[] = {0, 7};

static stet_str line_of(unsigned number)
{
    char bytes[TOO_LONG + 1];
    stet_str line;
    snprintf(bytes, sizeof bytes, "line %0*u", TOO_LONG - 5, number);
    CHECK(stet_str_from_cstr(bytes, &line));
    return line;
}

/* The same each time: a text, some versions, something to undo, to redo and to paste. */
static void open_editor(struct editor *e, unsigned undo)
{
    lines text = {0};
    stet_str line;
    for (unsigned i = 0; i < LINES; i++) {
        line = line_of(i);
        CHECK(lines_push_back(&text, line));
        stet_str_drop(&line);
    }
    CHECK(editor_open(e, &text));
    lines_drop(&text);
    for (unsigned i = 0; i < EDITS; i++) {
        line = line_of(LINES + i);
        CHECK(editor_insert(e, i * i % LINES, &line) == STET_CHANGED);
        stet_str_drop(&line);
    }
    CHECK(editor_cut(e, 300, 500) == STET_CHANGED);
    for (unsigned i = 0; i < undo; i++)
        CHECK(editor_undo(e) == STET_CHANGED);
}

static bool is_same(const struct editor *a, const struct editor *b)
{
    return a->at == b->at && versions_equal(&a->all, &b->all) && numbers_equal(&a->undo, &b->undo) &&
           numbers_equal(&a->redo, &b->redo) && lines_equal(&a->clipboard, &b->clipboard);
}

enum operation { INSERT, REPLACE, DELETE, CUT, PASTE, COPY, UNDO, REDO, JUMP, OPERATIONS };

static stet_result run(struct editor *e, enum operation operation, const stet_str *line)
{
    switch (operation) {
    case INSERT:
        return editor_insert(e, 500, line);
    case REPLACE:
        return editor_replace(e, 500, line);
    case DELETE:
        return editor_delete(e, 100, 700);
    case CUT:
        return editor_cut(e, 100, 700);
    case PASTE:
        return editor_paste(e, 400);
    case COPY:
        return editor_copy(e, 100, 700);
    case UNDO:
        return editor_undo(e);
    case REDO:
        return editor_redo(e);
    default:
        return editor_jump(e, 3);
    }
}

/* The nth request and `count` - 1 more fail. Returns whether there were so many requests. */
static bool fails_at(enum operation operation, unsigned undo, uint64_t nth, uint64_t count)
{
    struct editor e, before;
    stet_str line = line_of(12345);
    open_editor(&e, undo);
    open_editor(&before, undo);
    stet_pool_fault(nth, count);
    stet_result result = run(&e, operation, &line);
    bool met = stet_pool_requests() >= nth;
    stet_pool_fault_end();
    if (result == STET_NO_MEMORY) {
        CHECK(met && is_same(&e, &before));
        result = run(&e, operation, &line);
    }
    CHECK(result == run(&before, operation, &line) && result != STET_NO_MEMORY);
    CHECK(is_same(&e, &before));
    stet_str_drop(&line);
    editor_close(&e);
    editor_close(&before);
    return met;
}

/* What there is not: nothing changes either. */
static void check_refusals(void)
{
    struct editor e, before;
    stet_str line = line_of(1);
    open_editor(&e, undone[0]);
    open_editor(&before, undone[0]);
    size_t size = lines_size(editor_document(&e)), n = versions_size(&e.all);
    CHECK(editor_insert(&e, size + 1, &line) == STET_UNCHANGED && editor_replace(&e, size, &line) == STET_UNCHANGED);
    CHECK(editor_insert(&e, SIZE_MAX, &line) == STET_UNCHANGED &&
          editor_replace(&e, SIZE_MAX, &line) == STET_UNCHANGED);
    CHECK(editor_delete(&e, 5, 5) == STET_UNCHANGED && editor_delete(&e, 5, size + 1) == STET_UNCHANGED);
    CHECK(editor_cut(&e, 6, 5) == STET_UNCHANGED && editor_cut(&e, SIZE_MAX, 0) == STET_UNCHANGED);
    CHECK(editor_copy(&e, size, size + 1) == STET_UNCHANGED && editor_paste(&e, size + 1) == STET_UNCHANGED);
    CHECK(editor_jump(&e, n) == STET_UNCHANGED && editor_version(&e, n) == NULL);
    CHECK(is_same(&e, &before));
    stet_str_drop(&line);
    editor_close(&e);
    editor_close(&before);
}

/* Every request of an operation fails, alone and with all behind it. */
static void check_operation(enum operation operation)
{
    uint64_t requests[] = {0, 0};
    for (size_t i = 0; i < 2; i++) {
        while (fails_at(operation, undone[i], requests[i] + 1, 1))
            requests[i]++;
        for (uint64_t nth = 1; fails_at(operation, undone[i], nth, 1000000); nth++)
            ;
    }
    CHECK(requests[0] + requests[1] > 0 || operation == REDO); /* that one finds room */
}

int main(void)
{
    check_refusals();
    for (enum operation operation = 0; operation < OPERATIONS; operation++)
        check_operation(operation);
    CHECK(stet_pool_stats().live_blocks == 0);
    return 0;
}
