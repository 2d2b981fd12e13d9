// SPDX-License-Identifier: MIT
// stet::atom: values, exceptions, and threads that read while others write.
#include <thread>
#include "support.h"

namespace
{

using Numbers = stet::map<std::string, int>;

void values()
{
    stet::atom<Numbers> a;
    CHECK(a.acquire()->empty());
    auto version = a.version();
    a.store({{"a", 1}});
    CHECK(a.acquire()->at("a") == 1 && a.version() > version && a.wait(version, 0) && version == a.version());
    CHECK(!a.wait(version, 1));
    CHECK(a.update([](Numbers &m) { m.set("b", 2); }) && a.snapshot().size() == 2);
    CHECK(!a.update([](Numbers &m) { m.set("b", 2); }) && a.version() == version + 1); // no change
    CHECK(!a.update([](Numbers &m) {
        m.set("c", 3);
        return false;
    }));
    CHECK_THROWS(std::runtime_error, a.update([](Numbers &m) {
        m.set("c", 3);
        throw std::runtime_error("update");
    }));
    CHECK(a.snapshot().size() == 2);
    auto old = a.exchange({});
    CHECK(old.size() == 2 && a.acquire()->empty());
    {
        auto now = a.acquire();
        CHECK(a.compare_and_swap(now, old) && a.snapshot() == old && now->empty());
        CHECK(!a.compare_and_swap(now, {}) && a.snapshot() == old);
        auto moved = std::move(now);
        CHECK(moved.version() + 1 == a.version());
    }
    stet::atom<stet::list<Counted>> l(stet::list<Counted>{});
    l.update([](auto &list) { list.push_back(Counted(1)); });
    l.update([](auto &list) { list.pop_back(); });
}

void threads()
{
    constexpr int writers = 3, rounds = 2000;
    stet::atom<stet::map<int, int>> a({{0, 0}, {-1, 0}});
    std::vector<std::thread> all;
    for (int w = 0; w < writers; w++)
        all.emplace_back([&] {
            for (int i = 0; i < rounds; i++)
                a.update([](auto &m) {
                    m.set(0, m.at(0) + 1);
                    m.set(-1, m.at(-1) - 1);
                });
        });
    bool torn = false;
    for (int last = 0; last < writers * rounds;) {
        auto now = a.acquire();
        torn = torn || now->at(0) != -now->at(-1) || now->at(0) < last;
        last = now->at(0);
    }
    for (auto &thread : all)
        thread.join();
    CHECK(!torn && a.acquire()->at(0) == writers * rounds);
}

} // namespace

int main()
{
    values();
    threads();
    return finish();
}
