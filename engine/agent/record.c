/*
 * Parsing of the files the guest samples. Only what belongs to disks is
 * kept one by one (nvme and virtio vectors); all other devices are in the
 * total.
 */
#include "engine/agent/record.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/agent/clock.h"

#define CPUS_MAX (sizeof(((struct pb_record *)0)->cpu) / sizeof(unsigned))

/* The CPUs that the header line of /proc/interrupts names; how many. */
static unsigned header_cpus(const char *at, unsigned *cpu)
{
	unsigned n = 0;

	while (n < CPUS_MAX) {
		char *end;

		at += strspn(at, " ");
		if (strncmp(at, "CPU", 3))
			break;
		cpu[n++] = (unsigned)strtoul(at + 3, &end, 10);
		at = end;
	}
	return n;
}

/* The CPUs online now each get a column; one that comes later has none. */
static void interrupts_header(struct pb_record *r, const struct pb_root *root, struct pb_buf *out)
{
	unsigned i;

	pb_buf_str(out, "t_ns,irq,name,kind");
	if (!pb_root_slurp(root, &r->text, "/proc/interrupts") && r->text.data)
		r->cpus = header_cpus(r->text.data, r->cpu);
	pb_widen_init(&r->widen, r->cpus);
	for (i = 0; i < r->cpus; i++)
		pb_buf_printf(out, ",cpu%u", r->cpu[i]);
	pb_buf_str(out, "\n");
}

void pb_record_begin(struct pb_record *r, const struct pb_root *root, struct pb_buf *interrupts,
		     struct pb_buf *cpu)
{
	*r = (struct pb_record){.cpus = 0};
	interrupts_header(r, root, interrupts);
	pb_buf_str(cpu,
		   "t_ns,cpu,user_ns,nice_ns,system_ns,idle_ns,iowait_ns,irq_ns,softirq_ns,steal_ns,guest_ns,"
		   "guest_nice_ns\n");
}

static bool is_disk_vector(const char *name)
{
	return !strncmp(name, "nvme", 4) || !strncmp(name, "virtio", 6);
}

/* A name goes into CSV unquoted: the kernel's are plain, anything else becomes '_'. */
static void clean(char *name)
{
	for (; *name; name++)
		if (!isgraph((unsigned char)*name) || *name == ',' || *name == '"')
			*name = '_';
}

/* The file's columns as they are now, which differ from those at the start when a CPU came or went. */
struct columns {
	unsigned n, at[CPUS_MAX]; /* where the counter of column i goes, or NOWHERE */
	bool seen[CPUS_MAX];      /* per column of ours */
};
#define NOWHERE UINT_MAX

static void map_columns(const struct pb_record *r, const char *header, struct columns *c)
{
	unsigned now[CPUS_MAX], i, k;

	memset(c, 0, sizeof(*c));
	c->n = header_cpus(header, now);
	for (i = 0; i < c->n; i++) {
		c->at[i] = NOWHERE;
		for (k = 0; k < r->cpus && c->at[i] == NOWHERE; k++)
			if (r->cpu[k] == now[i])
				c->at[i] = k;
		if (c->at[i] != NOWHERE)
			c->seen[c->at[i]] = true;
	}
}

/* The counters after a line's colon into counts[]; what follows them, or NULL when there are too few. */
static char *parse_counts(const struct columns *c, char *at, uint64_t *counts)
{
	char *end;
	unsigned i;

	for (i = 0; i < c->n; i++) {
		uint64_t v = strtoull(at, &end, 10);

		if (end == at)
			return NULL;
		if (c->at[i] != NOWHERE)
			counts[c->at[i]] = v;
		at = end;
	}
	return at;
}

/*
 * " 24:  10  20  PCI-MSIX-0000:00:03.0  1-edge  nvme0q1": counts into counts[], the name into *name. False
 * when the line is not a device's vector.
 */
static bool parse_vector(const struct columns *c, char *line, long *irq, uint64_t *counts, char **name)
{
	char *at = line, *end;

	*irq = strtol(at, &end, 10);
	if (end == at || *end != ':')
		return false;
	at = parse_counts(c, end + 1, counts);
	if (!at)
		return false;
	while (isspace((unsigned char)line[strlen(line) - 1]))
		line[strlen(line) - 1] = '\0';
	*name = strrchr(at, ' ');
	*name = *name ? *name + 1 : at;
	clean(*name);
	return true;
}

