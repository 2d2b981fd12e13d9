/* SPDX-License-Identifier: MIT */
/*
 * text.h - what the examples need and stet is not about: a text by chapters, lines and words; messages and progress.
 */
#ifndef EXAMPLES_TEXT_H
#define EXAMPLES_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* How a program ends. */
enum status { DONE = 0, BAD_FILE = 1, BAD_USAGE = 2, NO_MEMORY = 3 };

/* A part of a text: "Genesis", 10. In a text without chapters: "line", 1000. */
struct chapter {
    char book[32];
    unsigned long number;
};

/*
 * A text being read. If its first line begins with book, chapter and verse ("Genesis 1:1", "Ge1:1"), any line may, and
 * its chapters are those; otherwise each 1000 lines are one.
 */
struct text {
    const char *path;
    size_t lines;           /* read so far */
    char *line;             /* the current one, without its newline, followed by a 0 */
    size_t length;          /* its bytes */
    struct chapter chapter; /* of the current line */
    bool begins_chapter;    /* the current line is the first of its chapter */
    /* for text.c: */
    size_t lines_per_chapter; /* 0: as the text has it */
    bool has_verses;
    FILE *file;
    int error;
    size_t room;
    char *at, *end; /* what is left of the current line */
};

/* path "-" is standard input. lines_per_chapter 0: chapters as the text has them. Says so if it cannot be opened. */
enum status text_open(struct text *t, const char *path, size_t lines_per_chapter);

/* To the next line; false at the end, and where reading failed. */
bool text_next_line(struct text *t);

/*
 * The next word of the current line, which it puts in lower case, and its length; NULL at the end of the line. A word
 * is letters with apostrophes inside; bytes above 127 are letters.
 */
const char *text_next_word(struct text *t, size_t *n);

/* Frees what the text holds. DONE if all was read; otherwise says what was wrong. */
enum status text_close(struct text *t);

void fold_case(char *text, size_t n);

/* Whether `name` is this chapter: "Genesis 10", "gen10". Of two names for a book one may be the beginning of the other.
 */
bool chapter_is(const struct chapter *c, const char *name);

struct chapter_name {
    char text[64];
};
struct chapter_name chapter_name(const struct chapter *c);

/* text is a number from least to most and nothing else. */
bool parse_number(const char *text, size_t least, size_t most, size_t *number);

/* The program's name, to begin messages with; main sets it. */
extern const char *program;

/* A message on standard error, as "wordcount: ...". Returns the status. */
enum status fail(enum status status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Progress on standard error, five times a second at most: only on a terminal, or when told to. */
void progress_always(void);
void progress(size_t done, const char *what);
void progress_end(void); /* before other output; fail() calls it */

double seconds(void);

#endif
