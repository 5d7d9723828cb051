/*
 * The lab without booting it: its table, its command line, its command script,
 * and the sentences for what is missing. The boot itself is tests/lab's.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/lab/machine.h"
#include "engine/lib/remove_tree.h"
#include "engine/run/host/spawn.h"

static const struct pb_lab_paths paths = {.cache = "/c",
					  .qemu = "/c/qemu",
					  .kernel = "/c/vmlinuz",
					  .release = "6",
					  .tree = "/c/m",
					  .work = "/w"};

static char *machine(const struct pb_scenario *s, const struct pb_lab_opts *o)
{
	struct pb_strv argv = {0};
	struct pb_buf b = {0};

	assert_int_equal(pb_lab_machine_args(&argv, s, &paths, o, NULL), 0);
	for (size_t i = 0; i < argv.n; i++)
		pb_buf_printf(&b, " %s", argv.v[i]);
	pb_strv_fini(&argv);
	return b.data;
}

static void test_scenarios(void **state)
{
	(void)state;
	assert_non_null(pb_scenarios[0].name);
	for (const struct pb_scenario *s = pb_scenarios; s->name; s++) {
		assert_ptr_equal(pb_scenario_find(s->name), s); /* names are unique */
		assert_true(s->help[0] && s->cpus >= 1 && s->mem_mib >= 1024);
		assert_non_null(s->disks[0].serial);
		assert_true(s->nodes <= 1 || s->cpus % s->nodes == 0);
		for (unsigned i = 0; s->disks[i].serial; i++) {
			assert_true(strlen(s->disks[i].serial) <= 20 && s->disks[i].size_mib > 0);
			for (unsigned k = 0; k < i; k++)
				assert_string_not_equal(s->disks[i].serial, s->disks[k].serial);
		}
	}
	assert_null(pb_scenario_find("no-such"));
}

static void test_every_machine_has_what_passthrough_needs(void **state)
{
	const struct pb_lab_opts o = {.out = "/out,1"};

	(void)state;
	for (const struct pb_scenario *s = pb_scenarios; s->name; s++) {
		char *line = machine(s, &o);

		assert_non_null(strstr(line, "+svm"));
		assert_non_null(strstr(line, "intel-iommu,intremap=on,caching-mode=on"));
		assert_non_null(strstr(line, "path=/,security_model=none,multidevs=remap,readonly=on"));
		assert_non_null(strstr(line, "path=/out,,1,"));
		assert_non_null(strstr(line, s->disks[0].serial));
		if (!s->disks[0].shared_switch && !s->disks[0].far)
			assert_non_null(strstr(line, "addr=0x10"));
		free(line);
	}
}

static void test_shared_throttle_group_is_made_once(void **state)
{
	const struct pb_scenario s = {
		.name = "x",
		.cpus = 2,
		.mem_mib = 1024,
		.disks = {{.serial = "A", .size_mib = 1, .mbytes_s = 200, .group = "uplink"},
			  {.serial = "B", .size_mib = 1, .group = "uplink"},
			  {.serial = "C", .size_mib = 1, .iops = 5}}};
	const struct pb_lab_opts o = {.shell = true};
	char *line = machine(&s, &o), *first = strstr(line, "throttle-group,id=uplink,");

	(void)state;
	assert_non_null(first);
	assert_null(strstr(first + 1, "throttle-group,id=uplink,"));
	assert_non_null(strstr(line, "x-bps-total=200000000"));
	assert_non_null(strstr(line, "node-name=disk1,throttle-group=uplink"));
	assert_non_null(strstr(line, "throttle-group,id=limit2,x-iops-total=5,"));
	assert_null(strstr(line, "mount_tag=results"));
	assert_non_null(strstr(line, "virtconsole"));
	free(line);
}

static void test_disks_behind_one_switch(void **state)
{
	const struct pb_scenario s = {.name = "x",
				      .cpus = 2,
				      .mem_mib = 1024,
				      .disks = {{.serial = "A", .size_mib = 1, .shared_switch = true},
						{.serial = "B", .size_mib = 1},
						{.serial = "C", .size_mib = 1, .shared_switch = true}}};
	char *line = machine(&s, &(const struct pb_lab_opts){0}),
	     *up = strstr(line, "x3130-upstream,id=switch");

	(void)state;
	assert_non_null(up);
	assert_null(strstr(up + 1, "x3130-upstream"));
	assert_non_null(strstr(line, "xio3130-downstream,id=port0,bus=switch,"));
	assert_non_null(strstr(line, "xio3130-downstream,id=port2,bus=switch,"));
	assert_non_null(strstr(line, "serial=A,bus=port0"));
	assert_non_null(strstr(line, "serial=B,addr=0x11"));
	assert_non_null(strstr(line, "serial=C,bus=port2"));
	free(line);
}

