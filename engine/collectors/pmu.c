/*
 * Hardware counters of the vCPU threads, guest (:mg) and host (:mh) apart: cycles, instructions, cache
 * misses. Once a second, because reading a running event of another CPU interrupts that CPU. Without a PMU
 * the collector is unavailable: software events say nothing that threads.csv does not say more cheaply.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/perfcount.h"
#include "engine/collectors/qemutask.h"
#include "engine/collectors/reason.h"

#define TRY_MS 2000

static const struct {
	const char *pfm, *name; /* libpfm4's text, and ours */
} events[] = {
	{"perf::CYCLES", "cycles"},
	{"perf::INSTRUCTIONS", "instructions"},
	{"perf::CACHE-MISSES", "cache-misses"}, /* last level on Intel; beyond L2 on AMD */
};
#define N_EVENTS (sizeof(events) / sizeof(events[0]))

static const char *const sides[] = {"mg", "mh"}; /* while in the guest; while in the host */

struct counted {
	int vcpu;
	struct pb_perf_group group[2]; /* by side */
};

struct pmu_state {
	struct counted *v;
	size_t n;
};

static int encode(struct perf_event_attr attr[2][N_EVENTS], char *why, size_t size)
{
	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < N_EVENTS; i++) {
			char text[64];
			int rc;

			snprintf(text, sizeof(text), "%s:%s", events[i].pfm, sides[side]);
			rc = pb_perf_encode(text, &attr[side][i], why, size);
			if (rc)
				return rc;
		}
	return 0;
}

static int pmu_probe(const struct pb_target *t, char *why, size_t size)
{
	struct perf_event_attr attr[2][N_EVENTS];
	int rc;

	if (!t->root->live) {
		snprintf(why, size, "a recorded machine has no PMU to count with");
		return -ENODEV;
	}
	rc = encode(attr, why, size);
	if (rc)
		return rc;
	rc = pb_perf_try(&attr[1][0], TRY_MS);
	if (rc == -ENOENT || rc == -EOPNOTSUPP || rc == -ENODEV)
		return pb_reason(why, size, -rc, "no PMU: perf_event_open");
	if (rc)
		return pb_reason(why, size, -rc,
				 "perf_event_open (see /proc/sys/kernel/perf_event_paranoid)");
	if (!t->qemu_pid) {
		snprintf(why, size, "no QEMU process belongs to this run");
		return -ESRCH;
	}
	return 0;
}

static void pmu_stop(void *state)
{
	struct pmu_state *s = state;

	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		pb_perf_close(&s->v[i].group[0]);
		pb_perf_close(&s->v[i].group[1]);
	}
	free(s->v);
	free(s);
}

static int add_vcpu(struct pmu_state *s, struct perf_event_attr attr[2][N_EVENTS],
		    const struct pb_qemu_task *t)
{
	struct counted *grown = realloc(s->v, (s->n + 1) * sizeof(*grown)), *x;
	int rc;

	if (!grown)
		return -ENOMEM;
	s->v = grown;
	x = &grown[s->n];
	memset(x, 0, sizeof(*x));
	x->vcpu = t->vcpu;
	rc = pb_perf_open(&x->group[0], attr[0], N_EVENTS, t->tid);
	if (rc)
		return rc;
	rc = pb_perf_open(&x->group[1], attr[1], N_EVENTS, t->tid);
	if (rc) {
		pb_perf_close(&x->group[0]);
		return rc;
	}
	s->n++;
	return 0;
}

static int open_vcpus(struct pmu_state *s, const struct pb_target *t, char *why, size_t size)
{
	struct perf_event_attr attr[2][N_EVENTS];
	struct pb_qemu_task *tasks;
	size_t n;
	int dir, rc = encode(attr, why, size);

	if (rc)
		return rc;
	dir = pb_qemu_task_dir(t->root, t->qemu_pid);
	rc = dir < 0 ? dir : pb_qemu_tasks(dir, t->qemu_pid, &tasks, &n);
	if (dir >= 0)
		close(dir);
	if (rc)
		return pb_reason(why, size, -rc, "/proc/PID/task of QEMU");
	for (size_t i = 0; !rc && i < n; i++)
		if (tasks[i].vcpu >= 0)
			rc = add_vcpu(s, attr, &tasks[i]);
	free(tasks);
	if (rc)
		return pb_reason(why, size, -rc, "perf_event_open on a vCPU thread");
	if (!s->n) {
		snprintf(why, size,
			 "no thread of QEMU is named 'CPU n/KVM' (start it with debug-threads=on)");
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
	rc = open_vcpus(s, t, why, size);
	if (rc) {
		pmu_stop(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int pmu_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {"scope", "event", "value", "enabled_ns", "running_ns"};
	int rc = 0;

	(void)state;
	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	return rc;
}

static void put_group(const struct counted *x, size_t side, int64_t t_ns, struct pb_rows *rows)
{
	struct pb_perf_values v;

	if (pb_perf_read(&x->group[side], &v))
		return;
	for (size_t i = 0; i < N_EVENTS; i++) {
		char scope[24], name[48];

		snprintf(scope, sizeof(scope), "vcpu%d", x->vcpu);
		snprintf(name, sizeof(name), "%s:%s", events[i].name, sides[side]);
		pb_rows_begin(rows, t_ns);
		pb_rows_str(rows, scope);
		pb_rows_str(rows, name);
		pb_rows_i64(rows, v.value[i]);
		pb_rows_i64(rows, v.enabled_ns);
		pb_rows_i64(rows, v.running_ns);
		pb_rows_end(rows);
	}
}

static int pmu_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct pmu_state *s = state;

	for (size_t i = 0; i < s->n; i++)
		for (size_t side = 0; side < 2; side++)
			put_group(&s->v[i], side, t_ns, rows);
	return 0;
}

const struct pb_collector pb_coll_pmu = {
	.name = "pmu",
	.help = "cycles, instructions and cache misses of the vCPU threads, guest and host apart",
	.source = "perf_event_open, encoded by libpfm4",
	.period = PB_PERIOD_SLOW,
	.probe = pmu_probe,
	.start = pmu_start,
	.columns = pmu_columns,
	.sample = pmu_sample,
	.stop = pmu_stop,
};
