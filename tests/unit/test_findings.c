/* Unit tests of engine/lib/findings.c and findings_json.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/findings.h"

static struct pb_finding *add(struct pb_findings *fs, const char *rule, enum pb_severity s, double gain,
			      const char *title)
{
	struct pb_finding *f = pb_finding_new(fs, rule, "irq");

	assert_non_null(f);
	f->severity = s;
	f->gain_pct = gain;
	pb_finding_set(&f->title, "%s", title);
	return f;
}

/* Two findings with every kind of field used. */
static void fill(struct pb_findings *fs)
{
	struct pb_finding *f = add(fs, "R-I2", PB_SEV_WARNING, 12.5, "vectors on one CPU");
	struct pb_evidence *e = pb_finding_evidence(f, "host/interrupts.csv", "cpu1");

	assert_non_null(e);
	e->t0_ns = 5;
	e->t1_ns = 10;
	e->value = 0.1;
	pb_finding_set(&e->unit, "ratio");
	pb_finding_set(&e->text, "%d of %d vectors", 2, 2);
	pb_strv_add(&f->apply, "echo 1 > /proc/irq/24/smp_affinity_list");
	pb_strv_add(&f->missing, "guest CPU");
	f->params = json_pack("{s:i}", "irq", 24);
	add(fs, "R-Q1", PB_SEV_INFO, NAN, "nothing to do");
}

static char *dump(const struct pb_findings *fs)
{
	json_t *j = pb_findings_to_json(fs);
	char *text;

	assert_non_null(j);
	text = json_dumps(j, JSON_SORT_KEYS | JSON_COMPACT);
	json_decref(j);
	assert_non_null(text);
	return text;
}

static void new_finding_is_empty_not_null(void **state)
{
	struct pb_findings fs = {0};
	struct pb_finding *f = pb_finding_new(&fs, "R", "fam");
	struct pb_evidence *e;

	(void)state;
	assert_non_null(f);
	assert_string_equal(f->rule, "R");
	assert_string_equal(f->family, "fam");
	assert_string_equal(f->title, "");
	assert_string_equal(f->change_class, "");
	assert_int_equal(f->severity, PB_SEV_INFO);
	assert_true(isnan(f->gain_pct) && isnan(f->gain_lo_pct) && isnan(f->gain_hi_pct));
	e = pb_finding_evidence(f, "a", "b");
	assert_non_null(e);
	assert_string_equal(e->source, "");
	assert_true(e->t0_ns == PB_NA && e->t1_ns == PB_NA);
	assert_true(isnan(e->value) && isnan(e->threshold));
	pb_findings_fini(&fs);
	assert_int_equal(fs.n, 0);
}

static void order(void **state)
{
	static const char *const want[] = {"crit", "big gain", "small gain", "a", "b1", "b2", "info"};
	struct pb_findings fs = {0};

	(void)state;
	add(&fs, "R-1", PB_SEV_INFO, 99, "info");
	add(&fs, "R-9", PB_SEV_ADVICE, NAN, "b2");
	add(&fs, "R-9", PB_SEV_ADVICE, NAN, "b1");
	add(&fs, "R-8", PB_SEV_ADVICE, NAN, "a");
	add(&fs, "R-9", PB_SEV_ADVICE, -3, "small gain");
	add(&fs, "R-9", PB_SEV_ADVICE, 7, "big gain");
	add(&fs, "R-9", PB_SEV_CRITICAL, NAN, "crit");
	pb_findings_sort(&fs);
	for (size_t i = 0; i < fs.n; i++)
		assert_string_equal(fs.v[i]->title, want[i]);
	pb_findings_fini(&fs);
	pb_findings_sort(&fs);
}

static void there_and_back(void **state)
{
	struct pb_findings fs = {0}, again = {0};
	struct pb_err err = PB_ERR_INIT;
	char *before, *after;
	json_t *j;

	(void)state;
	fill(&fs);
	before = dump(&fs);
	j = pb_findings_to_json(&fs);
	assert_int_equal(pb_findings_from_json(&again, j, &err), 0);
	json_decref(j);
	assert_int_equal(again.n, 2);
	assert_int_equal(again.v[0]->severity, PB_SEV_WARNING);
	assert_true(again.v[0]->evidence[0].t0_ns == 5);
	assert_true(isnan(again.v[0]->evidence[0].threshold));
	assert_true(isnan(again.v[1]->gain_pct));
	assert_null(again.v[1]->params);
	after = dump(&again);
	assert_string_equal(before, after);
	free(before);
	free(after);
	pb_findings_fini(&fs);
	pb_findings_fini(&again);
}

