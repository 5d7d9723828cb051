/* Unit tests of engine/collectors/topology.c: this machine, and recorded ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/collectors/topology.h"
#include "tests/unit/faketree.h"
#include "tests/unit/recorded.h"

static void test_live_machine(void **state)
{
	struct pb_root root;
	struct pb_buf xml = {0};
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	assert_int_equal(pb_topology_export(&root, NULL, &xml, &err), 0);
	assert_non_null(strstr(xml.data, "<topology"));
	assert_null(strstr(xml.data, "PassbenchDisk"));
	pb_buf_clear(&xml);
	assert_int_equal(pb_topology_export(&root, "ffff:ff:1f.7", &xml, &err), -ENODEV);
	assert_int_equal(err.status, PB_USAGE);
	assert_int_equal(xml.len, 0);
	pb_buf_fini(&xml);
	pb_root_close(&root);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

static void test_recorded_disk_is_marked(void **state)
{
	struct tmpdir dir;
	struct pb_root root;
	struct pb_buf xml = {0};
	const char *fsroot = getenv("HWLOC_FSROOT");

	(void)state;
	if (!recorded_unpack("40intel64-2g2n4c+pcilocality", &dir, &root))
		skip();
	assert_int_equal(pb_topology_export(&root, "0000:43:00.0", &xml, NULL), 0);
	assert_int_equal(count(xml.data, "type=\"PU\""), 40); /* the recorded machine, not this one */
	assert_non_null(strstr(xml.data, "PassbenchDisk"));
	assert_non_null(strstr(xml.data, "disk under test"));
	assert_non_null(strstr(xml.data, "8 GT/s x4"));
	assert_int_equal(count(xml.data, "lstopoStyle"), 3); /* disk, its label, the bridge above */
	assert_true(getenv("HWLOC_FSROOT") == fsroot);
	pb_buf_fini(&xml);
	pb_root_close(&root);
	tmpdir_remove(&dir);
}

/* hwloc leaves out domains wider than 16 bits: the export succeeds and still names the disk. */
static void test_recorded_disk_hwloc_hides(void **state)
{
	struct tmpdir dir;
	struct pb_root root;
	struct pb_buf xml = {0};

	(void)state;
	if (!recorded_unpack("2pa-pcidomain32bits", &dir, &root))
		skip();
	assert_int_equal(pb_topology_export(&root, "10000:00:04.0", &xml, NULL), 0);
	assert_non_null(strstr(xml.data, "10000:00:04.0"));
	pb_buf_fini(&xml);
	pb_root_close(&root);
	tmpdir_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live_machine),
		cmocka_unit_test(test_recorded_disk_is_marked),
		cmocka_unit_test(test_recorded_disk_hwloc_hides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
