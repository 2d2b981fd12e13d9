/* SPDX-License-Identifier: MIT */
/* sorted_world.c - what a world (world.h) must know about sorted maps and sets, besides keyed_world.c. */
#include "sorted_world.h"
#include "keyed_engine.h"
#include "testing.h"

KEYED_ENGINE(sorted, struct stet_tree_type, sorted.tree_, true, stet_bytes_view, stet_bytes_of)

static const struct stet_tree_type *type_of(const struct world *w) { return sorted_type_of(w->subject); }
static struct stet_tree *tree_of(struct world *w, unsigned h) { return &w->handle[h].sorted.tree_; }

/* ---- the model: ranks are counted ---- */

/* Returns how many entries are before this key. */
static unsigned model_rank(const struct model *m, unsigned key)
{
    unsigned rank = 0;
    for (unsigned k = 0; k < key; k++)
        rank += m->value[k] != 0;
    return rank;
}

/* Returns the key of this rank, or MAX_KEYS if there is none. */
static unsigned model_at(const struct model *m, int64_t rank)
{
    unsigned key = 0;
    if (rank < 0 || rank >= m->size)
        return MAX_KEYS;
    while (m->value[key] == 0 || rank-- > 0)
        key++;
    return key;
}

/* *to = the entries of m with keys in [from, end), or all others. */
static void model_range(struct model *to, const struct model *m, unsigned from, unsigned end, bool others)
{
    memset(to, 0, sizeof *to);
    for (unsigned key = 0; key < MAX_KEYS; key++)
        if ((key >= from && key < end) != others)
            model_set(to, key, model_get(m, key));
}

/* The range of an operation: pointers to its bounds, and the numbers of the keys in it. */
struct range {
    const void *from, *to;
    unsigned first, end;
};

static struct range range_of(const struct world *w, const struct op *op)
{
    bool no_from = op->more & 1, no_to = op->more & 2;
    return (struct range){no_from ? NULL : key_at(w, op->key), no_to ? NULL : key_at(w, op->j), no_from ? 0 : op->key,
                          no_to ? MAX_KEYS : op->j};
}

static unsigned model_count(const struct model *m, const struct range *r)
{
    unsigned first = model_rank(m, r->first), end = model_rank(m, r->end);
    return end > first ? end - first : 0;
}

/* ---- one entry ---- */

/* Requires that an element that was moved out has this number, and releases it. */
static void handed_out(const struct element *e, unsigned expected, void *element)
{
    unsigned number = e->number != NULL ? e->number(element) : 0;
    REQUIRE(number == expected, "handed out is %u, not %u", number, expected);
    if (e->type->release != NULL)
        e->type->release(element);
}

static stet_result apply_pop(struct world *w, const struct op *op)
{
    const struct stet_tree_type *t = type_of(w);
    struct stet_tree *tree = tree_of(w, op->a);
    struct model *m = &w->model[op->a];
    _Alignas(16) char key_room[ELEMENT_ROOM], value_room[ELEMENT_ROOM];
    void *key = op->more & 1 ? key_room : NULL, *value = op->more & 2 ? value_room : NULL;
    unsigned rank = op->code == SORTED_POP_FIRST || m->size == 0 ? 0
                    : op->code == SORTED_POP_LAST                ? m->size - 1
                                                                 : (op->more >> 8) % m->size;
    unsigned which = model_at(m, rank);
    stet_result result;
    copy_model(w->of, &w->next, m);
    if (m->size != 0)
        model_set(&w->next, which, NONE);
    else if (op->code == SORTED_POP_AT) /* the rank does not exist */
        return STET_UNCHANGED;
    CALL(result, op->code == SORTED_POP_AT ? stet_sorted_erase_at_(t, tree, rank, key, value)
                                           : stet_sorted_pop_(t, tree, rank, key, value));
    if (result == STET_CHANGED && key != NULL)
        handed_out(w->subject->key, which, key);
    if (result == STET_CHANGED && value != NULL)
        handed_out(w->subject->value, (unsigned)model_get(m, which), value);
    return settle(w, op->a, result, m->size != 0 ? STET_CHANGED : STET_UNCHANGED, NULL);
}

