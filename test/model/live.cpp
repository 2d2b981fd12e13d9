// SPDX-License-Identifier: MIT
/*
 * live.cpp - the live map's protocol under a simulator of the memory model; see simulator.h.
 *
 * What runs is the product's own source: lib/live/protocol.h and lib/reclaim/era_protocol.h. Told anew is what
 * live/core.h and live/shape.c do with it, in the same order, on a trie of three levels:
 *
 *   root   +-- slot 0: inner node --+-- slot 0: leaf, key 0
 *          |                        +-- slot 1: gap,  key 1
 *          +-- slot 1: leaf, key 2
 *
 * A leaf has one number, three times: twice for readers, and once as a plain variable, for who holds the lock and for
 * snapshots, so that any two that are not kept apart are a data race. What must not happen beside that:
 *
 *   - a reader with one half of a write, or with less than it has seen before
 *   - a snapshot without a write of its generation, or with one of a later, or that changes
 *   - a reader with a write from after a snapshot, but without one that the snapshot has
 *   - a write that is lost
 *   - a node that is followed when it is freed; one that is still there when everyone is done; one that was born
 *     after somebody stopped, and is not freed while he stands
 *
 * usage: live [ITERATIONS]     of each scenario. Exit status 1: one failed
 */
#include "simulator.h"

#define STET_HIDDEN static

struct stet_clock;
static struct stet_clock &the_clock();
struct stet_registry;
static rl::atomic<struct stet_registry *> &records();
#define STET_CLOCK_ the_clock()
#define STET_THREADS_ records()
/* Nobody looks whether it is alone: atom.cpp has that. */
static rl::atomic<uint64_t> &taken();
#define STET_TAKEN_ taken()
#define STET_MINE_ ((struct stet_thread *)NULL)
static inline void stet_relax_(unsigned) { rl::yield(1, $); }
static uint64_t stet_era_gate_(struct stet_thread *h);
static void stet_wait_for_fork_(void);

#include "reclaim/era_protocol.h"
#include "live/protocol.h"

static uint64_t stet_era_gate_(struct stet_thread *h) { return stet_era_pass_gate_(h); }
void stet_retired_released_(struct stet_atom_state *, uint64_t) {}
static bool stet_live_lock_slow_(live_seq *lock) { return live_lock_waiting(lock); }

#define THREADS 3
#define NODES 12 /* for each thread; the last ones are there from the beginning */
#define KEYS 3
#define MOVED ((uintptr_t)1)

struct node : stet_retired {
    live_seq lock;
    live_slot child[2]; /* of an inner node */
    rl::atomic<int> word[2];
    rl::var<int> entry;
    rl::var<uint64_t> made;
    rl::var<bool> inner;
    rl::var<bool> alive;
    rl::atomic<int> count;
};

struct write {
    int value;
    uint64_t generation;
};

/* What a snapshot showed at once; it must show the same in the end. */
struct kept {
    uintptr_t root; /* 0: not taken */
    uint64_t generation, cleared;
    int value[KEYS];
};

static struct node *at(uintptr_t r) { return reinterpret_cast<struct node *>(r); }
static uintptr_t ref(struct node *n) { return reinterpret_cast<uintptr_t>(n); }

struct world {
    struct stet_clock clock;
    struct stet_thread record[THREADS];
    struct stet_registry registry;
    rl::atomic<struct stet_thread *> places[THREADS];
    rl::atomic<struct stet_registry *> all;
    rl::atomic<uint64_t> taken;
    live_slot root;
    live_generation gen;
    struct node nodes[THREADS + 1][NODES];
    unsigned used[THREADS + 1];
    rl::atomic<int> freed;
    struct write writes[KEYS][8];
    unsigned written[KEYS];
    uint64_t cleared; /* the last generation of which nothing is left */
    rl::atomic<int> forking;

    /* ---- nodes ---- */

