/* SPDX-License-Identifier: MIT */
/*
 * editor.c - edits a text, keeps the version after every edit, and goes to any of them.
 *
 *     editor [-v] [-e] [-m MIB] [-r EDITS] [-s SEED] FILE [SCRIPT]
 *
 * It makes random edits, shows what some of them changed, undoes and redoes them all, and measures what the versions
 * share. With a SCRIPT it does what that says instead. FILE is a text, SCRIPT has one command a line; `-` is standard
 * input.
 *
 *   -r EDITS  so many random edits (10000; before a script, none)
 *   -s SEED   other random edits
 *   -e        print the random edits as a script
 *   -m MIB    the versions may take no more memory than this
 *   -v        show progress even when standard error is no terminal
 *
 *   insert N TEXT     TEXT becomes line N (from 1)          undo, redo   the edit before, or undone last
 *   replace N TEXT    TEXT takes the place of line N        jump V       to version V; 0 is FILE
 *   delete N [M]      lines N to M go                       diff V W     what changed from version V to W
 *   cut N [M]         the same, to the clipboard            find TEXT    the numbers of the lines that have it
 *   copy N [M]        lines N to M to the clipboard         print N [M]  lines N to M; without N, all
 *   paste N           the clipboard before line N           version      where we are
 *
 * In a script, empty lines and those that begin with # are skipped. Each edit (insert to paste, but for copy) makes a
 * version, and what cannot be done ends the script.
 *
 * Exit status: 0 done, 1 unreadable input or unwritable output, 2 wrong usage or command, 3 out of memory.
 */
#define _GNU_SOURCE 1 /* getopt, memmem */

#include "editor_core.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <stet/pool.h>

enum {
    USUAL_EDITS = 10000,
    RANGE_MAX = 100, /* lines of a random range */
    LINE_MAX_ = 200, /* bytes of a random line */
    SHOWN = 3,       /* edits whose changes are shown */
    SAMPLES = 100,   /* versions that are copied to be measured */
};

/* ---- texts ---- */

static enum status read_lines(const char *path, lines *text, size_t *bytes)
{
    struct text t;
    enum status status = text_open(&t, path, 1);
    if (status != DONE)
        return status;
    bool fits = true;
    while (fits && text_next_line(&t)) {
        stet_str line;
        fits = stet_str_from_bytes(t.line, t.length, &line) && lines_push_back(text, line);
        stet_str_drop(&line);
        *bytes += t.length + 1;
        progress(t.lines, "lines read");
    }
    progress_end();
    status = text_close(&t);
    return fits ? status : fail(NO_MEMORY, "out of memory: %zu lines of %s fit", lines_size(text), path);
}

/* How much of a text is printed: bytes of a line, lines of a range; what is left out shows as dots. */
struct extent {
    size_t width, lines;
};
static const struct extent whole = {SIZE_MAX, SIZE_MAX}, brief = {90, 4};

/* Lines [from, to), each behind `prefix`. */
static void print_lines(const lines *text, size_t from, size_t to, const char *prefix, struct extent show)
{
    size_t end = to - from <= show.lines ? to : from + show.lines;
    for (lines_cursor it = lines_cursor_in(text, from, end); it.at != NULL; lines_next(&it)) {
        const char *bytes = stet_str_bytes(it.at);
        size_t n = stet_str_size(it.at), shown = n < show.width ? n : show.width;
        while (shown < n && shown > 0 && ((unsigned char)bytes[shown] & 0xC0) == 0x80) /* not within a character */
            shown--;
        fputs(prefix, stdout);
        fwrite(bytes, 1, shown, stdout);
        puts(shown < n ? "..." : "");
    }
    if (end < to)
        printf("%s... (%zu more)\n", prefix, to - end);
}

/* ---- what came between two versions ---- */

struct changes {
    const lines *from, *to;
    const struct extent *show; /* NULL: they are only counted */
    size_t stretches, removed, added;
};

/*
 * b has lines [b_from, b_to) where a has [a_from, a_to). As `diff -U0` prints it: an empty range is named by the line
 * before it.
 */