static unsigned last_key(const struct model *m) { return model_at(m, (int64_t)m->size - 1); }

static stet_result apply_append(struct world *w, const struct op *op)
{
    const struct model *m = &w->model[op->a];
    unsigned least = m->size != 0 ? last_key(m) + 1 : 0, key = least + op->key % 8;
    int value = w->subject->value->make != NULL ? op->value : 0;
    stet_result result;
    if (key >= w->keys)
        return STET_UNCHANGED;
    copy_model(w->of, &w->next, m);
    model_set(&w->next, key, value);
    CALL(result,
         stet_sorted_append_(type_of(w), tree_of(w, op->a), NULL, key_at(w, key), value_at(w, (unsigned)value)));
    return settle(w, op->a, result, STET_CHANGED, NULL);
}

/* ---- ranges ---- */

static stet_result apply_slice(struct world *w, const struct op *op)
{
    const struct model *m = &w->model[op->a];
    const union handle before = w->handle[op->a];
    struct stet_tree *in = tree_of(w, op->a), *out = tree_of(w, op->c);
    struct range r = range_of(w, op);
    unsigned first = model_rank(m, r.first), end = model_rank(m, r.end);
    stet_result result;
    if (op->code == SORTED_SLICE_AT && end < first) /* this is no range */
        return STET_UNCHANGED;
    bool whole = first == 0 && end == m->size;
    model_range(&w->next, m, r.first, r.end, false);
    CALL(result, op->code == SORTED_SLICE ? stet_sorted_slice_range_(type_of(w), in, out, NULL, r.from, r.to)
                                          : stet_sorted_slice_at_(type_of(w), in, out, first, end));
    return settle(w, op->c, result, whole ? STET_UNCHANGED : STET_CHANGED, &before);
}

static stet_result apply_erase_range(struct world *w, const struct op *op)
{
    const struct model *m = &w->model[op->a];
    const union handle before = w->handle[op->a];
    struct range r = range_of(w, op);
    stet_result result, expected = model_count(m, &r) != 0 ? STET_CHANGED : STET_UNCHANGED;
    model_range(&w->next, m, r.first, r.end, true);
    CALL(result, stet_sorted_erase_range_(type_of(w), tree_of(w, op->a), NULL, r.from, r.to));
    return settle(w, op->a, result, expected, &before);
}

static stet_result apply_split(struct world *w, const struct op *op)
{
    const struct model *m = &w->model[op->a];
    const union handle before = w->handle[op->a];
    stet_result result, expected;
    if (op->a == op->b)
        return STET_UNCHANGED;
    model_range(&w->next, m, 0, op->key, false);
    model_range(&w->second, m, op->key, MAX_KEYS, false);
    expected = w->second.size != 0 ? STET_CHANGED : STET_UNCHANGED;
    CALL(result, stet_sorted_split_(type_of(w), tree_of(w, op->a), NULL, key_at(w, op->key), tree_of(w, op->b)));
    settle(w, op->a, result, expected, &before);
    copy_model(w->of, &w->next, &w->second);
    return settle(w, op->b, result, expected, NULL);
}

static stet_result apply_join(struct world *w, const struct op *op)
{
    unsigned a = op->a, b = op->b;
    const struct model *m = w->model;
    if (m[a].size != 0 && m[b].size != 0 && last_key(&m[a]) >= model_at(&m[b], 0)) {
        a = op->b;
        b = op->a;
    }
    if (m[a].size != 0 && m[b].size != 0 && last_key(&m[a]) >= model_at(&m[b], 0))
        return STET_UNCHANGED;
    const union handle before = w->handle[a];
    stet_result result, expected = m[b].size != 0 ? STET_CHANGED : STET_UNCHANGED;
    copy_model(w->of, &w->next, &m[a]);
    for (unsigned key = 0; key < w->keys; key++)
        if (m[b].value[key] != 0)
            model_set(&w->next, key, model_get(&m[b], key));
    CALL(result, stet_sorted_join_(type_of(w), tree_of(w, a), tree_of(w, b)));
    return settle(w, a, result, expected, &before);
}

