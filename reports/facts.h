/*
 * What a report says, before any format: the headline, how sure it is, what was measured on what. All
 * formats print these same sentences. Plain text, cleaned, not escaped.
 */
#ifndef PB_REPORTS_FACTS_H
#define PB_REPORTS_FACTS_H

#include "reports/answers.h"
#include "reports/changes.h"
#include "reports/inventory.h"
#include "reports/judge.h"
#include "reports/messages.h"
#include "reports/report.h"
#include "reports/restore.h"
#include "reports/steps.h"
#include "reports/tables.h"
#include "reports/tunes.h"

enum pb_check_level { PB_CHECK_OK, PB_CHECK_NOTE, PB_CHECK_BAD };

struct pb_check {
	enum pb_check_level level;
	char *text;
};

#define PB_FACTS_CHECKS 12

/* Whether the latency goal is kept. */
enum pb_goal {
	PB_GOAL_NONE, /* none was given */
	PB_GOAL_MET,
	PB_GOAL_MISSED,
	PB_GOAL_OPEN,    /* the interval contains it, or the quantile is not kept */
	PB_GOAL_INVALID, /* no valid measurement */
	PB_GOAL_NO_SPEED /* an integrity run */
};

struct pb_facts {
	const struct pb_report_input *in; /* borrowed */
	const json_t *manifest;           /* borrowed */
	struct pb_tables *tables;         /* the run's tables, each read when first asked for */
	struct pb_steps steps;
	struct pb_tunes tunes;
	struct pb_changes changes; /* of the host: undo logs of the run and of what was applied */
	struct pb_inventory inventory;
	struct pb_judged judged;    /* risks and checklist */
	struct pb_restore restore;  /* time to fill or to read the disk */
	const struct pb_step *best; /* the step the headline is about; NULL = no valid one */
	char *name;                 /* the disk in a few words */
	char *headline, *answer, *why;
	enum pb_goal goal;
	struct pb_answers answers; /* the four questions of the first screen */
	struct pb_check check[PB_FACTS_CHECKS];
	size_t n_check;
	struct pb_strv setup;   /* name, value, name, value ...: what was measured on what */
	struct pb_strv missing; /* what could not be measured: from findings and collectors, each once */
};

int pb_facts_init(struct pb_facts *f, const struct pb_report_input *in, struct pb_err *err);
void pb_facts_fini(struct pb_facts *f);

/*
 * The valid window of the curve at that depth; of several the one in the middle by IOPS, because one that was
 * disturbed is not what a report is about. NULL when there is none. Borrowed.
 */
const struct pb_step *pb_facts_window(const struct pb_facts *f, double depth);
/* fmt as pb_escape_fmt takes it, cleaned, as a string of the caller's own; NULL on no memory. */
char *pb_facts_text(const char *fmt, ...);
/* What the run was imported from ("fio JSON"); NULL when passbench measured it. Borrowed. */
const char *pb_facts_imported(const struct pb_facts *f);
/* The page's name for a metric ("lat_p99" is "p99 latency"); an unknown one as it is. */
const char *pb_facts_metric(const char *metric);
/* The word for how severe a finding is. */
const char *pb_facts_severity(enum pb_severity severity);
/* TUNE_KEPT, TUNE_UNDONE or TUNE_FAILED; anything unknown or unreadable is failed. */
enum pb_message pb_facts_verdict(const json_t *tune);
/* Notes that `who` (a rule, a collector) lacked `what`, once. 0 or -ENOMEM. */
int pb_facts_missing(struct pb_facts *f, const char *who, const char *what);

#endif
