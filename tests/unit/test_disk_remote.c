/* The disk of an existing guest, out of honest and of hostile answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/run/guest/disk_remote.h"

static const char list_text[] =
	"[{\"name\":\"nvme0n1\",\"path\":\"/dev/"
	"nvme0n1\",\"bdf\":\"0000:00:03.0\",\"serial\":\"S1\",\"model\":\"M\","
	"\"size_bytes\":1024,\"logical_block_bytes\":512,\"readonly\":false,\"in_use\":null},"
	"{\"name\":\"vda\",\"path\":\"/dev/"
	"vda\",\"bdf\":\"0000:00:04.0\",\"serial\":\"S2\",\"size_bytes\":2048,"
	"\"readonly\":true,\"in_use\":null},"
	"{\"name\":\"vdb\",\"path\":\"/dev/vdb\",\"serial\":\"S2\",\"size_bytes\":2048,\"in_use\":null},"
	"{\"name\":\"sda\",\"path\":\"/dev/sda\",\"serial\":\"S4\",\"size_bytes\":2048,\"in_use\":\"sda is "
	"mounted\"},"
	"{\"name\":\"bad1\",\"path\":\"/etc/passwd\",\"serial\":\"B1\",\"size_bytes\":2048},"
	"{\"name\":\"bad2\",\"path\":\"/dev/../etc/x\",\"serial\":\"B2\",\"size_bytes\":2048},"
	"{\"name\":\"bad3\",\"path\":\"/dev/x\",\"serial\":\"B3\",\"size_bytes\":-5},"
	"{\"name\":\"loop0\",\"path\":\"/dev/loop0\",\"serial\":\"a\\u0007\\u001b[31m\",\"size_bytes\":4096},"
	"17,null,\"x\",{}]";

static json_t *list;

static int open_list(void **state)
{
	(void)state;
	list = json_loads(list_text, 0, NULL);
	return list ? 0 : -1;
}

static int close_list(void **state)
{
	(void)state;
	json_decref(list);
	return 0;
}

static int find(const char *what, struct pb_disk *d, char *path, struct pb_err *err)
{
	*err = (struct pb_err)PB_ERR_INIT;
	return pb_disk_remote_find(list, what, d, path, 16, err);
}

static void serial_path_name_and_address_find_it(void **state)
{
	static const char *const names[] = {"S1", "/dev/nvme0n1", "nvme0n1", "0000:00:03.0", "00:03.0"};
	struct pb_disk d;
	struct pb_err err;
	char path[16];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(find(names[i], &d, path, &err), 0);
		assert_string_equal(d.block, "nvme0n1");
		assert_string_equal(d.bdf, ""); /* the guest's address would name another device here */
		assert_string_equal(d.serial, "S1");
		assert_int_equal(d.size_bytes, 1024);
		assert_string_equal(path, "vfio");
	}
}

static void the_path_follows_the_kind_of_disk(void **state)
{
	struct pb_disk d;
	struct pb_err err;
	char path[16];

	(void)state;
	assert_int_equal(find("/dev/vda", &d, path, &err), 0);
	assert_string_equal(path, "virtio-blk");
	assert_true(d.readonly);
	assert_int_equal(find("loop0", &d, path, &err), 0);
	assert_string_equal(path, "local");
	assert_string_equal(d.serial, "a??[31m");
}

static void what_is_not_exactly_one_free_disk_is_refused(void **state)
{
	static const struct {
		const char *what, *says;
		enum pb_status status;
	} bad[] = {
		{"nosuch", "/dev/nvme0n1 serial S1", PB_USAGE},
		{"S2", "2 disks", PB_USAGE},
		{"", "no disk given", PB_USAGE},
		{"S4", "in the guest: sda is mounted", PB_UNSAFE},
		{"B1", "wrong form", PB_MISSING},
		{"B2", "wrong form", PB_MISSING},
		{"B3", "wrong form", PB_MISSING},
	};
	struct pb_disk d;
	struct pb_err err;
	char path[16];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(find(bad[i].what, &d, path, &err) < 0);
		assert_int_equal(err.status, bad[i].status);
		if (!strstr(err.msg, bad[i].says))
			fail_msg("case %zu says '%s'", i, err.msg);
	}
	assert_true(pb_disk_remote_find(NULL, "S1", &d, path, 16, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serial_path_name_and_address_find_it),
		cmocka_unit_test(the_path_follows_the_kind_of_disk),
		cmocka_unit_test(what_is_not_exactly_one_free_disk_is_refused),
	};

	return cmocka_run_group_tests(tests, open_list, close_list);
}
