/*
 * Reads how busy the parts of the path were from guest/NAME/cpu.csv, host/cpu.csv, host/threads.csv and
 * host/interrupts.csv.
 */
#include "analyzers/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/irqctx.h"
#include "analyzers/placement.h"
#include "analyzers/rates.h"
#include "analyzers/run.h"

/* A second value at least; NAN counts as nothing. */
static void cpu_note(struct pb_load_cpu *c, int cpu, double share)
{
	if (isnan(share))
		return;
	if (c->cpu < 0 || share > c->share) {
		c->second = c->cpu < 0 ? 0 : c->share;
		c->share = share;
		c->cpu = cpu;
	} else if (share > c->second) {
		c->second = share;
	}
}

static void read_guest(struct pb_load *l, struct pb_run *run, int64_t t0, int64_t t1)
{
	char file[300];
	const struct pb_table *t = pb_run_table(run, pb_run_guest_file(run, file, sizeof(file), "cpu.csv"));
	struct pb_strv cpus = {0};

	pb_distinct(t, "cpu", NULL, &cpus);
	for (size_t i = 0; i < cpus.n; i++) {
		const struct pb_match m[] = {{"cpu", cpus.v[i]}, {NULL, NULL}};
		int cpu = (int)strtol(cpus.v[i], NULL, 10);

		cpu_note(&l->guest, cpu,
			 (pb_rate(t, "user_ns", m, t0, t1) + pb_rate(t, "system_ns", m, t0, t1)) / 1e9);
		cpu_note(&l->guest_irq, cpu,
			 (pb_rate(t, "irq_ns", m, t0, t1) + pb_rate(t, "softirq_ns", m, t0, t1)) / 1e9);
	}
	pb_strv_fini(&cpus);
}

/* Where a thread was seen in the window, added to used[] by its share of a CPU. */
static void spread(double *used, const struct pb_table *t, const char *tid, double run, int64_t t0,
		   int64_t t1)
{
	int time = pb_table_col(t, "t_ns"), tids = pb_table_col(t, "tid"), last = pb_table_col(t, "last_cpu");
	unsigned total = 0;

	for (int pass = 0; pass < 2; pass++)
		for (size_t row = 0; row < pb_table_rows(t); row++) {
			int64_t at = pb_table_i64(t, row, time), cpu = pb_table_i64(t, row, last);

			if (at < t0 || at > t1 || cpu < 0 || cpu >= PB_CPUS_MAX ||
			    strcmp(pb_table_str(t, row, tids), tid) != 0)
				continue;
			if (pass)
				used[cpu] += run / total;
			else
				total++;
		}
}

static void thread_note(struct pb_load *l, struct pb_load_cpu *io, struct pb_load_cpu *main_thread,
			const struct pb_table *t, const char *role, const struct pb_match *m, double run,
			const int64_t at[2])
{
	double wait = pb_rate(t, "wait_ns", m, at[0], at[1]) / 1e9, guest;

	if (strncmp(role, "iothread", 8) == 0)
		cpu_note(io, 0, run);
	if (strcmp(role, "main") == 0)
		cpu_note(main_thread, 0, run);
	if (strncmp(role, "vcpu", 4) != 0 || run + (isnan(wait) ? 0 : wait) <= l->vcpu_run + l->vcpu_wait)
		return;
	guest = pb_rate(t, "guest_ns", m, at[0], at[1]) / 1e9;
	snprintf(l->vcpu, sizeof(l->vcpu), "%s", role);
	l->vcpu_run = run;
	l->vcpu_wait = isnan(wait) ? 0 : wait;
	l->vcpu_outside = run > 0 ? fmax(0, 1 - guest / run) : NAN;
	if (isnan(guest))
		l->vcpu_outside = NAN;
}

