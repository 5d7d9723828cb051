/*
 * What a comparison looks like on the terminal, in a pull request, for CI and for programs: against
 * tests/golden/ (PB_REFRESH=1 accepts what is new), and with hostile names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/cli/compare_forms.h"
#include "tests/unit/mkset.h"
#include "tests/unit/tmpdir.h"

#define GOLDEN "tests/golden"

struct fixture {
	struct tmpdir tmp;
	struct pb_arm base, new_arm;
	struct pb_comparison c;
};

static void compare(struct fixture *f, struct mks base, struct mks new_set)
{
	char a[128], b[128];
	struct pb_err err = PB_ERR_INIT;

	memset(f, 0, sizeof(*f));
	tmpdir_make(&f->tmp);
	snprintf(a, sizeof(a), "%s/a", f->tmp.path);
	snprintf(b, sizeof(b), "%s/b", f->tmp.path);
	assert_int_equal(mks_write(&base, a) | mks_write(&new_set, b), 0);
	if (pb_arm_read(&f->base, a, &err) < 0 || pb_arm_read(&f->new_arm, b, &err) < 0 ||
	    pb_compare_arms(&f->c, &f->base, &f->new_arm, PB_COMPARE_ALPHA, PB_COMPARE_MIN_EFFECT, &err) < 0)
		fail_msg("%s", err.msg);
}

static void done(struct fixture *f)
{
	pb_comparison_fini(&f->c);
	pb_arm_fini(&f->base);
	pb_arm_fini(&f->new_arm);
	tmpdir_remove(&f->tmp);
}

static void golden(const char *name, const char *got)
{
	struct tmpdir dir = {.path = GOLDEN};

	dir.fd = open(GOLDEN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(dir.fd >= 0); /* tests run from the top of the source tree */
	if (getenv("PB_REFRESH"))
		tmpdir_write(&dir, name, got);
	if (strcmp(got, tmpdir_read(&dir, name)) != 0)
		fail_msg(GOLDEN "/%s: got\n%s(PB_REFRESH=1 accepts)", name, got);
	close(dir.fd);
}

static const struct mks before = {.runs = 8, .noise = 0.015, .every = 2};
static const struct mks after = {.runs = 8,
				 .noise = 0.015,
				 .every = 2,
				 .minute = 1,
				 .factor = 0.91,
				 .turn = 5,
				 .patch = ", \"host\": {\"kernel\": \"6.99\"}"};

static void goldens(void **state)
{
	struct fixture f;
	struct pb_buf b = {0};

	(void)state;
	compare(&f, before, after);
	assert_int_equal(pb_compare_text(&b, &f.c), 0);
	golden("compare.txt", b.data);
	pb_buf_clear(&b);
	assert_int_equal(pb_compare_markdown(&b, &f.c), 0);
	golden("compare.md", b.data);
	pb_buf_clear(&b);
	assert_int_equal(pb_compare_junit(&b, &f.c, "2026-11-23T12:00:00Z"), 0);
	golden("compare.xml", b.data);
	pb_buf_fini(&b);
	done(&f);
}

static void nothing_to_judge_is_said_in_each(void **state)
{
	struct mks few = before, few_new = after;
	struct fixture f;
	struct pb_buf b = {0};

	(void)state;
	few.runs = few_new.runs = 3;
	compare(&f, few, few_new);
	assert_int_equal(pb_compare_text(&b, &f.c), 0);
	assert_non_null(strstr(b.data, "Too few runs: 3 and 3"));
	assert_non_null(strstr(b.data, "not compared: bandwidth@1: 3 and 3 values cannot show a change"));
	assert_ptr_equal(strstr(strstr(b.data, "not compared: b") + 1, "not compared: i"), NULL); /* once */
	pb_buf_clear(&b);
	assert_int_equal(pb_compare_markdown(&b, &f.c), 0);
	assert_ptr_equal(strstr(b.data, "**Too few runs"), b.data);
	pb_buf_clear(&b);
	assert_int_equal(pb_compare_junit(&b, &f.c, NULL), 0);
	assert_non_null(strstr(b.data, "tests=\"17\" failures=\"0\" errors=\"1\" skipped=\"16\""));
	pb_buf_fini(&b);
	done(&f);
}

static void numbers_for_programs(void **state)
{
	struct fixture f;
	json_t *j, *m;

	(void)state;
	compare(&f, before, after);
	j = pb_compare_json(&f.c, &f.base, &f.new_arm);
	assert_non_null(j);
	assert_int_equal(json_integer_value(json_object_get(j, "schema")), 1);
	assert_string_equal(json_string_value(json_object_get(j, "verdict")), "environment-changed");
	assert_int_equal(json_integer_value(json_object_get(j, "exit_status")), 1);
	assert_true(json_is_true(json_object_get(j, "in_turns")));
	assert_int_equal(json_array_size(json_object_get(j, "base")), 8);
	assert_int_equal(json_array_size(json_object_get(j, "environment")), 1);
	assert_int_equal(json_array_size(json_object_get(j, "metrics")), 16);
	m = json_array_get(json_object_get(j, "metrics"), 0);
	assert_string_equal(json_string_value(json_object_get(m, "name")), "bandwidth@1");
	assert_string_equal(json_string_value(json_object_get(m, "change")), "environment changed");
	assert_int_equal(json_array_size(json_object_get(json_object_get(m, "new"), "values")), 8);
	assert_true(json_real_value(json_object_get(m, "p")) < 0.001);
	assert_true(json_is_null(json_object_get(m, "why")));
	json_decref(j);
	done(&f);
}

/* What a manifest can hold: markup, quotes, controls, a bidi override. */
#define EVIL "<script>alert(1)</script>\\\"'&\\u0001\\u001b[31m\\u202e|`*_"

static void hostile_names_stay_text(void **state)
{
	struct mks evil = after;
	struct fixture f;
	struct pb_buf b = {0};

	(void)state;
	evil.patch = ", \"host\": {\"kernel\": \"" EVIL "\"}, \"profile\": {\"name\": \"" EVIL "\"}";
	compare(&f, before, evil);
	assert_int_equal(pb_compare_markdown(&b, &f.c), 0);
	assert_null(strstr(b.data, "<script"));
	assert_null(strstr(b.data, "_|")); /* a cell that ends early */
	assert_int_equal(pb_compare_junit(&b, &f.c, NULL), 0);
	assert_null(strstr(b.data, "<script"));
	assert_int_equal(pb_compare_text(&b, &f.c), 0);
	assert_null(strchr(b.data, 0x1b));
	assert_null(strchr(b.data, 0x01));
	assert_null(strstr(b.data, "\xe2\x80\xae"));
	pb_buf_fini(&b);
	done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goldens),
		cmocka_unit_test(nothing_to_judge_is_said_in_each),
		cmocka_unit_test(numbers_for_programs),
		cmocka_unit_test(hostile_names_stay_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
