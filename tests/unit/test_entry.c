/*
 * engine/history/entry: what makes runs comparable, and what is environment.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/history/entry.h"
#include "engine/lib/json.h"
#include "engine/lib/rundir_files.h"
#include "tests/unit/mkrun.h"
#include "tests/unit/tmpdir.h"

struct made {
	struct tmpdir dir;
	struct mk_run m;
	char path[128];
	int n;
};

static int setup(void **state)
{
	static struct made k;

	k.n = 0;
	tmpdir_make(&k.dir);
	mk_default(&k.m);
	*state = &k;
	return 0;
}

static int teardown(void **state)
{
	struct made *k = *state;

	tmpdir_remove(&k->dir);
	return 0;
}

/* Writes the run as it is described now, in a directory of its own. */
static void write_run(struct made *k)
{
	snprintf(k->path, sizeof(k->path), "%s/run%d", k->dir.path, k->n++);
	assert_int_equal(mk_write(&k->m, k->path), 0);
}

static void read_run(struct made *k, struct pb_entry *e)
{
	struct pb_err err = PB_ERR_INIT;

	write_run(k);
	if (pb_entry_read(e, k->path, &err) < 0)
		fail_msg("%s", err.msg);
}

static void refuse_run(struct made *k, enum pb_status status, const char *why)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_entry e;

	write_run(k);
	assert_true(pb_entry_read(&e, k->path, &err) < 0);
	assert_int_equal(err.status, status);
	if (!strstr(err.msg, why))
		fail_msg("%s", err.msg);
}

static void a_run(void **state)
{
	struct made *k = *state;
	struct pb_entry e;

	read_run(k, &e);
	assert_int_equal(strlen(e.manifest), 64);
	assert_string_equal(e.started_utc, "2026-11-23T10:00:00Z");
	assert_string_equal(e.name, "PBLAB0001 randread-4k vfio");
	assert_true(e.dir[0] == '/');
	assert_non_null(strstr(e.identity, "\"disk serial\":\"PBLAB0001\""));
	assert_non_null(strstr(e.environment, "\"host kernel\":\"6.12.0-lab\""));
	assert_null(strstr(e.identity, "kernel"));
	assert_null(strstr(e.environment, "serial"));
	assert_true(pb_metrics_find(&e.metrics, "iops@16")->value > 0);
	pb_entry_fini(&e);
	pb_entry_fini(&e);
}

/* Does the patch make another identity? Another environment? */
static void compare(struct made *k, const char *patch, bool other_identity, bool other_environment)
{
	struct pb_entry a, b;

	k->m.patch = NULL;
	read_run(k, &a);
	k->m.patch = patch;
	read_run(k, &b);
	if ((strcmp(a.identity, b.identity) != 0) != other_identity ||
	    (strcmp(a.environment, b.environment) != 0) != other_environment)
		fail_msg("%s", patch);
	assert_string_not_equal(a.manifest, b.manifest);
	pb_entry_fini(&a);
	pb_entry_fini(&b);
}

static void what_is_chosen_makes_a_series(void **state)
{
	struct made *k = *state;

	compare(k, "{\"disk\": {\"serial\": \"OTHER\"}}", true, false);
	compare(k, "{\"profile\": {\"name\": \"other\"}}", true, false);
	compare(k, "{\"disk\": {\"attach\": \"virtio-blk,cache=none\"}}", true, false);
	compare(k, "{\"guest\": {\"vcpus\": 4}}", true, false);
	compare(k, "{\"run_options\": {\"backend\": \"libaio\"}}", true, false);
	compare(k, "{\"steady\": {\"mode\": \"quick\", \"precondition\": {\"passes\": 2}}}", true, false);
	compare(k, "{\"host\": {\"cpu_model\": \"another host\"}}", true, false);
}

static void what_happens_is_environment(void **state)
{
	struct made *k = *state;

	compare(k, "{\"host\": {\"kernel\": \"6.13\"}}", false, true);
	compare(k, "{\"disk\": {\"firmware\": \"2\"}}", false, true);
	compare(k, "{\"guest\": {\"kernel\": \"6.13\"}}", false, true);
	compare(k, "{\"host\": {\"governor\": \"powersave\"}}", false, true);
	compare(k, "{\"started_utc\": \"2026-11-24T10:00:00Z\"}", false, false);
}

/* Another profile.fio under a right hash. */
static void replace_job(const char *path, const char *text)
{
	struct tmpdir d = {.fd = open(path, O_RDONLY | O_DIRECTORY)};
	json_t *manifest = NULL;
	char hex[PB_RUNDIR_HEX];

	tmpdir_write(&d, "profile.fio", text);
	assert_int_equal(pb_rundir_hash(d.fd, "profile.fio", hex), 0);
	assert_int_equal(pb_json_read(&manifest, d.fd, "manifest.json", NULL), 0);
	pb_json_set_str(json_object_get(manifest, "files"), "profile.fio", hex);
	assert_int_equal(pb_json_write(manifest, d.fd, "manifest.json", NULL), 0);
	json_decref(manifest);
	close(d.fd);
}

