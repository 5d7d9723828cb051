/*
 * passbench tune: prints what would be changed and how to undo it; with
 * --apply changes it, measures, keeps or undoes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/cli.h"
#include "engine/run/run.h"
#include "engine/run/tune/tune.h"

static void print_plan(const struct pb_findings *fs, const struct pb_strv *rules)
{
	unsigned shown = 0;

	for (size_t i = 0; i < fs->n; i++) {
		const struct pb_finding *f = fs->v[i];
		bool want = !rules->n;

		for (size_t k = 0; k < rules->n; k++)
			want = want || !strcmp(rules->v[k], f->rule);
		if (!want || !f->apply.n)
			continue;
		shown++;
		printf("%s: %s\n", f->rule, f->title);
		printf("  %s\n", pb_tune_can_apply(f) ? "tune --apply does this and proves it"
						      : "for a person to do: passbench only prints it");
		for (size_t k = 0; k < f->apply.n; k++)
			printf("  apply  %s\n", f->apply.v[k]);
		for (size_t k = 0; k < f->undo.n; k++)
			printf("  undo   %s\n", f->undo.v[k]);
	}
	if (!shown)
		puts("no change needed");
}

/* A rule that found something is good even when this version has it no more. */
static int check_rules(const struct pb_findings *fs, const struct pb_strv *rules, struct pb_err *err)
{
	int rc;

	for (size_t k = 0; k < rules->n; k++) {
		bool found = false;

		for (size_t i = 0; i < fs->n; i++)
			found = found || !strcmp(rules->v[k], fs->v[i]->rule);
		rc = found ? 0 : pb_stage_rules(&(const struct pb_strv){.v = &rules->v[k], .n = 1}, err);
		if (rc < 0)
			return rc;
		if (!found)
			return pb_fail(
				err, PB_USAGE, EINVAL,
				"rule %s found nothing in this run; passbench analyze prints what was found",
				rules->v[k]);
	}
	return 0;
}

static int parse_pairs(const char *text, unsigned *pairs, struct pb_err *err)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*end || v < 6 || v > 64)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--pairs %s: 6 to 64; fewer could never show a difference", text);
	*pairs = (unsigned)v;
	return 0;
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	struct pb_tune_opts o = {
		.pairs = 8, .visits = 6, .window_ms = 1500, .argc = cli->argc, .argv = cli->argv};
	struct pb_strv rules = {0};
	struct pb_findings fs = {0};
	const char *pairs = NULL, *window = NULL;
	bool apply = false;
	const struct pb_option opts[] = {
		{.name = "apply", .help = "make the changes, measure, keep or undo", .flag = &apply},
		{.name = "rule", .arg = "ID,..", .help = "only these rules", .list = &rules},
		{.name = "pairs",
		 .arg = "N",
		 .help = "A/B pairs (8; up to four times as many while a gain is not sure; 6 where each arm "
			 "is a new guest)",
		 .text = &pairs},
		{.name = "window", .arg = "TIME", .help = "length of one window (1500ms)", .text = &window},
		{.name = "erase",
		 .arg = "SERIAL",
		 .help = "as in run, for a profile that writes",
		 .text = &o.erase},
		{.name = "overwrite-signature",
		 .arg = "NAME",
		 .help = "with --erase: also when the disk carries this (ext4)",
		 .text = &o.overwrite},
		{0},
	};
	unsigned applied = 0;
	char **rest;
	int n, rc = pb_options_parse(cli, argc, argv, "DIR", opts, 1, 1, &rest, &n, err);

	if (rc == 0 && pairs)
		rc = parse_pairs(pairs, &o.pairs, err);
	if (rc == 0 && pairs)
		o.visits = o.pairs;
	if (rc == 0 && window)
		rc = pb_duration_parse(window, 1000, 60000, &o.window_ms, err);
	if (rc == 0)
		rc = pb_stage_findings(rest[0], &fs, err);
	if (rc == 0)
		rc = check_rules(&fs, &rules, err);
	if (rc == 0 && !apply)
		print_plan(&fs, &rules);
	if (rc == 0 && apply)
		rc = pb_stage_orphans(cli, err);
	if (rc == 0 && apply) {
		o.root = &cli->root;
		o.ui = &cli->ui;
		o.dir = rest[0];
		o.rules = &rules;
		rc = pb_tune_apply(&o, &fs, &applied, err);
		if (rc == 0)
			printf("%u change(s) tried; verdicts are in %s/tune\n", applied, rest[0]);
	}
	pb_findings_fini(&fs);
	pb_strv_fini(&rules);
	return rc;
}

const struct pb_command pb_command_tune = {"tune", "print or apply what the findings recommend", run};
