/* SPDX-License-Identifier: MIT */
/*
 * stet/str.h - stet_str: a reference-counted, immutable string of any bytes, 16 bytes by value.
 *
 *              0        4        8               15
 *   short      | hash32 | 2n  b0 b1 ... b9     0 |      n <= 10 bytes in place, always followed by a 0
 *   long       | hash32 | 2n+1   | heap ---------+--> | refcount u32 | b0 ... bn-1 | 0 |
 *
 * hash32 is the low half of the bytes' keyed hash, computed once when the string is made. The empty string is all
 * zeros, so {0} is the empty string. Bit 0 of byte 4 tells the forms apart. Equal strings have the same form.
 *
 * A stet_str is a handle: copy with stet_str_copy() and drop each one; a plain assignment moves it. A string that is
 * given to a collection stays the caller's: the collection makes its own copy of the handle, and shares the bytes. The
 * release of a string frees memory only: the type is lazy (type.h). The bytes of a string of which 2^31 handles were
 * never dropped are never freed. Threads: handles are independent of each other, even where they share their bytes:
 * each may be used in another thread.
 */
#ifndef STET_STR_H
#define STET_STR_H

#include <stet/type.h>
#include <stet/impl/bytes.h>
#include <stet/impl/count.h>
#include <stet/impl/misuse.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

#define STET_STR_SHORT 10             /* the longest string held in place */
#define STET_STR_MAX (UINT32_MAX / 2) /* the longest string, in bytes */

struct stet_str_heap_ {
    uint32_t refcount; /* the bytes follow */
};

typedef struct stet_str {
    uint32_t hash_;
    uint32_t length_; /* little-endian. long: 2n + 1; short: 2n in the low byte, b0..b2 above */
    union {
        struct stet_str_heap_ *heap_;
        char rest_[8];
    };
} stet_str;

STET_STATIC_ASSERT(sizeof(stet_str) == 16, "stet_str is 16 bytes");

/*
 * Makes *out a string of these n bytes. bytes may be NULL when n is 0, may hold zeros, and may be those of *out. *out
 * is overwritten, as map.h says of results.
 * Fails: STET_NO_MEMORY, also when n > STET_STR_MAX; *out is then {0}.  Cost: O(n); no allocation up to 10 bytes.
 */
STET_API STET_NODISCARD stet_result stet_str_from_bytes(const void *bytes, size_t n, stet_str *out);

/* As stet_str_from_bytes(), of a C string, which is not NULL. */
STET_API STET_NODISCARD stet_result stet_str_from_cstr(const char *cstr, stet_str *out);

STET_INLINE uint32_t stet_str_length_(const stet_str *s) { return stet_little_32_(s->length_); }

STET_INLINE bool stet_str_is_long_(const stet_str *s) { return stet_str_length_(s) & 1; }

/* Checks that the bytes that the handle refers to were not freed. */
STET_INLINE void stet_str_check_(const stet_str *s)
{
    STET_CHECK_(!stet_str_is_long_(s) || !stet_is_freed_(s->heap_), "stet_str", STET_RULE_HANDLE_);
    (void)s;
}

/* Returns the length in bytes. */
STET_INLINE size_t stet_str_size(const stet_str *s)
{
    return stet_str_is_long_(s) ? stet_str_length_(s) >> 1 : (stet_str_length_(s) & 0xFF) >> 1;
}

/*
 * Returns the bytes, which are followed by a 0: this is a C string if none of the bytes is 0. It is valid as long as *s
 * stays where it is and is not dropped.
 */
STET_INLINE const char *stet_str_bytes(const stet_str *s)
{
    stet_str_check_(s);
    return stet_str_is_long_(s) ? (const char *)(s->heap_ + 1) : (const char *)s + 5;
}

STET_API void stet_str_free_(struct stet_str_heap_ *heap, size_t n);

/* Adds a holder of the bytes of *s. */
STET_INLINE void stet_str_retain_(const stet_str *s)
{
    stet_str_check_(s);
    if (stet_str_is_long_(s))
        stet_count_up_(&s->heap_->refcount);
}

STET_INLINE void stet_str_release_(const stet_str *s)
{
    stet_str_check_(s);
    if (stet_str_is_long_(s) && stet_count_down_(&s->heap_->refcount))
        stet_str_free_(s->heap_, stet_str_length_(s) >> 1);
}

/* Returns a second handle of the same bytes. Cost: O(1), no allocation. */
STET_INLINE STET_NODISCARD stet_str stet_str_copy(const stet_str *s)
{
    stet_str_retain_(s);
    return *s;
}

/*
 * Adds one holder to the bytes, as stet_str_copy() does, but returns no handle. It is for the retain function of a
 * struct that has a string as a member; stet_str_drop() of that member takes the holder away.
 */
STET_INLINE void stet_str_retain(const stet_str *s) { stet_str_retain_(s); }

/* Releases the bytes and makes *s the empty string. */
STET_INLINE void stet_str_drop(stet_str *s)
{
    stet_str_release_(s);
    memset(s, 0, sizeof *s);
}

