/*
 * PCI chain of a disk up to its root port, read through the links of
 * /sys/bus/pci/devices. The chain is the path below /sys/devices: each component that is a PCI address is one
 * hop.
 */
#include "engine/collectors/pcidev.h"

#include <errno.h>
#include <stdbool.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYS_PCI "/sys/bus/pci/devices/%s"

int pb_pcidev_bdf(const char *text, char *bdf, size_t size)
{
	unsigned dom = 0, bus, dev, fn;
	int end = 0, len;

	if (!text || strspn(text, "0123456789abcdefABCDEF:.") != strlen(text))
		return -EINVAL;
	if (sscanf(text, "%8x:%2x:%2x.%1x%n", &dom, &bus, &dev, &fn, &end) != 4 || text[end]) {
		dom = 0;
		end = 0;
		if (sscanf(text, "%2x:%2x.%1x%n", &bus, &dev, &fn, &end) != 3 || text[end])
			return -EINVAL;
	}
	if (dev > 0x1f || fn > 7)
		return -EINVAL;
	len = snprintf(bdf, size, "%04x:%02x:%02x.%x", dom, bus, dev, fn);
	return len < 0 || (size_t)len >= size ? -EINVAL : 0;
}

const char *pb_pci_kind_name(enum pb_pci_kind kind)
{
	static const char *const names[] = {"endpoint", "bridge", "root-port"};

	return names[kind];
}

int64_t pb_pci_link_bytes_s(int64_t speed_mgts, int64_t width)
{
	double coding;

	if (speed_mgts <= 0 || width <= 0 || speed_mgts > 1000000 || width > 64)
		return PB_NA;
	coding = speed_mgts <= 5000 ? 8.0 / 10.0 : speed_mgts < 64000 ? 128.0 / 130.0 : 1.0;
	return (int64_t)((double)speed_mgts * 1e6 * coding / 8.0 * (double)width);
}

/* "8.0 GT/s PCIe", "2.5 GT/s" to thousandths; "Unknown" and the like are PB_NA. */
static int64_t read_speed(const struct pb_root *root, const char *bdf, const char *attr)
{
	char text[64], *end;
	double v;

	if (pb_root_read(root, text, sizeof(text), SYS_PCI "/%s", bdf, attr) <= 0)
		return PB_NA;
	v = strtod(text, &end);
	if (end == text || !(v > 0) || v > 1000 || !strstr(end, "GT/s"))
		return PB_NA;
	return llround(v * 1000);
}

/* Lanes; the kernel prints 0 or 255 where the register holds nothing. */
static int64_t read_width(const struct pb_root *root, const char *bdf, const char *attr)
{
	int64_t v;

	if (pb_root_i64(root, &v, SYS_PCI "/%s", bdf, attr) || v <= 0 || v > 64)
		return PB_NA;
	return v;
}

/* The line "TOTAL_ERR_x N" of an aer_dev_* file. */
static int64_t read_aer(const struct pb_root *root, const char *bdf, const char *attr, const char *total)
{
	struct pb_buf text = {0};
	int64_t v = PB_NA;

	if (!pb_root_slurp(root, &text, SYS_PCI "/%s", bdf, attr) && text.data) {
		const char *line = strstr(text.data, total);
		char *end;

		if (line) {
			line += strlen(total);
			v = strtoll(line, &end, 10);
			if (end == line || v < 0)
				v = PB_NA;
		}
	}
	pb_buf_fini(&text);
	return v;
}

/* aer_rootport_total_err_*: one number. */
static int64_t read_root_aer(const struct pb_root *root, const struct pb_pcidev *d, const char *what)
{
	int64_t v;

	if (d->kind == PB_PCI_ENDPOINT ||
	    pb_root_i64(root, &v, SYS_PCI "/aer_rootport_total_err_%s", d->bdf, what) || v < 0)
		return PB_NA;
	return v;
}

