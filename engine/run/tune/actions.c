/*
 * The table of actions.
 */
#include <string.h>

#include "engine/lib/json.h"
#include "engine/run/tune/action.h"

const struct pb_action *const pb_actions[] = {
#define PB_ACTION(id) &pb_action_##id,
#include "engine/run/tune/actions.def"
#undef PB_ACTION
	NULL};

const struct pb_action *pb_action_for(const struct pb_finding *f)
{
	const char *kind = pb_json_str(f->params, "kind", "");

	for (size_t i = 0; pb_actions[i]; i++)
		if (!strcmp(pb_actions[i]->kind, kind))
			return pb_actions[i]->fits(f) ? pb_actions[i] : NULL;
	return NULL;
}
