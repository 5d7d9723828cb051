/*
 * Throttling by temperature: the disk's own counters before and after (guest/NAME/smart.csv), the processors'
 * over the run (host/power.csv). Throttling that firmware does without counting shows in neither. It judges
 * no temperature: what is too hot, each device knows for itself.
 */
#include "analyzers/thermal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyzers/run.h"
#include "analyzers/say.h"

#define FAMILY "validity"
#define POWER "host/power.csv"
/* SMART's critical warning, bit 1: a temperature threshold is crossed (NVMe base specification, log 02h) */
#define HOT_BIT 2
/* [ours] processors throttled for a larger share of the run than this have made another curve */
#define THROTTLED_SHARE 0.01

static const struct {
	const char *column, *unit, *text;
} disk_counters[] = {
	{"throttle1_transitions", PB_N("times"), PB_N("the disk slowed itself down lightly to cool")},
	{"throttle2_transitions", PB_N("times"), PB_N("the disk slowed itself down heavily to cool")},
	{"throttle1_s", "s", PB_N("the disk was slowed down lightly to cool")},
	{"throttle2_s", "s", PB_N("the disk was slowed down heavily to cool")},
	{"warning_temp_min", PB_N("min"), PB_N("the disk was above its warning temperature")},
	{"critical_temp_min", PB_N("min"), PB_N("the disk was above its critical temperature")},
};
#define DISK_COUNTERS (sizeof(disk_counters) / sizeof(disk_counters[0]))

struct thermal {
	const struct pb_rule *rule;
	struct pb_findings *out;
	struct pb_finding *f;
};

static struct pb_finding *finding(struct thermal *t, enum pb_severity severity)
{
	if (!t->f) {
		t->f = pb_say(t->out, t->rule, FAMILY, severity, "Throttled by temperature during the run");
		pb_say_what(t->f,
			    "What was measured is a hot machine's curve: another hour gives another one. "
			    "Cool it (air flow, heat sink, a longer pause before), and repeat.");
		pb_say_verify(t->f, "repeat the run: the counters stand still");
	}
	if (t->f && severity > t->f->severity)
		t->f->severity = severity;
	return t->f;
}

/* False when none of the counters is readable at both ends. */
static bool disk(struct thermal *t, const struct pb_table *smart, const char *file)
{
	size_t last = pb_table_rows(smart) - 1;
	int64_t bits = pb_table_i64(smart, last, pb_table_col(smart, "critical_warning"));
	bool known = false;

	for (size_t i = 0; i < DISK_COUNTERS; i++) {
		int col = pb_table_col(smart, disk_counters[i].column);
		int64_t a = pb_table_i64(smart, 0, col), b = pb_table_i64(smart, last, col);

		if (a == PB_NA || b == PB_NA)
			continue;
		known = true;
		if (b > a)
			pb_say_fact(finding(t, PB_SEV_CRITICAL),
				    &(struct pb_fact){file, disk_counters[i].column, 0, 0, (double)(b - a), 0,
						      disk_counters[i].unit, "docs/rules.md D8"},
				    "%s: %lld %s more than before", disk_counters[i].text, (long long)(b - a),
				    disk_counters[i].unit);
	}
	if (bits != PB_NA && (bits & HOT_BIT))
		pb_say_fact(finding(t, PB_SEV_CRITICAL),
			    &(struct pb_fact){file, "critical_warning", 0, 0, (double)bits, NAN, "",
					      "docs/rules.md D8"},
			    "the disk itself warns of its temperature (%lld C)",
			    (long long)pb_table_i64(smart, last, pb_table_col(smart, "temperature_c")));
	return known;
}

/* The row of that CPU at the last instant; false when it has none. A run's table can be long: only its end is
 * read. */
