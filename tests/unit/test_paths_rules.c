/* What is concluded from visits of several paths, from directories whose truth is known. */
#include <math.h>

#include "engine/lib/json.h"
#include "tests/unit/ruletest.h"

#define VISITS 5
#define DEPTH "16"

/* Visits of one arm: the example's curve times `speed`, each a little different; `extra` is other host CPU.
 */
static void visits(const char *dir, const char *arm, const char *path, double speed, double extra)
{
	for (int i = 0; i < VISITS; i++) {
		struct mk_run m;
		char at[200];

		mk_default(&m);
		m.path = path;
		for (int k = 0; k < m.steps; k++)
			m.step[k].iops *= speed * (1 + 0.004 * i);
		m.busy[3] += extra;
		snprintf(at, sizeof(at), "%s/paths/%d-%s", dir, i + 1, arm);
		assert_int_equal(mk_write(&m, at), 0);
	}
}

static json_t *arm(const char *name, const char *attach, int n)
{
	json_t *j = json_pack("{s:s,s:s,s:s?,s:[],s:n}", "name", name, "guest", "launch", "attach", attach,
			      "visits", "failed");
	char visit[64];

	for (int i = 0; i < n; i++) {
		snprintf(visit, sizeof(visit), "%d-%s", i + 1, name);
		json_array_append_new(json_object_get(j, "visits"), json_string(visit));
	}
	return j;
}

struct world {
	struct tmpdir t;
	char dir[150];
	json_t *arms;
};

static void begin(struct world *w)
{
	struct mk_run m;

	tmpdir_make(&w->t);
	snprintf(w->dir, sizeof(w->dir), "%s/run", w->t.path);
	mk_default(&m);
	assert_int_equal(mk_write(&m, w->dir), 0);
	w->arms = json_array();
}

static void put_json(struct world *w)
{
	json_t *j = json_pack("{s:i,s:i,s:[i,i],s:O}", "schema", 1, "rounds", VISITS, "depths", 1, 16, "arms",
			      w->arms);

	assert_int_equal(pb_json_write(j, w->t.fd, "run/paths/paths.json", NULL), 0);
	json_decref(j);
}

static int look(struct world *w, struct pb_findings *fs, struct pb_err *err)
{
	struct pb_run *run = NULL;
	int rc = pb_run_open(&run, w->dir, err);

	*fs = (struct pb_findings){0};
	if (rc == 0)
		rc = pb_analyze(run, fs, err);
	pb_run_close(run);
	return rc;
}

static void end(struct world *w, struct pb_findings *fs)
{
	pb_findings_fini(fs);
	json_decref(w->arms);
	tmpdir_remove(&w->t);
}

static void three_paths(struct world *w, double vfio, double virtio, double vfio_cpu)
{
	begin(w);
	visits(w->dir, "bare-metal", "local", 1, 0);
	visits(w->dir, "vfio", "vfio", vfio, vfio_cpu);
	visits(w->dir, "virtio-blk-none-native", "virtio-blk", virtio, 0);
	json_array_append_new(w->arms, arm("bare-metal", NULL, VISITS));
	json_array_append_new(w->arms, arm("vfio", "vfio", VISITS));
	json_array_append_new(w->arms,
			      arm("virtio-blk-none-native", "virtio-blk,cache=none,aio=native", VISITS));
	put_json(w);
}

static void the_faster_path_is_named_with_its_ratio(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct pb_finding *f;
	const json_t *cell;
	struct world w;

	(void)state;
	three_paths(&w, 0.95, 0.5, 0);
	if (look(&w, &fs, &err) < 0)
		fail_msg("%s", err.msg);
	f = rt_find(&fs, "path-choice");
	assert_non_null(f);
	assert_non_null(strstr(f->title, "Attach with VFIO: 1.90 times"));
	cell = json_object_get(
		json_array_get(
			json_object_get(json_array_get(json_object_get(f->params, "arms"), 1), "depths"), 1),
		"iops");
	assert_true(fabs(pb_json_num(cell, "ratio", NAN) - 0.95) < 0.001);
	assert_true(pb_json_num(cell, "lo", NAN) < 0.95 && pb_json_num(cell, "hi", NAN) > 0.95);
	end(&w, &fs);
}

