/*
 * Unit tests of engine/collectors/counting.c and perfcount.c. Events of CPUs that are not here are encoded
 * all the same (LIBPFM_ENCODE_INACTIVE), so that a misspelt event in any counter group fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "engine/collectors/counting.h"
#include "engine/lib/csv.h"
#include "tests/unit/faketree.h"

static void test_encodings_split_guest_and_host(void **state)
{
	struct perf_event_attr a;
	char why[128] = "";

	(void)state;
	assert_int_equal(pb_perf_encode("perf::CYCLES:mg", &a, why, sizeof(why)), 0);
	assert_int_equal(a.type, PERF_TYPE_HARDWARE);
	assert_int_equal(a.config, PERF_COUNT_HW_CPU_CYCLES);
	assert_int_equal(a.exclude_guest, 0);
	assert_int_equal(a.exclude_host, 1);
	assert_int_equal(pb_perf_encode("perf::CACHE-MISSES:mh", &a, why, sizeof(why)), 0);
	assert_int_equal(a.exclude_guest, 1);
	assert_int_equal(a.exclude_host, 0);
	assert_int_equal(pb_perf_encode("perf::NO_SUCH_EVENT", &a, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "NO_SUCH_EVENT"));
	assert_int_equal(pb_perf_encode("itanium2::CPU_CYCLES:mg", &a, why, sizeof(why)), -EINVAL);
}

/* Every event of every group there is. */
static void test_every_event_is_known(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_strv names = {0};
	struct perf_event_attr a;
	struct pb_counters g;
	size_t encoded = 0;
	char why[256];

	(void)state;
	setenv("PASSBENCH_DATA", ".", 1);
	assert_int_equal(pb_counters_names(&names, &err), 0);
	for (size_t i = 0; i < names.n; i++) {
		if (pb_counters_load(&g, names.v[i], &err))
			fail_msg("%s", err.msg);
		for (size_t k = 0; k < g.n_events; k++) {
			if (!strncmp(g.event[k].text, "trace:", 6))
				continue;
			if (pb_perf_encode(g.event[k].text, &a, why, sizeof(why)))
				fail_msg("%s: %s", names.v[i], why);
			if (a.exclude_guest && a.exclude_host)
				fail_msg("%s: %s counts nowhere", names.v[i], g.event[k].text);
			encoded++;
		}
	}
	assert_true(encoded > 60);
	pb_strv_fini(&names);
}

static void test_tracepoints(void **state)
{
	struct perf_event_attr a;
	struct faketree f;
	char why[160] = "";

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_perf_tracepoint(&f.root, "kvm", "kvm_exit", &a, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "tracefs is not mounted"));
	fake_put(&f, "sys/kernel/debug/tracing/events/kvm/kvm_exit/id", "1534\n");
	assert_int_equal(pb_perf_tracepoint(&f.root, "kvm", "kvm_exit", &a, why, sizeof(why)), 0);
	assert_int_equal(a.type, PERF_TYPE_TRACEPOINT);
	assert_int_equal(a.config, 1534);
	fake_put(&f, "sys/kernel/tracing/events/kvm/kvm_exit/id", "77\n");
	assert_int_equal(pb_perf_tracepoint(&f.root, "kvm", "kvm_exit", &a, why, sizeof(why)), 0);
	assert_int_equal(a.config, 77);
	assert_int_equal(pb_perf_tracepoint(&f.root, "kvm", "kvm_nothing", &a, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "kvm_nothing: ENOENT"));
	fake_put(&f, "sys/kernel/tracing/events/kvm/kvm_exit/id", "soon\n");
	assert_int_equal(pb_perf_tracepoint(&f.root, "kvm", "kvm_exit", &a, why, sizeof(why)), -EINVAL);
	fake_remove(&f);
}

static struct pb_perf_event software(uint64_t config)
{
	return (struct pb_perf_event){.attr = {.size = sizeof(struct perf_event_attr),
					       .type = PERF_TYPE_SOFTWARE,
					       .config = config}};
}

