/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/shared_map.h - what the maps that threads share have in common: the map behind an atom (atom_map.h) and the
 * map that is edited in place (live_map.h). Both have these operations, with these names, results and guarantees. Their
 * headers say what each operation costs, and docs/which-map.md says which of the two to take.
 *
 *   load has                      read
 *   store swap                    put a value
 *   load_or_store load_or_compute put one if there is none
 *   compare_and_swap              put one if a certain value is there
 *   delete load_and_delete        remove;  compare_and_delete: if a certain value is there
 *   clear apply                   many at one moment
 *   size range snapshot load_many read many
 *
 * Guarantee. Each operation takes effect at one moment between its call and its return, the same moment for all threads
 * (linearizable). A thread that sees the effect of an operation also sees everything that the operation's thread did
 * before it. apply, clear, snapshot and range are one operation each: range runs over the contents of one moment. For
 * size and load_many see below.
 *
 * Results. STET_CHANGED: the map has changed. STET_UNCHANGED: the map was already as requested, and nothing was
 * written. STET_CONFLICT (compare_and_...): the expected value was not there. STET_NO_MEMORY: nothing has changed, and
 * the caller's variables are as before. Reads never fail.
 *
 * Ownership. As in map.h: the map retains what it stores, and the caller keeps its own references. An operation that
 * returns a value of a reference-counted type (in *value, *actual, *before, values[i]) adds a reference, which the
 * caller must release, because other threads may remove the value from the map at any time. Keys and values that range
 * passes to fn are borrowed until fn returns. Keys and values that are removed from the map, and are in no snapshot,
 * are not released by the call that removes them, but later: the two headers say when.
 *
 * Callbacks: hash, equal and retain must not use the map; release may. The functions passed to load_or_compute and
 * range may use the map, too, and may block. If the function of load_or_compute throws or jumps out, nothing is left
 * behind. If the function of range does, the snapshot that range runs over stays in memory.
 *
 * Threads: all functions but init and destroy may be called on one map by all threads at once, but not in signal
 * handlers.
 */
#ifndef STET_IMPL_SHARED_MAP_H
#define STET_IMPL_SHARED_MAP_H

#include <stet/impl/map.h>
#include <stet/str.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* What one operation of a batch does. */
enum stet_op {
    STET_OP_STORE,  /* the key has this value afterwards */
    STET_OP_DELETE, /* the key is absent afterwards; the operation's value is not read */
};

/*
 * Returns whether the kind is one of these. Any other kind is misuse: apply fails, and asserts (for a live map, in a
 * library that was built without NDEBUG).
 */
STET_INLINE bool stet_op_is_valid_(enum stet_op kind)
{
    bool is_valid = kind == STET_OP_STORE || kind == STET_OP_DELETE;
    assert(is_valid && "the kind of an operation is STET_OP_STORE or STET_OP_DELETE");
    return is_valid;
}

/*
 * An array of n operations of a type that a macro makes. stride is the distance from one to the next; kind (an enum
 * stet_op), key and value are the offsets of these members.
 */
struct stet_batch {
    const void *ops;
    size_t n, stride, kind, key, value;
};

/* ---- one write ---- */

/* What a write does with the entry of its key. */
enum stet_write_op {
    STET_WRITE_STORE,           /* insert or replace */
    STET_WRITE_ADD,             /* insert */
    STET_WRITE_SWAP_EXPECTED,   /* replace a value that equals `expected` */
    STET_WRITE_DELETE,          /* remove */
    STET_WRITE_DELETE_EXPECTED, /* remove an entry whose value equals `expected` */
};

struct stet_write {
    enum stet_write_op op;
    const struct stet_key_view *view; /* NULL: `key` is a key */
    const void *key;
    const void *value;    /* the value to be put into the map */
    const void *expected; /* the value that must be in the map */
    /* NULL, or memory for the value that was there, with a reference; for ADD: the value that stays there. */
    void *before;
    bool had; /* a value was there, and is in *before if before is not NULL */
};

/* The first two leave the map as it is, and are results of the write. */
enum stet_verdict {
    STET_VERDICT_UNCHANGED = STET_UNCHANGED,
    STET_VERDICT_CONFLICT = STET_CONFLICT,
    STET_VERDICT_PUT,
    STET_VERDICT_REMOVE,
};

/* The view of a write, or of a read, as a constant where keys are strings, or words, which have no view. */
STET_INLINE const struct stet_key_view *stet_view_of_(const struct stet_type *key, const struct stet_key_view *view)
{
    if ((key->flags & STET_WORD) != 0)
        return NULL;
    return view != NULL && (key->flags & STET_STRING) != 0 ? &stet_bytes_view : view;
}