    struct node *make(unsigned t, bool inner, uint64_t g)
    {
        RL_ASSERT(used[t] < NODES);
        struct node *n = &nodes[t][used[t]++];
        n->lock.store(0, rl::mo_relaxed, $);
        n->count.store(1, rl::mo_relaxed, $);
        n->inner($) = inner;
        n->alive($) = true;
        n->made($) = g;
        for (int i = 0; i < 2; i++) {
            n->child[i].store(0, rl::mo_relaxed, $);
            n->word[i].store(0, rl::mo_relaxed, $);
        }
        n->entry($) = 0;
        n->born.store(stet_era_born_(), rl::mo_relaxed, $);
        return n;
    }

    void retain(uintptr_t r)
    {
        if (r != 0)
            at(r)->count.fetch_add(1, rl::mo_relaxed, $);
    }

    void drop(uintptr_t r)
    {
        if (r == 0 || at(r)->count.fetch_sub(1, rl::mo_acq_rel, $) != 1)
            return;
        at(r)->alive($) = false;
        freed.fetch_add(1, rl::mo_relaxed, $);
        for (int i = 0; i < 2; i++)
            drop(at(r)->child[i].load(rl::mo_relaxed, $));
    }

    void retire(unsigned t, struct node *n) { stet_retire_(&record[t], n); }

    /* What thread `of` retired, by this one. */
    void reclaim(unsigned of)
    {
        for (struct stet_retired *r = stet_era_partition_(&record[of], &record[of]), *next; r != NULL; r = next) {
            next = r->next($);
            drop(ref(static_cast<struct node *>(r)));
        }
    }

    /* Whoever gets here may read the node. */
    struct node *visit(uintptr_t r)
    {
        RL_ASSERT(bool(at(r)->alive($)));
        return at(r);
    }

    /* ---- begin and end ---- */

    void begin(bool fenced);
    void push_records()
    {
        for (int t = 0; t < THREADS; t++)
            stet_register_(&registry, &record[t]);
    }
    int tree_size(uintptr_t r)
    {
        if (r == 0)
            return 0;
        RL_ASSERT(bool(at(r)->alive($)));
        int size = 1;
        for (int i = 0; i < 2; i++)
            size += tree_size(at(r)->child[i].load(rl::mo_relaxed, $));
        return size;
    }

    /* Everything is freed but the tree, and that has every key's last write. */
    void end()
    {
        for (int i = 0; i < THREADS; i++)
            reclaim(i);
        int made = 0, values[KEYS];
        for (int t = 0; t <= THREADS; t++)
            made += used[t];
        uintptr_t r = root.load(rl::mo_relaxed, $);
        RL_ASSERT(made - freed.load(rl::mo_relaxed, $) == tree_size(r));
        look_at_all(r, values);
        for (int key = 0; key < KEYS; key++)
            if (written[key] != 0) /* or its leaf may be that of another key */
                RL_ASSERT(values[key] == last_write(key, cleared, UINT64_MAX));
    }

    /* In the generations after this one, and up to that. */
    int last_write(unsigned key, uint64_t after, uint64_t until)
    {
        int value = 0;
        for (unsigned i = 0; i < written[key]; i++)
            if (writes[key][i].generation <= until)
                value = writes[key][i].generation > after ? writes[key][i].value : 0;
        return value;
    }

    void end(struct kept *k)
    {
        check(k);
        if (k->root != 0)
            drop(k->root);
    }

    /* ---- walking: live_walk() ---- */

    uintptr_t walk(unsigned key, uint64_t era, struct node **above)
    {
        uintptr_t r = STET_LOAD_(root, ACQUIRE);
        for (int bit = 1;; bit--) {
            if (!stet_era_is_(era))
                return MOVED;
            struct node *n = visit(r);
            if (!n->inner($))
                return r;
            *above = n;
            r = STET_LOAD_(n->child[key >> bit & 1], ACQUIRE);
            if (r == 0)
                return stet_era_is_(era) ? 0 : MOVED;
        }
    }

    void again(unsigned t, uint64_t *era)
    {
        if (!stet_era_is_(*era))
            *era = stet_era_set_(&record[t]);
        else
            stet_relax_(0);
    }

