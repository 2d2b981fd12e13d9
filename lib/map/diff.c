/* SPDX-License-Identifier: MIT */
/*
 * map/diff.c - two maps side by side: differences, equality, and the combinations made of them.
 *
 * A single walk does all of these. It descends both tries by hash prefix and skips nodes that both share, so that
 * versions that differ in k entries cost O(k log n). The shape of a trie depends on its history, so the walk does not
 * compare shapes, but *views*. A view is the part of a map under a hash prefix: either a range of slots of an inner
 * node, or a leaf, which may be wider than the prefix.
 */
#include "map/core.h"
#include "map/diff.h"
#include "map/instances.h"
#include "type/nest.h"

struct view {
    stet_ref r; /* an inner node, of which the view has `count` slots from `first`; or a leaf; or 0 */
    unsigned first, count;
};

struct walk {
    const struct stet_map_type *t;
    stet_map_diff_fn *fn;
    void *context;
    bool keys_only; /* values are not compared */
    bool nested;    /* the walk tests equality; elements that are collections are compared by nest.h */
    /* Reports keys that both maps have, too, even with equal values: shared subtrees are not skipped. */
    bool report_equal;
    size_t visited;
};

/* A prefix of `depth` hash bits, the top bits of `prefix`, on a hash level. */
struct under {
    uint64_t prefix;
    unsigned depth, level;
};

static struct view view_of(struct walk *w, stet_ref r)
{
    w->visited += r != 0;
    return (struct view){r, 0, stet_ref_is_inner_(r) ? stet_ref_inner_(r)->slots : 0};
}

/* Descends while the view has only one child. */
static struct view narrow(struct walk *w, struct view v)
{
    while (stet_ref_is_inner_(v.r)) {
        const stet_ref *child = stet_children_(stet_ref_inner_(v.r)) + v.first;
        for (unsigned i = 1; i < v.count; i++)
            if (child[i] != child[0])
                return v;
        v = view_of(w, child[0]);
    }
    return v;
}

static struct view half(struct view v, unsigned bit)
{
    if (stet_ref_is_inner_(v.r)) {
        v.count /= 2;
        v.first += bit * v.count;
    }
    return v;
}

STET_INLINE bool report(const struct stet_map_type *t, struct walk *w, bool swapped, const char *key, const char *ours,
                        const char *theirs)
{
    const char *a = swapped ? theirs : ours, *b = swapped ? ours : theirs;
    size_t offset = t->value_offset;
    return w->fn(w->context, key, a != NULL ? a + offset : NULL, b != NULL ? b + offset : NULL);
}

/* Reports every entry of v as one that only its map has, or, if `both`, as one that the other map has, too. */
static bool report_all(struct walk *w, bool swapped, struct view v, bool both)
{
    struct stet_map_cursor it;
    stet_ref previous = 0;
    for (unsigned i = 0; i < (v.count == 0 ? 1 : v.count); i++) {
        stet_ref r = v.count == 0 ? v.r : stet_children_(stet_ref_inner_(v.r))[v.first + i];
        if (r == previous)
            continue;
        previous = r;
        for (stet_map_cursor_start_(w->t, r, &it); it.entry != NULL; stet_map_cursor_next_(w->t, &it))
            if (!report(w->t, w, swapped, it.entry, it.entry, both ? it.entry : NULL))
                return false;
    }
    return true;
}

STET_INLINE bool values_differ(const struct stet_map_type *t, const struct walk *w, const char *a, const char *b)
{
    size_t offset = t->value_offset;
    return !w->keys_only && !(STET_UNLIKELY(w->nested) && stet_type_is_deep_(t->value)
                                  ? stet_nest_equal(t->value, a + offset, b + offset)
                                  : stet_type_equal(t->value, a + offset, b + offset));
}

static bool is_rehash(stet_ref r)
{
    return r != 0 && !stet_ref_is_inner_(r) && stet_ref_leaf_(r)->kind == STET_LEAF_REHASH;
}

static bool is_special(stet_ref r)
{
    return r != 0 && !stet_ref_is_inner_(r) && stet_ref_leaf_(r)->kind != STET_LEAF_PLAIN;
}

