/*
 * KVM's counters for the guest. From the binary statistics descriptors that
 * QEMU keeps open for each vCPU, duplicated with pidfd_getfd (0.3 us for all counters of a vCPU); else from
 * debugfs (per VM, 3 us a counter). Exit reasons are in neither.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/kvmstats.h"
#include "engine/collectors/reason.h"

#define DEBUGFS "/sys/kernel/debug/kvm"
#define FD_PREFIX "anon_inode:kvm-vcpu-stats:"
#define VCPU_MAX 1024u

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
				       "signal_exits"};
#define N_COUNTERS (sizeof(counters) / sizeof(counters[0]))

struct vcpu {
	int number;
	struct pb_kvmstats stats;
};

struct kvm_state {
	const struct pb_root *root;
	int pidfd; /* -1 when debugfs is the source */
	struct vcpu *vcpu;
	size_t n;
	char dir[96]; /* debugfs directory of the VM; "" when the descriptors are the source */
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
	if (s->pidfd >= 0)
		close(s->pidfd);
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
static int open_fds(struct kvm_state *s, pid_t pid, char *why, size_t size)
{
	struct pb_strv fds = {0};
	char target[128];
	int rc;

	s->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (s->pidfd < 0)
		return pb_reason(why, size, errno, "pidfd_open of QEMU");
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

static int kvm_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct kvm_state *s;
	char fds[128] = "", debugfs[160] = "";
	int rc = -ENOENT;

	if (!t->qemu_pid) {
		snprintf(why, size, "no QEMU process belongs to this run");
		return -ESRCH;
	}
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->root = t->root;
	s->pidfd = -1;
	if (t->root->live)
		rc = open_fds(s, t->qemu_pid, fds, sizeof(fds));
	if (rc) {
		close_vcpus(s);
		rc = find_debugfs(s, t->qemu_pid, debugfs, sizeof(debugfs));
	}
	if (rc) {
		snprintf(why, size, "%s; %s", fds[0] ? fds : "QEMU holds no kvm-vcpu-stats descriptors",
			 debugfs);
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
	return rc;
}

static void put_row(struct pb_rows *rows, int64_t t_ns, const char *scope, const int64_t *v)
{
	pb_rows_begin(rows, t_ns);
	pb_rows_str(rows, scope);
	for (size_t i = 0; i < N_COUNTERS; i++)
		pb_rows_i64(rows, v[i]);
	pb_rows_end(rows);
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
		put_row(rows, t_ns, "vm", v);
}

static bool has_ended(const struct kvm_state *s)
{
	struct pollfd p = {.fd = s->pidfd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

static int kvm_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct kvm_state *s = state;

	if (s->dir[0]) {
		sample_debugfs(s, t_ns, rows);
		return 0;
	}
	if (s->n && has_ended(s))
		close_vcpus(s); /* our duplicates would keep the VM's memory alive */
	for (size_t i = 0; i < s->n; i++) {
		int64_t v[N_COUNTERS];
		char scope[24];

		if (pb_kvmstats_read(&s->vcpu[i].stats, v))
			continue;
		snprintf(scope, sizeof(scope), "vcpu%d", s->vcpu[i].number);
		put_row(rows, t_ns, scope, v);
	}
	return 0;
}

const struct pb_collector pb_coll_kvm = {
	.name = "kvm",
	.help = "KVM counters of the guest: exits, injected interrupts, halts and halt polling",
	.source = "KVM binary statistics of QEMU, or /sys/kernel/debug/kvm",
	.period = PB_PERIOD_FAST,
	.probe = kvm_probe,
	.start = kvm_start,
	.columns = kvm_columns,
	.sample = kvm_sample,
	.stop = kvm_stop,
};
