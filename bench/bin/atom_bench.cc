// SPDX-License-Identifier: MIT
// Reading what other threads replace: stet's atom against other ways, and what an update through it costs.
//
// usage: atom_bench [--quick | --updates]
//
// One process, all peers by turns in each of the rounds, thread-CPU time; medians with their spread (smallest to
// largest). Where readers must fence is measured by this program started again under STET_NO_MEMBARRIER, once a round.
// Prints tables in Markdown.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <pthread.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <stet/atom.h>
#include <stet/map.h>
#include <stet/pool.h>
#include "peers/atom_peers.h"

STET_MAP(words, std::uint64_t, std::uint64_t, stet_u64, stet_u64)
STET_ATOM(words_atom, words)

namespace
{

unsigned rounds = 11;
std::size_t reads = 2000000;
double interval = 0.3; // seconds, of a measurement with several threads

double seconds(clockid_t clock)
{
    timespec now;
    clock_gettime(clock, &now);
    return double(now.tv_sec) + double(now.tv_nsec) * 1e-9;
}
double cpu() { return seconds(CLOCK_THREAD_CPUTIME_ID); }
double wall() { return seconds(CLOCK_MONOTONIC); }

void must(bool right, const char *what)
{
    if (right)
        return;
    std::fprintf(stderr, "atom_bench: %s\n", what);
    std::exit(1);
}

using Samples = std::vector<double>;

double median(Samples s)
{
    std::sort(s.begin(), s.end());
    return s.empty() ? 0 : s[s.size() / 2];
}

std::string cell(const Samples &s, const char *format = "%.2f (%.2f to %.2f)")
{
    char text[80];
    std::snprintf(text, sizeof text, format, median(s), *std::min_element(s.begin(), s.end()),
                  *std::max_element(s.begin(), s.end()));
    return text;
}

// ---- peers ----

words_atom shared;
thread_local words_reader reader;

std::uint64_t read_guard(std::size_t times)
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < times; i++) {
        words_guard g = words_atom_acquire(&shared);
        sum += words_size(words_guard_view(&g));
        words_guard_release(&g);
        BENCH_KEEP(sum);
    }
    return sum;
}

std::uint64_t read_cached(std::size_t times)
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < times; i++) {
        sum += words_size(words_reader_refresh(&reader));
        BENCH_KEEP(sum);
    }
    return sum;
}

std::uint64_t read_snapshot(std::size_t times)
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < times; i++) {
        words copy = words_atom_snapshot(&shared);
        sum += words_size(&copy);
        words_drop(&copy);
        BENCH_KEEP(sum);
    }
    return sum;
}

stet_result set_one(void *context, words *m)
{
    std::uint64_t key = *static_cast<std::uint64_t *>(context);
    stet_result result = words_set(m, key % 1000, key);
    return result == STET_UNCHANGED ? STET_CHANGED : result;
}

void publish_update(std::uint64_t number)
{
    must(words_atom_update(&shared, set_one, &number) == STET_CHANGED, "update");
}
void reader_begin() { must(words_reader_init(&reader, &shared), "no reader"); }
void reader_end() { words_reader_destroy(&reader); }

std::uint64_t *unprotected;

std::uint64_t read_unprotected(std::size_t times)
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < times; i++) {
        sum += *__atomic_load_n(&unprotected, __ATOMIC_ACQUIRE);
        BENCH_KEEP(sum);
    }
    return sum;
}

// Never freed meanwhile: what makes the read safe is what the others are measured for.
void publish_unprotected(std::uint64_t number)
{
    static std::uint64_t ring[1024];
    ring[number % 1024] = number;
    __atomic_store_n(&unprotected, &ring[number % 1024], __ATOMIC_RELEASE);
}

std::uint64_t count_up_and_down(std::size_t times)
{
    static std::uint64_t count;
    for (std::size_t i = 0; i < times; i++) {
        __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
        __atomic_fetch_sub(&count, 1, __ATOMIC_ACQ_REL);
    }
    return count;
}

#if defined(__cpp_lib_atomic_shared_ptr)
std::atomic<std::shared_ptr<const std::uint64_t>> pointer;
std::shared_ptr<const std::uint64_t> load_pointer() { return pointer.load(std::memory_order_acquire); }
void store_pointer(std::shared_ptr<const std::uint64_t> p) { pointer.store(std::move(p), std::memory_order_release); }
#else
std::shared_ptr<const std::uint64_t> pointer;
std::shared_ptr<const std::uint64_t> load_pointer() { return std::atomic_load(&pointer); }
void store_pointer(std::shared_ptr<const std::uint64_t> p) { std::atomic_store(&pointer, std::move(p)); }
#endif

