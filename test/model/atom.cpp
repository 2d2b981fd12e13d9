// SPDX-License-Identifier: MIT
/*
 * atom.cpp - the atom's protocol under a simulator of the memory model; see simulator.h.
 *
 * What runs is the product's own source: stet/impl/hazard.h, lib/reclaim/registry.h and lib/reclaim/hazard_protocol.h.
 * Only what surrounds it is told anew: threads, a free list, time. Each scenario is two or three threads that read and
 * publish; what must not happen:
 *
 *   - a version read while it is freed, or after (its payload is written by who frees it: a data race, or a wrong
 *   value) - a version that is still there when everyone is done, but for the current one
 *   - a sleeper that no one wakes
 *   - a writer that loses in its turn more often than there are others; a turn that never ends, or one that was drawn
 *     and never comes
 *
 * usage: atom [ITERATIONS]     of each scenario. Exit status 1: one failed
 * test/model/run --mutants damages the sources one by one and expects each to fail here.
 */
#include "simulator.h"

struct world;
struct stet_registry;
static struct world *now;
static rl::atomic<struct stet_registry *> &records();
static rl::atomic<uint64_t> &taken();
static struct stet_thread *mine();
#define STET_THREADS_ records()
#define STET_TAKEN_ taken()
#define STET_MINE_ mine()
static inline void stet_wake_lock_(stet_lock *) {}
static inline void stet_scanned_(struct stet_atom_state *) {}
static void stet_free_dead_(struct stet_published *dead);
static inline void stet_relax_(unsigned) { rl::yield(1, $); }
static uint64_t stet_time_(void); /* calls of it */
static uint64_t turn_time(void);
#define STET_TURN_TIME turn_time()
#define STET_TURN_LOOKS 1

#include "reclaim/hazard_protocol.h"

#define BOXES 8
#define THREADS 3
#define PLACES 6

struct published : stet_published {
    rl::var<int> payload; /* its version; -1: free */
    int index;
};

/* One atom, a record for each thread, versions that are used again. */
struct world {
    struct published versions[BOXES];
    struct stet_thread record[THREADS], other[2]; /* of threads that are not there */
    struct stet_atom_state state;
    struct stet_registry registry[2];
    rl::atomic<struct stet_thread *> places[2][PLACES];
    rl::atomic<struct stet_registry *> all;
    rl::atomic<uint64_t> taken;
    struct published *unused[THREADS][BOXES]; /* by the thread that freed them */
    int unused_count[THREADS], freed;
    struct stet_thread *lonely; /* who finds out whether it is alone; others are not */
    uint64_t time, turn_time;

    void begin(bool fenced)
    {
        now = this;
        no_membarrier = fenced;
        no_heavy_fence = false;
        choose_slow_place({&state.root, &state.lock, &state.wanted, &state.scanned, &registry[0].n, &taken,
                           &record[0].slot[0], &versions[0].pins, &state.turns});
        freed = 0;
        time = 0;
        turn_time = UINT64_MAX;
        state.turns.store(0, rl::mo_relaxed, $);
        lonely = NULL;
        for (int i = 0; i < BOXES; i++) {
            versions[i].index = i;
            versions[i].payload($) = -1;
            versions[i].pins.store(0, rl::mo_relaxed, $);
            versions[i].state($) = &state;
            versions[i].previous($) = NULL;
        }
        for (int i = 0; i < 2; i++) {
            registry[i].room = PLACES;
            registry[i].at = places[i];
            registry[i].n.store(0, rl::mo_relaxed, $);
            for (int n = 0; n < PLACES; n++)
                places[i][n].store(NULL, rl::mo_relaxed, $);
            clear(&other[i], fenced);
        }
        all.store(&registry[0], rl::mo_relaxed, $);
        taken.store(1, rl::mo_relaxed, $);
        for (int t = 0; t < THREADS; t++) {
            unused_count[t] = 0;
            clear(&record[t], fenced);
        }
        state.listeners.store(0, rl::mo_relaxed, $);
        state.changes.store(0, rl::mo_relaxed, $);
        state.lock.store(0, rl::mo_relaxed, $);
        state.wanted.store(0, rl::mo_relaxed, $);
        state.keep.store(0, rl::mo_relaxed, $);
        state.scanned.store(0, rl::mo_relaxed, $);
        state.pending($) = NULL;
        state.kept($) = NULL;
        versions[0].payload($) = 1;
        versions[0].version($) = 1;
        state.root.store(&versions[0], rl::mo_seq_cst, $);
    }

