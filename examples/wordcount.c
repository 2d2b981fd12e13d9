/* SPDX-License-Identifier: MIT */
/*
 * wordcount.c - counts the words of a text and keeps what the counts were at the end of every chapter.
 *
 *     wordcount [-v] [-c CHAPTER]... [-n LINES] [-m MIB] [FILE [WORD...]]
 *
 * It answers from old versions how often each WORD had come by then, tells which words grew most between two of them,
 * and measures what the versions share. FILE is a text; `-` or none is standard input. text.h says what is a chapter
 * and what is a word.
 *
 *   -c CHAPTER  answer for the end of this chapter: "Genesis 10", "gen10", "line 2000" (up to 8 times)
 *   -n LINES    keep a version per so many lines, not per chapter
 *   -m MIB      the maps may take no more memory than this
 *   -v          show progress even when standard error is no terminal
 *
 * Exit status: 0 done, 1 unreadable input or unwritable output, 2 wrong usage, 3 out of memory.
 */
#define _POSIX_C_SOURCE 200809L /* getopt */

#include "text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <stet/map.h>
#include <stet/pool.h>
#include <stet/str.h>

/* How often each word came. */
STET_MAP(counts, stet_str, long)

/* What the counts were at the end of a chapter. */
struct version {
    struct chapter at;
    counts words;
    bool asked; /* the user wants to hear of it */
};

/* All of them, oldest first. */
struct history {
    struct version *version;
    size_t n, room;
    size_t lines, words;
};

enum { ASKED_MAX = 8, GREW_MAX = 10 };

/* ---- a version per chapter ---- */

/* The next version begins as a copy of the last: one more holder of the same map, whatever its size. */
static bool begin_version(struct history *h)
{
    if (h->n == h->room) {
        size_t room = 2 * h->room + 64;
        struct version *more = realloc(h->version, room * sizeof *more);
        if (more == NULL)
            return false;
        h->version = more;
        h->room = room;
    }
    h->version[h->n] = (struct version){0};
    if (h->n > 0)
        h->version[h->n].words = counts_copy(&h->version[h->n - 1].words);
    h->n++;
    return true;
}

/* Counts the words of the current line in one version. What it shares with older ones is copied first. */
static bool count_line(struct history *h, struct version *v, struct text *t)
{
    size_t n;
    for (const char *word; (word = text_next_word(t, &n)) != NULL; h->words++) {
        long *times;
        if (!counts_edit_bytes(&v->words, word, n, &times))
            return false;
        ++*times;
    }
    v->at = t->chapter;
    return true;
}

static bool count_text(struct history *h, struct text *t)
{
    while (text_next_line(t)) {
        if ((h->n == 0 || t->begins_chapter) && !begin_version(h))
            return false;
        if (!count_line(h, &h->version[h->n - 1], t))
            return false;
        progress(++h->lines, "lines");
    }
    progress_end();
    return true;
}

static enum status read_history(struct history *h, const char *path, size_t lines_per_chapter)
{
    struct text t;
    enum status status = text_open(&t, path, lines_per_chapter);
    if (status != DONE)
        return status;
    bool fits = count_text(h, &t);
    status = text_close(&t);
    if (!fits)
        return fail(NO_MEMORY, "out of memory: %zu lines and %zu versions of %s fit", h->lines, h->n, path);
    if (status == DONE && h->words == 0)
        return fail(BAD_FILE, "no words in %s", path);
    return status;
}

static void drop_history(struct history *h)
{
    for (size_t i = 0; i < h->n; i++)
        counts_drop(&h->version[i].words);
    free(h->version);
}

/* ---- questions to old versions ---- */

static struct version *find_version(const struct history *h, const char *chapter)
{
    for (size_t i = 0; i < h->n; i++)
        if (chapter_is(&h->version[i].at, chapter))
            return &h->version[i];
    return NULL;
}

static void print_answers(const struct version *const *versions, size_t n, char *const *words)
{
    printf("\n%-16s", "by the end of");
    for (size_t i = 0; i < n; i++)
        printf("%18s", chapter_name(&versions[i]->at).text);
    for (; *words != NULL; words++) {
        printf("\n%-16s", *words);
        for (size_t i = 0; i < n; i++) {
            const long *times = counts_get_cstr(&versions[i]->words, *words);
            printf("%18ld", times != NULL ? *times : 0);
        }
    }
    puts("");
}

/* ---- what came between two versions ---- */

struct growth {
    const stet_str *word;
    long by;
};

/* The words that grew most, most first; one place more than needed, for the one that drops out. */
struct growths {
    struct growth top[GREW_MAX + 1];
    size_t n;
};

static bool grew_more(const struct growth *a, const struct growth *b)
{
    return a->by != b->by ? a->by > b->by : stet_str_compare(a->word, b->word) < 0;
}

/* For each word whose counts differ, and no other; NULL: the word was not there. */
static bool note_growth(void *context, const stet_str *word, const long *before, const long *after)
{
    struct growths *g = context;
    struct growth new = {word, (after != NULL ? *after : 0) - (before != NULL ? *before : 0)};
    size_t i = g->n;
    for (; i > 0 && grew_more(&new, &g->top[i - 1]); i--)
        g->top[i] = g->top[i - 1];
    g->top[i] = new;
    g->n += g->n < GREW_MAX;
    return true;
}

static void print_growth(const struct version *from, const struct version *to)
{
    struct growths g = {0};
    counts_diff(&from->words, &to->words, note_growth, &g);
    printf("\nGrew most from %s", chapter_name(&from->at).text);
    printf(" to %s:", chapter_name(&to->at).text);
    for (size_t i = 0; i < g.n; i++)
        printf("%s %s %+ld", i > 0 ? "," : "", stet_str_bytes(g.top[i].word), g.top[i].by);
    puts("");
}