std::uint64_t read_shared_ptr(std::size_t times)
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < times; i++) {
        sum += *load_pointer();
        BENCH_KEEP(sum);
    }
    return sum;
}
void publish_shared_ptr(std::uint64_t number) { store_pointer(std::make_shared<const std::uint64_t>(number)); }

pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
std::uint64_t locked_number;

std::uint64_t read_rwlock(std::size_t times)
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < times; i++) {
        pthread_rwlock_rdlock(&rwlock);
        sum += locked_number;
        pthread_rwlock_unlock(&rwlock);
        BENCH_KEEP(sum);
    }
    return sum;
}
void publish_rwlock(std::uint64_t number)
{
    pthread_rwlock_wrlock(&rwlock);
    locked_number = number;
    pthread_rwlock_unlock(&rwlock);
}

#ifdef BENCH_ARC_SWAP
const atom_peer arc_swap = {"arc-swap " BENCH_ARC_SWAP, nullptr, nullptr, arc_swap_read, arc_swap_publish};
#endif

const atom_peer plain = {"unprotected load", nullptr, nullptr, read_unprotected, publish_unprotected};
const atom_peer guard = {"stet, guard", nullptr, nullptr, read_guard, publish_update};
const atom_peer cached = {"stet, reader", reader_begin, reader_end, read_cached, publish_update};
const atom_peer snapshot = {"stet, snapshot and drop", nullptr, nullptr, read_snapshot, publish_update};
const atom_peer counting = {"atomic increment and decrement", nullptr, nullptr, count_up_and_down, nullptr};
const atom_peer shared_ptr = {"std::atomic shared_ptr", nullptr, nullptr, read_shared_ptr, publish_shared_ptr};
const atom_peer rw_lock = {"pthread_rwlock", nullptr, nullptr, read_rwlock, publish_rwlock};

std::vector<const atom_peer *> peers = {
    &plain,          &guard,          &cached, &snapshot, &counting,
#ifdef BENCH_IMMER
    &immer_peer,
#endif
#ifdef BENCH_URCU
    &urcu_memb_peer, &urcu_qsbr_peer,
#endif
#ifdef BENCH_ARC_SWAP
    &arc_swap,
#endif
    &shared_ptr,     &rw_lock,
};

class Thread // in which a peer may be used
{
  public:
    explicit Thread(const atom_peer &p) : peer(p)
    {
        if (peer.begin)
            peer.begin();
    }
    ~Thread()
    {
        if (peer.end)
            peer.end();
    }

  private:
    const atom_peer &peer;
};

// Thread-CPU ns of one read.
double read_time(const atom_peer &p, std::size_t times)
{
    Thread thread(p);
    p.read(times / 10 + 1);
    double start = cpu();
    p.read(times);
    return (cpu() - start) * 1e9 / double(times);
}

// ---- one reader ----

// This program again, where readers must fence: ns of a guard.
double fenced_time(const char *self)
{
    char command[4200], answer[64] = "";
    std::snprintf(command, sizeof command, "STET_NO_MEMBARRIER=1 '%s' --guard", self);
    std::FILE *pipe = popen(command, "r");
    must(pipe && std::fgets(answer, sizeof answer, pipe), "cannot start again");
    pclose(pipe);
    return std::atof(answer);
}

void one_reader(const char *self)
{
    std::vector<Samples> times(peers.size()), above(peers.size());
    Samples fenced, fenced_above;
    for (unsigned round = 0; round < rounds; round++) {
        for (std::size_t i = 0; i < peers.size(); i++) {
            times[i].push_back(read_time(*peers[i], reads));
            above[i].push_back(times[i].back() - times[0].back());
        }
        fenced.push_back(fenced_time(self));
        fenced_above.push_back(fenced.back() - times[0].back());
    }
    std::printf(
        "\n## One reader, no writer: thread-CPU ns\n\n| | a read | above the unprotected load |\n|---|---|---|\n");
    for (std::size_t i = 0; i < peers.size(); i++) {
        std::printf("| %s | %s | %s |\n", peers[i]->name, cell(times[i]).c_str(), cell(above[i]).c_str());
        if (peers[i] == &guard)
            std::printf("| stet, guard, no membarrier | %s | %s |\n", cell(fenced).c_str(), cell(fenced_above).c_str());
    }
}

// ---- several threads ----

struct Together {
    double wall_reads = 0; // of all readers, per ns of wall time
    double cpu_ns = 0;     // thread-CPU ns of a read
    double writes = 0;     // per second
};

