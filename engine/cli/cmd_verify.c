/*
 * passbench verify: does the disk's path keep what is written? Stamped blocks, written and read back.
 */
#include <errno.h>
#include <stdlib.h>

#include "engine/cli/cli.h"
#include "engine/cli/session_options.h"
#include "engine/run/verify.h"

static int number(const char *option, const char *text, long long lo, long long hi, long long *v,
		  struct pb_err *err)
{
	char *end;

	if (!text)
		return 0;
	errno = 0;
	*v = strtoll(text, &end, 10);
	if (errno || end == text || *end || *v < lo || *v > hi)
		return pb_fail(err, PB_USAGE, EINVAL, "--%s %s: write a number from %lld to %lld", option,
			       text, lo, hi);
	return 0;
}

/* An I/O that times out is tried for 30 s and then aborted, and the controller reset, with Linux' nvme; six
 * times 30 s with its SCSI disks (drivers/nvme/host/core.c, drivers/scsi/sd.h, 6.12). */
#define STALL_S 300

struct texts {
	const char *mode, *size, *passes, *depth, *seed, *stall;
};

static int parse(const struct texts *t, struct pb_verify_opts *o, struct pb_err *err)
{
	long long passes = 2, depth = 16, seed = -1, stall = STALL_S;
	int rc = t->mode ? pb_verify_mode_parse(t->mode, &o->mode, err) : 0;

	rc = rc ? rc : pb_verify_size_parse(t->size ? t->size : "256M", &o->size_bytes, err);
	rc = rc ? rc : number("passes", t->passes, 1, 1000, &passes, err);
	rc = rc ? rc : number("depth", t->depth, 1, 64, &depth, err);
	rc = rc ? rc : number("seed", t->seed, 0, INT64_MAX, &seed, err);
	rc = rc ? rc : number("stall", t->stall, 5, 86400, &stall, err);
	o->passes = (unsigned)passes;
	o->depth = (unsigned)depth;
	o->seed = seed;
	o->stall_s = (unsigned)stall;
	if (rc == 0 && (!o->session.disk || !o->session.out))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "verify needs --disk and --out (-o); passbench check lists the disks");
	if (rc == 0 && (o->mode == PB_VERIFY_READ) != (o->from != NULL))
		return pb_fail(
			err, PB_USAGE, EINVAL,
			"--mode read and --from DIR belong together: DIR is where --mode write left its "
			"manifest");
	if (rc == 0 && o->from && (t->size || t->passes || t->seed))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--size, --passes and --seed are those of --from %s: leave them out", o->from);
	return rc;
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	struct pb_verify_opts o = {.mode = PB_VERIFY_BOTH};
	struct texts t = {0};
	const struct pb_option opts[] = {
		PB_SESSION_OPTIONS(o.session),
		{.name = "mode",
		 .arg = "M",
		 .help = "both (default), or write now and read later",
		 .text = &t.mode},
		{.name = "from",
		 .arg = "DIR",
		 .help = "with --mode read: what --mode write made",
		 .text = &o.from},
		{.name = "size", .arg = "SIZE", .help = "from the disk's start (256M)", .text = &t.size},
		{.name = "passes",
		 .arg = "N",
		 .help = "how often all of it is written (2)",
		 .text = &t.passes},
		{.name = "depth", .arg = "N", .help = "I/Os in flight, at most 64 (16)", .text = &t.depth},
		{.name = "seed", .arg = "N", .help = "of payload and order (random)", .text = &t.seed},
		{.name = "stall",
		 .arg = "SECONDS",
		 .help = "a disk that does nothing for so long hangs (300); a flush: four times that",
		 .text = &t.stall},
		{.name = "out", .arg = "DIR", .help = "run directory to make", .text = &o.session.out},
		{0},
	};
	char **rest;
	int n, rc = pb_options_parse(cli, argc, argv, "--disk D --out DIR", opts, 0, 0, &rest, &n, err);

	if (rc == 0)
		rc = parse(&t, &o, err);
	if (rc == 0)
		rc = pb_stage_orphans(cli, err);
	if (rc != 0)
		return rc;
	o.session.root = &cli->root;
	o.session.ui = &cli->ui;
	o.session.interval_ns = 100000000;
	o.session.argc = cli->argc;
	o.session.argv = cli->argv;
	return pb_verify(&o, err);
}

const struct pb_command pb_command_verify = {
	"verify", "write stamped blocks through the guest and read them back", run};
