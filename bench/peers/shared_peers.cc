// SPDX-License-Identifier: MIT
// The maps that shared_bench.cc measures, but for those in C and Rust. All with stet's hash.
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include <stet/atom_map.h>
#include <stet/pool.h>
#if __has_include(<stet/live_map.h>)
#    include <stet/live_map.h>
#    define BENCH_LIVE
#endif
#if __has_include(<tbb/concurrent_hash_map.h>)
#    include <tbb/concurrent_hash_map.h>
#    define BENCH_TBB
#endif
#if __has_include(<libcuckoo/cuckoohash_map.hh>)
#    include <libcuckoo/cuckoohash_map.hh>
#    define BENCH_CUCKOO
#endif
#ifdef BENCH_IMMER
#    include <immer/atom.hpp>
#    include <immer/map.hpp>
#    include <immer/map_transient.hpp>
#endif

#include "rows/hash.h"
#include "peers/shared_bench.h"

STET_MAP(words, std::uint64_t, std::uint64_t, stet_u64, stet_u64)
STET_ATOM_MAP(atom_words, words)
#ifdef BENCH_LIVE
STET_LIVE_MAP(live_words, words)
#endif

namespace
{

using Key = std::uint64_t;
using Std = std::unordered_map<Key, Key, bench::Hash>;

void must(bool right)
{
    if (!right)
        std::abort();
}

Std filled(Key n)
{
    Std fresh;
    fresh.reserve(n);
    for (Key i = 0; i < n; i++)
        fresh[shared_key(i)] = i;
    return fresh;
}

// One loop for all of them: what a map cannot do it does not have.
template <class M> std::uint64_t run(void *map, const shared_op *ops, std::size_t n)
{
    M &m = *static_cast<M *>(map);
    std::uint64_t sum = 0;
    for (const shared_op *op = ops; op != ops + n; op++) {
        switch (op->kind) {
        case SHARED_LOAD:
            sum += m.load(op->key);
            break;
        case SHARED_STORE:
            m.store(op->key, op->value);
            break;
        case SHARED_ERASE:
            m.erase(op->key);
            break;
        case SHARED_LEN:
            if constexpr (requires { m.len(); })
                sum += m.len();
            break;
        case SHARED_VIEW:
            if constexpr (requires { m.view(); })
                sum += m.view();
            break;
        case SHARED_RANGE:
            if constexpr (requires { m.range(); })
                sum += m.range();
            break;
        case SHARED_REPLACE:
            if constexpr (requires { m.replace(Key()); })
                m.replace(op->key);
            break;
        }
    }
    return sum;
}

template <class M> constexpr unsigned abilities()
{
    unsigned can = 1u << SHARED_LOAD | 1u << SHARED_STORE | 1u << SHARED_ERASE;
    if constexpr (requires(M & m) { m.len(); })
        can |= 1u << SHARED_LEN;
    if constexpr (requires(M & m) { m.view(); })
        can |= 1u << SHARED_VIEW;
    if constexpr (requires(M & m) { m.range(); })
        can |= 1u << SHARED_RANGE;
    if constexpr (requires(M & m) { m.replace(Key()); })
        can |= 1u << SHARED_REPLACE;
    if constexpr (requires(M & m) { m.writing; })
        can |= 1u << SHARED_COPIES;
    return can;
}

template <class M> shared_peer peer(const char *name)
{
    return {name,
            abilities<M>(),
            [](std::size_t) { return static_cast<void *>(new M); },
            [](void *m) { delete static_cast<M *>(m); },
            nullptr,
            nullptr,
            run<M>,
            nullptr};
}

// ---- stet ----

std::uint64_t sum_of(words &m)
{
    std::uint64_t sum = 0;
    words_fold(
        &m, [](void *into, Key const *, Key const *value) { *static_cast<std::uint64_t *>(into) += *value; }, &sum);
    return sum;
}

struct Atom {
    atom_words m;
    Atom() { must(atom_words_init(&m, nullptr) == STET_CHANGED); }
    ~Atom() { atom_words_destroy(&m); }
    Key load(Key key)
    {
        Key value = 0;
        atom_words_load(&m, key, &value);
        return value;
    }
    void store(Key key, Key value) { must(atom_words_store(&m, key, value) != STET_NO_MEMORY); }
    void erase(Key key) { must(atom_words_delete(&m, key) != STET_NO_MEMORY); }
    std::size_t len() { return atom_words_size(&m); }
    std::size_t view()
    {
        words copy = atom_words_snapshot(&m);
        std::size_t size = words_size(&copy);
        words_drop(&copy);
        return size;
    }
    std::uint64_t range()
    {
        words copy = atom_words_snapshot(&m);
        std::uint64_t sum = sum_of(copy);
        words_drop(&copy);
        return sum;
    }
    void replace(Key n)
    {
        words fresh = {};
        for (Key i = 0; i < n; i++)
            must(words_set(&fresh, shared_key(i), i) != STET_NO_MEMORY);
        must(atom_words_atom_store(&m.atom, &fresh) != STET_NO_MEMORY);
    }
};

// What the pool was asked for, and what is live more: nothing that was replaced has been freed in between.
void count_pool(int begin, std::uint64_t *requests, std::uint64_t *bytes)
{
    if (begin) {
        stet_pool_fault(0, 0);
        *bytes -= std::uint64_t(stet_pool_stats_thread().live_bytes);
        return;
    }
    *bytes += std::uint64_t(stet_pool_stats_thread().live_bytes);
    *requests += stet_pool_requests();
    stet_pool_fault_end();
}

void count_atom(void *map, int begin, std::uint64_t *requests, std::uint64_t *bytes)
{
    atom_words &m = static_cast<Atom *>(map)->m;
    atom_words_atom_reclaim_by_hand(&m.atom, begin != 0);
    if (begin)
        atom_words_atom_reclaim(&m.atom);
    count_pool(begin, requests, bytes);
}

#ifdef BENCH_LIVE
struct Live {
    live_words m;
    Live() { must(live_words_init(&m, nullptr) == STET_CHANGED); }
    ~Live() { live_words_destroy(&m); }
    Key load(Key key)
    {
        Key value = 0;
        live_words_load(&m, key, &value);
        return value;
    }
    void store(Key key, Key value) { must(live_words_store(&m, key, value) != STET_NO_MEMORY); }
    void erase(Key key) { must(live_words_delete(&m, key) != STET_NO_MEMORY); }
    std::size_t len() { return live_words_size(&m); }
    std::size_t view()
    {
        words copy = live_words_snapshot(&m);
        std::size_t size = words_size(&copy);
        words_drop(&copy);
        return size;
    }
    std::uint64_t range()
    {
        words copy = live_words_snapshot(&m);
        std::uint64_t sum = sum_of(copy);
        words_drop(&copy);
        return sum;
    }
};

void count_live(void *, int begin, std::uint64_t *requests, std::uint64_t *bytes)
{
    if (begin)
        stet_reclaim();
    count_pool(begin, requests, bytes);
}
#endif

// ---- locks, and whole copies ----

template <class Mutex, template <class> class Reading> struct Locked {
    Mutex mutex;
    Std m;
    Key load(Key key)
    {
        Reading<Mutex> lock(mutex);
        auto found = m.find(key);
        return found != m.end() ? found->second : 0;
    }
    void store(Key key, Key value)
    {
        std::unique_lock lock(mutex);
        m[key] = value;
    }
    void erase(Key key)
    {
        std::unique_lock lock(mutex);
        m.erase(key);
    }
    std::size_t len()
    {
        Reading<Mutex> lock(mutex);
        return m.size();
    }
    Std copy()
    {
        Reading<Mutex> lock(mutex);
        return m;
    }
    std::size_t view() { return copy().size(); }
    std::uint64_t range()
    {
        Reading<Mutex> lock(mutex);
        std::uint64_t sum = 0;
        for (const auto &entry : m)
            sum += entry.second;
        return sum;
    }
    void replace(Key n)
    {
        Std fresh = filled(n);
        std::unique_lock lock(mutex);
        m.swap(fresh);
        lock.unlock();
    }
};

struct CopyOnWrite {
    std::mutex writing;
    std::atomic<std::shared_ptr<const Std>> m{std::make_shared<const Std>()};
    Key load(Key key)
    {
        auto now = m.load();
        auto found = now->find(key);
        return found != now->end() ? found->second : 0;
    }
    template <class F> void change(F edit)
    {
        std::unique_lock lock(writing);
        auto next = std::make_shared<Std>(*m.load());
        edit(*next);
        m.store(std::move(next));
    }
    void store(Key key, Key value)
    {
        change([=](Std &s) { s[key] = value; });
    }
    void erase(Key key)
    {
        change([=](Std &s) { s.erase(key); });
    }
    std::size_t len() { return m.load()->size(); }
    std::size_t view() { return m.load()->size(); }
    std::uint64_t range()
    {
        auto now = m.load();
        std::uint64_t sum = 0;
        for (const auto &entry : *now)
            sum += entry.second;
        return sum;
    }
    void replace(Key n)
    {
        auto fresh = std::make_shared<const Std>(filled(n));
        std::unique_lock lock(writing);
        m.store(std::move(fresh));
    }
};

// ---- others ----

#ifdef BENCH_TBB
struct Tbb {
    struct Compare {
        static std::size_t hash(Key key) { return bench::Hash()(key); }
        static bool equal(Key a, Key b) { return a == b; }
    };
    using Map = tbb::concurrent_hash_map<Key, Key, Compare, std::allocator<std::pair<const Key, Key>>>;
    Map m;
    Key load(Key key)
    {
        Map::const_accessor found;
        return m.find(found, key) ? found->second : 0;
    }
    void store(Key key, Key value)
    {
        Map::accessor found;
        m.insert(found, key);
        found->second = value;
    }
    void erase(Key key) { m.erase(key); }
    std::size_t len() { return m.size(); }
};
#endif

#ifdef BENCH_CUCKOO
struct Cuckoo {
    libcuckoo::cuckoohash_map<Key, Key, bench::Hash> m;
    Key load(Key key)
    {
        Key value = 0;
        m.find(key, value);
        return value;
    }
    void store(Key key, Key value) { m.insert_or_assign(key, value); }
    void erase(Key key) { m.erase(key); }
    std::size_t len() { return m.size(); }
    std::uint64_t range()
    {
        auto all = m.lock_table();
        std::uint64_t sum = 0;
        for (const auto &entry : all)
            sum += entry.second;
        return sum;
    }
};
#endif

#ifdef BENCH_IMMER
struct Immer {
    using Map = immer::map<Key, Key, bench::Hash>;
    immer::atom<Map> m;
    Key load(Key key)
    {
        auto now = m.load();
        const Key *found = now->find(key);
        return found ? *found : 0;
    }
    void store(Key key, Key value)
    {
        m.update([=](Map s) { return std::move(s).set(key, value); });
    }
    void erase(Key key)
    {
        m.update([=](Map s) { return std::move(s).erase(key); });
    }
    std::size_t len() { return m.load()->size(); }
    std::size_t view() { return m.load()->size(); }
    std::uint64_t range()
    {
        auto now = m.load();
        std::uint64_t sum = 0;
        for (const auto &entry : *now)
            sum += entry.second;
        return sum;
    }
    void replace(Key n)
    {
        auto fresh = Map().transient();
        for (Key i = 0; i < n; i++)
            fresh.set(shared_key(i), i);
        m.store(fresh.persistent());
    }
};
#endif

#ifdef BENCH_SHARED_RUST
constexpr unsigned rust_can =
    1u << SHARED_LOAD | 1u << SHARED_STORE | 1u << SHARED_ERASE | 1u << SHARED_LEN | 1u << SHARED_RANGE;
#endif

} // namespace

