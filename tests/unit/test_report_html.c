/* The page: complete, self-contained, and unable to be taken over by what a disk calls itself. */
#include "tests/unit/reporttest.h"

static const char tune_json[] =
	"{\"rule\":\"R-I2\",\"title\":\"Move the vectors\",\"verdict\":\"kept\",\"reason\":\"it "
	"helped\",\"goal\":\"iops\","
	"\"a\":{\"label\":\"0-3\",\"median\":11000},\"b\":{\"label\":\"2\",\"median\":12000},\"ratio\":1.09,"
	"\"ratio_lo\":1.05,\"ratio_hi\":1.13,\"p\":0.01,\"min_effect_pct\":3,\"pairs\":2,"
	"\"changes\":[{\"key\":\"k\",\"path\":\"/proc/irq/33/"
	"smp_affinity_list\",\"old\":\"0-3\",\"new\":\"2\",\"read_back\":\"2\"}],"
	"\"effect\":[{\"name\":\"vfio-msix[1]\",\"what\":\"interrupts\",\"before\":\"CPU 0 (100%)\","
	"\"after\":\"CPU 2 (99%)\"}],\"undo_log\":\"undo.log\"}";

static const char tune_steps[] =
	"t_ns,t_end_ns,guest,phase,block,depth,iops,iops_lo,iops_hi,lat_p99_ns,valid,reason\n"
	"1,2,guest0,a,1,16,11000,10900,11100,2000000,1,\n"
	"3,4,guest0,b,1,16,12000,11900,12100,1900000,1,\n";

static bool have_gnuplot(void)
{
	return system("command -v gnuplot >/dev/null 2>&1") == 0;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void page_is_whole_and_self_contained(void **state)
{
	static const char *const want[] = {"id=\"curve\"",    "id=\"timeline\"", "id=\"irq\"",
					   "id=\"findings\"", "id=\"tuning\"",   "id=\"path\"",
					   "id=\"method\"",   "id=\"data\"",     "prefers-color-scheme:dark",
					   "@media print",    "</html>"};
	struct reporttest t;
	char *page;

	(void)state;
	rep_open_default(&t);
	rep_finding(&t, "a finding");
	rep_tune(&t, tune_json, tune_steps);
	page = rep_write(&t, &pb_report_html);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		if (!strstr(page, want[i]))
			fail_msg("no %s in the page", want[i]);
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "src="));
	assert_null(strstr(page, "href=\"http"));
	assert_null(strstr(page, "@import"));
	assert_non_null(strstr(page, "/proc/irq/33/smp_affinity_list"));
	assert_non_null(strstr(page, "+9.0"));
	if (have_gnuplot()) {
		assert_true(count(page, "<svg") >= 6);
		assert_null(strstr(page, "could not be drawn"));
	}
	free(page);
	rep_close(&t);
}

static void hostile_text_stays_text(void **state)
{
	struct reporttest t;
	char *page;

	(void)state;
	rep_open_default(&t);
	rep_poison(&t, "<script>alert(1)</script>\"' onload=x \x01\xe2\x80\xae");
	rep_finding(&t, EVIL);
	rep_tune(&t, "{\"rule\":\"<img src=x onerror=1>\",\"title\":\"<b>\",\"verdict\":\"\\\"><script>\"}",
		 NULL);
	page = rep_write(&t, &pb_report_html);
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "<img"));
	assert_null(strstr(page, "\x01"));
	assert_null(strstr(page, "\x1b"));
	assert_null(strstr(page, "\xe2\x80\xae"));
	assert_null(strstr(page, "\xff"));
	assert_non_null(strstr(page, "&lt;script&gt;alert(1)"));
	free(page);
	rep_close(&t);
}

static void run_without_host_tables_still_reports(void **state)
{
	static const char *const gone[] = {
		"host/interrupts.csv",     "host/threads.csv",         "host/cpu.csv", "host/pcie.csv",
		"guest/guest0/engine.csv", "guest/guest0/latency.csv", "topology.xml", "steps.csv"};
	struct reporttest t;
	char *page;

	(void)state;
	rep_open_default(&t);
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		unlinkat(t.dir.fd, gone[i], 0);
	page = rep_write(&t, &pb_report_html);
	assert_non_null(strstr(page, "No valid measurement"));
	assert_non_null(strstr(page, "could not be drawn"));
	free(page);
	rep_close(&t);
}

static void broken_tune_folder_is_described(void **state)
{
	struct reporttest t;
	char *page;

	(void)state;
	rep_open_default(&t);
	rep_tune(&t, "{ not json", NULL);
	page = rep_write(&t, &pb_report_html);
	assert_non_null(strstr(page, "tune/1-R-I2"));
	assert_non_null(strstr(page, "cannot be read"));
	free(page);
	rep_close(&t);
}

static void missing_gnuplot_is_said_and_tables_stay(void **state)
{
	char *path = strdup(getenv("PATH") ? getenv("PATH") : ""), *page;
	struct reporttest t;

	(void)state;
	rep_open_default(&t);
	setenv("PATH", t.tmp.path, 1);
	page = rep_write(&t, &pb_report_html);
	setenv("PATH", path, 1);
	assert_non_null(strstr(page, "gnuplot is not installed"));
	assert_non_null(strstr(page, "All measured windows"));
	free(path);
	free(page);
	rep_close(&t);
}

static void failure_leaves_the_old_report(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct reporttest t;
	char *before, *after;

	(void)state;
	rep_open_default(&t);
	before = rep_write(&t, &pb_report_html);
	setenv("PASSBENCH_DATA", t.tmp.path, 1);
	assert_true(pb_report_html.write(&t.in, &err) < 0);
	assert_int_equal(err.status, PB_MISSING);
	after = rep_slurp(&t, "report/index.html");
	assert_string_equal(before, after);
	assert_int_equal(faccessat(t.dir.fd, "report/charts/curve.csv", F_OK, 0), 0);
	assert_int_not_equal(faccessat(t.dir.fd, "report/charts.new", F_OK, 0), 0);
	free(before);
	free(after);
	rep_close(&t);
}

static void same_run_gives_the_same_page(void **state)
{
	struct reporttest t;
	char *a, *b;

	(void)state;
	rep_open_default(&t);
	a = rep_write(&t, &pb_report_html);
	b = rep_write(&t, &pb_report_html);
	assert_string_equal(a, b);
	free(a);
	free(b);
	rep_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_is_whole_and_self_contained),
		cmocka_unit_test(hostile_text_stays_text),
		cmocka_unit_test(run_without_host_tables_still_reports),
		cmocka_unit_test(broken_tune_folder_is_described),
		cmocka_unit_test(missing_gnuplot_is_said_and_tables_stay),
		cmocka_unit_test(failure_leaves_the_old_report),
		cmocka_unit_test(same_run_gives_the_same_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
