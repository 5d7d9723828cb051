/*
 * passbench collect: the host's counters alone, without any guest or load: into CSV files, onto the terminal
 * (--live) or onto a port (--listen).
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/cli/cli.h"
#include "engine/cli/terminal.h"
#include "engine/collectors/environment.h"
#include "engine/collectors/hostinfo.h"
#include "engine/collectors/httpd.h"
#include "engine/collectors/latest.h"
#include "engine/collectors/livetable.h"
#include "engine/collectors/openmetrics.h"
#include "engine/collectors/pcidev.h"
#include "engine/collectors/sampler.h"
#include "engine/lib/rundir.h"
#include "engine/run/run.h"
#include "engine/run/host/stop.h"

struct collect {
	const char *out, *disk, *pid, *counters, *listen;
	bool live;
	int interval_ms, duration_ms; /* duration 0: until interrupted */
	struct pb_strv only;
};

/* The page is drawn again only when there are new values, however often it is asked for. */
struct page {
	struct pb_latest *latest;
	struct {
		uint64_t generation;
		struct pb_buf text;
	} drawn[2]; /* by format */
};

static int parse(struct pb_cli *cli, int argc, char **argv, struct collect *c, struct pb_err *err)
{
	const char *duration = NULL, *interval = NULL;
	const struct pb_option opts[] = {
		{.name = "interval", .arg = "TIME", .help = "sampling interval (100ms)", .text = &interval},
		{.name = "duration",
		 .arg = "TIME",
		 .help = "how long (10s; with --live or --listen until interrupted)",
		 .text = &duration},
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
		{.name = "live", .help = "a table of what is busiest, every second", .flag = &c->live},
		{.name = "listen",
		 .arg = "[ADDR:]PORT",
		 .help = "serve OpenMetrics text at /metrics (127.0.0.1 unless told)",
		 .text = &c->listen},
		{.name = "out", .arg = "DIR", .help = "directory to make", .text = &c->out},
		{0},
	};
	char **rest;
	int n, rc = pb_options_parse(cli, argc, argv, "--out DIR | --live | --listen PORT", opts, 0, 0, &rest,
				     &n, err);

	if (rc == 0 && duration)
		rc = pb_duration_parse(duration, 100, 86400000, &c->duration_ms, err);
	if (rc == 0 && interval)
		rc = pb_duration_parse(interval, 10, 60000, &c->interval_ms, err);
	if (rc == 0 && !c->out && !c->live && !c->listen)
		rc = pb_fail(err, PB_USAGE, EINVAL,
			     "collect needs --out (-o), a directory to make, or --live, or --listen PORT");
	if (!duration)
		c->duration_ms = c->live || c->listen ? 0 : 10000;
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

static int fill_page(void *arg, bool openmetrics, struct pb_buf *out)
{
	struct page *p = arg;
	struct pb_buf *text = &p->drawn[openmetrics].text;
	uint64_t generation;
	int rc = 0;

	pthread_mutex_lock(&p->latest->lock);
	generation = p->latest->generation;
	pthread_mutex_unlock(&p->latest->lock);
	if (!text->len || generation != p->drawn[openmetrics].generation) {
		pb_buf_clear(text);
		rc = pb_openmetrics_render(p->latest, openmetrics, text);
		p->drawn[openmetrics].generation = generation;
	}
	return rc ? rc : pb_buf_add(out, text->data, text->len);
}

/* Whether standard output is a terminal where a table can be drawn over the last one. */
static bool in_place(void)
{
	return pb_terminal_mode_of(STDOUT_FILENO) == PB_TERMINAL_LINE;
}

/* The table in place on a terminal, one plain line elsewhere. */
static void show_live(struct pb_latest *latest, double elapsed_s)
{
	struct winsize w = {.ws_row = 24, .ws_col = 100};
	bool tty = in_place();
	struct pb_buf text = {0};

	if (tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row < 5)
		w.ws_row = 24;
	if (tty)
		pb_livetable_draw(latest, elapsed_s, w.ws_row - 1u, w.ws_col > 20 ? w.ws_col - 1u : 100,
				  &text);
	else
		pb_livetable_line(latest, elapsed_s, &text);
	if (tty)
		fputs("\033[H", stdout);
	for (const char *p = text.data ? text.data : ""; *p; p++) {
		if (tty && *p == '\n')
			fputs("\033[K", stdout);
		putchar(*p);
	}
	if (tty)
		fputs("\033[J", stdout);
	fflush(stdout);
	pb_buf_fini(&text);
}

/* Until the time is over or Ctrl-C, which ends early with what there is. */
static void wait_for_end(struct pb_cli *cli, const struct collect *c, struct pb_latest *latest)
{
	if (c->live && in_place())
		fputs("\033[2J", stdout);
	for (int done = 0; (!c->duration_ms || done < c->duration_ms) && !pb_stop_asked(); done += 1000) {
		int left = c->duration_ms - done;

		if (c->live)
			show_live(latest, done / 1e3);
		else if (c->duration_ms)
			pb_ui_progress(&cli->ui, (double)done / c->duration_ms, left / 1e3, "collecting");
		pb_stop_sleep_ms(!c->duration_ms || left > 1000 ? 1000 : left);
	}
}

/* Manifest with host and collectors, host/ files. */
static int seal(struct pb_cli *cli, struct pb_rundir *dir, json_t *collectors, json_t *sampling,
		struct pb_err *err)
{
	json_t *host = NULL, *environment = NULL;
	int rc = pb_hostinfo(&cli->root, &host, err);

	if (rc < 0)
		return rc;
	if (pb_environment(&cli->root, &environment) == 0)
		json_object_set_new(dir->manifest, "environment", environment);
	json_object_set(dir->manifest, "collectors", collectors);
	json_object_set(dir->manifest, "sampling", sampling);
	json_object_set_new(dir->manifest, "host", host);
	return pb_rundir_seal(dir, err);
}

/* dir NULL: nothing is kept. */
static int sample(struct pb_cli *cli, const struct collect *c, const struct pb_target *t,
		  struct pb_rundir *dir, struct pb_latest *latest, struct pb_err *err)
{
	struct pb_sampler_opts so = {.interval_ns = c->interval_ms * 1000000LL,
				     .only = &c->only,
				     .cpu = -1,
				     .watch = c->live || c->listen ? &latest->watch : NULL};
	struct page page = {.latest = latest};
	struct pb_sampler *s = NULL;
	struct pb_httpd *httpd = NULL;
	json_t *collectors = NULL, *sampling = NULL;
	int rc = pb_sampler_start(&s, t, dir, &so, err), stopped;

	if (rc < 0)
		return rc;
	if (c->listen)
		rc = pb_httpd_start(&httpd, c->listen,
				    &(struct pb_httpd_page){.fill = fill_page, .arg = &page}, err);
	if (rc == 0 && httpd)
		pb_ui_line(&cli->ui, "metrics are at %s%s", pb_httpd_url(httpd),
			   pb_httpd_is_local(httpd) ? "" : ", for anybody who reaches this machine");
	if (rc == 0)
		wait_for_end(cli, c, latest);
	if (dir)
		pb_ui_progress(&cli->ui, NAN, -1, "writing %s", c->out);
	pb_httpd_stop(httpd);
	stopped = pb_sampler_stop(s, &collectors, &sampling, err);
	if (rc == 0)
		rc = stopped;
	if (rc == 0 && dir)
		rc = seal(cli, dir, collectors, sampling, err);
	pb_ui_clear(&cli->ui);
	if (rc == 0 && json_object_get(sampling, "warning"))
		pb_ui_line(&cli->ui, "%s", json_string_value(json_object_get(sampling, "warning")));
	json_decref(collectors);
	json_decref(sampling);
	pb_buf_fini(&page.drawn[0].text);
	pb_buf_fini(&page.drawn[1].text);
	return rc;
}

/* Into the directory that was asked for, if any. */
static int sample_into(struct pb_cli *cli, const struct collect *c, const struct pb_target *t,
		       struct pb_err *err)
{
	struct pb_latest latest;
	struct pb_rundir dir = {.fd = -1};
	int rc = pb_latest_init(&latest);

	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc, "out of memory");
	if (c->out)
		rc = pb_rundir_create(&dir, c->out, err);
	if (rc == 0)
		rc = sample(cli, c, t, c->out ? &dir : NULL, &latest, err);
	if (rc == 0 && c->out)
		pb_ui_line(&cli->ui, "counters are in %s/host", c->out);
	if (c->out)
		pb_rundir_close(&dir);
	pb_latest_fini(&latest);
	return rc;
}

static int run(struct pb_cli *cli, int argc, char **argv, struct pb_err *err)
{
	struct collect c = {.interval_ms = 100};
	struct pb_target t = {0};
	struct pb_disk d;
	int rc = parse(cli, argc, argv, &c, err);

	if (rc == 0)
		rc = find_target(cli, &c, &t, &d, err);
	if (rc == 0)
		rc = sample_into(cli, &c, &t, err);
	pb_strv_fini(&c.only);
	return rc;
}

const struct pb_command pb_command_collect = {"collect", "sample the host's counters alone", run};
