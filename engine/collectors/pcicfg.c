/*
 * Capabilities from PCI configuration space; offsets and fields from the PCI Express base specification by
 * way of linux/pci_regs.h. Devices are not trusted to hold sane lists: every walk is bounded.
 */
#include "engine/collectors/pcicfg.h"

#include <endian.h>
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/lib/csv.h" /* PB_NA */

#define CAPS_MAX 48u /* (256 - 64) / 4: more would be a loop */
#define EXT_CAPS_MAX 96u
#define CFG_SIZE 4096u

int pb_pcicfg_read_fd(void *arg, unsigned offset, uint32_t *word)
{
	uint32_t le;
	ssize_t n = pread(*(int *)arg, &le, sizeof(le), offset);

	if (n < 0)
		return -errno;
	if (n != sizeof(le))
		return -ENODATA;
	*word = le32toh(le);
	return 0;
}

/* Capability in the first 256 bytes, or 0. */
static unsigned find_cap(const struct pb_pcicfg_io *io, unsigned id)
{
	uint32_t word;
	unsigned at;

	if (io->read(io->arg, PCI_COMMAND, &word) || !((word >> 16) & PCI_STATUS_CAP_LIST) ||
	    io->read(io->arg, PCI_CAPABILITY_LIST, &word))
		return 0;
	at = word & 0xfc;
	for (unsigned i = 0; i < CAPS_MAX && at >= 0x40; i++) {
		if (io->read(io->arg, at, &word) || (word & 0xff) == 0xff)
			return 0;
		if ((word & 0xff) == id)
			return at;
		at = word >> 8 & 0xfc;
	}
	return 0;
}

/* Capability in the extended space, or 0. */
static unsigned find_ext(const struct pb_pcicfg_io *io, unsigned id)
{
	unsigned at = 0x100;
	uint32_t word;

	for (unsigned i = 0; i < EXT_CAPS_MAX && at >= 0x100 && at < CFG_SIZE; i++) {
		if (io->read(io->arg, at, &word) || !word || word == UINT32_MAX)
			return 0;
		if (PCI_EXT_CAP_ID(word) == id)
			return at;
		at = PCI_EXT_CAP_NEXT(word);
	}
	return 0;
}

/* Link speeds by their number in the registers, thousandths of GT/s. */
static int64_t speed_of(unsigned code)
{
	static const int64_t mgts[] = {PB_NA, 2500, 5000, 8000, 16000, 32000, 64000};

	return code < sizeof(mgts) / sizeof(mgts[0]) ? mgts[code] : PB_NA;
}

static int64_t width_of(unsigned lanes)
{
	return lanes >= 1 && lanes <= 32 ? (int64_t)lanes : PB_NA;
}

/* 128 << code; codes 6 and 7 are reserved. */
static int64_t payload_of(unsigned code)
{
	return code <= 5 ? 128LL << code : PB_NA;
}

static void read_link(const struct pb_pcicfg_io *io, struct pb_pcicfg *c)
{
	uint32_t word;

	if (!io->read(io->arg, c->express + PCI_EXP_LNKCAP, &word)) {
		c->max_speed_mgts = speed_of(word & PCI_EXP_LNKCAP_SLS);
		c->max_width = width_of((word & PCI_EXP_LNKCAP_MLW) >> 4);
	}
	if (!io->read(io->arg, c->express + PCI_EXP_LNKCTL, &word)) { /* control and, above it, status */
		c->aspm = word & PCI_EXP_LNKCTL_ASPMC;
		word >>= 16;
		c->speed_mgts = speed_of(word & PCI_EXP_LNKSTA_CLS);
		c->width = width_of((word & PCI_EXP_LNKSTA_NLW) >> PCI_EXP_LNKSTA_NLW_SHIFT);
	}
	if (c->max_width == PB_NA) /* no link: a function inside the root complex */
		c->aspm = c->speed_mgts = c->width = c->max_speed_mgts = PB_NA;
}

int pb_pcicfg_parse(const struct pb_pcicfg_io *io, struct pb_pcicfg *c)
{
	uint32_t word;
	unsigned acs;

	*c = (struct pb_pcicfg){.mps_bytes = PB_NA,
				.mps_max_bytes = PB_NA,
				.mrrs_bytes = PB_NA,
				.speed_mgts = PB_NA,
				.width = PB_NA,
				.max_speed_mgts = PB_NA,
				.max_width = PB_NA,
				.aspm = PB_NA,
				.acs = PB_NA};
	c->express = find_cap(io, PCI_CAP_ID_EXP);
	if (!c->express)
		return -ENOENT;
	if (!io->read(io->arg, c->express + PCI_EXP_DEVCAP, &word))
		c->mps_max_bytes = payload_of(word & PCI_EXP_DEVCAP_PAYLOAD);
	if (!io->read(io->arg, c->express + PCI_EXP_DEVCTL, &word)) {
		c->mps_bytes = payload_of((word & PCI_EXP_DEVCTL_PAYLOAD) >> 5);
		c->mrrs_bytes = payload_of((word & PCI_EXP_DEVCTL_READRQ) >> 12);
	}
	read_link(io, c);
	c->aer = find_ext(io, PCI_EXT_CAP_ID_ERR);
	acs = find_ext(io, PCI_EXT_CAP_ID_ACS);
	if (acs && !io->read(io->arg, acs + PCI_ACS_CAP, &word)) /* capability and, above it, control */
		c->acs = word >> 16 & 0x7f;
	return 0;
}

void pb_pcicfg_errors(const struct pb_pcicfg_io *io, const struct pb_pcicfg *c, struct pb_pcicfg_errors *e)
{
	uint32_t word;

	*e = (struct pb_pcicfg_errors){PB_NA, PB_NA, PB_NA};
	/* All ones is a device that does not answer. */
	if (c->express && !io->read(io->arg, c->express + PCI_EXP_DEVCTL, &word) && word != UINT32_MAX)
		e->device = word >> 16 & 0xf;
	if (c->aer && !io->read(io->arg, c->aer + PCI_ERR_UNCOR_STATUS, &word) && word != UINT32_MAX)
		e->uncorrectable = word;
	if (c->aer && !io->read(io->arg, c->aer + PCI_ERR_COR_STATUS, &word) && word != UINT32_MAX)
		e->correctable = word;
}

const char *pb_pcicfg_aspm_name(int64_t aspm)
{
	static const char *const names[] = {"off", "L0s", "L1", "L0s+L1"};

	return aspm >= 0 && aspm <= 3 ? names[aspm] : NULL;
}

void pb_pcicfg_acs_text(int64_t acs, char *text, size_t size)
{
	static const char *const bits[] = {"SV", "TB", "RR", "CR", "UF", "EC", "DT"};
	size_t at = 0;

	snprintf(text, size, "%s", acs == 0 ? "none" : "");
	if (acs <= 0)
		return;
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]) && at < size; i++)
		if (acs >> i & 1)
			at += (size_t)snprintf(text + at, size - at, "%s%s", at ? "+" : "", bits[i]);
}
