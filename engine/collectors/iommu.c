/*
 * The IOMMU on the disk's path: its group, interrupt remapping and posting (start and end), faults, and
 * translation caches where a PMU counts them (once a second). One fact a row.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/iiostack.h"
#include "engine/collectors/iommufault.h"
#include "engine/collectors/iommuinfo.h"
#include "engine/collectors/uncoreset.h"

#define PMUS "/sys/bus/event_source/devices"

struct iommu_state {
	const struct pb_root *root;
	const char *bdf;
	struct pb_iommufault fault;
	struct pb_uncore_set set;
	bool started;
};

/* Kernel names of drivers/iommu/intel/perfmon.c (Linux 6.3) and arch/x86/events/amd/iommu.c. */
static const char *const dmar_events[] = {"iommu_requests",         "iotlb_lookup",   "iotlb_hit",
					  "ctxt_cache_lookup",      "ctxt_cache_hit", "int_cache_hit_posted",
					  "int_cache_hit_nonposted"};
static const char *const amd_events[] = {"mem_trans_total",       "mem_iommu_tlb_pte_hit",
					 "mem_iommu_tlb_pte_mis", "page_tbl_read_tot",
					 "int_dte_hit",           "int_dte_mis"};

/* UNC_IIO_IOMMU0.*, for servers whose IOMMU has no PMU of its own, or kernels that do not know it. */
static const struct {
	const char *event, *terms;
} iio_events[] = {
	{"iommu0.first_lookups", "event=0x40,umask=0x1"},
	{"iommu0.misses", "event=0x40,umask=0x20"},
	{"iommu1.num_mem_accesses", "event=0x41,umask=0x40"},
};

/* Is the disk behind this unit ("dmar2")? Without a disk, or when no unit lists it, all are wanted. */
static bool unit_wanted(const struct pb_target *t, const char *class_prefix, unsigned number)
{
	struct pb_strv units = {0};
	bool any = false, here = false;

	if (!t->bdf)
		return true;
	pb_root_list(t->root, &units, "/sys/class/iommu");
	for (size_t i = 0; i < units.n; i++)
		if (pb_root_exists(t->root, "/sys/class/iommu/%s/devices/%s", units.v[i], t->bdf)) {
			char name[32];

			snprintf(name, sizeof(name), "%s%u", class_prefix, number);
			any = true;
			here |= !strcmp(units.v[i], name);
		}
	pb_strv_fini(&units);
	return here || !any;
}

static int add_event(struct pb_uncore_set *set, const struct pb_uncore_pmu *pmu, const char *event,
		     const char *terms, int64_t ours, unsigned cpu)
{
	struct pb_uncore_counter c = {.source = "pmu", .ours = ours, .cpu = cpu};

	if (pb_uncore_encode(pmu, terms, &c.attr))
		return 0;
	snprintf(c.pmu, sizeof(c.pmu), "%s", pmu->name);
	snprintf(c.event, sizeof(c.event), "%s", event);
	return pb_uncore_set_add(set, &c);
}

/* An event the kernel lists, with terms of ours behind its own. */
static int add_listed(const struct pb_target *t, struct pb_uncore_set *set, const struct pb_uncore_pmu *pmu,
		      const char *event, const char *filter)
{
	char terms[256], both[320];

	if (pb_root_read(t->root, terms, sizeof(terms), PMUS "/%s/events/%s", pmu->name, event) <= 0)
		return 0;
	snprintf(both, sizeof(both), "%s%s", terms, filter);
	return add_event(set, pmu, event, both, *filter ? 1 : PB_NA, pmu->cpu[0]);
}

static int add_dmar(const struct pb_target *t, struct pb_uncore_set *set, const struct pb_uncore_pmu *pmu)
{
	int rc = 0;

	if (!unit_wanted(t, "dmar", (unsigned)strtoul(pmu->name + strlen("dmar"), NULL, 10)))
		return 0;
	for (size_t i = 0; !rc && i < sizeof(dmar_events) / sizeof(dmar_events[0]); i++)
		rc = add_listed(t, set, pmu, dmar_events[i], "");
	return rc;
}

