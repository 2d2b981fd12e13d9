/* SPDX-License-Identifier: MIT */
/* live_word.c - live maps from words to words. */
#include "live_core.h"
#include "map_instances.h"

bool stet_live_load_word_(struct stet_live *m, const void *key, void *value)
{
    return live_load(&stet_word_map, m, NULL, key, value);
}

stet_result stet_live_store_word_(struct stet_live *m, const void *key, const void *value)
{
    return live_write(&stet_word_map, m, NULL, key, STET_LIVE_STORE, (struct stet_live_write){.value = value});
}

stet_result stet_live_write_word_(struct stet_live *m, const void *key, enum stet_live_op op,
                                  const struct stet_live_write *w)
{
    return live_write(&stet_word_map, m, NULL, key, op, *w);
}
