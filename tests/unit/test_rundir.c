/* Unit tests of engine/lib/rundir*.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>

#include "engine/lib/json.h"
#include "engine/lib/rundir.h"
#include "engine/lib/rundir_files.h"
#include "tests/unit/tmpdir.h"

/* A temporary directory and, in it, the path "a/run" for the run directory. */
struct place {
	struct tmpdir dir;
	char path[128];
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	tmpdir_make(&p->dir);
	snprintf(p->path, sizeof(p->path), "%s/a/run", p->dir.path);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	tmpdir_remove(&p->dir);
	free(p);
	return 0;
}

static void put(struct pb_rundir *d, const char *name, const char *text)
{
	struct pb_err err = PB_ERR_INIT;

	assert_int_equal(pb_rundir_put(d, name, text, strlen(text), &err), 0);
	assert_string_equal(err.msg, "");
}

/* A sealed run of three files and an undo log. */
static void make_run(const struct place *p)
{
	struct pb_rundir d;

	assert_int_equal(pb_rundir_create(&d, p->path, NULL), 0);
	put(&d, "steps.csv", "t_ns\n1\n");
	put(&d, "host/cpu.csv", "t_ns\n1\n");
	put(&d, "guest/vm/fio.json", "{}");
	put(&d, "undo.log", "{}\n");
	assert_int_equal(pb_rundir_seal(&d, NULL), 0);
	pb_rundir_close(&d);
}

static void open_refuses(const struct place *p, const char *why)
{
	struct pb_rundir d = {.fd = 42};
	struct pb_err err = PB_ERR_INIT;

	assert_true(pb_rundir_open(&d, p->path, &err) < 0);
	assert_int_equal(d.fd, 42);
	assert_int_equal(err.status, PB_USAGE);
	if (!strstr(err.msg, why) || !strstr(err.msg, p->path))
		fail_msg("\"%s\" does not say \"%s\"", err.msg, why);
}

