/* SPDX-License-Identifier: MIT */
#include "list_world_parts.h"
#include "testing.h"

#include <stet/pool.h>

#include <stdlib.h>

#define ELEMENT_ROOM 256 /* of the largest element */

/* ---- begin and end ---- */

void list_world_begin(struct list_world *w, const struct list_subject *s, unsigned handles, unsigned limit)
{
    memset(w, 0, sizeof *w);
    w->subject = s;
    w->handles = handles;
    w->limit = limit == 0 || limit > LIST_MODEL_MAX ? LIST_MODEL_MAX : limit;
    w->fill = true;
    w->live_before = stet_pool_stats().live_blocks;
    w->table = aligned_alloc(64, ((size_t)s->numbers * s->type->size + 63) & ~(size_t)63);
    REQUIRE(w->table != NULL && s->type->size <= ELEMENT_ROOM, "no memory for the test itself");
    for (unsigned i = 0; i < s->numbers; i++)
        REQUIRE(s->element->make(element_at(w, i), i), "no memory for the test itself");
}

void list_world_drop(struct list_world *w, unsigned h)
{
    w->model[h].size = 0;
    w->subject->calls->drop(&w->handle[h]);
}

void list_world_leave(struct list_world *w)
{
    for (unsigned h = 0; h < w->handles; h++)
        list_world_drop(w, h);
    for (unsigned i = 0; i < w->subject->numbers && type_of(w)->release != NULL; i++)
        type_of(w)->release(element_at(w, i));
    free(w->table);
}

void list_world_end(struct list_world *w)
{
    for (unsigned h = 0; h < w->handles; h++)
        list_world_drop(w, h);
    list_world_check(w);
    list_world_leave(w);
    REQUIRE(stet_pool_stats().live_blocks == w->live_before, "%lld blocks are live at the end",
            (long long)(stet_pool_stats().live_blocks - w->live_before));
}

/* ---- the model ---- */

/* n numbers, which are not m's own, in the place of [from, to). */
static void replace(struct list_model *m, unsigned from, unsigned to, const uint16_t *numbers, unsigned n)
{
    memmove(m->number + from + n, m->number + to, (m->size - to) * sizeof *numbers);
    memcpy(m->number + from, numbers, n * sizeof *numbers);
    m->size = m->size - (to - from) + n;
}

static void copy_model(struct list_model *to, const struct list_model *from)
{
    to->size = from->size;
    memcpy(to->number, from->number, from->size * sizeof *from->number);
}

/* What the functions given to map and filter answer, in numbers. `more` makes them differ. */
static unsigned mapped(const struct list_world *w, unsigned i, unsigned number, uint32_t more)
{
    unsigned other = (number + 1 + more / 8 % 64) % w->subject->numbers;
    switch (more % 4) {
    case 0:
        return other;
    case 1:
        return rng_mix(i, more) % 64 == 0 ? other : number;
    case 2:
        return i == more / 8 % 1024 ? other : number;
    default:
        return number;
    }
}

static bool kept(unsigned i, unsigned number, uint32_t more)
{
    unsigned which = more / 8 % 1024;
    switch (more % 8) {
    case 0:
        return true;
    case 1:
        return which % 4 == 0;
    case 2:
        return i != which;
    case 3:
        return i / 100 % 2 == which % 2;
    case 4:
        return i >= which;
    case 5:
        return rng_mix(i, more) % 64 != 0;
    case 6:
        return rng_mix(i, more) % 64 == 0;
    default:
        return number % 2 == which % 2;
    }
}

void list_world_fill(struct list_world *w, unsigned h, unsigned first, unsigned n)
{
    struct list_model *m = &w->model[h];
    for (; n > 0; n--, first++) {
        unsigned number = first % w->subject->numbers;
        stet_result result = w->subject->calls->push_back(&w->handle[h], element_at(w, number));
        REQUIRE(result == STET_CHANGED && m->size < LIST_MODEL_MAX, "no memory for the test itself");
        m->number[m->size++] = (uint16_t)number;
    }
}

/* ---- calling the library ---- */

static void begin_faults(const struct list_world *w)
{
    if (w->fault != 0 || w->counting)
        stet_pool_fault(w->fault, w->persist);
}

