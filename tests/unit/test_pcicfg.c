/* Unit tests of engine/collectors/pcicfg.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/collectors/pcicfg.h"
#include "engine/lib/csv.h"
#include "tests/unit/pciconfig.h"

static void test_capabilities(void **state)
{
	struct pciconfig space;
	struct pb_pcicfg_io io = {.read = pciconfig_read, .arg = &space};
	struct pb_pcicfg c;
	struct pb_pcicfg_errors e;

	(void)state;
	pciconfig_disk(&space);
	assert_int_equal(pb_pcicfg_parse(&io, &c), 0);
	assert_int_equal(c.express, 0x70);
	assert_int_equal(c.aer, 0x100);
	assert_int_equal(c.mps_max_bytes, 256);
	assert_int_equal(c.mps_bytes, 256);
	assert_int_equal(c.mrrs_bytes, 512);
	assert_int_equal(c.max_speed_mgts, 16000);
	assert_int_equal(c.max_width, 4);
	assert_int_equal(c.speed_mgts, 8000);
	assert_int_equal(c.width, 2);
	assert_int_equal(c.aspm, 2);
	assert_int_equal(c.acs, 0x1d);
	/* A config read is a bus cycle, a trap in a virtual machine: the walk must not read the whole space.
	 */
	assert_true(space.reads < 20);
	space.reads = 0;
	pb_pcicfg_errors(&io, &c, &e);
	assert_int_equal(e.device, 9);
	assert_int_equal(e.uncorrectable, 0x100000);
	assert_int_equal(e.correctable, 0x2001);
	assert_int_equal(space.reads, 3);
}

/* Who is not root sees 64 bytes; some virtual machines have no extended space. */
static void test_less_to_read(void **state)
{
	struct pciconfig space;
	struct pb_pcicfg_io io = {.read = pciconfig_read, .arg = &space};
	struct pb_pcicfg c;
	struct pb_pcicfg_errors e;

	(void)state;
	pciconfig_disk(&space);
	space.len = 64;
	assert_int_equal(pb_pcicfg_parse(&io, &c), -ENOENT);
	assert_true(c.mps_bytes == PB_NA && c.acs == PB_NA && c.aspm == PB_NA);
	pb_pcicfg_errors(&io, &c, &e);
	assert_true(e.device == PB_NA && e.correctable == PB_NA);
	space.len = 256;
	assert_int_equal(pb_pcicfg_parse(&io, &c), 0);
	assert_int_equal(c.mps_bytes, 256);
	assert_true(c.acs == PB_NA);
	assert_int_equal(c.aer, 0);
}

static void test_lists_that_loop(void **state)
{
	struct pciconfig space;
	struct pb_pcicfg_io io = {.read = pciconfig_read, .arg = &space};
	struct pb_pcicfg c;

	(void)state;
	pciconfig_disk(&space);
	pciconfig_put(&space, 0x50, 0x00804005); /* back to 0x40 */
	assert_int_equal(pb_pcicfg_parse(&io, &c), -ENOENT);
	pciconfig_disk(&space);
	pciconfig_put(&space, 0x158, 0x10010003); /* back to 0x100 */
	pciconfig_put(&space, 0x148, 0x15810042);
	assert_int_equal(pb_pcicfg_parse(&io, &c), 0);
	assert_true(c.acs == PB_NA);
}

/* A device that has fallen off the bus answers all ones. */
static void test_device_gone(void **state)
{
	struct pciconfig space;
	struct pb_pcicfg_io io = {.read = pciconfig_read, .arg = &space};
	struct pb_pcicfg c;
	struct pb_pcicfg_errors e;

	(void)state;
	pciconfig_disk(&space);
	assert_int_equal(pb_pcicfg_parse(&io, &c), 0);
	memset(space.data, 0xff, sizeof(space.data));
	pb_pcicfg_errors(&io, &c, &e);
	assert_true(e.device == PB_NA && e.uncorrectable == PB_NA && e.correctable == PB_NA);
	assert_int_equal(pb_pcicfg_parse(&io, &c), -ENOENT);
}

/* Functions inside the root complex have the capability, but no link. */
static void test_no_link(void **state)
{
	struct pciconfig space;
	struct pb_pcicfg_io io = {.read = pciconfig_read, .arg = &space};
	struct pb_pcicfg c;

	(void)state;
	pciconfig_disk(&space);
	pciconfig_put(&space, 0x7c, 0);
	pciconfig_put(&space, 0x80, 0);
	assert_int_equal(pb_pcicfg_parse(&io, &c), 0);
	assert_true(c.aspm == PB_NA && c.speed_mgts == PB_NA && c.max_speed_mgts == PB_NA);
	assert_int_equal(c.mps_bytes, 256);
}

static void test_names(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(pb_pcicfg_aspm_name(3), "L0s+L1");
	assert_string_equal(pb_pcicfg_aspm_name(0), "off");
	assert_null(pb_pcicfg_aspm_name(PB_NA));
	pb_pcicfg_acs_text(0x1d, text, sizeof(text));
	assert_string_equal(text, "SV+RR+CR+UF");
	pb_pcicfg_acs_text(0x7f, text, sizeof(text));
	assert_string_equal(text, "SV+TB+RR+CR+UF+EC+DT");
	pb_pcicfg_acs_text(0, text, sizeof(text));
	assert_string_equal(text, "none");
	pb_pcicfg_acs_text(PB_NA, text, sizeof(text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_capabilities),    cmocka_unit_test(test_less_to_read),
		cmocka_unit_test(test_lists_that_loop), cmocka_unit_test(test_device_gone),
		cmocka_unit_test(test_no_link),         cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
