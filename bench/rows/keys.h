// SPDX-License-Identifier: MIT
// The keys and the order in which they are used: pseudo-random, and the same for every peer and every run.
#ifndef BENCH_KEYS_H
#define BENCH_KEYS_H

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

namespace bench
{

// Returns a different key for each number (splitmix64's finish).
inline std::uint64_t scatter(std::uint64_t z)
{
    z += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

// Keys have numbers: those in a collection begin at 0, those that are not in it at `absent`.
constexpr std::uint64_t absent = std::uint64_t(1) << 40;

// Rounds are at least this long: the clock costs about a microsecond, and no predictor learns 16,384 random steps.
constexpr std::size_t round_length = 16384;

// Returns how many collections of n elements a row fills in one round.
inline std::size_t collections(std::size_t n) { return std::max<std::size_t>(1, round_length / n); }

// Makes a key of kind K from its number.
template <class K> struct Make;

template <> struct Make<std::uint64_t> {
    std::uint64_t operator()(std::uint64_t number) const { return scatter(number); }
};

// Returns room for a text. Texts lie in memory in the order in which they are made, so that reading the probes costs
// all peers the same.
inline char *text_room(std::size_t length)
{
    static std::deque<std::unique_ptr<char[]>> blocks;
    static std::size_t left = 0;
    static char *end = nullptr;
    constexpr std::size_t block = 1 << 20;
    if (left < length) {
        blocks.push_back(std::make_unique<char[]>(block));
        left = block;
        end = blocks.back().get() + block;
    }
    char *room = end - left;
    left -= length;
    return room;
}

// Makes a text of 16 to 24 bytes.
template <> struct Make<std::string_view> {
    std::string_view operator()(std::uint64_t number) const
    {
        std::uint64_t bits = scatter(number), more = scatter(bits);
        std::size_t length = 16 + more % 9;
        char *at = text_room(length);
        for (std::size_t i = 0; i < length; i++)
            at[i] = i < 16 ? "0123456789abcdef"[bits >> (4 * i) & 15] : static_cast<char>('g' + (more >> (2 * i) & 15));
        return {at, length};
    }
};

// Returns 0 .. n-1 in one pseudo-random order after another, `length` numbers in all.
inline std::vector<std::uint32_t> random_order(std::size_t n, std::size_t length)
{
    std::vector<std::uint32_t> order(length);
    std::uint64_t state = n;
    for (std::size_t pass = 0; pass < length; pass += n) {
        std::size_t count = std::min(n, length - pass);
        std::vector<std::uint32_t> shuffled(n);
        for (std::size_t i = 0; i < n; i++) {
            std::size_t j = scatter(state++) % (i + 1);
            shuffled[i] = shuffled[j];
            shuffled[j] = static_cast<std::uint32_t>(i);
        }
        std::copy_n(shuffled.begin(), count, order.begin() + static_cast<std::ptrdiff_t>(pass));
    }
    return order;
}

// Returns the result of make(), which is called once for each n (and each Maker) and kept to the end of the process.
template <class Maker> auto &cached(std::size_t n, Maker make)
{
    static std::map<std::size_t, decltype(make())> kept;
    auto found = kept.find(n);
    if (found == kept.end())
        found = kept.emplace(n, make()).first;
    return found->second;
}

// The kind of key that Make<> makes for a peer's key type K: K::form if that exists; else a text or a number.
template <class K, class = void> struct FormOf {
    using type = std::conditional_t<std::is_constructible_v<K, std::string_view>, std::string_view, std::uint64_t>;
};
template <class K> struct FormOf<K, std::void_t<typename K::form>> {
    using type = typename K::form;
};

// Makes `count` keys of type K from their numbers.
template <class K, class Number> std::vector<K> make_keys(std::size_t count, Number number)
{
    std::vector<K> keys;
    keys.reserve(count);
    for (std::size_t i = 0; i < count; i++)
        keys.emplace_back(Make<typename FormOf<K>::type>()(number(i)));
    return keys;
}

// Returns keys in the order in which collections are filled: enough for collections(n) of them, all different. The
// first n make *the* collection of n, which reads and persistent updates use.
template <class K> const std::vector<K> &stock(std::size_t n)
{
    return cached(n, [&] { return make_keys<K>(n * collections(n), [](std::size_t i) { return i; }); });
}

inline std::size_t access_length(std::size_t n) { return std::max(n, round_length); }

// Returns all keys of the collection in random order, repeated for at least one round.
template <class K> const std::vector<K> &hits(std::size_t n)
{
    return cached(n, [&] {
        auto order = random_order(n, access_length(n));
        return make_keys<K>(order.size(), [&](std::size_t i) { return order[i]; });
    });
}

// Returns keys that are not in the collection.
template <class K> const std::vector<K> &misses(std::size_t n)
{
    return cached(n, [&] { return make_keys<K>(access_length(n), [](std::size_t i) { return absent + i; }); });
}

} // namespace bench
#endif
