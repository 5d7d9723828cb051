/*
 * The manifest as name/value rows. Unknown or missing members are left out,
 * never guessed.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"
#include "reports/escape.h"
#include "reports/format.h"
#include "reports/setup.h"

/* Adds a row unless the value is empty. */
static void row(struct pb_facts *f, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	pb_strv_add(&f->setup, name);
	pb_strv_add(&f->setup, value);
}

/* Appends "label value" to a comma-separated line, when there is a value. */
static void part(struct pb_buf *b, const char *fmt, const char *value)
{
	if (!value || !*value)
		return;
	if (b->len)
		pb_buf_str(b, pb_messages_get(PB_MSG_COMMA));
	pb_escape_fmt(b, PB_ESCAPE_NONE, fmt, value);
}

static void part_int(struct pb_buf *b, const char *fmt, int64_t v)
{
	if (v != PB_NA)
		part(b, fmt, pb_format_int(v).s);
}

static void flush_row(struct pb_facts *f, enum pb_message name, struct pb_buf *b)
{
	row(f, pb_messages_get(name), b->data);
	pb_buf_fini(b);
}

/* The members of an array of strings, joined. */
static void part_array(struct pb_buf *b, const char *fmt, const json_t *array, const char *join)
{
	struct pb_buf all = {0};
	const json_t *v;
	size_t i;

	for (i = 0; i < json_array_size(array); i++) {
		v = json_array_get(array, i);
		if (all.len)
			pb_buf_str(&all, join);
		pb_escape_add(&all, PB_ESCAPE_NONE, json_is_string(v) ? json_string_value(v) : "?");
	}
	part(b, fmt, all.data);
	pb_buf_fini(&all);
}

static void describe_disk(struct pb_facts *f, const json_t *disk)
{
	struct pb_buf b = {0};
	int64_t node = pb_json_i64(disk, "numa_node", PB_NA);

	part(&b, "%1", pb_json_str(disk, "model", ""));
	part(&b, pb_messages_get(PB_MSG_SET_SERIAL), pb_json_str(disk, "serial", ""));
	part(&b, pb_messages_get(PB_MSG_SET_FIRMWARE), pb_json_str(disk, "firmware", ""));
	if (pb_json_num(disk, "size_bytes", 0) > 0)
		part(&b, "%1", pb_format_size(pb_json_num(disk, "size_bytes", 0)).s);
	part_int(&b, pb_messages_get(PB_MSG_SET_BYTE_BLOCKS),
		 pb_json_i64(disk, "logical_block_bytes", PB_NA));
	flush_row(f, PB_MSG_ROW_DISK, &b);

	part(&b, "%1", pb_json_str(disk, "bdf", ""));
	if (json_array_size(json_object_get(disk, "hops")) > 1)
		part_array(&b, "%1", json_object_get(disk, "hops"), " \xe2\x86\x92 ");
	part(&b, pb_messages_get(PB_MSG_SET_ROOT_PORT), pb_json_str(disk, "root_port", ""));
	if (node >= 0)
		part_int(&b, pb_messages_get(PB_MSG_SET_NUMA_NODE), node);
	part(&b, pb_messages_get(PB_MSG_SET_LOCAL_CPUS), pb_json_str(disk, "local_cpus", ""));
	part_int(&b, pb_messages_get(PB_MSG_SET_IOMMU_GROUP), pb_json_i64(disk, "iommu_group", PB_NA));
	flush_row(f, PB_MSG_ROW_PCIE, &b);
}

/* Link as negotiated and as possible, of hop 0, from the first sample of pcie.csv. */
static void describe_link(struct pb_facts *f)
{
	struct pb_table *t = NULL;
	struct pb_buf b = {0};
	double speed, max;
	char text[96];
	size_t i;

	if (pb_table_read(&t, f->in->dir->fd, "host/pcie.csv", NULL) < 0)
		return;
	for (i = 0; i < pb_table_rows(t) && pb_table_num(t, i, pb_table_col(t, "hop")) != 0; i++)
		;
	if (i < pb_table_rows(t)) {
		speed = pb_table_num(t, i, pb_table_col(t, "link_speed_gts"));
		max = pb_table_num(t, i, pb_table_col(t, "max_link_speed_gts"));
		snprintf(text, sizeof(text), "%g GT/s x%g", speed,
			 pb_table_num(t, i, pb_table_col(t, "link_width")));
		part(&b, "%1", isfinite(speed) ? text : "");
		snprintf(text, sizeof(text), "%g GT/s x%g", max,
			 pb_table_num(t, i, pb_table_col(t, "max_link_width")));
		part(&b, pb_messages_get(PB_MSG_SET_AT_MOST), isfinite(max) ? text : "");
	}
	flush_row(f, PB_MSG_ROW_LINK, &b);
	pb_table_free(t);
}

