/*
 * A diagnosis held against what was planted. Running and analyzing are somebody else's.
 */
#ifndef PB_LAB_JUDGE_H
#define PB_LAB_JUDGE_H

#include <stdbool.h>

#include "engine/lab/scenario.h"
#include "engine/lib/findings.h"

/*
 * True when the findings are what scenario.h says of `expect` and `also`. `found` gets the ids of all
 * findings of advice or more, and of the expected ones that are info, each once; "nothing" when there are
 * none; after them the class of `limit` where the scenario names one.
 */
bool pb_lab_judge(const struct pb_scenario *s, const struct pb_findings *fs, struct pb_buf *found);

#endif
