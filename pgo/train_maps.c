/* SPDX-License-Identifier: MIT */
/* Jobs of train that work on maps and sets. */
#include <stet/pool.h>
#include <stet/set.h>
#include "train.h"

struct cell {
    int32_t x, y, layer;
};
static uint64_t cell_hash(const struct cell *c, uint64_t seed)
{
    return ((uint64_t)(uint32_t)c->x << 32 ^ (uint32_t)c->y) + (uint32_t)c->layer * UINT64_C(0x100001) + seed;
}
static bool cell_equal(const struct cell *a, const struct cell *b)
{
    return a->x == b->x && a->y == b->y && a->layer == b->layer;
}
STET_TYPE(cell_type, struct cell, cell_hash, cell_equal)

struct object {
    long holders;
    uint64_t number;
};
static void object_ref(struct object *o) { __atomic_fetch_add(&o->holders, 1, __ATOMIC_RELAXED); }
static void object_unref(struct object *o)
{
    if (__atomic_fetch_sub(&o->holders, 1, __ATOMIC_ACQ_REL) == 1)
        free(o);
}
typedef struct object *object_ptr;
STET_TYPE_REF(object_type, object_ptr, object_ref, object_unref)

STET_MAP(settings, stet_str, stet_str, stet_str_type, stet_str_type)
STET_MAP(grid, struct cell, int, cell_type, stet_int)
STET_MAP(objects, int, object_ptr, stet_int, object_type)
STET_SET(tags, stet_str, stet_str_type)
STET_SET(ids, uint64_t, stet_u64)

static void add_long(void *into, const stet_str *key, const long *value)
{
    (void)key;
    *(uint64_t *)into += (uint64_t)*value;
}

static void add_word(void *into, const uint64_t *key, const uint64_t *value) { *(uint64_t *)into += *key ^ *value; }

static bool count_change(void *count, const stet_str *key, const long *a, const long *b)
{
    (void)key, (void)a, (void)b;
    ++*(size_t *)count;
    return true;
}

static bool count_touched(void *count, const uint64_t *key, const uint64_t *a, const uint64_t *b)
{
    (void)key, (void)a, (void)b;
    ++*(size_t *)count;
    return true;
}

/* ---- a compiler: how often each name is used, a version kept for each of the last units ---- */

/* A unit's own names, by keys that are there already; some go out of scope. */
static uint64_t scope_of(struct chance *c, size_t names)
{
    counts own = {0};
    for (size_t i = 0, n = 30 + below(c, 700); i < n; i++) {
        stet_str name = name_str(below(c, names));
        if (i % 9 == 8)
            must(counts_erase(&own, name));
        else
            must(counts_set(&own, name, (long)i));
        stet_str_drop(&name);
    }
    uint64_t sum = counts_size(&own);
    counts_drop(&own);
    return sum;
}

uint64_t compiler(double scale, struct chance *c)
{
    enum { names = 2900, kept = 7 };
    size_t units = (size_t)(90 * scale) + 3;
    long *used = room(names, sizeof *used);
    counts table = {0}, past[kept] = {{{0}}};
    char name[NAME_MAX_LENGTH];
    uint64_t sum = 0, changes = 0;
    for (size_t unit = 0; unit < units; unit++) {
        for (size_t token = 0; token < 1700; token++) {
            size_t i = skewed(c, names), length = name_of(i, name);
            long *n;
            must(counts_edit_bytes(&table, name, length, &n));
            ++*n;
            used[i]++;
        }
        for (size_t gone = 0; gone < 20; gone++) { /* names go out of use */
            size_t i = below(c, names);
            must(counts_erase_bytes(&table, name, name_of(i, name)));
            used[i] = 0;
        }
        for (size_t scope = 0; scope < 4; scope++)
            changes += scope_of(c, names);
        size_t differ = 0;
        counts_diff(&past[(unit + kept - 1) % kept], &table, count_change, &differ);
        changes += differ;
        counts_drop(&past[unit % kept]);
        past[unit % kept] = counts_copy(&table);
    }
    for (size_t i = 0; i < names; i++) {
        const long *n = counts_get_bytes(&table, name, name_of(i, name));
        expect((n != NULL ? *n : 0) == used[i], "a name's count");
        sum += (uint64_t)used[i];
    }
    uint64_t folded = 0;
    counts_fold(&table, add_long, &folded);
    expect(folded == sum, "the sum of the counts");
    for (size_t i = 0; i < kept; i++)
        counts_drop(&past[i]);
    counts_drop(&table);
    free(used);
    return mix(sum, changes);
}

