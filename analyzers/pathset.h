/*
 * The visits of a comparison of paths (DIR/paths) or of numbers of vCPUs (DIR/vcpus), as numbers: for each
 * arm, depth and metric one value a visit.
 */
#ifndef PB_ANALYZERS_PATHSET_H
#define PB_ANALYZERS_PATHSET_H

#include "analyzers/analyzer.h"
#include "engine/lib/stats.h"

#define PB_PATHSET_ARMS 10
#define PB_PATHSET_VISITS 100
#define PB_PATHSET_DEPTHS 2
/* Folders, each with a FOLDER.json of one form. */
#define PB_PATHSET_PATHS "paths"
#define PB_PATHSET_VCPUS "vcpus"

enum pb_path_metric {
	PB_PATH_IOPS, /* 1/s */
	PB_PATH_P50,  /* ns */
	PB_PATH_P99,  /* ns */
	PB_PATH_CPU,  /* us of host CPU for one I/O: all CPUs that were not idle, the load itself included */
	PB_PATH_METRICS
};

const char *pb_path_metric_name(enum pb_path_metric m); /* "iops", "lat_p50", "lat_p99", "cpu_us_per_io" */

struct pb_pathset_arm {
	const char *name, *attach, *failed; /* borrowed from the set; attach and failed NULL = none */
	unsigned visits;                    /* with a valid window at every depth */
	int64_t vcpus;                      /* of its guest, as its visits' manifests say; PB_NA = unknown */
	double v[PB_PATHSET_DEPTHS][PB_PATH_METRICS][PB_PATHSET_VISITS];
};

struct pb_pathset {
	const char *folder;
	json_t *doc; /* FOLDER.json */
	unsigned depth[PB_PATHSET_DEPTHS], n_depths, n;
	double host_cpus;
	struct pb_pathset_arm *arm; /* n of them, the host's own driver first; owned */
};

/* folder is one of PB_PATHSET_*. 0 with n = 0 when the run compared nothing there; -errno for a damaged
 * FOLDER.json or visit: nothing to free then. */
int pb_pathset_read(struct pb_pathset *s, struct pb_run *run, const char *folder, struct pb_err *err);
void pb_pathset_fini(struct pb_pathset *s);
/* Arm against arm 0 at depth d. All NAN with too few visits. */
struct pb_compare pb_pathset_compare(const struct pb_pathset *s, unsigned base, unsigned arm, unsigned d,
				     enum pb_path_metric m);
double pb_pathset_median(const struct pb_pathset *s, unsigned arm, unsigned d, enum pb_path_metric m);

#endif
