/*
 * Reads the curve of an earlier run. It decides nothing: the analyzers compare.
 */
#include "engine/run/solo.h"

#include <errno.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"
#include "engine/lib/rundir.h"

static json_t *number(double v)
{
	return isnan(v) ? json_null() : json_real(v);
}

static json_t *point(const struct pb_table *t, size_t row)
{
	return json_pack("{s:I,s:o,s:o,s:o,s:o}", "depth",
			 (json_int_t)pb_table_i64(t, row, pb_table_col(t, "depth")), "iops",
			 number(pb_table_num(t, row, pb_table_col(t, "iops"))), "iops_lo",
			 number(pb_table_num(t, row, pb_table_col(t, "iops_lo"))), "iops_hi",
			 number(pb_table_num(t, row, pb_table_col(t, "iops_hi"))), "lat_p99_ns",
			 number(pb_table_num(t, row, pb_table_col(t, "lat_p99_ns"))));
}

/* A later window of a depth replaces an earlier one. */
static void put(json_t *points, json_t *p)
{
	json_t *old;
	size_t i;

	json_array_foreach(points, i, old) if (pb_json_i64(old, "depth", -1) == pb_json_i64(p, "depth", 0))
	{
		json_array_set_new(points, i, p);
		return;
	}
	json_array_append_new(points, p);
}

static json_t *curve(const struct pb_table *t)
{
	json_t *points = json_array();

	for (size_t row = 0; row < pb_table_rows(t); row++)
		if (strcmp(pb_table_str(t, row, pb_table_col(t, "phase")), "sweep") == 0 &&
		    pb_table_i64(t, row, pb_table_col(t, "valid")) == 1)
			put(points, point(t, row));
	return points;
}

int pb_solo_load(json_t **solo, const char *dir, struct pb_err *err)
{
	struct pb_table *t = NULL;
	struct pb_rundir d;
	json_t *points;
	int rc = pb_rundir_open(&d, dir, err);

	if (rc < 0)
		return rc;
	rc = pb_table_read(&t, d.fd, "steps.csv", err);
	points = rc == 0 ? curve(t) : NULL;
	pb_table_free(t);
	if (json_array_size(points) == 0) {
		if (rc == 0 || rc == -ENOENT)
			rc = pb_fail(err, PB_USAGE, EINVAL, "--solo %s: that run has no valid window", dir);
		json_decref(points);
	} else {
		*solo = json_pack("{s:s,s:s,s:s,s:s,s:o}", "dir", dir, "started_utc",
				  pb_json_str(d.manifest, "started_utc", ""), "serial",
				  pb_json_str(json_object_get(d.manifest, "disk"), "serial", ""), "profile",
				  pb_json_str(json_object_get(d.manifest, "profile"), "name", ""), "points",
				  points);
	}
	pb_rundir_close(&d);
	return rc;
}

int pb_solo_fits(const json_t *solo, const json_t *manifest, struct pb_err *err)
{
	const char *serial = pb_json_str(json_object_get(manifest, "disk"), "serial", "");
	const char *profile = pb_json_str(json_object_get(manifest, "profile"), "name", "");
	const char *dir = pb_json_str(solo, "dir", "?");

	if (strcmp(pb_json_str(solo, "serial", ""), serial) != 0)
		return pb_fail(err, PB_USAGE, EINVAL, "--solo %s measured the disk '%s', this is '%s'", dir,
			       pb_json_str(solo, "serial", ""), serial);
	if (strcmp(pb_json_str(solo, "profile", ""), profile) != 0)
		return pb_fail(err, PB_USAGE, EINVAL, "--solo %s ran the profile %s, this run %s", dir,
			       pb_json_str(solo, "profile", ""), profile);
	return 0;
}
