/* SPDX-License-Identifier: MIT */
/*
 * thread/process.c - keys, handlers of fork, and staying mapped.
 *
 * The shared library is linked with -z nodelete. The static one may be in a plug-in that is unloaded while threads live
 * that have used it: when they end, their destructors would be gone. So the object that holds this code is marked in
 * the same way when it is loaded.
 */
#include "thread/process.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where an old C library has them in a library of their own, that may not be there. Named only through dlsym(),
 * dlopen() makes no linker warn when the program is static. */
#pragma weak dladdr
#pragma weak dlsym

bool stet_process_flag_(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && *value != '\0' && *value != '0';
}

long stet_process_membarrier_(int command)
{
    int before = errno;
    long result = syscall(SYS_membarrier, command, 0, 0);
    errno = before;
    return result;
}

bool stet_process_ask_(struct stet_process *p)
{
    if (__atomic_load_n(&p->granted, __ATOMIC_ACQUIRE)) /* pairs with the store below */
        return true;
    if (__atomic_exchange_n(&p->asking, true, __ATOMIC_ACQUIRE)) /* pairs with the store below */
        return false;
    int before = errno;
    if (!p->has_key)
        p->has_key = pthread_key_create(&p->key, p->thread_end) == 0;
    if (!p->has_fork)
        p->has_fork = pthread_atfork(p->before_fork, p->in_parent, p->in_child) == 0;
    bool granted = p->has_key && p->has_fork;
    errno = before;
    __atomic_store_n(&p->granted, granted, __ATOMIC_RELEASE);
    __atomic_store_n(&p->asking, false, __ATOMIC_RELEASE);
    return granted;
}

bool stet_process_tell_at_end_(struct stet_process *p, void *what)
{
    int before = errno;
    bool told = pthread_setspecific(p->key, what) == 0;
    errno = before;
    return told;
}

/* In a constructor, because dlopen() takes the loader's lock: a thread that waited for it here while it holds a lock of
 * ours could meet one that is loading an object whose constructors use this library. */
__attribute__((__constructor__(101))) static void stay_mapped(void)
{
    int before = errno;
    Dl_info here;
    void *(*load)(const char *, int);
    if (dladdr == NULL || dlsym == NULL || dladdr((const void *)(uintptr_t)&stet_process_ask_, &here) == 0)
        return;
    uintptr_t program = getauxval(AT_PHDR), base = (uintptr_t)here.dli_fbase;
    if (program - base < 4096) /* it is the program, which is not unloaded */
        return;
    *(void **)(void *)&load = dlsym(RTLD_DEFAULT, "dlopen");
    /* The handle is never closed. Where this fails nothing is lost as long as the object is not unloaded. */
    if (load != NULL)
        (void)load(here.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    errno = before;
}
