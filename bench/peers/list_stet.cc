// SPDX-License-Identifier: MIT
// stet's list, held by a C++ value.
#include <stet/list.h>
#include <utility>
#include "rows/list.h"

namespace bench
{

namespace
{

STET_LIST(u64_list, std::uint64_t, stet_u64)

class List
{
  public:
    List() = default;
    List(const List &other) : list(u64_list_copy(&other.list)) {}
    List(List &&other) noexcept : list(u64_list_move(&other.list)) {}
    List &operator=(List other) noexcept
    {
        u64_list_swap_handles(&list, &other.list);
        return *this;
    }
    ~List() { u64_list_drop(&list); }

    u64_list list = {};
};

inline void done(stet_result result)
{
    if (STET_UNLIKELY(result == STET_NO_MEMORY))
        std::abort();
}

struct StetList {
    static constexpr const char *name = "stet";
    using list = List;
    using editor = List;

    static std::uint64_t get(const list &l, std::size_t i) { return *u64_list_get(&l.list, i); }
    static std::uint64_t sum(const list &l)
    {
        std::uint64_t total = 0;
        for (std::size_t i = 0, n; const std::uint64_t *run = u64_list_chunk(&l.list, i, &n); i += n)
            for (std::size_t k = 0; k < n; k++)
                total += run[k];
        return total;
    }
    static std::uint64_t walk(const list &l)
    {
        std::uint64_t total = 0;
        for (u64_list_cursor it = u64_list_cursor_at(&l.list, 0); it.at != nullptr; u64_list_next(&it))
            total += *it.at;
        return total;
    }
    static list freeze(editor &&e) { return std::move(e); }
    static void push_back(editor &e, std::uint64_t value) { done(u64_list_push_back(&e.list, value)); }
    static void push_front(editor &e, std::uint64_t value) { done(u64_list_push_front(&e.list, value)); }
    static void pop_back(editor &e) { done(u64_list_pop_back(&e.list, nullptr)); }
    static void pop_front(editor &e) { done(u64_list_pop_front(&e.list, nullptr)); }
    static void set(editor &e, std::size_t i, std::uint64_t value) { done(u64_list_set(&e.list, i, value)); }
    static void insert(editor &e, std::size_t i, std::uint64_t value) { done(u64_list_insert_at(&e.list, i, value)); }
    static void erase(editor &e, std::size_t i) { done(u64_list_pop_at(&e.list, i, nullptr)); }

    static list with(const list &l, std::size_t i, std::uint64_t value)
    {
        list made(l);
        set(made, i, value);
        return made;
    }
    static list with_back(const list &l, std::uint64_t value)
    {
        list made(l);
        push_back(made, value);
        return made;
    }
    static list with_front(const list &l, std::uint64_t value)
    {
        list made(l);
        push_front(made, value);
        return made;
    }
    static list with_inserted(const list &l, std::size_t i, std::uint64_t value)
    {
        list made(l);
        insert(made, i, value);
        return made;
    }
    static list without(const list &l, std::size_t i)
    {
        list made(l);
        erase(made, i);
        return made;
    }
    static list concat(const list &a, const list &b)
    {
        list made(a);
        done(u64_list_append(&made.list, &b.list));
        return made;
    }
    static list slice(const list &l, std::size_t from, std::size_t to)
    {
        list made;
        done(u64_list_slice(&l.list, from, to, &made.list));
        return made;
    }
};

} // namespace

void add_stet_list(Rows &rows)
{
    ListAdder<StetList>(rows).basics().deque().middle().versions().front_versions().middle_versions().joins();
}

} // namespace bench
