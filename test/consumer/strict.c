/* SPDX-License-Identifier: MIT */
/*
 * Whose warnings are errors, and strict: what a program of this kind makes of the headers, included as a subproject's
 * are, and of generated code. Variables of its own have the names that code has for its parameters. Compiled, not run.
 */
extern int a, actual, all, at, atom, b, back, batch, before, begin, published, bytes, call, context, copy, core, count,
    e, edit, edited, element, elements, end, entry, expected, fn, form, found, from, front, g, had, handle, hash, high,
    holder, i, in, index_of, into, is, it, joined, keep, key, keys, l, left, leaf, low, m, made, map, max, moved, n,
    node, now, old, one, ops, other, otherwise, out, pairs, r, record, result, root, right, run, s, seed, set, size,
    slot, t, then, there, to, type, v, value, values, version, w, was, young;

#include <stet/stet.h>

struct point {
    short x, y;
};
STET_TYPE_BYTES(point_type, struct point)
struct shape {
    struct point corner[4];
};
static inline uint64_t shape_hash(const struct shape *shape, uint64_t key_of_hash)
{
    return stet_hash_bytes(shape->corner, sizeof shape->corner, key_of_hash);
}
static inline bool shape_equal(const struct shape *one_shape, const struct shape *another)
{
    return one_shape->corner[0].x == another->corner[0].x;
}
STET_TYPE(shape_type, struct shape, shape_hash, shape_equal)

STET_LIST(row, int, stet_int)
STET_INSPECT_LIST(row)
STET_LIST(lines, stet_str, stet_str_type)
STET_MAP(rows, stet_str, row, stet_str_type, row_type)
STET_MAP(other_rows, stet_str, row, stet_str_type, row_type)
STET_MAP(numbers, long, double, stet_long, stet_double)
STET_INSPECT_MAP(numbers)
STET_MAP(named_rows, bool, row)
STET_LIST(named_lines, stet_str)
STET_SORTED_SET(named_ranks, double)
STET_SET(points, struct point, point_type)
STET_SET(shapes, struct shape, shape_type)
STET_SET(names, stet_str, stet_str_type)
STET_ATOM(row_atom, rows)
STET_RECORD(both, (rows, by_name), (points, by_place))
STET_ATOM(both_atom, both)
STET_ATOM_MAP(shared_rows, other_rows)
STET_LIVE_MAP(live_rows, rows)
STET_LIVE_MAP(live_numbers, numbers)
