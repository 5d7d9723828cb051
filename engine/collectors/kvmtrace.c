/*
 * KVM's tracepoints as counters. Exit reasons are filtered in the kernel, by the numbers
 * of Intel's and AMD's manuals (arch/x86/include/uapi/asm/{vmx,svm}.h); nothing is recorded or streamed.
 */
#include "engine/collectors/kvmtrace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/collectors/qemuvcpu.h"
#include "engine/collectors/reason.h"
#include "engine/lib/csv.h"

#define TRY_MS 2000
#define VCPU_MAX 1024u

const char *const pb_kvmtrace_names[PB_KVMTRACE_COUNTERS + 1] = {
	"exits", "irq_exits", "halt_exits", "io_exits", "irq_window_exits", "irq_injections", NULL};

/* In the order of the names. isa 1 is VMX, 2 is SVM. */
static const struct {
	const char *event, *filter;
} sources[PB_KVMTRACE_COUNTERS] = {
	{"kvm_exit", ""},
	{"kvm_exit", "(isa == 1 && exit_reason == 1) || (isa == 2 && exit_reason == 0x60)"},
	{"kvm_exit", "(isa == 1 && exit_reason == 12) || (isa == 2 && exit_reason == 0x78)"},
	{"kvm_exit", "(isa == 1 && exit_reason == 30) || (isa == 2 && exit_reason == 0x7b)"},
	{"kvm_exit", "(isa == 1 && exit_reason == 7) || (isa == 2 && exit_reason == 0x64)"},
	{"kvm_inj_virq", ""},
};

static int prepare(struct pb_kvmtrace *t, const struct pb_root *root, char *why, size_t size)
{
	int result[PB_KVMTRACE_COUNTERS], rc = 0;

	for (size_t i = 0; !rc && i < PB_KVMTRACE_COUNTERS; i++) {
		snprintf(t->event[i].filter, sizeof(t->event[i].filter), "%s", sources[i].filter);
		rc = pb_perf_tracepoint(root, "kvm", sources[i].event, &t->event[i].attr, why, size);
	}
	if (rc)
		return rc;
	rc = pb_perf_try(t->event, PB_KVMTRACE_COUNTERS, TRY_MS, result);
	return rc ? pb_reason(why, size, -rc, "perf_event_open of kvm:kvm_exit") : 0;
}

static int add_vcpu(struct pb_kvmtrace *t, const struct pb_qemu_task *task)
{
	struct pb_kvmtrace_vcpu *grown = realloc(t->v, (t->n + 1) * sizeof(*grown));
	int rc;

	if (!grown)
		return -ENOMEM;
	t->v = grown;
	grown[t->n] = (struct pb_kvmtrace_vcpu){.number = task->vcpu, .tid = task->tid};
	rc = pb_perf_open(&grown[t->n].group, t->event, PB_KVMTRACE_COUNTERS, task->tid);
	if (!rc)
		t->n++;
	return rc;
}

static bool is_known(const struct pb_kvmtrace *t, pid_t tid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].tid == tid)
			return true;
	return false;
}

static bool is_listed(const struct pb_qemu_task *tasks, size_t n, pid_t tid)
{
	for (size_t i = 0; i < n; i++)
		if (tasks[i].tid == tid)
			return true;
	return false;
}

static int relist(struct pb_kvmtrace *t)
{
	struct pb_qemu_task *tasks = NULL;
	size_t n = 0, kept = 0;
	int first = 0, rc = pb_qemu_tasks_known(t->root, t->dir, t->pid, &tasks, &n);

	if (rc == -ENOMEM)
		return rc;
	for (size_t i = 0; i < n && t->n < VCPU_MAX; i++) {
		rc = tasks[i].vcpu >= 0 && !is_known(t, tasks[i].tid) ? add_vcpu(t, &tasks[i]) : 0;
		if (rc && !first)
			first = rc;
	}
	for (size_t i = 0; i < t->n; i++) {
		if (is_listed(tasks, n, t->v[i].tid))
			t->v[kept++] = t->v[i];
		else
			pb_perf_close(&t->v[i].group);
	}
	t->n = kept;
	free(tasks);
	return first;
}

void pb_kvmtrace_relist(struct pb_kvmtrace *t)
{
	relist(t); /* a thread that cannot be opened is not counted; the others are */
}

int pb_kvmtrace_open(struct pb_kvmtrace *t, const struct pb_root *root, pid_t pid, char *why, size_t size)
{
	int rc;

	*t = (struct pb_kvmtrace){.root = root, .dir = -1, .pid = pid};
	rc = prepare(t, root, why, size);
	if (rc)
		return rc;
	t->dir = pb_qemu_task_dir(root, pid);
	rc = t->dir < 0 ? t->dir : relist(t);
	if (rc) {
		pb_reason(why, size, -rc, "perf_event_open on a vCPU thread");
	} else if (!t->n) {
		snprintf(why, size, "no thread of QEMU is known to be a vCPU");
		rc = -ESRCH;
	}
	if (rc)
		pb_kvmtrace_close(t);
	return rc;
}

int pb_kvmtrace_read(const struct pb_kvmtrace_vcpu *vcpu, int64_t v[PB_KVMTRACE_COUNTERS])
{
	struct pb_perf_values got;
	int rc = pb_perf_read(&vcpu->group, &got);

	for (size_t i = 0; !rc && i < PB_KVMTRACE_COUNTERS;
	     i++) /* a thread that has not run has counted none */
		v[i] = !got.running_ns && !got.enabled_ns && vcpu->group.fd[i] >= 0 ? 0 : got.value[i];
	return rc;
}

void pb_kvmtrace_close(struct pb_kvmtrace *t)
{
	for (size_t i = 0; i < t->n; i++)
		pb_perf_close(&t->v[i].group);
	free(t->v);
	if (t->dir >= 0)
		close(t->dir);
	*t = (struct pb_kvmtrace){.dir = -1};
}
