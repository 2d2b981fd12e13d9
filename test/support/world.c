/* SPDX-License-Identifier: MIT */
#include "world.h"
#include "testing.h"

#include <stet/pool.h>

#include <stdlib.h>

/* ---- begin and end ---- */

static const char *key_at(const struct world *w, unsigned number)
{
    return w->key_table + (size_t)number * w->subject->type->key->size;
}

static const char *value_at(const struct world *w, unsigned number)
{
    return w->value_table + (size_t)number * w->subject->type->value->size;
}

static char *make_table(const struct element *e, unsigned n)
{
    char *table = aligned_alloc(64, ((size_t)n * e->type->size + 127) & ~(size_t)63);
    REQUIRE(table != NULL, "no memory for the test itself");
    for (unsigned i = 0; i < n && e->make != NULL; i++)
        REQUIRE(e->make(table + (size_t)i * e->type->size, i), "no memory for the test itself");
    return table;
}

static void free_table(const struct element *e, char *table, unsigned n)
{
    for (unsigned i = 0; i < n && e->type->release != NULL; i++)
        e->type->release(table + (size_t)i * e->type->size);
    free(table);
}

void world_begin(struct world *w, const struct subject *s, unsigned handles, unsigned keys)
{
    memset(w, 0, sizeof *w);
    w->subject = s;
    w->handles = handles;
    w->keys = keys == 0 || keys > s->keys ? s->keys : keys;
    w->fill = true;
    w->live_before = stet_pool_stats().live_blocks;
    w->key_table = make_table(s->key, w->keys);
    w->value_table = make_table(s->value, VALUES);
}

void world_drop(struct world *w, unsigned h)
{
    stet_ref old = w->handle[h].root;
    w->handle[h] = (struct stet_map){0};
    memset(&w->model[h], 0, sizeof w->model[h]);
    stet_node_drop(&w->subject->type->node, old);
}

void world_leave(struct world *w)
{
    for (unsigned h = 0; h < w->handles; h++)
        world_drop(w, h);
    free_table(w->subject->key, w->key_table, w->keys);
    free_table(w->subject->value, w->value_table, VALUES);
}

void world_end(struct world *w)
{
    for (unsigned h = 0; h < w->handles; h++)
        world_drop(w, h);
    world_check(w);
    world_leave(w);
    REQUIRE(stet_pool_stats().live_blocks == w->live_before, "%lld blocks are live at the end",
            (long long)(stet_pool_stats().live_blocks - w->live_before));
}

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
    bool ask = conflicts && (a != b || keep & STET_ASK_EQUAL);
    if (a != NONE && b != NONE)
        return !(keep & STET_BOTH) ? NONE : ask ? merged(a, b, key) : a;
    return a != NONE ? (keep & STET_ONLY_A ? a : NONE) : keep & STET_ONLY_B ? b : NONE;
}

