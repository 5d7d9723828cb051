/*
 * Fuzz target for the small texts of /proc and /sys: meminfo, numa_maps, block statistics, pressure, cgroup
 * paths. Any bytes must be stood, and whatever comes out is a sane value or none.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/collectors/blkstat.h"
#include "engine/collectors/memtext.h"
#include "engine/collectors/psitext.h"
#include "engine/lib/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sane(int64_t v)
{
	if (v != PB_NA && v < 0)
		abort();
}

static void memory(const char *text)
{
	static const char *const keys[] = {"MemFree", "Dirty", "HugePages_Free", "VmLck", "AnonHugePages"};
	struct pb_numamaps m = {0};
	int64_t v[5];

	pb_meminfo_parse(text, keys, v, 5);
	for (size_t i = 0; i < 5; i++)
		sane(v[i]);
	pb_numamaps_add(&m, text);
	pb_numamaps_add(&m, text);
	if (m.n > PB_NUMA_USES_MAX)
		abort();
	for (size_t i = 0; i < m.n; i++) {
		sane(pb_numa_use_bytes(&m.use[i]));
		if (m.use[i].node >= PB_NUMA_NODES_MAX || strlen(m.use[i].policy) >= sizeof(m.use[i].policy))
			abort();
	}
}

static void block(const char *text)
{
	struct pb_blkcount c = {0};
	int64_t v[PB_BLK_FIELDS], half[PB_BLK_FIELDS] = {0};

	if (pb_blkstat_parse(text, v))
		return;
	for (size_t i = 0; i < PB_BLK_FIELDS; i++) {
		sane(v[i]);
		half[i] = v[i] == PB_NA ? PB_NA : v[i] / 2;
	}
	pb_blkcount_add(&c, v);
	pb_blkcount_add(&c, half);
	pb_blkcount_restart(&c);
	pb_blkcount_add(&c, v);
	for (size_t i = 0; i < PB_BLK_FIELDS; i++)
		sane(c.sum[i]);
}

static void pressure(const char *text)
{
	int64_t some, full;
	char path[64];

	pb_psi_parse(text, &some, &full);
	sane(some);
	sane(full);
	if (!pb_psi_cgroup(text, path, sizeof(path)) && (path[0] != '/' || strstr(path, "/..")))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1); /* an exact copy, so that reading past the end is seen */

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	memory(text);
	block(text);
	pressure(text);
	free(text);
	return 0;
}
