/*
 * passbench poc: run, analyze, tune, report, in this order. A stage whose
 * result is already in the directory is not repeated, so an interrupted poc goes on.
 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/cli.h"
#include "engine/cli/session_options.h"
#include "engine/lib/rundir.h"
#include "engine/run/paths.h"
#include "engine/run/run.h"
#include "engine/run/run_depth.h"
#include "engine/run/host/stop.h"
#include "engine/run/tune/tune.h"
#include "reports/lang.h"

struct poc {
	struct pb_run_opts run;
	const char *out;
	const char *paths; /* --attach as typed when it names several, else NULL */
	const char *vcpus; /* --vcpus as typed, or NULL */
	unsigned rounds;   /* 0 = each comparison's own */
	const char *lang;  /* of the report */
	bool no_tune;
};

static int parse_rounds(struct poc *p, const char *text, struct pb_err *err)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || n < 4 || n > 100)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--rounds %s: say 4 to 100; fewer than 4 visits can never show a difference",
			       text);
	p->rounds = (unsigned)n;
	return 0;
}

/* The curve is measured on the first path of the list; the others are compared at its depths. */
static int compare_paths(struct poc *p, struct pb_err *err)
{
	struct pb_session_opts *s = &p->run.session;
	struct pb_path_arm arms[PB_PATHS_MAX];
	struct pb_profile profile = {0};
	int rc = pb_profile_load(&profile, s->profile ? s->profile : "randread-4k", err);

	if (rc == 0)
		rc = pb_paths_arms(arms, s->attach, s->guest, &profile, err);
	pb_profile_fini(&profile);
	p->paths = s->attach;
	s->attach = strncmp(p->paths, "vfio", 4) == 0 ? "vfio" : "virtio-blk";
	return rc < 0 ? rc : 0;
}

/* Refuses a list that cannot be visited before anything runs. */
static int check_vcpus(struct poc *p, struct pb_err *err)
{
	struct pb_session_opts *s = &p->run.session;
	struct pb_path_arm arms[PB_PATHS_MAX];
	struct pb_profile profile = {0};
	int rc = pb_profile_load(&profile, s->profile ? s->profile : "randread-4k", err);

	if (rc == 0)
		rc = pb_vcpus_arms(arms, p->vcpus, s->guest, s->attach, &profile, err);
	pb_profile_fini(&profile);
	return rc < 0 ? rc : 0;
}

static int parse(struct pb_cli *cli, int argc, char **argv, struct poc *p, struct pb_err *err)
{
	struct pb_run_texts texts = {0};
	const char *rounds = NULL;
	struct pb_session_opts *s = &p->run.session;
	const struct pb_option opts[] = {
		PB_SESSION_OPTIONS(*s),
		PB_RUN_OPTIONS(p->run, texts),
		{.name = "rounds",
		 .arg = "N",
		 .help = "visits of each path (5), of each number of vCPUs (3)",
		 .text = &rounds},
		{.name = "lang",
		 .arg = "L",
		 .help = "language of the report: en or zh (en)",
		 .text = &p->lang},
		{.name = "vcpus",
		 .arg = "N,N,N",
		 .help = "guests with so many vCPUs in turns, to predict other numbers",
		 .text = &p->vcpus},
		{.name = "no-tune",
		 .help = "change nothing on the host, only recommend",
		 .flag = &p->no_tune},
		{.name = "out",
		 .arg = "DIR",
		 .help = "run directory to make or to go on with",
		 .text = &p->out},
		{0},
	};
	char **rest;
	int n, rc = pb_options_parse(cli, argc, argv, "--disk D --out DIR", opts, 0, 0, &rest, &n, err);

	if (rc != 0)
		return rc;
	rc = pb_run_options_take(&p->run, &texts, err);
	if (rc == 0 && (!s->disk || !p->out))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "poc needs --disk and --out (-o); passbench check lists the disks");
	if (rc == 0 && p->lang) { /* refused now, not after an hour */
		rc = pb_lang_use(p->lang, err);
		pb_lang_use(NULL, NULL);
	}
	if (rc == 0 && rounds)
		rc = parse_rounds(p, rounds, err);
	if (rc == 0 && pb_paths_wanted(s->attach))
		rc = compare_paths(p, err);
	if (rc == 0 && p->vcpus)
		rc = check_vcpus(p, err);
	s->root = &cli->root;
	s->ui = &cli->ui;
	s->argc = cli->argc;
	s->argv = cli->argv;
	s->out = p->out;
	return rc;
}

static int recommended_depth(const struct poc *p, unsigned *depth, struct pb_err *err)
{
	struct pb_rundir d;
	int rc = pb_rundir_open(&d, p->out, err);

	if (rc < 0)
		return rc;
	rc = pb_run_depth(p->out, d.manifest, depth, err);
	pb_rundir_close(&d);
	return rc;
}

