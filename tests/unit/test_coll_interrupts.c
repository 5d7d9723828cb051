/* Unit tests of engine/collectors/interrupts.c on recorded and changed texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/faketree.h"
#include "tests/unit/collrows.h"

#define INTERRUPTS "proc/interrupts"

static void put_fixture(struct faketree *f, const char *name)
{
	char path[128], *text;

	snprintf(path, sizeof(path), "tests/fixtures/interrupts/%s", name);
	text = fixture_text(path);
	fake_put(f, INTERRUPTS, text);
	free(text);
}

static void test_vfio_disk(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;
	size_t row;

	(void)state;
	fake_make(&f);
	put_fixture(&f, "linux-6.1-intel-vfio.txt");
	collrun_start(&r, &pb_coll_interrupts, &t);
	assert_int_equal(r.columns.n, 3 + 4);
	assert_string_equal(r.columns.v[3], "cpu0");
	assert_int_equal(collrun_sample(&r, 1000), 3 + 8 + 1); /* vectors, architecture rows, total */
	row = collrun_row(&r, "name", "vfio-msix[2](0000:41:00.0)");
	assert_string_equal(collrun_str(&r, row, "kind"), "vfio");
	assert_int_equal(collrun_i64(&r, row, "irq"), 152);
	assert_int_equal(collrun_i64(&r, row, "cpu2"), 1200300);
	assert_int_equal(collrun_i64(&r, row, "cpu3"), 17);
	assert_int_equal(pb_rows_t(r.rows, row), 1000);
	assert_false(collrun_has(&r, "name", "vfio-msix[0](0000:42:00.0)"));
	assert_false(collrun_has(&r, "name", "nvme0q1"));
	row = collrun_row(&r, "name", "PIW");
	assert_string_equal(collrun_str(&r, row, "kind"), "arch");
	assert_true(collrun_i64(&r, row, "irq") == PB_NA);
	assert_int_equal(collrun_i64(&r, row, "cpu1"), 88);
	row = collrun_row(&r, "kind", "total");
	assert_int_equal(collrun_i64(&r, row, "cpu2"), 1 + 1200300);
	assert_true(collrun_i64(&r, row, "cpu1") == 4 + 900200 + 4294967290LL);
	collrun_stop(&r);
	fake_remove(&f);
}

/* A kernel before MSI-X domains of their own and before posted interrupts; INTx shared with another driver.
 */
static void test_old_kernel(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_fixture(&f, "linux-3.10-shared.txt");
	collrun_start(&r, &pb_coll_interrupts, &t);
	assert_int_equal(collrun_sample(&r, 1000), 3 + 5 + 1);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "name", "vfio-msix[1](0000:41:00.0)"), "cpu3"),
			 900120);
	assert_string_equal(
		collrun_str(&r, collrun_row(&r, "name", "ehci_hcd:usb1, vfio-intx(0000:41:00.0)"), "kind"),
		"vfio");
	assert_false(collrun_has(&r, "name", "PIN")); /* no row rather than a row of zeros */
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "name", "RES"), "cpu0"), 120031);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_posted_interrupt_rows(void **state)
{
	static const char *const row[] = {"PIN", "NPI", "PIW"};
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_fixture(&f, "linux-6.1-intel-vfio.txt");
	collrun_start(&r, &pb_coll_interrupts, &t);
	collrun_sample(&r, 1000);
	for (size_t i = 0; i < 3; i++) {
		size_t at = collrun_row(&r, "name", row[i]);

		assert_string_equal(collrun_str(&r, at, "kind"), "arch");
		assert_true(collrun_i64(&r, at, "irq") == PB_NA);
		assert_true(collrun_i64(&r, at, "cpu0") >= 0);
	}
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_host_driven_nvme(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:20:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_fixture(&f, "linux-6.1-intel-vfio.txt");
	fake_put(&f, "sys/bus/pci/devices/0000:20:00.0/nvme/nvme0/model", "x\n");
	collrun_start(&r, &pb_coll_interrupts, &t);
	collrun_sample(&r, 1);
	assert_string_equal(collrun_str(&r, collrun_row(&r, "name", "nvme0q2"), "kind"), "device");
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "name", "nvme0q2"), "cpu1"), 900200);
	assert_false(collrun_has(&r, "kind", "vfio"));
	collrun_stop(&r);
	fake_remove(&f);
}

