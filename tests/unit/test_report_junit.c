/* The report for CI: what passes, what fails, and hostile text. */
#include "tests/unit/reporttest.h"

static void windows_and_findings_are_cases(void **state)
{
	struct reporttest t;
	struct mk_run m;
	char *text;

	(void)state;
	mk_default(&m);
	m.step[3].reason = "depth-not-held";
	rep_open(&t, &m);
	rep_finding(&t, "R-I2");
	rep_finding(&t, "R-I2")->severity = PB_SEV_ADVICE;
	text = rep_write(&t, &pb_report_junit);
	assert_non_null(strstr(text, "tests=\"9\" failures=\"2\" errors=\"0\" skipped=\"0\""));
	assert_non_null(
		strstr(text, "<testcase classname=\"passbench.steps\" name=\"depth 4\" time=\"0\"/>"));
	assert_non_null(
		strstr(text, "name=\"depth 8\" time=\"0\">\n      <failure message=\"depth-not-held\""));
	assert_non_null(strstr(
		text, "<testcase classname=\"passbench.R-I2\" name=\"R-I2\" time=\"0\">\n      <failure"));
	assert_non_null(strstr(text, "name=\"R-I2 (2)\" time=\"0\"/>"));
	assert_non_null(strstr(text, "timestamp=\"2026-11-23T10:00:00Z\""));
	free(text);
	rep_close(&t);
}

static void hostile_text_stays_text(void **state)
{
	struct reporttest t;
	char *text;

	(void)state;
	rep_open_default(&t);
	rep_finding(&t, EVIL);
	rep_poison(&t, "<script>\"\\ \x01 \xe2\x80\xae");
	text = rep_write(&t, &pb_report_junit);
	assert_null(strstr(text, "<script"));
	assert_null(strchr(text, 0x1b));
	assert_null(strchr(text, 0x01));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strchr(text, 0xff));
	free(text);
	rep_close(&t);
}

static void a_run_without_steps_is_a_suite(void **state)
{
	struct reporttest t;
	struct mk_run m;
	char *text;

	(void)state;
	mk_default(&m);
	m.drop_file = "steps.csv";
	rep_open(&t, &m);
	text = rep_write(&t, &pb_report_junit);
	assert_non_null(strstr(text, "tests=\"0\""));
	free(text);
	rep_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_and_findings_are_cases),
		cmocka_unit_test(hostile_text_stays_text),
		cmocka_unit_test(a_run_without_steps_is_a_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