    void clear(struct stet_thread *h, bool fenced)
    {
        for (int i = 0; i < STET_SLOTS; i++)
            h->slot[i].store(NULL, rl::mo_relaxed, $);
        h->fenced = fenced;
    }

    void push_records()
    {
        for (int t = 0; t < THREADS; t++)
            stet_register_(&registry[0], &record[t]);
    }

    /* A version for this thread: one it freed, or the one it was given. */
    struct published *take(unsigned t, int otherwise)
    {
        struct published *b = unused_count[t] > 0 ? unused[t][--unused_count[t]] : &versions[otherwise];
        b->pins.store(0, rl::mo_relaxed, $);
        return b;
    }

    /* Nothing is left but the current version. */
    void end(int published)
    {
        RL_ASSERT((state.pending($) == NULL));
        RL_ASSERT((state.kept($) == NULL));
        RL_ASSERT(freed == published);
    }

    /* ---- what threads do ---- */

    void look(struct stet_published *b)
    {
        int version = (int)(uint64_t)b->version($);
        RL_ASSERT(static_cast<struct published *>(b)->payload($) == version);
    }

    void read(unsigned t)
    {
        stet_slot *slot = &record[t].slot[0];
        struct stet_published *b = stet_protect_(record[t].fenced, slot, &state);
        look(b);
        stet_unprotect_(slot, b);
    }

    /* Another version in place of the current one, by update: from the one that is held. */
    bool publish(unsigned t, struct published *next)
    {
        stet_slot *slot = &record[t].slot[0];
        struct stet_published *b = stet_protect_(record[t].fenced, slot, &state);
        next->payload($) = (int)(uint64_t)b->version($) + 1;
        bool done = stet_publish_(&state, b, next);
        stet_unprotect_(slot, b);
        return done;
    }

    /*
     * The same among writers that have turns: stet_atom_update_() and lose() of lib/atom/atom.c. It draws a ticket when
     * it has lost so often, 0: at once. *late: how often it lost in its turn. slow: its edit is.
     */
    void update(unsigned t, int index, unsigned most, bool slow, unsigned *late)
    {
        struct published *next = take(t, index);
        unsigned losses = 0;
        uint32_t ticket = 0;
        bool drew = most == 0 && stet_turn_draw_(&state, &ticket);
        if (drew)
            stet_turn_take_(&state, ticket);
        for (*late = 0;;) {
            stet_slot *slot = &record[t].slot[0];
            struct stet_published *b = stet_protect_(record[t].fenced, slot, &state);
            next->payload($) = (int)(uint64_t)b->version($) + 1;
            for (unsigned i = slow ? rl::rand(12) : 0; i > 0; i--)
                rl::yield(1, $);
            bool may = !stet_turn_is_on_(stet_turns_(&state)) || (drew && stet_turn_is_(&state, ticket));
            bool done = may && stet_publish_(&state, b, next);
            stet_unprotect_(slot, b);
            if (done)
                break;
            *late += drew;
            if (drew && stet_turn_is_(&state, ticket))
                continue;
            if (!drew && ++losses >= most && stet_turn_draw_(&state, &ticket)) {
                stet_turn_take_(&state, ticket);
                drew = true;
            } else {
                uint32_t turns = stet_turns_(&state);
                if (stet_turn_is_on_(turns))
                    stet_turn_await_(&state, stet_turn_of_(turns));
            }
        }
        if (drew)
            stet_turn_end_(&state, ticket);
        stet_reclaim_state_(&state, STET_SCAN_, true);
    }

    void no_turn_is_on(unsigned drawn)
    {
        uint32_t turns = stet_turns_(&state);
        RL_ASSERT(!stet_turn_is_on_(turns) && (drawn == UINT_MAX || stet_turn_of_(turns) == drawn));
    }

    void store(unsigned t, int index)
    {
        struct published *next = take(t, index);
        while (!publish(t, next))
            ;
        stet_reclaim_state_(&state, STET_SCAN_, true);
    }
};

