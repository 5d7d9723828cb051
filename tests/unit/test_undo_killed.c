/*
 * kill -9 at every step: a child makes and takes back changes of every kind that a host can see, and is
 * killed before, in the middle of and behind each of its writes, syncs and affinity calls; then rollback, and
 * the machine is as it was, byte for byte. Rollback itself is killed likewise.
 *
 * The machine is a fake tree whose kernel is in this file: it wraps the calls that change something, counts
 * them, kills at the chosen one, and lets drivers be bound and schedulers be chosen as sysfs does.
 */
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "engine/run/host/pin.h"
#include "engine/run/host/undo.h"
#include "tests/unit/faketree.h"

#define BDF "0000:00:03.0"
#define VEC0 "vfio-msix[0](" BDF ")"
#define VEC1 "vfio-msix[1](" BDF ")"
#define HALT "/sys/module/kvm/parameters/halt_poll_ns"
#define SCHED "/sys/block/vda/queue/scheduler"

enum moment { BEFORE, TORN, BEHIND, MOMENTS };

static struct {
	bool armed;
	unsigned calls, at; /* at 0 = never */
	enum moment how;
	int tree;
} hook;

static void die(void)
{
	syscall(SYS_kill, getpid(), SIGKILL);
}

/* True when this call is the one. */
static bool counted(void)
{
	return hook.armed && ++hook.calls == hook.at;
}

