/* The audit of the host: entries, their state, several logs, lines that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "reports/changes.h"
#include "tests/unit/tmpdir.h"

#define ENTRY(seq, key, now)                                                                                 \
	"{\"seq\":" seq ",\"kind\":\"write\",\"key\":\"" key "\",\"name\":\"\",\"old\":\"0\",\"new\":\"" now \
	"\"}\n"

static void states_of_changes(void **state)
{
	struct pb_changes c = {0};
	struct tmpdir tmp;

	(void)state;
	tmpdir_make(&tmp);
	tmpdir_write(
		&tmp, "undo.log",
		ENTRY("1", "/a", "1") ENTRY("2", "/b", "2") ENTRY(
			"3", "/c",
			"3") "{\"seq\":1,\"done\":\"undone\"}\n{\"seq\":2,\"done\":\"kept\"}\n{\"seq\":4,");
	assert_int_equal(pb_changes_read(&c, tmp.fd, "undo.log"), 0);
	assert_int_equal(c.n, 3);
	assert_int_equal(c.v[0].state, PB_CHANGE_UNDONE);
	assert_int_equal(c.v[1].state, PB_CHANGE_KEPT);
	assert_int_equal(c.v[2].state, PB_CHANGE_STANDS);
	assert_string_equal(c.v[2].what, "/c");
	assert_string_equal(c.v[2].old, "0");
	assert_string_equal(c.v[2].now, "3");
	assert_int_equal(c.damaged, 1); /* the line of a killed run: that change was not made */
	pb_changes_fini(&c);
	tmpdir_remove(&tmp);
}

static void numbers_start_again_in_each_log(void **state)
{
	struct pb_changes c = {0};
	struct tmpdir tmp;

	(void)state;
	tmpdir_make(&tmp);
	tmpdir_write(&tmp, "undo.log", ENTRY("1", "/a", "1"));
	tmpdir_write(&tmp, "second.log", ENTRY("1", "/b", "1") "{\"seq\":1,\"done\":\"undone\"}\n");
	assert_int_equal(pb_changes_read(&c, tmp.fd, "undo.log"), 0);
	assert_int_equal(pb_changes_read(&c, tmp.fd, "second.log"), 0);
	assert_int_equal(c.logs, 2);
	assert_int_equal(c.v[0].state, PB_CHANGE_STANDS);
	assert_int_equal(c.v[1].state, PB_CHANGE_UNDONE);
	assert_string_equal(c.v[1].log, "second.log");
	pb_changes_fini(&c);
	tmpdir_remove(&tmp);
}

static void no_log_is_no_entry(void **state)
{
	struct pb_changes c = {0};
	struct tmpdir tmp;

	(void)state;
	tmpdir_make(&tmp);
	assert_int_equal(pb_changes_read(&c, tmp.fd, "undo.log"), 0);
	assert_int_equal(c.logs, 0);
	tmpdir_write(&tmp, "undo.log", "");
	assert_int_equal(pb_changes_read(&c, tmp.fd, "undo.log"), 0);
	assert_int_equal(c.logs, 1);
	assert_int_equal(c.n, 0);
	pb_changes_fini(&c);
	tmpdir_remove(&tmp);
}

/* tune writes before every window: the table has one line for it. */
static void equal_changes_are_counted_once(void **state)
{
	struct pb_changes c = {0};
	struct tmpdir tmp;

	(void)state;
	tmpdir_make(&tmp);
	tmpdir_write(&tmp, "undo.log",
		     ENTRY("1", "/a", "1") ENTRY("2", "/a", "1") ENTRY("3", "/a", "2")
			     ENTRY("4", "/a", "1") "{\"seq\":4,\"done\":\"kept\"}\n");
	assert_int_equal(pb_changes_read(&c, tmp.fd, "undo.log"), 0);
	assert_int_equal(pb_change_times(&c, 0), 2);
	assert_int_equal(pb_change_times(&c, 1), 0);
	assert_int_equal(pb_change_times(&c, 2), 1);
	assert_int_equal(pb_change_times(&c, 3), 1); /* another state */
	pb_changes_fini(&c);
	tmpdir_remove(&tmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_of_changes),
		cmocka_unit_test(numbers_start_again_in_each_log),
		cmocka_unit_test(no_log_is_no_entry),
		cmocka_unit_test(equal_changes_are_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