    /* ---- reading: live_load() ---- */

    int read_leaf(struct node *l)
    {
        uint32_t seen;
        if (!live_read_begin(&l->lock, &seen))
            return -1;
        int a = STET_LOAD_(l->word[0], RELAXED), b = STET_LOAD_(l->word[1], RELAXED);
        if (!live_is_still(&l->lock, seen))
            return -1;
        RL_ASSERT(a == b);
        return a;
    }

    bool is_gap(struct node *n, unsigned key, uint64_t era)
    {
        uint32_t seen;
        struct node *above;
        return live_read_begin(&n->lock, &seen) && walk(key, era, &above) == 0 && above == n &&
               live_is_still(&n->lock, seen);
    }

    /* 0: the key is not there. */
    int load(unsigned t, unsigned key)
    {
        int found = -1;
        uint64_t era = stet_era_set_(&record[t]);
        for (;;) {
            struct node *above;
            uintptr_t r = walk(key, era, &above);
            if (r > MOVED)
                found = read_leaf(at(r));
            else if (r == 0 && is_gap(above, key, era))
                found = 0;
            if (found >= 0)
                break;
            again(t, &era);
        }
        stet_era_end_(&record[t]);
        return found;
    }

    /* ---- writing: live_write() ---- */

    void put(struct node *l, unsigned key, int value, uint64_t g)
    {
        if (value == 0)
            value = l->entry($) + 1;
        STET_STORE_(l->word[0], value, RELAXED);
        l->entry($) = value;
        STET_STORE_(l->word[1], value, RELAXED);
        writes[key][written[key]++] = {value, g};
    }

    bool write_leaf(unsigned t, unsigned key, uint64_t era, struct node *l, int value)
    {
        bool waited;
        uint64_t g;
        if (!live_lock_leaf(&l->lock, &gen, &g, &waited))
            return false;
        if (l->made($) != g) {
            live_unlock_same(&l->lock);
            freshen(t, key, era, g);
            return false;
        }
        if (value < 0) {
            RL_ASSERT(l->entry($) >= 0);
            live_unlock_same(&l->lock);
            return true;
        }
        put(l, key, value, g);
        live_unlock(&l->lock);
        return true;
    }

    bool write_gap(unsigned t, unsigned key, uint64_t era, struct node *above, int value)
    {
        uint64_t g = live_now(&gen);
        if (above->made($) != g) {
            freshen(t, key, era, g);
            return false;
        }
        live_slot *slot = &above->child[at(root.load(rl::mo_relaxed, $)) == above ? key >> 1 : key & 1];
        if (!live_lock_slot(&above->lock, slot, 0, above->made($), &gen, g, true))
            return false;
        if (value < 0) {
            live_unlock_same(&above->lock);
            return true;
        }
        struct node *l = make(t, false, g);
        put(l, key, value, g);
        STET_STORE_(*slot, ref(l), RELEASE);
        live_unlock(&above->lock);
        return true;
    }

    /* value 0: one more than is there; -1: a look, and nothing to do. */
    void store(unsigned t, unsigned key, int value)
    {
        bool done = false;
        uint64_t era = stet_era_set_(&record[t]);
        for (;;) {
            struct node *above;
            uintptr_t r = walk(key, era, &above);
            if (r != MOVED) {
                stet_write_begin_(&record[t]);
                done = r != 0 ? write_leaf(t, key, era, at(r), value) : write_gap(t, key, era, above, value);
                stet_write_end_(&record[t]);
            }
            if (done)
                break;
            again(t, &era);
        }
        stet_era_end_(&record[t]);
    }

    /* ---- a new generation: stet_live_freshen_() ---- */

    struct node *copy_node(unsigned t, struct node *n, uint64_t g)
    {
        struct node *copy = make(t, n->inner($), g);
        for (int i = 0; i < 2; i++) {
            uintptr_t child = n->child[i].load(rl::mo_relaxed, $);
            retain(child);
            copy->child[i].store(child, rl::mo_relaxed, $);
            copy->word[i].store((int)n->entry($), rl::mo_relaxed, $);
        }
        copy->entry($) = (int)n->entry($);
        return copy;
    }

