// SPDX-License-Identifier: MIT
// The rows of maps and sets. Each loop is written once, for all peers, over an adapter.
//
// An adapter A names a peer and defines how the peer does each operation:
//   A::name                       the peer, as the tables call it
//   A::key, A::probe              a key as it is stored, and as it is looked up; both made from a Make<> (keys.h)
//   A::map                        a C++ value: a version of the collection, or, without versions, the collection
//   A::editor                     the object edited in place: immer's transient; elsewhere the map itself
//   get(map, probe)               the value (of a set: half of the element), 0 when absent; below 2^63
//   sum(map)                      the sum of all values, by the peer's fastest traversal
//   put(editor, key, value)  erase(editor, key)  freeze(editor &&) -> map
// and, for the groups of rows that the peer takes part in,
//   with(map, key, value)  without(map, key)  snapshot(editor) -> map       versions
//   batch(map, keys, values, n) -> map                                      versions: n edits as one
//   diff(a, b)  equal(a, b)  unite(a, b) -> map  unite_versions(a, b)       comparison and algebra
//   bulk(keys, values, n) -> map  get_many(map, probes, n)                  bulk
//
// Values written are always new ones, so that no peer can keep a version because nothing changed.
#ifndef BENCH_MAP_ROWS_H
#define BENCH_MAP_ROWS_H

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <numeric>
#include <type_traits>
#include <vector>
#include "rows/rows.h"

namespace bench
{

// ---- collections that rows share ----

template <class A, class Keys> typename A::editor filled(const Keys *keys, std::size_t n)
{
    typename A::editor editor;
    for (std::size_t i = 0; i < n; i++)
        A::put(editor, keys[i], i);
    return editor;
}

// Returns *the* collection of n: the keys of numbers 0 to n-1, each with its number as value. It is made once.
template <class A> const typename A::map &collection(std::size_t n)
{
    return cached(n, [&] { return A::freeze(filled<A>(stock<typename A::key>(n).data(), n)); });
}

// Returns the keys of a vector again and again, and values that have not been used.
template <class K> class Edits
{
  public:
    explicit Edits(const std::vector<K> &keys) : keys_(keys) {}
    const K &key()
    {
        if (at_ == keys_.size())
            at_ = 0;
        return keys_[at_++];
    }
    const K *run(std::size_t n) // n consecutive keys
    {
        if (at_ + n > keys_.size())
            at_ = 0;
        at_ += n;
        return &keys_[at_ - n];
    }
    std::uint64_t value() { return value_++; }

  private:
    const std::vector<K> &keys_;
    std::size_t at_ = 0;
    std::uint64_t value_ = std::uint64_t(1) << 48;
};

// ---- reads ----

// Independent lookups, which the processor may overlap.
template <class A, class Probes> void lookups(Meter &meter, const typename A::map &map, const Probes &probes)
{
    while (meter.next(probes.size())) {
        std::uint64_t sum = 0;
        for (const auto &probe : probes)
            sum += A::get(map, probe);
        keep(sum);
    }
}

// Returns how many of the first n probes are found; the one of value 0 does not count.
template <class A, class Probes> std::size_t found(const typename A::map &map, const Probes &probes, std::size_t n)
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < n; i++)
        count += A::get(map, probes[i]) != 0;
    return count;
}

template <class A> void get_hit(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &probes = hits<typename A::probe>(n);
    expect<A>(found<A>(map, probes, n) >= n - 1, "get_hit misses");
    lookups<A>(meter, map, probes);
}

template <class A> void get_miss(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &probes = misses<typename A::probe>(n);
    expect<A>(found<A>(map, probes, n) == 0, "get_miss finds");
    lookups<A>(meter, map, probes);
}

// Each lookup depends on the value of the last one (its top bit is 0, which the compiler does not know).
template <class A> void get_dependent(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &probes = hits<typename A::probe>(n);
    std::uint64_t value = 0;
    while (meter.next(probes.size()))
        for (std::size_t i = 0; i < probes.size(); i++) {
            value = A::get(map, probes[i + (value >> 63)]);
            asm volatile("" : "+r"(value));
        }
}

// Counts elements as operations.
template <class A> void iterate(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    while (meter.next(n * collections(n)))
        for (std::size_t i = 0; i < collections(n); i++) {
            keep(map);
            keep(A::sum(map));
        }
}

// Like get_hit, with 256 keys in a call.
template <class A> void get_many(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &probes = hits<typename A::probe>(n);
    constexpr std::size_t group = 256;
    while (meter.next(probes.size())) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < probes.size(); i += group)
            sum += A::get_many(map, &probes[i], std::min(group, probes.size() - i));
        keep(sum);
    }
}

