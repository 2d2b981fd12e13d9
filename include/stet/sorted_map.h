/* SPDX-License-Identifier: MIT */
/*
 * stet/sorted_map.h - the persistent sorted map.
 *
 *     STET_SORTED_MAP(events, int64_t, struct event *, stet_i64, stet_ptr)
 *
 *     events log = {0};
 *     if (!events_set(&log, now, e))
 *         return -ENOMEM;                                // log is as it was
 *     events before = events_copy(&log);                 // O(1)
 *     bool done = events_erase_range(&log, NULL, &old);  // before still has them; false: no memory
 *
 *     for (events_cursor it = events_ceiling(&log, morning); it.key != NULL; events_next(&it))
 *         show(*it.key, *it.value);
 *
 *     events_drop(&log);
 *     events_drop(&before);
 *
 * Handles, ownership, results through pointers, failure, threads and callbacks are as in map.h. Keys are in the order
 * of their type (type.h: STET_ORDERED); two keys of which neither comes before the other are equal. Structs as keys are
 * found faster if their type has a word (type.h: STET_TYPE_ORDERED_WORD). A map has at most STET_SORTED_MAX entries.
 *
 * Ranges are half open: they begin with `from` and end before `to`. If `from` or `to` is NULL, there is no bound on
 * that side. A range is empty if `to` is not behind `from`. The rank of an entry is the number of entries before it. A
 * range of ranks is [first, end), first <= end <= size. The strings that begin with a prefix are a range of ranks
 * (name_prefix_cstr).
 *
 * Misuse is a rank that is not below the size, or keys that do not ascend where they must. The former asserts in
 * programs compiled without NDEBUG, the latter in a debug build of the library. Otherwise nothing is changed, and the
 * result is STET_FAILED (0), NULL or false. STET_FAILED and STET_NO_MEMORY are the same number: where keys come from
 * outside, compare them first.
 *
 * Cost, of n entries: operations on one entry, one rank or one range O(log n), with a base of 32; iteration O(n), with
 * one descent for up to 32 entries. docs/which-map.md says when to take a hash map.
 */
#ifndef STET_SORTED_MAP_H
#define STET_SORTED_MAP_H

#include <stet/map.h>
#include <stet/impl/sorted.h>

/*
 * Defines the type `name` and its functions. The form is STET_SORTED_MAP(name, K, V, ktype, vtype), or, if K and V are
 * one word each and follow "Names" of type.h, STET_SORTED_MAP(name, K, V). `K const *` and `V const *` must be types.
 * ktype and vtype are the names of the descriptors of K and V (type.h); ktype must have an order. Your own names are
 * safe: see "Names" in map.h.
 */
#define STET_SORTED_MAP(name, ...) STET_PASTE_(STET_SORTED_MAP, STET_FORM_OF_PAIRS_(__VA_ARGS__))(name, __VA_ARGS__)

/* The same in two steps, as STET_MAP_DECLARE and STET_MAP_DEFINE. */
#define STET_SORTED_MAP_DECLARE(name) \
    STET_HANDLE_DECLARE_FIRST_(name, STET_SORTED_MAP_DEFINE, _sorted, sorted_, STET_REFCOUNTED)
#define STET_SORTED_MAP_DECLARE_LAZY(name) \
    STET_HANDLE_DECLARE_FIRST_(name, STET_SORTED_MAP_DEFINE, _sorted, sorted_, STET_REFCOUNTED | STET_LAZY)

