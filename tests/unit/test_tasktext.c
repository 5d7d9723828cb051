/*
 * Unit tests of engine/collectors/tasktext.c. Linux 6.12: a vCPU of QEMU 10.0 in the lab. 4.19 and 6.1: what
 * these kernels print, shorter by lines nobody reads here. The running kernel: this test itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/tasktext.h"
#include "engine/lib/csv.h"
#include "tests/unit/faketree.h"

#define TASK "tests/fixtures/threads/linux-6.12/proc/222/task/231/"

static void test_linux_6_12(void **state)
{
	struct pb_task_sched sched;
	struct pb_task_stat stat;
	struct pb_task_status status;
	char *text = fixture_text(TASK "schedstat");

	(void)state;
	assert_int_equal(pb_task_sched(text, &sched), 0);
	assert_int_equal(sched.run_ns, 22232134307);
	assert_int_equal(sched.wait_ns, 607194340);
	assert_int_equal(sched.switches, 2687);
	free(text);
	text = fixture_text(TASK "stat");
	pb_task_stat(text, &stat);
	assert_int_equal(stat.user, 1817);
	assert_int_equal(stat.system, 398);
	assert_int_equal(stat.cpu, 3);
	assert_int_equal(stat.guest, 928);
	free(text);
	text = fixture_text(TASK "status");
	pb_task_status(text, &status);
	assert_string_equal(status.allowed, "0-3");
	assert_int_equal(status.voluntary, 2525);
	assert_int_equal(status.involuntary, 209);
	free(text);
}

/* Between 4.19 and 6.1 came lines, and CPU lists with commas are as old as both. */
static void test_older_kernels(void **state)
{
	static const char v4_19[] = "Name:\tCPU 0/KVM\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t900\n"
				    "Threads:\t5\nSigQ:\t0/31405\nSeccomp:\t0\n"
				    "Speculation_Store_Bypass:\tvulnerable\n"
				    "Cpus_allowed:\tffff,00000000,0000000f\nCpus_allowed_list:\t0-3,64-79\n"
				    "Mems_allowed:\t00000003\nMems_allowed_list:\t0-1\n"
				    "voluntary_ctxt_switches:\t17\nnonvoluntary_ctxt_switches:\t4\n";
	static const char v6_1[] =
		"Name:\tIO io0\nUmask:\t0027\nState:\tS (sleeping)\nTgid:\t900\nNStgid:\t900\n"
		"CoreDumping:\t0\nTHP_enabled:\t1\nThreads:\t7\nSeccomp_filters:\t0\n"
		"SpeculationIndirectBranch:\tconditional enabled\n"
		"Cpus_allowed:\t2\nCpus_allowed_list:\t1\nMems_allowed_list:\t0\n"
		"voluntary_ctxt_switches:\t4294967296\nnonvoluntary_ctxt_switches:\t0\n";
	static const char stat[] = "903 (CPU 0/KVM) S 1 900 900 0 -1 4194368 100 0 0 0 250 50 0 0 20 0 5 0 "
				   "77 900 80 18446744073709551615 1 2 3 0 0 0 0 0 0 0 0 0 -1 66 0 0 0 120 0 "
				   "5 6 7 8 9 10 11 0\n";
	struct pb_task_status status;
	struct pb_task_stat s;

	(void)state;
	pb_task_status(v4_19, &status);
	assert_string_equal(status.allowed, "0-3,64-79");
	assert_int_equal(status.voluntary, 17);
	assert_int_equal(status.involuntary, 4);
	pb_task_status(v6_1, &status);
	assert_string_equal(status.allowed, "1");
	assert_int_equal(status.voluntary, 4294967296);
	pb_task_stat(stat, &s);
	assert_int_equal(s.user, 250);
	assert_int_equal(s.system, 50);
	assert_int_equal(s.cpu, 66);
	assert_int_equal(s.guest, 120);
}

static void test_this_kernel(void **state)
{
	struct pb_task_sched sched;
	struct pb_task_stat stat;
	struct pb_task_status status;
	char *text;

	(void)state;
	text = fixture_text("/proc/self/stat");
	pb_task_stat(text, &stat);
	assert_true(stat.user >= 0 && stat.system >= 0 && stat.cpu >= 0 && stat.guest >= 0);
	free(text);
	text = fixture_text("/proc/self/status");
	pb_task_status(text, &status);
	assert_true(status.voluntary >= 0 && status.involuntary >= 0 && status.allowed[0]);
	free(text);
	if (access("/proc/self/schedstat", R_OK))
		skip();
	text = fixture_text("/proc/self/schedstat");
	assert_int_equal(pb_task_sched(text, &sched), 0);
	free(text);
}

static void test_names_that_lie(void **state)
{
	struct pb_task_stat s;
	struct pb_task_status status;

	(void)state;
	pb_task_stat("1 (x) R 9 9 9) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 "
		     "29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44\n",
		     &s);
	assert_int_equal(s.user, 14);
	assert_int_equal(s.cpu, 39);
	assert_int_equal(s.guest, 43);
	/* the kernel escapes newlines in names, so a key never begins a line by a name */
	pb_task_status("Name:\t\\nCpus_allowed_list:\t9\nCpus_allowed_list:\t0\n", &status);
	assert_string_equal(status.allowed, "0");
}

static void test_cut_off_and_absurd(void **state)
{
	struct pb_task_sched sched;
	struct pb_task_stat s;
	struct pb_task_status status;
	char text[600] = "\nCpus_allowed_list:\t";

	(void)state;
	assert_int_equal(pb_task_sched("", &sched), -EINVAL);
	assert_int_equal(pb_task_sched("1 2", &sched), -EINVAL);
	assert_int_equal(pb_task_sched("1 -2 3", &sched), -EINVAL);
	assert_int_equal(pb_task_sched("99999999999999999999 2 3", &sched), -EINVAL);
	assert_int_equal(pb_task_sched("1 2x 3", &sched), -EINVAL);
	assert_int_equal(pb_task_sched("18446744073709551615 2 3", &sched), -EINVAL);
	pb_task_stat("", &s);
	assert_true(s.user == PB_NA && s.system == PB_NA && s.cpu == PB_NA && s.guest == PB_NA);
	pb_task_stat("1 (a) S 4 5 6 7 8 9 10 11 12 13 14 1", &s);
	assert_int_equal(s.user, 14);
	assert_true(s.cpu == PB_NA);
	pb_task_stat("1 (a) S 4 5 6 7 8 9 10 11 12 13 -1 9223372036854775807", &s);
	assert_true(s.user == PB_NA && s.system == PB_NA);
	pb_task_status("\nCpus_allowed_list:\t0-", &status);
	assert_string_equal(status.allowed, ""); /* cut off: 0-3 would read like 0- or 0 */
	pb_task_status("\nvoluntary_ctxt_switches:\t\nnonvoluntary_ctxt_switches:\tmany\n", &status);
	assert_true(status.voluntary == PB_NA && status.involuntary == PB_NA);
	memset(text + strlen(text), '1', 400);
	strcat(text, "\n");
	pb_task_status(text, &status);
	assert_string_equal(status.allowed, ""); /* never half a list */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linux_6_12),         cmocka_unit_test(test_older_kernels),
		cmocka_unit_test(test_this_kernel),        cmocka_unit_test(test_names_that_lie),
		cmocka_unit_test(test_cut_off_and_absurd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
