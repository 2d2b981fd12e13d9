/* SPDX-License-Identifier: MIT */
/* misuse.c - how a check ends the process. */
#include "misuse.h"

#include <stdio.h>
#include <stdlib.h>

_Thread_local const char *stet_naming_now_;

void stet_naming_(const char *name) { stet_naming_now_ = name; }

void stet_misuse_(const char *what, const char *rule)
{
    fprintf(stderr, "stet: %s: %s\n", what, rule);
    abort();
}
