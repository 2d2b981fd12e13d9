/* SPDX-License-Identifier: MIT */
/*
 * A right program, in which no tool may find anything: two threads write to and read from an atom, maps that threads
 * share, strings and versions of versions, and everything is dropped at the end.
 */
#include <stet/atom_map.h>
#include <stet/list.h>
#include <stet/live_map.h>
#include <stet/pool.h>
#include <stet/str.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

STET_LIST(line, stet_str, stet_str_type)
STET_MAP(page, int, line, stet_int, line_type)
STET_MAP(tally, uint64_t, uint64_t, stet_u64, stet_u64)
STET_ATOM_MAP(page_atom, page)
STET_LIVE_MAP(tally_live, tally)

static page_atom pages;
static tally_live tallies;

static void check(bool right)
{
    if (!right)
        abort();
}

static void *writes(void *rounds)
{
    for (int i = 0; i < *(int *)rounds; i++) {
        line words = {0};
        stet_str word;
        for (int n = 0; n <= i % 7; n++) {
            check(stet_str_from_cstr(n % 2 == 0 ? "short" : "a word that is too long to be held in place", &word));
            check(line_push_back(&words, word));
            stet_str_drop(&word);
        }
        check(page_atom_store(&pages, i % 50, words) && tally_live_store(&tallies, (uint64_t)(i % 300), 1));
        line_drop(&words);
        if (i % 5 == 0)
            check(page_atom_delete(&pages, (i + 20) % 50) && tally_live_delete(&tallies, (uint64_t)((i + 90) % 300)));
    }
    return NULL;
}

static void *reads(void *rounds)
{
    size_t bytes = 0;
    for (int i = 0; i < *(int *)rounds; i++) {
        page_guard g = page_atom_acquire(&pages);
        for (page_cursor it = page_first(page_guard_view(&g)); it.key != NULL; page_next(&it))
            for (line_cursor word = line_cursor_at(it.value, 0); word.at != NULL; line_next(&word))
                bytes += stet_str_size(word.at);
        page_guard_release(&g);
        page mine = page_atom_snapshot(&pages);
        check(page_erase(&mine, i % 50) != STET_NO_MEMORY);
        page_drop_later(&mine);
        tally now = tally_live_snapshot(&tallies);
        bytes += tally_size(&now);
        tally_drop(&now);
        while (stet_release_some(10))
            ;
    }
    check(bytes > 0);
    return NULL;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1000;
    pthread_t threads[2];
    check(page_atom_init(&pages, NULL) && tally_live_init(&tallies, NULL));
    writes(&(int){10}); /* so that there is something to read at once */
    check(pthread_create(&threads[0], NULL, writes, &rounds) == 0);
    check(pthread_create(&threads[1], NULL, reads, &rounds) == 0);
    check(pthread_join(threads[0], NULL) == 0 && pthread_join(threads[1], NULL) == 0);
    page_atom_destroy(&pages);
    tally_live_destroy(&tallies);
    stet_reclaim();
    check(stet_pool_stats().live_blocks == 0);
    puts("ok");
    return 0;
}