static void raw_put(const char *path, const char *text)
{
	int fd = openat(hook.tree, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	syscall(SYS_write, fd, text, strlen(text));
	close(fd);
}

static void raw_get(const char *path, char *buf, size_t size)
{
	int fd = openat(hook.tree, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

#define DEVICE "sys/bus/pci/devices/" BDF

static void probe(void)
{
	char override[64], target[128];

	raw_get(DEVICE "/driver_override", override, sizeof(override));
	snprintf(target, sizeof(target), "../../drivers/%s", strcmp(override, "(null)") ? override : "nvme");
	syscall(SYS_symlinkat, target, hook.tree, DEVICE "/driver");
}

static bool ends(const char *path, const char *end)
{
	size_t len = strlen(path), n = strlen(end);

	return len >= n && !strcmp(path + len - n, end);
}

/* What a kernel makes of text written to this file. */
static void kernel(const char *path, const char *text)
{
	if (ends(path, "/unbind")) {
		unlinkat(hook.tree, DEVICE "/driver", 0);
		raw_put(strstr(path, "sys/bus"), "");
	} else if (ends(path, "/drivers_probe")) {
		probe();
		raw_put("sys/bus/pci/drivers_probe", "");
	} else if (ends(path, "/driver_override")) {
		raw_put(DEVICE "/driver_override", text[0] == '\n' ? "(null)\n" : "vfio-pci\n");
	} else if (ends(path, SCHED)) {
		raw_put(&SCHED[1], strcmp(text, "none") ? "[mq-deadline] none\n" : "mq-deadline [none]\n");
	} else if (!ends(path, "undo.log")) {
		char line[300];

		snprintf(line, sizeof(line), "%s\n", text);
		raw_put(strstr(path, "/proc/") ? strstr(path, "/proc/") + 1 : strstr(path, "/sys/") + 1,
			line);
	}
}

static void path_of(int fd, char *path, size_t size)
{
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, size - 1);
	path[n > 0 ? n : 0] = '\0';
}

ssize_t write(int fd, const void *data, size_t len)
{
	char path[PATH_MAX], text[256];
	bool now = counted();
	ssize_t n;

	path_of(fd, path, sizeof(path));
	if (now && hook.how == TORN && ends(path, "undo.log"))
		syscall(SYS_write, fd, data, len / 2);
	if (now && hook.how != BEHIND)
		die(); /* a file of sysfs takes a value whole or not at all */
	n = syscall(SYS_write, fd, data, len);
	snprintf(text, sizeof(text), "%.*s", (int)(len < 255 ? len : 255), (const char *)data);
	if (hook.armed && (strstr(path, "/sys/") || strstr(path, "/proc/irq")))
		kernel(path, text);
	if (now)
		die();
	return n;
}

int fdatasync(int fd)
{
	bool now = counted();

	(void)fd; /* what is written survives the process without it; syncing would only take time here */
	if (now)
		die();
	return 0;
}

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
	bool now = counted();
	int rc;

	if (now && hook.how != BEHIND)
		die();
	rc = (int)syscall(SYS_sched_setaffinity, pid, size, set);
	if (now)
		die();
	return rc;
}

struct machine {
	struct faketree tree;
	char log[256];
	pid_t sleeper; /* its CPUs are changed, too */
};

static void fill(struct faketree *f)
{
	fake_put(f, "proc/sys/kernel/random/boot_id", "boot-1\n");
	fake_put(f, "proc/interrupts",
		 "            CPU0       CPU1       CPU2\n"
		 " 24:          1          2          0  IR-PCI-MSIX-" BDF "    0-edge      " VEC0 "\n"
		 " 25:          5          6          0  IR-PCI-MSIX-" BDF "    1-edge      " VEC1 "\n");
	fake_put(f, "proc/irq/24/smp_affinity_list", "0-2\n");
	fake_put(f, "proc/irq/25/smp_affinity_list", "1\n");
	fake_put(f, "sys/module/kvm/parameters/halt_poll_ns", "200000\n");
	fake_put(f, "sys/block/vda/queue/scheduler", "[mq-deadline] none\n");
	fake_put(f, DEVICE "/vendor", "0x1b36\n");
	fake_put(f, DEVICE "/driver_override", "(null)\n");
	fake_put(f, "sys/bus/pci/drivers/nvme/unbind", "");
	fake_put(f, "sys/bus/pci/drivers/vfio-pci/unbind", "");
	fake_put(f, "sys/bus/pci/drivers_probe", "");
	fake_link(f, "../../drivers/nvme", DEVICE "/driver");
	fake_put(f, "run/libvirt/qemu/db.pid", "1\n");
	fake_put(f, "bin/vcpu0", "0-7\n");
	fake_put(f, "bin/virsh",
		 "#!/bin/sh\n"
		 "d=${0%/*}\n"
		 "[ \"$6\" = --cpulist ] && { echo \"$7\" >\"$d/vcpu0\"; exit; }\n"
		 "read -r c <\"$d/vcpu0\"; echo \" 0      $c\"\n");
	assert_int_equal(fchmodat(f->dir.fd, "bin/virsh", 0755, 0), 0);
}

static int setup(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));
	char path[512];

	fake_make(&m->tree);
	fill(&m->tree);
	hook.tree = m->tree.dir.fd;
	snprintf(m->log, sizeof(m->log), "%s/undo.log", m->tree.dir.path);
	snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", m->tree.dir.path);
	setenv("PATH", path, 1);
	m->sleeper = fork();
	if (m->sleeper == 0)
		for (;;)
			pause();
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct machine *m = *state;

	kill(m->sleeper, SIGKILL);
	waitpid(m->sleeper, NULL, 0);
	fake_remove(&m->tree);
	free(m);
	return 0;
}

/* Every file and link with what it holds, and the sleeper's CPUs; in order of names. The log is not of the
 * machine. */
static struct pb_strv *seen;

static int see(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char text[1024] = "";
	int fd;

	(void)st;
	(void)ftw;
	if (ends(path, "undo.log"))
		return 0;
	if (type == FTW_SL) {
		ssize_t n = readlink(path, text, sizeof(text) - 1);

		text[n > 0 ? n : 0] = '\0';
	} else if (type == FTW_F) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (read(fd, text, sizeof(text) - 1) < 0)
			return -1;
		close(fd);
	}
	return pb_strv_addf(seen, "%s=%s", path, text);
}

static char *picture(const struct machine *m)
{
	struct pb_strv lines = {0};
	struct pb_buf all = {0};
	char cpus[512];

	seen = &lines;
	assert_int_equal(nftw(m->tree.dir.path, see, 16, FTW_PHYS), 0);
	pb_strv_sort(&lines);
	for (size_t i = 0; i < lines.n; i++)
		pb_buf_printf(&all, "%s\n", lines.v[i]);
	pb_strv_fini(&lines);
	assert_int_equal(pb_pin_get(m->sleeper, cpus, sizeof(cpus)), 0);
	pb_buf_printf(&all, "sleeper=%s\n", cpus);
	return all.data;
}