static void end_faults(struct list_world *w)
{
    if (w->fault != 0 || w->counting) {
        w->requests = stet_pool_requests();
        stet_pool_fault_end();
    }
}

/* result = the call, with the faults that are to come. */
#define CALL(result, ...)       \
    do {                        \
        begin_faults(w);        \
        (result) = __VA_ARGS__; \
        end_faults(w);          \
    } while (0)

/*
 * The end of an operation that makes w->next of handle `out`: the model's answer must be the library's. unchanged:
 * what `unchanged` promises, where it does: the same version, and not one request.
 */
static stet_result settle(struct list_world *w, unsigned out, stet_result result, stet_result expected,
                          const struct stet_list *before)
{
    for (unsigned h = 0; h < w->handles && result == STET_NO_MEMORY; h++)
        REQUIRE(stet_list_size_(&w->handle[h]) == w->model[h].size, "failed, but handle %u has size %zu, the model %u",
                h, stet_list_size_(&w->handle[h]), w->model[h].size);
    if (result == STET_NO_MEMORY)
        return result;
    REQUIRE(result == expected, "the answer is %d, the model's is %d", result, expected);
    copy_model(&w->model[out], &w->next);
    size_t size = stet_list_size_(&w->handle[out]);
    REQUIRE(size == w->next.size, "size %zu, the model's is %u", size, w->next.size);
    if (result == STET_UNCHANGED && before != NULL) {
        REQUIRE(stet_list_same_(before, &w->handle[out]), "unchanged, but another version");
        REQUIRE(w->requests == 0, "unchanged, but %llu pool requests", (unsigned long long)w->requests);
    }
    return result;
}

/* ---- one element ---- */

/* Fills *value with a reference of the list's. */
static void hand_over(const struct list_world *w, unsigned number, void *value)
{
    memcpy(value, element_at(w, number), w->subject->type->size);
    if (type_of(w)->retain != NULL)
        type_of(w)->retain(value);
}

static void on_update(void *context, const void *old, void *value)
{
    struct call *c = context;
    list_shown(c, c->i, old);
    hand_over(c->w, c->value, value);
    c->calls++;
}

static stet_result edit(struct list_world *w, const struct list_op *op, unsigned i)
{
    void *element;
    stet_result result;
    CALL(result, w->subject->calls->edit(&w->handle[op->a], i, &element));
    REQUIRE((element != NULL) == (result != STET_NO_MEMORY), "edit answers %d, but what of the element", result);
    if (result == STET_NO_MEMORY)
        return result;
    _Alignas(16) char old[ELEMENT_ROOM];
    list_shown(&(struct call){.w = w, .model = &w->model[op->a]}, i, element);
    memcpy(old, element, w->subject->type->size);
    hand_over(w, op->value, element);
    if (type_of(w)->release != NULL)
        type_of(w)->release(old);
    return result;
}

/* set, edit, update, with: element i becomes op->value, in handle `out`. */
static stet_result apply_one(struct list_world *w, const struct list_op *op)
{
    const struct list_calls *calls = w->subject->calls;
    struct stet_list *l = &w->handle[op->a], before = *l;
    const struct list_model *m = &w->model[op->a];
    if (m->size == 0)
        return STET_UNCHANGED;
    unsigned i = op->i * m->size >> 16, value = op->code == LIST_SET_SELF ? m->number[i] : op->value;
    unsigned out = op->code == LIST_WITH ? op->c : op->a;
    stet_result result, expected = value == m->number[i] ? STET_UNCHANGED : STET_CHANGED;
    struct call c = {.w = w, .model = m, .i = i, .value = value};
    copy_model(&w->next, m);
    w->next.number[i] = (uint16_t)value;
    switch (op->code) {
    case LIST_EDIT:
        return settle(w, out, edit(w, op, i), STET_CHANGED, NULL);
    case LIST_UPDATE:
        CALL(result, calls->update(l, i, on_update, &c));
        REQUIRE(c.calls == 1, "update called its function %u times", c.calls);
        return settle(w, out, result, STET_CHANGED, NULL);
    case LIST_WITH:
        CALL(result, calls->with(l, &w->handle[out], i, element_at(w, value)));
        break;
    case LIST_SET_SELF: /* the very element, not one that is equal */
        CALL(result, calls->set(l, i, calls->get(l, i)));
        break;
    default:
        CALL(result, calls->set(l, i, element_at(w, value)));
    }
    return settle(w, out, result, expected, &before);
}

