/*
 * What the host's block layer sees of the disk: I/Os, bytes, time and I/Os in flight, for the disk and for
 * the devices a stacked one stands on. With no disk named, every disk of the machine. A passed-through disk
 * has no block device here: its I/O is only seen inside the guest.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/blkstat.h"
#include "engine/collectors/blockstack.h"
#include "engine/collectors/collector.h"
#include "engine/collectors/reason.h"
#include "engine/collectors/snapfile.h"

#define DEVICES_MAX 256u
#define STACK_MAX 8u /* devices below devices */
#define LIST_NS 1000000000LL
#define SECTOR 512
#define MS_NS 1000000

static const struct {
	const char *name;
	enum pb_blkstat_field field;
	int64_t factor;
} columns[] = {
	{"reads", PB_BLK_READS, 1},
	{"read_merges", PB_BLK_READ_MERGES, 1},
	{"read_bytes", PB_BLK_READ_SECTORS, SECTOR},
	{"read_ns", PB_BLK_READ_MS, MS_NS},
	{"writes", PB_BLK_WRITES, 1},
	{"write_merges", PB_BLK_WRITE_MERGES, 1},
	{"write_bytes", PB_BLK_WRITE_SECTORS, SECTOR},
	{"write_ns", PB_BLK_WRITE_MS, MS_NS},
	{"inflight", PB_BLK_INFLIGHT, 1},
	{"io_ns", PB_BLK_IO_MS, MS_NS},
	{"queue_ns", PB_BLK_QUEUE_MS, MS_NS},
	{"discards", PB_BLK_DISCARDS, 1},
	{"discard_bytes", PB_BLK_DISCARD_SECTORS, SECTOR},
	{"discard_ns", PB_BLK_DISCARD_MS, MS_NS},
	{"flushes", PB_BLK_FLUSHES, 1},
	{"flush_ns", PB_BLK_FLUSH_MS, MS_NS},
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct device {
	char name[64];
	const char *role; /* "disk", "below" (a stacked disk stands on it), "host" (no disk was named) */
	struct pb_snapfile stat;
	struct pb_blkcount count;
};

struct block_state {
	const struct pb_root *root;
	bool every; /* no disk was named: devices that come later are taken in */
	struct device *v;
	size_t n;
	int64_t listed_ns;
	size_t n_listed; /* names in /sys/block when they were looked at */
};

static int open_stat(const struct block_state *s, struct device *d)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/block/%s/stat", d->name);
	return pb_snapfile_open(&d->stat, s->root, path);
}

static bool is_known(const struct block_state *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->v[i].name, name))
			return true;
	return false;
}