static void few_visits_are_said_to_be_few(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct world w;

	(void)state;
	begin(&w);
	visits(w.dir, "bare-metal", "local", 1, 0);
	visits(w.dir, "vfio", "vfio", .9, 0);
	json_array_append_new(w.arms, arm("bare-metal", NULL, VISITS));
	json_array_append_new(w.arms, arm("vfio", "vfio", 3));
	put_json(&w);
	assert_int_equal(look(&w, &fs, &err), 0);
	assert_int_equal(rt_find(&fs, "R-M2")->severity, PB_SEV_WARNING);
	assert_int_equal(rt_find(&fs, "R-M2")->n_evidence, 2);
	end(&w, &fs);
	three_paths(&w, 0.95, 0.5, 0);
	assert_int_equal(look(&w, &fs, &err), 0);
	assert_int_equal(rt_find(&fs, "R-M2")->severity, PB_SEV_INFO); /* five visits a path */
	end(&w, &fs);
}

static void equal_paths_are_not_told_apart(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct world w;

	(void)state;
	three_paths(&w, 0.95, 0.96, 0);
	assert_int_equal(look(&w, &fs, &err), 0);
	assert_non_null(strstr(rt_find(&fs, "path-choice")->title, "cannot be told apart"));
	end(&w, &fs);
}

static void host_cpu_beyond_bare_metal_is_counted(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct world w;

	(void)state;
	three_paths(&w, 1, 0.5, 0);
	assert_int_equal(look(&w, &fs, &err), 0);
	assert_int_equal(rt_find(&fs, "path-cpu")->severity, PB_SEV_INFO);
	end(&w, &fs);
}

static struct pb_finding *band(struct world *w, struct pb_findings *fs)
{
	struct pb_err err = PB_ERR_INIT;

	if (look(w, fs, &err) < 0)
		fail_msg("%s", err.msg);
	return rt_find(fs, "path-band");
}

/* Like three_paths on a machine that is not the lab, at depths 1 and `deep`; vfio adds us to p50 at depth 1.
 */
static void real_paths(struct world *w, double vfio, double us, int deep, const char *iommu)
{
	json_t *j;
	struct mk_run m;

	tmpdir_make(&w->t);
	snprintf(w->dir, sizeof(w->dir), "%s/run", w->t.path);
	mk_default(&m);
	m.lab = false;
	m.put[0].file = iommu ? "host/iommu.csv" : NULL;
	m.put[0].text = iommu;
	assert_int_equal(mk_write(&m, w->dir), 0);
	w->arms = json_array();
	for (int arms = 0; arms < 2; arms++)
		for (int i = 0; i < VISITS; i++) {
			char at[200], text[600];

			mk_default(&m);
			m.lab = false;
			m.path = arms ? "vfio" : "local";
			snprintf(text, sizeof(text),
				 "t_ns,t_end_ns,phase,depth,iops,lat_p50_ns,lat_p99_ns,valid\n"
				 "%lld,%lld,path,1,10000,%.0f,200000,1\n%lld,%lld,path,%d,%.0f,3e5,1e6,1\n",
				 (long long)mk_start(0), (long long)(mk_start(0) + MK_WINDOW),
				 80000 + (arms ? 1e3 * us : 0), (long long)mk_start(5),
				 (long long)(mk_start(5) + MK_WINDOW), deep,
				 1e5 * (arms ? vfio : 1) * (1 + .001 * i));
			m.put[0].file = "steps.csv";
			m.put[0].text = text;
			snprintf(at, sizeof(at), "%s/paths/%d-%s", w->dir, i + 1,
				 arms ? "vfio" : "bare-metal");
			assert_int_equal(mk_write(&m, at), 0);
		}
	json_array_append_new(w->arms, arm("bare-metal", NULL, VISITS));
	json_array_append_new(w->arms, arm("vfio", "vfio", VISITS));
	j = json_pack("{s:i,s:i,s:[i,i],s:O}", "schema", 1, "rounds", VISITS, "depths", 1, deep, "arms",
		      w->arms);
	assert_int_equal(pb_json_write(j, w->t.fd, "run/paths/paths.json", NULL), 0);
	json_decref(j);
}

