/*
 * CSV of Windows' Performance Data Helper (PDH-CSV 4.0), which esxtop's batch mode writes too: one row for
 * each sample, one column for each counter, named \\HOST\OBJECT(INSTANCE)\COUNTER. A table says which
 * counters are what; this reads the rest: zone, stamps, decimal commas, separators.
 */
#ifndef PB_IMPORT_PDH_H
#define PB_IMPORT_PDH_H

#include "engine/import/importer.h"

/* One counter that is taken: input = offset + scale * cell. */
struct pb_pdh_counter {
	enum pb_timeline_kind kind;
	const char *object, *counter; /* compared without regard to case */
	int input;                    /* enum pb_timeline_input */
	double scale, offset;
	bool fallback; /* only where no other counter gives this input */
};

struct pb_pdh_format {
	/* Ends with object NULL. Of each kind the first object in the table that the file has is taken,
	 * alone. */
	const struct pb_pdh_counter *counters;
	/* Number of the CPU that an instance is; -1 = none ("_Total"). */
	int (*cpu)(const char *instance);
	/* vCPU number of an instance and its machine's name; -1 = no vCPU. */
	int (*vcpu)(const char *instance, char *machine, size_t size);
	/* Sets right what counters hold twice, before a row is written; NULL = nothing. */
	void (*derive)(struct pb_timeline *t, int entity);
};

/* Is it PDH-CSV at all? */
bool pb_pdh_detect(const char *head);
/* Is there a column of this object in the beginning? */
bool pb_pdh_has(const char *head, const char *object);
int pb_pdh_read(struct pb_importing *im, struct pb_input *in, const struct pb_pdh_format *format,
		struct pb_err *err);

#endif
