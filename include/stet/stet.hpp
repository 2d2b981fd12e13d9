// SPDX-License-Identifier: MIT
/*
 * stet/stet.hpp - the collections for C++17 and later: values that own their versions.
 *
 *     stet::map<std::string, int> ages = {{"alice", 30}, {"bob", 25}};
 *     stet::map before = ages;                     // O(1): both share all nodes
 *     ages.set("carol", 41);                       // before does not change
 *     if (const int *age = ages.find("alice"))     // by string_view: no string is made
 *         use(*age);
 *     for (const auto &[name, age] : ages)
 *         use(name, age);
 *
 *     map<K, V>          set<K>           hash map and set: K has operator== and std::hash
 *     sorted_map<K, V>   sorted_set<K>    in the order of operator<
 *     list<T>                             a sequence: push and pop at both ends, by index, slices, concatenation
 *     string                              an immutable string of 16 bytes, copied in O(1)
 *     atom<C>                             a variable of one of these types that threads share (stet/atom.hpp)
 *     live_map<K, V>                      a hash map that threads share and write to (stet/live_map.hpp)
 *
 * Values. A copy takes O(1) and no memory; a moved-from collection is empty. The member functions that change a
 * collection change this value and no other: nodes that no other version shares they edit in place. with(), without()
 * and their like return a new version instead. Collections may be elements and keys of others, are compared with ==,
 * and are hashed by std::hash.
 *
 * Elements. Numbers, enumerations, pointers, and trivially copyable types lie in the nodes and cost what they cost in
 * C. An object of any other type is kept in a box with a count, which the collection makes, and versions share the box,
 * so that no copy of the object is made after it was put in. So a copy constructor is needed only where copies are
 * returned, or put in. A copy constructor may throw; hash, ==, < and the destructor must not (std::terminate).
 * Destructors run when the last version that has the object is gone. stet::is_lazy says of a type that its destructor
 * only frees memory, as that of std::string does; then versions share more.
 *
 * Equality and order. float and double are compared by their bits, in the total order of Double.compare: a NaN is equal
 * to itself, and -0.0 comes before 0.0. std::string is hashed with the secret key of the process (base.h). Other types
 * have their own std::hash, == and <; enumerations are compared as integers. A type that has neither == nor std::hash,
 * and no padding, is compared and hashed by its bytes. A value type without == is no obstacle: it is compared by its
 * bytes, or, in a box, by identity, so that set() always replaces it; collections of such boxes cannot be compared.
 *
 * References and iterators are borrowed: they are valid until this value is changed or ends, as in C. To change a
 * collection during an iteration, iterate over a copy. An entry of a map is a pair of references, returned by value:
 * write `const auto &[key, value]` or `auto [key, value]`.
 *
 * Exceptions. std::bad_alloc if memory is short, std::out_of_range from at() and from indices that are too large, and
 * what constructors and callbacks of yours throw. The collection is then as before.
 *
 * Threads: distinct values may be used by any threads at once, whatever they share. One value may be used like an int.
 */
#ifndef STET_STET_HPP
#define STET_STET_HPP

#if !defined(__cplusplus) || __cplusplus < 201703L
#    error "stet/stet.hpp needs C++17"
#endif

#include <ostream>
#include <stet/atom.hpp>
#include <stet/impl/keyed.hpp>
#include <stet/release.h>

STET_QUIET_
namespace stet
{

// ---- strings ----

/* An immutable string of any bytes: up to 10 of them in place, more of them shared and counted (stet/str.h). */
class string : public detail::handle
{
  public:
    string() noexcept = default;
    /* Of anything that converts to std::string_view. */
    template <
        class S,
        std::enable_if_t<std::is_convertible_v<const S &, std::string_view> && !std::is_base_of_v<string, S>, int> = 0>
    string(const S &from)
    {
        std::string_view view = from;
        detail::done(stet_str_from_bytes(view.data(), view.size(), &str_));
    }
    string(const string &other) noexcept : str_(stet_str_copy(&other.str_)) {}
    string(string &&other) noexcept : str_(std::exchange(other.str_, stet_str{})) {}
    string &operator=(string other) noexcept
    {
        std::swap(str_, other.str_);
        return *this;
    }
    ~string() { stet_str_drop(&str_); }

