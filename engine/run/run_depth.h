/*
 * The depth at which a finished run is repeated.
 */
#ifndef PB_RUN_RUN_DEPTH_H
#define PB_RUN_RUN_DEPTH_H

#include <jansson.h>

#include "engine/lib/err.h"

/* The depth that the run in dir recommends, or else the one with the best IOPS in its steps.csv. PB_INVALID
 * when no step is valid. */
int pb_run_depth(const char *dir, const json_t *manifest, unsigned *depth, struct pb_err *err);

#endif
