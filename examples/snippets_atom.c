/* SPDX-License-Identifier: MIT */
/*
 * snippets_atom.c - the code that docs/concurrency.md, docs/which-map.md, and the headers of what threads share show,
 * so that it compiles and does what they say.
 *
 * test/check/snippets tells when they show something that is not here. Run: silent, or the first line that is wrong.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include <stet/atom.h>
#include <stet/atom_map.h>
#include <stet/live_map.h>
#include <stet/map.h>
#include <stet/pool.h>
#include <stet/sorted_map.h>
#include <stet/str.h>

#define CHECK(condition) check((condition), __LINE__, #condition)

static void check(bool holds, int line, const char *condition)
{
    if (holds)
        return;
    fprintf(stderr, "snippets_atom.c:%d: not so: %s\n", line, condition);
    exit(1);
}

STET_MAP(routes, stet_str, long)
STET_MAP(numbers, long, stet_str)

STET_ATOM(routes_atom, routes)

STET_RECORD(catalogue, (routes, by_name), (numbers, by_number))
STET_ATOM(catalogue_atom, catalogue)

STET_MAP(hops, stet_str, long)
STET_ATOM_MAP(hop_table, hops)
STET_LIVE_MAP(hop_live, hops)

STET_SORTED_MAP(events, int64_t, long)
STET_ATOM_MAP(event_table, events)

STET_MAP(sessions, uint64_t, long)
STET_LIVE_MAP(session_table, sessions)

static long handle(const routes_atom *table, const char *name)
{
    routes_guard g STET_CLEANUP(routes_guard_release) = routes_atom_acquire(table);
    const long *hop = routes_get_cstr(routes_guard_view(&g), name);
    return hop != NULL ? *hop : -1; /* the guard ends with the scope */
}

static long hops_of(const char *name, long n)
{
    hops m STET_CLEANUP(hops_drop) = {0};
    if (!hops_set_cstr(&m, name, n))
        return -1;
    return hops_get_or_cstr(&m, name, 0); /* the map ends with the scope, too */
}

static long serve(const routes_atom *table, const char *const *names, size_t n)
{
    routes_reader r;
    if (!routes_reader_init(&r, table))
        return -1;
    long sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += routes_get_or_cstr(routes_reader_refresh(&r), names[i], 0); /* the map: until the next refresh */
    routes_reader_destroy(&r);
    return sum;
}

static stet_result reload(routes_atom *table, const char *const *names, size_t n)
{
    routes fresh = {0};
    for (size_t i = 0; i < n; i++)
        if (!routes_set_cstr(&fresh, names[i], (long)i)) {
            routes_drop(&fresh);
            return STET_NO_MEMORY; /* the old one stays */
        }
    stet_result stored = routes_atom_store(table, &fresh);
    routes_drop(&fresh); /* {0} if it was stored */
    return stored;
}

static stet_result count_up(void *name, routes *m)
{
    long *n;
    if (!routes_edit_cstr(m, name, &n))
        return STET_NO_MEMORY;
    if (*n == 1000)
        return STET_UNCHANGED; /* stop: nothing is published */
    ++*n;
    return STET_CHANGED;
}

static uint64_t follow(const routes_atom *table, struct stet_watch *w)
{
    struct pollfd ready = {.fd = w->fd, .events = POLLIN};
    if (poll(&ready, 1, -1) == 1)
        routes_atom_watch_seen(table, w);
    return routes_atom_version(table);
}

/* What stet/atom.h begins with. */
static int manual(const char *name)
{
    routes first = {0};
    CHECK(routes_set_cstr(&first, name, 7) == STET_CHANGED);

    routes_atom table;
    stet_result made = routes_atom_init(&table, &first); /* takes over what first holds: first is {0} */
    routes_drop(&first);                                 /* it is the caller's still when there was no memory */
    if (!made)
        return -ENOMEM;

    routes_guard g = routes_atom_acquire(&table); /* any thread: about a nanosecond */
    const long *hop = routes_get_cstr(routes_guard_view(&g), name);
    routes none = {0};
    CHECK(routes_atom_store(&table, &none) == STET_CHANGED);
    CHECK(*hop == 7); /* *hop stays as it is */
    routes_guard_release(&g);
    routes_atom_destroy(&table);
    return 0;
}