/* The other ways to the same disk, at depth 1 and at the depth the run recommends. */
static int paths(struct pb_cli *cli, const struct poc *p, struct pb_err *err)
{
	struct pb_paths_opts o = {.session = p->run.session,
				  .list = p->paths,
				  .dir = p->out,
				  .rounds = p->rounds ? p->rounds : PB_PATHS_ROUNDS,
				  .depths = {1, 1},
				  .window_ms = 1500};
	int rc;

	if (!p->paths)
		return 0;
	pb_ui_line(&cli->ui, "== paths: %s and the host itself, in turns", p->paths);
	rc = recommended_depth(p, &o.depths[1], err);
	return rc < 0 ? rc : pb_paths_run(&o, err);
}

/* Guests of other sizes at the depth the run recommends. */
static int vcpus(struct pb_cli *cli, const struct poc *p, struct pb_err *err)
{
	struct pb_paths_opts o = {.session = p->run.session,
				  .vcpus = p->vcpus,
				  .dir = p->out,
				  .rounds = p->rounds ? p->rounds : PB_VCPUS_ROUNDS,
				  .window_ms = 1500};
	int rc;

	if (!p->vcpus)
		return 0;
	pb_ui_line(&cli->ui, "== vCPUs: guests with %s of them, in turns", p->vcpus);
	rc = recommended_depth(p, &o.depths[0], err);
	o.depths[1] = o.depths[0];
	return rc < 0 ? rc : pb_paths_run(&o, err);
}

static int tune(struct pb_cli *cli, const struct poc *p, const struct pb_findings *fs, struct pb_err *err)
{
	struct pb_tune_opts t = {.root = &cli->root,
				 .ui = &cli->ui,
				 .dir = p->out,
				 .erase = p->run.session.erase,
				 .overwrite = p->run.session.overwrite,
				 .pairs = 8,
				 .visits = 6,
				 .window_ms = 1500,
				 .resume = true,
				 .argc = cli->argc,
				 .argv = cli->argv};
	unsigned applied = 0;
	int rc;

	if (p->no_tune)
		return 0;
	pb_ui_line(&cli->ui, "== tune: apply, measure A B A B, keep or undo");
	rc = pb_tune_apply(&t, fs, &applied, err);
	if (rc == 0 && !applied)
		pb_ui_line(&cli->ui, "nothing that can be applied was recommended");
	return rc;
}

/* What was measured is reported even when tuning fails: the failure is told at the end. */
static int after_run(struct pb_cli *cli, const struct poc *p, struct pb_err *err)
{
	struct pb_findings fs = {0};
	struct pb_strv formats = {0}, written = {0};
	struct pb_err failed = PB_ERR_INIT;
	char real[PATH_MAX];
	int rc, tuned = 0;

	rc = paths(cli, p, err);
	if (rc == 0)
		rc = vcpus(cli, p, err);
	if (rc < 0)
		return rc;
	pb_ui_line(&cli->ui, "== analyze");
	pb_ui_progress(&cli->ui, NAN, -1, "analyzing %s", p->out);
	rc = pb_stage_analyze(p->out, &fs, err);
	pb_ui_clear(&cli->ui);
	if (rc == 0)
		tuned = tune(cli, p, &fs, &failed);
	pb_findings_fini(&fs);
	if (rc < 0)
		return rc;
	if (tuned < 0 && pb_stop_check(err) < 0)
		return tuned;
	if (tuned < 0)
		pb_ui_line(&cli->ui, "tuning failed: %s", failed.msg);
	pb_ui_line(&cli->ui, "== report");
	pb_ui_progress(&cli->ui, NAN, -1, "writing the report of %s", p->out);
	rc = pb_stage_report(p->out, &formats, p->lang, &written, err);
	pb_ui_clear(&cli->ui);
	if (rc == 0 && written.n)
		printf("%s/%s\n", realpath(p->out, real) ? real : p->out, written.v[0]);
	pb_strv_fini(&written);
	if (rc == 0 && tuned < 0) {
		*err = failed;
		rc = tuned;
	}
	return rc;
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	struct poc p = {0};
	struct pb_err invalid = PB_ERR_INIT;
	int rc = parse(cli, argc, argv, &p, err), bad = 0;

	if (rc == 0)
		rc = pb_stage_orphans(cli, err);
	if (rc != 0)
		return rc;
	if (pb_rundir_complete(p.out)) { /* then the poc goes on behind it */
		pb_ui_line(&cli->ui, "== run: already complete in %s", p.out);
	} else {
		pb_ui_line(&cli->ui, "== run");
		rc = pb_run(&p.run, err);
		if (rc < 0 && err->status == PB_INVALID && pb_rundir_complete(p.out)) {
			/* complete, but not to be believed: the report says why, tuning would prove nothing
			 */
			invalid = *err;
			bad = rc;
			*err = (struct pb_err)PB_ERR_INIT;
			p.no_tune = true;
			rc = 0;
		}
	}
	if (rc == 0)
		rc = after_run(cli, &p, err);
	if (rc == 0 && bad < 0) {
		*err = invalid;
		rc = bad;
	}
	return rc;
}

const struct pb_command pb_command_poc = {"poc", "run, analyze, tune and report in one go; resumable", run};