static void sealed_run_opens(void **state)
{
	struct place *p = *state;
	struct pb_rundir d;
	const json_t *files;

	make_run(p);
	assert_int_equal(pb_rundir_open(&d, p->path, NULL), 0);
	assert_string_equal(pb_json_str(d.manifest, "state", ""), "complete");
	files = json_object_get(d.manifest, "files");
	assert_int_equal(json_object_size(files), 3);
	/* sha256 of "{}" */
	assert_string_equal(pb_json_str(files, "guest/vm/fio.json", ""),
			    "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
	assert_null(json_object_get(files, "undo.log"));
	pb_rundir_close(&d);
}

static void later_stages_may_add_their_files(void **state)
{
	struct place *p = *state;
	struct pb_rundir d;

	make_run(p);
	assert_int_equal(pb_rundir_open(&d, p->path, NULL), 0);
	put(&d, "findings.json", "{}");
	put(&d, "report/index.html", "<p>");
	put(&d, "tune/1-R-I2/steps.csv", "t_ns\n");
	put(&d, "log.txt", "x");
	pb_rundir_close(&d);
	assert_int_equal(pb_rundir_open(&d, p->path, NULL), 0);
	assert_int_equal(json_object_size(json_object_get(d.manifest, "files")), 3);
	assert_int_equal(pb_rundir_seal(&d, NULL), 0);
	assert_int_equal(json_object_size(json_object_get(d.manifest, "files")), 3);
	pb_rundir_close(&d);
}

static void changed_file_is_named(void **state)
{
	struct place *p = *state;

	make_run(p);
	tmpdir_write(&p->dir, "a/run/host/cpu.csv", "t_ns\n2\n");
	open_refuses(p, "host/cpu.csv is not the file that was measured");
}

static void missing_file_is_named(void **state)
{
	struct place *p = *state;

	make_run(p);
	assert_int_equal(unlinkat(p->dir.fd, "a/run/steps.csv", 0), 0);
	open_refuses(p, "steps.csv is missing");
}

static void link_instead_of_file_is_refused(void **state)
{
	struct place *p = *state;

	make_run(p);
	assert_int_equal(renameat(p->dir.fd, "a/run/steps.csv", p->dir.fd, "a/same.csv"), 0);
	assert_int_equal(symlinkat("../same.csv", p->dir.fd, "a/run/steps.csv"), 0);
	open_refuses(p, "cannot read steps.csv");
}

static void bad_manifests(void **state)
{
	struct place *p = *state;

	open_refuses(p, "No such file");
	tmpdir_mkdir(&p->dir, "a");
	tmpdir_mkdir(&p->dir, "a/run");
	open_refuses(p, "not a run directory");
	tmpdir_write(&p->dir, "a/run/manifest.json", "{");
	open_refuses(p, "not valid JSON");
	tmpdir_write(&p->dir, "a/run/manifest.json", "{}");
	open_refuses(p, "schema");
	tmpdir_write(&p->dir, "a/run/manifest.json",
		     "{\"schema\": 2, \"passbench\": \"9.9\", \"state\": \"complete\"}");
	open_refuses(p, "9.9");
	tmpdir_write(&p->dir, "a/run/manifest.json", "{\"schema\": 1, \"state\": \"incomplete\"}");
	open_refuses(p, "did not finish");
	tmpdir_write(&p->dir, "a/run/manifest.json", "{\"schema\": 1, \"state\": \"odd\"}");
	open_refuses(p, "state");
	tmpdir_write(&p->dir, "a/run/manifest.json", "{\"schema\": 1, \"state\": \"complete\"}");
	open_refuses(p, "lists no files");
}

static void manifest_cannot_point_outside(void **state)
{
	struct place *p = *state;
	struct pb_err err = PB_ERR_INIT;
	struct pb_rundir d;

	make_run(p);
	tmpdir_write(&p->dir, "a/run/manifest.json",
		     "{\"schema\": 1, \"state\": \"complete\", \"files\": {\"../../etc/passwd\": \"00\"}}");
	assert_true(pb_rundir_open(&d, p->path, &err) < 0);
	assert_non_null(strstr(err.msg, "must stay inside"));
}

static void names_are_checked(void **state)
{
	static const char *const bad[] = {"",    "/etc/passwd", "..",   "a/../b", "a//b", "a/",
					  "./a", "a/.",         "a\nb", "a\x7f",  "\xff"};
	static const char *const good[] = {"a", "...", "guest/vm.1/a..b", ".hidden", "a b"};
	char name[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pb_rundir_check_name(bad[i], NULL), -EINVAL);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(pb_rundir_check_name(good[i], NULL), 0);
	memset(name, 'x', sizeof(name));
	name[256] = '\0';
	assert_int_equal(pb_rundir_check_name(name, NULL), -EINVAL);
	name[255] = '\0';
	assert_int_equal(pb_rundir_check_name(name, NULL), 0);
}

static void planted_directory_link_is_not_followed(void **state)
{
	struct place *p = *state;
	struct pb_err err = PB_ERR_INIT;
	struct pb_rundir d;

	assert_int_equal(pb_rundir_create(&d, p->path, NULL), 0);
	tmpdir_mkdir(&p->dir, "outside");
	assert_int_equal(symlinkat("../../outside", p->dir.fd, "a/run/guest"), 0);
	assert_null(pb_rundir_begin(&d, "guest/x.csv", &err));
	assert_non_null(strstr(err.msg, "guest/x.csv"));
	assert_false(tmpdir_exists(&p->dir, "outside/x.csv.tmp"));
	assert_true(pb_rundir_seal(&d, NULL) < 0);
	pb_rundir_close(&d);
}

static void failed_seal_stays_incomplete(void **state)
{
	struct place *p = *state;
	struct pb_rundir d;

	assert_int_equal(pb_rundir_create(&d, p->path, NULL), 0);
	assert_int_equal(mkfifoat(p->dir.fd, "a/run/pipe", 0600), 0);
	assert_int_equal(pb_rundir_seal(&d, NULL), -EINVAL);
	assert_string_equal(pb_json_str(d.manifest, "state", ""), "incomplete");
	pb_rundir_close(&d);
	open_refuses(p, "did not finish");
}

static void interrupted_run_is_cleared_but_its_undo_log_kept(void **state)
{
	struct place *p = *state;
	struct pb_rundir d;
	FILE *half;

	assert_int_equal(pb_rundir_create(&d, p->path, NULL), 0);
	put(&d, "host/cpu.csv", "x");
	put(&d, "undo.log", "precious");
	put(&d, "tune/1-R/undo.log", "precious too");
	put(&d, "tune/1-R/steps.csv", "x");
	half = pb_rundir_begin(&d, "half.csv", NULL);
	assert_non_null(half);
	fclose(half); /* as a kill leaves it */
	pb_rundir_close(&d);
	assert_int_equal(pb_rundir_create(&d, p->path, NULL), 0);
	assert_false(tmpdir_exists(&p->dir, "a/run/host"));
	assert_false(tmpdir_exists(&p->dir, "a/run/half.csv.tmp"));
	assert_false(tmpdir_exists(&p->dir, "a/run/tune/1-R/steps.csv"));
	assert_string_equal(tmpdir_read(&p->dir, "a/run/undo.log"), "precious");
	assert_string_equal(tmpdir_read(&p->dir, "a/run/tune/1-R/undo.log"), "precious too");
	assert_string_equal(pb_json_str(d.manifest, "state", ""), "incomplete");
	pb_rundir_close(&d);
}

/* Sessions below tune/N-RULE/visits are cleared with the change they belong to, and made again. */
static void a_run_cleared_with_the_one_above_is_made_again(void **state)
{
	struct place *p = *state;
	struct pb_rundir d, above;
	char path[1100];

	assert_int_equal(pb_rundir_create(&above, p->path, NULL), 0);
	snprintf(path, sizeof(path), "%s/visits/1-a", p->path);
	assert_int_equal(pb_rundir_create(&d, path, NULL), 0);
	put(&d, "undo.log", "precious");
	pb_rundir_close(&d);
	pb_rundir_close(&above);
	assert_int_equal(pb_rundir_create(&above, p->path, NULL), 0);
	assert_int_equal(pb_rundir_create(&d, path, NULL), 0);
	assert_string_equal(tmpdir_read(&p->dir, "a/run/visits/1-a/undo.log"), "precious");
	pb_rundir_close(&d);
	pb_rundir_close(&above);
}

static void clearing_follows_no_link(void **state)
{
	struct place *p = *state;
	struct pb_rundir d;

	tmpdir_mkdir(&p->dir, "outside");
	tmpdir_write(&p->dir, "outside/keep", "x");
	assert_int_equal(pb_rundir_create(&d, p->path, NULL), 0);
	pb_rundir_close(&d);
	assert_int_equal(symlinkat("../../outside", p->dir.fd, "a/run/host"), 0);
	assert_int_equal(pb_rundir_create(&d, p->path, NULL), 0);
	assert_true(tmpdir_exists(&p->dir, "outside/keep"));
	assert_false(tmpdir_exists(&p->dir, "a/run/host"));
	pb_rundir_close(&d);
}

static void create_refuses(const struct place *p)
{
	struct pb_rundir d = {.fd = 42};
	struct pb_err err = PB_ERR_INIT;

	assert_true(pb_rundir_create(&d, p->path, &err) < 0);
	assert_int_equal(d.fd, 42);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, p->path));
}

