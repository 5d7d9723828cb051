/*
 * Memory of the machine and of each NUMA node: free, dirty, under writeback, huge pages, allocations that
 * went to another node than wanted. Says nothing about a single process (guestmem.c has QEMU's).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/memtext.h"
#include "engine/collectors/reason.h"
#include "engine/collectors/snapfile.h"

#define NODES_MAX 64u
#define SIZES_MAX 4u /* x86-64 has 2, arm64 4 */
#define NODE_DIR "/sys/devices/system/node"
#define HUGE_DIR "/sys/kernel/mm/hugepages"

static const char *const meminfo_key[] = {"MemFree", "MemAvailable", "Dirty", "Writeback", "AnonHugePages"};
#define N_MEMINFO (sizeof(meminfo_key) / sizeof(meminfo_key[0]))
/* numastat of a node: "numa_hit 123"; pages */
static const char *const numastat_key[] = {"numa_hit", "numa_miss", "other_node"};
#define N_NUMASTAT (sizeof(numastat_key) / sizeof(numastat_key[0]))

/* The machine, or one node of it. */
struct scope {
	char name[16];
	struct pb_snapfile meminfo, numastat;
	struct pb_snapfile total[SIZES_MAX], free[SIZES_MAX]; /* by huge page size */
};

struct memory_state {
	struct scope *v;
	size_t n;
	unsigned long size_kb[SIZES_MAX];
	size_t n_sizes;
};

/* "hugepages-2048kB" of the directory, in natural order. */
static void list_sizes(struct memory_state *s, const struct pb_root *root)
{
	struct pb_strv names = {0};

	if (!pb_root_list(root, &names, HUGE_DIR))
		for (size_t i = 0; i < names.n && s->n_sizes < SIZES_MAX; i++) {
			unsigned long kb;
			int end = 0;

			if (sscanf(names.v[i], "hugepages-%9lukB%n", &kb, &end) == 1 && end &&
			    !names.v[i][end])
				s->size_kb[s->n_sizes++] = kb;
		}
	pb_strv_fini(&names);
}

/* Whatever cannot be opened stays closed: its cells are empty. Returns whether anything is open. */
static bool open_scope(struct memory_state *s, struct scope *x, const struct pb_root *root,
		       const char *meminfo, const char *dir)
{
	char path[160];
	bool open = !pb_snapfile_open(&x->meminfo, root, meminfo);

	snprintf(path, sizeof(path), "%s/numastat", dir);
	open |= !pb_snapfile_open(&x->numastat, root, path);
	for (size_t i = 0; i < s->n_sizes; i++) {
		const char *huge = strcmp(dir, HUGE_DIR) ? "/hugepages" : "";

		snprintf(path, sizeof(path), "%s%s/hugepages-%lukB/nr_hugepages", dir, huge, s->size_kb[i]);
		open |= !pb_snapfile_open(&x->total[i], root, path);
		snprintf(path, sizeof(path), "%s%s/hugepages-%lukB/free_hugepages", dir, huge, s->size_kb[i]);
		open |= !pb_snapfile_open(&x->free[i], root, path);
	}
	return open;
}

static void close_scope(struct memory_state *s, struct scope *x)
{
	pb_snapfile_close(&x->meminfo);
	pb_snapfile_close(&x->numastat);
	for (size_t i = 0; i < s->n_sizes; i++) {
		pb_snapfile_close(&x->total[i]);
		pb_snapfile_close(&x->free[i]);
	}
}

static void memory_stop(void *state)
{
	struct memory_state *s = state;

	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		close_scope(s, &s->v[i]);
	free(s->v);
	free(s);
}

static void open_node(struct memory_state *s, const struct pb_root *root, const char *name)
{
	char dir[64], meminfo[80];
	struct scope *x = &s->v[s->n];
	unsigned node;
	int end = 0;

	if (sscanf(name, "node%6u%n", &node, &end) != 1 || !end || name[end])
		return;
	snprintf(x->name, sizeof(x->name), "node%u", node);
	snprintf(dir, sizeof(dir), NODE_DIR "/%s", x->name);
	snprintf(meminfo, sizeof(meminfo), "%s/meminfo", dir);
	if (open_scope(s, x, root, meminfo, dir))
		s->n++;
	else
		close_scope(s, x);
}

