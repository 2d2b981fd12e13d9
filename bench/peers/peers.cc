// SPDX-License-Identifier: MIT
// The list of peers, the sizes, and where they come from.
#include <cstdlib>
#include <sstream>
#include <dlfcn.h>
#include "rows/meter.h"

namespace bench
{

Rows all_rows()
{
    Rows rows;
    add_empty(rows);
    add_stet(rows);
#ifdef BENCH_IMMER
    add_immer(rows);
#endif
    add_absl(rows);
    add_std(rows);
    add_stet_list(rows);
#ifdef BENCH_IMMER
    add_immer_list(rows);
#endif
#ifdef BENCH_RRB
    add_rrb_list(rows);
#endif
    add_std_list(rows);
    add_stet_sorted(rows);
    add_absl_sorted(rows);
    add_std_sorted(rows);
#ifdef BENCH_IM
    add_im_sorted(rows);
#endif
#ifdef BENCH_LMDB
    add_lmdb_sorted(rows);
#endif
    add_stet_shared(rows);
#ifdef BENCH_IMMER
    add_immer_shared(rows);
#endif
    return rows;
}

std::vector<std::size_t> sizes()
{
    const char *asked = std::getenv("BENCH_SIZES");
    std::istringstream list(asked ? asked : "10,100,1000,10000,100000,1000000");
    std::vector<std::size_t> sizes;
    for (std::string size; std::getline(list, size, ',');)
        sizes.push_back(std::stoull(size));
    return sizes;
}

std::vector<std::pair<std::string, std::string>> provenance()
{
    // Where operator new ends: mimalloc takes malloc over when a program names it before libc.
    Dl_info library = {};
    dladdr(reinterpret_cast<void *>(&malloc), &library);
    std::string malloc_from = library.dli_fname ? library.dli_fname : "unknown";
    return {
        {"stet", stet_version()}, {"compiler", BENCH_COMPILER},
        {"flags", BENCH_FLAGS},   {"malloc", malloc_from.substr(malloc_from.rfind('/') + 1)},
#ifdef BENCH_IMMER
        {"immer", BENCH_IMMER},
#endif
        {"absl", absl_version()},
#ifdef BENCH_IM
        {"im", BENCH_IM},
#endif
#ifdef BENCH_LMDB
        {"lmdb", BENCH_LMDB},
#endif
    };
}

} // namespace bench
