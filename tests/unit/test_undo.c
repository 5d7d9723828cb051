/* The undo log on a fake machine: what is changed comes back, whatever moment the process dies at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "engine/run/host/undo.h"
#include "tests/unit/faketree.h"

#define VEC0 "vfio-msix[0](0000:00:03.0)"
#define VEC1 "vfio-msix[1](0000:00:03.0)"
#define INTERRUPTS(n0, n1)                                                                                   \
	"            CPU0       CPU1       CPU2\n"                                                           \
	" " n0 ":          1          2          0  IR-PCI-MSIX-0000:00:03.0    0-edge      " VEC0 "\n"      \
	" " n1 ":          5          6          0  IR-PCI-MSIX-0000:00:03.0    1-edge      " VEC1 "\n"

static void fill(struct faketree *f)
{
	fake_put(f, "proc/sys/kernel/random/boot_id", "boot-1\n");
	fake_put(f, "proc/interrupts", INTERRUPTS("24", "25"));
	fake_put(f, "proc/irq/24/smp_affinity_list", "0-2\n");
	fake_put(f, "proc/irq/25/smp_affinity_list", "1\n");
	fake_put(f, "proc/irq/24/effective_affinity_list", "0\n");
	fake_put(f, "proc/irq/25/effective_affinity_list", "1\n");
	fake_put(f, "sys/bus/pci/devices/0000:00:03.0/vendor", "0x1b36\n");
	fake_put(f, "sys/module/kvm/parameters/halt_poll_ns", "200000\n");
}

static void log_path(const struct faketree *f, char *buf, size_t size)
{
	snprintf(buf, size, "%s/undo.log", f->dir.path);
}

static void expect(const struct faketree *f, const char *path, const char *text)
{
	char buf[256];

	assert_true(pb_root_read(&f->root, buf, sizeof(buf), "%s", path) >= 0);
	assert_string_equal(buf, text);
}

static int setup(void **state)
{
	struct faketree *f = calloc(1, sizeof(*f));

	fake_make(f);
	fill(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fake_remove(*state);
	free(*state);
	return 0;
}

static void changes_come_back_newest_first(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	char path[256];

	log_path(f, path, sizeof(path));
	assert_int_equal(pb_undo_open(&u, &f->root, path, NULL), 0);
	assert_int_equal(pb_undo_write(u, "/sys/module/kvm/parameters/halt_poll_ns", "0", NULL), 0);
	assert_int_equal(pb_undo_write(u, "/sys/module/kvm/parameters/halt_poll_ns", "50000", NULL), 0);
	assert_int_equal(pb_undo_affinity(u, "0000:00:03.0", VEC1, "2", NULL), 0);
	assert_int_equal(pb_undo_standing(u), 3);
	expect(f, "/proc/irq/25/smp_affinity_list", "2");
	assert_int_equal(pb_undo_revert(u, 1, NULL), 0);
	expect(f, "/proc/irq/25/smp_affinity_list", "1");
	expect(f, "/sys/module/kvm/parameters/halt_poll_ns", "50000");
	assert_int_equal(pb_undo_revert(u, UINT_MAX, NULL), 0);
	expect(f, "/sys/module/kvm/parameters/halt_poll_ns", "200000");
	assert_int_equal(pb_undo_standing(u), 0);
	pb_undo_close(u);
}

static void setting_what_is_there_is_no_change(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	char path[256];

	log_path(f, path, sizeof(path));
	assert_int_equal(pb_undo_open(&u, &f->root, path, NULL), 0);
	assert_int_equal(pb_undo_affinity(u, "0000:00:03.0", VEC1, "1", NULL), 0);
	assert_int_equal(pb_undo_standing(u), 0);
	pb_undo_close(u);
}

static void a_killed_process_is_rolled_back(void **state)
{
	struct faketree *f = *state;
	char path[256];
	pid_t pid = fork();
	int status;

	log_path(f, path, sizeof(path));
	if (pid == 0) {
		struct pb_undo *u = NULL;

		if (pb_undo_open(&u, &f->root, path, NULL) < 0 ||
		    pb_undo_affinity(u, "0000:00:03.0", VEC0, "2", NULL) < 0 ||
		    pb_undo_write(u, "/sys/module/kvm/parameters/halt_poll_ns", "0", NULL) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	expect(f, "/proc/irq/24/smp_affinity_list", "2");
	assert_int_equal(pb_rollback(&f->root, path, false, NULL), 2);
	expect(f, "/proc/irq/24/smp_affinity_list", "0-2");
	expect(f, "/sys/module/kvm/parameters/halt_poll_ns", "200000");
	assert_int_equal(pb_rollback(&f->root, path, false, NULL), 0);
}

static void rollback_follows_a_vector_to_its_new_number(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	char path[256];

	log_path(f, path, sizeof(path));
	assert_int_equal(pb_undo_open(&u, &f->root, path, NULL), 0);
	assert_int_equal(pb_undo_affinity(u, "0000:00:03.0", VEC0, "2", NULL), 0);
	/* the guest re-arms MSI-X: other numbers, 24 now belongs to somebody else */
	fake_put(f, "proc/interrupts", INTERRUPTS("30", "31"));
	fake_put(f, "proc/irq/30/smp_affinity_list", "2\n");
	fake_put(f, "proc/irq/31/smp_affinity_list", "1\n");
	fake_put(f, "proc/irq/24/smp_affinity_list", "7\n");
	assert_int_equal(pb_undo_revert(u, UINT_MAX, NULL), 0);
	expect(f, "/proc/irq/30/smp_affinity_list", "0-2");
	expect(f, "/proc/irq/24/smp_affinity_list", "7");
	pb_undo_close(u);
}

