/* SPDX-License-Identifier: MIT */
/*
 * stet/sorted_fold.h - sorted maps and sets that keep folds: sums, counts, minima or the like, of any range in O(log
 * n).
 *
 *     struct traffic { uint64_t bytes, largest; };
 *
 *     static struct traffic traffic_of(const int64_t *when, const struct request *r)
 *     {
 *         return (struct traffic){r->bytes, r->bytes};
 *     }
 *     static struct traffic traffic_both(struct traffic a, struct traffic b)
 *     {
 *         return (struct traffic){a.bytes + b.bytes, a.largest > b.largest ? a.largest : b.largest};
 *     }
 *     STET_SORTED_MAP_FOLDED(history, int64_t, struct request, stet_i64, request_type, struct traffic, traffic_of,
 *                            traffic_both)
 *
 *     struct traffic t;
 *     if (history_fold_range(&h, &monday, &tuesday, &t)) // false: there are no entries in the range
 *         show(t.bytes, t.largest);
 *
 * A fold is the combination of the values that `lift` returns for some entries, in the order of their keys. `combine`
 * must be associative: combine(a, combine(b, c)) equals combine(combine(a, b), c). It need not be commutative, and
 * needs no neutral element, for there is no fold of no entries. (Sums of floating-point numbers are associative up to
 * rounding, and so differ by it between versions of other shapes.) The results of `lift` and `combine` must depend on
 * nothing but their arguments: they are kept, and shared by all versions that have the entries. Both functions are
 * called when a fold is wanted, never while a map changes. They may call any function of the library for other
 * collections, and must not fail.
 *
 * Everything else is as without folds. Write to a value that name_edit() lends before you next fold the map.
 *
 * Threads: as for functions that read. Threads that at once fold versions with common nodes may each call lift and
 * combine for the same entries; one of them stores the result.
 *
 * Memory: sizeof(T) for each leaf (some 30 entries), and 16 bytes for each inner node. Cost: an update also clears one
 * bit on each level. A fold of entries that have not changed since the last fold costs O(log n) calls of lift and
 * combine, with a base of 32; an update adds O(log n) to the fold after it; the first fold of a collection visits all
 * entries.
 */
#ifndef STET_SORTED_FOLD_H
#define STET_SORTED_FOLD_H

#include <stet/sorted_set.h>

/*
 * Defines the type `name` and its functions: those of STET_SORTED_MAP (sorted_map.h), and the ones below.
 *
 *     STET_SORTED_MAP_FOLDED(name, K, V, ktype, vtype, T, lift, combine)
 *     STET_SORTED_MAP_FOLDED(name, K, V, T, lift, combine)                  K and V are one word each, as in STET_MAP
 *
 * T is the type of a fold, of up to 64 bytes, which is copied as bytes. lift is T lift(K const *key, V const *value),
 * combine is T combine(T first, T second); they are functions or macros.
 */
#define STET_SORTED_MAP_FOLDED(name, ...) \
    STET_PASTE_(STET_SORTED_MAP_FOLDED, STET_FORM_OF_FOLDED_PAIRS_(__VA_ARGS__))(name, __VA_ARGS__)

/* The second of two steps, after STET_SORTED_MAP_DECLARE. */
#define STET_SORTED_MAP_FOLDED_DEFINE(name, ...) \
    STET_PASTE_(STET_SORTED_MAP_FOLDED_DEFINE, STET_FORM_OF_FOLDED_PAIRS_(__VA_ARGS__))(name, __VA_ARGS__)

/*
 * These do for sets what the two macros above do for maps. The arguments are (name, K, ktype, T, lift, combine), or the
 * same without ktype. lift is T lift(K const *key).
 */
#define STET_SORTED_SET_FOLDED(name, ...) \
    STET_PASTE_(STET_SORTED_SET_FOLDED, STET_FORM_OF_FOLDED_ONES_(__VA_ARGS__))(name, __VA_ARGS__)
#define STET_SORTED_SET_FOLDED_DEFINE(name, ...) \
    STET_PASTE_(STET_SORTED_SET_FOLDED_DEFINE, STET_FORM_OF_FOLDED_ONES_(__VA_ARGS__))(name, __VA_ARGS__)

/* ---- the manual: what STET_SORTED_MAP_FOLDED(name, K, V, ktype, vtype, T, lift, combine) and STET_SORTED_SET_FOLDED
 * make, beside what sorted maps and sets have (sorted_map.h, sorted_set.h) ---- */

