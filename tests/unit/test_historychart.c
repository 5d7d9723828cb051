/*
 * reports/historychart: three files or none, whatever the texts are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/lib/csv.h"
#include "reports/historychart.h"
#include "tests/unit/tmpdir.h"

#define POINTS 30

struct made {
	struct tmpdir dir;
	char svg[128];
	struct pb_historychart_point v[POINTS];
	struct pb_historychart c;
};

static int setup(void **state)
{
	static struct made k;

	tmpdir_make(&k.dir);
	snprintf(k.svg, sizeof(k.svg), "%s/it's a.svg", k.dir.path);
	for (int i = 0; i < POINTS; i++)
		k.v[i] = (struct pb_historychart_point){.started_utc = "2026-11-23T10:00:00Z",
							.label = "abc",
							.changed = i == 20 ? "host kernel; QEMU" : "",
							.value = (i < 20 ? 100000 : 110000) + i,
							.level = i < 20 ? 100009 : 110025,
							.change = i == 20};
	k.c = (struct pb_historychart){
		.series = "S1 randread-4k vfio", .metric = "lat_p99@16", .unit = "ns", .v = k.v, .n = POINTS};
	*state = &k;
	return 0;
}

static int teardown(void **state)
{
	struct made *k = *state;

	tmpdir_remove(&k->dir);
	return 0;
}

static void draw(struct made *k)
{
	struct pb_err err = PB_ERR_INIT;

	if (pb_historychart_draw(k->svg, &k->c, &err) < 0)
		fail_msg("%s", err.msg);
}

static int entries(const struct made *k)
{
	DIR *d = opendir(k->dir.path);
	int n = 0;

	for (struct dirent *e; (e = readdir(d));)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static void three_files(void **state)
{
	struct made *k = *state;
	struct pb_table *t = NULL;
	const char *svg;

	draw(k);
	assert_int_equal(entries(k), 3);
	assert_true(tmpdir_exists(&k->dir, "it's a.gp"));
	assert_int_equal(pb_table_read(&t, k->dir.fd, "it's a.csv", NULL), 0);
	assert_int_equal(pb_table_rows(t), POINTS);
	assert_true(pb_table_num(t, 20, pb_table_col(t, "value")) == 110020);
	pb_table_free(t);
	svg = tmpdir_read(&k->dir, "it's a.svg");
	assert_non_null(strstr(svg, "<svg"));
	assert_non_null(strstr(svg, "S1 randread-4k vfio: lat_p99@16"));
	assert_non_null(strstr(svg, "host kernel; QEMU"));
	assert_non_null(strstr(svg, "</svg>"));
}

/* As the file's own comment says, and to the same picture. */
static void drawn_again_by_hand(void **state)
{
	struct made *k = *state;
	char command[256], *before;

	draw(k);
	before = strdup(tmpdir_read(&k->dir, "it's a.svg"));
	unlink(k->svg);
	snprintf(command, sizeof(command), "cd '%s' && gnuplot \"it's a.gp\"", k->dir.path);
	assert_int_equal(system(command), 0);
	assert_string_equal(tmpdir_read(&k->dir, "it's a.svg"), before);
	free(before);
}

static void hostile_texts(void **state)
{
	struct made *k = *state;
	const char *svg;

	k->c.series = "<script>alert(1)</script>\" '`touch /tmp/x` \xe2\x80\xae\x1b[2J";
	k->c.metric = "=cmd|' /C calc'!A0@16";
	k->c.unit = "%s%n\n";
	k->v[3].label = "\"; system(\"touch x\")";
	k->v[20].changed = "</svg><script>";
	draw(k);
	svg = tmpdir_read(&k->dir, "it's a.svg");
	assert_null(strstr(svg, "<script"));
	assert_null(strchr(svg, 0x1b));
	assert_null(strstr(tmpdir_read(&k->dir, "it's a.csv"), "system(\""));
	assert_int_equal(entries(k), 3);
}

static void one_point(void **state)
{
	struct made *k = *state;

	k->c.n = 1;
	draw(k);
	k->v[0].value = k->v[0].level = 0;
	draw(k);
	assert_int_equal(entries(k), 3);
}

static void what_is_refused(void **state)
{
	static const char *const names[] = {"a.png", ".svg", "-x.svg", ".hidden.svg", ""};
	struct made *k = *state;
	struct pb_err err = PB_ERR_INIT;
	char path[160];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", k->dir.path, names[i]);
		assert_true(pb_historychart_draw(path, &k->c, NULL) < 0);
	}
	snprintf(path, sizeof(path), "%s/no/such/a.svg", k->dir.path);
	assert_true(pb_historychart_draw(path, &k->c, &err) < 0);
	assert_int_equal(err.status, PB_MISSING);
	k->c.n = 0;
	assert_true(pb_historychart_draw(k->svg, &k->c, NULL) < 0);
	assert_int_equal(entries(k), 0);
}

/* No gnuplot: what was there stays. */
static void failure_leaves_the_old_one(void **state)
{
	struct made *k = *state;
	struct pb_err err = PB_ERR_INIT;
	char *path = strdup(getenv("PATH"));

	tmpdir_write(&k->dir, "it's a.svg", "old");
	setenv("PATH", "/nowhere", 1);
	assert_true(pb_historychart_draw(k->svg, &k->c, &err) < 0);
	setenv("PATH", path, 1);
	free(path);
	assert_int_equal(err.status, PB_MISSING);
	assert_non_null(strstr(err.msg, "not installed"));
	assert_string_equal(tmpdir_read(&k->dir, "it's a.svg"), "old");
	assert_int_equal(entries(k), 1);
}

#define WITH_CHART(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CHART(three_files),     WITH_CHART(drawn_again_by_hand),
		WITH_CHART(hostile_texts),   WITH_CHART(one_point),
		WITH_CHART(what_is_refused), WITH_CHART(failure_leaves_the_old_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