void world_fill(struct world *w, unsigned h, unsigned first, unsigned step, unsigned n)
{
    for (; n > 0; n--, first += step) {
        unsigned key = first % w->keys, value = w->subject->value->make != NULL ? first % VALUES : 0;
        stet_result result =
            stet_map_put_(w->subject->type, &w->handle[h], NULL, key_at(w, key), value_at(w, value), STET_MAP_SET);
        REQUIRE(result != STET_NO_MEMORY, "no memory for the test itself");
        model_set(&w->model[h], key, (int)value);
    }
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

static void begin_faults(const struct world *w)
{
    if (w->fault != 0 || w->counting)
        stet_pool_fault(w->fault, w->persist);
}

static void end_faults(struct world *w)
{
    if (w->fault != 0 || w->counting) {
        w->requests = stet_pool_requests();
        stet_pool_fault_end();
    }
}

/* Fills *value with a reference of the map's. */
static void hand_over(const struct call *c, int number, void *value)
{
    const struct stet_type *type = c->w->subject->type->value;
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

static enum stet_map_fate on_filter(void *context, const void *key, const void *old, void *value)
{
    struct call *c = context;
    (void)value;
    int was = shown(c, old);
    unsigned number = shown_key(c, key, was);
    return kept(number, was, c->more) ? STET_KEEP : STET_REMOVE;
}

static enum stet_map_fate on_map_values(void *context, const void *key, const void *old, void *value)
{
    struct call *c = context;
    int was = shown(c, old);
    unsigned number = shown_key(c, key, was);
    hand_over(c, mapped(was, number, c->more), value);
    return STET_REPLACE;
}

static void on_conflict(void *context, const void *key, const void *a, const void *b, void *value)
{
    struct call *c = context;
    int x = shown(c, a), y = shown(c, b);
    unsigned number = shown_key(c, key, x);
    REQUIRE(y == c->model[1].value[number] - 1, "%d is not b's for key %u", y, number);
    REQUIRE(x != y || c->more & STET_ASK_EQUAL, "no conflict of %d and %d for key %u", x, y, number);
    hand_over(c, merged(x, y, number), value);
}

/* ---- operations that change one handle at one key ---- */

static bool by_form(const struct world *w, const struct op *op)
{
    return op->code >= OP_SET_FORM && op->code <= OP_DEL_FORM && w->subject->type->key->flags & STET_STRING;
}

static stet_result edit(struct world *w, struct stet_map *m, const struct stet_key_form *form, const void *key,
                        const struct op *op, int was)
{
    const struct stet_map_type *t = w->subject->type;
    void *value;
    begin_faults(w);
    stet_result result = stet_map_edit_(t, m, form, key, &value);
    end_faults(w);
    if (result == STET_NO_MEMORY)
        return result;
    int there = (int)number_of(w->subject->value, value);
    REQUIRE(there == (was == NONE ? 0 : was), "edit shows value %d, it was %d", there, was);
    char old[sizeof(uint64_t) * 256];
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
    const struct stet_map_type *t = w->subject->type;
    _Alignas(16) char value[sizeof(uint64_t) * 256];
    begin_faults(w);
    stet_result result = stet_map_del_(t, m, NULL, key, value);
    end_faults(w);
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
    begin_faults(w);
    stet_result result = stet_map_update(w->subject->type, m, NULL, key, on_update, &c);
    end_faults(w);
    REQUIRE(c.calls == 1, "update called its function %u times", c.calls);
    return result;
}

static bool deletes(unsigned code)
{
    return code == OP_DEL || code == OP_DEL_FORM || code == OP_POP || code == OP_WITHOUT;
}

static bool edits(const struct world *w, unsigned code)
{
    return (code == OP_EDIT || code == OP_EDIT_FORM) && w->subject->type->value->size != 0;
}

static stet_result call_one(struct world *w, struct stet_map *m, const struct op *op, int was)
{
    const struct stet_map_type *t = w->subject->type;
    const void *key = key_at(w, op->key), *value = value_at(w, op->value);
    const struct stet_key_form *form = NULL;
    struct stet_bytes bytes;
    if (by_form(w, op)) {
        bytes = stet_bytes_of(stet_str_bytes(key), stet_str_size(key));
        form = &stet_bytes_form;
        key = &bytes;
    }
    if (edits(w, op->code))
        return edit(w, m, form, key, op, was);
    if (op->code == OP_POP)
        return pop(w, m, key, was);
    if (op->code == OP_UPDATE)
        return update(w, m, key, op);
    begin_faults(w);
    bool add = op->code == OP_ADD || op->code == OP_ADD_FORM;
    stet_result result = op->code == OP_WITH      ? stet_map_with_(t, &w->handle[op->a], m, key, value)
                         : op->code == OP_WITHOUT ? stet_map_without_(t, &w->handle[op->a], m, key)
                         : deletes(op->code)      ? stet_map_del_(t, m, form, key, NULL)
                                             : stet_map_put_(t, m, form, key, value, add ? STET_MAP_ADD : STET_MAP_SET);
    end_faults(w);
    return result;
}

/* The model's answer, which must be the library's, and that the one key is as it must be in it. */
static void settle(struct world *w, unsigned h, stet_result result, stet_result expected)
{
    REQUIRE(result == expected, "the answer is %d, the model's is %d", result, expected);
    w->model[h] = w->next;
    REQUIRE(w->handle[h].size == w->next.size, "size %zu, the model's is %u", w->handle[h].size, w->next.size);
}

static void compare_key(const struct world *w, unsigned h, unsigned key)
{
    const void *value = stet_map_get_(w->subject->type, &w->handle[h], NULL, key_at(w, key));
    int have = value == NULL ? NONE : (int)number_of(w->subject->value, value);
    REQUIRE(have == model_get(&w->model[h], key), "handle %u has value %d for key %u, the model %d", h, have, key,
            model_get(&w->model[h], key));
}

static stet_result apply_one(struct world *w, const struct op *op)
{
    unsigned out = op->code == OP_WITH || op->code == OP_WITHOUT ? op->b : op->a;
    int was = model_get(&w->model[op->a], op->key), value = w->subject->value->make != NULL ? op->value : 0;
    bool add = op->code == OP_ADD || op->code == OP_ADD_FORM || w->subject->type->value->size == 0;
    stet_result expected;
    w->next = w->model[op->a];
    if (deletes(op->code)) {
        expected = was != NONE ? STET_CHANGED : STET_UNCHANGED;
        model_set(&w->next, op->key, NONE);
    } else if (edits(w, op->code)) {
        expected = was == NONE ? STET_CHANGED : STET_UNCHANGED;
        model_set(&w->next, op->key, value);
    } else {
        bool unchanged = was != NONE && (add || was == value);
        expected = unchanged ? STET_UNCHANGED : STET_CHANGED;
        if (!unchanged)
            model_set(&w->next, op->key, value);
    }
    stet_ref before = w->handle[op->a].root;
    stet_result result = call_one(w, &w->handle[out], op, was);
    if (result == STET_NO_MEMORY) {
        compare_key(w, op->a, op->key);
        return result;
    }
    settle(w, out, result, expected);
    if (result == STET_UNCHANGED && !edits(w, op->code)) {
        REQUIRE(w->handle[out].root == before, "unchanged, but another version");
        REQUIRE(w->requests == 0, "unchanged, but %llu pool requests", (unsigned long long)w->requests);
    }
    compare_key(w, out, op->key);
    return result;
}

/* ---- operations on handles as such ---- */

static stet_result apply_handles(struct world *w, const struct op *op)
{
    struct stet_map *a = &w->handle[op->a], *b = &w->handle[op->b];
    struct model *from = &w->model[op->a], *to = &w->model[op->b];
    const struct stet_node_type *node = &w->subject->type->node;
    switch (op->code) {
    case OP_COPY:
    case OP_MOVE:
        if (op->a == op->b)
            return STET_UNCHANGED;
        world_drop(w, op->b);
        *b = op->code == OP_COPY ? stet_map_copy_(a) : *a;
        *to = *from;
        if (op->code == OP_MOVE) {
            *a = (struct stet_map){0};
            memset(from, 0, sizeof *from);
        }
        break;
    case OP_SWAP:;
        struct stet_map map = *a;
        *a = *b;
        *b = map;
        w->next = *from;
        *from = *to;
        *to = w->next;
        break;
    case OP_DROP:
        world_drop(w, op->a);
        break;
    default: /* OP_DROP_LATER */
        stet_node_drop_later(node, a->root);
        *a = (struct stet_map){0};
        memset(from, 0, sizeof *from);
        stet_release_some(op->more % 8);
    }
    return STET_CHANGED;
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
    const struct stet_map_type *t = w->subject->type;
    unsigned n = batch_size(op->more);
    if (op->c & 1 && n > w->keys)
        n = w->keys;
    if (n >= 48 && op->c & 2) /* large batches into an empty map are a case of their own */
        world_drop(w, op->a);
    char *keys = batch_room(t->key->size), *values = batch_room(t->value->size);
    stet_result expected = STET_UNCHANGED;
    w->next = w->model[op->a];
    for (unsigned i = 0; i < n; i++) {
        unsigned key = batch_key(w, op, i);
        int was = model_get(&w->next, key), value = t->value->size == 0 ? 0 : (int)((op->value + i / 2) % VALUES);
        memcpy(keys + i * t->key->size, key_at(w, key), t->key->size);
        memcpy(values + i * t->value->size, value_at(w, (unsigned)value), t->value->size);
        if (was != value)
            expected = STET_CHANGED;
        model_set(&w->next, key, value);
    }
    begin_faults(w);
    stet_result result = stet_map_set_many(t, &w->handle[op->a], keys, values, n);
    end_faults(w);
    free(keys);
    free(values);
    if (result != STET_NO_MEMORY)
        settle(w, op->a, result, expected);
    return result;
}

static stet_result apply_get_many(struct world *w, const struct op *op)
{
    const struct stet_map_type *t = w->subject->type;
    unsigned n = batch_size(op->more);
    char *keys = batch_room(t->key->size);
    const void **values = (const void **)(void *)batch_room(sizeof *values);
    for (unsigned i = 0; i < n; i++)
        memcpy(keys + i * t->key->size, key_at(w, batch_key(w, op, i)), t->key->size);
    stet_map_get_many(t, &w->handle[op->a], keys, n, values);
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
    stet_ref before = w->handle[op->a].root;
    w->next = w->model[op->a];
    for (unsigned key = 0; key < w->keys; key++) {
        int was = model_get(&w->next, key), now = was;
        if (was != NONE)
            now = filter ? (kept(key, was, op->more) ? was : NONE) : mapped(was, key, op->more);
        if (now != was)
            expected = STET_CHANGED;
        model_set(&w->next, key, now);
    }
    begin_faults(w);
    stet_result result =
        stet_map_transform(w->subject->type, &w->handle[op->a], filter ? on_filter : on_map_values, &c);
    end_faults(w);
    if (result == STET_NO_MEMORY)
        return result;
    REQUIRE(c.calls == w->model[op->a].size, "called for %u entries of %u", c.calls, w->model[op->a].size);
    settle(w, op->a, result, expected);
    REQUIRE(result == STET_CHANGED || (w->handle[op->a].root == before && w->requests == 0),
            "unchanged, but another version, or %llu pool requests", (unsigned long long)w->requests);
    return result;
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
    stet_ref before = w->handle[op->c].root;
    begin_faults(w);
    stet_result result = stet_map_combine(w->subject->type, &w->handle[op->c], &w->handle[op->a], &w->handle[op->b],
                                          keep, conflicts ? on_conflict : NULL, &c);
    end_faults(w);
    if (result == STET_NO_MEMORY)
        return result;
    /* Equal contents may be another version: only the other direction is certain. */
    settle(w, op->c, result, equal ? result : STET_CHANGED);
    REQUIRE((result == STET_UNCHANGED) == (w->handle[op->c].root == before), "combined: %d, but the version tells more",
            result);
    return result;
}

static stet_result apply_trim(struct world *w, const struct op *op)
{
    begin_faults(w);
    stet_result result = stet_map_trim(w->subject->type, &w->handle[op->a]);
    end_faults(w);
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
    bool all = stet_map_diff(w->subject->type, &w->handle[op->a], &w->handle[op->b], on_difference, &d);
    REQUIRE(all == (expected < limit), "diff answers %d for %u differences, at most %u wanted", all, expected, limit);
    if (expected > limit)
        expected = limit;
    REQUIRE(d.call.calls == expected, "diff tells %u differences of %u", d.call.calls, expected);
    return STET_UNCHANGED;
}

static stet_result apply_compare(struct world *w, const struct op *op)
{
    const struct stet_map_type *t = w->subject->type;
    const struct stet_map *a = &w->handle[op->a], *b = &w->handle[op->b];
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

/* ---- an operation ---- */

static const char *const names[OPS] = {
    "set",      "add",        "edit",     "update", "del",      "pop",  "with",   "without",    "set_form",
    "add_form", "edit_form",  "del_form", "copy",   "move",     "swap", "drop",   "drop_later", "set_many",
    "filter",   "map_values", "combine",  "trim",   "get_many", "diff", "compare"};

const char *op_name(unsigned code) { return code < OPS ? names[code] : "?"; }

struct op op_of(uint64_t word)
{
    return (struct op){.code = (uint8_t)(word % OPS),
                       .a = word >> 8 & 7,
                       .b = word >> 11 & 7,
                       .c = word >> 14 & 7,
                       .key = (uint16_t)(word >> 17 & (MAX_KEYS - 1)),
                       .value = (uint16_t)(word >> 28 & 63),
                       .more = (uint32_t)(word >> 34)};
}

stet_result world_apply(struct world *w, struct op op)
{
    op.a = (uint8_t)(op.a % w->handles);
    op.b = (uint8_t)(op.b % w->handles);
    op.c = (uint8_t)(op.c % w->handles);
    op.key = (uint16_t)(op.key % w->keys);
    op.value %= VALUES;
    w->requests = 0;
    stet_result result;
    if (op.code < OP_COPY)
        result = apply_one(w, &op);
    else if (op.code <= OP_DROP_LATER)
        result = apply_handles(w, &op);
    else
        switch (op.code) {
        case OP_SET_MANY:
            result = apply_set_many(w, &op);
            break;
        case OP_FILTER:
        case OP_MAP_VALUES:
            result = apply_transform(w, &op);
            break;
        case OP_COMBINE:
            result = apply_combine(w, &op);
            break;
        case OP_TRIM:
            result = apply_trim(w, &op);
            break;
        case OP_GET_MANY:
            result = apply_get_many(w, &op);
            break;
        case OP_DIFF:
            result = apply_diff(w, &op);
            break;
        default:
            result = apply_compare(w, &op);
        }
    bool failed = w->fault != 0 && w->requests >= w->fault;
    REQUIRE(result != STET_NO_MEMORY || failed || w->may_fail, "out of memory without a fault");
    if (result == STET_NO_MEMORY || failed)
        w->fill = false;
    return result;
}

/* ---- checks ---- */

void world_compare(const struct world *w, unsigned h)
{
    const struct stet_map_type *t = w->subject->type;
    const struct model *m = &w->model[h];
    uint8_t seen[MAX_KEYS] = {0};
    unsigned count = 0;
    struct stet_map_iter it;
    for (stet_map_iter_start(t, w->handle[h].root, &it); it.entry != NULL; stet_map_iter_next(t, &it), count++) {
        unsigned key = number_of(w->subject->key, it.entry);
        int value = (int)number_of(w->subject->value, it.entry + t->value_offset);
        REQUIRE(key < w->keys && !seen[key], "handle %u: key %u comes twice, or never was", h, key);
        REQUIRE(value == model_get(m, key), "handle %u has value %d for key %u, the model %d", h, value, key,
                model_get(m, key));
        seen[key] = 1;
    }
    REQUIRE(count == m->size && w->handle[h].size == m->size, "handle %u has %u entries, size %zu, the model %u", h,
            count, w->handle[h].size, m->size);
    for (unsigned key = 0; key < w->keys; key++)
        compare_key(w, h, key);
}

static void audit(struct world *w)
{
    const struct subject *s = w->subject;
    const struct audit_hooks hooks = {s->key->hold, s->value->hold};
    struct audit a;
    audit_begin(&a);
    for (unsigned h = 0; h < w->handles; h++)
        audit_root(&a, s->type, &hooks, w->handle[h].root);
    for (unsigned i = 0; i < w->keys && s->key->hold != NULL; i++)
        s->key->hold(&a, key_at(w, i));
    for (unsigned i = 0; i < VALUES && s->value->hold != NULL; i++)
        s->value->hold(&a, value_at(w, i));
    const char *error = audit_end(&a);
    REQUIRE(error == NULL, "%s", error);
    int64_t live = stet_pool_stats().live_blocks - w->live_before;
    REQUIRE(live == (int64_t)a.blocks, "%lld blocks are live, %zu can be reached", (long long)live, a.blocks);
}

void world_check(struct world *w)
{
    while (stet_release_some(1)) /* what OP_DROP_LATER left */
        ;
    audit(w); /* first: it reads no more than counts and refs */
    for (unsigned h = 0; h < w->handles; h++) {
        const char *error = map_check(w->subject->type, &w->handle[h], w->fill);
        REQUIRE(error == NULL, "handle %u: %s", h, error);
        world_compare(w, h);
    }
}
