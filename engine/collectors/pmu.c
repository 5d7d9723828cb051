/*
 * Counter groups (docs/counters.md) on the vCPU threads and iothreads: events with the time they had
 * counters, and the groups' formulas over the last interval; at the end over the whole run. Once a second,
 * because reading a running event of another CPU interrupts that CPU. Which events there are is not known
 * here. Groups that need no PMU are counted only when asked for: a file full of software events would read
 * like a PMU that counted.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/counting.h"
#include "engine/collectors/qemuvcpu.h"
#include "engine/collectors/reason.h"

#define GROUPS_MAX 16u
#define METRIC_LIMIT 9e15 /* thousandths of it fit 64 bits */

/* One group on one thread. */
struct member {
	struct pb_perf_group fds;
	struct pb_perf_scaled count;
	double before[PB_PERF_GROUP_MAX]; /* totals at the end of the last interval */
	int64_t before_ns;
};

struct counted {
	pid_t tid;
	char scope[24];
	bool listed;           /* still there */
	int64_t opened_ns;     /* first sample */
	struct member *member; /* one for each group */
};

struct pmu_state {
	const struct pb_root *root;
	int dir; /* /proc/PID/task */
	pid_t pid;
	struct pb_counting *group;
	size_t n_groups;
	struct counted *v;
	size_t n;
};

/*
 * Adds a group when it can be counted. One that was asked for must be; of the default ones of this machine
 * what speaks against the first stays in why.
 */
static int add_group(struct pmu_state *s, const struct pb_root *root, const char *name, bool asked, char *why,
		     size_t size)
{
	struct pb_counting *c = malloc(sizeof(*c)), *grown;
	char reason[192] = "";
	int rc = c ? pb_counting_prepare(c, root, name, !asked, reason, sizeof(reason)) : -ENOMEM;

	if (!rc) {
		grown = realloc(s->group, (s->n_groups + 1) * sizeof(*grown));
		if (grown) {
			s->group = grown;
			grown[s->n_groups++] = *c;
		}
		rc = grown ? 0 : -ENOMEM;
	} else if (asked && rc != -ENOMEM) {
		snprintf(why, size, "%s: %s", name, reason);
	} else if (rc != -ENOMEM) {
		if (rc != -EINVAL && rc != -ENOMSG &&
		    !why[0]) /* other CPUs' groups, and those nobody wants */
			snprintf(why, size, "%s", reason);
		rc = 0;
	}
	free(c);
	return rc;
}

static int split(struct pb_strv *names, const char *text)
{
	int rc = 0;

	while (!rc && *text) {
		size_t len = strcspn(text, ",");

		if (len)
			rc = pb_strv_addf(names, "%.*s", (int)len, text);
		text += len + (text[len] == ',');
	}
	return rc;
}

/* The groups to count: those asked for, else the default ones of this machine. -ENODEV with why when none. */
static int find_groups(struct pmu_state *s, const struct pb_target *t, char *why, size_t size)
{
	struct pb_strv names = {0};
	struct pb_err err = PB_ERR_INIT;
	int rc = t->counters ? split(&names, t->counters) : pb_counters_names(&names, &err);

	snprintf(why, size, "%s", err.msg);
	for (size_t i = 0; !rc && i < names.n && s->n_groups < GROUPS_MAX; i++)
		rc = add_group(s, t->root, names.v[i], t->counters, why, size);
	pb_strv_fini(&names);
	if (!rc && !s->n_groups) {
		rc = -ENODEV;
		if (!why[0])
			snprintf(why, size, "no counter group is marked as default");
	}
	return rc;
}

static void close_counted(struct pmu_state *s, struct counted *x)
{
	for (size_t i = 0; x->member && i < s->n_groups; i++)
		pb_perf_close(&x->member[i].fds);
	free(x->member);
}

static void pmu_stop(void *state)
{
	struct pmu_state *s = state;

	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		close_counted(s, &s->v[i]);
	if (s->dir >= 0)
		close(s->dir);
	free(s->v);
	free(s->group);
	free(s);
}