static stet_result apply_from_sorted(struct world *w, const struct op *op)
{
    unsigned step = 1 + op->more % 3, n = op->more % 16 < 4 ? BATCH_MAX : op->more / 16 % 50;
    struct batch b = batch_begin(w);
    union handle made;
    stet_result result;
    memset(&w->next, 0, sizeof w->next);
    for (unsigned key = op->key; key < w->keys && b.n < n; key += step) {
        int value = w->subject->value->make != NULL ? (int)((op->value + key) % VALUES) : 0;
        batch_add(w, &b, key, value);
        model_set(&w->next, key, value);
    }
    CALL(result, stet_sorted_from_sorted_(type_of(w), &made.sorted.tree_, b.keys, b.values, b.n));
    batch_end(&b);
    return keyed_take_made(w, op->a, result, &made);
}

/* ---- operations that read ---- */

/*
 * Requires that the cursor is at the entry of this rank; in front of all entries the rank is -1, behind them the size.
 */
static void is_at(const struct world *w, const struct model *m, const struct stet_sorted_cursor *it, int64_t rank)
{
    const struct stet_tree_type *t = type_of(w);
    unsigned key = model_at(m, rank);
    const void *shown = stet_sorted_cursor_key_(t, it);
    REQUIRE((shown == NULL) == (key == MAX_KEYS), "a cursor at rank %d of %u", (int)rank, m->size);
    if (shown == NULL)
        return;
    REQUIRE(key_number(w, shown) == key, "a cursor is at key %u, not at %u", key_number(w, shown), key);
    if (t->value_size != 0)
        REQUIRE(value_number(w, stet_sorted_cursor_value_(t, it)) == model_get(m, key), "a cursor's value");
}

/* Requires that a cursor at this rank moves to the next entry and back, and to the previous one and back. */
static void moves(const struct world *w, const struct model *m, const struct stet_sorted_cursor *it, int64_t rank)
{
    const struct stet_tree_type *t = type_of(w);
    int64_t size = m->size;
    struct stet_sorted_cursor moved = *it;
    is_at(w, m, it, rank);
    stet_sorted_cursor_previous_(t, &moved);
    is_at(w, m, &moved, rank < 0 ? -1 : rank - 1);
    stet_sorted_cursor_next_(t, &moved);
    is_at(w, m, &moved, rank < 0 ? 0 : rank);
    moved = *it;
    stet_sorted_cursor_next_(t, &moved);
    is_at(w, m, &moved, rank < size ? rank + 1 : size);
    stet_sorted_cursor_previous_(t, &moved);
    is_at(w, m, &moved, rank < size ? rank : size - 1);
}

static stet_result apply_ask(struct world *w, const struct op *op)
{
    const struct stet_tree_type *t = type_of(w);
    const struct stet_tree *tree = tree_of(w, op->a);
    const struct model *m = &w->model[op->a];
    const struct stet_key_view *form = NULL;
    const void *key = key_at(w, op->key);
    struct stet_bytes bytes;
    int64_t at = model_rank(m, op->key), found = m->value[op->key] != 0;
    if (op->more & 1 && w->subject->key->type->flags & STET_STRING) {
        bytes = stet_bytes_of(stet_str_bytes(key), stet_str_size(key));
        form = &stet_bytes_view;
        key = &bytes;
    }
    REQUIRE(stet_sorted_rank_(t, tree, form, key, STET_SORTED_FROM_) == (size_t)at, "rank: not %d", (int)at);
    for (unsigned side = 0; side < 2; side++)
        for (unsigned back = 0; back < 2; back++) { /* ceiling, below, above, floor */
            struct stet_sorted_cursor it;
            stet_sorted_place_(t, tree, form, key, (enum stet_sorted_side)side, back, &it);
            moves(w, m, &it, at + (side ? found : 0) - back);
        }
    struct stet_sorted_cursor it;
    int64_t rank = (op->more >> 8) % (m->size + 2); /* also ranks behind the end */
    stet_sorted_cursor_at_(t, tree, (size_t)rank, &it);
    moves(w, m, &it, rank < m->size ? rank : m->size);
    stet_sorted_seek_(t, &it.tree_, form, key, op->more & 2 ? STET_SORTED_BEHIND_ : STET_SORTED_FROM_, &it);
    moves(w, m, &it, at + (op->more & 2 ? found : 0));
    struct range r = range_of(w, op);
    REQUIRE(stet_sorted_count_(t, tree, NULL, r.from, r.to) == model_count(m, &r), "count: not %u", model_count(m, &r));
    keyed_compare_key(w, op->a, op->key);
    return STET_UNCHANGED;
}

