/* Unit tests of engine/collectors/irqtext.c: recorded texts of three kernels, and text that is no such thing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/collectors/irqtext.h"
#include "tests/unit/faketree.h"

#define FIXTURE(name) "tests/fixtures/interrupts/" name

/* The line whose label is this; fails the test when there is none. */
static void find_line(struct pb_irqtext *it, const char *label, struct pb_irq_line *line)
{
	while (pb_irqtext_next(it, line))
		if (!strcmp(line->label, label))
			return;
	fail_msg("no line %s", label);
}

static void test_names_come_from_the_right_end(void **state)
{
	static const struct {
		const char *file, *label, *name;
	} want[] = {
		{FIXTURE("linux-6.1-intel-vfio.txt"), "8", "rtc0"},
		{FIXTURE("linux-6.1-intel-vfio.txt"), "16", "i801_smbus, vfio-intx(0000:00:1f.4)"},
		{FIXTURE("linux-6.1-intel-vfio.txt"), "122", "PCIe PME, pciehp"},
		{FIXTURE("linux-6.1-intel-vfio.txt"), "123", ""},
		{FIXTURE("linux-6.1-intel-vfio.txt"), "151", "vfio-msix[1](0000:41:00.0)"},
		{FIXTURE("linux-6.12-hotplug.txt"), "46", "vfio-msix[1](0000:41:00.0)"},
		{FIXTURE("linux-6.18-virtio.txt"), "36", "virtio1-req.0"},
		{FIXTURE("linux-6.18-virtio.txt"), "25", "ACPI:Ged"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		char *text = fixture_text(want[i].file);
		struct pb_irqtext it;
		struct pb_irq_line line;

		assert_int_equal(pb_irqtext_begin(&it, text, strlen(text)), 0);
		find_line(&it, want[i].label, &line);
		assert_string_equal(line.name, want[i].name);
		assert_int_equal(line.irq, atoi(want[i].label));
		assert_int_equal(line.n, it.ncpu);
		pb_irqtext_fini(&it);
		free(text);
	}
}

static void test_counters_and_cpu_numbers(void **state)
{
	char *text = fixture_text(FIXTURE("linux-6.12-hotplug.txt"));
	struct pb_irqtext it;
	struct pb_irq_line line;

	(void)state;
	assert_int_equal(pb_irqtext_begin(&it, text, strlen(text)), 0);
	assert_int_equal(it.ncpu, 3);
	assert_int_equal(it.cpu[1], 2);
	assert_int_equal(it.cpu[2], 3);
	find_line(&it, "46", &line);
	assert_int_equal(line.count[0], 0);
	assert_int_equal(line.count[1], 22);
	assert_int_equal(line.count[2], 33);
	find_line(&it, "LOC", &line);
	assert_int_equal(line.irq, -1);
	assert_true(line.count[0] == 4123456789u);
	find_line(&it, "ERR", &line); /* one counter for the whole machine */
	assert_int_equal(line.n, 1);
	pb_irqtext_fini(&it);
	free(text);
}

static void test_not_interrupts(void **state)
{
	static const char *const bad[] = {"",        "\n", "hello\n", "      CPU\n 1: 2 x\n", "CPUx CPU1\n",
					  "1: 2 3\n"};
	struct pb_irqtext it;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pb_irqtext_begin(&it, bad[i], strlen(bad[i])), -EINVAL);
}

static void test_odd_lines_are_skipped(void **state)
{
	static const char text[] = "   CPU0 CPU1 \n\nno colon here\n :  1 2 x\n a b: 1 2\n"
				   "averyveryverylonglabel: 1 2\n 7: none\n 9:  5 6  chip  1-edge  last";
	struct pb_irqtext it;
	struct pb_irq_line line;

	(void)state;
	assert_int_equal(pb_irqtext_begin(&it, text, sizeof(text) - 1), 0);
	assert_int_equal(pb_irqtext_next(&it, &line), 1);
	assert_int_equal(line.irq, 9); /* the last line has no newline */
	assert_string_equal(line.name, "last");
	assert_int_equal(pb_irqtext_next(&it, &line), 0);
	pb_irqtext_fini(&it);
}

static void test_long_name_is_cut(void **state)
{
	char text[600] = "   CPU0 \n 5: 1  chip  1-edge  ";
	struct pb_irqtext it;
	struct pb_irq_line line;

	(void)state;
	memset(text + strlen(text), 'n', 400);
	assert_int_equal(pb_irqtext_begin(&it, text, strlen(text)), 0);
	assert_int_equal(pb_irqtext_next(&it, &line), 1);
	assert_int_equal(strlen(line.name), PB_IRQ_NAME_MAX - 1);
	pb_irqtext_fini(&it);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_come_from_the_right_end),
		cmocka_unit_test(test_counters_and_cpu_numbers),
		cmocka_unit_test(test_not_interrupts),
		cmocka_unit_test(test_odd_lines_are_skipped),
		cmocka_unit_test(test_long_name_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
