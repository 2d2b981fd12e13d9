/* SPDX-License-Identifier: MIT */
/*
 * fuzz/list.c - bytes as operations on several handles of a list, beside a plain array for each (support/list_world.h):
 * some fail for want of memory.
 *
 *   head        subject | limit, handles | interval of checks | elements to begin with, copies of them
 *   operation   code; 0x80: one byte more, the fault | handles a, b, c | i | j | more: 2 bytes | fault
 *
 * Places are bytes, 0 the first and 255 the last. STET_TEST_TRACE=1 prints the operations.
 */
#include "../support/list_world.h"
#include "../support/testing.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    setenv("STET_TEST_SEED", "1", 0); /* an input does the same in every process */
    test_seed();
    return 0;
}

struct input {
    const uint8_t *at, *end;
};

/* Behind the end there are zeros. */
static uint8_t take(struct input *in) { return in->at < in->end ? *in->at++ : 0; }

/* A byte as a fraction of 2^16: 0 the first place, 255 the last. */
static uint16_t fraction(uint8_t byte) { return (uint16_t)(byte << 8 | byte); }

static struct list_op take_op(struct input *in, struct list_world *w)
{
    struct list_op op = {0};
    uint8_t code = take(in), handles = take(in);
    op.code = (code & 0x7F) % LIST_OPS;
    op.a = handles & 3;
    op.b = handles >> 2 & 3;
    op.c = handles >> 4 & 3;
    op.i = fraction(take(in));
    op.j = fraction(take(in));
    op.more = take(in);
    op.more |= (uint32_t)take(in) << 8;
    uint8_t fault = code & 0x80 ? take(in) : 0;
    w->fault = code & 0x80 ? 1 + (fault & 63) : 0;
    w->persist = fault & 64 ? UINT64_MAX : 1;
    return op;
}

/* Elements in handle 0; then copies of it, with an element more each. */
static void begin(struct list_world *w, uint8_t elements, uint8_t copies)
{
    list_world_fill(w, 0, 0, elements * w->limit / 256);
    for (uint8_t h = 1; h < w->handles; h++)
        if (copies >> h & 1) {
            list_world_apply(w, (struct list_op){.code = LIST_COPY, .a = (uint8_t)(h - 1), .b = h});
            list_world_apply(w, (struct list_op){.code = h % 2 ? LIST_PUSH_BACK : LIST_PUSH_FRONT, .a = h});
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct list_world w;
    static const unsigned limits[] = {20, 60, 120, 120, 300, 300, 700, 2000};
    struct input in = {data, data + size};
    const struct list_subject *s = &list_subjects[take(&in) % list_subject_count];
    uint8_t kind = take(&in), interval = 1 + take(&in) % 16, elements = take(&in), copies = take(&in);
    list_world_begin(&w, s, 2 + (kind >> 3 & 3) % 3, limits[kind & 7]);
    begin(&w, elements, copies);
    bool trace = getenv("STET_TEST_TRACE") != NULL;
    for (unsigned step = 0; in.at < in.end; step++) {
        struct list_op op = take_op(&in, &w);
        op.value = (uint16_t)(step * 3 + 1); /* new ones show when they came */
        test_context("%s: step %u: %s a %u b %u c %u i %x j %x value %u more %x fault %llu", s->name, step,
                     list_op_name(op.code), op.a, op.b, op.c, op.i, op.j, op.value, op.more,
                     (unsigned long long)w.fault);
        if (trace)
            fprintf(stderr, "%s: step %u: %s a %u b %u c %u i %x j %x value %u more %x fault %llu; size %u\n", s->name,
                    step, list_op_name(op.code), op.a, op.b, op.c, op.i, op.j, op.value, op.more,
                    (unsigned long long)w.fault, w.model[op.a % w.handles].size);
        list_world_apply(&w, op);
        if (step % interval == 0)
            list_world_check(&w);
    }
    w.fault = 0;
    list_world_end(&w);
    test_nothing_live();
    return 0;
}