/* Returns v, or an empty view if v is a rehash or collision leaf whose hash does not begin with the prefix. */
static struct view only_under(const struct walk *w, struct view v, struct under u)
{
    if (is_special(v.r) && stet_ref_leaf_(v.r)->depth < u.depth &&
        (stet_special_hash_(w->t, stet_ref_leaf_(v.r), u.level) ^ u.prefix) >> (64 - u.depth) != 0)
        v.r = 0;
    return v;
}

/* Returns whether both are rehash or collision leaves, and their hashes differ. */
static bool are_strangers(const struct walk *w, stet_ref a, stet_ref b, unsigned level)
{
    return is_special(a) && is_special(b) &&
           ((stet_special_hash_(w->t, stet_ref_leaf_(a), level) ^ stet_special_hash_(w->t, stet_ref_leaf_(b), level)) &
            STET_MAP_BITS) != 0;
}

/* Returns the number of entries of a leaf, which is no rehash leaf; 0 for a gap. */
static uint32_t leaf_count(stet_ref r) { return r != 0 ? stet_leaf_count_(stet_ref_leaf_(r)) : 0; }

static bool is_plain(stet_ref r) { return r != 0 && stet_ref_leaf_(r)->kind == STET_LEAF_PLAIN; }

/* Returns the entry of a plain leaf with this key, whose fingerprint is known, or NULL. */
STET_INLINE const char *find_by_fingerprint(const struct stet_map_type *t, const struct stet_leaf *l,
                                            uint8_t fingerprint, const char *key)
{
    for (uint32_t hits = stet_leaf_match_(stet_leaf_fp_(l), t->fp_size, fingerprint); hits != 0; hits &= hits - 1) {
        const char *e = stet_leaf_entry_(t, l, (size_t)__builtin_ctz(hits));
        if (stet_type_equal(t->key, e, key))
            return e;
    }
    return NULL;
}

/*
 * find_by_fingerprint() for a test of equality, where keys are collections. If only one entry has this fingerprint, or
 * else this hash, its key may be compared later: it is taken to be equal for now, and if it turns out not to be, the
 * maps are not equal, either.
 */
static const char *find_nested(const struct stet_map_type *t, const struct stet_leaf *l, uint8_t fingerprint,
                               const char *key)
{
    const char *only = NULL;
    unsigned candidates = 0;
    uint32_t all = stet_leaf_match_(stet_leaf_fp_(l), t->fp_size, fingerprint);
    uint64_t seed = stet_hash_seed_at(0), hash = (all & (all - 1)) != 0 ? stet_type_hash(t->key, key, seed) : 0;
    for (uint32_t hits = all; hits != 0; hits &= hits - 1) {
        const char *e = stet_leaf_entry_(t, l, (size_t)__builtin_ctz(hits));
        if ((all & (all - 1)) != 0 && stet_type_hash(t->key, e, seed) != hash)
            continue;
        only = e;
        candidates++;
    }
    if (candidates > 1)
        return find_by_fingerprint(t, l, fingerprint, key);
    return only != NULL && stet_nest_equal(t->key, only, key) ? only : NULL;
}

/*
 * Reports e, an entry of one map; other is the other map's entry with the same key, or NULL. If both maps have the key,
 * this is reported only if w->report_equal is set, or if their values differ. same: the two entries have equal bytes.
 * compare: values are compared; of the two directions of a walk only one does that. False: the callback has stopped the
 * walk.
 */
STET_INLINE bool told(const struct stet_map_type *t, struct walk *w, bool swapped, const char *e, const char *other,
                      bool same, bool compare)
{
    bool differ = other == NULL || (!same && compare && values_differ(t, w, e, other));
    return !(differ || (compare && w->report_equal)) || report(t, w, swapped, e, e, other);
}

/* walk_leaf() for plain leaves whose fingerprints are of one level; `ours` is no wider than the view. */
STET_INLINE int64_t walk_plain(const struct stet_map_type *t, struct walk *w, bool swapped,
                               const struct stet_leaf *ours, const struct stet_leaf *theirs, bool compare)
{
    int64_t common = 0;
    for (unsigned i = 0, n = ours->n; i < n; i++) {
        const char *e = stet_leaf_entry_(t, ours, i), *other = stet_leaf_entry_(t, theirs, i);
        bool same = i < theirs->n && same_bytes(e, other, t->entry_size); /* as in two copies of a leaf */
        if (!same)
            other = find_by_fingerprint(t, theirs, stet_leaf_fp_(ours)[i], e);
        common += other != NULL;
        if (!told(t, w, swapped, e, other, same, compare))
            return -1;
    }
    return common;
}