static void test_group_counts(void **state)
{
	struct pb_perf_event event[3] = {software(PERF_COUNT_SW_CONTEXT_SWITCHES), software(9999),
					 software(PERF_COUNT_SW_PAGE_FAULTS)};
	struct pb_perf_values v;
	struct pb_perf_group g;
	volatile char *page;
	int result[3];

	(void)state;
	if (pb_perf_try(event, 3, 2000, result))
		skip();
	assert_int_equal(result[0], 0);
	assert_true(result[1] < 0); /* named, and not in the others' way */
	assert_int_equal(result[2], 0);
	assert_int_equal(pb_perf_open(&g, event, 3, gettid()), 0);
	page = malloc(1 << 20);
	for (size_t i = 0; i < 1 << 20; i += 4096)
		page[i] = 1;
	assert_int_equal(pb_perf_read(&g, &v), 0);
	assert_true(v.value[0] >= 0);
	assert_true(v.value[1] == PB_NA);
	assert_true(v.value[2] >= 100);
	assert_true(v.enabled_ns > 0);
	free((void *)page);
	pb_perf_close(&g);
	pb_perf_close(&g); /* safe twice */
}

static void test_leader_that_cannot_be_opened(void **state)
{
	struct pb_perf_event event[2] = {software(9999), software(PERF_COUNT_SW_PAGE_FAULTS)};
	struct pb_perf_group g = {0};
	int result[2];

	(void)state;
	assert_true(pb_perf_try(event, 2, 2000, result) < 0);
	assert_true(result[0] < 0);
	assert_true(pb_perf_open(&g, event, 2, gettid()) < 0);
	pb_perf_close(&g); /* closes nothing: the siblings' descriptors were never set */
	assert_true(fcntl(0, F_GETFD) >= 0);
	assert_int_equal(pb_perf_open(&g, event, 0, gettid()), -EINVAL);
	assert_int_equal(pb_perf_try(event, 0, 2000, result), -EINVAL);
	assert_int_equal(pb_perf_try(event, PB_PERF_GROUP_MAX + 1, 2000, result), -EINVAL);
}

/* In the child: an event whose "filter" says so hangs or kills, as a bad event on some hypervisors does. */
static int open_bad(const struct pb_perf_event *e, pid_t tid, int cpu, int leader)
{
	struct perf_event_attr a = e->attr;

	if (!strcmp(e->filter, "hang"))
		for (;;)
			pause();
	if (!strcmp(e->filter, "kill"))
		raise(SIGKILL);
	a.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
	return (int)syscall(SYS_perf_event_open, &a, tid, cpu, leader, 0);
}

