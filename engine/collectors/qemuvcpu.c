/*
 * Thread ids of vCPUs from KVM. It needs the right to ptrace QEMU, or debugfs; where both are missing,
 * threads simply keep the roles their names gave. Iothreads cannot be told without names.
 */
#include "engine/collectors/qemuvcpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/collectors/kvmstats.h"

#define DEBUGFS "/sys/kernel/debug/kvm"
#define FD_PREFIX "anon_inode:kvm-vcpu-stats:"

/* The thread becomes that vCPU, if it is in the list. */
static void mark(struct pb_qemu_task *v, size_t n, pid_t tid, int vcpu)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].tid == tid) {
			v[i].vcpu = vcpu;
			snprintf(v[i].role, sizeof(v[i].role), "vcpu%d", vcpu);
		}
}

static bool any_vcpu(const struct pb_qemu_task *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].vcpu >= 0)
			return true;
	return false;
}

static void mark_by_stats(int pidfd, int number, struct pb_qemu_task *v, size_t n)
{
	static const char *const any[] = {"exits"};
	struct pb_kvmstats s;
	int tid, vcpu, fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);

	if (fd < 0 || pb_kvmstats_open(&s, fd, any, 1))
		return;
	if (sscanf(s.id, "kvm-%9d/vcpu-%5d", &tid, &vcpu) == 2 && vcpu >= 0)
		mark(v, n, tid, vcpu);
	pb_kvmstats_close(&s);
}

static void from_stats(const struct pb_root *root, pid_t pid, struct pb_qemu_task *v, size_t n)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pb_strv fds = {0};
	char target[128];

	if (pidfd < 0)
		return;
	pb_root_list(root, &fds, "/proc/%d/fd", (int)pid);
	for (size_t i = 0; i < fds.n; i++)
		if (pb_root_link(root, target, sizeof(target), "/proc/%d/fd/%s", (int)pid, fds.v[i]) > 0 &&
		    !strncmp(target, FD_PREFIX, strlen(FD_PREFIX)))
			mark_by_stats(pidfd, atoi(fds.v[i]), v, n);
	pb_strv_fini(&fds);
	close(pidfd);
}

/* One VM's directory: vcpu0/pid, vcpu1/pid, ... */
static void from_vm(const struct pb_root *root, const char *vm, struct pb_qemu_task *v, size_t n)
{
	struct pb_strv names = {0};

	pb_root_list(root, &names, DEBUGFS "/%s", vm);
	for (size_t i = 0; i < names.n; i++) {
		int64_t tid;
		int vcpu, end = 0;

		if (sscanf(names.v[i], "vcpu%5d%n", &vcpu, &end) == 1 && end && !names.v[i][end] &&
		    vcpu >= 0 && !pb_root_i64(root, &tid, DEBUGFS "/%s/%s/pid", vm, names.v[i]))
			mark(v, n, (pid_t)tid, vcpu);
	}
	pb_strv_fini(&names);
}

static void from_debugfs(const struct pb_root *root, pid_t pid, struct pb_qemu_task *v, size_t n)
{
	struct pb_strv vms = {0};
	char prefix[32];
	int len = snprintf(prefix, sizeof(prefix), "%d-", (int)pid);

	pb_root_list(root, &vms, DEBUGFS);
	for (size_t i = 0; i < vms.n; i++)
		if (!strncmp(vms.v[i], prefix, (size_t)len))
			from_vm(root, vms.v[i], v, n);
	pb_strv_fini(&vms);
}

int pb_qemu_tasks_known(const struct pb_root *root, int dirfd, pid_t pid, struct pb_qemu_task **v, size_t *n)
{
	int rc = pb_qemu_tasks(dirfd, pid, v, n);

	if (rc || any_vcpu(*v, *n))
		return rc;
	if (root->live)
		from_stats(root, pid, *v, *n);
	if (!any_vcpu(*v, *n))
		from_debugfs(root, pid, *v, *n);
	return 0;
}
