/* Failed I/Os as the agent tells them: what is accepted, and how the first one reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "engine/run/faults.h"

static json_t *answer(int dir, int error, json_int_t offset, json_int_t bytes)
{
	return json_pack("{s:i,s:[[IiiiII]]}", "failed", 3, "faults", (json_int_t)1000, 0, dir, error, offset,
			 bytes);
}

static void first(json_t *j, const char *want)
{
	char text[160];

	assert_true(pb_faults_check(j));
	assert_string_equal(pb_faults_first(j, text, sizeof(text)), want);
	json_decref(j);
}

static void the_first_one_reads_well(void **state)
{
	char text[160];

	(void)state;
	first(answer(0, EIO, 8388608, 4096), "read of 4096 bytes at byte 8388608: EIO, Input/output error");
	first(answer(1, ENOSPC, 0, 512), "write of 512 bytes at byte 0: ENOSPC, No space left on device");
	first(answer(3, EIO, 0, 0), "flush: EIO, Input/output error");
	first(answer(2, 4000, 0, 512), "trim of 512 bytes at byte 0: errno 4000, unknown error");
	assert_string_equal(pb_faults_first(NULL, text, sizeof(text)), "no I/O is described");
}

/* The agent is not trusted. */
static void other_forms_are_refused(void **state)
{
	json_t *bad[] = {
		json_pack("{s:i}", "failed", 1),
		json_pack("{s:i,s:[]}", "failed", -1, "faults"),
		json_pack("{s:[]}", "faults"),
		json_pack("{s:i,s:{}}", "failed", 1, "faults"),
		json_pack("{s:i,s:[i]}", "failed", 1, "faults", 7),
		json_pack("{s:i,s:[[iiiii]]}", "failed", 1, "faults", 1, 0, 0, 5, 0),
		json_pack("{s:i,s:[[iiisii]]}", "failed", 1, "faults", 1, 0, 0, "5", 0, 0),
		answer(4, EIO, 0, 0),
		answer(-1, EIO, 0, 0),
		answer(0, 5000, 0, 0),
		answer(0, EIO, -1, 0),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_non_null(bad[i]);
		if (pb_faults_check(bad[i]))
			fail_msg("answer %zu was accepted", i);
		json_decref(bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_one_reads_well),
		cmocka_unit_test(other_forms_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
