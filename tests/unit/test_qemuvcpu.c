/* Unit tests of engine/collectors/qemuvcpu.c and of roles in qemutask.c: QEMU with and without thread names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/kvm.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "engine/collectors/qemuvcpu.h"
#include "tests/unit/faketree.h"

static void put_comm(struct faketree *f, int tid, const char *comm)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/900/task/%d/comm", tid);
	fake_put(f, path, comm);
}

static const char *role_of(const struct pb_qemu_task *v, size_t n, pid_t tid)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].tid == tid)
			return v[i].role;
	fail_msg("no thread %d", (int)tid);
	return "";
}

struct listing {
	struct pb_qemu_task *v;
	size_t n;
};

static struct listing list(struct faketree *f)
{
	struct listing l;
	int dir = pb_qemu_task_dir(&f->root, 900);

	assert_true(dir >= 0);
	assert_int_equal(pb_qemu_tasks_known(&f->root, dir, 900, &l.v, &l.n), 0);
	close(dir);
	return l;
}

static void test_names_tell(void **state)
{
	static const struct {
		int tid;
		const char *comm, *role;
	} threads[] = {
		{900, "qemu-system-x86\n", "main"},  {901, "IO io0\n", "iothread"},
		{902, "IO mon_iothread\n", "other"}, {903, "CPU 0/KVM\n", "vcpu0"},
		{904, "CPU 255/KVM\n", "vcpu255"},   {905, "worker\n", "worker"},
		{906, "iou-wrk-901\n", "worker"},    {907, "iou-sqp-901\n", "worker"},
		{908, "vhost-900\n", "vhost"},       {909, "CPU 0/TCG\n", "other"},
		{910, "CPU -1/KVM\n", "other"},      {911, "", "other"},
		{912, "kvm-nx-lpage-re\n", "other"}, {913, "call_rcu\n", "other"},
	};
	struct faketree f;
	struct listing l;

	(void)state;
	fake_make(&f);
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++)
		put_comm(&f, threads[i].tid, threads[i].comm);
	/* KVM is not asked when names tell: this would contradict them */
	fake_put(&f, "sys/kernel/debug/kvm/900-14/vcpu7/pid", "905\n");
	l = list(&f);
	assert_int_equal(l.n, sizeof(threads) / sizeof(threads[0]));
	for (size_t i = 0; i < l.n; i++)
		assert_string_equal(role_of(l.v, l.n, threads[i].tid), threads[i].role);
	free(l.v);
	fake_remove(&f);
}

static void test_debugfs_tells(void **state)
{
	struct faketree f;
	struct listing l;

	(void)state;
	fake_make(&f);
	for (int tid = 900; tid < 906; tid++)
		put_comm(&f, tid, "qemu-system-x86\n");
	fake_put(&f, "sys/kernel/debug/kvm/900-14/vcpu0/pid", "903\n");
	fake_put(&f, "sys/kernel/debug/kvm/900-14/vcpu11/pid", "904\n");
	fake_put(&f, "sys/kernel/debug/kvm/900-14/vcpu2/pid", "99999\n"); /* not a thread of QEMU */
	fake_put(&f, "sys/kernel/debug/kvm/900-14/vcpu3/pid", "none\n");
	fake_put(&f, "sys/kernel/debug/kvm/900-14/vcpu4x/pid", "905\n");
	fake_put(&f, "sys/kernel/debug/kvm/9001-3/vcpu0/pid", "905\n"); /* another VM */
	l = list(&f);
	assert_string_equal(role_of(l.v, l.n, 900), "main");
	assert_string_equal(role_of(l.v, l.n, 903), "vcpu0");
	assert_string_equal(role_of(l.v, l.n, 904), "vcpu11");
	assert_string_equal(role_of(l.v, l.n, 905), "other");
	free(l.v);
	fake_remove(&f);
}

static void test_nobody_tells(void **state)
{
	struct faketree f;
	struct listing l;

	(void)state;
	fake_make(&f);
	put_comm(&f, 900, "qemu-system-x86\n");
	put_comm(&f, 901, "qemu-system-x86\n");
	l = list(&f);
	assert_string_equal(role_of(l.v, l.n, 900), "main");
	assert_string_equal(role_of(l.v, l.n, 901), "other");
	free(l.v);
	fake_remove(&f);
}

/* The statistics of a real vCPU say which thread made it. */
static void test_kvm_tells(void **state)
{
	int ready[2], dir;
	struct pb_root root;
	struct listing l;
	char ok = 0;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int kvm = open("/dev/kvm", O_RDWR), vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
		int vcpu = vm < 0 ? -1 : ioctl(vm, KVM_CREATE_VCPU, 3);

		ok = vcpu >= 0 && ioctl(vcpu, KVM_GET_STATS_FD, 0) >= 0;
		if (write(ready[1], &ok, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &ok, 1), 1);
	close(ready[0]);
	close(ready[1]);
	if (ok) {
		assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
		dir = pb_qemu_task_dir(&root, child);
		assert_int_equal(pb_qemu_tasks_known(&root, dir, child, &l.v, &l.n), 0);
		assert_string_equal(role_of(l.v, l.n, child), "vcpu3");
		free(l.v);
		close(dir);
		pb_root_close(&root);
	}
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	if (!ok)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_tell),
		cmocka_unit_test(test_debugfs_tells),
		cmocka_unit_test(test_nobody_tells),
		cmocka_unit_test(test_kvm_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