struct runs {
    const struct world *w;
    const struct model *model;
    unsigned next, entries, left;
};

static bool on_run(void *context, const void *keys, const void *values, size_t n)
{
    struct runs *r = context;
    const struct stet_tree_type *t = type_of(r->w);
    REQUIRE(n != 0, "an empty run");
    for (size_t i = 0; i < n; i++, r->next++) {
        while (r->next < MAX_KEYS && r->model->value[r->next] == 0)
            r->next++;
        unsigned key = key_number(r->w, (const char *)keys + i * t->size);
        REQUIRE(key == r->next, "a run shows key %u, not %u", key, r->next);
        const void *value = t->value_size != 0 ? (const char *)values + i * t->value_size : NULL;
        REQUIRE(value == NULL || value_number(r->w, value) == model_get(r->model, key), "a run shows another value");
    }
    r->entries += (unsigned)n;
    return --r->left != 0;
}

static stet_result apply_runs(struct world *w, const struct op *op)
{
    const struct model *m = &w->model[op->a];
    struct range r = range_of(w, op);
    unsigned limit = op->more & 4 ? 1 + op->more / 8 % 4 : 0;
    struct runs runs = {.w = w, .model = m, .next = r.first, .left = limit};
    bool all = stet_sorted_range_each_(type_of(w), tree_of(w, op->a), NULL, r.from, r.to, on_run, &runs);
    REQUIRE(all == (limit == 0 || runs.left != 0), "range_each answers %d", all);
    REQUIRE(!all || runs.entries == model_count(m, &r), "%u entries in a range of %u", runs.entries,
            model_count(m, &r));
    return STET_UNCHANGED;
}

/* ---- folds ---- */

struct reach {
    uint64_t count;
    unsigned calls;
};

static bool has_count(void *context, const void *fold)
{
    struct reach *r = context;
    r->calls++;
    return ((const struct span *)fold)->count >= r->count;
}

/* The fold of the ranks [first, end), one by one. */
static bool fold_of(const struct world *w, const struct stet_tree *tree, size_t first, size_t end, struct span *fold)
{
    const struct stet_tree_type *t = type_of(w);
    struct stet_sorted_cursor it;
    struct span one;
    for (size_t rank = first; rank < end; rank++) {
        stet_sorted_cursor_at_(t, tree, rank, &it);
        t->fold->lift(stet_sorted_cursor_key_(t, &it), t->value_size != 0 ? stet_sorted_cursor_value_(t, &it) : NULL, 1,
                      &one);
        if (rank == first)
            *fold = one;
        else
            t->fold->combine(fold, &one, 1);
    }
    return first < end;
}

static stet_result apply_fold(struct world *w, const struct op *op)
{
    const struct stet_tree_type *t = type_of(w);
    const struct stet_tree *tree = tree_of(w, op->a);
    const struct model *m = &w->model[op->a];
    struct range r = range_of(w, op);
    struct span fold = {7, 7, 7}, expected = fold;
    if (t->fold == NULL)
        return STET_UNCHANGED;
    size_t first = model_rank(m, r.first), end = first + model_count(m, &r);
    bool any = stet_sorted_fold_(t, tree, first, end, &fold);
    REQUIRE(any == fold_of(w, tree, first, end, &expected), "a fold of [%zu, %zu)", first, end);
    REQUIRE(memcmp(&fold, &expected, sizeof fold) == 0, "the fold of [%zu, %zu) of %u", first, end, m->size);
    struct reach reach = {.count = 1 + (op->more >> 3) % (m->size + 2)};
    size_t rank = first + reach.count - 1;
    REQUIRE(stet_sorted_select_(t, tree, first, has_count, &reach) == (rank < m->size ? rank : m->size),
            "the entry %zu from %zu on, of %u", (size_t)reach.count, first, m->size);
    REQUIRE(reach.calls <= STET_TREE_WIDTH * 2 * (tree->height + 1u) + 32, "select called back %u times", reach.calls);
    return STET_UNCHANGED;
}

