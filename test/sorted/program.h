/* SPDX-License-Identifier: MIT */
/*
 * program.h - random programs over a sorted map of one kind of entries, against sorted arrays: included once for each
 * kind, with
 *
 *   NAME             the kind; the map's type is NAME_map, defined before
 *   NAME_key(i)      the i-th key, i < KEYS: ascending with i; it stays the table's
 *   NAME_value(v)    a value for v < VALUES
 *   NAME_is_value(p, v)
 */
#define P_CAT_(a, b) a##_##b
#define P_CAT(a, b) P_CAT_(a, b)
#define P(what) P_CAT(NAME, what)
#define P_MAP P(map)
#define M_(a, what) a##_map_##what
#define M_CAT(a, what) M_(a, what)
#define M(what) M_CAT(NAME, what)
#define KEY_TYPE M(key_)
#define VALUE_TYPE M(value_)

struct P(world) {
    P_MAP handle[HANDLES];
    struct model model[HANDLES];
    bool fill;
};

static void P(check)(const struct P(world) * w, unsigned h)
{
    const P_MAP *m = &w->handle[h];
    const struct model *x = &w->model[h];
    const char *error = sorted_check(&M(sorted_type_), &m->sorted_.tree, w->fill);
    REQUIRE(error == NULL, "handle %u: %s", h, error);
    REQUIRE(M(size)(m) == x->n, "handle %u has %zu entries, not %u", h, M(size)(m), x->n);
    unsigned i = 0;
    for (M(cursor) it = M(first)(m); it.key != NULL; M(next)(&it), i++) {
        KEY_TYPE key = P(key)(x->key[i]);
        REQUIRE(M(sorted_type_).element->compare(it.key, &key) == 0, "handle %u: entry %u is not of key %u", h, i,
                x->key[i]);
        REQUIRE(P(is_value)(it.value, x->value[i]), "handle %u: the value of key %u is not %u", h, x->key[i],
                x->value[i]);
    }
    REQUIRE(i == x->n, "handle %u: %u entries, iterated %u", h, x->n, i);
}

/* The counts of all nodes, and that what is live is theirs. */
static void P(audit)(const struct P(world) * w)
{
    struct audit a;
    while (stet_release_some(1000)) /* what was dropped later */
        ;
    audit_begin(&a);
    for (unsigned h = 0; h < HANDLES; h++)
        sorted_audit(&a, &M(sorted_type_), NULL, &w->handle[h].sorted_.tree);
    const char *error = audit_end(&a);
    REQUIRE(error == NULL || strstr(error, "live") != NULL, "%s", error);
}

/* What only reads: places and ranks of a key, by all ways. */
static void P(ask)(const struct P(world) * w, unsigned h, unsigned k, unsigned k2)
{
    const P_MAP *m = &w->handle[h];
    const struct model *x = &w->model[h];
    unsigned at = model_rank(x, k), found = model_has(x, k), end = model_rank(x, k2);
    KEY_TYPE key = P(key)(k), key2 = P(key)(k2);
    const VALUE_TYPE *value = M(get)(m, key);
    REQUIRE((value != NULL) == found && M(has)(m, key) == found, "get of key %u", k);
    REQUIRE(value == NULL || P(is_value)(value, x->value[at]), "get of key %u: its value", k);
    REQUIRE(M(rank)(m, key) == at, "rank of key %u: %zu, not %u", k, M(rank)(m, key), at);
    REQUIRE(M(count)(m, &key, &key2) == (end > at ? end - at : 0), "count");
    REQUIRE(M(count)(m, &key, NULL) == x->n - at && M(count)(m, NULL, &key) == at, "count without a bound");
    M(cursor)
    it[6] = {M(ceiling)(m, key), M(above)(m, key), M(floor)(m, key), M(below)(m, key), M(first)(m), M(last)(m)};
    M(seek)(&it[4], key);
    M(seek_after)(&it[5], key);
    int64_t rank[6] = {at, (int64_t)at + found, (int64_t)at + found - 1, (int64_t)at - 1, at, (int64_t)at + found};
    for (unsigned i = 0; i < 6; i++) {
        bool is_there = rank[i] >= 0 && rank[i] < (int64_t)x->n;
        KEY_TYPE there = P(key)(is_there ? x->key[rank[i]] : 0);
        REQUIRE((it[i].key != NULL) == is_there, "way %u to key %u", i, k);
        REQUIRE(!is_there || M(sorted_type_).element->compare(it[i].key, &there) == 0,
                "way %u to key %u leads to another", i, k);
        M(cursor) back = it[i];
        M(previous)(&back);
        M(next)(&back);
        REQUIRE(back.key == (rank[i] < 0 ? M(first)(m).key : it[i].key), "way %u: there and back", i);
        back = it[i];
        M(next)(&back);
        M(previous)(&back);
        REQUIRE(back.key == (rank[i] >= (int64_t)x->n ? M(last)(m).key : it[i].key), "way %u: back and there", i);
    }
    if (at < x->n) {
        const VALUE_TYPE *borrowed;
        KEY_TYPE there = P(key)(x->key[at]);
        REQUIRE(M(sorted_type_).element->compare(M(at)(m, at, &borrowed), &there) == 0, "at");
        REQUIRE(P(is_value)(borrowed, x->value[at]), "at: its value");
    }
}

