/*
 * Windows of steps.csv, grouped by depth, into named numbers. Reads no other run and judges nothing.
 */
#include "engine/compare/metrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/compare/cputime.h"
#include "engine/lib/csv.h"
#include "engine/lib/stats.h"

#define DEPTH_MAX 1000000000
#define WINDOWS_MAX 1000000 /* an imported day has 86,400 */
#define DEPTHS_MAX 1024

enum source { FROM_STEPS, FROM_CPU, FROM_THREADS };

static const struct {
	const char *name, *unit;
	bool higher_is_better;
	enum source source;
	const char *column; /* of steps.csv */
} quantities[] = {
	{"bandwidth", "bytes/s", true, FROM_STEPS, "bw_bytes_s"},
	{"cpu_us_per_io", "us", false, FROM_CPU, NULL},
	{"iops", "1/s", true, FROM_STEPS, "iops"},
	{"lat_mean", "ns", false, FROM_STEPS, "lat_mean_ns"},
	{"lat_p50", "ns", false, FROM_STEPS, "lat_p50_ns"},
	{"lat_p99", "ns", false, FROM_STEPS, "lat_p99_ns"},
	{"lat_p999", "ns", false, FROM_STEPS, "lat_p999_ns"},
	{"qemu_us_per_io", "us", false, FROM_THREADS, NULL},
};
#define QUANTITIES (sizeof(quantities) / sizeof(quantities[0]))

/* user_ns holds guest_ns. */
static const char *const busy_columns[] = {"user_ns", "nice_ns", "system_ns", "irq_ns", "softirq_ns", NULL};
static const char *const run_columns[] = {"run_ns", NULL};

/* The valid windows of the depth curve. */
struct windows {
	struct pb_table *t;
	size_t n, *row, n_depths, n_rejected;
	int64_t *depth;    /* of each window */
	int64_t *depths;   /* the n_depths different ones, ascending */
	int64_t *rejected; /* the n_rejected depths without a valid window, ascending */
	struct pb_window *w;
	double *ios, *cpu_ns, *qemu_ns; /* NULL: the run has no such table */
};

static void windows_fini(struct windows *s)
{
	pb_table_free(s->t);
	free(s->row);
	free(s->depth);
	free(s->depths);
	free(s->rejected);
	free(s->w);
	free(s->ios);
	free(s->cpu_ns);
	free(s->qemu_ns);
}

/* The arms of a tuned change are two machines in one file, and rounds are not steady until the last ones. */
static bool of_curve(const char *phase)
{
	return strcmp(phase, "a") != 0 && strcmp(phase, "b") != 0 && strcmp(phase, "round") != 0;
}

static int by_value(const void *va, const void *vb)
{
	int64_t a = *(const int64_t *)va, b = *(const int64_t *)vb;

	return (a > b) - (a < b);
}

/* Sorts and drops what stands twice or in `without` (sorted). Returns how many are left. */
static size_t distinct(int64_t *v, size_t n, const int64_t *without, size_t n_without)
{
	size_t kept = 0;

	qsort(v, n, sizeof(*v), by_value);
	for (size_t i = 0; i < n; i++) {
		if ((kept && v[kept - 1] == v[i]) ||
		    (n_without && bsearch(&v[i], without, n_without, sizeof(*v), by_value)))
			continue;
		v[kept++] = v[i];
	}
	return kept;
}

/* Takes the row in when it is a valid window of the curve; *d = the depth of any window of the curve, else 0.
 */
static bool window_read(struct windows *s, size_t row, int64_t *d)
{
	*d = pb_table_i64(s->t, row, pb_table_col(s->t, "depth"));
	if (*d < 1 || *d > DEPTH_MAX || !of_curve(pb_table_str(s->t, row, pb_table_col(s->t, "phase")))) {
		*d = 0;
		return false;
	}
	if (pb_table_i64(s->t, row, pb_table_col(s->t, "valid")) != 1)
		return false;
	s->row[s->n] = row;
	s->depth[s->n] = *d;
	s->w[s->n].t0_ns = pb_table_i64(s->t, row, pb_table_col(s->t, "t_ns"));
	s->w[s->n].t1_ns = pb_table_i64(s->t, row, pb_table_col(s->t, "t_end_ns"));
	s->ios[s->n++] = pb_table_num(s->t, row, pb_table_col(s->t, "completed"));
	return true;
}