/* ---- the table ---- */

static struct op op_of(uint64_t word)
{
    return (struct op){.code = (uint8_t)((word & 255) % SORTED_OPS),
                       .a = word >> 8 & 7,
                       .b = word >> 11 & 7,
                       .c = word >> 14 & 7,
                       .key = (uint16_t)(word >> 17 & (MAX_KEYS - 1)),
                       .j = (uint16_t)(word >> 28 & (MAX_KEYS - 1)),
                       .value = (uint16_t)(word >> 39 & 63),
                       .more = (uint32_t)rng_mix(word, 1)};
}

static void audit(struct audit *a, const struct subject *s, const union handle *h)
{
    const struct audit_hooks hooks = {s->key->hold, s->value->hold};
    sorted_audit(a, sorted_type_of(s), &hooks, &h->sorted.tree_);
}

static const char *check(const struct subject *s, const union handle *h, bool fill)
{
    return sorted_check(sorted_type_of(s), &h->sorted.tree_, fill);
}

static bool on_each(void *call, const void *key, const void *value)
{
    struct runs *r = call;
    return on_run(r, key, value, 1);
}

static void compare(const struct world *w, unsigned h)
{
    const struct stet_tree_type *t = type_of(w);
    const struct stet_tree *tree = &w->handle[h].sorted.tree_;
    const struct model *m = &w->model[h];
    struct runs runs = {.w = w, .model = m}, one_by_one = runs;
    struct stet_sorted_cursor it;
    stet_sorted_each_(t, tree, on_each, &runs);
    for (stet_sorted_cursor_at_(t, tree, 0, &it); it.leaf != NULL; stet_sorted_cursor_next_(t, &it))
        on_run(&one_by_one, stet_sorted_cursor_key_(t, &it),
               t->value_size != 0 ? stet_sorted_cursor_value_(t, &it) : NULL, 1);
    REQUIRE(runs.entries == m->size && one_by_one.entries == m->size && tree->size == m->size,
            "handle %u has %u entries, %u one by one, the model %u", h, runs.entries, one_by_one.entries, m->size);
    unsigned entries = 0;
    for (stet_sorted_cursor_previous_(t, &it); it.leaf != NULL; stet_sorted_cursor_previous_(t, &it))
        entries++;
    REQUIRE(entries == m->size, "handle %u has %u entries on the way back", h, entries);
    for (unsigned key = 0; key < w->keys; key++)
        keyed_compare_key(w, h, key);
}

static const struct operation operations[SORTED_OPS] = {
    KEYED_OPERATIONS,
    [SORTED_POP_AT] = {"pop_at", apply_pop},
    [SORTED_POP_FIRST] = {"pop_first", apply_pop},
    [SORTED_POP_LAST] = {"pop_last", apply_pop},
    [SORTED_SLICE] = {"slice", apply_slice},
    [SORTED_SLICE_AT] = {"slice_at", apply_slice},
    [SORTED_ERASE_RANGE] = {"erase_range", apply_erase_range},
    [SORTED_SPLIT] = {"split", apply_split},
    [SORTED_JOIN] = {"join", apply_join},
    [SORTED_APPEND] = {"append", apply_append},
    [SORTED_FROM_SORTED] = {"from_sorted", apply_from_sorted},
    [SORTED_ASK] = {"ask", apply_ask},
    [SORTED_RUNS] = {"runs", apply_runs},
    [SORTED_FOLD] = {"fold", apply_fold},
};

const struct collection sorted_collection = {
    KEYED_COLLECTION(sorted), .operation = operations, .operations = SORTED_OPS, .op_of = op_of,
    .audit = audit,           .check = check,          .compare = compare,
};
