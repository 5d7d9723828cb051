/*
 * passbench run: measure one disk in one guest.
 */
#include <string.h>

#include "engine/cli/cli.h"
#include "engine/cli/session_options.h"
#include "engine/run/run.h"

/* The name before the modes; the modes are the engine's to judge. */
static int check_backend(const char *typed, struct pb_err *err)
{
	static const char *const known[] = {
		"auto",
#define PB_BACKEND(id) #id,
#include "engine/ioengine/backends.def"
#undef PB_BACKEND
	};
	size_t len = typed ? strcspn(typed, ",") : 0;

	for (size_t i = 0; typed && i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i]) == len && !strncmp(known[i], typed, len))
			return 0;
	return typed ? pb_fail(err, PB_USAGE, 22, "no backend is called '%.*s': see passbench list backends",
			       (int)len, typed)
		     : 0;
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	struct pb_run_opts o = {.duration_ms = 5000, .round_ms = 60000};
	const char *duration = NULL, *interval = NULL, *round = NULL;
	const struct pb_option opts[] = {
		PB_SESSION_OPTIONS(o.session),
		{.name = "profile",
		 .arg = "P",
		 .help = "job file or name (passbench list profiles)",
		 .text = &o.session.profile},
		{.name = "depth",
		 .arg = "N|N,N|auto",
		 .help = "queue depths (default auto)",
		 .text = &o.depth},
		{.name = "slo",
		 .arg = "p99=2ms",
		 .help = "latency the chosen depth must keep",
		 .text = &o.slo},
		{.name = "duration",
		 .arg = "TIME",
		 .help = "per depth; with auto the most it may take (5s)",
		 .text = &duration},
		{.name = "interval", .arg = "TIME", .help = "sampling interval (100ms)", .text = &interval},
		{.name = "backend",
		 .arg = "B",
		 .help = "how the engine does I/O (auto; passbench list backends)",
		 .text = &o.session.backend},
		{.name = "steady", .help = "rounds until the disk is steady come first", .flag = &o.steady},
		{.name = "round", .arg = "TIME", .help = "length of a round (60s)", .text = &round},
		{.name = "precondition",
		 .help = "write the whole disk twice first, then --steady (writing profiles)",
		 .flag = &o.session.precondition},
		{.name = "quick", .help = "neither of them (default); the report says so", .flag = &o.quick},
		{.name = "out", .arg = "DIR", .help = "run directory to make", .text = &o.session.out},
		{0},
	};
	char **rest;
	int n, interval_ms = 100,
	       rc = pb_options_parse(cli, argc, argv, "--disk D --out DIR", opts, 0, 0, &rest, &n, err);

	if (rc != 0)
		return rc;
	if (duration)
		rc = pb_duration_parse(duration, 500, 3600000, &o.duration_ms, err);
	if (rc == 0 && round)
		rc = pb_duration_parse(round, 500, 3600000, &o.round_ms, err);
	if (rc == 0 && o.quick && (o.steady || o.session.precondition))
		return pb_fail(err, PB_USAGE, 22,
			       "--quick skips what --steady and --precondition ask for: drop one");
	if (rc == 0 && round && !o.steady && !o.session.precondition)
		return pb_fail(err, PB_USAGE, 22,
			       "--round is the length of rounds, which --steady asks for: add it");
	if (rc == 0 && interval)
		rc = pb_duration_parse(interval, 10, 10000, &interval_ms, err);
	if (rc == 0 && (!o.session.disk || !o.session.out))
		return pb_fail(err, PB_USAGE, 22,
			       "run needs --disk and --out (-o); passbench check lists the disks");
	if (rc == 0)
		rc = check_backend(o.session.backend, err);
	if (rc == 0)
		rc = pb_stage_orphans(cli, err);
	if (rc < 0)
		return rc;
	o.session.root = &cli->root;
	o.session.ui = &cli->ui;
	o.session.interval_ns = interval_ms * 1000000LL;
	o.session.argc = cli->argc;
	o.session.argv = cli->argv;
	return pb_run(&o, err);
}

const struct pb_command pb_command_run = {"run", "measure a disk in its guest, over queue depths", run};
