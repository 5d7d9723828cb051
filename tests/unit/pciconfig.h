/*
 * A made-up PCI configuration space: an NVMe disk with PCI Express, ACS and AER capabilities, as a device at
 * 16 GT/s x4 that negotiated 8 GT/s x2 would show it.
 */
#ifndef PB_TESTS_PCICONFIG_H
#define PB_TESTS_PCICONFIG_H

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

struct pciconfig {
	uint8_t data[4096];
	size_t len; /* what may be read: 64 for anybody, 4096 for root */
	unsigned reads;
};

static inline void pciconfig_put(struct pciconfig *c, unsigned at, uint32_t word)
{
	word = htole32(word);
	memcpy(c->data + at, &word, sizeof(word));
}

static inline void pciconfig_disk(struct pciconfig *c)
{
	memset(c, 0, sizeof(*c));
	c->len = sizeof(c->data);
	pciconfig_put(c, 0x00, 0xa80a144d);
	pciconfig_put(c, 0x04, 0x00100406); /* status: has capabilities */
	pciconfig_put(c, 0x08, 0x01080200);
	pciconfig_put(c, 0x34, 0x40);
	pciconfig_put(c, 0x40, 0x00035001);  /* power management, next 0x50 */
	pciconfig_put(c, 0x50, 0x00807005);  /* MSI, next 0x70 */
	pciconfig_put(c, 0x70, 0x00020010);  /* PCI Express, last */
	pciconfig_put(c, 0x74, 0x10008fc1);  /* payload up to 256 */
	pciconfig_put(c, 0x78, 0x00092830);  /* payload 256, read requests 512; status: correctable, URs */
	pciconfig_put(c, 0x7c, 0x00477044);  /* link: up to 16 GT/s x4 */
	pciconfig_put(c, 0x80, 0x10230042);  /* ASPM L1; 8 GT/s x2 */
	pciconfig_put(c, 0x100, 0x14820001); /* AER, next 0x148 */
	pciconfig_put(c, 0x104, 0x00100000); /* unsupported request */
	pciconfig_put(c, 0x110, 0x00002001); /* receiver error, advisory */
	pciconfig_put(c, 0x148, 0x1581000d); /* ACS, next 0x158 */
	pciconfig_put(c, 0x14c, 0x001d005f); /* enabled: SV RR CR UF */
	pciconfig_put(c, 0x158, 0x00010003); /* serial number, last */
}

static inline int pciconfig_read(void *arg, unsigned offset, uint32_t *word)
{
	struct pciconfig *c = arg;

	c->reads++;
	if (offset % 4 || offset + 4 > c->len)
		return -ENODATA;
	memcpy(word, c->data + offset, sizeof(*word));
	*word = le32toh(*word);
	return 0;
}

#endif
