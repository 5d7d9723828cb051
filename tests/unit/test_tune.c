/*
 * Applying several findings: what becomes of the others when one cannot be tried.
 */
#include "engine/lib/json.h"
#include "engine/run/tune/tune.h"
#include "tests/unit/ruletest.h"

static void count(void *arg, const char *text)
{
	unsigned *n = arg;

	*n += strstr(text, "not tried to the end: ") != NULL;
}

static void add(struct pb_findings *fs, const char *rule, const char *value)
{
	struct pb_finding *f = pb_finding_new(fs, rule, "power");

	assert_non_null(f);
	f->params = json_pack("{s:s,s:s,s:s}", "kind", "setting", "path",
			      "/sys/module/kvm/parameters/halt_poll_ns", "value", value);
	assert_non_null(f->params);
}

/* The disk is gone: each finding is told so, none is counted, and the first failure is the one returned. */
static void test_a_failure_does_not_end_the_others(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_root root = {.fd = -1};
	struct pb_findings fs = {0};
	unsigned told = 0, applied = 7;
	struct pb_ui ui = {.arg = &told, .line = count};
	struct tmpdir t;
	struct mk_run m;
	char run[128];

	(void)state;
	tmpdir_make(&t);
	snprintf(run, sizeof(run), "%s/run", t.path);
	mk_default(&m);
	assert_int_equal(mk_write(&m, run), 0);
	assert_int_equal(pb_root_open(&root, t.path, &err), 0);
	add(&fs, "R-P1", "0");
	add(&fs, "R-P2", "200000");

	const struct pb_tune_opts o = {
		.root = &root, .ui = &ui, .dir = run, .pairs = 6, .visits = 6, .window_ms = 500};

	assert_true(pb_tune_apply(&o, &fs, &applied, &err) < 0);
	assert_int_equal(told, 2);
	assert_int_equal(applied, 0);
	assert_string_not_equal(err.msg, "");
	pb_findings_fini(&fs);
	pb_root_close(&root);
	tmpdir_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_failure_does_not_end_the_others)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