void pb_pcidev_refresh(const struct pb_root *root, struct pb_pcidev *d)
{
	d->speed_mgts = read_speed(root, d->bdf, "current_link_speed");
	d->width = read_width(root, d->bdf, "current_link_width");
	if (pb_root_link(root, d->driver, sizeof(d->driver), SYS_PCI "/driver", d->bdf) < 0)
		d->driver[0] = '\0';
	d->aer_correctable = read_aer(root, d->bdf, "aer_dev_correctable", "TOTAL_ERR_COR");
	d->aer_nonfatal = read_aer(root, d->bdf, "aer_dev_nonfatal", "TOTAL_ERR_NONFATAL");
	d->aer_fatal = read_aer(root, d->bdf, "aer_dev_fatal", "TOTAL_ERR_FATAL");
	d->aer_root_correctable = read_root_aer(root, d, "cor");
	d->aer_root_nonfatal = read_root_aer(root, d, "nonfatal");
	d->aer_root_fatal = read_root_aer(root, d, "fatal");
}

static void read_text(const struct pb_root *root, const char *bdf, const char *attr, char *out, size_t size)
{
	if (pb_root_read(root, out, size, SYS_PCI "/%s", bdf, attr) < 0)
		out[0] = '\0';
}

/* Is CPU number cpu in a mask of comma-separated 32-bit groups, the last group lowest ("0000,000000ff")? */
static bool in_mask(const char *mask, size_t len, unsigned cpu)
{
	size_t digit = 0;

	while (len > 0) {
		char c = mask[--len];

		if (c == ',')
			continue;
		if (digit++ == cpu / 4) {
			int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;

			return v >> cpu % 4 & 1;
		}
	}
	return false;
}

/* "0000,00000088" to "3,7"; a text that would not fit is left empty. */
static void mask_to_list(const char *mask, char *out, size_t size)
{
	size_t len = strlen(mask), at = 0;

	out[0] = '\0';
	for (unsigned cpu = 0; cpu < 4 * len; cpu++) {
		unsigned last = cpu;
		int n;

		if (!in_mask(mask, len, cpu))
			continue;
		while (in_mask(mask, len, last + 1))
			last++;
		if (last > cpu)
			n = snprintf(out + at, size - at, "%s%u-%u", at ? "," : "", cpu, last);
		else
			n = snprintf(out + at, size - at, "%s%u", at ? "," : "", cpu);
		if (n < 0 || (size_t)n >= size - at) {
			out[0] = '\0';
			return;
		}
		at += (size_t)n;
		cpu = last;
	}
}

/* Kernels before 2.6.30 have the mask only. */
static void read_local_cpus(const struct pb_root *root, struct pb_pcidev *d)
{
	char mask[4096];

	if (pb_root_read(root, d->local_cpus, sizeof(d->local_cpus), SYS_PCI "/local_cpulist", d->bdf) > 0)
		return;
	d->local_cpus[0] = '\0';
	if (pb_root_read(root, mask, sizeof(mask), SYS_PCI "/local_cpus", d->bdf) > 0)
		mask_to_list(mask, d->local_cpus, sizeof(d->local_cpus));
}

static void read_dev(const struct pb_root *root, struct pb_pcidev *d)
{
	char group[32], *end;
	int64_t cls;

	if (!pb_root_i64(root, &cls, SYS_PCI "/class", d->bdf) && cls >> 8 == 0x0604)
		d->kind = PB_PCI_BRIDGE;
	read_text(root, d->bdf, "vendor", d->vendor, sizeof(d->vendor));
	read_text(root, d->bdf, "device", d->device, sizeof(d->device));
	read_local_cpus(root, d);
	d->max_speed_mgts = read_speed(root, d->bdf, "max_link_speed");
	d->max_width = read_width(root, d->bdf, "max_link_width");
	if (pb_root_i64(root, &d->numa_node, SYS_PCI "/numa_node", d->bdf))
		d->numa_node = PB_NA;
	d->iommu_group = PB_NA;
	if (pb_root_link(root, group, sizeof(group), SYS_PCI "/iommu_group", d->bdf) > 0) {
		d->iommu_group = strtoll(group, &end, 10);
		if (end == group || *end)
			d->iommu_group = PB_NA;
	}
	pb_pcidev_refresh(root, d);
}