/* ---- one element more ---- */

static stet_result apply_more(struct list_world *w, const struct list_op *op)
{
    const struct list_calls *calls = w->subject->calls;
    struct stet_list *l = &w->handle[op->a];
    const struct list_model *m = &w->model[op->a];
    if (m->size >= w->limit)
        return STET_UNCHANGED;
    bool back = op->code == LIST_PUSH_BACK || op->code == LIST_WITH_BACK;
    bool middle = op->code == LIST_INSERT_AT || op->code == LIST_WITH_INSERTED;
    unsigned out = op->code >= LIST_WITH ? op->c : op->a;
    unsigned i = back ? m->size : middle ? op->i * (m->size + 1) >> 16 : 0;
    const void *value = element_at(w, op->value);
    stet_result result;
    copy_model(&w->next, m);
    replace(&w->next, i, i, &op->value, 1);
    switch (op->code) {
    case LIST_PUSH_BACK:
        CALL(result, calls->push_back(l, value));
        break;
    case LIST_PUSH_FRONT:
        CALL(result, calls->push_front(l, value));
        break;
    case LIST_INSERT_AT:
        CALL(result, calls->insert_at(l, i, value));
        break;
    case LIST_WITH_BACK:
        CALL(result, calls->with_back(l, &w->handle[out], value));
        break;
    case LIST_WITH_FRONT:
        CALL(result, calls->with_front(l, &w->handle[out], value));
        break;
    default:
        CALL(result, calls->with_inserted(l, &w->handle[out], i, value));
    }
    return settle(w, out, result, STET_CHANGED, NULL);
}

/* ---- one element less ---- */

static stet_result apply_less(struct list_world *w, const struct list_op *op)
{
    const struct list_calls *calls = w->subject->calls;
    struct stet_list *l = &w->handle[op->a], before = *l;
    const struct list_model *m = &w->model[op->a];
    bool pops = op->code == LIST_POP_BACK || op->code == LIST_POP_FRONT, wanted = op->more & 2;
    unsigned out = op->code == LIST_WITHOUT ? op->c : op->a;
    if (m->size == 0 && !pops)
        return STET_UNCHANGED;
    unsigned i = pops ? (op->code == LIST_POP_BACK ? m->size - 1 : 0) : op->i * m->size >> 16;
    _Alignas(16) char value[ELEMENT_ROOM];
    stet_result result;
    copy_model(&w->next, m);
    if (m->size != 0)
        replace(&w->next, i, i + 1, w->second.number, 0);
    switch (op->code) {
    case LIST_POP_BACK:
        CALL(result, calls->pop_back(l, wanted ? value : NULL));
        break;
    case LIST_POP_FRONT:
        CALL(result, calls->pop_front(l, wanted ? value : NULL));
        break;
    case LIST_ERASE_AT:
        CALL(result, calls->erase_at(l, i, wanted ? value : NULL));
        break;
    default:
        CALL(result, calls->without(l, &w->handle[out], i));
        wanted = false;
    }
    if (result == STET_CHANGED && wanted) {
        list_shown(&(struct call){.w = w, .model = m}, i, value);
        if (type_of(w)->release != NULL)
            type_of(w)->release(value);
    }
    return settle(w, out, result, m->size != 0 ? STET_CHANGED : STET_UNCHANGED, &before);
}

/* ---- ranges ---- */

/* Room for the largest array. One in 16 spans many leaves. */
#define ARRAY_MAX 2000

static unsigned array_size(uint32_t more) { return more % 32 < 2 ? (more >> 5) % ARRAY_MAX : (more >> 5) % 48; }

