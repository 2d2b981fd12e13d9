/* SPDX-License-Identifier: MIT */
/* input.h - the bytes of a fuzzer as operations in a world (../support/world.h), some of which lack memory. */
#ifndef TEST_FUZZ_INPUT_H
#define TEST_FUZZ_INPUT_H

#include "../support/testing.h"
#include "../support/world.h"

#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *at, *end;
};

/* Behind the end there are zeros. */
static inline uint8_t take(struct input *in) { return in->at < in->end ? *in->at++ : 0; }

/* An input does the same in every process. */
static inline void seed_for_inputs(void)
{
    setenv("STET_TEST_SEED", "1", 0);
    test_seed();
}

/* The end of an operation: more, and, if the code has 0x80, a byte that says which requests fail. */
static inline void take_rest(struct input *in, struct world *w, uint8_t code, struct op *op)
{
    op->code = (uint8_t)((code & 0x7F) % w->of->operations);
    op->more = take(in);
    op->more |= (uint32_t)take(in) << 8;
    uint8_t fault = code & 0x80 ? take(in) : 0;
    w->fault = code & 0x80 ? 1 + (fault & 63) : 0;
    w->persist = fault & 64 ? UINT64_MAX : 1;
}

typedef struct op take_op_fn(struct input *in, struct world *w, unsigned step);

/* The rest of the input as operations, all checked each `interval` of them; the world ends. */
static inline void run_input(struct input *in, struct world *w, take_op_fn *take_op, unsigned interval)
{
    for (unsigned step = 0; in->at < in->end; step++) {
        struct op op = take_op(in, w, step);
        world_context(w, op, "step %u", step);
        world_apply(w, op);
        if (step % interval == 0)
            world_check(w);
    }
    w->fault = 0;
    world_check(w);
    world_end(w);
    test_nothing_live();
}

#endif