/* The role of a thread: that of its last row, since a thread is named after it was made. */
static const char *role_of(const struct pb_table *t, const char *tid)
{
	int tids = pb_table_col(t, "tid"), role = pb_table_col(t, "role");

	for (size_t row = pb_table_rows(t); row-- > 0;)
		if (strcmp(pb_table_str(t, row, tids), tid) == 0)
			return pb_table_str(t, row, role);
	return "";
}

static void read_threads(struct pb_load *l, double *used, struct pb_run *run, int64_t t0, int64_t t1)
{
	const struct pb_table *t = pb_run_table(run, "host/threads.csv");
	struct pb_load_cpu io = {.cpu = -1}, main_thread = {.cpu = -1};
	const int64_t at[2] = {t0, t1};
	struct pb_strv tids = {0};

	if (!t)
		return;
	pb_distinct(t, "tid", NULL, &tids);
	for (size_t i = 0; i < tids.n; i++) {
		const struct pb_match m[] = {{"tid", tids.v[i]}, {NULL, NULL}};
		double share = pb_rate(t, "run_ns", m, t0, t1) / 1e9;

		if (isnan(share))
			continue;
		thread_note(l, &io, &main_thread, t, role_of(t, tids.v[i]), m, share, at);
		spread(used, t, tids.v[i], share, t0, t1);
	}
	if (io.cpu < 0)
		io = main_thread;
	snprintf(l->io, sizeof(l->io), "%s",
		 io.cpu < 0                      ? ""
		 : io.share == main_thread.share ? "main"
						 : "iothread");
	l->io_run = io.cpu < 0 ? NAN : io.share;
	l->io_second = io.second;
	pb_strv_fini(&tids);
}

/* A CPU of the path: a vCPU runs there, or a vector of the disk is taken there. */
static bool on_path(const struct pb_placement *p, const struct pb_irqctx *c, int cpu)
{
	if (p->cpu[cpu].vcpu_share >= 0.5)
		return true;
	for (size_t i = 0; i < c->host.n; i++)
		if (c->host.v[i].cpu == cpu && c->host.v[i].rate >= PB_IRQ_MOVING)
			return true;
	return false;
}

static int read_foreign(struct pb_load *l, const double *used, struct pb_run *run, int64_t t0, int64_t t1)
{
	struct pb_placement p;
	struct pb_irqctx c;
	int ret = pb_irqctx_init(&c, run);

	if (ret < 0)
		return ret;
	ret = pb_placement_read(&p, run, t0, t1);
	for (int cpu = 0; ret == 0 && cpu < PB_CPUS_MAX; cpu++) {
		double foreign = p.cpu[cpu].busy - used[cpu] - p.cpu[cpu].irq;

		cpu_note(&l->host_irq, cpu, p.cpu[cpu].irq);
		if (isnan(foreign) || !p.have_threads || !on_path(&p, &c, cpu) ||
		    (l->foreign_cpu >= 0 && foreign <= l->foreign))
			continue;
		l->foreign_cpu = cpu;
		l->foreign = fmax(0, foreign);
		l->foreign_busy = p.cpu[cpu].busy;
	}
	if (ret == 0)
		pb_placement_fini(&p);
	pb_irqctx_fini(&c);
	return ret;
}

int pb_load_read(struct pb_load *l, struct pb_run *run, int64_t t0_ns, int64_t t1_ns)
{
	double *used = calloc(PB_CPUS_MAX, sizeof(*used));
	int ret;

	*l = (struct pb_load){.io_run = NAN,
			      .vcpu_outside = NAN,
			      .guest = {.cpu = -1},
			      .guest_irq = {.cpu = -1},
			      .host_irq = {.cpu = -1},
			      .foreign_cpu = -1};
	if (!used)
		return -ENOMEM;
	read_guest(l, run, t0_ns, t1_ns);
	read_threads(l, used, run, t0_ns, t1_ns);
	ret = read_foreign(l, used, run, t0_ns, t1_ns);
	free(used);
	return ret;
}
