// SPDX-License-Identifier: MIT
// The rows that only sorted maps and sets have, and their keys. The other rows are the loops of map.h, over the same
// adapters. For the groups of rows that the peer takes part in, an adapter A also has
//   walk(map, probe, n)                      the sum of n values from this key on
//   with_prefix(map, string_view)            the sum of the values of the keys that begin so
//   append(editor, key, value)  from_sorted(keys, values, n) -> map       keys that ascend
//   rank(map, probe)  at(map, i)             the number of keys before one; the value of the i-th entry
//   split(map, probe) -> pair of maps        versions
//   split_join(editor, probe)                in place
//   erase_range(editor, from, to)            in place; a copy in O(1) where there are versions
#ifndef BENCH_SORTED_ROWS_H
#define BENCH_SORTED_ROWS_H

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>
#include "rows/map.h"

namespace bench
{

// ---- keys ----

// Returns a different number for each below 2^31, and others for absent keys.
inline std::uint32_t scatter32(std::uint64_t number)
{
    std::uint32_t z = static_cast<std::uint32_t>(number) << 1 | (number >= absent); // murmur3's finish
    z = (z ^ (z >> 16)) * 0x85EBCA6Bu;
    z = (z ^ (z >> 13)) * 0xC2B2AE35u;
    return z ^ (z >> 16);
}

template <class... Numbers> std::string_view print(const char *format, Numbers... numbers)
{
    char text[80];
    auto length = static_cast<std::size_t>(std::snprintf(text, sizeof text, format, numbers...));
    char *room = text_room(length);
    return {static_cast<const char *>(std::memcpy(room, text, length)), length};
}

// Texts of three kinds: of eight bytes; with a common prefix; and the worst case for a comparison by words: each
// sixteenth of the keys has its first forty bytes in common.
struct Hex {
    static constexpr const char *kind = "sorted-hex";
    std::string_view operator()(std::uint64_t number) const { return print("%08x", scatter32(number)); }
};
struct User {
    static constexpr const char *kind = "sorted-user";
    std::string_view operator()(std::uint64_t number) const { return print("user:profile:%010u", scatter32(number)); }
};
struct Tie {
    static constexpr const char *kind = "sorted-tie";
    std::string_view operator()(std::uint64_t number) const
    {
        std::uint32_t z = scatter32(number);
        return print("%x:the_same_in_forty_bytes_of_each_of_them:%08x", z & 15, z);
    }
};
template <> struct Make<Hex> : Hex {
};
template <> struct Make<User> : User {
};
template <> struct Make<Tie> : Tie {
};

// A text of the kind Form, held by a T.
template <class T, class Form> struct As : T {
    using form = Form;
    explicit As(std::string_view text) : T(text) {}
};

// A struct that is ordered only by its comparison function.
struct Place {
    using form = Place;
    std::uint32_t shelf;
    std::uint64_t book;
};
inline bool operator<(const Place &a, const Place &b)
{
    return a.shelf != b.shelf ? a.shelf < b.shelf : a.book < b.book;
}
template <> struct Make<Place> {
    Place operator()(std::uint64_t number) const
    {
        std::uint64_t book = scatter(number);
        return {static_cast<std::uint32_t>(book % 1024), book};
    }
};

// Returns the numbers of the stock's keys, with each n of them in the order of their keys.
template <class Form> const std::vector<std::uint32_t> &ascending_numbers(std::size_t n)
{
    return cached(n, [&] {
        using Key = decltype(Make<Form>()(0));
        std::vector<std::uint32_t> numbers;
        std::vector<std::pair<Key, std::uint32_t>> some;
        for (std::size_t from = 0; from < n * collections(n); from += n) {
            some.clear();
            for (std::size_t i = from; i < from + n; i++)
                some.emplace_back(Make<Form>()(i), static_cast<std::uint32_t>(i));
            std::sort(some.begin(), some.end());
            for (const auto &[key, number] : some)
                numbers.push_back(number);
        }
        return numbers;
    });
}

// Returns the stock's keys, with each n of them in ascending order.
template <class K> const std::vector<K> &ascending(std::size_t n)
{
    return cached(n, [&] {
        const auto &numbers = ascending_numbers<typename FormOf<K>::type>(n);
        return make_keys<K>(numbers.size(), [&](std::size_t i) { return numbers[i]; });
    });
}

// ---- reads ----

// Searches a key, and reads `count` entries from there on.
template <class A, std::size_t count> void seek(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &probes = hits<typename A::probe>(n);
    while (meter.next(probes.size())) {
        std::uint64_t sum = 0;
        for (const auto &probe : probes)
            sum += A::walk(map, probe, count);
        keep(sum);
    }
}

// Sums the values of the keys that begin like a key, its last four bytes apart.
template <class A> void prefix(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &probes = hits<typename A::probe>(n);
    while (meter.next(probes.size())) {
        std::uint64_t sum = 0;
        for (const auto &probe : probes)
            sum += A::with_prefix(map, typename A::probe(probe.substr(0, probe.size() - 4)));
        keep(sum);
    }
}

template <class A> void rank(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &probes = hits<typename A::probe>(n);
    expect<A>(A::rank(map, ascending<typename A::probe>(n)[n - 1]) == n - 1, "rank is wrong");
    while (meter.next(probes.size())) {
        std::uint64_t sum = 0;
        for (const auto &probe : probes)
            sum += A::rank(map, probe);
        keep(sum);
    }
}

template <class A> void cursor_at(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &ranks = cached(n, [&] { return random_order(n, access_length(n)); });
    while (meter.next(ranks.size())) {
        std::uint64_t sum = 0;
        for (std::uint32_t i : ranks)
            sum += A::at(map, i);
        keep(sum);
    }
}

// Sums the values of a random range, of a third of all entries on average.
template <class A> void range_sum(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &keys = ascending<typename A::key>(n);
    const auto &ranks = cached(n, [&] { return random_order(n, access_length(n)); });
    expect<A>(A::range_sum(map, keys[0], keys[n - 1]) == A::sum(map) - A::at(map, n - 1), "range_sum is wrong");
    while (meter.next(ranks.size() - 1)) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i + 1 < ranks.size(); i++)
            sum += A::range_sum(map, keys[std::min(ranks[i], ranks[i + 1])], keys[std::max(ranks[i], ranks[i + 1])]);
        keep(sum);
    }
}

