/*
 * Attributes host CPU time to QEMU's threads, CPU by CPU, from host/threads.csv. What a share means is the
 * rules' business.
 */
#include "analyzers/cpuwork.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/placement.h"
#include "analyzers/rates.h"

#define THREADS "host/threads.csv"
/* [ours] QEMU with more threads than this is not looked at in full: 64 vCPUs and 64 workers are 130 */
#define THREADS_MAX 1024

/* [ours, as for rates] samples of a thread must enclose this share of the window */
#define COVERAGE_MIN 0.90

struct seen {
	int64_t tid, at_ns, cpu; /* at_ns, cpu: of the sample before */
	double run_ns, covered_ns;
};

/* The entry of a thread, made when it is new; NULL when there are too many. */
static struct seen *entry(struct seen *list, size_t *n, size_t *hint, int64_t tid)
{
	/* Rows come in the same order every time, so the next entry is nearly always the right one. */
	for (size_t k = 0; k < *n; k++) {
		size_t i = (*hint + k) % *n;

		if (list[i].tid == tid) {
			*hint = i + 1;
			return &list[i];
		}
	}
	if (*n == THREADS_MAX)
		return NULL;
	list[*n] = (struct seen){tid, 0, -1, NAN, 0};
	return &list[(*n)++];
}

/*
 * What the thread ran between two samples, as far as they lie in the window: on a busy host samples are
 * seconds apart, and those that only reach into it carry most of it.
 */
static double ran_ns(struct seen *s, int64_t at_ns, double run_ns, int64_t t0_ns, int64_t t1_ns)
{
	int64_t from = s->at_ns > t0_ns ? s->at_ns : t0_ns, to = at_ns < t1_ns ? at_ns : t1_ns;

	if (isnan(s->run_ns) || to <= from)
		return 0;
	s->covered_ns += (double)(to - from);
	if (run_ns <= s->run_ns)
		return 0;
	return (run_ns - s->run_ns) * (double)(to - from) / (double)(at_ns - s->at_ns);
}

int pb_cpuwork_read(struct pb_cpuwork *w, struct pb_run *run, int64_t t0_ns, int64_t t1_ns)
{
	const struct pb_table *t = pb_run_table(run, THREADS);
	int time = t ? pb_table_col(t, "t_ns") : -1, tids = t ? pb_table_col(t, "tid") : -1;
	int runs = t ? pb_table_col(t, "run_ns") : -1, cpus = t ? pb_table_col(t, "last_cpu") : -1;
	struct seen *list = calloc(THREADS_MAX, sizeof(*list));
	size_t n = 0, hint = 0;

	*w = (struct pb_cpuwork){.ours = calloc(PB_CPUS_MAX, sizeof(*w->ours))};
	if (!list || !w->ours) {
		free(list);
		pb_cpuwork_fini(w);
		return -ENOMEM;
	}
	for (size_t row = 0; t && row < pb_table_rows(t); row++) {
		int64_t at = pb_table_i64(t, row, time), cpu = pb_table_i64(t, row, cpus);
		int64_t tid = pb_table_i64(t, row, tids);
		double v = pb_table_num(t, row, runs), ran;
		struct seen *s;

		if (at == PB_NA || isnan(v) || tid == PB_NA || cpu < 0 || cpu >= PB_CPUS_MAX)
			continue;
		s = entry(list, &n, &hint, tid);
		if (!s)
			continue;
		ran = ran_ns(s, at, v, t0_ns, t1_ns);
		if (ran > 0) {
			/* Where it was in between is not known: both ends count in full. */
			w->ours[cpu] += ran / (double)(t1_ns - t0_ns);
			if (s->cpu != cpu)
				w->ours[s->cpu] += ran / (double)(t1_ns - t0_ns);
		}
		/* Samples that end before the window does would leave the guest's work to others. */
		w->known |= s->covered_ns >= COVERAGE_MIN * (double)(t1_ns - t0_ns);
		s->at_ns = at;
		s->cpu = cpu;
		s->run_ns = v;
	}
	free(list);
	return 0;
}

void pb_cpuwork_fini(struct pb_cpuwork *w)
{
	free(w->ours);
	w->ours = NULL;
}

double pb_cpuwork_wait(struct pb_run *run, int64_t t0_ns, int64_t t1_ns)
{
	const struct pb_table *t = pb_run_table(run, THREADS);
	struct pb_strv roles = {0};
	double most = NAN;

	pb_distinct(t, "role", NULL, &roles);
	for (size_t i = 0; i < roles.n; i++) {
		const struct pb_match m[] = {{"role", roles.v[i]}, {NULL, NULL}};
		double wait = strncmp(roles.v[i], "vcpu", 4) == 0
				      ? pb_rate(t, "wait_ns", m, t0_ns, t1_ns) / 1e9
				      : NAN;

		if (!isnan(wait) && !(most >= wait))
			most = wait;
	}
	pb_strv_fini(&roles);
	return most;
}
