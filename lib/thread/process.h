/* SPDX-License-Identifier: MIT */
/*
 * thread/process.h - what the library needs of the process: a call when a thread ends, calls around a fork, and that
 * the shared object with this code stays mapped, because those calls enter it.
 *
 * A program may have taken all keys for thread-specific data, and memory may be short. A later call requests again what
 * was refused; until all is granted, the library reports that there is no memory.
 */
#ifndef STET_PROCESS_H
#define STET_PROCESS_H

#include "base/hidden.h"

#include <stdbool.h>

/* Returns whether the environment has this variable, with a value that is not empty and does not begin with 0. */
STET_HIDDEN bool stet_process_flag_(const char *name);

/*
 * The order in which the hooks of modules are called when a thread ends, and before a fork: the hook of a module may
 * use modules that come later in this list. After a fork the order is reversed.
 */
enum stet_module_ { STET_NODES_, STET_RECLAIM_, STET_POOL_, STET_MODULES_ };

struct stet_hooks {
    void (*thread_end)(void);
    void (*before_fork)(void), (*after_fork)(bool in_child); /* NULL: the module does nothing */
};

/*
 * Constructors set them when the library is loaded. Until then no thread that has used the library ends, and no fork
 * happens.
 */
STET_HIDDEN extern const struct stet_hooks *stet_hooks_[STET_MODULES_];

/*
 * Makes sure that the hooks of the modules are called around forks, and when this thread ends. False: no memory, or no
 * key. Must be called before a thread gets anything of its own. A hook that gets something again, or a destructor that
 * runs after the hooks, must call this once more.
 */
STET_HIDDEN bool stet_thread_will_end_(void);

#endif
