/* Unit tests of engine/lib/hist.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/lib/hist.h"

/* The same mapping as fio 3.33 stat.c plat_val_to_idx computes it, written from its description. */
static unsigned reference_bin(uint64_t val)
{
	unsigned msb = 0, error_bits, base, offset, idx;

	while (msb < 63 && val >> (msb + 1))
		msb++;
	if (msb <= 6)
		return (unsigned)val;
	error_bits = msb - 6;
	base = (error_bits + 1) << 6;
	offset = 63u & (unsigned)(val >> error_bits);
	idx = base + offset;
	return idx < 1856 ? idx : 1855;
}

static void small_values_are_exact(void **state)
{
	(void)state;
	for (uint64_t ns = 0; ns < 128; ns++) {
		assert_int_equal(pb_hist_bin(ns), ns);
		assert_int_equal(pb_hist_mid((unsigned)ns), ns);
	}
	assert_int_equal(pb_hist_bin(128), 128);
	assert_int_equal(pb_hist_bin(129), 128);
}

static void bins_are_fios(void **state)
{
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t ns;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		ns = seed >> (seed & 63);
		assert_int_equal(pb_hist_bin(ns), reference_bin(ns));
	}
}

static void bins_rise_without_gaps(void **state)
{
	(void)state;
	for (unsigned bin = 1; bin < PB_HIST_BINS; bin++) {
		assert_true(pb_hist_mid(bin) > pb_hist_mid(bin - 1));
		assert_int_equal(pb_hist_bin(pb_hist_mid(bin)), bin);
	}
}

static void middle_is_within_one_in_64(void **state)
{
	(void)state;
	for (uint64_t ns = 1000; ns < 10000000000u; ns += ns / 97 + 1) {
		uint64_t mid = pb_hist_mid(pb_hist_bin(ns));
		uint64_t off = mid > ns ? mid - ns : ns - mid;

		assert_true(off * 64 <= ns);
	}
}

static void last_bin_takes_the_rest(void **state)
{
	(void)state;
	assert_int_equal(pb_hist_bin(UINT64_MAX), PB_HIST_BINS - 1);
	assert_int_equal(pb_hist_bin((uint64_t)1 << 40), PB_HIST_BINS - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_values_are_exact),  cmocka_unit_test(bins_are_fios),
		cmocka_unit_test(bins_rise_without_gaps),  cmocka_unit_test(middle_is_within_one_in_64),
		cmocka_unit_test(last_bin_takes_the_rest),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