#ifdef STET_MANUAL_SORTED_FOLD

/*
 * Stores the fold of the entries in a range (sorted_map.h) in *fold; if `from` and `to` are NULL, that of all entries.
 * Returns false if there are none, and then leaves *fold as it is.
 */
static bool name_fold_range(const name *map, K const *from, K const *to, T *fold);
/* As name_fold_range(), for the ranks [first, end), first <= end <= size. */
static bool name_fold_at(const name *map, size_t first, size_t end, T *fold);
/*
 * Returns a cursor at the first entry, among those from `from` on, for which `reached` returns true; the cursor is at
 * NULL if there is none. `reached` gets the fold of the entries from `from` up to and including the entry that it is
 * called for. If `from` is NULL, the search begins with the first entry. Once `reached` is true of a fold, it must be
 * true of any fold that has more entries. With sums, for example, this finds the entry in which a running total exceeds
 * a limit. Cost: up to 32 calls of `reached` a level.
 */
static name_cursor name_select(const name *map, K const *from, bool (*reached)(void *context, const T *fold),
                               void *context);

#endif

/* ---- what makes them ---- */

#define STET_SORTED_MAP_FOLDED_NAMED_(name, K, V, T, lift, combine)                                                  \
    STET_EXPAND_(STET_SORTED_MAP_FOLDED_TYPED_, name, K, V, STET_DESCRIPTOR_OF_(K), STET_DESCRIPTOR_OF_(V), T, lift, \
                 combine)
#define STET_SORTED_MAP_FOLDED_DEFINE_NAMED_(name, K, V, T, lift, combine)                                            \
    STET_EXPAND_(STET_SORTED_MAP_FOLDED_DEFINE_TYPED_, name, K, V, STET_DESCRIPTOR_OF_(K), STET_DESCRIPTOR_OF_(V), T, \
                 lift, combine)
#define STET_SORTED_SET_FOLDED_NAMED_(name, K, T, lift, combine) \
    STET_EXPAND_(STET_SORTED_SET_FOLDED_TYPED_, name, K, STET_DESCRIPTOR_OF_(K), T, lift, combine)
#define STET_SORTED_SET_FOLDED_DEFINE_NAMED_(name, K, T, lift, combine) \
    STET_EXPAND_(STET_SORTED_SET_FOLDED_DEFINE_TYPED_, name, K, STET_DESCRIPTOR_OF_(K), T, lift, combine)
