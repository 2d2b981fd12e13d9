/* SPDX-License-Identifier: MIT */
/* keyed_world.c - the operations of all collections of keys (keyed_world.h), each compared with the model's. */
#include "keyed_world.h"
#include "testing.h"
#include "thread/os.h"

#include <stdlib.h>

static const struct keyed_engine *engine(const struct world *w) { return w->of->keyed; }

/* ---- the model ---- */

void model_set(struct model *m, unsigned key, int value)
{
    m->size = m->size + (value != NONE) - (m->value[key] != 0);
    m->value[key] = (uint8_t)(value + 1);
}

unsigned key_number(const struct world *w, const void *key) { return w->subject->key->number(key); }

int value_number(const struct world *w, const void *value)
{
    const struct element *e = w->subject->value;
    return value == NULL ? NONE : e->number != NULL ? (int)e->number(value) : 0;
}

/* The results, in numbers, of the functions given to map_values, merge and filter. They depend on `more`. */
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
    case 5: /* where there are few hashes: removes keys of one hash */
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

/* The context of the callbacks. */
struct call {
    const struct world *w;
    const struct model *model; /* of the handle, before the call */
    uint32_t more;
    unsigned key; /* the key of the call; where keys are visited in order, the last one visited */
    int value;
    unsigned calls;
};

/* Fills in *value, with a reference that the map takes over. */
static void hand_over(const struct call *c, int number, void *value)
{
    const struct stet_type *type = c->w->subject->value->type;
    memcpy(value, value_at(c->w, (unsigned)number), type->size);
    if (type->retain != NULL)
        type->retain(value);
}

/* Returns the number of a value that the library passed to a callback; if that is NULL, NONE. */
static int shown(const struct call *c, const void *value) { return value_number(c->w, value); }

