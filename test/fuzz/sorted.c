/* SPDX-License-Identifier: MIT */
/*
 * fuzz/sorted.c - bytes as operations on several handles of a sorted map or set, beside a model of each
 * (support/sorted_world.h): some fail for want of memory.
 *
 *   head        subject | keys, handles | interval of checks | entries to begin with, copies of them
 *   operation   code; 0x80: one byte more, the fault | handles a, b, c | key | j | their high bits, value | more: 2
 * bytes | fault
 *
 * STET_TEST_TRACE=1 prints the operations.
 */
#include "../support/sorted_world.h"
#include "input.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    seed_for_inputs();
    return 0;
}

static struct op take_op(struct input *in, struct world *w, unsigned step)
{
    (void)step;
    uint8_t code = take(in), handles = take(in), key = take(in), j = take(in), rest = take(in);
    struct op op = {.a = handles & 3,
                    .b = handles >> 2 & 3,
                    .c = handles >> 4 & 3,
                    .key = (uint16_t)(key | (rest >> 7) << 8),
                    .j = (uint16_t)(j | (rest >> 6 & 1) << 8),
                    .value = rest & 63};
    take_rest(in, w, code, &op);
    return op;
}

/* Entries in handle 0, in order; then copies of it, with an entry more each. */
static void begin(struct world *w, uint8_t entries, uint8_t copies)
{
    world_fill(w, 0, 0, 1, entries * w->keys / 256);
    for (uint8_t h = 1; h < w->handles; h++)
        if (copies >> h & 1) {
            world_apply(w, (struct op){.code = OP_COPY, .a = (uint8_t)(h - 1), .b = h});
            world_fill(w, h, w->keys - 3u * h, 1, 1);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static const unsigned keys[] = {12, 24, 48, 48, 100, 200, 200, 512};
    struct input in = {data, data + size};
    unsigned first = map_count + list_count;
    const struct subject *s = &subjects[first + take(&in) % (subject_count - first)];
    uint8_t kind = take(&in), interval = 1 + take(&in) % 16, entries = take(&in), copies = take(&in);
    world_begin(&w, s, 1 + (kind >> 3 & 3), keys[kind & 7]);
    begin(&w, entries, copies);
    run_input(&in, &w, take_op, interval);
    return 0;
}
