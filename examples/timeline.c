/* SPDX-License-Identifier: MIT */
/*
 * timeline.c - a time series with retention, of which the version of every day is kept.
 *
 *     timeline [-p SECONDS] [-k DAYS] [FILE]
 *
 * Each line of FILE (none: standard input) is an event: "SECONDS AMOUNT", in the order of time, as
 *
 *     find /usr -xdev -type f -printf '%Ts %s\n' | sort -n | timeline
 *
 * prints the files of a machine by age, with their bytes. The series has the events of the last DAYS (3,650); when a
 * day with events is over, its version is kept. Some of them are shown: sums, quantiles by rank, what two versions
 * differ in. At the end, all are compared with what loops over an array of all events find.
 *
 *   -p SECONDS  keep a version per so many seconds with events, not per day
 *   -k DAYS     events that are older are erased
 *
 * Exit status: 0 done, 1 unreadable input, 2 wrong usage, 3 out of memory, 4 a wrong answer.
 */
#define _DEFAULT_SOURCE /* getopt, gmtime_r */

#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <stet/pool.h>
#include <stet/sorted_fold.h>

enum { WRONG = 4 };

static uint64_t amount_of(const uint64_t *key, const uint64_t *amount)
{
    (void)key;
    return *amount;
}
static uint64_t both(uint64_t a, uint64_t b) { return a + b; }

/*
 * When, and how much. A key is the second and, below it, a number that tells events of one second apart. The sum of the
 * amounts of any time is a fold.
 */
STET_SORTED_MAP_FOLDED(series, uint64_t, uint64_t, uint64_t, amount_of, both)
/* The versions: the number of a day, and the series at its end. */
STET_SORTED_MAP(history, uint64_t, series)

enum { TIE_BITS = 20, DAY = 24 * 60 * 60, QUANTILES = 3 };

#define LATEST (UINT64_C(1) << 40) /* seconds, and amounts: below it */
#define MOST 1000000               /* of an option */

static const unsigned percent[QUANTILES] = {10, 50, 90};

struct event {
    uint64_t key, amount;
};

struct timeline {
    uint64_t period, keep; /* in seconds */
    series now;
    history days;
    uint64_t day;      /* of the last event */
    struct event *all; /* what is erased, too: for the comparison */
    size_t n, room;
};

static uint64_t key_of(uint64_t seconds) { return seconds << TIE_BITS; }

/* The keys of the events that the version of a day has: [from, to). */
static uint64_t window_from(const struct timeline *t, uint64_t day)
{
    uint64_t begins = day * t->period;
    return key_of(begins > t->keep ? begins - t->keep : 0);
}
static uint64_t window_to(const struct timeline *t, uint64_t day) { return key_of((day + 1) * t->period); }

/* ---- what is asked of a version ---- */

/* Of the events in a range: their number, the sum of their amounts, and the keys below which so many percent are. */
struct figures {
    size_t n;
    uint64_t sum, quantile[QUANTILES];
};

static uint64_t sum_of(const series *s, uint64_t from, uint64_t to)
{
    uint64_t sum = 0; /* where there are no events */
    series_fold_range(s, &from, &to, &sum);
    return sum;
}

static struct figures figures_of(const series *s, uint64_t from, uint64_t to)
{
    struct figures f = {series_count(s, &from, &to), sum_of(s, from, to), {0}};
    size_t before = series_rank(s, from);
    for (int i = 0; i < QUANTILES && f.n > 0; i++)
        f.quantile[i] = *series_at(s, before + (f.n - 1) * percent[i] / 100, NULL);
    return f;
}

/* What came into the series and what went out of it from one version to another. */
struct changes {
    size_t came, went;
    uint64_t came_sum, went_sum;
};

static bool note_change(void *context, const uint64_t *key, const uint64_t *before, const uint64_t *after)
{
    (void)key;
    struct changes *c = context;
    if (before == NULL)
        c->came++, c->came_sum += *after;
    else
        c->went++, c->went_sum += *before;
    return true;
}

static struct changes changes_of(const series *a, const series *b)
{
    struct changes c = {0};
    series_diff(a, b, note_change, &c);
    return c;
}

/* ---- a version per day ---- */

