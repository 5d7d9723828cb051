/*
 * passbench lab: a machine with a disk to pass through, where there is none.
 * Without a command it runs the whole poc on the scenario's first disk.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/lab/lab.h"

#define MAX_ARGS 64
/* Of a few hundred machines on a busy host one breaks (docs/lab.md): three in a row do not. */
#define AGAIN 2

struct lab {
	const char *scenario, *out, *silent;
	bool again, alone;
	char self[PATH_MAX], results[PATH_MAX], run_dir[PATH_MAX];
	struct pb_strv options;
	const char *argv[MAX_ARGS + 1];
};

static int list(struct pb_cli *cli)
{
	json_t *all = json_array();

	for (size_t i = 0; pb_scenarios[i].name; i++) {
		json_array_append_new(all, json_pack("{s:s,s:s}", "name", pb_scenarios[i].name, "help",
						     pb_scenarios[i].help));
		if (!cli->json)
			printf("%-16s %s\n", pb_scenarios[i].name, pb_scenarios[i].help);
	}
	if (cli->json) {
		json_dumpf(all, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(all);
	return 0;
}

/* The results directory must exist before the machine can share it. */
static int make_results(struct lab *l, struct pb_err *err)
{
	if (!l->out)
		return 0;
	if (mkdir(l->out, 0755) < 0 && errno != EEXIST)
		return pb_fail(err, errno == ENOENT ? PB_USAGE : PB_MISSING, errno, "cannot make %s: %s",
			       l->out, strerror(errno));
	if (!realpath(l->out, l->results))
		return pb_fail(err, PB_MISSING, errno, "cannot use %s: %s", l->out, strerror(errno));
	return 0;
}

/* passbench itself, at its own path: the machine sees the same files. */
static int default_command(struct lab *l, const struct pb_scenario *s, bool quiet, struct pb_err *err)
{
	ssize_t n = readlink("/proc/self/exe", l->self, sizeof(l->self) - 1);
	size_t a = 0;

	if (n < 0)
		return pb_fail(err, PB_MISSING, errno, "cannot read /proc/self/exe: %s", strerror(errno));
	if (!l->out)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "lab run without a command needs --out (-o), where its results go");
	l->self[n] = '\0';
	if ((size_t)snprintf(l->run_dir, sizeof(l->run_dir), "%s/run", l->results) >= sizeof(l->run_dir))
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "the path %s is too long", l->results);
	l->argv[a++] = l->self;
	if (pb_scenario_options(s, &l->options) < 0)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	l->argv[a++] = "poc";
	if (quiet)
		l->argv[a++] = "--quiet";
	for (size_t i = 0; i < l->options.n && a < MAX_ARGS - 2; i++)
		l->argv[a++] = l->options.v[i];
	l->argv[a++] = "--out";
	l->argv[a++] = l->run_dir;
	l->argv[a] = NULL;
	return 0;
}

static int fill_command(struct lab *l, int n, char **rest, bool quiet, struct pb_err *err)
{
	const struct pb_scenario *s = l->scenario ? pb_scenario_find(l->scenario) : &pb_scenarios[0];

	if (n > MAX_ARGS)
		return pb_fail(err, PB_USAGE, E2BIG, "the command has more than %d words", MAX_ARGS);
	for (int i = 0; i < n; i++)
		l->argv[i] = rest[i];
	/* an unknown scenario is refused by the lab itself, which lists the known ones */
	return n || !s ? 0 : default_command(l, s, quiet, err);
}

/* Less than a heartbeat of the machine is no silence. */
static int parse_silent(const char *text, int *seconds, struct pb_err *err)
{
	char *end;
	long v = text ? strtol(text, &end, 10) : 0;

	if (text && (*end || v < 10 || v > 86400))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--silent %s: write a number of seconds from 10 to 86400", text);
	*seconds = (int)v;
	return 0;
}

static int run_lab(struct pb_cli *cli, struct lab *l, int n, char **rest, bool shell, struct pb_err *err)
{
	struct pb_lab_opts o = {.scenario = l->scenario, .argv = l->argv, .shell = shell, .ui = &cli->ui};
	int status = 0, rc = make_results(l, err);

	rc = rc < 0 ? rc : parse_silent(l->silent, &o.silent_s, err);
	if (rc == 0 && !shell)
		rc = fill_command(l, n, rest, cli->quiet, err);
	if (rc < 0)
		return rc;
	o.out = l->out ? l->results : NULL;
	o.alone = l->alone;
	o.again = l->again || l->run_dir[0] ? AGAIN : 0; /* a poc goes on where it was interrupted */
	rc = pb_lab_run(&o, &status, err);
	if (rc == 0 && l->run_dir[0] && status == 0)
		printf("report: %s/report/index.html\n", l->run_dir);
	return rc < 0 ? rc : status;
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	struct lab *l = calloc(1, sizeof(*l));
	const struct pb_option opts[] = {
		{.name = "scenario",
		 .arg = "S",
		 .help = "which machine (passbench lab list)",
		 .text = l ? &l->scenario : NULL},
		{.name = "out",
		 .arg = "DIR",
		 .help = "directory for results; it has the same path inside",
		 .text = l ? &l->out : NULL},
		{.name = "again",
		 .help = "start the command anew, at most twice, when the emulated machine hangs or breaks",
		 .flag = l ? &l->again : NULL},
		{.name = "silent",
		 .arg = "SECONDS",
		 .help = "a command that says nothing for so long hangs: what it waits for is said, and it "
			 "ends",
		 .text = l ? &l->silent : NULL},
		{.name = "alone",
		 .help = "what the scenario runs beside the command starts when that removes /run/lab/alone",
		 .flag = l ? &l->alone : NULL},
		{0},
	};
	char **rest;
	int n, rc;

	if (!l)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	rc = pb_options_parse(cli, argc, argv, "list | run [-- COMMAND ...] | shell", opts, 1, MAX_ARGS + 1,
			      &rest, &n, err);
	if (rc == 0 && !strcmp(rest[0], "list"))
		rc = list(cli);
	else if (rc == 0 && !strcmp(rest[0], "run"))
		rc = run_lab(cli, l, n - 1, rest + 1, false, err);
	else if (rc == 0 && !strcmp(rest[0], "shell"))
		rc = run_lab(cli, l, 0, NULL, true, err);
	else if (rc == 0)
		rc = pb_fail(err, PB_USAGE, EINVAL, "lab knows list, run and shell, not '%s'", rest[0]);
	pb_strv_fini(&l->options);
	free(l);
	return rc;
}

const struct pb_command pb_command_lab = {"lab", "a machine with a disk to pass through, in emulation", run};
