/*
 * The table of analyzers and the loop over their rules. Knows nothing about
 * any family; order and paths come from the tables.
 */
#include <errno.h>
#include <string.h>

#include "analyzers/analyze.h"
#include "analyzers/analyzer.h"
#include "analyzers/run.h"
#include "analyzers/say.h"

const struct pb_analyzer *const pb_analyzers[] = {
#define PB_ANALYZER(id) &pb_analyzer_##id,
#include "analyzers/analyzers.def"
#undef PB_ANALYZER
	NULL,
};

bool pb_rule_fits(const struct pb_rule *rule, const char *path)
{
	size_t len = strlen(path);

	for (const char *p = rule->paths; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, path, len) == 0 && (p[len] == ',' || p[len] == '\0'))
			return true;
	}
	return false;
}

bool pb_rule_known(const char *id)
{
	for (size_t i = 0; pb_analyzers[i]; i++)
		for (const struct pb_rule *r = pb_analyzers[i]->rules; r->id; r++)
			if (strcmp(r->id, id) == 0)
				return true;
	return false;
}

static int analyze_family(struct pb_run *run, const struct pb_analyzer *a, struct pb_findings *out,
			  struct pb_err *err)
{
	for (const struct pb_rule *rule = a->rules; rule->id; rule++) {
		int ret;

		if (!pb_rule_fits(rule, pb_run_path(run)))
			continue;
		ret = rule->eval(run, rule, out);
		if (ret < 0)
			return pb_fail(err, PB_MISSING, -ret, "rule %s: %s", rule->id, strerror(-ret));
		ret = pb_run_status(run, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* The critical finding that says the numbers are not valid, or NULL. */
static const struct pb_finding *invalid(const struct pb_findings *out)
{
	for (size_t i = 0; i < out->n; i++)
		if (out->v[i]->severity == PB_SEV_CRITICAL && strcmp(out->v[i]->family, "validity") == 0)
			return out->v[i];
	return NULL;
}

/* What was concluded from numbers that are not valid is kept to be seen, and marked as doubtful. */
static void doubt(struct pb_findings *out, const struct pb_finding *why)
{
	for (size_t i = 0; i < out->n; i++) {
		struct pb_finding *f = out->v[i];

		if (strcmp(f->family, "validity") == 0)
			continue;
		pb_say_nature(f, "low", NULL, NULL);
		pb_say_missing(f, "a valid measurement: see %s", why->rule);
	}
}

int pb_analyze(struct pb_run *run, struct pb_findings *out, struct pb_err *err)
{
	bool verify = pb_run_section(run, "integrity") != NULL; /* then no performance was measured */

	for (size_t i = 0; pb_analyzers[i]; i++) {
		int ret;

		if (verify && pb_analyzers[i] != &pb_analyzer_integrity)
			continue;
		ret = analyze_family(run, pb_analyzers[i], out, err);

		if (ret < 0)
			return ret;
	}
	if (invalid(out))
		doubt(out, invalid(out));
	pb_findings_sort(out);
	return 0;
}
