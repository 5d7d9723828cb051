/*
 * engine/history/shifts: levels, direction, and what else changed at that place.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/history/shifts.h"
#include "tests/unit/mkhistory.h"
#include "tests/unit/tmpdir.h"

struct place {
	struct tmpdir dir;
	char db[128];
	struct pb_past p;
	struct pb_edivisive *e;
	struct pb_past_points pts;
	struct pb_shifts c;
};

static int setup(void **state)
{
	const struct pb_edivisive_options o = PB_EDIVISIVE_DEFAULT;
	static struct place k;

	k = (struct place){.e = pb_edivisive_new(&o)};
	assert_non_null(k.e);
	tmpdir_make(&k.dir);
	snprintf(k.db, sizeof(k.db), "%s/history.db", k.dir.path);
	*state = &k;
	return 0;
}

static int teardown(void **state)
{
	struct place *k = *state;

	pb_shifts_fini(&k->c);
	pb_past_points_fini(&k->pts);
	pb_past_fini(&k->p);
	pb_edivisive_free(k->e);
	tmpdir_remove(&k->dir);
	return 0;
}

/* The changes of a metric in runs 1..40, halved from run `step` on. */
static void find(struct place *k, const char *metric, unsigned step)
{
	struct pb_err err = PB_ERR_INIT;
	size_t m;

	assert_int_equal(mk_history(k->db, 1, 40, step), 0);
	assert_int_equal(pb_past_load(&k->p, k->db, NULL), 0);
	m = pb_past_find_metric(&k->p, metric);
	assert_int_equal(pb_past_points(&k->p, 0, m, &k->pts), 0);
	if (pb_shifts_find(&k->c, k->e, &k->p, &k->pts, k->p.metric[m].higher_is_better, &err) < 0)
		fail_msg("%s", err.msg);
}

static void fewer_iops_is_worse(void **state)
{
	struct place *k = *state;

	find(k, "iops@16", 21);
	assert_int_equal(k->c.n, 1);
	assert_int_equal(k->c.v[0].at, 20);
	assert_int_equal(k->c.v[0].kind, PB_SHIFT_WORSE);
	assert_true(fabs(k->c.v[0].before - 1004.5) < 3);
	assert_true(fabs(k->c.v[0].ratio.est - 0.5) < 0.01);
	assert_true(k->c.v[0].ratio.lo < 0.5 && k->c.v[0].ratio.hi > 0.495);
	assert_true(k->c.v[0].p <= 0.01);
}

static void more_latency_is_worse(void **state)
{
	struct place *k = *state;

	find(k, "lat_p99@16", 21);
	assert_int_equal(k->c.n, 1);
	assert_int_equal(k->c.v[0].kind, PB_SHIFT_WORSE);
	assert_true(fabs(k->c.v[0].ratio.est - 2) < 0.05);
}

/* mk_history has another kernel from the step on. */
static void the_environment_is_named(void **state)
{
	struct place *k = *state;

	find(k, "iops@16", 21);
	assert_int_equal(k->c.v[0].environment.n, 3);
	assert_string_equal(k->c.v[0].environment.v[0], "host kernel");
	assert_string_equal(k->c.v[0].environment.v[1], "6.1");
	assert_string_equal(k->c.v[0].environment.v[2], "6.12");
}

static void nothing_changed(void **state)
{
	struct place *k = *state;

	find(k, "iops@16", 1000);
	assert_int_equal(k->c.n, 0);
}

/* The same code on points that need no database. */
static void points(struct place *k, const double *x, size_t n, bool higher_is_better)
{
	assert_int_equal(mk_add(k->db, 1, 1, NULL), 0);
	assert_int_equal(pb_past_load(&k->p, k->db, NULL), 0);
	k->pts.run = calloc(n, sizeof(size_t));
	k->pts.x = calloc(n, sizeof(double));
	k->pts.n = n;
	memcpy(k->pts.x, x, n * sizeof(double));
	assert_int_equal(pb_shifts_find(&k->c, k->e, &k->p, &k->pts, higher_is_better, NULL), 0);
}

static void zero_has_no_ratio(void **state)
{
	double x[40];

	for (int i = 0; i < 40; i++)
		x[i] = i < 20 ? 0 : 1 + i % 3;
	points(*state, x, 40, false);
	assert_int_equal(((struct place *)*state)->c.n, 1);
	assert_true(isnan(((struct place *)*state)->c.v[0].ratio.lo));
	assert_int_equal(((struct place *)*state)->c.v[0].kind, PB_SHIFT_WORSE);
	assert_int_equal(((struct place *)*state)->c.v[0].environment.n, 0);
}

/* The level stays, what lies around it does not. */
static void wider_is_neither_better_nor_worse(void **state)
{
	struct place *k = *state;
	double x[200];

	for (int i = 0; i < 200; i++)
		x[i] = 1000 + (i < 100 ? 1 : 100) * sin(i * 2.399963);
	points(k, x, 200, true);
	assert_true(k->c.n >= 1);
	for (size_t i = 0; i < k->c.n; i++)
		assert_int_equal(k->c.v[i].kind, PB_SHIFT_SPREAD);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(pb_shift_name(PB_SHIFT_BETTER), "better");
	assert_string_equal(pb_shift_name(PB_SHIFT_WORSE), "worse");
	assert_string_equal(pb_shift_name(PB_SHIFT_SPREAD), "spread");
}

#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PLACE(fewer_iops_is_worse),
		WITH_PLACE(more_latency_is_worse),
		WITH_PLACE(the_environment_is_named),
		WITH_PLACE(nothing_changed),
		WITH_PLACE(zero_has_no_ratio),
		WITH_PLACE(wider_is_neither_better_nor_worse),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