/* ---- a server: sessions by number come, are touched and go; reports look at snapshots ---- */

static uint64_t server(double scale, struct chance *c, size_t live, size_t ticks)
{
    ticks = (size_t)((double)ticks * scale) + 50;
    uint64_t *token = room(live, sizeof *token), *until = room(live, sizeof *until), next = 77, sum = 0;
    sessions now = {0}, report = {0};
    for (size_t i = 0; i < live; i++) {
        token[i] = next++ * 3;
        until[i] = below(c, 5000);
        must(sessions_add(&now, token[i], until[i]));
    }
    for (size_t tick = 0; tick < ticks; tick++) {
        size_t i = skewed(c, live);
        uint32_t what = draw(c) % 16;
        if (what < 6) { /* a request */
            sum += sessions_get_or(&now, token[i], 0);
        } else if (what < 11) { /* a request that prolongs */
            until[i] += what;
            must(sessions_set(&now, token[i], until[i]));
        } else if (what < 13) { /* a stranger */
            expect(!sessions_has(&now, token[i] + 1), "no such session");
        } else { /* one goes, one comes */
            i = below(c, live);
            uint64_t gone;
            expect(sessions_pop(&now, token[i], &gone) == STET_CHANGED && gone == until[i], "a session that ends");
            token[i] = next++ * 3;
            must(sessions_set(&now, token[i], until[i]));
        }
        if (tick % 531 == 0) {
            size_t touched = 0;
            (void)sessions_diff(&report, &now, count_touched, &touched);
            expect((touched == 0) == sessions_equal(&report, &now), "a report");
            sum = mix(sum, touched);
            sessions_drop(&report);
            report = sessions_copy(&now); /* what follows are edits after a snapshot */
        }
        if (tick % 9001 == 9000) {
            uint64_t all = 0;
            for (sessions_cursor it = sessions_first(&report); it.key != NULL; sessions_next(&it))
                all += *it.value;
            sum = mix(sum, all);
        }
    }
    uint64_t all = 0, expected = 0;
    sessions_fold(&now, add_word, &all);
    for (size_t i = 0; i < live; i++)
        expected += token[i] ^ until[i];
    expect(all == expected && sessions_size(&now) == live, "the sessions");
    sessions_drop(&report);
    sessions_drop(&now);
    free(token);
    free(until);
    return mix(sum, all);
}

uint64_t small_server(double scale, struct chance *c)
{
    uint64_t sum = 0;
    for (size_t live = 3; live < 300; live = live * 2 + 1)
        sum = mix(sum, server(scale, c, live, 9000));
    return sum;
}
uint64_t middle_server(double scale, struct chance *c) { return server(scale, c, 5300, 150000); }
uint64_t large_server(double scale, struct chance *c)
{
    return server(scale, c, (size_t)(150000 * scale) + 700, 250000);
}

/* ---- settings: a few strings by name, each tenant's made from the common ones ---- */

uint64_t tenants(double scale, struct chance *c)
{
    enum { common = 23 };
    size_t n = (size_t)(9000 * scale) + 40;
    settings base = {0};
    stet_str keys[common], values[common];
    for (size_t i = 0; i < common; i++) {
        keys[i] = name_str(i * 7);
        values[i] = name_str(i * 31 + 5);
        must(settings_set(&base, keys[i], values[i]));
    }
    uint64_t sum = 0;
    settings *all = room(n, sizeof *all);
    for (size_t t = 0; t < n; t++) {
        size_t own = skewed(c, 11), i = below(c, common), other = below(c, common);
        must(settings_with(&base, keys[i], values[other], &all[t]));
        for (size_t extra = 0; extra < own; extra++) {
            stet_str key = name_str(1000 + extra * 3), value = name_str(t % 97);
            must(settings_set(&all[t], key, value));
            stet_str_drop(&key);
            stet_str_drop(&value);
        }
        if (t % 3 == 0)
            must(settings_without(&all[t], keys[(i + 1) % common], &all[t]));
        const stet_str *found = settings_get(&all[t], keys[i]);
        expect(found != NULL && stet_str_equal(found, &values[other]), "a tenant's setting");
        expect(settings_size(&all[t]) == common + own - (t % 3 == 0), "the number of settings");
        sum += settings_has_cstr(&all[t], "ta_ren_mi") + own;
        if (t > 0 && t % 8 == 0) {
            settings both = {0};
            must(settings_union(&all[t], &all[t - 1], &both));
            sum += settings_size(&both) + (settings_equal(&both, &all[t]) ? 1 : 0);
            settings_drop(&both);
        }
    }
    for (size_t t = 0; t < n; t++)
        settings_drop(&all[t]);
    free(all);
    settings_drop(&base);
    for (size_t i = 0; i < common; i++) {
        stet_str_drop(&keys[i]);
        stet_str_drop(&values[i]);
    }
    return sum;
}

