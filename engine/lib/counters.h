/*
 * Counter groups: text files profiles/counters/FOLDER/NAME.txt that say which events are counted together
 * and which formulas are made of them (docs/counters.md). Read and checked here; whether a machine can
 * count them is the pmu collector's business.
 */
#ifndef PB_LIB_COUNTERS_H
#define PB_LIB_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/lib/buf.h"
#include "engine/lib/err.h"
#include "engine/lib/expr.h"

#define PB_COUNTERS_EVENTS_MAX 8u
#define PB_COUNTERS_METRICS_MAX 8u

struct pb_counter_event {
	char name[32];
	char text[192];   /* libpfm4's "perf::CYCLES:mg", or "trace:SYSTEM:EVENT" */
	char filter[128]; /* of a tracepoint; "" = none */
};

struct pb_counter_metric {
	char name[32], unit[32];
	struct pb_expr formula; /* over the events in their order, then the interval in seconds */
};

struct pb_counters {
	char name[64]; /* "perf/ipc" */
	char title[128], about[512], caveat[512];
	bool preset; /* counted unless others are asked for */
	struct pb_counter_event event[PB_COUNTERS_EVENTS_MAX];
	size_t n_events;
	struct pb_counter_metric metric[PB_COUNTERS_METRICS_MAX];
	size_t n_metrics;
};

/* Reads a group's text; name is kept and used in messages. PB_USAGE with the line when it is wrong. */
int pb_counters_parse(struct pb_counters *g, const char *name, const char *text, size_t len,
		      struct pb_err *err);
/* Finds and reads the group called FOLDER/NAME. PB_USAGE with the known ones when there is none. */
int pb_counters_load(struct pb_counters *g, const char *name, struct pb_err *err);
/* All groups, "FOLDER/NAME", sorted, appended. 0 or -errno with a message. */
int pb_counters_names(struct pb_strv *names, struct pb_err *err);

#endif
