/*
 * PCIe traffic counted by the processor, where it counts: Intel's IIO stacks (free-running counters of what
 * devices write, programmed ones for the rest), AMD's data fabric on Zen 4. Per stack and port or per I/O
 * moderator, not per disk. Makes no estimate where nothing counts.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/iiostack.h"
#include "engine/collectors/reason.h"
#include "engine/collectors/uncoreset.h"

#define TO_MEMORY "to-memory"     /* the device writes memory: the guest reads the disk */
#define FROM_MEMORY "from-memory" /* the device reads memory: the guest writes */

/* Intel counts these in units of 4 bytes (UNC_IIO_DATA_REQ_*); two of each event number fit at a time. */
static const struct {
	const char *event, *direction;
	unsigned number, umask;
} iio_events[] = {
	{"data_req_of_cpu.mem_read", FROM_MEMORY, 0x83, 0x04},
	{"data_req_of_cpu.mem_write", TO_MEMORY, 0x83, 0x01},
	{"data_req_by_cpu.mem_write", "mmio-write", 0xc0, 0x01},
	{"data_req_by_cpu.mem_read", "mmio-read", 0xc0, 0x04},
};
#define IIO_UNIT 4.0
#define DF_BEAT 64.0 /* amdzen4/data-fabric.json of the kernel: "Read data beats (64 bytes)" */

/* local_socket_upstream_{read,write}_beats_iom0..3 */
static const unsigned df_events[] = {0x81f, 0x85f, 0x89f, 0x8df};

struct plan {
	const struct pb_target *t;
	struct pb_iio_place place;
	struct pb_uncore_set set;
};

static int add_on_cpus(struct plan *p, const struct pb_uncore_pmu *pmu, struct pb_uncore_counter *c)
{
	int rc = 0;

	snprintf(c->pmu, sizeof(c->pmu), "%s", pmu->name);
	for (size_t i = 0; !rc && i < pmu->ncpu; i++) {
		c->cpu = pmu->cpu[i];
		c->ours = pb_iio_place_is(&p->place, pmu->name, i);
		/* Where the kernel tells the disk's stack, the others only cost time. */
		if (c->ours != 0)
			rc = pb_uncore_set_add(&p->set, c);
	}
	return rc;
}

static int add_free_running(struct plan *p, const struct pb_uncore_pmu *pmu)
{
	struct pb_strv names = {0};
	int rc = 0;

	pb_root_list(p->t->root, &names, "/sys/bus/event_source/devices/%s/events", pmu->name);
	for (size_t i = 0; !rc && i < names.n; i++) {
		struct pb_uncore_counter c = {.source = "iio-free-running"};
		int end = 0;

		if (sscanf(names.v[i], "bw_in_port%2d%n", &c.port, &end) == 1 && !names.v[i][end])
			c.direction = TO_MEMORY;
		else if (sscanf(names.v[i], "bw_out_port%2d%n", &c.port, &end) == 1 && !names.v[i][end])
			c.direction = "to-device";
		else
			continue;
		snprintf(c.event, sizeof(c.event), "%s", names.v[i]);
		if (pb_uncore_event(p->t->root, pmu, names.v[i], &c.attr, &c.bytes) == 0 && c.bytes > 0)
			rc = add_on_cpus(p, pmu, &c);
	}
	pb_strv_fini(&names);
	return rc;
}

static int add_programmed(struct plan *p, const struct pb_uncore_pmu *pmu)
{
	/* All parts of the stack: 4 on Skylake and Cascade Lake, 8 later; the mask is as wide or wider. */
	unsigned parts = pb_uncore_bits(pmu, "ch_mask") >= 8 ? 0xff : 0xf;
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(iio_events) / sizeof(iio_events[0]); i++) {
		struct pb_uncore_counter c = {
			.source = "iio", .direction = iio_events[i].direction, .port = -1, .bytes = IIO_UNIT};
		char terms[96];

		snprintf(c.event, sizeof(c.event), "%s", iio_events[i].event);
		snprintf(terms, sizeof(terms), "event=%#x,umask=%#x,ch_mask=%#x,fc_mask=0x7",
			 iio_events[i].number, iio_events[i].umask, parts);
		if (pb_uncore_encode(pmu, terms, &c.attr) == 0)
			rc = add_on_cpus(p, pmu, &c);
	}
	return rc;
}

/* The numbers below are Zen 4's: family 19h, models 10h-1fh, 60h-7fh and a0h-afh. */
static bool is_zen4(const struct pb_root *root)
{
	struct pb_buf text = {0};
	int family = 0, model = -1;
	const char *p;
	bool amd = false;

	if (!pb_root_slurp(root, &text, "/proc/cpuinfo") && text.data) {
		amd = strstr(text.data, "AuthenticAMD") != NULL;
		p = strstr(text.data, "cpu family\t:");
		if (p)
			family = atoi(p + strlen("cpu family\t:"));
		p = strstr(text.data, "model\t\t:");
		if (p)
			model = atoi(p + strlen("model\t\t:"));
	}
	pb_buf_fini(&text);
	return amd && family == 0x19 &&
	       (model >> 4 == 0x1 || model >> 4 == 0x6 || model >> 4 == 0x7 || model >> 4 == 0xa);
}

