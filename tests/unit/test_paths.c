/* Which paths are compared, and in which order they are visited. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/paths.h"

static int arms_of(struct pb_path_arm *arms, const char *list, bool writes, const char *safety)
{
	struct pb_profile p = {.writes = writes};

	strcpy(p.safety, safety);
	return pb_paths_arms(arms, list, "launch:cpus=2", &p, NULL);
}

static bool has(const struct pb_path_arm *arms, int n, const char *part)
{
	for (int i = 0; i < n; i++)
		if (strstr(arms[i].name, part))
			return true;
	return false;
}

static void one_attachment_is_no_comparison(void **state)
{
	(void)state;
	assert_false(pb_paths_wanted(NULL));
	assert_false(pb_paths_wanted("vfio"));
	assert_false(pb_paths_wanted("virtio-blk,cache=none"));
	assert_true(pb_paths_wanted("vfio,virtio-blk"));
}

static void flushes_are_ignored_only_for_disposable_data(void **state)
{
	struct pb_path_arm arms[PB_PATHS_MAX];

	(void)state;
	assert_false(has(arms, arms_of(arms, "vfio,virtio-blk", true, "P"), "unsafe"));
	assert_false(has(arms, arms_of(arms, "vfio,virtio-blk", true, "C"), "unsafe"));
	assert_true(has(arms, arms_of(arms, "vfio,virtio-blk", true, "N"), "unsafe"));
}

static void readers_do_not_compare_ways_of_writing(void **state)
{
	struct pb_path_arm arms[PB_PATHS_MAX];
	int n = arms_of(arms, "vfio,virtio-blk", false, "N");

	(void)state;
	assert_false(has(arms, n, "writethrough"));
	assert_true(has(arms, n, "none-native"));
	assert_string_equal(arms[0].name, "bare-metal");
	assert_string_equal(arms[0].guest, "local");
	assert_string_equal(arms[1].attach, "vfio");
	assert_string_equal(arms[1].guest, "launch:cpus=2");
}

static void what_is_no_path_is_refused(void **state)
{
	struct pb_path_arm arms[PB_PATHS_MAX];
	struct pb_profile p = {.safety = "N"};
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	assert_true(pb_paths_arms(arms, "vfio,floppy", NULL, &p, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	assert_true(pb_paths_arms(arms, "vfio,virtio-blk", "ssh:root@x", &p, NULL) < 0);
}

/* Over as many rounds as twice the arms every arm stands as often in each place. */
static void every_arm_is_as_often_first(void **state)
{
	unsigned place[PB_PATHS_MAX][PB_PATHS_MAX];

	(void)state;
	for (unsigned n = 2; n <= PB_PATHS_MAX; n++) {
		memset(place, 0, sizeof(place));
		for (unsigned round = 0; round < 2 * n; round++)
			for (unsigned k = 0; k < n; k++)
				place[pb_paths_order(n, round, k)][k]++;
		for (unsigned i = 0; i < n; i++)
			for (unsigned k = 0; k < n; k++)
				assert_int_equal(place[i][k], 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_attachment_is_no_comparison),
		cmocka_unit_test(flushes_are_ignored_only_for_disposable_data),
		cmocka_unit_test(readers_do_not_compare_ways_of_writing),
		cmocka_unit_test(what_is_no_path_is_refused),
		cmocka_unit_test(every_arm_is_as_often_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
