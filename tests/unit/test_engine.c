/*
 * What the engine promises while it runs, with the machine's own fio on loop
 * devices: every backend counts the same, `auto` says why it chose, a new depth
 * holds after the completions it needs, missed plans and stalls are not hidden.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "engine/lib/page_read.h"
#include "tests/unit/built.h"
#include "tests/unit/faketree.h"
#include "tests/unit/loopdev.h"

#define DISK_BYTES ((size_t)8 << 20)
#define WAIT_TRIES 2000 /* times 5 ms */

struct bench {
	struct tmpdir dir;
	struct loopdev loop;
	char plugin[PATH_MAX], page_path[128];
	struct pb_page *page;
	pid_t pid;
	int refuse_uring; /* errno that io_uring_setup gives, 0 = it works */
	bool ready;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	*state = b;
	tmpdir_make(&b->dir);
	snprintf(b->page_path, sizeof(b->page_path), "%s/page", b->dir.path);
	b->ready = !access("/usr/bin/fio", X_OK) && built_find("passthru.so", b->plugin, sizeof(b->plugin)) &&
		   loopdev_make(&b->loop, DISK_BYTES);
	return 0;
}

static void drop_page(struct bench *b)
{
	pb_page_unmap(b->page);
	b->page = NULL;
	unlink(b->page_path);
}

static int teardown(void **state)
{
	struct bench *b = *state;

	if (b->pid > 0) {
		kill(b->pid, SIGCONT);
		kill(b->pid, SIGKILL);
		waitpid(b->pid, NULL, 0);
	}
	drop_page(b);
	if (b->ready)
		loopdev_remove(&b->loop);
	tmpdir_remove(&b->dir);
	free(b);
	return 0;
}

/* In the child: io_uring_setup fails with `err` from now on, as on a machine where it is off. */
static void deny_uring(int err)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)err),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		_exit(99);
}

/* Starts fio on a fresh page; what it says goes to the file "said". */
static void start(struct bench *b, uint64_t target, const char *options)
{
	char cmd[3 * PATH_MAX];

	drop_page(b);
	assert_int_equal(pb_page_create(&b->page, b->page_path, target, NULL), 0);
	snprintf(cmd, sizeof(cmd),
		 "cd %s && exec /usr/bin/fio --name=j --ioengine=external:%s --filename=%s --direct=1 "
		 "--thread=1 "
		 "--bs=4k --iodepth=16 --norandommap=1 --page=%s %s >said 2>&1",
		 b->dir.path, b->plugin, b->loop.path, b->page_path, options);
	b->pid = fork();
	if (!b->pid) {
		if (b->refuse_uring)
			deny_uring(b->refuse_uring);
		execl("/bin/sh", "sh", "-c", cmd, (char *)NULL);
		_exit(127);
	}
	assert_true(b->pid > 0);
}

