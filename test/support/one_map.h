/* SPDX-License-Identifier: MIT */
/* one_map.h - included by each_map.h: the suite MAP with its shared functions, and the tests in THEME. */

/* Asserts that the map holds the i-th key with the (i + shift)-th value for from <= i < to, and nothing else. */
static inline bool M(holds)(const MAP *m, unsigned from, unsigned to, unsigned shift)
{
    cr_assert_eq(M(size)(m), to - from, "size is %zu, should be %u", M(size)(m), to - from);
    for (unsigned i = from; i < to; i++) {
        VALUE const *value = M(get)(m, K(i)), expected = V(i + shift);
        cr_assert_not_null(value, "key %u is absent", i);
        cr_assert(stet_type_equal(&VTYPE, value, &expected), "key %u has a wrong value", i);
    }
    size_t visited = 0;
    for (M(cursor) it = M(first)(m); it.key != NULL; M(next)(&it), visited++)
        cr_assert_eq(it.value, M(get)(m, *it.key), "an iterator gives what _get does not");
    cr_assert_eq(visited, to - from, "iteration visits %zu of %u entries", visited, to - from);
    return true;
}

/* Returns the map of the i-th key with the (i + shift)-th value for from <= i < to. */
static inline MAP M(of)(unsigned from, unsigned to, unsigned shift)
{
    MAP m = {0};
    for (unsigned i = from; i < to; i++)
        cr_assert_eq(M(set)(&m, K(i), V(i + shift)), STET_CHANGED);
    return m;
}

#include THEME

#undef MAP
#undef KEY
#undef KTYPE
#undef VALUE
#undef VTYPE
