/*
 * Parsers of meminfo (fs/proc/meminfo.c, drivers/base/node.c) and numa_maps (fs/proc/task_mmu.c). Unknown
 * keys and words are skipped, so that newer kernels may add some.
 */
#include "engine/collectors/memtext.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "engine/lib/csv.h"

#define KIB 1024
#define PAGE_BYTES 4096

/* Decimal number; PB_NA when there is none or it does not fit. *end is behind its digits. */
static int64_t number(const char *p, const char **end)
{
	int64_t v = 0;
	bool fits = true;
	const char *q = p;

	for (; *q >= '0' && *q <= '9'; q++) {
		fits = fits && v <= (INT64_MAX - 9) / 10;
		v = fits ? 10 * v + (*q - '0') : v;
	}
	*end = q;
	return q == p || !fits ? PB_NA : v;
}

static int64_t scaled(int64_t v, int64_t factor)
{
	return v == PB_NA || factor <= 0 || v > INT64_MAX / factor ? PB_NA : v * factor;
}

/* Behind "Node 0 " where a line starts so, else the line. */
static const char *skip_node(const char *line)
{
	const char *end;

	if (strncmp(line, "Node ", 5))
		return line;
	if (number(line + 5, &end) == PB_NA || *end != ' ')
		return line;
	return end + 1;
}

void pb_meminfo_parse(const char *text, const char *const *keys, int64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = PB_NA;
	for (const char *p = text, *eol; *p; p = *eol ? eol + 1 : eol) {
		const char *key = skip_node(p), *end;
		size_t len = strcspn(key, ":\n");
		int64_t x;

		eol = strchrnul(p, '\n');
		if (key + len >= eol)
			continue;
		for (size_t i = 0; i < n; i++) {
			if (strlen(keys[i]) != len || memcmp(keys[i], key, len))
				continue;
			end = key + len + 1;
			x = number(end + strspn(end, " \t"), &end);
			v[i] = !strncmp(end, " kB", 3) ? scaled(x, KIB) : x;
		}
	}
}

int64_t pb_numa_use_bytes(const struct pb_numa_use *u)
{
	return u->page_bytes == PB_NA ? PB_NA : scaled(u->pages, u->page_bytes);
}

/* What one line says about its whole mapping. */
struct mapping {
	char policy[32];
	bool file, huge;
	int64_t page_bytes;
};

static void add_pages(struct pb_numamaps *m, const struct mapping *map, unsigned node, int64_t pages)
{
	const char *kind = map->huge ? "huge" : map->file ? "file" : "anon";
	struct pb_numa_use *u;

	for (size_t i = 0; i < m->n; i++) {
		u = &m->use[i];
		if (u->node != node || u->page_bytes != map->page_bytes || strcmp(u->kind, kind) ||
		    strcmp(u->policy, map->policy))
			continue;
		u->pages = u->pages > INT64_MAX - pages ? INT64_MAX : u->pages + pages;
		return;
	}
	if (m->n == PB_NUMA_USES_MAX) {
		m->left_out += (uint64_t)pages;
		return;
	}
	u = &m->use[m->n++];
	memcpy(u->policy, map->policy, sizeof(u->policy));
	u->kind = kind;
	u->page_bytes = map->page_bytes;
	u->node = node;
	u->pages = pages;
}

/* One pass over the words behind the policy: of the mapping when node counts are not wanted yet (m NULL). */
static void words(struct pb_numamaps *m, struct mapping *map, const char *p, const char *eol)
{
	while (p < eol) {
		const char *end;
		int64_t v, node;
		size_t len;

		p += strspn(p, " ");
		len = strcspn(p, " \n");
		if (p + len > eol || !len)
			return;
		if (!strncmp(p, "file=", 5))
			map->file = true;
		else if (len == 4 && !memcmp(p, "huge", 4))
			map->huge = true;
		else if (!strncmp(p, "kernelpagesize_kB=", 18))
			map->page_bytes = scaled(number(p + 18, &end), KIB);
		else if (m && *p == 'N') {
			node = number(p + 1, &end);
			v = node != PB_NA && *end == '=' ? number(end + 1, &end) : PB_NA;
			if (v != PB_NA && v > 0 && end == p + len && node < PB_NUMA_NODES_MAX)
				add_pages(m, map, (unsigned)node, v);
		}
		p += len;
	}
}

void pb_numamaps_add(struct pb_numamaps *m, const char *text)
{
	for (const char *p = text, *eol; *p; p = *eol ? eol + 1 : eol) {
		struct mapping map = {.page_bytes = PB_NA};
		const char *policy;

		eol = strchrnul(p, '\n');
		policy = p + strspn(p, "0123456789abcdef");
		if (policy == p || *policy != ' ')
			continue;
		policy++;
		snprintf(map.policy, sizeof(map.policy), "%.*s", (int)strcspn(policy, " \n"), policy);
		policy += strcspn(policy, " \n");
		words(NULL, &map, policy, eol); /* the page size stands at the end of the line */
		if (map.page_bytes == PB_NA && !map.huge)
			map.page_bytes = PAGE_BYTES; /* before Linux 3.11 lines have no kernelpagesize_kB */
		words(m, &map, policy, eol);
	}
}
