/*
 * passbench analyze: findings from a finished run directory.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/cli/cli.h"

/*
 * The findings of some rules only, in their order. Every rule was run all the same: what one says can
 * depend on others ("no change needed", doubt about invalid numbers), and findings.json holds all.
 */
static struct pb_findings select_rules(struct pb_findings *fs, const struct pb_strv *rules)
{
	struct pb_findings some = {.v = fs->v};
	struct pb_finding *f;

	for (size_t i = 0; i < fs->n; i++) {
		for (size_t k = 0; k < rules->n; k++) {
			if (strcmp(fs->v[i]->rule, rules->v[k]) != 0)
				continue;
			/* Moved to the front, so that fs still owns every one. */
			f = fs->v[i];
			memmove(&fs->v[some.n + 1], &fs->v[some.n],
				(i - some.n) * sizeof(struct pb_finding *));
			fs->v[some.n++] = f;
			break;
		}
	}
	return some;
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	struct pb_strv rules = {0};
	struct pb_strv beside = {0};
	const char *against = NULL;
	const struct pb_option opts[] = {
		{.name = "against",
		 .arg = "EARLIER",
		 .help = "hold what an earlier run of this disk predicted against this one",
		 .text = &against},
		{.name = "beside",
		 .arg = "OTHER,..",
		 .help = "runs that were measured at the same time: says how fairly they shared",
		 .list = &beside},
		{.name = "rule",
		 .arg = "ID,..",
		 .help = "print only these rules (passbench list rules)",
		 .list = &rules},
		{0},
	};
	struct pb_findings fs = {0}, shown;
	char **rest;
	int n, rc = pb_options_parse(cli, argc, argv, "DIR", opts, 1, 1, &rest, &n, err);

	if (rc == 0)
		rc = pb_stage_rules(&rules, err);
	if (rc == 0 && against)
		rc = pb_stage_against(rest[0], against, err);
	if (rc == 0 && beside.n)
		rc = pb_stage_beside(rest[0], &beside, err);
	if (rc == 0) {
		pb_ui_progress(&cli->ui, NAN, -1, "analyzing %s", rest[0]);
		rc = pb_stage_analyze(rest[0], &fs, err);
		pb_ui_clear(&cli->ui);
	}
	shown = rules.n ? select_rules(&fs, &rules) : fs;
	if (rc == 0 && cli->json) {
		json_t *j = pb_findings_to_json(&shown);

		json_dumpf(j, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
		json_decref(j);
	} else if (rc == 0) {
		pb_print_findings(&shown);
		if (rules.n && !shown.n)
			puts("these rules found nothing");
	}
	pb_findings_fini(&fs);
	pb_strv_fini(&beside);
	pb_strv_fini(&rules);
	return rc;
}

const struct pb_command pb_command_analyze = {"analyze", "say what limits the disk, from a run directory",
					      run};
