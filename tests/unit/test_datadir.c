/* Where data files are looked for, and what is said when they are nowhere. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/lib/datadir.h"
#include "tests/unit/tmpdir.h"

static void environment_decides_alone(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	char path[256], want[128];
	struct tmpdir t;

	(void)state;
	tmpdir_make(&t);
	tmpdir_mkdir(&t, "reports");
	tmpdir_write(&t, "profiles", "a file is not a folder");
	setenv("PASSBENCH_DATA", t.path, 1);
	assert_int_equal(pb_datadir(path, sizeof(path), "reports", &err), 0);
	snprintf(want, sizeof(want), "%s/reports", t.path);
	assert_string_equal(path, want);
	assert_int_equal(pb_datadir(path, sizeof(path), "profiles", &err), -ENOENT);
	assert_string_equal(path, want); /* untouched on failure */
	assert_int_equal(err.status, PB_MISSING);
	assert_non_null(strstr(err.msg, "PASSBENCH_DATA"));
	assert_int_equal(pb_datadir(path, 4, "reports", NULL), -ENAMETOOLONG);
	tmpdir_remove(&t);
}

static void nowhere_says_where_it_looked(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	char path[256];

	(void)state;
	unsetenv("PASSBENCH_DATA");
	assert_int_equal(pb_datadir(path, sizeof(path), "no-such-folder-of-passbench", &err), -ENOENT);
	assert_non_null(strstr(err.msg, "no-such-folder-of-passbench"));
	assert_non_null(strstr(err.msg, "/.."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environment_decides_alone),
		cmocka_unit_test(nowhere_says_where_it_looked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