/* AMD's counters can be told to count one device only. */
static int add_amd(const struct pb_target *t, struct pb_uncore_set *set, const struct pb_uncore_pmu *pmu)
{
	unsigned segment, bus, dev, fn;
	char filter[64] = "";
	int rc = 0;

	if (!unit_wanted(t, "ivhd", (unsigned)strtoul(pmu->name + strlen("amd_iommu_"), NULL, 10)))
		return 0;
	if (t->bdf && sscanf(t->bdf, "%8x:%2x:%2x.%1x", &segment, &bus, &dev, &fn) == 4 &&
	    pb_uncore_bits(pmu, "devid") == 16 && pb_uncore_bits(pmu, "devid_mask") == 16)
		snprintf(filter, sizeof(filter), ",devid=%#x,devid_mask=0xffff", bus << 8 | dev << 3 | fn);
	for (size_t i = 0; !rc && i < sizeof(amd_events) / sizeof(amd_events[0]); i++)
		rc = add_listed(t, set, pmu, amd_events[i], filter);
	return rc;
}

/* Ice Lake, Sapphire and Emerald Rapids, Snow Ridge: the table above is theirs. */
static bool iio_counts_iotlb(const struct pb_root *root)
{
	static const int models[] = {106, 108, 134, 143, 207};
	struct pb_buf text = {0};
	int family = 0, model = 0;
	bool known = false;
	const char *p;

	if (!pb_root_slurp(root, &text, "/proc/cpuinfo") && text.data && strstr(text.data, "GenuineIntel")) {
		p = strstr(text.data, "cpu family\t:");
		family = p ? atoi(p + strlen("cpu family\t:")) : 0;
		p = strstr(text.data, "model\t\t:");
		model = p ? atoi(p + strlen("model\t\t:")) : 0;
	}
	pb_buf_fini(&text);
	for (size_t i = 0; family == 6 && i < sizeof(models) / sizeof(models[0]); i++)
		known |= model == models[i];
	return known;
}

static int add_iio(const struct pb_target *t, struct pb_uncore_set *set, const struct pb_uncore_pmu *pmu)
{
	struct pb_iio_place place;
	int rc = 0;

	pb_iio_place_find(t->root, t->bdf, &place);
	for (size_t cpu = 0; cpu < pmu->ncpu; cpu++)
		for (size_t i = 0; !rc && i < sizeof(iio_events) / sizeof(iio_events[0]); i++) {
			int64_t ours = pb_iio_place_is(&place, pmu->name, cpu);

			if (ours != 0)
				rc = add_event(set, pmu, iio_events[i].event, iio_events[i].terms, ours,
					       pmu->cpu[cpu]);
		}
	return rc;
}

static int add_kind(const struct pb_target *t, struct pb_uncore_set *set, const char *prefix,
		    int (*add)(const struct pb_target *t, struct pb_uncore_set *set,
			       const struct pb_uncore_pmu *pmu))
{
	struct pb_strv names = {0};
	struct pb_uncore_pmu pmu;
	int rc = 0;

	pb_uncore_find(t->root, prefix, &names);
	for (size_t i = 0; !rc && i < names.n; i++)
		if (pb_uncore_load(t->root, names.v[i], &pmu) == 0)
			rc = add(t, set, &pmu);
	pb_strv_fini(&names);
	return rc;
}

static int iommu_probe(const struct pb_target *t, char *why, size_t size)
{
	struct pb_strv units = {0}, groups = {0};
	bool any;

	pb_root_list(t->root, &units, "/sys/class/iommu");
	pb_root_list(t->root, &groups, "/sys/kernel/iommu_groups");
	any = units.n || groups.n;
	pb_strv_fini(&units);
	pb_strv_fini(&groups);
	if (any)
		return 0;
	snprintf(why, size, "no IOMMU is on: /sys/class/iommu and /sys/kernel/iommu_groups are empty");
	return -ENODEV;
}

static void iommu_stop(void *state)
{
	struct iommu_state *s = state;

	if (!s)
		return;
	pb_iommufault_close(&s->fault);
	pb_uncore_set_fini(&s->set);
	free(s);
}

static int iommu_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	const struct pb_perf_ops *ops = pb_uncore_ops(t);
	struct iommu_state *s = calloc(1, sizeof(*s));
	char unused[256];
	int rc;

	(void)why;
	(void)size;
	if (!s)
		return -ENOMEM;
	s->root = t->root;
	s->bdf = t->bdf;
	pb_iommufault_open(&s->fault, t->root, t->bdf);
	rc = add_kind(t, &s->set, "dmar", add_dmar);
	rc = rc ? rc : add_kind(t, &s->set, "amd_iommu", add_amd);
	if (!rc && !s->set.n && iio_counts_iotlb(t->root))
		rc = add_kind(t, &s->set, "uncore_iio", add_iio);
	if (rc) {
		iommu_stop(s);
		return rc;
	}
	/* Counters are the extra here: without them the rest is still worth its file. */
	if (!ops || pb_uncore_set_open(&s->set, ops, unused, sizeof(unused)))
		pb_uncore_set_fini(&s->set);
	*state = s;
	return 0;
}

