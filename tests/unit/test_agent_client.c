/* The host's side of the protocol against scripted agents that are wrong, late, endless or gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/run/guest/transport.h"

struct pair {
	struct pb_conn c;
	struct pb_err err;
	int ours, theirs;
};

static int setup(void **state)
{
	struct pair *p = calloc(1, sizeof(*p));
	int fd[2], room = 1 << 20;

	signal(SIGPIPE, SIG_IGN);
	if (!p || socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		return -1;
	p->ours = fd[0];
	p->theirs = fd[1];
	setsockopt(p->theirs, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	*state = p;
	return pb_conn_streams(&p->c, p->ours, p->ours, NULL);
}

static int teardown(void **state)
{
	struct pair *p = *state;

	pb_conn_close(&p->c);
	close(p->ours);
	if (p->theirs >= 0)
		close(p->theirs);
	free(p);
	return 0;
}

/* The agent has said this, and nothing more will come. The first request has the id 1. */
static void script(struct pair *p, const char *text)
{
	assert_int_equal(write(p->theirs, text, strlen(text)), (ssize_t)strlen(text));
	shutdown(p->theirs, SHUT_WR);
}

static void good_answers_are_read(void **state)
{
	struct pair *p = *state;
	struct pb_row *rows = NULL;
	int64_t t = 0, next = 0;
	bool running = false;
	size_t n = 0;

	script(p, "{\"hello\":1}\n{\"id\":1,\"ok\":true,\"t_ns\":42}\n"
		  "{\"id\":2,\"ok\":true,\"next\":2,\"running\":true,\"rows\":[[1,2,3,0,4,5,6],[2,3,4,0,5,6,"
		  "7]]}\n");
	assert_int_equal(pb_agent_ping(&p->c, &t, &p->err), 0);
	assert_int_equal(t, 42);
	assert_int_equal(pb_agent_rows(&p->c, &next, &rows, &n, &running, &p->err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(next, 2);
	assert_int_equal(rows[1].depth_ns, 7);
	assert_true(running);
	free(rows);
}

static void an_answer_to_another_request_is_none(void **state)
{
	struct pair *p = *state;
	int64_t t;

	script(p, "{\"id\":7,\"ok\":true,\"t_ns\":42}\n{\"ok\":true,\"t_ns\":43}\n{\"id\":\"1\",\"ok\":true,"
		  "\"t_ns\":44}\n");
	assert_int_equal(pb_agent_ping(&p->c, &t, &p->err), -EPIPE);
	assert_non_null(strstr(p->err.msg, "went away"));
}

/* What a socket says of an agent that ends with a question unread (reset), or ended before (broken pipe). */
static void an_agent_that_leaves_unasked_went_away(void **state)
{
	struct pair *p = *state;
	struct pollfd asked = {.fd = p->theirs, .events = POLLIN};
	struct pb_err late = PB_ERR_INIT;
	int64_t t;
	pid_t agent = fork();

	if (agent == 0) {
		close(p->ours);
		poll(&asked, 1, 10000);
		_exit(0);
	}
	assert_true(agent > 0);
	close(p->theirs);
	p->theirs = -1;
	assert_int_equal(pb_agent_ping(&p->c, &t, &p->err), -EPIPE);
	assert_string_equal(p->err.msg, "the agent went away while asked 'ping'");
	assert_int_equal(pb_agent_ping(&p->c, &t, &late), -EPIPE);
	assert_string_equal(late.msg, "the agent went away while asked 'ping'");
	waitpid(agent, NULL, 0);
}

static void a_time_that_is_no_number_is_refused(void **state)
{
	static const char *const answers[] = {
		"{\"id\":1,\"ok\":true}\n",
		"{\"id\":1,\"ok\":true,\"t_ns\":\"42\"}\n",
		"{\"id\":1,\"ok\":true,\"t_ns\":1.5}\n",
		"{\"id\":1,\"ok\":true,\"t_ns\":null}\n",
	};
	struct pair *p = *state;
	int64_t t = 5;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		p->c.next_id = 1;
		p->err = (struct pb_err)PB_ERR_INIT;
		assert_int_equal(write(p->theirs, answers[i], strlen(answers[i])),
				 (ssize_t)strlen(answers[i]));
		assert_int_equal(pb_agent_ping(&p->c, &t, &p->err), -EBADMSG);
		assert_non_null(strstr(p->err.msg, "'ping'"));
		assert_int_equal(t, 5);
	}
}

static void rows_that_count_wrongly_are_refused(void **state)
{
	static const char *const answers[] = {
		"\"rows\":[[1,2,3,0,4,5,-6]],\"next\":1",    /* a negative counter */
		"\"rows\":[[1,2,3,0,4,5]],\"next\":1",       /* a column less */
		"\"rows\":[[1,2,3,0,4,5,6,7]],\"next\":1",   /* one more */
		"\"rows\":[[1,2,3,0,4,5,\"6\"]],\"next\":1", /* text */
		"\"rows\":[[1,2,3,0,4,5,6],{}],\"next\":1",  /* no row */
		"\"rows\":{},\"next\":1",                    /* no list */
		"\"next\":1",                                /* nothing */
		"\"rows\":[],\"next\":-1",                   /* back in time */
		"\"rows\":[]",                               /* no way on */
	};
	struct pair *p = *state;
	struct pb_row *rows = NULL;
	bool running = false;
	char text[256];

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		int64_t next = 0;
		size_t n = 0;

		p->c.next_id = 1;
		snprintf(text, sizeof(text), "{\"id\":1,\"ok\":true,%s}\n", answers[i]);
		assert_int_equal(write(p->theirs, text, strlen(text)), (ssize_t)strlen(text));
		if (pb_agent_rows(&p->c, &next, &rows, &n, &running, NULL) != -EBADMSG)
			fail_msg("case %zu was taken", i);
		assert_int_equal(n, 0);
		assert_int_equal(next, 0);
	}
	free(rows);
}

