/* SPDX-License-Identifier: MIT */
/* map_world.c - what world.h must know of maps and sets: their operations, each beside the model's. */
#include "map_world.h"
#include "testing.h"

#include <stdlib.h>

static const struct stet_map_type *map_type(const struct world *w) { return map_type_of(w->subject); }
static bool same(const union handle *a, const union handle *b) { return a->map.root == b->map.root; }

/* ---- the model ---- */

/* Values are numbered from 0, their absence is NONE. */
#define NONE (-1)

static int model_get(const struct model *m, unsigned key) { return (int)m->value[key] - 1; }

static void model_set(struct model *m, unsigned key, int value)
{
    m->size = m->size + (value != NONE) - (m->value[key] != 0);
    m->value[key] = (uint8_t)(value + 1);
}

static unsigned number_of(const struct element *e, const void *at) { return e->number != NULL ? e->number(at) : 0; }

/* What the functions given to map_values, merge and filter answer, in numbers. `more` makes them differ. */
static int mapped(int value, unsigned key, uint32_t more)
{
    return more % 4 != 0 && rng_mix(key, more) % (more % 4 * 4) != 0 ? value : (value + (int)(more >> 8 & 15)) % VALUES;
}

static int merged(int a, int b, unsigned key) { return (int)((unsigned)(5 * a + 11 * b) + key) % VALUES; }

static bool kept(unsigned key, int value, uint32_t more)
{
    uint64_t random = rng_mix(key, more) % 64;
    switch (more % 8) {
    case 0:
        return true;
    case 1:
        return false;
    case 2:
        return random != 0;
    case 3:
        return random == 0;
    case 4:
        return value % 2 == 0;
    case 5: /* a run of keys of one hash, where hashes are few */
        return key % 16 != (more >> 8) % 16;
    default:
        return random < 32;
    }
}

static int combined(int a, int b, unsigned key, unsigned keep, bool conflicts)
{
    bool ask = conflicts && (a != b || keep & STET_ASK_EQUAL_);
    if (a != NONE && b != NONE)
        return !(keep & STET_BOTH_) ? NONE : ask ? merged(a, b, key) : a;
    return a != NONE ? (keep & STET_ONLY_A_ ? a : NONE) : keep & STET_ONLY_B_ ? b : NONE;
}

/* ---- calling the library ---- */

/* What the callbacks need. */
struct call {
    const struct world *w;
    const struct model *model; /* of the handle, before */
    uint32_t more;
    unsigned key;
    int value;
    unsigned calls;
};

/* Fills *value with a reference of the map's. */
static void hand_over(const struct call *c, int number, void *value)
{
    const struct stet_type *type = c->w->subject->value->type;
    memcpy(value, value_at(c->w, (unsigned)number), type->size);
    if (type->retain != NULL)
        type->retain(value);
}

/* The number of a value that the library shows, or NONE. */
static int shown(const struct call *c, const void *value)
{
    return value == NULL ? NONE : (int)number_of(c->w->subject->value, value);
}

static unsigned shown_key(struct call *c, const void *key, int value)
{
    unsigned number = number_of(c->w->subject->key, key);
    REQUIRE(number < c->w->keys, "key %u shown", number);
    REQUIRE(value == model_get(c->model, number), "value %d shown for key %u, which has %d", value, number,
            model_get(c->model, number));
    c->calls++;
    return number;
}

static void on_update(void *context, const void *old, void *value)
{
    struct call *c = context;
    int was = shown(c, old);
    REQUIRE(was == model_get(c->model, c->key), "update is shown %d for key %u, which has %d", was, c->key,
            model_get(c->model, c->key));
    c->calls++;
    hand_over(c, c->value, value);
}

static enum stet_fate_ on_filter(void *context, const void *key, const void *old, void *value)
{
    struct call *c = context;
    (void)value;
    int was = shown(c, old);
    unsigned number = shown_key(c, key, was);
    return kept(number, was, c->more) ? STET_KEEP_ : STET_REMOVE_;
}

