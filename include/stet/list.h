/* SPDX-License-Identifier: MIT */
/*
 * stet/list.h - the persistent list.
 *
 *     STET_LIST(samples, double)
 *
 *     samples s = {0};
 *     if (!samples_push_back(&s, 0.5))
 *         return -ENOMEM;                                // s is as it was
 *     samples before = samples_copy(&s);                 // O(1)
 *     bool popped = samples_pop_front(&s, NULL);         // before still has it; false: no memory
 *
 *     for (samples_cursor it = samples_cursor_at(&s, 0); it.at != NULL; samples_next(&it))
 *         total += *it.at;
 *
 *     samples_drop(&s);
 *     samples_drop(&before);
 *
 * The same type is good for the three arguments of a call and for the ten million lines of a document: a short list is
 * one block of memory of the right size, a long list is a tree with a buffer at each end. It serves as array, stack,
 * queue and deque.
 *
 * Handles, ownership, failure and threads are as in map.h: {0} is empty; only _copy() makes a second handle; a function
 * that takes `name *` changes that handle and no other, in place where no other version shares the nodes; the list
 * retains what it stores; borrowed pointers are valid until the next call that may change the handle; a function that
 * returns stet_result returns STET_NO_MEMORY (0) when memory or the budget is spent, or the list would have more than
 * STET_LIST_MAX elements; then its contents are as before. A function that fills *out returns STET_UNCHANGED when *out
 * is the version of *in. An argument, arrays included, may be borrowed from the list, and may contain a handle of the
 * list, copied or not: that handle stands for the version before the call.
 *
 * Result parameters stand last. By the rule of map.h, _concat, _slice, _split_at, _with... and _without..., which make
 * a list from others, drop the old contents of `*out`, which must be {0} or hold a version.
 *
 * Indices count from 0. An index that is not below the size (for insertions: above it), or a range that is not within
 * the list, is misuse: it asserts in programs compiled without NDEBUG. In other programs nothing is changed, *out
 * included, and the result is STET_FAILED (0), NULL or false. For some functions it is no misuse, and has a result:
 * _get_or (otherwise), _chunk (NULL, 0), _iovecs (0), _cursor_at and _seek (a cursor at NULL), _find and _index_of
 * (SIZE_MAX).
 *
 * Cost, for n elements: to read one takes O(log n), with a base of 32 (at most 4 cache misses in a list of up to 4
 * million words); pushes and pops at either end, in any order, take amortised O(1); every other operation at one index
 * takes O(log n), including the copy of a path of nodes if versions share it. Iteration takes O(n), with one descent
 * from the root for each leaf, of up to 512 bytes.
 *
 * Callbacks run before anything is changed, and must not change these lists; release may call the library.
 */
#ifndef STET_LIST_H
#define STET_LIST_H

#include <stet/impl/handle.h>
#include <stet/impl/list_body.h>

/*
 * Defines the type `name` and its functions, which are declared below. T is a type of which `T const *` is a pointer
 * type; ttype is the name of its descriptor (type.h): STET_LIST(name, T, ttype), or STET_LIST(name, T) if T is one
 * word that follows "Names" of type.h. Your own names are safe: see "Names" in map.h.
 */
#define STET_LIST(name, ...) STET_PASTE_(STET_LIST, STET_FORM_OF_ONES_(__VA_ARGS__))(name, __VA_ARGS__)

/*
 * The same in two steps. DECLARE makes the handle type, and needs no element type (for cheap headers, and recursive
 * structures). DEFINE makes the functions. As an element of another collection such a list is prompt (type.h). With
 * DECLARE_LAZY it is lazy; its elements must then be lazy, too, or have no release.
 */
#define STET_LIST_DECLARE(name) STET_HANDLE_DECLARE_FIRST_(name, STET_LIST_DEFINE, _list, list_, STET_REFCOUNTED)
#define STET_LIST_DECLARE_LAZY(name) \
    STET_HANDLE_DECLARE_FIRST_(name, STET_LIST_DEFINE, _list, list_, STET_REFCOUNTED | STET_LAZY)

/* ---- the manual: what STET_LIST(name, T, ttype) makes, beside the functions of all handles (impl/handle.h) ---- */

#ifdef STET_MANUAL_LIST

/* ---- one element ---- */

