// SPDX-License-Identifier: MIT
#ifndef BENCH_SHARED_BENCH_H
#define BENCH_SHARED_BENCH_H

#include <vector>

#include "peers/shared_peers.h"

std::vector<shared_peer> shared_peers();

#endif