static void put_pci(struct faketree *f, const char *path, const char *cls)
{
	const char *bdf = strrchr(path, '/') + 1;
	char file[256], link[256];

	snprintf(file, sizeof(file), "sys/devices/pci0000:20/%s/class", path);
	fake_put(f, file, cls);
	snprintf(file, sizeof(file), "../../../devices/pci0000:20/%s", path);
	snprintf(link, sizeof(link), "sys/bus/pci/devices/%s", bdf);
	fake_link(f, file, link);
}

/* What is busy below the same port is seen by its vectors; what is elsewhere is not. */
static void test_neighbours_below_the_same_port(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:22:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	fake_put(&f, "proc/interrupts",
		 "           CPU0       CPU1\n"
		 " 30:         10          0   PCI-MSI 1-edge      vfio-msix[1](0000:22:00.0)\n"
		 " 31:          0        700   PCI-MSI 2-edge      vfio-msix[1](0000:23:00.0)\n"
		 " 32:          0        900   PCI-MSI 3-edge      vfio-msix[1](0000:30:00.0)\n");
	put_pci(&f, "/0000:20:01.0", "0x060400\n");
	put_pci(&f, "/0000:20:01.0/0000:22:00.0", "0x010802\n");
	put_pci(&f, "/0000:20:01.0/0000:23:00.0", "0x010802\n");
	put_pci(&f, "/0000:20:02.0", "0x060400\n");
	put_pci(&f, "/0000:20:02.0/0000:30:00.0", "0x010802\n");
	collrun_start(&r, &pb_coll_interrupts, &t);
	collrun_sample(&r, 1);
	assert_string_equal(collrun_str(&r, collrun_row(&r, "name", "vfio-msix[1](0000:22:00.0)"), "kind"),
			    "vfio");
	assert_string_equal(collrun_str(&r, collrun_row(&r, "name", "vfio-msix[1](0000:23:00.0)"), "kind"),
			    "neighbour");
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "name", "vfio-msix[1](0000:23:00.0)"), "cpu1"), 700);
	assert_false(collrun_has(&r, "name", "vfio-msix[1](0000:30:00.0)"));
	collrun_stop(&r);
	fake_remove(&f);
}

/* A plain collection shows every device's vectors, but not as a disk's. */
static void test_no_disk(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root};
	struct collrun r;

	(void)state;
	fake_make(&f);
	put_fixture(&f, "linux-6.1-intel-vfio.txt");
	collrun_start(&r, &pb_coll_interrupts, &t);
	collrun_sample(&r, 1);
	assert_string_equal(collrun_str(&r, collrun_row(&r, "name", "nvme0q2"), "kind"), "other");
	assert_string_equal(collrun_str(&r, collrun_row(&r, "name", "vfio-msix[0](0000:42:00.0)"), "kind"),
			    "other");
	assert_string_equal(collrun_str(&r, collrun_row(&r, "name", "PIW"), "kind"), "arch");
	collrun_stop(&r);
	fake_remove(&f);
}

#define S 1000000000LL
#define THREE(a, b, c)                                                                                       \
	"  CPU0 CPU1\n 24: " a "  chip  0-edge  ahci\n 30: " b                                               \
	"  chip  0-edge  vfio-msix[0](0000:41:00.0)\n" c

