/*
 * The table of collectors, filled from collectors.def. It does nothing else:
 * what a collector reads stands in its own file.
 */
#include "engine/collectors/collector.h"

const struct pb_collector *const pb_collectors[] = {
#define PB_COLLECTOR(id) &pb_coll_##id,
#include "engine/collectors/collectors.def"
#undef PB_COLLECTOR
	NULL};
