/* SPDX-License-Identifier: MIT */
/* sorted/fold.c - sorted collections that keep folds, as a program uses them: stet/sorted_fold.h. */
#include "support/things.h"

#include <stet/sorted_fold.h>

/* ---- a ledger: sums, and how often the functions are called ---- */

struct total {
    int64_t sum;
    int32_t least, most;
};

static unsigned lifts, combines;

static struct total total_of(const uint32_t *day, const int32_t *amount)
{
    (void)day;
    lifts++;
    return (struct total){*amount, *amount, *amount};
}

static struct total total_both(struct total a, struct total b)
{
    combines++;
    return (struct total){a.sum + b.sum, a.least < b.least ? a.least : b.least, a.most > b.most ? a.most : b.most};
}

STET_SORTED_MAP_FOLDED(ledger, uint32_t, int32_t, stet_u32, stet_i32, struct total, total_of, total_both)

static int32_t amount_of(uint32_t day) { return (int32_t)(day * 7919 % 2001) - 1000; }

/* Days 0, 2, 4 and so on. */
static ledger ledger_make(uint32_t days)
{
    ledger l = {{{0}}};
    for (uint32_t day = 0; day < days; day++)
        REQUIRE(ledger_set(&l, day * 2, amount_of(day * 2)), "set");
    return l;
}

static void is_total(const ledger *l, uint32_t from, uint32_t to)
{
    struct total expected = {0, INT32_MAX, INT32_MIN}, t = {1, 1, 1};
    bool any = false;
    for (ledger_cursor it = ledger_ceiling(l, from); it.key != NULL && *it.key < to; ledger_next(&it)) {
        expected = total_both(expected, total_of(it.key, it.value));
        any = true;
    }
    REQUIRE(ledger_fold_range(l, &from, &to, &t) == any, "a fold of [%u, %u)", from, to);
    if (!any)
        expected = (struct total){1, 1, 1};
    REQUIRE(t.sum == expected.sum && t.least == expected.least && t.most == expected.most, "the fold of [%u, %u)", from,
            to);
}

Test(sorted_fold, ranges)
{
    static const uint32_t sizes[] = {0, 1, 2, 31, 32, 33, 1000, 5000};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t n = sizes[i], step = n / 10 + 1;
        ledger l = ledger_make(n);
        for (uint32_t from = 0; from <= 2 * n + 1; from += step)
            for (uint32_t to = 0; to <= 2 * n + 1; to += step)
                is_total(&l, from, to);
        struct total all = {5, 5, 5}, at;
        REQUIRE(ledger_fold_range(&l, NULL, NULL, &all) == (n != 0), "all of %u", n);
        REQUIRE(n != 0 ? ledger_fold_at(&l, 0, n, &at) && at.sum == all.sum : all.sum == 5, "by ranks");
        REQUIRE(!ledger_fold_at(&l, n, n, &at) && !ledger_fold_at(&l, 0, 0, &at), "no entries");
        ledger_drop(&l);
    }
}

/* ---- versions ---- */

Test(sorted_fold, old_versions_keep_theirs)
{
    ledger l = ledger_make(3000), versions[20];
    struct total before[20], t;
    for (unsigned i = 0; i < 20; i++) {
        versions[i] = ledger_copy(&l);
        REQUIRE(ledger_fold_range(&l, NULL, NULL, &before[i]), "all");
        REQUIRE(ledger_set(&l, i * 300, (int32_t)i * 100000) == STET_CHANGED, "set");
        REQUIRE(ledger_erase(&l, i * 300 + 2) == STET_CHANGED, "erase");
        is_total(&l, 0, 6000);
    }
    for (unsigned i = 0; i < 20; i++) {
        REQUIRE(ledger_fold_range(&versions[i], NULL, NULL, &t) && t.sum == before[i].sum && t.most == before[i].most,
                "version %u", i);
        ledger_drop(&versions[i]);
    }
    ledger_drop(&l);
}