static enum stet_fate_ on_map_values(void *context, const void *key, const void *old, void *value)
{
    struct call *c = context;
    int was = shown(c, old);
    unsigned number = shown_key(c, key, was);
    hand_over(c, mapped(was, number, c->more), value);
    return STET_REPLACE_;
}

static void on_conflict(void *context, const void *key, const void *a, const void *b, void *value)
{
    struct call *c = context;
    int x = shown(c, a), y = shown(c, b);
    unsigned number = shown_key(c, key, x);
    REQUIRE(y == c->model[1].value[number] - 1, "%d is not b's for key %u", y, number);
    REQUIRE(x != y || c->more & STET_ASK_EQUAL_, "no conflict of %d and %d for key %u", x, y, number);
    hand_over(c, merged(x, y, number), value);
}

/* ---- operations that change one handle at one key ---- */

static bool by_form(const struct world *w, const struct op *op)
{
    return op->code >= OP_SET_FORM && op->code <= OP_DEL_FORM && w->subject->key->type->flags & STET_STRING;
}

static stet_result edit(struct world *w, struct stet_map *m, const struct stet_key_view *form, const void *key,
                        const struct op *op, int was)
{
    const struct stet_map_type *t = map_type(w);
    void *value;
    stet_result result;
    CALL(result, stet_map_edit_(t, m, form, key, &value));
    if (result == STET_NO_MEMORY)
        return result;
    int there = (int)number_of(w->subject->value, value);
    REQUIRE(there == (was == NONE ? 0 : was), "edit shows value %d, it was %d", there, was);
    char old[ELEMENT_ROOM];
    memcpy(old, value, t->value->size);
    memcpy(value, value_at(w, op->value), t->value->size);
    if (t->value->retain != NULL) {
        t->value->retain(value);
        t->value->release(old);
    }
    return result;
}

static stet_result pop(struct world *w, struct stet_map *m, const void *key, int was)
{
    const struct stet_map_type *t = map_type(w);
    _Alignas(16) char value[ELEMENT_ROOM];
    stet_result result;
    CALL(result, stet_map_erase_(t, m, NULL, key, value));
    if (result == STET_CHANGED) {
        int popped = (int)number_of(w->subject->value, value);
        REQUIRE(popped == was, "value %d popped, it was %d", popped, was);
        if (t->value->release != NULL)
            t->value->release(value);
    }
    return result;
}

static stet_result update(struct world *w, struct stet_map *m, const void *key, const struct op *op)
{
    struct call c = {.w = w, .model = &w->model[op->a], .key = op->key, .value = op->value};
    stet_result result;
    CALL(result, stet_map_update(map_type(w), m, NULL, key, on_update, &c));
    REQUIRE(c.calls == 1, "update called its function %u times", c.calls);
    return result;
}

static bool deletes(unsigned code)
{
    return code == OP_DEL || code == OP_DEL_FORM || code == OP_POP || code == OP_WITHOUT;
}

static bool edits(const struct world *w, unsigned code)
{
    return (code == OP_EDIT || code == OP_EDIT_FORM) && w->subject->value->type->size != 0;
}

static stet_result call_one(struct world *w, struct stet_map *m, const struct op *op, int was)
{
    const struct stet_map_type *t = map_type(w);
    const struct stet_map *from = &w->handle[op->a].map;
    const void *key = key_at(w, op->key), *value = value_at(w, op->value);
    const struct stet_key_view *form = NULL;
    struct stet_bytes bytes;
    if (by_form(w, op)) {
        bytes = stet_bytes_of(stet_str_bytes(key), stet_str_size(key));
        form = &stet_bytes_view;
        key = &bytes;
    }
    if (edits(w, op->code))
        return edit(w, m, form, key, op, was);
    if (op->code == OP_POP)
        return pop(w, m, key, was);
    if (op->code == OP_UPDATE)
        return update(w, m, key, op);
    bool add = op->code == OP_ADD || op->code == OP_ADD_FORM;
    stet_result result;
    CALL(result, op->code == OP_WITH      ? stet_map_with_(t, from, m, key, value)
                 : op->code == OP_WITHOUT ? stet_map_without_(t, from, m, key)
                 : deletes(op->code)      ? stet_map_erase_(t, m, form, key, NULL)
                                          : stet_map_put_(t, m, form, key, value, add ? STET_PUT_ADD_ : STET_PUT_SET_));
    return result;
}

