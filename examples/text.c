/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* getline, clock_gettime */

#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

/* ---- messages, progress, time ---- */

const char *program = "";

enum status fail(enum status status, const char *format, ...)
{
    progress_end();
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", program);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return status;
}

double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool wanted, on_screen;
static double next_time;

void progress_always(void) { wanted = true; }

void progress(size_t done, const char *what)
{
    if (seconds() < next_time)
        return;
    next_time = seconds() + 0.2;
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%9zu %-30s", done, what);
        on_screen = true;
    } else if (wanted) {
        fprintf(stderr, "%9zu %s\n", done, what);
    }
}

void progress_end(void)
{
    if (on_screen)
        fprintf(stderr, "\r%40s\r", "");
    on_screen = false;
    next_time = 0;
}

/* ---- arguments ---- */

bool parse_number(const char *text, size_t least, size_t most, size_t *number)
{
    char *end;
    errno = 0;
    *number = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *number >= least && *number <= most;
}

/* ---- chapters ---- */

static const char digits[] = "0123456789";

/* "Genesis 10", "Ge10": a book and a number; text[0..n). */
static bool chapter_parse(struct chapter *c, const char *text, size_t n)
{
    size_t number = n;
    while (number > 0 && text[number - 1] >= '0' && text[number - 1] <= '9')
        number--;
    size_t book = number;
    while (book > 0 && text[book - 1] == ' ')
        book--;
    if (number == n || book == 0 || book >= sizeof c->book)
        return false;
    memset(c->book, 0, sizeof c->book);
    memcpy(c->book, text, book);
    c->number = strtoul(text + number, NULL, 10);
    return true;
}

bool chapter_is(const struct chapter *c, const char *name)
{
    struct chapter other;
    if (!chapter_parse(&other, name, strlen(name)) || other.number != c->number)
        return false;
    size_t n = strlen(c->book), m = strlen(other.book);
    return strncasecmp(c->book, other.book, n < m ? n : m) == 0;
}

struct chapter_name chapter_name(const struct chapter *c)
{
    struct chapter_name name;
    snprintf(name.text, sizeof name.text, "%s %lu", c->book, c->number);
    return name;
}

/* The length of the "Genesis 10:3" that a line begins with, its chapter in *c; 0: it does not. */
static size_t reference(const char *line, struct chapter *c)
{
    const char *colon = strchr(line, ':');
    size_t verse = colon != NULL ? strspn(colon + 1, digits) : 0;
    if (verse == 0 || !chapter_parse(c, line, (size_t)(colon - line)))
        return 0;
    return (size_t)(colon - line) + 1 + verse;
}

/* ---- lines ---- */

enum status text_open(struct text *t, const char *path, size_t lines_per_chapter)
{
    *t = (struct text){.path = path, .lines_per_chapter = lines_per_chapter};
    t->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    return t->file != NULL ? DONE : fail(BAD_FILE, "cannot open %s: %s", path, strerror(errno));
}

/* Whether a chapter begins with the current line, and which; t->at: behind its reference. */
static bool begin_chapter(struct text *t)
{
    struct chapter last = t->chapter;
    bool first = t->lines == 1;
    size_t skip = first || t->has_verses ? reference(t->line, &t->chapter) : 0;
    t->at = t->line + skip;
    if (first) {
        t->has_verses = skip > 0;
        if (!t->has_verses && t->lines_per_chapter == 0)
            t->lines_per_chapter = 1000;
    }
    if (t->lines_per_chapter == 0)
        return t->chapter.number != last.number || strcmp(t->chapter.book, last.book) != 0;
    t->chapter = (struct chapter){"line", t->lines};
    return (t->lines - 1) % t->lines_per_chapter == 0;
}

bool text_next_line(struct text *t)
{
    ssize_t n = getline(&t->line, &t->room, t->file);
    if (n < 0) {
        t->error = ferror(t->file) ? errno : feof(t->file) ? 0 : ENOMEM;
        return false;
    }
    t->lines++;
    t->length = (size_t)n - (t->line[n - 1] == '\n');
    t->line[t->length] = '\0';
    t->end = t->line + t->length;
    t->begins_chapter = begin_chapter(t);
    return true;
}

enum status text_close(struct text *t)
{
    free(t->line);
    fclose(t->file);
    if (t->error == ENOMEM)
        return fail(NO_MEMORY, "out of memory: line %zu of %s is too long", t->lines + 1, t->path);
    if (t->error != 0)
        return fail(BAD_FILE, "cannot read %s: %s", t->path, strerror(t->error));
    return DONE;
}

/* ---- words ---- */

void fold_case(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c > 127; }

const char *text_next_word(struct text *t, size_t *n)
{
    char *word = t->at, *stop;
    while (word < t->end && !is_letter(*word))
        word++;
    for (stop = word; stop < t->end && (is_letter(*stop) || *stop == '\'');)
        stop++;
    t->at = stop;
    while (stop > word && stop[-1] == '\'')
        stop--;
    *n = (size_t)(stop - word);
    fold_case(word, *n);
    return *n > 0 ? word : NULL;
}
