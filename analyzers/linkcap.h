/*
 * What the disk's way to memory can carry at most: the narrowest hop of
 * host/pcie.csv, by its speed, width and payload size. Sizes and formats only; it measures nothing.
 */
#ifndef PB_ANALYZERS_LINKCAP_H
#define PB_ANALYZERS_LINKCAP_H

#include <stdbool.h>

#include "analyzers/analyzer.h"

struct pb_linkcap {
	bool known;                         /* speed and width of at least one hop were read */
	bool mps_known;                     /* false: the smallest payload, 128 bytes, was assumed */
	const char *bdf;                    /* the narrowest hop's device, borrowed from the table */
	double gts, width;                  /* of that hop */
	double mps;                         /* bytes */
	double read_bytes_s, write_bytes_s; /* payload: disk to memory, memory to disk */
};

/*
 * Of the rows in [t0_ns, t1_ns], of all when none is in it: an idle link may be slower. Transfer rate after
 * line coding, times P / (P + header): 24 bytes a packet of disk reads, 20 of disk writes (docs/rules.md D2).
 */
void pb_linkcap_read(struct pb_linkcap *c, struct pb_run *run, int64_t t0_ns, int64_t t1_ns);
/* The same for one link; 0 for a rate or width that is not known. Bytes a second, before packets. */
double pb_linkcap_raw(double gts, double width);

#endif
