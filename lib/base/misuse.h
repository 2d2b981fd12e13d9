/* SPDX-License-Identifier: MIT */
/* base/misuse.h - the name of the type that this thread works for, if the program sets one: stet_naming_(). */
#ifndef STET_MISUSE_H
#define STET_MISUSE_H

#include <stet/impl/misuse.h>

#include "base/hidden.h"

STET_HIDDEN extern _Thread_local const char *stet_naming_now_;

#endif
