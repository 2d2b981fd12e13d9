// SPDX-License-Identifier: MIT
// Values that are counted references to the user's objects: kind `ref`. The objects are static, and have one holder
// besides the collections, so that nothing is freed and only the counting is measured.
#ifndef BENCH_COUNTED_H
#define BENCH_COUNTED_H

#include <cstddef>
#include <cstdint>
#include <utility>

namespace bench
{

struct Counted {
    std::uint32_t holders = 1;
};

inline Counted *counted(std::uint64_t number)
{
    static Counted objects[1 << 16];
    return &objects[number % (1 << 16)];
}

inline void counted_ref(Counted *object) { __atomic_fetch_add(&object->holders, 1, __ATOMIC_RELAXED); }

inline void counted_unref(Counted *object) { __atomic_fetch_sub(&object->holders, 1, __ATOMIC_ACQ_REL); }

// The same as a C++ value, for immer.
class CountedRef
{
  public:
    CountedRef() = default;
    explicit CountedRef(std::uint64_t number) : object_(counted(number)) { counted_ref(object_); }
    CountedRef(const CountedRef &other) : object_(other.object_)
    {
        if (object_)
            counted_ref(object_);
    }
    CountedRef(CountedRef &&other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    CountedRef &operator=(CountedRef other) noexcept
    {
        std::swap(object_, other.object_);
        return *this;
    }
    ~CountedRef()
    {
        if (object_)
            counted_unref(object_);
    }
    bool operator==(const CountedRef &other) const { return object_ == other.object_; }
    std::uint64_t number() const { return object_->holders; }

  private:
    Counted *object_ = nullptr;
};

} // namespace bench
#endif
