/*
 * Opening and closing a session in the right order, and taking everything
 * back in the reverse one. What is written at the end is session_write.c's.
 */
#include "engine/run/session.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/collectors/pcidev.h"
#include "engine/lib/interlock.h"
#include "engine/lib/json.h"
#include "engine/lib/litter.h"
#include "engine/lib/remove_tree.h"
#include "engine/run/guest/disk_remote.h"
#include "engine/run/faults.h"
#include "engine/run/precondition.h"
#include "engine/run/session_write.h"
#include "engine/run/host/stop.h"

#define WORK_PARENT "/run/passbench"
#define START_MS 60000
#define PINGS 12
#define ENDING_MS 1000

void pb_session_say(struct pb_session *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pb_buf_printf(&s->log, "%s\n", text);
	pb_ui_line(s->o.ui, "%s", text);
}

static int make_workdir(struct pb_session *s, struct pb_err *err)
{
	if (mkdir(WORK_PARENT, 0700) < 0 && errno != EEXIST)
		return pb_fail(err, PB_MISSING, errno, "cannot make %s: %s; passbench runs as root",
			       WORK_PARENT, strerror(errno));
	pb_litter_sweep(WORK_PARENT, "guest-"); /* a killed run's */
	snprintf(s->workdir, sizeof(s->workdir), WORK_PARENT "/guest-%d-XXXXXX", (int)getpid());
	if (!mkdtemp(s->workdir)) {
		s->workdir[0] = '\0';
		return pb_fail(err, PB_MISSING, errno, "cannot make a folder in %s: %s", WORK_PARENT,
			       strerror(errno));
	}
	return 0;
}

/* A profile that writes needs the serial of exactly this disk. */
static int check_erase(const struct pb_session *s, struct pb_err *err)
{
	const char *serial = s->disk.serial[0] ? s->disk.serial : s->disk.block;
	const char *kind = s->o.no_fio ? "" : "profile ";

	if (!s->profile.writes && s->o.precondition)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--precondition writes the whole disk, and %s%s only reads; drop it", kind,
			       s->profile.name);
	if (!s->profile.writes) {
		if (s->o.erase || s->o.overwrite)
			return pb_fail(
				err, PB_USAGE, EINVAL, "%s is given but %s%s only reads; drop one of them",
				s->o.erase ? "--erase" : "--overwrite-signature", kind, s->profile.name);
		return 0;
	}
	if (!s->o.erase)
		return pb_fail(err, PB_UNSAFE, EPERM,
			       "%s%s writes to the disk: everything on it would be lost; if you mean "
			       "it, add --erase %s",
			       kind, s->profile.name, serial);
	if (strcmp(s->o.erase, serial) != 0)
		return pb_fail(err, PB_UNSAFE, EPERM,
			       "--erase %s does not name this disk, whose serial is %s", s->o.erase, serial);
	return 0;
}

static int find_ceiling(struct pb_session *s, struct pb_err *err)
{
	struct pb_pcichain chain = {0};
	int rc;

	s->ceiling_bytes_s = 0;
	if (!s->disk.bdf[0])
		return 0;
	rc = pb_pcidev_chain(s->o.root, s->disk.bdf, &chain, err);
	for (size_t i = 0; rc == 0 && i < chain.n; i++) {
		int64_t b = pb_pci_link_bytes_s(chain.hop[i].speed_mgts, chain.hop[i].width);

		if (b != PB_NA && b > 0 && (s->ceiling_bytes_s <= 0 || (double)b < s->ceiling_bytes_s))
			s->ceiling_bytes_s = (double)b;
	}
	pb_pcichain_fini(&chain);
	return rc;
}

/* All that can be refused, before anything is changed. */
static int preflight(struct pb_session *s, struct pb_err *err)
{
	int rc;

	if (geteuid() != 0)
		return pb_fail(err, PB_MISSING, EPERM, "passbench drives disks and guests: run it as root");
	rc = pb_guest_spec_parse(&s->spec, s->o.guest, s->o.attach, err);
	if (rc == 0 && s->o.no_fio) {
		snprintf(s->profile.name, sizeof(s->profile.name), "%s", s->o.no_fio);
		s->profile.writes = s->o.writes;
	} else if (rc == 0) {
		rc = pb_profile_load(&s->profile, s->o.profile ? s->o.profile : "randread-4k", err);
		s->profile_loaded = true;
	}
	if (rc == 0 && !s->spec.kind->remote)
		rc = pb_disk_find(s->o.root, s->o.disk, &s->disk, err);
	if (rc == 0 && !s->spec.kind->remote)
		rc = check_erase(s, err);
	s->guest = (struct pb_guest){.spec = &s->spec,
				     .root = s->o.root,
				     .disk = &s->disk,
				     .workdir = s->workdir,
				     .readonly = !s->profile.writes,
				     .overwrite = s->o.overwrite};
	if (rc == 0)
		rc = s->spec.kind->preflight(&s->guest, err);
	if (rc == 0)
		rc = find_ceiling(s, err);
	return rc;
}

