// SPDX-License-Identifier: MIT
// std::vector and std::deque: what is edited in place and has no versions.
#include <deque>
#include <numeric>
#include <utility>
#include <vector>
#include "rows/list.h"

namespace bench
{

namespace
{

template <class C> struct StdList {
    using list = C;
    using editor = C;

    static std::uint64_t get(const list &l, std::size_t i) { return l[i]; }
    static std::uint64_t sum(const list &l) { return std::accumulate(l.begin(), l.end(), std::uint64_t(0)); }
    static std::uint64_t walk(const list &l) { return sum(l); }
    static list freeze(editor &&e) { return std::move(e); }
    static void push_back(editor &e, std::uint64_t value) { e.push_back(value); }
    static void push_front(editor &e, std::uint64_t value) { e.push_front(value); }
    static void pop_back(editor &e) { e.pop_back(); }
    static void pop_front(editor &e) { e.pop_front(); }
    static void set(editor &e, std::size_t i, std::uint64_t value) { e[i] = value; }
    static void insert(editor &e, std::size_t i, std::uint64_t value) { e.insert(at(e, i), value); }
    static void erase(editor &e, std::size_t i) { e.erase(at(e, i)); }
    static auto at(editor &e, std::size_t i) { return e.begin() + static_cast<std::ptrdiff_t>(i); }
};

struct Vector : StdList<std::vector<std::uint64_t>> {
    static constexpr const char *name = "std";
};
struct Deque : StdList<std::deque<std::uint64_t>> {
    static constexpr const char *name = "deque";
};

} // namespace

void add_std_list(Rows &rows)
{
    ListAdder<Vector>(rows).basics().middle();
    ListAdder<Deque>(rows).basics().deque().middle();
}

} // namespace bench
