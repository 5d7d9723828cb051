/* Unit tests of engine/collectors/pcishare.c: a switch with two disks below one root port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/collectors/pcishare.h"
#include "tests/unit/faketree.h"

static void put_device(struct faketree *f, const char *path, const char *cls)
{
	char file[256], link[256];
	const char *bdf = strrchr(path, '/') + 1;

	snprintf(file, sizeof(file), "sys/devices/pci0000:40/%s/class", path);
	fake_put(f, file, cls);
	snprintf(file, sizeof(file), "../../../devices/pci0000:40/%s", path);
	snprintf(link, sizeof(link), "sys/bus/pci/devices/%s", bdf);
	fake_link(f, file, link);
}

#define PORT "/0000:40:01.0"
#define UP "/0000:41:00.0"

static void put_switch(struct faketree *f)
{
	put_device(f, PORT, "0x060400\n");
	put_device(f, PORT UP, "0x060400\n");
	put_device(f, PORT UP "/0000:42:00.0", "0x060400\n");
	put_device(f, PORT UP "/0000:42:00.0/0000:43:00.0", "0x010802\n");
	put_device(f, PORT UP "/0000:42:00.0/0000:43:00.1", "0x120000\n");
	put_device(f, PORT UP "/0000:42:01.0", "0x060400\n");
	put_device(f, PORT UP "/0000:42:01.0/0000:44:00.0", "0x010802\n");
	put_device(f, "/0000:40:02.0", "0x060400\n");
	put_device(f, "/0000:40:02.0/0000:50:00.0", "0x010802\n");
}

static void test_switch(void **state)
{
	struct pb_pcishare share[8];
	struct pb_pcichain c;
	struct faketree f;

	(void)state;
	fake_make(&f);
	put_switch(&f);
	assert_int_equal(pb_pcidev_chain(&f.root, "43:00.0", &c, NULL), 0);
	assert_int_equal(c.n, 4);
	assert_int_equal(pb_pcishare_find(&f.root, &c, share), 0);
	assert_int_equal(share[0].devices, 1); /* the other function of its slot */
	assert_int_equal(share[0].disks, 0);
	assert_string_equal(share[0].text, "0000:43:00.1");
	assert_int_equal(share[1].devices, 1);
	assert_int_equal(share[2].devices, 2); /* the switch's uplink */
	assert_int_equal(share[2].disks, 1);
	assert_string_equal(share[2].text, "0000:43:00.1 0000:44:00.0");
	assert_int_equal(share[3].disks, 1); /* the disk at the other root port is not among them */
	pb_pcichain_fini(&c);
	fake_remove(&f);
}

static void test_alone(void **state)
{
	struct pb_pcishare share[8];
	struct pb_pcichain c;
	struct faketree f;

	(void)state;
	fake_make(&f);
	put_switch(&f);
	assert_int_equal(pb_pcidev_chain(&f.root, "50:00.0", &c, NULL), 0);
	assert_int_equal(pb_pcishare_find(&f.root, &c, share), 0);
	assert_int_equal(share[0].devices, 0);
	assert_int_equal(share[1].devices, 0);
	assert_string_equal(share[1].text, "");
	pb_pcichain_fini(&c);
	fake_remove(&f);
}

/* A JBOF with more disks than a cell can name: the count is right, the list ends visibly. */
static void test_many(void **state)
{
	struct pb_pcishare share[8];
	struct pb_pcichain c;
	struct faketree f;
	size_t len;

	(void)state;
	fake_make(&f);
	put_switch(&f);
	for (unsigned i = 0; i < 60; i++) {
		char path[64];

		snprintf(path, sizeof(path), PORT UP "/0000:42:01.0/0000:%02x:00.0", 0x60 + i);
		put_device(&f, path, "0x010802\n");
	}
	assert_int_equal(pb_pcidev_chain(&f.root, "43:00.0", &c, NULL), 0);
	assert_int_equal(pb_pcishare_find(&f.root, &c, share), 0);
	assert_int_equal(share[2].devices, 62);
	assert_int_equal(share[2].disks, 61);
	len = strlen(share[2].text);
	assert_true(len < sizeof(share[2].text));
	assert_string_equal(share[2].text + len - 4, " ...");
	assert_ptr_equal(strstr(share[2].text, "..."), share[2].text + len - 3);
	pb_pcichain_fini(&c);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_switch),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