/* Between whole reads the text ends with the last device; when that line is no longer there, all is read. */
static void test_device_lines_only(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	fake_put(&f, INTERRUPTS, THREE("5 5", "40 0", " NMI: 1 2  x\n LOC: 7 8  timer\n"));
	collrun_start(&r, &pb_coll_interrupts, &t);
	assert_int_equal(collrun_sample(&r, S), 4); /* vector, NMI, LOC, total */
	fake_put(&f, INTERRUPTS, THREE("6 5", "41 0", " NMI: 1 2  x\n LOC: 9 8  timer\n"));
	assert_int_equal(collrun_sample(&r, S + S / 10), 2);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "kind", "vfio"), "cpu0"), 41);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "kind", "total"), "cpu0"), 47);
	fake_put(&f, INTERRUPTS, THREE("7 5", "141 0", " NMI: 1 2  x\n LOC: 10 8  timer\n"));
	assert_int_equal(collrun_sample(&r, S + S / 5), 4); /* a line grew: the end is somewhere else */
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "kind", "vfio"), "cpu0"), 141);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "name", "LOC"), "cpu0"), 10);
	fake_put(&f, INTERRUPTS, "  CPU0 CPU1\n 24: 8 5  chip  0-edge  ahci\n LOC: 11 8  timer\n");
	assert_int_equal(collrun_sample(&r, S + S / 4), 2); /* the vector is gone */
	assert_int_equal(collrun_sample(&r, S + S / 3), 1);
	assert_int_equal(collrun_sample(&r, 2 * S), 2);
	pb_rows_clear(r.rows);
	assert_int_equal(r.c->finish(r.state, 2 * S + 1, r.rows), 0);
	assert_int_equal(pb_rows_count(r.rows), 2); /* the last rows hold everything */
	collrun_stop(&r);
	fake_remove(&f);
}

/* Between whole reads each vector of the disk has a file of its own; one that is freed means: read all. */
static void test_a_file_for_each_vector(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;

	(void)state;
	fake_make(&f);
	fake_put(&f, INTERRUPTS, THREE("5 5", "40 0", " LOC: 7 8  timer\n"));
	fake_put(&f, "sys/kernel/irq/30/per_cpu_count", "40,0,0,0\n");
	collrun_start(&r, &pb_coll_interrupts, &t);
	assert_int_equal(collrun_sample(&r, S), 3);
	fake_put(&f, "sys/kernel/irq/30/per_cpu_count", "44,1,0,0\n");
	fake_put(&f, INTERRUPTS, "not read\n");
	assert_int_equal(collrun_sample(&r, S + S / 10), 1);
	assert_int_equal(collrun_i64(&r, 0, "cpu0"), 44);
	assert_int_equal(collrun_i64(&r, 0, "cpu1"), 1);
	assert_string_equal(collrun_str(&r, 0, "kind"), "vfio");
	fake_put(&f, INTERRUPTS, THREE("5 5", "50 1", " LOC: 7 8  timer\n"));
	assert_int_equal(collrun_sample(&r, 2 * S), 3);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "kind", "vfio"), "cpu0"), 50);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "kind", "total"), "cpu0"), 55);
	fake_put(&f, "sys/kernel/irq/30/per_cpu_count", ""); /* what a freed one looks like in a copy */
	fake_put(&f, INTERRUPTS, THREE("5 5", "51 1", " LOC: 7 8  timer\n"));
	assert_int_equal(collrun_sample(&r, 2 * S + S / 10), 2);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "kind", "vfio"), "cpu0"), 51);
	collrun_stop(&r);
	fake_remove(&f);
}

