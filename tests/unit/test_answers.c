/* The four questions of the first screen: what is answered, and what comes first. */
#include "reports/facts.h"
#include "tests/unit/reporttest.h"

static void facts_of(struct reporttest *t, struct pb_facts *f)
{
	struct pb_err err = PB_ERR_INIT;

	if (pb_facts_init(f, &t->in, &err) < 0)
		fail_msg("%s", err.msg);
}

static const struct pb_answer *answer(const struct pb_facts *f, const char *id)
{
	for (size_t i = 0; i < PB_ANSWERS; i++)
		if (!strcmp(f->answers.v[i].id, id))
			return &f->answers.v[i];
	fail_msg("no answer %s", id);
	return NULL;
}

static void the_goal_is_a_yes_a_no_or_neither(void **state)
{
	static const struct {
		double p99_ns, lat_ns;
		const char *word;
		enum pb_tone tone;
	} row[] = {{1e6, 2e6, "Yes.", PB_TONE_GOOD},
		   {3e6, 2e6, "No.", PB_TONE_BAD},
		   {2e6, 2e6, "Not certain.", PB_TONE_NOTE},
		   {1e6, 0, "No goal was given.", PB_TONE_NOTE}};
	struct reporttest t;
	struct pb_facts f;
	struct mk_run m;

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		mk_default(&m);
		for (int k = 0; k < m.steps; k++)
			m.step[k].p99_ns = row[i].p99_ns;
		m.slo_q = 0.99;
		m.slo_ns = row[i].lat_ns;
		rep_open(&t, &m);
		facts_of(&t, &f);
		assert_string_equal(answer(&f, "enough")->word, row[i].word);
		assert_int_equal(answer(&f, "enough")->tone, row[i].tone);
		pb_facts_fini(&f);
		rep_close(&t);
	}
}

/* One depth of the comparison: the host, a way that failed, the way of the run. */
static void without_a_goal_bare_metal_is_the_measure(void **state)
{
	static const char arms[] =
		"{\"kind\":\"paths\",\"arms\":[{\"name\":\"bare "
		"metal\",\"depths\":[{\"depth\":4,\"iops\":{\"median\":9}},{"
		"\"depth\":32,\"iops\":{\"median\":100}}]},{\"name\":\"v1\",\"attach\":\"vfio\",\"failed\":"
		"\"no\",\"depths\":[]},"
		"{\"name\":\"v2\",\"attach\":\"vfio\",\"visits\":3,\"depths\":[{\"depth\":4},{\"depth\":32,"
		"\"iops\":{\"median\":93,"
		"\"ratio\":0.93,\"lo\":0.9,\"hi\":0.96},\"lat_p99\":{\"median\":2,\"ratio\":1.2}}]}]}";
	struct reporttest t;
	struct pb_finding *f;
	struct pb_facts facts;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.slo_ns = 0;
	rep_open(&t, &m);
	f = pb_finding_new(&t.findings, "path-choice", "paths");
	f->params = json_loads(arms, 0, NULL);
	assert_non_null(f->params);
	facts_of(&t, &facts);
	assert_string_equal(answer(&facts, "enough")->word, "Compared with bare metal:");
	assert_string_equal(answer(&facts, "enough")->text, "IOPS \xc3\x97"
							    "0.93 [0.90\xe2\x80\xa6"
							    "0.96], p99 latency \xc3\x97"
							    "1.20 at depth 32. No goal was "
							    "given; --slo p99=TIME gives a yes or no.");
	pb_facts_fini(&facts);
	json_object_set_new(json_array_get(json_object_get(f->params, "arms"), 2), "attach",
			    json_string("virtio-blk"));
	facts_of(&t, &facts);
	assert_string_equal(answer(&facts, "enough")->word, "No goal was given.");
	pb_facts_fini(&facts);
	rep_close(&t);
}

static struct pb_finding *add(struct reporttest *t, const char *rule, enum pb_severity severity,
			      const char *change_class, const char *apply)
{
	struct pb_finding *f = pb_finding_new(&t->findings, rule, "irq");

	f->severity = severity;
	pb_finding_set(&f->title, "title of %s", rule);
	pb_finding_set(&f->risk, "a risk");
	pb_finding_set(&f->change_class, "%s", change_class);
	if (apply)
		pb_strv_add(&f->apply, apply);
	return f;
}

static void what_limits_is_a_word_and_a_number(void **state)
{
	struct reporttest t;
	struct pb_finding *l;
	struct pb_evidence *e;
	struct pb_facts f;

	(void)state;
	rep_open_default(&t);
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "limit")->word, "Not known.");
	assert_int_equal(answer(&f, "limit")->finding, 0);
	pb_facts_fini(&f);
	l = add(&t, "limit", PB_SEV_INFO, "-", NULL);
	l->params = json_pack("{s:s}", "class", "unknown");
	pb_strv_add(&l->missing, "a deeper curve");
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "limit")->text, "title of limit. It takes a deeper curve.");
	pb_facts_fini(&f);
	json_object_set_new(l->params, "class", json_string("iothread"));
	e = pb_finding_evidence(l, "host/threads.csv", "run_ns");
	pb_finding_set(&e->text, "the iothread runs 97%% of the time");
	pb_finding_set(&l->confidence, "high");
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "limit")->word, "One thread of QEMU.");
	assert_non_null(strstr(answer(&f, "limit")->text, "97% of the time (confidence: high)"));
	assert_int_equal(answer(&f, "limit")->finding, 1);
	pb_facts_fini(&f);
	rep_close(&t);
}

