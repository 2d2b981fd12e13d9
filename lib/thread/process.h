/* SPDX-License-Identifier: MIT */
/*
 * thread/process.h - what a module asks of the process: to be told when a thread ends, and of forks; and that the
 * object that holds this code stays mapped, because both call it.
 *
 * A program may have taken all keys for thread-specific data, and memory may be short. A later call asks again for what
 * was refused; until all is granted, the module reports that there is no memory.
 */
#ifndef STET_PROCESS_H
#define STET_PROCESS_H

#include "base/hidden.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <stdbool.h>

/* Whether the environment has this variable, neither empty nor beginning with 0. */
STET_HIDDEN bool stet_process_flag_(const char *name);
/* membarrier(2) with this command of MEMBARRIER_CMD_...; its result, negative: refused. errno stays as it is. */
STET_HIDDEN long stet_process_membarrier_(int command);

struct stet_process {
    void (*thread_end)(void *); /* gets what pthread_setspecific() was given for `key` */
    void (*before_fork)(void), (*in_parent)(void), (*in_child)(void);
    pthread_key_t key; /* valid when all is granted */
    bool has_key, has_fork;
    bool asking, granted; /* atomic */
};

/* Whether all is granted; asks if it is not. Call it first through pthread_once(): then threads that come meanwhile
 * wait for the answer. */
STET_HIDDEN bool stet_process_ask_(struct stet_process *p);

/* When this thread ends, thread_end gets this. False: there is no memory for it. All is granted. */
STET_HIDDEN bool stet_process_tell_at_end_(struct stet_process *p, void *what);

#endif
