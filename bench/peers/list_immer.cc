// SPDX-License-Identifier: MIT
// immer::flex_vector, and immer::vector where it can do the same, with immer's default memory policy.
#ifndef NDEBUG
#    error "immer checks itself unless NDEBUG is defined; its figures would not be fair"
#endif
#include <immer/algorithm.hpp>
#include <immer/flex_vector.hpp>
#include <immer/flex_vector_transient.hpp>
#include <immer/vector.hpp>
#include <immer/vector_transient.hpp>
#include <utility>
#include "rows/list.h"

namespace bench
{

namespace
{

template <class L> struct ImmerList {
    using list = L;
    using editor = typename L::transient_type;

    static std::uint64_t get(const list &l, std::size_t i) { return l[i]; }
    static std::uint64_t sum(const list &l)
    {
        std::uint64_t total = 0;
        immer::for_each_chunk(l, [&](const std::uint64_t *first, const std::uint64_t *last) {
            for (; first != last; ++first)
                total += *first;
        });
        return total;
    }
    static std::uint64_t walk(const list &l)
    {
        std::uint64_t total = 0;
        for (auto it = l.begin(), end = l.end(); it != end; ++it)
            total += *it;
        return total;
    }
    static list freeze(editor &&e) { return std::move(e).persistent(); }
    static void push_back(editor &e, std::uint64_t value) { e.push_back(value); }
    static void set(editor &e, std::size_t i, std::uint64_t value) { e.set(i, value); }
    static void pop_back(editor &e) { e.take(e.size() - 1); }
    static list with(const list &l, std::size_t i, std::uint64_t value) { return l.set(i, value); }
    static list with_back(const list &l, std::uint64_t value) { return l.push_back(value); }
};

struct Flex : ImmerList<immer::flex_vector<std::uint64_t>> {
    static constexpr const char *name = "immer";
    static void pop_front(editor &e) { e.drop(1); }
    static void push_front(editor &e, std::uint64_t value)
    {
        auto one = list{value}.transient();
        one.append(e);
        e = std::move(one);
    }
    static void insert(editor &e, std::size_t i, std::uint64_t value)
    {
        auto l = std::move(e).persistent();
        e = std::move(l).insert(i, value).transient();
    }
    static void erase(editor &e, std::size_t i)
    {
        auto l = std::move(e).persistent();
        e = std::move(l).erase(i).transient();
    }
    static list with_front(const list &l, std::uint64_t value) { return l.push_front(value); }
    static list with_inserted(const list &l, std::size_t i, std::uint64_t value) { return l.insert(i, value); }
    static list without(const list &l, std::size_t i) { return l.erase(i); }
    static list concat(const list &a, const list &b) { return a + b; }
    static list slice(const list &l, std::size_t from, std::size_t to) { return l.take(to).drop(from); }
};

struct Vector : ImmerList<immer::vector<std::uint64_t>> {
    static constexpr const char *name = "immer-vector";
};

} // namespace

void add_immer_list(Rows &rows)
{
    ListAdder<Flex>(rows).basics().deque().middle().versions().front_versions().middle_versions().joins();
    ListAdder<Vector>(rows).basics().versions();
}

} // namespace bench
