/* SPDX-License-Identifier: MIT */
/*
 * stet/type.h - element types: how a collection hashes, compares, retains and releases its elements.
 *
 * A descriptor is a `static const struct stet_type` with companions that the collection macros read at compile time:
 * the type NAME_of_ and the constant NAME_flags_. A collection's element type must be that type; integers of equal size
 * and signedness count as one type, an enumeration counts as its integer type, and stet_ptr describes every pointer
 * type. The library does not compare or keep a descriptor's address, so each translation unit has its own copy and the
 * compiler folds it away.
 *
 *   ready made   stet_bool stet_char stet_int stet_uint stet_long stet_ulong stet_size stet_float stet_double stet_ptr
 *                stet_i8 stet_i16 stet_i32 stet_i64 stet_u8 stet_u16 stet_u32 stet_u64; stet_str_type (str.h)
 *   your own     STET_TYPE          a plain struct
 *                STET_TYPE_ORDERED, STET_TYPE_ORDERED_WORD  a plain struct with an order
 *                STET_TYPE_BYTES    a plain struct without padding
 *                STET_TYPE_REF      a pointer to a reference-counted object
 *                STET_TYPE_VALUE    a struct that holds resources, as a value or in a list
 *                STET_TYPE_FULL, STET_TYPE_FULL_WORD  everything stated
 *                STET_TYPE_REF_WEIGHED, STET_TYPE_FULL_WEIGHED  the same, standing for more than their memory here
 *   collections  STET_MAP(name, ...) and its like define name_type: a map of lists, a list of maps, a tree of maps
 *
 * Names: where a collection macro is not given a descriptor, the type must be one word. The descriptor of a type of C
 * is the ready-made one (int: stet_int, uint64_t: stet_u64); that of any other type T is T_type. So a type of yours is
 * known once its descriptor has that name: STET_TYPE(point_type, point, point_hash, point_equal). No pointer has such a
 * name, because only you know whether it is counted (STET_TYPE_REF) or not (stet_ptr).
 *
 * Ownership: a container retains the elements it stores, and the caller keeps its own references. So a value that is
 * made for a call is still the caller's afterwards: `rows_push_back(&rows, row_copy(&r))` leaks the copy.
 *
 * Threads: versions share their elements, so several threads may hash, compare, retain and release one element at the
 * same time. hash, equal and compare must not write to it, not even to a cache in it; retain and release must count
 * with atomic operations (stdatomic.h, __atomic_fetch_add()). A plain `refs++` loses counts.
 *
 * Callbacks: all of a type's functions must return. They run in the middle of operations, which stay half done if a
 * function throws, jumps out, or ends its thread. A function that calls a cancellation point (close(), say) in a thread
 * that may be cancelled must disable cancellation meanwhile. release may block, and may switch to another fibre and
 * come back in another thread; the others must do neither.
 *
 * Nesting: collections of collections, however deep, are compared, hashed and dropped on a stack of bounded size. If a
 * struct of yours holds a collection of such structs, its hash and equal call the library, which calls them again:
 * then each level takes up to 1 KiB of the stack (built with optimization; 200 to 600 bytes beside your own variables).
 * A level of sets, or of maps by their keys, with more entries than fit into a leaf takes several KiB.
 */
#ifndef STET_TYPE_H
#define STET_TYPE_H

#include <stet/base.h>
#include <stet/impl/check.h>
#include <stet/impl/misuse.h>
#include <stet/impl/words.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* Flags of a type. */
enum {
    /* It has retain and release. */
    STET_REFCOUNTED = 1,
    /*
     * Its release frees memory and does nothing else. So a release may come late, when no version borrows any longer
     * from the version that held the element; and when memory is short (pool.h), any call that needs memory may make
     * pending releases. Without this flag a reference-counted type is *prompt*: its containers count exactly, and the
     * call that removes the last holder of an element releases it.
     */
    STET_LAZY = 2,
    /* Every bit of its hash depends on every bit of the element and of the seed, so the hash is not mixed again. */
    STET_GOOD_HASH = 4,
    /*
     * The type has eight bytes, which are compared as bits and never released: integers, pointers, double. The library
     * has compiled code for maps and sets of such types.
     */
    STET_WORD = 8,
    /*
     * The type is stet_str: keys may also be given as bytes. The library has compiled code for maps and sets of
     * strings.
     */
    STET_STRING = 16,
    /* It has compare, so lists of it can be sorted, and it can be the key of a sorted map. */
    STET_ORDERED = 32,
    /* It is a collection of this library, and its functions are the generated ones. */
    STET_COLLECTION_ = 256,
    /* Eight bytes that are hashed as a word is, even if the type is reference-counted. */
    STET_WORD_HASH_ = 512,
    /* A collection whose elements are no collections. */
    STET_FLAT_ = 1024,
    /* A number of 1, 2, 4 or 8 bytes, in its numeric order; the next flags say that it is signed, or floating point. */
    STET_ORDER_NUMBER_ = 2048,
    STET_ORDER_SIGNED_ = 4096,
    STET_ORDER_FLOAT_ = 8192,
    /* Of stet_nameless alone. */
    STET_NAMELESS_ = 16384,
    /* It has no hash of its own, so it is no key. */
    STET_UNHASHED_ = 32768,
    /*
     * For a lazy type: what its elements hold leads to no collection that may have such elements. Then a push onto a
     * list that has older versions shares their last leaf. Without this flag it copies that leaf, because an element
     * might hold one of these versions, and so itself.
     */
    STET_ACYCLIC = 65536,
    /* The engine of a collection. */
    STET_KIND_map_ = 131072,
    STET_KIND_list_ = 262144,
    STET_KIND_sorted_ = 524288,
};

