// SPDX-License-Identifier: MIT
// stet's maps and sets, hash and sorted ones, as adapters of the rows: their functions as a type, their handles as C++
// values.
#ifndef BENCH_PEERS_STET_H
#define BENCH_PEERS_STET_H

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <stet/str.h>
#include <stet/type.h>
#include "rows/counted.h"
#include "rows/map.h"

namespace bench
{

// ---- the functions of a collection, as a type's members ----

#define BENCH_HANDLE_OPS(name)                        \
    using handle = name;                              \
    static constexpr auto copy = name##_copy;         \
    static constexpr auto swap = name##_swap_handles; \
    static constexpr auto drop = name##_drop;         \
    static constexpr auto get = name##_get;           \
    static constexpr auto del = name##_erase;         \
    static constexpr auto with = name##_with;         \
    static constexpr auto without = name##_without;   \
    static constexpr auto first = name##_first;       \
    static constexpr auto next = name##_next;         \
    static constexpr auto fold = name##_fold

#define BENCH_MAP_OPS(name, K, V)                         \
    using key = K;                                        \
    using value = V;                                      \
    BENCH_HANDLE_OPS(name);                               \
    static constexpr auto set = name##_set;               \
    static constexpr auto get_many = name##_get_many;     \
    static constexpr auto set_many = name##_set_many;     \
    static constexpr auto from_array = name##_from_array; \
    static constexpr auto diff = name##_diff;             \
    static constexpr auto equal = name##_equal;           \
    static constexpr auto unite = name##_union

#define BENCH_SET_OPS(name) \
    BENCH_HANDLE_OPS(name); \
    static constexpr auto add = name##_add

inline void must(stet_result result)
{
    if (!result) {
        std::fputs("stet: out of memory\n", stderr);
        std::abort();
    }
}

// ---- C++ values ----

template <class Ops> class Handle
{
  public:
    Handle() = default;
    Handle(const Handle &other) : c(Ops::copy(&other.c)) {}
    Handle(Handle &&other) noexcept { Ops::swap(&c, &other.c); }
    Handle &operator=(Handle other) noexcept
    {
        Ops::swap(&c, &other.c);
        return *this;
    }
    ~Handle() { Ops::drop(&c); }

    typename Ops::handle c = {};
};

class Str
{
  public:
    explicit Str(std::string_view bytes) { must(stet_str_from_bytes(bytes.data(), bytes.size(), &c)); }
    Str(Str &&other) noexcept : c(std::exchange(other.c, stet_str{})) {}
    ~Str() { stet_str_drop(&c); }

    stet_str c;
};

// Convert keys and values to the C types of the functions. The C++ types have the layout of the C types that they wrap.
inline std::uint64_t as_c(std::uint64_t key) { return key; }
inline stet_str as_c(const Str &key) { return key.c; }
template <class To, class From> const To *as_array(const From *from)
{
    static_assert(sizeof(To) == sizeof(From));
    return reinterpret_cast<const To *>(from);
}

template <class V> V make_value(std::uint64_t number) { return V(number); }
template <> inline Counted *make_value<Counted *>(std::uint64_t number) { return counted(number); }
inline std::uint64_t number_of(std::uint64_t value) { return value; }
inline std::uint64_t number_of(const Counted *value) { return value->holders; }

// ---- adapters ----

template <class Ops, class K> struct StetMap {
    static constexpr const char *name = "stet";
    using key = K;
    using probe = K;
    using map = Handle<Ops>;
    using editor = map;
    using value = typename Ops::value;

    static std::uint64_t get(const map &m, const K &probe)
    {
        const value *found = Ops::get(&m.c, as_c(probe));
        return found ? number_of(*found) : 0;
    }
    static std::uint64_t sum(const map &m)
    {
        std::uint64_t total = 0;
        Ops::fold(
            &m.c,
            [](void *into, const typename Ops::key *, const value *v) {
                *static_cast<std::uint64_t *>(into) += number_of(*v);
            },
            &total);
        return total;
    }
    static void put(editor &e, const K &key, std::uint64_t number)
    {
        must(Ops::set(&e.c, as_c(key), make_value<value>(number)));
    }
    static void erase(editor &e, const K &key) { must(Ops::del(&e.c, as_c(key))); }
    static map freeze(editor &&e) { return std::move(e); }
    static map snapshot(editor &e) { return e; }

    static map with(const map &m, const K &key, std::uint64_t number)
    {
        map out;
        must(Ops::with(&m.c, as_c(key), make_value<value>(number), &out.c));
        return out;
    }
    static map without(const map &m, const K &key)
    {
        map out;
        must(Ops::without(&m.c, as_c(key), &out.c));
        return out;
    }
    static map batch(const map &m, const K *keys, const std::uint64_t *values, std::size_t n)
    {
        map out = m;
        must(Ops::set_many(&out.c, as_array<typename Ops::key>(keys), as_array<value>(values), n));
        return out;
    }

    static std::size_t diff(const map &a, const map &b)
    {
        std::size_t found = 0;
        Ops::diff(
            &a.c, &b.c,
            [](void *count, const typename Ops::key *, const value *, const value *) {
                ++*static_cast<std::size_t *>(count);
                return true;
            },
            &found);
        return found;
    }
    static bool equal(const map &a, const map &b) { return Ops::equal(&a.c, &b.c); }
    static map unite(const map &a, const map &b)
    {
        map out;
        must(Ops::unite(&a.c, &b.c, &out.c));
        return out;
    }
    static map unite_versions(const map &a, const map &b) { return unite(a, b); }

    static map bulk(const K *keys, const std::uint64_t *values, std::size_t n)
    {
        map out;
        must(Ops::from_array(as_array<typename Ops::key>(keys), as_array<value>(values), n, &out.c));
        return out;
    }
    static std::uint64_t get_many(const map &m, const K *probes, std::size_t n)
    {
        const value *found[256];
        std::uint64_t total = 0;
        Ops::get_many(&m.c, as_array<typename Ops::key>(probes), n, found);
        for (std::size_t i = 0; i < n; i++)
            total += found[i] ? number_of(*found[i]) : 0;
        return total;
    }
};

// A set of u64.
template <class Ops> struct StetSet {
    static constexpr const char *name = "stet";
    using key = std::uint64_t;
    using probe = key;
    using map = Handle<Ops>;
    using editor = map;

    static std::uint64_t get(const map &m, key probe)
    {
        const key *found = Ops::get(&m.c, probe);
        return found ? *found_at(found) >> 1 : 0;
    }
    static std::uint64_t sum(const map &m)
    {
        std::uint64_t total = 0;
        Ops::fold(
            &m.c, [](void *into, const std::uint64_t *k) { *static_cast<std::uint64_t *>(into) += *k; }, &total);
        return total;
    }
    static void put(editor &e, key k, std::uint64_t) { must(Ops::add(&e.c, k)); }
    static void erase(editor &e, key k) { must(Ops::del(&e.c, k)); }
    static map freeze(editor &&e) { return std::move(e); }
    static map with(const map &m, key k, std::uint64_t)
    {
        map out;
        must(Ops::with(&m.c, k, &out.c));
        return out;
    }
    static map without(const map &m, key k)
    {
        map out;
        must(Ops::without(&m.c, k, &out.c));
        return out;
    }
};

} // namespace bench
#endif
