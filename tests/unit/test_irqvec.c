/* Unit tests of engine/collectors/irqvec.c and affinity.c's source: whose vector is it, where may it go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/collectors/irqvec.h"
#include "tests/unit/faketree.h"

static void test_names(void **state)
{
	static const struct pb_irq_match m = {.bdf = "0000:41:00.0", .nvme = "nvme1q", .virtio = "virtio2-"};
	static const struct {
		const char *name;
		enum pb_irq_owner owner;
		int index;
	} want[] = {
		{"vfio-msix[3](0000:41:00.0)", PB_IRQ_VFIO, 3},
		{"vfio-msi[0](0000:41:00.0)", PB_IRQ_VFIO, 0},
		{"vfio-intx(0000:41:00.0)", PB_IRQ_VFIO, 0},
		{"i801_smbus, vfio-intx(0000:41:00.0)", PB_IRQ_VFIO, 0},
		{"vfio-msix[99999999999](0000:41:00.0)", PB_IRQ_VFIO, -1},
		{"vfio-msix[3](0000:41:00.1)", PB_IRQ_OTHER, -1},
		{"nvme1q0", PB_IRQ_DEVICE, 0},
		{"nvme1q12", PB_IRQ_DEVICE, 12},
		{"nvme11q2", PB_IRQ_OTHER, -1},
		{"virtio2-req.4", PB_IRQ_DEVICE, 4},
		{"virtio2-config", PB_IRQ_DEVICE, -1},
		{"virtio20-req.4", PB_IRQ_OTHER, -1},
		{"ahci[0000:41:00.0]", PB_IRQ_DEVICE, -1},
		{"", PB_IRQ_OTHER, -1},
	};
	int index;

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(pb_irq_match_name(&m, want[i].name, &index), want[i].owner);
		assert_int_equal(index, want[i].index);
	}
}

static void test_no_disk_matches_nothing(void **state)
{
	struct faketree f;
	struct pb_irq_match m;
	int index;

	(void)state;
	fake_make(&f);
	pb_irq_match_init(&m, &f.root, NULL);
	assert_int_equal(pb_irq_match_name(&m, "vfio-msix[3](0000:41:00.0)", &index), PB_IRQ_OTHER);
	fake_remove(&f);
}

static void test_vectors_with_affinity(void **state)
{
	struct faketree f;
	struct pb_irq_vector *v;
	char *text = fixture_text("tests/fixtures/interrupts/linux-6.1-intel-vfio.txt");
	size_t n;

	(void)state;
	fake_make(&f);
	fake_put(&f, "proc/interrupts", text);
	fake_put(&f, "proc/irq/151/smp_affinity_list", "0-3\n");
	fake_put(&f, "proc/irq/151/effective_affinity_list", "1\n");
	fake_put(&f, "proc/irq/152/smp_affinity_list", "2\n");
	assert_int_equal(fchmodat(f.dir.fd, "proc/irq/152/smp_affinity_list", 0444, 0), 0);
	assert_int_equal(pb_irq_vectors(&f.root, "0000:41:00.0", &v, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(v[0].irq, 150);
	assert_int_equal(v[0].managed, -1); /* no file: not known */
	assert_string_equal(v[0].smp_affinity_list, "");
	assert_int_equal(v[1].index, 1);
	assert_int_equal(v[1].managed, 0);
	assert_string_equal(v[1].smp_affinity_list, "0-3");
	assert_string_equal(v[1].effective_affinity_list, "1");
	assert_int_equal(v[2].managed, 1);
	free(v);
	free(text);
	fake_remove(&f);
}

static void test_nothing_there(void **state)
{
	struct faketree f;
	struct pb_irq_vector *v = NULL;
	size_t n = 7;

	(void)state;
	fake_make(&f);
	assert_int_equal(pb_irq_vectors(&f.root, "0000:41:00.0", &v, &n), -ENOENT);
	fake_put(&f, "proc/interrupts", "");
	assert_int_equal(pb_irq_vectors(&f.root, "0000:41:00.0", &v, &n), -EINVAL);
	assert_int_equal(n, 7); /* untouched on failure */
	fake_put(&f, "proc/interrupts", "  CPU0\n 5: 1  chip  0-edge  x\n");
	assert_int_equal(pb_irq_vectors(&f.root, "0000:41:00.0", &v, &n), 0);
	assert_int_equal(n, 0);
	free(v);
	fake_remove(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_disk_matches_nothing),
		cmocka_unit_test(test_vectors_with_affinity),
		cmocka_unit_test(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
