/* SPDX-License-Identifier: MIT */
/*
 * wordcount.c - counts the words of a text and keeps what the counts were after every chapter.
 *
 *     wordcount [-v] [-c CHAPTER]... [-n LINES] [-m MIB] [FILE [WORD...]]
 *
 * It answers from old versions how often each WORD had come by then, tells which words grew most between two of them,
 * and measures what the versions share. Two lines below do the work: counts_edit_bytes() counts a word in a map whose
 * nodes older versions hold, and none of them sees it; counts_copy() keeps a version, in O(1).
 *
 * FILE is a text; `-` or none is standard input. If its first line begins with book, chapter and verse ("Genesis 1:1",
 * "Ge1:1"), any line may, and a version is kept per chapter; otherwise one per 1000 lines ("line 1000").
 * A word is letters with apostrophes inside. A to Z count as a to z, bytes above 127 as letters.
 *
 *   -c CHAPTER  answer for the end of this chapter ("Genesis 10", its first letters suffice; or "line 2000")
 *   -n LINES    keep a version per so many lines, chapters or not
 *   -m MIB      let the maps take no more memory than this
 *   -v          show progress even when standard error is no terminal
 *
 * Exit status: 0 done, 1 unreadable input or unwritable output, 2 wrong usage, 3 out of memory.
 */
#define _POSIX_C_SOURCE 200809L /* getline, getopt, clock_gettime */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <stet/map.h>
#include <stet/pool.h>
#include <stet/str.h>

/* How often each word came. */
STET_MAP(counts, stet_str, long, stet_str_type, stet_long)

enum status { DONE, BAD_FILE, BAD_USAGE, NO_MEMORY };

enum { LINES_PER_VERSION = 1000, POINTS_MAX = 8, GREW_MAX = 10 };

static const char *const usual_words[] = {"light", "water", "king", "love", "time"};
static const char *const usual_chapters[] = {"Genesis 10", "Psalms 23", "line 1000", "line 10000"};

/* A chapter: "Genesis", 10. Where there are none: "line", 1000. */
struct label {
    char book[32];
    unsigned long number;
};

/* What the counts were at the end of a chapter. */
struct version {
    struct label at;
    counts words;
};

/* The text so far, and every version kept of its counts, oldest first. */
struct history {
    struct version *version;
    size_t n, room;
    counts now;
    struct label at;
    size_t lines, words;
    size_t lines_per_version; /* 0: a version per chapter */
    bool has_verses;
};

/* ---- telling the user ---- */

static bool show_progress;

