/* SPDX-License-Identifier: MIT */
/*
 * Runs Criterion tests under a sanitizer, in place of Criterion's own runner.
 *
 * Criterion's runner places its workers at addresses that ThreadSanitizer reserves, and records a test as passed before
 * the worker exits, which is when LeakSanitizer reports leaks. Here each test is a plain fork, and its result is how
 * the process ends: a leak, a race or a crash in an exit handler fails the test in which it happens.
 *
 * The functions of Criterion that are defined here replace the library's: those that its assertions report to, and
 * those that Test() calls around the body. Supported: Test, ParameterizedTest and TestSuite with init, fini, signal,
 * exit_code, timeout and disabled. Arguments: --filter SUITE/TEST (a glob); others are ignored. Prints TAP.
 *
 * Windows has no fork: there the program runs itself once for each test, as --one SUITE/TEST PARAMETER, and a test has
 * no timeout of its own.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#    include <process.h>
#else
#    include <fnmatch.h>
#    include <sys/wait.h>
#    include <unistd.h>
#endif

/* Criterion collects pointers to its tests and suites in these two sections; there may be no suite. */
extern struct criterion_test *__start_cr_tst[], *__stop_cr_tst[];
#ifdef _WIN32 /* whose linker has no weak references */
static struct criterion_suite *no_suite __attribute__((used, section("cr_sts")));
extern struct criterion_suite *__start_cr_sts[], *__stop_cr_sts[];
#else
extern struct criterion_suite *__start_cr_sts[] __attribute__((weak)), *__stop_cr_sts[] __attribute__((weak));
#endif

static const struct criterion_test_extra_data no_data;
static const struct criterion_test_extra_data *test, *suite;
static void *parameter;     /* of a parameterized test */
static size_t nth;          /* parameter of it */
static _Atomic bool failed; /* tests assert on several threads */

void criterion_send_assert(struct criterion_assert_stats *stats)
{
    if (!stats->passed) {
        failed = true;
        fprintf(stderr, "%s:%u: %s\n", stats->file, stats->line, stats->message);
    }
}

void criterion_abort_test(void)
{
    fflush(NULL);
    _exit(EXIT_FAILURE);
}

void criterion_continue_test(void) {}

void criterion_internal_test_setup(void)
{
    if (suite->init)
        suite->init();
    if (test->init)
        test->init();
}

void criterion_internal_test_main(void (*body)(void))
{
    if (test->kind_ == CR_TEST_PARAMETERIZED)
        ((void (*)(void *))body)(parameter);
    else
        body();
}

void criterion_internal_test_teardown(void)
{
    if (test->fini)
        test->fini();
    if (suite->fini)
        suite->fini();
}

static const struct criterion_test_extra_data *suite_of(const struct criterion_test *t)
{
    for (struct criterion_suite **s = __start_cr_sts; s < __stop_cr_sts; s++)
        if (*s && (*s)->data && !strcmp((*s)->name, t->category))
            return (*s)->data;
    return &no_data;
}

/* Runs `t` in a child and returns whether it ended as its declaration says. */
static bool passes(const struct criterion_test *t);

#ifdef _WIN32

static const char *program;

/* Whether the path matches the glob, in which only stars have a meaning. */
static bool matches(const char *path, const char *filter)
{
    if (*filter == '*')
        return matches(path, filter + 1) || (*path != '\0' && matches(path + 1, filter));
    return *path == *filter && (*path == '\0' || matches(path + 1, filter + 1));
}

static bool passes(const struct criterion_test *t)
{
    char path[256], number[32];
    snprintf(path, sizeof path, "%s/%s", t->category, t->name);
    snprintf(number, sizeof number, "%zu", nth);
    intptr_t status = _spawnl(_P_WAIT, program, program, "--one", path, number, NULL);
    bool aborts = test->signal == SIGABRT || suite->signal == SIGABRT;
    int want_exit = test->exit_code ? test->exit_code : suite->exit_code;
    if (status != (aborts ? 3 : want_exit)) /* 3 is what abort() ends with */
        fprintf(stderr, "%s::%s: ended with status %#llx\n", t->category, t->name, (unsigned long long)status);
    return status == (aborts ? 3 : want_exit);
}

