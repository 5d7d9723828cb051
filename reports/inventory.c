/*
 * The inventory's part that stands in manifest.json.
 */
#include "reports/inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

void pb_names_add(struct pb_names *l, const char *name)
{
	size_t len = strlen(l->text), need = strlen(name) + 2;
	size_t room = sizeof(l->text) - sizeof(", ...");

	l->n++;
	if (len + need < room)
		snprintf(l->text + len, sizeof(l->text) - len, "%s%s", len ? ", " : "", name);
	else if (len < 3 || strcmp(l->text + len - 3, "...") != 0)
		snprintf(l->text + len, sizeof(l->text) - len, "%s", len ? ", ..." : "...");
}

void pb_inventory_init(struct pb_inventory *v)
{
	*v = (struct pb_inventory){
		.raid_degraded = PB_NA,
		.remapping = PB_NA,
		.unsafe_interrupts = PB_NA,
		.acs_override = PB_NA,
		.group = PB_NA,
		.faults_disk = PB_NA,
		.faults_host = PB_NA,
		.smart_warning = PB_NA,
		.media_errors = PB_NA,
		.media_grown = PB_NA,
		.throttled = PB_NA,
		.used_pct = PB_NA,
		.temp_before_c = PB_NA,
		.temp_after_c = PB_NA,
		.failed_ios = PB_NA,
		.blocks_checked = PB_NA,
		.blocks_bad = PB_NA,
		.aer_correctable = PB_NA,
		.aer_uncorrectable = PB_NA,
		.idle_exit_us = PB_NA,
		.taint = PB_NA,
		.vulnerabilities = PB_NA,
		.vcpus = PB_NA,
		.queues = PB_NA,
		.vectors = PB_NA,
		.files = PB_NA,
		.changes = PB_NA,
		.changes_standing = PB_NA,
	};
}

/* "dm-1 (vault)", the first layer of the kind; the others of that kind are below it. */
static void name_layer(char *out, size_t size, const json_t *layer)
{
	const char *detail = pb_json_str(layer, "detail", "");

	if (!out[0])
		snprintf(out, size, *detail ? "%.64s (%.120s)" : "%.64s%.120s",
			 pb_json_str(layer, "name", "?"), detail);
}

static void read_stack(struct pb_inventory *v, const json_t *stack)
{
	const json_t *l;
	size_t i;

	v->stack_known = json_is_array(stack);
	json_array_foreach((json_t *)stack, i, l)
	{
		const char *kind = pb_json_str(l, "kind", "");

		if (!strcmp(kind, "crypt"))
			name_layer(v->crypt, sizeof(v->crypt), l);
		else if (!strncmp(kind, "snapshot", 8) || !strncmp(kind, "thin", 4))
			name_layer(v->snapshot, sizeof(v->snapshot), l);
		else if (!strcmp(kind, "loop"))
			name_layer(v->file, sizeof(v->file), l);
		if (strcmp(kind, "raid") != 0)
			continue;
		if (!v->raid[0])
			SET(v->raid_level, pb_json_str(l, "detail", ""));
		name_layer(v->raid, sizeof(v->raid), l);
		if (pb_json_i64(l, "degraded", PB_NA) > v->raid_degraded)
			v->raid_degraded = pb_json_i64(l, "degraded", PB_NA);
	}
}

static bool is_in(const json_t *array, const char *text)
{
	const json_t *s;
	size_t i;

	json_array_foreach((json_t *)array, i,
			   s) if (json_is_string(s) && strcmp(json_string_value(s), text) == 0) return true;
	return false;
}

static void read_disk(struct pb_inventory *v, const json_t *disk)
{
	const json_t *group = json_object_get(disk, "iommu_group_devices"), *d;
	size_t i;

	SET(v->path, pb_json_str(disk, "path", ""));
	SET(v->firmware, pb_json_str(disk, "firmware", ""));
	read_stack(v, json_object_get(disk, "stack"));
	v->group = pb_json_i64(disk, "iommu_group", PB_NA);
	json_array_foreach((json_t *)group, i,
			   d) if (json_is_string(d) &&
				  !is_in(json_object_get(disk, "hops"), json_string_value(d)))
		pb_names_add(&v->group_others, json_string_value(d));
}

static void read_guest(struct pb_inventory *v, const json_t *guest)
{
	const json_t *disk = json_object_get(guest, "disk");

	SET(v->guest_kind, pb_json_str(guest, "kind", ""));
	SET(v->guest_kernel, pb_json_str(guest, "kernel", ""));
	SET(v->guest_view, pb_json_str(disk, "write_cache", ""));
	v->vcpus = pb_json_i64(guest, "vcpus", PB_NA);
	v->queues = pb_json_i64(disk, "queues", PB_NA);
}

