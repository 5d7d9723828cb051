/*
 * passbench report: a page a person would want to read, from a run directory.
 */
#include <math.h>
#include <stdio.h>

#include "engine/cli/cli.h"

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	struct pb_strv formats = {0}, written = {0};
	const char *lang = NULL;
	const struct pb_option opts[] = {
		{.name = "format",
		 .arg = "F,..",
		 .help = "formats (all; passbench list reports)",
		 .list = &formats},
		{.name = "lang", .arg = "L", .help = "language of the texts: en or zh (en)", .text = &lang},
		{0},
	};
	char **rest;
	int n, rc = pb_options_parse(cli, argc, argv, "DIR", opts, 1, 1, &rest, &n, err);

	if (rc == 0) {
		pb_ui_progress(&cli->ui, NAN, -1, "writing the report of %s", rest[0]);
		rc = pb_stage_report(rest[0], &formats, lang, &written, err);
		pb_ui_clear(&cli->ui);
	}
	if (rc == 0 && written.n)
		printf("%s/%s\n", rest[0], written.v[0]);
	pb_strv_fini(&written);
	pb_strv_fini(&formats);
	return rc;
}

const struct pb_command pb_command_report = {"report", "write the report of an analyzed run", run};
