/*
 * What other run directories measured while this one did. Times are the host's clock, so only runs of one
 * boot can be laid side by side. Nothing is judged here: fairness.c and neighbour_load.c do.
 */
#include "analyzers/beside.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/solo.h"
#include "engine/lib/json.h"

#define SCHEMA 1
#define SERIES_MAX 8192

double pb_beside_bytes(struct pb_run *run, int64_t t0_ns, int64_t t1_ns)
{
	char file[300];
	const struct pb_table *t =
		pb_run_table(run, pb_run_guest_file(run, file, sizeof(file), "engine.csv"));

	return pb_rate_sum(t, "read_bytes", NULL, "job", t0_ns, t1_ns) +
	       pb_rate_sum(t, "write_bytes", NULL, "job", t0_ns, t1_ns);
}

static json_t *number(double v)
{
	return isfinite(v) ? json_real(round(v * 1e6) / 1e6) : json_null();
}

/* What the neighbour moved in each bin of this run's valid windows, and a little before: it may lead. */
static json_t *series(struct pb_run *other, const struct pb_sweep *mine)
{
	json_t *list = json_array();
	int64_t from = INT64_MAX / 2, to = 0;

	for (unsigned i = 0; i < mine->n; i++) {
		from = mine->p[i].t0_ns < from ? mine->p[i].t0_ns : from;
		to = mine->p[i].t1_ns > to ? mine->p[i].t1_ns : to;
	}
	for (int64_t t = from - 4 * PB_BESIDE_BIN_NS; t < to && json_array_size(list) < SERIES_MAX;
	     t += PB_BESIDE_BIN_NS) {
		double v = pb_beside_bytes(other, t, t + PB_BESIDE_BIN_NS);

		if (!isnan(v))
			json_array_append_new(list, json_pack("[I,o]", (json_int_t)t, number(v)));
	}
	return list;
}

static int one(json_t *runs, struct pb_run *run, const struct pb_sweep *mine, const char *dir,
	       struct pb_err *err)
{
	const struct pb_point *top = pb_sweep_top(mine);
	const char *boot = pb_json_str(pb_run_manifest(run), "boot_id", "");
	struct pb_run *other = NULL;
	struct pb_sweep *s = calloc(1, sizeof(*s));
	struct pb_solo solo;
	double bytes;
	int rc = s ? pb_run_open(&other, dir, err) : pb_fail(err, PB_MISSING, ENOMEM, "out of memory");

	if (rc < 0)
		goto out;
	bytes = pb_beside_bytes(other, top->t0_ns, top->t1_ns);
	if (!boot[0] || strcmp(boot, pb_json_str(pb_run_manifest(other), "boot_id", "")) != 0)
		rc = pb_fail(err, PB_USAGE, EINVAL,
			     "--beside %.300s: it was measured after another start of the machine: the two "
			     "have no time in common",
			     dir);
	else if (isnan(bytes))
		rc = pb_fail(err, PB_USAGE, EINVAL,
			     "--beside %.300s: it did not measure while this run had its largest throughput",
			     dir);
	if (rc < 0)
		goto out;
	pb_sweep_read(s, other);
	pb_sweep_valid(s);
	pb_solo_read(&solo, other, s);
	json_array_append_new(runs, json_pack("{s:s,s:s,s:o,s:o,s:o}", "dir", dir, "serial",
					      pb_json_str(pb_run_section(other, "disk"), "serial", ""),
					      "bytes_s", number(bytes), "share", number(1 / solo.ratio),
					      "series", series(other, mine)));
	rc = pb_run_status(other, err);
out:
	pb_run_close(other);
	free(s);
	return rc;
}

/* The same file of the disk means the same run: its counters would be its own neighbour. */
static bool is_same(const struct pb_run *run, const char *dir)
{
	char *a = realpath(pb_run_dirname(run), NULL), *b = realpath(dir, NULL);
	bool same = a && b && strcmp(a, b) == 0;

	free(a);
	free(b);
	return same;
}

int pb_beside_write(struct pb_run *run, const struct pb_strv *dirs, struct pb_err *err)
{
	struct pb_sweep *mine = calloc(1, sizeof(*mine));
	json_t *runs = json_array(), *doc;
	int rc = 0;

	if (!mine) {
		json_decref(runs);
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	}
	pb_sweep_read(mine, run);
	pb_sweep_valid(mine);
	if (!pb_sweep_top(mine))
		rc = pb_fail(err, PB_USAGE, EINVAL, "%s has no valid step: nothing can be laid beside it",
			     pb_run_dirname(run));
	else if (dirs->n > PB_BESIDE_MAX)
		rc = pb_fail(err, PB_USAGE, EINVAL, "--beside names %zu runs; %d is the most", dirs->n,
			     PB_BESIDE_MAX);
	for (size_t i = 0; i < dirs->n && rc == 0; i++)
		rc = is_same(run, dirs->v[i]) ? pb_fail(err, PB_USAGE, EINVAL,
							"--beside %.300s is this run itself", dirs->v[i])
					      : one(runs, run, mine, dirs->v[i], err);
	doc = json_pack("{s:i,s:o}", "schema", SCHEMA, "runs", runs);
	if (rc == 0)
		rc = pb_json_write(doc, pb_run_dirfd(run), PB_BESIDE_FILE, err);
	json_decref(doc);
	free(mine);
	return rc;
}

int pb_beside_read(struct pb_beside *b, const struct pb_run *run, struct pb_err *err)
{
	struct pb_err none = PB_ERR_INIT;
	const json_t *j;
	size_t i;
	int rc;

	*b = (struct pb_beside){.n = 0};
	rc = pb_json_read(&b->doc, pb_run_dirfd(run), PB_BESIDE_FILE, &none);
	if (rc == -ENOENT)
		return 0;
	if (rc < 0) {
		*err = none;
		return rc;
	}
	if (pb_json_i64(b->doc, "schema", 0) != SCHEMA)
		return pb_fail(err, PB_USAGE, EPROTO, PB_BESIDE_FILE ": schema %lld; this passbench reads %d",
			       (long long)pb_json_i64(b->doc, "schema", 0), SCHEMA);
	json_array_foreach(json_object_get(b->doc, "runs"), i, j)
	{
		if (b->n == PB_BESIDE_MAX)
			break;
		b->v[b->n++] = (struct pb_beside_run){.dir = pb_json_str(j, "dir", "?"),
						      .serial = pb_json_str(j, "serial", ""),
						      .bytes_s = pb_json_num(j, "bytes_s", NAN),
						      .share = pb_json_num(j, "share", NAN),
						      .series = json_object_get(j, "series")};
	}
	return 0;
}

void pb_beside_fini(struct pb_beside *b)
{
	json_decref(b->doc);
	*b = (struct pb_beside){.n = 0};
}