static unsigned shown_key(struct call *c, const void *key, int value)
{
    unsigned number = key_number(c->w, key);
    REQUIRE(number < c->w->keys, "key %u shown", number);
    REQUIRE(!engine(c->w)->ordered || c->calls == 0 || number > c->key, "key %u shown behind %u", number, c->key);
    c->key = number;
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
    int was = c->w->subject->value->make == NULL ? 0 : shown(c, old);
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

static stet_result edit(struct world *w, union handle *h, const void *form, const void *key, const struct op *op,
                        int was)
{
    const struct stet_type *type = w->subject->value->type;
    void *value;
    stet_result result;
    CALL(result, engine(w)->edit(w->subject, h, form, key, &value));
    if (result == STET_NO_MEMORY)
        return result;
    int there = value_number(w, value);
    REQUIRE(there == (was == NONE ? 0 : was), "edit shows value %d, it was %d", there, was);
    char old[ELEMENT_ROOM];
    memcpy(old, value, type->size);
    memcpy(value, value_at(w, op->value), type->size);
    if (type->retain != NULL) {
        type->retain(value);
        type->release(old);
    }
    return result;
}

static stet_result pop(struct world *w, union handle *h, const void *key, int was)
{
    const struct stet_type *type = w->subject->value->type;
    _Alignas(16) char value[ELEMENT_ROOM];
    stet_result result;
    CALL(result, engine(w)->erase(w->subject, h, NULL, key, value));
    if (result == STET_CHANGED) {
        int popped = value_number(w, value);
        REQUIRE(popped == was, "value %d popped, it was %d", popped, was);
        if (type->release != NULL)
            type->release(value);
    }
    return result;
}

static stet_result update(struct world *w, union handle *h, const void *key, const struct op *op)
{
    struct call c = {.w = w, .model = &w->model[op->a], .key = op->key, .value = op->value};
    stet_result result;
    CALL(result, engine(w)->update(w->subject, h, key, on_update, &c));
    REQUIRE(c.calls == 1, "update called its function %u times", c.calls);
    return result;
}

static bool deletes(unsigned code)
{
    return code == OP_DEL || code == OP_DEL_FORM || code == OP_POP || code == OP_WITHOUT;
}

static bool has_values(const struct world *w) { return w->subject->value->type->size != 0; }

static bool edits(const struct world *w, unsigned code)
{
    return (code == OP_EDIT || code == OP_EDIT_FORM) && has_values(w);
}

static stet_result call_one(struct world *w, union handle *h, const struct op *op, int was)
{
    const struct keyed_engine *k = engine(w);
    const struct subject *s = w->subject;
    const union handle *from = &w->handle[op->a];
    const void *key = key_at(w, op->key), *value = value_at(w, op->value), *form = NULL;
    struct stet_bytes bytes;
    if (by_form(w, op)) {
        bytes = k->bytes(stet_str_bytes(key), stet_str_size(key));
        form = k->bytes_form;
        key = &bytes;
    }
    if (edits(w, op->code))
        return edit(w, h, form, key, op, was);
    if (op->code == OP_POP)
        return pop(w, h, key, was);
    if (op->code == OP_UPDATE && has_values(w))
        return update(w, h, key, op);
    bool add = op->code == OP_ADD || op->code == OP_ADD_FORM;
    stet_result result;
    CALL(result, op->code == OP_WITH      ? k->with(s, from, h, key, value)
                 : op->code == OP_WITHOUT ? k->without(s, from, h, key)
                 : deletes(op->code)      ? k->erase(s, h, form, key, NULL)
                                          : k->put(s, h, form, key, value, add ? STET_PUT_ADD_ : STET_PUT_SET_));
    return result;
}

static void next_from(struct world *w, unsigned h) { copy_model(w->of, &w->next, &w->model[h]); }

void keyed_compare_key(const struct world *w, unsigned h, unsigned key)
{
    int have = value_number(w, engine(w)->get(w->subject, &w->handle[h], NULL, key_at(w, key)));
    REQUIRE(have == model_get(&w->model[h], key), "handle %u has value %d for key %u, the model %d", h, have, key,
            model_get(&w->model[h], key));
}

stet_result keyed_one(struct world *w, const struct op *op)
{
    unsigned out = op->code == OP_WITH || op->code == OP_WITHOUT ? op->b : op->a;
    int was = model_get(&w->model[op->a], op->key), value = w->subject->value->make != NULL ? op->value : 0;
    bool add = op->code == OP_ADD || op->code == OP_ADD_FORM || !has_values(w);
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
    stet_result result = call_one(w, &w->handle[out], op, was);
    settle(w, out, result, expected, editing ? NULL : &before);
    keyed_compare_key(w, result == STET_NO_MEMORY ? op->a : out, op->key);
    return result;
}

/* ---- operations on many entries ---- */

/* One batch in 16 is large, so that it is added in the order of hashes. */
static unsigned batch_size(uint32_t more) { return more % 16 == 0 ? (more >> 4) % BATCH_MAX : (more >> 4) % 48; }

static char *batch_room(size_t size)
{
    char *room = os_allocate(size * BATCH_MAX + 64, 64);
    REQUIRE(room != NULL, "no memory for the test itself");
    return room;
}

struct batch batch_begin(const struct world *w)
{
    return (struct batch){batch_room(w->subject->key->type->size), batch_room(w->subject->value->type->size), 0};
}

void batch_end(struct batch *b)
{
    os_free(b->keys);
    os_free(b->values);
}

void batch_add(const struct world *w, struct batch *b, unsigned key, int value)
{
    size_t key_size = w->subject->key->type->size, value_size = w->subject->value->type->size;
    memcpy(b->keys + b->n * key_size, key_at(w, key), key_size);
    memcpy(b->values + b->n++ * value_size, value_at(w, (unsigned)value), value_size);
}

/*
 * Returns the i-th key of a batch. The keys are distinct if bit 0 of c is set; else random, within 64 of op->key if
 * that is odd.
 */
static unsigned batch_key(const struct world *w, const struct op *op, unsigned i)
{
    if (op->c & 1)
        return (op->key + i * 7919) % w->keys;
    uint64_t random = rng_mix(op->more, i);
    return op->key % 2 != 0 ? (op->key + (unsigned)(random % 64)) % w->keys : (unsigned)(random % w->keys);
}

/* Makes the batch of an operation, and adds it to w->next. *changed: whether that changes w->next. */
static struct batch make_batch(struct world *w, const struct op *op, bool *changed)
{
    unsigned n = batch_size(op->more);
    struct batch b = batch_begin(w);
    if (op->c & 1 && n > w->keys)
        n = w->keys;
    *changed = false;
    for (unsigned i = 0; i < n; i++) {
        unsigned key = batch_key(w, op, i);
        int value = has_values(w) ? (int)((op->value + i / 2) % VALUES) : 0;
        *changed |= model_get(&w->next, key) != value;
        batch_add(w, &b, key, value);
        model_set(&w->next, key, value);
    }
    return b;
}

stet_result keyed_set_many(struct world *w, const struct op *op)
{
    bool changed;
    if (batch_size(op->more) >= 48 && op->c & 2) /* batches into an empty map are a case of their own */
        world_drop(w, op->a);
    next_from(w, op->a);
    struct batch b = make_batch(w, op, &changed);
    stet_result result;
    CALL(result, engine(w)->set_many(w->subject, &w->handle[op->a], b.keys, b.values, b.n));
    batch_end(&b);
    return settle(w, op->a, result, changed ? STET_CHANGED : STET_UNCHANGED, NULL);
}

stet_result keyed_take_made(struct world *w, unsigned out, stet_result result, union handle *made)
{
    REQUIRE(result == STET_CHANGED || w->of->size(made) == 0, "nothing was made, but it has entries");
    if (result == STET_NO_MEMORY)
        return result;
    w->of->drop(w->subject, &w->handle[out]);
    w->handle[out] = *made;
    return settle(w, out, result, w->next.size != 0 ? STET_CHANGED : STET_UNCHANGED, NULL);
}

stet_result keyed_from_array(struct world *w, const struct op *op)
{
    bool changed;
    union handle made;
    memset(&w->next, 0, sizeof w->next);
    struct batch b = make_batch(w, op, &changed);
    stet_result result;
    CALL(result, engine(w)->from_array(w->subject, &made, b.keys, b.values, b.n));
    batch_end(&b);
    return keyed_take_made(w, op->a, result, &made);
}

stet_result keyed_get_many(struct world *w, const struct op *op)
{
    unsigned n = batch_size(op->more);
    struct batch b = batch_begin(w);
    const void **values = (const void **)(void *)batch_room(sizeof *values);
    for (unsigned i = 0; i < n; i++)
        batch_add(w, &b, batch_key(w, op, i), 0);
    engine(w)->get_many(w->subject, &w->handle[op->a], b.keys, n, values);
    for (unsigned i = 0; i < n; i++) {
        int value = value_number(w, values[i]), expected = model_get(&w->model[op->a], batch_key(w, op, i));
        REQUIRE(value == expected, "get_many: %d for key %u, the model has %d", value, batch_key(w, op, i), expected);
    }
    batch_end(&b);
    free(values);
    return STET_UNCHANGED;
}

stet_result keyed_transform(struct world *w, const struct op *op)
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
    CALL(result, engine(w)->transform(w->subject, &w->handle[op->a], filter ? on_filter : on_map_values, &c));
    REQUIRE(result == STET_NO_MEMORY || c.calls == w->model[op->a].size, "called for %u entries of %u", c.calls,
            w->model[op->a].size);
    return settle(w, op->a, result, expected, &before);
}