STET_INLINE bool stet_write_removes_(const struct stet_write *w)
{
    return w->op == STET_WRITE_DELETE || w->op == STET_WRITE_DELETE_EXPECTED;
}

STET_INLINE bool stet_write_compares_(const struct stet_write *w)
{
    return w->op == STET_WRITE_SWAP_EXPECTED || w->op == STET_WRITE_DELETE_EXPECTED;
}

/* Decides what a write does if the key has this value, or, if value is NULL, is absent. t is the type of values. */
STET_INLINE enum stet_verdict stet_write_verdict_(const struct stet_type *t, const struct stet_write *w,
                                                  const void *value)
{
    if (value == NULL)
        return w->op == STET_WRITE_STORE || w->op == STET_WRITE_ADD ? STET_VERDICT_PUT
               : w->op == STET_WRITE_DELETE                         ? STET_VERDICT_UNCHANGED
                                                                    : STET_VERDICT_CONFLICT;
    if (stet_write_compares_(w) && !stet_type_equal(t, value, w->expected))
        return STET_VERDICT_CONFLICT;
    if (stet_write_removes_(w))
        return STET_VERDICT_REMOVE;
    return w->op == STET_WRITE_ADD || stet_type_equal(t, value, w->value) ? STET_VERDICT_UNCHANGED : STET_VERDICT_PUT;
}

/* The same, and also reports in w what was there. */
STET_INLINE enum stet_verdict stet_write_decide_(const struct stet_type *t, struct stet_write *w, const void *value)
{
    enum stet_verdict verdict = stet_write_verdict_(t, w, value);
    w->had = value != NULL && verdict != STET_VERDICT_CONFLICT;
    if (w->had && w->before != NULL)
        stet_element_copy_(t, value, w->before);
    return verdict;
}

/* Takes the report of stet_write_decide_() back, because the write has failed, or is about to be tried again. */
STET_INLINE void stet_write_undo_(const struct stet_type *t, struct stet_write *w)
{
    if (w->had && w->before != NULL)
        stet_element_release_(t, w->before); /* this is not the last reference */
    w->had = false;
}

/* ---- both maps ---- */

/* What the functions below need to know about a map that threads share. */
struct stet_shared_type {
    const struct stet_keyed_type *map;
    bool (*load)(const void *m, const struct stet_key_view *view, const void *key, void *value);
    stet_result (*write)(void *m, struct stet_write *w);
};

/* `was` is memory for the old value. The caller's variables are filled in only after the write. */
STET_INLINE stet_result stet_shared_swap_(const struct stet_shared_type *t, void *m, const struct stet_key_view *f,
                                          const void *key, const void *value, void *was, void *before, bool *had)
{
    struct stet_write w = {STET_WRITE_STORE, f, key, value, NULL, was, false};
    stet_result result = t->write(m, &w);
    if (w.had)
        memcpy(before, was, t->map->value->size);
    if (result != STET_NO_MEMORY)
        *had = w.had;
    return result;
}

STET_INLINE stet_result stet_shared_take_(const struct stet_shared_type *t, void *m, const struct stet_key_view *f,
                                          const void *key, void *was, void *value)
{
    struct stet_write w = {STET_WRITE_DELETE, f, key, NULL, NULL, was, false};
    stet_result result = t->write(m, &w);
    if (result == STET_CHANGED)
        memcpy(value, was, t->map->value->size);
    return result;
}

STET_INLINE stet_result stet_shared_load_or_store_(const struct stet_shared_type *t, void *m,
                                                   const struct stet_key_view *f, const void *key, const void *value,
                                                   void *was, void *actual)
{
    struct stet_write w = {STET_WRITE_ADD, f, key, value, NULL, was, false};
    if (t->load(m, f, key, actual))
        return STET_UNCHANGED;
    stet_result result = t->write(m, &w);
    if (result == STET_CHANGED)
        stet_element_retain_(t->map->value, value);
    if (result != STET_NO_MEMORY)
        memcpy(actual, result == STET_CHANGED ? value : was, t->map->value->size);
    return result;
}

/*
 * `made` is memory for a value. fn writes it, with a reference that this function releases. `made_key` is memory for
 * the key that a view stands for, because fn gets a key.
 */
