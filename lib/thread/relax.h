/* SPDX-License-Identifier: MIT */
/* thread/relax.h - waiting for a thread that does not know that it is waited for. */
#ifndef STET_RELAX_H
#define STET_RELAX_H

#include "base/hidden.h"

/*
 * Between two looks at what another thread is to do: at first some instructions, then a turn of the scheduler, then
 * sleep, for 50 us at first and for 1 ms in the end, so that the other thread gets to run whatever the priorities.
 * errno stays. Not a cancellation point.
 */
STET_HIDDEN void stet_relax_(unsigned attempt);

#endif
