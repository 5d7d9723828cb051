/*
 * Picks the environment out of the manifest by a table, so that all readers call a thing by the same name.
 */
#include "engine/compare/environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"

#define HASH_SHOWN 12 /* digits that tell two job files apart */
#define VALUE_SHOWN 1024
#define MEASURED_WITH "measured with"
#define JOB_FILE "job file (sha256)"
#define STACK "disk stands on"

static const struct {
	const char *name, *section, *key, *inner; /* inner: a member of the object at key */
	bool subject;
} facts[] = {
	{"profile", "profile", "name", NULL, true},
	{"disk model", "disk", "model", NULL, true},
	{"disk serial", "disk", "serial", NULL, true},
	{"disk size", "disk", "size_bytes", NULL, true},
	{"disk path", "disk", "path", NULL, true},
	{"attachment", "disk", "attach", NULL, true},
	{"cache mode", "attach", "cache", NULL, true},
	{"aio", "attach", "aio", NULL, true},
	{"iothread", "attach", "iothread", NULL, true},
	{"guest kind", "guest", "kind", NULL, true},
	{"disk firmware", "disk", "firmware", NULL, false},
	{"host kernel", "host", "kernel", NULL, false},
	{"guest kernel", "guest", "kernel", NULL, false},
	{"QEMU", "host", "qemu", NULL, false},
	{"machine type", "guest", "machine", NULL, false},
	{"microcode", "host", "microcode", NULL, false},
	{"BIOS", "host", "bios", NULL, false},
	{"governor", "host", "governor", NULL, false},
	{"CPU", "host", "cpu_model", NULL, false},
	{"CPUs", "host", "cpus", NULL, false},
	{"NUMA nodes", "host", "numa_nodes", NULL, false},
	{"IOMMU", "host", "iommu", NULL, false},
	{"irqbalance", "host", "irqbalance", NULL, false},
	{"halt_poll_ns", "host", "halt_poll_ns", NULL, false},
	{"emulated lab", "host", "lab", NULL, false},
	{"NUMA node of the disk", "disk", "numa_node", NULL, false},
	{"vCPUs", "guest", "vcpus", NULL, false},
	{"guest memory (MiB)", "guest", "mem_mib", NULL, false},
	{"vCPU pinning", "guest", "vcpu_pins", NULL, false},
	{"disk scheduler in the guest", "guest", "disk", "scheduler", false},
	{"queues in the guest", "guest", "disk", "queues", false},
	{"write cache in the guest", "guest", "disk", "write_cache", false},
	{"fio", "guest", "fio", NULL, false},
	{"engine backend", "guest", "backend", NULL, false},
	{"agent", "guest", "agent", NULL, false},
	{"sampling interval (ns)", "sampling", "interval_ns", NULL, false},
	{"duration of a depth (s)", "goal", "duration_s", NULL, false},
	{"steady state", "steady", "mode", NULL, false},
};

/* Members of the manifest's environment that stand above under a name a person knows. */
static const char *const named_above[] = {"kernel",          "cpu_model", "cpus",       "numa_nodes",
					  "microcode",       "bios",      "iommu",      "governor",
					  "irqbalance",      "qemu",      "disk_model", "disk_firmware",
					  "kvm.halt_poll_ns"};

static int add(struct pb_environment *e, const char *name, const char *value)
{
	int rc;

	if (!value || !*value)
		return 0;
	rc = pb_strv_add(&e->kv, name);
	return rc ? rc : pb_strv_addf(&e->kv, "%.*s", VALUE_SHOWN, value);
}

static int add_json(struct pb_environment *e, const char *name, const json_t *v)
{
	char text[64];
	char *list;
	int rc;

	if (json_is_string(v))
		return add(e, name, json_string_value(v));
	if (json_is_integer(v)) {
		snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(v));
		return add(e, name, text);
	}
	if (json_is_boolean(v))
		return add(e, name, json_is_true(v) ? "yes" : "no");
	if (!json_is_array(v))
		return 0;
	list = json_dumps(v, JSON_COMPACT);
	rc = list ? add(e, name, list) : -ENOMEM;
	free(list);
	return rc;
}

static int add_facts(struct pb_environment *e, const json_t *manifest)
{
	int rc = add(e, "passbench", pb_json_str(manifest, "passbench", NULL));

	/* A run of ours names no origin. */
	if (rc == 0)
		rc = add(e, MEASURED_WITH,
			 pb_json_str(json_object_get(manifest, "origin"), "tool", "passbench"));

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]) && rc == 0; i++) {
		const json_t *v = json_object_get(json_object_get(manifest, facts[i].section), facts[i].key);

		if (facts[i].inner)
			v = json_object_get(v, facts[i].inner);
		rc = add_json(e, facts[i].name, v);
	}
	return rc;
}

