/* The catalogue reader: strings over several lines, escapes, flags, and the line of what it does not take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reports/po.h"
#include "tests/unit/tmpdir.h"

static int read_text(struct pb_po *po, const char *text, struct pb_err *err)
{
	struct tmpdir t;
	char path[128];
	int ret;

	tmpdir_make(&t);
	tmpdir_write(&t, "x.po", text);
	snprintf(path, sizeof(path), "%s/x.po", t.path);
	ret = pb_po_read(po, path, err);
	tmpdir_remove(&t);
	return ret;
}

static void entries_are_found_by_their_text(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_po po;

	(void)state;
	assert_int_equal(read_text(&po,
				   "# glossary\nmsgid \"\"\nmsgstr \"\"\n\"Language: x\\n\"\n\n"
				   "#, no-c-format\nmsgid \"b \\\"q\\\"\"\nmsgstr \"B\"\n\n"
				   "#, c-format\nmsgid \"\"\n\"a %s\\n\"\n\"tail\"\nmsgstr \"A \"\n\"%s\"\n",
				   &err),
			 0);
	assert_int_equal(po.n, 2);
	assert_string_equal(pb_po_find(&po, "b \"q\"")->str, "B");
	assert_false(pb_po_find(&po, "b \"q\"")->is_format);
	assert_string_equal(pb_po_find(&po, "a %s\ntail")->str, "A %s");
	assert_true(pb_po_find(&po, "a %s\ntail")->is_format);
	assert_null(pb_po_find(&po, "c"));
	pb_po_fini(&po);
}

static void untranslated_and_fuzzy_ones_are_left_out(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_po po;

	(void)state;
	assert_int_equal(read_text(&po,
				   "msgid \"a\"\nmsgstr \"\"\n\n#, fuzzy\nmsgid \"b\"\nmsgstr \"B\"\n"
				   "msgid \"c\"\nmsgstr \"C\"\nmsgid \"d\"\nmsgstr \"D\"\n",
				   &err),
			 0);
	assert_int_equal(po.n, 2);
	assert_null(pb_po_find(&po, "a"));
	assert_null(pb_po_find(&po, "b"));
	assert_string_equal(pb_po_find(&po, "c")->str, "C");
	pb_po_fini(&po);
	assert_int_equal(read_text(&po, "", &err), 0);
	assert_int_equal(po.n, 0);
	assert_null(pb_po_find(&po, "a"));
}

static void what_is_no_catalogue_is_named_by_line(void **state)
{
	static const char *const bad[] = {
		"msgid \"a\"\nmsgstr \"A\n",         "\"stray\"\n",
		"msgid \"a\"\nmsgid_plural \"b\"\n", "msgid \"a\"\nmsgstr \"\\x41\"\n",
		"msgid \"a\"\nmsgstr A\n",           "msgstr \"A\"\n"};
	struct pb_po po;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pb_err err = PB_ERR_INIT;

		assert_true(read_text(&po, bad[i], &err) < 0);
		assert_int_equal(err.status, PB_USAGE);
		assert_non_null(strstr(err.msg, "x.po:"));
		assert_int_equal(po.n, 0);
	}
}

static void missing_file_is_said(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_po po;

	(void)state;
	assert_true(pb_po_read(&po, "/nonexistent/x.po", &err) < 0);
	assert_int_equal(err.status, PB_MISSING);
	assert_non_null(strstr(err.msg, "/nonexistent/x.po"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_are_found_by_their_text),
		cmocka_unit_test(untranslated_and_fuzzy_ones_are_left_out),
		cmocka_unit_test(what_is_no_catalogue_is_named_by_line),
		cmocka_unit_test(missing_file_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
