/* SPDX-License-Identifier: MIT */
/*
 * spellings.c includes this once for each way to spell a type: every macro that pastes one, and a run of what it made.
 *
 *   ID        begins the names;  OF_LIST, OF_MAP: which part is wanted
 *   T, TTYPE  the type as it is spelled, and its descriptor's name
 *   N         how many different elements there are: MAKE(i) is the i-th, an initialiser, NUMBER(e) is which one *e is
 */
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define F(suffix) PASTE(ID, suffix)
#define STRING_(a) #a
#define STRING(a) STRING_(a)
/* The macro with its arguments expanded: it pastes them. */
#define EXPANDED(macro, ...) macro(__VA_ARGS__)
#define CHECK(condition) check(condition, STRING(T), __LINE__)

static T F(_make)(int i)
{
    T made = MAKE(i);
    return made;
}
static int F(_number)(T const *e) { return (int)(NUMBER(e)); }

#ifdef OF_LIST
#    undef OF_LIST
/* ---- a list, of each element three times: 0 1 ... N-1 0 1 ... ---- */

EXPANDED(STET_LIST, F(_list), T, TTYPE)
EXPANDED(STET_INSPECT_LIST, F(_list))
EXPANDED(STET_ATOM, F(_list_atom), F(_list))

#    define ALL (3 * N)

static bool F(_see)(void *seen, T const *e)
{
    ++*(int *)seen;
    return F(_number)(e) >= 0;
}
static void F(_sum)(void *into, T const *e) { *(long *)into += F(_number)(e); }
static bool F(_is_last)(void *context, T const *e)
{
    (void)context;
    return F(_number)(e) == N - 1;
}
static void F(_replace)(void *context, T const *old, T *e)
{
    (void)context;
    *e = F(_make)((F(_number)(old) + 1) % N);
}
static bool F(_stretch)(void *context, size_t a_from, size_t a_to, size_t b_from, size_t b_to)
{
    *(size_t *)context += a_to - a_from + b_to - b_from;
    return true;
}

static void F(_list_walks)(const F(_list) * l)
{
    size_t n = 0;
    int seen = 0;
    long sum = 0;
    for (F(_list_cursor) it = F(_list_cursor_at)(l, 0); it.at != NULL && n <= ALL; F(_list_next)(&it)) {
        CHECK(F(_number)(it.at) == (int)n % N && F(_list_cursor_index)(&it) == n);
        n++;
    }
    CHECK(n == ALL);
    F(_list_cursor) back = F(_list_cursor_in)(l, 1, n);
    for (F(_list_seek)(&back, n - 1); back.at != NULL && n > 0; F(_list_previous)(&back)) {
        n--;
        CHECK(F(_number)(back.at) == (int)n % N);
    }
    CHECK(n == 1);
    CHECK(F(_list_each)(l, F(_see), &seen) && seen == ALL);
    CHECK(F(_list_fold)(l, F(_sum), &sum) == &sum && sum == 3L * N * (N - 1) / 2);
    CHECK(F(_list_find)(l, 0, F(_is_last), NULL) == N - 1 && F(_list_find)(l, N, F(_is_last), NULL) == 2 * N - 1);
    CHECK(F(_list_index_of)(l, N, F(_make)(0)) == N && F(_list_index_of)(l, ALL, F(_make)(0)) == SIZE_MAX);
    CHECK(F(_list_has)(l, F(_make)(N - 1)));
    CHECK(F(_number)(F(_list_front)(l)) == 0 && F(_number)(F(_list_back)(l)) == N - 1);
    for (size_t i = 0, run; i < ALL; i += run) {
        T const *first = F(_list_chunk)(l, i, &run);
        CHECK(F(_number)(first) == (int)i % N && F(_number)(first + (run - 1)) == (int)(i + run - 1) % N);
    }
    T got = F(_list_get_or)(l, ALL, F(_make)(1));
    CHECK(F(_number)(&got) == 1 && F(_number)(F(_list_get)(l, 1)) == 1);
}

