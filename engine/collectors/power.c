/*
 * What power management did to each CPU: frequency, time in and entries of idle states, thermal throttling.
 * Reads sysfs only: no MSRs, and nothing that interrupts another CPU on kernels since 5.18.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/collectors/collector.h"
#include "engine/lib/csv.h"

#define CPU_DIR "/sys/devices/system/cpu"
#define STATES_MAX ((size_t)12) /* CPUIDLE_STATE_MAX is 10 */
#define KEEP_MAX 512u           /* files held open, well below the usual limit of 1024 descriptors */
#define SLICE_FILES 128u        /* more files than that are opened for each reading, this many a sample */

static const struct {
	const char *file, *column;
	int64_t factor;
} fixed[] = {
	{"cpufreq/scaling_cur_freq", "freq_khz", 1},
	{"thermal_throttle/core_throttle_count", "core_throttles", 1},
	{"thermal_throttle/core_throttle_total_time_ms", "core_throttled_ns", 1000000},
	{"thermal_throttle/package_throttle_count", "package_throttles", 1},
	{"thermal_throttle/package_throttle_total_time_ms", "package_throttled_ns", 1000000},
};
#define N_FIXED (sizeof(fixed) / sizeof(fixed[0]))
#define FILES_MAX (N_FIXED + 2 * STATES_MAX)

struct cpu {
	unsigned number;
	bool there[FILES_MAX]; /* the file was there at the start */
	int fd[FILES_MAX];     /* -1 = not held open */
};

struct power_state {
	const struct pb_root *root;
	struct cpu *v;
	size_t n, cap;
	char state_name[STATES_MAX][24]; /* as columns have them */
	size_t n_states;
	size_t n_files; /* over all CPUs */
	size_t next;    /* CPU to read next, when not all are read every time */
};

static size_t n_columns(const struct power_state *s)
{
	return N_FIXED + 2 * s->n_states;
}

/* Path of file `col` below the CPU's directory; for states: entries, then time. */
static void file_of(size_t col, char *path, size_t size)
{
	if (col < N_FIXED)
		snprintf(path, size, "%s", fixed[col].file);
	else
		snprintf(path, size, "cpuidle/state%zu/%s", (col - N_FIXED) / 2,
			 (col - N_FIXED) % 2 ? "time" : "usage");
}

static int64_t factor_of(size_t col)
{
	if (col < N_FIXED)
		return fixed[col].factor;
	return (col - N_FIXED) % 2 ? 1000 : 1; /* time is in microseconds */
}

static int open_file(const struct power_state *s, const struct cpu *c, size_t col)
{
	char path[80];

	file_of(col, path, sizeof(path));
	return pb_root_openf(s->root, O_RDONLY, CPU_DIR "/cpu%u/%s", c->number, path);
}

/* "C1E" of the first CPU that has states becomes idle2_c1e; the number keeps names apart. */
static void name_states(struct power_state *s, unsigned cpu)
{
	char text[64];

	while (s->n_states < STATES_MAX &&
	       pb_root_read(s->root, text, sizeof(text), CPU_DIR "/cpu%u/cpuidle/state%zu/name", cpu,
			    s->n_states) > 0) {
		for (char *p = text; *p; p++)
			*p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : '_';
		snprintf(s->state_name[s->n_states], sizeof(s->state_name[0]), "idle%zu_%.12s", s->n_states,
			 text);
		s->n_states++;
	}
}

static int add_cpu(struct power_state *s, const char *name)
{
	unsigned number;
	int end = 0;

	if (sscanf(name, "cpu%6u%n", &number, &end) != 1 || !end || name[end])
		return 0;
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 16;
		struct cpu *v = realloc(s->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		s->v = v;
		s->cap = cap;
	}
	memset(&s->v[s->n], 0, sizeof(s->v[0]));
	for (size_t col = 0; col < FILES_MAX; col++)
		s->v[s->n].fd[col] = -1;
	s->v[s->n++].number = number;
	if (!s->n_states)
		name_states(s, number);
	return 0;
}

static void close_all(struct power_state *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t col = 0; col < FILES_MAX; col++) {
			if (s->v[i].fd[col] >= 0)
				close(s->v[i].fd[col]);
			s->v[i].fd[col] = -1;
		}
}

static void power_stop(void *state)
{
	struct power_state *s = state;

	if (!s)
		return;
	close_all(s);
	free(s->v);
	free(s);
}

