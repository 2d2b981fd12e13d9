/* SPDX-License-Identifier: MIT */
/*
 * The names that generated code could hide, or be hidden by: types, descriptors, collections and functions that are
 * called as users call theirs and as parameters and variables are called. It is compiled, as C17 and C++17, and not
 * run.
 */
#include <stet/atom_map.h>
#include <stet/inspect.h>
#include <stet/list.h>
#include <stet/live_map.h>
#include <stet/map.h>
#include <stet/set.h>

/* ---- types: `name`, with a descriptor called name_type ---- */

#define TYPE(name)        \
    typedef struct name { \
        int kind;         \
    } name;               \
    STET_TYPE_BYTES(name##_type, name)

#define LIST_AND_SET(name)                    \
    TYPE(name)                                \
    STET_LIST(name##_list, name, name##_type) \
    STET_INSPECT_LIST(name##_list)            \
    STET_SET(name##_set, name, name##_type)   \
    STET_ATOM(name##_atom, name##_list)

#define MAPS(key_, value_)                                           \
    TYPE(key_)                                                       \
    TYPE(value_)                                                     \
    STET_MAP(key_##_map, key_, value_, key_##_type, value_##_type)   \
    STET_MAP(key_##_other, key_, value_, key_##_type, value_##_type) \
    STET_INSPECT_MAP(key_##_map)                                     \
    STET_ATOM_MAP(key_##_shared, key_##_map)                         \
    STET_LIVE_MAP(key_##_live, key_##_other)

LIST_AND_SET(element)
LIST_AND_SET(call)
LIST_AND_SET(run)
LIST_AND_SET(l)
LIST_AND_SET(i)
LIST_AND_SET(from)
LIST_AND_SET(edited)
LIST_AND_SET(result)
LIST_AND_SET(at)
LIST_AND_SET(is)
LIST_AND_SET(e)
MAPS(key, value)
MAPS(old, context)
MAPS(fn, it)
MAPS(m, n)
MAPS(keys, values)
MAPS(form, found)
MAPS(before, had)
MAPS(was, w)
MAPS(ops, batch)
MAPS(a, b)
MAPS(in, out)
MAPS(kind, atom)

/* ---- descriptors ---- */

struct pair {
    int first, second;
};
static uint64_t seed(const struct pair *p, uint64_t from_seed) { return (uint64_t)p->first + from_seed; }
static bool hash(const struct pair *x, const struct pair *y) { return x->first == y->first && x->second == y->second; }
static int equal(const struct pair *x, const struct pair *y) { return x->first - y->first; }
static void compare(const struct pair *p) { (void)p; }
static void retain(struct pair *p) { (void)p; }
STET_TYPE(otherwise, struct pair, seed, hash)
STET_TYPE_FULL(release, struct pair, seed, hash, equal, compare, retain, 0)
STET_LIST(pairs, struct pair, release)
STET_MAP(entry, struct pair, struct pair, otherwise, release)

struct object;
void ref(struct object *o);
void unref(struct object *o);
STET_TYPE_REF(name, struct object *, ref, unref)
STET_SET(size, struct object *, name)

/* A map whose key's descriptor is called as the map's own names begin. */
struct conn_key {
    int fd, generation;
};
struct conn_value {
    int rank;
};
STET_TYPE_BYTES(conn_key, struct conn_key)
STET_TYPE_BYTES(conn_value, struct conn_value)
STET_MAP(conn, struct conn_key, struct conn_value, conn_key, conn_value)
STET_ATOM_MAP(conn_table, conn)
STET_SET(conn_map, struct conn_key, conn_key)
STET_LIST(conn_list, struct conn_value, conn_value)
STET_TYPE_BYTES(conn_element, struct conn_key)
STET_LIST(conn_of, struct conn_key, conn_element)

/* ---- collections, atoms and records ---- */

#define COLLECTION(name, of)       \
    STET_LIST(name, int, stet_int) \
    STET_ATOM(of, name)            \
    STET_LIST(name##_row, name, name##_type)

COLLECTION(handle, copy)
COLLECTION(edits, all)
COLLECTION(one, versions)
COLLECTION(g, r)
COLLECTION(holder, expected)
STET_MAP(map, int, long, stet_int, stet_long)
STET_ATOM_MAP(call_map, map)
STET_MAP(young, stet_str, long, stet_str_type, stet_long)
STET_LIVE_MAP(then, young)
STET_MAP(bytes, stet_str, long, stet_str_type, stet_long)
STET_ATOM_MAP(list, bytes)
STET_RECORD(moved, (handle, record), (one, moved_one))
STET_ATOM(edit, moved)