static void F(_list_edits)(F(_list) * l)
{
    static T some[N];
    T popped;
    T *at = NULL;
    F(_list) other, out;
    memset(&out, 0, sizeof out);
    F(_list_to_array)(l, N, N, some);
    CHECK(F(_list_from_array)(some, N, &other) == STET_CHANGED && F(_list_size)(&other) == N);
    CHECK(F(_list_set)(&other, 0, F(_make)(1)) == STET_CHANGED && F(_list_edit)(&other, 1, &at) == STET_CHANGED);
    CHECK(F(_number)(at) == 1);
    *at = F(_make)(0);
    CHECK(F(_list_update)(&other, 0, F(_replace), NULL) == STET_CHANGED);
    CHECK(F(_number)(F(_list_get)(&other, 0)) == 2 % N && F(_number)(F(_list_get)(&other, 1)) == 0);
    CHECK(F(_list_insert_array)(&other, 1, some, N) && F(_list_insert_at)(&other, 1, F(_make)(N - 1)));
    CHECK(F(_list_append_array)(&other, some, N) && F(_list_size)(&other) == ALL + 1);
    CHECK(F(_list_map)(&other, F(_replace), NULL) && F(_number)(F(_list_get)(&other, 1)) == 0);
    CHECK(F(_list_filter)(&other, F(_is_last), NULL) && F(_list_size)(&other) > 0 && F(_list_size)(&other) < ALL);
    CHECK(F(_list_push_front)(&other, F(_make)(0)) && F(_list_pop_front)(&other, &popped) == STET_CHANGED);
    CHECK(F(_number)(&popped) == 0 && F(_list_pop_back)(&other, &popped) == STET_CHANGED);
    CHECK(F(_number)(&popped) == N - 1);
    CHECK(F(_list_with)(l, 0, F(_make)(1), &out) && F(_list_with_back)(&out, F(_make)(1), &out));
    CHECK(F(_list_with_front)(&out, F(_make)(1), &out) && F(_list_with_inserted)(&out, 1, F(_make)(1), &out));
    CHECK(F(_list_with_inserted_array)(&out, 0, some, N, &out) && F(_list_pop_at)(&out, 0, &popped));
    CHECK(F(_list_size)(&out) == ALL + 2 + N && F(_number)(&popped) == 0);
    size_t changed = 0;
    CHECK(F(_list_diff)(l, &out, F(_stretch), &changed) && changed > 0 && !F(_list_equal)(l, &out));
    struct stet_roots view = F(_list_roots)(&out);
    struct stet_node_stats census;
    CHECK(stet_inspect_count(&view, 1, &census) && census.elements == F(_list_size)(&out));
    F(_list_drop)(&other);
    F(_list_drop)(&out);
}

/* An atom edits a version of the list: the callback is an edit. */
static stet_result F(_push)(void *e, F(_list) * l) { return F(_list_push_back)(l, *(T const *)e); }

static void F(_list_of_atom)(F(_list) * l)
{
    F(_list_atom) a;
    F(_list_reader) r;
    T more = F(_make)(1);
    F(_list) copy = F(_list_copy)(l);
    CHECK(F(_list_atom_init)(&a, &copy) && F(_list_atom_update)(&a, F(_push), &more) == STET_CHANGED);
    F(_list_guard) g = F(_list_atom_acquire)(&a);
    CHECK(F(_list_size)(F(_list_guard_view)(&g)) == ALL + 1);
    CHECK(F(_list_reader_init)(&r, &a) && F(_number)(F(_list_back)(F(_list_reader_refresh)(&r))) == 1);
    F(_list_reader_destroy)(&r);
    copy = F(_list_copy)(l);
    CHECK(F(_list_atom_compare_and_swap)(&a, &g, &copy) == STET_CHANGED);
    F(_list_guard_release)(&g);
    copy = F(_list_atom_snapshot)(&a);
    CHECK(F(_list_equal)(&copy, l));
    F(_list_drop)(&copy);
    F(_list_atom_destroy)(&a);
}