/* First row at or after t_ns; the number of rows when there is none. */
static size_t row_from(const struct pb_table *t, int64_t t_ns)
{
	size_t i;

	for (i = 0; i < pb_table_rows(t) && pb_table_i64(t, i, 0) < t_ns; i++)
		;
	return i;
}

/* Bytes a second of a cumulative column between two rows. */
static double rate(const struct pb_table *t, size_t a, size_t b, const char *column)
{
	int col = pb_table_col(t, column);
	double dt = pb_table_num(t, b, 0) - pb_table_num(t, a, 0);

	return (pb_table_num(t, b, col) - pb_table_num(t, a, col)) * 1e9 / dt;
}

/* What the step of the headline put on the link, where that is estimated (link_estimate.csv). */
static void describe_link_load(struct pb_facts *f)
{
	struct pb_table *t = NULL;
	struct pb_buf b = {0};
	size_t first, last;
	double room;

	if (!f->best || pb_table_read(&t, f->in->dir->fd, "host/link_estimate.csv", NULL) < 0)
		return;
	first = row_from(t, f->best->t0_ns);
	last = row_from(t, f->best->t1_ns + 1);
	if (last > first + 1) {
		double up = rate(t, first, last - 1, "to_host_bytes"),
		       down = rate(t, first, last - 1, "to_device_bytes");

		room = pb_table_num(t, first, pb_table_col(t, "link_bytes_s"));
		if (isfinite(up) && isfinite(down)) {
			pb_escape_fmt(&b, PB_ESCAPE_NONE, pb_messages_get(PB_MSG_SET_LINK_LOAD),
				      pb_format_bytes_s(up).s, pb_format_bytes_s(down).s);
			part(&b, pb_messages_get(PB_MSG_SET_LINK_ROOM),
			     room > 0 ? pb_format_bytes_s(room).s : "");
			part(&b, "%1", pb_messages_get(PB_MSG_SET_LINK_HOW));
		}
	}
	flush_row(f, PB_MSG_ROW_LINK_LOAD, &b);
	pb_table_free(t);
}

/* Growth between the log before and the log after; PB_NA when the disk does not fill the field. */
static int64_t smart_growth(const struct pb_table *t, const char *column)
{
	int c = pb_table_col(t, column);
	int64_t before = pb_table_i64(t, 0, c), after = pb_table_i64(t, pb_table_rows(t) - 1, c);

	return before == PB_NA || after < before ? PB_NA : after - before;
}

static void part_growth(struct pb_buf *b, int64_t n, enum pb_message some, enum pb_message none)
{
	if (n > 0)
		part_int(b, pb_messages_get(some), n);
	else if (n == 0)
		part(b, "%1", pb_messages_get(none));
}

/* What the disk says about itself, before fio started and after it had ended. */
static void describe_smart(struct pb_facts *f, const json_t *guest)
{
	struct pb_table *t = NULL;
	struct pb_buf b = {0};
	char name[160];
	int64_t before, after, n1, n2;

	snprintf(name, sizeof(name), "guest/%.64s/smart.csv", pb_json_str(guest, "name", ""));
	if (!json_object_get(json_object_get(f->manifest, "files"), name) ||
	    pb_table_read(&t, f->in->dir->fd, name, NULL) < 0)
		return;
	if (pb_table_rows(t) >= 2) {
		before = pb_table_i64(t, 0, pb_table_col(t, "temperature_c"));
		after = pb_table_i64(t, pb_table_rows(t) - 1, pb_table_col(t, "temperature_c"));
		if (before != PB_NA && after != PB_NA)
			pb_escape_fmt(&b, PB_ESCAPE_NONE, pb_messages_get(PB_MSG_SET_TEMPERATURE),
				      pb_format_int(before).s, pb_format_int(after).s);
		n1 = smart_growth(t, "throttle1_transitions");
		n2 = smart_growth(t, "throttle2_transitions");
		part_growth(&b, n1 == PB_NA || n2 == PB_NA ? PB_NA : n1 + n2, PB_MSG_SET_THROTTLED,
			    PB_MSG_SET_NOT_THROTTLED);
		part_growth(&b, smart_growth(t, "media_errors"), PB_MSG_SET_MEDIA_ERRORS,
			    PB_MSG_SET_NO_MEDIA_ERRORS);
	}
	flush_row(f, PB_MSG_ROW_SMART, &b);
	pb_table_free(t);
}

