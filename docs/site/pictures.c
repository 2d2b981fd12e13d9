/* SPDX-License-Identifier: MIT */
/* Draws what two versions of a collection share, for Graphviz's dot: the pictures of the site. */
#include <stdio.h>
#include <stdlib.h>
#include <stet/stet.h>

STET_MAP(ages, uint64_t, long)
STET_INSPECT_MAP(ages)
STET_LIST(lines, long)
STET_INSPECT_LIST(lines)
STET_SORTED_MAP(events, uint64_t, long)
STET_INSPECT_SORTED(events)

static stet_result map(FILE *out)
{
    ages before = {0}, now = {0};
    stet_result done = STET_CHANGED;
    for (uint64_t i = 0; done && i < 60; i++)
        done = ages_set(&before, i, (long)i);
    now = ages_copy(&before);
    done = done && ages_set(&now, 7, 70);
    struct stet_roots a = ages_roots(&before), b = ages_roots(&now);
    done = done && stet_inspect_draw(&a, &b, 60, out);
    ages_drop(&before);
    ages_drop(&now);
    return done;
}

static stet_result list(FILE *out)
{
    lines before = {0}, now = {0};
    stet_result done = STET_CHANGED;
    for (long i = 0; done && i < 400; i++)
        done = lines_push_back(&before, i);
    now = lines_copy(&before);
    done = done && lines_insert_at(&now, 150, 7);
    struct stet_roots a = lines_roots(&before), b = lines_roots(&now);
    done = done && stet_inspect_draw(&a, &b, 60, out);
    lines_drop(&before);
    lines_drop(&now);
    return done;
}

int main(int argc, char **argv)
{
    bool hashed = stet_set_hash_seed(1); /* the same picture each time */
    (void)argc;
    return hashed && (argv[1][0] == 'm' ? map(stdout) : list(stdout)) ? 0 : 1;
}
