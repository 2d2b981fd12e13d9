// SPDX-License-Identifier: MIT
/*
 * stet/impl/keyed.hpp - the members that maps and sets of stet.hpp have in common, hash and sorted ones, and their
 * iterators.
 *
 *     owner           a version: copy, move, swap, size, equality, hash            (engine.hpp; lists, too)
 *       keyed         keys: contains, erase, algebra, iterators
 *         map_of      values: find, at, set, update, take
 *         set_of      insert
 *           sorted_of bounds, ranks, slices
 */
#ifndef STET_IMPL_KEYED_HPP
#define STET_IMPL_KEYED_HPP

#include <initializer_list>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <vector>
#include <stet/impl/engine.hpp>

STET_QUIET_
namespace stet
{
namespace detail
{

// ---- iterators ----

/* P: how an engine walks. V void: an entry is a key; else a pair of references. */
/* A pair of references that converts to a pair of values, and not the other way, so that maps are ranges of C++20. */
template <class K, class V> struct entry : std::pair<const K &, const V &> {
    STET_MEMBER_ entry(const K &key, const V &value) noexcept : std::pair<const K &, const V &>(key, value) {}
};

template <class K, class V> struct entry_of {
    using value_type = std::pair<K, V>;
    using reference = entry<K, V>;
    using pointer = arrow<reference>;
    STET_INLINE reference get(const void *key, const void *value) noexcept
    {
        return {object<K>(key), object<V>(value)};
    }
    STET_INLINE pointer point(const void *key, const void *value) noexcept { return {get(key, value)}; }
};
template <class K> struct entry_of<K, void> {
    using value_type = K;
    using reference = const K &;
    using pointer = const K *;
    STET_INLINE reference get(const void *key, const void *) noexcept { return object<K>(key); }
    STET_INLINE pointer point(const void *key, const void *) noexcept { return std::addressof(object<K>(key)); }
};

template <class K, class V> class hash_iterator
{
    using E = hash_engine<K, V>;
    using as = entry_of<K, V>;

  public:
    using iterator_category = std::forward_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = typename as::value_type;
    using reference = typename as::reference;
    using pointer = typename as::pointer;

    STET_MEMBER_ hash_iterator() noexcept { at_.entry = nullptr; }
    STET_MEMBER_ explicit hash_iterator(const stet_map *m) noexcept { stet_map_cursor_start_(&E::type, m->root, &at_); }
    STET_MEMBER_ reference operator*() const noexcept { return as::get(at_.entry, at_.entry + E::offset); }
    STET_MEMBER_ pointer operator->() const noexcept { return as::point(at_.entry, at_.entry + E::offset); }
    STET_MEMBER_ hash_iterator &operator++() noexcept
    {
        stet_map_cursor_next_(&E::type, &at_);
        return *this;
    }
    hash_iterator operator++(int) noexcept
    {
        hash_iterator before(*this);
        ++*this;
        return before;
    }
    STET_MEMBER_ friend bool operator==(const hash_iterator &a, const hash_iterator &b) noexcept
    {
        return a.at_.entry == b.at_.entry;
    }
    STET_MEMBER_ friend bool operator!=(const hash_iterator &a, const hash_iterator &b) noexcept { return !(a == b); }

  private:
    stet_map_cursor at_;
};

template <class K, class V> class sorted_iterator
{
    using E = sorted_engine<K, V>;
    using as = entry_of<K, V>;

  public:
    using iterator_category = std::bidirectional_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = typename as::value_type;
    using reference = typename as::reference;
    using pointer = typename as::pointer;

    sorted_iterator() noexcept : at_{} {}
    sorted_iterator(const stet_tree *m, std::size_t rank) noexcept { stet_sorted_cursor_at_(&E::type, m, rank, &at_); }
    explicit sorted_iterator(const stet_sorted_cursor &at) noexcept : at_(at) {}
    STET_MEMBER_ reference operator*() const noexcept { return as::get(key(), value()); }
    STET_MEMBER_ pointer operator->() const noexcept { return as::point(key(), value()); }
    STET_MEMBER_ sorted_iterator &operator++() noexcept
    {
        stet_sorted_cursor_next_(&E::type, &at_);
        return *this;
    }
    sorted_iterator operator++(int) noexcept
    {
        sorted_iterator before(*this);
        ++*this;
        return before;
    }
    sorted_iterator &operator--() noexcept
    {
        stet_sorted_cursor_previous_(&E::type, &at_);
        return *this;
    }
    sorted_iterator operator--(int) noexcept
    {
        sorted_iterator before(*this);
        --*this;
        return before;
    }
    friend bool operator==(const sorted_iterator &a, const sorted_iterator &b) noexcept
    {
        return a.at_.leaf == b.at_.leaf &&
               (a.at_.leaf == nullptr ? a.at_.before == b.at_.before : a.at_.at == b.at_.at);
    }
    friend bool operator!=(const sorted_iterator &a, const sorted_iterator &b) noexcept { return !(a == b); }

  private:
    STET_MEMBER_ const void *key() const noexcept { return stet_sorted_cursor_key_(&E::type, &at_); }
    STET_MEMBER_ const void *value() const noexcept
    {
        if constexpr (std::is_void_v<V>)
            return nullptr;
        else
            return stet_sorted_cursor_value_(&E::type, &at_);
    }
    stet_sorted_cursor at_;
};

// ---- what maps and sets have in common, sorted ones too ----

/* Elements side by side, as the functions for many of them read them: a std::vector<bool> has none. */
template <class T> struct in_column {
    T element;
};
template <class T> using column = std::vector<in_column<T>>;

/* The form in which a Q asks for a key K: the K itself, a string_view, or a K that is made of it. */
template <class K, class Q>
using asked = std::conditional_t<!std::is_same_v<K, Q> && std::is_convertible_v<const Q &, std::string_view> &&
                                     (std::is_same_v<K, string> || is_std_string<K>::value),
                                 std::string_view, K>;
/* Binds to the argument if it has that form, and else holds what it is converted to. */
template <class A, class Q> using bound = std::conditional_t<std::is_same_v<A, Q>, const A &, const A>;
template <class A, class Q> STET_INLINE bound<A, Q> form(const Q &q)
{
    if constexpr (is_std_string<A>::value && !std::is_same_v<A, Q> &&
                  std::is_convertible_v<const Q &, std::string_view>)
        return A(std::string_view(q)); // a conversion that std::string has, but not implicitly
    else
        return q;
}

template <class Self, class E, class K, class V> class keyed : public owner<Self, E>
{
  protected:
    template <class Q> using ask = asked<K, Q>;

    template <class Q> STET_MEMBER_ const void *get_(const Q &q) const
    {
        using A = ask<Q>;
        bound<A, Q> key = form<A, Q>(q);
        sought<K, A> k(key);
        return E::get(&h_, k.view, k.at());
    }
    template <class Q> STET_MEMBER_ bool put_(Q &&q, const void *value, stet_put_mode_ mode)
    {
        using B = std::remove_cv_t<std::remove_reference_t<Q>>;
        using A = ask<B>;
        bound<A, B> key = form<A, B>(q);
        given<K, A> k(key, std::is_same_v<Q, K>); // a Q without & or const was an rvalue
        stet_result result = E::put(&h_, k.view, k.at(), value != nullptr ? value : k.at(), mode);
        k.check();
        return done(result);
    }
    template <class Q> STET_MEMBER_ stet_result erase_(const Q &q, void *value)
    {
        using A = ask<Q>;
        bound<A, Q> key = form<A, Q>(q);
        sought<K, A> k(key);
        return E::erase(&h_, k.view, k.at(), value);
    }
    Self combined_(const Self &b, unsigned keep) const
    {
        Self made;
        done(E::combine(&made.h_, &h_, &b.h_, keep));
        return made;
    }
    /* Keeps the entries for which call(key, value) returns true. */
    template <class F> bool filter_(F &call)
    {
        callback<F> c{call, nullptr};
        Self edited(self());
        stet_result result = E::transform(
            &edited.h_,
            [](void *context, const void *key, const void *value, void *) {
                return stet_fate_of_(callback<F>::call(context, key, value));
            },
            &c);
        c.check();
        bool changed = done(result);
        self().swap(edited);
        return changed;
    }
    template <class F> bool diff_(const Self &b, F &call) const
    {
        callback<F> c{call, nullptr};
        bool all = E::diff(
            &h_, &b.h_,
            [](void *context, const void *key, const void *a, const void *b) {
                return callback<F>::call(context, key, a, b);
            },
            &c);
        c.check();
        return all;
    }
    STET_MEMBER_ Self &self() noexcept { return static_cast<Self &>(*this); }
    STET_MEMBER_ const Self &self() const noexcept { return static_cast<const Self &>(*this); }

  public:
    using owner<Self, E>::h_;
    using key_type = K;
    using iterator = std::conditional_t<E::is_sorted, sorted_iterator<K, V>, hash_iterator<K, V>>;
    using const_iterator = iterator;

    template <class Q = K> STET_MEMBER_ bool contains(const Q &key) const { return get_(key) != nullptr; }
    template <class Q = K> std::size_t count(const Q &key) const { return contains(key); }
    /* Removes the key; returns whether it was there. */
    template <class Q = K> bool erase(const Q &key) { return done(erase_(key, nullptr)); }
    /* Returns a version without the key. */
    template <class Q = K> Self without(const Q &key) const &
    {
        Self copy(self());
        copy.erase(key);
        return copy;
    }
    template <class Q = K> Self without(const Q &key) &&
    {
        erase(key);
        return std::move(self());
    }

    /* Union, intersection, difference, symmetric difference, by keys. A key that both have gets the value of a. */
    friend Self operator|(const Self &a, const Self &b)
    {
        return a.combined_(b, STET_ONLY_A_ | STET_ONLY_B_ | STET_BOTH_);
    }
    friend Self operator&(const Self &a, const Self &b) { return a.combined_(b, STET_BOTH_); }
    friend Self operator-(const Self &a, const Self &b) { return a.combined_(b, STET_ONLY_A_); }
    friend Self operator^(const Self &a, const Self &b) { return a.combined_(b, STET_ONLY_A_ | STET_ONLY_B_); }
    /* Returns whether every key of this one is in b. */
    bool is_subset(const Self &b) const noexcept { return E::within(&h_, &b.h_, false); }
    /* Removes the entries of which pred(key), or pred(entry) of a map, is true; returns how many there were. */
    template <class F> friend std::size_t erase_if(Self &from, F &&pred)
    {
        std::size_t before = from.size();
        if constexpr (std::is_void_v<V>)
            from.filter([&](const K &key) { return !pred(key); });
        else
            from.filter([&](const K &key, const V &value) { return !pred(entry<K, V>(key, value)); });
        return before - from.size();
    }
    /* Frees memory that is kept for speed. O(n). */
    void trim() { done(E::trim(&h_)); }

    iterator begin() const noexcept
    {
        if constexpr (E::is_sorted)
            return iterator(&h_.tree_, 0);
        else
            return iterator(&h_);
    }
    iterator end() const noexcept
    {
        if constexpr (E::is_sorted)
            return iterator(&h_.tree_, this->size());
        else
            return iterator();
    }
    const_iterator cbegin() const noexcept { return begin(); }
    const_iterator cend() const noexcept { return end(); }
};

template <class Self, class E, class K, class V> class map_of : public keyed<Self, E, K, V>
{
    using base = keyed<Self, E, K, V>;
    using base::self;

    template <stet_put_mode_ mode> bool store_passed_(K key, V value) { return this->put_(key, &value, mode); }
    template <stet_put_mode_ mode, class Q, class U> bool store_others_(Q &&key, U &&value)
    {
        stored<V> v(std::forward<U>(value));
        return this->put_(std::forward<Q>(key), v.at(), mode);
    }
    template <stet_put_mode_ mode, class Q, class U> STET_MEMBER_ bool store_(Q &&key, U &&value)
    {
        if constexpr (is_passed<K> && is_passed<V>)
            return store_passed_<mode>(std::forward<Q>(key), std::forward<U>(value));
        else
            return store_others_<mode>(std::forward<Q>(key), std::forward<U>(value));
    }

  public:
    using mapped_type = V;
    using value_type = std::pair<K, V>;

    map_of() noexcept = default;
    map_of(std::initializer_list<std::pair<K, V>> entries) : map_of(entries.begin(), entries.end()) {}
    /* Of pairs; of equal keys the last one wins. */
    template <class I, class S, class = typename std::iterator_traits<I>::reference> map_of(I first, S last)
    {
        set_range(first, last);
    }
    /*
     * Sets the keys of pairs; of equal keys the last one wins. Keys and values that are copied as bytes go in as one
     * edit: all, or none if there is no memory.
     */
    template <class I, class S> void set_range(I first, S last)
    {
        if constexpr (is_passed<K> && is_passed<V>) {
            column<K> keys;
            column<V> values;
            for (; first != last; ++first) {
                auto &&entry = *first;
                keys.push_back({std::get<0>(entry)});
                values.push_back({std::get<1>(entry)});
            }
            done(E::set_many(&this->h_, keys.data(), values.data(), keys.size()));
        } else {
            for (; first != last; ++first) {
                auto &&entry = *first;
                set(std::get<0>(entry), std::get<1>(entry));
            }
        }
    }
    void set_range(std::initializer_list<std::pair<K, V>> entries) { set_range(entries.begin(), entries.end()); }

    /* Returns the value of the key, borrowed, or nullptr. */
    template <class Q = K> STET_MEMBER_ const V *find(const Q &key) const { return object_or_null<V>(this->get_(key)); }
    /* Returns a copy of the value. */
    template <class Q = K> std::optional<V> get(const Q &key) const
    {
        const V *found = find(key);
        return found != nullptr ? std::optional<V>(*found) : std::nullopt;
    }
    template <class Q = K> V get_or(const Q &key, V otherwise) const
    {
        const V *found = find(key);
        return found != nullptr ? *found : std::move(otherwise);
    }
    /* Throws std::out_of_range if the key is absent. */
    template <class Q = K> const V &at(const Q &key) const
    {
        const V *found = find(key);
        if (found == nullptr)
            throw std::out_of_range("stet: the key is absent");
        return *found;
    }

    /* The key has this value afterwards. Returns false if it had an equal value, which stays. */
    template <class Q = K, class U = V, class = from<V, U>> STET_MEMBER_ bool set(Q &&key, U &&value)
    {
        return this->template store_<STET_PUT_SET_>(std::forward<Q>(key), std::forward<U>(value));
    }
    /* Adds the key with this value. Returns false if the key was there; its value stays. */
    template <class Q = K, class U = V, class = from<V, U>> STET_MEMBER_ bool insert(Q &&key, U &&value)
    {
        return this->template store_<STET_PUT_ADD_>(std::forward<Q>(key), std::forward<U>(value));
    }
    /* The key's value becomes fn(old), where old is a const V *, nullptr if the key is absent. As a find() and a set().
     */
    template <class F, class Q = K> bool update(const Q &key, F &&fn)
    {
        return set(key, std::forward<F>(fn)(find(key)));
    }
    /* Removes the key and returns its value. */
    template <class Q = K> std::optional<V> take(const Q &key)
    {
        room<V> value;
        if (!done(this->erase_(key, &value.value)))
            return std::nullopt;
        return value.take();
    }
    /* Return a version in which the key has this value. */
    template <class Q = K, class U = V, class = from<V, U>> Self with(Q &&key, U &&value) const &
    {
        Self copy(self());
        copy.set(std::forward<Q>(key), std::forward<U>(value));
        return copy;
    }
    template <class Q = K, class U = V, class = from<V, U>> Self with(Q &&key, U &&value) &&
    {
        set(std::forward<Q>(key), std::forward<U>(value));
        return std::move(self());
    }

    /* Keeps the entries for which keep(key, value) returns true. Returns whether any was removed. */
    template <class F> bool filter(F &&keep)
    {
        auto call = [&](const void *key, const void *value) { return keep(object<K>(key), object<V>(value)); };
        return this->filter_(call);
    }
    /*
     * Calls fn(const K &key, const V *here, const V *there) for each difference from b: `here` is nullptr if only b has
     * the key, `there` is nullptr if b has not. It stops if fn returns false; an fn that returns nothing goes on.
     * O(differences x log n) for versions of one map. Returns whether it did not stop.
     */
    template <class F> bool diff(const Self &b, F &&fn) const
    {
        auto call = [&](const void *key, const void *here, const void *there) {
            return fn(object<K>(key), object_or_null<V>(here), object_or_null<V>(there));
        };
        return this->diff_(b, call);
    }
    friend bool operator==(const Self &a, const Self &b) noexcept
    {
        static_assert(has_equal<V>::value || !is_boxed<V>, "the values have operator==");
        return E::equal(&a.h_, &b.h_);
    }
};

template <class Self, class E, class K> class set_of : public keyed<Self, E, K, void>
{
    using base = keyed<Self, E, K, void>;
    using base::self;

  public:
    using value_type = K;

    set_of() noexcept = default;
    set_of(std::initializer_list<K> keys) : set_of(keys.begin(), keys.end()) {}
    template <class I, class S, class = typename std::iterator_traits<I>::reference> set_of(I first, S last)
    {
        insert_range(first, last);
    }
    /* Adds these keys; see set_range() of maps. */
    template <class I, class S> void insert_range(I first, S last)
    {
        if constexpr (is_passed<K>) {
            column<K> keys;
            for (; first != last; ++first)
                keys.push_back({*first});
            done(E::set_many(&this->h_, keys.data(), keys.data(), keys.size()));
        } else {
            for (; first != last; ++first)
                insert(*first);
        }
    }
    void insert_range(std::initializer_list<K> keys) { insert_range(keys.begin(), keys.end()); }

    /* Returns false if the key was there. */
    template <class Q = K> bool insert(Q &&key) { return this->put_(std::forward<Q>(key), nullptr, STET_PUT_ADD_); }
    template <class Q = K> Self with(Q &&key) const &
    {
        Self copy(self());
        copy.insert(std::forward<Q>(key));
        return copy;
    }
    template <class Q = K> Self with(Q &&key) &&
    {
        insert(std::forward<Q>(key));
        return std::move(self());
    }
    template <class F> bool filter(F &&keep)
    {
        auto call = [&](const void *key, const void *) { return keep(object<K>(key)); };
        return this->filter_(call);
    }
    /* Calls fn(const K &key, bool here) for each key that is in one of the two sets: here, or in b. See map. */
    template <class F> bool diff(const Self &b, F &&fn) const
    {
        auto call = [&](const void *key, const void *here, const void *) {
            return fn(object<K>(key), here != nullptr);
        };
        return this->diff_(b, call);
    }
    friend bool operator==(const Self &a, const Self &b) noexcept { return E::equal(&a.h_, &b.h_); }
};

/* What sorted maps and sets have beside that. Q asks for a key as elsewhere. */
template <class Base, class Self, class E, class K> class sorted_of : public Base
{
    template <class Q> using ask = asked<K, Q>;
    template <class Q> auto place_(const Q &q, stet_sorted_side side, bool back) const
    {
        bound<ask<Q>, Q> key = form<ask<Q>, Q>(q);
        sought<K, ask<Q>> k(key);
        stet_sorted_cursor at;
        stet_sorted_place_(&E::type, &h_.tree_, k.view, k.at(), side, back, &at);
        return at.leaf != nullptr ? typename Base::iterator(at) : this->end();
    }
    Self cut_(std::size_t first, std::size_t end) const
    {
        Self made;
        if (first < end)
            done(stet_sorted_slice_(&E::type, &h_.tree_, first, end, &made.h_.tree_));
        return made;
    }

  public:
    using Base::Base;
    using Base::h_;
    using iterator = typename Base::iterator;
    using reverse_iterator = std::reverse_iterator<iterator>;
    using const_reverse_iterator = reverse_iterator;

    reverse_iterator rbegin() const noexcept { return reverse_iterator(this->end()); }
    reverse_iterator rend() const noexcept { return reverse_iterator(this->begin()); }

    /* Each returns an iterator at one entry, or end(): the first not before the key, or behind it; */
    template <class Q = K> iterator lower_bound(const Q &key) const { return place_(key, STET_SORTED_FROM_, false); }
    template <class Q = K> iterator upper_bound(const Q &key) const { return place_(key, STET_SORTED_BEHIND_, false); }
    /* the last not behind the key, or before it; */
    template <class Q = K> iterator floor(const Q &key) const { return place_(key, STET_SORTED_BEHIND_, true); }
    template <class Q = K> iterator below(const Q &key) const { return place_(key, STET_SORTED_FROM_, true); }
    /* and the one of this rank, counted from 0. O(log n). */
    iterator nth(std::size_t rank) const noexcept
    {
        return iterator(&h_.tree_, rank < this->size() ? rank : this->size());
    }

    /* Returns how many keys come before this one. O(log n). */
    template <class Q = K> std::size_t rank(const Q &q) const
    {
        bound<ask<Q>, Q> key = form<ask<Q>, Q>(q);
        sought<K, ask<Q>> k(key);
        return stet_sorted_rank_(&E::type, &h_.tree_, k.view, k.at(), STET_SORTED_FROM_);
    }
    /* Return versions with the keys of [from, to), from `from` on, before `to`, or of these ranks. O(log n). */
    template <class Q = K, class R = K> Self slice(const Q &from, const R &to) const
    {
        return cut_(rank(from), rank(to));
    }
    template <class Q = K> Self tail(const Q &from) const { return cut_(rank(from), this->size()); }
    template <class Q = K> Self head(const Q &to) const { return cut_(0, rank(to)); }
    Self slice_at(std::size_t first, std::size_t end) const
    {
        return cut_(first, end < this->size() ? end : this->size());
    }
    /* Removes the keys of [from, to); returns how many there were. O(log n), and the release of those. */
    template <class Q = K, class R = K> std::size_t erase_range(const Q &from, const R &to)
    {
        std::size_t first = rank(from), end = rank(to);
        if (first >= end)
            return 0;
        done(stet_sorted_erase_ranks_(&E::type, &h_.tree_, first, end));
        return end - first;
    }
};

} // namespace detail
} // namespace stet
STET_LOUD_
#endif
