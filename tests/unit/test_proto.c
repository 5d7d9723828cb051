/* Framing: whole and split lines, bounds, timeouts, ends, and what ends a conversation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/lib/json.h"
#include "engine/lib/proto.h"

struct pair {
	struct pb_lines us;
	int ours, theirs;
};

static int setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	if (!p || socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		return -1;
	p->ours = fd[0];
	p->theirs = fd[1];
	*state = p;
	return pb_lines_init(&p->us, p->ours, p->ours);
}

static int teardown(void **state)
{
	struct pair *p = *state;

	pb_lines_fini(&p->us);
	close(p->ours);
	if (p->theirs >= 0)
		close(p->theirs);
	free(p);
	return 0;
}

static void say(struct pair *p, const char *text)
{
	assert_int_equal(write(p->theirs, text, strlen(text)), (ssize_t)strlen(text));
}

static int64_t read_x(struct pair *p)
{
	json_t *j = NULL;
	int64_t x;
	int rc = pb_lines_read(&p->us, 0, &j, NULL);

	if (rc)
		return rc;
	x = pb_json_i64(j, "x", -1);
	json_decref(j);
	return x;
}

static void several_lines_in_one_read(void **state)
{
	say(*state, "{\"x\":1}\n{\"x\":2}\n{\"x\":");
	assert_int_equal(read_x(*state), 1);
	assert_int_equal(read_x(*state), 2);
	assert_int_equal(read_x(*state), -ETIMEDOUT);
	say(*state, "3}\n");
	assert_int_equal(read_x(*state), 3);
}

static void end_of_file_is_epipe_after_the_last_line(void **state)
{
	struct pair *p = *state;

	say(p, "{\"x\":1}\n");
	close(p->theirs);
	p->theirs = -1;
	assert_int_equal(read_x(p), 1);
	assert_int_equal(read_x(p), -EPIPE);
	assert_int_equal(read_x(p), -EPIPE);
}

static void longest_line_passes_one_byte_more_ends_it(void **state)
{
	static const size_t lens[] = {PB_PROTO_LINE_MAX, PB_PROTO_LINE_MAX + 1};
	static const int want[] = {7, -EMSGSIZE};
	struct pair *p = *state;
	struct pb_err err = PB_ERR_INIT;
	char *line = malloc(PB_PROTO_LINE_MAX + 2);
	json_t *j = NULL;

	for (size_t i = 0; i < 2; i++) {
		memset(line, ' ', lens[i]);
		memcpy(line, "{\"x\":7}", 7);
		line[lens[i] - 1] = '\n';
		for (size_t sent = 0; sent < lens[i];) {
			size_t n = lens[i] - sent < 8192 ? lens[i] - sent : 8192;

			assert_int_equal(write(p->theirs, line + sent, n), (ssize_t)n);
			sent += n;
		}
		assert_int_equal(read_x(p), want[i]);
	}
	free(line);
	/* and it stays over */
	assert_int_equal(pb_lines_read(&p->us, 0, &j, &err), -EBADMSG);
	assert_true(err.msg[0]);
}

static void bad_lines_end_the_conversation(void **state)
{
	static const char *const bad[] = {"\n",     "[1]\n",  "{\"x\":1} {}\n",    "{\"x\":1,\"x\":2}\n",
					  "{\"x\n", "null\n", "{\"x\":\"\xff\"}\n"};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		void *fresh = NULL;
		struct pb_err err = PB_ERR_INIT;
		json_t *j = NULL;

		assert_int_equal(setup(&fresh), 0);
		say(fresh, bad[i]);
		assert_int_equal(pb_lines_read(&((struct pair *)fresh)->us, 0, &j, &err), -EBADMSG);
		assert_null(j);
		assert_true(err.msg[0]);
		say(fresh, "{\"x\":1}\n");
		assert_int_equal(read_x(fresh), -EBADMSG);
		teardown(&fresh);
	}
}

static void depth_of_nesting_is_bounded(void **state)
{
	char line[400];
	size_t n = 0;

	n += (size_t)sprintf(line, "{\"x\":");
	for (int i = 0; i < 100; i++)
		line[n++] = '[';
	for (int i = 0; i < 100; i++)
		line[n++] = ']';
	strcpy(line + n, "}\n");
	say(*state, line);
	assert_int_equal(read_x(*state), -EBADMSG);
}

static void what_is_written_comes_back(void **state)
{
	struct pair *p = *state;
	json_t *j = json_pack("{s:i,s:s}", "x", 5, "text", "a\nb \xc3\xa4");
	char line[256];
	ssize_t n;

	assert_int_equal(pb_lines_write(&p->us, j, 1000, NULL), 0);
	n = read(p->theirs, line, sizeof(line));
	assert_true(n > 0);
	assert_ptr_equal(memchr(line, '\n', (size_t)n), line + n - 1);
	assert_int_equal(write(p->theirs, line, (size_t)n), n);
	json_decref(j);
	assert_int_equal(pb_lines_read(&p->us, 0, &j, NULL), 0);
	assert_string_equal(pb_json_str(j, "text", ""), "a\nb \xc3\xa4");
	json_decref(j);
}

static void too_long_to_write_sends_nothing(void **state)
{
	struct pair *p = *state;
	char *big = calloc(1, PB_PROTO_LINE_MAX + 1), byte;
	struct pb_err err = PB_ERR_INIT;
	json_t *j;

	memset(big, 'a', PB_PROTO_LINE_MAX);
	j = json_pack("{s:s}", "x", big);
	assert_int_equal(pb_lines_write(&p->us, j, 0, &err), -EMSGSIZE);
	assert_int_equal(recv(p->theirs, &byte, 1, MSG_DONTWAIT), -1);
	assert_false(p->us.broken);
	json_decref(j);
	free(big);
}

static void a_reader_that_is_gone_or_deaf_is_noticed(void **state)
{
	struct pair *p = *state;
	char *big = calloc(1, 60001);
	json_t *j;
	int rc = 0;

	memset(big, 'a', 60000);
	j = json_pack("{s:s}", "x", big);
	for (int i = 0; i < 1000 && !rc; i++)
		rc = pb_lines_write(&p->us, j, 0, NULL);
	assert_int_equal(rc, -ETIMEDOUT);
	close(p->theirs);
	p->theirs = -1;
	assert_int_equal(pb_lines_write(&p->us, j, 1000, NULL), -EPIPE);
	json_decref(j);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(several_lines_in_one_read, setup, teardown),
		cmocka_unit_test_setup_teardown(end_of_file_is_epipe_after_the_last_line, setup, teardown),
		cmocka_unit_test_setup_teardown(longest_line_passes_one_byte_more_ends_it, setup, teardown),
		cmocka_unit_test(bad_lines_end_the_conversation),
		cmocka_unit_test_setup_teardown(depth_of_nesting_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_written_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(too_long_to_write_sends_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reader_that_is_gone_or_deaf_is_noticed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