static int finish(struct bench *b)
{
	int status;

	assert_int_equal(waitpid(b->pid, &status, 0), b->pid);
	b->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const char *said(struct bench *b)
{
	return tmpdir_read(&b->dir, "said");
}

static void must_say(const char *text, const char *word)
{
	if (!strstr(text, word))
		fail_msg("'%s' is not in: %s", word, text);
}

static uint64_t completed(const struct bench *b)
{
	return pb_page_get(&b->page->job[0].completed);
}

static void wait_completed(const struct bench *b, uint64_t n)
{
	for (int i = 0; i < WAIT_TRIES && completed(b) < n; i++)
		poll(NULL, 0, 5);
	assert_true(completed(b) >= n);
}

#define ENDLESS "--rw=randread --readonly --time_based=1 --runtime=60 "

static void every_backend_counts_alike(void **state)
{
	static const struct {
		const char *name;
		uint64_t held;
	} cases[] = {{"uring", 16}, {"uring,sqpoll", 16}, {"libaio", 16}, {"psync", 1}};
	struct bench *b = *state;

	if (!b->ready)
		skip();
	for (size_t i = 0; i < 4; i++) {
		struct pb_page_row row;
		char options[200];

		snprintf(options, sizeof(options), "--rw=randrw --number_ios=1000 --fdatasync=8 --backend=%s",
			 cases[i].name);
		start(b, 16, options);
		if (finish(b))
			fail_msg("%s: %s", cases[i].name, said(b));
		pb_page_total(b->page, &row);
		assert_int_equal(row.failed, 0);
		assert_true(row.completed > 900);
		assert_int_equal(row.submitted, row.completed);
		assert_int_equal(row.read_bytes + row.write_bytes, 4096 * row.completed);
		assert_true(row.depth_ns > 0);
		assert_string_equal(pb_page_backend(b->page), cases[i].name);
		assert_string_equal(pb_page_backend_why(b->page), "asked for");
		assert_int_equal(b->page->job[0].iodepth, cases[i].held);
	}
}

/* What is written is what is read back, through each way to the kernel. */
static void every_backend_moves_the_right_bytes(void **state)
{
	static const char *const names[] = {"uring", "uring,sqpoll", "libaio", "psync"};
	struct bench *b = *state;

	if (!b->ready)
		skip();
	for (size_t i = 0; i < 4; i++) {
		char options[200];

		snprintf(options, sizeof(options),
			 "--rw=randwrite --size=2m --norandommap=0 --verify=crc32c --do_verify=1 "
			 "--verify_fatal=1 "
			 "--backend=%s",
			 names[i]);
		start(b, 0, options);
		if (finish(b))
			fail_msg("%s: %s", names[i], said(b));
	}
}

static void auto_says_why(void **state)
{
	struct bench *b = *state;

	if (!b->ready)
		skip();
	start(b, 4, "--rw=randread --readonly --number_ios=100");
	assert_int_equal(finish(b), 0);
	assert_string_equal(pb_page_backend(b->page), "uring");
	assert_string_equal(pb_page_backend_why(b->page), "auto: the best there is");
	b->refuse_uring = ENOSYS;
	start(b, 4, "--rw=randread --readonly --number_ios=100");
	assert_int_equal(finish(b), 0);
	assert_string_equal(pb_page_backend(b->page), "libaio");
	must_say(pb_page_backend_why(b->page), "no uring: this kernel has no io_uring");
	b->refuse_uring = EPERM;
	start(b, 4, "--rw=randread --readonly --number_ios=100");
	assert_int_equal(finish(b), 0);
	must_say(pb_page_backend_why(b->page), "no uring: Operation not permitted");
	/* what was asked for is not replaced by something else */
	start(b, 4, "--rw=randread --readonly --number_ios=100 --backend=uring");
	assert_int_not_equal(finish(b), 0);
	must_say(said(b), "uring does not work here");
	assert_int_equal(completed(b), 0);
}

static void what_a_disk_cannot_do_is_refused(void **state)
{
	static const struct {
		const char *backend, *word;
	} cases[] = {{"uring,iopoll", "no queues to poll"},
		     {"uring_cmd", "not a whole NVMe namespace"},
		     {"libaio,iopoll", "does not know the mode"},
		     {"uring,fast", "uring,fast"},
		     {"uring,", "uring,"}};
	struct bench *b = *state;

	if (!b->ready)
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char options[200];

		snprintf(options, sizeof(options), "--rw=randread --readonly --number_ios=100 --backend=%s",
			 cases[i].backend);
		start(b, 4, options);
		assert_int_not_equal(finish(b), 0);
		must_say(said(b), cases[i].word);
		assert_int_equal(completed(b), 0);
	}
}

/*
 * From 2 to 13, which is no multiple of a batch. True when all 13 were seen in flight while at most one
 * completion had been counted since the new target: the count is read after the depth, so it can only be
 * larger than it was then.
 */
static bool rises_within_one_completion(struct bench *b)
{
	const uint64_t *inflight = &b->page->job[0].inflight;
	uint64_t n;

	pb_page_steer(b->page, 2);
	wait_completed(b, completed(b) + 16 + 1);
	n = completed(b);
	pb_page_steer(b->page, 13);
	for (;;) {
		bool full = pb_page_get(inflight) == 13;

		if (completed(b) > n + 1)
			return false;
		if (full)
			return true;
	}
}

/*
 * Up: the completion that wakes the job is the only one it takes; batches are submitted before it waits
 * again. Looked at from another process, which may miss the moment: an engine that needed more would never
 * show it.
 */
static void a_higher_depth_takes_one_completion(void **state)
{
	struct bench *b = *state;
	bool seen = false;

	if (!b->ready)
		skip();
	start(b, 16, ENDLESS "--bs=64k");
	wait_completed(b, 100);
	for (int round = 0; round < 300 && !seen; round++)
		seen = rises_within_one_completion(b);
	assert_true(seen);
}

/* Down: once the surplus has completed, never above. Up: in the end all of it. */
static void a_new_depth_holds_after_the_completions_it_needs(void **state)
{
	struct bench *b = *state;
	const uint64_t *inflight;

	if (!b->ready)
		skip();
	start(b, 16, ENDLESS);
	inflight = &b->page->job[0].inflight;
	wait_completed(b, 100);
	for (int round = 0; round < 5; round++) {
		uint64_t most = 0;

		pb_page_steer(b->page, 2);
		wait_completed(b, completed(b) + 16 + 1);
		for (int i = 0; i < 5000; i++)
			assert_in_range(pb_page_get(inflight), 0, 2);
		pb_page_steer(b->page, 16);
		for (int i = 0; i < 20000000 && most < 16; i++) {
			uint64_t now = pb_page_get(inflight);

			most = now > most ? now : most;
		}
		assert_int_equal(most, 16);
	}
}

