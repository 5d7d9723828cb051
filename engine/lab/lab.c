/*
 * One life of the outer machine: work directory, disks, QEMU, output, exit
 * status, and the end of it all. What the machine looks like is machine.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "engine/lab/heart.h"
#include "engine/lab/lab.h"
#include "engine/lab/machine.h"
#include "engine/lab/relay.h"
#include "engine/lab/tasks.h"
#include "engine/lib/litter.h"
#include "engine/lib/remove_tree.h"
#include "engine/run/guest/qemu.h"
#include "engine/run/host/spawn.h"
#include "engine/run/host/stop.h"

/*
 * QEMU 10.0 loses a timer interrupt now and then when its vCPUs run in threads: one
 * boot in thirty hangs before its init. A boot takes 7 s, 28 s with three labs on two CPUs.
 */
#define BOOT_S 60
#define BOOT_TRIES 3
/* Every CPU of the machine writes every 5 s (init.sh); with three labs on two CPUs up to 20 s were seen
 * between. */
#define SILENT_S 120
#define TASKS_MS 30000 /* six heartbeats */

struct lab {
	const struct pb_lab_opts *opts;
	const struct pb_scenario *scenario;
	struct pb_lab_paths paths;
	struct pb_lab_relay relay;
	struct pb_child qemu;
	int log_fd;
	int64_t heard_s; /* when the command said something last */
	uint64_t heard;  /* relay.carried then */
	int ended;       /* QEMU's exit status or 128 + signal; negative as long as it runs */
	bool own_workdir;
};

static int64_t now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static int unknown_scenario(const char *name, struct pb_err *err)
{
	struct pb_buf known = {0};

	for (const struct pb_scenario *s = pb_scenarios; s->name; s++)
		pb_buf_printf(&known, "%s%s", known.len ? ", " : "", s->name);
	pb_fail(err, PB_USAGE, EINVAL, "no scenario %s; known: %s", name, known.data ? known.data : "none");
	pb_buf_fini(&known);
	return -EINVAL;
}

#define WORK_PARENT "/tmp"
#define WORK_PREFIX "passbench-lab-"

static int make_workdir(struct lab *l, struct pb_err *err)
{
	const char *given = l->opts->workdir;

	if (given && strlen(given) >= sizeof(l->paths.work))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "%s is too long for a directory with sockets",
			       given);
	if (given)
		snprintf(l->paths.work, sizeof(l->paths.work), "%s", given);
	else
		snprintf(l->paths.work, sizeof(l->paths.work), WORK_PARENT "/" WORK_PREFIX "%d-XXXXXX",
			 (int)getpid());
	/* what a lab that was killed, or broke and kept its logs, has left */
	pb_litter_sweep(WORK_PARENT, WORK_PREFIX);
	if (!given && !mkdtemp(l->paths.work))
		return pb_fail(err, PB_MISSING, errno, "cannot make %s: %s", l->paths.work, strerror(errno));
	l->own_workdir = !given;
	return 0;
}

static int make_disks(const struct lab *l, struct pb_err *err)
{
	char path[128];

	for (unsigned n = 0; l->scenario->disks[n].serial; n++) {
		int fd;

		snprintf(path, sizeof(path), "%s/disk%u", l->paths.work, n);
		fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
		if (fd < 0 || ftruncate(fd, (off_t)l->scenario->disks[n].size_mib << 20) < 0) {
			pb_fail(err, PB_MISSING, errno, "cannot make the disk %s: %s", path, strerror(errno));
			if (fd >= 0)
				close(fd);
			return -EIO;
		}
		close(fd);
	}
	return 0;
}

/* pb_strv keeps no terminating NULL: the copy of its pointers has one. */
static int spawn_qemu(struct lab *l, const struct pb_strv *argv, struct pb_err *err)
{
	const char **list = calloc(argv->n + 1, sizeof(*list));
	struct pb_spawn s = {.argv = list, .new_session = true, .log_fd = l->log_fd};
	int rc;

	if (!list)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	for (size_t i = 0; i < argv->n; i++)
		list[i] = argv->v[i];
	rc = pb_spawn(&l->qemu, &s, err);
	free(list);
	return rc;
}

