/* Unit tests of engine/collectors/threads.c and qemutask.c: a made-up QEMU, and a live process that ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "engine/collectors/qemutask.h"
#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

#define SECOND 1000000000LL

static void put_thread(struct faketree *f, int tid, const char *comm, const char *schedstat, int cpu)
{
	char path[96], text[512];

	snprintf(path, sizeof(path), "proc/900/task/%d/comm", tid);
	snprintf(text, sizeof(text), "%s\n", comm);
	fake_put(f, path, text);
	snprintf(path, sizeof(path), "proc/900/task/%d/schedstat", tid);
	fake_put(f, path, schedstat);
	/* field 39 is the CPU; the name holds what would fool a parser that counts from the left */
	snprintf(path, sizeof(path), "proc/900/task/%d/stat", tid);
	snprintf(text, sizeof(text),
		 "%d (%s) 1) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 "
		 "32 33 "
		 "34 35 36 37 38 %d 40 41\n",
		 tid, comm, cpu);
	fake_put(f, path, text);
	snprintf(path, sizeof(path), "proc/900/task/%d/status", tid);
	fake_put(f, path, "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-3,8\nMems_allowed:\t1\n");
}

static void put_qemu(struct faketree *f)
{
	put_thread(f, 900, "qemu-system-x86", "100 10 1\n", 0);
	put_thread(f, 901, "call_rcu", "200 20 2\n", 1);
	put_thread(f, 902, "IO io0", "300 30 3\n", 2);
	put_thread(f, 1003, "CPU 0/KVM", "400 40 4\n", 3);
	put_thread(f, 1004, "CPU 11/KVM", "500 50 5\n", 4);
	put_thread(f, 1005, "worker", "600 60 6\n", 5);
	put_thread(f, 1006, "CPU 1", "700 70 7\n", 6);
}

static void test_roles_and_values(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .qemu_pid = 900};
	struct collrun r;
	size_t row;

	(void)state;
	fake_make(&f);
	put_qemu(&f);
	collrun_start(&r, &pb_coll_threads, &t);
	assert_int_equal(collrun_sample(&r, 5), 7);
	row = collrun_row(&r, "role", "vcpu11");
	assert_int_equal(collrun_i64(&r, row, "pid"), 900);
	assert_int_equal(collrun_i64(&r, row, "tid"), 1004);
	assert_string_equal(collrun_str(&r, row, "name"), "CPU 11/KVM");
	assert_int_equal(collrun_i64(&r, row, "run_ns"), 500);
	assert_int_equal(collrun_i64(&r, row, "wait_ns"), 50);
	assert_int_equal(collrun_i64(&r, row, "switches"), 5);
	assert_int_equal(collrun_i64(&r, row, "last_cpu"), 4);
	assert_string_equal(collrun_str(&r, row, "allowed_cpus"), "0-3,8");
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "role", "main"), "tid"), 900);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "role", "iothread"), "tid"), 902);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "role", "vcpu0"), "tid"), 1003);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "role", "worker"), "tid"), 1005);
	assert_string_equal(collrun_str(&r, collrun_row(&r, "name", "CPU 1"), "role"), "other");
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_others_once_a_second_and_new_threads(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .qemu_pid = 900};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_qemu(&f);
	collrun_start(&r, &pb_coll_threads, &t);
	assert_int_equal(collrun_sample(&r, SECOND), 7);
	put_thread(&f, 1007, "CPU 2/KVM", "1 1 1\n", 0); /* hot-plugged */
	put_thread(&f, 1003, "CPU 0/KVM", "4000 41 9\n", 3);
	assert_int_equal(collrun_sample(&r, SECOND + SECOND / 2), 4); /* vcpu0, vcpu11, io0, main */
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "role", "vcpu0"), "run_ns"), 4000);
	assert_int_equal(collrun_sample(&r, 2 * SECOND), 8);
	assert_true(collrun_has(&r, "role", "vcpu2"));
	pb_rows_clear(r.rows);
	assert_int_equal(r.c->finish(r.state, 2 * SECOND + 1, r.rows), 0);
	assert_int_equal(pb_rows_count(r.rows), 8);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_rows_stop_when_the_process_ends(void **state)
{
	struct pb_root root;
	struct pb_target t = {.root = &root};
	struct collrun r;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		for (;;)
			pause();
	assert_true(child > 0);
	t.qemu_pid = child;
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	collrun_start(&r, &pb_coll_threads, &t);
	assert_int_equal(collrun_sample(&r, 1), 1);
	assert_string_equal(collrun_str(&r, 0, "role"), "main");
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(collrun_sample(&r, 2), 0);
	assert_int_equal(collrun_sample(&r, 2 * SECOND), 0);
	assert_int_equal(collrun_sample(&r, 4 * SECOND), 0);
	collrun_stop(&r);
	pb_root_close(&root);
}

