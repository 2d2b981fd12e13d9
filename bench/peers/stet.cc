// SPDX-License-Identifier: MIT
// stet itself, and how it does in other ways: the peers `stet-...`.
#include <stet/map.h>
#include <stet/set.h>
#include <stet/stet.hpp>
#include <stet/version.h>
#include "peers/stet.h"

namespace bench
{

namespace
{

// ---- the collections ----

// A word that the library does not know: nothing of it is compiled in.
struct Word {
    std::uint64_t word;
    Word() = default;
    explicit Word(std::uint64_t w) : word(w) {}
};
inline std::uint64_t word_hash(const Word *w, std::uint64_t) { return w->word; } // the library mixes it
inline bool word_equal(const Word *a, const Word *b) { return a->word == b->word; }
using bench::as_c;
using bench::number_of;
inline Word as_c(Word key) { return key; }
inline std::uint64_t number_of(Word value) { return value.word; }
STET_TYPE(word_type, Word, word_hash, word_equal);

using CountedPtr = Counted *;
STET_TYPE_REF(prompt_type, CountedPtr, counted_ref, counted_unref);
STET_TYPE_REF_LAZY(lazy_type, CountedPtr, counted_ref, counted_unref);

STET_MAP(u64_map, std::uint64_t, std::uint64_t, stet_u64, stet_u64)
STET_MAP(str_map, stet_str, std::uint64_t, stet_str_type, stet_u64)
STET_MAP(word_map, Word, Word, word_type, word_type)
STET_MAP(prompt_map, std::uint64_t, CountedPtr, stet_u64, prompt_type)
STET_MAP(lazy_map, std::uint64_t, CountedPtr, stet_u64, lazy_type)
STET_SET(u64_set, std::uint64_t, stet_u64)

// ---- their functions ----

#define MAP_OPS(name, K, V)                             \
    struct name##_ops {                                 \
        BENCH_MAP_OPS(name, K, V);                      \
        static constexpr auto type = &name##_map_type_; \
    }

MAP_OPS(u64_map, std::uint64_t, std::uint64_t);
MAP_OPS(str_map, stet_str, std::uint64_t);
MAP_OPS(word_map, Word, Word);
MAP_OPS(prompt_map, std::uint64_t, CountedPtr);
MAP_OPS(lazy_map, std::uint64_t, CountedPtr);
struct u64_set_ops {
    BENCH_SET_OPS(u64_set);
};

// ---- how stet does in other ways ----

// A version by single edits of a copy.
template <class Ops, class K> struct Singles : StetMap<Ops, K> {
    using map = Handle<Ops>;
    static constexpr const char *name = "stet-sets";
    static map batch(const map &m, const K *keys, const std::uint64_t *values, std::size_t n)
    {
        map out = m;
        for (std::size_t i = 0; i < n; i++)
            StetMap<Ops, K>::put(out, keys[i], values[i]);
        return out;
    }
};

// A version to each edit.
template <class Ops, class K> struct Withs : StetMap<Ops, K> {
    using map = Handle<Ops>;
    static constexpr const char *name = "stet-withs";
    static map batch(const map &m, const K *keys, const std::uint64_t *values, std::size_t n)
    {
        map out = m;
        for (std::size_t i = 0; i < n; i++)
            out = StetMap<Ops, K>::with(out, keys[i], values[i]);
        return out;
    }
};

// Traversal by a loop.
template <class Ops, class K> struct Loop : StetMap<Ops, K> {
    static constexpr const char *name = "stet-loop";
    static std::uint64_t sum(const Handle<Ops> &m)
    {
        std::uint64_t total = 0;
        for (auto it = Ops::first(&m.c); it.key != nullptr; Ops::next(&it))
            total += number_of(*it.value);
        return total;
    }
};

// Strings are looked up by their bytes, hashed at each lookup, as everybody does...
struct StrMap : StetMap<str_map_ops, Str> {
    using probe = std::string_view;
    static std::uint64_t get(const map &m, std::string_view probe)
    {
        const std::uint64_t *found = str_map_get_bytes(&m.c, probe.data(), probe.size());
        return found ? *found : 0;
    }
};

// ... and by a key, which remembers its hash.
struct StrByKey : StetMap<str_map_ops, Str> {
    static constexpr const char *name = "stet-key";
};

// Keys given as bytes: the map makes the string that it stores, as a map of std::string does.
struct StrFromBytes : StrMap {
    static constexpr const char *name = "stet-bytes";
    using key = std::string_view;
    static void put(editor &e, key k, std::uint64_t number)
    {
        must(str_map_set_bytes(&e.c, k.data(), k.size(), number));
    }
    static void erase(editor &e, key k) { must(str_map_erase_bytes(&e.c, k.data(), k.size())); }
};

struct WordMap : StetMap<word_map_ops, Word> {
    static constexpr const char *name = "stet-word";
};

// Edits by a descriptor that is known at run time only, as those of a language's binding are: no instance of the
// library's, hash and comparison by pointers.
template <class Ops, class K> struct RunTime : StetMap<Ops, K> {
    static constexpr const char *name = "stet-runtime";
    using editor = Handle<Ops>;
    using value = typename Ops::value;

    static void put(editor &e, const K &key, std::uint64_t number)
    {
        auto k = as_c(key);
        auto v = make_value<value>(number);
        must(set(descriptor, &e.c.map_, &k, &v));
    }
    static void erase(editor &e, const K &key)
    {
        auto k = as_c(key);
        must(del(descriptor, &e.c.map_, &k));
    }

  private:
    static stet_type hide(const stet_type *t)
    {
        stet_type hidden = *t;
        hidden.flags &= ~std::uint32_t(STET_WORD | STET_STRING);
        return hidden;
    }
    static const stet_map_type *make()
    {
        static const stet_type key = hide(Ops::type->key), value = hide(Ops::type->value);
        static stet_map_type type = *Ops::type;
        type.key = &key;
        type.value = &value;
        return &type;
    }
    [[gnu::noinline]] static stet_result set(const stet_map_type *t, stet_map *m, const void *k, const void *v)
    {
        return stet_map_put_any_(t, m, nullptr, k, v, STET_PUT_SET_);
    }
    [[gnu::noinline]] static stet_result del(const stet_map_type *t, stet_map *m, const void *k)
    {
        return stet_map_erase_any_(t, m, nullptr, k, nullptr);
    }
    static inline const stet_map_type *volatile descriptor = make();
};

// The values of C++, which must cost what the functions of C cost.
struct ValueMap {
    static constexpr const char *name = "stet-hpp";
    using key = std::uint64_t;
    using probe = key;
    using map = stet::map<std::uint64_t, std::uint64_t>;
    using editor = map;

