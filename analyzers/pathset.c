/*
 * Reads the visits of a comparison. Each visit is a run directory with
 * hashes of its own; a damaged one makes the analysis fail, like any damaged table.
 */
#include "analyzers/pathset.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/sweep.h"
#include "engine/lib/json.h"

#define SCHEMA 1

const char *pb_path_metric_name(enum pb_path_metric m)
{
	static const char *const names[PB_PATH_METRICS] = {"iops", "lat_p50", "lat_p99", "cpu_us_per_io"};

	return names[m];
}

/* Host CPU that was not idle over the window, in CPUs; NAN when not known. */
static double busy_cpus(struct pb_run *visit, int64_t t0, int64_t t1, double *cpus)
{
	const struct pb_table *t = pb_run_table(visit, "host/cpu.csv");
	struct pb_strv names = {0};
	double busy = 0;

	if (!t || pb_distinct(t, "cpu", NULL, &names) < 0 || names.n == 0) {
		pb_strv_fini(&names);
		return NAN;
	}
	*cpus = (double)names.n;
	for (size_t i = 0; i < names.n; i++) {
		const struct pb_match m[] = {{"cpu", names.v[i]}, {NULL, NULL}};

		busy += 1 - (pb_rate(t, "idle_ns", m, t0, t1) + pb_rate(t, "iowait_ns", m, t0, t1)) / 1e9;
	}
	pb_strv_fini(&names);
	return busy;
}

/* The last valid window at that depth (earlier ones were measured again because they were not). */
static bool read_depth(struct pb_run *visit, unsigned depth, double v[PB_PATH_METRICS], double *cpus)
{
	const struct pb_table *t = pb_run_table(visit, "steps.csv");
	bool found = false;

	for (size_t i = 0; t && i < pb_table_rows(t); i++) {
		double busy;

		if (pb_table_i64(t, i, pb_table_col(t, "depth")) != (int64_t)depth ||
		    pb_table_i64(t, i, pb_table_col(t, "valid")) != 1)
			continue;
		if (!pb_sweep_window(pb_table_i64(t, i, pb_table_col(t, "t_ns")),
				     pb_table_i64(t, i, pb_table_col(t, "t_end_ns"))))
			continue;
		v[PB_PATH_IOPS] = pb_table_num(t, i, pb_table_col(t, "iops"));
		v[PB_PATH_P50] = pb_table_num(t, i, pb_table_col(t, "lat_p50_ns"));
		v[PB_PATH_P99] = pb_table_num(t, i, pb_table_col(t, "lat_p99_ns"));
		busy = busy_cpus(visit, pb_table_i64(t, i, pb_table_col(t, "t_ns")),
				 pb_table_i64(t, i, pb_table_col(t, "t_end_ns")), cpus);
		v[PB_PATH_CPU] = busy * 1e6 / v[PB_PATH_IOPS];
		found = v[PB_PATH_IOPS] > 0;
	}
	return found;
}

static int read_visit(struct pb_pathset *s, struct pb_run *run, struct pb_pathset_arm *a, const char *name,
		      struct pb_err *err)
{
	double v[PB_PATHSET_DEPTHS][PB_PATH_METRICS];
	struct pb_run *visit = NULL;
	char path[1200];
	bool all = true;
	int rc;

	if (!name[0] || strchr(name, '/') || name[0] == '.')
		return pb_fail(err, PB_USAGE, EBADMSG,
			       "%s/%s.json names a visit '%s', which is no folder's name", s->folder,
			       s->folder, name);
	snprintf(path, sizeof(path), "%s/%s/%s", pb_run_dirname(run), s->folder, name);
	rc = pb_run_open(&visit, path, err);
	if (rc < 0)
		return rc;
	for (unsigned d = 0; d < s->n_depths; d++)
		all &= read_depth(visit, s->depth[d], v[d], &s->host_cpus);
	a->vcpus = pb_json_i64(pb_run_section(visit, "guest"), "vcpus", PB_NA);
	rc = pb_run_status(visit, err);
	pb_run_close(visit);
	if (rc < 0 || !all || a->visits == PB_PATHSET_VISITS)
		return rc;
	for (unsigned d = 0; d < s->n_depths; d++)
		for (unsigned m = 0; m < PB_PATH_METRICS; m++)
			a->v[d][m][a->visits] = v[d][m];
	a->visits++;
	return 0;
}

