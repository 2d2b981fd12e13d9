/* SPDX-License-Identifier: MIT */
/* What the jobs of train share: chance, names, complaints. */
#ifndef TRAIN_H
#define TRAIN_H

#include <stdlib.h>
#include <string.h>
#include <stet/list.h>
#include <stet/map.h>
#include <stet/str.h>

/* ---- chance ---- */

/* The smallest PCG (O'Neill 2014): 32 bits a step. */
struct chance {
    uint64_t state;
};

uint32_t draw(struct chance *c);
size_t below(struct chance *c, size_t bound);
/* As below(), but small answers are frequent: half of them are in the first eighth. */
size_t skewed(struct chance *c, size_t bound);

/* ---- names ---- */

#define NAME_MAX_LENGTH 64

/* Name number i, one to one: syllables with _ between them, as in identifiers; every fifth is long. Returns its length.
 */
size_t name_of(size_t i, char *name);
stet_str name_str(size_t i);

/* ---- complaints: they end the program ---- */

void must(stet_result result);
void expect(bool right, const char *what);
/* n times size bytes of zeros; free() them. */
void *room(size_t n, size_t size);

/* ---- sums ---- */

uint64_t mix(uint64_t sum, uint64_t value);

/* ---- collections of more than one job ---- */

STET_MAP(counts, stet_str, long, stet_str_type, stet_long)
STET_MAP(sessions, uint64_t, uint64_t, stet_u64, stet_u64)
STET_LIST(numbers, uint64_t, stet_u64)

/* ---- the jobs: how much to do; a sum, the same whatever order maps are iterated in ---- */

typedef uint64_t job(double scale, struct chance *c);

job compiler, small_server, middle_server, large_server, tenants, simulation, actors, tagging, members, tables;
job editor, queues, drawings, pages;
job crew, clients, switchboard;

#endif