    std::size_t size() const noexcept { return stet_str_size(&str_); }
    bool empty() const noexcept { return size() == 0; }
    /* The bytes, followed by a 0; valid as long as this object stays where it is. */
    const char *c_str() const noexcept { return stet_str_bytes(&str_); }
    std::string_view view() const noexcept { return {c_str(), size()}; }
    operator std::string_view() const noexcept { return view(); }

    friend bool operator==(const string &a, const string &b) noexcept { return stet_str_equal(&a.str_, &b.str_); }
    friend bool operator!=(const string &a, const string &b) noexcept { return !(a == b); }
    friend bool operator<(const string &a, const string &b) noexcept { return stet_str_compare(&a.str_, &b.str_) < 0; }
    friend std::ostream &operator<<(std::ostream &to, const string &s) { return to << s.view(); }
    template <class S>
    friend auto operator==(const string &a, const S &b) noexcept
        -> std::enable_if_t<std::is_convertible_v<const S &, std::string_view> && !std::is_base_of_v<string, S>, bool>
    {
        return a.view() == std::string_view(b);
    }
    std::size_t hash() const noexcept { return stet_type_hash(&stet_str_type, &str_, stet_hash_seed_at(0)); }

  private:
    stet_str str_{};
};

// ---- hash maps and sets ----

template <class K, class V> class map : public detail::map_of<map<K, V>, detail::hash_engine<K, V>, K, V>
{
    using base = detail::map_of<map<K, V>, detail::hash_engine<K, V>, K, V>;

  public:
    using base::base;
};
template <class I>
map(I, I)
    -> map<std::decay_t<decltype((*std::declval<I>()).first)>, std::decay_t<decltype((*std::declval<I>()).second)>>;

template <class K> class set : public detail::set_of<set<K>, detail::hash_engine<K, void>, K>
{
    using base = detail::set_of<set<K>, detail::hash_engine<K, void>, K>;

  public:
    using base::base;
};

// ---- sorted maps and sets ----

template <class K, class V>
class sorted_map : public detail::sorted_of<detail::map_of<sorted_map<K, V>, detail::sorted_engine<K, V>, K, V>,
                                            sorted_map<K, V>, detail::sorted_engine<K, V>, K>
{
    using base = detail::sorted_of<detail::map_of<sorted_map<K, V>, detail::sorted_engine<K, V>, K, V>,
                                   sorted_map<K, V>, detail::sorted_engine<K, V>, K>;

  public:
    using base::base;
};

template <class K>
class sorted_set : public detail::sorted_of<detail::set_of<sorted_set<K>, detail::sorted_engine<K, void>, K>,
                                            sorted_set<K>, detail::sorted_engine<K, void>, K>
{
    using base = detail::sorted_of<detail::set_of<sorted_set<K>, detail::sorted_engine<K, void>, K>, sorted_set<K>,
                                   detail::sorted_engine<K, void>, K>;

  public:
    using base::base;
};

// ---- lists ----

template <class T> class list : public detail::owner<list<T>, detail::list_engine<T>>
{
    using E = detail::list_engine<T>;

  public:
    using detail::owner<list<T>, E>::h_;
    using value_type = T;

    /* Random access: a step costs O(1), a jump O(log n). */
    class iterator
    {
      public:
        using iterator_category = std::random_access_iterator_tag;
        using difference_type = std::ptrdiff_t;
        using value_type = T;
        using reference = const T &;
        using pointer = const T *;

        iterator() noexcept = default;
        iterator(const stet_list *of, std::size_t index) noexcept : walk_(stet_list_walk_all_(of)) { seek(index); }
        STET_MEMBER_ reference operator*() const noexcept { return detail::object<T>(at_); }
        pointer operator->() const noexcept { return std::addressof(**this); }
        reference operator[](difference_type n) const noexcept { return *(*this + n); }
        STET_MEMBER_ iterator &operator++() noexcept
        {
            at_ = stet_list_walk_next_(&E::type, &walk_, at_, E::seek);
            return *this;
        }
        iterator &operator--() noexcept
        {
            at_ = stet_list_walk_previous_(&E::type, &walk_, at_, E::seek);
            return *this;
        }
        iterator operator++(int) noexcept
        {
            iterator before(*this);
            ++*this;
            return before;
        }
        iterator operator--(int) noexcept
        {
            iterator before(*this);
            --*this;
            return before;
        }
        iterator &operator+=(difference_type n) noexcept
        {
            seek(index() + std::size_t(n));
            return *this;
        }
        iterator &operator-=(difference_type n) noexcept { return *this += -n; }
        friend iterator operator+(iterator it, difference_type n) noexcept { return it += n; }
        friend iterator operator+(difference_type n, iterator it) noexcept { return it += n; }
        friend iterator operator-(iterator it, difference_type n) noexcept { return it -= n; }
        friend difference_type operator-(const iterator &a, const iterator &b) noexcept
        {
            return difference_type(a.index()) - difference_type(b.index());
        }
        STET_MEMBER_ friend bool operator==(const iterator &a, const iterator &b) noexcept
        {
            return a.at_ == b.at_ && (a.at_ == nullptr || a.index() == b.index()); // one leaf may be in a list twice
        }
        STET_MEMBER_ friend bool operator!=(const iterator &a, const iterator &b) noexcept { return !(a == b); }
        friend bool operator<(const iterator &a, const iterator &b) noexcept { return a.index() < b.index(); }
        friend bool operator>(const iterator &a, const iterator &b) noexcept { return b < a; }
        friend bool operator<=(const iterator &a, const iterator &b) noexcept { return !(b < a); }
        friend bool operator>=(const iterator &a, const iterator &b) noexcept { return !(a < b); }
        std::size_t index() const noexcept { return stet_list_walk_index_(&E::type, &walk_, at_); }

      private:
        STET_MEMBER_ void seek(std::size_t index) noexcept { at_ = E::seek(&walk_, index); }
        const void *at_ = nullptr;
        stet_list_walk walk_{};
    };
    using const_iterator = iterator;
    using reverse_iterator = std::reverse_iterator<iterator>;
    using const_reverse_iterator = reverse_iterator;

    list() noexcept = default;
    list(std::initializer_list<T> elements) : list(elements.begin(), elements.end()) {}
    template <class I, class S, class = typename std::iterator_traits<I>::reference> list(I first, S last)
    {
        for (; first != last; ++first)
            push_back(*first);
    }

    iterator begin() const noexcept { return iterator(&h_, 0); }
    iterator end() const noexcept { return iterator(&h_, this->size()); }
    const_iterator cbegin() const noexcept { return begin(); }
    const_iterator cend() const noexcept { return end(); }
    reverse_iterator rbegin() const noexcept { return reverse_iterator(end()); }
    reverse_iterator rend() const noexcept { return reverse_iterator(begin()); }

    /* The index must be less than the size; at() throws std::out_of_range. O(log n), with a base of 32. */
    STET_MEMBER_ const T &operator[](std::size_t index) const noexcept
    {
        stet_list_check_index_(&h_, index);
        return detail::object<T>(stet_list_at_(&E::type, &h_, index));
    }
    const T &at(std::size_t index) const { return (*this)[within_(index)]; }
    const T &front() const { return at(0); }
    const T &back() const { return at(this->size() - 1); }

    template <class U = T, class = detail::from<T, U>> STET_MEMBER_ void push_back(U &&value)
    {
        detail::stored<T> v(std::forward<U>(value));
        detail::done(stet_list_push_back_(&E::type, &h_, v.at()));
    }
    template <class U = T, class = detail::from<T, U>> STET_MEMBER_ void push_front(U &&value)
    {
        detail::stored<T> v(std::forward<U>(value));
        detail::done(stet_list_push_front_(&E::type, &h_, v.at()));
    }
    /* Remove an element and return it; std::nullopt if the list is empty. */
    std::optional<T> pop_back()
    {
        return popped_([&](void *out) { return stet_list_pop_back_(&E::type, &h_, out); });
    }
    std::optional<T> pop_front()
    {
        return popped_([&](void *out) { return stet_list_pop_front_(&E::type, &h_, out); });
    }
    /* Returns false if the element was equal, and stays. */
    template <class U = T, class = detail::from<T, U>> bool set(std::size_t index, U &&value)
    {
        within_(index);
        detail::stored<T> v(std::forward<U>(value));
        return detail::done(stet_list_set_(&E::type, &h_, index, v.at()));
    }
    template <class U = T, class = detail::from<T, U>> void insert(std::size_t index, U &&value)
    {
        range_(index, this->size());
        detail::stored<T> v(std::forward<U>(value));
        detail::done(stet_list_insert_checked_(&E::type, &h_, index, v.at()));
    }
    void erase(std::size_t index) { erase(within_(index), index + 1); }
    /* Ranges are [from, to). O(log n), as the next ones. */
    void erase(std::size_t from, std::size_t to)
    {
        const stet_list none{};
        range_(from, to);
        detail::done(stet_list_splice_(&E::type, &h_, from, to, &none));
    }
    void insert_list(std::size_t index, const list &other) { splice(index, index, other); }
    /* Replaces a range by other elements. */
    void splice(std::size_t from, std::size_t to, const list &other)
    {
        range_(from, to);
        detail::done(stet_list_splice_(&E::type, &h_, from, to, &other.h_));
    }
    list slice(std::size_t from, std::size_t to) const
    {
        list made;
        range_(from, to);
        detail::done(stet_list_slice_(&E::type, &h_, from, to, &made.h_));
        return made;
    }
    list &operator+=(const list &other)
    {
        detail::done(stet_list_concat_(&E::type, &h_, &other.h_));
        return *this;
    }
    friend list operator+(list a, const list &b) { return std::move(a += b); }

    /* Return versions that differ in one element. */
    template <class U = T, class = detail::from<T, U>> list with(std::size_t index, U &&value) const
    {
        list copy(*this);
        copy.set(index, std::forward<U>(value));
        return copy;
    }
    template <class U = T, class = detail::from<T, U>> list with_back(U &&value) const
    {
        list copy(*this);
        copy.push_back(std::forward<U>(value));
        return copy;
    }
    list without(std::size_t index) const
    {
        list copy(*this);
        copy.erase(index);
        return copy;
    }

    /* Sorts by operator<; equal elements keep their order. */
    void sort()
    {
        static_assert(STET_HAS_(E::element_flags, STET_ORDERED), "the elements have operator<");
        detail::done(stet_list_sort_(&E::type, &h_));
    }
    void reverse() { detail::done(stet_list_reverse_(&E::type, &h_)); }
    /* Keeps the elements for which keep(element) returns true. Returns whether any was removed. */
    template <class F> bool filter(F &&keep)
    {
        auto call = [&](const void *element) { return keep(detail::object<T>(element)); };
        using C = detail::callback<decltype(call)>;
        C c{call, nullptr};
        list edited(*this);
        stet_result result = stet_list_filter_(
            &E::type, &edited.h_, [](void *context, const void *element) { return C::call(context, element); }, &c);
        c.check();
        bool changed = detail::done(result);
        this->swap(edited);
        return changed;
    }
    /* Removes the elements of which pred is true; returns how many there were. */
    template <class F> friend std::size_t erase_if(list &from, F &&pred)
    {
        std::size_t before = from.size();
        from.filter([&](const T &element) { return !pred(element); });
        return before - from.size();
    }
    friend bool operator==(const list &a, const list &b) noexcept
    {
        static_assert(detail::has_equal<T>::value || !detail::is_boxed<T>, "the elements have operator==");
        return E::equal(&a.h_, &b.h_);
    }

  private:
    std::size_t within_(std::size_t index) const
    {
        if (index >= this->size())
            throw std::out_of_range("stet: the index is not below the size");
        return index;
    }
    void range_(std::size_t from, std::size_t to) const
    {
        if (from > to || to > this->size())
            throw std::out_of_range("stet: the range is not in the list");
    }
    template <class F> static std::optional<T> popped_(F pop)
    {
        detail::room<T> value;
        if (!detail::done(pop(&value.value)))
            return std::nullopt;
        return value.take();
    }
};

} // namespace stet

