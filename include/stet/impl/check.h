/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/check.h - what the compiler can find out about element types: whether a descriptor is one of a type,
 * whether the type may be copied as bytes, whether it has padding.
 */
#ifndef STET_IMPL_CHECK_H
#define STET_IMPL_CHECK_H

#include <stet/base.h>

#if defined(__has_builtin)
#    if __has_builtin(__builtin_clear_padding)
#        define STET_FINDS_PADDING_ 1
#    endif
#    if __has_builtin(__builtin_bit_cast)
#        define STET_FINDS_PADDING_EARLY_ 1
#    endif
#endif

STET_QUIET_
#ifdef __cplusplus
extern "C++" { /* callers include headers within extern "C" */

/* ---- the same type ---- */

template <class T> struct stet_bare_ {
    typedef T bare_;
};
template <class T> struct stet_bare_<const T> {
    typedef T bare_;
};
template <class T> struct stet_bare_<volatile T> {
    typedef T bare_;
};

/* An enumeration stands for its integer. */
template <class T, bool is_enum = __is_enum(T)> struct stet_integer_ {
    typedef T type;
};
template <class T> struct stet_integer_<T, true> {
    typedef __underlying_type(T) type;
};

/* Integers of one size and signedness have one kind; 0: no integer. */
template <class T> struct stet_kind_of_ {
    enum { value = 0 };
};
#    define STET_KIND_OF_(T)                                                  \
        template <> struct stet_kind_of_<T> {                                 \
            enum { value = (T)-1 < (T)1 ? -(int)sizeof(T) : (int)sizeof(T) }; \
        };
template <> struct stet_kind_of_<bool> {
    enum { value = 1 };
};
STET_KIND_OF_(char)
STET_KIND_OF_(signed char)
STET_KIND_OF_(unsigned char)
STET_KIND_OF_(wchar_t)
STET_KIND_OF_(char16_t)
STET_KIND_OF_(char32_t)
STET_KIND_OF_(short)
STET_KIND_OF_(unsigned short)
STET_KIND_OF_(int)
STET_KIND_OF_(unsigned)
STET_KIND_OF_(long)
STET_KIND_OF_(unsigned long)
STET_KIND_OF_(long long)
STET_KIND_OF_(unsigned long long)
#    if defined(__cpp_char8_t)
STET_KIND_OF_(char8_t)
#    endif
#    undef STET_KIND_OF_

template <class T, class Described> struct stet_is_described_ {
    enum { kind = stet_kind_of_<typename stet_integer_<T>::type>::value };
    enum { value = (int)kind != 0 && (int)kind == (int)stet_kind_of_<typename stet_integer_<Described>::type>::value };
};
template <class T> struct stet_is_described_<T, T> {
    enum { value = 1 };
};
template <class T> struct stet_is_described_<T *, void *> {
    enum { value = 1 };
};
template <> struct stet_is_described_<void *, void *> {
    enum { value = 1 };
};

/* ---- bytes ---- */

#    ifdef STET_FINDS_PADDING_EARLY_
template <unsigned long n> struct stet_bytes_of_ {
    unsigned char at[n];
};

/*
 * Reads each of the bytes [from, to) and returns 0. If one of them has no value, as padding has none, the call is no
 * constant expression.
 */
template <unsigned long n>
constexpr int stet_read_all_(const stet_bytes_of_<n> &bytes, unsigned long from, unsigned long to)
{
    return to - from == 1 ? bytes.at[from] * 0
                          : stet_read_all_(bytes, from, from + (to - from) / 2) +
                                stet_read_all_(bytes, from + (to - from) / 2, to);
}

template <int> struct stet_constant_ {
    typedef char type;
};
/*
 * stet_is_cast_() returns a char, not a long, if a T{} can be made and cast to bytes at compile time, and
 * stet_is_read_() does so if all of these bytes can be read at compile time.
 */
template <class T>
char stet_is_cast_(typename stet_constant_<(__builtin_bit_cast(stet_bytes_of_<sizeof(T)>, T{}), 0)>::type *);
template <class T> long stet_is_cast_(...);
template <class T>
char stet_is_read_(
    typename stet_constant_<stet_read_all_(__builtin_bit_cast(stet_bytes_of_<sizeof(T)>, T{}), 0, sizeof(T))>::type *);
template <class T> long stet_is_read_(...);

/*
 * The compiler cannot find padding in types that have constructors, or that hold pointers or unions beside floating
 * point.
 */
template <class T, bool is_known = __has_unique_object_representations(T) || !__is_trivially_copyable(T)>
struct stet_padding_ {
    enum { found = 0 };
};
template <class T> struct stet_padding_<T, false> {
    enum { found = sizeof(stet_is_cast_<T>(nullptr)) == 1 && sizeof(stet_is_read_<T>(nullptr)) != 1 };
};
#    endif

#    ifdef STET_FINDS_PADDING_
/* Clears the padding of an element, except of classes that may not be copied as bytes: those are refused elsewhere. */
template <class T, bool is_copied = __is_trivially_copyable(T)> struct stet_padding_of_ {
    static void clear(void *element) { __builtin_clear_padding((T *)element); }
};
template <class T> struct stet_padding_of_<T, false> {
    static void clear(void *) {}
};
#    endif
}

#    define STET_CLEAR_PADDING_(T, element) ::stet_padding_of_<T>::clear(element)
#    define STET_IS_DESCRIBED_(T, described) \
        (::stet_is_described_<::stet_bare_<T>::bare_, ::stet_bare_<described>::bare_>::value != 0)
#    define STET_IS_COPIED_AS_BYTES_(T) __is_trivially_copyable(T)
#    ifdef STET_FINDS_PADDING_EARLY_
#        define STET_HAS_PADDING_(T) (::stet_padding_<T>::found != 0)
#    else
#        define STET_HAS_PADDING_(T) false
#    endif

#else

/* Integers of one size and signedness have one kind, and enumerations that of theirs; 0: no integer. */
#    ifdef __CHAR_UNSIGNED__
#        define STET_KIND_OF_CHAR_ 1
#    else
#        define STET_KIND_OF_CHAR_ (-1)
#    endif
#    define STET_KIND_OF_(T)                                   \
        _Generic(*(T *)0, _Bool : 1, char                      \
                 : STET_KIND_OF_CHAR_, signed char             \
                 : -1, unsigned char : 1, short                \
                 : -(int)sizeof(short), unsigned short         \
                 : (int)sizeof(short), int                     \
                 : -(int)sizeof(int), unsigned                 \
                 : (int)sizeof(int), long                      \
                 : -(int)sizeof(long), unsigned long           \
                 : (int)sizeof(long), long long                \
                 : -(int)sizeof(long long), unsigned long long \
                 : (int)sizeof(long long), default : 0)
#    define STET_IS_POINTER_(T) (__builtin_classify_type(*(T *)0) == 5)

#    define STET_IS_DESCRIBED_(T, described)                                        \
        (__builtin_types_compatible_p(T, described) ||                              \
         (STET_KIND_OF_(T) != 0 && STET_KIND_OF_(T) == STET_KIND_OF_(described)) || \
         (STET_IS_POINTER_(T) && __builtin_types_compatible_p(described, void *)))
#    define STET_CLEAR_PADDING_(T, element) __builtin_clear_padding((T *)(void *)(element))
#    define STET_IS_COPIED_AS_BYTES_(T) 1
#    define STET_HAS_PADDING_(T) 0

#endif
STET_LOUD_
#endif