static void test_a_disk_on_the_far_node(void **state)
{
	const struct pb_scenario s = {
		.name = "x", .cpus = 4, .mem_mib = 2048, .nodes = 2, .disks = {{.serial = "A", .far = true}}};
	char *line = machine(&s, &(const struct pb_lab_opts){0});

	(void)state;
	assert_non_null(strstr(line, "memory-backend-ram,id=mem1,size=1024M"));
	assert_non_null(strstr(line, "node,nodeid=0,cpus=0-1,memdev=mem0"));
	assert_non_null(strstr(line, "node,nodeid=1,cpus=2-3,memdev=mem1"));
	assert_non_null(strstr(line, "pxb-pcie,id=far,bus_nr=128,bus=pcie.0,numa_node=1"));
	assert_non_null(strstr(line, "serial=A,bus=port0"));
	free(line);
}

static void test_options_are_words(void **state)
{
	struct pb_scenario s = {.name = "x", .guest = "launch", .disks = {{.serial = "A"}}};
	struct pb_strv v = {0};

	(void)state;
	assert_int_equal(pb_scenario_options(&s, &v), 0);
	assert_int_equal(v.n, 6);
	assert_string_equal(v.v[1], "A");
	assert_string_equal(v.v[3], "launch");
	assert_string_equal(v.v[5], "4s");
	pb_strv_fini(&v);
	s.attach = "virtio-blk";
	s.options = " --depth  1,2 ";
	assert_int_equal(pb_scenario_options(&s, &v), 0);
	assert_int_equal(v.n, 8);
	assert_string_equal(v.v[5], "virtio-blk");
	assert_string_equal(v.v[6], "--depth");
	assert_string_equal(v.v[7], "1,2");
	pb_strv_fini(&v);
}

/* It does not hold the command up, nor speak, and knows which passbench started the machine. */
static void test_what_runs_beside(void **state)
{
	const char *argv[] = {"sh", "-c", "while [ ! -s \"$1\" ]; do :; done; cat \"$1\"", "sh", NULL, NULL};
	char dir[] = "/tmp/passbench-beside-XXXXXX", beside[256], file[64];
	struct pb_buf script = {0}, out = {0};
	const struct pb_scenario s = {.name = "x", .beside = beside};
	const struct pb_lab_opts o = {.argv = argv};

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/f", dir);
	snprintf(beside, sizeof(beside), "echo noise; echo ${PASSBENCH##*/} >%s.new; mv %s.new %s", file,
		 file, file);
	argv[4] = file;
	assert_int_equal(pb_lab_command(&script, &o, &s, NULL), 0);
	const char *const run[] = {"sh", "-c", script.data, NULL};

	assert_int_equal(pb_spawn_capture(run, &out, 4096, NULL), 0);
	assert_string_equal(out.data, "test_lab\n");
	pb_remove_tree(dir);
	pb_buf_fini(&script);
	pb_buf_fini(&out);
}

/* A command that would start before the planted bottleneck is there measures another machine. */
static void test_the_command_waits_for_what_runs_beside(void **state)
{
	const char *const argv[] = {"sh", "-c", "echo command >>f; cat f", NULL};
	char dir[] = "/tmp/passbench-beside-XXXXXX", cwd[PATH_MAX];
	const struct pb_scenario s = {
		.name = "x", .beside = "sleep 0.5; echo beside >f", .beside_ready = "[ -e f ]"};
	const struct pb_lab_opts o = {.argv = argv};
	struct pb_buf script = {0}, out = {0};

	(void)state;
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(pb_lab_command(&script, &o, &s, NULL), 0);
	const char *const run[] = {"sh", "-c", script.data, NULL};

	assert_int_equal(pb_spawn_capture(run, &out, 4096, NULL), 0);
	assert_string_equal(out.data, "beside\ncommand\n");
	assert_int_equal(chdir(cwd), 0);
	pb_remove_tree(dir);
	pb_buf_fini(&script);
	pb_buf_fini(&out);
}

/* Memory is taken from the node of the CPUs that a program runs on. */
static void test_the_command_has_a_home(void **state)
{
	const char *const argv[] = {"sed", "-n", "s/^Cpus_allowed_list:.//p", "/proc/self/status", NULL};
	const struct pb_scenario s = {.name = "x", .home = "0"};
	const struct pb_lab_opts o = {.argv = argv};
	struct pb_buf script = {0}, out = {0};

	(void)state;
	assert_int_equal(pb_lab_command(&script, &o, &s, NULL), 0);
	const char *const run[] = {"sh", "-c", script.data, NULL};

	assert_int_equal(pb_spawn_capture(run, &out, 4096, NULL), 0);
	assert_string_equal(out.data, "0\n");
	pb_buf_fini(&script);
	pb_buf_fini(&out);
}