static bool keep_version(struct timeline *t) { return history_append(&t->days, t->day, t->now); }

/* Keeps the version of the day that is over, and erases what is too old for the next one. */
static bool begin_day(struct timeline *t, uint64_t day)
{
    if (t->n > 0 && !keep_version(t))
        return false;
    t->day = day;
    uint64_t from = window_from(t, day);
    return series_erase_range(&t->now, NULL, &from);
}

static bool remember(struct timeline *t, struct event e)
{
    if (t->n == t->room) {
        size_t room = 2 * t->room + 1024;
        struct event *more = realloc(t->all, room * sizeof *more);
        if (more == NULL)
            return false;
        t->all = more;
        t->room = room;
    }
    t->all[t->n++] = e;
    return true;
}

static enum status add_event(struct timeline *t, uint64_t seconds, uint64_t amount)
{
    uint64_t last = t->n > 0 ? t->all[t->n - 1].key : 0, key = key_of(seconds);
    if (t->n > 0 && last >= key) {
        if (last >> TIE_BITS != seconds)
            return fail(BAD_FILE, "line %zu is older than the line before", t->n + 1);
        key = last + 1;
    }
    uint64_t day = seconds / t->period;
    if ((t->n == 0 || day != t->day) && !begin_day(t, day))
        return NO_MEMORY;
    return series_append(&t->now, key, amount) && remember(t, (struct event){key, amount}) ? DONE : NO_MEMORY;
}

static enum status read_events(struct timeline *t, FILE *file)
{
    enum status status = DONE;
    char *line = NULL;
    size_t room = 0;
    while (status == DONE && getline(&line, &room, file) >= 0) {
        char *middle, *end;
        uint64_t seconds = strtoull(line, &middle, 10), amount = strtoull(middle, &end, 10);
        bool fits = end > middle && seconds < LATEST && amount < LATEST;
        status = fits ? add_event(t, seconds, amount) : fail(BAD_FILE, "line %zu is no event: %s", t->n + 1, line);
    }
    if (status == DONE && ferror(file))
        status = fail(BAD_FILE, "cannot read: %s", strerror(errno));
    else if (status == DONE && t->n == 0)
        status = fail(BAD_FILE, "no events");
    free(line);
    return status == DONE && !keep_version(t) ? NO_MEMORY : status;
}

/* ---- what is shown ---- */

struct date {
    char text[32];
};

static struct date date_of(const struct timeline *t, uint64_t seconds)
{
    struct date d;
    struct tm tm;
    time_t time = (time_t)seconds;
    strftime(d.text, sizeof d.text, t->period % DAY == 0 ? "%F" : "%F %T", gmtime_r(&time, &tm));
    return d;
}

static void print_version(const struct timeline *t, uint64_t day, const series *s)
{
    struct figures f = figures_of(s, window_from(t, day), window_to(t, day));
    printf("%-19s %9zu %10.1f", date_of(t, day * t->period).text, f.n, (double)f.sum / 1e6);
    for (int i = 0; i < QUANTILES; i++)
        printf("  %19s", date_of(t, f.quantile[i] >> TIE_BITS).text);
    puts("");
}

/* Some of the versions, by their ranks. */
static void print_versions(const struct timeline *t)
{
    enum { SHOWN = 8 };
    size_t n = history_size(&t->days), shown = n < SHOWN ? n : SHOWN;
    printf("\n%-19s %9s %10s", "at the end of", "events", "million");
    for (int i = 0; i < QUANTILES; i++)
        printf("%16u %% by", percent[i]);
    puts("");
    for (size_t i = 1; i <= shown; i++) {
        const series *s;
        uint64_t day = *history_at(&t->days, i * n / shown - 1, &s);
        print_version(t, day, s);
    }
}

/* The last version beside that of a year before it, or of the last day before that. */
static void print_year(const struct timeline *t)
{
    uint64_t year = 365 * DAY / t->period;
    history_cursor then = history_floor(&t->days, t->day > year ? t->day - year : 0);
    if (then.key == NULL)
        return;
    struct changes c = changes_of(then.value, &t->now);
    printf("\nfrom %s", date_of(t, *then.key * t->period).text);
    printf(" to %s: %zu events came (%.1f million), %zu went (%.1f million)\n", date_of(t, t->day * t->period).text,
           c.came, (double)c.came_sum / 1e6, c.went, (double)c.went_sum / 1e6);
}

