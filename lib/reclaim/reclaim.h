/* SPDX-License-Identifier: MIT */
/* reclaim/reclaim.h - reclamation by both schemes: of versions, and of memory that is edited in place. */
#ifndef STET_RECLAIM_H
#define STET_RECLAIM_H

#include "base/hidden.h"

/*
 * Called when memory is short, and this thread is in the middle of an operation: frees garbage of atoms and live maps
 * that no thread holds and whose release calls no user function. Within a walk it does nothing, because the walk itself
 * keeps what could be freed, and a lock may be held.
 */
STET_HIDDEN void stet_reclaim_quietly_(void);

#endif
