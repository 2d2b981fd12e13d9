/* SPDX-License-Identifier: MIT */
/* thread/os_linux.c - Linux: membarrier(2), futex(2), eventfd(2), getrandom(2) and huge pages. See os.h. */
#include "thread/os.h"
#include "thread/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

static long membarrier(int command)
{
    int before = errno;
    long result = syscall(SYS_membarrier, command, 0, 0);
    errno = before;
    return result;
}

bool stet_fences_exist_(void)
{
    long commands = stet_process_flag_("STET_NO_MEMBARRIER") ? 0 : membarrier(MEMBARRIER_CMD_QUERY);
    return commands >= 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0;
}

bool stet_fences_register_(void) { return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0; }

bool stet_fence_all_(void)
{
    return membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0 ||
           (stet_fences_register_() && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0);
}

/* This function holds no lock and no memory, so a thread may be cancelled in it at any moment. */
void stet_os_sleep_(uint32_t *word, uint32_t value, uint64_t longest)
{
    int before = errno;
    struct timespec time = {.tv_sec = (time_t)(longest / 1000000000), .tv_nsec = (long)(longest % 1000000000)};
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, longest != 0 ? &time : NULL, NULL, 0);
    errno = before;
}

void stet_os_sleep_until_cancelled_(uint32_t *word, uint32_t value, uint64_t longest, void (*cancelled)(void *),
                                    void *context)
{
    int type;
    pthread_cleanup_push(cancelled, context);
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
    stet_os_sleep_(word, value, longest);
    pthread_setcanceltype(type, NULL);
    pthread_cleanup_pop(0);
}

void stet_os_wake_(uint32_t *word, bool all)
{
    int before = errno;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, all ? INT_MAX : 1, NULL, NULL, 0);
    errno = before;
}

int32_t stet_os_thread_(void) { return gettid(); }

bool stet_os_at_fork_(void (*before)(void), void (*in_parent)(void), void (*in_child)(void))
{
    return pthread_atfork(before, in_parent, in_child) == 0;
}

bool stet_os_random_(void *bytes, size_t n)
{
    int before = errno;
    ssize_t got = getrandom(bytes, n, GRND_NONBLOCK);
    errno = before;
    return got == (ssize_t)n;
}

static bool advise(void *pages, size_t size, int advice)
{
    int before = errno;
    bool taken = madvise(pages, size, advice) == 0;
    errno = before;
    return taken;
}

bool stet_os_pages_huge_(void *pages, size_t size, bool huge)
{
    return advise(pages, size, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

void stet_os_pages_unused_(void *pages, size_t size) { (void)advise(pages, size, MADV_DONTNEED); }

int stet_os_event_(int *raiser) { return *raiser = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

bool stet_os_event_raise_(int raiser)
{
    int before = errno;
    bool raised = eventfd_write(raiser, 1) == 0 || errno == EAGAIN; /* EAGAIN: the counter is full, so fd is readable */
    errno = before;
    return raised;
}

void stet_os_event_clear_(int fd)
{
    eventfd_t count;
    int before = errno;
    (void)eventfd_read(fd, &count);
    errno = before;
}

void stet_os_event_close_(int fd, int raiser)
{
    int before = errno;
    (void)raiser;
    (void)close(fd); /* the descriptor is closed even if this reports an error */
    errno = before;
}

int stet_os_event_renew_(int fd, int *raiser, bool raised)
{
    int before = errno;
    (void)close(fd); /* this comes first, because all other descriptor numbers may be in use */
    int renewed = eventfd(raised, EFD_CLOEXEC | EFD_NONBLOCK);
    if (renewed >= 0 && renewed != fd && dup3(renewed, fd, O_CLOEXEC) == fd) {
        (void)close(renewed);
        renewed = fd;
    }
    errno = before;
    return *raiser = renewed;
}