static void a_vector_that_is_gone_needs_no_restoring(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	char path[256];

	log_path(f, path, sizeof(path));
	assert_int_equal(pb_undo_open(&u, &f->root, path, NULL), 0);
	assert_int_equal(pb_undo_affinity(u, "0000:00:03.0", VEC0, "2", NULL), 0);
	fake_put(f, "proc/interrupts", "            CPU0       CPU1       CPU2\n");
	assert_int_equal(pb_undo_revert(u, UINT_MAX, NULL), 0);
	assert_int_equal(pb_undo_standing(u), 0);
	pb_undo_close(u);
}

static void managed_vectors_are_never_written(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	struct pb_err err = PB_ERR_INIT;
	char path[256];

	log_path(f, path, sizeof(path));
	assert_int_equal(fchmodat(f->dir.fd, "proc/irq/24/smp_affinity_list", 0444, 0), 0);
	assert_int_equal(pb_undo_open(&u, &f->root, path, NULL), 0);
	assert_true(pb_undo_affinity(u, "0000:00:03.0", VEC0, "2", &err) < 0);
	assert_int_equal(err.status, PB_UNSAFE);
	expect(f, "/proc/irq/24/smp_affinity_list", "0-2");
	pb_undo_close(u);
}

static void kept_changes_stay_until_asked_for(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	char path[256];

	log_path(f, path, sizeof(path));
	assert_int_equal(pb_undo_open(&u, &f->root, path, NULL), 0);
	assert_int_equal(pb_undo_affinity(u, "0000:00:03.0", VEC0, "2", NULL), 0);
	assert_int_equal(pb_undo_keep(u, 1, NULL), 0);
	assert_int_equal(pb_undo_revert(u, UINT_MAX, NULL), 0);
	pb_undo_close(u);
	assert_int_equal(pb_rollback(&f->root, path, false, NULL), 0);
	expect(f, "/proc/irq/24/smp_affinity_list", "2");
	assert_int_equal(pb_rollback(&f->root, path, true, NULL), 1);
	expect(f, "/proc/irq/24/smp_affinity_list", "0-2");
}

static void a_torn_last_line_is_a_change_never_made(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	char path[256];
	FILE *log;

	log_path(f, path, sizeof(path));
	assert_int_equal(pb_undo_open(&u, &f->root, path, NULL), 0);
	assert_int_equal(pb_undo_write(u, "/sys/module/kvm/parameters/halt_poll_ns", "0", NULL), 0);
	pb_undo_close(u);
	log = fopen(path, "a");
	fputs("{\"seq\":2,\"boot\":\"boot-1\",\"kind\":\"wri", log);
	fclose(log);
	assert_int_equal(pb_rollback(&f->root, path, false, NULL), 1);
	expect(f, "/sys/module/kvm/parameters/halt_poll_ns", "200000");
	/* and the log is usable again behind the torn line */
	assert_int_equal(pb_undo_open(&u, &f->root, path, NULL), 0);
	assert_int_equal(pb_undo_write(u, "/sys/module/kvm/parameters/halt_poll_ns", "7", NULL), 0);
	pb_undo_close(u);
	assert_int_equal(pb_rollback(&f->root, path, false, NULL), 1);
	expect(f, "/sys/module/kvm/parameters/halt_poll_ns", "200000");
}