static bool change_all(struct pb_undo *u, const struct machine *m, const char *cpu)
{
	return pb_undo_bind(u, BDF, "vfio-pci", NULL) == 0 && pb_undo_write(u, HALT, "0", NULL) == 0 &&
	       pb_undo_write(u, SCHED, "none", NULL) == 0 && pb_undo_affinity(u, BDF, VEC0, "2", NULL) == 0 &&
	       pb_undo_affinity(u, BDF, VEC1, "0", NULL) == 0 &&
	       pb_undo_pin(u, m->sleeper, "vcpu0", cpu, NULL) == 0 &&
	       pb_undo_domain_pin(u, "db", 0, "3", NULL) == 0;
}

/* A tuning in short: change, take some back, change again, keep, take back the rest. */
static int tuning(const struct machine *m, bool to_the_end)
{
	struct pb_undo *u = NULL;

	if (pb_undo_open(&u, &m->tree.root, m->log, NULL) < 0 || !change_all(u, m, "0"))
		return 1;
	if (!to_the_end)
		die();
	if (pb_undo_revert(u, 5, NULL) < 0 || pb_undo_affinity(u, BDF, VEC1, "2", NULL) < 0 ||
	    pb_undo_keep(u, 1, NULL) < 0 || pb_undo_write(u, HALT, "7", NULL) < 0 ||
	    pb_undo_revert(u, UINT_MAX, NULL) < 0)
		return 2;
	pb_undo_close(u);
	return 0;
}

/* Runs what in a child that is killed at call `at`. True when it was; false: it came to its end before. */
static bool killed(const struct machine *m, unsigned at, enum moment how, int what)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		hook.armed = true;
		hook.calls = 0;
		hook.at = at;
		hook.how = how;
		_exit(what == 2 ? pb_rollback(&m->tree.root, m->log, true, NULL) < 0 : tuning(m, what == 1));
	}
	waitpid(pid, &status, 0);
	if (!WIFSIGNALED(status) && WEXITSTATUS(status) != 0)
		fail_msg("the child failed (%d) at call %u", WEXITSTATUS(status), at);
	return WIFSIGNALED(status);
}

static void rolled_back(struct machine *m, const char *start, unsigned at, enum moment how)
{
	struct pb_err err = PB_ERR_INIT;
	char *now;

	hook.armed = true; /* the kernel goes on living */
	hook.at = 0;
	if (pb_rollback(&m->tree.root, m->log, true, &err) < 0)
		fail_msg("rollback after call %u, moment %d: %s", at, how, err.msg);
	if (pb_rollback(&m->tree.root, m->log, true, &err) != 0)
		fail_msg("a second rollback after call %u, moment %d found something to do", at, how);
	hook.armed = false;
	now = picture(m);
	if (strcmp(now, start) != 0)
		fail_msg("killed at call %u, moment %d: not as it was:\n%s", at, how, now);
	free(now);
	unlink(m->log);
}

static void any_step_of_a_tuning(void **state)
{
	struct machine *m = *state;
	char *start = picture(m);
	unsigned steps = 0;

	for (enum moment how = BEFORE; how < MOMENTS; how++) {
		for (unsigned at = 1; killed(m, at, how, 1); at++) {
			rolled_back(m, start, at, how);
			steps++;
		}
		rolled_back(m, start, 0, how); /* of the one that came to its end */
	}
	print_message("%u kills\n", steps);
	assert_true(steps > 3 * 40);
	free(start);
}

static void any_step_of_the_rollback(void **state)
{
	struct machine *m = *state;
	char *start = picture(m);
	unsigned steps = 0;

	for (enum moment how = BEFORE; how < MOMENTS; how++) {
		for (unsigned at = 1;; at++) {
			assert_true(killed(m, 0, how, 0));
			if (!killed(m, at, how, 2))
				break;
			rolled_back(m, start, at, how);
			steps++;
		}
		rolled_back(m, start, 0, how);
	}
	print_message("%u kills\n", steps);
	assert_true(steps > 3 * 15);
	free(start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(any_step_of_a_tuning, setup, teardown),
		cmocka_unit_test_setup_teardown(any_step_of_the_rollback, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
