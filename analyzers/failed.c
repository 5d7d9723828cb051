/*
 * Which step had failed I/Os, how many, and what the engine knows of them;
 * and whether fio came to its end as it should. Does not guess at causes: where
 * to look is said, not what will be found.
 */
#include "analyzers/failed.h"

#include <string.h>

#include "analyzers/run.h"
#include "analyzers/say.h"
#include "analyzers/sweep.h"
#include "engine/lib/json.h"

#define FAMILY "validity"
#define STEPS "steps.csv"
#define MANIFEST "manifest.json"
#define SOURCE "docs/rules.md valid-failed-io"
/* Failed I/Os named in the finding; errors.csv has more. */
#define NAMED 3

bool pb_failed_reason(const char *reason)
{
	return strstr(reason, "failed-io") || strstr(reason, "fio-ended");
}

static void begin(struct pb_finding **f, const struct pb_rule *rule, struct pb_findings *out)
{
	if (*f)
		return;
	*f = pb_say(out, rule, FAMILY, PB_SEV_CRITICAL, "I/Os failed: the measurement is not valid");
	pb_say_what(*f, "A failed I/O returns early and is not work done, so throughput and latency of the "
			"step mean nothing, and measuring ended with it. Find the fault first: dmesg in the "
			"guest and on the host, the disk's error log.");
}

static void say_step(struct pb_finding *f, const struct pb_point *p)
{
	pb_say_fact(
		f,
		&(struct pb_fact){STEPS, "failed", p->t0_ns, p->t1_ns, (double)p->failed, 0, "I/Os", SOURCE},
		"depth %lld: %lld of %lld I/Os failed", (long long)p->depth, (long long)p->failed,
		(long long)(p->failed + (p->completed == PB_NA ? 0 : p->completed)));
}

/* The first ones, with errno and place. */
static void say_which(struct pb_finding *f, struct pb_run *run)
{
	char file[128];
	const struct pb_table *t =
		pb_run_table(run, pb_run_guest_file(run, file, sizeof(file), "errors.csv"));

	for (size_t row = 0; f && t && row < pb_table_rows(t) && row < NAMED; row++) {
		int64_t at = pb_table_i64(t, row, pb_table_col(t, "t_ns"));
		int64_t offset = pb_table_i64(t, row, pb_table_col(t, "offset_bytes"));
		int64_t bytes = pb_table_i64(t, row, pb_table_col(t, "length_bytes"));
		const char *dir = pb_table_str(t, row, pb_table_col(t, "dir"));
		const char *error = pb_table_str(t, row, pb_table_col(t, "error"));
		struct pb_fact fact = {.file = file,
				       .column = "errno",
				       .t0_ns = at,
				       .t1_ns = at,
				       .value = pb_table_num(t, row, pb_table_col(t, "errno")),
				       .threshold = NAN,
				       .unit = "",
				       .source = SOURCE};

		if (offset == PB_NA || bytes == PB_NA)
			pb_say_fact(f, &fact, "%s: %s", dir, error);
		else
			pb_say_fact(f, &fact, "%s of %lld bytes at byte %lld: %s", dir, (long long)bytes,
				    (long long)offset, error);
	}
}

int pb_failed_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	int64_t total = pb_json_i64(pb_run_section(run, "io_errors"), "failed", 0), in_steps = 0;
	struct pb_finding *f = NULL;
	struct pb_sweep s;
	bool known = false;

	pb_sweep_read(&s, run);
	for (unsigned i = 0; i < s.n; i++) {
		known |= s.p[i].failed != PB_NA;
		if (s.p[i].failed == PB_NA || s.p[i].failed <= 0)
			continue;
		begin(&f, rule, out);
		say_step(f, &s.p[i]);
		in_steps += s.p[i].failed;
	}
	if (total > in_steps) {
		begin(&f, rule, out);
		pb_say_fact(f,
			    &(struct pb_fact){MANIFEST, "io_errors.failed", 0, 0, (double)total,
					      (double)in_steps, "I/Os", SOURCE},
			    "%lld I/Os failed in all, %lld of them in the windows of the curve",
			    (long long)total, (long long)in_steps);
	}
	say_which(f, run);
	if (!known && !f) {
		f = pb_say(out, rule, FAMILY, PB_SEV_WARNING, "Whether I/Os failed is not known");
		pb_say_missing(f, s.n ? PB_N("steps.csv, column failed")
				      : PB_N("steps.csv: rows of phase sweep"));
	}
	return 0;
}

int pb_failed_fio_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	const char *error = pb_json_str(pb_run_section(run, "fio"), "error", NULL);
	struct pb_finding *f;

	if (!error)
		return 0;
	f = pb_say(out, rule, FAMILY, PB_SEV_CRITICAL, "fio came to a bad end");
	pb_say_what(f, "fio ended before it was asked to, or could not be ended as it should. The window in "
		       "which that happened is not valid, and depths behind it were not measured.");
	pb_say_fact(
		f,
		&(struct pb_fact){MANIFEST, "fio.error", 0, 0, NAN, NAN, "", "docs/rules.md valid-fio-end"},
		"%s", error);
	return 0;
}
