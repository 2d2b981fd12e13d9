/* SPDX-License-Identifier: MIT */
/* thread/os_unix.c - keeps the library's code mapped, on systems with dlopen(). See os.h. */
#include "thread/os.h"

#include <dlfcn.h>
#include <errno.h>
#ifdef __linux__
#    include <sys/auxv.h>
#endif

/*
 * An old C library has these functions in a separate library, which may be absent. dlopen() is named only in a string,
 * for dlsym(), so that no linker warns of it in a static program.
 */
#pragma weak dladdr
#pragma weak dlsym

void stet_os_stay_mapped_(void)
{
    int before = errno;
    Dl_info here;
    void *(*load)(const char *, int);
    if (dladdr == NULL || dlsym == NULL || dladdr((const void *)(uintptr_t)&stet_os_stay_mapped_, &here) == 0)
        return;
#ifdef __linux__
    uintptr_t program = getauxval(AT_PHDR), base = (uintptr_t)here.dli_fbase;
    if (program - base < 4096) /* the object is the program itself, which is not unloaded */
        return;
#endif
    *(void **)(void *)&load = dlsym(RTLD_DEFAULT, "dlopen");
    /* The handle is never closed. If this fails, the object stays loaded as long as the program does not unload it. */
    if (load != NULL)
        (void)load(here.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    errno = before;
}
