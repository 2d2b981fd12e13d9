/* SPDX-License-Identifier: MIT */
/*
 * inspect/inspect.c - reports about nodes: figures, which nodes views share, and a drawing. A report walks over all
 * nodes, so that no other operation need keep figures.
 *
 * Every walk is the same: breadth first, over the nodes that were not visited before in this view. Nodes that are
 * reached only through a lender come last.
 */
#include <stet/inspect.h>
#include <stet/map.h>
#include "memory/cache.h"

#include <errno.h>
#include <inttypes.h>

/* A node that was visited: its place in the order of the walk, and a bit for each view that has the node. */
struct sight {
    uint32_t place, by;
};
STET_TYPE_BYTES(sight_type, struct sight)
STET_MAP(sights, uint64_t, struct sight, stet_u64, sight_type)

struct visit {
    stet_ref r;
    unsigned depth;
    bool kept;
};

struct inspect_walk {
    const struct stet_roots *view;
    unsigned by; /* the bit of this view */
    sights seen; /* by ref */
    struct visit *queue;
    size_t n, room, most;
    bool cut, failed; /* cut: nodes beyond `most` were left out; failed: there is no memory */
};

static bool text_grow(struct inspect_walk *w)
{
    size_t room = w->room == 0 ? 256 : 2 * w->room;
    struct visit *queue = pool_allocate(room * sizeof *queue);
    if (queue == NULL)
        return false;
    if (w->room != 0) {
        memcpy(queue, w->queue, w->n * sizeof *queue);
        pool_free(w->queue, w->room * sizeof *queue);
    }
    w->queue = queue;
    w->room = room;
    return true;
}

static void visit_node(struct inspect_walk *w, stet_ref r, unsigned depth, bool kept)
{
    if (r == 0 || w->failed)
        return;
    const struct sight *old = sights_get(&w->seen, r);
    if (old != NULL && (old->by & w->by) != 0)
        return;
    if (w->n == w->most && old == NULL) {
        w->cut = true;
        return;
    }
    struct sight sight = {(uint32_t)w->n, w->by};
    if (old != NULL)
        sight = (struct sight){old->place, old->by | w->by};
    if ((w->n == w->room && !text_grow(w)) || !sights_set(&w->seen, r, sight)) {
        w->failed = true;
        return;
    }
    w->queue[w->n++] = (struct visit){r, depth, kept};
}

static struct stet_leaf_shape leaf_shape(const struct stet_roots *v, stet_ref r)
{
    return v->type_->describe_leaf(v->type_, r);
}

/* Visits the nodes below a node, each once. */
static void meet_below(struct inspect_walk *w, const struct visit *v)
{
    if (!stet_ref_is_inner_(v->r)) {
        visit_node(w, leaf_shape(w->view, v->r).below, v->depth, v->kept);
        return;
    }
    const struct stet_inner *n = stet_ref_inner_(v->r);
    for (unsigned i = 0; i < n->slots; i++)
        visit_node(w, stet_children_(n)[i], v->depth + 1, v->kept);
}

/* Adds all nodes of the view to the queue. */
static void inspect_walk(struct inspect_walk *w, const struct stet_roots *view, unsigned by)
{
    size_t from = w->n;
    w->view = view;
    w->by = by;
    for (unsigned i = 0; i < 3; i++)
        visit_node(w, view->root_[i], 0, false);
    for (size_t i = from; i < w->n; i++) {
        struct visit v = w->queue[i]; /* a copy, because the queue may move */
        meet_below(w, &v);
    }
    for (size_t i = from; i < w->n; i++) {
        struct visit v = w->queue[i];
        if (stet_ref_is_inner_(v.r))
            visit_node(w, stet_ref_inner_(v.r)->lender, v.depth, true);
        if (v.kept)
            meet_below(w, &v);
    }
}

static void walk_end(struct inspect_walk *w)
{
    if (w->room != 0)
        pool_free(w->queue, w->room * sizeof *w->queue);
    sights_drop(&w->seen);
}

/* ---- figures ---- */

