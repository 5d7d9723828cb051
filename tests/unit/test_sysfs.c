/* Unit tests of engine/lib/sysfs.c: a small machine recorded in a temporary directory, and the live one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/lib/sysfs.h"
#include "tests/unit/tmpdir.h"

struct machine {
	struct tmpdir dir;
	struct pb_root root;
};

static int setup(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	tmpdir_make(&m->dir);
	tmpdir_mkdir(&m->dir, "sys");
	tmpdir_mkdir(&m->dir, "sys/devices");
	tmpdir_mkdir(&m->dir, "sys/drivers");
	tmpdir_mkdir(&m->dir, "sys/drivers/vfio-pci");
	tmpdir_write(&m->dir, "sys/devices/numa_node", "-1\n");
	tmpdir_write(&m->dir, "sys/devices/vendor", "0x144d\n");
	tmpdir_write(&m->dir, "sys/devices/padded", "0000000123\n");
	tmpdir_write(&m->dir, "sys/devices/speed", "32.0 GT/s PCIe\n");
	tmpdir_write(&m->dir, "sys/devices/huge", "99999999999999999999\n");
	tmpdir_write(&m->dir, "sys/devices/empty", "");
	assert_int_equal(symlinkat("../drivers/vfio-pci", m->dir.fd, "sys/devices/driver"), 0);
	assert_int_equal(symlinkat("/sys/devices", m->dir.fd, "sys/absolute"), 0);
	assert_int_equal(symlinkat("/etc/passwd", m->dir.fd, "sys/escape"), 0);
	assert_int_equal(symlinkat("../../../../../../../etc/passwd", m->dir.fd, "sys/climb"), 0);
	assert_int_equal(pb_root_open(&m->root, m->dir.path, NULL), 0);
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct machine *m = *state;

	pb_root_close(&m->root);
	tmpdir_remove(&m->dir);
	free(m);
	return 0;
}

static void reads_and_strips(void **state)
{
	struct machine *m = *state;
	char buf[64];

	assert_false(m->root.live);
	assert_int_equal(pb_root_read(&m->root, buf, sizeof(buf), "/sys/%s/%s", "devices", "speed"), 14);
	assert_string_equal(buf, "32.0 GT/s PCIe");
	assert_int_equal(pb_root_read(&m->root, buf, 5, "/sys/devices/speed"), 4);
	assert_string_equal(buf, "32.0");
	assert_int_equal(pb_root_read(&m->root, buf, sizeof(buf), "/sys/devices/empty"), 0);
	assert_int_equal(pb_root_read(&m->root, buf, sizeof(buf), "/sys/none"), -ENOENT);
	assert_int_equal(pb_root_read(&m->root, buf, sizeof(buf), "/sys/devices"), -EISDIR);
}

static void integers(void **state)
{
	struct machine *m = *state;
	int64_t v = 77;

	assert_int_equal(pb_root_i64(&m->root, &v, "/sys/devices/speed"), -EINVAL);
	assert_int_equal(pb_root_i64(&m->root, &v, "/sys/devices/empty"), -EINVAL);
	assert_int_equal(pb_root_i64(&m->root, &v, "/sys/devices/huge"), -ERANGE);
	assert_int_equal(v, 77);
	assert_int_equal(pb_root_i64(&m->root, &v, "/sys/devices/numa_node"), 0);
	assert_int_equal(v, -1);
	assert_int_equal(pb_root_i64(&m->root, &v, "/sys/devices/vendor"), 0);
	assert_int_equal(v, 0x144d);
	assert_int_equal(pb_root_i64(&m->root, &v, "/sys/devices/padded"), 0);
	assert_int_equal(v, 123);
}

static void links(void **state)
{
	struct machine *m = *state;
	char buf[128];

	assert_int_equal(pb_root_link(&m->root, buf, sizeof(buf), "/sys/devices/driver"), 8);
	assert_string_equal(buf, "vfio-pci");
	assert_int_equal(pb_root_link(&m->root, buf, sizeof(buf), "/sys/devices/vendor"), -EINVAL);
	assert_int_equal(pb_root_link(&m->root, buf, sizeof(buf), "/sys/devices/none"), -ENOENT);
	assert_int_equal(pb_root_link(&m->root, buf, 4, "/sys/devices/driver"), -ENAMETOOLONG);
	assert_true(pb_root_realpath(&m->root, buf, sizeof(buf), "/sys/absolute/driver") > 0);
	assert_string_equal(buf, "/sys/drivers/vfio-pci");
	assert_int_equal(pb_root_realpath(&m->root, buf, sizeof(buf), "/"), 1);
	assert_string_equal(buf, "/");
}

static void links_cannot_leave_the_root(void **state)
{
	struct machine *m = *state;
	char buf[64];

	assert_int_equal(pb_root_read(&m->root, buf, sizeof(buf), "/sys/escape"), -ENOENT);
	assert_int_equal(pb_root_read(&m->root, buf, sizeof(buf), "/sys/climb"), -ENOENT);
	assert_int_equal(pb_root_read(&m->root, buf, sizeof(buf), "/../../../../etc/passwd"), -ENOENT);
	assert_false(pb_root_exists(&m->root, "/etc/passwd"));
	assert_true(pb_root_exists(&m->root, "/sys/devices/vendor"));
}

static void lists_in_natural_order(void **state)
{
	struct machine *m = *state;
	struct pb_strv names = {0};

	tmpdir_mkdir(&m->dir, "irq");
	tmpdir_mkdir(&m->dir, "irq/10");
	tmpdir_mkdir(&m->dir, "irq/9");
	assert_int_equal(pb_strv_add(&names, "kept"), 0);
	assert_int_equal(pb_root_list(&m->root, &names, "/irq"), 0);
	assert_int_equal(names.n, 3);
	assert_string_equal(names.v[0], "kept");
	assert_string_equal(names.v[1], "9");
	assert_string_equal(names.v[2], "10");
	assert_int_equal(pb_root_list(&m->root, &names, "/sys/devices/vendor"), -ENOTDIR);
	assert_int_equal(names.n, 3);
	pb_strv_fini(&names);
}

static void slurps_whole_files(void **state)
{
	struct machine *m = *state;
	struct pb_buf b = {0};
	char text[50000];

	memset(text, 'a', sizeof(text));
	tmpdir_write_bytes(&m->dir, "big", text, sizeof(text));
	assert_int_equal(pb_buf_str(&b, "old"), 0);
	assert_int_equal(pb_root_slurp(&m->root, &b, "/big"), 0);
	assert_int_equal(b.len, sizeof(text));
	assert_int_equal(pb_root_slurp(&m->root, &b, "/none"), -ENOENT);
	/* Sparse: over the bound without taking the space. */
	assert_int_equal(truncate(strcat(strcpy(text, m->dir.path), "/big"), (off_t)65 << 20), 0);
	assert_int_equal(pb_root_slurp(&m->root, &b, "/big"), -EFBIG);
	pb_buf_fini(&b);
}