/* 0, also for one that is known or one too many; -errno of its stat file. */
static int add_device(struct block_state *s, const char *name, const char *role)
{
	struct device *grown, *d;
	int rc;

	if (s->n == DEVICES_MAX || is_known(s, name) || strlen(name) >= sizeof(d->name))
		return 0;
	grown = realloc(s->v, (s->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->v = grown;
	d = &grown[s->n];
	memset(d, 0, sizeof(*d));
	snprintf(d->name, sizeof(d->name), "%s", name);
	d->role = role;
	rc = open_stat(s, d);
	if (!rc)
		s->n++;
	return rc;
}

/* LVM, MD, multipath and crypt devices name in slaves/ what they stand on. Every level is one round. */
static void add_below(struct block_state *s)
{
	size_t from = 0;

	for (unsigned level = 0; level < STACK_MAX && from < s->n; level++) {
		size_t to = s->n;

		for (; from < to; from++) {
			struct pb_strv below = {0};
			char disk[64];

			pb_root_list(s->root, &below, "/sys/block/%s/slaves", s->v[from].name);
			for (size_t i = 0; i < below.n; i++) {
				add_device(s,
					   pb_blockstack_disk(s->root, below.v[i], disk, sizeof(disk))
						   ? disk
						   : below.v[i],
					   "below");
			}
			pb_strv_fini(&below);
		}
	}
}

/* Devices with hardware behind them: loop, ram and stacked ones have no "device". The paths of a multipath
 * NVMe disk are hidden, and counted in the disk's own device. */
static bool is_hardware(const struct pb_root *root, const char *name)
{
	int64_t hidden;

	return pb_root_exists(root, "/sys/block/%s/device", name) &&
	       (pb_root_i64(root, &hidden, "/sys/block/%s/hidden", name) || !hidden);
}

static int add_every(struct block_state *s)
{
	struct pb_strv names = {0};
	int rc = pb_root_list(s->root, &names, "/sys/block");
	bool same = names.n == s->n_listed; /* nothing plugged in or out since: do not ask for each again */

	s->n_listed = names.n;
	for (size_t i = 0; !rc && !same && i < names.n; i++)
		if (!is_known(s, names.v[i]) && is_hardware(s->root, names.v[i]))
			add_device(s, names.v[i], "host");
	pb_strv_fini(&names);
	return rc;
}

static void block_stop(void *state)
{
	struct block_state *s = state;

	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		pb_snapfile_close(&s->v[i].stat);
	free(s->v);
	free(s);
}

static int open_devices(struct block_state *s, const struct pb_target *t, char *why, size_t size)
{
	char path[128];
	int rc;

	if (t->block) {
		rc = add_device(s, t->block, "disk");
		snprintf(path, sizeof(path), "/sys/block/%s/stat", t->block);
		if (rc && rc != -ENOENT)
			return pb_reason(why, size, -rc, path);
		add_below(s);
	}
	if (t->bdf && !s->n) {
		snprintf(why, size, "%s has no block device on this host (passed through)", t->bdf);
		return -ENODEV;
	}
	if (t->block)
		return s->n ? 0 : pb_reason(why, size, ENOENT, path);
	s->every = true;
	rc = add_every(s);
	if (!rc && !s->n)
		rc = -ENODEV;
	return rc ? pb_reason(why, size, -rc, "/sys/block") : 0;
}

static int block_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct block_state *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	s->root = t->root;
	rc = open_devices(s, t, why, size);
	if (rc) {
		block_stop(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int block_probe(const struct pb_target *t, char *why, size_t size)
{
	void *state = NULL;
	int rc = block_start(t, &state, why, size);

	block_stop(state);
	return rc;
}

static int block_columns(void *state, struct pb_strv *names)
{
	int rc = pb_strv_add(names, "block");

	(void)state;
	if (!rc)
		rc = pb_strv_add(names, "role");
	for (size_t i = 0; !rc && i < N_COLUMNS; i++)
		rc = pb_strv_add(names, columns[i].name);
	return rc;
}

/* Once a second: devices that were unplugged may be back, new ones may have come. */
static void look_again(struct block_state *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct device *d = &s->v[i];

		if (d->stat.fd < 0 && !open_stat(s, d))
			pb_blkcount_restart(&d->count);
	}
	if (s->every)
		add_every(s);
}

static void device_row(struct device *d, int64_t t_ns, struct pb_rows *rows)
{
	int64_t v[PB_BLK_FIELDS];

	if (pb_snapfile_read_attr(&d->stat)) {
		pb_snapfile_close(&d->stat); /* unplugged: no rows until it is back */
		return;
	}
	if (pb_blkstat_parse(d->stat.data, v))
		return;
	pb_blkcount_add(&d->count, v);
	pb_rows_begin(rows, t_ns);
	pb_rows_str(rows, d->name);
	pb_rows_str(rows, d->role);
	for (size_t i = 0; i < N_COLUMNS; i++) {
		int64_t x = d->count.sum[columns[i].field];

		pb_rows_i64(rows,
			    x == PB_NA || x > INT64_MAX / columns[i].factor ? PB_NA : x * columns[i].factor);
	}
	pb_rows_end(rows);
}

static int block_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct block_state *s = state;

	if (t_ns - s->listed_ns >= LIST_NS) {
		s->listed_ns = t_ns;
		look_again(s);
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].stat.fd >= 0)
			device_row(&s->v[i], t_ns, rows);
	return 0;
}

const struct pb_collector pb_coll_block = {
	.name = "block",
	.help = "the disk as the host's block layer sees it: I/Os, bytes, time, in flight; what it stands on",
	.source = "/sys/block/X/stat",
	.period = PB_PERIOD_FAST,
	.spacing_ns = 45000000, /* its times are in milliseconds */
	.labels = "block role",
	.gauges = "inflight",
	.probe = block_probe,
	.start = block_start,
	.columns = block_columns,
	.sample = block_sample,
	.stop = block_stop,
};
