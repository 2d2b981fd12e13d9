/* SPDX-License-Identifier: MIT */
/*
 * What a program outside this tree does with an installed stet. Compiled as C17 and as C++17, by gcc and
 * clang, warnings being errors, and linked with either library.
 */
#include <stet/version.h>

#include <stdio.h>
#include <string.h>

static int failures;

static void expect(int condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "consumer: %s\n", what);
        failures++;
    }
}

static void versions(void)
{
    expect(strcmp(stet_version(), STET_VERSION) == 0, "library and headers are of one version");
}

int main(void)
{
    versions();
    return failures != 0;
}
