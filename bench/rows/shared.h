// SPDX-License-Identifier: MIT
// The rows of maps that threads share, used by one thread alone: the cost of each operation without contention
// (bench/tools/shared has the rest). Kind `shared`, u64 to u64. Each loop is written once, for all peers, over an
// adapter.
//
// An adapter A names a peer and defines how the peer does each operation:
//   A::name                       the peer, as the tables call it
//   A::shared                     the map: shared(keys, n) has these keys, each with its number as value
//   load(shared, key)             the value, 0 when absent
//   store(shared, key, value)  erase(shared, key)
//   view(shared)                  takes a view of one moment and releases it; its size
//   settle()                      frees what was replaced and removed
// and, for the groups of rows that the peer takes part in,
//   acquire(shared, key)          load from a version that is held during the load                   versions
//   A::version  snapshot(shared) -> version  exchange(shared, version)                               versions
//   apply(shared, keys, values, n)                                          n stores as one          batches
//   get_many(shared, probes, n)   the sum of the values                                              many
//
// Values written are always new ones, so that no peer can skip a store because nothing changed.
#ifndef BENCH_SHARED_ROWS_H
#define BENCH_SHARED_ROWS_H

#include "rows/rows.h"

namespace bench
{

using SharedKeys = std::vector<std::uint64_t>;

template <class A> std::unique_ptr<typename A::shared> shared_of(std::size_t n)
{
    auto made = std::make_unique<typename A::shared>(stock<std::uint64_t>(n).data(), n);
    A::settle(); // frees nodes that were replaced while the map was filled: the rows must not measure that
    return made;
}

// Returns the map that all rows share that change nothing.
template <class A> typename A::shared &shared_to_read(std::size_t n)
{
    return *cached(n, [&] { return shared_of<A>(n); });
}

// ---- reads ----

// Calls look(map, key) for each of the probes. hits: the first n must be found (except that of value 0); else none.
template <class A, class Look>
void shared_lookups(Meter &meter, std::size_t n, const SharedKeys &probes, bool hits, Look look)
{
    auto &map = shared_to_read<A>(n);
    std::size_t found = 0;
    for (std::size_t i = 0; i < n; i++)
        found += look(map, probes[i]) != 0;
    expect<A>(hits ? found >= n - 1 : found == 0, "a lookup is wrong");
    while (meter.next(probes.size())) {
        std::uint64_t sum = 0;
        for (std::uint64_t probe : probes)
            sum += look(map, probe);
        keep(sum);
    }
}

template <class A> void load_hit(Meter &meter, std::size_t n)
{
    shared_lookups<A>(meter, n, hits<std::uint64_t>(n), true, A::load);
}

template <class A> void load_miss(Meter &meter, std::size_t n)
{
    shared_lookups<A>(meter, n, misses<std::uint64_t>(n), false, A::load);
}

template <class A> void shared_acquire(Meter &meter, std::size_t n)
{
    shared_lookups<A>(meter, n, hits<std::uint64_t>(n), true, A::acquire);
}

// Like load_hit, with 256 keys in a call.
template <class A> void shared_load_many(Meter &meter, std::size_t n)
{
    auto &map = shared_to_read<A>(n);
    const auto &probes = hits<std::uint64_t>(n);
    constexpr std::size_t group = 256;
    expect<A>(A::get_many(map, probes.data(), std::min(group, n)) != 0, "get_many finds nothing");
    while (meter.next(probes.size())) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < probes.size(); i += group)
            sum += A::get_many(map, &probes[i], std::min(group, probes.size() - i));
        keep(sum);
    }
}

// Takes a view of a map that no thread writes to, and releases it at once.
template <class A> void shared_snapshot(Meter &meter, std::size_t n)
{
    auto &map = shared_to_read<A>(n);
    expect<A>(A::view(map) == n, "a view is wrong");
    while (meter.next(round_length)) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < round_length; i++)
            sum += A::view(map);
        keep(sum);
    }
}

// ---- writes ----

// Measures passes over a map of the row's own: pass(map) does this many operations. Each pass also frees what it
// replaced, so the time includes that, and the bytes kept do not.
template <class A, class Pass> void shared_writes(Meter &meter, std::size_t n, std::size_t operations, Pass pass)
{
    auto map = shared_of<A>(n);
    while (meter.next(operations)) {
        pass(*map);
        A::settle();
    }
    expect<A>(A::view(*map) == n, "writes changed the size");
}