/* An array of elements, not retained, and their numbers. */
static char *make_array(const struct list_world *w, const struct list_op *op, unsigned n, uint16_t *numbers)
{
    size_t size = w->subject->type->size;
    char *array = aligned_alloc(64, (size * n + 64) & ~(size_t)63);
    REQUIRE(array != NULL, "no memory for the test itself");
    for (unsigned i = 0; i < n; i++) {
        numbers[i] = (uint16_t)((op->value + i) % w->subject->numbers);
        memcpy(array + i * size, element_at(w, numbers[i]), size);
    }
    return array;
}

static unsigned range_end(const struct list_op *op, unsigned from, unsigned size)
{
    unsigned length = op->more & 1 ? op->j * (size - from + 1) >> 16 : op->j % 40;
    return length < size - from ? from + length : size;
}

/* The call itself: n elements, of b or of the array, in the place of [from, to). */
static stet_result call_range(struct list_world *w, const struct list_op *op, size_t from, size_t to,
                              const char *elements, size_t n)
{
    const struct list_calls *calls = w->subject->calls;
    struct stet_list *l = &w->handle[op->a], *out = &w->handle[op->c];
    const struct stet_list *other = &w->handle[op->b];
    switch (op->code) {
    case LIST_INSERT_LIST:
        return calls->insert_list(l, from, other);
    case LIST_INSERT_ARRAY:
        return calls->insert_array(l, from, elements, n);
    case LIST_ERASE_RANGE:
        return calls->erase_range(l, from, to);
    case LIST_SPLICE:
        return calls->splice(l, from, to, other);
    case LIST_APPEND:
        return calls->append(l, other);
    case LIST_APPEND_ARRAY:
        return calls->append_array(l, elements, n);
    case LIST_WITH_INSERTED_LIST:
        return calls->with_inserted_list(l, out, from, other);
    case LIST_WITH_INSERTED_ARRAY:
        return calls->with_inserted_array(l, out, from, elements, n);
    case LIST_WITHOUT_RANGE:
        return calls->without_range(l, out, from, to);
    default:
        return calls->with_spliced(l, out, from, to, other);
    }
}

static stet_result apply_range(struct list_world *w, const struct list_op *op)
{
    static _Thread_local uint16_t numbers[ARRAY_MAX];
    struct stet_list before = w->handle[op->a];
    const struct list_model *m = &w->model[op->a];
    bool array = op->code == LIST_INSERT_ARRAY || op->code == LIST_APPEND_ARRAY || op->code == LIST_WITH_INSERTED_ARRAY;
    bool at_end = op->code == LIST_APPEND || op->code == LIST_APPEND_ARRAY;
    bool nothing = op->code == LIST_ERASE_RANGE || op->code == LIST_WITHOUT_RANGE;
    bool range = nothing || op->code == LIST_SPLICE || op->code == LIST_WITH_SPLICED;
    copy_model(&w->second, &w->model[op->b]);
    unsigned n = array ? array_size(op->more) : nothing ? 0 : w->second.size;
    unsigned from = at_end ? m->size : op->i * (m->size + 1) >> 16, to = range ? range_end(op, from, m->size) : from;
    if (m->size - (to - from) + n > w->limit)
        return STET_UNCHANGED;
    char *elements = array ? make_array(w, op, n, numbers) : NULL;
    stet_result result, expected = n != 0 || from != to ? STET_CHANGED : STET_UNCHANGED;
    copy_model(&w->next, m);
    replace(&w->next, from, to, array ? numbers : w->second.number, n);
    CALL(result, call_range(w, op, from, to, elements, n));
    free(elements);
    return settle(w, op->code >= LIST_WITH ? op->c : op->a, result, expected, &before);
}

/* ---- whole lists ---- */

static stet_result apply_split(struct list_world *w, const struct list_op *op)
{
    const struct list_model *m = &w->model[op->a];
    unsigned i = op->i * (m->size + 1) >> 16;
    stet_result result;
    if (op->b == op->c)
        return STET_UNCHANGED;
    w->second.size = m->size - i;
    memcpy(w->second.number, m->number + i, w->second.size * sizeof *m->number);
    copy_model(&w->next, m);
    w->next.size = i;
    CALL(result, w->subject->calls->split_at(&w->handle[op->a], i, &w->handle[op->b], &w->handle[op->c]));
    settle(w, op->b, result, STET_CHANGED, NULL);
    copy_model(&w->next, &w->second);
    return settle(w, op->c, result, STET_CHANGED, NULL);
}

