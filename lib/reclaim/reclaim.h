/* SPDX-License-Identifier: MIT */
/* reclaim/reclaim.h - garbage of both schemes, versions and what is edited in place. */
#ifndef STET_RECLAIM_H
#define STET_RECLAIM_H

#include "base/hidden.h"

/*
 * Memory is short, and this thread is in the middle of something: frees garbage of atoms and live maps that nobody
 * holds and whose release calls no function of a user's. Within a walk it does nothing: the walker itself keeps what
 * it could free, and a lock may be held.
 */
STET_HIDDEN void stet_reclaim_quietly_(void);

#endif
