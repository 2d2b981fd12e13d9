/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/misuse.h - checks of how handles are used. A program or a library that is compiled without NDEBUG has these
 * checks; with NDEBUG they compile to nothing. docs/tools.md says what they find. Checks are in headers where possible,
 * because the installed library is usually compiled with NDEBUG.
 *
 * Poison finds a handle whose version was freed: where the pool keeps freed blocks (stet/pool.h: STET_POOL=check, the
 * default in a debug build of the library), it fills a freed block with poison and does not reuse the block for a
 * while. The first word of a node or string is its count, which is never equal to the poison. A library without
 * STET_POOL=check leaves no poison; a program with checks then finds nothing, and does no harm.
 */
#ifndef STET_IMPL_MISUSE_H
#define STET_IMPL_MISUSE_H

#include <stet/base.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

#ifdef NDEBUG
#    define STET_CHECKS_ 0
#else
#    define STET_CHECKS_ 1
#endif

#define STET_POISON_BYTE_ 0xDB
#define STET_POISON_ UINT32_C(0xDBDBDBDB)

/* Writes one line, 'stet: what: rule', to stderr, and aborts. what: the name of a type. */
STET_API void stet_misuse_(const char *what, const char *rule) __attribute__((__noreturn__, __cold__));

#define STET_CHECK_(right, what, rule) (!STET_CHECKS_ || STET_LIKELY(right) ? (void)0 : stet_misuse_(what, rule))

/*
 * Sets the name of the type that this thread works for. Some functions of the library are compiled for all types of a
 * kind, and their descriptors have a name that begins with a star: their blocks and errors are reported under the name
 * set here. Only programs with checks call this.
 */
STET_API void stet_naming_(const char *name);
#define STET_NAMING_(t) (STET_CHECKS_ ? stet_naming_((t)->node.name) : (void)0)

#define STET_RULE_HANDLE_                                                                                    \
    "its version was given up before; assigning a handle moves it, and only one of the two may be used and " \
    "dropped: a second one comes from _copy() (or a type's retain did not retain)"
#define STET_RULE_GUARD_                                                                                         \
    "it holds nothing, or was released before; assigning a guard moves it, and only one of the two may be used " \
    "and released"
#define STET_RULE_OTHER_ATOM_ "it is of another atom: _compare_and_swap() takes a guard on a version of the same one"
#define STET_RULE_END_ "it is at its end, NULL: _next() is for one that is at an element"
#define STET_RULE_HASH_ "equal keys hash differently: hash must not depend on what equal does not compare"
#define STET_RULE_WORD_ \
    "word and compare of the key type order two keys differently: word(a) < word(b) only if a comes before b"
#define STET_RULE_READER_ "it was not initialised, or has ended: _reader_init() comes first, _reader_destroy() last"
#define STET_RULE_INIT_ "it was not initialised, or was destroyed: _init() comes first, _destroy() last"

/* Returns whether the block that begins with this count was freed, as far as poison shows. NULL was not. */
STET_INLINE bool stet_is_freed_(const void *counted)
{
    /* Relaxed: in a correct program the caller holds a count, so the block is not freed meanwhile. */
    return counted != NULL && __atomic_load_n((const uint32_t *)counted, __ATOMIC_RELAXED) == STET_POISON_;
}

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