static stet_result apply_from_array(struct list_world *w, const struct list_op *op)
{
    unsigned n = array_size(op->more);
    struct stet_list made;
    stet_result result;
    char *elements = make_array(w, op, n, w->next.number);
    w->next.size = n;
    CALL(result, w->subject->calls->from_array(&made, elements, n));
    free(elements);
    if (result == STET_NO_MEMORY || n > w->limit) {
        REQUIRE(result != STET_NO_MEMORY || stet_list_size_(&made) == 0, "failed, but not empty");
        w->subject->calls->drop(&made);
        return result == STET_NO_MEMORY ? result : STET_UNCHANGED;
    }
    list_world_drop(w, op->a);
    w->handle[op->a] = made;
    return settle(w, op->a, result, n != 0 ? STET_CHANGED : STET_UNCHANGED, NULL);
}

static stet_result apply_concat(struct list_world *w, const struct list_op *op)
{
    stet_result result, expected = w->model[op->b].size != 0 ? STET_CHANGED : STET_UNCHANGED;
    if (w->model[op->a].size + w->model[op->b].size > w->limit)
        return STET_UNCHANGED;
    copy_model(&w->next, &w->model[op->a]);
    replace(&w->next, w->next.size, w->next.size, w->model[op->b].number, w->model[op->b].size);
    CALL(result, w->subject->calls->concat(&w->handle[op->a], &w->handle[op->b], &w->handle[op->c]));
    return settle(w, op->c, result, expected, NULL);
}

static stet_result apply_slice(struct list_world *w, const struct list_op *op)
{
    const struct list_model *m = &w->model[op->a];
    struct stet_list before = w->handle[op->a];
    unsigned from = op->i * (m->size + 1) >> 16, to = range_end(op, from, m->size);
    stet_result result, expected = from == 0 && to == m->size ? STET_UNCHANGED : STET_CHANGED;
    w->next.size = to - from;
    memcpy(w->next.number, m->number + from, w->next.size * sizeof *m->number);
    CALL(result, w->subject->calls->slice(&w->handle[op->a], from, to, &w->handle[op->c]));
    return settle(w, op->c, result, expected, &before);
}

/* ---- each element ---- */

static bool on_filter(void *context, const void *element)
{
    struct call *c = context;
    list_shown(c, c->calls, element);
    unsigned i = c->calls++;
    return kept(i, c->model->number[i], c->more);
}

static void on_map(void *context, const void *old, void *value)
{
    struct call *c = context;
    list_shown(c, c->calls, old);
    unsigned i = c->calls++;
    hand_over(c->w, mapped(c->w, i, c->model->number[i], c->more), value);
}

static stet_result apply_each(struct list_world *w, const struct list_op *op)
{
    const struct list_model *m = &w->model[op->a];
    struct stet_list *l = &w->handle[op->a], before = *l;
    struct call c = {.w = w, .model = m, .more = op->more};
    bool filter = op->code == LIST_FILTER, changed = false;
    stet_result result;
    w->next.size = 0;
    for (unsigned i = 0; i < m->size; i++) {
        unsigned now = filter ? m->number[i] : mapped(w, i, m->number[i], op->more);
        bool stays = !filter || kept(i, m->number[i], op->more);
        changed |= !stays || now != m->number[i];
        if (stays)
            w->next.number[w->next.size++] = (uint16_t)now;
    }
    if (filter)
        CALL(result, w->subject->calls->filter(l, on_filter, &c));
    else
        CALL(result, w->subject->calls->map(l, on_map, &c));
    REQUIRE(result == STET_NO_MEMORY || c.calls == m->size, "called for %u elements of %u", c.calls, m->size);
    return settle(w, op->a, result, changed ? STET_CHANGED : STET_UNCHANGED, &before);
}

/* ---- order ---- */

