/*
 * The conclusions of a report: which step the headline is about, what it answers,
 * and the checks that say how far to trust it. Findings are the analyzers'; nothing is judged
 * here that they judge.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/json.h"
#include "reports/escape.h"
#include "reports/facts.h"
#include "reports/format.h"
#include "reports/setup.h"

/* design.md: fio's own totals against the engine's page within 1%. */
#define FIO_TOLERANCE 0.01
/* A depth counts as held when the measured mean is within 10% of the target (the run marks worse ones
 * invalid). */
#define DEPTH_TOLERANCE 0.10

#define TEXT(id, ...) pb_facts_text(pb_messages_get(PB_MSG_##id), ##__VA_ARGS__)

char *pb_facts_text(const char *fmt, ...)
{
	struct pb_buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	pb_escape_vfmt(&b, PB_ESCAPE_NONE, fmt, ap);
	va_end(ap);
	if (!b.failed)
		return b.data;
	pb_buf_fini(&b);
	return NULL;
}

const char *pb_facts_imported(const struct pb_facts *f)
{
	const json_t *origin = json_object_get(f->manifest, "origin");

	return json_is_object(origin) ? pb_json_str(origin, "title", "?") : NULL;
}

const char *pb_facts_metric(const char *metric)
{
	if (!strcmp(metric, "iops"))
		return pb_messages_get(PB_MSG_METRIC_IOPS);
	if (!strcmp(metric, "lat_p50"))
		return pb_messages_get(PB_MSG_METRIC_P50);
	return strcmp(metric, "lat_p99") ? metric : pb_messages_get(PB_MSG_METRIC_P99);
}

const char *pb_facts_severity(enum pb_severity severity)
{
	static const enum pb_message word[] = {PB_MSG_SEVERITY_INFO, PB_MSG_SEVERITY_ADVICE,
					       PB_MSG_SEVERITY_WARNING, PB_MSG_SEVERITY_CRITICAL};

	return pb_messages_get(word[severity]);
}

enum pb_message pb_facts_verdict(const json_t *tune)
{
	const char *verdict = pb_json_str(tune, "verdict", "");

	if (!strcmp(verdict, "kept"))
		return PB_MSG_TUNE_KEPT;
	return strcmp(verdict, "undone") ? PB_MSG_TUNE_FAILED : PB_MSG_TUNE_UNDONE;
}

int pb_facts_missing(struct pb_facts *f, const char *who, const char *what)
{
	char *text = TEXT(LABELLED, who, what);
	size_t i;
	int ret;

	if (!text)
		return -ENOMEM;
	for (i = 0; i < f->missing.n && strcmp(f->missing.v[i], text) != 0; i++)
		;
	ret = i < f->missing.n ? 0 : pb_strv_add(&f->missing, text);
	free(text);
	return ret;
}

/* Takes ownership of text. */
static void add_check(struct pb_facts *f, enum pb_check_level level, char *text)
{
	if (!text || f->n_check == PB_FACTS_CHECKS) {
		free(text);
		return;
	}
	f->check[f->n_check++] = (struct pb_check){level, text};
}

static bool counts_at(const struct pb_step *s, double depth)
{
	return s->valid && s->phase == 's' && s->depth == depth && isfinite(s->iops.est);
}

/* Windows of that depth that come before v[at] in the order of their IOPS. */
static size_t rank(const struct pb_facts *f, size_t at, double depth)
{
	const struct pb_step *v = f->steps.v;
	size_t before = 0;

	for (size_t i = 0; i < f->steps.n; i++)
		if (counts_at(&v[i], depth) &&
		    (v[i].iops.est < v[at].iops.est || (i < at && !(v[i].iops.est > v[at].iops.est))))
			before++;
	return before;
}

const struct pb_step *pb_facts_window(const struct pb_facts *f, double depth)
{
	size_t n = 0;

	for (size_t i = 0; i < f->steps.n; i++)
		n += counts_at(&f->steps.v[i], depth);
	for (size_t i = 0; i < f->steps.n; i++)
		if (counts_at(&f->steps.v[i], depth) && rank(f, i, depth) == (n - 1) / 2)
			return &f->steps.v[i];
	return NULL;
}

