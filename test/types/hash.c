/* SPDX-License-Identifier: MIT */
/* types/hash.c - what type.h promises of the hashes: how often keys that somebody chose agree, and what level 1 is made
 * of.
 */
#include "type/hash.h"
#include "support/testing.h"

#include <stet/map.h>
#include <stet/str.h>

#include <criterion/criterion.h>
#include <stdlib.h>

#ifdef SANITIZED
enum { SEEDS = 1000, PAIRS = 8 };
#else
enum { SEEDS = 1000, PAIRS = 32 };
#endif

/* How many of the pairs, words that differ by `difference`, agree in the top 12 bits under the present seed. */
static unsigned agreeing(struct rng *random, uint64_t difference)
{
    unsigned agree = 0;
    for (unsigned i = 0; i < PAIRS; i++) {
        uint64_t word = rng_next(random), seed = stet_hash_seed_at(0);
        agree += (stet_hash_word(word, seed) ^ stet_hash_word(word ^ difference, seed)) >> 52 == 0;
    }
    return agree;
}

/* The seeds and words are the same in each run: so many samples show an average, and no more. */
Test(hash, words_that_differ_in_one_or_two_bits_seldom_agree_in_12)
{
    static unsigned agree[64][64];
    struct rng random = {1};
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        cr_assert(stet_set_hash_seed(seed));
        for (unsigned i = 0; i < 64; i++)
            for (unsigned j = i; j < 64; j++)
                agree[i][j] += agreeing(&random, UINT64_C(1) << i | UINT64_C(1) << j);
    }
    for (unsigned i = 0; i < 64; i++)
        for (unsigned j = i; j < 64; j++)
            cr_assert_leq(agree[i][j] * 4096.0 / (SEEDS * PAIRS), 4 + (PAIRS < 32), "bits %u and %u: %u of %u agree", i,
                          j, agree[i][j], SEEDS * PAIRS);
}

Test(hash, all_secrets_come_from_the_seed)
{
    struct stet_hash_secrets_ drawn = stet_hash_secrets_, one;
    cr_assert_eq((uintptr_t)&stet_hash_secrets_ % 64, 0);
    cr_assert(stet_hash_is_strong_(drawn.multiplier));
    cr_assert(stet_set_hash_seed(1));
    one = stet_hash_secrets_;
    cr_assert(stet_set_hash_seed(2));
    const struct stet_hash_secrets_ *others[] = {&drawn, &stet_hash_secrets_};
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_neq(others[i]->seed, one.seed);
        cr_assert_neq(others[i]->multiplier, one.multiplier);
        cr_assert_neq(others[i]->key[0], one.key[0]);
        cr_assert_neq(others[i]->key[1], one.key[1]);
    }
    cr_assert_neq(one.key[0], one.key[1]);
    cr_assert(stet_set_hash_seed(1));
    cr_assert_eq(memcmp(&one, &stet_hash_secrets_, sizeof one), 0);
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The widest gap between the first 2^12 multiples of a number modulo 2^64, of those that there would be if all were
 * alike. */
static double widest_gap(uint64_t step)
{
    static uint64_t at[4096];
    for (unsigned i = 0; i < 4096; i++)
        at[i] = i * step;
    qsort(at, 4096, sizeof *at, compare_numbers);
    uint64_t widest = 0 - at[4095];
    for (unsigned i = 1; i < 4096; i++)
        widest = at[i] - at[i - 1] > widest ? at[i] - at[i - 1] : widest;
    return (double)widest / (double)(UINT64_C(1) << 52);
}

/* As the addresses of words, of blocks, of cache lines and pages. */
Test(hash, keys_in_a_row_are_spread)
{
    static const unsigned distance[] = {0, 3, 4, 6, 12, 32};
    for (uint64_t seed = 0; seed < 100; seed++) {
        cr_assert(stet_set_hash_seed(seed));
        for (unsigned i = 0; i < sizeof distance / sizeof distance[0]; i++) {
            double gap = widest_gap(stet_hash_secrets_.multiplier << distance[i]);
            cr_assert_lt(gap, 35, "seed %u, distance 2^%u: a gap of %.1f", (unsigned)seed, distance[i], gap);
        }
    }
}