// Returns keys that are present, `each` at a time, and new values for them.
class Stores
{
  public:
    explicit Stores(std::size_t n) : keys_(hits<std::uint64_t>(n)) {}
    const std::uint64_t *keys(std::size_t each)
    {
        if (at_ + each > keys_.size())
            at_ = 0;
        at_ += each;
        return &keys_[at_ - each];
    }
    std::uint64_t value() { return value_++; }

  private:
    const SharedKeys &keys_;
    std::size_t at_ = 0;
    std::uint64_t value_ = std::uint64_t(1) << 48;
};

template <class A> void store_some(typename A::shared &map, Stores &stores, std::size_t count)
{
    for (std::size_t i = 0; i < count; i++)
        A::store(map, *stores.keys(1), stores.value());
}

template <class A> void shared_store(Meter &meter, std::size_t n)
{
    Stores stores(n);
    shared_writes<A>(meter, n, round_length, [&](auto &map) {
        store_some<A>(map, stores, round_length);
        expect<A>(A::load(map, stores.keys(1)[0]) != 0, "store loses a key");
    });
}

// Stores; takes a view after each hundred.
template <class A> void shared_view100(Meter &meter, std::size_t n)
{
    constexpr std::size_t each = 100, views = 160;
    Stores stores(n);
    shared_writes<A>(meter, n, each * views, [&](auto &map) {
        for (std::size_t i = 0; i < views; i++) {
            store_some<A>(map, stores, each);
            keep(A::view(map));
        }
    });
}

// Stores in batches of sixteen.
template <class A> void shared_apply16(Meter &meter, std::size_t n)
{
    constexpr std::size_t each = 16;
    Stores stores(n);
    shared_writes<A>(meter, n, round_length, [&](auto &map) {
        std::uint64_t values[each];
        for (std::size_t i = 0; i < round_length / each; i++) {
            for (auto &value : values)
                value = stores.value();
            A::apply(map, stores.keys(each), values, each);
        }
    });
}

// Stores another key and erases the oldest, two operations: of 2n keys, n are present.
template <class A> void shared_insert_delete(Meter &meter, std::size_t n)
{
    const auto &first = stock<std::uint64_t>(n), &second = misses<std::uint64_t>(n);
    auto key = [&](std::size_t number) { return number < n ? first[number] : second[number - n]; };
    std::size_t oldest = 0, next = n;
    shared_writes<A>(meter, n, round_length, [&](auto &map) {
        for (std::size_t i = 0; i < round_length / 2; i++) {
            A::store(map, key(next), i);
            A::erase(map, key(oldest));
            next = next + 1 == 2 * n ? 0 : next + 1;
            oldest = oldest + 1 == 2 * n ? 0 : oldest + 1;
        }
    });
}

// Exchanges a version that is ready for the current one, which the caller then has.
template <class A> void shared_exchange(Meter &meter, std::size_t n)
{
    shared_writes<A>(meter, n, kept_versions, [](auto &map) {
        typename A::version version = A::snapshot(map);
        for (std::size_t i = 0; i < kept_versions; i++)
            A::exchange(map, version);
    });
}

// ---- the rows of a peer ----

template <class A> class SharedAdder
{
  public:
    explicit SharedAdder(Rows &rows) : rows_(rows) {}

    SharedAdder &basics()
    {
        return add("load_hit", load_hit<A>)
            .add("load_miss", load_miss<A>)
            .add("store", shared_store<A>)
            .add("insert_delete", shared_insert_delete<A>)
            .add("snapshot", shared_snapshot<A>)
            .add("view100", shared_view100<A>);
    }
    SharedAdder &versions() { return add("acquire", shared_acquire<A>).add("exchange", shared_exchange<A>); }
    SharedAdder &batches() { return add("apply16", shared_apply16<A>); }
    SharedAdder &many() { return add("get_many", shared_load_many<A>); }

  private:
    SharedAdder &add(const char *name, void (*run)(Meter &, std::size_t))
    {
        rows_.push_back({name, "shared", A::name, run});
        return *this;
    }

    Rows &rows_;
};

} // namespace bench
#endif