/* The flags as integers, because C++20 rejects operations on enumerators of two types. */
#define STET_HAS_(flags, flag) ((+(flags) & +(flag)) != 0)
/* STET_FLAT_, for the flags of a collection; 0 if its keys or its values are collections. */
#define STET_FLAT_UNLESS_(kflags, vflags) \
    (STET_HAS_(kflags, STET_COLLECTION_) || STET_HAS_(vflags, STET_COLLECTION_) ? 0 : +STET_FLAT_)
/* STET_ACYCLIC, for the flags of a collection whose keys and values lead to no collections. */
#define STET_LEADS_NOWHERE_(flags) \
    (!STET_HAS_(flags, STET_REFCOUNTED) || STET_HAS_(flags, STET_STRING) || STET_HAS_(flags, STET_ACYCLIC))
#define STET_ACYCLIC_IF_(kflags, vflags) \
    (STET_LEADS_NOWHERE_(kflags) && STET_LEADS_NOWHERE_(vflags) ? +STET_ACYCLIC : 0)
#define STET_PROMPT_(flags) (STET_HAS_(flags, STET_REFCOUNTED) && !STET_HAS_(flags, STET_LAZY))

struct stet_type {
    uint32_t size;  /* bytes; 0 only for the value of a set */
    uint32_t align; /* 1 to 16 */
    uint32_t flags;
    /*
     * Hashes *element; equal elements must have equal hashes. NULL: its bytes are hashed (for types without padding).
     */
    uint64_t (*hash)(const void *element, uint64_t seed);
    /* NULL: their bytes are compared. */
    bool (*equal)(const void *a, const void *b);
    /*
     * Returns the order of a and b: negative, 0 or positive, as strcmp(). NULL unless STET_ORDERED. The ready-made
     * types have total orders, which agree with equal.
     */
    int (*compare)(const void *a, const void *b);
    /*
     * Add one holder, and remove one. Several threads may call them at once. NULL unless STET_REFCOUNTED. They must not
     * fail; release may call the library.
     */
    void (*retain)(const void *element);
    void (*release)(void *element);
    /* Returns how many bytes outside of the library an element stands for, or an equivalent in bytes. NULL: none. */
    size_t (*weight)(const void *element);
    /* What can be compared of the order as a number: word(a) < word(b) only if a comes before b. NULL: none. */
    uint64_t (*word)(const void *element);
    /* Of a collection: returns the descriptor that its engine has. NULL for other types. */
    const void *(*engine)(void);
};

#define STET_MAX_ALIGN 16

/* Returns whether an element may hold a collection, however deep: it is reference-counted, and no string. */
STET_INLINE bool stet_type_may_hold_(const struct stet_type *t)
{
    return t->retain != NULL && (t->flags & STET_STRING) == 0;
}

/* Returns whether an element is a collection that may hold collections directly, so that nesting has no bound. */
STET_INLINE bool stet_type_is_deep_(const struct stet_type *t)
{
    return (t->flags & (STET_COLLECTION_ | STET_FLAT_)) == STET_COLLECTION_;
}

/*
 * The functions of a key view, which is another form of a key, so that a lookup builds no key (str.h: struct
 * stet_bytes). Hash collections call hash, and sorted ones word and compare; if a type is for one kind of collection
 * only, the functions that the other kind calls are NULL.
 */
struct stet_key_view {
    /* Returns what stet_type_hash() returns for the key with the seed of this level. */
    uint64_t (*hash)(const void *view, unsigned level);
    bool (*equal)(const void *key, const void *view);
    bool (*make)(void *key, const void *view);         /* false: out of memory */
    int (*compare)(const void *key, const void *view); /* as the type's compare of the key and the view's key */
    uint64_t (*word)(const void *view);                /* as the type's word of the view's key; NULL: it has none */
};

/* ---- your own types ---- */

#define STET_TYPE_(name, T, hash, equal, compare, retain, release, flags) \
    STET_TYPE_MORE_(name, T, hash, equal, compare, retain, release, flags, STET_NULL_, STET_NULL_)

