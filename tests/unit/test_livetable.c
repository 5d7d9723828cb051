/* Unit tests of engine/collectors/livetable.c: order, rates, size, and names that would command a terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "engine/collectors/livetable.h"
#include "tests/unit/mkpage.h"

static void later(struct pb_latest *l)
{
	page_thread(l, 2 * PAGE_S, 901, "vcpu0", "CPU 0/KVM", 2000000000, 2);
	page_thread(l, 2 * PAGE_S, 902, "other", "evil\"} 1\n\\\033[2J\xff\xc3\xa9", 900000007, 1);
	page_vector(l, 2 * PAGE_S, 40, "vfio-msix[1](0000:41:00.0)", 12445, PB_NA);
	page_vector(l, 2 * PAGE_S, PB_NA, "LOC", 8, 7);
}

static void test_table(void **state)
{
	struct pb_latest l;
	struct pb_buf b = {0};
	const char *other, *vcpu, *vector, *loc;

	(void)state;
	page_make(&l);
	later(&l);
	assert_int_equal(pb_livetable_draw(&l, 2, 24, 100, &b), 0);
	vector = strstr(b.data, "vfio-msix[1](0000:41:00.0)              12.3k         0      100%");
	loc = strstr(b.data, "LOC ");
	other = strstr(b.data, "other evil");
	vcpu = strstr(b.data, "vcpu0 CPU 0/KVM                         50.0%         2\n");
	if (!vector || !loc || !other || !vcpu)
		fail_msg("%s", b.data);
	assert_true(vector < loc && other < vcpu); /* busiest first */
	for (const char *p = b.data; *p; p++)
		assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
	pb_buf_clear(&b);
	assert_int_equal(pb_livetable_draw(&l, 3, 24, 100, &b), 0);
	assert_null(strstr(b.data, "12.3k")); /* rates count from the call before */
	pb_buf_fini(&b);
	pb_latest_fini(&l);
}

static void test_fits_a_small_terminal(void **state)
{
	struct pb_latest l;
	struct pb_buf b = {0};
	size_t lines = 0, width = 0;

	(void)state;
	page_make(&l);
	later(&l);
	assert_int_equal(pb_livetable_draw(&l, 2, 7, 40, &b), 0);
	for (const char *p = b.data; *p; p++) {
		width = *p == '\n' ? 0 : width + 1;
		assert_true(width <= 40);
		lines += *p == '\n';
	}
	assert_int_equal(lines, 7);
	pb_buf_fini(&b);
	pb_latest_fini(&l);
}

static void test_line(void **state)
{
	struct pb_latest l;
	struct pb_buf b = {0};

	(void)state;
	page_make(&l);
	later(&l);
	assert_int_equal(pb_livetable_line(&l, 2, &b), 0);
	assert_string_equal(b.data,
			    "2.0 s | vfio-msix[1](0000:41:00.0) 12.3k/s (CPU 0) | QEMU thread other evil\"} "
			    "1?\\?[2J??? 90.0%\n");
	pb_buf_fini(&b);
	pb_latest_fini(&l);
}

static void test_nothing_yet(void **state)
{
	struct pb_latest l;
	struct pb_buf b = {0};

	(void)state;
	assert_int_equal(pb_latest_init(&l), 0);
	assert_int_equal(pb_livetable_draw(&l, 0, 24, 80, &b), 0);
	assert_string_equal(b.data, "passbench collect, 0 s: waiting for the first rates\n");
	pb_buf_fini(&b);
	pb_latest_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_fits_a_small_terminal),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_nothing_yet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
