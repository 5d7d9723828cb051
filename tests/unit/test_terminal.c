/* The line of progress on a pseudo terminal, and what stands in a log instead. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "engine/cli/terminal.h"
#include "engine/lib/buf.h"
#include "tests/unit/built.h"
#include "tests/unit/screen.h"
#include "tests/unit/tmpdir.h"

#define PATIENCE_MS 20000 /* a machine that is this late is broken */

struct rig {
	int master, slave;
	struct screen screen;
	struct pb_terminal *t;
	struct pb_ui ui;
};

static void open_rig(struct rig *r, unsigned short columns)
{
	struct winsize w = {.ws_row = 24, .ws_col = columns};

	memset(r, 0, sizeof(*r));
	r->screen.columns = columns;
	assert_int_equal(openpty(&r->master, &r->slave, NULL, NULL, &w), 0);
	r->t = pb_terminal_new(r->slave, PB_TERMINAL_LINE);
	assert_non_null(r->t);
	r->ui = pb_terminal_ui(r->t);
	assert_true(r->ui.live);
}

/* Shows what has come; true when something came within the time. */
static bool look(struct rig *r, int timeout_ms)
{
	struct pollfd p = {.fd = r->master, .events = POLLIN};
	char data[4096];
	ssize_t n;

	if (poll(&p, 1, timeout_ms) <= 0)
		return false;
	n = read(r->master, data, sizeof(data));
	if (n <= 0)
		return false;
	screen_write(&r->screen, data, (size_t)n);
	return true;
}

static void wait_for(struct rig *r, const char *text)
{
	for (int i = 0; i < PATIENCE_MS / 100; i++) {
		for (unsigned row = 0; row < SCREEN_ROWS; row++)
			if (strstr(r->screen.cell[row], text))
				return;
		look(r, 100);
	}
	fail_msg("'%s' never came; the screen's first row: '%s'", text, screen_row(&r->screen, 0));
}

static void close_rig(struct rig *r)
{
	pb_terminal_free(r->t);
	while (look(r, 0))
		;
	close(r->slave);
	close(r->master);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

static void the_line_comes_and_leaves_nothing(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r, 120);
	pb_ui_progress(&r.ui, 0.5, 30, "depth 8");
	wait_for(&r, "50% depth 8");
	assert_non_null(strstr(screen_row(&r.screen, 0), "##########.........."));
	assert_non_null(strstr(screen_row(&r.screen, 0), " s left"));
	close_rig(&r);
	assert_string_equal(screen_row(&r.screen, 0), "");
	assert_int_equal(r.screen.row, 0);
}

static void a_shorter_line_leaves_nothing_of_the_longer_one(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r, 80);
	pb_ui_progress(&r.ui, NAN, -1, "starting a guest with a long name");
	wait_for(&r, "long name");
	pb_ui_progress(&r.ui, NAN, -1, "up");
	wait_for(&r, "] up");
	assert_string_equal(screen_row(&r.screen, 0) + strlen("[0:00] "), "up");
	close_rig(&r);
}

static void log_lines_do_not_tear_it(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r, 80);
	pb_ui_progress(&r.ui, 0.25, -1, "depth 1");
	wait_for(&r, "depth 1");
	pb_ui_line(&r.ui, "depth    1:     2000 IOPS");
	pb_ui_progress(&r.ui, 0.5, -1, "depth 2");
	wait_for(&r, "] 50% depth 2");
	pb_ui_line(&r.ui, "done");
	pb_ui_clear(&r.ui);
	close_rig(&r);
	assert_string_equal(screen_row(&r.screen, 0), "depth    1:     2000 IOPS");
	assert_string_equal(screen_row(&r.screen, 1), "done");
	assert_string_equal(screen_row(&r.screen, 2), "");
}

static void it_is_drawn_ten_times_a_second_at_most(void **state)
{
	struct rig r;
	int64_t start = now_ms();
	unsigned given = 0;

	(void)state;
	open_rig(&r, 80);
	while (r.screen.frames < 5 && now_ms() - start < PATIENCE_MS) {
		pb_ui_progress(&r.ui, 0.5, -1, "update %u", given++);
		look(&r, 0);
	}
	assert_true(r.screen.frames >= 5 && given > 100);
	assert_true(r.screen.frames <= 1 + (now_ms() - start) / 100);
	close_rig(&r);
}

static void the_clock_goes_on_without_news(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r, 80);
	pb_ui_progress(&r.ui, NAN, -1, "starting the guest");
	wait_for(&r, "[0:02] starting the guest");
	close_rig(&r);
}

/* The time that was left has passed: it was wrong, and is not shown as 0 for ever. */
static void a_time_that_ran_out_is_not_shown(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r, 80);
	pb_ui_progress(&r.ui, 0.9, 1, "sealing");
	wait_for(&r, "left");
	wait_for(&r, "[0:02]");
	assert_null(strstr(screen_row(&r.screen, 0), "left"));
	close_rig(&r);
}

static void narrow_windows_are_never_wrapped(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r, 40);
	pb_ui_progress(&r.ui, 0.5, 3600, "path virtio-blk-writeback-threads, round 2 of 5");
	wait_for(&r, "left");
	assert_int_equal(r.screen.row, 0);
	assert_true(strlen(screen_row(&r.screen, 0)) < 40);
	close_rig(&r);
}

