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
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Criterion collects pointers to its tests and suites in these two sections; there may be no suite. */
extern struct criterion_test *__start_cr_tst[], *__stop_cr_tst[];
extern struct criterion_suite *__start_cr_sts[] __attribute__((weak)), *__stop_cr_sts[] __attribute__((weak));

static const struct criterion_test_extra_data no_data;
static const struct criterion_test_extra_data *test, *suite;
static void *parameter;     /* of a parameterized test */
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

/* Runs a parameterized test once for each parameter. */
static bool passes_all(const struct criterion_test *t)
{
    struct criterion_test_params all = test->param_();
    bool ok = all.length > 0;
    for (size_t i = 0; i < all.length; i++) {
        parameter = (char *)all.params + i * all.size;
        if (!passes(t)) {
            fprintf(stderr, "%s::%s: with parameter %zu\n", t->category, t->name, i);
            ok = false;
        }
    }
    if (all.cleanup)
        all.cleanup(&all);
    return ok;
}

int main(int argc, char **argv)
{
    const char *filter = "*";
    for (int i = 1; i + 1 < argc; i++)
        if (!strcmp(argv[i], "--filter"))
            filter = argv[i + 1];

    int count = 0, bad = 0;
    for (struct criterion_test **p = __start_cr_tst; p < __stop_cr_tst; p++) {
        const struct criterion_test *t = *p;
        char path[256];
        if (!t)
            continue;
        snprintf(path, sizeof path, "%s/%s", t->category, t->name);
        if (fnmatch(filter, path, 0) != 0)
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