static void next_from(struct world *w, unsigned h) { copy_model(w->of, &w->next, &w->model[h]); }

static void compare_key(const struct world *w, unsigned h, unsigned key)
{
    const void *value = stet_map_get_(map_type(w), &w->handle[h].map, NULL, key_at(w, key));
    int have = value == NULL ? NONE : (int)number_of(w->subject->value, value);
    REQUIRE(have == model_get(&w->model[h], key), "handle %u has value %d for key %u, the model %d", h, have, key,
            model_get(&w->model[h], key));
}

static stet_result apply_one(struct world *w, const struct op *op)
{
    unsigned out = op->code == OP_WITH || op->code == OP_WITHOUT ? op->b : op->a;
    int was = model_get(&w->model[op->a], op->key), value = w->subject->value->make != NULL ? op->value : 0;
    bool add = op->code == OP_ADD || op->code == OP_ADD_FORM || w->subject->value->type->size == 0;
    bool editing = edits(w, op->code);
    stet_result expected;
    next_from(w, op->a);
    if (deletes(op->code)) {
        expected = was != NONE ? STET_CHANGED : STET_UNCHANGED;
        model_set(&w->next, op->key, NONE);
    } else if (editing) {
        expected = was == NONE ? STET_CHANGED : STET_UNCHANGED;
        model_set(&w->next, op->key, value);
    } else {
        bool unchanged = was != NONE && (add || was == value);
        expected = unchanged ? STET_UNCHANGED : STET_CHANGED;
        if (!unchanged)
            model_set(&w->next, op->key, value);
    }
    const union handle before = w->handle[op->a];
    stet_result result = call_one(w, &w->handle[out].map, op, was);
    settle(w, out, result, expected, editing ? NULL : &before);
    compare_key(w, result == STET_NO_MEMORY ? op->a : out, op->key);
    return result;
}

/* ---- operations on many entries ---- */

/* Room for the largest batch. One in 16 is large enough to be taken in hash order. */
#define BATCH_MAX 1500

static unsigned batch_size(uint32_t more) { return more % 16 == 0 ? (more >> 4) % BATCH_MAX : (more >> 4) % 48; }

static char *batch_room(size_t size)
{
    char *room = aligned_alloc(64, (size * BATCH_MAX + 64) & ~(size_t)63);
    REQUIRE(room != NULL, "no memory for the test itself");
    return room;
}

/* Distinct keys if bit 0 of c is set; else random ones, from a few if their first number is odd. */
static unsigned batch_key(const struct world *w, const struct op *op, unsigned i)
{
    if (op->c & 1)
        return (op->key + i * 7919) % w->keys;
    uint64_t random = rng_mix(op->more, i);
    return op->key % 2 != 0 ? (op->key + (unsigned)(random % 64)) % w->keys : (unsigned)(random % w->keys);
}