Test(hash, weak_multipliers_are_known)
{
    static const uint64_t weak[] = {1, 2, UINT64_MAX, UINT64_C(0xD6E8FEB86659FD93), UINT64_C(0xFFFFFFFF00000001)};
    for (unsigned i = 0; i < sizeof weak / sizeof weak[0]; i++)
        cr_assert_not(stet_hash_is_strong_(weak[i]), "%#llx", (unsigned long long)weak[i]);
    for (uint64_t seed = 0; seed < 100; seed++) {
        cr_assert(stet_set_hash_seed(seed));
        cr_assert(stet_hash_is_strong_(stet_hash_secrets_.multiplier));
        cr_assert_not(stet_hash_is_strong_(stet_hash_secrets_.multiplier - 1), "it is even");
    }
}

/* ---- level 1 ---- */

/* The designers' key, and those of the hash of Python 3.11's bytes under PYTHONHASHSEED=0, which is this one. */
Test(hash, siphash_is_the_one_with_1_and_3_rounds)
{
    static const uint64_t counting[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0F0E0D0C0B0A0908)}, zero[2] = {0, 0};
    cr_assert_eq(stet_siphash13_(NULL, 0, counting), UINT64_C(0xABAC0158050FC4DC));
    static const struct {
        size_t n;
        uint64_t hash;
    } of_letters[] = {{1, UINT64_C(0xEBD11618F299A286)},  {7, UINT64_C(0xA403A794D701B440)},
                      {8, UINT64_C(0xB9B64644C5C3DDAE)},  {9, UINT64_C(0xEFCFA4BCE88ABC11)},
                      {15, UINT64_C(0x6DBD165C1D041CAF)}, {16, UINT64_C(0xF3515B9070FA6F24)},
                      {24, UINT64_C(0xF1D7D0AC444E88B3)}};
    for (unsigned i = 0; i < sizeof of_letters / sizeof of_letters[0]; i++)
        cr_assert_eq(stet_siphash13_("ABCDEFGHIJKLMNOPQRSTUVWXYZ", of_letters[i].n, zero), of_letters[i].hash);
}

typedef struct pair_of_words {
    uint64_t word[2];
} pair_of_words;
STET_TYPE_BYTES(pair_type, pair_of_words)

static uint64_t safe(const void *bytes, size_t n) { return stet_siphash13_(bytes, n, stet_hash_secrets_.key); }

/* Words, bytes, strings and the forms of strings; what a user's hash is made of with the seed of its level, as well. */
Test(hash, level_1_takes_all_bytes_of_a_key_and_another_secret)
{
    test_seed();
    uint64_t one = stet_hash_seed_at(1), other = stet_hash_seed_at(2), word = 0x1234567890, seven = 7;
    uint8_t byte = 7;
    int number = 7;
    pair_of_words pair = {{1, 2}};
    cr_assert_neq(stet_hash_combine(stet_hash_combine(7, word), 1), stet_hash_combine(stet_hash_combine(7, 1), word));
    cr_assert_eq(stet_type_hash(&stet_u64, &word, one), safe(&word, 8));
    cr_assert_eq(stet_type_hash(&stet_ptr, &word, one), safe(&word, 8));
    cr_assert_eq(stet_type_hash(&stet_u8, &byte, one), safe(&seven, 8));
    cr_assert_eq(stet_type_hash(&stet_int, &number, one), safe(&seven, 8));
    cr_assert_eq(stet_type_hash(&pair_type, &pair, one), safe(&pair, 16));
    cr_assert_eq(stet_hash_bytes(&pair, 16, one), safe(&pair, 16));
    cr_assert_neq(stet_hash_bytes(&pair, 16, other), safe(&pair, 16));
    cr_assert_eq(stet_type_hash(&stet_u64, &word, stet_hash_seed_at(0)), stet_hash_word(word, stet_hash_seed_at(0)));
    static const char *const texts[] = {"", "short", "long enough to be kept in a block of its own"};
    for (unsigned i = 0; i < 3; i++) {
        stet_str s;
        cr_assert_eq(stet_str_from_cstr(texts[i], &s), STET_CHANGED);
        struct stet_bytes form = stet_bytes_of(texts[i], strlen(texts[i]));
        cr_assert_eq(stet_type_hash(&stet_str_type, &s, one), safe(texts[i], strlen(texts[i])));
        cr_assert_eq(stet_bytes_view.hash(&form, 1), safe(texts[i], strlen(texts[i])));
        stet_str_drop(&s);
    }
}