static size_t bytes_of(const struct stet_roots *v, stet_ref r)
{
    if (stet_ref_is_inner_(r))
        return (size_t)stet_ref_inner_(r)->units * POOL_UNIT;
    return (leaf_shape(v, r).bytes + POOL_UNIT - 1) / POOL_UNIT * POOL_UNIT;
}

static void add(struct stet_node_total *weight, size_t bytes)
{
    weight->nodes++;
    weight->bytes += bytes;
}

static unsigned filled_slots(const struct stet_inner *n)
{
    unsigned filled = 0;
    for (unsigned i = 0; i < n->slots; i++)
        filled += stet_children_(n)[i] != 0 && (i == 0 || stet_children_(n)[i] != stet_children_(n)[i - 1]);
    return filled;
}

static void count_node(const struct stet_roots *view, const struct visit *v, struct stet_node_stats *out)
{
    size_t bytes = bytes_of(view, v->r);
    if (v->kept) {
        add(&out->kept, bytes);
    } else if (stet_ref_is_inner_(v->r)) {
        add(&out->inner, bytes);
        out->slots += stet_ref_inner_(v->r)->slots;
        out->filled += filled_slots(stet_ref_inner_(v->r));
    } else {
        struct stet_leaf_shape leaf = leaf_shape(view, v->r);
        add(&out->leaves, bytes);
        out->elements += leaf.elements;
        out->room += leaf.room;
        out->leaves_at[v->depth < STET_INSPECT_DEPTHS ? v->depth : STET_INSPECT_DEPTHS - 1]++;
    }
}

stet_result stet_inspect_count(const struct stet_roots *views, size_t n, struct stet_node_stats *out)
{
    struct inspect_walk w = {.most = SIZE_MAX};
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < n && !w.failed; i++) {
        size_t from = w.n;
        inspect_walk(&w, &views[i], 1);
        for (size_t k = from; k < w.n; k++)
            count_node(&views[i], &w.queue[k], out);
    }
    walk_end(&w);
    return w.failed ? STET_NO_MEMORY : STET_CHANGED;
}

stet_result stet_inspect_compare(const struct stet_roots *a, const struct stet_roots *b, struct stet_sharing *out)
{
    struct inspect_walk w = {.most = SIZE_MAX};
    memset(out, 0, sizeof *out);
    inspect_walk(&w, a, 1);
    size_t of_a = w.n;
    inspect_walk(&w, b, 2);
    for (size_t i = 0; i < w.n && !w.failed; i++) {
        const struct sight *s = sights_get(&w.seen, w.queue[i].r);
        if (i >= of_a && s->by == 3)
            continue; /* the node was visited in a's walk */
        add(s->by == 3   ? &out->both
            : s->by == 1 ? &out->only_a
                         : &out->only_b,
            bytes_of(i < of_a ? a : b, w.queue[i].r));
    }
    walk_end(&w);
    return w.failed ? STET_NO_MEMORY : STET_CHANGED;
}

static double ratio(size_t a, size_t b) { return b != 0 ? (double)a / (double)b : 0; }

void stet_node_stats_write(const struct stet_node_stats *c, FILE *out)
{
    int before = errno;
    size_t bytes = c->inner.bytes + c->leaves.bytes;
    fprintf(out, "inner nodes      %10zu  %12zu bytes  %5.1f slots, %4.1f %% with a child of their own\n",
            c->inner.nodes, c->inner.bytes, ratio(c->slots, c->inner.nodes), 100 * ratio(c->filled, c->slots));
    fprintf(out, "leaves           %10zu  %12zu bytes  %5.1f elements, %4.1f %% full\n", c->leaves.nodes,
            c->leaves.bytes, ratio(c->elements, c->leaves.nodes), 100 * ratio(c->elements, c->room));
    fprintf(out, "kept for others  %10zu  %12zu bytes\n", c->kept.nodes, c->kept.bytes);
    fprintf(out, "elements         %10zu  %12.1f bytes each\n", c->elements, ratio(bytes, c->elements));
    for (unsigned i = 0; i < STET_INSPECT_DEPTHS; i++)
        if (c->leaves_at[i] != 0)
            fprintf(out, "leaves below %2u  %10zu\n", i, c->leaves_at[i]);
    errno = before;
}

