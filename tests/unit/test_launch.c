/*
 * The micro guest's arguments and files: cache and aio modes as QEMU defines them, and
 * one sentence for everything that is missing. Booting one is the lab's business.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/run/guest/launch_args.h"

static char dir[32], disk[64];

static int setup(void **state)
{
	int fd;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/pb-launch.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(disk, sizeof(disk), "%s/disk,1", dir);
	fd = open(disk, O_CREAT | O_WRONLY, 0600);
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static struct pb_launch_opts options(const char *cache, const char *aio)
{
	struct pb_launch_opts o = {.vcpus = 2, .mem_mib = 512};

	o.attach.kind = PB_ATTACH_VIRTIO_BLK;
	o.attach.iothread = true;
	snprintf(o.attach.cache, sizeof(o.attach.cache), "%s", cache);
	snprintf(o.attach.aio, sizeof(o.attach.aio), "%s", aio);
	snprintf(o.block, sizeof(o.block), "%s", disk);
	return o;
}

/* All arguments as one text; the caller frees. NULL when refused. */
static char *command_line(const struct pb_launch_opts *o, struct pb_err *err)
{
	struct pb_launch_files f = {.kernel = "/k"};
	struct pb_strv argv = {0};
	struct pb_buf b = {0};
	int rc = pb_launch_args(&argv, &f, o, "/w,d", err);

	for (size_t i = 0; i < argv.n; i++)
		pb_buf_printf(&b, " %s", argv.v[i]);
	pb_strv_fini(&argv);
	if (rc == 0)
		return b.data;
	pb_buf_fini(&b);
	return NULL;
}

static void expect(const struct pb_launch_opts *o, const char *const *words)
{
	char *line = command_line(o, NULL);

	assert_non_null(line);
	for (; *words; words++)
		if (!strstr(line, *words))
			fail_msg("no \"%s\" in \"%s\"", *words, line);
	free(line);
}

/* writeback, direct, no-flush of each mode: the table in QEMU's manual. */
static void test_cache_modes(void **state)
{
	static const struct {
		const char *cache, *writeback, *blockdev;
	} modes[] = {
		{"none", "write-cache=on", "cache.direct=on,cache.no-flush=off"},
		{"writeback", "write-cache=on", "cache.direct=off,cache.no-flush=off"},
		{"writethrough", "write-cache=off", "cache.direct=off,cache.no-flush=off"},
		{"directsync", "write-cache=off", "cache.direct=on,cache.no-flush=off"},
		{"unsafe", "write-cache=on", "cache.direct=off,cache.no-flush=on"},
		{"", "write-cache=on", "cache.direct=on,cache.no-flush=off"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct pb_launch_opts o = options(modes[i].cache, "io_uring");

		expect(&o,
		       (const char *const[]){modes[i].writeback, modes[i].blockdev, "aio=io_uring", NULL});
	}
}

static void test_native_needs_direct(void **state)
{
	static const char *const caches[] = {"writeback", "writethrough", "unsafe"};
	struct pb_launch_opts o = options("none", "native");

	(void)state;
	expect(&o, (const char *const[]){"aio=native", NULL});
	o = options("directsync", "native");
	expect(&o, (const char *const[]){"aio=native", NULL});
	for (size_t i = 0; i < 3; i++) {
		struct pb_err err = PB_ERR_INIT;

		o = options(caches[i], "native");
		assert_null(command_line(&o, &err));
		assert_int_equal(err.status, PB_USAGE);
		assert_non_null(strstr(err.msg, "aio=native"));
	}
}

static void refused(struct pb_launch_opts o, const char *word)
{
	struct pb_err err = PB_ERR_INIT;

	assert_null(command_line(&o, &err));
	assert_int_equal(err.status, PB_USAGE);
	if (!strstr(err.msg, word))
		fail_msg("no \"%s\" in \"%s\"", word, err.msg);
}

static void test_bad_options(void **state)
{
	struct pb_launch_opts o;

	(void)state;
	refused(options("fast", "threads"), "fast");
	refused(options("none", "posix"), "posix");
	o = options("none", "threads");
	o.vcpus = 0;
	refused(o, "vCPUs");
	o.vcpus = 65;
	refused(o, "vCPUs");
	o = options("none", "threads");
	o.mem_mib = 255;
	refused(o, "255");
	o = options("none", "threads");
	snprintf(o.block, sizeof(o.block), "/nonexistent/disk");
	refused(o, "/nonexistent/disk");
}

static void test_names(void **state)
{
	struct pb_launch_opts o = options("none", "threads");

	(void)state;
	snprintf(o.serial, sizeof(o.serial), "A,B");
	o.readonly = true;
	expect(&o, (const char *const[]){"driver=file,", "disk,,1,", "serial=A,,B", "read-only=on",
					 "iothread=io0", "path=/w,,d/agent.sock,", "name=org.passbench.0",
					 "-smp 2", "-m 512", "-accel kvm", "-cpu host", "debug-threads=on",
					 "-no-reboot", NULL});
	o.attach.iothread = false;
	char *line = command_line(&o, NULL);

	assert_null(strstr(line, "iothread"));
	free(line);
}

static void test_vfio(void **state)
{
	struct pb_launch_opts o = {.vcpus = 1, .mem_mib = 256, .bdf = "0000:00:10.0", .accel = "tcg"};
	char *line;

	(void)state;
	expect(&o, (const char *const[]){"vfio-pci,host=0000:00:10.0", "-accel tcg", "-cpu max", NULL});
	line = command_line(&o, NULL);
	assert_null(strstr(line, "-blockdev"));
	free(line);
}

static void test_vsock_and_poll_queues(void **state)
{
	struct pb_launch_opts o = options("none", "io_uring");

	(void)state;
	o.cid = 77;
	o.poll_queues = 2;
	expect(&o, (const char *const[]){"vhost-vsock-pci,guest-cid=77",
					 "panic=-1 passbench.vsock=7711 nvme.poll_queues=2", NULL});
}

static void missing(const struct pb_launch_opts *o, const char *word)
{
	struct pb_launch_files f;
	struct pb_err err = PB_ERR_INIT;

	assert_true(pb_launch_find(&f, o, &err) < 0);
	assert_int_equal(err.status, PB_MISSING);
	if (!strstr(err.msg, word))
		fail_msg("no \"%s\" in \"%s\"", word, err.msg);
}

static void make_program(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_CREAT | O_WRONLY, 0755);
	assert_true(fd >= 0);
	close(fd);
}

