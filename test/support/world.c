/* SPDX-License-Identifier: MIT */
#include "world.h"
#include "testing.h"
#include "thread/os.h"

#include <stet/pool.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- begin and end ---- */

static char *make_table(const struct element *e, unsigned n)
{
    char *table = os_allocate((size_t)n * e->type->size + 64, 64);
    REQUIRE(table != NULL && e->type->size <= ELEMENT_ROOM, "no memory for the test itself");
    for (unsigned i = 0; i < n && e->make != NULL; i++)
        REQUIRE(e->make(table + (size_t)i * e->type->size, i), "no memory for the test itself");
    return table;
}

static void free_table(const struct element *e, char *table, unsigned n)
{
    for (unsigned i = 0; i < n && e->type->release != NULL; i++)
        e->type->release(table + (size_t)i * e->type->size);
    os_free(table);
}

void world_begin(struct world *w, const struct subject *s, unsigned handles, unsigned limit)
{
    unsigned most = s->of->longest != 0 ? s->of->longest : s->keys;
    memset(w, 0, sizeof *w);
    w->subject = s;
    w->of = s->of;
    w->handles = handles;
    w->limit = limit == 0 || limit > most ? most : limit;
    w->keys = s->of->longest != 0 ? s->keys : w->limit;
    w->fill = true;
    w->live_before = stet_pool_stats().live_blocks;
    w->key_table = make_table(s->key, w->keys);
    w->value_table = make_table(s->value, VALUES);
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

void world_fill(struct world *w, unsigned h, unsigned first, unsigned step, unsigned n)
{
    for (; n > 0; n--, first += step)
        w->of->add(w, h, first % w->keys);
}

/* ---- models ---- */

void copy_model(const struct collection *of, struct model *to, const struct model *from)
{
    to->size = from->size;
    memcpy(to->number, from->number, of->model_fixed + of->model_each * from->size);
}

static void empty_model(const struct collection *of, struct model *m)
{
    m->size = 0;
    memset(m->number, 0, of->model_fixed);
}

void world_drop(struct world *w, unsigned h)
{
    empty_model(w->of, &w->model[h]);
    w->of->drop(w->subject, &w->handle[h]);
}

/* ---- calling the library ---- */

void begin_faults(const struct world *w)
{
    if (w->fault != 0 || w->counting)
        stet_pool_fault(w->fault, w->persist);
}

void end_faults(struct world *w)
{
    if (w->fault != 0 || w->counting) {
        w->requests = stet_pool_requests();
        stet_pool_fault_end();
    }
}

stet_result settle(struct world *w, unsigned out, stet_result result, stet_result expected, const union handle *before)
{
    for (unsigned h = 0; h < w->handles && result == STET_NO_MEMORY; h++)
        REQUIRE(w->of->size(&w->handle[h]) == w->model[h].size, "failed, but handle %u has size %zu, the model %u", h,
                w->of->size(&w->handle[h]), w->model[h].size);
    if (result == STET_NO_MEMORY)
        return result;
    REQUIRE(result == expected, "the answer is %d, the model's is %d", result, expected);
    copy_model(w->of, &w->model[out], &w->next);
    size_t size = w->of->size(&w->handle[out]);
    REQUIRE(size == w->next.size, "size %zu, the model's is %u", size, w->next.size);
    if (result == STET_UNCHANGED && before != NULL) {
        REQUIRE(w->of->same(before, &w->handle[out]), "unchanged, but another version");
        REQUIRE(w->requests == 0, "unchanged, but %llu pool requests", (unsigned long long)w->requests);
    }
    return result;
}

/* ---- operations on handles as such ---- */

stet_result apply_copy(struct world *w, const struct op *op)
{
    if (op->a == op->b)
        return STET_UNCHANGED;
    world_drop(w, op->b);
    w->of->copy(w->subject, &w->handle[op->b], &w->handle[op->a]);
    REQUIRE(w->of->same(&w->handle[op->a], &w->handle[op->b]), "a copy is another version");
    copy_model(w->of, &w->model[op->b], &w->model[op->a]);
    return STET_CHANGED;
}

stet_result apply_move(struct world *w, const struct op *op)
{
    if (op->a == op->b)
        return STET_UNCHANGED;
    world_drop(w, op->b);
    w->of->move(w->subject, &w->handle[op->b], &w->handle[op->a]);
    copy_model(w->of, &w->model[op->b], &w->model[op->a]);
    empty_model(w->of, &w->model[op->a]);
    return STET_CHANGED;
}

stet_result apply_swap(struct world *w, const struct op *op)
{
    w->of->swap(w->subject, &w->handle[op->a], &w->handle[op->b]);
    copy_model(w->of, &w->next, &w->model[op->a]);
    if (op->a != op->b)
        copy_model(w->of, &w->model[op->a], &w->model[op->b]);
    copy_model(w->of, &w->model[op->b], &w->next);
    return STET_CHANGED;
}

stet_result apply_drop(struct world *w, const struct op *op)
{
    world_drop(w, op->a);
    return STET_CHANGED;
}

stet_result apply_drop_later(struct world *w, const struct op *op)
{
    w->of->drop_later(w->subject, &w->handle[op->a]);
    empty_model(w->of, &w->model[op->a]);
    stet_release_some(op->more % 8);
    return STET_CHANGED;
}

/* ---- an operation ---- */

void world_context(const struct world *w, struct op op, const char *where, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, where);
    int n = vsnprintf(text, sizeof text / 2, where, arguments);
    va_end(arguments);
    snprintf(text + n, sizeof text - (size_t)n, ": %s a %u b %u c %u i %u j %u value %u more %x, fault %llu%s; size %u",
             w->of->operation[op.code].name, op.a, op.b, op.c, op.i, op.j, op.value, op.more,
             (unsigned long long)w->fault, w->persist > 1 ? " and all after it" : "", w->model[op.a % w->handles].size);
    test_context("%s: %s", w->subject->name, text);
    if (getenv("STET_TEST_TRACE") != NULL)
        fprintf(stderr, "%s: %s\n", w->subject->name, text);
}

stet_result world_apply(struct world *w, struct op op)
{
    op.a = (uint8_t)(op.a % w->handles);
    op.b = (uint8_t)(op.b % w->handles);
    op.c = (uint8_t)(op.c % w->handles);
    w->of->fit(w, &op);
    w->requests = 0;
    stet_result result = w->of->operation[op.code].apply(w, &op);
    bool failed = w->fault != 0 && w->requests >= w->fault;
    REQUIRE(result != STET_NO_MEMORY || failed || w->may_fail, "out of memory without a fault");
    if (result == STET_NO_MEMORY || failed)
        w->fill = false;
    return result;
}

/* ---- checks ---- */

static void audit(struct world *w)
{
    const struct subject *s = w->subject;
    struct audit a;
    audit_begin(&a);
    for (unsigned h = 0; h < w->handles; h++)
        w->of->audit(&a, s, &w->handle[h]);
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
    while (stet_release_some(1)) /* finishes deferred drops */
        ;
    audit(w); /* first, because it reads only counts and refs */
    for (unsigned h = 0; h < w->handles; h++) {
        const char *error = w->of->check(w->subject, &w->handle[h], w->fill);
        REQUIRE(error == NULL, "handle %u: %s", h, error);
        world_compare(w, h);
    }
}
