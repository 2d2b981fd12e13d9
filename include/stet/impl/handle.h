/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/handle.h - what the handles of all collections have in common: the type, its descriptor as an element of
 * another collection, and the functions that copy, move, compare and drop a handle.
 *
 * `kind` is the collection's engine, with an underscore in front so that no user's macro has this name: `_map`, `_list`
 * or `_sorted`. Below, KIND stands for it without the underscore. The handle type `name` wraps a `struct stet_KIND` as
 * its member `member`, and `name_KIND_type_` is its descriptor. The functions below call
 *
 *     size_t stet_KIND_size_(h)
 *     bool stet_KIND_identical_(a, b)
 *     void stet_KIND_retain_(t, h), stet_KIND_drop_(t, h), stet_KIND_drop_later_(t, h)
 *     size_t stet_KIND_unshared_bytes_(t, h)
 *     bool stet_KIND_equal_(t, a, b)
 *     uint64_t stet_KIND_hash_(t, h, seed)
 */
#ifndef STET_IMPL_HANDLE_H
#define STET_IMPL_HANDLE_H

#include <stet/type.h>

/*
 * The flags of a collection as an element of another: prompt if one of its own element types is prompt, else lazy; and
 * acyclic if its elements lead to no collections.
 */
#define STET_HANDLE_FLAGS_(kflags, vflags)                                               \
    (STET_REFCOUNTED | (STET_PROMPT_(kflags) || STET_PROMPT_(vflags) ? 0 : +STET_LAZY) | \
     STET_ACYCLIC_IF_(kflags, vflags))

/*
 * The first of two steps. In C, a program that forgets the second, and calls functions that nobody has declared, does
 * not link, because of a symbol that names the second step. (clang and C++ refuse such calls; clang would also warn of
 * the pragma.)
 */
