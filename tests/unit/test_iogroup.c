/*
 * Which cgroup uses a disk, on a made-up cgroup tree.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/host/iogroup.h"
#include "tests/unit/faketree.h"

#define CG "sys/fs/cgroup/"
#define OURS "/machine.slice/ours.scope"

static void group(struct faketree *f, const char *path, const char *stat, const char *max)
{
	char name[200];

	snprintf(name, sizeof(name), CG "%s/cgroup.procs", path);
	fake_put(f, name, "");
	snprintf(name, sizeof(name), CG "%s/io.stat", path);
	fake_put(f, name, stat);
	if (!max)
		return;
	snprintf(name, sizeof(name), CG "%s/io.max", path);
	fake_put(f, name, max);
}

static void tree(struct faketree *f)
{
	fake_make(f);
	fake_put(f, CG "cgroup.controllers", "cpu io memory\n");
	fake_put(f, CG "cgroup.subtree_control", "cpu io\n");
	fake_put(f, CG "io.stat", "259:1 rbytes=99000 wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n");
	group(f, "machine.slice", "259:1 rbytes=8000 wbytes=0 rios=1 wios=0\n", "");
	group(f, "machine.slice/ours.scope", "259:1 rbytes=3000 wbytes=0 rios=1 wios=0\n", "");
	group(f, "machine.slice/theirs.scope",
	      "8:0 rbytes=7 wbytes=7\n259:1 rbytes=4000 wbytes=1000 rios=1 wios=0\n",
	      "259:1 rbps=5 wbps=max riops=max wiops=max\n");
	group(f, "machine.slice/theirs.scope/emulator", "259:1 rbytes=4000 wbytes=1000 rios=1 wios=0\n", "");
	group(f, "user.slice", "259:11 rbytes=5 wbytes=5\n", "");
}

static void the_neighbour_is_found(void **state)
{
	struct pb_iogroups before, after;
	struct faketree f;
	double bytes_s;
	int i;

	(void)state;
	tree(&f);
	assert_int_equal(pb_iogroups_read(&f.root, "259:1", &before, NULL), 0);
	assert_int_equal(before.n, 4); /* the root has no limit, user.slice another disk */
	group(&f, "machine.slice", "259:1 rbytes=24000 wbytes=0\n", NULL);
	group(&f, "machine.slice/ours.scope", "259:1 rbytes=11000 wbytes=0\n", NULL);
	group(&f, "machine.slice/theirs.scope", "259:1 rbytes=10000 wbytes=3000\n", NULL);
	group(&f, "machine.slice/theirs.scope/emulator", "259:1 rbytes=10000 wbytes=3000\n", NULL);
	group(&f, "new.scope", "259:1 rbytes=900000 wbytes=0\n", "");
	assert_int_equal(pb_iogroups_read(&f.root, "259:1", &after, NULL), 0);
	i = pb_iogroups_busiest(&before, &after, OURS, 2, &bytes_s);
	assert_true(i >= 0);
	/* not ours, not what holds ours, not one that was not there before; the innermost of equals */
	assert_string_equal(after.v[i].path, "/sys/fs/cgroup/machine.slice/theirs.scope/emulator");
	assert_int_equal((int)bytes_s, 4000);
	pb_iogroups_fini(&before);
	pb_iogroups_fini(&after);
	fake_remove(&f);
}

static void nobody_else_is_nobody(void **state)
{
	struct pb_iogroups before, after;
	struct faketree f;
	double bytes_s;

	(void)state;
	tree(&f);
	assert_int_equal(pb_iogroups_read(&f.root, "259:1", &before, NULL), 0);
	group(&f, "machine.slice", "259:1 rbytes=24000 wbytes=0\n", NULL);
	group(&f, "machine.slice/ours.scope", "259:1 rbytes=11000 wbytes=0\n", NULL);
	assert_int_equal(pb_iogroups_read(&f.root, "259:1", &after, NULL), 0);
	assert_int_equal(pb_iogroups_busiest(&before, &after, OURS, 1, &bytes_s), -1);
	pb_iogroups_fini(&before);
	pb_iogroups_fini(&after);
	fake_remove(&f);
}

static void the_limit_is_a_line_or_none(void **state)
{
	struct faketree f;
	char text[100];

	(void)state;
	tree(&f);
	assert_int_equal(pb_iogroup_limit(&f.root, "/sys/fs/cgroup/machine.slice/theirs.scope", "259:1", text,
					  sizeof(text)),
			 0);
	assert_string_equal(text, "rbps=5 wbps=max riops=max wiops=max");
	assert_int_equal(
		pb_iogroup_limit(&f.root, "/sys/fs/cgroup/machine.slice", "259:1", text, sizeof(text)), 0);
	assert_string_equal(text, "rbps=max wbps=max riops=max wiops=max");
	assert_int_equal(pb_iogroup_limit(&f.root, "/sys/fs/cgroup/gone", "259:1", text, sizeof(text)),
			 -ENOENT);
	fake_remove(&f);
}

static void without_the_controller_it_says_so(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_iogroups g;
	struct faketree f;

	(void)state;
	fake_make(&f);
	assert_true(pb_iogroups_read(&f.root, "259:1", &g, &err) < 0);
	assert_int_equal(err.status, PB_MISSING);
	fake_put(&f, CG "cgroup.controllers", "cpu io\n");
	fake_put(&f, CG "cgroup.subtree_control", "cpu\n");
	err = (struct pb_err)PB_ERR_INIT;
	assert_true(pb_iogroups_read(&f.root, "259:1", &g, &err) < 0);
	assert_non_null(strstr(err.msg, "echo +io"));
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_neighbour_is_found),
		cmocka_unit_test(nobody_else_is_nobody),
		cmocka_unit_test(the_limit_is_a_line_or_none),
		cmocka_unit_test(without_the_controller_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
