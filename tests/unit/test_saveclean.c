/* Unit tests of engine/run/host/saveclean.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/run/host/saveclean.h"

static void test_names(void **state)
{
	static const char *const yes[] = {"serial",   "serial_number", "product_uuid", "board_serial",
					  "vpd_pg80", "subsysnqn",     "wwid",         "chassis_asset_tag",
					  "uuid",     "nguid"};
	static const char *const no[] = {"serial_port",  "model",   "firmware_rev",
					 "product_name", "_serial", "config"};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(pb_saveclean_is_identity(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(pb_saveclean_is_identity(no[i]));
}

static void test_learning(void **state)
{
	struct pb_strv known = {0};

	(void)state;
	assert_int_equal(pb_saveclean_learn(&known, "  S64ANS0R123456Z   \n"), 0);
	assert_int_equal(pb_saveclean_learn(&known, "S64ANS0R123456Z"), 0);
	/* Words that stand elsewhere with another meaning. */
	assert_int_equal(pb_saveclean_learn(&known, "0000000000\n"), 0);
	assert_int_equal(pb_saveclean_learn(&known, "To Be Filled By O.E.M.\n"), 0);
	assert_int_equal(pb_saveclean_learn(&known, "1\n"), 0);
	assert_int_equal(pb_saveclean_learn(&known, "\n"), 0);
	assert_int_equal(known.n, 1);
	assert_string_equal(known.v[0], "S64ANS0R123456Z");
	pb_strv_fini(&known);
}

static void cleaned(const struct pb_strv *known, const char *before, const char *after)
{
	char text[256];

	snprintf(text, sizeof(text), "%s", before);
	pb_saveclean_text(known, text, strlen(text));
	assert_string_equal(text, after);
}

static void test_text(void **state)
{
	struct pb_strv known = {0}, none = {0};

	(void)state;
	assert_int_equal(pb_saveclean_learn(&known, "S64ANS0R12"), 0);
	cleaned(&known, "nqn.Samsung:S64ANS0R12S64ANS0R12 end", "nqn.Samsung:xxxxxxxxxxxxxxxxxxxx end");
	cleaned(&none, "root=UUID=5ebd9c3a-11d2-4f0e-8d55-0123456789ab ro",
		"root=UUID=00000000-0000-0000-0000-000000000000 ro");
	cleaned(&none, "id 5ebd9c3a-11d2-4f0e-8d55-0123456789ab", "id 00000000-0000-0000-0000-000000000000");
	cleaned(&none, "root=PARTUUID=5ebd9c3a-02", "root=PARTUUID=00000000-00");
	cleaned(&none, "5ebd9c3a-11d2-4f0e-8d55-0123456789a", "5ebd9c3a-11d2-4f0e-8d55-0123456789a");
	cleaned(&none, "UUID=", "UUID=");
	cleaned(&none, "", "");
	pb_strv_fini(&known);
}

static void test_config_space(void **state)
{
	unsigned char space[4096] = {0};

	(void)state;
	memcpy(space + 0x100, "\x01\x00\x02\x14", 4); /* AER, next 0x140 */
	memcpy(space + 0x140, "\x03\x00\x01\x00", 4); /* serial number */
	memset(space + 0x144, 0xab, 8);
	memset(space + 0x14c, 0xcd, 4);
	pb_saveclean_config(space, sizeof(space));
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(space[0x144 + i], 0);
	assert_int_equal(space[0x14c], 0xcd);
	assert_int_equal(space[0x100], 1);
	/* A list that loops, and one that is cut. */
	memcpy(space + 0x140, "\x03\x00\x01\x10", 4);
	pb_saveclean_config(space, sizeof(space));
	pb_saveclean_config(space, 0x146);
	pb_saveclean_config(space, 64);
}

static void test_mounts(void **state)
{
	char text[] = "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
		      "23 1 0:21 / /home rw - nfs4 files.example:/people rw\n"
		      "24 1 254:2 / /data rw - xfs /dev/vdb rw\n"
		      "25 1 0:30 / /tmp rw - tmpfs tmpfs rw";
	size_t len;

	(void)state;
	len = pb_saveclean_mounts(text, strlen(text));
	text[len] = '\0';
	assert_string_equal(
		text, "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n24 1 254:2 / /data rw - xfs /dev/vdb rw\n");
	assert_int_equal(pb_saveclean_mounts(text, 0), 0);
	strcpy(text, "x - y");
	assert_int_equal(pb_saveclean_mounts(text, 5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),  cmocka_unit_test(test_learning),
		cmocka_unit_test(test_text),   cmocka_unit_test(test_config_space),
		cmocka_unit_test(test_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
