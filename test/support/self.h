/* SPDX-License-Identifier: MIT */
/*
 * self.h - included by held.c, once for each family of types that SELF_TYPES() made: tests of every way in which an
 * element comes into a collection, with elements that hold the collection, lie in it, or are borrowed from it.
 *
 * FAMILY: the prefix of the types' names.
 */

#define S_CAT_(a, b) a##_##b
#define S_CAT(a, b) S_CAT_(a, b)
#define S(name) S_CAT(FAMILY, name)
#define S_TEXT_(x) #x
#define S_TEXT(x) S_TEXT_(x)
#define NODE struct S(node)

struct S(world) {
    S(list) list;
    S(map) map;
    S(index) index;
    S(set) set;
};

/* ---- contents as a number ---- */

static uint64_t S(print)(const NODE *n);

static uint64_t S(print_list)(const S(list) * l)
{
    uint64_t print = S(list_size)(l);
    for (S(list_cursor) it = S(list_cursor_at)(l, 0); it.at != NULL; S(list_next)(&it))
        print = rng_mix(print, S(print)(it.at));
    return print;
}

static uint64_t S(print_map)(const S(map) * m)
{
    uint64_t print = S(map_size)(m);
    for (S(map_cursor) it = S(map_first)(m); it.key != NULL; S(map_next)(&it))
        print += rng_mix((uint64_t)*it.key, S(print)(it.value));
    return print;
}

static uint64_t S(print)(const NODE *n)
{
    uint64_t print = rng_mix((uint64_t)n->tag, S(print_list)(&n->list));
    print = rng_mix(print, S(print_map)(&n->map));
    for (S(index_cursor) it = S(index_first)(&n->index); it.key != NULL; S(index_next)(&it))
        print += rng_mix(S(print)(it.key), (uint64_t)*it.value);
    print = rng_mix(print, S(index_size)(&n->index));
    for (S(set_cursor) it = S(set_first)(&n->set); it.key != NULL; S(set_next)(&it))
        print += rng_mix(S(print)(it.key), 1);
    return rng_mix(print, S(set_size)(&n->set));
}

static uint64_t S(print_world)(const struct S(world) * w)
{
    return S(print)(&(NODE){.list = w->list, .map = w->map, .index = w->index, .set = w->set});
}

/* ---- worlds ---- */

/* Makes an element; the caller releases it. */
static NODE S(made)(int tag)
{
    NODE n = {.tag = tag}, child = {.tag = 10000 + tag}, grandchild = {.tag = 20000 + tag};
    self_retained++;
    if (tag % 3 == 0) {
        self_retained++;
        cr_assert(S(list_push_back)(&child.list, grandchild));
        cr_assert(S(list_push_back)(&n.list, child) && S(list_push_back)(&n.list, grandchild));
        cr_assert(S(map_set)(&n.map, tag, child) && S(index_set)(&n.index, child, tag) && S(set_add)(&n.set, child));
        S(release)(&child);
    }
    return n;
}

static struct S(world) S(world_of)(int n)
{
    struct S(world) w = {0};
    for (int i = 0; i < n; i++) {
        NODE e = S(made)(i);
        cr_assert(S(list_push_back)(&w.list, e));
        S(release)(&e);
        e = S(made)(i);
        cr_assert(S(map_set)(&w.map, i, e));
        S(release)(&e);
        e = S(made)(i);
        cr_assert(S(index_set)(&w.index, e, i));
        S(release)(&e);
        e = S(made)(i);
        cr_assert(S(set_add)(&w.set, e));
        S(release)(&e);
    }
    return w;
}

static struct S(world) S(world_copy)(const struct S(world) * w)
{
    return (struct S(world)){S(list_copy)(&w->list), S(map_copy)(&w->map), S(index_copy)(&w->index),
                             S(set_copy)(&w->set)};
}

static void S(world_drop)(struct S(world) * w)
{
    S(list_drop)(&w->list);
    S(map_drop)(&w->map);
    S(index_drop)(&w->index);
    S(set_drop)(&w->set);
}

