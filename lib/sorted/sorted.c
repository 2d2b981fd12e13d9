/* SPDX-License-Identifier: MIT */
/*
 * sorted/sorted.c - one entry of a sorted collection: find, put, remove.
 */
#include "sorted/position.h"
#include "tree/node.h"

const char STET_SORTED_LAYOUT_ = 0;

/* ---- find ---- */

unsigned stet_sorted_tie_(const struct stet_tree_type *t, stet_ref r, unsigned k, const struct stet_wanted *w)
{
    const struct stet_inner *n = stet_ref_inner_(r);
    const uint64_t *bound = stet_tree_bounds_(r), word = bound[k];
    unsigned end = k; /* the last of the children that could have the key */
    while (end + 1u < n->slots && bound[end] == word)
        end++;
    return stet_sorted_among_(t, n, k, end, w);
}

bool stet_sorted_lower_string_(const struct stet_tree_type *t, const struct stet_tree_leaf *l, struct stet_wanted *w,
                               unsigned *at, bool *found)
{
    const stet_str *key = (const stet_str *)(const void *)stet_tree_element_(t, l, 0), *middle = key + l->hi / 2;
    /* Only a short string equals a short one, and its bytes are in the leaf: the search by order below finds it. */
    bool is_short = w->bytes.n <= STET_STR_SHORT;
    for (unsigned i = 0; i < l->hi && !is_short; i++)
        if (stet_str_is_long_(key + i))
            __builtin_prefetch(key[i].heap_);
    if ((*found = !is_short && stet_sorted_find_string_(t, l, &w->bytes, at)))
        return true;
    *at = w->behind ? l->hi : 0;
    if (w->common != SIZE_MAX)
        return true;
    if (w->skipped > 0) { /* all keys here have `skipped` bytes in common */
        size_t common = stet_tree_common_(middle, &w->bytes);
        if (common < w->skipped) {
            w->common = common;
            w->behind = stet_str_compare_bytes_(middle, &w->bytes) < 0;
            return false;
        }
    }
    uint64_t word = stet_bytes_word_((const char *)w->bytes.bytes, w->bytes.n, w->skipped);
    for (unsigned end = l->hi; *at < end; middle = key + (*at + end) / 2) {
        uint64_t other = stet_str_word_(middle, w->skipped);
        if (other < word || (other == word && stet_str_compare_bytes_(middle, &w->bytes) < 0))
            *at = (unsigned)(middle - key) + 1;
        else
            end = (unsigned)(middle - key);
    }
    *found = is_short && *at < l->hi && stet_str_equal_bytes_(key + *at, &w->bytes);
    return true;
}

/* ---- add an entry, or replace a value ---- */

/* Releases a copy of an element that was held: release may write to its argument. */
static void sorted_let_go(const struct stet_type *t, const void *element)
{
    _Alignas(STET_MAX_ALIGN) char copy[SORTED_ENTRY_MAX];
    if (t == NULL || t->release == NULL || element == NULL)
        return;
    memcpy(copy, element, t->size);
    t->release(copy);
}

static void sorted_hold(const struct stet_type *t, const void *element)
{
    if (t != NULL && t->retain != NULL && element != NULL)
        t->retain(element);
}

/*
 * Returns whether the node above the last leaf has room for another leaf; the position is in the last leaf, which is
 * full.
 */
static bool has_room_behind(const struct sorted_position *s)
{
    stet_ref r = s->step[s->depth - 1].node;
    return stet_ref_inner_(r)->slots < stet_tree_cap_(r);
}

/*
 * Puts a new last leaf into the tree, and moves the position there; the position is exclusive, and behind all entries.
 */
static void sorted_extend(const struct stet_tree_type *t, struct sorted_position *s, struct stet_tree_leaf *leaf)
{
    stet_tree_extend_(t, s->step[s->depth - 1].node, leaf);
    s->step[s->depth - 1].child++;
    s->leaf = leaf;
    s->before += s->at;
    s->at = 0;
}

