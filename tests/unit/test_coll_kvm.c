/* Unit tests of engine/collectors/kvmstats.c and kvm.c: made-up files, debugfs, and a real VM where there is
 * KVM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "engine/collectors/kvmstats.h"
#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

#define SECOND 1000000000LL
#define NAME 48
#define STRIDE (sizeof(struct kvm_stats_desc) + NAME)

/* A statistics file with three counters and a histogram, as bytes. */
struct stats_file {
	char data[4096];
	struct kvm_stats_header *h;
	size_t len;
};

static void put_desc(struct stats_file *s, size_t i, const char *name, uint16_t size, uint32_t offset)
{
	struct kvm_stats_desc d = {.size = size, .offset = offset};
	char *at = s->data + s->h->desc_offset + i * STRIDE;

	memcpy(at, &d, sizeof(d));
	snprintf(at + sizeof(d), NAME, "%s", name);
}

static void make_stats(struct stats_file *s)
{
	static const uint64_t values[] = {11, 22, 33, 1, 2, 3, 4};

	memset(s, 0, sizeof(*s));
	s->h = (struct kvm_stats_header *)s->data;
	*s->h = (struct kvm_stats_header){
		.name_size = NAME, .num_desc = 4, .id_offset = 24, .desc_offset = 72, .data_offset = 1024};
	strcpy(s->data + 24, "kvm-4711/vcpu-5");
	put_desc(s, 0, "exits", 1, 0);
	put_desc(s, 1, "halt_wait_ns", 1, 8);
	put_desc(s, 2, "io_exits", 1, 16);
	put_desc(s, 3, "halt_wait_hist", 4, 24);
	memcpy(s->data + 1024, values, sizeof(values));
	s->len = 1024 + sizeof(values);
}

static int stats_fd(const struct stats_file *s)
{
	FILE *f = tmpfile();
	int fd;

	assert_non_null(f);
	assert_int_equal(fwrite(s->data, 1, s->len, f), s->len);
	fflush(f);
	fd = dup(fileno(f));
	fclose(f);
	return fd;
}

static const char *const wanted[] = {"io_exits", "no_such_counter", "exits", "halt_wait_hist"};

static void test_reads_counters_by_name(void **state)
{
	struct stats_file s;
	struct pb_kvmstats k;
	int64_t v[4];

	(void)state;
	make_stats(&s);
	assert_int_equal(pb_kvmstats_open(&k, stats_fd(&s), wanted, 4), 0);
	assert_int_equal(pb_kvmstats_vcpu(&k), 5);
	assert_string_equal(k.id, "kvm-4711/vcpu-5");
	assert_int_equal(pb_kvmstats_read(&k, v), 0);
	assert_int_equal(v[0], 33);
	assert_true(v[1] == PB_NA);
	assert_int_equal(v[2], 11);
	assert_true(v[3] == PB_NA); /* a histogram is no counter */
	pb_kvmstats_close(&k);
}

static void refuse(const struct stats_file *s)
{
	struct pb_kvmstats k;

	assert_int_equal(pb_kvmstats_open(&k, stats_fd(s), wanted, 4), -EPROTO);
	assert_int_equal(k.fd, -1);
}

static void test_refuses_nonsense(void **state)
{
	struct stats_file s;

	(void)state;
	make_stats(&s);
	s.len = 10;
	refuse(&s);
	make_stats(&s);
	s.len = 200; /* descriptors cut off */
	refuse(&s);
	make_stats(&s);
	s.h->num_desc = 0x7fffffff;
	refuse(&s);
	make_stats(&s);
	s.h->name_size = 0;
	refuse(&s);
	make_stats(&s);
	s.h->name_size = 0xffffffff;
	refuse(&s);
	make_stats(&s);
	s.h->desc_offset = 0xfffffff0;
	refuse(&s);
	make_stats(&s);
	put_desc(&s, 0, "exits", 1, 0xfffffff8); /* no counter within bounds is left */
	put_desc(&s, 2, "io_exits", 1, 0xfffffff8);
	refuse(&s);
}

