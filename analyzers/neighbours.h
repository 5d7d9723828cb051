/*
 * Who else is on the disk's way: functions below a port of its path, and how busy their vectors were.
 */
#ifndef PB_ANALYZERS_NEIGHBOURS_H
#define PB_ANALYZERS_NEIGHBOURS_H

#include <stdbool.h>

#include "analyzers/analyzer.h"

struct pb_neighbours {
	bool known;       /* the columns shared_* could be read */
	int64_t disks;    /* below the port with most of them */
	const char *with; /* their addresses, "" = none; borrowed from the table */
	const char *port; /* that port's address, borrowed */
	double rate;      /* interrupts a second of all their vectors; NAN = not watched */
};

/* Over [t0, t1]. Without vectors of neighbours (posted ones, or a kernel without them) rate is NAN. */
void pb_neighbours_read(struct pb_neighbours *n, struct pb_run *run, int64_t t0_ns, int64_t t1_ns);

/* [ours] fewer interrupts a second are an idle device's: its admin queue, its housekeeping */
#define PB_NEIGHBOUR_BUSY 50.0

#endif
