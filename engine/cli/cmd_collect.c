/*
 * passbench collect: the host's counters alone, without any guest or load.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cli/cli.h"
#include "engine/collectors/hostinfo.h"
#include "engine/collectors/pcidev.h"
#include "engine/collectors/sampler.h"
#include "engine/lib/rundir.h"
#include "engine/run/run.h"
#include "engine/run/stop.h"

struct collect {
	const char *out, *disk, *pid, *counters;
	int interval_ms, duration_ms;
	struct pb_strv only;
};

static int parse(struct pb_cli *cli, int argc, char **argv, struct collect *c, struct pb_err *err)
{
	const char *duration = NULL, *interval = NULL;
	const struct pb_option opts[] = {
		{.name = "interval", .arg = "TIME", .help = "sampling interval (100ms)", .text = &interval},
		{.name = "duration", .arg = "TIME", .help = "how long (10s)", .text = &duration},
		{.name = "only",
		 .arg = "NAME,..",
		 .help = "these collectors (passbench list collectors)",
		 .list = &c->only},
		{.name = "disk",
		 .arg = "D",
		 .help = "disk whose vectors and link are wanted",
		 .text = &c->disk},
		{.name = "qemu-pid",
		 .arg = "PID",
		 .help = "QEMU process whose threads and exits are wanted",
		 .text = &c->pid},
		{.name = "counters",
		 .arg = "GROUP,..",
		 .help = "counter groups (passbench list counters)",
		 .text = &c->counters},
		{.name = "out", .arg = "DIR", .help = "directory to make", .text = &c->out},
		{0},
	};
	char **rest;
	int n, rc = pb_options_parse(cli, argc, argv, "--out DIR", opts, 0, 0, &rest, &n, err);

	if (rc == 0 && duration)
		rc = pb_duration_parse(duration, 100, 86400000, &c->duration_ms, err);
	if (rc == 0 && interval)
		rc = pb_duration_parse(interval, 10, 60000, &c->interval_ms, err);
	if (rc == 0 && !c->out)
		rc = pb_fail(err, PB_USAGE, EINVAL, "collect needs --out (-o), a directory to make");
	return rc;
}

static int find_target(struct pb_cli *cli, const struct collect *c, struct pb_target *t, struct pb_disk *d,
		       struct pb_err *err)
{
	char *end;
	long pid;

	t->root = &cli->root;
	t->counters = c->counters;
	if (c->pid) {
		pid = strtol(c->pid, &end, 10);
		if (*end || pid < 1 || !pb_root_exists(&cli->root, "/proc/%ld", pid))
			return pb_fail(err, PB_USAGE, ESRCH, "--qemu-pid %s: there is no such process",
				       c->pid);
		t->qemu_pid = (pid_t)pid;
	}
	if (!c->disk)
		return 0;
	if (pb_disk_find(&cli->root, c->disk, d, err) < 0)
		return -ENODEV;
	t->bdf = d->bdf[0] ? d->bdf : NULL;
	t->block = d->block[0] ? d->block : NULL;
	return 0;
}

/* A plain collection: manifest with host and collectors, host/ files. */
static int sample(struct pb_cli *cli, const struct collect *c, const struct pb_target *t,
		  struct pb_rundir *dir, struct pb_err *err)
{
	struct pb_sampler_opts so = {.interval_ns = c->interval_ms * 1000000LL, .only = &c->only, .cpu = -1};
	struct pb_sampler *s = NULL;
	json_t *collectors = NULL, *sampling = NULL, *host = NULL;
	int rc = pb_sampler_start(&s, t, dir, &so, err), left = c->duration_ms;

	if (rc < 0)
		return rc;
	while (left > 0 && !pb_stop_asked()) { /* Ctrl-C ends early, with what there is */
		int ms = left < 1000 ? left : 1000;

		pb_ui_progress(&cli->ui, 1 - (double)left / c->duration_ms, left / 1e3, "collecting");
		pb_stop_sleep_ms(ms);
		left -= ms;
	}
	rc = pb_sampler_stop(s, &collectors, &sampling, err);
	if (rc == 0)
		rc = pb_hostinfo(&cli->root, &host, err);
	if (rc < 0)
		return rc;
	json_object_set_new(dir->manifest, "collectors", collectors);
	json_object_set_new(dir->manifest, "sampling", sampling);
	json_object_set_new(dir->manifest, "host", host);
	return pb_rundir_seal(dir, err);
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	struct collect c = {.interval_ms = 100, .duration_ms = 10000};
	struct pb_target t = {0};
	struct pb_disk d;
	struct pb_rundir dir;
	int rc = parse(cli, argc, argv, &c, err);

	if (rc == 0)
		rc = find_target(cli, &c, &t, &d, err);
	if (rc == 0) {
		rc = pb_rundir_create(&dir, c.out, err);
		if (rc == 0) {
			rc = sample(cli, &c, &t, &dir, err);
			pb_rundir_close(&dir);
		}
	}
	pb_strv_fini(&c.only);
	if (rc == 0)
		pb_ui_line(&cli->ui, "counters are in %s/host", c.out);
	return rc;
}

const struct pb_command pb_command_collect = {"collect", "sample the host's counters alone", run};
