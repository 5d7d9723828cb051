/* Domains of libvirt: found by their pid files; pinned through a virsh that answers as virsh 9.0 does; put
 * back. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine/run/host/libvirt.h"
#include "engine/run/host/undo.h"
#include "tests/unit/faketree.h"

/* Keeps each vCPU's CPUs in a file beside itself; refuses a domain that is not there. */
static const char fake_virsh[] = "#!/bin/sh\n"
				 "dir=$(dirname \"$0\")\n"
				 "[ \"$1 $2 $4\" = 'vcpupin --domain --vcpu' ] || exit 1\n"
				 "[ \"$3\" = 'db 1' ] || exit 1\n"
				 "if [ \"$6\" = --cpulist ]; then\n"
				 "	echo \"$7\" >\"$dir/vcpu$5\"\n"
				 "	echo\n"
				 "else\n"
				 "	echo ' VCPU   CPU Affinity'\n"
				 "	echo '----------------------'\n"
				 "	echo \" $5      $(cat \"$dir/vcpu$5\")\"\n"
				 "	echo\n"
				 "fi\n";

static int setup(void **state)
{
	struct faketree *f = calloc(1, sizeof(*f));
	char path[512];

	fake_make(f);
	fake_put(f, "proc/sys/kernel/random/boot_id", "boot-1\n");
	fake_put(f, "run/libvirt/qemu/db 1.pid", "4242\n");
	fake_put(f, "run/libvirt/qemu/db 1.xml", "<domstatus/>\n");
	fake_put(f, "run/libvirt/qemu/web.pid", "77\n");
	fake_put(f, "bin/virsh", fake_virsh);
	fake_put(f, "bin/vcpu0", "0-7\n");
	assert_int_equal(fchmodat(f->dir.fd, "bin/virsh", 0755, 0), 0);
	snprintf(path, sizeof(path), "%s/bin:/usr/bin:/bin", f->dir.path);
	setenv("PATH", path, 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fake_remove(*state);
	free(*state);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	return 0;
}

static void expect(const struct faketree *f, const char *cpus)
{
	char now[64];

	assert_true(pb_root_read(&f->root, now, sizeof(now), "/bin/vcpu0") > 0);
	assert_string_equal(now, cpus);
}

static void a_domain_is_found_by_its_pid(void **state)
{
	struct faketree *f = *state;
	char name[PB_DOMAIN_MAX] = "";

	assert_true(pb_libvirt_domain(&f->root, 4242, name));
	assert_string_equal(name, "db 1");
	assert_false(pb_libvirt_domain(&f->root, 4243, name));
	assert_true(pb_libvirt_runs(&f->root, "web"));
	assert_false(pb_libvirt_runs(&f->root, "gone"));
}

static void a_pin_goes_through_virsh_and_back(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	char log[256];

	snprintf(log, sizeof(log), "%s/undo.log", f->dir.path);
	assert_int_equal(pb_undo_open(&u, &f->root, log, NULL), 0);
	assert_int_equal(pb_undo_domain_pin(u, "db 1", 0, "2", NULL), 0);
	expect(f, "2");
	pb_undo_close(u);
	assert_int_equal(pb_rollback(&f->root, log, false, NULL), 1);
	expect(f, "0-7");
}

static void a_domain_that_has_ended_needs_no_undoing(void **state)
{
	struct faketree *f = *state;
	struct pb_undo *u = NULL;
	char log[256];

	snprintf(log, sizeof(log), "%s/undo.log", f->dir.path);
	assert_int_equal(pb_undo_open(&u, &f->root, log, NULL), 0);
	assert_int_equal(pb_undo_domain_pin(u, "db 1", 0, "2", NULL), 0);
	assert_int_equal(unlinkat(f->dir.fd, "run/libvirt/qemu/db 1.pid", 0), 0);
	assert_int_equal(pb_undo_revert(u, UINT_MAX, NULL), 0);
	assert_int_equal(pb_undo_standing(u), 0);
	pb_undo_close(u);
}

static void without_virsh_nothing_is_changed(void **state)
{
	struct faketree *f = *state;
	struct pb_err err = PB_ERR_INIT;
	char list[64];

	assert_true(pb_libvirt_pin_get("nosuch", 0, list, sizeof(list), &err) < 0);
	assert_non_null(strstr(err.msg, "refused"));
	err = (struct pb_err)PB_ERR_INIT;
	setenv("PATH", "/nonexistent", 1);
	assert_true(pb_libvirt_pin_set("db 1", 0, "2", &err) < 0);
	assert_int_equal(err.status, PB_MISSING);
	assert_non_null(strstr(err.msg, "libvirt-clients"));
	expect(f, "0-7");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_domain_is_found_by_its_pid),
		T(a_pin_goes_through_virsh_and_back),
		T(a_domain_that_has_ended_needs_no_undoing),
		T(without_virsh_nothing_is_changed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
