/* SPDX-License-Identifier: MIT */
/*
 * every.c in a program that defines macros between the headers and what it makes of theirs: the macros of the headers
 * pass on no word that such a macro could replace, other than names of members that users write.
 */
#include <stet/atom.h>
#include <stet/atom_map.h>
#include <stet/inspect.h>
#include <stet/live_map.h>
#include <stet/list.h>
#include <stet/map.h>
#include <stet/pool.h>
#include <stet/set.h>
#include <stet/sorted_fold.h>
#include <stet/sorted_map.h>
#include <stet/sorted_set.h>
#include <stet/str.h>

#include <stdio.h>

#define atom_map @atom_map
#define core @core
#define entry @entry
#define list @list
#define live @live
#define map @map
#define node @node
#define published @published
#define set @set
#define sorted @sorted
#define tree @tree
#define type @type

#include "every.c"