static int read_arms(struct pb_pathset *s, struct pb_run *run, struct pb_err *err)
{
	const json_t *arms = json_object_get(s->doc, "arms");
	int rc = 0;

	if (json_array_size(arms) == 0 || json_array_size(arms) > PB_PATHSET_ARMS)
		return pb_fail(err, PB_USAGE, EBADMSG, "%s/%s.json: %zu arms; 1 to %d can be read", s->folder,
			       s->folder, json_array_size(arms), PB_PATHSET_ARMS);
	s->arm = calloc(json_array_size(arms), sizeof(*s->arm));
	if (!s->arm)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	for (; s->n < json_array_size(arms) && rc == 0; s->n++) {
		const json_t *j = json_array_get(arms, s->n), *visits = json_object_get(j, "visits");
		struct pb_pathset_arm *a = &s->arm[s->n];

		a->name = pb_json_str(j, "name", "?");
		a->attach = pb_json_str(j, "attach", NULL);
		a->failed = pb_json_str(j, "failed", NULL);
		a->vcpus = PB_NA;
		for (size_t i = 0; i < json_array_size(visits) && rc == 0; i++) {
			const char *name = json_string_value(json_array_get(visits, i));

			rc = read_visit(s, run, a, name ? name : "", err);
		}
	}
	return rc;
}

static int read_set(struct pb_pathset *s, struct pb_run *run, const char *folder, struct pb_err *err)
{
	const json_t *depths;
	struct pb_err none = PB_ERR_INIT;
	char file[64];
	int rc;

	*s = (struct pb_pathset){.folder = folder};
	snprintf(file, sizeof(file), "%s/%s.json", folder, folder);
	rc = pb_json_read(&s->doc, pb_run_dirfd(run), file, &none);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0) {
		*err = none;
		return rc;
	}
	if (pb_json_i64(s->doc, "schema", 0) != SCHEMA)
		return pb_fail(err, PB_USAGE, EPROTO, "%s: schema %lld; this passbench reads %d", file,
			       (long long)pb_json_i64(s->doc, "schema", 0), SCHEMA);
	depths = json_object_get(s->doc, "depths");
	for (size_t i = 0; i < json_array_size(depths) && s->n_depths < PB_PATHSET_DEPTHS; i++) {
		json_int_t d = json_integer_value(json_array_get(depths, i));

		if (d > 0 && (s->n_depths == 0 || d != s->depth[0]))
			s->depth[s->n_depths++] = (unsigned)d;
	}
	return s->n_depths ? read_arms(s, run, err)
			   : pb_fail(err, PB_USAGE, EBADMSG, "%s has no depths", file);
}

void pb_pathset_fini(struct pb_pathset *s)
{
	free(s->arm);
	json_decref(s->doc);
	*s = (struct pb_pathset){0};
}

struct pb_compare pb_pathset_compare(const struct pb_pathset *s, unsigned base, unsigned arm, unsigned d,
				     enum pb_path_metric m)
{
	const struct pb_pathset_arm *a = &s->arm[base], *b = &s->arm[arm];
	const struct pb_compare none = {.ratio = {NAN, NAN, NAN}, .p = NAN};

	for (unsigned i = 0; i < a->visits; i++)
		if (!(a->v[d][m][i] > 0))
			return none;
	for (unsigned i = 0; i < b->visits; i++)
		if (!(b->v[d][m][i] > 0))
			return none;
	return a->visits && b->visits ? pb_stats_compare(a->v[d][m], a->visits, b->v[d][m], b->visits) : none;
}

int pb_pathset_read(struct pb_pathset *s, struct pb_run *run, const char *folder, struct pb_err *err)
{
	int rc = read_set(s, run, folder, err);

	if (rc < 0)
		pb_pathset_fini(s);
	return rc;
}

double pb_pathset_median(const struct pb_pathset *s, unsigned arm, unsigned d, enum pb_path_metric m)
{
	const struct pb_pathset_arm *a = &s->arm[arm];

	return a->visits ? pb_stats_median(a->v[d][m], a->visits) : NAN;
}
