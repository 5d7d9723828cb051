/*
 * The timeline: four panels of rates over the span of the run. Time 0 is the
 * start of the first measured window.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"
#include "engine/lib/replace.h"
#include "reports/series.h"
#include "reports/timeline.h"

#define POINTS 1500
#define LINES 7
/* What fits beside the panels, with the final zero. */
#define LEGEND 17
#define ENGINE_JOBS 64
/* Host samples are shown this long before and after the guest's. */
#define MARGIN_S 0.5

void pb_timeline_vector_name(char *out, size_t size, const char *name)
{
	char *paren;

	pb_series_label(out, size < LEGEND ? size : LEGEND, name);
	paren = strchr(out, '(');
	if (paren && paren != out)
		*paren = '\0';
}

double pb_timeline_seconds(const struct pb_span *s, int64_t t_ns)
{
	return t_ns == PB_NA ? NAN : (double)(t_ns - s->t0_ns) / 1e9;
}

static int engine_table(const struct pb_table **t, const struct pb_facts *f, struct pb_err *err)
{
	return pb_tables_get_guest(f->tables, t, f->steps.n ? f->steps.v[0].guest : "", "engine.csv", err);
}

/* Time 0 is the start of the first measured window, as in the evidence of findings; without windows the first
 * sample. */
int pb_timeline_span(struct pb_span *s, const struct pb_facts *f, struct pb_err *err)
{
	const struct pb_table *engine = NULL;
	int ret = engine_table(&engine, f, err);
	size_t rows = engine ? pb_table_rows(engine) : 0;
	int64_t first = rows ? pb_table_i64(engine, 0, 0) : PB_NA;
	int64_t last = rows ? pb_table_i64(engine, rows - 1, 0) : PB_NA;
	int64_t t0, t1;

	if (ret < 0)
		return ret;
	if (!pb_steps_span(&f->steps, &t0, &t1)) {
		t0 = first != PB_NA ? first : 0;
		t1 = t0;
	}
	s->t0_ns = t0;
	s->from_s = (first != PB_NA && first < t0 ? -(double)(t0 - first) / 1e9 : 0) - MARGIN_S;
	s->to_s = (double)((last != PB_NA && last > t1 ? last : t1) - t0) / 1e9 + MARGIN_S;
	return 0;
}

/* Counters are per job; the line is their sum, complete when the next instant begins. */
static int read_engine(struct pb_series_set *set, const struct pb_table *t, const struct pb_span *s)
{
	int c_job = pb_table_col(t, "job"), c_done = pb_table_col(t, "completed");
	double last[ENGINE_JOBS] = {0}, sum;
	size_t row, k;
	int64_t job;
	int ret = 0;

	for (row = 0; row < pb_table_rows(t) && !ret; row++) {
		job = pb_table_i64(t, row, c_job);
		if (job >= 0 && job < ENGINE_JOBS && isfinite(pb_table_num(t, row, c_done)))
			last[job] = pb_table_num(t, row, c_done);
		if (row + 1 < pb_table_rows(t) && pb_table_i64(t, row + 1, 0) == pb_table_i64(t, row, 0))
			continue;
		for (k = 0, sum = 0; k < ENGINE_JOBS; k++)
			sum += last[k];
		ret = pb_series_read(set, "iops", "guest IOPS",
				     pb_timeline_seconds(s, pb_table_i64(t, row, 0)), sum, 1);
	}
	return ret;
}

static int read_interrupts(struct pb_series_set *set, const struct pb_table *t, const struct pb_span *s)
{
	int c_irq = pb_table_col(t, "irq"), c_kind = pb_table_col(t, "kind"),
	    c_name = pb_table_col(t, "name");
	char label[64];
	double sum, v;
	size_t row, col;
	int ret = 0;

	for (row = 0; row < pb_table_rows(t) && !ret; row++) {
		if (strcmp(pb_table_str(t, row, c_kind), "vfio") != 0 &&
		    strcmp(pb_table_str(t, row, c_kind), "device") != 0)
			continue;
		for (col = 0, sum = 0; col < pb_table_cols(t); col++) {
			if (strncmp(pb_table_name(t, col), "cpu", 3) != 0)
				continue;
			v = pb_table_num(t, row, (int)col);
			sum += isfinite(v) ? v : 0;
		}
		pb_timeline_vector_name(label, sizeof(label), pb_table_str(t, row, c_name));
		ret = pb_series_read(set, pb_table_str(t, row, c_irq), label,
				     pb_timeline_seconds(s, pb_table_i64(t, row, 0)), sum, 1);
	}
	return ret;
}