/* Returns the element with this index, borrowed. */
static T const *name_get(const name *list, size_t index);
/* Returns the element with this index, copied but not retained, or `otherwise` if there is none. */
static T name_get_or(const name *list, size_t index, T otherwise);
/* Return the first and the last element, borrowed, or NULL if the list is empty. */
static T const *name_front(const name *list);
static T const *name_back(const name *list);
/* The element with this index equals `value` afterwards. STET_UNCHANGED: the old element was equal, and stays. */
static stet_result name_set(name *list, size_t index, T value);
/*
 * *element points to the element with this index, which you may write until the next call on this list; its path is
 * exclusive to this list now. If you overwrite a reference-counted element, release the old one yourself. The new
 * element must not hold a copy of this list that was made after this call: the list would hold itself.
 */
static stet_result name_edit(name *list, size_t index, T **element);
/*
 * As name_set(), name_push_back() and name_push_front(), but the list takes over the caller's reference to `value`,
 * whether or not the call succeeds: for an element that is made for the call alone.
 */
static stet_result name_set_owned(name *list, size_t index, T value);
static stet_result name_push_back_owned(name *list, T value);
static stet_result name_push_front_owned(name *list, T value);
/*
 * Replaces the element by one that fn makes: fn reads *old and fills in *value, with a reference that the list takes
 * over.
 */
static stet_result name_update(name *list, size_t index, void (*fn)(void *context, T const *old, T *value),
                               void *context);

/* ---- the ends: stack, queue, deque ---- */

/* Append `value` as the last element, and prepend it as the first. */
static stet_result name_push_back(name *list, T value);
static stet_result name_push_front(name *list, T value);
/*
 * Remove the last element (_pop_back) or the first (_pop_front), and move it, with its reference, to *value; if `value`
 * is NULL, the element is released. STET_UNCHANGED: the list was empty, and *value is untouched. On a handle that
 * shares no nodes these functions cannot fail.
 */
static stet_result name_pop_back(name *list, T *value);
static stet_result name_pop_front(name *list, T *value);

/* ---- the middle ---- */

/*
 * Inserts `value` before the element with this index, so that `value` has this index afterwards. The index may be the
 * size.
 */
static stet_result name_insert_at(name *list, size_t index, T value);
/*
 * Removes the element with this index and moves it, with its reference, to *value; if `value` is NULL, the element is
 * released.
 */
static stet_result name_pop_at(name *list, size_t index, T *value);
/* Removes the element with this index, and releases it. */
static stet_result name_erase(name *list, size_t index);
/* Inserts the elements of `other`, which may be the list itself, before the element with this index. Cost: O(log n). */
static stet_result name_insert_list(name *list, size_t index, const name *other);
/* Inserts the elements of an array before the element with this index. Cost: O(log n + count). */
static stet_result name_insert_array(name *list, size_t index, T const *elements, size_t count);
/* Removes the elements [from, to). */
static stet_result name_erase_range(name *list, size_t from, size_t to);
/* Replaces the elements [from, to) by those of `other`, which may be the list itself. */
static stet_result name_splice(name *list, size_t from, size_t to, const name *other);

/* ---- whole lists ---- */

/* Append the elements of `other`, which may be the list itself, and those of an array. */
static stet_result name_append(name *list, const name *other);
static stet_result name_append_array(name *list, T const *elements, size_t count);
/* *out becomes a list of the elements of a and then those of b. out may be a or b. */
static stet_result name_concat(const name *a, const name *b, name *out);
/* *out becomes a list of the elements [from, to) of *in. out may be in. */
static stet_result name_slice(const name *in, size_t from, size_t to, name *out);
/* *left becomes a list of the elements before this index, *right a list of the others. Either may be *in. */
static stet_result name_split_at(const name *in, size_t index, name *left, name *right);
/*
 * *out becomes a list of these elements; the old contents of *out are not dropped. STET_UNCHANGED: count is 0, and *out
 * is empty.
 */
static stet_result name_from_array(T const *elements, size_t count, name *out);
/*
 * Copies the elements [from, from + count) to an array, without retaining them. Returns whether the list has all of
 * these elements.
 */
static bool name_to_array(const name *list, size_t from, size_t count, T *elements);

/* ---- walks ---- */

/*
 * Returns the address of the element with this index, and sets *count to the number of elements that lie side by side
 * from there on, in one leaf. If there is no such element, returns NULL and sets *count to 0. To visit a whole list:
 *
 *   for (size_t i = 0, n; i < name_size(&l); i += n) { T const *run = name_chunk(&l, i, &n); ... }
 */
static T const *name_chunk(const name *list, size_t index, size_t *count);
/*
 * Fills in up to `max` pairs of address and length in bytes, as <sys/uio.h> lays them out, for the elements from *index
 * on. Advances *index past these elements, and returns the number of pairs. This is for writev() of a list of bytes.
 */
