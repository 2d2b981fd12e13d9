/* SPDX-License-Identifier: MIT */
/*
 * world.h - some handles of one subject beside a model of each, and operations on both.
 *
 * The model is a table by key number, and knows nothing of hashes, nodes or sharing. An operation is applied to the
 * library and to the model, and its answer compared with the model's; world_check() compares everything else. Who has
 * operations to apply - random numbers, a fuzzer's bytes, a fixed list - needs to know no more.
 */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include "subjects.h"

#define HANDLES 8

struct model {
    unsigned size;
    uint8_t value[MAX_KEYS]; /* 0: absent; else 1 + number of the value */
};

/* Which bits of an operation's 64-bit form say what; see op_of(). */
struct op {
    uint8_t code; /* below OPS */
    uint8_t a, b, c;
    uint16_t key, value;
    uint32_t more;
};

enum op_code {
    OP_SET,
    OP_ADD,
    OP_EDIT,
    OP_UPDATE,
    OP_DEL,
    OP_POP,
    OP_WITH,
    OP_WITHOUT,
    OP_SET_FORM, /* the key given as bytes, where the subject has strings for keys; else as OP_SET ... */
    OP_ADD_FORM,
    OP_EDIT_FORM,
    OP_DEL_FORM,
    OP_COPY,
    OP_MOVE,
    OP_SWAP,
    OP_DROP,
    OP_DROP_LATER,
    OP_SET_MANY,
    OP_FILTER,
    OP_MAP_VALUES,
    OP_COMBINE,
    OP_TRIM,
    OP_GET_MANY,
    OP_DIFF,
    OP_COMPARE, /* equal, within, hash */
    OPS
};

struct world {
    const struct subject *subject;
    unsigned keys; /* numbers below this are used */
    unsigned handles;
    char *key_table, *value_table; /* one of each, with a reference of ours */
    struct stet_map handle[HANDLES];
    struct model model[HANDLES], next;
    int64_t live_before;
    bool fill;               /* memory was never short: I5 holds */
    uint64_t fault, persist; /* the pool requests of the next operation that fail, as in stet_pool_fault(); 0: none */
    bool may_fail;           /* for other reasons, too */
    uint64_t requests;       /* of the last operation, if it had faults */
    bool counting;           /* have requests counted though none is to fail */
};

/* All handles empty. keys: 0 for as many as the subject has. */
void world_begin(struct world *w, const struct subject *s, unsigned handles, unsigned keys);

/* Drops what is left, and makes sure that nothing stays live. */
void world_end(struct world *w);

/* The same without a look at what is live, which may be another thread's. */
void world_leave(struct world *w);

/* 64 random bits as an operation. */
struct op op_of(uint64_t word);
const char *op_name(unsigned code);

/*
 * Applies the operation. STET_NO_MEMORY: memory was short, and the models are as they were. An answer that the model
 * does not give ends the test.
 */
stet_result world_apply(struct world *w, struct op op);

/* Handle h against its model: each entry, and each key looked up. */
void world_compare(const struct world *w, unsigned h);

/* Each handle against its model, by the invariants, and all counts. */
void world_check(struct world *w);

/* Drops handle h, its model becomes empty. */
void world_drop(struct world *w, unsigned h);

/* n entries more in handle h: key and value numbers from `first` on, in steps. For beginnings: checks nothing. */
void world_fill(struct world *w, unsigned h, unsigned first, unsigned step, unsigned n);

#endif