/* A vCPU's file as Linux 6.18 gave it: every counter the collector asks for is there. */
static void test_recorded_file(void **state)
{
	struct pb_strv names = {0};
	struct pb_kvmstats k;
	int64_t v[64];
	int fd = open("tests/fuzz/corpus/kvmstats/linux-6.18-vcpu.bin", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(pb_coll_kvm.columns(NULL, &names), 0);
	assert_in_range(names.n, 20, 64);
	/* less "scope" and "source" */
	assert_int_equal(pb_kvmstats_open(&k, fd, (const char *const *)names.v + 1, names.n - 2), 0);
	assert_int_equal(pb_kvmstats_vcpu(&k), 0);
	assert_int_equal(pb_kvmstats_read(&k, v), 0);
	for (size_t i = 0; i < names.n - 2; i++)
		if (v[i] == PB_NA)
			fail_msg("%s is not in the file", names.v[i + 1]);
	pb_kvmstats_close(&k);
	pb_strv_fini(&names);
}

static void test_data_cut_off(void **state)
{
	struct stats_file s;
	struct pb_kvmstats k;
	int64_t v[4];

	(void)state;
	make_stats(&s);
	s.len = 1024 + 8;
	assert_int_equal(pb_kvmstats_open(&k, stats_fd(&s), wanted, 4), 0);
	assert_int_equal(pb_kvmstats_read(&k, v), -EPROTO);
	pb_kvmstats_close(&k);
}

static void test_debugfs(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .qemu_pid = 812};
	struct collrun r;

	(void)state;
	fake_make(&f);
	fake_put(&f, "sys/kernel/debug/kvm/8120-9/exits", "1\n");
	fake_put(&f, "sys/kernel/debug/kvm/812-14/exits", "12345\n");
	fake_put(&f, "sys/kernel/debug/kvm/812-14/halt_wait_ns", "77\n");
	collrun_start(&r, &pb_coll_kvm, &t);
	assert_int_equal(collrun_sample(&r, 3), 1);
	assert_string_equal(collrun_str(&r, 0, "scope"), "vm");
	assert_int_equal(collrun_i64(&r, 0, "exits"), 12345);
	assert_int_equal(collrun_i64(&r, 0, "halt_wait_ns"), 77);
	assert_true(collrun_i64(&r, 0, "io_exits") == PB_NA);
	assert_string_equal(collrun_str(&r, 0, "source"), "debugfs");
	unlinkat(f.dir.fd, "sys/kernel/debug/kvm/812-14/exits", 0);
	unlinkat(f.dir.fd, "sys/kernel/debug/kvm/812-14/halt_wait_ns", 0);
	assert_int_equal(collrun_sample(&r, 4), 0); /* the VM is gone */
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_unavailable(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	char why[256] = "";

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_kvm.probe(&t, why, sizeof(why)), -ESRCH);
	assert_non_null(strstr(why, "no QEMU process"));
	t.qemu_pid = 812;
	assert_int_equal(pb_coll_kvm.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "debug/kvm"));
	assert_non_null(strstr(why, "ENOENT"));
	assert_non_null(strstr(why, "recorded machine cannot be traced"));
	fake_remove(&f);
}

/* A child that owns a VM of two vCPUs and keeps their statistics open, as QEMU does. Its pid, or 0 without
 * KVM. */
static int add_vcpu(int vm, int number)
{
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, number);

	return vcpu < 0 ? -1 : ioctl(vcpu, KVM_GET_STATS_FD, 0);
}

static void *sleep_forever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* Plugs a third vCPU, with a thread of its own, when a byte comes. */
static void plug_vcpu(int vm, int go, int ready)
{
	pthread_t thread;
	char byte;

	if (read(go, &byte, 1) != 1 || add_vcpu(vm, 2) < 0 ||
	    pthread_create(&thread, NULL, sleep_forever, NULL))
		_exit(1);
	if (write(ready, &byte, 1) != 1)
		_exit(1);
}

static pid_t vm_child(int go, int plugged)
{
	int ready[2];
	pid_t child;
	char byte = 0;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int kvm = open("/dev/kvm", O_RDWR), vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
		char ok = vm >= 0;

		for (int i = 0; ok && i < 2; i++)
			ok = add_vcpu(vm, i) >= 0;
		if (write(ready[1], &ok, 1) != 1 || !ok)
			_exit(1);
		plug_vcpu(vm, go, plugged);
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		byte = 0;
	close(ready[0]);
	if (!byte)
		waitpid(child, NULL, 0);
	return byte ? child : 0;
}

static void test_real_vm(void **state)
{
	struct pb_root root;
	struct pb_target t = {.root = &root};
	struct collrun r;
	int go[2], plugged[2];
	char byte = 'x';

	(void)state;
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(plugged, O_CLOEXEC), 0);
	t.qemu_pid = vm_child(go[0], plugged[1]);
	if (!t.qemu_pid)
		skip();
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	collrun_start(&r, &pb_coll_kvm, &t);
	assert_int_equal(collrun_sample(&r, 3), 2);
	assert_string_equal(collrun_str(&r, 0, "scope"), "vcpu0");
	assert_string_equal(collrun_str(&r, 1, "scope"), "vcpu1");
	assert_int_equal(collrun_i64(&r, 0, "exits"), 0); /* it has never run */
	assert_int_equal(collrun_i64(&r, 1, "halt_wait_ns"), 0);
	assert_string_equal(collrun_str(&r, 1, "source"), "fd");
	assert_int_equal(write(go[1], &byte, 1), 1);
	assert_int_equal(read(plugged[0], &byte, 1), 1);
	assert_int_equal(collrun_sample(&r, 4), 2); /* looked for once a second */
	assert_int_equal(collrun_sample(&r, 3 + SECOND), 3);
	assert_string_equal(collrun_str(&r, 2, "scope"), "vcpu2");
	kill(t.qemu_pid, SIGKILL);
	assert_int_equal(waitpid(t.qemu_pid, NULL, 0), t.qemu_pid);
	assert_int_equal(collrun_sample(&r, 4 + SECOND), 0);
	for (int i = 0; i < 2; i++) {
		close(go[i]);
		close(plugged[i]);
	}
	collrun_stop(&r);
	pb_root_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_counters_by_name),
		cmocka_unit_test(test_refuses_nonsense),
		cmocka_unit_test(test_recorded_file),
		cmocka_unit_test(test_data_cut_off),
		cmocka_unit_test(test_debugfs),
		cmocka_unit_test(test_unavailable),
		cmocka_unit_test(test_real_vm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
