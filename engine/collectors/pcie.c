/*
 * The PCIe path of the disk, hop by hop to the root port: link speed and width against what they could be,
 * placement, and AER error counters. Once a second, so that a link that retrains during the run is seen.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/pcidev.h"

struct pcie_state {
	const struct pb_root *root;
	struct pb_pcichain chain;
};

static int read_chain(const struct pb_target *t, struct pb_pcichain *c, char *why, size_t size)
{
	struct pb_err err = PB_ERR_INIT;
	int rc;

	if (!t->bdf) {
		snprintf(why, size, "no disk with a PCI address was named");
		return -ENODEV;
	}
	rc = pb_pcidev_chain(t->root, t->bdf, c, &err);
	if (rc)
		snprintf(why, size, "%s", err.msg);
	return rc;
}

static int pcie_probe(const struct pb_target *t, char *why, size_t size)
{
	struct pb_pcichain c;
	int rc = read_chain(t, &c, why, size);

	if (!rc)
		pb_pcichain_fini(&c);
	return rc;
}

static int pcie_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct pcie_state *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	s->root = t->root;
	rc = read_chain(t, &s->chain, why, size);
	if (rc) {
		free(s);
		return rc;
	}
	*state = s;
	return 0;
}

static int pcie_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {"bdf",
					  "hop",
					  "kind",
					  "link_speed_gts",
					  "link_width",
					  "max_link_speed_gts",
					  "max_link_width",
					  "numa_node",
					  "iommu_group",
					  "driver",
					  "aer_correctable",
					  "aer_nonfatal",
					  "aer_fatal"};
	int rc = 0;

	(void)state;
	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	return rc;
}

static int pcie_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct pcie_state *s = state;

	for (size_t i = 0; i < s->chain.n; i++) {
		struct pb_pcidev *d = &s->chain.hop[i];

		pb_pcidev_refresh(s->root, d);
		pb_rows_begin(rows, t_ns);
		pb_rows_str(rows, d->bdf);
		pb_rows_i64(rows, (int64_t)i);
		pb_rows_str(rows, pb_pci_kind_name(d->kind));
		pb_rows_milli(rows, d->speed_mgts);
		pb_rows_i64(rows, d->width);
		pb_rows_milli(rows, d->max_speed_mgts);
		pb_rows_i64(rows, d->max_width);
		pb_rows_i64(rows, d->numa_node);
		pb_rows_i64(rows, d->iommu_group);
		pb_rows_str(rows, d->driver[0] ? d->driver : NULL);
		pb_rows_i64(rows, d->aer_correctable);
		pb_rows_i64(rows, d->aer_nonfatal);
		pb_rows_i64(rows, d->aer_fatal);
		pb_rows_end(rows);
	}
	return 0;
}

static void pcie_stop(void *state)
{
	struct pcie_state *s = state;

	if (!s)
		return;
	pb_pcichain_fini(&s->chain);
	free(s);
}

const struct pb_collector pb_coll_pcie = {
	.name = "pcie",
	.help = "PCIe link, placement and AER errors of the disk and the bridges above it",
	.source = "/sys/bus/pci/devices",
	.period = PB_PERIOD_SLOW,
	.probe = pcie_probe,
	.start = pcie_start,
	.columns = pcie_columns,
	.sample = pcie_sample,
	.stop = pcie_stop,
};
