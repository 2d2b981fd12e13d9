/* SPDX-License-Identifier: MIT */
/*
 * sorted/threads.c - versions of one sorted collection on several threads (support/thread_programs.c), versions whose
 * thread has ended, and an atom of a sorted map, of which readers read ranges while writers edit, cut, join and swap.
 */
#include "support/live.h"
#include "support/programs.h"
#include "support/sorted_world.h"
#include "support/threads.h"

#include <stet/atom.h>
#include <stet/sorted_fold.h>

/* Half of the operations are edits; the others are to keep most of a map. */
static struct op choose(struct rng *random, unsigned step)
{
    static const uint8_t often[] = {OP_SET, OP_DEL, SORTED_POP_AT, OP_ADD};
    struct op op = sorted_collection.op_of(rng_next(random));
    if (rng_below(random, 2) == 0)
        op.code = often[step % 4];
    else if (op.code == OP_FILTER)
        op.more = op.more / 8 * 8 + 2;
    else if (op.code == OP_COMBINE)
        op.more |= STET_ONLY_A_ | STET_BOTH_;
    else if (op.code == SORTED_SLICE || op.code == SORTED_SLICE_AT || op.code == SORTED_ERASE_RANGE)
        op.code = SORTED_SPLIT + op.more % 2; /* the other part is in another handle, and is joined again later */
    return op;
}

static const struct thread_kind kind = {.choose = choose, .steps = 2000, .full = 2, .few = 4};

/* Makes versions that borrow from each other, in a thread that ends; the versions stay valid. */
static void *make_versions(void *world)
{
    struct world *w = world;
    world_fill(w, 0, 0, 1, w->keys / 2);
    for (unsigned h = 1; h < w->handles; h++) {
        world_apply(w, (struct op){.code = OP_COPY, .a = (uint8_t)(h - 1), .b = (uint8_t)h});
        world_apply(w, (struct op){.code = OP_DEL, .a = (uint8_t)h, .key = (uint16_t)h});
    }
    return NULL;
}

static void handles_outlive_a_thread(const struct subject *s)
{
    static struct world w;
    test_seed();
    world_begin(&w, s, 4, 0);
    pthread_join(start(make_versions, &w), NULL);
    world_check(&w);
    for (unsigned i = 0; i < 200; i++) {
        struct op op = {.a = (uint8_t)(i % w.handles), .key = (uint16_t)(i * 7 % w.keys), .value = 1};
        op.code = i % 3 == 0 ? SORTED_POP_AT : OP_SET;
        world_apply(&w, op);
    }
    world_check(&w);
    world_end(&w);
    test_nothing_live();
}