/* What the script does is the proof, not how it looks. */
static void test_command_is_quoted(void **state)
{
	const char *const nasty[] = {"printf", "%s|", "a b",       "it's", "$HOME", "`id`",
				     "\"",     "",    "new\nline", "\\",   NULL};
	const struct pb_lab_opts o = {.argv = nasty};
	struct pb_buf script = {0}, out = {0};

	(void)state;
	setenv("PASSBENCH_TEST", "1'2 $3", 1);
	assert_int_equal(pb_lab_command(&script, &o, &(struct pb_scenario){.name = "default"}, NULL), 0);
	const char *const run[] = {"sh", "-c", script.data, NULL};

	assert_int_equal(pb_spawn_capture(run, &out, 4096, NULL), 0);
	assert_string_equal(out.data, "a b|it's|$HOME|`id`|\"||new\nline|\\|");
	pb_buf_clear(&script);
	pb_buf_clear(&out);

	const char *const show[] = {"sh", "-c", "echo \"$PASSBENCH_TEST $PASSBENCH_LAB $(pwd)\"", NULL};
	const struct pb_lab_opts env = {.argv = show};

	assert_int_equal(pb_lab_command(&script, &env, &(struct pb_scenario){.name = "two"}, NULL), 0);
	const char *const again[] = {"env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", script.data, NULL};

	assert_int_equal(pb_spawn_capture(again, &out, 4096, NULL), 0);
	assert_memory_equal(out.data, "1'2 $3 two /", 12);
	pb_buf_fini(&script);
	pb_buf_fini(&out);
}

static void test_bad_input(void **state)
{
	const char *const argv[] = {"true", NULL};
	struct pb_lab_opts o = {.argv = argv, .scenario = "no-such"};
	struct pb_err err = PB_ERR_INIT;
	int status = -1;

	(void)state;
	assert_int_equal(pb_lab_run(&o, &status, &err), -EINVAL);
	assert_int_equal(err.status, PB_USAGE);
	assert_non_null(strstr(err.msg, pb_scenarios[0].name));
	err = (struct pb_err)PB_ERR_INIT;
	o.scenario = NULL;
	setenv("PASSBENCH_CACHE", "/nonexistent/cache", 1);
	assert_int_equal(pb_lab_run(&o, &status, &err), -ENOENT);
	assert_int_equal(err.status, PB_MISSING);
	assert_non_null(strstr(err.msg, "make deps"));
	assert_int_equal(status, -1);
	unsetenv("PASSBENCH_CACHE");
}

/* A QEMU that ends at once: its own words are in the message, and its logs are kept for reading. */
static void test_machine_that_does_not_come_up(void **state)
{
	char cache[] = "/tmp/pb-lab-test.XXXXXX", work[64], command[1024];
	const char *const argv[] = {"true", NULL};
	struct pb_lab_opts o = {.argv = argv, .workdir = work};
	struct pb_err err = PB_ERR_INIT;
	struct pb_lab_paths real;
	int status = -1;

	(void)state;
	if (pb_lab_paths_find(&real, NULL) < 0)
		skip();
	assert_non_null(mkdtemp(cache));
	snprintf(work, sizeof(work), "%s/work", cache);
	snprintf(command, sizeof(command),
		 "mkdir -p %s/qemu-10/usr/bin %s && ln -s %s/linux-6.12 %s/ &&"
		 "printf '#!/bin/sh\\necho no such machine >&2\\nexit 1\\n' "
		 ">%s/qemu-10/usr/bin/qemu-system-x86_64 &&"
		 "chmod 755 %s/qemu-10/usr/bin/qemu-system-x86_64",
		 cache, work, real.cache, cache, cache, cache);
	assert_int_equal(system(command), 0);
	setenv("PASSBENCH_CACHE", cache, 1);
	assert_true(pb_lab_run(&o, &status, &err) < 0);
	unsetenv("PASSBENCH_CACHE");
	pb_remove_tree(cache);
	assert_int_equal(err.status, PB_MISSING);
	assert_non_null(strstr(err.msg, "no such machine"));
	assert_non_null(strstr(err.msg, "qemu.log"));
	assert_int_equal(status, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scenarios),
		cmocka_unit_test(test_every_machine_has_what_passthrough_needs),
		cmocka_unit_test(test_shared_throttle_group_is_made_once),
		cmocka_unit_test(test_disks_behind_one_switch),
		cmocka_unit_test(test_a_disk_on_the_far_node),
		cmocka_unit_test(test_options_are_words),
		cmocka_unit_test(test_what_runs_beside),
		cmocka_unit_test(test_the_command_waits_for_what_runs_beside),
		cmocka_unit_test(test_the_command_has_a_home),
		cmocka_unit_test(test_command_is_quoted),
		cmocka_unit_test(test_bad_input),
		cmocka_unit_test(test_machine_that_does_not_come_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
