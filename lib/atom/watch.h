/* SPDX-License-Identifier: MIT */
/* atom/watch.h - telling those that wait for a version, or watch. */
#ifndef STET_ATOM_WATCH_H
#define STET_ATOM_WATCH_H

#include <stet/impl/hazard.h>
#include "base/hidden.h"

/* Somebody waits for a change, or watches, and there was one. */
STET_HIDDEN void stet_atom_notify_(struct stet_core *core);

#endif