struct P(call) {
    struct model *x;
    unsigned seed;
};

static bool P(keep)(void *context, const KEY_TYPE *key, const VALUE_TYPE *value)
{
    const struct P(call) *c = context;
    (void)value;
    return model_keeps(c->seed, P(index)(key));
}

static void P(other)(void *context, const KEY_TYPE *key, const VALUE_TYPE *old, VALUE_TYPE *value)
{
    const struct P(call) *c = context;
    unsigned v = P(index_of_value)(old);
    *value = P(value)(model_other(c->seed, P(index)(key), v));
    P(hold_value)(value);
}

static void P(both)(void *context, const KEY_TYPE *key, const VALUE_TYPE *a, const VALUE_TYPE *b, VALUE_TYPE *value)
{
    const struct P(call) *c = context;
    (void)c, (void)key;
    *value = P(value)((P(index_of_value)(a) + P(index_of_value)(b)) % VALUES);
    P(hold_value)(value);
}

static void P(more)(void *context, const VALUE_TYPE *old, VALUE_TYPE *value)
{
    (void)context;
    *value = P(value)(old != NULL ? (P(index_of_value)(old) + 1) % VALUES : 3);
    P(hold_value)(value);
}

static bool P(differs)(void *context, const KEY_TYPE *key, const VALUE_TYPE *a, const VALUE_TYPE *b)
{
    struct differences *d = context;
    unsigned k = P(index)(key);
    REQUIRE(a == NULL || (model_has(d->a, k) && P(is_value)(a, d->a->value[model_rank(d->a, k)])), "diff: a's value");
    REQUIRE(b == NULL || (model_has(d->b, k) && P(is_value)(b, d->b->value[model_rank(d->b, k)])), "diff: b's value");
    REQUIRE(d->n == 0 || k > d->last, "diff: out of order");
    d->last = k;
    d->n++;
    return true;
}

