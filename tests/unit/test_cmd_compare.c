/*
 * passbench compare as a CI job meets it: the built program, its exit statuses, its files. Skipped where
 * there is no program beside the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sys/wait.h>

#include "engine/lib/json.h"
#include "tests/unit/built.h"
#include "tests/unit/mkset.h"
#include "tests/unit/tmpdir.h"

struct fixture {
	struct tmpdir tmp;
	char program[PATH_MAX];
};

/* Everything is run inside the temporary directory, so that names are short. */
static int compare(const struct fixture *f, const char *arguments)
{
	char line[2 * PATH_MAX];
	int status;

	snprintf(line, sizeof(line), "cd %s && %s compare %s >out 2>err", f->tmp.path, f->program, arguments);
	status = system(line); /* NOLINT(cert-env33-c): the shell is what a CI job uses */
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void make_set(const struct fixture *f, const char *name, struct mks s)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->tmp.path, name);
	assert_int_equal(mks_write(&s, path), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	tmpdir_make(&f->tmp);
	if (!built_find("passbench", f->program, sizeof(f->program)))
		f->program[0] = '\0';
	make_set(f, "base", (struct mks){.runs = 8, .noise = 0.01, .every = 2});
	make_set(f, "same", (struct mks){.runs = 8, .noise = 0.01, .every = 2, .minute = 1, .turn = 5});
	make_set(f, "slow",
		 (struct mks){.runs = 8, .noise = 0.01, .every = 2, .minute = 1, .turn = 5, .factor = 0.9});
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tmpdir_remove(&f->tmp);
	free(f);
	return 0;
}

#define NEEDS_PROGRAM(f)                                                                                     \
	do {                                                                                                 \
		if (!(f)->program[0])                                                                        \
			skip();                                                                              \
	} while (0)

static void exit_statuses(void **state)
{
	const struct fixture *f = *state;

	NEEDS_PROGRAM(f);
	assert_int_equal(compare(f, "base same"), 0);
	assert_ptr_equal(strstr(tmpdir_read(&f->tmp, "out"), "No regression"), tmpdir_read(&f->tmp, "out"));
	assert_int_equal(compare(f, "base slow"), 1);
	assert_ptr_equal(strstr(tmpdir_read(&f->tmp, "out"), "Regression"), tmpdir_read(&f->tmp, "out"));
	assert_int_equal(compare(f, "base slow --min-effect 50%"), 0);
	assert_int_equal(compare(f, "slow base"), 0);
	assert_int_equal(compare(f, "base/run0 slow/run0"), 4);
	assert_non_null(strstr(tmpdir_read(&f->tmp, "out"), "at least 5 of each are needed"));
	assert_int_equal(compare(f, "base/run0,base/run1,base/run2,base/run3,base/run4 slow"), 1);
}

static void bad_input_is_one_sentence(void **state)
{
	static const char *const bad[][2] = {
		{"base", "usage: passbench compare"},
		{"base base", "are the same run"},
		{"base nowhere", "cannot open nowhere"},
		{"base same --min-effect x", "--min-effect x: 0% to 100%"},
		{"base same --min-effect 101", "0% to 100%"},
		{"base same --alpha 0", "--alpha 0: above 0"},
		{"base same --alpha nan", "--alpha nan: above 0"},
		{"base same --frobnicate", "no such option"},
	};
	const struct fixture *f = *state;

	NEEDS_PROGRAM(f);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(compare(f, bad[i][0]), 2);
		if (!strstr(tmpdir_read(&f->tmp, "err"), bad[i][1]))
			fail_msg("%s: %s", bad[i][0], tmpdir_read(&f->tmp, "err"));
		assert_string_equal(tmpdir_read(&f->tmp, "out"), "");
	}
	tmpdir_write(&f->tmp, "same/run3/host/cpu.csv", "t_ns,cpu\n");
	assert_int_equal(compare(f, "base same --junit r.xml"), 2);
	assert_non_null(strstr(tmpdir_read(&f->tmp, "err"), "same/run3: host/cpu.csv is not the file"));
	assert_false(tmpdir_exists(&f->tmp, "r.xml"));
}

static void files_are_written_whole(void **state)
{
	const struct fixture *f = *state;

	NEEDS_PROGRAM(f);
	assert_int_equal(compare(f, "base slow --junit r.xml --markdown r.md"), 1);
	assert_ptr_equal(strstr(tmpdir_read(&f->tmp, "r.xml"), "<?xml"), tmpdir_read(&f->tmp, "r.xml"));
	assert_ptr_equal(strstr(tmpdir_read(&f->tmp, "r.md"), "**Regression: "),
			 tmpdir_read(&f->tmp, "r.md"));
	assert_int_equal(compare(f, "base slow --junit no/such/folder/r.xml"), 5);
	assert_non_null(strstr(tmpdir_read(&f->tmp, "err"), "no/such/folder/r.xml"));
}

static void json_is_all_of_the_output(void **state)
{
	const struct fixture *f = *state;
	json_t *j = NULL;

	NEEDS_PROGRAM(f);
	assert_int_equal(compare(f, "base slow --json"), 1);
	assert_int_equal(pb_json_read(&j, f->tmp.fd, "out", NULL), 0);
	assert_string_equal(pb_json_str(j, "verdict", ""), "regression");
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(exit_statuses, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_input_is_one_sentence, setup, teardown),
		cmocka_unit_test_setup_teardown(files_are_written_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(json_is_all_of_the_output, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
