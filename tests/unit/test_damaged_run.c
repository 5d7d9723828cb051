/*
 * A run directory that is incomplete, edited, newer or damaged: analyze, report and tune say one sentence
 * each, with status 2, and never take damage for "not measured".
 */
#include "engine/cli/cli.h"
#include "engine/lib/json.h"
#include "tests/unit/ruletest.h"

struct place {
	struct tmpdir t;
	char path[128];
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs = {0};
	struct mk_run m;

	assert_non_null(p);
	tmpdir_make(&p->t);
	snprintf(p->path, sizeof(p->path), "%s/run", p->t.path);
	mk_default(&m);
	m.device_share = 1;
	assert_int_equal(mk_write(&m, p->path), 0);
	assert_int_equal(pb_stage_analyze(p->path, &fs, &err), 0);
	pb_findings_fini(&fs);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	tmpdir_remove(&p->t);
	free(p);
	return 0;
}

static void one_sentence(int rc, const struct pb_err *err, const char *about)
{
	if (rc >= 0)
		fail_msg("accepted, expected to hear about %s", about);
	assert_int_equal(err->status, PB_USAGE);
	if (strchr(err->msg, '\n') || !strstr(err->msg, about))
		fail_msg("'%s': expected one line about %s", err->msg, about);
}

/* tune starts with pb_stage_findings, as report does. */
static void all_refuse(const struct place *p, const char *about)
{
	struct pb_err analyze = PB_ERR_INIT, report = PB_ERR_INIT, tune = PB_ERR_INIT;
	struct pb_findings fs = {0};
	struct pb_strv md = {0};
	struct pb_strv written = {0};

	pb_strv_add(&md, "md");
	one_sentence(pb_stage_analyze(p->path, &fs, &analyze), &analyze, about);
	pb_findings_fini(&fs);
	one_sentence(pb_stage_report(p->path, &md, NULL, &written, &report), &report, about);
	pb_strv_fini(&written);
	one_sentence(pb_stage_findings(p->path, &fs, &tune), &tune, about);
	pb_strv_fini(&md);
}

static void put(const struct place *p, const char *file, const char *text)
{
	char name[300];

	snprintf(name, sizeof(name), "run/%s", file);
	tmpdir_write(&p->t, name, text);
}

static json_t *manifest(const struct place *p)
{
	json_t *j = NULL;

	assert_int_equal(pb_json_read(&j, p->t.fd, "run/manifest.json", NULL), 0);
	return j;
}

static void save(const struct place *p, json_t *j)
{
	char *text = json_dumps(j, 0);

	put(p, "manifest.json", text);
	free(text);
	json_decref(j);
}

/* The directory with new contents of a file and the hash that belongs to them: damage that was sealed. */
static void reseal(const struct place *p, const char *file, const char *text)
{
	struct pb_rundir d = {.manifest = manifest(p)};

	put(p, file, text);
	d.fd = openat(p->t.fd, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(d.path, sizeof(d.path), "%s", p->path);
	assert_int_equal(pb_rundir_seal(&d, NULL), 0);
	pb_rundir_close(&d);
}

static void not_a_directory(void **state)
{
	struct place p = *(struct place *)*state;

	snprintf(p.path, sizeof(p.path), "%s/absent", p.t.path);
	all_refuse(&p, "No such file");
	snprintf(p.path, sizeof(p.path), "%s/run/steps.csv", p.t.path);
	all_refuse(&p, "Not a directory");
	snprintf(p.path, sizeof(p.path), "%s", p.t.path);
	all_refuse(&p, "no manifest.json");
}

static void every_file_edited_or_gone(void **state)
{
	struct place *p = *state;
	json_t *j = manifest(p);
	const char *file, *has;
	json_t *hash;

	json_object_foreach(json_object_get(j, "files"), file, hash)
	{
		char name[300], away[300];

		has = file;
		snprintf(name, sizeof(name), "%s/%s", p->path, file);
		snprintf(away, sizeof(away), "%s/kept", p->t.path);
		assert_int_equal(rename(name, away), 0);
		all_refuse(p, has);
		put(p, file, "t_ns\n1\n");
		all_refuse(p, has);
		put(p, file, "");
		all_refuse(p, has);
		assert_int_equal(rename(away, name), 0);
	}
	json_decref(j);
}

static void state_and_schema(void **state)
{
	struct place *p = *state;
	json_t *j = manifest(p);

	pb_json_set_str(j, "state", "incomplete");
	save(p, j);
	all_refuse(p, "did not finish");
	j = manifest(p);
	pb_json_set_str(j, "state", "complete");
	json_object_set_new(j, "schema", json_integer(PB_SCHEMA + 1));
	save(p, j);
	all_refuse(p, "schema");
	j = manifest(p);
	json_object_set_new(j, "schema", json_string("1"));
	save(p, j);
	all_refuse(p, "schema");
}

static void damaged_manifest(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]",
		"7",
		"{\"schema\":1",
		"\xff\xfe",
		"{\"schema\":1,\"state\":\"complete\"}",
		"{\"schema\":1,\"state\":\"complete\",\"files\":7}",
		"{\"schema\":1,\"state\":\"complete\",\"files\":{\"../x\":\"0\"}}"};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(p, "manifest.json", texts[i]);
		all_refuse(p, "");
	}
}

