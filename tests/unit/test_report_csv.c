/* The report for a spreadsheet: read back with the same library that reads the run's own tables. */
#include "engine/lib/csv.h"
#include "tests/unit/reporttest.h"

static struct pb_table *table(struct reporttest *t)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_table *table = NULL;

	if (pb_report_csv.write(&t->in, &err) < 0 ||
	    pb_table_read(&table, t->dir.fd, "report/report.csv", &err) < 0)
		fail_msg("%s", err.msg);
	return table;
}

static const char *cell(const struct pb_table *t, size_t row, const char *column)
{
	assert_true(pb_table_col(t, column) >= 0);
	return pb_table_str(t, row, pb_table_col(t, column));
}

static void windows_then_findings(void **state)
{
	struct reporttest t;
	struct pb_table *c;

	(void)state;
	rep_open_default(&t);
	rep_finding(&t, "R-I2");
	c = table(&t);
	assert_int_equal(pb_table_rows(c), 8);
	assert_string_equal(cell(c, 4, "record"), "step");
	assert_string_equal(cell(c, 4, "depth"), "16");
	assert_string_equal(cell(c, 4, "iops"), "11300");
	assert_string_equal(cell(c, 4, "valid"), "1");
	assert_string_equal(cell(c, 4, "rule"), "");
	assert_string_equal(cell(c, 7, "record"), "finding");
	assert_string_equal(cell(c, 7, "iops"), "");
	assert_string_equal(cell(c, 7, "rule"), "R-I2");
	assert_string_equal(cell(c, 7, "severity"), "warning");
	assert_string_equal(cell(c, 7, "gain_pct"), "12.5");
	assert_string_equal(cell(c, 7, "gain_lo_pct"), "");
	pb_table_free(c);
	rep_close(&t);
}

static void a_formula_is_text(void **state)
{
	struct reporttest t;
	struct pb_table *c;

	(void)state;
	rep_open_default(&t);
	rep_finding(&t, "=HYPERLINK(\"http://x\",\"y\")");
	rep_finding(&t, "@a,b\nc");
	rep_finding(&t, EVIL);
	c = table(&t);
	assert_string_equal(cell(c, 7, "title"), "'=HYPERLINK(\"http://x\",\"y\")");
	assert_string_equal(cell(c, 7, "apply"), "'=HYPERLINK(\"http://x\",\"y\")");
	assert_int_equal(strncmp(cell(c, 8, "title"), "'@a,b", 5), 0);
	assert_null(strchr(cell(c, 9, "title"), 0x1b));
	assert_null(strstr(cell(c, 9, "title"), "\xe2\x80\xae"));
	pb_table_free(c);
	rep_close(&t);
}

static void unknown_is_empty(void **state)
{
	static const char steps[] =
		"t_ns,t_end_ns,guest,phase,block,depth,iops,valid,reason\n1,2,g,sweep,0,4,,0,=1+1\n";
	struct reporttest t;
	struct pb_table *c;

	(void)state;
	rep_open_default(&t);
	assert_int_equal(pb_rundir_put(&t.dir, "steps.csv", steps, sizeof(steps) - 1, NULL), 0);
	c = table(&t);
	assert_int_equal(pb_table_rows(c), 1);
	assert_string_equal(cell(c, 0, "iops"), "");
	assert_string_equal(cell(c, 0, "lat_p99_ns"), "");
	assert_string_equal(cell(c, 0, "reason"), "'=1+1");
	pb_table_free(c);
	rep_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_then_findings),
		cmocka_unit_test(a_formula_is_text),
		cmocka_unit_test(unknown_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
