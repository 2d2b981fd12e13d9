/* SPDX-License-Identifier: MIT */
/* atom.h - between atom.c and atom_wait.c. */
#ifndef STET_ATOM_INTERNAL_H
#define STET_ATOM_INTERNAL_H

#include <stet/impl/atom.h>

/* Somebody waits for a change, or watches, and there was one. */
__attribute__((__visibility__("hidden"))) void stet_atom_notify_(struct stet_core *core);

#endif