/* ---- a simulation: cells of a grid by a struct, values that follow from old ones; objects that are counted ---- */

static void grow(void *context, const int *old, int *value)
{
    *value = (old != NULL ? *old : 0) + *(const int *)context;
}
static bool keep_alive(void *context, const struct cell *key, const int *value)
{
    (void)key;
    return *value % *(const int *)context != 0;
}
static void fade(void *context, const struct cell *key, const int *old, int *value)
{
    (void)context, (void)key;
    *value = *old / 2 + 1;
}
static void add_cell(void *into, const struct cell *key, const int *value)
{
    *(uint64_t *)into += (uint64_t)(uint32_t)key->x * 31 + (uint64_t)(uint32_t)key->y * 17 + (uint32_t)*value;
}

uint64_t simulation(double scale, struct chance *c)
{
    grid now = {0}, before = {0};
    uint64_t sum = 0;
    size_t steps = (size_t)(14 * scale) + 2;
    for (size_t step = 0; step < steps; step++) {
        for (size_t i = 0; i < 4200; i++) {
            struct cell at = {(int32_t)skewed(c, 140), (int32_t)below(c, 60), (int32_t)(step % 2)};
            int by = (int)(i % 3) + 1;
            must(grid_update(&now, at, grow, &by));
            at.layer ^= 1;
            sum += (uint64_t)grid_get_or(&now, at, 0);
            if (i % 4 == 0)
                must(grid_erase(&now, at));
        }
        int third = 3;
        size_t size = grid_size(&now);
        must(grid_filter(&now, keep_alive, &third));
        sum = mix(sum, size - grid_size(&now));
        if (step % 3 == 2)
            must(grid_map_values(&now, fade, NULL));
        sum += grid_is_subset(&now, &before);
        grid_drop(&before);
        before = grid_copy(&now);
    }
    grid_fold(&now, add_cell, &sum);
    grid_drop(&before);
    grid_drop(&now);
    return sum;
}

uint64_t actors(double scale, struct chance *c)
{
    enum { places = 1300 };
    objects now = {0}, kept = {0};
    uint64_t sum = 0, number[places] = {0};
    size_t steps = (size_t)(70000 * scale) + 100;
    for (size_t step = 0; step < steps; step++) {
        int key = (int)below(c, places);
        if (draw(c) % 4 == 0) {
            must(objects_erase(&now, key));
            number[key] = 0;
        } else {
            struct object *o = room(1, sizeof *o);
            o->holders = 1;
            o->number = step + 1;
            must(objects_set(&now, key, o));
            object_unref(o);
            number[key] = step + 1;
        }
        if (step % 700 == 0) {
            objects_drop(&kept);
            kept = objects_copy(&now);
        }
    }
    for (int key = 0; key < places; key++) {
        const object_ptr *found = objects_get(&now, key);
        expect((found != NULL ? (*found)->number : 0) == number[key], "an object");
        sum = mix(sum, number[key]);
    }
    objects_drop(&kept);
    objects_drop(&now);
    return sum;
}

/* ---- documents with tags: sets of names and of numbers, and what two of them have in common ---- */

