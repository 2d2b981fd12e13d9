/* SPDX-License-Identifier: MIT */
/* atom_urcu.h - one flavour of liburcu; included by atom_urcu_*.c. Its call_rcu thread frees replaced versions. */
#include <stdlib.h>
#include <urcu/compiler.h>

#include "peers/atom_peers.h"

struct version {
    uint64_t number;
    struct rcu_head head;
};

static struct version *current;

static void begin(void) { FLAVOUR(register_thread)(); }
static void end(void) { FLAVOUR(unregister_thread)(); }

static uint64_t read_times(size_t times)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < times; i++) {
        FLAVOUR(read_lock)();
        const struct version *v = rcu_dereference(current);
        sum += v != NULL ? v->number : 0;
        FLAVOUR(read_unlock)();
        BENCH_KEEP(sum);
        PASSES_BETWEEN(i);
    }
    return sum;
}

static void free_version(struct rcu_head *head) { free(caa_container_of(head, struct version, head)); }

static void publish(uint64_t number)
{
    struct version *v = malloc(sizeof *v), *old;
    if (v == NULL)
        abort();
    v->number = number;
    old = rcu_xchg_pointer(&current, v);
    if (old != NULL)
        FLAVOUR(call_rcu)(&old->head, free_version);
    PASSES_BETWEEN(0);
}

const struct atom_peer PEER = {PEER_NAME, begin, end, read_times, publish};