bool stet_sorted_push_leaf_(const struct stet_tree_type *t, struct stet_tree *m, struct stet_tree_leaf *leaf)
{
    struct sorted_position s;
    sorted_end(m, &s);
    if (!s.exclusive || s.depth == 0 || s.at < leaf_max(t) || !has_room_behind(&s) ||
        m->size + leaf->hi > STET_TREE_NARROW_MAX)
        return false;
    size_t common = stet_tree_skips_(t) ? stet_tree_common_beside_(t, m->root, leaf, leaf->hi, true) : 0;
    sorted_extend(t, &s, leaf);
    sorted_resize(t, &s, m, leaf->hi);
    if (stet_tree_skips_(t))
        stet_tree_fit_(t, m, m->size - 1u, stet_tree_element_(t, leaf, leaf->hi - 1u), common);
    return true;
}

/* The descriptor for compiled updates: words to words, without references. */
static const struct stet_tree_type words_to_words = {.element = &stet_u64,
                                                     .value = &stet_u64,
                                                     .size = 8,
                                                     .value_size = 8,
                                                     .data = STET_TREE_DATA(false, 8),
                                                     .leaf_bits = 5,
                                                     .bounded = true};

static bool is_words_to_words(const struct stet_tree_type *t)
{
    return t->size == 8 && t->value_size == 8 && t->data == STET_TREE_DATA(false, 8) && !t->node.has_refs &&
           t->fold == NULL;
}

/* Returns a copy of a leaf of words and their values, with room for `cap`. NULL: no memory. */
static struct stet_tree_leaf *copy_words(const struct stet_tree_type *t, const struct stet_tree_leaf *l, unsigned cap)
{
    const struct stet_tree_type *words = &words_to_words;
    struct stet_tree_leaf *c = pool_allocate_for(leaf_size_for(words, cap), &t->node.name);
    if (c == NULL)
        return NULL;
    *c = (struct stet_tree_leaf){.refcount = 1, .hi = l->hi, .cap = (uint8_t)cap};
    copy_many(stet_tree_element_(words, c, 0), stet_tree_element_(words, l, 0), (size_t)c->hi * 8);
    copy_many(stet_tree_value_(words, c, 0), stet_tree_value_(words, l, 0), (size_t)c->hi * 8);
    return c;
}

/*
 * Makes a position exclusive: copies the nodes on its path that are not this handle's alone. The leaf then has room for
 * `cap` entries. False: no memory; the contents are as they were.
 */
static bool sorted_own_path(const struct stet_tree_type *t, struct stet_tree *m, struct sorted_position *s,
                            unsigned cap)
{
    struct stet_inner *parent = NULL;
    stet_ref *slot = &m->root;
    unsigned k = 0;
    bool counted, narrow = sorted_is_narrow(m) && t->fold == NULL;
    for (unsigned i = 0; i < s->depth; i++) {
        parent = narrow ? own_table(t, parent, k, slot) : own_node(t, parent, k, slot, AS_IT_IS);
        if (parent == NULL)
            return false;
        s->step[i].node = *slot;
        k = s->step[i].child;
        slot = &stet_children_(parent)[k];
    }
    struct stet_tree_view b = leaf_in(t, parent, k, *slot, s->leaf->hi, &counted);
    if (!counted && is_words_to_words(t))
        b.leaf = copy_words(t, b.leaf, cap);
    else if (!stet_tree_leaf_own_(t, &b, counted, cap, 0))
        return false;
    if (b.leaf == NULL)
        return false;
    leaf_put(parent, k, slot, b.leaf);
    s->leaf = b.leaf;
    s->exclusive = true;
    return true;
}

/* The room for n entries in a copy of a position's leaf whose entries will be more, or fewer. */
static unsigned sorted_cap(const struct stet_tree_type *t, const struct sorted_position *s, unsigned n)
{
    return s->depth > 0 ? leaf_max(t) : stet_tree_leaf_cap_(t, n);
}

