// SPDX-License-Identifier: MIT
/*
 * stet/impl/element.hpp - how a C++ type is kept in the nodes: its cell, and the descriptor (stet/type.h) of its cells.
 *
 *   kind        types                                                cell
 *   number      integers, float, double, enumerations, pointers      the number
 *   plain       other trivially copyable types of up to 2048 bytes   the object
 *   handle      stet::string, and the collections of stet.hpp        the object, which is one handle of C
 *   boxed       all other types                                      the address of an object in a counted box
 *
 *               box      | count u32 | padding | object |
 *               cell     | address ------------^
 *
 * A boxed key of a lookup is not copied: its cell is the address of the caller's object, which is in no box. Such a
 * cell is never retained.
 */
#ifndef STET_IMPL_ELEMENT_HPP
#define STET_IMPL_ELEMENT_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <stet/str.h>
#include <stet/type.h>

/* On members that must fold, or are a few instructions: C has such functions once a file, and inlines them. */
#define STET_MEMBER_ inline __attribute__((__always_inline__))

STET_QUIET_
namespace stet
{

/*
 * Says whether the destructor of a boxed type frees memory and does nothing else. Then versions may share more, and a
 * destructor may run late (STET_LAZY in stet/type.h). Specialise it for such types of yours.
 */
template <class T> struct is_lazy : std::is_trivially_destructible<T> {
};
template <class C, class R, class A> struct is_lazy<std::basic_string<C, R, A>> : std::true_type {
};

class string;

namespace detail
{

struct handle {
}; // the base of the collections

// ---- what a type has ----

template <class T, class = void> struct has_equal : std::false_type {
};
template <class T>
struct has_equal<T, std::void_t<decltype(bool(std::declval<const T &>() == std::declval<const T &>()))>>
    : std::true_type {
};
template <class T, class = void> struct has_less : std::false_type {
};
template <class T>
struct has_less<T, std::void_t<decltype(bool(std::declval<const T &>() < std::declval<const T &>()))>>
    : std::true_type {
};
template <class T, class = void> struct has_std_hash : std::false_type {
};
template <class T>
struct has_std_hash<T, std::void_t<decltype(std::size_t(std::hash<T>()(std::declval<const T &>())))>> : std::true_type {
};
/* Pairs and tuples, which std does not hash, are hashed if each of their parts is. */
template <class T> struct has_hash : has_std_hash<T> {
};
template <class A, class B>
struct has_hash<std::pair<A, B>>
    : std::disjunction<has_std_hash<std::pair<A, B>>, std::conjunction<has_hash<A>, has_hash<B>>> {
};
template <class... Parts>
struct has_hash<std::tuple<Parts...>>
    : std::disjunction<has_std_hash<std::tuple<Parts...>>, std::conjunction<has_hash<Parts>...>> {
};
template <class T> std::uint64_t hash_of(const T &object, std::uint64_t seed)
{
    if constexpr (has_std_hash<T>::value) {
        return stet_hash_combine(seed, std::hash<T>()(object));
    } else {
        std::apply([&](const auto &...parts) { ((seed = hash_of(parts, seed)), ...); }, object);
        return seed;
    }
}
template <class T> struct is_std_string : std::false_type {
};
template <class A> struct is_std_string<std::basic_string<char, std::char_traits<char>, A>> : std::true_type {
};

// ---- kinds ----

template <class T>
inline constexpr bool is_number = (std::is_integral_v<T> || std::is_enum_v<T> || std::is_pointer_v<T> ||
                                   std::is_same_v<T, float> || std::is_same_v<T, double>)&&sizeof(T) <= 8;
template <class T> inline constexpr bool is_handle = std::is_base_of_v<handle, T>;
template <class T>
inline constexpr bool is_boxed =
    !is_handle<T> && !(std::is_trivially_copyable_v<T> && sizeof(T) <= 2048 && alignof(T) <= STET_MAX_ALIGN);
/* Types that are passed as C passes them, so that the caller's variable may stay in a register. */
template <class T> inline constexpr bool is_passed = std::is_trivially_copyable_v<T> && !is_boxed<T> && sizeof(T) <= 16;
template <class T> using cell = std::conditional_t<is_boxed<T>, const T *, T>;

/* Returns the object that an address of a cell refers to. */
template <class T> STET_INLINE const T &object(const void *at) noexcept
{
    if constexpr (is_boxed<T>)
        return **static_cast<const T *const *>(at);
    else
        return *static_cast<const T *>(at);
}

// ---- boxes ----

template <class T> struct box {
    static constexpr std::size_t offset = (sizeof(std::uint32_t) + alignof(T) - 1) / alignof(T) * alignof(T);
    static constexpr std::align_val_t align{alignof(T) > alignof(std::uint32_t) ? alignof(T) : alignof(std::uint32_t)};

    template <class... Args> static const T *make(Args &&...args)
    {
        char *memory = static_cast<char *>(::operator new(offset + sizeof(T), align));
        struct guard {
            char *memory;
            ~guard()
            {
                if (memory != nullptr)
                    ::operator delete(memory, align);
            }
        } guard{memory};
        T *made = ::new (static_cast<void *>(memory + offset)) T(std::forward<Args>(args)...);
        ::new (static_cast<void *>(memory)) std::uint32_t(1);
        guard.memory = nullptr;
        return made;
    }
    static char *memory(const T *object) noexcept
    {
        return reinterpret_cast<char *>(const_cast<std::remove_const_t<T> *>(object)) - offset;
    }
    static std::uint32_t *count(const T *object) noexcept
    {
        return static_cast<std::uint32_t *>(static_cast<void *>(memory(object)));
    }
    static void release(const T *object) noexcept
    {
        if (!stet_count_down_(count(object)))
            return;
        object->~T();
        ::operator delete(memory(object), align);
    }
};

/* A value as the engines store it: `at` is the address of its cell, which they retain where they keep it. */
template <class T, bool boxed = is_boxed<T>> struct stored {
    template <class U> STET_MEMBER_ explicit stored(U &&from) : value(std::forward<U>(from)) {}
    STET_MEMBER_ void *at() noexcept { return std::addressof(value); }
    T value;
};
template <class T> struct stored<T, true> {
    template <class U> explicit stored(U &&from) : value(box<T>::make(std::forward<U>(from))) {}
    stored(const stored &) = delete;
    stored &operator=(const stored &) = delete;
    ~stored() { box<T>::release(value); }
    void *at() noexcept { return &value; }
    const T *value;
};

/* Memory for a cell that an engine moves to it. take() ends the cell, and returns its object. */
template <class T> union room {
    room() noexcept {}
    ~room() {}
    T take()
    {
        struct end {
            cell<T> &value;
            ~end()
            {
                if constexpr (is_boxed<T>)
                    box<T>::release(value);
                else
                    value.~T();
            }
        } end{value};
        if constexpr (!is_boxed<T>)
            return std::move(value);
        else if (__atomic_load_n(box<T>::count(value), __ATOMIC_ACQUIRE) == 1) // no other version has the object
            return std::move(const_cast<T &>(*value));
        else
            return *value;
    }
    cell<T> value;
};

// ---- descriptors ----

template <class T> struct number_element {
    static constexpr std::uint32_t flags = +STET_GOOD_HASH | +STET_ORDERED | +STET_ORDER_NUMBER_ |
                                           (sizeof(T) == 8 ? +STET_WORD : 0) |
                                           (std::is_floating_point_v<T> ? +STET_ORDER_FLOAT_ : 0);

    STET_INLINE std::uint64_t bits(const void *at) noexcept
    {
        using B =
            std::conditional_t<sizeof(T) == 8, std::uint64_t,
                               std::conditional_t<sizeof(T) == 4, std::uint32_t,
                                                  std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint8_t>>>;
        B number;
        std::memcpy(&number, at, sizeof number);
        return number;
    }
    STET_INLINE std::uint64_t hash(const void *at, std::uint64_t seed)
    {
        return stet_hash_element_word_(bits(at), seed);
    }
    STET_INLINE bool equal(const void *a, const void *b) { return bits(a) == bits(b); }
    STET_INLINE int compare(const void *a, const void *b)
    {
        if constexpr (std::is_same_v<T, double>)
            return stet_double_compare_(a, b);
        else if constexpr (std::is_same_v<T, float>)
            return stet_float_compare_(a, b);
        else if constexpr (std::is_pointer_v<T>)
            return (bits(a) > bits(b)) - (bits(a) < bits(b));
        else
            return (object<T>(a) > object<T>(b)) - (object<T>(a) < object<T>(b));
    }
    static constexpr bool is_signed()
    {
        if constexpr (std::is_enum_v<T>)
            return std::is_signed_v<std::underlying_type_t<T>>;
        else
            return std::is_integral_v<T> && std::is_signed_v<T>;
    }
    static constexpr stet_type type = {sizeof(T), alignof(T), flags | (is_signed() ? +STET_ORDER_SIGNED_ : 0),
                                       hash,      equal,      compare,
                                       nullptr,   nullptr,    nullptr,
                                       nullptr,   nullptr};
};

/* The functions of a type that is no number. They are noexcept, because no exception may pass through the library. */
template <class T> struct object_functions {
    static std::uint64_t hash(const void *at, std::uint64_t seed) noexcept
    {
        if constexpr (is_std_string<T>::value)
            return stet_hash_bytes(object<T>(at).data(), object<T>(at).size(), seed);
        else
            return hash_of(object<T>(at), seed);
    }
    static bool equal(const void *a, const void *b) noexcept { return bool(object<T>(a) == object<T>(b)); }
    static int compare(const void *a, const void *b) noexcept
    {
        if constexpr (is_std_string<T>::value)
            return object<T>(a).compare(object<T>(b));
        else
            return bool(object<T>(a) < object<T>(b)) ? -1 : bool(object<T>(b) < object<T>(a));
    }
    static std::uint64_t word(const void *at) noexcept
    {
        return stet_bytes_word_(object<T>(at).data(), object<T>(at).size(), 0);
    }
    static void retain(const void *at) noexcept { stet_count_up_(box<T>::count(&object<T>(at))); }
    static void release(void *at) noexcept { box<T>::release(&object<T>(at)); }
};

template <class T> struct object_element {
    using functions = object_functions<T>;

    /* Without operator== and std::hash, plain objects without padding are compared and hashed as bytes. */
    static constexpr bool is_bytes =
        !is_boxed<T> && !has_equal<T>::value && !has_hash<T>::value && std::has_unique_object_representations_v<T>;
    static constexpr bool is_hashed = is_bytes || (has_equal<T>::value && has_hash<T>::value);
    static constexpr std::uint32_t flags =
        (is_hashed ? 0 : +STET_UNHASHED_) | (is_hashed && !is_bytes ? +STET_GOOD_HASH : 0) |
        (has_less<T>::value ? +STET_ORDERED : 0) | (is_boxed<T> ? +STET_REFCOUNTED : 0) |
        (is_boxed<T> && is_lazy<T>::value ? +STET_LAZY : 0);

    static constexpr auto hash() -> std::uint64_t (*)(const void *, std::uint64_t)
    {
        if constexpr (is_bytes)
            return nullptr;
        else if constexpr (is_hashed)
            return functions::hash;
        else
            return stet_no_hash_;
    }
    static constexpr auto equal() -> bool (*)(const void *, const void *)
    {
        if constexpr (has_equal<T>::value)
            return functions::equal;
        else
            return nullptr; // the bytes of the cell
    }
    static constexpr auto compare() -> int (*)(const void *, const void *)
    {
        if constexpr (has_less<T>::value)
            return functions::compare;
        else
            return nullptr;
    }
    static constexpr auto retain() -> void (*)(const void *)
    {
        if constexpr (is_boxed<T>)
            return functions::retain;
        else
            return nullptr;
    }
    static constexpr auto release() -> void (*)(void *)
    {
        if constexpr (is_boxed<T>)
            return functions::release;
        else
            return nullptr;
    }
    static constexpr auto word() -> std::uint64_t (*)(const void *)
    {
        if constexpr (is_std_string<T>::value)
            return functions::word;
        else
            return nullptr;
    }
    static constexpr stet_type type = {sizeof(cell<T>), alignof(cell<T>), flags,   hash(), equal(), compare(),
                                       retain(),        release(),        nullptr, word(), nullptr};
};

/* A collection as an element of another one. E is its engine. */
template <class T> struct handle_element {
    using E = typename T::engine_;
    static constexpr std::uint32_t flags =
        +STET_REFCOUNTED | +STET_COLLECTION_ | E::kind | (STET_PROMPT_(E::element_flags) ? 0 : +STET_LAZY) |
        (STET_HAS_(E::element_flags, STET_COLLECTION_) ? 0 : +STET_FLAT_) | STET_ACYCLIC_IF_(E::element_flags, 0) |
        (STET_HAS_(E::element_flags, STET_UNHASHED_) ? +STET_UNHASHED_ : 0);
    using H = typename E::handle;
    static const H *of(const void *at) noexcept { return static_cast<const H *>(at); }
    static std::uint64_t hash(const void *at, std::uint64_t seed) { return E::hash(of(at), seed); }
    static bool equal(const void *a, const void *b) { return E::equal(of(a), of(b)); }
    static void retain(const void *at) { E::retain(of(at)); }
    static void release(void *at) { E::drop(static_cast<H *>(at)); }
    static const void *engine() { return &E::type; }
    static constexpr stet_type type = {sizeof(T), alignof(T), flags,   hash,    equal, nullptr,
                                       retain,    release,    nullptr, nullptr, engine};
};

/* stet::string has the layout of a stet_str, and its functions. */
struct string_element {
    static constexpr std::uint32_t flags = stet_str_type_flags_;
    static constexpr stet_type type = {sizeof(stet_str),
                                       alignof(stet_str),
                                       flags,
                                       stet_str_type_hash_,
                                       stet_str_type_equal_,
                                       stet_str_type_compare_,
                                       stet_str_type_retain_,
                                       stet_str_type_release_,
                                       nullptr,
                                       nullptr,
                                       nullptr};
};

template <class T, class = void> struct element : object_element<T> {
};
template <class T> struct element<T, std::enable_if_t<is_number<T>>> : number_element<T> {
};
template <> struct element<string> : string_element {
};
template <class T> struct element<T, std::enable_if_t<is_handle<T> && !std::is_same_v<T, string>>> : handle_element<T> {
};

// ---- keys that are given in another form than the one that is stored ----

/*
 * A boxed key K that is made of a Q, a K or a string_view, only if it is stored. An exception of its constructor waits
 * in `error` until the engine has returned.
 */
template <class K, class Q> struct making {
    const Q *from;
    bool moves;
    std::exception_ptr error;

    static std::uint64_t hash(const void *view, unsigned level) noexcept
    {
        const Q &q = *static_cast<const making *>(view)->from;
        if constexpr (std::is_same_v<K, Q>) {
            const Q *at = std::addressof(q);
            return stet_type_hash(&element<K>::type, &at, stet_hash_seed_at(level));
        } else {
            return stet_hash_bytes(q.data(), q.size(), stet_hash_seed_at(level));
        }
    }
    static bool equal(const void *key, const void *view) noexcept
    {
        return bool(object<K>(key) == *static_cast<const making *>(view)->from);
    }
    static bool make(void *key, const void *view) noexcept
    {
        making *m = const_cast<making *>(static_cast<const making *>(view));
        try {
            const K *made;
            if (std::is_same_v<K, Q> && m->moves)
                made = box<K>::make(std::move(const_cast<Q &>(*m->from)));
            else
                made = box<K>::make(*m->from);
            std::memcpy(key, &made, sizeof made);
            return true;
        } catch (...) {
            m->error = std::current_exception();
            return false;
        }
    }
    static int compare(const void *key, const void *view) noexcept
    {
        const K &k = object<K>(key);
        const Q &q = *static_cast<const making *>(view)->from;
        if constexpr (has_less<K>::value)
            return k < q ? -1 : int(q < k);
        else
            return 0; // no such key is sorted
    }
    static std::uint64_t word(const void *view) noexcept
    {
        const Q &q = *static_cast<const making *>(view)->from;
        if constexpr (is_std_string<K>::value)
            return stet_bytes_word_(q.data(), q.size(), 0);
        else
            return 0;
    }
    static constexpr stet_key_view view = {hash, equal, make, compare, is_std_string<K>::value ? word : nullptr};
};

/* A key as the engines read it: a view, or nullptr, and the address that goes with it. */
template <class K, class Q> struct sought { // a Q that is the K, in its cell
    STET_MEMBER_ explicit sought(const K &k) : key(from(k)) {}
    static constexpr const stet_key_view *view = nullptr;
    STET_MEMBER_ const void *at() const noexcept
    {
        if constexpr (is_passed<K> || is_boxed<K>)
            return &key;
        else
            return key;
    }
    STET_INLINE std::conditional_t<is_passed<K>, K, const K *> from(const K &k) noexcept
    {
        if constexpr (is_passed<K>)
            return k;
        else
            return std::addressof(k);
    }
    std::conditional_t<is_passed<K>, K, const K *> key;
};
template <> struct sought<string, std::string_view> {
    STET_MEMBER_ explicit sought(std::string_view v) : bytes(stet_bytes_of(v.data(), v.size())) {}
    static constexpr const stet_key_view *view = &stet_bytes_view;
    STET_MEMBER_ const void *at() const noexcept { return &bytes; }
    stet_bytes bytes;
};
template <class A> struct sought<std::basic_string<char, std::char_traits<char>, A>, std::string_view> {
    using K = std::basic_string<char, std::char_traits<char>, A>;
    explicit sought(const std::string_view &v) : made{&v, false, nullptr} {}
    static constexpr const stet_key_view *view = &making<K, std::string_view>::view;
    STET_MEMBER_ const void *at() const noexcept { return &made; }
    making<K, std::string_view> made;
};

/* The same of a key that may be stored. */
template <class K, class Q, bool made = is_boxed<K>> struct given : sought<K, Q> {
    STET_MEMBER_ explicit given(const Q &q, bool) : sought<K, Q>(q) {}
    STET_MEMBER_ void check() const {}
};
template <class K, class Q> struct given<K, Q, true> {
    explicit given(const Q &q, bool moves) : made{std::addressof(q), moves, nullptr} {}
    static constexpr const stet_key_view *view = &making<K, Q>::view;
    STET_MEMBER_ const void *at() const noexcept { return &made; }
    void check() const
    {
        if (made.error)
            std::rethrow_exception(made.error);
    }
    making<K, Q> made;
};

} // namespace detail
} // namespace stet
STET_LOUD_
#endif
