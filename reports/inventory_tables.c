/*
 * The inventory's part that stands in tables: the IOMMU's facts, the disk's own log, PCIe errors, vectors.
 */
#include <stdio.h>
#include <string.h>

#include "engine/lib/csv.h"
#include "engine/lib/json.h"
#include "reports/inventory.h"

/* NVMe: an admin vector and one for each queue; more than these have no CPU to go to. */
#define VECTORS_MAX 4096
#define HOPS_MAX 32

static void read_iommu(struct pb_inventory *v, int dirfd)
{
	struct pb_table *t = NULL;
	int scope, item, value;

	if (pb_table_read(&t, dirfd, "host/iommu.csv", NULL) < 0)
		return;
	scope = pb_table_col(t, "scope");
	item = pb_table_col(t, "item");
	value = pb_table_col(t, "value");
	for (size_t i = 0; i < pb_table_rows(t); i++) {
		const char *what = pb_table_str(t, i, item);
		int64_t n = pb_table_i64(t, i, value);

		if (n == PB_NA)
			continue;
		if (!strcmp(what, "interrupt_remapping"))
			v->remapping = n;
		if (strcmp(what, "faults") != 0)
			continue;
		if (!strcmp(pb_table_str(t, i, scope), "disk"))
			v->faults_disk = n;
		else
			v->faults_host = n;
	}
	pb_table_free(t);
}

/* Growth from the first row to the last; PB_NA when the disk does not fill the field. */
static int64_t growth(const struct pb_table *t, const char *column)
{
	int c = pb_table_col(t, column);
	int64_t before = pb_table_i64(t, 0, c), after = pb_table_i64(t, pb_table_rows(t) - 1, c);

	return before == PB_NA || after < before ? PB_NA : after - before;
}

static void read_smart(struct pb_inventory *v, int dirfd, const json_t *manifest)
{
	const char *guest = pb_json_str(json_object_get(manifest, "guest"), "name", "");
	struct pb_table *t = NULL;
	int64_t n1, n2;
	size_t last;
	char name[160];

	snprintf(name, sizeof(name), "guest/%.64s/smart.csv", guest);
	if (!json_object_get(json_object_get(manifest, "files"), name) ||
	    pb_table_read(&t, dirfd, name, NULL) < 0)
		return;
	last = pb_table_rows(t) - 1;
	if (pb_table_rows(t) >= 2) {
		v->smart_warning = pb_table_i64(t, last, pb_table_col(t, "critical_warning"));
		v->media_errors = pb_table_i64(t, last, pb_table_col(t, "media_errors"));
		v->media_grown = growth(t, "media_errors");
		v->used_pct = pb_table_i64(t, last, pb_table_col(t, "used_pct"));
		v->temp_before_c = pb_table_i64(t, 0, pb_table_col(t, "temperature_c"));
		v->temp_after_c = pb_table_i64(t, last, pb_table_col(t, "temperature_c"));
		n1 = growth(t, "throttle1_transitions");
		n2 = growth(t, "throttle2_transitions");
		v->throttled = n1 == PB_NA || n2 == PB_NA ? PB_NA : n1 + n2;
		v->smart_known = v->smart_warning != PB_NA;
	}
	pb_table_free(t);
}

/* The last count of a hop less its first; hops without AER have empty cells. */
static int64_t hop_growth(const struct pb_table *t, int64_t hop, const char *column)
{
	int at = pb_table_col(t, "hop"), c = pb_table_col(t, column);
	int64_t first = PB_NA, last = PB_NA;

	for (size_t i = 0; i < pb_table_rows(t); i++) {
		int64_t n = pb_table_i64(t, i, c);

		if (pb_table_i64(t, i, at) != hop || n == PB_NA)
			continue;
		first = first == PB_NA ? n : first;
		last = n;
	}
	return first == PB_NA || last < first ? PB_NA : last - first;
}

static void add_known(int64_t *sum, int64_t n)
{
	if (n != PB_NA)
		*sum = *sum == PB_NA ? n : *sum + n;
}

static bool has_hop(const struct pb_table *t, int at, int64_t hop)
{
	for (size_t i = 0; i < pb_table_rows(t); i++)
		if (pb_table_i64(t, i, at) == hop)
			return true;
	return false;
}

static void read_aer(struct pb_inventory *v, int dirfd)
{
	struct pb_table *t = NULL;
	int at;

	if (pb_table_read(&t, dirfd, "host/pcie.csv", NULL) < 0)
		return;
	at = pb_table_col(t, "hop");
	for (int64_t h = 0; h < HOPS_MAX && has_hop(t, at, h); h++) {
		add_known(&v->aer_correctable, hop_growth(t, h, "aer_correctable"));
		add_known(&v->aer_uncorrectable, hop_growth(t, h, "aer_nonfatal"));
		add_known(&v->aer_uncorrectable, hop_growth(t, h, "aer_fatal"));
	}
	pb_table_free(t);
}

/* Vectors of the passed-through disk: names that differ, in the rows of the start. */
static void read_vectors(struct pb_inventory *v, int dirfd)
{
	struct pb_table *t = NULL;
	int64_t first, n = 0;
	int name;

	if (pb_table_read(&t, dirfd, "host/affinity.csv", NULL) < 0)
		return;
	name = pb_table_col(t, "name");
	first = pb_table_rows(t) ? pb_table_i64(t, 0, 0) : PB_NA;
	for (size_t i = 0; i < pb_table_rows(t) && pb_table_i64(t, i, 0) == first && n < VECTORS_MAX; i++)
		n += strncmp(pb_table_str(t, i, name), "vfio-msi", 8) == 0;
	if (n)
		v->vectors = n;
	pb_table_free(t);
}

void pb_inventory_tables(struct pb_inventory *v, int dirfd, const json_t *manifest)
{
	read_iommu(v, dirfd);
	read_smart(v, dirfd, manifest);
	read_aer(v, dirfd);
	read_vectors(v, dirfd);
	pb_hops_read(&v->hops, dirfd);
}