static int add_fabric(struct plan *p, const struct pb_uncore_pmu *pmu)
{
	int rc = 0;

	for (unsigned i = 0; !rc && i < 8; i++) {
		struct pb_uncore_counter c = {
			.source = "amd-df", .port = (int)(i / 2), .bytes = DF_BEAT, .ours = PB_NA};
		char terms[64];

		c.direction = i % 2 ? TO_MEMORY : FROM_MEMORY;
		snprintf(c.event, sizeof(c.event), "local_socket_upstream_%s_beats_iom%u",
			 i % 2 ? "write" : "read", i / 2);
		snprintf(terms, sizeof(terms), "event=%#x,umask=%#x", df_events[i / 2],
			 i % 2 ? 0x7ffu : 0x7feu);
		if (pb_uncore_encode(pmu, terms, &c.attr) == 0)
			rc = add_on_cpus(p, pmu, &c);
	}
	return rc;
}

static int add_kind(struct plan *p, const char *prefix,
		    int (*add)(struct plan *p, const struct pb_uncore_pmu *pmu))
{
	struct pb_uncore_pmu pmu;
	struct pb_strv names = {0};
	int rc = pb_uncore_find(p->t->root, prefix, &names);

	for (size_t i = 0; !rc && i < names.n; i++)
		if (pb_uncore_load(p->t->root, names.v[i], &pmu) == 0)
			rc = add(p, &pmu);
	pb_strv_fini(&names);
	return rc == -ENOMEM ? rc : 0; /* no such folder is no counters */
}

static int make_plan(const struct pb_target *t, struct plan *p, char *why, size_t size)
{
	int rc;

	*p = (struct plan){.t = t};
	pb_iio_place_find(t->root, t->bdf, &p->place);
	rc = add_kind(p, "uncore_iio_free_running", add_free_running);
	rc = rc ? rc : add_kind(p, "uncore_iio", add_programmed);
	if (!rc && is_zen4(t->root))
		rc = add_kind(p, "amd_df", add_fabric);
	if (rc) {
		pb_uncore_set_fini(&p->set);
		return pb_reason(why, size, -rc, "listing PMUs");
	}
	if (p->set.n)
		return 0;
	snprintf(why, size,
		 "no PCIe counters in /sys/bus/event_source/devices (Intel: modprobe intel_uncore; AMD: Zen "
		 "4's amd_df)");
	return -ENOENT;
}

static int pciebw_probe(const struct pb_target *t, char *why, size_t size)
{
	const struct pb_perf_ops *ops = pb_uncore_ops(t);
	struct plan p;
	int rc = make_plan(t, &p, why, size);

	if (rc)
		return rc;
	if (ops) {
		rc = pb_uncore_set_try(&p.set, ops, why, size);
	} else {
		snprintf(why, size, PB_WHY_RECORDED);
		rc = -ENODEV;
	}
	pb_uncore_set_fini(&p.set);
	return rc;
}

static void pciebw_stop(void *state)
{
	struct pb_uncore_set *s = state;

	if (!s)
		return;
	pb_uncore_set_fini(s);
	free(s);
}

static int pciebw_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	const struct pb_perf_ops *ops = pb_uncore_ops(t);
	struct pb_uncore_set *s;
	struct plan p;
	int rc = ops ? make_plan(t, &p, why, size) : -ENODEV;

	if (rc)
		return rc;
	s = malloc(sizeof(*s));
	if (!s) {
		pb_uncore_set_fini(&p.set);
		return -ENOMEM;
	}
	*s = p.set;
	rc = pb_uncore_set_open(s, ops, why, size);
	if (rc) {
		pciebw_stop(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int pciebw_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {"source", "pmu",   "cpu",   "port",       "direction", "of_disk",
					  "event",  "bytes", "count", "enabled_ns", "running_ns"};
	int rc = 0;

	(void)state;
	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	return rc;
}

static int pciebw_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	const struct pb_uncore_set *s = state;

	for (size_t i = 0; i < s->n; i++) {
		const struct pb_uncore_counter *c = &s->v[i];
		struct pb_uncore_reading r;

		if (c->handle < 0)
			continue;
		pb_uncore_set_read(s, i, &r);
		pb_rows_begin(rows, t_ns);
		pb_rows_str(rows, c->source);
		pb_rows_str(rows, c->pmu);
		pb_rows_i64(rows, c->cpu);
		pb_rows_i64(rows, c->port < 0 ? PB_NA : c->port);
		pb_rows_str(rows, c->direction);
		pb_rows_i64(rows, c->ours);
		pb_rows_str(rows, c->event);
		pb_rows_i64(rows, r.count == PB_NA ? PB_NA : llround((double)r.count * c->bytes));
		pb_rows_i64(rows, r.count);
		pb_rows_i64(rows, r.enabled_ns);
		pb_rows_i64(rows, r.running_ns);
		pb_rows_end(rows);
	}
	return 0;
}

const struct pb_collector pb_coll_pciebw = {
	.name = "pciebw",
	.help = "PCIe bytes as the processor counts them: Intel IIO stacks, AMD data fabric (Zen 4)",
	.source = "/sys/bus/event_source/devices, perf_event_open",
	.period = PB_PERIOD_FAST,
	.labels = "source pmu cpu port direction event",
	.gauges = "of_disk",
	.probe = pciebw_probe,
	.start = pciebw_start,
	.columns = pciebw_columns,
	.sample = pciebw_sample,
	.stop = pciebw_stop,
};