static void F(_lists)(void)
{
    F(_list) l;
    memset(&l, 0, sizeof l);
    for (int i = 0; i < ALL; i++)
        CHECK(F(_list_push_back)(&l, F(_make)(i % N)) == STET_CHANGED);
    F(_list_walks)(&l);
    F(_list_edits)(&l);
    F(_list_of_atom)(&l);
    F(_list_drop)(&l);
}

/* ---- a set of all ---- */

EXPANDED(STET_SET, F(_set), T, TTYPE)
EXPANDED(STET_ATOM, F(_set_atom), F(_set))

static bool F(_differs)(void *count, T const *key, bool in_a)
{
    ++*(int *)count;
    return in_a && F(_number)(key) == N - 1;
}

static void F(_sets)(void)
{
    static T all[N];
    F(_set) s, other;
    int seen = 0;
    long sum = 0, looped = 0;
    memset(&s, 0, sizeof s);
    for (int i = 0; i < N; i++) {
        all[i] = F(_make)(i);
        CHECK(F(_set_add)(&s, all[i]) == STET_CHANGED && F(_set_add)(&s, all[i]) == STET_UNCHANGED);
    }
    for (F(_set_cursor) it = F(_set_first)(&s); it.key != NULL; F(_set_next)(&it))
        looped += F(_number)(it.key);
    CHECK(F(_set_size)(&s) == N && looped == (long)N * (N - 1) / 2);
    CHECK(F(_set_each)(&s, F(_see), &seen) && seen == N);
    CHECK(F(_set_fold)(&s, F(_sum), &sum) == &sum && sum == looped);
    CHECK(F(_set_has)(&s, all[1]) && F(_number)(F(_set_get)(&s, all[1])) == 1);
    CHECK(F(_set_from_array)(all, N, &other) == STET_CHANGED && F(_set_equal)(&s, &other));
    CHECK(F(_set_erase)(&other, all[N - 1]) == STET_CHANGED && F(_set_add_many)(&other, all, 1) == STET_UNCHANGED);
    seen = 0;
    CHECK(F(_set_diff)(&s, &other, F(_differs), &seen) && seen == 1);
    CHECK(F(_set_with)(&other, all[N - 1], &other) && F(_set_without)(&other, all[0], &other));
    CHECK(F(_set_filter)(&other, F(_is_last), NULL) && F(_set_size)(&other) == 1);
    F(_set_atom) a;
    CHECK(F(_set_atom_init)(&a, &other));
    F(_set_guard) g = F(_set_atom_acquire)(&a);
    CHECK(F(_set_has)(F(_set_guard_view)(&g), all[N - 1]));
    F(_set_guard_release)(&g);
    F(_set_atom_destroy)(&a);
    F(_set_drop)(&s);
}
#    undef ALL
#endif

#ifdef OF_MAP
#    undef OF_MAP
/* ---- maps with such keys to long, and with such values ---- */

EXPANDED(STET_MAP, F(_to_long), T, long, TTYPE, stet_long)
EXPANDED(STET_ATOM_MAP, F(_atom_keys), F(_to_long))
EXPANDED(STET_MAP, F(_of_long), long, T, stet_long, TTYPE)
EXPANDED(STET_INSPECT_MAP, F(_of_long))
EXPANDED(STET_ATOM_MAP, F(_atom_values), F(_of_long))
EXPANDED(STET_LIVE_MAP, F(_live_values), F(_of_long))
EXPANDED(STET_MAP, F(_to_long_too), T, long, TTYPE, stet_long)
EXPANDED(STET_LIVE_MAP, F(_live_keys), F(_to_long_too))

