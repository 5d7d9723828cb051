/* Unit tests of engine/collectors/pmu.c; software events stand in where there is no PMU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "engine/collectors/counting.h"
#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

#define SECOND 1000000000LL

/* Software events only: every Linux counts these. */
static const char group[] = "title faults\n"
			    "event switches perf::CONTEXT-SWITCHES:mg:mh\n"
			    "event faults perf::MINOR-FAULTS:mg:mh\n"
			    "metric share % 100 * faults / (faults + switches)\n"
			    "metric nothing 1 faults / (switches - switches)\n"
			    "metric rate 1/s faults / seconds\n";

static void put_group(const struct tmpdir *t, const char *name, const char *text)
{
	char path[96];

	setenv("PASSBENCH_DATA", t->path, 1);
	mkdirat(t->fd, "profiles", 0755);
	mkdirat(t->fd, "profiles/counters", 0755);
	mkdirat(t->fd, "profiles/counters/my", 0755);
	snprintf(path, sizeof(path), "profiles/counters/my/%s.txt", name);
	tmpdir_write(t, path, text);
}

/* A process with a thread called as QEMU calls a vCPU's: it faults pages in whenever a byte comes. */
struct fakevm {
	pid_t pid;
	int go, done;
};

static void *vcpu_main(void *arg)
{
	const int *fd = arg;
	char byte;

	prctl(PR_SET_NAME, "CPU 0/KVM");
	if (write(fd[1], "r", 1) != 1)
		return NULL;
	while (read(fd[0], &byte, 1) == 1) {
		volatile char *page = malloc(4 << 20);

		for (size_t i = 0; page && i < 4 << 20; i += 4096)
			page[i] = 1;
		free((void *)page);
		if (write(fd[1], "d", 1) != 1)
			break;
	}
	return NULL;
}

static void vm_child(int go, int done)
{
	int fd[2] = {go, done};
	pthread_t vcpu;

	if (!pthread_create(&vcpu, NULL, vcpu_main, fd))
		pthread_join(vcpu, NULL);
	_exit(0);
}

static void wait_byte(int fd)
{
	char byte;

	assert_int_equal(read(fd, &byte, 1), 1);
}

static void vm_start(struct fakevm *vm)
{
	int go[2], done[2];

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(done, O_CLOEXEC), 0);
	vm->pid = fork();
	if (vm->pid == 0) {
		close(go[1]);
		vm_child(go[0], done[1]);
	}
	assert_true(vm->pid > 0);
	close(go[0]);
	close(done[1]);
	vm->go = go[1];
	vm->done = done[0];
	wait_byte(vm->done); /* the thread has its name */
}

static void vm_work(const struct fakevm *vm)
{
	assert_int_equal(write(vm->go, "w", 1), 1);
	wait_byte(vm->done);
}

static void vm_end(struct fakevm *vm)
{
	close(vm->go);
	assert_int_equal(waitpid(vm->pid, NULL, 0), vm->pid);
	close(vm->done);
}

static bool can_count(const struct pb_root *root, const char *name)
{
	struct pb_counting c;
	char why[192];

	return pb_counting_prepare(&c, root, name, false, why, sizeof(why)) == 0;
}