/* Whether an entry can be added at a position, which is then exclusive and in a leaf with room. */
enum sorted_room {
    ROOM_MADE,
    ROOM_NONE,    /* not without changing more nodes */
    ROOM_REFUSED, /* there is no memory */
};

/*
 * Makes room at an exclusive position in a full leaf: evens out the leaf with a neighbour, or splits it, or, if the
 * position is behind all entries, puts an empty leaf there. The position moves along.
 */
static enum sorted_room sorted_make_room_beside(const struct stet_tree_type *t, const struct stet_tree *m,
                                                struct sorted_position *s)
{
    size_t rank = s->before + s->at;
    if (s->depth == 0 || rank == 0)
        return ROOM_NONE;
    stet_ref r = s->step[s->depth - 1].node;
    unsigned *child = &s->step[s->depth - 1].child;
    if (rank == m->size) {
        if (!has_room_behind(s))
            return ROOM_NONE;
        struct stet_tree_leaf *behind = stet_tree_leaf_new_(t, leaf_max(t));
        if (behind == NULL)
            return ROOM_REFUSED;
        sorted_extend(t, s, behind);
        return ROOM_MADE;
    }
    size_t start = stet_tree_before_(t, r, *child), index = start + s->at;
    int first = stet_tree_give_(t, r, *child);
    if (first == -1)
        first = stet_tree_halve_(t, r, *child);
    if (first < 0)
        return first == TREE_REFUSED ? ROOM_REFUSED : ROOM_NONE;
    *child = (unsigned)first + (index >= stet_tree_before_(t, r, (unsigned)first + 1));
    size_t new_start = stet_tree_before_(t, r, *child);
    s->leaf = ref_leaf(stet_children_(stet_ref_inner_(r))[*child]);
    s->before = s->before + new_start - start;
    s->at = (unsigned)(index - new_start);
    return ROOM_MADE;
}

/* Makes room for an entry at a position, unless an inner node must be split for it, or made larger. */
STET_INLINE enum sorted_room sorted_make_room(const struct stet_tree_type *t, struct stet_tree *m,
                                              struct sorted_position *s)
{
    if (s->leaf == NULL || !sorted_is_narrow(m))
        return ROOM_NONE;
    if (s->exclusive && s->leaf->hi < s->leaf->cap)
        return ROOM_MADE;
    bool full = s->leaf->hi == leaf_max(t);
    if (!s->exclusive || !full) {
        if (full && s->depth == 0)
            return ROOM_NONE;
        if (!sorted_own_path(t, m, s, sorted_cap(t, s, s->leaf->hi + !full)))
            return ROOM_REFUSED;
    }
    return full ? sorted_make_room_beside(t, m, s) : ROOM_MADE;
}

/*
 * Opens an entry at a position. *where: the entry, in a leaf that is this handle's alone; it is uninitialised, but the
 * size includes it. False: no memory.
 */
static bool sorted_open(const struct stet_tree_type *t, struct stet_tree *m, struct sorted_position *s,
                        struct stet_tree_view *where)
{
    enum sorted_room room = sorted_make_room(t, m, s);
    if (room == ROOM_REFUSED)
        return false;
    if (room == ROOM_MADE) {
        struct stet_tree_leaf *l = s->leaf;
        leaf_move(t, l, s->at + 1, s->at, l->hi - s->at);
        l->hi++;
        sorted_resize(t, s, m, 1);
        *where = (struct stet_tree_view){l, s->at, 1};
        return true;
    }
    struct stet_tree_leaf *l = s->leaf;
    if (l != NULL) {
        bool behind = s->at == l->hi;
        s->foreign = true; /* a split may make halves that skip more */
        return stet_tree_open_(t, m, s->before + s->at - behind, behind, where) != NULL;
    }
    if ((l = stet_tree_leaf_new_(t, stet_tree_leaf_cap_(t, 1))) == NULL)
        return false;
    l->hi = 1;
    *m = (struct stet_tree){.size = 1, .root = leaf_ref(l)};
    *where = (struct stet_tree_view){l, 0, 1};
    return true;
}

