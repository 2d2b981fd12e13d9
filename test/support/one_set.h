/* SPDX-License-Identifier: MIT */
/* one_set.h - included by each_set.h: the suite SET with its shared functions, and the tests in THEME. */

/* Asserts that the set holds the i-th elements for from <= i < to, and nothing else. */
static inline bool S(holds)(const SET *s, unsigned from, unsigned to)
{
    cr_assert_eq(S(size)(s), to - from, "size is %zu, should be %u", S(size)(s), to - from);
    for (unsigned i = from; i < to; i++)
        cr_assert(S(has)(s, K(i)), "element %u is absent", i);
    size_t visited = 0;
    for (S(cursor) it = S(first)(s); it.key != NULL; S(next)(&it), visited++)
        cr_assert_eq(it.key, S(get)(s, *it.key), "an iterator gives what _get does not");
    cr_assert_eq(visited, to - from, "iteration visits %zu of %u elements", visited, to - from);
    return true;
}

static inline SET S(of)(unsigned from, unsigned to)
{
    SET s = {0};
    for (unsigned i = from; i < to; i++)
        cr_assert_eq(S(add)(&s, K(i)), STET_CHANGED);
    return s;
}

#include THEME

#undef SET
#undef KEY
#undef KTYPE
