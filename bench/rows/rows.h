// SPDX-License-Identifier: MIT
// Definitions that the rows of all collections use.
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include "rows/keys.h"
#include "rows/meter.h"

namespace bench
{

// Room for versions that are constructed in place (without a move, so that no peer pays for one) and released in order.
template <class T> class Versions
{
  public:
    explicit Versions(std::size_t capacity) : room_(new Place[capacity]) {}
    ~Versions() { clear(); }
    Versions(const Versions &) = delete;
    Versions &operator=(const Versions &) = delete;

    template <class Maker> T &add(Maker make) { return *new (&room_[size_++]) T(make()); }
    T &operator[](std::size_t i) { return *std::launder(reinterpret_cast<T *>(&room_[i])); }
    void clear()
    {
        for (std::size_t i = 0; i < size_; i++)
            (*this)[i].~T();
        size_ = 0;
    }

  private:
    using Place = std::aligned_storage_t<sizeof(T), alignof(T)>;
    std::unique_ptr<Place[]> room_;
    std::size_t size_ = 0;
};

constexpr std::size_t kept_versions = 1024;

// Ends the program if peer A did not do what the row is to measure.
template <class A> void expect(bool right, const char *what)
{
    if (right || std::strcmp(A::name, "empty") == 0)
        return;
    std::fprintf(stderr, "%s: %s\n", A::name, what);
    std::abort();
}

} // namespace bench
#endif
