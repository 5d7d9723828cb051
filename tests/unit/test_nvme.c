/* The SMART log's layout, and disks that cannot be asked. Commands that succeed need a disk: tests/lab. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/agent/nvme.h"
#include "engine/lib/json.h"
#include "tests/unit/faketree.h"

static void put(uint8_t *at, unsigned bytes, uint64_t v)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static unsigned commas(const char *text)
{
	unsigned n = 0;

	for (; *text && *text != '\n'; text++)
		n += *text == ',';
	return n;
}

static void every_field_is_at_its_place(void **state)
{
	struct pb_smart s = {.t_ns = 5, .ok = true};
	struct pb_buf b = {0};

	(void)state;
	s.log[0] = 4;
	put(s.log + 1, 2, 323);
	s.log[3] = 100;
	s.log[5] = 3;
	for (unsigned i = 0; i < 5; i++)
		put(s.log + 32 + 16 * i, 8, 1000 + i);
	put(s.log + 160, 8, 7);
	put(s.log + 192, 4, 11);
	put(s.log + 196, 4, 12);
	put(s.log + 200, 2, 310);
	put(s.log + 216, 4, 21);
	put(s.log + 220, 4, 22);
	put(s.log + 224, 4, 23);
	put(s.log + 228, 4, 24);
	pb_smart_row(&s, &b);
	assert_string_equal(b.data, "5,4,50,100,3,1000,1001,1002,1003,1004,7,11,12,37,,21,22,23,24\n");
	assert_int_equal(commas(b.data), commas(pb_smart_header));
	pb_buf_fini(&b);
}

/* Nothing that a disk may say becomes a number that does not fit. */
static void absurd_numbers_are_not_available(void **state)
{
	struct pb_smart s = {.ok = true};
	struct pb_buf b = {0};

	(void)state;
	memset(s.log, 0xff, sizeof(s.log));
	pb_smart_row(&s, &b);
	assert_string_equal(b.data, "0,255,65262,255,255,,,,,,,4294967295,4294967295,65262,65262,4294967295,"
				    "4294967295,4294967295,4294967295\n");
	pb_buf_fini(&b);
}

static void why_a_disk_cannot_be_asked(void **state)
{
	struct pb_smart s;
	struct faketree f;
	json_t *j;

	(void)state;
	fake_make(&f);
	fake_put(&f, "sys/block/vda/size", "8\n");
	pb_nvme_smart(&f.root, "vda", &s);
	assert_false(s.ok);
	assert_string_equal(s.why, "not an NVMe disk");
	assert_null(pb_nvme_features(&f.root, "vda"));

	fake_put(&f, "sys/class/nvme/nvme3/address", "0000:41:00.0\n");
	fake_put(&f, "sys/block/nvme3n1/size", "8\n");
	fake_link(&f, "../../class/nvme/nvme3", "sys/block/nvme3n1/device");
	pb_nvme_smart(&f.root, "nvme3n1", &s);
	assert_false(s.ok);
	assert_string_equal(s.why, "cannot open /dev/nvme3: No such file or directory");

	fake_put(&f, "dev/nvme3", ""); /* a file: no ioctl */
	pb_nvme_smart(&f.root, "nvme3n1", &s);
	assert_false(s.ok);
	assert_non_null(strstr(s.why, "admin command refused"));
	j = pb_nvme_features(&f.root, "nvme3n1");
	assert_true(json_is_null(json_object_get(j, "volatile_write_cache")));
	assert_true(json_is_null(json_object_get(j, "coalescing_us")));
	assert_non_null(strstr(pb_json_str(j, "why", ""), "refused"));
	json_decref(j);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_at_its_place),
		cmocka_unit_test(absurd_numbers_are_not_available),
		cmocka_unit_test(why_a_disk_cannot_be_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