static stet_result apply_set_many(struct world *w, const struct op *op)
{
    const struct stet_map_type *t = map_type(w);
    unsigned n = batch_size(op->more);
    if (op->c & 1 && n > w->keys)
        n = w->keys;
    if (n >= 48 && op->c & 2) /* large batches into an empty map are a case of their own */
        world_drop(w, op->a);
    char *keys = batch_room(t->key->size), *values = batch_room(t->value->size);
    stet_result expected = STET_UNCHANGED;
    next_from(w, op->a);
    for (unsigned i = 0; i < n; i++) {
        unsigned key = batch_key(w, op, i);
        int was = model_get(&w->next, key), value = t->value->size == 0 ? 0 : (int)((op->value + i / 2) % VALUES);
        memcpy(keys + i * t->key->size, key_at(w, key), t->key->size);
        memcpy(values + i * t->value->size, value_at(w, (unsigned)value), t->value->size);
        if (was != value)
            expected = STET_CHANGED;
        model_set(&w->next, key, value);
    }
    stet_result result;
    CALL(result, stet_map_set_many(t, &w->handle[op->a].map, keys, values, n));
    free(keys);
    free(values);
    return settle(w, op->a, result, expected, NULL);
}

static stet_result apply_get_many(struct world *w, const struct op *op)
{
    const struct stet_map_type *t = map_type(w);
    unsigned n = batch_size(op->more);
    char *keys = batch_room(t->key->size);
    const void **values = (const void **)(void *)batch_room(sizeof *values);
    for (unsigned i = 0; i < n; i++)
        memcpy(keys + i * t->key->size, key_at(w, batch_key(w, op, i)), t->key->size);
    stet_map_get_many(t, &w->handle[op->a].map, keys, n, values);
    for (unsigned i = 0; i < n; i++) {
        int value = values[i] == NULL ? NONE : (int)number_of(w->subject->value, values[i]);
        int expected = model_get(&w->model[op->a], batch_key(w, op, i));
        REQUIRE(value == expected, "get_many: %d for key %u, the model has %d", value, batch_key(w, op, i), expected);
    }
    free(keys);
    free(values);
    return STET_UNCHANGED;
}

static stet_result apply_transform(struct world *w, const struct op *op)
{
    bool filter = op->code == OP_FILTER || w->subject->value->make == NULL;
    struct call c = {.w = w, .model = &w->model[op->a], .more = op->more};
    stet_result expected = STET_UNCHANGED;
    const union handle before = w->handle[op->a];
    next_from(w, op->a);
    for (unsigned key = 0; key < w->keys; key++) {
        int was = model_get(&w->next, key), now = was;
        if (was != NONE)
            now = filter ? (kept(key, was, op->more) ? was : NONE) : mapped(was, key, op->more);
        if (now != was)
            expected = STET_CHANGED;
        model_set(&w->next, key, now);
    }
    stet_result result;
    CALL(result, stet_map_transform(map_type(w), &w->handle[op->a].map, filter ? on_filter : on_map_values, &c));
    REQUIRE(result == STET_NO_MEMORY || c.calls == w->model[op->a].size, "called for %u entries of %u", c.calls,
            w->model[op->a].size);
    return settle(w, op->a, result, expected, &before);
}

static stet_result apply_combine(struct world *w, const struct op *op)
{
    struct model pair[2] = {w->model[op->a], w->model[op->b]};
    unsigned keep = op->more % 16;
    bool conflicts = op->more & 16 && w->subject->value->make != NULL;
    struct call c = {.w = w, .model = pair, .more = keep};
    bool equal = true;
    memset(&w->next, 0, sizeof w->next);
    for (unsigned key = 0; key < w->keys; key++) {
        int value = combined(model_get(&pair[0], key), model_get(&pair[1], key), key, keep, conflicts);
        model_set(&w->next, key, value);
        equal &= value == model_get(&w->model[op->c], key);
    }
    const union handle before = w->handle[op->c];
    stet_result result;
    CALL(result, stet_map_combine(map_type(w), &w->handle[op->c].map, &w->handle[op->a].map, &w->handle[op->b].map,
                                  keep, conflicts ? on_conflict : NULL, &c));
    /* Equal contents may be another version: only the other direction is certain. */
    settle(w, op->c, result, equal ? result : STET_CHANGED, NULL);
    REQUIRE(result == STET_NO_MEMORY || (result == STET_UNCHANGED) == same(&before, &w->handle[op->c]),
            "combined: %d, but the version tells more", result);
    return result;
}