STET_INLINE stet_result stet_shared_load_or_compute_(const struct stet_shared_type *t, void *m,
                                                     const struct stet_key_view *f, const void *key,
                                                     bool (*fn)(void *call, const void *key, void *value), void *call,
                                                     void *made_key, void *made, void *was, void *actual)
{
    if (t->load(m, f, key, actual))
        return STET_UNCHANGED;
    if (f != NULL && !f->make(made_key, key))
        return STET_NO_MEMORY;
    if (f != NULL)
        key = made_key;
    stet_result result = STET_NO_MEMORY;
    if (fn(call, key, made))
        result = stet_owned_(stet_shared_load_or_store_(t, m, NULL, key, made, was, actual), t->map->value, made);
    if (f != NULL)
        stet_element_release_(t->map->key, made_key);
    return result;
}

/*
 * Refuses a `map` that is no map, and a use in a function. It comes first in the macros that define an atom map or a
 * live map.
 */
#define STET_SHARED_MAP_OF_(name, map) \
    STET_FILE_SCOPE_(name)             \
    STET_STATIC_ASSERT(map##_is_map_, #name ": " #map " is no map: threads share sets and lists by STET_ATOM");

/* ---- keys as bytes: only in maps of stet_str ---- */

void stet_keys_are_not_strings_(void) STET_REFUSED_("_bytes and _cstr are for maps with keys of stet_str");

/* The key view of bytes. flags, a constant, are those of the map's key type. */
#ifndef STET_KEEPS_INLINE_ /* such a build keeps functions that are not called, so it must not refuse this one */
#    define STET_BYTES_OF_(flags) \
        (STET_HAS_(flags, STET_STRING) ? (void)0 : stet_keys_are_not_strings_(), &stet_bytes_view)
#else
#    define STET_BYTES_OF_(flags) (&stet_bytes_view)
#endif

#ifdef __cplusplus
}
#endif
STET_LOUD_

/* ---- the manual: what STET_ATOM_MAP(name, map) and STET_LIVE_MAP(name, map) make; K and V are the map's ---- */

#if defined(STET_MANUAL_ATOM_MAP) || defined(STET_MANUAL_LIVE_MAP)

/* ---- reads ---- */

/* Returns whether the key is there. If it is, copies its value, with a reference, to *value. */
static bool name_load(const name *table, K key, V *value);
/* Returns whether the key is there. */
static bool name_has(const name *table, K key);
/*
 * Looks each of the keys up, and sets found[i] to whether keys[i] is there. If it is, values[i] becomes its value, with
 * a reference; otherwise values[i] is untouched. Returns how many were found. The reads of an atom map are all of one
 * moment; each read of a live map is a load of its own. Cost: as map_get_many(), or as count loads.
 */
static size_t name_load_many(const name *table, K const *keys, size_t count, V *values, bool *found);
/*
 * Returns the number of entries. A live map adds up counters of all threads: the sum is exact if no thread is writing.
 */
static size_t name_size(const name *table);
/*
 * Calls fn for each entry that the map has at one moment, until fn returns false. Returns false if fn did, else true.
 * fn may change the map, but range does not see these changes. The version of that moment stays in memory until range
 * returns.
 */
static bool name_range(const name *table, bool (*fn)(void *context, K const *key, V const *value), void *context);

/* ---- writes ---- */

/* The key has this value afterwards. STET_UNCHANGED: the key had an equal value. */
static stet_result name_store(name *table, K key, V value);
/*
 * The same, and reports two things: *had is set to whether the key was there, and if it was, *before becomes the value
 * that it had. STET_UNCHANGED: both values are equal; *had and *before are set in this case, too.
 */
static stet_result name_swap(name *table, K key, V value, V *before, bool *had);
/* The key is absent afterwards. STET_UNCHANGED: it was absent before. */
static stet_result name_delete(name *table, K key);
/* The same; *value becomes the value that the key had. STET_UNCHANGED: the key was absent, and *value is untouched. */
static stet_result name_load_and_delete(name *table, K key, V *value);

/* ---- writes on a condition ---- */

/*
 * STET_CHANGED: the key was absent, and has this value now. STET_UNCHANGED: the key was there. In both cases *actual
 * becomes the value that the key has now.
 */
static stet_result name_load_or_store(name *table, K key, V value, V *actual);
/*
 * The same with a value that fn makes if the key is absent. fn is called once at most, with nothing locked. It writes
 * *value, with a reference that the map takes over. If another thread stores a value meanwhile, *actual becomes that
 * value, and the value that fn made is released. If fn returns false, the result is STET_NO_MEMORY.
 */
