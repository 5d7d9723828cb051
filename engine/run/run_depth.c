/*
 * Reads from a finished run which depth is worth repeating.
 */
#include "engine/run/run_depth.h"

#include <errno.h>

#include "engine/lib/json.h"
#include "engine/lib/sysfs.h"
#include "engine/lib/csv.h"

int pb_run_depth(const char *dir, const json_t *manifest, unsigned *depth, struct pb_err *err)
{
	int64_t chosen = pb_json_i64(json_object_get(manifest, "search"), "chosen_depth", 0);
	struct pb_root at = {.fd = -1};
	struct pb_table *steps = NULL;
	double best = 0;
	int rc = 0;

	*depth = chosen > 0 ? (unsigned)chosen : 0;
	if (*depth)
		return 0;
	rc = pb_root_open(&at, dir, err);
	if (rc == 0)
		rc = pb_table_read(&steps, at.fd, "steps.csv", err);
	for (size_t i = 0; rc == 0 && i < pb_table_rows(steps); i++) {
		double iops = pb_table_num(steps, i, pb_table_col(steps, "iops"));

		if (pb_table_i64(steps, i, pb_table_col(steps, "valid")) == 1 && iops > best) {
			best = iops;
			*depth = (unsigned)pb_table_i64(steps, i, pb_table_col(steps, "depth"));
		}
	}
	pb_table_free(steps);
	pb_root_close(&at);
	if (rc == 0 && !*depth)
		return pb_fail(err, PB_INVALID, EINVAL, "%s has no valid step to repeat", dir);
	return rc;
}
