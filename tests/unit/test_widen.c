/* Interrupt counters that wrap, start again, change their number, or belong to a CPU that goes and comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "engine/agent/widen.h"

static const bool both[2] = {true, true};

/* One reading with one line; the first CPU's counter after it. */
static uint64_t read_one(struct pb_widen *w, const char *name, long irq, uint64_t c0)
{
	uint64_t counts[2] = {c0, 7};

	pb_widen_begin(w);
	pb_widen_line(w, name, irq, counts, both);
	assert_int_equal(counts[1], 7);
	return counts[0];
}

static void a_wrap_goes_on(void **state)
{
	struct pb_widen w;

	(void)state;
	pb_widen_init(&w, 2);
	assert_int_equal(read_one(&w, "nvme0q1", 25, 4294967290ULL), 4294967290ULL);
	assert_int_equal(read_one(&w, "nvme0q1", 25, 4), 4294967300ULL);
	assert_int_equal(read_one(&w, "nvme0q1", 25, 10), 4294967306ULL);
	pb_widen_fini(&w);
}

static void a_restart_keeps_what_was_counted(void **state)
{
	struct pb_widen w;

	(void)state;
	pb_widen_init(&w, 2);
	assert_int_equal(read_one(&w, "nvme0q1", 25, 1000), 1000);
	assert_int_equal(read_one(&w, "nvme0q1", 25, 10), 1010); /* the same number, from 0 again */
	pb_widen_fini(&w);
}

static void another_number_is_the_same_vector(void **state)
{
	uint64_t counts[2] = {5, 0};
	struct pb_widen w;

	(void)state;
	pb_widen_init(&w, 2);
	pb_widen_begin(&w);
	counts[0] = 1000;
	pb_widen_line(&w, "nvme0q1", 25, counts, both);
	pb_widen_begin(&w);
	counts[0] = 2000; /* more than before, and yet counted from 0 */
	pb_widen_line(&w, "nvme0q1", 31, counts, both);
	assert_int_equal(counts[0], 3000);
	pb_widen_fini(&w);
}

static void two_of_one_name_stay_apart(void **state)
{
	struct pb_widen w;

	(void)state;
	pb_widen_init(&w, 2);
	for (unsigned round = 1; round < 4; round++) {
		uint64_t a[2] = {100 * round, 0}, b[2] = {3 * round, 0};

		pb_widen_begin(&w);
		pb_widen_line(&w, "virtio", 5, a, both);
		pb_widen_line(&w, "virtio", 6, b, both);
		assert_int_equal(a[0], 100 * round);
		assert_int_equal(b[0], 3 * round);
	}
	assert_int_equal(w.n, 2);
	pb_widen_fini(&w);
}

static void an_absent_cpu_keeps_its_place(void **state)
{
	static const bool first[2] = {true, false};
	uint64_t counts[2] = {5, 4294967290ULL};
	struct pb_widen w;

	(void)state;
	pb_widen_init(&w, 2);
	pb_widen_begin(&w);
	pb_widen_line(&w, "LOC", -1, counts, both);
	pb_widen_begin(&w);
	counts[0] = 6;
	counts[1] = 77; /* whatever stands there */
	pb_widen_line(&w, "LOC", -1, counts, first);
	assert_int_equal(counts[1], 77);
	pb_widen_begin(&w);
	counts[0] = 7;
	counts[1] = 3;
	pb_widen_line(&w, "LOC", -1, counts, both);
	assert_int_equal(counts[1], 4294967299ULL);
	pb_widen_fini(&w);
}

/* A guest that invents names: memory has an end, and what comes out is what went in. */
static void endless_names_are_bounded(void **state)
{
	struct pb_widen w;
	char name[32];

	(void)state;
	pb_widen_init(&w, 2);
	pb_widen_begin(&w);
	for (long i = 0; i < 9000; i++) {
		uint64_t counts[2] = {42, 7};

		snprintf(name, sizeof(name), "v%ld", i);
		pb_widen_line(&w, name, i, counts, both);
		assert_int_equal(counts[0], 42);
	}
	assert_true(w.n <= 8192);
	pb_widen_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wrap_goes_on),
		cmocka_unit_test(a_restart_keeps_what_was_counted),
		cmocka_unit_test(another_number_is_the_same_vector),
		cmocka_unit_test(two_of_one_name_stay_apart),
		cmocka_unit_test(an_absent_cpu_keeps_its_place),
		cmocka_unit_test(endless_names_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
