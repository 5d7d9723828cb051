/*
 * The reader of run directories: what is absent, what is damaged, and that
 * the same directory gives the same bytes.
 */
#include "analyzers/analyze.h"
#include "analyzers/run.h"
#include "tests/unit/ruletest.h"

struct fixture {
	struct tmpdir t;
	char path[128];
};

static void make(struct fixture *f, const struct mk_run *m)
{
	tmpdir_make(&f->t);
	snprintf(f->path, sizeof(f->path), "%s/run", f->t.path);
	assert_int_equal(mk_write(m, f->path), 0);
}

static void opens_and_reads(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	const struct pb_table *t;
	struct pb_run *run;
	struct fixture f;
	struct mk_run m;
	char name[64];

	(void)state;
	mk_default(&m);
	make(&f, &m);
	assert_int_equal(pb_run_open(&run, f.path, &err), 0);
	assert_string_equal(pb_run_path(run), "vfio");
	t = pb_run_table(run, "steps.csv");
	assert_non_null(t);
	assert_int_equal(pb_table_rows(t), 7);
	assert_ptr_equal(t, pb_run_table(run, "steps.csv")); /* read once */
	assert_null(pb_run_table(run, "host/pmu.csv"));
	assert_string_equal(pb_run_guest_file(run, name, sizeof(name), "cpu.csv"), "guest/guest0/cpu.csv");
	assert_non_null(pb_run_table(run, name));
	assert_null(pb_run_section(run, "attach")); /* null on this path */
	assert_int_equal(pb_run_status(run, &err), 0);
	pb_run_close(run);
	tmpdir_remove(&f.t);
}

static void unlisted_files_do_not_exist(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_run *run;
	struct fixture f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	make(&f, &m);
	tmpdir_write(&f.t, "outside.csv", "t_ns\n1\n");
	assert_int_equal(pb_run_open(&run, f.path, &err), 0);
	assert_null(pb_run_table(run, "../outside.csv"));
	assert_int_equal(pb_run_status(run, &err), 0);
	pb_run_close(run);
	tmpdir_remove(&f.t);
}

static void wrong_hash_is_refused(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_run *run = NULL;
	struct fixture f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	make(&f, &m);
	tmpdir_write(&f.t, "run/steps.csv", "t_ns\n1\n");
	assert_true(pb_run_open(&run, f.path, &err) < 0);
	assert_null(run);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, "steps.csv"));
	tmpdir_remove(&f.t);
}

/* A table that was sealed damaged must fail the analysis, not look like one that was never measured. */
static void damaged_table_fails_the_analysis(void **state)
{
	static const char bad[] = "t_ns,t_end_ns\n1\n";
	struct pb_findings fs = {0};
	struct pb_err err = PB_ERR_INIT;
	struct pb_rundir d;
	struct pb_run *run;
	struct tmpdir t;
	char path[128];

	(void)state;
	tmpdir_make(&t);
	snprintf(path, sizeof(path), "%s/run", t.path);
	assert_int_equal(pb_rundir_create(&d, path, &err), 0);
	assert_int_equal(pb_rundir_put(&d, "steps.csv", bad, sizeof(bad) - 1, &err), 0);
	assert_int_equal(pb_rundir_seal(&d, &err), 0);
	pb_rundir_close(&d);
	assert_int_equal(pb_run_open(&run, path, &err), 0);
	assert_true(pb_analyze(run, &fs, &err) < 0);
	assert_non_null(strstr(err.msg, "steps.csv"));
	pb_findings_fini(&fs);
	pb_run_close(run);
	tmpdir_remove(&t);
}

static void empty_manifest_is_survived(void **state)
{
	struct pb_findings fs = {0};
	struct pb_err err = PB_ERR_INIT;
	struct pb_rundir d;
	struct pb_run *run;
	struct tmpdir t;
	char path[128];

	(void)state;
	tmpdir_make(&t);
	snprintf(path, sizeof(path), "%s/run", t.path);
	assert_int_equal(pb_rundir_create(&d, path, &err), 0);
	assert_int_equal(pb_rundir_seal(&d, &err), 0);
	pb_rundir_close(&d);
	assert_int_equal(pb_run_open(&run, path, &err), 0);
	assert_string_equal(pb_run_path(run), "local");
	assert_int_equal(pb_analyze(run, &fs, &err), 0);
	assert_true(rt_lacks(&fs, "valid-failed-io", "steps.csv"));
	for (size_t i = 0; i < fs.n; i++)
		assert_null(strstr(fs.v[i]->title, "no change needed"));
	pb_findings_fini(&fs);
	pb_run_close(run);
	tmpdir_remove(&t);
}