static int start_qemu(struct lab *l, struct pb_err *err)
{
	struct pb_strv argv = {0};
	char log[128];
	int rc = pb_lab_machine_args(&argv, l->scenario, &l->paths, l->opts, err);

	snprintf(log, sizeof(log), "%s/qemu.log", l->paths.work);
	l->log_fd = open(log, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
	if (rc == 0 && l->log_fd < 0)
		rc = pb_fail(err, PB_MISSING, errno, "cannot make %s: %s", log, strerror(errno));
	rc = rc < 0 ? rc : spawn_qemu(l, &argv, err);
	pb_strv_fini(&argv);
	return rc;
}

static bool in_share(const struct lab *l, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/share/%s", l->paths.work, name);
	return access(path, F_OK) == 0;
}

/* -ENOTRECOVERABLE when a CPU of the machine has been silent for too long. */
static int check_heart(const struct lab *l, struct pb_err *err)
{
	unsigned cpu = 0;
	int64_t silent = pb_lab_heart_silence(l->paths.work, &cpu);

	if (silent <= SILENT_S)
		return 0;
	return pb_fail(
		err, PB_MISSING, ENOTRECOVERABLE,
		"the lab's machine hangs: its CPU %u has not been heard of for %lld s (QEMU's emulation "
		"loses a timer now and then); run it again",
		cpu, (long long)silent);
}

/* -ENOTRECOVERABLE when the command has been silent for too long: what it waits for is said first. */
static int check_silence(struct lab *l, struct pb_err *err)
{
	int64_t now = now_s();

	if (l->relay.carried != l->heard) {
		l->heard = l->relay.carried;
		l->heard_s = now;
	}
	if (l->opts->silent_s <= 0 || now - l->heard_s <= l->opts->silent_s)
		return 0;
	pb_lab_tasks_show(l->paths.work, TASKS_MS, l->opts->ui);
	return pb_fail(err, PB_MISSING, ENOTRECOVERABLE,
		       "the command in the lab has said nothing for %d s: it hangs", l->opts->silent_s);
}

/* Progress is worth showing where it is redrawn; elsewhere the command's own lines are enough. */
static const struct pb_ui *live_ui(const struct pb_lab_opts *o)
{
	return o->ui && o->ui->live && !o->shell ? o->ui : NULL;
}

/* Until QEMU ends. -EAGAIN without a message for a machine that hangs or ends while it boots. */
static int follow(struct lab *l, struct pb_err *err)
{
	int64_t start = now_s();
	bool booted = false;
	int rc = 0;

	l->relay.ui = live_ui(l->opts);
	l->relay.what = "starting the lab's machine";
	pb_lab_relay_show(&l->relay);
	while (rc == 0 && (l->ended = pb_child_wait(&l->qemu, 0)) == -ETIMEDOUT) {
		rc = pb_stop_check(err);
		rc = rc < 0 ? rc : pb_lab_relay_step(&l->relay, 100, err);
		if (!booted && in_share(l, "booted")) {
			booted = true;
			l->heard_s = now_s();
			l->relay.what = "the command runs in the lab";
			pb_lab_relay_show(&l->relay);
		}
		if (rc == 0 && !booted && now_s() - start > BOOT_S)
			return -EAGAIN;
		rc = rc < 0 ? rc : check_heart(l, err);
		rc = rc < 0 || !booted ? rc : check_silence(l, err);
		if (rc == 0 && l->opts->timeout_s > 0 && now_s() - start > l->opts->timeout_s)
			rc = pb_fail(err, PB_MISSING, ETIMEDOUT,
				     "the command in the lab took longer than %d s", l->opts->timeout_s);
	}
	while (rc == 0 && l->relay.conn[0] >= 0)
		rc = pb_lab_relay_step(&l->relay, 0, err);
	/* a kernel that panics before its init is the same trouble with timers as one that hangs there */
	return rc == 0 && !in_share(l, "booted") ? -EAGAIN : rc;
}

/* Keystrokes go to the shell inside, Ctrl-C too. True when *old is to be restored. */
static bool raw_terminal(struct termios *old)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, old) < 0)
		return false;
	raw = *old;
	cfmakeraw(&raw);
	return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

/* One start of QEMU to its end; everything that belongs to it is gone afterwards. */
static int live_once(struct lab *l, struct pb_err *err)
{
	struct termios old;
	bool raw;
	int rc = pb_lab_relay_open(&l->relay, l->paths.work, l->opts->shell, err);

	rc = rc < 0 ? rc : start_qemu(l, err);
	if (rc == 0) {
		raw = l->opts->shell && raw_terminal(&old);
		rc = follow(l, err);
		if (raw)
			tcsetattr(STDIN_FILENO, TCSANOW, &old);
	}
	pb_ui_clear(live_ui(l->opts));
	pb_child_stop(&l->qemu, 500);
	pb_lab_relay_close(&l->relay, l->paths.work);
	if (l->log_fd >= 0)
		close(l->log_fd);
	l->log_fd = -1;
	return rc;
}