static void vfio_that_stays_behind(void **state)
{
	struct pb_findings fs;
	struct world w;

	(void)state;
	real_paths(&w, .8, 3, 32, NULL);
	assert_int_equal(band(&w, &fs)->severity, PB_SEV_ADVICE);
	end(&w, &fs);
	real_paths(&w, .99, 40, 32, NULL);
	assert_int_equal(band(&w, &fs)->severity, PB_SEV_ADVICE);
	end(&w, &fs);
}

static void vfio_within_the_band(void **state)
{
	struct pb_findings fs;
	struct world w;

	(void)state;
	real_paths(&w, .97, 4, 32, NULL);
	assert_int_equal(band(&w, &fs)->severity, PB_SEV_INFO);
	end(&w, &fs);
}

/* 5 us with posted interrupts, 15 without; at depth 16 throughput is not judged. */
static void the_bands_edges(void **state)
{
	static const char on[] =
		"t_ns,scope,item,of_disk,value,text\n5000000000000,host,posted_enabled,,1,on\n";
	struct pb_findings fs;
	struct world w;

	(void)state;
	real_paths(&w, .99, 15, 32, NULL);
	assert_int_equal(band(&w, &fs)->severity, PB_SEV_INFO);
	end(&w, &fs);
	real_paths(&w, .99, 15.1, 32, NULL);
	assert_int_equal(band(&w, &fs)->severity, PB_SEV_ADVICE);
	end(&w, &fs);
	real_paths(&w, .99, 5.1, 32, on);
	assert_int_equal(band(&w, &fs)->severity, PB_SEV_ADVICE);
	end(&w, &fs);
	real_paths(&w, .5, 4, 31, on);
	assert_int_equal(band(&w, &fs)->severity, PB_SEV_INFO);
	assert_true(rt_list_has(&rt_find(&fs, "path-band")->missing, "depth 32"));
	end(&w, &fs);
}

static void a_visit_that_was_edited_stops_the_analysis(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct world w;

	(void)state;
	three_paths(&w, 1, 0.5, 0);
	tmpdir_write(&w.t, "run/paths/2-vfio/steps.csv", "t_ns,depth\n1,1\n");
	assert_true(look(&w, &fs, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	end(&w, &fs);
}

static void a_visit_elsewhere_is_refused(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct world w;
	json_t *a;

	(void)state;
	begin(&w);
	visits(w.dir, "bare-metal", "local", 1, 0);
	a = arm("bare-metal", NULL, 1);
	json_array_append_new(json_object_get(a, "visits"), json_string("../../etc"));
	json_array_append_new(w.arms, a);
	put_json(&w);
	assert_true(look(&w, &fs, &err) < 0);
	assert_non_null(strstr(err.msg, "no folder's name"));
	end(&w, &fs);
}

static void without_a_comparison_nothing_is_said(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs;
	struct world w;

	(void)state;
	begin(&w);
	assert_int_equal(look(&w, &fs, &err), 0);
	assert_null(rt_find(&fs, "path-choice"));
	assert_null(rt_find(&fs, "path-cpu"));
	end(&w, &fs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_faster_path_is_named_with_its_ratio),
		cmocka_unit_test(few_visits_are_said_to_be_few),
		cmocka_unit_test(equal_paths_are_not_told_apart),
		cmocka_unit_test(host_cpu_beyond_bare_metal_is_counted),
		cmocka_unit_test(vfio_that_stays_behind),
		cmocka_unit_test(vfio_within_the_band),
		cmocka_unit_test(the_bands_edges),
		cmocka_unit_test(a_visit_that_was_edited_stops_the_analysis),
		cmocka_unit_test(a_visit_elsewhere_is_refused),
		cmocka_unit_test(without_a_comparison_nothing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
