/* SPDX-License-Identifier: MIT */
/*
 * list_world.h - some handles of one list subject beside a plain array for each, and operations on both.
 *
 * The model knows nothing of leaves, trees or sharing. An operation is applied to the library and to the model, and its
 * answer compared with the model's; list_world_check() compares everything else. What world.h is for maps.
 */
#ifndef TEST_LIST_WORLD_H
#define TEST_LIST_WORLD_H

#include "subjects.h"

#define LIST_HANDLES 6
#define LIST_MODEL_MAX 6144 /* operations that would pass this do nothing */

struct list_model {
    unsigned size;
    uint16_t number[LIST_MODEL_MAX]; /* of each element */
};

/*
 * Indices are fractions of 2^16, so that they mean the same in any size: 0 the first, 0xffff the last (or the end).
 * A range is from i on; of up to 40 elements by j, or, if bit 0 of more is set, the fraction j of what follows.
 */
struct list_op {
    uint8_t code; /* below LIST_OPS */
    uint8_t a, b, c;
    uint16_t i, j, value;
    uint32_t more;
};

/* On handle a; b is the other list; what functional forms make goes to c. */
enum list_op_code {
    LIST_SET,
    LIST_SET_SELF,
    LIST_EDIT,
    LIST_UPDATE,
    LIST_PUSH_BACK,
    LIST_PUSH_FRONT,
    LIST_POP_BACK, /* bit 1 of more: the element is wanted */
    LIST_POP_FRONT,
    LIST_INSERT_AT,
    LIST_ERASE_AT,
    LIST_INSERT_LIST,
    LIST_INSERT_ARRAY,
    LIST_ERASE_RANGE,
    LIST_SPLICE,
    LIST_APPEND,
    LIST_APPEND_ARRAY,
    LIST_CONCAT,
    LIST_SLICE,
    LIST_SPLIT_AT, /* to b and c */
    LIST_FROM_ARRAY,
    LIST_WITH,
    LIST_WITH_BACK,
    LIST_WITH_FRONT,
    LIST_WITH_INSERTED,
    LIST_WITHOUT,
    LIST_WITH_INSERTED_LIST,
    LIST_WITH_INSERTED_ARRAY,
    LIST_WITHOUT_RANGE,
    LIST_WITH_SPLICED,
    LIST_FILTER,
    LIST_MAP,
    LIST_SORT,
    LIST_REVERSE,
    LIST_COPY, /* to b, as are the next two */
    LIST_MOVE,
    LIST_SWAP,
    LIST_DROP,
    LIST_DROP_LATER,
    LIST_WALK, /* iterators, chunks, iovecs, to_array */
    LIST_FIND, /* index_of, contains, find, lower_bound */
    LIST_DIFF,
    LIST_COMPARE, /* equal, same, hash */
    LIST_OPS
};

struct list_world {
    const struct list_subject *subject;
    unsigned handles, limit; /* limit: elements of a handle */
    char *table;             /* one element of each number, with a reference of ours */
    struct stet_list handle[LIST_HANDLES];
    struct list_model model[LIST_HANDLES], next, second;
    int64_t live_before;
    bool fill;               /* memory was never short */
    uint64_t fault, persist; /* the pool requests of the next operation that fail, as in stet_pool_fault(); 0: none */
    bool may_fail;           /* for other reasons, too */
    uint64_t requests;       /* of the last operation, if it had faults */
    bool counting;           /* have requests counted though none is to fail */
};

/* All handles empty. limit: 0 for LIST_MODEL_MAX. */
void list_world_begin(struct list_world *w, const struct list_subject *s, unsigned handles, unsigned limit);

/* Drops what is left, and makes sure that nothing stays live. */
void list_world_end(struct list_world *w);

/* The same without a look at what is live, which may be another thread's. */
void list_world_leave(struct list_world *w);

/* 64 random bits as an operation. */
struct list_op list_op_of(uint64_t word);
const char *list_op_name(unsigned code);

/*
 * Applies the operation. STET_NO_MEMORY: memory was short, and the models are as they were. An answer that the model
 * does not give ends the test.
 */
stet_result list_world_apply(struct list_world *w, struct list_op op);

/* Handle h against its model, each element. */
void list_world_compare(const struct list_world *w, unsigned h);

/* Each handle against its model, by the invariants, and all counts. */
void list_world_check(struct list_world *w);

/* Drops handle h, its model becomes empty. */
void list_world_drop(struct list_world *w, unsigned h);

/* n elements more at the back of handle h: numbers from `first` on. For beginnings: checks nothing. */
void list_world_fill(struct list_world *w, unsigned h, unsigned first, unsigned n);

#endif