static stet_result apply_order(struct list_world *w, const struct list_op *op)
{
    const struct list_model *m = &w->model[op->a];
    struct stet_list *l = &w->handle[op->a], before = *l;
    bool changed, sort = op->code == LIST_SORT && type_of(w)->compare != NULL;
    stet_result result;
    copy_model(&w->next, m);
    if (sort) {
        changed = !list_is_sorted(w, m);
        qsort_r(w->next.number, m->size, sizeof *m->number, list_by_element, w);
        CALL(result, w->subject->calls->sort(l));
    } else {
        changed = m->size > 1;
        for (unsigned i = 0; i < m->size; i++)
            w->next.number[i] = m->number[m->size - 1 - i];
        CALL(result, w->subject->calls->reverse(l));
    }
    return settle(w, op->a, result, changed ? STET_CHANGED : STET_UNCHANGED, &before);
}

/* ---- handles as such ---- */

static stet_result apply_handles(struct list_world *w, const struct list_op *op)
{
    const struct list_calls *calls = w->subject->calls;
    struct stet_list *a = &w->handle[op->a], *b = &w->handle[op->b];
    switch (op->code) {
    case LIST_COPY:
    case LIST_MOVE:
        if (op->a == op->b)
            return STET_UNCHANGED;
        list_world_drop(w, op->b);
        *b = op->code == LIST_COPY ? calls->copy(a) : calls->move(a);
        REQUIRE(op->code == LIST_MOVE || calls->same(a, b), "a copy is another version");
        copy_model(&w->model[op->b], &w->model[op->a]);
        if (op->code == LIST_MOVE)
            w->model[op->a].size = 0;
        break;
    case LIST_SWAP:
        calls->swap(a, b);
        copy_model(&w->next, &w->model[op->a]);
        if (op->a != op->b)
            copy_model(&w->model[op->a], &w->model[op->b]);
        copy_model(&w->model[op->b], &w->next);
        break;
    case LIST_DROP:
        list_world_drop(w, op->a);
        break;
    default: /* LIST_DROP_LATER */
        calls->drop_later(a);
        w->model[op->a].size = 0;
        stet_release_some(op->more % 8);
    }
    return STET_CHANGED;
}

/* ---- an operation ---- */

static const struct {
    const char *name;
    list_apply *apply;
} operations[LIST_OPS] = {
    [LIST_SET] = {"set", apply_one},
    [LIST_SET_SELF] = {"set_self", apply_one},
    [LIST_EDIT] = {"edit", apply_one},
    [LIST_UPDATE] = {"update", apply_one},
    [LIST_PUSH_BACK] = {"push_back", apply_more},
    [LIST_PUSH_FRONT] = {"push_front", apply_more},
    [LIST_POP_BACK] = {"pop_back", apply_less},
    [LIST_POP_FRONT] = {"pop_front", apply_less},
    [LIST_INSERT_AT] = {"insert_at", apply_more},
    [LIST_ERASE_AT] = {"erase_at", apply_less},
    [LIST_INSERT_LIST] = {"insert_list", apply_range},
    [LIST_INSERT_ARRAY] = {"insert_array", apply_range},
    [LIST_ERASE_RANGE] = {"erase_range", apply_range},
    [LIST_SPLICE] = {"splice", apply_range},
    [LIST_APPEND] = {"append", apply_range},
    [LIST_APPEND_ARRAY] = {"append_array", apply_range},
    [LIST_CONCAT] = {"concat", apply_concat},
    [LIST_SLICE] = {"slice", apply_slice},
    [LIST_SPLIT_AT] = {"split_at", apply_split},
    [LIST_FROM_ARRAY] = {"from_array", apply_from_array},
    [LIST_WITH] = {"with", apply_one},
    [LIST_WITH_BACK] = {"with_back", apply_more},
    [LIST_WITH_FRONT] = {"with_front", apply_more},
    [LIST_WITH_INSERTED] = {"with_inserted", apply_more},
    [LIST_WITHOUT] = {"without", apply_less},
    [LIST_WITH_INSERTED_LIST] = {"with_inserted_list", apply_range},
    [LIST_WITH_INSERTED_ARRAY] = {"with_inserted_array", apply_range},
    [LIST_WITHOUT_RANGE] = {"without_range", apply_range},
    [LIST_WITH_SPLICED] = {"with_spliced", apply_range},
    [LIST_FILTER] = {"filter", apply_each},
    [LIST_MAP] = {"map", apply_each},
    [LIST_SORT] = {"sort", apply_order},
    [LIST_REVERSE] = {"reverse", apply_order},
    [LIST_COPY] = {"copy", apply_handles},
    [LIST_MOVE] = {"move", apply_handles},
    [LIST_SWAP] = {"swap", apply_handles},
    [LIST_DROP] = {"drop", apply_handles},
    [LIST_DROP_LATER] = {"drop_later", apply_handles},
    [LIST_WALK] = {"walk", list_ask_walk},
    [LIST_FIND] = {"find", list_ask_find},
    [LIST_DIFF] = {"diff", list_ask_diff},
    [LIST_COMPARE] = {"compare", list_ask_compare},
};

