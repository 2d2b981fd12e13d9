/* SPDX-License-Identifier: MIT */
/*
 * The version of stet: of the headers at compile time (STET_VERSION, a string, and STET_VERSION_MAJOR, _MINOR, _PATCH),
 * and of the library at run time (stet_version). `#if STET_VERSION_NUMBER >= 2003` asks for 0.2.3 or later.
 */
#ifndef STET_VERSION_H
#define STET_VERSION_H

#include <stet/config.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library that is linked, as "MAJOR.MINOR.PATCH". The string is static. */
STET_API const char *stet_version(void);

#ifdef __cplusplus
}
#endif

#endif