static rl::atomic<struct stet_registry *> &records() { return now->all; }
static rl::atomic<uint64_t> &taken() { return now->taken; }
static struct stet_thread *mine() { return now->lonely; }
static uint64_t stet_time_(void) { return now->time++; }
static uint64_t turn_time(void) { return now->turn_time; }

static void stet_free_dead_(struct stet_published *dead)
{
    unsigned t = rl::ctx().threadx_->index_;
    if (t >= THREADS)
        t = 0;
    while (dead != NULL) {
        struct published *b = static_cast<struct published *>(dead);
        dead = b->previous($);
        b->payload($) = -1;
        RL_ASSERT(now->unused_count[t] < BOXES);
        now->unused[t][now->unused_count[t]++] = b;
        now->freed++;
    }
}

void stet_retired_released_(struct stet_atom_state *state, uint64_t version) { stet_rescan_(state, version); }

struct stet_published *stet_protect_again_(bool fenced, stet_slot *slot, struct stet_atom_state *state)
{
    return stet_protect_and_rescan_(fenced, slot, state);
}

/* ---- scenarios ---- */

template <typename scenario> struct of_three : rl::test_suite<scenario, 3> {
    struct world w;
    void before()
    {
        w.begin(false);
        w.push_records();
    }
    void after() { w.end(2); }
};

/* Two threads read, one stores twice. */
struct readers : of_three<readers> {
    void thread(unsigned t)
    {
        if (t < 2) {
            w.read(t);
            w.read(t);
        } else {
            w.store(t, 1);
            w.store(t, 2);
        }
    }
};

/* The same, where readers must fence: a version that is left then waits for the next reclamation. */
struct fenced_readers : rl::test_suite<fenced_readers, 3> {
    struct world w;
    void before()
    {
        w.begin(true);
        w.push_records();
    }
    void thread(unsigned t)
    {
        if (t < 2) {
            w.read(t);
            w.read(t);
        } else {
            w.store(t, 1);
            w.store(t, 2);
        }
    }
    void after()
    {
        stet_reclaim_state_(&w.state, STET_SCAN_, true);
        w.end(2);
    }
};

/* Two writers, one reader. */
struct writers : of_three<writers> {
    void thread(unsigned t)
    {
        if (t == 0) {
            w.read(t);
            w.read(t);
        } else {
            w.store(t, (int)t);
        }
    }
};

/* Writers that leave what they can to others, as updates do; somebody comes in the end. */
struct updates : of_three<updates> {
    void thread(unsigned t)
    {
        if (t == 0) {
            w.read(t);
        } else {
            struct published *next = w.take(t, (int)t);
            while (!w.publish(t, next))
                ;
            stet_reclaim_state_(&w.state, STET_SCAN_, false);
        }
    }
    void after()
    {
        stet_reclaim_state_(&w.state, STET_SCAN_, true);
        w.end(2);
    }
};

/* Guards without slots. */
struct pins : of_three<pins> {
    void thread(unsigned t)
    {
        if (t < 2) {
            bool missed = false;
            struct stet_published *b = stet_pin_(&w.record[t], &w.state, &missed);
            if (missed)
                stet_retired_released_(&w.state, 0);
            w.look(b);
            stet_unpin_(b);
        } else {
            w.store(t, 1);
            w.store(t, 2);
        }
    }
};

/* A guard that one thread acquires and another releases; the first uses the slot again as soon as it is free. */
struct moved : of_three<moved> {
    rl::atomic<struct stet_published *> hand;
    void before()
    {
        of_three<moved>::before();
        hand.store(NULL, rl::mo_relaxed, $);
    }
    void thread(unsigned t)
    {
        if (t == 0) {
            stet_slot *slot = &w.record[0].slot[0];
            struct stet_published *b = stet_protect_(false, slot, &w.state);
            hand.store(b, rl::mo_release, $);
            if (stet_slot_is_free_(slot))
                w.read(0);
        } else if (t == 1) {
            struct stet_published *b = hand.load(rl::mo_acquire, $);
            while (b == NULL)
                b = hand.load(rl::mo_acquire, $);
            w.look(b);
            stet_unprotect_(&w.record[0].slot[0], b);
        } else {
            w.store(t, 1);
            w.store(t, 2);
        }
    }
};

