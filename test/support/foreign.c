/* SPDX-License-Identifier: MIT */
/*
 * What is left of Criterion's library where there is none, in builds for other processors and C libraries: what its
 * assertions call beside what runner.c defines.
 */
#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct criterion_options criterion_options;

void cri_asserts_passed_incr(void) {}

int cr_asprintf(char **text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vasprintf(text, format, arguments);
    va_end(arguments);
    return n;
}

void cr_asprintf_free(char *text) { free(text); }

/* The first argument is the text of the condition. */
char *cr_translate_assert_msg(int kind, ...)
{
    va_list arguments;
    va_start(arguments, kind);
    char *text = NULL;
    cr_asprintf(&text, "assertion failed: %s", va_arg(arguments, const char *));
    va_end(arguments);
    return text;
}
