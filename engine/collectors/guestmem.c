/*
 * Where the memory of the guest's QEMU lies: bytes per NUMA node, page size and policy, how much of it is
 * transparent huge pages and how much is locked in place (pinned for DMA). Walks all of QEMU's page tables:
 * start and end only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/memtext.h"
#include "engine/collectors/reason.h"
#include "engine/collectors/sampler.h"

#define THP_BYTES (2 << 20)
#define WALK_MAX_NS 200000000LL /* a second walk is left out when the first took longer */

struct guestmem_state {
	const struct pb_root *root;
	pid_t pid;
	struct pb_buf text;
	struct pb_numamaps maps;
};

static int guestmem_probe(const struct pb_target *t, char *why, size_t size)
{
	char byte[2];
	ssize_t n;

	if (!t->qemu_pid) {
		snprintf(why, size, "no QEMU process belongs to this run");
		return -ESRCH;
	}
	n = pb_root_read(t->root, byte, sizeof(byte), "/proc/%d/numa_maps", (int)t->qemu_pid);
	return n < 0 ? pb_reason(why, size, (int)-n, "/proc/PID/numa_maps of QEMU") : 0;
}

static int guestmem_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct guestmem_state *s = calloc(1, sizeof(*s));

	(void)why;
	(void)size;
	if (!s)
		return -ENOMEM;
	s->root = t->root;
	s->pid = t->qemu_pid;
	*state = s;
	return 0;
}

static void guestmem_stop(void *state)
{
	struct guestmem_state *s = state;

	if (!s)
		return;
	pb_buf_fini(&s->text);
	free(s);
}

static int guestmem_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {"pid", "kind", "policy", "page_bytes", "node", "bytes"};
	int rc = 0;

	(void)state;
	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	return rc;
}

static void put_row(const struct guestmem_state *s, struct pb_rows *rows, int64_t t_ns,
		    const struct pb_numa_use *u, int64_t bytes)
{
	pb_rows_begin(rows, t_ns);
	pb_rows_i64(rows, s->pid);
	pb_rows_str(rows, u->kind);
	pb_rows_str(rows, u->policy[0] ? u->policy : NULL);
	pb_rows_i64(rows, u->page_bytes);
	pb_rows_i64(rows, u->policy[0] ? u->node : PB_NA);
	pb_rows_i64(rows, bytes);
	pb_rows_end(rows);
}

/* PB_NA counts as nothing, a sum that does not fit as not known. */
static int64_t add(int64_t a, int64_t b)
{
	if (a == PB_NA || b == PB_NA)
		return a == PB_NA ? b : a;
	return a > INT64_MAX - b ? PB_NA : a + b;
}

/* Parts of the memory above, whatever its node: not to be added to it. */
static void put_parts(struct guestmem_state *s, struct pb_rows *rows, int64_t t_ns, bool walk)
{
	static const char *const huge[] = {"AnonHugePages", "ShmemPmdMapped", "FilePmdMapped"};
	static const char *const locked[] = {"VmLck",
					     "VmPin"}; /* vfio counts in the first, iommufd in the second */
	struct pb_numa_use part = {.kind = "thp", .page_bytes = THP_BYTES};
	int64_t v[3], sum = PB_NA;

	if (walk && !pb_root_slurp(s->root, &s->text, "/proc/%d/smaps_rollup", (int)s->pid) && s->text.data) {
		pb_meminfo_parse(s->text.data, huge, v, 3);
		sum = add(add(v[0], v[1]), v[2]);
	}
	if (sum != PB_NA)
		put_row(s, rows, t_ns, &part, sum);
	part = (struct pb_numa_use){.kind = "locked", .page_bytes = PB_NA};
	if (pb_root_slurp(s->root, &s->text, "/proc/%d/status", (int)s->pid) || !s->text.data)
		return;
	pb_meminfo_parse(s->text.data, locked, v, 2);
	sum = add(v[0], v[1]);
	if (sum != PB_NA)
		put_row(s, rows, t_ns, &part, sum);
}

static int guestmem_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct guestmem_state *s = state;
	int64_t before = pb_now_ns(), took;
	int rc = pb_root_slurp(s->root, &s->text, "/proc/%d/numa_maps", (int)s->pid);

	if (rc == -ENOENT || rc == -ESRCH)
		return 0; /* QEMU has ended: nothing to report any more */
	if (rc)
		return rc;
	took = pb_now_ns() - before;
	memset(&s->maps, 0, sizeof(s->maps));
	pb_numamaps_add(&s->maps, s->text.data ? s->text.data : "");
	for (size_t i = 0; i < s->maps.n; i++)
		put_row(s, rows, t_ns, &s->maps.use[i], pb_numa_use_bytes(&s->maps.use[i]));
	put_parts(s, rows, t_ns, took <= WALK_MAX_NS);
	return 0;
}

const struct pb_collector pb_coll_guestmem = {
	.name = "guestmem",
	.help = "where QEMU's memory lies: bytes per NUMA node and page size, transparent huge pages, locked",
	.source = "/proc/PID/{numa_maps,smaps_rollup,status}",
	.period = PB_PERIOD_ENDS,
	.labels = "pid kind policy page_bytes node",
	.gauges = "bytes",
	.probe = guestmem_probe,
	.start = guestmem_start,
	.columns = guestmem_columns,
	.sample = guestmem_sample,
	.stop = guestmem_stop,
};