    /* The node that is there then; n: begin anew. */
    struct node *freshen_one(unsigned t, struct node *holder, live_slot *slot, struct node *n, uint64_t g)
    {
        if (holder != NULL) {
            if (!live_lock_slot(&holder->lock, slot, ref(n), holder->made($), &gen, g, true))
                return n;
            if (!live_try_lock(&n->lock)) {
                live_unlock_same(&holder->lock);
                return n;
            }
        } else {
            if (!live_lock_root(&n->lock, slot, ref(n)))
                return n;
            if (live_now(&gen) != g) {
                live_unlock_same(&n->lock);
                return n;
            }
        }
        struct node *copy = copy_node(t, n, g);
        STET_STORE_(*slot, ref(copy), RELEASE);
        live_kill(&n->lock);
        if (holder != NULL)
            live_unlock(&holder->lock);
        retire(t, n);
        return copy;
    }

    void freshen(unsigned t, unsigned key, uint64_t era, uint64_t g)
    {
        struct node *holder = NULL;
        live_slot *slot = &root;
        uintptr_t r = STET_LOAD_(root, ACQUIRE);
        for (int bit = 1; r != 0; bit--) {
            if (!stet_era_is_(era))
                return;
            struct node *n = visit(r);
            if (n->made($) != g) {
                struct node *copy = freshen_one(t, holder, slot, n, g);
                if (copy == n)
                    return;
                n = copy;
            }
            if (!n->inner($))
                return;
            holder = n;
            slot = &n->child[key >> bit & 1];
            r = STET_LOAD_(*slot, ACQUIRE);
        }
    }

    /* The leaf of key 0 by another one within the generation, as when it is split. */
    void replace(unsigned t)
    {
        uint64_t era = stet_era_set_(&record[t]);
        for (;;) {
            struct node *above;
            uintptr_t r = walk(0, era, &above);
            if (r > MOVED && freshen_one(t, above, &above->child[0], at(r), live_now(&gen)) != at(r))
                break;
            again(t, &era);
        }
        stet_era_end_(&record[t]);
    }

    /* ---- snapshots: live.c ---- */

    /* One at a time. next: takes the root's place; NULL: it stays, and is counted. */
    struct kept end_generation(unsigned t, struct node *next)
    {
        uint64_t era = stet_era_set_(&record[t]);
        for (;;) {
            uintptr_t r = STET_LOAD_(root, ACQUIRE);
            if (stet_era_is_(era) && live_lock_root(&visit(r)->lock, &root, r)) {
                struct kept k = {r, live_now(&gen), cleared, {0}};
                retain(r); /* of what is cleared: for us to look at */
                if (next != NULL)
                    cleared = k.generation;
                live_end_generation(&gen, &root, next != NULL ? ref(next) : 0);
                if (next != NULL) {
                    live_kill(&at(r)->lock);
                    retire(t, at(r));
                } else {
                    live_unlock_same(&at(r)->lock);
                }
                stet_era_end_(&record[t]);
                return k;
            }
            again(t, &era);
        }
    }

    void settle(struct kept *k)
    {
        stet_write_await_();
        look_at_all(k->root, k->value);
    }

    struct kept snapshot(unsigned t)
    {
        struct kept k = end_generation(t, NULL);
        settle(&k);
        return k;
    }

    /* ---- fork: era.c. Nobody is inside, nothing is locked, nothing changes ---- */

    bool is_locked(uintptr_t r)
    {
        if (r == 0)
            return false;
        bool locked = visit(r)->lock.load(rl::mo_relaxed, $) & LIVE_LOCKED;
        for (int i = 0; i < 2 && !locked; i++)
            locked = is_locked(at(r)->child[i].load(rl::mo_relaxed, $));
        return locked;
    }

