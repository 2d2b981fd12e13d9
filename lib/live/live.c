/* SPDX-License-Identifier: MIT */
/*
 * live/live.c - the live map: its life, reads and writes for any descriptor, snapshots.
 */
#include "live/shape.h"

/* ---- short of memory ---- */

/*
 * Within a walk no garbage is freed, because the walk itself keeps the garbage, and callbacks may not run there. So an
 * operation that finds no memory ends its walk, frees garbage, and begins anew. The copies that it made for the
 * generation, and the room that it made, stay. Therefore each attempt makes progress, and several may be needed.
 */
#define RELIEF_ATTEMPTS 4

bool stet_live_relieve_(unsigned attempt)
{
    if (attempt >= RELIEF_ATTEMPTS || !stet_pool_was_short_())
        return false;
    stet_era_reclaim_all_();
    return true;
}

stet_result stet_live_write_again_(const struct stet_map_type *t, struct stet_live *m, struct stet_write *w)
{
    stet_result result = STET_NO_MEMORY;
    for (unsigned attempt = 0; result == STET_NO_MEMORY; attempt++) {
        struct live_retired_entry *reserve = stet_write_removes_(w) ? stet_live_reserve_take_(m) : NULL;
        if (reserve != NULL && (result = live_try_write(t, m, w, reserve)) != STET_NO_MEMORY)
            break;
        if (!stet_live_relieve_(attempt))
            break;
        result = live_try_write(t, m, w, NULL);
    }
    return result;
}

/* ---- life ---- */

/* Makes a root of two gaps. 0: no memory. */
static stet_ref empty_root(const struct stet_map_type *t, uint64_t g)
{
    struct stet_inner *n = stet_live_inner_new_(t, 1, g);
    if (n == NULL)
        return 0;
    stet_children_(n)[0] = stet_children_(n)[1] = 0;
    return inner_ref(n);
}

static bool fill(const struct stet_map_type *t, struct stet_live *m, stet_ref root)
{
    struct stet_map_cursor it;
    stet_map_cursor_start_(t, root, &it);
    for (; it.entry != NULL; stet_map_cursor_next_(t, &it)) {
        struct stet_write w = {.op = STET_WRITE_ADD, .key = it.entry, .value = it.entry + t->value_offset};
        if (stet_live_write_(t, m, &w) == STET_NO_MEMORY)
            return false;
    }
    return true;
}

struct stet_live *stet_live_new_(const struct stet_map_type *t, struct stet_map *first)
{
    struct stet_live *m = stet_threads_started_() ? pool_allocate_for(sizeof *m, &t->node.name) : NULL;
    if (m == NULL)
        return NULL;
    stet_node_has_garbage_();
    memset(m, 0, sizeof *m);
    m->gen = 1;
    stet_snaps_add_(&m->snaps);
    if ((m->root = empty_root(t, 1)) == 0 || (m->empty = empty_root(t, 1)) == 0 || !stet_live_reserve_make_(t, m)) {
        stet_live_destroy_(t, m);
        return NULL;
    }
    if (first != NULL) {
        if (!fill(t, m, first->root)) {
            stet_live_destroy_(t, m);
            return NULL;
        }
        stet_node_drop_(&t->node, first->root);
        *first = (struct stet_map){0, 0};
    }
    return m;
}

void stet_live_destroy_(const struct stet_map_type *t, struct stet_live *m)
{
    if (m == NULL)
        return;
    stet_snaps_remove_(&m->snaps);
    stet_node_drop_(&t->node, m->root);
    stet_node_drop_(&t->node, m->empty);
    stet_live_reserve_free_(m);
    pool_free(m, sizeof *m);
    stet_era_reclaim_all_();
}

/* ---- one entry ---- */

bool stet_live_load_(const struct stet_map_type *t, struct stet_live *m, const struct stet_key_view *f, const void *key,
                     void *value)
{
    return live_load(t, m, f, key, value);
}

stet_result stet_live_write_(const struct stet_map_type *t, struct stet_live *m, struct stet_write *w)
{
    return live_write(t, m, w);
}

