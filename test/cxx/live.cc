// SPDX-License-Identifier: MIT
// stet::live_map: values of every kind, and threads that write.
#include <thread>
#include "support.h"
#include <stet/live_map.hpp>

namespace
{

// make(i) is the i-th key.
template <class K, class F> void values(F make)
{
    stet::live_map<K, Counted> m;
    for (int i = 0; i < 300; i++)
        CHECK(m.store(make(i), Counted(i)));
    CHECK(Counted::copies == 0 && m.size() == 300 && m.contains(make(7)) && !m.contains(make(300)));
    CHECK(m.load(make(7))->number == 7 && m.load(make(300)) == std::nullopt);
    CHECK(!m.store(make(7), Counted(7)) && m.store(make(7), Counted(8)));
    CHECK(m.exchange(make(7), Counted(9))->number == 8 && m.exchange(make(300), Counted(1)) == std::nullopt);
    CHECK(m.load_or_store(make(7), Counted(1)).number == 9 && m.load_or_store(make(301), Counted(5)).number == 5);
    CHECK(m.load_or_compute(make(302), [] { return Counted(6); }).number == 6);
    CHECK(m.compare_and_swap(make(7), Counted(9), Counted(10)) &&
          !m.compare_and_swap(make(7), Counted(9), Counted(11)));
    CHECK(!m.compare_and_erase(make(7), Counted(9)) && m.compare_and_erase(make(7), Counted(10)));
    const auto now = m.snapshot();
    CHECK(m.erase(make(8)) && !m.erase(make(8)) && m.take(make(9))->number == 9 && m.take(make(9)) == std::nullopt);
    CHECK(now.size() == 302 && now.at(make(9)).number == 9 && m.size() == 300);
    stet::live_map<K, Counted> again(now);
    CHECK(again.snapshot() == now);
    again.clear();
    CHECK(again.size() == 0 && !now.empty());
    Counted::copies = 0;
}

void strings()
{
    stet::live_map<stet::string, int> m;
    CHECK(m.store("a", 1) && m.store(std::string_view("b"), 2) && m.load("a") == 1 && m.take("b") == 2);
    CHECK(m.erase(stet::string("a")) && m.size() == 0);
}

void threads()
{
    constexpr int rounds = 20000;
    stet::live_map<int, int> numbers;
    stet::live_map<std::string, std::string> texts;
    std::vector<std::thread> all;
    for (int w = 0; w < 3; w++)
        all.emplace_back([&, w] {
            for (int i = 0; i < rounds; i++) {
                for (int old = numbers.load_or_store(i % 10, 0); !numbers.compare_and_swap(i % 10, old, old + 1);)
                    old = *numbers.load(i % 10);
                std::string key = "some key " + std::to_string(i % 50);
                if (i % 3 == w)
                    texts.erase(key);
                else
                    texts.store(key, key + key);
                if (auto text = texts.load(key); text && *text != key + key)
                    std::abort();
            }
        });
    for (auto &thread : all)
        thread.join();
    int sum = 0;
    for (auto [key, count] : numbers.snapshot())
        sum += count;
    CHECK(sum == 3 * rounds);
}

// Keys of std::string that are given as others, stored and looked up.
void texts()
{
    stet::live_map<std::string, int> m;
    std::string name = "a name that is longer than what fits";
    CHECK(m.store(std::string_view(name), 1) && !m.store(name, 1) && m.contains(name.c_str()));
    CHECK(m.load(std::string_view(name)) == 1 && !m.load("a name") && m.store("b", 2));
    CHECK(m.store(std::move(name), 3) && m.load_or_store("b", 4) == 2 && m.size() == 2);
    CHECK(m.erase(std::string_view("b")) && !m.erase("b"));
    for (int i = 0; i < 400; i++) { // a key that is not stored for want of memory is still the caller's
        const std::string right = "another name of some length " + std::to_string(i);
        std::string key = right;
        stet_pool_fault(1, 1000000);
        try {
            m.store(std::move(key), i);
        } catch (const std::bad_alloc &) {
            CHECK(key == right);
        }
        stet_pool_fault_end();
        m.store(right, i);
        CHECK(m.load(right) == i);
    }
    stet::sorted_map<std::string, int> sorted; // the first eight bytes of all keys are the same
    for (int i = 100; i < 900; i += 2)
        CHECK(sorted.set(std::string_view("some prefix " + std::to_string(i)), i));
    for (int i = 100; i < 898; i++) {
        std::string key = "some prefix " + std::to_string(i);
        std::string_view view = key;
        CHECK(sorted.contains(view) == (i % 2 == 0) && sorted.rank(view) == std::size_t(i - 99) / 2);
        CHECK(sorted.lower_bound(view)->second == (i + 1) / 2 * 2 && sorted.floor(key.c_str())->second == i / 2 * 2);
    }
    CHECK(sorted.erase(std::string_view("some prefix 100")) && sorted.begin()->second == 102);
}

} // namespace

int main()
{
    values<int>([](int i) { return i; });
    values<std::string>([](int i) { return "a key of some length " + std::to_string(i); });
    values<stet::string>([](int i) { return stet::string("a key of some length " + std::to_string(i)); });
    strings();
    threads();
    texts();
    stet_reclaim();
    return finish();
}
