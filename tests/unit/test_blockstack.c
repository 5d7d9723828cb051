/* Unit tests of engine/collectors/blockstack.c: each kind of layer, and what a device is made of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "engine/collectors/blockstack.h"
#include "engine/lib/json.h"
#include "tests/unit/faketree.h"

#define BLOCK "sys/class/block/"

static void put(struct faketree *f, const char *name, const char *file, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), BLOCK "%s/%s", name, file);
	fake_put(f, path, text);
}

static const json_t *layer(const json_t *stack, const char *name)
{
	json_t *l;
	size_t i;

	json_array_foreach((json_t *)stack, i, l) if (strcmp(pb_json_str(l, "name", ""), name) == 0) return l;
	fail_msg("no layer %s", name);
	return NULL;
}

static json_t *stack_of(const struct faketree *f, const char *block)
{
	json_t *stack = NULL;

	assert_int_equal(pb_blockstack_read(&f->root, block, &stack), 0);
	return stack;
}

static void test_a_plain_disk_stands_on_nothing(void **state)
{
	struct faketree f;
	json_t *stack;

	(void)state;
	fake_make(&f);
	put(&f, "nvme0n1", "size", "8\n");
	stack = stack_of(&f, "nvme0n1");
	assert_int_equal(json_array_size(stack), 1);
	assert_string_equal(pb_json_str(layer(stack, "nvme0n1"), "kind", ""), "disk");
	assert_true(json_is_null(json_object_get(layer(stack, "nvme0n1"), "detail")));
	json_decref(stack);
	fake_remove(&f);
}

/* LUKS on a logical volume on a degraded mirror of a partition and a disk. */
static void test_every_layer_is_named(void **state)
{
	struct faketree f;
	json_t *stack;

	(void)state;
	fake_make(&f);
	put(&f, "dm-1", "dm/uuid", "CRYPT-LUKS2-4f1d-vault\n");
	put(&f, "dm-1", "dm/name", "vault\n");
	put(&f, "dm-1", "slaves/dm-0", "");
	put(&f, "dm-0", "dm/uuid", "LVM-AbCdEf\n");
	put(&f, "dm-0", "dm/name", "vg-data\n");
	put(&f, "dm-0", "slaves/md0", "");
	put(&f, "md0", "md/level", "raid1\n");
	put(&f, "md0", "md/degraded", "1\n");
	put(&f, "md0", "slaves/sda1", "");
	put(&f, "md0", "slaves/sdb", "");
	fake_put(&f, "sys/devices/pci/sda/sda1/partition", "1\n");
	fake_link(&f, "../../devices/pci/sda/sda1", BLOCK "sda1");
	fake_put(&f, "sys/devices/pci/sda/size", "8\n");
	fake_link(&f, "../../devices/pci/sda", BLOCK "sda");
	put(&f, "sdb", "size", "8\n");
	stack = stack_of(&f, "dm-1");
	assert_string_equal(pb_json_str(json_array_get(stack, 0), "name", ""), "dm-1");
	assert_string_equal(pb_json_str(layer(stack, "dm-1"), "kind", ""), "crypt");
	assert_string_equal(pb_json_str(layer(stack, "dm-1"), "detail", ""), "vault");
	assert_string_equal(pb_json_str(layer(stack, "dm-0"), "kind", ""), "lvm");
	assert_string_equal(pb_json_str(layer(stack, "md0"), "detail", ""), "raid1");
	assert_int_equal(pb_json_i64(layer(stack, "md0"), "degraded", -1), 1);
	assert_string_equal(pb_json_str(layer(stack, "sda1"), "kind", ""), "partition");
	assert_string_equal(pb_json_str(layer(stack, "sda"), "kind", ""), "disk");
	assert_string_equal(pb_json_str(layer(stack, "sdb"), "kind", ""), "disk");
	assert_int_equal(json_array_size(stack), 6);
	json_decref(stack);
	fake_remove(&f);
}

static void test_kinds_of_mappings(void **state)
{
	static const char *const row[][2] = {
		{"LVM-abc-cow", "snapshot"},
		{"LVM-abc-real", "snapshot-origin"},
		{"LVM-abc-tpool", "thin-pool"},
		{"LVM-abc-tdata", "thin-pool"},
		{"mpath-36", "multipath"},
		{"OTHER-1", "dm"},
		{"", "dm"},
		{"CRYPT-PLAIN-x", "crypt"},
		{"LVM-abc", "lvm"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct faketree f;
		json_t *stack;

		fake_make(&f);
		put(&f, "dm-3", "dm/uuid", row[i][0]);
		stack = stack_of(&f, "dm-3");
		assert_string_equal(pb_json_str(json_array_get(stack, 0), "kind", ""), row[i][1]);
		json_decref(stack);
		fake_remove(&f);
	}
}

static void test_a_volume_on_a_thin_pool_is_thin(void **state)
{
	struct faketree f;
	json_t *stack;

	(void)state;
	fake_make(&f);
	put(&f, "dm-5", "dm/uuid", "LVM-vol\n");
	put(&f, "dm-5", "slaves/dm-4", "");
	put(&f, "dm-4", "dm/uuid", "LVM-pool-tpool\n");
	stack = stack_of(&f, "dm-5");
	assert_string_equal(pb_json_str(layer(stack, "dm-5"), "kind", ""), "thin");
	json_decref(stack);
	fake_remove(&f);
}

static void test_a_file_behind_a_loop_is_plain_text(void **state)
{
	struct faketree f;
	json_t *stack;

	(void)state;
	fake_make(&f);
	put(&f, "loop0", "loop/backing_file", "/srv/\033[31m\xe2\x80\xae.img\n");
	stack = stack_of(&f, "loop0");
	assert_string_equal(pb_json_str(json_array_get(stack, 0), "kind", ""), "loop");
	assert_string_equal(pb_json_str(json_array_get(stack, 0), "detail", ""), "/srv/?[31m???.img");
	json_decref(stack);
	fake_remove(&f);
}

/* Devices that name each other, as only a damaged machine would, end. */
static void test_a_circle_ends(void **state)
{
	struct faketree f;
	json_t *stack;

	(void)state;
	fake_make(&f);
	put(&f, "dm-0", "slaves/dm-1", "");
	put(&f, "dm-1", "slaves/dm-0", "");
	stack = stack_of(&f, "dm-0");
	assert_int_equal(json_array_size(stack), 2);
	json_decref(stack);
	fake_remove(&f);
}

static void test_no_such_device(void **state)
{
	struct faketree f;
	json_t *stack = NULL;

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_blockstack_read(&f.root, "sda", &stack), -ENODEV);
	assert_int_equal(pb_blockstack_read(&f.root, "", &stack), -ENODEV);
	assert_int_equal(pb_blockstack_read(&f.root, "../x", &stack), -ENODEV);
	assert_null(stack);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_plain_disk_stands_on_nothing),
		cmocka_unit_test(test_every_layer_is_named),
		cmocka_unit_test(test_kinds_of_mappings),
		cmocka_unit_test(test_a_volume_on_a_thin_pool_is_thin),
		cmocka_unit_test(test_a_file_behind_a_loop_is_plain_text),
		cmocka_unit_test(test_a_circle_ends),
		cmocka_unit_test(test_no_such_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