// Replaces a value in place, then sums the values of a random range.
template <class A> void update_sum(Meter &meter, std::size_t n)
{
    auto &editor = cached(n, [&] { return filled<A>(stock<typename A::key>(n).data(), n); });
    const auto &keys = ascending<typename A::key>(n);
    const auto &ranks = cached(n, [&] { return random_order(n, access_length(n)); });
    Edits<typename A::key> edits(hits<typename A::key>(n));
    std::uint64_t value = 0;
    while (meter.next(ranks.size() - 1)) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i + 1 < ranks.size(); i++) {
            A::put(editor, edits.key(), ++value);
            sum += A::range_sum(editor, keys[std::min(ranks[i], ranks[i + 1])], keys[std::max(ranks[i], ranks[i + 1])]);
        }
        keep(sum);
    }
}

// ---- collections made of keys that ascend ----

template <class A> void build_ascending(Meter &meter, std::size_t n)
{
    makes<typename A::editor>(meter, ascending<typename A::key>(n), n, [n](auto *keys) { return filled<A>(keys, n); });
}

// The same by append(), where the caller guarantees the order.
template <class A> void build_append(Meter &meter, std::size_t n)
{
    makes<typename A::editor>(meter, ascending<typename A::key>(n), n, [n](auto *keys) {
        typename A::editor editor;
        for (std::size_t i = 0; i < n; i++)
            A::append(editor, keys[i], i);
        return editor;
    });
}

template <class A> void build_sorted(Meter &meter, std::size_t n)
{
    const auto values = numbers_below(n);
    makes<typename A::map>(meter, ascending<typename A::key>(n), n,
                           [&](auto *keys) { return A::from_sorted(keys, values.data(), n); });
}

// Fills empty collections, with a version for each insertion.
template <class A> void build_versions(Meter &meter, std::size_t n)
{
    makes<typename A::map>(meter, stock<typename A::key>(n), n, [n](auto *keys) {
        typename A::map map;
        for (std::size_t i = 0; i < n; i++)
            map = A::with(map, keys[i], i);
        return map;
    });
}

template <class A> void erase_half(Meter &meter, std::size_t n) { erases<A>(meter, n, n / 2); }

// ---- ranges ----

// Returns a collection of the entries of these ranks.
template <class A> typename A::map of_ranks(std::size_t n, std::size_t from, std::size_t to)
{
    typename A::editor editor;
    for (std::size_t i = from; i < to; i++)
        A::put(editor, ascending<typename A::key>(n)[i], i);
    return A::freeze(std::move(editor));
}

