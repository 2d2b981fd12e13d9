/* SPDX-License-Identifier: MIT */
/* liburcu, flavour memb: readers count nesting in their own memory, writers use membarrier. */
#define _LGPL_SOURCE /* its read side inlined */
#include <urcu/urcu-memb.h>

#define FLAVOUR(name) urcu_memb_##name
#define PEER urcu_memb_peer
#define PEER_NAME "liburcu memb"
#define PASSES_BETWEEN(i)
#include "peers/atom_urcu.h"
