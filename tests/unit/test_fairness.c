/*
 * Jain's index and the rule over runs measured at once: unfair and fair shares, the boundary, shares that are
 * not known, and runs that cannot be laid side by side.
 */
#include "analyzers/beside.h"
#include "analyzers/fairness.h"
#include "engine/lib/json.h"
#include "tests/unit/ruletest.h"

/* The example reached 11520 at depth 64. */
#define SOLO(iops)                                                                                           \
	"\"solo\": {\"dir\": \"alone\", \"points\": [{\"depth\": 64, \"iops\": " iops ", \"iops_lo\": " iops \
	", \"iops_hi\": " iops ", \"lat_p99_ns\": 1000000}]}"

static int look(const char *dir, struct pb_findings *fs, struct pb_err *err)
{
	struct pb_run *run = NULL;
	int rc = pb_run_open(&run, dir, err);

	*fs = (struct pb_findings){0};
	if (rc == 0)
		rc = pb_analyze(run, fs, err);
	pb_run_close(run);
	return rc;
}

static int beside(const char *dir, const char *other, struct pb_err *err)
{
	struct pb_strv dirs = {0};
	struct pb_run *run = NULL;
	int rc = pb_run_open(&run, dir, err);

	pb_strv_add(&dirs, other);
	if (rc == 0)
		rc = pb_beside_write(run, &dirs, err);
	pb_run_close(run);
	pb_strv_fini(&dirs);
	return rc;
}

struct two {
	struct tmpdir t;
	char a[150], b[150];
};

static void make(struct two *w, const char *mine, const char *other, const char *path)
{
	struct mk_run m;

	tmpdir_make(&w->t);
	snprintf(w->a, sizeof(w->a), "%s/a", w->t.path);
	snprintf(w->b, sizeof(w->b), "%s/b", w->t.path);
	mk_default(&m);
	m.path = path;
	m.managed = strcmp(path, "vfio") != 0;
	m.patch = mine;
	assert_int_equal(mk_write(&m, w->a), 0);
	m.patch = other;
	assert_int_equal(mk_write(&m, w->b), 0);
}

static struct pb_finding *fairness(const struct two *w, struct pb_findings *fs)
{
	struct pb_err err = PB_ERR_INIT;

	if (beside(w->a, w->b, &err) < 0 || look(w->a, fs, &err) < 0)
		fail_msg("%s", err.msg);
	return rt_find(fs, "neighbour-fair");
}

static void jains_index(void **state)
{
	static const double equal[] = {.5, .5, .5}, one[] = {1, 0, 0, 0}, none[] = {0, 0}, two[] = {1, .5};
	static const double bad[] = {1, NAN};

	(void)state;
	assert_true(fabs(pb_fairness_jain(equal, 3) - 1) < 1e-9);
	assert_true(fabs(pb_fairness_jain(one, 4) - .25) < 1e-9);
	assert_true(fabs(pb_fairness_jain(two, 2) - .9) < 1e-9);
	assert_true(isnan(pb_fairness_jain(none, 2)) && isnan(pb_fairness_jain(bad, 2)));
	assert_true(isnan(pb_fairness_jain(equal, 0)));
}

static void unfair_shares_give_limits(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct two w;

	(void)state;
	make(&w, "{" SOLO("40000") "}", "{" SOLO("12000") "}", "virtio-blk"); /* .29 and .96 */
	f = fairness(&w, &fs);
	assert_int_equal(f->severity, PB_SEV_ADVICE);
	assert_true(pb_json_num(f->params, "jain", 1) < .8);
	/* 0.9 of what both moved, 11520 times 4096 bytes each, by two */
	assert_true(fabs(pb_json_num(f->params, "limit_bytes_s", 0) / (.9 * 11520 * 4096) - 1) < .01);
	assert_true(rt_list_has(&f->apply, "blkdeviotune"));
	assert_true(rt_list_has(&f->apply, "block_set_io_throttle"));
	assert_true(f->undo.n > 0);
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
}

/* The host has no block device of a disk under vfio. */
static void under_vfio_the_limit_is_the_guests(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct two w;

	(void)state;
	make(&w, "{" SOLO("40000") "}", "{" SOLO("12000") "}", "vfio");
	f = fairness(&w, &fs);
	assert_true(rt_list_has(&f->apply, "inside its guest"));
	assert_false(rt_list_has(&f->apply, "blkdeviotune"));
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
}

static void fair_shares_are_said_to_be_fair(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct two w;

	(void)state;
	make(&w, "{" SOLO("23000") "}", "{" SOLO("22000") "}", "vfio");
	f = fairness(&w, &fs);
	assert_int_equal(f->severity, PB_SEV_INFO);
	assert_int_equal(f->apply.n, 0);
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
}

/* Shares of 1 and 1/2 are 0.9. */
static void fair_boundary(void **state)
{
	struct pb_findings fs;
	struct two w;

	(void)state;
	make(&w, "{" SOLO("11520") "}", "{" SOLO("23030") "}", "vfio");
	assert_int_equal(fairness(&w, &fs)->severity, PB_SEV_INFO);
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
	make(&w, "{" SOLO("11520") "}", "{" SOLO("23060") "}", "vfio");
	assert_int_equal(fairness(&w, &fs)->severity, PB_SEV_ADVICE);
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
}

static void a_share_that_is_not_known_is_asked_for(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct two w;

	(void)state;
	make(&w, "{" SOLO("40000") "}", NULL, "vfio");
	f = fairness(&w, &fs);
	assert_int_equal(f->severity, PB_SEV_INFO);
	assert_true(rt_list_has(&f->missing, "--solo"));
	assert_int_equal(f->missing.n, 1);
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
}

static void nobody_beside_nothing_said(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "neighbour-fair"));
	assert_null(rt_find(&fs, "neighbour-load"));
	pb_findings_fini(&fs);
}

static void runs_without_common_time_are_refused(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct two w;

	(void)state;
	make(&w, NULL, "{\"boot_id\": \"another\"}", "vfio");
	assert_true(beside(w.a, w.b, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, "another start of the machine"));
	err = (struct pb_err)PB_ERR_INIT;
	assert_true(beside(w.a, w.a, &err) < 0);
	assert_non_null(strstr(err.msg, "this run itself"));
	assert_true(faccessat(w.t.fd, "a/beside.json", F_OK, 0) < 0);
	tmpdir_remove(&w.t);
}

static void a_damaged_note_stops_the_analysis(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct two w;

	(void)state;
	make(&w, NULL, NULL, "vfio");
	tmpdir_write(&w.t, "a/beside.json", "{\"schema\": 1, \"runs\": [");
	assert_true(look(w.a, &fs, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	pb_findings_fini(&fs);
	tmpdir_write(&w.t, "a/beside.json", "{\"schema\": 1, \"runs\": [7, {}, {\"series\": [1, [2]]}]}");
	assert_int_equal(look(w.a, &fs, &err), 0);
	assert_true(rt_find(&fs, "neighbour-fair")->missing.n > 0);
	pb_findings_fini(&fs);
	tmpdir_remove(&w.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jains_index),
		cmocka_unit_test(unfair_shares_give_limits),
		cmocka_unit_test(under_vfio_the_limit_is_the_guests),
		cmocka_unit_test(fair_shares_are_said_to_be_fair),
		cmocka_unit_test(fair_boundary),
		cmocka_unit_test(a_share_that_is_not_known_is_asked_for),
		cmocka_unit_test(nobody_beside_nothing_said),
		cmocka_unit_test(runs_without_common_time_are_refused),
		cmocka_unit_test(a_damaged_note_stops_the_analysis),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