static stet_result apply_trim(struct world *w, const struct op *op)
{
    stet_result result;
    CALL(result, stet_map_trim(map_type(w), &w->handle[op->a].map));
    return result;
}

/* ---- questions about two handles ---- */

struct differences {
    struct call call; /* model: a's and b's */
    unsigned left;    /* stop when this many are told */
    uint8_t told[MAX_KEYS];
};

static bool on_difference(void *context, const void *key, const void *a, const void *b)
{
    struct differences *d = context;
    int x = shown(&d->call, a), y = shown(&d->call, b);
    unsigned number = shown_key(&d->call, key, x);
    REQUIRE(y == model_get(&d->call.model[1], number), "diff shows %d in b for key %u", y, number);
    REQUIRE(x != y && d->told[number]++ == 0, "key %u told twice, or not different: %d and %d", number, x, y);
    return --d->left != 0;
}

static stet_result apply_diff(struct world *w, const struct op *op)
{
    struct model pair[2] = {w->model[op->a], w->model[op->b]};
    struct differences d = {.call = {.w = w, .model = pair}, .left = op->more % 4 == 0 ? op->more / 4 % 64 + 1 : 0};
    unsigned expected = 0, limit = d.left == 0 ? UINT32_MAX : d.left;
    for (unsigned key = 0; key < w->keys; key++)
        expected += pair[0].value[key] != pair[1].value[key];
    bool all = stet_map_diff(map_type(w), &w->handle[op->a].map, &w->handle[op->b].map, on_difference, &d);
    REQUIRE(all == (expected < limit), "diff answers %d for %u differences, at most %u wanted", all, expected, limit);
    if (expected > limit)
        expected = limit;
    REQUIRE(d.call.calls == expected, "diff tells %u differences of %u", d.call.calls, expected);
    return STET_UNCHANGED;
}

static stet_result apply_compare(struct world *w, const struct op *op)
{
    const struct stet_map_type *t = map_type(w);
    const struct stet_map *a = &w->handle[op->a].map, *b = &w->handle[op->b].map;
    bool equal = true, subset = true, submap = true;
    for (unsigned key = 0; key < w->keys; key++) {
        int x = model_get(&w->model[op->a], key), y = model_get(&w->model[op->b], key);
        equal &= x == y;
        subset &= x == NONE || y != NONE;
        submap &= x == NONE || x == y;
    }
    REQUIRE(stet_map_equal(t, a, b) == equal, "equal: not %d", equal);
    REQUIRE(stet_map_within(t, a, b, false) == subset, "is_subset: not %d", subset);
    REQUIRE(stet_map_within(t, a, b, true) == submap, "is_submap: not %d", submap);
    uint64_t seed = rng_mix(op->more, 0); /* as a good one is: hashes of 0 by the seed 0 are none */
    bool same_hash = stet_map_hash(t, a, seed) == stet_map_hash(t, b, seed);
    REQUIRE(same_hash || !equal, "hash: equal maps, but their hashes differ");
    /* The other way round it is only likely, by 2^64 to 1, and only where we hash the keys. */
    bool good = t->key->hash == NULL || t->key->flags & (STET_WORD | STET_STRING);
    REQUIRE(!same_hash || equal || !good, "hash: different maps have one");
    return STET_UNCHANGED;
}

/* ---- the table ---- */

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

static void fit(const struct world *w, struct op *op)
{
    op->key = (uint16_t)(op->key % w->keys);
    op->value %= VALUES;
}

static void add(struct world *w, unsigned h, unsigned key)
{
    unsigned value = w->subject->value->make != NULL ? key % VALUES : 0;
    stet_result result =
        stet_map_put_(map_type(w), &w->handle[h].map, NULL, key_at(w, key), value_at(w, value), STET_PUT_SET_);
    REQUIRE(result != STET_NO_MEMORY, "no memory for the test itself");
    model_set(&w->model[h], key, (int)value);
}

