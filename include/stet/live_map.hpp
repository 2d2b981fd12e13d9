// SPDX-License-Identifier: MIT
/*
 * stet/live_map.hpp - a hash map that threads share and write to, with snapshots (stet/live_map.h).
 *
 *     stet::live_map<int, std::string> sessions;
 *
 *     sessions.store(7, "alice");                                // any thread, each at one moment
 *     std::optional<std::string> who = sessions.load(7);
 *     stet::map<int, std::string> now = sessions.snapshot();     // all entries, as they were at one moment
 *
 * Its results are copies, because other threads may remove an entry at any time. What a thread replaces or removes is
 * destroyed some time later. A live map is neither copied nor moved, and must not end while a thread uses it.
 * The hash and == of keys, and == of values, run while others wait: they must not block, and must not use a live map.
 */
#ifndef STET_LIVE_MAP_HPP
#define STET_LIVE_MAP_HPP

#include <stet/live_map.h>
#include <stet/stet.hpp>

STET_QUIET_
namespace stet
{

template <class K, class V> class live_map
{
    using E = detail::hash_engine<K, V>;
    template <class Q> using ask = detail::asked<K, Q>;

    template <class Q> bool read_(const Q &q, void *value) const
    {
        detail::bound<ask<Q>, Q> key = detail::form<ask<Q>, Q>(q);
        detail::sought<K, ask<Q>> k(key);
        return stet_live_read_(&E::type, live_, k.view, k.at(), value);
    }
    /* `expected`, `value` and `before` are addresses of cells, or nullptr; *had is set to whether the key was there. */
    template <class Q>
    stet_result write_(stet_write_op op, Q &&q, const void *value, const void *expected, void *before, bool *had)
    {
        using B = std::remove_cv_t<std::remove_reference_t<Q>>;
        detail::bound<ask<B>, B> key = detail::form<ask<B>, B>(q);
        detail::given<K, ask<B>> k(key, false); // the key is read again after it was made
        stet_write w = {op, k.view, k.at(), value, expected, before, false};
        stet_result result = stet_live_change_(&E::type, live_, &w);
        k.check();
        if (had != nullptr)
            *had = w.had;
        detail::done(result);
        return result;
    }
    template <class Q> stet_result remove_(stet_write_op op, const Q &q, const void *expected, void *before)
    {
        detail::bound<ask<Q>, Q> key = detail::form<ask<Q>, Q>(q);
        detail::sought<K, ask<Q>> k(key);
        stet_write w = {op, k.view, k.at(), nullptr, expected, before, false};
        stet_result result = stet_live_change_(&E::type, live_, &w);
        detail::done(result);
        return result;
    }

  public:
    live_map() : live_map(map<K, V>()) {}
    explicit live_map(map<K, V> first) : live_(stet_live_new_(&E::type, &first.h_))
    {
        if (live_ == nullptr)
            throw std::bad_alloc();
    }
    live_map(const live_map &) = delete;
    live_map &operator=(const live_map &) = delete;
    ~live_map() { stet_live_destroy_(&E::type, live_); }

    template <class Q = K> std::optional<V> load(const Q &key) const
    {
        detail::room<V> value;
        if (!read_(key, &value.value))
            return std::nullopt;
        return value.take();
    }
    template <class Q = K> bool contains(const Q &key) const { return read_(key, nullptr); }
    /* As many as there are; exact if no thread is writing. */
    std::size_t size() const noexcept { return stet_live_size_(live_); }
    map<K, V> snapshot() const noexcept
    {
        map<K, V> now;
        now.h_ = stet_live_snapshot_(&E::type, live_);
        return now;
    }

    /* The key has this value afterwards. Returns false if it had an equal value. */
    template <class Q = K, class U = V, class = detail::from<V, U>> bool store(Q &&key, U &&value)
    {
        detail::stored<V> v(std::forward<U>(value));
        return write_(STET_WRITE_STORE, std::forward<Q>(key), v.at(), nullptr, nullptr, nullptr) == STET_CHANGED;
    }
    /* The same; returns the value that the key had. */
    template <class Q = K, class U = V, class = detail::from<V, U>> std::optional<V> exchange(Q &&key, U &&value)
    {
        detail::stored<V> v(std::forward<U>(value));
        detail::room<V> before;
        bool had = false;
        write_(STET_WRITE_STORE, std::forward<Q>(key), v.at(), nullptr, &before.value, &had);
        return had ? std::optional<V>(before.take()) : std::nullopt;
    }
    /* Returns the value that the key has, which is this one if it was absent. */
    template <class Q = K, class U = V, class = detail::from<V, U>> V load_or_store(Q &&key, U &&value)
    {
        detail::stored<V> v(std::forward<U>(value));
        detail::room<V> before;
        bool had = false;
        write_(STET_WRITE_ADD, std::forward<Q>(key), v.at(), nullptr, &before.value, &had);
        return had ? before.take() : V(detail::object<V>(v.at()));
    }
    /* The same with a value that fn() makes if the key is absent. It runs with nothing locked. */
    template <class Q = K, class F> V load_or_compute(const Q &key, F &&fn)
    {
        std::optional<V> found = load(key);
        return found ? std::move(*found) : load_or_store(key, std::forward<F>(fn)());
    }
    /* Removes the key; returns whether it was there. */
    template <class Q = K> bool erase(const Q &key)
    {
        return remove_(STET_WRITE_DELETE, key, nullptr, nullptr) == STET_CHANGED;
    }
    template <class Q = K> std::optional<V> take(const Q &key)
    {
        detail::room<V> before;
        if (remove_(STET_WRITE_DELETE, key, nullptr, &before.value) != STET_CHANGED)
            return std::nullopt;
        return before.take();
    }
    /* If the key has a value that equals `expected`, it has `value` afterwards, or is absent. Return whether it had. */
    template <class Q = K, class U = V, class = detail::from<V, U>>
    bool compare_and_swap(Q &&key, const V &expected, U &&value)
    {
        detail::stored<V> v(std::forward<U>(value));
        detail::sought<V, V> was(expected);
        return write_(STET_WRITE_SWAP_EXPECTED, std::forward<Q>(key), v.at(), was.at(), nullptr, nullptr) !=
               STET_CONFLICT;
    }
    template <class Q = K> bool compare_and_erase(const Q &key, const V &expected)
    {
        detail::sought<V, V> was(expected);
        return remove_(STET_WRITE_DELETE_EXPECTED, key, was.at(), nullptr) != STET_CONFLICT;
    }
    void clear() { detail::done(stet_live_clear_(&E::type, live_)); }

  private:
    stet_live *live_;
};

} // namespace stet
STET_LOUD_
#endif