    void fork(unsigned t)
    {
        forking.store(1, rl::mo_relaxed, $);
        stet_gates_set_(true);
        stet_walks_await_(&record[t]);
        int value[KEYS], again[KEYS];
        uintptr_t r = root.load(rl::mo_relaxed, $);
        look_at_all(r, value);
        RL_ASSERT(!is_locked(r));
        for (unsigned key = 0; key < KEYS; key++)
            RL_ASSERT(value[key] == last_write(key, cleared, UINT64_MAX));
        rl::yield(1, $);
        RL_ASSERT(r == root.load(rl::mo_relaxed, $));
        look_at_all(r, again);
        for (unsigned key = 0; key < KEYS; key++)
            RL_ASSERT(value[key] == again[key]);
        stet_gates_set_(false);
        forking.store(0, rl::mo_release, $);
    }

    /* As an ordinary map: nothing that is atomic to others is needed. */
    void look_at_all(uintptr_t of, int value[KEYS])
    {
        for (unsigned key = 0; key < KEYS; key++) {
            uintptr_t r = of;
            for (int bit = 1; r != 0 && visit(r)->inner($); bit--)
                r = at(r)->child[key >> bit & 1].load(rl::mo_relaxed, $);
            value[key] = r != 0 ? (int)visit(r)->entry($) : 0;
        }
    }

    /* It has what was written until its generation ended, and no more, in the end, too. */
    void check(const struct kept *k)
    {
        int value[KEYS];
        if (k->root == 0)
            return;
        look_at_all(k->root, value);
        for (unsigned key = 0; key < KEYS; key++) {
            RL_ASSERT(k->value[key] == value[key]);
            if (written[key] != 0)
                RL_ASSERT(k->value[key] == last_write(key, k->cleared, k->generation));
        }
    }
};

static struct world *now;
static struct stet_clock &the_clock() { return now->clock; }
static rl::atomic<struct stet_registry *> &records() { return now->all; }
static rl::atomic<uint64_t> &taken() { return now->taken; }

static void stet_wait_for_fork_(void)
{
    while (now->forking.load(rl::mo_acquire, $) != 0)
        rl::yield(1, $);
}

void world::begin(bool fenced)
{
    now = this;
    forking.store(0, rl::mo_relaxed, $);
    no_membarrier = fenced;
    choose_slow_place({&gen, &root, &clock.era, &record[0].busy, &record[0].era, &nodes[THREADS][0].lock});
    clock.era.store(1, rl::mo_relaxed, $);
    clock.stalled.store(0, rl::mo_relaxed, $);
    registry.room = THREADS;
    registry.at = places;
    registry.n.store(0, rl::mo_relaxed, $);
    all.store(&registry, rl::mo_relaxed, $);
    gen.store(1, rl::mo_relaxed, $);
    freed.store(0, rl::mo_relaxed, $);
    cleared = 0;
    for (int t = 0; t <= THREADS; t++)
        used[t] = 0;
    for (int key = 0; key < KEYS; key++)
        written[key] = 0;
    for (int t = 0; t < THREADS; t++) {
        struct stet_thread *h = &record[t];
        h->fenced = fenced;
        stet_gate_set_(h, false);
        h->era.store(0, rl::mo_relaxed, $);
        h->busy.store(0, rl::mo_relaxed, $);
        h->retired.store(NULL, rl::mo_relaxed, $);
        h->retired_count.store(0, rl::mo_relaxed, $);
        h->retired_kept.store(0, rl::mo_relaxed, $);
    }
    struct node *top = make(THREADS, true, 1), *low = make(THREADS, true, 1);
    low->child[0].store(ref(make(THREADS, false, 1)), rl::mo_relaxed, $);
    top->child[0].store(ref(low), rl::mo_relaxed, $);
    top->child[1].store(ref(make(THREADS, false, 1)), rl::mo_relaxed, $);
    root.store(ref(top), rl::mo_seq_cst, $);
}

/* ---- scenarios ---- */

struct map_scenario {
    struct world w;
    struct kept k, second;
    void prepare()
    {
        w.begin(false);
        w.push_records();
        k = second = {0, 0, 0, {0}};
    }
    void finish()
    {
        w.end(&k);
        w.end(&second);
        w.end();
    }
};