static bool F(_see_key)(void *seen, T const *key, long const *value)
{
    ++*(int *)seen;
    return F(_number)(key) == *value;
}
static void F(_sum_key)(void *into, T const *key, long const *value) { *(long *)into += F(_number)(key) + *value; }
static bool F(_see_value)(void *seen, long const *key, T const *value)
{
    ++*(int *)seen;
    return F(_number)(value) == *key;
}
static void F(_sum_value)(void *into, long const *key, T const *value) { *(long *)into += F(_number)(value) + *key; }
static void F(_update_value)(void *context, T const *old, T *value)
{
    (void)context;
    *value = F(_make)(old == NULL ? 0 : (F(_number)(old) + 1) % N);
}
static void F(_map_value)(void *context, long const *key, T const *old, T *value)
{
    (void)key;
    F(_update_value)(context, old, value);
}
static bool F(_diff_value)(void *count, long const *key, T const *a, T const *b)
{
    (void)key;
    ++*(int *)count;
    return a != NULL && b != NULL && F(_number)(a) != F(_number)(b);
}
static void F(_merge_value)(void *context, long const *key, T const *a, T const *b, T *value)
{
    (void)context, (void)key;
    *value = F(_number)(a) > F(_number)(b) ? *a : *b;
}

static void F(_keys)(void)
{
    static T all[N];
    static long numbers[N];
    static const long *found[N];
    F(_to_long) m, other;
    int seen = 0;
    long sum = 0, looped = 0;
    memset(&m, 0, sizeof m);
    for (int i = 0; i < N; i++) {
        all[i] = F(_make)(i);
        numbers[i] = i;
        CHECK(F(_to_long_set)(&m, all[i], i) == STET_CHANGED && F(_to_long_add)(&m, all[i], 0) == STET_UNCHANGED);
    }
    for (F(_to_long_cursor) it = F(_to_long_first)(&m); it.key != NULL; F(_to_long_next)(&it))
        looped += F(_number)(it.key) + *it.value;
    CHECK(F(_to_long_size)(&m) == N && looped == (long)N * (N - 1));
    CHECK(F(_to_long_each)(&m, F(_see_key), &seen) && seen == N);
    CHECK(F(_to_long_fold)(&m, F(_sum_key), &sum) == &sum && sum == looped);
    F(_to_long_get_many)(&m, all, N, found);
    CHECK(*found[N - 1] == N - 1 && *F(_to_long_get)(&m, all[1]) == 1 && F(_to_long_has)(&m, all[0]));
    CHECK(F(_to_long_from_array)(all, numbers, N, &other) && F(_to_long_equal)(&m, &other));
    CHECK(F(_to_long_filter)(&other, F(_see_key), &seen) == STET_UNCHANGED && seen == 2 * N);
    CHECK(F(_to_long_pop)(&other, all[1], &looped) == STET_CHANGED && looped == 1);
    CHECK(F(_to_long_with)(&other, all[1], 1, &other) && F(_to_long_without)(&other, all[0], &other));
    CHECK(F(_to_long_erase)(&m, all[0]) == STET_CHANGED && F(_to_long_is_submap)(&m, &other));
    F(_to_long_drop)(&m);
    F(_to_long_drop)(&other);
}

