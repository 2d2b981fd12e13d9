/* SPDX-License-Identifier: MIT */
/* list_world_ask.c - the operations that read lists and change nothing. */
#include "list_world_parts.h"
#include "testing.h"
#include "thread/os.h"

#include <stdlib.h>

void list_shown(const struct call *c, unsigned i, const void *element)
{
    unsigned number = number_of(c->w, element);
    REQUIRE(i < c->model->size && number == c->model->number[i], "element %u is shown as %u", i, number);
}

int list_by_element(const void *a, const void *b, void *context)
{
    const struct world *w = context;
    return type_of(w)->compare(key_at(w, *(const uint16_t *)a), key_at(w, *(const uint16_t *)b));
}

bool list_is_sorted(const struct world *w, const struct model *m)
{
    for (unsigned i = 1; i < m->size; i++)
        if (list_by_element(&m->number[i - 1], &m->number[i], (void *)(uintptr_t)w) > 0)
            return false;
    return true;
}

struct tour {
    struct call call;
    unsigned next, left;
    bool forward;
};

static bool on_visit(void *context, size_t i, const void *element)
{
    struct tour *t = context;
    REQUIRE(i == t->next, "the iterator is at %zu, not at %u", i, t->next);
    list_shown(&t->call, (unsigned)i, element);
    t->next = t->forward ? t->next + 1 : t->next - 1;
    return --t->left != 0;
}

static void check_iovecs(const struct world *w, const struct op *op, unsigned at)
{
    struct iovec pairs[4];
    struct call c = {.w = w, .model = &w->model[op->a]};
    size_t i = at, size = type_of(w)->size;
    for (unsigned rounds = 0; rounds < 4; rounds++) {
        unsigned expected = (unsigned)i;
        size_t filled = w->subject->calls->iovecs(&w->handle[op->a].list, &i, pairs, 1 + op->more % 4);
        REQUIRE(filled <= 1 + op->more % 4 && (filled != 0) == (expected < c.model->size), "%zu pairs", filled);
        for (size_t k = 0; k < filled; k++)
            for (size_t byte = 0; byte < pairs[k].iov_len; byte += size)
                list_shown(&c, expected++, (const char *)pairs[k].iov_base + byte);
        REQUIRE(expected == i, "pairs up to %u, but the index is %zu", expected, i);
    }
}

stet_result list_ask_walk(struct world *w, const struct op *op)
{
    const struct list_calls *calls = w->subject->calls;
    const struct stet_list *l = &w->handle[op->a].list;
    const struct model *m = &w->model[op->a];
    unsigned at = op->i * (m->size + 1) >> 16;
    struct tour t = {.call = {.w = w, .model = m}, .next = at, .left = 1 + op->more % 300, .forward = op->more & 512};
    unsigned there = t.forward ? m->size - at : at == m->size ? 0 : at + 1;
    unsigned expected = t.left > there ? t.left - there : 0;
    calls->walk(l, at, t.forward, on_visit, &t);
    REQUIRE(t.left == expected, "a walk from %u of %u goes on for %u steps too many or too few", at, m->size,
            t.left - expected);
    check_iovecs(w, op, at);
    size_t n;
    const char *chunk = calls->chunk(l, at, &n);
    REQUIRE((chunk != NULL) == (at < m->size) && (n != 0) == (chunk != NULL), "a chunk of %zu at %u", n, at);
    for (unsigned i = 0; i < n; i++)
        list_shown(&t.call, at + i, chunk + i * type_of(w)->size);
    if (at < m->size) {
        size_t size = type_of(w)->size, some = 1 + op->j % (m->size - at);
        char *array = os_allocate(size * some, 64);
        calls->to_array(l, at, array, some);
        for (unsigned i = 0; i < some; i++)
            list_shown(&t.call, at + i, array + i * size);
        os_free(array);
    }
    return STET_UNCHANGED;
}

static bool on_find(void *context, const void *element)
{
    struct call *c = context;
    c->calls++;
    return number_of(c->w, element) == c->value;
}