static int pmu_probe(const struct pb_target *t, char *why, size_t size)
{
	struct pmu_state *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	s->dir = -1;
	rc = find_groups(s, t, why, size);
	pmu_stop(s);
	if (!rc && !t->qemu_pid) {
		snprintf(why, size, "no QEMU process belongs to this run");
		rc = -ESRCH;
	}
	return rc;
}

static int add_thread(struct pmu_state *s, const struct pb_qemu_task *t)
{
	struct counted *grown = realloc(s->v, (s->n + 1) * sizeof(*grown)), *x;
	int rc = 0;

	if (!grown)
		return -ENOMEM;
	s->v = grown;
	x = &grown[s->n];
	*x = (struct counted){.tid = t->tid, .listed = true, .opened_ns = PB_NA};
	snprintf(x->scope, sizeof(x->scope), "%s", t->role);
	x->member = calloc(s->n_groups, sizeof(*x->member));
	if (!x->member)
		return -ENOMEM;
	for (size_t i = 0; !rc && i < s->n_groups; i++)
		rc = pb_perf_open(&x->member[i].fds, s->group[i].event, s->group[i].g.n_events, t->tid);
	if (rc)
		close_counted(s, x);
	else
		s->n++;
	return rc;
}

static struct counted *find_thread(struct pmu_state *s, pid_t tid)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].tid == tid)
			return &s->v[i];
	return NULL;
}

/* Opens threads that are new, closes those that have ended. First error of a new thread. */
static int relist(struct pmu_state *s)
{
	struct pb_qemu_task *tasks = NULL;
	size_t n = 0, kept = 0;
	int first = 0, rc = pb_qemu_tasks_known(s->root, s->dir, s->pid, &tasks, &n);

	if (rc == -ENOMEM)
		return rc;
	for (size_t i = 0; i < s->n; i++)
		s->v[i].listed = false;
	for (size_t i = 0; i < n; i++) {
		struct counted *x = find_thread(s, tasks[i].tid);

		if (x)
			x->listed = true;
		else if (tasks[i].vcpu >= 0 || !strcmp(tasks[i].role, "iothread"))
			rc = add_thread(s, &tasks[i]);
		if (rc && !first)
			first = rc;
	}
	free(tasks);
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].listed)
			s->v[kept++] = s->v[i];
		else
			close_counted(s, &s->v[i]);
	}
	s->n = kept;
	return first;
}

static int open_threads(struct pmu_state *s, const struct pb_target *t, char *why, size_t size)
{
	int rc;

	s->root = t->root;
	s->pid = t->qemu_pid;
	s->dir = pb_qemu_task_dir(t->root, t->qemu_pid);
	if (s->dir < 0)
		return pb_reason(why, size, -s->dir, "/proc/PID/task of QEMU");
	rc = relist(s);
	if (rc)
		return pb_reason(why, size, -rc, "perf_event_open on a thread of QEMU");
	if (!s->n) {
		snprintf(why, size,
			 "no thread of QEMU is known to be a vCPU (start it with debug-threads=on)");
		return -ESRCH;
	}
	return 0;
}

