/*
 * The words on the charts in the language of the report, as variables that the gnuplot scripts load.
 */
#ifndef PB_REPORTS_LABELS_H
#define PB_REPORTS_LABELS_H

#include "engine/lib/err.h"

/* Writes labels.gp into outfd: texts of the message catalogue only, nothing that came from a run. */
int pb_labels_write(int outfd, struct pb_err *err);

#endif