stet_result list_ask_find(struct world *w, const struct op *op)
{
    const struct list_calls *calls = w->subject->calls;
    const struct stet_list *l = &w->handle[op->a].list;
    const struct model *m = &w->model[op->a];
    unsigned from = op->i * (m->size + 1) >> 16, at = from, first = 0, lower = 0;
    struct call c = {.w = w, .value = op->value};
    if (op->more & 1 && m->size != 0) /* an element of the list */
        c.value = m->number[op->j * m->size >> 16];
    const void *value = key_at(w, c.value);
    while (at < m->size && m->number[at] != c.value)
        at++;
    while (first < m->size && m->number[first] != c.value)
        first++;
    size_t expected = at < m->size ? at : SIZE_MAX;
    REQUIRE(calls->index_of(l, from, value) == expected, "index_of: not %zu", expected);
    REQUIRE(calls->find(l, from, on_find, &c) == expected, "find: not %zu", expected);
    REQUIRE(c.calls == (at < m->size ? at + 1 : at) - from, "find asks %u times", c.calls);
    REQUIRE(calls->contains(l, value) == (first < m->size), "contains: not %d", first < m->size);
    if (type_of(w)->compare != NULL && list_is_sorted(w, m)) {
        uint16_t number = (uint16_t)c.value;
        while (lower < m->size && list_by_element(&m->number[lower], &number, w) < 0)
            lower++;
        REQUIRE(calls->lower_bound(l, value) == lower, "lower_bound: not %u", lower);
    }
    return STET_UNCHANGED;
}

struct hunks {
    const struct model *a, *b;
    size_t at_a, at_b; /* the ends of what has been reported so far */
    unsigned calls, left;
};

static void same_numbers(const struct hunks *h, size_t to_a, size_t to_b)
{
    REQUIRE(to_a <= h->a->size && to_b <= h->b->size && to_a - h->at_a == to_b - h->at_b,
            "between stretches: [%zu, %zu) and [%zu, %zu)", h->at_a, to_a, h->at_b, to_b);
    REQUIRE(memcmp(h->a->number + h->at_a, h->b->number + h->at_b, (to_a - h->at_a) * sizeof *h->a->number) == 0,
            "a difference in [%zu, %zu) is not told", h->at_a, to_a);
}

static bool on_hunk(void *context, size_t a_from, size_t a_to, size_t b_from, size_t b_to)
{
    struct hunks *h = context;
    REQUIRE(a_from <= a_to && b_from <= b_to && (a_from < a_to || b_from < b_to), "[%zu, %zu) for [%zu, %zu)", b_from,
            b_to, a_from, a_to);
    REQUIRE(a_from >= h->at_a && b_from >= h->at_b && (h->calls == 0 || a_from > h->at_a || a_from == 0),
            "a stretch at %zu follows one up to %zu", a_from, h->at_a);
    same_numbers(h, a_from, b_from);
    h->at_a = a_to;
    h->at_b = b_to;
    h->calls++;
    return --h->left != 0;
}

stet_result list_ask_diff(struct world *w, const struct op *op)
{
    struct hunks h = {.a = &w->model[op->a], .b = &w->model[op->b]};
    h.left = op->more % 4 == 0 ? 1 + op->more / 4 % 8 : 0;
    unsigned limit = h.left;
    bool all = w->subject->calls->diff(&w->handle[op->a].list, &w->handle[op->b].list, on_hunk, &h);
    REQUIRE(all == (limit == 0 || h.calls < limit), "diff answers %d after %u stretches", all, h.calls);
    if (all)
        same_numbers(&h, h.a->size, h.b->size);
    return STET_UNCHANGED;
}

stet_result list_ask_compare(struct world *w, const struct op *op)
{
    const struct list_calls *calls = w->subject->calls;
    const struct stet_list *a = &w->handle[op->a].list, *b = &w->handle[op->b].list;
    const struct model *m = &w->model[op->a], *n = &w->model[op->b];
    bool equal = m->size == n->size && memcmp(m->number, n->number, m->size * sizeof *m->number) == 0;
    REQUIRE(calls->equal(a, b) == equal, "equal: not %d", equal);
    REQUIRE(equal || !calls->same(a, b), "same, but not equal");
    uint64_t x = stet_list_hash_(list_type_of(w->subject), a, op->more),
             y = stet_list_hash_(list_type_of(w->subject), b, op->more);
    REQUIRE((x == y) == equal, "equal %d, but the hashes tell otherwise", equal); /* wrong in one case of 2^64 */
    const void *first = calls->first(a), *last = calls->last(a);
    REQUIRE((first != NULL) == (m->size != 0) && (last != NULL) == (m->size != 0), "first or last");
    if (m->size != 0) {
        list_shown(&(struct call){.w = w, .model = m}, 0, first);
        list_shown(&(struct call){.w = w, .model = m}, m->size - 1, last);
    }
    return STET_UNCHANGED;
}