static void more_rows_than_asked_for_are_refused(void **state)
{
	struct pair *p = *state;
	struct pb_buf text = {0};
	struct pb_row *rows = NULL;
	int64_t next = 0;
	bool running;
	size_t n = 0;

	pb_buf_str(&text, "{\"id\":1,\"ok\":true,\"next\":1,\"rows\":[");
	for (int i = 0; i <= PB_PROTO_ROWS_MAX; i++)
		pb_buf_printf(&text, "%s[1,2,3,0,4,5,6]", i ? "," : "");
	pb_buf_str(&text, "]}\n");
	script(p, text.data);
	assert_int_equal(pb_agent_rows(&p->c, &next, &rows, &n, &running, &p->err), -EBADMSG);
	pb_buf_fini(&text);
	free(rows);
}

static void histograms_out_of_bounds_are_refused(void **state)
{
	static const char *const reads[] = {
		"[[-1,1]]", "[[1856,1]]", "[[99999999999,1]]", "[[1,-1]]", "[[1]]", "[1]", "{}", "[[1,1,1]]",
	};
	struct pair *p = *state;
	struct pb_hist_snap *s = calloc(1, sizeof(*s));
	char text[256];

	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		p->c.next_id = 1;
		snprintf(text, sizeof(text),
			 "{\"id\":1,\"ok\":true,\"t_ns\":1,\"row\":[1,2,3,0,4,5,6],\"read\":%s,\"write\":[],"
			 "\"trim\":[]}\n",
			 reads[i]);
		assert_int_equal(write(p->theirs, text, strlen(text)), (ssize_t)strlen(text));
		if (pb_agent_hist(&p->c, s, NULL) != -EBADMSG)
			fail_msg("case %zu was taken", i);
	}
	free(s);
}

static void a_line_without_end_ends_the_conversation(void **state)
{
	struct pair *p = *state;
	char *line = malloc(PB_PROTO_LINE_MAX + 2);
	int64_t t;

	assert_non_null(line);
	memset(line, ' ', PB_PROTO_LINE_MAX + 1);
	line[PB_PROTO_LINE_MAX + 1] = '\0';
	script(p, line);
	free(line);
	assert_int_equal(pb_agent_ping(&p->c, &t, &p->err), -EMSGSIZE);
	assert_int_equal(pb_agent_ping(&p->c, &t, NULL), -EBADMSG);
}