static bool note_change(void *context, size_t a_from, size_t a_to, size_t b_from, size_t b_to)
{
    struct changes *c = context;
    size_t removed = a_to - a_from, added = b_to - b_from;
    c->stretches++;
    c->removed += removed;
    c->added += added;
    if (c->show != NULL) {
        printf("@@ -%zu,%zu +%zu,%zu @@\n", a_from + (removed > 0), removed, b_from + (added > 0), added);
        print_lines(c->from, a_from, a_to, "-", *c->show);
        print_lines(c->to, b_from, b_to, "+", *c->show);
    }
    return true;
}

static bool print_changes(const struct editor *e, size_t from, size_t to, const struct extent *show)
{
    struct changes c = {editor_version(e, from), editor_version(e, to), .show = show};
    if (c.from == NULL || c.to == NULL)
        return false;
    lines_diff(c.from, c.to, note_change, &c);
    printf("changes from version %zu to %zu: %zu, lines -%zu +%zu\n", from, to, c.stretches, c.removed, c.added);
    return true;
}

/* ---- commands ---- */

struct command {
    const struct verb *verb;
    size_t n[2]; /* the numbers given; one range end that is not given is like the other */
    unsigned numbers;
    const char *text;
    size_t length;
};

typedef stet_result run_fn(struct editor *e, const struct command *c);

static stet_result with_line(struct editor *e, const struct command *c,
                             stet_result (*edit)(struct editor *, size_t, const stet_str *))
{
    stet_str line;
    if (!stet_str_from_bytes(c->text, c->length, &line))
        return STET_NO_MEMORY;
    stet_result result = edit(e, c->n[0] - 1, &line); /* a line 0 becomes one that there is not */
    stet_str_drop(&line);
    return result;
}

static stet_result run_insert(struct editor *e, const struct command *c) { return with_line(e, c, editor_insert); }
static stet_result run_replace(struct editor *e, const struct command *c) { return with_line(e, c, editor_replace); }
static stet_result run_delete(struct editor *e, const struct command *c)
{
    return editor_delete(e, c->n[0] - 1, c->n[1]);
}
static stet_result run_cut(struct editor *e, const struct command *c) { return editor_cut(e, c->n[0] - 1, c->n[1]); }
static stet_result run_copy(struct editor *e, const struct command *c) { return editor_copy(e, c->n[0] - 1, c->n[1]); }
static stet_result run_paste(struct editor *e, const struct command *c) { return editor_paste(e, c->n[0] - 1); }
static stet_result run_undo(struct editor *e, const struct command *c) { return (void)c, editor_undo(e); }
static stet_result run_redo(struct editor *e, const struct command *c) { return (void)c, editor_redo(e); }
static stet_result run_jump(struct editor *e, const struct command *c) { return editor_jump(e, c->n[0]); }

static stet_result run_diff(struct editor *e, const struct command *c)
{
    return print_changes(e, c->n[0], c->n[1], &whole) ? STET_CHANGED : STET_UNCHANGED;
}

static bool has_text(void *context, const stet_str *line)
{
    const struct command *c = context;
    return memmem(stet_str_bytes(line), stet_str_size(line), c->text, c->length) != NULL;
}

static stet_result run_find(struct editor *e, const struct command *c)
{
    const lines *document = editor_document(e);
    struct command wanted = *c;
    printf("found:");
    for (size_t i = 0; (i = lines_find(document, i, has_text, &wanted)) != SIZE_MAX; i++)
        printf(" %zu", i + 1);
    puts("");
    return STET_CHANGED;
}

static stet_result run_print(struct editor *e, const struct command *c)
{
    const lines *document = editor_document(e);
    size_t from = c->numbers > 0 ? c->n[0] - 1 : 0, to = c->numbers > 0 ? c->n[1] : lines_size(document);
    if (from > to || to > lines_size(document))
        return STET_UNCHANGED;
    print_lines(document, from, to, "", whole);
    return STET_CHANGED;
}

static stet_result run_version(struct editor *e, const struct command *c)
{
    (void)c;
    printf("version %zu of 0 to %zu: %zu lines\n", e->at, versions_size(&e->all) - 1, lines_size(editor_document(e)));
    return STET_CHANGED;
}