static void unknown_numbers_are_null(void **state)
{
	struct pb_findings fs = {0};
	char *text;

	(void)state;
	fill(&fs);
	text = dump(&fs);
	assert_non_null(strstr(text, "\"threshold\":null"));
	assert_non_null(strstr(text, "\"gain\":{\"hi_pct\":null,\"lo_pct\":null,\"of\":\"\",\"pct\":12.5}"));
	assert_non_null(strstr(text, "\"schema\":1"));
	free(text);
	pb_findings_fini(&fs);
}

static void odd_bytes_cost_no_finding(void **state)
{
	struct pb_findings fs = {0};
	struct pb_finding *f;
	char *text;

	(void)state;
	f = add(&fs, "R", PB_SEV_INFO, NAN, "disk \xff\xfe name");
	assert_non_null(pb_finding_evidence(f, "f", "caf\xc3\xa9"));
	text = dump(&fs);
	assert_non_null(strstr(text, "disk ?? name"));
	assert_non_null(strstr(text, "caf\xc3\xa9"));
	free(text);
	pb_findings_fini(&fs);
}

/* The first finding of a good file with one field replaced by wrong (deleted when NULL). */
/* A guest chose a name with escape sequences and line breaks: neither the terminal nor a pasted command obeys
 * it. */
static void guest_text_does_not_control_the_terminal(void **state)
{
	struct pb_findings fs = {0}, read = {0};
	struct pb_finding *f = pb_finding_new(&fs, "R-I2", "irq");
	struct pb_err err = PB_ERR_INIT;
	json_t *j;

	(void)state;
	pb_finding_set(&f->title, "%s", "a\x1b[2Jb\nc\td\x7f \xc2\x9b \xc3\xa9 \xc2\xb5s");
	assert_string_equal(f->title, "a?[2Jb?c?d? ?? \xc3\xa9 \xc2\xb5s");
	assert_string_equal(pb_finding_evidence(f, "guest/x\n/y", "c\x1b")->file, "guest/x?/y");
	assert_string_equal(f->evidence[0].column, "c?");
	/* findings.json may have been edited. */
	pb_strv_add(&f->apply, "echo 1 > x  # name\nrm -rf y");
	j = pb_findings_to_json(&fs);
	assert_int_equal(pb_findings_from_json(&read, j, &err), 0);
	assert_string_equal(read.v[0]->apply.v[0], "echo 1 > x  # name?rm -rf y");
	json_decref(j);
	pb_findings_fini(&read);
	pb_findings_fini(&fs);
}

static void refuses(const char *key, json_t *wrong)
{
	struct pb_findings fs = {0}, out = {0};
	struct pb_err err = PB_ERR_INIT;
	json_t *j, *first;

	fill(&fs);
	j = pb_findings_to_json(&fs);
	pb_findings_fini(&fs);
	first = json_array_get(json_object_get(j, "findings"), 0);
	if (wrong)
		json_object_set_new(first, key, wrong);
	else
		json_object_del(first, key);
	assert_int_equal(pb_findings_from_json(&out, j, &err), -EINVAL);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, "finding 1"));
	assert_non_null(strstr(err.msg, key));
	assert_int_equal(out.n, 0);
	json_decref(j);
}

static void wrong_types(void **state)
{
	static const char *const keys[] = {"rule",     "family", "severity", "title",        "what",
					   "evidence", "gain",   "apply",    "confidence",   "risk",
					   "undo",     "verify", "missing",  "change_class", "params"};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		refuses(keys[i], NULL);
		refuses(keys[i], json_integer(1));
	}
	refuses("severity", json_string("terrible"));
	refuses("apply", json_pack("[i]", 1));
}

static void wrong_documents(void **state)
{
	static const char *const texts[] = {"{}",
					    "{\"schema\": 2, \"findings\": []}",
					    "{\"schema\": 1}",
					    "{\"schema\": 1, \"findings\": {}}",
					    "{\"schema\": 1, \"findings\": [7]}",
					    "{\"schema\": \"1\", \"findings\": []}"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct pb_findings out = {0};
		struct pb_err err = PB_ERR_INIT;
		json_t *j = json_loads(texts[i], 0, NULL);

		assert_int_equal(pb_findings_from_json(&out, j, &err), -EINVAL);
		assert_int_equal(err.status, PB_USAGE);
		json_decref(j);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_finding_is_empty_not_null),
		cmocka_unit_test(order),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(unknown_numbers_are_null),
		cmocka_unit_test(odd_bytes_cost_no_finding),
		cmocka_unit_test(guest_text_does_not_control_the_terminal),
		cmocka_unit_test(wrong_types),
		cmocka_unit_test(wrong_documents),
	};

	return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}
