// SPDX-License-Identifier: MIT
// std::map and absl::btree_map, and their sets. They have no versions.
#include <map>
#include <set>
#include <string>
#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>
#include <absl/strings/string_view.h>
#include "peers/mutable.h"
#include "rows/sorted.h"

namespace bench
{

namespace
{

// The key that is stored of one of the rows' keys.
template <class K> struct Stored {
    using type = K;
};
template <class Form> struct Stored<As<std::string, Form>> {
    using type = std::string;
};

// Its own orders: absl searches numbers in a faster way by std::less of their type than by std::less<>.
struct Absl {
    template <class P> static const P &as_key(const P &probe) { return probe; }
    template <class Form> static absl::string_view as_key(const As<std::string_view, Form> &probe)
    {
        return {probe.data(), probe.size()};
    }
    static constexpr const char *name = "absl";
    template <class K> using map = absl::btree_map<typename Stored<K>::type, std::uint64_t>;
    template <class K> using set = absl::btree_set<K>;
};

struct Std {
    template <class P> static const P &as_key(const P &probe) { return probe; }
    template <class Form> static std::string_view as_key(const As<std::string_view, Form> &probe) { return probe; }
    static constexpr const char *name = "std";
    template <class K> using map = std::map<typename Stored<K>::type, std::uint64_t, std::less<>>;
    template <class K> using set = std::set<K>;
};

template <class Peer, class K, class P> struct SortedMutable : MutableMap<Peer, K, P> {
    using map = typename Peer::template map<K>;
    using editor = map;

    static std::uint64_t walk(const map &m, const P &from, std::size_t n)
    {
        std::uint64_t total = 0;
        for (auto it = m.lower_bound(Peer::as_key(from)); it != m.end() && n-- > 0; ++it)
            total += it->second;
        return total;
    }
    static std::uint64_t with_prefix(const map &m, const P &prefix)
    {
        std::uint64_t total = 0;
        for (auto it = m.lower_bound(Peer::as_key(prefix)); it != m.end(); ++it) {
            if (it->first.compare(0, prefix.size(), prefix.data(), prefix.size()) != 0)
                break;
            total += it->second;
        }
        return total;
    }
    static map bulk(const K *keys, const std::uint64_t *values, std::size_t n)
    {
        map m;
        for (std::size_t i = 0; i < n; i++)
            m.emplace(keys[i], values[i]);
        return m;
    }
    static void append(editor &e, const K &key, std::uint64_t value) { e.emplace_hint(e.end(), key, value); }
    static map from_sorted(const K *keys, const std::uint64_t *values, std::size_t n)
    {
        map m;
        for (std::size_t i = 0; i < n; i++)
            append(m, keys[i], values[i]);
        return m;
    }
    static void erase_range(editor &e, const P &from, const P &to)
    {
        e.erase(e.lower_bound(Peer::as_key(from)), e.lower_bound(Peer::as_key(to)));
    }
};

template <class Peer> struct SortedMutableSet : MutableSet<Peer> {
    using map = typename Peer::template set<std::uint64_t>;
    static std::uint64_t walk(const map &m, std::uint64_t from, std::size_t n)
    {
        std::uint64_t total = 0;
        for (auto it = m.lower_bound(from); it != m.end() && n-- > 0; ++it)
            total += *it;
        return total;
    }
};

template <class Peer, class K, class P> void add_map(Rows &rows, const char *kind)
{
    SortedAdder<SortedMutable<Peer, K, P>>(rows, kind).order().reads().iteration().edits().bulk();
}

template <class Peer, class Form> void add_strings(Rows &rows)
{
    using Text = As<std::string_view, Form>;
    add_map<Peer, As<std::string, Form>, Text>(rows, Form::kind);
    SortedAdder<SortedMutable<Peer, As<std::string, Form>, Text>>(rows, Form::kind).prefixes();
}

template <class Peer> void add(Rows &rows)
{
    add_map<Peer, std::uint64_t, std::uint64_t>(rows, "sorted");
    SortedAdder<SortedMutable<Peer, std::uint64_t, std::uint64_t>> more(rows, "sorted");
    more.updates().algebra();
    more.sorted_build().template unions<false>().template ranges<false>();
    add_strings<Peer, Hex>(rows);
    add_strings<Peer, User>(rows);
    add_strings<Peer, Tie>(rows);
    add_map<Peer, Place, Place>(rows, "sorted-struct");
    SortedAdder<SortedMutableSet<Peer>>(rows, "sorted-set").order().reads().iteration().edits();
}

} // namespace

void add_absl_sorted(Rows &rows) { add<Absl>(rows); }
void add_std_sorted(Rows &rows) { add<Std>(rows); }

} // namespace bench