template <typename scenario> struct of_three : rl::test_suite<scenario, 3>, map_scenario {
    void before() { prepare(); }
    void after() { finish(); }
};

/* One writes, two read. */
struct halves : of_three<halves> {
    void thread(unsigned t)
    {
        if (t == 2) {
            w.store(t, 2, 1);
            w.store(t, 2, 2);
        } else {
            int a = w.load(t, 2), b = w.load(t, 2);
            RL_ASSERT(a <= b);
        }
    }
};

/* Two add to the same number, one reads. */
struct sums : of_three<sums> {
    void thread(unsigned t)
    {
        if (t == 2) {
            int a = w.load(t, 2), b = w.load(t, 2);
            RL_ASSERT(a <= b);
        } else {
            w.store(t, 2, 0);
            w.store(t, 2, 0);
        }
    }
    void after()
    {
        RL_ASSERT(w.last_write(2, 0, UINT64_MAX) == 4);
        finish();
    }
};

/* One adds, one looks under the lock and finds that nothing is to be done, one does both. */
struct unchanged : of_three<unchanged> {
    void thread(unsigned t)
    {
        for (unsigned i = 0; i < 3; i++)
            w.store(t, 2, t == 0 || (t == 2 && i == 1) ? 0 : -1);
    }
};

/* Two write, one takes a snapshot. */
struct snapshots : of_three<snapshots> {
    void thread(unsigned t)
    {
        if (t == 2) {
            k = w.snapshot(t);
        } else {
            w.store(t, 2 * t, 1);
            w.store(t, 2 * t, 2);
        }
    }
};

/* To the same leaf, and to a gap. */
struct same_leaf : of_three<same_leaf> {
    void thread(unsigned t)
    {
        if (t == 2) {
            k = w.snapshot(t);
        } else {
            w.store(t, 0, 0);
            if (t == 1)
                w.store(t, 1, 1);
        }
    }
};

/* To the same gap. */
struct gaps : of_three<gaps> {
    void thread(unsigned t)
    {
        if (t == 2)
            k = w.snapshot(t);
        else
            w.store(t, 1, 0);
    }
    void after()
    {
        RL_ASSERT(w.last_write(1, 0, UINT64_MAX) == 2);
        finish();
    }
};

/* Two snapshots in a row; the first is dropped at once, or not. */
struct two_snapshots : of_three<two_snapshots> {
    void thread(unsigned t)
    {
        if (t == 2) {
            k = w.snapshot(t);
            second = w.snapshot(t);
            w.reclaim(t);
        } else {
            w.store(t, t, 0);
            w.store(t, t, 0);
        }
    }
};

/* Two write, one forks. */
struct forks : of_three<forks> {
    void thread(unsigned t)
    {
        if (t == 2) {
            w.fork(t);
        } else {
            w.store(t, 2 * t, 0);
            w.store(t, 2 * t, 0);
        }
    }
};

/* The same without membarrier. */
struct fenced_forks : of_three<fenced_forks> {
    void before()
    {
        prepare();
        w.begin(true);
        w.push_records();
    }
    void thread(unsigned t)
    {
        if (t == 2) {
            w.fork(t);
        } else {
            w.store(t, 2 * t, 0);
            w.store(t, 2 * t, 0);
        }
    }
};

/* The root is replaced by an empty one. */
struct clears : of_three<clears> {
    void thread(unsigned t)
    {
        if (t == 2) {
            k = w.end_generation(t, w.make(t, true, 2));
            w.settle(&k);
            second = w.snapshot(t);
        } else {
            w.store(t, 2 * t, 0);
            w.store(t, 2 * t, 0);
        }
    }
};

/* L2: a leaf leaves the tree while others wait for it, or read it. */
struct replaced : of_three<replaced> {
    void thread(unsigned t)
    {
        if (t == 2) {
            w.replace(t);
            w.replace(t);
        } else {
            w.store(t, 0, 0);
            w.store(t, 0, 0);
        }
    }
    void after()
    {
        RL_ASSERT(w.last_write(0, 0, UINT64_MAX) == 4);
        finish();
    }
};

