/*
 * Reads host/block.csv, host/memory.csv and the engine's bytes side by side. Gives numbers and evidence;
 * judging is cache.c's and blkpolicy.c's.
 */
#include "analyzers/hostcache.h"

#include <string.h>

#include "analyzers/rates.h"
#include "analyzers/run.h"
#include "analyzers/say.h"

#define BLOCK "host/block.csv"
#define MEMORY "host/memory.csv"

/* [ours] the disk is asked for this much less than the guest reads before the rest counts as memory's */
#define HIT_SHARE 0.10
/* [ours] half a second's worth of bytes in dirty pages is a cache at work */
#define DIRTY_SECONDS 0.5

static double engine(struct pb_run *run, const char *column, const struct pb_point *p)
{
	char name[300];

	return pb_rate_sum(pb_run_table(run, pb_run_guest_file(run, name, sizeof(name), "engine.csv")),
			   column, NULL, "job", p->t0_ns, p->t1_ns);
}

static double disk(struct pb_run *run, const char *column, const struct pb_point *p)
{
	static const struct pb_match of[] = {{"role", "disk"}, {NULL, NULL}};

	return pb_rate(pb_run_table(run, BLOCK), column, of, p->t0_ns, p->t1_ns);
}

static double largest(double a, double b)
{
	return isnan(a) || b > a ? b : a;
}

static void read_memory(struct pb_hostcache *h, const struct pb_table *t, const struct pb_point *p)
{
	int time = t ? pb_table_col(t, "t_ns") : -1, scope = t ? pb_table_col(t, "scope") : -1;
	int dirty = t ? pb_table_col(t, "dirty_bytes") : -1, wb = t ? pb_table_col(t, "writeback_bytes") : -1;
	int fre = t ? pb_table_col(t, "free_bytes") : -1;
	double first = NAN, least = NAN;

	for (size_t row = 0; t && row < pb_table_rows(t); row++) {
		int64_t at = pb_table_i64(t, row, time);
		double f = pb_table_num(t, row, fre);

		if (strcmp(pb_table_str(t, row, scope), "system") != 0)
			continue;
		if (isnan(first))
			first = f;
		if (isnan(least) || f < least)
			least = f;
		if (at < p->t0_ns || at > p->t1_ns)
			continue;
		h->dirty_max = largest(h->dirty_max, pb_table_num(t, row, dirty));
		h->writeback_max = largest(h->writeback_max, pb_table_num(t, row, wb));
	}
	h->free_fell = first - least;
}

void pb_hostcache_read(struct pb_hostcache *h, struct pb_run *run, const struct pb_point *p)
{
	*h = (struct pb_hostcache){.guest_read = engine(run, "read_bytes", p),
				   .guest_write = engine(run, "write_bytes", p),
				   .disk_read = disk(run, "read_bytes", p),
				   .disk_write = disk(run, "write_bytes", p),
				   .from_memory = NAN,
				   .dirty_max = NAN,
				   .writeback_max = NAN,
				   .free_fell = NAN};
	if (h->guest_read > 0 && !isnan(h->disk_read))
		h->from_memory = fmax(0, 1 - h->disk_read / h->guest_read);
	read_memory(h, pb_run_table(run, MEMORY), p);
}

bool pb_hostcache_say(struct pb_finding *f, const struct pb_hostcache *h, const struct pb_point *p)
{
	bool hits = h->from_memory > HIT_SHARE,
	     dirty = h->guest_write > 0 && h->dirty_max > DIRTY_SECONDS * h->guest_write;

	if (hits)
		pb_say_fact(
			f,
			&(struct pb_fact){BLOCK, "read_bytes", p->t0_ns, p->t1_ns, h->from_memory, HIT_SHARE,
					  "share", "docs/rules.md R-C1"},
			"the guest read %.1f MB/s, the disk moved %.1f: %.0f%% came from the host's memory",
			h->guest_read / 1e6, h->disk_read / 1e6, 100 * h->from_memory);
	if (dirty)
		pb_say_fact(f,
			    &(struct pb_fact){MEMORY, "dirty_bytes", p->t0_ns, p->t1_ns, h->dirty_max / 1e6,
					      DIRTY_SECONDS * h->guest_write / 1e6, "MB",
					      "docs/rules.md R-C1"},
			    "up to %.0f MB of the host's memory were dirty while the guest wrote %.1f MB/s",
			    h->dirty_max / 1e6, h->guest_write / 1e6);
	if ((hits || dirty) && h->free_fell > 0)
		pb_say_fact(f,
			    &(struct pb_fact){MEMORY, "free_bytes", 0, 0, h->free_fell / 1e6, NAN, "MB", ""},
			    "the host's free memory fell by %.0f MB meanwhile", h->free_fell / 1e6);
	return hits || dirty;
}
