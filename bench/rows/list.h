// SPDX-License-Identifier: MIT
// The rows of lists of u64. Each loop is written once, for all peers, over an adapter.
//
// An adapter A names a peer and defines how the peer does each operation:
//   A::name      the peer, as the tables call it
//   A::list      a C++ value: a version of the list, or the list where there are no versions
//   A::editor    the object edited in place: immer's transient; elsewhere the list itself
//   get(list, i)   sum(list): by runs   walk(list): the sum by an iterator
//   push_back(editor, value)  freeze(editor &&) -> list  edit(list) -> editor, a copy in O(1) where there are versions
// and, for the groups of rows that the peer takes part in,
//   push_front(editor, value)  pop_back(editor)  pop_front(editor)          deque
//   set(editor, i, value)                                                   in place
//   insert(editor, i, value)  erase(editor, i)                              in place, in the middle
//   with(list, i, value)  with_back(list, value)  with_front(list, value)   versions
//   with_inserted(list, i, value)  without(list, i)                         versions, in the middle
//   concat(a, b)  slice(list, from, to)                                     versions
//
// Regular lists were filled from the back; relaxed ones are concatenations of uneven pieces, with some insertions.
#ifndef BENCH_LIST_ROWS_H
#define BENCH_LIST_ROWS_H

#include "rows/rows.h"

namespace bench
{

template <class A> typename A::editor filled_list(std::size_t n)
{
    typename A::editor editor;
    for (std::size_t i = 0; i < n; i++)
        A::push_back(editor, i);
    return editor;
}

template <class A> const typename A::list &regular_list(std::size_t n)
{
    return cached(n, [&] { return A::freeze(filled_list<A>(n)); });
}

template <class A> const typename A::list &relaxed_list(std::size_t n)
{
    return cached(n, [&] {
        typename A::list list;
        for (std::size_t size = 0, piece; size < n; size += piece) {
            piece = std::min<std::size_t>(n - size, 1 + scatter(size) % (n / 4 + 1));
            typename A::editor editor;
            for (std::size_t i = 0; i < piece; i++)
                A::push_back(editor, size + i);
            list = A::concat(list, A::freeze(std::move(editor)));
        }
        return list;
    });
}

// Returns random indices below `bound`.
inline const std::vector<std::uint32_t> &indices(std::size_t bound)
{
    return cached(bound, [&] {
        std::vector<std::uint32_t> some(access_length(bound));
        for (std::size_t i = 0; i < some.size(); i++)
            some[i] = static_cast<std::uint32_t>(scatter(i) % bound);
        return some;
    });
}

class Places // repeats its indices endlessly
{
  public:
    explicit Places(std::size_t bound) : places_(indices(bound)) {}
    std::size_t next()
    {
        if (at_ == places_.size())
            at_ = 0;
        return places_[at_++];
    }

