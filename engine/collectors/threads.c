/*
 * CPU time of QEMU's threads: how long each ran, how long it waited for a CPU, how often it was switched in
 * and where it last ran. vCPU, iothread and main threads every tick; pool workers and others once a second,
 * when the list of threads is read again. Rows stop when QEMU ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/qemuvcpu.h"
#include "engine/collectors/reason.h"
#include "engine/collectors/tasktext.h"

#define RELIST_NS 1000000000LL
#define LOOK_NS 90000000LL /* `stat` is five times as dear as `schedstat`: read at 10 Hz */

struct thread {
	struct pb_qemu_task task;
	int schedstat, stat;          /* kept open for the busy roles, else -1 */
	struct pb_task_status status; /* as of the last listing */
	struct pb_task_stat looked;   /* stat as of looked_ns */
	int64_t looked_ns;            /* when stat was last read, 0 = not yet */
};

struct threads_state {
	const struct pb_root *root;
	int64_t tick_ns; /* unit of the times in stat */
	pid_t pid;
	int dir; /* /proc/PID/task */
	struct thread *v;
	size_t n;
	int64_t listed_ns;
	bool listed;
};

static int threads_probe(const struct pb_target *t, char *why, size_t size)
{
	int fd;

	if (!t->qemu_pid) {
		snprintf(why, size, "no QEMU process belongs to this run");
		return -ESRCH;
	}
	fd = pb_qemu_task_dir(t->root, t->qemu_pid);
	if (fd < 0)
		return pb_reason(why, size, fd == -ENOENT ? ESRCH : -fd, "/proc/PID/task of QEMU");
	close(fd);
	return 0;
}

static int threads_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct threads_state *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->root = t->root;
	s->tick_ns = 1000000000LL / sysconf(_SC_CLK_TCK);
	s->pid = t->qemu_pid;
	s->dir = pb_qemu_task_dir(t->root, t->qemu_pid);
	if (s->dir < 0) {
		int rc = pb_reason(why, size, -s->dir, "/proc/PID/task of QEMU");

		free(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int threads_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {"pid",
					  "tid",
					  "role",
					  "name",
					  "run_ns",
					  "wait_ns",
					  "switches",
					  "last_cpu",
					  "allowed_cpus",
					  "user_ns",
					  "system_ns",
					  "guest_ns",
					  "voluntary_switches",
					  "involuntary_switches"};
	int rc = 0;

	(void)state;
	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	return rc;
}

static void close_thread(struct thread *x)
{
	if (x->schedstat >= 0)
		close(x->schedstat);
	if (x->stat >= 0)
		close(x->stat);
	x->schedstat = x->stat = -1;
}

static void drop_all(struct threads_state *s)
{
	for (size_t i = 0; i < s->n; i++)
		close_thread(&s->v[i]);
	free(s->v);
	s->v = NULL;
	s->n = 0;
}

static int open_file(const struct threads_state *s, pid_t tid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "%d/%s", (int)tid, file);
	return openat(s->dir, path, O_RDONLY | O_CLOEXEC);
}

static bool is_busy_role(const struct pb_qemu_task *t)
{
	return t->vcpu >= 0 || !strcmp(t->role, "main") || !strcmp(t->role, "iothread");
}

/* status is dear (7 us): once a second only. */
static void read_status(const struct threads_state *s, struct thread *x)
{
	char text[8192];

	if (pb_qemu_task_read(s->dir, text, sizeof(text), x->task.tid, "status") <= 0)
		text[0] = '\0';
	pb_task_status(text, &x->status);
}

/* Takes over the open files of a thread that was there before; opens them for a new one. */
static void adopt(struct threads_state *s, struct thread *x, const struct pb_qemu_task *task)
{
	*x = (struct thread){.task = *task, .schedstat = -1, .stat = -1};
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].task.tid == task->tid) {
			x->schedstat = s->v[i].schedstat;
			x->stat = s->v[i].stat;
			s->v[i].schedstat = s->v[i].stat = -1;
		}
	if (is_busy_role(task) && x->schedstat < 0)
		x->schedstat = open_file(s, task->tid, "schedstat");
	if (is_busy_role(task) && x->stat < 0)
		x->stat = open_file(s, task->tid, "stat");
	read_status(s, x);
}

