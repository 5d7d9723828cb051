/*
 * KVM's counters for the guest. From the binary statistics descriptors that
 * QEMU keeps open for each vCPU, duplicated with pidfd_getfd (0.3 us for all counters of a vCPU); else from
 * debugfs (per VM, 3 us a counter); else from KVM's tracepoints (kvmtrace.c). One file has rows of one
 * source only.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/kvmstats.h"
#include "engine/collectors/kvmtrace.h"
#include "engine/collectors/qemutask.h"
#include "engine/collectors/reason.h"
#include "engine/lib/texts.h"

#define DEBUGFS "/sys/kernel/debug/kvm"
#define FD_PREFIX "anon_inode:kvm-vcpu-stats:"
#define VCPU_MAX 1024u
#define RELIST_NS 1000000000LL

static const char *const counters[] = {"exits",
				       "io_exits",
				       "mmio_exits",
				       "irq_exits",
				       "irq_injections",
				       "halt_exits",
				       "halt_wakeup",
				       "halt_successful_poll",
				       "halt_attempted_poll",
				       "halt_poll_success_ns",
				       "halt_poll_fail_ns",
				       "halt_wait_ns",
				       "signal_exits",
				       "halt_poll_invalid",
				       "irq_window_exits",
				       "request_irq_exits",
				       "insn_emulation",
				       "hypercalls",
				       "pf_fixed",
				       "tlb_flush",
				       "preemption_reported"};
#define N_COUNTERS (sizeof(counters) / sizeof(counters[0]))

struct vcpu {
	int number;
	struct pb_kvmstats stats;
};

enum origin { FROM_FDS, FROM_DEBUGFS, FROM_TRACE };

static const char *const origin_names[] = {"fd", "debugfs", "tracepoints"};

struct kvm_state {
	const struct pb_root *root;
	pid_t pid;
	enum origin origin;
	int pidfd;         /* -1 unless FROM_FDS */
	int tasks;         /* /proc/PID/task: its links count threads; -1 when not known */
	uint64_t links;    /* when the list of vCPUs was last read */
	int64_t listed_ns; /* when the links were last looked at */
	struct vcpu *vcpu;
	size_t n;
	char dir[96]; /* debugfs directory of the VM */
	struct pb_kvmtrace trace;
	size_t column[PB_KVMTRACE_COUNTERS]; /* of each name of the trace */
};

static void close_vcpus(struct kvm_state *s)
{
	for (size_t i = 0; i < s->n; i++)
		pb_kvmstats_close(&s->vcpu[i].stats);
	free(s->vcpu);
	s->vcpu = NULL;
	s->n = 0;
}

static void kvm_stop(void *state)
{
	struct kvm_state *s = state;

	if (!s)
		return;
	close_vcpus(s);
	pb_kvmtrace_close(&s->trace);
	if (s->pidfd >= 0)
		close(s->pidfd);
	if (s->tasks >= 0)
		close(s->tasks);
	free(s);
}