static void a_window_that_shrinks_is_drawn_at_its_new_width(void **state)
{
	struct winsize w = {.ws_row = 24, .ws_col = 50};
	struct rig r;

	(void)state;
	open_rig(&r, 120);
	pb_ui_progress(&r.ui, 0.5, 3600,
		       "path virtio-blk-writeback-threads, round 2 of 5, and a few words more");
	wait_for(&r, "left");
	assert_int_equal(ioctl(r.master, TIOCSWINSZ, &w), 0);
	r.screen.columns = 50;
	pb_ui_progress(&r.ui, 0.5, 3600, "now path virtio-blk-writeback-threads, round 2 of 5, narrower");
	wait_for(&r, "50% now");
	/* the wrapped one is left behind, the new one stands below and goes */
	assert_int_equal(r.screen.row, 1);
	assert_true(strlen(screen_row(&r.screen, 1)) < 50);
	close_rig(&r);
	assert_string_equal(screen_row(&r.screen, 1), "");
}

static void nothing_is_drawn_before_it_is_worth_it(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r, 80);
	pb_ui_progress(&r.ui, 0.5, 1, "analyzing");
	pb_ui_clear(&r.ui);
	close_rig(&r);
	assert_int_equal(r.screen.frames, 0);
	assert_string_equal(screen_row(&r.screen, 0), "");
}

static void what_a_terminal_is_comes_from_it_and_TERM(void **state)
{
	struct rig r;
	int fd[2];

	(void)state;
	open_rig(&r, 80);
	setenv("TERM", "xterm", 1);
	unsetenv("PASSBENCH_PROGRESS");
	assert_int_equal(pb_terminal_mode_of(r.slave), PB_TERMINAL_LINE);
	assert_int_equal(pb_terminal_mode_of(-1), PB_TERMINAL_PLAIN);
	setenv("TERM", "dumb", 1);
	assert_int_equal(pb_terminal_mode_of(r.slave), PB_TERMINAL_PLAIN);
	unsetenv("TERM");
	assert_int_equal(pb_terminal_mode_of(r.slave), PB_TERMINAL_PLAIN);
	setenv("PASSBENCH_PROGRESS", "records", 1);
	assert_int_equal(pb_terminal_mode_of(r.slave), PB_TERMINAL_RECORDS);
	assert_int_equal(pb_terminal_mode_of(-1), PB_TERMINAL_PLAIN);
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(pb_terminal_mode_of(fd[1]), PB_TERMINAL_PLAIN);
	close(fd[0]);
	close(fd[1]);
	unsetenv("PASSBENCH_PROGRESS");
	close_rig(&r);
}

static void records_say_what_is_done_and_that_it_is_over(void **state)
{
	struct pb_terminal *t;
	struct pb_ui ui;
	char text[256] = "";
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	t = pb_terminal_new(fd[1], PB_TERMINAL_RECORDS);
	ui = pb_terminal_ui(t);
	pb_ui_progress(&ui, 0.5, -1, "depth 8");
	assert_true(read(fd[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "\x1e"
				  "0.5000 - depth 8\n");
	pb_ui_line(&ui, "a line");
	pb_terminal_free(t);
	memset(text, 0, sizeof(text));
	assert_true(read(fd[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "a line\n\x1e\n");
	close(fd[0]);
	close(fd[1]);
}

/* passbench itself, in a terminal of its own. */
static pid_t start_passbench(struct rig *r, const char *const *args)
{
	struct winsize w = {.ws_row = 24, .ws_col = 80};
	char program[PATH_MAX];
	pid_t pid;

	if (!built_find("passbench", program, sizeof(program)))
		return -1;
	memset(r, 0, sizeof(*r));
	r->screen.columns = 80;
	r->slave = -1;
	pid = forkpty(&r->master, NULL, NULL, &w);
	if (pid == 0) {
		setenv("TERM", "xterm", 1);
		execv(program, (char *const *)args);
		_exit(127);
	}
	return pid;
}

static void ctrl_c_leaves_the_terminal_clean(void **state)
{
	struct tmpdir d;
	struct rig r;
	char out[128];
	int status;
	pid_t pid;

	(void)state;
	tmpdir_make(&d);
	snprintf(out, sizeof(out), "%s/counters", d.path);
	pid = start_passbench(&r, (const char *const[]){"passbench", "collect", "--only", "cpu", "--duration",
							"600s", "-o", out, NULL});
	if (pid < 0) {
		tmpdir_remove(&d);
		skip();
	}
	wait_for(&r, "collecting");
	assert_int_equal(write(r.master, "\003", 1), 1);
	while (look(&r, PATIENCE_MS))
		;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_string_equal(screen_row(&r.screen, 0) + strlen("counters are in "), strcat(out, "/host"));
	assert_string_equal(screen_row(&r.screen, 1), "");
	close(r.master);
	tmpdir_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_comes_and_leaves_nothing),
		cmocka_unit_test(a_shorter_line_leaves_nothing_of_the_longer_one),
		cmocka_unit_test(log_lines_do_not_tear_it),
		cmocka_unit_test(it_is_drawn_ten_times_a_second_at_most),
		cmocka_unit_test(the_clock_goes_on_without_news),
		cmocka_unit_test(a_time_that_ran_out_is_not_shown),
		cmocka_unit_test(narrow_windows_are_never_wrapped),
		cmocka_unit_test(a_window_that_shrinks_is_drawn_at_its_new_width),
		cmocka_unit_test(nothing_is_drawn_before_it_is_worth_it),
		cmocka_unit_test(what_a_terminal_is_comes_from_it_and_TERM),
		cmocka_unit_test(records_say_what_is_done_and_that_it_is_over),
		cmocka_unit_test(ctrl_c_leaves_the_terminal_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