static stet_result name_load_or_compute(name *table, K key, bool (*fn)(void *context, K const *key, V *value),
                                        void *context, V *actual);
/*
 * If the key has a value that equals `expected`, it has `value` afterwards. STET_UNCHANGED: `value` equals that, too.
 * STET_CONFLICT: the key was absent, or had another value.
 */
static stet_result name_compare_and_swap(name *table, K key, V expected, V value);
/*
 * If the key has a value that equals `expected`, it is absent afterwards. STET_CONFLICT: it was absent, or had another
 * value.
 */
static stet_result name_compare_and_delete(name *table, K key, V expected);

/* ---- many writes at one moment ---- */

/* A write of a batch. Its members are kind (STET_OP_STORE or STET_OP_DELETE), key (K) and value (V). */
typedef struct name_op name_op;
/*
 * Does all these operations at one moment or, if there is no memory, none. Of operations with equal keys the last one
 * wins. STET_UNCHANGED: the map was already as requested. Cost: in an atom map one new version; in a live map as much
 * as single changes, and all their leaves are locked at the same time.
 */
static stet_result name_apply(name *table, const name_op *ops, size_t count);
/*
 * The map is empty afterwards. STET_UNCHANGED: it was empty before. The entries are freed like those that writes
 * replace.
 */
static stet_result name_clear(name *table);

/* ---- keys as bytes: in maps with keys of stet_str ---- */

/*
 * Like the functions without the suffix. _bytes takes any bytes and their number; _cstr takes a C string, which is not
 * NULL. A string is made only where a key is stored.
 */
static bool name_load_bytes(const name *table, const void *bytes, size_t size, V *value);
static bool name_load_cstr(const name *table, const char *cstr, V *value);
static bool name_has_bytes(const name *table, const void *bytes, size_t size);
static bool name_has_cstr(const name *table, const char *cstr);
static stet_result name_store_bytes(name *table, const void *bytes, size_t size, V value);
static stet_result name_store_cstr(name *table, const char *cstr, V value);
static stet_result name_delete_bytes(name *table, const void *bytes, size_t size);
static stet_result name_delete_cstr(name *table, const char *cstr);
static stet_result name_swap_bytes(name *table, const void *bytes, size_t size, V value, V *before, bool *had);
static stet_result name_swap_cstr(name *table, const char *cstr, V value, V *before, bool *had);
static stet_result name_load_and_delete_bytes(name *table, const void *bytes, size_t size, V *value);
static stet_result name_load_and_delete_cstr(name *table, const char *cstr, V *value);
static stet_result name_load_or_store_bytes(name *table, const void *bytes, size_t size, V value, V *actual);
static stet_result name_load_or_store_cstr(name *table, const char *cstr, V value, V *actual);
static stet_result name_load_or_compute_bytes(name *table, const void *bytes, size_t size,
                                              bool (*fn)(void *context, K const *key, V *value), void *context,
                                              V *actual);
static stet_result name_load_or_compute_cstr(name *table, const char *cstr,
                                             bool (*fn)(void *context, K const *key, V *value), void *context,
                                             V *actual);
static stet_result name_compare_and_swap_bytes(name *table, const void *bytes, size_t size, V expected, V value);
static stet_result name_compare_and_swap_cstr(name *table, const char *cstr, V expected, V value);
static stet_result name_compare_and_delete_bytes(name *table, const void *bytes, size_t size, V expected);
static stet_result name_compare_and_delete_cstr(name *table, const char *cstr, V expected);

#endif

/* ---- what makes them ---- */

/* Defines struct name_op, an operation for apply. */
#define STET_SHARED_MAP_OP_(name, K, V) \
    typedef struct name##_op {          \
        enum stet_op kind;              \
        K key;                          \
        V value;                        \
    } name##_op;