static int windows_fill(struct windows *s, size_t rows, struct pb_err *err)
{
	int64_t d;

	s->row = calloc(rows + 1, sizeof(*s->row));
	s->depth = calloc(rows + 1, sizeof(*s->depth));
	s->depths = calloc(rows + 1, sizeof(*s->depths));
	s->rejected = calloc(rows + 1, sizeof(*s->rejected));
	s->w = calloc(rows + 1, sizeof(*s->w));
	s->ios = calloc(rows + 1, sizeof(*s->ios));
	if (!s->row || !s->depth || !s->depths || !s->rejected || !s->w || !s->ios)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory for the windows of steps.csv");
	for (size_t row = 0; row < rows; row++)
		if (!window_read(s, row, &d) && d)
			s->rejected[s->n_rejected++] = d;
	memcpy(s->depths, s->depth, s->n * sizeof(*s->depths));
	s->n_depths = distinct(s->depths, s->n, NULL, 0);
	s->n_rejected = distinct(s->rejected, s->n_rejected, s->depths, s->n_depths);
	return s->n_depths <= DEPTHS_MAX
		       ? 0
		       : pb_fail(err, PB_USAGE, E2BIG,
				 "steps.csv has %zu queue depths, at most %d can be compared", s->n_depths,
				 DEPTHS_MAX);
}

static int windows_read(struct windows *s, int dirfd, struct pb_err *err)
{
	int rc = pb_table_read(&s->t, dirfd, "steps.csv", err);

	if (rc == -ENOENT) /* as in a run of verify */
		return 0;
	if (rc < 0)
		return rc;
	if (pb_table_rows(s->t) > WINDOWS_MAX)
		return pb_fail(err, PB_USAGE, E2BIG, "steps.csv has %zu rows, at most %d can be compared",
			       pb_table_rows(s->t), WINDOWS_MAX);
	return windows_fill(s, pb_table_rows(s->t), err);
}

static int read_cputime(const struct windows *s, int dirfd, const char *file, const char *key,
			const char *const *columns, double **spent_ns, struct pb_err *err)
{
	struct pb_table *t = NULL;
	int rc = s->n ? pb_table_read(&t, dirfd, file, err) : -ENOENT;

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rc;
	*spent_ns = calloc(s->n, sizeof(**spent_ns));
	if (!*spent_ns || pb_cputime(t, key, columns, s->w, s->n, *spent_ns) < 0)
		rc = pb_fail(err, PB_MISSING, ENOMEM, "no memory for %s", file);
	pb_table_free(t);
	return rc;
}

/*
 * Systems whose recordings are imported tell idle time only, or leave a kind of busy time out: what was not
 * idle is then what was spent. Each row's time, summed like a counter, is the time of all CPUs.
 */
static int read_not_idle(const struct windows *s, int dirfd, double *spent_ns, struct pb_err *err)
{
	static const char *const with_waiting[] = {"idle_ns", "iowait_ns", NULL},
				 *const idle_only[] = {"idle_ns", NULL}, *const time[] = {"t_ns", NULL};
	double *idle[2] = {NULL, NULL}, *all = NULL;
	bool known = !spent_ns;
	int rc;

	for (size_t i = 0; !known && i < s->n; i++)
		known = isfinite(spent_ns[i]);
	if (known)
		return 0;
	rc = read_cputime(s, dirfd, "host/cpu.csv", "cpu", with_waiting, &idle[0], err);
	if (rc == 0)
		rc = read_cputime(s, dirfd, "host/cpu.csv", "cpu", idle_only, &idle[1], err);
	if (rc == 0)
		rc = read_cputime(s, dirfd, "host/cpu.csv", "cpu", time, &all, err);
	for (size_t i = 0; all && idle[0] && idle[1] && i < s->n; i++)
		spent_ns[i] = all[i] - (isfinite(idle[0][i]) ? idle[0][i] : idle[1][i]);
	free(idle[0]);
	free(idle[1]);
	free(all);
	return rc;
}

