/*
 * What `passbench verify` found: blocks that are not what was written, with
 * place and kind. Looks at nothing else; a run without integrity mode has no
 * findings here.
 */
#include <string.h>

#include "analyzers/analyzer.h"
#include "analyzers/run.h"
#include "analyzers/say.h"
#include "engine/lib/json.h"

#define FAMILY "integrity"
#define MANIFEST "manifest.json"
#define CSV "integrity.csv"
#define SOURCE "docs/integrity.md"
/* Bad blocks named in the finding; integrity.csv has more. */
#define NAMED 5

/* docs/integrity.md, The stamp */
static const struct {
	const char *kind, *means;
} kinds[] = {
	{"corrupted", PB_N("a sector's checksum or payload is wrong")},
	{"misdirected", PB_N("a whole sector that belongs to another LBA")},
	{"torn", PB_N("sectors of different ages in one block")},
	{"stale", PB_N("an earlier pass or run: the write was lost")},
	{"unstamped", PB_N("no stamp at all: never written, discarded or zeroed")},
	{"unreadable", PB_N("the disk answered the read with an error")},
};

static int64_t bad_blocks(const json_t *counts)
{
	int64_t n = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		n += pb_json_i64(counts, kinds[i].kind, 0);
	return n;
}

static void say_kinds(struct pb_finding *f, const json_t *counts)
{
	char column[64];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int64_t n = pb_json_i64(counts, kinds[i].kind, 0);

		if (n <= 0)
			continue;
		snprintf(column, sizeof(column), "integrity.counts.%s", kinds[i].kind);
		pb_say_fact(f, &(struct pb_fact){MANIFEST, column, 0, 0, (double)n, 0, "blocks", SOURCE},
			    "%lld %s: %s", (long long)n, kinds[i].kind, kinds[i].means);
	}
}

/* The first bad blocks in order of detection. */
static void say_blocks(struct pb_finding *f, struct pb_run *run)
{
	const struct pb_table *t = pb_run_table(run, CSV);

	if (!t)
		pb_say_missing(f, CSV ": which blocks");
	for (size_t row = 0; t && row < pb_table_rows(t) && row < NAMED; row++) {
		int64_t lba = pb_table_i64(t, row, pb_table_col(t, "lba"));

		pb_say_fact(f, &(struct pb_fact){CSV, "lba", 0, 0, (double)lba, NAN, "sector", SOURCE},
			    "LBA %lld is %s: expected %s, found %s", (long long)lba,
			    pb_table_str(t, row, pb_table_col(t, "kind")),
			    pb_table_str(t, row, pb_table_col(t, "expected")),
			    pb_table_str(t, row, pb_table_col(t, "found")));
	}
}

static void say_bad(struct pb_finding *f, struct pb_run *run, const json_t *counts)
{
	pb_say_what(f,
		    "What was read back is not what was written and acknowledged, so data on this path is at "
		    "risk. integrity.csv lists the blocks. Repeat with --guest local to tell the path from "
		    "the disk, and with another cache mode to tell a cache from both.");
	say_kinds(f, counts);
	say_blocks(f, run);
	pb_say_nature(f, NULL, "none", "-");
}

static int rule_integrity(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const json_t *section = pb_run_section(run, "integrity"), *counts;
	int64_t checked = pb_json_i64(section, "checked_blocks", 0), bad;
	const char *error = pb_json_str(section, "error", NULL);
	struct pb_finding *f;

	if (!section)
		return 0;
	counts = json_object_get(section, "counts");
	bad = bad_blocks(counts);
	if (bad > 0) {
		f = pb_say(out, rule, FAMILY, PB_SEV_CRITICAL, "%lld of %lld blocks are not what was written",
			   (long long)bad, (long long)checked);
		say_bad(f, run, counts);
	}
	if (error) {
		f = pb_say(out, rule, FAMILY, PB_SEV_CRITICAL, "The integrity check ended early");
		pb_say_what(f, "What the disk holds behind that point is not known.");
		pb_say_fact(f, &(struct pb_fact){MANIFEST, "integrity.error", 0, 0, NAN, NAN, "", SOURCE},
			    "%s", error);
	}
	if (bad > 0 || error)
		return 0;
	if (checked > 0)
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			   "All blocks hold what was written: no change needed");
	else
		f = pb_say(out, rule, FAMILY, PB_SEV_INFO, "Blocks were written and not read back yet");
	pb_say_what(f,
		    checked > 0
			    ? PB_N("Every block that was read back had the content of the pass it must hold.")
			    : PB_N("Read them back with: passbench verify --mode read --from DIR."));
	pb_say_fact(f,
		    &(struct pb_fact){MANIFEST, "integrity.checked_blocks", 0, 0, (double)checked, NAN,
				      "blocks", SOURCE},
		    "%lld blocks of 4096 bytes read back", (long long)checked);
	return 0;
}

static const struct pb_rule rules[] = {
	{"integrity", "blocks that are not what was written (passbench verify)", "vfio,virtio-blk,local",
	 SOURCE, rule_integrity},
	{NULL, NULL, NULL, NULL, NULL},
};

const struct pb_analyzer pb_analyzer_integrity = {
	.name = FAMILY,
	.help = "what verify found: corrupted, misdirected, torn, stale and lost writes",
	.rules = rules,
};
