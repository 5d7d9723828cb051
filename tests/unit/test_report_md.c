/* The markdown report: the same sentences, and no markup out of data. */
#include "tests/unit/reporttest.h"

static void headline_steps_and_commands(void **state)
{
	struct reporttest t;
	char *text;

	(void)state;
	rep_open_default(&t);
	rep_finding(&t, "echo 2 > /proc/irq/33/smp_affinity_list");
	text = rep_write(&t, &pb_report_md);
	assert_int_equal(strncmp(text, "# ", 2), 0);
	assert_non_null(strstr(text, "IOPS at queue depth"));
	assert_non_null(strstr(text, "```\necho 2 > /proc/irq/33/smp_affinity_list\n```"));
	assert_non_null(strstr(text, "| 64 |"));
	free(text);
	rep_close(&t);
}

static void hostile_text_stays_text(void **state)
{
	struct reporttest t;
	char *text;

	(void)state;
	rep_open_default(&t);
	rep_poison(&t, "<script>x</script>|a|\n# heading `b` \xe2\x80\xae");
	rep_finding(&t, "````\n<script>x</script>\n````");
	text = rep_write(&t, &pb_report_md);
	assert_null(strstr(text, "\n# heading"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strstr(text, "|a|"));
	/* in a code block the text is literal, and the fence is longer than any run inside */
	assert_non_null(strstr(text, "`````\n````\n<script>x</script>\n````\n`````"));
	free(text);
	rep_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headline_steps_and_commands),
		cmocka_unit_test(hostile_text_stays_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
