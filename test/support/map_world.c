/* SPDX-License-Identifier: MIT */
/* map_world.c - what a world (world.h) must know about maps and sets, besides keyed_world.c. */
#include "map_world.h"
#include "keyed_engine.h"
#include "testing.h"

#include <stet/impl/map_body.h>

KEYED_ENGINE(map, struct stet_map_type, map, false, stet_bytes_view, stet_bytes_of)

static struct op op_of(uint64_t word)
{
    return (struct op){.code = (uint8_t)(word % OPS),
                       .a = word >> 8 & 7,
                       .b = word >> 11 & 7,
                       .c = word >> 14 & 7,
                       .key = (uint16_t)(word >> 17 & (MAX_KEYS - 1)),
                       .value = (uint16_t)(word >> 28 & 63),
                       .more = (uint32_t)(word >> 34)};
}

static void audit(struct audit *a, const struct subject *s, const union handle *h)
{
    const struct audit_hooks hooks = {s->key->hold, s->value->hold};
    audit_root(a, map_type_of(s), &hooks, h->map.root);
}

static const char *check(const struct subject *s, const union handle *h, bool fill)
{
    return map_check(map_type_of(s), &h->map, fill);
}

static void compare(const struct world *w, unsigned h)
{
    const struct stet_map_type *t = map_type_of(w->subject);
    const struct stet_map *map = &w->handle[h].map;
    const struct model *m = &w->model[h];
    uint8_t seen[MAX_KEYS] = {0};
    unsigned count = 0;
    struct stet_map_cursor it;
    for (stet_map_cursor_start_(t, map->root, &it); it.entry != NULL; stet_map_cursor_next_(t, &it), count++) {
        unsigned key = key_number(w, it.entry);
        int value = value_number(w, it.entry + t->value_offset);
        REQUIRE(key < w->keys && !seen[key], "handle %u: key %u comes twice, or never was", h, key);
        REQUIRE(value == model_get(m, key), "handle %u has value %d for key %u, the model %d", h, value, key,
                model_get(m, key));
        seen[key] = 1;
    }
    REQUIRE(count == m->size && map->size == m->size, "handle %u has %u entries, size %zu, the model %u", h, count,
            map->size, m->size);
    for (unsigned key = 0; key < w->keys; key++)
        keyed_compare_key(w, h, key);
}

static const struct operation operations[OPS] = {KEYED_OPERATIONS};

const struct collection map_collection = {
    KEYED_COLLECTION(map), .operation = operations, .operations = OPS,  .op_of = op_of,
    .audit = audit,        .check = check,          .compare = compare,
};