/* How many calls a fold of all makes. */
static unsigned calls_of_fold(const ledger *l)
{
    struct total t;
    lifts = combines = 0;
    REQUIRE(ledger_fold_range(l, NULL, NULL, &t), "all");
    return lifts + combines;
}

Test(sorted_fold, computed_once_and_kept_by_copies)
{
    ledger l = ledger_make(10000);
    unsigned first = calls_of_fold(&l), again = calls_of_fold(&l);
    REQUIRE(lifts == 0, "a second fold lifts %u entries", lifts);
    REQUIRE(first >= 10000 && again <= STET_TREE_WIDTH, "%u calls, then %u", first, again);
    ledger copy = ledger_copy(&l);
    REQUIRE(ledger_set(&copy, 5000, 1) == STET_CHANGED, "set");
    unsigned after = calls_of_fold(&copy), height = copy.sorted_.tree_.height;
    unsigned one_path = (height + 1) * 2 * STET_TREE_WIDTH + 2 * (1u << ledger_sorted_type_.leaf_bits);
    REQUIRE(after <= one_path, "%u calls after an update of a copy", after);
    REQUIRE(calls_of_fold(&l) == again, "the old version folds anew");
    REQUIRE(ledger_set(&copy, 5000, 2) == STET_CHANGED && ledger_set(&copy, 7, 2) == STET_CHANGED, "set");
    lifts = combines = 0;
    REQUIRE(ledger_set(&copy, 9, 2) == STET_CHANGED && ledger_erase(&copy, 9) == STET_CHANGED, "set and erase");
    REQUIRE(lifts + combines == 0, "an update folds");
    REQUIRE(calls_of_fold(&copy) <= 4 * one_path, "%u calls after updates in place", lifts + combines);
    ledger_drop(&l);
    ledger_drop(&copy);
}

Test(sorted_fold, a_value_lent_by_edit)
{
    ledger l = ledger_make(2000);
    struct total before, after;
    int32_t *amount;
    REQUIRE(ledger_fold_range(&l, NULL, NULL, &before), "all");
    REQUIRE(ledger_edit(&l, 1000, &amount), "edit");
    *amount += 5;
    REQUIRE(ledger_fold_range(&l, NULL, NULL, &after) && after.sum == before.sum + 5, "%lld after %lld",
            (long long)after.sum, (long long)before.sum);
    ledger_drop(&l);
}

/* ---- select ---- */

static bool exceeds(void *context, const struct total *t) { return t->sum > *(const int64_t *)context; }

Test(sorted_fold, select)
{
    ledger l = {{{0}}};
    int64_t limit = 0;
    REQUIRE(ledger_select(&l, NULL, exceeds, &limit).key == NULL, "an empty map");
    for (uint32_t day = 1; day <= 1000; day++)
        REQUIRE(ledger_set(&l, day * 10, 10), "set");
    for (uint32_t from = 0; from <= 1000; from += 37)
        for (limit = -1; limit < 10100; limit += 333) {
            uint32_t key = from * 10 + 5;
            ledger_cursor it = ledger_select(&l, from == 0 ? NULL : &key, exceeds, &limit);
            uint32_t nth = limit < 0 ? 1 : (uint32_t)limit / 10 + 1, day = from + nth;
            REQUIRE(day <= 1000 ? it.key != NULL && *it.key == day * 10 : it.key == NULL, "%lld from %u on",
                    (long long)limit, from);
        }
    ledger_drop(&l);
}

/* ---- a set, of strings ---- */

struct text {
    size_t bytes, longest;
};

static struct text text_of(const stet_str *s) { return (struct text){stet_str_size(s), stet_str_size(s)}; }
static struct text text_both(struct text a, struct text b)
{
    return (struct text){a.bytes + b.bytes, a.longest > b.longest ? a.longest : b.longest};
}

