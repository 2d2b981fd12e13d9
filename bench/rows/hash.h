// SPDX-License-Identifier: MIT
// The hash of every peer: stet's own, with the seed of this process, so that no peer wins or loses by its hash.
#ifndef BENCH_HASH_H
#define BENCH_HASH_H

#include <cstdint>
#include <string_view>
#include <stet/type.h>

namespace bench
{

struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::uint64_t key) const noexcept { return stet_hash_word(key, stet_hash_seed_at(0)); }
    std::size_t operator()(std::string_view key) const noexcept
    {
        return stet_hash_bytes(key.data(), key.size(), stet_hash_seed_at(0));
    }
};

} // namespace bench
#endif
