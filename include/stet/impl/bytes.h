/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/bytes.h - the order of bytes in words, and comparisons of many bytes at a time. The comparisons use the
 * compiler's vector types, and no header with intrinsics: <emmintrin.h> is longer than all other headers of stet and of
 * C that map.h includes, and <arm_neon.h> is longer still.
 */
#ifndef STET_IMPL_BYTES_H
#define STET_IMPL_BYTES_H

#include <stet/base.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* ---- the order of bytes ---- */

#define STET_LITTLE_ENDIAN_ (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/*
 * Return the number that the bytes of a word in memory stand for, if the first byte is the lowest (little) or the
 * highest (big). Each function is its own inverse.
 */
STET_INLINE uint32_t stet_little_32_(uint32_t word) { return STET_LITTLE_ENDIAN_ ? word : __builtin_bswap32(word); }
STET_INLINE uint64_t stet_little_64_(uint64_t word) { return STET_LITTLE_ENDIAN_ ? word : __builtin_bswap64(word); }
STET_INLINE uint64_t stet_big_64_(uint64_t word) { return STET_LITTLE_ENDIAN_ ? __builtin_bswap64(word) : word; }

/* ---- comparisons ---- */

#define STET_VECTOR_(bytes) __attribute__((__vector_size__(bytes), __may_alias__))
typedef char stet_bytes_16_ STET_VECTOR_(16);
typedef int32_t stet_ints_16_ STET_VECTOR_(16);
typedef uint64_t stet_words_16_ STET_VECTOR_(16);
#if defined(__AVX2__)
typedef int32_t stet_ints_32_ STET_VECTOR_(32) __attribute__((__aligned__(16)));
typedef int64_t stet_longs_32_ STET_VECTOR_(32) __attribute__((__aligned__(8)));
typedef double stet_doubles_32_ STET_VECTOR_(32);
#endif

/* Returns a mask: bit i is set if byte i of the vector, in the order of memory, is equal to `byte`. */
STET_INLINE uint32_t stet_bytes_match_(stet_words_16_ v, uint8_t byte)
{
#if defined(__SSE2__)
    return (uint32_t)__builtin_ia32_pmovmskb128((stet_bytes_16_)v == (char)byte);
#else
    const uint64_t ones = UINT64_C(0x0101010101010101);
#    if defined(__ARM_NEON) || defined(__ALTIVEC__)
    const stet_words_16_ equal = (stet_words_16_)((stet_bytes_16_)v == (char)byte) & ones;
#    else /* comparisons of vectors are slow here: a byte that is 0 after an exclusive or becomes 1, any other 0 */
    const uint64_t low_bits = 0x7F * ones;
    const stet_words_16_ other = v ^ ones * byte;
    const stet_words_16_ equal = ~(((other & low_bits) + low_bits) | other | low_bits) >> 7;
#    endif
    /* The product's highest byte has the lowest bits of the 8 bytes, in order. */
    const uint64_t together = STET_LITTLE_ENDIAN_ ? UINT64_C(0x0102040810204080) : UINT64_C(0x8040201008040201);
    return (uint32_t)(equal[0] * together >> 56 | equal[1] * together >> 56 << 8);
#endif
}

#if defined(__SSE2__)
/*
 * Returns a mask of 16 numbers, 8 at `low` and 8 at `high`, which are multiples of 16: bit i is set if number i is
 * above j. The two addresses may be the same.
 */
STET_INLINE uint32_t stet_ints_above_(const void *low, const void *high, int j)
{
    const stet_ints_16_ *a = (const stet_ints_16_ *)low, *b = (const stet_ints_16_ *)high;
    return (uint32_t)__builtin_ia32_pmovmskb128(__builtin_ia32_packsswb128(
        __builtin_ia32_packssdw128(a[0] > j, a[1] > j), __builtin_ia32_packssdw128(b[0] > j, b[1] > j)));
}
#endif
#if defined(__AVX2__)
/* Returns how many of 32 numbers are above j. Their address is a multiple of 16. */
STET_INLINE unsigned stet_ints_above_32_(const void *numbers, int j)
{
    const stet_ints_32_ *v = (const stet_ints_32_ *)numbers;
    return (unsigned)__builtin_popcount((unsigned)__builtin_ia32_pmovmskb256(__builtin_ia32_packsswb256(
        __builtin_ia32_packssdw256(v[0] > j, v[1] > j), __builtin_ia32_packssdw256(v[2] > j, v[3] > j))));
}

/*
 * Returns a mask of 8 words: bit i is set if word i, after an exclusive or with flip, is below `other`. The comparison
 * is signed.
 */
STET_INLINE uint32_t stet_longs_below_8_(const void *words, int64_t flip, int64_t other)
{
    const stet_longs_32_ *v = (const stet_longs_32_ *)words;
    return (uint32_t)__builtin_ia32_movmskpd256((stet_doubles_32_)((v[0] ^ flip) < other)) |
           (uint32_t)__builtin_ia32_movmskpd256((stet_doubles_32_)((v[1] ^ flip) < other)) << 4;
}
#endif

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
