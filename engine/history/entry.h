/*
 * One run as the history keeps it: its numbers, what makes it comparable with others (its identity), what the
 * machine was (its environment). Reads a run directory; knows no database.
 */
#ifndef PB_HISTORY_ENTRY_H
#define PB_HISTORY_ENTRY_H

#include "engine/compare/metrics.h"
#include "engine/lib/err.h"

#define PB_ENTRY_UTC "0000-00-00T00:00:00Z" /* the form of every time here */

struct pb_entry {
	char manifest[65]; /* sha256 of manifest.json: the same run has the same */
	char started_utc[sizeof(PB_ENTRY_UTC)];
	char *dir;                    /* absolute */
	char *name;                   /* for a series of such runs: disk, profile, path */
	char *identity, *environment; /* JSON objects of texts, keys sorted, texts plain */
	struct pb_metrics metrics;    /* at least one is a number */
};

/*
 * Reads a complete run directory, hashes verified. A run without a single valid number is PB_INVALID: there
 * is nothing to keep. 0 or -errno; e is untouched on failure.
 *
 * The identity is what somebody chose to measure: disk, profile and job, attachment and its modes, the kind
 * and size of the guest, backend, preconditioning, lab or not, the host's CPU, the tool. Two runs with the
 * same identity belong into one series. The rest (kernels, firmware, settings, link) is environment: it may
 * change within a series, and is said where it does.
 */
int pb_entry_read(struct pb_entry *e, const char *dir, struct pb_err *err);
void pb_entry_fini(struct pb_entry *e);

/* Is text a time as PB_ENTRY_UTC, with digits in place of the zeros? */
bool pb_entry_is_utc(const char *text);

#endif