/* "crypt, raid, disk": the kinds of the levels below the device, the topmost first. */
static int add_stack(struct pb_environment *e, const json_t *manifest)
{
	const json_t *stack = json_object_get(json_object_get(manifest, "disk"), "stack"), *level;
	struct pb_buf kinds = {0};
	size_t i;
	int rc;

	json_array_foreach(stack, i, level)
		pb_buf_printf(&kinds, "%s%s", i ? ", " : "", pb_json_str(level, "kind", "?"));
	rc = kinds.failed ? -ENOMEM : add(e, STACK, kinds.data);
	pb_buf_fini(&kinds);
	return rc;
}

/* The job file itself: a profile can be edited without a new name. */
static int add_job(struct pb_environment *e, const json_t *manifest)
{
	char hash[HASH_SHOWN + 1];

	snprintf(hash, sizeof(hash), "%s",
		 pb_json_str(json_object_get(manifest, "files"), "profile.fio", ""));
	return add(e, JOB_FILE, hash);
}

static bool is_named_above(const char *key)
{
	for (size_t i = 0; i < sizeof(named_above) / sizeof(named_above[0]); i++)
		if (!strcmp(key, named_above[i]))
			return true;
	return false;
}

/* jansson keeps the order of insertion, which a rewritten manifest need not have. */
static int add_settings(struct pb_environment *e, const json_t *manifest)
{
	const json_t *settings = json_object_get(manifest, "environment"), *v;
	struct pb_strv keys = {0};
	const char *key;
	int rc = 0;

	json_object_foreach((json_t *)settings, key, v) if (rc == 0 && !is_named_above(key)) rc =
		pb_strv_add(&keys, key);
	pb_strv_sort(&keys);
	for (size_t i = 0; i < keys.n && rc == 0; i++)
		rc = add_json(e, keys.v[i], json_object_get(settings, keys.v[i]));
	pb_strv_fini(&keys);
	return rc;
}

/* As it was when the run began: the first row of each hop; a link that trains anew is a finding of analyze.
 */
static int add_links(struct pb_environment *e, int dirfd, struct pb_err *err)
{
	struct pb_table *t = NULL;
	int hop, rc = pb_table_read(&t, dirfd, "host/pcie.csv", err);
	int64_t next = 0;

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rc;
	hop = pb_table_col(t, "hop");
	for (size_t row = 0; row < pb_table_rows(t) && rc == 0; row++) {
		double speed = pb_table_num(t, row, pb_table_col(t, "link_speed_gts"));
		int64_t width = pb_table_i64(t, row, pb_table_col(t, "link_width"));
		char name[48] = "link", value[48];

		if (pb_table_i64(t, row, hop) != next)
			continue;
		if (next++ > 0)
			snprintf(name, sizeof(name), "link above, hop %lld", (long long)next - 1);
		if (isnan(speed) || width == PB_NA)
			continue;
		snprintf(value, sizeof(value), "%g GT/s x%lld", speed, (long long)width);
		rc = add(e, name, value);
	}
	pb_table_free(t);
	return rc;
}

int pb_environment_of(struct pb_environment *e, const struct pb_rundir *d, struct pb_err *err)
{
	struct pb_environment new = {0};
	struct pb_err why = PB_ERR_INIT;
	int rc = add_facts(&new, d->manifest);

	if (rc == 0)
		rc = add_job(&new, d->manifest);
	if (rc == 0)
		rc = add_stack(&new, d->manifest);
	if (rc == 0)
		rc = add_links(&new, d->fd, &why);
	if (rc == 0)
		rc = add_settings(&new, d->manifest);
	if (rc < 0) {
		pb_environment_fini(&new);
		return why.msg[0]
			       ? pb_fail(err, why.status, -rc, "%s: %s", d->path, why.msg)
			       : pb_fail(err, PB_MISSING, -rc, "%s: no memory for its environment", d->path);
	}
	*e = new;
	return 0;
}

int pb_environment_read(struct pb_environment *e, const char *dir, struct pb_err *err)
{
	struct pb_rundir d;
	int rc = pb_rundir_open(&d, dir, err);

	if (rc < 0)
		return rc;
	rc = pb_environment_of(e, &d, err);
	pb_rundir_close(&d);
	return rc;
}

void pb_environment_fini(struct pb_environment *e)
{
	pb_strv_fini(&e->kv);
}

const char *pb_environment_get(const struct pb_environment *e, const char *name)
{
	for (size_t i = 0; i + 1 < e->kv.n; i += 2)
		if (!strcmp(e->kv.v[i], name))
			return e->kv.v[i + 1];
	return NULL;
}

bool pb_environment_is_subject(const char *name)
{
	if (!strcmp(name, JOB_FILE) || !strcmp(name, MEASURED_WITH) || !strcmp(name, STACK))
		return true;
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (!strcmp(name, facts[i].name))
			return facts[i].subject;
	return false;
}
