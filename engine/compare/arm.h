/*
 * One side of a comparison: run directories, each with its metrics, its environment and when it was measured.
 */
#ifndef PB_COMPARE_ARM_H
#define PB_COMPARE_ARM_H

#include "engine/compare/environment.h"
#include "engine/compare/metrics.h"

struct pb_arm_run {
	char *dir, *profile;
	char *started_utc, *ended_utc; /* RFC 3339, "" when the manifest has none */
	char *identity;                /* equal for two copies of one run */
	struct pb_metrics metrics;
	struct pb_environment environment;
	struct pb_strv changes; /* settings that changed while it ran: "governor: performance -> powersave" */
};

struct pb_arm {
	struct pb_arm_run *v; /* n, owned */
	size_t n;
};

/*
 * Adds the runs that spec names: a run directory, a folder that holds some (down to three levels; what lies
 * inside a run directory is not looked at), or several of them separated by commas. Any damaged, edited or
 * unfinished run, a run that is named twice and a folder without runs are PB_USAGE. On failure the arm holds
 * what was read.
 */
int pb_arm_read(struct pb_arm *arm, const char *spec, struct pb_err *err);
/* PB_USAGE when a run is in both arms: it would be compared with itself. */
int pb_arm_disjoint(const struct pb_arm *a, const struct pb_arm *b, struct pb_err *err);
void pb_arm_fini(struct pb_arm *arm);

#endif