static uint64_t median_bin(const struct bench *b)
{
	uint64_t *bins = calloc(PB_HIST_BINS, sizeof(*bins)), sum = 0, seen = 0;
	unsigned i;

	pb_page_hist(b->page, PB_PAGE_READ, bins);
	for (i = 0; i < PB_HIST_BINS; i++)
		sum += bins[i];
	for (i = 0; i < PB_HIST_BINS && 2 * seen < sum; i++)
		seen += bins[i];
	free(bins);
	assert_true(sum > 0);
	return pb_hist_mid(i ? i - 1 : 0);
}

/* A rate that one I/O at a time cannot keep: what waits for its turn waits, and the histogram shows it. */
static void latency_counts_from_the_plan(void **state)
{
	struct bench *b = *state;
	uint64_t service, behind;

	if (!b->ready)
		skip();
	start(b, 1, "--rw=randread --readonly --number_ios=20000");
	assert_int_equal(finish(b), 0);
	service = median_bin(b);
	start(b, 1, "--rw=randread --readonly --number_ios=20000 --rate_iops=10000000");
	assert_int_equal(finish(b), 0);
	behind = median_bin(b);
	if (behind < 100 * service)
		fail_msg("median %llu ns with a rate that is missed, %llu ns without a rate",
			 (unsigned long long)behind, (unsigned long long)service);
	start(b, 1, "--rw=randread --readonly --number_ios=100 --rate_iops=1000 --rate_process=poisson");
	assert_int_not_equal(finish(b), 0);
	must_say(said(b), "poisson");
}

static uint64_t faster_than(const struct bench *b, uint64_t lat_ns)
{
	uint64_t *bins = calloc(PB_HIST_BINS, sizeof(*bins)), n = 0;

	pb_page_hist(b->page, PB_PAGE_READ, bins);
	for (unsigned i = 0; i < PB_HIST_BINS && pb_hist_mid(i) < lat_ns; i++)
		n += bins[i];
	free(bins);
	return n;
}

/* Whatever was missed at another depth is not the new one's. */
static void a_new_target_starts_a_new_plan(void **state)
{
	struct bench *b = *state;
	uint64_t behind, before;

	if (!b->ready)
		skip();
	start(b, 1, ENDLESS "--rate_iops=10000000");
	wait_completed(b, 20000);
	behind = median_bin(b);
	before = faster_than(b, behind / 4);
	for (int i = 0; i < 50; i++) {
		pb_page_steer(b->page, 1);
		wait_completed(b, completed(b) + 10);
	}
	/* those just after a change have a plan that has only begun */
	assert_true(faster_than(b, behind / 4) >= before + 50);
}

/* fio stopped: nothing changes in the page, and the depth that is held goes on counting. */
static void a_stall_does_not_freeze_the_depth(void **state)
{
	struct bench *b = *state;
	struct pb_page_row r0, r1;
	uint64_t held = 0;

	if (!b->ready)
		skip();
	start(b, 8, ENDLESS);
	wait_completed(b, 100);
	for (int tries = 0; tries < 200 && !held; tries++) {
		kill(b->pid, SIGCONT);
		poll(NULL, 0, 5);
		kill(b->pid, SIGSTOP);
		waitpid(b->pid, NULL, WUNTRACED);
		held = pb_page_get(&b->page->job[0].inflight);
	}
	assert_true(held > 0);
	pb_page_total(b->page, &r0);
	poll(NULL, 0, 50);
	pb_page_total(b->page, &r1);
	assert_int_equal(r1.completed, r0.completed);
	assert_true(r1.depth_ns - r0.depth_ns >= held * 45000000);
}

/* A file that ends in the middle of the job: reads move nothing, which is no success. */
static void short_reads_are_errors(void **state)
{
	static const char *const names[] = {"uring", "libaio", "psync"};
	struct bench *b = *state;

	if (!b->ready)
		skip();
	for (size_t i = 0; i < 3; i++) {
		char options[300], file[160];

		tmpdir_write(&b->dir, "file", "");
		snprintf(file, sizeof(file), "%s/file", b->dir.path);
		assert_int_equal(truncate(file, 1 << 20), 0);
		snprintf(options, sizeof(options), ENDLESS "--filename=%s --direct=0 --backend=%s", file,
			 names[i]);
		start(b, 4, options);
		wait_completed(b, 100);
		assert_int_equal(truncate(file, 100), 0);
		assert_int_not_equal(finish(b), 0);
		assert_true(pb_page_get(&b->page->job[0].failed) > 0);
		must_say(said(b), "Input/output error");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_backend_counts_alike, setup, teardown),
		cmocka_unit_test_setup_teardown(every_backend_moves_the_right_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(auto_says_why, setup, teardown),
		cmocka_unit_test_setup_teardown(what_a_disk_cannot_do_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_higher_depth_takes_one_completion, setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_depth_holds_after_the_completions_it_needs, setup,
						teardown),
		cmocka_unit_test_setup_teardown(latency_counts_from_the_plan, setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_target_starts_a_new_plan, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stall_does_not_freeze_the_depth, setup, teardown),
		cmocka_unit_test_setup_teardown(short_reads_are_errors, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