/*
 * Corrects the nodes on the path to a new key, so that they skip no bytes that the key does not have. The key has this
 * rank, and lies at *where.
 */
static void sorted_unskip(const struct stet_tree_type *t, const struct stet_tree *m, size_t rank,
                          const struct stet_tree_view *where)
{
    const stet_str *key = (const stet_str *)(const void *)stet_tree_element_(t, where->leaf, where->lo),
                   *beside = where->lo > 0 ? key - 1 : key + 1;
    if (where->leaf->hi == 1) { /* a new leaf, behind all others */
        struct cursor c = cursor_at_leaf(t, m, rank - 1);
        beside = (const stet_str *)(const void *)stet_tree_element_(t, ref_leaf(c.node), c.size - 1);
    }
    struct stet_bytes near = stet_str_view_(beside);
    stet_tree_fit_(t, m, rank, key, stet_tree_common_(key, &near));
}

/*
 * Returns whether a new element may hold this collection: once such an element is retained, nodes may no longer be this
 * handle's alone.
 */
static bool sorted_may_hold(const struct stet_tree_type *t)
{
    return stet_type_may_hold_(t->element) || (t->value != NULL && stet_type_may_hold_(t->value));
}

/*
 * Inserts an entry at a position of m. value NULL: the value is zeros. *where: the entry. Its key and value are
 * retained before the first node is owned.
 */
static stet_result sorted_insert(const struct stet_tree_type *t, struct stet_tree *m, const struct stet_key_view *f,
                                 const void *key, const void *value, struct sorted_position *s,
                                 struct stet_tree_view *where)
{
    _Alignas(STET_MAX_ALIGN) char made[SORTED_ENTRY_MAX];
    if (m->size >= STET_SORTED_MAX)
        return STET_NO_MEMORY;
    if (f != NULL) {
        if (!f->make(made, key))
            return STET_NO_MEMORY;
        key = made;
    } else {
        sorted_hold(t->element, key);
    }
    sorted_hold(t->value, value);
    s->exclusive = s->exclusive && !sorted_may_hold(t);
    if (!sorted_open(t, m, s, where)) {
        stet_node_drain(&t->node);
        sorted_let_go(t->element, key);
        sorted_let_go(t->value, value);
        return STET_NO_MEMORY;
    }
    memcpy(stet_tree_element_(t, where->leaf, where->lo), key, t->size);
    if (s->foreign && stet_tree_skips_(t))
        sorted_unskip(t, m, s->before + s->at, where);
    if (t->value_size != 0 && value != NULL)
        memcpy(stet_tree_value_(t, where->leaf, where->lo), value, t->value_size);
    else if (t->value_size != 0)
        memset(stet_tree_value_(t, where->leaf, where->lo), 0, t->value_size);
    stet_node_drain(&t->node);
    return STET_CHANGED;
}

/* Makes the entry at a position writable. *where: the entry. False: no memory. */
static bool sorted_own(const struct stet_tree_type *t, struct stet_tree *m, struct sorted_position *s,
                       struct stet_tree_view *where)
{
    if (!s->exclusive && !sorted_own_path(t, m, s, s->leaf->hi))
        return false;
    sorted_unfold(t, s);
    *where = (struct stet_tree_view){s->leaf, s->at, 1};
    return true;
}

