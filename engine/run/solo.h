/*
 * The same disk measured alone, from an earlier run directory: what `run --solo DIR` puts into the manifest,
 * so that a run beside neighbours says by itself what they cost.
 */
#ifndef PB_RUN_SOLO_H
#define PB_RUN_SOLO_H

#include <jansson.h>

#include "engine/lib/err.h"

/* {dir, started_utc, serial, profile, points: [{depth, iops, iops_lo, iops_hi, lat_p99_ns}..]}: the last
 * valid window of each depth of the sweep. New reference. PB_USAGE when the run has none. */
int pb_solo_load(json_t **solo, const char *dir, struct pb_err *err);
/* PB_USAGE when the manifest's disk or profile is another than the solo run's: they do not compare. */
int pb_solo_fits(const json_t *solo, const json_t *manifest, struct pb_err *err);

#endif
