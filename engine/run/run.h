/*
 * `passbench run`: one profile on one disk over a list of depths or a search.
 */
#ifndef PB_RUN_RUN_H
#define PB_RUN_RUN_H

#include "engine/run/session.h"
#include "engine/run/walk.h"

/* "10s", "1500ms", "100ms" to ms, between lo and hi. */
int pb_duration_parse(const char *text, int lo_ms, int hi_ms, int *ms, struct pb_err *err);

struct pb_run_opts {
	struct pb_session_opts session; /* iodepth_max and depth0 are filled in by pb_run */
	const char *depth;              /* as typed; NULL = auto */
	const char *slo;                /* as typed, or NULL */
	int duration_ms;                /* per depth; with a search the most one depth may take */
	bool steady;      /* rounds until the disk is steady come first; session.precondition implies it */
	int round_ms;     /* of one round */
	const char *solo; /* run directory of the same disk measured alone, or NULL */
	bool quick;       /* asked not to, which is also the default */
};

int pb_run(const struct pb_run_opts *o, struct pb_err *err);

#endif