static void read_host(struct pb_inventory *v, const json_t *host)
{
	SET(v->kernel, pb_json_str(host, "kernel", ""));
	SET(v->qemu, pb_json_str(host, "qemu", ""));
	SET(v->microcode, pb_json_str(host, "microcode", ""));
	SET(v->bios, pb_json_str(host, "bios", ""));
	SET(v->governor, pb_json_str(host, "governor", ""));
	SET(v->iommu, pb_json_str(host, "iommu", ""));
}

/* A parameter of a module or of the kernel, as sysfs writes truths: Y, N, 1, 0. */
static int64_t truth(const json_t *env, const char *key)
{
	const char *s = pb_json_str(env, key, "");

	if (!strcmp(s, "Y") || !strcmp(s, "1"))
		return 1;
	return !strcmp(s, "N") || !strcmp(s, "0") ? 0 : PB_NA;
}

static int64_t number(const char *text)
{
	char *end;
	long long n = strtoll(text, &end, 10);

	return end != text && !*end ? n : PB_NA;
}

static void read_keys(struct pb_inventory *v, const json_t *env)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)env, key, value)
	{
		const char *text = json_is_string(value) ? json_string_value(value) : "";
		size_t len = strlen(key);

		if (!strncmp(key, "vulnerability.", 14)) {
			v->vulnerabilities = v->vulnerabilities == PB_NA ? 1 : v->vulnerabilities + 1;
			if (!strncmp(text, "Vulnerable", 10))
				pb_names_add(&v->vulnerable, key + 14);
		} else if (!strncmp(key, "cpuidle.", 8) && len > 11 &&
			   !strcmp(key + len - 11, "_latency_us")) {
			v->idle_exit_us = number(text) > v->idle_exit_us ? number(text) : v->idle_exit_us;
		}
	}
}

static void read_environment(struct pb_inventory *v, const json_t *env)
{
	const char *cmdline = pb_json_str(env, "cmdline", NULL);

	if (cmdline)
		v->acs_override = strstr(cmdline, "pcie_acs_override") != NULL;
	v->unsafe_interrupts = truth(env, "vfio_iommu_type1.allow_unsafe_interrupts");
	v->taint = number(pb_json_str(env, "taint", ""));
	SET(v->cpuidle, pb_json_str(env, "cpuidle_driver", ""));
	read_keys(v, env);
}

static void read_integrity(struct pb_inventory *v, const json_t *o)
{
	const char *kind;
	json_t *n;

	if (!json_is_object(o))
		return;
	v->blocks_checked = pb_json_i64(o, "checked_blocks", PB_NA);
	v->blocks_bad = 0;
	json_object_foreach(json_object_get(o, "counts"), kind, n) v->blocks_bad += json_integer_value(n);
}

static void read_changes(struct pb_inventory *v, const json_t *changes)
{
	const char *key;
	json_t *pair;

	v->settings_known = json_is_object(changes);
	json_object_foreach((json_t *)changes, key, pair)
	{
		(void)pair;
		pb_names_add(&v->settings_changed, key);
	}
}

void pb_inventory_changes(struct pb_inventory *v, const struct pb_changes *c)
{
	if (!c->logs)
		return;
	v->changes = (int64_t)c->n;
	v->changes_standing = 0;
	for (size_t i = 0; i < c->n; i++)
		v->changes_standing += c->v[i].state == PB_CHANGE_STANDS;
}

void pb_inventory_read(struct pb_inventory *v, int dirfd, const json_t *manifest)
{
	const json_t *files = json_object_get(manifest, "files");

	pb_inventory_init(v);
	read_disk(v, json_object_get(manifest, "disk"));
	SET(v->cache, pb_json_str(json_object_get(manifest, "attach"), "cache", ""));
	v->safety = pb_json_str(json_object_get(manifest, "profile"), "safety", "")[0];
	read_guest(v, json_object_get(manifest, "guest"));
	read_host(v, json_object_get(manifest, "host"));
	read_environment(v, json_object_get(manifest, "environment"));
	read_integrity(v, json_object_get(manifest, "integrity"));
	read_changes(v, json_object_get(manifest, "environment_changes"));
	v->failed_ios = pb_json_i64(json_object_get(manifest, "io_errors"), "failed", PB_NA);
	if (json_is_object(files))
		v->files = (int64_t)json_object_size(files);
	pb_inventory_tables(v, dirfd, manifest);
}
