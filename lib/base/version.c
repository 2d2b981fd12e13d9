/* SPDX-License-Identifier: MIT */
#include <stet/version.h>

const char *stet_version(void) { return STET_VERSION; }