static stet_result sorted_replace(const struct stet_tree_type *t, struct stet_tree *m, const void *value,
                                  struct sorted_position *s)
{
    if (is_words_to_words(t)) {
        if (!s->exclusive && !sorted_own_path(t, m, s, s->leaf->hi))
            return STET_NO_MEMORY;
        memcpy(stet_tree_value_(&words_to_words, s->leaf, s->at), value, 8);
        return STET_CHANGED;
    }
    _Alignas(STET_MAX_ALIGN) char old[SORTED_ENTRY_MAX];
    sorted_hold(t->value, value);
    s->exclusive = s->exclusive && !stet_type_may_hold_(t->value);
    struct stet_tree_view v;
    if (!sorted_own(t, m, s, &v)) {
        stet_node_drain(&t->node);
        sorted_let_go(t->value, value);
        return STET_NO_MEMORY;
    }
    char *place = stet_tree_value_(t, v.leaf, v.lo);
    if (t->value->release != NULL)
        memcpy(old, place, t->value_size);
    memcpy(place, value, t->value_size);
    stet_node_drain(&t->node);
    if (t->value->release != NULL)
        t->value->release(old);
    return STET_CHANGED;
}

/* Inserts a word and its value at a position in a leaf that is this handle's alone and has room. */
static void put_word_near(struct stet_tree *m, const struct sorted_position *s, const void *key, const void *value)
{
    const struct stet_tree_type *t = &words_to_words;
    struct stet_tree_leaf *l = s->leaf;
    char *k = stet_tree_element_(t, l, s->at), *v = stet_tree_value_(t, l, s->at);
    size_t behind = (size_t)(l->hi - s->at) * 8;
    assert(value != NULL && "these entries have values");
    if (behind != 0) {
        memmove(k + 8, k, behind);
        memmove(v + 8, v, behind);
    }
    memcpy(k, key, 8);
    memcpy(v, value, 8);
    l->hi++;
    sorted_resize(t, s, m, 1);
}

/*
 * Removes the word at a position, and its value, from a leaf that is this handle's alone. The value moves to
 * *value_out.
 */
static void take_word_near(struct stet_tree *m, const struct sorted_position *s, void *value_out)
{
    const struct stet_tree_type *t = &words_to_words;
    struct stet_tree_leaf *l = s->leaf;
    char *k = stet_tree_element_(t, l, s->at), *v = stet_tree_value_(t, l, s->at);
    size_t behind = (size_t)(--l->hi - s->at) * 8;
    if (value_out != NULL)
        memcpy(value_out, v, 8);
    if (behind != 0) {
        memmove(k, k + 8, behind);
        memmove(v, v + 8, behind);
    }
    sorted_resize(t, s, m, -1);
}

/*
 * Inserts a word and its value behind all entries, if the last leaf is this handle's alone and has room, and the key
 * comes behind all others. flip: stet_sorted_flip_() of the keys. False: nothing was done.
 */
static bool put_word_behind(struct stet_tree *m, const void *key, const void *value, uint64_t flip)
{
    struct sorted_position s;
    uint64_t word, last;
    sorted_end(m, &s);
    if (!s.exclusive || s.leaf->hi == s.leaf->cap || !sorted_is_narrow(m))
        return false;
    memcpy(&word, key, 8);
    memcpy(&last, stet_tree_element_(&words_to_words, s.leaf, s.at - 1), 8);
    if ((last ^ flip) >= (word ^ flip))
        return false;
    put_word_near(m, &s, key, value);
    return true;
}

/* stet_sorted_put_() at a position. If the position is exclusive and its leaf has room, the position stays valid. */
STET_INLINE stet_result sorted_put_at(const struct stet_tree_type *t, struct stet_tree *m,
                                      const struct stet_key_view *f, const void *key, const void *value,
                                      enum stet_put_mode_ mode, struct sorted_position *s)
{
    struct stet_tree_view ignored;
    if (!s->found) /* for put_word_behind() */
        m->hint =
            s->before + s->at == m->size && is_words_to_words(t) && stet_sorted_flip_(t->element) != STET_NO_FLIP_;
    if (!s->found && is_words_to_words(t)) {
        enum sorted_room room = sorted_make_room(t, m, s);
        if (room == ROOM_MADE)
            put_word_near(m, s, key, value);
        if (room != ROOM_NONE)
            return room == ROOM_MADE ? STET_CHANGED : STET_NO_MEMORY;
    }
    if (!s->found)
        return sorted_insert(t, m, f, key, value, s, &ignored);
    if (mode == STET_PUT_ADD_ || t->value_size == 0 ||
        stet_type_equal(t->value, stet_tree_value_(t, s->leaf, s->at), value))
        return STET_UNCHANGED;
    return sorted_replace(t, m, value, s);
}

