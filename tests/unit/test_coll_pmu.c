/* Unit tests of engine/collectors/pmu.c and perfcount.c; software events stand in where there is no PMU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>

#include "engine/collectors/perfcount.h"
#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

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
}

static struct perf_event_attr software(uint64_t config)
{
	return (struct perf_event_attr){
		.size = sizeof(struct perf_event_attr), .type = PERF_TYPE_SOFTWARE, .config = config};
}

static void test_group_counts(void **state)
{
	struct perf_event_attr attr[3] = {software(PERF_COUNT_SW_CONTEXT_SWITCHES), software(9999),
					  software(PERF_COUNT_SW_PAGE_FAULTS)};
	struct pb_perf_group g;
	struct pb_perf_values v;
	volatile char *page;

	(void)state;
	if (pb_perf_try(&attr[0], 2000))
		skip();
	assert_int_equal(pb_perf_open(&g, attr, 3, gettid()), 0);
	page = malloc(1 << 20);
	for (size_t i = 0; i < 1 << 20; i += 4096)
		page[i] = 1;
	assert_int_equal(pb_perf_read(&g, &v), 0);
	assert_true(v.value[0] >= 0);
	assert_true(v.value[1] == PB_NA); /* could not be opened: not available, and not in the others' way */
	assert_true(v.value[2] >= 100);
	assert_true(v.enabled_ns > 0);
	free((void *)page);
	pb_perf_close(&g);
	pb_perf_close(&g); /* safe twice */
}

static void test_leader_that_cannot_be_opened(void **state)
{
	struct perf_event_attr attr = software(9999);
	struct pb_perf_group g;

	(void)state;
	assert_true(pb_perf_try(&attr, 2000) < 0);
	assert_true(pb_perf_open(&g, &attr, 1, gettid()) < 0);
	assert_int_equal(pb_perf_open(&g, &attr, 0, gettid()), -EINVAL);
}

/* Whatever this machine has, the collector says so in words, and says it for a recorded machine too. */
static void test_says_why(void **state)
{
	struct perf_event_attr a;
	struct pb_root root;
	struct pb_target t = {.root = &root};
	char why[192] = "";
	int rc;

	(void)state;
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	assert_int_equal(pb_perf_encode("perf::CYCLES:mh", &a, why, sizeof(why)), 0);
	rc = pb_coll_pmu.probe(&t, why, sizeof(why));
	assert_true(rc < 0);
	if (pb_perf_try(&a, 2000) == -ENOENT)
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
		cmocka_unit_test(test_encodings_split_guest_and_host),
		cmocka_unit_test(test_group_counts),
		cmocka_unit_test(test_leader_that_cannot_be_opened),
		cmocka_unit_test(test_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
