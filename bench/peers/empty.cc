// SPDX-License-Identifier: MIT
// A peer that does nothing: what its rows cost is the harness.
#include "rows/map.h"
#include "rows/shared.h"

namespace bench
{

namespace
{

inline std::uint64_t look(std::uint64_t key) { return key >> 1; }
inline std::uint64_t look(std::string_view key) { return key.size(); }

template <class K> struct Empty {
    static constexpr const char *name = "empty";
    using key = K;
    using probe = K;
    struct map {
        std::uint64_t word = 0;
    };
    using editor = map;

    static std::uint64_t get(const map &, const K &key) { return look(key); }
    static std::uint64_t sum(const map &m) { return m.word; }
    static void put(editor &e, const K &key, std::uint64_t value) { e.word += look(key) ^ value; }
    static void erase(editor &e, const K &key) { e.word -= look(key); }
    static map freeze(editor &&e) { return e; }
    static map snapshot(editor &e) { return e; }
    static map with(const map &m, const K &key, std::uint64_t value) { return {m.word + (look(key) ^ value)}; }
    static map without(const map &m, const K &key) { return {m.word - look(key)}; }
};

struct EmptyShared {
    static constexpr const char *name = "empty";
    struct shared {
        shared(const std::uint64_t *, std::size_t) {}
        std::uint64_t word = 0;
    };

    static std::uint64_t load(shared &, std::uint64_t key) { return look(key); }
    static void store(shared &m, std::uint64_t key, std::uint64_t value)
    {
        m.word += look(key) ^ value;
        keep(m); // each is done, as by the others
    }
    static void erase(shared &m, std::uint64_t key) { m.word -= look(key); }
    static std::size_t view(shared &m) { return m.word; }
    static void settle() {}
};

template <class K> void add(Rows &rows, const char *kind)
{
    Adder<Empty<K>>(rows, kind).reads().iteration().edits().updates().versions().version_updates();
}

} // namespace

void add_empty(Rows &rows)
{
    add<std::uint64_t>(rows, "u64");
    add<std::string_view>(rows, "str");
    SharedAdder<EmptyShared>(rows).basics();
}

} // namespace bench