    static std::uint64_t get(const map &m, key probe)
    {
        const std::uint64_t *found = m.find(probe);
        return found ? *found : 0;
    }
    static std::uint64_t sum(const map &m)
    {
        std::uint64_t total = 0;
        for (const auto &[k, v] : m)
            total += v;
        return total;
    }
    static void put(editor &e, key k, std::uint64_t number) { e.set(k, number); }
    static void erase(editor &e, key k) { e.erase(k); }
    static map freeze(editor &&e) { return std::move(e); }
    static map snapshot(editor &e) { return e; }
    static map with(const map &m, key k, std::uint64_t number) { return m.with(k, number); }
    static map without(const map &m, key k) { return m.without(k); }
};

struct LazyMap : StetMap<lazy_map_ops, std::uint64_t> {
    static constexpr const char *name = "stet-lazy";
};

} // namespace

void add_stet(Rows &rows)
{
    using U64Map = StetMap<u64_map_ops, std::uint64_t>;
    Adder<U64Map>(rows, "u64").persistent_map().batches().bulk().many();
    Adder<Loop<u64_map_ops, std::uint64_t>>(rows, "u64").iteration();
    Adder<Singles<u64_map_ops, std::uint64_t>>(rows, "u64").batches();
    Adder<Withs<u64_map_ops, std::uint64_t>>(rows, "u64").batches();
    Adder<ValueMap>(rows, "u64").reads().iteration().edits().updates().versions();
    Adder<WordMap>(rows, "u64").persistent_map().batches().bulk().many();
    Adder<RunTime<u64_map_ops, std::uint64_t>>(rows, "u64").edits().updates();

    Adder<StrMap>(rows, "str").persistent_map().batches().bulk();
    Adder<StrByKey>(rows, "str").reads().many();
    Adder<StrFromBytes>(rows, "str").edits().updates();
    Adder<Singles<str_map_ops, Str>>(rows, "str").batches();
    Adder<RunTime<str_map_ops, Str>>(rows, "str").edits().updates();

    Adder<StetMap<prompt_map_ops, std::uint64_t>>(rows, "ref").persistent_map();
    Adder<LazyMap>(rows, "ref").persistent_map();

    Adder<StetSet<u64_set_ops>>(rows, "set").reads().iteration().edits().versions();
}

std::string stet_version()
{
    return STET_VERSION + std::string(STET_POOL ? ", pool" : ", no pool") +
           (STET_ALLOCATOR_MIMALLOC ? " over mimalloc" : " over malloc");
}

} // namespace bench