#define STET_FOLDED_WRONG_(name, macro, types) \
    STET_STATIC_ASSERT(0, #name ": " macro " takes (name, " types ", T, lift, combine)");
#define STET_SORTED_MAP_FOLDED_WRONG_(name, ...) \
    STET_FOLDED_WRONG_(name, "STET_SORTED_MAP_FOLDED", "K, V, or K, V, ktype, vtype")
#define STET_SORTED_MAP_FOLDED_DEFINE_WRONG_(name, ...) \
    STET_FOLDED_WRONG_(name, "STET_SORTED_MAP_FOLDED_DEFINE", "K, V, or K, V, ktype, vtype")
#define STET_SORTED_SET_FOLDED_WRONG_(name, ...) STET_FOLDED_WRONG_(name, "STET_SORTED_SET_FOLDED", "K, or K, ktype")
#define STET_SORTED_SET_FOLDED_DEFINE_WRONG_(name, ...) \
    STET_FOLDED_WRONG_(name, "STET_SORTED_SET_FOLDED_DEFINE", "K, or K, ktype")

#define STET_SORTED_MAP_FOLDED_TYPED_(name, K, V, ktype, vtype, T, lift, combine)                    \
    STET_HANDLE_DECLARE_(name, _sorted, sorted_, STET_HANDLE_FLAGS_(ktype##_flags_, vtype##_flags_)) \
    STET_SORTED_MAP_FOLDED_DEFINE_TYPED_(name, K, V, ktype, vtype, T, lift, combine)

#define STET_SORTED_MAP_FOLDED_DEFINE_TYPED_(name, K, V, ktype, vtype, T, lift, combine)           \
    STET_WRAPPER void name##_lift_(const void *keys_, const void *values_, size_t n_, void *fold_) \
    {                                                                                              \
        K const *key_ = STET_CAST_(K const *, keys_);                                              \
        V const *value_ = STET_CAST_(V const *, values_);                                          \
        T made_ = lift(key_, value_);                                                              \
        for (size_t i_ = 1; i_ < n_; i_++)                                                         \
            made_ = combine(made_, lift(key_ + i_, value_ + i_));                                  \
        *STET_CAST_(T *, fold_) = made_;                                                           \
    }                                                                                              \
    STET_FOLD_(name, T, combine)                                                                   \
    STET_SORTED_MAP_DEFINE_(name, K, V, ktype, vtype, &name##_fold_)                               \
    STET_SORTED_FOLDS_(name, K, T)

#define STET_SORTED_SET_FOLDED_TYPED_(name, K, ktype, T, lift, combine)                 \
    STET_HANDLE_DECLARE_(name, _sorted, sorted_, STET_HANDLE_FLAGS_(ktype##_flags_, 0)) \
    STET_SORTED_SET_FOLDED_DEFINE_TYPED_(name, K, ktype, T, lift, combine)

#define STET_SORTED_SET_FOLDED_DEFINE_TYPED_(name, K, ktype, T, lift, combine)                     \
    STET_WRAPPER void name##_lift_(const void *keys_, const void *values_, size_t n_, void *fold_) \
    {                                                                                              \
        K const *key_ = STET_CAST_(K const *, keys_);                                              \
        T made_ = lift(key_);                                                                      \
        (void)values_;                                                                             \
        for (size_t i_ = 1; i_ < n_; i_++)                                                         \
            made_ = combine(made_, lift(key_ + i_));                                               \
        *STET_CAST_(T *, fold_) = made_;                                                           \
    }                                                                                              \
    STET_FOLD_(name, T, combine)                                                                   \
    STET_SORTED_SET_DEFINE_(name, K, ktype, &name##_fold_)                                         \
    STET_SORTED_FOLDS_(name, K, T)

#define STET_FOLD_(name, T, combine)                                                                           \
    STET_STATIC_ASSERT(STET_IS_COPIED_AS_BYTES_(T), #name ": a fold is copied as bytes, and its type is not"); \
    STET_STATIC_ASSERT(sizeof(T) <= STET_FOLD_MAX, #name ": a fold has at most 64 bytes");                     \
    STET_STATIC_ASSERT(STET_ALIGNOF(T) <= STET_MAX_ALIGN, #name ": a fold is aligned to 16 bytes at most");    \
    STET_WRAPPER void name##_combine_(void *fold_, const void *folds_, size_t n_)                              \
    {                                                                                                          \
        T *made_ = STET_CAST_(T *, fold_);                                                                     \
        T const *more_ = STET_CAST_(T const *, folds_);                                                        \
        for (size_t i_ = 0; i_ < n_; i_++)                                                                     \
            *made_ = combine(*made_, more_[i_]);                                                               \
    }                                                                                                          \
    __attribute__((__unused__)) static const struct stet_fold name##_fold_ = {sizeof(T), name##_lift_, name##_combine_};

#define STET_SORTED_FOLDS_(name, K, T)                                                                                 \
    STET_WRAPPER STET_NONNULL_(1, 4) bool name##_fold_at(const name *map_, size_t first_, size_t end_, T *fold_)       \
    {                                                                                                                  \
        return stet_sorted_fold_(&name##_sorted_type_, &map_->sorted_.tree_, first_, end_, fold_);                     \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 4) bool name##_fold_range(const name *map_, K const *from_, K const *to_, T *fold_)  \
    {                                                                                                                  \
        size_t first_, n_ = stet_sorted_range_(&name##_sorted_type_, &map_->sorted_.tree_, NULL, from_, to_, &first_); \
        return n_ != 0 && name##_fold_at(map_, first_, first_ + n_, fold_);                                            \
    }                                                                                                                  \
    STET_WRAPPER bool name##_reached_(void *call_, const void *fold_)                                                  \
    {                                                                                                                  \
        return STET_CALL_(bool (*)(void *, const T *), call_, STET_CAST_(const T *, fold_));                           \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_select(                                                         \
        const name *map_, K const *from_, bool (*reached_)(void *context_, const T *fold_), void *context_)            \
    {                                                                                                                  \
        struct stet_callback_ call_ = STET_CALLBACK_(reached_, context_);                                              \
        size_t first_ = from_ != NULL ? name##_rank(map_, *from_) : 0;                                                 \
        return name##_cursor_at(                                                                                       \
            map_, stet_sorted_select_(&name##_sorted_type_, &map_->sorted_.tree_, first_, name##_reached_, &call_));   \
    }

#endif