uint64_t tagging(double scale, struct chance *c)
{
    size_t rounds = (size_t)(260 * scale) + 3;
    uint64_t sum = 0;
    for (size_t round = 0; round < rounds; round++) {
        tags mine = {0}, theirs = {0}, out = {0};
        unsigned char in_mine[640] = {0}, in_theirs[640] = {0};
        size_t n = 2 + skewed(c, 430), both = 0, either = 0;
        for (size_t i = 0; i < n; i++) {
            size_t a = below(c, 640), b = below(c, 640);
            stet_str tag = name_str(a), other = name_str(b);
            must(tags_add(&mine, tag));
            must(tags_add(&theirs, other));
            in_mine[a] = in_theirs[b] = 1;
            stet_str_drop(&tag);
            stet_str_drop(&other);
        }
        for (size_t i = 0; i < 640; i++) {
            both += in_mine[i] & in_theirs[i];
            either += in_mine[i] | in_theirs[i];
        }
        must(tags_union(&mine, &theirs, &out));
        expect(tags_size(&out) == either && tags_is_subset(&theirs, &out), "a union of tags");
        must(tags_intersection(&mine, &theirs, &out));
        expect(tags_size(&out) == both, "an intersection of tags");
        must(tags_difference(&mine, &out, &out));
        sum = mix(sum, tags_size(&out) + either);
        tags_drop(&mine);
        tags_drop(&theirs);
        tags_drop(&out);
    }
    return sum;
}

uint64_t members(double scale, struct chance *c)
{
    size_t n = (size_t)(26000 * scale) + 300;
    ids group = {0};
    unsigned char *in = room(n, 1);
    for (size_t i = 0; i < n; i++)
        if (draw(c) % 3 != 0) {
            must(ids_add(&group, i * 5 + 2));
            in[i] = 1;
        }
    uint64_t sum = 0;
    for (size_t version = 0; version < 40; version++) { /* versions drift apart and are put together again */
        ids left = ids_copy(&group), right = ids_copy(&group), out = {0};
        for (size_t edit = 0; edit < 45; edit++) {
            size_t a = below(c, n), b = below(c, n);
            must(ids_add(&left, a * 5 + 2));
            in[a] = 1;
            must(ids_add(&right, b * 5 + 2));
            in[b] = 1;
        }
        must(ids_union(&left, &right, &out));
        must(ids_symmetric_difference(&left, &right, &right));
        sum = mix(sum, ids_size(&right));
        ids_swap_handles(&group, &out);
        ids_drop(&left);
        ids_drop(&right);
        ids_drop(&out);
    }
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        expect(ids_has(&group, i * 5 + 2) == (in[i] != 0), "a member");
        size += in[i];
    }
    expect(ids_size(&group) == size, "the number of members");
    for (size_t i = 0; i < n; i += 2)
        must(ids_erase(&group, i * 5 + 2));
    sum = mix(sum, ids_size(&group));
    ids_drop_later(&group);
    while (stet_release_some(90))
        ;
    free(in);
    return sum;
}

/* ---- tables loaded whole, looked up and changed by the batch ---- */

uint64_t tables(double scale, struct chance *c)
{
    size_t n = (size_t)(47000 * scale) + 250;
    uint64_t *keys = room(n, sizeof *keys), *values = room(n, sizeof *values), sum = 0;
    const uint64_t *found[48];
    for (size_t i = 0; i < n; i++) {
        keys[i] = (uint64_t)i << 12 | 0x5A;
        values[i] = i + draw(c) % 4;
    }
    for (size_t part = n / 27 + 3; part <= n; part = part * 3 + 1) {
        sessions table = {0};
        must(sessions_from_array(keys, values, part, &table));
        expect(sessions_size(&table) == part, "a table's size");
        for (size_t batch = 0; batch < 200; batch++) {
            size_t count = 2 + skewed(c, 46), at = below(c, part);
            count = count > part - at ? part - at : count;
            sessions before = sessions_copy(&table);
            sessions_get_many(&before, keys + at, count, found);
            for (size_t i = 0; i < count; i++)
                expect(*found[i] == values[at + i], "a looked-up value");
            for (size_t i = 0; i < count; i++)
                values[at + i] += 9;
            must(sessions_set_many(&table, keys + at, values + at, count));
            sessions_drop(&before);
        }
        must(sessions_trim(&table));
        uint64_t all = 0;
        sessions_fold(&table, add_word, &all);
        sum = mix(sum, all);
        sessions_drop(&table);
    }
    free(keys);
    free(values);
    return sum;
}
