/* SPDX-License-Identifier: MIT */
#define _LGPL_SOURCE /* its read side inlined */
#include <urcu/urcu-qsbr.h>

#define FLAVOUR(name) urcu_qsbr_##name
#define PEER shared_urcu_qsbr
#define PEER_NAME "liburcu qsbr"
#define PASSES_BETWEEN(i)                \
    do {                                 \
        if ((i) % 256 == 0)              \
            urcu_qsbr_quiescent_state(); \
    } while (0)
#include "peers/shared_urcu.h"