static char *findings_text(const char *path)
{
	struct pb_findings fs = {0};
	struct pb_err err = PB_ERR_INIT;
	struct pb_run *run;
	json_t *j;
	char *text;

	assert_int_equal(pb_run_open(&run, path, &err), 0);
	assert_int_equal(pb_analyze(run, &fs, &err), 0);
	j = pb_findings_to_json(&fs);
	text = json_dumps(j, JSON_SORT_KEYS);
	json_decref(j);
	pb_findings_fini(&fs);
	pb_run_close(run);
	return text;
}

static void same_directory_same_findings(void **state)
{
	struct fixture f, g;
	struct mk_run m;
	char *a, *b, *c;

	(void)state;
	mk_default(&m);
	make(&f, &m);
	make(&g, &m);
	a = findings_text(f.path);
	b = findings_text(f.path);
	c = findings_text(g.path); /* the place does not matter */
	assert_string_equal(a, b);
	assert_string_equal(a, c);
	free(a);
	free(b);
	free(c);
	tmpdir_remove(&f.t);
	tmpdir_remove(&g.t);
}

static void guest_names_never_reach_a_shell(void **state)
{
	static const char *const bad[] = {"nvme0n1; reboot", "$(id)", "../../etc", "", "a b"};
	struct pb_err err = PB_ERR_INIT;
	struct pb_rundir d;
	struct pb_run *run;
	struct tmpdir t;
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tmpdir_make(&t);
		snprintf(path, sizeof(path), "%s/run", t.path);
		assert_int_equal(pb_rundir_create(&d, path, &err), 0);
		json_object_set_new(d.manifest, "guest", json_pack("{s:{s:s}}", "disk", "name", bad[i]));
		assert_int_equal(pb_rundir_seal(&d, &err), 0);
		pb_rundir_close(&d);
		assert_int_equal(pb_run_open(&run, path, &err), 0);
		assert_string_equal(pb_run_guest_dev(run, "vda"), "vda");
		pb_run_close(run);
		tmpdir_remove(&t);
	}
}

static void paths_are_matched_whole(void **state)
{
	struct pb_rule rule = {.id = "x", .paths = "vfio,virtio-blk"};

	(void)state;
	assert_true(pb_rule_fits(&rule, "vfio"));
	assert_true(pb_rule_fits(&rule, "virtio-blk"));
	assert_false(pb_rule_fits(&rule, "virtio"));
	assert_false(pb_rule_fits(&rule, "local"));
	assert_false(pb_rule_fits(&rule, "vfio,virtio-blkx"));
}

/* Ids name a rule for good: tune, reports and people refer to them. */
static void rules_are_complete_and_unique(void **state)
{
	const struct pb_rule *all[256];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; pb_analyzers[i]; i++) {
		assert_true(*pb_analyzers[i]->name && *pb_analyzers[i]->help);
		for (const struct pb_rule *r = pb_analyzers[i]->rules; r->id; r++)
			all[n++] = r;
	}
	assert_true(n > 20);
	for (size_t i = 0; i < n; i++) {
		assert_true(all[i]->help && all[i]->paths && all[i]->source && all[i]->eval);
		assert_true(pb_rule_fits(all[i], "vfio") || pb_rule_fits(all[i], "virtio-blk") ||
			    pb_rule_fits(all[i], "local") || pb_rule_fits(all[i], "imported"));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(all[i]->id, all[k]->id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_and_reads),
		cmocka_unit_test(unlisted_files_do_not_exist),
		cmocka_unit_test(wrong_hash_is_refused),
		cmocka_unit_test(damaged_table_fails_the_analysis),
		cmocka_unit_test(empty_manifest_is_survived),
		cmocka_unit_test(same_directory_same_findings),
		cmocka_unit_test(guest_names_never_reach_a_shell),
		cmocka_unit_test(paths_are_matched_whole),
		cmocka_unit_test(rules_are_complete_and_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
