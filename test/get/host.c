/* SPDX-License-Identifier: MIT */
/*
 * A program with plug-ins: runs each on a thread of its own, and unloads it before that thread ends. A plug-in must
 * show nothing of its library, lest it serve another plug-in.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static pthread_barrier_t has_run, is_unloaded;

static void *run(void *plugin)
{
    int (*main_of)(void) = (int (*)(void))dlsym(plugin, "run");
    int failed = main_of == NULL || main_of() != 0;
    pthread_barrier_wait(&has_run);
    pthread_barrier_wait(&is_unloaded);
    return failed ? plugin : NULL;
}

int main(int argc, char **argv)
{
    pthread_barrier_init(&has_run, NULL, (unsigned)argc);
    pthread_barrier_init(&is_unloaded, NULL, (unsigned)argc);
    void *plugins[8];
    pthread_t threads[8];
    int failures = 0;
    for (int i = 1; i < argc && i < 8; i++) {
        plugins[i] = dlopen(argv[i], RTLD_NOW | RTLD_GLOBAL);
        if (plugins[i] == NULL) {
            puts(dlerror());
            return 1;
        }
        failures += dlsym(plugins[i], "stet_version") != NULL;
        pthread_create(&threads[i], NULL, run, plugins[i]);
    }
    pthread_barrier_wait(&has_run);
    for (int i = 1; i < argc; i++)
        dlclose(plugins[i]);
    pthread_barrier_wait(&is_unloaded);
    for (int i = 1; i < argc; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        failures += failed != NULL;
    }
    return failures;
}