/* ---- a drawing ---- */

static const char *colour(unsigned by) { return by == 1 ? "#f4c7ab" : by == 2 ? "#b5d8f7" : "#d9ead3"; }

static void draw_node(const struct inspect_walk *w, const struct stet_roots *view, const struct visit *v, FILE *out)
{
    const struct sight *s = sights_get(&w->seen, v->r);
    fprintf(out, "  n%" PRIu32 " [fillcolor=\"%s\"%s, label=\"", s->place, colour(s->by),
            v->kept ? ", style=\"dashed\"" : "");
    if (stet_ref_is_inner_(v->r)) {
        fprintf(out, "%u slots", stet_ref_inner_(v->r)->slots);
    } else {
        struct stet_leaf_shape leaf = leaf_shape(view, v->r);
        if (leaf.below != 0)
            fprintf(out, "rehash leaf");
        else
            fprintf(out, "%zu/%zu", leaf.elements, leaf.room);
    }
    fprintf(out, "\", shape=%s];\n", stet_ref_is_inner_(v->r) ? "box" : "ellipse");
}

static void draw_edge(const struct inspect_walk *w, const struct visit *v, stet_ref to, const char *style, FILE *out)
{
    const struct sight *there = to != 0 ? sights_get(&w->seen, to) : NULL;
    if (there != NULL)
        fprintf(out, "  n%" PRIu32 " -> n%" PRIu32 "%s;\n", sights_get(&w->seen, v->r)->place, there->place, style);
}

static void draw_edges(const struct inspect_walk *w, const struct stet_roots *view, const struct visit *v, FILE *out)
{
    if (!stet_ref_is_inner_(v->r)) {
        draw_edge(w, v, leaf_shape(view, v->r).below, "", out);
        return;
    }
    const struct stet_inner *n = stet_ref_inner_(v->r);
    for (unsigned i = 0; i < n->slots; i++)
        if (i == 0 || stet_children_(n)[i] != stet_children_(n)[i - 1])
            draw_edge(w, v, stet_children_(n)[i], "", out);
    draw_edge(w, v, n->lender, " [style=dashed]", out);
}

stet_result stet_inspect_draw(const struct stet_roots *a, const struct stet_roots *b, size_t most, FILE *out)
{
    struct inspect_walk w = {.most = most < UINT32_MAX ? most : UINT32_MAX};
    int before = errno; /* the first write to a stream may change it */
    inspect_walk(&w, a, 1);
    size_t of_a = w.n;
    w.most = w.most < SIZE_MAX / 2 ? 2 * w.most : w.most; /* the other view may add as many nodes again */
    if (b != NULL)
        inspect_walk(&w, b, 2);
    if (!w.failed) {
        fprintf(out, "digraph versions {\n  node [style=filled, fontname=\"sans-serif\", fontsize=9, height=0.2];\n"
                     "  edge [arrowsize=0.4];\n");
        for (unsigned v = 0; v < (b != NULL ? 2 : 1); v++)
            for (unsigned i = 0; i < 3; i++) {
                const struct stet_roots *view = v == 0 ? a : b;
                const struct sight *root = view->root_[i] != 0 ? sights_get(&w.seen, view->root_[i]) : NULL;
                if (root != NULL)
                    fprintf(out, "  %c%u [shape=plaintext, style=\"\", label=\"%c%s\"];\n  %c%u -> n%" PRIu32 ";\n",
                            "ab"[v], i, "ab"[v],
                            i == 0   ? ""
                            : i == 1 ? " head"
                                     : " tail",
                            "ab"[v], i, root -> place);
            }
        for (size_t i = 0; i < w.n; i++) {
            const struct stet_roots *view = i < of_a ? a : b;
            if (i >= of_a && sights_get(&w.seen, w.queue[i].r)->by == 3)
                continue; /* the node was visited in a's walk */
            draw_node(&w, view, &w.queue[i], out);
            draw_edges(&w, view, &w.queue[i], out);
        }
        fprintf(out, "}\n");
    }
    walk_end(&w);
    errno = before;
    return w.failed ? STET_NO_MEMORY : w.cut ? STET_UNCHANGED : STET_CHANGED;
}