STET_SORTED_SET_FOLDED(words, stet_str, struct text, text_of, text_both)

Test(sorted_fold, set_of_strings)
{
    words w = {{{0}}};
    size_t bytes = 0;
    char text[40];
    for (int i = 0; i < 500; i++) {
        bytes += (size_t)snprintf(text, sizeof text, "%0*d", 3 + i % 30, i);
        REQUIRE(words_add_cstr(&w, text) == STET_CHANGED, "add");
    }
    struct text t, front, back;
    REQUIRE(words_fold_range(&w, NULL, NULL, &t) && t.bytes == bytes && t.longest == 32, "all: %zu", t.bytes);
    stet_str five;
    REQUIRE(stet_str_from_cstr("0000005", &five), "a string");
    REQUIRE(words_fold_range(&w, NULL, &five, &front) && words_fold_range(&w, &five, NULL, &back), "two parts");
    REQUIRE(front.bytes + back.bytes == bytes, "%zu and %zu", front.bytes, back.bytes);
    words half = {{{0}}};
    REQUIRE(words_split(&w, five, &half) == STET_CHANGED, "split");
    REQUIRE(words_fold_range(&w, NULL, NULL, &t) && t.bytes == front.bytes, "the front");
    REQUIRE(words_fold_range(&half, NULL, NULL, &t) && t.bytes == back.bytes && t.longest == back.longest, "the back");
    REQUIRE(words_join(&w, &half) == STET_CHANGED && words_fold_range(&w, NULL, NULL, &t) && t.bytes == bytes,
            "joined");
    stet_str_drop(&five);
    words_drop(&w);
    words_drop(&half);
}

/* ---- declared first; folds of the largest size ---- */

struct wide {
    uint64_t part[8];
};
STET_STATIC_ASSERT(sizeof(struct wide) == STET_FOLD_MAX, "the largest");

static struct wide wide_of(const uint8_t *k, const uint8_t *v)
{
    struct wide w = {{0}};
    w.part[*k % 8] = *v;
    return w;
}
static struct wide wide_both(struct wide a, struct wide b)
{
    for (unsigned i = 0; i < 8; i++)
        a.part[i] += b.part[i];
    return a;
}

STET_SORTED_MAP_DECLARE_LAZY(bins)
STET_SORTED_MAP_FOLDED_DEFINE(bins, uint8_t, uint8_t, struct wide, wide_of, wide_both)

Test(sorted_fold, of_64_bytes)
{
    bins b = {{{0}}};
    uint64_t expected[8] = {0};
    for (unsigned round = 0; round < 3; round++)
        for (unsigned k = 0; k < 256; k++) {
            struct wide w;
            expected[k % 8] += k ^ round;
            if (round > 0)
                expected[k % 8] -= k ^ (round - 1);
            REQUIRE(bins_set(&b, (uint8_t)k, (uint8_t)(k ^ round)), "set");
            REQUIRE(bins_fold_range(&b, NULL, NULL, &w) && memcmp(w.part, expected, sizeof expected) == 0, "after %u",
                    k);
        }
    bins_drop(&b);
}

/* ---- folds are stored while others search by rank ---- */

/* In a block of their own, so that sanitizers see a read of what is behind the sums. */
Test(sorted_fold, a_search_by_rank_reads_only_sums)
{
    for (unsigned cap = STET_TREE_WIDTH / 2; cap < STET_TREE_WIDTH; cap += STET_TREE_CAP_STEP) {
        uint32_t *sum = malloc(cap * sizeof *sum);
        REQUIRE(sum != NULL, "memory");
        for (unsigned i = 0; i < cap; i++)
            sum[i] = 3 * (i + 1);
        for (uint32_t j = 0; j < 3 * cap; j++)
            REQUIRE(stet_sums_below_part_(sum, cap, j) == j / 3, "element %u of %u children", j, cap);
        free(sum);
    }
}
