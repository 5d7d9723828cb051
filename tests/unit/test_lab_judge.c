/*
 * What counts as a right diagnosis: what was planted, and nothing else that asks for a change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/lab/judge.h"

struct said {
	const char *rule;
	enum pb_severity severity;
};

/* The verdict over the findings of `said`, and its text. */
static void expect_verdict(const char *expect, const char *also, const struct said *said, bool right,
			   const char *found)
{
	const struct pb_scenario s = {.name = "x", .expect = expect, .also = also};
	struct pb_findings fs = {0};
	struct pb_buf text = {0};

	for (; said->rule; said++)
		pb_finding_new(&fs, said->rule, "f")->severity = said->severity;
	assert_int_equal(pb_lab_judge(&s, &fs, &text), right);
	assert_string_equal(text.data, found);
	pb_findings_fini(&fs);
	pb_buf_fini(&text);
}

#define SAID(...)                                                                                            \
	(const struct said[])                                                                                \
	{                                                                                                    \
		__VA_ARGS__,                                                                                 \
		{                                                                                            \
			NULL, 0                                                                              \
		}                                                                                            \
	}

static void test_healthy_means_nothing_above_info(void **state)
{
	(void)state;
	expect_verdict("healthy", NULL, SAID({"a", PB_SEV_INFO}), true, "nothing");
	expect_verdict("healthy", NULL, SAID({"a", PB_SEV_ADVICE}), false, "a");
	expect_verdict("healthy", NULL, SAID({"healthy", PB_SEV_WARNING}), false, "healthy");
	expect_verdict("healthy", "a", SAID({"a", PB_SEV_WARNING}), true, "a");
}

static void test_the_planted_must_be_found(void **state)
{
	(void)state;
	expect_verdict("R-V2", NULL, SAID({"R-V2", PB_SEV_ADVICE}), true, "R-V2");
	expect_verdict("R-V2", NULL, SAID({"R-V2", PB_SEV_INFO}), false, "nothing");
	expect_verdict("R-V2", NULL, SAID({"R-V22", PB_SEV_ADVICE}), false, "R-V22");
	expect_verdict("R-V2", NULL, SAID({"R-V", PB_SEV_ADVICE}), false, "R-V");
	expect_verdict("R-V2 R-I2", NULL, SAID({"R-I2", PB_SEV_ADVICE}), false, "R-I2");
	expect_verdict("R-V2 R-I2", NULL, SAID({"R-I2", PB_SEV_ADVICE}, {"R-V2", PB_SEV_CRITICAL}), true,
		       "R-I2 R-V2");
}

static void test_nothing_else_may_be_found(void **state)
{
	(void)state;
	expect_verdict("R-V2", NULL, SAID({"R-V2", PB_SEV_ADVICE}, {"b", PB_SEV_ADVICE}), false, "R-V2 b");
	expect_verdict("R-V2", "b", SAID({"R-V2", PB_SEV_ADVICE}, {"b", PB_SEV_ADVICE}), true, "R-V2 b");
	expect_verdict("R-V2", NULL, SAID({"R-V2", PB_SEV_ADVICE}, {"b", PB_SEV_INFO}), true, "R-V2");
	expect_verdict("R-V2", "b", SAID({"b", PB_SEV_ADVICE}), false, "b");
}

static void test_a_finding_that_is_info_can_be_expected(void **state)
{
	(void)state;
	expect_verdict("d(info)", NULL, SAID({"d", PB_SEV_INFO}), true, "d(info)");
	expect_verdict("d(info)", NULL, SAID({"d", PB_SEV_ADVICE}), true, "d");
	expect_verdict("d(info)", NULL, SAID({"e", PB_SEV_INFO}), false, "nothing");
}

/* The same rule may speak of two vectors. */
static void test_a_rule_that_speaks_twice_counts_once(void **state)
{
	(void)state;
	expect_verdict("a b", NULL, SAID({"a", PB_SEV_ADVICE}, {"a", PB_SEV_ADVICE}), false, "a");
	expect_verdict("a", NULL, SAID({"a", PB_SEV_ADVICE}, {"a", PB_SEV_INFO}), true, "a");
}

static void test_the_limit_must_be_the_planted_one(void **state)
{
	const struct pb_scenario s = {.name = "x", .expect = "healthy", .limit = "device"};
	struct pb_findings fs = {0};
	struct pb_buf text = {0};

	(void)state;
	assert_false(pb_lab_judge(&s, &fs, &text));
	assert_string_equal(text.data, "nothing limit=none");
	pb_finding_new(&fs, "limit", "limit")->params = json_pack("{s:s}", "class", "link");
	pb_buf_clear(&text);
	assert_false(pb_lab_judge(&s, &fs, &text));
	assert_string_equal(text.data, "nothing limit=link");
	json_object_set_new(fs.v[0]->params, "class", json_string("device"));
	assert_true(pb_lab_judge(&s, &fs, &text));
	pb_findings_fini(&fs);
	pb_buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy_means_nothing_above_info),
		cmocka_unit_test(test_the_planted_must_be_found),
		cmocka_unit_test(test_nothing_else_may_be_found),
		cmocka_unit_test(test_a_finding_that_is_info_can_be_expected),
		cmocka_unit_test(test_a_rule_that_speaks_twice_counts_once),
		cmocka_unit_test(test_the_limit_must_be_the_planted_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