/* The same job up to other depths; another block size is another job. */
static void depths_make_no_series(void **state)
{
	static const char *const job[] = {"; a\n[j]\nbs=4k\niodepth=64\n", "; b\n[j]\nbs=4k\niodepth=256\n",
					  "[j]\nbs=8k\niodepth=64\n"};
	struct made *k = *state;
	struct pb_entry e[3];

	for (int i = 0; i < 3; i++) {
		write_run(k);
		replace_job(k->path, job[i]);
		assert_int_equal(pb_entry_read(&e[i], k->path, NULL), 0);
	}
	assert_string_equal(e[0].identity, e[1].identity);
	assert_string_equal(e[0].environment, e[1].environment);
	assert_string_not_equal(e[0].identity, e[2].identity);
	for (int i = 0; i < 3; i++)
		pb_entry_fini(&e[i]);
}

static void no_number_no_entry(void **state)
{
	struct made *k = *state;

	for (int i = 0; i < k->m.steps; i++)
		k->m.step[i].reason = "depth-not-held";
	refuse_run(k, PB_INVALID, "no window of the run is valid");
}

static void impossible_numbers(void **state)
{
	struct made *k = *state;

	k->m.put[0].file = "steps.csv";
	k->m.put[0].text = "t_ns,t_end_ns,guest,phase,block,depth,completed,iops,valid,reason\n"
			   "1,2,g,sweep,0,4,1,1e308,1,\n";
	refuse_run(k, PB_USAGE, "nothing can have measured");
}

static void no_time_no_place(void **state)
{
	struct made *k = *state;

	k->m.patch = "{\"started_utc\": \"yesterday\"}";
	refuse_run(k, PB_USAGE, "started_utc");
}

static void hostile_names_are_plain(void **state)
{
	struct made *k = *state;
	struct pb_entry e;

	k->m.patch = "{\"disk\": {\"serial\": \"\\u001b[2J\\nx\\u202e<script>\", \"model\": \"'; DROP TABLE "
		     "run;\"}}";
	read_run(k, &e);
	assert_null(strchr(e.name, 0x1b));
	assert_null(strchr(e.name, '\n'));
	assert_null(strstr(e.name, "\xe2\x80\xae"));
	assert_null(strchr(e.identity, 0x1b));
	assert_null(strstr(e.identity, "\xe2\x80\xae"));
	pb_entry_fini(&e);
}

/* As an imported recording is. */
static void nameless_disks(void **state)
{
	struct made *k = *state;
	struct pb_entry e;

	k->m.patch =
		"{\"disk\": {\"serial\": null, \"model\": null, \"path\": \"recorded\", \"attach\": null},"
		" \"profile\": {\"name\": null}, \"origin\": {\"tool\": \"esxtop\"}}";
	read_run(k, &e);
	assert_string_equal(e.name, "esxtop recorded");
	assert_non_null(strstr(e.identity, "\"measured with\":\"esxtop\""));
	pb_entry_fini(&e);
}

/* The manifest of a run without a guest has the attachment that a guest would have had. */
static void a_path_that_nobody_asked_for(void **state)
{
	struct made *k = *state;
	struct pb_entry e;

	k->m.patch = "{\"disk\": {\"serial\": \"\", \"path\": \"local\", \"attach\": \"vfio\"}}";
	read_run(k, &e);
	assert_string_equal(e.name, "QEMU NVMe Ctrl randread-4k local");
	pb_entry_fini(&e);
	k->m.patch = "{\"disk\": {\"path\": \"virtio-blk\", \"attach\": \"virtio-blk,cache=none\"}}";
	read_run(k, &e);
	assert_string_equal(e.name, "PBLAB0001 randread-4k virtio-blk,cache=none");
	pb_entry_fini(&e);
}

static void damaged_run(void **state)
{
	struct made *k = *state;
	struct pb_err err = PB_ERR_INIT;
	struct pb_entry e;
	char file[192];
	FILE *f;

	write_run(k);
	snprintf(file, sizeof(file), "%s/steps.csv", k->path);
	f = fopen(file, "a");
	fputs("\n", f);
	fclose(f);
	assert_true(pb_entry_read(&e, k->path, &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	assert_true(pb_entry_read(&e, "/nowhere", NULL) < 0);
}

static void times(void **state)
{
	(void)state;
	assert_true(pb_entry_is_utc("2026-11-23T10:00:00Z"));
	assert_false(pb_entry_is_utc("2026-11-23T10:00:00"));
	assert_false(pb_entry_is_utc("2026-11-23T10:00:00Z "));
	assert_false(pb_entry_is_utc("2026-11-23 10:00:00Z"));
	assert_false(pb_entry_is_utc(""));
}

#define WITH_RUN(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_RUN(a_run),
		WITH_RUN(what_is_chosen_makes_a_series),
		WITH_RUN(what_happens_is_environment),
		WITH_RUN(depths_make_no_series),
		WITH_RUN(no_number_no_entry),
		WITH_RUN(impossible_numbers),
		WITH_RUN(no_time_no_place),
		WITH_RUN(hostile_names_are_plain),
		WITH_RUN(nameless_disks),
		WITH_RUN(a_path_that_nobody_asked_for),
		WITH_RUN(damaged_run),
		cmocka_unit_test(times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
