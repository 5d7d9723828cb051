/*
 * Rules of the depth family about the queues themselves: R-Q4 to R-Q7. In a file of their own, because
 * depth.c reads the curve and these read what carries it.
 */
#ifndef PB_ANALYZERS_DEPTH_QUEUE_H
#define PB_ANALYZERS_DEPTH_QUEUE_H

#include "analyzers/analyzer.h"

#define PB_DEPTH_FAMILY "depth"

int pb_rule_nr_requests(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
int pb_rule_queue_size(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
int pb_rule_queue_count(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);
int pb_rule_polling(struct pb_run *run, const struct pb_rule *rule, struct pb_findings *out);

#endif