static int open_dir(struct pb_session *s, struct pb_err *err)
{
	char path[PATH_MAX];
	int rc = pb_rundir_create(&s->dir, s->o.out, err);

	if (rc < 0)
		return rc;
	s->dir_open = true;
	rc = pb_session_manifest_begin(s, err);
	if (rc < 0)
		return rc;
	snprintf(path, sizeof(path), "%s/undo.log", s->dir.path);
	rc = pb_undo_open(&s->undo, s->o.root, path, err);
	s->guest.undo = s->undo;
	return rc;
}

int pb_session_guest_disk(struct pb_session *s, json_t **selector, struct pb_err *err)
{
	json_t *reply = NULL, *disk, *found = NULL;
	size_t i, candidates = 0;
	int rc;

	if (s->spec.kind->remote || !strcmp(s->spec.kind->path(&s->spec), "local")) {
		*selector = json_pack("{s:s+}", "path", "/dev/", s->disk.block);
		return 0;
	}
	rc = pb_conn_ask(&s->guest.conn, "disks", NULL, START_MS, &reply, err);
	if (rc < 0)
		return rc;
	json_array_foreach(json_object_get(reply, "disks"), i, disk)
	{
		const char *serial = pb_json_str(disk, "serial", "");

		if (s->disk.serial[0] && strncmp(serial, s->disk.serial, 20) != 0)
			continue;
		candidates++;
		found = disk;
	}
	if (candidates == 1)
		*selector = json_pack("{s:s}", "path", pb_json_str(found, "path", ""));
	else
		rc = pb_fail(err, PB_MISSING, ENODEV,
			     "the guest sees %zu disks with serial '%s' instead of one; see console.log",
			     candidates, s->disk.serial);
	json_decref(reply);
	return rc;
}

int pb_session_start_job(struct pb_session *s, const struct pb_session_job *j, json_t **started,
			 struct pb_err *err)
{
	int interval_ms = (int)(s->o.interval_ns / 1000000);
	int rows_ms = s->o.rows_ms && s->o.rows_ms < interval_ms ? s->o.rows_ms : interval_ms;
	json_t *selector = NULL, *fields;
	int rc = pb_session_guest_disk(s, &selector, err);

	if (rc < 0)
		return rc;
	fields = json_pack("{s:s,s:o,s:i,s:i,s:o,s:i,s:i}", "job", j->text, "disk", selector, "iodepth_max",
			   (int)j->iodepth_max, "depth", (int)j->depth, "write_serial",
			   j->writes ? json_string(s->o.erase) : json_null(), "interval_ms", interval_ms,
			   "rows_ms", rows_ms);
	if (fields && s->o.backend)
		pb_json_set_str(fields, "backend", s->o.backend);
	pb_json_set_str(fields, "overwrite_signature", s->o.overwrite);
	s->cursor = s->failed_seen = 0;
	return pb_conn_ask(&s->guest.conn, "start", fields, START_MS, started, err);
}

static int start_fio(struct pb_session *s, struct pb_err *err)
{
	struct pb_buf job = {0};
	int rc = pb_profile_render(&s->profile, s->o.iodepth_max, &job);

	if (rc == 0)
		rc = pb_rundir_put(&s->dir, "profile.fio", job.data, job.len, err);
	if (rc == 0)
		rc = pb_session_start_job(s,
					  &(struct pb_session_job){.text = job.data,
								   .iodepth_max = s->o.iodepth_max,
								   .depth = s->o.depth0,
								   .writes = s->profile.writes},
					  &s->started, err);
	pb_buf_fini(&job);
	return rc;
}

static int start_sampler(struct pb_session *s, struct pb_err *err)
{
	/* with vfio the name is another disk's by now, an existing guest's disk has the guest's name */
	bool here = !s->spec.kind->remote && strcmp(s->spec.kind->path(&s->spec), "vfio") != 0;
	struct pb_target target = {.root = s->o.root,
				   .bdf = s->disk.bdf[0] ? s->disk.bdf : NULL,
				   .block = here && s->disk.block[0] ? s->disk.block : NULL,
				   .qemu_pid = s->guest.qemu_pid};
	struct pb_sampler_opts opts = {.interval_ns = s->o.interval_ns, .only = NULL, .cpu = -1};

	target.counters = s->o.counters;
	return pb_sampler_start(&s->sampler, &target, &s->dir, &opts, err);
}

