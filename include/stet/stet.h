/* SPDX-License-Identifier: MIT */
/*
 * stet/stet.h - the whole library: includes every public header.
 *
 * The cost is that of preprocessing: nothing is compiled for a collection that a program does not instantiate.
 */
#ifndef STET_STET_H
#define STET_STET_H

#include <stet/atom.h>
#include <stet/atom_map.h>
#include <stet/base.h>
#include <stet/inspect.h>
#include <stet/list.h>
#include <stet/live_map.h>
#include <stet/map.h>
#include <stet/pool.h>
#include <stet/record.h>
#include <stet/release.h>
#include <stet/set.h>
#include <stet/sorted_fold.h>
#include <stet/sorted_map.h>
#include <stet/sorted_set.h>
#include <stet/str.h>
#include <stet/type.h>
#include <stet/version.h>

#endif
