// SPDX-License-Identifier: MIT
// The counted rows: what the loops of rows/ allocate and keep. They do not depend on how busy the machine is.
//
//   counts [REGEX]                      rows whose name ROW/KIND/N/PEER matches, as JSON in Google Benchmark's layout:
//     allocations_per_op                requests to stet's pool, or calls of operator new
//     bytes_per_op                      what the operations keep: an insertion its share of the map, a new version
//                                       its own nodes. Pool bytes, or the blocks of malloc, rounding and headers
//                                       included
//     resident_per_op                   the same as growth of the resident memory of a fresh process
//   counts --list                       the names
//   counts --instructions ROW/KIND/N/PEER...   for tools/instructions and tools/gate: the loop once to warm up, then
//   once
//                                       with callgrind collecting; prints the number of operations. Several: each
//                                       in a process of its own, one after the other, so that callgrind starts once
// BENCH_SEED in the environment fixes the hash seed, so that shapes and figures repeat to the last digit.
#include <cstdio>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <utility>
#include <new>
#include <regex>
#include <string>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>
#include <stet/pool.h>
#ifdef BENCH_VALGRIND
#    include <valgrind/callgrind.h>
#else
#    define CALLGRIND_TOGGLE_COLLECT (void)0
#endif
#include "rows/meter.h"

// ---- time, which stands still ----

// An atom looks for versions that nobody holds after some time, too. How often that is must not depend on how slow
// valgrind is, or how busy the machine: here it does so only after so many updates, or bytes.
extern "C" int clock_gettime(clockid_t, struct timespec *now) noexcept
{
    *now = {1, 0};
    return 0;
}

// ---- operator new, counted ----

namespace
{

struct {
    std::int64_t calls, bytes;
} news;

// glibc's blocks: the usable part and a header of one word.
std::int64_t block_size(void *block) { return static_cast<std::int64_t>(malloc_usable_size(block) + sizeof(size_t)); }

void *counted_new(std::size_t size, std::size_t align)
{
    void *block = align <= alignof(std::max_align_t) ? std::malloc(size) : std::aligned_alloc(align, size);
    if (!block)
        throw std::bad_alloc();
    news.calls++;
    news.bytes += block_size(block);
    return block;
}

void counted_delete(void *block)
{
    if (!block)
        return;
    news.bytes -= block_size(block);
    std::free(block);
}

} // namespace

void *operator new(std::size_t size) { return counted_new(size, 1); }
void *operator new(std::size_t size, std::align_val_t align)
{
    return counted_new(size, static_cast<std::size_t>(align));
}
void operator delete(void *block) noexcept { counted_delete(block); }
void operator delete(void *block, std::size_t) noexcept { counted_delete(block); }
void operator delete(void *block, std::align_val_t) noexcept { counted_delete(block); }
void operator delete(void *block, std::size_t, std::align_val_t) noexcept { counted_delete(block); }

namespace
{

// ---- the meter ----

struct Figures {
    double operations, allocations, bytes, resident;
};

// What is in use now; of two such, the difference.
Figures in_use()
{
    std::size_t pages = 0, resident = 0;
    if (std::FILE *file = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(file, "%zu %zu", &pages, &resident) != 2)
            resident = 0;
        std::fclose(file);
    }
    struct stet_pool_usage pool = stet_pool_stats();
    return {0, static_cast<double>(news.calls) + static_cast<double>(stet_pool_requests()),
            static_cast<double>(news.bytes) + static_cast<double>(pool.live_bytes),
            static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE))};
}

// Measures one pass of the loop, the first or, to be warm, a later one.
class Counter final : public bench::Meter
{
  public:
    explicit Counter(int warm_up) : pass_(-warm_up) {}

    bool next(std::size_t operations) override
    {
        if (pass_ == 1)
            stop();
        if (pass_++ == 0) {
            total_.operations = static_cast<double>(operations);
            malloc_trim(0);
            start();
        }
        return pass_ <= 1;
    }
    void start() override
    {
        if (pass_ != 1)
            return;
        begin_ = in_use();
        CALLGRIND_TOGGLE_COLLECT;
    }
    void stop() override
    {
        if (pass_ != 1)
            return;
        CALLGRIND_TOGGLE_COLLECT;
        Figures end = in_use();
        total_.allocations += end.allocations - begin_.allocations;
        total_.bytes += end.bytes - begin_.bytes;
        total_.resident += end.resident - begin_.resident;
    }
    const Figures &total() const { return total_; }

