/* SPDX-License-Identifier: MIT */
/*
 * liburcu, flavour qsbr: reads cost nothing, but readers must report now and then that they hold nothing: here every
 * 1024 reads.
 */
#define _LGPL_SOURCE /* its read side inlined */
#include <urcu/urcu-qsbr.h>

#define FLAVOUR(name) urcu_qsbr_##name
#define PEER urcu_qsbr_peer
#define PEER_NAME "liburcu qsbr"
#define PASSES_BETWEEN(i)                \
    do {                                 \
        if ((i) % 1024 == 0)             \
            urcu_qsbr_quiescent_state(); \
    } while (0)
#include "peers/atom_urcu.h"
