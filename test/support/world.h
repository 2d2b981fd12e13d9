/* SPDX-License-Identifier: MIT */
/*
 * world.h - several handles of one subject, a model of each, and operations on both.
 *
 * The model is a table by key number, or a plain array of element numbers, and knows nothing of hashes, nodes or
 * sharing. An operation is applied to the library and to the model, and the two results are compared; world_check()
 * compares everything else. The program that chooses operations - by random numbers, a fuzzer's bytes, a fixed list -
 * needs to know no more.
 *
 * All that differs between collections is in the table of each (struct collection): map_world.c, sorted_world.c (which
 * share keyed_world.c), list_world.c. A new collection needs such a table, a member of union handle, and rows in
 * subjects.h; programs.h then has its tests.
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include "subjects.h"

#define HANDLES 8
#define ELEMENT_ROOM 4096   /* for the largest element of any subject */
#define LIST_MODEL_MAX 6144 /* an operation that would make a longer list does nothing */

union handle {
    struct stet_map map;
    struct stet_list list;
    struct stet_sorted sorted;
};

struct model {
    unsigned size;
    union {
        uint8_t value[MAX_KEYS];         /* for each key, by number: 0: absent, else 1 + number of the value */
        uint16_t number[LIST_MODEL_MAX]; /* of a list: the number of each element */
    };
};

/* An operation. The op_of() of a collection makes one of 64 bits. */
struct op {
    uint8_t code;    /* less than the collection's `operations` */
    uint8_t a, b, c; /* handles */
    union {
        uint16_t key, i;
    };
    uint16_t j, value;
    uint32_t more;
};

struct world {
    const struct subject *subject;
    const struct collection *of;
    unsigned keys;  /* keys (elements of a list) have numbers below this */
    unsigned limit; /* of elements in a handle */
    unsigned handles;
    char *key_table, *value_table; /* one key, or value, of each number, with a reference */
    union handle handle[HANDLES];
    struct model model[HANDLES], next, second;
    int64_t live_before;
    bool fill;               /* memory was never short, so nodes are as full as they should be */
    uint64_t fault, persist; /* the pool requests of the next operation that fail, as in stet_pool_fault(); 0: none */
    bool may_fail;           /* requests may fail for other reasons, too */
    uint64_t requests;       /* pool requests of the last operation, if it had faults */
    bool counting;           /* counts requests even if none is to fail */
};

typedef stet_result apply_fn(struct world *w, const struct op *op);

struct operation {
    const char *name;
    apply_fn *apply;
};

/* The operations of one collection, and what the world must know about its handles and models. */
struct collection {
    const struct operation *operation;
    unsigned operations;
    unsigned longest;                  /* the longest model; 0: keys are distinct, so the number of keys is the limit */
    size_t model_fixed, model_each;    /* bytes of a model behind its size: fixed, and for each element */
    struct op (*op_of)(uint64_t word); /* makes an operation of 64 random bits */
    void (*fit)(const struct world *w, struct op *op);         /* brings all members but handles into their ranges */
    void (*add)(struct world *w, unsigned h, unsigned number); /* adds an element, to the model as well */
    size_t (*size)(const union handle *h);
    bool (*same)(const union handle *a, const union handle *b); /* whether they are the same version */
    void (*copy)(const struct subject *s, union handle *to, const union handle *from);
    void (*move)(const struct subject *s, union handle *to, union handle *from);
    void (*swap)(const struct subject *s, union handle *a, union handle *b);
    void (*drop)(const struct subject *s, union handle *h);
    void (*drop_later)(const struct subject *s, union handle *h);
    void (*audit)(struct audit *a, const struct subject *s, const union handle *h);
    const char *(*check)(const struct subject *s, const union handle *h, bool fill);
    void (*compare)(const struct world *w, unsigned h);
    const struct keyed_engine *keyed; /* of a collection of keys: keyed_world.h */
};

/*
 * Begins with empty handles. limit: how many elements a handle may have; 0: as many as the model or the subject has
 * room for.
 */
void world_begin(struct world *w, const struct subject *s, unsigned handles, unsigned limit);

/* Drops all handles, and requires that nothing stays live. */
void world_end(struct world *w);

/* The same, but does not check what is live, which may belong to another thread. */
void world_leave(struct world *w);

/*
 * Sets the context for the message of a failure (test_context()): where, printf-like, and the operation with its
 * faults. STET_TEST_TRACE=1 in the environment prints it.
 */
__attribute__((format(printf, 3, 4))) void world_context(const struct world *w, struct op op, const char *where, ...);

/*
 * Applies the operation. STET_NO_MEMORY: memory was short, and the models are as they were. If the result is not the
 * model's, the test ends.
 */
stet_result world_apply(struct world *w, struct op op);

/* Compares each element of handle h with its model. */
static inline void world_compare(const struct world *w, unsigned h) { w->of->compare(w, h); }

/* Compares each handle with its model, and checks its invariants, and all counts. */
void world_check(struct world *w);

/* Drops handle h, and empties its model. */
void world_drop(struct world *w, unsigned h);

/*
 * Adds n elements to handle h, of the numbers first, first + step, ... Checks nothing: this is for the beginning of a
 * test.
 */
void world_fill(struct world *w, unsigned h, unsigned first, unsigned step, unsigned n);

void copy_model(const struct collection *of, struct model *to, const struct model *from);

/* ---- for the tables ---- */

static inline const char *key_at(const struct world *w, unsigned number)
{
    return w->key_table + (size_t)number * w->subject->key->type->size;
}

static inline const char *value_at(const struct world *w, unsigned number)
{
    return w->value_table + (size_t)number * w->subject->value->type->size;
}

/* Calls the library with the faults that w->fault asks for: result = the call. */
#define CALL(result, ...)       \
    do {                        \
        begin_faults(w);        \
        (result) = __VA_ARGS__; \
        end_faults(w);          \
    } while (0)

void begin_faults(const struct world *w);
void end_faults(struct world *w);

/*
 * Ends an operation that makes w->next the model of handle `out`: the library's result must be the expected one.
 * before: NULL, or the version that handle `out` must still have if the result is STET_UNCHANGED; then there must have
 * been no request for memory, either.
 */
stet_result settle(struct world *w, unsigned out, stet_result result, stet_result expected, const union handle *before);

/* Operations on handles themselves: from a to b, or on a. */
apply_fn apply_copy, apply_move, apply_swap, apply_drop, apply_drop_later;

#endif