/* Each bad event costs the group only itself; what comes after it is still tried. */
static void test_events_that_hang_or_kill(void **state)
{
	struct pb_perf_event event[4];
	int result[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		event[i] = software(PERF_COUNT_SW_PAGE_FAULTS);
	if (pb_perf_try(event, 4, 2000, result))
		skip();
	strcpy(event[1].filter, "hang");
	strcpy(event[2].filter, "kill");
	assert_int_equal(pb_perf_try_by(event, 4, 2000, result, open_bad), 0);
	assert_int_equal(result[0], 0);
	assert_int_equal(result[1], -ETIMEDOUT);
	assert_int_equal(result[2], -EFAULT);
	assert_int_equal(result[3], 0);
	/* without its leader there is no group */
	strcpy(event[0].filter, "kill");
	assert_int_equal(pb_perf_try_by(event, 4, 2000, result, open_bad), -EFAULT);
	assert_int_equal(result[0], -EFAULT);
	strcpy(event[0].filter, "hang");
	assert_int_equal(pb_perf_try_by(event, 4, 2000, result, open_bad), -ETIMEDOUT);
}

/* A filter that the kernel refuses is that event's failure, seen in the child already. */
static void test_bad_filter(void **state)
{
	struct pb_perf_event event[2] = {software(PERF_COUNT_SW_PAGE_FAULTS),
					 software(PERF_COUNT_SW_PAGE_FAULTS)};
	int result[2];

	(void)state;
	if (pb_perf_try(event, 1, 2000, result))
		skip();
	strcpy(event[1].filter, "software events have no filters");
	assert_int_equal(pb_perf_try(event, 2, 2000, result), 0);
	assert_int_equal(result[0], 0);
	assert_true(result[1] < 0);
}

/* Half the time without counters: what was counted is doubled, interval by interval. */
static void test_multiplexing_is_made_good(void **state)
{
	struct pb_perf_scaled s = {0};
	struct pb_perf_values v = {.value = {100, PB_NA}, .enabled_ns = 1000, .running_ns = 500};

	(void)state;
	assert_true(pb_perf_advance(&s, &v, 2));
	assert_true(s.total[0] == 200);
	assert_true(isnan(s.total[1]));
	v = (struct pb_perf_values){.value = {130, PB_NA}, .enabled_ns = 2000, .running_ns = 1500};
	assert_true(pb_perf_advance(&s, &v, 2));
	assert_true(s.total[0] == 230); /* this interval had its counters all the time */
	v.enabled_ns = 3000;
	assert_false(pb_perf_advance(&s, &v, 2)); /* and this one never */
	assert_true(s.total[0] == 230);
	v = (struct pb_perf_values){.value = {180, PB_NA}, .enabled_ns = 4000, .running_ns = 2000};
	assert_true(pb_perf_advance(&s, &v, 2));
	assert_true(s.total[0] == 430);          /* 50 in 500 of 2000 ns */
	assert_true(pb_perf_advance(&s, &v, 2)); /* the thread slept: nothing to add, and nothing unknown */
	assert_true(s.total[0] == 430);
}

/* Groups with a wrong text, of another CPU, and on a recorded machine. */
static void test_reasons(void **state)
{
	struct pb_counting c;
	struct pb_root root;
	struct tmpdir t;
	char why[256] = "";

	(void)state;
	tmpdir_make(&t);
	tmpdir_mkdir(&t, "profiles");
	tmpdir_mkdir(&t, "profiles/counters");
	tmpdir_mkdir(&t, "profiles/counters/my");
	tmpdir_write(&t, "profiles/counters/my/wrong.txt", "title x\nevnt a perf::CYCLES\n");
	tmpdir_write(&t, "profiles/counters/my/other.txt", "title x\nevent a no_such_cpu::CYCLES\n");
	tmpdir_write(&t, "profiles/counters/my/trace.txt", "title x\nevent a trace:../..:id\n");
	setenv("PASSBENCH_DATA", t.path, 1);
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	assert_int_equal(pb_counting_prepare(&c, &root, "my/wrong", false, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "line 2"));
	assert_int_equal(pb_counting_prepare(&c, &root, "my/other", true, why, sizeof(why)), -ENOMSG);
	assert_int_equal(pb_counting_prepare(&c, &root, "my/other", false, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "no_such_cpu"));
	assert_int_equal(pb_counting_prepare(&c, &root, "my/trace", false, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "is not trace:SYSTEM:EVENT"));
	assert_int_equal(pb_counting_prepare(&c, &root, "my/none", false, why, sizeof(why)), -ENOENT);
	root.live = false;
	assert_int_equal(pb_counting_prepare(&c, &root, "my/other", false, why, sizeof(why)), -ENODEV);
	assert_non_null(strstr(why, "recorded"));
	pb_root_close(&root);
	tmpdir_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodings_split_guest_and_host),
		cmocka_unit_test(test_every_event_is_known),
		cmocka_unit_test(test_tracepoints),
		cmocka_unit_test(test_group_counts),
		cmocka_unit_test(test_leader_that_cannot_be_opened),
		cmocka_unit_test(test_events_that_hang_or_kill),
		cmocka_unit_test(test_bad_filter),
		cmocka_unit_test(test_multiplexing_is_made_good),
		cmocka_unit_test(test_reasons),
	};

	setenv("LIBPFM_ENCODE_INACTIVE", "1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