static int iommu_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {"scope", "item",       "of_disk",   "value",
					  "text",  "enabled_ns", "running_ns"};
	int rc = 0;

	(void)state;
	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	return rc;
}

static void put(struct pb_rows *rows, int64_t t_ns, const char *scope, const char *item, int64_t value,
		const char *text)
{
	pb_rows_begin(rows, t_ns);
	pb_rows_str(rows, scope);
	pb_rows_str(rows, item);
	pb_rows_i64(rows, PB_NA);
	pb_rows_i64(rows, value);
	pb_rows_str(rows, text && text[0] ? text : NULL);
	pb_rows_end(rows);
}

static void put_group(const struct iommu_state *s, int64_t t_ns, struct pb_rows *rows)
{
	struct pb_strv members = {0};
	char group[32], type[32];

	if (!s->bdf ||
	    pb_root_link(s->root, group, sizeof(group), "/sys/bus/pci/devices/%s/iommu_group", s->bdf) <= 0)
		return;
	put(rows, t_ns, "disk", "group", strtoll(group, NULL, 10), NULL);
	if (pb_root_read(s->root, type, sizeof(type), "/sys/kernel/iommu_groups/%s/type", group) > 0)
		put(rows, t_ns, "disk", "group_type", PB_NA, type);
	pb_root_list(s->root, &members, "/sys/kernel/iommu_groups/%s/devices", group);
	for (size_t i = 0; i < members.n; i++)
		put(rows, t_ns, "disk", "group_device", PB_NA, members.v[i]);
	pb_strv_fini(&members);
}

static void put_facts(const struct iommu_state *s, int64_t t_ns, struct pb_rows *rows)
{
	struct pb_strv units = {0};
	struct pb_iommuinfo info;

	pb_iommuinfo_read(s->root, &info);
	put(rows, t_ns, "host", "interrupt_remapping", info.remapping, info.remapping_how);
	put(rows, t_ns, "host", "posted_capable", info.posted_capable, info.capable_how);
	put(rows, t_ns, "host", "posted_enabled", info.posted_enabled, info.enabled_how);
	pb_root_list(s->root, &units, "/sys/class/iommu");
	for (size_t i = 0; i < units.n; i++)
		put(rows, t_ns, "host", "unit", PB_NA, units.v[i]);
	pb_strv_fini(&units);
	put_group(s, t_ns, rows);
}

static void put_counters(const struct iommu_state *s, int64_t t_ns, struct pb_rows *rows)
{
	for (size_t i = 0; i < s->set.n; i++) {
		const struct pb_uncore_counter *c = &s->set.v[i];
		struct pb_uncore_reading r;

		if (c->handle < 0)
			continue;
		pb_uncore_set_read(&s->set, i, &r);
		pb_rows_begin(rows, t_ns);
		pb_rows_str(rows, c->pmu);
		pb_rows_str(rows, c->event);
		pb_rows_i64(rows, c->ours);
		pb_rows_i64(rows, r.count);
		pb_rows_str(rows, NULL);
		pb_rows_i64(rows, r.enabled_ns);
		pb_rows_i64(rows, r.running_ns);
		pb_rows_end(rows);
	}
}

static int put_all(struct iommu_state *s, int64_t t_ns, bool ends, struct pb_rows *rows)
{
	if (ends)
		put_facts(s, t_ns, rows);
	pb_iommufault_poll(&s->fault);
	put(rows, t_ns, "host", "faults", s->fault.fd < 0 ? PB_NA : s->fault.all, NULL);
	if (s->bdf)
		put(rows, t_ns, "disk", "faults", s->fault.fd < 0 ? PB_NA : s->fault.disk, NULL);
	put_counters(s, t_ns, rows);
	return 0;
}

static int iommu_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct iommu_state *s = state;
	bool first = !s->started;

	s->started = true;
	return put_all(s, t_ns, first, rows);
}

static int iommu_finish(void *state, int64_t t_ns, struct pb_rows *rows)
{
	return put_all(state, t_ns, true, rows);
}

const struct pb_collector pb_coll_iommu = {
	.name = "iommu",
	.help = "IOMMU: group, interrupt remapping and posting, faults, IOTLB where counted",
	.source = "/sys/class/iommu, /proc/interrupts, /dev/kmsg, perf_event_open",
	.period = PB_PERIOD_SLOW,
	.labels = "scope item",
	.gauges = "of_disk",
	.probe = iommu_probe,
	.start = iommu_start,
	.columns = iommu_columns,
	.sample = iommu_sample,
	.finish = iommu_finish,
	.stop = iommu_stop,
};
