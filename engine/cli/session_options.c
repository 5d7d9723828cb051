/*
 * What run and poc make of the options they share. The options of a session
 * that verify takes as well are a table only.
 */
#include "engine/cli/session_options.h"

#include <errno.h>
#include <string.h>

/* The name before the modes; the modes are the engine's to judge. */
static int check_backend(const char *typed, struct pb_err *err)
{
	static const char *const known[] = {
		"auto",
#define PB_BACKEND(id) #id,
#include "engine/ioengine/backends.def"
#undef PB_BACKEND
	};
	size_t len = typed ? strcspn(typed, ",") : 0;

	for (size_t i = 0; typed && i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i]) == len && !strncmp(known[i], typed, len))
			return 0;
	return typed ? pb_fail(err, PB_USAGE, EINVAL,
			       "no backend is called '%.*s': see passbench list backends", (int)len, typed)
		     : 0;
}

int pb_run_options_take(struct pb_run_opts *o, const struct pb_run_texts *t, struct pb_err *err)
{
	bool rounds = o->steady || o->session.precondition;
	int interval_ms = 100, rc = 0;

	o->duration_ms = 5000;
	o->round_ms = 60000;
	if (t->duration)
		rc = pb_duration_parse(t->duration, 500, 3600000, &o->duration_ms, err);
	if (rc == 0 && t->round)
		rc = pb_duration_parse(t->round, 500, 3600000, &o->round_ms, err);
	if (rc == 0 && o->quick && rounds)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--quick skips what --steady and --precondition ask for: drop one");
	if (rc == 0 && t->round && !rounds)
		return pb_fail(err, PB_USAGE, EINVAL,
			       "--round is the length of rounds, which --steady asks for: add it");
	if (rc == 0 && t->interval)
		rc = pb_duration_parse(t->interval, 10, 10000, &interval_ms, err);
	if (rc == 0)
		rc = check_backend(o->session.backend, err);
	o->session.interval_ns = interval_ms * 1000000LL;
	return rc;
}
