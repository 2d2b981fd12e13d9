/* SPDX-License-Identifier: MIT */
/*
 * thread/process.c - ends of threads, forks, and staying mapped.
 *
 * The shared library is linked with -z nodelete. The static one may be in a plug-in that is unloaded while threads that
 * have used it still run: when they end, their destructors would no longer be mapped. So the object that holds this
 * code is marked in the same way when it is loaded.
 */
#include "thread/process.h"
#include "thread/os.h"

#include <stet/base.h>

#include <errno.h>

bool stet_process_flag_(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && *value != '\0' && *value != '0';
}

/* NULL: the module's constructor has not run yet; another constructor that runs before ours may use the library. */
const struct stet_hooks *stet_hooks_[STET_MODULES_];

static pthread_once_t process_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static bool has_key, has_fork;
static bool asking, granted;                                /* atomic */
static _Thread_local bool will_end STET_THREAD_LOCAL_MODEL; /* the thread has a value for the key */

static void thread_ends(void *unused)
{
    (void)unused;
    will_end = false;
    for (unsigned m = 0; m < STET_MODULES_; m++)
        if (stet_hooks_[m] != NULL)
            stet_hooks_[m]->thread_end();
}

static void before_fork(void)
{
    for (unsigned m = 0; m < STET_MODULES_; m++)
        if (stet_hooks_[m] != NULL && stet_hooks_[m]->before_fork != NULL)
            stet_hooks_[m]->before_fork();
}

static void after_fork(bool in_child)
{
    for (unsigned m = STET_MODULES_; m-- > 0;)
        if (stet_hooks_[m] != NULL && stet_hooks_[m]->after_fork != NULL)
            stet_hooks_[m]->after_fork(in_child);
}

static void after_fork_in_parent(void) { after_fork(false); }
static void after_fork_in_child(void) { after_fork(true); }

static void process_ask(void)
{
    if (__atomic_exchange_n(&asking, true, __ATOMIC_ACQUIRE)) /* pairs with the store below */
        return;
    if (!has_key)
        has_key = pthread_key_create(&thread_key, thread_ends) == 0;
    if (!has_fork)
        has_fork = stet_os_at_fork_(before_fork, after_fork_in_parent, after_fork_in_child);
    __atomic_store_n(&granted, has_key && has_fork, __ATOMIC_RELEASE);
    __atomic_store_n(&asking, false, __ATOMIC_RELEASE);
}

bool stet_thread_will_end_(void)
{
    if (will_end)
        return true;
    int before = errno;
    pthread_once(&process_once, process_ask);         /* threads that arrive meanwhile wait for the result */
    if (!__atomic_load_n(&granted, __ATOMIC_ACQUIRE)) /* pairs with the store in process_ask() */
        process_ask();
    will_end = __atomic_load_n(&granted, __ATOMIC_ACQUIRE) && pthread_setspecific(thread_key, &will_end) == 0;
    errno = before;
    return will_end;
}

/*
 * This is done in a constructor, because the loader's lock is taken. A thread that waited for that lock later, while it
 * held a lock of ours, could deadlock with a thread that is loading an object whose constructors use this library.
 */
__attribute__((__constructor__(101))) static void process_loaded(void)
{
    stet_os_stay_mapped_();
    if (OS_EARLY_KEY)
        process_ask();
}