  private:
    int pass_;
    Figures begin_ = {}, total_ = {};
};

Figures measure(const bench::Row &row, std::size_t n, int warm_up)
{
    Counter counter(warm_up);
    row.run(counter, n);
    return counter.total();
}

// In a process of its own: nothing is in caches, free lists or the heap's holes.
Figures measure_fresh(const bench::Row &row, std::size_t n)
{
    int ends[2];
    if (pipe(ends) != 0)
        std::abort();
    pid_t child = fork();
    if (child == 0) {
        stet_pool_fault(0, 0); // counts requests, and takes the slow way to do so: not where instructions are counted
        Figures figures = measure(row, n, 0);
        ssize_t sent = write(ends[1], &figures, sizeof figures);
        _exit(sent == sizeof figures ? 0 : 1);
    }
    close(ends[1]);
    Figures figures = {};
    ssize_t got = read(ends[0], &figures, sizeof figures);
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    if (got != sizeof figures || status != 0)
        std::fprintf(stderr, "%s/%s/%zu/%s: no result\n", row.name.c_str(), row.kind.c_str(), n, row.peer.c_str());
    return figures;
}

std::string full_name(const bench::Row &row, std::size_t n)
{
    return row.name + "/" + row.kind + "/" + std::to_string(n) + "/" + row.peer;
}

int list()
{
    for (const auto &row : bench::all_rows())
        for (std::size_t n : bench::sizes())
            std::puts(full_name(row, n).c_str());
    return 0;
}

int print_operations(const char *wanted)
{
    for (const auto &row : bench::all_rows())
        for (std::size_t n : bench::sizes())
            if (full_name(row, n) == wanted) {
                std::printf("%.0f\n", measure(row, n, 1).operations);
                return 0;
            }
    std::fprintf(stderr, "%s: no such row\n", wanted);
    return 1;
}

// In the processes forked off, too, that returns from main, as callgrind wants it.
int print_operations_of(char **names, int count)
{
    if (count == 1)
        return print_operations(names[0]);
    for (int i = 0; i < count; i++) {
        std::fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            return print_operations(names[i]);
        int status = 1;
        waitpid(child, &status, 0);
        if (status != 0)
            return 1;
    }
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    if (const char *seed = std::getenv("BENCH_SEED"))
        if (!stet_set_hash_seed(std::strtoull(seed, nullptr, 10)))
            return 1;
    if (argc >= 3 && std::strcmp(argv[1], "--instructions") == 0)
        return print_operations_of(argv + 2, argc - 2);
    if (argc == 2 && std::strcmp(argv[1], "--list") == 0)
        return list();

    std::regex wanted(argc > 1 ? argv[1] : "");
    std::printf("{\n\"context\": {");
    const char *comma = "";
    for (const auto &[what, which] : bench::provenance())
        std::printf("%s\"%s\": \"%s\"", std::exchange(comma, ", "), what.c_str(), which.c_str());
    std::printf("},\n\"benchmarks\": [");
    comma = "\n";
    for (const auto &row : bench::all_rows())
        for (std::size_t n : bench::sizes()) {
            std::string name = full_name(row, n);
            if (!std::regex_search(name, wanted))
                continue;
            Figures f = measure_fresh(row, n);
            std::printf("%s{\"name\": \"%s\", \"run_type\": \"iteration\", \"iterations\": %.0f, "
                        "\"allocations_per_op\": %.4f, \"bytes_per_op\": %.2f, \"resident_per_op\": %.2f}",
                        std::exchange(comma, ",\n"), name.c_str(), f.operations, f.allocations / f.operations,
                        f.bytes / f.operations, f.resident / f.operations);
            std::fflush(stdout);
        }
    std::printf("\n]\n}\n");
    return 0;
}