/* A reader that brings its slot up to date. */
struct cached : of_three<cached> {
    void thread(unsigned t)
    {
        if (t == 0) {
            stet_slot *slot = &w.record[0].slot[0];
            struct stet_published *b = stet_protect_(false, slot, &w.state);
            for (int i = 0; i < 2; i++) {
                w.look(b);
                if (STET_LOAD_(w.state.root, ACQUIRE) != b) {
                    uint64_t version = b->version($);
                    b = stet_protect_(false, slot, &w.state);
                    stet_retired_released_(&w.state, version);
                }
            }
            w.look(b);
            stet_unprotect_(slot, b);
        } else if (t == 1) {
            w.read(t);
        } else {
            w.store(t, 1);
            w.store(t, 2);
        }
    }
};

/* Threads that get their records while others look for versions to free. */
struct newcomers : of_three<newcomers> {
    rl::mutex lock;
    void before() { w.begin(false); }
    void thread(unsigned t)
    {
        lock.lock($);
        stet_register_(&w.registry[0], &w.record[t]);
        lock.unlock($);
        if (t < 2) {
            w.read(t);
        } else {
            w.store(t, 1);
            w.store(t, 2);
        }
    }
};

/* Who is alone frees without a heavy fence, while others begin and end, whose light fences are none at all here. */
struct alone : rl::test_suite<alone, 3> {
    struct world w;
    void before()
    {
        w.begin(false);
        no_membarrier = no_heavy_fence = true;
        w.push_records();
        w.lonely = &w.record[2];
    }
    void thread(unsigned t)
    {
        if (t < 2) {
            stet_count_thread_();
            w.read(t);
            stet_uncount_thread_(false);
            return;
        }
        for (int i = 1; i <= 2; i++) {
            struct published *next = w.take(t, i);
            while (!w.publish(t, next))
                ;
            stet_reclaim_state_(&w.state, STET_SCAN_, false);
        }
    }
    void after()
    {
        stet_reclaim_state_(&w.state, STET_SCAN_, false);
        w.end(2);
    }
};

/*
 * Records move in the registry while one looks for versions to free: that of thread 0, who reads, comes down by two
 * places, and others take the places that it had.
 */
template <typename scenario> struct of_rolls : rl::test_suite<scenario, 3> {
    struct world w;
    void before()
    {
        w.begin(false);
        stet_register_(&w.registry[0], &w.record[2]);
        stet_register_(&w.registry[0], &w.other[0]);
        stet_register_(&w.registry[0], &w.other[1]);
        stet_register_(&w.registry[0], &w.record[0]);
    }
    void read_twice_store_twice(unsigned t)
    {
        if (t == 0) {
            w.read(t);
            w.read(t);
        } else {
            w.store(t, 1);
            w.store(t, 2);
        }
    }
    void after() { w.end(2); }
};

struct registries : of_rolls<registries> {
    void thread(unsigned t)
    {
        if (t != 1)
            return read_twice_store_twice(t);
        struct stet_registry *registry = &w.registry[0];
        stet_register_(registry, &w.record[1]); /* 4 */
        stet_unregister_(registry, &w.record[1]);
        stet_unregister_(registry, &w.other[1]); /* 2: record 0 */
        stet_register_(registry, &w.record[1]);  /* 3: record 1 */
        stet_unregister_(registry, &w.record[1]);
        stet_unregister_(registry, &w.other[0]); /* 1: record 0 */
        stet_register_(registry, &w.other[0]);   /* 2: the other one */
        stet_register_(registry, &w.other[1]);   /* 3: the other one */
    }
};

/* The same, and thread 1 has a record, and the registry is replaced by another one. */
struct replaced_rolls : of_rolls<replaced_rolls> {
    void thread(unsigned t)
    {
        if (t != 1)
            return read_twice_store_twice(t);
        stet_unregister_(&w.registry[0], &w.other[1]); /* 2: record 0 */
        stet_copy_registry_(&w.registry[1], &w.registry[0]);
        stet_register_(&w.registry[1], &w.record[1]);
        w.read(t);
        stet_unregister_(&w.registry[1], &w.other[0]); /* 1: record 1 */
        stet_register_(&w.registry[1], &w.other[0]);
        w.read(t);
    }
};

