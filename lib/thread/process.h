/* SPDX-License-Identifier: MIT */
/*
 * thread/process.h - what the library asks of the process: to be told when a thread ends, and of forks; and that the
 * object that holds this code stays mapped, because both call it.
 *
 * A program may have taken all keys for thread-specific data, and memory may be short. A later call asks again for what
 * was refused; until all is granted, the library reports that there is no memory.
 */
#ifndef STET_PROCESS_H
#define STET_PROCESS_H

#include "base/hidden.h"

#include <stdbool.h>

/* Whether the environment has this variable, neither empty nor beginning with 0. */
STET_HIDDEN bool stet_process_flag_(const char *name);

/*
 * The order in which modules are told that a thread ends, and of a fork before it: each may use those behind it. After
 * a fork it is the other way round.
 */
enum stet_module_ { STET_NODES_, STET_RECLAIM_, STET_POOL_, STET_MODULES_ };

struct stet_hooks {
    void (*thread_end)(void);
    void (*before_fork)(void), (*after_fork)(bool in_child); /* NULL: nothing is to be done */
};

/* Set by constructors, when the library is loaded: neither a thread that has used it ends before that, nor a fork. */
STET_HIDDEN extern const struct stet_hooks *stet_hooks_[STET_MODULES_];

/*
 * Whether the modules are told of forks, and when this thread ends. False: no memory, or no key. It is to be asked
 * before a thread gets anything that is its own; a hook, or a later destructor, asks once more.
 */
STET_HIDDEN bool stet_thread_will_end_(void);

#endif
