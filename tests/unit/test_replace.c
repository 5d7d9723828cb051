/* Unit tests of engine/lib/replace.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>

#include "engine/lib/replace.h"
#include "tests/unit/tmpdir.h"

static int setup(void **state)
{
	struct tmpdir *d = malloc(sizeof(*d));

	assert_non_null(d);
	tmpdir_make(d);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	tmpdir_remove(*state);
	free(*state);
	return 0;
}

static void appears_only_when_committed(void **state)
{
	struct tmpdir *d = *state;
	struct pb_err err = PB_ERR_INIT;
	FILE *f;

	tmpdir_write(d, "a.txt", "old");
	f = pb_replace_begin(d->fd, "a.txt", &err);
	assert_non_null(f);
	fputs("new", f);
	fflush(f);
	assert_string_equal(tmpdir_read(d, "a.txt"), "old");
	assert_int_equal(pb_replace_commit(d->fd, f, "a.txt", &err), 0);
	assert_string_equal(tmpdir_read(d, "a.txt"), "new");
	assert_false(tmpdir_exists(d, "a.txt.tmp"));
}

static void cancel_leaves_the_old_file(void **state)
{
	struct tmpdir *d = *state;
	FILE *f;

	tmpdir_write(d, "a.txt", "old");
	f = pb_replace_begin(d->fd, "a.txt", NULL);
	assert_non_null(f);
	fputs("new", f);
	pb_replace_cancel(d->fd, f, "a.txt");
	assert_string_equal(tmpdir_read(d, "a.txt"), "old");
	assert_false(tmpdir_exists(d, "a.txt.tmp"));
}

static void planted_link_is_not_followed(void **state)
{
	struct tmpdir *d = *state;
	struct pb_err err = PB_ERR_INIT;

	tmpdir_write(d, "victim", "untouched");
	assert_int_equal(symlinkat("victim", d->fd, "a.txt.tmp"), 0);
	assert_null(pb_replace_begin(d->fd, "a.txt", &err));
	assert_non_null(strstr(err.msg, "cannot write a.txt"));
	assert_string_equal(tmpdir_read(d, "victim"), "untouched");
}

/* A disk that is full, as /dev/full plays it: the stream fails, the old file stays. */
static void full_disk_is_reported(void **state)
{
	struct tmpdir *d = *state;
	struct pb_err err = PB_ERR_INIT;
	FILE *f;

	tmpdir_write(d, "a.txt", "old");
	tmpdir_write(d, "a.txt.tmp", "");
	f = fopen("/dev/full", "w");
	if (!f)
		skip();
	fputs("new", f);
	assert_int_equal(pb_replace_commit(d->fd, f, "a.txt", &err), -ENOSPC);
	assert_string_equal(err.msg, "cannot write a.txt: No space left on device");
	assert_int_equal(err.status, PB_MISSING);
	assert_string_equal(tmpdir_read(d, "a.txt"), "old");
	assert_false(tmpdir_exists(d, "a.txt.tmp"));
}

static void missing_directory(void **state)
{
	struct tmpdir *d = *state;
	struct pb_err err = PB_ERR_INIT;

	assert_null(pb_replace_begin(d->fd, "none/a.txt", &err));
	assert_non_null(strstr(err.msg, "none/a.txt: No such file"));
}

int main(void)
{
#define WITH_DIR(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_DIR(appears_only_when_committed),
		WITH_DIR(cancel_leaves_the_old_file),
		WITH_DIR(planted_link_is_not_followed),
		WITH_DIR(full_disk_is_reported),
		WITH_DIR(missing_directory),
	};

	return cmocka_run_group_tests_name("replace", tests, NULL, NULL);
}