/* What stet/atom_map.h begins with. */
static int manual_map(const char *name)
{
    long hop = 0;
    hop_table table;
    if (!hop_table_init(&table, NULL))
        return -ENOMEM;

    if (!hop_table_store_cstr(&table, name, 7)) /* any thread */
        return -ENOMEM;
    bool found = hop_table_load_cstr(&table, name, &hop);

    hops now = hop_table_snapshot(&table); /* all of it, as it was at one moment: an ordinary map */
    CHECK(found && hop == 7 && hop_table_delete_cstr(&table, name) == STET_CHANGED);
    CHECK(hops_size(&now) == 1 && hop_table_size(&table) == 0);
    hops_drop(&now);
    hop_table_destroy(&table);
    return 0;
}

static long shown; /* entries */

static void show(int64_t time, long value) { shown += time >= 0 && value == 1; }

/* What stet/atom_map.h says of sorted maps. */
static int manual_sorted(int64_t old, int64_t morning)
{
    event_table log;
    if (!event_table_init(&log, NULL))
        return -ENOMEM;
    for (int64_t i = 0; i < 10; i++)
        if (!event_table_store(&log, i, 1))
            return -ENOMEM;

    bool expired = event_table_delete_range(&log, NULL, &old); /* one version; false: no memory */

    events_guard g = event_table_acquire(&log);
    for (events_cursor it = events_ceiling(events_guard_view(&g), morning); it.key != NULL; events_next(&it))
        show(*it.key, *it.value);
    events_guard_release(&g);

    CHECK(expired && shown == (long)(10 - morning) && event_table_size(&log) == (size_t)(10 - old));
    event_table_destroy(&log);
    return 0;
}

/* What stet/live_map.h begins with. */
static int manual_live(uint64_t id)
{
    long s = 7;
    session_table table;
    if (!session_table_init(&table, NULL))
        return -ENOMEM;

    if (!session_table_store(&table, id, s)) /* any thread */
        return -ENOMEM;
    bool found = session_table_load(&table, id, &s);

    sessions now = session_table_snapshot(&table); /* all of it, as it was at one moment: an ordinary map */
    CHECK(found && s == 7 && session_table_delete(&table, id) == STET_CHANGED);
    CHECK(sessions_size(&now) == 1 && session_table_size(&table) == 0);
    sessions_drop(&now);
    session_table_destroy(&table);
    return 0;
}

/* From one form of a map to the other. */
static int change_over(const char *name)
{
    long hop;
    hop_live live;
    hop_table table;
    if (!hop_live_init(&live, NULL) || !hop_table_init(&table, NULL) || !hop_live_store_cstr(&live, name, 7))
        return -ENOMEM;

    hops now = hop_live_snapshot(&live);
    stet_result stored = hop_table_atom_store(&table.atom, &now);
    hops_drop(&now); /* {0} if it was stored */

    CHECK(stored == STET_CHANGED);
    hop_live_destroy(&live);
    CHECK(hop_table_load_cstr(&table, name, &hop) && hop == 7);
    hop_table_destroy(&table);
    return 0;
}

int main(void)
{
    static const char *const some[] = {"one", "another", "a third"};
    routes_atom table;
    CHECK(manual("a name") == 0);
    CHECK(manual_map("a name") == 0);
    CHECK(manual_sorted(2, 4) == 0);
    CHECK(manual_live(12) == 0);
    CHECK(change_over("a name") == 0);
    CHECK(routes_atom_init(&table, NULL) == STET_CHANGED);
    CHECK(hops_of("one", 5) == 5);
    CHECK(handle(&table, "one") == -1);
    CHECK(reload(&table, some, 3) == STET_CHANGED);
    CHECK(handle(&table, "a third") == 2);
    CHECK(serve(&table, some, 3) == 3);

    struct stet_watch w;
    CHECK(routes_atom_watch(&table, &w) >= 0);
    uint64_t version = routes_atom_version(&table);
    char name[] = "a third";
    CHECK(routes_atom_update(&table, count_up, name) == STET_CHANGED);
    CHECK(handle(&table, "a third") == 3);
    CHECK(follow(&table, &w) == version + 1);
    for (int i = 3; i < 1000; i++)
        CHECK(routes_atom_update(&table, count_up, name) == STET_CHANGED);
    CHECK(routes_atom_update(&table, count_up, name) == STET_UNCHANGED);
    routes_atom_unwatch(&table, &w);
    routes_atom_destroy(&table);

    catalogue_atom both;
    CHECK(catalogue_atom_init(&both, NULL) == STET_CHANGED);
    catalogue_atom_destroy(&both);
    CHECK(stet_pool_stats().live_blocks == 0);
    return 0;
}
