/*
 * Every PCI function of every recorded machine: path to the root port, link, NUMA node, local CPUs. The table
 * says what each bus is like and how many functions it has; exceptions stand by themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/collectors/pcidev.h"
#include "tests/unit/recorded.h"

#define EVERY4_0 "0,4,8,12,16,20,24,28,32,36"
#define EVERY4_1 "1,5,9,13,17,21,25,29,33,37"
#define EVERY4_2 "2,6,10,14,18,22,26,30,34,38"
#define EVERY4_3 "3,7,11,15,19,23,27,31,35,39"

struct expected {
	const char *of;   /* a bus, or one function where it differs from its bus */
	const char *path; /* bridges from the device to the root port */
	int64_t node;
	const char *cpus;
	int64_t speed_mgts, width;
	size_t functions; /* on the bus, exceptions included; 0 for an exception */
};

static const struct expected vmd[] = {
	{"0000:00", "", -1, "0-1", PB_NA, PB_NA, 7},
	{"10000:00", "", -1, "0-1", PB_NA, PB_NA, 2},
	{0},
};

static const struct expected nvme[] = {
	{"0000:00", "", 0, "0-7", PB_NA, PB_NA, 25},
	{"0000:00:02.0", "", -1, "0-3", PB_NA, PB_NA, 0},
	{"0000:02", "0000:00:01.1", 0, "0-7", PB_NA, PB_NA, 2},
	{"0000:04", "0000:00:1c.0", 0, "0-7", PB_NA, PB_NA, 1},
	{"0000:05", "0000:04:00.0 0000:00:1c.0", 0, "0-7", PB_NA, PB_NA, 1},
	{"0000:7f", "", -1, "0-15", PB_NA, PB_NA, 46},
	{"0000:80", "", 1, "8-15", PB_NA, PB_NA, 14},
	{"0000:82", "0000:80:02.2", 1, "8-15", PB_NA, PB_NA, 1},
	{"0000:83", "0000:80:03.0", 1, "8-15", PB_NA, PB_NA, 1},
	{"0000:ff", "", -1, "0-15", PB_NA, PB_NA, 46},
	{0},
};

static const struct expected locality[] = {
	{"0000:00", "", -1, "0-39", PB_NA, PB_NA, 22},
	{"0000:00:1f.2", "", -1, "0-39", 5000, 2, 0},
	{"0000:01", "0000:00:03.0", -1, "0-39", PB_NA, PB_NA, 1},
	{"0000:02", "0000:00:05.0", -1, "0-39", PB_NA, PB_NA, 2},
	{"0000:03", "0000:00:06.0", -1, "0-39", PB_NA, PB_NA, 2},
	{"0000:03:00.1", "0000:00:06.0", -1, "0-39", 2500, 1, 0},
	{"0000:09", "0000:00:1e.0", -1, "0-39", PB_NA, PB_NA, 1},
	{"0000:40", "", -1, "0-39", PB_NA, PB_NA, 8},
	{"0000:43", "0000:40:03.0", 2, "0-39", 8000, 4, 1},
	{0},
};

static const struct expected odd[] = {
	{"0000:00", "", 0, EVERY4_0, PB_NA, PB_NA, 8},
	{"0000:00:1f.2", "", 0, EVERY4_0, 5000, 2, 0},
	{"0000:01", "0000:00:03.0", 0, EVERY4_0, PB_NA, PB_NA, 1},
	{"0000:02", "0000:00:05.0", 0, EVERY4_0, PB_NA, PB_NA, 2},
	{"0000:03", "0000:00:06.0", 0, EVERY4_0, PB_NA, PB_NA, 2},
	{"0000:03:00.1", "0000:00:06.0", 0, EVERY4_0, 2500, 1, 0},
	{"0000:09", "0000:00:1e.0", 0, EVERY4_0, PB_NA, PB_NA, 1},
	{"0000:40", "", 1, EVERY4_1, PB_NA, PB_NA, 3},
	{"0000:43", "0000:40:03.0", 1, EVERY4_1, 8000, 4, 1},
	{"0000:80", "", 2, EVERY4_2, PB_NA, PB_NA, 6},
	{"0000:c0", "", 3, EVERY4_3, PB_NA, PB_NA, 6},
	{0},
};

/* The row of the function itself, else of its bus. */
static const struct expected *find(const struct expected *table, const char *bdf)
{
	const struct expected *bus = NULL;

	for (; table->of; table++) {
		if (!strcmp(table->of, bdf))
			return table;
		if (!strncmp(table->of, bdf, strlen(table->of)) && bdf[strlen(table->of)] == ':')
			bus = table;
	}
	if (!bus)
		fail_msg("%s is on a bus that is not expected", bdf);
	return bus;
}

static void check_function(const struct pb_root *root, const struct expected *table, const char *bdf)
{
	const struct expected *want = find(table, bdf);
	struct pb_pcichain c;
	char path[256] = "";
	size_t at = 0;

	assert_int_equal(pb_pcidev_chain(root, bdf, &c, NULL), 0);
	assert_string_equal(c.hop[0].bdf, bdf);
	for (size_t i = 1; i < c.n; i++)
		at += (size_t)snprintf(path + at, sizeof(path) - at, "%s%s", at ? " " : "", c.hop[i].bdf);
	if (strcmp(path, want->path) || c.hop[0].numa_node != want->node ||
	    strcmp(c.hop[0].local_cpus, want->cpus) || c.hop[0].speed_mgts != want->speed_mgts ||
	    c.hop[0].width != want->width)
		fail_msg("%s: path '%s' node %lld CPUs %s link %lld x%lld", bdf, path,
			 (long long)c.hop[0].numa_node, c.hop[0].local_cpus, (long long)c.hop[0].speed_mgts,
			 (long long)c.hop[0].width);
	assert_int_equal(c.n > 1, c.hop[c.n - 1].kind == PB_PCI_ROOT_PORT);
	pb_pcichain_fini(&c);
}

static void check_machine(const char *archive, const struct expected *table)
{
	struct pb_strv all = {0};
	struct tmpdir dir;
	struct pb_root root;
	size_t want = 0;

	if (!recorded_unpack(archive, &dir, &root))
		skip();
	assert_int_equal(pb_root_list(&root, &all, "/sys/bus/pci/devices"), 0);
	for (size_t i = 0; i < all.n; i++)
		check_function(&root, table, all.v[i]);
	for (; table->of; table++) {
		size_t n = 0;

		for (size_t i = 0; i < all.n; i++)
			n += !strncmp(all.v[i], table->of, strlen(table->of)) &&
			     all.v[i][strlen(table->of)] == ':';
		assert_int_equal(n, table->functions);
		want += table->functions;
	}
	assert_int_equal(all.n, want);
	pb_strv_fini(&all);
	pb_root_close(&root);
	tmpdir_remove(&dir);
}

static void test_wide_domains(void **state)
{
	(void)state;
	check_machine("2pa-pcidomain32bits", vmd);
}

static void test_two_sockets(void **state)
{
	(void)state;
	check_machine("32em64t-2n8c+dax+nvme+mic+dimms", nvme);
}

static void test_sub_numa_nodes(void **state)
{
	(void)state;
	check_machine("40intel64-2g2n4c+pcilocality", locality);
}

static void test_odd_localities(void **state)
{
	(void)state;
	check_machine("fakepcilocalities", odd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wide_domains),
		cmocka_unit_test(test_two_sockets),
		cmocka_unit_test(test_sub_numa_nodes),
		cmocka_unit_test(test_odd_localities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
