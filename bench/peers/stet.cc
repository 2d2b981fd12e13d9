// SPDX-License-Identifier: MIT
// stet itself, and how it does in other ways: the peers `stet-...`.
#include <cstdio>
#include <cstdlib>
#include <stet/map.h>
#include <stet/set.h>
#include <stet/str.h>
#include <stet/version.h>
#include "rows/counted.h"
#include "rows/map.h"

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

// ---- the functions of a collection, as a type ----

#define COMMON_OPS(name)                              \
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

#define MAP_OPS(name, K, V)                                   \
    struct name##_ops {                                       \
        using key = K;                                        \
        using value = V;                                      \
        COMMON_OPS(name);                                     \
        static constexpr auto type = &name##_map_type_;       \
        static constexpr auto set = name##_set;               \
        static constexpr auto get_many = name##_get_many;     \
        static constexpr auto set_many = name##_set_many;     \
        static constexpr auto from_array = name##_from_array; \
        static constexpr auto diff = name##_diff;             \
        static constexpr auto equal = name##_equal;           \
        static constexpr auto unite = name##_union;           \
    }

MAP_OPS(u64_map, std::uint64_t, std::uint64_t);
MAP_OPS(str_map, stet_str, std::uint64_t);
MAP_OPS(word_map, Word, Word);
MAP_OPS(prompt_map, std::uint64_t, CountedPtr);
MAP_OPS(lazy_map, std::uint64_t, CountedPtr);
struct u64_set_ops {
    COMMON_OPS(u64_set);
    static constexpr auto add = u64_set_add;
};

void must(stet_result result)
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

// What the wrappers take. Keys and words are laid out as what they wrap.
inline std::uint64_t as_c(std::uint64_t key) { return key; }
inline Word as_c(Word key) { return key; }
inline stet_str as_c(const Str &key) { return key.c; }
template <class To, class From> const To *as_array(const From *from)
{
    static_assert(sizeof(To) == sizeof(From));
    return reinterpret_cast<const To *>(from);
}

template <class V> V make_value(std::uint64_t number) { return V(number); }
template <> CountedPtr make_value<CountedPtr>(std::uint64_t number) { return counted(number); }
inline std::uint64_t number_of(std::uint64_t value) { return value; }
inline std::uint64_t number_of(Word value) { return value.word; }
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

struct LazyMap : StetMap<lazy_map_ops, std::uint64_t> {
    static constexpr const char *name = "stet-lazy";
};

struct U64Set {
    static constexpr const char *name = "stet";
    using key = std::uint64_t;
    using probe = key;
    using map = Handle<u64_set_ops>;
    using editor = map;

    static std::uint64_t get(const map &m, key probe)
    {
        const key *found = u64_set_get(&m.c, probe);
        return found ? *found_at(found) >> 1 : 0;
    }
    static std::uint64_t sum(const map &m)
    {
        std::uint64_t total = 0;
        u64_set_fold(
            &m.c, [](void *into, const std::uint64_t *k) { *static_cast<std::uint64_t *>(into) += *k; }, &total);
        return total;
    }
    static void put(editor &e, key k, std::uint64_t) { must(u64_set_add(&e.c, k)); }
    static void erase(editor &e, key k) { must(u64_set_erase(&e.c, k)); }
    static map freeze(editor &&e) { return std::move(e); }
    static map with(const map &m, key k, std::uint64_t)
    {
        map out;
        must(u64_set_with(&m.c, k, &out.c));
        return out;
    }
    static map without(const map &m, key k)
    {
        map out;
        must(u64_set_without(&m.c, k, &out.c));
        return out;
    }
};

} // namespace

void add_stet(Rows &rows)
{
    using U64Map = StetMap<u64_map_ops, std::uint64_t>;
    Adder<U64Map>(rows, "u64").persistent_map().batches().bulk().many();
    Adder<Loop<u64_map_ops, std::uint64_t>>(rows, "u64").iteration();
    Adder<Singles<u64_map_ops, std::uint64_t>>(rows, "u64").batches();
    Adder<Withs<u64_map_ops, std::uint64_t>>(rows, "u64").batches();
    Adder<WordMap>(rows, "u64").persistent_map().batches().bulk().many();
    Adder<RunTime<u64_map_ops, std::uint64_t>>(rows, "u64").edits().updates();

    Adder<StrMap>(rows, "str").persistent_map().batches().bulk();
    Adder<StrByKey>(rows, "str").reads().many();
    Adder<StrFromBytes>(rows, "str").edits().updates();
    Adder<Singles<str_map_ops, Str>>(rows, "str").batches();
    Adder<RunTime<str_map_ops, Str>>(rows, "str").edits().updates();

    Adder<StetMap<prompt_map_ops, std::uint64_t>>(rows, "ref").persistent_map();
    Adder<LazyMap>(rows, "ref").persistent_map();

    Adder<U64Set>(rows, "set").reads().iteration().edits().versions();
}

std::string stet_version()
{
    return STET_VERSION + std::string(STET_POOL ? ", pool" : ", no pool") +
           (STET_ALLOCATOR_MIMALLOC ? " over mimalloc" : " over malloc");
}

} // namespace bench
