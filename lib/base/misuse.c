/* SPDX-License-Identifier: MIT */
/* base/misuse.c - how a check ends the process. */
#include "base/misuse.h"

#include <stdio.h>
#include <stdlib.h>

_Thread_local const char *stet_naming_now_;

void stet_naming_(const char *name) { stet_naming_now_ = name; }

void stet_misuse_(const char *what, const char *rule)
{
    if (*what == '*') /* the function was compiled for all types of a kind */
        what = stet_naming_now_ != NULL ? stet_naming_now_ : what + 1;
    fprintf(stderr, "stet: %s: %s\n", what, rule);
    abort();
}
