/* SPDX-License-Identifier: MIT */
/*
 * world.h - some handles of one subject beside a model of each, and operations on both.
 *
 * The model is a table by key number, or a plain array of element numbers, and knows nothing of hashes, nodes or
 * sharing. An operation is applied to the library and to the model, and its answer compared with the model's;
 * world_check() compares everything else. Whatever chooses operations - random numbers, a fuzzer's bytes, a fixed list
 * - needs to know no more.
 *
 * All that differs between collections is in the table of each (struct collection): map_world.c, sorted_world.c (which
 * share keyed_world.c), list_world.c. A new one needs such a table, a member of union handle, and rows in subjects.h;
 * then programs.h has its tests.
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include "subjects.h"

#define HANDLES 8
#define ELEMENT_ROOM 4096   /* for the largest element of any subject */
#define LIST_MODEL_MAX 6144 /* operations that would make a longer list do nothing */

union handle {
    struct stet_map map;
    struct stet_list list;
    struct stet_sorted sorted;
};

struct model {
    unsigned size;
    union {
        uint8_t value[MAX_KEYS];         /* of keys, by number. 0: absent; else 1 + number of the value */
        uint16_t number[LIST_MODEL_MAX]; /* of a list: that of each element */
    };
};

/* Which bits of an operation's 64-bit form say what: see op_of() in the table of the collection. */
struct op {
    uint8_t code;    /* below the number of the collection's operations */
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
    unsigned keys;  /* numbers below this are used */
    unsigned limit; /* of the elements of a handle */
    unsigned handles;
    char *key_table, *value_table; /* one of each, with a reference of ours */
    union handle handle[HANDLES];
    struct model model[HANDLES], next, second;
    int64_t live_before;
    bool fill;               /* memory was never short, so nodes are as full as they should be */
    uint64_t fault, persist; /* the pool requests of the next operation that fail, as in stet_pool_fault(); 0: none */
    bool may_fail;           /* for other reasons, too */
    uint64_t requests;       /* of the last operation, if it had faults */
    bool counting;           /* have requests counted though none is to fail */
};

typedef stet_result apply_fn(struct world *w, const struct op *op);

struct operation {
    const char *name;
    apply_fn *apply;
};

/* The operations of one collection, and what the world must know of its handles and models. */
struct collection {
    const struct operation *operation;
    unsigned operations;
    unsigned longest;               /* the longest model; 0: a key comes once, so there are as many elements as keys */
    size_t model_fixed, model_each; /* bytes of a model but for its size: always, and for each element */
    struct op (*op_of)(uint64_t word);                         /* 64 random bits as an operation */
    void (*fit)(const struct world *w, struct op *op);         /* brings everything but handles into its range */
    void (*add)(struct world *w, unsigned h, unsigned number); /* an element more, in the model as well */
    size_t (*size)(const union handle *h);
    bool (*same)(const union handle *a, const union handle *b); /* the same version */
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

/* All handles empty. limit: of the elements of a handle; 0: as many as the model or the subject has. */
void world_begin(struct world *w, const struct subject *s, unsigned handles, unsigned limit);

/* Drops what is left, and makes sure that nothing stays live. */
void world_end(struct world *w);

/* The same without a look at what is live, which may be another thread's. */
void world_leave(struct world *w);

/*
 * Says what is about to be done, for the message of a failure: where, printf-like, and the operation with its faults.
 * STET_TEST_TRACE=1 in the environment prints it.
 */
__attribute__((format(printf, 3, 4))) void world_context(const struct world *w, struct op op, const char *where, ...);

/*
 * Applies the operation. STET_NO_MEMORY: memory was short, and the models are as they were. An answer that the model
 * does not give ends the test.
 */
stet_result world_apply(struct world *w, struct op op);

/* Handle h against its model, each element. */
static inline void world_compare(const struct world *w, unsigned h) { w->of->compare(w, h); }

/* Each handle against its model, by the invariants, and all counts. */
void world_check(struct world *w);

/* Drops handle h, its model becomes empty. */
void world_drop(struct world *w, unsigned h);

/* n elements more in handle h: numbers from `first` on, in steps. For beginnings: checks nothing. */
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

/* result = the call, with the faults that are to come. */
#define CALL(result, ...)       \
    do {                        \
        begin_faults(w);        \
        (result) = __VA_ARGS__; \
        end_faults(w);          \
    } while (0)

void begin_faults(const struct world *w);
void end_faults(struct world *w);

/*
 * The end of an operation that makes w->next of handle `out`: the model's answer must be the library's. before: NULL,
 * or what handle out must still be after the answer that nothing has changed: the same version, and not one request.
 */
stet_result settle(struct world *w, unsigned out, stet_result result, stet_result expected, const union handle *before);

/* On handles as such: from a to b, or of a. */
apply_fn apply_copy, apply_move, apply_swap, apply_drop, apply_drop_later;

#endif
