/*
 * A neighbour's limit: what findings may ask for, and that the undo log puts the old line back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/lib/json.h"
#include "engine/run/tune/action.h"
#include "engine/run/host/iogroup.h"
#include "tests/unit/faketree.h"

#define GROUP "/sys/fs/cgroup/theirs.scope"
#define LIMIT "rbps=3000000 wbps=3000000 riops=max wiops=max"

static struct pb_finding finding(const char *block, double bytes_s)
{
	struct pb_finding f = {.rule = (char *)"R-N1"};

	f.params = json_pack("{s:s,s:s,s:f}", "kind", "io-limit", "block", block, "bytes_s", bytes_s);
	return f;
}

static void machine(struct faketree *tree)
{
	fake_make(tree);
	fake_put(tree, "proc/sys/kernel/random/boot_id", "boot-1\n");
	fake_put(tree, "sys/devices/pci0000:00/0000:00:10.0/nvme/nvme0/nvme0n1/dev", "259:1\n");
	fake_link(tree, "../devices/pci0000:00/0000:00:10.0/nvme/nvme0/nvme0n1", "sys/block/nvme0n1");
	fake_put(tree, "sys/fs/cgroup/cgroup.controllers", "io\n");
	fake_put(tree, "sys/fs/cgroup/cgroup.subtree_control", "io\n");
	fake_put(tree, "sys/fs/cgroup/theirs.scope/cgroup.procs", "");
	fake_put(tree, "sys/fs/cgroup/theirs.scope/io.stat", "259:1 rbytes=1000 wbytes=0\n");
	fake_put(tree, "sys/fs/cgroup/theirs.scope/io.max", "");
}

static void only_a_disk_and_a_limit_that_can_be_lived_with(void **state)
{
	struct pb_finding good = finding("nvme0n1", 2e6),
			  names[] = {finding("../../etc", 5e6), finding("", 5e6), finding("nvme0n1", 1.9e6),
				     finding("nvme0n1", 0)};

	(void)state;
	assert_ptr_equal(pb_action_for(&good), &pb_action_io_limit);
	assert_true(pb_action_io_limit.takes);
	json_decref(good.params);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct pb_action_target t = {.f = &names[i], .bdf = ""};
		struct pb_err err = PB_ERR_INIT;
		void *s = NULL;

		assert_null(pb_action_for(&names[i]));
		assert_true(pb_action_io_limit.open(&s, &t, &err) < 0);
		assert_int_equal(err.status, PB_UNSAFE);
		json_decref(names[i].params);
	}
}

static int open_on(struct faketree *tree, const char *block, const char *bdf, struct pb_err *err)
{
	struct pb_finding f = finding(block, 3e6);
	struct pb_action_target t = {.f = &f, .bdf = bdf, .root = &tree->root};
	void *s = NULL;
	int rc = pb_action_io_limit.open(&s, &t, err);

	json_decref(f.params);
	return rc;
}

static void another_disk_and_an_idle_neighbour_are_refused(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct faketree tree;

	(void)state;
	machine(&tree);
	assert_true(open_on(&tree, "nvme7n1", "0000:00:10.0", &err) < 0);
	assert_int_equal(err.status, PB_MISSING);
	err = (struct pb_err)PB_ERR_INIT;
	assert_true(open_on(&tree, "nvme0n1", "0000:00:11.0", &err) < 0);
	assert_int_equal(err.status, PB_UNSAFE);
	err = (struct pb_err)PB_ERR_INIT;
	assert_true(open_on(&tree, "nvme0n1", "0000:00:10.0", &err) < 0); /* its counters stand still */
	assert_non_null(strstr(err.msg, "nobody to limit"));
	fake_remove(&tree);
}

#define SUBSYSTEM "sys/devices/virtual/nvme-subsystem/nvme-subsys1/"