/* Sections of another type than they should have are as good as absent, not a crash. */
static void sections_of_another_type(void **state)
{
	struct place *p = *state;
	json_t *j = manifest(p), *whole = json_deep_copy(j), *section;
	const char *key;

	json_decref(j);
	json_object_foreach(whole, key, section)
	{
		static const char *const other[] = {
			"null", "7", "\"text\"", "[[1]]", "[{\"name\":7}]", "{\"name\":{}}"};

		if (!strcmp(key, "schema") || !strcmp(key, "state") || !strcmp(key, "files"))
			continue;
		for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
			struct pb_err err = PB_ERR_INIT;
			struct pb_findings fs = {0};
			struct pb_strv md = {0};
			struct pb_strv written = {0};
			int rc;

			j = json_deep_copy(whole);
			json_object_set_new(j, key, json_loads(other[i], JSON_DECODE_ANY, NULL));
			save(p, j);
			rc = pb_stage_analyze(p->path, &fs, &err);
			if (rc < 0)
				one_sentence(rc, &err, "");
			pb_findings_fini(&fs);
			pb_strv_add(&md, "md");
			rc = pb_stage_report(p->path, &md, NULL, &written, &err);
			pb_strv_fini(&written);
			if (rc < 0)
				one_sentence(rc, &err, "");
			pb_strv_fini(&md);
		}
	}
	json_decref(whole);
}

/* The tables analyze always reads: damage under a right hash is damage, not "not measured". */
static void sealed_damage(void **state)
{
	static const char *const files[] = {"steps.csv", "host/interrupts.csv", "host/threads.csv"};
	static const char *const texts[] = {"", "t_ns,t_ns\n1,2\n", "t_ns,a\n1\n", "t_ns,a\n1,\"x\n",
					    "t_ns,,b\n1,2,3\n"};
	struct place *p = *state;
	struct pb_err err;
	struct pb_findings fs = {0};

	for (size_t f = 0; f < sizeof(files) / sizeof(files[0]); f++) {
		char name[64];
		char *whole;

		snprintf(name, sizeof(name), "run/%s", files[f]);
		whole = strdup(tmpdir_read(&p->t, name));
		for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
			reseal(p, files[f], texts[i]);
			err = (struct pb_err)PB_ERR_INIT;
			one_sentence(pb_stage_analyze(p->path, &fs, &err), &err, files[f]);
			pb_findings_fini(&fs);
		}
		reseal(p, files[f], whole);
		free(whole);
	}
}

static void damaged_findings(void **state)
{
	static const char *const texts[] = {"",
					    "{",
					    "[]",
					    "{\"schema\":2,\"findings\":[]}",
					    "{\"schema\":1}",
					    "{\"schema\":1,\"findings\":[7]}",
					    "{\"schema\":1,\"findings\":[{\"rule\":\"R-I2\"}]}"};
	struct place *p = *state;
	struct pb_findings fs = {0};
	struct pb_strv md = {0};
	struct pb_err err;
	struct pb_strv written = {0};

	pb_strv_add(&md, "md");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put(p, "findings.json", texts[i]);
		err = (struct pb_err)PB_ERR_INIT;
		one_sentence(pb_stage_findings(p->path, &fs, &err), &err, "findings");
		err = (struct pb_err)PB_ERR_INIT;
		one_sentence(pb_stage_report(p->path, &md, NULL, &written, &err), &err, "findings");
	}
	pb_strv_fini(&md);
	pb_strv_fini(&written);
}

static void unknown_rule_lists_the_known(void **state)
{
	struct pb_strv ids = {0};
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	assert_int_equal(pb_stage_rules(&ids, &err), 0);
	pb_strv_add(&ids, "R-I2");
	assert_int_equal(pb_stage_rules(&ids, &err), 0);
	pb_strv_add(&ids, "R-I");
	one_sentence(pb_stage_rules(&ids, &err), &err, "no rule 'R-I'; passbench list rules");
	pb_strv_fini(&ids);
}

int main(void)
{
#define WITH_RUN(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_RUN(not_a_directory),          WITH_RUN(every_file_edited_or_gone),
		WITH_RUN(state_and_schema),         WITH_RUN(damaged_manifest),
		WITH_RUN(sections_of_another_type), WITH_RUN(sealed_damage),
		WITH_RUN(damaged_findings),         cmocka_unit_test(unknown_rule_lists_the_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
