/* SPDX-License-Identifier: MIT */
/* thread/plugin_object.c - an object that plugin.c loads, uses, and unloads; with a library in it, or linked with one.
 */
#include <stet/atom_map.h>
#include <stet/live_map.h>

STET_MAP(numbers, int, int, stet_int, stet_int)
STET_ATOM_MAP(number_atom, numbers)
STET_LIVE_MAP(number_table, numbers)

__attribute__((__visibility__("default"))) int plugin_work(void);

/* 7, if all is well. The thread has a cache and a record afterwards. */
int plugin_work(void)
{
    number_atom a;
    number_table t;
    int v = 0, w = 0;
    if (!number_atom_init(&a, NULL) || !number_table_init(&t, NULL))
        return 0;
    if (!number_atom_store(&a, 1, 3) || !number_table_store(&t, 1, 4))
        return 0;
    (void)number_atom_load(&a, 1, &v);
    (void)number_table_load(&t, 1, &w);
    number_atom_destroy(&a);
    number_table_destroy(&t);
    return v + w;
}
