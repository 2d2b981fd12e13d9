// SPDX-License-Identifier: MIT
/*
 * simulator.h - the operations of stet/impl/atomic.h in a simulator of the C++11 memory model (Relacy: Debian's
 * relacy-dev), and how scenarios are run in it. What is included after this is the product's own source.
 *
 * With -DMODEL_SEQ_CST: the form that ThreadSanitizer sees, all operations sequentially consistent, no fences.
 * With -DMODEL_ONLY=one: no scenario but that one.
 */
#ifndef MODEL_SIMULATOR_H
#define MODEL_SIMULATOR_H

#include <relacy/relacy.hpp>

#include <climits>
#include <initializer_list>

#include <sys/wait.h>
#include <type_traits>
#include <unistd.h>

#define STET_MODEL_
#define STET_LINES

#ifdef MODEL_SEQ_CST
#    define ORDER(order) rl::mo_SEQ_CST
#    define FENCE(order) ((void)0)
#else
#    define ORDER(order) rl::mo_##order
#    define FENCE(order) rl::atomic_thread_fence(rl::mo_##order, $)
#endif
namespace rl
{
static const memory_order mo_RELAXED = mo_relaxed, mo_ACQUIRE = mo_acquire, mo_RELEASE = mo_release,
                          mo_SEQ_CST = mo_seq_cst;
}

/*
 * The scheduler is fair: that others get far between two steps of a thread does not happen. So in some iterations
 * threads dawdle before they change one of the places where that may matter.
 */
static const void *slow_place;
static inline void dawdle(const void *place)
{
    for (int i = 0; place == slow_place && i < 40; i++)
        rl::yield(1, $);
}
static inline void choose_slow_place(std::initializer_list<const void *> places)
{
    static unsigned iteration;
    unsigned i = iteration++ % (2 * (unsigned)places.size());
    slow_place = i < places.size() ? places.begin()[i] : NULL;
}

#define STET_ATOMIC_(T) rl::atomic<T>
#define STET_PLAIN_(T) rl::var<T>
#define STET_VAR_(x) ((x)($))
#define STET_LOAD_(x, order) (x).load(ORDER(order), $)
#define STET_STORE_(x, value, order) (dawdle(&(x)), (x).store(value, ORDER(order), $))
#define STET_EXCHANGE_(x, value, order) (dawdle(&(x)), (x).exchange(value, ORDER(order), $))
#define STET_ADD_(x, n, order) (dawdle(&(x)), (x).fetch_add(n, ORDER(order), $))
#define STET_SUB_(x, n, order) (dawdle(&(x)), (x).fetch_sub(n, ORDER(order), $))
#define STET_OR_(x, bits, order) (dawdle(&(x)), (x).fetch_or(bits, ORDER(order), $))
#define STET_CAS_(x, expected, value, order) \
    (dawdle(&(x)), (x).compare_exchange_strong(*(expected), value, ORDER(order), $))
#define STET_FULL_FENCE_() FENCE(SEQ_CST)
#define STET_ACQUIRE_FENCE_() FENCE(ACQUIRE)
static bool no_membarrier;
/* Light and heavy: as if both were full. */
#define STET_LIGHT_FENCE_() (no_membarrier ? (void)0 : (void)FENCE(SEQ_CST))

#include <stet/impl/hazard.h>

static bool no_heavy_fence;
static inline bool stet_heavy_fence_(void)
{
    STET_FULL_FENCE_();
    return !no_heavy_fence;
}

#ifdef MODEL_ONLY
struct MODEL_ONLY; // a scenario
template <typename scenario> constexpr bool wanted = std::is_same_v<scenario, MODEL_ONLY>;
#else
template <typename scenario> constexpr bool wanted = true;
#endif

// A process each: the simulator does not like to be used twice.
template <typename scenario> static int run(const char *name, unsigned iterations)
{
    if constexpr (wanted<scenario>) {
        pid_t child = fork();
        if (child == 0) {
            alarm(300);
            std::ostream nowhere(NULL);
            rl::test_params params;
            params.iteration_count = iterations;
            params.execution_depth_limit = 10000;
            params.progress_stream = &nowhere;
            params.output_stream = std::getenv("MODEL_HISTORY") != NULL ? &std::cout : &nowhere;
            _exit(rl::simulate<scenario>(params) ? 0 : 1);
        }
        int status = 1;
        waitpid(child, &status, 0);
        std::printf("%s %s\n", status == 0 ? "ok    " : "FAILED", name);
        std::fflush(stdout);
        return status != 0;
    }
    return 0;
}

#endif
