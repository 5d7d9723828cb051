/* The comparison of paths on the page and in Markdown. */
#include "tests/unit/reporttest.h"

static const char arms_json[] =
	"{\"kind\":\"paths\",\"arms\":["
	"{\"name\":\"bare-metal\",\"visits\":5,\"depths\":[{\"depth\":1,\"iops\":{\"median\":2000}},"
	"{\"depth\":16,\"iops\":{\"median\":10000},\"cpu_us_per_io\":{\"median\":30.5}}]},"
	"{\"name\":\"vfio\",\"visits\":5,\"depths\":[{\"depth\":1},{\"depth\":16,\"iops\":{\"median\":9000,"
	"\"ratio\":0.9,"
	"\"lo\":0.88,\"hi\":0.92,\"p\":0.008}}]},"
	"{\"name\":\"virtio-<b>\",\"failed\":\"no <i>aio\",\"visits\":0,\"depths\":[]}]}";

static char *report_of(const struct pb_report *format)
{
	struct reporttest t;
	char *text;

	rep_open_default(&t);
	rep_finding(&t, "choice")->params = json_loads(arms_json, 0, NULL);
	text = rep_write(&t, format);
	rep_close(&t);
	return text;
}

static void the_page_has_one_table_of_all_paths(void **state)
{
	char *page = report_of(&pb_report_html);

	(void)state;
	assert_non_null(strstr(page, "id=\"paths\""));
	assert_non_null(strstr(page, "\xc3\x97"
				     "0.90 [0.88\xe2\x80\xa6"
				     "0.92]"));
	assert_non_null(strstr(page, "30.5"));
	assert_non_null(strstr(page, "no &lt;i&gt;aio"));
	assert_null(strstr(page, "virtio-<b>"));
	free(page);
}

static void so_has_markdown(void **state)
{
	char *text = report_of(&pb_report_md);

	(void)state;
	assert_non_null(strstr(text, "| 16 | vfio |"));
	assert_non_null(strstr(text, "\xc3\x97"
				     "0.90 "));
	free(text);
}

static void without_a_comparison_there_is_no_section(void **state)
{
	struct reporttest t;
	char *page;

	(void)state;
	rep_open_default(&t);
	rep_finding(&t, "a finding");
	page = rep_write(&t, &pb_report_html);
	assert_null(strstr(page, "id=\"paths\""));
	free(page);
	rep_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_has_one_table_of_all_paths),
		cmocka_unit_test(so_has_markdown),
		cmocka_unit_test(without_a_comparison_there_is_no_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
