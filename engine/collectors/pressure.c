/*
 * Pressure stall information: how long tasks stood still for want of CPU, I/O, memory or because of
 * interrupts, on the whole machine and in QEMU's cgroup. Totals only; the kernel's averages say less.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/psitext.h"
#include "engine/collectors/reason.h"
#include "engine/collectors/snapfile.h"

static const char *const resource[] = {"cpu", "io", "memory",
				       "irq"}; /* irq: IRQ_TIME_ACCOUNTING, Linux 6.1 */
#define N_RESOURCES (sizeof(resource) / sizeof(resource[0]))

enum scope { SCOPE_SYSTEM, SCOPE_QEMU, N_SCOPES };
static const char *const scope_name[] = {"system", "qemu"};

struct pressure_state {
	struct pb_snapfile file[N_SCOPES][N_RESOURCES];
};

static void pressure_stop(void *state)
{
	struct pressure_state *s = state;

	if (!s)
		return;
	for (size_t i = 0; i < N_SCOPES; i++)
		for (size_t k = 0; k < N_RESOURCES; k++)
			pb_snapfile_close(&s->file[i][k]);
	free(s);
}

/* With cgroup v1 beside it, version 2 is mounted one level down. Without either there is nothing to find. */
static void open_qemu(struct pressure_state *s, const struct pb_target *t)
{
	static const char *const mount[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct pb_buf text = {0};
	char group[PATH_MAX / 2], path[PATH_MAX];

	for (size_t k = 0; k < N_RESOURCES; k++)
		s->file[SCOPE_QEMU][k].fd = -1;
	if (!t->qemu_pid || pb_root_slurp(t->root, &text, "/proc/%d/cgroup", (int)t->qemu_pid) ||
	    !text.data || pb_psi_cgroup(text.data, group, sizeof(group)))
		group[0] = '\0';
	pb_buf_fini(&text);
	if (!group[0])
		return;
	for (size_t i = 0; i < sizeof(mount) / sizeof(mount[0]); i++) {
		if (!pb_root_exists(t->root, "%s/cgroup.controllers", mount[i]))
			continue;
		for (size_t k = 0; k < N_RESOURCES; k++) {
			snprintf(path, sizeof(path), "%s%s/%s.pressure", mount[i], group, resource[k]);
			pb_snapfile_open(&s->file[SCOPE_QEMU][k], t->root, path);
		}
		return;
	}
}

static int pressure_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct pressure_state *s = calloc(1, sizeof(*s));
	int first = 0, open = 0;

	if (!s)
		return -ENOMEM;
	for (size_t k = 0; k < N_RESOURCES; k++) {
		char path[64];
		int rc;

		snprintf(path, sizeof(path), "/proc/pressure/%s", resource[k]);
		rc = pb_snapfile_open(&s->file[SCOPE_SYSTEM][k], t->root, path);
		/* with psi=0 the files are there and say EOPNOTSUPP when they are opened or read */
		if (!rc && (rc = pb_snapfile_read(&s->file[SCOPE_SYSTEM][k])))
			pb_snapfile_close(&s->file[SCOPE_SYSTEM][k]);
		open += !rc;
		if (rc && !first)
			first = rc;
	}
	open_qemu(s, t);
	if (!open) {
		pressure_stop(s);
		if (first == -EOPNOTSUPP)
			snprintf(why, size, "/proc/pressure: switched off (boot with psi=1)");
		else
			pb_reason(why, size, -first, "/proc/pressure");
		return first;
	}
	*state = s;
	return 0;
}

static int pressure_probe(const struct pb_target *t, char *why, size_t size)
{
	void *state = NULL;
	int rc = pressure_start(t, &state, why, size);

	pressure_stop(state);
	return rc;
}

static int pressure_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {"scope", "resource", "some_ns", "full_ns"};
	int rc = 0;

	(void)state;
	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	return rc;
}

static int pressure_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct pressure_state *s = state;

	for (size_t i = 0; i < N_SCOPES; i++)
		for (size_t k = 0; k < N_RESOURCES; k++) {
			struct pb_snapfile *f = &s->file[i][k];
			int64_t some, full;

			if (f->fd < 0)
				continue;
			if (pb_snapfile_read_attr(f)) {
				pb_snapfile_close(f); /* the cgroup went with QEMU */
				continue;
			}
			pb_psi_parse(f->data, &some, &full);
			pb_rows_begin(rows, t_ns);
			pb_rows_str(rows, scope_name[i]);
			pb_rows_str(rows, resource[k]);
			pb_rows_i64(rows, some);
			pb_rows_i64(rows, full);
			pb_rows_end(rows);
		}
	return 0;
}

const struct pb_collector pb_coll_pressure = {
	.name = "pressure",
	.help = "time tasks stood still for CPU, I/O, memory, interrupts: the machine and QEMU's cgroup",
	.source = "/proc/pressure, *.pressure of QEMU's cgroup",
	.period = PB_PERIOD_SLOW,
	.probe = pressure_probe,
	.start = pressure_start,
	.columns = pressure_columns,
	.sample = pressure_sample,
	.stop = pressure_stop,
};
