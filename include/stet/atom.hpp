// SPDX-License-Identifier: MIT
/*
 * stet/atom.hpp - a variable that threads share, whose values are versions of a collection of stet.hpp (stet/atom.h).
 *
 *     stet::atom<stet::map<std::string, int>> routes;
 *
 *     routes.update([](auto &map) { map.set("a", 1); });       // any thread: one version after the other
 *     if (auto now = routes.acquire(); now->contains("a"))     // any thread: waits for nobody
 *         ...
 *     stet::map<std::string, int> kept = routes.snapshot();    // a version that may be kept
 *
 * Readers neither wait nor write to what others read. A writer publishes a version as a whole. An atom is neither
 * copied nor moved, and must not end while a thread uses it or has a guard of it.
 */
#ifndef STET_ATOM_HPP
#define STET_ATOM_HPP

#include <stet/atom.h>
#include <stet/impl/engine.hpp>

STET_QUIET_
namespace stet
{

template <class C> class atom
{
    using E = typename C::engine_;
    static_assert(sizeof(C) == sizeof(typename E::handle), "a collection is its handle");

    static void copy_(const void *from, void *to) noexcept { ::new (to) C(*static_cast<const C *>(from)); }
    static void drop_(void *handle) noexcept { E::drop(&static_cast<C *>(handle)->h_); }
    static constexpr stet_handle_type type_ = {sizeof(C), copy_, drop_, "stet::atom", !STET_PROMPT_(E::element_flags)};

  public:
    /*
     * Holds the version that was current when it was acquired. It belongs to the thread that acquired it. Short uses
     * are best: a version that is held is not freed.
     */
    class guard
    {
      public:
        guard(guard &&other) noexcept : guard_(std::exchange(other.guard_, {})) {}
        guard(const guard &) = delete;
        guard &operator=(const guard &) = delete;
        guard &operator=(guard &&) = delete;
        ~guard()
        {
            if (guard_.published != nullptr)
                stet_guard_release_(&guard_);
        }
        const C &operator*() const noexcept { return *static_cast<const C *>(stet_guard_view_(&guard_)); }
        const C *operator->() const noexcept { return &**this; }
        /* The number of the version: 1, 2, 3 and so on. */
        std::uint64_t version() const noexcept { return guard_.published->version; }

      private:
        friend atom;
        explicit guard(stet_atom_state *state) noexcept : guard_(stet_guard_acquire_(state)) {}
        stet_guard guard_;
    };

    atom() : atom(C()) {}
    explicit atom(C first) : state_(stet_atom_new_(&type_, &first))
    {
        if (state_ == nullptr)
            throw std::bad_alloc();
    }
    atom(const atom &) = delete;
    atom &operator=(const atom &) = delete;
    ~atom() { stet_atom_destroy_(state_); }

    guard acquire() const noexcept { return guard(state_); }
    /* Returns the current version, to keep. */
    C snapshot() const noexcept { return *acquire(); }
    std::uint64_t version() const noexcept { return stet_atom_version_(state_); }

    /* Publishes a version. */
    void store(C value) { detail::done(stet_atom_swap_(state_, &type_, &value, nullptr)); }
    /* Publishes a version, and returns the one before. */
    C exchange(C value)
    {
        detail::done(stet_atom_swap_(state_, &type_, &value, &value));
        return value;
    }
    /* Publishes a version if the guard's version, which is one of this atom, is still the current one. */
    bool compare_and_swap(const guard &expected, C value)
    {
        return detail::done(stet_atom_compare_and_swap_(state_, &type_, &expected.guard_, &value));
    }
    /*
     * Calls fn(C &copy) on a copy of the current version, and publishes what fn made of it. If another writer was
     * faster, it calls fn again, on the new version: all that fn does must be repeatable. Nothing is published if fn
     * changes nothing, returns false, or throws. Returns whether something was published.
     */
    template <class F> bool update(F &&fn)
    {
        detail::callback<std::remove_reference_t<F>> call{fn, nullptr};
        stet_result result = stet_atom_update_(
            state_, &type_,
            [](void *context, void *handle) noexcept {
                using call = detail::callback<std::remove_reference_t<F>>;
                C &copy = *static_cast<C *>(handle);
                const C before = copy;
                bool kept = call::template call<C &>(context, copy);
                if (static_cast<call *>(context)->error)
                    return STET_NO_MEMORY;
                return kept && !copy.identical(before) ? STET_CHANGED : STET_UNCHANGED;
            },
            &call);
        call.check();
        return detail::done(result);
    }
    /*
     * Sleeps until the number of the current version differs from `version`, which becomes that number. Returns false
     * if that has not happened after this many milliseconds (negative: it sleeps without end).
     */
    bool wait(std::uint64_t &version, int milliseconds) const
    {
        return stet_atom_wait_(state_, &version, milliseconds);
    }

  private:
    stet_atom_state *state_;
};

} // namespace stet
STET_LOUD_
#endif
