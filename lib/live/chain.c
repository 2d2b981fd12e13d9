/* SPDX-License-Identifier: MIT */
/*
 * live/chain.c - rehash leaves of a live map. Each holds an ordinary trie over the next hash. A write does not change
 * that trie, but replaces it by its next version as a whole.
 */
#include "live/shape.h"

struct stet_map stet_live_rehash_next_(const struct stet_leaf *l)
{
    stet_ref root = *stet_rehash_root_(l);
    stet_node_retain_(root);
    return (struct stet_map){root, 0};
}

/* The trie's nodes may be younger than the leaf, so the leaf's birth is early enough: E4. */
void stet_live_retire_trie_(struct live_call *c, const struct stet_leaf *l, stet_ref root, struct live_retired_entry *s)
{
    s->root = root;
    s->retired.born = live_leaf_tail(c->t, l)->retired.born;
    stet_retire_(c->h, &s->retired);
}

/* Removes the last entry of a locked rehash leaf, and so the leaf itself. */
static int rehash_empty(struct live_call *c, struct stet_leaf *l, uint64_t g, struct live_retired_entry *old,
                        struct stet_write *w)
{
    stet_ref before = *stet_rehash_root_(l);
    int emptied = stet_live_empty_(c, l, g); /* retires the leaf's block alone; the trie is retired below */
    if (emptied == STET_CHANGED) {
        stet_live_retire_trie_(c, l, before, old);
        live_count(c, g, -1);
    } else {
        pool_free(old, RETIRED_ENTRY_SIZE(c->t));
        stet_write_undo_(c->t->value, w);
    }
    return emptied;
}

/* Makes `next` the trie of a locked rehash leaf. The caller's count of `next` becomes the leaf's. */
static int rehash_publish(struct live_call *c, struct stet_leaf *l, stet_ref next, struct live_retired_entry *old)
{
    stet_ref before = *stet_rehash_root_(l);
    STET_STORE_(*stet_rehash_root_(l), next, RELEASE); /* pairs with the acquire in live_read_leaf() */
    stet_live_retire_trie_(c, l, before, old);
    live_unlock(&l->wide);
    return STET_CHANGED;
}

int stet_live_write_rehash_(struct live_call *c, struct stet_leaf *l, uint64_t g, struct stet_write *w)
{
    const struct stet_map_type *t = c->t;
    const char *e = (const char *)stet_map_find_below_(t, c->f, *stet_rehash_root_(l), c->key, 1);
    enum stet_verdict verdict = stet_write_decide_(t->value, w, e != NULL ? e + t->value_offset : NULL);
    if (verdict < STET_VERDICT_PUT) {
        live_unlock_same(&l->wide);
        return (int)verdict;
    }
    if (e == NULL && special_is_foreign(t, l, c->hash, 0))
        return stet_live_split_(c, l, g, false);
    struct live_retired_entry *old = stet_live_retired_entry_new_(t);
    struct stet_map next = stet_live_rehash_next_(l);
    stet_result done = STET_NO_MEMORY;
    if (old != NULL && verdict == STET_VERDICT_PUT)
        done = stet_trie_put_(t, &next, c->f, c->key, w->value);
    else if (old != NULL)
        done = stet_trie_erase_(t, &next, c->f, c->key);
    if (done == STET_CHANGED && next.root == 0)
        return rehash_empty(c, l, g, old, w);
    if (done != STET_CHANGED) {
        stet_node_drop_(&t->node, next.root);
        if (old != NULL)
            pool_free(old, RETIRED_ENTRY_SIZE(t));
        stet_write_undo_(t->value, w);
        live_unlock_same(&l->wide);
        return STET_NO_MEMORY;
    }
    if (next.size != 0)
        live_count(c, g, (int64_t)next.size);
    return rehash_publish(c, l, next.root, old);
}