static void log_tail(const struct lab *l, const char *name, struct pb_buf *out)
{
	char path[128], tail[400];

	snprintf(path, sizeof(path), "%s/%s", l->paths.work, name);
	pb_qemu_log_tail(tail, sizeof(tail), path, 4);
	if (tail[0])
		pb_buf_printf(out, "; the end of %s: %s", path, tail);
}

/* What there is to say of a machine without an exit status: how QEMU ended, and both logs' last lines. */
static int explain_end(const struct lab *l, struct pb_err *err)
{
	struct pb_buf text = {0};
	bool booted = in_share(l, "booted");

	if (l->ended > 128)
		pb_buf_printf(&text, " (QEMU was ended by signal %d)", l->ended - 128);
	else if (l->ended >= 0)
		pb_buf_printf(&text, " (QEMU's exit status: %d%s)", l->ended,
			      l->ended == 0 ? ", so the machine reset itself or switched itself off" : "");
	log_tail(l, "console.log", &text);
	log_tail(l, "qemu.log", &text);
	pb_fail(err, PB_MISSING, EIO, "the lab's machine %s%s",
		booted ? "ended before the command did" : "did not come up", text.data ? text.data : "");
	pb_buf_fini(&text);
	return booted ? -ENOTRECOVERABLE : -EIO;
}

/* -ENOTRECOVERABLE for a machine that came up and ended (crashed, reset itself) before the command did. */
static int read_status(const struct lab *l, int *exit_status, struct pb_err *err)
{
	char path[128];
	int status = -1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/share/status", l->paths.work);
	f = fopen(path, "re");
	if (f && fscanf(f, "%d", &status) != 1)
		status = -1;
	if (f)
		fclose(f);
	if (status < 0)
		return explain_end(l, err);
	*exit_status = status;
	return 0;
}

/* What the last machine said must not be taken for the next one's. */
static int empty_share(struct lab *l, struct pb_err *err)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/share", l->paths.work);
	pb_remove_tree(path);
	return mkdir(path, 0755) < 0
		       ? pb_fail(err, PB_MISSING, errno, "cannot make %s: %s", path, strerror(errno))
		       : 0;
}

/* A machine that comes up, in up to BOOT_TRIES boots, and lives to its end. */
static int live_booted(struct lab *l, struct pb_err *err)
{
	int rc = make_disks(l, err);

	if (rc < 0)
		return rc;
	rc = -EAGAIN;
	for (int n = 0; n < BOOT_TRIES && rc == -EAGAIN; n++) {
		rc = empty_share(l, err);
		rc = rc < 0 ? rc : live_once(l, err);
	}
	return rc;
}

/* A machine's whole life, and what the command said at its end. */
static int live_to_status(struct lab *l, int *exit_status, struct pb_err *err)
{
	int rc = live_booted(l, err);

	return rc < 0 && rc != -EAGAIN ? rc : read_status(l, exit_status, err);
}

static int live(struct lab *l, int *exit_status, struct pb_err *err)
{
	int rc = pb_lab_image(&l->paths, l->scenario, l->opts, err);

	rc = rc < 0 ? rc : live_to_status(l, exit_status, err);
	for (unsigned n = 0; n < l->opts->again && rc == -ENOTRECOVERABLE; n++) {
		pb_ui_line(l->opts->ui, "%s: starting anew", err->msg);
		*err = (struct pb_err)PB_ERR_INIT;
		rc = live_to_status(l, exit_status, err);
	}
	return rc;
}

int pb_lab_run(const struct pb_lab_opts *opts, int *exit_status, struct pb_err *err)
{
	struct lab l = {.opts = opts,
			.relay = {.listen = {-1, -1}, .conn = {-1, -1}},
			.qemu = {.in = -1, .out = -1},
			.log_fd = -1,
			.ended = -1};
	int rc;

	l.scenario = opts->scenario ? pb_scenario_find(opts->scenario) : &pb_scenarios[0];
	if (!l.scenario)
		return unknown_scenario(opts->scenario, err);
	rc = pb_lab_paths_find(&l.paths, err);
	rc = rc < 0 ? rc : make_workdir(&l, err);
	if (rc < 0)
		return rc;
	rc = live(&l, exit_status, err);
	/* a machine that broke leaves its logs: the message names them */
	if (l.own_workdir && (rc == 0 || rc == -EINTR))
		pb_remove_tree(l.paths.work);
	return rc;
}