static void F(_values)(void)
{
    static T all[N];
    static long numbers[N];
    static T const *found[N];
    F(_of_long) m, other, out;
    T popped;
    T *at = NULL;
    int seen = 0;
    long sum = 0, looped = 0;
    memset(&m, 0, sizeof m);
    memset(&out, 0, sizeof out);
    for (int i = 0; i < N; i++) {
        all[i] = F(_make)(i);
        numbers[i] = i;
        CHECK(F(_of_long_set)(&m, i, all[i]) == STET_CHANGED && F(_of_long_set)(&m, i, all[i]) == STET_UNCHANGED);
    }
    for (F(_of_long_cursor) it = F(_of_long_first)(&m); it.key != NULL; F(_of_long_next)(&it))
        looped += F(_number)(it.value) + *it.key;
    CHECK(looped == (long)N * (N - 1));
    CHECK(F(_of_long_each)(&m, F(_see_value), &seen) && seen == N);
    CHECK(F(_of_long_fold)(&m, F(_sum_value), &sum) == &sum && sum == looped);
    F(_of_long_get_many)(&m, numbers, N, found);
    CHECK(F(_number)(found[N - 1]) == N - 1 && F(_number)(F(_of_long_get)(&m, 1)) == 1);
    popped = F(_of_long_get_or)(&m, N, all[1]);
    CHECK(F(_number)(&popped) == 1);
    CHECK(F(_of_long_from_array)(numbers, all, N, &other) && F(_of_long_set_many)(&other, numbers, all, N));
    CHECK(F(_of_long_edit)(&other, 0, &at) == STET_UNCHANGED && F(_number)(at) == 0);
    *at = all[1];
    CHECK(F(_of_long_diff)(&m, &other, F(_diff_value), &seen) && seen == N + 1);
    CHECK(F(_of_long_merge)(&m, &other, F(_merge_value), NULL, &out) && F(_number)(F(_of_long_get)(&out, 0)) == 1);
    CHECK(F(_of_long_merge_unequal)(&m, &other, F(_merge_value), NULL, &out) == STET_UNCHANGED ||
          F(_of_long_equal)(&out, &other));
    CHECK(F(_of_long_update)(&other, 0, F(_update_value), NULL) && F(_of_long_pop)(&other, 0, &popped));
    CHECK(F(_number)(&popped) == 2 % N);
    CHECK(F(_of_long_map_values)(&other, F(_map_value), NULL) && F(_number)(F(_of_long_get)(&other, 1)) == 2 % N);
    struct stet_roots view = F(_of_long_roots)(&m);
    struct stet_node_stats census;
    CHECK(stet_inspect_count(&view, 1, &census) && census.elements == N);
    F(_of_long_drop)(&m);
    F(_of_long_drop)(&other);
    F(_of_long_drop)(&out);
}

/* ---- the maps that threads share: the same text for both ---- */

static bool F(_compute)(void *context, long const *key, T *value)
{
    (void)context;
    *value = F(_make)((int)*key);
    return true;
}

