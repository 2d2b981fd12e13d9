// SPDX-License-Identifier: MIT
// Maps that threads share, under the same loads: stet's beside others. Writes JSON lines, which tools/shared makes a
// table of.
//
// usage: shared_bench [--cases REGEX] [--keys 16,1000] [--threads 1,2] [--peers REGEX] [--rounds N] [--ms N] [--counts]
//
// One process, all peers by turns in each of the rounds. An operation is chosen and its key made before the clock runs;
// each thread goes through a list of its own, again and again. ns: thread-CPU time of an operation; mops: million
// operations a second, of all threads, by the wall. --counts: requests and bytes allocated by an operation, in one
// thread.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <random>
#include <regex>
#include <string>
#include <thread>
#include <unistd.h>

#include "rows/keys.h"
#include "peers/shared_bench.h"

namespace
{

struct Options {
    std::regex cases{""}, peers{""};
    std::vector<std::size_t> keys{16, 100, 1000, 100000};
    std::vector<unsigned> threads{1, 2, 4, 8};
    unsigned rounds = 5;
    double seconds = 0.05;
    bool counts = false;
} options;

double seconds(clockid_t clock)
{
    timespec now;
    clock_gettime(clock, &now);
    return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}

// ---- loads ----

using Ops = std::vector<shared_op>;

// What one thread does, of how many.
struct Part {
    std::size_t keys;
    unsigned thread, threads;
    std::uint64_t seed;
    std::uint64_t random() { return bench::scatter(seed++); }
    std::size_t below(std::size_t n) { return std::size_t((random() >> 32) * n >> 32); }
};

using Pick = std::function<std::size_t(Part &)>;

std::size_t uniform(Part &p) { return p.below(p.keys); }

// Zipf's law with exponent 0.99.
std::size_t zipf(Part &p)
{
    const std::vector<double> &sums = bench::cached(p.keys, [&] {
        std::vector<double> all(p.keys);
        double sum = 0;
        for (std::size_t i = 0; i < p.keys; i++)
            all[i] = sum += 1 / std::pow(double(i + 1), 0.99);
        return all;
    });
    double at = double(p.random() >> 11) * 0x1p-53 * sums.back();
    return std::size_t(std::lower_bound(sums.begin(), sums.end(), at) - sums.begin());
}

std::size_t own_part(Part &p) { return p.below(p.keys / p.threads + 1) * p.threads + p.thread; }

shared_op operation(shared_kind kind, std::size_t key, std::uint64_t value = 0)
{
    return {shared_key(key), std::uint32_t(kind), std::uint32_t(value | 1)};
}

std::size_t length(const Part &p) { return std::clamp<std::size_t>(4 * p.keys, 1 << 14, 1 << 17); }

// Of a hundred operations so many loads; the rest store, or store and erase.
Ops mix(Part p, unsigned loads, bool erases, const Pick &pick)
{
    Ops ops(length(p));
    for (auto &op : ops) {
        bool load = p.below(100) < loads, erase = erases && p.below(2) == 0;
        op = operation(load ? SHARED_LOAD : erase ? SHARED_ERASE : SHARED_STORE, pick(p), p.random());
    }
    return ops;
}

// Each so many operations one of another kind.
Ops with_some(Part p, shared_kind kind, std::size_t each, Ops ops)
{
    for (std::size_t i = 0; i < ops.size(); i++)
        if ((i + p.thread) % each == each - 1)
            ops[i] = {kind == SHARED_REPLACE ? p.keys : 0, std::uint32_t(kind), 0};
    return ops;
}

Ops all_of(Part p, shared_kind kind)
{
    Ops ops;
    for (std::size_t i = p.thread; i < p.keys; i += p.threads)
        ops.push_back(operation(kind, i, p.random()));
    std::shuffle(ops.begin(), ops.end(), std::default_random_engine(unsigned(p.seed)));
    return ops;
}

// A fixed set that is added, read and deleted equally often.
Ops add_read_delete(Part p)
{
    Ops ops;
    for (shared_kind kind : {SHARED_STORE, SHARED_LOAD, SHARED_ERASE})
        for (std::size_t i = 0; i < p.keys; i++)
            ops.push_back(operation(kind, i, p.random()));
    return ops;
}

struct Case {
    std::string name;
    std::function<Ops(Part)> ops;
    unsigned needs = 0; // bits of what the peer must be able to do besides
    bool filled = true; // with all keys, before
    bool once = false;  // each list is gone through once, on a new map, and again
    bool first = false; // only the first thread is measured: the others are there to disturb
};

std::vector<Case> all_cases()
{
    std::vector<Case> all;
    for (unsigned loads : {100, 99, 95, 90, 70, 50, 0}) {
        std::string share = std::to_string(loads);
        all.push_back({"uniform " + share, [=](Part p) { return mix(p, loads, false, uniform); }});
        all.push_back({"zipf " + share, [=](Part p) { return mix(p, loads, false, zipf); }});
    }
    for (unsigned loads : {90, 50, 0})
        all.push_back({"churn " + std::to_string(loads), [=](Part p) {
                           Part twice = p;
                           twice.keys *= 2;
                           return mix(twice, loads, true, uniform);
                       }});
    all.push_back({"insert", [](Part p) { return all_of(p, SHARED_STORE); }, 0, false, true});
    all.push_back({"delete", [](Part p) { return all_of(p, SHARED_ERASE); }, 0, true, true});
    all.push_back(
        {"count", [](Part p) { return with_some(p, SHARED_LEN, 1, mix(p, 100, false, uniform)); }, 1u << SHARED_LEN});
    all.push_back({"disjoint 50", [](Part p) { return mix(p, 50, false, own_part); }});
    all.push_back({"add, read, delete", add_read_delete, 0, false});
    all.push_back({"range beside writes",
                   [](Part p) {
                       return p.thread == 0 ? Ops(1, shared_op{0, SHARED_RANGE, 0}) : mix(p, 0, false, uniform);
                   },
                   1u << SHARED_RANGE, true, false, true});
    all.push_back({"replace all", [](Part) { return Ops(); }, 1u << SHARED_REPLACE});
    all.back().ops = [](Part p) { return Ops(1, shared_op{p.keys, SHARED_REPLACE, 0}); };
    for (std::size_t writes : {1, 10, 100, 1000, 10000})
        all.push_back({"a view each " + std::to_string(writes) + " writes",
                       [=](Part p) { return with_some(p, SHARED_VIEW, writes + 1, mix(p, 0, false, uniform)); },
                       1u << SHARED_VIEW});
    return all;
}

// ---- measuring ----

struct Result {
    double ns = 0, mops = 0;
};

class Map
{
  public:
    Map(const shared_peer &peer, std::size_t expected, std::size_t filled_with) : peer_(peer), map_(peer.make(expected))
    {
        enter();
        Ops ops = all_of({filled_with, 0, 1, 1}, SHARED_STORE);
        if (copies())
            ops = {{filled_with, SHARED_REPLACE, 0}};
        peer_.run(map_, ops.data(), ops.size());
        leave();
    }
    ~Map() { peer_.destroy(map_); }
    Map(const Map &) = delete;
    void enter()
    {
        if (peer_.begin)
            peer_.begin(map_);
    }
    void leave()
    {
        if (peer_.end)
            peer_.end(map_);
    }
    std::uint64_t run(const shared_op *ops, std::size_t n) { return peer_.run(map_, ops, n); }
    bool copies() const { return peer_.can >> SHARED_COPIES & 1; }
    void *get() { return map_; }

