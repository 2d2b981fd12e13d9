/* SPDX-License-Identifier: MIT */
/* stet/release.h - releases that x_drop_later() has left for later. Every collection's header includes this one. */
#ifndef STET_RELEASE_H
#define STET_RELEASE_H

#include <stet/base.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/*
 * Releases left for later by x_drop_later() on this thread: works on at most `nodes` nodes of them.
 * Returns whether some remain. Called by a release callback it works on nothing.
 * Cost: at most 64 children or one leaf's elements a node; what borrows from an older version (impl/node.h) goes with
 * the node above it, up to 8 nodes on each level.
 */
STET_API bool stet_release_some(size_t nodes);

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