stet_result stet_sorted_put_any_(const struct stet_tree_type *t, struct stet_tree *m, const struct stet_key_view *f,
                                 const void *key, const void *value, enum stet_put_mode_ mode)
{
    stet_node_check_(&t->node, m->root);
    if (m->hint != 0 && put_word_behind(m, key, value, stet_sorted_flip_(t->element)))
        return STET_CHANGED;
    struct stet_wanted w = stet_sorted_want_(t, f, key);
    struct sorted_position s;
    sorted_look(t, m, &w, &s);
    return sorted_put_at(t, m, f, key, value, mode, &s);
}

stet_result stet_sorted_append_(const struct stet_tree_type *t, struct stet_tree *m, const struct stet_key_view *f,
                                const void *key, const void *value)
{
    stet_node_check_(&t->node, m->root);
    stet_sorted_check_word_(t, m, f, key);
    if (m->hint != 0 && put_word_behind(m, key, value, stet_sorted_flip_(t->element)))
        return STET_CHANGED;
    struct sorted_position s;
    sorted_end(m, &s);
    const void *last = s.leaf != NULL ? stet_tree_element_(t, s.leaf, s.at - 1) : NULL;
    struct stet_wanted w = stet_sorted_want_(t, f, key);
    bool ordered = last == NULL || stet_sorted_compare_(t, last, &w) < 0;
    assert(ordered && "the key comes behind all others");
    if (!ordered)
        return STET_FAILED;
    if (stet_tree_skips_(t) && s.depth > 0) /* the lowest node on the path skips the most bytes */
        s.foreign = stet_tree_common_(last, &w.bytes) < stet_ref_inner_(s.step[s.depth - 1].node)->aux;
    return sorted_put_at(t, m, f, key, value, STET_PUT_SET_, &s);
}

/* The bound of a position's leaf. */
static uint64_t sorted_bound_of(const struct sorted_position *s)
{
    for (unsigned i = s->depth; i-- > 0;)
        if (s->step[i].child + 1u < stet_ref_inner_(s->step[i].node)->slots)
            return stet_tree_bounds_(s->step[i].node)[s->step[i].child];
    return NO_BOUND;
}

stet_result stet_sorted_put_each_(const struct stet_tree_type *t, struct stet_tree *m, const char *keys,
                                  const char *values, const struct sorted_item *items, size_t n)
{
    struct sorted_position s = {.exclusive = false};
    uint64_t bound = 0; /* of the position's leaf; 0: the next key is not searched for there */
    stet_result result = STET_UNCHANGED;
    for (size_t i = 0; i < n; i++) {
        size_t index = items != NULL ? items[i].index : i;
        const char *key = keys + index * t->size, *value = t->value_size != 0 ? values + index * t->value_size : NULL;
        struct stet_wanted w = stet_sorted_want_(t, NULL, key);
        if (w.word < bound && s.exclusive && s.leaf->hi < s.leaf->cap && sorted_is_narrow(m)) {
            s.at = stet_sorted_lower_(t, s.leaf, s.leaf->hi, &w, &s.found);
        } else {
            sorted_look(t, m, &w, &s);
            bound = items != NULL && !stet_tree_skips_(t) && s.exclusive && s.leaf->hi < s.leaf->cap
                        ? sorted_bound_of(&s)
                        : 0;
        }
        stet_result one = sorted_put_at(t, m, NULL, key, value, STET_PUT_SET_, &s);
        if (one == STET_NO_MEMORY)
            return one;
        result = one == STET_CHANGED ? one : result;
    }
    return result;
}

