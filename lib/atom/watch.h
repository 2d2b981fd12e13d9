/* SPDX-License-Identifier: MIT */
/* atom/watch.h - notifies threads that wait for a new version, and watches. */
#ifndef STET_ATOM_WATCH_H
#define STET_ATOM_WATCH_H

#include <stet/impl/hazard.h>
#include "base/hidden.h"

/*
 * Called after a change if there are listeners: wakes the threads that wait, and raises the events of the watches.
 */
STET_HIDDEN void stet_atom_notify_(struct stet_atom_state *state);

#endif
