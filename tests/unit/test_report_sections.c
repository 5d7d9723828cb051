/* First screen, risks, checklist, restore, changes and path in all formats: they say the same, and nothing a
 * disk, a guest or a log says can take over the page. */
#include "tests/unit/reporttest.h"

#define NASTY "<script>alert(1)</script>\"' onload=x \x01\x1b\xe2\x80\xae|`*_"

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void put(struct reporttest *t, const char *name, const char *text)
{
	struct pb_err err = PB_ERR_INIT;

	assert_int_equal(pb_rundir_put(&t->dir, name, text, strlen(text), &err), 0);
}

/* What a layer, a log or a table could be called by somebody who means harm. */
static void poison(struct reporttest *t)
{
	json_t *disk = json_object_get(t->dir.manifest, "disk"), *line;
	json_t *env = json_pack("{s:s,s:s}", "vulnerability." NASTY, "Vulnerable", "cmdline", NASTY);
	char *text;

	rep_poison(t, NASTY);
	json_object_set_new(disk, "stack",
			    json_pack("[{s:s,s:s,s:s,s:n},{s:s,s:s,s:s,s:i}]", "name", NASTY, "kind", "crypt",
				      "detail", NASTY, "degraded", "name", NASTY, "kind", "raid", "detail",
				      NASTY, "degraded", 1));
	json_object_set_new(disk, "iommu_group_devices", json_pack("[s]", NASTY));
	json_object_set_new(t->dir.manifest, "environment", env);
	json_object_set_new(t->dir.manifest, "environment_changes", json_pack("{s:[ss]}", NASTY, "a", "b"));
	json_object_set_new(json_object_get(t->dir.manifest, "profile"), "bs", json_string(NASTY));
	line = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s}", "seq", 1, "kind", NASTY, "key", NASTY, "name", NASTY,
			 "old", NASTY, "new", NASTY);
	text = json_dumps(line, JSON_COMPACT);
	put(t, "undo.log", text);
	free(text);
	json_decref(line);
	put(t, "host/pcie.csv",
	    "t_ns,bdf,hop,kind,link_speed_gts,link_width,driver,shared_disks,shared_with\n"
	    "1,<script>,0,endpoint,8,4,<script>,0,\n1,<script>,1,root-port,8,4,x,2,\"<script>\"\"'\"\n");
}

static void hostile_text_stays_text_on_the_page(void **state)
{
	struct reporttest t;
	char *page;

	(void)state;
	rep_open_default(&t);
	poison(&t);
	page = rep_write(&t, &pb_report_html);
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "\"' onload"));
	assert_null(strstr(page, "\x01"));
	assert_null(strstr(page, "\x1b"));
	assert_null(strstr(page, "\xe2\x80\xae"));
	assert_true(count(page, "&lt;script&gt;") >= 10);
	free(page);
	rep_close(&t);
}

