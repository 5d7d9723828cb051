/* Unit tests of engine/lib/err.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "engine/lib/err.h"

static void records_message_and_status(void **state)
{
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	assert_int_equal(pb_fail(&err, PB_UNSAFE, EBUSY, "disk %s is mounted on %s", "sda", "/"), -EBUSY);
	assert_int_equal(err.status, PB_UNSAFE);
	assert_string_equal(err.msg, "disk sda is mounted on /");
}

static void first_message_stays(void **state)
{
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	pb_fail(&err, PB_USAGE, EINVAL, "first");
	assert_int_equal(pb_fail(&err, PB_MISSING, ENOENT, "second"), -ENOENT);
	assert_string_equal(err.msg, "first");
	assert_int_equal(err.status, PB_USAGE);
}

static void null_is_accepted(void **state)
{
	(void)state;
	assert_int_equal(pb_fail(NULL, PB_USAGE, EINVAL, "nobody listens"), -EINVAL);
}

static void long_message_is_cut(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	char text[2000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	pb_fail(&err, PB_USAGE, EINVAL, "%s", text);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
}

static void terminal_escapes_do_not_pass(void **state)
{
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	pb_fail(&err, PB_USAGE, EINVAL, "disk %s", "\033[2Jname\r\n\x7f");
	assert_string_equal(err.msg, "disk ?[2Jname???");
}

static void errno_text_is_the_callers(void **state)
{
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	errno = ENOSPC;
	pb_fail(&err, PB_MISSING, errno, "cannot write: %m");
	assert_string_equal(err.msg, "cannot write: No space left on device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_message_and_status),
		cmocka_unit_test(first_message_stays),
		cmocka_unit_test(null_is_accepted),
		cmocka_unit_test(long_message_is_cut),
		cmocka_unit_test(terminal_escapes_do_not_pass),
		cmocka_unit_test(errno_text_is_the_callers),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
