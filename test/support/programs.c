/* SPDX-License-Identifier: MIT */
#include "programs.h"

uint8_t choose_code(const struct program_kind *k, struct program *p)
{
    const uint8_t *weight = k->weight + p->phase * p->w->of->operations;
    unsigned total = 0, code = 0;
    for (unsigned i = 0; i < p->w->of->operations; i++)
        total += weight[i];
    for (unsigned at = rng_below(&p->random, total); at >= weight[code]; code++)
        at -= weight[code];
    return (uint8_t)code;
}

void run_program(const struct program_kind *k, const struct subject *s, uint64_t salt, unsigned handles, unsigned limit,
                 unsigned steps, unsigned interval, bool faults)
{
    static struct world w;
    struct program p = {.w = &w, .random = {rng_mix(test_seed(), ((uint64_t)subject_number(s) << 8) + salt)}};
    world_begin(&w, s, handles, limit);
    world_fill(&w, 0, 0, 1, limit == 0 ? k->fill : 0);
    for (unsigned step = 0; step < steps; step++) {
        if (step % k->phase_steps == 0) {
            p.phase = rng_below(&p.random, k->phases);
            k->begin_phase(&p);
        }
        struct op op = k->choose(&p);
        w.fault = faults && rng_below(&p.random, 4) == 0 ? 1 + rng_below(&p.random, 6) : 0;
        w.persist = rng_below(&p.random, 2) == 0 ? 1 : UINT64_MAX;
        world_context(&w, op, "step %u", step);
        world_apply(&w, op);
        if (step % interval == interval - 1)
            world_check(&w);
    }
    world_end(&w);
}
