/* SPDX-License-Identifier: MIT */
/* thread/wait.h - a pause between two checks of another thread's progress. It leaves errno as it is. */
#ifndef STET_WAIT_H
#define STET_WAIT_H

#include "thread/os.h"

/*
 * Pauses between two checks of another thread's progress, when that thread does not know that another one waits for it.
 * The first pauses take some instructions, later ones yield to the scheduler, and the last ones sleep, for 50 us at
 * first and for at most 1 ms, so that the other thread runs whatever the priorities are. This is not a cancellation
 * point.
 */
STET_HIDDEN void stet_relax_(unsigned attempt);
#define RELAX_SPINS 64u /* the first attempt that yields */

#endif
