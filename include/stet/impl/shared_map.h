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

/* ---- one write ---- */

/* What a write does with the key's entry. */
enum stet_write_op {
    STET_WRITE_STORE,           /* insert or replace */
    STET_WRITE_ADD,             /* insert */
    STET_WRITE_SWAP_EXPECTED,   /* replace what equals `expected` */
    STET_WRITE_DELETE,          /* remove */
    STET_WRITE_DELETE_EXPECTED, /* remove what equals `expected` */
};

struct stet_write {
    enum stet_write_op op;
    const struct stet_key_form *form; /* of the key; NULL: it is one */
    const void *key;
    const void *value;    /* to be put there */
    const void *expected; /* what must be there */
    void *before; /* NULL, or gets the value that was there, with a reference; ADD: the one that is there then */
    bool had;     /* there was one; a before that is not NULL has it */
};

/* The first two leave the map as it is, and are results. */
enum stet_verdict {
    STET_VERDICT_UNCHANGED = STET_UNCHANGED,
    STET_VERDICT_CONFLICT = STET_CONFLICT,
    STET_VERDICT_PUT,
    STET_VERDICT_REMOVE,
};

STET_INLINE bool stet_write_removes_(const struct stet_write *w)
{
    return w->op == STET_WRITE_DELETE || w->op == STET_WRITE_DELETE_EXPECTED;
}

STET_INLINE bool stet_write_compares_(const struct stet_write *w)
{
    return w->op == STET_WRITE_SWAP_EXPECTED || w->op == STET_WRITE_DELETE_EXPECTED;
}

/* Decides what a write does where the key has this value; NULL: where it is absent. t: the type of values. */
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

/* Decides likewise, and reports what was there. */
STET_INLINE enum stet_verdict stet_write_judge_(const struct stet_type *t, struct stet_write *w, const void *value)
{
    enum stet_verdict verdict = stet_write_verdict_(t, w, value);
    w->had = value != NULL && verdict != STET_VERDICT_CONFLICT;
    if (w->had && w->before != NULL) {
        memcpy(w->before, value, t->size);
        stet_element_retain_(t, value);
    }
    return verdict;
}

