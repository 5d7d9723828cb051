/*
 * passbench analyze: findings from a finished run directory.
 */
#include <stdio.h>

#include "engine/cli/cli.h"

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	const struct pb_option opts[] = {{0}};
	struct pb_findings fs = {0};
	char **rest;
	int n, rc = pb_options_parse(cli, argc, argv, "DIR", opts, 1, 1, &rest, &n, err);

	if (rc != 0)
		return rc;
	rc = pb_stage_analyze(rest[0], &fs, err);
	if (rc == 0 && cli->json) {
		json_t *j = pb_findings_to_json(&fs);

		json_dumpf(j, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
		json_decref(j);
	} else if (rc == 0) {
		pb_print_findings(&fs);
	}
	pb_findings_fini(&fs);
	return rc;
}

const struct pb_command pb_command_analyze = {"analyze", "say what limits the disk, from a run directory",
					      run};
