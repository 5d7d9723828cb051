/* Unit tests of engine/collectors/irqcount.c: wraps, vectors that start over, CPUs that come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/collectors/irqcount.h"
#include "engine/lib/csv.h"

static const unsigned two_cpus[] = {0, 1};

static void add(struct pb_irqcount *c, const char *text)
{
	assert_int_equal(pb_irqcount_add(c, text, strlen(text)), 0);
}

static const struct pb_irq_series *series(const struct pb_irqcount *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->v[i]->name, name))
			return c->v[i];
	fail_msg("no series %s", name);
	return NULL;
}

static void test_delta(void **state)
{
	(void)state;
	assert_int_equal(pb_irqcount_delta(10, 10), 0);
	assert_int_equal(pb_irqcount_delta(10, 15), 5);
	assert_int_equal(pb_irqcount_delta(0xfffffffau, 4), 10); /* wrapped */
	assert_int_equal(pb_irqcount_delta(0x80000000u, 0x7fffffffu), 0xffffffffu);
	assert_int_equal(pb_irqcount_delta(1000, 7), 7); /* requested anew */
	assert_int_equal(pb_irqcount_delta(0xfffffff0u, 0x90000000u), 0x90000000u);
}

static void test_wrap_is_widened(void **state)
{
	struct pb_irqcount c;

	(void)state;
	assert_int_equal(pb_irqcount_init(&c, two_cpus, 2), 0);
	add(&c, "  CPU0 CPU1\n 5: 4294967290 1  chip  0-edge  x\n");
	add(&c, "  CPU0 CPU1\n 5: 4 2  chip  0-edge  x\n");
	assert_true(pb_irqcount_value(series(&c, "x"), 0) == 4294967300LL);
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 1), 2);
	assert_true(c.total[0] == 4294967300LL);
	pb_irqcount_fini(&c);
}

static void test_new_number_keeps_counting_upwards(void **state)
{
	struct pb_irqcount c;

	(void)state;
	assert_int_equal(pb_irqcount_init(&c, two_cpus, 2), 0);
	add(&c, "  CPU0 CPU1\n 50: 100 0  chip  0-edge  vfio-msix[0](0000:41:00.0)\n");
	add(&c, "  CPU0 CPU1\n 24: 7 7  chip  0-edge  other\n"); /* the guest reboots: no vectors */
	assert_false(pb_irqcount_seen(&c, series(&c, "vfio-msix[0](0000:41:00.0)")));
	add(&c, "  CPU0 CPU1\n 24: 7 7  chip  0-edge  other\n"
		" 61: 150 3  chip  0-edge  vfio-msix[0](0000:41:00.0)\n");
	assert_int_equal(pb_irqcount_value(series(&c, "vfio-msix[0](0000:41:00.0)"), 0), 250);
	assert_int_equal(pb_irqcount_value(series(&c, "vfio-msix[0](0000:41:00.0)"), 1), 3);
	assert_int_equal(series(&c, "vfio-msix[0](0000:41:00.0)")->irq, 61);
	assert_int_equal(c.total[0], 257);
	pb_irqcount_fini(&c);
}

static void test_same_number_from_zero_again(void **state)
{
	struct pb_irqcount c;

	(void)state;
	assert_int_equal(pb_irqcount_init(&c, two_cpus, 2), 0);
	add(&c, "  CPU0 CPU1\n 50: 100 0  chip  0-edge  x\n");
	add(&c, "  CPU0 CPU1\n 50: 5 0  chip  0-edge  x\n");
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 0), 105);
	pb_irqcount_fini(&c);
}

/* The guest reboots and its vectors get the same numbers again: they began at 0 although they show more. */
static void test_gone_and_back_with_more(void **state)
{
	struct pb_irqcount c;

	(void)state;
	assert_int_equal(pb_irqcount_init(&c, two_cpus, 2), 0);
	add(&c, "  CPU0 CPU1\n 50: 100 0  chip  0-edge  x\n LOC: 5 5  timer\n");
	add(&c, "  CPU0 CPU1\n 24: 1 1  chip  0-edge  y\n");
	add(&c, "  CPU0 CPU1\n 50: 130 0  chip  0-edge  x\n LOC: 7 7  timer\n");
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 0), 230);
	assert_int_equal(pb_irqcount_value(series(&c, "LOC"), 0),
			 7); /* the processor's own rows never start over */
	pb_irqcount_fini(&c);
}

