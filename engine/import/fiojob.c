/*
 * Adds up what fio says of the jobs of a group. Where fio's summary cannot be added up (quantiles of several
 * jobs without histograms) nothing is made up.
 */
#include "engine/import/fiojob.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"

/* More than any count, rate or time that fio can have measured. */
#define LARGEST 1e18
#define DEPTH_MAX 1000000
/* Engines that have one I/O in flight whatever iodepth says (fio HOWTO, "iodepth"). */
static const char *const sync_engines[] = {"psync",   "sync", "vsync",     "pvsync",
					   "pvsync2", "mmap", "rdma_sync", NULL};

struct source {
	const char *file, *job, *dir;
	struct pb_err *err;
	bool failed;
};

const char *pb_fio_option(const json_t *global, const json_t *job, const char *name, const char *dflt)
{
	const char *text = pb_json_str(json_object_get(job, "job options"), name, NULL);

	return text ? text : pb_json_str(global, name, dflt);
}

static int64_t option_count(const json_t *global, const json_t *job, const char *name)
{
	long v = strtol(pb_fio_option(global, job, name, "1"), NULL, 10);

	return v < 1 ? 1 : v > DEPTH_MAX ? DEPTH_MAX : v;
}

/* A number of fio's; 0 when it is absent. What cannot be is recorded once. */
static double number(struct source *s, const json_t *o, const char *key)
{
	double v = pb_json_num(o, key, 0);
	bool odd = json_object_get(o, key) && !json_is_number(json_object_get(o, key));

	if (!odd && v >= 0 && v <= LARGEST)
		return v;
	if (!s->failed)
		pb_fail(s->err, PB_USAGE, EINVAL, "%s: job '%.60s', %s%s%s is %s; the file is damaged",
			s->file, s->job, s->dir, *s->dir ? "." : "", key,
			odd     ? "no number"
			: v < 0 ? "negative"
				: "impossibly large");
	s->failed = true;
	return 0;
}

static void add_bins(struct pb_fio_group *g, int dir, const json_t *bins, struct source *s)
{
	const char *key;
	json_t *count;

	json_object_foreach((json_t *)bins, key, count)
	{
		char *end;
		unsigned long long ns = strtoull(key, &end, 10);
		double n = number(s, bins, key);

		if (s->failed)
			return;
		if (end == key || *end) {
			s->failed = true;
			pb_fail(s->err, PB_USAGE, EINVAL,
				"%s: job '%.60s', %s: '%.40s' is no bin of a histogram", s->file, s->job,
				s->dir, key);
			return;
		}
		g->bins[dir][pb_hist_bin(ns)] += (uint64_t)n;
	}
}

/* Quantile of fio's list: its keys have six decimals. NAN when fio was not asked for it. */
static double percentile(const json_t *list, const char *key)
{
	double v = pb_json_num(list, key, NAN);

	return v >= 0 && v <= LARGEST ? v : NAN;
}

static void add_latency(struct pb_fio_group *g, int dir, const json_t *d, struct source *s)
{
	const json_t *clat = json_object_get(d, "clat_ns"), *lat = json_object_get(d, "lat_ns"), *from = clat;
	const json_t *list;
	double n;

	/* with lat_percentiles=1 fio keeps quantiles of the whole latency instead */
	if (json_object_size(json_object_get(clat, "percentile")) == 0 &&
	    json_object_size(json_object_get(lat, "percentile")) > 0)
		from = lat;
	g->submission |= from == lat;
	list = json_object_get(from, "percentile");
	g->p50_ns = percentile(list, "50.000000");
	g->p99_ns = percentile(list, "99.000000");
	g->p999_ns = percentile(list, "99.900000");
	n = number(s, from, "N");
	g->lat_sum_ns += number(s, from, "mean") * n;
	g->lat_n += n;
	g->histogram = (g->parts == 1 || g->histogram) && json_object_size(json_object_get(from, "bins")) > 0;
	add_bins(g, dir, json_object_get(from, "bins"), s);
}

static void add_direction(struct pb_fio_group *g, int dir, const json_t *d, double copies, struct source *s)
{
	double ios = number(s, d, "total_ios"), iops = number(s, d, "iops"), samples, lat;

	if (ios <= 0)
		return;
	g->parts++;
	g->ios[dir] += ios;
	g->bytes[dir] += number(s, d, "io_bytes");
	g->iops += iops;
	g->bw_bytes_s += number(s, d, "bw_bytes");
	g->runtime_ms = fmax(g->runtime_ms, number(s, d, "runtime"));
	/*
	 * fio adds the jobs' squares up, so that a group's deviation is that of one of its jobs. That jobs
	 * and directions vary together is the worst case, and what a common cause makes of them.
	 */
	samples = floor(number(s, d, "iops_samples") / copies);
	g->iops_sd += number(s, d, "iops_stddev") * copies;
	g->iops_n = g->parts == 1 ? samples : fmin(g->iops_n, samples);
	lat = number(s, json_object_get(d, "lat_ns"), "mean");
	if (!(lat > 0))
		lat = number(s, json_object_get(d, "clat_ns"), "mean");
	g->in_flight += iops * lat / 1e9;
	add_latency(g, dir, d, s);
}

