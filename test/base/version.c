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

Test(version, number_orders_versions)
{
    int major = STET_VERSION_NUMBER / 1000000, minor = STET_VERSION_NUMBER / 1000 % 1000,
        patch = STET_VERSION_NUMBER % 1000;
    cr_assert_eq(major, STET_VERSION_MAJOR);
    cr_assert_eq(minor, STET_VERSION_MINOR);
    cr_assert_eq(patch, STET_VERSION_PATCH);
#if STET_VERSION_NUMBER < 1000
    cr_assert_fail("before 0.1.0");
#endif
}
