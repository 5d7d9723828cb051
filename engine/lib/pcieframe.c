/*
 * The arithmetic of pcieframe.h.
 */
#include "engine/lib/pcieframe.h"

#include <errno.h>

#define WRITE_HEADER 24
#define REQUEST_HEADER 24
#define COMPLETION_HEADER 20
#define SUBMISSION_ENTRY 64
#define COMPLETION_ENTRY 16
#define PAYLOAD_MAX (INT64_C(1) << 60) /* keeps the sums far from overflow */

static int64_t packets(int64_t bytes, int64_t size)
{
	return (bytes + size - 1) / size;
}

int pb_pcie_frame(const struct pb_pcie_payload *p, int64_t mps, int64_t mrrs, struct pb_pcie_wire *w)
{
	if (mps < 128 || mps > 4096 || mrrs < 128 || mrrs > 4096 || p->read_bytes < 0 || p->write_bytes < 0 ||
	    p->commands < 0 || p->read_bytes > PAYLOAD_MAX || p->write_bytes > PAYLOAD_MAX ||
	    p->commands > PAYLOAD_MAX / 512)
		return -EINVAL;
	w->to_host_bytes = p->read_bytes + packets(p->read_bytes, mps) * WRITE_HEADER +
			   packets(p->write_bytes, mrrs) * REQUEST_HEADER +
			   p->commands * (REQUEST_HEADER + WRITE_HEADER + COMPLETION_ENTRY);
	w->to_device_bytes = p->write_bytes + packets(p->write_bytes, mps) * COMPLETION_HEADER +
			     p->commands * (COMPLETION_HEADER + SUBMISSION_ENTRY);
	return 0;
}