/* Of two lines of one name the upper one goes: the lower one's counts stay with its number. */
static void test_one_of_two_lines_goes(void **state)
{
	struct pb_irqcount c;

	(void)state;
	assert_int_equal(pb_irqcount_init(&c, two_cpus, 2), 0);
	add(&c, "  CPU0 CPU1\n 5: 1 0  chip  0-edge  eth\n 6: 10 0  chip  1-edge  eth\n");
	add(&c, "  CPU0 CPU1\n 6: 12 0  chip  1-edge  eth\n");
	assert_int_equal(c.n, 2);
	assert_int_equal(pb_irqcount_value(c.v[0], 0), 1);
	assert_int_equal(pb_irqcount_value(c.v[1], 0), 12);
	assert_int_equal(c.total[0], 13);
	pb_irqcount_fini(&c);
}

/* A guest arms INTx on a line that another driver uses: the total must not count the line again. */
static void test_handler_joins_a_shared_line(void **state)
{
	struct pb_irqcount c;

	(void)state;
	assert_int_equal(pb_irqcount_init(&c, two_cpus, 2), 0);
	add(&c, "  CPU0 CPU1\n 16: 1000 5  IO-APIC  16-fasteoi  ehci_hcd:usb1\n");
	add(&c, "  CPU0 CPU1\n 16: 1007 5  IO-APIC  16-fasteoi  ehci_hcd:usb1, vfio-intx(0000:41:00.0)\n");
	assert_int_equal(c.total[0], 1007);
	assert_int_equal(pb_irqcount_value(series(&c, "ehci_hcd:usb1, vfio-intx(0000:41:00.0)"), 0), 7);
	add(&c, "  CPU0 CPU1\n 16: 1010 5  IO-APIC  16-fasteoi  ehci_hcd:usb1\n");
	assert_int_equal(c.total[0], 1010);
	pb_irqcount_fini(&c);
}

static void test_lines_of_one_name_stay_apart(void **state)
{
	struct pb_irqcount c;

	(void)state;
	assert_int_equal(pb_irqcount_init(&c, two_cpus, 2), 0);
	add(&c, "  CPU0 CPU1\n 5: 1 0  chip  0-edge  eth\n 6: 10 0  chip  1-edge  eth\n");
	add(&c, "  CPU0 CPU1\n 5: 2 0  chip  0-edge  eth\n 6: 20 0  chip  1-edge  eth\n");
	assert_int_equal(c.n, 2);
	assert_int_equal(pb_irqcount_value(c.v[0], 0), 2);
	assert_int_equal(pb_irqcount_value(c.v[1], 0), 20);
	pb_irqcount_fini(&c);
}

static void test_cpu_that_comes_and_goes(void **state)
{
	static const unsigned cpus[] = {0, 1, 2};
	struct pb_irqcount c;

	(void)state;
	assert_int_equal(pb_irqcount_init(&c, cpus, 3), 0);
	add(&c, "  CPU0 CPU2\n 5: 1 30  chip  0-edge  x\n LOC: 4 6  timer\n");
	assert_true(pb_irqcount_value(series(&c, "x"), 1) == PB_NA);
	assert_true(c.total[1] == PB_NA);
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 2), 30);
	add(&c, "  CPU0 CPU1 CPU2 CPU9\n 5: 2 20 31 999  chip  0-edge  x\n LOC: 4 5 6 7  timer\n");
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 0), 2);
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 1), 20);
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 2), 31);
	add(&c, "  CPU0\n 5: 3  chip  0-edge  x\n LOC: 4  timer\n");
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 0), 3);
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 1), 20); /* kept, as the kernel keeps it */
	assert_int_equal(pb_irqcount_value(series(&c, "LOC"), 0), 4);
	assert_int_equal(c.total[2], 31); /* architecture rows are not part of the total */
	pb_irqcount_fini(&c);
}