#define STET_TYPE_MORE_(name, T, hash, equal, compare, retain, release, flags, weight, word)                      \
    STET_STATIC_ASSERT(sizeof(T) > 0, #name ": elements are at least a byte");                                    \
    STET_STATIC_ASSERT(STET_ALIGNOF(T) <= STET_MAX_ALIGN, #name ": elements are aligned to 16 bytes at most");    \
    STET_STATIC_ASSERT(                                                                                           \
        STET_IS_COPIED_AS_BYTES_(T),                                                                              \
        #name ": elements are moved as bytes, so a class must be trivially copyable; store a pointer to others"); \
    typedef T name##_of_;                                                                                         \
    enum { name##_flags_ = (flags) };                                                                             \
    STET_DESCRIPTOR_MORE_(name, T, hash, equal, compare, retain, release, flags, weight, word)

#define STET_DESCRIPTOR_MORE_(name, T, hash, equal, compare, retain, release, flags, weight, word) \
    STET_DESCRIPTOR_ALL_(name, T, hash, equal, compare, retain, release, flags, weight, word, STET_NULL_)
#define STET_DESCRIPTOR_ALL_(name, T, hash, equal, compare, retain, release, flags, weight, word, engine) \
    __attribute__((__unused__)) static const struct stet_type name = {                                    \
        sizeof(T), STET_ALIGNOF(T), (flags), hash, equal, compare, retain, release, weight, word, engine};

#define STET_TYPE_THUNKS_(name, T, hash, equal)                             \
    STET_WRAPPER uint64_t name##_hash_(const void *e_, uint64_t seed_)      \
    {                                                                       \
        return hash(STET_CAST_(T const *, e_), seed_);                      \
    }                                                                       \
    STET_WRAPPER bool name##_equal_(const void *a_, const void *b_)         \
    {                                                                       \
        return equal(STET_CAST_(T const *, a_), STET_CAST_(T const *, b_)); \
    }

#define STET_TYPE_COMPARE_(name, T, compare)                                  \
    STET_WRAPPER int name##_compare_(const void *a_, const void *b_)          \
    {                                                                         \
        return compare(STET_CAST_(T const *, a_), STET_CAST_(T const *, b_)); \
    }

#define STET_TYPE_HOLDERS_(name, T, retain, release)                                        \
    STET_WRAPPER void name##_retain_(const void *e_) { retain(STET_CAST_(T const *, e_)); } \
    STET_WRAPPER void name##_release_(void *e_) { release(STET_CAST_(T *, e_)); }

/*
 * A plain struct: copied by assignment, never released.
 * `uint64_t hash(const T *, uint64_t seed)` (any quality: it is mixed), `bool equal(const T *, const T *)`. Equal
 * elements must have equal hashes: in programs without NDEBUG, maps and sets check that on insertion.
 */
#define STET_TYPE(name, T, hash, equal)     \
    STET_TYPE_THUNKS_(name, T, hash, equal) \
    STET_TYPE_(name, T, name##_hash_, name##_equal_, STET_NULL_, STET_NULL_, STET_NULL_, 0)

/*
 * The same with an order, for lists that are sorted or searched, and for keys of sorted maps. `int compare(const T *,
 * const T *)` is negative if the first comes before the second, positive if it comes after it, and 0 otherwise. A sort
 * keeps elements that compare as 0 in the order that they had; as keys they are equal.
 */
#define STET_TYPE_ORDERED(name, T, hash, equal, compare) \
    STET_TYPE_THUNKS_(name, T, hash, equal)              \
    STET_TYPE_COMPARE_(name, T, compare)                 \
    STET_TYPE_(name, T, name##_hash_, name##_equal_, name##_compare_, STET_NULL_, STET_NULL_, STET_ORDERED)

/*
 * The same with what can be compared of the order as a number, for keys of sorted maps and sets: `uint64_t word(const
 * T *)`, where word(a) < word(b) only if a comes before b. Equal words say nothing: compare decides. So a struct that
 * is ordered by a time and then by a name has its time as word. Lookups compare words where they can, which are in the
 * nodes on their way, rather than keys, each a cache miss. The sign bit of a signed number is flipped: `(uint64_t)time
 * ^ UINT64_C(1) << 63`. Programs without NDEBUG check each key that is added.
 */
#define STET_TYPE_ORDERED_WORD(name, T, hash, equal, compare, word)                                              \
    STET_TYPE_THUNKS_(name, T, hash, equal)                                                                      \
    STET_TYPE_COMPARE_(name, T, compare)                                                                         \
    STET_WRAPPER uint64_t name##_word_(const void *e_) { return word(STET_CAST_(T const *, e_)); }               \
    STET_TYPE_MORE_(name, T, name##_hash_, name##_equal_, name##_compare_, STET_NULL_, STET_NULL_, STET_ORDERED, \
                    STET_NULL_, name##_word_)

/*
 * A plain struct without padding, which is hashed and compared by its bytes, floats and doubles included. The values of
 * padding bytes are indeterminate, so equal structs would differ by chance. C++ compilers refuse a type with padding as
 * far as they can detect it. A program, in C or C++, that gcc 11 or later compiles without NDEBUG stops when it starts,
 * and names the type. T must not hold collections, strings or reference-counted objects, because they would not be
 * retained (use STET_TYPE_FULL).
 */
#define STET_TYPE_BYTES(name, T)                                                                            \
    STET_STATIC_ASSERT(!STET_HAS_PADDING_(T),                                                               \
                       #name ": padding would be hashed and compared; make it a member, or use STET_TYPE"); \
    STET_PADDING_CHECK_(name, T)                                                                            \
    STET_TYPE_(name, T, STET_NULL_, STET_NULL_, STET_NULL_, STET_NULL_, STET_NULL_, 0)

/* Fills an element with ones and has the compiler clear its padding: the bits that are then 0 are padding. */
#if defined(STET_FINDS_PADDING_) && STET_CHECKS_
#    define STET_PADDING_CHECK_(name, T)                                                  \
        __attribute__((__constructor__)) static void name##_padding_(void)                \
        {                                                                                 \
            __attribute__((__aligned__(STET_MAX_ALIGN))) unsigned char bytes_[sizeof(T)]; \
            memset(bytes_, 0xFF, sizeof bytes_);                                          \
            STET_CLEAR_PADDING_(T, bytes_);                                               \
            stet_check_padding_(#name, bytes_, sizeof bytes_);                            \
        }
#else
#    define STET_PADDING_CHECK_(name, T)
#endif

STET_INLINE void stet_check_padding_(const char *name, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        STET_CHECK_(bytes[i] == 0xFF, name, "padding would be hashed and compared; make it a member, or use STET_TYPE");
}

/* Refuses an element type that is not the one of the descriptor that is given for it. */
#define STET_ELEMENT_IS_DESCRIBED_(name, T, ttype)                                                                     \
    STET_STATIC_ASSERT(                                                                                                \
        !STET_HAS_(ttype##_flags_, STET_NAMELESS_), #name                                                              \
        ": " #T " is more than one word: pass its descriptor as well (of a pointer: stet_ptr), or use a typedef");     \
    STET_STATIC_ASSERT(!STET_IS_DESCRIBED_(T, unsigned) || !STET_IS_DESCRIBED_(ttype##_of_, int),                      \
                       #name ": " #T " is unsigned, as an enum without negative values: its descriptor is stet_uint"); \
    STET_STATIC_ASSERT(STET_HAS_(ttype##_flags_, STET_NAMELESS_) || STET_IS_DESCRIBED_(T, ttype##_of_),                \
                       #name ": " #ttype " is not the descriptor of " #T);

/*
 * A struct that holds resources: `void retain(T const *)` makes one more holder, `void release(T *)` one less. flags
 * are 0 for a prompt type, or STET_LAZY if release only frees memory, and may include STET_GOOD_HASH and STET_ACYCLIC.
 * compare is as for STET_TYPE_ORDERED, word as for STET_TYPE_ORDERED_WORD. An example is a struct that holds a list
 * `pages` of strings, whose release only frees memory:
 *
 *     struct chapter {
 *         int number;
 *         pages list;
 *     };
 *     static uint64_t chapter_hash(const struct chapter *c, uint64_t seed)
 *     {
 *         return stet_type_hash(&pages_type, &c->list, seed) ^ (uint64_t)c->number; // it is mixed afterwards
 *     }
 *     static bool chapter_equal(const struct chapter *a, const struct chapter *b)
 *     {
 *         return a->number == b->number && pages_equal(&a->list, &b->list);
 *     }
 *     static int chapter_compare(const struct chapter *a, const struct chapter *b)
 *     {
 *         return (a->number > b->number) - (a->number < b->number);
 *     }
 *     static void chapter_retain(const struct chapter *c) { pages_retain(&c->list); }
 *     static void chapter_release(struct chapter *c) { pages_drop(&c->list); }
 *     STET_TYPE_FULL(chapter_type, struct chapter, chapter_hash, chapter_equal, chapter_compare, chapter_retain,
 *                    chapter_release, STET_LAZY)
 */
#define STET_TYPE_FULL(name, T, hash, equal, compare, retain, release, flags) \
    STET_TYPE_FULL_(name, T, hash, equal, compare, retain, release, flags, STET_NULL_, STET_NULL_)
#define STET_TYPE_FULL_WORD(name, T, hash, equal, compare, word, retain, release, flags)           \
    STET_WRAPPER uint64_t name##_word_(const void *e_) { return word(STET_CAST_(T const *, e_)); } \
    STET_TYPE_FULL_(name, T, hash, equal, compare, retain, release, flags, STET_NULL_, name##_word_)
#define STET_TYPE_FULL_(name, T, hash, equal, compare, retain, release, flags, weight, word)                \
    STET_TYPE_THUNKS_(name, T, hash, equal)                                                                 \
    STET_TYPE_COMPARE_(name, T, compare)                                                                    \
    STET_TYPE_HOLDERS_(name, T, retain, release)                                                            \
    STET_TYPE_MORE_(name, T, name##_hash_, name##_equal_, name##_compare_, name##_retain_, name##_release_, \
                    STET_REFCOUNTED | STET_ORDERED | (flags), weight, word)

/*
 * The same for a struct that is a value of maps or an element of lists, and no key: it needs neither hash nor order.
 * (Where a collection of such structs is itself a key, its hash depends on their number alone.)
 */
#define STET_TYPE_VALUE(name, T, equal, retain, release, flags)                                   \
    STET_TYPE_THUNKS_(name, T, stet_no_hash_, equal)                                              \
    STET_TYPE_HOLDERS_(name, T, retain, release)                                                  \
    STET_TYPE_(name, T, name##_hash_, name##_equal_, STET_NULL_, name##_retain_, name##_release_, \
               STET_REFCOUNTED | STET_UNHASHED_ | (flags))

/* The hash of an element of which only the equality is known. */
STET_INLINE uint64_t stet_no_hash_(const void *element, uint64_t seed)
{
    (void)element;
    return seed;
}

/*
 * A pointer to a reference-counted object of yours; T is the pointer type. It is hashed, compared and ordered by
 * identity. ref(T) and unref(T) may return anything; they are not called with NULL. Several threads may call them at
 * once, whichever thread owns the collection, so the object's count must be atomic. The type is prompt; that of
 * STET_TYPE_REF_LAZY is lazy; that of STET_TYPE_REF_ACYCLIC is lazy, and its objects hold no collections of such
 * pointers, however deep (see STET_ACYCLIC).
 */
#define STET_TYPE_REF(name, T, ref, unref) STET_TYPE_REF_(name, T, ref, unref, 0, STET_NULL_)
#define STET_TYPE_REF_LAZY(name, T, ref, unref) STET_TYPE_REF_(name, T, ref, unref, STET_LAZY, STET_NULL_)
#define STET_TYPE_REF_ACYCLIC(name, T, ref, unref) \
    STET_TYPE_REF_(name, T, ref, unref, STET_LAZY | STET_ACYCLIC, STET_NULL_)
#define STET_TYPE_REF_(name, T, ref, unref, flags, weight)                                                            \
    STET_STATIC_ASSERT(sizeof(T) == sizeof(void *), #name ": T must be a pointer type");                              \
    STET_WRAPPER void name##_retain_(const void *e_)                                                                  \
    {                                                                                                                 \
        (void)(*STET_CAST_(T const *, e_) ? ((void)ref(*STET_CAST_(T const *, e_)), 0) : 0);                          \
    }                                                                                                                 \
    STET_WRAPPER void name##_release_(void *e_)                                                                       \
    {                                                                                                                 \
        (void)(*STET_CAST_(T *, e_) ? ((void)unref(*STET_CAST_(T *, e_)), 0) : 0);                                    \
    }                                                                                                                 \
    STET_TYPE_MORE_(name, T, stet_word_hash, stet_word_equal, stet_word_compare, name##_retain_, name##_release_,     \
                    STET_REFCOUNTED | STET_GOOD_HASH | STET_WORD_HASH_ | STET_ORDERED | STET_ORDER_NUMBER_ | (flags), \
                    weight, STET_NULL_)

/*
 * These are STET_TYPE_FULL and STET_TYPE_REF for elements that stand for more memory than the pool knows of: file
 * descriptors, sockets, mappings, memory of other allocators. `size_t weight(T const *)`, or `size_t weight(T)` for
 * STET_TYPE_REF, returns the number of those bytes, or for a resource that is not memory an equivalent in bytes; weight
 * is not called with NULL. A live map releases replaced and removed entries when a thread has retired 512 entries or 1
 * MiB, and the weights count towards that 1 MiB. So if the weight of a descriptor is 16 KiB, a thread leaves at most 64
 * of them open. weight is called under a lock, as retain is: it must be O(1), must not block, and must not use a live
 * map. Other collections do not call it.
 */
#define STET_TYPE_FULL_WEIGHED(name, T, hash, equal, compare, retain, release, flags, weight)        \
    STET_WRAPPER size_t name##_weight_(const void *e_) { return weight(STET_CAST_(T const *, e_)); } \
    STET_TYPE_FULL_(name, T, hash, equal, compare, retain, release, flags, name##_weight_, STET_NULL_)
#define STET_TYPE_REF_WEIGHED(name, T, ref, unref, weight)                          \
    STET_WRAPPER size_t name##_weight_(const void *e_)                              \
    {                                                                               \
        return *STET_CAST_(T const *, e_) ? weight(*STET_CAST_(T const *, e_)) : 0; \
    }                                                                               \
    STET_TYPE_REF_(name, T, ref, unref, 0, name##_weight_)

/*
 * For a type whose descriptor has another name: a use of the type's own name as a descriptor is refused. A compiler
 * that knows the attribute shows the message; for others these enumerators are not declared.
 */
#define STET_DESCRIBED_BY_(name, descriptor)
#if defined(__has_attribute)
#    if __has_attribute(__unavailable__)
#        undef STET_DESCRIBED_BY_
#        define STET_DESCRIBED_BY_(name, descriptor)                                                                   \
            typedef name name##_of_;                                                                                   \
            enum {                                                                                                     \
                name##_flags_ __attribute__((__unavailable__(#name " is a type, its descriptor is " #descriptor))) = 0 \
            };
#    endif
#endif

/* Refuses an element type that has no order, where code needs one. flags is a constant: the flags of the type. */
#ifndef STET_KEEPS_INLINE_ /* such a build keeps functions that are not called, so it must not refuse this one */
#    define STET_NEEDS_ORDER_(flags) (STET_HAS_(flags, STET_ORDERED) ? (void)0 : stet_type_has_no_order_())
#else
#    define STET_NEEDS_ORDER_(flags) ((void)0)
#endif
void stet_type_has_no_order_(void)
    STET_REFUSED_("the element type has no order: define it with STET_TYPE_ORDERED or STET_TYPE_FULL (stet/type.h)");

/* ---- views of keys ---- */

/*
 * A view is another form of a key, so that a lookup need not make a key. For example, if a key is a struct of a
 * stet_str and a number, its view may be a struct of a C string and a number. T is the type of the view. K is the type
 * of the keys, and ktype its descriptor, which you have defined. (Keys of stet_str need no view of yours: functions
 * with _bytes and _cstr take them as bytes.)
 *
 *     uint64_t hash(T const *view, uint64_t seed)    returns what the hash function given for ktype returns for the key
 *     bool equal(K const *key, T const *view)        returns whether the view's key is equal to *key
 *     bool make(T const *view, K *key)               makes the key when it is added; false: there is no memory
 *     int compare(K const *key, T const *view)       returns the order of both: negative if the key comes first
 *     uint64_t word(T const *view)                   returns what the word function of ktype returns for the key
 *
 * STET_KEY_VIEW_ORDERED is for keys with an order, and STET_KEY_VIEW_ORDERED_WORD for those whose type has a word
 * (STET_TYPE_ORDERED_WORD). STET_MAP_VIEW and its like then make the functions of a collection that take views. In
 * programs compiled without NDEBUG, a call that adds a key checks that the view has the same hash as the key.
 */
#define STET_KEY_VIEW(name, ktype, T, hash, equal, make)     \
    STET_KEY_VIEW_THUNKS_(name, ktype, T, hash, equal, make) \
    STET_KEY_VIEW_DESCRIPTOR_(name, STET_NULL_, STET_NULL_)
#define STET_KEY_VIEW_ORDERED(name, ktype, T, hash, equal, make, compare) \
    STET_KEY_VIEW_THUNKS_(name, ktype, T, hash, equal, make)              \
    STET_KEY_VIEW_ORDER_(name, ktype, T, compare)                         \
    STET_KEY_VIEW_DESCRIPTOR_(name, name##_compare_, STET_NULL_)
#define STET_KEY_VIEW_ORDERED_WORD(name, ktype, T, hash, equal, make, compare, word)                     \
    STET_KEY_VIEW_THUNKS_(name, ktype, T, hash, equal, make)                                             \
    STET_KEY_VIEW_ORDER_(name, ktype, T, compare)                                                        \
    STET_WRAPPER uint64_t name##_word_(const void *view_) { return word(STET_CAST_(T const *, view_)); } \
    STET_KEY_VIEW_DESCRIPTOR_(name, name##_compare_, name##_word_)

#define STET_KEY_VIEW_THUNKS_(name, ktype, T, hash, equal, make)                                    \
    STET_FILE_SCOPE_(name)                                                                          \
    STET_STATIC_ASSERT(!STET_HAS_(ktype##_flags_, +STET_WORD | +STET_STRING | +STET_ORDER_NUMBER_), \
                       #name ": " #ktype " is no type of your own: its keys need no view");         \
    typedef T name##_of_;                                                                           \
    typedef ktype##_of_ name##_key_;                                                                \
    STET_WRAPPER uint64_t name##_hash_(const void *view_, unsigned level_)                          \
    {                                                                                               \
        uint64_t seed_ = stet_hash_seed_at(level_);                                                 \
        return stet_type_mix_(&ktype, hash(STET_CAST_(T const *, view_), seed_), seed_);            \
    }                                                                                               \
    STET_WRAPPER bool name##_equal_(const void *key_, const void *view_)                            \
    {                                                                                               \
        return equal(STET_CAST_(name##_key_ const *, key_), STET_CAST_(T const *, view_));          \
    }                                                                                               \
    STET_WRAPPER bool name##_make_(void *key_, const void *view_)                                   \
    {                                                                                               \
        return make(STET_CAST_(T const *, view_), STET_CAST_(name##_key_ *, key_));                 \
    }
#define STET_KEY_VIEW_ORDER_(name, ktype, T, compare)                                        \
    STET_WRAPPER int name##_compare_(const void *key_, const void *view_)                    \
    {                                                                                        \
        return compare(STET_CAST_(name##_key_ const *, key_), STET_CAST_(T const *, view_)); \
    }
#define STET_KEY_VIEW_DESCRIPTOR_(name, compare, word)                                                               \
    __attribute__((__unused__)) static const struct stet_key_view name = {name##_hash_, name##_equal_, name##_make_, \
                                                                          compare, word};

/* Refuses a view whose keys have another type than the collection's keys. */
#define STET_VIEW_IS_OF_(name, view) \
    STET_STATIC_ASSERT(STET_IS_DESCRIBED_(name##_key_, view##_key_), #view " is no view of the keys of " #name);

/* ---- hashing ---- */

__extension__ typedef unsigned __int128 stet_u128_;

/* The high and low half of a * b, folded: every bit of a and b reaches every bit of the result. */
STET_INLINE uint64_t stet_hash_fold(uint64_t a, uint64_t b)
{
    stet_u128_ product = (stet_u128_)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * A good hash of one word. It depends on two secrets: the seed, and the multiplier of this process (base.h). Two words
 * that differ in one bit or two have hashes whose top 12 bits agree, averaged over the secrets, in at most 4 of 4,096
 * cases.
 */
STET_INLINE uint64_t stet_hash_word(uint64_t word, uint64_t seed)
{
    return stet_hash_fold(word ^ seed, stet_hash_secrets_.multiplier);
}

/*
 * Returns a good hash of `hash` and one word more, for structs of several members: begin with the seed, and combine it
 * with each member by turns. The order counts. A member of several bytes is combined by stet_hash_bytes(bytes, n,
 * hash).
 */
STET_INLINE uint64_t stet_hash_combine(uint64_t hash, uint64_t word) { return stet_hash_word(word, hash); }

/*
 * Returns the seed for hashing at a level: level 0 comes first, level 1 serves keys whose hashes agree in all bits at
 * level 0.
 */
STET_INLINE uint64_t stet_hash_seed_at(unsigned level)
{
    return stet_hash_secrets_.seed + level * UINT64_C(0x9E3779B97F4A7C15);
}

/* The two hashes that stet_hash_bytes() chooses from: XXH3 of 64 bits, and SipHash-1-3 with the key of this process. */
STET_API uint64_t stet_hash_bytes_fast_(const void *bytes, size_t n, uint64_t seed);
STET_API uint64_t stet_hash_bytes_safe_(const void *bytes, size_t n);

/* A good hash of n bytes: XXH3 (64 bits, keyed by the seed), or SipHash-1-3 if this is the seed of level 1. */
STET_INLINE uint64_t stet_hash_bytes(const void *bytes, size_t n, uint64_t seed)
{
    return seed == stet_hash_seed_at(1) ? stet_hash_bytes_safe_(bytes, n) : stet_hash_bytes_fast_(bytes, n, seed);
}

/* Out of line, so that callers that mostly hash at level 0 can keep the word in a register. */
__attribute__((__noinline__, __cold__, __unused__)) static uint64_t stet_hash_word_safe_(uint64_t word)
{
    return stet_hash_bytes_safe_(&word, sizeof word);
}

/* The hash of an element that is one word: stet_hash_word(), or SipHash-1-3 if this is the seed of level 1. */
STET_INLINE uint64_t stet_hash_element_word_(uint64_t word, uint64_t seed)
{
    return seed == stet_hash_seed_at(1) ? stet_hash_word_safe_(word) : stet_hash_word(word, seed);
}

/* Mixes the hash of an element, unless it is good as it is, as that of bytes always is. */
STET_INLINE uint64_t stet_type_mix_(const struct stet_type *t, uint64_t hash, uint64_t seed)
{
    return t->hash == NULL || (t->flags & STET_GOOD_HASH) != 0 ? hash : stet_hash_word(hash, seed);
}

/*
 * The hash of an element as collections use it: seeded, and mixed unless the flags of its type say that the hash is
 * good.
 */
STET_INLINE uint64_t stet_type_hash(const struct stet_type *t, const void *element, uint64_t seed)
{
    if ((t->flags & (STET_WORD | STET_WORD_HASH_)) != 0) { /* as t->hash returns it, without a call */
        uint64_t word;
        memcpy(&word, element, sizeof word);
        return stet_hash_element_word_(word, seed);
    }
    return stet_type_mix_(t, t->hash != NULL ? t->hash(element, seed) : stet_hash_bytes(element, t->size, seed), seed);
}

STET_INLINE bool stet_type_equal(const struct stet_type *t, const void *a, const void *b)
{
    return t->equal != NULL ? t->equal(a, b) : memcmp(a, b, t->size) == 0;
}

/* Retain and release an element. Both fold to nothing if the type is not reference-counted. */
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

/* Ends the caller's reference to an element that was given to a container, with this result. Returns the result. */
STET_INLINE stet_result stet_owned_(stet_result result, const struct stet_type *t, void *element)
{
    stet_element_release_(t, element);
    return result;
}

/* Copies an element to *to, with a reference. */
STET_INLINE void stet_element_copy_(const struct stet_type *t, const void *element, void *to)
{
    memcpy(to, element, t->size);
    stet_element_retain_(t, element);
}

/* ---- ready made ---- */

/* Words: 8-byte values, equal if all bits are equal. So a NaN equals itself and -0.0 is not 0.0 (Double.equals). */
STET_LOCAL_ uint64_t stet_word_hash(const void *e, uint64_t seed)
{
    uint64_t word;
    memcpy(&word, e, sizeof word);
    return stet_hash_element_word_(word, seed);
}

STET_LOCAL_ bool stet_word_equal(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x == y;
}

STET_LOCAL_ int stet_word_compare(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

#define STET_TYPE_NUMBER_(name, T, hash, equal)                                                               \
    STET_WRAPPER int name##_compare_(const void *a_, const void *b_)                                          \
    {                                                                                                         \
        return (*STET_CAST_(T const *, a_) > *STET_CAST_(T const *, b_)) -                                    \
               (*STET_CAST_(T const *, a_) < *STET_CAST_(T const *, b_));                                     \
    }                                                                                                         \
    STET_TYPE_(name, T, hash, equal, name##_compare_, STET_NULL_, STET_NULL_,                                 \
               STET_GOOD_HASH | STET_ORDERED | STET_ORDER_NUMBER_ | ((T)-1 > (T)0 ? 0 : STET_ORDER_SIGNED_) | \
                   (sizeof(T) == 8 ? STET_WORD : 0))

#define STET_TYPE_WORD_(name, T)                            \
    STET_STATIC_ASSERT(sizeof(T) == 8, #name " is a word"); \
    STET_TYPE_NUMBER_(name, T, stet_word_hash, stet_word_equal)

#define STET_TYPE_BITS_(name, B)                                           \
    STET_WRAPPER uint64_t name##_hash_(const void *e_, uint64_t seed_)     \
    {                                                                      \
        return stet_hash_element_word_(*STET_CAST_(const B *, e_), seed_); \
    }                                                                      \
    STET_WRAPPER bool name##_equal_(const void *a_, const void *b_)        \
    {                                                                      \
        return *STET_CAST_(const B *, a_) == *STET_CAST_(const B *, b_);   \
    }

#define STET_TYPE_SMALL_(name, T, B) \
    STET_TYPE_BITS_(name, B)         \
    STET_TYPE_NUMBER_(name, T, name##_hash_, name##_equal_)

/*
 * Floating point is ordered by value, -0.0 before 0.0, and NaNs behind infinity, ordered among themselves by their
 * bits. This is a total order that agrees with equality, even if the compiler assumes that there are no NaNs. (Java's
 * Double.compare has the same order, but takes all NaNs for equal.) The rank of a number is computed from its bits: if
 * it is negative, all bits but the sign are flipped; then the result for -infinity is subtracted, so that negative NaNs
 * wrap around to the end.
 */
STET_INLINE uint64_t stet_double_rank_(const void *e)
{
    uint64_t bits;
    memcpy(&bits, e, sizeof bits);
    return (bits ^ ((UINT64_C(0) - (bits >> 63)) >> 1)) - UINT64_C(0x800FFFFFFFFFFFFF);
}

STET_INLINE uint32_t stet_float_rank_(const void *e)
{
    uint32_t bits;
    memcpy(&bits, e, sizeof bits);
    return (bits ^ ((0U - (bits >> 31)) >> 1)) - UINT32_C(0x807FFFFF);
}

STET_LOCAL_ int stet_double_compare_(const void *a, const void *b)
{
    uint64_t x = stet_double_rank_(a), y = stet_double_rank_(b);
    return (x > y) - (x < y);
}

STET_LOCAL_ int stet_float_compare_(const void *a, const void *b)
{
    uint32_t x = stet_float_rank_(a), y = stet_float_rank_(b);
    return (x > y) - (x < y);
}

typedef uint32_t __attribute__((__may_alias__)) stet_bits32_;

STET_TYPE_SMALL_(stet_bool, bool, unsigned char)
STET_TYPE_SMALL_(stet_char, char, unsigned char)
STET_TYPE_SMALL_(stet_i8, int8_t, uint8_t)
STET_TYPE_SMALL_(stet_u8, uint8_t, uint8_t)
STET_TYPE_SMALL_(stet_i16, int16_t, uint16_t)
STET_TYPE_SMALL_(stet_u16, uint16_t, uint16_t)
STET_TYPE_SMALL_(stet_i32, int32_t, uint32_t)
STET_TYPE_SMALL_(stet_u32, uint32_t, uint32_t)
STET_TYPE_SMALL_(stet_int, int, unsigned)
STET_TYPE_SMALL_(stet_uint, unsigned, unsigned)
STET_TYPE_WORD_(stet_i64, int64_t)
STET_TYPE_WORD_(stet_u64, uint64_t)
#if __SIZEOF_LONG__ == 8
STET_TYPE_WORD_(stet_long, long)
STET_TYPE_WORD_(stet_ulong, unsigned long)
#else /* Windows */
STET_TYPE_SMALL_(stet_long, long, uint32_t)
STET_TYPE_SMALL_(stet_ulong, unsigned long, uint32_t)
#endif
STET_TYPE_WORD_(stet_size, size_t)
STET_TYPE_BITS_(stet_float, stet_bits32_)
STET_TYPE_(stet_float, float, stet_float_hash_, stet_float_equal_, stet_float_compare_, STET_NULL_, STET_NULL_,
           STET_GOOD_HASH | STET_ORDERED | STET_ORDER_NUMBER_ | STET_ORDER_FLOAT_)
STET_STATIC_ASSERT(sizeof(double) == 8 && sizeof(float) == 4, "floating point is of 64 and 32 bits");
STET_TYPE_(stet_double, double, stet_word_hash, stet_word_equal, stet_double_compare_, STET_NULL_, STET_NULL_,
           STET_GOOD_HASH | STET_ORDERED | STET_WORD | STET_ORDER_NUMBER_ | STET_ORDER_FLOAT_)
/* Stands for the descriptor of a type that has none by its name; every use of it is refused. */
STET_TYPE_(stet_nameless, void *, STET_NULL_, STET_NULL_, STET_NULL_, STET_NULL_, STET_NULL_, STET_NAMELESS_)
/* Any pointer type. The pointers are neither followed nor released. */
STET_TYPE_(stet_ptr, void *, stet_word_hash, stet_word_equal, stet_word_compare, STET_NULL_, STET_NULL_,
           STET_GOOD_HASH | STET_ORDERED | STET_WORD | STET_ORDER_NUMBER_)

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
