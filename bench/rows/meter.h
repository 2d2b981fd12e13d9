// SPDX-License-Identifier: MIT
// The interface between a row's loop and the program that measures it. The loops of rows/ are written once;
// map_bench.cc measures their time, counts.cc allocations, memory and instructions.
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace bench
{

// A row's loop is `while (meter.next(operations)) { ... }`: each pass does this many operations. Code between stop()
// and start() is not measured; when next() returns true, the meter is running.
class Meter
{
  public:
    virtual ~Meter() = default;
    virtual bool next(std::size_t operations) = 0;
    virtual void stop() = 0;
    virtual void start() = 0;
};

// One row of the tables for one peer; run(meter, n) measures it on collections of n elements.
struct Row {
    std::string name; // the operation: get_hit, with_update, ...
    std::string kind; // the elements: u64, str, ...
    std::string peer; // the library: stet, immer, ...
    std::function<void(Meter &, std::size_t)> run;
};
using Rows = std::vector<Row>;

// Each peer's rows: peers/*.cc.
void add_empty(Rows &rows);
void add_stet(Rows &rows);
void add_immer(Rows &rows);
void add_absl(Rows &rows);
void add_std(Rows &rows);
void add_stet_list(Rows &rows);
void add_immer_list(Rows &rows);
void add_rrb_list(Rows &rows);
void add_std_list(Rows &rows);
void add_stet_sorted(Rows &rows);
void add_absl_sorted(Rows &rows);
void add_std_sorted(Rows &rows);
void add_im_sorted(Rows &rows);
void add_lmdb_sorted(Rows &rows);
void add_stet_shared(Rows &rows);
void add_immer_shared(Rows &rows);

Rows all_rows();

// Numbers of elements: BENCH_SIZES from the environment, or 10 to a million.
std::vector<std::size_t> sizes();

std::string stet_version();
std::string absl_version();

// Returns the peers, their versions and the allocator, for the head of a table.
std::vector<std::pair<std::string, std::string>> provenance();

// Keeps the optimiser from removing the computation of `value`, and from assuming anything about it.
template <class T> inline void keep(const T &value) { asm volatile("" : : "g"(&value) : "memory"); }

// Returns the same pointer, but hides from the compiler that *place equals the key that was looked up.
template <class T> inline T *found_at(T *place)
{
    asm("" : "+r"(place));
    return place;
}

} // namespace bench
#endif
