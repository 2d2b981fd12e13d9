/* SPDX-License-Identifier: MIT */
/* stet/release.h - releases that x_drop_later() has deferred. Every collection's header includes this one. */
#ifndef STET_RELEASE_H
#define STET_RELEASE_H

#include <stet/base.h>

STET_QUIET_
#ifdef __cplusplus
extern "C" {
#endif

/*
 * Performs releases that x_drop_later() deferred on this thread, for at most `nodes` nodes. Returns whether some
 * remain. A call from a release callback does nothing.
 * Cost: for each node, at most its 64 children or its one leaf's elements. Nodes that borrow from an older version
 * (impl/node.h) are released with the node above them, up to 8 nodes on each level.
 */
STET_API bool stet_release_some(size_t nodes);

#ifdef __cplusplus
}
#endif
STET_LOUD_
#endif
