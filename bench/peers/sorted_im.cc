// SPDX-License-Identifier: MIT
// Rust's im::OrdMap, by the functions of im/lib.rs; its strings are Arc<[u8]>, which is what stet_str is nearest to.
// Edits in place are those of a map that is not shared.
#include <cstddef>
#include <new>
#include <string_view>
#include <utility>
#include "rows/sorted.h"

namespace
{

struct Bytes {
    std::size_t size;
    const char *at;
};
struct Text { // as an Arc<[u8]>
    const void *at;
    std::size_t size;
};
struct Room { // as an OrdMap
    const void *words[2];
};

template <class K, class P> struct Functions {
    std::size_t size;
    void (*make)(Room *);
    void (*copy)(const Room *, Room *);
    void (*release)(Room *);
    std::uint64_t (*get)(const Room *, const P *);
    std::uint64_t (*sum)(const Room *);
    std::uint64_t (*walk)(const Room *, const P *, std::size_t);
    void (*put)(Room *, const K *, std::uint64_t);
    void (*erase)(Room *, const K *);
    void (*with)(const Room *, const K *, std::uint64_t, Room *);
    void (*without)(const Room *, const K *, Room *);
    std::size_t (*diff)(const Room *, const Room *);
    bool (*equal)(const Room *, const Room *);
    void (*unite)(const Room *, const Room *, Room *);
    void (*unite_versions)(const Room *, const Room *, Room *);
};

} // namespace

extern "C" {
extern const Functions<std::uint64_t, std::uint64_t> IM_U64;
extern const Functions<Text, Bytes> IM_TEXT;
extern const Functions<bench::Place, bench::Place> IM_PLACE;
void im_text_make(const Bytes *bytes, Text *out);
void im_text_drop(Text *text);

void *im_peer_new(std::size_t size, std::size_t align)
{
    return align <= alignof(std::max_align_t) ? ::operator new(size) : ::operator new(size, std::align_val_t(align));
}

void im_peer_delete(void *block, std::size_t align)
{
    if (align <= alignof(std::max_align_t))
        ::operator delete(block);
    else
        ::operator delete(block, std::align_val_t(align));
}
}

namespace bench
{

namespace
{

class OwnText
{
  public:
    explicit OwnText(std::string_view text)
    {
        Bytes bytes = {text.size(), text.data()};
        im_text_make(&bytes, &text_);
    }
    OwnText(OwnText &&other) noexcept : text_(std::exchange(other.text_, Text())) {}
    ~OwnText()
    {
        if (text_.at)
            im_text_drop(&text_);
    }
    const Text *rust() const { return &text_; }

  private:
    Text text_ = {};
};

inline const std::uint64_t *rust(const std::uint64_t &key) { return &key; }
inline const Place *rust(const Place &key) { return &key; }
inline const Text *rust(const OwnText &key) { return key.rust(); }
inline const std::uint64_t *probe_of(const std::uint64_t &key) { return &key; }
inline const Place *probe_of(const Place &key) { return &key; }
inline const Bytes *probe_of(const std::string_view &key)
{
    static Bytes bytes;
    bytes = {key.size(), key.data()};
    return &bytes;
}

// A map, or what was moved from: no map.
template <const auto &of> class OrdMap
{
  public:
    OrdMap() { of.make(&room); }
    OrdMap(const OrdMap &other) { of.copy(&other.room, &room); }
    OrdMap(OrdMap &&other) noexcept : room(std::exchange(other.room, Room())) {}
    OrdMap &operator=(OrdMap other) noexcept
    {
        std::swap(room, other.room);
        return *this;
    }
    ~OrdMap()
    {
        if (room.words[0] || room.words[1])
            of.release(&room);
    }
    // One that make(&room) makes.
    template <class Maker> explicit OrdMap(std::nullptr_t, Maker make) { make(&room); }

    Room room;
};

template <const auto &of, class K, class P> struct Im {
    static constexpr const char *name = "im";
    using key = K;
    using probe = P;
    using map = OrdMap<of>;
    using editor = map;

    static std::uint64_t get(const map &m, const P &probe) { return of.get(&m.room, probe_of(probe)); }
    static std::uint64_t sum(const map &m) { return of.sum(&m.room); }
    static std::uint64_t walk(const map &m, const P &from, std::size_t n)
    {
        return of.walk(&m.room, probe_of(from), n);
    }
    static void put(editor &e, const K &key, std::uint64_t value) { of.put(&e.room, rust(key), value); }
    static void erase(editor &e, const K &key) { of.erase(&e.room, rust(key)); }
    static map freeze(editor &&e) { return std::move(e); }
    static map snapshot(editor &e) { return e; }
    static map with(const map &m, const K &key, std::uint64_t value)
    {
        return map(nullptr, [&](Room *out) { of.with(&m.room, rust(key), value, out); });
    }
    static map without(const map &m, const K &key)
    {
        return map(nullptr, [&](Room *out) { of.without(&m.room, rust(key), out); });
    }
    static std::size_t diff(const map &a, const map &b) { return of.diff(&a.room, &b.room); }
    static bool equal(const map &a, const map &b) { return of.equal(&a.room, &b.room); }
    static map unite(const map &a, const map &b)
    {
        return map(nullptr, [&](Room *out) { of.unite(&a.room, &b.room, out); });
    }
    static map unite_versions(const map &a, const map &b)
    {
        return map(nullptr, [&](Room *out) { of.unite_versions(&a.room, &b.room, out); });
    }
};

template <class Form> void add_strings(Rows &rows)
{
    SortedAdder<Im<IM_TEXT, As<OwnText, Form>, As<std::string_view, Form>>>(rows, Form::kind).persistent();
}

} // namespace

void add_im_sorted(Rows &rows)
{
    if (IM_U64.size != sizeof(Room) || IM_TEXT.size != sizeof(Room) || IM_PLACE.size != sizeof(Room))
        std::abort();
    using U64 = Im<IM_U64, std::uint64_t, std::uint64_t>;
    SortedAdder<U64> u64(rows, "sorted");
    u64.persistent_map();
    u64.order().more_versions().unions<false>();
    add_strings<Hex>(rows);
    add_strings<User>(rows);
    add_strings<Tie>(rows);
    SortedAdder<Im<IM_PLACE, Place, Place>>(rows, "sorted-struct").persistent();
}

} // namespace bench
