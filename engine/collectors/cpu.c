/*
 * CPU time per CPU from /proc/stat, in nanoseconds. Values are the kernel's: user_ns
 * includes guest_ns, nice_ns includes guest_nice_ns. Its resolution is one tick of USER_HZ (10 ms): not for
 * intervals below a second.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/snapfile.h"

#define FIELDS 10u /* user nice system idle iowait irq softirq steal guest guest_nice */
#define IDLE 3u
#define IOWAIT 4u
#define CPU_MAX 8192u

struct floor_ticks {
	int64_t idle, iowait; /* highest seen: both may step back across idle entry and hot-plug */
};

struct cpu_state {
	struct pb_snapfile stat;
	int64_t tick_ns;
	struct floor_ticks *floor; /* by CPU number */
	size_t n_floor;
};

static int cpu_probe(const struct pb_target *t, char *why, size_t size)
{
	struct pb_snapfile f;
	int rc = pb_snapfile_open(&f, t->root, "/proc/stat");

	if (rc)
		snprintf(why, size, "/proc/stat: %s", strerror(-rc));
	pb_snapfile_close(&f);
	return rc;
}

static int cpu_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct cpu_state *s = calloc(1, sizeof(*s));
	long hz = sysconf(_SC_CLK_TCK);
	int rc;

	if (!s)
		return -ENOMEM;
	rc = pb_snapfile_open(&s->stat, t->root, "/proc/stat");
	if (rc) {
		snprintf(why, size, "/proc/stat: %s", strerror(-rc));
		free(s);
		return rc;
	}
	s->tick_ns = 1000000000 / (hz > 0 ? hz : 100);
	*state = s;
	return 0;
}

static int cpu_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {"cpu",      "user_ns",   "nice_ns",      "system_ns",
					  "idle_ns",  "iowait_ns", "irq_ns",       "softirq_ns",
					  "steal_ns", "guest_ns",  "guest_nice_ns"};
	int rc = 0;

	(void)state;
	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	return rc;
}

static int grow_floor(struct cpu_state *s, size_t n)
{
	struct floor_ticks *f = realloc(s->floor, n * sizeof(*f));

	if (!f)
		return -ENOMEM;
	memset(f + s->n_floor, 0, (n - s->n_floor) * sizeof(*f));
	s->floor = f;
	s->n_floor = n;
	return 0;
}

static int64_t clamp(int64_t *seen, int64_t now)
{
	if (now > *seen)
		*seen = now;
	return *seen;
}

/* Numbers of one "cpuN ..." line; how many were there (old kernels print fewer). */
static size_t fields(const char *p, int64_t v[FIELDS])
{
	size_t n = 0;

	while (n < FIELDS) {
		char *end;

		while (*p == ' ')
			p++;
		if (*p < '0' || *p > '9')
			break;
		v[n++] = strtoll(p, &end, 10);
		p = end;
	}
	return n;
}

static int cpu_line(struct cpu_state *s, const char *p, int64_t t_ns, struct pb_rows *rows)
{
	int64_t v[FIELDS];
	char *end;
	unsigned long cpu = strtoul(p, &end, 10);
	size_t n = fields(end, v);
	int rc = 0;

	if (cpu >= CPU_MAX || n <= IOWAIT)
		return 0;
	if (cpu >= s->n_floor)
		rc = grow_floor(s, cpu + 1);
	if (rc)
		return rc;
	v[IDLE] = clamp(&s->floor[cpu].idle, v[IDLE]);
	v[IOWAIT] = clamp(&s->floor[cpu].iowait, v[IOWAIT]);
	pb_rows_begin(rows, t_ns);
	pb_rows_i64(rows, (int64_t)cpu);
	for (size_t i = 0; i < n; i++)
		pb_rows_i64(rows, v[i] > INT64_MAX / s->tick_ns ? PB_NA : v[i] * s->tick_ns);
	pb_rows_end(rows);
	return 0;
}

static int cpu_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct cpu_state *s = state;
	int rc = pb_snapfile_read(&s->stat);

	for (const char *p = rc ? NULL : s->stat.data; !rc && p; p = strchr(p, '\n')) {
		if (*p == '\n')
			p++;
		if (strncmp(p, "cpu", 3)) /* the cpu lines come first; "intr" behind them is long */
			break;
		if (p[3] >= '0' && p[3] <= '9')
			rc = cpu_line(s, p + 3, t_ns, rows);
	}
	return rc;
}

static void cpu_stop(void *state)
{
	struct cpu_state *s = state;

	if (!s)
		return;
	pb_snapfile_close(&s->stat);
	free(s->floor);
	free(s);
}

const struct pb_collector pb_coll_cpu = {
	.name = "cpu",
	.help = "CPU time per host CPU: user, system, irq, softirq, steal, guest",
	.source = "/proc/stat",
	.period = PB_PERIOD_FAST,
	.spacing_ns = 90000000, /* ten ticks of USER_HZ, less the jitter of a 100 ms interval */
	.labels = "cpu",
	.probe = cpu_probe,
	.start = cpu_start,
	.columns = cpu_columns,
	.sample = cpu_sample,
	.stop = cpu_stop,
};
