/* SPDX-License-Identifier: MIT */
/*
 * fuzz/map.c - bytes as operations on several handles of a map, beside a model of each (support/map_world.h): some fail
 * for want of memory, and hashes are as bad as the bytes say.
 *
 *   head        subject | keys, handles | interval of checks | entries to begin with, copies of them
 *               hash bits that matter: 8 bytes for each level
 *   operation   code; 0x80: one byte more, the fault | handles a, b; key above | key | value, c | more: 2 bytes | fault
 *
 * STET_TEST_TRACE=1 prints the operations.
 */
#include "../support/map_world.h"
#include "input.h"

/* Keys whose hash is a random number as far as the input's mask lets it through. */
static uint64_t mask[STET_MAP_LEVELS];

static uint64_t masked_hash(const void *key, uint64_t seed)
{
    unsigned level = seed != stet_hash_seed_at(0);
    return rng_mix(*(const uint64_t *)key, level) & mask[level];
}

static bool same_number(const void *a, const void *b) { return *(const uint64_t *)a == *(const uint64_t *)b; }

static bool make_number(void *key, unsigned number)
{
    *(uint64_t *)key = number;
    return true;
}

static unsigned number_of(const void *key) { return (unsigned)*(const uint64_t *)key; }

static const struct stet_type masked_type = {
    .size = 8, .align = 8, .flags = STET_GOOD_HASH, .hash = masked_hash, .equal = same_number};
static const struct element masked = {&masked_type, make_number, number_of, NULL};

/* The values of these are those of the masked maps: plain, lazy, prompt, none. */
static const char *const value_of[] = {"word_map", "lazy_map", "prompt_map", "word_set"};
#define MASKED (sizeof value_of / sizeof value_of[0])

static struct stet_map_type masked_map_type[MASKED];
static struct subject masked_map[MASKED];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    seed_for_inputs();
    for (size_t i = 0; i < MASKED; i++) {
        const struct subject *like = subject_named(value_of[i]);
        masked_map_type[i] = *map_type_of(like);
        masked_map_type[i].key = &masked_type;
        masked_map[i] =
            (struct subject){"masked", like->of, &masked_map_type[i].node, &masked, like->value, MAX_KEYS, NULL};
    }
    return 0;
}

static uint64_t take_word(struct input *in)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < 8; i++)
        word = word << 8 | take(in);
    return word;
}

static const struct subject *take_subject(struct input *in)
{
    unsigned i = take(in);
    return i % 2 != 0 ? &masked_map[i / 2 % MASKED] : &subjects[i / 2 % map_count];
}

static struct op take_op(struct input *in, struct world *w, unsigned step)
{
    (void)step;
    uint8_t code = take(in), handles = take(in), key = take(in), value = take(in);
    struct op op = {.a = handles & 7,
                    .b = handles >> 3 & 7,
                    .c = (uint8_t)(value >> 6 | (key & 1) << 2),
                    .key = (uint16_t)(key | (handles >> 6) << 8),
                    .value = value & 63};
    take_rest(in, w, code, &op);
    return op;
}

/* Entries in handle 0, every other key first; then copies of it, with an entry more each. */
static void begin(struct world *w, uint8_t entries, uint8_t copies)
{
    world_fill(w, 0, 0, 2, entries * w->keys / 256 / 2);
    world_fill(w, 0, 1, 2, entries * w->keys / 256 / 2);
    for (uint8_t h = 1; h < w->handles; h++)
        if (copies >> h & 1) {
            world_apply(w, (struct op){.code = OP_COPY, .a = (uint8_t)(h - 1), .b = h});
            world_fill(w, h, 3u * h, 1, 1);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    static const unsigned keys[] = {6, 12, 24, 48, 48, 100, 200, 1000};
    struct input in = {data, data + size};
    const struct subject *s = take_subject(&in);
    uint8_t shape = take(&in), interval = take(&in) % 64 + 1, entries = take(&in), copies = take(&in);
    for (unsigned level = 0; level < STET_MAP_LEVELS; level++)
        mask[level] = take_word(&in);
    world_begin(&w, s, 1 + (shape & 7), keys[shape >> 3 & 7]);
    begin(&w, entries, copies);
    run_input(&in, &w, take_op, interval);
    return 0;
}
