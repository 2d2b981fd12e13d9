/* SPDX-License-Identifier: MIT */
/* stet/base.h - what every stet header needs: the result of functions that may fail, the hash seed, attributes. */
#ifndef STET_BASE_H
#define STET_BASE_H

#if defined(__SIZEOF_POINTER__) && __SIZEOF_POINTER__ != 8 /* a file that is missing ends it here, with one line */
#    include <stet needs a 64-bit machine>
#endif
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stet/config.h>

#if !defined(__GNUC__)
#    error "stet needs gcc or clang"
#elif UINTPTR_MAX != UINT64_MAX
#    error "stet needs a 64-bit machine"
#endif

/* These arguments, counted from 1, are not NULL. */
#define STET_NONNULL_(...) __attribute__((__nonnull__(__VA_ARGS__)))
#define STET_NODISCARD __attribute__((__warn_unused_result__))
/*
 * Calls the function `release` with a variable's address when the variable goes out of scope, however that happens.
 * `release` is the _drop of a collection, a record or a stet_str, a _guard_release, or a _destroy.
 *
 *     hops m STET_CLEANUP(hops_drop) = {0};
 *
 *     routes_guard g STET_CLEANUP(routes_guard_release) = routes_atom_acquire(table);
 */
#define STET_CLEANUP(release) __attribute__((__cleanup__(release)))
/*
 * For reads and other code that must fold with a constant descriptor, or that takes a few instructions: it is inlined
 * whatever a profile says.
 */
#define STET_INLINE static inline __attribute__((__always_inline__, __unused__))
/* For the typed functions that the STET_... macros make, and for no others. */
#define STET_WRAPPER static inline __attribute__((__unused__))
/* For other functions of headers, which are called by address or seldom: each file that uses one compiles it. */
#define STET_LOCAL_ static inline __attribute__((__unused__))
/*
 * For the declaration of a function that is defined nowhere. If a call of it remains in the program, a compiler that
 * knows the attribute refuses the call with this message; otherwise the linker does.
 */
#define STET_REFUSED_(message)
#if defined(__has_attribute)
#    if __has_attribute(__error__)
#        undef STET_REFUSED_
#        define STET_REFUSED_(message) __attribute__((__error__(message)))
#    endif
#endif
/*
 * The declarations of every header stand between these two. Between them users' compilers are told not to warn about
 * names and casts; builds of stet itself keep these warnings. What the macros generate is expanded in users' code,
 * where every warning is on, and causes none.
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

/*
 * For a variable of each thread. With initial-exec it lies at a constant distance from the thread's pointer, so that no
 * call is needed to find it. glibc's loader reserves some room for such variables of libraries that are loaded later;
 * musl's reserves none, and refuses such a library after the start of the program.
 */
#if STET_TLS_DYNAMIC
#    define STET_THREAD_LOCAL_MODEL_
#else
#    define STET_THREAD_LOCAL_MODEL_ __attribute__((__tls_model__("initial-exec")))
#endif

#define STET_LIKELY(x) __builtin_expect(!!(x), 1)
#define STET_UNLIKELY(x) __builtin_expect(!!(x), 0)

/*
 * For generated code, which users compile as C and C++ with strict warnings. STET_CAST_ converts numbers, and pointers
 * from and to void *; STET_RECAST_ converts a pointer to one that has another target type; STET_NULL_ is the null
 * pointer.
 */
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
 * Stands in front of what a macro makes, and refuses a use of the macro in a function, where each function that it
 * makes is an error, too. In C, `struct S;` declares another struct there, and in C++ a namespace cannot stand there.
 */
#ifdef __cplusplus
#    define STET_FILE_SCOPE_(name) \
        namespace name##_and_its_like_are_defined_outside_of_functions_ {}
#else
struct stet_file_scope_ {
    char here_;
};
typedef struct stet_file_scope_ stet_outside_;
#    define STET_FILE_SCOPE_(name)                                                               \
        struct stet_file_scope_;                                                                 \
        STET_STATIC_ASSERT(__builtin_types_compatible_p(struct stet_file_scope_, stet_outside_), \
                           #name ": collections and their like are defined outside of functions");
#endif

/*
 * For generated code. This is a callback of a user's type, and its context, while they pass through functions that know
 * no types. At the end of the way a thunk, which knows the callback's type T, makes the call with STET_CALL_.
 */
struct stet_callback_ {
    void (*fn_)(void);
    void *context_;
};
#define STET_CALLBACK_(fn, context)               \
    {                                             \
        STET_RECAST_(void (*)(void), fn), context \
    }
#define STET_CALL_(T, call, ...)                                          \
    STET_RECAST_(T, STET_CAST_(const struct stet_callback_ *, call)->fn_) \
    (STET_CAST_(const struct stet_callback_ *, call)->context_, __VA_ARGS__)

/*
 * The result of a function that may fail. Failure is 0, so that `if (!x_set(...))` is a test for it; then the contents
 * of every collection are as before. Only _update, _apply and _compare_and_swap of atoms may also return STET_CONFLICT,
 * which is not 0 although nothing was done: compare their result with that.
 *
 * A failure has one of two causes. Memory: the allocator or the budget (pool.h) has no more, or a limit of size is
 * reached; only this one is possible in a correct program. Misuse: the headers name it (an index out of range, a guard
 * of another atom). A program that is compiled without NDEBUG then aborts, with a line that names the rule, because the
 * checks are in the headers. A few rules can only be checked by the compiled library; for these the headers say
 * "asserts in a library built without NDEBUG" (--buildtype=debug). An installed library usually has NDEBUG, and returns
 * the failing result then.
 */
typedef enum stet_result {
    STET_FAILED = 0,              /* not done; contents are as before */
    STET_NO_MEMORY = STET_FAILED, /* the same value, named after the only cause in a correct program */
    STET_UNCHANGED = 1,           /* done: there was nothing to do */
    STET_CHANGED = 2,             /* done: the handle holds a new version */
    STET_CONFLICT = 3, /* not done: another update was published first; only conditional operations of atoms (atom.h) */
} stet_result;

/*
 * The secrets that key every hash in this process, drawn from the system at start. They share a cache line. Only
 * stet_set_hash_seed() writes them.
 */
struct stet_hash_secrets_ {
    uint64_t seed;       /* stet_hash_seed_at(0) */
    uint64_t multiplier; /* for words: odd; a change of one or two bits of a word shows in the product's top bits */
    uint64_t key[2];     /* for SipHash, at level 1 */
};
STET_API extern struct stet_hash_secrets_ stet_hash_secrets_ __attribute__((__aligned__(64)));

/*
 * Derives all secrets from this seed, for tests that need the same shapes again. Hashing is keyed so that someone who
 * can choose keys, but can neither see the secrets nor time single operations, does not know which keys collide: words
 * are multiplied by a secret, strings and bytes are hashed by XXH3 with a secret seed, and the few keys whose hashes
 * agree nevertheless are told apart by SipHash-1-3 with a secret key of 128 bits. With a fixed seed this protection is
 * lost. This function must be called before the first string is made and before anything is stored. A later call does
 * nothing, and asserts in a library built without NDEBUG. Returns whether the seed was taken.
 */
STET_API STET_NODISCARD bool stet_set_hash_seed(uint64_t seed);

/*
 * ThreadSanitizer understands a program only if all of it is built for it, this library included: for the headers and
 * the compiled functions synchronise by means that it does not see otherwise. So a program built with -fsanitize=thread
 * and a library built without do not link, because this symbol is missing (docs/tools.md says how to build stet for
 * it).
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
