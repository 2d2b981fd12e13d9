/* SPDX-License-Identifier: MIT */
#include "live_shape.h"
