/*
 * Unit tests of engine/collectors/kvmtrace.c: reasons from made-up trees; the real tracepoints, where this
 * kernel has them, on a process that only looks like a QEMU. That they count exits is tested in the lab.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "engine/collectors/kvmtrace.h"
#include "engine/lib/csv.h"
#include "tests/unit/faketree.h"

static void test_reasons(void **state)
{
	struct pb_kvmtrace t;
	struct faketree f;
	char why[160] = "";

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_kvmtrace_open(&t, &f.root, 900, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "tracefs is not mounted"));
	fake_put(&f, "sys/kernel/tracing/events/irq/irq_handler_entry/id", "1\n");
	assert_int_equal(pb_kvmtrace_open(&t, &f.root, 900, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "kvm_exit: ENOENT")); /* kvm is not loaded */
	fake_put(&f, "sys/kernel/tracing/events/kvm/kvm_exit/id", "999999999\n");
	fake_put(&f, "sys/kernel/tracing/events/kvm/kvm_inj_virq/id", "999999999\n");
	assert_true(pb_kvmtrace_open(&t, &f.root, 900, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "perf_event_open of kvm:kvm_exit: "));
	pb_kvmtrace_close(&t); /* safe after failure */
	fake_remove(&f);
}

static void *vcpu_main(void *name)
{
	prctl(PR_SET_NAME, name);
	for (;;)
		pause();
	return NULL;
}

/* Names a thread when a byte comes, and answers. */
static void qemu_main(int go, int done)
{
	static char names[2][16] = {"CPU 0/KVM", "CPU 1/KVM"};
	char byte;

	for (int i = 0; i < 2; i++) {
		pthread_t thread;

		if (read(go, &byte, 1) != 1 || pthread_create(&thread, NULL, vcpu_main, names[i]))
			_exit(1);
		usleep(20000); /* until it has its name; the test looks again if not */
		if (write(done, &byte, 1) != 1)
			_exit(1);
	}
	for (;;)
		pause();
}

static void plug(int go, int done)
{
	char byte = 'x';

	assert_int_equal(write(go, &byte, 1), 1);
	assert_int_equal(read(done, &byte, 1), 1);
}

static void test_opens_vcpu_threads(void **state)
{
	int64_t v[PB_KVMTRACE_COUNTERS];
	struct pb_kvmtrace t;
	struct pb_root root;
	int go[2], done[2], rc;
	char why[160] = "";
	pid_t qemu;

	(void)state;
	/* A mount of this process only: nothing of the machine changes. */
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL))
		skip();
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	if (!pb_root_exists(&root, "/sys/kernel/tracing/events/kvm/kvm_exit"))
		skip();
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(done, O_CLOEXEC), 0);
	qemu = fork();
	if (qemu == 0)
		qemu_main(go[0], done[1]);
	assert_true(qemu > 0);
	rc = pb_kvmtrace_open(&t, &root, qemu, why, sizeof(why));
	if (rc == -EACCES || rc == -EPERM)
		skip();
	assert_int_equal(rc, -ESRCH);
	assert_non_null(strstr(why, "known to be a vCPU"));
	plug(go[1], done[0]);
	do
		rc = pb_kvmtrace_open(&t, &root, qemu, why, sizeof(why));
	while (rc == -ESRCH);
	assert_int_equal(rc, 0);
	assert_int_equal(t.n, 1);
	assert_int_equal(pb_kvmtrace_read(&t.v[0], v), 0);
	for (size_t i = 0; i < PB_KVMTRACE_COUNTERS; i++)
		assert_int_equal(v[i], 0); /* it never exits: it is no vCPU */
	plug(go[1], done[0]);
	while (t.n < 2)
		pb_kvmtrace_relist(&t);
	assert_int_equal(t.v[1].number, 1);
	kill(qemu, SIGKILL);
	assert_int_equal(waitpid(qemu, NULL, 0), qemu);
	pb_kvmtrace_relist(&t);
	assert_int_equal(t.n, 0);
	pb_kvmtrace_close(&t);
	pb_root_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_opens_vcpu_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
