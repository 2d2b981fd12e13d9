/* SPDX-License-Identifier: MIT */
/*
 * thread/fence.h - membarrier(2): one thread makes all others execute a full fence, so that light fences, which only
 * restrain the compiler, suffice for them. Every function leaves errno as it is.
 */
#ifndef STET_FENCE_H
#define STET_FENCE_H

#include "base/hidden.h"

#include <stdbool.h>

/* Whether the system has membarrier, and the environment does not forbid it (STET_NO_MEMBARRIER). */
STET_HIDDEN bool stet_fences_exist_(void);
/*
 * Registers the process for membarrier. False: the system refuses. stet_fence_all_() does this if nobody has done it
 * before.
 */
STET_HIDDEN bool stet_fences_register_(void);
/* Every thread, the caller included, has executed a full fence afterwards. False: that was not possible. */
STET_HIDDEN bool stet_fence_all_(void);

#endif