/* " LOC:  10  20  Local timer interrupts" of the kinds that a guest gets injected; NULL: another line. */
static const char *parse_arch(const struct columns *c, char *line, uint64_t *counts)
{
	static const char *const names[] = {"NMI", "LOC", "RES", "CAL"};
	size_t i;

	line += strspn(line, " ");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(line, names[i], 3) && line[3] == ':')
			return parse_counts(c, line + 4, counts) ? names[i] : NULL;
	return NULL;
}

static void put_counts(struct pb_buf *out, const struct columns *c, const uint64_t *counts, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (c->seen[i])
			pb_buf_printf(out, ",%llu", (unsigned long long)counts[i]);
		else
			pb_buf_str(out, ",");
	}
	pb_buf_str(out, "\n");
}

void pb_record_interrupts(struct pb_record *r, const struct pb_root *root, struct pb_buf *out)
{
	uint64_t counts[CPUS_MAX] = {0}, total[CPUS_MAX] = {0};
	char *line, *save, *name;
	int64_t now = pb_clock_raw_ns();
	struct columns c;
	unsigned i;
	long irq;

	if (!r->cpus || pb_root_slurp(root, &r->text, "/proc/interrupts") || !r->text.data)
		return;
	map_columns(r, r->text.data, &c);
	pb_widen_begin(&r->widen);
	for (line = strtok_r(r->text.data, "\n", &save); line && c.n; line = strtok_r(NULL, "\n", &save)) {
		const char *arch = parse_arch(&c, line, counts);

		if (arch) {
			pb_widen_line(&r->widen, arch, -1, counts, c.seen);
			pb_buf_printf(out, "%lld,,%s,arch", (long long)now, arch);
			put_counts(out, &c, counts, r->cpus);
			continue;
		}
		if (!parse_vector(&c, line, &irq, counts, &name))
			continue;
		pb_widen_line(&r->widen, name, irq, counts, c.seen);
		for (i = 0; i < r->cpus; i++)
			total[i] += c.seen[i] ? counts[i] : 0;
		if (!is_disk_vector(name))
			continue;
		pb_buf_printf(out, "%lld,%ld,%s,device", (long long)now, irq, name);
		put_counts(out, &c, counts, r->cpus);
	}
	if (!c.n)
		return;
	pb_buf_printf(out, "%lld,,total,total", (long long)now);
	put_counts(out, &c, total, r->cpus);
}

void pb_record_cpu(struct pb_record *r, const struct pb_root *root, struct pb_buf *out)
{
	const unsigned long long tick_ns = 1000000000ull / (unsigned long long)sysconf(_SC_CLK_TCK);
	int64_t now = pb_clock_raw_ns();
	char *line, *save;

	if (pb_root_slurp(root, &r->text, "/proc/stat") || !r->text.data)
		return;
	for (line = strtok_r(r->text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *at = line + 3, *end;
		int i;

		if (strncmp(line, "cpu", 3) || !isdigit((unsigned char)line[3]))
			continue;
		pb_buf_printf(out, "%lld,%lu", (long long)now, strtoul(at, &at, 10));
		for (i = 0; i < 10; i++) {
			unsigned long long ticks = strtoull(at, &end, 10);

			if (end == at) /* an older kernel has fewer columns */
				pb_buf_str(out, ",");
			else
				pb_buf_printf(out, ",%llu", ticks * tick_ns);
			at = end;
		}
		pb_buf_str(out, "\n");
	}
}

#define BLOCK_FIELDS 17

const char pb_record_block_header[] =
	"t_ns,disk,reads,read_merges,read_sectors,read_ms,writes,write_merges,write_sectors,write_ms,in_"
	"flight,"
	"busy_ms,queue_ms,discards,discard_merges,discard_sectors,discard_ms,flushes,flush_ms\n";

bool pb_record_block(const struct pb_root *root, const char *disk, struct pb_buf *out)
{
	char text[512], name[64], *at = text, *end;
	int64_t now = pb_clock_raw_ns();
	unsigned i;

	if (pb_root_read(root, text, sizeof(text), "/sys/block/%s/stat", disk) <= 0)
		return false;
	snprintf(name, sizeof(name), "%s", disk);
	clean(name);
	pb_buf_printf(out, "%lld,%s", (long long)now, name);
	for (i = 0; i < BLOCK_FIELDS; i++) {
		unsigned long long v = strtoull(at, &end, 10);

		if (end == at || v > INT64_MAX) /* before Linux 4.18 there are 11 fields, before 5.5 15 */
			pb_buf_str(out, ",");
		else
			pb_buf_printf(out, ",%llu", v);
		at = end;
	}
	pb_buf_str(out, "\n");
	return true;
}

void pb_record_fini(struct pb_record *r)
{
	pb_buf_fini(&r->text);
	pb_widen_fini(&r->widen);
}
