/* SPDX-License-Identifier: MIT */
/*
 * The macros paste element types: here each macro does so with every way to spell one - a pointer written out, one to
 * const, a typedef of one, tags, one byte, 16 bytes' alignment, the largest - and what comes out is run. Valid C17 and
 * C++17; to the compilers that `run` takes, incompatible pointers are errors.
 */
#include <stet/atom_map.h>
#include <stet/inspect.h>
#include <stet/list.h>
#include <stet/live_map.h>
#include <stet/map.h>
#include <stet/pool.h>
#include <stet/set.h>

#include <stdio.h>

static int failures;

static void check(bool right, const char *spelling, int line)
{
    if (!right && failures++ < 10)
        printf("%s: spelling.h:%d\n", spelling, line);
}

static int ints[150];
#define ID written
#define T int *
#define TTYPE stet_ptr
#define N 150
#define MAKE(i) &ints[i]
#define NUMBER(e) *(e)-ints
#define OF_LIST
#define OF_MAP
#include "spelling.h"

static const char letters[150] = "";
#define ID to_const
#define T const char *
#define TTYPE stet_ptr
#define N 150
#define MAKE(i) &letters[i]
#define NUMBER(e) *(e)-letters
#define OF_LIST
#define OF_MAP
#include "spelling.h"

#define ID to_any
#define T void *
#define TTYPE stet_ptr
#define N 150
#define MAKE(i) &ints[i]
#define NUMBER(e) (const int *)*(e)-ints
#define OF_LIST
#define OF_MAP
#include "spelling.h"

struct point {
    int x, y;
};
static struct point points[150];
#define ID to_tag
#define T const struct point *
#define TTYPE stet_ptr
#define N 150
#define MAKE(i) &points[i]
#define NUMBER(e) *(e)-points
#define OF_LIST
#define OF_MAP
#include "spelling.h"

typedef struct point *point_ptr;
#define ID named
#define T point_ptr
#define TTYPE stet_ptr
#define N 150
#define MAKE(i) &points[i]
#define NUMBER(e) *(e)-points
#define OF_LIST
#define OF_MAP
#include "spelling.h"

STET_TYPE_BYTES(point_type, struct point)
#define ID tag
#define T struct point
#define TTYPE point_type
#define N 150
/* clang-format off */
#define MAKE(i) {i, -(i)}
/* clang-format on */
#define NUMBER(e) ((e)->x == -(e)->y ? (e)->x : -1)
#define OF_LIST
#define OF_MAP
#include "spelling.h"

union number {
    int i;
    unsigned u;
};
STET_TYPE_BYTES(number_type, union number)
#define ID of_union
#define T union number
#define TTYPE number_type
#define N 150
/* clang-format off */
#define MAKE(i) {i}
/* clang-format on */
#define NUMBER(e) (e)->i
#define OF_LIST
#define OF_MAP
#include "spelling.h"

enum color { RED, GREEN, BLUE, BLACK = 255 };
#define ID of_enum
#define T enum color
#define TTYPE stet_uint
#define N 150
#define MAKE(i) (enum color)(i)
#define NUMBER(e) *(e)
#define OF_LIST
#define OF_MAP
#include "spelling.h"

#define ID truth
#define T bool
#define TTYPE stet_bool
#define N 2
#define MAKE(i) (i) != 0
#define NUMBER(e) *(e)
#define OF_LIST
#define OF_MAP
#include "spelling.h"

#define ID byte
#define T unsigned char
#define TTYPE stet_u8
#define N 150
#define MAKE(i) (unsigned char)(i)
#define NUMBER(e) *(e)
#define OF_LIST
#define OF_MAP
#include "spelling.h"

struct wide {
    __attribute__((__aligned__(16))) long a[2];
};
STET_TYPE_BYTES(wide_type, struct wide)
#define ID wide
#define T struct wide
#define TTYPE wide_type
#define N 150
/* clang-format off */
#define MAKE(i) {{i, -(i)}}
/* clang-format on */
#define NUMBER(e) ((uintptr_t)(e) % 16 == 0 && (e)->a[0] == -(e)->a[1] ? (e)->a[0] : -1)
#define OF_LIST
#define OF_MAP
#include "spelling.h"

struct page { /* the largest element */
    int i[1023], last;
};
STET_TYPE_BYTES(page_type, struct page)
#define ID page
#define T struct page
#define TTYPE page_type
#define N 20
/* clang-format off */
#define MAKE(i) {{i}, -(i)}
/* clang-format on */
#define NUMBER(e) ((e)->i[0] == -(e)->last ? (e)->i[0] : -1)
#define OF_LIST
#include "spelling.h"

struct most { /* the largest with a long beside it */
    int i[1021], last;
};
STET_TYPE_BYTES(most_type, struct most)
#define ID most
#define T struct most
#define TTYPE most_type
#define N 20
/* clang-format off */
#define MAKE(i) {{i}, -(i)}
/* clang-format on */
#define NUMBER(e) ((e)->i[0] == -(e)->last ? (e)->i[0] : -1)
#define OF_MAP
#include "spelling.h"

int main(void)
{
    written_lists(), written_sets(), written_maps();
    to_const_lists(), to_const_sets(), to_const_maps();
    to_any_lists(), to_any_sets(), to_any_maps();
    to_tag_lists(), to_tag_sets(), to_tag_maps();
    named_lists(), named_sets(), named_maps();
    tag_lists(), tag_sets(), tag_maps();
    of_union_lists(), of_union_sets(), of_union_maps();
    of_enum_lists(), of_enum_sets(), of_enum_maps();
    truth_lists(), truth_sets(), truth_maps();
    byte_lists(), byte_sets(), byte_maps();
    wide_lists(), wide_sets(), wide_maps();
    page_lists(), page_sets();
    most_maps();
    stet_pool_trim();
    check(stet_pool_stats().live_blocks == 0, "all", 0);
    puts(failures == 0 ? "ok" : "WRONG");
    return failures != 0;
}
