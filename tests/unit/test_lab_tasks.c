/* What the lab's machine answers when it is asked what its processes wait for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "engine/lab/tasks.h"
#include "tests/unit/tmpdir.h"

struct said {
	char text[1000];
	unsigned lines;
};

static void hear(void *arg, const char *text)
{
	struct said *s = arg;
	size_t n = strlen(s->text);

	snprintf(s->text + n, sizeof(s->text) - n, "%s|", text);
	s->lines++;
}

static void the_answer_is_shown(void **state)
{
	struct said s = {.text = ""};
	struct pb_ui ui = {.arg = &s, .line = hear};
	struct tmpdir t;
	struct stat st;

	(void)state;
	tmpdir_make(&t);
	tmpdir_mkdir(&t, "share");
	tmpdir_write(&t, "share/tasks", "17 sleep 300\r\n  17 S\033[31m nanosleep\n");
	pb_lab_tasks_show(t.path, 0, &ui);
	assert_string_equal(s.text, "17 sleep 300|  17 S [31m nanosleep|"); /* nothing that moves a cursor */
	assert_int_equal(fstatat(t.fd, "share/tell", &st, 0), 0);           /* and the machine was asked */
	tmpdir_remove(&t);
}

static void an_endless_answer_ends(void **state)
{
	struct said s = {.text = ""};
	struct pb_ui ui = {.arg = &s, .line = hear};
	struct tmpdir t;
	char *text = malloc(20001);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 20000; i++)
		text[i] = i % 2 ? '\n' : 'x';
	text[20000] = '\0';
	tmpdir_make(&t);
	tmpdir_mkdir(&t, "share");
	tmpdir_write(&t, "share/tasks", text);
	pb_lab_tasks_show(t.path, 0, &ui);
	assert_int_equal(s.lines, 300);
	tmpdir_remove(&t);
	free(text);
}

static void no_answer_is_said(void **state)
{
	struct said s = {.text = ""};
	struct pb_ui ui = {.arg = &s, .line = hear};
	struct tmpdir t;

	(void)state;
	tmpdir_make(&t);
	pb_lab_tasks_show(t.path, 200, &ui); /* not even a share */
	assert_string_equal(s.text, "the lab's machine does not say what its processes wait for|");
	pb_lab_tasks_show(t.path, 0, NULL);
	tmpdir_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_answer_is_shown),
					   cmocka_unit_test(an_endless_answer_ends),
					   cmocka_unit_test(no_answer_is_said)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