#define TEST_OF(name)                                                                  \
    Test(sorted_threads_end, name) { handles_outlive_a_thread(subject_named(#name)); } \
    Test(sorted_threads, name) { run_threads(&kind, subject_named(#name)); }

TEST_OF(sorted_words)
TEST_OF(sorted_strings)
TEST_OF(sorted_padded)
TEST_OF(sorted_prompt)
TEST_OF(sorted_lazy)
TEST_OF(sorted_of_maps)
TEST_OF(sorted_of_sets)
TEST_OF(folded_words)
TEST_OF(folded_paths)

/* ---- folds of one version that no thread has folded yet ---- */

struct sum_of_keys {
    uint64_t keys, sum;
};

static struct sum_of_keys key_sum(const uint64_t *key) { return (struct sum_of_keys){1, *key}; }
static struct sum_of_keys sums_added(struct sum_of_keys a, struct sum_of_keys b)
{
    return (struct sum_of_keys){a.keys + b.keys, a.sum + b.sum};
}

STET_SORTED_SET_FOLDED(counted, uint64_t, stet_u64, struct sum_of_keys, key_sum, sums_added)

enum { FOLDERS = 4, FOLDED_KEYS = STET_TINY_NODES ? 3000 : 30000 };

struct folder {
    pthread_t thread;
    counted version;
};

static void *fold_all(void *context)
{
    struct folder *f = context;
    struct sum_of_keys s, front, back;
    uint64_t middle = FOLDED_KEYS / 3;
    REQUIRE(counted_fold_range(&f->version, NULL, &middle, &front), "the front");
    REQUIRE(counted_fold_range(&f->version, &middle, NULL, &back), "the back");
    REQUIRE(counted_fold_range(&f->version, NULL, NULL, &s), "all");
    REQUIRE(front.keys == middle && s.keys == front.keys + back.keys && s.sum == front.sum + back.sum, "%llu and %llu",
            (unsigned long long)front.keys, (unsigned long long)back.keys);
    uint64_t more = FOLDED_KEYS + (uint64_t)(f->version.sorted_.tree_.size % 7);
    REQUIRE(counted_add(&f->version, more) == STET_CHANGED, "add");
    REQUIRE(counted_fold_range(&f->version, NULL, NULL, &back) && back.sum == s.sum + more, "after one more");
    counted_drop(&f->version);
    return NULL;
}

Test(sorted_threads_fold, of_one_version)
{
    for (unsigned round = 0; round < 20; round++) {
        struct folder folder[FOLDERS];
        counted all = {{{0}}};
        for (uint64_t key = 0; key < FOLDED_KEYS; key++)
            REQUIRE(counted_append(&all, key) == STET_CHANGED, "append");
        for (unsigned i = 0; i < FOLDERS; i++)
            folder[i].version = counted_copy(&all);
        for (unsigned i = 0; i < FOLDERS; i++)
            folder[i].thread = start(fold_all, &folder[i]);
        counted_drop(&all);
        for (unsigned i = 0; i < FOLDERS; i++)
            pthread_join(folder[i].thread, NULL);
    }
    test_nothing_live();
}

/* ---- an atom of a sorted map ---- */

STET_SORTED_MAP(accounts, int, long, stet_int, stet_long)
STET_ATOM(bank, accounts)

/*
 * BLOCKS blocks of ten accounts each. In every version, the sum of a block is 0, and a version has all accounts of a
 * block or none; the last block is in every version.
 */
enum { BLOCKS = STET_TINY_NODES ? 30 : 200, BLOCK = 10, READERS = 2, WRITERS = 2 };

struct office {
    bank b;
    unsigned rounds, working;
};

struct clerk {
    pthread_t thread;
    struct office *office;
    struct rng random;
};

struct sum {
    long sum;
    int entries, next; /* the key that must come next, unless its whole block is missing */
};

static bool add_run(void *context, const int *keys, const long *values, size_t n)
{
    struct sum *s = context;
    for (size_t i = 0; i < n; i++) {
        REQUIRE(keys[i] == s->next || (s->next % BLOCK == 0 && keys[i] % BLOCK == 0 && keys[i] > s->next),
                "key %d comes behind %d", keys[i], s->next - 1);
        s->next = keys[i] + 1;
        s->sum += values[i];
        s->entries++;
    }
    return true;
}

static void read_ranges(const accounts *m, struct rng *random)
{
    int from = (int)rng_below(random, BLOCKS) * BLOCK, to = from + (int)rng_below(random, 5) * BLOCK;
    struct sum s = {.next = from};
    REQUIRE(accounts_range_each(m, &from, &to, add_run, &s), "nobody stopped it");
    REQUIRE(s.sum == 0 && s.entries % BLOCK == 0, "a sum of %ld in %d accounts", s.sum, s.entries);
    REQUIRE(accounts_count(m, &from, &to) == (size_t)s.entries, "the count is not %d", s.entries);
    accounts_cursor it = accounts_ceiling(m, from);
    REQUIRE(it.key != NULL && *it.key % BLOCK == 0, "a block begins in the middle");
    size_t rank = accounts_rank(m, *it.key);
    REQUIRE(accounts_at(m, rank, NULL) == it.key, "rank %zu", rank);
    accounts_previous(&it);
    REQUIRE(rank == 0 ? it.key == NULL : *it.key % BLOCK == BLOCK - 1, "a block ends in the middle");
}

static void *reads(void *argument)
{
    struct clerk *self = argument;
    accounts_reader reader;
    REQUIRE(accounts_reader_init(&reader, &self->office->b), "no memory");
    while (__atomic_load_n(&self->office->working, __ATOMIC_ACQUIRE) != 0) { /* pairs with writes() */
        accounts_guard g = bank_acquire(&self->office->b);
        read_ranges(accounts_guard_view(&g), &self->random);
        accounts_guard_release(&g);
        read_ranges(accounts_reader_refresh(&reader), &self->random);
        accounts mine = bank_snapshot(&self->office->b);
        int key = (int)rng_below(&self->random, BLOCKS) * BLOCK;
        accounts back = {0};
        REQUIRE(accounts_split(&mine, key, &back) != STET_NO_MEMORY, "no memory");
        accounts_drop(&mine);
        if (accounts_size(&back) != 0)
            read_ranges(&back, &self->random);
        accounts_drop(&back);
    }
    accounts_reader_destroy(&reader);
    return NULL;
}

/* A change of one of the first blocks: money moves within the block, or the block is added, or erased. */
struct change {
    struct rng *random;
    unsigned blocks;
};

static stet_result edit(void *context, accounts *m)
{
    const struct change *c = context;
    struct rng *random = c->random;
    int block = (int)rng_below(random, c->blocks) * BLOCK, end = block + BLOCK;
    if (!accounts_has(m, block)) {
        for (int i = 0; i < BLOCK; i++)
            REQUIRE(accounts_set(m, block + i, i % 2 ? 7 : -7), "no memory");
        return STET_CHANGED;
    }
    if (rng_below(random, 3) == 0)
        return accounts_erase_range(m, &block, &end);
    long *from, *to;
    REQUIRE(accounts_edit(m, block + (int)rng_below(random, BLOCK), &from), "no memory");
    *from -= 3;
    REQUIRE(accounts_edit(m, block + (int)rng_below(random, BLOCK), &to), "no memory");
    *to += 3;
    return STET_CHANGED;
}

static void *writes(void *argument)
{
    struct clerk *self = argument;
    struct office *o = self->office;
    for (unsigned round = 0; round < o->rounds; round++) {
        struct change change = {&self->random, 1 + rng_below(&self->random, BLOCKS - 1)};
        if (round % 4 != 0) {
            REQUIRE(bank_update(&o->b, edit, &change) != STET_NO_MEMORY, "no memory");
            continue;
        }
        accounts_guard g = bank_acquire(&o->b);
        accounts m = accounts_copy(accounts_guard_view(&g)), back = {0};
        REQUIRE(accounts_split(&m, (int)change.blocks * BLOCK, &back), "no memory");
        REQUIRE(edit(&change, &m) && accounts_join(&m, &back), "no memory");
        stet_result result = bank_compare_and_swap(&o->b, &g, &m);
        REQUIRE(result == STET_CHANGED || result == STET_CONFLICT, "no memory");
        accounts_guard_release(&g);
        accounts_drop(&m);
        accounts_drop(&back);
    }
    __atomic_fetch_sub(&o->working, 1, __ATOMIC_RELEASE); /* pairs with reads() */
    return NULL;
}

LIVE_TEST(sorted_threads_atom, ranges_of_one_version)
{
    static struct office o;
    struct clerk clerk[READERS + WRITERS];
    accounts m = {0};
    (void)test_seed();
    for (int key = 0; key < BLOCKS * BLOCK; key++)
        cr_assert_eq(accounts_append(&m, key, key % 2 ? 1 : -1), STET_CHANGED);
    cr_assert_eq(bank_init(&o.b, &m), STET_CHANGED);
    o.rounds = test_long() ? 200000 : LESS(20000);
    o.working = WRITERS;
    for (unsigned i = 0; i < READERS + WRITERS; i++) {
        clerk[i].office = &o;
        clerk[i].random = (struct rng){rng_mix(test_seed(), i)};
        clerk[i].thread = start(i < READERS ? reads : writes, &clerk[i]);
    }
    for (unsigned i = 0; i < READERS + WRITERS; i++)
        pthread_join(clerk[i].thread, NULL);
    bank_destroy(&o.b);
}
