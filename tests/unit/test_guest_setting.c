/* Settings inside a guest: the agent changes only those of its table, the host journals them and brings them
 * back, or says what to type. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "engine/agent/agent.h"
#include "engine/agent/settings.h"
#include "engine/lib/json.h"
#include "engine/run/tune/action.h"
#include "engine/run/guest/guest_setting.h"
#include "engine/run/guest/transport.h"
#include "tests/unit/faketree.h"

/* A host with an agent, over a socket, whose machine is the same fake tree. */
struct world {
	struct faketree tree;
	struct pb_conn conn;
	struct pb_undo *undo;
	struct pb_guest_link link;
	json_t *disk;
	int ours;
	pid_t agent;
	char log[256];
};

static void serve(const struct faketree *tree, int fd)
{
	struct pb_agent *a = calloc(1, sizeof(*a));

	a->root = tree->root;
	if (pb_lines_init(&a->lines, fd, fd) == 0)
		pb_agent_serve(a, NULL);
	_exit(0);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	fake_make(&w->tree);
	fake_put(&w->tree, "proc/sys/kernel/random/boot_id", "boot-1\n");
	fake_put(&w->tree, "sys/block/vda/size", "2048\n");
	fake_put(&w->tree, "sys/block/vda/queue/nr_requests", "256\n");
	fake_put(&w->tree, "sys/block/vda/queue/rq_affinity", "1\n");
	fake_put(&w->tree, "sys/block/vda/queue/scheduler", "[none] mq-deadline\n");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	w->agent = fork();
	if (w->agent == 0) {
		close(fd[0]);
		serve(&w->tree, fd[1]);
	}
	close(fd[1]);
	w->ours = fd[0];
	assert_int_equal(pb_conn_streams(&w->conn, w->ours, w->ours, NULL), 0);
	w->disk = json_pack("{s:s}", "path", "/dev/vda");
	w->link = (struct pb_guest_link){&w->conn, "launch", w->disk};
	snprintf(w->log, sizeof(w->log), "%s/undo.log", w->tree.dir.path);
	assert_int_equal(pb_undo_open(&w->undo, &w->tree.root, w->log, NULL), 0);
	pb_undo_link(w->undo, &w->link);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	pb_undo_close(w->undo);
	pb_conn_close(&w->conn);
	close(w->ours);
	waitpid(w->agent, NULL, 0);
	json_decref(w->disk);
	fake_remove(&w->tree);
	free(w);
	return 0;
}

static void expect(const struct world *w, const char *key, const char *text)
{
	char now[64];

	assert_true(pb_root_read(&w->tree.root, now, sizeof(now), "/sys/block/vda/queue/%s", key) >= 0);
	assert_string_equal(now, text);
}

static void a_setting_is_read_and_written(void **state)
{
	struct world *w = *state;
	char now[PB_GUEST_VALUE_MAX];

	assert_int_equal(pb_guest_setting(&w->conn, w->disk, "scheduler", NULL, now, NULL), 0);
	assert_string_equal(now, "none");
	assert_int_equal(pb_guest_setting(&w->conn, w->disk, "nr_requests", "512", now, NULL), 0);
	assert_string_equal(now, "512");
	expect(w, "nr_requests", "512");
}

static void the_agent_takes_nothing_else(void **state)
{
	static const char *const bad[][2] = {
		{"write_cache", "write through"},
		{"../../../etc/passwd", "1"},
		{"nr_requests", "3"},
		{"nr_requests", "1e9"},
		{"nr_requests", ""},
		{"nr_requests", "65537"},
		{"rq_affinity", "3"},
		{"rq_affinity", "-1"},
		{"scheduler", "none\nx"},
		{"scheduler", "../x"},
		{"coalescing", "65536"},
	};
	struct world *w = *state;
	char now[PB_GUEST_VALUE_MAX];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pb_err err = PB_ERR_INIT;

		assert_false(pb_guest_setting_known(bad[i][0], bad[i][1]));
		assert_true(pb_guest_setting(&w->conn, w->disk, bad[i][0], bad[i][1], now, &err) < 0);
	}
	expect(w, "nr_requests", "256");
	expect(w, "rq_affinity", "1");
}

static void coalescing_is_an_nvme_disks(void **state)
{
	struct world *w = *state;
	struct pb_err err = PB_ERR_INIT;
	char now[PB_GUEST_VALUE_MAX];

	assert_true(pb_guest_setting(&w->conn, w->disk, "coalescing", "263", now, &err) < 0);
	assert_non_null(strstr(err.msg, "not an NVMe disk"));
}