static double cell(const struct windows *s, size_t i, size_t quantity)
{
	const double *spent = quantities[quantity].source == FROM_CPU ? s->cpu_ns : s->qemu_ns;

	if (quantities[quantity].source == FROM_STEPS)
		return pb_table_num(s->t, s->row[i], pb_table_col(s->t, quantities[quantity].column));
	return spent && s->ios[i] > 0 ? spent[i] / 1e3 / s->ios[i] : NAN;
}

static bool has(const struct windows *s, size_t quantity)
{
	switch (quantities[quantity].source) {
	case FROM_CPU:
		return s->cpu_ns != NULL;
	case FROM_THREADS:
		return s->qemu_ns != NULL;
	default:
		return pb_table_col(s->t, quantities[quantity].column) >= 0;
	}
}

/* Median over the windows of one depth that have the number; scratch has room for all of them. */
static double pooled(const struct windows *s, int64_t depth, size_t quantity, double *scratch)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->n; i++) {
		double v = s->depth[i] == depth ? cell(s, i, quantity) : NAN;

		if (isfinite(v))
			scratch[n++] = v;
	}
	return pb_stats_median(scratch, n);
}

static int add_depth(struct pb_metrics *m, const struct windows *s, int64_t depth, double *scratch)
{
	struct pb_metric *v = realloc(m->v, (m->n + QUANTITIES) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	m->v = v;
	for (size_t q = 0; q < QUANTITIES; q++) {
		char name[64];

		if (!has(s, q))
			continue;
		snprintf(name, sizeof(name), "%s@%lld", quantities[q].name, (long long)depth);
		v = &m->v[m->n];
		*v = (struct pb_metric){.name = strdup(name),
					.unit = quantities[q].unit,
					.higher_is_better = quantities[q].higher_is_better,
					.value = pooled(s, depth, q, scratch)};
		if (!v->name)
			return -ENOMEM;
		m->n++;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return pb_metric_order(((const struct pb_metric *)a)->name, ((const struct pb_metric *)b)->name);
}

static int pool(struct pb_metrics *m, const struct windows *s, struct pb_err *err)
{
	double *scratch = calloc(s->n + 1, sizeof(*scratch));
	int rc = scratch ? 0 : -ENOMEM;

	for (size_t i = 0; i < s->n_depths && rc == 0; i++)
		rc = add_depth(m, s, s->depths[i], scratch);
	free(scratch);
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "no memory for the metrics of a run");
	if (m->n)
		qsort(m->v, m->n, sizeof(*m->v), by_name);
	return 0;
}

int pb_metrics_of(struct pb_metrics *m, const struct pb_rundir *d, struct pb_err *err)
{
	struct pb_metrics new = {0};
	struct windows s = {0};
	struct pb_err why = PB_ERR_INIT;
	int rc = windows_read(&s, d->fd, &why);

	if (rc == 0)
		rc = read_cputime(&s, d->fd, "host/cpu.csv", "cpu", busy_columns, &s.cpu_ns, &why);
	if (rc == 0)
		rc = read_not_idle(&s, d->fd, s.cpu_ns, &why);
	if (rc == 0)
		rc = read_cputime(&s, d->fd, "host/threads.csv", "tid", run_columns, &s.qemu_ns, &why);
	if (rc == 0)
		rc = pool(&new, &s, &why);
	new.rejected = s.rejected;
	new.n_rejected = s.n_rejected;
	s.rejected = NULL;
	windows_fini(&s);
	if (rc < 0) {
		pb_metrics_fini(&new);
		return pb_fail(err, why.status, -rc, "%s: %s", d->path, why.msg);
	}
	*m = new;
	return 0;
}

int pb_metrics_read(struct pb_metrics *m, const char *dir, struct pb_err *err)
{
	struct pb_rundir d;
	int rc = pb_rundir_open(&d, dir, err);

	if (rc < 0)
		return rc;
	rc = pb_metrics_of(m, &d, err);
	pb_rundir_close(&d);
	return rc;
}

void pb_metrics_fini(struct pb_metrics *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].name);
	free(m->v);
	free(m->rejected);
	*m = (struct pb_metrics){0};
}

int pb_metric_order(const char *a, const char *b)
{
	return strverscmp(a, b);
}

const struct pb_metric *pb_metrics_find(const struct pb_metrics *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->v[i].name, name))
			return &m->v[i];
	return NULL;
}