static void another_boot_has_nothing_to_restore(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	char path[256];

	log_path(f, path, sizeof(path));
	assert_int_equal(pb_undo_open(&u, &f->root, path, NULL), 0);
	assert_int_equal(pb_undo_write(u, "/sys/module/kvm/parameters/halt_poll_ns", "0", NULL), 0);
	pb_undo_close(u);
	fake_put(f, "proc/sys/kernel/random/boot_id", "boot-2\n");
	assert_int_equal(pb_rollback(&f->root, path, true, NULL), 0);
	expect(f, "/sys/module/kvm/parameters/halt_poll_ns", "0");
}

static void a_log_in_use_is_left_alone(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	struct pb_err err = PB_ERR_INIT;
	char path[256];

	log_path(f, path, sizeof(path));
	assert_int_equal(pb_undo_open(&u, &f->root, path, NULL), 0);
	assert_int_equal(pb_undo_write(u, "/sys/module/kvm/parameters/halt_poll_ns", "0", NULL), 0);
	assert_true(pb_rollback(&f->root, path, true, &err) < 0);
	assert_int_equal(err.status, PB_UNSAFE);
	expect(f, "/sys/module/kvm/parameters/halt_poll_ns", "0");
	pb_undo_close(u);
}

/* No file may grow beyond so many bytes, as on a full disk that takes a part of what is written. */
static void allow(rlim_t bytes)
{
	struct rlimit l;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
	l.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
	signal(SIGXFSZ, SIG_IGN);
}

static void a_log_that_cannot_grow_changes_nothing_and_stays_whole(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	struct pb_err err = PB_ERR_INIT, late = PB_ERR_INIT;
	char path[256];
	struct stat st;

	log_path(f, path, sizeof(path));
	assert_int_equal(pb_undo_open(&u, &f->root, path, NULL), 0);
	assert_int_equal(pb_undo_affinity(u, "0000:00:03.0", VEC0, "2", NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	allow((rlim_t)st.st_size + 20);
	assert_true(pb_undo_write(u, "/sys/module/kvm/parameters/halt_poll_ns", "0", &err) < 0);
	assert_non_null(strstr(err.msg, "nothing was changed"));
	expect(f, "/sys/module/kvm/parameters/halt_poll_ns", "200000");
	/* what was changed before comes back, although that cannot be noted */
	assert_true(pb_undo_revert(u, UINT_MAX, &late) < 0);
	assert_non_null(strstr(late.msg, "was taken back"));
	expect(f, "/proc/irq/24/smp_affinity_list", "0-2");
	allow(RLIM_INFINITY);
	/* and the next change is a line of its own */
	assert_int_equal(pb_undo_write(u, "/sys/module/kvm/parameters/halt_poll_ns", "0", NULL), 0);
	pb_undo_close(u);
	assert_int_equal(pb_rollback(&f->root, path, false, NULL), 2);
	expect(f, "/sys/module/kvm/parameters/halt_poll_ns", "200000");
}

static void a_torn_log_on_a_full_disk_is_rolled_back(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	struct pb_err err = PB_ERR_INIT;
	char path[256];
	struct stat st;
	FILE *log;

	log_path(f, path, sizeof(path));
	assert_int_equal(pb_undo_open(&u, &f->root, path, NULL), 0);
	assert_int_equal(pb_undo_affinity(u, "0000:00:03.0", VEC0, "2", NULL), 0);
	pb_undo_close(u);
	assert_int_equal(stat(path, &st), 0);
	log = fopen(path, "a");
	assert_non_null(log);
	fputs("{\"boot\":\"boot-1\",\"kin", log);
	fclose(log);
	allow((rlim_t)st.st_size + 10);
	assert_true(pb_rollback(&f->root, path, false, &err) < 0);
	assert_non_null(strstr(err.msg, "was taken back"));
	expect(f, "/proc/irq/24/smp_affinity_list", "0-2");
	allow(RLIM_INFINITY);
	assert_int_equal(pb_rollback(&f->root, path, false, NULL), 1);
	assert_int_equal(pb_rollback(&f->root, path, false, NULL), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(changes_come_back_newest_first),
		T(setting_what_is_there_is_no_change),
		T(a_killed_process_is_rolled_back),
		T(rollback_follows_a_vector_to_its_new_number),
		T(a_vector_that_is_gone_needs_no_restoring),
		T(managed_vectors_are_never_written),
		T(kept_changes_stay_until_asked_for),
		T(a_torn_last_line_is_a_change_never_made),
		T(another_boot_has_nothing_to_restore),
		T(a_log_in_use_is_left_alone),
		T(a_log_that_cannot_grow_changes_nothing_and_stays_whole),
		T(a_torn_log_on_a_full_disk_is_rolled_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
