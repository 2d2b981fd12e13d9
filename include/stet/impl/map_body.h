/* SPDX-License-Identifier: MIT */
/*
 * stet/impl/map_body.h - the untyped bodies of the functions that STET_MAP and STET_SET make. Each of those functions
 * is one call of a function here, or in impl/map.h, with a constant descriptor, which folds.
 */
#ifndef STET_IMPL_MAP_BODY_H
#define STET_IMPL_MAP_BODY_H

#include <stet/impl/map.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/* ---- handles ---- */

STET_INLINE void stet_map_retain_(const struct stet_map_type *t, const struct stet_map *m)
{
    stet_node_check_(&t->node, m->root);
    stet_node_retain_(m->root);
}

/* Sets the handle to {0}, before callbacks run, and returns the root that it had. */
STET_INLINE stet_ref stet_map_empty_(const struct stet_map_type *t, struct stet_map *m)
{
    stet_ref root = m->root;
    stet_node_check_(&t->node, root);
    memset(m, 0, sizeof *m);
    return root;
}

STET_INLINE void stet_map_drop_(const struct stet_map_type *t, struct stet_map *m)
{
    stet_node_drop_(&t->node, stet_map_empty_(t, m));
}

STET_INLINE void stet_map_drop_later_(const struct stet_map_type *t, struct stet_map *m)
{
    stet_node_drop_later_(&t->node, stet_map_empty_(t, m));
}

STET_INLINE size_t stet_map_size_(const struct stet_map *m) { return m->size; }

STET_INLINE size_t stet_map_unshared_bytes_(const struct stet_map_type *t, const struct stet_map *m)
{
    return stet_node_unshared_bytes_(&t->node, m->root);
}

STET_INLINE bool stet_map_identical_(const struct stet_map *a, const struct stet_map *b) { return a->root == b->root; }

/* ---- walks ---- */

/* Returns the value of the cursor's entry, or NULL if the cursor is at the end. */
STET_INLINE const void *stet_map_iter_value_(const struct stet_map_type *t, const struct stet_map_cursor *it)
{
    return it->entry != NULL ? it->entry + t->value_offset : NULL;
}

/* Calls fn for each entry until fn returns false. Returns false if fn did, else true. */
STET_INLINE bool stet_map_each_(const struct stet_map_type *t, const struct stet_map *m,
                                bool (*fn)(void *call, const void *key, const void *value), void *call)
{
    struct stet_map_cursor it;
    for (stet_map_cursor_start_(t, m->root, &it); it.entry != NULL; stet_map_cursor_leaf_(t, &it))
        for (const char *e = it.entry, *end = it.end; e != end; e += t->entry_size)
            if (!fn(call, e, e + t->value_offset))
                return false;
    return true;
}

/* ---- new maps ---- */

/* Makes *out a map of these entries. *out is overwritten without a drop, and may be one of the entries' values. */
STET_INLINE stet_result stet_map_from_array_(const struct stet_map_type *t, struct stet_map *out, const void *keys,
                                             const void *values, size_t n)
{
    struct stet_map made = {0, 0};
    stet_result result = stet_map_set_many_(t, &made, keys, values, n);
    *out = made;
    return result;
}

STET_INLINE stet_result stet_map_with_(const struct stet_map_type *t, const struct stet_map *in, struct stet_map *out,
                                       const struct stet_key_view *f, const void *key, const void *value)
{
    stet_node_check_(&t->node, in->root);
    struct stet_map copy = {0, 0}, *m = in == out ? out : &copy;
    if (in != out)
        copy = stet_map_copy_(in);
    stet_result result = stet_map_put_(t, m, f, key, value, STET_PUT_SET_);
    return in == out ? result : stet_map_copy_out_(t, result, &copy, out);
}

STET_INLINE stet_result stet_map_without_(const struct stet_map_type *t, const struct stet_map *in,
                                          struct stet_map *out, const struct stet_key_view *f, const void *key)
{
    stet_node_check_(&t->node, in->root);
    struct stet_map copy = {0, 0}, *m = in == out ? out : &copy;
    if (in != out)
        copy = stet_map_copy_(in);
    stet_result result = stet_map_erase_(t, m, f, key, NULL);
    return in == out ? result : stet_map_copy_out_(t, result, &copy, out);
}

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