/* How many numbers follow, and whether text does; how often it is chosen at random, of 100. */
static const struct verb {
    const char *name;
    unsigned least, most;
    bool text;
    unsigned often;
    run_fn *run;
} verbs[] = {
    {"replace", 1, 1, true, 34, run_replace}, {"insert", 1, 1, true, 16, run_insert},
    {"delete", 1, 2, false, 12, run_delete},  {"cut", 1, 2, false, 10, run_cut},
    {"copy", 1, 2, false, 3, run_copy},       {"paste", 1, 1, false, 10, run_paste},
    {"undo", 0, 0, false, 9, run_undo},       {"redo", 0, 0, false, 5, run_redo},
    {"jump", 1, 1, false, 1, run_jump},       {"diff", 2, 2, false, 0, run_diff},
    {"find", 0, 0, true, 0, run_find},        {"print", 0, 2, false, 0, run_print},
    {"version", 0, 0, false, 0, run_version},
};

enum { VERBS = sizeof verbs / sizeof *verbs };

static void print_command(const struct command *c)
{
    fputs(c->verb->name, stdout);
    for (unsigned i = 0; i < c->numbers; i++)
        printf(" %zu", c->n[i]);
    if (c->verb->text) {
        putchar(' ');
        fwrite(c->text, 1, c->length, stdout);
    }
    puts("");
}

/* line ends with a 0 and has none before; c->text is a part of it. False: no command. */
static bool parse_command(struct command *c, char *line, size_t length)
{
    size_t name = strcspn(line, " ");
    const struct verb *v = verbs, *end = verbs + VERBS;
    while (v < end && (strlen(v->name) != name || memcmp(v->name, line, name) != 0))
        v++;
    if (v == end)
        return false;
    *c = (struct command){.verb = v};
    char *at = line + name;
    for (; c->numbers < v->most && *at == ' ' && at[1] >= '0' && at[1] <= '9'; c->numbers++)
        c->n[c->numbers] = strtoul(at + 1, &at, 10); /* one too large is the largest: there is no such line */
    if (c->numbers == 1)
        c->n[1] = c->n[0];
    bool separated = *at == ' ';
    c->text = at + separated;
    c->length = (size_t)(line + length - c->text);
    return c->numbers >= v->least && (v->text ? separated || c->length == 0 : at == line + length);
}

static enum status run_script(struct editor *e, const char *path)
{
    struct text t;
    struct command c;
    enum status status = text_open(&t, path, 1);
    if (status != DONE)
        return status;
    while (status == DONE && text_next_line(&t)) {
        if (t.length == 0 || t.line[0] == '#')
            continue;
        if (!parse_command(&c, t.line, t.length)) {
            status = fail(BAD_USAGE, "%s:%zu: no command: %s", path, t.lines, t.line);
            break;
        }
        stet_result result = c.verb->run(e, &c);
        if (result == STET_UNCHANGED)
            status = fail(BAD_USAGE, "%s:%zu: cannot be done in version %zu, of %zu lines: %s", path, t.lines, e->at,
                          lines_size(editor_document(e)), t.line);
        else if (result == STET_NO_MEMORY)
            status = fail(NO_MEMORY, "%s:%zu: out of memory: %zu versions fit", path, t.lines, versions_size(&e->all));
    }
    enum status closed = text_close(&t);
    return status != DONE ? status : closed;
}

/* ---- random edits ---- */

/* splitmix64: a number below n > 0. */
static size_t draw(uint64_t *random, size_t n)
{
    uint64_t x = *random += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return (size_t)((x ^ x >> 31) % n);
}

/* Adds the first or the second half of a line of the text. */
static void add_half(const lines *text, uint64_t *random, char *bytes, size_t *length)
{
    const stet_str *line = lines_get(text, draw(random, lines_size(text)));
    size_t n = stet_str_size(line), half = n / 2, from = draw(random, 2) == 0 ? 0 : half;
    size_t more = from == 0 ? half : n - half;
    if (more > LINE_MAX_ / 2)
        more = LINE_MAX_ / 2;
    memcpy(bytes + *length, stet_str_bytes(line) + from, more);
    *length += more;
}

