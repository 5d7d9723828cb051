/* Running a drawing program: done, failed, missing, too slow. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reports/tool.h"
#include "tests/unit/tmpdir.h"

static void outcomes(void **state)
{
	static const char *const fine[] = {"sh", "-c", "echo hello; pwd > where", NULL};
	static const char *const fails[] = {"sh", "-c", "exit 3", NULL};
	static const char *const gone[] = {"no-such-program-of-passbench", NULL};
	static const char *const slow[] = {"sleep", "600", NULL};
	char why[256] = "";
	struct tmpdir t;

	(void)state;
	tmpdir_make(&t);
	assert_int_equal(pb_tool_run(fine, t.fd, "log", 60, why, sizeof(why)), 0);
	assert_string_equal(why, "");
	assert_string_equal(tmpdir_read(&t, "log"), "hello\n");
	assert_true(tmpdir_exists(&t, "where"));
	assert_int_equal(pb_tool_run(fails, t.fd, "log", 60, why, sizeof(why)), -EIO);
	assert_non_null(strstr(why, "report/charts/log"));
	assert_int_equal(pb_tool_run(gone, t.fd, "log", 60, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "not installed"));
	assert_int_equal(pb_tool_run(slow, t.fd, "log", 0, why, sizeof(why)), -ETIMEDOUT);
	tmpdir_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(outcomes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
