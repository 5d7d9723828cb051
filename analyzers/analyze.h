/*
 * Which rules exist for which path: used by pb_analyze and by the test that
 * goes over rules and paths.
 */
#ifndef PB_ANALYZERS_ANALYZE_H
#define PB_ANALYZERS_ANALYZE_H

#include <stdbool.h>

#include "analyzers/analyzer.h"

/* True when `path` ("vfio") is one of the rule's comma-separated paths. */
bool pb_rule_fits(const struct pb_rule *rule, const char *path);
/* Whether some rule has this id. */
bool pb_rule_known(const char *id);

#endif
