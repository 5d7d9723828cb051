/* The table of scenarios. */
#include <stddef.h>
#include <string.h>

#include "engine/lab/scenario.h"

#define PB_SCENARIO(...) {__VA_ARGS__},

const struct pb_scenario pb_scenarios[] = {
#include "engine/lab/scenarios.def"
	{.name = NULL},
};

const struct pb_scenario *pb_scenario_find(const char *name)
{
	for (const struct pb_scenario *s = pb_scenarios; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}
