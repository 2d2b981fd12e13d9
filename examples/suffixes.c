/* SPDX-License-Identifier: MIT */
/*
 * suffixes.c - the public suffix list, served by threads while it is loaded anew and edited.
 *
 * usage: suffixes [-f FILE] HOST...                      prints each host's registrable domain ("-": it has none)
 *        suffixes [-f FILE] --serve SECONDS [THREADS]    asks for hosts in threads, and reloads meanwhile
 *
 * FILE is in the format of publicsuffix.org; by default Debian's (package publicsuffix). Serving, the threads' answers
 * are compared with those of the start; a line tells what is going on. Exit status: 0; 1: the file cannot be read;
 * 2: wrong usage; 3: no memory; 4: wrong answers.
 */
#define _POSIX_C_SOURCE 200809L

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <stet/atom.h>
#include <stet/map.h>
#include <stet/pool.h>
#include <stet/str.h>

enum { DONE = 0, BAD_FILE = 1, BAD_USAGE = 2, NO_MEMORY = 3, WRONG = 4 };

#define MOST_HOSTS 4096
#define MOST_THREADS 64

/* What the list says of a name: it is a suffix; everything one label below it is; it is none, against that. */
enum { SUFFIX = 1, ALL_BELOW = 2, NONE = 4 };
STET_MAP(suffixes, stet_str, int)
STET_ATOM(suffix_atom, suffixes)

/* ---- the list ---- */

/* Adds what a line says: "co.uk", "*.ck", "!www.ck"; comments and empty lines say nothing. */
static bool add_line(suffixes *list, const char *line)
{
    size_t n = strcspn(line, " \t\r\n");
    if (n == 0 || strncmp(line, "//", 2) == 0)
        return true;
    int what = SUFFIX;
    if (line[0] == '!')
        what = NONE, line++, n--;
    else if (strncmp(line, "*.", 2) == 0)
        what = ALL_BELOW, line += 2, n -= 2;
    int *all;
    if (!suffixes_edit_bytes(list, line, n, &all))
        return false;
    *all |= what;
    return true;
}

static int load(suffixes *list, const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        return BAD_FILE;
    }
    char *line = NULL;
    size_t room = 0;
    bool all = true;
    while (all && getline(&line, &room, file) >= 0)
        all = add_line(list, line);
    int bad = ferror(file);
    free(line);
    fclose(file);
    if (bad || !all)
        suffixes_drop(list);
    return bad ? BAD_FILE : all ? DONE : NO_MEMORY;
}

static const char *next_label(const char *host)
{
    const char *dot = strchr(host, '.');
    return dot != NULL ? dot + 1 : NULL;
}

/* The part of host, in lower case, that can be registered: a public suffix and one label. NULL: it is a suffix. */
static const char *registrable(const suffixes *list, const char *host)
{
    const char *before = NULL; /* one label more than `at` */
    for (const char *at = host; at != NULL; before = at, at = next_label(at)) {
        const char *parent = next_label(at);
        const int *here = suffixes_get_cstr(list, at);
        const int *above = parent != NULL ? suffixes_get_cstr(list, parent) : NULL;
        if (here != NULL && (*here & NONE))
            return at;
        if ((here != NULL && (*here & SUFFIX)) || (above != NULL && (*above & ALL_BELOW)) || parent == NULL)
            return before;
    }
    return NULL;
}

/* ---- serving ---- */

struct host {
    char name[256];
    const char *answer; /* in name, or NULL */
};

static struct host hosts[MOST_HOSTS];
static size_t host_count;
static suffix_atom table;
static int stop;

struct server {
    pthread_t thread;
    uint64_t answers, wrong;
};

static void count(uint64_t *place, uint64_t n) { __atomic_store_n(place, *place + n, __ATOMIC_RELAXED); }

/* Each request asks the version that is current when it begins. */
static void *serve(void *argument)
{
    struct server *self = argument;
    suffixes_reader r;
    if (!suffixes_reader_init(&r, &table))
        return NULL;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        uint64_t wrong = 0;
        for (size_t i = 0; i < host_count; i++)
            wrong += registrable(suffixes_reader_refresh(&r), hosts[i].name) != hosts[i].answer;
        count(&self->answers, host_count);
        count(&self->wrong, wrong);
    }
    suffixes_reader_destroy(&r);
    return NULL;
}

/* "www.example." and a name of the list, for some thousand of its names. */
static void choose_hosts(const suffixes *list)
{
    for (suffixes_cursor it = suffixes_first(list); it.key != NULL && host_count < MOST_HOSTS; suffixes_next(&it)) {
        struct host *h = &hosts[host_count];
        if (stet_str_size(it.key) > 200)
            continue;
        snprintf(h->name, sizeof h->name, "www.example.%s", stet_str_bytes(it.key));
        h->answer = registrable(list, h->name);
        host_count++;
    }
}

