// SPDX-License-Identifier: MIT
// Maps and sets with the interface of std, hash tables and trees, as adapters of the rows: Peer has a name, map<K>,
// set<K>, and as_key(), which converts a probe to the type that they look up.
#ifndef BENCH_PEERS_MUTABLE_H
#define BENCH_PEERS_MUTABLE_H

#include "rows/map.h"

namespace bench
{

template <class Peer, class K, class P> struct MutableMap {
    static constexpr const char *name = Peer::name;
    using key = K;
    using probe = P;
    using map = typename Peer::template map<K>;
    using editor = map;

    static std::uint64_t get(const map &m, const P &probe)
    {
        auto found = m.find(Peer::as_key(probe));
        return found != m.end() ? found->second : 0;
    }
    static std::uint64_t sum(const map &m)
    {
        std::uint64_t total = 0;
        for (const auto &entry : m)
            total += entry.second;
        return total;
    }
    static void put(editor &e, const K &key, std::uint64_t value) { e[key] = value; }
    static void erase(editor &e, const K &key) { e.erase(key); }
    static map freeze(editor &&e) { return std::move(e); }
    static map bulk(const K *keys, const std::uint64_t *values, std::size_t n)
    {
        map m;
        m.reserve(n);
        for (std::size_t i = 0; i < n; i++)
            m.emplace(keys[i], values[i]);
        return m;
    }
    static map unite(const map &a, const map &b)
    {
        map m = a;
        m.insert(b.begin(), b.end());
        return m;
    }
};

template <class Peer> struct MutableSet {
    static constexpr const char *name = Peer::name;
    using key = std::uint64_t;
    using probe = key;
    using map = typename Peer::template set<key>;
    using editor = map;

    static std::uint64_t get(const map &m, key probe)
    {
        auto found = m.find(probe);
        return found != m.end() ? *found_at(&*found) >> 1 : 0;
    }
    static std::uint64_t sum(const map &m)
    {
        std::uint64_t total = 0;
        for (key k : m)
            total += k;
        return total;
    }
    static void put(editor &e, key k, std::uint64_t) { e.insert(k); }
    static void erase(editor &e, key k) { e.erase(k); }
    static map freeze(editor &&e) { return std::move(e); }
};

} // namespace bench
#endif