// ---- edits in place of a collection without other holders ----

// Makes collections of n elements, each by make(keys) from n keys.
template <class C, class K, class Maker> void makes(Meter &meter, const std::vector<K> &keys, std::size_t n, Maker make)
{
    Versions<C> built(collections(n));
    while (meter.next(keys.size())) {
        meter.stop();
        built.clear();
        meter.start();
        for (std::size_t at = 0; at < keys.size(); at += n)
            built.add([&] { return make(&keys[at]); });
    }
}

// Fills empty collections with n different keys each.
template <class A> void build(Meter &meter, std::size_t n)
{
    makes<typename A::editor>(meter, stock<typename A::key>(n), n, [n](auto *keys) { return filled<A>(keys, n); });
}

inline std::vector<std::uint64_t> numbers_below(std::size_t n)
{
    std::vector<std::uint64_t> values(n);
    std::iota(values.begin(), values.end(), 0);
    return values;
}

// Makes the same collections from arrays of keys and values.
template <class A> void build_bulk(Meter &meter, std::size_t n)
{
    const auto values = numbers_below(n);
    makes<typename A::map>(meter, stock<typename A::key>(n), n,
                           [&](auto *keys) { return A::bulk(keys, values.data(), n); });
}

// Releases such collections. Counts elements as operations.
template <class A> void drop(Meter &meter, std::size_t n)
{
    const auto &keys = stock<typename A::key>(n);
    Versions<typename A::editor> built(collections(n));
    while (meter.next(keys.size())) {
        meter.stop();
        for (std::size_t at = 0; at < keys.size(); at += n)
            built.add([&] { return filled<A>(&keys[at], n); });
        meter.start();
        built.clear();
    }
}

// Sets new values for keys that are present.
template <class A> void update(Meter &meter, std::size_t n)
{
    auto &editor = cached(n, [&] { return filled<A>(stock<typename A::key>(n).data(), n); });
    const auto &keys = hits<typename A::key>(n);
    Edits<typename A::key> edits(keys);
    while (meter.next(keys.size()))
        for (std::size_t i = 0; i < keys.size(); i++)
            A::put(editor, edits.key(), edits.value());
    keep(editor);
}

// Erases `count` of the n keys, in random order.
template <class A> void erases(Meter &meter, std::size_t n, std::size_t count)
{
    const auto &keys = stock<typename A::key>(n);
    const auto &leaving = cached(n, [&] {
        auto order = random_order(n, n * collections(n));
        return make_keys<typename A::key>(order.size(), [&](std::size_t i) { return i / n * n + order[i]; });
    });
    Versions<typename A::editor> built(collections(n));
    while (meter.next(count * collections(n))) {
        meter.stop();
        built.clear();
        for (std::size_t at = 0; at < keys.size(); at += n)
            built.add([&] { return filled<A>(&keys[at], n); });
        meter.start();
        for (std::size_t i = 0; i < collections(n); i++)
            for (std::size_t j = 0; j < count; j++)
                A::erase(built[i], leaving[i * n + j]);
        expect<A>((A::sum(A::freeze(std::move(built[0]))) == 0) == (count == n), "erase leaves something");
    }
}

template <class A> void erase(Meter &meter, std::size_t n) { erases<A>(meter, n, n); } // until the collection is empty

// ---- versions ----

// Makes many versions from one, whose size is exactly n: edit(map, edits) makes one of them, by `each` operations.
template <class A, class Edit>
void fan_out(Meter &meter, const typename A::map &map, Edits<typename A::key> edits, std::size_t each, Edit edit)
{
    Versions<typename A::map> versions(kept_versions);
    while (meter.next(kept_versions * each)) {
        meter.stop();
        versions.clear();
        meter.start();
        for (std::size_t i = 0; i < kept_versions; i++)
            versions.add([&] { return edit(map, edits); });
    }
}

template <class A> using EditsOf = Edits<typename A::key>;

template <class A> void with_update(Meter &meter, std::size_t n)
{
    fan_out<A>(meter, collection<A>(n), EditsOf<A>(hits<typename A::key>(n)), 1,
               [](const auto &map, auto &edits) { return A::with(map, edits.key(), edits.value()); });
}

template <class A> void with_insert(Meter &meter, std::size_t n)
{
    fan_out<A>(meter, collection<A>(n), EditsOf<A>(misses<typename A::key>(n)), 1,
               [](const auto &map, auto &edits) { return A::with(map, edits.key(), edits.value()); });
}

