/*
 * The table of report formats, filled from reports.def. The formats
 * themselves are one file each; nothing is computed here.
 */
#include "reports/report.h"

#define PB_REPORT(id) &pb_report_##id,
const struct pb_report *const pb_reports[] = {
#include "reports/reports.def"
	NULL};
#undef PB_REPORT
