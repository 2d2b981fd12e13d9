// SPDX-License-Identifier: MIT
// Maps and sets of stet.hpp: every kind of element, beside the containers of std.
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <tuple>
#include "support.h"

namespace
{

struct Point { // without == and std::hash: compared as bytes
    int x, y;
};
enum class Color : unsigned char { red, green };
struct Padded { // trivially copyable, with its own ==
    char c;
    double d;
    friend bool operator==(const Padded &a, const Padded &b) { return a.c == b.c && a.d == b.d; }
};
struct alignas(64) Wide { // aligned to more than a node is: boxed
    int n;
    friend bool operator==(const Wide &a, const Wide &b) { return a.n == b.n; }
};
struct Tree { // recursive
    int label = 0;
    stet::map<int, Tree> children;
    friend bool operator==(const Tree &a, const Tree &b) { return a.label == b.label && a.children == b.children; }
};

void values()
{
    stet::map<std::string, int> ages = {{"alice", 30}, {"bob", 25}, {"alice", 31}};
    stet::map before = ages;
    CHECK(before.identical(ages) && before == ages && before.size() == 2);
    CHECK(ages.set("carol", 41) && !ages.set("carol", 41) && ages.size() == 3 && before.size() == 2);
    CHECK(ages != before && !ages.identical(before));
    CHECK(!ages.insert("carol", 1) && ages.insert("dave", 1) && ages.at("carol") == 41);
    CHECK(ages.erase("dave") && !ages.erase("dave") && ages.contains("bob") && ages.count("dave") == 0);
    CHECK(ages.get("bob") == 25 && ages.get("nobody") == std::nullopt && ages.get_or("nobody", 7) == 7);
    CHECK(ages.find("nobody") == nullptr && *ages.find(std::string("bob")) == 25);
    CHECK(*ages.find(std::string_view("alice")) == 31);
    CHECK_THROWS(std::out_of_range, ages.at("nobody"));
    CHECK(ages.take("bob") == 25 && ages.take("bob") == std::nullopt && before.contains("bob"));
    stet::map<std::string, int> moved = std::move(ages);
    CHECK(ages.empty() && moved.size() == 2); // NOLINT: a collection that was moved from is empty
    ages = moved;
    ages = *&ages;
    CHECK(ages.identical(moved));
    swap(ages, before);
    CHECK(ages.size() == 2 && ages.contains("bob"));
    CHECK(ages.update("bob", [](const int *old) { return *old + 1; }) && ages.at("bob") == 26);
    CHECK(ages.update("eve", [](const int *old) { return old == nullptr ? 5 : 0; }) && ages.at("eve") == 5);
    const auto with = ages.with("x", 1);
    CHECK(with.size() == 4 && ages.size() == 3 && with.without("x") == ages &&
          stet::map(with).with("y", 2).size() == 5);
    ages.clear_later();
    CHECK(ages.empty());
    moved.clear();
    CHECK(moved.empty() && moved.begin() == moved.end());
}

void walks()
{
    stet::map<int, std::string> m;
    std::map<int, std::string> model;
    for (int i = 0; i < 1000; i++) {
        m.set(i * 7, std::to_string(i));
        model[i * 7] = std::to_string(i);
    }
    std::map<int, std::string> seen;
    for (const auto &[key, value] : m)
        seen.emplace(key, value);
    CHECK(seen == model);
    CHECK(m.begin()->second == model[m.begin()->first] && m.cbegin() != m.cend());
    CHECK(std::count_if(m.begin(), m.end(), [](const auto &entry) { return entry.first % 2 == 0; }) == 500);
    stet::set<int> s;
    for (auto [key, value] : m)
        s.insert(key);
    CHECK(s.size() == 1000 && std::all_of(s.begin(), s.end(), [&](int key) { return model.count(key) == 1; }));
    CHECK(stet::map<int, std::string>(model.begin(), model.end()) == m);
    CHECK(stet::map(m.begin(), m.end()) == m && std::map<int, std::string>(m.begin(), m.end()) == model);
    std::vector<std::pair<int, std::string>> copies(m.begin(), m.end());
    CHECK(copies.size() == 1000 && copies[0].second == std::get<1>(*m.begin()));
    CHECK(m.filter([](int key, const std::string &) { return key < 70; }) && m.size() == 10);
    CHECK(!m.filter([](int, const std::string &) { return true; }));
    CHECK(s.filter([](int key) { return key < 140; }) && s.size() == 20);
}

void algebra()
{
    stet::set<int> a = {1, 2, 3}, b = {3, 4};
    CHECK((a | b) == stet::set<int>{1, 2, 3, 4} && (a & b) == stet::set<int>{3} && (a - b) == stet::set<int>{1, 2});
    CHECK((a ^ b) == stet::set<int>{1, 2, 4} && (a & b).is_subset(a) && !a.is_subset(b));
    CHECK(!a.insert(3) && a.insert(9) && a.erase(9) && a.with(8).size() == 4 && a.without(1).size() == 2);
    int here = 0, there = 0;
    CHECK(a.diff(b, [&](int, bool in_a) { (in_a ? here : there)++; }) && here == 2 && there == 1);
    stet::map<int, int> m = {{1, 10}, {2, 20}}, n = m;
    n.set(2, 21);
    n.set(3, 30);
    int changes = 0;
    CHECK(m.diff(n, [&](const int &key, const int *x, const int *y) {
        changes++;
        CHECK(key == 2 ? *x == 20 && *y == 21 : key == 3 && x == nullptr && *y == 30);
    }));
    CHECK(changes == 2 && !m.diff(n, [](int, const int *, const int *) { return false; }));
    CHECK((m | n).at(2) == 20);
    m.trim();
    CHECK(std::hash<stet::set<int>>()(a) == std::hash<stet::set<int>>()(a.with(7).without(7)));
}

void kinds_of_elements()
{
    stet::map<Point, Padded> points;
    CHECK(points.set({1, 2}, {'a', 1}) && !points.set({1, 2}, {'a', 1}) && points.find({1, 2})->d > 0);
    stet::map<Color, const char *> colors = {{Color::red, "red"}};
    CHECK(colors.at(Color::red)[0] == 'r');
    stet::set<double> numbers = {0.0, -0.0, 1.5};
    CHECK(numbers.size() == 3);
    stet::map<std::tuple<int>, int> *none = nullptr; // std::hash is asked for where a key is used
    CHECK(none == nullptr);
    stet::map<int, Wide> wide;
    for (int i = 0; i < 100; i++)
        wide.set(i, Wide{i});
    for (const auto &[key, value] : wide)
        CHECK(value.n == key && reinterpret_cast<std::uintptr_t>(&value) % 64 == 0);
    stet::map<int, std::unique_ptr<int>> owned; // cannot be copied
    CHECK(owned.set(1, std::make_unique<int>(7)) && **owned.find(1) == 7 && owned.erase(1));
    stet::map<int, std::vector<std::string>> rows = {{1, {"a", "b"}}};
    CHECK(rows.at(1)[1] == "b");
    stet::map<stet::set<int>, stet::map<int, int>> nested;
    CHECK(nested.set({1, 2}, {{3, 4}}) && nested.find(stet::set<int>{2, 1})->at(3) == 4);
    auto taken = nested.take({2, 1});
    CHECK(taken && taken->at(3) == 4 && nested.empty());
    Tree tree;
    tree.children.set(1, Tree{2, {}});
    Tree copy = tree;
    copy.children.set(1, Tree{3, tree.children});
    CHECK(tree.children.at(1).label == 2 && copy.children.at(1).children.at(1).label == 2 && !(copy == tree));
}

void strings()
{
    stet::string a = "short", b = std::string(100, 'x'), c = b;
    CHECK(a.size() == 5 && a == "short" && b == c && b.view() == c.view() && a < b && a != b && stet::string().empty());
    c = a;
    CHECK(c == a && std::string_view(c) == "short" && stet::string(std::move(b)).size() == 100);
    stet::map<stet::string, stet::string> m = {{"k", "v"}, {std::string(50, 'k'), "w"}};
    CHECK(m.at("k") == "v" && m.at(std::string(50, 'k')) == "w" && m.contains(a) == false);
    CHECK(m.set(a, "s") && m.set("short", "t") && m.get(a) == stet::string("t") && m.erase(std::string_view("short")));
    auto taken = m.take(std::string(50, 'k'));
    CHECK(taken && *taken == "w" && m.size() == 1);
    stet::set<stet::string> s = {"a", "b"};
    CHECK(s.contains("a") && !s.contains(std::string_view("abc").substr(0, 2)) && s.contains(std::string("b")));
}

void counts()
{
    {
        stet::map<Counted, Counted> m;
        for (int i = 0; i < 500; i++)
            m.set(Counted(i), Counted(i));
        CHECK(Counted::copies == 0 && Counted::alive == 1000 && m.size() == 500);
        stet::map copy = m;
        for (int i = 0; i < 500; i += 2)
            CHECK(m.erase(Counted(i)));
        CHECK(Counted::copies == 0 && copy.size() == 500 && copy.find(Counted(2))->number == 2);
        copy.clear();
        CHECK(Counted::alive == 500);
        Counted key(1000);
        CHECK(m.set(key, Counted(1)) && Counted::copies == 1);
        CHECK(m.set(key, Counted(2)) && Counted::copies == 1); // the key is there
        CHECK(m.take(key)->number == 2 && Counted::copies == 1);
        copy = m;
        CHECK(copy.take(Counted(1))->number == 1 && Counted::copies == 2); // m has it, too
        const auto old = m;
        Counted::throws = true;
        CHECK_THROWS(std::runtime_error, m.set(key, Counted(1)));
        CHECK_THROWS(std::runtime_error, m.get(Counted(1)));
        Counted::throws = false;
        CHECK_THROWS(std::runtime_error,
                     m.filter([](const Counted &, const Counted &) -> bool { throw std::runtime_error("f"); }));
        CHECK_THROWS(std::runtime_error, m.diff({}, [](const auto &, auto, auto) { throw std::runtime_error("f"); }));
        CHECK(m == old);
    }
    CHECK(Counted::alive == 0);
}

void no_memory()
{
    stet::map<int, int> m;
    for (int i = 0; i < 100; i++)
        m.set(i, i);
    const auto old = m;
    stet_pool_fault(1, 1000000);
    CHECK_THROWS(std::bad_alloc, m.set(1000, 1));
    CHECK_THROWS(std::bad_alloc, m.with(1000, 1));
    CHECK_THROWS(std::bad_alloc, m.filter([](int key, int) { return key < 3; }));
    CHECK_THROWS(std::bad_alloc, stet::string(std::string(100, 'x')));
    stet_pool_fault_end();
    CHECK(m == old);
}

void random_calls()
{
    std::mt19937 draw(1);
    stet::map<std::string, Counted> m;
    std::map<std::string, int> model;
    std::vector<std::pair<stet::map<std::string, Counted>, std::map<std::string, int>>> versions;
    for (int i = 0; i < 20000; i++) {
        std::string key = "key number " + std::to_string(draw() % 500);
        int value = int(draw() % 10);
        if (draw() % 3 != 0) {
            CHECK(m.set(key, Counted(value)) == (model.count(key) == 0 || model[key] != value));
            model[key] = value;
        } else {
            CHECK(m.contains(std::string_view(key)) == (model.count(key) == 1));
            CHECK(m.erase(std::string_view(key)) == (model.erase(key) == 1));
        }
        if (i % 1000 == 0)
            versions.emplace_back(m, model);
    }
    versions.emplace_back(m, model);
    for (const auto &[version, entries] : versions) {
        CHECK(version.size() == entries.size());
        for (const auto &[key, value] : entries)
            CHECK(version.at(key).number == value);
    }
}

// Many keys at once, in each kind of map and set.
template <class Map> void many()
{
    Map m = {{3, 1}, {1, 1}, {3, 2}};
    const Map before = m;
    CHECK(m.size() == 2 && m.at(3) == 2 && m.at(1) == 1);
    m.set_range({{1, 5}, {2, 6}});
    CHECK(m.size() == 3 && m.at(1) == 5 && before.at(1) == 1 && before.size() == 2);
    stet_pool_fault(1, 1000000);
    CHECK_THROWS(std::bad_alloc, (m.set_range({{7, 7},
                                               {8, 8},
                                               {9, 9},
                                               {10, 10},
                                               {11, 11},
                                               {12, 12},
                                               {13, 13},
                                               {14, 14},
                                               {15, 15},
                                               {16, 16},
                                               {17, 17},
                                               {18, 18},
                                               {19, 19},
                                               {20, 20}}),
                                  true));
    stet_pool_fault_end();
    CHECK(m.size() == 3 && !m.contains(7));
    CHECK(erase_if(m, [](const auto &entry) { return entry.first == 1 || entry.second == 6; }) == 2);
    CHECK(m.size() == 1 && m.contains(3) && erase_if(m, [](const auto &) { return false; }) == 0);
}
template <class Set> void many_keys()
{
    Set s = {5, 1, 5};
    CHECK(s.size() == 2);
    std::vector<int> more = {7, 5, 9};
    s.insert_range(more.begin(), more.end());
    CHECK(s.size() == 4 && s.contains(9) && s.contains(1));
    CHECK(erase_if(s, [](int key) { return key > 5; }) == 2 && s == Set({1, 5}));
}
void many_of_each()
{
    many<stet::map<int, int>>();
    many<stet::sorted_map<int, int>>();
    many_keys<stet::set<int>>();
    many_keys<stet::sorted_set<int>>();
    stet::map<bool, int> few = {{true, 1}, {false, 2}, {true, 3}};
    CHECK(few.size() == 2 && few.at(true) == 3);
    stet::map<std::string, Counted> boxed;
    boxed.set_range({{"a", Counted(1)}, {"b", Counted(2)}, {"a", Counted(3)}});
    CHECK(boxed.size() == 2 && boxed.at("a").number == 3);
    stet::list<int> l = {1, 2, 3, 4};
    CHECK(erase_if(l, [](int n) { return n % 2 == 0; }) == 2 && l == stet::list<int>({1, 3}));
}

// Pairs and tuples, which std does not hash.
void pairs()
{
    stet::map<std::pair<int, std::string>, int> m;
    CHECK(m.set(std::pair(1, std::string("a")), 2) && m.set(std::pair(2, std::string("a")), 3));
    CHECK(m.at(std::pair(1, std::string("a"))) == 2 && !m.contains(std::pair(1, std::string("b"))));
    stet::set<std::tuple<int, std::pair<long, char>, std::string>> s;
    for (int i = 0; i < 200; i++)
        CHECK(s.insert(std::tuple(i % 10, std::pair(long(i / 10), 'c'), std::string("x"))));
    CHECK(s.size() == 200 && s.contains(std::tuple(9, std::pair(19L, 'c'), std::string("x"))));
    using pair = std::pair<int, int>;
    CHECK(stet::detail::hash_of(pair(1, 2), 7) != stet::detail::hash_of(pair(2, 1), 7));
}

// Contents as text.
template <class C> std::string dumped(const C &collection, std::size_t most)
{
    std::ostringstream to;
    stet::dump(to, collection, most) << '\n';
    return to.str();
}
void dumps()
{
    stet::sorted_map<std::string, stet::list<int>> m = {{"a", {1, 2, 3}}, {"b", {}}};
    CHECK(dumped(m, 10) == "\"a\": {1, 2, 3}, \"b\": {}\n");
    CHECK(dumped(m, 1) == "\"a\": {1, 2, 3}, ... 1 more\n" && dumped(m, 0) == "... 2 more\n");
    stet::list<int> ten = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    stet::list<stet::list<stet::list<stet::list<stet::list<int>>>>> deep = {{{{ten}}}};
    CHECK(dumped(deep, 1) == "{{{...}}}\n");
    CHECK(dumped(stet::list<stet::list<int>>{ten}, 1) == "{0, 1, 2, 3, 4, 5, 6, 7, ... 2 more}\n");
    CHECK(dumped(stet::list<Point>{Point{1, 2}}, 1) == "?\n");
    stet::map<std::pair<int, std::string>, stet::list<std::tuple<int, bool>>> parts;
    parts.set(std::pair(1, std::string("a")), stet::list<std::tuple<int, bool>>{{2, true}});
    CHECK(dumped(parts, 9) == "(1, \"a\"): {(2, 1)}\n");
    CHECK(dumped(stet::sorted_set<stet::string>{"x"}, 9) == "\"x\"\n");
}

} // namespace

int main()
{
    many_of_each();
    pairs();
    dumps();
    values();
    walks();
    algebra();
    kinds_of_elements();
    strings();
    Counted::copies = 0;
    counts();
    no_memory();
    random_calls();
    return finish();
}
