/* SPDX-License-Identifier: MIT */
/*
 * sorted/model.c - random programs over several sorted maps that share versions, against sorted arrays; with and
 * without memory; for each kind of keys and values. After each operation the invariants hold (sorted_check.h), and now
 * and then all counts are right.
 */
#include "support/live.h"

#ifdef SANITIZED
enum { SHORT_RUN = 1500 };
#else
enum { SHORT_RUN = 6000 };
#endif

#define NAME_TEST_(name, what) name##_##what
#define NAME_TEST(name, what) NAME_TEST_(name, what)

#define SORTED_PROGRAM_TESTS
#include "kinds.h"
