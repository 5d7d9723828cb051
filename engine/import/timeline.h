/*
 * What a recording tool sampled on a host, as the host tables of a run directory: rates become the
 * cumulative counters of host/cpu.csv, host/threads.csv and host/block.csv. Keeps one row of
 * each CPU, thread and disk, whatever the recording's length.
 */
#ifndef PB_IMPORT_TIMELINE_H
#define PB_IMPORT_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/import/fold.h"
#include "engine/lib/rundir.h"

enum pb_timeline_kind { PB_TL_CPU, PB_TL_THREAD, PB_TL_DISK, PB_TL_KINDS };

/* What is set for an instant: means over the time since the instant before, but for IN_FLIGHT. */
enum pb_timeline_input {
	/* of a CPU, shares of one CPU's time; as in host/cpu.csv user holds guest, nice holds guest_nice */
	PB_TL_USER = 0,
	PB_TL_NICE,
	PB_TL_SYSTEM,
	PB_TL_IDLE,
	PB_TL_IOWAIT,
	PB_TL_IRQ,
	PB_TL_SOFTIRQ,
	PB_TL_STEAL,
	PB_TL_GUEST,
	PB_TL_GUEST_NICE,
	/* of a vCPU's thread, shares of one CPU's time */
	PB_TL_RUN = 0,
	PB_TL_WAIT,
	PB_TL_RUN_SYSTEM,
	PB_TL_RUN_GUEST,
	/* of a disk */
	PB_TL_READS = 0,   /* 1/s */
	PB_TL_WRITES,      /* 1/s */
	PB_TL_IOS,         /* 1/s, where reads and writes are not told apart */
	PB_TL_READ_BYTES,  /* bytes/s */
	PB_TL_WRITE_BYTES, /* bytes/s */
	PB_TL_DISCARD_BYTES,
	PB_TL_READ_S,    /* seconds a read took */
	PB_TL_WRITE_S,   /* seconds a write took */
	PB_TL_IO_S,      /* seconds an I/O took */
	PB_TL_BUSY,      /* share of the time with I/Os in flight */
	PB_TL_QUEUE,     /* I/Os in flight, mean */
	PB_TL_IN_FLIGHT, /* I/Os in flight at the instant */
	PB_TL_FAILED,    /* 1/s */
	PB_TL_INPUTS
};

struct pb_timeline;

/* What a disk did over one file, from its first to its last instant. */
struct pb_timeline_disk {
	const char *name; /* borrowed */
	int64_t t0_ns, t1_ns;
	double ios, bytes;          /* in all; bytes NAN when not recorded */
	double failed;              /* NAN when not recorded */
	double lat_s, queue;        /* mean; NAN when not recorded */
	const struct pb_fold *iops; /* over time; borrowed */
};

/* only: the one disk whose rows are wanted, NULL = all. */
int pb_timeline_new(struct pb_timeline **t, struct pb_rundir *dir, const char *only, struct pb_err *err);
void pb_timeline_free(struct pb_timeline *t); /* what was not finished leaves no file */
/*
 * The number of an entity, made when it is new: 0 or more, or -errno. name: of a CPU its number, of a thread
 * its role ("vcpu0"), of a disk its name. PB_USAGE when there are more than can be kept, or the name is too
 * long.
 */
int pb_timeline_entity(struct pb_timeline *t, enum pb_timeline_kind kind, const char *name,
		       struct pb_err *err);
/* Says that the present file has this input for the entity; only declared ones become columns' values. */
void pb_timeline_declare(struct pb_timeline *t, int entity, int input);
/* For the row to come; NAN = not available. */
void pb_timeline_set(struct pb_timeline *t, int entity, int input, double v);
/* What was set for the row to come. */
double pb_timeline_get(const struct pb_timeline *t, int entity, int input);
enum pb_timeline_kind pb_timeline_kind_of(const struct pb_timeline *t, int entity);
bool pb_timeline_declared(const struct pb_timeline *t, int entity, int input);
/*
 * Ends an entity's instant: its first row starts the counters at 0, whatever was set. The values set are
 * forgotten. A value that is missing leaves its cell empty; the next one counts for both intervals. -ETIME
 * without a message when the clock does not go forward: the row was not taken.
 */
int pb_timeline_row(struct pb_timeline *t, int entity, int64_t t_ns, struct pb_err *err);
/* Another file follows: gaps between files are not counted, and disks are summed up anew. */
void pb_timeline_next_file(struct pb_timeline *t);
size_t pb_timeline_count(const struct pb_timeline *t, enum pb_timeline_kind kind);
uint64_t pb_timeline_rows(const struct pb_timeline *t, enum pb_timeline_kind kind);
/* The sums of disk number i of the present file; false when there is no such disk. */
bool pb_timeline_disk(const struct pb_timeline *t, size_t i, struct pb_timeline_disk *d);
/* Completes the tables' files. */
int pb_timeline_finish(struct pb_timeline *t, struct pb_err *err);

#endif
