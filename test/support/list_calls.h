/* SPDX-License-Identifier: MIT */
/*
 * list_calls.h - the functions of a generated list behind one untyped table, so that one model drives lists of all
 * types through the functions that users call.
 */
#ifndef TEST_LIST_CALLS_H
#define TEST_LIST_CALLS_H

#include <stet/list.h>

typedef bool list_visit(void *context, size_t i, const void *element);
typedef bool list_is(void *context, const void *element);
typedef void list_make(void *context, const void *old, void *value);

struct list_calls {
    const void *(*get)(const struct stet_list *l, size_t i);
    const void *(*first)(const struct stet_list *l);
    const void *(*last)(const struct stet_list *l);
    stet_result (*set)(struct stet_list *l, size_t i, const void *value);
    stet_result (*edit)(struct stet_list *l, size_t i, void **element);
    stet_result (*update)(struct stet_list *l, size_t i, list_make *fn, void *context);
    stet_result (*push_back)(struct stet_list *l, const void *value);
    stet_result (*push_front)(struct stet_list *l, const void *value);
    stet_result (*pop_back)(struct stet_list *l, void *value);
    stet_result (*pop_front)(struct stet_list *l, void *value);
    stet_result (*insert_at)(struct stet_list *l, size_t i, const void *value);
    stet_result (*erase_at)(struct stet_list *l, size_t i, void *value);
    stet_result (*insert_list)(struct stet_list *l, size_t i, const struct stet_list *other);
    stet_result (*insert_array)(struct stet_list *l, size_t i, const void *elements, size_t n);
    stet_result (*erase_range)(struct stet_list *l, size_t from, size_t to);
    stet_result (*splice)(struct stet_list *l, size_t from, size_t to, const struct stet_list *other);
    stet_result (*append)(struct stet_list *l, const struct stet_list *other);
    stet_result (*append_array)(struct stet_list *l, const void *elements, size_t n);
    stet_result (*concat)(const struct stet_list *a, const struct stet_list *b, struct stet_list *out);
    stet_result (*slice)(const struct stet_list *in, size_t from, size_t to, struct stet_list *out);
    stet_result (*split_at)(const struct stet_list *in, size_t i, struct stet_list *left, struct stet_list *right);
    stet_result (*from_array)(struct stet_list *out, const void *elements, size_t n);
    void (*to_array)(const struct stet_list *l, size_t from, void *elements, size_t n);
    const void *(*chunk)(const struct stet_list *l, size_t i, size_t *n);
    size_t (*iovecs)(const struct stet_list *l, size_t *i, struct iovec *pairs, size_t max);
    /* Visits elements from i on, forward or backward, until an end is reached or `visit` returns false. */
    void (*walk)(const struct stet_list *l, size_t i, bool forward, list_visit *visit, void *context);
    size_t (*index_of)(const struct stet_list *l, size_t from, const void *value);
    bool (*contains)(const struct stet_list *l, const void *value);
    size_t (*find)(const struct stet_list *l, size_t from, list_is *is, void *context);
    size_t (*lower_bound)(const struct stet_list *l, const void *value);
    stet_result (*filter)(struct stet_list *l, list_is *keep, void *context);
    stet_result (*map)(struct stet_list *l, list_make *fn, void *context);
    stet_result (*sort)(struct stet_list *l);
    stet_result (*reverse)(struct stet_list *l);
    bool (*diff)(const struct stet_list *a, const struct stet_list *b, stet_list_diff_fn *fn, void *context);
    stet_result (*with)(const struct stet_list *in, struct stet_list *out, size_t i, const void *value);
    stet_result (*with_back)(const struct stet_list *in, struct stet_list *out, const void *value);
    stet_result (*with_front)(const struct stet_list *in, struct stet_list *out, const void *value);
    stet_result (*with_inserted)(const struct stet_list *in, struct stet_list *out, size_t i, const void *value);
    stet_result (*without)(const struct stet_list *in, struct stet_list *out, size_t i);
    stet_result (*with_inserted_list)(const struct stet_list *in, struct stet_list *out, size_t i,
                                      const struct stet_list *other);
    stet_result (*with_inserted_array)(const struct stet_list *in, struct stet_list *out, size_t i,
                                       const void *elements, size_t n);
    stet_result (*without_range)(const struct stet_list *in, struct stet_list *out, size_t from, size_t to);
    stet_result (*with_spliced)(const struct stet_list *in, struct stet_list *out, size_t from, size_t to,
                                const struct stet_list *other);
    struct stet_list (*copy)(const struct stet_list *l);
    struct stet_list (*move)(struct stet_list *l);
    void (*swap)(struct stet_list *a, struct stet_list *b);
    void (*drop)(struct stet_list *l);
    void (*drop_later)(struct stet_list *l);
    bool (*same)(const struct stet_list *a, const struct stet_list *b);
    bool (*equal)(const struct stet_list *a, const struct stet_list *b);
};

