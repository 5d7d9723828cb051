/*
 * passbench run: measure one disk in one guest.
 */
#include <errno.h>

#include "engine/cli/cli.h"
#include "engine/cli/session_options.h"
#include "engine/run/run.h"

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	struct pb_run_opts o = {0};
	struct pb_run_texts texts = {0};
	const struct pb_option opts[] = {
		PB_SESSION_OPTIONS(o.session),
		PB_RUN_OPTIONS(o, texts),
		{.name = "out", .arg = "DIR", .help = "run directory to make", .text = &o.session.out},
		{0},
	};
	char **rest;
	int n, rc = pb_options_parse(cli, argc, argv, "--disk D --out DIR", opts, 0, 0, &rest, &n, err);

	if (rc != 0)
		return rc;
	rc = pb_run_options_take(&o, &texts, err);
	if (rc == 0 && (!o.session.disk || !o.session.out))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "run needs --disk and --out (-o); passbench check lists the disks");
	if (rc == 0)
		rc = pb_stage_orphans(cli, err);
	if (rc < 0)
		return rc;
	o.session.root = &cli->root;
	o.session.ui = &cli->ui;
	o.session.argc = cli->argc;
	o.session.argv = cli->argv;
	return pb_run(&o, err);
}

const struct pb_command pb_command_run = {"run", "measure a disk in its guest, over queue depths", run};
