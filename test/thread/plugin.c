/* SPDX-License-Identifier: MIT */
/* Objects that are loaded into a program, and unloaded while threads and forks of the program still end. */
#include "support/threads.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__) /* its deadlock detector cannot count the locks of a fork */
#    define NOT_UNDER_TSAN true
#else
#    define NOT_UNDER_TSAN false
#endif

static char path[PATH_MAX];

static void *load_use_unload(void *unused)
{
    int (*work)(void);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    (void)unused;
    REQUIRE(object != NULL, "%s", dlerror());
    *(void **)(void *)&work = dlsym(object, "plugin_work");
    REQUIRE(work != NULL && work() == 7, "the plug-in does not work");
    REQUIRE(dlclose(object) == 0, "%s", dlerror());
    return NULL;
}

/* The thread's destructors, and the handlers of a fork, are still there. */
static void end_behind(const char *file)
{
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    REQUIRE(n > 0, "no name");
    path[n] = '\0';
    char *name = strrchr(path, '/') + 1;
    snprintf(name, sizeof path - (size_t)(name - path), "%s", file);
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(start(load_use_unload, NULL), NULL);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        int status = 0;
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert_eq(status, 0);
    }
}

Test(plugin, an_object_has_the_library_in_it, .disabled = NOT_UNDER_TSAN) { end_behind("libtest-plugin.so"); }

Test(plugin, an_object_loads_the_shared_library, .disabled = NOT_UNDER_TSAN) { end_behind("libtest-plugin-shared.so"); }
