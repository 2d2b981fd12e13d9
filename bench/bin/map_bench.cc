// SPDX-License-Identifier: MIT
// The timed rows, as Google Benchmark's: ROW/KIND/N/PEER, thread CPU time per operation. `run` calls it row by row, so
// that the peers of one row alternate; by hand:
//
//   map_bench --benchmark_filter='^get_hit/u64/1000/' --benchmark_enable_random_interleaving=true
//             --benchmark_repetitions=5
//
// BENCH_SIZES=1000,10000000 in the environment names other sizes than the usual six.
#include <benchmark/benchmark.h>
#include "rows/meter.h"

namespace
{

class Clock final : public bench::Meter
{
  public:
    explicit Clock(benchmark::State &state) : state_(state) {}
    bool next(std::size_t operations) override
    {
        return state_.KeepRunningBatch(static_cast<benchmark::IterationCount>(operations));
    }
    void stop() override { state_.PauseTiming(); }
    void start() override { state_.ResumeTiming(); }

  private:
    benchmark::State &state_;
};

} // namespace

int main(int argc, char **argv)
{
    for (const auto &row : bench::all_rows())
        for (std::size_t n : bench::sizes()) {
            std::string name = row.name + "/" + row.kind + "/" + std::to_string(n) + "/" + row.peer;
            benchmark::RegisterBenchmark(name.c_str(), [row, n](benchmark::State &state) {
                Clock clock(state);
                row.run(clock, n);
            });
        }
    for (const auto &[what, which] : bench::provenance())
        benchmark::AddCustomContext(what, which);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 1;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
