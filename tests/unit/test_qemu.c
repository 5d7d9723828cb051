/* Option text and log tails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/run/guest/qemu.h"

static void test_escape(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	char out[16];

	(void)state;
	assert_int_equal(pb_qemu_escape(out, sizeof(out), "/a,b,/c", NULL), 0);
	assert_string_equal(out, "/a,,b,,/c");
	assert_int_equal(pb_qemu_escape(out, sizeof(out), "", NULL), 0);
	assert_string_equal(out, "");
	assert_int_equal(pb_qemu_escape(out, 5, ",,,,", &err), -ENAMETOOLONG);
	assert_int_equal(err.status, PB_USAGE);
}

static void check_tail(const char *text, unsigned lines, size_t size, const char *expected)
{
	char path[] = "/tmp/pb-tail.XXXXXX", out[400];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	pb_qemu_log_tail(out, size, path, lines);
	unlink(path);
	assert_string_equal(out, expected);
}

static void test_tail(void **state)
{
	char out[8] = "before";

	(void)state;
	check_tail("one\ntwo\nthree\n\n", 2, 400, "two | three");
	check_tail("one", 2, 400, "one");
	check_tail("", 2, 400, "");
	check_tail("\n\n", 2, 400, "");
	check_tail("a\033[31mred\r\nb\r\n", 9, 400, "a[31mred | b");
	check_tail("abcdefghij", 1, 8, "abcd");
	check_tail("booting\r\n[ 9.1] Kernel panic - not syncing: Attempted to kill init!\r\n[ 9.2] Call "
		   "Trace:\r\n[ 9.3]  x\r\n",
		   1, 400, "Kernel panic - not syncing: Attempted to kill init!");
	pb_qemu_log_tail(out, sizeof(out), "/nonexistent", 2);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_tail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