/* L4: who has seen what was written after a snapshot, sees all of the snapshot. */
template <typename scenario, unsigned key> struct of_passing : of_three<scenario> {
    int late, early;
    void thread(unsigned t)
    {
        struct world &w = this->w;
        if (t == 0) {
            w.store(t, key, 1);
        } else if (t == 1) {
            this->k = w.end_generation(t, NULL);
            w.store(t, 2, 1);
            w.settle(&this->k);
        } else {
            late = w.load(t, 2);
            early = w.load(t, key);
        }
    }
    void after()
    {
        RL_ASSERT(late == 0 || early >= this->k.value[key]);
        this->finish();
    }
};
struct passing : of_passing<passing, 0> {
};
struct passing_gap : of_passing<passing_gap, 1> {
};

/* Nodes that are replaced, retired and freed while they are walked; by others than who retired them, too. */
template <typename scenario> struct of_eras : rl::test_suite<scenario, 3>, map_scenario {
    void replace(unsigned t)
    {
        struct node *n = w.make(t, false, 1);
        uintptr_t r = STET_EXCHANGE_(w.root, ref(n), SEQ_CST);
        w.retire(t, at(r));
    }
    void follow(unsigned t)
    {
        uint64_t era = stet_era_set_(&w.record[t]);
        uintptr_t r = STET_LOAD_(w.root, ACQUIRE);
        while (!stet_era_is_(era)) {
            era = stet_era_set_(&w.record[t]);
            r = STET_LOAD_(w.root, ACQUIRE);
        }
        w.visit(r);
        w.visit(r);
        stet_era_end_(&w.record[t]);
    }
    void end()
    {
        for (int i = 0; i < THREADS; i++)
            w.reclaim(i);
        int made = 0;
        for (int t = 0; t <= THREADS; t++)
            made += w.used[t];
        RL_ASSERT(made - w.freed.load(rl::mo_relaxed, $) == 1);
    }
    void before() { prepare(); }
    void after() { end(); }
};

struct eras : of_eras<eras> {
    void thread(unsigned t)
    {
        if (t < 2) {
            follow(t);
            follow(t);
        } else {
            replace(t);
            w.reclaim(t);
            replace(t);
            w.reclaim(t);
        }
    }
};

struct fenced_eras : of_eras<fenced_eras> {
    void before()
    {
        w.begin(true);
        w.push_records();
    }
    void thread(unsigned t)
    {
        if (t < 2) {
            follow(t);
            follow(t);
        } else {
            replace(t);
            w.reclaim(t);
            replace(t);
            w.reclaim(t);
        }
    }
};

struct two_reclaimers : of_eras<two_reclaimers> {
    void thread(unsigned t)
    {
        if (t == 0) {
            follow(t);
            follow(t);
        } else {
            replace(t);
            w.reclaim(3 - t);
            replace(t);
            w.reclaim(t);
        }
    }
};

/* One ends, and what it retired is another one's then, who reclaims at that moment. */
struct heirs : of_eras<heirs> {
    void thread(unsigned t)
    {
        if (t == 0) {
            follow(t);
            follow(t);
        } else if (t == 1) {
            replace(t);
            replace(t);
            stet_bequeath_(&w.record[1], &w.record[2]);
        } else {
            replace(t);
            w.reclaim(t);
            w.reclaim(t);
        }
    }
};

/* Threads that get their records while others look at all of them. */
struct newcomers : of_eras<newcomers> {
    rl::mutex lock;
    void before() { w.begin(false); }
    void thread(unsigned t)
    {
        lock.lock($);
        stet_register_(&w.registry, &w.record[t]);
        lock.unlock($);
        if (t < 2) {
            follow(t);
        } else {
            replace(t);
            w.reclaim(t);
            replace(t);
            w.reclaim(t);
        }
    }
};

