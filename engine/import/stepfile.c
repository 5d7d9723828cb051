/*
 * Writes steps and histograms as docs/run-directory.md has them. Computes nothing.
 */
#include "engine/import/stepfile.h"

#include <errno.h>
#include <math.h>

#include "engine/lib/csv.h"
#include "engine/lib/replace.h"

#define STEPS "steps.csv"
#define LATENCY "guest/" PB_IMPORT_GUEST "/latency.csv"

const char *const pb_direction_names[PB_DIRECTIONS] = {"read", "write", "trim"};

void pb_import_step_init(struct pb_import_step *s)
{
	const struct pb_ci none = {NAN, NAN, NAN};

	*s = (struct pb_import_step){.mean_depth = NAN,
				     .completed = NAN,
				     .failed = NAN,
				     .bytes = NAN,
				     .iops = none,
				     .bw_bytes_s = NAN,
				     .lat_mean_ns = NAN,
				     .p50_ns = none,
				     .p99_ns = none,
				     .p999_ns = NAN,
				     .batches = NAN,
				     .lag1 = NAN,
				     .reason = ""};
}

static FILE *begin(struct pb_stepfile *f, const char *name, const char *header, struct pb_err *err)
{
	FILE *out = pb_rundir_begin(f->dir, name, err);

	if (out)
		fprintf(out, "%s\n", header);
	return out;
}

/* A count: whole, or not available. */
static void count(struct pb_csv *c, double v)
{
	pb_csv_i64(c, isfinite(v) && v < 9e18 ? (int64_t)llround(v) : PB_NA);
}

static void interval(struct pb_csv *c, const struct pb_ci *ci)
{
	pb_csv_num(c, ci->est);
	pb_csv_num(c, ci->lo);
	pb_csv_num(c, ci->hi);
}

static void add_bins(struct pb_stepfile *f, const struct pb_import_step *s)
{
	struct pb_csv c = {.f = f->latency};

	for (int dir = 0; dir < PB_DIRECTIONS; dir++)
		for (unsigned bin = 0; bin < PB_HIST_BINS; bin++) {
			if (!s->bins[dir][bin])
				continue;
			pb_csv_i64(&c, s->t0_ns);
			pb_csv_i64(&c, s->t1_ns);
			pb_csv_i64(&c, s->depth);
			pb_csv_str(&c, pb_direction_names[dir]);
			pb_csv_i64(&c, bin);
			pb_csv_i64(&c, (int64_t)pb_hist_mid(bin));
			pb_csv_i64(&c, (int64_t)s->bins[dir][bin]);
			pb_csv_end(&c);
		}
}

static void add_row(struct pb_stepfile *f, const struct pb_import_step *s)
{
	struct pb_csv c = {.f = f->steps};

	pb_csv_i64(&c, s->t0_ns);
	pb_csv_i64(&c, s->t1_ns);
	pb_csv_str(&c, PB_IMPORT_GUEST);
	pb_csv_str(&c, "sweep");
	pb_csv_i64(&c, 0);
	pb_csv_i64(&c, s->depth);
	pb_csv_num(&c, s->mean_depth);
	count(&c, s->completed);
	count(&c, s->failed);
	count(&c, s->bytes);
	interval(&c, &s->iops);
	pb_csv_num(&c, s->bw_bytes_s);
	pb_csv_num(&c, s->lat_mean_ns);
	interval(&c, &s->p50_ns);
	interval(&c, &s->p99_ns);
	pb_csv_num(&c, s->p999_ns);
	count(&c, s->batches);
	pb_csv_num(&c, s->lag1);
	pb_csv_i64(&c, !s->reason[0]);
	pb_csv_str(&c, s->reason);
	pb_csv_end(&c);
}

int pb_stepfile_add(struct pb_stepfile *f, const struct pb_import_step *s, struct pb_err *err)
{
	if (!f->steps)
		f->steps =
			begin(f, STEPS,
			      "t_ns,t_end_ns,guest,phase,block,depth,mean_depth,completed,failed,bytes,iops,"
			      "iops_lo,iops_hi,bw_bytes_s,lat_mean_ns,lat_p50_ns,lat_p50_lo_ns,lat_p50_hi_ns,"
			      "lat_p99_ns,lat_p99_lo_ns,lat_p99_hi_ns,lat_p999_ns,batches,lag1,valid,reason",
			      err);
	if (f->steps && s->bins && !f->latency)
		f->latency = begin(f, LATENCY, "t_ns,t_end_ns,depth,dir,bin,lat_ns,count", err);
	if (!f->steps || (s->bins && !f->latency))
		return -EIO;
	add_row(f, s);
	if (s->bins)
		add_bins(f, s);
	f->first_ns = !f->n || s->t0_ns < f->first_ns ? s->t0_ns : f->first_ns;
	f->last_ns = !f->n || s->t1_ns > f->last_ns ? s->t1_ns : f->last_ns;
	f->failed += s->failed;
	f->n++;
	return 0;
}

int pb_stepfile_finish(struct pb_stepfile *f, struct pb_err *err)
{
	FILE *steps = f->steps, *latency = f->latency;
	int rc = 0;

	f->steps = f->latency = NULL;
	if (steps)
		rc = pb_rundir_commit(f->dir, steps, STEPS, err);
	if (latency && rc)
		pb_replace_cancel(f->dir->fd, latency, LATENCY);
	else if (latency)
		rc = pb_rundir_commit(f->dir, latency, LATENCY, err);
	return rc;
}

void pb_stepfile_cancel(struct pb_stepfile *f)
{
	if (f->steps)
		pb_replace_cancel(f->dir->fd, f->steps, STEPS);
	if (f->latency)
		pb_replace_cancel(f->dir->fd, f->latency, LATENCY);
	f->steps = f->latency = NULL;
}