size_t stet_live_load_many_(const struct stet_map_type *t, struct stet_live *m, const void *keys, size_t n,
                            void *values, bool *found)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        found[i] =
            stet_live_read_(t, m, false, (const char *)keys + i * t->key->size, (char *)values + i * t->value->size);
        count += found[i];
    }
    return count;
}

/* ---- snapshots ---- */

/* The counter for the spare record, whose number is 0: see live_count(). */
#define SPARE_CELL (STET_LIVE_CELLS - 1)
STET_STATIC_ASSERT(STET_LIVE_OWN_CELLS == THREADS_LOW, "records with cells of their own are used first");
STET_STATIC_ASSERT(STET_LIVE_OWN_CELLS + (0u - 1) % STET_LIVE_SHARED_CELLS == SPARE_CELL, "the last one");

/*
 * Returns the number of entries added, less those removed, in all generations of this parity. It is exact if the caller
 * has waited for the writers of these generations.
 */
static int64_t cells_sum(const struct stet_live *m, unsigned parity)
{
    int64_t sum = 0;
    /* The records of the threads that the caller has waited for are among these. */
    uint32_t threads = STET_LOAD_(stet_threads_made_, RELAXED);
    bool shared = threads > STET_LIVE_OWN_CELLS;
    for (unsigned i = 0, own = shared ? STET_LIVE_OWN_CELLS : threads; i < own; i++)
        sum += STET_LOAD_(m->cell[i].entries[parity], RELAXED);
    for (unsigned i = shared ? STET_LIVE_OWN_CELLS : SPARE_CELL; i < STET_LIVE_CELLS; i++)
        sum += STET_LOAD_(m->cell[i].entries[parity], RELAXED);
    return sum;
}

size_t stet_live_size_(struct stet_live *m)
{
    int64_t sum = cells_sum(m, 0) + cells_sum(m, 1) - STET_LOAD_(m->cleared, RELAXED);
    return sum > 0 ? (size_t)sum : 0; /* the sum may be off, because the counters are read one after the other */
}

/*
 * Called with the lock `snapping`: waits until the writes of the last generation are over, and returns the number of
 * entries at its end.
 */
static int64_t finish_counts(struct stet_live *m)
{
    stet_write_drain_();
    unsigned parity = (unsigned)(STET_LOAD_(m->gen, RELAXED) - 1) & 1;
    m->base_counts[parity] = cells_sum(m, parity);
    m->snaps.unfinished = false;
    return m->base_counts[0] + m->base_counts[1] - m->cleared;
}

/*
 * Called with the lock `snapping`: ends the generation. next takes the place of the root; if it is 0, the root stays,
 * and gets one more count. Returns the old root.
 */
static stet_ref end_generation(const struct stet_map_type *t, struct stet_live *m, stet_ref next)
{
    struct stet_thread *h;
    uint64_t era;
    if (m->snaps.unfinished)
        (void)finish_counts(m);
    h = stet_era_enter_(&era);
    for (unsigned attempt = 0;;) {
        stet_ref r = STET_LOAD_(m->root, ACQUIRE);
        bool here = stet_era_is_(era);
        uint32_t *lock = here ? live_lock_word(r) : NULL; /* E3: live_lock_word() reads the node */
        if (here && live_lock_root(lock, &m->root, r)) {
            if (next == 0)
                stet_node_retain_(r);
            live_end_generation(&m->gen, &m->root, next);
            m->snaps.unfinished = true;
            if (next == 0) {
                live_unlock_same(lock);
            } else {
                live_kill(lock);
                stet_live_retire_(t, h, r);
            }
            stet_era_leave_(h);
            return r;
        }
        if (!here)
            era = stet_era_set_(h);
        else
            stet_relax_(attempt++);
    }
}

/* Returns the handle of a finished snapshot. The handle gets the caller's count of the root. */
static struct stet_map as_map(const struct stet_map_type *t, stet_ref root, int64_t size)
{
    if (size != 0)
        return (struct stet_map){root, (size_t)size};
    stet_node_drop_(&t->node, root); /* an empty map has no nodes: I6 */
    return (struct stet_map){0, 0};
}

