/*
 * Snapshot of the host's settings at start and end: CPU and power policy, mitigations, memory policy, module
 * parameters, daemons that move things about. What hostinfo.c reads already is taken from there. Starts no
 * program.
 */
#include "engine/collectors/environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/hostinfo.h"
#include "engine/lib/json.h"

#define VALUE_MAX 4096u /* the kernel's command line */
#define CPUS "/sys/devices/system/cpu"
#define MM "/sys/kernel/mm"

static const struct {
	const char *key, *path;
	bool choice; /* "always [madvise] never": the one in brackets */
} files[] = {
	{"kernel_build", "/proc/sys/kernel/version", false},
	{"cmdline", "/proc/cmdline", false},
	{"taint", "/proc/sys/kernel/tainted", false},
	{"machine", "/sys/class/dmi/id/product_name", false},
	{"online_cpus", CPUS "/online", false},
	{"isolated_cpus", CPUS "/isolated", false},
	{"nohz_full_cpus", CPUS "/nohz_full", false},
	{"smt", CPUS "/smt/control", false},
	{"boost", CPUS "/cpufreq/boost", false},
	{"no_turbo", CPUS "/intel_pstate/no_turbo", false},
	{"intel_pstate", CPUS "/intel_pstate/status", false},
	{"amd_pstate", CPUS "/amd_pstate/status", false},
	{"cpuidle_driver", CPUS "/cpuidle/current_driver", false},
	{"cpuidle_governor", CPUS "/cpuidle/current_governor_ro", false},
	{"clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource", false},
	{"numa_balancing", "/proc/sys/kernel/numa_balancing", false},
	{"nmi_watchdog", "/proc/sys/kernel/nmi_watchdog", false},
	{"sched_rt_runtime_us", "/proc/sys/kernel/sched_rt_runtime_us", false},
	{"dirty_ratio", "/proc/sys/vm/dirty_ratio", false},
	{"dirty_background_ratio", "/proc/sys/vm/dirty_background_ratio", false},
	{"dirty_bytes", "/proc/sys/vm/dirty_bytes", false},
	{"dirty_background_bytes", "/proc/sys/vm/dirty_background_bytes", false},
	{"swappiness", "/proc/sys/vm/swappiness", false},
	{"thp", MM "/transparent_hugepage/enabled", true},
	{"thp_defrag", MM "/transparent_hugepage/defrag", true},
	{"thp_shmem", MM "/transparent_hugepage/shmem_enabled", true},
	{"ksm", MM "/ksm/run", false},
	{"aspm_policy", "/sys/module/pcie_aspm/parameters/policy", true},
	{"lockdown", "/sys/kernel/security/lockdown", true},
	{"tuned_profile", "/etc/tuned/active_profile", false},
};

static const char *const per_cpu[][2] = {
	{"cpufreq_driver", "cpufreq/scaling_driver"},
	{"epp", "cpufreq/energy_performance_preference"},
	{"frequency_min_khz", "cpufreq/scaling_min_freq"},
	{"frequency_max_khz", "cpufreq/scaling_max_freq"},
};

static const char *const from_host[] = {"kernel", "cpu_model", "cpus",     "numa_nodes", "microcode",
					"bios",   "iommu",     "governor", "irqbalance"};
static const char *const modules[] = {"kvm",      "kvm_intel", "kvm_amd",   "vfio",       "vfio_iommu_type1",
				      "vfio_pci", "nvme",      "nvme_core", "intel_idle", "processor"};
/* comm has 15 bytes */
static const char *const daemons[][2] = {{"tuned", "tuned"},
					 {"numad", "numad"},
					 {"ksmtuned", "ksmtuned"},
					 {"thermald", "thermald"},
					 {"power_profiles_daemon", "power-profiles-"}};
#define N_DAEMONS (sizeof(daemons) / sizeof(daemons[0]))

/* The word in brackets in place of the whole; text without brackets stays. */
static void choose(char *text)
{
	char *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;

	if (!close)
		return;
	*close = '\0';
	memmove(text, open + 1, strlen(open + 1) + 1);
}