static void print_sizes(const struct timeline *t, double taken)
{
    double apart = 0;
    for (history_cursor it = history_first(&t->days); it.key != NULL; history_next(&it))
        apart += (double)(series_size(it.value) * sizeof(struct event)) / 1e6;
    printf("%zu events, %zu versions in %.3f s; in memory %.1f MB, as separate arrays %.1f MB\n", t->n,
           history_size(&t->days), taken, (double)stet_pool_stats().live_bytes / 1e6, apart);
}

/* ---- the same by loops over all events ---- */

static struct figures naive_figures(const struct timeline *t, uint64_t from, uint64_t to)
{
    struct figures f = {0};
    const struct event *first = NULL;
    for (const struct event *e = t->all; e < t->all + t->n; e++)
        if (e->key >= from && e->key < to) {
            first = first != NULL ? first : e;
            f.n++;
            f.sum += e->amount;
        }
    for (int i = 0; i < QUANTILES && f.n > 0; i++)
        f.quantile[i] = first[(f.n - 1) * percent[i] / 100].key;
    return f;
}

static struct changes naive_changes(const struct timeline *t, uint64_t a, uint64_t b)
{
    struct changes c = {0};
    for (const struct event *e = t->all; e < t->all + t->n; e++) {
        bool in_a = e->key >= window_from(t, a) && e->key < window_to(t, a);
        bool in_b = e->key >= window_from(t, b) && e->key < window_to(t, b);
        if (in_b && !in_a)
            c.came++, c.came_sum += e->amount;
        if (in_a && !in_b)
            c.went++, c.went_sum += e->amount;
    }
    return c;
}

/* All of each version, its last tenth, and what it differs in from the version before; returns how many are wrong. */
static size_t compare(const struct timeline *t)
{
    size_t wrong = 0;
    for (history_cursor it = history_first(&t->days), before = {0}; it.key != NULL; before = it, history_next(&it)) {
        uint64_t to = window_to(t, *it.key), froms[] = {window_from(t, *it.key), to - key_of(t->keep / 10)};
        for (size_t i = 0; i < 2; i++) {
            struct figures a = figures_of(it.value, froms[i], to), b = naive_figures(t, froms[i], to);
            wrong += memcmp(&a, &b, sizeof a) != 0;
        }
        wrong += series_size(it.value) != naive_figures(t, froms[0], to).n;
        if (before.key != NULL) {
            struct changes a = changes_of(before.value, it.value), b = naive_changes(t, *before.key, *it.key);
            wrong += memcmp(&a, &b, sizeof a) != 0;
        }
    }
    return wrong;
}

static enum status run(struct timeline *t, FILE *file)
{
    double start = seconds();
    enum status status = read_events(t, file);
    if (status != DONE)
        return status == NO_MEMORY ? fail(NO_MEMORY, "out of memory: %zu events fit", t->n) : status;
    print_sizes(t, seconds() - start);
    print_versions(t);
    print_year(t);
    size_t wrong = compare(t);
    printf("\n%zu versions compared with loops over all events: %zu wrong answers\n", history_size(&t->days), wrong);
    return wrong == 0 ? DONE : WRONG;
}

int main(int argc, char **argv)
{
    program = "timeline";
    stet_pool_report_leaks_at_exit();
    size_t period = DAY, days = 3650;
    for (int option; (option = getopt(argc, argv, "p:k:")) != -1;)
        if (option == '?' || !parse_number(optarg, 1, MOST, option == 'p' ? &period : &days))
            return (int)fail(BAD_USAGE, "usage: timeline [-p SECONDS] [-k DAYS] [FILE]");
    FILE *file = optind < argc ? fopen(argv[optind], "r") : stdin;
    if (file == NULL)
        return (int)fail(BAD_FILE, "cannot open %s: %s", argv[optind], strerror(errno));
    struct timeline t = {.period = period, .keep = days * DAY};
    enum status status = run(&t, file);
    series_drop(&t.now);
    history_drop(&t.days);
    free(t.all);
    fclose(file);
    return (int)status;
}