STET_INLINE void stet_str_words_(const stet_str *s, uint64_t words[2]) { memcpy(words, s, sizeof *s); }

/* Returns whether both are copies of one string, or short and equal; if so, they are equal. Cost: O(1). */
STET_INLINE bool stet_str_identical(const stet_str *a, const stet_str *b)
{
    stet_str_check_(a);
    stet_str_check_(b);
    return memcmp(a, b, sizeof *a) == 0;
}

/* Returns whether both hold the same bytes. Cost: O(1) if hash or length differ or the bytes are shared, else O(n). */
STET_INLINE bool stet_str_equal(const stet_str *a, const stet_str *b)
{
    stet_str_check_(a);
    stet_str_check_(b);
    uint64_t x[2], y[2];
    stet_str_words_(a, x);
    stet_str_words_(b, y);
    if (x[0] != y[0])
        return false;
    if (x[1] == y[1])
        return true;
    return stet_str_is_long_(a) && memcmp(a->heap_ + 1, b->heap_ + 1, stet_str_length_(a) >> 1) == 0;
}

/*
 * The 8 bytes behind the first `skip` as a number, padded with zeros: its order agrees with that of strings whose first
 * bytes are the same.
 */
STET_INLINE uint64_t stet_bytes_word_(const char *bytes, size_t n, size_t skip)
{
    uint64_t word = 0;
    if (STET_LIKELY(n >= 8)) {
        size_t at = skip < n - 8 ? skip : n - 8, gone = skip - at; /* of the last 8 bytes */
        memcpy(&word, bytes + at, 8);
        return gone < 8 ? stet_big_64_(word) << 8 * gone : 0;
    }
    for (size_t i = skip; i < skip + 8; i++)
        word = word << 8 | (i < n ? (uint8_t)bytes[i] : 0);
    return word;
}

STET_INLINE uint64_t stet_str_word_(const stet_str *s, size_t skip)
{
    return stet_bytes_word_(stet_str_bytes(s), stet_str_size(s), skip);
}

/* Compares the bytes, as memcmp does; a prefix comes first. Returns a negative number, 0, or a positive one. */
STET_API int stet_str_compare(const stet_str *a, const stet_str *b);

/* ---- as an element: lazy, instanced ---- */

/* Spreads 32 bits over 64: the low byte still depends on the low byte only, the high bytes depend on all. */
STET_INLINE uint64_t stet_str_spread_(uint32_t hash32) { return hash32 * UINT64_C(0x9E3779B97F4A7C15); }

/* This is a function of its own so that callers, which mostly hash at level 0, stay small. */
__attribute__((__noinline__, __cold__, __unused__)) static uint64_t stet_str_hash_bytes_(const stet_str *s,
                                                                                         uint64_t seed)
{
    return stet_hash_bytes(stet_str_bytes(s), stet_str_size(s), seed);
}

STET_INLINE uint64_t stet_str_hash_(const stet_str *s, uint64_t seed)
{
    return seed == stet_hash_seed_at(0) ? stet_str_spread_(s->hash_) : stet_str_hash_bytes_(s, seed);
}

STET_TYPE_FULL(stet_str_type, stet_str, stet_str_hash_, stet_str_equal, stet_str_compare, stet_str_retain_,
               stet_str_release_, STET_LAZY | STET_GOOD_HASH | STET_STRING)

STET_DESCRIBED_BY_(stet_str, stet_str_type)

/* A key given as bytes: a lookup makes no string of it. */
struct stet_bytes {
    const void *bytes;
    size_t n;
    uint32_t hash32;
};

STET_INLINE uint32_t stet_bytes_hash32_(const void *bytes, size_t n)
{
    return n == 0 ? 0 : (uint32_t)stet_hash_bytes(bytes, n, stet_hash_seed_at(0));
}

/* The length of a key that is given as a C string. */
STET_INLINE size_t stet_cstr_size_(const char *key)
{
    assert(key != NULL && "a key that is given as a C string is not NULL");
    return strlen(key);
}

STET_INLINE struct stet_bytes stet_bytes_of(const void *bytes, size_t n)
{
    struct stet_bytes view = {bytes, n, stet_bytes_hash32_(bytes, n)};
    return view;
}

/* stet_str_compare() of a string and of bytes. */
STET_API int stet_str_compare_bytes_(const stet_str *s, const struct stet_bytes *b);

/* The bytes of a string, which stays where it is. */
STET_INLINE struct stet_bytes stet_str_view_(const stet_str *s)
{
    struct stet_bytes view = {stet_str_bytes(s), stet_str_size(s), s->hash_};
    assert(view.bytes != NULL && "a string has bytes");
    return view;
}

/*
 * For keys of your own that hold a string, and that are looked up by its bytes (type.h, STET_KEY_VIEW): the hash that
 * stet_type_hash(&stet_str_type, s, seed) has for a string s of these bytes, and what stet_str_equal() and
 * stet_str_compare() say of *s and such a string.
 */
STET_INLINE uint64_t stet_str_hash_of(const void *bytes, size_t n, uint64_t seed)
{
    return seed == stet_hash_seed_at(0) ? stet_str_spread_(stet_bytes_hash32_(bytes, n))
                                        : stet_hash_bytes(bytes, n, seed);
}