static void S(world_check)(const struct S(world) * w, bool fill)
{
    const char *error = list_check(&S(list_list_type_), &w->list.list_, fill);
    error = error != NULL ? error : map_check(&S(map_map_type_), &w->map.map_, fill);
    error = error != NULL ? error : map_check(&S(index_map_type_), &w->index.map_, fill);
    error = error != NULL ? error : map_check(&S(set_map_type_), &w->set.map_, fill);
    cr_assert_null(error, "%s", error);
}

/* ---- the ways in ---- */

static void S(give)(void *context, const NODE *old, NODE *value)
{
    (void)old;
    *value = *(const NODE *)context;
    S(retain)(value);
}

static void S(give_for)(void *context, const int *key, const NODE *old, NODE *value)
{
    (void)key;
    S(give)(context, old, value);
}

static void S(give_merged)(void *context, const int *key, const NODE *a, const NODE *b, NODE *value)
{
    (void)key, (void)b;
    S(give)(context, a, value);
}

#define LIST_WAY(name, call)                                            \
    static stet_result S(way_list_##name)(struct S(world) * w, NODE e)  \
    {                                                                   \
        S(list) *l = &w->list;                                          \
        size_t size = S(list_size)(l), middle = size / 2;               \
        NODE three[] = {e, {.tag = 777}, e};                            \
        S(list) out = {0};                                              \
        (void)size, (void)middle, (void)three, (void)e;                 \
        stet_result result = call;                                      \
        S(list_swap_handles)(&out, S(list_size)(&out) != 0 ? l : &out); \
        S(list_drop)(&out);                                             \
        return result;                                                  \
    }
#define MAP_WAY(name, call)                                                  \
    static stet_result S(way_map_##name)(struct S(world) * w, NODE e)        \
    {                                                                        \
        S(map) *m = &w->map;                                                 \
        int size = (int)S(map_size)(m), keys[] = {size, size / 2, size + 1}; \
        NODE three[] = {e, {.tag = 777}, e};                                 \
        S(map) out = {0};                                                    \
        (void)keys, (void)three;                                             \
        stet_result result = call;                                           \
        S(map_swap_handles)(&out, S(map_size)(&out) != 0 ? m : &out);        \
        S(map_drop)(&out);                                                   \
        return result;                                                       \
    }
#define INDEX_WAY(name, call)                                             \
    static stet_result S(way_index_##name)(struct S(world) * w, NODE e)   \
    {                                                                     \
        S(index) *m = &w->index;                                          \
        NODE three[] = {e, {.tag = 777}, e};                              \
        int values[] = {1, 2, 3}, *value;                                 \
        S(index) out = {0};                                               \
        (void)three, (void)values, (void)value;                           \
        stet_result result = call;                                        \
        S(index_swap_handles)(&out, S(index_size)(&out) != 0 ? m : &out); \
        S(index_drop)(&out);                                              \
        return result;                                                    \
    }
#define SET_WAY(name, call)                                           \
    static stet_result S(way_set_##name)(struct S(world) * w, NODE e) \
    {                                                                 \
        S(set) *s = &w->set;                                          \
        NODE three[] = {e, {.tag = 777}, e};                          \
        S(set) out = {0};                                             \
        (void)three;                                                  \
        stet_result result = call;                                    \
        S(set_swap_handles)(&out, S(set_size)(&out) != 0 ? s : &out); \
        S(set_drop)(&out);                                            \
        return result;                                                \
    }
SELF_WAYS(LIST_WAY, MAP_WAY, INDEX_WAY, SET_WAY)
#undef LIST_WAY
#undef MAP_WAY
#undef INDEX_WAY
#undef SET_WAY

static const struct S(way) {
    const char *name;
    enum self_into into;
    stet_result (*run)(struct S(world) * w, NODE e);
} S(ways)[] = {
#define LIST_WAY(name, call) {"list " #name, INTO_LIST, S(way_list_##name)},
#define MAP_WAY(name, call) {"map " #name, INTO_MAP, S(way_map_##name)},
#define INDEX_WAY(name, call) {"index " #name, INTO_INDEX, S(way_index_##name)},
#define SET_WAY(name, call) {"set " #name, INTO_SET, S(way_set_##name)},
    SELF_WAYS(LIST_WAY, MAP_WAY, INDEX_WAY, SET_WAY)
#undef LIST_WAY
#undef MAP_WAY
#undef INDEX_WAY
#undef SET_WAY
};

/* ---- elements to add: borrowed; the caller releases *own ---- */

static const NODE *S(element_of)(const struct S(world) * w, enum self_into into, int i)
{
    NODE key = {0};
    switch (into) {
    case INTO_LIST:
        return S(list_get)(&w->list, (size_t)i);
    case INTO_MAP:
        return S(map_get)(&w->map, i);
    case INTO_INDEX:
        for (S(index_cursor) it = S(index_first)(&w->index); it.key != NULL; S(index_next)(&it))
            if (it.key->tag == i)
                return it.key;
        break;
    case INTO_SET:
        key = S(made)(i);
        const NODE *found = S(set_get)(&w->set, key);
        S(release)(&key);
        return found;
    }
    return NULL;
}

static NODE S(element)(const struct S(world) * w, enum self_into into, enum self_kind kind, NODE *own)
{
    NODE e = {.tag = 5000};
    int size = (int)S(list_size)(&w->list);
    *own = (NODE){.tag = -1};
    if (kind == SELF_HOLDS || kind == SELF_REPLACES) {
        e = (NODE){kind == SELF_HOLDS ? 5000 : 0, w->list, w->map, w->index, w->set};
    } else if (kind == SELF_DEEP) {
        NODE middle = {.tag = 6000};
        self_retained++;
        cr_assert(S(list_push_back)(&middle.list, ((NODE){6001, w->list, w->map, w->index, w->set})));
        cr_assert(S(map_set)(&own->map, 1, middle) && S(list_push_back)(&own->list, middle));
        S(release)(&middle);
        e = *own;
        e.tag = 5000;
    } else if (kind == SELF_LIES_IN && size > 0) {
        e = *S(element_of)(w, into, size / 2);
    } else if (kind == SELF_LIES_BELOW && size > 0) { /* only element 0, which several of the ways replace, holds it */
        e = *S(list_get)(&S(element_of)(w, into, 0)->list, 0);
    }
    return e;
}

/* ---- one way, one element ---- */

/* Makes the expected world: by the same call, while the test holds everything that the element needs. */
static stet_result S(expected)(const struct S(way) * way, int n, enum self_kind kind, uint64_t *print)
{
    struct S(world) w = S(world_of)(n), before = S(world_copy)(&w);
    NODE own, e = S(element)(&w, way->into, kind, &own);
    S(retain)(&e);
    stet_result result = way->run(&w, e);
    *print = S(print_world)(&w);
    S(release)(&e);
    S(release)(&own);
    S(world_drop)(&w);
    S(world_drop)(&before);
    return result;
}

static void S(try)(const struct S(way) * way, int n, enum self_kind kind, bool shared, bool refusing)
{
    uint64_t expected_print;
    stet_result expected = S(expected)(way, n, kind, &expected_print), result;
    struct refusals r = {0};
    bool again = false;
    do {
        struct S(world) w = S(world_of)(n), other = {0};
        uint64_t print = S(print_world)(&w);
        if (shared)
            other = S(world_copy)(&w);
        NODE own, e = S(element)(&w, way->into, kind, &own);
        uint64_t e_print = S(print)(&e);
        if (refusing)
            refuse(&r);
        result = way->run(&w, e);
        if (refusing)
            again = any_refused(&r, result);
        test_context("%s, %d elements, kind %d, %s, request %d", way->name, n, (int)kind, shared ? "shared" : "alone",
                     (int)r.count);
        cr_assert_eq(S(print_world)(&w), result == STET_NO_MEMORY ? print : expected_print, "%s, %d elements, kind %d",
                     way->name, n, (int)kind);
        S(world_check)(&w, !refusing);
        if (kind == SELF_DEEP) /* of other kinds, the test does not hold the element's collections */
            cr_assert_eq(S(print)(&e), e_print, "%s, %d elements: what the element holds has changed", way->name, n);
        if (shared)
            cr_assert_eq(S(print_world)(&other), print, "%s, %d elements, kind %d: another version has changed",
                         way->name, n, (int)kind);
        S(release)(&own);
        S(world_drop)(&w);
        S(world_drop)(&other);
        cr_assert_eq(self_retained, self_released, "%s, %d elements, kind %d, %s: %ld times retained, %ld released",
                     way->name, n, (int)kind, shared ? "shared" : "alone", self_retained, self_released);
        nothing_is_live();
    } while (again);
    cr_assert_eq(result, expected, "%s, %d elements, kind %d", way->name, n, (int)kind);
}

static void S(try_all)(const int *sizes, size_t n, bool refusing)
{
    for (size_t way = 0; way < sizeof S(ways) / sizeof *S(ways); way++)
        for (size_t i = 0; i < n; i++)
            for (unsigned kind = 0; kind < SELF_KINDS; kind++)
                for (unsigned shared = 0; shared < 2; shared++)
                    S(try)(&S(ways)[way], sizes[i], (enum self_kind)kind, shared != 0, refusing);
}

LIVE_TEST(held, S(every_way_in))
{
    static const int sizes[] = {0, 1, 3, 4, 5, 9, 20, 2, 8, 13, 40};
    S(try_all)(sizes, test_long() ? sizeof sizes / sizeof *sizes : 7, false);
}

LIVE_TEST(held, S(every_way_in_without_memory))
{
    static const int sizes[] = {1, 4, 17};
    S(try_all)(sizes, test_long() ? 3 : 2, true);
}

/* ---- maps that threads share: elements are borrowed from a snapshot of the map, or hold one ---- */

enum { S(shared_ways) = 6 };

static bool S(compute)(void *context, const int *key, NODE *value)
{
    (void)key;
    S(give)(context, NULL, value);
    return true;
}

/* Does to an ordinary map what this way does to the shared one. */
static void S(model_way)(S(map) * m, unsigned way, int key, NODE e)
{
    if (way < 2 || way == 5 || (way == 4 && S(map_has)(m, key)))
        cr_assert_neq(S(map_set)(m, key, e), STET_NO_MEMORY);
    else if (way < 4)
        cr_assert_neq(S(map_add)(m, key, e), STET_NO_MEMORY);
    if (way == 5) {
        cr_assert_neq(S(map_set)(m, key + 2, e), STET_NO_MEMORY);
        cr_assert_neq(S(map_erase)(m, key + 1), STET_NO_MEMORY);
    }
}

#define SHARED_TEST(form)                                                                                             \
    static stet_result S(form##_way)(S(form) * m, unsigned way, int key, NODE e)                                      \
    {                                                                                                                 \
        S(form##_op)                                                                                                  \
        ops[] = {{STET_OP_STORE, key, e}, {.kind = STET_OP_DELETE, .key = key + 1}, {STET_OP_STORE, key + 2, e}};     \
        NODE got = {.tag = -1};                                                                                       \
        stet_result result = STET_CONFLICT;                                                                           \
        bool had = false;                                                                                             \
        if (way == 0)                                                                                                 \
            return S(form##_store)(m, key, e);                                                                        \
        if (way == 5)                                                                                                 \
            return S(form##_apply)(m, ops, 3);                                                                        \
        if (way == 1)                                                                                                 \
            result = S(form##_swap)(m, key, e, &got, &had);                                                           \
        else if (way == 2)                                                                                            \
            result = S(form##_load_or_store)(m, key, e, &got);                                                        \
        else if (way == 3)                                                                                            \
            result = S(form##_load_or_compute)(m, key, S(compute), &e, &got);                                         \
        else if (S(form##_load)(m, key, &got))                                                                        \
            result = S(form##_compare_and_swap)(m, key, got, e);                                                      \
        S(release)(&got);                                                                                             \
        return result;                                                                                                \
    }                                                                                                                 \
    static void S(form##_try)(unsigned way, int n, int key, enum self_kind kind, bool refusing)                       \
    {                                                                                                                 \
        struct refusals r = {0};                                                                                      \
        bool again = false;                                                                                           \
        stet_result result;                                                                                           \
        do {                                                                                                          \
            struct S(world) w = S(world_of)(n), held = {0};                                                           \
            S(form) m;                                                                                                \
            cr_assert_eq(S(form##_init)(&m, &w.map), STET_CHANGED);                                                   \
            S(world_drop)(&w);                                                                                        \
            held.map = S(form##_snapshot)(&m);                                                                        \
            NODE own, e = S(element)(&held, INTO_MAP, n == 0 && kind > SELF_DEEP ? SELF_ORDINARY : kind, &own);       \
            S(map) model = S(map_copy)(&held.map);                                                                    \
            uint64_t before = S(print_map)(&model);                                                                   \
            S(model_way)(&model, way, key, e);                                                                        \
            if (refusing)                                                                                             \
                refuse(&r);                                                                                           \
            result = S(form##_way)(&m, way, key, e);                                                                  \
            if (refusing)                                                                                             \
                again = any_refused(&r, result);                                                                      \
            S(map) after = S(form##_snapshot)(&m);                                                                    \
            cr_assert_eq(S(print_map)(&after), result == STET_NO_MEMORY ? before : S(print_map)(&model),              \
                         "way %u, %d elements, key %d, kind %d", way, n, key, (int)kind);                             \
            cr_assert_eq(S(print_map)(&held.map), before);                                                            \
            S(map_drop)(&after);                                                                                      \
            S(map_drop)(&model);                                                                                      \
            S(world_drop)(&held);                                                                                     \
            S(release)(&own);                                                                                         \
            S(form##_destroy)(&m);                                                                                    \
            stet_reclaim();                                                                                           \
            cr_assert_eq(self_retained, self_released, "way %u, %d elements, key %d, kind %d: %ld, %ld", way, n, key, \
                         (int)kind, self_retained, self_released);                                                    \
            nothing_is_live();                                                                                        \
        } while (again);                                                                                              \
    }                                                                                                                 \
    /* While an entry is visited, stores its value under another key, and the value's child in its place. */          \
    static bool S(form##_move)(void *context, const int *key, const NODE *value)                                      \
    {                                                                                                                 \
        uint64_t print = S(print)(value);                                                                             \
        const NODE *child = S(list_front)(&value->list);                                                              \
        cr_assert_neq(S(form##_store)((S(form) *)context, 1000 + *key, *value), STET_NO_MEMORY);                      \
        cr_assert_neq(S(form##_store)((S(form) *)context, *key, child != NULL ? *child : *value), STET_NO_MEMORY);    \
        cr_assert_eq(S(print)(value), print);                                                                         \
        return true;                                                                                                  \
    }                                                                                                                 \
    LIVE_TEST(held, S(every_way_into_##form))                                                                         \
    {                                                                                                                 \
        static const int sizes[] = {0, 1, 5, 30};                                                                     \
        self_retained = self_released = 0;                                                                            \
        for (unsigned way = 0; way < S(shared_ways); way++)                                                           \
            for (unsigned i = 0; i < 4; i++)                                                                          \
                for (unsigned kind = 0; kind < SELF_KINDS; kind++)                                                    \
                    for (unsigned refusing = 0; refusing < 2; refusing++) {                                           \
                        S(form##_try)(way, sizes[i], 0, (enum self_kind)kind, refusing != 0);                         \
                        S(form##_try)(way, sizes[i], sizes[i], (enum self_kind)kind, refusing != 0);                  \
                    }                                                                                                 \
        struct S(world) w = S(world_of)(40);                                                                          \
        S(form) m;                                                                                                    \
        cr_assert_eq(S(form##_init)(&m, &w.map), STET_CHANGED);                                                       \
        S(world_drop)(&w);                                                                                            \
        cr_assert(S(form##_range)(&m, S(form##_move), &m));                                                           \
        cr_assert_eq(S(form##_size)(&m), 80);                                                                         \
        S(form##_destroy)(&m);                                                                                        \
        stet_reclaim();                                                                                               \
        cr_assert_eq(self_retained, self_released);                                                                   \
    }
SHARED_TEST(atom)
SHARED_TEST(live)
#undef SHARED_TEST

#undef S_CAT_
#undef S_CAT
#undef S
#undef S_TEXT_
#undef S_TEXT
#undef NODE
