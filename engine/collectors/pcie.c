/*
 * The PCIe path of the disk, hop by hop to the root port. Once a second what may change: link speed and width
 * against what both ends could do, AER. At the start and the end also what the path is like: payload sizes,
 * power management, ACS, IOMMU group, and who shares it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/collectors/collector.h"
#include "engine/collectors/pcicfg.h"
#include "engine/collectors/pcidev.h"
#include "engine/collectors/pcishare.h"

struct hop {
	int config; /* fd, or -1 */
	struct pb_pcicfg cfg;
};

struct pcie_state {
	const struct pb_root *root;
	struct pb_pcichain chain;
	struct hop *hop;           /* as many as the chain has */
	struct pb_pcishare *share; /* the same */
	char group_type[32];
	struct pb_buf group;
	bool started;
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

static void pcie_stop(void *state)
{
	struct pcie_state *s = state;

	if (!s)
		return;
	for (size_t i = 0; s->hop && i < s->chain.n; i++)
		if (s->hop[i].config >= 0)
			close(s->hop[i].config);
	free(s->hop);
	free(s->share);
	pb_buf_fini(&s->group);
	pb_pcichain_fini(&s->chain);
	free(s);
}

static struct pb_pcicfg_io config_io(struct hop *h)
{
	return (struct pb_pcicfg_io){.read = pb_pcicfg_read_fd, .arg = &h->config};
}

/* What does not change by itself, read again at the end of a run: a disk may have been plugged in beside. */
static int read_static(struct pcie_state *s)
{
	const struct pb_pcidev *disk = &s->chain.hop[0];

	for (size_t i = 0; i < s->chain.n; i++) {
		struct pb_pcicfg_io io = config_io(&s->hop[i]);

		pb_pcicfg_parse(&io, &s->hop[i].cfg);
	}
	s->group_type[0] = '\0';
	pb_buf_clear(&s->group);
	if (disk->iommu_group != PB_NA &&
	    pb_root_read(s->root, s->group_type, sizeof(s->group_type), "/sys/kernel/iommu_groups/%lld/type",
			 (long long)disk->iommu_group) < 0)
		s->group_type[0] = '\0';
	for (size_t i = 0; i < s->chain.group.n; i++)
		pb_buf_printf(&s->group, "%s%s", i ? " " : "", s->chain.group.v[i]);
	return pb_pcishare_find(s->root, &s->chain, s->share);
}

static int pcie_start(const struct pb_target *t, void **state, char *why, size_t size)
{
	struct pcie_state *s = calloc(1, sizeof(*s));
	int rc = s ? 0 : -ENOMEM;

	if (!rc) {
		s->root = t->root;
		rc = read_chain(t, &s->chain, why, size);
	}
	if (!rc) {
		s->hop = calloc(s->chain.n, sizeof(*s->hop));
		s->share = calloc(s->chain.n, sizeof(*s->share));
		rc = s->hop && s->share ? 0 : -ENOMEM;
	}
	if (rc) {
		pcie_stop(s);
		return rc;
	}
	for (size_t i = 0; i < s->chain.n; i++)
		s->hop[i].config = pb_root_openf(s->root, O_RDONLY, "/sys/bus/pci/devices/%s/config",
						 s->chain.hop[i].bdf);
	*state = s;
	return 0;
}

static int pcie_columns(void *state, struct pb_strv *names)
{
	static const char *const col[] = {
		"bdf", "hop", "kind", "link_speed_gts", "link_width", "max_link_speed_gts", "max_link_width",
		"numa_node", "iommu_group", "driver", "aer_correctable", "aer_nonfatal", "aer_fatal",
		/* changing */
		"aer_root_correctable", "aer_root_nonfatal", "aer_root_fatal", "device_status_bits",
		"aer_uncorrectable_bits", "aer_correctable_bits",
		/* at the ends only */
		"link_max_speed_gts", "link_max_width", "mps_bytes", "mps_max_bytes", "mrrs_bytes", "aspm",
		"acs", "shared_devices", "shared_disks", "shared_with", "iommu_group_type",
		"iommu_group_devices"};
	int rc = 0;

	(void)state;
	for (size_t i = 0; !rc && i < sizeof(col) / sizeof(col[0]); i++)
		rc = pb_strv_add(names, col[i]);
	return rc;
}

static const char *text_or_null(const char *text)
{
	return text && text[0] ? text : NULL;
}

static void put_changing(struct pcie_state *s, size_t i, struct pb_rows *rows)
{
	struct pb_pcidev *d = &s->chain.hop[i];
	struct pb_pcicfg_io io = config_io(&s->hop[i]);
	struct pb_pcicfg_errors e;

	pb_pcidev_refresh(s->root, d);
	pb_pcicfg_errors(&io, &s->hop[i].cfg, &e);
	pb_rows_str(rows, d->bdf);
	pb_rows_i64(rows, (int64_t)i);
	pb_rows_str(rows, pb_pci_kind_name(d->kind));
	pb_rows_milli(rows, d->speed_mgts);
	pb_rows_i64(rows, d->width);
	pb_rows_milli(rows, d->max_speed_mgts);
	pb_rows_i64(rows, d->max_width);
	pb_rows_i64(rows, d->numa_node);
	pb_rows_i64(rows, d->iommu_group);
	pb_rows_str(rows, text_or_null(d->driver));
	pb_rows_i64(rows, d->aer_correctable);
	pb_rows_i64(rows, d->aer_nonfatal);
	pb_rows_i64(rows, d->aer_fatal);
	pb_rows_i64(rows, d->aer_root_correctable);
	pb_rows_i64(rows, d->aer_root_nonfatal);
	pb_rows_i64(rows, d->aer_root_fatal);
	pb_rows_i64(rows, e.device);
	pb_rows_i64(rows, e.uncorrectable);
	pb_rows_i64(rows, e.correctable);
}

static void put_static(const struct pcie_state *s, size_t i, struct pb_rows *rows)
{
	const struct pb_pcicfg *cfg = &s->hop[i].cfg;
	int64_t speed, width;
	char acs[32];

	pb_pcicfg_acs_text(cfg->acs, acs, sizeof(acs));
	pb_pcichain_link_max(&s->chain, i, &speed, &width);
	pb_rows_milli(rows, speed);
	pb_rows_i64(rows, width);
	pb_rows_i64(rows, cfg->mps_bytes);
	pb_rows_i64(rows, cfg->mps_max_bytes);
	pb_rows_i64(rows, cfg->mrrs_bytes);
	pb_rows_str(rows, pb_pcicfg_aspm_name(cfg->aspm));
	pb_rows_str(rows, text_or_null(acs));
	pb_rows_i64(rows, (int64_t)s->share[i].devices);
	pb_rows_i64(rows, (int64_t)s->share[i].disks);
	pb_rows_str(rows, text_or_null(s->share[i].text));
	pb_rows_str(rows, i ? NULL : text_or_null(s->group_type));
	pb_rows_str(rows, i ? NULL : text_or_null(s->group.data));
}

static int put_all(struct pcie_state *s, int64_t t_ns, bool ends, struct pb_rows *rows)
{
	int rc = ends ? read_static(s) : 0;

	for (size_t i = 0; i < s->chain.n; i++) {
		pb_rows_begin(rows, t_ns);
		put_changing(s, i, rows);
		if (ends)
			put_static(s, i, rows);
		pb_rows_end(rows);
	}
	return rc;
}

static int pcie_sample(void *state, int64_t t_ns, struct pb_rows *rows)
{
	struct pcie_state *s = state;
	bool first = !s->started;

	s->started = true;
	return put_all(s, t_ns, first, rows);
}

static int pcie_finish(void *state, int64_t t_ns, struct pb_rows *rows)
{
	return put_all(state, t_ns, true, rows);
}

const struct pb_collector pb_coll_pcie = {
	.name = "pcie",
	.help = "PCIe links of the disk up to the root port: speed, width, AER, payload sizes, ASPM, ACS, "
		"sharing",
	.source = "/sys/bus/pci/devices",
	.period = PB_PERIOD_SLOW,
	.labels = "bdf hop kind",
	.gauges = "link_speed_gts link_width max_link_speed_gts max_link_width numa_node iommu_group "
		  "device_status_bits aer_uncorrectable_bits aer_correctable_bits link_max_speed_gts "
		  "link_max_width "
		  "mps_bytes mps_max_bytes mrrs_bytes shared_devices shared_disks iommu_group_devices",
	.probe = pcie_probe,
	.start = pcie_start,
	.columns = pcie_columns,
	.sample = pcie_sample,
	.finish = pcie_finish,
	.stop = pcie_stop,
};