/* The context of a typed callback: a callback of the table's type, and its context. */
struct list_callback {
    list_visit *visit;
    list_is *is;
    list_make *make;
    void *context;
};

#define LIST_OF_(name, l) ((const name *)(const void *)(l))
#define LIST_IN_(name, l) ((name *)(void *)(l))

/* name##_calls: the table of a list that STET_LIST made. */
#define LIST_CALLS(name, T)                                                                                           \
    static bool name##_on_is(void *context, T const *element)                                                         \
    {                                                                                                                 \
        const struct list_callback *c = context;                                                                      \
        return c->is(c->context, element);                                                                            \
    }                                                                                                                 \
    static void name##_on_make(void *context, T const *old, T *value)                                                 \
    {                                                                                                                 \
        const struct list_callback *c = context;                                                                      \
        c->make(c->context, old, value);                                                                              \
    }                                                                                                                 \
    static const void *name##_c_get(const struct stet_list *l, size_t i) { return name##_get(LIST_OF_(name, l), i); } \
    static const void *name##_c_first(const struct stet_list *l) { return name##_front(LIST_OF_(name, l)); }          \
    static const void *name##_c_last(const struct stet_list *l) { return name##_back(LIST_OF_(name, l)); }            \
    static stet_result name##_c_set(struct stet_list *l, size_t i, const void *value)                                 \
    {                                                                                                                 \
        return name##_set(LIST_IN_(name, l), i, *(T const *)value);                                                   \
    }                                                                                                                 \
    static stet_result name##_c_edit(struct stet_list *l, size_t i, void **element)                                   \
    {                                                                                                                 \
        return name##_edit(LIST_IN_(name, l), i, (T **)element);                                                      \
    }                                                                                                                 \
    static stet_result name##_c_update(struct stet_list *l, size_t i, list_make *fn, void *context)                   \
    {                                                                                                                 \
        struct list_callback c = {.make = fn, .context = context};                                                    \
        return name##_update(LIST_IN_(name, l), i, name##_on_make, &c);                                               \
    }                                                                                                                 \
    static stet_result name##_c_push_back(struct stet_list *l, const void *value)                                     \
    {                                                                                                                 \
        return name##_push_back(LIST_IN_(name, l), *(T const *)value);                                                \
    }                                                                                                                 \
    static stet_result name##_c_push_front(struct stet_list *l, const void *value)                                    \
    {                                                                                                                 \
        return name##_push_front(LIST_IN_(name, l), *(T const *)value);                                               \
    }                                                                                                                 \
    static stet_result name##_c_pop_back(struct stet_list *l, void *value)                                            \
    {                                                                                                                 \
        return name##_pop_back(LIST_IN_(name, l), (T *)value);                                                        \
    }                                                                                                                 \
    static stet_result name##_c_pop_front(struct stet_list *l, void *value)                                           \
    {                                                                                                                 \
        return name##_pop_front(LIST_IN_(name, l), (T *)value);                                                       \
    }                                                                                                                 \
    static stet_result name##_c_insert_at(struct stet_list *l, size_t i, const void *value)                           \
    {                                                                                                                 \
        return name##_insert_at(LIST_IN_(name, l), i, *(T const *)value);                                             \
    }                                                                                                                 \
    static stet_result name##_c_erase_at(struct stet_list *l, size_t i, void *value)                                  \
    {                                                                                                                 \
        return name##_pop_at(LIST_IN_(name, l), i, (T *)value);                                                       \
    }                                                                                                                 \
    static stet_result name##_c_insert_list(struct stet_list *l, size_t i, const struct stet_list *other)             \
    {                                                                                                                 \
        return name##_insert_list(LIST_IN_(name, l), i, LIST_OF_(name, other));                                       \
    }                                                                                                                 \
    static stet_result name##_c_insert_array(struct stet_list *l, size_t i, const void *elements, size_t n)           \
    {                                                                                                                 \
        return name##_insert_array(LIST_IN_(name, l), i, (T const *)elements, n);                                     \
    }                                                                                                                 \
    static stet_result name##_c_erase_range(struct stet_list *l, size_t from, size_t to)                              \
    {                                                                                                                 \
        return name##_erase_range(LIST_IN_(name, l), from, to);                                                       \
    }                                                                                                                 \
    static stet_result name##_c_splice(struct stet_list *l, size_t from, size_t to, const struct stet_list *other)    \
    {                                                                                                                 \
        return name##_splice(LIST_IN_(name, l), from, to, LIST_OF_(name, other));                                     \
    }                                                                                                                 \
    static stet_result name##_c_append(struct stet_list *l, const struct stet_list *other)                            \
    {                                                                                                                 \
        return name##_append(LIST_IN_(name, l), LIST_OF_(name, other));                                               \
    }                                                                                                                 \
    static stet_result name##_c_append_array(struct stet_list *l, const void *elements, size_t n)                     \
    {                                                                                                                 \
        return name##_append_array(LIST_IN_(name, l), (T const *)elements, n);                                        \
    }                                                                                                                 \
    static stet_result name##_c_concat(const struct stet_list *a, const struct stet_list *b, struct stet_list *out)   \
    {                                                                                                                 \
        return name##_concat(LIST_OF_(name, a), LIST_OF_(name, b), LIST_IN_(name, out));                              \
    }                                                                                                                 \
    static stet_result name##_c_slice(const struct stet_list *in, size_t from, size_t to, struct stet_list *out)      \
    {                                                                                                                 \
        return name##_slice(LIST_OF_(name, in), from, to, LIST_IN_(name, out));                                       \
    }                                                                                                                 \
    static stet_result name##_c_split_at(const struct stet_list *in, size_t i, struct stet_list *left,                \
                                         struct stet_list *right)                                                     \
    {                                                                                                                 \
        return name##_split_at(LIST_OF_(name, in), i, LIST_IN_(name, left), LIST_IN_(name, right));                   \
    }                                                                                                                 \
    static stet_result name##_c_from_array(struct stet_list *out, const void *elements, size_t n)                     \
    {                                                                                                                 \
        return name##_from_array((T const *)elements, n, LIST_IN_(name, out));                                        \
    }                                                                                                                 \
    static void name##_c_to_array(const struct stet_list *l, size_t from, void *elements, size_t n)                   \
    {                                                                                                                 \
        name##_to_array(LIST_OF_(name, l), from, n, (T *)elements);                                                   \
    }                                                                                                                 \
    static const void *name##_c_chunk(const struct stet_list *l, size_t i, size_t *n)                                 \
    {                                                                                                                 \
        return name##_chunk(LIST_OF_(name, l), i, n);                                                                 \
    }                                                                                                                 \
    static size_t name##_c_iovecs(const struct stet_list *l, size_t *i, struct iovec *pairs, size_t max)              \
    {                                                                                                                 \
        return name##_iovecs(LIST_OF_(name, l), max, i, pairs);                                                       \
    }                                                                                                                 \
    static void name##_c_walk(const struct stet_list *l, size_t i, bool forward, list_visit *visit, void *context)    \
    {                                                                                                                 \
        for (name##_cursor it = name##_cursor_at(LIST_OF_(name, l), i);                                               \
             it.at != NULL && visit(context, name##_cursor_index(&it), it.at);                                        \
             forward ? name##_next(&it) : name##_previous(&it))                                                       \
            ;                                                                                                         \
    }                                                                                                                 \
    static size_t name##_c_index_of(const struct stet_list *l, size_t from, const void *value)                        \
    {                                                                                                                 \
        return name##_index_of(LIST_OF_(name, l), from, *(T const *)value);                                           \
    }                                                                                                                 \
    static bool name##_c_contains(const struct stet_list *l, const void *value)                                       \
    {                                                                                                                 \
        return name##_has(LIST_OF_(name, l), *(T const *)value);                                                      \
    }                                                                                                                 \
    static size_t name##_c_find(const struct stet_list *l, size_t from, list_is *is, void *context)                   \
    {                                                                                                                 \
        struct list_callback c = {.is = is, .context = context};                                                      \
        return name##_find(LIST_OF_(name, l), from, name##_on_is, &c);                                                \
    }                                                                                                                 \
    /* These call the compiled functions: the generated ones do not compile for a type without an order. */           \
    static size_t name##_c_lower_bound(const struct stet_list *l, const void *value)                                  \
    {                                                                                                                 \
        return stet_list_lower_bound_(&name##_list_type_, l, value);                                                  \
    }                                                                                                                 \
    static stet_result name##_c_filter(struct stet_list *l, list_is *keep, void *context)                             \
    {                                                                                                                 \
        struct list_callback c = {.is = keep, .context = context};                                                    \
        return name##_filter(LIST_IN_(name, l), name##_on_is, &c);                                                    \
    }                                                                                                                 \
    static stet_result name##_c_map(struct stet_list *l, list_make *fn, void *context)                                \
    {                                                                                                                 \
        struct list_callback c = {.make = fn, .context = context};                                                    \
        return name##_map(LIST_IN_(name, l), name##_on_make, &c);                                                     \
    }                                                                                                                 \
    static stet_result name##_c_sort(struct stet_list *l) { return stet_list_sort_(&name##_list_type_, l); }          \
    static stet_result name##_c_reverse(struct stet_list *l) { return name##_reverse(LIST_IN_(name, l)); }            \
    static bool name##_c_diff(const struct stet_list *a, const struct stet_list *b, stet_list_diff_fn *fn,            \
                              void *context)                                                                          \
    {                                                                                                                 \
        return name##_diff(LIST_OF_(name, a), LIST_OF_(name, b), fn, context);                                        \
    }                                                                                                                 \
    static stet_result name##_c_with(const struct stet_list *in, struct stet_list *out, size_t i, const void *value)  \
    {                                                                                                                 \
        return name##_with(LIST_OF_(name, in), i, *(T const *)value, LIST_IN_(name, out));                            \
    }                                                                                                                 \
    static stet_result name##_c_with_back(const struct stet_list *in, struct stet_list *out, const void *value)       \
    {                                                                                                                 \
        return name##_with_back(LIST_OF_(name, in), *(T const *)value, LIST_IN_(name, out));                          \
    }                                                                                                                 \
    static stet_result name##_c_with_front(const struct stet_list *in, struct stet_list *out, const void *value)      \
    {                                                                                                                 \
        return name##_with_front(LIST_OF_(name, in), *(T const *)value, LIST_IN_(name, out));                         \
    }                                                                                                                 \
    static stet_result name##_c_with_inserted(const struct stet_list *in, struct stet_list *out, size_t i,            \
                                              const void *value)                                                      \
    {                                                                                                                 \
        return name##_with_inserted(LIST_OF_(name, in), i, *(T const *)value, LIST_IN_(name, out));                   \
    }                                                                                                                 \
    static stet_result name##_c_without(const struct stet_list *in, struct stet_list *out, size_t i)                  \
    {                                                                                                                 \
        return name##_without(LIST_OF_(name, in), i, LIST_IN_(name, out));                                            \
    }                                                                                                                 \
    static stet_result name##_c_with_inserted_list(const struct stet_list *in, struct stet_list *out, size_t i,       \
                                                   const struct stet_list *other)                                     \
    {                                                                                                                 \
        return name##_with_inserted_list(LIST_OF_(name, in), i, LIST_OF_(name, other), LIST_IN_(name, out));          \
    }                                                                                                                 \
    static stet_result name##_c_with_inserted_array(const struct stet_list *in, struct stet_list *out, size_t i,      \
                                                    const void *elements, size_t n)                                   \
    {                                                                                                                 \
        return name##_with_inserted_array(LIST_OF_(name, in), i, (T const *)elements, n, LIST_IN_(name, out));        \
    }                                                                                                                 \
    static stet_result name##_c_without_range(const struct stet_list *in, struct stet_list *out, size_t from,         \
                                              size_t to)                                                              \
    {                                                                                                                 \
        return name##_without_range(LIST_OF_(name, in), from, to, LIST_IN_(name, out));                               \
    }                                                                                                                 \
    static stet_result name##_c_with_spliced(const struct stet_list *in, struct stet_list *out, size_t from,          \
                                             size_t to, const struct stet_list *other)                                \
    {                                                                                                                 \
        return name##_with_spliced(LIST_OF_(name, in), from, to, LIST_OF_(name, other), LIST_IN_(name, out));         \
    }                                                                                                                 \
    static struct stet_list name##_c_copy(const struct stet_list *l) { return name##_copy(LIST_OF_(name, l)).list_; } \
    static struct stet_list name##_c_move(struct stet_list *l) { return name##_move(LIST_IN_(name, l)).list_; }       \
    static void name##_c_swap(struct stet_list *a, struct stet_list *b)                                               \
    {                                                                                                                 \
        name##_swap_handles(LIST_IN_(name, a), LIST_IN_(name, b));                                                    \
    }                                                                                                                 \
    static void name##_c_drop(struct stet_list *l) { name##_drop(LIST_IN_(name, l)); }                                \
    static void name##_c_drop_later(struct stet_list *l) { name##_drop_later(LIST_IN_(name, l)); }                    \
    static bool name##_c_same(const struct stet_list *a, const struct stet_list *b)                                   \
    {                                                                                                                 \
        return name##_identical(LIST_OF_(name, a), LIST_OF_(name, b));                                                \
    }                                                                                                                 \
    static bool name##_c_equal(const struct stet_list *a, const struct stet_list *b)                                  \
    {                                                                                                                 \
        return name##_equal(LIST_OF_(name, a), LIST_OF_(name, b));                                                    \
    }                                                                                                                 \
    static const struct list_calls name##_calls = {.get = name##_c_get,                                               \
                                                   .first = name##_c_first,                                           \
                                                   .last = name##_c_last,                                             \
                                                   .set = name##_c_set,                                               \
                                                   .edit = name##_c_edit,                                             \
                                                   .update = name##_c_update,                                         \
                                                   .push_back = name##_c_push_back,                                   \
                                                   .push_front = name##_c_push_front,                                 \
                                                   .pop_back = name##_c_pop_back,                                     \
                                                   .pop_front = name##_c_pop_front,                                   \
                                                   .insert_at = name##_c_insert_at,                                   \
                                                   .erase_at = name##_c_erase_at,                                     \
                                                   .insert_list = name##_c_insert_list,                               \
                                                   .insert_array = name##_c_insert_array,                             \
                                                   .erase_range = name##_c_erase_range,                               \
                                                   .splice = name##_c_splice,                                         \
                                                   .append = name##_c_append,                                         \
                                                   .append_array = name##_c_append_array,                             \
                                                   .concat = name##_c_concat,                                         \
                                                   .slice = name##_c_slice,                                           \
                                                   .split_at = name##_c_split_at,                                     \
                                                   .from_array = name##_c_from_array,                                 \
                                                   .to_array = name##_c_to_array,                                     \
                                                   .chunk = name##_c_chunk,                                           \
                                                   .iovecs = name##_c_iovecs,                                         \
                                                   .walk = name##_c_walk,                                             \
                                                   .index_of = name##_c_index_of,                                     \
                                                   .contains = name##_c_contains,                                     \
                                                   .find = name##_c_find,                                             \
                                                   .lower_bound = name##_c_lower_bound,                               \
                                                   .filter = name##_c_filter,                                         \
                                                   .map = name##_c_map,                                               \
                                                   .sort = name##_c_sort,                                             \
                                                   .reverse = name##_c_reverse,                                       \
                                                   .diff = name##_c_diff,                                             \
                                                   .with = name##_c_with,                                             \
                                                   .with_back = name##_c_with_back,                                   \
                                                   .with_front = name##_c_with_front,                                 \
                                                   .with_inserted = name##_c_with_inserted,                           \
                                                   .without = name##_c_without,                                       \
                                                   .with_inserted_list = name##_c_with_inserted_list,                 \
                                                   .with_inserted_array = name##_c_with_inserted_array,               \
                                                   .without_range = name##_c_without_range,                           \
                                                   .with_spliced = name##_c_with_spliced,                             \
                                                   .copy = name##_c_copy,                                             \
                                                   .move = name##_c_move,                                             \
                                                   .swap = name##_c_swap,                                             \
                                                   .drop = name##_c_drop,                                             \
                                                   .drop_later = name##_c_drop_later,                                 \
                                                   .same = name##_c_same,                                             \
                                                   .equal = name##_c_equal};

#endif
