/*
 * Visits of guests with different numbers of vCPUs below a run directory, as `poc --vcpus` leaves them.
 */
#ifndef PB_TESTS_MKVCPUS_H
#define PB_TESTS_MKVCPUS_H

#include "engine/lib/json.h"
#include "tests/unit/ruletest.h"

#define MKV_DEPTH 16
#define MKV_VISITS 3

struct mkv {
	struct tmpdir t;
	char dir[150];
	json_t *arms;
};

/* A run at `name` below the temporary directory with the model's curve; patch as in mkrun.h, or NULL. */
static inline void mkv_run(struct mkv *w, const char *name, const char *patch)
{
	struct mk_run m;

	snprintf(w->dir, sizeof(w->dir), "%s/%s", w->t.path, name);
	mk_default(&m);
	m.patch = patch;
	assert_int_equal(mk_write(&m, w->dir), 0);
	w->arms = json_array();
}

/* Visits with so many vCPUs whose throughput at MKV_DEPTH is iops, each a little different. */
static inline void mkv_visits(struct mkv *w, int vcpus, double iops)
{
	json_t *names = json_array();
	char at[220], name[40], patch[80];

	snprintf(patch, sizeof(patch), "{\"guest\": {\"vcpus\": %d}}", vcpus);
	for (int i = 0; i < MKV_VISITS; i++) {
		struct mk_run m;

		mk_default(&m);
		m.patch = patch;
		for (int k = 0; k < m.steps; k++)
			m.step[k].iops = iops * (1 + 0.002 * (i - 1));
		snprintf(name, sizeof(name), "%d-vcpus-%d", i + 1, vcpus);
		snprintf(at, sizeof(at), "%s/vcpus/%s", w->dir, name);
		assert_int_equal(mk_write(&m, at), 0);
		json_array_append_new(names, json_string(name));
	}
	snprintf(name, sizeof(name), "vcpus-%d", vcpus);
	json_array_append_new(w->arms, json_pack("{s:s,s:i,s:o,s:n}", "name", name, "vcpus", vcpus, "visits",
						 names, "failed"));
}

/* vcpus.json; takes the arms. */
static inline void mkv_end(struct mkv *w)
{
	json_t *j = json_pack("{s:i,s:i,s:[i,i],s:o}", "schema", 1, "rounds", MKV_VISITS, "depths", MKV_DEPTH,
			      MKV_DEPTH, "arms", w->arms);
	int fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(fd >= 0);
	mkdirat(fd, "vcpus", 0755);
	assert_int_equal(pb_json_write(j, fd, "vcpus/vcpus.json", NULL), 0);
	close(fd);
	json_decref(j);
	w->arms = NULL;
}

static inline int mkv_look(const char *dir, struct pb_findings *fs, struct pb_err *err)
{
	struct pb_run *run = NULL;
	int rc = pb_run_open(&run, dir, err);

	*fs = (struct pb_findings){0};
	if (rc == 0)
		rc = pb_analyze(run, fs, err);
	pb_run_close(run);
	return rc;
}

/* The finding of `rule` on that directory; fs is the caller's. */
static inline struct pb_finding *mkv_find(const char *dir, const char *rule, struct pb_findings *fs)
{
	struct pb_err err = PB_ERR_INIT;

	if (mkv_look(dir, fs, &err) < 0)
		fail_msg("%s", err.msg);
	return rt_find(fs, rule);
}

#endif
