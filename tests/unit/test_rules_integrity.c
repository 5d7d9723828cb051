/*
 * What integrity mode found becomes a finding, and nothing else is concluded
 * from such a run.
 */
#include "tests/unit/ruletest.h"

#define COUNTS(torn, stale)                                                                                  \
	"\"counts\": {\"corrupted\": 0, \"misdirected\": 0, \"torn\": " torn ", \"stale\": " stale           \
	", \"unstamped\": 0, \"unreadable\": 0}"
#define SECTION(checked, error, counts)                                                                      \
	"{\"mode\": \"both\", \"checked_blocks\": " checked ", \"error\": " error ", " counts "}"

static void analyze(struct mk_run *m, const char *section, int rows, struct pb_findings *fs)
{
	mk_default(m);
	m->integrity = section;
	m->bad_rows = rows;
	rt_analyze(m, fs);
}

static void bad_blocks_are_critical(void **state)
{
	struct pb_findings fs;
	struct pb_finding *f;
	struct mk_run m;
	unsigned named = 0;

	(void)state;
	analyze(&m, SECTION("2048", "null", COUNTS("1", "8")), 9, &fs);
	assert_int_equal(fs.n, 1); /* no performance was measured: no other rule speaks */
	f = rt_loud(&fs, "integrity");
	assert_int_equal(f->severity, PB_SEV_CRITICAL);
	assert_string_equal(f->title, "9 of 2048 blocks are not what was written");
	assert_non_null(rt_evidence(f, "manifest.json", "integrity.counts.torn"));
	assert_non_null(rt_evidence(f, "manifest.json", "integrity.counts.stale"));
	assert_null(rt_evidence(f, "manifest.json", "integrity.counts.corrupted"));
	assert_string_equal(rt_evidence(f, "integrity.csv", "lba")->text,
			    "LBA 0 is torn: expected pass 2, found pass 1");
	for (size_t i = 0; i < f->n_evidence; i++)
		named += strcmp(f->evidence[i].column, "lba") == 0;
	assert_int_equal(named, 5);
	pb_findings_fini(&fs);
}

static void one_bad_block_is_enough(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	analyze(&m, SECTION("2048", "null", COUNTS("0", "1")), 1, &fs);
	assert_non_null(rt_loud(&fs, "integrity"));
	pb_findings_fini(&fs);
}

static void sound_blocks_need_nothing(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	analyze(&m, SECTION("2048", "null", COUNTS("0", "0")), 0, &fs);
	assert_int_equal(fs.n, 1);
	assert_int_equal(rt_find(&fs, "integrity")->severity, PB_SEV_INFO);
	assert_non_null(strstr(rt_find(&fs, "integrity")->title, "no change needed"));
	pb_findings_fini(&fs);
	/* written and not read back proves nothing */
	analyze(&m, SECTION("0", "null", COUNTS("0", "0")), 0, &fs);
	assert_null(strstr(rt_find(&fs, "integrity")->title, "no change needed"));
	pb_findings_fini(&fs);
	mk_default(&m);
	rt_analyze(&m, &fs);
	assert_null(rt_find(&fs, "integrity")); /* another kind of run */
	pb_findings_fini(&fs);
}

static void an_early_end_is_critical(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	analyze(&m, SECTION("2048", "\"a write failed\"", COUNTS("0", "0")), 0, &fs);
	assert_int_equal(rt_loud(&fs, "integrity")->severity, PB_SEV_CRITICAL);
	assert_non_null(rt_evidence(rt_loud(&fs, "integrity"), "manifest.json", "integrity.error"));
	pb_findings_fini(&fs);
}

static void the_list_missing_is_said(void **state)
{
	struct pb_findings fs;
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.integrity = SECTION("2048", "null", COUNTS("1", "0"));
	m.bad_rows = 1;
	m.drop_file = "integrity.csv";
	rt_analyze(&m, &fs);
	assert_non_null(rt_loud(&fs, "integrity"));
	assert_true(rt_lacks(&fs, "integrity", "integrity.csv"));
	pb_findings_fini(&fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_blocks_are_critical),   cmocka_unit_test(one_bad_block_is_enough),
		cmocka_unit_test(sound_blocks_need_nothing), cmocka_unit_test(an_early_end_is_critical),
		cmocka_unit_test(the_list_missing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
