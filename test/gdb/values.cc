// SPDX-License-Identifier: MIT
// values.cc - collections of stet.hpp, which gdb prints at all_shown(): the run compares the lines.
#include <stet/stet.hpp>

extern "C" __attribute__((__noinline__)) void all_shown() { __asm__ volatile("" ::: "memory"); }

struct boxed { // not copied as bytes, so it is stored in a box
    int n;
    boxed(int number) : n(number) {}
    boxed(const boxed &other) : n(other.n) {}
    boxed &operator=(const boxed &) = default;
    ~boxed() {}
    friend bool operator==(const boxed &a, const boxed &b) { return a.n == b.n; }
    friend bool operator<(const boxed &a, const boxed &b) { return a.n < b.n; }
};

int main()
{
    const stet::sorted_map<boxed, double> prices = {{2, 2.5}, {1, 0.5}};
    const stet::map<int, stet::list<int>> rows = {{7, {1, 2}}};
    const stet::set<stet::string> words = {"a word of some length"};
    const stet::sorted_set<long> numbers = {3, 1, 2};
    stet::list<boxed> names = {2, 1, 3};
    const stet::map<int, int> none;
    names.sort();
    all_shown();
    return prices.size() + rows.size() + words.size() + numbers.size() + names.size() + none.size() == 10 ? 0 : 1;
}
