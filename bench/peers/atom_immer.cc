// SPDX-License-Identifier: MIT
// immer::atom: a box behind a spin lock. Maps of the same hash as stet's.
#include <memory>
#include <immer/atom.hpp>
#include <immer/map.hpp>
#include "peers/atom_peers.h"
#include "rows/hash.h"

namespace
{

immer::atom<std::uint64_t> current;

std::uint64_t read_times(std::size_t times)
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < times; i++) {
        sum += *current.load();
        BENCH_KEEP(sum);
    }
    return sum;
}

void publish(std::uint64_t number) { current.store(immer::box<std::uint64_t>{number}); }

using map = immer::map<std::uint64_t, std::uint64_t, bench::Hash>;
std::unique_ptr<immer::atom<map>> shared;

} // namespace

const atom_peer immer_peer = {"immer::atom", nullptr, nullptr, read_times, publish};

void immer_updates_begin(std::size_t entries)
{
    map m;
    for (std::size_t i = 0; i < entries; i++)
        m = std::move(m).set(i, i);
    shared = std::make_unique<immer::atom<map>>(m);
}

void immer_update(std::uint64_t key, std::uint64_t value)
{
    shared->update([=](const map &m) { return m.set(key, value); });
}

void immer_updates_end() { shared.reset(); }
