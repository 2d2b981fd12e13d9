/* SPDX-License-Identifier: MIT */
/* atom/watch.h - notifies threads that wait for a version, and watches. */
#ifndef STET_ATOM_WATCH_H
#define STET_ATOM_WATCH_H

#include <stet/impl/hazard.h>
#include "base/hidden.h"

/* Called after a change, when a thread waits for one, or watches: wakes the threads and raises the watches. */
STET_HIDDEN void stet_atom_notify_(struct stet_core *core);

#endif
