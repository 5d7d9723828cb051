/*
 * What crosses a PCIe link for a given payload: an estimate from packet sizes, for machines where nothing
 * counts. Knows nothing of retries, flow control packets, doorbells and interrupts.
 */
#ifndef PB_LIB_PCIEFRAME_H
#define PB_LIB_PCIEFRAME_H

#include <stdint.h>

/* All cumulative or all of one interval. */
struct pb_pcie_payload {
	int64_t read_bytes, write_bytes; /* of the disk, as the guest sees it */
	int64_t commands;                /* NVMe commands */
};

struct pb_pcie_wire {
	int64_t to_host_bytes, to_device_bytes; /* before line coding */
};

/*
 * Headers of 24 bytes for memory writes and read requests, 20 for completions, as R. Neugebauer et al.,
 * "Understanding PCIe performance for end host networking", SIGCOMM 2018, equations 1-3, count them (2
 * framing, 6 data link layer, the rest transaction layer; Gen 3 and later differ by what cancels out).
 * Reading the disk: payload / MPS memory writes. Writing: payload / MRRS read requests up, payload / MPS
 * completions down. Per command a submission entry of 64 bytes is fetched and a completion entry of 16 bytes
 * is written (NVMe base specification). mps and mrrs in bytes, 128..4096. 0, or -EINVAL when a number is
 * impossible.
 */
int pb_pcie_frame(const struct pb_pcie_payload *p, int64_t mps, int64_t mrrs, struct pb_pcie_wire *w);

#endif