/* A command for the document; bytes: room for its text. */
static struct command random_command(const struct editor *e, uint64_t *random, char *bytes)
{
    const lines *document = editor_document(e);
    size_t size = lines_size(document), dice = draw(random, 100), v = 0;
    for (size_t sum = verbs[0].often; sum <= dice; sum += verbs[v].often)
        v++;
    struct command c = {.verb = &verbs[v], .numbers = verbs[v].most, .text = bytes};
    c.n[0] = c.n[1] = 1 + draw(random, size + 1);
    if (verbs[v].run == run_jump)
        c.n[0] = draw(random, versions_size(&e->all));
    if (verbs[v].most == 2 && c.n[0] <= size)
        c.n[1] += draw(random, size - c.n[0] < RANGE_MAX ? size - c.n[0] + 1 : RANGE_MAX);
    if (verbs[v].run == run_delete) /* mostly a line or two */
        c.n[1] = c.n[1] - c.n[0] < 10 ? c.n[1] : c.n[0];
    if (verbs[v].text && size > 0) {
        add_half(document, random, bytes, &c.length);
        add_half(document, random, bytes, &c.length);
    }
    return c;
}

/* An edit that cannot be done (an end of the text, nothing to redo) changes nothing; it is counted as one. */
static enum status edit_at_random(struct editor *e, size_t edits, uint64_t seed, bool echo)
{
    char bytes[LINE_MAX_];
    for (size_t done = 0; done < edits; done++) {
        struct command c = random_command(e, &seed, bytes);
        stet_result result = c.verb->run(e, &c);
        if (result == STET_NO_MEMORY)
            return fail(NO_MEMORY,
                        "out of memory after %zu edits: %zu versions fit, and the text stands at version %zu", done,
                        versions_size(&e->all), e->at);
        if (echo && result == STET_CHANGED)
            print_command(&c);
        else if (!echo)
            progress(done + 1, "edits");
    }
    progress_end();
    return DONE;
}

/* ---- what the versions share ---- */

static int64_t live_bytes(void) { return stet_pool_stats().live_bytes; }

/* A version built anew: it shares nothing, or (lines_too false) the bytes of its lines. */
static bool copy_apart(const lines *version, bool lines_too, lines *copy)
{
    for (lines_cursor it = lines_cursor_at(version, 0); it.at != NULL; lines_next(&it)) {
        stet_str line = {0};
        if (lines_too && !stet_str_from_bytes(stet_str_bytes(it.at), stet_str_size(it.at), &line))
            return false;
        bool fits = lines_push_back(copy, lines_too ? line : *it.at);
        stet_str_drop(&line);
        if (!fits)
            return false;
    }
    return true;
}

/* The bytes that all versions would take as copies: of all, or of some, each copied, measured and dropped. */
static bool measure_apart(const struct editor *e, bool lines_too, double *bytes)
{
    size_t n = versions_size(&e->all), samples = n < SAMPLES ? n : SAMPLES;
    bool fits = true;
    *bytes = 0;
    for (size_t i = 0; fits && i < samples; i++) {
        int64_t before = live_bytes();
        lines copy = {0};
        fits = copy_apart(editor_version(e, i * n / samples), lines_too, &copy);
        *bytes += (double)(live_bytes() - before) * (double)n / (double)samples;
        lines_drop(&copy);
        progress(i + 1, "versions measured");
    }
    progress_end();
    return fits;
}

static enum status print_sharing(const struct editor *e)
{
    double start = seconds(), shared = (double)live_bytes(), arrays, copies;
    size_t n = versions_size(&e->all);
    if (!measure_apart(e, false, &arrays) || !measure_apart(e, true, &copies))
        return fail(NO_MEMORY, "out of memory while measuring copies of %zu versions", n);
    printf("\nAll %zu versions together take %.1f MB. As separate lists of shared lines they would take %.1f MB, %.0f "
           "times that; as separate copies %.1f MB, %.0f times.\n",
           n, shared / 1e6, arrays / 1e6, arrays / shared, copies / 1e6, copies / shared);
    printf("(%zu of them copied, measured and dropped: %.2f s)\n", n < SAMPLES ? n : SAMPLES, seconds() - start);
    return DONE;
}