static void hostile_text_stays_text_in_markdown(void **state)
{
	struct reporttest t;
	char *text;

	(void)state;
	rep_open_default(&t);
	poison(&t);
	text = rep_write(&t, &pb_report_md);
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "\x01"));
	assert_null(strstr(text, "\x1b"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_null(strstr(text, "_|`")); /* a cell cannot end early */
	free(text);
	rep_close(&t);
}

static void every_section_is_there(void **state)
{
	static const char *const want[] = {
		"id=\"answer-enough\"", "id=\"answer-limit\"", "id=\"answer-change\"", "id=\"answer-sure\"",
		"id=\"risks\"",         "id=\"checklist\"",    "id=\"restore\"",       "id=\"changes\"",
		"id=\"check-cache\"",   "id=\"risk-cache\"",   "Could not be judged",  "class=topo",
		"href=\"../steps.csv\""};
	struct reporttest t;
	char *page;

	(void)state;
	rep_open_default(&t);
	page = rep_write(&t, &pb_report_html);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		if (!strstr(page, want[i]))
			fail_msg("no %s in the page", want[i]);
	assert_true(strstr(page, "id=\"answer-enough\"") < strstr(page, "class=cards"));
	assert_null(strstr(page, "href=\"../paths/paths.json\"")); /* only what is there is linked */
	assert_null(strstr(page, "href=\"../findings.json\""));
	free(page);
	rep_close(&t);
}

/* A run that measured reads says nothing of how long a restore takes. */
static void no_restore_time_without_writes(void **state)
{
	struct reporttest t;
	json_t *j, *restore;
	char *text;

	(void)state;
	rep_open_default(&t);
	text = rep_write(&t, &pb_report_md);
	assert_non_null(strstr(text, "there is no restore time"));
	assert_non_null(strstr(text, "Only small blocks were measured"));
	free(text);
	text = rep_write(&t, &pb_report_json);
	j = json_loads(text, 0, NULL);
	restore = json_object_get(j, "restore");
	assert_true(json_is_null(json_object_get(restore, "restore")));
	assert_int_equal(json_array_size(json_object_get(json_object_get(restore, "backup"), "times")), 4);
	assert_string_equal(pb_json_str(restore, "basis", ""), "small");
	json_decref(j);
	free(text);
	rep_close(&t);
}

static const json_t *by_id(const json_t *list, const char *id)
{
	json_t *o;
	size_t i;

	json_array_foreach((json_t *)list, i, o) if (!strcmp(pb_json_str(o, "id", ""), id)) return o;
	fail_msg("no %s", id);
	return NULL;
}

static void programs_get_ids_and_levels(void **state)
{
	struct pb_finding *f;
	struct reporttest t;
	const json_t *o;
	json_t *j;
	char *text;

	(void)state;
	rep_open_default(&t);
	f = pb_finding_new(&t.findings, "cache-vfio", "cache");
	f->severity = PB_SEV_ADVICE;
	pb_finding_set(&f->title, "nothing flushes");
	put(&t, "undo.log",
	    "{\"seq\":1,\"kind\":\"bind\",\"key\":\"0000:01:00.0\",\"name\":\"\",\"old\":\"nvme\",\"new\":"
	    "\"vfio-pci\"}\n"
	    "{\"seq\":1,\"done\":\"undone\"}\n");
	text = rep_write(&t, &pb_report_json);
	j = json_loads(text, 0, NULL);
	o = by_id(json_object_get(j, "checklist"), "cache");
	assert_string_equal(pb_json_str(o, "level", ""), "medium");
	assert_string_equal(pb_json_str(o, "area", ""), "data-loss");
	assert_string_equal(pb_json_str(o, "rule", ""), "cache-vfio");
	assert_string_equal(pb_json_str(o, "text", ""), "nothing flushes");
	o = by_id(json_object_get(j, "checklist"), "raid");
	assert_string_equal(pb_json_str(o, "level", ""), "unknown");
	o = json_array_get(json_object_get(j, "changes"), 0);
	assert_string_equal(pb_json_str(o, "state", ""), "undone");
	assert_string_equal(pb_json_str(o, "new", ""), "vfio-pci");
	assert_string_equal(
		pb_json_str(json_object_get(json_object_get(j, "answers"), "enough"), "level", ""), "note");
	json_decref(j);
	free(text);
	rep_close(&t);
}

/* The disk's link trained narrower than both ends can, below a port that another disk shares. */
static void the_path_marks_what_is_less(void **state)
{
	struct reporttest t;
	char *page;

	(void)state;
	rep_open_default(&t);
	put(&t, "host/pcie.csv",
	    "t_ns,bdf,hop,kind,link_speed_gts,link_width,max_link_speed_gts,max_link_width,numa_node,iommu_"
	    "group,"
	    "driver,link_max_speed_gts,link_max_width,shared_disks,shared_with\n"
	    "1,0000:03:00.0,0,endpoint,8,2,8,4,0,3,vfio-pci,8,4,0,\n"
	    "1,0000:02:00.0,1,bridge,8,2,8,4,0,3,pcieport,8,4,0,\n"
	    "1,0000:01:00.0,2,bridge,16,4,16,4,0,3,pcieport,16,4,1,0000:04:00.0\n"
	    "1,0000:00:01.0,3,root-port,16,4,16,4,0,3,pcieport,16,4,1,0000:04:00.0\n");
	page = rep_write(&t, &pb_report_html);
	assert_non_null(strstr(page, "<li class=\"link less\"><span>8 GT/s x2"));
	assert_non_null(strstr(page, "could be 8 GT/s x4"));
	assert_non_null(strstr(page, "<li class=\"link inside\">"));
	assert_non_null(strstr(page, "<li class=\"link shared\"><span>16 GT/s x4"));
	assert_non_null(strstr(page, "shared with 0000:04:00.0"));
	assert_int_equal(count(page, "<li class=\"link"), 3);
	assert_true(strstr(page, "Root port 0000:00:01.0") < strstr(page, "link shared"));
	free(page);
	rep_close(&t);
}

static void a_trial_says_where_its_settings_stand(void **state)
{
	static const char tune[] = "{\"rule\":\"R-I2\",\"title\":\"Move\",\"verdict\":\"undone\",\"goal\":"
				   "\"iops\",\"ratio\":1.01,"
				   "\"ratio_lo\":0.9,\"ratio_hi\":1.1,\"p\":0.5,\"p99_ratio\":0.8,\"pairs\":"
				   "8,\"min_effect_pct\":3,"
				   "\"effect\":[{\"name\":\"v\",\"what\":\"CPU\",\"cpu_before\":0,\"cpu_"
				   "after\":3,\"share_before\":1.0,"
				   "\"share_after\":0.97}]}";
	struct reporttest t;
	char *page;

	(void)state;
	rep_open_default(&t);
	rep_tune(&t, tune, NULL);
	put(&t, "tune/1-R-I2/undo.log",
	    "{\"seq\":1,\"kind\":\"affinity\",\"key\":\"a\",\"name\":\"v\",\"old\":\"0\",\"new\":\"3\"}\n"
	    "{\"seq\":1,\"done\":\"undone\"}\n");
	page = rep_write(&t, &pb_report_html);
	assert_non_null(strstr(page, "Settings that were written: 1. Put back: 1, kept: 0"));
	assert_non_null(strstr(page, "CPU 3 (97 %)"));
	assert_non_null(strstr(page, "p99 latency changed by"));
	assert_non_null(strstr(page, "href=\"../tune/1-R-I2/undo.log\""));
	free(page);
	rep_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text_stays_text_on_the_page),
		cmocka_unit_test(hostile_text_stays_text_in_markdown),
		cmocka_unit_test(every_section_is_there),
		cmocka_unit_test(no_restore_time_without_writes),
		cmocka_unit_test(programs_get_ids_and_levels),
		cmocka_unit_test(the_path_marks_what_is_less),
		cmocka_unit_test(a_trial_says_where_its_settings_stand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
