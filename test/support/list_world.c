/* SPDX-License-Identifier: MIT */
#include "list_world_parts.h"
#include "testing.h"
#include "thread/os.h"

#include <stet/pool.h>

#include <stdlib.h>

/* ---- the model ---- */

/* Replaces [from, to) by n numbers, which must not lie in m. */
static void replace(struct model *m, unsigned from, unsigned to, const uint16_t *numbers, unsigned n)
{
    memmove(m->number + from + n, m->number + to, (m->size - to) * sizeof *numbers);
    memcpy(m->number + from, numbers, n * sizeof *numbers);
    m->size = m->size - (to - from) + n;
}

/* The results, in numbers, of the functions given to map and filter. They depend on `more`. */
static unsigned mapped(const struct world *w, unsigned i, unsigned number, uint32_t more)
{
    unsigned other = (number + 1 + more / 8 % 64) % w->keys;
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

/* ---- one element ---- */

/* Fills in *value, with a reference that the list takes over. */
static void hand_over(const struct world *w, unsigned number, void *value)
{
    memcpy(value, key_at(w, number), type_of(w)->size);
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

static stet_result edit(struct world *w, const struct op *op, unsigned i)
{
    void *element;
    stet_result result;
    CALL(result, w->subject->calls->edit(&w->handle[op->a].list, i, &element));
    REQUIRE((element != NULL) == (result != STET_NO_MEMORY), "edit answers %d, but what of the element", result);
    if (result == STET_NO_MEMORY)
        return result;
    _Alignas(16) char old[ELEMENT_ROOM];
    list_shown(&(struct call){.w = w, .model = &w->model[op->a]}, i, element);
    memcpy(old, element, type_of(w)->size);
    hand_over(w, op->value, element);
    if (type_of(w)->release != NULL)
        type_of(w)->release(old);
    return result;
}

/* set, edit, update, with: element i becomes op->value, in handle `out`. */
static stet_result apply_one(struct world *w, const struct op *op)
{
    const struct list_calls *calls = w->subject->calls;
    struct stet_list *l = &w->handle[op->a].list;
    const union handle before = w->handle[op->a];
    const struct model *m = &w->model[op->a];
    if (m->size == 0)
        return STET_UNCHANGED;
    unsigned i = op->i * m->size >> 16, value = op->code == LIST_SET_SELF ? m->number[i] : op->value;
    unsigned out = op->code == LIST_WITH ? op->c : op->a;
    stet_result result, expected = value == m->number[i] ? STET_UNCHANGED : STET_CHANGED;
    struct call c = {.w = w, .model = m, .i = i, .value = value};
    copy_model(w->of, &w->next, m);
    w->next.number[i] = (uint16_t)value;
    switch (op->code) {
    case LIST_EDIT:
        return settle(w, out, edit(w, op, i), STET_CHANGED, NULL);
    case LIST_UPDATE:
        CALL(result, calls->update(l, i, on_update, &c));
        REQUIRE(c.calls == 1, "update called its function %u times", c.calls);
        return settle(w, out, result, STET_CHANGED, NULL);
    case LIST_WITH:
        CALL(result, calls->with(l, &w->handle[out].list, i, key_at(w, value)));
        break;
    case LIST_SET_SELF: /* the element of the list itself, not a copy of it */
        CALL(result, calls->set(l, i, calls->get(l, i)));
        break;
    default:
        CALL(result, calls->set(l, i, key_at(w, value)));
    }
    return settle(w, out, result, expected, &before);
}

/* ---- one element more ---- */

static stet_result apply_more(struct world *w, const struct op *op)
{
    const struct list_calls *calls = w->subject->calls;
    struct stet_list *l = &w->handle[op->a].list;
    const struct model *m = &w->model[op->a];
    if (m->size >= w->limit)
        return STET_UNCHANGED;
    bool back = op->code == LIST_PUSH_BACK || op->code == LIST_WITH_BACK;
    bool middle = op->code == LIST_INSERT_AT || op->code == LIST_WITH_INSERTED;
    unsigned out = op->code >= LIST_WITH ? op->c : op->a;
    unsigned i = back ? m->size : middle ? op->i * (m->size + 1) >> 16 : 0;
    const void *value = key_at(w, op->value);
    stet_result result;
    copy_model(w->of, &w->next, m);
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
        CALL(result, calls->with_back(l, &w->handle[out].list, value));
        break;
    case LIST_WITH_FRONT:
        CALL(result, calls->with_front(l, &w->handle[out].list, value));
        break;
    default:
        CALL(result, calls->with_inserted(l, &w->handle[out].list, i, value));
    }
    return settle(w, out, result, STET_CHANGED, NULL);
}

/* ---- one element less ---- */

static stet_result apply_less(struct world *w, const struct op *op)
{
    const struct list_calls *calls = w->subject->calls;
    struct stet_list *l = &w->handle[op->a].list;
    const union handle before = w->handle[op->a];
    const struct model *m = &w->model[op->a];
    bool pops = op->code == LIST_POP_BACK || op->code == LIST_POP_FRONT, wanted = op->more & 2;
    unsigned out = op->code == LIST_WITHOUT ? op->c : op->a;
    if (m->size == 0 && !pops)
        return STET_UNCHANGED;
    unsigned i = pops ? (op->code == LIST_POP_BACK ? m->size - 1 : 0) : op->i * m->size >> 16;
    _Alignas(16) char value[ELEMENT_ROOM];
    stet_result result;
    copy_model(w->of, &w->next, m);
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
        CALL(result, calls->without(l, &w->handle[out].list, i));
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

/* The largest array. One array in 16 is so long that it spans many leaves. */
#define ARRAY_MAX 2000

static unsigned array_size(uint32_t more) { return more % 32 < 2 ? (more >> 5) % ARRAY_MAX : (more >> 5) % 48; }

/* Makes an array of elements, not retained, and fills in their numbers. */
static char *make_array(const struct world *w, const struct op *op, unsigned n, uint16_t *numbers)
{
    size_t size = type_of(w)->size;
    char *array = os_allocate(size * n + 64, 64);
    REQUIRE(array != NULL, "no memory for the test itself");
    for (unsigned i = 0; i < n; i++) {
        numbers[i] = (uint16_t)((op->value + i) % w->keys);
        memcpy(array + i * size, key_at(w, numbers[i]), size);
    }
    return array;
}

static unsigned range_end(const struct op *op, unsigned from, unsigned size)
{
    unsigned length = op->more & 1 ? op->j * (size - from + 1) >> 16 : op->j % 40;
    return length < size - from ? from + length : size;
}

/* Calls the function that replaces [from, to) by n elements, of b or of the array. */
static stet_result call_range(struct world *w, const struct op *op, size_t from, size_t to, const char *elements,
                              size_t n)
{
    const struct list_calls *calls = w->subject->calls;
    struct stet_list *l = &w->handle[op->a].list, *out = &w->handle[op->c].list;
    const struct stet_list *other = &w->handle[op->b].list;
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

static stet_result apply_range(struct world *w, const struct op *op)
{
    static _Thread_local uint16_t numbers[ARRAY_MAX];
    const union handle before = w->handle[op->a];
    const struct model *m = &w->model[op->a];
    bool array = op->code == LIST_INSERT_ARRAY || op->code == LIST_APPEND_ARRAY || op->code == LIST_WITH_INSERTED_ARRAY;
    bool at_end = op->code == LIST_APPEND || op->code == LIST_APPEND_ARRAY;
    bool nothing = op->code == LIST_ERASE_RANGE || op->code == LIST_WITHOUT_RANGE;
    bool range = nothing || op->code == LIST_SPLICE || op->code == LIST_WITH_SPLICED;
    copy_model(w->of, &w->second, &w->model[op->b]);
    unsigned n = array ? array_size(op->more) : nothing ? 0 : w->second.size;
    unsigned from = at_end ? m->size : op->i * (m->size + 1) >> 16, to = range ? range_end(op, from, m->size) : from;
    if (m->size - (to - from) + n > w->limit)
        return STET_UNCHANGED;
    char *elements = array ? make_array(w, op, n, numbers) : NULL;
    stet_result result, expected = n != 0 || from != to ? STET_CHANGED : STET_UNCHANGED;
    copy_model(w->of, &w->next, m);
    replace(&w->next, from, to, array ? numbers : w->second.number, n);
    CALL(result, call_range(w, op, from, to, elements, n));
    os_free(elements);
    return settle(w, op->code >= LIST_WITH ? op->c : op->a, result, expected, &before);
}

/* ---- whole lists ---- */

static stet_result apply_split(struct world *w, const struct op *op)
{
    const struct model *m = &w->model[op->a];
    unsigned i = op->i * (m->size + 1) >> 16;
    stet_result result;
    if (op->b == op->c)
        return STET_UNCHANGED;
    w->second.size = m->size - i;
    memcpy(w->second.number, m->number + i, w->second.size * sizeof *m->number);
    copy_model(w->of, &w->next, m);
    w->next.size = i;
    CALL(result,
         w->subject->calls->split_at(&w->handle[op->a].list, i, &w->handle[op->b].list, &w->handle[op->c].list));
    settle(w, op->b, result, STET_CHANGED, NULL);
    copy_model(w->of, &w->next, &w->second);
    return settle(w, op->c, result, STET_CHANGED, NULL);
}

static stet_result apply_from_array(struct world *w, const struct op *op)
{
    unsigned n = array_size(op->more);
    struct stet_list made;
    stet_result result;
    char *elements = make_array(w, op, n, w->next.number);
    w->next.size = n;
    CALL(result, w->subject->calls->from_array(&made, elements, n));
    os_free(elements);
    if (result == STET_NO_MEMORY || n > w->limit) {
        REQUIRE(result != STET_NO_MEMORY || stet_list_size_(&made) == 0, "failed, but not empty");
        w->subject->calls->drop(&made);
        return result == STET_NO_MEMORY ? result : STET_UNCHANGED;
    }
    world_drop(w, op->a);
    w->handle[op->a].list = made;
    return settle(w, op->a, result, n != 0 ? STET_CHANGED : STET_UNCHANGED, NULL);
}

static stet_result apply_concat(struct world *w, const struct op *op)
{
    stet_result result, expected = w->model[op->b].size != 0 ? STET_CHANGED : STET_UNCHANGED;
    if (w->model[op->a].size + w->model[op->b].size > w->limit)
        return STET_UNCHANGED;
    copy_model(w->of, &w->next, &w->model[op->a]);
    replace(&w->next, w->next.size, w->next.size, w->model[op->b].number, w->model[op->b].size);
    CALL(result, w->subject->calls->concat(&w->handle[op->a].list, &w->handle[op->b].list, &w->handle[op->c].list));
    return settle(w, op->c, result, expected, NULL);
}

static stet_result apply_slice(struct world *w, const struct op *op)
{
    const struct model *m = &w->model[op->a];
    const union handle before = w->handle[op->a];
    unsigned from = op->i * (m->size + 1) >> 16, to = range_end(op, from, m->size);
    stet_result result, expected = from == 0 && to == m->size ? STET_UNCHANGED : STET_CHANGED;
    w->next.size = to - from;
    memcpy(w->next.number, m->number + from, w->next.size * sizeof *m->number);
    CALL(result, w->subject->calls->slice(&w->handle[op->a].list, from, to, &w->handle[op->c].list));
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

static stet_result apply_each(struct world *w, const struct op *op)
{
    const struct model *m = &w->model[op->a];
    struct stet_list *l = &w->handle[op->a].list;
    const union handle before = w->handle[op->a];
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

static _Thread_local struct world *sorted_world;

static int by_element_of_world(const void *a, const void *b) { return list_by_element(a, b, sorted_world); }

static stet_result apply_order(struct world *w, const struct op *op)
{
    const struct model *m = &w->model[op->a];
    struct stet_list *l = &w->handle[op->a].list;
    const union handle before = w->handle[op->a];
    bool changed, sort = op->code == LIST_SORT && type_of(w)->compare != NULL;
    stet_result result;
    copy_model(w->of, &w->next, m);
    if (sort) {
        changed = !list_is_sorted(w, m);
        sorted_world = w;
        qsort(w->next.number, m->size, sizeof *m->number, by_element_of_world);
        CALL(result, w->subject->calls->sort(l));
    } else {
        changed = m->size > 1;
        for (unsigned i = 0; i < m->size; i++)
            w->next.number[i] = m->number[m->size - 1 - i];
        CALL(result, w->subject->calls->reverse(l));
    }
    return settle(w, op->a, result, changed ? STET_CHANGED : STET_UNCHANGED, &before);
}

/* ---- the table ---- */

static struct op op_of(uint64_t word)
{
    return (struct op){.code = (uint8_t)((word & 255) % LIST_OPS),
                       .a = word >> 8 & 7,
                       .b = word >> 11 & 7,
                       .c = word >> 14 & 7,
                       .i = (uint16_t)(word >> 17),
                       .j = (uint16_t)(word >> 33),
                       .value = (uint16_t)(word >> 49),
                       .more = (uint32_t)rng_mix(word, 1)};
}

static void fit(const struct world *w, struct op *op) { op->value = (uint16_t)(op->value % w->keys); }

static void add(struct world *w, unsigned h, unsigned number)
{
    struct model *m = &w->model[h];
    stet_result result = w->subject->calls->push_back(&w->handle[h].list, key_at(w, number));
    REQUIRE(result == STET_CHANGED && m->size < LIST_MODEL_MAX, "no memory for the test itself");
    m->number[m->size++] = (uint16_t)number;
}

static size_t size(const union handle *h) { return stet_list_size_(&h->list); }

static bool same(const union handle *a, const union handle *b) { return stet_list_identical_(&a->list, &b->list); }

static void copy(const struct subject *s, union handle *to, const union handle *from)
{
    to->list = s->calls->copy(&from->list);
    REQUIRE(s->calls->same(&from->list, &to->list), "a copy is another version");
}

static void move(const struct subject *s, union handle *to, union handle *from)
{
    to->list = s->calls->move(&from->list);
}

static void swap(const struct subject *s, union handle *a, union handle *b) { s->calls->swap(&a->list, &b->list); }
static void drop(const struct subject *s, union handle *h) { s->calls->drop(&h->list); }
static void drop_later(const struct subject *s, union handle *h) { s->calls->drop_later(&h->list); }

static void audit(struct audit *a, const struct subject *s, const union handle *h)
{
    list_audit(a, list_type_of(s), s->key->hold, &h->list);
}

static const char *check(const struct subject *s, const union handle *h, bool fill)
{
    return list_check(list_type_of(s), &h->list, fill);
}

static void compare(const struct world *w, unsigned h)
{
    const struct stet_list *l = &w->handle[h].list;
    const struct model *m = &w->model[h];
    REQUIRE(stet_list_size_(l) == m->size, "handle %u has size %zu, the model %u", h, stet_list_size_(l), m->size);
    size_t n, size = type_of(w)->size;
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

static const struct operation operations[LIST_OPS] = {
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
    [LIST_COPY] = {"copy", apply_copy},
    [LIST_MOVE] = {"move", apply_move},
    [LIST_SWAP] = {"swap", apply_swap},
    [LIST_DROP] = {"drop", apply_drop},
    [LIST_DROP_LATER] = {"drop_later", apply_drop_later},
    [LIST_WALK] = {"walk", list_ask_walk},
    [LIST_FIND] = {"find", list_ask_find},
    [LIST_DIFF] = {"diff", list_ask_diff},
    [LIST_COMPARE] = {"compare", list_ask_compare},
};

const struct collection list_collection = {
    .operation = operations,
    .operations = LIST_OPS,
    .longest = LIST_MODEL_MAX,
    .model_each = sizeof(uint16_t),
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