/* Guards of threads that are gone, in slots that are not counted as taken: one reads what another one's has. */
struct left_behind : rl::test_suite<left_behind, 3> {
    struct world w;
    rl::atomic<int> published;
    void before()
    {
        w.begin(false);
        published.store(0, rl::mo_relaxed, $);
        w.push_records();
        w.lonely = &w.record[2];
        w.record[0].slot[0].store(&w.versions[0], rl::mo_relaxed, $);
        w.record[1].slot[0].store(&w.versions[0], rl::mo_relaxed, $);
        w.taken.store(2 * STET_ONE_ABANDONED_ + 1, rl::mo_relaxed, $);
    }
    void thread(unsigned t)
    {
        if (t < 2) {
            while (t == 0 && published.load(rl::mo_relaxed, $) != 2)
                rl::yield(1, $);
            w.look(&w.versions[0]);
            stet_unprotect_(&w.record[t].slot[0], &w.versions[0]);
            return;
        }
        for (int i = 1; i <= 2; i++) {
            struct published *next = w.take(t, i);
            while (!w.publish(t, next))
                ;
            stet_reclaim_state_(&w.state, STET_SCAN_, true);
            published.store(i, rl::mo_relaxed, $);
        }
    }
    void after() { w.end(2); }
};

/* A thread ends, leaves a guard, and another one releases it; who is alone looks meanwhile. */
struct leaving : rl::test_suite<leaving, 3> {
    struct world w;
    rl::atomic<struct stet_published *> hand;
    rl::atomic<int> gone;
    void before()
    {
        w.begin(false);
        w.push_records();
        w.lonely = &w.record[2];
        gone.store(0, rl::mo_relaxed, $);
        hand.store(NULL, rl::mo_relaxed, $);
    }
    void thread(unsigned t)
    {
        if (t == 0) {
            stet_count_thread_();
            struct stet_published *b = stet_protect_(false, &w.record[0].slot[0], &w.state);
            stet_uncount_thread_(true);
            hand.store(b, rl::mo_release, $);
            while (!stet_slots_are_free_(&w.record[0]))
                rl::yield(1, $);
            stet_uncount_abandoned_(); /* as whoever comes by does */
            gone.store(1, rl::mo_relaxed, $);
        } else if (t == 1) {
            struct stet_published *b = hand.load(rl::mo_acquire, $);
            while (b == NULL) {
                rl::yield(1, $);
                b = hand.load(rl::mo_acquire, $);
            }
            w.look(b);
            stet_unprotect_(&w.record[0].slot[0], b);
        } else {
            w.store(t, 1);
            while (gone.load(rl::mo_relaxed, $) == 0)
                rl::yield(1, $);
            w.store(t, 2);
        }
    }
    void after() { w.end(2); }
};

/* The atom ends while versions of it are held. */
struct closed : rl::test_suite<closed, 3> {
    struct world w;
    rl::atomic<unsigned> holding, closing;
    void before()
    {
        w.begin(false);
        w.push_records();
        holding.store(0, rl::mo_relaxed, $);
        closing.store(0, rl::mo_relaxed, $);
    }
    void thread(unsigned t)
    {
        if (t < 2) {
            stet_slot *slot = &w.record[t].slot[0];
            struct stet_published *b = stet_protect_(false, slot, &w.state);
            holding.fetch_add(1, rl::mo_acq_rel, $);
            while (closing.load(rl::mo_relaxed, $) == 0)
                rl::yield(1, $);
            w.look(b);
            stet_unprotect_(slot, b);
        } else {
            w.store(t, 1);
            while (holding.load(rl::mo_acquire, $) != 2)
                rl::yield(1, $);
            closing.store(1, rl::mo_relaxed, $);
            while (!stet_lock_try_(&w.state.lock))
                ;
            stet_close_(&w.state, STET_LOAD_(w.state.root, ACQUIRE));
            stet_unlock_(&w.state.lock);
            stet_reclaim_state_(&w.state, STET_SCAN_, true);
        }
    }
    void after() { w.end(2); }
};

