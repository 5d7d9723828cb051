/*
 * The table of analyzers and the loop over their rules. Knows nothing about
 * any family; order and paths come from the tables.
 */
#include <errno.h>
#include <string.h>

#include "analyzers/analyze.h"
#include "analyzers/analyzer.h"
#include "analyzers/run.h"

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

int pb_analyze(struct pb_run *run, struct pb_findings *out, struct pb_err *err)
{
	for (size_t i = 0; pb_analyzers[i]; i++) {
		int ret = analyze_family(run, pb_analyzers[i], out, err);

		if (ret < 0)
			return ret;
	}
	pb_findings_sort(out);
	return 0;
}
