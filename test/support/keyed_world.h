/* SPDX-License-Identifier: MIT */
/*
 * keyed_world.h - the operations on maps, sets, sorted maps and sorted sets in a world (world.h), as far as all of
 * these have them (stet/impl/keyed.h). map_world.c and sorted_world.c have the others.
 */
#ifndef TEST_KEYED_WORLD_H
#define TEST_KEYED_WORLD_H

#include "world.h"

enum keyed_op_code {
    OP_SET,
    OP_ADD,
    OP_EDIT,
    OP_UPDATE,
    OP_DEL,
    OP_POP,
    OP_WITH,
    OP_WITHOUT,
    OP_SET_FORM, /* where keys are strings, the key is given as bytes; elsewhere like OP_SET ... */
    OP_ADD_FORM,
    OP_EDIT_FORM,
    OP_DEL_FORM,
    OP_COPY,
    OP_MOVE,
    OP_SWAP,
    OP_DROP,
    OP_DROP_LATER,
    OP_SET_MANY,
    OP_FROM_ARRAY,
    OP_FILTER,
    OP_MAP_VALUES,
    OP_COMBINE,
    OP_TRIM,
    OP_GET_MANY,
    OP_DIFF,
    OP_COMPARE, /* equal, within, hash */
    OPS
};

typedef void keyed_update_fn(void *context, const void *old, void *value);
typedef enum stet_fate_ keyed_transform_fn(void *context, const void *key, const void *old, void *value);
typedef bool keyed_diff_fn(void *context, const void *key, const void *a, const void *b);
typedef void keyed_conflict_fn(void *context, const void *key, const void *a, const void *b, void *value);

/* The functions of one engine (keyed_engine.h). form: the descriptor of a key view; NULL: `key` is a key. */
struct keyed_engine {
    bool ordered;           /* it visits keys in the order of their numbers */
    const void *bytes_form; /* of keys given as bytes */
    struct stet_bytes (*bytes)(const void *bytes, size_t n);
    const void *(*get)(const struct subject *s, const union handle *h, const void *form, const void *key);
    stet_result (*put)(const struct subject *s, union handle *h, const void *form, const void *key, const void *value,
                       enum stet_put_mode_ mode);
    stet_result (*edit)(const struct subject *s, union handle *h, const void *form, const void *key, void **value);
    stet_result (*update)(const struct subject *s, union handle *h, const void *key, keyed_update_fn *fn,
                          void *context);
    stet_result (*erase)(const struct subject *s, union handle *h, const void *form, const void *key, void *value);
    stet_result (*with)(const struct subject *s, const union handle *in, union handle *out, const void *key,
                        const void *value);
    stet_result (*without)(const struct subject *s, const union handle *in, union handle *out, const void *key);
    void (*get_many)(const struct subject *s, const union handle *h, const void *keys, size_t n, const void **values);
    stet_result (*set_many)(const struct subject *s, union handle *h, const void *keys, const void *values, size_t n);
    stet_result (*from_array)(const struct subject *s, union handle *out, const void *keys, const void *values,
                              size_t n);
    stet_result (*trim)(const struct subject *s, union handle *h);
    stet_result (*transform)(const struct subject *s, union handle *h, keyed_transform_fn *fn, void *context);
    bool (*diff)(const struct subject *s, const union handle *a, const union handle *b, keyed_diff_fn *fn,
                 void *context);
    bool (*within)(const struct subject *s, const union handle *a, const union handle *b, bool values);
    stet_result (*combine)(const struct subject *s, union handle *h, const union handle *a, const union handle *b,
                           unsigned keep, keyed_conflict_fn *fn, void *context);
    bool (*equal)(const struct subject *s, const union handle *a, const union handle *b);
    uint64_t (*hash)(const struct subject *s, const union handle *h, uint64_t seed);
    stet_ref (*root)(const union handle *h);
};

/* ---- for the tables ---- */

/*
 * KEYED_OPERATIONS are the first operations of a table. The functions below help to write the apply functions of
 * others.
 */
#define KEYED_OPERATIONS                                                                                              \
    [OP_SET] = {"set", keyed_one}, [OP_ADD] = {"add", keyed_one}, [OP_EDIT] = {"edit", keyed_one},                    \
    [OP_UPDATE] = {"update", keyed_one}, [OP_DEL] = {"del", keyed_one}, [OP_POP] = {"pop", keyed_one},                \
    [OP_WITH] = {"with", keyed_one}, [OP_WITHOUT] = {"without", keyed_one}, [OP_SET_FORM] = {"set_form", keyed_one},  \
    [OP_ADD_FORM] = {"add_form", keyed_one}, [OP_EDIT_FORM] = {"edit_form", keyed_one},                               \
    [OP_DEL_FORM] = {"del_form", keyed_one}, [OP_COPY] = {"copy", apply_copy}, [OP_MOVE] = {"move", apply_move},      \
    [OP_SWAP] = {"swap", apply_swap}, [OP_DROP] = {"drop", apply_drop},                                               \
    [OP_DROP_LATER] = {"drop_later", apply_drop_later}, [OP_SET_MANY] = {"set_many", keyed_set_many},                 \
    [OP_FROM_ARRAY] = {"from_array", keyed_from_array}, [OP_FILTER] = {"filter", keyed_transform},                    \
    [OP_MAP_VALUES] = {"map_values", keyed_transform}, [OP_COMBINE] = {"combine", keyed_combine},                     \
    [OP_TRIM] = {"trim", keyed_trim}, [OP_GET_MANY] = {"get_many", keyed_get_many}, [OP_DIFF] = {"diff", keyed_diff}, \
    [OP_COMPARE] = {"compare", keyed_compare}

apply_fn keyed_one, keyed_set_many, keyed_from_array, keyed_transform, keyed_combine, keyed_trim, keyed_get_many,
    keyed_diff, keyed_compare;

void keyed_fit(const struct world *w, struct op *op);
void keyed_add(struct world *w, unsigned h, unsigned key);

/* Values are identified by their numbers. NONE: there is no value. */
enum { NONE = -1 };

static inline int model_get(const struct model *m, unsigned key) { return (int)m->value[key] - 1; }
void model_set(struct model *m, unsigned key, int value);

/* Return the number of a key, and of a value that the library returned (of NULL: NONE). */
unsigned key_number(const struct world *w, const void *key);
int value_number(const struct world *w, const void *value);

/* Requires that handle h has the value for this key that its model has. */
void keyed_compare_key(const struct world *w, unsigned h, unsigned key);

/* Arrays of keys and values, with room for BATCH_MAX. */
#define BATCH_MAX 1500
struct batch {
    char *keys, *values;
    unsigned n;
};

struct batch batch_begin(const struct world *w);
void batch_add(const struct world *w, struct batch *b, unsigned key, int value);
void batch_end(struct batch *b);

/* Ends an operation that has made a new collection, of which w->next is the model: it becomes handle `out`. */
stet_result keyed_take_made(struct world *w, unsigned out, stet_result result, union handle *made);

#endif