/* Seen in the lab: the disk of the run was taken for another, because multipath hides its address. */
static void a_disk_with_multipath_is_known(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct faketree tree;

	(void)state;
	machine(&tree);
	fake_put(&tree, SUBSYSTEM "nvme1n1/dev", "259:1\n");
	fake_link(&tree, "../../nvme-subsys1", SUBSYSTEM "nvme1n1/device");
	fake_link(&tree, "../../../pci0000:00/0000:00:11.0/nvme/nvme1", SUBSYSTEM "nvme1");
	fake_link(&tree, "../devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n1", "sys/block/nvme1n1");
	fake_put(&tree, "sys/devices/pci0000:00/0000:00:11.0/nvme/nvme1/state", "live\n");
	fake_put(&tree, "sys/class/nvme/none", "");
	fake_link(&tree, "../../devices/pci0000:00/0000:00:11.0/nvme/nvme1", "sys/class/nvme/nvme1");
	assert_true(open_on(&tree, "nvme1n1", "0000:00:10.0", &err) < 0);
	assert_int_equal(err.status, PB_UNSAFE);
	err = (struct pb_err)PB_ERR_INIT;
	assert_true(open_on(&tree, "nvme1n1", "0000:00:11.0", &err) < 0); /* its counters stand still */
	assert_non_null(strstr(err.msg, "nobody to limit"));
	fake_remove(&tree);
}

static void limit_of(struct faketree *tree, char buf[100])
{
	assert_int_equal(pb_iogroup_limit(&tree->root, GROUP, "259:1", buf, 100), 0);
}

static void a_limit_is_journalled_and_taken_back(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_undo *u = NULL;
	struct faketree tree;
	char path[300], now[100];

	(void)state;
	machine(&tree);
	snprintf(path, sizeof(path), "%s/undo.log", tree.dir.path);
	assert_int_equal(pb_undo_open(&u, &tree.root, path, NULL), 0);
	if (pb_undo_io_max(u, GROUP, "259:1", LIMIT, &err) < 0)
		fail_msg("%s", err.msg);
	limit_of(&tree, now);
	assert_string_equal(now, LIMIT);
	assert_int_equal(pb_undo_standing(u), 1);
	assert_int_equal(pb_undo_revert(u, 1, &err), 0);
	limit_of(&tree, now);
	assert_string_equal(now, "rbps=max wbps=max riops=max wiops=max");
	/* a killed run's, and a group that has gone meanwhile */
	assert_int_equal(pb_undo_io_max(u, GROUP, "259:1", LIMIT, &err), 0);
	pb_undo_close(u);
	assert_int_equal(pb_rollback(&tree.root, path, false, &err), 1);
	limit_of(&tree, now);
	assert_string_equal(now, "rbps=max wbps=max riops=max wiops=max");
	assert_int_equal(pb_undo_open(&u, &tree.root, path, NULL), 0);
	assert_int_equal(pb_undo_io_max(u, GROUP, "259:1", LIMIT, &err), 0);
	assert_int_equal(unlinkat(tree.dir.fd, "sys/fs/cgroup/theirs.scope/io.max", 0), 0);
	assert_int_equal(unlinkat(tree.dir.fd, "sys/fs/cgroup/theirs.scope/io.stat", 0), 0);
	assert_int_equal(unlinkat(tree.dir.fd, "sys/fs/cgroup/theirs.scope/cgroup.procs", 0), 0);
	assert_int_equal(unlinkat(tree.dir.fd, "sys/fs/cgroup/theirs.scope", AT_REMOVEDIR), 0);
	assert_int_equal(pb_undo_revert(u, 1, &err), 0);
	pb_undo_close(u);
	fake_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_disk_and_a_limit_that_can_be_lived_with),
		cmocka_unit_test(another_disk_and_an_idle_neighbour_are_refused),
		cmocka_unit_test(a_disk_with_multipath_is_known),
		cmocka_unit_test(a_limit_is_journalled_and_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