std::vector<shared_peer> shared_peers()
{
    std::vector<shared_peer> all;
    all.push_back(peer<Atom>("stet atom"));
    all.back().count = count_atom;
#ifdef BENCH_LIVE
    all.push_back(peer<Live>("stet live"));
    all.back().count = count_live;
#endif
    all.push_back(peer<Locked<std::mutex, std::unique_lock>>("mutex"));
    all.push_back(peer<Locked<std::shared_mutex, std::shared_lock>>("shared_mutex"));
    all.push_back(peer<CopyOnWrite>("copy-on-write"));
#ifdef BENCH_TBB
    all.push_back(peer<Tbb>("tbb"));
#endif
#ifdef BENCH_CUCKOO
    all.push_back(peer<Cuckoo>("libcuckoo"));
#endif
#ifdef BENCH_URCU
    all.push_back(shared_urcu_memb);
    all.push_back(shared_urcu_qsbr);
#endif
#ifdef BENCH_IMMER
    all.push_back(peer<Immer>("immer::atom"));
#endif
#ifdef BENCH_SHARED_RUST
    all.push_back(
        {"dashmap", rust_can, shared_dash_make, shared_dash_destroy, nullptr, nullptr, shared_dash_run, nullptr});
    all.push_back({"arc-swap, copy", rust_can | 1u << SHARED_VIEW | 1u << SHARED_REPLACE | 1u << SHARED_COPIES,
                   shared_swap_make, shared_swap_destroy, nullptr, nullptr, shared_swap_run, nullptr});
#endif
    return all;
}
