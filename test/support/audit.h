/* SPDX-License-Identifier: MIT */
/*
 * audit.h - the rules R1-R5 of stet/impl/node.h as an audit of every count, for nodes of any collection.
 *
 * Between begin and end every holder is named once: each handle (map_check.h, list_check.h), and by audit_object()
 * each reference that the test itself has to a counted element. What nodes hold is found by the walk. Then every count
 * must be the number of holders seen.
 */
#ifndef TEST_AUDIT_H
#define TEST_AUDIT_H

#include <stet/impl/node.h>

struct audit {
    struct audit_row *rows;
    size_t used, capacity;
    size_t blocks; /* of the pool, reached: what must be live */
    const char *error;
};

/* What the key and the value of an entry hold, by audit_object() or another handle's audit. NULL: nothing. */
struct audit_hooks {
    void (*key)(struct audit *a, const void *key);
    void (*value)(struct audit *a, const void *value);
};

/* Nodes of one type, and how a leaf that is reached names what it holds. */
struct audit_kind {
    const struct stet_node_type *node;
    void (*leaf)(struct audit *a, const struct audit_kind *kind, stet_ref leaf);
};

void audit_begin(struct audit *a);
/* One holder of a node; 0: of none. */
void audit_node(struct audit *a, const struct audit_kind *kind, stet_ref r);
/* One holder of an object whose count is at *count; in_pool: it is a block of the pool, too. */
void audit_object(struct audit *a, const void *object, const uint32_t *count, bool in_pool);
/* What is wrong, if nothing was before. */
void audit_note(struct audit *a, const char *error);
/* What is wrong, or NULL; as wrong(). */
const char *audit_end(struct audit *a);

/* What is wrong, printf-like. The text is this thread's until the next. */
__attribute__((format(printf, 1, 2))) const char *wrong(const char *format, ...);

/* From what is wrong, at once. */
#define TRY(call)                       \
    do {                                \
        const char *wrong_there = call; \
        if (wrong_there != NULL)        \
            return wrong_there;         \
    } while (0)

#endif
