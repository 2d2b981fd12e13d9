// SPDX-License-Identifier: MIT
/*
 * stet/impl/engine.hpp - the engines of the collections, as the templates of stet.hpp call them: the descriptor of a
 * collection, and its functions without the names of C. They are the functions that the macros of C call, with constant
 * descriptors.
 */
#ifndef STET_IMPL_ENGINE_HPP
#define STET_IMPL_ENGINE_HPP

#include <limits>
#include <stet/impl/element.hpp>
#include <stet/impl/list_body.h>
#include <stet/impl/map_body.h>
#include <stet/impl/sorted.h>

STET_QUIET_
namespace stet
{
namespace detail
{

/* The value of a set. */
struct unit {
    static constexpr std::uint32_t flags = 0;
    static constexpr stet_type type = {0, 1, 0, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};
    static constexpr std::size_t size = 0, align = 1;
};
template <class V> struct value_of : element<V> {
    static constexpr std::size_t size = sizeof(cell<V>), align = alignof(cell<V>);
};
template <> struct value_of<void> : unit {
};

/* The flags of the elements of a collection, taken together. */
constexpr std::uint32_t join(std::uint32_t a, std::uint32_t b)
{
    return ((a | b) & (+STET_REFCOUNTED | +STET_COLLECTION_ | +STET_UNHASHED_)) |
           (STET_PROMPT_(a) || STET_PROMPT_(b) ? 0 : +STET_LAZY) | STET_ACYCLIC_IF_(a, b);
}
constexpr std::size_t up(std::size_t size, std::size_t align) { return (size + align - 1) / align * align; }

/* Throws if there was no memory; returns whether the call changed anything. */
STET_INLINE bool done(stet_result result)
{
    if (STET_UNLIKELY(result == STET_NO_MEMORY))
        throw std::bad_alloc();
    return result == STET_CHANGED;
}

/* A function of the user's as a callback of C. What it throws waits in `error` until the engine has returned. */
template <class F> struct callback {
    F &fn;
    std::exception_ptr error;

    /* Returns what the call returned, true if that is nothing, or false if it threw. */
    template <class... Args> static bool call(void *context, Args... args) noexcept
    {
        callback *self = static_cast<callback *>(context);
        if (self->error)
            return false;
        try {
            if constexpr (std::is_void_v<decltype(self->fn(args...))>)
                return self->fn(args...), true;
            else
                return bool(self->fn(args...));
        } catch (...) {
            self->error = std::current_exception();
            return false;
        }
    }
    void check() const
    {
        if (error)
            std::rethrow_exception(error);
    }
};

// What the engines have in common. C is the type of the handle.
#define STET_ENGINE_(name, C)                                                                                        \
    static constexpr std::uint32_t kind = +STET_KIND_##name##_;                                                      \
    using handle = C;                                                                                                \
    STET_INLINE std::size_t size(const handle *h) noexcept { return stet_##name##_size_(h); }                        \
    STET_INLINE bool identical(const handle *a, const handle *b) noexcept { return stet_##name##_identical_(a, b); } \
    STET_INLINE void retain(const handle *h) noexcept { stet_##name##_retain_(&type, h); }                           \
    STET_INLINE void drop(handle *h) noexcept { stet_##name##_drop_(&type, h); }                                     \
    STET_INLINE void drop_later(handle *h) noexcept { stet_##name##_drop_later_(&type, h); }                         \
    STET_INLINE bool equal(const handle *a, const handle *b) noexcept { return stet_##name##_equal_(&type, a, b); }  \
    STET_INLINE std::uint64_t hash(const handle *h, std::uint64_t seed) noexcept                                     \
    {                                                                                                                \
        return stet_##name##_hash_(&type, h, seed);                                                                  \
    }

#define STET_KEYED_ENGINE_(kind, P)                                                                            \
    using fate_fn = stet_fate_(void *, const void *, const void *, void *);                                    \
    using diff_fn = bool(void *, const void *, const void *, const void *);                                    \
    STET_INLINE const void *get(const handle *h, const stet_key_view *view, const void *key) noexcept          \
    {                                                                                                          \
        return stet_##kind##_get_(&type, P(h), view, key);                                                     \
    }                                                                                                          \
    STET_INLINE stet_result put(handle *h, const stet_key_view *view, const void *key, const void *value,      \
                                stet_put_mode_ mode) noexcept                                                  \
    {                                                                                                          \
        return stet_##kind##_put_(&type, P(h), view, key, value, mode);                                        \
    }                                                                                                          \
    STET_INLINE stet_result erase(handle *h, const stet_key_view *view, const void *key, void *value) noexcept \
    {                                                                                                          \
        return stet_##kind##_erase_(&type, P(h), view, key, value);                                            \
    }                                                                                                          \
    STET_INLINE stet_result set_many(handle *h, const void *keys, const void *values, std::size_t n) noexcept  \
    {                                                                                                          \
        return stet_##kind##_set_many_(&type, P(h), keys, values, n);                                          \
    }                                                                                                          \
    STET_INLINE stet_result combine(handle *out, const handle *a, const handle *b, unsigned keep) noexcept     \
    {                                                                                                          \
        return stet_##kind##_combine_(&type, P(out), P(a), P(b), keep, nullptr, nullptr);                      \
    }                                                                                                          \
    STET_INLINE stet_result transform(handle *h, fate_fn *fn, void *context) noexcept                          \
    {                                                                                                          \
        return stet_##kind##_transform_(&type, P(h), fn, context);                                             \
    }                                                                                                          \
    STET_INLINE bool diff(const handle *a, const handle *b, diff_fn *fn, void *context) noexcept               \
    {                                                                                                          \
        return stet_##kind##_diff_(&type, P(a), P(b), fn, context);                                            \
    }                                                                                                          \
    STET_INLINE bool within(const handle *a, const handle *b, bool values) noexcept                            \
    {                                                                                                          \
        return stet_##kind##_within_(&type, P(a), P(b), values);                                               \
    }                                                                                                          \
    STET_INLINE stet_result trim(handle *h) noexcept { return stet_##kind##_trim_(&type, P(h)); }

/* The hash map from K to V; V void: the hash set. */
template <class K, class V> struct hash_engine {
    static constexpr bool is_sorted = false;
    static constexpr std::uint32_t element_flags = join(element<K>::flags, value_of<V>::flags);
    static constexpr std::size_t offset = up(sizeof(cell<K>), value_of<V>::align);
    static constexpr std::size_t entry =
        up(offset + value_of<V>::size, alignof(cell<K>) > value_of<V>::align ? alignof(cell<K>) : value_of<V>::align);
    static constexpr const stet_type *
    key_type() // not in the class: K may be incomplete while a member of it is declared
    {
        static_assert(!STET_HAS_(element<K>::flags, STET_UNHASHED_),
                      "a key of a hash map or set has operator== and std::hash");
        return &element<K>::type;
    }
    static constexpr stet_map_type type =
        STET_MAP_TYPE_(std::is_void_v<V> ? "stet::set" : "stet::map", STET_PROMPT_(element_flags),
                       STET_HAS_(element_flags, STET_REFCOUNTED), key_type(), &value_of<V>::type, entry, offset);

    template <class H> STET_INLINE H *path(H *h) noexcept { return h; }
    STET_ENGINE_(map, stet_map)
    STET_KEYED_ENGINE_(map, path)
};

STET_INLINE stet_tree *tree_of(stet_sorted *h) noexcept { return &h->tree_; }
STET_INLINE const stet_tree *tree_of(const stet_sorted *h) noexcept { return &h->tree_; }

/* The sorted map from K to V; V void: the sorted set. */
template <class K, class V> struct sorted_engine {
    static constexpr bool is_sorted = true;
    static constexpr std::uint32_t element_flags = join(element<K>::flags, value_of<V>::flags);
    static constexpr unsigned bits =
        STET_SORTED_LEAF_BITS(sizeof(cell<K>) + value_of<V>::size, STET_HAS_(element<K>::flags, STET_REFCOUNTED));
    static constexpr const stet_type *key_type()
    {
        static_assert(STET_HAS_(element<K>::flags, STET_ORDERED), "a key of a sorted map or set has operator<");
        return &element<K>::type;
    }
    static constexpr const stet_type *value_type()
    {
        if constexpr (std::is_void_v<V>)
            return nullptr;
        else
            return &element<V>::type;
    }
    static constexpr stet_tree_type type = {{stet_tree_free_leaf_, stet_tree_describe_leaf_,
                                             STET_PROMPT_(element_flags), STET_HAS_(element_flags, STET_REFCOUNTED),
                                             false, std::is_void_v<V> ? "stet::sorted_set" : "stet::sorted_map"},
                                            key_type(),
                                            value_type(),
                                            sizeof(cell<K>),
                                            value_of<V>::size,
                                            STET_TREE_DATA(STET_HAS_(element_flags, STET_REFCOUNTED), alignof(cell<K>)),
                                            bits,
                                            ((1u << bits) * 3 + 7) / 8,
                                            true,
                                            nullptr};

    STET_ENGINE_(sorted, stet_sorted)
    STET_KEYED_ENGINE_(sorted, tree_of)
};

/* The list of T. */
template <class T> struct list_engine {
    static constexpr std::uint32_t element_flags = element<T>::flags;
    static constexpr unsigned bits = STET_TREE_LEAF_BITS(sizeof(cell<T>));
    static constexpr stet_tree_type type = {{stet_tree_free_leaf_, stet_tree_describe_leaf_,
                                             STET_PROMPT_(element_flags), STET_HAS_(element_flags, STET_REFCOUNTED),
                                             false, "stet::list"},
                                            &element<T>::type,
                                            nullptr,
                                            sizeof(cell<T>),
                                            0,
                                            STET_TREE_DATA(STET_HAS_(element_flags, STET_REFCOUNTED), alignof(cell<T>)),
                                            bits,
                                            (1u << bits) / 2,
                                            false,
                                            nullptr};

    STET_ENGINE_(list, stet_list)
    static const void *seek(stet_list_walk *walk, std::size_t i) noexcept
    {
        return stet_list_walk_seek_(&type, walk, i);
    }
};

#undef STET_ENGINE_
#undef STET_KEYED_ENGINE_

// ---- what all collections have in common ----

template <class Self, class E> class owner : public handle
{
  public:
    using engine_ = E; // not for users
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;

    owner() noexcept = default;
    STET_MEMBER_ owner(const owner &other) noexcept : h_(other.h_) { E::retain(&h_); }
    STET_MEMBER_ owner(owner &&other) noexcept : h_(std::exchange(other.h_, {})) {}
    owner &operator=(const owner &other) noexcept
    {
        owner copy(other);
        swap(copy);
        return *this;
    }
    owner &operator=(owner &&other) noexcept
    {
        owner moved(std::move(other));
        swap(moved);
        return *this;
    }
    ~owner() { E::drop(&h_); }

    std::size_t size() const noexcept { return E::size(&h_); }
    bool empty() const noexcept { return size() == 0; }
    void clear() noexcept { E::drop(&h_); }
    /* As clear(), but the release is deferred: stet_release_some() on this thread makes it in steps (stet/release.h).
     */
    void clear_later() noexcept { E::drop_later(&h_); }
    void swap(owner &other) noexcept { std::swap(h_, other.h_); }
    friend void swap(Self &a, Self &b) noexcept { a.swap(b); }
    /* Whether both are the same version, which implies that they are equal. O(1). */
    bool identical(const Self &other) const noexcept { return E::identical(&h_, &other.h_); }
    std::size_t hash() const noexcept
    {
        static_assert(!STET_HAS_(E::element_flags, STET_UNHASHED_), "the elements have operator== and std::hash");
        return E::hash(&h_, stet_hash_seed_at(0));
    }
    friend bool operator!=(const Self &a, const Self &b) noexcept { return !(a == b); }

    typename E::handle h_{}; // not for users
};

/* For parameters that a T is made of: anything that converts to it. */
template <class T, class U> using from = std::enable_if_t<std::is_convertible_v<U &&, T>>;

/* Returns what a cell of type T refers to as a pointer; nullptr stays. */
template <class T> STET_INLINE const T *object_or_null(const void *at) noexcept
{
    return at != nullptr ? std::addressof(object<T>(at)) : nullptr;
}

/* The result of operator-> where operator* returns a value. */
template <class T> struct arrow {
    T value;
    T *operator->() noexcept { return &value; }
};

} // namespace detail
} // namespace stet
STET_LOUD_
#endif
