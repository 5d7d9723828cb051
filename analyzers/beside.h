/*
 * Runs that were measured at the same time as this one: `analyze DIR --beside OTHER,..` notes in
 * DIR/beside.json what they moved meanwhile and what they do alone, so that DIR says by itself how fair the
 * shares were.
 */
#ifndef PB_ANALYZERS_BESIDE_H
#define PB_ANALYZERS_BESIDE_H

#include "analyzers/analyzer.h"

#define PB_BESIDE_FILE "beside.json"
#define PB_BESIDE_MAX 16
/* Spacing of the neighbours' series */
#define PB_BESIDE_BIN_NS 500000000LL

/* One run beside; borrowed from the document. */
struct pb_beside_run {
	const char *dir, *serial;
	double bytes_s;       /* in this run's window of the largest throughput */
	double share;         /* of its own throughput alone; NAN = it has no --solo */
	const json_t *series; /* [[t_ns, bytes_s]..]: bins of PB_BESIDE_BIN_NS that begin at t_ns */
};

struct pb_beside {
	json_t *doc;
	struct pb_beside_run v[PB_BESIDE_MAX];
	unsigned n;
};

/* PB_USAGE when one of dirs is no run of this boot, is this run, or did not measure while this one did: then
 * nothing is written. */
int pb_beside_write(struct pb_run *run, const struct pb_strv *dirs, struct pb_err *err);
/* 0 with n = 0 when there is no beside.json. -errno with a message for a damaged one. fini in any case. */
int pb_beside_read(struct pb_beside *b, const struct pb_run *run, struct pb_err *err);
void pb_beside_fini(struct pb_beside *b);

/* Bytes a second of the engine's counters over [t0, t1]; NAN = not known. */
double pb_beside_bytes(struct pb_run *run, int64_t t0_ns, int64_t t1_ns);

#endif
