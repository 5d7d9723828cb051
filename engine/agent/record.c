/*
 * Parsing of the two files the guest samples. Only what belongs to disks is
 * kept one by one (nvme and virtio vectors); all other devices are in the
 * total.
 */
#include "engine/agent/record.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/agent/clock.h"

#define CPUS_MAX 1024

/* The header line names the CPUs that have a column. */
static void interrupts_header(struct pb_record *r, const struct pb_root *root, struct pb_buf *out)
{
	char *word, *save;

	pb_buf_str(out, "t_ns,irq,name,kind");
	if (!pb_root_slurp(root, &r->text, "/proc/interrupts") && r->text.data) {
		r->text.data[strcspn(r->text.data, "\n")] = '\0';
		for (word = strtok_r(r->text.data, " ", &save); word && r->cpus < CPUS_MAX;
		     word = strtok_r(NULL, " ", &save)) {
			if (strncmp(word, "CPU", 3))
				break;
			pb_buf_printf(out, ",cpu%d", atoi(word + 3));
			r->cpus++;
		}
	}
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

/*
 * " 24:  10  20  PCI-MSIX-0000:00:03.0  1-edge  nvme0q1": counts into counts[], the name into *name. False
 * when the line is not a device's vector.
 */
static bool parse_vector(const struct pb_record *r, char *line, long *irq, uint64_t *counts, char **name)
{
	char *at = line, *end;
	unsigned i;

	*irq = strtol(at, &end, 10);
	if (end == at || *end != ':')
		return false;
	at = end + 1;
	for (i = 0; i < r->cpus; i++) {
		counts[i] = strtoull(at, &end, 10);
		if (end == at)
			return false;
		at = end;
	}
	while (isspace((unsigned char)line[strlen(line) - 1]))
		line[strlen(line) - 1] = '\0';
	*name = strrchr(at, ' ');
	*name = *name ? *name + 1 : at;
	clean(*name);
	return true;
}

static void put_counts(struct pb_buf *out, const uint64_t *counts, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		pb_buf_printf(out, ",%llu", (unsigned long long)counts[i]);
	pb_buf_str(out, "\n");
}

void pb_record_interrupts(struct pb_record *r, const struct pb_root *root, struct pb_buf *out)
{
	uint64_t counts[CPUS_MAX], total[CPUS_MAX] = {0};
	char *line, *save, *name;
	int64_t now = pb_clock_raw_ns();
	unsigned i;
	long irq;

	if (!r->cpus || pb_root_slurp(root, &r->text, "/proc/interrupts") || !r->text.data)
		return;
	for (line = strtok_r(r->text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!parse_vector(r, line, &irq, counts, &name))
			continue;
		for (i = 0; i < r->cpus; i++)
			total[i] += counts[i];
		if (!is_disk_vector(name))
			continue;
		pb_buf_printf(out, "%lld,%ld,%s,device", (long long)now, irq, name);
		put_counts(out, counts, r->cpus);
	}
	pb_buf_printf(out, "%lld,,total,total", (long long)now);
	put_counts(out, total, r->cpus);
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

void pb_record_fini(struct pb_record *r)
{
	pb_buf_fini(&r->text);
}