/* A QEMU of the lab, Linux 6.12. */
static void test_recorded_qemu(void **state)
{
	struct pb_root root;
	struct pb_target t = {.root = &root, .qemu_pid = 222};
	struct collrun r;
	size_t row;

	(void)state;
	assert_int_equal(pb_root_open(&root, "tests/fixtures/threads/linux-6.12", NULL), 0);
	collrun_start(&r, &pb_coll_threads, &t);
	assert_int_equal(collrun_sample(&r, 5), 4);
	row = collrun_row(&r, "role", "vcpu1");
	assert_int_equal(collrun_i64(&r, row, "tid"), 232);
	assert_int_equal(collrun_i64(&r, row, "run_ns"), 18107248013);
	assert_int_equal(collrun_i64(&r, row, "user_ns"), 1416 * (SECOND / sysconf(_SC_CLK_TCK)));
	assert_int_equal(collrun_i64(&r, row, "system_ns"), 385 * (SECOND / sysconf(_SC_CLK_TCK)));
	assert_int_equal(collrun_i64(&r, row, "guest_ns"), 730 * (SECOND / sysconf(_SC_CLK_TCK)));
	assert_int_equal(collrun_i64(&r, row, "last_cpu"), 3);
	assert_true(collrun_i64(&r, row, "voluntary_switches") > 0);
	assert_string_equal(collrun_str(&r, collrun_row(&r, "name", "IO mon_iothread"), "role"), "other");
	/* status is read with the list only */
	collrun_sample(&r, 6);
	row = collrun_row(&r, "role", "vcpu1");
	assert_true(collrun_i64(&r, row, "voluntary_switches") == PB_NA);
	assert_string_equal(collrun_str(&r, row, "allowed_cpus"), "0-3");
	collrun_stop(&r);
	pb_root_close(&root);
}

/* Removing a file empties its columns and nothing else; without schedstat a thread has no row. */
static void test_absent_files(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .qemu_pid = 900};
	struct collrun r;
	size_t row;

	(void)state;
	fake_make(&f);
	put_qemu(&f);
	unlinkat(f.dir.fd, "proc/900/task/1003/status", 0);
	unlinkat(f.dir.fd, "proc/900/task/1004/stat", 0);
	unlinkat(f.dir.fd, "proc/900/task/902/schedstat", 0);
	unlinkat(f.dir.fd, "proc/900/task/1005/comm", 0); /* no name: it has just ended */
	fake_put(&f, "proc/900/task/1006/schedstat", "7 7\n");
	collrun_start(&r, &pb_coll_threads, &t);
	assert_int_equal(collrun_sample(&r, 1), 4);
	row = collrun_row(&r, "role", "vcpu0");
	assert_null(collrun_str(&r, row, "allowed_cpus"));
	assert_true(collrun_i64(&r, row, "voluntary_switches") == PB_NA);
	assert_int_equal(collrun_i64(&r, row, "run_ns"), 400);
	assert_int_equal(collrun_i64(&r, row, "last_cpu"), 3);
	row = collrun_row(&r, "role", "vcpu11");
	assert_true(collrun_i64(&r, row, "last_cpu") == PB_NA);
	assert_true(collrun_i64(&r, row, "guest_ns") == PB_NA);
	assert_string_equal(collrun_str(&r, row, "allowed_cpus"), "0-3,8");
	collrun_stop(&r);
	fake_remove(&f);
}

static void remove_thread(struct faketree *f, int tid)
{
	static const char *const files[] = {"comm", "schedstat", "stat", "status"};
	char path[96];

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "proc/900/task/%d/%s", tid, files[i]);
		assert_int_equal(unlinkat(f->dir.fd, path, 0), 0);
	}
	snprintf(path, sizeof(path), "proc/900/task/%d", tid);
	assert_int_equal(unlinkat(f->dir.fd, path, AT_REMOVEDIR), 0);
}

/* Pool workers come and go between listings; a number that comes back is another thread. */
static void test_churn(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .qemu_pid = 900};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_qemu(&f);
	collrun_start(&r, &pb_coll_threads, &t);
	assert_int_equal(collrun_sample(&r, SECOND), 7);
	remove_thread(&f, 1005);
	for (int tid = 2000; tid < 2064; tid++)
		put_thread(&f, tid, "worker", "1 1 1\n", 0);
	assert_int_equal(collrun_sample(&r, 2 * SECOND), 70);
	for (int tid = 2000; tid < 2064; tid++)
		remove_thread(&f, tid);
	assert_int_equal(collrun_sample(&r, 2 * SECOND + SECOND / 2), 4);
	put_thread(&f, 2001, "CPU 1/KVM", "5 5 5\n", 0);
	assert_int_equal(collrun_sample(&r, 3 * SECOND), 7);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "role", "vcpu1"), "tid"), 2001);
	assert_false(collrun_has(&r, "role", "worker"));
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_unavailable(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	char why[128] = "";

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_threads.probe(&t, why, sizeof(why)), -ESRCH);
	assert_non_null(strstr(why, "no QEMU process"));
	t.qemu_pid = 900;
	assert_int_equal(pb_coll_threads.probe(&t, why, sizeof(why)), -ESRCH);
	assert_non_null(strstr(why, "ended"));
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles_and_values),
		cmocka_unit_test(test_others_once_a_second_and_new_threads),
		cmocka_unit_test(test_rows_stop_when_the_process_ends),
		cmocka_unit_test(test_recorded_qemu),
		cmocka_unit_test(test_absent_files),
		cmocka_unit_test(test_churn),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
