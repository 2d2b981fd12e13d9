/* SPDX-License-Identifier: MIT */
/*
 * map_check.h - walks over whole maps that no user pays for: the invariants I1-I6 of stet/impl/map.h for one handle,
 * and the rules R1-R5 of stet/impl/node.h as an audit of every count, given all live handles.
 */
#ifndef TEST_MAP_CHECK_H
#define TEST_MAP_CHECK_H

#include <stet/impl/map.h>

/*
 * What is wrong with this map by I1-I6, or NULL. fill: I5 as well, which holds unless memory was short.
 * The text is this thread's until its next check.
 */
const char *map_check(const struct stet_map_type *t, const struct stet_map *m, bool fill);

/* What a map is made of, seen from one handle. */
struct map_shape {
    size_t nodes, leaves, chains, overflows;
    unsigned height; /* inner nodes on the longest path, through chains */
    size_t visits;   /* inner nodes on the way to each entry, all entries together */
};

struct map_shape map_shape(const struct stet_map *m);

/*
 * The audit. Between begin and end every holder is named once: each handle by audit_root(), and each reference that
 * the test itself has to a counted element by audit_object(). The elements that nodes hold are found by the walk,
 * which hands them to the hooks. Then every count must be the number of holders seen.
 */
struct audit {
    struct audit_row *rows;
    size_t used, capacity;
    size_t blocks; /* of the pool, reached: what must be live */
    const char *error;
};

/* Tells the audit what an element in a node holds, by audit_object() or audit_root(). NULL: nothing. */
struct audit_hooks {
    void (*key)(struct audit *a, const void *key);
    void (*value)(struct audit *a, const void *value);
};

void audit_begin(struct audit *a);
void audit_root(struct audit *a, const struct stet_map_type *t, const struct audit_hooks *hooks, stet_ref root);
/* One holder of an object whose count is at *count; in_pool: it is a block of the pool, too. */
void audit_object(struct audit *a, const void *object, const uint32_t *count, bool in_pool);
/* What is wrong, or NULL; as map_check(). */
const char *audit_end(struct audit *a);

#endif