static int relist(struct threads_state *s)
{
	struct pb_qemu_task *tasks;
	struct thread *v;
	size_t n;
	int rc = pb_qemu_tasks_known(s->root, s->dir, s->pid, &tasks, &n);

	if (rc == -ESRCH) { /* QEMU has ended: nothing to report any more */
		drop_all(s);
		return 0;
	}
	if (rc)
		return rc;
	v = calloc(n, sizeof(*v));
	if (!v) {
		free(tasks);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		adopt(s, &v[i], &tasks[i]);
	free(tasks);
	drop_all(s);
	s->v = v;
	s->n = n;
	return 0;
}

/* Text of a thread's file: through the kept descriptor, or opened now. Length or -errno. */
static ssize_t thread_text(const struct threads_state *s, const struct thread *x, int fd, const char *file,
			   char *buf, size_t size)
{
	ssize_t n;

	if (fd < 0)
		return pb_qemu_task_read(s->dir, buf, size, x->task.tid, file);
	n = pread(fd, buf, size - 1, 0);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return n;
}

/* Reads `stat` when it is time to. */
static bool look(const struct threads_state *s, struct thread *x, int64_t t_ns)
{
	char text[1024];

	if (x->looked_ns && t_ns - x->looked_ns < LOOK_NS)
		return false;
	x->looked_ns = t_ns;
	if (thread_text(s, x, x->stat, "stat", text, sizeof(text)) <= 0)
		text[0] = '\0';
	pb_task_stat(text, &x->looked);
	return true;
}

static void put_ticks(const struct threads_state *s, struct pb_rows *rows, bool fresh, int64_t ticks)
{
	pb_rows_i64(rows, fresh && ticks != PB_NA ? ticks * s->tick_ns : PB_NA);
}

static void thread_row(const struct threads_state *s, struct thread *x, bool all, int64_t t_ns,
		       struct pb_rows *rows)
{
	struct pb_task_sched sched;
	char text[128];
	bool fresh;

	if (thread_text(s, x, x->schedstat, "schedstat", text, sizeof(text)) <= 0 ||
	    pb_task_sched(text, &sched)) {
		close_thread(x); /* ended; its number may come back as another thread */
		return;
	}
	fresh = look(s, x, t_ns);
	pb_rows_begin(rows, t_ns);
	pb_rows_i64(rows, s->pid);
	pb_rows_i64(rows, x->task.tid);
	pb_rows_str(rows, x->task.role);
	pb_rows_str(rows, x->task.name);
	pb_rows_i64(rows, sched.run_ns);
	pb_rows_i64(rows, sched.wait_ns);
	pb_rows_i64(rows, sched.switches);
	pb_rows_i64(rows, x->looked.cpu);
	pb_rows_str(rows, x->status.allowed[0] ? x->status.allowed : NULL);
	put_ticks(s, rows, fresh, x->looked.user);
	put_ticks(s, rows, fresh, x->looked.system);
	put_ticks(s, rows, fresh, x->looked.guest);
	pb_rows_i64(rows, all ? x->status.voluntary : PB_NA);
	pb_rows_i64(rows, all ? x->status.involuntary : PB_NA);
	pb_rows_end(rows);
}

static int threads_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct threads_state *s = state;
	bool all = !s->listed || t_ns - s->listed_ns >= RELIST_NS;
	int rc = all ? relist(s) : 0;

	if (rc)
		return rc;
	if (all) {
		s->listed = true;
		s->listed_ns = t_ns;
	}
	for (size_t i = 0; i < s->n; i++)
		if (all || is_busy_role(&s->v[i].task))
			thread_row(s, &s->v[i], all, t_ns, rows);
	return 0;
}

static int threads_finish(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct threads_state *s = state;

	s->listed = false; /* the last rows hold every thread */
	return threads_sample(s, t_ns, rows);
}

static void threads_stop(void *state)
{
	struct threads_state *s = state;

	if (!s)
		return;
	drop_all(s);
	close(s->dir);
	free(s);
}

const struct pb_collector pb_coll_threads = {
	.name = "threads",
	.help = "QEMU's threads: run, wait and guest time, switches, last CPU, allowed CPUs",
	.source = "/proc/PID/task",
	.period = PB_PERIOD_FAST,
	.labels = "pid tid role name",
	.gauges = "last_cpu",
	.probe = threads_probe,
	.start = threads_start,
	.columns = threads_columns,
	.sample = threads_sample,
	.finish = threads_finish,
	.stop = threads_stop,
};