static int memory_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct memory_state *s = calloc(1, sizeof(*s));
	struct pb_strv nodes = {0};

	if (s)
		s->v = calloc(NODES_MAX + 1, sizeof(*s->v));
	if (!s || !s->v) {
		free(s);
		return -ENOMEM;
	}
	list_sizes(s, t->root);
	strcpy(s->v[0].name, "system");
	if (open_scope(s, &s->v[0], t->root, "/proc/meminfo", HUGE_DIR))
		s->n = 1;
	else
		close_scope(s, &s->v[0]);
	if (!pb_root_list(t->root, &nodes, NODE_DIR))
		for (size_t i = 0; i < nodes.n && s->n < NODES_MAX; i++)
			open_node(s, t->root, nodes.v[i]);
	pb_strv_fini(&nodes);
	if (!s->n) {
		memory_stop(s);
		return pb_reason(why, size, ENOENT, "/proc/meminfo");
	}
	*state = s;
	return 0;
}

static int memory_probe(const struct pb_target *t, char *why, size_t size)
{
	void *state = NULL;
	int rc = memory_start(t, &state, why, size);

	memory_stop(state);
	return rc;
}

static int memory_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {"scope",          "free_bytes",      "available_bytes",
					  "dirty_bytes",    "writeback_bytes", "anon_huge_bytes",
					  "numa_hit_pages", "numa_miss_pages", "other_node_pages"};
	struct memory_state *s = state;
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	for (size_t i = 0; !rc && i < s->n_sizes; i++) {
		rc = pb_strv_addf(names, "huge_%lukb_total", s->size_kb[i]);
		if (!rc)
			rc = pb_strv_addf(names, "huge_%lukb_free", s->size_kb[i]);
	}
	return rc;
}

/* All files but /proc/meminfo are sysfs attributes, and that one's two kilobytes come in one call too. */
static const char *text_of(struct pb_snapfile *f)
{
	return f->fd >= 0 && !pb_snapfile_read_attr(f) ? f->data : "";
}

/* "numa_hit 123\n" lines are meminfo's but for the colon. */
static int64_t after_word(const char *text, const char *word)
{
	const char *p = strstr(text, word);
	char *end;
	long long v;

	if (!p)
		return PB_NA;
	p += strlen(word);
	errno = 0;
	v = strtoll(p, &end, 10);
	return end == p || errno || v < 0 || *p != ' ' ? PB_NA : v;
}

static int64_t whole_number(struct pb_snapfile *f)
{
	const char *text = text_of(f);
	char *end;
	long long v = strtoll(text, &end, 10);

	return end == text || v < 0 || v == INT64_MAX ? PB_NA : v;
}

static int memory_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct memory_state *s = state;

	for (size_t i = 0; i < s->n; i++) {
		struct scope *x = &s->v[i];
		int64_t v[N_MEMINFO];
		const char *numastat;

		pb_rows_begin(rows, t_ns);
		pb_rows_str(rows, x->name);
		pb_meminfo_parse(text_of(&x->meminfo), meminfo_key, v, N_MEMINFO);
		for (size_t k = 0; k < N_MEMINFO; k++)
			pb_rows_i64(rows, v[k]);
		numastat = text_of(&x->numastat);
		for (size_t k = 0; k < N_NUMASTAT; k++)
			pb_rows_i64(rows, after_word(numastat, numastat_key[k]));
		for (size_t k = 0; k < s->n_sizes; k++) {
			pb_rows_i64(rows, whole_number(&x->total[k]));
			pb_rows_i64(rows, whole_number(&x->free[k]));
		}
		pb_rows_end(rows);
	}
	return 0;
}

const struct pb_collector pb_coll_memory = {
	.name = "memory",
	.help = "memory of the machine and each NUMA node: free, dirty, writeback, huge pages, misplaced "
		"pages",
	.source = "/proc/meminfo, /sys/devices/system/node/node*",
	.period = PB_PERIOD_SLOW,
	.gauges = "free_bytes available_bytes dirty_bytes writeback_bytes anon_huge_bytes huge_64kb_total "
		  "huge_64kb_free "
		  "huge_2048kb_total huge_2048kb_free huge_32768kb_total huge_32768kb_free "
		  "huge_1048576kb_total "
		  "huge_1048576kb_free",
	.probe = memory_probe,
	.start = memory_start,
	.columns = memory_columns,
	.sample = memory_sample,
	.stop = memory_stop,
};
