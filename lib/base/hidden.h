/* SPDX-License-Identifier: MIT */
/* base/hidden.h - attributes of functions and variables that only the library itself uses. */
#ifndef STET_HIDDEN_H
#define STET_HIDDEN_H

/* For a function or a variable of the library that is not exported: it is reached without an indirection. */
#ifdef _WIN32 /* where nothing is exported that does not ask for it */
#    define STET_HIDDEN
#else
#    define STET_HIDDEN __attribute__((__visibility__("hidden")))
#endif

/* For a variable of each thread (stet/base.h). */
#define STET_THREAD_LOCAL_MODEL STET_THREAD_LOCAL_MODEL_

#endif