stet_result stet_sorted_edit_any_(const struct stet_tree_type *t, struct stet_tree *m, const struct stet_key_view *f,
                                  const void *key, void **value)
{
    stet_node_check_(&t->node, m->root);
    struct stet_wanted w = stet_sorted_want_(t, f, key);
    struct stet_tree_view v;
    struct sorted_position s;
    stet_result result = STET_UNCHANGED;
    sorted_look(t, m, &w, &s);
    if (!s.found) {
        if (!(result = sorted_insert(t, m, f, key, NULL, &s, &v)))
            return STET_NO_MEMORY;
    } else {
        bool done = sorted_own(t, m, &s, &v);
        stet_node_drain(&t->node);
        if (!done)
            return STET_NO_MEMORY;
    }
    *value = stet_tree_value_(t, v.leaf, v.lo);
    return result;
}

stet_result stet_sorted_update_any_(const struct stet_tree_type *t, struct stet_tree *m, const struct stet_key_view *f,
                                    const void *key, stet_sorted_update_fn *fn, void *context)
{
    _Alignas(STET_MAX_ALIGN) char value[SORTED_ENTRY_MAX];
    fn(context, stet_sorted_get_(t, m, f, key), value);
    stet_result result = stet_sorted_put_(t, m, f, key, value, STET_PUT_SET_); /* fn may have copied m */
    if (t->value->release != NULL)
        t->value->release(value);
    return result;
}

/* ---- remove an entry ---- */

/* Moves the removed key and value to the caller, or releases them. The handle has its new version already. */
static void sorted_hand_out(const struct stet_tree_type *t, char *entry, void *key_out, void *value_out)
{
    char *value = t->value_size != 0 ? entry + leaf_align(t, t->size) : NULL;
    if (key_out != NULL)
        memcpy(key_out, entry, t->size);
    if (value_out != NULL && value != NULL)
        memcpy(value_out, value, t->value_size);
    stet_node_drain(&t->node);
    if (key_out == NULL && t->element->release != NULL)
        t->element->release(entry);
    if (value_out == NULL && value != NULL && t->value->release != NULL)
        t->value->release(value);
}

stet_result stet_sorted_erase_(const struct stet_tree_type *t, struct stet_tree *m, const struct stet_key_view *f,
                               const void *key, void *value_out)
{
    stet_node_check_(&t->node, m->root);
    _Alignas(STET_MAX_ALIGN) char entry[SORTED_ENTRY_ROOM];
    struct stet_wanted w = stet_sorted_want_(t, f, key);
    struct sorted_position s;
    sorted_look(t, m, &w, &s);
    if (!s.found)
        return STET_UNCHANGED;
    bool in_place = s.leaf->hi > (s.depth > 0 ? t->leaf_min : 1) && sorted_is_narrow(m);
    if (in_place ? !s.exclusive && !sorted_own_path(t, m, &s, sorted_cap(t, &s, s.leaf->hi))
                 : !stet_tree_close_(t, m, s.before + s.at, entry)) {
        stet_node_drain(&t->node);
        return STET_NO_MEMORY;
    }
    if (in_place && is_words_to_words(t)) {
        take_word_near(m, &s, value_out);
        return STET_CHANGED;
    }
    if (in_place) {
        struct stet_tree_leaf *l = s.leaf;
        leaf_read(t, l, s.at, entry);
        leaf_move(t, l, s.at, s.at + 1, l->hi - s.at - 1);
        l->hi--;
        sorted_resize(t, &s, m, -1);
    }
    sorted_hand_out(t, entry, NULL, value_out);
    return STET_CHANGED;
}

stet_result stet_sorted_pop_at_(const struct stet_tree_type *t, struct stet_tree *m, size_t rank, void *key_out,
                                void *value_out)
{
    stet_node_check_(&t->node, m->root);
    _Alignas(STET_MAX_ALIGN) char entry[SORTED_ENTRY_ROOM];
    if (!stet_tree_close_(t, m, rank, entry)) {
        stet_node_drain(&t->node);
        return STET_NO_MEMORY;
    }
    sorted_hand_out(t, entry, key_out, value_out);
    return STET_CHANGED;
}