/*
 * Compares those entries of `ours` that are under the prefix with `theirs`. Both are leaves, of any kind, or gaps.
 * Returns how many keys both have, or -1 if the callback has stopped the walk.
 */
static int64_t walk_leaf(struct walk *w, bool swapped, stet_ref ours, stet_ref theirs, struct under u, bool compare)
{
    const struct stet_map_type *t = w->t;
    bool wider = is_plain(ours) && stet_ref_leaf_(ours)->depth < u.depth;
    bool nested = w->nested && stet_type_is_deep_(t->key) && is_plain(theirs);
    if (is_plain(ours) && is_plain(theirs) && !wider && !nested) {
        const struct stet_leaf *x = stet_ref_leaf_(ours), *y = stet_ref_leaf_(theirs);
        return stet_map_is_words_(t)     ? walk_plain(&stet_word_map, w, swapped, x, y, compare)
               : stet_map_is_strings_(t) ? walk_plain(&stet_str_map, w, swapped, x, y, compare)
                                         : walk_plain(t, w, swapped, x, y, compare);
    }
    uint32_t i = 0, aligned = is_rehash(ours) || is_rehash(theirs) ? 0 : leaf_count(theirs);
    int64_t common = 0;
    struct stet_map_cursor it;
    for (stet_map_cursor_start_(t, ours, &it); it.entry != NULL; stet_map_cursor_next_(t, &it), i++) {
        bool same = i < aligned && same_bytes(it.entry, stet_leaf_entry_(t, stet_ref_leaf_(theirs), i), t->entry_size);
        uint64_t hash = same && !wider ? 0 : stet_map_hash_key_(t, NULL, it.entry, u.level);
        if (wider && (hash ^ u.prefix) >> (64 - u.depth) != 0)
            continue;
        const char *other = same     ? it.entry
                            : nested ? find_nested(t, stet_ref_leaf_(theirs), stet_leaf_fingerprint_(hash), it.entry)
                                     : stet_map_find_(t, NULL, theirs, hash, it.entry);
        common += other != NULL;
        if (!told(t, w, swapped, it.entry, other, same, compare))
            return -1;
    }
    return common;
}

static bool walk_leaves(struct walk *w, stet_ref a, stet_ref b, struct under u)
{
    int64_t common = walk_leaf(w, false, a, b, u, true);
    if (common < 0)
        return false;
    if (!is_rehash(b) && common == leaf_count(b))
        return true; /* b has no other entries */
    return walk_leaf(w, true, b, a, u, false) >= 0;
}

/* Returns whether two ranges of slots hold the same refs. */
static bool alike(struct view a, struct view b)
{
    return a.count == b.count && a.count != 0 &&
           same_bytes(stet_children_(stet_ref_inner_(a.r)) + a.first, stet_children_(stet_ref_inner_(b.r)) + b.first,
                      a.count * sizeof(stet_ref));
}

/* Skips a view that both maps share, or reports its entries as entries of both. */
static bool pass_over(struct walk *w, struct view v) { return !w->report_equal || report_all(w, false, v, true); }

static bool walk_views(struct walk *w, struct view a, struct view b, struct under u);

/* Returns how many slots this child fills in a node below which `base` hash bits are used. */
static unsigned span(stet_ref child, unsigned base)
{
    bool leaf = child != 0 && !stet_ref_is_inner_(child);
    return leaf && stet_ref_leaf_(child)->depth < base ? 1u << (base - stet_ref_leaf_(child)->depth) : 1;
}

/*
 * Both views are ranges of slots, of the same length: walks the slots that differ. If a leaf of either map fills
 * several slots, these are walked together. Their first slots differ, because a leaf that both maps share fills the
 * same slots in both.
 */