/* ---- what the versions share ---- */

static int64_t live_bytes(void) { return stet_pool_stats().live_bytes; }

/* A version built anew from its entries, the words too: it shares nothing. */
static bool copy_apart(const counts *version, counts *copy, stet_str *words, long *times)
{
    size_t n = 0;
    bool fits = true;
    for (counts_cursor it = counts_first(version); fits && it.key != NULL; counts_next(&it)) {
        fits = stet_str_from_bytes(stet_str_bytes(it.key), stet_str_size(it.key), &words[n]);
        times[n++] = *it.value;
    }
    fits = fits && counts_from_array(words, times, n, copy);
    for (size_t i = 0; i < n; i++)
        stet_str_drop(&words[i]);
    return fits;
}

/* The bytes that the versions would take if they shared nothing: each is copied so, measured and dropped. */
static bool measure_apart(const struct history *h, int64_t *bytes)
{
    size_t most = counts_size(&h->version[h->n - 1].words);
    stet_str *words = calloc(most, sizeof *words);
    long *times = calloc(most, sizeof *times);
    bool fits = words != NULL && times != NULL;
    for (size_t i = 0; fits && i < h->n; i++) {
        int64_t before = live_bytes();
        counts copy = {0};
        fits = copy_apart(&h->version[i].words, &copy, words, times);
        *bytes += live_bytes() - before;
        counts_drop(&copy);
        progress(i + 1, "versions measured");
    }
    progress_end();
    free(words);
    free(times);
    return fits;
}

static enum status print_sharing(const struct history *h)
{
    double start = seconds();
    int64_t shared = live_bytes(), apart = 0;
    if (!measure_apart(h, &apart))
        return fail(NO_MEMORY, "out of memory while measuring copies of %zu versions", h->n);
    printf("\nAll %zu versions together take %.2f MB; as separate copies %.2f MB, %.1f times that.\n", h->n,
           (double)shared / 1e6, (double)apart / 1e6, (double)apart / (double)shared);
    printf("(Each version built anew from its entries, its words too, measured and dropped: %.2f s.)\n",
           seconds() - start);
    return DONE;
}

/* ---- the whole ---- */

struct request {
    const char *path;
    char **words; /* ends with NULL */
    const char *chapters[ASKED_MAX];
    size_t n_chapters, lines_per_chapter;
};

static enum status parse_request(int argc, char **argv, struct request *r)
{
    static char *usual_words[] = {"light", "water", "king", "love", "time", NULL};
    size_t mib;
    for (int option; (option = getopt(argc, argv, "c:m:n:v")) != -1;)
        if (option == 'v')
            progress_always();
        else if (option == 'c' && r->n_chapters < ASKED_MAX)
            r->chapters[r->n_chapters++] = optarg;
        else if (option == 'm' && parse_number(optarg, 1, SIZE_MAX >> 20, &mib))
            stet_pool_set_budget(mib << 20);
        else if (option != 'n' || !parse_number(optarg, 1, SIZE_MAX, &r->lines_per_chapter))
            return fail(BAD_USAGE, "usage: wordcount [-v] [-c CHAPTER]... [-n LINES] [-m MIB] [FILE [WORD...]]");
    r->path = optind < argc ? argv[optind++] : "-";
    r->words = optind < argc ? argv + optind : usual_words;
    for (int i = optind; i < argc; i++)
        fold_case(argv[i], strlen(argv[i]));
    return DONE;
}

/* The versions asked for, or those of the usual ones that the text has, and that of its end; oldest first. */
static enum status choose_versions(const struct request *r, const struct history *h, const struct version **chosen,
                                   size_t *n)
{
    static const char *const usual[] = {"Genesis 10", "Psalms 23", "line 1000", "line 10000"};
    bool named = r->n_chapters > 0;
    size_t names = named ? r->n_chapters : sizeof usual / sizeof usual[0];
    for (size_t i = 0; i < names; i++) {
        const char *name = named ? r->chapters[i] : usual[i];
        struct version *v = find_version(h, name);
        if (v != NULL)
            v->asked = true;
        else if (named)
            return fail(BAD_USAGE, "no chapter '%s' in %s", name, r->path);
    }
    h->version[h->n - 1].asked = true;
    for (size_t i = 0; i < h->n; i++)
        if (h->version[i].asked)
            chosen[(*n)++] = &h->version[i];
    return DONE;
}

static enum status run(const struct request *r, struct history *h)
{
    double start = seconds();
    enum status status = read_history(h, r->path, r->lines_per_chapter);
    if (status != DONE || h->n == 0)
        return status;
    assert(h->n > 0); /* where words are, a chapter has begun */
    double taken = seconds() - start;
    printf("%zu lines, %zu words, %zu different: %zu versions in %.3f s, %.0f per second\n", h->lines, h->words,
           counts_size(&h->version[h->n - 1].words), h->n, taken, (double)h->n / taken);

    const struct version *chosen[ASKED_MAX + 1];
    size_t n = 0;
    status = choose_versions(r, h, chosen, &n);
    if (status != DONE)
        return status;
    print_answers(chosen, n, r->words);
    const struct version beginning = {.at = {"line", 0}};
    print_growth(n > 1 ? chosen[0] : &beginning, chosen[n > 1]);
    return print_sharing(h);
}

int main(int argc, char **argv)
{
    program = "wordcount";
    stet_pool_report_leaks_at_exit();
    struct request request = {0};
    struct history history = {0};
    enum status status = parse_request(argc, argv, &request);
    if (status == DONE)
        status = run(&request, &history);
    drop_history(&history);
    if (status == DONE && fflush(stdout) != 0)
        status = fail(BAD_FILE, "cannot write: %s", strerror(errno));
    return (int)status;
}
