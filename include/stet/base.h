/* SPDX-License-Identifier: MIT */
/*
 * stet/base.h - what every stet header stands on: the one answer, the hash seed, attributes.
 */
#ifndef STET_BASE_H
#define STET_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stet/config.h>

#if !defined(__GNUC__)
#    error "stet needs gcc or clang"
#elif !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || UINTPTR_MAX != UINT64_MAX
#    error "stet needs a 64-bit little-endian machine"
#endif

/* These arguments, counted from 1, are not NULL. */
#define STET_NONNULL_(...) __attribute__((__nonnull__(__VA_ARGS__)))
#define STET_NODISCARD __attribute__((__warn_unused_result__))
/* Reads and other code that must fold with a constant descriptor, or is a few instructions whatever a profile says. */
#define STET_INLINE static inline __attribute__((__always_inline__, __unused__))
/* The typed functions that the STET_... macros make, and no others. */
#define STET_WRAPPER static inline __attribute__((__unused__))
/* Other functions of headers, which each file that uses them compiles: called by address, or seldom. */
#define STET_LOCAL_ static inline __attribute__((__unused__))
/*
 * For the declaration of a function that is not defined anywhere: a call that remains in the program is refused with
 * the message by a compiler that knows the attribute, otherwise by the linker.
 */
#define STET_REFUSED_(message)
#if defined(__has_attribute)
#    if __has_attribute(__error__)
#        undef STET_REFUSED_
#        define STET_REFUSED_(message) __attribute__((__error__(message)))
#    endif
#endif
/*
 * Around the declarations of every header. Callers' compilers are not asked about names and casts in between; what the
 * macros generate is for each of them to judge, and gives no cause. In builds of stet itself, they are.
 */
#if defined(STET_OWN_BUILD_)
#    define STET_QUIET_
#    define STET_LOUD_
#elif defined(__clang__)
#    define STET_QUIET_ _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Weverything\"")
#    define STET_LOUD_ _Pragma("clang diagnostic pop")
#else
#    ifdef __cplusplus
#        define STET_QUIET_LANGUAGE_                                 \
            _Pragma("GCC diagnostic ignored \"-Wold-style-cast\"")   \
                _Pragma("GCC diagnostic ignored \"-Wuseless-cast\"") \
                    _Pragma("GCC diagnostic ignored \"-Wzero-as-null-pointer-constant\"")
#    else
#        define STET_QUIET_LANGUAGE_                                  \
            _Pragma("GCC diagnostic ignored \"-Wbad-function-cast\"") \
                _Pragma("GCC diagnostic ignored \"-Wdeclaration-after-statement\"")
#    endif
#    define STET_QUIET_ \
        _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wshadow\"") STET_QUIET_LANGUAGE_
#    define STET_LOUD_ _Pragma("GCC diagnostic pop")
#endif

#define STET_LIKELY(x) __builtin_expect(!!(x), 1)
#define STET_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* For generated code, which strict callers compile, too: a conversion of numbers, or of a pointer from or to void *;
 * one of a pointer to another object's; no pointer. */
#ifdef __cplusplus
#    define STET_CAST_(T, pointer) static_cast<T>(pointer)
#    define STET_RECAST_(T, pointer) reinterpret_cast<T>(pointer)
#    define STET_NULL_ nullptr
#else
#    define STET_CAST_(T, pointer) ((T)(pointer))
#    define STET_RECAST_(T, pointer) ((T)(pointer))
#    define STET_NULL_ NULL
#endif

