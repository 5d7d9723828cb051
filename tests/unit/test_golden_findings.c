/*
 * Whole findings of small runs against tests/golden/NAME.json, so that a
 * change of wording, order or numbers is seen in a review. PB_REFRESH=1 writes
 * the files anew. Also that the committed example is what mkrun.h makes, and that runs recorded in the lab
 * (tests/fixtures/lab-host: `make score` of three scenarios, without findings and logs) still lead to what
 * was planted there.
 */
#include "engine/lib/json.h"
#include "tests/unit/ruletest.h"

#define GOLDEN "tests/golden"
#define EXAMPLE "tests/fixtures/run-vfio"
#define RECORDED "tests/fixtures/lab-host/"

/* The first line that differs. */
static void compare(const char *file, const char *want, const char *got)
{
	size_t n = 0;

	while (want[n] && want[n] == got[n])
		n++;
	if (want[n] == got[n])
		return;
	while (n > 0 && want[n - 1] != '\n')
		n--;
	fail_msg(GOLDEN "/%s: expected %.*s, got %.*s (PB_REFRESH=1 accepts)", file,
		 (int)strcspn(want + n, "\n"), want + n, (int)strcspn(got + n, "\n"), got + n);
}

static void check(const char *name, const char *path)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs = {0};
	struct tmpdir t, golden = {.path = GOLDEN};
	char file[128], *want;
	struct pb_run *run;
	json_t *got;

	golden.fd = open(GOLDEN, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(golden.fd >= 0); /* tests run from the top of the source tree */
	snprintf(file, sizeof(file), "%s.json", name);
	if (pb_run_open(&run, path, &err) < 0 || pb_analyze(run, &fs, &err) < 0)
		fail_msg("%s: %s", name, err.msg);
	got = pb_findings_to_json(&fs);
	if (getenv("PB_REFRESH"))
		assert_int_equal(pb_json_write(got, golden.fd, file, &err), 0);
	tmpdir_make(&t);
	assert_int_equal(pb_json_write(got, t.fd, file, &err), 0);
	want = strdup(tmpdir_read(&golden, file));
	compare(file, want, tmpdir_read(&t, file));
	free(want);
	json_decref(got);
	pb_findings_fini(&fs);
	pb_run_close(run);
	tmpdir_remove(&t);
	close(golden.fd);
}

static void check_made(const char *name, const struct mk_run *m)
{
	struct tmpdir t;
	char path[128];

	tmpdir_make(&t);
	snprintf(path, sizeof(path), "%s/run", t.path);
	assert_int_equal(mk_write(m, path), 0);
	check(name, path);
	tmpdir_remove(&t);
}

static void example(void **state)
{
	(void)state;
	check("run-vfio", EXAMPLE);
}

/* The manifest lists the hash of every file, so equal manifests mean equal directories. */
static void example_is_what_the_generator_makes(void **state)
{
	struct pb_err err = PB_ERR_INIT;
	json_t *made = NULL, *kept = NULL;
	struct mk_run m;
	struct tmpdir t;
	char path[128];

	(void)state;
	mk_default(&m);
	tmpdir_make(&t);
	snprintf(path, sizeof(path), "%s/run", t.path);
	assert_int_equal(mk_write(&m, path), 0);
	assert_int_equal(pb_json_read(&made, t.fd, "run/manifest.json", &err), 0);
	assert_int_equal(pb_json_read(&kept, AT_FDCWD, EXAMPLE "/manifest.json", &err), 0);
	/* hwloc writes its version and the program's name into the export; the tool's version changes with
	 * releases. */
	json_object_del(json_object_get(made, "files"), "topology.xml");
	json_object_del(json_object_get(kept, "files"), "topology.xml");
	json_object_del(made, "passbench");
	json_object_del(kept, "passbench");
	assert_true(json_equal(made, kept));
	json_decref(made);
	json_decref(kept);
	tmpdir_remove(&t);
}

static void posted_interrupts(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.lab = false;
	m.host_ratio = 0;
	m.aer0 = m.aer1 = 0;
	check_made("vfio-posted", &m);
}

static void everything_wrong(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.steps = 5; /* still rising */
	m.step[2].failed = 3;
	m.step[2].reason = "failed-io";
	m.irqbalance = true;
	m.vcpu_wait = .16;
	m.mmio_per_io = .8;
	m.irq_per_io = 1.7;
	m.aer0 = 1;
	m.aer1 = 90;
	m.clock_bound_ns = 3e8;
	m.fio_ratio = 1.2;
	m.sampler_cpu_share = .05;
	check_made("vfio-everything-wrong", &m);
}

static void virtio_writethrough_for_a_database(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.path = "virtio-blk";
	m.managed = 1;
	m.cache = "writethrough";
	m.aio = "threads";
	m.host_write_cache = m.guest_write_cache = "write through";
	m.rw = "randwrite";
	m.writes = true;
	m.durability = "flush";
	m.slo_ns = 3e6;
	check_made("virtio-writethrough", &m);
}

static void bare_metal(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.path = "local";
	m.managed = 1;
	check_made("local", &m);
}

/* Loud findings of a recorded run, in their order: "R-I2", "R-C2 R-V2"; "" on a healthy machine. */
static void check_recorded(const char *scenario, const char *loud)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_findings fs = {0};
	struct pb_run *run;
	char path[128], name[64], got[200] = "";

	snprintf(path, sizeof(path), RECORDED "%s", scenario);
	snprintf(name, sizeof(name), "lab-%s", scenario);
	if (pb_run_open(&run, path, &err) < 0 || pb_analyze(run, &fs, &err) < 0)
		fail_msg("%s: %s", scenario, err.msg);
	for (size_t i = 0; i < fs.n; i++)
		if (fs.v[i]->severity >= PB_SEV_ADVICE)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", got[0] ? " " : "",
				 fs.v[i]->rule);
	assert_string_equal(got, loud);
	pb_findings_fini(&fs);
	pb_run_close(run);
	check(name, path);
}

static void vectors_on_a_vcpus_cpu(void **state)
{
	(void)state;
	check_recorded("vectors-on-vcpu", "R-I2");
}

static void writethrough_under_a_database(void **state)
{
	(void)state;
	check_recorded("writethrough", "R-C2");
}

static void a_healthy_machine(void **state)
{
	(void)state;
	check_recorded("healthy-vfio", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example),
		cmocka_unit_test(example_is_what_the_generator_makes),
		cmocka_unit_test(posted_interrupts),
		cmocka_unit_test(everything_wrong),
		cmocka_unit_test(virtio_writethrough_for_a_database),
		cmocka_unit_test(bare_metal),
		cmocka_unit_test(vectors_on_a_vcpus_cpu),
		cmocka_unit_test(writethrough_under_a_database),
		cmocka_unit_test(a_healthy_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
