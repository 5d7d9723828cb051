/*
 * A run directory in another language: every sentence is recognized as itself, real findings leave no English
 * behind, and so does the page of a run with everything in it.
 */
#include <ctype.h>
#include <dirent.h>

#include "analyzers/analyze.h"
#include "analyzers/run.h"
#include "reports/lang.h"
#include "reports/po.h"
#include "reports/sentence.h"
#include "reports/translate.h"
#include "tests/unit/reporttest.h"

#define GOLDEN "tests/golden"
/* As many English words in a row are a sentence that nobody translated; fewer are names. */
#define WORDS 4

static int use_zh(void **state)
{
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	setenv("PASSBENCH_DATA", ".", 1);
	if (pb_lang_use("zh", &err) < 0)
		fail_msg("%s", err.msg);
	return 0;
}

static int leave(void **state)
{
	(void)state;
	return pb_lang_use(NULL, NULL);
}

/* What printf would make of fmt with made-up arguments that no phrase looks like. */
static void print_with_anything(struct pb_buf *out, const char *fmt)
{
	unsigned n = 0;

	for (; *fmt; fmt++) {
		if (*fmt != '%') {
			pb_buf_add(out, fmt, 1);
			continue;
		}
		fmt += 1 + strspn(fmt + 1, "-+ #0123456789.*hlzjt");
		if (*fmt == '%')
			pb_buf_str(out, "%");
		else if (*fmt == 's')
			pb_buf_printf(out, "Qx%uz", ++n);
		else
			pb_buf_str(out, *fmt == 'c' ? "P" : strchr("gfe", *fmt) ? "3.5" : "12");
	}
}

static void every_sentence_is_recognized_as_itself(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_sentence s;
	struct pb_po po;
	size_t checked = 0;

	(void)state;
	assert_int_equal(pb_po_read(&po, "reports/zh.po", &err), 0);
	for (size_t i = 0; i < po.n; i++) {
		struct pb_buf text = {0}, want = {0};

		if (!po.v[i].is_format || pb_sentence_letters(po.v[i].id) < 3)
			continue;
		print_with_anything(&text, po.v[i].id);
		if (!pb_sentence_match(&s, po.v[i].id, text.data))
			fail_msg("'%s' is not recognized by its own format", text.data);
		pb_sentence_fill(&want, po.v[i].str, &s, NULL);
		if (strcmp(pb_lang_say(text.data), want.data) != 0)
			fail_msg("'%s' became '%s', not '%s'", text.data, pb_lang_say(text.data), want.data);
		pb_buf_fini(&text);
		pb_buf_fini(&want);
		checked++;
	}
	assert_true(checked > 300);
	pb_po_fini(&po);
}

/* A word of a sentence: letters, perhaps an apostrophe; file names, columns and commands are none. */
static size_t word_length(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'");

	return n > 1 && (!s[n] || strchr(" ,;:.)", s[n])) &&
			       !(s[n] == '.' && isalnum((unsigned char)s[n + 1]))
		       ? n
		       : 0;
}

/* The first run of WORDS English words in text, or NULL. */
static const char *english(const char *text)
{
	const char *begin = NULL;
	size_t words = 0, n;

	while (*text) {
		n = word_length(text);
		if (!n) {
			words = 0;
			text += strcspn(text, " ");
			text += strspn(text, " ");
			continue;
		}
		begin = words++ ? begin : text;
		if (words == WORDS)
			return begin;
		text += n;
		n = strspn(text, " ,;:)");
		words = n ? words : 0;
		text += n ? n : strcspn(text, " ");
	}
	return NULL;
}

static void no_english(const char *what, const char *text)
{
	static const char *const names[] = {"QEMU TCG CPU version"};
	const char *found = english(text);
	size_t i;

	for (i = 0; found && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(found, names[i], strlen(names[i])))
			found = english(found + strlen(names[i]));
	if (found)
		fail_msg("%s: English is left in '%.200s'", what, found);
}

static void english_is_told_from_names(void **state)
{
	(void)state;
	assert_non_null(english("the depth was not held"));
	assert_non_null(english("深度 the depth was not, 保持"));
	assert_null(english("host/cpu.csv 的 idle_ns 和 iowait_ns 列：QEMU KVM 3 IOPS"));
	assert_null(english("QEMU NVMe Ctrl 10.0.2 one two x_y three"));
}

