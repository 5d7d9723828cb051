/*
 * Visiting the paths to one disk, or guests of several sizes, in turns. Which arms there are is
 * paths_arms.c's and paths_vcpus.c's, what a visit is visit.c's; nothing is concluded here.
 */
#include "engine/run/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/lib/json.h"
#include "engine/lib/replace.h"
#include "engine/run/host/stop.h"
#include "engine/run/visit.h"

struct paths {
	const struct pb_paths_opts *o;
	const char *folder; /* "paths", "vcpus" */
	const struct pb_profile *profile;
	unsigned depths[2];
	struct pb_path_arm arm[PB_PATHS_MAX];
	unsigned n;
	json_t *visits[PB_PATHS_MAX]; /* names of the complete ones */
	struct pb_ui_work work;       /* in visits */
};

unsigned pb_paths_order(unsigned arms, unsigned round, unsigned k)
{
	unsigned forward = (k + round / 2) % arms;

	return round % 2 ? arms - 1 - forward : forward;
}

/* DIR/vcpus/jobs-N/NAME.fio: the profile with so many jobs; its path to buf. */
static int put_profile(const struct paths *p, unsigned jobs, char buf[PATH_MAX], struct pb_err *err)
{
	struct pb_buf text = {0};
	FILE *f = NULL;
	int rc, n = snprintf(buf, PATH_MAX, "%s/%s/jobs-%u", p->o->dir, p->folder, jobs);

	if (n < 0 || n >= PATH_MAX - 80)
		return pb_fail(err, PB_USAGE, ENAMETOOLONG, "%s is too long", p->o->dir);
	if (mkdir(buf, 0755) < 0 && errno != EEXIST)
		return pb_fail(err, PB_MISSING, errno, "cannot make %s: %s", buf, strerror(errno));
	snprintf(buf + n, (size_t)(PATH_MAX - n), "/%s.fio", p->profile->name);
	rc = pb_vcpus_job(p->profile, jobs, &text);
	if (rc < 0)
		pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	else if (!(f = pb_replace_begin(AT_FDCWD, buf, err)))
		rc = -EIO;
	if (f) {
		fwrite(text.data, 1, text.len, f);
		rc = pb_replace_commit(AT_FDCWD, f, buf, err);
	}
	pb_buf_fini(&text);
	return rc;
}

static int visit(const struct paths *p, const struct pb_path_arm *a, const char *dir, unsigned round,
		 struct pb_err *err)
{
	struct pb_session_opts session = p->o->session;
	char profile[PATH_MAX];
	const struct pb_visit v = {.session = &session,
				   .guest = a->guest,
				   .attach = a->attach[0] ? a->attach : NULL,
				   .dir = dir,
				   .depths = {p->depths[0], p->depths[1]},
				   .block = round + 1,
				   .phase = "path",
				   .window_ms = p->o->window_ms,
				   .extra = json_pack("{s:s}", "path_arm", a->name)};
	int rc = a->vcpus ? put_profile(p, a->vcpus, profile, err) : 0;

	if (rc < 0) {
		json_decref(v.extra);
		return rc;
	}
	if (a->vcpus)
		session.profile = profile;
	return pb_visit(&v, NULL, err);
}

/* A path that does not work here is a result; being stopped, and a disk that must not be touched, are not. */
static int go_on_without(struct paths *p, struct pb_path_arm *a, const struct pb_err *why)
{
	snprintf(a->failed, sizeof(a->failed), "%s", why->msg);
	pb_ui_line(p->o->session.ui, "%s: left out: %s", a->name, a->failed);
	return 0;
}

static unsigned working(const struct paths *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->n; i++)
		n += !p->arm[i].failed[0];
	return n;
}

/* Visits that an interrupted command made count as done, not as fast. */
static void show(struct paths *p, const struct pb_path_arm *a, unsigned round)
{
	unsigned done = 0;

	for (unsigned i = 0; i < p->n; i++)
		done += p->arm[i].failed[0] ? 0 : (unsigned)json_array_size(p->visits[i]);
	if (!p->work.start_ns)
		pb_ui_work_begin(&p->work, p->o->session.ui, done);
	pb_ui_work_show(&p->work, done, (double)p->o->rounds * working(p), "%s, round %u of %u", a->name,
			round + 1, p->o->rounds);
}

