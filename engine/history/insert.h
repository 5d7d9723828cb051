/*
 * Adds a run to an open history.
 */
#ifndef PB_HISTORY_INSERT_H
#define PB_HISTORY_INSERT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/history/entry.h"
#include "engine/history/schema.h"
#include "engine/history/store.h"

#define PB_INSERT_DIFFERS_MAX 400

struct pb_inserted {
	int64_t run;     /* its number from now on */
	bool known;      /* it was there already, nothing was added */
	bool new_series; /* made for this run */
	char series[PB_SCHEMA_NAME_MAX + 1];
	/* Of a new series beside one that would have had its name: what differs. "" otherwise. */
	char differs[PB_INSERT_DIFFERS_MAX + 1];
};

/*
 * Adds the run to the series named `series` (NULL: the one series of its identity, made when there is
 * none), with a label ("" for none). Refused with PB_USAGE: a series that holds runs of another identity
 * (says what differs), no name where several series have this identity, a name or label that is too long or
 * not plain text. Nothing is added before all is known to fit; the caller commits.
 */
int pb_insert_run(struct pb_store *s, const struct pb_entry *e, const char *series, const char *label,
		  struct pb_inserted *done, struct pb_err *err);

#endif
