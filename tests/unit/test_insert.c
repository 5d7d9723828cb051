/*
 * engine/history/insert: series by identity and by name, the same run once, texts as they are.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/mkhistory.h"
#include "tests/unit/tmpdir.h"

struct place {
	struct tmpdir dir;
	char db[128];
	struct pb_store s;
	struct pb_inserted done;
	struct pb_err err;
};

static int setup(void **state)
{
	static struct place p;

	p = (struct place){.err = PB_ERR_INIT};
	tmpdir_make(&p.dir);
	snprintf(p.db, sizeof(p.db), "%s/history.db", p.dir.path);
	assert_int_equal(pb_store_open(&p.s, p.db, PB_STORE_WRITE, NULL), 0);
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	pb_store_close(&p->s);
	tmpdir_remove(&p->dir);
	return 0;
}

static int insert(struct place *p, unsigned n, const char *identity, const char *series, const char *label)
{
	struct pb_entry e;
	int rc;

	mk_entry(&e, n, 1000, NULL);
	if (identity) {
		free(e.identity);
		e.identity = strdup(identity);
	}
	p->err = (struct pb_err)PB_ERR_INIT;
	rc = pb_insert_run(&p->s, &e, series, label, &p->done, &p->err);
	pb_entry_fini(&e);
	return rc;
}

static size_t runs(struct place *p)
{
	struct pb_past past;
	size_t n;

	assert_int_equal(pb_past_read(&past, &p->s, NULL), 0);
	n = past.n_run;
	pb_past_fini(&past);
	return n;
}

static void one_series_for_one_identity(void **state)
{
	struct place *p = *state;

	assert_int_equal(insert(p, 1, NULL, NULL, ""), 0);
	assert_true(p->done.new_series);
	assert_string_equal(p->done.series, "S1 randread-4k vfio");
	assert_string_equal(p->done.differs, "");
	assert_int_equal(insert(p, 2, NULL, NULL, ""), 0);
	assert_false(p->done.new_series);
	assert_int_equal(p->done.run, 2);
}

static void another_identity_another_series(void **state)
{
	struct place *p = *state;

	assert_int_equal(insert(p, 1, NULL, NULL, ""), 0);
	assert_int_equal(insert(p, 2, "{\"disk serial\":\"S1\",\"profile\":\"p2\"}", NULL, ""), 0);
	assert_true(p->done.new_series);
	assert_string_equal(p->done.series, "S1 randread-4k vfio (2)");
	assert_string_equal(p->done.differs, "profile (p2, not randread-4k)");
	assert_int_equal(insert(p, 3, "{\"disk serial\":\"S1\"}", NULL, ""), 0);
	assert_string_equal(p->done.series, "S1 randread-4k vfio (3)");
}

static void known_runs_are_said(void **state)
{
	struct place *p = *state;

	assert_int_equal(insert(p, 1, NULL, NULL, "abc"), 0);
	assert_int_equal(insert(p, 1, NULL, "other", "def"), 0);
	assert_true(p->done.known);
	assert_int_equal(p->done.run, 1);
	assert_string_equal(p->done.series, "S1 randread-4k vfio");
	assert_int_equal(runs(p), 1);
}

static void named_series(void **state)
{
	struct place *p = *state;

	assert_int_equal(insert(p, 1, NULL, "nightly", ""), 0);
	assert_int_equal(insert(p, 2, NULL, "nightly", ""), 0);
	assert_int_equal(insert(p, 3, NULL, NULL, ""), 0);
	assert_string_equal(p->done.series, "nightly");
	assert_true(insert(p, 4, "{\"disk serial\":\"S2\",\"profile\":\"randread-4k\"}", "nightly", "") < 0);
	assert_int_equal(p->err.status, PB_USAGE);
	assert_non_null(strstr(p->err.msg, "disk serial (S2, not S1)"));
	assert_int_equal(insert(p, 5, NULL, "branch", ""), 0);
	assert_true(insert(p, 6, NULL, NULL, "") < 0);
	assert_non_null(strstr(p->err.msg, "'nightly', 'branch'"));
	assert_int_equal(runs(p), 4);
}

/* Bound, not part of a statement, and exactly as given. */
static void texts_are_data(void **state)
{
	static const char name[] = "x'); DROP TABLE run; --";
	struct place *p = *state;
	struct pb_past past;

	assert_int_equal(insert(p, 1, NULL, name, "\"; DELETE FROM run; '"), 0);
	assert_int_equal(pb_past_read(&past, &p->s, NULL), 0);
	assert_string_equal(past.series[0].name, name);
	assert_string_equal(past.run[0].label, "\"; DELETE FROM run; '");
	pb_past_fini(&past);
}

static void texts_that_are_refused(void **state)
{
	struct place *p = *state;
	char longest[PB_SCHEMA_NAME_MAX + 2];

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_true(insert(p, 1, NULL, longest, "") < 0);
	assert_true(insert(p, 1, NULL, "", "") < 0);
	assert_true(insert(p, 1, NULL, "a\nb", "") < 0);
	assert_true(insert(p, 1, NULL, NULL, "\x1b[2J") < 0);
	assert_true(insert(p, 1, NULL, NULL, "\xff") < 0);
	assert_int_equal(p->err.status, PB_USAGE);
	longest[PB_SCHEMA_NAME_MAX] = '\0';
	assert_int_equal(insert(p, 1, NULL, longest, longest), 0);
	assert_int_equal(runs(p), 1);
}

static void no_number_no_row(void **state)
{
	struct place *p = *state;
	struct pb_past past;
	struct pb_entry e;

	mk_entry(&e, 1, 1000, NULL);
	e.metrics.v[0].value = NAN;
	assert_int_equal(pb_insert_run(&p->s, &e, NULL, "", &p->done, NULL), 0);
	pb_entry_fini(&e);
	assert_int_equal(pb_past_read(&past, &p->s, NULL), 0);
	assert_int_equal(past.n_value, 1);
	pb_past_fini(&past);
}

static void units_do_not_change(void **state)
{
	struct place *p = *state;
	struct pb_entry e;

	assert_int_equal(insert(p, 1, NULL, NULL, ""), 0);
	mk_entry(&e, 2, 1000, NULL);
	e.metrics.v[0].unit = "1/min";
	assert_true(pb_insert_run(&p->s, &e, NULL, "", &p->done, &p->err) < 0);
	assert_non_null(strstr(p->err.msg, "iops@16"));
	pb_entry_fini(&e);
}

#define WITH_STORE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(one_series_for_one_identity),
		WITH_STORE(another_identity_another_series),
		WITH_STORE(known_runs_are_said),
		WITH_STORE(named_series),
		WITH_STORE(texts_are_data),
		WITH_STORE(texts_that_are_refused),
		WITH_STORE(no_number_no_row),
		WITH_STORE(units_do_not_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
