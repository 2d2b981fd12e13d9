/* SPDX-License-Identifier: MIT */
/* liburcu, flavour qsbr: readers do nothing, but must say now and then that they read nothing: here each 1024 reads. */
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