STET_QUIET_
#ifdef __cplusplus
#    define STET_STATIC_ASSERT(condition, message) static_assert(condition, message)
#    define STET_ALIGNOF(T) alignof(T)
extern "C" {
#else
#    define STET_STATIC_ASSERT(condition, message) _Static_assert(condition, message)
#    define STET_ALIGNOF(T) _Alignof(T)
#endif

/*
 * For generated code: a callback of the user's type, with its context, on its way through functions that know no types;
 * and the call at the end, by a thunk, which knows its type T.
 */
struct stet_callback_ {
    void (*fn)(void);
    void *context;
};
#define STET_CALLBACK_(fn, context)               \
    {                                             \
        STET_RECAST_(void (*)(void), fn), context \
    }
#define STET_CALL_(T, call, ...)                                         \
    STET_RECAST_(T, STET_CAST_(const struct stet_callback_ *, call)->fn) \
    (STET_CAST_(const struct stet_callback_ *, call)->context, __VA_ARGS__)

/*
 * The result of a function that may fail. Failure is 0, so that `if (!x_set(...))` is exactly that, and then the
 * contents of every collection are as before. What may also answer STET_CONFLICT, which only atoms do (_update, _apply,
 * _compare_and_swap), is to be compared with that: it is not 0, although nothing was done.
 *
 * There are two causes. Memory: the allocator or the budget (pool.h) has no more, or a limit of size is reached; only
 * this one is possible in a correct program. Misuse: the headers name it (an index out of range, a guard of another
 * atom). A program that is compiled without NDEBUG aborts instead, with a line that names the rule, because the headers
 * check. The few rules that only the compiled library can check are said to assert in a library built without NDEBUG
 * (--buildtype=debug); the one that is installed usually has NDEBUG, and returns the failing result in every program.
 */
typedef enum stet_result {
    STET_FAILED = 0,              /* not done; contents are as before */
    STET_NO_MEMORY = STET_FAILED, /* the same value, by the name of the only cause in a correct program */
    STET_UNCHANGED = 1,           /* done: there was nothing to do */
    STET_CHANGED = 2,             /* done: the handle holds a new version */
    STET_CONFLICT = 3, /* not done: somebody else published first; only conditional operations of atoms (atom.h) */
} stet_result;

/*
 * The secrets that key every hash in this process, drawn from the system at start. They share a cache line. Do not
 * write them: stet_set_hash_seed().
 */
struct stet_hash_secrets_ {
    uint64_t seed;       /* stet_hash_seed_at(0) */
    uint64_t multiplier; /* of words: odd, and drawn again while a difference of one or two bits would survive it */
    uint64_t key[2];     /* of SipHash, at level 1 */
};
STET_API extern struct stet_hash_secrets_ stet_hash_secrets_ __attribute__((__aligned__(64)));

/*
 * Derives all secrets from this seed, for tests that need the same shapes again. Hashing is keyed so that someone who
 * can choose keys, but can neither see the secrets nor time single operations, does not know which keys collide: words
 * are multiplied by a secret, strings and bytes are hashed by XXH3 with a secret seed, and the few keys whose hashes
 * agree nevertheless are told apart by SipHash-1-3 with a secret key of 128 bits. A fixed seed gives that up.
 * Must come before the first string is made and before anything is stored: later it does nothing, and asserts in a
 * library built without NDEBUG. Returns whether the seed was taken.
 */
STET_API STET_NODISCARD bool stet_set_hash_seed(uint64_t seed);

/*
 * ThreadSanitizer understands a program only if all of it is built for it, this library included: its own headers and
 * compiled functions share data by means that it does not see otherwise. So a program built with -fsanitize=thread and
 * a library built without do not link, because this symbol is missing (docs/tools.md says how to build stet for it).
 */
#if defined(__SANITIZE_THREAD__)
#    define STET_THREAD_SANITIZER_ 1
#elif defined(__has_feature)
#    if __has_feature(thread_sanitizer)
#        define STET_THREAD_SANITIZER_ 1
#    endif
#endif
#ifdef STET_THREAD_SANITIZER_
STET_API extern const char stet_must_be_built_with_fsanitize_thread_too;
__attribute__((__used__)) static const char *const stet_thread_sanitizer_check_ =
    &stet_must_be_built_with_fsanitize_thread_too;
#endif

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
