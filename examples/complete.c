/* SPDX-License-Identifier: MIT */
/*
 * complete.c - completes words while they are typed, from a dictionary that is a sorted set.
 *
 *     complete [-f FILE] [-n MOST] [WORD...]
 *
 * After each key of each WORD a line says how many words begin with what is typed by then, and shows the first MOST
 * (5). Without a WORD the keys are read from standard input: if that is a terminal, as they are typed. Backspace takes
 * one back, return begins anew, escape ends. FILE has a word a line; by default it is Debian's (package wamerican).
 *
 * Exit status: 0 done, 1 unreadable input, 2 wrong usage, 3 out of memory.
 */
#define _POSIX_C_SOURCE 200809L /* getopt, getline */

#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <stet/pool.h>
#include <stet/sorted_set.h>
#include <stet/str.h>

STET_SORTED_SET(words, stet_str)

enum { TYPED_MOST = 256, BACKSPACE = 8, DELETE = 127 };

static enum status load(words *dictionary, const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return fail(BAD_FILE, "cannot open %s: %s", path, strerror(errno));
    char *line = NULL;
    size_t room = 0;
    bool fits = true;
    while (fits && getline(&line, &room, file) >= 0) {
        size_t n = strcspn(line, "\n");
        fits = n == 0 || words_add_bytes(dictionary, line, n);
    }
    bool bad = ferror(file);
    free(line);
    fclose(file);
    if (bad)
        return fail(BAD_FILE, "cannot read %s", path);
    return fits ? DONE : fail(NO_MEMORY, "out of memory: %zu words of %s fit", words_size(dictionary), path);
}

/* ---- completions ---- */

/* What is typed so far. */
struct typed {
    char bytes[TYPED_MOST];
    size_t n;
};

/* "hel        27  held helicopter ..."; on a terminal it takes the place of the line before. */
static void show(const words *dictionary, const struct typed *typed, size_t most, bool terminal)
{
    size_t first, n = words_prefix_bytes(dictionary, typed->bytes, typed->n, &first);
    printf("%s%-16.*s %7zu ", terminal ? "\r\033[K" : "", (int)typed->n, typed->bytes, n);
    words_cursor it = words_cursor_at(dictionary, first);
    for (size_t i = 0; i < n && it.key != NULL && i < most; i++, words_next(&it))
        printf(" %s", stet_str_bytes(it.key));
    fputs(terminal ? "" : "\n", stdout);
    fflush(stdout);
}

/* ---- keys ---- */

static bool continues(char byte) { return (byte & 0xC0) == 0x80; }

/* Whether the last letter is whole: in UTF-8 the first byte of a letter says how many there are. */
static bool is_whole(const struct typed *typed)
{
    size_t n = 0;
    while (n < typed->n && continues(typed->bytes[typed->n - 1 - n]))
        n++;
    unsigned char first = n < typed->n ? (unsigned char)typed->bytes[typed->n - 1 - n] : 0;
    return n >= (first < 0xC0 || first >= 0xF8 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3);
}

static void type_key(struct typed *typed, char key)
{
    if (key == BACKSPACE || key == DELETE) {
        while (typed->n > 0 && continues(typed->bytes[--typed->n]))
            ;
    } else if (typed->n < TYPED_MOST) {
        typed->bytes[typed->n++] = key;
    }
}

static void type_word(const words *dictionary, const char *word, size_t most)
{
    struct typed typed = {.n = 0};
    for (; *word != '\0'; word++) {
        type_key(&typed, *word);
        if (is_whole(&typed))
            show(dictionary, &typed, most, false);
    }
}

static void type_keys(const words *dictionary, size_t most)
{
    struct termios before;
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        struct termios by_key = before;
        by_key.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
        tcsetattr(STDIN_FILENO, TCSANOW, &by_key);
    }
    struct typed typed = {.n = 0};
    for (int key; (key = getchar()) != EOF && (key >= ' ' || key == '\n' || key == BACKSPACE);) {
        if (key == '\n')
            typed.n = 0;
        else
            type_key(&typed, (char)key);
        if (key == '\n' && terminal)
            puts("");
        else if (key != '\n' && is_whole(&typed))
            show(dictionary, &typed, most, terminal);
    }
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
        puts("");
    }
}

int main(int argc, char **argv)
{
    program = "complete";
    stet_pool_report_leaks_at_exit();
    const char *path = "/usr/share/dict/words";
    size_t most = 5;
    for (int option; (option = getopt(argc, argv, "f:n:")) != -1;)
        if (option == 'f')
            path = optarg;
        else if (option != 'n' || !parse_number(optarg, 0, SIZE_MAX / 2, &most))
            return (int)fail(BAD_USAGE, "usage: complete [-f FILE] [-n MOST] [WORD...]");
    words dictionary = {0};
    enum status status = load(&dictionary, path);
    for (int i = optind; status == DONE && i < argc; i++)
        type_word(&dictionary, argv[i], most);
    if (status == DONE && optind == argc)
        type_keys(&dictionary, most);
    words_drop(&dictionary);
    return (int)status;
}