static bool is_sync(const char *engine)
{
	for (size_t i = 0; sync_engines[i]; i++)
		if (strcmp(engine, sync_engines[i]) == 0)
			return true;
	return false;
}

int pb_fio_group_add(struct pb_fio_group *g, const json_t *global, const json_t *job, unsigned same,
		     const char *file, struct pb_err *err)
{
	struct source s = {.file = file, .job = pb_json_str(job, "jobname", "?"), .dir = "", .err = err};
	int64_t copies = option_count(global, job, "numjobs");
	bool one = is_sync(pb_fio_option(global, job, "ioengine", "psync"));
	double errors = number(&s, job, "total_err"), error = fabs(pb_json_num(job, "error", 0));

	/* With group_reporting one entry stands for all copies; without it each has its own. */
	if (same > 1)
		copies = 1;
	g->entries++;
	g->depth += copies * (one ? 1 : option_count(global, job, "iodepth"));
	g->errors += fmax(errors, error != 0 ? 1 : 0);
	for (int dir = 0; dir < PB_DIRECTIONS; dir++) {
		s.dir = pb_direction_names[dir];
		add_direction(g, dir, json_object_get(job, s.dir), (double)copies, &s);
	}
	return s.failed ? -EINVAL : 0;
}

/* 95% interval of the mean rate from the deviation of fio's samples (one every half second). */
static struct pb_ci iops_interval(const struct pb_fio_group *g)
{
	struct pb_ci ci = {g->iops, NAN, NAN};
	double half;

	if (g->iops_n < 3 || !(g->iops_sd > 0))
		return ci;
	half = gsl_cdf_tdist_Pinv(0.975, g->iops_n - 1) * g->iops_sd / sqrt(g->iops_n);
	ci.lo = fmax(0, g->iops - half);
	ci.hi = g->iops + half;
	return ci;
}

static void pool(const struct pb_fio_group *g, uint64_t all[PB_HIST_BINS])
{
	memset(all, 0, sizeof(uint64_t[PB_HIST_BINS]));
	for (int dir = 0; dir < PB_DIRECTIONS; dir++)
		for (unsigned i = 0; i < PB_HIST_BINS; i++)
			all[i] += g->bins[dir][i];
}

static bool set_quantiles(const struct pb_fio_group *g, struct pb_import_step *s)
{
	uint64_t all[PB_HIST_BINS];

	if (g->parts && g->histogram) {
		pool(g, all);
		s->p50_ns = pb_stats_hist_quantile(all, 0.5);
		s->p99_ns = pb_stats_hist_quantile(all, 0.99);
		s->p999_ns = pb_stats_hist_quantile(all, 0.999).est;
		s->bins = g->bins;
		return true;
	}
	if (g->parts != 1)
		return g->parts == 0;
	s->p50_ns.est = g->p50_ns;
	s->p99_ns.est = g->p99_ns;
	s->p999_ns = g->p999_ns;
	return true;
}

bool pb_fio_group_step(const struct pb_fio_group *g, int64_t t1_ns, struct pb_import_step *s)
{
	double ios = 0, bytes = 0, runtime_ns = fmin(g->runtime_ms * 1e6, (double)t1_ns);

	pb_import_step_init(s);
	for (int dir = 0; dir < PB_DIRECTIONS; dir++) {
		ios += g->ios[dir];
		bytes += g->bytes[dir];
	}
	s->t1_ns = t1_ns;
	/* a step without I/O has no length; readers want one */
	s->t0_ns = t1_ns - (runtime_ns > 1 ? (int64_t)runtime_ns : 1);
	s->depth = g->depth;
	s->completed = ios;
	s->bytes = bytes;
	s->failed = g->errors;
	s->reason = g->errors > 0 ? "failed-io" : ios > 0 && runtime_ns > 1 ? "" : "no-completions";
	if (!(ios > 0) || runtime_ns <= 1)
		return true;
	s->iops = iops_interval(g);
	s->bw_bytes_s = g->bw_bytes_s;
	s->mean_depth = g->in_flight;
	s->lat_mean_ns = g->lat_n > 0 ? g->lat_sum_ns / g->lat_n : NAN;
	s->batches = g->iops_n;
	return set_quantiles(g, s);
}