/* Finds out which files there are and keeps them open while they are few. */
static void open_all(struct power_state *s)
{
	for (size_t i = 0; i < s->n; i++)
		for (size_t col = 0; col < n_columns(s); col++) {
			struct cpu *c = &s->v[i];
			int fd = open_file(s, c, col);

			if (fd < 0)
				continue;
			c->there[col] = true;
			s->n_files++;
			if (s->n_files <= KEEP_MAX)
				c->fd[col] = fd;
			else
				close(fd);
		}
	if (s->n_files > KEEP_MAX)
		close_all(s);
}

static int power_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct power_state *s = calloc(1, sizeof(*s));
	struct pb_strv names = {0};
	int rc = 0;

	if (!s)
		return -ENOMEM;
	s->root = t->root;
	pb_root_list(t->root, &names, CPU_DIR);
	for (size_t i = 0; !rc && i < names.n; i++)
		rc = add_cpu(s, names.v[i]);
	pb_strv_fini(&names);
	if (!rc)
		open_all(s);
	if (!rc && !s->n_files) {
		snprintf(why, size,
			 "no cpuidle, cpufreq or thermal_throttle below " CPU_DIR
			 " (usual in a virtual machine)");
		rc = -ENOENT;
	}
	if (rc) {
		power_stop(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int power_probe(const struct pb_target *t, char *why, size_t size)
{
	void *state = NULL;
	int rc = power_start(t, &state, why, size);

	power_stop(state);
	return rc;
}

static int power_columns(void *state, struct pb_strv *names)
{
	const struct power_state *s = state;
	int rc = pb_strv_add(names, "cpu");

	for (size_t i = 0; !rc && i < N_FIXED; i++)
		rc = pb_strv_add(names, fixed[i].column);
	for (size_t i = 0; !rc && i < s->n_states; i++) {
		rc = pb_strv_addf(names, "%s_count", s->state_name[i]);
		if (!rc)
			rc = pb_strv_addf(names, "%s_ns", s->state_name[i]);
	}
	return rc;
}

static int64_t value_of(const struct power_state *s, struct cpu *c, size_t col)
{
	bool keep = s->n_files <= KEEP_MAX;
	int64_t factor = factor_of(col);
	char text[32], *end;
	long long v;
	ssize_t n;
	int fd = c->fd[col];

	if (!c->there[col])
		return PB_NA;
	if (fd < 0)
		fd = open_file(s, c, col); /* of a CPU that was offline: it may be back */
	if (fd < 0)
		return PB_NA;
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (keep && n > 0) {
		c->fd[col] = fd;
	} else {
		close(fd);
		c->fd[col] = -1;
	}
	if (n <= 0)
		return PB_NA;
	text[n] = '\0';
	errno = 0;
	v = strtoll(text, &end, 10);
	return end == text || errno || v < 0 || v > INT64_MAX / factor ? PB_NA : v * factor;
}

static void cpu_row(struct power_state *s, struct cpu *c, int64_t t_ns, struct pb_rows *rows)
{
	int64_t v[FILES_MAX];
	bool any = false;

	for (size_t col = 0; col < n_columns(s); col++) {
		v[col] = value_of(s, c, col);
		any |= v[col] != PB_NA;
	}
	if (!any) /* offline */
		return;
	pb_rows_begin(rows, t_ns);
	pb_rows_i64(rows, c->number);
	for (size_t col = 0; col < n_columns(s); col++)
		pb_rows_i64(rows, v[col]);
	pb_rows_end(rows);
}

static int power_finish(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct power_state *s = state;

	for (size_t i = 0; i < s->n; i++)
		cpu_row(s, &s->v[i], t_ns, rows);
	return 0;
}

/* Where files are too many to keep open, every sample reads the next few CPUs in turn. */
static int power_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct power_state *s = state;
	size_t slice = SLICE_FILES / (s->n_files / s->n + 1) + 1;

	if (s->n_files <= KEEP_MAX || slice >= s->n)
		return power_finish(state, t_ns, rows);
	for (size_t i = 0; i < slice; i++) {
		cpu_row(s, &s->v[s->next], t_ns, rows);
		s->next = (s->next + 1) % s->n;
	}
	return 0;
}

const struct pb_collector pb_coll_power = {
	.name = "power",
	.help = "per CPU: frequency, time in and entries of idle states, thermal throttling",
	.source = CPU_DIR "/cpu*/{cpufreq,cpuidle,thermal_throttle}",
	.period = PB_PERIOD_SLOW,
	.labels = "cpu",
	.gauges = "freq_khz",
	.probe = power_probe,
	.start = power_start,
	.columns = power_columns,
	.sample = power_sample,
	.finish = power_finish,
	.stop = power_stop,
};
