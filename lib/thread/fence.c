/* SPDX-License-Identifier: MIT */
/* thread/fence.c - see fence.h. */
#include "thread/fence.h"
#include "thread/process.h"

#include <errno.h>
#include <linux/membarrier.h>
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
