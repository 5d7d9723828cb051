/* Charts made from findings: rows, intervals that lack, axes that an absurd interval must not take over. */
#include "reports/ratios.h"
#include "tests/unit/charttest.h"

static void open_with(struct charttest *c, const char *params)
{
	struct mk_run m;
	struct pb_finding *f;

	mk_default(&m);
	chart_open(c, &m);
	f = rep_finding(&c->rep, "a finding");
	f->params = json_loads(params, 0, NULL);
	assert_non_null(f->params);
}

static void a_row_for_each_depth_and_path(void **state)
{
	struct charttest c;
	char *text;

	(void)state;
	open_with(&c,
		  "{\"kind\":\"paths\",\"arms\":["
		  "{\"name\":\"bare-metal\",\"depths\":[{\"depth\":1,\"iops\":{\"median\":5}},"
		  "{\"depth\":8,\"iops\":{\"median\":5}}]},"
		  "{\"name\":\"vfio\\\"`id`\",\"depths\":[{\"depth\":1,\"iops\":{\"ratio\":0.5,\"lo\":0.4,"
		  "\"hi\":0.6}},{\"depth\":8,\"iops\":{\"ratio\":0.9,\"lo\":null,\"hi\":null},"
		  "\"lat_p99\":{\"ratio\":2,\"lo\":0.0001,\"hi\":90000}}]},"
		  "{\"name\":\"gone\",\"failed\":\"no driver\"}]}");
	assert_true(chart_write(&c, pb_ratios_write));
	text = rep_slurp(&c.rep, "paths.csv");
	assert_string_equal(text, "row,depth,path,iops,iops_lo,iops_hi,lat_p50,lat_p50_lo,lat_p50_hi,lat_p99,"
				  "lat_p99_lo,lat_p99_hi,cpu_us_per_io,cpu_us_per_io_lo,cpu_us_per_io_hi\n"
				  "0,1,vfio??id?,0.5,0.4,0.6,,,,,,,,,\n"
				  "1,8,vfio??id?,0.9,0.9,0.9,,,,2,0.0001,90000,,,\n");
	free(text);
	/* the interval from 0.0001 to 90000 is cut off at four times the estimates */
	text = rep_slurp(&c.rep, "paths-vars.gp");
	assert_string_equal(text, "n_rows = 2\nratio_min = 0.125\nratio_max = 8\n");
	free(text);
	chart_close(&c);
}

static void no_comparison_no_chart(void **state)
{
	struct charttest c;

	(void)state;
	open_with(&c, "{\"kind\":\"paths\",\"arms\":[{\"name\":\"bare-metal\",\"depths\":[]}]}");
	assert_false(chart_write(&c, pb_ratios_write));
	assert_false(chart_write(&c, pb_ratios_predicted));
	chart_close(&c);
	open_with(&c, "{\"kind\":\"paths\",\"arms\":[{\"name\":\"a\",\"depths\":[{\"depth\":1}]},"
		      "{\"name\":\"b\",\"depths\":[{\"depth\":1,\"iops\":{\"ratio\":-1}}]}]}");
	assert_false(chart_write(&c, pb_ratios_write));
	chart_close(&c);
}

static void predictions_with_their_intervals(void **state)
{
	struct charttest c;
	char *text;

	(void)state;
	open_with(
		&c,
		"{\"kind\":\"prediction\",\"check\":[{\"depth\":8,\"measured\":900,\"predicted\":[910,800,"
		"1000]}],\"curve\":[{\"depth\":12,\"iops\":[950,null,null]},{\"depth\":24,\"iops\":null}]}");
	assert_true(chart_write(&c, pb_ratios_predicted));
	text = rep_slurp(&c.rep, "predict.csv");
	assert_string_equal(text, "depth,iops,iops_lo,iops_hi\n8,910,800,1000\n12,950,950,950\n");
	free(text);
	chart_close(&c);
}

static void a_prediction_over_vcpus_is_not_over_depths(void **state)
{
	struct charttest c;

	(void)state;
	open_with(&c,
		  "{\"kind\":\"prediction-vcpus\",\"axis\":\"vcpus\",\"check\":[{\"vcpus\":2,\"measured\":9,"
		  "\"predicted\":[9,8,10]}],\"curve\":[]}");
	assert_false(chart_write(&c, pb_ratios_predicted));
	chart_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_for_each_depth_and_path),
		cmocka_unit_test(no_comparison_no_chart),
		cmocka_unit_test(predictions_with_their_intervals),
		cmocka_unit_test(a_prediction_over_vcpus_is_not_over_depths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
