// SPDX-License-Identifier: MIT
// stet's two maps that threads share: `stet-atom`, behind an atom, and `stet-live`, edited in place. An earlier library
// may lack one or both; bench/gate measures it with what it has.
#include <cstdlib>
#if __has_include(<stet/atom_map.h>)
#    include <stet/atom_map.h>
#    define BENCH_ATOM_MAP
#endif
#if __has_include(<stet/live_map.h>)
#    include <stet/live_map.h>
#    define BENCH_LIVE_MAP
#endif
#include "rows/shared.h"

namespace bench
{

namespace
{

#if defined(BENCH_ATOM_MAP) || defined(BENCH_LIVE_MAP)

STET_MAP(words, std::uint64_t, std::uint64_t, stet_u64, stet_u64)

void must(bool right)
{
    if (!right)
        std::abort();
}

words words_of(const std::uint64_t *keys, std::size_t n)
{
    words made = {};
    for (std::size_t i = 0; i < n; i++)
        must(words_set(&made, keys[i], i) != STET_NO_MEMORY);
    return made;
}

// ---- the functions of a map, as a type ----

#    define SHARED_OPS(map)                                   \
        struct map##_ops {                                    \
            using handle = map;                               \
            using op = map##_op;                              \
            static constexpr auto init = map##_init;          \
            static constexpr auto destroy = map##_destroy;    \
            static constexpr auto load = map##_load;          \
            static constexpr auto store = map##_store;        \
            static constexpr auto erase = map##_delete;       \
            static constexpr auto snapshot = map##_snapshot;  \
            static constexpr auto get_many = map##_load_many; \
            static constexpr auto apply = map##_apply;        \
        }

// ---- adapters ----

template <class Ops> class SharedMap
{
  public:
    SharedMap(const std::uint64_t *keys, std::size_t n)
    {
        words first = words_of(keys, n);
        must(Ops::init(&c, &first) != STET_NO_MEMORY);
    }
    ~SharedMap() { Ops::destroy(&c); }
    SharedMap(const SharedMap &) = delete;
    SharedMap &operator=(const SharedMap &) = delete;

    typename Ops::handle c;
};

template <class Ops> struct StetShared {
    using shared = SharedMap<Ops>;

    static std::uint64_t load(shared &m, std::uint64_t key)
    {
        std::uint64_t value = 0;
        Ops::load(&m.c, key, &value);
        return value;
    }
    static void store(shared &m, std::uint64_t key, std::uint64_t value)
    {
        must(Ops::store(&m.c, key, value) == STET_CHANGED);
    }
    static void erase(shared &m, std::uint64_t key) { must(Ops::erase(&m.c, key) == STET_CHANGED); }
    static std::size_t view(shared &m)
    {
        words now = Ops::snapshot(&m.c);
        std::size_t size = words_size(&now);
        words_drop(&now);
        return size;
    }
    static void settle() { stet_reclaim(); }
    static void apply(shared &m, const std::uint64_t *keys, const std::uint64_t *values, std::size_t n)
    {
        typename Ops::op ops[16];
        must(n <= 16);
        for (std::size_t i = 0; i < n; i++)
            ops[i] = {STET_OP_STORE, keys[i], values[i]};
        must(Ops::apply(&m.c, ops, n) == STET_CHANGED);
    }
    static std::uint64_t get_many(shared &m, const std::uint64_t *probes, std::size_t n)
    {
        std::uint64_t values[256], sum = 0;
        bool found[256];
        must(n <= 256);
        Ops::get_many(&m.c, probes, n, values, found);
        for (std::size_t i = 0; i < n; i++)
            sum += found[i] ? values[i] : 0;
        return sum;
    }
};

#endif

#ifdef BENCH_ATOM_MAP
STET_ATOM_MAP(atom_words, words)
SHARED_OPS(atom_words);

struct StetAtom : StetShared<atom_words_ops> {
    static constexpr const char *name = "stet-atom";
    struct version {
        words c;
        explicit version(words snapshot) : c(snapshot) {}
        ~version() { words_drop(&c); }
        version(const version &) = delete;
        version &operator=(const version &) = delete;
    };

    static std::uint64_t acquire(shared &m, std::uint64_t key)
    {
        words_guard guard = atom_words_acquire(&m.c);
        const std::uint64_t *found = words_get(words_guard_view(&guard), key);
        std::uint64_t value = found ? *found : 0;
        words_guard_release(&guard);
        return value;
    }
    static version snapshot(shared &m) { return version(atom_words_snapshot(&m.c)); }
    static void exchange(shared &m, version &v) { must(atom_words_atom_swap(&m.c.atom, &v.c) == STET_CHANGED); }
};
#endif

#ifdef BENCH_LIVE_MAP
STET_LIVE_MAP(live_words, words)
SHARED_OPS(live_words);

struct StetLive : StetShared<live_words_ops> {
    static constexpr const char *name = "stet-live";
};
#endif

} // namespace

void add_stet_shared(Rows &rows)
{
#ifdef BENCH_ATOM_MAP
    SharedAdder<StetAtom>(rows).basics().versions().batches().many();
#endif
#ifdef BENCH_LIVE_MAP
    SharedAdder<StetLive>(rows).basics().batches().many();
#endif
    (void)rows;
}

} // namespace bench
