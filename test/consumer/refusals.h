/* SPDX-License-Identifier: MIT */
/*
 * Put in front of a program (-include): the pool request whose number REFUSE has in the environment is refused. If the
 * program ends without so many requests, it says so on stderr.
 */
#include <stdio.h>
#include <stdlib.h>
#include <stet/pool.h>

__attribute__((constructor)) static void refuse(void)
{
    const char *nth = getenv("REFUSE");
    if (nth != NULL)
        stet_pool_fault(strtoull(nth, NULL, 10), 1);
}

__attribute__((destructor)) static void report_requests(void)
{
    const char *nth = getenv("REFUSE");
    if (nth != NULL && stet_pool_requests() < strtoull(nth, NULL, 10))
        fputs("fewer requests\n", stderr);
}