static void files_that_are_no_base64_or_never_end_are_refused(void **state)
{
	static const char *const answers[] = {
		"{\"id\":1,\"ok\":true,\"data\":\"!!!!\",\"eof\":true}\n",
		"{\"id\":1,\"ok\":true,\"data\":\"\",\"eof\":false}\n",
		"{\"id\":1,\"ok\":true,\"eof\":true}\n",
	};
	struct pair *p = *state;
	struct pb_buf buf = {0};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		p->c.next_id = 1;
		assert_int_equal(write(p->theirs, answers[i], strlen(answers[i])),
				 (ssize_t)strlen(answers[i]));
		assert_int_equal(pb_agent_fetch(&p->c, "engine.csv", &buf, NULL), -EBADMSG);
	}
	pb_buf_fini(&buf);
}

static void a_refusal_keeps_its_status_only_in_bounds(void **state)
{
	struct pair *p = *state;

	script(p, "{\"id\":1,\"ok\":false,\"error\":\"it is mounted\",\"status\":3}\n"
		  "{\"id\":2,\"ok\":false,\"error\":\"x\",\"status\":0}\n"
		  "{\"id\":3,\"ok\":\"true\"}\n");
	assert_true(pb_conn_ask(&p->c, "start", NULL, 1000, NULL, &p->err) < 0);
	assert_int_equal(p->err.status, PB_UNSAFE);
	assert_string_equal(p->err.msg, "agent: it is mounted");
	for (int i = 0; i < 2; i++) {
		p->err = (struct pb_err)PB_ERR_INIT;
		assert_true(pb_conn_ask(&p->c, "start", NULL, 1000, NULL, &p->err) < 0);
		assert_int_equal(p->err.status, PB_MISSING);
	}
}

static void silence_is_a_sentence(void **state)
{
	struct pair *p = *state;

	assert_int_equal(pb_conn_ask(&p->c, "ping", NULL, 20, NULL, &p->err), -ETIMEDOUT);
	assert_non_null(strstr(p->err.msg, "did not answer 'ping'"));
}

static void greetings_are_waited_for_and_checked(void **state)
{
	struct pair *p = *state;

	script(p, "{\"id\":9,\"ok\":true}\n{\"hello\":1,\"agent\":\"x\"}\n");
	assert_int_equal(pb_conn_hello(&p->c, 1000, &p->err), 0);
	assert_non_null(p->c.hello);
}

static void another_protocol_is_refused(void **state)
{
	struct pair *p = *state;

	script(p, "{\"hello\":2}\n");
	assert_int_equal(pb_conn_hello(&p->c, 1000, &p->err), -EPROTO);
	assert_non_null(strstr(p->err.msg, "protocol 2"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* A guest's status goes to a terminal and into reports: bounded, one line, printable, and never a made-up
 * "ok". */
static void a_sources_status_is_plain_text(void **state)
{
	json_t *list = json_pack("[{s:s,s:s},{s:s,s:s},{s:s},{s:s,s:i},i]", "name", "block", "status",
				 "unavailable: \x1b[2J\nok", "name", "smart", "status", "fine", "name", "cpu",
				 "name", "engine", "status", 7, 9);
	char s[200], small[20];

	(void)state;
	assert_false(pb_agent_source_status(list, "block", s, sizeof(s)));
	assert_string_equal(s, "unavailable: ?[2J?ok");
	assert_false(pb_agent_source_status(list, "block", small, sizeof(small)));
	assert_false(pb_agent_source_status(list, "smart", s, sizeof(s)));
	assert_string_equal(s, "unavailable: the agent does not say why");
	assert_true(
		pb_agent_source_status(list, "cpu", s, sizeof(s))); /* an older agent: the file was listed */
	assert_false(pb_agent_source_status(list, "pmu", s, sizeof(s)));
	assert_false(pb_agent_source_status(NULL, "cpu", s, sizeof(s)));
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sources_status_is_plain_text),
		CASE(good_answers_are_read),
		CASE(an_answer_to_another_request_is_none),
		CASE(an_agent_that_leaves_unasked_went_away),
		CASE(a_time_that_is_no_number_is_refused),
		CASE(rows_that_count_wrongly_are_refused),
		CASE(more_rows_than_asked_for_are_refused),
		CASE(histograms_out_of_bounds_are_refused),
		CASE(a_line_without_end_ends_the_conversation),
		CASE(files_that_are_no_base64_or_never_end_are_refused),
		CASE(a_refusal_keeps_its_status_only_in_bounds),
		CASE(silence_is_a_sentence),
		CASE(greetings_are_waited_for_and_checked),
		CASE(another_protocol_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
