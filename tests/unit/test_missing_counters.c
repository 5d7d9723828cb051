/*
 * Every CSV and every column of a rich run directory taken away, one at a time: no rule invents anything, and
 * one that falls silent is spoken for by a `missing` line that names the file.
 */
#include "engine/lib/json.h"
#include "engine/lib/rundir_files.h"
#include "tests/unit/ruletest.h"

struct place {
	struct tmpdir t;
	char path[128];
	struct pb_findings whole;
	unsigned bad;
};

/* A column that a rule is entitled to speak louder without (docs/rules.md says so of each). */
static bool may_speak(const char *file, const char *column, const char *rule)
{
	static const char *const known[][3] = {
		/* "The column missing is a warning"; a step is known by these. */
		{"steps.csv", "failed", "valid-failed-io"},   {"steps.csv", "t_ns", "valid-failed-io"},
		{"steps.csv", "t_end_ns", "valid-failed-io"}, {"steps.csv", "phase", "valid-failed-io"},
		{"steps.csv", "depth", "valid-failed-io"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(file, known[i][0]) && (!column || !strcmp(column, known[i][1])) &&
		    !strcmp(rule, known[i][2]))
			return true;
	return false;
}

static bool says_missing(const struct pb_findings *fs, const char *file)
{
	for (size_t i = 0; i < fs->n; i++)
		if (rt_list_has(&fs->v[i]->missing, file))
			return true;
	return false;
}

static void compare(struct place *p, const struct pb_findings *fs, const char *file, const char *column)
{
	const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;

	for (size_t i = 0; i < fs->n; i++) {
		const char *rule = fs->v[i]->rule;

		if (fs->v[i]->severity < PB_SEV_ADVICE || rt_loud(&p->whole, rule) ||
		    may_speak(file, column, rule))
			continue;
		print_error("%s without %s: %s is invented: %s\n", file, column ? column : "itself", rule,
			    fs->v[i]->title);
		p->bad++;
	}
	for (size_t i = 0; i < p->whole.n; i++) {
		const char *rule = p->whole.v[i]->rule;

		if (p->whole.v[i]->severity < PB_SEV_ADVICE || rt_loud(fs, rule) || says_missing(fs, base))
			continue;
		print_error("%s without %s: %s falls silent and nothing names the file\n", file,
			    column ? column : "itself", rule);
		p->bad++;
	}
}

static void read_findings(const struct place *p, struct pb_findings *fs, const char *file, const char *column)
{
	struct pb_err err = PB_ERR_INIT;
	struct pb_run *run = NULL;

	*fs = (struct pb_findings){0};
	if (pb_run_open(&run, p->path, &err) < 0 || pb_analyze(run, fs, &err) < 0)
		fail_msg("%s without %s: %s", file, column, err.msg);
	pb_run_close(run);
}

/* The hash of the one file that changed, or none when it is gone; not pb_rundir_seal, which syncs every time.
 */
static void seal(const struct place *p, const char *file)
{
	int fd = openat(p->t.fd, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char hex[PB_RUNDIR_HEX], *text;
	json_t *j = NULL;

	assert_int_equal(pb_json_read(&j, p->t.fd, "run/manifest.json", NULL), 0);
	if (pb_rundir_hash(fd, file, hex) == 0)
		pb_json_set_str(json_object_get(j, "files"), file, hex);
	else
		json_object_del(json_object_get(j, "files"), file);
	text = json_dumps(j, 0);
	tmpdir_write(&p->t, "run/manifest.json", text);
	free(text);
	json_decref(j);
	close(fd);
}

/* The table without one column. */
static void write_without(const struct place *p, const struct pb_table *t, const char *file, size_t without)
{
	char name[300];
	FILE *f;
	struct pb_csv c;

	snprintf(name, sizeof(name), "%s/%s", p->path, file);
	f = fopen(name, "w");
	assert_non_null(f);
	c = (struct pb_csv){.f = f};
	for (size_t row = 0; row <= pb_table_rows(t); row++) {
		for (size_t col = 0; col < pb_table_cols(t); col++)
			if (col != without)
				pb_csv_str(&c,
					   row ? pb_table_str(t, row - 1, (int)col) : pb_table_name(t, col));
		pb_csv_end(&c);
	}
	fclose(f);
}

static void try_file(struct place *p, const char *file)
{
	struct pb_table *t = NULL;
	struct pb_findings fs;
	char name[300], away[300];

	snprintf(name, sizeof(name), "%s/%s", p->path, file);
	snprintf(away, sizeof(away), "%s/kept", p->t.path);
	assert_int_equal(pb_table_read(&t, AT_FDCWD, name, NULL), 0);
	assert_int_equal(rename(name, away), 0);
	seal(p, file);
	read_findings(p, &fs, file, "itself");
	compare(p, &fs, file, NULL);
	pb_findings_fini(&fs);
	for (size_t col = 0; pb_table_cols(t) > 1 && col < pb_table_cols(t); col++) {
		write_without(p, t, file, col);
		seal(p, file);
		read_findings(p, &fs, file, pb_table_name(t, col));
		compare(p, &fs, file, pb_table_name(t, col));
		pb_findings_fini(&fs);
	}
	pb_table_free(t);
	assert_int_equal(rename(away, name), 0);
	seal(p, file);
}

static void try_all(const struct mk_run *m)
{
	struct place p = {0};
	json_t *j = NULL, *hash;
	const char *file;

	tmpdir_make(&p.t);
	snprintf(p.path, sizeof(p.path), "%s/run", p.t.path);
	assert_int_equal(mk_write(m, p.path), 0);
	read_findings(&p, &p.whole, "the whole", "nothing");
	assert_int_equal(pb_json_read(&j, p.t.fd, "run/manifest.json", NULL), 0);
	json_object_foreach(json_object_get(j, "files"), file, hash)
	{
		if (strstr(file, ".csv"))
			try_file(&p, file);
	}
	json_decref(j);
	pb_findings_fini(&p.whole);
	tmpdir_remove(&p.t);
	assert_int_equal(p.bad, 0);
}

static void everything_wrong(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.device_share = 1;
	m.steps = 5;
	m.irqbalance = true;
	m.vcpu_wait = .03;
	m.mmio_per_io = .8;
	m.aer0 = 1;
	m.aer1 = 90;
	m.clock_bound_ns = 3e8;
	m.sampler_cpu_share = .05;
	try_all(&m);
}

static void nothing_wrong(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.device_share = 1;
	m.lab = false;
	m.host_ratio = 0;
	m.aer0 = m.aer1 = 0;
	try_all(&m);
}

static void virtio_writethrough(void **state)
{
	struct mk_run m;

	(void)state;
	mk_default(&m);
	m.device_share = 1;
	m.path = "virtio-blk";
	m.managed = 1;
	m.cache = "writethrough";
	m.aio = "threads";
	m.host_write_cache = m.guest_write_cache = "write through";
	m.rw = "randwrite";
	m.writes = true;
	m.durability = "flush";
	m.slo_ns = 3e6;
	try_all(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_wrong),
		cmocka_unit_test(nothing_wrong),
		cmocka_unit_test(virtio_writethrough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