/* A fault before a change, a change before more measuring, what was tried not again. */
static void what_to_change_has_an_order(void **state)
{
	struct reporttest t;
	struct pb_finding *change;
	struct pb_facts f;

	(void)state;
	rep_open_default(&t);
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "change")->word, "Nothing so far.");
	pb_facts_fini(&f);
	add(&t, "R-Q3", PB_SEV_ADVICE, "-", "passbench run --depth 64");
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "change")->word, "Measure more first:");
	pb_facts_fini(&f);
	change = add(&t, "R-I2", PB_SEV_ADVICE, "L", "echo 3");
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "change")->word, "Worth trying:");
	assert_string_equal(
		answer(&f, "change")->text,
		"title of R-I2. How much it gains is not known before it is measured. Risk: a risk.");
	pb_facts_fini(&f);
	change->severity = PB_SEV_CRITICAL;
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "change")->word, "Do this first:");
	assert_non_null(strstr(answer(&f, "change")->text, "for safety, not for speed"));
	pb_facts_fini(&f);
	change->gain_pct = 12;
	change->gain_lo_pct = 8;
	change->gain_hi_pct = 15;
	pb_finding_set(&change->gain_of, "iops");
	change->severity = PB_SEV_CRITICAL;
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "change")->word, "Do this first:");
	assert_non_null(strstr(answer(&f, "change")->text, "Expected IOPS"));
	assert_int_equal(answer(&f, "change")->tone, PB_TONE_BAD);
	pb_facts_fini(&f);
	add(&t, "valid-failed-io", PB_SEV_CRITICAL, "-", NULL);
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "change")->word, "First find the fault:");
	assert_int_equal(answer(&f, "change")->finding, 3);
	pb_facts_fini(&f);
	rep_close(&t);
}

static void what_was_applied_is_told(void **state)
{
	struct reporttest t;
	struct pb_facts f;

	(void)state;
	rep_open_default(&t);
	add(&t, "R-I2", PB_SEV_ADVICE, "L", "echo 3");
	rep_tune(&t,
		 "{\"rule\":\"R-I2\",\"title\":\"Moved\",\"verdict\":\"kept\",\"goal\":\"iops\",\"ratio\":1."
		 "09}",
		 NULL);
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "change")->word, "Done:");
	assert_non_null(strstr(answer(&f, "change")->text, "Moved: IOPS +9.0"));
	pb_facts_fini(&f);
	rep_tune(&t, "{\"rule\":\"R-I2\",\"title\":\"Moved\",\"verdict\":\"undone\",\"goal\":\"iops\"}",
		 NULL);
	facts_of(&t, &f);
	assert_non_null(strstr(answer(&f, "change")->text, "tried and undone"));
	pb_facts_fini(&f);
	rep_close(&t);
}

static void how_sure_follows_the_worst_check(void **state)
{
	struct reporttest t;
	struct pb_facts f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.lab = true;
	rep_open(&t, &m);
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "sure")->word, "With care.");
	assert_non_null(strstr(answer(&f, "sure")->text, "\xc2\xb1"));
	assert_non_null(strstr(answer(&f, "sure")->text, "lab"));
	pb_facts_fini(&f);
	rep_close(&t);
	m.clock_bound_ns = 1e9;
	rep_open(&t, &m);
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "sure")->word, "Not sure.");
	assert_non_null(strstr(answer(&f, "sure")->text, "clocks agree only"));
	pb_facts_fini(&f);
	rep_close(&t);
}

static void a_run_without_numbers_says_so(void **state)
{
	struct reporttest t;
	struct pb_facts f;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	for (int i = 0; i < m.steps; i++)
		m.step[i].reason = "failed-io";
	rep_open(&t, &m);
	facts_of(&t, &f);
	assert_string_equal(answer(&f, "enough")->word, "Cannot be said.");
	assert_non_null(strstr(answer(&f, "sure")->text, "no interval"));
	pb_facts_fini(&f);
	rep_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_goal_is_a_yes_a_no_or_neither),
		cmocka_unit_test(without_a_goal_bare_metal_is_the_measure),
		cmocka_unit_test(what_limits_is_a_word_and_a_number),
		cmocka_unit_test(what_to_change_has_an_order),
		cmocka_unit_test(what_was_applied_is_told),
		cmocka_unit_test(how_sure_follows_the_worst_check),
		cmocka_unit_test(a_run_without_numbers_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