/* A name that no host asks for comes and goes. */
static stet_result toggle(void *name, suffixes *list)
{
    if (suffixes_has_cstr(list, name))
        return suffixes_erase_cstr(list, name);
    return suffixes_set_cstr(list, name, SUFFIX);
}

static void wait_ms(long ms) { nanosleep(&(struct timespec){0, ms * 1000000}, NULL); }

static uint64_t sum_of(const struct server *s, unsigned n, bool wrong)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += __atomic_load_n(wrong ? &s[i].wrong : &s[i].answers, __ATOMIC_RELAXED);
    return sum;
}

/* What is going on; whole lines when nobody looks. */
static void report(const struct server *s, unsigned n, uint64_t first)
{
    struct stet_holder holder;
    suffixes_guard oldest = suffix_atom_oldest(&table, &holder);
    double held = suffixes_guard_holds(&oldest) ? (double)suffixes_unshared_bytes(suffixes_guard_view(&oldest)) : 0;
    suffixes_guard_release(&oldest);
    printf("%s%llu answers, %llu versions, %.1f MB in memory, %.1f kB in an old version%s",
           isatty(STDOUT_FILENO) ? "\r" : "", (unsigned long long)sum_of(s, n, false),
           (unsigned long long)(suffix_atom_version(&table) - first), (double)stet_pool_stats().live_bytes / 1e6,
           held / 1e3, isatty(STDOUT_FILENO) ? "    " : "\n");
    fflush(stdout);
}

/* The file again and again, and an edit each millisecond. */
static int write_for(double seconds, const char *path, const struct server *servers, unsigned n)
{
    char name[] = "a-new.example";
    uint64_t first = suffix_atom_version(&table);
    for (unsigned ms = 0; ms < seconds * 1000; ms++) {
        if (ms % 100 == 0) {
            suffixes fresh = {0};
            int status = load(&fresh, path);
            if (status != DONE)
                return status; /* the old one stays */
            if (!suffix_atom_store(&table, &fresh))
                return NO_MEMORY;
        }
        if (ms % 200 == 0)
            report(servers, n, first);
        if (!suffix_atom_update(&table, toggle, name))
            return NO_MEMORY;
        wait_ms(1);
    }
    report(servers, n, first);
    return DONE;
}

static int serve_all(suffixes *list, const char *path, double seconds, unsigned n)
{
    static struct server server[MOST_THREADS];
    choose_hosts(list);
    if (!suffix_atom_init(&table, list))
        return NO_MEMORY;
    unsigned started = 0;
    while (started < n && pthread_create(&server[started].thread, NULL, serve, &server[started]) == 0)
        started++;
    int status = write_for(seconds, path, server, started);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < started; i++)
        pthread_join(server[i].thread, NULL);
    uint64_t wrong = sum_of(server, started, true);
    printf("%s%u threads, %llu answers, %llu wrong\n", isatty(STDOUT_FILENO) ? "\n" : "", started,
           (unsigned long long)sum_of(server, started, false), (unsigned long long)wrong);
    suffix_atom_destroy(&table);
    if (status != DONE)
        return status;
    return wrong != 0 || started == 0 ? WRONG : DONE;
}

int main(int argc, char **argv)
{
    const char *path = "/usr/share/publicsuffix/public_suffix_list.dat";
    int at = 1;
    if (argc > 2 && strcmp(argv[1], "-f") == 0) {
        path = argv[2];
        at = 3;
    }
    bool serving = at < argc && strcmp(argv[at], "--serve") == 0;
    double seconds = serving && at + 1 < argc ? strtod(argv[at + 1], NULL) : 0;
    long threads = serving && at + 2 < argc ? strtol(argv[at + 2], NULL, 10) : 2;
    if (at == argc || (serving && (seconds <= 0 || threads < 1 || threads > MOST_THREADS))) {
        fputs("usage: suffixes [-f FILE] HOST...\n       suffixes [-f FILE] --serve SECONDS [THREADS]\n", stderr);
        return BAD_USAGE;
    }
    suffixes list = {0};
    int status = load(&list, path);
    if (status == DONE && serving)
        status = serve_all(&list, path, seconds, (unsigned)threads);
    for (; status == DONE && !serving && at < argc; at++) {
        char host[256] = "";
        for (size_t i = 0; i < sizeof host - 1 && argv[at][i] != '\0'; i++)
            host[i] = (char)tolower((unsigned char)argv[at][i]);
        const char *answer = registrable(&list, host);
        puts(answer != NULL ? answer : "-");
    }
    suffixes_drop(&list);
    if (status == NO_MEMORY)
        fputs("suffixes: no memory\n", stderr);
    return status;
}