template <class A> void without(Meter &meter, std::size_t n)
{
    fan_out<A>(meter, collection<A>(n), EditsOf<A>(hits<typename A::key>(n)), 1,
               [](const auto &map, auto &edits) { return A::without(map, edits.key()); });
}

// Makes versions by `size` edits each. Counts edits as operations.
template <class A, std::size_t size> void batch(Meter &meter, std::size_t n)
{
    fan_out<A>(meter, collection<A>(n), EditsOf<A>(hits<typename A::key>(n)), size, [](const auto &map, auto &edits) {
        std::uint64_t values[size];
        for (auto &value : values)
            value = edits.value();
        return A::batch(map, edits.run(size), values, size);
    });
}

// Releases the versions of with_update, oldest first.
template <class A> void release(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    EditsOf<A> edits(hits<typename A::key>(n));
    Versions<typename A::map> versions(kept_versions);
    while (meter.next(kept_versions)) {
        meter.stop();
        for (std::size_t i = 0; i < kept_versions; i++)
            versions.add([&] { return A::with(map, edits.key(), edits.value()); });
        meter.start();
        versions.clear();
    }
}

// Makes each version from the last, and keeps all.
template <class A> void add_history(Versions<typename A::map> &versions, const typename A::map &map, EditsOf<A> &edits)
{
    const typename A::map *last = &map;
    for (std::size_t i = 0; i < kept_versions; i++)
        last = &versions.add([&] { return A::with(*last, edits.key(), edits.value()); });
}

template <class A> void history(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    EditsOf<A> edits(hits<typename A::key>(n));
    Versions<typename A::map> versions(kept_versions);
    while (meter.next(kept_versions)) {
        meter.stop();
        versions.clear();
        meter.start();
        add_history<A>(versions, map, edits);
    }
}

template <class A> void history_release(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    EditsOf<A> edits(hits<typename A::key>(n));
    Versions<typename A::map> versions(kept_versions);
    while (meter.next(kept_versions)) {
        meter.stop();
        add_history<A>(versions, map, edits);
        meter.start();
        versions.clear();
    }
}

// Makes each version from the last, and keeps the newest `window`: an operation makes one and releases one.
template <class A, std::size_t window> void chain(Meter &meter, std::size_t n)
{
    EditsOf<A> edits(hits<typename A::key>(n));
    std::vector<typename A::map> ring(window, collection<A>(n));
    std::size_t newest = 0;
    while (meter.next(round_length))
        for (std::size_t i = 0; i < round_length; i++) {
            std::size_t oldest = newest + 1 == window ? 0 : newest + 1;
            ring[oldest] = A::with(ring[newest], edits.key(), edits.value());
            newest = oldest;
        }
}

template <class A> void chain1(Meter &meter, std::size_t n) { chain<A, 1>(meter, n); }
template <class A> void chain64(Meter &meter, std::size_t n) { chain<A, 64>(meter, n); }

// Updates in place. After each thousand, takes a snapshot, which replaces the last snapshot.
template <class A> void snapshot1000(Meter &meter, std::size_t n)
{
    auto &editor = cached(n, [&] { return filled<A>(stock<typename A::key>(n).data(), n); });
    EditsOf<A> edits(hits<typename A::key>(n));
    typename A::map snapshot = A::snapshot(editor);
    constexpr std::size_t each = 1000, snapshots = 16;
    while (meter.next(each * snapshots))
        for (std::size_t i = 0; i < snapshots; i++) {
            for (std::size_t j = 0; j < each; j++)
                A::put(editor, edits.key(), edits.value());
            snapshot = A::snapshot(editor);
        }
}

// ---- two versions that differ in ten keys, or in one ----

// Returns the i-th of ten key numbers spread over the collection; they differ from `pair` to `pair`.
inline std::size_t apart(std::size_t n, std::size_t pair, std::size_t i)
{
    return (i * std::max<std::size_t>(1, n / 10) + pair) % n;
}

constexpr std::size_t pairs = 64;

// Makes `pairs` versions of map, each by this many edits: edit(version, pair, i) makes the i-th edit.
template <class A, class Edit>
void versions_apart(Versions<typename A::map> &out, const typename A::map &map, std::size_t edits, Edit edit)
{
    for (std::size_t pair = 0; pair < pairs; pair++) {
        typename A::map version = map;
        for (std::size_t i = 0; i < edits; i++)
            version = edit(version, pair, i);
        out.add([&] { return version; });
    }
}

