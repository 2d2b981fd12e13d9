/* SPDX-License-Identifier: MIT */
/*
 * train - the load on which a profile-guided library is trained: small programs of the kinds that people write.
 *
 *     train [SCALE]      SCALE: how much of it, 1 by default (some seconds with the instrumented library)
 *
 * A job is a program: a compiler's table of names, a server's sessions, settings of tenants, a simulation's grid, tags
 * of documents, an editor, queues, tables loaded whole, an index of words, threads that count and merge, or share a
 * table. Nothing of it - keys, sizes, order, code - comes from bench/, so that what the benches show has not been
 * trained for.
 *
 * Each job keeps a plain array beside the collections, compares, and answers a sum. Hash seeds differ from run to run,
 * so nothing may depend on an order of iteration: the sum of a scale is the same for every build, and pgo/build
 * compares the one of the instrumented library with the one of the library made from the profile.
 */
#include <stdio.h>
#include <stet/pool.h>
#include "train.h"

/* ---- what the jobs share ---- */

uint32_t draw(struct chance *c)
{
    uint64_t old = c->state;
    c->state = old * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint32_t mixed = (uint32_t)(((old >> 18) ^ old) >> 27);
    unsigned turn = (unsigned)(old >> 59);
    return mixed >> turn | mixed << (-turn & 31);
}

size_t below(struct chance *c, size_t bound) { return (size_t)((uint64_t)draw(c) * bound >> 32); }

size_t skewed(struct chance *c, size_t bound)
{
    uint64_t u = draw(c);
    return (size_t)((u * u >> 32) * u >> 32) * bound >> 32;
}

size_t name_of(size_t i, char *name)
{
    static const char *const syllables[] = {"ta", "ren", "mi",  "lo", "get", "kor", "sa",  "bit",
                                            "un", "par", "vel", "do", "che", "q",   "str", "ix",
                                            "no", "fla", "ge",  "wu", "im",  "pos", "re"};
    size_t kinds = sizeof syllables / sizeof *syllables, length = 0;
    for (size_t rest = i + kinds; rest != 0; rest /= kinds) {
        const char *syllable = syllables[rest % kinds];
        if (length != 0)
            name[length++] = '_'; /* keeps names one to one */
        memcpy(name + length, syllable, strlen(syllable));
        length += strlen(syllable);
    }
    if (i % 5 == 0) { /* some are long */
        memcpy(name + length, "_of_the_whole_table", 19);
        length += 19;
    }
    name[length] = 0;
    return length;
}

void must(stet_result result)
{
    if (result == STET_NO_MEMORY) {
        fputs("train: out of memory\n", stderr);
        exit(1);
    }
}

void expect(bool right, const char *what)
{
    if (!right) {
        fprintf(stderr, "train: wrong: %s\n", what);
        exit(1);
    }
}

void *room(size_t n, size_t size)
{
    void *block = calloc(n, size);
    if (block == NULL)
        must(STET_NO_MEMORY);
    return block;
}

stet_str name_str(size_t i)
{
    char name[NAME_MAX_LENGTH];
    size_t length = name_of(i, name);
    stet_str s;
    must(stet_str_from_bytes(name, length, &s));
    return s;
}

uint64_t mix(uint64_t sum, uint64_t value) { return (sum ^ value) * UINT64_C(0x100000001B3) + (sum >> 29); }

/* ---- all of it ---- */

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        job *run;
    } jobs[] = {
        {"compiler", compiler},
        {"small server", small_server},
        {"middle server", middle_server},
        {"large server", large_server},
        {"tenants", tenants},
        {"simulation", simulation},
        {"actors", actors},
        {"tagging", tagging},
        {"members", members},
        {"editor", editor},
        {"queues", queues},
        {"drawings", drawings},
        {"tables", tables},
        {"pages", pages},
        {"crew", crew},
        {"clients", clients},
        {"switchboard", switchboard},
    };
    char *end = NULL;
    double scale = argc > 1 ? strtod(argv[1], &end) : 1;
    if (argc > 2 || (argc > 1 && (*end != 0 || !(scale > 0 && scale <= 1000)))) {
        fputs("usage: train [SCALE]\n", stderr);
        return 2;
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        struct chance c = {i * 1013 + 29};
        uint64_t answer = jobs[i].run(scale, &c);
        if (getenv("TRAIN_VERBOSE") != NULL)
            printf("%-14s %016llx\n", jobs[i].name, (unsigned long long)answer);
        sum = mix(sum, answer);
    }
    expect(stet_pool_stats().live_blocks == 0, "everything was given back");
    printf("sum %016llx\n", (unsigned long long)sum);
    return 0;
}