STET_INLINE bool stet_str_equal_to(const stet_str *s, const void *bytes, size_t n)
{
    return stet_str_size(s) == n && (n == 0 || memcmp(stet_str_bytes(s), bytes, n) == 0);
}

STET_LOCAL_ int stet_str_compare_to(const stet_str *s, const void *bytes, size_t n)
{
    struct stet_bytes view = {bytes, n, 0};
    return stet_str_compare_bytes_(s, &view);
}

STET_LOCAL_ bool stet_str_equal_bytes_(const void *key, const void *view)
{
    const stet_str *s = (const stet_str *)key;
    const struct stet_bytes *b = (const struct stet_bytes *)view;
    return s->hash_ == b->hash32 && stet_str_size(s) == b->n &&
           (b->n == 0 || memcmp(stet_str_bytes(s), b->bytes, b->n) == 0);
}

STET_LOCAL_ uint64_t stet_bytes_hash_(const void *view, unsigned level)
{
    const struct stet_bytes *b = (const struct stet_bytes *)view;
    return level == 0 ? stet_str_spread_(b->hash32) : stet_hash_bytes(b->bytes, b->n, stet_hash_seed_at(level));
}

STET_LOCAL_ bool stet_str_make_from_(void *key, const void *view)
{
    const struct stet_bytes *b = (const struct stet_bytes *)view;
    return stet_str_from_bytes(b->bytes, b->n, (stet_str *)key) != STET_NO_MEMORY;
}

/* The key view of maps whose key type is stet_str_type: keys given as bytes. */
__attribute__((__unused__)) static const struct stet_key_view stet_bytes_view = {
    stet_bytes_hash_, stet_str_equal_bytes_, stet_str_make_from_, NULL, NULL};

/*
 * For generated code: defines two functions. function_bytes makes a view_ of the key with make(bytes, size), and
 * returns `answer`; function_cstr calls function_bytes. H and handle are the type and name of their first parameter.
 * more and rest are the declarations and names of the parameters behind the key: STET_AND_(...) or STET_NO_MORE_.
 */
#define STET_KEY_VIEWS_(make, result, function, H, handle, more, rest, answer)                             \
    STET_WRAPPER STET_NONNULL_(1) result function##_bytes(H handle, const void *bytes_, size_t size_ more) \
    {                                                                                                      \
        struct stet_bytes view_ = make(bytes_, size_);                                                     \
        return answer;                                                                                     \
    }                                                                                                      \
    STET_WRAPPER STET_NONNULL_(1) result function##_cstr(H handle, const char *cstr_ more)                 \
    {                                                                                                      \
        return function##_bytes(handle, cstr_, stet_cstr_size_(cstr_) rest);                               \
    }
#define STET_AND_(...) , __VA_ARGS__
#define STET_NO_MORE_

/* A bound of a range that is given as bytes, NULL being no bound, and as a C string, or NULL. */
STET_INLINE const void *stet_bytes_bound_(const struct stet_bytes *view) { return view->bytes != NULL ? view : NULL; }

STET_INLINE size_t stet_cstr_bound_size_(const char *bound) { return bound != NULL ? stet_cstr_size_(bound) : 0; }

/* As STET_KEY_VIEWS_, of a range: `answer` is made of from_view_ and to_view_, which are NULL without a bound. */
#define STET_RANGE_VIEWS_(make, result, function, H, handle, more, rest, answer)                                       \
    STET_WRAPPER STET_NONNULL_(1)                                                                                      \
        result function##_bytes(H handle, const void *from_, size_t from_size_, const void *to_, size_t to_size_ more) \
    {                                                                                                                  \
        struct stet_bytes from_bytes_ = make(from_, from_ != NULL ? from_size_ : 0);                                   \
        struct stet_bytes to_bytes_ = make(to_, to_ != NULL ? to_size_ : 0);                                           \
        const void *from_view_ = stet_bytes_bound_(&from_bytes_), *to_view_ = stet_bytes_bound_(&to_bytes_);           \
        return answer;                                                                                                 \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) result function##_cstr(H handle, const char *from_, const char *to_ more)            \
    {                                                                                                                  \
        return function##_bytes(handle, from_, stet_cstr_bound_size_(from_), to_, stet_cstr_bound_size_(to_) rest);    \
    }

/*
 * For generated code: defines a function that takes a view of type T, and one that takes the bounds of a range as
 * views, which may be NULL. The parameters are those of STET_KEY_VIEWS_ and STET_RANGE_VIEWS_.
 */
#define STET_KEY_VIEW_(T, result, function, H, handle, more, rest, answer) \
    STET_WRAPPER STET_NONNULL_(1) result function##_view(H handle, T view_ more) { return answer; }
#define STET_RANGE_VIEW_(T, result, function, H, handle, more, rest, answer)                                    \
    STET_WRAPPER STET_NONNULL_(1) result function##_view(H handle, T const *from_view_, T const *to_view_ more) \
    {                                                                                                           \
        return answer;                                                                                          \
    }

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
