/* SPDX-License-Identifier: MIT */
/* live/word.c - live maps whose keys and values are words (STET_WORD). */
#include "live/core.h"
#include "map/instances.h"

/* The complete operations, which run when a quick attempt gave up. */
static __attribute__((__noinline__)) bool load_word(struct stet_live *m, const void *key, void *value)
{
    return live_load(&stet_word_map, m, NULL, key, value);
}

static __attribute__((__noinline__)) stet_result write_word(struct stet_live *m, struct stet_write *w)
{
    return live_write(&stet_word_map, m, w);
}

static __attribute__((__noinline__)) stet_result store_word(struct stet_live *m, const void *key, const void *value)
{
    return write_word(m, &(struct stet_write){.op = STET_WRITE_STORE, .key = key, .value = value});
}

bool stet_live_load_word_(struct stet_live *m, const void *key, void *value)
{
    int found = live_load_quick(&stet_word_map, m, key, value);
    return STET_LIKELY(found >= 0) ? found == STET_CHANGED : load_word(m, key, value);
}

stet_result stet_live_store_word_(struct stet_live *m, const void *key, const void *value)
{
    struct stet_write w = {.op = STET_WRITE_STORE, .key = key, .value = value};
    int result = live_write_quick(&stet_word_map, m, &w);
    return STET_LIKELY(result >= 0) ? (stet_result)result : store_word(m, key, value);
}

stet_result stet_live_write_word_(struct stet_live *m, struct stet_write *w)
{
    int result = live_write_quick(&stet_word_map, m, w);
    return STET_LIKELY(result >= 0) ? (stet_result)result : write_word(m, w);
}