static int pmu_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct pmu_state *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	s->dir = -1;
	rc = find_groups(s, t, why, size);
	if (!rc)
		rc = open_threads(s, t, why, size);
	if (rc) {
		pmu_stop(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int pmu_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {"scope", "tid",    "group",      "name",       "unit",
					  "value", "scaled", "enabled_ns", "running_ns", "span_ns"};
	int rc = 0;

	(void)state;
	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	return rc;
}

static void begin_row(struct pb_rows *rows, int64_t t_ns, const struct counted *x, const char *group,
		      const char *name, const char *unit)
{
	pb_rows_begin(rows, t_ns);
	pb_rows_str(rows, x->scope);
	pb_rows_i64(rows, x->tid);
	pb_rows_str(rows, group);
	pb_rows_str(rows, name);
	pb_rows_str(rows, unit);
}

static void put_events(const struct counted *x, const struct pb_counters *g, const struct member *m,
		       const struct pb_perf_values *v, int64_t t_ns, struct pb_rows *rows)
{
	for (size_t i = 0; i < g->n_events; i++) {
		begin_row(rows, t_ns, x, g->name, g->event[i].name, "count");
		pb_rows_i64(rows, v->value[i]);
		pb_rows_i64(rows, v->value[i] == PB_NA ? PB_NA : llround(m->count.total[i]));
		pb_rows_i64(rows, v->enabled_ns);
		pb_rows_i64(rows, v->running_ns);
		pb_rows_end(rows);
	}
}

/* The formulas over what was counted since `from`, span_ns ago. */
static void put_metrics(const struct counted *x, const struct pb_counters *g, const struct member *m,
			const double *from, int64_t span_ns, int64_t t_ns, struct pb_rows *rows)
{
	double vars[PB_COUNTERS_EVENTS_MAX + 1];

	for (size_t i = 0; i < g->n_events; i++)
		vars[i] = m->count.total[i] - from[i];
	vars[g->n_events] = (double)span_ns / 1e9;
	for (size_t i = 0; i < g->n_metrics; i++) {
		double v = pb_expr_eval(&g->metric[i].formula, vars);

		begin_row(rows, t_ns, x, g->name, g->metric[i].name, g->metric[i].unit);
		pb_rows_milli(rows, fabs(v) < METRIC_LIMIT ? llround(v * 1000.0) : PB_NA);
		pb_rows_i64(rows, PB_NA);
		pb_rows_i64(rows, PB_NA);
		pb_rows_i64(rows, PB_NA);
		pb_rows_i64(rows, span_ns);
		pb_rows_end(rows);
	}
}

static void sample_member(const struct counted *x, const struct pb_counters *g, struct member *m, bool last,
			  int64_t t_ns, struct pb_rows *rows)
{
	static const double zero[PB_PERF_GROUP_MAX];
	struct pb_perf_values v;
	bool known;

	if (pb_perf_read(&m->fds, &v))
		return;
	known = pb_perf_advance(&m->count, &v, g->n_events);
	put_events(x, g, m, &v, t_ns, rows);
	if (last && t_ns > x->opened_ns)
		put_metrics(x, g, m, zero, t_ns - x->opened_ns, t_ns, rows);
	else if (known && t_ns > x->opened_ns)
		put_metrics(x, g, m, m->before, t_ns - m->before_ns, t_ns, rows);
	if (known) {
		memcpy(m->before, m->count.total, sizeof(m->before));
		m->before_ns = t_ns;
	}
}

static int sample_all(struct pmu_state *s, bool last, int64_t t_ns, struct pb_rows *rows)
{
	for (size_t i = 0; i < s->n; i++) {
		struct counted *x = &s->v[i];

		if (x->opened_ns == PB_NA)
			x->opened_ns = t_ns;
		for (size_t k = 0; k < s->n_groups; k++)
			sample_member(x, &s->group[k].g, &x->member[k], last, t_ns, rows);
	}
	return 0;
}

static int pmu_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct pmu_state *s = state;

	relist(s); /* a thread that cannot be opened is not counted; the others are */
	return sample_all(s, false, t_ns, rows);
}

static int pmu_finish(void *state, int64_t t_ns, struct pb_rows *rows)
{
	return sample_all(state, true, t_ns, rows);
}

const struct pb_collector pb_coll_pmu = {
	.name = "pmu",
	.help = "counter groups (list counters) of the vCPU threads and iothreads, guest and host apart",
	.source = "perf_event_open, encoded by libpfm4",
	.period = PB_PERIOD_SLOW,
	.probe = pmu_probe,
	.start = pmu_start,
	.columns = pmu_columns,
	.labels = "scope tid group name unit",
	.gauges = "value span_ns",
	.sample = pmu_sample,
	.finish = pmu_finish,
	.stop = pmu_stop,
};
