// SPDX-License-Identifier: MIT
// Mutable hash tables: absl::flat_hash_map and std::unordered_map, and their sets. They have no versions.
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <absl/base/config.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include "peers/mutable.h"
#include "rows/hash.h"

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
