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
#include "input.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    seed_for_inputs();
    return 0;
}

/* A byte as a fraction of 2^16: 0 the first place, 255 the last. */
static uint16_t fraction(uint8_t byte) { return (uint16_t)(byte << 8 | byte); }

static struct op take_op(struct input *in, struct world *w, unsigned step)
{
    struct op op = {.value = (uint16_t)(step * 3 + 1)}; /* new ones show when they came */
    uint8_t code = take(in), handles = take(in);
    op.a = handles & 3;
    op.b = handles >> 2 & 3;
    op.c = handles >> 4 & 3;
    op.i = fraction(take(in));
    op.j = fraction(take(in));
    take_rest(in, w, code, &op);
    return op;
}

/* Elements in handle 0; then copies of it, with an element more each. */
static void begin(struct world *w, uint8_t elements, uint8_t copies)
{
    world_fill(w, 0, 0, 1, elements * w->limit / 256);
    for (uint8_t h = 1; h < w->handles; h++)
        if (copies >> h & 1) {
            world_apply(w, (struct op){.code = LIST_COPY, .a = (uint8_t)(h - 1), .b = h});
            world_apply(w, (struct op){.code = h % 2 ? LIST_PUSH_BACK : LIST_PUSH_FRONT, .a = h});
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static const unsigned limits[] = {20, 60, 120, 120, 300, 300, 700, 2000};
    struct input in = {data, data + size};
    const struct subject *s = &subjects[map_count + take(&in) % list_count];
    uint8_t kind = take(&in), interval = 1 + take(&in) % 16, elements = take(&in), copies = take(&in);
    world_begin(&w, s, 2 + (kind >> 3 & 3) % 3, limits[kind & 7]);
    begin(&w, elements, copies);
    run_input(&in, &w, take_op, interval);
    return 0;
}
