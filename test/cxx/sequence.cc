// SPDX-License-Identifier: MIT
// Sorted maps and sets, and lists, of stet.hpp, beside the containers of std.
#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include "support.h"
#if __cplusplus >= 202002L
#    include <ranges>

static_assert(std::random_access_iterator<stet::list<int>::iterator>);
static_assert(std::ranges::random_access_range<stet::list<std::string>>);
static_assert(std::bidirectional_iterator<stet::sorted_set<int>::iterator>);
static_assert(std::ranges::forward_range<stet::set<std::string>>);
static_assert(std::ranges::forward_range<stet::map<std::string, std::vector<int>>>);
static_assert(std::ranges::bidirectional_range<stet::sorted_map<int, int>>);
#endif

namespace
{

// Classes that hold collections of themselves, as elements and as keys.
struct Branch {
    int number = 0;
    stet::list<Branch> branches;
    stet::sorted_map<std::string, Branch> names;
};
struct Family {
    int number = 0;
    stet::set<Family> members;
    friend bool operator==(const Family &a, const Family &b) { return a.number == b.number && a.members == b.members; }
};
static_assert(sizeof(stet::map<int, Branch>) == 16 && std::is_nothrow_copy_constructible_v<stet::list<Branch>> &&
              std::is_nothrow_move_constructible_v<stet::sorted_set<Family>>);

} // namespace

template <> struct std::hash<Family> {
    std::size_t operator()(const Family &f) const noexcept { return f.members.hash() + std::size_t(f.number); }
};

