/* SPDX-License-Identifier: MIT */
/* base/hidden.h - how the library declares what is its own. */
#ifndef STET_HIDDEN_H
#define STET_HIDDEN_H

/* A function or a variable of the library that is not exported: it is reached without a table. */
#define STET_HIDDEN __attribute__((__visibility__("hidden")))

/* A variable of each thread. initial-exec: it is at a constant distance from the thread's pointer, and no call finds
 * it; the loader keeps some room for such variables of libraries that are loaded later. */
#define STET_THREAD_LOCAL_MODEL __attribute__((__tls_model__("initial-exec")))

#endif