#define CPUS 40

/* "x" with one counter that is not 0, padded as the kernel does; pad -1 takes a column's padding away. */
static void add_wide(struct pb_irqcount *c, int cpu, unsigned v, int pad)
{
	char text[2048];
	int n = snprintf(text, sizeof(text), "    ");

	for (int i = 0; i < CPUS; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "CPU%d ", i);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "\n  5:");
	for (int i = 0; i < CPUS; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, i == pad ? " %u" : " %10u",
			      i == cpu ? v : 0);
	snprintf(text + n, sizeof(text) - (size_t)n, "  chip  0-edge  x\n");
	add(c, text);
}

/* Blocks of zeros are recognized at a glance: they must not hide what comes, moves or goes. */
static void test_many_cpus(void **state)
{
	unsigned cpus[CPUS];
	struct pb_irqcount c;

	(void)state;
	for (unsigned i = 0; i < CPUS; i++)
		cpus[i] = i;
	assert_int_equal(pb_irqcount_init(&c, cpus, CPUS), 0);
	add_wide(&c, 20, 7, -1);
	for (size_t i = 0; i < CPUS; i++) {
		assert_int_equal(pb_irqcount_value(series(&c, "x"), i), i == 20 ? 7 : 0);
		assert_int_equal(c.total[i], i == 20 ? 7 : 0);
	}
	add_wide(&c, 20, 9, 3);
	add_wide(&c, 33, 4, -1); /* 20 starts over at 0, 33 begins */
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 20), 9);
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 33), 4);
	add_wide(&c, 5, 1, 18);
	add_wide(&c, 20, 2, -1);
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 5), 1);
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 20), 11);
	assert_int_equal(pb_irqcount_value(series(&c, "x"), 33), 4);
	assert_int_equal(c.total[20], 11);
	assert_int_equal(c.total[33], 4);
	pb_irqcount_fini(&c);
}

static void test_one_vector_between_snapshots(void **state)
{
	static const uint32_t more[] = {9, 20, 5};
	struct pb_irqcount c;

	(void)state;
	assert_int_equal(pb_irqcount_init(&c, two_cpus, 2), 0);
	add(&c, "  CPU0 CPU1\n 5: 7 4294967290  chip  0-edge  x\n");
	assert_int_equal(pb_irqcount_add_one(&c, c.v[0], more, 3), 0);
	assert_int_equal(pb_irqcount_value(c.v[0], 0), 9);
	assert_true(pb_irqcount_value(c.v[0], 1) == 4294967316LL); /* wrapped */
	add(&c, "  CPU0 CPU1\n 5: 9 20  chip  0-edge  x\n");
	assert_int_equal(c.total[0], 9);
	assert_true(c.total[1] == 4294967316LL);
	pb_irqcount_fini(&c);
}

static void test_text_without_header(void **state)
{
	struct pb_irqcount c;

	(void)state;
	assert_int_equal(pb_irqcount_init(&c, two_cpus, 2), 0);
	assert_int_equal(pb_irqcount_add(&c, "", 0), -EINVAL);
	assert_int_equal(c.n, 0);
	pb_irqcount_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delta),
		cmocka_unit_test(test_wrap_is_widened),
		cmocka_unit_test(test_new_number_keeps_counting_upwards),
		cmocka_unit_test(test_same_number_from_zero_again),
		cmocka_unit_test(test_gone_and_back_with_more),
		cmocka_unit_test(test_one_of_two_lines_goes),
		cmocka_unit_test(test_handler_joins_a_shared_line),
		cmocka_unit_test(test_lines_of_one_name_stay_apart),
		cmocka_unit_test(test_cpu_that_comes_and_goes),
		cmocka_unit_test(test_many_cpus),
		cmocka_unit_test(test_one_vector_between_snapshots),
		cmocka_unit_test(test_text_without_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