static void a_change_comes_back_while_the_guest_lives(void **state)
{
	struct world *w = *state;

	assert_int_equal(pb_undo_guest(w->undo, "rq_affinity", "2", NULL), 0);
	expect(w, "rq_affinity", "2");
	assert_int_equal(pb_undo_standing(w->undo), 1);
	assert_int_equal(pb_undo_revert(w->undo, UINT_MAX, NULL), 0);
	expect(w, "rq_affinity", "1");
}

/* QEMU's NVMe answers 0x10e to a change of its interrupt coalescing: the journalled change was never made. */
static void what_the_disk_refused_needs_no_undoing(void **state)
{
	struct world *w = *state;
	struct pb_err err = PB_ERR_INIT;
	struct stat before, after;

	assert_true(pb_undo_guest(w->undo, "rq_affinity", "7", &err) < 0); /* the agent refuses 7 */
	assert_int_equal(pb_undo_standing(w->undo), 1);
	assert_int_equal(fstatat(w->tree.dir.fd, "sys/block/vda/queue/rq_affinity", &before, 0), 0);
	assert_int_equal(pb_undo_revert(w->undo, UINT_MAX, NULL), 0);
	assert_int_equal(pb_undo_standing(w->undo), 0);
	assert_int_equal(fstatat(w->tree.dir.fd, "sys/block/vda/queue/rq_affinity", &after, 0), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim,
			    sizeof(after.st_mtim)); /* nobody asked it again */
}

static void a_micro_guest_takes_its_settings_along(void **state)
{
	struct world *w = *state;

	assert_int_equal(pb_undo_guest(w->undo, "rq_affinity", "2", NULL), 0);
	pb_undo_link(w->undo, NULL);
	assert_int_equal(pb_undo_revert(w->undo, UINT_MAX, NULL), 0);
	assert_int_equal(pb_undo_standing(w->undo), 0);
}

static void a_guest_out_of_reach_is_told_what_to_type(void **state)
{
	struct world *w = *state;
	struct pb_err err = PB_ERR_INIT;

	w->link.guest = "serial:/nonexistent/port";
	assert_int_equal(pb_undo_guest(w->undo, "nr_requests", "1024", NULL), 0);
	pb_undo_link(w->undo, NULL);
	assert_true(pb_undo_revert(w->undo, UINT_MAX, &err) < 0);
	assert_non_null(strstr(err.msg, "type: echo 256 > /sys/block/vda/queue/nr_requests"));
	assert_int_equal(pb_undo_standing(w->undo), 1); /* until somebody does */
	pb_undo_link(w->undo, &w->link);
	assert_int_equal(pb_undo_revert(w->undo, UINT_MAX, NULL), 0);
	expect(w, "nr_requests", "256");
}

static void the_action_sets_and_sees_a_fight(void **state)
{
	struct world *w = *state;
	struct pb_finding f = {.rule = (char *)"R-C9"};
	struct pb_action_target t = {.root = &w->tree.root, .undo = w->undo, .guest = &w->link, .f = &f};
	const struct pb_action *a;
	void *s = NULL;

	f.params = json_pack("{s:s,s:s,s:s}", "kind", "guest-setting", "key", "rq_affinity", "value", "2");
	a = pb_action_for(&f);
	assert_ptr_equal(a, &pb_action_guest_setting);
	assert_int_equal(a->open(&s, &t, NULL), 0);
	assert_int_equal(a->set(s, NULL), 0);
	assert_int_equal(a->count(s, 1, NULL), 0);
	assert_true(a->effective(s));
	assert_null(a->fought(s));
	fake_put(&w->tree, "sys/block/vda/queue/rq_affinity", "1\n");
	assert_int_equal(a->count(s, 1, NULL), 0);
	assert_non_null(strstr(a->fought(s), "a fight is not joined"));
	a->close(s);
	json_decref(f.params);
}

static void commands_are_what_a_person_types(void **state)
{
	char text[160];

	(void)state;
	pb_guest_setting_command(text, sizeof(text), "/dev/nvme0n1", "coalescing", "263");
	assert_string_equal(text, "nvme set-feature /dev/nvme0n1 -f 8 -V 263");
	pb_guest_setting_command(text, sizeof(text), "/dev/vda", "scheduler", "none");
	assert_string_equal(text, "echo none > /sys/block/vda/queue/scheduler");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_setting_is_read_and_written),
		T(the_agent_takes_nothing_else),
		T(coalescing_is_an_nvme_disks),
		T(a_change_comes_back_while_the_guest_lives),
		T(what_the_disk_refused_needs_no_undoing),
		T(a_micro_guest_takes_its_settings_along),
		T(a_guest_out_of_reach_is_told_what_to_type),
		T(the_action_sets_and_sees_a_fight),
		cmocka_unit_test(commands_are_what_a_person_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
