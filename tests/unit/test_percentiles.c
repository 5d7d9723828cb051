/* Percentiles over time: what the guest recorded, gaps in it, and the windows where it recorded nothing. */
#include "reports/percentiles.h"
#include "tests/unit/charttest.h"

static void empty_cells_are_gaps_not_zero(void **state)
{
	char text[512];
	long long t = MK_T0 + MK_LEAD + MK_SETTLE; /* time 0 of the chart */
	struct charttest c;
	struct mk_run m;
	char *csv;

	(void)state;
	snprintf(text, sizeof(text),
		 "t_ns,span_ns,completed,p50_ns,p99_ns,p999_ns\n"
		 "%lld,1000000000,2000,100000,200000,300000\n"
		 "%lld,1000000000,0,,,\n"
		 "%lld,1000000000,500,120000,250000,\n",
		 t + 1000000000, t + 2000000000, t + 3000000000);
	mk_default(&m);
	m.put[0].file = "guest/guest0/quantiles.csv";
	m.put[0].text = text;
	chart_open(&c, &m);
	assert_true(pb_percentiles_by_interval(&c.facts));
	assert_true(chart_write(&c, pb_percentiles_write));
	csv = rep_slurp(&c.rep, "percentiles.csv");
	assert_string_equal(csv, "t_s,\"p50\"\n0.5000,100\n1.5000,NaN\n2.5000,120\n\n\n"
				 "t_s,\"p99\"\n0.5000,200\n1.5000,NaN\n2.5000,250\n\n\n"
				 "t_s,\"p99.9\"\n0.5000,300\n1.5000,NaN\n2.5000,NaN\n");
	free(csv);
	chart_close(&c);
}

static void windows_stand_in_for_intervals(void **state)
{
	struct charttest c;
	struct mk_run m;
	char *csv;

	(void)state;
	mk_default(&m);
	m.steps = 2;
	chart_open(&c, &m);
	assert_false(pb_percentiles_by_interval(&c.facts));
	assert_true(chart_write(&c, pb_percentiles_write));
	csv = rep_slurp(&c.rep, "percentiles.csv");
	/* from the beginning to the end of each window, with a gap between them */
	assert_non_null(
		strstr(csv, "t_s,\"p50\"\n0.0000,NaN\n0.0000,391.489\n2.0000,391.489\n2.5000,NaN\n2.5000,"));
	free(csv);
	chart_close(&c);
}

static void a_run_without_windows_has_no_chart(void **state)
{
	struct charttest c;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.drop_file = "steps.csv";
	chart_open(&c, &m);
	assert_false(chart_write(&c, pb_percentiles_write));
	chart_close(&c);
}

static void a_table_of_another_form_is_no_chart(void **state)
{
	struct charttest c;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.put[0].file = "guest/guest0/quantiles.csv";
	m.put[0].text = "t_ns,what\n5,6\n";
	chart_open(&c, &m);
	assert_false(chart_write(&c, pb_percentiles_write));
	chart_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_cells_are_gaps_not_zero),
		cmocka_unit_test(windows_stand_in_for_intervals),
		cmocka_unit_test(a_run_without_windows_has_no_chart),
		cmocka_unit_test(a_table_of_another_form_is_no_chart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