static int start_load(struct pb_session *s, struct pb_err *err)
{
	int rc = s->o.precondition ? pb_precondition(s, &s->preconditioned, err) : 0;

	pb_ui_progress(s->o.ui, NAN, -1, "starting fio in the guest");
	if (rc == 0)
		rc = start_fio(s, err);
	if (rc == 0)
		rc = start_sampler(s, err);
	if (rc == 0)
		pb_session_say(s, "fio runs in the guest: %s, engine %s, backend %s (%s)",
			       pb_json_str(s->started, "fio", "?"), pb_json_str(s->started, "engine", "?"),
			       pb_json_str(s->started, "backend", "?"),
			       pb_json_str(s->started, "backend_why", "no reason given"));
	return rc;
}

/* An existing guest must be asked before it is known which disk is meant; that changes nothing. */
static int reach_remote(struct pb_session *s, struct pb_err *err)
{
	int rc = s->spec.kind->start(&s->guest, err);

	if (rc == 0)
		rc = pb_disk_remote(&s->guest.conn, s->o.disk, &s->disk, s->spec.found_path,
				    sizeof(s->spec.found_path), err);
	return rc < 0 ? rc : check_erase(s, err);
}

/* Starts the guest. One that says nothing, or ends while it boots, gets a second chance: a boot that fails
 * once in a while is not worth the whole run, one that fails twice is something to be told. What QEMU itself
 * refuses is told at once. */
static int boot(struct pb_session *s, struct pb_err *err)
{
	int rc = s->spec.kind->start(&s->guest, err);

	if (rc != -ETIMEDOUT && rc != -EAGAIN)
		return rc;
	pb_session_say(s, "%s; starting it once more", err->msg);
	pb_session_keep_logs(s);
	s->spec.kind->stop(&s->guest);
	*err = (struct pb_err)PB_ERR_INIT;
	return s->spec.kind->start(&s->guest, err);
}

static int open_steps(struct pb_session *s, struct pb_err *err)
{
	int rc = preflight(s, err);

	if (rc == 0)
		rc = make_workdir(s, err);
	if (rc == 0 && s->spec.kind->remote) {
		pb_ui_progress(s->o.ui, NAN, -1, "looking for the disk in the guest");
		rc = reach_remote(s, err);
	}
	if (rc == 0)
		rc = open_dir(s, err);
	if (rc < 0)
		return rc;
	pb_session_say(s, "disk %s%s%s %s%s, path %s", s->disk.bdf, s->disk.block[0] ? " /dev/" : "",
		       s->disk.block, s->disk.model, s->disk.serial[0] ? "" : " (no serial)",
		       s->spec.kind->path(&s->spec));
	pb_ui_progress(s->o.ui, NAN, -1, "starting the guest");
	rc = s->spec.kind->remote ? 0 : boot(s, err);
	if (rc < 0)
		return rc;
	pb_session_say(s, "guest up: kernel %s, agent %s", pb_json_str(s->guest.conn.hello, "kernel", "?"),
		       pb_json_str(s->guest.conn.hello, "agent", "?"));
	pb_ui_progress(s->o.ui, NAN, -1, "comparing the clocks");
	rc = pb_stop_check(err);
	if (rc == 0)
		rc = pb_clock_ping(&s->clock, &s->guest.conn, PINGS, err);
	return rc < 0 || s->o.no_fio ? rc : start_load(s, err);
}

int pb_session_open(struct pb_session *s, const struct pb_session_opts *o, struct pb_err *err)
{
	int rc;

	memset(s, 0, sizeof(*s));
	s->o = *o;
	s->warnings = json_array();
	rc = open_steps(s, err);
	return rc < 0 ? pb_session_close(s, rc, NULL, err) : 0;
}

/* fio ended by itself: the agent knows why. */
static int why_fio_died(struct pb_session *s, struct pb_err *err)
{
	json_t *reply = NULL;
	int rc = pb_conn_ask(&s->guest.conn, "stop", NULL, START_MS, &reply, err);

	if (rc < 0)
		return rc;
	snprintf(s->fio_error, sizeof(s->fio_error), "fio ended by itself in the guest (exit %lld): %.500s",
		 (long long)pb_json_i64(reply, "exit", -1), pb_json_str(reply, "error", "no message"));
	json_decref(reply);
	pb_session_say(s, "%s", s->fio_error);
	return 0;
}

/* What there is to say about a window that ended before its time. */
static int say_why(struct pb_session *s, const struct pb_step *p, struct pb_err *err)
{
	char first[160];
	int rc = 0;

	if (p->failed > 0)
		rc = pb_faults_fetch(s, err);
	if (rc == 0 && p->failed > 0)
		pb_session_say(s, "%lld I/Os failed at depth %u: measuring ends here; the first: %s",
			       (long long)p->failed, p->depth,
			       pb_faults_first(s->faults, first, sizeof(first)));
	if (rc == 0 && p->ended)
		rc = why_fio_died(s, err);
	return rc;
}