static void findings_of(const char *name, struct pb_findings *fs)
{
	struct pb_err err = PB_ERR_INIT;
	json_t *j = NULL;
	int fd = open(GOLDEN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	if (pb_json_read(&j, fd, name, &err) < 0 || pb_findings_from_json(fs, j, &err) < 0)
		fail_msg("%s: %s", name, err.msg);
	json_decref(j);
	close(fd);
}

static void check_findings(const char *name)
{
	struct pb_findings fs = {0};

	findings_of(name, &fs);
	pb_translate_findings(&fs);
	for (size_t i = 0; i < fs.n; i++) {
		const struct pb_finding *f = fs.v[i];

		no_english(name, f->title);
		no_english(name, f->what);
		no_english(name, f->risk);
		assert_null(strstr("high medium low none", f->confidence));
		for (size_t k = 0; k < f->n_evidence; k++)
			no_english(name, f->evidence[k].text);
		for (size_t k = 0; k < f->missing.n; k++)
			no_english(name, f->missing.v[k]);
	}
	pb_findings_fini(&fs);
}

static void findings_leave_no_english_behind(void **state)
{
	DIR *d = opendir(GOLDEN);
	struct dirent *e;
	size_t n = 0;

	(void)state;
	assert_non_null(d);
	while ((e = readdir(d)))
		if (strlen(e->d_name) > 5 && !strcmp(e->d_name + strlen(e->d_name) - 5, ".json")) {
			check_findings(e->d_name);
			n++;
		}
	closedir(d);
	assert_true(n >= 5);
}

/* Texts only: no style, no commands and file names, no tags. */
static char *visible(const char *page)
{
	static const char *const skip[] = {"style", "pre", "code", "title", "desc"};
	char *out = calloc(1, strlen(page) + 1), end[16];
	size_t n = 0, i;

	while (*page) {
		for (i = 0; i < sizeof(skip) / sizeof(skip[0]); i++)
			if (*page == '<' && !strncmp(page + 1, skip[i], strlen(skip[i])))
				break;
		if (i < sizeof(skip) / sizeof(skip[0])) {
			snprintf(end, sizeof(end), "</%s>", skip[i]);
			page = strstr(page, end);
			assert_non_null(page);
		}
		if (*page == '<') {
			page += strcspn(page, ">");
			page += *page == '>';
			out[n++] = '\n';
		} else {
			out[n++] = *page++;
		}
	}
	return out;
}

static void page_of_a_whole_run_is_chinese(void **state)
{
	static const char tune[] =
		"{\"rule\":\"R-I2\",\"title\":\"Move the vfio vectors to housekeeping CPUs 2 and others\","
		"\"verdict\":\"kept\",\"reason\":\"the gain's interval excludes zero and p99 did not "
		"suffer\","
		"\"goal\":\"iops\",\"a\":{\"label\":\"as "
		"found\",\"median\":11000},\"b\":{\"label\":\"2\",\"median\":"
		"12000},\"ratio\":1.09,\"ratio_lo\":1.05,\"ratio_hi\":1.13,\"p\":0.01,\"min_effect_pct\":3,"
		"\"pairs\":2,"
		"\"changes\":[],\"effect\":[{\"name\":\"vfio-msix[1]\",\"what\":\"CPU that takes most of the "
		"interrupts\",\"before\":\"CPU 0 (100%)\",\"after\":\"CPU 2 "
		"(99%)\"}],\"undo_log\":\"undo.log\"}";
	struct pb_err err = PB_ERR_INIT;
	struct pb_run *run;
	struct reporttest t;
	char *page, *text;

	(void)state;
	rep_open_default(&t);
	if (pb_run_open(&run, t.path, &err) < 0 || pb_analyze(run, &t.findings, &err) < 0)
		fail_msg("%s", err.msg);
	pb_run_close(run);
	rep_tune(&t, tune, NULL);
	json_array_append_new(
		json_object_get(t.dir.manifest, "warnings"),
		json_string("sampling used 2.6% of a CPU (more than 1%): use a longer interval or "
			    "fewer collectors"));
	pb_translate_findings(&t.findings);
	pb_translate_manifest(t.dir.manifest);
	if (pb_report_html.write(&t.in, &err) < 0)
		fail_msg("%s", err.msg);
	page = rep_slurp(&t, "report/index.zh.html");
	assert_non_null(strstr(page, "<html lang=\"zh-CN\">"));
	assert_non_null(strstr(page, "采样占用一个 CPU 的 2.6%"));
	assert_non_null(strstr(page, "将 vfio 中断向量迁到管家 CPU 2"));
	text = visible(page);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		no_english("page", line);
	free(text);
	free(page);
	rep_close(&t);
}

/* Two formats fit; the one that leads to a phrase of ours is meant. */
static void known_arguments_decide_between_formats(void **state)
{
	(void)state;
	assert_string_equal(
		pb_lang_say("unavailable: no PCIe counters in /sys/bus/event_source/devices (Intel: modprobe "
			    "intel_uncore; AMD: Zen 4's amd_df)"),
		"不可用：/sys/bus/event_source/devices 中没有 PCIe 计数器（Intel：modprobe "
		"intel_uncore；AMD：Zen 4 的 amd_df）");
	assert_string_equal(pb_lang_say("unavailable: /proc/x: no such device"),
			    "不可用：/proc/x：没有该设备");
}

/* Text of a guest that looks like nothing of ours comes out as it went in. */
static void strangers_stay_as_they_are(void **state)
{
	static const char *const texts[] = {"",         "QEMU NVMe Ctrl", "a: b", "x, y; z (w)",
					    "%s %d %n", "needs",          EVIL};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_string_equal(pb_lang_say(texts[i]), texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_sentence_is_recognized_as_itself, use_zh, leave),
		cmocka_unit_test(english_is_told_from_names),
		cmocka_unit_test_setup_teardown(findings_leave_no_english_behind, use_zh, leave),
		cmocka_unit_test_setup_teardown(page_of_a_whole_run_is_chinese, use_zh, leave),
		cmocka_unit_test_setup_teardown(known_arguments_decide_between_formats, use_zh, leave),
		cmocka_unit_test_setup_teardown(strangers_stay_as_they_are, use_zh, leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