// Readers, and a writer or not, for `interval` seconds.
Together together(const atom_peer &p, unsigned readers, bool writer)
{
    std::atomic<bool> go{false}, stop{false};
    std::vector<double> cpu_time(readers), count(readers);
    double writes = 0;
    std::vector<std::thread> threads;
    for (unsigned r = 0; r < readers; r++)
        threads.emplace_back([&, r] {
            Thread thread(p);
            p.read(1000);
            while (!go)
                std::this_thread::yield();
            double start = cpu();
            for (; !stop; count[r] += 8192)
                p.read(8192);
            cpu_time[r] = cpu() - start;
        });
    if (writer)
        threads.emplace_back([&] {
            Thread thread(p);
            while (!go)
                std::this_thread::yield();
            for (; !stop; writes++)
                p.publish(std::uint64_t(writes));
        });
    double start = wall();
    go = true;
    usleep(useconds_t(interval * 1e6));
    stop = true;
    double took = wall() - start;
    for (auto &t : threads)
        t.join();
    Together result;
    for (unsigned r = 0; r < readers; r++) {
        result.wall_reads += count[r] / (took * 1e9);
        result.cpu_ns += cpu_time[r] * 1e9 / count[r] / readers;
    }
    result.writes = writes / took;
    return result;
}

std::uint64_t read_nothing(std::size_t times)
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < times; i++)
        BENCH_KEEP(sum);
    return sum;
}

void several_readers()
{
    static const atom_peer nothing = {"(empty harness)", nullptr, nullptr, read_nothing, nullptr};
    std::vector<const atom_peer *> all = {&nothing};
    for (const atom_peer *p : peers)
        if (p != &counting)
            all.push_back(p);
    std::vector<Samples> scaling(all.size()), beside(all.size()), ns(all.size()), writes(all.size());
    for (unsigned round = 0; round < rounds; round++)
        for (std::size_t i = 0; i < all.size(); i++) {
            Together one = together(*all[i], 1, false), two = together(*all[i], 2, false);
            scaling[i].push_back(two.wall_reads / one.wall_reads);
            if (!all[i]->publish)
                continue;
            Together with = together(*all[i], 1, true);
            beside[i].push_back(with.cpu_ns / one.cpu_ns);
            ns[i].push_back(with.cpu_ns);
            writes[i].push_back(with.writes / 1e6);
        }
    std::printf(
        "\n## Two readers: wall throughput over one's. One reader beside a continuous writer: thread-CPU time of "
        "a read, in ns and over that of one alone; million publications a second\n\n"
        "| | two over one | beside a writer, ns | over alone | M writes/s |\n|---|---|---|---|---|\n");
    for (std::size_t i = 0; i < all.size(); i++) {
        std::printf("| %s | %s |", all[i]->name, cell(scaling[i]).c_str());
        if (all[i]->publish)
            std::printf(" %s | %s | %s |\n", cell(ns[i]).c_str(), cell(beside[i]).c_str(), cell(writes[i]).c_str());
        else
            std::printf(" | | |\n");
    }
}

// ---- updates of a large map ----

std::size_t entries = 1000000;
words_atom large;

std::uint64_t mixed(std::uint64_t n) { return stet_hash_word(n, 12345); }

stet_result set_large(void *context, words *m)
{
    std::uint64_t key = *static_cast<std::uint64_t *>(context);
    return words_set(m, key % entries, key | 1ull << 63);
}

void stet_update(std::uint64_t key, std::uint64_t)
{
    must(words_atom_update(&large, set_large, &key) == STET_CHANGED, "update");
}

struct Rate {
    double wall; // thousand updates a second
    double cpu;  // ns of all threads' CPU time an update
};

// Of so many threads.
Rate update_rate(void (*update)(std::uint64_t, std::uint64_t), unsigned writers)
{
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> all{0};
    static std::atomic<std::uint64_t> salt{0};
    std::vector<std::thread> threads;
    double start = wall(), start_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    for (unsigned w = 0; w < writers; w++)
        threads.emplace_back([&] {
            std::uint64_t n = 0, base = (salt += 1) << 32;
            for (; !stop; n++)
                update(mixed(base + n) >> 1, n);
            all += n;
        });
    usleep(useconds_t(interval * 1e6));
    stop = true;
    for (auto &t : threads)
        t.join();
    double used = seconds(CLOCK_PROCESS_CPUTIME_ID) - start_cpu;
    return {double(all) / (wall() - start) / 1e3, used * 1e9 / double(all)};
}

