// SPDX-License-Identifier: MIT
// stet's sorted maps and sets.
#include <stet/sorted_fold.h>
#include "peers/stet.h"
#include "rows/sorted.h"

namespace bench
{

inline Place as_c(const Place &key) { return key; }

namespace
{

inline std::uint64_t place_hash(const Place *p, std::uint64_t) { return p->book; }
inline bool place_equal(const Place *a, const Place *b) { return a->shelf == b->shelf && a->book == b->book; }
inline int place_compare(const Place *a, const Place *b) { return *a < *b ? -1 : *b < *a; }
STET_TYPE_ORDERED(place_type, Place, place_hash, place_equal, place_compare);

STET_SORTED_MAP(u64_sorted, std::uint64_t, std::uint64_t, stet_u64, stet_u64)
STET_SORTED_MAP(str_sorted, stet_str, std::uint64_t, stet_str_type, stet_u64)
STET_SORTED_MAP(place_sorted, Place, std::uint64_t, place_type, stet_u64)
inline std::uint64_t value_of(const std::uint64_t *, const std::uint64_t *value) { return *value; }
inline std::uint64_t both(std::uint64_t a, std::uint64_t b) { return a + b; }
STET_SORTED_MAP_FOLDED(u64_folded, std::uint64_t, std::uint64_t, stet_u64, stet_u64, std::uint64_t, value_of, both)
STET_SORTED_SET(sorted_numbers, std::uint64_t, stet_u64)

#define SORTED_OPS(name)                                    \
    static constexpr auto ceiling = name##_ceiling;         \
    static constexpr auto append = name##_append;           \
    static constexpr auto from_sorted = name##_from_sorted; \
    static constexpr auto rank = name##_rank;               \
    static constexpr auto cursor_at = name##_cursor_at;     \
    static constexpr auto erase_range = name##_erase_range; \
    static constexpr auto split = name##_split;             \
    static constexpr auto join = name##_join;               \
    static constexpr auto range_each = name##_range_each

#define SORTED_MAP_OPS(name, K, V) \
    struct name##_ops {            \
        BENCH_MAP_OPS(name, K, V); \
        SORTED_OPS(name);          \
    }

SORTED_MAP_OPS(u64_sorted, std::uint64_t, std::uint64_t);
SORTED_MAP_OPS(str_sorted, stet_str, std::uint64_t);
SORTED_MAP_OPS(u64_folded, std::uint64_t, std::uint64_t);
SORTED_MAP_OPS(place_sorted, Place, std::uint64_t);
struct sorted_numbers_ops {
    BENCH_SET_OPS(sorted_numbers);
    SORTED_OPS(sorted_numbers);
};

// The fastest traversal is that by runs.
template <class Ops, class K> struct SortedMap : StetMap<Ops, K> {
    using map = Handle<Ops>;
    using editor = map;
    using ckey = typename Ops::key;

    static std::uint64_t sum(const map &m)
    {
        std::uint64_t total = 0;
        Ops::range_each(
            &m.c, nullptr, nullptr,
            [](void *into, const ckey *, const std::uint64_t *values, std::size_t n) {
                std::uint64_t some = 0;
                for (std::size_t i = 0; i < n; i++)
                    some += values[i];
                *static_cast<std::uint64_t *>(into) += some;
                return true;
            },
            &total);
        return total;
    }
    static std::uint64_t walk(const map &m, const K &from, std::size_t n)
    {
        std::uint64_t total = 0;
        for (auto it = Ops::ceiling(&m.c, as_c(from)); it.key != nullptr && n-- > 0; Ops::next(&it))
            total += *it.value;
        return total;
    }
    static void append(editor &e, const K &key, std::uint64_t value) { must(Ops::append(&e.c, as_c(key), value)); }
    static map from_sorted(const K *keys, const std::uint64_t *values, std::size_t n)
    {
        map out;
        must(Ops::from_sorted(as_array<ckey>(keys), values, n, &out.c));
        return out;
    }
    static std::size_t rank(const map &m, const K &key) { return Ops::rank(&m.c, as_c(key)); }
    static std::uint64_t at(const map &m, std::size_t i) { return *Ops::cursor_at(&m.c, i).value; }
    static void erase_range(editor &e, const K &from, const K &to)
    {
        ckey a = as_c(from), b = as_c(to);
        must(Ops::erase_range(&e.c, &a, &b));
    }
    static std::pair<map, map> split(const map &m, const K &key)
    {
        std::pair<map, map> both(m, map());
        must(Ops::split(&both.first.c, as_c(key), &both.second.c));
        return both;
    }
    static void split_join(editor &e, const K &key)
    {
        map back;
        must(Ops::split(&e.c, as_c(key), &back.c));
        must(Ops::join(&e.c, &back.c));
    }
};

template <class Ops, class K> struct ByLoop : SortedMap<Ops, K> {
    static constexpr const char *name = "stet-loop";
    static std::uint64_t sum(const Handle<Ops> &m)
    {
        std::uint64_t total = 0;
        for (auto it = Ops::first(&m.c); it.key != nullptr; Ops::next(&it))
            total += *it.value;
        return total;
    }
};
template <class Ops, class K> struct ByFold : SortedMap<Ops, K> {
    static constexpr const char *name = "stet-fold";
    static std::uint64_t sum(const Handle<Ops> &m) { return StetMap<Ops, K>::sum(m); }
};

// Sums of ranges: by folds, and by a walk over all entries of the range.
struct Folded : SortedMap<u64_folded_ops, std::uint64_t> {
    static std::uint64_t range_sum(const map &m, std::uint64_t from, std::uint64_t to)
    {
        std::uint64_t sum = 0;
        u64_folded_fold_range(&m.c, &from, &to, &sum);
        return sum;
    }
};
struct Walked : SortedMap<u64_sorted_ops, std::uint64_t> {
    static constexpr const char *name = "stet-runs";
    static std::uint64_t range_sum(const map &m, std::uint64_t from, std::uint64_t to)
    {
        std::uint64_t sum = 0;
        u64_sorted_range_each(
            &m.c, &from, &to,
            [](void *into, const std::uint64_t *, const std::uint64_t *values, std::size_t n) {
                for (std::size_t i = 0; i < n; i++)
                    *static_cast<std::uint64_t *>(into) += values[i];
                return true;
            },
            &sum);
        return sum;
    }
};

// Strings are looked up by their bytes, as everybody does.
template <class Form> struct ByBytes : SortedMap<str_sorted_ops, As<Str, Form>> {
    using map = Handle<str_sorted_ops>;
    using probe = As<std::string_view, Form>;
    static std::uint64_t get(const map &m, const probe &key)
    {
        const std::uint64_t *found = str_sorted_get_bytes(&m.c, key.data(), key.size());
        return found ? *found : 0;
    }
    static std::uint64_t walk(const map &m, const probe &from, std::size_t n)
    {
        std::uint64_t total = 0;
        for (auto it = str_sorted_ceiling_bytes(&m.c, from.data(), from.size()); it.key != nullptr && n-- > 0;
             str_sorted_next(&it))
            total += *it.value;
        return total;
    }
    static std::uint64_t with_prefix(const map &m, const probe &prefix)
    {
        std::uint64_t total = 0;
        std::size_t first, n = str_sorted_prefix_bytes(&m.c, prefix.data(), prefix.size(), &first);
        for (auto it = str_sorted_cursor_at(&m.c, first); n-- > 0; str_sorted_next(&it))
            total += *it.value;
        return total;
    }
    static std::size_t rank(const map &m, const probe &key)
    {
        return str_sorted_rank_bytes(&m.c, key.data(), key.size());
    }
};
template <class Form> struct ByKey : SortedMap<str_sorted_ops, As<Str, Form>> {
    static constexpr const char *name = "stet-key";
};

struct SortedSet : StetSet<sorted_numbers_ops> {
    static std::uint64_t walk(const map &m, key from, std::size_t n)
    {
        std::uint64_t total = 0;
        for (auto it = sorted_numbers_ceiling(&m.c, from); it.key != nullptr && n-- > 0; sorted_numbers_next(&it))
            total += *it.key;
        return total;
    }
};

template <class Form> void add_strings(Rows &rows)
{
    SortedAdder<ByBytes<Form>>(rows, Form::kind).persistent().ranks().prefixes().bulk();
    SortedAdder<ByKey<Form>>(rows, Form::kind).reads();
}

} // namespace

void add_stet_sorted(Rows &rows)
{
    using U64 = SortedMap<u64_sorted_ops, std::uint64_t>;
    SortedAdder<U64> u64(rows, "sorted");
    u64.persistent_map().bulk().many();
    u64.order().more_versions().sorted_build().ranks().unions<true>().ranges<true>().splits();
    SortedAdder<ByLoop<u64_sorted_ops, std::uint64_t>>(rows, "sorted").iteration();
    SortedAdder<ByFold<u64_sorted_ops, std::uint64_t>>(rows, "sorted").iteration();

    SortedAdder<Folded> folded(rows, "sorted-folded");
    folded.persistent_map();
    folded.more_versions().splits().sums();
    SortedAdder<Walked>(rows, "sorted-folded").sums();

    add_strings<Hex>(rows);
    add_strings<User>(rows);
    add_strings<Tie>(rows);
    SortedAdder<SortedMap<place_sorted_ops, Place>>(rows, "sorted-struct").persistent().ranks().bulk();
    SortedAdder<SortedSet>(rows, "sorted-set").order().reads().iteration().edits().versions();
}

} // namespace bench