static size_t name_iovecs(const name *list, size_t max, size_t *index, struct iovec *pairs);
/*
 * A walk over the elements, forwards, or backwards from size - 1:
 *
 *   for (name_cursor it = name_cursor_at(&l, 0); it.at != NULL; name_next(&it)) use(*it.at);
 *
 * The cursor's member `at` (T const *) points to its element, borrowed from the list. It is NULL before the first
 * element and behind the last.
 */
typedef struct name_cursor name_cursor;
/* Returns a cursor at the element with this index; its range is the whole list. The cursor borrows from the list. */
static name_cursor name_cursor_at(const name *list, size_t index);
/*
 * Returns a cursor at the element `from`; its range is [from, to). The cursor borrows from the list. To walk backwards,
 * first move it to the element to - 1 with name_seek().
 */
static name_cursor name_cursor_in(const name *list, size_t from, size_t to);
/* Moves the cursor to the element with this index, or to NULL if the index is outside of the cursor's range. */
static void name_seek(name_cursor *cursor, size_t index);
/* Returns the index of the cursor's element. If the cursor is at NULL, returns the end of its range. */
static size_t name_cursor_index(const name_cursor *cursor);
/*
 * Moves the cursor to the next element, or from the last one to NULL. At NULL it is misuse to call this, or to read
 * *it.at.
 */
static void name_next(name_cursor *cursor);
/*
 * Moves the cursor to the previous element, or from the first one to NULL. From NULL, at either end, it moves to the
 * last.
 */
static void name_previous(name_cursor *cursor);
/* Calls fn for each element until fn returns false. Returns false if fn did, else true. */
static bool name_each(const name *list, bool (*fn)(void *context, T const *element), void *context);
/* Calls fn for each element; returns `into`. */
static void *name_fold(const name *list, void (*fn)(void *into, T const *element), void *into);

/* ---- searches ---- */

/* Returns the index of the first element, from `from` on, for which `is` returns true, or SIZE_MAX if there is none. */
static size_t name_find(const name *list, size_t from, bool (*is)(void *context, T const *element), void *context);
/* Returns the index of the first element, from `from` on, that equals `value`, or SIZE_MAX if there is none. */
static size_t name_index_of(const name *list, size_t from, T value);
/* Returns whether an element equals `value`. */
static bool name_has(const name *list, T value);
/*
 * For a list that is sorted by the order of ttype: returns the index of the first element that is not less than
 * `value`, or the size if there is none. Does not compile if ttype has no order. Cost: O(log n) comparisons.
 */
static size_t name_lower_bound(const name *list, T value);
/*
 * Like _lower_bound, but returns the index of the first element that compares equal to `value`, or SIZE_MAX if there is
 * none.
 */
static size_t name_binary_search(const name *list, T value);

/* ---- all elements ---- */

/*
 * Keeps the elements for which `keep` returns true. STET_UNCHANGED: no element was removed, and the version is the
 * same.
 */
static stet_result name_filter(name *list, bool (*keep)(void *context, T const *element), void *context);
/*
 * Replaces each element by one that fn fills in, with a reference that the list takes over. Leaves whose elements do
 * not change stay shared.
 */
static stet_result name_map(name *list, void (*fn)(void *context, T const *old, T *value), void *context);
/*
 * Sorts the list by the order of ttype; equal elements keep their order. Does not compile if ttype has no order. For
 * floating point, -0.0 comes before 0.0, and NaNs come behind infinity. STET_UNCHANGED: the list was sorted.
 * Cost: O(n log n), and memory of 2 n elements.
 */
static stet_result name_sort(name *list);
/*
 * The same by an order of yours: `compare` returns a negative number if a comes before b, a positive one if it comes
 * behind b, and otherwise 0; those keep their order. It works for every element type. `compare` must not edit the list.
 */
static stet_result name_sort_by(name *list, int (*compare)(void *context, T const *a, T const *b), void *context);
/* The elements are in the opposite order afterwards. */
static stet_result name_reverse(name *list);
/*
 * Calls fn for each hunk in which b differs from a, in order, until fn returns false. Returns false if fn did, else
 * true. A hunk says that b has the elements [b_from, b_to) in place of the elements [a_from, a_to) of a. Nodes that
 * both lists share are skipped where they are in the same place; the hunks are correct, but not always the smallest.
 * Cost: O(log n + the nodes not shared) if b was made from a.
 */
static bool name_diff(const name *a, const name *b,
                      bool (*fn)(void *context, size_t a_from, size_t a_to, size_t b_from, size_t b_to), void *context);

/* ---- functional forms ---- */

/*
 * Each makes *out from *in by one change: another element at this index; one more element at the back, at the front, or
 * before this index; or without the element at this index. out may be in.
 */