static int read_threads(struct pb_series_set *set, const struct pb_table *t, const struct pb_span *s)
{
	int c_tid = pb_table_col(t, "tid"), c_role = pb_table_col(t, "role"),
	    c_run = pb_table_col(t, "run_ns");
	const char *role, *tid;
	char label[64];
	size_t row;
	int ret = 0;

	for (row = 0; row < pb_table_rows(t) && !ret; row++) {
		role = pb_table_str(t, row, c_role);
		tid = pb_table_str(t, row, c_tid);
		/* there is one vcpu0 and one main, but there can be many workers */
		if (!strncmp(role, "vcpu", 4) || !strcmp(role, "main"))
			snprintf(label, sizeof(label), "%.16s", role);
		else
			snprintf(label, sizeof(label), "%.8s %.7s", role, tid);
		ret = pb_series_read(set, tid, label, pb_timeline_seconds(s, pb_table_i64(t, row, 0)),
				     pb_table_num(t, row, c_run), 100 / 1e9);
	}
	return ret;
}

/* Guest time is part of user time in /proc/stat, so it is taken out of "user". */
static const struct kind {
	const char *label, *add, *add2, *sub;
} kinds[] = {
	{"guest", "guest_ns", "guest_nice_ns", NULL}, {"user", "user_ns", "nice_ns", "guest_ns"},
	{"system", "system_ns", NULL, NULL},          {"irq", "irq_ns", NULL, NULL},
	{"softirq", "softirq_ns", NULL, NULL},        {"steal", "steal_ns", NULL, NULL},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static double cell(const struct pb_table *t, size_t row, const char *name)
{
	double v = name ? pb_table_num(t, row, pb_table_col(t, name)) : 0;

	return isfinite(v) ? v : 0;
}

static int read_cpu(struct pb_series_set *set, const struct pb_table *t, const struct pb_span *s)
{
	double sum[KINDS] = {0};
	size_t row, k;
	int ret = 0;

	for (row = 0; row < pb_table_rows(t) && !ret; row++) {
		for (k = 0; k < KINDS; k++)
			sum[k] += cell(t, row, kinds[k].add) + cell(t, row, kinds[k].add2) -
				  cell(t, row, kinds[k].sub);
		if (row + 1 < pb_table_rows(t) && pb_table_i64(t, row + 1, 0) == pb_table_i64(t, row, 0))
			continue;
		for (k = 0; k < KINDS && !ret; k++) {
			ret = pb_series_read(set, kinds[k].label, kinds[k].label,
					     pb_timeline_seconds(s, pb_table_i64(t, row, 0)), sum[k],
					     1 / 1e9);
			sum[k] = 0;
		}
	}
	return ret;
}

static const struct panel {
	const char *name, *file; /* file NULL: the guest's engine.csv */
	int (*read)(struct pb_series_set *set, const struct pb_table *t, const struct pb_span *s);
} panels[] = {
	{"iops", NULL, read_engine},
	{"irq", "host/interrupts.csv", read_interrupts},
	{"threads", "host/threads.csv", read_threads},
	{"cpu", "host/cpu.csv", read_cpu},
};

/* Writes one panel's CSV and its two numbers: how many lines, how high. */
static int write_panel(const struct panel *p, const struct pb_table *t, const struct pb_span *s, FILE *vars,
		       int outfd, struct pb_err *err)
{
	struct pb_series_set set;
	char name[64];
	size_t i;
	FILE *out;
	int ret = 0;

	pb_series_init(&set, s->from_s, s->to_s);
	if (t)
		ret = p->read(&set, t, s);
	if (ret < 0) {
		pb_series_fini(&set);
		return pb_fail(err, PB_MISSING, -ret, "no memory for the timeline");
	}
	pb_series_keep(&set, LINES);
	for (i = 0; i < set.n; i++)
		pb_series_thin(&set.v[i], POINTS);
	fprintf(vars, "n_%s = %zu\nmax_%s = %.6g\n", p->name, set.n, p->name, pb_series_max(&set));
	snprintf(name, sizeof(name), "timeline-%s.csv", p->name);
	out = pb_replace_begin(outfd, name, err);
	if (out) {
		pb_series_write(&set, out);
		ret = pb_replace_commit(outfd, out, name, err);
	} else {
		ret = -EIO;
	}
	pb_series_fini(&set);
	return ret;
}

static void write_window(FILE *out, double t0, double t1, double depth, size_t *count)
{
	fprintf(out, "%.4f,%.4f,%g,%zu\n", t0, t1, depth, *count % 2);
	(*count)++;
}

static bool windows_overlap(const struct pb_steps *s)
{
	size_t i;

	for (i = 1; i < s->n; i++)
		if (s->v[i].t0_ns < s->v[i - 1].t1_ns)
			return true;
	return false;
}

/*
 * Windows from steps.csv. When a depth was measured in several rounds its row spans all of
 * them and the rows overlap; then the runs of equal target depth in engine.csv are the windows.
 */
static int write_windows(const struct pb_facts *f, const struct pb_table *engine, const struct pb_span *s,
			 int outfd, struct pb_err *err)
{
	FILE *out = pb_replace_begin(outfd, "windows.csv", err);
	size_t i, start = 0, count = 0, rows = engine ? pb_table_rows(engine) : 0;
	int col = engine ? pb_table_col(engine, "target_depth") : -1;

	if (!out)
		return -EIO;
	fprintf(out, "t0_s,t1_s,depth,odd\n");
	if (!windows_overlap(&f->steps)) {
		for (i = 0; i < f->steps.n; i++)
			write_window(out, pb_timeline_seconds(s, f->steps.v[i].t0_ns),
				     pb_timeline_seconds(s, f->steps.v[i].t1_ns), f->steps.v[i].depth,
				     &count);
		return pb_replace_commit(outfd, out, "windows.csv", err);
	}
	for (i = 1; i <= rows && col >= 0; i++) {
		if (i < rows && pb_table_i64(engine, i, col) == pb_table_i64(engine, start, col))
			continue;
		write_window(out, pb_timeline_seconds(s, pb_table_i64(engine, start, 0)),
			     pb_timeline_seconds(s, pb_table_i64(engine, i < rows ? i : i - 1, 0)),
			     pb_table_num(engine, start, col), &count);
		start = i;
	}
	return pb_replace_commit(outfd, out, "windows.csv", err);
}

int pb_timeline_write(bool *any, const struct pb_facts *f, int outfd, struct pb_err *err)
{
	const struct pb_table *engine = NULL, *t;
	struct pb_span span = {0, 0, 0};
	FILE *vars;
	size_t i;
	int ret = engine_table(&engine, f, err);

	if (!ret)
		ret = pb_timeline_span(&span, f, err);
	if (ret < 0)
		return ret;
	vars = pb_replace_begin(outfd, "timeline-vars.gp", err);
	if (!vars)
		return -EIO;
	fprintf(vars, "t_min = %.4f\nt_max = %.4f\n", span.from_s, span.to_s);
	for (i = 0; i < sizeof(panels) / sizeof(panels[0]) && !ret; i++) {
		t = engine;
		if (panels[i].file)
			ret = pb_tables_get(f->tables, &t, panels[i].file, err);
		if (!ret)
			ret = write_panel(&panels[i], t, &span, vars, outfd, err);
	}
	if (!ret)
		ret = write_windows(f, engine, &span, outfd, err);
	*any = span.to_s - span.from_s > 2 * MARGIN_S;
	if (!ret)
		return pb_replace_commit(outfd, vars, "timeline-vars.gp", err);
	pb_replace_cancel(outfd, vars, "timeline-vars.gp");
	return ret;
}