/* Whether the result is right if it is one of a call that may fail, may change nothing, or changes something. */
static bool P(step)(struct P(world) * w, struct op o)
{
    P_MAP *m = &w->handle[o.a], *b = &w->handle[o.b], *out = &w->handle[o.c];
    struct model *x = &w->model[o.a], *y = &w->model[o.b], *z = &w->model[o.c], made = {0};
    KEY_TYPE key = P(key)(o.k), key2 = P(key)(o.k2), got_key, keys[MANY_KEYS];
    VALUE_TYPE value = P(value)(o.v), got, values[MANY_KEYS], *place;
    stet_result result = STET_UNCHANGED, expected = STET_UNCHANGED;
    unsigned at = model_rank(x, o.k), found = model_has(x, o.k), first, end;
    struct P(call) call = {x, o.seed};
    struct model next = *x, back = *y;
    struct model *target = x;
    switch (o.code) {
    case SET:
        result = M(set)(m, key, value);
        expected = model_set(&next, o.k, o.v);
        break;
    case ADD:
        result = M(add)(m, key, value);
        expected = found ? STET_UNCHANGED : model_set(&next, o.k, o.v);
        break;
    case EDIT:
        result = M(edit)(m, key, &place);
        expected = found ? STET_UNCHANGED : STET_CHANGED;
        if (result != STET_NO_MEMORY) {
            VALUE_TYPE old = *place;
            *place = value;
            P(hold_value)(place);
            if (found)
                P(let_go_value)(&old);
            (void)model_set(&next, o.k, o.v);
        }
        break;
    case UPDATE:
        result = M(update)(m, key, P(more), NULL);
        expected = model_set(&next, o.k, found ? (x->value[at] + 1) % VALUES : 3);
        break;
    case DEL:
        result = M(erase)(m, key);
        expected = model_del(&next, o.k);
        break;
    case POP:
        result = M(pop)(m, key, &got);
        expected = model_del(&next, o.k);
        if (result == STET_CHANGED) {
            REQUIRE(P(is_value)(&got, x->value[at]), "pop: the value");
            P(let_go_value)(&got);
        }
        break;
    case WITH:
        result = M(with)(m, key, value, out);
        expected = model_set(&next, o.k, o.v);
        target = z;
        break;
    case WITHOUT:
        result = M(without)(m, key, out);
        expected = model_del(&next, o.k);
        target = z;
        break;
    case COPY: {
        P_MAP copy = M(copy)(m);
        M(drop)(out);
        *out = copy;
        target = z;
        REQUIRE(M(identical)(m, out), "copy: same");
        break;
    }
    case DROP:
        if (o.seed % 2)
            M(drop)(m);
        else
            M(drop_later)(m);
        next.n = 0;
        break;
    case ERASE_AT:
        if (x->n == 0)
            return true;
        first = o.seed % x->n;
        result = M(pop_at)(m, first, &got_key, &got);
        expected = STET_CHANGED;
        model_cut(&next, first, first + 1);
        if (result == STET_CHANGED) {
            KEY_TYPE there = P(key)(x->key[first]);
            REQUIRE(M(sorted_type_).element->compare(&got_key, &there) == 0 && P(is_value)(&got, x->value[first]),
                    "erase_at: what it was");
            P(let_go_key)(&got_key);
            P(let_go_value)(&got);
        }
        break;
    case POP_FIRST:
    case POP_LAST:
        first = o.code == POP_FIRST ? 0 : x->n - 1;
        result = o.code == POP_FIRST ? M(pop_first)(m, NULL, &got) : M(pop_last)(m, NULL, &got);
        expected = x->n > 0 ? STET_CHANGED : STET_UNCHANGED;
        if (x->n > 0)
            model_cut(&next, first, first + 1);
        if (result == STET_CHANGED) {
            REQUIRE(P(is_value)(&got, x->value[first]), "pop: what it was");
            P(let_go_value)(&got);
        }
        break;
    case SLICE:
        end = model_rank(x, o.k2);
        result = M(slice)(m, &key, &key2, out);
        expected = at == 0 && end == x->n && (end > at || x->n == 0) ? STET_UNCHANGED : STET_CHANGED;
        model_cut(&next, end > at ? end : at, x->n);
        model_cut(&next, 0, at);
        target = z;
        break;
    case ERASE_RANGE:
        end = model_rank(x, o.k2);
        result = M(erase_range)(m, &key, &key2);
        expected = end > at ? STET_CHANGED : STET_UNCHANGED;
        if (end > at)
            model_cut(&next, at, end);
        break;
    case SPLIT: /* what it gives is joined again now and then */
        if (o.a == o.b)
            return true;
        result = M(split)(m, key, b);
        expected = at == x->n ? STET_UNCHANGED : STET_CHANGED;
        if (result != STET_NO_MEMORY) {
            back = *x;
            model_cut(&back, 0, at);
            model_cut(&next, at, x->n);
            *y = back;
        }
        break;
    case JOIN:
        if (x->n > 0 && y->n > 0 && x->key[x->n - 1] >= y->key[0])
            return true;
        result = M(join)(m, b);
        expected = y->n > 0 ? STET_CHANGED : STET_UNCHANGED;
        for (unsigned i = 0; i < y->n; i++)
            (void)model_set(&next, y->key[i], y->value[i]);
        break;
    case FROM_ARRAY:
    case FROM_SORTED:
    case SET_MANY: {
        unsigned n = o.seed % MANY_KEYS, k = o.k % 50;
        made = o.code == SET_MANY ? *x : made;
        for (unsigned i = 0; i < n; i++) {
            k = o.code == FROM_SORTED ? k + 1 + o.seed / 7 % 2 : (unsigned)(rng_mix(o.seed, i) % KEYS);
            if (k >= KEYS)
                n = i;
            else {
                keys[i] = P(key)(k);
                values[i] = P(value)((k + i + o.v) % VALUES);
                expected |= model_set(&made, k, (k + i + o.v) % VALUES) == STET_CHANGED ? STET_CHANGED : STET_UNCHANGED;
            }
        }
        expected = o.code != SET_MANY ? (n > 0 ? STET_CHANGED : STET_UNCHANGED) : expected;
        if (o.code == SET_MANY) {
            result = M(set_many)(m, keys, values, n);
            bool changed = made.n != x->n || memcmp(made.value, x->value, sizeof(*made.value) * made.n) != 0;
            if (changed)
                expected = STET_CHANGED;
            else
                expected = result == STET_NO_MEMORY ? STET_CHANGED : result;
        } else {
            P_MAP fresh;
            result =
                o.code == FROM_ARRAY ? M(from_array)(keys, values, n, &fresh) : M(from_sorted)(keys, values, n, &fresh);
            if (result != STET_NO_MEMORY)
                M(swap_handles)(&fresh, m);
            M(drop)(&fresh);
        }
        next = made;
        break;
    }
    case APPEND:
        if (x->n > 0 && x->key[x->n - 1] >= o.k)
            return true;
        result = M(append)(m, key, value);
        expected = model_set(&next, o.k, o.v);
        break;
    case FILTER:
        result = M(filter)(m, P(keep), &call);
        expected = STET_UNCHANGED;
        next.n = 0;
        for (unsigned i = 0; i < x->n; i++)
            if (model_keeps(o.seed, x->key[i]))
                (void)model_set(&next, x->key[i], x->value[i]);
            else
                expected = STET_CHANGED;
        break;
    case MAP_VALUES:
        result = M(map_values)(m, P(other), &call);
        for (unsigned i = 0; i < x->n; i++) {
            next.value[i] = model_other(o.seed, x->key[i], x->value[i]);
            expected = next.value[i] != x->value[i] ? STET_CHANGED : expected;
        }
        break;
    case UNION:
    case INTERSECTION:
    case DIFFERENCE:
    case SYMMETRIC:
    case MERGE:
    case MERGE_UNEQUAL:
        result = o.code == UNION          ? M(union)(m, b, out)
                 : o.code == INTERSECTION ? M(intersection)(m, b, out)
                 : o.code == DIFFERENCE   ? M(difference)(m, b, out)
                 : o.code == SYMMETRIC    ? M(symmetric_difference)(m, b, out)
                 : o.code == MERGE        ? M(merge)(m, b, P(both), &call, out)
                                          : M(merge_unequal)(m, b, P(both), &call, out);
        expected = result == STET_NO_MEMORY ? STET_CHANGED : result;
        model_combine(&next, x, y, o.code);
        target = z;
        break;
    case TRIM:
        result = M(trim)(m);
        expected = result == STET_NO_MEMORY ? STET_CHANGED : result;
        break;
    case ASK:
        P(ask)(w, o.a, o.k, o.k2);
        return true;
    case DIFF: {
        struct differences d = {x, y, 0, 0};
        REQUIRE(M(diff)(m, b, P(differs), &d), "diff: it was stopped");
        REQUIRE(d.n == model_differences(x, y), "diff: %u of %u", d.n, model_differences(x, y));
        REQUIRE(M(equal)(m, b) == (d.n == 0), "equal");
        REQUIRE(M(is_submap)(m, b) == model_within(x, y, true), "is_submap");
        REQUIRE(M(is_subset)(m, b) == model_within(x, y, false), "is_subset");
        REQUIRE(d.n > 0 || M(type).hash(m, 5) == M(type).hash(b, 5), "equal maps hash alike");
        return true;
    }
    default:
        return true;
    }
    if (result == STET_NO_MEMORY)
        return false;
    REQUIRE(result == expected, "result %d, not %d", (int)result, (int)expected);
    *target = next;
    return true;
}