#define STET_HANDLE_DECLARE_FIRST_(name, define, kind, member, flags) \
    STET_HANDLE_DECLARE_(name, kind, member, flags)                   \
    STET_UNDEFINED_IS_(name##_drop, name##_needs_##define)
#if defined(__PRAGMA_REDEFINE_EXTNAME) && !defined(__clang__) && !defined(__cplusplus)
#    define STET_UNDEFINED_IS_(function, symbol) STET_PRAGMA_(redefine_extname function symbol)
#    define STET_PRAGMA_(text) _Pragma(#    text)
#else
#    define STET_UNDEFINED_IS_(function, symbol)
#endif

#define STET_HANDLE_DECLARE_(name, kind, member, flags) \
    STET_FILE_SCOPE_(name)                              \
    typedef struct name {                               \
        struct stet##kind member;                       \
    } name;                                             \
    STET_DESCRIBED_BY_(name, name##_type)               \
    typedef name name##_type_of_;                       \
    enum { name##_type_flags_ = +(flags) | +STET_COLLECTION_ | +STET_KIND##kind##_ };

/*
 * Makes name_type, the descriptor of the collection as an element of another one. kflags and vflags are the flags of
 * the collection's own elements.
 */
#define STET_HANDLE_TYPE_(name, kflags, vflags)                                                                      \
    STET_STATIC_ASSERT(!STET_HAS_(name##_type_flags_, STET_LAZY) || !(STET_PROMPT_(kflags) || STET_PROMPT_(vflags)), \
                       #name ": declared lazy, but an element's release is prompt");                                 \
    STET_WRAPPER uint64_t name##_type_hash_(const void *e_, uint64_t seed_);                                         \
    STET_WRAPPER bool name##_type_equal_(const void *a_, const void *b_);                                            \
    STET_WRAPPER void name##_type_retain_(const void *e_);                                                           \
    STET_WRAPPER void name##_type_release_(void *e_);                                                                \
    STET_WRAPPER const void *name##_type_engine_(void);                                                              \
    STET_DESCRIPTOR_ALL_(name##_type, name, name##_type_hash_, name##_type_equal_, STET_NULL_, name##_type_retain_,  \
                         name##_type_release_, +name##_type_flags_ | STET_FLAT_UNLESS_(kflags, vflags), STET_NULL_,  \
                         STET_NULL_, name##_type_engine_)

#if defined(STET_MANUAL_MAP) || defined(STET_MANUAL_SET) || defined(STET_MANUAL_LIST) || \
    defined(STET_MANUAL_SORTED_MAP) || defined(STET_MANUAL_SORTED_FOLD) || defined(STET_MANUAL_SORTED_SET)

/* ---- handles ---- */

/* A version of the collection. {0} is empty. */
typedef struct name name;
/* Returns the number of entries, or elements. */
static size_t name_size(const name *handle);
/* Returns whether there are none. */
static bool name_is_empty(const name *handle);
/* Returns a second handle of the same version. Cost: O(1), no allocation. */
static name name_copy(const name *handle);
/*
 * Adds one holder to the version, as name_copy() does, but returns no handle. It is for the retain function of a struct
 * that has a handle as a member; name_drop() of that member takes the holder away.
 */
static void name_retain(const name *handle);
/* Returns the version of the handle, which is {0} afterwards. */
static name name_move(name *handle);
/* Each of the two handles has the version of the other afterwards. */
static void name_swap_handles(name *a, name *b);
/* Releases the version; the handle is {0} afterwards. Cost: O(nodes that no other version has); bounded stack. */
static void name_drop(name *handle);
/* The collection is empty afterwards, and may be filled again. This is name_drop() under another name. */
static void name_clear(name *handle);
/*
 * As name_drop(), but defers the release: stet_release_some() on this thread (release.h) performs it in steps, or the
 * end of the thread does; the end of the process does not wait for it. Cost: O(1).
 */
static void name_drop_later(name *handle);
/*
 * Returns the number of bytes in nodes that only this handle keeps, which name_drop() would free. Cost: O(those nodes).
 */
static size_t name_unshared_bytes(const name *handle);
/* Returns whether both are the same version, which implies that they are equal. Cost: O(1). */
static bool name_identical(const name *a, const name *b);
/*
 * Returns whether both have the same contents: the same keys with equal values, or equal elements in the same order.
 * Nodes that both share are skipped.
 */
static bool name_equal(const name *a, const name *b);

#endif

/*
 * A variable of no size, so that debug information has name_cursor, and with it name_key_ and its like: compilers leave
 * out types that nothing uses. lib/stet-gdb.py prints contents by them.
 */
#define STET_SHOWN_TO_DEBUGGERS_(name) __extension__ __attribute__((__used__)) static name##_cursor name##_shown_[0];

#define STET_HANDLE_(name, kind, member)                                                              \
    STET_SHOWN_TO_DEBUGGERS_(name)                                                                    \
    STET_WRAPPER const void *name##_type_engine_(void) { return &name##kind##_type_; }                \
    STET_WRAPPER uint64_t name##_type_hash_(const void *e_, uint64_t seed_)                           \
    {                                                                                                 \
        return stet##kind##_hash_(&name##kind##_type_, &STET_CAST_(const name *, e_)->member, seed_); \
    }                                                                                                 \
    STET_WRAPPER bool name##_type_equal_(const void *a_, const void *b_)                              \
    {                                                                                                 \
        return stet##kind##_equal_(&name##kind##_type_, &STET_CAST_(const name *, a_)->member,        \
                                   &STET_CAST_(const name *, b_)->member);                            \
    }                                                                                                 \
    STET_WRAPPER void name##_type_retain_(const void *e_)                                             \
    {                                                                                                 \
        stet##kind##_retain_(&name##kind##_type_, &STET_CAST_(const name *, e_)->member);             \
    }                                                                                                 \
    STET_WRAPPER void name##_type_release_(void *e_)                                                  \
    {                                                                                                 \
        stet##kind##_drop_(&name##kind##_type_, &STET_CAST_(name *, e_)->member);                     \
    }                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_size(const name *handle_)                             \
    {                                                                                                 \
        return stet##kind##_size_(&handle_->member);                                                  \
    }                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) bool name##_is_empty(const name *handle_)                           \
    {                                                                                                 \
        return stet##kind##_size_(&handle_->member) == 0;                                             \
    }                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) void name##_retain(const name *handle_)                             \
    {                                                                                                 \
        stet##kind##_retain_(&name##kind##_type_, &handle_->member);                                  \
    }                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD name name##_copy(const name *handle_)                \
    {                                                                                                 \
        stet##kind##_retain_(&name##kind##_type_, &handle_->member);                                  \
        return *handle_;                                                                              \
    }                                                                                                 \
    STET_HANDLE_MOVES_(name)                                                                          \
    STET_WRAPPER STET_NONNULL_(1) void name##_drop(name *handle_)                                     \
    {                                                                                                 \
        stet##kind##_drop_(&name##kind##_type_, &handle_->member);                                    \
    }                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) void name##_clear(name *handle_) { name##_drop(handle_); }          \
    STET_WRAPPER STET_NONNULL_(1) void name##_drop_later(name *handle_)                               \
    {                                                                                                 \
        stet##kind##_drop_later_(&name##kind##_type_, &handle_->member);                              \
    }                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_unshared_bytes(const name *handle_)                   \
    {                                                                                                 \
        return stet##kind##_unshared_bytes_(&name##kind##_type_, &handle_->member);                   \
    }                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_identical(const name *a_, const name *b_)            \
    {                                                                                                 \
        return stet##kind##_identical_(&a_->member, &b_->member);                                     \
    }                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_equal(const name *a_, const name *b_)                \
    {                                                                                                 \
        return stet##kind##_equal_(&name##kind##_type_, &a_->member, &b_->member);                    \
    }

/* Makes name_move() and name_swap_handles(), for handles of collections and for records. */
#define STET_HANDLE_MOVES_(name)                                                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD name name##_move(name *handle_)  \
    {                                                                             \
        name moved_ = *handle_;                                                   \
        memset(handle_, 0, sizeof *handle_);                                      \
        return moved_;                                                            \
    }                                                                             \
    STET_WRAPPER STET_NONNULL_(1, 2) void name##_swap_handles(name *a_, name *b_) \
    {                                                                             \
        name other_ = *a_;                                                        \
        *a_ = *b_;                                                                \
        *b_ = other_;                                                             \
    }

#endif