/* One line of plain ASCII: what stands in firmware tables is not ours to trust. */
static void clean(char *text)
{
	size_t len;

	if (!strcmp(text, "(null)") || !strcmp(text, "  (null)")) /* an empty CPU list before Linux 5.14 */
		text[0] = '\0';
	for (char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = *p == '\n' || *p == '\t' ? ' ' : '?';
	for (len = strlen(text); len && text[len - 1] == ' '; len--)
		text[len - 1] = '\0';
}

static int put(json_t *o, const char *key, char *text)
{
	clean(text);
	return pb_json_set_str(o, key, text);
}

static int put_file(json_t *o, const struct pb_root *root, const char *key, const char *path, bool choice)
{
	char text[VALUE_MAX];

	if (pb_root_read(root, text, sizeof(text), "%s", path) < 0)
		return json_object_set_new(o, key, json_null());
	if (choice)
		choose(text);
	return put(o, key, text);
}

/* Every file of a directory as PREFIX.NAME; those that cannot be read (write-only parameters) are left out.
 */
static int put_dir(json_t *o, const struct pb_root *root, const char *prefix, const char *dir)
{
	struct pb_strv names = {0};
	int rc = 0;

	if (!pb_root_list(root, &names, "%s", dir))
		for (size_t i = 0; i < names.n && !rc; i++) {
			char key[128], text[VALUE_MAX];

			if (pb_root_read(root, text, sizeof(text), "%s/%s", dir, names.v[i]) < 0)
				continue;
			snprintf(key, sizeof(key), "%s.%s", prefix, names.v[i]);
			rc = put(o, key, text);
		}
	pb_strv_fini(&names);
	return rc;
}

static int put_per_cpu(json_t *o, const struct pb_root *root)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof(per_cpu) / sizeof(per_cpu[0]); i++) {
		char text[64];

		pb_cpus_share(root, per_cpu[i][1], text, sizeof(text));
		rc |= text[0] ? put(o, per_cpu[i][0], text)
			      : json_object_set_new(o, per_cpu[i][0], json_null());
	}
	return rc;
}

/* How long CPU 0 takes to leave each idle state; all CPUs of a machine have the same states, but for hybrids.
 */
static int put_idle_states(json_t *o, const struct pb_root *root)
{
	struct pb_strv names = {0};
	int rc = 0;

	pb_root_list(root, &names, CPUS "/cpu0/cpuidle");
	for (size_t i = 0; i < names.n && !rc; i++) {
		char key[64], text[32];

		if (strncmp(names.v[i], "state", 5) != 0 ||
		    pb_root_read(root, text, sizeof(text), CPUS "/cpu0/cpuidle/%s/latency", names.v[i]) < 0)
			continue;
		snprintf(key, sizeof(key), "cpuidle.%.20s_latency_us", names.v[i]);
		rc = put(o, key, text);
	}
	pb_strv_fini(&names);
	return rc;
}

/* "DMA-FQ,identity": the kinds of default domains that groups have. */
static int put_domains(json_t *o, const struct pb_root *root)
{
	struct pb_strv groups = {0};
	char all[128] = "", type[24];

	pb_root_list(root, &groups, "/sys/kernel/iommu_groups");
	for (size_t i = 0; i < groups.n; i++) {
		size_t len = strlen(all);

		if (pb_root_read(root, type, sizeof(type), "/sys/kernel/iommu_groups/%s/type", groups.v[i]) <=
			    0 ||
		    strstr(all, type))
			continue;
		snprintf(all + len, sizeof(all) - len, "%s%s", len ? "," : "", type);
	}
	pb_strv_fini(&groups);
	return all[0] ? put(o, "iommu_domains", all) : json_object_set_new(o, "iommu_domains", json_null());
}

static int put_daemons(json_t *o, const struct pb_root *root)
{
	struct pb_strv pids = {0};
	bool runs[N_DAEMONS] = {false};
	int rc = 0;

	pb_root_list(root, &pids, "/proc");
	for (size_t i = 0; i < pids.n; i++) {
		char comm[32];

		if (pids.v[i][0] < '0' || pids.v[i][0] > '9' ||
		    pb_root_read(root, comm, sizeof(comm), "/proc/%s/comm", pids.v[i]) <= 0)
			continue;
		for (size_t k = 0; k < N_DAEMONS; k++)
			runs[k] |= !strcmp(comm, daemons[k][1]);
	}
	pb_strv_fini(&pids);
	for (size_t k = 0; k < N_DAEMONS; k++)
		rc |= pb_json_set_str(o, daemons[k][0], runs[k] ? "running" : "not running");
	return rc;
}

