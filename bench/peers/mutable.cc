// SPDX-License-Identifier: MIT
// Mutable hash tables: absl::flat_hash_map and std::unordered_map, and their sets. They have no versions.
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <absl/base/config.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include "rows/hash.h"
#include "rows/map.h"

namespace bench
{

namespace
{

struct Absl {
    static constexpr const char *name = "absl";
    template <class K> using map = absl::flat_hash_map<K, std::uint64_t, Hash, std::equal_to<>>;
    template <class K> using set = absl::flat_hash_set<K, Hash, std::equal_to<>>;
    template <class P> static const P &as_key(const P &probe) { return probe; }
};

struct Std {
    static constexpr const char *name = "std";
    template <class K> using map = std::unordered_map<K, std::uint64_t, Hash>;
    template <class K> using set = std::unordered_set<K, Hash>;
    static const std::uint64_t &as_key(const std::uint64_t &probe) { return probe; }
    // Before C++20 strings are found by a std::string only. This one is reused: nothing is allocated, but the 16 to 24
    // bytes are copied.
    static const std::string &as_key(std::string_view probe)
    {
        static std::string key;
        return key.assign(probe);
    }
};

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

template <class Peer, class K, class P> void add_map(Rows &rows, const char *kind)
{
    Adder<MutableMap<Peer, K, P>>(rows, kind).reads().iteration().edits().updates().bulk().algebra();
}

template <class Peer> void add(Rows &rows)
{
    add_map<Peer, std::uint64_t, std::uint64_t>(rows, "u64");
    add_map<Peer, std::string, std::string_view>(rows, "str");
    Adder<MutableSet<Peer>>(rows, "set").reads().iteration().edits();
}

} // namespace

void add_absl(Rows &rows) { add<Absl>(rows); }
void add_std(Rows &rows) { add<Std>(rows); }

std::string absl_version()
{
#ifdef ABSL_LTS_RELEASE_VERSION
    return "LTS " + std::to_string(ABSL_LTS_RELEASE_VERSION) + "." + std::to_string(ABSL_LTS_RELEASE_PATCH_LEVEL);
#else
    return "unversioned";
#endif
}

} // namespace bench
