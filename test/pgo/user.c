/* SPDX-License-Identifier: MIT */
/* Somebody's program: trains the library, and uses what was made from the profile. */
#include <stdio.h>
#include <stet/map.h>
#include <stet/version.h>

STET_MAP(squares, long, long, stet_long, stet_long)

int main(void)
{
    squares now = {0}, before = {0};
    long sum = 0;
    for (long i = 0; i < 20000; i++) {
        if (i % 100 == 0) {
            squares_drop(&before);
            before = squares_copy(&now);
        }
        if (!squares_set(&now, i % 3000, i * i))
            return 1;
    }
    for (squares_cursor it = squares_first(&now); it.key != NULL; squares_next(&it))
        sum += *it.key;
    squares_drop(&now);
    squares_drop(&before);
    printf("%s %ld\n", stet_version(), sum);
    return sum == 2999L * 3000 / 2 ? 0 : 1;
}
