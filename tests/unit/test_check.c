/* Unit tests of engine/run/check.c: what it says about a disk's links on a made-up machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/lib/json.h"
#include "engine/run/check.h"
#include "tests/unit/faketree.h"

#define PORT "sys/devices/pci0000:40/0000:40:01.0"
#define SWITCH PORT "/0000:41:00.0"
#define DISK SWITCH "/0000:42:00.0/0000:43:00.0"
#define OTHER SWITCH "/0000:42:01.0/0000:44:00.0"

static void put_device(struct faketree *f, const char *path, const char *cls)
{
	char file[256], target[256];

	snprintf(file, sizeof(file), "%s/class", path);
	fake_put(f, file, cls);
	snprintf(target, sizeof(target), "../../../%s", path + strlen("sys/"));
	snprintf(file, sizeof(file), "sys/bus/pci/devices/%s", strrchr(path, '/') + 1);
	fake_link(f, target, file);
}

static void put_link(struct faketree *f, const char *path, const char *speed, const char *width,
		     const char *max)
{
	char file[256];

	snprintf(file, sizeof(file), "%s/current_link_speed", path);
	fake_put(f, file, speed);
	snprintf(file, sizeof(file), "%s/max_link_speed", path);
	fake_put(f, file, max);
	snprintf(file, sizeof(file), "%s/current_link_width", path);
	fake_put(f, file, width);
	snprintf(file, sizeof(file), "%s/max_link_width", path);
	fake_put(f, file, "4\n");
}

static void put_machine(struct faketree *f)
{
	put_device(f, PORT, "0x060400\n");
	put_device(f, SWITCH, "0x060400\n");
	put_device(f, SWITCH "/0000:42:00.0", "0x060400\n");
	put_device(f, SWITCH "/0000:42:01.0", "0x060400\n");
	put_device(f, DISK, "0x010802\n");
	put_device(f, OTHER, "0x010802\n");
}

static bool says(const json_t *items, const char *name, const char *state, const char *text)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)items, i, item)
	{
		if (!strcmp(pb_json_str(item, "name", ""), name) &&
		    !strcmp(pb_json_str(item, "state", ""), state) &&
		    strstr(pb_json_str(item, "text", ""), text))
			return true;
	}
	return false;
}

static json_t *check(struct faketree *f)
{
	struct pb_guest_spec spec;
	json_t *items = NULL;

	assert_int_equal(pb_guest_spec_parse(&spec, NULL, NULL, NULL), 0);
	assert_true(pb_check(&f->root, "0000:43:00.0", &spec, &items, NULL) >= 0);
	assert_non_null(items);
	return items;
}

/* A Gen 4 disk in a Gen 3 slot is no fault of the link; a lost lane is. */
static void test_links(void **state)
{
	struct faketree f;
	json_t *items;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	put_link(&f, DISK, "8.0 GT/s PCIe\n", "4\n", "16.0 GT/s PCIe\n");
	put_link(&f, SWITCH "/0000:42:00.0", "8.0 GT/s PCIe\n", "4\n", "8.0 GT/s PCIe\n");
	items = check(&f);
	assert_true(says(items, "link", "ok", "all that the other end can"));
	assert_false(says(items, "link", "warning", ""));
	json_decref(items);
	put_link(&f, DISK, "8.0 GT/s PCIe\n", "2\n", "16.0 GT/s PCIe\n");
	items = check(&f);
	assert_true(says(items, "link", "warning", "it could 8.0 GT/s x4"));
	json_decref(items);
	fake_remove(&f);
}

static void test_shared_port(void **state)
{
	struct faketree f;
	json_t *items;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	items = check(&f);
	assert_true(says(items, "shared", "info",
			 "bridge 0000:41:00.0 is shared with 1 other disk: 0000:44:00.0"));
	assert_false(says(items, "shared", "info", "0000:40:01.0")); /* said once */
	json_decref(items);
	fake_remove(&f);
}

/* A snapshot over a degraded RAID: each layer is named, and what is wrong with it is a warning. */
static void test_what_the_disk_stands_on(void **state)
{
	struct pb_guest_spec spec;
	json_t *items = NULL;
	struct faketree f;

	(void)state;
	fake_make(&f);
	fake_put(&f, "dev/dm-0", "");
	fake_put(&f, "sys/block/dm-0/size", "2048\n");
	fake_put(&f, "sys/class/block/dm-0/dm/uuid", "LVM-x-cow\n");
	fake_put(&f, "sys/class/block/dm-0/slaves/md0", "");
	fake_put(&f, "sys/class/block/md0/md/level", "raid1\n");
	fake_put(&f, "sys/class/block/md0/md/degraded", "1\n");
	fake_put(&f, "sys/class/block/md0/slaves/sda", "");
	fake_put(&f, "sys/class/block/sda/size", "2048\n");
	assert_int_equal(pb_guest_spec_parse(&spec, "local", NULL, NULL), 0);
	assert_true(pb_check(&f.root, "/dev/dm-0", &spec, &items, NULL) >= 0);
	assert_true(says(items, "stack", "warning", "dm-0: snapshot"));
	assert_true(says(items, "stack", "warning", "md0: raid raid1"));
	assert_false(says(items, "stack", "warning", "sda"));
	json_decref(items);
	fake_put(&f, "sys/class/block/md0/md/degraded", "0\n");
	assert_true(pb_check(&f.root, "/dev/dm-0", &spec, &items, NULL) >= 0);
	assert_true(says(items, "stack", "info", "md0: raid raid1"));
	json_decref(items);
	fake_remove(&f);
}

/* What no file shows comes from the saved machine, not from the one that looks. */
static void test_saved_verdicts(void **state)
{
	struct faketree f;
	json_t *items;

	(void)state;
	fake_make(&f);
	put_machine(&f);
	fake_put(&f, "passbench/check.json",
		 "{\"items\": [{\"area\": \"guest\", \"name\": \"qemu\", \"state\": \"ok\", \"text\": \"QEMU "
		 "99\", "
		 "\"action\": \"\"}]}");
	items = check(&f);
	assert_true(says(items, "qemu", "ok", "QEMU 99"));
	assert_false(says(items, "agent", "ok", ""));
	json_decref(items);
	fake_put(&f, "passbench/check.json", "[not what it was]");
	items = check(&f);
	assert_false(says(items, "qemu", "ok", "QEMU 99"));
	json_decref(items);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_shared_port),
		cmocka_unit_test(test_what_the_disk_stands_on),
		cmocka_unit_test(test_saved_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