static enum status fail(enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("wordcount: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return status;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* A line on standard error, five times a second at most; on a terminal each over the last. */
static void progress(size_t done, const char *what)
{
    static double next;
    if (!show_progress || seconds() < next)
        return;
    next = seconds() + 0.2;
    bool terminal = isatty(STDERR_FILENO);
    fprintf(stderr, "%s%9zu %s%s", terminal ? "\r" : "", done, what, terminal ? "   " : "\n");
}

static void progress_end(void)
{
    if (show_progress && isatty(STDERR_FILENO))
        fprintf(stderr, "\r%40s\r", "");
}

/* ---- chapters ---- */

/* "Genesis 10", "Ge10": a book and a number, text[0..n). */
static bool label_parse(struct label *label, const char *text, size_t n)
{
    size_t number = n;
    while (number > 0 && text[number - 1] >= '0' && text[number - 1] <= '9')
        number--;
    size_t book = number;
    while (book > 0 && text[book - 1] == ' ')
        book--;
    if (number == n || book == 0 || book >= sizeof label->book)
        return false;
    snprintf(label->book, sizeof label->book, "%.*s", (int)book, text);
    label->number = strtoul(text + number, NULL, 10);
    return true;
}

/* Whether the numbers agree and one book's name is that of the other, or begins with it. */
static bool label_matches(const struct label *a, const struct label *b)
{
    size_t n = strlen(a->book), m = strlen(b->book);
    return a->number == b->number && strncasecmp(a->book, b->book, n < m ? n : m) == 0;
}

static void print_label(const struct label *label, int width)
{
    char text[sizeof label->book + 24];
    snprintf(text, sizeof text, "%s %lu", label->book, label->number);
    printf("%*s", width, text);
}

/* The length of the "Genesis 10:3" that a line begins with, its chapter in *chapter; 0: it does not. */
static size_t reference(const char *line, struct label *chapter)
{
    const char *colon = strchr(line, ':');
    size_t verse = colon != NULL ? strspn(colon + 1, "0123456789") : 0;
    if (verse == 0 || !label_parse(chapter, line, (size_t)(colon - line)))
        return 0;
    return (size_t)(colon - line) + 1 + verse;
}

/* ---- from text to versions ---- */

static void fold_case(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = (char)(text[i] - 'A' + 'a');
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (unsigned char)c > 127; }

/* The first word between text and end, and its length; 0: there is none. */
static const char *next_word(const char *text, const char *end, size_t *n)
{
    while (text < end && !is_letter(*text))
        text++;
    const char *stop = text;
    while (stop < end && (is_letter(*stop) || *stop == '\''))
        stop++;
    while (stop > text && stop[-1] == '\'')
        stop--;
    *n = (size_t)(stop - text);
    return text;
}

/* Counts the words of a text. Versions that share nodes with *now stay as they were. */
static bool count_words(counts *now, const char *text, const char *end, size_t *total)
{
    size_t n;
    for (const char *word = next_word(text, end, &n); n > 0; word = next_word(word + n, end, &n)) {
        long *times;
        if (!counts_edit_bytes(now, word, n, &times))
            return false;
        ++*times;
        ++*total;
    }
    return true;
}

/* Keeps the counts as they are now. However many they are, this is one more holder of the map's root. */
static bool keep_version(struct history *h)
{
    if (h->n == h->room) {
        size_t room = h->room != 0 ? 2 * h->room : 64;
        struct version *more = realloc(h->version, room * sizeof *more);
        if (more == NULL)
            return false;
        h->version = more;
        h->room = room;
    }
    h->version[h->n++] = (struct version){h->at, counts_copy(&h->now)};
    return true;
}

/* Where the text's next line belongs; *skip: the length of its reference. */
static struct label place_line(struct history *h, const char *line, size_t *skip)
{
    struct label at = h->at;
    bool first = h->lines == 0;
    *skip = first || h->has_verses ? reference(line, &at) : 0;
    if (first) {
        h->has_verses = *skip > 0;
        if (h->lines_per_version == 0 && !h->has_verses)
            h->lines_per_version = LINES_PER_VERSION;
    }
    return h->lines_per_version == 0 ? at : (struct label){"line", h->lines + 1};
}

/* Counts one more line. If a chapter begins with it, the version at the end of the last one is kept first. */
static bool count_line(struct history *h, char *line, size_t n)
{
    size_t skip;
    struct label at = place_line(h, line, &skip);
    bool begins = h->lines_per_version != 0 ? h->lines % h->lines_per_version == 0
                                            : at.number != h->at.number || strcmp(at.book, h->at.book) != 0;
    if (begins && h->lines > 0 && !keep_version(h))
        return false;
    h->at = at;
    h->lines++;
    fold_case(line, n);
    return count_words(&h->now, line + skip, line + n, &h->words);
}

static enum status read_history(struct history *h, FILE *in, const char *path)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    bool fits = true;
    while (fits && (n = getline(&line, &room, in)) >= 0) {
        fits = count_line(h, line, (size_t)n);
        progress(h->lines, "lines");
    }
    int error = errno;
    progress_end();
    free(line);
    if (ferror(in))
        return fail(BAD_FILE, "cannot read %s: %s", path, strerror(error));
    if (!fits || !feof(in) || (h->lines > 0 && !keep_version(h)))
        return fail(NO_MEMORY, "out of memory: %s, after %zu lines and %zu versions", path, h->lines, h->n);
    if (h->words == 0)
        return fail(BAD_FILE, "no words in %s", path);
    return DONE;
}

static void drop_history(struct history *h)
{
    counts_drop(&h->now);
    for (size_t i = 0; i < h->n; i++)
        counts_drop(&h->version[i].words);
    free(h->version);
}

/* ---- questions to old versions ---- */

/* Versions to ask, oldest first. */
struct points {
    const struct version *version[POINTS_MAX + 1];
    size_t n;
};

static const struct version *find_version(const struct history *h, const char *name)
{
    struct label wanted;
    if (label_parse(&wanted, name, strlen(name)))
        for (size_t i = 0; i < h->n; i++)
            if (label_matches(&h->version[i].at, &wanted))
                return &h->version[i];
    return NULL;
}

static void add_point(struct points *p, const struct version *v)
{
    size_t i = p->n;
    while (i > 0 && p->version[i - 1] > v)
        i--;
    if (i > 0 && p->version[i - 1] == v)
        return;
    memmove(&p->version[i + 1], &p->version[i], (p->n++ - i) * sizeof v);
    p->version[i] = v;
}

static void print_answers(const struct points *p, const char *const *words, size_t n)
{
    printf("\n%-18s", "by the end of");
    for (size_t i = 0; i < p->n; i++)
        print_label(&p->version[i]->at, 18);
    for (size_t w = 0; w < n; w++) {
        printf("\n%-18s", words[w]);
        for (size_t i = 0; i < p->n; i++) {
            const long *times = counts_get_cstr(&p->version[i]->words, words[w]);
            printf("%18ld", times != NULL ? *times : 0);
        }
    }
    puts("");
}

/* ---- what changed between two versions ---- */

struct growth {
    const stet_str *word;
    long by;
};

/* The words that grew most, most first; one place more than needed, for what drops out. */
struct growths {
    struct growth top[GREW_MAX + 1];
    size_t n;
};

static bool grew_more(const struct growth *a, const struct growth *b)
{
    return a->by != b->by ? a->by > b->by : stet_str_compare(a->word, b->word) < 0;
}

/* One difference of two versions: of words that came in between, and of no others. */
static bool note_growth(void *context, const stet_str *word, const long *before, const long *after)
{
    struct growths *g = context;
    struct growth new = {word, *after - (before != NULL ? *before : 0)};
    size_t i = g->n;
    for (; i > 0 && grew_more(&new, &g->top[i - 1]); i--)
        g->top[i] = g->top[i - 1];
    g->top[i] = new;
    g->n += g->n < GREW_MAX;
    return true;
}

/* From before the text when from is NULL. */
static void print_growth(const struct version *from, const struct version *to)
{
    const counts nothing = {0};
    struct growths g = {0};
    counts_diff(from != NULL ? &from->words : &nothing, &to->words, note_growth, &g);

    fputs("\nGrew most from ", stdout);
    if (from != NULL)
        print_label(&from->at, 0);
    else
        fputs("the beginning", stdout);
    fputs(" to ", stdout);
    print_label(&to->at, 0);
    putchar(':');
    for (size_t i = 0; i < g.n; i++)
        printf("%s %s +%ld", i > 0 ? "," : "", stet_str_bytes(g.top[i].word), g.top[i].by);
    puts("");
}

/* ---- what the versions share ---- */

/* A version built anew from its entries, with strings of its own: it shares nothing. */
static bool copy_unshared(const counts *version, counts *copy, stet_str *words, long *times)
{
    size_t n = 0;
    bool fits = true;
    for (counts_iter it = counts_first(version); fits && it.key != NULL; counts_next(&it)) {
        fits = stet_str_make(&words[n], stet_str_bytes(it.key), stet_str_size(it.key));
        times[n++] = *it.value;
    }
    fits = fits && counts_from_array(copy, words, times, n);
    for (size_t i = 0; i < n; i++)
        stet_str_drop(&words[i]);
    return fits;
}

/* What every version would take if it shared nothing: each is copied so, measured and dropped, one at a time. */
static bool measure_unshared(const struct history *h, int64_t *bytes)
{
    size_t most = counts_size(&h->now); /* words never go */
    stet_str *words = calloc(most, sizeof *words);
    long *times = calloc(most, sizeof *times);
    bool fits = words != NULL && times != NULL;
    for (size_t i = 0; fits && i < h->n; i++) {
        int64_t before = stet_pool_stats().live_bytes;
        counts copy = {0};
        fits = copy_unshared(&h->version[i].words, &copy, words, times);
        *bytes += stet_pool_stats().live_bytes - before;
        counts_drop(&copy);
        progress(i + 1, "versions measured");
    }
    progress_end();
    free(words);
    free(times);
    return fits;
}

static enum status print_sharing(const struct history *h, int64_t shared)
{
    int64_t apart = 0;
    double start = seconds();
    if (!measure_unshared(h, &apart))
        return fail(NO_MEMORY, "out of memory: measuring copies of %zu versions", h->n);
    printf("\nMemory of all %zu versions: %.1f MB. Of as many separate copies: %.1f MB, %.1f times as much\n"
           "(each version built anew from its entries, words too, and measured: %.2f s).\n",
           h->n, (double)shared / 1e6, (double)apart / 1e6, (double)apart / (double)shared, seconds() - start);
    return DONE;
}

/* ---- the whole ---- */

struct request {
    const char *path;
    const char *const *words;
    size_t n_words;
    const char *chapters[POINTS_MAX];
    size_t n_chapters;
    size_t lines_per_version;
};

static bool parse_number(const char *text, size_t *number)
{
    char *end;
    errno = 0;
    *number = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *number > 0;
}

static enum status parse_request(int argc, char **argv, struct request *r)
{
    size_t mib;
    for (int option; (option = getopt(argc, argv, "c:m:n:v")) != -1;)
        if (option == 'v')
            show_progress = true;
        else if (option == 'c' && r->n_chapters < POINTS_MAX)
            r->chapters[r->n_chapters++] = optarg;
        else if (option == 'n' && parse_number(optarg, &r->lines_per_version))
            continue;
        else if (option == 'm' && parse_number(optarg, &mib) && mib <= SIZE_MAX >> 20)
            stet_pool_set_budget(mib << 20);
        else
            return fail(BAD_USAGE, "usage: wordcount [-v] [-c CHAPTER]... [-n LINES] [-m MIB] [FILE [WORD...]]");

    r->path = optind < argc ? argv[optind++] : "-";
    for (int i = optind; i < argc; i++)
        fold_case(argv[i], strlen(argv[i]));
    bool has_words = optind < argc;
    r->words = has_words ? (const char *const *)argv + optind : usual_words;
    r->n_words = has_words ? (size_t)(argc - optind) : sizeof usual_words / sizeof *usual_words;
    return DONE;
}

/* The chapters asked for, or those of the usual ones that the text has; always its end. */
static enum status choose_points(const struct history *h, const struct request *r, struct points *p)
{
    for (size_t i = 0; i < r->n_chapters; i++) {
        const struct version *v = find_version(h, r->chapters[i]);
        if (v == NULL)
            return fail(BAD_USAGE, "no chapter '%s' in %s", r->chapters[i], r->path);
        add_point(p, v);
    }
    for (size_t i = 0; r->n_chapters == 0 && i < sizeof usual_chapters / sizeof *usual_chapters; i++) {
        const struct version *v = find_version(h, usual_chapters[i]);
        if (v != NULL)
            add_point(p, v);
    }
    add_point(p, &h->version[h->n - 1]);
    return DONE;
}

static enum status report(const struct request *r, struct history *h, FILE *in)
{
    double start = seconds();
    enum status status = read_history(h, in, r->path);
    if (status != DONE)
        return status;
    double taken = seconds() - start;
    int64_t shared = stet_pool_stats().live_bytes;
    printf("%zu lines, %zu words, %zu different; %zu versions kept in %.3f s, %.0f a second\n", h->lines, h->words,
           counts_size(&h->now), h->n, taken, (double)h->n / taken);

    struct points p = {0};
    status = choose_points(h, r, &p);
    if (status != DONE)
        return status;
    print_answers(&p, r->words, r->n_words);
    print_growth(p.n > 1 ? p.version[0] : NULL, p.version[p.n > 1]);
    return print_sharing(h, shared);
}

int main(int argc, char **argv)
{
    stet_pool_report_leaks_at_exit();
    show_progress = isatty(STDERR_FILENO);
    struct request request = {0};
    enum status status = parse_request(argc, argv, &request);
    if (status != DONE)
        return status;

    FILE *in = strcmp(request.path, "-") == 0 ? stdin : fopen(request.path, "r");
    if (in == NULL)
        return fail(BAD_FILE, "cannot open %s: %s", request.path, strerror(errno));
    struct history history = {.lines_per_version = request.lines_per_version};
    status = report(&request, &history, in);
    drop_history(&history);
    fclose(in);
    if (status == DONE && (fflush(stdout) != 0 || ferror(stdout)))
        return fail(BAD_FILE, "cannot write: %s", strerror(errno));
    return status;
}