static void part_coalescing(struct pb_buf *b, const json_t *nvme)
{
	int64_t threshold = pb_json_i64(nvme, "coalescing_threshold", PB_NA),
		us = pb_json_i64(nvme, "coalescing_us", PB_NA);
	struct pb_buf text = {0};

	if (threshold <= 1 || us <= 0) /* off: either is enough */
		return;
	pb_escape_fmt(&text, PB_ESCAPE_NONE, pb_messages_get(PB_MSG_SET_COALESCING),
		      pb_format_int(threshold).s, pb_format_ns((double)us * 1e3).s);
	part(b, "%1", text.data);
	pb_buf_fini(&text);
}

static void describe_path(struct pb_facts *f, const json_t *disk, const json_t *guest)
{
	const json_t *attach = json_object_get(f->manifest, "attach"),
		     *gdisk = json_object_get(guest, "disk");
	const char *path = pb_json_str(disk, "path", "");
	struct pb_buf b = {0};

	if (!strcmp(path, "vfio"))
		part(&b, "%1", pb_messages_get(PB_MSG_SET_VFIO));
	else if (!strcmp(path, "local"))
		part(&b, "%1", pb_messages_get(PB_MSG_SET_LOCAL));
	else if (!pb_facts_imported(f))
		part(&b, "%1", path);
	part(&b, pb_messages_get(PB_MSG_SET_CACHE), pb_json_str(attach, "cache", ""));
	part(&b, pb_messages_get(PB_MSG_SET_AIO), pb_json_str(attach, "aio", ""));
	part(&b, pb_messages_get(PB_MSG_SET_WRITE_CACHE), pb_json_str(attach, "write_cache", ""));
	flush_row(f, PB_MSG_ROW_PATH, &b);

	part(&b, "%1", pb_json_str(gdisk, "name", ""));
	part_int(&b, pb_messages_get(PB_MSG_SET_QUEUES), pb_json_i64(gdisk, "queues", PB_NA));
	part(&b, pb_messages_get(PB_MSG_SET_SCHEDULER), pb_json_str(gdisk, "scheduler", ""));
	part_int(&b, pb_messages_get(PB_MSG_SET_NR_REQUESTS), pb_json_i64(gdisk, "nr_requests", PB_NA));
	part(&b, pb_messages_get(PB_MSG_SET_WRITE_CACHE), pb_json_str(gdisk, "write_cache", ""));
	part_coalescing(&b, json_object_get(gdisk, "nvme"));
	flush_row(f, PB_MSG_ROW_DISK_IN_THE_GUEST, &b);
}

static void describe_guest(struct pb_facts *f, const json_t *guest)
{
	const char *kind = pb_json_str(guest, "kind", "");
	struct pb_buf b = {0};

	/* an imported load ran somewhere; what a hypervisor's recorder called the machine is all that is
	 * known */
	part(&b, "%1", pb_json_str(guest, pb_facts_imported(f) ? "vm" : "name", ""));
	if (!pb_facts_imported(f) && strcmp(kind, pb_json_str(guest, "name", "")) != 0)
		part(&b, "%1", kind);
	part_int(&b, pb_messages_get(PB_MSG_SET_VCPUS), pb_json_i64(guest, "vcpus", PB_NA));
	part_int(&b, pb_messages_get(PB_MSG_SET_MIB), pb_json_i64(guest, "mem_mib", PB_NA));
	part(&b, pb_messages_get(PB_MSG_SET_MACHINE), pb_json_str(guest, "machine", ""));
	part(&b, pb_messages_get(PB_MSG_SET_LINUX), pb_json_str(guest, "kernel", ""));
	part_array(&b, pb_messages_get(PB_MSG_SET_VCPU_PINS), json_object_get(guest, "vcpu_pins"), " | ");
	flush_row(f, PB_MSG_ROW_GUEST, &b);

	part(&b, "%1", pb_json_str(guest, "fio", ""));
	part(&b, pb_messages_get(PB_MSG_SET_ENGINE), pb_json_str(guest, "engine", ""));
	part(&b, pb_messages_get(PB_MSG_SET_BACKEND), pb_json_str(guest, "backend", ""));
	part(&b, pb_messages_get(PB_MSG_SET_AGENT), pb_json_str(guest, "agent", ""));
	flush_row(f, PB_MSG_ROW_LOAD_GENERATOR, &b);
}

