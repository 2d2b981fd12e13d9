/* SPDX-License-Identifier: MIT */
#include "audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local char message[256];

const char *wrong(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return message;
}

/* ---- holders ---- */

struct audit_row {
    const void *object; /* NULL: free */
    const uint32_t *count;
    uint32_t holders;
};

static void put(struct audit *a, struct audit_row row)
{
    size_t at = (size_t)((uintptr_t)row.object >> 4) * UINT64_C(0x9E3779B97F4A7C15) & (a->capacity - 1);
    while (a->rows[at].object != NULL && a->rows[at].object != row.object)
        at = (at + 1) & (a->capacity - 1);
    row.holders += a->rows[at].holders;
    a->rows[at] = row;
}

/* Counts one holder of the object. Returns whether it is the first that was seen. */
static bool first_holder(struct audit *a, const void *object, const uint32_t *count)
{
    if (a->used * 2 >= a->capacity) {
        struct audit old = *a;
        a->capacity = old.capacity == 0 ? 1024 : old.capacity * 2;
        a->rows = calloc(a->capacity, sizeof *a->rows);
        if (a->rows == NULL)
            abort();
        for (size_t i = 0; i < old.capacity; i++)
            if (old.rows[i].object != NULL)
                put(a, old.rows[i]);
        free(old.rows);
    }
    size_t at = (size_t)((uintptr_t)object >> 4) * UINT64_C(0x9E3779B97F4A7C15) & (a->capacity - 1);
    while (a->rows[at].object != NULL && a->rows[at].object != object)
        at = (at + 1) & (a->capacity - 1);
    bool first = a->rows[at].object == NULL;
    a->rows[at].object = object;
    a->rows[at].count = count;
    a->rows[at].holders++;
    a->used += first;
    return first;
}

void audit_note(struct audit *a, const char *error)
{
    if (a->error == NULL)
        a->error = error;
}

/* ---- nodes ---- */

/*
 * The owner must have all children that n borrows, in the same order. spread: a child may be in several slots; n then
 * borrows all of them or none.
 */
static void audit_borrowed(struct audit *a, const struct stet_inner *n, const struct stet_inner *owner, bool spread)
{
    unsigned at = 0;
    stet_ref previous = 0;
    for (unsigned i = 0; i < n->slots; i++) {
        stet_ref c = stet_children_(n)[i];
        if (c == 0)
            continue;
        bool owned = n->replaced >> i & 1;
        if (spread && i > 0 && c == stet_children_(n)[i - 1] && owned != (n->replaced >> (i - 1) & 1))
            audit_note(a, wrong("R2: slots %u and %u hold one child, only one of them owned", i - 1, i));
        if (owned || (spread && c == previous))
            continue;
        previous = c;
        while (at < owner->slots && stet_children_(owner)[at] != c)
            at++;
        if (at == owner->slots) {
            audit_note(a, wrong("R1: the child borrowed in slot %u is not in the owner, or not in its order", i));
            return;
        }
        at += !spread;
    }
}

static void audit_inner(struct audit *a, const struct audit_kind *kind, const struct stet_inner *n)
{
    stet_ref owner = n->lender, previous = 0;
    bool spread = kind->node->spread;
    if (owner != 0) {
        if (kind->node->exact)
            audit_note(a, wrong("a node of an exact type borrows"));
        if (!stet_ref_is_inner_(owner))
            audit_note(a, wrong("R3: the owner is a leaf"));
        else if (stet_ref_inner_(owner)->lender != 0)
            audit_note(a, wrong("R3: an owner has an owner"));
        else
            audit_borrowed(a, n, stet_ref_inner_(owner), spread);
        audit_node(a, kind, owner);
    }
    for (unsigned i = 0; i < n->slots; i++) {
        if (owner != 0 && (n->replaced >> i & 1) == 0)
            continue;
        if (!spread || stet_children_(n)[i] != previous)
            audit_node(a, kind, stet_children_(n)[i]);
        previous = stet_children_(n)[i];
    }
}

/* At the first holder of a node, also audits what the node itself holds. */
void audit_node(struct audit *a, const struct audit_kind *kind, stet_ref r)
{
    if (r == 0 || !first_holder(a, stet_ref_node_(r), stet_ref_node_(r)))
        return;
    a->blocks++;
    if (stet_ref_is_inner_(r))
        audit_inner(a, kind, stet_ref_inner_(r));
    else
        kind->leaf(a, kind, r);
}

void audit_begin(struct audit *a) { *a = (struct audit){0}; }

void audit_object(struct audit *a, const void *object, const uint32_t *count, bool in_pool)
{
    if (first_holder(a, object, count) && in_pool)
        a->blocks++;
}

const char *audit_end(struct audit *a)
{
    const char *error = a->error;
    for (size_t i = 0; i < a->capacity && error == NULL; i++) {
        const struct audit_row *row = &a->rows[i];
        if (row->object != NULL && *row->count != row->holders)
            error = wrong("R1: %p counts %u holders, there are %u", row->object, *row->count, row->holders);
    }
    free(a->rows);
    a->rows = NULL;
    return error;
}