  private:
    const shared_peer &peer_;
    void *map_;
};

// Where a thread is in its list, and what it took.
struct Turn {
    const Ops *ops;
    std::size_t done = 0;
    double cpu = 0, end = 0; // when it was done: threads take long to go
};

volatile std::uint64_t sink;

void work(Map &map, Turn &turn, bool once, const std::atomic<int> &state)
{
    const std::size_t step = map.copies() ? 4 : 256;
    std::uint64_t sum = 0;
    std::size_t at = 0;
    map.enter();
    while (state == 0)
        std::this_thread::yield();
    double start = seconds(CLOCK_THREAD_CPUTIME_ID);
    while (state == 1 || once) {
        std::size_t n = std::min(step, turn.ops->size() - at);
        sum += map.run(turn.ops->data() + at, n);
        turn.done += n;
        at += n;
        if (at == turn.ops->size()) {
            if (once)
                break;
            at = 0;
        }
    }
    turn.end = seconds(CLOCK_MONOTONIC);
    turn.cpu += seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    map.leave();
    sink = sum;
}

// All threads until the time is over, or once through their lists. Returns the time by the wall.
double together(Map &map, const Case &c, std::vector<Turn> &turns)
{
    std::atomic<int> state{0};
    std::vector<std::thread> threads;
    for (auto &turn : turns)
        threads.emplace_back([&] { work(map, turn, c.once, state); });
    usleep(1000); // they are there
    double start = seconds(CLOCK_MONOTONIC);
    state = 1;
    if (!c.once) {
        usleep(useconds_t(options.seconds * 1e6));
        state = 2;
    }
    double end = start;
    for (unsigned i = 0; i < threads.size(); i++) {
        threads[i].join();
        end = std::max(end, turns[i].end);
    }
    return end - start;
}

// What is gone through once, on how many maps: beside few keys, beginning takes long.
constexpr unsigned most_times = 50;

Result measure(const shared_peer &peer, const Case &c, std::size_t keys, const std::vector<Ops> &lists)
{
    std::vector<Turn> turns(lists.size());
    for (std::size_t i = 0; i < lists.size(); i++)
        turns[i].ops = &lists[i];
    double wall = 0;
    unsigned times = 0;
    do {
        Map map(peer, keys, c.filled ? keys : 0);
        wall += together(map, c, turns);
    } while (c.once && wall < options.seconds && ++times < most_times);
    std::size_t done = 0;
    double cpu = 0;
    for (std::size_t i = 0; i < (c.first ? 1 : turns.size()); i++) {
        done += turns[i].done;
        cpu += turns[i].cpu;
    }
    return {cpu * 1e9 / double(std::max<std::size_t>(done, 1)), double(done) / wall * 1e-6};
}

// ---- counting what is asked of malloc ----

thread_local std::uint64_t requests, requested;

struct Counts {
    double requests, bytes;
};

Counts count(const shared_peer &peer, const Case &c, std::size_t keys, const Ops &ops)
{
    constexpr std::size_t piece = 128; // of a peer with a count of its own: by then it has freed nothing
    std::uint64_t n = 0, r = 0, b = 0;
    std::size_t most = std::min<std::size_t>(ops.size(), 2000);
    Map map(peer, keys, c.filled ? keys : 0);
    map.enter();
    if (!peer.count)
        r = requests, b = requested;
    for (; n < most; n++) {
        if (peer.count && n % piece == 0)
            peer.count(map.get(), 1, &r, &b);
        map.run(&ops[n], 1);
        if (peer.count && (n % piece == piece - 1 || n + 1 == most))
            peer.count(map.get(), 0, &r, &b);
    }
    if (!peer.count)
        r = requests - r, b = requested - b;
    map.leave();
    return {double(r) / double(n), double(b) / double(n)};
}

// ---- the whole ----

void row(const shared_peer &peer, const Case &c, std::size_t keys, unsigned threads)
{
    std::printf("{\"peer\": \"%s\", \"case\": \"%s\", \"keys\": %zu, \"threads\": %u", peer.name, c.name.c_str(), keys,
                threads);
}

void one_setting(const std::vector<shared_peer> &peers, const Case &c, std::size_t keys, unsigned threads)
{
    std::vector<Ops> lists;
    for (unsigned t = 0; t < threads; t++)
        lists.push_back(c.ops({keys, t, threads, bench::scatter(t + 1000 * keys)}));
    for (unsigned round = 0; round < options.rounds; round++)
        for (const auto &peer : peers) {
            if ((peer.can & c.needs) != c.needs || !std::regex_search(peer.name, options.peers))
                continue;
            if (peer.can >> SHARED_COPIES & 1 && c.once && keys > 1000)
                continue; // minutes
            if (options.counts && round != 0)
                continue;
            if (options.counts) {
                Counts counts = count(peer, c, keys, lists[0]);
                row(peer, c, keys, threads);
                std::printf(", \"allocs\": %.3f, \"bytes\": %.1f}\n", counts.requests, counts.bytes);
                continue;
            }
            Result r = measure(peer, c, keys, lists);
            row(peer, c, keys, threads);
            std::printf(", \"ns\": %.3f, \"mops\": %.4f}\n", r.ns, r.mops);
            std::fflush(stdout);
        }
}

template <class T> std::vector<T> numbers(const char *list)
{
    std::vector<T> all;
    for (char *end; *list; list = *end ? end + 1 : end)
        all.push_back(T(std::strtoul(list, &end, 10)));
    return all;
}

void parse(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        std::string name = argv[i];
        if (name == "--counts") {
            options.counts = true;
            continue;
        }
        if (++i == argc)
            std::exit((std::fprintf(stderr, "shared_bench: %s what?\n", name.c_str()), 2));
        if (name == "--cases")
            options.cases = argv[i];
        else if (name == "--peers")
            options.peers = argv[i];
        else if (name == "--keys")
            options.keys = numbers<std::size_t>(argv[i]);
        else if (name == "--threads")
            options.threads = numbers<unsigned>(argv[i]);
        else if (name == "--rounds")
            options.rounds = unsigned(std::atoi(argv[i]));
        else if (name == "--ms")
            options.seconds = std::atof(argv[i]) / 1000;
        else
            std::exit((std::fprintf(stderr, "shared_bench: %s?\n", name.c_str()), 2));
    }
}

} // namespace

// What C++ and C peers ask of malloc is counted by these; Rust's goes there, too.
extern "C" void *__libc_malloc(std::size_t size);
extern "C" void *malloc(std::size_t size)
{
    requests++;
    requested += size;
    return __libc_malloc(size);
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    auto peers = shared_peers();
    for (const Case &c : all_cases())
        if (std::regex_search(c.name, options.cases))
            for (std::size_t keys : options.keys)
                for (unsigned threads : options.counts ? std::vector<unsigned>{1} : options.threads)
                    one_setting(peers, c, keys, threads);
}