static const struct pb_step *step_max(const struct pb_facts *f, size_t *n_valid)
{
	const struct pb_step *best = NULL, *s;
	size_t i;

	*n_valid = 0;
	for (i = 0; i < f->steps.n; i++) {
		s = &f->steps.v[i];
		if (!s->valid || s->phase != 's' || !isfinite(s->iops.est))
			continue;
		(*n_valid)++;
		if (!best || s->iops.est > best->iops.est)
			best = s;
	}
	return best;
}

static double depth_of_findings(const struct pb_findings *fs)
{
	size_t i;

	for (i = 0; i < fs->n; i++)
		if (!strcmp(fs->v[i]->family, "depth") && fs->v[i]->params)
			if (json_is_integer(json_object_get(fs->v[i]->params, "depth")))
				return (double)pb_json_i64(fs->v[i]->params, "depth", 0);
	return NAN;
}

/* The depth the search chose; else the one the depth analysis recommends; else the fastest. */
static void choose_step(struct pb_facts *f)
{
	const json_t *search = json_object_get(f->manifest, "search");
	double chosen = pb_json_num(search, "chosen_depth", NAN);
	double advised = depth_of_findings(f->in->findings);
	const char *reason = pb_json_str(search, "reason", "");
	char *because = NULL;
	size_t n_valid;

	if (isfinite(chosen) && (f->best = pb_facts_window(f, chosen))) {
		because = *reason ? TEXT(BECAUSE, reason) : strdup("");
		f->why = TEXT(WHY_SEARCH, pb_format_num(chosen).s, because);
		free(because);
		return;
	}
	if (isfinite(advised) && (f->best = pb_facts_window(f, advised))) {
		f->why = TEXT(WHY_FINDING, pb_format_num(advised).s);
		return;
	}
	f->best = step_max(f, &n_valid);
	if (!f->best)
		f->why = strdup("");
	else if (n_valid == 1)
		f->why = TEXT(WHY_ONLY, pb_format_num(f->best->depth).s);
	else
		f->why = TEXT(WHY_MAX, pb_format_num(f->best->depth).s);
}

/* A quantile as people write it: 0.99 is "99", 0.999 is "99.9". */
static struct pb_text quantile_name(double q)
{
	return pb_format_num(round(q * 1e5) / 1e3);
}

static char *answer_slo(const struct pb_step *s, double quantile, double lat_ns, enum pb_goal *goal)
{
	struct pb_text name = quantile_name(quantile), limit = pb_format_ns(lat_ns), range;
	struct pb_ci ci;

	*goal = PB_GOAL_OPEN;
	if (fabs(quantile - 0.5) < 1e-9)
		ci = s->p50_ns;
	else if (fabs(quantile - 0.99) < 1e-9)
		ci = s->p99_ns;
	else if (fabs(quantile - 0.999) < 1e-9)
		ci = (struct pb_ci){s->p999_ns, NAN, NAN};
	else
		return TEXT(SUB_SLO_OTHER, name.s, limit.s);
	if (!isfinite(ci.est))
		return TEXT(SUB_SLO_OTHER, name.s, limit.s);
	range = pb_format_ns_range(ci);
	if (ci.lo <= lat_ns && ci.hi > lat_ns)
		return TEXT(SUB_SLO_OPEN, name.s, limit.s, range.s);
	if (!range.s[0])
		range = pb_format_ns(ci.est);
	*goal = ci.est <= lat_ns ? PB_GOAL_MET : PB_GOAL_MISSED;
	if (ci.est <= lat_ns)
		return TEXT(SUB_SLO_MET, name.s, limit.s, range.s);
	return TEXT(SUB_SLO_MISSED, name.s, limit.s, range.s);
}