static bool walk_slots(struct walk *w, struct view a, struct view b, struct under u)
{
    const stet_ref *x = stet_children_(stet_ref_inner_(a.r)) + a.first;
    const stet_ref *y = stet_children_(stet_ref_inner_(b.r)) + b.first;
    unsigned base = u.depth + (unsigned)__builtin_ctz(a.count);
    for (unsigned i = 0, count = 1; i < a.count; i += count, count = 1) {
        if (x[i] == y[i])
            continue;
        unsigned in_a = span(x[i], base), in_b = span(y[i], base);
        count = in_a > in_b ? in_a : in_b;
        struct under below = {u.prefix | (uint64_t)i << (64 - base), base - (unsigned)__builtin_ctz(count), u.level};
        if (!walk_views(w, (struct view){a.r, a.first + i, count}, (struct view){b.r, b.first + i, count}, below))
            return false;
    }
    return true;
}

static bool walk_views(struct walk *w, struct view a, struct view b, struct under u)
{
    if (alike(a, b))
        return pass_over(w, a);
    a = only_under(w, narrow(w, a), u);
    b = only_under(w, narrow(w, b), u);
    if (a.r == b.r && a.first == b.first && a.count == b.count)
        return pass_over(w, a);
    if (are_strangers(w, a.r, b.r, u.level))
        return report_all(w, false, a, false) && report_all(w, true, b, false);
    if (is_rehash(a.r) && is_rehash(b.r)) {
        struct view next_a = view_of(w, *stet_rehash_root_(stet_ref_leaf_(a.r)));
        struct view next_b = view_of(w, *stet_rehash_root_(stet_ref_leaf_(b.r)));
        return walk_views(w, next_a, next_b, (struct under){0, 0, u.level + 1});
    }
    if (stet_ref_is_inner_(a.r) || stet_ref_is_inner_(b.r)) {
        if (a.r == 0 || b.r == 0) /* an inner node has no leaf that is wider than the view */
            return a.r == 0 ? report_all(w, true, b, false) : report_all(w, false, a, false);
        if (a.count == b.count && !w->report_equal)
            return walk_slots(w, a, b, u);
        struct under zero = {u.prefix, u.depth + 1, u.level}, one = zero;
        one.prefix |= UINT64_C(1) << (63 - u.depth);
        return walk_views(w, half(a, 0), half(b, 0), zero) && walk_views(w, half(a, 1), half(b, 1), one);
    }
    return walk_leaves(w, a.r, b.r, u);
}

static bool walk_maps(struct walk *w, const struct stet_map *a, const struct stet_map *b)
{
    return walk_views(w, view_of(w, a->root), view_of(w, b->root), (struct under){0, 0, 0});
}

/* A lookup takes about this many times as long as a step of a walk. */
#define LOOKUP_COST 8

/* Returns whether `few` has so few entries that it is faster to look them up in `many` than to walk through both. */
static bool is_few(const struct stet_map *few, const struct stet_map *many)
{
    return few->size <= many->size / LOOKUP_COST;
}

/* Walks through the entries of `few` only, and looks each of them up in `many`. */
static bool walk_few(struct walk *w, bool swapped, const struct stet_map *few, const struct stet_map *many)
{
    const struct stet_map_type *t = w->t;
    struct stet_map_cursor it;
    for (stet_map_cursor_start_(t, few->root, &it); it.entry != NULL; stet_map_cursor_next_(t, &it)) {
        const char *other = stet_map_find_(t, NULL, many->root, stet_map_hash_key_(t, NULL, it.entry, 0), it.entry);
        bool wanted = other == NULL || w->report_equal || values_differ(t, w, it.entry, other);
        if (wanted && !report(t, w, swapped, it.entry, it.entry, other))
            return false;
    }
    return true;
}

bool stet_map_diff_visits_(const struct stet_map_type *t, const struct stet_map *a, const struct stet_map *b,
                           stet_map_diff_fn *fn, void *context, size_t *visited)
{
    struct walk w = {.t = t, .fn = fn, .context = context};
    bool all = walk_maps(&w, a, b);
    *visited = w.visited;
    return all;
}

bool stet_map_diff_(const struct stet_map_type *t, const struct stet_map *a, const struct stet_map *b,
                    stet_map_diff_fn *fn, void *context)
{
    stet_node_check_(&t->node, a->root);
    stet_node_check_(&t->node, b->root);
    size_t visited;
    return stet_map_diff_visits_(t, a, b, fn, context, &visited);
}

/* ---- comparisons and hashes ---- */

static bool stop(void *context, const void *key, const void *a, const void *b)
{
    (void)context, (void)key, (void)a, (void)b;
    return false;
}

