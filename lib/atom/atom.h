/* SPDX-License-Identifier: MIT */
/* atom/atom.h - between atom.c and atom/wait.c. */
#ifndef STET_ATOM_INTERNAL_H
#define STET_ATOM_INTERNAL_H

#include <stet/impl/atom.h>

#include "base/hidden.h"

/* Somebody waits for a change, or watches, and there was one. */
STET_HIDDEN void stet_atom_notify_(struct stet_core *core);

#endif
