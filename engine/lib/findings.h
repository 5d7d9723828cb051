/*
 * Findings: what the analyzers say, with evidence, as findings.json has it
 * (docs/findings.md). One struct, written by analyzers, read by tune and by
 * the reports. All strings are owned by the finding.
 */
#ifndef PB_LIB_FINDINGS_H
#define PB_LIB_FINDINGS_H

#include <jansson.h>
#include <stdint.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"

enum pb_severity { PB_SEV_INFO, PB_SEV_ADVICE, PB_SEV_WARNING, PB_SEV_CRITICAL };

struct pb_evidence {
	char *file, *column;     /* "host/interrupts.csv", "cpu1" */
	int64_t t0_ns, t1_ns;    /* window on the host clock; PB_NA = whole file */
	double value, threshold; /* NAN = none */
	char *unit;              /* of value and threshold: "1/s", "ratio", "" */
	char *text;              /* one sentence a person reads */
	char *source;            /* where the threshold comes from: "tuning.md A2", "" */
};

struct pb_finding {
	char *rule;   /* stable id of the rule: "R-I2", or "valid-clock" style names of our own */
	char *family; /* analyzer's name: "depth", "irq", "cache" */
	enum pb_severity severity;
	char *title; /* one line */
	char *what;  /* a short paragraph: mechanism, consequence */
	struct pb_evidence *evidence;
	size_t n_evidence;
	double gain_pct, gain_lo_pct, gain_hi_pct; /* expected change of the goal in percent; NAN = unknown */
	char *gain_of;                             /* which metric: "iops", "lat_p99", "" */
	char *confidence;                          /* "high" | "medium" | "low" */
	char *risk;                                /* one sentence; "none" */
	char *change_class; /* "L" live, "G" guest, "V" VM restart, "H" host reboot, "-" nothing to change */
	struct pb_strv apply, undo, verify; /* exact commands, one each */
	struct pb_strv missing;             /* what could not be measured and would matter */
	json_t *params;                     /* machine-readable parameters for tune (object, may be NULL) */
};

struct pb_findings {
	struct pb_finding **v; /* n findings, owned */
	size_t n, cap;
};

const char *pb_severity_name(enum pb_severity s); /* "info", "advice", "warning", "critical" */

/* A new finding appended to the list (owned by it): severity info, all text "", numbers NAN. NULL on no
 * memory. */
struct pb_finding *pb_finding_new(struct pb_findings *fs, const char *rule, const char *family);
/*
 * Makes text one line that a terminal only shows: control characters (C0, DEL, and C1 in UTF-8) become '?'.
 * Names in findings come from guests, and commands in them are pasted into shells.
 */
void pb_finding_plain(char *text);
/* Replaces *field by a formatted string, made plain. */
void pb_finding_set(char **field, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Appends one piece of evidence and returns it (text fields ""), or NULL. */
struct pb_evidence *pb_finding_evidence(struct pb_finding *f, const char *file, const char *column);
/* Severity first (critical on top), then expected gain, then rule id. Stable and total. */
void pb_findings_sort(struct pb_findings *fs);
void pb_findings_fini(struct pb_findings *fs);

/* New reference {schema, findings: [...]}; NULL on no memory. */
json_t *pb_findings_to_json(const struct pb_findings *fs);
/* Strict: unknown schema or a field of another type is PB_USAGE. */
int pb_findings_from_json(struct pb_findings *fs, const json_t *j, struct pb_err *err);

#endif
