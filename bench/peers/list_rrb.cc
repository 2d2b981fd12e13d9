// SPDX-License-Identifier: MIT
// c-rrb: relaxed radix balanced trees under the Boehm collector. Its elements are pointers: here the numbers
// themselves. The collector does not look into C++ objects, so a version is a number of a slot that it does look at.
#include <cstddef>
#include <utility>
#include <vector>
#include <gc/gc.h>
extern "C" {
#define restrict __restrict__
#include <rrb.h>
#undef restrict
}
#include "rows/list.h"

namespace bench
{

namespace
{

const void **slots;
std::vector<std::uint32_t> free_slots;

std::uint32_t slot_of(const void *tree)
{
    constexpr std::uint32_t count = 1u << 17;
    if (!slots) {
        GC_INIT();
        slots = static_cast<const void **>(GC_MALLOC_UNCOLLECTABLE(count * sizeof *slots));
        for (std::uint32_t i = count; i-- > 0;)
            free_slots.push_back(i);
    }
    std::uint32_t slot = free_slots.back();
    free_slots.pop_back();
    slots[slot] = tree;
    return slot;
}

template <class T> class Root
{
  public:
    explicit Root(const T *tree) : slot_(slot_of(tree)) {}
    Root(const Root &other) : slot_(slot_of(other.tree())) {}
    Root &operator=(const Root &other)
    {
        slots[slot_] = other.tree();
        return *this;
    }
    ~Root()
    {
        slots[slot_] = nullptr;
        free_slots.push_back(slot_);
    }
    T *tree() const { return static_cast<T *>(const_cast<void *>(slots[slot_])); }
    void set(const T *tree) { slots[slot_] = tree; }

  private:
    std::uint32_t slot_;
};

struct Version : Root<RRB> {
    Version() : Root(rrb_create()) {}
    explicit Version(const RRB *tree) : Root(tree) {}
};
struct Transient : Root<TransientRRB> {
    Transient() : Root(rrb_to_transient(rrb_create())) {}
};

inline const void *boxed(std::uint64_t value) { return reinterpret_cast<const void *>(value); }

struct Rrb {
    static constexpr const char *name = "c-rrb";
    using list = Version;
    using editor = Transient;

    static std::uint64_t get(const list &l, std::size_t i)
    {
        return reinterpret_cast<std::uint64_t>(rrb_nth(l.tree(), static_cast<std::uint32_t>(i)));
    }
    static std::uint64_t sum(const list &l) // it has no iterator
    {
        std::uint64_t total = 0;
        for (std::uint32_t i = 0, n = rrb_count(l.tree()); i < n; i++)
            total += get(l, i);
        return total;
    }
    static std::uint64_t walk(const list &l) { return sum(l); }
    static list freeze(editor &&e) { return list(transient_to_rrb(e.tree())); }
    static void push_back(editor &e, std::uint64_t value) { e.set(transient_rrb_push(e.tree(), boxed(value))); }
    static void pop_back(editor &e) { e.set(transient_rrb_pop(e.tree())); }
    static void set(editor &e, std::size_t i, std::uint64_t value)
    {
        e.set(transient_rrb_update(e.tree(), static_cast<std::uint32_t>(i), boxed(value)));
    }
    static list with(const list &l, std::size_t i, std::uint64_t value)
    {
        return list(rrb_update(l.tree(), static_cast<std::uint32_t>(i), boxed(value)));
    }
    static list with_back(const list &l, std::uint64_t value) { return list(rrb_push(l.tree(), boxed(value))); }
    static list concat(const list &a, const list &b) { return list(rrb_concat(a.tree(), b.tree())); }
    static list slice(const list &l, std::size_t from, std::size_t to)
    {
        return list(rrb_slice(l.tree(), static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to)));
    }
};

} // namespace

void add_rrb_list(Rows &rows) { ListAdder<Rrb>(rows).basics().versions().joins(); }

} // namespace bench
