/* SPDX-License-Identifier: MIT */
/*
 * thread/fence.h - membarrier(2): one thread has all others execute a full fence, so that these do with light ones,
 * which are for the compiler alone. Every function leaves errno as it is.
 */
#ifndef STET_FENCE_H
#define STET_FENCE_H

#include "base/hidden.h"

#include <stdbool.h>

/* Whether the system has it, and the environment has nothing against it (STET_NO_MEMBARRIER). */
STET_HIDDEN bool stet_fences_exist_(void);
/* The process is to use it. False: the system refuses. Without this the first stet_fence_all_() does it. */
STET_HIDDEN bool stet_fences_register_(void);
/* Every thread, the caller included, has executed a full fence. False: it could not be done. */
STET_HIDDEN bool stet_fence_all_(void);

#endif