static void test_counts_a_thread(void **state)
{
	struct pb_root root;
	struct pb_target t = {.root = &root, .counters = "my/faults"};
	struct fakevm vm;
	struct tmpdir dir;
	struct collrun r;
	size_t row;

	(void)state;
	tmpdir_make(&dir);
	put_group(&dir, "faults", group);
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	if (!can_count(&root, "my/faults"))
		skip();
	vm_start(&vm);
	t.qemu_pid = vm.pid;
	collrun_start(&r, &pb_coll_pmu, &t);
	assert_int_equal(collrun_sample(&r, SECOND), 2); /* events; no interval has passed yet */
	vm_work(&vm);
	assert_int_equal(collrun_sample(&r, 3 * SECOND), 5);
	row = collrun_row(&r, "name", "faults");
	assert_string_equal(collrun_str(&r, row, "scope"), "vcpu0");
	assert_string_equal(collrun_str(&r, row, "group"), "my/faults");
	assert_string_equal(collrun_str(&r, row, "unit"), "count");
	assert_true(collrun_i64(&r, row, "value") >= 1);
	assert_int_equal(collrun_i64(&r, row, "scaled"), collrun_i64(&r, row, "value"));
	assert_true(collrun_i64(&r, row, "running_ns") > 0);
	row = collrun_row(&r, "name", "share");
	assert_string_equal(collrun_str(&r, row, "unit"), "%");
	assert_int_equal(collrun_i64(&r, row, "span_ns"), 2 * SECOND);
	assert_in_range(collrun_i64(&r, row, "value"), 1, 100000);
	assert_true(collrun_i64(&r, collrun_row(&r, "name", "nothing"), "value") == PB_NA);
	vm_work(&vm);
	pb_rows_clear(r.rows);
	assert_int_equal(r.c->finish(r.state, 5 * SECOND, r.rows), 0);
	row = collrun_row(&r, "name", "rate");
	assert_int_equal(collrun_i64(&r, row, "span_ns"), 4 * SECOND); /* the whole run */
	assert_int_equal(collrun_i64(&r, row, "value"),
			 collrun_i64(&r, collrun_row(&r, "name", "faults"), "value") * 1000 / 4);
	vm_end(&vm);
	assert_int_equal(collrun_sample(&r, 6 * SECOND), 0); /* the thread is gone, its rows end */
	collrun_stop(&r);
	pb_root_close(&root);
	tmpdir_remove(&dir);
}

/* What was asked for by name must be counted or refused; it is never left out silently. */
static void test_asked_groups_are_counted_or_refused(void **state)
{
	struct pb_root root;
	struct pb_target t = {.root = &root, .counters = "my/faults,my/alien", .qemu_pid = 1};
	struct tmpdir dir;
	char why[256] = "";

	(void)state;
	tmpdir_make(&dir);
	put_group(&dir, "faults", group);
	put_group(&dir, "alien", "title x\nevent a no_such_pmu::EVENT\n");
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	assert_true(pb_coll_pmu.probe(&t, why, sizeof(why)) < 0);
	if (can_count(&root, "my/faults"))
		assert_non_null(strstr(why, "my/alien: libpfm4 cannot encode no_such_pmu::EVENT"));
	pb_root_close(&root);
	tmpdir_remove(&dir);
}

/* A group that is nobody's default is not counted unless asked for. */
static void test_default_groups_only(void **state)
{
	struct pb_root root;
	struct pb_target t = {.root = &root, .qemu_pid = 1};
	struct tmpdir dir;
	char why[256] = "";

	(void)state;
	tmpdir_make(&dir);
	put_group(&dir, "faults", group);
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	assert_int_equal(pb_coll_pmu.probe(&t, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "default"));
	pb_root_close(&root);
	tmpdir_remove(&dir);
}

/* Whatever this machine has, the collector says so in words, and says it for a recorded machine too. */
static void test_says_why(void **state)
{
	struct pb_perf_event e = {.filter = ""};
	struct pb_root root;
	struct pb_target t = {.root = &root};
	char why[192] = "";
	int rc, one;

	(void)state;
	setenv("PASSBENCH_DATA", ".", 1); /* the groups there are */
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	assert_int_equal(pb_perf_encode("perf::CYCLES:mh", &e.attr, why, sizeof(why)), 0);
	rc = pb_coll_pmu.probe(&t, why, sizeof(why));
	assert_true(rc < 0);
	if (pb_perf_try(&e, 1, 2000, &one) == -ENOENT)
		assert_non_null(strstr(why, "no PMU: perf_event_open: ENOENT"));
	else
		assert_true(strlen(why) > 10);
	root.live = false;
	assert_int_equal(pb_coll_pmu.probe(&t, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "recorded"));
	pb_root_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts_a_thread),
		cmocka_unit_test(test_asked_groups_are_counted_or_refused),
		cmocka_unit_test(test_default_groups_only),
		cmocka_unit_test(test_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