static bool at_end(const struct pb_table *t, const char *cpu, size_t *row)
{
	int time = pb_table_col(t, "t_ns"), cpus = pb_table_col(t, "cpu");
	size_t n = pb_table_rows(t);
	int64_t last = pb_table_i64(t, n - 1, time);

	for (size_t i = n; i-- > 0 && pb_table_i64(t, i, time) == last;)
		if (strcmp(pb_table_str(t, i, cpus), cpu) == 0) {
			*row = i;
			return true;
		}
	return false;
}

static int64_t grown(const struct pb_table *t, const char *column, size_t a, size_t b)
{
	int64_t x = pb_table_i64(t, a, pb_table_col(t, column)),
		y = pb_table_i64(t, b, pb_table_col(t, column));

	return x == PB_NA || y == PB_NA ? PB_NA : y - x;
}

/* Counters of a kind ("core", "package") of the CPU in row a, as they were at the end in row b; false when it
 * has none. */
static bool throttles(struct thermal *t, const struct pb_table *power, size_t a, size_t b, const char *kind)
{
	const char *cpu = pb_table_str(power, a, pb_table_col(power, "cpu"));
	char count[32], time[32];
	int64_t n, ns, span;
	double share;

	snprintf(count, sizeof(count), "%s_throttles", kind);
	snprintf(time, sizeof(time), "%s_throttled_ns", kind);
	n = grown(power, count, a, b);
	ns = grown(power, time, a, b);
	span = grown(power, "t_ns", a, b);
	share = ns == PB_NA || span <= 0 ? NAN : (double)ns / (double)span;
	if (n == PB_NA)
		return false;
	if (n > 0)
		pb_say_fact(finding(t, share > THROTTLED_SHARE ? PB_SEV_CRITICAL : PB_SEV_WARNING),
			    &(struct pb_fact){POWER, count, 0, 0, (double)n, 0, PB_N("times"),
					      "docs/rules.md D8"},
			    "CPU %.20s: its %s was throttled %lld times", cpu, kind, (long long)n);
	if (n > 0 && !isnan(share))
		pb_say_fact(t->f,
			    &(struct pb_fact){POWER, time, 0, 0, share, THROTTLED_SHARE, "share",
					      "docs/rules.md valid-thermal"},
			    "that is %.2f%% of the run", 100 * share);
	return true;
}

/* Each CPU at the first instant against the last one; true when any has counters. */
static bool processors(struct thermal *t, const struct pb_table *power)
{
	int time = power ? pb_table_col(power, "t_ns") : -1, cpu = power ? pb_table_col(power, "cpu") : -1;
	bool known = false;

	for (size_t a = 0, b; time >= 0 && cpu >= 0 && a < pb_table_rows(power) &&
			      pb_table_i64(power, a, time) == pb_table_i64(power, 0, time);
	     a++) {
		if (!at_end(power, pb_table_str(power, a, cpu), &b) || b == a)
			continue;
		known |= throttles(t, power, a, b, "core");
		known |= throttles(t, power, a, b, "package");
	}
	return known;
}

int pb_thermal_rule(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out)
{
	struct thermal t = {.rule = rule, .out = out};
	const struct pb_table *power = pb_run_table(run, POWER), *smart;
	bool disk_known = strcmp(pb_run_path(run), "virtio-blk") == 0, cpus_known;
	char file[300];

	smart = pb_run_table(run, pb_run_guest_file(run, file, sizeof(file), "smart.csv"));
	if (smart && pb_table_rows(smart) > 1)
		disk_known = disk(&t, smart, file);
	cpus_known = processors(&t, power);
	if (disk_known && cpus_known)
		return 0;
	if (!t.f)
		t.f = pb_say(out, rule, FAMILY, PB_SEV_INFO,
			     "Throttling by temperature could not be watched%s",
			     disk_known   ? PB_N(" on the host")
			     : cpus_known ? PB_N(" in the disk")
					  : "");
	if (!disk_known)
		pb_say_missing(t.f, "%.200s, columns throttle*, warning_temp_min, critical_temp_min", file);
	if (!cpus_known)
		pb_say_missing(t.f, POWER ", columns core_throttles, package_throttles");
	return 0;
}