static bool map_walk_nested(const void *type, const void *a, const void *b)
{
    const struct stet_map_type *t = type;
    struct walk w = {.t = t, .fn = stop, .nested = true};
    return walk_maps(&w, a, b);
}

bool stet_map_equal_(const struct stet_map_type *t, const struct stet_map *a, const struct stet_map *b)
{
    stet_node_check_(&t->node, a->root);
    stet_node_check_(&t->node, b->root);
    if (a->size != b->size)
        return false;
    if (stet_type_is_deep_(t->key) || stet_type_is_deep_(t->value))
        return stet_nest_walk_(map_walk_nested, t, a, b);
    return stet_map_diff_(t, a, b, stop, NULL);
}

static bool stop_unless_added(void *context, const void *key, const void *a, const void *b)
{
    (void)context, (void)key, (void)b;
    return a == NULL;
}

bool stet_map_within_(const struct stet_map_type *t, const struct stet_map *a, const struct stet_map *b, bool values)
{
    stet_node_check_(&t->node, a->root);
    stet_node_check_(&t->node, b->root);
    struct walk w = {.t = t, .fn = stop_unless_added, .keys_only = !values};
    return a->size <= b->size && (is_few(a, b) ? walk_few(&w, false, a, b) : walk_maps(&w, a, b));
}

/*
 * The state of a hash: `it` is at the next entry, and `sum` is over the entries before. If `half` is true, `entry` is
 * the hash of the next entry's key.
 */
struct map_hashed {
    struct stet_map_cursor it;
    uint64_t sum, entry;
    bool half;
};

STET_STATIC_ASSERT(sizeof(struct map_hashed) <= sizeof((struct stet_nest_frame *)0)->place, "it fits a frame");

STET_INLINE void map_hash_from_start(const struct stet_map_type *t, const struct stet_map *m, struct map_hashed *h)
{
    h->sum = m->size;
    h->half = false;
    stet_map_cursor_start_(t, m->root, &h->it);
}

/*
 * Computes the hash of an element. False: the element is a collection, which must be hashed first, and stet_nest_ask()
 * has requested that. f may be the constant NULL: then the hash is always computed at once.
 */
STET_INLINE bool hash_element(struct stet_nest_frame *f, const struct stet_type *t, const char *e, uint64_t seed,
                              enum stet_hash_how how, uint64_t *hash)
{
    if (f != NULL && stet_type_is_deep_(t))
        return stet_nest_ask(f, t, e, hash);
    *hash = stet_hash_each(t, e, seed, how);
    return true;
}

/*
 * Continues the hash. False: an element that is a collection must be hashed first; the next call gets its hash in
 * `one`.
 */
STET_INLINE bool map_hash_on(const struct stet_map_type *t, struct map_hashed *h, uint64_t seed,
                             struct stet_nest_frame *f, uint64_t one)
{
    enum stet_hash_how how_key = stet_hash_how(t->key, seed), how_value = stet_hash_how(t->value, seed);
    for (; h->it.entry != NULL; stet_map_cursor_next_(t, &h->it)) {
        uint64_t entry = f != NULL && h->half ? h->entry : one;
        if (f == NULL || !h->half) {
            if (!hash_element(f, t->key, h->it.entry, seed, how_key, &entry))
                return false;
        }
        if (t->value->size != 0) {
            if (!hash_element(f, t->value, h->it.entry + t->value_offset, seed, how_value, &one)) {
                h->entry = entry;
                h->half = true;
                return false;
            }
            h->half = false;
            entry ^= stet_hash_word(one, ~seed);
        }
        h->sum += stet_hash_word(entry, seed); /* it is a sum because the order of entries depends on history */
    }
    return true;
}

static void map_hash_begin(struct stet_nest_frame *f, const void *collection)
{
    map_hash_from_start(f->type, collection, (struct map_hashed *)(void *)f->place);
}

static bool map_hash_step(struct stet_nest_frame *f, uint64_t *hash)
{
    struct map_hashed *h = (struct map_hashed *)(void *)f->place;
    bool done = map_hash_on(f->type, h, f->seed, f, *hash);
    *hash = h->sum;
    return done;
}