/* Two wait for a version, one publishes it. (Of two threads alone the simulator tries two schedules in all.) */
struct sleepers : rl::test_suite<sleepers, 3> {
    struct world w;
    void before()
    {
        w.begin(false);
        w.push_records();
    }
    void thread(unsigned t)
    {
        if (t == 1) {
            stet_slot *slot = &w.record[t].slot[0];
            struct stet_published *b = stet_protect_(false, slot, &w.state);
            w.versions[1].payload($) = 2;
            stet_publish_(&w.state, b, &w.versions[1]);
            if (stet_has_listeners_(&w.state))
                w.state.changes.fetch_add(1, rl::mo_seq_cst, $);
            stet_unprotect_(slot, b);
            stet_reclaim_state_(&w.state, STET_SCAN_, true);
            return;
        }
        w.state.listeners.fetch_add(1, rl::mo_seq_cst, $);
        stet_slot *slot = &w.record[t].slot[0];
        struct stet_published *b = stet_protect_(false, slot, &w.state);
        uint32_t changes;
        bool sleeps = b->version($) == 1 && stet_may_sleep_(&w.state, b, &changes);
        stet_unprotect_(slot, b);
        while (sleeps && w.state.changes.load(rl::mo_seq_cst, $) == changes)
            rl::yield(1, $);
    }
    void after() { w.end(1); }
};

/* One is slow, two are quick: in its turn it loses once at most to each of them. */
struct turns : of_three<turns> {
    unsigned late[THREADS];
    void thread(unsigned t)
    {
        if (t == 0)
            w.update(t, 1, 0, true, &late[0]);
        else
            for (int i = 0; i < 3; i++)
                w.update(t, t == 1 ? 2 + i : 5 + i, 100, false, &late[t]);
    }
    void after()
    {
        RL_ASSERT(late[0] <= 2);
        w.no_turn_is_on(UINT_MAX);
        w.end(7);
    }
};

/* Two are slow: each has its turn. */
struct two_turns : of_three<two_turns> {
    unsigned late[THREADS];
    void thread(unsigned t)
    {
        if (t < 2)
            w.update(t, 1 + t, t, true, &late[t]);
        else
            for (int i = 0; i < 3; i++)
                w.update(t, 3 + i, 100, false, &late[t]);
    }
    void after()
    {
        RL_ASSERT(late[0] <= 2 && late[1] <= 2);
        w.no_turn_is_on(UINT_MAX);
        w.end(5);
    }
};

/* One draws a ticket and never comes back. One draws the next, and comes back late; the last turn is another's. */
struct never_back : of_three<never_back> {
    unsigned late[THREADS];
    void before()
    {
        of_three<never_back>::before();
        w.turn_time = 20;
    }
    void thread(unsigned t)
    {
        uint32_t ticket = 0;
        if (t == 0) {
            RL_ASSERT(stet_turn_draw_(&w.state, &ticket));
        } else if (t == 1) {
            RL_ASSERT(stet_turn_draw_(&w.state, &ticket));
            for (int i = 0; i < 60; i++)
                rl::yield(1, $);
            stet_turn_end_(&w.state, ticket);
            w.update(t, 1, 100, false, &late[t]);
        } else {
            w.update(t, 2, 1, false, &late[t]);
            w.update(t, 3, 1, false, &late[t]);
        }
    }
    void after()
    {
        unsigned late_one;
        w.update(0, 4, 1, false, &late_one); /* alone; there may be a ticket that nobody waited for */
        w.no_turn_is_on(UINT_MAX);
        w.end(4);
    }
};

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)std::atoi(argv[1]) : 20000;
    int failed = 0;
    failed += run<readers>("readers", n);
    failed += run<fenced_readers>("fenced readers", n);
    failed += run<writers>("writers", n);
    failed += run<updates>("updates", n);
    failed += run<pins>("pins", n);
    failed += run<moved>("moved guard", n);
    failed += run<cached>("cached reader", n);
    failed += run<newcomers>("newcomers", n);
    failed += run<alone>("alone", n);
    failed += run<registries>("registries", n);
    failed += run<replaced_rolls>("replaced registries", n);
    failed += run<left_behind>("left behind", n);
    failed += run<leaving>("leaving", n);
    failed += run<closed>("closed", n);
    failed += run<sleepers>("sleepers", n);
    failed += run<turns>("turns", n);
    failed += run<two_turns>("two turns", n);
    failed += run<never_back>("never back", n);
    return failed != 0;
}
