/* SPDX-License-Identifier: MIT */
/*
 * subjects.h - the maps and sets that the random, memory, thread and fuzz tests run on: one for each way that elements
 * can be stored, counted and hashed. Keys and values are made of small numbers, and can be read back as these.
 */
#ifndef TEST_SUBJECTS_H
#define TEST_SUBJECTS_H

#include "map_check.h"

#include <stet/map.h>
#include <stet/set.h>
#include <stet/str.h>

#define MAX_KEYS 2048 /* keys have numbers below this */
#define VALUES 61     /* values, too; a value of zero bytes has number 0 */

/* How the elements of one type are made and read. */
struct element {
    const struct stet_type *type;
    bool (*make)(void *e, unsigned number); /* with a reference of the caller's; false: no memory */
    unsigned (*number)(const void *e);
    void (*hold)(struct audit *a, const void *e); /* one holder of what e refers to; NULL: nothing is counted */
};

struct subject {
    const char *name;
    const struct stet_map_type *type;
    const struct element *key, *value;
    unsigned keys; /* at most this many, so that bad hashes do not take all the time */
};

extern const struct subject subjects[];
extern const unsigned subject_count;

/* The subject of this name; there is one. */
const struct subject *subject_named(const char *name);

/* A reference-counted object; its count is atomic. There is one for each key and one for each value. */
struct token {
    uint32_t count;
    uint32_t number;
};

#endif
