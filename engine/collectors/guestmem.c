/*
 * Where the memory of the guest's QEMU lies: bytes per NUMA node, page size and policy, how much of it is
 * transparent huge pages and how much is locked in place (pinned for DMA). Walks all of QEMU's page tables:
 * start and end only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
	int64_t thp_bytes, locked_bytes; /* PB_NA = not known */
	bool fresh;                      /* read before sampling starts, not yet reported */
};

static int guestmem_probe(const struct pb_target *t, char *why, size_t size)
{
	int fd;

	if (!t->qemu_pid) {
		snprintf(why, size, "no QEMU process belongs to this run");
		return -ESRCH;
	}
	/* the right to read is checked here; the first byte would already cost a walk */
	fd = pb_root_openf(t->root, O_RDONLY, "/proc/%d/numa_maps", (int)t->qemu_pid);
	if (fd < 0)
		return pb_reason(why, size, -fd, "/proc/PID/numa_maps of QEMU");
	close(fd);
	return 0;
}

/* PB_NA counts as nothing, a sum that does not fit as not known. */
static int64_t add(int64_t a, int64_t b)
{
	if (a == PB_NA || b == PB_NA)
		return a == PB_NA ? b : a;
	return a > INT64_MAX - b ? PB_NA : a + b;
}

/* Values of up to 3 keys of a file of QEMU's, added up; PB_NA when there is none. */
static int64_t sum_of(struct guestmem_state *s, const char *file, const char *const *keys, size_t n)
{
	int64_t v[3], sum = PB_NA;

	if (pb_root_slurp(s->root, &s->text, "/proc/%d/%s", (int)s->pid, file) || !s->text.data)
		return PB_NA;
	pb_meminfo_parse(s->text.data, keys, v, n);
	for (size_t i = 0; i < n; i++)
		sum = add(sum, v[i]);
	return sum;
}

static int walk(struct guestmem_state *s)
{
	static const char *const huge[] = {"AnonHugePages", "ShmemPmdMapped", "FilePmdMapped"};
	static const char *const locked[] = {"VmLck", "VmPin"}; /* vfio's pins; iommufd's */
	int64_t before = pb_now_ns(), took;
	int rc = pb_root_slurp(s->root, &s->text, "/proc/%d/numa_maps", (int)s->pid);

	if (rc)
		return rc;
	took = pb_now_ns() - before;
	memset(&s->maps, 0, sizeof(s->maps));
	pb_numamaps_add(&s->maps, s->text.data ? s->text.data : "");
	s->thp_bytes = took <= WALK_MAX_NS ? sum_of(s, "smaps_rollup", huge, 3) : PB_NA;
	s->locked_bytes = sum_of(s, "status", locked, 2);
	return 0;
}

/* The first walk is made here and not by the sampling thread, whose first samples it would make late. */
static int guestmem_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct guestmem_state *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	s->root = t->root;
	s->pid = t->qemu_pid;
	rc = walk(s);
	if (rc) {
		pb_buf_fini(&s->text);
		free(s);
		return pb_reason(why, size, -rc, "/proc/PID/numa_maps of QEMU");
	}
	s->fresh = true;
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

/* A part of the memory of the other rows, whatever its node: not to be added to them. */
static void put_part(const struct guestmem_state *s, struct pb_rows *rows, int64_t t_ns, const char *kind,
		     int64_t page_bytes, int64_t bytes)
{
	struct pb_numa_use part = {.kind = kind, .page_bytes = page_bytes};

	if (bytes != PB_NA)
		put_row(s, rows, t_ns, &part, bytes);
}

static int guestmem_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct guestmem_state *s = state;
	int rc = s->fresh ? 0 : walk(s);

	s->fresh = false;
	if (rc == -ENOENT || rc == -ESRCH)
		return 0; /* QEMU has ended: nothing to report any more */
	if (rc)
		return rc;
	for (size_t i = 0; i < s->maps.n; i++)
		put_row(s, rows, t_ns, &s->maps.use[i], pb_numa_use_bytes(&s->maps.use[i]));
	put_part(s, rows, t_ns, "thp", THP_BYTES, s->thp_bytes);
	put_part(s, rows, t_ns, "locked", PB_NA, s->locked_bytes);
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