#else

static bool matches(const char *path, const char *filter) { return fnmatch(filter, path, 0) == 0; }

static bool passes(const struct criterion_test *t)
{
    pid_t child = fork();
    if (child == 0) {
        double timeout = test->timeout > 0 ? test->timeout : suite->timeout;
        if (timeout > 0)
            alarm((unsigned)timeout + 1);
        t->test();
        exit(failed ? EXIT_FAILURE : EXIT_SUCCESS);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("runner");
        return false;
    }
    int want_signal = test->signal ? test->signal : suite->signal;
    int want_exit = test->exit_code ? test->exit_code : suite->exit_code;
    if (WIFSIGNALED(status)) {
        if (WTERMSIG(status) == want_signal)
            return true;
        fprintf(stderr, "%s::%s: %s\n", t->category, t->name, strsignal(WTERMSIG(status)));
        return false;
    }
    return !want_signal && WEXITSTATUS(status) == want_exit;
}

#endif

/* Runs a parameterized test once for each parameter. */
static bool passes_all(const struct criterion_test *t)
{
    struct criterion_test_params all = test->param_();
    bool ok = all.length > 0;
    for (size_t i = 0; i < all.length; i++) {
        parameter = (char *)all.params + i * all.size;
        nth = i;
        if (!passes(t)) {
            fprintf(stderr, "%s::%s: with parameter %zu\n", t->category, t->name, i);
            ok = false;
        }
    }
    if (all.cleanup)
        all.cleanup(&all);
    return ok;
}

#ifdef _WIN32
/* Runs the one test that the arguments name. Its result is how the process ends. */
static void run_one(const char *wanted, const char *number)
{
    for (struct criterion_test **p = __start_cr_tst; p < __stop_cr_tst; p++) {
        char path[256];
        if (!*p)
            continue;
        snprintf(path, sizeof path, "%s/%s", (*p)->category, (*p)->name);
        if (strcmp(path, wanted) != 0)
            continue;
        test = (*p)->data;
        suite = suite_of(*p);
        if (test->kind_ == CR_TEST_PARAMETERIZED) {
            struct criterion_test_params all = test->param_();
            parameter = (char *)all.params + strtoul(number, NULL, 10) * all.size;
        }
        (*p)->test();
        exit(failed ? EXIT_FAILURE : EXIT_SUCCESS);
    }
}
#endif

int main(int argc, char **argv)
{
    const char *filter = "*";
    for (int i = 1; i + 1 < argc; i++)
        if (!strcmp(argv[i], "--filter"))
            filter = argv[i + 1];
#ifdef _WIN32
    program = argv[0];
    if (argc == 4 && !strcmp(argv[1], "--one"))
        run_one(argv[2], argv[3]);
#endif

    int count = 0, bad = 0;
    for (struct criterion_test **p = __start_cr_tst; p < __stop_cr_tst; p++) {
        const struct criterion_test *t = *p;
        char path[256];
        if (!t)
            continue;
        snprintf(path, sizeof path, "%s/%s", t->category, t->name);
        if (!matches(path, filter))
            continue;
        test = t->data;
        suite = suite_of(t);
        const char *remark = "";
        bool ok = true;
        if (test->disabled || suite->disabled)
            remark = " # SKIP disabled";
        else if (test->kind_ == CR_TEST_PARAMETERIZED)
            ok = passes_all(t);
        else
            ok = passes(t);
        printf("%sok %d - %s::%s%s\n", ok ? "" : "not ", ++count, t->category, t->name, remark);
        fflush(stdout);
        bad += !ok;
    }
    printf("1..%d\n", count);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