/* The guest boots while sampling: vectors appear, later come back under other numbers. */
static void test_vectors_appear_and_move(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;
	size_t row;

	(void)state;
	fake_make(&f);
	fake_put(&f, INTERRUPTS, "  CPU0 CPU1\n 24: 5 5  chip  0-edge  ahci\n");
	collrun_start(&r, &pb_coll_interrupts, &t);
	collrun_sample(&r, S);
	assert_false(collrun_has(&r, "kind", "vfio"));
	fake_put(&f, INTERRUPTS,
		 "  CPU0 CPU1\n 24: 5 5  chip  0-edge  ahci\n"
		 " 30: 40 0  chip  0-edge  vfio-msix[0](0000:41:00.0)\n");
	collrun_sample(&r, 2 * S);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "kind", "vfio"), "cpu0"), 40);
	fake_put(&f, INTERRUPTS,
		 "  CPU0 CPU1\n 24: 5 5  chip  0-edge  ahci\n"
		 " 37: 2 60  chip  0-edge  vfio-msix[0](0000:41:00.0)\n");
	collrun_sample(&r, 3 * S);
	row = collrun_row(&r, "kind", "vfio");
	assert_int_equal(collrun_i64(&r, row, "irq"), 37);
	assert_int_equal(collrun_i64(&r, row, "cpu0"), 42);
	assert_int_equal(collrun_i64(&r, row, "cpu1"), 60);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "kind", "total"), "cpu0"), 47);
	collrun_stop(&r);
	fake_remove(&f);
}

static void test_columns_for_cpus_that_are_offline(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct collrun r;
	size_t row;

	(void)state;
	fake_make(&f);
	put_fixture(&f, "linux-6.12-hotplug.txt");
	fake_put(&f, "sys/devices/system/cpu/present", "0-3\n");
	collrun_start(&r, &pb_coll_interrupts, &t);
	assert_int_equal(r.columns.n, 3 + 4);
	collrun_sample(&r, 1);
	row = collrun_row(&r, "name", "vfio-msix[1](0000:41:00.0)");
	assert_true(collrun_i64(&r, row, "cpu1") == PB_NA);
	assert_int_equal(collrun_i64(&r, row, "cpu2"), 22);
	collrun_stop(&r);
	fake_remove(&f);
}

/* More than the first buffer and more than a page: 600 vectors of 4 CPUs. */
static void test_big_machine(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	struct pb_buf text = {0};
	struct collrun r;

	(void)state;
	fake_make(&f);
	pb_buf_str(&text, "   CPU0 CPU1 CPU2 CPU3\n");
	for (unsigned i = 0; i < 600; i++)
		pb_buf_printf(&text,
			      "%3u: %10u %10u %10u %10u  IR-PCI-MSIX-0000:41:00.0  %u-edge      "
			      "vfio-msix[%u](0000:41:00.0)\n",
			      i, i, 1u, 2u, 3u, i, i);
	fake_put(&f, INTERRUPTS, text.data);
	collrun_start(&r, &pb_coll_interrupts, &t);
	assert_int_equal(collrun_sample(&r, 1), 601);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "name", "vfio-msix[599](0000:41:00.0)"), "cpu0"),
			 599);
	assert_int_equal(collrun_i64(&r, collrun_row(&r, "kind", "total"), "cpu3"), 1800);
	collrun_stop(&r);
	pb_buf_fini(&text);
	fake_remove(&f);
}

static void test_unavailable(void **state)
{
	struct faketree f;
	struct pb_target t = {.root = &f.root, .bdf = "0000:41:00.0"};
	char why[128] = "";
	void *st = NULL;

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_coll_interrupts.probe(&t, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/proc/interrupts"));
	fake_put(&f, INTERRUPTS, "nothing of the kind\n");
	assert_int_equal(pb_coll_interrupts.start(&t, &st, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "no CPU header"));
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vfio_disk),
		cmocka_unit_test(test_old_kernel),
		cmocka_unit_test(test_posted_interrupt_rows),
		cmocka_unit_test(test_host_driven_nvme),
		cmocka_unit_test(test_neighbours_below_the_same_port),
		cmocka_unit_test(test_no_disk),
		cmocka_unit_test(test_device_lines_only),
		cmocka_unit_test(test_a_file_for_each_vector),
		cmocka_unit_test(test_vectors_appear_and_move),
		cmocka_unit_test(test_columns_for_cpus_that_are_offline),
		cmocka_unit_test(test_big_machine),
		cmocka_unit_test(test_unavailable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
