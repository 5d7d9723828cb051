/*
 * The disk's own count as a ceiling: an I/O that the guest's block layer never
 * saw did not reach the disk, whatever the engine says (an engine that reads
 * from a cache, or counts what it did not do). Exact up to the I/Os in flight,
 * since the samples taken enclose the window; it does not see too few I/Os.
 */
#include "analyzers/devcount.h"

#include <math.h>
#include <string.h>

#include "analyzers/run.h"
#include "analyzers/say.h"
#include "engine/lib/json.h"

#define FAMILY "validity"
#define SOURCE "docs/rules.md valid-device-count"
/* A sample's stamp is taken just before its counters are read: one this close to a window's begin may hold
 * I/Os of the window already. */
#define MARGIN_NS INT64_C(20000000)

/* Requests that ended, and those that were merged into them (Documentation/block/stat.rst). */
static int64_t seen_at(const struct pb_table *t, size_t row)
{
	static const char *const columns[] = {"reads",        "read_merges", "writes",
					      "write_merges", "discards",    "discard_merges"};
	int64_t n = 0;

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		int64_t v = pb_table_i64(t, row, pb_table_col(t, columns[i]));

		if (v == PB_NA && i < 4)
			return PB_NA;
		n += v == PB_NA ? 0 : v; /* discards are counted since Linux 4.18 */
	}
	return n;
}

/* Growth over the samples that enclose [t0, t1]; PB_NA when there are none. */
static int64_t seen_between(const struct pb_table *t, int64_t t0, int64_t t1)
{
	int time = pb_table_col(t, "t_ns");
	int64_t from = PB_NA, to = PB_NA;

	for (size_t row = 0; row < pb_table_rows(t) && to == PB_NA; row++) {
		int64_t at = pb_table_i64(t, row, time);

		if (at == PB_NA)
			continue;
		if (at <= t0 - MARGIN_NS)
			from = seen_at(t, row);
		else if (at >= t1)
			to = seen_at(t, row);
	}
	return from == PB_NA || to == PB_NA ? PB_NA : to - from;
}

/* Why the counters say nothing about this run's I/Os, or NULL. */
static const char *useless(const struct pb_run *run, const struct pb_table *t)
{
	if (strncmp(pb_json_str(pb_run_section(run, "guest"), "backend", ""), "uring_cmd", 9) == 0)
		return PB_N("NVMe passthrough (uring_cmd) does not go through the block layer's counters");
	if (!t || pb_table_rows(t) == 0)
		return PB_N("guest's block.csv");
	if (seen_at(t, 0) == PB_NA)
		return PB_N("guest's block.csv, columns reads, read_merges, writes, write_merges");
	if (seen_at(t, 0) == seen_at(t, pb_table_rows(t) - 1))
		return PB_N(
			"counters that move: queue/iostats of the disk in the guest is 0, or no I/O reached "
			"it");
	return NULL;
}

static void say(struct pb_finding **f, const struct pb_rule *rule, struct pb_findings *out,
		const struct pb_fact *fact, long long depth, long long claimed)
{
	if (!*f) {
		*f = pb_say(out, rule, FAMILY, PB_SEV_CRITICAL,
			    "More I/Os were counted than reached the disk");
		pb_say_what(*f, "The guest's block layer has seen fewer I/Os than the engine counted, over a "
				"longer time. The others came from somewhere else, a cache for instance, and "
				"the rates are above what this disk did.");
	}
	pb_say_fact(*f, fact, "depth %lld: %lld I/Os counted, %.0f seen by the disk", depth, claimed,
		    fact->value);
}

int pb_devcount_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const struct pb_table *steps = pb_run_table(run, "steps.csv"), *t;
	struct pb_finding *f = NULL;
	const char *why;
	char file[128];

	t = pb_run_table(run, pb_run_guest_file(run, file, sizeof(file), "block.csv"));
	why = useless(run, t);
	if (why) {
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "Whether the disk has seen all I/Os could not be checked");
		pb_say_missing(f, "%s", why);
		return 0;
	}
	for (size_t row = 0; steps && row < pb_table_rows(steps); row++) {
		int64_t t0 = pb_table_i64(steps, row, pb_table_col(steps, "t_ns"));
		int64_t t1 = pb_table_i64(steps, row, pb_table_col(steps, "t_end_ns"));
		int64_t claimed = pb_table_i64(steps, row, pb_table_col(steps, "completed"));
		int64_t depth = pb_table_i64(steps, row, pb_table_col(steps, "depth")), seen;
		double held = pb_table_num(steps, row, pb_table_col(steps, "mean_depth"));

		if (t0 == PB_NA || t1 == PB_NA || claimed == PB_NA || depth == PB_NA)
			continue;
		seen = seen_between(t, t0, t1);
		/* what had ended in the disk before the first sample and was reaped in the window: at most
		 * what was in flight (with more jobs than the target, one each: the mean says it) */
		if (seen == PB_NA || (double)claimed <= (double)seen + fmax((double)depth, ceil(held)))
			continue;
		say(&f, rule, out,
		    &(struct pb_fact){file, "reads", t0, t1, (double)seen, (double)claimed, "I/Os", SOURCE},
		    (long long)depth, (long long)claimed);
	}
	return 0;
}