void updates()
{
    const unsigned writers[] = {1, 2, 8};
    words m = {};
    for (std::uint64_t i = 0; i < entries; i++)
        must(words_set(&m, i, i), "no memory");
    must(words_atom_init(&large, &m), "no memory");
    Samples ours[3], ours_cpu[3], theirs[3], theirs_cpu[3], ratio[3], ratio_cpu[3];
#ifdef BENCH_IMMER
    immer_updates_begin(entries);
#endif
    for (unsigned round = 0; round < rounds; round++)
        for (unsigned i = 0; i < 3; i++) {
            Rate us = update_rate(stet_update, writers[i]);
            ours[i].push_back(us.wall);
            ours_cpu[i].push_back(us.cpu);
#ifdef BENCH_IMMER
            Rate them = update_rate([](std::uint64_t key, std::uint64_t value) { immer_update(key % entries, value); },
                                    writers[i]);
            theirs[i].push_back(them.wall);
            theirs_cpu[i].push_back(them.cpu);
            ratio[i].push_back(us.wall / them.wall);
            ratio_cpu[i].push_back(them.cpu / us.cpu);
#endif
        }
    std::printf("\n## Updates of a map of %zu entries: thousand a second; CPU ns an update, of all threads\n\n"
                "| writers | stet, k/s | immer::atom, k/s | ratio | stet, ns | immer::atom, ns | ratio |\n"
                "|---|---|---|---|---|---|---|\n",
                entries);
    const char *whole = "%.0f (%.0f to %.0f)";
    for (unsigned i = 0; i < 3; i++)
        if (theirs[i].empty())
            std::printf("| %u | %s | | | %s | | |\n", writers[i], cell(ours[i], whole).c_str(),
                        cell(ours_cpu[i], whole).c_str());
        else
            std::printf("| %u | %s | %s | %s | %s | %s | %s |\n", writers[i], cell(ours[i], whole).c_str(),
                        cell(theirs[i], whole).c_str(), cell(ratio[i]).c_str(), cell(ours_cpu[i], whole).c_str(),
                        cell(theirs_cpu[i], whole).c_str(), cell(ratio_cpu[i]).c_str());
    stet_pool_fault(0, 0);
    const unsigned n = 20000;
    for (unsigned i = 0; i < n; i++)
        stet_update(mixed(i) >> 1, 0);
    double requests = double(stet_pool_requests()) / n;
    stet_pool_fault_end();
    double start = cpu();
    for (unsigned i = 0; i < n; i++)
        stet_update(mixed(n + i) >> 1, 0);
    std::printf("\nOne writer: %.0f thread-CPU ns an update, %.2f requests to the pool.\n", (cpu() - start) * 1e9 / n,
                requests);
    words_atom_destroy(&large);
#ifdef BENCH_IMMER
    immer_updates_end();
#endif
}

// ---- a large version that is replaced ----

void large_store()
{
    words m = {}, next = {};
    for (std::uint64_t i = 0; i < entries; i++)
        must(words_set(&m, i, i), "no memory");
    words_atom a;
    must(words_atom_init(&a, &m), "no memory");
    std::int64_t before = stet_pool_stats().live_bytes;
    double start = wall();
    must(words_atom_store(&a, &next), "no memory");
    double took = wall() - start;
    std::printf("\nA store over %.1f MB that nobody reads: %.1f MB freed when it returns, after %.2f ms.\n",
                double(before) / 1e6, double(before - stet_pool_stats().live_bytes) / 1e6, took * 1e3);
    words_atom_destroy(&a);
}

} // namespace

int main(int argc, char **argv)
{
    bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
    words m = {};
    for (std::uint64_t i = 0; i < 1000; i++)
        must(words_set(&m, i, i), "no memory");
    must(words_atom_init(&shared, &m), "no memory");
    if (argc > 1 && std::strcmp(argv[1], "--guard") == 0) {
        std::printf("%f\n", read_time(guard, reads));
        words_atom_destroy(&shared);
        return 0;
    }
    if (quick) {
        rounds = 3;
        interval = 0.1;
        entries = 100000;
    }
    for (const atom_peer *p : peers)
        if (p->publish) {
            Thread thread(*p);
            p->publish(1);
        }
    std::printf("%u rounds; medians (smallest to largest).\n", rounds);
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    must(length > 0, "/proc/self/exe");
    self[length] = '\0';
    if (argc == 1 || quick) {
        one_reader(self);
        several_readers();
    }
    updates();
    words_atom_destroy(&shared);
    large_store();
    return 0;
}
