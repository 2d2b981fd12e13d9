/* SPDX-License-Identifier: MIT */
/*
 * editor_core.h - the core of a text editor that forgets nothing: each edit makes a version, and all of them are kept.
 *
 *   all    version 0 (the text as it was opened), version 1 (after the first edit), ... last
 *   at     the number of the one that is the document
 *   undo   numbers of what was the document before; the one to go back to is the last
 *   redo   the same of what undo came from
 *
 * A version is a handle of a list, the versions are a list of lists, and both stacks are lists. Edits after an undo do
 * not lose what was undone: it cannot be redone then, but editor_jump() goes there.
 */
#ifndef EXAMPLES_EDITOR_CORE_H
#define EXAMPLES_EDITOR_CORE_H

#include <stet/list.h>
#include <stet/str.h>

/* A text: its lines, without newlines. */
STET_LIST(lines, stet_str)

/* Texts, or versions of one. */
STET_LIST(versions, lines)

/* Numbers of versions. */
STET_LIST(numbers, size_t)

struct editor {
    versions all;
    size_t at;
    numbers undo, redo;
    lines clipboard;
};

/*
 * Each of these answers STET_CHANGED; or STET_UNCHANGED: there are no such lines, no such version, nothing to paste, to
 * undo or to redo; or STET_NO_MEMORY. Unless it is STET_CHANGED everything is as it was. Lines count from 0.
 */

/* *e, whatever it was, gets `text` as version 0, and no other. The text stays the caller's. */
stet_result editor_open(struct editor *e, const lines *text) STET_NODISCARD;
void editor_close(struct editor *e);

/* The text as it is now, any version; both borrowed until the next change of e. NULL: no such version. */
const lines *editor_document(const struct editor *e);
const lines *editor_version(const struct editor *e, size_t number);

/* Edits: each makes a new version, which is then the document, and leaves nothing to redo. */
stet_result editor_insert(struct editor *e, size_t i, const stet_str *line) STET_NODISCARD;
stet_result editor_replace(struct editor *e, size_t i, const stet_str *line) STET_NODISCARD;
stet_result editor_delete(struct editor *e, size_t from, size_t to) STET_NODISCARD;
stet_result editor_cut(struct editor *e, size_t from, size_t to) STET_NODISCARD; /* to the clipboard */
stet_result editor_paste(struct editor *e, size_t i) STET_NODISCARD;             /* before line i */

/* The clipboard, which has no versions. */
stet_result editor_copy(struct editor *e, size_t from, size_t to) STET_NODISCARD;

/* Another version becomes the document; no version is made. A jump can be undone like an edit. */
stet_result editor_undo(struct editor *e) STET_NODISCARD;
stet_result editor_redo(struct editor *e) STET_NODISCARD;
stet_result editor_jump(struct editor *e, size_t number) STET_NODISCARD;

#endif