#    define SHARED_KEYS(function, name)                                                                            \
        static void F(function)(void)                                                                              \
        {                                                                                                          \
            static T all[N];                                                                                       \
            static long got[N];                                                                                    \
            static bool there[N];                                                                                  \
            F(name) m;                                                                                             \
            long was;                                                                                              \
            bool had;                                                                                              \
            int seen = 0;                                                                                          \
            CHECK(F(name##_init)(&m, NULL));                                                                       \
            for (int i = 0; i < N; i++) {                                                                          \
                all[i] = F(_make)(i);                                                                              \
                CHECK(F(name##_store)(&m, all[i], i) == STET_CHANGED);                                             \
            }                                                                                                      \
            CHECK(F(name##_load_many)(&m, all, N, got, there) == N && got[N - 1] == N - 1 && there[0]);            \
            CHECK(F(name##_range)(&m, F(_see_key), &seen) && seen == N && F(name##_size)(&m) == N);                \
            CHECK(F(name##_load)(&m, all[1], &was) && was == 1 && F(name##_has)(&m, all[0]));                      \
            CHECK(F(name##_swap)(&m, all[1], 7, &was, &had) == STET_CHANGED && had && was == 1);                   \
            CHECK(F(name##_compare_and_swap)(&m, all[1], 7, 8) == STET_CHANGED);                                   \
            CHECK(F(name##_compare_and_delete)(&m, all[1], 8) == STET_CHANGED);                                    \
            CHECK(F(name##_load_or_store)(&m, all[1], 9, &was) == STET_CHANGED && was == 9);                       \
            CHECK(F(name##_load_and_delete)(&m, all[1], &was) == STET_CHANGED && was == 9);                        \
            CHECK(F(name##_delete)(&m, all[0]) == STET_CHANGED && F(name##_delete)(&m, all[0]) == STET_UNCHANGED); \
            F(name##_op) ops[2];                                                                                   \
            ops[0].kind = ops[1].kind = STET_OP_STORE;                                                             \
            ops[0].key = all[0], ops[0].value = 5, ops[1].key = all[1], ops[1].value = 6;                          \
            CHECK(F(name##_apply)(&m, ops, 2) == STET_CHANGED && F(name##_load)(&m, all[1], &was) && was == 6);    \
            CHECK(F(name##_clear)(&m) == STET_CHANGED && F(name##_size)(&m) == 0);                                 \
            F(name##_destroy)(&m);                                                                                 \
        }
SHARED_KEYS(_keys_behind_atom, _atom_keys)
SHARED_KEYS(_keys_live, _live_keys)

#    define SHARED_VALUES(function, name)                                                                          \
        static void F(function)(void)                                                                              \
        {                                                                                                          \
            static long numbers[N];                                                                                \
            static T got[N];                                                                                       \
            static bool there[N];                                                                                  \
            F(name) m;                                                                                             \
            T was;                                                                                                 \
            bool had;                                                                                              \
            int seen = 0;                                                                                          \
            CHECK(F(name##_init)(&m, NULL));                                                                       \
            for (int i = 0; i < N; i++) {                                                                          \
                numbers[i] = i;                                                                                    \
                CHECK(F(name##_store)(&m, i, F(_make)(i)) == STET_CHANGED);                                        \
            }                                                                                                      \
            CHECK(F(name##_load_many)(&m, numbers, N, got, there) == N && F(_number)(&got[N - 1]) == N - 1);       \
            CHECK(F(name##_range)(&m, F(_see_value), &seen) && seen == N && there[0]);                             \
            CHECK(F(name##_load)(&m, 1, &was) && F(_number)(&was) == 1 && F(name##_has)(&m, 0));                   \
            CHECK(F(name##_swap)(&m, 1, F(_make)(0), &was, &had) == STET_CHANGED && had && F(_number)(&was) == 1); \
            CHECK(F(name##_compare_and_swap)(&m, 1, F(_make)(0), F(_make)(1)) == STET_CHANGED);                    \
            CHECK(F(name##_compare_and_delete)(&m, 1, F(_make)(1)) == STET_CHANGED);                               \
            CHECK(F(name##_load_or_store)(&m, 1, F(_make)(1), &was) == STET_CHANGED && F(_number)(&was) == 1);     \
            CHECK(F(name##_load_and_delete)(&m, 1, &was) == STET_CHANGED && F(_number)(&was) == 1);                \
            CHECK(F(name##_load_or_compute)(&m, 1, F(_compute), NULL, &was) == STET_CHANGED);                      \
            CHECK(F(_number)(&was) == 1 && F(name##_delete)(&m, 0) == STET_CHANGED);                               \
            F(name##_op) op;                                                                                       \
            op.kind = STET_OP_STORE, op.key = 0, op.value = F(_make)(0);                                           \
            CHECK(F(name##_apply)(&m, &op, 1) == STET_CHANGED && F(name##_size)(&m) == N);                         \
            F(_of_long) now = F(name##_snapshot)(&m);                                                              \
            CHECK(F(_number)(F(_of_long_get)(&now, N - 1)) == N - 1);                                              \
            F(_of_long_drop)(&now);                                                                                \
            F(name##_destroy)(&m);                                                                                 \
        }
SHARED_VALUES(_values_behind_atom, _atom_values)
SHARED_VALUES(_values_live, _live_values)
#    undef SHARED_KEYS
#    undef SHARED_VALUES

static void F(_maps)(void)
{
    F(_keys)();
    F(_values)();
    F(_keys_behind_atom)();
    F(_keys_live)();
    F(_values_behind_atom)();
    F(_values_live)();
}
#endif

#undef PASTE_
#undef PASTE
#undef F
#undef STRING_
#undef STRING
#undef CHECK
#undef EXPANDED
#undef ID
#undef T
#undef TTYPE
#undef N
#undef MAKE
#undef NUMBER