static int one(struct paths *p, unsigned round, unsigned k, struct pb_err *err)
{
	unsigned i = pb_paths_order(p->n, round, k);
	struct pb_path_arm *a = &p->arm[i];
	char name[64], dir[PATH_MAX];
	int rc;

	if (a->failed[0])
		return 0;
	snprintf(name, sizeof(name), "%u-%s", round + 1, a->name);
	snprintf(dir, sizeof(dir), "%s/%s/%s", p->o->dir, p->folder, name);
	if (!pb_rundir_complete(dir)) {
		pb_ui_line(p->o->session.ui, "%s, round %u of %u", a->name, round + 1, p->o->rounds);
		show(p, a, round);
		rc = visit(p, a, dir, round, err);
		if (rc < 0 && (pb_stop_asked() || err->status == PB_UNSAFE || round > 0))
			return rc;
		if (rc < 0) {
			struct pb_err why = *err;

			*err = (struct pb_err)PB_ERR_INIT;
			return go_on_without(p, a, &why);
		}
	}
	json_array_append_new(p->visits[i], json_string(name));
	return 0;
}

static json_t *arm_json(const struct paths *p, unsigned i)
{
	const struct pb_path_arm *a = &p->arm[i];
	json_t *j = json_pack("{s:s,s:s,s:O}", "name", a->name, "guest", a->guest, "visits", p->visits[i]);

	pb_json_set_str(j, "attach", a->attach[0] ? a->attach : NULL);
	pb_json_set_str(j, "failed", a->failed[0] ? a->failed : NULL);
	if (a->vcpus)
		json_object_set_new(j, "vcpus", json_integer(a->vcpus));
	return j;
}

static int write_json(const struct paths *p, struct pb_err *err)
{
	json_t *arms = json_array(), *j;
	struct pb_root at = {.fd = -1};
	char dir[PATH_MAX], file[32];
	int rc;

	for (unsigned i = 0; i < p->n; i++)
		json_array_append_new(arms, arm_json(p, i));
	j = json_pack("{s:i,s:i,s:[i,i],s:o}", "schema", 1, "rounds", (int)p->o->rounds, "depths",
		      (int)p->depths[0], (int)p->depths[1], "arms", arms);
	snprintf(dir, sizeof(dir), "%s/%s", p->o->dir, p->folder);
	snprintf(file, sizeof(file), "%s.json", p->folder);
	rc = pb_root_open(&at, dir, err);
	if (rc == 0)
		rc = pb_json_write(j, at.fd, file, err);
	pb_root_close(&at);
	json_decref(j);
	return rc;
}

static int visit_all(struct paths *p, struct pb_err *err)
{
	char dir[PATH_MAX];
	unsigned least = p->o->vcpus ? PB_VCPUS_LEAST : 2;
	int rc = 0;

	snprintf(dir, sizeof(dir), "%s/%s", p->o->dir, p->folder);
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return pb_fail(err, PB_MISSING, errno, "cannot make %s: %s", dir, strerror(errno));
	for (unsigned round = 0; round < p->o->rounds && rc == 0; round++)
		for (unsigned k = 0; k < p->n && rc == 0; k++)
			rc = one(p, round, k, err);
	pb_ui_clear(p->o->session.ui);
	if (rc < 0)
		return rc;
	if (working(p) < least)
		return pb_fail(err, PB_MISSING, ENODEV,
			       "fewer than %u %s work here (%s: %s): nothing to compare", least,
			       p->o->vcpus ? "numbers of vCPUs" : "paths", p->arm[p->n - 1].name,
			       p->arm[p->n - 1].failed);
	return write_json(p, err);
}

/* A depth below the number of jobs could not be held. */
static void take_depths(struct paths *p)
{
	unsigned jobs = pb_vcpus_jobs(p->profile, p->arm[p->n - 1].vcpus);

	for (unsigned i = 0; i < 2; i++)
		p->depths[i] = p->o->depths[i] > jobs ? p->o->depths[i] : jobs;
}

int pb_paths_run(const struct pb_paths_opts *o, struct pb_err *err)
{
	struct pb_profile profile = {0};
	struct paths *p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory");
	p->o = o;
	p->folder = o->vcpus ? "vcpus" : "paths";
	p->profile = &profile;
	rc = pb_profile_load(&profile, o->session.profile ? o->session.profile : "randread-4k", err);
	if (rc == 0 && o->vcpus)
		rc = pb_vcpus_arms(p->arm, o->vcpus, o->session.guest, o->session.attach, &profile, err);
	else if (rc == 0)
		rc = pb_paths_arms(p->arm, o->list, o->session.guest, &profile, err);
	if (rc >= 0) {
		p->n = (unsigned)rc;
		take_depths(p);
		for (unsigned i = 0; i < p->n; i++)
			p->visits[i] = json_array();
		rc = visit_all(p, err);
	}
	for (unsigned i = 0; i < p->n; i++)
		json_decref(p->visits[i]);
	pb_profile_fini(&profile);
	free(p);
	return rc;
}
