/* Changes that take a new guest: what can be tried, what never is, and how a kept one is spelled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/tune/action.h"
#include "engine/run/tune/tune_recommend.h"
#include "engine/run/tune/tune_restart.h"
#include "tests/unit/tmpdir.h"

static struct pb_finding finding(const char *cache, const char *aio)
{
	struct pb_finding f = {.rule = (char *)"R-C1", .title = (char *)""};

	f.params = json_pack("{s:s,s:s,s:s}", "kind", "attach", "cache", cache, "aio", aio);
	return f;
}

static bool can_apply(const char *cache, const char *aio)
{
	struct pb_finding f = finding(cache, aio);
	bool can = pb_tune_can_apply(&f);

	json_decref(f.params);
	return can;
}

static void only_what_qemu_has_is_tried(void **state)
{
	(void)state;
	assert_true(can_apply("none", "native"));
	assert_true(can_apply("directsync", "native"));
	assert_true(can_apply("writeback", "io_uring"));
	assert_false(can_apply("writeback", "native")); /* QEMU refuses to start so */
	assert_false(can_apply("none,iothread=off", "native"));
	assert_false(can_apply("none", "native,file.locking=off"));
	assert_false(can_apply("", "threads"));
	assert_false(can_apply("none", ""));
}

static json_t *manifest(const char *guest, const char *cache, const char *aio, bool writes,
			const char *durability, const char *safety)
{
	return json_pack("{s:{s:s},s:{s:s,s:s,s:b},s:{s:b,s:s,s:s},s:{s:s}}", "run_options", "guest", guest,
			 "attach", "cache", cache, "aio", aio, "iothread", 1, "profile", "writes", writes,
			 "durability", durability, "safety", safety, "disk", "block", "nvme0n1");
}

/* What becomes of a try that must end before any guest is started. */
static int refused(json_t *base, const char *cache, const char *aio, struct pb_err *err)
{
	struct pb_finding f = finding(cache, aio);
	struct pb_session_opts so = {.guest = "launch", .out = "/nonexistent/never"};
	struct pb_tune_opts o = {.visits = 6, .window_ms = 500};
	int rc = pb_tune_restart(&o, &so, &f, base, 4, err);

	assert_true(access("/nonexistent", F_OK) < 0);
	json_decref(f.params);
	json_decref(base);
	return rc;
}

static void data_that_must_survive_is_never_risked(void **state)
{
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	assert_true(refused(manifest("launch", "none", "threads", true, "power", "P"), "unsafe", "threads",
			    &err) < 0);
	assert_int_equal(err.status, PB_UNSAFE);
	err = (struct pb_err)PB_ERR_INIT;
	/* never flushes: the host's flush after each write is what keeps it */
	assert_true(refused(manifest("launch", "directsync", "native", true, "none", "P"), "none", "native",
			    &err) < 0);
	assert_int_equal(err.status, PB_UNSAFE);
	err = (struct pb_err)PB_ERR_INIT;
	/* the profile only reads, but safety says what the disk is for */
	assert_true(refused(manifest("launch", "none", "threads", false, "none", "P"), "unsafe", "threads",
			    &err) < 0);
	assert_int_equal(err.status, PB_UNSAFE);
}

static void what_is_there_already_is_no_change(void **state)
{
	struct pb_err err = PB_ERR_INIT;

	(void)state;
	assert_true(refused(manifest("launch", "none", "native", false, "none", "P"), "none", "native",
			    &err) < 0);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, "already"));
}

static void other_peoples_guests_are_not_restarted(void **state)
{
	json_t *ssh = manifest("ssh:root@db1", "none", "threads", false, "none", "P");
	json_t *ours = manifest("launch:cpus=2", "none", "threads", false, "none", "P");
	json_t *vfio = json_pack("{s:{s:n},s:n}", "run_options", "guest", "attach");

	(void)state;
	assert_non_null(pb_tune_restart_why_not(ssh));
	assert_non_null(pb_tune_restart_why_not(vfio));
	assert_null(pb_tune_restart_why_not(ours));
	json_decref(ssh);
	json_decref(ours);
	json_decref(vfio);
}

static void the_iothread_stays_as_it_was(void **state)
{
	json_t *params = json_pack("{s:s,s:s}", "cache", "none", "aio", "native"),
	       *off = json_pack("{s:b}", "iothread", 0);
	char text[128];

	(void)state;
	assert_int_equal(pb_tune_restart_attach(text, sizeof(text), params, off), 0);
	assert_string_equal(text, "virtio-blk,cache=none,aio=native,iothread=off");
	assert_int_equal(pb_tune_restart_attach(text, sizeof(text), params, NULL), 0);
	assert_string_equal(text, "virtio-blk,cache=none,aio=native");
	json_decref(params);
	json_decref(off);
}

static void read_text(const struct tmpdir *t, const char *name, char *buf, size_t size)
{
	int fd = openat(t->fd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, buf, size - 1);

	assert_true(n > 0);
	buf[n] = '\0';
	close(fd);
}

static void a_kept_mode_is_spelled_for_all(void **state)
{
	const struct pb_attach a = {.cache = "none", .aio = "native", .iothread = true};
	struct pb_rundir d;
	struct tmpdir t;
	char text[1024];

	(void)state;
	tmpdir_make(&t);
	assert_int_equal(pb_rundir_create(&d, t.path, NULL), 0);
	assert_int_equal(pb_tune_recommend(&d, &a, "nvme0n1", NULL), 0);
	read_text(&t, "recommended.xml", text, sizeof(text));
	assert_non_null(
		strstr(text, "<driver name='qemu' type='raw' cache='none' io='native' iothread='1'/>"));
	assert_non_null(strstr(text, "<source dev='/dev/nvme0n1'/>"));
	read_text(&t, "recommended.txt", text, sizeof(text));
	assert_non_null(strstr(text, "--attach virtio-blk,cache=none,aio=native,iothread=on\n"));
	assert_non_null(strstr(text, "cache.direct=on,cache.no-flush=off"));
	/* a manifest is a file that anybody may have edited */
	assert_int_equal(pb_tune_recommend(&d, &a, "x'/><evil a='", NULL), 0);
	read_text(&t, "recommended.xml", text, sizeof(text));
	assert_null(strstr(text, "evil"));
	pb_rundir_close(&d);
	tmpdir_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_qemu_has_is_tried),
		cmocka_unit_test(data_that_must_survive_is_never_risked),
		cmocka_unit_test(what_is_there_already_is_no_change),
		cmocka_unit_test(other_peoples_guests_are_not_restarted),
		cmocka_unit_test(the_iothread_stays_as_it_was),
		cmocka_unit_test(a_kept_mode_is_spelled_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
