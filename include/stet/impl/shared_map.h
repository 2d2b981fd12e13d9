/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/shared_map.h - what the maps that threads share have in common: the map behind an atom (atom_map.h) and the
 * one that is edited in place (live_map.h). Both have these operations, with these names, answers and guarantees;
 * their headers say what each costs, and docs/which-map.md which one to take.
 *
 *   load has                      look
 *   store swap                    put a value
 *   load_or_store load_or_compute put one if there is none
 *   compare_and_swap              put one if a certain value is there
 *   delete load_and_delete        remove;  compare_and_delete: if a certain value is there
 *   clear apply                   many at one moment
 *   len range snapshot get_many   look at many
 *
 * Guarantee. Each operation takes effect at one moment between its call and its return, for all threads the same
 * (linearizable); what has happened before an operation in its thread has happened for whoever sees its effect. apply,
 * clear, snapshot and range are one operation: range runs over the contents of one moment. len, get_many: atom_map.h,
 * live_map.h.
 *
 * Answers. STET_CHANGED: the map has changed. STET_UNCHANGED: it is as it should be already, nothing was written.
 * STET_CONFLICT: compare_and_...: what was expected was not there. STET_NO_MEMORY: nothing has changed, and what the
 * call was to fill in is as before. Looking never fails.
 *
 * Ownership. As map.h: the map retains what it stores, the caller keeps what it had. A value of a counted type that an
 * operation fills in (*value, *actual, *before, values[i]) has a reference of its own, the caller's to release: other
 * threads may remove it from the map at any time. What range shows is borrowed until fn returns. Keys and values that
 * are no longer in the map nor in a snapshot are released, not in the call that removes them, but within what the
 * headers say of garbage.
 *
 * Callbacks: hash, equal and retain must not use the map; release may. The functions given to load_or_compute and
 * range may use it, too, and may block. That of load_or_compute may throw or jump out, and nothing is left behind;
 * where that of range does, the snapshot that it was shown stays in memory.
 *
 * Threads: everything but init and destroy may be called on one map by all threads at once; not in signal handlers.
 */
#ifndef STET_IMPL_SHARED_MAP_H
#define STET_IMPL_SHARED_MAP_H

#include <stet/str.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* What one entry of a batch does. */
enum stet_op {
    STET_OP_STORE,  /* the key has this value afterwards */
    STET_OP_DELETE, /* the key is absent afterwards; its value is not looked at */
};

/* Anything else is misuse: apply fails. It asserts, for a live map in a library built without NDEBUG. */
STET_INLINE bool stet_op_is_valid_(enum stet_op kind)
{
    bool is_valid = kind == STET_OP_STORE || kind == STET_OP_DELETE;
    assert(is_valid && "the kind of an operation is STET_OP_STORE or STET_OP_DELETE");
    return is_valid;
}

/* For apply: struct name_op. */
#define STET_SHARED_MAP_OP_(name, K, V) \
    typedef struct name##_op {          \
        enum stet_op kind;              \
        K key;                          \
        V value;                        \
    } name##_op;

/* One more holder of a value, one less; fold away where the type is not counted. */
STET_INLINE void stet_element_retain_(const struct stet_type *t, const void *element)
{
    if (t->retain != NULL)
        t->retain(element);
}

STET_INLINE void stet_element_release_(const struct stet_type *t, void *element)
{
    if (t->release != NULL)
        t->release(element);
}

/* ---- keys as bytes: only in maps of stet_str ---- */

void stet_keys_are_not_strings_(void) STET_REFUSED_("_bytes and _cstr are for maps with keys of stet_str");

/* The key's form, in a map whose key type has these flags, a constant. */
#ifndef STET_KEEPS_INLINE_ /* a build that keeps functions nobody calls refuses none */
#    define STET_BYTES_FORM_(flags) \
        (STET_HAS_(flags, STET_STRING) ? (void)0 : stet_keys_are_not_strings_(), &stet_bytes_form)
#else
#    define STET_BYTES_FORM_(flags) (&stet_bytes_form)
#endif

/*
 * What may be given keys as bytes, by name_load_form_() and the like, which take a form (NULL: a key) and a key in it.
 * _bytes takes any bytes and their number, _cstr a C string, not NULL. A key is made only to be stored.
 */
#define STET_SHARED_MAP_BYTES_(name, V, key_flags)                                                                   \
    STET_WRAPPER STET_NONNULL_(1) bool name##_load_bytes(const name *m_, const void *bytes_, size_t n_, V *value_)   \
    {                                                                                                                \
        struct stet_bytes key_ = stet_bytes_of(bytes_, n_);                                                          \
        return name##_load_form_(m_, STET_BYTES_FORM_(key_flags), &key_, value_);                                    \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) bool name##_load_cstr(const name *m_, const char *key_, V *value_)                 \
    {                                                                                                                \
        return name##_load_bytes(m_, key_, stet_cstr_size_(key_), value_);                                           \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) bool name##_has_bytes(const name *m_, const void *bytes_, size_t n_)               \
    {                                                                                                                \
        struct stet_bytes key_ = stet_bytes_of(bytes_, n_);                                                          \
        return name##_has_form_(m_, STET_BYTES_FORM_(key_flags), &key_);                                             \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) bool name##_has_cstr(const name *m_, const char *key_)                             \
    {                                                                                                                \
        return name##_has_bytes(m_, key_, stet_cstr_size_(key_));                                                    \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1)                                                                                    \
        STET_NODISCARD stet_result name##_store_bytes(name *m_, const void *bytes_, size_t n_, V value_)             \
    {                                                                                                                \
        struct stet_bytes key_ = stet_bytes_of(bytes_, n_);                                                          \
        return name##_store_form_(m_, STET_BYTES_FORM_(key_flags), &key_, &value_);                                  \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_store_cstr(name *m_, const char *key_, V value_) \
    {                                                                                                                \
        return name##_store_bytes(m_, key_, stet_cstr_size_(key_), value_);                                          \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1)                                                                                    \
        STET_NODISCARD stet_result name##_delete_bytes(name *m_, const void *bytes_, size_t n_)                      \
    {                                                                                                                \
        struct stet_bytes key_ = stet_bytes_of(bytes_, n_);                                                          \
        return name##_delete_form_(m_, STET_BYTES_FORM_(key_flags), &key_);                                          \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_delete_cstr(name *m_, const char *key_)          \
    {                                                                                                                \
        return name##_delete_bytes(m_, key_, stet_cstr_size_(key_));                                                 \
    }

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