static void test_find(void **state)
{
	struct pb_launch_opts o = {.vcpus = 1};
	struct pb_launch_files f;
	char agent[64];

	(void)state;
	snprintf(o.kernel, sizeof(o.kernel), "/nonexistent/vmlinuz-6.1");
	missing(&o, "/nonexistent/vmlinuz-6.1");
	snprintf(o.kernel, sizeof(o.kernel), "%s/vmlinuz-6.1.0-x-y", dir);
	make_program("vmlinuz-6.1.0-x-y");
	snprintf(agent, sizeof(agent), "%s/passbench-agent", dir);
	setenv("PASSBENCH_AGENT", agent, 1);
	missing(&o, agent);
	make_program("passbench-agent");
	missing(&o, "fio-static");
	make_program("fio-static");
	assert_int_equal(pb_launch_find(&f, &o, NULL), 0);
	assert_string_equal(f.modules, "/lib/modules/6.1.0-x-y");
	snprintf(o.modules, sizeof(o.modules), "/tree");
	assert_int_equal(pb_launch_find(&f, &o, NULL), 0);
	assert_string_equal(f.modules, "/tree");
	unsetenv("PASSBENCH_AGENT");
}

/* QEMU that cannot be run: said at once, nothing left behind. */
static void test_no_qemu(void **state)
{
	struct pb_launch_opts o = options("none", "threads");
	struct pb_err err = PB_ERR_INIT;
	struct pb_launch *l = NULL;
	char agent[64];

	(void)state;
	snprintf(agent, sizeof(agent), "%s/passbench-agent", dir);
	setenv("PASSBENCH_AGENT", agent, 1);
	snprintf(o.kernel, sizeof(o.kernel), "%s/vmlinuz-6.1.0-x-y", dir);
	snprintf(o.accel, sizeof(o.accel), "tcg");
	snprintf(o.qemu, sizeof(o.qemu), "/nonexistent/qemu");
	snprintf(o.modules, sizeof(o.modules), "/nonexistent/tree");
	assert_true(pb_launch_start(&l, &o, dir, &err) < 0);
	assert_non_null(strstr(err.msg, "/nonexistent/tree"));
	assert_null(l);
	unsetenv("PASSBENCH_AGENT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cache_modes),
		cmocka_unit_test(test_native_needs_direct),
		cmocka_unit_test(test_bad_options),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_vsock_and_poll_queues),
		cmocka_unit_test(test_vfio),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_no_qemu),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
