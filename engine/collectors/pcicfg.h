/*
 * PCI configuration space, as far as it says something about throughput, sharing and errors: the PCI Express,
 * ACS and AER capabilities. Reads only the words it needs, because each is a cycle on the bus; never writes.
 */
#ifndef PB_COLLECTORS_PCICFG_H
#define PB_COLLECTORS_PCICFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where words come from: a `config` file, or memory. */
struct pb_pcicfg_io {
	/* The 32-bit word at a multiple of 4. 0, or -errno when it is beyond what may be read. */
	int (*read)(void *arg, unsigned offset, uint32_t *word);
	void *arg;
};

struct pb_pcicfg {
	unsigned express, aer;                        /* where the capabilities are; 0 = none */
	int64_t mps_bytes, mps_max_bytes, mrrs_bytes; /* PB_NA = unknown, as all below */
	int64_t speed_mgts, width;                    /* of the link now */
	int64_t max_speed_mgts, max_width;            /* of this end of the link */
	int64_t aspm;                                 /* enabled: bit 0 L0s, bit 1 L1 */
	int64_t acs;                                  /* enabled services: bits of the control register */
};

/* What changes while the machine runs. */
struct pb_pcicfg_errors {
	int64_t device; /* Device Status bits 3:0: correctable, non-fatal, fatal, unsupported request */
	int64_t uncorrectable; /* AER status registers; bits stay until the kernel or the firmware clears them
				*/
	int64_t correctable;
};

/* -ENOENT when there is no PCI Express capability, or nobody but root may see it. */
int pb_pcicfg_parse(const struct pb_pcicfg_io *io, struct pb_pcicfg *c);
/* At the offsets found by pb_pcicfg_parse. */
void pb_pcicfg_errors(const struct pb_pcicfg_io *io, const struct pb_pcicfg *c, struct pb_pcicfg_errors *e);

/* The read of an open `config` file: arg is the address of its fd. */
int pb_pcicfg_read_fd(void *arg, unsigned offset, uint32_t *word);

/* "off", "L0s", "L1", "L0s+L1"; NULL for PB_NA. */
const char *pb_pcicfg_aspm_name(int64_t aspm);
/* "SV+RR+CR+UF" as lspci abbreviates them, "none"; "" for PB_NA. */
void pb_pcicfg_acs_text(int64_t acs, char *text, size_t size);

#endif
