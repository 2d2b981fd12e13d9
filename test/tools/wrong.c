/* SPDX-License-Identifier: MIT */
/* One mistake, by name, that a tool must find. Each is right C to the compiler, and may go unnoticed without a tool. */
#include <stet/list.h>
#include <stet/map.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

STET_LIST(row, int, stet_int)
STET_MAP(table, int, int, stet_int, stet_int)

static volatile int seen;

static row some(void)
{
    row r = {0};
    for (int i = 0; i < 5; i++)
        if (!row_push_back(&r, i))
            abort();
    return r;
}

/* What was borrowed is read after its handle was dropped. */
static void read_after_drop(void)
{
    row r = some();
    const int *first = row_get(&r, 0);
    row_drop(&r);
    seen = *first;
}

/* What was borrowed is read after an edit that put the elements elsewhere. */
static void read_after_edit(void)
{
    table t = {0};
    if (!table_set(&t, 1, 10))
        abort();
    const int *value = table_get(&t, 1);
    for (int i = 2; i < 100; i++)
        if (!table_set(&t, i, i))
            abort();
    seen = *value;
    table_drop(&t);
}

/* Handles are never dropped. (Ten: of some a register may still have the address.) */
static void leak(void)
{
    for (int i = 0; i < 10; i++) {
        row r = some();
        seen = *row_get(&r, 4);
        memset(&r, 0, sizeof r);
    }
}

/* A handle is assigned where a copy was meant, and both are used. */
static void assigned(void)
{
    row r = some(), before = r;
    row_drop(&r);
    seen = (int)row_has(&before, 3);
    row_drop(&before);
}

int main(int argc, char **argv)
{
    const char *mistake = argc > 1 ? argv[1] : "";
    if (strcmp(mistake, "read_after_drop") == 0)
        read_after_drop();
    else if (strcmp(mistake, "read_after_edit") == 0)
        read_after_edit();
    else if (strcmp(mistake, "leak") == 0)
        leak();
    else if (strcmp(mistake, "assigned") == 0)
        assigned();
    else
        return 2;
    return 0;
}
