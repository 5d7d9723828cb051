/*
 * What an analyzer is: a pure function from a run directory to findings.
 * One file per family and one line in analyzers.def. The same directory gives
 * byte-identical findings on any machine.
 */
#ifndef PB_ANALYZERS_ANALYZER_H
#define PB_ANALYZERS_ANALYZER_H

#include "engine/lib/csv.h"
#include "engine/lib/findings.h"
#include "engine/lib/rundir.h"

/* A run directory opened for reading; tables are read on first use and kept. */
struct pb_run;
int pb_run_open(struct pb_run **run, const char *dir, struct pb_err *err);
void pb_run_close(struct pb_run *run);
const json_t *pb_run_manifest(const struct pb_run *run);
const char *pb_run_path(
	const struct pb_run *run); /* "vfio", "virtio-blk", "local": decides which knobs exist */
/* NULL when the manifest lists no such file. Borrowed. A wrong hash makes pb_run_open fail, a damaged form
 * pb_analyze. */
const struct pb_table *pb_run_table(struct pb_run *run, const char *file);

struct pb_rule {
	const char *id;     /* "R-I2" */
	const char *help;   /* one line for `passbench list rules` */
	const char *paths;  /* where its knobs exist: "vfio", "vfio,virtio-blk,local" */
	const char *source; /* "docs/rules.md B2" in words a user can find: see docs/rules.md */
	/* Adds zero or more findings. 0 or -errno (no memory). Called only when the run's path is in `paths`.
	 */
	int (*eval)(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
};

struct pb_analyzer {
	const char *name; /* family: "depth" */
	const char *help;
	const struct pb_rule *rules; /* ends with .id = NULL */
};

#define PB_ANALYZER(id) extern const struct pb_analyzer pb_analyzer_##id;
#include "analyzers/analyzers.def"
#undef PB_ANALYZER

extern const struct pb_analyzer *const pb_analyzers[]; /* NULL-terminated */

/* Runs every rule whose path fits and sorts the findings. */
int pb_analyze(struct pb_run *run, struct pb_findings *out, struct pb_err *err);

#endif