  private:
    const std::vector<std::uint32_t> &places_;
    std::size_t at_ = 0;
};

// ---- reads ----

template <class A> void reads(Meter &meter, const typename A::list &list, std::size_t n, bool dependent)
{
    const auto &places = indices(n);
    expect<A>(A::get(list, n / 2) == n / 2, "get is wrong");
    while (meter.next(places.size())) {
        std::uint64_t last = 0, sum = 0;
        if (dependent)
            for (std::uint32_t i : places) // the next index depends on this element
                last = A::get(list, i ^ (last >> 40));
        else
            for (std::uint32_t i : places)
                sum += A::get(list, i);
        keep(std::uint64_t(last + sum));
    }
}

template <class A> void list_get(Meter &meter, std::size_t n) { reads<A>(meter, regular_list<A>(n), n, false); }
template <class A> void list_get_dependent(Meter &meter, std::size_t n)
{
    reads<A>(meter, regular_list<A>(n), n, true);
}
template <class A> void list_get_relaxed(Meter &meter, std::size_t n) { reads<A>(meter, relaxed_list<A>(n), n, false); }
template <class A> void list_get_relaxed_dependent(Meter &meter, std::size_t n)
{
    reads<A>(meter, relaxed_list<A>(n), n, true);
}

template <class A, class Walk> void walks(Meter &meter, const typename A::list &list, std::size_t n, Walk walk)
{
    std::size_t times = collections(n);
    expect<A>(walk(list) == n * (n - 1) / 2, "a walk is wrong");
    while (meter.next(n * times))
        for (std::size_t i = 0; i < times; i++)
            keep(std::uint64_t(walk(list)));
}

template <class A> void list_runs(Meter &meter, std::size_t n) { walks<A>(meter, regular_list<A>(n), n, A::sum); }
template <class A> void list_runs_relaxed(Meter &meter, std::size_t n)
{
    walks<A>(meter, relaxed_list<A>(n), n, A::sum);
}
template <class A> void list_iterate(Meter &meter, std::size_t n) { walks<A>(meter, regular_list<A>(n), n, A::walk); }

// ---- in place ----

template <class A, class Push> void fills(Meter &meter, std::size_t n, Push push)
{
    std::size_t times = collections(n);
    Versions<typename A::editor> made(times);
    while (meter.next(n * times)) {
        for (std::size_t i = 0; i < times; i++) {
            typename A::editor &editor = made.add([] { return typename A::editor(); });
            for (std::size_t k = 0; k < n; k++)
                push(editor, k);
        }
        meter.stop();
        made.clear();
        meter.start();
    }
}

template <class A> void list_push_back(Meter &meter, std::size_t n) { fills<A>(meter, n, A::push_back); }
template <class A> void list_push_front(Meter &meter, std::size_t n) { fills<A>(meter, n, A::push_front); }

// A queue of n elements: pushes one at the back, and pops one at the front.
template <class A> void list_queue(Meter &meter, std::size_t n)
{
    auto editor = filled_list<A>(n);
    while (meter.next(round_length))
        for (std::size_t i = 0; i < round_length; i++) {
            A::push_back(editor, i);
            A::pop_front(editor);
        }
}

// A stack of n elements: pushes and pops in random order.
template <class A> void list_stack(Meter &meter, std::size_t n)
{
    auto editor = filled_list<A>(n);
    while (meter.next(round_length))
        for (std::size_t i = 0, depth = 0; i < round_length; i++) {
            if (depth == 0 || scatter(i) % 2 == 0) {
                A::push_back(editor, i);
                depth++;
            } else {
                A::pop_back(editor);
                depth--;
            }
        }
}

template <class A> void list_set(Meter &meter, std::size_t n)
{
    auto editor = filled_list<A>(n);
    Places places(n);
    std::uint64_t value = n;
    while (meter.next(round_length))
        for (std::size_t i = 0; i < round_length; i++)
            A::set(editor, places.next(), value++);
}

template <class A> void list_insert_erase(Meter &meter, std::size_t n)
{
    auto editor = filled_list<A>(n);
    Places places(n);
    while (meter.next(1024)) // an insertion and an erasure are two operations
        for (std::size_t i = 0; i < 512; i++) {
            A::insert(editor, places.next(), i);
            A::erase(editor, places.next());
        }
}

// ---- versions ----

// Makes versions of one list, each with one change; their release is not measured.
template <class A, class Change> void versions_of(Meter &meter, const typename A::list &list, Change change)
{
    Versions<typename A::list> made(kept_versions);
    while (meter.next(kept_versions)) {
        for (std::size_t i = 0; i < kept_versions; i++)
            made.add([&] { return change(list); });
        meter.stop();
        made.clear();
        meter.start();
    }
}

template <class A> void list_with(Meter &meter, std::size_t n)
{
    Places places(n);
    std::uint64_t value = n;
    versions_of<A>(meter, regular_list<A>(n), [&](const auto &list) { return A::with(list, places.next(), value++); });
}

template <class A> void list_with_back(Meter &meter, std::size_t n)
{
    std::uint64_t value = n;
    versions_of<A>(meter, regular_list<A>(n), [&](const auto &list) { return A::with_back(list, value++); });
}

template <class A> void list_with_inserted(Meter &meter, std::size_t n)
{
    Places places(n);
    versions_of<A>(meter, regular_list<A>(n),
                   [&](const auto &list) { return A::with_inserted(list, places.next(), 1); });
}

template <class A> void list_without(Meter &meter, std::size_t n)
{
    Places places(n);
    versions_of<A>(meter, regular_list<A>(n), [&](const auto &list) { return A::without(list, places.next()); });
}

template <class A> void list_concat(Meter &meter, std::size_t n)
{
    const auto &list = regular_list<A>(n);
    versions_of<A>(meter, list, [&](const auto &other) { return A::concat(list, other); });
}

template <class A> void list_concat_relaxed(Meter &meter, std::size_t n)
{
    const auto &list = relaxed_list<A>(n);
    versions_of<A>(meter, list, [&](const auto &other) { return A::concat(list, other); });
}

template <class A> void list_slice(Meter &meter, std::size_t n)
{
    Places places(n / 2 + 1);
    versions_of<A>(meter, regular_list<A>(n), [&](const auto &list) {
        std::size_t from = places.next();
        return A::slice(list, from, from + n / 2);
    });
}

// Releases versions that change() made of one list; making them is not measured.
template <class A, class Change> void releases(Meter &meter, const typename A::list &list, Change change)
{
    Versions<typename A::list> made(kept_versions);
    while (meter.next(kept_versions)) {
        meter.stop();
        for (std::size_t i = 0; i < kept_versions; i++)
            made.add([&] { return change(list); });
        meter.start();
        made.clear();
    }
}

template <class A> void list_release(Meter &meter, std::size_t n)
{
    Places places(n);
    std::uint64_t value = n;
    releases<A>(meter, regular_list<A>(n), [&](const auto &list) { return A::with(list, places.next(), value++); });
}

template <class A> void list_slice_release(Meter &meter, std::size_t n)
{
    Places places(n / 2 + 1);
    releases<A>(meter, regular_list<A>(n), [&](const auto &list) {
        std::size_t from = places.next();
        return A::slice(list, from, from + n / 2);
    });
}

// Makes each version from the last, and keeps the newest 64.
template <class A, class Change> void chain_of(Meter &meter, std::size_t n, Change change)
{
    constexpr std::size_t window = 64;
    std::vector<typename A::list> ring(window, regular_list<A>(n));
    std::size_t newest = 0, made = 0;
    while (meter.next(1024)) {
        for (std::size_t i = 0; i < 1024; i++) {
            std::size_t oldest = newest + 1 == window ? 0 : newest + 1;
            ring[oldest] = change(ring[newest]);
            newest = oldest;
        }
        made += 1024;
        if (made >= 4 * n && made >= 65536) { // for lists that grow: begins again with the first list
            meter.stop();
            ring.assign(window, regular_list<A>(n));
            made = 0;
            meter.start();
        }
    }
}

template <class A> void list_chain_set(Meter &meter, std::size_t n)
{
    Places places(n);
    std::uint64_t value = n;
    chain_of<A>(meter, n, [&](const auto &list) { return A::with(list, places.next(), value++); });
}

template <class A> void list_chain_back(Meter &meter, std::size_t n)
{
    std::uint64_t value = n;
    chain_of<A>(meter, n, [&](const auto &list) { return A::with_back(list, value++); });
}

template <class A> void list_chain_front(Meter &meter, std::size_t n)
{
    std::uint64_t value = n;
    chain_of<A>(meter, n, [&](const auto &list) { return A::with_front(list, value++); });
}

// ---- the rows of a peer ----

template <class A> class ListAdder
{
  public:
    explicit ListAdder(Rows &rows) : rows_(rows) {}

    ListAdder &basics()
    {
        return add("get", list_get<A>)
            .add("get_dependent", list_get_dependent<A>)
            .add("runs", list_runs<A>)
            .add("iterate", list_iterate<A>)
            .add("push_back", list_push_back<A>)
            .add("set", list_set<A>)
            .add("stack", list_stack<A>);
    }
    ListAdder &deque() { return add("push_front", list_push_front<A>).add("queue", list_queue<A>); }
    ListAdder &middle() { return add("insert_erase", list_insert_erase<A>); }
    ListAdder &versions()
    {
        return add("with", list_with<A>)
            .add("with_back", list_with_back<A>)
            .add("release", list_release<A>)
            .add("chain_set", list_chain_set<A>)
            .add("chain_back", list_chain_back<A>);
    }
    ListAdder &front_versions() { return add("chain_front", list_chain_front<A>); }
    ListAdder &middle_versions() { return add("with_inserted", list_with_inserted<A>).add("without", list_without<A>); }
    ListAdder &joins()
    {
        return add("concat", list_concat<A>)
            .add("concat_relaxed", list_concat_relaxed<A>)
            .add("get_relaxed", list_get_relaxed<A>)
            .add("get_relaxed_dependent", list_get_relaxed_dependent<A>)
            .add("runs_relaxed", list_runs_relaxed<A>)
            .add("slice", list_slice<A>)
            .add("slice_release", list_slice_release<A>);
    }

  private:
    ListAdder &add(const char *name, void (*run)(Meter &, std::size_t))
    {
        rows_.push_back({name, "list", A::name, run});
        return *this;
    }

    Rows &rows_;
};

} // namespace bench
#endif