static stet_result name_with(const name *in, size_t index, T value, name *out);
static stet_result name_with_back(const name *in, T value, name *out);
static stet_result name_with_front(const name *in, T value, name *out);
static stet_result name_with_inserted(const name *in, size_t index, T value, name *out);
static stet_result name_without(const name *in, size_t index, name *out);
/*
 * The same with several elements: *out has the elements of `other`, or of an array, before this index; or lacks the
 * elements [from, to); or has the elements of `other` in their place.
 */
static stet_result name_with_inserted_list(const name *in, size_t index, const name *other, name *out);
static stet_result name_with_inserted_array(const name *in, size_t index, T const *elements, size_t count, name *out);
static stet_result name_without_range(const name *in, size_t from, size_t to, name *out);
static stet_result name_with_spliced(const name *in, size_t from, size_t to, const name *other, name *out);

#endif

/*
 * A loop over a list: STET_EACH_ELEMENT(samples, it, &s) { use(*it.at); } declares the cursor `it` of the list type
 * `samples`.
 */
#define STET_EACH_ELEMENT(name, it, list) \
    for (name##_cursor it = name##_cursor_at(list, 0); (it).at != STET_NULL_; name##_next(&(it)))

/* ---- what makes them ---- */

#define STET_LIST_DEFINE(name, ...) STET_PASTE_(STET_LIST_DEFINE, STET_FORM_OF_ONES_(__VA_ARGS__))(name, __VA_ARGS__)
#define STET_LIST_DEFINE_NAMED_(name, T) STET_EXPAND_(STET_LIST_DEFINE_TYPED_, name, T, STET_DESCRIPTOR_OF_(T))
#define STET_LIST_DEFINE_WRONG_(name, ...) STET_WRONG_(name, "STET_LIST_DEFINE", "T", "ttype")
#define STET_LIST_NAMED_(name, T) STET_EXPAND_(STET_LIST_TYPED_, name, T, STET_DESCRIPTOR_OF_(T))
#define STET_LIST_WRONG_(name, ...) STET_WRONG_(name, "STET_LIST", "T", "ttype")
#define STET_LIST_TYPED_(name, T, ttype)                                            \
    STET_HANDLE_DECLARE_(name, _list, list_, STET_HANDLE_FLAGS_(ttype##_flags_, 0)) \
    STET_LIST_DEFINE_TYPED_(name, T, ttype)

#define STET_LIST_DEFINE_TYPED_(name, T, ttype)                                                                     \
    STET_ELEMENT_IS_DESCRIBED_(name, T, ttype)                                                                      \
    STET_STATIC_ASSERT(sizeof(T) <= 4096, #name ": elements are at most 4096 bytes; store larger ones by pointer"); \
    STET_STATIC_ASSERT(STET_ALIGNOF(T) <= STET_MAX_ALIGN, #name ": elements are aligned to 16 bytes at most");      \
    enum { name##_is_map_ = 0 };                                                                                    \
    typedef T name##_element_;                                                                                      \
    typedef struct name##_cursor {                                                                                  \
        name##_element_ const *at;                                                                                  \
        struct stet_list_walk walk_;                                                                                \
    } name##_cursor;                                                                                                \
    STET_HANDLE_TYPE_(name, ttype##_flags_, 0)                                                                      \
    __attribute__((__unused__)) static const struct stet_tree_type name##_list_type_ = {                            \
        {stet_tree_free_leaf_, stet_tree_describe_leaf_, STET_PROMPT_(ttype##_flags_),                              \
         STET_HAS_(ttype##_flags_, STET_REFCOUNTED), false, #name},                                                 \
        &ttype,                                                                                                     \
        STET_NULL_,                                                                                                 \
        sizeof(T),                                                                                                  \
        0,                                                                                                          \
        STET_TREE_DATA(STET_HAS_(ttype##_flags_, STET_REFCOUNTED), STET_ALIGNOF(T)),                                \
        STET_TREE_LEAF_BITS(sizeof(T)),                                                                             \
        (1u << STET_TREE_LEAF_BITS(sizeof(T))) / 2,                                                                 \
        false,                                                                                                      \
        STET_NULL_};                                                                                                \
    STET_HANDLE_(name, _list, list_)                                                                                \
    STET_LIST_THUNKS_(name, T)                                                                                      \
    STET_LIST_ONE_(name, T)                                                                                         \
    STET_LIST_OWNED_(name, T)                                                                                       \
    STET_LIST_MIDDLE_(name, T)                                                                                      \
    STET_LIST_WHOLE_(name, T)                                                                                       \
    STET_LIST_WALKS_(name, T)                                                                                       \
    STET_LIST_SEARCHES_(name, T, ttype##_flags_)                                                                    \
    STET_LIST_ALL_(name, T, ttype##_flags_)                                                                         \
    STET_LIST_WITH_(name, T)

/* Thunks: the library calls these functions, which have no types, and they call the user's typed callbacks. */
#define STET_LIST_THUNKS_(name, T)                                                                                 \
    STET_WRAPPER const void *name##_seek_thunk_(struct stet_list_walk *walk_, size_t index_)                       \
    {                                                                                                              \
        return stet_list_walk_seek_(&name##_list_type_, walk_, index_);                                            \
    }                                                                                                              \
    STET_INLINE bool name##_is_thunk_(void *call_, const void *element_)                                           \
    {                                                                                                              \
        return STET_CALL_(bool (*)(void *, T const *), call_, STET_CAST_(T const *, element_));                    \
    }                                                                                                              \
    STET_INLINE bool name##_fold_thunk_(void *call_, const void *element_)                                         \
    {                                                                                                              \
        STET_CALL_(void (*)(void *, T const *), call_, STET_CAST_(T const *, element_));                           \
        return true;                                                                                               \
    }                                                                                                              \
    STET_WRAPPER bool name##_filter_thunk_(void *call_, const void *element_)                                      \
    {                                                                                                              \
        return name##_is_thunk_(call_, element_);                                                                  \
    }                                                                                                              \
    STET_WRAPPER int name##_compare_thunk_(void *call_, const void *a_, const void *b_)                            \
    {                                                                                                              \
        return STET_CALL_(int (*)(void *, T const *, T const *), call_, STET_CAST_(T const *, a_),                 \
                          STET_CAST_(T const *, b_));                                                              \
    }                                                                                                              \
    STET_WRAPPER void name##_map_thunk_(void *call_, const void *old_, void *value_)                               \
    {                                                                                                              \
        STET_CALL_(void (*)(void *, T const *, T *), call_, STET_CAST_(T const *, old_), STET_CAST_(T *, value_)); \
    }

#define STET_LIST_ONE_(name, T)                                                                                    \
    STET_WRAPPER STET_NONNULL_(1) T const *name##_at_(const name *list_, size_t index_)                            \
    {                                                                                                              \
        return STET_CAST_(T const *,                                                                               \
                          STET_CAST_(const void *, stet_list_at_(&name##_list_type_, &list_->list_, index_)));     \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) T const *name##_get(const name *list_, size_t index_)                            \
    {                                                                                                              \
        stet_list_check_index_(&list_->list_, index_);                                                             \
        return name##_at_(list_, index_);                                                                          \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) T name##_get_or(const name *list_, size_t index_, T otherwise_)                  \
    {                                                                                                              \
        T const *found_ = name##_at_(list_, index_);                                                               \
        return found_ != NULL ? *found_ : otherwise_;                                                              \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) T const *name##_front(const name *list_) { return name##_at_(list_, 0); }        \
    STET_WRAPPER STET_NONNULL_(1) T const *name##_back(const name *list_)                                          \
    {                                                                                                              \
        return name##_at_(list_, name##_size(list_) - 1);                                                          \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_set(name *list_, size_t index_, T value_)      \
    {                                                                                                              \
        return stet_list_set_(&name##_list_type_, &list_->list_, index_, &value_);                                 \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_edit(name *list_, size_t index_, T **element_) \
    {                                                                                                              \
        *element_ = STET_CAST_(T *, stet_list_edit_checked_(&name##_list_type_, &list_->list_, index_));           \
        return *element_ != NULL ? STET_CHANGED : STET_FAILED;                                                     \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_update(                                        \
        name *list_, size_t index_, void (*fn_)(void *context_, T const *old_, T *value_), void *context_)         \
    {                                                                                                              \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                               \
        T value_;                                                                                                  \
        return stet_list_update_(&name##_list_type_, &list_->list_, index_, name##_at_(list_, index_),             \
                                 name##_map_thunk_, &call_, &value_);                                              \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_push_back(name *list_, T value_)               \
    {                                                                                                              \
        return stet_list_push_back_(&name##_list_type_, &list_->list_, &value_);                                   \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_push_front(name *list_, T value_)              \
    {                                                                                                              \
        return stet_list_push_front_(&name##_list_type_, &list_->list_, &value_);                                  \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_back(name *list_, T *value_)               \
    {                                                                                                              \
        return stet_list_pop_back_(&name##_list_type_, &list_->list_, value_);                                     \
    }                                                                                                              \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_front(name *list_, T *value_)              \
    {                                                                                                              \
        return stet_list_pop_front_(&name##_list_type_, &list_->list_, value_);                                    \
    }

#define STET_LIST_OWNED_(name, T)                                                                                    \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_set_owned(name *list_, size_t index_, T value_)  \
    {                                                                                                                \
        return stet_owned_(name##_set(list_, index_, value_), stet_tree_element_type_(&name##_list_type_), &value_); \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_push_back_owned(name *list_, T value_)           \
    {                                                                                                                \
        return stet_owned_(name##_push_back(list_, value_), stet_tree_element_type_(&name##_list_type_), &value_);   \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_push_front_owned(name *list_, T value_)          \
    {                                                                                                                \
        return stet_owned_(name##_push_front(list_, value_), stet_tree_element_type_(&name##_list_type_), &value_);  \
    }

#define STET_LIST_MIDDLE_(name, T)                                                                                     \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_insert_at(name *list_, size_t index_, T value_)    \
    {                                                                                                                  \
        return stet_list_insert_checked_(&name##_list_type_, &list_->list_, index_, &value_);                          \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_pop_at(name *list_, size_t index_, T *value_)      \
    {                                                                                                                  \
        return stet_list_erase_checked_(&name##_list_type_, &list_->list_, index_, value_);                            \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_erase(name *list_, size_t index_)                  \
    {                                                                                                                  \
        return name##_pop_at(list_, index_, NULL);                                                                     \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 3)                                                                                   \
        STET_NODISCARD stet_result name##_insert_list(name *list_, size_t index_, const name *other_)                  \
    {                                                                                                                  \
        return stet_list_splice_checked_(&name##_list_type_, &list_->list_, index_, index_, &other_->list_);           \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1)                                                                                      \
        STET_NODISCARD stet_result name##_insert_array(name *list_, size_t index_, T const *elements_, size_t count_)  \
    {                                                                                                                  \
        return stet_list_splice_array_checked_(&name##_list_type_, &list_->list_, index_, index_, elements_, count_);  \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_erase_range(name *list_, size_t from_, size_t to_) \
    {                                                                                                                  \
        return stet_list_splice_array_checked_(&name##_list_type_, &list_->list_, from_, to_, NULL, 0);                \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1, 4)                                                                                   \
        STET_NODISCARD stet_result name##_splice(name *list_, size_t from_, size_t to_, const name *other_)            \
    {                                                                                                                  \
        return stet_list_splice_checked_(&name##_list_type_, &list_->list_, from_, to_, &other_->list_);               \
    }

#define STET_LIST_WHOLE_(name, T)                                                                                    \
    STET_WRAPPER STET_NONNULL_(1, 2) STET_NODISCARD stet_result name##_append(name *list_, const name *other_)       \
    {                                                                                                                \
        return stet_list_concat_(&name##_list_type_, &list_->list_, &other_->list_);                                 \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1)                                                                                    \
        STET_NODISCARD stet_result name##_append_array(name *list_, T const *elements_, size_t count_)               \
    {                                                                                                                \
        return stet_list_append_array_(&name##_list_type_, &list_->list_, elements_, count_);                        \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1, 2, 3)                                                                              \
        STET_NODISCARD stet_result name##_concat(const name *a_, const name *b_, name *out_)                         \
    {                                                                                                                \
        name joined_ = name##_copy(a_);                                                                              \
        return stet_list_copy_out_(&name##_list_type_, name##_append(&joined_, b_), &joined_.list_, &out_->list_);   \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1, 4)                                                                                 \
        STET_NODISCARD stet_result name##_slice(const name *in_, size_t from_, size_t to_, name *out_)               \
    {                                                                                                                \
        return stet_list_slice_checked_(&name##_list_type_, &in_->list_, from_, to_, &out_->list_);                  \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1, 3, 4)                                                                              \
        STET_NODISCARD stet_result name##_split_at(const name *in_, size_t index_, name *left_, name *right_)        \
    {                                                                                                                \
        return stet_list_split_checked_(&name##_list_type_, &in_->list_, index_, &left_->list_, &right_->list_);     \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(3)                                                                                    \
        STET_NODISCARD stet_result name##_from_array(T const *elements_, size_t count_, name *out_)                  \
    {                                                                                                                \
        return stet_list_from_array_(&name##_list_type_, &out_->list_, elements_, count_);                           \
    }                                                                                                                \
    STET_WRAPPER STET_NONNULL_(1) bool name##_to_array(const name *list_, size_t from_, size_t count_, T *elements_) \
    {                                                                                                                \
        return stet_list_to_array_checked_(&name##_list_type_, &list_->list_, from_, count_, elements_);             \
    }

#define STET_LIST_WALKS_(name, T)                                                                                      \
    STET_WRAPPER STET_NONNULL_(1) T const *name##_chunk(const name *list_, size_t index_, size_t *count_)              \
    {                                                                                                                  \
        return STET_CAST_(T const *, stet_list_chunk_(&name##_list_type_, &list_->list_, index_, count_));             \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1)                                                                                      \
        size_t name##_iovecs(const name *list_, size_t max_, size_t *index_, struct iovec *pairs_)                     \
    {                                                                                                                  \
        return stet_list_iovecs_(&name##_list_type_, &list_->list_, max_, index_, pairs_);                             \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) void name##_seek(name##_cursor *cursor_, size_t index_)                              \
    {                                                                                                                  \
        cursor_->at = STET_CAST_(T const *, name##_seek_thunk_(&cursor_->walk_, index_));                              \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_cursor_in(const name *list_, size_t from_, size_t to_)          \
    {                                                                                                                  \
        name##_cursor cursor_ = {NULL, stet_list_walk_in_(&list_->list_, from_, to_)};                                 \
        name##_seek(&cursor_, from_);                                                                                  \
        return cursor_;                                                                                                \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) name##_cursor name##_cursor_at(const name *list_, size_t index_)                     \
    {                                                                                                                  \
        name##_cursor cursor_ = {NULL, stet_list_walk_all_(&list_->list_)};                                            \
        name##_seek(&cursor_, index_);                                                                                 \
        return cursor_;                                                                                                \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_cursor_index(const name##_cursor *cursor_)                             \
    {                                                                                                                  \
        return stet_list_walk_index_(&name##_list_type_, &cursor_->walk_, cursor_->at);                                \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) void name##_next(name##_cursor *cursor_)                                             \
    {                                                                                                                  \
        STET_CHECK_(cursor_->at != NULL, #name "_cursor", STET_RULE_END_);                                             \
        cursor_->at = STET_CAST_(                                                                                      \
            T const *, stet_list_walk_next_(&name##_list_type_, &cursor_->walk_, cursor_->at, name##_seek_thunk_));    \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) void name##_previous(name##_cursor *cursor_)                                         \
    {                                                                                                                  \
        cursor_->at = STET_CAST_(T const *, stet_list_walk_previous_(&name##_list_type_, &cursor_->walk_, cursor_->at, \
                                                                     name##_seek_thunk_));                             \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) bool name##_each(const name *list_, bool (*fn_)(void *context_, T const *element_),  \
                                                   void *context_)                                                     \
    {                                                                                                                  \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                                   \
        return stet_list_first_where_(&name##_list_type_, &list_->list_, 0, name##_seek_thunk_, name##_is_thunk_,      \
                                      &call_, false) == SIZE_MAX;                                                      \
    }                                                                                                                  \
    STET_WRAPPER STET_NONNULL_(1) void *name##_fold(const name *list_, void (*fn_)(void *into_, T const *element_),    \
                                                    void *into_)                                                       \
    {                                                                                                                  \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, into_);                                                      \
        (void)stet_list_first_where_(&name##_list_type_, &list_->list_, 0, name##_seek_thunk_, name##_fold_thunk_,     \
                                     &call_, false);                                                                   \
        return into_;                                                                                                  \
    }

#define STET_LIST_SEARCHES_(name, T, flags)                                                                           \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_find(const name *list_, size_t from_,                                 \
                                                     bool (*is_)(void *context_, T const *element_), void *context_)  \
    {                                                                                                                 \
        struct stet_callback_ call_ = STET_CALLBACK_(is_, context_);                                                  \
        return stet_list_first_where_(&name##_list_type_, &list_->list_, from_, name##_seek_thunk_, name##_is_thunk_, \
                                      &call_, true);                                                                  \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_index_of(const name *list_, size_t from_, T value_)                   \
    {                                                                                                                 \
        return stet_list_index_of_(&name##_list_type_, &list_->list_, from_, name##_seek_thunk_, &value_);            \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) bool name##_has(const name *list_, T value_)                                        \
    {                                                                                                                 \
        return name##_index_of(list_, 0, value_) != SIZE_MAX;                                                         \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_lower_bound(const name *list_, T value_)                              \
    {                                                                                                                 \
        STET_NEEDS_ORDER_(flags);                                                                                     \
        return stet_list_lower_bound_(&name##_list_type_, &list_->list_, &value_);                                    \
    }                                                                                                                 \
    STET_WRAPPER STET_NONNULL_(1) size_t name##_binary_search(const name *list_, T value_)                            \
    {                                                                                                                 \
        STET_NEEDS_ORDER_(flags);                                                                                     \
        return stet_list_binary_search_(&name##_list_type_, &list_->list_, &value_);                                  \
    }

#define STET_LIST_ALL_(name, T, flags)                                                                           \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_filter(                                      \
        name *list_, bool (*keep_)(void *context_, T const *element_), void *context_)                           \
    {                                                                                                            \
        struct stet_callback_ call_ = STET_CALLBACK_(keep_, context_);                                           \
        return stet_list_filter_(&name##_list_type_, &list_->list_, name##_filter_thunk_, &call_);               \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_map(                                         \
        name *list_, void (*fn_)(void *context_, T const *old_, T *value_), void *context_)                      \
    {                                                                                                            \
        struct stet_callback_ call_ = STET_CALLBACK_(fn_, context_);                                             \
        return stet_list_map_(&name##_list_type_, &list_->list_, name##_map_thunk_, &call_);                     \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_sort(name *list_)                            \
    {                                                                                                            \
        STET_NEEDS_ORDER_(flags);                                                                                \
        return stet_list_sort_(&name##_list_type_, &list_->list_);                                               \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_sort_by(                                     \
        name *list_, int (*compare_)(void *context_, T const *a_, T const *b_), void *context_)                  \
    {                                                                                                            \
        struct stet_callback_ call_ = STET_CALLBACK_(compare_, context_);                                        \
        return stet_list_sort_by_(&name##_list_type_, &list_->list_, name##_compare_thunk_, &call_);             \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1) STET_NODISCARD stet_result name##_reverse(name *list_)                         \
    {                                                                                                            \
        return stet_list_reverse_(&name##_list_type_, &list_->list_);                                            \
    }                                                                                                            \
    STET_WRAPPER STET_NONNULL_(1, 2) bool name##_diff(                                                           \
        const name *a_, const name *b_,                                                                          \
        bool (*fn_)(void *context_, size_t a_from_, size_t a_to_, size_t b_from_, size_t b_to_), void *context_) \
    {                                                                                                            \
        return stet_list_diff_(&name##_list_type_, &a_->list_, &b_->list_, fn_, context_);                       \
    }

/* Each of these copies the list, and edits the copy with the function that changes a list in place. */
#define STET_LIST_WITH_(name, T)                                                                                      \
    STET_LIST_COPY_WITH_(name, name##_with, (1, 4), (const name *in_, size_t index_, T value_, name *out_),           \
                         name##_set(&edited_, index_, value_))                                                        \
    STET_LIST_COPY_WITH_(name, name##_with_back, (1, 3), (const name *in_, T value_, name *out_),                     \
                         name##_push_back(&edited_, value_))                                                          \
    STET_LIST_COPY_WITH_(name, name##_with_front, (1, 3), (const name *in_, T value_, name *out_),                    \
                         name##_push_front(&edited_, value_))                                                         \
    STET_LIST_COPY_WITH_(name, name##_with_inserted, (1, 4), (const name *in_, size_t index_, T value_, name *out_),  \
                         name##_insert_at(&edited_, index_, value_))                                                  \
    STET_LIST_COPY_WITH_(name, name##_without, (1, 3), (const name *in_, size_t index_, name *out_),                  \
                         name##_erase(&edited_, index_))                                                              \
    STET_LIST_COPY_WITH_(name, name##_with_inserted_list, (1, 3, 4),                                                  \
                         (const name *in_, size_t index_, const name *other_, name *out_),                            \
                         name##_insert_list(&edited_, index_, other_))                                                \
    STET_LIST_COPY_WITH_(name, name##_with_inserted_array, (1, 5),                                                    \
                         (const name *in_, size_t index_, T const *elements_, size_t count_, name *out_),             \
                         name##_insert_array(&edited_, index_, elements_, count_))                                    \
    STET_LIST_COPY_WITH_(name, name##_without_range, (1, 4), (const name *in_, size_t from_, size_t to_, name *out_), \
                         name##_erase_range(&edited_, from_, to_))                                                    \
    STET_LIST_COPY_WITH_(name, name##_with_spliced, (1, 4, 5),                                                        \
                         (const name *in_, size_t from_, size_t to_, const name *other_, name *out_),                 \
                         name##_splice(&edited_, from_, to_, other_))

#define STET_LIST_COPY_WITH_(name, function, nonnull, parameters, edit)                     \
    STET_WRAPPER STET_NONNULL_ nonnull STET_NODISCARD stet_result function parameters       \
    {                                                                                       \
        name edited_ = name##_copy(in_);                                                    \
        return stet_list_copy_out_(&name##_list_type_, edit, &edited_.list_, &out_->list_); \
    }

#endif