struct stet_map stet_live_snapshot_(const struct stet_map_type *t, struct stet_live *m)
{
    stet_lock_(&m->snaps.snapping);
    stet_ref root = end_generation(t, m, 0);
    int64_t size = finish_counts(m);
    stet_unlock_(&m->snaps.snapping);
    return as_map(t, root, size);
}

struct stet_live_snapshot_begun stet_live_snapshot_begin_(const struct stet_map_type *t, struct stet_live *m)
{
    stet_lock_(&m->snaps.snapping);
    struct stet_live_snapshot_begun begun = {.root = end_generation(t, m, 0), .gen = STET_LOAD_(m->gen, RELAXED)};
    stet_unlock_(&m->snaps.snapping);
    return begun;
}

/* Returns the number of entries below this root, which it counts leaf by leaf. */
static int64_t count_entries(const struct stet_map_type *t, stet_ref root)
{
    struct stet_map_cursor it;
    int64_t n = 0;
    for (stet_map_cursor_start_(t, root, &it); it.entry != NULL; stet_map_cursor_leaf_(t, &it))
        n += (it.end - it.entry) / (ptrdiff_t)t->entry_size;
    return n;
}

struct stet_map stet_live_snapshot_finish_(const struct stet_map_type *t, struct stet_live *m,
                                           struct stet_live_snapshot_begun *begun)
{
    stet_ref root = begun->root;
    int64_t size = -1;
    if (root == 0)
        return (struct stet_map){0, 0};
    stet_lock_(&m->snaps.snapping);
    if (m->snaps.unfinished && STET_LOAD_(m->gen, RELAXED) == begun->gen)
        size = finish_counts(m);
    stet_unlock_(&m->snaps.snapping);
    *begun = (struct stet_live_snapshot_begun){0, 0};
    return as_map(t, root,
                  /* Another snapshot came after this one, and finished it. */
                  size >= 0 ? size : count_entries(t, root));
}

/* Returns the root that the map has in reserve, for generation g. 0: it was used. Called with snaps.snapping. */
static stet_ref reserve_root(const struct stet_map_type *t, struct stet_live *m, uint64_t g)
{
    stet_ref r = m->empty;
    m->empty = 0;
    if (r != 0)
        stet_live_begin_(t, r, g);
    return r;
}

/* Puts a root in reserve if a clear has used it and there is memory again. Called with snaps.snapping. */
static void restore_root(const struct stet_map_type *t, struct stet_live *m)
{
    if (STET_UNLIKELY(m->empty == 0))
        m->empty = empty_root(t, 0);
}

static stet_result clear(const struct stet_map_type *t, struct stet_live *m, bool use_reserve)
{
    stet_lock_(&m->snaps.snapping);
    uint64_t g = STET_LOAD_(m->gen, RELAXED) + 1;
    stet_ref next = empty_root(t, g);
    if (next == 0 && use_reserve)
        next = reserve_root(t, m, g);
    if (next == 0) {
        stet_unlock_(&m->snaps.snapping);
        return STET_NO_MEMORY;
    }
    (void)end_generation(t, m, next);
    int64_t size = finish_counts(m);
    STET_STORE_(m->cleared, m->cleared + size, RELAXED);
    restore_root(t, m);
    stet_unlock_(&m->snaps.snapping);
    if (stet_thread_mine_ != NULL) {
        /* Counts as one retired node, however large the map was. */
        stet_era_weigh_(stet_thread_mine_, size > 0 ? (size_t)size * t->entry_size : 0);
        stet_era_reclaim_if_due_(stet_thread_mine_, ERA_EACH);
    }
    return size != 0 ? STET_CHANGED : STET_UNCHANGED;
}

stet_result stet_live_clear_(const struct stet_map_type *t, struct stet_live *m)
{
    stet_result result = clear(t, m, false);
    if (result != STET_NO_MEMORY)
        return result;
    result = clear(t, m, true);
    for (unsigned attempt = 0; result == STET_NO_MEMORY && stet_live_relieve_(attempt); attempt++)
        result = clear(t, m, false);
    stet_era_reclaim_all_();
    stet_lock_(&m->snaps.snapping);
    restore_root(t, m);
    stet_unlock_(&m->snaps.snapping);
    return result;
}