stet_result keyed_combine(struct world *w, const struct op *op)
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
    CALL(result, engine(w)->combine(w->subject, &w->handle[op->c], &w->handle[op->a], &w->handle[op->b], keep,
                                    conflicts ? on_conflict : NULL, &c));
    /*
     * A result with equal contents may be another version, so a change cannot be ruled out; but STET_UNCHANGED must
     * mean the same version.
     */
    settle(w, op->c, result, equal ? result : STET_CHANGED, NULL);
    REQUIRE(result == STET_NO_MEMORY || (result == STET_UNCHANGED) == w->of->same(&before, &w->handle[op->c]),
            "combined: %d, but the version tells more", result);
    return result;
}

stet_result keyed_trim(struct world *w, const struct op *op)
{
    stet_result result;
    CALL(result, engine(w)->trim(w->subject, &w->handle[op->a]));
    return result;
}

/* ---- questions about two handles ---- */

struct differences {
    struct call call; /* call.model: of a and b */
    unsigned left;    /* how many more are to be reported; then the function returns false */
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

stet_result keyed_diff(struct world *w, const struct op *op)
{
    struct model pair[2] = {w->model[op->a], w->model[op->b]};
    struct differences d = {.call = {.w = w, .model = pair}, .left = op->more % 4 == 0 ? op->more / 4 % 64 + 1 : 0};
    unsigned expected = 0, limit = d.left == 0 ? UINT32_MAX : d.left;
    for (unsigned key = 0; key < w->keys; key++)
        expected += pair[0].value[key] != pair[1].value[key];
    bool all = engine(w)->diff(w->subject, &w->handle[op->a], &w->handle[op->b], on_difference, &d);
    REQUIRE(all == (expected < limit), "diff answers %d for %u differences, at most %u wanted", all, expected, limit);
    if (expected > limit)
        expected = limit;
    REQUIRE(d.call.calls == expected, "diff tells %u differences of %u", d.call.calls, expected);
    return STET_UNCHANGED;
}

stet_result keyed_compare(struct world *w, const struct op *op)
{
    const struct keyed_engine *k = engine(w);
    const struct subject *s = w->subject;
    const union handle *a = &w->handle[op->a], *b = &w->handle[op->b];
    bool equal = true, subset = true, submap = true;
    for (unsigned key = 0; key < w->keys; key++) {
        int x = model_get(&w->model[op->a], key), y = model_get(&w->model[op->b], key);
        equal &= x == y;
        subset &= x == NONE || y != NONE;
        submap &= x == NONE || x == y;
    }
    REQUIRE(k->equal(s, a, b) == equal, "equal: not %d", equal);
    REQUIRE(k->within(s, a, b, false) == subset, "is_subset: not %d", subset);
    REQUIRE(k->within(s, a, b, true) == submap, "is_submap: not %d", submap);
    uint64_t seed = rng_mix(op->more, 0); /* a random seed: with the seed 0, the hash of 0 is 0 */
    bool same_hash = k->hash(s, a, seed) == k->hash(s, b, seed);
    REQUIRE(same_hash || !equal, "hash: equal maps, but their hashes differ");
    /* Different maps have different hashes but for one case in 2^64, if the library hashes the keys. */
    bool good = s->key->type->hash == NULL || s->key->type->flags & (STET_WORD | STET_STRING);
    REQUIRE(!same_hash || equal || !good, "hash: different maps have one");
    return STET_UNCHANGED;
}

/* ---- for the tables ---- */

void keyed_fit(const struct world *w, struct op *op)
{
    op->key = (uint16_t)(op->key % w->keys);
    op->j = (uint16_t)(op->j % w->keys);
    op->value %= VALUES;
}

void keyed_add(struct world *w, unsigned h, unsigned key)
{
    unsigned value = w->subject->value->make != NULL ? key % VALUES : 0;
    stet_result result =
        engine(w)->put(w->subject, &w->handle[h], NULL, key_at(w, key), value_at(w, value), STET_PUT_SET_);
    REQUIRE(result != STET_NO_MEMORY, "no memory for the test itself");
    model_set(&w->model[h], key, (int)value);
}