// Returns how many results are made in one pass: fewer where each is a whole copy.
template <class A, bool versions> std::size_t results(std::size_t n)
{
    return versions ? pairs : std::min(pairs, collections(n));
}

// Unites two collections. One has the lower half of n keys and the other the upper half; or one has the lower five
// eighths, the other the upper five.
template <class A, bool versions> void unions(Meter &meter, std::size_t n, std::size_t first_end, std::size_t from)
{
    const auto left = of_ranks<A>(n, 0, first_end), right = of_ranks<A>(n, from, n);
    const std::size_t count = results<A, versions>(n);
    Versions<typename A::map> united(count);
    while (meter.next(count)) {
        meter.stop();
        united.clear();
        meter.start();
        for (std::size_t i = 0; i < count; i++)
            united.add([&] { return A::unite(left, right); });
    }
}

template <class A, bool versions> void union_disjoint(Meter &meter, std::size_t n)
{
    unions<A, versions>(meter, n, n / 2, n / 2);
}
template <class A, bool versions> void union_overlap(Meter &meter, std::size_t n)
{
    unions<A, versions>(meter, n, n - n * 3 / 8, n * 3 / 8);
}

// Erases a tenth of a collection of which another version exists.
template <class A, bool versions> void erase_range(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    const auto &keys = ascending<typename A::probe>(n);
    const std::size_t count = results<A, versions>(n);
    Versions<typename A::editor> made(count);
    while (meter.next(count)) {
        meter.stop();
        made.clear();
        for (std::size_t i = 0; i < count; i++)
            made.add([&]() -> typename A::editor { return map; });
        meter.start();
        for (std::size_t i = 0; i < count; i++) {
            std::size_t from = (n - n / 10) * i / count;
            A::erase_range(made[i], keys[from], keys[from + n / 10]);
        }
    }
}

template <class A> void split_join(Meter &meter, std::size_t n)
{
    auto &editor = cached(n, [&] { return filled<A>(stock<typename A::key>(n).data(), n); });
    Edits<typename A::key> edits(hits<typename A::key>(n));
    while (meter.next(1024))
        for (std::size_t i = 0; i < 1024; i++)
            A::split_join(editor, edits.key());
}

template <class A> void split(Meter &meter, std::size_t n)
{
    const auto &map = collection<A>(n);
    Edits<typename A::key> edits(hits<typename A::key>(n));
    Versions<std::pair<typename A::map, typename A::map>> made(pairs);
    while (meter.next(pairs)) {
        meter.stop();
        made.clear();
        meter.start();
        for (std::size_t i = 0; i < pairs; i++)
            made.add([&] { return A::split(map, edits.key()); });
    }
}

// ---- the rows of a peer ----

// Adds groups to those of map.h, which return an Adder.
template <class A> class SortedAdder : public Adder<A>
{
  public:
    using Adder<A>::Adder;

    SortedAdder &seeks() { return add("seek20", seek<A, 20>); }
    SortedAdder &order() // rows of all peers but LMDB
    {
        return seeks().add("build_ascending", build_ascending<A>).add("erase_half", erase_half<A>);
    }
    SortedAdder &sorted_build() { return add("build_sorted", build_sorted<A>).add("build_append", build_append<A>); }
    SortedAdder &ranks() { return add("rank", rank<A>).add("cursor_at", cursor_at<A>); }
    SortedAdder &prefixes() { return add("prefix", prefix<A>); } // of strings
    SortedAdder &sums() { return add("range_sum", range_sum<A>).add("update_sum", update_sum<A>); }
    template <bool versions> SortedAdder &unions()
    {
        return add("union_disjoint", union_disjoint<A, versions>).add("union_overlap", union_overlap<A, versions>);
    }
    template <bool versions> SortedAdder &ranges() { return add("erase_range", erase_range<A, versions>); }
    SortedAdder &splits() { return add("split_join", split_join<A>).add("split", split<A>); }
    SortedAdder &more_versions() { return add("diff1", diff<A, 1>).add("build_versions", build_versions<A>); }
    // The rows of a map with versions whose keys are strings or structs.
    SortedAdder &persistent()
    {
        this->reads().iteration().edits().versions();
        add("with_update", with_update<A>).add("release", release<A>).add("history", history<A>);
        return order().more_versions();
    }

  private:
    SortedAdder &add(const char *name, void (*run)(Meter &, std::size_t))
    {
        Adder<A>::add(name, run);
        return *this;
    }
};

} // namespace bench
#endif
