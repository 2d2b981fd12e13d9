/* SPDX-License-Identifier: MIT */
/* A program outside the tree, against the installed library. Valid C17 and C++17. */
#include <stet/map.h>
#include <stet/pool.h>
#include <stet/set.h>
#include <stet/str.h>
#include <stet/version.h>

#include <stdio.h>
#include <string.h>

STET_MAP(counts, stet_str, long, stet_str_type, stet_long)
STET_SET(numbers, int, stet_int)

int main(void)
{
    counts now = {{0, 0}}, before;
    const char *words[] = {"stet", "let", "it", "stand", "stet"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        long *n;
        if (!counts_edit_cstr(&now, words[i], &n))
            return 1;
        ++*n;
    }
    before = counts_copy(&now);
    if (!counts_erase_cstr(&now, "stet"))
        return 1;
    const long *n = counts_get_cstr(&before, "stet");
    bool right = n != NULL && *n == 2 && !counts_has_cstr(&now, "stet") && counts_size(&now) == 3;
    counts_drop(&now);
    counts_drop(&before);

    numbers odd = {{0, 0}};
    for (int i = 1; i < 1000; i += 2)
        if (!numbers_add(&odd, i))
            return 1;
    right = right && numbers_has(&odd, 7) && !numbers_has(&odd, 8) && numbers_size(&odd) == 500;
    numbers_drop(&odd);

    right = right && strcmp(stet_version(), STET_VERSION) == 0 && stet_pool_stats().live_blocks == 0;
    puts(right ? "ok" : "WRONG");
    return right ? 0 : 1;
}