static struct pb_step *new_step(struct pb_session *s)
{
	if (s->n_steps == s->cap_steps) {
		size_t cap = s->cap_steps ? 2 * s->cap_steps : 16;
		struct pb_step *v = realloc(s->steps, cap * sizeof(*v));

		if (!v)
			return NULL;
		s->steps = v;
		s->cap_steps = cap;
	}
	return &s->steps[s->n_steps];
}

int pb_session_measure(struct pb_session *s, const struct pb_measure_opts *m, const struct pb_step **step,
		       struct pb_err *err)
{
	struct pb_measure_opts o = *m;
	struct pb_step *slot = new_step(s);
	int rc;

	if (!slot)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	o.cursor = &s->cursor;
	o.failed = &s->failed_seen;
	o.paced = s->profile.paced;
	o.ceiling_bytes_s = s->ceiling_bytes_s;
	rc = pb_measure(&s->guest.conn, &o, slot, err);
	if (rc < 0)
		return rc;
	s->n_steps++;
	*step = slot;
	rc = say_why(s, slot, err);
	return rc < 0 ? rc : pb_clock_ping(&s->clock, &s->guest.conn, 3, err);
}

static void free_all(struct pb_session *s)
{
	for (size_t i = 0; i < s->n_steps; i++)
		pb_step_fini(&s->steps[i]);
	free(s->steps);
	pb_buf_fini(&s->log);
	json_decref(s->started);
	json_decref(s->faults);
	json_decref(s->preconditioned);
	json_decref(s->warnings);
	json_decref(s->sources);
	if (s->dir_open)
		pb_rundir_close(&s->dir);
	if (s->profile_loaded)
		pb_profile_fini(&s->profile);
	if (s->workdir[0])
		pb_remove_tree(s->workdir);
	memset(s, 0, sizeof(*s));
}

/* An agent that went away: did its guest end? Its QEMU closes the sockets a moment before it has ended. */
static void why_gone(struct pb_session *s, int rc, struct pb_err *err)
{
	struct pb_err why = PB_ERR_INIT;
	char asked[sizeof(err->msg)];
	int ended = 0;

	if ((rc != -EPIPE && rc != -ETIMEDOUT) || !s->guest.connected || !s->spec.kind->check)
		return;
	for (int waited = 0; waited < ENDING_MS && ended == 0; waited += 100) {
		ended = s->spec.kind->check(&s->guest, &why);
		if (ended == 0 && pb_stop_sleep_ms(100))
			return;
	}
	if (ended == 0)
		return;
	snprintf(asked, sizeof(asked), "%s", err->msg);
	*err = (struct pb_err)PB_ERR_INIT;
	pb_fail(err, why.status, -ended, "%.100s: %s", asked, why.msg);
}

int pb_session_close(struct pb_session *s, int rc, json_t *extra, struct pb_err *err)
{
	struct pb_err late = PB_ERR_INIT;
	int undo_rc = 0;

	pb_ui_progress(s->o.ui, NAN, -1,
		       rc == 0 ? "fetching what the guest recorded" : "taking everything back");
	if (rc == 0)
		rc = pb_session_collect(s, err); /* ends fio, fetches, stops the sampler */
	else
		pb_session_abandon(s);
	if (rc < 0)
		why_gone(s, rc, err);
	if (rc == 0)
		json_object_set_new(s->dir.manifest, "guest", pb_session_guest_json(s));
	if (s->dir_open)
		pb_session_keep_logs(s);
	if (s->spec.kind)
		s->spec.kind->stop(&s->guest);
	if (s->undo) {
		undo_rc = pb_undo_revert(s->undo, UINT_MAX, rc < 0 ? &late : err);
		if (undo_rc < 0 && rc < 0)
			pb_session_say(s, "could not restore everything: %s; run: passbench rollback %s",
				       late.msg, s->o.out);
		pb_undo_close(s->undo);
	}
	if (rc == 0)
		rc = undo_rc;
	if (s->dir_open && s->log.len)
		pb_rundir_put(&s->dir, "log.txt", s->log.data, s->log.len, NULL);
	if (rc == 0)
		rc = pb_session_manifest_end(s, extra, err);
	else
		json_decref(extra);
	if (rc == 0 && s->fio_error[0])
		rc = pb_fail(err, PB_INVALID, EIO, "%s", s->fio_error);
	pb_ui_clear(s->o.ui);
	free_all(s);
	return rc;
}