/* Duplicates descriptor n of QEMU and reads its statistics' layout. */
static int add_vcpu(struct kvm_state *s, int n, int number)
{
	struct vcpu *grown = realloc(s->vcpu, (s->n + 1) * sizeof(*grown));
	long fd;
	int rc;

	if (!grown)
		return -ENOMEM;
	s->vcpu = grown;
	fd = syscall(SYS_pidfd_getfd, s->pidfd, n, 0);
	if (fd < 0)
		return -errno;
	rc = pb_kvmstats_open(&grown[s->n].stats, (int)fd, counters, N_COUNTERS);
	if (rc)
		return rc;
	grown[s->n].number = number;
	s->n++;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct vcpu *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* -ENOENT without a reason when QEMU holds no such descriptors. */
static int list_fds(struct kvm_state *s, pid_t pid, char *why, size_t size)
{
	struct pb_strv fds = {0};
	char target[128];
	int rc;

	rc = pb_root_list(s->root, &fds, "/proc/%d/fd", (int)pid);
	if (rc)
		pb_reason(why, size, -rc, "/proc/PID/fd of QEMU");
	for (size_t i = 0; !rc && i < fds.n && s->n < VCPU_MAX; i++) {
		size_t len = strlen(FD_PREFIX);

		if (pb_root_link(s->root, target, sizeof(target), "/proc/%d/fd/%s", (int)pid, fds.v[i]) < 0 ||
		    strncmp(target, FD_PREFIX, len))
			continue;
		rc = add_vcpu(s, atoi(fds.v[i]), atoi(target + len));
		if (rc)
			pb_reason(why, size, -rc, "pidfd_getfd of QEMU's kvm-vcpu-stats");
	}
	pb_strv_fini(&fds);
	if (s->n)
		qsort(s->vcpu, s->n, sizeof(*s->vcpu), by_number);
	return !rc && !s->n ? -ENOENT : rc;
}

static int open_fds(struct kvm_state *s, pid_t pid, char *why, size_t size)
{
	int rc;

	s->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (s->pidfd < 0)
		return pb_reason(why, size, errno, "pidfd_open of QEMU");
	rc = list_fds(s, pid, why, size);
	if (!rc)
		return 0;
	close_vcpus(s);
	close(s->pidfd);
	s->pidfd = -1;
	return rc;
}

/* "/sys/kernel/debug/kvm/PID-FD" of the VM, readable. */
static int find_debugfs(struct kvm_state *s, pid_t pid, char *why, size_t size)
{
	struct pb_strv names = {0};
	char prefix[32], path[128];
	int64_t v;
	int rc = pb_root_list(s->root, &names, DEBUGFS);

	snprintf(prefix, sizeof(prefix), "%d-", (int)pid);
	for (size_t i = 0; !rc && i < names.n && !s->dir[0]; i++)
		if (!strncmp(names.v[i], prefix, strlen(prefix)) && strlen(names.v[i]) < 48)
			snprintf(s->dir, sizeof(s->dir), DEBUGFS "/%s", names.v[i]);
	pb_strv_fini(&names);
	if (!rc && !s->dir[0])
		rc = -ENOENT;
	if (rc)
		return pb_reason(why, size, -rc, DEBUGFS "/PID-*");
	snprintf(path, sizeof(path), "%s/exits", s->dir);
	rc = pb_root_i64(s->root, &v, "%s", path);
	return rc ? pb_reason(why, size, -rc, path) : 0;
}

static void map_columns(struct kvm_state *s)
{
	for (size_t i = 0; i < PB_KVMTRACE_COUNTERS; i++)
		for (size_t k = 0; k < N_COUNTERS; k++)
			if (!strcmp(pb_kvmtrace_names[i], counters[k]))
				s->column[i] = k;
}

static uint64_t thread_links(const struct kvm_state *s)
{
	struct stat st;

	return s->tasks >= 0 && !fstat(s->tasks, &st) ? st.st_nlink : 0;
}

/* The best source there is; what speaks against each goes to why when there is none. */
static int find_origin(struct kvm_state *s, const struct pb_target *t, char *why, size_t size)
{
	char fds[128] = "", debugfs[160] = "", trace[160] = PB_N("a recorded machine cannot be traced");
	int rc = t->root->live ? open_fds(s, t->qemu_pid, fds, sizeof(fds)) : -ENOENT;

	s->origin = FROM_FDS;
	if (rc) {
		s->origin = FROM_DEBUGFS;
		rc = find_debugfs(s, t->qemu_pid, debugfs, sizeof(debugfs));
	}
	if (rc && t->root->live) {
		int err = pb_kvmtrace_open(&s->trace, t->root, t->qemu_pid, trace, sizeof(trace));

		s->origin = FROM_TRACE;
		rc = err ? rc : 0;
	}
	if (rc)
		snprintf(why, size, "%s; %s; %s",
			 fds[0] ? fds : PB_N("QEMU holds no kvm-vcpu-stats descriptors"), debugfs, trace);
	return rc;
}

static int kvm_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct kvm_state *s;
	int rc;

	if (!t->qemu_pid) {
		snprintf(why, size, "no QEMU process belongs to this run");
		return -ESRCH;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->root = t->root;
	s->pid = t->qemu_pid;
	s->pidfd = s->trace.dir = -1;
	s->tasks = pb_qemu_task_dir(t->root, t->qemu_pid);
	s->links = thread_links(s); /* before the list: a vCPU plugged meanwhile is then found later */
	s->listed_ns = PB_NA;
	map_columns(s);
	rc = find_origin(s, t, why, size);
	if (rc) {
		kvm_stop(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int kvm_probe(const struct pb_target *t, char *why, size_t size)
{
	void *state = NULL;
	int rc = kvm_start(t, &state, why, size);

	kvm_stop(state);
	return rc;
}

static int kvm_columns(void *state, struct pb_strv *names)
{
	int rc = pb_strv_add(names, "scope");

	(void)state;
	for (size_t i = 0; !rc && i < N_COUNTERS; i++)
		rc = pb_strv_add(names, counters[i]);
	return rc ? rc : pb_strv_add(names, "source");
}

static void put_row(const struct kvm_state *s, struct pb_rows *rows, int64_t t_ns, const char *scope,
		    const int64_t *v)
{
	pb_rows_begin(rows, t_ns);
	pb_rows_str(rows, scope);
	for (size_t i = 0; i < N_COUNTERS; i++)
		pb_rows_i64(rows, v[i]);
	pb_rows_str(rows, origin_names[s->origin]);
	pb_rows_end(rows);
}

static void put_vcpu(const struct kvm_state *s, struct pb_rows *rows, int64_t t_ns, int number,
		     const int64_t *v)
{
	char scope[24];

	snprintf(scope, sizeof(scope), "vcpu%d", number);
	put_row(s, rows, t_ns, scope, v);
}

static void sample_debugfs(struct kvm_state *s, int64_t t_ns, struct pb_rows *rows)
{
	int64_t v[N_COUNTERS];
	size_t have = 0;

	for (size_t i = 0; i < N_COUNTERS; i++) {
		if (pb_root_i64(s->root, &v[i], "%s/%s", s->dir, counters[i]))
			v[i] = PB_NA;
		else
			have++;
	}
	if (have) /* none: the VM is gone */
		put_row(s, rows, t_ns, "vm", v);
}

static bool has_ended(const struct kvm_state *s)
{
	struct pollfd p = {.fd = s->pidfd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* vCPUs may be plugged and unplugged: once a second, when the number of threads has changed, the list is read
 * again. */
static void relist(struct kvm_state *s, int64_t t_ns)
{
	uint64_t links;
	char why[128];

	if (s->origin == FROM_DEBUGFS || (s->listed_ns != PB_NA && t_ns - s->listed_ns < RELIST_NS))
		return;
	s->listed_ns = t_ns;
	links = thread_links(s);
	if (links == s->links)
		return;
	s->links = links;
	if (s->origin == FROM_TRACE) {
		pb_kvmtrace_relist(&s->trace);
		return;
	}
	close_vcpus(s); /* the kernel's counters are the vCPU's own: opened again they go on */
	list_fds(s, s->pid, why, sizeof(why));
}

static void sample_fds(struct kvm_state *s, int64_t t_ns, struct pb_rows *rows)
{
	if (has_ended(s)) {
		close_vcpus(s); /* our duplicates would keep the VM's memory alive */
		return;
	}
	relist(s, t_ns);
	for (size_t i = 0; i < s->n; i++) {
		int64_t v[N_COUNTERS];

		if (!pb_kvmstats_read(&s->vcpu[i].stats, v))
			put_vcpu(s, rows, t_ns, s->vcpu[i].number, v);
	}
}

static void sample_trace(struct kvm_state *s, int64_t t_ns, struct pb_rows *rows)
{
	relist(s, t_ns);
	for (size_t i = 0; i < s->trace.n; i++) {
		int64_t v[N_COUNTERS], got[PB_KVMTRACE_COUNTERS];

		if (pb_kvmtrace_read(&s->trace.v[i], got))
			continue;
		for (size_t k = 0; k < N_COUNTERS; k++)
			v[k] = PB_NA;
		for (size_t k = 0; k < PB_KVMTRACE_COUNTERS; k++)
			v[s->column[k]] = got[k];
		put_vcpu(s, rows, t_ns, s->trace.v[i].number, v);
	}
}

static int kvm_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct kvm_state *s = state;

	if (s->origin == FROM_FDS)
		sample_fds(s, t_ns, rows);
	else if (s->origin == FROM_DEBUGFS)
		sample_debugfs(s, t_ns, rows);
	else
		sample_trace(s, t_ns, rows);
	return 0;
}

const struct pb_collector pb_coll_kvm = {
	.name = "kvm",
	.help = "KVM counters of the guest: exits, injected interrupts, halts and halt polling",
	.source = "KVM binary statistics of QEMU, else /sys/kernel/debug/kvm, else KVM's tracepoints",
	.period = PB_PERIOD_FAST,
	.probe = kvm_probe,
	.start = kvm_start,
	.columns = kvm_columns,
	.sample = kvm_sample,
	.stop = kvm_stop,
};