/* One operation with requests of it failing until none is refused: after each refusal all is as it was. */
static void P(apply)(struct P(world) * w, struct op o, bool refusing)
{
    for (uint64_t nth = 1;; nth++) {
        if (refusing)
            stet_pool_fault(nth, 1);
        bool done = P(step)(w, o);
        uint64_t asked = refusing ? stet_pool_requests() : 0;
        if (refusing)
            stet_pool_fault_end();
        if (refusing && asked >= nth)
            w->fill = false;
        REQUIRE(done || refusing, "no memory");
        for (unsigned h = 0; h < HANDLES; h++)
            if (h == o.a || h == o.b || h == o.c)
                P(check)(w, h);
        if (done && (!refusing || asked < nth || o.code == DROP))
            break;
        if (done) /* it did with less */
            break;
        if (nth % 8 == 1)
            P(audit)(w);
    }
}

#ifdef SORTED_PROGRAM_TESTS
static void P(run)(unsigned steps, bool refusing, unsigned keys)
{
    struct rng r = {test_seed()};
    struct P(world) w;
    memset(&w, 0, sizeof w);
    w.fill = true;
    for (unsigned i = 0; i < steps; i++) {
        struct op o = op_random(&r, keys);
        test_context("%s, step %u, op %d, handles %u %u %u, keys %u %u, seed %u", P_TEXT(NAME), i, (int)o.code, o.a,
                     o.b, o.c, o.k, o.k2, o.seed);
        bool faulty = refusing && rng_below(&r, 4) == 0;
        P(apply)(&w, o, faulty);
        if (i % 64 == 0)
            for (unsigned h = 0; h < HANDLES; h++)
                P(check)(&w, h);
        if (i % 64 == 0)
            P(audit)(&w);
        if (i % 2000 == 1999) { /* the fill may have suffered: begin again */
            for (unsigned h = 0; h < HANDLES; h++) {
                M(drop)(&w.handle[h]);
                w.model[h].n = 0;
            }
            w.fill = true;
        }
    }
    for (unsigned h = 0; h < HANDLES; h++) {
        P(check)(&w, h);
        M(drop)(&w.handle[h]);
    }
    while (stet_release_some(1000))
        ;
}

LIVE_TEST(sorted_model, NAME_TEST(NAME, in_place))
{
    (void)test_seed();
    P(prepare)();
    P(run)(test_long() ? 300000 : SHORT_RUN, false, KEYS);
    P(run)(test_long() ? 100000 : SHORT_RUN / 2, false, 40);
    P(finish)();
}

LIVE_TEST(sorted_model, NAME_TEST(NAME, without_memory))
{
    (void)test_seed();
    P(prepare)();
    P(run)(test_long() ? 100000 : SHORT_RUN / 3, true, KEYS);
    P(finish)();
}

#endif

#undef P_CAT_
#undef P_CAT
#undef P
#undef P_MAP
#undef M_
#undef M_CAT
#undef M
#undef KEY_TYPE
#undef VALUE_TYPE
#undef NAME