static void describe_host(struct pb_facts *f, const json_t *host)
{
	const char *qemu = pb_json_str(host, "qemu", "");
	struct pb_buf b = {0};

	part(&b, "%1", pb_json_str(host, "name", ""));
	part(&b, "%1", pb_json_str(host, "hypervisor", ""));
	part(&b, "%1", pb_json_str(host, "cpu_model", ""));
	part_int(&b, pb_messages_get(PB_MSG_SET_CPUS), pb_json_i64(host, "cpus", PB_NA));
	part_int(&b, pb_messages_get(PB_MSG_SET_NUMA_NODES), pb_json_i64(host, "numa_nodes", PB_NA));
	part(&b, pb_messages_get(PB_MSG_SET_GOVERNOR), pb_json_str(host, "governor", ""));
	flush_row(f, PB_MSG_ROW_HOST, &b);

	part(&b, pb_messages_get(PB_MSG_SET_LINUX), pb_json_str(host, "kernel", ""));
	part(&b, strncmp(qemu, "QEMU", 4) != 0 ? pb_messages_get(PB_MSG_SET_QEMU) : "%1", qemu);
	part(&b, pb_messages_get(PB_MSG_SET_MICROCODE), pb_json_str(host, "microcode", ""));
	part(&b, pb_messages_get(PB_MSG_SET_BIOS), pb_json_str(host, "bios", ""));
	part(&b, pb_messages_get(PB_MSG_SET_IOMMU), pb_json_str(host, "iommu", ""));
	if (json_is_boolean(json_object_get(host, "irqbalance")))
		part(&b, pb_messages_get(PB_MSG_SET_IRQBALANCE),
		     json_is_true(json_object_get(host, "irqbalance")) ? pb_messages_get(PB_MSG_RUNNING)
								       : pb_messages_get(PB_MSG_NOT_RUNNING));
	part_int(&b, pb_messages_get(PB_MSG_SET_HALT_POLL_NS), pb_json_i64(host, "halt_poll_ns", PB_NA));
	flush_row(f, PB_MSG_ROW_HOST_SOFTWARE, &b);
}

/* The tool, then the files it wrote. */
static void describe_origin(struct pb_facts *f)
{
	const json_t *files = json_object_get(json_object_get(f->manifest, "origin"), "files"), *o;
	struct pb_buf b = {0};
	size_t i;

	if (!pb_facts_imported(f))
		return;
	part(&b, pb_messages_get(PB_MSG_SET_IMPORTED), pb_facts_imported(f));
	json_array_foreach(files, i, o) part(&b, "%1", pb_json_str(o, "file", ""));
	flush_row(f, PB_MSG_ROW_ORIGIN, &b);
}

static void describe_profile(struct pb_facts *f, const json_t *profile, const json_t *goal)
{
	struct pb_buf b = {0};
	const char *title = pb_json_str(profile, "title", "");

	part(&b, "%1", *title ? title : pb_json_str(profile, "name", ""));
	part(&b, pb_messages_get(PB_MSG_SET_RW), pb_json_str(profile, "rw", ""));
	part(&b, pb_messages_get(PB_MSG_SET_BS), pb_json_str(profile, "bs", ""));
	if (json_is_boolean(json_object_get(profile, "direct")))
		part(&b, pb_messages_get(PB_MSG_SET_DIRECT),
		     json_is_true(json_object_get(profile, "direct")) ? "1" : "0");
	part(&b, pb_messages_get(PB_MSG_SET_DURABILITY), pb_json_str(profile, "durability", ""));
	if (isfinite(pb_json_num(goal, "duration_s", NAN)))
		part(&b, pb_messages_get(PB_MSG_SET_S_PER_DEPTH),
		     pb_format_num(pb_json_num(goal, "duration_s", NAN)).s);
	flush_row(f, PB_MSG_ROW_PROFILE, &b);
	part(&b, "%1", pb_format_utc(pb_json_str(f->manifest, "started_utc", "")).s);
	part(&b, pb_messages_get(PB_MSG_SET_UNTIL),
	     pb_format_utc(pb_json_str(f->manifest, "ended_utc", "")).s);
	flush_row(f, PB_MSG_ROW_WHEN, &b);
	part_array(&b, "%1", json_object_get(f->manifest, "command"), " ");
	flush_row(f, PB_MSG_ROW_COMMAND, &b);
}

void pb_setup_describe(struct pb_facts *f)
{
	const json_t *disk = json_object_get(f->manifest, "disk");
	const json_t *guest = json_object_get(f->manifest, "guest");
	const char *model = pb_json_str(disk, "model", "");
	const char *where = pb_json_str(disk, "bdf", pb_json_str(disk, "block", ""));

	f->name = pb_facts_text(*model && *where ? "%1 (%2)" : "%1%2", model, where);
	describe_origin(f);
	describe_disk(f, disk);
	describe_link(f);
	describe_link_load(f);
	describe_path(f, disk, guest);
	describe_smart(f, guest);
	describe_guest(f, guest);
	describe_host(f, json_object_get(f->manifest, "host"));
	describe_profile(f, json_object_get(f->manifest, "profile"), json_object_get(f->manifest, "goal"));
}