/* ---- the whole ---- */

struct request {
    const char *path, *script;
    size_t edits, seed;
    bool echo;
};

static enum status parse_request(int argc, char **argv, struct request *r)
{
    size_t mib;
    bool right = true, edits_given = false;
    for (int option; (option = getopt(argc, argv, "em:r:s:v")) != -1;)
        if (option == 'v')
            progress_always();
        else if (option == 'e')
            r->echo = true;
        else if (option == 'm' && parse_number(optarg, 1, SIZE_MAX >> 20, &mib))
            stet_pool_set_budget(mib << 20);
        else if (option == 'r' && parse_number(optarg, 0, SIZE_MAX, &r->edits))
            edits_given = true;
        else
            right = right && option == 's' && parse_number(optarg, 0, SIZE_MAX, &r->seed);
    if (!right || optind >= argc || argc > optind + 2)
        return fail(BAD_USAGE, "usage: editor [-v] [-e] [-m MIB] [-r EDITS] [-s SEED] FILE [SCRIPT]");
    r->path = argv[optind];
    r->script = argv[optind + 1];
    if (!edits_given && r->script == NULL)
        r->edits = USUAL_EDITS;
    return DONE;
}

/* Some of the versions, what became of the text, and the way back. */
static enum status print_history(struct editor *e)
{
    size_t last = versions_size(&e->all) - 1, steps = 0, at = e->at;
    for (size_t i = 1; i <= SHOWN && last >= SHOWN; i++) {
        size_t from = (last - 1) * i / SHOWN;
        puts("");
        print_changes(e, from, from + 1, &brief);
    }
    double start = seconds();
    puts("");
    print_changes(e, 0, last, NULL);
    printf("(found in %.4f s)\n", seconds() - start);

    stet_result result = STET_CHANGED;
    start = seconds();
    for (; (result = editor_undo(e)) == STET_CHANGED;)
        steps++;
    size_t back = e->at;
    while (result != STET_NO_MEMORY && (result = editor_redo(e)) == STET_CHANGED)
        ;
    if (result == STET_NO_MEMORY)
        return fail(NO_MEMORY, "out of memory on the way back to version 0, at version %zu", e->at);
    printf("\n%zu steps undone, to version %zu, and redone, to version %zu of %zu: %.4f s\n", steps, back, at, last,
           seconds() - start);
    return DONE;
}

static enum status run(const struct request *r, struct editor *e, lines *text)
{
    double start = seconds();
    size_t bytes = 0;
    enum status status = read_lines(r->path, text, &bytes);
    if (status != DONE)
        return status;
    if (!editor_open(e, text))
        return fail(NO_MEMORY, "out of memory: no version of %s fits", r->path);
    size_t size = lines_size(text);
    lines_drop(text); /* version 0 has it */
    if (r->script == NULL)
        printf("%zu lines, %.1f MB, read in %.3f s\n", size, (double)bytes / 1e6, seconds() - start);

    start = seconds();
    status = edit_at_random(e, r->edits, r->seed, r->echo);
    if (status != DONE || r->script != NULL)
        return status != DONE ? status : run_script(e, r->script);
    double taken = seconds() - start;
    printf("%zu random edits in %.3f s, %.0f per second: %zu versions\n", r->edits, taken, (double)r->edits / taken,
           versions_size(&e->all));
    status = print_history(e);
    return status == DONE ? print_sharing(e) : status;
}

int main(int argc, char **argv)
{
    program = "editor";
    stet_pool_report_leaks_at_exit();
    struct request request = {.seed = 1};
    struct editor editor = {0};
    lines text = {0};
    enum status status = parse_request(argc, argv, &request);
    if (status == DONE)
        status = run(&request, &editor, &text);
    lines_drop(&text);
    editor_close(&editor);
    if (status == DONE && fflush(stdout) != 0)
        status = fail(BAD_FILE, "cannot write: %s", strerror(errno));
    return (int)status;
}