const char *list_op_name(unsigned code) { return code < LIST_OPS ? operations[code].name : "?"; }

struct list_op list_op_of(uint64_t word)
{
    return (struct list_op){.code = (uint8_t)((word & 255) % LIST_OPS),
                            .a = word >> 8 & 7,
                            .b = word >> 11 & 7,
                            .c = word >> 14 & 7,
                            .i = (uint16_t)(word >> 17),
                            .j = (uint16_t)(word >> 33),
                            .value = (uint16_t)(word >> 49),
                            .more = (uint32_t)rng_mix(word, 1)};
}

stet_result list_world_apply(struct list_world *w, struct list_op op)
{
    op.a = (uint8_t)(op.a % w->handles);
    op.b = (uint8_t)(op.b % w->handles);
    op.c = (uint8_t)(op.c % w->handles);
    op.value = (uint16_t)(op.value % w->subject->numbers);
    w->requests = 0;
    stet_result result = operations[op.code].apply(w, &op);
    bool failed = w->fault != 0 && w->requests >= w->fault;
    REQUIRE(result != STET_NO_MEMORY || failed || w->may_fail, "out of memory without a fault");
    if (result == STET_NO_MEMORY || failed)
        w->fill = false;
    return result;
}

/* ---- checks ---- */

void list_world_compare(const struct list_world *w, unsigned h)
{
    const struct stet_list *l = &w->handle[h];
    const struct list_model *m = &w->model[h];
    REQUIRE(stet_list_size_(l) == m->size, "handle %u has size %zu, the model %u", h, stet_list_size_(l), m->size);
    size_t n, size = w->subject->type->size;
    for (size_t i = 0; i < m->size; i += n) {
        const char *chunk = w->subject->calls->chunk(l, i, &n);
        REQUIRE(chunk != NULL && n != 0 && n <= m->size - i, "handle %u has a chunk of %zu at %zu", h, n, i);
        for (size_t k = 0; k < n; k++) {
            const char *e = w->subject->calls->get(l, i + k);
            REQUIRE(e == chunk + k * size, "handle %u: element %zu is not in its chunk", h, i + k);
            REQUIRE(number_of(w, e) == m->number[i + k], "handle %u has %u at %zu of %u, the model %u", h,
                    number_of(w, e), i + k, m->size, m->number[i + k]);
        }
    }
}

static void audit(struct list_world *w)
{
    const struct list_subject *s = w->subject;
    struct audit a;
    audit_begin(&a);
    for (unsigned h = 0; h < w->handles; h++)
        list_audit(&a, s->type, s->element->hold, &w->handle[h]);
    for (unsigned i = 0; i < s->numbers && s->element->hold != NULL; i++)
        s->element->hold(&a, element_at(w, i));
    const char *error = audit_end(&a);
    REQUIRE(error == NULL, "%s", error);
    int64_t live = stet_pool_stats().live_blocks - w->live_before;
    REQUIRE(live == (int64_t)a.blocks, "%lld blocks are live, %zu can be reached", (long long)live, a.blocks);
}

void list_world_check(struct list_world *w)
{
    while (stet_release_some(1)) /* what LIST_DROP_LATER left */
        ;
    audit(w); /* first: it reads no more than counts and refs */
    for (unsigned h = 0; h < w->handles; h++) {
        const char *error = list_check(w->subject->type, &w->handle[h], w->fill);
        REQUIRE(error == NULL, "handle %u: %s", h, error);
        list_world_compare(w, h);
    }
}
