/*
 * What sysstat calls the numbers that are taken, in its texts, in sadf -d and in sadf -j, and a row of them
 * on its way into the timeline.
 */
#ifndef PB_IMPORT_SARFIELDS_H
#define PB_IMPORT_SARFIELDS_H

#include "engine/import/importer.h"

struct pb_sar_field {
	enum pb_timeline_kind kind;
	const char *text, *json; /* heading of the column, key of the member */
	int input;               /* enum pb_timeline_input */
	double scale;
};

/* Ends with text NULL. Where two fields give one input, the first that a row has is taken. */
extern const struct pb_sar_field pb_sar_fields[];

/* May rows of this name be taken? A CPU must be a number: "all" and "-1" are sums. */
bool pb_sar_wanted(enum pb_timeline_kind kind, const char *name);

/*
 * One row: v[i] belongs to pb_sar_fields[i], NAN = not available; has[i]: the recording has it. As
 * pb_timeline_row: -ETIME when the clock does not go forward.
 */
int pb_sar_put(struct pb_importing *im, enum pb_timeline_kind kind, const char *name, int64_t t_ns,
	       const double *v, const bool *has, struct pb_err *err);

#define PB_SAR_FIELDS 24 /* room for all of them */

#endif
