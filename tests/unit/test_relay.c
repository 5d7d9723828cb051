/* What the lab's machine says, on its way to our standard output and standard error. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/lab/relay.h"
#include "tests/unit/tmpdir.h"

struct rig {
	struct tmpdir dir;
	struct pb_lab_relay relay;
	int port[2]; /* the machine's ends of "out" and "err" */
	int kept[2]; /* our own stdout and stderr */
	struct pb_ui ui;
	struct pb_buf story; /* what happened on the screen, in order */
};

static void progress(void *arg, const char *text, double share, double left_s)
{
	pb_buf_printf(arg, "{%s %.2f %.0f}", text, isnan(share) ? -1 : share, left_s);
}

static void cleared(void *arg)
{
	pb_buf_str(arg, "{}");
}

static int dial(const char *dir, const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", dir, name);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

/* Our stdout and stderr become files of the test's folder. */
static void divert(struct rig *r, int fd, const char *name)
{
	int file = openat(r->dir.fd, name, O_CREAT | O_RDWR | O_TRUNC, 0600);

	r->kept[fd - 1] = dup(fd);
	assert_true(file >= 0 && dup2(file, fd) == fd);
	close(file);
}

static void open_rig(struct rig *r, bool live)
{
	memset(r, 0, sizeof(*r));
	tmpdir_make(&r->dir);
	assert_int_equal(pb_lab_relay_open(&r->relay, r->dir.path, false, NULL), 0);
	r->ui = (struct pb_ui){.arg = &r->story, .progress = progress, .clear = cleared, .live = live};
	r->relay.ui = live ? &r->ui : NULL;
	r->relay.what = "at work";
	r->port[0] = dial(r->dir.path, "out");
	r->port[1] = dial(r->dir.path, "err");
	assert_int_equal(pb_lab_relay_step(&r->relay, 1000, NULL), 0);
	fflush(NULL);
	divert(r, 1, "stdout");
	divert(r, 2, "stderr");
}

/* The machine says it, and it is carried on. */
static void say(struct rig *r, int port, const char *text)
{
	assert_int_equal(write(r->port[port], text, strlen(text)), strlen(text));
	assert_int_equal(pb_lab_relay_step(&r->relay, 1000, NULL), 0);
}

static void give_back(struct rig *r)
{
	for (int i = 0; i < 2; i++) {
		dup2(r->kept[i], i + 1);
		close(r->kept[i]);
		close(r->port[i]);
	}
	pb_lab_relay_close(&r->relay, r->dir.path);
}

static void close_rig(struct rig *r)
{
	pb_buf_fini(&r->story);
	tmpdir_remove(&r->dir);
}

static void text_passes_as_it_is(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r, false);
	say(&r, 0, "result\n");
	say(&r, 1,
	    "\x1e"
	    "0.5 1 a note\n");
	give_back(&r);
	assert_string_equal(tmpdir_read(&r.dir, "stdout"), "result\n");
	assert_string_equal(tmpdir_read(&r.dir, "stderr"), "\x1e"
							   "0.5 1 a note\n");
	close_rig(&r);
}

static void records_are_shown_and_text_around_them_kept(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r, true);
	say(&r, 1,
	    "first\n\x1e"
	    "0.2500 12.0000 depth 8\nsecond\n");
	give_back(&r);
	assert_string_equal(tmpdir_read(&r.dir, "stderr"), "first\nsecond\n");
	assert_string_equal(r.story.data, "{}{at work -1.00 -1}{depth 8 0.25 12}{}{depth 8 0.25 12}");
	close_rig(&r);
}

static void a_record_may_come_in_pieces(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r, true);
	say(&r, 1, "\x1e");
	say(&r, 1, "0.25");
	say(&r, 1, "00 - dep");
	say(&r, 1, "th 8\n\x1e\n");
	give_back(&r);
	assert_string_equal(tmpdir_read(&r.dir, "stderr"), "");
	assert_string_equal(r.story.data, "{depth 8 0.25 -1}{at work -1.00 -1}");
	close_rig(&r);
}

/* A prompt, or half a line: progress would be drawn over it. */
static void nothing_is_drawn_over_a_line_that_has_not_ended(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r, true);
	say(&r, 0, "half ");
	say(&r, 1,
	    "\x1e"
	    "0.5 1 depth 8\n");
	assert_string_equal(r.story.data, "{}");
	say(&r, 0, "a line\n");
	give_back(&r);
	assert_string_equal(tmpdir_read(&r.dir, "stdout"), "half a line\n");
	assert_string_equal(r.story.data, "{}{}{depth 8 0.50 1}");
	close_rig(&r);
}

static void a_record_without_an_end_is_cut(void **state)
{
	char chunk[PB_UI_RECORD_MAX + 1];
	struct rig r;

	(void)state;
	memset(chunk, 'x', sizeof(chunk) - 1);
	chunk[sizeof(chunk) - 1] = '\0';
	open_rig(&r, true);
	say(&r, 1,
	    "\x1e"
	    "0.5 1 ");
	for (int i = 0; i < 5; i++)
		say(&r, 1, chunk);
	say(&r, 1, "\nafter\n");
	give_back(&r);
	assert_string_equal(tmpdir_read(&r.dir, "stderr"), "after\n");
	close_rig(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_passes_as_it_is),
		cmocka_unit_test(records_are_shown_and_text_around_them_kept),
		cmocka_unit_test(a_record_may_come_in_pieces),
		cmocka_unit_test(nothing_is_drawn_over_a_line_that_has_not_ended),
		cmocka_unit_test(a_record_without_an_end_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
