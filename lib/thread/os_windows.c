/* SPDX-License-Identifier: MIT */
/*
 * thread/os_windows.c - Windows 8 or later, by mingw-w64. There are no forks and no cancellation, and no events: a
 * watch is refused with ENOSYS. See os.h.
 */
#ifndef _WIN32_WINNT
#    define _WIN32_WINNT 0x0602
#endif

#include "thread/os.h"
#include "thread/process.h"

#include <errno.h>
/* <bcrypt.h> needs <windows.h> before it. */
#include <windows.h>

#include <bcrypt.h>

bool stet_fences_exist_(void) { return !stet_process_flag_("STET_NO_MEMBARRIER"); }
bool stet_fences_register_(void) { return true; }

bool stet_fence_all_(void)
{
    FlushProcessWriteBuffers();
    return true;
}

void stet_os_sleep_(uint32_t *word, uint32_t value, uint64_t longest)
{
    uint64_t ms = longest / 1000000 + (longest % 1000000 != 0);
    (void)WaitOnAddress(word, &value, sizeof value, longest == 0 || ms >= INFINITE ? INFINITE : (DWORD)ms);
}

void stet_os_sleep_until_cancelled_(uint32_t *word, uint32_t value, uint64_t longest, void (*cancelled)(void *),
                                    void *context)
{
    (void)cancelled, (void)context;
    stet_os_sleep_(word, value, longest);
}

void stet_os_wake_(uint32_t *word, bool all)
{
    if (all)
        WakeByAddressAll(word);
    else
        WakeByAddressSingle(word);
}

int32_t stet_os_thread_(void) { return (int32_t)GetCurrentThreadId(); }

bool stet_os_at_fork_(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    (void)before, (void)in_parent, (void)in_child;
    return true;
}

bool stet_os_random_(void *bytes, size_t n)
{
    return BCryptGenRandom(NULL, bytes, (ULONG)n, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0;
}

bool stet_os_pages_huge_(void *pages, size_t size, bool huge)
{
    (void)pages, (void)size, (void)huge;
    return false;
}

void stet_os_pages_unused_(void *pages, size_t size) { (void)VirtualAlloc(pages, size, MEM_RESET, PAGE_READWRITE); }

int stet_os_event_(int *raiser)
{
    errno = ENOSYS;
    return *raiser = -1;
}

bool stet_os_event_raise_(int raiser)
{
    (void)raiser;
    return false;
}

void stet_os_event_clear_(int fd) { (void)fd; }
void stet_os_event_close_(int fd, int raiser) { (void)fd, (void)raiser; }

int stet_os_event_renew_(int fd, int *raiser, bool raised)
{
    (void)fd, (void)raised;
    return *raiser = -1;
}

void stet_os_stay_mapped_(void)
{
    HMODULE unused;
    (void)GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                             (const char *)(uintptr_t)&stet_os_stay_mapped_, &unused);
}
