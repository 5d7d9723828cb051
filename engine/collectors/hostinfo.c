/*
 * Fingerprint of the host for the manifest. Reads procfs, sysfs and DMI only: starts no
 * program and asks no daemon.
 */
#include "engine/collectors/hostinfo.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/buf.h"
#include "engine/lib/json.h"

#define LAB_MARK "/run/lab/init" /* engine/lab/init.sh copies itself there */
#define LIST_MAX_ID 65536u       /* far above the kernel's limits for CPUs and nodes */

int pb_cpulist_each(const char *list, void (*each)(void *arg, unsigned cpu), void *arg)
{
	const char *p = list;

	while (*p && *p != '\n') {
		char *end;
		unsigned long a, b;

		if (*p < '0' || *p > '9')
			return -EINVAL;
		a = b = strtoul(p, &end, 10);
		if (*end == '-') {
			p = end + 1;
			if (*p < '0' || *p > '9')
				return -EINVAL;
			b = strtoul(p, &end, 10);
		}
		if (a > b || b >= LIST_MAX_ID)
			return -EINVAL;
		for (; a <= b; a++)
			each(arg, (unsigned)a);
		if (*end == ',')
			end++;
		else if (*end && *end != '\n')
			return -EINVAL;
		p = end;
	}
	return 0;
}

static void count_one(void *arg, unsigned cpu)
{
	(void)cpu;
	++*(int *)arg;
}

int pb_cpulist_count(const char *list)
{
	int n = 0;
	int rc = pb_cpulist_each(list, count_one, &n);

	return rc ? rc : n;
}

static int set_list_count(json_t *o, const char *key, const struct pb_root *root, const char *path)
{
	char list[4096];
	int n = -1;

	if (pb_root_read(root, list, sizeof(list), "%s", path) > 0)
		n = pb_cpulist_count(list);
	return json_object_set_new(o, key, n > 0 ? json_integer(n) : json_null());
}

/* Value of the first "key : value" line of /proc/cpuinfo; "" when there is none. */
static void cpuinfo(const char *text, const char *key, char *out, size_t size)
{
	size_t len = strlen(key);

	out[0] = '\0';
	for (const char *p = text; p && *p;) {
		const char *nl = strchr(p, '\n');
		const char *colon = strchr(p, ':');

		if (!strncmp(p, key, len) && (p[len] == '\t' || p[len] == ' ' || p[len] == ':') && colon &&
		    (!nl || colon < nl)) {
			colon += 1 + strspn(colon + 1, " \t");
			snprintf(out, size, "%.*s", (int)strcspn(colon, "\n"), colon);
			return;
		}
		p = nl ? nl + 1 : NULL;
	}
}

static int set_cpuinfo(json_t *o, const struct pb_root *root)
{
	struct pb_buf text = {0};
	char model[256] = "", microcode[64] = "";
	int rc;

	if (!pb_root_slurp(root, &text, "/proc/cpuinfo") && text.data) {
		cpuinfo(text.data, "model name", model, sizeof(model));
		cpuinfo(text.data, "microcode", microcode, sizeof(microcode));
	}
	pb_buf_fini(&text);
	rc = pb_json_set_str(o, "cpu_model", model[0] ? model : NULL);
	return rc ? rc : pb_json_set_str(o, "microcode", microcode[0] ? microcode : NULL);
}

static int set_bios(json_t *o, const struct pb_root *root)
{
	static const char *const part[] = {"bios_vendor", "bios_version", "bios_date"};
	char text[512] = "", one[128];

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		size_t len = strlen(text);

		if (pb_root_read(root, one, sizeof(one), "/sys/class/dmi/id/%s", part[i]) > 0)
			snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "", one);
	}
	return pb_json_set_str(o, "bios", text[0] ? text : NULL);
}

void pb_cpus_share(const struct pb_root *root, const char *file, char *out, size_t size)
{
	struct pb_strv cpus = {0};
	char one[64];

	out[0] = '\0';
	if (!pb_root_list(root, &cpus, "/sys/devices/system/cpu"))
		for (size_t i = 0; i < cpus.n; i++) {
			if (strncmp(cpus.v[i], "cpu", 3) || cpus.v[i][3] < '0' || cpus.v[i][3] > '9')
				continue;
			if (pb_root_read(root, one, sizeof(one), "/sys/devices/system/cpu/%s/%s", cpus.v[i],
					 file) <= 0)
				continue;
			if (out[0] && strcmp(out, one)) {
				snprintf(out, size, "mixed");
				break;
			}
			snprintf(out, size, "%s", one);
		}
	pb_strv_fini(&cpus);
}

/* Null where there is no frequency scaling. */
static int set_governor(json_t *o, const struct pb_root *root)
{
	char governor[64];

	pb_cpus_share(root, "cpufreq/scaling_governor", governor, sizeof(governor));
	return pb_json_set_str(o, "governor", governor[0] ? governor : NULL);
}

static const char *iommu_kind(const struct pb_root *root)
{
	struct pb_strv units = {0};
	const char *kind = "none";

	if (!pb_root_list(root, &units, "/sys/class/iommu"))
		for (size_t i = 0; i < units.n; i++) {
			if (!strncmp(units.v[i], "dmar", 4))
				kind = "intel";
			else if (!strncmp(units.v[i], "ivhd", 4))
				kind = "amd";
		}
	pb_strv_fini(&units);
	return kind;
}

static bool process_runs(const struct pb_root *root, const char *comm)
{
	struct pb_strv pids = {0};
	bool found = false;

	if (!pb_root_list(root, &pids, "/proc"))
		for (size_t i = 0; i < pids.n && !found; i++) {
			char name[32];

			if (pids.v[i][0] < '0' || pids.v[i][0] > '9')
				continue;
			if (pb_root_read(root, name, sizeof(name), "/proc/%s/comm", pids.v[i]) > 0)
				found = !strcmp(name, comm);
		}
	pb_strv_fini(&pids);
	return found;
}

static int fill(json_t *o, const struct pb_root *root)
{
	char release[256];
	int64_t halt_poll;
	int rc = 0;

	if (pb_root_read(root, release, sizeof(release), "/proc/sys/kernel/osrelease") <= 0)
		release[0] = '\0';
	rc |= pb_json_set_str(o, "kernel", release[0] ? release : NULL);
	rc |= json_object_set_new(o, "qemu", json_null());
	rc |= set_cpuinfo(o, root);
	rc |= set_list_count(o, "cpus", root, "/sys/devices/system/cpu/online");
	rc |= set_list_count(o, "numa_nodes", root, "/sys/devices/system/node/online");
	rc |= set_bios(o, root);
	rc |= set_governor(o, root);
	rc |= pb_json_set_str(o, "iommu", iommu_kind(root));
	rc |= json_object_set_new(o, "lab", json_boolean(pb_root_exists(root, LAB_MARK)));
	rc |= json_object_set_new(o, "irqbalance", json_boolean(process_runs(root, "irqbalance")));
	if (pb_root_i64(root, &halt_poll, "/sys/module/kvm/parameters/halt_poll_ns"))
		rc |= json_object_set_new(o, "halt_poll_ns", json_null());
	else
		rc |= json_object_set_new(o, "halt_poll_ns", json_integer(halt_poll));
	return rc ? -ENOMEM : 0;
}

int pb_hostinfo(const struct pb_root *root, json_t **out, struct pb_err *err)
{
	json_t *o = json_object();

	if (!o || fill(o, root)) {
		json_decref(o);
		return pb_fail(err, PB_MISSING, ENOMEM, "out of memory while describing the host");
	}
	*out = o;
	return 0;
}
