/*
 * What only the disk itself knows: NVMe's SMART log and a few features, by admin commands that read, and the
 * one feature that may be set, interrupt coalescing. Nothing here writes data, resets or selects anything.
 */
#ifndef PB_AGENT_NVME_H
#define PB_AGENT_NVME_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"
#include "engine/lib/sysfs.h"

#define PB_SMART_BYTES 512 /* log page 02h */

struct pb_smart {
	int64_t t_ns; /* CLOCK_MONOTONIC_RAW, right before the command */
	bool ok;
	char why[128]; /* when not ok, a short phrase */
	uint8_t log[PB_SMART_BYTES];
};

/*
 * Asks the controller of disk ("nvme0n1"). An admin command can delay I/O: only before and after a
 * measurement. Never fails otherwise than by s->ok and s->why.
 */
void pb_nvme_smart(const struct pb_root *root, const char *disk, struct pb_smart *s);
extern const char pb_smart_header[]; /* of smart.csv, with its newline */
/* One row; fields that the disk does not fill are empty. */
void pb_smart_row(const struct pb_smart *s, struct pb_buf *out);
/*
 * {volatile_write_cache, submission_queues, completion_queues, coalescing_threshold, coalescing_us} from
 * features 06h, 07h and 08h, null where the disk does not say; with `why` when it could not be asked. New
 * reference; NULL when the disk is not NVMe.
 */
json_t *pb_nvme_features(const struct pb_root *root, const char *disk);
/* Feature 08h as NVMe has it: threshold - 1 in bits 7:0, time in 100 us in bits 15:8. 0 or -errno with a
 * message. Set until the controller's next reset. */
int pb_nvme_coalescing(const struct pb_root *root, const char *disk, uint32_t *value, struct pb_err *err);
int pb_nvme_coalescing_set(const struct pb_root *root, const char *disk, uint32_t value, struct pb_err *err);

#endif