static void what_is_not_ours_stays(void **state)
{
	struct place *p = *state;

	make_run(p);
	create_refuses(p); /* a complete run */
	assert_true(tmpdir_exists(&p->dir, "a/run/steps.csv"));
	tmpdir_write(&p->dir, "a/run/manifest.json", "{\"state\": \"incomplete\"}");
	create_refuses(p); /* somebody else's manifest */
	assert_int_equal(unlinkat(p->dir.fd, "a/run/manifest.json", 0), 0);
	create_refuses(p); /* just files */
	assert_true(tmpdir_exists(&p->dir, "a/run/steps.csv"));
}

static void path_that_is_a_file(void **state)
{
	struct place *p = *state;

	tmpdir_mkdir(&p->dir, "a");
	tmpdir_write(&p->dir, "a/run", "text");
	create_refuses(p);
	assert_string_equal(tmpdir_read(&p->dir, "a/run"), "text");
}

static void killed_before_the_first_manifest(void **state)
{
	struct place *p = *state;
	struct pb_rundir d;

	tmpdir_mkdir(&p->dir, "a");
	tmpdir_mkdir(&p->dir, "a/run");
	tmpdir_write(&p->dir, "a/run/manifest.json.tmp", "{");
	assert_int_equal(pb_rundir_create(&d, p->path, NULL), 0);
	pb_rundir_close(&d);
}

int main(void)
{
#define WITH_PLACE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		WITH_PLACE(sealed_run_opens),
		WITH_PLACE(later_stages_may_add_their_files),
		WITH_PLACE(changed_file_is_named),
		WITH_PLACE(missing_file_is_named),
		WITH_PLACE(link_instead_of_file_is_refused),
		WITH_PLACE(bad_manifests),
		WITH_PLACE(manifest_cannot_point_outside),
		cmocka_unit_test(names_are_checked),
		WITH_PLACE(planted_directory_link_is_not_followed),
		WITH_PLACE(failed_seal_stays_incomplete),
		WITH_PLACE(interrupted_run_is_cleared_but_its_undo_log_kept),
		WITH_PLACE(a_run_cleared_with_the_one_above_is_made_again),
		WITH_PLACE(clearing_follows_no_link),
		WITH_PLACE(what_is_not_ours_stays),
		WITH_PLACE(path_that_is_a_file),
		WITH_PLACE(killed_before_the_first_manifest),
	};

	return cmocka_run_group_tests_name("rundir", tests, NULL, NULL);
}
