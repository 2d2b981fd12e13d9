/* SPDX-License-Identifier: MIT */
/*
 * fuzz/sorted.c - bytes as operations on several handles of a sorted map, beside a sorted array for each
 * (sorted/program.h): some fail for want of memory.
 *
 *   head        kind | how many keys there are
 *   operation   code; 0x80: each of its requests is refused in turn | handles: 2 bytes | key: 2 bytes | another: 2
 * bytes | value | seed: 2 bytes
 */
#pragma GCC diagnostic ignored "-Wunused-function"
#include "../sorted/kinds.h"

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
static unsigned take(struct input *in) { return in->at < in->end ? *in->at++ : 0; }

static unsigned take_two(struct input *in)
{
    unsigned high = take(in);
    return high << 8 | take(in);
}

static struct op take_op(struct input *in, unsigned keys, bool *refusing)
{
    unsigned code = take(in), handles = take_two(in);
    *refusing = (code & 0x80) != 0;
    struct op o = {.code = (enum code)((code & 0x7F) % CODES)};
    o.a = handles % HANDLES;
    o.b = handles / HANDLES % HANDLES;
    o.c = handles / HANDLES / HANDLES % HANDLES;
    o.k = take_two(in) % keys;
    o.k2 = take_two(in) % keys;
    o.v = take(in) % VALUES;
    o.seed = take_two(in);
    return o;
}

#define FUZZ(name)                                                     \
    static void fuzz_##name(struct input *in, unsigned keys)           \
    {                                                                  \
        struct name##_world w;                                         \
        memset(&w, 0, sizeof w);                                       \
        w.fill = true;                                                 \
        name##_prepare();                                              \
        for (unsigned step = 0; in->at < in->end; step++) {            \
            bool refusing;                                             \
            struct op o = take_op(in, keys, &refusing);                \
            test_context(#name ", step %u, op %d", step, (int)o.code); \
            name##_apply(&w, o, refusing);                             \
        }                                                              \
        name##_audit(&w);                                              \
        for (unsigned h = 0; h < HANDLES; h++)                         \
            name##_map_drop(&w.handle[h]);                             \
        name##_finish();                                               \
    }
FUZZ(words)
FUZZ(strings)
FUZZ(objects)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, data + size};
    unsigned kind = take(&in) % 3, keys = 1 + take(&in) * (KEYS - 1) / 255;
    if (kind == 0)
        fuzz_words(&in, keys);
    else if (kind == 1)
        fuzz_strings(&in, keys);
    else
        fuzz_objects(&in, keys);
    test_nothing_live();
    return 0;
}
