/* SPDX-License-Identifier: MIT */
#include <stet/version.h>

#include <criterion/criterion.h>
#include <stdio.h>

Test(version, library_and_headers_agree)
{
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", STET_VERSION_MAJOR, STET_VERSION_MINOR, STET_VERSION_PATCH);
    cr_assert_str_eq(stet_version(), STET_VERSION);
    cr_assert_str_eq(stet_version(), text);
}