#define STET_SHARED_MAP_BATCH_(name, ops, count)                                                                       \
    {                                                                                                                  \
        ops, count, sizeof(name##_op), offsetof(name##_op, kind), offsetof(name##_op, key), offsetof(name##_op, value) \
    }

/*
 * The functions of both maps. They use stet_ENGINE_read_() and the like, which take `type`, name_of_() and
 * name_write_(). The functions _by_ take the address of a key or, with a view_, of what the view describes. bytes_of
 * makes a struct stet_bytes.
 */
#define STET_SHARED_MAP_(name, map, K, V, engine, type, bytes_of) \
    STET_SHARED_MAP_READ_(name, map, K, V, engine, type)          \
    STET_SHARED_MAP_CHANGE_(name, K, V)                           \
    STET_SHARED_MAP_CHANGE_IF_(name, K, V)                        \
    STET_SHARED_MAP_VIEWS_(name, K, V, STET_KEY_VIEWS_, bytes_of, STET_BYTES_OF_(map##_keyflags_))

#define STET_SHARED_MAP_READ_(name, map, K, V, engine, type)                                                     \
    STET_WRAPPER STET_NONNULL_(1) bool name##_load_by_(const void *table_, const struct stet_key_view *view_,    \
                                                       const void *key_, void *value_)                           \
    {                                                                                                            \
        return stet##engine##_read_(&(type), name##_of_(STET_CAST_(const name *, table_)), view_, key_, value_); \
    }                                                                                                            \
    __attribute__((__unused__)) static const struct stet_shared_type name##_shared_type_ = {                     \
        &map##_keyed_type_, name##_load_by_, name##_write_};                                                     \
    STET_WRAPPER STET_NONNULL_(1) bool name##_load(const name *table_, K key_, V *value_)                        \
    {                                                                                                            \
        return name##_load_by_(table_, NULL, &key_, value_);                                                     \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) bool name##_has(const name *table_, K key_)                                    \
    {                                                                                                            \
        return name##_load_by_(table_, NULL, &key_, NULL);                                                       \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1)                                                                                \
        size_t name##_load_many(const name *table_, K const *keys_, size_t count_, V *values_, bool *found_)     \
    {                                                                                                            \
        return stet##engine##_load_many_(&(type), name##_of_(table_), keys_, count_, values_, found_);           \
    }

/*
 * Makes `function`, of a key, and `by`, of an address and its view, with pointers to the values: `pointers`, of which
 * `addresses` are the arguments for the parameters `more` of `function`. room: variables that `answer` needs; it uses
 * view_ and key_.
 */
#define STET_SHARED_MAP_WRITE_(name, K, function, by, pointers, more, addresses, room, answer)                   \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result by(name *table_, const struct stet_key_view *view_, \
                                                                const void *key_ pointers)                       \
    {                                                                                                            \
        room return answer;                                                                                      \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result function(name *table_, K key_ more)                 \
    {                                                                                                            \
        return by(table_, NULL, &key_ addresses);                                                                \
    }
#define STET_SHARED_MAP_ROOM_(V) V was_;
#define STET_SHARED_MAP_CALL_(K, V)                              \
    struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_); \
    K named_;                                                    \
    V made_;                                                     \
    V was_;
#define STET_SHARED_MAP_WRITE_OF_(op, value, expected) \
    struct stet_write write_ = {op, view_, key_, value, expected, NULL, false};

#define STET_SHARED_MAP_CHANGE_(name, K, V)                                                                            \
    STET_SHARED_MAP_WRITE_(name, K, name##_store, name##_store_by_, STET_AND_(V const *value_), STET_AND_(V value_),   \
                           STET_AND_(&value_), STET_SHARED_MAP_WRITE_OF_(STET_WRITE_STORE, value_, NULL),              \
                           name##_write_(table_, &write_))                                                             \
    STET_SHARED_MAP_WRITE_(name, K, name##_delete, name##_delete_by_, STET_NO_MORE_, STET_NO_MORE_, STET_NO_MORE_,     \
                           STET_SHARED_MAP_WRITE_OF_(STET_WRITE_DELETE, NULL, NULL), name##_write_(table_, &write_))   \
    STET_SHARED_MAP_WRITE_(name, K, name##_swap, name##_swap_by_, STET_AND_(V const *value_, V *before_, bool *had_),  \
                           STET_AND_(V value_, V *before_, bool *had_), STET_AND_(&value_, before_, had_),             \
                           STET_SHARED_MAP_ROOM_(V),                                                                   \
                           stet_shared_swap_(&name##_shared_type_, table_, view_, key_, value_, &was_, before_, had_)) \
    STET_SHARED_MAP_WRITE_(name, K, name##_load_and_delete, name##_take_by_, STET_AND_(V *value_),                     \
                           STET_AND_(V *value_), STET_AND_(value_), STET_SHARED_MAP_ROOM_(V),                          \
                           stet_shared_take_(&name##_shared_type_, table_, view_, key_, &was_, value_))

#define STET_SHARED_MAP_CHANGE_IF_(name, K, V)                                                                    \
    STET_WRAPPER bool name##_compute_thunk_(void *call_, const void *key_, void *value_)                          \
    {                                                                                                             \
        return STET_CALL_(bool (*)(void *, K const *, V *), call_, STET_CAST_(K const *, key_),                   \
                          STET_CAST_(V *, value_));                                                               \
    }                                                                                                             \
    STET_SHARED_MAP_WRITE_(                                                                                       \
        name, K, name##_load_or_store, name##_offer_by_, STET_AND_(V const *value_, V *actual_),                  \
        STET_AND_(V value_, V *actual_), STET_AND_(&value_, actual_), STET_SHARED_MAP_ROOM_(V),                   \
        stet_shared_load_or_store_(&name##_shared_type_, table_, view_, key_, value_, &was_, actual_))            \
    STET_SHARED_MAP_WRITE_(                                                                                       \
        name, K, name##_load_or_compute, name##_compute_by_,                                                      \
        STET_AND_(bool (*fn_)(void *context_, K const *key_, V *value_), void *context_, V *actual_),             \
        STET_AND_(bool (*fn_)(void *context_, K const *key_, V *value_), void *context_, V *actual_),             \
        STET_AND_(fn_, context_, actual_), STET_SHARED_MAP_CALL_(K, V),                                           \
        stet_shared_load_or_compute_(&name##_shared_type_, table_, view_, key_, name##_compute_thunk_, &call_,    \
                                     &named_, &made_, &was_, actual_))                                            \
    STET_SHARED_MAP_WRITE_(                                                                                       \
        name, K, name##_compare_and_swap, name##_replace_by_, STET_AND_(V const *expected_, V const *value_),     \
        STET_AND_(V expected_, V value_), STET_AND_(&expected_, &value_),                                         \
        STET_SHARED_MAP_WRITE_OF_(STET_WRITE_SWAP_EXPECTED, value_, expected_), name##_write_(table_, &write_))   \
    STET_SHARED_MAP_WRITE_(name, K, name##_compare_and_delete, name##_discard_by_, STET_AND_(V const *expected_), \
                           STET_AND_(V expected_), STET_AND_(&expected_),                                         \
                           STET_SHARED_MAP_WRITE_OF_(STET_WRITE_DELETE_EXPECTED, NULL, expected_),                \
                           name##_write_(table_, &write_))

/* STET_FORMS_, of: as in impl/keyed.h. by: the view. */
#define STET_SHARED_MAP_VIEWS_(name, K, V, STET_FORMS_, of, by)                                                        \
    STET_FORMS_(of, bool, name##_load, const name *, table_, STET_AND_(V *value_), STET_AND_(value_),                  \
                name##_load_by_(table_, by, &view_, value_))                                                           \
    STET_FORMS_(of, bool, name##_has, const name *, table_, STET_NO_MORE_, STET_NO_MORE_,                              \
                name##_load_by_(table_, by, &view_, NULL))                                                             \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_store, name *, table_, STET_AND_(V value_), STET_AND_(value_),  \
                name##_store_by_(table_, by, &view_, &value_))                                                         \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_delete, name *, table_, STET_NO_MORE_, STET_NO_MORE_,           \
                name##_delete_by_(table_, by, &view_))                                                                 \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_swap, name *, table_,                                           \
                STET_AND_(V value_, V *before_, bool *had_), STET_AND_(value_, before_, had_),                         \
                name##_swap_by_(table_, by, &view_, &value_, before_, had_))                                           \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_load_and_delete, name *, table_, STET_AND_(V *value_),          \
                STET_AND_(value_), name##_take_by_(table_, by, &view_, value_))                                        \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_load_or_store, name *, table_, STET_AND_(V value_, V *actual_), \
                STET_AND_(value_, actual_), name##_offer_by_(table_, by, &view_, &value_, actual_))                    \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_load_or_compute, name *, table_,                                \
                STET_AND_(bool (*fn_)(void *context_, K const *key_, V *value_), void *context_, V *actual_),          \
                STET_AND_(fn_, context_, actual_), name##_compute_by_(table_, by, &view_, fn_, context_, actual_))     \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_compare_and_swap, name *, table_,                               \
                STET_AND_(V expected_, V value_), STET_AND_(expected_, value_),                                        \
                name##_replace_by_(table_, by, &view_, &expected_, &value_))                                           \
    STET_FORMS_(of, STET_NODISCARD stet_result, name##_compare_and_delete, name *, table_, STET_AND_(V expected_),     \
                STET_AND_(expected_), name##_discard_by_(table_, by, &view_, &expected_))

#endif
