// SPDX-License-Identifier: MIT
// support.h - what the tests of stet/stet.hpp share: checks that print their line, and objects that are counted.
#ifndef TEST_CXX_SUPPORT_H
#define TEST_CXX_SUPPORT_H

#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>
#include <stet/pool.h>
#include <stet/stet.hpp>

namespace
{

int failures;

void check(bool right, const char *file, int line)
{
    if (!right) {
        std::printf("%s:%d\n", file, line);
        failures++;
    }
}
#define CHECK(...) check((__VA_ARGS__), __FILE__, __LINE__)
#define CHECK_THROWS(exception, ...)      \
    try {                                 \
        (void)(__VA_ARGS__);              \
        check(false, __FILE__, __LINE__); \
    } catch (const exception &) {         \
    }

// An object of which each is counted, whose copy constructor throws on demand, and which no trivial copy stands for.
struct Counted {
    static inline int alive, copies;
    static inline bool throws;

    explicit Counted(int n) : number(n) { alive++; }
    Counted(const Counted &other) : number(other.number)
    {
        if (throws)
            throw std::runtime_error("copy");
        alive++;
        copies++;
    }
    Counted(Counted &&other) noexcept : number(std::exchange(other.number, -1)) { alive++; }
    Counted &operator=(const Counted &other) = default;
    ~Counted() { alive--; }

    friend bool operator==(const Counted &a, const Counted &b) { return a.number == b.number; }
    friend bool operator<(const Counted &a, const Counted &b) { return a.number < b.number; }

    int number;
};

// Ends a test program: nothing is left.
inline int finish()
{
    while (stet_release_some(1000))
        ;
    stet_pool_trim();
    CHECK(stet_pool_stats().live_blocks == 0);
    CHECK(Counted::alive == 0);
    std::puts(failures == 0 ? "ok" : "WRONG");
    return failures != 0;
}

} // namespace

template <> struct std::hash<Counted> {
    std::size_t operator()(const Counted &c) const noexcept { return std::size_t(c.number) % 64; } // some collide
};
#endif