static size_t size(const union handle *h) { return h->map.size; }

static void copy(const struct subject *s, union handle *to, const union handle *from)
{
    (void)s;
    to->map = stet_map_copy_(&from->map);
}

static void move(const struct subject *s, union handle *to, union handle *from)
{
    (void)s;
    to->map = from->map;
    from->map = (struct stet_map){0};
}

static void swap(const struct subject *s, union handle *a, union handle *b)
{
    (void)s;
    struct stet_map map = a->map;
    a->map = b->map;
    b->map = map;
}

static void drop(const struct subject *s, union handle *h)
{
    stet_ref root = h->map.root;
    h->map = (struct stet_map){0};
    stet_node_drop(s->node, root);
}

static void drop_later(const struct subject *s, union handle *h)
{
    stet_node_drop_later(s->node, h->map.root);
    h->map = (struct stet_map){0};
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
    const struct stet_map_type *t = map_type(w);
    const struct stet_map *map = &w->handle[h].map;
    const struct model *m = &w->model[h];
    uint8_t seen[MAX_KEYS] = {0};
    unsigned count = 0;
    struct stet_map_cursor it;
    for (stet_map_cursor_start_(t, map->root, &it); it.entry != NULL; stet_map_cursor_next_(t, &it), count++) {
        unsigned key = number_of(w->subject->key, it.entry);
        int value = (int)number_of(w->subject->value, it.entry + t->value_offset);
        REQUIRE(key < w->keys && !seen[key], "handle %u: key %u comes twice, or never was", h, key);
        REQUIRE(value == model_get(m, key), "handle %u has value %d for key %u, the model %d", h, value, key,
                model_get(m, key));
        seen[key] = 1;
    }
    REQUIRE(count == m->size && map->size == m->size, "handle %u has %u entries, size %zu, the model %u", h, count,
            map->size, m->size);
    for (unsigned key = 0; key < w->keys; key++)
        compare_key(w, h, key);
}

static const struct operation operations[OPS] = {
    [OP_SET] = {"set", apply_one},
    [OP_ADD] = {"add", apply_one},
    [OP_EDIT] = {"edit", apply_one},
    [OP_UPDATE] = {"update", apply_one},
    [OP_DEL] = {"del", apply_one},
    [OP_POP] = {"pop", apply_one},
    [OP_WITH] = {"with", apply_one},
    [OP_WITHOUT] = {"without", apply_one},
    [OP_SET_FORM] = {"set_form", apply_one},
    [OP_ADD_FORM] = {"add_form", apply_one},
    [OP_EDIT_FORM] = {"edit_form", apply_one},
    [OP_DEL_FORM] = {"del_form", apply_one},
    [OP_COPY] = {"copy", apply_copy},
    [OP_MOVE] = {"move", apply_move},
    [OP_SWAP] = {"swap", apply_swap},
    [OP_DROP] = {"drop", apply_drop},
    [OP_DROP_LATER] = {"drop_later", apply_drop_later},
    [OP_SET_MANY] = {"set_many", apply_set_many},
    [OP_FILTER] = {"filter", apply_transform},
    [OP_MAP_VALUES] = {"map_values", apply_transform},
    [OP_COMBINE] = {"combine", apply_combine},
    [OP_TRIM] = {"trim", apply_trim},
    [OP_GET_MANY] = {"get_many", apply_get_many},
    [OP_DIFF] = {"diff", apply_diff},
    [OP_COMPARE] = {"compare", apply_compare},
};

const struct collection map_collection = {
    .operation = operations,
    .operations = OPS,
    .model_fixed = MAX_KEYS,
    .op_of = op_of,
    .fit = fit,
    .add = add,
    .size = size,
    .same = same,
    .copy = copy,
    .move = move,
    .swap = swap,
    .drop = drop,
    .drop_later = drop_later,
    .audit = audit,
    .check = check,
    .compare = compare,
};
