/*
 * What the agent records in the guest, one CSV file each: the names on which
 * agent, host and `passbench list` must agree. How it is read is engine/agent's.
 */
#ifndef PB_LIB_GUEST_SOURCES_H
#define PB_LIB_GUEST_SOURCES_H

enum pb_guest_source_id {
	PB_GUEST_ENGINE,
	PB_GUEST_INTERRUPTS,
	PB_GUEST_CPU,
	PB_GUEST_BLOCK,
	PB_GUEST_QUANTILES,
	PB_GUEST_SMART,
	PB_GUEST_SOURCES /* how many */
};

struct pb_guest_source {
	const char *name, *file; /* "block", "block.csv" */
	const char *help;        /* one line */
	const char *source;      /* where it is read */
};

extern const struct pb_guest_source pb_guest_sources[PB_GUEST_SOURCES];

#endif