namespace
{

template <class M, class K, class V> bool same(const M &m, const std::map<K, V> &model)
{
    return m.size() == model.size() &&
           std::equal(m.begin(), m.end(), model.begin(), model.end(),
                      [](const auto &a, const auto &b) { return a.first == b.first && a.second == b.second; });
}

// make(i) is the i-th key, in order.
template <class K, class F> void sorted_maps(F make)
{
    std::mt19937 draw(2);
    stet::sorted_map<K, int> m;
    std::map<K, int> model;
    for (int i = 0; i < 3000; i++) {
        K key = make(int(draw() % 1000));
        if (draw() % 4 != 0) {
            m.set(key, i);
            model[key] = i;
        } else {
            CHECK(m.erase(key) == (model.erase(key) == 1));
        }
    }
    CHECK(same(m, model));
    for (int i = 0; i < 1000; i += 37) {
        K key = make(i);
        auto lower = model.lower_bound(key), upper = model.upper_bound(key);
        auto at = [&](auto it, auto expected) {
            return expected == model.end() ? it == m.end() : it->first == expected->first;
        };
        CHECK(at(m.lower_bound(key), lower) && at(m.upper_bound(key), upper));
        CHECK(at(m.floor(key), upper == model.begin() ? model.end() : std::prev(upper)));
        CHECK(at(m.below(key), lower == model.begin() ? model.end() : std::prev(lower)));
        CHECK(m.rank(key) == std::size_t(std::distance(model.begin(), lower)));
        CHECK(same(m.head(key), std::map<K, int>(model.begin(), lower)));
        CHECK(same(m.tail(key), std::map<K, int>(lower, model.end())));
        CHECK(same(m.slice(key, make(i + 100)), std::map<K, int>(lower, model.lower_bound(make(i + 100)))));
        CHECK(m.nth(m.rank(key)) == m.lower_bound(key));
    }
    CHECK(m.nth(m.size()) == m.end() && m.slice(make(5), make(3)).empty());
    CHECK(std::equal(m.rbegin(), m.rend(), model.rbegin(), [](auto a, auto b) { return a.first == b.first; }));
    const auto before = m;
    CHECK(m.erase_range(make(100), make(200)) == before.slice(make(100), make(200)).size());
    CHECK(m.erase_range(make(100), make(200)) == 0);
    CHECK((m | before) == before && (before - m) == before.slice(make(100), make(200)));
    CHECK(before.slice_at(10, 20).begin()->first == before.nth(10)->first && before.slice_at(0, 99999) == before);
    stet::map<stet::sorted_map<K, int>, int> nested = {{before, 1}};
    CHECK(nested.at(before) == 1 && nested.find(m) == nullptr);
}

void sorted_sets()
{
    stet::sorted_set<std::string> s = {"b", "a", "c"};
    CHECK(*s.begin() == "a" && *s.rbegin() == "c" && s.contains("b") && *s.lower_bound(std::string_view("bb")) == "c");
    CHECK(!s.insert("a") && s.insert("aa") && std::is_sorted(s.begin(), s.end()) && s.rank("b") == 2);
    auto it = s.end();
    CHECK(*--it == "c" && *--it == "b" && *it-- == "b" && *it++ == "aa" && it->size() == 1);
    stet::sorted_set<stet::string> t = {"b", "a", "c"};
    CHECK(t.floor("bz")->view() == "b" && t.erase("a") && t.slice("b", "c").size() == 1 && *t.begin() == "b");
    stet::sorted_set<double> numbers = {1.5, -0.0, 0.0, -7};
    CHECK(numbers.size() == 4 && *numbers.begin() < -1);
}

void sorted_counts()
{
    {
        stet::sorted_map<Counted, Counted> m;
        for (int i = 0; i < 300; i++)
            m.set(Counted(i * 7 % 300), Counted(i));
        CHECK(Counted::copies == 0 && Counted::alive == 600);
        const auto old = m;
        CHECK(m.erase_range(Counted(10), Counted(290)) == 280);
        CHECK(Counted::alive == 600);
        CHECK(m.take(Counted(5)) && Counted::copies == 1);
        Counted::throws = true;
        Counted key(5);
        CHECK_THROWS(std::runtime_error, m.set(key, key));
        Counted::throws = false;
        CHECK(m.size() == 19 && old.size() == 300);
    }
    CHECK(Counted::alive == 0);
}

void lists()
{
    std::vector<int> model(5000);
    std::iota(model.begin(), model.end(), 0);
    stet::list<int> l(model.begin(), model.end());
    CHECK(std::equal(l.begin(), l.end(), model.begin(), model.end()) && l[4999] == 4999 && l.at(17) == 17);
    CHECK(std::equal(l.rbegin(), l.rend(), model.rbegin()));
    CHECK(l.end() - l.begin() == 5000 && l.begin()[1234] == 1234 && *(l.begin() + 77) == 77 && *(l.end() - 1) == 4999);
    CHECK(*std::lower_bound(l.begin(), l.end(), 4321) == 4321);
    CHECK_THROWS(std::out_of_range, l.at(5000));
    CHECK_THROWS(std::out_of_range, l.set(5000, 1));
    CHECK_THROWS(std::out_of_range, l.slice(3, 2));
    CHECK_THROWS(std::out_of_range, l.insert(5001, 1));
    CHECK_THROWS(std::out_of_range, stet::list<int>().back());
    const auto old = l;
    CHECK(l.set(10, -1) && !l.set(10, -1) && old[10] == 10 && l.front() == 0 && l.back() == 4999);
    l.insert(10, 99);
    CHECK(l[10] == 99 && l[11] == -1 && l.size() == 5001);
    l.erase(10);
    l.set(10, 10);
    CHECK(l == old && !l.identical(old));
    l.push_front(-1);
    CHECK(l.pop_front() == -1 && l.pop_back() == 4999 && l.size() == 4999 &&
          stet::list<int>().pop_back() == std::nullopt);
    auto twice = old + old;
    CHECK(twice.size() == 10000 && twice[5000] == 0 && twice.slice(5000, 10000) == old);
    CHECK(twice.begin() != twice.begin() + 5000 && twice.begin() < twice.begin() + 5000);
    twice.erase(100, 9900);
    twice.splice(50, 60, {7, 7});
    twice.insert_list(0, {1});
    CHECK(twice.size() == 193 && twice[0] == 1 && twice[51] == 7);
    twice.sort();
    CHECK(std::is_sorted(twice.begin(), twice.end()));
    twice.reverse();
    CHECK(twice.front() == 4999 && twice.with(0, 1).front() == 1 && twice.with_back(3).back() == 3);
    CHECK(twice.without(0).size() == 192);
    CHECK(twice.filter([](int n) { return n < 50; }) && twice.front() < 50);
    stet::set<stet::list<int>> lists = {{1, 2}, {2, 1}, {1, 2}};
    CHECK(lists.size() == 2 && lists.contains({2, 1}));
    stet::list<stet::list<std::string>> table = {{"a", "b"}, {}};
    CHECK(table[0][1] == "b" && table[1].empty() && table.pop_back()->empty());
}

void list_counts()
{
    {
        stet::list<Counted> l;
        for (int i = 0; i < 1000; i++)
            l.push_back(Counted(999 - i));
        CHECK(Counted::copies == 0 && Counted::alive == 1000);
        l.sort();
        CHECK(l[3].number == 3 && Counted::copies == 0);
        auto copy = l;
        CHECK(copy.pop_back()->number == 999 && Counted::copies == 1);
        l.clear();
        CHECK(copy.pop_back()->number == 998 && Counted::copies == 1);
        CHECK(Counted::alive == 998);
        Counted one(1);
        Counted::throws = true;
        CHECK_THROWS(std::runtime_error, (copy.push_back(one), 0));
        CHECK_THROWS(std::runtime_error, copy.set(0, one));
        Counted::throws = false;
        CHECK_THROWS(std::runtime_error, copy.filter([](const Counted &) -> bool { throw std::runtime_error("f"); }));
        CHECK(copy.size() == 998);
        stet::list<int> numbers;
        for (int i = 0; i < 100; i++)
            numbers.push_back(i);
        stet_pool_fault(1, 1000000);
        CHECK_THROWS(std::bad_alloc, numbers.with(3, 7));
        CHECK_THROWS(std::bad_alloc, numbers + numbers);
        stet_pool_fault_end();
        CHECK(numbers.size() == 100);
    }
    CHECK(Counted::alive == 0);
}

void recursive()
{
    Branch a;
    a.branches.push_back(Branch{1, {}, {}});
    Branch b = a;
    b.branches.push_back(a);
    b.names.set("a", a);
    CHECK(b.branches[1].branches[0].number == 1 && a.branches.size() == 1 && b.names.at("a").branches.size() == 1);
    Family f, g;
    f.members.insert(Family());
    g = f;
    g.members.insert(f);
    CHECK(g.members.size() == 2 && g.members.contains(f) && !f.members.contains(f));
    Branch deep; // is destroyed on a stack of bounded size
    for (int i = 0; i < 100000; i++) {
        Branch up;
        up.branches.push_back(std::move(deep));
        deep = std::move(up);
    }
    CHECK(deep.branches.size() == 1);
}

} // namespace

int main()
{
    recursive();
    sorted_maps<int>([](int i) { return i; });
    sorted_maps<std::string>([](int i) { return "some prefix " + std::to_string(10000 + i); });
    sorted_sets();
    sorted_counts();
    lists();
    Counted::copies = 0;
    list_counts();
    return finish();
}