uint64_t stet_map_hash_(const struct stet_map_type *t, const struct stet_map *m, uint64_t seed)
{
    if (stet_type_is_deep_(t->key) || stet_type_is_deep_(t->value))
        return stet_nest_hash_(map_hash_step, t, seed, map_hash_begin, m);
    struct map_hashed h;
    map_hash_from_start(t, m, &h);
    (void)map_hash_on(t, &h, seed, NULL, 0);
    return h.sum;
}

/* ---- combinations ---- */

struct combine {
    const struct stet_map_type *t;
    struct stet_map result;
    unsigned keep;
    const struct stet_map *a, *b, *begun; /* the result began as a copy of this map; NULL: it began empty */
    stet_map_conflict_fn *fn;
    void *context;
    stet_result edit;
};

/* Resolves a key that both maps have. Its two values differ, or have not been compared. */
static stet_result resolve(struct combine *c, const void *key, const void *a, const void *b)
{
    if (!(c->keep & STET_BOTH_))
        return c->begun != NULL ? stet_map_erase_(c->t, &c->result, NULL, key, NULL) : STET_UNCHANGED;
    if (c->fn == NULL)
        return c->begun == c->b ? stet_map_put_(c->t, &c->result, NULL, key, a, STET_PUT_SET_) : STET_UNCHANGED;
    _Alignas(16) char value[STET_ENTRY_MAX];
    c->fn(c->context, key, a, b, value);
    stet_result result = stet_map_put_(c->t, &c->result, NULL, key, value, STET_PUT_SET_);
    if (c->t->value->release != NULL)
        c->t->value->release(value);
    return result;
}

static bool combine_one(void *context, const void *key, const void *a, const void *b)
{
    struct combine *c = context;
    if (a != NULL && b != NULL) {
        c->edit = resolve(c, key, a, b);
    } else {
        bool wanted = c->keep & (a != NULL ? STET_ONLY_A_ : STET_ONLY_B_);
        bool there = c->begun == (a != NULL ? c->a : c->b);
        if (wanted && !there)
            c->edit = stet_map_put_(c->t, &c->result, NULL, key, a != NULL ? a : b, STET_PUT_ADD_);
        else if (!wanted && there)
            c->edit = stet_map_erase_(c->t, &c->result, NULL, key, NULL);
        else
            c->edit = STET_UNCHANGED;
    }
    return c->edit != STET_NO_MEMORY;
}

stet_result stet_map_combine_(const struct stet_map_type *t, struct stet_map *m, const struct stet_map *a,
                              const struct stet_map *b, unsigned keep, stet_map_conflict_fn *fn, void *context)
{
    stet_node_check_(&t->node, a->root);
    stet_node_check_(&t->node, b->root);
    struct combine c = {.t = t, .keep = keep, .a = a, .b = b, .fn = fn, .context = context, .edit = STET_UNCHANGED};
    bool few_a = is_few(a, b), few = few_a || is_few(b, a);
    /*
     * Only the few are looked up: entries that only the other map has are not visited, and must be right from the
     * start.
     */
    if (few)
        c.begun = keep & (few_a ? STET_ONLY_B_ : STET_ONLY_A_) ? (few_a ? b : a) : few_a ? a : b;
    else if (keep & STET_BOTH_) /* the map that needs fewer edits */
        c.begun = (keep & STET_ONLY_B_ ? b->size > a->size : b->size < a->size) ? b : a;
    if (c.begun != NULL)
        c.result = stet_map_copy_(c.begun);
    struct walk w = {.t = t, .fn = combine_one, .context = &c};
    w.report_equal = keep & STET_ASK_EQUAL_ || (few && !(keep & STET_BOTH_));
    bool done = few ? walk_few(&w, !few_a, few_a ? a : b, few_a ? b : a) : walk_maps(&w, a, b);
    if (done && keep == STET_ONLY_A_ && c.result.size == a->size && c.begun == NULL) { /* no entry was removed */
        stet_node_drop_(&t->node, c.result.root);
        c.result = stet_map_copy_(a);
    }
    stet_result result = !done ? STET_NO_MEMORY : c.result.root == m->root ? STET_UNCHANGED : STET_CHANGED;
    result = stet_map_copy_out_(t, result, &c.result, m);
    stet_node_drain(&t->node); /* releases nodes that were built and are not used */
    return result;
}
