// SPDX-License-Identifier: MIT
// immer::map in an immer::atom: a box behind a spin lock; changes by its update().
#include <utility>
#include <immer/atom.hpp>
#include <immer/map.hpp>
#include <immer/map_transient.hpp>
#include "rows/hash.h"
#include "rows/shared.h"

namespace bench
{

namespace
{

using Words = immer::map<std::uint64_t, std::uint64_t, Hash>;

struct ImmerAtom {
    static constexpr const char *name = "immer-atom";
    struct shared {
        shared(const std::uint64_t *keys, std::size_t n)
        {
            auto made = Words().transient();
            for (std::size_t i = 0; i < n; i++)
                made.set(keys[i], i);
            atom.store(made.persistent());
        }
        immer::atom<Words> atom;
    };
    using version = immer::box<Words>;

    static std::uint64_t load(shared &m, std::uint64_t key)
    {
        version now = m.atom.load();
        const std::uint64_t *found = now->find(key);
        return found ? *found : 0;
    }
    static std::uint64_t acquire(shared &m, std::uint64_t key) { return load(m, key); }
    static void store(shared &m, std::uint64_t key, std::uint64_t value)
    {
        m.atom.update([=](Words w) { return std::move(w).set(key, value); });
    }
    static void erase(shared &m, std::uint64_t key)
    {
        m.atom.update([=](Words w) { return std::move(w).erase(key); });
    }
    static std::size_t view(shared &m) { return m.atom.load()->size(); }
    static void settle() {}
    static version snapshot(shared &m) { return m.atom.load(); }
    static void exchange(shared &m, version &v) { v = m.atom.exchange(std::move(v)); }
    static void apply(shared &m, const std::uint64_t *keys, const std::uint64_t *values, std::size_t n)
    {
        m.atom.update([=](const Words &w) {
            auto edited = w.transient();
            for (std::size_t i = 0; i < n; i++)
                edited.set(keys[i], values[i]);
            return edited.persistent();
        });
    }
};

} // namespace

void add_immer_shared(Rows &rows) { SharedAdder<ImmerAtom>(rows).basics().versions().batches(); }

} // namespace bench