/* As STET_MAP_VIEW, for a STET_SORTED_MAP, and a view that has an order (type.h, STET_KEY_VIEW_ORDERED). */
#define STET_SORTED_MAP_VIEW(name, view)                                                                               \
    STET_VIEW_IS_OF_(name, view)                                                                                       \
    STET_SORTED_MAP_VIEWS_(name, name##_key_, name##_value_, STET_KEY_VIEW_, STET_RANGE_VIEW_, STET_SORTED_SEEK_VIEW_, \
                           view##_of_, view)

/* ---- the manual: what STET_SORTED_MAP(name, K, V, ktype, vtype) makes, beside what maps have in common (map.h) and
 * the functions of all handles (impl/handle.h) ---- */

#if defined(STET_MANUAL_SORTED_MAP) || defined(STET_MANUAL_SORTED_FOLD)

/* ---- order ---- */

/*
 * Returns the key of the entry of this rank, borrowed, and stores its value's address in *value unless `value` is NULL.
 */
static K const *name_at(const name *map, size_t rank, V const **value);
/*
 * Remove the entry of this rank, the first entry, or the last, and move its key and value, with their references, to
 * *key and *value. If `key` is NULL, the key is released; if `value` is NULL, the value is. STET_UNCHANGED: the map is
 * empty.
 */
static stet_result name_pop_at(name *map, size_t rank, K *key, V *value);
static stet_result name_pop_first(name *map, K *key, V *value);
static stet_result name_pop_last(name *map, K *key, V *value);

/* ---- ranges ---- */

/*
 * Calls fn for runs of entries of a range, in order, until fn returns false. Returns false if fn did, else true. The
 * `count` entries of a run lie side by side: keys[0], values[0] and so on.
 */
static bool name_range_each(const name *map, K const *from, K const *to,
                            bool (*fn)(void *context, K const *keys, V const *values, size_t count), void *context);
/* The same for a range of ranks. */
static bool name_range_each_at(const name *map, size_t first, size_t end,
                               bool (*fn)(void *context, K const *keys, V const *values, size_t count), void *context);

/* ---- many entries ---- */

/* As name_from_array(), but faster. The keys must ascend strictly. */
static stet_result name_from_sorted(K const *keys, V const *values, size_t count, name *out);
/* Adds an entry whose key must come behind all others. Cost: O(log n), without a search: one key is compared. */
static stet_result name_append(name *map, K key, V value);

/* ---- keys as bytes: in a map whose ktype is stet_str_type ---- */

/* These functions do the same as those without the suffix; see the end of this page. */
static stet_result name_append_bytes(name *map, const void *bytes, size_t size, V value);
static stet_result name_append_cstr(name *map, const char *cstr, V value);
static bool name_range_each_bytes(const name *map, const void *from, size_t from_size, const void *to, size_t to_size,
                                  bool (*fn)(void *context, K const *keys, V const *values, size_t count),
                                  void *context);
static bool name_range_each_cstr(const name *map, const char *from, const char *to,
                                 bool (*fn)(void *context, K const *keys, V const *values, size_t count),
                                 void *context);

#endif

#if defined(STET_MANUAL_SORTED_MAP) || defined(STET_MANUAL_SORTED_FOLD) || defined(STET_MANUAL_SORTED_SET)

/* ---- maps and sets: order ---- */

/*
 * A place in the map: its members key (K const *) and, in a map, value (V const *) are borrowed. A cursor without an
 * entry is called a cursor at NULL: both of its members are NULL.
 */
typedef struct name_cursor name_cursor;
/*
 * Return a cursor at the first entry, at the last, at the entry of this rank; at NULL if there is none. A walk over a
 * range: for (name_cursor it = name_ceiling(&m, from); it.key != NULL && *it.key < to; name_next(&it)) use(*it.key).
 */
static name_cursor name_first(const name *map);
static name_cursor name_last(const name *map);
static name_cursor name_cursor_at(const name *map, size_t rank);
/*
 * Returns a cursor at the key's entry, from which name_next() goes on in the order of iteration, or one at the end if
 * the key is absent.
 */
static name_cursor name_cursor_of(const name *map, K key);
/* As name_cursor_of(), if ktype is stet_str_type. */
static name_cursor name_cursor_of_bytes(const name *map, const void *bytes, size_t size);
static name_cursor name_cursor_of_cstr(const name *map, const char *cstr);
/*
 * Return a cursor: name_floor() at the last entry not behind the key, name_ceiling() at the first not before it,
 * name_below() at the last before it, name_above() at the first behind it; at NULL if there is no such entry.
 * name_next() from a NULL before all entries moves to the first, name_previous() from a NULL behind all to the last.
 */
static name_cursor name_floor(const name *map, K key);
static name_cursor name_ceiling(const name *map, K key);
static name_cursor name_below(const name *map, K key);
static name_cursor name_above(const name *map, K key);
/*
 * name_next() moves the cursor to the next entry, or from the last one to NULL, name_previous() to the entry before, or
 * from the first one to NULL. From such a NULL the other function moves back to that entry; the same function changes
 * nothing.
 */
static void name_next(name_cursor *cursor);
static void name_previous(name_cursor *cursor);
/*
 * Move the cursor to the first entry of its version that is not before the key (name_seek), or that is behind it
 * (name_seek_after); to NULL if there is none.
 */
static void name_seek(name_cursor *cursor, K key);
static void name_seek_after(name_cursor *cursor, K key);
/* Returns how many entries come before the key, which may be absent. */
static size_t name_rank(const name *map, K key);

/* ---- maps and sets: ranges ---- */

/* Returns how many entries are in a range. */
static size_t name_count(const name *map, K const *from, K const *to);
/*
 * *out becomes a map of those entries of *in that are in a range; out may be in. The old *out is dropped.
 * STET_UNCHANGED: all entries of *in are in the range.
 */
static stet_result name_slice(const name *in, K const *from, K const *to, name *out);
/* As name_slice(), for a range of ranks. */
static stet_result name_slice_at(const name *in, size_t first, size_t end, name *out);
/* Remove the entries of a range, or of a range of ranks. STET_UNCHANGED: there are none. */
static stet_result name_erase_range(name *map, K const *from, K const *to);
static stet_result name_erase_range_at(name *map, size_t first, size_t end);
/* Moves the entries from the key on to *back. The old *back is dropped. STET_UNCHANGED: there are none. */
static stet_result name_split(name *map, K key, name *back);
/*
 * Appends the entries of b. All keys of b must come behind all keys of the map. STET_UNCHANGED: b is empty.
 * Cost: O(log n).
 */
static stet_result name_join(name *map, const name *b);

/* ---- maps and sets: keys as bytes, where ktype is stet_str_type ---- */

/*
 * Returns how many keys begin with the bytes of `prefix`, and stores the rank of the first of them in *first unless
 * `first` is NULL: the keys have the ranks [*first, *first + result), for name_cursor_at(), name_slice_at(),
 * name_range_each_at() and name_erase_range_at(). 0: there are none, and *first is the rank of the prefix itself.
 */
static size_t name_prefix(const name *map, K prefix, size_t *first);
/*
 * These functions do the same as those without the suffix. _bytes takes any bytes and their number, _cstr a C string,
 * which is not NULL, except that a bound of a range may be NULL, for no bound. A string is made only where a key is
 * stored.
 */
static size_t name_prefix_bytes(const name *map, const void *bytes, size_t size, size_t *first);
static size_t name_prefix_cstr(const name *map, const char *cstr, size_t *first);
static size_t name_rank_bytes(const name *map, const void *bytes, size_t size);
static size_t name_rank_cstr(const name *map, const char *cstr);
static name_cursor name_floor_bytes(const name *map, const void *bytes, size_t size);
static name_cursor name_floor_cstr(const name *map, const char *cstr);
static name_cursor name_ceiling_bytes(const name *map, const void *bytes, size_t size);
static name_cursor name_ceiling_cstr(const name *map, const char *cstr);
static name_cursor name_below_bytes(const name *map, const void *bytes, size_t size);
static name_cursor name_below_cstr(const name *map, const char *cstr);
static name_cursor name_above_bytes(const name *map, const void *bytes, size_t size);
static name_cursor name_above_cstr(const name *map, const char *cstr);
static void name_seek_bytes(name_cursor *cursor, const void *bytes, size_t size);
static void name_seek_cstr(name_cursor *cursor, const char *cstr);
static void name_seek_after_bytes(name_cursor *cursor, const void *bytes, size_t size);
static void name_seek_after_cstr(name_cursor *cursor, const char *cstr);
static size_t name_count_bytes(const name *map, const void *from, size_t from_size, const void *to, size_t to_size);
static size_t name_count_cstr(const name *map, const char *from, const char *to);
static stet_result name_slice_bytes(const name *in, const void *from, size_t from_size, const void *to, size_t to_size,
                                    name *out);
static stet_result name_slice_cstr(const name *in, const char *from, const char *to, name *out);
static stet_result name_erase_range_bytes(name *map, const void *from, size_t from_size, const void *to,
                                          size_t to_size);
static stet_result name_erase_range_cstr(name *map, const char *from, const char *to);
static stet_result name_split_bytes(name *map, const void *bytes, size_t size, name *back);
static stet_result name_split_cstr(name *map, const char *cstr, name *back);

#endif

/* ---- what makes them ---- */

#define STET_SORTED_MAP_DEFINE(name, ...) \
    STET_PASTE_(STET_SORTED_MAP_DEFINE, STET_FORM_OF_PAIRS_(__VA_ARGS__))(name, __VA_ARGS__)
#define STET_SORTED_MAP_DEFINE_NAMED_(name, K, V) \
    STET_EXPAND_(STET_SORTED_MAP_DEFINE_TYPED_, name, K, V, STET_DESCRIPTOR_OF_(K), STET_DESCRIPTOR_OF_(V))
#define STET_SORTED_MAP_DEFINE_WRONG_(name, ...) STET_WRONG_(name, "STET_SORTED_MAP_DEFINE", "K, V", "ktype, vtype")
#define STET_SORTED_MAP_NAMED_(name, K, V) \
    STET_EXPAND_(STET_SORTED_MAP_TYPED_, name, K, V, STET_DESCRIPTOR_OF_(K), STET_DESCRIPTOR_OF_(V))
#define STET_SORTED_MAP_WRONG_(name, ...) STET_WRONG_(name, "STET_SORTED_MAP", "K, V", "ktype, vtype")
#define STET_SORTED_MAP_TYPED_(name, K, V, ktype, vtype)                                             \
    STET_HANDLE_DECLARE_(name, _sorted, sorted_, STET_HANDLE_FLAGS_(ktype##_flags_, vtype##_flags_)) \
    STET_SORTED_MAP_DEFINE_TYPED_(name, K, V, ktype, vtype)

#define STET_SORTED_MAP_DEFINE_TYPED_(name, K, V, ktype, vtype) \
    STET_SORTED_MAP_DEFINE_(name, K, V, ktype, vtype, STET_NULL_)

/* fold: a pointer to the description of the folds that the map keeps (sorted_fold.h), or NULL. */
#define STET_SORTED_MAP_DEFINE_(name, K, V, ktype, vtype, fold)                                                \
    STET_STATIC_ASSERT(STET_ALIGNOF(V) <= STET_MAX_ALIGN, #name ": elements are aligned to 16 bytes at most"); \
    STET_ELEMENT_IS_DESCRIBED_(name, V, vtype)                                                                 \
    typedef K name##_key_;                                                                                     \
    typedef V name##_value_;                                                                                   \
    typedef struct name##_cursor {                                                                             \
        name##_key_ const *key; /* NULL: there is none */                                                      \
        name##_value_ const *value;                                                                            \
        struct stet_sorted_cursor at_;                                                                         \
    } name##_cursor;                                                                                           \
    STET_SORTED_DESCRIPTOR_(name, K, ktype, vtype##_flags_, &vtype, sizeof(V), fold)                           \
    STET_KEYED_TYPE_(name, ktype, vtype, true, STET_NULL_, &name##_sorted_type_)                               \
    STET_KEYED_MAP_(name, K, V, _sorted, sorted_.tree_)                                                        \
    STET_SORTED_MAP_CURSOR_(name, K, V)                                                                        \
    STET_SORTED_COMMON_(name, K)                                                                               \
    STET_SORTED_CURSOR_OF_(name, K)                                                                            \
    STET_SORTED_MAP_SOME_(name, K, V)                                                                          \
    STET_KEY_VIEWS_FOR_(ktype, STET_SORTED_MAP)(name, K, V)

#define STET_SORTED_MAP_CURSOR_(name, K, V)                                                             \
    STET_WRAPPER STET_NONNULL_(1) void name##_cursor_show_(name##_cursor *it_)                          \
    {                                                                                                   \
        it_->key = STET_CAST_(K const *, stet_sorted_cursor_key_(&name##_sorted_type_, &it_->at_));     \
        it_->value = STET_CAST_(V const *, stet_sorted_cursor_value_(&name##_sorted_type_, &it_->at_)); \
    }

#define STET_SORTED_MAP_SOME_(name, K, V)                                                                          \
    STET_WRAPPER STET_NONNULL_(1)                                                                                  \
        STET_NODISCARD stet_result name##_pop_at(name *map_, size_t rank_, K *key_, V *value_)                     \
    {                                                                                                              \
        return stet_sorted_erase_at_(&name##_sorted_type_, &map_->sorted_.tree_, rank_, key_, value_);             \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_first(name *map_, K *key_, V *value_)      \
    {                                                                                                              \
        return stet_sorted_pop_(&name##_sorted_type_, &map_->sorted_.tree_, 0, key_, value_);                      \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_last(name *map_, K *key_, V *value_)       \
    {                                                                                                              \
        return stet_sorted_pop_(&name##_sorted_type_, &map_->sorted_.tree_, name##_size(map_) - 1u, key_, value_); \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(4)                                                                                  \
        STET_NODISCARD stet_result name##_from_sorted(K const *keys_, V const *values_, size_t count_, name *out_) \
    {                                                                                                              \
        return stet_sorted_from_sorted_(&name##_sorted_type_, &out_->sorted_.tree_, keys_, values_, count_);       \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_append(name *map_, K key_, V value_)           \
    {                                                                                                              \
        return stet_sorted_append_(&name##_sorted_type_, &map_->sorted_.tree_, NULL, &key_, &value_);              \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) K const *name##_at(const name *map_, size_t rank_, V const **value_)             \
    {                                                                                                              \
        name##_cursor it_ = name##_cursor_at(map_, rank_);                                                         \
        assert(rank_ < name##_size(map_));                                                                         \
        if (value_ != NULL)                                                                                        \
            *value_ = it_.value;                                                                                   \
        return it_.key;                                                                                            \
    }                                                                                                              \
    STET_RUNS_THUNK_(name, K, V)                                                                                   \
    STET_WRAPPER STET_NONNULL_(1) bool name##_runs_within_(                                                        \
        const name *map_, const struct stet_key_view *view_, const void *from_, const void *to_,                   \
        bool (*fn_)(void *context_, K const *keys_, V const *values_, size_t count_), void *context_)              \
    {                                                                                                              \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                               \
        return stet_sorted_range_each_(&name##_sorted_type_, &map_->sorted_.tree_, view_, from_, to_,              \
                                       name##_runs_thunk_, &call_);                                                \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) bool name##_range_each(                                                          \
        const name *map_, K const *from_, K const *to_,                                                            \
        bool (*fn_)(void *context_, K const *keys_, V const *values_, size_t count_), void *context_)              \
    {                                                                                                              \
        return name##_runs_within_(map_, NULL, from_, to_, fn_, context_);                                         \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) bool name##_range_each_at(                                                       \
        const name *map_, size_t first_, size_t end_,                                                              \
        bool (*fn_)(void *context_, K const *keys_, V const *values_, size_t count_), void *context_)              \
    {                                                                                                              \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                               \
        return stet_sorted_range_each_at_(&name##_sorted_type_, &map_->sorted_.tree_, first_, end_,                \
                                          name##_runs_thunk_, &call_);                                             \
    }

/* ---- what sorted maps and sets have in common ---- */

#define STET_SORTED_DESCRIPTOR_(name, K, ktype, vflags, vtype, vsize, fold)                                            \
    STET_ELEMENT_IS_DESCRIBED_(name, K, ktype)                                                                         \
    STET_STATIC_ASSERT(STET_HAS_(ktype##_flags_, STET_ORDERED), #name                                                  \
                       ": " #ktype " has no order: define it with STET_TYPE_ORDERED or STET_TYPE_FULL (stet/type.h)"); \
    STET_STATIC_ASSERT(STET_ALIGNOF(K) <= STET_MAX_ALIGN, #name ": elements are aligned to 16 bytes at most");         \
    STET_STATIC_ASSERT(sizeof(K) + (vsize) <= 4096,                                                                    \
                       #name ": entries are at most 4096 bytes; store larger ones by pointer");                        \
    STET_HANDLE_TYPE_(name, ktype##_flags_, vflags)                                                                    \
    __attribute__((__unused__)) static const struct stet_tree_type name##_sorted_type_ = {                             \
        {stet_tree_free_leaf_, stet_tree_describe_leaf_, STET_PROMPT_(ktype##_flags_) || STET_PROMPT_(vflags),         \
         STET_HAS_(ktype##_flags_, STET_REFCOUNTED) || STET_HAS_(vflags, STET_REFCOUNTED), false, #name},              \
        &ktype,                                                                                                        \
        vtype,                                                                                                         \
        sizeof(K),                                                                                                     \
        vsize,                                                                                                         \
        STET_TREE_DATA(STET_HAS_(ktype##_flags_, STET_REFCOUNTED) || STET_HAS_(vflags, STET_REFCOUNTED),               \
                       STET_ALIGNOF(K)),                                                                               \
        STET_SORTED_LEAF_BITS(sizeof(K) + (vsize), STET_HAS_(ktype##_flags_, STET_REFCOUNTED)),                        \
        ((1u << STET_SORTED_LEAF_BITS(sizeof(K) + (vsize), STET_HAS_(ktype##_flags_, STET_REFCOUNTED))) * 3 + 7) / 8,  \
        true,                                                                                                          \
        fold};                                                                                                         \
    STET_HANDLE_(name, _sorted, sorted_)

#define STET_SORTED_CURSOR_OF_(name, K)                                                                                \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_cursor_if_(const name *map_, bool is_there_,                    \
                                                                  const struct stet_key_view *view_, const void *key_) \
    {                                                                                                                  \
        return is_there_ ? name##_placed_(map_, view_, key_, STET_SORTED_FROM_, false)                                 \
                         : name##_cursor_at(map_, name##_size(map_));                                                  \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_cursor_of(const name *map_, K key_)                             \
    {                                                                                                                  \
        return name##_cursor_if_(map_, name##_has(map_, key_), NULL, &key_);                                           \
    }

#define STET_SORTED_COMMON_(name, K)                                                                                  \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        name##_cursor name##_placed_(const name *map_, const struct stet_key_view *view_, const void *key_,           \
                                     enum stet_sorted_side side_, bool back_)                                         \
    {                                                                                                                 \
        name##_cursor it_;                                                                                            \
        stet_sorted_place_(&name##_sorted_type_, &map_->sorted_.tree_, view_, key_, side_, back_, &it_.at_);          \
        name##_cursor_show_(&it_);                                                                                    \
        return it_;                                                                                                   \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_cursor_at(const name *map_, size_t rank_)                      \
    {                                                                                                                 \
        name##_cursor it_;                                                                                            \
        stet_sorted_cursor_at_(&name##_sorted_type_, &map_->sorted_.tree_, rank_, &it_.at_);                          \
        name##_cursor_show_(&it_);                                                                                    \
        return it_;                                                                                                   \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_first(const name *map_) { return name##_cursor_at(map_, 0); }  \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_last(const name *map_)                                         \
    {                                                                                                                 \
        return name##_cursor_at(map_, name##_size(map_) - 1u);                                                        \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_floor(const name *map_, K key_)                                \
    {                                                                                                                 \
        return name##_placed_(map_, NULL, &key_, STET_SORTED_BEHIND_, true);                                          \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_ceiling(const name *map_, K key_)                              \
    {                                                                                                                 \
        return name##_placed_(map_, NULL, &key_, STET_SORTED_FROM_, false);                                           \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_below(const name *map_, K key_)                                \
    {                                                                                                                 \
        return name##_placed_(map_, NULL, &key_, STET_SORTED_FROM_, true);                                            \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_above(const name *map_, K key_)                                \
    {                                                                                                                 \
        return name##_placed_(map_, NULL, &key_, STET_SORTED_BEHIND_, false);                                         \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) void name##_next(name##_cursor *cursor_)                                            \
    {                                                                                                                 \
        stet_sorted_cursor_next_(&name##_sorted_type_, &cursor_->at_);                                                \
        name##_cursor_show_(cursor_);                                                                                 \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) void name##_previous(name##_cursor *cursor_)                                        \
    {                                                                                                                 \
        stet_sorted_cursor_previous_(&name##_sorted_type_, &cursor_->at_);                                            \
        name##_cursor_show_(cursor_);                                                                                 \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) void name##_seek_to_(name##_cursor *cursor_, const struct stet_key_view *view_,     \
                                                       const void *key_, enum stet_sorted_side side_)                 \
    {                                                                                                                 \
        stet_sorted_seek_(&name##_sorted_type_, &cursor_->at_.tree_, view_, key_, side_, &cursor_->at_);              \
        name##_cursor_show_(cursor_);                                                                                 \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) void name##_seek(name##_cursor *cursor_, K key_)                                    \
    {                                                                                                                 \
        name##_seek_to_(cursor_, NULL, &key_, STET_SORTED_FROM_);                                                     \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) void name##_seek_after(name##_cursor *cursor_, K key_)                              \
    {                                                                                                                 \
        name##_seek_to_(cursor_, NULL, &key_, STET_SORTED_BEHIND_);                                                   \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_rank(const name *map_, K key_)                                        \
    {                                                                                                                 \
        return stet_sorted_rank_(&name##_sorted_type_, &map_->sorted_.tree_, NULL, &key_, STET_SORTED_FROM_);         \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_count(const name *map_, K const *from_, K const *to_)                 \
    {                                                                                                                 \
        return stet_sorted_count_(&name##_sorted_type_, &map_->sorted_.tree_, NULL, from_, to_);                      \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1, 4)                                                                                  \
        STET_NODISCARD stet_result name##_slice(const name *in_, K const *from_, K const *to_, name *out_)            \
    {                                                                                                                 \
        return stet_sorted_slice_range_(&name##_sorted_type_, &in_->sorted_.tree_, &out_->sorted_.tree_, NULL, from_, \
                                        to_);                                                                         \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1, 4)                                                                                  \
        STET_NODISCARD stet_result name##_slice_at(const name *in_, size_t first_, size_t end_, name *out_)           \
    {                                                                                                                 \
        return stet_sorted_slice_at_(&name##_sorted_type_, &in_->sorted_.tree_, &out_->sorted_.tree_, first_, end_);  \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_erase_range(name *map_, K const *from_, K const *to_)                       \
    {                                                                                                                 \
        return stet_sorted_erase_range_(&name##_sorted_type_, &map_->sorted_.tree_, NULL, from_, to_);                \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_erase_range_at(name *map_, size_t first_, size_t end_)                      \
    {                                                                                                                 \
        return stet_sorted_erase_range_at_(&name##_sorted_type_, &map_->sorted_.tree_, first_, end_);                 \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1, 3) STET_NODISCARD stet_result name##_split(name *map_, K key_, name *back_)         \
    {                                                                                                                 \
        return stet_sorted_split_(&name##_sorted_type_, &map_->sorted_.tree_, NULL, &key_, &back_->sorted_.tree_);    \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1, 2) STET_NODISCARD stet_result name##_join(name *map_, const name *b_)               \
    {                                                                                                                 \
        return stet_sorted_join_(&name##_sorted_type_, &map_->sorted_.tree_, &b_->sorted_.tree_);                     \
    }

#define STET_SORTED_MAP_KEYS_NONE_(name, K, V)
#define STET_SORTED_MAP_KEYS_STR_(name, K, V)                                                                      \
    STET_SORTED_MAP_VIEWS_(name, K, V, STET_KEY_VIEWS_, STET_RANGE_VIEWS_, STET_SORTED_SEEK_VIEWS_, stet_bytes_of, \
                           stet_bytes_view)                                                                        \
    STET_SORTED_PREFIX_(name, K)
#define STET_SORTED_MAP_VIEWS_(name, K, V, STET_FORMS_, STET_RANGES_, STET_SEEKS_, of, view_type)                    \
    STET_KEYED_MAP_VIEWS_(name, V, _sorted, sorted_.tree_, STET_FORMS_, of, view_type)                               \
    STET_SORTED_VIEWS_(name, STET_FORMS_, STET_RANGES_, STET_SEEKS_, of, view_type)                                  \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_append, name *, map_, STET_AND_(V value_), STET_AND_(value_), \
                stet_sorted_append_(&name##_sorted_type_, &map_->sorted_.tree_, &view_type, &view_, &value_))        \
    STET_RANGES_(                                                                                                    \
        of, bool, name##_range_each, const name *, map_,                                                             \
        STET_AND_(bool (*fn_)(void *context_, K const *keys_, V const *values_, size_t count_), void *context_),     \
        STET_AND_(fn_, context_), name##_runs_within_(map_, &view_type, from_view_, to_view_, fn_, context_))

#define STET_SORTED_VIEWS_(name, STET_FORMS_, STET_RANGES_, STET_SEEKS_, of, view_type)                                \
    STET_FORMS_(of, name##_cursor, name##_cursor_of, const name *, map_, STET_NO_MORE_, STET_NO_MORE_,                 \
                name##_cursor_if_(                                                                                     \
                    map_, stet_sorted_get_(&name##_sorted_type_, &map_->sorted_.tree_, &view_type, &view_) != NULL,    \
                    &view_type, &view_))                                                                               \
    STET_FORMS_(of, size_t, name##_rank, const name *, map_, STET_NO_MORE_, STET_NO_MORE_,                             \
                stet_sorted_rank_(&name##_sorted_type_, &map_->sorted_.tree_, &view_type, &view_, STET_SORTED_FROM_))  \
    STET_FORMS_(of, name##_cursor, name##_floor, const name *, map_, STET_NO_MORE_, STET_NO_MORE_,                     \
                name##_placed_(map_, &view_type, &view_, STET_SORTED_BEHIND_, true))                                   \
    STET_FORMS_(of, name##_cursor, name##_ceiling, const name *, map_, STET_NO_MORE_, STET_NO_MORE_,                   \
                name##_placed_(map_, &view_type, &view_, STET_SORTED_FROM_, false))                                    \
    STET_FORMS_(of, name##_cursor, name##_below, const name *, map_, STET_NO_MORE_, STET_NO_MORE_,                     \
                name##_placed_(map_, &view_type, &view_, STET_SORTED_FROM_, true))                                     \
    STET_FORMS_(of, name##_cursor, name##_above, const name *, map_, STET_NO_MORE_, STET_NO_MORE_,                     \
                name##_placed_(map_, &view_type, &view_, STET_SORTED_BEHIND_, false))                                  \
    STET_SEEKS_(of, name, name##_seek, STET_SORTED_FROM_, view_type)                                                   \
    STET_SEEKS_(of, name, name##_seek_after, STET_SORTED_BEHIND_, view_type)                                           \
    STET_RANGES_(of, size_t, name##_count, const name *, map_, STET_NO_MORE_, STET_NO_MORE_,                           \
                 stet_sorted_count_(&name##_sorted_type_, &map_->sorted_.tree_, &view_type, from_view_, to_view_))     \
    STET_RANGES_(of, STET_NODISCARD stet_result, name##_slice, const name *, in_, STET_AND_(name *out_),               \
                 STET_AND_(out_),                                                                                      \
                 stet_sorted_slice_range_(&name##_sorted_type_, &in_->sorted_.tree_, &out_->sorted_.tree_, &view_type, \
                                          from_view_, to_view_))                                                       \
    STET_RANGES_(                                                                                                      \
        of, STET_NODISCARD stet_result, name##_erase_range, name *, map_, STET_NO_MORE_, STET_NO_MORE_,                \
        stet_sorted_erase_range_(&name##_sorted_type_, &map_->sorted_.tree_, &view_type, from_view_, to_view_))        \
    STET_FORMS_(                                                                                                       \
        of, STET_NODISCARD stet_result, name##_split, name *, map_, STET_AND_(name *back_), STET_AND_(back_),          \
        stet_sorted_split_(&name##_sorted_type_, &map_->sorted_.tree_, &view_type, &view_, &back_->sorted_.tree_))

#define STET_SORTED_SEEK_VIEW_(T, name, function, side, view_type)                      \
    STET_WRAPPER STET_NONNULL_(1) void function##_view(name##_cursor *cursor_, T view_) \
    {                                                                                   \
        name##_seek_to_(cursor_, &view_type, &view_, side);                             \
    }
#define STET_SORTED_SEEK_VIEWS_(make, name, function, side, view_type)                                            \
    STET_WRAPPER STET_NONNULL_(1) void function##_bytes(name##_cursor *cursor_, const void *bytes_, size_t size_) \
    {                                                                                                             \
        struct stet_bytes view_ = make(bytes_, size_);                                                            \
        name##_seek_to_(cursor_, &view_type, &view_, side);                                                       \
    }                                                                                                             \
    STET_WRAPPER STET_NONNULL_(1) void function##_cstr(name##_cursor *cursor_, const char *cstr_)                 \
    {                                                                                                             \
        function##_bytes(cursor_, cstr_, stet_cstr_size_(cstr_));                                                 \
    }

#define STET_SORTED_PREFIX_(name, K)                                                                     \
    STET_KEY_VIEWS_(stet_bytes_of, size_t, name##_prefix, const name *, map_, STET_AND_(size_t *first_), \
                    STET_AND_(first_),                                                                   \
                    stet_sorted_prefix_(&name##_sorted_type_, &map_->sorted_.tree_, &view_, first_))     \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_prefix(const name *map_, K prefix_, size_t *first_)      \
    {                                                                                                    \
        struct stet_bytes view_ = stet_str_view_(&prefix_);                                              \
        return stet_sorted_prefix_(&name##_sorted_type_, &map_->sorted_.tree_, &view_, first_);          \
    }

#endif