// ---- contents as text ----

namespace stet
{
namespace detail
{
template <class T, class = void> struct is_printed : std::false_type {
};
template <class T>
struct is_printed<T, std::void_t<decltype(std::declval<std::ostream &>() << std::declval<const T &>())>>
    : std::true_type {
};
template <class T, class = void> struct is_range : std::false_type {
};
template <class T> struct is_range<T, std::enable_if_t<is_handle<T> && !std::is_same_v<T, string>>> : std::true_type {
};

template <class T> void dump_element(std::ostream &to, const T &element, std::size_t most, unsigned depth);
template <class A, class B>
void dump_element(std::ostream &to, const std::pair<A, B> &pair, std::size_t most, unsigned depth);
template <class A, class... Parts>
void dump_element(std::ostream &to, const std::tuple<A, Parts...> &tuple, std::size_t most, unsigned depth);
template <class K, class V>
void dump_element(std::ostream &to, const entry<K, V> &pair, std::size_t most, unsigned depth)
{
    dump_element(to, pair.first, most, depth);
    dump_element(to << ": ", pair.second, most, depth);
}
template <class Tuple> void dump_parts(std::ostream &to, const Tuple &tuple, std::size_t most, unsigned depth)
{
    const char *before = "(";
    std::apply([&](const auto &...parts) { ((dump_element(to << before, parts, most, depth), before = ", "), ...); },
               tuple);
    to << ')';
}
template <class A, class B>
void dump_element(std::ostream &to, const std::pair<A, B> &pair, std::size_t most, unsigned depth)
{
    dump_parts(to, pair, most, depth);
}
template <class A, class... Parts>
void dump_element(std::ostream &to, const std::tuple<A, Parts...> &tuple, std::size_t most, unsigned depth)
{
    dump_parts(to, tuple, most, depth);
}
template <class C> void dump_elements(std::ostream &to, const C &from, std::size_t most, unsigned depth)
{
    std::size_t written = 0;
    for (auto it = from.begin(); it != from.end() && written < most; ++it)
        dump_element(to << (written++ != 0 ? ", " : ""), *it, 8, depth + 1);
    if (written < from.size())
        to << (written != 0 ? ", ... " : "... ") << from.size() - written << " more";
}
template <class T> void dump_element(std::ostream &to, const T &element, std::size_t most, unsigned depth)
{
    if constexpr (is_range<T>::value) {
        if (depth > 3)
            to << "...";
        else
            dump_elements(to << '{', element, most, depth), to << '}';
    } else if constexpr (std::is_convertible_v<const T &, std::string_view>) {
        to << '"' << std::string_view(element) << '"';
    } else if constexpr (is_printed<T>::value) {
        to << element;
    } else {
        to << '?';
    }
}
} // namespace detail

/*
 * Writes the contents for debugging, at most `most` entries: `"a": 1, "b": 2, ... 5 more`. Collections in collections
 * stand in braces: at most eight entries, three collections deep. Elements without operator<< are `?`.
 */
template <class C> std::ostream &dump(std::ostream &to, const C &collection, std::size_t most = 10)
{
    static_assert(detail::is_range<C>::value, "a collection of stet");
    detail::dump_elements(to, collection, most, 0);
    return to;
}
} // namespace stet

// ---- std::hash ----

template <> struct std::hash<stet::string> {
    std::size_t operator()(const stet::string &s) const noexcept { return s.hash(); }
};
template <class K, class V> struct std::hash<stet::map<K, V>> {
    std::size_t operator()(const stet::map<K, V> &m) const noexcept { return m.hash(); }
};
template <class K> struct std::hash<stet::set<K>> {
    std::size_t operator()(const stet::set<K> &s) const noexcept { return s.hash(); }
};
template <class K, class V> struct std::hash<stet::sorted_map<K, V>> {
    std::size_t operator()(const stet::sorted_map<K, V> &m) const noexcept { return m.hash(); }
};
template <class K> struct std::hash<stet::sorted_set<K>> {
    std::size_t operator()(const stet::sorted_set<K> &s) const noexcept { return s.hash(); }
};
template <class T> struct std::hash<stet::list<T>> {
    std::size_t operator()(const stet::list<T> &l) const noexcept { return l.hash(); }
};
STET_LOUD_

#include <stet/live_map.hpp>
#endif
