/* The JSON report: raw numbers, null where unknown, valid whatever the data. */
#include "tests/unit/reporttest.h"

static json_t *document(struct reporttest *t)
{
	struct pb_err err = PB_ERR_INIT;
	json_t *j = NULL;

	if (pb_report_json.write(&t->in, &err) < 0 ||
	    pb_json_read(&j, t->dir.fd, "report/report.json", &err) < 0)
		fail_msg("%s", err.msg);
	return j;
}

static void steps_findings_headline(void **state)
{
	struct reporttest t;
	json_t *j, *step;

	(void)state;
	rep_open_default(&t);
	rep_finding(&t, "x");
	j = document(&t);
	assert_int_equal(pb_json_i64(j, "schema", 0), 1);
	assert_int_equal(json_array_size(json_object_get(j, "steps")), 7);
	assert_int_equal(json_array_size(json_object_get(j, "findings")), 1);
	step = json_object_get(json_object_get(j, "headline"), "step");
	assert_true(pb_json_num(step, "depth", 0) == 64);
	assert_true(pb_json_num(json_object_get(step, "iops"), "lo", 0) > 0);
	json_decref(j);
	rep_close(&t);
}

static void unknown_is_null(void **state)
{
	static const char steps[] =
		"t_ns,t_end_ns,guest,phase,block,depth,iops,valid,reason\n1,2,g,sweep,0,4,100,1,\n";
	struct reporttest t;
	json_t *j, *step;

	(void)state;
	rep_open_default(&t);
	assert_int_equal(pb_rundir_put(&t.dir, "steps.csv", steps, sizeof(steps) - 1, NULL), 0);
	j = document(&t);
	step = json_array_get(json_object_get(j, "steps"), 0);
	assert_true(json_is_null(json_object_get(step, "mean_depth")));
	assert_true(json_is_null(json_object_get(json_object_get(step, "lat_p99_ns"), "est")));
	json_decref(j);
	rep_close(&t);
}

static void hostile_text_is_valid_json(void **state)
{
	struct reporttest t;
	json_t *j;

	(void)state;
	rep_open_default(&t);
	rep_poison(&t, "<script>\"\\ \x01 \xe2\x80\xae");
	rep_tune(&t, "{\"verdict\":\"kept\",\"title\":\"</script>\"}", NULL);
	j = document(&t);
	assert_int_equal(json_array_size(json_object_get(j, "tunes")), 1);
	json_decref(j);
	rep_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_findings_headline),
		cmocka_unit_test(unknown_is_null),
		cmocka_unit_test(hostile_text_is_valid_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