/* Takes back that report: the write failed, or is tried again. */
STET_INLINE void stet_write_undo_(const struct stet_type *t, struct stet_write *w)
{
    if (w->had && w->before != NULL)
        stet_element_release_(t, w->before); /* others hold it, too */
    w->had = false;
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

/* ---- the typed writes: of both maps, over the function name_write_() of each ---- */

#define STET_SHARED_MAP_CHANGE_(name, map, K, V)                                                                      \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_store_form_(                                      \
        name *m_, const struct stet_key_form *form_, const void *key_, V const *value_)                               \
    {                                                                                                                 \
        struct stet_write w_ = {STET_WRITE_STORE, form_, key_, value_, NULL, NULL, false};                            \
        return name##_write_(m_, &w_);                                                                                \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_delete_form_(name *m_, const struct stet_key_form *form_, const void *key_) \
    {                                                                                                                 \
        struct stet_write w_ = {STET_WRITE_DELETE, form_, key_, NULL, NULL, NULL, false};                             \
        return name##_write_(m_, &w_);                                                                                \
    }                                                                                                                 \
    /* The key has this value afterwards. An equal value is there: STET_UNCHANGED. */                                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_store(name *m_, K key_, V value_)                 \
    {                                                                                                                 \
        return name##_store_form_(m_, NULL, &key_, &value_);                                                          \
    }                                                                                                                 \
    /*                                                                                                                \
     * The same, with two results: *had tells whether the key was there, and if it was, *before gets its value. If    \
     * that value is equal to the new one, the result is STET_UNCHANGED; *had and *before are written in this case,   \
     * too.                                                                                                           \
     */                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_swap(name *m_, K key_, V value_, V *before_, bool *had_)                    \
    {                                                                                                                 \
        V was_;                                                                                                       \
        struct stet_write w_ = {STET_WRITE_STORE, NULL, &key_, &value_, NULL, &was_, false};                          \
        stet_result result_ = name##_write_(m_, &w_);                                                                 \
        if (w_.had)                                                                                                   \
            *before_ = was_;                                                                                          \
        if (result_ != STET_NO_MEMORY)                                                                                \
            *had_ = w_.had;                                                                                           \
        return result_;                                                                                               \
    }                                                                                                                 \
    /* The key is absent afterwards. It was: STET_UNCHANGED. */                                                       \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_delete(name *m_, K key_)                          \
    {                                                                                                                 \
        return name##_delete_form_(m_, NULL, &key_);                                                                  \
    }                                                                                                                 \
    /* The same, and *value is the value it had. It was absent: STET_UNCHANGED, *value untouched. */                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_load_and_delete(name *m_, K key_, V *value_)      \
    {                                                                                                                 \
        V was_;                                                                                                       \
        struct stet_write w_ = {STET_WRITE_DELETE, NULL, &key_, NULL, NULL, &was_, false};                            \
        stet_result result_ = name##_write_(m_, &w_);                                                                 \
        if (result_ == STET_CHANGED)                                                                                  \
            *value_ = was_;                                                                                           \
        return result_;                                                                                               \
    }

#define STET_SHARED_MAP_CHANGE_IF_(name, map, K, V)                                                                   \
    /* STET_CHANGED: it was absent, and has this value. STET_UNCHANGED: it was there. *actual: the value it has now.  \
     */                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_load_or_store(name *m_, K key_, V value_, V *actual_)                       \
    {                                                                                                                 \
        V was_;                                                                                                       \
        struct stet_write w_ = {STET_WRITE_ADD, NULL, &key_, &value_, NULL, &was_, false};                            \
        stet_result result_;                                                                                          \
        if (name##_load(m_, key_, actual_))                                                                           \
            return STET_UNCHANGED;                                                                                    \
        result_ = name##_write_(m_, &w_);                                                                             \
        if (result_ == STET_CHANGED)                                                                                  \
            stet_element_retain_(map##_map_type_.value, &value_);                                                     \
        if (result_ != STET_NO_MEMORY)                                                                                \
            *actual_ = result_ == STET_CHANGED ? value_ : was_;                                                       \
        return result_;                                                                                               \
    }                                                                                                                 \
    /*                                                                                                                \
     * The same for a value that fn makes, if the key is absent: called once at most, with nothing locked, it fills   \
     * *value and hands its reference over. If another thread stores one meanwhile, that is *actual, and what fn made \
     * is released. fn answers false: STET_NO_MEMORY.                                                                 \
     */                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_load_or_compute(                                  \
        name *m_, K key_, bool (*fn_)(void *context_, K const *key_, V *value_), void *context_, V *actual_)          \
    {                                                                                                                 \
        V made_;                                                                                                      \
        stet_result result_;                                                                                          \
        if (name##_load(m_, key_, actual_))                                                                           \
            return STET_UNCHANGED;                                                                                    \
        if (!fn_(context_, &key_, &made_))                                                                            \
            return STET_NO_MEMORY;                                                                                    \
        result_ = name##_load_or_store(m_, key_, made_, actual_);                                                     \
        stet_element_release_(map##_map_type_.value, &made_);                                                         \
        return result_;                                                                                               \
    }                                                                                                                 \
    /*                                                                                                                \
     * The key has this value afterwards, if it had one equal to `expected`. STET_UNCHANGED: and value equals that.   \
     * STET_CONFLICT: it was absent, or had another.                                                                  \
     */                                                                                                               \
    STET_WRAPPER STET_NONNULL_(1)                                                                                     \
        STET_NODISCARD stet_result name##_compare_and_swap(name *m_, K key_, V expected_, V value_)                   \
    {                                                                                                                 \
        struct stet_write w_ = {STET_WRITE_SWAP_EXPECTED, NULL, &key_, &value_, &expected_, NULL, false};             \
        return name##_write_(m_, &w_);                                                                                \
    }                                                                                                                 \
    /* The key is absent afterwards, if it had a value equal to `expected`. STET_CONFLICT: it was absent, or had      \
     * another. */                                                                                                    \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_compare_and_delete(name *m_, K key_, V expected_) \
    {                                                                                                                 \
        struct stet_write w_ = {STET_WRITE_DELETE_EXPECTED, NULL, &key_, NULL, &expected_, NULL, false};              \
        return name##_write_(m_, &w_);                                                                                \
    }

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