/* Integrity mode measures no speed: its page says what the blocks held. */
static void write_integrity(struct pb_facts *f)
{
	const json_t *o = json_object_get(f->manifest, "integrity");
	const char *error = pb_json_str(o, "error", NULL), *kind;
	double checked = pb_json_num(o, "checked_blocks", 0), bad = 0;
	const json_t *n;

	json_object_foreach(json_object_get(o, "counts"), kind, n) bad += json_number_value(n);
	if (bad > 0)
		f->headline =
			TEXT(HEAD_CORRUPT, pb_format_int((int64_t)bad).s, pb_format_int((int64_t)checked).s);
	else if (error || checked <= 0)
		f->headline = TEXT(HEAD_UNVERIFIED);
	else
		f->headline = TEXT(HEAD_INTACT, pb_format_int((int64_t)checked).s);
	f->answer = error ? TEXT(SUB_INTEGRITY_ERROR, error) : TEXT(SUB_INTEGRITY);
	f->why = strdup("");
	f->goal = PB_GOAL_NO_SPEED;
	if (error)
		add_check(f, PB_CHECK_BAD, TEXT(SUB_INTEGRITY_ERROR, error));
	if (bad > 0)
		add_check(
			f, PB_CHECK_BAD,
			TEXT(HEAD_CORRUPT, pb_format_int((int64_t)bad).s, pb_format_int((int64_t)checked).s));
	else if (checked > 0)
		add_check(f, PB_CHECK_OK, TEXT(HEAD_INTACT, pb_format_int((int64_t)checked).s));
	else
		add_check(f, PB_CHECK_NOTE, TEXT(HEAD_UNVERIFIED));
}

/* What another tool says, and that it does: which tool is part of the headline. */
static void write_imported(struct pb_facts *f)
{
	struct pb_text iops = pb_format_count(f->best->iops.est), depth = pb_format_num(f->best->depth);
	char *step = isfinite(f->best->p99_ns.est)
			     ? TEXT(HEAD_STEP, iops.s, depth.s, pb_format_ns(f->best->p99_ns.est).s)
			     : TEXT(HEAD_STEP_MEAN, iops.s, depth.s, pb_format_ns(f->best->lat_mean_ns).s);

	f->headline = step ? TEXT(HEAD_IMPORTED, step, pb_facts_imported(f)) : NULL;
	f->answer = TEXT(SUB_IMPORTED, pb_facts_imported(f));
	free(step);
}

static void write_headline(struct pb_facts *f)
{
	const json_t *slo = json_object_get(json_object_get(f->manifest, "goal"), "slo");
	double lat_ns = pb_json_num(slo, "lat_ns", NAN);

	if (!f->best) {
		f->headline = TEXT(HEAD_NONE);
		f->answer = TEXT(SUB_NONE);
		f->goal = PB_GOAL_INVALID;
		return;
	}
	if (pb_facts_imported(f)) {
		write_imported(f);
		return;
	}
	f->headline = TEXT(HEAD_STEP, pb_format_count(f->best->iops.est).s, pb_format_num(f->best->depth).s,
			   pb_format_ns(f->best->p99_ns.est).s);
	f->answer = isfinite(lat_ns)
			    ? answer_slo(f->best, pb_json_num(slo, "quantile", 0.99), lat_ns, &f->goal)
			    : TEXT(SUB_NO_SLO);
}

/* The reasons of rejected steps, each once, comma separated. */
static void add_reason(struct pb_buf *b, const char *reason)
{
	if (!*reason || (b->data && strstr(b->data, reason)))
		return;
	pb_escape_fmt(b, PB_ESCAPE_NONE, b->len ? pb_messages_get(PB_MSG_LISTED) : "%1", reason);
}

