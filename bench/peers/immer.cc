// SPDX-License-Identifier: MIT
// immer::map and immer::set with immer's default memory policy: thread-safe reference counts, transients that edit in
// place what nobody else holds. Its maps take their nodes from operator new (the free-list heap of that policy serves
// nodes of one size, those of its vectors), so the allocator of the process is part of the result.
#ifndef NDEBUG
#    error "immer checks itself unless NDEBUG is defined; its figures would not be fair"
#endif
#include <functional>
#include <string>
#include <immer/algorithm.hpp>
#include <immer/map.hpp>
#include <immer/map_transient.hpp>
#include <immer/set.hpp>
#include <immer/set_transient.hpp>
#include "rows/counted.h"
#include "rows/hash.h"
#include "rows/map.h"

namespace bench
{

namespace
{

inline std::uint64_t number_of(std::uint64_t value) { return value; }
inline std::uint64_t number_of(const CountedRef &value) { return value.number(); }

template <class K, class P, class V> struct ImmerMap {
    static constexpr const char *name = "immer";
    using key = K;
    using probe = P;
    using map = immer::map<K, V, Hash, std::equal_to<>>;
    using editor = typename map::transient_type;

    static std::uint64_t get(const map &m, const P &probe)
    {
        const V *found = m.find(probe);
        return found ? number_of(*found) : 0;
    }
    static std::uint64_t sum(const map &m)
    {
        std::uint64_t total = 0;
        immer::for_each_chunk(m, [&](const auto *first, const auto *last) {
            for (; first != last; ++first)
                total += number_of(first->second);
        });
        return total;
    }
    static void put(editor &e, const K &key, std::uint64_t value) { e.set(key, V(value)); }
    static void erase(editor &e, const K &key) { e.erase(key); }
    static map freeze(editor &&e) { return std::move(e).persistent(); }
    static map snapshot(editor &e) { return e.persistent(); }

    static map with(const map &m, const K &key, std::uint64_t value) { return m.set(key, V(value)); }
    static map without(const map &m, const K &key) { return m.erase(key); }
    static map batch(const map &m, const K *keys, const std::uint64_t *values, std::size_t n)
    {
        auto e = m.transient();
        for (std::size_t i = 0; i < n; i++)
            e.set(keys[i], V(values[i]));
        return std::move(e).persistent();
    }

    static std::size_t diff(const map &a, const map &b)
    {
        std::size_t found = 0;
        auto count = [&](const auto &...) { found++; };
        immer::diff(a, b, immer::make_differ(count, count, count));
        return found;
    }
    static bool equal(const map &a, const map &b) { return a == b; }
    static map unite(const map &a, const map &b)
    {
        auto e = a.transient();
        immer::for_each_chunk(b, [&](const auto *first, const auto *last) {
            for (; first != last; ++first)
                e.set(first->first, first->second);
        });
        return std::move(e).persistent();
    }
    // immer has no algebra; of two versions, its diff finds quickly what the union adds.
    static map unite_versions(const map &a, const map &b)
    {
        auto e = a.transient();
        immer::diff(a, b,
                    immer::make_differ([&](const auto &added) { e.set(added.first, added.second); },
                                       [](const auto &) {}, [](const auto &, const auto &) {}));
        return std::move(e).persistent();
    }
};

struct ImmerSet {
    static constexpr const char *name = "immer";
    using key = std::uint64_t;
    using probe = key;
    using map = immer::set<key, Hash, std::equal_to<>>;
    using editor = map::transient_type;

    static std::uint64_t get(const map &m, key probe)
    {
        const key *found = m.find(probe);
        return found ? *found_at(found) >> 1 : 0;
    }
    static std::uint64_t sum(const map &m)
    {
        std::uint64_t total = 0;
        immer::for_each_chunk(m, [&](const auto *first, const auto *last) {
            for (; first != last; ++first)
                total += *first;
        });
        return total;
    }
    static void put(editor &e, key k, std::uint64_t) { e.insert(k); }
    static void erase(editor &e, key k) { e.erase(k); }
    static map freeze(editor &&e) { return std::move(e).persistent(); }
    static map with(const map &m, key k, std::uint64_t) { return m.insert(k); }
    static map without(const map &m, key k) { return m.erase(k); }
};

} // namespace

void add_immer(Rows &rows)
{
    Adder<ImmerMap<std::uint64_t, std::uint64_t, std::uint64_t>>(rows, "u64").persistent_map().batches();
    Adder<ImmerMap<std::string, std::string_view, std::uint64_t>>(rows, "str").persistent_map().batches();
    Adder<ImmerMap<std::uint64_t, std::uint64_t, CountedRef>>(rows, "ref").persistent_map();
    Adder<ImmerSet>(rows, "set").reads().iteration().edits().versions();
}

} // namespace bench
