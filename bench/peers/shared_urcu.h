/* SPDX-License-Identifier: MIT */
/* shared_urcu.h - liburcu's hash table with one flavour of RCU; included by shared_urcu_*.c. */
#include <stdlib.h>
#include <stet/type.h>
#include <urcu/compiler.h>
#include <urcu/rculfhash.h>

#include "peers/shared_peers.h"

struct entry {
    struct cds_lfht_node node;
    uint64_t key, value;
    struct rcu_head head;
};

static unsigned long hash_of(uint64_t key) { return stet_hash_word(key, stet_hash_seed_at(0)); }

static int match(struct cds_lfht_node *node, const void *key)
{
    return caa_container_of(node, struct entry, node)->key == *(const uint64_t *)key;
}

static void free_entry(struct rcu_head *head) { free(caa_container_of(head, struct entry, head)); }

static void *make(size_t expected)
{
    size_t size = 64;
    while (size < expected)
        size *= 2;
    FLAVOUR(register_thread)();
    void *m = cds_lfht_new_flavor(size, 64, 0, CDS_LFHT_AUTO_RESIZE | CDS_LFHT_ACCOUNTING, &FLAVOUR(flavor), NULL);
    FLAVOUR(unregister_thread)();
    if (m == NULL)
        abort();
    return m;
}

static void destroy(void *m)
{
    struct cds_lfht_iter it;
    struct entry *e;
    FLAVOUR(register_thread)();
    FLAVOUR(read_lock)();
    cds_lfht_for_each_entry(m, &it, e, node)
    {
        cds_lfht_del(m, &e->node);
        FLAVOUR(call_rcu)(&e->head, free_entry);
    }
    FLAVOUR(read_unlock)();
    FLAVOUR(unregister_thread)(); /* a registered thread must not wait */
    FLAVOUR(barrier)();
    cds_lfht_destroy(m, NULL);
}

static void begin(void *m)
{
    (void)m;
    FLAVOUR(register_thread)();
}

static void end(void *m)
{
    (void)m;
    FLAVOUR(unregister_thread)();
}

static uint64_t load(void *m, uint64_t key)
{
    struct cds_lfht_iter it;
    cds_lfht_lookup(m, hash_of(key), match, &key, &it);
    struct cds_lfht_node *node = cds_lfht_iter_get_node(&it);
    return node != NULL ? caa_container_of(node, struct entry, node)->value : 0;
}

static void store(void *m, uint64_t key, uint64_t value)
{
    struct entry *e = malloc(sizeof *e);
    if (e == NULL)
        abort();
    cds_lfht_node_init(&e->node);
    e->key = key;
    e->value = value;
    struct cds_lfht_node *old = cds_lfht_add_replace(m, hash_of(key), match, &key, &e->node);
    if (old != NULL)
        FLAVOUR(call_rcu)(&caa_container_of(old, struct entry, node)->head, free_entry);
}

static void erase(void *m, uint64_t key)
{
    struct cds_lfht_iter it;
    cds_lfht_lookup(m, hash_of(key), match, &key, &it);
    struct cds_lfht_node *node = cds_lfht_iter_get_node(&it);
    if (node != NULL && cds_lfht_del(m, node) == 0)
        FLAVOUR(call_rcu)(&caa_container_of(node, struct entry, node)->head, free_entry);
}

static uint64_t range(void *m)
{
    struct cds_lfht_iter it;
    struct entry *e;
    uint64_t sum = 0;
    cds_lfht_for_each_entry(m, &it, e, node) sum += e->value;
    return sum;
}

static uint64_t run(void *m, const struct shared_op *ops, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        FLAVOUR(read_lock)();
        if (ops[i].kind == SHARED_LOAD)
            sum += load(m, ops[i].key);
        else if (ops[i].kind == SHARED_STORE)
            store(m, ops[i].key, ops[i].value);
        else if (ops[i].kind == SHARED_ERASE)
            erase(m, ops[i].key);
        else
            sum += range(m);
        FLAVOUR(read_unlock)();
        PASSES_BETWEEN(i);
    }
    return sum;
}

const struct shared_peer PEER = {
    PEER_NAME, 1u << SHARED_LOAD | 1u << SHARED_STORE | 1u << SHARED_ERASE | 1u << SHARED_RANGE,
    make,      destroy,
    begin,     end,
    run,       NULL};
