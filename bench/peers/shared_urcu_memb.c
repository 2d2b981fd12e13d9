/* SPDX-License-Identifier: MIT */
#define _LGPL_SOURCE /* its read side inlined */
#include <urcu/urcu-memb.h>

#define FLAVOUR(name) urcu_memb_##name
#define PEER shared_urcu_memb
#define PEER_NAME "liburcu memb"
#define PASSES_BETWEEN(i)
#include "peers/shared_urcu.h"
