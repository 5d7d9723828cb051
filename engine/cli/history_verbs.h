/*
 * The verbs of `passbench history`, one function each, and what they share. cmd_history.c has the table.
 */
#ifndef PB_CLI_HISTORY_VERBS_H
#define PB_CLI_HISTORY_VERBS_H

#include "engine/cli/cli.h"
#include "engine/cli/history_print.h"

/* Everything a verb can be told. */
struct pb_history_request {
	struct pb_cli *cli;
	const char *db, *series, *label, *metric, *out, *gate, *min_effect;
	char **rest; /* n operands */
	int n;
	char path[1024]; /* of the database */
};

/* Options that several verbs have; q is the request. */
#define PB_HISTORY_DB                                                                                        \
	{                                                                                                    \
		.name = "db", .arg = "FILE",                                                                 \
		.help = "the database (root: /var/lib/passbench/history.db, else in $XDG_DATA_HOME)",        \
		.text = &q->db                                                                               \
	}
#define PB_HISTORY_SERIES(meaning)                                                                           \
	{                                                                                                    \
		.name = "series", .arg = "NAME", .help = (meaning), .text = &q->series                       \
	}
#define PB_HISTORY_METRIC(meaning)                                                                           \
	{                                                                                                    \
		.name = "metric", .arg = "M", .help = (meaning), .text = &q->metric                          \
	}

/* Verbs: 0, a positive exit status, or -errno with err filled. */
int pb_history_add(struct pb_history_request *q, int argc, char **argv, struct pb_err *err);
int pb_history_list(struct pb_history_request *q, int argc, char **argv, struct pb_err *err);
int pb_history_show(struct pb_history_request *q, int argc, char **argv, struct pb_err *err);
int pb_history_changes(struct pb_history_request *q, int argc, char **argv, struct pb_err *err);
int pb_history_plot(struct pb_history_request *q, int argc, char **argv, struct pb_err *err);
int pb_history_export(struct pb_history_request *q, int argc, char **argv, struct pb_err *err);

/* Options into q, and the database's path; with `make` the folder of the default path is made. As
 * pb_options_parse. */
int pb_history_parse(struct pb_history_request *q, int argc, char **argv, const char *operands,
		     const struct pb_option *opts, int min, int max, bool make, struct pb_err *err);
/* The series or metric that is asked for, PB_HISTORY_EVERY when none is; PB_USAGE when it is not there. */
int pb_history_find_series(const struct pb_history_request *q, const struct pb_past *p, size_t *series,
			   struct pb_err *err);
int pb_history_find_metric(const struct pb_history_request *q, const struct pb_past *p, size_t *metric,
			   struct pb_err *err);
/* The points of a metric with their changes; pb_history_forget frees them. */
int pb_history_look_at(struct pb_history_result *r, const struct pb_past *p, struct pb_edivisive *e,
		       size_t series, size_t metric, struct pb_err *err);
void pb_history_forget(struct pb_history_result *r);
/* Calls `each` for every metric with points, of those series and metrics that are asked for. */
int pb_history_for_each(struct pb_history_request *q, const struct pb_past *p,
			void (*each)(struct pb_history_request *, const struct pb_history_result *, void *),
			void *arg, struct pb_err *err);

#endif