static int add_hop(struct pb_pcichain *c, const char *bdf)
{
	struct pb_pcidev *grown = realloc(c->hop, (c->n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	c->hop = grown;
	memset(&grown[c->n], 0, sizeof(*grown));
	snprintf(grown[c->n].bdf, sizeof(grown[c->n].bdf), "%s", bdf);
	c->n++;
	return 0;
}

/*
 * Splits "/sys/devices/pci0000:00/0000:00:06.0/0000:03:00.1" from the right
 * until a component is no PCI address. Behind a VMD controller that is its own "pci10000:00", so the
 * chain ends at the root port of the disk's own domain.
 */
static int split_path(struct pb_pcichain *c, char *path)
{
	char bdf[32];

	for (;;) {
		char *slash = strrchr(path, '/');
		int rc;

		if (!slash || pb_pcidev_bdf(slash + 1, bdf, sizeof(bdf)))
			return 0;
		rc = add_hop(c, bdf);
		if (rc)
			return rc;
		*slash = '\0';
	}
}

static int read_group(const struct pb_root *root, struct pb_pcichain *c)
{
	int rc;

	if (c->hop[0].iommu_group == PB_NA)
		return 0;
	rc = pb_root_list(root, &c->group, "/sys/kernel/iommu_groups/%lld/devices",
			  (long long)c->hop[0].iommu_group);
	return rc == -ENOMEM ? rc : 0; /* an unreadable group is an empty list */
}

int pb_pcidev_chain(const struct pb_root *root, const char *bdf, struct pb_pcichain *c, struct pb_err *err)
{
	struct pb_pcichain x = {0};
	char norm[32], path[1024];
	ssize_t len;
	int rc;

	if (pb_pcidev_bdf(bdf, norm, sizeof(norm)))
		return pb_fail(err, PB_USAGE, EINVAL,
			       "'%s' is no PCI address (expected DDDD:BB:DD.F, as lspci -D shows it)",
			       bdf ? bdf : "");
	len = pb_root_realpath(root, path, sizeof(path), SYS_PCI, norm);
	if (len < 0)
		return pb_fail(err, PB_USAGE, ENODEV,
			       "no PCI device %s on this machine (/sys/bus/pci/devices: %s); see lspci -D",
			       norm, strerror((int)-len));
	rc = split_path(&x, path);
	if (!rc && !x.n)
		rc = -ENODEV;
	for (size_t i = 0; !rc && i < x.n; i++)
		read_dev(root, &x.hop[i]);
	if (!rc && x.n > 1 && x.hop[x.n - 1].kind == PB_PCI_BRIDGE)
		x.hop[x.n - 1].kind = PB_PCI_ROOT_PORT;
	if (!rc)
		rc = read_group(root, &x);
	if (rc) {
		pb_pcichain_fini(&x);
		return pb_fail(err, PB_MISSING, -rc, "cannot read the PCI chain of %s: %s", norm,
			       strerror(-rc));
	}
	*c = x;
	return 0;
}

void pb_pcichain_fini(struct pb_pcichain *c)
{
	free(c->hop);
	c->hop = NULL;
	c->n = 0;
	pb_strv_fini(&c->group);
}

const struct pb_pcidev *pb_pcichain_partner(const struct pb_pcichain *c, size_t i)
{
	bool leads_down = (c->n - 1 - i) % 2 == 0;

	if (c->n < 2 || i >= c->n || (leads_down && i == 0))
		return NULL;
	return leads_down ? &c->hop[i - 1] : &c->hop[i + 1];
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a == PB_NA || b == PB_NA ? PB_NA : a < b ? a : b;
}

void pb_pcichain_link_max(const struct pb_pcichain *c, size_t i, int64_t *speed_mgts, int64_t *width)
{
	const struct pb_pcidev *other = pb_pcichain_partner(c, i);

	*speed_mgts = other ? smaller(c->hop[i].max_speed_mgts, other->max_speed_mgts) : PB_NA;
	*width = other ? smaller(c->hop[i].max_width, other->max_width) : PB_NA;
}