/* One begins, and follows an address that is put there eras later. */
struct late : of_eras<late> {
    rl::atomic<int> begun, replaced;
    void before()
    {
        prepare();
        begun.store(0, rl::mo_relaxed, $);
        replaced.store(0, rl::mo_relaxed, $);
    }
    void thread(unsigned t)
    {
        if (t == 0) {
            uint64_t era = stet_era_set_(&w.record[t]);
            begun.store(1, rl::mo_relaxed, $);
            while (replaced.load(rl::mo_relaxed, $) == 0)
                rl::yield(1, $);
            uintptr_t r = STET_LOAD_(w.root, ACQUIRE);
            if (stet_era_is_(era)) {
                w.visit(r);
                w.visit(r);
            }
            stet_era_end_(&w.record[t]);
        } else if (t == 1) {
            follow(t);
        } else {
            while (begun.load(rl::mo_relaxed, $) == 0)
                rl::yield(1, $);
            replace(t);
            w.reclaim(t);
            replace(t);
            replaced.store(1, rl::mo_relaxed, $);
            replace(t);
            w.reclaim(t);
        }
    }
};

/* One stands still; what is born from then on is freed, what he may have is not. */
struct stalled : of_eras<stalled> {
    rl::atomic<int> stands, goes_on;
    void before()
    {
        prepare();
        stands.store(0, rl::mo_relaxed, $);
        goes_on.store(0, rl::mo_relaxed, $);
    }
    void thread(unsigned t)
    {
        if (t == 0) {
            uint64_t era = stet_era_set_(&w.record[t]);
            uintptr_t r = STET_LOAD_(w.root, ACQUIRE);
            bool is = stet_era_is_(era);
            stands.store(1, rl::mo_relaxed, $);
            while (goes_on.load(rl::mo_relaxed, $) == 0)
                rl::yield(1, $);
            if (is)
                w.visit(r);
            stet_era_end_(&w.record[t]);
        } else if (t == 1) {
            follow(t);
        } else {
            while (stands.load(rl::mo_acquire, $) == 0)
                rl::yield(1, $);
            for (int i = 0; i < 4; i++) {
                replace(t);
                w.reclaim(t);
            }
            while (w.record[1].era.load(rl::mo_acquire, $) != 0)
                rl::yield(1, $);
            w.reclaim(t);
            replace(t);
            w.reclaim(t);
            RL_ASSERT(w.freed.load(rl::mo_relaxed, $) >= 2);
            goes_on.store(1, rl::mo_relaxed, $);
        }
    }
};

/* The whole map with reclamation. */
struct churn : of_three<churn> {
    void thread(unsigned t)
    {
        if (t == 2) {
            struct kept young = w.end_generation(t, NULL);
            w.store(t, 2, 0);
            w.settle(&young);
            w.drop(young.root);
            w.reclaim(t);
        } else if (t == 1) {
            w.store(t, 0, 0);
            w.reclaim(t);
            w.store(t, 2, 0);
        } else {
            w.load(t, 2);
            w.load(t, 0);
        }
    }
};

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)std::atoi(argv[1]) : 20000;
    int failed = 0;
    failed += run<halves>("halves", n);
    failed += run<sums>("sums", n);
    failed += run<unchanged>("unchanged", n);
    failed += run<snapshots>("snapshots", n);
    failed += run<same_leaf>("same leaf", n);
    failed += run<gaps>("gaps", n);
    failed += run<two_snapshots>("two snapshots", n);
    failed += run<forks>("forks", n);
    failed += run<fenced_forks>("fenced forks", n);
    failed += run<clears>("clears", n);
    failed += run<replaced>("replaced", n);
    failed += run<passing>("passing", n);
    failed += run<passing_gap>("passing a gap", n);
    failed += run<eras>("eras", n);
    failed += run<fenced_eras>("fenced eras", n);
    failed += run<two_reclaimers>("two reclaimers", n);
    failed += run<heirs>("heirs", n);
    failed += run<newcomers>("newcomers", n);
    failed += run<late>("late", n);
    failed += run<stalled>("stalled", n);
    failed += run<churn>("churn", n);
    return failed != 0;
}