/* hostinfo.c has read these; numbers and truth values become texts. */
static int put_host(json_t *o, const struct pb_root *root)
{
	json_t *host = NULL;
	int rc = pb_hostinfo(root, &host, NULL);

	for (size_t i = 0; !rc && i < sizeof(from_host) / sizeof(from_host[0]); i++) {
		json_t *v = json_object_get(host, from_host[i]);
		char text[256];

		if (json_is_string(v))
			snprintf(text, sizeof(text), "%s", json_string_value(v));
		else if (json_is_integer(v))
			snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(v));
		else if (json_is_boolean(v))
			snprintf(text, sizeof(text), "%s", json_is_true(v) ? "running" : "not running");
		else
			text[0] = '\0';
		rc = text[0] ? put(o, from_host[i], text) : json_object_set_new(o, from_host[i], json_null());
	}
	json_decref(host);
	return rc;
}

int pb_environment(const struct pb_root *root, json_t **out)
{
	json_t *o = json_object();
	int rc = o ? put_host(o, root) : -1;

	for (size_t i = 0; !rc && i < sizeof(files) / sizeof(files[0]); i++)
		rc = put_file(o, root, files[i].key, files[i].path, files[i].choice);
	if (!rc)
		rc = put_per_cpu(o, root) | put_idle_states(o, root) | put_domains(o, root) |
		     put_daemons(o, root) | put_dir(o, root, "vulnerability", CPUS "/vulnerabilities");
	for (size_t i = 0; !rc && i < sizeof(modules) / sizeof(modules[0]); i++) {
		char dir[96];

		snprintf(dir, sizeof(dir), "/sys/module/%s/parameters", modules[i]);
		rc = put_dir(o, root, modules[i], dir);
	}
	if (rc) {
		json_decref(o);
		return -ENOMEM;
	}
	*out = o;
	return 0;
}

json_t *pb_environment_changes(const json_t *before, const json_t *after)
{
	json_t *changes = json_object(), *was;
	const char *key;

	json_object_foreach((json_t *)before, key, was)
	{
		const json_t *now = json_object_get(after, key);

		if (json_is_string(was) && json_is_string(now) &&
		    strcmp(json_string_value(was), json_string_value(now)) != 0)
			json_object_set_new(
				changes, key,
				json_pack("[s,s]", json_string_value(was), json_string_value(now)));
	}
	return changes;
}

struct environment_state {
	const struct pb_root *root;
	json_t *first; /* read before sampling starts: hundreds of files would make the first samples late */
};

static int environment_probe(const struct pb_target *t, char *why, size_t size)
{
	if (pb_root_exists(t->root, "/proc/sys/kernel") || pb_root_exists(t->root, CPUS))
		return 0;
	snprintf(why, size, "neither /proc/sys/kernel nor " CPUS " is there");
	return -ENOENT;
}

static int environment_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct environment_state *s = calloc(1, sizeof(*s));

	(void)why;
	(void)size;
	if (!s)
		return -ENOMEM;
	s->root = t->root;
	if (pb_environment(t->root, &s->first)) {
		free(s);
		return -ENOMEM;
	}
	*state = s;
	return 0;
}

static int environment_columns(void *state, struct pb_strv *names)
{
	int rc = pb_strv_add(names, "key");

	(void)state;
	return rc ? rc : pb_strv_add(names, "value");
}

static int environment_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct environment_state *s = state;
	json_t *o = s->first, *v;
	const char *key;
	int rc = o ? 0 : pb_environment(s->root, &o);

	if (rc)
		return rc;
	s->first = NULL;
	json_object_foreach(o, key, v)
	{
		if (!json_is_string(v))
			continue;
		pb_rows_begin(rows, t_ns);
		pb_rows_str(rows, key);
		pb_rows_str(rows, json_string_value(v));
		pb_rows_end(rows);
	}
	json_decref(o);
	return 0;
}

static void environment_stop(void *state)
{
	struct environment_state *s = state;

	if (!s)
		return;
	json_decref(s->first);
	free(s);
}

const struct pb_collector pb_coll_environment = {
	.name = "environment",
	.help = "versions and settings of the host that can change a result, at start and end",
	.source = "/proc/cmdline, /proc/sys, " CPUS ", /sys/module/*/parameters, ...",
	.period = PB_PERIOD_ENDS,
	.labels = "key",
	.probe = environment_probe,
	.start = environment_start,
	.columns = environment_columns,
	.sample = environment_sample,
	.stop = environment_stop,
};
