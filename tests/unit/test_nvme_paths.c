/* Controllers and heads of NVMe namespaces, with multipath and without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "engine/lib/nvme_paths.h"
#include "tests/unit/faketree.h"

#define SUBSYSTEM "sys/devices/virtual/nvme-subsystem/nvme-subsys1/"

static int setup(void **state)
{
	struct faketree *f = calloc(1, sizeof(*f));

	fake_make(f);
	*state = f;
	/* one controller, no multipath */
	fake_put(f, "sys/devices/pci0000:00/0000:00:01.0/nvme/nvme0/nvme0n1/size", "8\n");
	fake_link(f, "../../nvme0", "sys/devices/pci0000:00/0000:00:01.0/nvme/nvme0/nvme0n1/device");
	fake_link(f, "../devices/pci0000:00/0000:00:01.0/nvme/nvme0/nvme0n1", "sys/block/nvme0n1");
	/* two controllers behind one head */
	fake_put(f, SUBSYSTEM "nvme1n1/size", "8\n");
	fake_put(f, SUBSYSTEM "nvme10/address", "0000:00:03.0\n");
	fake_put(f, SUBSYSTEM "nvme2/address", "0000:00:02.0\n");
	fake_put(f, SUBSYSTEM "nvme-x/address", "\n");
	fake_link(f, "../../nvme-subsys1", SUBSYSTEM "nvme1n1/device");
	fake_link(f, "../devices/virtual/nvme-subsystem/nvme-subsys1/nvme1n1", "sys/block/nvme1n1");
	fake_put(f, "sys/block/sda/device/nvme7/address", "\n");
	return 0;
}

static int teardown(void **state)
{
	fake_remove(*state);
	free(*state);
	return 0;
}

static void a_plain_namespace_has_its_controller(void **state)
{
	struct faketree *f = *state;
	char ctrl[64] = "untouched";

	assert_true(pb_nvme_controller(&f->root, "nvme0n1", ctrl, sizeof(ctrl)));
	assert_string_equal(ctrl, "nvme0");
}

static void a_head_has_those_of_its_subsystem(void **state)
{
	struct faketree *f = *state;
	struct pb_strv names = {0};
	char ctrl[64];

	assert_int_equal(pb_nvme_controllers(&f->root, "nvme1n1", &names), 0);
	assert_int_equal(names.n, 2);
	assert_string_equal(names.v[0], "nvme2");
	assert_string_equal(names.v[1], "nvme10");
	pb_strv_fini(&names);
	assert_true(pb_nvme_controller(&f->root, "nvme1n1", ctrl, sizeof(ctrl)));
	assert_string_equal(ctrl, "nvme2");
}

static void other_disks_and_missing_ones_have_none(void **state)
{
	static const char *const blocks[] = {"sda", "nvme9n1", "loop0", ""};
	struct faketree *f = *state;
	char ctrl[64] = "untouched";

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		assert_false(pb_nvme_controller(&f->root, blocks[i], ctrl, sizeof(ctrl)));
	assert_string_equal(ctrl, "untouched");
}

static void only_paths_have_a_head(void **state)
{
	static const char *const others[] = {"nvme0n1", "nvme0c0n1p1", "nvme0", "nvme0c1",
					     "sda",     "xnvme0c0n1",  ""};
	char head[64] = "untouched";

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(pb_nvme_head(others[i], head, sizeof(head)));
	assert_string_equal(head, "untouched");
	assert_true(pb_nvme_head("nvme3c12n4", head, sizeof(head)));
	assert_string_equal(head, "nvme3n4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_plain_namespace_has_its_controller, setup, teardown),
		cmocka_unit_test_setup_teardown(a_head_has_those_of_its_subsystem, setup, teardown),
		cmocka_unit_test_setup_teardown(other_disks_and_missing_ones_have_none, setup, teardown),
		cmocka_unit_test(only_paths_have_a_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
