/*
 * virsh as a child process (docs/architecture.md says why not the library).
 */
#include "engine/run/host/libvirt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run/host/spawn.h"

#define PIDS "/run/libvirt/qemu"
#define OUTPUT_MAX 65536

bool pb_libvirt_domain(const struct pb_root *root, pid_t pid, char name[PB_DOMAIN_MAX])
{
	struct pb_strv files = {0};
	bool found = false;
	int64_t owner;

	pb_root_list(root, &files, PIDS);
	for (size_t i = 0; i < files.n && !found; i++) {
		size_t len = strlen(files.v[i]);

		if (len <= 4 || len - 4 >= PB_DOMAIN_MAX || strcmp(files.v[i] + len - 4, ".pid") != 0 ||
		    pb_root_i64(root, &owner, PIDS "/%s", files.v[i]) < 0 || owner != pid)
			continue;
		snprintf(name, PB_DOMAIN_MAX, "%.*s", (int)(len - 4), files.v[i]);
		found = true;
	}
	pb_strv_fini(&files);
	return found;
}

bool pb_libvirt_runs(const struct pb_root *root, const char *domain)
{
	return pb_root_exists(root, PIDS "/%s.pid", domain);
}

/* Options are written as --name VALUE, so that a domain called "-x" is one. */
static int virsh(const char *const *argv, struct pb_buf *out, const char *domain, const char *vcpu,
		 struct pb_err *err)
{
	struct pb_err why = PB_ERR_INIT;
	int rc = pb_spawn_capture(argv, out, OUTPUT_MAX, &why);

	if (rc == 0)
		return 0;
	if (rc < 0)
		return pb_fail(err, PB_MISSING, -rc,
			       "domain %s belongs to libvirt, and virsh cannot be asked (%s): install "
			       "libvirt-clients",
			       domain, why.msg);
	return pb_fail(err, PB_MISSING, EIO, "virsh vcpupin refused vCPU %s of domain %s (status %d)", vcpu,
		       domain, rc);
}

/* The row " 0      0-7" of vcpupin's table. */
static int parse(const char *text, unsigned vcpu, char *list, size_t size)
{
	for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		unsigned n;
		char cpus[512];

		if (sscanf(line, " %u %511[0-9,-]", &n, cpus) != 2 || n != vcpu || strlen(cpus) >= size)
			continue;
		snprintf(list, size, "%s", cpus);
		return 0;
	}
	return -EBADMSG;
}

int pb_libvirt_pin_get(const char *domain, unsigned vcpu, char *list, size_t size, struct pb_err *err)
{
	char n[12];
	const char *const argv[] = {"virsh", "vcpupin", "--domain", domain, "--vcpu", n, NULL};
	struct pb_buf out = {0};
	int rc;

	snprintf(n, sizeof(n), "%u", vcpu);
	rc = virsh(argv, &out, domain, n, err);
	if (rc == 0 && parse(out.data ? out.data : "", vcpu, list, size) < 0)
		rc = pb_fail(err, PB_MISSING, EBADMSG, "virsh vcpupin does not list vCPU %u of domain %s",
			     vcpu, domain);
	pb_buf_fini(&out);
	return rc;
}

int pb_libvirt_pin_set(const char *domain, unsigned vcpu, const char *list, struct pb_err *err)
{
	char n[12];
	/* without --config: what the domain starts with is its owner's */
	const char *const argv[] = {"virsh", "vcpupin",   "--domain", domain, "--vcpu",
				    n,       "--cpulist", list,       NULL};
	struct pb_buf out = {0};
	int rc;

	snprintf(n, sizeof(n), "%u", vcpu);
	rc = virsh(argv, &out, domain, n, err);
	pb_buf_fini(&out);
	return rc;
}