static void check_steps(struct pb_facts *f)
{
	struct pb_buf reasons = {0};
	double completed = 0, failed = 0;
	size_t i, bad = 0;

	for (i = 0; i < f->steps.n; i++) {
		completed += f->steps.v[i].completed;
		failed += f->steps.v[i].failed;
		if (f->steps.v[i].valid)
			continue;
		bad++;
		add_reason(&reasons, f->steps.v[i].reason);
	}
	if (!f->steps.n) {
		add_check(f, PB_CHECK_BAD, TEXT(CHECK_STEPS_NONE));
		return;
	}
	if (!isfinite(failed))
		add_check(f, PB_CHECK_NOTE, TEXT(CHECK_FAILED_UNKNOWN));
	else if (failed > 0)
		add_check(f, PB_CHECK_BAD, TEXT(CHECK_FAILED, pb_format_count(failed).s));
	else
		add_check(f, PB_CHECK_OK, TEXT(CHECK_FAILED_NONE, pb_format_count(completed).s));
	if (bad)
		add_check(f, PB_CHECK_BAD,
			  TEXT(CHECK_STEPS_SOME, pb_format_int((int64_t)bad).s,
			       pb_format_int((int64_t)f->steps.n).s, reasons.data ? reasons.data : "?"));
	else
		add_check(f, PB_CHECK_OK, TEXT(CHECK_STEPS_ALL, pb_format_int((int64_t)f->steps.n).s));
	pb_buf_fini(&reasons);
}

static void check_depth(struct pb_facts *f)
{
	struct pb_text mean, target;

	if (!f->best || !isfinite(f->best->mean_depth))
		return;
	mean = pb_format_num(f->best->mean_depth);
	target = pb_format_num(f->best->depth);
	if (fabs(f->best->mean_depth - f->best->depth) <= DEPTH_TOLERANCE * f->best->depth)
		add_check(f, PB_CHECK_OK, TEXT(CHECK_DEPTH_HELD, mean.s, target.s));
	else
		add_check(f, PB_CHECK_BAD, TEXT(CHECK_DEPTH_LOST, mean.s, target.s));
}

static void check_clock(struct pb_facts *f)
{
	double bound = pb_json_num(json_object_get(f->manifest, "clock"), "bound_ns", NAN);
	double interval = pb_json_num(json_object_get(f->manifest, "sampling"), "interval_ns", NAN);

	if (pb_facts_imported(f))
		add_check(f, PB_CHECK_NOTE, TEXT(CHECK_IMPORTED, pb_facts_imported(f)));
	else if (!isfinite(bound))
		add_check(f, PB_CHECK_NOTE, TEXT(CHECK_CLOCK_NONE));
	else if (bound <= interval)
		add_check(f, PB_CHECK_OK,
			  TEXT(CHECK_CLOCK_OK, pb_format_ns(bound).s, pb_format_ns(interval).s));
	else
		add_check(f, PB_CHECK_BAD,
			  TEXT(CHECK_CLOCK_BAD, pb_format_ns(bound).s, pb_format_ns(interval).s));
}

static void check_fio(struct pb_facts *f)
{
	double ratio = pb_json_num(json_object_get(f->manifest, "fio"), "ratio", NAN);
	char text[32];

	if (!isfinite(ratio))
		return;
	snprintf(text, sizeof(text), "%.4f", ratio);
	if (fabs(ratio - 1) <= FIO_TOLERANCE)
		add_check(f, PB_CHECK_OK, TEXT(CHECK_FIO_OK, text));
	else
		add_check(f, PB_CHECK_BAD, TEXT(CHECK_FIO_BAD, text));
}

/* Guest sources are not collectors: what they lack is told, with the rest, at the page's end. */
static void missing_in_guest(struct pb_facts *f)
{
	const json_t *list = json_object_get(json_object_get(f->manifest, "guest"), "sources"), *c;
	char *name;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		c = json_array_get(list, i);
		if (!strcmp(pb_json_str(c, "status", ""), "ok"))
			continue;
		name = TEXT(GUEST_SOURCE, pb_json_str(c, "name", "?"));
		pb_facts_missing(f, name ? name : "?", pb_json_str(c, "status", "?"));
		free(name);
	}
}