static void writes_replace_the_value(void **state)
{
	struct machine *m = *state;

	assert_int_equal(pb_root_write(&m->root, "2", "/sys/devices/vendor"), 0);
	assert_string_equal(tmpdir_read(&m->dir, "sys/devices/vendor"), "2");
	assert_int_equal(pb_root_write(&m->root, "2", "/sys/devices/none"), -ENOENT);
	assert_false(tmpdir_exists(&m->dir, "sys/devices/none"));
}

static void live_machine(void **state)
{
	struct pb_root root;
	char buf[256];

	(void)state;
	assert_int_equal(pb_root_open(&root, NULL, NULL), 0);
	assert_true(root.live);
	assert_true(pb_root_read(&root, buf, sizeof(buf), "/proc/sys/kernel/osrelease") > 0);
	assert_true(pb_root_realpath(&root, buf, sizeof(buf), "/proc/1/../sys/kernel") > 0);
	assert_string_equal(buf, "/proc/sys/kernel");
	pb_root_close(&root);
}

static void bad_root_is_one_sentence(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_root root = {.fd = 42};

	(void)state;
	assert_int_equal(pb_root_open(&root, "/nonexistent/dump", &err), -ENOENT);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, "/nonexistent/dump"));
	assert_int_equal(root.fd, 42);
	err = (struct pb_err)PB_ERR_INIT;
	assert_int_equal(pb_root_open(&root, "/proc/version", &err), -ENOTDIR);
}

int main(void)
{
#define WITH_MACHINE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_MACHINE(reads_and_strips),
		WITH_MACHINE(integers),
		WITH_MACHINE(links),
		WITH_MACHINE(links_cannot_leave_the_root),
		WITH_MACHINE(lists_in_natural_order),
		WITH_MACHINE(slurps_whole_files),
		WITH_MACHINE(writes_replace_the_value),
		cmocka_unit_test(live_machine),
		cmocka_unit_test(bad_root_is_one_sentence),
	};

	return cmocka_run_group_tests_name("sysfs", tests, NULL, NULL);
}
