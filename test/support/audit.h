/* SPDX-License-Identifier: MIT */
/*
 * audit.h - the rules R1-R5 of stet/impl/node.h as an audit of every count, for nodes of any collection.
 *
 * Between audit_begin() and audit_end() the test reports each holder once: each handle (map_check.h, list_check.h),
 * and, by audit_object(), each reference of its own to a reference-counted element. The audit itself finds the nodes
 * and elements that nodes hold. At the end every count must be the number of holders seen.
 */
#ifndef TEST_AUDIT_H
#define TEST_AUDIT_H

#include <stet/impl/node.h>

struct audit {
    struct audit_row *rows;
    size_t used, capacity;
    size_t blocks; /* blocks of the pool that were reached: these must be live */
    const char *error;
};

/*
 * Report what the key and the value of an entry hold, by audit_object() or another handle's audit. NULL: they hold
 * nothing.
 */
struct audit_hooks {
    void (*key)(struct audit *a, const void *key);
    void (*value)(struct audit *a, const void *value);
};

/* Nodes of one type, and the function that reports what a leaf holds. */
struct audit_kind {
    const struct stet_node_type *node;
    void (*leaf)(struct audit *a, const struct audit_kind *kind, stet_ref leaf);
};

void audit_begin(struct audit *a);
/* Reports one holder of the node r. If r is 0, there is no node. */
void audit_node(struct audit *a, const struct audit_kind *kind, stet_ref r);
/* Reports one holder of an object whose count is at *count. in_pool: the object is a block of the pool. */
void audit_object(struct audit *a, const void *object, const uint32_t *count, bool in_pool);
/* Records an error, unless one was recorded before. */
void audit_note(struct audit *a, const char *error);
/* Returns the first error, or NULL if there is none. The text is valid as long as one of wrong(). */
const char *audit_end(struct audit *a);

/* Returns the text of an error, printf-like. It is valid until this thread calls wrong() again. */
__attribute__((format(printf, 1, 2))) const char *wrong(const char *format, ...);

/* Returns from the calling function with the error that `call` returns, unless that is NULL. */
#define TRY(call)                       \
    do {                                \
        const char *wrong_there = call; \
        if (wrong_there != NULL)        \
            return wrong_there;         \
    } while (0)

#endif