static void check_collectors(struct pb_facts *f)
{
	const json_t *list = json_object_get(f->manifest, "collectors"), *c;
	struct pb_buf names = {0};
	size_t i, bad = 0;

	for (i = 0; i < json_array_size(list); i++) {
		c = json_array_get(list, i);
		if (!strcmp(pb_json_str(c, "status", ""), "ok"))
			continue;
		bad++;
		add_reason(&names, pb_json_str(c, "name", "?"));
		pb_facts_missing(f, pb_json_str(c, "name", "?"), pb_json_str(c, "status", "?"));
	}
	if (bad)
		add_check(f, PB_CHECK_NOTE,
			  TEXT(CHECK_COLLECTORS, pb_format_int((int64_t)bad).s,
			       pb_format_int((int64_t)json_array_size(list)).s, names.data));
	else if (json_array_size(list))
		add_check(f, PB_CHECK_OK,
			  TEXT(CHECK_COLLECTORS_OK, pb_format_int((int64_t)json_array_size(list)).s));
	pb_buf_fini(&names);
}

static void find_missing(struct pb_facts *f)
{
	const struct pb_finding *fi;
	size_t i, k;

	for (i = 0; i < f->in->findings->n; i++) {
		fi = f->in->findings->v[i];
		for (k = 0; k < fi->missing.n; k++)
			pb_facts_missing(f, fi->rule, fi->missing.v[k]);
	}
}

/* What was changed on the host, what the machine is, and what that puts at risk. */
static int judge_setup(struct pb_facts *f)
{
	char log[sizeof(f->tunes.v[0].dir) + sizeof("/undo.log")];
	int fd = f->in->dir->fd, ret = pb_changes_read(&f->changes, fd, "undo.log");

	for (size_t i = 0; ret == 0 && i < f->tunes.n; i++) {
		snprintf(log, sizeof(log), "%s/undo.log", f->tunes.v[i].dir);
		ret = pb_changes_read(&f->changes, fd, log);
	}
	if (ret < 0)
		return ret;
	pb_inventory_read(&f->inventory, fd, f->manifest);
	pb_inventory_changes(&f->inventory, &f->changes);
	pb_restore_estimate(&f->restore, &f->steps, f->manifest, fd);
	return pb_judge(&f->judged, &f->inventory, f->in->findings);
}

int pb_facts_init(struct pb_facts *f, const struct pb_report_input *in, struct pb_err *err)
{
	int ret;

	memset(f, 0, sizeof(*f));
	f->in = in;
	f->manifest = in->dir->manifest;
	f->tables = pb_tables_new(in->dir->fd);
	if (!f->tables)
		return pb_fail(err, PB_MISSING, ENOMEM, "no memory for the report");
	ret = pb_steps_read(&f->steps, in->dir->fd, "steps.csv", err);
	if (!ret)
		ret = pb_tunes_read(&f->tunes, in->dir->fd, err);
	if (ret < 0) {
		pb_facts_fini(f);
		return ret;
	}
	if (json_is_object(json_object_get(f->manifest, "integrity"))) {
		write_integrity(f);
	} else {
		choose_step(f);
		write_headline(f);
	}
	if (json_is_true(json_object_get(json_object_get(f->manifest, "host"), "lab")))
		add_check(f, PB_CHECK_NOTE, TEXT(CHECK_LAB));
	if (!json_is_object(json_object_get(f->manifest, "integrity"))) {
		check_steps(f);
		check_depth(f);
		check_fio(f);
		check_clock(f);
	}
	check_collectors(f);
	missing_in_guest(f);
	find_missing(f);
	pb_setup_describe(f);
	ret = judge_setup(f);
	if (ret == 0 && f->headline && f->answer && f->why && f->name)
		ret = pb_answers_write(&f->answers, f);
	else
		ret = -ENOMEM;
	if (ret == 0)
		return 0;
	pb_facts_fini(f);
	return pb_fail(err, PB_MISSING, ENOMEM, "no memory for the report");
}

void pb_facts_fini(struct pb_facts *f)
{
	size_t i;

	pb_tables_free(f->tables);
	pb_steps_fini(&f->steps);
	pb_tunes_fini(&f->tunes);
	pb_changes_fini(&f->changes);
	pb_judged_fini(&f->judged);
	pb_answers_fini(&f->answers);
	for (i = 0; i < f->n_check; i++)
		free(f->check[i].text);
	free(f->name);
	free(f->headline);
	free(f->answer);
	free(f->why);
	pb_strv_fini(&f->setup);
	pb_strv_fini(&f->missing);
	memset(f, 0, sizeof(*f));
}
