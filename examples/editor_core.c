/* SPDX-License-Identifier: MIT */
#include "editor_core.h"

const lines *editor_version(const struct editor *e, size_t number)
{
    return number < versions_size(&e->all) ? versions_get(&e->all, number) : NULL;
}

const lines *editor_document(const struct editor *e) { return editor_version(e, e->at); }

static bool has_lines(const struct editor *e, size_t from, size_t to)
{
    return from < to && to <= lines_size(editor_document(e));
}

stet_result editor_open(struct editor *e, const lines *text)
{
    *e = (struct editor){0};
    return versions_push_back(&e->all, *text); /* the list takes a copy of the handle, and the caller keeps his own */
}

void editor_close(struct editor *e)
{
    versions_drop(&e->all);
    numbers_drop(&e->undo);
    numbers_drop(&e->redo);
    lines_drop(&e->clipboard);
}

/* ---- edits ---- */

/*
 * The end of an edit: how making `next` went, and next, which is used up. It works on a copy of the document, so the
 * versions have it or they do not.
 */
static stet_result commit(struct editor *e, stet_result made, lines *next)
{
    bool fits = made && numbers_push_back(&e->undo, e->at);
    if (fits && !versions_push_back(&e->all, *next)) {
        stet_result popped = numbers_pop_back(&e->undo, NULL);
        assert(popped == STET_CHANGED && "nobody else has this stack");
        (void)popped;
        fits = false;
    }
    lines_drop(next);
    if (!fits)
        return STET_NO_MEMORY;
    e->at = versions_size(&e->all) - 1;
    numbers_drop(&e->redo);
    return STET_CHANGED;
}

stet_result editor_insert(struct editor *e, size_t i, const stet_str *line)
{
    const lines *document = editor_document(e);
    lines next = {0};
    if (i > lines_size(document))
        return STET_UNCHANGED;
    return commit(e, lines_with_inserted(document, i, *line, &next), &next);
}

stet_result editor_replace(struct editor *e, size_t i, const stet_str *line)
{
    lines next = {0};
    if (!has_lines(e, i, i + 1))
        return STET_UNCHANGED;
    return commit(e, lines_with(editor_document(e), i, *line, &next), &next);
}

stet_result editor_delete(struct editor *e, size_t from, size_t to)
{
    if (!has_lines(e, from, to))
        return STET_UNCHANGED;
    lines next = {0};
    return commit(e, lines_without_range(editor_document(e), from, to, &next), &next);
}

stet_result editor_copy(struct editor *e, size_t from, size_t to)
{
    if (!has_lines(e, from, to))
        return STET_UNCHANGED;
    return lines_slice(editor_document(e), from, to, &e->clipboard) ? STET_CHANGED : STET_NO_MEMORY;
}

stet_result editor_cut(struct editor *e, size_t from, size_t to)
{
    lines cut = {0};
    if (!has_lines(e, from, to))
        return STET_UNCHANGED;
    if (!lines_slice(editor_document(e), from, to, &cut))
        return STET_NO_MEMORY;
    stet_result result = editor_delete(e, from, to);
    if (result == STET_CHANGED)
        lines_swap_handles(&e->clipboard, &cut);
    lines_drop(&cut);
    return result;
}

stet_result editor_paste(struct editor *e, size_t i)
{
    const lines *document = editor_document(e);
    if (lines_size(&e->clipboard) == 0 || i > lines_size(document))
        return STET_UNCHANGED;
    lines next = {0};
    return commit(e, lines_with_inserted_list(document, i, &e->clipboard, &next), &next);
}

/* ---- from version to version ---- */

/* To the last version of one stack; the other remembers where it came from. */
static stet_result step(struct editor *e, numbers *from, numbers *to)
{
    if (numbers_size(from) == 0)
        return STET_UNCHANGED;
    if (!numbers_push_back(to, e->at))
        return STET_NO_MEMORY;
    return numbers_pop_back(from, &e->at); /* cannot fail: nobody else has this stack */
}

stet_result editor_undo(struct editor *e) { return step(e, &e->undo, &e->redo); }

stet_result editor_redo(struct editor *e) { return step(e, &e->redo, &e->undo); }

stet_result editor_jump(struct editor *e, size_t number)
{
    if (number >= versions_size(&e->all))
        return STET_UNCHANGED;
    if (!numbers_push_back(&e->undo, e->at))
        return STET_NO_MEMORY;
    numbers_drop(&e->redo);
    e->at = number;
    return STET_CHANGED;
}