// Compares two versions that differ in `count` values.
template <class A, std::size_t count> void diff(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &keys = stock<typename A::key>(n);
    Versions<typename A::map> others(pairs);
    versions_apart<A>(others, map, count, [&](const auto &version, std::size_t pair, std::size_t i) {
        return A::with(version, keys[apart(n, pair, i)], absent + n + 1 + i);
    });
    expect<A>(n < count || A::diff(map, others[0]) == count, "diff does not find all");
    while (meter.next(pairs))
        for (std::size_t pair = 0; pair < pairs; pair++)
            keep(A::diff(map, others[pair]));
}

// Compares equal versions, one of which had ten keys removed and put back: all ten paths must be compared.
template <class A> void equal10(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &keys = stock<typename A::key>(n);
    Versions<typename A::map> others(pairs);
    versions_apart<A>(others, map, 10, [&](const auto &version, std::size_t pair, std::size_t i) {
        std::size_t number = apart(n, pair, i);
        return A::with(A::without(version, keys[number]), keys[number], number);
    });
    expect<A>(A::equal(map, others[0]), "equal10 finds a difference");
    while (meter.next(pairs))
        for (std::size_t pair = 0; pair < pairs; pair++)
            keep(A::equal(map, others[pair]));
}

// The union of two versions, each with ten keys that the other lacks.
template <class A> void union10(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &keys = misses<typename A::key>(n);
    Versions<typename A::map> left(pairs), right(pairs), united(pairs);
    auto add = [&](std::size_t from) {
        return [&, from](const auto &version, std::size_t pair, std::size_t i) {
            return A::with(version, keys[from + pair * 10 + i], i);
        };
    };
    versions_apart<A>(left, map, 10, add(0));
    versions_apart<A>(right, map, 10, add(pairs * 10));
    while (meter.next(pairs)) {
        meter.stop();
        united.clear();
        meter.start();
        for (std::size_t pair = 0; pair < pairs; pair++)
            united.add([&] { return A::unite_versions(left[pair], right[pair]); });
    }
}

// The union of two collections of n that share half of their keys and no nodes, per element of one.
template <class A> void union_half(Meter &meter, std::size_t n)
{
    const auto &left = collection<A>(n);
    typename A::editor half;
    for (std::size_t i = 0; i < n; i++)
        A::put(half, i < n / 2 ? stock<typename A::key>(n)[i] : misses<typename A::key>(n)[i], i);
    const typename A::map right = A::freeze(std::move(half));
    std::size_t repeats = collections(n);
    Versions<typename A::map> united(repeats);
    while (meter.next(n * repeats)) {
        meter.stop();
        united.clear();
        meter.start();
        for (std::size_t i = 0; i < repeats; i++)
            united.add([&] { return A::unite(left, right); });
    }
}

// ---- the rows of a peer ----

template <class A> class Adder
{
  public:
    Adder(Rows &rows, const char *kind) : rows_(rows), kind_(kind) {}

    Adder &reads()
    {
        return add("get_hit", get_hit<A>).add("get_dependent", get_dependent<A>).add("get_miss", get_miss<A>);
    }
    Adder &iteration() { return add("iterate", iterate<A>); }
    Adder &edits() { return add("build", build<A>).add("drop", drop<A>).add("erase", erase<A>); }
    Adder &updates() { return add("update", update<A>); } // not for sets
    Adder &versions() { return add("with_insert", with_insert<A>).add("without", without<A>); }
    Adder &version_updates() // not for sets
    {
        return add("with_update", with_update<A>)
            .add("release", release<A>)
            .add("history", history<A>)
            .add("history_release", history_release<A>)
            .add("chain1", chain1<A>)
            .add("chain64", chain64<A>)
            .add("snapshot1000", snapshot1000<A>);
    }
    Adder &batches()
    {
        return add("batch2", batch<A, 2>)
            .add("batch4", batch<A, 4>)
            .add("batch16", batch<A, 16>)
            .add("batch64", batch<A, 64>);
    }
    Adder &comparison() { return add("diff10", diff<A, 10>).add("equal10", equal10<A>); }
    Adder &algebra() { return add("union_half", union_half<A>); }
    Adder &version_algebra() { return add("union10", union10<A>); }
    Adder &many() { return add("get_many", get_many<A>); }
    // All rows of a persistent map; a mutable map or a set has only some of them.
    Adder &persistent_map()
    {
        reads().iteration().edits().updates().versions().version_updates();
        return comparison().algebra().version_algebra();
    }
    Adder &bulk() { return add("build_bulk", build_bulk<A>); }

  protected:
    Adder &add(const char *name, void (*run)(Meter &, std::size_t))
    {
        rows_.push_back({name, kind_, A::name, run});
        return *this;
    }

  private:
    Rows &rows_;
    std::string kind_;
};

} // namespace bench
#endif
